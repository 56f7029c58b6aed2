//! Where two values differ.

use std::fmt;

use serde_json::Value;

/// A place where two values differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The place, with `[]` for every item of a list.
    pub(crate) path: String,
    /// What the first has there, if it has.
    pub(crate) left: Option<Value>,
    /// What the second has there, if it has.
    pub(crate) right: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        write!(f, "{}: {} became {}", self.path, shown(&self.left), shown(&self.right))
    }
}

/// Every innermost place where they differ.
pub(crate) fn differences(left: &Value, right: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(left), Some(right), &mut found);
    found
}

fn compare(path: &str, left: Option<&Value>, right: Option<&Value>, found: &mut Vec<Difference>) {
    match (left, right) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, left.get(name), right.get(name), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) if left.len() == right.len() => {
            for (left, right) in left.iter().zip(right) {
                compare(&format!("{path}[]"), Some(left), Some(right), found);
            }
        }
        (left, right) if left != right => {
            found.push(Difference { path: path.to_owned(), left: left.cloned(), right: right.cloned() });
        }
        _ => {}
    }
}
