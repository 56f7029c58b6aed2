//! Objects with what an API server said of them, as `../shared/validation` has them.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use gateway_model::validation::{Channel, Report, Validation, validate_value};
use gateway_model::yaml::{Limits, read_documents};
use serde_json::Value;

/// An object, what was done with it, and what the server said.
pub(crate) struct Judged {
    pub(crate) id: String,
    pub(crate) channel: Channel,
    pub(crate) object: Value,
    /// What was there before, if this is an update.
    pub(crate) old: Option<Value>,
    /// Whether the update is one of the status alone.
    pub(crate) status: bool,
    pub(crate) valid: bool,
    pub(crate) errors: Vec<Told>,
}

/// One of the server's errors.
pub(crate) struct Told {
    pub(crate) stage: String,
    pub(crate) error_type: String,
    pub(crate) field: String,
    pub(crate) detail: String,
}

impl Told {
    fn read(error: &Value) -> Self {
        let text = |field: &str| error[field].as_str().unwrap_or("").to_owned();
        Told { stage: text("stage"), error_type: text("type"), field: text("field"), detail: text("detail") }
    }

    /// Whether the server names the place in the text alone.
    pub(crate) fn is_nowhere(&self, status: bool) -> bool {
        self.field == "<nil>" || (status && self.field == "status" && self.error_type == "FieldValueInvalid")
    }
}

impl Judged {
    /// What we say of it.
    pub(crate) fn report(&self) -> Report {
        let validation = Validation::new(self.channel);
        let validation = match (&self.old, self.status) {
            (Some(old), true) => validation.status_update(old),
            (Some(old), false) => validation.update(old),
            (None, _) => validation,
        };
        validate_value(&self.object, &validation).unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }

    /// How the report's places differ from the server's, if they do.
    ///
    /// A place that the server names in the text of an error alone may be told as a place.
    pub(crate) fn difference(&self, report: &Report) -> Option<String> {
        let (nowhere, somewhere): (Vec<_>, Vec<_>) = self
            .errors
            .iter()
            .filter(|error| error.stage != "blocked")
            .partition(|error| error.is_nowhere(self.status));
        let theirs: BTreeSet<_> =
            somewhere.iter().map(|error| (error.field.clone(), error.error_type.clone())).collect();
        let ours: BTreeSet<_> =
            report.errors.iter().map(|error| (error.path.clone(), error.error_type.to_string())).collect();
        let named = |path: &str| {
            let path = if self.status { path.strip_prefix("status.").unwrap_or(path) } else { path };
            nowhere.iter().any(|error| error.detail.contains(path))
        };
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let added: Vec<_> = ours.difference(&theirs).filter(|(path, _)| !named(path)).collect();
        (!missing.is_empty() || !added.is_empty()).then(|| format!("missing {missing:?}, added {added:?}"))
    }
}

fn channel(value: &Value) -> Channel {
    match value.as_str() {
        Some("standard") => Channel::Standard,
        Some("experimental") => Channel::Experimental,
        other => panic!("{other:?} is no channel"),
    }
}

fn errors(row: &Value) -> Vec<Told> {
    row["errors"].as_array().unwrap().iter().map(Told::read).collect()
}

/// Upstream's cases and examples, each in each channel. spec: `verdicts.jsonl`.
pub(crate) fn verdicts(folder: &Path) -> Vec<Judged> {
    let text = std::fs::read_to_string(folder.join("verdicts.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let reference = row["ref"].as_str().unwrap();
            let case = referred(folder, reference);
            Judged {
                id: format!("{reference} {}", row["channel"]),
                channel: channel(&row["channel"]),
                object: case["object"].clone(),
                old: case.get("old").cloned(),
                status: case["subresource"] == "status",
                valid: row["valid"] == true,
                errors: errors(&row),
            }
        })
        .collect()
}

/// A line of a file of cases, or a document of a manifest.
fn referred(folder: &Path, reference: &str) -> Value {
    let (path, number) = reference.split_once('#').unwrap_or((reference, ""));
    let path = folder.join(path);
    if path.extension().is_some_and(|extension| extension == "jsonl") {
        let number: usize = number.parse().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        return serde_json::from_str(text.lines().nth(number - 1).unwrap()).unwrap();
    }
    let bytes = std::fs::read(&path).unwrap();
    let mut documents = read_documents(&bytes, &Limits::default()).map(Result::unwrap);
    let document = documents.nth(number.parse().unwrap_or(0)).unwrap();
    serde_json::json!({"object": document.value})
}

/// Made objects. spec: `mutations.jsonl.gz`, `mutations-update.jsonl.gz`.
pub(crate) fn mutations(path: &Path) -> Vec<Judged> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            Judged {
                id: row["id"].as_str().unwrap().to_owned(),
                channel: channel(&row["channel"]),
                valid: row["valid"] == true,
                errors: errors(&row),
                status: row["subresource"] == "status",
                old: row.get_mut("old").map(Value::take),
                object: row["object"].take(),
            }
        })
        .collect()
}
