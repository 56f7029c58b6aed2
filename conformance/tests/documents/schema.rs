//! What an API server does by a CRD's schema before it validates: pruning and defaulting. Written
//! for itself, from the rules of structural schemas; no code of the library.

use serde_json::{Map, Value};

/// Takes away the fields that the schema does not know. Metadata is no business of a CRD's.
pub(crate) fn prune(object: &mut Value, schema: &Value) {
    let Value::Object(fields) = object else { return };
    let metadata = fields.remove("metadata");
    prune_value(object, schema);
    if let (Value::Object(fields), Some(metadata)) = (object, metadata) {
        fields.insert("metadata".to_owned(), metadata);
    }
}

fn prune_value(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            let (properties, additional) = children(schema);
            if schema.get("x-kubernetes-preserve-unknown-fields") != Some(&Value::Bool(true)) && additional.is_none() {
                fields.retain(|name, _| properties.is_some_and(|known| known.contains_key(name)));
            }
            for (name, value) in fields {
                if let Some(schema) = properties.and_then(|known| known.get(name)).or(additional) {
                    prune_value(value, schema);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| prune_value(item, schema));
            }
        }
        _ => {}
    }
}

/// Puts a copy of the default wherever a field that has one is absent, from the outside in.
pub(crate) fn apply_defaults(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            let (properties, additional) = children(schema);
            for (name, property) in properties.into_iter().flatten() {
                if let Some(default) = property.get("default") {
                    fields.entry(name).or_insert_with(|| default.clone());
                }
            }
            for (name, value) in fields {
                if let Some(schema) = properties.and_then(|known| known.get(name)).or(additional) {
                    apply_defaults(value, schema);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| apply_defaults(item, schema));
            }
        }
        _ => {}
    }
}

fn children(schema: &Value) -> (Option<&Map<String, Value>>, Option<&Value>) {
    let additional = schema.get("additionalProperties").filter(|additional| additional.is_object());
    (schema.get("properties").and_then(Value::as_object), additional)
}

#[test]
fn pruning_and_defaulting_follow_the_schema() {
    let schema = serde_json::json!({"type": "object", "properties": {
        "kind": {"type": "string"},
        "spec": {"type": "object", "default": {"inner": {}}, "properties": {
            "inner": {"type": "object", "properties": {"a": {"type": "integer", "default": 1}, "b": {"type": "string"}}},
            "list": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "string", "default": "d"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
        }},
    }});
    let cases = [
        (serde_json::json!({}), serde_json::json!({"spec": {"inner": {"a": 1}}})),
        (
            serde_json::json!({"unknown": 1, "metadata": {"x": 1}, "spec": {"list": [{}, {"c": "e", "x": 1}], "map": {"k": "v"}}}),
            serde_json::json!({"metadata": {"x": 1}, "spec": {"list": [{"c": "d"}, {"c": "e"}], "map": {"k": "v"}}}),
        ),
        (
            serde_json::json!({"spec": {"inner": {"a": 7, "x": 1}, "list": []}}),
            serde_json::json!({"spec": {"inner": {"a": 7}, "list": []}}),
        ),
    ];
    for (mut object, expected) in cases {
        prune(&mut object, &schema);
        apply_defaults(&mut object, &schema);
        assert_eq!(object, expected);
    }
}
