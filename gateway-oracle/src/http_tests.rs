use serde_json::{Value, json};

use super::*;
use crate::request::{HttpVersion, Protocol};
use crate::sample::{created, gateway, listener, object, oracle, route, route_of, service, short};

fn to_service(hostnames: Value, path: &str) -> Value {
    json!({
        "hostnames": hostnames,
        "rules": [{"matches": [{"path": {"value": path}}], "backendRefs": [{"name": "s", "port": 80}]}],
    })
}

#[test]
fn an_answer_says_how_it_came_about() {
    let documents = [
        gateway("gw", json!([listener("web", 80, "HTTP", Some("*.a.com"))])),
        service("s"),
        route(
            "r",
            json!({
                "hostnames": ["*.com"],
                "rules": [{"matches": [{"method": "PUT"}]}, {
                    "matches": [{"method": "POST"}, {"path": {"value": "/x"}}],
                    "backendRefs": [{"name": "s", "port": 80, "weight": 3}, {"name": "gone", "port": 80}],
                }],
            }),
        ),
    ];
    let answer = oracle(&documents, &[]).decide(&Request::get("ns", "gw", 80, "b.a.com", "/x/y"));
    assert_eq!(short(&answer), (200, "web", "r"));
    assert_eq!((answer.rule, answer.item), (Some(1), Some(1)));
    assert_eq!(answer.hostname.as_deref(), Some("*.a.com"));
    let shares: Vec<_> = answer.backends.iter().map(|b| (b.name.as_str(), b.weight, b.problem, b.ready)).collect();
    assert_eq!(shares, [("s", 3, None, true), ("gone", 1, Some("BackendNotFound"), false)]);
    assert_eq!(answer.listener.unwrap().source, ObjectName::new("Gateway", "ns", "gw"));
}

#[test]
fn in_plain_text_the_host_chooses_the_listener() {
    let documents = [
        gateway(
            "gw",
            json!([
                listener("exact", 80, "HTTP", Some("x.a.com")),
                listener("wild", 80, "HTTP", Some("*.a.com")),
                listener("any", 8080, "HTTP", None),
                listener("raw", 90, "TCP", None),
            ]),
        ),
        service("s"),
        route("all", to_service(json!([]), "/")),
    ];
    let oracle = oracle(&documents, &[]);
    let cases = [
        (80, "x.a.com", (200, "exact", "all")),
        (80, "X.A.com.:80", (200, "exact", "all")),
        (80, "y.a.com", (200, "wild", "all")),
        (80, "z.y.a.com", (200, "wild", "all")),
        (80, "a.com", (404, "", "")),
        (80, "", (404, "", "")),
        (80, "10.0.0.1", (404, "", "")),
        (80, "a b", (400, "", "")),
        (8080, "", (200, "any", "all")),
        (8080, "10.0.0.1:8080", (200, "any", "all")),
        (8080, "[::1]", (200, "any", "all")),
        (8080, "user@a.com", (400, "", "")),
        (81, "x.a.com", (0, "", "")),
        (81, "a b", (0, "", "")),
        // There are only bytes for TCP, and no route for them.
        (90, "x.a.com", (0, "raw", "")),
    ];
    for (port, authority, expected) in cases {
        let answer = oracle.decide(&Request::get("ns", "gw", port, authority, "/"));
        assert_eq!(short(&answer), expected, "{authority} at {port}");
    }
    let elsewhere = oracle.decide(&Request::get("ns", "other", 80, "x.a.com", "/"));
    assert_eq!(short(&elsewhere), (0, "", ""));
}

#[test]
fn over_tls_the_server_name_chooses_and_the_host_must_agree() {
    let named = [
        listener("exact", 443, "HTTPS", Some("x.a.com")),
        listener("wild", 443, "HTTPS", Some("*.a.com")),
        listener("b", 443, "HTTPS", Some("b.com")),
        listener("tls", 443, "TLS", Some("t.com")),
        listener("elsewhere", 8443, "HTTPS", None),
        listener("plain", 80, "HTTP", None),
    ];
    let with_any: Vec<Value> = named.iter().cloned().chain([listener("any", 443, "HTTPS", None)]).collect();
    let documents =
        |listeners: &[Value]| [gateway("gw", json!(listeners)), service("s"), route("all", to_service(json!([]), "/"))];
    let cases = [
        (&named[..], Some("x.a.com"), "x.a.com", (200, "exact", "all")),
        (&named, Some("x.a.com"), "y.a.com", (421, "exact", "")),
        (&named, Some("y.a.com"), "x.a.com", (421, "wild", "")),
        (&named, Some("y.a.com"), "z.a.com", (200, "wild", "all")),
        (&named, Some("y.a.com"), "b.com", (421, "wild", "")),
        (&named, Some("y.a.com"), "c.com", (404, "wild", "")),
        (&named, Some("y.a.com"), "", (404, "wild", "")),
        (&named, Some("y.a.com"), "t.com", (404, "wild", "")),
        (&named, Some("c.com"), "b.com", (0, "", "")),
        (&named, Some("t.com"), "t.com", (0, "tls", "")),
        (&named, None, "b.com", (0, "", "")),
        (&named, Some("c.com"), "b com", (0, "", "")),
        (&named, Some("b.com"), "b com", (400, "", "")),
        (&with_any, None, "c.com", (200, "any", "all")),
        (&with_any, None, "b.com", (421, "any", "")),
        (&with_any, Some("10.0.0.1"), "10.0.0.1", (200, "any", "all")),
        (&with_any, Some("b.com"), "c.com", (421, "b", "")),
        (&with_any, Some("c.com"), "d.com", (200, "any", "all")),
    ];
    for (listeners, sni, authority, expected) in cases {
        let request =
            Request { tls: true, sni: sni.map(str::to_owned), ..Request::get("ns", "gw", 443, authority, "/") };
        let answer = oracle(&documents(listeners), &[]).decide(&request);
        assert_eq!(short(&answer), expected, "{sni:?} {authority}");
    }
    let plain = Request::get("ns", "gw", 443, "x.a.com", "/");
    assert_eq!(short(&oracle(&documents(&named), &[]).decide(&plain)), (0, "", ""));
}

#[test]
fn isolation_decides_whose_routes_count() {
    let to = |listener: &str, path: &str| {
        let mut spec = to_service(json!([]), path);
        spec["parentRefs"] = json!([{"name": "gw", "sectionName": listener}]);
        spec
    };
    let documents = [
        gateway(
            "gw",
            json!([
                listener("any", 80, "HTTP", None),
                listener("wild", 80, "HTTP", Some("*.a.com")),
                listener("exact", 80, "HTTP", Some("x.a.com")),
                listener("other", 80, "HTTP", Some("*.b.com")),
            ]),
        ),
        service("s"),
        route("on-exact", to("exact", "/exact")),
        route("on-wild", to("wild", "/wild")),
        route("on-any", to("any", "/any")),
        route("on-other", to("other", "/other")),
        route("on-all", to_service(json!([]), "/all")),
    ];
    let cases = [
        ("on", "/exact", (200, "exact", "on-exact")),
        ("on", "/wild", (404, "exact", "")),
        ("on", "/any", (404, "exact", "")),
        ("off", "/exact", (200, "exact", "on-exact")),
        ("off", "/wild", (200, "wild", "on-wild")),
        ("off", "/any", (200, "any", "on-any")),
        ("off", "/other", (404, "exact", "")),
        // A tie of a match with itself goes to the most specific listener.
        ("off", "/all", (200, "exact", "on-all")),
    ];
    for (isolation, path, expected) in cases {
        let oracle = oracle(&documents, &[("listener-isolation", isolation)]);
        let answer = oracle.decide(&Request::get("ns", "gw", 80, "x.a.com", path));
        assert_eq!(short(&answer), expected, "{isolation} {path}");
    }
}

#[test]
fn less_specific_hostnames_are_tried_or_not() {
    let documents = [
        gateway("gw", json!([listener("web", 80, "HTTP", None)])),
        service("s"),
        route("exact", to_service(json!(["x.a.com"]), "/exact")),
        route("wild", to_service(json!(["*.a.com"]), "/wild")),
        route("none", to_service(json!([]), "/")),
    ];
    let cases = [
        ("within-listener", "x.a.com", "/exact", (200, "web", "exact")),
        ("within-listener", "x.a.com", "/wild", (200, "web", "wild")),
        ("within-listener", "x.a.com", "/", (200, "web", "none")),
        ("none", "x.a.com", "/exact", (200, "web", "exact")),
        ("none", "x.a.com", "/wild", (404, "web", "")),
        ("none", "y.a.com", "/wild", (200, "web", "wild")),
        ("none", "y.a.com", "/", (404, "web", "")),
        ("none", "c.com", "/", (200, "web", "none")),
    ];
    for (fallback, authority, path, expected) in cases {
        let oracle = oracle(&documents, &[("host-fallback", fallback)]);
        let answer = oracle.decide(&Request::get("ns", "gw", 80, authority, path));
        assert_eq!(short(&answer), expected, "{fallback} {authority} {path}");
    }
}

#[test]
fn a_connection_is_refused_before_the_authority_and_the_path_are_read() {
    let documents = [gateway("gw", json!([listener("web", 443, "HTTPS", Some("a.com"))]))];
    let oracle = oracle(&documents, &[("path-normalization", "reject")]);
    let request = |authority: &str, path: &str| Request { tls: true, ..Request::get("ns", "gw", 443, authority, path) };
    for (authority, path) in [("a.com", "/a//b"), ("a com", "/a/b"), ("a.com", "/a/b")] {
        assert_eq!(oracle.decide(&request(authority, path)).outcome, Outcome::Reject, "{authority} {path}");
        let connected = Request { sni: Some("a.com".to_owned()), ..request(authority, path) };
        let expected = if path == "/a//b" || authority == "a com" { 400 } else { 404 };
        assert_eq!(oracle.decide(&connected).outcome, Outcome::Respond(expected), "{authority} {path}");
    }
}

#[test]
fn paths_are_compared_after_normalization() {
    let documents = [
        gateway("gw", json!([listener("web", 80, "HTTP", None)])),
        service("s"),
        route("r", to_service(json!([]), "/a/b")),
    ];
    let settings = [("path-normalization", "rfc3986"), ("merge-slashes", "on")];
    for path in ["/a/b", "/x/../a/./b/c", "/%61/b", "//a///b"] {
        let request = Request::get("ns", "gw", 80, "a.com", path);
        assert_eq!(oracle(&documents, &settings).decide(&request).outcome, Outcome::Forward, "{path}");
        let raw = oracle(&documents, &[]).decide(&request).outcome;
        assert_eq!(raw == Outcome::Forward, path == "/a/b", "{path}");
    }
}

#[test]
fn a_first_rule_with_an_invalid_backend_still_wins() {
    let documents = [
        gateway("gw", json!([listener("web", 80, "HTTP", None)])),
        service("s"),
        route(
            "r",
            json!({"rules": [
                {"backendRefs": [{"name": "gone", "port": 80}]}, {"backendRefs": [{"name": "s", "port": 80}]},
            ]}),
        ),
    ];
    let answer = oracle(&documents, &[]).decide(&Request::get("ns", "gw", 80, "a.com", "/"));
    assert_eq!((short(&answer), answer.rule), ((500, "web", "r"), Some(0)));
}

#[test]
fn listeners_of_a_set_serve_at_the_gateway() {
    let mut parent = gateway("gw", json!([listener("own", 80, "HTTP", Some("a.com"))]));
    parent["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let mut spec = to_service(json!([]), "/");
    spec["parentRefs"] = json!([{"kind": "ListenerSet", "name": "set"}]);
    let documents = [
        parent,
        object(
            "ListenerSet",
            "set",
            json!({
                "parentRef": {"name": "gw"}, "listeners": [listener("extra", 80, "HTTP", Some("b.com"))],
            }),
        ),
        service("s"),
        route("r", spec),
    ];
    let oracle = oracle(&documents, &[]);
    let answer = oracle.decide(&Request::get("ns", "gw", 80, "b.com", "/"));
    assert_eq!(short(&answer), (200, "extra", "r"));
    assert_eq!(answer.listener.unwrap().source.kind, "ListenerSet");
    assert_eq!(short(&oracle.decide(&Request::get("ns", "gw", 80, "a.com", "/"))), (404, "own", ""));
}

#[test]
fn a_route_or_parent_ref_that_does_not_exist_has_no_parent() {
    let documents = [gateway("gw", json!([listener("web", 80, "HTTP", None)])), route("r", json!({}))];
    let oracle = oracle(&documents, &[]);
    assert_eq!(oracle.attachment(&ObjectName::http_route("ns", "gone"), 0), Err("NoMatchingParent"));
    assert_eq!(oracle.attachment(&ObjectName::http_route("ns", "r"), 1), Err("NoMatchingParent"));
    assert!(oracle.attachment(&ObjectName::http_route("ns", "r"), 0).is_ok());
}

#[test]
fn nobody_listens_where_every_listener_lost_or_is_malformed() {
    let documents = [gateway(
        "gw",
        json!([
            listener("one", 80, "HTTP", None),
            listener("two", 80, "HTTP", None),
            listener("bad", 81, "HTTP", Some("*")),
            listener("good", 82, "HTTP", None),
        ]),
    )];
    let oracle = oracle(&documents, &[]);
    for (port, outcome) in [(80, Outcome::Reject), (81, Outcome::Reject), (82, Outcome::Respond(404))] {
        assert_eq!(oracle.decide(&Request::get("ns", "gw", port, "a.com", "/")).outcome, outcome, "{port}");
    }
}

#[test]
fn over_tls_a_tls_listener_takes_what_is_its_own() {
    let documents = |with_https: bool| {
        let mut listeners = vec![listener("tls", 443, "TLS", Some("*.t.com"))];
        if with_https {
            listeners.push(listener("any", 443, "HTTPS", None));
            listeners.push(listener("exact", 443, "HTTPS", Some("x.t.com")));
        }
        [gateway("gw", json!(listeners)), service("s"), route("all", to_service(json!([]), "/"))]
    };
    let cases = [
        (true, Some("a.t.com"), "a.t.com", (0, "tls", "")),
        (true, Some("x.t.com"), "x.t.com", (200, "exact", "all")),
        (true, Some("t.com"), "t.com", (200, "any", "all")),
        // Only listeners of the same protocol are asked whether they take the host better.
        (true, Some("b.com"), "a.t.com", (200, "any", "all")),
        (true, Some("b.com"), "x.t.com", (421, "any", "")),
        (true, None, "b.com", (200, "any", "all")),
        (true, Some("a.t.com"), "a b", (0, "tls", "")),
        (true, Some("x.t.com"), "a b", (400, "", "")),
        (false, Some("a.t.com"), "a.t.com", (0, "tls", "")),
        (false, Some("b.com"), "b.com", (0, "", "")),
    ];
    for (with_https, sni, authority, expected) in cases {
        let request =
            Request { tls: true, sni: sni.map(str::to_owned), ..Request::get("ns", "gw", 443, authority, "/") };
        let answer = oracle(&documents(with_https), &[]).decide(&request);
        assert_eq!(short(&answer), expected, "{with_https} {sni:?} {authority}");
    }
}

/// The same spec for HTTP and gRPC, to a Service that may not exist.
fn to(backend: Value) -> Value {
    json!({"hostnames": ["*.a.com"], "rules": [{"backendRefs": backend}]})
}

#[test]
fn failures_of_grpc_are_statuses_of_grpc() {
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "e", "namespace": "ns", "labels": {"kubernetes.io/service-name": "e"}}, "endpoints": []
    });
    let documents = |kind: &str, backends: &Value| {
        let listeners =
            json!([listener("web", 80, "HTTP", Some("*.a.com")), listener("tls", 443, "HTTPS", Some("x.b.com"))]);
        let route = route_of(kind, "r", to(backends.clone()));
        [gateway("gw", listeners), service("s"), service("e"), slice.clone(), route]
    };
    let backend = |name: &str, weight: i32| json!({"name": name, "port": 80, "weight": weight});
    let (good, gone, empty, zero) = (backend("s", 1), backend("gone", 1), backend("e", 1), backend("s", 0));
    let cases = [
        (json!([good]), 200, 200),
        (json!([good, gone]), 200, 200),
        (json!([gone]), 14, 500),
        (json!([gone, zero]), 14, 500),
        (json!([empty]), 14, 503),
        (json!([zero]), 14, 500),
        (json!([]), 14, 500),
    ];
    for (backends, grpc, http) in cases {
        for settings in [&[][..], &[("zero-weights", "503")], &[("no-endpoints", "500")]] {
            let request = Request::grpc("ns", "gw", 80, "x.a.com", "/a.B/C");
            let found = oracle(&documents("GRPCRoute", &backends), settings).decide(&request);
            assert_eq!(short(&found), (grpc, "web", "r"), "{backends} {settings:?}");
        }
        // An HTTPRoute that takes a gRPC request fails as it always does.
        let request = Request::grpc("ns", "gw", 80, "x.a.com", "/a.B/C");
        let found = oracle(&documents("HTTPRoute", &backends), &[]).decide(&request);
        assert_eq!(short(&found), (http, "web", "r"), "{backends}");
    }
}

#[test]
fn a_grpc_request_that_nothing_takes_is_unimplemented() {
    let listeners = json!([
        listener("web", 80, "HTTP", Some("*.a.com")),
        listener("tls", 443, "HTTPS", Some("x.b.com")),
        listener("other", 443, "HTTPS", Some("y.b.com"))
    ]);
    let only =
        json!({"rules": [{"matches": [{"method": {"service": "a.B"}}], "backendRefs": [{"name": "s", "port": 80}]}]});
    let documents = [gateway("gw", listeners), service("s"), route_of("GRPCRoute", "r", only)];
    let oracle = oracle(&documents, &[("path-normalization", "reject")]);
    let cases = [
        (80, None, "x.a.com", "/a.B/C", (200, "web", "r"), (404, "web", "")),
        (80, None, "x.a.com", "/a.D/C", (12, "web", ""), (404, "web", "")),
        (80, None, "x.c.com", "/a.B/C", (12, "", ""), (404, "", "")),
        (80, None, "", "/a.B/C", (12, "", ""), (404, "", "")),
        (80, None, "a b", "/a.B/C", (400, "", ""), (400, "", "")),
        (80, None, "x.a.com", "//C", (400, "", ""), (400, "", "")),
        (81, None, "x.a.com", "/a.B/C", (0, "", ""), (0, "", "")),
        (443, Some("x.b.com"), "x.b.com", "/a.B/C", (200, "tls", "r"), (404, "tls", "")),
        (443, Some("x.b.com"), "c.com", "/a.B/C", (12, "tls", ""), (404, "tls", "")),
        (443, Some("x.b.com"), "y.b.com", "/a.B/C", (421, "tls", ""), (421, "tls", "")),
        (443, Some("c.com"), "x.b.com", "/a.B/C", (0, "", ""), (0, "", "")),
    ];
    for (port, sni, authority, path, grpc, http) in cases {
        let plain = Request {
            tls: port == 443,
            sni: sni.map(str::to_owned),
            ..Request::get("ns", "gw", port, authority, path)
        };
        let called = Request { protocol: Protocol::Grpc, ..plain.clone() };
        assert_eq!(short(&oracle.decide(&called)), grpc, "{called:?}");
        assert_eq!(short(&oracle.decide(&plain)), http, "{plain:?}");
        let mut seen = Request { http_version: HttpVersion::Http2, method: "POST".to_owned(), ..plain };
        seen.headers.push(("content-type".to_owned(), b"application/grpc+proto".to_vec()));
        assert_eq!(short(&oracle.decide(&seen)), grpc, "{seen:?}");
    }
}

#[test]
fn http_routes_take_grpc_requests_as_posts() {
    let only = |method: &str| {
        json!({"rules": [{"matches": [{"method": method, "path": {"type": "Exact", "value": "/a.B/C"}}],
            "backendRefs": [{"name": "s", "port": 80}]}]})
    };
    let web = || gateway("gw", json!([listener("web", 80, "HTTP", None)]));
    for (method, expected) in [("POST", (200, "web", "r")), ("GET", (12, "web", ""))] {
        let request = Request::grpc("ns", "gw", 80, "a.com", "/a.B/C?query");
        let found = oracle(&[web(), service("s"), route("r", only(method))], &[]).decide(&request);
        assert_eq!(short(&found), expected, "{method}");
    }
}

#[test]
fn without_isolation_grpc_routes_of_several_listeners_count() {
    let to = |listener: &str, service: &str| {
        json!({"parentRefs": [{"name": "gw", "sectionName": listener}],
            "rules": [{"matches": [{"method": {"service": service}}], "backendRefs": [{"name": "s", "port": 80}]}]})
    };
    let documents = [
        gateway("gw", json!([listener("any", 80, "HTTP", None), listener("exact", 80, "HTTP", Some("x.a.com"))])),
        service("s"),
        created(route_of("GRPCRoute", "on-any", to("any", "a.B")), "2026-01-01T00:00:00Z"),
        created(route_of("GRPCRoute", "on-exact", to("exact", "a.D")), "2026-01-02T00:00:00Z"),
    ];
    let cases = [
        ("on", "/a.B/C", (12, "exact", "")),
        ("on", "/a.D/C", (200, "exact", "on-exact")),
        ("off", "/a.B/C", (200, "any", "on-any")),
        ("off", "/a.D/C", (200, "exact", "on-exact")),
        ("off", "/a.E/C", (12, "exact", "")),
    ];
    for (isolation, path, expected) in cases {
        let oracle = oracle(&documents, &[("listener-isolation", isolation)]);
        let answer = oracle.decide(&Request::grpc("ns", "gw", 80, "x.a.com", path));
        assert_eq!(short(&answer), expected, "{isolation} {path}");
    }
}
