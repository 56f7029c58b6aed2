//! The structural schemas that the tables make, as CRDs write them.

use serde_json::{Map, Value, json};

use super::Channel;
use super::constraint::{AddressUnion, ListKind, Object, Schema, Shape, Width};
use super::kinds::{self, KindTable};
use super::rule::Rule;
use crate::key::ResourceKind;

/// The structural schema of a kind's objects in a version, if the channel serves it: types,
/// required fields, enums, bounds, patterns, formats, defaults, list types and map keys.
///
/// Rules between fields are no part of a structural schema; `x-gateway-model-rules` names them by
/// their codes. O(schema).
///
/// ```
/// use gateway_model::ResourceKind;
/// use gateway_model::validation::{Channel, structural_schema};
///
/// let schema = structural_schema(ResourceKind::TlsRoute, "v1", Channel::Standard).unwrap();
/// assert_eq!(schema["properties"]["spec"]["properties"]["hostnames"]["maxItems"], 1024);
/// assert_eq!(structural_schema(ResourceKind::TlsRoute, "v1alpha2", Channel::Standard), None);
/// ```
pub fn structural_schema(kind: ResourceKind, version: &str, channel: Channel) -> Option<Value> {
    let table = kinds::table(kind)?;
    let spec = &table.served(version, channel)?.spec;
    let mut properties = Map::new();
    properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
    properties.insert("kind".to_owned(), json!({"type": "string"}));
    properties.insert("metadata".to_owned(), json!({"type": "object"}));
    properties.insert("spec".to_owned(), described(spec, channel));
    if let Some(status) = &table.status {
        properties.insert("status".to_owned(), described(status, channel));
    }
    Some(json!({"type": "object", "properties": properties, "required": ["spec"]}))
}

/// Every kind and version that a channel serves, in the order of the kinds, the newest version
/// first.
pub fn served_versions(channel: Channel) -> impl Iterator<Item = (ResourceKind, &'static str)> {
    let served = move |table: &'static KindTable| {
        let versions = table.versions.iter().filter(move |version| version.channels.contains(&channel));
        versions.map(|version| (table.kind, version.name))
    };
    kinds::KINDS.iter().flat_map(served)
}

fn described(schema: &Schema, channel: Channel) -> Value {
    let mut document = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            document.insert(name.to_owned(), value);
        }
    };
    match &schema.shape {
        Shape::Text(text) => {
            set("type", "string".into());
            set("minLength", text.min_length.into());
            set("maxLength", text.max_length.into());
            set("pattern", text.pattern.map(|pattern| pattern.text).into());
            set("format", text.date_time.then_some("date-time").into());
            set("enum", listed(text.values));
        }
        Shape::Integer(integer) => {
            set("type", "integer".into());
            set("format", format(integer.width).into());
            set("minimum", integer.minimum.into());
            set("maximum", integer.maximum.into());
            set("enum", listed(integer.values));
        }
        Shape::Boolean => set("type", "boolean".into()),
        Shape::List(list) => {
            set("type", "array".into());
            set("items", described(list.items, channel));
            set("minItems", list.min_items.into());
            set("maxItems", list.max_items.into());
            let (kind, keys) = match list.kind {
                ListKind::Atomic => ("atomic", Value::Null),
                ListKind::Set => ("set", Value::Null),
                ListKind::Keyed(keys) => ("map", keys.into()),
            };
            set("x-kubernetes-list-type", kind.into());
            set("x-kubernetes-list-map-keys", keys);
        }
        Shape::Object(object) => {
            set("type", "object".into());
            set("properties", properties(object, channel));
            set("required", required(object, channel));
            set("x-kubernetes-map-type", object.atomic.then_some("atomic").into());
            set("oneOf", object.address.as_ref().map(union).into());
        }
        Shape::Map(map) => {
            set("type", "object".into());
            set("additionalProperties", described(map.values, channel));
            set("maxProperties", map.max_entries.into());
        }
    }
    set("default", schema.default.map(|default| default.to_value()).into());
    set("x-gateway-model-rules", rules(schema.rules, channel));
    document.into()
}

fn listed<T: Clone + Into<Value>>(values: &[T]) -> Value {
    if values.is_empty() { Value::Null } else { values.into() }
}

fn format(width: Width) -> Option<&'static str> {
    match width {
        Width::Unnamed => None,
        Width::Int32 => Some("int32"),
        Width::Int64 => Some("int64"),
    }
}

fn properties(object: &Object, channel: Channel) -> Value {
    let described = |field: &super::constraint::Field| (field.name.to_owned(), described(&field.schema, channel));
    Value::Object(object.fields(channel).map(described).collect())
}

fn required(object: &Object, channel: Channel) -> Value {
    let mut names: Vec<_> = object.fields(channel).filter(|field| field.required).map(|field| field.name).collect();
    names.sort_unstable();
    listed(&names)
}

fn union(union: &AddressUnion) -> Value {
    let AddressUnion { by, is, value } = *union;
    json!([
        {"properties": {by: {"enum": [is]}, value: {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}}},
        {"properties": {by: {"not": {"enum": [is]}}}},
    ])
}

fn rules(rules: &[Rule], channel: Channel) -> Value {
    let codes: Vec<_> = rules.iter().filter(|rule| rule.when.includes(channel)).map(|rule| rule.code).collect();
    listed(&codes)
}
