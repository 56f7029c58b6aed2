//! Upstream's conformance tests as data: what a cluster holds, and what must then be answered.
//!
//! Facts that the replay does not use are passed over. `null` counts as absent.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

use super::patch::Operation;
use super::status::StatusExpectation;

mod traffic;

pub use traffic::*;

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
    /// The features that an implementation must support for the step to count.
    pub requires: Vec<String>,
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

impl ObjectName {
    /// `namespace/name`.
    pub fn slash_name(&self) -> String {
        format!("{}/{}", self.namespace.as_deref().unwrap_or(""), self.name)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.slash_name())
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
    /// What becomes of a gRPC call.
    Grpc(Box<GrpcExpectation>),
    /// What becomes of a connection, or of datagrams, as a whole.
    Stream(Box<StreamExpectation>),
    /// How many requests are spread over backends.
    Weights(Box<WeightsExpectation>),
    /// With which header each backend sees requests.
    Mark(Box<MarkExpectation>),
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
        Expect::read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Expect {
    fn read(mut value: Value) -> Result<Self, serde_json::Error> {
        let is = value.get("is").and_then(Value::as_str).ok_or_else(|| Error::missing_field("is"))?.to_owned();
        let has = |field: &str| value.get(field).is_some();
        Ok(match is.as_str() {
            "http" => Expect::Http(read(value)?),
            "grpc" => Expect::Grpc(read(value)?),
            "tls" | "tcp" | "udp" => Expect::Stream(read(value)?),
            "weights" => Expect::Weights(read(value)?),
            kind if StatusExpectation::KINDS.contains(&kind) => Expect::Status(read(value)?),
            "other" if has("headerValueByBackend") => Expect::Mark(read(value)?),
            "other" if has("unlessSupported") => {
                let mut take = |field: &str| value.get_mut(field).map(Value::take).unwrap_or_default();
                let features = serde_json::from_value(take("unlessSupported"))?;
                Expect::Unless { features, then: serde_json::from_value(take("then"))? }
            }
            // A condition, whatever its status.
            "other" if has("object") && has("type") => {
                if let Some(is) = value.get_mut("is") {
                    *is = "condition".into();
                }
                Expect::Status(read(value)?)
            }
            _ => Expect::Other(OtherExpectation { is, value }),
        })
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<Box<T>, serde_json::Error> {
    serde_json::from_value(present(value)).map(Box::new)
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
