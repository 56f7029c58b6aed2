//! A merged status as the writes that an API server takes.

use gateway_model::{GATEWAY_X_GROUP, MULTICLUSTER_GROUP, ObjectKey, ResourceKind};
use serde_json::{Map, Value, json};

use crate::merge::{Status, owned};

/// The JSON merge patch (RFC 7386) of the `status` subresource that leads from what is stored to
/// what [`merge`](crate::merge) made of it: `{"status": {...}}` with the fields that differ.
///
/// Lists are replaced as a whole, so the patch goes with the `resourceVersion` that was read.
pub fn merge_patch<S: Status>(stored: Option<&S>, merged: &S) -> Value {
    let stored = stored.map(to_value).unwrap_or_else(|| json!({}));
    json!({"status": difference(&stored, &to_value(merged))})
}

/// The object for a server-side apply of the `status` subresource.
///
/// It owns our types of condition, the listeners, `addresses`, `attachedListenerSets` and
/// `supportedFeatures`, as far as the kind has them; other controllers' conditions are left out,
/// since `conditions` and `listeners` are maps by `type` and `name`. `parents` and `ancestors` are
/// atomic lists: they are owned and sent as a whole, foreign entries included, so the apply goes
/// with the `resourceVersion` that was read (put it into `metadata`).
pub fn apply_object<S: Status>(object: &ObjectKey, merged: &S) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), (*object.name).into());
    if object.kind.is_namespaced() {
        metadata.insert("namespace".to_owned(), (*object.namespace).into());
    }
    json!({
        "apiVersion": api_version(object.kind), "kind": object.kind.as_str(),
        "metadata": metadata, "status": to_value(&owned(merged)),
    })
}

/// Group and version that objects of a kind are written in.
pub fn api_version(kind: ResourceKind) -> String {
    match kind.group() {
        "" => "v1".to_owned(),
        group @ (GATEWAY_X_GROUP | MULTICLUSTER_GROUP) => format!("{group}/v1alpha1"),
        group => format!("{group}/v1"),
    }
}

fn to_value<S: Status>(status: &S) -> Value {
    // Statuses are structs of texts, numbers and lists, which always have a JSON form.
    serde_json::to_value(status).unwrap_or_default()
}

/// The merge patch from one value to another; `{}` for equal objects.
fn difference(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return after.clone() };
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = after.iter().filter_map(|(key, value)| match before.get(key) {
        None => Some((key.clone(), value.clone())),
        Some(old) if old != value => Some((key.clone(), difference(old, value))),
        Some(_) => None,
    });
    gone.chain(changed).collect::<Map<_, _>>().into()
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
