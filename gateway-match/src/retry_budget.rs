//! How many of the requests to a backend may be retries.

use std::time::Duration;

use gateway_model::{RequestRate, RetryConstraint};

use crate::setting::{SettingError, SettingFault, SettingProblem, duration};

/// A limit on the retries to one backend, whichever rules they come from (experimental).
/// spec: `RetryConstraint` of XBackendTrafficPolicy, GEP-3388.
///
/// Where the budget is used up, a request that would be tried again is answered 503. The embedder
/// counts; this judges.
///
/// ```
/// use gateway_match::{RetryBudget, RetryUse};
///
/// let budget = RetryBudget::compile(&serde_json::from_str(r#"{"budget": {"percent": 20}}"#)?).unwrap();
/// assert!(budget.permits(&RetryUse { requests: 1000, retries: 199, recent_retries: 50 }));
/// assert!(!budget.permits(&RetryUse { requests: 1000, retries: 200, recent_retries: 50 }));
/// // Ten a second are always allowed, so that a backend with little traffic has retries too.
/// assert!(budget.permits(&RetryUse { requests: 10, retries: 9, recent_retries: 9 }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    percent: u8,
    interval: Duration,
    min_retries: u32,
    min_interval: Duration,
}

/// What has gone to a backend of late, as the embedder counted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryUse {
    /// Requests during the last [`RetryBudget::interval`], retries included.
    pub requests: u64,
    /// The retries among them.
    pub retries: u64,
    /// Retries during the last [`RetryBudget::min_interval`].
    pub recent_retries: u64,
}

impl RetryBudget {
    /// Compiles the constraint of a policy, with the API's defaults for what it does not say: 20
    /// percent over 10 s, and 10 retries a second at least.
    ///
    /// # Errors
    ///
    /// A percentage beyond 0 to 100; an interval of the budget beyond 1 s to 1 h, of the rate beyond
    /// 1 h or of no length; a number of retries beyond 1 to 1,000,000; a text that is no duration.
    pub fn compile(wire: &RetryConstraint) -> Result<Self, SettingError> {
        Self::new(wire).map_err(SettingError::from)
    }

    pub(crate) fn new(wire: &RetryConstraint) -> Result<Self, SettingFault> {
        const HOUR: Duration = Duration::from_secs(3600);
        let percent = wire.budget.as_ref().and_then(|budget| budget.percent).unwrap_or(20);
        let percent = u8::try_from(percent)
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| ("budget.percent".to_owned(), SettingProblem::Percent { percent }))?;
        let written = wire.budget.as_ref().and_then(|budget| budget.interval.as_ref());
        let interval = bounded("budget.interval", written, Duration::from_secs(10), "from 1s to 1h", |length| {
            (Duration::from_secs(1)..=HOUR).contains(&length)
        })?;
        let (min_retries, min_interval) = match &wire.min_retry_rate {
            None => (10, Duration::from_secs(1)),
            Some(RequestRate { count, interval }) => {
                let missing = |field: &str| (format!("minRetryRate.{field}"), SettingProblem::Missing);
                let count = count.ok_or_else(|| missing("count"))?;
                let known = u32::try_from(count).ok().filter(|count| (1..=1_000_000).contains(count));
                let count = known.ok_or_else(|| ("minRetryRate.count".to_owned(), SettingProblem::Count { count }))?;
                let written = Some(interval.as_ref().ok_or_else(|| missing("interval"))?);
                let none = Duration::ZERO;
                let interval = bounded("minRetryRate.interval", written, none, "above 0s and at most 1h", |length| {
                    !length.is_zero() && length <= HOUR
                })?;
                (count, interval)
            }
        };
        Ok(RetryBudget { percent, interval, min_retries, min_interval })
    }

    /// The share of retries among the requests, in percent.
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// For how long requests count.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How many retries are always allowed within [`min_interval`](Self::min_interval).
    pub fn min_retries(&self) -> u32 {
        self.min_retries
    }

    /// Within which time [`min_retries`](Self::min_retries) are always allowed.
    pub fn min_interval(&self) -> Duration {
        self.min_interval
    }

    /// Whether one more retry is allowed: fewer than the share of the requests are retries, or fewer
    /// than the least number were made of late. O(1).
    pub fn permits(&self, used: &RetryUse) -> bool {
        let share = u128::from(used.requests) * u128::from(self.percent);
        u128::from(used.retries) * 100 < share || used.recent_retries < u64::from(self.min_retries)
    }
}

fn bounded(
    field: &str,
    written: Option<&gateway_model::Lenient<gateway_model::Duration>>,
    default: Duration,
    bounds: &'static str,
    is_within: impl Fn(Duration) -> bool,
) -> Result<Duration, SettingFault> {
    match duration(field, written)? {
        None => Ok(default),
        Some(found) if is_within(found.to_std()) => Ok(found.to_std()),
        Some(found) => {
            Err((field.to_owned(), SettingProblem::Interval { interval: found.as_str().to_owned(), bounds }))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn budget(wire: Value) -> Result<RetryBudget, SettingError> {
        RetryBudget::compile(&serde_json::from_value(wire).unwrap())
    }

    #[test]
    fn what_is_not_said_is_the_apis_default() {
        let plain = budget(json!({})).unwrap();
        assert_eq!((plain.percent(), plain.interval()), (20, Duration::from_secs(10)));
        assert_eq!((plain.min_retries(), plain.min_interval()), (10, Duration::from_secs(1)));
        let written = json!({"budget": {"interval": "1m"}, "minRetryRate": {"count": 3, "interval": "100ms"}});
        let written = budget(written).unwrap();
        assert_eq!((written.percent(), written.interval()), (20, Duration::from_secs(60)));
        assert_eq!((written.min_retries(), written.min_interval()), (3, Duration::from_millis(100)));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let cases = [
            (json!({"budget": {"percent": 101}}), "budget.percent"),
            (json!({"budget": {"percent": -1}}), "budget.percent"),
            (json!({"budget": {"interval": "999ms"}}), "budget.interval"),
            (json!({"budget": {"interval": "1h1ms"}}), "budget.interval"),
            (json!({"budget": {"interval": "soon"}}), "budget.interval"),
            (json!({"minRetryRate": {"interval": "1s"}}), "minRetryRate.count"),
            (json!({"minRetryRate": {"count": 0, "interval": "1s"}}), "minRetryRate.count"),
            (json!({"minRetryRate": {"count": 1_000_001, "interval": "1s"}}), "minRetryRate.count"),
            (json!({"minRetryRate": {"count": 1}}), "minRetryRate.interval"),
            (json!({"minRetryRate": {"count": 1, "interval": "0s"}}), "minRetryRate.interval"),
            (json!({"minRetryRate": {"count": 1, "interval": "2h"}}), "minRetryRate.interval"),
        ];
        for (wire, field) in cases {
            assert_eq!(budget(wire.clone()).unwrap_err().path, field, "{wire}");
        }
    }

    #[test]
    fn retries_are_a_share_of_the_requests_or_a_least_number() {
        let plain = json!({"minRetryRate": {"count": 1, "interval": "1s"}});
        let none = json!({"budget": {"percent": 0}, "minRetryRate": {"count": 1, "interval": "1s"}});
        let all = json!({"budget": {"percent": 100}, "minRetryRate": {"count": 1, "interval": "1s"}});
        let cases = [
            (&plain, 0, 0, 0, true),
            (&plain, 5, 0, 1, true),
            (&plain, 5, 1, 1, false),
            (&plain, 6, 1, 1, true),
            (&plain, u64::MAX, u64::MAX / 5 - 1, 9, true),
            (&plain, u64::MAX, u64::MAX / 5, 9, false),
            (&none, 1000, 0, 1, false),
            (&none, 1000, 5, 0, true),
            (&all, 7, 6, 9, true),
            (&all, 7, 7, 9, false),
        ];
        for (wire, requests, retries, recent_retries, expected) in cases {
            let used = RetryUse { requests, retries, recent_retries };
            assert_eq!(budget(wire.clone()).unwrap().permits(&used), expected, "{wire} {used:?}");
        }
    }
}
