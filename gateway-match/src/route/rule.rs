//! Rules of routes, compiled: what decisions lead to.

use std::sync::Arc;

use gateway_model::{GrpcRouteMatch, HttpRouteMatch, ObjectKey, ResourceKind, RouteFilter, RouteFilterType};
use http::StatusCode;
use smallvec::{SmallVec, smallvec};

use super::RuleProblem;
use super::backend::{BackendName, BackendProblem, BackendState, ResolvedBackend};
use super::backend_tls::{BackendTls, BackendTlsProblem};
use super::definition::{BackendDefinition, RuleDefinition};
use super::protocol::BackendProtocol;
use super::refusal::FilterRefusal;
use crate::answer::Answer;
use crate::condition::{Condition, MatchProblem, WireMatch};
use crate::filter::{FilterFault, Filters, GRPC_TYPES};
use crate::options::{NoEndpoints, Options, Profile, ZeroWeights};
use crate::retry::RetryPolicy;
use crate::retry_budget::RetryBudget;
use crate::session::SessionPolicy;
use crate::setting::SettingFault;
use crate::split::Split;
use crate::timeouts::Timeouts;

/// A rule of a route, compiled: what a decision leads to.
#[derive(Debug)]
#[repr(C)]
pub struct Rule {
    // What is looked at first lies together, and first: of many rules few are in a cache.
    index: usize,
    backends: Box<[Backend]>,
    /// Nearly always one, which then lies here: whoever compares it need go no further.
    conditions: SmallVec<[Condition; 1]>,
    filters: Filters,
    split: Split,
    route: ObjectKey,
    name: Option<String>,
    timeouts: Timeouts,
    // Few rules have these, and they would be a fourth of each.
    retry: Option<Box<RetryPolicy>>,
    session: Option<Box<SessionPolicy>>,
    refusal: Option<Box<FilterRefusal>>,
    options: Options,
}

impl Rule {
    pub(super) fn compile(
        route: &ObjectKey,
        index: usize,
        definition: RuleDefinition,
        profile: &Profile,
        patterns_before: usize,
    ) -> Result<Arc<Self>, RuleProblem> {
        let options = &profile.options;
        let limits = &profile.limits;
        let excess = limits.excess(&definition, patterns_before);
        let RuleDefinition { name, matches, filters, backends, timeouts, retry, session_persistence, refusal } =
            definition;
        let at =
            |(path, problem): Fault| RuleProblem { rule: index, path: format!("spec.rules[{index}].{path}"), problem };
        let types = filter_types(route.kind);
        // Unknown values come first: they refuse the route, and no other problem may hide one.
        unknown_value(&matches, &filters, &backends, types).map_or(Ok(()), |fault| Err(at(fault)))?;
        excess.map_or(Ok(()), |(path, excess)| Err(at((path, excess.into()))))?;
        let conditions = compile_matches(route.kind, matches, limits.pattern_size()).map_err(at)?;
        let filters = compile_filters(&filters, types, options).map_err(at)?;
        let refusal = refusal.or_else(|| unknown_extension(&filters, profile).map(Box::new));
        let weights: SmallVec<[u32; 8]> = backends.iter().map(|backend| backend.weight).collect();
        let mut compiled = Vec::with_capacity(backends.len());
        for (item, definition) in backends.into_iter().enumerate() {
            let filters = compile_filters(&definition.filters, types, options)
                .map_err(|(path, problem)| at((format!("backendRefs[{item}].{path}"), problem)))?;
            compiled.push(Backend::new(definition, filters, profile));
        }
        let timeouts =
            timeouts.as_deref().map(Timeouts::new).transpose().map_err(|fault| at(below("timeouts", fault)))?;
        let retry = retry.as_deref().map(RetryPolicy::new).transpose().map_err(|fault| at(below("retry", fault)))?;
        let session = session_persistence
            .as_deref()
            .map(SessionPolicy::new)
            .transpose()
            .map_err(|fault| at(below("sessionPersistence", fault)))?;
        // A rule is some hundred bytes, which are moved no more from here on.
        let rule = Arc::new(Rule {
            route: route.clone(),
            index,
            name,
            conditions,
            filters,
            backends: compiled.into(),
            split: Split::new(&weights),
            timeouts: timeouts.unwrap_or_default(),
            retry: retry.map(Box::new),
            session: session.map(Box::new),
            refusal,
            options: *options,
        });
        rule.check_prefixes().map_or(Ok(rule), |fault| Err(at(fault)))
    }

    /// A filter that replaces a prefix, where some match has none.
    /// spec: `HTTPPathModifier.replacePrefixMatch`.
    fn check_prefixes(&self) -> Option<Fault> {
        if self.conditions.iter().all(|condition| condition.prefix().is_some()) {
            return None;
        }
        let fault = |FilterFault { path, problem, .. }: FilterFault| (path, MatchProblem::from(problem));
        let of_backends = self.backends.iter().enumerate().filter_map(|(item, backend)| {
            let (path, problem) = fault(backend.filters.needs_prefix_match()?);
            Some((format!("backendRefs[{item}].{path}"), problem))
        });
        self.filters.needs_prefix_match().map(fault).into_iter().chain(of_backends).next()
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

    /// What is done to every request of the rule.
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// Its backends, in order, also those that cannot be used.
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// Why every request of the rule is answered 500, if it is: a filter cannot do its work, and it
    /// must not be skipped. Nothing else of the rule is done then, no redirect either.
    pub fn refusal(&self) -> Option<&FilterRefusal> {
        self.refusal.as_deref()
    }

    /// How long a request, and one try of it, may take. spec: `HTTPRouteRule.timeouts`.
    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// When a request is tried again; without it never. spec: `HTTPRouteRule.retry`.
    pub fn retry(&self) -> Option<&RetryPolicy> {
        self.retry.as_deref()
    }

    /// How the requests of a session stay with one backend, as the rule itself says it. For what
    /// holds for a backend see [`Rule::session`]. spec: `HTTPRouteRule.sessionPersistence`.
    pub fn session_policy(&self) -> Option<&SessionPolicy> {
        self.session.as_deref()
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

    /// The answer to everything that the rule takes, if no backend with a weight can be used.
    ///
    /// spec: `HTTPRouteRule.backendRefs`. HTTP without backends, and where one with a weight is
    /// invalid: 500. Where all of them merely lack endpoints, and where all weights are zero, an
    /// option decides ([`NoEndpoints`], [`ZeroWeights`]). gRPC: `UNAVAILABLE`
    /// (`GRPCRouteRule.backendRefs`). Connections are closed (`TCPRouteRule.backendRefs` and its like).
    pub fn answer_without_backend(&self) -> Option<Answer> {
        self.status_without_backend().map(|status| Answer::without_backend(self.route.kind, status))
    }

    fn status_without_backend(&self) -> Option<StatusCode> {
        if self.refusal.is_some() {
            return Some(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let mut weighted = self.backends.iter().filter(|backend| backend.weight > 0).peekable();
        if weighted.peek().is_none() {
            return Some(if self.backends.is_empty() {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                status_of_zero_weights(self.options.zero_weights)
            });
        }
        let mut invalid = false;
        for backend in weighted {
            match backend.resolved.state {
                BackendState::Ready => return None,
                BackendState::Invalid(_) => invalid = true,
                BackendState::NoEndpoints => {}
            }
        }
        Some(if invalid {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            status_of_no_endpoints(self.options.no_endpoints)
        })
    }

    /// What the share of one backend is answered, if the backend cannot be used.
    pub fn answer_for(&self, backend: &Backend) -> Option<Answer> {
        let status = match backend.resolved.state {
            _ if self.refusal.is_some() => StatusCode::INTERNAL_SERVER_ERROR,
            BackendState::Ready => return None,
            BackendState::NoEndpoints => status_of_no_endpoints(self.options.no_endpoints),
            BackendState::Invalid(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Some(Answer::without_backend(self.route.kind, status))
    }

    fn picked(&self, position: Option<usize>) -> Pick<'_> {
        let position = position.filter(|_| self.refusal.is_none());
        match position.and_then(|position| Some((position, self.backends.get(position)?))) {
            Some((position, backend)) => match self.answer_for(backend) {
                None => Pick::Backend { position, backend },
                Some(answer) => Pick::Respond { answer, position: Some(position) },
            },
            None => Pick::Respond {
                answer: self
                    .answer_without_backend()
                    .unwrap_or(Answer::without_backend(self.route.kind, StatusCode::INTERNAL_SERVER_ERROR)),
                position: None,
            },
        }
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }
}

/// A problem with the field that it is in, relative to the rule or backend.
type Fault = (String, MatchProblem);

fn below(field: &str, (rest, problem): SettingFault) -> Fault {
    (format!("{field}.{rest}"), problem.into())
}

/// The types of filter that rules of a kind of route have.
fn filter_types(kind: ResourceKind) -> &'static [RouteFilterType] {
    if kind == ResourceKind::GrpcRoute { GRPC_TYPES } else { RouteFilterType::KNOWN }
}

/// The first filter of a kind that is not ours. spec: `HTTPRouteFilter.type`: it MUST NOT be skipped.
fn unknown_extension(filters: &Filters, profile: &Profile) -> Option<FilterRefusal> {
    let mut extensions = filters.extension_refs();
    let unknown = extensions.find(|found| !profile.has_extension_filter(&found.group, &found.kind))?;
    Some(FilterRefusal::unknown_extension(unknown))
}

/// The first enum value that the API does not define.
fn unknown_value(
    matches: &[WireMatch],
    filters: &[RouteFilter],
    backends: &[BackendDefinition],
    types: &[RouteFilterType],
) -> Option<Fault> {
    let of_filters = |filters: &[RouteFilter]| {
        filters.iter().enumerate().find(|(_, filter)| !types.contains(&filter.r#type)).map(|(index, filter)| {
            (format!("filters[{index}].type"), MatchProblem::UnknownValue { value: filter.r#type.to_string() })
        })
    };
    let of_matches = matches.iter().enumerate().find_map(|(item, condition)| {
        let (field, problem) = condition.unknown_value()?;
        Some((format!("matches[{item}].{field}"), problem))
    });
    of_matches.or_else(|| of_filters(filters)).or_else(|| {
        backends.iter().enumerate().find_map(|(item, backend)| {
            let (field, problem) = of_filters(&backend.filters)?;
            Some((format!("backendRefs[{item}].{field}"), problem))
        })
    })
}

/// The conditions of a rule. Without matches there is one that takes everything.
/// spec: `HTTPRouteRule.matches`, `GRPCRouteRule.matches`.
fn compile_matches(
    kind: ResourceKind,
    mut matches: Vec<WireMatch>,
    pattern_size: usize,
) -> Result<SmallVec<[Condition; 1]>, Fault> {
    let every = match kind {
        ResourceKind::TlsRoute | ResourceKind::TcpRoute | ResourceKind::UdpRoute => {
            return Ok(smallvec![Condition::Connection]);
        }
        ResourceKind::GrpcRoute => WireMatch::Grpc(GrpcRouteMatch::default()),
        _ => WireMatch::Http(HttpRouteMatch::default()),
    };
    if matches.is_empty() {
        matches.push(every);
    }
    let mut conditions = SmallVec::with_capacity(matches.len());
    for (item, condition) in matches.into_iter().enumerate() {
        let at = |(field, problem)| (format!("matches[{item}].{field}"), problem);
        conditions.push(Condition::compile(condition, pattern_size).map_err(at)?);
    }
    Ok(conditions)
}

fn compile_filters(wire: &[RouteFilter], types: &[RouteFilterType], options: &Options) -> Result<Filters, Fault> {
    Filters::with_options(wire, types, options).map_err(|fault| (fault.path, fault.problem.into()))
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
    resolved: ResolvedBackend,
    weight: u32,
    filters: Filters,
    session: Option<Box<SessionPolicy>>,
    retry_budget: Option<Box<RetryBudget>>,
}

impl Backend {
    fn new(definition: BackendDefinition, filters: Filters, profile: &Profile) -> Self {
        let BackendDefinition { mut resolved, weight, session, retry_budget, .. } = definition;
        if let Some(refusal) = unknown_extension(&filters, profile) {
            resolved.refuse(refusal);
        }
        Backend { resolved, weight, filters, session, retry_budget }
    }

    /// Who it is.
    pub fn name(&self) -> &BackendName {
        &self.resolved.name
    }

    /// Its weight.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether it can be used.
    pub fn state(&self) -> &BackendState {
        &self.resolved.state
    }

    /// What is spoken to it, inside of TLS if there is TLS.
    pub fn protocol(&self) -> BackendProtocol {
        self.resolved.protocol
    }

    /// How connections to it are secured; without it they are not.
    ///
    /// The Gateway's own certificate, which it may show besides, is
    /// [`GatewayNode::client_certificate`](crate::GatewayNode::client_certificate). A TLS connection that is
    /// passed through is left as it is.
    pub fn tls(&self) -> Option<&BackendTls> {
        self.resolved.tls.as_ref().and_then(|tls| tls.as_deref().ok())
    }

    /// Why connections to it cannot be secured as they must. Nothing goes there then; the state says
    /// so, but for TLS routes, for which it matters only where the Gateway ends the client's TLS.
    pub fn tls_problem(&self) -> Option<&BackendTlsProblem> {
        self.resolved.tls.as_ref().and_then(|tls| tls.as_ref().err())
    }

    /// How many of the requests to it may be retries, whichever rules they come from.
    pub fn retry_budget(&self) -> Option<&RetryBudget> {
        self.retry_budget.as_deref()
    }

    /// Everything that is known of it.
    pub fn resolved(&self) -> &ResolvedBackend {
        &self.resolved
    }

    /// What is wrong with the reference, if something is.
    pub fn problem(&self) -> Option<&BackendProblem> {
        self.resolved.problem()
    }

    /// How the requests of a session stay with it, as an XBackendTrafficPolicy says. For what holds
    /// in a rule see [`Rule::session`].
    pub fn session_policy(&self) -> Option<&SessionPolicy> {
        self.session.as_deref()
    }

    /// What is done to requests that go to it, after the rule's filters.
    pub fn filters(&self) -> &Filters {
        &self.filters
    }
}

/// Where one request, call or connection of a rule goes.
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
        answer: Answer,
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

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
