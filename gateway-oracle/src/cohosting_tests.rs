use serde_json::{Value, json};

use crate::answer::ObjectName;
use crate::request::Request;
use crate::sample::{created, gateway, listener, oracle, route_of, service, short};

const OLD: &str = "2026-01-01T00:00:00Z";
const NEW: &str = "2026-01-02T00:00:00Z";

/// A route of a kind with hostnames that takes everything.
fn open(kind: &str, name: &str, hostnames: &[&str]) -> Value {
    let spec = json!({
        "parentRefs": [{"name": "gw", "namespace": "ns"}],
        "hostnames": hostnames, "rules": [{"backendRefs": [{"name": "s", "port": 80}]}],
    });
    route_of(kind, name, spec)
}

/// The names of the accepted ones among two routes.
fn accepted<'a>(one: &'a Value, other: &'a Value, listener_host: Option<&str>, choice: &str) -> Vec<&'a str> {
    let mut web = listener("web", 80, "HTTP", listener_host);
    web["allowedRoutes"] = json!({"namespaces": {"from": "All"}});
    let oracle =
        oracle(&[gateway("gw", json!([web])), service("s"), one.clone(), other.clone()], &[("grpc-cohosting", choice)]);
    let is_accepted = |route: &&Value| {
        let kind = if route["kind"] == "HTTPRoute" { "HTTPRoute" } else { "GRPCRoute" };
        let metadata = &route["metadata"];
        let name = ObjectName::new(kind, metadata["namespace"].as_str().unwrap(), metadata["name"].as_str().unwrap());
        match oracle.attachment(&name, 0) {
            Ok(_) => true,
            Err(reason) => {
                assert_eq!(reason, "NotAllowedByListeners");
                false
            }
        }
    };
    [one, other].into_iter().filter(is_accepted).map(|route| route["metadata"]["name"].as_str().unwrap()).collect()
}

#[test]
fn exactly_one_of_two_kinds_with_a_common_host_is_accepted() {
    let (http, grpc) = ("HTTPRoute", "GRPCRoute");
    type Case<'a> = ((&'a str, &'a str, &'a str), (&'a str, &'a str, &'a str), &'a [&'a str], &'a [&'a str]);
    let cases: [Case<'_>; 7] = [
        ((http, "h", OLD), (grpc, "g", NEW), &["h"], &["g"]),
        ((http, "h", NEW), (grpc, "g", OLD), &["g"], &["g"]),
        ((http, "a", OLD), (grpc, "b", OLD), &["a"], &["b"]),
        ((http, "b", OLD), (grpc, "a", OLD), &["a"], &["a"]),
        // As text, `a-b/x` is before `a/y`.
        ((http, "a/y", OLD), (grpc, "a-b/x", OLD), &["x"], &["x"]),
        ((http, "h", OLD), (http, "i", NEW), &["h", "i"], &["h", "i"]),
        ((grpc, "g", OLD), (grpc, "i", NEW), &["g", "i"], &["g", "i"]),
    ];
    for (one, other, oldest, grpc_first) in cases {
        let route = |(kind, name, time): (&str, &str, &str)| created(open(kind, name, &["*.a.com"]), time);
        let (one, other) = (route(one), route(other));
        for (choice, expected) in [("oldest-wins", oldest), ("grpc-wins", grpc_first)] {
            assert_eq!(accepted(&one, &other, None, choice), expected, "{choice} {one} {other}");
        }
        assert_eq!(accepted(&one, &other, None, "coexist").len(), 2, "{one} {other}");
    }
    // Of one age and name the GRPCRoute comes first.
    let (one, other) = (created(open(http, "r", &[]), OLD), created(open(grpc, "r", &[]), OLD));
    let web = gateway("gw", json!([listener("web", 80, "HTTP", None)]));
    let oracle = oracle(&[web, one, other], &[]);
    assert!(oracle.attachment(&ObjectName::new(grpc, "ns", "r"), 0).is_ok());
    assert!(oracle.attachment(&ObjectName::new(http, "ns", "r"), 0).is_err());
}

#[test]
fn hostnames_intersect_as_they_are_on_the_listener() {
    let both = &["h", "g"][..];
    type Case<'a> = (Option<&'a str>, &'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let cases: [Case<'_>; 9] = [
        (None, &[], &[], &["h"]),
        (None, &["x.a.com"], &[], &["h"]),
        (None, &["x.a.com"], &["*.a.com"], &["h"]),
        (None, &["a.com"], &["*.a.com"], both),
        (None, &["a.com"], &["b.com"], both),
        (None, &["a.com", "c.com"], &["b.com", "c.com"], &["h"]),
        (Some("*.a.com"), &["*.com"], &["x.a.com"], &["h"]),
        // In common they have what the listener does not take.
        (Some("*.a.com"), &["x.a.com", "c.com"], &["y.a.com", "c.com"], both),
        (Some("x.a.com"), &["*.a.com"], &["*.com"], &["h"]),
    ];
    for (listener_host, of_http, of_grpc, expected) in cases {
        let http = created(open("HTTPRoute", "h", of_http), OLD);
        let grpc = created(open("GRPCRoute", "g", of_grpc), NEW);
        let found = accepted(&http, &grpc, listener_host, "oldest-wins");
        assert_eq!(found, expected, "{listener_host:?} {of_http:?} {of_grpc:?}");
    }
}

#[test]
fn a_rejected_route_is_in_nobodys_way() {
    let documents = [
        gateway("gw", json!([listener("web", 80, "HTTP", None)])),
        created(open("HTTPRoute", "first", &["a.com"]), "2026-01-01T00:00:00Z"),
        created(open("GRPCRoute", "second", &["a.com", "b.com"]), "2026-01-02T00:00:00Z"),
        created(open("HTTPRoute", "third", &["b.com"]), "2026-01-03T00:00:00Z"),
    ];
    let oracle = oracle(&documents, &[]);
    for (kind, name, accepted) in
        [("HTTPRoute", "first", true), ("GRPCRoute", "second", false), ("HTTPRoute", "third", true)]
    {
        assert_eq!(oracle.attachment(&ObjectName::new(kind, "ns", name), 0).is_ok(), accepted, "{name}");
    }
}

#[test]
fn each_listener_is_judged_by_itself() {
    let documents = [
        gateway("gw", json!([listener("a", 80, "HTTP", Some("a.com")), listener("b", 80, "HTTP", Some("b.com"))])),
        service("s"),
        created(open("HTTPRoute", "h", &["a.com"]), OLD),
        created(open("GRPCRoute", "g", &[]), NEW),
    ];
    let oracle = oracle(&documents, &[]);
    let listeners = oracle.attachment(&ObjectName::new("GRPCRoute", "ns", "g"), 0).unwrap();
    assert_eq!(listeners.iter().map(|listener| listener.name.as_str()).collect::<Vec<_>>(), ["b"]);
    let call = |authority: &str| Request::grpc("ns", "gw", 80, authority, "/a.B/C");
    assert_eq!(short(&oracle.decide(&call("a.com"))), (200, "a", "h"));
    assert_eq!(short(&oracle.decide(&call("b.com"))), (200, "b", "g"));
}

#[test]
fn where_both_kinds_are_accepted_grpc_comes_first_on_a_host() {
    let web = || gateway("gw", json!([listener("web", 80, "HTTP", None)]));
    let exact = |mut route: Value, matches: Value| {
        route["spec"]["rules"][0]["matches"] = json!([matches]);
        route
    };
    let http = |hostnames: &[&str]| {
        let path = json!({"path": {"type": "Exact", "value": "/a.B/C"}, "method": "POST"});
        created(exact(open("HTTPRoute", "h", hostnames), path), OLD)
    };
    let grpc = |hostnames: &[&str], service: &str| {
        created(exact(open("GRPCRoute", "g", hostnames), json!({"method": {"service": service}})), NEW)
    };
    let cases = [
        (http(&["a.com"]), grpc(&["a.com"], "a.B"), (200, "web", "g")),
        (http(&["a.com"]), grpc(&["*.com"], "a.B"), (200, "web", "h")),
        (http(&["*.com"]), grpc(&["a.com"], "a.B"), (200, "web", "g")),
        (http(&["a.com"]), grpc(&["a.com"], "a.D"), (200, "web", "h")),
    ];
    for (http, grpc, expected) in cases {
        let oracle = oracle(&[web(), service("s"), http.clone(), grpc.clone()], &[("grpc-cohosting", "coexist")]);
        let answer = oracle.decide(&Request::grpc("ns", "gw", 80, "a.com", "/a.B/C"));
        assert_eq!(short(&answer), expected, "{http} {grpc}");
        // What is not gRPC is not for the GRPCRoute.
        let post = Request { method: "POST".to_owned(), ..Request::get("ns", "gw", 80, "a.com", "/a.B/C") };
        assert_eq!(short(&oracle.decide(&post)), (200, "web", "h"), "{http} {grpc}");
    }
    // Without fallback the most specific hostname of both kinds counts, for a gRPC request only.
    let documents = [web(), service("s"), http(&["*.com"]), grpc(&["a.com"], "a.D")];
    let oracle = oracle(&documents, &[("grpc-cohosting", "coexist"), ("host-fallback", "none")]);
    let call = Request::grpc("ns", "gw", 80, "a.com", "/a.B/C");
    assert_eq!(short(&oracle.decide(&call)), (12, "web", ""));
    let post = Request { method: "POST".to_owned(), ..Request::get("ns", "gw", 80, "a.com", "/a.B/C") };
    assert_eq!(short(&oracle.decide(&post)), (200, "web", "h"));
}
