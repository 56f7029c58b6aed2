use serde_json::{Value, json};

use super::super::Topology;
use super::super::sample::*;
use super::*;

fn topology(documents: &[Value]) -> Topology {
    Topology::resolve(&resources(documents), &Profile::default())
}

fn node(topology: &Topology) -> &RouteNode {
    topology.routes().next().unwrap()
}

fn open(name: &str, rest: Value) -> Value {
    let mut listener =
        json!({"name": name, "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}});
    listener.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    listener
}

fn to_g() -> Value {
    json!({"name": "g", "namespace": "infra"})
}

#[test]
fn of_several_listeners_the_one_that_came_closest_gives_the_reason_whatever_their_order() {
    let closed = json!({"name": "closed", "port": 81, "protocol": "HTTP"});
    let elsewhere = open("elsewhere", json!({"hostname": "b.example.com"}));
    let far = open("far", json!({"port": 82, "hostname": "b.example.org"}));
    let orders = [
        json!([closed, elsewhere, far]),
        json!([elsewhere, closed, far]),
        json!([elsewhere, far, closed]),
        json!([far, elsewhere, closed]),
    ];
    for listeners in orders {
        let r = route("HTTPRoute", "shop", to_g(), json!({"hostnames": ["a.example.com"]}));
        let found = outcome(&[gateway("g", listeners.clone()), r], &Profile::default());
        assert_eq!(found, "NoMatchingListenerHostname", "{listeners}");
    }
    let plain = open("plain", json!({"port": 81}));
    let closed = json!({"name": "closed", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"}});
    for listeners in [json!([plain, closed]), json!([closed, plain])] {
        let r = route("TLSRoute", "shop", to_g(), json!({}));
        assert_eq!(
            outcome(&[gateway("g", listeners.clone()), r], &Profile::default()),
            "NotAllowedByListeners",
            "{listeners}"
        );
    }
}

#[test]
fn grants_are_asked_for_unless_every_parent_is_a_service() {
    let to_mesh = json!({"group": "", "kind": "Service", "name": "b"});
    let cases = [
        (json!([]), false, false),
        (json!([to_g()]), false, false),
        (json!([to_g(), to_mesh]), false, true),
        (json!([to_mesh]), true, true),
    ];
    for (parents, at_gateway, in_mesh) in cases {
        let rules = json!([{"backendRefs": [{"name": "b", "namespace": "bank", "port": 80}]}]);
        let r = object(API, "HTTPRoute", "shop", "r", json!({"parentRefs": parents, "rules": rules}));
        let g = gateway("g", json!([open("l", json!({}))]));
        let topology = topology(&[g, r, service("shop", "b"), service("bank", "b")]);
        let node = node(&topology);
        assert_eq!(node.backends()[0][0].problem().is_none(), at_gateway, "{parents}");
        assert_eq!(node.unresolved().count(), usize::from(!at_gateway), "{parents}");
        let of_parents: Vec<usize> = node.parents().iter().map(|parent| node.unresolved_at(parent).count()).collect();
        let expected: Vec<usize> = node.parents().iter().map(|parent| usize::from(!parent.is_service())).collect();
        assert_eq!(of_parents, expected, "{parents}");
        let is_good = |route: &Route| route.rules().next().unwrap().backends()[0].problem().is_none();
        assert_eq!(is_good(node.route()), at_gateway, "{parents}");
        if in_mesh {
            assert!(is_good(node.route_in_mesh()), "{parents}");
        }
    }
}

#[test]
fn references_of_filters_are_told_with_their_places_and_lead_where_they_say() {
    let mirror =
        |name: &str| json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": name, "port": 80}}});
    let other = json!({"type": "ExtensionRef", "extensionRef": {"group": "example.com", "kind": "Thing", "name": "x"}});
    let rules = json!([
        {"filters": [mirror("b")]},
        {"backendRefs": [{"name": "b", "port": 80}, {"name": "b", "port": 80, "filters": [other, mirror("gone")]}]},
        {"filters": [mirror("b"), mirror("gone")]}
    ]);
    let r = route("HTTPRoute", "infra", json!({"name": "g"}), json!({"rules": rules}));
    let topology = topology(&[gateway("g", json!([open("l", json!({}))])), r, service("infra", "b")]);
    let node = node(&topology);
    let found: Vec<_> = node
        .filter_backends()
        .iter()
        .map(|found| (found.rule, found.backend_ref, found.filter, found.backend.problem().is_none()))
        .collect();
    assert_eq!(found, [(0, None, 0, true), (1, Some(1), 1, false), (2, None, 0, true), (2, None, 1, false)]);
    let outcome = &node.parents()[0];
    let mut paths: Vec<&str> = node.unresolved_filters_at(outcome).map(|(path, _)| path).collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "spec.rules[1].backendRefs[1].filters[0]",
            "spec.rules[1].backendRefs[1].filters[1]",
            "spec.rules[2].filters[1]"
        ]
    );
    assert_eq!(node.unresolved().count(), 0);
}

#[test]
fn authorisation_fails_closed_in_the_rule_that_asks_for_it_alone() {
    let auth = |name: &str| json!({"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC", "grpc": {}, "backendRef": {"name": name, "port": 80}}});
    let rules = json!([
        {"backendRefs": [{"name": "b", "port": 80}]},
        {"filters": [auth("gone")], "backendRefs": [{"name": "b", "port": 80}]},
        {"filters": [auth("b")], "backendRefs": [{"name": "b", "port": 80}]},
        {"backendRefs": [{"name": "b", "port": 80, "filters": [auth("b")]}, {"name": "b", "port": 80, "filters": [auth("gone")]}]}
    ]);
    let r = route("HTTPRoute", "infra", json!({"name": "g"}), json!({"rules": rules}));
    let topology = topology(&[gateway("g", json!([open("l", json!({}))])), r, service("infra", "b")]);
    let rules: Vec<_> = node(&topology).route().rules().collect();
    assert_eq!(rules.iter().map(|rule| rule.refusal().is_some()).collect::<Vec<_>>(), [false, true, false, false]);
    let of_backends = |rule: usize| -> Vec<bool> {
        rules[rule].backends().iter().map(|backend| rules[rule].answer_for(backend).is_some()).collect()
    };
    assert_eq!([of_backends(0), of_backends(2), of_backends(3)], [vec![false], vec![false], vec![false, true]]);
}

#[test]
fn default_gateways_are_parents_of_the_routes_that_use_them_as_if_each_were_named() {
    let default = |name: &str, scope: &str, listeners: Value| {
        let mut gateway = gateway(name, listeners);
        gateway["spec"]["defaultScope"] = scope.into();
        gateway
    };
    let gateways = [
        default("d", "All", json!([open("web", json!({})), open("more", json!({"port": 81}))])),
        default("closed", "All", json!([{"name": "web", "port": 80, "protocol": "HTTP"}])),
        default("none", "None", json!([open("web", json!({}))])),
        gateway("g", json!([open("web", json!({}))])),
    ];
    let d = json!({"name": "d", "namespace": "infra"});
    let d_web = json!({"name": "d", "namespace": "infra", "sectionName": "web"});
    let (closed, both) = ("?infra/closed NotAllowedByListeners", "?infra/d more web");
    let cases: &[(&str, Value, &[&str])] = &[
        ("All", json!([]), &[closed, both]),
        ("None", json!([]), &[]),
        ("Some", json!([]), &[]),
        ("All", json!([to_g()]), &["infra/g web", closed, both]),
        ("All", json!([d]), &["infra/d more web", closed]),
        ("All", json!([d_web]), &["infra/d web", closed, both]),
    ];
    for kind in ["HTTPRoute", "GRPCRoute"] {
        for (scope, parents, expected) in cases {
            let mut r = route(kind, "shop", json!({}), json!({"useDefaultGateways": scope}));
            r["spec"]["parentRefs"] = parents.clone();
            let topology = topology(&[&gateways[..], &[r]].concat());
            let shown = |parent: &ParentOutcome| {
                let mark = if parent.is_default { "?" } else { "" };
                let reference = &parent.parent_ref;
                let result = match &parent.result {
                    Ok(attached) => {
                        let mut names: Vec<&str> = attached.iter().map(|place| &*place.listener.name).collect();
                        names.sort_unstable();
                        names.join(" ")
                    }
                    Err(refusal) => refusal.reason().to_owned(),
                };
                format!("{mark}{}/{} {result}", reference.namespace("shop"), reference.name)
            };
            let found: Vec<String> = node(&topology).parents().iter().map(shown).collect();
            assert_eq!(found, *expected, "{kind} {scope} {parents}");
        }
    }
}

#[test]
fn a_gateway_that_is_not_ours_is_no_default_one() {
    let mut default = gateway("d", json!([open("web", json!({}))]));
    default["spec"]["defaultScope"] = "All".into();
    let mut r = route("HTTPRoute", "shop", json!({}), json!({"useDefaultGateways": "All"}));
    r["spec"]["parentRefs"] = json!([]);
    let profile = Profile::default().controller("example.com/other");
    let topology = Topology::resolve(&resources(&[default, r]), &profile);
    assert!(node(&topology).parents().is_empty());
}

#[test]
fn every_refusal_has_the_reason_of_its_own() {
    let text = String::new;
    let nobody = || AttachmentRefusal::NoParent { group: text(), kind: text(), namespace: text(), name: text() };
    let cases = [
        (nobody(), "NoMatchingParent", 0),
        (AttachmentRefusal::NoMatchingListener, "NoMatchingParent", 1),
        (AttachmentRefusal::NotTls(TlsRouteMismatch::NoMatchingParent), "NoMatchingParent", 2),
        (AttachmentRefusal::NotTls(TlsRouteMismatch::NotAllowedByListeners), "NotAllowedByListeners", 2),
        (AttachmentRefusal::NotTls(TlsRouteMismatch::UnsupportedValue), "UnsupportedValue", 2),
        (AttachmentRefusal::NotAllowed, "NotAllowedByListeners", 3),
        (AttachmentRefusal::NoMatchingHostname, "NoMatchingListenerHostname", 4),
        (AttachmentRefusal::Cohosted, "NotAllowedByListeners", 5),
        (AttachmentRefusal::Conflicted, "Conflicted", 5),
        (AttachmentRefusal::UnsupportedValue(text()), "UnsupportedValue", 6),
        (AttachmentRefusal::IncompatibleFilters(text()), "IncompatibleFilters", 6),
    ];
    for (refusal, reason, rank) in cases {
        assert_eq!((refusal.reason(), closeness(&refusal)), (reason, rank), "{refusal:?}");
        assert_eq!(refusal.accepted().condition().as_str(), "Accepted");
    }
}

#[test]
fn a_parent_that_is_none_is_told_with_its_reference_in_full() {
    let r = route("HTTPRoute", "shop", json!({"name": "nobody"}), json!({}));
    let topology = topology(&[r]);
    let refusal = node(&topology).parents()[0].result.clone().unwrap_err();
    assert_eq!(refusal.to_string(), "gateway.networking.k8s.io/Gateway `shop/nobody` is no parent of ours");
}

#[test]
fn a_route_is_what_its_object_says_in_every_kind() {
    let g = gateway("g", json!([open("l", json!({}))]));
    let sticky = json!({"sessionName": "s"});
    let backend = json!({"name": "b", "port": 80});
    let http = json!([{"name": "n", "matches": [{"path": {"type": "Exact", "value": "/a"}}], "timeouts": {"request": "7s"},
        "retry": {"attempts": 4}, "sessionPersistence": sticky, "backendRefs": [backend]}]);
    let marked =
        json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "v"}]}});
    let grpc = json!([{"name": "n", "matches": [{"method": {"service": "a.B"}}], "sessionPersistence": sticky,
        "backendRefs": [{"name": "b", "port": 80, "filters": [marked]}]}]);
    let plain = json!([{"name": "n", "backendRefs": [backend]}]);
    let cases = [
        ("HTTPRoute", http, 1, true, true, true, 0),
        ("GRPCRoute", grpc, 1, true, false, false, 1),
        ("TLSRoute", plain.clone(), 1, false, false, false, 0),
        ("TCPRoute", plain.clone(), 0, false, false, false, 0),
        ("UDPRoute", plain, 0, false, false, false, 0),
    ];
    for (kind, rules, hostnames, session, retry, timeouts, filters) in cases {
        let spec = json!({"hostnames": ["a.example.com"], "rules": rules});
        let topology = topology(&[g.clone(), route(kind, "infra", json!({"name": "g"}), spec), service("infra", "b")]);
        let route = node(&topology).route();
        assert_eq!(route.hostnames().len(), hostnames, "{kind}");
        let rule = route.rules().next().unwrap();
        assert_eq!((rule.name(), rule.backends().len()), (Some("n"), 1), "{kind}");
        assert_eq!(rule.backends()[0].filters().iter().count(), filters, "{kind}");
        let found = (rule.session_policy().is_some(), rule.retry().is_some(), !rule.timeouts().is_empty());
        assert_eq!(found, (session, retry, timeouts), "{kind}");
    }
}

#[test]
fn ports_of_references_are_numbers_from_one_on() {
    for (port, expected) in [(json!(80), Some(80)), (json!(0), None), (json!(-1), None), (json!(65_536), None)] {
        let rules = json!([{"backendRefs": [{"name": "b", "port": port}]}]);
        let r = route("HTTPRoute", "infra", json!({"name": "g"}), json!({"rules": rules}));
        let topology = topology(&[gateway("g", json!([open("l", json!({}))])), r, service("infra", "b")]);
        assert_eq!(node(&topology).backends()[0][0].name.port, expected, "{port}");
    }
}

#[test]
fn a_listener_tells_what_it_was_defined_with() {
    let g = gateway(
        "g",
        json!([
            {"name": "a", "port": 80, "protocol": "HTTP", "hostname": "a.example.com"},
            {"name": "b", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"}}
        ]),
    );
    let topology = topology(&[g]);
    let node = topology.gateways().next().unwrap();
    let shown: Vec<_> = node
        .listeners()
        .iter()
        .map(|listener| {
            (
                listener.hostname().map(|hostname| hostname.as_str().to_owned()),
                listener.tls_mode().map(|mode| mode.as_str().to_owned()),
                listener.client_validation().is_some(),
            )
        })
        .collect();
    assert_eq!(shown, [(Some("a.example.com".to_owned()), None, false), (None, Some("Passthrough".to_owned()), false)]);
    assert!(node.client_certificate().is_none());
}
