//! What is wrong with a filter, and where.

use gateway_model::RouteFilterType;

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
#[non_exhaustive]
pub struct FilterFault {
    /// The field, from the rule or the backend that has the filters (`filters[1].urlRewrite.path`).
    pub path: String,
    /// What is wrong there.
    pub problem: FilterProblem,
}

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterProblem {
    /// A value that this version of the API does not define. The whole route is refused.
    #[error("`{value}` is a value that is not supported")]
    UnknownValue {
        /// The value.
        value: String,
    },
    /// A path is to be changed by its prefix, in a rule with a match that has no prefix. The whole
    /// route is refused. spec: `HTTPPathModifier.replacePrefixMatch`.
    ///
    /// Never made by compiling, which does not see matches: see
    /// [`Filters::needs_prefix_match`](super::Filters::needs_prefix_match).
    #[error("needs rules that match paths by prefix")]
    NoPrefixMatch,
    /// The field that the type asks for is not there.
    #[error("must be set for type `{kind}`")]
    Missing {
        /// The type.
        kind: String,
    },
    /// A field of another type is there.
    #[error("must not be set for type `{kind}`")]
    Surplus {
        /// The type.
        kind: String,
    },
    /// A second filter of a type that may stand once only.
    #[error("type `{kind}` stands more than once")]
    Repeated {
        /// The type.
        kind: RouteFilterType,
    },
    /// A URLRewrite beside a RequestRedirect.
    #[error("a request cannot be both rewritten and redirected")]
    RewriteWithRedirect,
    /// A header name that no message can have.
    #[error("`{name}` is no name of a header")]
    HeaderName {
        /// The name.
        name: String,
    },
    /// A header value that no message can have: empty, with white space at an end, with control
    /// characters, or beyond ASCII.
    #[error("`{}` is no value of a header", value.escape_debug())]
    HeaderValue {
        /// The value.
        value: String,
    },
    /// A header that is named more than once in one filter. spec: `HTTPHeaderFilter`.
    #[error("header `{name}` is named more than once, and the order of actions is undefined")]
    DoubleHeaderAction {
        /// The name, in lower case.
        name: String,
    },
    /// A host that is no name without wildcard in lower case.
    #[error("`{value}` is no hostname in lower case")]
    Hostname {
        /// The text.
        value: String,
    },
    /// A port beyond 1 to 65535.
    #[error("{port} is no port")]
    Port {
        /// The number.
        port: i32,
    },
    /// A percentage beyond 0 to 100.
    #[error("{percent} is no percentage from 0 to 100")]
    Percent {
        /// The number.
        percent: i32,
    },
    /// A fraction that is negative, more than the whole, or over nothing.
    #[error("{numerator}/{denominator} is no fraction from 0 to 1")]
    Fraction {
        /// The numerator.
        numerator: i32,
        /// The denominator.
        denominator: i32,
    },
    /// A percentage and a fraction at once.
    #[error("only one of percent and fraction may be set")]
    PercentAndFraction,
    /// A text that is neither `*` nor a scheme, a host and perhaps a port.
    #[error("`{value}` is neither `*` nor an origin such as `https://*.example.com:8443`")]
    Origin {
        /// The text.
        value: String,
    },
    /// `*` in a list that has other entries.
    #[error("`*` must stand alone")]
    WildcardNotAlone,
    /// A number of seconds below 1.
    #[error("{seconds} is no number of seconds from 1 on")]
    MaxAge {
        /// The number.
        seconds: i32,
    },
}

impl FilterProblem {
    /// Whether the whole route is refused rather than the one rule dropped.
    ///
    /// The specification asks for that where an enum has a value that is not known, and where a
    /// prefix is to be replaced that no match has.
    pub fn refuses_route(&self) -> bool {
        matches!(self, FilterProblem::UnknownValue { .. } | FilterProblem::NoPrefixMatch)
    }

    /// The reason of the condition Accepted of a route that it leaves without a rule. spec:
    /// `RouteConditionReason`. Where rules are left, PartiallyInvalid has UnsupportedValue, its only one.
    pub fn reason(&self) -> &'static str {
        match self {
            FilterProblem::RewriteWithRedirect => "IncompatibleFilters",
            _ => "UnsupportedValue",
        }
    }
}

/// A problem with the field that it is in, relative to the filter.
pub(super) type Fault = (String, FilterProblem);

/// A value that this version of the API does not define.
pub(super) fn unknown(field: &str, value: &impl ToString) -> Fault {
    let value = value.to_string();
    (field.to_owned(), FilterProblem::UnknownValue { value })
}
