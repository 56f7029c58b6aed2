//! What validation finds.

use std::fmt;

use serde_json::Value;

/// The API server's kinds of field error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// The value is wrong.
    Invalid,
    /// There is no value and must be one.
    Required,
    /// The value is none of those there are.
    NotSupported,
    /// The text is too long.
    TooLong,
    /// The list or map has too many entries.
    TooMany,
    /// The value is of another type.
    TypeInvalid,
    /// The value is there twice.
    Duplicate,
    /// There is a value and must be none.
    Forbidden,
}

impl ErrorType {
    /// The API server's name (`FieldValueInvalid`).
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorType::Invalid => "FieldValueInvalid",
            ErrorType::Required => "FieldValueRequired",
            ErrorType::NotSupported => "FieldValueNotSupported",
            ErrorType::TooLong => "FieldValueTooLong",
            ErrorType::TooMany => "FieldValueTooMany",
            ErrorType::TypeInvalid => "FieldValueTypeInvalid",
            ErrorType::Duplicate => "FieldValueDuplicate",
            ErrorType::Forbidden => "FieldValueForbidden",
        }
    }

    /// Whether rules between fields are not looked at after such an error.
    pub(crate) fn blocks_rules(self) -> bool {
        use ErrorType::{NotSupported, Required, TooLong, TooMany, TypeInvalid};
        matches!(self, NotSupported | Required | TooLong | TooMany | TypeInvalid)
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an API server would refuse an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field (`spec.rules[0].filters[1].urlRewrite.path`), where the API server tells it.
    pub path: String,
    /// The API server's kind of error.
    pub error_type: ErrorType,
    /// The stable name of the constraint that is not met (`route-filter-type-mismatch`).
    pub code: &'static str,
    /// What stands there, if anything does.
    pub value: Option<Value>,
    /// What is wrong and what to write instead, for people. One line.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Something that an API server takes, and that is not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The field.
    pub path: String,
    /// The stable name of the rule.
    pub code: &'static str,
    /// What is wrong and what to write instead, for people. One line.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What validation says of an object.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Why it would be refused; empty if it would not.
    pub errors: Vec<FieldError>,
    /// What would be taken but is not what was meant: unknown fields, and where asked for the
    /// rules that the specification states in words.
    pub warnings: Vec<Warning>,
}

impl Report {
    /// Whether an API server would take the object. Warnings do not count.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}
