use std::collections::BTreeMap;

use gateway_match::Profile;
use gateway_model::{AnyObject, Resources, read_objects};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{DataPlane, Reporter};

const API: &str = "gateway.networking.k8s.io/v1";

fn object(kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec})
}

fn gateway(name: &str, class: &str, change: Value) -> Value {
    let mut spec = json!({"gatewayClassName": class, "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]});
    spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    object("Gateway", "infra", name, spec)
}

fn route(kind: &str, namespace: &str, name: &str, parents: Value, backend: Value) -> Value {
    object(kind, namespace, name, json!({"parentRefs": parents, "rules": [{"backendRefs": [backend]}]}))
}

/// The objects of a small cluster, each in several forms; an edit puts one in or takes it out.
fn forms() -> Vec<Value> {
    let selector = json!({"from": "Selector", "selector": {"matchLabels": {"team": "a"}}});
    let from_selected = json!({"allowedListeners": {"namespaces": selector}, "listeners": [
        {"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": selector}}]});
    let open = json!({"allowedListeners": {"namespaces": {"from": "All"}}, "listeners": [
        {"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}},
        {"name": "tls", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert", "namespace": "shop"}]}}]});
    let mut forms = Vec::new();
    for controller in ["example.com/x", "example.com/y"] {
        forms.push(json!({"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": "c"}, "spec": {"controllerName": controller}}));
    }
    for change in [json!({}), from_selected, open, json!({"addresses": [{"type": "x/y", "value": "z"}]})] {
        forms.push(gateway("g", "c", change.clone()));
        forms.push(gateway("h", "d", change));
    }
    for (name, listener) in [
        ("s", json!({"name": "web", "port": 80, "protocol": "HTTP", "hostname": "s.example.com"})),
        ("s", json!({"name": "web", "port": 80, "protocol": "HTTP"})),
        ("t", json!({"name": "web", "port": 80, "protocol": "HTTP", "hostname": "s.example.com"})),
        ("t", json!({"name": "tls", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}})),
    ] {
        for gateway in ["g", "h"] {
            let parent = json!({"name": gateway, "namespace": "infra"});
            forms.push(object("ListenerSet", "shop", name, json!({"parentRef": parent, "listeners": [listener]})));
        }
    }
    let to = |kind: &str, name: &str, namespace: &str| json!({"kind": kind, "name": name, "namespace": namespace});
    let parents = [
        json!([to("Gateway", "g", "infra"), to("ListenerSet", "s", "shop")]),
        json!([to("Gateway", "h", "infra")]),
        json!([to("ListenerSet", "t", "shop"), {"kind": "Service", "group": "", "name": "b"}]),
    ];
    for kind in ["HTTPRoute", "GRPCRoute"] {
        for (name, parents) in
            ["r", "q"].into_iter().flat_map(|name| parents.iter().map(move |parents| (name, parents)))
        {
            forms.push(route(kind, "shop", name, parents.clone(), json!({"name": "b", "port": 80})));
            forms.push(route(
                kind,
                "shop",
                name,
                parents.clone(),
                json!({"name": "b", "namespace": "bank", "port": 80}),
            ));
        }
    }
    forms.push(route("TCPRoute", "shop", "r", parents[2].clone(), json!({"name": "b", "port": 80})));
    for namespace in ["shop", "bank"] {
        forms.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b", "namespace": namespace}, "spec": {"ports": [{"port": 80}]}}));
        forms.push(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "cert", "namespace": namespace},
            "stringData": {"tls.crt": include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.crt"),
                           "tls.key": include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.pkcs8.key")}}));
        for labels in [json!({}), json!({"team": "a"})] {
            forms.push(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
            );
        }
        for (from, namespace_from) in [("HTTPRoute", "shop"), ("Gateway", "infra")] {
            forms.push(object(
                "ReferenceGrant",
                namespace,
                "grant",
                json!({
                "from": [{"group": "gateway.networking.k8s.io", "kind": from, "namespace": namespace_from}],
                "to": [{"group": "", "kind": "Service"}, {"group": "", "kind": "Secret"}]}),
            ));
        }
    }
    for (name, authority) in [("p", "ca"), ("p", "gone"), ("q", "ca")] {
        forms.push(object("BackendTLSPolicy", "shop", name, json!({"targetRefs": [{"group": "", "kind": "Service", "name": "b"}],
            "validation": {"hostname": "b.test", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authority}]}})));
    }
    let x = |kind: &str, name: &str, spec: Value| json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec});
    for controller in ["example.com/x", "example.com/y"] {
        let parameters = json!({"group": "", "kind": "ConfigMap", "name": "ca", "namespace": "shop"});
        forms.push(x("XMesh", "m", json!({"controllerName": controller, "parametersRef": parameters})));
    }
    for targets in [
        json!([{"group": "", "kind": "Service", "name": "b"}]),
        json!([{"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "x"}]),
    ] {
        forms.push(x(
            "XBackendTrafficPolicy",
            "p",
            json!({"targetRefs": targets, "retryConstraint": {"budget": {"percent": 20}}}),
        ));
        forms.push(x(
            "XBackendTrafficPolicy",
            "q",
            json!({"targetRefs": targets, "retryConstraint": {"budget": {"percent": 200}}}),
        ));
    }
    for authority in ["ca", "gone"] {
        forms.push(x(
            "XBackend",
            "x",
            json!({"type": "ExternalHostname", "externalHostname": {"hostname": "x.example.com"},
            "port": {"port": 80}, "tls": {"mode": "ServerOnly", "validation": {"hostname": "x.example.com",
                "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authority}]}}}),
        ));
    }
    forms.push(route(
        "HTTPRoute",
        "shop",
        "r",
        parents[0].clone(),
        json!({"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "x"}),
    ));
    for parameters in ["ca", "gone"] {
        let reference = json!({"parametersRef": {"group": "", "kind": "ConfigMap", "name": parameters}});
        forms.push(gateway("g", "d", json!({"infrastructure": reference})));
    }
    forms.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "infra"}}));
    for ready in [true, false] {
        forms.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "b", "namespace": "shop", "labels": {"kubernetes.io/service-name": "b"}},
            "endpoints": [{"addresses": ["192.0.2.9"], "conditions": {"ready": ready}}]}));
    }
    forms.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "shop"},
        "data": {"ca.crt": include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.crt")}}));
    forms
}

type Statuses = BTreeMap<ObjectKey, Value>;

fn value(status: &impl serde::Serialize, controllers: &crate::Controllers) -> Value {
    json!([serde_json::to_value(status).unwrap(), format!("{controllers:?}")])
}

/// The status of every object.
fn all(reporter: &Reporter<'_>) -> Statuses {
    std::iter::empty()
        .chain(reporter.gateway_classes().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .chain(reporter.gateways().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .chain(reporter.listener_sets().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .chain(reporter.meshes().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .chain(reporter.policies().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .chain(reporter.routes().map(|d| (d.object.clone(), value(&d.status, &d.controllers))))
        .collect()
}

/// The status of one object, if it has one.
fn one(reporter: &Reporter<'_>, key: &ObjectKey) -> Option<Value> {
    match key.kind {
        ResourceKind::GatewayClass => reporter.gateway_class(key).map(|d| value(&d.status, &d.controllers)),
        ResourceKind::XMesh => reporter.mesh(key).map(|d| value(&d.status, &d.controllers)),
        ResourceKind::BackendTlsPolicy | ResourceKind::XBackendTrafficPolicy => {
            reporter.policy(key).map(|d| value(&d.status, &d.controllers))
        }
        ResourceKind::Gateway => reporter.gateway(key).map(|d| value(&d.status, &d.controllers)),
        ResourceKind::ListenerSet => reporter.listener_set(key).map(|d| value(&d.status, &d.controllers)),
        _ => reporter.route(key).map(|d| value(&d.status, &d.controllers)),
    }
}

/// Makes edits, some at a time, and compares what is kept with what is computed anew.
fn edits_agree(edits: &[(usize, bool, bool)], profile: &Profile) -> Result<(), TestCaseError> {
    let forms = forms();
    let word = DataPlane::new().address("192.0.2.1");
    let mut resources = Resources::new();
    let mut topology = Topology::resolve(&resources, profile);
    let mut known = Statuses::new();
    let mut changed = Vec::new();
    for (form, remove, more) in edits {
        let form = &forms[form % forms.len()];
        let object = read_objects(form.clone(), "default").remove(0).object.unwrap();
        changed.push(object.key());
        if *remove {
            resources.remove(&object.key());
        } else {
            resources.insert_any(object);
        }
        if *more {
            continue;
        }
        let update = topology.apply(&resources, changed.iter().cloned());
        let affected = affected(&update);
        topology = update.into_topology();
        let reporter = Reporter::new(&resources, &topology, &word).now(4_000_000_000);
        for key in &affected {
            match one(&reporter, key) {
                Some(status) => drop(known.insert(key.clone(), status)),
                None => drop(known.remove(key)),
            }
        }
        let all = all(&reporter);
        for key in known.keys().chain(all.keys()) {
            let (kept, anew) = (known.get(key), all.get(key));
            prop_assert_eq!(kept, anew, "{} after a change of {:?}, affected {:?}", key, changed, affected);
        }
        changed.clear();
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn computing_what_is_affected_equals_computing_everything(
        edits in prop::collection::vec((0..10_000_usize, prop::bool::weighted(0.25), prop::bool::weighted(0.2)), 1..60),
    ) {
        edits_agree(&edits, &Profile::default())?;
        edits_agree(&edits, &Profile::default().controller("example.com/x"))?;
    }

    #[test]
    fn the_order_of_the_objects_changes_no_status(
        chosen in prop::collection::vec((0..10_000_usize, any::<u64>()), 1..60),
    ) {
        let forms = forms();
        let mut objects = BTreeMap::new();
        for (form, order) in chosen {
            let object = read_objects(forms[form % forms.len()].clone(), "default").remove(0).object.unwrap();
            objects.insert(object.key(), (order, object));
        }
        let statuses = |objects: &[&(u64, AnyObject)]| {
            let mut resources = Resources::new();
            objects.iter().for_each(|(_, object)| drop(resources.insert_any(object.clone())));
            let topology = Topology::resolve(&resources, &Profile::default());
            all(&Reporter::new(&resources, &topology, &DataPlane::new()))
        };
        let by_key: Vec<_> = objects.values().collect();
        let mut shuffled = by_key.clone();
        shuffled.sort_by_key(|(order, _)| *order);
        prop_assert_eq!(statuses(&by_key), statuses(&shuffled));
    }
}

#[test]
fn one_route_among_many_affects_itself_and_what_counts_it() {
    let mut resources = Resources::new();
    let put = |resources: &mut Resources, document: Value| {
        let object = read_objects(document, "default").remove(0).object.unwrap();
        resources.insert_any(object.clone());
        object.key()
    };
    put(&mut resources, gateway("g", "c", json!({})));
    let to_g = |name: &str, backend: &str| {
        let parents = json!([{"name": "g", "namespace": "infra"}]);
        route("HTTPRoute", "infra", name, parents, json!({"name": backend, "port": 80}))
    };
    for number in 0..1000 {
        put(&mut resources, to_g(&format!("r{number}"), &format!("b{number}")));
    }
    let mut topology = Topology::resolve(&resources, &Profile::default());
    let mut affects = |resources: &Resources, key: ObjectKey| {
        let update = topology.apply(resources, [key]);
        topology = update.topology().clone();
        affected(&update).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let key = put(&mut resources, to_g("r7", "other"));
    assert_eq!(affects(&resources, key), ["HTTPRoute infra/r7"], "the Gateway has as many routes as before");
    let key = put(&mut resources, to_g("new", "b7"));
    assert_eq!(affects(&resources, key), ["Gateway infra/g", "HTTPRoute infra/new"]);
    let service = |name: &str| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "infra"}, "spec": {"ports": [{"port": 80}]}});
    let key = put(&mut resources, service("b9"));
    assert_eq!(affects(&resources, key), ["HTTPRoute infra/r9"]);
    let key = put(&mut resources, service("b9"));
    assert!(affects(&resources, key).is_empty(), "nothing has changed");
}

#[test]
fn a_gateway_that_changes_its_class_affects_all_that_tell_of_it_where_the_class_names_the_controller() {
    let documents = |class: &str, name: &str| {
        vec![
            gateway(name, class, json!({"allowedListeners": {"namespaces": {"from": "Same"}}})),
            object(
                "ListenerSet",
                "infra",
                &format!("{name}-set"),
                json!({"parentRef": {"name": name},
                "listeners": [{"name": "more", "port": 81, "protocol": "HTTP"}]}),
            ),
            route(
                "HTTPRoute",
                "infra",
                &format!("{name}-route"),
                json!([{"name": name}]),
                json!({"name": name, "port": 80}),
            ),
            route(
                "TCPRoute",
                "infra",
                &format!("{name}-set-route"),
                json!([{"kind": "ListenerSet", "name": format!("{name}-set")}]),
                json!({"name": name, "port": 80}),
            ),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "infra"}, "spec": {"ports": [{"port": 80}]}}),
            object(
                "BackendTLSPolicy",
                "infra",
                &format!("{name}-policy"),
                json!({"targetRefs": [{"group": "", "kind": "Service", "name": name}],
                "validation": {"hostname": "b.test", "wellKnownCACertificates": "System"}}),
            ),
        ]
    };
    let mut resources = Resources::new();
    for document in documents("c", "g").into_iter().chain(documents("c", "h")) {
        resources.insert_any(read_objects(document, "default").remove(0).object.unwrap());
    }
    let of_g = [
        "BackendTLSPolicy infra/g-policy",
        "Gateway infra/g",
        "HTTPRoute infra/g-route",
        "ListenerSet infra/g-set",
        "TCPRoute infra/g-set-route",
    ];
    let itself = ["Gateway infra/g", "ListenerSet infra/g-set"];
    let cases: [(Profile, &str, &[&str]); 3] = [
        (Profile::default(), "d", &of_g),
        (Profile::default(), "c", &[]),
        (Profile::default().controller("example.com/x"), "d", &itself),
    ];
    for (profile, class, expected) in cases {
        let topology = Topology::resolve(&resources, &profile);
        let mut edited = resources.clone();
        let object = read_objects(documents(class, "g").remove(0), "default").remove(0).object.unwrap();
        let key = object.key();
        edited.insert_any(object);
        let update = topology.apply(&edited, [key]);
        let mut found: Vec<String> = affected(&update).iter().map(ToString::to_string).collect();
        found.sort();
        assert_eq!(found, expected, "class {class}");
    }
}

#[test]
fn parameters_that_come_affect_their_gateway_and_the_sets_that_join_it() {
    let reference = json!({"parametersRef": {"group": "", "kind": "ConfigMap", "name": "p"}});
    let allowed = json!({"namespaces": {"from": "Same"}});
    let set = |gateway: &str| {
        let listeners = json!([{"name": "more", "port": 81, "protocol": "HTTP"}]);
        object(
            "ListenerSet",
            "infra",
            &format!("{gateway}-set"),
            json!({"parentRef": {"name": gateway}, "listeners": listeners}),
        )
    };
    let documents = [
        gateway("g", "c", json!({"infrastructure": reference, "allowedListeners": allowed})),
        gateway("h", "c", json!({"allowedListeners": allowed})),
        set("g"),
        set("h"),
    ];
    let read = |document: Value| read_objects(document, "default").remove(0).object.unwrap();
    let mut resources: Resources = documents.into_iter().map(read).collect();
    let topology = Topology::resolve(&resources, &Profile::default());
    let parameters =
        read(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p", "namespace": "infra"}}));
    let key = parameters.key();
    resources.insert_any(parameters);
    let found: Vec<String> = affected(&topology.apply(&resources, [key])).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["Gateway infra/g", "ListenerSet infra/g-set"]);
}
