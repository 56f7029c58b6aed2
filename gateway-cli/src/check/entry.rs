//! One object with what was found.

use gateway_model::validation::{FieldError, Warning};
use serde_json::{Map, Value, json};

/// An object that was judged, however malformed.
#[derive(Debug)]
pub(super) struct Entry {
    /// The file, as it is told.
    pub(super) file: String,
    pub(super) document: usize,
    /// The position in a List's items.
    pub(super) item: Option<usize>,
    pub(super) api_version: String,
    pub(super) kind: String,
    /// None for kinds that live in no namespace.
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) errors: Vec<Finding>,
    pub(super) warnings: Vec<Finding>,
}

/// Something that was found in an object.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) path: String,
    /// The API server's kind of error; warnings have none.
    pub(super) error_type: Option<&'static str>,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) spot: Option<Spot>,
}

/// Where a finding's field is in its file, or what is around it if it is missing.
#[derive(Debug)]
pub(super) struct Spot {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// The text of the line.
    pub(super) text: String,
}

impl Entry {
    pub(super) fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.errors.iter().chain(&self.warnings)
    }

    pub(super) fn findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.errors.iter_mut().chain(&mut self.warnings)
    }

    /// As the verb's JSON has it.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "document": self.document,
            "item": self.item,
            "apiVersion": self.api_version,
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "valid": self.is_valid(),
            "errors": self.errors.iter().map(Finding::to_json).collect::<Value>(),
            "warnings": self.warnings.iter().map(Finding::to_json).collect::<Value>(),
        })
    }
}

impl From<FieldError> for Finding {
    fn from(error: FieldError) -> Self {
        let error_type = Some(error.error_type.as_str());
        Finding { path: error.path, error_type, code: error.code, message: error.message, spot: None }
    }
}

impl From<Warning> for Finding {
    fn from(warning: Warning) -> Self {
        Finding { path: warning.path, error_type: None, code: warning.code, message: warning.message, spot: None }
    }
}

impl Finding {
    fn to_json(&self) -> Value {
        let mut value = Map::new();
        value.insert("path".to_owned(), self.path.as_str().into());
        if let Some(error_type) = self.error_type {
            value.insert("type".to_owned(), error_type.into());
        }
        value.insert("code".to_owned(), self.code.into());
        value.insert("message".to_owned(), self.message.as_str().into());
        if let Some(spot) = &self.spot {
            value.insert("line".to_owned(), spot.line.into());
            value.insert("column".to_owned(), spot.column.into());
        }
        value.into()
    }
}
