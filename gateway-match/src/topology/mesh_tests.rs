use gateway_model::{ObjectKey, ResourceKind};
use serde_json::{Value, json};

use crate::decision::Decision;
use crate::options::Profile;
use crate::request::{Connection, RequestView};
use crate::route::BackendState;
use crate::router::Router;
use crate::topology::Topology;
use crate::topology::sample::{gateway, object, outcome, outcome_of, resources, route};

/// The Service `shop/cart`: `web` at 80, `admin` at 81, and 53 over UDP.
fn cart() -> Value {
    let ports = json!([
        {"name": "web", "port": 80}, {"name": "admin", "port": 81, "protocol": "TCP"},
        {"name": "dns", "port": 53, "protocol": "UDP"}
    ]);
    object("v1", "Service", "shop", "cart", json!({"clusterIP": "10.0.0.1", "ports": ports}))
}

fn to_cart(rest: Value) -> Value {
    let mut parent = json!({"group": "", "kind": "Service", "name": "cart", "namespace": "shop"});
    parent.as_object_mut().unwrap().extend(rest.as_object().cloned().unwrap());
    parent
}

/// A route to `shop/cart` with one rule for `/{name}` (HTTP) or everything, to a Service of its name.
fn named(kind: &str, namespace: &str, name: &str, parent: Value) -> Value {
    let backend = json!([{"name": name, "namespace": "shop", "port": 80}]);
    let rule = match kind {
        "HTTPRoute" => json!({"matches": [{"path": {"value": format!("/{name}")}}], "backendRefs": backend}),
        _ => json!({"backendRefs": backend}),
    };
    let mut document = route(kind, namespace, to_cart(parent), json!({"rules": [rule]}));
    document["metadata"]["name"] = json!(name);
    document
}

#[test]
fn a_parent_ref_selects_ports_of_a_service_by_number_name_and_transport() {
    let cases = [
        ("HTTPRoute", json!({}), "80/TCP 81/TCP"),
        ("UDPRoute", json!({}), "53/UDP"),
        ("TCPRoute", json!({"port": 81}), "81/TCP"),
        ("TLSRoute", json!({"sectionName": "web"}), "80/TCP"),
        ("GRPCRoute", json!({"sectionName": "web", "port": 81}), "NoMatchingParent"),
        ("HTTPRoute", json!({"sectionName": "80"}), "NoMatchingParent"),
        ("HTTPRoute", json!({"port": 53}), "NoMatchingParent"),
        ("HTTPRoute", json!({"port": 8080}), "NoMatchingParent"),
        ("HTTPRoute", json!({"name": "gone"}), "NoMatchingParent"),
        ("HTTPRoute", json!({"group": "core"}), "80/TCP 81/TCP"),
        ("HTTPRoute", json!({"group": "gateway.networking.k8s.io"}), "NoMatchingParent"),
    ];
    for (kind, parent, expected) in cases {
        let r = route(kind, "shop", to_cart(parent.clone()), json!({"hostnames": ["Not A Host"], "rules": [{}]}));
        assert_eq!(outcome(&[cart(), r], &Profile::default()), expected, "{kind} {parent}");
    }
}

#[test]
fn services_without_an_address_of_their_own_are_no_parents() {
    for spec in [
        json!({"type": "ExternalName", "externalName": "example.com", "ports": [{"port": 80}]}),
        json!({"clusterIP": "None", "ports": [{"port": 80}]}),
    ] {
        let service = object("v1", "Service", "shop", "cart", spec.clone());
        let r = route("HTTPRoute", "shop", to_cart(json!({})), json!({}));
        assert_eq!(outcome(&[service, r], &Profile::default()), "NoMatchingParent", "{spec}");
    }
}

#[test]
fn the_most_specific_kind_stays_on_each_port_of_each_namespace() {
    let documents = [
        cart(),
        named("HTTPRoute", "shop", "http", json!({})),
        named("GRPCRoute", "shop", "grpc", json!({"port": 80})),
        named("TCPRoute", "shop", "tcp", json!({})),
        named("UDPRoute", "shop", "udp", json!({})),
        named("TLSRoute", "web", "tls", json!({})),
        named("TCPRoute", "web", "lost", json!({"port": 80})),
    ];
    let topology = Topology::resolve(&resources(&documents), &Profile::default());
    let cases = [
        ("http", "81/TCP"),
        ("grpc", "80/TCP"),
        ("tcp", "Conflicted"),
        ("udp", "53/UDP"),
        ("tls", "80/TCP 81/TCP"),
        ("lost", "Conflicted"),
    ];
    for (name, expected) in cases {
        assert_eq!(outcome_of(&topology, name), expected, "{name}");
    }
}

/// Where a GET from a namespace to a port of `shop/cart` goes.
fn ask(topology: &Topology, from: &str, connection: Connection<'_>, path: &str) -> String {
    let router = topology.mesh_router(&ObjectKey::new(ResourceKind::Service, "shop", "cart"), from).unwrap();
    match router.route(&RequestView::new("GET", "other.example.com", path, &()), &connection) {
        Decision::Matched(found) => found.route().name.to_string(),
        Decision::Direct { service, .. } => service.to_string(),
        Decision::Rejected { .. } => "rejected".to_owned(),
        other => other.status().unwrap().as_u16().to_string(),
    }
}

#[test]
fn a_namespace_with_routes_of_its_own_meets_those_alone() {
    let documents = [
        cart(),
        named("HTTPRoute", "shop", "produced", json!({})),
        named("HTTPRoute", "web", "consumed", json!({"port": 80})),
    ];
    let topology = Topology::resolve(&resources(&documents), &Profile::default());
    let service = topology.service(&ObjectKey::new(ResourceKind::Service, "shop", "cart")).unwrap();
    assert_eq!(service.consumers().collect::<Vec<_>>(), ["web"]);
    let cases = [
        ("api", 80, "/produced", "produced"),
        ("shop", 80, "/produced", "produced"),
        ("api", 80, "/consumed", "404"),
        ("web", 80, "/consumed", "consumed"),
        ("web", 80, "/produced", "404"),
        // The consumer's route is for one port only.
        ("web", 81, "/produced", "produced"),
        ("web", 82, "/produced", "rejected"),
    ];
    for (from, port, path, expected) in cases {
        assert_eq!(ask(&topology, from, Connection::plain(port), path), expected, "{from} {port} {path}");
    }
}

#[test]
fn without_routes_for_what_is_spoken_the_service_itself_is_reached() {
    let plain = Topology::resolve(&resources(&[cart()]), &Profile::default());
    assert_eq!(ask(&plain, "web", Connection::plain(80), "/"), "shop/cart:80");
    assert_eq!(ask(&plain, "web", Connection::tls(81, Some("x.example.com")), "/"), "shop/cart:81");

    let tcp = Topology::resolve(
        &resources(&[cart(), named("TCPRoute", "shop", "tcp", json!({"port": 80}))]),
        &Profile::default(),
    );
    assert_eq!(ask(&tcp, "web", Connection::plain(80), "/"), "tcp", "HTTP is bytes on a connection");
    assert_eq!(ask(&tcp, "web", Connection::plain(81), "/"), "shop/cart:81");

    let tls = [cart(), named("TLSRoute", "shop", "tls", json!({}))];
    let tls = Topology::resolve(&resources(&tls), &Profile::default());
    assert_eq!(ask(&tls, "web", Connection::plain(80), "/"), "rejected", "a route replaces the Service");
    assert_eq!(ask(&tls, "web", Connection::tls(80, None), "/"), "tls");

    let router = tls.mesh_router(&ObjectKey::new(ResourceKind::Service, "shop", "cart"), "web").unwrap();
    assert!(matches!(router.connect(&Connection::udp(53)), Decision::Direct { .. }));
    assert!(matches!(router.connect(&Connection::udp(80)), Decision::Rejected { .. }));
}

#[test]
fn a_mesh_asks_for_no_grants_and_a_gateway_does_for_the_same_route() {
    let bank = object("v1", "Service", "bank", "pay", json!({"ports": [{"port": 80}]}));
    let g = gateway(
        "g",
        json!([{"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}]),
    );
    let rules = json!({"rules": [{"backendRefs": [{"name": "pay", "namespace": "bank", "port": 80}]}]});
    let mut r = route("HTTPRoute", "shop", to_cart(json!({})), rules);
    let state = |node: &crate::topology::RouteNode| node.route().rules().next().unwrap().backends()[0].state().clone();
    let only = Topology::resolve(&resources(&[cart(), bank.clone(), r.clone()]), &Profile::default());
    assert_eq!(state(only.routes().next().unwrap()), BackendState::Ready);

    r["spec"]["parentRefs"].as_array_mut().unwrap().push(json!({"name": "g", "namespace": "infra"}));
    let both = Topology::resolve(&resources(&[cart(), bank, g, r]), &Profile::default());
    let node = both.routes().next().unwrap();
    let unresolved: Vec<usize> = node.parents().iter().map(|outcome| node.unresolved_at(outcome).count()).collect();
    assert_eq!(unresolved, [0, 1], "the Service, then the Gateway");
    assert!(matches!(state(node), BackendState::Invalid(_)));
    assert_eq!(*node.route_in_mesh().rules().next().unwrap().backends()[0].state(), BackendState::Ready);
    assert_eq!(ask(&both, "shop", Connection::plain(80), "/"), "r");
}

#[test]
fn the_router_of_a_service_follows_an_update() {
    let key = ObjectKey::new(ResourceKind::Service, "shop", "cart");
    let profile = Profile::default();
    let mut there = resources(&[cart(), named("HTTPRoute", "shop", "produced", json!({}))]);
    let mut topology = Topology::resolve(&there, &profile);
    let mut router = topology.mesh_router(&key, "web").unwrap();
    let shown = |router: &Router| {
        ["/produced", "/more", "/consumed"].map(|path| {
            let request = RequestView::new("GET", "other.example.com", path, &());
            let decision = router.route(&request, &Connection::plain(80));
            decision.matched().map(|found| found.route().name.to_string())
        })
    };
    let some = |name: &str| Some(name.to_owned());
    let changes = [
        (named("HTTPRoute", "shop", "more", json!({})), [some("produced"), some("more"), None]),
        // Another port is served by the same routes.
        (cart_with_more_ports(), [some("produced"), some("more"), None]),
        (named("HTTPRoute", "web", "consumed", json!({})), [None, None, some("consumed")]),
    ];
    for (document, expected) in changes {
        let object = resources(std::slice::from_ref(&document)).iter_any().next().unwrap();
        let changed = object.key();
        there.insert_any(object);
        let update = topology.apply(&there, [changed]);
        assert!(update.rerouted().contains(&key), "{document}");
        router = update.mesh_router(&key, "web", &router).unwrap();
        assert_eq!(shown(&router), expected, "{document}");
        topology = update.into_topology();
        assert_eq!(shown(&topology.mesh_router(&key, "web").unwrap()), expected, "anew, {document}");
    }
    let gone = ObjectKey::new(ResourceKind::Service, "shop", "gone");
    assert!(topology.apply(&there, [gone.clone()]).mesh_router(&gone, "web", &router).is_none());
}

fn cart_with_more_ports() -> Value {
    let mut cart = cart();
    cart["spec"]["ports"].as_array_mut().unwrap().push(json!({"name": "more", "port": 90}));
    cart
}
