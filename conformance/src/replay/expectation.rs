//! Upstream's conformance tests as data: what a cluster holds, and what must then be answered.
//!
//! Facts that the replay does not use are passed over. `null` counts as absent.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Value;

use super::patch::Operation;
use super::status::StatusExpectation;

/// One conformance test.
#[derive(Clone, Debug, Deserialize)]
pub struct Test {
    /// Upstream's short name.
    pub test: String,
    /// The features that an implementation must support for the test to be run.
    #[serde(default)]
    pub features: Vec<String>,
    /// What the cluster holds before the test.
    #[serde(default)]
    pub base: Base,
    /// Files that are applied first, relative to the manifests.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// What happens then, in order.
    pub steps: Vec<Step>,
}

/// What the cluster holds before a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Gateways and backends.
    #[default]
    Gateway,
    /// A mesh with its workloads.
    Mesh,
}

impl Base {
    /// The file, relative to the manifests.
    pub fn manifest(self) -> &'static str {
        match self {
            Base::Gateway => "base/manifests.yaml",
            Base::Mesh => "mesh/manifests.yaml",
        }
    }
}

/// Changes to the cluster, in the order of the fields, and what must be true after them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Step {
    /// What upstream calls it, if it does.
    pub name: String,
    /// Objects that are created or replaced.
    pub apply: Vec<Value>,
    /// Changes of objects that are there.
    pub patch: Vec<Patch>,
    /// Objects that go away.
    pub delete: Vec<ObjectName>,
    /// Objects that the suite makes at run time.
    pub secrets: Vec<Generated>,
    /// What must be true then.
    pub expect: Vec<Expect>,
}

/// The name of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct ObjectName {
    /// Its kind.
    pub kind: String,
    /// Its namespace, if the kind has one.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace.as_deref().unwrap_or(""), self.name)
    }
}

/// A change of an object.
#[derive(Clone, Debug, Deserialize)]
pub struct Patch {
    /// The object.
    pub target: ObjectName,
    /// A merge patch.
    #[serde(default)]
    pub merge: Option<Value>,
    /// Operations.
    #[serde(default)]
    pub json: Vec<Operation>,
}

/// A Secret or ConfigMap with a certificate that the suite makes at run time.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectName,
    /// The type of the Secret.
    #[serde(default, rename = "type")]
    pub secret_type: Option<String>,
    /// The keys of its data; `tls.crt` and `tls.key`, unless given.
    #[serde(default)]
    pub keys: Option<Vec<String>>,
    /// Whom the certificate is for, in upstream's words. Without keys and hosts, nothing is made.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
    /// The DNS names of the certificate.
    #[serde(default)]
    pub dns_names: Vec<String>,
    /// The URIs that it names.
    #[serde(default)]
    pub uris: Vec<String>,
    /// Whose certificate it is.
    #[serde(default)]
    pub usage: Usage,
    /// The ConfigMap of the authority that signs it; without one, it signs itself.
    #[serde(default)]
    pub signed_by: Option<String>,
}

impl Generated {
    /// The keys of its data; none where there is nothing to make.
    pub fn data_keys(&self) -> Vec<&str> {
        match (&self.keys, &self.hosts) {
            (Some(keys), _) => keys.iter().map(String::as_str).collect(),
            (None, Some(_)) => vec!["tls.crt", "tls.key"],
            (None, None) => Vec::new(),
        }
    }
}

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// A server's.
    #[default]
    Server,
    /// A client's.
    Client,
}

/// What must be true.
#[derive(Clone, Debug)]
pub enum Expect {
    /// What becomes of an HTTP request.
    Http(Box<HttpExpectation>),
    /// How many requests are spread over backends.
    Weights(Box<WeightsExpectation>),
    /// What a status says.
    Status(Box<StatusExpectation>),
    /// What must be true where a feature is not supported.
    Unless {
        /// The features, of which none is supported.
        features: Vec<String>,
        /// What must be true then.
        then: Vec<Expect>,
    },
    /// Something that is not replayed here.
    Other(OtherExpectation),
}

/// An expectation that is not replayed here.
#[derive(Clone, Debug)]
pub struct OtherExpectation {
    /// Its kind.
    pub is: String,
    /// All of it.
    pub value: Value,
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is = value.get("is").and_then(Value::as_str).ok_or_else(|| D::Error::missing_field("is"))?.to_owned();
        Ok(match is.as_str() {
            "http" => Expect::Http(serde_json::from_value(present(value)).map_err(D::Error::custom)?),
            "weights" => Expect::Weights(serde_json::from_value(present(value)).map_err(D::Error::custom)?),
            kind if StatusExpectation::KINDS.contains(&kind) => {
                Expect::Status(serde_json::from_value(present(value)).map_err(D::Error::custom)?)
            }
            "other" if value.get("unlessSupported").is_some() => {
                let mut value = value;
                let mut take = |field: &str| value.get_mut(field).map(Value::take).unwrap_or_default();
                let features = serde_json::from_value(take("unlessSupported")).map_err(D::Error::custom)?;
                Expect::Unless { features, then: serde_json::from_value(take("then")).map_err(D::Error::custom)? }
            }
            _ => Expect::Other(OtherExpectation { is, value }),
        })
    }
}

/// The value without fields that are `null`.
fn present(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, present(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(present).collect(),
        scalar => scalar,
    }
}

/// A request, and where it is sent.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// Where it is sent.
    pub parent: Parent,
    /// With TLS or without.
    #[serde(default)]
    pub scheme: Scheme,
    /// To which port; the only one of the parent for that scheme, unless given.
    #[serde(default)]
    pub port: Option<u16>,
    /// The request.
    #[serde(default)]
    pub request: Request,
}

/// Where a request is sent.
#[derive(Clone, Debug, Deserialize)]
pub struct Parent {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectName,
    /// The listener whose port is meant, if one is named.
    #[serde(default)]
    pub listener: Option<String>,
}

/// With TLS or without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Without.
    #[default]
    Http,
    /// With TLS.
    Https,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The host; the Gateway's address, unless given.
    pub host: Option<String>,
    /// The path with its query.
    pub path: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The server name of the TLS connection; the host, unless given.
    pub sni: Option<String>,
}

impl Default for Request {
    fn default() -> Self {
        Request { method: "GET".to_owned(), host: None, path: "/".to_owned(), headers: BTreeMap::new(), sni: None }
    }
}

/// Where an answer must send the client; what is not stated is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Location {
    /// The scheme.
    pub scheme: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The port, as text; none and the empty one are the scheme's own.
    pub port: Option<String>,
    /// The path.
    pub path: Option<String>,
}

/// A Service that must get a copy.
#[derive(Clone, Debug, Deserialize)]
pub struct MirrorExpectation {
    /// Its name.
    pub name: String,
}

/// What becomes of an HTTP request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpExpectation {
    /// The request.
    #[serde(flatten)]
    pub call: Call,
    /// What reaches the backend; the request as it is, unless given.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// Headers that the backend is told to answer with.
    #[serde(default)]
    pub backend_sets_response_headers: BTreeMap<String, String>,
    /// What is answered.
    #[serde(default)]
    pub response: Response,
    /// Where the answer sends the client.
    #[serde(default)]
    pub redirect: Option<Location>,
    /// The Service that the request must reach; none where none is named or compared.
    #[serde(default)]
    pub backend: Option<BackendExpectation>,
    /// The Services that get a copy.
    #[serde(default)]
    pub mirrored_to: Vec<MirrorExpectation>,
    /// The server name that a backend must see on a connection with TLS.
    #[serde(default)]
    pub server_name: Option<String>,
    /// Whether there must be no answer at all.
    #[serde(default)]
    pub fails: bool,
    /// What brings an error about, where the decision alone does not.
    #[serde(default)]
    pub cause: Option<String>,
}

/// What reaches a backend.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Upstream {
    /// The method, if not the request's.
    pub method: Option<String>,
    /// The host, if not the request's.
    pub host: Option<String>,
    /// The path with its query, if not the request's.
    pub path: Option<String>,
    /// Headers that must be there.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not.
    pub absent_headers: Vec<String>,
    /// The Secret of the certificate that the Gateway shows.
    pub client_cert: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Response {
    /// Any of these.
    pub status_codes: Vec<u16>,
    /// Where upstream takes any other status: none of these.
    pub any_status_but: Vec<u16>,
    /// Headers that must be there.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not.
    pub absent_headers: Vec<String>,
    /// Headers that must be there, with any of these values.
    pub valid_header_values: BTreeMap<String, Vec<String>>,
    /// Whether blanks in values do not count.
    pub ignore_whitespace: bool,
}

impl Default for Response {
    fn default() -> Self {
        Response {
            status_codes: vec![200],
            any_status_but: Vec::new(),
            headers: BTreeMap::new(),
            absent_headers: Vec::new(),
            valid_header_values: BTreeMap::new(),
            ignore_whitespace: false,
        }
    }
}

/// The Service that a request must reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BackendExpectation {
    /// Its namespace.
    pub namespace: String,
    /// Its name; any, unless given.
    #[serde(default)]
    pub name: Option<String>,
}

/// How many requests are spread over backends.
#[derive(Clone, Debug, Deserialize)]
pub struct WeightsExpectation {
    /// The protocol of the requests.
    #[serde(default)]
    pub protocol: WeightsProtocol,
    /// The request.
    #[serde(flatten)]
    pub call: Call,
    /// The share of each Service, by its name.
    pub distribution: BTreeMap<String, f64>,
}

/// The protocol of requests that are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightsProtocol {
    /// HTTP.
    #[default]
    Http,
    /// gRPC.
    Grpc,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl WeightsProtocol {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            WeightsProtocol::Http => "http",
            WeightsProtocol::Grpc => "grpc",
            WeightsProtocol::Tcp => "tcp",
            WeightsProtocol::Udp => "udp",
        }
    }
}
