//! The CRDs of both channels, and what their schemas ask for, place by place.

use std::collections::BTreeMap;
use std::path::Path;

use gateway_model::validation::Channel;
use gateway_model::yaml::{Limits, read_documents};
use serde_json::Value;

/// A version of a kind in a channel.
pub(crate) struct Crd {
    pub(crate) channel: Channel,
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) served: bool,
    pub(crate) namespaced: bool,
    pub(crate) schema: Value,
}

impl Crd {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.channel, self.kind, self.version)
    }
}

/// Every version of every kind, the unserved ones too.
pub(crate) fn crds(shared: &Path) -> Vec<Crd> {
    let mut found = Vec::new();
    for channel in Channel::ALL {
        let mut files: Vec<_> = std::fs::read_dir(shared.join("crds").join(channel.as_str()))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            for document in read_documents(&std::fs::read(&file).unwrap(), &Limits::default()) {
                let spec = document.unwrap().value["spec"].take();
                for version in spec["versions"].as_array().unwrap() {
                    let text = |value: &Value| value.as_str().unwrap().to_owned();
                    found.push(Crd {
                        channel,
                        group: text(&spec["group"]),
                        kind: text(&spec["names"]["kind"]),
                        version: text(&version["name"]),
                        served: version["served"] == true,
                        namespaced: spec["scope"] == "Namespaced",
                        schema: version["schema"]["openAPIV3Schema"].clone(),
                    });
                }
            }
        }
    }
    found
}

/// What a schema asks for: by place and name of the constraint, in the syntax of `inventory.json`.
pub(crate) type Constraints = BTreeMap<(String, String), Value>;

/// Keys of a schema that lead further in, or are words for people.
const NOT_CONSTRAINTS: &[&str] =
    &["properties", "items", "additionalProperties", "required", "description", "x-kubernetes-validations", RULES];

/// Where our schemas name their rules.
const RULES: &str = "x-gateway-model-rules";

pub(crate) fn constraints(schema: &Value) -> Constraints {
    let mut found = Constraints::new();
    visit("", schema, &mut |path, schema| {
        for (name, value) in schema.as_object().unwrap() {
            if !NOT_CONSTRAINTS.contains(&name.as_str()) {
                found.insert((path.to_owned(), name.clone()), value.clone());
            }
        }
        for field in schema["required"].as_array().into_iter().flatten() {
            found.insert((join(path, field.as_str().unwrap()), "required".to_owned()), true.into());
        }
    });
    found
}

/// The number of rules at each place that has some.
pub(crate) fn rule_counts(schema: &Value) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    visit("", schema, &mut |path, schema| {
        let rules = [RULES, "x-kubernetes-validations"].map(|key| schema[key].as_array().map_or(0, Vec::len));
        if rules != [0, 0] {
            found.insert(path.to_owned(), rules.into_iter().sum());
        }
    });
    found
}

/// Every place of a schema, from the outside in.
pub(crate) fn visit<'s>(path: &str, schema: &'s Value, see: &mut impl FnMut(&str, &'s Value)) {
    see(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        visit(&join(path, name), property, see);
    }
    if let Some(items) = schema.get("items") {
        visit(&format!("{path}[]"), items, see);
    }
    if let Some(values) = schema.get("additionalProperties") {
        visit(&format!("{path}{{}}"), values, see);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
