//! Lengths of time as the Gateway API writes them: GEP-2257.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[cfg(test)]
mod tests;

/// A length of time in the text form of GEP-2257, such as `1h30m` or `500ms`.
///
/// It is one to four components of one to five digits and a unit: `h`, `m`, `s` or `ms`. Units may stand in any
/// order and be repeated; the components add up. The text is kept as written, because the GEP forbids to rewrite
/// what a user wrote: `60m` prints and serialises as `60m`.
///
/// Equality, order and hash are those of the **length of time**, so that comparing two timeouts is right whatever
/// their spelling: `60m` equals `1h`. To compare spellings, compare [`as_str`](Self::as_str).
///
/// ```
/// use gateway_model::Duration;
///
/// let timeout = Duration::parse("1h0m")?;
/// assert_eq!(timeout.to_string(), "1h0m");
/// assert_eq!(timeout.to_std(), std::time::Duration::from_secs(3600));
/// assert_eq!(timeout, Duration::parse("60m")?);
/// # Ok::<(), gateway_model::DurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Duration {
    millis: u64,
    text: Box<str>,
}

/// Why a text is no duration, or a length of time has no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// There is no text. The zero duration is written `0s`.
    #[error("must not be empty")]
    Empty,
    /// The text has a sign. Durations are never negative.
    #[error("must not have a sign")]
    Sign,
    /// A number has a fraction.
    #[error("must not have a fraction: `1.5h` is written `1h30m`")]
    Fraction,
    /// Where a component must start stands something that is not a digit.
    #[error("has `{}` where a number must stand", .found.escape_debug())]
    MissingNumber {
        /// What stands there.
        found: char,
    },
    /// A number has more than five digits.
    #[error("number `{number}` has more than five digits")]
    TooManyDigits {
        /// The number as written.
        number: Box<str>,
    },
    /// A number without a unit.
    #[error("number `{number}` has no unit: `h`, `m`, `s` or `ms`")]
    MissingUnit {
        /// The number as written.
        number: Box<str>,
    },
    /// A unit that GEP-2257 does not have.
    #[error("unit `{}` is none of `h`, `m`, `s` and `ms`", .unit.escape_debug())]
    UnknownUnit {
        /// The unit as written.
        unit: Box<str>,
    },
    /// The text has more than four components.
    #[error("must have at most four components")]
    TooManyComponents,
    /// A length of time that is not a whole number of milliseconds.
    #[error("must be a whole number of milliseconds")]
    SubMillisecond,
    /// A length of time that is longer than [`Duration::LONGEST_STANDARD`].
    #[error("must not be longer than 99999h59m59s999ms")]
    OutOfRange,
}

impl Duration {
    /// The longest time that the standard form can write, `99999h59m59s999ms`.
    ///
    /// The grammar goes further by repeating units: up to `99999h99999h99999h99999h`.
    pub const LONGEST_STANDARD: time::Duration = time::Duration::from_millis(100_000 * MILLIS_PER_HOUR - 1);

    /// Reads a duration and keeps the text as it is.
    ///
    /// spec: GEP-2257, the pattern `^([0-9]{1,5}(h|m|s|ms)){1,4}$`, of which all texts are accepted, repeated and
    /// unordered units included. Numbers are decimal whatever their leading zeros. O(length), one allocation.
    ///
    /// # Errors
    ///
    /// The first problem from the left.
    ///
    /// ```
    /// use gateway_model::{Duration, DurationError};
    ///
    /// assert_eq!(Duration::parse("10s30m1h")?.as_millis(), 5_410_000);
    /// assert_eq!(Duration::parse("1d"), Err(DurationError::UnknownUnit { unit: "d".into() }));
    /// assert_eq!(Duration::parse("0").unwrap_err().to_string(), "number `0` has no unit: `h`, `m`, `s` or `ms`");
    /// # Ok::<(), DurationError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        if text.is_empty() {
            return Err(DurationError::Empty);
        }
        let mut millis = 0;
        let mut rest = text;
        for _ in 0..MAX_COMPONENTS {
            let component;
            (component, rest) = component_millis(rest)?;
            millis += component;
            if rest.is_empty() {
                return Ok(Duration { millis, text: text.into() });
            }
        }
        Err(DurationError::TooManyComponents)
    }

    /// Writes a length of time in the standard form: descending units, none repeated, each as large as possible,
    /// and `0s` for zero.
    ///
    /// spec: GEP-2257, formatting. The GEP names more than 99999 hours as out of range; here everything is in range
    /// that the standard form can write, up to [`LONGEST_STANDARD`](Self::LONGEST_STANDARD).
    ///
    /// # Errors
    ///
    /// [`DurationError::OutOfRange`] and [`DurationError::SubMillisecond`]: nothing is rounded.
    ///
    /// ```
    /// use std::time;
    /// use gateway_model::{Duration, DurationError};
    ///
    /// assert_eq!(Duration::from_std(time::Duration::from_secs(5400))?.as_str(), "1h30m");
    /// assert_eq!(Duration::from_std(time::Duration::from_micros(100)), Err(DurationError::SubMillisecond));
    /// # Ok::<(), DurationError>(())
    /// ```
    pub fn from_std(length: time::Duration) -> Result<Self, DurationError> {
        if length > Self::LONGEST_STANDARD {
            return Err(DurationError::OutOfRange);
        }
        if !length.subsec_nanos().is_multiple_of(1_000_000) {
            return Err(DurationError::SubMillisecond);
        }
        let millis = length.as_secs() * 1_000 + u64::from(length.subsec_millis());
        Ok(Duration { millis, text: standard_form(millis).into() })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The length in milliseconds. O(1).
    pub fn as_millis(&self) -> u64 {
        self.millis
    }

    /// The length as the standard library has it, exactly. O(1).
    pub fn to_std(&self) -> time::Duration {
        time::Duration::from_millis(self.millis)
    }

    /// Whether the length is zero, as `0s` and `0h0ms` are.
    ///
    /// A timeout of zero is none at all: the spec asks to disable it, or where that is impossible to take the
    /// longest possible one (`HTTPRouteTimeouts`, `request` and `backendRequest`).
    pub fn is_zero(&self) -> bool {
        self.millis == 0
    }
}

const MAX_COMPONENTS: usize = 4;
const MAX_DIGITS: usize = 5;
const MILLIS_PER_HOUR: u64 = 3_600_000;

/// The units with their milliseconds, largest first.
const UNITS: [(&str, u64); 4] = [("h", MILLIS_PER_HOUR), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The length of the component at the start of a text that is not empty, and what follows it.
///
/// A unit ends where the next digit begins, which is how the pattern has to read `1ms` and Go does read it.
fn component_millis(text: &str) -> Result<(u64, &str), DurationError> {
    let (number, after) = split_where(text, |character| !character.is_ascii_digit());
    if number.is_empty() {
        return Err(match text.chars().next() {
            None => DurationError::Empty,
            Some('-' | '+') => DurationError::Sign,
            Some('.') => DurationError::Fraction,
            Some(found) => DurationError::MissingNumber { found },
        });
    }
    if number.len() > MAX_DIGITS {
        return Err(DurationError::TooManyDigits { number: number.into() });
    }
    let (unit, rest) = split_where(after, |character| character.is_ascii_digit());
    if unit.is_empty() {
        return Err(DurationError::MissingUnit { number: number.into() });
    }
    if unit.starts_with('.') {
        return Err(DurationError::Fraction);
    }
    let Some((_, unit_millis)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
        return Err(DurationError::UnknownUnit { unit: unit.into() });
    };
    let value = number.bytes().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    Ok((value * unit_millis, rest))
}

/// The text before the first character that ends it, and the text from there.
fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn standard_form(millis: u64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    let mut rest = millis;
    for (unit, unit_millis) in UNITS {
        let value = rest / unit_millis;
        rest %= unit_millis;
        if value > 0 {
            text.push_str(&value.to_string());
            text.push_str(unit);
        }
    }
    text
}

impl PartialEq for Duration {
    fn eq(&self, other: &Self) -> bool {
        self.millis == other.millis
    }
}

impl Eq for Duration {}

impl PartialOrd for Duration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Duration {
    fn cmp(&self, other: &Self) -> Ordering {
        self.millis.cmp(&other.millis)
    }
}

impl Hash for Duration {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.millis.hash(state);
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    /// [`Duration::parse`].
    fn from_str(text: &str) -> Result<Self, DurationError> {
        Duration::parse(text)
    }
}

impl TryFrom<&str> for Duration {
    type Error = DurationError;

    /// [`Duration::parse`].
    fn try_from(text: &str) -> Result<Self, DurationError> {
        Duration::parse(text)
    }
}

impl TryFrom<time::Duration> for Duration {
    type Error = DurationError;

    /// [`Duration::from_std`].
    fn try_from(length: time::Duration) -> Result<Self, DurationError> {
        Duration::from_std(length)
    }
}

impl From<&Duration> for time::Duration {
    fn from(duration: &Duration) -> Self {
        duration.to_std()
    }
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.to_std()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl AsRef<str> for Duration {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Duration {
    /// [`Duration::parse`]: a text that is no duration is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `1h30m`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                Duration::parse(text).map_err(|problem| E::custom(format_args!("duration `{text}`: {problem}")))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
