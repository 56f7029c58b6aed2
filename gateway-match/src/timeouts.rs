//! How long a request, and one try of it at a backend, may take.

use std::time::Duration;

use gateway_model::HttpRouteTimeouts;

use crate::setting::{SettingError, SettingFault, SettingProblem, duration};

/// The limits of time of a rule. spec: `HTTPRouteTimeouts`, GEP-1742.
///
/// Data and arithmetic: the embedder keeps the clock. Whether the time of a request starts with its
/// head or with the end of its body is the embedder's choice, as the specification leaves it open.
///
/// ```
/// use std::time::Duration;
/// use gateway_match::Timeouts;
/// use gateway_model::HttpRouteTimeouts;
///
/// let wire: HttpRouteTimeouts = serde_json::from_str(r#"{"request": "10s", "backendRequest": "4s"}"#)?;
/// let timeouts = Timeouts::compile(&wire).unwrap();
/// assert_eq!(timeouts.of_try(Duration::from_secs(1)), Some(Duration::from_secs(4)));
/// assert_eq!(timeouts.of_try(Duration::from_secs(8)), Some(Duration::from_secs(2))); // what is left of ten
/// assert!(timeouts.is_over(Duration::from_secs(10)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    request: Option<gateway_model::Duration>,
    backend_request: Option<gateway_model::Duration>,
}

impl Timeouts {
    /// Compiles the timeouts of a rule.
    ///
    /// # Errors
    ///
    /// A text that is no duration; a try that may take longer than the whole request, unless that
    /// may take for ever (`0s`).
    pub fn compile(wire: &HttpRouteTimeouts) -> Result<Self, SettingError> {
        Self::new(wire).map_err(SettingError::from)
    }

    pub(crate) fn new(wire: &HttpRouteTimeouts) -> Result<Self, SettingFault> {
        let request = duration("request", wire.request.as_ref())?;
        let backend_request = duration("backendRequest", wire.backend_request.as_ref())?;
        // spec: HTTPRouteTimeouts, backendRequest <= request unless request is zero.
        if let (Some(whole), Some(one)) = (&request, &backend_request)
            && !whole.is_zero()
            && one > whole
        {
            let problem = SettingProblem::TryLongerThanRequest {
                backend_request: one.as_str().to_owned(),
                request: whole.as_str().to_owned(),
            };
            return Err(("backendRequest".to_owned(), problem));
        }
        Ok(Timeouts { request, backend_request })
    }

    /// Whether the rule says nothing about time, so that the embedder's own limits hold.
    pub fn is_empty(&self) -> bool {
        self.request.is_none() && self.backend_request.is_none()
    }

    /// The field `request` as written; `0s` stands for no limit.
    pub fn request_as_written(&self) -> Option<&gateway_model::Duration> {
        self.request.as_ref()
    }

    /// The field `backendRequest` as written; `0s` stands for no limit.
    pub fn backend_request_as_written(&self) -> Option<&gateway_model::Duration> {
        self.backend_request.as_ref()
    }

    /// How long the whole transaction with the client may take, retries included.
    pub fn request(&self) -> Limit {
        Limit::of(self.request.as_ref())
    }

    /// How long one try at a backend may take.
    pub fn backend_request(&self) -> Limit {
        Limit::of(self.backend_request.as_ref())
    }

    /// Whether the request's time is up, `elapsed` after its start: the answer is a timeout (504).
    pub fn is_over(&self, elapsed: Duration) -> bool {
        matches!(self.request(), Limit::At(limit) if elapsed >= limit)
    }

    /// How long a try may take that starts `elapsed` after the request did: its own limit, or what
    /// is left of the request's if that is less; `None` if there is no limit.
    pub fn of_try(&self, elapsed: Duration) -> Option<Duration> {
        let left = match self.request() {
            Limit::At(limit) => Some(limit.saturating_sub(elapsed)),
            Limit::Unset | Limit::Disabled => None,
        };
        match (self.backend_request(), left) {
            (Limit::At(limit), Some(left)) => Some(limit.min(left)),
            (Limit::At(limit), None) => Some(limit),
            (Limit::Unset | Limit::Disabled, left) => left,
        }
    }
}

/// A limit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The route does not say: the embedder's own default holds.
    Unset,
    /// The route says that there is none (`0s`).
    ///
    /// spec: `HTTPRouteTimeouts`: those who cannot do without one take the longest they can.
    Disabled,
    /// This long.
    At(Duration),
}

impl Limit {
    fn of(written: Option<&gateway_model::Duration>) -> Self {
        match written {
            None => Limit::Unset,
            Some(duration) if duration.is_zero() => Limit::Disabled,
            Some(duration) => Limit::At(duration.to_std()),
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_model::HttpRouteTimeouts;
    use serde_json::json;

    use super::*;

    fn compile(request: Option<&str>, backend_request: Option<&str>) -> Result<Timeouts, SettingError> {
        let mut wire = json!({});
        if let Some(text) = request {
            wire["request"] = text.into();
        }
        if let Some(text) = backend_request {
            wire["backendRequest"] = text.into();
        }
        Timeouts::compile(&serde_json::from_value::<HttpRouteTimeouts>(wire).unwrap())
    }

    #[test]
    fn zero_disables_and_absence_leaves_it_to_the_embedder() {
        let seconds = |n| Limit::At(Duration::from_secs(n));
        let cases = [
            (None, None, Limit::Unset, Limit::Unset),
            (Some("0s"), None, Limit::Disabled, Limit::Unset),
            (Some("0h0ms"), Some("5s"), Limit::Disabled, seconds(5)),
            (Some("1m"), Some("60s"), seconds(60), seconds(60)),
            (Some("10s"), Some("0s"), seconds(10), Limit::Disabled),
        ];
        for (request, one, expected, expected_try) in cases {
            let timeouts = compile(request, one).unwrap();
            assert_eq!(
                (timeouts.request(), timeouts.backend_request()),
                (expected, expected_try),
                "{request:?} {one:?}"
            );
            assert_eq!(timeouts.is_empty(), request.is_none() && one.is_none());
            assert_eq!(timeouts.request_as_written().map(|d| d.as_str()), request);
            assert_eq!(timeouts.backend_request_as_written().map(|d| d.as_str()), one);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let cases = [
            (Some("10"), None, "request", "has no unit"),
            (None, Some("-1s"), "backendRequest", "sign"),
            (Some("1s"), Some("1001ms"), "backendRequest", "longer than the `1s`"),
        ];
        for (request, one, field, problem) in cases {
            let error = compile(request, one).unwrap_err();
            assert_eq!(error.path, field, "{request:?} {one:?}");
            assert!(error.to_string().contains(problem), "{error}");
            assert_eq!(error.problem.reason(), "UnsupportedValue");
        }
    }

    #[test]
    fn a_try_gets_its_own_limit_or_what_is_left_of_the_requests() {
        let cases = [
            (None, None, 3, None, false),
            (Some("0s"), None, 3, None, false),
            (Some("0s"), Some("2s"), 99, Some(2), false),
            (None, Some("2s"), 99, Some(2), false),
            (Some("10s"), Some("4s"), 0, Some(4), false),
            (Some("10s"), Some("4s"), 7, Some(3), false),
            (Some("10s"), Some("0s"), 7, Some(3), false),
            (Some("10s"), None, 7, Some(3), false),
            (Some("10s"), Some("4s"), 10, Some(0), true),
            (Some("10s"), Some("4s"), 11, Some(0), true),
        ];
        for (request, one, elapsed, expected, over) in cases {
            let timeouts = compile(request, one).unwrap();
            let elapsed = Duration::from_secs(elapsed);
            let of_try = timeouts.of_try(elapsed);
            assert_eq!(of_try, expected.map(Duration::from_secs), "{request:?} {one:?} after {elapsed:?}");
            assert_eq!(timeouts.is_over(elapsed), over, "{request:?} {one:?} after {elapsed:?}");
        }
    }
}
