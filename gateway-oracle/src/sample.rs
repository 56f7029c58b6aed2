//! Objects for the tests.

use gateway_model::{HttpRoute, Resources, read_objects};
use serde_json::{Value, json};

/// The set of some documents; those without a namespace are in `ns`.
pub(crate) fn resources(documents: &[Value]) -> Resources {
    let read = documents.iter().flat_map(|document| read_objects(document.clone(), "ns"));
    read.map(|read| read.object.unwrap()).collect()
}

/// An object of the Gateway API from its kind, `name` or `namespace/name` and spec.
pub(crate) fn object(kind: &str, name: &str, spec: Value) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("ns", name));
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind,
        "metadata": {"namespace": namespace, "name": name}, "spec": spec
    })
}

/// The same object, created at a time.
pub(crate) fn created(mut object: Value, time: &str) -> Value {
    object["metadata"]["creationTimestamp"] = json!(time);
    object
}

/// A Gateway from its listeners.
pub(crate) fn gateway(name: &str, listeners: Value) -> Value {
    object("Gateway", name, json!({"gatewayClassName": "class", "listeners": listeners}))
}

/// An HTTPRoute of the Gateway `gw`.
pub(crate) fn route(name: &str, mut spec: Value) -> Value {
    if spec.get("parentRefs").is_none() {
        spec["parentRefs"] = json!([{"name": "gw", "namespace": "ns"}]);
    }
    object("HTTPRoute", name, spec)
}

/// A Service with a port 80.
pub(crate) fn service(name: &str) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("ns", name));
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
        "spec": {"ports": [{"port": 80}]}
    })
}

/// The spec of an HTTPRoute as an object.
pub(crate) fn http_route(spec: Value) -> HttpRoute {
    serde_json::from_value(route("r", spec)).unwrap()
}
