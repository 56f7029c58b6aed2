use gateway_model::{Feature, FeatureSet};
use serde_json::{Value, json};

use super::sample::*;
use super::*;
use crate::route::BackendState;

#[test]
fn section_name_and_port_must_both_agree() {
    let all = json!({"namespaces": {"from": "All"}});
    let g = gateway(
        "g",
        json!([
            {"name": "a", "port": 80, "protocol": "HTTP", "allowedRoutes": all},
            {"name": "b", "port": 81, "protocol": "HTTP", "allowedRoutes": all},
            {"name": "c", "port": 443, "protocol": "HTTPS", "allowedRoutes": all}
        ]),
    );
    let cases = [
        (json!({"name": "g", "namespace": "infra"}), "a b c"),
        (json!({"name": "g", "namespace": "infra", "sectionName": "b"}), "b"),
        (json!({"name": "g", "namespace": "infra", "port": 80}), "a"),
        (json!({"name": "g", "namespace": "infra", "port": 81, "sectionName": "b"}), "b"),
        (json!({"name": "g", "namespace": "infra", "port": 80, "sectionName": "b"}), "NoMatchingParent"),
        (json!({"name": "g", "namespace": "infra", "sectionName": "none"}), "NoMatchingParent"),
        (json!({"name": "g"}), "NoMatchingParent"),
        (json!({"name": "g", "namespace": "infra", "kind": "ListenerSet"}), "NoMatchingParent"),
        (json!({"name": "g", "namespace": "infra", "group": "example.com"}), "NoMatchingParent"),
        (json!({"name": "g", "namespace": "infra", "kind": "Secret", "group": ""}), "NoMatchingParent"),
    ];
    for (parent, expected) in cases {
        let documents = [g.clone(), route("HTTPRoute", "shop", parent.clone(), json!({}))];
        assert_eq!(outcome(&documents, &Profile::default()), expected, "{parent}");
    }
}

#[test]
fn listeners_say_which_kinds_and_namespaces_they_take() {
    let shop =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}}});
    let cases = [
        ("HTTPRoute", "HTTP", json!(null), "NotAllowedByListeners"),
        ("HTTPRoute", "HTTP", json!({"namespaces": {"from": "Same"}}), "NotAllowedByListeners"),
        ("HTTPRoute", "HTTP", json!({"namespaces": {"from": "All"}}), "l"),
        ("HTTPRoute", "HTTP", json!({"namespaces": {"from": "None"}}), "NotAllowedByListeners"),
        ("HTTPRoute", "HTTP", json!({"namespaces": {"from": "Some"}}), "NotAllowedByListeners"),
        ("HTTPRoute", "HTTP", json!({"namespaces": {"from": "Selector"}}), "NotAllowedByListeners"),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "web"}}}}),
            "l",
        ),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "db"}}}}),
            "NotAllowedByListeners",
        ),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "Selector", "selector": {
            "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["shop"]}]}}}),
            "l",
        ),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "All"}, "kinds": [{"kind": "GRPCRoute"}]}),
            "NotAllowedByListeners",
        ),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "All"}, "kinds": [{"kind": "GRPCRoute"}, {"kind": "HTTPRoute"}]}),
            "l",
        ),
        (
            "HTTPRoute",
            "HTTP",
            json!({"namespaces": {"from": "All"}, "kinds": [{"kind": "HTTPRoute", "group": "x.io"}]}),
            "NotAllowedByListeners",
        ),
        ("HTTPRoute", "TCP", json!({"namespaces": {"from": "All"}}), "NotAllowedByListeners"),
        ("GRPCRoute", "HTTPS", json!({"namespaces": {"from": "All"}}), "l"),
        ("TLSRoute", "TLS", json!({"namespaces": {"from": "All"}}), "l"),
        ("TLSRoute", "HTTPS", json!({"namespaces": {"from": "All"}}), "NotAllowedByListeners"),
        ("TCPRoute", "TCP", json!({"namespaces": {"from": "All"}}), "l"),
        ("UDPRoute", "UDP", json!({"namespaces": {"from": "All"}}), "l"),
        ("UDPRoute", "TCP", json!({"namespaces": {"from": "All"}}), "NotAllowedByListeners"),
    ];
    for (kind, protocol, allowed, expected) in cases {
        let g = gateway("g", json!([{"name": "l", "port": 80, "protocol": protocol, "allowedRoutes": allowed}]));
        let rules = if kind == "HTTPRoute" || kind == "GRPCRoute" { json!({}) } else { json!({"rules": []}) };
        let documents = [g, shop.clone(), route(kind, "shop", json!({"name": "g", "namespace": "infra"}), rules)];
        assert_eq!(outcome(&documents, &Profile::default()), expected, "{kind} on {protocol}, {allowed}");
    }
}

#[test]
fn hostnames_of_route_and_listener_must_intersect() {
    let cases = [
        (json!("*.example.com"), json!(["a.example.com", "b.example.net"]), "l"),
        (json!("*.example.com"), json!(["example.com", "example.net"]), "NoMatchingListenerHostname"),
        (json!("a.example.com"), json!(["*.com"]), "l"),
        (json!(null), json!(["No_Host"]), "NoMatchingListenerHostname"),
        (json!(null), json!(["No_Host", "a.example.com"]), "l"),
        (json!("Not_A_Host"), json!([]), "NotAllowedByListeners"),
    ];
    for (listener, hostnames, expected) in cases {
        let documents = [
            gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP", "hostname": listener}])),
            route("HTTPRoute", "infra", json!({"name": "g"}), json!({"hostnames": hostnames})),
        ];
        assert_eq!(outcome(&documents, &Profile::default()), expected, "{listener} {hostnames}");
    }
}

#[test]
fn a_route_that_nobody_could_serve_is_refused_with_its_place() {
    let both = json!([
        {"type": "URLRewrite", "urlRewrite": {"hostname": "a.example.com"}},
        {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
    ]);
    let cases = [
        (json!([{"filters": both}]), "IncompatibleFilters"),
        (json!([{"backendRefs": [{"name": "s", "filters": both}]}]), "IncompatibleFilters"),
        (json!([{"filters": both}, {}]), "l"),
        (json!([{"filters": both}, {"filters": [{"type": "Teleport"}]}]), "UnsupportedValue"),
        // Of several problems that drop all rules the first is told.
        (
            json!([{"filters": both}, {"matches": [{"path": {"type": "RegularExpression", "value": "("}}]}]),
            "IncompatibleFilters",
        ),
        (json!([{"matches": [{"path": {"type": "Glob"}}]}, {}]), "UnsupportedValue"),
        (json!([{"filters": [{"type": "Teleport"}]}, {}]), "UnsupportedValue"),
        (json!([{"backendRefs": [{"name": "s", "filters": [{"type": "Teleport"}]}]}]), "UnsupportedValue"),
        (json!([{"matches": [{"path": {"type": "RegularExpression", "value": "("}}]}]), "UnsupportedValue"),
        (json!([{"matches": [{"path": {"type": "RegularExpression", "value": "("}}]}, {}]), "l"),
        // A problem that drops a rule must not hide one that refuses the route.
        (
            json!([{"matches": [{"path": {"type": "RegularExpression", "value": "("}}, {"method": "BREW"}]}, {}]),
            "UnsupportedValue",
        ),
        // Matching ignores the second entry for a header, but an unknown value is one anywhere.
        (
            json!([{"matches": [{"headers": [
                {"name": "a", "value": "1"}, {"name": "A", "value": "1", "type": "Near"}
            ]}]}, {}]),
            "UnsupportedValue",
        ),
    ];
    for (rules, expected) in cases {
        for (parent, expected) in [
            (json!({"name": "g"}), expected),
            // Where the reason of the route is named by the specification it is told first.
            (
                json!({"name": "g", "sectionName": "nowhere"}),
                if expected == "l" { "NoMatchingParent" } else { expected },
            ),
            (json!({"name": "nobody"}), "NoMatchingParent"),
        ] {
            let documents = [
                gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP"}])),
                route("HTTPRoute", "infra", parent.clone(), json!({"rules": rules})),
            ];
            assert_eq!(outcome(&documents, &Profile::default()), expected, "{rules} {parent}");
        }
    }
}

#[test]
fn only_gateways_of_our_classes_are_parents() {
    let class = |controller: &str| json!({"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": "any"}, "spec": {"controllerName": controller}});
    let g = gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP"}]));
    let r = route("HTTPRoute", "infra", json!({"name": "g"}), json!({}));
    let ours = Profile::default().controller("example.com/ours");
    assert_eq!(outcome(&[g.clone(), r.clone()], &Profile::default()), "l");
    assert_eq!(outcome(&[g.clone(), r.clone()], &ours), "NoMatchingParent");
    assert_eq!(outcome(&[class("example.com/ours"), g.clone(), r.clone()], &ours), "l");
    assert_eq!(outcome(&[class("example.com/theirs"), g, r], &ours), "NoMatchingParent");
}

#[test]
fn references_to_backends_fail_with_their_reason() {
    let grant = |from_kind: &str, to: Value| {
        json!({"apiVersion": API, "kind": "ReferenceGrant", "metadata": {"name": "g", "namespace": "bank"}, "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": from_kind, "namespace": "shop"}], "to": [to]}})
    };
    let to_services = json!({"group": "", "kind": "Service"});
    let import = object(
        "multicluster.x-k8s.io/v1alpha1",
        "ServiceImport",
        "shop",
        "everywhere",
        json!({"ports": [{"port": 80}]}),
    );
    let slice = |ready: Value| {
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
               "metadata": {"namespace": "shop", "name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
               "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
    };
    let both = [service("shop", "s"), service("bank", "s"), import];
    let cases = [
        (json!({"name": "s", "port": 80}), vec![], "ready"),
        (json!({"name": "s", "port": 80, "group": "core"}), vec![], "ready"),
        (json!({"name": "s", "port": 80}), vec![slice(json!(true))], "ready"),
        (json!({"name": "s", "port": 80}), vec![slice(json!(null))], "ready"),
        (json!({"name": "s", "port": 80}), vec![slice(json!(false))], "no endpoints"),
        (json!({"name": "s", "port": 81}), vec![], "BackendNotFound"),
        (json!({"name": "s"}), vec![], "BackendNotFound"),
        (json!({"name": "gone", "port": 80}), vec![], "BackendNotFound"),
        (json!({"name": "s", "port": 80, "kind": "Bucket"}), vec![], "InvalidKind"),
        (json!({"name": "s", "port": 80, "group": "example.com"}), vec![], "InvalidKind"),
        (
            json!({"name": "everywhere", "port": 80, "group": "multicluster.x-k8s.io", "kind": "ServiceImport"}),
            vec![],
            "ready",
        ),
        (json!({"name": "s", "namespace": "bank", "port": 80}), vec![], "RefNotPermitted"),
        (json!({"name": "gone", "namespace": "bank", "port": 80}), vec![], "RefNotPermitted"),
        (json!({"name": "s", "namespace": "bank", "port": 80}), vec![grant("HTTPRoute", to_services.clone())], "ready"),
        (
            json!({"name": "gone", "namespace": "bank", "port": 80}),
            vec![grant("HTTPRoute", to_services.clone())],
            "BackendNotFound",
        ),
        (
            json!({"name": "s", "namespace": "bank", "port": 80}),
            vec![grant("GRPCRoute", to_services)],
            "RefNotPermitted",
        ),
        (
            json!({"name": "s", "namespace": "bank", "port": 80}),
            vec![grant("HTTPRoute", json!({"group": "", "kind": "Service", "name": "t"}))],
            "RefNotPermitted",
        ),
    ];
    for (reference, more, expected) in cases {
        let r = route("HTTPRoute", "shop", json!({"name": "g"}), json!({"rules": [{"backendRefs": [reference]}]}));
        let documents: Vec<Value> = both.iter().cloned().chain(more.clone()).chain([r]).collect();
        let topology = Topology::resolve(&resources(&documents), &Profile::default());
        let node = topology.routes().next().unwrap();
        let found = match &node.backends()[0][0].state {
            BackendState::Ready => "ready",
            BackendState::NoEndpoints => "no endpoints",
            BackendState::Invalid(problem) => problem.reason(),
        };
        assert_eq!(found, expected, "{reference} with {more:?}");
        assert_eq!(node.unresolved().count(), usize::from(!matches!(found, "ready" | "no endpoints")));
    }
}

/// The listeners of the Gateway `g` with what is wrong with them, in the order of precedence.
fn merged(documents: &[Value]) -> Vec<String> {
    let topology = Topology::resolve(&resources(documents), &Profile::default());
    shown(topology.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap())
}

fn shown(node: &GatewayNode) -> Vec<String> {
    let show = |listener: &ListenerNode| match listener.fault() {
        None => format!("{}/{}", listener.key().source.name, listener.key().name),
        Some(fault) => format!("{}/{} {fault:?}", listener.key().source.name, listener.key().name),
    };
    node.listeners().iter().map(show).collect()
}

#[test]
fn conflicting_listeners_of_one_gateway_all_lose() {
    let listener = |name: &str, port: i32, protocol: &str, hostname: Value| json!({"name": name, "port": port, "protocol": protocol, "hostname": hostname});
    let none = Value::Null;
    let cases: Vec<(Vec<Value>, Vec<&str>)> = vec![
        (
            vec![
                listener("a", 80, "HTTP", json!("x.com")),
                listener("b", 80, "HTTP", json!("x.com")),
                listener("c", 80, "HTTP", json!("*.x.com")),
                listener("d", 81, "HTTP", json!("x.com")),
            ],
            vec!["g/a HostnameConflict", "g/b HostnameConflict", "g/c", "g/d"],
        ),
        (
            vec![
                listener("a", 80, "TCP", none.clone()),
                listener("b", 80, "TCP", none.clone()),
                listener("c", 80, "UDP", none.clone()),
            ],
            vec!["g/a ProtocolConflict", "g/b ProtocolConflict", "g/c"],
        ),
        (
            vec![
                listener("a", 80, "TCP", none.clone()),
                listener("b", 80, "HTTP", none.clone()),
                listener("c", 80, "HTTP", json!("x.com")),
            ],
            vec!["g/a ProtocolConflict", "g/b ProtocolConflict", "g/c ProtocolConflict"],
        ),
        (
            vec![
                listener("a", 443, "HTTPS", json!("x.com")),
                listener("b", 443, "TLS", json!("y.com")),
                listener("c", 443, "TLS", json!("x.com")),
            ],
            vec!["g/a ProtocolConflict", "g/b", "g/c ProtocolConflict"],
        ),
        (
            vec![
                listener("a", 80, "HTTP", none.clone()),
                listener("b", 80, "HTTPS", none.clone()),
                listener("c", 0, "HTTP", none.clone()),
            ],
            vec!["g/a ProtocolConflict", "g/b ProtocolConflict", "g/c Port"],
        ),
        (
            // spec: Listener.hostname is ignored for protocols without hostname-based matching.
            vec![
                listener("a", 53, "UDP", json!("x.com")),
                listener("b", 53, "UDP", json!("y.com")),
                listener("c", 54, "UDP", json!("No_Host")),
            ],
            vec!["g/a ProtocolConflict", "g/b ProtocolConflict", "g/c"],
        ),
    ];
    for (listeners, expected) in cases {
        assert_eq!(merged(&[gateway("g", json!(listeners))]), expected);
    }
}

#[test]
fn what_stands_beside_a_backend_of_a_connection_means_nothing() {
    let listeners = [("TLSRoute", "TLS"), ("TCPRoute", "TCP"), ("UDPRoute", "UDP")];
    for (kind, protocol) in listeners {
        let g = gateway("g", json!([{"name": "l", "port": 53, "protocol": protocol}]));
        let rules = json!({"rules": [{"backendRefs": [{"name": "s", "port": 80, "filters": [{"type": "Teleport"}]}]}]});
        let documents = [g, route(kind, "infra", json!({"name": "g"}), rules)];
        assert_eq!(outcome(&documents, &Profile::default()), "l", "{kind}: the API has no filters there");
    }
}

#[test]
fn an_option_says_whether_https_and_tls_share_a_port() {
    use crate::options::MixedTls::{MostSpecific, RejectMixed, RejectOverlap};
    let conflict = |name: &str| format!("g/{name} ProtocolConflict");
    let cases = [
        (json!("x.com"), json!("x.com"), [true, true, true]),
        (json!("*.x.com"), json!("a.x.com"), [false, true, true]),
        (json!(null), json!("a.x.com"), [false, true, true]),
        (json!("x.com"), json!("y.com"), [false, false, true]),
        (json!("*.x.com"), json!("x.com"), [false, false, true]),
    ];
    for (https, tls, expected) in cases {
        let g = gateway(
            "g",
            json!([
                {"name": "a", "port": 443, "protocol": "HTTPS", "hostname": https},
                {"name": "b", "port": 443, "protocol": "TLS", "hostname": tls},
                {"name": "c", "port": 444, "protocol": "TLS", "hostname": tls}
            ]),
        );
        for (option, conflicts) in [MostSpecific, RejectOverlap, RejectMixed].into_iter().zip(expected) {
            let topology =
                Topology::resolve(&resources(std::slice::from_ref(&g)), &Profile::default().mixed_tls(option));
            let found = shown(topology.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap());
            let wanted = if conflicts { [conflict("a"), conflict("b")] } else { ["g/a".to_owned(), "g/b".to_owned()] };
            assert_eq!(found[..2], wanted, "{option}: HTTPS {https}, TLS {tls}");
            assert_eq!(found[2], "g/c");
        }
    }
}

fn listener_set(namespace: &str, name: &str, created: Option<&str>, listeners: Value) -> Value {
    let mut set = object(
        API,
        "ListenerSet",
        namespace,
        name,
        json!({"parentRef": {"name": "g", "namespace": "infra"}, "listeners": listeners}),
    );
    if let Some(created) = created {
        set["metadata"]["creationTimestamp"] = json!(created);
    }
    set
}

#[test]
fn across_sources_the_first_holder_keeps_the_place() {
    let mut g = gateway("g", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let http = |name: &str, port: i32, hostname: Value| json!({"name": name, "port": port, "protocol": "HTTP", "hostname": hostname});
    let documents = [
        g,
        // The younger set, although it comes first in the alphabet; its TCP entry falls to the Gateway's HTTP
        // before its own set is judged, so that its sibling stays.
        listener_set(
            "a",
            "young",
            Some("2026-02-01T00:00:00Z"),
            json!([
                {"name": "tcp", "port": 80, "protocol": "TCP"}, http("web", 80, json!("x.com")), http("taken", 81, Value::Null)
            ]),
        ),
        listener_set(
            "b",
            "old",
            Some("2026-01-01T00:00:00Z"),
            json!([
                http("own", 80, Value::Null),
                http("first", 81, Value::Null),
                http("one", 82, Value::Null),
                http("two", 82, Value::Null)
            ]),
        ),
        listener_set("c", "undated", None, json!([http("late", 81, json!("x.com")), http("later", 82, Value::Null)])),
    ];
    let expected = [
        "g/own",
        "old/own HostnameConflict",
        "old/first",
        "old/one HostnameConflict",
        "old/two HostnameConflict",
        "young/tcp ProtocolConflict",
        "young/web",
        "young/taken HostnameConflict",
        "undated/late",
        "undated/later",
    ];
    assert_eq!(merged(&documents), expected);
    let reversed: Vec<Value> = documents.iter().rev().cloned().collect();
    assert_eq!(merged(&reversed), expected, "the order of the objects means nothing");
}

#[test]
fn without_the_feature_no_listener_set_joins_a_gateway() {
    let mut g = gateway("g", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let set = listener_set("teams", "set", None, json!([{"name": "extra", "port": 81, "protocol": "HTTP"}]));
    let r = route("HTTPRoute", "teams", json!({"kind": "ListenerSet", "name": "set"}), json!({}));
    for (features, expected) in
        [(FeatureSet::all(), "extra"), (FeatureSet::all().without(Feature::ListenerSet), "NoMatchingParent")]
    {
        let profile = Profile::default().features(features);
        assert_eq!(outcome(&[g.clone(), set.clone(), r.clone()], &profile), expected);
    }
}

#[test]
fn a_listener_set_joins_where_it_is_allowed_and_its_routes_reach_only_its_listeners() {
    let set = listener_set(
        "teams",
        "set",
        None,
        json!([{"name": "extra", "port": 80, "protocol": "HTTP", "hostname": "x.com"}]),
    );
    let from_set = route("HTTPRoute", "teams", json!({"kind": "ListenerSet", "name": "set"}), json!({}));
    let from_gateway = route("HTTPRoute", "infra", json!({"name": "g", "sectionName": "extra"}), json!({}));
    let with = |allowed: Value, r: &Value| {
        let mut g = gateway("g", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
        g["spec"]["allowedListeners"] = allowed;
        outcome(&[g, set.clone(), r.clone()], &Profile::default())
    };
    assert_eq!(with(Value::Null, &from_set), "NoMatchingParent");
    assert_eq!(with(json!({"namespaces": {"from": "Same"}}), &from_set), "NoMatchingParent");
    assert_eq!(with(json!({"namespaces": {"from": "All"}}), &from_set), "extra");
    assert_eq!(with(json!({"namespaces": {"from": "All"}}), &from_gateway), "NoMatchingParent");
    let selector = json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "teams"}}}});
    assert_eq!(with(selector, &from_set), "extra");
}

#[test]
fn an_option_says_why_a_tls_route_is_refused_where_no_listener_speaks_tls() {
    use crate::options::TlsRouteMismatch;
    let g = gateway(
        "g",
        json!([
            {"name": "web", "port": 443, "protocol": "HTTPS"},
            {"name": "raw", "port": 444, "protocol": "TCP"},
            {"name": "closed", "port": 445, "protocol": "TLS", "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}}
        ]),
    );
    for option in TlsRouteMismatch::ALL {
        let profile = Profile::default().tls_route_mismatch(*option);
        let told = match option {
            TlsRouteMismatch::NotAllowedByListeners => "NotAllowedByListeners",
            TlsRouteMismatch::UnsupportedValue => "UnsupportedValue",
            TlsRouteMismatch::NoMatchingParent => "NoMatchingParent",
        };
        let cases = [
            ("TLSRoute", json!({"name": "g", "sectionName": "web"}), told),
            ("TLSRoute", json!({"name": "g", "sectionName": "raw"}), told),
            // A listener that speaks TLS came closer, whatever it says.
            ("TLSRoute", json!({"name": "g", "sectionName": "closed"}), "NotAllowedByListeners"),
            ("TLSRoute", json!({"name": "g"}), "NotAllowedByListeners"),
            ("TLSRoute", json!({"name": "g", "sectionName": "none"}), "NoMatchingParent"),
            // Of other kinds one reason alone is written.
            ("UDPRoute", json!({"name": "g", "sectionName": "raw"}), "NotAllowedByListeners"),
        ];
        for (kind, parent, expected) in cases {
            let documents = [g.clone(), route(kind, "infra", parent.clone(), json!({"rules": []}))];
            assert_eq!(outcome(&documents, &profile), expected, "{option}: {kind} at {parent}");
        }
    }
}

#[test]
fn an_option_says_whether_a_gateway_with_conflicts_serves_its_other_listeners() {
    use crate::options::ConflictedListeners::{self, AcceptRest, RejectGateway};
    let http = |name: &str, port: i32| json!({"name": name, "port": port, "protocol": "HTTP"});
    let documents = |listeners: Value| {
        let mut g = gateway("g", listeners);
        g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
        let set = listener_set("a", "set", None, json!([http("extra", 82), http("lost", 81)]));
        [g, set, route("HTTPRoute", "infra", json!({"name": "g"}), json!({"rules": [{}]}))]
    };
    let clash = json!([http("a", 80), http("b", 80), http("c", 81)]);
    let clean = json!([http("a", 80), http("c", 81)]);
    let cases: [(ConflictedListeners, &Value, bool, &[&str]); 4] = [
        (AcceptRest, &clash, false, &["c", "extra"]),
        (RejectGateway, &clash, true, &[]),
        (AcceptRest, &clean, false, &["a", "c", "extra"]),
        // What a ListenerSet brings conflicts at the set's own cost.
        (RejectGateway, &clean, false, &["a", "c", "extra"]),
    ];
    let key = ObjectKey::new(ResourceKind::Gateway, "infra", "g");
    for (option, listeners, rejected, serving) in cases {
        let profile = Profile::default().conflicted_listeners(option);
        let topology = Topology::resolve(&resources(&documents(listeners.clone())), &profile);
        let node = topology.gateway(&key).unwrap();
        assert_eq!(node.is_rejected(), rejected, "{option} {listeners}");
        let found: Vec<&str> = node
            .listeners()
            .iter()
            .filter(|listener| listener.serves().is_some())
            .map(|listener| &*listener.key().name)
            .collect();
        assert_eq!(found, serving, "{option} {listeners}");
        let request = crate::RequestView::new("GET", "example.com", "/", &());
        let router = topology.router(&key).unwrap();
        let decision = router.route(&request, &crate::Connection::plain(81));
        let answer = decision.status().map(|status| status.as_u16());
        assert_eq!(answer == Some(500), !rejected, "the rule without backends answers where it is served: {answer:?}");
    }
}

#[test]
fn listeners_of_sets_beyond_the_limit_are_refused_in_the_order_of_precedence() {
    let http = |name: &str, port: i32| json!({"name": name, "port": port, "protocol": "HTTP"});
    let mut g = gateway("g", json!([http("a", 80), http("b", 81)]));
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let documents = [
        listener_set("a", "young", Some("2026-02-01T00:00:00Z"), json!([http("y", 84)])),
        listener_set("b", "old", Some("2026-01-01T00:00:00Z"), json!([http("lost", 80), http("o", 82), http("p", 83)])),
        g,
    ];
    let none = "old/lost HostnameConflict";
    let cases: [(Option<usize>, [&str; 4]); 5] = [
        (None, [none, "old/o", "old/p", "young/y"]),
        (Some(5), [none, "old/o", "old/p", "young/y"]),
        // The listener that lost its place does not count.
        (Some(4), [none, "old/o", "old/p", "young/y TooMany"]),
        (Some(3), [none, "old/o", "old/p TooMany", "young/y TooMany"]),
        // A Gateway's own are never refused.
        (Some(1), [none, "old/o TooMany", "old/p TooMany", "young/y TooMany"]),
    ];
    for (limit, expected) in cases {
        let profile = limit.map_or_else(Profile::default, |most| Profile::default().listener_limit(most));
        let topology = Topology::resolve(&resources(&documents), &profile);
        let found = shown(topology.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap());
        assert_eq!(found[..2], ["g/a", "g/b"], "{limit:?}");
        assert_eq!(found[2..], expected, "{limit:?}");
    }
}

#[test]
fn two_references_to_one_listener_attach_a_route_once() {
    let g = gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP"}]));
    let mut r = route("HTTPRoute", "infra", json!({"name": "g"}), json!({"rules": [{}]}));
    r["spec"]["parentRefs"] = json!([{"name": "g", "sectionName": "l"}, {"name": "g", "port": 80}]);
    let topology = Topology::resolve(&resources(&[g, r]), &Profile::default());
    let router = topology.router(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap();
    assert_eq!(router.rules().count(), 1);
    let request = crate::RequestView::new("GET", "example.com", "/", &());
    let why = router.explain(&request, &crate::Connection::plain(80));
    assert_eq!(why.steps().len(), 1);
}
