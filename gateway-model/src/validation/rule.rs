//! Rules between fields: what the CRDs write in CEL, here as data where a form covers many and as
//! Rust functions where not.

use serde_json::Value;

use super::constraint::{Channel, When};

/// Something that must hold for a value beyond its shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// The stable name of the rule.
    pub(crate) code: &'static str,
    pub(crate) check: Check,
    /// What is wrong and what to write instead, for people.
    pub(crate) message: &'static str,
    pub(crate) when: When,
}

/// The forms of rules.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// The function says so.
    Holds(fn(&Value) -> Outcome),
    /// The function says so of the new and the old value; only updates are looked at.
    Transition(fn(&Value, &Value) -> Outcome),
    /// The field `field` must be set where `by` has the value.
    SetWhen { field: &'static str, by: &'static str, value: &'static str },
    /// The field `field` must not be set where `by` has another value.
    SetOnlyWhen { field: &'static str, by: &'static str, value: &'static str },
    /// The field `field` must be set where `by` has the value, and nowhere else.
    SetExactlyWhen { field: &'static str, by: &'static str, value: &'static str },
    /// At most one item of the list has this value in `by`.
    AtMostOne { by: &'static str, value: &'static str },
}

/// What a rule says of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Holds,
    Broken,
    /// Broken, by these parts of the value.
    BrokenBy(String),
    /// The rule cannot be asked; an API server refuses such an object too.
    Unanswerable(String),
}

impl From<bool> for Outcome {
    fn from(holds: bool) -> Self {
        if holds { Outcome::Holds } else { Outcome::Broken }
    }
}

impl From<Unanswerable> for Outcome {
    fn from(reason: Unanswerable) -> Self {
        Outcome::Unanswerable(reason.0)
    }
}

impl<T: Into<Outcome>> From<Result<T, Unanswerable>> for Outcome {
    fn from(result: Result<T, Unanswerable>) -> Self {
        result.map_or_else(Into::into, Into::into)
    }
}

/// Why a rule cannot be asked of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unanswerable(pub(crate) String);

/// A rule by a function.
pub(crate) const fn rule(code: &'static str, check: fn(&Value) -> Outcome, message: &'static str) -> Rule {
    Rule { code, check: Check::Holds(check), message, when: When::Always }
}

/// A rule of another form.
pub(crate) const fn rule_of(code: &'static str, check: Check, message: &'static str) -> Rule {
    Rule { code, check, message, when: When::Always }
}

impl Rule {
    /// Only the standard channel has it.
    pub(crate) const fn standard(mut self) -> Self {
        self.when = When::Only(Channel::Standard);
        self
    }

    /// Only the experimental channel has it.
    pub(crate) const fn experimental(mut self) -> Self {
        self.when = When::Only(Channel::Experimental);
        self
    }

    /// Asks the rule of a value; `old` is what stood there before, where this is an update.
    pub(crate) fn ask(&self, value: &Value, old: Option<&Value>) -> Outcome {
        let given = value;
        let has = |field: &str| given.get(field).is_some();
        let is = |by: &str, wanted: &str| text(given, by) == Some(wanted);
        let settle = |holds: bool, field: &str, by: &str| match holds {
            true => Outcome::Holds,
            false => Outcome::BrokenBy(mismatch(given, field, by)),
        };
        match self.check {
            Check::Holds(check) => check(given),
            Check::Transition(check) => old.map_or(Outcome::Holds, |old| check(given, old)),
            Check::SetWhen { field, by, value } => settle(!is(by, value) || has(field), field, by),
            Check::SetOnlyWhen { field, by, value } => settle(is(by, value) || !has(field), field, by),
            Check::SetExactlyWhen { field, by, value } => settle(is(by, value) == has(field), field, by),
            Check::AtMostOne { by, value: wanted } => {
                let found = items(given).filter(|item| text(item, by) == Some(wanted)).count();
                if found <= 1 { Outcome::Holds } else { Outcome::BrokenBy(format!("{found} of type `{wanted}`")) }
            }
        }
    }

    /// Whether it compares with what stood there before.
    pub(crate) fn is_transition(&self) -> bool {
        matches!(self.check, Check::Transition(_))
    }
}

fn mismatch(value: &Value, field: &str, by: &str) -> String {
    let is_set = if value.get(field).is_some() { "is set" } else { "is not set" };
    format!("`{by}` is `{}` and `{field}` {is_set}", filled(value, by))
}

/// A field's text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// A field's text, where absent and empty mean the same.
pub(crate) fn filled<'a>(value: &'a Value, field: &str) -> &'a str {
    text(value, field).unwrap_or("")
}

/// A field's whole number, if it is there.
///
/// CEL reads no number written with a fraction (`80.0`) as an integer, not even to see whether the
/// field is there, though the schema lets it pass.
pub(crate) fn integer(value: &Value, field: &str) -> Result<Option<i64>, Unanswerable> {
    match value.get(field) {
        None => Ok(None),
        Some(number) => number
            .as_i64()
            .map(Some)
            .ok_or_else(|| Unanswerable(format!("`{field}` is {number}: write it without a fraction"))),
    }
}

/// The items of a list; none where it is no list.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The items of a field's list; none where there is none.
pub(crate) fn items_of<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).into_iter().flat_map(items)
}

/// Holds if no two of the keys are equal; else names the first two places that are. O(n log n).
pub(crate) fn all_different<K: Ord>(keys: impl Iterator<Item = (usize, K)>) -> Outcome {
    let mut keys: Vec<_> = keys.map(|(at, key)| (key, at)).collect();
    keys.sort();
    let twins = keys.windows(2).filter_map(|pair| match pair {
        [(left, first), (right, second)] if left == right => Some((*second, *first)),
        _ => None,
    });
    match twins.min() {
        None => Outcome::Holds,
        Some((second, first)) => Outcome::BrokenBy(format!("[{first}] and [{second}] are the same")),
    }
}
