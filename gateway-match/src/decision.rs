//! What comes out of a router: borrowed from it, with ids in place of names.

use std::borrow::Cow;
use std::ops::ControlFlow;

use gateway_model::{Hostname, ObjectKey, ResourceKind, TlsMode};
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderName, StatusCode};

use crate::answer::Answer;
use crate::filter::{Filter, PreflightInput, Redirect, RedirectInput, Scheme};
use crate::ids::{BackendId, RuleId};
use crate::path::comparable_path;
use crate::request::{Connection, Headers, RequestView};
use crate::route::{Backend, BackendName, BackendTlsProblem, Pick, Rule};
use crate::router::{Candidate, ListenerInfo, RuleSlot};

/// What is done with a request, a call or a connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Decision<'r> {
    /// A rule takes it.
    Matched(Match<'r>),
    /// No rule takes the request, or no listener takes its host: 404, for gRPC UNIMPLEMENTED.
    /// spec: `HTTPRouteRule.matches`, `GatewaySpec.listeners`.
    NotFound {
        /// The listener, if one takes the host.
        listener: Option<&'r ListenerInfo>,
        /// Whether it is a gRPC request.
        grpc: bool,
    },
    /// It came over a TLS connection for another listener: 421. spec: `Listener.hostname`.
    Misdirected {
        /// The listener that the connection was for.
        listener: Option<&'r ListenerInfo>,
    },
    /// It cannot be understood: 400.
    BadRequest(BadRequest),
    /// No listener has that port, protocol and SNI, or no route takes the connection: it is refused,
    /// and datagrams are dropped.
    Rejected {
        /// The listener, if one takes the connection but none of its routes does.
        listener: Option<&'r ListenerInfo>,
    },
    /// HTTP is spoken on the connection: each request is decided by itself. Only a connection gets
    /// this answer ([`Router::connect`](crate::Router::connect)).
    Http {
        /// The listener, if it is known before the first request: by SNI, or because there is one only.
        listener: Option<&'r ListenerInfo>,
    },
    /// Nobody has a route for it: to the Service that was dialled, as if there were no mesh.
    /// spec: GEP-1294, route presence.
    Direct {
        /// The Service's port.
        listener: &'r ListenerInfo,
        /// The same as a backend.
        service: &'r BackendName,
    },
}

/// What is wrong with a request that is answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BadRequest {
    /// Its authority is no authority. RFC 9112 section 3.2.
    Authority,
    /// Its path could be read in two ways, and the option `path-normalization` refuses such paths.
    Path,
}

impl<'r> Decision<'r> {
    /// The match, if a rule takes the request.
    pub fn matched(&self) -> Option<&Match<'r>> {
        match self {
            Decision::Matched(found) => Some(found),
            _ => None,
        }
    }

    /// The listener, if the request or connection reached one.
    pub fn listener(&self) -> Option<&'r ListenerInfo> {
        match self {
            Decision::Matched(found) => Some(found.listener),
            Decision::NotFound { listener, .. }
            | Decision::Misdirected { listener }
            | Decision::Rejected { listener }
            | Decision::Http { listener } => *listener,
            Decision::Direct { listener, .. } => Some(listener),
            Decision::BadRequest(_) => None,
        }
    }

    /// What the gateway answers itself, whichever backend would be picked: that no rule matched, 421,
    /// 400, a redirect, what a rule without any usable backend answers, or a closed connection.
    /// `None` if it goes to a backend, or if HTTP has to be spoken first.
    ///
    /// A CORS preflight is told apart by its headers: see [`Match::is_preflight`].
    pub fn answer(&self) -> Option<Answer> {
        match self {
            Decision::Matched(found) => match found.rule().filters().redirect() {
                Some(redirect) if found.rule().refusal().is_none() => Some(Answer::Http(redirect.status())),
                _ => found.answer_without_backend(),
            },
            Decision::NotFound { grpc, .. } => Some(Answer::not_found(*grpc)),
            Decision::Misdirected { .. } => Some(Answer::Http(StatusCode::MISDIRECTED_REQUEST)),
            Decision::BadRequest(_) => Some(Answer::Http(StatusCode::BAD_REQUEST)),
            Decision::Rejected { .. } => Some(Answer::Close),
            Decision::Http { .. } | Decision::Direct { .. } => None,
        }
    }

    /// The status of the HTTP response in [`Decision::answer`]: 200 for a gRPC one, `None` where
    /// there is no response.
    pub fn status(&self) -> Option<StatusCode> {
        self.answer().and_then(Answer::status)
    }
}

/// The rule that takes a request, and how it came to that.
#[derive(Clone, Copy, Debug)]
pub struct Match<'r> {
    listener: &'r ListenerInfo,
    candidate: &'r Candidate,
    hostname: Option<&'r Hostname>,
}

impl<'r> Match<'r> {
    #[inline]
    pub(crate) fn new(listener: &'r ListenerInfo, candidate: &'r Candidate, hostname: Option<&'r Hostname>) -> Self {
        Match { listener, candidate, hostname }
    }

    fn slot(&self) -> &'r RuleSlot {
        self.candidate.slot()
    }

    /// The listener.
    pub fn listener(&self) -> &'r ListenerInfo {
        self.listener
    }

    /// The route.
    pub fn route(&self) -> &'r ObjectKey {
        self.slot().rule.route()
    }

    /// The rule.
    pub fn rule(&self) -> &'r Rule {
        &self.slot().rule
    }

    /// The rule's id, stable across updates.
    pub fn rule_id(&self) -> RuleId {
        self.candidate.rule()
    }

    /// Position of the match in the rule's list (0 for a rule without matches).
    pub fn match_index(&self) -> usize {
        self.candidate.item()
    }

    /// The effective hostname (of route and listener) that took the request; `None` is every host.
    pub fn hostname(&self) -> Option<&'r Hostname> {
        self.hostname
    }

    /// The id of the backend at a position of the rule's list, stable across updates.
    pub fn backend_id(&self, position: usize) -> Option<BackendId> {
        self.slot().backends.get(position).copied()
    }

    /// Pick number `n` of the rule. See [`Rule::pick`].
    pub fn pick(&self, n: u64) -> Pick<'r> {
        match self.rule().pick(n) {
            Pick::Backend { position, backend } => match self.answer_for(backend) {
                None => Pick::Backend { position, backend },
                Some(answer) => Pick::Respond { answer, position: Some(position) },
            },
            answered => answered,
        }
    }

    /// What the share of one backend is answered, if it cannot be used here: as
    /// [`Rule::answer_for`], and where [TLS towards it](Self::tls_problem_of) cannot be had.
    pub fn answer_for(&self, backend: &Backend) -> Option<Answer> {
        self.rule().answer_for(backend).or_else(|| self.tls_problem_of(backend).map(|_| Answer::Close))
    }

    /// The answer to everything that the rule takes here, if no backend with a weight can be used.
    /// See [`Rule::answer_without_backend`].
    pub fn answer_without_backend(&self) -> Option<Answer> {
        let rule = self.rule();
        let none_is_left = || {
            let mut weighted = rule.backends().iter().filter(|backend| backend.weight() > 0);
            weighted.all(|backend| self.answer_for(backend).is_some())
        };
        rule.answer_without_backend().or_else(|| none_is_left().then_some(Answer::Close))
    }

    /// Why connections of a TLSRoute do not reach a backend, where the Gateway ends the client's TLS
    /// and a policy that does not resolve wants it spoken again. Passed through, the client's TLS is
    /// its own matter. spec: `TLSRouteRule.backendRefs`; `BackendTLSPolicySpec`: never in plain text.
    pub fn tls_problem_of<'b>(&self, backend: &'b Backend) -> Option<&'b BackendTlsProblem> {
        backend.tls_problem().filter(|_| self.passes_tls() == Some(false))
    }

    /// Whether a TLSRoute passes the client's TLS through to the backend; `None` for other routes.
    pub fn passes_tls(&self) -> Option<bool> {
        (self.route().kind == ResourceKind::TlsRoute)
            .then(|| self.listener.tls_mode().is_none_or(|mode| *mode == TlsMode::Passthrough))
    }

    /// The prefix of the match that took the request, if its condition on the path is one: what
    /// ReplacePrefixMatch replaces.
    pub fn matched_prefix(&self) -> Option<&'r str> {
        self.rule().conditions().get(self.match_index())?.prefix()
    }

    /// The path in the form that the rule was compared with, which redirects and rewrites start from.
    pub fn compared_path<'q, H: Headers + ?Sized>(&self, request: &RequestView<'q, H>) -> Cow<'q, str> {
        let options = self.rule().options();
        comparable_path(request.path(), options.path_normalization, options.merge_slashes)
            .unwrap_or(Cow::Borrowed(request.path()))
    }

    /// The redirect that answers the request, if the rule has one. No backend sees the request then.
    /// spec: `HTTPRequestRedirectFilter`. Allocates the Location.
    ///
    /// # Errors
    ///
    /// Neither the filter nor the request names a host: 400.
    pub fn redirect<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
    ) -> Option<Result<Redirect, BadRequest>> {
        let rule = self.rule().filters().redirect().filter(|_| self.rule().refusal().is_none())?;
        let path = self.compared_path(request);
        let input = RedirectInput {
            scheme: if connection.is_tls() { Scheme::Https } else { Scheme::Http },
            authority: request.authority(),
            path: &path,
            query: request.query(),
            matched_prefix: self.matched_prefix(),
            listener_port: self.listener.port(),
        };
        Some(rule.location(&input).ok_or(BadRequest::Authority))
    }

    /// Whether the request is a CORS preflight that the gateway answers itself: the rule has a CORS
    /// filter and the request is an OPTIONS with the headers of a preflight. The answer is
    /// [`CorsPolicy::preflight`](crate::CorsPolicy::preflight). spec: `HTTPCORSFilter`.
    pub fn is_preflight<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> bool {
        let has = |name: &HeaderName| {
            let mut found = false;
            request.visit_header(name, &mut |_| {
                found = true;
                ControlFlow::Break(())
            });
            found
        };
        self.rule().filters().answers_preflights()
            && self.rule().refusal().is_none()
            && PreflightInput::detect(
                request.method(),
                has(&ORIGIN).then_some(""),
                has(&ACCESS_CONTROL_REQUEST_METHOD).then_some(""),
                has(&ACCESS_CONTROL_REQUEST_HEADERS).then_some(""),
            )
            .is_some()
    }

    /// Changes a request's head as the filters of the rule, then those of the backend at a position,
    /// ask: headers, host, path. Everything else of the filters is data ([`Rule::filters`]).
    ///
    /// `path-normalization` and `merge-slashes` only change what is compared; a rewrite starts from
    /// the path as it is in the head.
    ///
    /// # Errors
    ///
    /// The new target is longer than a URI can be, or the header map is full.
    pub fn apply(&self, position: usize, head: &mut http::request::Parts) -> Result<(), http::Error> {
        let of_backend = self.rule().backends().get(position).map(|backend| backend.filters());
        for filters in std::iter::once(self.rule().filters()).chain(of_backend) {
            for filter in filters.acting() {
                match filter {
                    Filter::RequestHeaders(changes) => changes.apply(&mut head.headers)?,
                    Filter::Rewrite(rewrite) => rewrite.apply(head, self.matched_prefix())?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
