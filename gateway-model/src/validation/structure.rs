//! Types, bounds, enums, patterns and what must be there: everything that a schema says of single
//! values, told as an API server tells it.

use serde_json::{Map, Number, Value};

use super::constraint::{AddressUnion, Channel, Integer, List, Object, Schema, Shape, Text, Width};
use super::correlation::Before;
use super::finding::{ErrorType, FieldError};
use super::format::{is_date_time, is_ip};
use super::path::Path;

/// What a text is called.
const TEXT: &str = "a text";

/// Collects what is wrong with the single values of a settled document. O(document).
pub(crate) struct Structure<'e> {
    pub(crate) channel: Channel,
    pub(crate) errors: &'e mut Vec<FieldError>,
}

impl Structure<'_> {
    /// Looks at a value and all that is inside it.
    ///
    /// What an update does not change is not told: such an object got past an older schema.
    pub(crate) fn check<'v>(
        &mut self,
        value: &'v Value,
        schema: &'static Schema,
        path: &Path<'_>,
        before: &Before<'_, 'v>,
    ) {
        let told = self.errors.len();
        match &schema.shape {
            Shape::Text(text) => self.text(value, text, path),
            Shape::Integer(integer) => self.integer(value, integer, path),
            Shape::Boolean => {
                if !value.is_boolean() {
                    self.wrong_type(value, "true or false", path);
                }
            }
            Shape::List(list) => match value {
                Value::Array(items) => self.list(items, list, path, before),
                other => self.wrong_type(other, "a list", path),
            },
            Shape::Object(object) => {
                if let Some(union) = &object.address {
                    self.address(value, union, path);
                }
                match value {
                    Value::Object(fields) => self.object(fields, object, path, before),
                    other => self.wrong_type(other, "an object", path),
                }
            }
            Shape::Map(map) => match value {
                Value::Object(entries) => {
                    if let Some(most) = map.max_entries.filter(|most| entries.len() > *most) {
                        self.too_many(entries.len(), most, "entries", "map-too-many", path);
                    }
                    for (key, value) in entries {
                        self.check(value, map.values, &path.field(key), &before.field(key, value, map.values));
                    }
                }
                other => self.wrong_type(other, "a map", path),
            },
        }
        if self.errors.len() > told && before.is_unchanged() {
            self.errors.truncate(told);
        }
    }

    fn text(&mut self, value: &Value, text: &Text, path: &Path<'_>) {
        match value {
            Value::String(given) => self.given_text(value, given, text, path),
            // A list passes for a point in time: the type of a format is not looked at.
            Value::Array(_) if text.date_time => {}
            other => self.wrong_type(other, TEXT, path),
        }
        if !text.values.is_empty() && !value.as_str().is_some_and(|given| text.values.contains(&given)) {
            let supported = text.values.iter().map(|value| format!("`{value}`"));
            self.unsupported(value, supported, path);
        }
    }

    /// spec: the first of length, pattern that fails is told, the format besides.
    fn given_text(&mut self, value: &Value, given: &str, text: &Text, path: &Path<'_>) {
        // Most texts are shorter in bytes than the bound in characters.
        let longer = |most: usize| given.len() > most && given.chars().nth(most).is_some();
        let shorter = |least: usize| least > 0 && given.chars().nth(least - 1).is_none();
        if let Some(most) = text.max_length.filter(|most| longer(*most)) {
            let length = given.chars().count();
            let message = format!("has {length} characters: write at most {most}");
            self.tell(ErrorType::TooLong, "text-too-long", None, message, path);
        } else if let Some(least) = text.min_length.filter(|least| shorter(*least)) {
            let message = match least {
                1 => "must not be empty: write a value or leave the field out".to_owned(),
                least => format!("must have at least {least} characters"),
            };
            self.tell(ErrorType::Invalid, "text-too-short", Some(value), message, path);
        } else if let Some(pattern) = text.pattern.filter(|pattern| !pattern.matches(given)) {
            let message = format!("`{}` must be {}", shown(given), pattern.wanted);
            self.tell(ErrorType::Invalid, "text-malformed", Some(value), message, path);
        }
        if text.date_time && !is_date_time(given) {
            let message = format!("`{}` must be a point in time such as `2026-01-31T12:00:00Z`", shown(given));
            self.tell(ErrorType::TypeInvalid, "date-time-malformed", Some(value), message, path);
        }
    }

    fn integer(&mut self, value: &Value, integer: &Integer, path: &Path<'_>) {
        match value {
            Value::Number(number) => self.number(value, number, integer, path),
            other => self.wrong_type(other, "a whole number", path),
        }
        let is_listed = |number: &Number| integer.values.iter().any(|listed| as_float(number) == *listed as f64);
        if !integer.values.is_empty() && !value.as_number().is_some_and(is_listed) {
            let supported = integer.values.iter().map(ToString::to_string);
            self.unsupported(value, supported, path);
        }
    }

    fn number(&mut self, value: &Value, number: &Number, integer: &Integer, path: &Path<'_>) {
        if !passes_as_integer(number) {
            self.wrong_type(value, "a whole number", path);
        }
        if !fits(number, integer.width) {
            let bits = if integer.width == Width::Int32 { 32 } else { 64 };
            let message = format!("{number} must be a whole number of {bits} bits");
            self.tell(ErrorType::Invalid, "integer-out-of-range", Some(value), message, path);
        }
        let beyond = |bound: i64, is_over: bool| match number.as_i64() {
            Some(given) if is_over => given > bound,
            Some(given) => given < bound,
            None if is_over => as_float(number) > bound as f64,
            None => as_float(number) < bound as f64,
        };
        if let Some(least) = integer.minimum.filter(|least| beyond(*least, false)) {
            let message = format!("{number} must be at least {least}");
            self.tell(ErrorType::Invalid, "number-too-small", Some(value), message, path);
        }
        if let Some(most) = integer.maximum.filter(|most| beyond(*most, true)) {
            let message = format!("{number} must be at most {most}");
            self.tell(ErrorType::Invalid, "number-too-large", Some(value), message, path);
        }
    }

    fn list<'v>(&mut self, items: &'v [Value], list: &'static List, path: &Path<'_>, before: &Before<'_, 'v>) {
        for (index, item) in items.iter().enumerate() {
            self.check(item, list.items, &path.item(index), &before.item(item, list));
        }
        if let Some(least) = list.min_items.filter(|least| items.len() < *least) {
            let message = match least {
                1 => "must not be empty: write at least one item".to_owned(),
                least => format!("has {} items: write at least {least}", items.len()),
            };
            self.tell(ErrorType::Invalid, "list-too-short", None, message, path);
        }
        if let Some(most) = list.max_items.filter(|most| items.len() > *most) {
            self.too_many(items.len(), most, "items", "list-too-many", path);
        }
    }

    fn object<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        object: &'static Object,
        path: &Path<'_>,
        before: &Before<'_, 'v>,
    ) {
        for field in object.fields(self.channel) {
            match fields.get(field.name) {
                Some(value) => {
                    let before = before.field(field.name, value, &field.schema);
                    self.check(value, &field.schema, &path.field(field.name), &before);
                }
                None if field.required => {
                    let message = "must be set".to_owned();
                    self.tell(ErrorType::Required, "required", None, message, &path.field(field.name));
                }
                None => {}
            }
        }
    }

    /// The union of addresses: by its type, the value is an IP address or something else.
    ///
    /// Both branches take what is no object, so an API server finds two where it wants one. Null
    /// is not asked.
    fn address(&mut self, value: &Value, union: &AddressUnion, path: &Path<'_>) {
        let Value::Object(fields) = value else {
            if !value.is_null() {
                let message = "must be an address: an object with `type` and `value`".to_owned();
                self.tell(ErrorType::Invalid, "address-type-mismatch", Some(value), message, path);
            }
            return;
        };
        let refused = match fields.get(union.value) {
            Some(Value::String(text)) => !is_ip(text),
            // The type of a format is not looked at in lists.
            None | Some(Value::Array(_)) => false,
            Some(_) => true,
        };
        if union.asks_for_ip(fields) && refused {
            let given = fields.get(union.value);
            let text = given.map(|given| given.as_str().map_or_else(|| given.to_string(), str::to_owned));
            let text = text.unwrap_or_default();
            let message = format!(
                "`{}` must be an IP address, because the type is `{}` (the default): write an address without prefix, zone or port, or another type",
                shown(&text),
                union.is
            );
            self.tell(ErrorType::Invalid, "address-type-mismatch", Some(value), message.clone(), path);
            self.tell(ErrorType::TypeInvalid, "ip-address-malformed", given, message, &path.field(union.value));
        }
    }

    fn wrong_type(&mut self, value: &Value, wanted: &str, path: &Path<'_>) {
        let quotable = wanted == TEXT && matches!(value, Value::Bool(_) | Value::Number(_));
        let hint = if quotable { ": put it in quotes" } else { "" };
        let message = format!("must be {wanted}, not {}{hint}", described(value));
        self.tell(ErrorType::TypeInvalid, "wrong-type", Some(value), message, path);
    }

    fn unsupported(&mut self, value: &Value, supported: impl Iterator<Item = String>, path: &Path<'_>) {
        let supported: Vec<_> = supported.collect();
        let message = match supported.as_slice() {
            [only] => format!("{} must be {only}", described(value)),
            several => format!("{} must be one of {}", described(value), several.join(", ")),
        };
        self.tell(ErrorType::NotSupported, "unsupported-value", Some(value), message, path);
    }

    fn too_many(&mut self, count: usize, most: usize, what: &str, code: &'static str, path: &Path<'_>) {
        let message = format!("has {count} {what}: write at most {most}");
        self.tell(ErrorType::TooMany, code, None, message, path);
    }

    fn tell(
        &mut self,
        error_type: ErrorType,
        code: &'static str,
        value: Option<&Value>,
        message: String,
        path: &Path<'_>,
    ) {
        self.errors.push(FieldError { path: path.to_string(), error_type, code, value: value.cloned(), message });
    }
}

/// A number as 64-bit float, as an API server keeps every number that is no 64-bit integer.
fn as_float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Whether a number passes for a whole one: 64-bit integers do, and floats up to 2^53 that are
/// whole, or above a whole number by less than one part in a billion.
fn passes_as_integer(number: &Number) -> bool {
    const LARGEST: f64 = ((1_u64 << 53) - 1) as f64;
    if number.as_i64().is_some() {
        return true;
    }
    let float = as_float(number);
    let whole = float.trunc();
    let close = whole >= 1.0 && (float - whole) / (float + whole) < 1e-9;
    float.abs() <= LARGEST && (float == whole || close)
}

/// Whether a number is whole and has no more than so many bits.
fn fits(number: &Number, width: Width) -> bool {
    let (least, most) = match width {
        Width::Int32 => (f64::from(i32::MIN), f64::from(i32::MAX) + 1.0),
        Width::Int64 | Width::Unnamed => (-(2_f64.powi(63)), 2_f64.powi(63)),
    };
    match number.as_i64() {
        Some(integer) => width != Width::Int32 || i32::try_from(integer).is_ok(),
        None => {
            let float = as_float(number);
            float == float.trunc() && float >= least && float < most
        }
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("`{}`", shown(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// A text, cut where it is long, its control characters escaped.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(|character| {
            let escaped = character.is_control();
            let plain = (!escaped).then_some(character);
            plain.into_iter().chain(escaped.then(|| character.escape_default()).into_iter().flatten())
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
