use gateway_model::TlsMode;
use serde_json::{Value, json};

use super::*;
use crate::sample::{created, gateway, listener, object, oracle, route_of, service, short};

const OLD: &str = "2026-01-01T00:00:00Z";
const NEW: &str = "2026-01-02T00:00:00Z";

/// A route of a kind with these hostnames, to a ready Service.
fn to_service(kind: &str, name: &str, hostnames: &[&str]) -> Value {
    let mut spec = json!({"rules": [{"backendRefs": [{"name": "s", "port": 80}]}]});
    if kind == TLS_ROUTE {
        spec["hostnames"] = json!(hostnames);
    }
    route_of(kind, name, spec)
}

fn tls(sni: Option<&str>) -> Request {
    Request::connection(Protocol::Tls, "ns", "gw", 443, sni)
}

fn with_mode(mut listener: Value, mode: &str) -> Value {
    listener["tls"] = json!({"mode": mode});
    listener
}

#[test]
fn the_server_name_chooses_listener_and_route() {
    let documents = [
        gateway(
            "gw",
            json!([
                listener("exact", 443, "TLS", Some("x.a.com")),
                listener("wild", 443, "TLS", Some("*.a.com")),
                listener("deep", 443, "TLS", Some("*.b.a.com")),
                listener("https", 443, "HTTPS", Some("h.a.com")),
                listener("web", 443, "HTTPS", Some("*.h.com")),
                listener("elsewhere", 8443, "TLS", None),
            ]),
        ),
        service("s"),
        to_service(TLS_ROUTE, "r", &["*.a.com", "y.b.a.com"]),
        to_service(TLS_ROUTE, "only-y", &["y.a.com"]),
    ];
    let oracle = oracle(&documents, &[]);
    let cases = [
        (Some("x.a.com"), (200, "exact", "r")),
        (Some("X.A.COM."), (200, "exact", "r")),
        (Some("y.a.com"), (200, "wild", "only-y")),
        (Some("z.a.com"), (200, "wild", "r")),
        (Some("z.b.a.com"), (200, "deep", "r")),
        (Some("a.com"), (0, "", "")),
        (Some("b.com"), (0, "", "")),
        // These are for HTTPS, though a TLS listener and its route would take the first as well.
        (Some("h.a.com"), (0, "https", "")),
        (Some("x.h.com"), (0, "web", "")),
        (Some("10.0.0.1"), (0, "", "")),
        (Some(""), (0, "", "")),
        (None, (0, "", "")),
    ];
    for (sni, expected) in cases {
        assert_eq!(short(&oracle.decide(&tls(sni))), expected, "{sni:?}");
    }
    let answer = oracle.decide(&tls(Some("y.a.com")));
    assert_eq!((answer.rule, answer.item, answer.hostname.as_deref()), (Some(0), Some(0), Some("y.a.com")));
}

#[test]
fn both_listener_and_route_must_take_the_server_name() {
    let cases = [
        (Some("*.a.com"), &["*.com"][..], Some("x.a.com"), (200, "l", "r")),
        (Some("*.a.com"), &["*.com"], Some("x.b.com"), (0, "", "")),
        (Some("*.com"), &["*.a.com"], Some("x.b.com"), (0, "l", "")),
        (Some("*.com"), &["*.a.com"], Some("x.a.com"), (200, "l", "r")),
        (Some("*.com"), &["b.com", "c.com"], Some("c.com"), (200, "l", "r")),
        (None, &["a.com"], Some("a.com"), (200, "l", "r")),
        (None, &["a.com"], Some("b.com"), (0, "l", "")),
        (None, &["a.com"], None, (0, "l", "")),
        (None, &[], None, (200, "l", "r")),
        (None, &[], Some("1.2.3.4"), (200, "l", "r")),
        (Some("*.com"), &[], Some("a.com"), (200, "l", "r")),
        (Some("*.com"), &[], None, (0, "", "")),
    ];
    for (hostname, of_route, sni, expected) in cases {
        let documents = [
            gateway("gw", json!([listener("l", 443, "TLS", hostname)])),
            service("s"),
            to_service(TLS_ROUTE, "r", of_route),
        ];
        assert_eq!(short(&oracle(&documents, &[]).decide(&tls(sni))), expected, "{hostname:?} {of_route:?} {sni:?}");
    }
}

#[test]
fn of_several_tls_routes_the_most_specific_then_the_oldest_then_the_first_takes_the_connection() {
    let web = gateway(
        "gw",
        json!([{"name": "l", "port": 443, "protocol": "TLS", "hostname": "*.a.com",
            "allowedRoutes": {"namespaces": {"from": "All"}}}]),
    );
    let cases = [
        ((("ns/a"), &["*.a.com"][..], OLD), ("ns/b", &["x.a.com"][..], NEW), "original", "b"),
        (("ns/a", &["*.com"], OLD), ("ns/b", &["*.a.com"], NEW), "original", "b"),
        (("ns/a", &["*.com"], OLD), ("ns/b", &["*.a.com"], NEW), "intersected", "a"),
        (("ns/a", &[], OLD), ("ns/b", &["*.com"], NEW), "original", "b"),
        (("ns/a", &["*.a.com"], NEW), ("ns/b", &["*.a.com"], OLD), "original", "b"),
        (("ns/a", &["*.a.com"], OLD), ("ns/b", &["*.a.com"], OLD), "original", "a"),
        (("a/x", &["*.a.com"], OLD), ("a-b/y", &["*.a.com"], OLD), "original", "y"),
    ];
    for (one, other, choice, expected) in cases {
        let route =
            |(name, hostnames, time): (&str, &[&str], &str)| created(to_service(TLS_ROUTE, name, hostnames), time);
        let documents = [web.clone(), route(one), route(other)];
        let answer = oracle(&documents, &[("precedence-host", choice)]).decide(&tls(Some("x.a.com")));
        assert_eq!(answer.route.unwrap().name, expected, "{one:?} {other:?} {choice}");
    }
}

#[test]
fn tls_listeners_are_isolated_whatever_the_option_says() {
    let to = |listener: &str| {
        json!({"parentRefs": [{"name": "gw", "sectionName": listener}], "hostnames": ["x.a.com"],
            "rules": [{"backendRefs": [{"name": "s", "port": 80}]}]})
    };
    let listeners = json!([listener("any", 443, "TLS", None), listener("wild", 443, "TLS", Some("*.a.com"))]);
    let documents = [gateway("gw", listeners), service("s"), route_of(TLS_ROUTE, "r", to("any"))];
    for isolation in ["on", "off"] {
        let found = oracle(&documents, &[("listener-isolation", isolation)]).decide(&tls(Some("x.a.com")));
        assert_eq!(short(&found), (0, "wild", ""), "{isolation}");
    }
}

#[test]
fn the_answer_has_the_mode_of_the_listener() {
    let unset = listener("unset", 443, "TLS", Some("u.com"));
    let listeners = json!([
        with_mode(listener("passed", 443, "TLS", Some("p.com")), "Passthrough"),
        with_mode(listener("ended", 443, "TLS", Some("t.com")), "Terminate"),
        unset,
        listener("web", 80, "HTTP", None),
        listener("raw", 90, "TCP", None),
    ]);
    let documents = [
        gateway("gw", listeners),
        service("s"),
        to_service(TLS_ROUTE, "r", &["p.com", "t.com"]),
        to_service(TCP_ROUTE, "c", &[]),
    ];
    let oracle = oracle(&documents, &[]);
    let cases = [
        (tls(Some("p.com")), (200, "passed", "r"), Some(TlsMode::Passthrough)),
        (tls(Some("t.com")), (200, "ended", "r"), Some(TlsMode::Terminate)),
        (tls(Some("u.com")), (0, "unset", ""), Some(TlsMode::Terminate)),
        (Request::connection(Protocol::Tcp, "ns", "gw", 90, None), (200, "raw", "c"), None),
        (Request::get("ns", "gw", 80, "a.com", "/"), (404, "web", ""), None),
    ];
    for (request, expected, mode) in cases {
        let answer = oracle.decide(&request);
        assert_eq!((short(&answer), answer.tls_mode.clone()), (expected, mode), "{request:?}");
    }
}

#[test]
fn the_oldest_route_takes_all_of_a_tcp_or_udp_listener() {
    let cases = [
        (("a", Some(NEW)), ("b", Some(OLD)), "b"),
        (("a", Some(OLD)), ("b", Some(OLD)), "a"),
        (("a", None), ("b", Some(NEW)), "b"),
        (("a", None), ("b", None), "a"),
    ];
    for (kind, protocol, request) in [(TCP_ROUTE, "TCP", Protocol::Tcp), (UDP_ROUTE, "UDP", Protocol::Udp)] {
        for (one, other, expected) in cases {
            let route = |(name, time): (&str, Option<&str>)| {
                let route = to_service(kind, name, &[]);
                time.map_or(route.clone(), |time| created(route, time))
            };
            let documents =
                [gateway("gw", json!([listener("l", 90, protocol, None)])), service("s"), route(one), route(other)];
            let answer = oracle(&documents, &[]).decide(&Request::connection(request, "ns", "gw", 90, None));
            assert_eq!(short(&answer), (200, "l", expected), "{kind} {one:?} {other:?}");
            assert_eq!((answer.rule, answer.item, answer.hostname), (Some(0), Some(0), None));
        }
    }
}

#[test]
fn the_oldest_route_takes_all_even_if_it_can_only_refuse() {
    let refusing = route_of(TCP_ROUTE, "old", json!({"rules": [{"backendRefs": [{"name": "gone", "port": 80}]}]}));
    let documents = [
        gateway("gw", json!([listener("l", 90, "TCP", None)])),
        service("s"),
        created(refusing, OLD),
        created(to_service(TCP_ROUTE, "new", &[]), NEW),
    ];
    let answer = oracle(&documents, &[]).decide(&Request::connection(Protocol::Tcp, "ns", "gw", 90, None));
    assert_eq!(short(&answer), (0, "l", "old"));
}

#[test]
fn a_protocol_reaches_the_listeners_that_take_it() {
    let documents = [
        gateway(
            "gw",
            json!([
                listener("http", 80, "HTTP", None),
                listener("https", 443, "HTTPS", None),
                listener("tls", 444, "TLS", None),
                listener("tcp", 90, "TCP", None),
                listener("udp", 53, "UDP", None),
                listener("tcp53", 53, "TCP", None),
            ]),
        ),
        service("s"),
        to_service(TLS_ROUTE, "r", &["a.com"]),
        to_service(TCP_ROUTE, "r", &[]),
        to_service(UDP_ROUTE, "r", &[]),
    ];
    let oracle = oracle(&documents, &[]);
    let ports = [80, 443, 444, 90, 53];
    // What takes each protocol at each port; the HTTPS listener takes TLS, for nobody here.
    let reached = [
        (Protocol::Tls, ["", "https", "tls", "tcp", "tcp53"]),
        (Protocol::Tcp, ["", "", "", "tcp", "tcp53"]),
        (Protocol::Udp, ["", "", "", "", "udp"]),
        (Protocol::Http, ["http", "", "", "tcp", "tcp53"]),
        (Protocol::Grpc, ["http", "", "", "tcp", "tcp53"]),
    ];
    for (protocol, listeners) in reached {
        for (port, listener) in ports.into_iter().zip(listeners) {
            let answer = oracle.decide(&Request::connection(protocol, "ns", "gw", port, Some("a.com")));
            let expected = match (listener, protocol) {
                ("http", Protocol::Http) => (404, "http", ""),
                ("http", _) => (12, "http", ""),
                ("" | "https", _) => (0, listener, ""),
                _ => (200, listener, "r"),
            };
            assert_eq!(short(&answer), expected, "{protocol:?} at {port}");
        }
    }
    let nowhere = oracle.decide(&Request::connection(Protocol::Tcp, "ns", "gx", 90, None));
    assert_eq!(short(&nowhere), (0, "", ""));
}

#[test]
fn what_no_backend_can_take_is_refused() {
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "e", "namespace": "ns", "labels": {"kubernetes.io/service-name": "e"}}, "endpoints": []
    });
    let backend = |name: &str, weight: i32| json!({"name": name, "port": 80, "weight": weight});
    let (good, gone, empty, zero) = (backend("s", 1), backend("gone", 1), backend("e", 1), backend("s", 0));
    let far = json!({"name": "s", "namespace": "far", "port": 80});
    let cases = [
        (json!([good]), 200),
        (json!([gone, good]), 200),
        (json!([empty, good]), 200),
        (json!([empty]), 0),
        (json!([gone]), 0),
        (json!([far]), 0),
        (json!([zero]), 0),
        (json!([zero, gone]), 0),
        (json!([]), 0),
    ];
    let kinds =
        [(TLS_ROUTE, "TLS", Protocol::Tls), (TCP_ROUTE, "TCP", Protocol::Tcp), (UDP_ROUTE, "UDP", Protocol::Udp)];
    for (kind, of_listener, protocol) in kinds {
        for (backends, expected) in &cases {
            let route = route_of(kind, "r", json!({"rules": [{"backendRefs": backends}]}));
            let web = gateway("gw", json!([listener("l", 443, of_listener, None)]));
            let documents = [web, service("s"), service("far/s"), service("e"), slice.clone(), route];
            for settings in [&[][..], &[("zero-weights", "503")], &[("no-endpoints", "500")]] {
                let request = Request::connection(protocol, "ns", "gw", 443, Some("a.com"));
                let answer = oracle(&documents, settings).decide(&request);
                assert_eq!(short(&answer), (*expected, "l", "r"), "{kind} {backends} {settings:?}");
                assert_eq!(answer.backends.len(), backends.as_array().unwrap().len());
            }
        }
    }
}

#[test]
fn a_grant_must_be_for_the_kind_of_the_route() {
    for (of_grant, expected) in [(TCP_ROUTE, 200), (TLS_ROUTE, 0), ("HTTPRoute", 0)] {
        let grant = object(
            "ReferenceGrant",
            "far/g",
            json!({
                "from": [{"group": "gateway.networking.k8s.io", "kind": of_grant, "namespace": "ns"}],
                "to": [{"group": "", "kind": "Service"}]
            }),
        );
        let far = json!({"rules": [{"backendRefs": [{"name": "s", "namespace": "far", "port": 80}]}]});
        let web = gateway("gw", json!([listener("l", 90, "TCP", None)]));
        let documents = [web, service("far/s"), grant, route_of(TCP_ROUTE, "r", far)];
        let answer = oracle(&documents, &[]).decide(&Request::connection(Protocol::Tcp, "ns", "gw", 90, None));
        assert_eq!(short(&answer), (expected, "l", "r"), "{of_grant}");
    }
}

#[test]
fn a_route_without_a_rule_has_no_backend_for_what_it_takes() {
    let none = created(route_of(UDP_ROUTE, "none", json!({"rules": []})), OLD);
    let some = created(to_service(UDP_ROUTE, "some", &[]), NEW);
    let web = gateway("gw", json!([listener("l", 90, "UDP", None)]));
    let request = Request::connection(Protocol::Udp, "ns", "gw", 90, None);
    let answer = oracle(&[web, service("s"), none, some], &[]).decide(&request);
    assert_eq!((short(&answer), answer.rule), ((0, "l", "none"), Some(0)));
}
