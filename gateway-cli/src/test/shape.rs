//! What a case may expect: the keys of a decision line, and what may stand there.

use serde_json::{Map, Value};

use super::name::Name;
use super::path::{Path, Step, closest};
use super::share::Share;

/// What may stand at a place of an expectation. `null` may always: nothing is expected there.
pub(super) enum Shape {
    /// Whatever it is, it is compared as it is.
    Any,
    Text,
    /// A whole number.
    Whole,
    Flag,
    /// A part of one; compared as [`Share`] says.
    Share,
    /// Some of the keys.
    Object(&'static [(&'static str, Shape)]),
    /// All items, in their order.
    List(&'static Shape),
    /// `name: value` for some of the headers, or pairs for all of them.
    Headers,
    /// All names of headers, in any order.
    HeaderNames,
    /// `namespace/name`, or some of the keys.
    Reference,
    /// A name, or some of the keys.
    Listener,
    /// `name: share` for all backends with a share, or each backend in order.
    Backends,
    /// `name: share` for all mirrors, or each mirror in order, perhaps by its name alone.
    Mirrors,
    /// A location, or some of the keys.
    Redirect,
    /// `name: number` for all that were picked.
    Counts,
}

/// A decision line.
pub(super) const DECISION: &[(&str, Shape)] = &[
    ("id", Shape::Any),
    ("action", Shape::Text),
    ("status", Shape::Whole),
    ("grpcStatus", Shape::Text),
    ("listener", Shape::Listener),
    ("tlsMode", Shape::Text),
    ("route", Shape::Reference),
    ("rule", Shape::Whole),
    ("ruleName", Shape::Text),
    ("match", Shape::Whole),
    ("hostname", Shape::Text),
    ("backends", Shape::Backends),
    ("request", Shape::Object(RECEIVED)),
    ("redirect", Shape::Redirect),
    ("responseHeaders", Shape::Object(RESPONSE_HEADERS)),
    ("cors", Shape::Object(&[("preflight", Shape::Flag), ("headers", Shape::Headers)])),
    ("mirrors", Shape::Mirrors),
    ("timeouts", Shape::Object(&[("request", Shape::Text), ("backendRequest", Shape::Text)])),
    (
        "retry",
        Shape::Object(&[("codes", Shape::List(&Shape::Whole)), ("attempts", Shape::Whole), ("backoff", Shape::Text)]),
    ),
    ("sessionPersistence", Shape::Object(SESSION)),
    ("externalAuth", Shape::Object(EXTERNAL_AUTH)),
    ("extensionRefs", EXTENSIONS),
    ("refusal", Shape::Object(&[("reason", Shape::Text), ("message", Shape::Text)])),
    ("picks", Shape::Counts),
    ("decidedBy", Shape::Text),
    ("trace", Shape::List(&Shape::Object(STEP))),
];

const RECEIVED: &[(&str, Shape)] = &[
    ("method", Shape::Text),
    ("scheme", Shape::Text),
    ("host", Shape::Text),
    ("path", Shape::Text),
    ("headers", Shape::Headers),
];

const RESPONSE_HEADERS: &[(&str, Shape)] =
    &[("set", Shape::Headers), ("add", Shape::Headers), ("remove", Shape::HeaderNames)];

const SESSION: &[(&str, Shape)] = &[
    ("sessionName", Shape::Text),
    ("type", Shape::Text),
    ("absoluteTimeout", Shape::Text),
    ("cookieConfig", Shape::Object(&[("lifetimeType", Shape::Text)])),
];

/// The API's own keys, and what was found out about them.
const EXTERNAL_AUTH: &[(&str, Shape)] = &[
    ("protocol", Shape::Text),
    (
        "backendRef",
        Shape::Object(&[
            ("group", Shape::Text),
            ("kind", Shape::Text),
            ("namespace", Shape::Text),
            ("name", Shape::Text),
            ("port", Shape::Whole),
        ]),
    ),
    ("grpc", Shape::Any),
    ("http", Shape::Any),
    ("forwardBody", Shape::Any),
    ("valid", Shape::Flag),
    ("reason", Shape::Text),
];

const EXTENSIONS: Shape =
    Shape::List(&Shape::Object(&[("group", Shape::Text), ("kind", Shape::Text), ("name", Shape::Text)]));

/// The keys of a reference in short.
pub(super) const REFERENCE: &[(&str, Shape)] =
    &[("kind", Shape::Text), ("namespace", Shape::Text), ("name", Shape::Text)];

pub(super) const LISTENER: &[(&str, Shape)] = &[("parent", Shape::Reference), ("name", Shape::Text)];

pub(super) const REDIRECT: &[(&str, Shape)] = &[("location", Shape::Text), ("status", Shape::Whole)];

pub(super) const BACKEND: &[(&str, Shape)] = &[
    ("group", Shape::Text),
    ("kind", Shape::Text),
    ("namespace", Shape::Text),
    ("name", Shape::Text),
    ("port", Shape::Whole),
    ("weight", Shape::Whole),
    ("probability", Shape::Share),
    ("valid", Shape::Flag),
    ("reason", Shape::Text),
    ("message", Shape::Text),
    ("ready", Shape::Flag),
    ("protocol", Shape::Text),
    ("tls", Shape::Object(TLS)),
    ("sessionPersistence", Shape::Object(SESSION)),
    ("retryBudget", Shape::Object(BUDGET)),
    ("externalHostname", Shape::Text),
    ("request", Shape::Object(RECEIVED)),
    ("responseHeaders", Shape::Object(RESPONSE_HEADERS)),
    ("mirrors", Shape::Mirrors),
    ("extensionRefs", EXTENSIONS),
];

const TLS: &[(&str, Shape)] = &[
    ("hostname", Shape::Text),
    (
        "caCertificateRefs",
        Shape::List(&Shape::Object(&[
            ("group", Shape::Text),
            ("kind", Shape::Text),
            ("namespace", Shape::Text),
            ("name", Shape::Text),
        ])),
    ),
    ("wellKnownCACertificates", Shape::Text),
    (
        "subjectAltNames",
        Shape::List(&Shape::Object(&[("type", Shape::Text), ("hostname", Shape::Text), ("uri", Shape::Text)])),
    ),
    ("clientCertificateRef", Shape::Text),
];

const BUDGET: &[(&str, Shape)] =
    &[("percent", Shape::Whole), ("interval", Shape::Text), ("minRetries", Shape::Whole), ("minInterval", Shape::Text)];

pub(super) const MIRROR: &[(&str, Shape)] = &[
    ("kind", Shape::Text),
    ("namespace", Shape::Text),
    ("name", Shape::Text),
    ("port", Shape::Whole),
    ("fraction", Shape::Object(&[("numerator", Shape::Whole), ("denominator", Shape::Whole)])),
    ("valid", Shape::Flag),
];

const STEP: &[(&str, Shape)] = &[
    ("listener", Shape::Listener),
    ("route", Shape::Reference),
    ("rule", Shape::Whole),
    ("match", Shape::Whole),
    ("result", Shape::Text),
    ("criterion", Shape::Text),
];

/// Something that cannot be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) path: Path,
    pub(super) text: String,
}

/// What in an expectation is no expectation, so that nothing is passed over.
pub(super) fn problems(
    keys: &'static [(&'static str, Shape)],
    expected: &Map<String, Value>,
    path: Path,
) -> Vec<Problem> {
    let mut checker = Checker { path, problems: Vec::new() };
    checker.keys(keys, expected);
    checker.problems
}

struct Checker {
    path: Path,
    problems: Vec<Problem>,
}

impl Checker {
    fn refuse(&mut self, text: impl Into<String>) {
        self.problems.push(Problem { path: self.path.clone(), text: text.into() });
    }

    /// Goes one step in, and back.
    fn inside(&mut self, step: Step, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    fn keys(&mut self, keys: &'static [(&'static str, Shape)], expected: &Map<String, Value>) {
        if expected.is_empty() {
            return self.refuse("says nothing; `null` expects that there is none");
        }
        for (key, value) in expected {
            self.inside(Step::Key(key.clone()), |inside| match keys.iter().find(|(known, _)| known == key) {
                Some((_, shape)) => inside.value(shape, value),
                None => inside.refuse(unknown(key, keys.iter().map(|(known, _)| *known))),
            });
        }
    }

    fn value(&mut self, shape: &'static Shape, expected: &Value) {
        match (shape, expected) {
            (_, Value::Null) | (Shape::Any, _) => {}
            (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => {}
            (Shape::Text, Value::Number(_) | Value::Bool(_)) => self.refuse(TEXT),
            (Shape::Text, _) => self.refuse("must be a string"),
            (Shape::Flag, _) => self.refuse("must be true or false"),
            (Shape::Whole, value) if value.is_u64() => {}
            (Shape::Whole, _) => self.refuse("must be a whole number"),
            (Shape::Share, value) => self.share(value),
            (Shape::Object(keys), Value::Object(map)) => self.keys(keys, map),
            (Shape::Object(_), _) => self.refuse("must be a mapping"),
            (Shape::List(item), Value::Array(items)) => self.items(items, |inside, value| inside.value(item, value)),
            (Shape::List(_), _) => self.refuse("must be a list"),
            (Shape::Headers, value) => self.headers(value),
            (Shape::HeaderNames, Value::Array(items)) => {
                self.items(items, |inside, value| inside.value(&Shape::Text, value));
            }
            (Shape::HeaderNames, _) => self.refuse("must be a list of names"),
            (Shape::Reference, value) => self.named(value, REFERENCE),
            (Shape::Listener, Value::String(_)) | (Shape::Redirect, Value::String(_)) => {}
            (Shape::Listener, Value::Object(map)) => self.keys(LISTENER, map),
            (Shape::Listener, _) => self.refuse("must be a name, or a mapping with `name` and `parent`"),
            (Shape::Redirect, Value::Object(map)) => self.keys(REDIRECT, map),
            (Shape::Redirect, _) => self.refuse("must be a location, or a mapping with `location` and `status`"),
            (Shape::Backends, Value::Object(map)) => self.shares(map, Self::share),
            (Shape::Backends, Value::Array(items)) => {
                self.items(items, |inside, value| inside.value(&Shape::Object(BACKEND), value));
            }
            (Shape::Backends, _) => self.refuse("must be a mapping from names to shares, or a list of backends"),
            (Shape::Mirrors, Value::Object(map)) => self.shares(map, Self::share),
            (Shape::Mirrors, Value::Array(items)) => {
                self.items(items, |inside, value| inside.named(value, MIRROR));
            }
            (Shape::Mirrors, _) => self.refuse("must be a mapping from names to shares, or a list of mirrors"),
            (Shape::Counts, Value::Object(map)) => {
                self.shares(map, |inside, value| inside.value(&Shape::Whole, value));
            }
            (Shape::Counts, _) => self.refuse("must be a mapping from names to numbers of requests"),
        }
    }

    fn items(&mut self, items: &[Value], check: impl Fn(&mut Self, &Value)) {
        for (index, value) in items.iter().enumerate() {
            self.inside(Step::Index(index), |inside| check(inside, value));
        }
    }

    /// A name in short, or some of the keys.
    fn named(&mut self, value: &Value, keys: &'static [(&'static str, Shape)]) {
        match value {
            Value::String(text) if Name::parse(text).is_none() => self.refuse(NAME),
            Value::String(_) => {}
            Value::Object(map) => self.keys(keys, map),
            _ => self.refuse("must be `namespace/name`, or a mapping"),
        }
    }

    fn shares(&mut self, map: &Map<String, Value>, check: impl Fn(&mut Self, &Value)) {
        for (name, value) in map {
            self.inside(Step::Key(name.clone()), |inside| match Name::parse(name) {
                None => inside.refuse(NAME),
                Some(_) => check(inside, value),
            });
        }
    }

    fn share(&mut self, value: &Value) {
        if !value.is_null() && Share::read(value).is_none() {
            self.refuse("must be a part of one: `0.25`, `25%` or `1/4`");
        }
    }

    fn headers(&mut self, value: &Value) {
        match value {
            Value::Object(map) if map.is_empty() => self.refuse("says nothing; `[]` expects that there are none"),
            Value::Object(map) => {
                for (name, value) in map {
                    self.inside(Step::Key(name.clone()), |inside| match value {
                        Value::Array(items) => inside.items(items, |inside, value| inside.value(&Shape::Text, value)),
                        value => inside.value(&Shape::Text, value),
                    });
                }
            }
            Value::Array(items) => self.items(items, |inside, value| {
                let is_pair = value.as_array().is_some_and(|pair| pair.len() == 2 && pair.iter().all(Value::is_string));
                if !is_pair {
                    inside.refuse("must be a pair of strings, [name, value]");
                }
            }),
            _ => self.refuse("must be a mapping from names to values, or a list of [name, value]"),
        }
    }
}

const TEXT: &str = "must be a string: put it in quotes";
const NAME: &str = "must be `name`, `namespace/name` or `namespace/name:port`, perhaps with a kind before it";

/// What is said of a key that is not known.
pub(super) fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match closest(key, known.clone()) {
        Some(meant) => format!("no such key; did you mean `{meant}`?"),
        None => format!("no such key; there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}
