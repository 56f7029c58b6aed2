//! JSON documents: what most large exports are, and the fast way to read them.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

use super::error::Problem;
use super::limits::Limits;
use super::positions::{Segment, join};

/// What stands at the start of a text.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A value, up to the byte `end`.
    Value { value: Value, end: usize },
    /// JSON, but not what we take: a limit is met, or a key is set twice. `at` is the byte where
    /// this showed; `end` is the byte after the value, if it has an end.
    Refused { problem: Problem, path: Option<String>, at: usize, end: Option<usize> },
    /// No JSON, from the byte `at` on.
    Invalid { problem: Problem, path: Option<String>, at: usize },
}

/// Reads the JSON value at the start of a text; what follows it does not matter.
///
/// O(value). The recursion is the parser's, bounded by the depth limit.
pub(super) fn read(text: &str, limits: &Limits) -> Outcome {
    let mut reading = Reading { limits, depth: 0, nodes: 0, refused: None, trail: Vec::new() };
    let mut deserializer = Deserializer::from_str(text);
    let error = match (Node { reading: &mut reading }).deserialize(&mut deserializer) {
        Ok(value) => {
            return Outcome::Value { value, end: deserializer.into_iter::<IgnoredAny>().byte_offset() };
        }
        Err(error) => error,
    };
    let at = if error.is_eof() { text.len() } else { offset(text, error.line(), error.column()) };
    let path = join(reading.trail.iter().rev().map(|step| match step {
        Step::Key(name) => Segment::Key(name),
        Step::Item(index) => Segment::Index(*index),
    }));
    match reading.refused {
        Some(problem) => {
            let at = match &problem {
                Problem::DuplicateKey { key } => start_of_key(text, at, key),
                _ => at,
            };
            Outcome::Refused { problem, path, at, end: end(text) }
        }
        None => {
            let message = error.to_string();
            // The parser appends its own idea of the place, counted from where we let it start.
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
            Outcome::Invalid { problem: Problem::Json { message }, path, at }
        }
    }
}

/// The byte where a key starts whose last byte is `at`, or that one if the key is not spelt plainly.
fn start_of_key(text: &str, at: usize, key: &str) -> usize {
    let quoted = Value::from(key).to_string();
    let before = text.get(..=at).and_then(|text| text.strip_suffix(&quoted));
    before.map_or(at, str::len)
}

/// The byte after the JSON value at the start of a text, whatever it holds.
fn end(text: &str) -> Option<usize> {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// The byte that the parser's line and column, both from 1, mean.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct Reading<'l> {
    limits: &'l Limits,
    depth: usize,
    nodes: usize,
    refused: Option<Problem>,
    /// The way from the place of an error out to the document, innermost first.
    trail: Vec<Step>,
}

enum Step {
    Key(String),
    Item(usize),
}

impl Reading<'_> {
    fn refuse<E: serde::de::Error>(&mut self, problem: Problem) -> E {
        self.refused = Some(problem);
        E::custom("refused")
    }

    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.nodes += 1;
        let limit = self.limits.nodes;
        if self.nodes > limit { Err(self.refuse(Problem::TooManyNodes { limit })) } else { Ok(()) }
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        let limit = self.limits.depth;
        if self.depth >= limit {
            return Err(self.refuse(Problem::TooDeep { limit }));
        }
        self.depth += 1;
        Ok(())
    }
}

/// Reads one value, and all that is inside it.
struct Node<'r, 'l> {
    reading: &'r mut Reading<'l>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.reading.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        self.reading.enter()?;
        let mut items = Vec::new();
        loop {
            match sequence.next_element_seed(Node { reading: &mut *self.reading }) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => {
                    self.reading.trail.push(Step::Item(items.len()));
                    return Err(error);
                }
            }
        }
        self.reading.depth -= 1;
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        self.reading.enter()?;
        let mut entries = Map::new();
        while let Some(key) = mapping.next_key::<String>()? {
            if entries.contains_key(&key) {
                self.reading.trail.push(Step::Key(key.clone()));
                return Err(self.reading.refuse(Problem::DuplicateKey { key }));
            }
            match mapping.next_value_seed(Node { reading: &mut *self.reading }) {
                Ok(value) => {
                    entries.insert(key, value);
                }
                Err(error) => {
                    self.reading.trail.push(Step::Key(key));
                    return Err(error);
                }
            }
        }
        self.reading.depth -= 1;
        Ok(Value::Object(entries))
    }
}
