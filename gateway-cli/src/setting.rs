//! Timeouts, retries and sessions of a rule, as the decision line says them: durations as written.

use gateway_match::{RetryPolicy, RuleSession, SessionCarrier, Timeouts};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimeoutsLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_request: Option<&'a str>,
}

impl<'a> TimeoutsLine<'a> {
    pub(crate) fn new(timeouts: &'a Timeouts) -> Option<Self> {
        (!timeouts.is_empty()).then(|| TimeoutsLine {
            request: timeouts.request_as_written().map(gateway_model::Duration::as_str),
            backend_request: timeouts.backend_request_as_written().map(gateway_model::Duration::as_str),
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct RetryLine<'a> {
    codes: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff: Option<&'a str>,
}

impl<'a> RetryLine<'a> {
    pub(crate) fn new(retry: &'a RetryPolicy) -> Self {
        RetryLine {
            codes: retry.codes().iter().map(|code| code.as_u16()).collect(),
            attempts: retry.attempts_as_written(),
            backoff: retry.backoff_as_written().map(gateway_model::Duration::as_str),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionLine<'a> {
    /// The cookie's or header's name, which is made up where none is written.
    session_name: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_timeout: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookie_config: Option<CookieLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CookieLine {
    lifetime_type: &'static str,
}

impl<'a> SessionLine<'a> {
    pub(crate) fn new(session: &RuleSession<'a>) -> Self {
        let policy = session.policy();
        let is_cookie = policy.carrier() == SessionCarrier::Cookie;
        SessionLine {
            session_name: session.name(),
            r#type: if is_cookie { "Cookie" } else { "Header" },
            absolute_timeout: policy.absolute_timeout_as_written().map(gateway_model::Duration::as_str),
            cookie_config: is_cookie
                .then(|| CookieLine { lifetime_type: if policy.is_permanent() { "Permanent" } else { "Session" } }),
        }
    }
}
