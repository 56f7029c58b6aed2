//! A value of a header, a query parameter, a gRPC service or method, compared exactly or by a pattern.

use gateway_model::ValueMatchType;

use super::{MatchProblem, unknown};
use crate::pattern::Pattern;
use crate::query;

/// What a value is compared with. spec: `HTTPHeaderMatch.type`, `HTTPQueryParamMatch.type`, `GRPCMethodMatch.type`.
#[derive(Clone, Debug)]
pub(super) enum ValueCondition {
    Exact(Box<[u8]>),
    Regex(Pattern),
}

impl ValueCondition {
    pub(super) fn compile(
        kind: &ValueMatchType,
        value: String,
        regex_limit: usize,
    ) -> Result<Self, (&'static str, MatchProblem)> {
        match kind {
            ValueMatchType::Exact => Ok(ValueCondition::Exact(value.into_bytes().into())),
            ValueMatchType::RegularExpression => Pattern::compile(&value, regex_limit)
                .map(ValueCondition::Regex)
                .map_err(|error| ("value", error.into())),
            other => Err(("type", unknown(other.as_str()))),
        }
    }

    /// The value itself, unless it is a regular expression.
    pub(super) fn exact(&self) -> Option<&[u8]> {
        match self {
            ValueCondition::Exact(wanted) => Some(wanted),
            ValueCondition::Regex(_) => None,
        }
    }

    pub(super) fn takes(&self, value: &[u8]) -> bool {
        match self {
            ValueCondition::Exact(wanted) => **wanted == *value,
            ValueCondition::Regex(pattern) => pattern.is_match(value),
        }
    }

    /// The same for a value of a query, which is still encoded.
    pub(super) fn takes_encoded(&self, value: &str) -> bool {
        match self {
            ValueCondition::Exact(wanted) => query::decodes_to(value, wanted),
            ValueCondition::Regex(pattern) if !value.contains(['%', '+']) => pattern.is_match(value.as_bytes()),
            ValueCondition::Regex(pattern) => pattern.is_match(&query::decoded(value)),
        }
    }

    /// Number of characters that it is compared with; those of the pattern for a regular expression.
    pub(super) fn characters(&self) -> u32 {
        let characters = match self {
            ValueCondition::Exact(wanted) => String::from_utf8_lossy(wanted).chars().count(),
            ValueCondition::Regex(pattern) => pattern.as_str().chars().count(),
        };
        u32::try_from(characters).unwrap_or(u32::MAX)
    }
}
