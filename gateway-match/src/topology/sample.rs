//! Objects for tests of the topology.

use gateway_model::{Resources, read_objects};
use serde_json::{Value, json};

use super::Topology;
use crate::options::Profile;

pub(super) const API: &str = "gateway.networking.k8s.io/v1";

pub(super) fn object(api_version: &str, kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

pub(super) fn gateway(name: &str, listeners: Value) -> Value {
    object(API, "Gateway", "infra", name, json!({"gatewayClassName": "any", "listeners": listeners}))
}

pub(super) fn route(kind: &str, namespace: &str, parent: Value, rest: Value) -> Value {
    let mut spec = rest;
    spec["parentRefs"] = json!([parent]);
    object(API, kind, namespace, "r", spec)
}

pub(super) fn service(namespace: &str, name: &str) -> Value {
    object("v1", "Service", namespace, name, json!({"ports": [{"port": 80}]}))
}

pub(super) fn resources(documents: &[Value]) -> Resources {
    documents
        .iter()
        .flat_map(|document| read_objects(document.clone(), "default"))
        .map(|read| read.object.unwrap())
        .collect()
}

/// What becomes of the first parentRef of the route `r`: its listeners, or the reason.
pub(super) fn outcome(documents: &[Value], profile: &Profile) -> String {
    outcome_of(&Topology::resolve(&resources(documents), profile), "r")
}

/// The same for a route of that name.
pub(super) fn outcome_of(topology: &Topology, name: &str) -> String {
    let node = topology.routes().find(|node| &*node.key().name == name).expect("a route of that name");
    match &node.parents()[0].result {
        Ok(attached) => attached.iter().map(|a| a.listener.name.to_string()).collect::<Vec<_>>().join(" "),
        Err(refusal) => refusal.reason().to_owned(),
    }
}
