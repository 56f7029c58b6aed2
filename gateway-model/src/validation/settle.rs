//! What an API server makes of a document before it looks at it: unknown fields go, `null` is
//! absent, defaults come.

use serde_json::{Map, Value};

use super::constraint::{Channel, Object, Schema, Shape};
use super::path::Path;

/// The value as it is judged, and the paths of the fields that are unknown. O(value).
pub(crate) struct Settling<'u> {
    pub(crate) channel: Channel,
    pub(crate) unknown: &'u mut Vec<String>,
}

impl Settling<'_> {
    pub(crate) fn settle(&mut self, value: &Value, schema: &Schema, path: &Path<'_>) -> Value {
        match (value, &schema.shape) {
            (Value::Object(fields), Shape::Object(object)) => Value::Object(self.fields(fields, object, path)),
            (Value::Object(entries), Shape::Map(map)) => Value::Object(
                entries
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| (key.clone(), self.settle(value, map.values, &path.field(key))))
                    .collect(),
            ),
            (Value::Array(items), Shape::List(list)) => {
                items.iter().enumerate().map(|(index, item)| self.settle(item, list.items, &path.item(index))).collect()
            }
            (value, _) => misplaced(value),
        }
    }

    fn fields(&mut self, given: &Map<String, Value>, object: &Object, path: &Path<'_>) -> Map<String, Value> {
        let mut settled = Map::new();
        for (name, value) in given {
            match object.field(name, self.channel) {
                None => self.unknown.push(path.field(name).to_string()),
                Some(_) if value.is_null() => {}
                Some(field) => {
                    settled.insert(name.clone(), self.settle(value, &field.schema, &path.field(name)));
                }
            }
        }
        for field in object.fields(self.channel) {
            if let Some(default) = &field.schema.default
                && !settled.contains_key(field.name)
            {
                let default = self.settle(&default.to_value(), &field.schema, &path.field(field.name));
                settled.insert(field.name.to_owned(), default);
            }
        }
        settled
    }
}

/// A value where another type is expected: what objects hold there is unknown.
fn misplaced(value: &Value) -> Value {
    match value {
        Value::Object(_) => Value::Object(Map::new()),
        Value::Array(items) => items.iter().map(misplaced).collect(),
        scalar => scalar.clone(),
    }
}
