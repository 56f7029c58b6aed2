//! The two ways in which upstream's tests change an object: RFC 7386 and RFC 6902.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Merges `patch` into `target`: `null` removes, maps merge, everything else replaces. RFC 7386.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, change) in patch {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge_patch(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// One operation of an RFC 6902 patch, of those that change something in one place.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation {
    /// Puts a field or an item where the path says; maps on the way that are missing are made.
    Add {
        /// JSON pointer.
        path: String,
        /// What is put there.
        value: Value,
    },
    /// Replaces what is at the path.
    Replace {
        /// JSON pointer.
        path: String,
        /// What is put there.
        value: Value,
    },
    /// Takes away what is at the path.
    Remove {
        /// JSON pointer.
        path: String,
    },
}

/// An operation that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a patch leads to `{path}`, which is not there")]
pub struct NoSuchPlace {
    /// JSON pointer.
    pub path: String,
}

/// Applies operations in order.
///
/// # Errors
///
/// The first operation whose path leads nowhere; those before it have taken effect.
pub fn json_patch(target: &mut Value, operations: &[Operation]) -> Result<(), NoSuchPlace> {
    for operation in operations {
        let (path, value) = match operation {
            Operation::Add { path, value } | Operation::Replace { path, value } => (path, Some(value)),
            Operation::Remove { path } => (path, None),
        };
        let replaces = matches!(operation, Operation::Replace { .. });
        place(target, path, value, replaces).ok_or_else(|| NoSuchPlace { path: path.clone() })?;
    }
    Ok(())
}

fn place(target: &mut Value, path: &str, value: Option<&Value>, replaces: bool) -> Option<()> {
    let (parent, last) = path.rsplit_once('/')?;
    let mut parent_value = target;
    for segment in parent.split('/').skip(1) {
        parent_value = step(parent_value, &unescaped(segment))?;
    }
    let last = unescaped(last);
    match (parent_value, value) {
        (Value::Object(fields), Some(value)) => {
            fields.insert(last, value.clone());
        }
        (Value::Object(fields), None) => {
            fields.remove(&last)?;
        }
        (Value::Array(items), Some(value)) if replaces => *items.get_mut(last.parse::<usize>().ok()?)? = value.clone(),
        (Value::Array(items), Some(value)) => {
            let index = if last == "-" { items.len() } else { last.parse().ok()? };
            if index > items.len() {
                return None;
            }
            items.insert(index, value.clone());
        }
        (Value::Array(items), None) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        _ => return None,
    }
    Some(())
}

fn step<'a>(value: &'a mut Value, segment: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(fields) => Some(fields.entry(segment).or_insert_with(|| Value::Object(Map::new()))),
        Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merging_follows_the_examples_of_its_rfc() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge_patch(&mut target, &patch);
            assert_eq!(target, expected, "{patch}");
        }
    }

    #[test]
    fn operations_change_one_place() {
        let cases = [
            (json!([{"op": "add", "path": "/list/-", "value": 3}]), json!({"list": [1, 2, 3], "a/b": 0})),
            (json!([{"op": "add", "path": "/list/0", "value": 3}]), json!({"list": [3, 1, 2], "a/b": 0})),
            (json!([{"op": "replace", "path": "/list/1", "value": 3}]), json!({"list": [1, 3], "a/b": 0})),
            (json!([{"op": "remove", "path": "/list/0"}]), json!({"list": [2], "a/b": 0})),
            (json!([{"op": "remove", "path": "/a~1b"}]), json!({"list": [1, 2]})),
            (
                json!([{"op": "add", "path": "/new/place", "value": {}}]),
                json!({"list": [1, 2], "a/b": 0, "new": {"place": {}}}),
            ),
        ];
        for (operations, expected) in cases {
            let mut target = json!({"list": [1, 2], "a/b": 0});
            let operations: Vec<Operation> = serde_json::from_value(operations).unwrap();
            json_patch(&mut target, &operations).unwrap();
            assert_eq!(target, expected, "{operations:?}");
        }
    }

    #[test]
    fn an_operation_that_leads_nowhere_is_told() {
        for operation in [
            json!({"op": "remove", "path": "/list/2"}),
            json!({"op": "replace", "path": "/list/2", "value": 0}),
            json!({"op": "add", "path": "/list/7", "value": 0}),
            json!({"op": "remove", "path": "/gone"}),
            json!({"op": "add", "path": "/list/0/deeper", "value": 0}),
        ] {
            let operations: Vec<Operation> = serde_json::from_value(json!([operation])).unwrap();
            assert!(json_patch(&mut json!({"list": [1, 2]}), &operations).is_err(), "{operations:?}");
        }
    }
}
