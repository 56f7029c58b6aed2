//! What a topology lists.

use gateway_model::{ObjectKey, ResourceKind};
use serde_json::{Value, json};

use super::Topology;
use super::sample::{API, gateway, object, resources, route, service};
use crate::options::Profile;

const CERTIFICATE: &str = include_str!("certificate/testdata/ec.crt");
const KEY: &str = include_str!("certificate/testdata/ec.pkcs8.key");

fn secret(name: &str, certificate: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": "infra", "name": name},
        "stringData": {"tls.crt": certificate, "tls.key": KEY}
    })
}

fn listener_set(name: &str, gateway: &str) -> Value {
    let listeners = json!([{"name": name, "port": 80, "protocol": "HTTP", "hostname": format!("{name}.example.com")}]);
    object(
        API,
        "ListenerSet",
        "teams",
        name,
        json!({"parentRef": {"name": gateway, "namespace": "infra"}, "listeners": listeners}),
    )
}

fn names<'k>(keys: impl Iterator<Item = &'k ObjectKey>) -> Vec<&'k str> {
    keys.map(|key| &*key.name).collect()
}

/// A Gateway with two certificates that can be used and one that cannot, two ListenerSets that join it
/// and one whose Gateway does not exist, and a Service with a route.
fn topology() -> Topology {
    let certificates = json!([{"name": "second"}, {"name": "broken"}, {"name": "first"}]);
    let mut g = gateway(
        "g",
        json!([{"name": "tls", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": certificates}}]),
    );
    g["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let mut cart = service("shop", "cart");
    cart["spec"]["clusterIP"] = json!("10.0.0.1");
    let to_cart = json!({"group": "", "kind": "Service", "name": "cart"});
    let documents = [
        g,
        secret("first", CERTIFICATE),
        secret("second", CERTIFICATE),
        secret("broken", "Hello world"),
        listener_set("b", "g"),
        listener_set("a", "g"),
        listener_set("c", "other"),
        cart,
        object("v1", "Service", "shop", "headless", json!({"clusterIP": "None", "ports": [{"port": 80}]})),
        route("HTTPRoute", "shop", to_cart, json!({})),
    ];
    Topology::resolve(&resources(&documents), &Profile::default())
}

#[test]
fn the_listener_sets_and_services_that_can_be_parents_are_listed_by_name() {
    let topology = topology();
    assert_eq!(names(topology.listener_sets().map(|outcome| outcome.key())), ["a", "b"]);
    assert_eq!(names(topology.services().map(|node| node.key())), ["cart"]);
}

#[test]
fn the_sets_that_join_a_gateway_are_listed_without_the_gateway_itself() {
    let topology = topology();
    let g = topology.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap();
    assert_eq!(names(g.sets()), ["a", "b"]);
}

#[test]
fn the_certificates_that_can_be_used_keep_the_order_of_the_spec() {
    let topology = topology();
    let g = topology.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g")).unwrap();
    assert_eq!(names(g.listeners()[0].certificates()), ["second", "first"]);
}

#[test]
fn objects_that_refer_to_an_object_are_found_by_kind_whether_it_is_there_or_not() {
    let topology = topology();
    let cases = [
        (ResourceKind::Gateway, "infra", "g", ResourceKind::ListenerSet, vec!["a", "b"]),
        (ResourceKind::Gateway, "infra", "other", ResourceKind::ListenerSet, vec!["c"]),
        (ResourceKind::Gateway, "infra", "g", ResourceKind::HttpRoute, vec![]),
        (ResourceKind::Secret, "infra", "broken", ResourceKind::Gateway, vec!["g"]),
        (ResourceKind::Service, "shop", "cart", ResourceKind::HttpRoute, vec!["r"]),
        (ResourceKind::Service, "shop", "headless", ResourceKind::HttpRoute, vec![]),
    ];
    for (kind, namespace, name, by, expected) in cases {
        let found = topology.referrers(&ObjectKey::new(kind, namespace, name), by);
        assert_eq!(names(found), expected, "{by:?}s to {kind:?} {namespace}/{name}");
    }
}
