//! Which route attaches to which listener, and why not.

use std::collections::BTreeMap;

use gateway_model::{
    EffectiveHostnames, GATEWAY_GROUP, Hostname, LegalCondition, Object, ObjectKey, ParentReference, ResourceKind,
    Resources, RouteFilter, effective_hostnames, legal,
};

use super::backend::BackendResolver;
use super::listener::{GatewayNode, ListenerKey, ListenerNode, ListenerSetOutcome};
use super::route_form::{RouteForm, RuleForm};
use crate::options::Profile;
use crate::route::{
    BackendDefinition, BackendProblem, FilterRefusal, ResolvedBackend, Route, RouteDefinition, RuleDefinition,
};

/// A route, resolved: what it attaches to, and what its references lead to.
#[derive(Clone, Debug)]
pub struct RouteNode {
    key: ObjectKey,
    parents: Vec<ParentOutcome>,
    backends: Vec<Vec<ResolvedBackend>>,
    filter_backends: Vec<FilterBackend>,
    route: Route,
}

/// What a filter's reference to a backend leads to: where copies go, or who is asked for leave.
#[derive(Clone, Debug)]
pub struct FilterBackend {
    /// Position of the rule in its route.
    pub rule: usize,
    /// Position of the backendRef that has the filter; `None` if the rule has it.
    pub backend_ref: Option<usize>,
    /// Position of the filter there.
    pub filter: usize,
    /// What it leads to.
    pub backend: ResolvedBackend,
}

impl RouteNode {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// What became of each parentRef, in the order of the spec.
    pub fn parents(&self) -> &[ParentOutcome] {
        &self.parents
    }

    /// What the backendRefs of each rule lead to, in the order of the spec.
    pub fn backends(&self) -> &[Vec<ResolvedBackend>] {
        &self.backends
    }

    /// What the references of filters lead to (mirrors, external authorisation), in the order of
    /// rules; within a rule its own filters first.
    pub fn filter_backends(&self) -> &[FilterBackend] {
        &self.filter_backends
    }

    /// The references to backends that do not resolve, with their places: rule and backendRef.
    pub fn unresolved(&self) -> impl Iterator<Item = (usize, usize, &BackendProblem)> {
        self.backends.iter().enumerate().flat_map(|(rule, backends)| {
            backends.iter().enumerate().filter_map(move |(item, backend)| {
                let problem = backend.problem().filter(|problem| problem.is_of_reference())?;
                Some((rule, item, problem))
            })
        })
    }

    /// The listeners that it is attached to, through whichever parentRef; one may occur twice.
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        self.parents.iter().filter_map(|parent| parent.result.as_ref().ok()).flatten()
    }

    /// The compiled rules, and those that cannot be used.
    pub fn route(&self) -> &Route {
        &self.route
    }
}

/// What became of one parentRef of a route.
#[derive(Clone, Debug)]
pub struct ParentOutcome {
    /// The parentRef as written.
    pub parent_ref: ParentReference,
    /// The Gateway or ListenerSet that it leads to, if that exists and is ours.
    pub parent: Option<ObjectKey>,
    /// The listeners that take the route, at least one; or why none does.
    pub result: Result<Vec<Attachment>, AttachmentRefusal>,
}

/// A route on a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The Gateway that serves the listener.
    pub gateway: ObjectKey,
    /// The listener.
    pub listener: ListenerKey,
    /// The hosts that the route serves there; `None` is every host.
    pub hostnames: Option<Vec<Hostname>>,
}

/// Why a parentRef attaches to nothing. spec: `RouteConditionReason`.
///
/// Of several reasons, one of the route itself is told, else that of the listener which came closest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentRefusal {
    /// The parent does not exist, is of a kind that is no parent, or is not ours.
    #[error("{group}/{kind} `{namespace}/{name}` is no parent of ours")]
    NoParent {
        /// The parent's group.
        group: String,
        /// The parent's kind.
        kind: String,
        /// The parent's namespace.
        namespace: String,
        /// The parent's name.
        name: String,
    },
    /// The parent has no listener with that section name and port.
    #[error("no listener of the parent has the section name and port of the reference")]
    NoMatchingListener,
    /// No such listener allows routes of this kind from this namespace.
    #[error("no such listener allows routes of this kind from this namespace")]
    NotAllowed,
    /// No such listener takes any host of the route.
    #[error("no such listener takes any hostname of the route")]
    NoMatchingHostname,
    /// The route has a value that is not supported, or none of its rules can be used.
    #[error("{0}")]
    UnsupportedValue(String),
}

impl AttachmentRefusal {
    /// The route's condition Accepted. spec: `RouteConditionAccepted`.
    pub fn accepted(&self) -> LegalCondition {
        match self {
            AttachmentRefusal::NoParent { .. } | AttachmentRefusal::NoMatchingListener => {
                legal!(Route, Accepted, False, NoMatchingParent)
            }
            AttachmentRefusal::NotAllowed => legal!(Route, Accepted, False, NotAllowedByListeners),
            AttachmentRefusal::NoMatchingHostname => legal!(Route, Accepted, False, NoMatchingListenerHostname),
            AttachmentRefusal::UnsupportedValue(_) => legal!(Route, Accepted, False, UnsupportedValue),
        }
    }

    /// The reason of the route's Accepted condition.
    pub fn reason(&self) -> &'static str {
        self.accepted().reason().as_str()
    }
}

/// Resolves routes against parents that are resolved.
pub(super) struct Resolver<'a> {
    pub(super) resources: &'a Resources,
    pub(super) backends: BackendResolver<'a>,
    pub(super) profile: &'a Profile,
    pub(super) gateways: &'a BTreeMap<ObjectKey, GatewayNode>,
    pub(super) listener_sets: &'a BTreeMap<ObjectKey, ListenerSetOutcome>,
}

impl Resolver<'_> {
    /// Resolves a route of whichever kind.
    pub(super) fn resolve<S: RouteForm>(&self, object: &Object<S>) -> RouteNode {
        let key = ObjectKey::new(S::ROUTE_KIND, object.namespace(), object.name());
        let rules = object.spec.rule_forms();
        let backends: Vec<Vec<_>> = rules
            .iter()
            .map(|rule| rule.backend_refs.iter().map(|r| self.backends.resolve(&key, &r.object())).collect())
            .collect();
        let filter_backends = self.filter_backends(&key, &rules);
        let route = self.compile(&key, object, &rules, &backends, &filter_backends);
        let refusal = refusal_of(&route, rules.len());
        let parents = object
            .spec
            .parent_refs()
            .iter()
            .map(|parent_ref| self.attach(&route, parent_ref, refusal.as_ref()))
            .collect();
        RouteNode { key, parents, backends, filter_backends, route }
    }

    /// What the references of filters lead to.
    fn filter_backends(&self, route: &ObjectKey, rules: &[RuleForm<'_>]) -> Vec<FilterBackend> {
        let mut found = Vec::new();
        for (rule, form) in rules.iter().enumerate() {
            let of_backends = form.backend_refs.iter().enumerate();
            let lists = std::iter::once((None, form.filters))
                .chain(of_backends.map(|(item, reference)| (Some(item), reference.filters.as_slice())));
            for (backend_ref, filters) in lists {
                for (filter, wire) in filters.iter().enumerate() {
                    let mirror = wire.request_mirror.as_ref().map(|mirror| &mirror.backend_ref);
                    let auth = wire.external_auth.as_ref().map(|auth| &auth.backend_ref);
                    if let Some(reference) = mirror.or(auth) {
                        let backend = self.backends.resolve(route, reference);
                        found.push(FilterBackend { rule, backend_ref, filter, backend });
                    }
                }
            }
        }
        found
    }

    fn compile<S: RouteForm>(
        &self,
        key: &ObjectKey,
        object: &Object<S>,
        rules: &[RuleForm<'_>],
        backends: &[Vec<ResolvedBackend>],
        filter_backends: &[FilterBackend],
    ) -> Route {
        let mut definition = RouteDefinition::new(key.clone());
        if let Some(seconds) = super::created(object) {
            definition = definition.created_at(seconds);
        }
        for hostname in object.spec.hostnames() {
            definition = definition.hostname(hostname.clone());
        }
        for (index, (form, resolved)) in rules.iter().zip(backends).enumerate() {
            let (start, end) = (
                filter_backends.partition_point(|found| found.rule < index),
                filter_backends.partition_point(|found| found.rule <= index),
            );
            let of_filters = filter_backends.get(start..end).unwrap_or_default().iter();
            definition = definition.rule(rule_definition(form, resolved, of_filters));
        }
        Route::compile(definition, self.profile)
    }

    /// What became of a parentRef. spec: `ParentReference`, `AllowedRoutes`, `HTTPRouteSpec.hostnames`.
    fn attach(
        &self,
        route: &Route,
        parent_ref: &ParentReference,
        refusal: Option<&AttachmentRefusal>,
    ) -> ParentOutcome {
        let outcome = |parent, result| ParentOutcome { parent_ref: parent_ref.clone(), parent, result };
        let Some((parent, gateway)) = self.parent(route.key(), parent_ref) else {
            return outcome(None, Err(no_parent(route.key(), parent_ref)));
        };
        let mut attached = Vec::new();
        let mut closest = AttachmentRefusal::NoMatchingListener;
        for listener in gateway.listeners_of(&parent).filter(|listener| is_selected(listener, parent_ref)) {
            match self.attach_to(route, listener) {
                Ok(hostnames) => attached.push(Attachment {
                    gateway: gateway.key().clone(),
                    listener: listener.key().clone(),
                    hostnames,
                }),
                Err(refusal) if closeness(&refusal) > closeness(&closest) => closest = refusal,
                Err(_) => {}
            }
        }
        let result = match (refusal, attached.is_empty()) {
            // spec: `HTTPPathMatch.type` and its like name the reason that must be told, whatever else is wrong.
            (Some(refusal), _) => Err(refusal.clone()),
            (None, true) => Err(closest),
            (None, false) => Ok(attached),
        };
        outcome(Some(parent), result)
    }

    /// The Gateway or ListenerSet that a parentRef leads to, with the Gateway that serves it. A
    /// refused ListenerSet is a parent of ours, but has no listener there.
    fn parent(&self, route: &ObjectKey, parent_ref: &ParentReference) -> Option<(ObjectKey, &GatewayNode)> {
        if parent_ref.group() != GATEWAY_GROUP {
            return None;
        }
        let kind = ResourceKind::find(parent_ref.group(), parent_ref.kind())?;
        let key = ObjectKey::new(kind, parent_ref.namespace(&route.namespace), parent_ref.name.as_str());
        let gateway = match kind {
            ResourceKind::Gateway => self.gateways.get(&key)?,
            ResourceKind::ListenerSet => self.gateways.get(self.listener_sets.get(&key)?.gateway())?,
            _ => return None,
        };
        Some((key, gateway))
    }

    /// The hosts that a route serves on a listener (`None`: every host), or why it serves none.
    fn attach_to(&self, route: &Route, listener: &ListenerNode) -> Result<Option<Vec<Hostname>>, AttachmentRefusal> {
        let allowed = listener.route_kinds().any(|kind| kind == route.key().kind)
            && listener.takes_namespace(&route.key().namespace, self.resources);
        // spec: ListenerStatus.attachedRoutes: whether the listener itself is accepted does not count.
        let Some(hostname) = listener.host().filter(|_| allowed) else {
            return Err(AttachmentRefusal::NotAllowed);
        };
        if route.has_only_malformed_hostnames() {
            return Err(AttachmentRefusal::NoMatchingHostname);
        }
        match effective_hostnames(hostname, route.hostnames()) {
            EffectiveHostnames::Any => Ok(None),
            EffectiveHostnames::Listed(hostnames) => Ok(Some(hostnames.into_iter().cloned().collect())),
            EffectiveHostnames::Disjoint => Err(AttachmentRefusal::NoMatchingHostname),
        }
    }
}

/// Whether a parentRef selects a listener: section name and port, where given, must both agree.
fn is_selected(listener: &ListenerNode, parent_ref: &ParentReference) -> bool {
    parent_ref.section_name.as_deref().is_none_or(|section| *listener.key().name == *section)
        && parent_ref.port.is_none_or(|port| listener.port() == port)
}

/// How far a listener let a route come: the reason of the one that came furthest is told.
fn closeness(refusal: &AttachmentRefusal) -> u8 {
    match refusal {
        AttachmentRefusal::NoParent { .. } => 0,
        AttachmentRefusal::NoMatchingListener => 1,
        AttachmentRefusal::NotAllowed => 2,
        AttachmentRefusal::NoMatchingHostname => 3,
        AttachmentRefusal::UnsupportedValue(_) => 4,
    }
}

fn no_parent(route: &ObjectKey, parent_ref: &ParentReference) -> AttachmentRefusal {
    AttachmentRefusal::NoParent {
        group: parent_ref.group().to_owned(),
        kind: parent_ref.kind().to_owned(),
        namespace: parent_ref.namespace(&route.namespace).to_owned(),
        name: parent_ref.name.clone(),
    }
}

/// Why a route is refused wherever it attaches: an enum value that is not known, or no rule left.
/// spec: `HTTPPathMatch.type` and the other enums: unknown values refuse the route.
fn refusal_of(route: &Route, rules: usize) -> Option<AttachmentRefusal> {
    let problems = route.problems();
    let telling = problems
        .iter()
        .find(|problem| problem.refuses_route())
        .or_else(|| problems.first().filter(|_| problems.len() == rules))?;
    Some(AttachmentRefusal::UnsupportedValue(telling.to_string()))
}

fn rule_definition<'a>(
    form: &RuleForm<'_>,
    resolved: &[ResolvedBackend],
    of_filters: impl Iterator<Item = &'a FilterBackend> + Clone,
) -> RuleDefinition {
    // spec: HTTPRouteFilter.externalAuth: it MUST fail closed. A copy that cannot be sent is left out.
    let unauthorised = |backend_ref: Option<usize>, filters: &[RouteFilter]| {
        let mut found = of_filters.clone().filter(|found| found.backend_ref == backend_ref);
        let is_auth = |found: &&FilterBackend| filters.get(found.filter).is_some_and(|f| f.external_auth.is_some());
        let problem = found.find(|found| is_auth(found) && found.backend.problem().is_some())?.backend.problem()?;
        Some(FilterRefusal::ExternalAuth(Box::new(problem.clone())))
    };
    let mut rule = RuleDefinition::new();
    if let Some(refusal) = unauthorised(None, form.filters) {
        rule = rule.refuse(refusal);
    }
    if let Some(name) = form.name {
        rule = rule.name(name);
    }
    for condition in form.http_matches {
        rule = rule.matching(condition.clone());
    }
    for condition in form.grpc_matches {
        rule = rule.matching_call(condition.clone());
    }
    for filter in form.filters {
        rule = rule.filter(filter.clone());
    }
    if let Some(timeouts) = form.timeouts {
        rule = rule.timeouts(timeouts.clone());
    }
    if let Some(retry) = form.retry {
        rule = rule.retry(retry.clone());
    }
    if let Some(session) = form.session_persistence {
        rule = rule.session_persistence(session.clone());
    }
    for (item, (reference, resolved)) in form.backend_refs.iter().zip(resolved).enumerate() {
        let mut backend = BackendDefinition::resolved(resolved.clone()).weight(reference.weight());
        if let Some(refusal) = unauthorised(Some(item), &reference.filters) {
            backend = backend.refuse(refusal);
        }
        for filter in &reference.filters {
            backend = backend.filter(filter.clone());
        }
        rule = rule.backend(backend);
    }
    rule
}
