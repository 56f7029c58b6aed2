use serde_json::{Value, json};

use crate::options::Options;
use crate::oracle::Oracle;
use crate::request::{Protocol, Request};
use crate::sample::{created, gateway, resources, route, route_of};

/// Route, rule and match that win a request which satisfies every condition below.
fn winner(documents: &[Value], settings: &[(&str, &str)]) -> (String, usize, usize) {
    let mut options = Options::default();
    for (option, value) in settings {
        options.set(option, value).unwrap();
    }
    let mut documents = documents.to_vec();
    documents.push(gateway("gw", json!([{
        "name": "web", "port": 80, "protocol": "HTTP", "hostname": "*.a.com", "allowedRoutes": {"namespaces": {"from": "All"}}
    }])));
    let is_grpc = documents.iter().any(|document| document["kind"] == "GRPCRoute");
    let mut request = Request::get("ns", "gw", 80, "x.a.com", "/foo/bar?q=1&r=2");
    if is_grpc {
        request.protocol = Protocol::Grpc;
    }
    for name in ["h", "i"] {
        request.headers.push((name.to_owned(), b"1".to_vec()));
    }
    let answer = Oracle::new(&resources(&documents), options).decide(&request);
    let route = answer.route.unwrap();
    (format!("{}/{}", route.namespace, route.name), answer.rule.unwrap(), answer.item.unwrap())
}

/// A match with a path, that many headers and query parameters, and perhaps a method.
fn item(path: (&str, &str), headers: usize, query: usize, method: bool) -> Value {
    let named = |names: &[&str], values: &[&str], count: usize| -> Vec<Value> {
        let named = names.iter().zip(values).map(|(name, value)| json!({"name": name, "value": value}));
        named.take(count).collect()
    };
    json!({
        "path": {"type": path.0, "value": path.1},
        "headers": named(&["h", "i"], &["1", "1"], headers),
        "queryParams": named(&["q", "r"], &["1", "2"], query),
        "method": method.then_some("GET"),
    })
}

fn with_matches(matches: &[Value]) -> Value {
    json!({"rules": [{"matches": matches}]})
}

/// The matches from the weakest to the strongest: each beats those before it, wherever they stand.
fn assert_ascending(ascending: &[Value], settings: &[(&str, &str)]) {
    assert_ascending_in("HTTPRoute", ascending, settings);
}

fn assert_ascending_in(kind: &str, ascending: &[Value], settings: &[(&str, &str)]) {
    for (at, weak) in ascending.iter().enumerate() {
        for strong in ascending.iter().skip(at + 1) {
            let in_order = [route_of(kind, "r", with_matches(&[weak.clone(), strong.clone()]))];
            assert_eq!(winner(&in_order, settings).2, 1, "{strong} should beat {weak} {settings:?}");
            let reversed = [route_of(kind, "r", with_matches(&[strong.clone(), weak.clone()]))];
            assert_eq!(winner(&reversed, settings).2, 0, "{strong} should beat {weak} {settings:?}");
        }
    }
}

#[test]
fn path_then_method_then_headers_then_query() {
    let (root, prefix, exact) = (("PathPrefix", "/"), ("PathPrefix", "/foo"), ("Exact", "/foo/bar"));
    assert_ascending(
        &[
            item(root, 0, 0, false),
            item(root, 0, 1, false),
            item(root, 0, 2, false),
            item(root, 1, 0, false),
            item(root, 1, 1, false),
            item(root, 2, 0, false),
            item(root, 2, 2, false),
            item(root, 0, 0, true),
            item(root, 0, 1, true),
            item(root, 1, 0, true),
            item(root, 2, 2, true),
            item(prefix, 0, 0, false),
            item(prefix, 2, 2, true),
            item(("PathPrefix", "/foo/bar/"), 0, 0, false),
            item(exact, 0, 0, false),
            item(exact, 0, 1, false),
        ],
        &[],
    );
}

#[test]
fn patterns_rank_by_option() {
    let path = |path: (&str, &str)| item(path, 0, 0, false);
    let short = path(("RegularExpression", "/f.*"));
    let long = path(("RegularExpression", "/foo/[a-z]*"));
    let (root, prefix, exact) = (path(("PathPrefix", "/")), path(("PathPrefix", "/foo/")), path(("Exact", "/foo/bar")));
    let full = path(("PathPrefix", "/foo/bar"));
    let above = [root.clone(), prefix.clone(), full.clone(), short.clone(), long.clone(), exact.clone()];
    let below = [short.clone(), long.clone(), root.clone(), prefix.clone(), full.clone(), exact.clone()];
    // 0, 4, 8 and 11 characters.
    let by_length = [root, prefix, full, long, exact];
    assert_ascending(&above, &[]);
    assert_ascending(&below, &[("regex-rank", "below-prefix")]);
    assert_ascending(&by_length, &[("regex-rank", "by-length")]);
    // A tie of pattern and prefix (4 characters) is decided by the next criteria.
    let with_method = item(("PathPrefix", "/foo"), 0, 0, true);
    assert_ascending(&[short, with_method], &[("regex-rank", "by-length")]);
}

#[test]
fn a_trailing_slash_of_a_prefix_does_not_count() {
    let slash = item(("PathPrefix", "/foo/"), 0, 0, false);
    let query = item(("PathPrefix", "/foo"), 0, 1, false);
    assert_ascending(&[slash, query], &[]);
}

#[test]
fn entries_that_do_not_count_do_not_count_for_precedence() {
    let twice = json!({"headers": [{"name": "h", "value": "1"}, {"name": "H", "value": "1"}]});
    assert_ascending(&[twice, item(("PathPrefix", "/"), 1, 1, false)], &[]);
}

#[test]
fn grpc_has_service_then_method_then_headers() {
    let (regex, long) = ("RegularExpression", "[f][o][o]");
    let headers = |count: usize| -> Value {
        json!(["h", "i"].iter().take(count).map(|name| json!({"name": name, "value": "1"})).collect::<Vec<_>>())
    };
    let item = |method: Value, count: usize| json!({"method": method, "headers": headers(count)});
    let ascending = [
        item(json!({}), 0),
        item(json!({"service": ""}), 1),
        item(json!({}), 2),
        item(json!({"method": "bar"}), 0),
        item(json!({"method": "bar"}), 2),
        item(json!({"type": regex, "method": "bar?"}), 0),
        item(json!({"type": regex, "service": ".*"}), 0),
        item(json!({"type": regex, "service": ".*", "method": ".*"}), 0),
        item(json!({"service": "foo"}), 0),
        item(json!({"service": "foo"}), 2),
        item(json!({"service": "foo", "method": "bar"}), 0),
        item(json!({"service": "foo", "method": "bar"}), 1),
        item(json!({"type": regex, "service": "foo", "method": "bar?"}), 0),
        item(json!({"type": regex, "service": "fo+."}), 0),
        item(json!({"type": regex, "service": long}), 0),
    ];
    // What a regular expression ranks is no question here.
    assert_ascending_in("GRPCRoute", &ascending, &[("regex-rank", "below-prefix")]);
    assert_ascending_in("GRPCRoute", &ascending, &[]);
    // Twice the same header counts once.
    let twice = json!({"headers": [{"name": "h", "value": "1"}, {"name": "H", "value": "1"}]});
    let ties = [route_of("GRPCRoute", "r", with_matches(&[item(json!({}), 1), twice]))];
    assert_eq!(winner(&ties, &[]).2, 0);
}

#[test]
fn ties_of_grpc_are_broken_like_those_of_http() {
    let spec = |service: &str| with_matches(&[json!({"method": {"service": service}})]);
    let route = |name: &str, service: &str| route_of("GRPCRoute", name, spec(service));
    let (old, new) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
    let cases = [
        (created(route("a", "foo"), new), created(route("b", "foo"), old), "ns/b"),
        (created(route("a", "foo"), old), created(route("b", "foo"), old), "ns/a"),
        (route("a", "foo"), created(route("b", "foo"), new), "ns/b"),
        (route("a/x", "foo"), route("a-b/x", "foo"), "a-b/x"),
        (created(route("a", ""), old), created(route("b", "foo"), new), "ns/b"),
    ];
    for (one, other, expected) in cases {
        assert_eq!(winner(&[one.clone(), other.clone()], &[]).0, expected, "{one} {other}");
    }
    let rules = json!({"rules": [{"matches": [{"method": {"service": "none"}}]}, {"matches": [{}, {}]}, {}]});
    assert_eq!(winner(&[route_of("GRPCRoute", "r", rules)], &[]), ("ns/r".to_owned(), 1, 0));
    let named = |name: &str, hostname: &str, service: &str| {
        let mut spec = spec(service);
        spec["hostnames"] = json!([hostname]);
        created(route_of("GRPCRoute", name, spec), old)
    };
    let hosts = [named("wide", "*.com", "foo"), named("narrow", "*.a.com", ""), named("exact", "x.a.com", "")];
    assert_eq!(winner(&hosts, &[]).0, "ns/exact");
    assert_eq!(winner(&hosts[..2], &[]).0, "ns/narrow");
}

#[test]
fn ties_are_broken_by_age_then_name_then_rule_then_match() {
    let spec = || with_matches(&[json!({})]);
    let (old, new) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
    let cases = [
        (created(route("a", spec()), new), created(route("b", spec()), old), "ns/b"),
        (created(route("a", spec()), old), created(route("b", spec()), old), "ns/a"),
        (created(route("a", spec()), "2026-01-01T00:00:00.9Z"), created(route("b", spec()), old), "ns/a"),
        (route("a", spec()), created(route("b", spec()), new), "ns/b"),
        (route("a", spec()), route("b", spec()), "ns/a"),
        // As text, `a-b/x` is before `a/x`.
        (route("a/x", spec()), route("a-b/x", spec()), "a-b/x"),
    ];
    for (one, other, expected) in cases {
        assert_eq!(winner(&[one.clone(), other.clone()], &[]).0, expected, "{one} {other}");
    }
    let rules = json!({"rules": [{"matches": [item(("PathPrefix", "/none"), 0, 0, false)]}, {}, {}]});
    assert_eq!(winner(&[route("r", rules)], &[]), ("ns/r".to_owned(), 1, 0));
    assert_eq!(winner(&[route("r", with_matches(&[json!({}), json!({})]))], &[]), ("ns/r".to_owned(), 0, 0));
}

#[test]
fn age_does_not_beat_what_a_match_says() {
    let old = created(route("old", with_matches(&[json!({})])), "2020-01-01T00:00:00Z");
    let new = created(route("new", with_matches(&[item(("PathPrefix", "/"), 0, 1, false)])), "2026-01-01T00:00:00Z");
    assert_eq!(winner(&[old, new], &[]).0, "ns/new");
}

#[test]
fn the_host_is_the_first_criterion() {
    let on = |name: &str, hostnames: Value, path: &str| {
        route(name, json!({"hostnames": hostnames, "rules": [{"matches": [item(("PathPrefix", path), 0, 0, false)]}]}))
    };
    let cases = [
        (json!([]), json!(["*.com"]), "original", "ns/specific"),
        (json!(["*.com"]), json!(["*.a.com"]), "original", "ns/specific"),
        (json!(["*.com"]), json!(["*.a.com"]), "intersected", "ns/other"),
        (json!([]), json!(["*.a.com"]), "intersected", "ns/other"),
        (json!(["*.a.com"]), json!(["x.a.com"]), "original", "ns/specific"),
        (json!(["*.a.com"]), json!(["x.a.com"]), "intersected", "ns/specific"),
        (json!(["*.com"]), json!(["*.com", "x.a.com"]), "original", "ns/specific"),
    ];
    for (other, specific, choice, expected) in cases {
        let documents = [on("other", other.clone(), "/foo"), on("specific", specific.clone(), "/")];
        let found = winner(&documents, &[("precedence-host", choice)]).0;
        assert_eq!(found, expected, "{other} {specific} {choice}");
    }
}
