//! Whether a request is tried again, given what became of the last try.

use std::time::Duration;

use gateway_model::HttpRouteRetry;
use http::StatusCode;
use smallvec::SmallVec;

use crate::setting::{SettingError, SettingFault, SettingProblem, duration};
use crate::timeouts::Timeouts;

/// Retries where a rule does not say how many. spec: `HTTPRouteRetry.attempts`, implementation-specific.
pub const DEFAULT_RETRIES: u32 = 1;
/// The least time between tries where a rule does not say. spec: `HTTPRouteRetry.backoff`,
/// implementation-specific.
pub const DEFAULT_BACKOFF: Duration = Duration::from_millis(25);

/// When a rule's requests are tried again (experimental). spec: `HTTPRouteRetry`, GEP-1731.
///
/// A rule without this has no retries. With it, a request is tried again after a status code that
/// the rule lists, after a connection that failed, and after a try that ran out of its own time
/// (`backendRequest`); never once the request's own time is up. Whether a request may be sent
/// twice at all (its method, how much of its body is kept) is the embedder's to judge first.
///
/// ```
/// use std::time::Duration;
/// use gateway_match::{RetryPolicy, RetryVerdict, TryOutcome};
/// use gateway_model::HttpRouteRetry;
/// use http::StatusCode;
///
/// let wire: HttpRouteRetry = serde_json::from_str(r#"{"codes": [503], "attempts": 2, "backoff": "100ms"}"#)?;
/// let retry = RetryPolicy::compile(&wire).unwrap();
/// let busy = TryOutcome::Status(StatusCode::SERVICE_UNAVAILABLE);
/// assert_eq!(retry.judge(busy, 0), RetryVerdict::After(Duration::from_millis(100)));
/// assert_eq!(retry.judge(busy, 2), RetryVerdict::Stop); // two retries have been made
/// assert_eq!(retry.judge(TryOutcome::RequestTimeout, 0), RetryVerdict::Stop);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    codes: SmallVec<[StatusCode; 8]>,
    attempts: Option<u32>,
    backoff: Option<gateway_model::Duration>,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryOutcome {
    /// The backend answered.
    Status(StatusCode),
    /// No connection, or one that broke before the backend answered.
    ConnectionError,
    /// The try ran out of its own time ([`Timeouts::backend_request`]).
    BackendRequestTimeout,
    /// The request ran out of time ([`Timeouts::request`]).
    RequestTimeout,
}

/// Whether a request is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetryVerdict {
    /// Yes, after at least this time. Longer is allowed (growing, with jitter), shorter is not.
    After(Duration),
    /// No: the outcome is the client's.
    Stop,
}

impl RetryPolicy {
    /// Compiles the retries of a rule. Codes that stand twice count once.
    ///
    /// # Errors
    ///
    /// A code beyond 400 to 599, a negative number of retries, a text that is no duration. Zero
    /// retries, which versions before v1.6 admit, mean none.
    pub fn compile(wire: &HttpRouteRetry) -> Result<Self, SettingError> {
        Self::new(wire).map_err(SettingError::from)
    }

    pub(crate) fn new(wire: &HttpRouteRetry) -> Result<Self, SettingFault> {
        let mut codes = SmallVec::new();
        for (index, code) in wire.codes.iter().enumerate() {
            let known = u16::try_from(*code).ok().filter(|code| (400..=599).contains(code));
            let status = known.and_then(|code| StatusCode::from_u16(code).ok());
            let status =
                status.ok_or_else(|| (format!("codes[{index}]"), SettingProblem::RetryCode { code: *code }))?;
            if !codes.contains(&status) {
                codes.push(status);
            }
        }
        let attempts = match wire.attempts {
            None => None,
            Some(attempts) if attempts < 0 => {
                return Err(("attempts".to_owned(), SettingProblem::Attempts { attempts }));
            }
            Some(attempts) => Some(u32::try_from(attempts).unwrap_or(u32::MAX)),
        };
        Ok(RetryPolicy { codes, attempts, backoff: duration("backoff", wire.backoff.as_ref())? })
    }

    /// The status codes after which a request is tried again, each once.
    pub fn codes(&self) -> &[StatusCode] {
        &self.codes
    }

    /// How many retries there are at most ([`DEFAULT_RETRIES`] unless the rule says).
    pub fn attempts(&self) -> u32 {
        self.attempts.unwrap_or(DEFAULT_RETRIES)
    }

    /// The field `attempts`, if it is set.
    pub fn attempts_as_written(&self) -> Option<u32> {
        self.attempts
    }

    /// The least time between tries ([`DEFAULT_BACKOFF`] unless the rule says).
    pub fn backoff(&self) -> Duration {
        self.backoff.as_ref().map_or(DEFAULT_BACKOFF, gateway_model::Duration::to_std)
    }

    /// The field `backoff` as written.
    pub fn backoff_as_written(&self) -> Option<&gateway_model::Duration> {
        self.backoff.as_ref()
    }

    /// Whether a request is tried again after an outcome, given how many retries it has had.
    /// O(codes), no allocation.
    ///
    /// spec: GEP-1731: connection errors SHOULD be retried where retries are configured at all;
    /// `HTTPRouteRetry.backoff`: so is a try that reached its own timeout, while a request that
    /// reached its timeout MUST be answered at once.
    pub fn judge(&self, outcome: TryOutcome, retries: u32) -> RetryVerdict {
        let again = match outcome {
            TryOutcome::Status(status) => self.codes.contains(&status),
            TryOutcome::ConnectionError | TryOutcome::BackendRequestTimeout => true,
            TryOutcome::RequestTimeout => false,
        };
        if again && retries < self.attempts() { RetryVerdict::After(self.backoff()) } else { RetryVerdict::Stop }
    }

    /// The same where the request has a limit of time, of which `elapsed` is used up: no retry that
    /// would only start when the time is up.
    pub fn judge_within(
        &self,
        outcome: TryOutcome,
        retries: u32,
        timeouts: &Timeouts,
        elapsed: Duration,
    ) -> RetryVerdict {
        match self.judge(outcome, retries) {
            RetryVerdict::After(wait) if timeouts.is_over(elapsed.saturating_add(wait)) => RetryVerdict::Stop,
            verdict => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn policy(wire: Value) -> RetryPolicy {
        RetryPolicy::compile(&serde_json::from_value(wire).unwrap()).unwrap()
    }

    fn status(code: u16) -> TryOutcome {
        TryOutcome::Status(StatusCode::from_u16(code).unwrap())
    }

    #[test]
    fn outcomes_are_retried_as_listed_until_the_attempts_are_used_up() {
        use RetryVerdict::{After, Stop};
        use TryOutcome::{BackendRequestTimeout, ConnectionError, RequestTimeout};
        let ms = Duration::from_millis;
        let listed = json!({"codes": [500, 503, 500], "attempts": 3, "backoff": "1s"});
        let cases = [
            (&listed, status(500), 0, After(ms(1000))),
            (&listed, status(503), 2, After(ms(1000))),
            (&listed, status(503), 3, Stop),
            (&listed, status(502), 0, Stop),
            (&listed, status(200), 0, Stop),
            (&listed, ConnectionError, 2, After(ms(1000))),
            (&listed, ConnectionError, 3, Stop),
            (&listed, BackendRequestTimeout, 0, After(ms(1000))),
            (&listed, RequestTimeout, 0, Stop),
            // What a rule does not say: one retry, after 25 ms, for no status code.
            (&json!({}), ConnectionError, 0, After(ms(25))),
            (&json!({}), ConnectionError, 1, Stop),
            (&json!({}), status(503), 0, Stop),
            (&json!({"codes": [504]}), BackendRequestTimeout, 0, After(ms(25))),
            (&json!({"codes": [504]}), RequestTimeout, 0, Stop),
            (&json!({"codes": [404], "backoff": "0s"}), status(404), 0, After(ms(0))),
            (&json!({"codes": [503], "attempts": 0}), status(503), 0, Stop),
        ];
        for (wire, outcome, retries, expected) in cases {
            assert_eq!(policy(wire.clone()).judge(outcome, retries), expected, "{wire} {outcome:?} after {retries}");
        }
        assert_eq!(policy(listed).codes().len(), 2);
    }

    #[test]
    fn no_retry_starts_when_the_requests_time_is_up() {
        let timeouts =
            Timeouts::compile(&serde_json::from_value(json!({"request": "2s", "backendRequest": "1s"})).unwrap())
                .unwrap();
        let retry = policy(json!({"backoff": "500ms", "attempts": 9}));
        let cases = [(0, true), (1499, true), (1500, false), (2000, false), (9000, false)];
        for (elapsed, again) in cases {
            let verdict =
                retry.judge_within(TryOutcome::BackendRequestTimeout, 0, &timeouts, Duration::from_millis(elapsed));
            assert_eq!(verdict != RetryVerdict::Stop, again, "after {elapsed} ms");
        }
        let unlimited = retry.judge_within(TryOutcome::ConnectionError, 0, &Timeouts::default(), Duration::MAX);
        assert_ne!(unlimited, RetryVerdict::Stop);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let cases = [
            (json!({"codes": [503, 399]}), "codes[1]"),
            (json!({"codes": [600]}), "codes[0]"),
            (json!({"codes": [-1]}), "codes[0]"),
            (json!({"attempts": -1}), "attempts"),
            (json!({"backoff": "1d"}), "backoff"),
        ];
        for (wire, field) in cases {
            let error = RetryPolicy::compile(&serde_json::from_value(wire.clone()).unwrap()).unwrap_err();
            assert_eq!(error.path, field, "{wire}");
        }
    }

    #[test]
    fn what_a_rule_says_is_told_apart_from_what_it_leaves_open() {
        let (said, open) = (policy(json!({"attempts": 3, "backoff": "1s"})), policy(json!({})));
        assert_eq!((said.attempts_as_written(), open.attempts_as_written()), (Some(3), None));
        let written = |policy: &RetryPolicy| policy.backoff_as_written().map(ToString::to_string);
        assert_eq!((written(&said), written(&open)), (Some("1s".to_owned()), None));
    }
}
