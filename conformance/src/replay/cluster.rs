//! A cluster in memory: objects as an API server keeps them.

use std::collections::BTreeMap;

use gateway_match::{Profile, Topology};
use gateway_model::yaml::{Limits, read_documents};
use gateway_model::{ReadError, Resources, Timestamp, read_objects};
use gateway_status::{DataPlane, Desired, Reporter, Status};
use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};

use super::expectation::{Generated, ObjectName, Patch};
use super::patch::{NoSuchPlace, json_patch, merge_patch};

/// The controllerName of the implementation under test.
pub const CONTROLLER: &str = "example.com/gateway";
/// The GatewayClass under test, to which every Gateway belongs.
pub const CLASS: &str = "gateway-conformance";
/// The address that a Gateway gets, and the host of requests that name none.
pub const ADDRESS: &str = "192.0.2.1";
/// Another address that Gateways may ask for and get.
pub const OTHER_ADDRESS: &str = "192.0.2.2";
/// An address that Gateways may ask for and never get.
pub const UNUSABLE_ADDRESS: &str = "198.51.100.1";

/// Makes the certificates that upstream's suite makes at run time.
pub trait Certificates {
    /// A certificate with its private key. An object that is a ConfigMap wants an authority's own.
    fn make(&mut self, wanted: &Generated) -> CertifiedKey;
}

impl<F: FnMut(&Generated) -> CertifiedKey> Certificates for F {
    fn make(&mut self, wanted: &Generated) -> CertifiedKey {
        self(wanted)
    }
}

/// A certificate and its private key, as PEM texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedKey {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// Why the cluster cannot be as a test wants it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A manifest is no YAML.
    #[error("{0}")]
    Yaml(String),
    /// An object without kind or name.
    #[error("an object has no kind or no name: {0}")]
    Nameless(Value),
    /// A patch of an object that is not there.
    #[error("{0} is not there to be patched")]
    NoTarget(ObjectName),
    /// A patch of a place that is not there.
    #[error("{target}: {problem}")]
    NoPlace {
        /// The object.
        target: ObjectName,
        /// The place.
        problem: NoSuchPlace,
    },
    /// An object that cannot be read.
    #[error("{0}")]
    Object(#[from] ReadError),
}

/// Objects as an API server keeps them: named, aged, with generations that count changes of the spec.
#[derive(Clone, Debug)]
pub struct Cluster {
    objects: BTreeMap<ObjectName, Value>,
    /// The ConfigMaps of the authorities that signed certificates, by the Secrets of these; both
    /// are `namespace/name`.
    authorities: BTreeMap<String, String>,
    /// Seconds since the cluster began.
    clock: u32,
}

impl Default for Cluster {
    fn default() -> Self {
        Self::new()
    }
}

impl Cluster {
    /// A cluster with the GatewayClass under test.
    pub fn new() -> Self {
        let class = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass",
            "metadata": {"name": CLASS, "generation": 1, "creationTimestamp": timestamp(0)},
            "spec": {"controllerName": CONTROLLER},
        });
        let name = ObjectName { kind: "GatewayClass".to_owned(), namespace: None, name: CLASS.to_owned() };
        Cluster { objects: [(name, class)].into(), authorities: BTreeMap::new(), clock: 0 }
    }

    /// Applies every object of a manifest. All that it creates has one timestamp, so that names
    /// decide among them, as they do when upstream applies a file.
    ///
    /// # Errors
    ///
    /// A document that cannot be read, or that is no object.
    pub fn load(&mut self, manifest: &str) -> Result<(), ClusterError> {
        let manifest = manifest.replace("{GATEWAY_CLASS_NAME}", CLASS).replace("{GATEWAY_CONTROLLER_NAME}", CONTROLLER);
        self.clock += 1;
        for document in read_documents(manifest.as_bytes(), &Limits::default()) {
            let mut object = document.map_err(|error| ClusterError::Yaml(error.to_string()))?.value;
            if object.get("kind").and_then(Value::as_str) == Some("Gateway")
                && let Some(given) = object.pointer_mut("/spec/addresses")
            {
                *given = addresses(given.as_array().map(Vec::as_slice).unwrap_or_default());
            }
            self.put(object)?;
        }
        Ok(())
    }

    /// Creates or replaces an object, later than all that was there before.
    ///
    /// # Errors
    ///
    /// A value that is no object.
    pub fn apply(&mut self, object: Value) -> Result<(), ClusterError> {
        self.clock += 1;
        self.put(object)
    }

    /// Changes an object.
    ///
    /// # Errors
    ///
    /// An object or a place in it that is not there.
    pub fn patch(&mut self, patch: &Patch) -> Result<(), ClusterError> {
        let target = || patch.target.clone();
        let mut object = self.objects.get(&patch.target).cloned().ok_or_else(|| ClusterError::NoTarget(target()))?;
        if let Some(merge) = &patch.merge {
            merge_patch(&mut object, merge);
        }
        json_patch(&mut object, &patch.json).map_err(|problem| ClusterError::NoPlace { target: target(), problem })?;
        self.apply(object)
    }

    /// Takes an object away; one that is not there is no error.
    pub fn delete(&mut self, name: &ObjectName) {
        self.objects.remove(name);
    }

    /// Creates or replaces an object with a certificate.
    ///
    /// # Errors
    ///
    /// None for objects that have a name.
    pub fn generate(&mut self, wanted: &Generated, certificates: &mut dyn Certificates) -> Result<(), ClusterError> {
        let keys = wanted.data_keys();
        if keys.is_empty() {
            return Ok(());
        }
        let made = certificates.make(wanted);
        if let Some(authority) = &wanted.signed_by {
            self.authorities.insert(wanted.object.slash_name(), authority.clone());
        }
        let is_secret = wanted.object.kind == "Secret";
        let data: Map<String, Value> = keys
            .into_iter()
            .map(|key| {
                let text = if key.ends_with(".key") || key.starts_with("key.") { &made.key } else { &made.certificate };
                (key.to_owned(), if is_secret { base64(text) } else { text.as_str().into() })
            })
            .collect();
        let mut object = json!({
            "apiVersion": "v1", "kind": wanted.object.kind, "data": data,
            "metadata": {"name": wanted.object.name, "namespace": wanted.object.namespace},
        });
        if let Some(fields) = object.as_object_mut().filter(|_| is_secret) {
            let secret_type = wanted.secret_type.as_deref().unwrap_or("kubernetes.io/tls");
            fields.insert("type".to_owned(), secret_type.into());
        }
        self.apply(object)
    }

    /// The object of that name, as it is.
    pub fn get(&self, name: &ObjectName) -> Option<&Value> {
        self.objects.get(name)
    }

    /// The ConfigMap of the authority that signed the certificate of a Secret, if one did; both are
    /// `namespace/name`.
    pub fn authority_of(&self, secret: &str) -> Option<&str> {
        self.authorities.get(secret).map(String::as_str)
    }

    /// The objects that decisions look at.
    ///
    /// # Errors
    ///
    /// An object of such a kind that cannot be read.
    pub fn resources(&self) -> Result<Resources, ClusterError> {
        let mut resources = Resources::new();
        for object in self.objects.values() {
            for read in read_objects(object.clone(), "default") {
                match read.object {
                    Ok(object) => drop(resources.insert_any(object)),
                    Err(ReadError::OtherKind { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(resources)
    }

    /// Computes the status of every object of ours, and writes what differs, as a controller does.
    ///
    /// # Errors
    ///
    /// An object that cannot be read.
    pub fn write_statuses(&mut self, profile: &Profile) -> Result<(), ClusterError> {
        let resources = self.resources()?;
        let topology = Topology::resolve(&resources, profile);
        let word = DataPlane::new().address(ADDRESS).address(OTHER_ADDRESS);
        let reporter = Reporter::new(&resources, &topology, &word);
        let now = Timestamp::new(timestamp(self.clock));
        let mut writer = StatusWriter { cluster: self, resources: &resources, now };
        reporter.gateway_classes().for_each(|desired| writer.write(&desired));
        reporter.gateways().for_each(|desired| writer.write(&desired));
        reporter.listener_sets().for_each(|desired| writer.write(&desired));
        reporter.routes().for_each(|desired| writer.write(&desired));
        reporter.policies().for_each(|desired| writer.write(&desired));
        reporter.meshes().for_each(|desired| writer.write(&desired));
        Ok(())
    }

    fn put(&mut self, mut object: Value) -> Result<(), ClusterError> {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or("").to_owned();
        let (Some(name), false) = (object.pointer("/metadata/name").and_then(Value::as_str), kind.is_empty()) else {
            return Err(ClusterError::Nameless(object));
        };
        let name = name.to_owned();
        let overwritten = match kind.as_str() {
            "Gateway" => Some(("gatewayClassName", CLASS)),
            "GatewayClass" => Some(("controllerName", CONTROLLER)),
            _ => None,
        };
        if let (Some((field, value)), Some(Value::Object(spec))) = (overwritten, object.get_mut("spec")) {
            spec.insert(field.to_owned(), value.into());
        }
        let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
            return Err(ClusterError::Nameless(object));
        };
        let namespace = (!matches!(kind.as_str(), "Namespace" | "GatewayClass")).then(|| {
            let given = metadata.entry("namespace").or_insert_with(|| "default".into());
            given.as_str().unwrap_or("default").to_owned()
        });
        let name = ObjectName { kind, namespace, name };
        match self.objects.get(&name) {
            Some(before) => keep_what_the_server_keeps(before, &mut object),
            None => {
                metadata.entry("generation").or_insert_with(|| 1.into());
                metadata.entry("creationTimestamp").or_insert_with(|| timestamp(self.clock).into());
            }
        }
        self.objects.insert(name, object);
        Ok(())
    }
}

/// Writes statuses as JSON merge patches.
struct StatusWriter<'a> {
    cluster: &'a mut Cluster,
    resources: &'a Resources,
    now: Timestamp,
}

impl StatusWriter<'_> {
    fn write<S: Status>(&mut self, desired: &Desired<S>) {
        let stored = S::stored(self.resources, &desired.object);
        let Some(merged) = gateway_status::merge(stored, desired, &self.now) else { return };
        let key = &desired.object;
        let name = ObjectName {
            kind: key.kind.as_str().to_owned(),
            namespace: key.kind.is_namespaced().then(|| key.namespace.to_string()),
            name: key.name.to_string(),
        };
        if let Some(object) = self.cluster.objects.get_mut(&name) {
            merge_patch(object, &gateway_status::merge_patch(stored, &merged));
        }
    }
}

/// Age and status stay, and the generation counts changes of the spec.
fn keep_what_the_server_keeps(before: &Value, object: &mut Value) {
    let generation = before.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(1);
    let changed = before.get("spec") != object.get("spec");
    let created = before.pointer("/metadata/creationTimestamp").cloned();
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("generation".to_owned(), (generation + i64::from(changed)).into());
        metadata.extend(created.map(|created| ("creationTimestamp".to_owned(), created)));
    }
    if let (Some(fields), Some(status)) = (object.as_object_mut(), before.get("status")) {
        fields.entry("status").or_insert_with(|| status.clone());
    }
}

/// The addresses that the suite lets a Gateway ask for: those of no known type first, then the
/// placeholders with addresses in their place; all others are dropped.
fn addresses(given: &[Value]) -> Value {
    let field = |address: &Value, field: &str| address.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
    let unknown = given.iter().filter(|address| field(address, "type") == "test/fake-invalid-type").cloned();
    let known = given
        .iter()
        .filter_map(|address| match field(address, "value").as_str() {
            "PLACEHOLDER_USABLE_ADDRS" => Some(OTHER_ADDRESS),
            "PLACEHOLDER_UNUSABLE_ADDRS" => Some(UNUSABLE_ADDRESS),
            _ => None,
        })
        .map(|value| json!({"type": "IPAddress", "value": value}));
    unknown.chain(known).collect()
}

/// So many seconds into a day in January.
fn timestamp(seconds: u32) -> String {
    let (day, hour, minute) = (1 + seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:{:02}Z", seconds % 60)
}

fn base64(text: &str) -> Value {
    serde_json::to_value(ByteString(text.as_bytes().to_vec())).unwrap_or_default()
}
