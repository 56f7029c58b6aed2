//! What every object carries, judged as for any kind: names, labels, annotations, owners.
//!
//! An API server tells these errors at the field itself, never at an entry or item of it.

use serde_json::{Map, Value};

use super::finding::{ErrorType, FieldError, Warning};
use super::pattern::{NAMESPACE, SUBDOMAIN};
use super::structure::shown;

/// Fields of `ObjectMeta`.
const FIELDS: &[(&str, Expected)] = &[
    ("name", Expected::Text),
    ("generateName", Expected::Text),
    ("namespace", Expected::Text),
    ("selfLink", Expected::Text),
    ("uid", Expected::Text),
    ("resourceVersion", Expected::Text),
    ("generation", Expected::Integer),
    ("creationTimestamp", Expected::Text),
    ("deletionTimestamp", Expected::Text),
    ("deletionGracePeriodSeconds", Expected::Integer),
    ("labels", Expected::Texts),
    ("annotations", Expected::Texts),
    ("ownerReferences", Expected::Objects),
    ("finalizers", Expected::TextList),
    ("managedFields", Expected::Objects),
];

#[derive(Clone, Copy)]
enum Expected {
    Text,
    Integer,
    /// A map of texts.
    Texts,
    TextList,
    /// A list of objects.
    Objects,
}

/// What an API server may not be told anew once an object is there.
const IMMUTABLE: &[&str] =
    &["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

/// In bytes.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;
const MOST_ANNOTATION_BYTES: usize = 256 << 10;
/// What a server cuts a generateName to before it adds five characters.
const LONGEST_GENERATE_NAME: usize = 58;

/// Collects what is wrong with an object's `metadata`. O(metadata).
pub(crate) struct Metadata<'e> {
    pub(crate) namespaced: bool,
    pub(crate) errors: &'e mut Vec<FieldError>,
    pub(crate) warnings: &'e mut Vec<Warning>,
}

impl Metadata<'_> {
    /// Judges the `metadata` of a new object, or of one that takes the place of an old one.
    pub(crate) fn check(&mut self, metadata: Option<&Value>, old: Option<&Value>) {
        let nothing = Map::new();
        let fields = match metadata {
            None | Some(Value::Null) => &nothing,
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                self.tell(ErrorType::TypeInvalid, "wrong-type", "", format!("must be an object, not {other}"));
                return;
            }
        };
        self.types(fields);
        match old.and_then(Value::as_object) {
            None => self.names(fields),
            Some(old) => self.changes(fields, old),
        }
        self.namespace(fields);
        self.labels(fields);
        self.annotations(fields);
        self.owners(fields);
        if old.is_none() {
            self.finalizers(fields);
        }
    }

    fn types(&mut self, fields: &Map<String, Value>) {
        for (name, value) in fields {
            let Some((_, expected)) = FIELDS.iter().find(|(field, _)| field == name) else {
                let message = "is no field of metadata: an API server drops it".to_owned();
                self.warnings.push(Warning { path: format!("metadata.{name}"), code: "unknown-field", message });
                continue;
            };
            let is_text = |value: &Value| value.is_string() || value.is_null();
            let (fits, wanted) = match (expected, value) {
                (_, Value::Null) => (true, ""),
                (Expected::Text, value) => (value.is_string(), "a text"),
                (Expected::Integer, value) => (value.as_i64().is_some(), "a whole number"),
                (Expected::Texts, value) => {
                    (value.as_object().is_some_and(|map| map.values().all(is_text)), "a map of texts")
                }
                (Expected::TextList, value) => {
                    (value.as_array().is_some_and(|items| items.iter().all(is_text)), "a list of texts")
                }
                (Expected::Objects, value) => {
                    let is_object = |value: &Value| value.is_object() || value.is_null();
                    (value.as_array().is_some_and(|items| items.iter().all(is_object)), "a list of objects")
                }
            };
            if !fits {
                self.tell(ErrorType::TypeInvalid, "wrong-type", name, format!("must be {wanted}"));
            }
        }
    }

    /// A server makes a name from a generateName before it looks at it.
    fn names(&mut self, fields: &Map<String, Value>) {
        let (name, generate_name) = (text(fields, "name"), text(fields, "generateName"));
        if !generate_name.is_empty() {
            self.name("generateName", &masked(generate_name));
        }
        match (name, generate_name) {
            ("", "") => {
                let message = "must be set, or `generateName` in its place".to_owned();
                self.tell(ErrorType::Required, "metadata-name-required", "name", message);
            }
            ("", prefix) => {
                let mut end = prefix.len().min(LONGEST_GENERATE_NAME);
                while !prefix.is_char_boundary(end) {
                    end -= 1;
                }
                self.name("name", &format!("{}x5xzq", prefix.get(..end).unwrap_or_default()));
            }
            (name, _) => self.name("name", name),
        }
    }

    fn name(&mut self, field: &str, name: &str) {
        if name.len() > LONGEST_NAME {
            let message = format!("has {} characters: write at most {LONGEST_NAME}", name.len());
            self.tell(ErrorType::Invalid, "metadata-name-malformed", field, message);
        }
        if !SUBDOMAIN.matches(name) {
            let message = format!("`{}` must be {}", shown(name), SUBDOMAIN.wanted);
            self.tell(ErrorType::Invalid, "metadata-name-malformed", field, message);
        }
    }

    fn namespace(&mut self, fields: &Map<String, Value>) {
        let namespace = text(fields, "namespace");
        if namespace.is_empty() {
            return;
        }
        if !self.namespaced {
            let message = "objects of this kind live in no namespace: leave it out".to_owned();
            self.warnings.push(Warning { path: "metadata.namespace".to_owned(), code: "cluster-scoped", message });
        } else if namespace.len() > LONGEST_LABEL || !NAMESPACE.matches(namespace) {
            let message = format!("`{}` must be {}, at most 63 characters", shown(namespace), NAMESPACE.wanted);
            self.tell(ErrorType::Invalid, "metadata-namespace-malformed", "namespace", message);
        }
    }

    fn labels(&mut self, fields: &Map<String, Value>) {
        for (key, value) in texts(fields, "labels") {
            if let Err(problem) = qualified_name(key) {
                let message = format!("key `{}` {problem}", shown(key));
                self.tell(ErrorType::Invalid, "metadata-label-malformed", "labels", message);
            }
            let is_value = value.is_empty() || is_name_part(value);
            if value.len() > LONGEST_LABEL || !is_value {
                let message = format!(
                    "value `{}` of `{}` must be empty or at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
                    shown(value),
                    shown(key)
                );
                self.tell(ErrorType::Invalid, "metadata-label-malformed", "labels", message);
            }
        }
    }

    fn annotations(&mut self, fields: &Map<String, Value>) {
        let mut bytes = 0;
        for (key, value) in texts(fields, "annotations") {
            bytes += key.len() + value.len();
            if let Err(problem) = qualified_name(&key.to_lowercase()) {
                let message = format!("key `{}` {problem}", shown(key));
                self.tell(ErrorType::Invalid, "metadata-annotation-malformed", "annotations", message);
            }
        }
        if bytes > MOST_ANNOTATION_BYTES {
            let message = format!("have {bytes} bytes: write at most {MOST_ANNOTATION_BYTES}");
            self.tell(ErrorType::TooLong, "metadata-annotations-too-long", "annotations", message);
        }
    }

    fn owners(&mut self, fields: &Map<String, Value>) {
        let mut controllers = 0;
        for owner in items(fields, "ownerReferences").filter_map(Value::as_object) {
            let api_version = text(owner, "apiVersion");
            let version = api_version.rsplit_once('/').map_or(api_version, |(_, version)| version);
            if version.is_empty() || api_version.matches('/').count() > 1 {
                self.owner("apiVersion", "must be `version` or `group/version`");
            }
            for field in ["kind", "name", "uid"] {
                if text(owner, field).is_empty() {
                    self.owner(field, "must be set");
                }
            }
            if api_version == "v1" && text(owner, "kind") == "Event" {
                let message = "an Event must not own objects".to_owned();
                self.tell(ErrorType::Invalid, "metadata-owner-malformed", "ownerReferences", message);
            }
            controllers += usize::from(owner.get("controller") == Some(&Value::Bool(true)));
        }
        for _ in 1..controllers {
            let message = "only one owner may be the controller".to_owned();
            self.tell(ErrorType::Invalid, "metadata-owner-malformed", "ownerReferences", message);
        }
    }

    fn owner(&mut self, field: &str, message: &str) {
        let field = format!("ownerReferences.{field}");
        self.tell(ErrorType::Invalid, "metadata-owner-malformed", &field, message.to_owned());
    }

    fn finalizers(&mut self, fields: &Map<String, Value>) {
        let mut given = Vec::new();
        for name in items(fields, "finalizers").map(|name| name.as_str().unwrap_or("")) {
            given.push(name);
            if let Err(problem) = qualified_name(name) {
                let message = format!("`{}` {problem}", shown(name));
                self.tell(ErrorType::Invalid, "metadata-finalizer-malformed", "finalizers", message);
            }
        }
        if given.contains(&"orphan") && given.contains(&"foregroundDeletion") {
            let message = "`orphan` and `foregroundDeletion` exclude each other".to_owned();
            self.tell(ErrorType::Invalid, "metadata-finalizer-malformed", "finalizers", message);
        }
    }

    /// What an update must leave alone. A server fills in what the new object leaves out.
    fn changes(&mut self, new: &Map<String, Value>, old: &Map<String, Value>) {
        for field in IMMUTABLE {
            let is_set = |value: &&Value| !value.is_null() && value.as_str() != Some("");
            let given = new.get(*field).filter(is_set);
            if given.is_some() && given != old.get(*field) {
                let message = "must stay as it is: an update cannot change it".to_owned();
                self.tell(ErrorType::Invalid, "metadata-immutable", field, message);
            }
        }
        let is_new = |name: &&Value| !items(old, "finalizers").any(|old| old == *name);
        if old.get("deletionTimestamp").is_some_and(|time| !time.is_null())
            && let Some(added) = items(new, "finalizers").find(is_new)
        {
            let message = format!("{added} must not be added: the object is being deleted");
            self.tell(ErrorType::Forbidden, "metadata-finalizer-added", "finalizers", message);
        }
    }

    fn tell(&mut self, error_type: ErrorType, code: &'static str, field: &str, message: String) {
        let path = if field.is_empty() { "metadata".to_owned() } else { format!("metadata.{field}") };
        self.errors.push(FieldError { path, error_type, code, value: None, message });
    }
}

fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> &'a str {
    fields.get(field).and_then(Value::as_str).unwrap_or("")
}

fn texts<'a>(fields: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = fields.get(field).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or("")))
}

fn items<'a>(fields: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = &'a Value> {
    fields.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// A generateName as a server judges it: with a dash at the end, the last two characters make room
/// for one letter.
fn masked(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut characters = rest.chars();
            characters.next_back();
            format!("{}a", characters.as_str())
        }
        _ => prefix.to_owned(),
    }
}

/// Whether a text is a name with or without a domain in front, as keys of labels are.
fn qualified_name(text: &str) -> Result<(), &'static str> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if name.contains('/') {
        return Err("must have at most one `/`");
    }
    if prefix.is_some_and(|prefix| prefix.len() > LONGEST_NAME || !SUBDOMAIN.matches(prefix)) {
        return Err("must have a domain name in front of the `/`, such as `example.com/name`");
    }
    if name.is_empty() || name.len() > LONGEST_LABEL || !is_name_part(name) {
        return Err(
            "must have a name of 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
        );
    }
    Ok(())
}

fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(is_inner)
}
