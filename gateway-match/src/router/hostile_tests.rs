//! Requests that nobody sends in good faith, and what becomes of each.

use std::time::{Duration, Instant};

use gateway_model::Hostname;
use http::HeaderValue;
use http::header::HOST;
use serde_json::json;

use super::*;
use crate::options::{MergeSlashes, PathNormalization, RepeatedQuery};
use crate::route::{BackendDefinition, BackendName, Route, RouteDefinition, RuleDefinition};

/// A route for `a.example.com` and `*.example.net` with several rules, and one for every host.
fn router(profile: &Profile) -> Router {
    let to = || BackendDefinition::new(BackendName::service("shop", "s", 80));
    let rule = |condition| RuleDefinition::new().matching(serde_json::from_value(condition).unwrap()).backend(to());
    let named = RouteDefinition::http("shop", "named")
        .hostname(Hostname::parse("a.example.com").unwrap())
        .hostname(Hostname::parse("*.example.net").unwrap())
        .rule(rule(json!({"path": {"value": "/shop"}})))
        .rule(rule(json!({"path": {"type": "Exact", "value": "/one/two"}})))
        .rule(rule(json!({"path": {"value": "/"}, "queryParams": [{"name": "q", "value": "1 2"}]})))
        .rule(rule(json!({"path": {"value": "/"}, "headers": [{"name": "x-last", "value": "yes"}]})))
        .rule(rule(json!({"path": {"type": "RegularExpression", "value": "/(x|xx)+y"}})));
    let any = RouteDefinition::http("shop", "any").rule(RuleDefinition::new().backend(to()));
    let mut builder = Router::builder(profile);
    let listener = builder.listener(ListenerDefinition::http("web", 80));
    for route in [named, any] {
        assert!(builder.attach(&Route::compile(route, profile), listener));
    }
    builder.build()
}

fn shown(decision: &Decision<'_>) -> String {
    match decision.matched() {
        Some(found) => format!("{} {}", found.route().name, found.rule().index()),
        None => decision.status().map_or("refused".to_owned(), |status| status.as_u16().to_string()),
    }
}

fn answer(router: &Router, authority: &str, target: &str, headers: &[(&str, &str)]) -> String {
    shown(&router.route(&RequestView::new("GET", authority, target, headers), &Connection::plain(80)))
}

#[test]
fn every_host_has_its_answer() {
    let router = router(&Profile::default());
    let long = format!("{}.example.net", "a".repeat(65_536));
    let dotted = format!("{}example.net", "a.".repeat(32_768));
    let cases = [
        ("a.example.com", "named 0"),
        ("A.Example.COM", "named 0"),
        ("a.example.com:8080", "named 0"),
        ("a.example.com:", "named 0"),
        ("a.example.com:0", "named 0"),
        ("a.example.com:99999999999", "named 0"),
        ("a.example.com.", "named 0"),
        ("a.example.com.:80", "named 0"),
        ("x.y.example.net", "named 0"),
        ("example.net", "any 0"),
        ("", "any 0"),
        ("192.0.2.1:80", "any 0"),
        ("[2001:db8::1]", "any 0"),
        ("[2001:db8::1]:80", "any 0"),
        // User information, and what would be two readings of one text: 400.
        ("user@a.example.com", "400"),
        ("user:password@a.example.com:80", "400"),
        ("a.example.com..", "400"),
        (".example.net", "400"),
        ("a.example.com:80:80", "400"),
        ("a.example.com:x", "400"),
        ("a.example.com,b.example.com", "any 0"),
        ("a.example.com, b.example.com", "400"),
        ("a.example.com/shop", "400"),
        ("%61.example.com", "400"),
        ("[2001:db8::1", "400"),
        ("[a.example.com]", "400"),
        ("2001:db8::1", "400"),
        ("ä.example.com", "400"),
        ("a.example.com\0", "400"),
        (" a.example.com", "400"),
        (long.as_str(), "named 0"),
        // A wildcard may stand behind any number of labels.
        (dotted.as_str(), "named 0"),
    ];
    for (authority, expected) in cases {
        assert_eq!(answer(&router, authority, "/shop", &[]), expected, "{authority:?}");
    }
}

#[test]
fn a_head_with_two_hosts_or_an_unreadable_one_is_refused() {
    let router = router(&Profile::default());
    let value = |bytes: &[u8]| HeaderValue::from_bytes(bytes).unwrap();
    let (good, other, broken) = (value(b"a.example.com"), value(b"b.example.com"), value(b"\xff"));
    let cases = [
        ("/shop", vec![&good], "named 0"),
        ("/shop", vec![], "any 0"),
        ("/shop", vec![&good, &other], "400"),
        ("/shop", vec![&good, &good], "400"),
        ("/shop", vec![&broken], "400"),
        ("http://a.example.com/shop", vec![&other], "named 0"),
        ("http://a.example.com/shop", vec![&other, &other], "400"),
    ];
    for (target, hosts, expected) in cases {
        let mut parts = http::Request::get(target).body(()).unwrap().into_parts().0;
        for host in &hosts {
            parts.headers.append(HOST, (*host).clone());
        }
        let decision = router.route(&RequestView::from_parts(&parts), &Connection::plain(80));
        assert_eq!(shown(&decision), expected, "{target} {hosts:?}");
    }
}

#[test]
fn every_path_has_its_answer_in_each_form() {
    use MergeSlashes::{Off, On};
    use PathNormalization::{Raw, Reject, Rfc3986};
    let settings = [(Raw, Off), (Raw, On), (Reject, Off), (Rfc3986, Off), (Rfc3986, On)];
    let long = format!("/shop/{}", "a/".repeat(32_768));
    let dots = format!("/shop/{}", "../".repeat(20_000));
    let cases: [(&str, [&str; 5]); 17] = [
        ("/shop/x", ["named 0"; 5]),
        ("/shopping", ["any 0"; 5]),
        ("/one/two", ["named 1"; 5]),
        ("/one//two", ["any 0", "named 1", "400", "any 0", "named 1"]),
        ("//shop", ["any 0", "named 0", "400", "any 0", "named 0"]),
        ("/one%2Ftwo", ["any 0", "any 0", "400", "any 0", "any 0"]),
        ("/one%2ftwo", ["any 0", "any 0", "400", "any 0", "any 0"]),
        ("/sh%6Fp", ["any 0", "any 0", "any 0", "named 0", "named 0"]),
        ("/x/../shop", ["any 0", "any 0", "400", "named 0", "named 0"]),
        ("/x/%2e%2E/shop", ["any 0", "any 0", "400", "named 0", "named 0"]),
        ("/shop/..", ["named 0", "named 0", "400", "any 0", "any 0"]),
        ("/shop/%zz%", ["named 0"; 5]),
        ("/shop/ä€", ["named 0"; 5]),
        ("shop", ["any 0"; 5]),
        ("*", ["any 0"; 5]),
        (&long, ["named 0"; 5]),
        (&dots, ["named 0", "named 0", "400", "any 0", "any 0"]),
    ];
    for (position, (normalization, slashes)) in settings.into_iter().enumerate() {
        let router = router(&Profile::default().path_normalization(normalization).merge_slashes(slashes));
        for (path, expected) in cases {
            let shown = path.get(..40).unwrap_or(path);
            let found = answer(&router, "a.example.com", path, &[]);
            assert_eq!(found, expected[position], "{shown} with {normalization}, {slashes}");
        }
    }
}

#[test]
fn every_query_has_its_answer() {
    let cases = [
        ("q=1+2", "named 2"),
        ("q=1%202", "named 2"),
        ("%71=1%202", "named 2"),
        ("q=1 2", "named 2"),
        ("a&&=&q=1+2&", "named 2"),
        ("q=1%2B2", "any 0"),
        ("q", "any 0"),
        ("q=", "any 0"),
        ("=q", "any 0"),
        ("Q=1+2", "any 0"),
        ("q=1%2", "any 0"),
        ("q=1%zz2", "any 0"),
        ("q=%", "any 0"),
        ("q==1+2", "any 0"),
        ("", "any 0"),
        ("?q=1+2", "any 0"),
        ("q=1+2#x", "any 0"),
        ("q=%ff%fe", "any 0"),
        ("q=x&q=1+2", "any 0"),
    ];
    let first = router(&Profile::default());
    for (query, expected) in cases {
        assert_eq!(answer(&first, "a.example.com", &format!("/?{query}"), &[]), expected, "{query}");
    }
    let last = router(&Profile::default().repeated_query(RepeatedQuery::Last));
    assert_eq!(answer(&last, "a.example.com", "/?q=x&q=1+2", &[]), "named 2");
}

#[test]
fn a_thousand_headers_are_looked_through() {
    let router = router(&Profile::default());
    let names: Vec<String> = (0..1000).map(|n| format!("x-{n}")).collect();
    let mut headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    assert_eq!(answer(&router, "a.example.com", "/", &headers), "any 0");
    headers.push(("X-Last", "yes"));
    assert_eq!(answer(&router, "a.example.com", "/", &headers), "named 3");
    // The same header a thousand times is one value, joined: not the one that is asked for.
    let repeated = vec![("x-last", "yes"); 1000];
    assert_eq!(answer(&router, "a.example.com", "/", &repeated), "any 0");
}

/// A bound that only a cost beyond linear exceeds: at these lengths a quadratic one takes minutes.
#[test]
fn the_time_is_linear_in_the_size_of_the_request() {
    const LENGTH: usize = 1 << 20;
    let profiles = [
        Profile::default(),
        Profile::default().path_normalization(PathNormalization::Rfc3986).merge_slashes(MergeSlashes::On),
        Profile::default().path_normalization(PathNormalization::Reject),
    ];
    let headers = vec![("x-last", "no"); LENGTH / 64];
    for profile in &profiles {
        let router = router(profile);
        let start = Instant::now();
        for unit in ["a", "/", "/..", "%2e", "%", "/x", "xx", "ä", "&", "q=1&", "q%", "a."] {
            let many = unit.repeat(LENGTH / unit.len());
            answer(&router, "a.example.com", &format!("/{many}"), &[]);
            answer(&router, "a.example.com", &format!("/?{many}"), &[]);
            answer(&router, &many, "/", &[]);
        }
        answer(&router, "a.example.com", "/", &headers);
        assert!(start.elapsed() < Duration::from_secs(30), "{profile:?} took {:?}", start.elapsed());
    }
}
