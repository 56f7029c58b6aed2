//! Routes, rules and backends before compiling.

use std::hint::black_box;

use gateway_model::{
    GrpcRouteMatch, Hostname, HttpRouteMatch, HttpRouteRetry, HttpRouteTimeouts, Lenient, ObjectKey, ResourceKind,
    RouteFilter, SessionPersistence,
};

use super::backend::{BackendName, BackendState, ResolvedBackend};
use super::refusal::FilterRefusal;
use crate::condition::WireMatch;
use crate::precedence::Created;
use crate::retry_budget::RetryBudget;
use crate::session::SessionPolicy;

/// A route before compiling: who it is, how old, for which hosts, with which rules.
///
/// ```
/// use gateway_match::{BackendDefinition, BackendName, RouteDefinition, RuleDefinition};
///
/// let cart = BackendName::service("shop", "cart", 8080);
/// let canary = BackendName::service("shop", "cart-canary", 8080);
/// let route = RouteDefinition::http("shop", "cart")
///     .created_at(1_700_000_000)
///     .rule(
///         RuleDefinition::new()
///             .backend(BackendDefinition::new(cart).weight(9))
///             .backend(BackendDefinition::new(canary).weight(1)),
///     );
/// # let _ = route;
/// ```
#[derive(Clone, Debug)]
pub struct RouteDefinition {
    pub(super) key: ObjectKey,
    pub(super) created: Created,
    pub(super) order: i64,
    pub(super) hostnames: Vec<Lenient<Hostname>>,
    pub(super) rules: Vec<RuleDefinition>,
}

impl RouteDefinition {
    /// An HTTPRoute without hostnames and rules.
    pub fn http(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::HttpRoute, namespace, name))
    }

    /// A GRPCRoute without hostnames and rules.
    pub fn grpc(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::GrpcRoute, namespace, name))
    }

    /// A TLSRoute without hostnames and rules.
    pub fn tls(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::TlsRoute, namespace, name))
    }

    /// A TCPRoute without rules.
    pub fn tcp(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::TcpRoute, namespace, name))
    }

    /// A UDPRoute without rules.
    pub fn udp(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::UdpRoute, namespace, name))
    }

    /// A route of that identity without hostnames and rules.
    pub fn new(key: ObjectKey) -> Self {
        RouteDefinition { key, created: Created::Unknown, order: 0, hostnames: Vec::new(), rules: Vec::new() }
    }

    /// When it was created, in seconds since 1970. A route without a time counts as younger than
    /// every route with one.
    pub fn created_at(mut self, seconds: i64) -> Self {
        self.created = Created::At(seconds);
        self
    }

    /// An order of the caller's own that decides before everything else; the greater wins. 0 unless given.
    ///
    /// Not of the specification: a hook for implementations that let people order routes themselves.
    pub fn explicit_order(mut self, order: i64) -> Self {
        self.order = order;
        self
    }

    /// Adds a hostname. Malformed ones serve no host, and a route of which all are malformed serves none.
    pub fn hostname(mut self, hostname: impl Into<Lenient<Hostname>>) -> Self {
        self.hostnames.push(hostname.into());
        self
    }

    /// Adds a rule, after the ones that are there.
    pub fn rule(mut self, rule: RuleDefinition) -> Self {
        self.rules.push(rule);
        self
    }
}

/// A rule before compiling: what it takes, and where that goes.
#[derive(Clone, Debug, Default)]
pub struct RuleDefinition {
    pub(super) name: Option<String>,
    pub(super) matches: Vec<WireMatch>,
    pub(super) filters: Vec<RouteFilter>,
    pub(super) backends: Vec<BackendDefinition>,
    // Few rules have these, and they would be most of what is moved and read of each.
    pub(super) timeouts: Option<Box<HttpRouteTimeouts>>,
    pub(super) retry: Option<Box<HttpRouteRetry>>,
    pub(super) session_persistence: Option<Box<SessionPersistence>>,
    pub(super) refusal: Option<Box<FilterRefusal>>,
}

impl RuleDefinition {
    /// A rule that takes everything that its route can take, and has no backend (what HTTP requests
    /// are answered is 500).
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a match of an HTTP rule; any of them suffices. Without one the rule takes every path.
    pub fn matching(mut self, condition: HttpRouteMatch) -> Self {
        self.matches.push(WireMatch::Http(condition));
        self
    }

    /// Adds a match of a gRPC rule; any of them suffices. Without one the rule takes every call.
    pub fn matching_call(mut self, condition: GrpcRouteMatch) -> Self {
        self.matches.push(WireMatch::Grpc(condition));
        self
    }

    /// Adds a filter.
    pub fn filter(mut self, filter: RouteFilter) -> Self {
        self.filters.push(filter);
        self
    }

    /// How long a request and a try may take.
    pub fn timeouts(mut self, timeouts: HttpRouteTimeouts) -> Self {
        self.timeouts = Some(Box::new(timeouts));
        self
    }

    /// When a request is tried again.
    pub fn retry(mut self, retry: HttpRouteRetry) -> Self {
        self.retry = Some(Box::new(retry));
        self
    }

    /// How the requests of a session stay with one backend.
    pub fn session_persistence(mut self, session: SessionPersistence) -> Self {
        self.session_persistence = Some(Box::new(session));
        self
    }

    /// Says that a filter of the rule cannot do its work, so that its requests are answered 500.
    /// Filters of a kind that is not ours are found without this.
    pub fn refuse(mut self, refusal: FilterRefusal) -> Self {
        self.refusal.get_or_insert_with(|| Box::new(refusal));
        self
    }

    /// Adds a backend.
    pub fn backend(mut self, backend: BackendDefinition) -> Self {
        self.backends.push(backend);
        self
    }

    /// Reads where its parts begin, and does nothing with that. Where routes are many, those are in no cache, and
    /// compiling would wait for one after the other; here it waits for all at once.
    pub(super) fn read_ahead(&self) {
        let path = match self.matches.first() {
            Some(WireMatch::Http(wire)) => start_of(wire.path_value()),
            Some(WireMatch::Grpc(wire)) => wire.headers.len(),
            None => 0,
        };
        black_box(path + self.backends.first().map_or(0, |backend| start_of(&backend.resolved.name.name)));
    }
}

/// The first byte of a text, to [read it ahead](RuleDefinition::read_ahead) of its use.
pub(crate) fn start_of(text: &str) -> usize {
    text.as_bytes().first().map_or(0, |byte| usize::from(*byte))
}

/// A backend of a rule before compiling.
#[derive(Clone, Debug)]
pub struct BackendDefinition {
    pub(super) resolved: ResolvedBackend,
    pub(super) weight: u32,
    pub(super) filters: Vec<RouteFilter>,
    pub(super) session: Option<Box<SessionPolicy>>,
    pub(super) retry_budget: Option<Box<RetryBudget>>,
}

impl BackendDefinition {
    /// A backend that can be used, with weight 1.
    pub fn new(name: BackendName) -> Self {
        Self::resolved(ResolvedBackend::new(name))
    }

    /// A backend of which everything is known, with weight 1.
    pub fn resolved(resolved: ResolvedBackend) -> Self {
        let traffic = resolved.traffic.as_deref();
        BackendDefinition {
            weight: 1,
            filters: Vec::new(),
            session: traffic.and_then(|traffic| traffic.session_persistence.clone()).map(Box::new),
            retry_budget: traffic.and_then(|traffic| traffic.retry_budget.clone()).map(Box::new),
            resolved,
        }
    }

    /// Its weight, 0 to 1,000,000 by the API; any value works.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Whether it can be used, and why not.
    pub fn state(mut self, state: BackendState) -> Self {
        self.resolved.state = state;
        self
    }

    /// Says that a filter of the backend cannot do its work, so that its share is answered 500.
    /// Filters of a kind that is not ours are found without this.
    pub fn refuse(mut self, refusal: FilterRefusal) -> Self {
        self.resolved.refuse(refusal);
        self
    }

    /// How many of the requests to it may be retries.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = Some(Box::new(budget));
        self
    }

    /// How the requests of a session stay with this backend, where the rule does not say.
    pub fn session_persistence(mut self, session: SessionPolicy) -> Self {
        self.session = Some(Box::new(session));
        self
    }

    /// Adds a filter for requests that go to this backend.
    pub fn filter(mut self, filter: RouteFilter) -> Self {
        self.filters.push(filter);
        self
    }
}
