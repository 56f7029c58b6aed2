//! What stood in a place before an update, so that what an update leaves alone is not judged anew.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::Value;

use super::constraint::{List, ListKind, Schema, Shape};
use super::unique::identity;

/// A place in the new object and what stood there in the old one, if that can be told.
///
/// Fields and entries correspond by name, items of lists only by the keys of a list that has some.
pub(crate) struct Before<'p, 'v> {
    pair: Option<Pair<'v>>,
    around: Option<&'p Before<'p, 'v>>,
}

struct Pair<'v> {
    old: &'v Value,
    new: &'v Value,
    schema: &'static Schema,
    unchanged: OnceCell<bool>,
    /// Items of the old list by their keys.
    index: OnceCell<HashMap<String, &'v Value>>,
}

impl<'p, 'v> Before<'p, 'v> {
    /// The whole part before the update, if this is one.
    pub(crate) fn update(old: Option<&'v Value>, new: &'v Value, schema: &'static Schema) -> Self {
        Before { pair: old.map(|old| Pair::new(old, new, schema)), around: None }
    }

    /// What stood here.
    pub(crate) fn old(&self) -> Option<&'v Value> {
        self.pair.as_ref().map(|pair| pair.old)
    }

    pub(crate) fn field(&'p self, name: &str, new: &'v Value, schema: &'static Schema) -> Self {
        let old = self.pair.as_ref().and_then(|pair| pair.old.get(name));
        self.inside(old, new, schema)
    }

    pub(crate) fn item(&'p self, new: &'v Value, list: &'static List) -> Self {
        let old = match (list.kind, &self.pair) {
            (ListKind::Keyed(keys), Some(pair)) => pair.item(new, keys),
            _ => None,
        };
        self.inside(old, new, list.items)
    }

    fn inside(&'p self, old: Option<&'v Value>, new: &'v Value, schema: &'static Schema) -> Self {
        Before { pair: old.map(|old| Pair::new(old, new, schema)), around: Some(self) }
    }

    /// Whether the update leaves this place, or the nearest one around it that can be told, as it
    /// was. O(place) the first time.
    pub(crate) fn is_unchanged(&self) -> bool {
        let mut here = Some(self);
        while let Some(before) = here {
            if let Some(pair) = &before.pair {
                return *pair.unchanged.get_or_init(|| same(pair.old, pair.new, pair.schema));
            }
            here = before.around;
        }
        false
    }
}

impl<'v> Pair<'v> {
    fn new(old: &'v Value, new: &'v Value, schema: &'static Schema) -> Self {
        Pair { old, new, schema, unchanged: OnceCell::new(), index: OnceCell::new() }
    }

    fn item(&self, new: &Value, keys: &[&str]) -> Option<&'v Value> {
        let items = self.old.as_array()?;
        let index = self.index.get_or_init(|| by_identity(items, keys));
        index.get(&identity(new, keys).to_string()).copied()
    }
}

fn by_identity<'a>(items: &'a [Value], keys: &[&str]) -> HashMap<String, &'a Value> {
    // Of two with one identity the first counts.
    items.iter().rev().map(|item| (identity(item, keys).to_string(), item)).collect()
}

/// Whether two values are the same; the order of a list with keys does not matter.
fn same(old: &Value, new: &Value, schema: &Schema) -> bool {
    match (old, new, &schema.shape) {
        (Value::Object(old), Value::Object(new), Shape::Object(object)) => {
            old.len() == new.len()
                && new.iter().all(|(name, new)| {
                    let field = object.fields.iter().find(|field| field.name == name);
                    match (old.get(name), field) {
                        (Some(old), Some(field)) => same(old, new, &field.schema),
                        (old, _) => old == Some(new),
                    }
                })
        }
        (Value::Array(old), Value::Array(new), Shape::List(list)) => match list.kind {
            ListKind::Atomic | ListKind::Set => old == new,
            ListKind::Keyed(keys) => {
                let index = by_identity(old, keys);
                let found = |new: &Value| index.get(&identity(new, keys).to_string()).copied();
                old.len() == new.len() && new.iter().all(|new| found(new).is_some_and(|old| same(old, new, list.items)))
            }
        },
        (old, new, _) => old == new,
    }
}
