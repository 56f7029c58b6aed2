//! Whose entries are written, of which generation, and what their messages tell.

use gateway_model::ParentReference;

use super::*;
use crate::route_report;

fn key(kind: ResourceKind, name: &str) -> ObjectKey {
    ObjectKey::new(kind, if kind.is_namespaced() { "shop" } else { "" }, name)
}

fn class(name: &str, controller: &str) -> Value {
    object("GatewayClass", name, json!({"controllerName": controller}))
}

/// A Gateway that lets ListenerSets join, a set of its own, a route at both, and a policy for what it leads to.
fn shop(class: &str) -> Vec<Value> {
    let allowed = json!({"namespaces": {"from": "Same"}});
    let g = with(gateway(json!([http("a")])), "/spec/allowedListeners", allowed);
    let listener = json!({"name": "b", "port": 81, "protocol": "HTTP"});
    let backend = json!({"name": "b", "port": 80});
    vec![
        with(g, "/spec/gatewayClassName", json!(class)),
        object("ListenerSet", "s", json!({"parentRef": {"name": "g"}, "listeners": [listener]})),
        object(
            "HTTPRoute",
            "r",
            json!({"parentRefs": [{"name": "g"}, {"kind": "ListenerSet", "name": "s"}], "rules": [{"backendRefs": [backend]}]}),
        ),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}]}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"},
            "data": {"ca.crt": include_str!("../../../gateway-match/src/topology/certificate/testdata/rsa.crt")}}),
        object(
            "BackendTLSPolicy",
            "p",
            json!({"targetRefs": [{"group": "", "kind": "Service", "name": "b"}], "validation": {"hostname": "b.example.com",
                "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}}),
        ),
    ]
}

#[test]
fn every_condition_tells_the_generation_of_its_own_object() {
    let mut documents = shop("any");
    documents.push(class("any", "example.com/x"));
    let last = documents.len() as i64;
    for (index, document) in documents.iter_mut().enumerate() {
        document["metadata"]["generation"] = (10 + index).into();
    }
    let resources = resources(&documents);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let reporter = Reporter::new(&resources, &topology, &word);
    let seen = |generation: Option<i64>, conditions: Vec<&Condition>| {
        assert!(!conditions.is_empty());
        for condition in conditions {
            assert_eq!(condition.observed_generation, generation, "{condition:?}");
        }
        generation
    };
    let g = reporter.gateway(&key(ResourceKind::Gateway, "g")).unwrap();
    let of_listeners = g.status.listeners.iter().flat_map(|listener| &listener.conditions);
    assert_eq!(seen(g.generation, g.status.conditions.iter().chain(of_listeners).collect()), Some(10));
    let s = reporter.listener_set(&key(ResourceKind::ListenerSet, "s")).unwrap();
    let of_listeners = s.status.listeners.iter().flat_map(|listener| &listener.conditions);
    assert_eq!(seen(s.generation, s.status.conditions.iter().chain(of_listeners).collect()), Some(11));
    let r = reporter.route(&key(ResourceKind::HttpRoute, "r")).unwrap();
    assert_eq!(seen(r.generation, r.status.parents.iter().flat_map(|entry| &entry.conditions).collect()), Some(12));
    let p = reporter.policy(&key(ResourceKind::BackendTlsPolicy, "p")).unwrap();
    assert_eq!(seen(p.generation, p.status.ancestors.iter().flat_map(|entry| &entry.conditions).collect()), Some(15));
    let c = reporter.gateway_class(&key(ResourceKind::GatewayClass, "any")).unwrap();
    assert_eq!(seen(c.generation, c.status.conditions.iter().collect()), Some(9 + last));
}

#[test]
fn listeners_count_the_routes_that_are_attached_to_them() {
    let resources = resources(&shop("any"));
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let reporter = Reporter::new(&resources, &topology, &word);
    assert_eq!(reporter.gateways().next().unwrap().status.listeners[0].attached_routes, 1);
    assert_eq!(reporter.listener_sets().next().unwrap().status.listeners[0].attached_routes, 1);
}

#[test]
fn entries_bear_the_controller_name_of_the_gateways_class_and_none_but_ours_are_touched() {
    let mesh = json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": "XMesh", "metadata": {"name": "m"},
        "spec": {"controllerName": "example.com/mesh"}});
    let mut documents = shop("ours");
    documents.extend([class("another", "example.com/y"), class("ours", "example.com/x"), mesh]);
    let resources = resources(&documents);
    let word = DataPlane::new();
    let of_profile = Profile::default().controller("example.com/x");
    let cases: [(Profile, &[&str]); 2] = [
        (Profile::default(), &["example.com/x", "example.com/y", "example.com/mesh", FALLBACK_CONTROLLER]),
        (of_profile, &["example.com/x"]),
    ];
    for (profile, ours) in cases {
        let topology = Topology::resolve(&resources, &profile);
        let reporter = Reporter::new(&resources, &topology, &word);
        let route = reporter.routes().next().unwrap();
        let parents: Vec<(&str, &str)> = route
            .status
            .parents
            .iter()
            .map(|entry| (entry.parent_ref.name.as_str(), entry.controller_name.as_str()))
            .collect();
        assert_eq!(parents, [("g", "example.com/x"), ("s", "example.com/x")]);
        let policy = reporter.policies().next().unwrap();
        assert_eq!(policy.status.ancestors[0].controller_name, "example.com/x");
        for name in ["example.com/x", "example.com/y", "example.com/mesh", FALLBACK_CONTROLLER, "example.com/theirs"] {
            assert_eq!(route.controllers.contains(name), ours.contains(&name), "{name} of {ours:?}");
        }
    }
}

#[test]
fn what_is_another_controllers_has_no_status_of_ours() {
    let mesh = json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": "XMesh", "metadata": {"name": "m"},
        "spec": {"controllerName": "example.com/x"}});
    let resources = resources(&[class("c", "example.com/x"), mesh]);
    let word = DataPlane::new();
    for (controller, found) in [("example.com/x", true), ("example.com/y", false)] {
        let topology = Topology::resolve(&resources, &Profile::default().controller(controller));
        let reporter = Reporter::new(&resources, &topology, &word);
        let (c, m) = (key(ResourceKind::GatewayClass, "c"), key(ResourceKind::XMesh, "m"));
        assert_eq!(reporter.gateway_class(&c).map(|desired| desired.object), found.then(|| c.clone()), "{controller}");
        assert_eq!(reporter.mesh(&m).map(|desired| desired.object), found.then(|| m.clone()), "{controller}");
        assert_eq!(reporter.gateway_classes().count(), usize::from(found));
        assert_eq!(reporter.meshes().count(), usize::from(found));
    }
}

#[test]
fn the_name_that_a_mesh_is_served_under_without_a_class_can_be_chosen() {
    let service =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}]}});
    let route =
        object("HTTPRoute", "r", json!({"parentRefs": [{"group": "", "kind": "Service", "name": "b"}], "rules": [{}]}));
    let resources = resources(&[service, route]);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let reporter = Reporter::new(&resources, &topology, &word).fallback_controller("example.com/mine");
    let route = reporter.routes().next().unwrap();
    assert_eq!(route.status.parents[0].controller_name, "example.com/mine");
    assert!(route.controllers.contains("example.com/mine") && !route.controllers.contains(FALLBACK_CONTROLLER));
}

#[test]
fn an_ancestor_is_told_with_every_field_of_its_reference() {
    let resources = resources(&shop("any"));
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let policy = Reporter::new(&resources, &topology, &word).policies().next().unwrap();
    let entry = &policy.status.ancestors[0];
    let expected = json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "shop", "name": "g"});
    assert_eq!(serde_json::to_value(&entry.ancestor_ref).unwrap(), expected);
    let messages: Vec<&str> = entry.conditions.iter().map(|condition| condition.message.as_str()).collect();
    assert_eq!(messages, ["the policy takes effect", "every reference resolves"]);
}

#[test]
fn a_policys_references_that_do_not_resolve_are_told_with_their_places() {
    let mut documents = shop("any");
    documents[5]["spec"]["validation"]["caCertificateRefs"] =
        json!([{"group": "", "kind": "ConfigMap", "name": "ca"}, {"group": "", "kind": "ConfigMap", "name": "gone"}]);
    let resources = resources(&documents);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let policy = Reporter::new(&resources, &topology, &word).policies().next().unwrap();
    let told = &policy.status.ancestors[0].conditions[1].message;
    assert!(told.starts_with("spec.validation.caCertificateRefs[1]: "), "{told}");
}

#[test]
fn a_route_is_reported_without_a_data_plane() {
    let resources = resources(&shop("any"));
    let topology = Topology::resolve(&resources, &Profile::default());
    let reports = route_report(topology.routes().next().unwrap());
    let shown: Vec<(&ParentReference, bool, bool, bool)> = reports
        .iter()
        .map(|report| {
            let is_true = (report.accepted.is_true(), report.resolved_refs.is_true());
            (&report.parent_ref, is_true.0, is_true.1, report.partially_invalid.is_some())
        })
        .collect();
    let full = |kind: &str, name: &str| ParentReference {
        group: Some("gateway.networking.k8s.io".to_owned()),
        kind: Some(kind.to_owned()),
        name: name.to_owned(),
        ..ParentReference::default()
    };
    assert_eq!(shown, [(&full("Gateway", "g"), true, true, false), (&full("ListenerSet", "s"), true, true, false)]);
}

/// The messages of the conditions of the Gateway `g`, by type.
fn told(documents: &[Value], profile: &Profile, kind: &str) -> String {
    let resources = resources(documents);
    let topology = Topology::resolve(&resources, profile);
    let word = DataPlane::new();
    let status = Reporter::new(&resources, &topology, &word).gateways().next().unwrap().status;
    status.conditions.iter().find(|condition| condition.r#type == kind).unwrap().message.clone()
}

#[test]
fn a_gateway_names_the_listeners_that_are_not_valid_and_no_others() {
    let bad = |index: usize| json!({"name": format!("bad-{index:02}"), "port": 81 + index, "protocol": "SCTP"});
    let few = told(&[gateway(json!([http("good"), bad(0)]))], &Profile::default(), "Accepted");
    assert!(few.starts_with("some listeners are not valid: `bad-00` (") && !few.contains("good"), "{few}");
    let all: Vec<Value> = (0..18).map(bad).collect();
    let many = told(&[gateway(all.into())], &Profile::default(), "Accepted");
    assert!(many.starts_with("no listener is valid: `bad-00` (") && many.ends_with(" and 2 more"), "{many}");
    assert!(many.contains("`bad-15`") && !many.contains("`bad-16`"), "{many}");
}

#[test]
fn a_client_certificate_in_another_namespace_needs_leave() {
    let reference =
        |namespace: &str| json!({"backend": {"clientCertificateRef": {"name": "gone", "namespace": namespace}}});
    for (namespace, expected) in
        [("bank", "-ResolvedRefs:RefNotPermitted"), ("shop", "-ResolvedRefs:InvalidClientCertificateRef")]
    {
        let g = with(gateway(json!([http("a")])), "/spec/tls", reference(namespace));
        let lines = gateway_lines(&[g], &Profile::default(), &DataPlane::new());
        assert!(lines[0].contains(expected), "{namespace}: {}", lines[0]);
    }
}

#[test]
fn clients_without_a_certificate_are_told_of_where_they_are_let_in() {
    let validation = |mode: &str| json!({"validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}], "mode": mode}});
    let (strict, lax) = (validation("AllowValidOnly"), validation("AllowInsecureFallback"));
    let per_port = |default: &Value, tls: [&Value; 2]| json!({"frontend": {"default": default, "perPort": [{"port": 443, "tls": tls[0]}, {"port": 8443, "tls": tls[1]}]}});
    let cases = [
        (per_port(&strict, [&strict, &strict]), None),
        (per_port(&json!({}), [&strict, &json!({})]), None),
        (per_port(&lax, [&strict, &lax]), Some("spec.tls.frontend.default: ")),
        (per_port(&strict, [&strict, &lax]), Some("spec.tls.frontend.perPort[1]: ")),
        (per_port(&strict, [&lax, &lax]), Some("spec.tls.frontend.perPort[0]: ")),
    ];
    for (tls, expected) in cases {
        let resources = resources(&[with(gateway(json!([http("a")])), "/spec/tls", tls.clone())]);
        let topology = Topology::resolve(&resources, &Profile::default());
        let word = DataPlane::new();
        let status = Reporter::new(&resources, &topology, &word).gateways().next().unwrap().status;
        let found = status.conditions.iter().find(|condition| condition.r#type == "InsecureFrontendValidationMode");
        let found = found.map(|condition| condition.message.as_str());
        assert_eq!(found.is_some(), expected.is_some(), "{tls}: {found:?}");
        assert!(expected.is_none_or(|place| found.unwrap().starts_with(place)), "{tls}: {found:?}");
    }
}

#[test]
fn addresses_by_type_alone_are_a_feature_that_may_be_missing() {
    let word = DataPlane::new().address("192.0.2.1");
    let g = with(gateway(json!([http("a")])), "/spec/addresses", json!([{"type": "IPAddress"}]));
    let without = Profile::default().features(FeatureSet::all().without(Feature::GatewayAddressEmpty));
    let none = "+Accepted:Accepted -Programmed:AddressNotAssigned +ResolvedRefs:ResolvedRefs";
    for (profile, expected) in [(Profile::default(), format!("{WELL} 192.0.2.1")), (without, none.to_owned())] {
        assert_eq!(gateway_lines(std::slice::from_ref(&g), &profile, &word)[0], expected);
    }
}
