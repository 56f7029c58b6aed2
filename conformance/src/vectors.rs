//! Named cases as data, for this workspace and for implementations in any language.
//!
//! The files stand in `vectors/`, beside a README that tells how to use them. [`Vector`] is the form
//! of all files about [`ROUTING`], [`HostnameVectors`] that of `hostnames.json`, [`RedirectVector`],
//! [`RewriteVector`], [`SplitVector`] and [`MergeVector`] those of the files named so. Unknown keys are
//! refused, so a misspelt expectation is an error and not an expectation less.

use std::collections::{BTreeMap, BTreeSet};

use gateway_model::{AnyObject, Listener, ObjectKey, ReadError, ResourceKind, Resources, read_objects};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::decide::{Choice, PlainRequest};

mod filter;
mod merge;
mod split;

pub use filter::{ExpectedRedirect, RedirectVector, RewriteVector, VectorListener, VectorRequest};
pub use merge::MergeVector;
pub use split::{AtEvery, ExpectedSplit, SplitVector, VectorBackend};

/// The text of `vectors/precedence.json`.
pub const PRECEDENCE: &str = include_str!("../vectors/precedence.json");
/// The text of `vectors/grpc.json`.
pub const GRPC: &str = include_str!("../vectors/grpc.json");
/// The text of `vectors/connections.json`.
pub const CONNECTIONS: &str = include_str!("../vectors/connections.json");
/// The text of `vectors/mesh.json`.
pub const MESH: &str = include_str!("../vectors/mesh.json");
/// The text of `vectors/routing.schema.json`.
pub const ROUTING_SCHEMA: &str = include_str!("../vectors/routing.schema.json");
/// The text of `vectors/hostnames.json`.
pub const HOSTNAMES: &str = include_str!("../vectors/hostnames.json");
/// The text of `vectors/hostnames.schema.json`.
pub const HOSTNAMES_SCHEMA: &str = include_str!("../vectors/hostnames.schema.json");
/// The text of `vectors/redirects.json`.
pub const REDIRECTS: &str = include_str!("../vectors/redirects.json");
/// The text of `vectors/rewrites.json`.
pub const REWRITES: &str = include_str!("../vectors/rewrites.json");
/// The text of `vectors/splits.json`.
pub const SPLITS: &str = include_str!("../vectors/splits.json");
/// The text of `vectors/merge.json`.
pub const MERGE: &str = include_str!("../vectors/merge.json");

/// Every file with its schema: names without `.json` and `.schema.json`, and texts.
pub const FILES: &[(&str, &str, &str, &str)] = &[
    ("precedence", PRECEDENCE, "routing", ROUTING_SCHEMA),
    ("grpc", GRPC, "routing", ROUTING_SCHEMA),
    ("connections", CONNECTIONS, "routing", ROUTING_SCHEMA),
    ("mesh", MESH, "routing", ROUTING_SCHEMA),
    ("hostnames", HOSTNAMES, "hostnames", HOSTNAMES_SCHEMA),
    ("redirects", REDIRECTS, "redirects", include_str!("../vectors/redirects.schema.json")),
    ("rewrites", REWRITES, "rewrites", include_str!("../vectors/rewrites.schema.json")),
    ("splits", SPLITS, "splits", include_str!("../vectors/splits.schema.json")),
    ("merge", MERGE, "merge", include_str!("../vectors/merge.schema.json")),
];

/// The files about routing, all of one form: names and texts.
pub const ROUTING: &[(&str, &str)] =
    &[("precedence", PRECEDENCE), ("grpc", GRPC), ("connections", CONNECTIONS), ("mesh", MESH)];

/// A file of vectors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VectorFile<T> {
    /// The schema of the file, beside it.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// Version of the file's form: 1.
    pub version: u32,
    /// Version of the Gateway API that the expectations are of.
    pub gateway_api: String,
    /// The vectors.
    pub vectors: T,
}

/// One request to one Gateway, or to one Service of a mesh, and which match must take it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vector {
    /// Its name, unique in the file.
    pub name: String,
    /// The field of the API, or the section of a GEP, that says so.
    pub spec: String,
    /// What is easily got wrong here.
    #[serde(default)]
    pub note: Option<String>,
    /// Options that are not left at their defaults.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// The Gateway's listeners; absent means one for HTTP on port 80 and every host.
    #[serde(default)]
    pub listeners: Vec<Value>,
    /// `{namespace}/{name}` of Services that clients dial in a mesh.
    #[serde(default)]
    pub services: Vec<String>,
    /// The routes.
    pub routes: Vec<VectorRoute>,
    /// Further objects, as documents.
    #[serde(default)]
    pub objects: Vec<Value>,
    /// The request.
    pub request: PlainRequest,
    /// What must come of it.
    pub expect: Expectation,
}

/// A route in short.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VectorRoute {
    /// Its kind; absent means HTTPRoute.
    #[serde(default)]
    pub kind: Option<String>,
    /// `{namespace}/{name}`.
    pub name: String,
    /// When it was created (RFC 3339); absent means that it has no time of creation.
    #[serde(default)]
    pub created: Option<String>,
    /// Its parentRefs, as in the API; absent means the Gateway with all its listeners.
    #[serde(default)]
    pub parent_refs: Option<Value>,
    /// Its hostnames.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// Its rules, as in the API. A rule without `backendRefs` gets a backend that is ready.
    #[serde(default)]
    pub rules: Vec<Value>,
}

/// What must come of a request. Absent keys are not compared, except those that say what is done and by which route.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Expectation {
    /// The gateway's own answer; absent means that the request is forwarded, unless something else is expected.
    #[serde(default)]
    pub status: Option<u16>,
    /// The gateway's own answer to a gRPC request.
    #[serde(default)]
    pub grpc_status: Option<String>,
    /// The connection is refused.
    #[serde(default)]
    pub rejected: bool,
    /// In a mesh, the Service `{namespace}/{name}:{port}` to which it goes since no route concerns it.
    #[serde(default)]
    pub passed_on: Option<String>,
    /// Name of the listener.
    #[serde(default)]
    pub listener: Option<String>,
    /// Who ends the client's TLS connection: `Terminate` or `Passthrough`.
    #[serde(default)]
    pub tls_mode: Option<String>,
    /// `{namespace}/{name}` of the route that takes it, with the kind before it unless that is HTTPRoute; absent means
    /// that none does.
    #[serde(default)]
    pub route: Option<String>,
    /// Position of the rule in the route.
    #[serde(default)]
    pub rule: Option<usize>,
    /// Position of the match in the rule.
    #[serde(default, rename = "match")]
    pub item: Option<usize>,
    /// The effective hostname.
    #[serde(default)]
    pub hostname: Option<String>,
    /// What decided between it and the next match that would have taken the request.
    #[serde(default)]
    pub decided_by: Option<String>,
}

/// The Gateway of every vector.
pub fn gateway() -> ObjectKey {
    ObjectKey::new(ResourceKind::Gateway, "infra", "gateway")
}

impl Vector {
    /// The options, as deciders take them.
    pub fn choices(&self) -> Vec<Choice<'_>> {
        self.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The documents that the short form stands for.
    pub fn documents(&self) -> Vec<Value> {
        let mut documents = vec![self.gateway_document()];
        documents.extend(self.routes.iter().map(VectorRoute::document));
        let namespaces: BTreeSet<&str> = self.routes.iter().map(|route| route.split_name().0).collect();
        documents.extend(namespaces.into_iter().map(|namespace| {
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"namespace": namespace, "name": "backend"},
                "spec": {"ports": [{"name": "tcp", "port": 80}, {"name": "udp", "port": 80, "protocol": "UDP"}]}
            })
        }));
        documents.extend(self.services.iter().map(|name| service_document(name)));
        documents.extend(self.objects.iter().cloned());
        documents
    }

    /// The same as the set that decisions are made from.
    ///
    /// # Errors
    ///
    /// A document that cannot be read.
    pub fn resources(&self) -> Result<Resources, ReadError> {
        let mut objects: Vec<AnyObject> = Vec::new();
        for document in self.documents() {
            for read in read_objects(document, "default") {
                objects.push(read.object?);
            }
        }
        Ok(objects.into_iter().collect())
    }

    fn gateway_document(&self) -> Value {
        let every_host = [json!({})];
        let listeners = if self.listeners.is_empty() { every_host.as_slice() } else { &self.listeners };
        let listeners: Vec<Value> = listeners.iter().map(listener_document).collect();
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"namespace": "infra", "name": "gateway"},
            "spec": {
                "gatewayClassName": "example", "listeners": listeners,
                "allowedListeners": {"namespaces": {"from": "All"}}
            }
        })
    }
}

/// A Service that clients dial.
fn service_document(name: &str) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
        "spec": {"ports": [
            {"name": "web", "port": 80}, {"name": "metrics", "port": 9090},
            {"name": "dns", "port": 53, "protocol": "UDP"}
        ]}
    })
}

/// A listener with what the short form leaves out.
fn listener_document(short: &Value) -> Value {
    let mut full =
        json!({"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}});
    if let (Some(full), Some(short)) = (full.as_object_mut(), short.as_object()) {
        full.extend(short.clone());
    }
    // Misspelt keys would be passed over in silence.
    debug_assert!(serde_json::from_value::<Listener>(full.clone()).is_ok(), "{full}");
    full
}

impl VectorRoute {
    /// Namespace and name.
    pub fn split_name(&self) -> (&str, &str) {
        self.name.split_once('/').unwrap_or(("default", &self.name))
    }

    fn document(&self) -> Value {
        let (namespace, name) = self.split_name();
        let mut rules = self.rules.clone();
        for rule in rules.iter_mut().filter_map(Value::as_object_mut) {
            rule.entry("backendRefs").or_insert_with(|| json!([{"name": "backend", "port": 80}]));
        }
        let gateway = json!([{"namespace": "infra", "name": "gateway"}]);
        let mut document = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": self.kind.as_deref().unwrap_or("HTTPRoute"),
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"parentRefs": self.parent_refs.as_ref().unwrap_or(&gateway), "rules": rules}
        });
        if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.extend(self.created.as_ref().map(|created| ("creationTimestamp".to_owned(), json!(created))));
        }
        if let Some(spec) =
            document.get_mut("spec").and_then(Value::as_object_mut).filter(|_| !self.hostnames.is_empty())
        {
            spec.insert("hostnames".to_owned(), json!(self.hostnames));
        }
        document
    }
}

/// What hostnames match, how they intersect, which of them wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostnameVectors {
    /// Texts, and whether a hostname field may have them.
    pub valid: Vec<ValidHostname>,
    /// Hostnames, authorities of requests, and whether the one takes the other.
    pub matches: Vec<HostnameMatch>,
    /// Pairs of hostnames, and the hostname of the hosts that both take.
    pub intersections: Vec<Intersection>,
    /// Hostnames of a listener and of a route, and those that the route serves there.
    pub effective: Vec<Effective>,
    /// Hostnames of routes that take one host, the most specific first.
    pub route_precedence: Vec<Precedence>,
    /// Hostnames of listeners that take one host, the most specific first.
    pub listener_precedence: Vec<Precedence>,
}

/// A text, and whether a hostname field may have it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidHostname {
    /// The text.
    pub text: String,
    /// Whether it is valid.
    pub valid: bool,
}

/// A hostname, the authority of a request, and whether the one takes the other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostnameMatch {
    /// The hostname.
    pub hostname: String,
    /// The Host header or `:authority`.
    pub authority: String,
    /// Whether the hostname takes it.
    pub matches: bool,
}

/// Two hostnames and what they share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intersection {
    /// The one.
    pub a: String,
    /// The other.
    pub b: String,
    /// The hostname of the hosts that both take; `null` if there are none.
    pub shared: Option<String>,
}

/// The hostnames that a route serves on a listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effective {
    /// The listener's hostname, if it has one.
    pub listener: Option<String>,
    /// The route's hostnames.
    pub route: Vec<String>,
    /// What the route serves: hostnames, an empty list for none, `null` for every host.
    pub serves: Option<Vec<String>>,
}

/// Hostnames in their order; `null` stands for none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precedence {
    /// The hostnames, the most specific first.
    pub order: Vec<Option<String>>,
}
