//! The sessions of a rule: whose they are, what a token leads to.

use std::ops::ControlFlow;
use std::time::Duration;

use http::HeaderName;

use super::BackendState;
use super::rule::{Backend, Rule};
use crate::options::PartialSessions;
use crate::request::{Headers, RequestView};
use crate::session::{SessionCarrier, SessionEnd, SessionPolicy, SessionToken, backend_hash, rule_hash};

/// The session persistence of one backend of a rule, as the client meets it.
///
/// ```
/// use std::time::Duration;
/// use gateway_match::*;
///
/// let service = |name| BackendDefinition::new(BackendName::service("shop", name, 80));
/// let sticky = serde_json::from_str(r#"{"sessionName": "cart", "absoluteTimeout": "1h"}"#)?;
/// let rule = RuleDefinition::new().backend(service("a")).backend(service("b").weight(0)).session_persistence(sticky);
/// let route = Route::compile(RouteDefinition::http("shop", "cart").rule(rule), &Profile::default());
/// let rule = route.rules().next().unwrap();
///
/// // The first request went to the backend at position 1, while that still had a weight:
/// let now = Duration::from_secs(1_700_000_000);
/// let session = rule.session(1).unwrap();
/// let (_, cookie) = session.begin("10.0.0.7:80", now, true);
/// assert!(cookie.starts_with("cart=1."));
///
/// // The next one brings the cookie, and goes there again.
/// let headers = [("cookie", cookie.split(';').next().unwrap())];
/// let request = RequestView::new("GET", "shop.example.com", "/", &headers);
/// let (position, token) = rule.resume_request(&request, now).unwrap();
/// assert_eq!((position, token.endpoint()), (1, "10.0.0.7:80"));
/// assert!(rule.resume_request(&request, now + Duration::from_secs(3600)).is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RuleSession<'r> {
    rule: &'r Rule,
    backend: &'r Backend,
    policy: &'r SessionPolicy,
    /// Whether it comes from the backend rather than from the rule.
    of_backend: bool,
}

impl<'r> RuleSession<'r> {
    /// How the session is carried, and how long it lasts.
    pub fn policy(&self) -> &'r SessionPolicy {
        self.policy
    }

    /// The name of the cookie or header.
    ///
    /// The one that is written; with the rule's hash after it where it is written for the backend,
    /// since the rules that share the backend must not share sessions; one made of the hash alone
    /// where none is written. spec: GEP-1619.
    pub fn name(&self) -> String {
        match (self.policy.name(), self.of_backend) {
            (Some(name), false) => name.to_owned(),
            (Some(name), true) => format!("{name}-{:016x}", self.rule.session_hash()),
            (None, _) => {
                // Headers of one's own have had this beginning for long; cookies need none.
                let start = if self.policy.carrier() == SessionCarrier::Header { "x-" } else { "" };
                format!("{start}session-{:016x}", self.rule.session_hash())
            }
        }
    }

    /// Begins a session: the header of the answer that the client shall keep. `endpoint` is the one
    /// of the backend that had the request; `now` counts from an epoch of the embedder's that all
    /// its processes share; `secure` says whether the client speaks TLS.
    pub fn begin(&self, endpoint: &str, now: Duration, secure: bool) -> (HeaderName, String) {
        self.policy.response_header(&self.name(), &self.token(endpoint, now), secure)
    }

    /// The token of a session that begins now, for those who carry it in a way of their own.
    pub fn token(&self, endpoint: &str, now: Duration) -> SessionToken {
        SessionToken::new(self.rule.session_hash(), backend_hash(self.backend.name()), now, endpoint)
    }
}

impl Rule {
    /// The session persistence of the backend at a position, if it has one.
    ///
    /// The rule's own comes before that of an XBackendTrafficPolicy. Where only some backends have
    /// one, the option [`PartialSessions`] decides. spec: GEP-1619, edge case behavior.
    pub fn session(&self, position: usize) -> Option<RuleSession<'_>> {
        let backend = self.backends().get(position)?;
        let session = |policy, of_backend| RuleSession { rule: self, backend, policy, of_backend };
        if let Some(policy) = self.session_policy() {
            return Some(session(policy, false));
        }
        let first = || self.backends().iter().find_map(Backend::session_policy);
        let policy = match self.options().partial_sessions {
            PartialSessions::Configured => backend.session_policy(),
            PartialSessions::All => backend.session_policy().or_else(first),
            PartialSessions::None => backend
                .session_policy()
                .filter(|_| self.backends().iter().all(|other| other.session_policy().is_some())),
        };
        policy.map(|policy| session(policy, true))
    }

    /// The backend that a session's token leads to, by its position.
    ///
    /// A weight of zero ends no session: it only keeps new ones away. spec: GEP-1619, traffic
    /// splitting. `now` counts from the same epoch as when the session began. O(backends).
    ///
    /// # Errors
    ///
    /// Why it leads nowhere. The request is picked for like one without a token.
    pub fn resume(&self, token: &SessionToken, now: Duration) -> Result<usize, SessionEnd> {
        if token.rule != self.session_hash() {
            return Err(SessionEnd::OtherRule);
        }
        let found = self.backends().iter().position(|backend| backend_hash(backend.name()) == token.backend);
        let position = found.ok_or(SessionEnd::BackendGone)?;
        let policy = self.session(position).ok_or(SessionEnd::NotPersistent)?.policy();
        let age = now.saturating_sub(token.began());
        if policy.absolute_timeout().is_some_and(|limit| age >= limit) {
            return Err(SessionEnd::Expired);
        }
        let usable = self.backends().get(position).is_some_and(|backend| *backend.state() == BackendState::Ready);
        if usable { Ok(position) } else { Err(SessionEnd::BackendGone) }
    }

    /// The backend that the session of a request leads to, with the token; `None` if the request
    /// brings no token that leads somewhere. O(backends × length of the session's headers).
    pub fn resume_request<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        now: Duration,
    ) -> Option<(usize, SessionToken)> {
        let mut resumed = None;
        for session in (0..self.backends().len()).filter_map(|position| self.session(position)) {
            session.policy.visit_tokens(
                &session.name(),
                request.headers(),
                &mut |token| match self.resume(&token, now) {
                    Ok(position) => {
                        resumed = Some((position, token));
                        ControlFlow::Break(())
                    }
                    Err(_) => ControlFlow::Continue(()),
                },
            );
            // A session of the rule is one for all backends.
            if resumed.is_some() || !session.of_backend {
                break;
            }
        }
        resumed
    }

    fn session_hash(&self) -> u64 {
        rule_hash(self.route(), self.index(), self.name())
    }
}
