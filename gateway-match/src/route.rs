//! Routes in the plain form that routers are made from: no Kubernetes object, references resolved.
//!
//! [`RouteDefinition`] says what a route is; [`Route`] is the same, compiled, with the rules that
//! cannot be used set aside. A topology makes both from objects; others write definitions
//! themselves.

use std::fmt;
use std::sync::Arc;

use gateway_model::{Hostname, HttpRouteMatch, Lenient, ObjectKey, ResourceKind, RouteFilter};
use http::StatusCode;

use crate::condition::{HttpCondition, MatchProblem};
use crate::options::{NoEndpoints, Options, Profile, ZeroWeights};
use crate::pattern::DEFAULT_SIZE_LIMIT;
use crate::precedence::{Created, SlashName};
use crate::split::Split;

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
    key: ObjectKey,
    created: Created,
    order: i64,
    hostnames: Vec<Lenient<Hostname>>,
    rules: Vec<RuleDefinition>,
}

impl RouteDefinition {
    /// An HTTPRoute without hostnames and rules.
    pub fn http(namespace: &str, name: &str) -> Self {
        Self::new(ObjectKey::new(ResourceKind::HttpRoute, namespace, name))
    }

    /// A route of that identity without hostnames and rules.
    pub fn new(key: ObjectKey) -> Self {
        RouteDefinition {
            key,
            created: Created::Unknown,
            order: 0,
            hostnames: Vec::new(),
            rules: Vec::new(),
        }
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
    name: Option<String>,
    matches: Vec<HttpRouteMatch>,
    filters: Vec<RouteFilter>,
    backends: Vec<BackendDefinition>,
}

impl RuleDefinition {
    /// A rule that takes every request and has no backend (its answer is 500).
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a match; any of them suffices. Without one the rule takes every path.
    pub fn matching(mut self, condition: HttpRouteMatch) -> Self {
        self.matches.push(condition);
        self
    }

    /// Adds a filter.
    pub fn filter(mut self, filter: RouteFilter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds a backend.
    pub fn backend(mut self, backend: BackendDefinition) -> Self {
        self.backends.push(backend);
        self
    }
}

/// A backend of a rule before compiling.
#[derive(Clone, Debug)]
pub struct BackendDefinition {
    name: BackendName,
    weight: u32,
    state: BackendState,
    filters: Vec<RouteFilter>,
}

impl BackendDefinition {
    /// A backend that can be used, with weight 1.
    pub fn new(name: BackendName) -> Self {
        BackendDefinition {
            name,
            weight: 1,
            state: BackendState::Ready,
            filters: Vec::new(),
        }
    }

    /// Its weight, 0 to 1,000,000 by the API; any value works.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Whether it can be used, and why not.
    pub fn state(mut self, state: BackendState) -> Self {
        self.state = state;
        self
    }

    /// Adds a filter for requests that go to this backend.
    pub fn filter(mut self, filter: RouteFilter) -> Self {
        self.filters.push(filter);
        self
    }
}

/// Who a backend is: the reference with its defaults resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName {
    /// API group, the empty string for the core group.
    pub group: Arc<str>,
    /// Kind (`Service`).
    pub kind: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Port, if the reference has one that can be a port.
    pub port: Option<u16>,
}

impl BackendName {
    /// A port of a Service.
    pub fn service(namespace: &str, name: &str, port: u16) -> Self {
        BackendName {
            group: "".into(),
            kind: "Service".into(),
            namespace: namespace.into(),
            name: name.into(),
            port: Some(port),
        }
    }
}

impl fmt::Display for BackendName {
    /// `namespace/name:port`, with the kind before it unless that is Service.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if &*self.kind != "Service" {
            write!(f, "{} ", self.kind)?;
        }
        write!(f, "{}/{}", self.namespace, self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Whether a backend can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendState {
    /// It can.
    Ready,
    /// The reference is good, but nothing is ready behind it: its share is answered 503, or 500
    /// ([`NoEndpoints`]).
    NoEndpoints,
    /// The reference is not good: its share is answered 500.
    Invalid(BackendProblem),
}

/// What is wrong with a reference to a backend. spec: `HTTPBackendRef`, what makes one invalid.
///
/// Ranked: of several problems the first in this order is told. That a reference is not permitted
/// comes before whether its target exists, so that nobody learns what another namespace holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum BackendProblem {
    /// A kind that backends cannot have here.
    #[error("`{kind}` of group `{group}` is no kind of backend")]
    InvalidKind {
        /// Its group.
        group: String,
        /// Its kind.
        kind: String,
    },
    /// In another namespace, and no ReferenceGrant there permits the reference.
    #[error("no ReferenceGrant in `{namespace}` permits a reference to {kind} `{name}`")]
    NotPermitted {
        /// The target's namespace.
        namespace: String,
        /// The target's kind.
        kind: String,
        /// The target's name.
        name: String,
    },
    /// No such object.
    #[error("{kind} `{namespace}/{name}` does not exist")]
    NotFound {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
    },
    /// A Service without a port in the reference.
    #[error("a reference to {kind} `{name}` needs a port")]
    PortMissing {
        /// The target's kind.
        kind: String,
        /// The target's name.
        name: String,
    },
    /// The object does not have that port.
    #[error("{kind} `{namespace}/{name}` has no port {port}")]
    PortNotFound {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
        /// The port.
        port: i32,
    },
}

impl BackendProblem {
    /// The reason of the route's ResolvedRefs condition. spec: `RouteConditionReason`.
    pub fn reason(&self) -> &'static str {
        match self {
            BackendProblem::InvalidKind { .. } => "InvalidKind",
            BackendProblem::NotPermitted { .. } => "RefNotPermitted",
            BackendProblem::NotFound { .. }
            | BackendProblem::PortMissing { .. }
            | BackendProblem::PortNotFound { .. } => "BackendNotFound",
        }
    }
}

/// A route, compiled. Cheap to clone; shared by every router and listener that it is attached to.
#[derive(Clone, Debug)]
pub struct Route(Arc<RouteInner>);

#[derive(Debug)]
struct RouteInner {
    key: ObjectKey,
    created: Created,
    order: i64,
    slash_name: SlashName,
    hostnames: Vec<Hostname>,
    has_hostnames: bool,
    rules: Vec<Arc<Rule>>,
    problems: Vec<RuleProblem>,
}

/// Why a rule cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RuleProblem {
    /// Position of the rule in its route.
    pub rule: usize,
    /// The field, from the object's root (`spec.rules[0].matches[1].path.value`).
    pub path: String,
    /// What is wrong there.
    pub problem: MatchProblem,
}

impl RuleProblem {
    /// Whether the whole route is refused rather than the one rule dropped: the specification asks
    /// for that where an enum has a value that is not known.
    pub fn refuses_route(&self) -> bool {
        matches!(self.problem, MatchProblem::UnknownValue { .. })
    }
}

impl Route {
    /// Compiles a route. Rules that cannot be used are dropped and their problems kept; the other
    /// rules serve. O(size of the definition), and each regular expression is bounded in size.
    pub fn compile(definition: RouteDefinition, profile: &Profile) -> Self {
        let RouteDefinition {
            key,
            created,
            order,
            hostnames,
            rules,
        } = definition;
        let has_hostnames = !hostnames.is_empty();
        let mut problems = Vec::new();
        let mut compiled = Vec::with_capacity(rules.len());
        for (index, rule) in rules.into_iter().enumerate() {
            match Rule::compile(&key, index, rule, &profile.options) {
                Ok(rule) => compiled.push(Arc::new(rule)),
                Err(problem) => problems.push(problem),
            }
        }
        let slash_name = SlashName::new(&key.namespace, &key.name);
        let hostnames = hostnames
            .iter()
            .filter_map(|hostname| hostname.valid().cloned())
            .collect();
        Route(Arc::new(RouteInner {
            key,
            created,
            order,
            slash_name,
            hostnames,
            has_hostnames,
            rules: compiled,
            problems,
        }))
    }

    /// The route's identity.
    pub fn key(&self) -> &ObjectKey {
        &self.0.key
    }

    /// Its well-formed hostnames, in order; none if it has none or only malformed ones.
    pub fn hostnames(&self) -> &[Hostname] {
        &self.0.hostnames
    }

    /// Whether it has hostnames of which not one is well-formed, so that it serves no host.
    pub fn has_only_malformed_hostnames(&self) -> bool {
        self.0.has_hostnames && self.0.hostnames.is_empty()
    }

    /// The rules that can be used, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.rules.iter().map(|rule| &**rule)
    }

    /// The rules that cannot, with what is wrong with them.
    pub fn problems(&self) -> &[RuleProblem] {
        &self.0.problems
    }

    pub(crate) fn shared_rules(&self) -> &[Arc<Rule>] {
        &self.0.rules
    }

    pub(crate) fn created(&self) -> Created {
        self.0.created
    }

    pub(crate) fn slash_name(&self) -> &SlashName {
        &self.0.slash_name
    }

    pub(crate) fn order(&self) -> i64 {
        self.0.order
    }
}

/// A rule of a route, compiled: what a decision leads to.
#[derive(Debug)]
pub struct Rule {
    route: ObjectKey,
    index: usize,
    name: Option<String>,
    conditions: Vec<HttpCondition>,
    filters: Vec<RouteFilter>,
    backends: Vec<Backend>,
    split: Split,
    /// What a share without a usable backend is answered.
    zero_weights: ZeroWeights,
    no_endpoints: NoEndpoints,
}

impl Rule {
    fn compile(
        route: &ObjectKey,
        index: usize,
        definition: RuleDefinition,
        options: &Options,
    ) -> Result<Self, RuleProblem> {
        let RuleDefinition {
            name,
            matches,
            filters,
            backends,
        } = definition;
        let at = |path: String, problem| RuleProblem {
            rule: index,
            path: format!("spec.rules[{index}].{path}"),
            problem,
        };
        let every = [HttpRouteMatch::default()];
        let conditions = if matches.is_empty() { every.as_slice() } else { &matches }
            .iter()
            .enumerate()
            .map(|(item, condition)| {
                HttpCondition::compile(condition, DEFAULT_SIZE_LIMIT)
                    .map_err(|(field, problem)| at(format!("matches[{item}].{field}"), problem))
            })
            .collect::<Result<Vec<_>, _>>()?;
        check_filters(&filters).map_err(|(field, problem)| at(field, problem))?;
        for (item, backend) in backends.iter().enumerate() {
            check_filters(&backend.filters)
                .map_err(|(field, problem)| at(format!("backendRefs[{item}].{field}"), problem))?;
        }
        let weights: Vec<u32> = backends.iter().map(|backend| backend.weight).collect();
        let backends = backends
            .into_iter()
            .map(
                |BackendDefinition {
                     name,
                     weight,
                     state,
                     filters,
                 }| Backend {
                    name,
                    weight,
                    state,
                    filters,
                },
            )
            .collect();
        Ok(Rule {
            route: route.clone(),
            index,
            name,
            conditions,
            filters,
            backends,
            split: Split::new(&weights),
            zero_weights: options.zero_weights,
            no_endpoints: options.no_endpoints,
        })
    }

    /// The route.
    pub fn route(&self) -> &ObjectKey {
        &self.route
    }

    /// Position in the route's list of rules, those that cannot be used included.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its filters, as the wire has them.
    pub fn filters(&self) -> &[RouteFilter] {
        &self.filters
    }

    /// Its backends, in order, also those that cannot be used.
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// How requests are spread over the backends. Positions are those of [`Rule::backends`].
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Pick number `n` of this rule: a backend, or what the request is answered in its place.
    ///
    /// The caller keeps the counter (see [`Counter`](crate::Counter)) beside the router, by the
    /// rule's id. O(log backends), no allocation.
    pub fn pick(&self, n: u64) -> Pick<'_> {
        self.picked(self.split.pick(n))
    }

    /// The same from a random number or hash of the caller's, without a counter.
    /// O(backends), no allocation.
    pub fn pick_by(&self, random: u64) -> Pick<'_> {
        self.picked(self.split.pick_by(random))
    }

    /// The answer to every request of the rule, if no backend with a weight can be used.
    ///
    /// spec: `HTTPRouteRule.backendRefs`. Without backends, and where one with a weight is invalid:
    /// 500. Where all of them merely lack endpoints, and where all weights are zero, an option
    /// decides ([`NoEndpoints`], [`ZeroWeights`]).
    pub fn answer_without_backend(&self) -> Option<StatusCode> {
        let mut weighted = self.backends.iter().filter(|backend| backend.weight > 0).peekable();
        if weighted.peek().is_none() {
            return Some(if self.backends.is_empty() {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                status_of_zero_weights(self.zero_weights)
            });
        }
        let mut invalid = false;
        for backend in weighted {
            match backend.state {
                BackendState::Ready => return None,
                BackendState::Invalid(_) => invalid = true,
                BackendState::NoEndpoints => {}
            }
        }
        Some(if invalid {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            status_of_no_endpoints(self.no_endpoints)
        })
    }

    /// What the share of one backend is answered, if the backend cannot be used.
    pub fn answer_for(&self, backend: &Backend) -> Option<StatusCode> {
        match backend.state {
            BackendState::Ready => None,
            BackendState::NoEndpoints => Some(status_of_no_endpoints(self.no_endpoints)),
            BackendState::Invalid(_) => Some(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    fn picked(&self, position: Option<usize>) -> Pick<'_> {
        match position.and_then(|position| Some((position, self.backends.get(position)?))) {
            Some((position, backend)) => match self.answer_for(backend) {
                None => Pick::Backend { position, backend },
                Some(status) => Pick::Respond {
                    status,
                    position: Some(position),
                },
            },
            None => Pick::Respond {
                status: self
                    .answer_without_backend()
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                position: None,
            },
        }
    }

    pub(crate) fn conditions(&self) -> &[HttpCondition] {
        &self.conditions
    }
}

fn check_filters(filters: &[RouteFilter]) -> Result<(), (String, MatchProblem)> {
    match filters.iter().position(|filter| !filter.r#type.is_known()) {
        Some(index) => Err((
            format!("filters[{index}].type"),
            MatchProblem::UnknownValue {
                value: filters.get(index).map(|f| f.r#type.to_string()).unwrap_or_default(),
            },
        )),
        None => Ok(()),
    }
}

fn status_of_zero_weights(option: ZeroWeights) -> StatusCode {
    match option {
        ZeroWeights::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ZeroWeights::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn status_of_no_endpoints(option: NoEndpoints) -> StatusCode {
    match option {
        NoEndpoints::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        NoEndpoints::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A backend of a rule.
#[derive(Clone, Debug)]
pub struct Backend {
    name: BackendName,
    weight: u32,
    state: BackendState,
    filters: Vec<RouteFilter>,
}

impl Backend {
    /// Who it is.
    pub fn name(&self) -> &BackendName {
        &self.name
    }

    /// Its weight.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether it can be used.
    pub fn state(&self) -> &BackendState {
        &self.state
    }

    /// What is wrong with the reference, if something is.
    pub fn problem(&self) -> Option<&BackendProblem> {
        match &self.state {
            BackendState::Invalid(problem) => Some(problem),
            BackendState::Ready | BackendState::NoEndpoints => None,
        }
    }

    /// Its filters, as the wire has them.
    pub fn filters(&self) -> &[RouteFilter] {
        &self.filters
    }
}

/// Where one request of a rule goes.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'r> {
    /// To a backend.
    Backend {
        /// Its position among [`Rule::backends`].
        position: usize,
        /// The backend.
        backend: &'r Backend,
    },
    /// To none: the gateway answers itself.
    Respond {
        /// The answer.
        status: StatusCode,
        /// The backend whose share this is, by its position; `None` if there is no share at all.
        position: Option<usize>,
    },
}

impl Pick<'_> {
    /// Position of the backend whose share this is.
    pub fn position(&self) -> Option<usize> {
        match self {
            Pick::Backend { position, .. } => Some(*position),
            Pick::Respond { position, .. } => *position,
        }
    }
}
