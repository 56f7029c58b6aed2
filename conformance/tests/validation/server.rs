//! What an API server says of an object, from the CRDs themselves: their schemas interpreted, and
//! the text of their rules evaluated by another implementation of CEL. No code of the library.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cel::objects::{Key, Map as CelMap};
use cel::{Context, ExecutionError, Program, Value as CelValue};
use regex::Regex;
use serde_json::{Map, Value};

/// A place and the server's kind of error there.
pub(crate) type Finding = (String, &'static str);

/// What is said of an object.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) findings: BTreeSet<Finding>,
    /// Places whose rules the other implementation cannot evaluate.
    pub(crate) undecided: BTreeSet<String>,
    /// How many rules were evaluated.
    pub(crate) rules: usize,
}

/// Patterns and rules, each compiled once.
#[derive(Default)]
pub(crate) struct Server {
    patterns: HashMap<String, Regex>,
    rules: HashMap<String, Option<Program>>,
}

impl Server {
    /// Judges the spec and the status of a new object, pruned and defaulted.
    pub(crate) fn judge(&mut self, object: &Value, schema: &Value) -> Said {
        let mut said = Said::default();
        for part in ["spec", "status"] {
            if let (Some(value), Some(schema)) = (object.get(part), schema["properties"].get(part)) {
                self.structure(value, schema, part, &mut said);
                repetitions(value, schema, part, &mut said);
            } else if schema["required"].as_array().is_some_and(|required| required.contains(&part.into())) {
                said.tell(part, "FieldValueRequired");
            }
        }
        let blocking =
            ["NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"].map(|name| format!("FieldValue{name}"));
        if said.findings.iter().any(|(_, error_type)| blocking.iter().any(|blocking| blocking == error_type)) {
            return said;
        }
        for part in ["spec", "status"] {
            if let (Some(value), Some(schema)) = (object.get(part), schema["properties"].get(part)) {
                self.ask(value, schema, part, &mut said);
            }
        }
        said
    }

    /// Texts of rules that cannot be evaluated.
    pub(crate) fn uncompiled(&self) -> Vec<&str> {
        self.rules.iter().filter(|(_, program)| program.is_none()).map(|(text, _)| text.as_str()).collect()
    }

    pub(crate) fn matches(&mut self, pattern: &str, text: &str) -> bool {
        if !self.patterns.contains_key(pattern) {
            self.patterns.insert(pattern.to_owned(), Regex::new(pattern).unwrap());
        }
        self.patterns[pattern].is_match(text)
    }

    fn structure(&mut self, value: &Value, schema: &Value, path: &str, said: &mut Said) {
        let wanted = schema["type"].as_str().unwrap();
        let format = schema["format"].as_str().unwrap_or("");
        let fits = match (wanted, value) {
            ("string", Value::String(_))
            | ("boolean", Value::Bool(_))
            | ("array", Value::Array(_))
            | ("object", Value::Object(_)) => true,
            ("string", Value::Array(_)) => format == "date-time",
            ("integer", Value::Number(number)) => {
                let float = number.as_f64().unwrap();
                number.is_i64() || (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0)
            }
            _ => false,
        };
        if !fits {
            said.tell(path, "FieldValueTypeInvalid");
        }
        if let Some(listed) = schema["enum"].as_array()
            && !listed.iter().any(|listed| listed == value || (listed.is_number() && listed.as_f64() == value.as_f64()))
        {
            said.tell(path, "FieldValueNotSupported");
        }
        match value {
            Value::String(text) => self.text(text, schema, path, said),
            Value::Number(number) if wanted == "integer" => {
                let float = number.as_f64().unwrap();
                let bits = if format == "int32" { 31 } else { 63 };
                let beyond = float < -(2_f64.powi(bits)) || float >= 2_f64.powi(bits);
                let whole = number.is_i64() || float.fract() == 0.0;
                if !whole || (beyond && !(number.is_i64() && bits == 63)) {
                    said.tell(path, "FieldValueInvalid");
                }
                let below = schema["minimum"].as_f64().is_some_and(|least| float < least);
                let above = schema["maximum"].as_f64().is_some_and(|most| float > most);
                if below || above {
                    said.tell(path, "FieldValueInvalid");
                }
            }
            Value::Array(items) if wanted == "array" => {
                for (index, item) in items.iter().enumerate() {
                    self.structure(item, &schema["items"], &format!("{path}[{index}]"), said);
                }
                said.bound(
                    items.len(),
                    schema,
                    ("minItems", "FieldValueInvalid"),
                    ("maxItems", "FieldValueTooMany"),
                    path,
                );
            }
            Value::Object(fields) => {
                said.bound(fields.len(), schema, ("minProperties", ""), ("maxProperties", "FieldValueTooMany"), path);
                for name in schema["required"].as_array().into_iter().flatten() {
                    let name = name.as_str().unwrap();
                    if !fields.contains_key(name) {
                        said.tell(&format!("{path}.{name}"), "FieldValueRequired");
                    }
                }
                for (name, value) in fields {
                    if let Some(schema) = child(schema, name) {
                        self.structure(value, schema, &format!("{path}.{name}"), said);
                    }
                }
            }
            _ => {}
        }
        if schema.get("oneOf").is_some() && !value.is_null() {
            address(value, path, said);
        }
    }

    fn text(&mut self, text: &str, schema: &Value, path: &str, said: &mut Said) {
        let length = text.chars().count();
        let bound = |name: &str| schema[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
        if bound("maxLength").is_some_and(|most| length > most) {
            said.tell(path, "FieldValueTooLong");
        } else {
            let short = bound("minLength").is_some_and(|least| length < least);
            if short || schema["pattern"].as_str().is_some_and(|pattern| !self.matches(pattern, text)) {
                said.tell(path, "FieldValueInvalid");
            }
        }
        if schema["format"] == "date-time" {
            let pattern = r"(?i)^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])t([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.\d+)?(z|[+-]\d{2}:\d{2})$";
            if !self.matches(pattern, text) {
                said.tell(path, "FieldValueTypeInvalid");
            }
        }
    }

    fn ask(&mut self, value: &Value, schema: &Value, path: &str, said: &mut Said) {
        for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            let text = rule["rule"].as_str().unwrap();
            // Transition rules are for updates.
            if text.contains("oldSelf") {
                continue;
            }
            match self.evaluate(text, value) {
                Some(Ok(CelValue::Bool(true))) => said.rules += 1,
                Some(_) => {
                    said.rules += 1;
                    said.tell(path, "FieldValueInvalid");
                }
                None => {
                    said.undecided.insert(path.to_owned());
                }
            }
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.ask(item, &schema["items"], &format!("{path}[{index}]"), said);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    if let Some(schema) = child(schema, name) {
                        self.ask(value, schema, &format!("{path}.{name}"), said);
                    }
                }
            }
            _ => {}
        }
    }

    /// What a rule says of a value; none where it cannot be evaluated.
    fn evaluate(&mut self, text: &str, value: &Value) -> Option<Result<CelValue, ExecutionError>> {
        if !self.rules.contains_key(text) {
            self.rules.insert(text.to_owned(), Program::compile(text).ok());
        }
        let program = self.rules[text].as_ref()?;
        // An integer with a fraction of zero is one for the schema and an error for the rule that
        // reads it, which this implementation does not know.
        if has_fraction(value) {
            return None;
        }
        let mut context = Context::default();
        context.add_variable_from_value("self", to_cel(value));
        let _ = context.add_function("isIP", |text: Arc<String>| text.parse::<std::net::IpAddr>().is_ok());
        let _ = context.add_function("split", split);
        let _ = context.add_function("substring", substring);
        match program.execute(&context) {
            // A function that it does not have.
            Err(ExecutionError::UndeclaredReference(_)) => None,
            Err(ExecutionError::NoSuchOverload(error)) if error.function() != "size" => None,
            answer => Some(answer),
        }
    }
}

impl Said {
    fn tell(&mut self, path: &str, error_type: &'static str) {
        self.findings.insert((path.to_owned(), error_type));
    }

    fn bound(
        &mut self,
        count: usize,
        schema: &Value,
        least: (&str, &'static str),
        most: (&str, &'static str),
        path: &str,
    ) {
        let bound = |name: &str| schema[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
        if bound(least.0).is_some_and(|least| count < least) {
            self.tell(path, least.1);
        }
        if bound(most.0).is_some_and(|most| count > most) {
            self.tell(path, most.1);
        }
    }
}

/// The schema of a field or entry.
pub(crate) fn child<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema["properties"].get(name).or_else(|| schema.get("additionalProperties"))
}

/// The one union of the CRDs: of type IPAddress, the value is one.
fn address(value: &Value, path: &str, said: &mut Said) {
    let Some(fields) = value.as_object() else { return said.tell(path, "FieldValueInvalid") };
    let refused = match fields.get("value") {
        None | Some(Value::Array(_)) => false,
        Some(Value::String(text)) => {
            let plain: Vec<_> = text.split('.').map(|part| part.trim_start_matches('0')).collect();
            let plain: Vec<_> = plain.into_iter().map(|part| if part.is_empty() { "0" } else { part }).collect();
            let sloppy =
                text.split('.').all(|part| !part.is_empty()) && plain.join(".").parse::<std::net::Ipv4Addr>().is_ok();
            text.parse::<std::net::IpAddr>().is_err() && !sloppy
        }
        Some(_) => true,
    };
    if fields.get("type") == Some(&"IPAddress".into()) && refused {
        said.tell(path, "FieldValueInvalid");
        said.tell(&format!("{path}.value"), "FieldValueTypeInvalid");
    }
}

fn repetitions(value: &Value, schema: &Value, path: &str, said: &mut Said) {
    match value {
        Value::Array(items) if schema["type"] == "array" => {
            let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|key| key.as_str().unwrap())
                .collect();
            let kind = schema["x-kubernetes-list-type"].as_str().unwrap_or("");
            let stranger = items.iter().position(|item| !item.is_object() && !item.is_null());
            match (kind, stranger) {
                ("map", Some(index)) => said.tell(&format!("{path}[{index}]"), "FieldValueInvalid"),
                ("map" | "set", _) => {
                    let identity = |item: &Value| match kind {
                        "set" => item.clone(),
                        _ => keys
                            .iter()
                            .filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone())))
                            .collect::<Map<_, _>>()
                            .into(),
                    };
                    for (index, item) in items.iter().enumerate() {
                        let before = items[..index].iter().filter(|other| identity(other) == identity(item)).count();
                        if before == 1 {
                            said.tell(&format!("{path}[{index}]"), "FieldValueDuplicate");
                        }
                    }
                }
                _ => {}
            }
            for (index, item) in items.iter().enumerate() {
                repetitions(item, &schema["items"], &format!("{path}[{index}]"), said);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(schema) = child(schema, name) {
                    repetitions(value, schema, &format!("{path}.{name}"), said);
                }
            }
        }
        _ => {}
    }
}

/// A value as rules see it: names that CEL reserves are escaped.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| CelValue::Float(number.as_f64().unwrap()), CelValue::Int)
        }
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(fields) => {
            let escaped = |name: &str| if name == "namespace" { "__namespace__".to_owned() } else { name.to_owned() };
            let entries = fields.iter().map(|(name, value)| (Key::String(Arc::new(escaped(name))), to_cel(value)));
            CelValue::Map(CelMap { map: Arc::new(entries.collect()) })
        }
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_i64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        _ => false,
    }
}

fn split(cel::extractors::This(text): cel::extractors::This<Arc<String>>, separator: Arc<String>) -> CelValue {
    let parts = text.split(separator.as_str()).map(|part| CelValue::String(Arc::new(part.to_owned())));
    CelValue::List(Arc::new(parts.collect()))
}

fn substring(cel::extractors::This(text): cel::extractors::This<Arc<String>>, from: i64) -> String {
    text.chars().skip(usize::try_from(from).unwrap()).collect()
}
