//! The CRDs' schemas.

use std::collections::HashMap;
use std::path::Path;

use gateway_model::yaml::{Limits, read_documents};
use serde_json::Value;

/// The schemas of all kinds, by `apiVersion` and `kind`; of the experimental channel, which has
/// every field of the standard one, unless only that serves the version.
pub(crate) struct Schemas(HashMap<(String, String), Value>);

impl Schemas {
    /// Reads the CRDs of both channels.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut schemas = HashMap::new();
        for channel in ["experimental", "standard"] {
            for entry in std::fs::read_dir(folder.join(channel)).unwrap() {
                let bytes = std::fs::read(entry.unwrap().path()).unwrap();
                for document in read_documents(&bytes, &Limits::default()) {
                    add(&document.unwrap().value, &mut schemas);
                }
            }
        }
        Schemas(schemas)
    }

    /// The schema of an object, if its kind and version have one.
    pub(crate) fn of(&self, object: &Value) -> Option<&Value> {
        let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
        self.0.get(&(text("apiVersion"), text("kind")))
    }
}

fn add(crd: &Value, schemas: &mut HashMap<(String, String), Value>) {
    let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    for version in crd["spec"]["versions"].as_array().into_iter().flatten() {
        let api_version = format!("{}/{}", text("/spec/group"), version["name"].as_str().unwrap());
        let schema = &version["schema"]["openAPIV3Schema"];
        schemas.entry((api_version, text("/spec/names/kind"))).or_insert_with(|| schema.clone());
    }
}
