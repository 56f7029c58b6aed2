//! Fields with a grammar: the checked value, or the text as written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::duration::Duration;
use crate::hostname::Hostname;

/// A value of a field with a grammar: checked, or kept as it was written.
///
/// One malformed hostname must not make a route, a list or a watch unreadable, so reading never
/// fails on the grammar: the bad text is kept, serialises back unchanged, and becomes a reason on
/// the object. Beyond resolving, only checked values travel.
///
/// ```
/// use gateway_model::{Hostname, Lenient};
///
/// let hostnames: Vec<Lenient<Hostname>> = serde_json::from_str(r#"["a.example.com", "no_such"]"#)?;
/// assert!(hostnames[0].valid().is_some());
/// assert!(hostnames[1].valid().is_none());
/// assert_eq!(serde_json::to_string(&hostnames)?, r#"["a.example.com","no_such"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lenient<T> {
    /// The text follows the grammar.
    Valid(T),
    /// The text does not, or not in the one spelling that the wire allows.
    Invalid(InvalidText),
}

/// The text of a field that does not follow the field's grammar.
///
/// Only reading makes one, so a well-formed value is never hidden in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvalidText(Box<str>);

impl InvalidText {
    /// The text as the document spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A grammar whose values have one spelling on the wire.
///
/// Sealed: the grammars are the specification's.
pub trait Grammar: FromStr<Err: std::error::Error> + sealed::Sealed {
    /// The value's one spelling.
    fn as_str(&self) -> &str;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::hostname::Hostname {}
    impl Sealed for crate::duration::Duration {}
}

impl Grammar for Hostname {
    fn as_str(&self) -> &str {
        Hostname::as_str(self)
    }
}

impl Grammar for Duration {
    fn as_str(&self) -> &str {
        Duration::as_str(self)
    }
}

impl<T: Grammar> Lenient<T> {
    /// Reads a text: valid exactly when it follows the grammar in the wire's own spelling
    /// (a hostname in upper case is not valid on the wire, although it parses). O(length).
    pub fn read(text: &str) -> Self {
        match text.parse::<T>() {
            Ok(value) if value.as_str() == text => Lenient::Valid(value),
            _ => Lenient::Invalid(InvalidText(text.into())),
        }
    }

    /// The checked value, if the text follows the grammar.
    pub fn valid(&self) -> Option<&T> {
        match self {
            Lenient::Valid(value) => Some(value),
            Lenient::Invalid(_) => None,
        }
    }

    /// The text as the document spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Lenient::Valid(value) => value.as_str(),
            Lenient::Invalid(text) => text.as_str(),
        }
    }

    /// What is wrong with the text, if anything is: the grammar's error.
    pub fn error(&self) -> Option<String> {
        match self {
            Lenient::Valid(_) => None,
            Lenient::Invalid(text) => Some(match text.as_str().parse::<T>() {
                Err(error) => error.to_string(),
                Ok(value) => format!("must be written as `{}`", value.as_str()),
            }),
        }
    }
}

impl<T> Default for Lenient<T> {
    /// The empty text, which follows no grammar of the API.
    fn default() -> Self {
        Lenient::Invalid(InvalidText("".into()))
    }
}

impl<T> From<T> for Lenient<T> {
    fn from(value: T) -> Self {
        Lenient::Valid(value)
    }
}

impl<T: Grammar> fmt::Display for Lenient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Grammar> Serialize for Lenient<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: Grammar> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::text(deserializer, "a string", Lenient::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hostname;

    #[test]
    fn what_is_no_text_is_refused_with_what_was_expected() {
        let error = serde_json::from_str::<Lenient<Hostname>>("7").unwrap_err().to_string();
        assert!(error.starts_with("invalid type: integer `7`, expected a string at"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_text_is_told() {
        let error = |text: &str| Lenient::<Hostname>::read(text).error();
        assert_eq!(error("a.example.com"), None);
        assert_eq!(error("A.example.com").as_deref(), Some("must be written as `a.example.com`"));
        let grammar = "no_host".parse::<Hostname>().unwrap_err().to_string();
        assert_eq!(error("no_host"), Some(grammar));
    }
}
