//! The files, and the JSON Schemas beside them.

use gateway_conformance::vectors::FILES;
use serde_json::{Value, json};

#[test]
fn the_files_follow_their_schemas() {
    for (name, file, schema_name, schema) in FILES {
        let (file, schema): (Value, Value) =
            (serde_json::from_str(file).unwrap(), serde_json::from_str(schema).unwrap());
        assert_eq!(file["$schema"], format!("{schema_name}.schema.json"), "{name}");
        check(&schema, &file, "$").unwrap();
        // A schema that takes everything says nothing.
        let mut broken = file.clone();
        broken["surprise"] = Value::Null;
        assert!(check(&schema, &broken, "$").is_err(), "{name}");
        let Some(first) = file["vectors"].get(0) else { continue };
        for key in first.as_object().unwrap().keys() {
            let mut broken = file.clone();
            broken["vectors"][0][key] = json!([[]]);
            assert!(check(&schema, &broken, "$").is_err(), "{name}: {key} may be anything");
        }
        let mut broken = file.clone();
        broken["vectors"][0]["expcet"] = json!({});
        assert!(check(&schema, &broken, "$").is_err(), "{name}");
    }
}

/// As much of JSON Schema as the schemas use.
fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let has_type = types.is_empty()
        || types.iter().any(|name| match *name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("{at}: type {other}"),
        });
    if !has_type {
        return Err(format!("{at}: {value} is no {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Err(format!("{at}: {value} is not among the values"));
    }
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        return Err(format!("{at}: {value} is not the value"));
    }
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(required).is_none() {
            return Err(format!("{at}: no {required}"));
        }
    }
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).zip(value.as_u64());
    if bound("minimum").is_some_and(|(least, value)| value < least)
        || bound("maximum").is_some_and(|(most, value)| value > most)
    {
        return Err(format!("{at}: {value} is out of bounds"));
    }
    for (key, field) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(key) {
            Some(schema) => check(schema, field, &format!("{at}.{key}"))?,
            None if schema["additionalProperties"] == Value::Bool(false) => {
                return Err(format!("{at}: unknown key {key}"));
            }
            None => {}
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(schema) = schema.get("items") {
            check(schema, item, &format!("{at}[{index}]"))?;
        }
    }
    Ok(())
}
