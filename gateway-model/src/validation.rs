//! Objects judged as an API server with the CRDs of Gateway API v1.6.1 judges them, without one.
//!
//! ```
//! use gateway_model::validation::{Channel, Validation, validate_value};
//!
//! let route = serde_json::json!({
//!     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
//!     "metadata": {"name": "cart", "namespace": "shop"},
//!     "spec": {"rules": [{"filters": [{"type": "URLRewrite", "requestMirror": {"backendRef": {"name": "b"}}}]}]}
//! });
//! let report = validate_value(&route, &Validation::new(Channel::Standard))?;
//! assert!(!report.is_valid());
//! let told: Vec<_> = report.errors.iter().map(|error| (error.path.as_str(), error.code)).collect();
//! assert_eq!(told, [
//!     ("spec.rules[0].filters[0]", "route-filter-type-mismatch"),
//!     ("spec.rules[0].filters[0]", "route-filter-field-missing"),
//!     ("spec.rules[0].filters[0].requestMirror.backendRef", "backend-service-port"),
//! ]);
//! # Ok::<(), gateway_model::validation::OtherKind>(())
//! ```
//!
//! # What is judged, and how
//!
//! 1. Unknown fields are dropped, with a warning: in the standard channel, that includes the
//!    experimental ones. `null` means absent. Defaults are filled in.
//! 2. Metadata, then single values: types, bounds, patterns, what must be there.
//! 3. Lists that are sets or maps: nothing twice.
//! 4. Rules between fields, unless an error before makes them meaningless: a wrong type, a missing
//!    or unsupported value, too long a text, too many entries.
//!
//! The schema is that of the object's own `apiVersion`: TLSRoute of v1alpha2 needs no hostnames. A
//! status in the object is judged with it.
//!
//! # Cost and untrusted input
//!
//! O(object), and O(n log n) in its lists. Nothing panics; the recursion is as deep as the schema.
//! Patterns are compiled once in a process, when they are first needed.

mod advice;
mod correlation;
mod document;
mod finding;
#[cfg(feature = "schemars")]
mod json_schema;
mod kinds;
mod metadata;
mod path;
mod rules;
mod settle;
mod structure;
mod unique;

pub(crate) mod constraint;
pub(crate) mod format;
pub(crate) mod pattern;
pub(crate) mod rule;

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use constraint::Channel;
pub use document::{served_versions, structural_schema};
pub use finding::{ErrorType, FieldError, Report, Warning};
#[cfg(feature = "schemars")]
pub use json_schema::schema;

use crate::key::ResourceKind;
use advice::Advisor;
use constraint::Schema;
use correlation::Before;
use kinds::{KindTable, Version};
use metadata::Metadata;
use path::Path;
use rules::Rules;
use settle::Settling;
use structure::Structure;
use unique::Uniqueness;

/// How an object is to be judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validation<'a> {
    channel: Channel,
    old: Option<&'a Value>,
    status: bool,
    advice: bool,
}

impl<'a> Validation<'a> {
    /// As on creation, by the CRDs of a channel.
    pub fn new(channel: Channel) -> Self {
        Validation { channel, old: None, status: false, advice: false }
    }

    /// As on an update of this object.
    ///
    /// Then some fields must stay as they are, and what the update leaves alone is not judged
    /// again, as API servers of Kubernetes 1.30 and later have it.
    pub fn update(self, old: &'a Value) -> Self {
        Validation { old: Some(old), ..self }
    }

    /// Warns also of what the specification states in words and no API server enforces: two actions
    /// on one header, a listener of HTTPS without TLS, an invalid regular expression, and so on.
    ///
    /// See [`warnings_across`] for what concerns several objects.
    pub fn with_advice(self) -> Self {
        Validation { advice: true, ..self }
    }

    /// As on an update through the subresource `status`, where nothing but the status changes.
    pub fn status_update(self, old: &'a Value) -> Self {
        Validation { old: Some(old), status: true, ..self }
    }
}

/// An object whose kind the CRDs of the Gateway API do not define.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is no kind of the Gateway API")]
pub struct OtherKind {
    /// `apiVersion` and `kind`, as far as they can be read.
    pub kind: String,
}

/// What an API server would say of an object.
///
/// # Errors
///
/// When the object is of no kind of the Gateway API. A known kind in a version that the channel
/// does not serve is an error in the report, at `apiVersion`.
pub fn validate_value(object: &Value, validation: &Validation<'_>) -> Result<Report, OtherKind> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or("");
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let table = ResourceKind::find(group, kind).and_then(kinds::table);
    let (Some(table), Value::Object(fields)) = (table, object) else {
        return Err(OtherKind { kind: format!("{api_version} {kind}").trim().to_owned() });
    };
    let mut report = Report::default();
    match table.served(version, validation.channel) {
        Some(version) => Judgement { table, version, validation, report: &mut report }.judge(fields),
        None => report.errors.push(not_served(table, api_version, validation.channel)),
    }
    Ok(report)
}

fn not_served(table: &KindTable, api_version: &str, channel: Channel) -> FieldError {
    let served: Vec<_> = table
        .versions
        .iter()
        .filter(|version| version.channels.contains(&channel))
        .map(|version| format!("`{}/{}`", table.kind.group(), version.name))
        .collect();
    let message = match served.as_slice() {
        [] => format!("{} is not served in the {channel} channel: it is experimental", table.kind),
        served => format!("`{api_version}` is not served in the {channel} channel: write {}", served.join(" or ")),
    };
    FieldError {
        path: "apiVersion".to_owned(),
        error_type: ErrorType::NotSupported,
        code: "version-not-served",
        value: Some(api_version.into()),
        message,
    }
}

/// What is wrong between the objects of a set, by the position of the object that it concerns: a
/// route's hostname that no listener of its parents can match, a section that a parent does not
/// have. Parents that are not in the set are taken to be right.
///
/// spec: `CommonRouteSpec.parentRefs`, `HTTPRouteSpec.hostnames`. O(objects), and for each route
/// O(hostnames × listeners).
pub fn warnings_across(objects: &[&Value]) -> Vec<(usize, Warning)> {
    advice::across(objects)
}

/// What an API server would say of a typed object; see [`validate_value`].
///
/// What reading dropped cannot be judged: to hear of unknown fields, validate the document.
///
/// # Errors
///
/// For a ServiceImport, which the CRDs of the Gateway API do not define.
///
/// ```
/// use gateway_model::HttpRoute;
/// use gateway_model::validation::{Channel, Validation, validate};
///
/// let report = validate(&HttpRoute::default(), &Validation::new(Channel::Standard))?;
/// assert_eq!(report.errors[0].path, "metadata.name");
/// # Ok::<(), gateway_model::validation::OtherKind>(())
/// ```
#[cfg(feature = "k8s")]
pub fn validate<S: crate::kind::Kind>(
    object: &crate::object::Object<S>,
    validation: &Validation<'_>,
) -> Result<Report, OtherKind> {
    // Types of this crate have text keys alone, so they always have a JSON form.
    validate_value(&serde_json::to_value(object).unwrap_or_default(), validation)
}

struct Judgement<'a, 'r> {
    table: &'static KindTable,
    version: &'static Version,
    validation: &'a Validation<'a>,
    report: &'r mut Report,
}

/// The parts of an object that its CRD has a schema for.
struct Parts {
    spec: Option<Value>,
    status: Option<Value>,
}

impl Judgement<'_, '_> {
    fn judge(&mut self, fields: &Map<String, Value>) {
        let old = self.validation.old;
        let mut unknown = Vec::new();
        let settled = self.settled(fields, &mut unknown);
        for path in unknown {
            let message = match self.validation.channel {
                Channel::Standard => "is no field of the standard channel: an API server drops it",
                Channel::Experimental => "is no field there: an API server drops it",
            };
            self.report.warnings.push(Warning { path, code: "unknown-field", message: message.to_owned() });
        }
        if self.version.deprecated {
            let message = format!("{} is deprecated: write `{}`", self.version.name, self.newest());
            let path = "apiVersion".to_owned();
            self.report.warnings.push(Warning { path, code: "version-deprecated", message });
        }
        let before = old.and_then(Value::as_object).map(|old| self.settled(old, &mut Vec::new()));
        self.metadata(fields, old);
        self.parts(&settled, before.as_ref());
        if let (true, Some(spec)) = (self.validation.advice, &settled.spec) {
            Advisor { warnings: &mut self.report.warnings }.look(spec, &Path::Root.field("spec"));
        }
    }

    /// The version to write in place of an older one.
    fn newest(&self) -> String {
        let newest = self.table.versions.first().map_or("", |version| version.name);
        format!("{}/{newest}", self.table.kind.group())
    }

    fn settled(&self, fields: &Map<String, Value>, unknown: &mut Vec<String>) -> Parts {
        let mut settling = Settling { channel: self.validation.channel, unknown };
        let mut part = |name: &'static str, schema: &Schema| match fields.get(name).filter(|value| !value.is_null()) {
            Some(value) => Some(settling.settle(value, schema, &Path::Root.field(name))),
            None => schema.default.map(|value| settling.settle(&value.to_value(), schema, &Path::Root.field(name))),
        };
        let spec = part("spec", &self.version.spec);
        let status = self.table.status.as_ref().and_then(|schema| part("status", schema));
        let known = |name: &str| {
            matches!(name, "apiVersion" | "kind" | "metadata" | "spec")
                || (name == "status" && self.table.status.is_some())
        };
        unknown.extend(fields.keys().filter(|name| !known(name)).cloned());
        Parts { spec, status }
    }

    fn metadata(&mut self, fields: &Map<String, Value>, old: Option<&Value>) {
        let Report { errors, warnings } = &mut *self.report;
        let nothing = Value::Null;
        let old = old.map(|old| old.get("metadata").unwrap_or(&nothing));
        Metadata { namespaced: self.table.kind.is_namespaced(), errors, warnings }.check(fields.get("metadata"), old);
    }

    fn parts(&mut self, new: &Parts, old: Option<&Parts>) {
        let channel = self.validation.channel;
        let parts = [
            ("spec", Some(&self.version.spec), new.spec.as_ref(), old.and_then(|old| old.spec.as_ref())),
            ("status", self.table.status.as_ref(), new.status.as_ref(), old.and_then(|old| old.status.as_ref())),
        ];
        // What a status update does not change is what is stored.
        let only_status = self.validation.status;
        let parts = parts.map(|(name, schema, new, old)| {
            (name, schema, if only_status && name == "spec" { old.or(new) } else { new }, old)
        });
        let errors = &mut self.report.errors;
        for (name, schema, new, old) in parts {
            let (Some(schema), true) = (schema, name == "status" || !only_status) else { continue };
            match new {
                Some(value) => {
                    let before = Before::update(old, value, schema);
                    Structure { channel, errors }.check(value, schema, &Path::Root.field(name), &before);
                }
                None if name == "spec" => errors.push(FieldError {
                    path: name.to_owned(),
                    error_type: ErrorType::Required,
                    code: "required",
                    value: None,
                    message: "must be set".to_owned(),
                }),
                None => {}
            }
        }
        self.repetitions(&parts);
        if self.report.errors.iter().any(|error| error.error_type.blocks_rules()) {
            return;
        }
        let errors = &mut self.report.errors;
        for (name, schema, new, old) in parts {
            if let (Some(schema), Some(value)) = (schema, new) {
                let before = Before::update(old, value, schema);
                Rules { channel, errors }.check(value, schema, &Path::Root.field(name), &before);
            }
        }
    }

    /// An update may leave repetitions, as long as the old object has some.
    fn repetitions(&mut self, parts: &[Part<'_>]) {
        let channel = self.validation.channel;
        let mut before = Vec::new();
        let mut after = Vec::new();
        for (name, schema, new, old) in parts {
            let Some(schema) = schema else { continue };
            for (value, errors) in [(old, &mut before), (new, &mut after)] {
                if let Some(value) = value {
                    Uniqueness { channel, errors }.check(value, schema, &Path::Root.field(name));
                }
            }
        }
        if before.is_empty() {
            self.report.errors.append(&mut after);
        }
    }
}

/// A part's name and schema, what stands there and what stood there before.
type Part<'a> = (&'static str, Option<&'static Schema>, Option<&'a Value>, Option<&'a Value>);
