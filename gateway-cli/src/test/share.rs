//! Parts of one, as cases write them.

use serde_json::Value;

/// A part of one, and how exactly it was written.
///
/// `0` and `1` are exact. A number with digits after the point is what it is rounded to so many
/// digits, and at least two: `0.33` is a third, `0.333` and `0.3333` are too. `33%` is `0.33`. A
/// fraction, `1/3`, is exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    value: f64,
    /// Half of the last digit.
    tolerance: f64,
}

/// What is left to arithmetic.
const EXACT: f64 = 1e-9;

impl Share {
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Share::rounded(&number.to_string(), 0),
            Value::String(text) => Share::parse(text),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(percent) = text.strip_suffix('%') {
            return Share::rounded(percent.trim_end(), 2);
        }
        let (numerator, denominator) = text.split_once('/')?;
        let (numerator, denominator) = (numerator.trim().parse::<u32>().ok()?, denominator.trim().parse::<u32>().ok()?);
        let value = f64::from(numerator) / f64::from(denominator);
        (value <= 1.0).then_some(Share { value, tolerance: EXACT })
    }

    /// A decimal number, `shift` places to the right of where it belongs.
    fn rounded(text: &str, shift: usize) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number: f64 = text.parse().ok()?;
        let value = if shift == 0 { number } else { number / 100.0 };
        if !(0.0..=1.0).contains(&value) {
            return None;
        }
        let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len()) + shift;
        let digits = i32::try_from(digits.max(2)).unwrap_or(i32::MAX);
        let is_whole = value == 0.0 || value == 1.0;
        // What JSON writes with an exponent is small, and all its digits were meant.
        let tolerance = if is_whole || !is_plain { 0.0 } else { 0.5 * 10_f64.powi(-digits) };
        Some(Share { value, tolerance: tolerance + EXACT })
    }

    pub(super) fn agrees(self, found: f64) -> bool {
        (self.value - found).abs() <= self.tolerance
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_share_is_as_exact_as_it_is_written() {
        let third = 1.0 / 3.0;
        let cases = [
            (json!(0.33), third, true),
            (json!(0.34), third, false),
            (json!(0.333), third, true),
            (json!(0.334), third, false),
            (json!(0.5), 0.5, true),
            (json!(0.5), 0.51, false),
            (json!(0.1), 0.104, true),
            (json!("0.10%"), 0.001, true),
            (json!(0.100_5), 0.1, false),
            (json!(1), 1.0, true),
            (json!(1), 0.9999, false),
            (json!(0), 0.0001, false),
            (json!(0.001), 0.001, true),
            (json!(0.001), 0.002, false),
            (json!(0.000_000_1), 0.000_000_1, true),
            (json!("33%"), third, true),
            (json!("33.3 %"), third, true),
            (json!("34%"), third, false),
            (json!("100%"), 0.999, false),
            (json!("0%"), 0.001, false),
            (json!("1/3"), third, true),
            (json!("1/4"), third, false),
            (json!(0.333_333_333_333_333_3), third, true),
        ];
        for (written, found, agrees) in cases {
            assert_eq!(Share::read(&written).unwrap().agrees(found), agrees, "{written} and {found}");
        }
        for nonsense in [
            json!(1.5),
            json!(-0.1),
            json!(2),
            json!("x"),
            json!("1/0"),
            json!("0/0"),
            json!("2/1"),
            json!("%"),
            json!("nan%"),
            json!("-1%"),
            json!("0.5"),
            json!([]),
            json!(true),
        ] {
            assert_eq!(Share::read(&nonsense), None, "{nonsense}");
        }
    }
}
