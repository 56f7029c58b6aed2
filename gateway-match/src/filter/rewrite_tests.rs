use gateway_model::{PathModifier, PathModifierType};
use http::HeaderMap;
use proptest::prelude::*;

use super::*;

fn full(path: &str) -> Option<PathModifier> {
    Some(PathModifier {
        r#type: PathModifierType::ReplaceFullPath,
        replace_full_path: Some(path.to_owned()),
        replace_prefix_match: None,
    })
}

fn prefix(replacement: &str) -> Option<PathModifier> {
    Some(PathModifier {
        r#type: PathModifierType::ReplacePrefixMatch,
        replace_full_path: None,
        replace_prefix_match: Some(replacement.to_owned()),
    })
}

fn rule(hostname: Option<&str>, path: Option<PathModifier>) -> RewriteRule {
    let wire = UrlRewrite { hostname: hostname.map(str::to_owned), path };
    RewriteRule::compile(&wire, FullPathQuery::Keep).unwrap()
}

#[test]
fn the_query_survives_a_changed_path() {
    let cases = [
        (prefix("/one"), "/prefix/one/two", Some("a=b"), Some("/one/two?a=b")),
        (prefix("/one"), "/prefix/one/two", None, Some("/one/two")),
        (prefix("/one"), "/prefix/one", Some(""), Some("/one?")),
        (prefix("/"), "/prefix/one", Some("a=/prefix/one?"), Some("/?a=/prefix/one?")),
        (full("/one"), "/full/one/two", Some("a=b"), Some("/one?a=b")),
        (full("/one"), "/full/one/two", None, Some("/one")),
        (full("/one"), "*", None, None),
        (prefix("/one"), "/elsewhere", Some("a=b"), None),
        (None, "/prefix/one", Some("a=b"), None),
    ];
    for (path, before, query, expected) in cases {
        let rule = rule(None, path);
        assert_eq!(rule.path_and_query(before, query, Some("/prefix/one")).as_deref(), expected, "{before} {query:?}");
    }
}

#[test]
fn the_query_goes_with_the_whole_path_if_the_option_says_so() {
    let dropping = |path| {
        let wire = UrlRewrite { hostname: None, path };
        RewriteRule::compile(&wire, FullPathQuery::Drop).unwrap()
    };
    assert_eq!(dropping(full("/x")).path_and_query("/a", Some("q"), None).unwrap(), "/x");
    assert_eq!(dropping(full("/a")).path_and_query("/a", Some("q"), None).unwrap(), "/a");
    assert_eq!(dropping(full("/a")).path_and_query("/a", None, None), None);
    assert_eq!(dropping(full("/x")).path_and_query("*", Some("q"), None), None);
    assert_eq!(dropping(prefix("/x")).path_and_query("/a", Some("q"), Some("/a")).unwrap(), "/x?q");
}

#[test]
fn a_path_that_stays_is_borrowed() {
    assert!(matches!(rule(Some("a.example"), None).path("/a", Some("/")), Cow::Borrowed("/a")));
    assert!(matches!(rule(None, prefix("/x")).path("/a", None), Cow::Borrowed("/a")));
    assert!(matches!(rule(None, full("/x")).path("/a", None), Cow::Borrowed("/x")));
}

fn head(target: &str, host: Option<&str>) -> http::request::Parts {
    let mut parts = http::Request::get(target).body(()).unwrap().into_parts().0;
    if let Some(host) = host {
        parts.headers.insert(HOST, HeaderValue::from_str(host).unwrap());
    }
    parts
}

#[test]
fn a_head_is_changed_wherever_it_names_the_host_and_the_path() {
    let both = rule(Some("one.example.org"), prefix("/v2"));
    let host = rule(Some("one.example.org"), None);
    let path = rule(None, prefix("/v2"));
    let cases = [
        // HTTP/1.1, the target in origin form
        (&both, "/api/a?q", Some("a.example:8080"), "/v2/a?q", Some("one.example.org")),
        (&host, "/api/a?q", Some("a.example:8080"), "/api/a?q", Some("one.example.org")),
        (&path, "/api/a?q", Some("a.example:8080"), "/v2/a?q", Some("a.example:8080")),
        (&host, "/api", None, "/api", Some("one.example.org")),
        // HTTP/2, and HTTP/1.1 in absolute form
        (&both, "https://a.example:8080/api/a?q", None, "https://one.example.org/v2/a?q", None),
        (&both, "http://a.example/api", Some("a.example"), "http://one.example.org/v2", Some("one.example.org")),
        (&path, "https://a.example:8080/api", None, "https://a.example:8080/v2", None),
        // without a path
        (&both, "a.example:443", None, "one.example.org", None),
        (&both, "*", Some("a.example"), "*", Some("one.example.org")),
    ];
    for (rule, target, header, new_target, new_header) in cases {
        let mut parts = head(target, header);
        rule.apply(&mut parts, Some("/api")).unwrap();
        assert_eq!(parts.uri.to_string(), new_target, "{target}");
        let found = parts.headers.get(HOST).map(|host| host.to_str().unwrap());
        assert_eq!(found, new_header, "{target}");
    }
}

#[test]
fn a_target_that_becomes_too_long_leaves_the_head_as_it_was() {
    let target = format!("/a/{}", "b".repeat(65_000));
    let mut parts = head(&target, Some("a.example"));
    let longer = format!("/{}", "c".repeat(1000));
    let rule = rule(Some("b.example"), prefix(&longer));
    assert!(rule.apply(&mut parts, Some("/a")).is_err());
    assert_eq!(parts.uri, target.as_str());
    assert_eq!(parts.headers[HOST], "a.example");
}

proptest! {
    #[test]
    fn a_rewritten_head_has_the_path_and_query_of_the_plain_function(
        path in "(/[a-z%.]{0,3}){1,4}",
        query in prop::option::of("[a-z=&%]{0,6}"),
        replacement in "[/a-z é?#]{0,6}",
    ) {
        let target = query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"));
        let rule = rule(Some("b.example"), prefix(&replacement));
        let mut parts = head(&target, Some("a.example"));
        rule.apply(&mut parts, Some("/")).unwrap();
        let expected = rule.path_and_query(&path, query.as_deref(), Some("/")).unwrap_or(target);
        prop_assert_eq!(parts.uri.to_string(), expected);
        prop_assert_eq!(parts.uri.query(), query.as_deref());
        let only_host: HeaderMap = [(HOST, HeaderValue::from_static("b.example"))].into_iter().collect();
        prop_assert_eq!(parts.headers, only_host);
    }
}
