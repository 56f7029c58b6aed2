//! In what a decision differs from what was expected of it.

use serde_json::{Map, Value, json};

use super::name::{Name, written};
use super::path::{Path, Step};
use super::shape::{BACKEND, DECISION, LISTENER, MIRROR, REDIRECT, REFERENCE, Shape};
use super::share::Share;

/// A place where something else was expected. `null` is nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) expected: Value,
    pub(crate) found: Value,
}

/// All differences; what is not expected anything of may be as it is.
pub(super) fn differences(expected: &Map<String, Value>, decision: &Value) -> Vec<Difference> {
    let mut comparison = Comparison { path: Path::default(), differences: Vec::new() };
    comparison.keys(DECISION, expected, decision);
    comparison.differences
}

struct Comparison {
    path: Path,
    differences: Vec<Difference>,
}

/// Something with a name and a part of a whole.
struct Part<'a> {
    /// Its full name.
    written: String,
    is_named: Box<dyn Fn(&Name<'_>) -> bool + 'a>,
    amount: f64,
}

impl Comparison {
    fn differs(&mut self, expected: impl Into<Value>, found: impl Into<Value>) {
        let (path, expected, found) = (self.path.to_string(), expected.into(), found.into());
        self.differences.push(Difference { path, expected, found });
    }

    fn inside(&mut self, step: Step, compare: impl FnOnce(&mut Self)) {
        self.path.push(step);
        compare(self);
        self.path.pop();
    }

    fn keys(&mut self, keys: &'static [(&'static str, Shape)], expected: &Map<String, Value>, found: &Value) {
        for (key, shape) in keys {
            let Some(value) = expected.get(*key) else { continue };
            let found = found.get(*key).unwrap_or(&Value::Null);
            self.inside(Step::Key((*key).to_owned()), |inside| inside.value(shape, value, found));
        }
    }

    fn value(&mut self, shape: &'static Shape, expected: &Value, found: &Value) {
        match (shape, expected) {
            (_, Value::Null) if is_nothing(found) => {}
            (Shape::Share, expected) if shares_agree(expected, found) => {}
            (Shape::Object(keys), Value::Object(map)) if found.is_object() => self.keys(keys, map, found),
            (Shape::Reference, Value::Object(map)) if found.is_object() => self.keys(REFERENCE, map, found),
            (Shape::Reference, Value::String(name)) if is_named(name, found) => {}
            (Shape::Listener, Value::Object(map)) if found.is_object() => self.keys(LISTENER, map, found),
            (Shape::Listener, Value::String(_)) if found.get("name") == Some(expected) => {}
            (Shape::Redirect, Value::Object(map)) if found.is_object() => self.keys(REDIRECT, map, found),
            (Shape::Redirect, Value::String(_)) if found.get("location") == Some(expected) => {}
            (Shape::List(item), Value::Array(items)) => self.items(item, items, found),
            (Shape::Headers, Value::Object(map)) => self.some_headers(map, found),
            (Shape::Headers, Value::Array(items)) if are_headers(items, found) => {}
            (Shape::HeaderNames, Value::Array(items)) if are_names(items, found) => {}
            (Shape::Backends, Value::Object(map)) => {
                self.shares(map, found, |backend| backend.get("probability")?.as_f64())
            }
            (Shape::Backends, Value::Array(items)) if items.len() == list(found).len() => {
                self.items(&Shape::Object(BACKEND), items, found)
            }
            (Shape::Mirrors, Value::Object(map)) => self.shares(map, found, fraction),
            (Shape::Mirrors, Value::Array(items)) if items.len() == list(found).len() => self.mirrors(items, found),
            (Shape::Counts, Value::Object(map)) => self.counts(map, found),
            (_, expected) if expected == found => {}
            _ => self.differs(expected.clone(), short(shape, expected, found)),
        }
    }

    fn items(&mut self, shape: &'static Shape, expected: &[Value], found: &Value) {
        let items = list(found);
        if expected.len() != items.len() {
            return self.differs(expected, found.clone());
        }
        for (index, (expected, found)) in expected.iter().zip(items).enumerate() {
            self.inside(Step::Index(index), |inside| inside.value(shape, expected, found));
        }
    }

    /// Those headers that are expected, or expected to be absent.
    fn some_headers(&mut self, expected: &Map<String, Value>, found: &Value) {
        for (name, value) in expected {
            let values: Vec<&str> =
                pairs(found).filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
            let agrees = match value {
                Value::Null => values.is_empty(),
                // RFC 9110, section 5.3: lines of one name are one list.
                Value::String(value) => !values.is_empty() && values.join(", ") == *value,
                other => *other == json!(values),
            };
            if !agrees {
                let found = match values.as_slice() {
                    [] => Value::Null,
                    [one] => json!(one),
                    several => json!(several),
                };
                self.inside(Step::Key(name.clone()), |inside| inside.differs(value.clone(), found));
            }
        }
    }

    /// Each in its place, by some of its keys or by its name.
    fn mirrors(&mut self, expected: &[Value], found: &Value) {
        for (index, (expected, found)) in expected.iter().zip(list(found)).enumerate() {
            self.inside(Step::Index(index), |inside| match expected {
                Value::String(name) if is_named(name, found) => {}
                Value::String(_) => inside.differs(expected.clone(), written(found)),
                _ => inside.value(&Shape::Object(MIRROR), expected, found),
            });
        }
    }

    /// The shares of everything that has one.
    fn shares(&mut self, expected: &Map<String, Value>, found: &Value, share: fn(&Value) -> Option<f64>) {
        let parts = list(found).iter().map(|object| Part {
            written: written(object),
            is_named: Box::new(|name| name.is_of(object)),
            amount: share(object).unwrap_or_default(),
        });
        self.parts(expected, parts.collect(), |expected, found| {
            Share::read(expected).is_some_and(|share| share.agrees(found))
        });
    }

    /// The numbers of requests under each name or status.
    fn counts(&mut self, expected: &Map<String, Value>, found: &Value) {
        let parts = found.as_object().into_iter().flatten().map(|(text, count)| Part {
            written: text.clone(),
            is_named: Box::new(|name| Name::parse(text).is_some_and(|other| name.covers(&other))),
            amount: count.as_f64().unwrap_or_default(),
        });
        self.parts(expected, parts.collect(), |expected, found| expected.as_f64() == Some(found));
    }

    /// Compares the sums of parts by name. What nobody names must be nothing. A name that says more
    /// takes its parts before one that says less.
    fn parts(&mut self, expected: &Map<String, Value>, parts: Vec<Part<'_>>, agree: fn(&Value, f64) -> bool) {
        let mut names: Vec<(Name<'_>, &String, &Value)> =
            expected.iter().filter_map(|(text, value)| Some((Name::parse(text)?, text, value))).collect();
        names.sort_by_key(|(name, ..)| std::cmp::Reverse(name.detail()));
        let mut left = parts;
        for (name, text, value) in names {
            let (named, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|part| (part.is_named)(&name));
            left = others;
            let sum: f64 = named.iter().map(|part| part.amount).sum();
            let is_there = !named.is_empty();
            let agrees = match value {
                Value::Null => !is_there,
                value => is_there && agree(value, sum),
            };
            if !agrees {
                let found = if is_there { amount(sum) } else { Value::Null };
                self.inside(Step::Key(text.clone()), |inside| inside.differs(value.clone(), found));
            }
        }
        for part in left.into_iter().filter(|part| part.amount > 0.0) {
            self.inside(Step::Key(part.written), |inside| inside.differs(Value::Null, amount(part.amount)));
        }
    }
}

/// A sum as people read it.
fn amount(sum: f64) -> Value {
    let rounded = (sum * 1e6).round() / 1e6;
    if rounded.fract() == 0.0 { json!(rounded as u64) } else { json!(rounded) }
}

fn is_nothing(found: &Value) -> bool {
    match found {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn shares_agree(expected: &Value, found: &Value) -> bool {
    Share::read(expected).zip(found.as_f64()).is_some_and(|(share, found)| share.agrees(found))
}

/// The part of the requests that a mirror gets.
fn fraction(mirror: &Value) -> Option<f64> {
    let fraction = mirror.get("fraction")?;
    let part = |key: &str| fraction.get(key)?.as_f64();
    Some(part("numerator")? / part("denominator")?)
}

fn is_named(name: &str, object: &Value) -> bool {
    Name::parse(name).is_some_and(|name| name.is_of(object))
}

fn list(found: &Value) -> &[Value] {
    found.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn pairs(found: &Value) -> impl Iterator<Item = (&str, &str)> {
    list(found).iter().filter_map(|pair| match pair.as_array().map(Vec::as_slice) {
        Some([name, value]) => name.as_str().zip(value.as_str()),
        _ => None,
    })
}

/// Whether all headers are the expected ones, in their order.
fn are_headers(expected: &[Value], found: &Value) -> bool {
    let expected = Value::Array(expected.to_vec());
    let (expected, found): (Vec<_>, Vec<_>) = (pairs(&expected).collect(), pairs(found).collect());
    let same = |((a, x), (b, y)): ((&str, &str), (&str, &str))| a.eq_ignore_ascii_case(b) && x == y;
    expected.len() == found.len() && expected.into_iter().zip(found).all(same)
}

/// Whether the names are the same, in whatever order.
fn are_names(expected: &[Value], found: &Value) -> bool {
    let sorted = |names: &[Value]| {
        let mut names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
        names.sort();
        names
    };
    sorted(expected) == sorted(list(found))
}

/// What was found, in the form in which it was expected.
fn short(shape: &Shape, expected: &Value, found: &Value) -> Value {
    let text = |key: &str| found.get(key).cloned().unwrap_or(Value::Null);
    match shape {
        Shape::Reference if found.is_object() && (expected.is_string() || expected.is_null()) => {
            let kind = found.get("kind").and_then(Value::as_str).unwrap_or_default();
            json!(format!("{kind} {}", written(found)))
        }
        Shape::Backends | Shape::Mirrors if found.is_array() => list(found).iter().map(written).collect(),
        Shape::Listener if !expected.is_object() => text("name"),
        Shape::Redirect if !expected.is_object() => text("location"),
        _ => found.clone(),
    }
}
