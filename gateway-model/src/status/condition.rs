//! How conditions are read.
//!
//! Written out, because `#[serde(flatten)]` would copy each unknown field, and the names of all, into a buffer first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{Condition, UnknownFields};
use crate::wire::{once, required};

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Type,
    Status,
    ObservedGeneration,
    LastTransitionTime,
    Reason,
    Message,
    Unknown(String),
}

struct ConditionVisitor;

impl<'de> Visitor<'de> for ConditionVisitor {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Condition")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let (mut r#type, mut status, mut observed_generation) = (None, None, None);
        let (mut last_transition_time, mut reason, mut message) = (None, None, None);
        let mut unknown = UnknownFields::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Type => once(&mut r#type, "type", &mut map)?,
                Field::Status => once(&mut status, "status", &mut map)?,
                Field::ObservedGeneration => once(&mut observed_generation, "observedGeneration", &mut map)?,
                Field::LastTransitionTime => once(&mut last_transition_time, "lastTransitionTime", &mut map)?,
                Field::Reason => once(&mut reason, "reason", &mut map)?,
                Field::Message => once(&mut message, "message", &mut map)?,
                Field::Unknown(name) => unknown.keep(name, &mut map)?,
            }
        }
        Ok(Condition {
            r#type: required(r#type, "type")?,
            status: required(status, "status")?,
            observed_generation: observed_generation.flatten(),
            last_transition_time: required(last_transition_time, "lastTransitionTime")?,
            reason: required(reason, "reason")?,
            message: required(message, "message")?,
            unknown,
        })
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ConditionVisitor)
    }
}
