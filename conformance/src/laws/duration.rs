//! Durations against a model that reads the pattern of GEP-2257 literally.

use std::time;

use gateway_model::{Duration, DurationError};

use super::ensure;

/// The first line and the second are texts; the bytes after them are a length of time.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n').map(String::from_utf8_lossy);
    let (a, b) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (first, second) = (parsed(&a)?, parsed(&b)?);
    if let (Some(first), Some(second)) = (first, second) {
        let (millis, other) = (first.as_millis(), second.as_millis());
        ensure(first.cmp(&second) == millis.cmp(&other) && (first == second) == (millis == other), || {
            format!("`{a}` and `{b}` are {millis} and {other} ms, and compare as {:?}", first.cmp(&second))
        })?;
    }
    printed(length(bytes))
}

/// A text is a duration exactly if the model says so, as long as the model says, and stays as it is.
fn parsed(text: &str) -> Result<Option<Duration>, String> {
    let (found, wanted) = (Duration::parse(text), millis_of(text, 4));
    let length = found.as_ref().ok().map(Duration::as_millis);
    ensure(length == wanted, || format!("`{text}`: {found:?}, not {wanted:?}"))?;
    let Ok(duration) = found else { return Ok(None) };
    let written = serde_json::to_string(&duration).ok();
    let read = written.as_deref().and_then(|written| serde_json::from_str::<Duration>(written).ok());
    let shown = duration.to_string();
    let texts = [duration.as_str(), &shown, read.as_ref().map_or("", Duration::as_str)].concat();
    ensure(texts == text.repeat(3), || format!("`{text}` does not stay: {texts}"))?;
    ensure(duration.is_zero() == (wanted == Some(0)), || format!("`{text}` and zero"))?;
    printed(duration.to_std())?;
    Ok(Some(duration))
}

/// The pattern `^([0-9]{1,5}(h|m|s|ms)){1,4}$`, by trying every way to read it.
fn millis_of(text: &str, components: usize) -> Option<u64> {
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    (1..=5).find_map(|digits| {
        let (number, rest) = text.split_at_checked(digits)?;
        let number: u64 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
        units.iter().find_map(|(unit, millis)| {
            let rest = rest.strip_prefix(unit)?;
            let following =
                if rest.is_empty() { 0 } else { millis_of(rest, components.checked_sub(1).filter(|left| *left > 0)?)? };
            Some(number * millis + following)
        })
    })
}

/// A length of time prints in the standard form, if there is one, and reads back as the same length.
fn printed(length: time::Duration) -> Result<(), String> {
    let wanted = standard_form(length);
    let found = Duration::from_std(length);
    let text = found.as_ref().map(Duration::as_str).map_err(Clone::clone);
    ensure(text == wanted.as_deref().map_err(Clone::clone), || format!("{length:?}: {text:?}, not {wanted:?}"))?;
    let Ok(text) = text else { return Ok(()) };
    let read = Duration::parse(text).map(|read| read.to_std());
    ensure(read == Ok(length), || format!("{length:?} prints as `{text}`, which is {read:?}"))
}

/// GEP-2257, formatting: units from large to small, none twice, none of zero, `0s` for nothing.
fn standard_form(length: time::Duration) -> Result<String, DurationError> {
    let millis = length.as_millis();
    if length.as_nanos() > (99_999 * 3_600_000 + 59 * 60_000 + 59 * 1_000 + 999) * 1_000_000 {
        return Err(DurationError::OutOfRange);
    }
    if length.as_nanos() != millis * 1_000_000 {
        return Err(DurationError::SubMillisecond);
    }
    let parts =
        [(millis / 3_600_000, "h"), (millis / 60_000 % 60, "m"), (millis / 1_000 % 60, "s"), (millis % 1_000, "ms")];
    let written: String =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    Ok(if written.is_empty() { "0s".to_owned() } else { written })
}

/// A length out of the last bytes: seconds, or hours near the end of the range, and some nanoseconds.
fn length(bytes: &[u8]) -> time::Duration {
    let number =
        |from: usize| bytes.iter().rev().skip(from).take(4).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let seconds = number(0) % 400_000_000;
    match number(4) % 4 {
        0 => time::Duration::from_millis(number(8)),
        1 => time::Duration::from_secs(seconds),
        2 => time::Duration::from_millis(seconds * 1_000 + number(8) % 1_000),
        _ => time::Duration::from_nanos(number(8)),
    }
}
