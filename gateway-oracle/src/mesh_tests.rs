use serde_json::{Value, json};

use crate::answer::{Answer, ObjectName};
use crate::request::{Protocol, Request};
use crate::sample::{created, gateway, listener, object, oracle, service, short};

/// A route of a kind, attached to the Service `shop/cart` in some way, to a Service of the route's namespace.
fn route(kind: &str, name: &str, mut parent_ref: Value, rule: Value) -> Value {
    let (namespace, _) = name.split_once('/').unwrap();
    for (key, value) in [("group", ""), ("kind", "Service"), ("namespace", "shop"), ("name", "cart")] {
        if parent_ref.get(key).is_none() {
            parent_ref[key] = json!(value);
        }
    }
    let mut rule = rule;
    if rule.get("backendRefs").is_none() {
        rule["backendRefs"] = json!([{"name": "s", "namespace": namespace, "port": 80}]);
    }
    object(kind, name, json!({"parentRefs": [parent_ref], "rules": [rule]}))
}

fn on_path(kind: &str, name: &str, path: &str) -> Value {
    route(kind, name, json!({}), json!({"matches": [{"path": {"value": path}}]}))
}

/// The Service `shop/cart` with ports for HTTP, metrics and DNS.
fn cart() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "cart"},
        "spec": {"ports": [
            {"name": "web", "port": 80}, {"name": "metrics", "port": 9090, "protocol": "TCP"},
            {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        ]}
    })
}

fn with_services(routes: &[Value]) -> Vec<Value> {
    let services = [cart(), service("shop/s"), service("bank/s"), service("news/s")];
    services.into_iter().chain(routes.iter().cloned()).collect()
}

fn from(namespace: &str, path: &str) -> Request {
    Request::get("", "", 80, "anything.example.com", path).to_service("shop", "cart", namespace)
}

/// Status and route of an answer, or the status and the Service to which it is passed on.
fn brief(answer: &Answer) -> (u16, String) {
    let (status, listener, _) = short(answer);
    assert_eq!(listener, "", "there is no listener in a mesh");
    let taker = match (&answer.route, answer.backends.as_slice()) {
        (Some(route), _) => format!("{}/{}", route.namespace, route.name),
        (None, [service]) => {
            format!("{} {}/{}:{}", service.kind, service.namespace, service.name, service.port.unwrap())
        }
        (None, _) => String::new(),
    };
    (status, taker)
}

fn owned(status: u16, taker: &str) -> (u16, String) {
    (status, taker.to_owned())
}

#[test]
fn producer_routes_concern_all_clients_and_consumer_routes_those_of_their_namespace() {
    let all = [("shop/producer", "/p"), ("bank/consumer", "/c"), ("news/consumer", "/c")];
    let passed = || owned(200, "Service shop/cart:80");
    let cases = [
        ("", "bank", "/p", passed()),
        ("shop", "shop", "/p", owned(200, "shop/producer")),
        ("shop", "bank", "/p", owned(200, "shop/producer")),
        ("shop", "nowhere", "/p/x", owned(200, "shop/producer")),
        ("shop", "bank", "/c", owned(404, "")),
        ("bank", "bank", "/c", owned(200, "bank/consumer")),
        ("bank", "bank", "/p", owned(404, "")),
        ("bank", "shop", "/c", passed()),
        ("bank", "news", "/c", passed()),
        ("shop bank", "bank", "/c", owned(200, "bank/consumer")),
        // They are not merged: there is no way back to the producer's.
        ("shop bank", "bank", "/p", owned(404, "")),
        ("shop bank", "news", "/p", owned(200, "shop/producer")),
        ("shop bank", "news", "/c", owned(404, "")),
        ("shop bank", "shop", "/c", owned(404, "")),
        ("shop bank news", "news", "/c", owned(200, "news/consumer")),
    ];
    for (present, namespace, path, expected) in cases {
        let is_present = |name: &str| name.split_once('/').is_some_and(|(home, _)| present.contains(home));
        let present_routes = all.iter().filter(|(name, _)| is_present(name));
        let routes: Vec<Value> = present_routes.map(|(name, path)| on_path("HTTPRoute", name, path)).collect();
        let answer = oracle(&with_services(&routes), &[]).decide(&from(namespace, path));
        assert_eq!(brief(&answer), expected, "from {namespace} to {path} with routes of {present:?}");
    }
}

#[test]
fn routes_of_one_namespace_are_merged() {
    let documents = with_services(&[
        created(on_path("HTTPRoute", "bank/old", "/a"), "2026-01-01T00:00:00Z"),
        created(on_path("HTTPRoute", "bank/new", "/a"), "2026-01-02T00:00:00Z"),
        created(on_path("HTTPRoute", "bank/long", "/a/b"), "2026-01-03T00:00:00Z"),
    ]);
    let oracle = oracle(&documents, &[]);
    for (path, expected) in [("/a", "bank/old"), ("/a/b", "bank/long"), ("/a/c", "bank/old")] {
        assert_eq!(brief(&oracle.decide(&from("bank", path))), owned(200, expected), "{path}");
    }
}

#[test]
fn a_parent_ref_selects_ports_by_number_and_name() {
    let nowhere = || Err("NoMatchingParent");
    let attached = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let every = || attached(&["80/TCP", "9090/TCP", "53/TCP"]);
    let cases = [
        ("HTTPRoute", json!({}), every()),
        ("HTTPRoute", json!({"group": "core"}), every()),
        ("HTTPRoute", json!({"port": 80}), attached(&["80/TCP"])),
        ("HTTPRoute", json!({"sectionName": "metrics"}), attached(&["9090/TCP"])),
        ("HTTPRoute", json!({"sectionName": "metrics", "port": 9090}), attached(&["9090/TCP"])),
        ("HTTPRoute", json!({"sectionName": "metrics", "port": 80}), nowhere()),
        ("HTTPRoute", json!({"port": 81}), nowhere()),
        ("HTTPRoute", json!({"sectionName": "dns"}), nowhere()),
        ("HTTPRoute", json!({"name": "gone"}), nowhere()),
        ("HTTPRoute", json!({"namespace": "bank"}), nowhere()),
        ("HTTPRoute", json!({"group": "x.io"}), nowhere()),
        ("HTTPRoute", json!({"kind": "ServiceImport"}), nowhere()),
        ("TCPRoute", json!({"port": 53}), attached(&["53/TCP"])),
        ("UDPRoute", json!({}), attached(&["53/UDP"])),
        ("UDPRoute", json!({"port": 80}), nowhere()),
        ("UDPRoute", json!({"sectionName": "dns"}), attached(&["53/UDP"])),
    ];
    for (kind, parent_ref, expected) in cases {
        let route = route(kind, "bank/r", parent_ref.clone(), json!({}));
        let found = oracle(&with_services(&[route]), &[]).attachment(&ObjectName::new(kind, "bank", "r"), 0);
        let found = found.map(|ports| ports.into_iter().map(|port| port.name).collect());
        assert_eq!(found, expected, "{kind} {parent_ref}");
    }
}

#[test]
fn a_route_concerns_only_its_ports() {
    let documents = with_services(&[
        route("HTTPRoute", "shop/r", json!({"port": 9090}), json!({})),
        route("HTTPRoute", "bank/r", json!({"port": 80}), json!({})),
    ]);
    let oracle = oracle(&documents, &[]);
    let cases = [
        (80, "shop", owned(200, "Service shop/cart:80")),
        (9090, "shop", owned(200, "shop/r")),
        (80, "bank", owned(200, "bank/r")),
        // The consumer has no route for that port.
        (9090, "bank", owned(200, "shop/r")),
        (81, "bank", owned(0, "")),
    ];
    for (port, namespace, expected) in cases {
        let request = Request { port, ..from(namespace, "/") };
        assert_eq!(brief(&oracle.decide(&request)), expected, "{port} {namespace}");
    }
    let gone = from("bank", "/").to_service("shop", "gone", "bank");
    assert_eq!(brief(&oracle.decide(&gone)), owned(0, ""));
}

#[test]
fn services_without_a_frontend_are_no_parents_and_are_not_dialled() {
    for (field, value, is_parent) in [
        ("type", "ExternalName", false),
        ("clusterIP", "None", false),
        ("clusterIP", "10.0.0.1", true),
        ("type", "NodePort", true),
        ("type", "LoadBalancer", true),
    ] {
        let mut parent = cart();
        parent["spec"][field] = json!(value);
        let documents = [parent, service("shop/s"), route("HTTPRoute", "shop/r", json!({}), json!({}))];
        let oracle = oracle(&documents, &[]);
        let found = oracle.attachment(&ObjectName::http_route("shop", "r"), 0);
        assert_eq!(found.is_ok(), is_parent, "{field}: {value}");
        let expected = if is_parent { owned(200, "shop/r") } else { owned(0, "") };
        assert_eq!(brief(&oracle.decide(&from("shop", "/"))), expected, "{field}: {value}");
    }
}

#[test]
fn hostnames_and_the_host_do_not_count() {
    let mut named = on_path("HTTPRoute", "shop/a-named", "/");
    named["spec"]["hostnames"] = json!(["other.example.com", "*"]);
    let plain = on_path("HTTPRoute", "shop/b-plain", "/");
    let mut specific = on_path("HTTPRoute", "shop/c-specific", "/");
    specific["spec"]["hostnames"] = json!(["anything.example.com"]);
    let oracle = oracle(&with_services(&[named, plain, specific]), &[("host-fallback", "none")]);
    for authority in ["anything.example.com", "cart", "", "10.0.0.1", "cart.shop.svc.cluster.local:80"] {
        let answer = oracle.decide(&Request { authority: authority.to_owned(), ..from("bank", "/") });
        assert_eq!((brief(&answer), answer.hostname), (owned(200, "shop/a-named"), None), "{authority}");
    }
    let malformed = oracle.decide(&Request { authority: "a b".to_owned(), ..from("bank", "/") });
    assert_eq!(brief(&malformed), owned(400, ""));
}

#[test]
fn a_header_match_on_the_host_counts() {
    let header = json!({"matches": [{"headers": [{"name": "host", "value": "a.com"}]}]});
    let oracle = oracle(&with_services(&[route("HTTPRoute", "shop/r", json!({}), header)]), &[]);
    for (authority, expected) in [("a.com", owned(200, "shop/r")), ("b.com", owned(404, ""))] {
        let request = Request { authority: authority.to_owned(), ..from("bank", "/") };
        assert_eq!(brief(&oracle.decide(&request)), expected, "{authority}");
    }
}

#[test]
fn of_several_kinds_on_a_port_the_most_specific_applies() {
    let kinds = ["GRPCRoute", "HTTPRoute", "TLSRoute", "TCPRoute"];
    for (rank, kind) in kinds.iter().enumerate() {
        for other in &kinds[rank + 1..] {
            let documents = |parent_ref: Value| {
                with_services(&[
                    created(route(kind, "shop/specific", parent_ref, json!({})), "2026-01-02T00:00:00Z"),
                    created(route(other, "shop/general", json!({}), json!({})), "2026-01-01T00:00:00Z"),
                ])
            };
            for choice in ["oldest-wins", "coexist", "grpc-wins"] {
                let oracle = oracle(&documents(json!({})), &[("grpc-cohosting", choice)]);
                let general = oracle.attachment(&ObjectName::new(other, "shop", "general"), 0);
                assert_eq!(general, Err("Conflicted"), "{kind} {other} {choice}");
                assert!(oracle.attachment(&ObjectName::new(kind, "shop", "specific"), 0).is_ok());
            }
            // The other ports remain.
            let oracle = oracle(&documents(json!({"port": 80})), &[]);
            let general = oracle.attachment(&ObjectName::new(other, "shop", "general"), 0).unwrap();
            let ports: Vec<_> = general.iter().map(|port| port.name.as_str()).collect();
            assert_eq!(ports, ["9090/TCP", "53/TCP"], "{kind} {other}");
        }
    }
}

#[test]
fn kinds_are_in_conflict_within_a_namespace_only() {
    let documents = with_services(&[
        route("GRPCRoute", "bank/r", json!({}), json!({})),
        route("HTTPRoute", "shop/r", json!({}), json!({})),
        route("UDPRoute", "shop/udp", json!({}), json!({})),
    ]);
    let oracle = oracle(&documents, &[]);
    for (kind, namespace, name) in [("GRPCRoute", "bank", "r"), ("HTTPRoute", "shop", "r"), ("UDPRoute", "shop", "udp")]
    {
        assert!(oracle.attachment(&ObjectName::new(kind, namespace, name), 0).is_ok(), "{kind}");
    }
    assert_eq!(brief(&oracle.decide(&from("news", "/"))), owned(200, "shop/r"));
    assert_eq!(brief(&oracle.decide(&from("bank", "/"))), owned(404, ""));
    let call = Request { protocol: Protocol::Grpc, ..from("bank", "/a.B/C") };
    assert_eq!(brief(&oracle.decide(&call)), owned(200, "bank/r"));
}

#[test]
fn a_protocol_is_taken_by_the_kinds_that_know_it() {
    use Protocol::{Grpc, Http, Tcp, Tls, Udp};
    let protocols = [Http, Grpc, Tls, Tcp, Udp];
    // What becomes of each protocol; 1 is passed on to the Service.
    let cases = [
        ("GRPCRoute", [404, 200, 0, 0, 1]),
        ("HTTPRoute", [200, 200, 0, 0, 1]),
        ("TLSRoute", [0, 0, 200, 0, 1]),
        ("TCPRoute", [200, 200, 200, 200, 1]),
        ("UDPRoute", [1, 1, 1, 1, 200]),
    ];
    for (kind, expected) in cases {
        let mut route = route(kind, "shop/r", json!({}), json!({}));
        if kind == "TLSRoute" {
            route["spec"]["hostnames"] = json!(["a.com"]);
        }
        let oracle = oracle(&with_services(&[route]), &[]);
        for (protocol, expected) in protocols.into_iter().zip(expected) {
            let request = Request { protocol, port: 53, sni: Some("b.com".to_owned()), ..from("bank", "/a.B/C") };
            let expected = match expected {
                1 => owned(200, "Service shop/cart:53"),
                200 => owned(200, "shop/r"),
                status => owned(status, ""),
            };
            assert_eq!(brief(&oracle.decide(&request)), expected, "{kind} {protocol:?}");
        }
    }
}

#[test]
fn a_grpc_request_that_no_rule_takes_is_unimplemented() {
    let call = Request { protocol: Protocol::Grpc, ..from("bank", "/a.B/C") };
    let other = json!({"matches": [{"method": {"service": "a.D"}}]});
    for route in [route("GRPCRoute", "shop/r", json!({}), other), on_path("HTTPRoute", "shop/r", "/other")] {
        let answer = oracle(&with_services(std::slice::from_ref(&route)), &[]).decide(&call);
        assert_eq!(brief(&answer), owned(12, ""), "{route}");
    }
}

#[test]
fn the_oldest_of_the_stream_routes_takes_all() {
    for (kind, protocol) in [("TLSRoute", Protocol::Tls), ("TCPRoute", Protocol::Tcp), ("UDPRoute", Protocol::Udp)] {
        let documents = with_services(&[
            created(route(kind, "shop/new", json!({}), json!({})), "2026-01-02T00:00:00Z"),
            created(route(kind, "shop/old", json!({}), json!({})), "2026-01-01T00:00:00Z"),
        ]);
        let request = Request { protocol, port: 53, ..from("bank", "/") };
        assert_eq!(brief(&oracle(&documents, &[]).decide(&request)), owned(200, "shop/old"), "{kind}");
    }
}

#[test]
fn backends_elsewhere_need_no_grant_but_must_exist() {
    let far = json!([{"name": "s", "namespace": "news", "port": 80}]);
    let gone = |weight: i32| json!({"name": "gone", "namespace": "news", "port": 80, "weight": weight});
    let good = json!({"name": "s", "port": 80});
    let cases = [
        (far.clone(), "", 200, 200),
        (json!([gone(1)]), "BackendNotFound", 500, 14),
        (json!([gone(0), good]), "BackendNotFound", 200, 200),
        (json!([]), "", 500, 14),
        (json!([{"name": "s", "port": 80, "kind": "Bucket"}]), "InvalidKind", 500, 14),
    ];
    for (backends, problem, http, grpc) in cases {
        for (kind, expected) in
            [("HTTPRoute", http), ("GRPCRoute", grpc), ("TCPRoute", if http == 200 { 200 } else { 0 })]
        {
            for name in ["shop/r", "bank/r"] {
                let documents = with_services(&[route(kind, name, json!({}), json!({"backendRefs": backends}))]);
                let request = Request { protocol: Protocol::Grpc, ..from("bank", "/a.B/C") };
                let answer = oracle(&documents, &[]).decide(&request);
                let expected = if kind == "HTTPRoute" { http } else { expected };
                assert_eq!(brief(&answer), owned(expected, name), "{kind} {name} {backends}");
                let found = answer.backends.iter().find_map(|backend| backend.problem).unwrap_or("");
                assert_eq!(found, problem, "{kind} {name} {backends}");
            }
        }
    }
    // The same route needs the grant where a Gateway is its parent.
    let mut both = route("HTTPRoute", "shop/r", json!({}), json!({"backendRefs": far}));
    both["spec"]["parentRefs"].as_array_mut().unwrap().push(json!({"name": "gw", "namespace": "shop"}));
    let mut documents = with_services(&[both]);
    documents.push(gateway("shop/gw", json!([listener("web", 80, "HTTP", None)])));
    let oracle = oracle(&documents, &[]);
    assert_eq!(brief(&oracle.decide(&from("bank", "/"))), owned(200, "shop/r"));
    let at_gateway = oracle.decide(&Request::get("shop", "gw", 80, "a.com", "/"));
    assert_eq!(short(&at_gateway), (500, "web", "r"));
    assert_eq!(at_gateway.backends[0].problem, Some("RefNotPermitted"));
}

#[test]
fn only_the_routes_of_the_dialled_service_count() {
    // The backend of the first route has a route of its own.
    let first = route("HTTPRoute", "shop/first", json!({}), json!({}));
    let second = route("HTTPRoute", "shop/second", json!({"name": "s"}), json!({"backendRefs": []}));
    let answer = oracle(&with_services(&[first, second]), &[]).decide(&from("bank", "/"));
    assert_eq!(brief(&answer), owned(200, "shop/first"));
}

#[test]
fn a_service_without_endpoints_is_passed_on_to_all_the_same() {
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "e", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}}, "endpoints": []
    });
    let mut documents = with_services(&[]);
    documents.push(slice);
    let malformed = Request { authority: "a b".to_owned(), ..from("bank", "/") };
    for request in [from("bank", "/"), malformed] {
        let answer = oracle(&documents, &[]).decide(&request);
        assert_eq!(brief(&answer), owned(200, "Service shop/cart:80"));
        assert_eq!((answer.backends[0].weight, answer.backends[0].problem, answer.backends[0].ready), (1, None, true));
    }
}

#[test]
fn a_refused_route_is_attached_nowhere() {
    let unknown = json!({"filters": [{"type": "Teleport"}]});
    let oracle = oracle(&with_services(&[route("GRPCRoute", "shop/r", json!({}), unknown)]), &[]);
    assert_eq!(oracle.attachment(&ObjectName::new("GRPCRoute", "shop", "r"), 0), Err("UnsupportedValue"));
    assert_eq!(brief(&oracle.decide(&from("bank", "/"))), owned(200, "Service shop/cart:80"));
}
