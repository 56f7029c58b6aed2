use gateway_model::{PathModifier, PathModifierType};
use http::Uri;
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

fn compiled(wire: &RequestRedirect) -> RedirectRule {
    RedirectRule::compile(wire, FullPathQuery::Keep).unwrap()
}

const REQUEST: RedirectInput<'static> = RedirectInput {
    scheme: Scheme::Http,
    authority: "example.com",
    path: "/original/lemon",
    query: Some("a=b"),
    matched_prefix: Some("/original"),
    listener_port: 80,
};

fn location(wire: &RequestRedirect, input: &RedirectInput<'_>) -> Option<String> {
    let redirect = compiled(wire).location(input)?;
    let location = redirect.location().to_owned();
    assert_eq!(redirect.into_header(), location.as_str());
    Some(location)
}

fn hostname(hostname: &str) -> RequestRedirect {
    RequestRedirect { hostname: Some(hostname.to_owned()), ..RequestRedirect::default() }
}

#[test]
fn the_port_follows_the_table_for_all_combinations() {
    let schemes = [(None, None), (Some("http"), Some(80)), (Some("https"), Some(443))];
    for (scheme, well_known) in schemes {
        for port in [None, Some(80), Some(443), Some(8080), Some(1), Some(65535)] {
            for request in [Scheme::Http, Scheme::Https] {
                for listener_port in [80, 443, 8080, 8443] {
                    for authority in ["example.com", "example.com:9999", "[2001:db8::1]:9999"] {
                        let wire = RequestRedirect {
                            scheme: scheme.map(|scheme| serde_json::from_value(scheme.into()).unwrap()),
                            port: port.map(i32::from),
                            ..RequestRedirect::default()
                        };
                        let input = RedirectInput { scheme: request, listener_port, authority, ..REQUEST };
                        let location: Uri = location(&wire, &input).unwrap().parse().unwrap();

                        let expected_scheme = scheme.unwrap_or(request.as_str());
                        assert_eq!(location.scheme_str(), Some(expected_scheme));
                        let expected_port: u16 = port.or(well_known).unwrap_or(listener_port);
                        let hidden = matches!((expected_scheme, expected_port), ("http", 80) | ("https", 443));
                        assert_eq!(
                            location.port_u16(),
                            (!hidden).then_some(expected_port),
                            "{wire:?} {input:?} gave {location}"
                        );
                        let host = if authority.starts_with('[') { "[2001:db8::1]" } else { "example.com" };
                        assert_eq!(location.host(), Some(host));
                        assert_eq!(location.path_and_query().unwrap(), "/original/lemon?a=b");
                    }
                }
            }
        }
    }
}

#[test]
fn the_host_is_the_filters_or_the_requests() {
    let kept = RequestRedirect::default();
    let given = hostname("example.org");
    let cases = [
        (&kept, "example.com", Some("http://example.com/")),
        (&kept, "Example.COM.:8080", Some("http://Example.COM/")),
        (&kept, "192.0.2.1:8080", Some("http://192.0.2.1/")),
        (&kept, "[::1]", Some("http://[::1]/")),
        (&kept, "[::1]:8080", Some("http://[::1]/")),
        (&kept, "", None),
        (&kept, "user@example.com", None),
        (&kept, "example.com/evil", None),
        (&kept, "example.com\r\nSet-Cookie: a=b", None),
        (&kept, "a b", None),
        (&given, "example.com:8080", Some("http://example.org/")),
        (&given, "", Some("http://example.org/")),
        (&given, "user@example.com", Some("http://example.org/")),
    ];
    for (wire, authority, expected) in cases {
        let input = RedirectInput { authority, path: "/", query: None, ..REQUEST };
        assert_eq!(location(wire, &input).as_deref(), expected, "{authority:?}");
    }
    assert_eq!(
        location(&hostname(""), &REQUEST).unwrap(),
        "http://example.com/original/lemon?a=b",
        "an empty hostname is an absent one"
    );
    assert_eq!(location(&hostname("192.0.2.7"), &REQUEST).unwrap(), "http://192.0.2.7/original/lemon?a=b");
}

#[test]
fn the_path_is_kept_replaced_or_changed_by_its_prefix() {
    let cases = [
        (None, "/a/b", "http://example.com/a/b?a=b"),
        (full("/new"), "/a/b", "http://example.com/new?a=b"),
        (full(""), "/a/b", "http://example.com/?a=b"),
        (prefix("/new"), "/original/lemon", "http://example.com/new/lemon?a=b"),
        (prefix("/"), "/original", "http://example.com/?a=b"),
        (prefix(""), "/original//evil.example", "http://example.com/evil.example?a=b"),
        (None, "*", "http://example.com/?a=b"),
        (None, "/%2F%zz%", "http://example.com/%2F%25zz%25?a=b"),
        (None, "/\r\nSet-Cookie: a=b", "http://example.com/%0D%0ASet-Cookie:%20a=b?a=b"),
        (None, "/ä#f", "http://example.com/%C3%A4%23f?a=b"),
    ];
    for (path, before, expected) in cases {
        let wire = RequestRedirect { path, ..RequestRedirect::default() };
        let input = RedirectInput { path: before, ..REQUEST };
        assert_eq!(location(&wire, &input).unwrap(), expected, "{before:?}");
    }
}

#[test]
fn the_query_stays_unless_the_option_drops_it_with_the_whole_path() {
    let cases = [
        (None, FullPathQuery::Drop, "http://example.com/original/lemon?a=b"),
        (prefix("/x"), FullPathQuery::Drop, "http://example.com/x/lemon?a=b"),
        (full("/x"), FullPathQuery::Drop, "http://example.com/x"),
        (full("/x"), FullPathQuery::Keep, "http://example.com/x?a=b"),
    ];
    for (path, option, expected) in cases {
        let wire = RequestRedirect { path, ..RequestRedirect::default() };
        let rule = RedirectRule::compile(&wire, option).unwrap();
        assert_eq!(rule.location(&REQUEST).unwrap().location(), expected);
    }
    let empty = RedirectInput { query: Some(""), ..REQUEST };
    assert_eq!(location(&RequestRedirect::default(), &empty).unwrap(), "http://example.com/original/lemon?");
}

#[test]
fn the_status_is_302_unless_another_is_asked_for() {
    let default = compiled(&RequestRedirect::default());
    assert_eq!(default.location(&REQUEST).unwrap().status(), 302);
    for code in [301, 302, 303, 307, 308] {
        let wire = RequestRedirect { status_code: Some(code), ..RequestRedirect::default() };
        let rule = compiled(&wire);
        assert_eq!(i32::from(rule.status().as_u16()), code);
        assert_eq!(i32::from(rule.location(&REQUEST).unwrap().status().as_u16()), code);
    }
    for code in [0, -1, 200, 300, 304, 305, 306, 309, 70_000] {
        let wire = RequestRedirect { status_code: Some(code), ..RequestRedirect::default() };
        let (field, problem) = RedirectRule::compile(&wire, FullPathQuery::Keep).unwrap_err();
        assert_eq!(field, "statusCode");
        assert!(problem.refuses_route(), "{code}");
    }
}

/// RFC 3986 section 3, for the URIs that a Location can be: scheme, authority, path, query.
fn is_strict_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let (hierarchy, query) = rest.split_once('?').map_or((rest, ""), |(before, query)| (before, query));
    let Some((authority, path)) = hierarchy.split_once('/') else {
        return false;
    };
    let plain = |text: &str, more: &str| {
        let bytes = text.as_bytes();
        (0..bytes.len()).all(|at| match bytes[at] {
            b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
            byte => {
                byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) || more.as_bytes().contains(&byte)
            }
        })
    };
    ["http", "https"].contains(&scheme) && plain(authority, ":[]") && plain(path, ":@/") && plain(query, ":@/?")
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[/a-z.]{0,8}", "[/a-z.%?# \r\n\t<>\\\\\"{}|^`é\u{1}]{0,8}", any::<String>()]
}

proptest! {
    #[test]
    fn every_location_is_an_absolute_uri_of_the_right_host(
        path in text(),
        query in prop::option::of(text()),
        replaced in prop::option::of((any::<bool>(), text())),
        https in any::<bool>(),
        host in "[a-z][a-z0-9]{0,5}(\\.[a-z][a-z0-9]{0,5}){0,2}",
        listener_port in 1..=u16::MAX,
    ) {
        let wire = RequestRedirect {
            path: replaced.and_then(|(whole, to)| if whole { full(&to) } else { prefix(&to) }),
            ..RequestRedirect::default()
        };
        let input = RedirectInput {
            scheme: if https { Scheme::Https } else { Scheme::Http },
            authority: &host,
            path: &format!("/{path}"),
            query: query.as_deref(),
            matched_prefix: Some("/"),
            listener_port,
        };
        let location = location(&wire, &input).unwrap();
        prop_assert!(is_strict_uri(&location), "{:?}", location);
        let uri: Uri = location.parse().unwrap();
        prop_assert_eq!(uri.host(), Some(host.as_str()));
        prop_assert_eq!(uri.port_u16().unwrap_or(input.scheme.default_port()), listener_port);
        prop_assert_eq!(uri.query().is_some(), query.is_some());
    }

    #[test]
    fn no_authority_puts_anything_else_into_a_location(authority in any::<String>()) {
        let input = RedirectInput { authority: &authority, ..REQUEST };
        if let Some(location) = location(&RequestRedirect::default(), &input) {
            prop_assert!(is_strict_uri(&location), "{:?} from {:?}", location, authority);
            prop_assert!(location.ends_with("/original/lemon?a=b"));
        }
    }
}
