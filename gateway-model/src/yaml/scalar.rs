//! The type of a scalar, told by its text alone.
//!
//! Kubernetes converts YAML to JSON before it looks at any schema, with go-yaml v2 behind
//! sigs.k8s.io/yaml. Its typing is YAML 1.1's with a few turns of its own, and what is written here
//! is that typing:
//!
//! - `y`, `yes`, `on`, `true` and their opposites in lower, title and upper case are booleans;
//!   empty, `~`, `null` are null.
//! - Integers may have a sign, `_` anywhere after the first digit, and a prefix `0x`, `0o`, `0b`
//!   or `0` (octal). What has a leading zero and is no octal (`08`) is a decimal float.
//! - An integer beyond 64 bits is a float; a float beyond 64 bits is a string.
//! - Dates, and sexagesimal numbers (`1:30`), are strings.
//! - Whole floats come out as integers (`80.0` is 80, `1e3` is 1000), since the JSON between YAML
//!   and the API server writes them so.

use granit_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

use super::error::Problem;

/// A scalar as the parser gives it.
#[derive(Clone, Debug)]
pub(super) struct Scalar<'a> {
    pub(super) text: std::borrow::Cow<'a, str>,
    kind: Explicit,
}

/// What quotes or a tag say about the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Explicit {
    /// A plain scalar without a tag: the text decides.
    None,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Merge,
}

/// A mapping's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    /// `<<`
    Merge,
}

/// What a text turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Typed {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text,
}

impl<'a> Scalar<'a> {
    /// Unknown tags make strings, as go-yaml has it; so does `!`, and `!!timestamp`, whose value
    /// Kubernetes keeps as text.
    pub(super) fn new(text: std::borrow::Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> Self {
        let kind = match tag {
            None if style == ScalarStyle::Plain => Explicit::None,
            None => Explicit::Str,
            Some(tag) => match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
                Some("int") => Explicit::Int,
                Some("float") => Explicit::Float,
                Some("bool") => Explicit::Bool,
                Some("null") => Explicit::Null,
                Some("binary") => Explicit::Binary,
                Some("merge") => Explicit::Merge,
                _ => Explicit::Str,
            },
        };
        Self { text, kind }
    }

    pub(super) fn into_owned(self) -> Scalar<'static> {
        Scalar { text: std::borrow::Cow::Owned(self.text.into_owned()), kind: self.kind }
    }

    /// The scalar as a value. O(text).
    pub(super) fn into_value(self) -> Result<Value, Problem> {
        Ok(match self.resolve()? {
            Typed::Null => Value::Null,
            Typed::Bool(value) => Value::Bool(value),
            Typed::Signed(value) => value.into(),
            Typed::Unsigned(value) => value.into(),
            Typed::Float(value) => {
                if let Some(whole) = whole(value) {
                    return Ok(whole.into());
                }
                let number = Number::from_f64(value);
                number.map(Value::Number).ok_or_else(|| Problem::NotRepresentable { text: self.text.into_owned() })?
            }
            Typed::Text if self.kind == Explicit::Binary => Value::String(binary(&self.text)?),
            Typed::Text => Value::String(self.text.into_owned()),
        })
    }

    /// The scalar as a key: the text of its typed value (`0x10` is the key `16`, `on` is `true`).
    pub(super) fn into_key(self) -> Result<Key, Problem> {
        if self.is_merge() {
            return Ok(Key::Merge);
        }
        self.into_name().map(Key::Name)
    }

    /// As [`into_key`](Self::into_key), for a key given by an alias: that is never a merge.
    pub(super) fn into_name(self) -> Result<String, Problem> {
        Ok(match self.resolve()? {
            Typed::Null => return Err(Problem::UnsupportedKey { what: "null" }),
            Typed::Unsigned(_) => {
                return Err(Problem::UnsupportedKey { what: "an integer beyond 64 bits with sign" });
            }
            Typed::Bool(value) => value.to_string(),
            Typed::Signed(value) => value.to_string(),
            Typed::Float(value) => float_name(value),
            Typed::Text if self.kind == Explicit::Binary => binary(&self.text)?,
            Typed::Text => self.text.into_owned(),
        })
    }

    fn is_merge(&self) -> bool {
        matches!(self.kind, Explicit::None | Explicit::Merge) && self.text == "<<"
    }

    fn resolve(&self) -> Result<Typed, Problem> {
        let expected = match self.kind {
            Explicit::None => return Ok(typed(&self.text)),
            Explicit::Str | Explicit::Binary | Explicit::Merge => return Ok(Typed::Text),
            Explicit::Int => "!!int",
            Explicit::Float => "!!float",
            Explicit::Bool => "!!bool",
            Explicit::Null => "!!null",
        };
        match (self.kind, typed(&self.text)) {
            (Explicit::Int, value @ (Typed::Signed(_) | Typed::Unsigned(_)))
            | (Explicit::Float, value @ Typed::Float(_))
            | (Explicit::Bool, value @ Typed::Bool(_))
            | (Explicit::Null, value @ Typed::Null) => Ok(value),
            (Explicit::Float, Typed::Signed(value)) => Ok(Typed::Float(value as f64)),
            _ => Err(Problem::TagMismatch { text: self.text.chars().take(60).collect(), tag: expected }),
        }
    }
}

/// Whether a plain scalar of this text would be something else than the string.
pub(super) fn is_typed(text: &str) -> bool {
    typed(text) != Typed::Text
}

fn typed(text: &str) -> Typed {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Typed::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Typed::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Typed::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Typed::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Typed::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Typed::Float(f64::NEG_INFINITY),
        _ => match text.as_bytes().first() {
            Some(b'.') => fraction(text),
            Some(b'0'..=b'9' | b'+' | b'-') => number(text),
            _ => Typed::Text,
        },
    }
}

/// A number that starts with its point; `_` only between digits.
fn fraction(text: &str) -> Typed {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let lone = |(at, byte): (usize, &u8)| *byte == b'_' && !(digit(at.checked_sub(1)) && digit(Some(at + 1)));
    if bytes.iter().enumerate().any(lone) { Typed::Text } else { decimal(&text.replace('_', "")) }
}

fn number(text: &str) -> Typed {
    let plain;
    let text = if text.contains('_') {
        plain = text.replace('_', "");
        &plain
    } else {
        text
    };
    integer(text).unwrap_or_else(|| decimal(text))
}

fn integer(text: &str) -> Option<Typed> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (Some('-'), digits),
        None => text.strip_prefix('+').map_or((None, text), |digits| (Some('+'), digits)),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0'] => (10, digits),
        [b'0', b'x' | b'X', _, ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, digits.get(2..)?),
        [b'0', ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None; // a second sign, which `from_str_radix` would take
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        Some('-') => 0_i64.checked_sub_unsigned(magnitude).map(Typed::Signed),
        _ => match i64::try_from(magnitude) {
            Ok(value) => Some(Typed::Signed(value)),
            Err(_) => sign.is_none().then_some(Typed::Unsigned(magnitude)),
        },
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, as far as 64 bits go.
fn decimal(text: &str) -> Typed {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shaped = digits(whole)
        && digits(part)
        && !(whole.is_empty() && part.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    match text.parse::<f64>() {
        Ok(value) if shaped && value.is_finite() => Typed::Float(value),
        _ => Typed::Text,
    }
}

/// The integer that a float is, if it is one of 64 bits with sign.
fn whole(value: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-BEYOND..BEYOND).contains(&value)).then_some(value as i64)
}

/// A float as a key: sigs.k8s.io/yaml writes it with the digits of 32 bits, in Go's `%g`.
fn float_name(value: f64) -> String {
    let value = value as f32;
    if !value.is_finite() {
        let name = match (value.is_nan(), value.is_sign_positive()) {
            (true, _) => ".nan",
            (false, true) => ".inf",
            (false, false) => "-.inf",
        };
        return name.to_owned();
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
        Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

/// The text behind base64. Line breaks are passed over; bytes that are no UTF-8 are replaced, as
/// they are when Go writes them as JSON.
fn binary(text: &str) -> Result<String, Problem> {
    let encoded: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3);
    let mut ended = !encoded.len().is_multiple_of(4);
    for group in encoded.chunks(4) {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        let mut bits = 0_u32;
        for byte in group.iter().take(4 - padding.min(4)) {
            bits = bits << 6 | sextet(*byte).ok_or(Problem::InvalidBinary)?;
        }
        if ended || padding > 2 {
            return Err(Problem::InvalidBinary);
        }
        ended = padding > 0;
        let [_, decoded @ ..] = (bits << (6 * padding)).to_be_bytes();
        bytes.extend(decoded.into_iter().take(3 - padding));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
