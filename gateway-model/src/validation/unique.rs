//! Lists that are sets or maps: no item twice.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::constraint::{Channel, List, ListKind, Schema, Shape};
use super::finding::{ErrorType, FieldError};
use super::path::Path;

/// Collects the items that repeat another one's identity. O(document).
pub(crate) struct Uniqueness<'e> {
    pub(crate) channel: Channel,
    pub(crate) errors: &'e mut Vec<FieldError>,
}

impl Uniqueness<'_> {
    /// Looks at the lists of a value, at any depth.
    pub(crate) fn check(&mut self, value: &Value, schema: &Schema, path: &Path<'_>) {
        match (value, &schema.shape) {
            (Value::Array(items), Shape::List(list)) => {
                self.items(items, list, path);
                for (index, item) in items.iter().enumerate() {
                    self.check(item, list.items, &path.item(index));
                }
            }
            (Value::Object(fields), Shape::Object(object)) => {
                for field in object.fields(self.channel) {
                    if let Some(value) = fields.get(field.name) {
                        self.check(value, &field.schema, &path.field(field.name));
                    }
                }
            }
            (Value::Object(entries), Shape::Map(map)) => {
                for (key, value) in entries {
                    self.check(value, map.values, &path.field(key));
                }
            }
            _ => {}
        }
    }

    fn items(&mut self, items: &[Value], list: &List, path: &Path<'_>) {
        let keys = match list.kind {
            ListKind::Atomic => return,
            ListKind::Set => None,
            ListKind::Keyed(keys) => Some(keys),
        };
        if keys.is_some()
            && let Some((index, item)) = items.iter().enumerate().find(|(_, item)| !item.is_object() && !item.is_null())
        {
            let message = format!("must be an object, not {item}");
            self.tell(ErrorType::Invalid, "list-item-not-an-object", item, message, &path.item(index));
            return;
        }
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let identity = match keys {
                None => item.to_string(),
                Some(keys) => identity(item, keys).to_string(),
            };
            let times = seen.entry(identity).or_insert(0);
            *times += 1;
            // The third of a kind is no news.
            if *times == 2 {
                let message = match keys {
                    None => format!("{item} is there already: write it once"),
                    Some(keys) => format!("another item has the same {}: write one item", listed(keys)),
                };
                self.tell(ErrorType::Duplicate, "list-duplicate", item, message, &path.item(index));
            }
        }
    }

    fn tell(&mut self, error_type: ErrorType, code: &'static str, value: &Value, message: String, path: &Path<'_>) {
        let value = Some(value.clone());
        self.errors.push(FieldError { path: path.to_string(), error_type, code, value, message });
    }
}

/// What sets an item of a list apart from the others. A key that is absent is one, too.
pub(crate) fn identity(item: &Value, keys: &[&str]) -> Value {
    let found: BTreeMap<_, _> = keys.iter().filter_map(|key| Some((*key, item.get(*key)?))).collect();
    Value::Object(found.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect::<Map<_, _>>())
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
