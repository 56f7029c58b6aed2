//! Objects for the tests.

use gateway_model::{GrpcRoute, HttpRoute, Resources, read_objects};
use serde_json::{Value, json};

use crate::answer::{Answer, GrpcStatus, Outcome};
use crate::options::Options;
use crate::oracle::Oracle;

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
pub(crate) fn route(name: &str, spec: Value) -> Value {
    route_of("HTTPRoute", name, spec)
}

/// A route of a kind, of the Gateway `gw`.
pub(crate) fn route_of(kind: &str, name: &str, mut spec: Value) -> Value {
    if spec.get("parentRefs").is_none() {
        spec["parentRefs"] = json!([{"name": "gw", "namespace": "ns"}]);
    }
    object(kind, name, spec)
}

/// A listener; the mode is that of `tls`.
pub(crate) fn listener(name: &str, port: i32, protocol: &str, hostname: Option<&str>) -> Value {
    json!({"name": name, "port": port, "protocol": protocol, "hostname": hostname})
}

/// A Service with a port 80, for TCP and for UDP.
pub(crate) fn service(name: &str) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("ns", name));
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
        "spec": {"ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}]}
    })
}

/// The spec of an HTTPRoute as an object.
pub(crate) fn http_route(spec: Value) -> HttpRoute {
    serde_json::from_value(route("r", spec)).unwrap()
}

/// The spec of a GRPCRoute as an object.
pub(crate) fn grpc_route(spec: Value) -> GrpcRoute {
    serde_json::from_value(route_of("GRPCRoute", "r", spec)).unwrap()
}

/// The oracle for documents and options.
pub(crate) fn oracle(documents: &[Value], settings: &[(&str, &str)]) -> Oracle {
    Oracle::new(&resources(documents), options(settings))
}

/// Options by name.
pub(crate) fn options(settings: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    for (option, value) in settings {
        options.set(option, value).unwrap();
    }
    options
}

/// Status, listener and route of an answer. The status is 0 for a rejection, 200 for forwarding, and the number of
/// gRPC's own statuses: 12 is UNIMPLEMENTED, 14 is UNAVAILABLE.
pub(crate) fn short(answer: &Answer) -> (u16, &str, &str) {
    let status = match answer.outcome {
        Outcome::Forward => 200,
        Outcome::Respond(status) => status,
        Outcome::RespondGrpc(GrpcStatus::Unimplemented) => 12,
        Outcome::RespondGrpc(GrpcStatus::Unavailable) => 14,
        Outcome::Reject => 0,
    };
    let listener = answer.listener.as_ref().map_or("", |listener| &listener.name);
    (status, listener, answer.route.as_ref().map_or("", |route| &route.name))
}
