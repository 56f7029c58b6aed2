//! What comes out of a router: borrowed from it, with ids in place of names.

use gateway_model::{Hostname, ObjectKey};
use http::StatusCode;

use crate::ids::{BackendId, RuleId};
use crate::route::{Pick, Rule};
use crate::router::{ListenerInfo, RuleSlot};

/// What is done with a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Decision<'r> {
    /// A rule takes it.
    Matched(Match<'r>),
    /// No rule takes it, or no listener takes its host: 404.
    /// spec: `HTTPRouteRule.matches`, `GatewaySpec.listeners`.
    NotFound {
        /// The listener, if one takes the host.
        listener: Option<&'r ListenerInfo>,
    },
    /// It came over a TLS connection for another listener: 421. spec: `Listener.hostname`.
    Misdirected {
        /// The listener that the connection was for.
        listener: Option<&'r ListenerInfo>,
    },
    /// It cannot be understood: 400.
    BadRequest(BadRequest),
    /// No listener has that port, protocol and SNI: the connection is refused.
    Rejected,
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

    /// The listener, if the request reached one.
    pub fn listener(&self) -> Option<&'r ListenerInfo> {
        match self {
            Decision::Matched(found) => Some(found.listener),
            Decision::NotFound { listener } | Decision::Misdirected { listener } => *listener,
            Decision::BadRequest(_) | Decision::Rejected => None,
        }
    }

    /// The answer that the gateway gives itself, whichever backend would be picked: 404, 421, 400,
    /// or what a rule without any usable backend answers. `None` if the request goes to a backend,
    /// or if the connection is refused.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Decision::Matched(found) => found.rule().answer_without_backend(),
            Decision::NotFound { .. } => Some(StatusCode::NOT_FOUND),
            Decision::Misdirected { .. } => Some(StatusCode::MISDIRECTED_REQUEST),
            Decision::BadRequest(_) => Some(StatusCode::BAD_REQUEST),
            Decision::Rejected => None,
        }
    }
}

/// The rule that takes a request, and how it came to that.
#[derive(Clone, Copy, Debug)]
pub struct Match<'r> {
    listener: &'r ListenerInfo,
    slot: &'r RuleSlot,
    hostname: Option<&'r Hostname>,
    item: usize,
}

impl<'r> Match<'r> {
    pub(crate) fn new(
        listener: &'r ListenerInfo,
        slot: &'r RuleSlot,
        hostname: Option<&'r Hostname>,
        item: usize,
    ) -> Self {
        Match {
            listener,
            slot,
            hostname,
            item,
        }
    }

    /// The listener.
    pub fn listener(&self) -> &'r ListenerInfo {
        self.listener
    }

    /// The route.
    pub fn route(&self) -> &'r ObjectKey {
        self.slot.rule.route()
    }

    /// The rule.
    pub fn rule(&self) -> &'r Rule {
        &self.slot.rule
    }

    /// The rule's id, stable across updates.
    pub fn rule_id(&self) -> RuleId {
        self.slot.id
    }

    /// Position of the match in the rule's list (0 for a rule without matches).
    pub fn match_index(&self) -> usize {
        self.item
    }

    /// The effective hostname (of route and listener) that took the request; `None` is every host.
    pub fn hostname(&self) -> Option<&'r Hostname> {
        self.hostname
    }

    /// The id of the backend at a position of the rule's list, stable across updates.
    pub fn backend_id(&self, position: usize) -> Option<BackendId> {
        self.slot.backends.get(position).copied()
    }

    /// Pick number `n` of the rule. See [`Rule::pick`].
    pub fn pick(&self, n: u64) -> Pick<'r> {
        self.rule().pick(n)
    }
}
