//! Documents through the model: reading loses nothing, writing adds nothing, and the typed
//! defaults are those of the CRDs' schemas.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, their helpers included"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use gateway_conformance::shared;
use gateway_model::yaml::{Limits, read_documents};
use gateway_model::{AnyObject, ApplyDefaults, ReadError, read_objects};
use serde_json::{Value, json};

#[path = "documents/difference.rs"]
mod difference;
#[path = "documents/schema.rs"]
mod schema;
#[path = "documents/schemas.rs"]
mod schemas;

use difference::{Difference, differences};
use schema::prune;
use schemas::Schemas;

/// Where objects without a namespace are read into.
const NAMESPACE: &str = "somewhere";

#[test]
fn examples_are_written_as_they_were_read() {
    let Some(folder) = shared::folder() else { return };
    let mut tally = Tally::new("upstream's examples");
    for document in manifests(&folder.join("validation/examples")) {
        let Some(object) = tally.read(&document) else { continue };
        let expected = in_its_place(document.value, &object);
        for difference in differences(&expected, &to_json(&object)) {
            tally.unexpected(&document.source, &difference);
        }
    }
    tally.finish();
}

#[test]
fn valid_objects_are_written_as_they_were_read() {
    let Some(folder) = shared::folder() else { return };
    let schemas = Schemas::read(&folder.join("crds"));
    let sets = [
        ("upstream's conformance manifests", manifests(&folder.join("conformance/manifests"))),
        ("upstream's valid cases", cases(&folder.join("validation/cases"))),
        ("valid mutations", mutations(&folder.join("validation/mutations.jsonl.gz"))),
    ];
    for (name, documents) in sets {
        let mut tally = Tally::new(name);
        for document in documents {
            let Some(object) = tally.read(&document) else { continue };
            let mut expected = document.value;
            if let Some(schema) = schemas.of(&expected) {
                prune(&mut expected, schema);
            }
            let expected = in_its_place(settled(expected), &object);
            for difference in differences(&expected, &to_json(&object)) {
                match excuse_of_writing(&difference) {
                    Some(excuse) => tally.excuse(excuse),
                    None => tally.unexpected(&document.source, &difference),
                }
            }
        }
        tally.finish();
    }
}

#[test]
fn typed_defaults_are_those_of_the_schemas() {
    let Some(folder) = shared::folder() else { return };
    let schemas = Schemas::read(&folder.join("crds"));
    let sets = [
        ("defaults in upstream's examples", manifests(&folder.join("validation/examples"))),
        ("defaults in upstream's conformance manifests", manifests(&folder.join("conformance/manifests"))),
        ("defaults in upstream's valid cases", cases(&folder.join("validation/cases"))),
        ("defaults in valid mutations", mutations(&folder.join("validation/mutations.jsonl.gz"))),
    ];
    for (name, documents) in sets {
        let mut tally = Tally::new(name);
        for document in documents {
            let Some(schema) = schemas.of(&document.value) else {
                continue;
            };
            let Some(object) = tally.read(&document) else { continue };
            let defaulted = with_defaults(&object);
            assert_eq!(defaulted, with_defaults(&defaulted), "{}: defaults are not idempotent", document.source);
            let mut expected = settled(document.value);
            prune(&mut expected, schema);
            schema::apply_defaults(&mut expected, schema);
            let expected = in_its_place(expected, &object);
            for difference in differences(&expected, &to_json(&defaulted)) {
                match excuse_of_defaults(&difference).or_else(|| excuse_of_writing(&difference)) {
                    Some(excuse) => tally.excuse(excuse),
                    None => tally.unexpected(&document.source, &difference),
                }
            }
        }
        tally.finish();
    }
}

/// Entries of statuses that several controllers write.
const OF_OTHERS: [&str; 4] =
    ["status.parents[].", "status.ancestors[].", "status.conditions[].", "status.listeners[].conditions[]."];

/// Why a written object may differ from its document, settled and pruned.
fn excuse_of_writing(difference: &Difference) -> Option<&'static str> {
    match (&difference.left, &difference.right) {
        // The API does not tell them apart: its own Go types leave them out as well. Empty structs
        // are another matter: a selector without requirements selects everything.
        (Some(left), None) if *left == json!([]) || (*left == json!({}) && is_map(&difference.path)) => {
            Some("an empty list or map is left out")
        }
        // Other controllers' entries go back as they came, with what later versions know.
        (None, Some(_)) if OF_OTHERS.iter().any(|place| difference.path.starts_with(place)) => {
            Some("an entry of a status keeps a field that is not known")
        }
        _ => None,
    }
}

/// Why typed defaults may differ from those of the schema.
fn excuse_of_defaults(difference: &Difference) -> Option<&'static str> {
    let defaulted = ["spec.rules", "spec.rules[].matches", "status.conditions"];
    let is_empty_list = difference.left == Some(json!([]));
    // The schema's default is for the absent list alone; the model does not tell the two apart, and
    // they mean the same.
    (is_empty_list && difference.right.is_some() && defaulted.contains(&difference.path.as_str()))
        .then_some("an empty list gets the default of an absent one")
}

/// Whether a field is one whose names are the users'.
fn is_map(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    ["labels", "annotations", "options", "matchLabels"].contains(&name)
}

/// What an API server makes of a document before it looks at fields: `null` is absent, and whole
/// floats are integers.
fn settled(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, settled(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::Number(number) => {
            match number.to_string().strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok()) {
                Some(whole) => whole.into(),
                None => number.into(),
            }
        }
        other => other,
    }
}

/// The document in the namespace that it was read into and in the version that is written.
fn in_its_place(mut document: Value, object: &AnyObject) -> Value {
    let key = object.key();
    let metadata = document["metadata"].as_object_mut().unwrap();
    if key.kind.is_namespaced() {
        metadata.entry("namespace").or_insert_with(|| NAMESPACE.into());
    }
    let written = to_json(object)["apiVersion"].take();
    let group =
        |version: &Value| version.as_str().and_then(|text| text.split_once('/')).map(|(group, _)| group.to_owned());
    assert_eq!(group(&document["apiVersion"]), group(&written), "{key}");
    document["apiVersion"] = written;
    document
}

macro_rules! of_kinds {
    ($any:expr, $object:ident => $typed:expr, $core:expr) => {{
        use AnyObject::*;
        of_kinds!(@arms $any, $object,
            [GatewayClass, Gateway, ListenerSet, HttpRoute, GrpcRoute, TlsRoute, TcpRoute, UdpRoute, ReferenceGrant,
             BackendTlsPolicy, XBackend, XBackendTrafficPolicy, XMesh, ServiceImport] => $typed,
            [Namespace, Service, Secret, ConfigMap, EndpointSlice] => $core)
    }};
    (@arms $any:expr, $object:ident, [$($kind:ident),+] => $typed:expr, [$($core_kind:ident),+] => $core:expr) => {
        match $any {
            $($kind($object) => $typed,)+
            $($core_kind($object) => $core,)+
            other => panic!("{} is of a kind that this test does not know", other.key()),
        }
    };
}

fn to_json(object: &AnyObject) -> Value {
    of_kinds!(object, object => serde_json::to_value(&**object), serde_json::to_value(&**object)).unwrap()
}

fn with_defaults(object: &AnyObject) -> AnyObject {
    of_kinds!(object, object => {
        let mut object = (**object).clone();
        object.apply_defaults();
        object.into()
    }, AnyObject::from((**object).clone()))
}

/// What was read and compared, and how it went.
struct Tally {
    name: &'static str,
    kinds: BTreeMap<String, usize>,
    excuses: BTreeMap<&'static str, usize>,
    problems: Vec<String>,
}

impl Tally {
    fn new(name: &'static str) -> Self {
        Tally { name, kinds: BTreeMap::new(), excuses: BTreeMap::new(), problems: Vec::new() }
    }

    /// The object of a document, unless it is of a kind that the model does not have.
    fn read(&mut self, document: &Document) -> Option<AnyObject> {
        let mut read = read_objects(document.value.clone(), NAMESPACE);
        assert_eq!(read.len(), 1, "{}", document.source);
        match read.remove(0).object {
            Ok(object) => {
                *self.kinds.entry(object.key().kind.to_string()).or_default() += 1;
                Some(object)
            }
            Err(ReadError::OtherKind { kind }) => {
                *self.kinds.entry(format!("({kind})")).or_default() += 1;
                None
            }
            Err(error) => {
                self.problems.push(format!("{}: {error}", document.source));
                None
            }
        }
    }

    fn excuse(&mut self, excuse: &'static str) {
        *self.excuses.entry(excuse).or_default() += 1;
    }

    fn unexpected(&mut self, source: &str, difference: &Difference) {
        self.problems.push(format!("{source}: {difference}"));
    }

    fn finish(self) {
        println!("{self}");
        assert!(!self.kinds.is_empty(), "{}: there are none", self.name);
        let shown: Vec<_> = self.problems.iter().take(40).map(String::as_str).collect();
        assert!(self.problems.is_empty(), "{}: {} problems\n{}", self.name, self.problems.len(), shown.join("\n"));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} documents:", self.name, self.kinds.values().sum::<usize>())?;
        for (kind, count) in &self.kinds {
            write!(f, " {kind} {count}")?;
        }
        for (excuse, count) in &self.excuses {
            write!(f, "\n    {count} times {excuse}")?;
        }
        Ok(())
    }
}

/// A document with where it comes from.
struct Document {
    source: String,
    value: Value,
}

fn manifests(folder: &Path) -> Vec<Document> {
    let mut documents = Vec::new();
    for path in files(folder) {
        let bytes = std::fs::read(&path).unwrap();
        for document in read_documents(&bytes, &Limits::default()) {
            let document = document.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let source = format!("{} document {}", path.display(), document.index);
            documents.push(Document { source, value: document.value });
        }
    }
    documents
}

fn cases(folder: &Path) -> Vec<Document> {
    let mut documents = Vec::new();
    for path in files(folder) {
        for (line, text) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let mut case: Value = serde_json::from_str(text).unwrap();
            if case["wantErrors"] == json!([]) {
                let source = format!("{} line {}", path.display(), line + 1);
                documents.push(Document { source, value: case["object"].take() });
            }
        }
    }
    documents
}

fn mutations(path: &Path) -> Vec<Document> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|case| case["valid"] == true)
        .map(|mut case| Document { source: case["id"].to_string(), value: case["object"].take() })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
