//! What is wrong with a setting of a rule or of a policy: timeouts, retries, sessions.

use gateway_model::{Duration, Lenient};

/// Why a setting of a rule or of a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum SettingProblem {
    /// A text that is no duration. spec: GEP-2257.
    #[error("`{text}`: {problem}")]
    Duration {
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A try may take longer than the whole request. spec: `HTTPRouteTimeouts`.
    #[error("`{backend_request}` is longer than the `{request}` that the whole request may take")]
    TryLongerThanRequest {
        /// The time for one try, as written.
        backend_request: String,
        /// The time for the whole request, as written.
        request: String,
    },
    /// A status code that no retry can be for. spec: `HTTPRouteRetryStatusCode`.
    #[error("{code} is no status code from 400 to 599")]
    RetryCode {
        /// The number.
        code: i64,
    },
    /// A negative number of retries. spec: `HTTPRouteRetry.attempts`.
    #[error("{attempts} is no number of retries")]
    Attempts {
        /// The number.
        attempts: i64,
    },
    /// A value that this version of the API does not define.
    #[error("`{value}` is a value that is not supported")]
    UnknownValue {
        /// The value.
        value: String,
    },
    /// A name that no cookie, or no header, can have. spec: `SessionPersistence.sessionName`.
    #[error("`{}` is no name of a {carrier}", name.escape_debug())]
    SessionName {
        /// The name.
        name: String,
        /// `cookie` or `header`.
        carrier: &'static str,
    },
    /// A permanent cookie without an age. spec: `CookieConfig.lifetimeType`.
    #[error("must be set for a permanent cookie")]
    PermanentWithoutTimeout,
    /// Details of a cookie for a session that a header carries. spec: `SessionPersistence.cookieConfig`.
    #[error("must not be set where a header carries the session")]
    CookieOfHeader,
    /// A percentage beyond 0 to 100. spec: `BudgetDetails.percent`.
    #[error("{percent} is no percentage from 0 to 100")]
    Percent {
        /// The number.
        percent: i64,
    },
    /// A number of requests beyond 1 to 1,000,000. spec: `RequestRate.count`.
    #[error("{count} is no number of requests from 1 to 1000000")]
    Count {
        /// The number.
        count: i64,
    },
    /// An interval beyond its bounds. spec: `BudgetDetails.interval`, `RequestRate.interval`.
    #[error("`{interval}` is not {bounds}")]
    Interval {
        /// The interval, as written.
        interval: String,
        /// What it must be.
        bounds: &'static str,
    },
    /// A field that must be there.
    #[error("must be set")]
    Missing,
}

impl SettingProblem {
    /// The reason of the condition that tells it: Accepted or PartiallyInvalid of a route
    /// (`RouteConditionReason`). A policy with such a setting is `Invalid`.
    pub fn reason(&self) -> &'static str {
        "UnsupportedValue"
    }
}

/// What is wrong with a setting, and in which of its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct SettingError {
    /// The field, from the setting (`backendRequest`).
    pub path: String,
    /// What is wrong there.
    pub problem: SettingProblem,
}

impl From<SettingFault> for SettingError {
    fn from((path, problem): SettingFault) -> Self {
        SettingError { path, problem }
    }
}

/// A problem with the field that it is in, relative to the setting.
pub(crate) type SettingFault = (String, SettingProblem);

/// The duration in a field, if there is one.
pub(crate) fn duration(field: &str, wire: Option<&Lenient<Duration>>) -> Result<Option<Duration>, SettingFault> {
    match wire {
        None => Ok(None),
        Some(Lenient::Valid(duration)) => Ok(Some(duration.clone())),
        Some(invalid) => Err((
            field.to_owned(),
            SettingProblem::Duration {
                text: invalid.as_str().to_owned(),
                problem: invalid.error().unwrap_or_default(),
            },
        )),
    }
}
