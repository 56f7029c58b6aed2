//! Asks the rules between fields, everywhere in an object.

use serde_json::Value;

use super::constraint::{Channel, Schema, Shape};
use super::correlation::Before;
use super::finding::{ErrorType, FieldError};
use super::path::Path;
use super::rule::{Outcome, Rule};

/// Collects the rules that a settled document breaks. Every rule at every place is told, whatever
/// failed before.
pub(crate) struct Rules<'e> {
    pub(crate) channel: Channel,
    pub(crate) errors: &'e mut Vec<FieldError>,
}

impl Rules<'_> {
    /// Asks the rules of a value and of all that is inside it. O(document), and n log n in the
    /// longest list.
    pub(crate) fn check<'v>(
        &mut self,
        value: &'v Value,
        schema: &'static Schema,
        path: &Path<'_>,
        before: &Before<'_, 'v>,
    ) {
        let channel = self.channel;
        for rule in schema.rules.iter().filter(|rule| rule.when.includes(channel)) {
            self.ask(rule, value, path, before);
        }
        match (value, &schema.shape) {
            (Value::Array(items), Shape::List(list)) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(item, list.items, &path.item(index), &before.item(item, list));
                }
            }
            (Value::Object(fields), Shape::Object(object)) => {
                for field in object.fields(self.channel) {
                    if let Some(value) = fields.get(field.name) {
                        let before = before.field(field.name, value, &field.schema);
                        self.check(value, &field.schema, &path.field(field.name), &before);
                    }
                }
            }
            (Value::Object(entries), Shape::Map(map)) => {
                for (key, value) in entries {
                    self.check(value, map.values, &path.field(key), &before.field(key, value, map.values));
                }
            }
            _ => {}
        }
    }

    fn ask<'v>(&mut self, rule: &Rule, value: &'v Value, path: &Path<'_>, before: &Before<'_, 'v>) {
        let message = match rule.ask(value, before.old()) {
            Outcome::Holds => return,
            // What an update leaves alone is not judged anew; a rule that cannot be asked is.
            Outcome::Broken | Outcome::BrokenBy(_) if !rule.is_transition() && before.is_unchanged() => return,
            Outcome::Broken => rule.message.to_owned(),
            Outcome::BrokenBy(parts) => format!("{} ({parts})", rule.message),
            Outcome::Unanswerable(reason) => format!("{} ({reason})", rule.message),
        };
        let given = (!value.is_object() && !value.is_array()).then(|| value.clone());
        let path = path.to_string();
        self.errors.push(FieldError { path, error_type: ErrorType::Invalid, code: rule.code, value: given, message });
    }
}
