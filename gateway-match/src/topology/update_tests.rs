//! A topology that follows edits is the one that is made anew, in every part.

use std::collections::BTreeSet;

use gateway_model::{ObjectKey, Resources, read_objects};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Topology;
use super::super::sample::*;
use crate::options::Profile;
use crate::{Connection, ListenerKey, RequestView, Router};

/// The objects of a small cluster, each in several forms; an edit puts one in or takes it out.
fn forms() -> Vec<Value> {
    let all = json!({"namespaces": {"from": "All"}});
    let by_label = json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}});
    let listener = |name: &str, port: u16, rest: Value| {
        let mut listener = json!({"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": all});
        listener.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        listener
    };
    let tls = json!({"protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}});
    let mut forms = Vec::new();
    for listeners in [
        json!([listener("a", 80, json!({})), listener("b", 81, json!({"hostname": "*.example.com"}))]),
        json!([
            listener("a", 80, json!({"allowedRoutes": by_label})),
            listener("b", 81, json!({"hostname": "b.example.com"}))
        ]),
        json!([
            listener("a", 80, json!({"hostname": "a.example.com"})),
            listener("b", 80, json!({"hostname": "a.example.com"}))
        ]),
        json!([listener("a", 443, tls), listener("b", 82, json!({"protocol": "TCP"}))]),
        json!([listener(
            "a",
            80,
            json!({"allowedRoutes": {"kinds": [{"kind": "GRPCRoute"}], "namespaces": {"from": "All"}}})
        )]),
    ] {
        let mut g = gateway("g", listeners);
        g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
        forms.push(g);
    }
    for (name, scope) in [("g", "All"), ("h", "All"), ("h", "None")] {
        let mut default = gateway(name, json!([listener("a", 80, json!({})), listener("d", 83, json!({}))]));
        default["spec"]["defaultScope"] = scope.into();
        forms.push(default);
    }
    for hostname in ["a.example.com", "s.example.com"] {
        let parent = json!({"name": "g", "namespace": "infra"});
        let listeners = json!([listener("s", 80, json!({"hostname": hostname}))]);
        forms.push(object(API, "ListenerSet", "shop", "set", json!({"parentRef": parent, "listeners": listeners})));
    }
    let to_g = json!({"name": "g", "namespace": "infra"});
    let to_set = json!({"kind": "ListenerSet", "name": "set"});
    let to_service = json!({"group": "", "kind": "Service", "name": "b"});
    let hosts = [
        json!([]),
        json!(["a.example.com"]),
        json!(["*.example.com", "b.example.com"]),
        json!(["x.a.example.com", "*.a.example.com"]),
    ];
    for (kind, names) in [("HTTPRoute", ["r", "q", "p"]), ("GRPCRoute", ["c", "d", "e"])] {
        for (age, name) in names.into_iter().enumerate() {
            for (parents, hostnames, uses_defaults) in [
                (json!([to_g]), &hosts[age], false),
                (json!([to_g]), &hosts[age + 1], age == 1),
                (json!([to_g, to_set, to_service]), &hosts[age], false),
                (json!([to_service]), &hosts[0], age == 2),
                (json!([]), &hosts[age], true),
            ] {
                let backend = json!({"name": "b", "namespace": if age == 1 { "bank" } else { "shop" }, "port": 80});
                let mirror =
                    json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 80}}});
                let rules = json!([{"backendRefs": [backend], "filters": [mirror]}]);
                let mut spec = json!({"parentRefs": parents, "hostnames": hostnames, "rules": rules});
                if uses_defaults {
                    spec["useDefaultGateways"] = "All".into();
                }
                let mut document = object(API, kind, "shop", name, spec);
                document["metadata"]["creationTimestamp"] = format!("2026-01-0{}T00:00:00Z", 3 - age).into();
                forms.push(document);
            }
        }
    }
    let plain = json!({"parentRefs": [to_g, to_service], "rules": [{"backendRefs": [{"name": "b", "port": 80}]}]});
    forms.push(object(API, "TCPRoute", "shop", "t", plain));
    for (namespace, name) in [("shop", "b"), ("bank", "b"), ("shop", "m")] {
        forms.push(service(namespace, name));
        forms.push(object(
            "v1",
            "Service",
            namespace,
            name,
            json!({"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]}),
        ));
    }
    for kind in ["HTTPRoute", "GRPCRoute"] {
        let from = json!([{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": "shop"}]);
        forms.push(object(
            API,
            "ReferenceGrant",
            "bank",
            "grant",
            json!({"from": from, "to": [{"group": "", "kind": "Service"}]}),
        ));
    }
    for labels in [json!({}), json!({"team": "a"})] {
        forms.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}));
    }
    for controller in ["example.com/x", "example.com/y"] {
        forms.push(json!({"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": "any"}, "spec": {"controllerName": controller}}));
    }
    for name in ["ca", "none"] {
        let references = json!([{"group": "", "kind": "ConfigMap", "name": name}]);
        forms.push(object(
            API,
            "BackendTLSPolicy",
            "shop",
            "tls",
            json!({"targetRefs": [{"group": "", "kind": "Service", "name": "b"}],
                "validation": {"hostname": "b.example.com", "caCertificateRefs": references}}),
        ));
        forms.push(object(
            "gateway.networking.x-k8s.io/v1alpha1",
            "XBackendTrafficPolicy",
            "shop",
            "traffic",
            json!({"targetRefs": [{"group": "", "kind": "Service", "name": if name == "ca" { "b" } else { "m" }}],
                "retryConstraint": {"budget": {"percent": 20}}}),
        ));
    }
    forms.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "shop"},
        "data": {"ca.crt": include_str!("certificate/testdata/ec.crt")}}));
    forms.push(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "cert", "namespace": "infra"},
        "stringData": {"tls.crt": include_str!("certificate/testdata/ec.crt"), "tls.key": include_str!("certificate/testdata/ec.pkcs8.key")}}));
    for ready in [true, false] {
        forms.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "b", "namespace": "shop", "labels": {"kubernetes.io/service-name": "b"}},
            "endpoints": [{"addresses": ["192.0.2.9"], "conditions": {"ready": ready}}]}));
    }
    forms
}

/// What a router answers to some requests.
fn answers(router: &Router) -> Vec<String> {
    let hosts = ["a.example.com", "b.example.com", "x.a.example.com", "s.example.com"];
    hosts
        .into_iter()
        .flat_map(|host| {
            let request = RequestView::new("GET", host, "/", &());
            let call = RequestView::call(host, "/a.B/C", &());
            [80, 81].into_iter().flat_map(move |port| {
                [router.route(&request, &Connection::plain(port)), router.route(&call, &Connection::plain(port))].map(
                    |decision| {
                        format!(
                            "{port} {host}: {:?} {:?}",
                            decision.status(),
                            decision.matched().map(|found| found.route().clone())
                        )
                    },
                )
            })
        })
        .collect()
}

fn edits_agree(edits: &[(usize, bool, bool)], profile: &Profile) -> Result<(), TestCaseError> {
    let forms = forms();
    let mut resources = Resources::new();
    // Most of the cluster is there from the start.
    for form in forms.iter().step_by(2) {
        resources.insert_any(read_objects(form.clone(), "default").remove(0).object.unwrap());
    }
    let mut topology = Topology::resolve(&resources, profile);
    let mut router: Option<Router> = None;
    let g = ObjectKey::new(gateway_model::ResourceKind::Gateway, "infra", "g");
    let mut changed = Vec::new();
    for (form, remove, more) in edits {
        let object = read_objects(forms[form % forms.len()].clone(), "default").remove(0).object.unwrap();
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
        let anew = Topology::resolve(&resources, profile);
        prop_assert_eq!(format!("{:?}", update.topology()), format!("{anew:?}"), "after a change of {:?}", changed);
        let places: Vec<ListenerKey> =
            anew.gateways().flat_map(|node| node.listeners()).map(|listener| listener.key().clone()).collect();
        for place in &places {
            let attached = anew.routes().filter(|node| node.attachments().any(|at| at.listener == *place)).count();
            prop_assert_eq!(update.topology().attached_routes(place), attached, "{:?}", place);
            prop_assert_eq!(anew.attached_routes(place), attached, "{:?}", place);
        }
        router = match &router {
            Some(before) if update.rerouted().contains(&g) => update.router(&g, before),
            Some(before) => anew.gateway(&g).map(|_| before.clone()),
            None => anew.router(&g),
        };
        prop_assert_eq!(router.is_some(), anew.router(&g).is_some());
        if let (Some(followed), Some(fresh)) = (&router, &anew.router(&g)) {
            prop_assert_eq!(answers(followed), answers(fresh), "after a change of {:?}", changed);
            let continuing = anew.router_continuing(&g, followed);
            prop_assert_eq!(continuing.as_ref().map(answers), Some(answers(fresh)));
        }
        topology = update.into_topology();
        changed.clear();
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn following_edits_equals_resolving_anew(
        edits in prop::collection::vec((0..10_000_usize, prop::bool::weighted(0.3), prop::bool::weighted(0.2)), 1..40),
    ) {
        edits_agree(&edits, &Profile::default())?;
        let mut other = Profile::default().controller("example.com/x");
        other.set("grpc-cohosting", "coexist").unwrap();
        edits_agree(&edits, &other)?;
    }
}

/// What becomes of the route `r` when an object comes.
fn follows(before: &[Value], comes: Value) -> (String, String) {
    let mut there = resources(before);
    let topology = Topology::resolve(&there, &Profile::default());
    let object = resources(std::slice::from_ref(&comes)).iter_any().next().unwrap();
    let key = object.key();
    there.insert_any(object);
    let update = topology.apply(&there, [key]);
    let of = |topology: &Topology| {
        let node = topology.routes().find(|node| *node.key().name == *"r").unwrap();
        let problem = node.backends().iter().flatten().find_map(|backend| backend.problem().map(ToString::to_string));
        format!("{}; {}", outcome_of(topology, "r"), problem.unwrap_or_default())
    };
    assert_eq!(of(update.topology()), of(&Topology::resolve(&there, &Profile::default())), "{comes}");
    (of(&topology), of(update.topology()))
}

#[test]
fn a_route_of_any_kind_follows_the_services_that_it_refers_to() {
    for (kind, protocol) in
        [("HTTPRoute", "HTTP"), ("GRPCRoute", "HTTP"), ("TLSRoute", "TLS"), ("TCPRoute", "TCP"), ("UDPRoute", "UDP")]
    {
        let tls = json!({"mode": "Passthrough"});
        let mut listener = json!({"name": "web", "port": 80, "protocol": protocol});
        listener["allowedRoutes"] = json!({"namespaces": {"from": "All"}});
        if protocol == "TLS" {
            listener["tls"] = tls;
        }
        let to_g = json!({"name": "g", "namespace": "infra"});
        let mut rest = json!({"rules": [{"backendRefs": [{"name": "s", "port": 80}]}]});
        if protocol == "TLS" {
            rest["hostnames"] = json!(["a.example.com"]);
        }
        let documents = [gateway("g", json!([listener])), route(kind, "shop", to_g, rest)];
        let transport = if protocol == "UDP" { "UDP" } else { "TCP" };
        let comes = object("v1", "Service", "shop", "s", json!({"ports": [{"port": 80, "protocol": transport}]}));
        let (before, after) = follows(&documents, comes);
        assert!(before.starts_with("web; ") && before != "web; ", "{kind}: {before}");
        assert_eq!(after, "web; ", "{kind}");
    }
}

#[test]
fn a_route_follows_the_listeners_of_its_gateways_whether_they_are_named_or_the_default_ones() {
    let with = |names: &str| {
        let all = json!({"namespaces": {"from": "All"}});
        let listener =
            |(name, port): (&str, u16)| json!({"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": all});
        let mut g = gateway("g", names.split(' ').zip(80..).map(listener).collect());
        g["spec"]["defaultScope"] = "All".into();
        g
    };
    let named = route("HTTPRoute", "shop", json!({"name": "g", "namespace": "infra"}), json!({}));
    let mut of_default = route("HTTPRoute", "shop", json!({}), json!({"useDefaultGateways": "All"}));
    of_default["spec"]["parentRefs"] = json!([]);
    for r in [named, of_default] {
        for (before, after) in [("a", "a b"), ("a b", "a"), ("a", "b"), ("a b", "a c")] {
            let found = follows(&[with(before), r.clone()], with(after));
            assert_eq!(found, (format!("{before}; "), format!("{after}; ")), "{r}");
        }
    }
}

#[test]
fn a_route_follows_its_listener_set_to_another_gateway() {
    let mut gateways = ["g", "h"].map(|name| gateway(name, json!([{"name": "own", "port": 80, "protocol": "HTTP"}])));
    for gateway in &mut gateways {
        gateway["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    }
    let set = |parent: &str| {
        let parent = json!({"name": parent, "namespace": "infra"});
        let listeners = json!([{"name": "web", "port": 81, "protocol": "HTTP"}]);
        object(API, "ListenerSet", "teams", "set", json!({"parentRef": parent, "listeners": listeners}))
    };
    let r = route("HTTPRoute", "teams", json!({"kind": "ListenerSet", "name": "set"}), json!({"rules": [{}]}));
    let mut there = resources(&[&gateways[..], &[set("g"), r]].concat());
    let topology = Topology::resolve(&there, &Profile::default());
    let object = resources(&[set("h")]).iter_any().next().unwrap();
    let key = object.key();
    there.insert_any(object);
    let update = topology.apply(&there, [key]);
    let parents = |topology: &Topology| format!("{:?}", topology.routes().next().unwrap().parents());
    assert_ne!(parents(&topology), parents(update.topology()));
    assert_eq!(parents(update.topology()), parents(&Topology::resolve(&there, &Profile::default())));
}

#[test]
fn a_route_follows_the_labels_of_its_namespace() {
    let namespace = |team: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": team}}});
    let allowed = json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}});
    let g = gateway("g", json!([{"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": allowed}]));
    let r = route("HTTPRoute", "shop", json!({"name": "g", "namespace": "infra"}), json!({"rules": [{}]}));
    let (taken, refused) = ("web; ".to_owned(), "NotAllowedByListeners; ".to_owned());
    let documents = |team| [g.clone(), r.clone(), namespace(team)];
    assert_eq!(follows(&documents("b"), namespace("a")), (refused.clone(), taken.clone()));
    assert_eq!(follows(&documents("a"), namespace("b")), (taken.clone(), refused.clone()));
    assert_eq!(follows(&documents("a"), namespace("a")), (taken.clone(), taken.clone()));
    assert_eq!(follows(&documents("a")[..2], namespace("a")), (refused, taken));
}

#[test]
fn a_listener_set_without_listeners_is_affected_by_whether_its_gateway_allows_it() {
    let mut g = gateway("g", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
    let parent = json!({"name": "g", "namespace": "infra"});
    let set = object(API, "ListenerSet", "teams", "set", json!({"parentRef": parent, "listeners": []}));
    let mut there = resources(&[g.clone(), set]);
    let topology = Topology::resolve(&there, &Profile::default());
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let object = resources(&[g]).iter_any().next().unwrap();
    let (key, set) = (object.key(), ObjectKey::new(gateway_model::ResourceKind::ListenerSet, "teams", "set"));
    there.insert_any(object);
    let update = topology.apply(&there, [key]);
    let refusal = |topology: &Topology| topology.listener_set(&set).map(|outcome| outcome.refusal().is_some());
    assert_eq!((refusal(&topology), refusal(update.topology())), (Some(true), Some(false)));
    assert!(update.affected().contains(&set), "{:?}", update.affected());
}

#[test]
fn a_changed_listener_set_affects_itself_and_its_gateway_and_no_other_set() {
    let mut g = gateway("g", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let set = |name: &str, hostname: &str| {
        let listeners = json!([{"name": "web", "port": 80, "protocol": "HTTP", "hostname": hostname}]);
        let parent = json!({"name": "g", "namespace": "infra"});
        object(API, "ListenerSet", "teams", name, json!({"parentRef": parent, "listeners": listeners}))
    };
    let mut there = resources(&[g, set("a", "a.example.com"), set("b", "b.example.com")]);
    let topology = Topology::resolve(&there, &Profile::default());
    let object = resources(&[set("a", "c.example.com")]).iter_any().next().unwrap();
    let key = object.key();
    there.insert_any(object);
    let update = topology.apply(&there, [key]);
    let names =
        |keys: &BTreeSet<ObjectKey>| -> BTreeSet<String> { keys.iter().map(|key| key.name.to_string()).collect() };
    assert_eq!(names(update.affected()), BTreeSet::from(["a", "g"].map(str::to_owned)));
    assert_eq!(names(update.rerouted()), BTreeSet::from(["g"].map(str::to_owned)));
}
