//! Which route attaches to which listener, and why not.

use std::sync::Arc;

use gateway_model::{
    AnyObject, BackendRef, DefaultGatewayScope, EffectiveHostnames, Hostname, LegalCondition, ListenerProtocol, Object,
    ObjectKey, ParentReference, Reason, ResourceKind, Resources, effective_hostnames, legal,
};

use super::backend::BackendResolver;
use super::listener::{GatewayNode, ListenerKey, ListenerNode, ListenerSetOutcome};
use super::mesh::ServiceNode;
use super::parts::Map;
use super::reference::Grants;
use super::route_form::{RouteForm, RuleForm};
use super::rule_definition::rule_definition;
use crate::options::{Profile, TlsRouteMismatch};
use crate::route::{BackendProblem, FilterRefusal, ResolvedBackend, Route, RouteDefinition};

/// A route, resolved: what it attaches to, and what its references lead to.
#[derive(Clone, Debug)]
pub struct RouteNode {
    key: ObjectKey,
    /// Those that the route names, in its order, and then the default Gateways that it uses.
    parents: Vec<ParentOutcome>,
    uses_default_gateways: bool,
    /// What became of the parentRefs before routes made room for each other, where that is not the same.
    claimed: Option<Vec<ParentOutcome>>,
    form: Arc<RouteReferences>,
    /// Where Services are parents beside others, and what references lead to differs there.
    mesh_form: Option<Arc<RouteReferences>>,
}

/// What the references of a route lead to, and its rules with them.
#[derive(Clone, Debug)]
struct RouteReferences {
    backends: Vec<Vec<ResolvedBackend>>,
    filter_backends: Vec<FilterBackend>,
    filter_problems: Vec<(String, BackendProblem)>,
    route: Route,
    /// Why the route is refused wherever it attaches.
    refusal: Option<AttachmentRefusal>,
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

    /// What the backendRefs of each rule lead to, in the order of the spec: for a Gateway, if the
    /// route names any parent but Services. A mesh asks for no grants ([`RouteNode::unresolved_at`]).
    pub fn backends(&self) -> &[Vec<ResolvedBackend>] {
        &self.form.backends
    }

    /// What the references of filters lead to (mirrors, external authorisation), in the order of
    /// rules; within a rule its own filters first.
    pub fn filter_backends(&self) -> &[FilterBackend] {
        &self.form.filter_backends
    }

    /// The references to backends that do not resolve, with their places: rule and backendRef.
    pub fn unresolved(&self) -> impl Iterator<Item = (usize, usize, &BackendProblem)> {
        self.form.unresolved()
    }

    /// The same for one parent. spec: GEP-1294, namespace boundaries: routes of Services may refer to
    /// backends in any namespace.
    pub fn unresolved_at(&self, outcome: &ParentOutcome) -> impl Iterator<Item = (usize, usize, &BackendProblem)> {
        self.form_for(outcome.is_service()).unresolved()
    }

    /// What is wrong with the references of filters, with the filters' field paths, for one parent: to
    /// backends (copies, external authorisation), and to filters of kinds that are not ours.
    pub fn unresolved_filters_at(&self, outcome: &ParentOutcome) -> impl Iterator<Item = (&str, &BackendProblem)> {
        let problems = &self.form_for(outcome.is_service()).filter_problems;
        problems.iter().map(|(path, problem)| (path.as_str(), problem))
    }

    /// The listeners that it is attached to, through whichever parentRef; one may occur twice.
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        self.parents.iter().filter_map(|parent| parent.result.as_ref().ok()).flatten()
    }

    /// The compiled rules, and those that cannot be used.
    pub fn route(&self) -> &Route {
        &self.form.route
    }

    /// The same as clients of a Service meet it.
    pub fn route_in_mesh(&self) -> &Route {
        &self.form_for(true).route
    }

    fn form_for(&self, mesh: bool) -> &RouteReferences {
        self.mesh_form.as_ref().filter(|_| mesh).unwrap_or(&self.form)
    }

    /// The listeners that would take it if no other route were there; one may occur twice.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Attachment> {
        let claimed = self.claimed.as_ref().unwrap_or(&self.parents);
        claimed.iter().filter_map(|parent| parent.result.as_ref().ok()).flatten()
    }

    /// Takes it off the listeners where it makes room for others. A parentRef that has none left is refused, for what
    /// was found first.
    pub(super) fn settle(&mut self, refusal: impl Fn(&Attachment) -> Option<AttachmentRefusal>) {
        if let Some(claimed) = self.claimed.take() {
            self.parents = claimed;
        }
        if !self.attachments().any(|attachment| refusal(attachment).is_some()) {
            return;
        }
        self.claimed = Some(self.parents.clone());
        for parent in &mut self.parents {
            let Ok(attachments) = &mut parent.result else { continue };
            let mut first = None;
            attachments.retain(|attachment| {
                let refusal = refusal(attachment);
                let stays = refusal.is_none();
                first = first.take().or(refusal);
                stays
            });
            if let Some(refusal) = first.filter(|_| attachments.is_empty()) {
                parent.result = Err(refusal);
            }
        }
    }

    /// Whether its parentRefs came to what another node's came to before routes made room for each other.
    pub(super) fn claims_as(&self, other: &RouteNode) -> bool {
        self.claimed.as_ref().unwrap_or(&self.parents) == other.claimed.as_ref().unwrap_or(&other.parents)
    }

    /// Whether it is another node's equal that was made from the same rules and references.
    pub(super) fn is_still(&self, before: &RouteNode) -> bool {
        Arc::ptr_eq(&self.form, &before.form) && self.parents == before.parents && self.claimed == before.claimed
    }
}

impl RouteReferences {
    /// Whether some reference is refused for want of a grant.
    fn needs_grants(&self) -> bool {
        let all = self.backends.iter().flatten().chain(self.filter_backends.iter().map(|found| &found.backend));
        all.filter_map(ResolvedBackend::problem).any(|problem| matches!(problem, BackendProblem::NotPermitted { .. }))
    }

    fn unresolved(&self) -> impl Iterator<Item = (usize, usize, &BackendProblem)> {
        self.backends.iter().enumerate().flat_map(|(rule, backends)| {
            backends.iter().enumerate().filter_map(move |(item, backend)| {
                let problem = backend.problem().filter(|problem| problem.is_of_reference())?;
                Some((rule, item, problem))
            })
        })
    }
}

/// What became of one parentRef of a route, or of a default Gateway that it uses.
#[derive(Clone, Debug, PartialEq)]
pub struct ParentOutcome {
    /// The parentRef as written; for a default Gateway the one that would name it.
    pub parent_ref: ParentReference,
    /// Whether the route does not name it: a default Gateway. spec: `CommonRouteSpec.useDefaultGateways`; GEP-3793.
    pub is_default: bool,
    /// The Gateway, ListenerSet or Service that it leads to, if that exists and is ours.
    pub parent: Option<ObjectKey>,
    /// The listeners that take the route, at least one; or why none does.
    pub result: Result<Vec<Attachment>, AttachmentRefusal>,
}

impl ParentOutcome {
    /// Whether the parent is a Service: the route is one of a mesh there.
    pub fn is_service(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.kind == ResourceKind::Service)
    }
}

/// A route on a listener, or on the port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The Gateway that serves the listener, or the Service itself.
    pub gateway: ObjectKey,
    /// The listener. A Service's port is named by number and protocol (`80/TCP`).
    pub listener: ListenerKey,
    /// The hosts that the route serves there; `None` is every host. Services know no hosts.
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
    /// A TLSRoute, and no such listener speaks TLS. The option says which reason is told.
    #[error("no such listener speaks TLS")]
    NotTls(TlsRouteMismatch),
    /// No such listener allows routes of this kind from this namespace.
    #[error("no such listener allows routes of this kind from this namespace")]
    NotAllowed,
    /// No such listener takes any host of the route.
    #[error("no such listener takes any hostname of the route")]
    NoMatchingHostname,
    /// The route has a value that is not supported, or none of its rules can be used.
    #[error("{0}")]
    UnsupportedValue(String),
    /// None of the route's rules can be used, the first for filters that exclude each other.
    #[error("{0}")]
    IncompatibleFilters(String),
    /// Routes of the other kind for HTTP serve its hosts on each such listener
    /// ([`GrpcCohosting`](crate::GrpcCohosting)). spec: `GRPCRouteSpec.hostnames`.
    #[error("an HTTPRoute or GRPCRoute that comes first serves the same hostnames on each such listener")]
    Cohosted,
    /// Routes of a more specific kind are attached to each such port of the Service.
    /// spec: GEP-1294, route types.
    #[error("routes of a more specific kind are attached to each such port of the Service")]
    Conflicted,
    /// As many routes as there may be are attached to each such listener or port
    /// ([`Profile::attached_route_limit`]). No text of the specification knows the case.
    #[error("each such listener or port has as many routes as it may have, all of which come first")]
    CrowdedOut,
}

impl AttachmentRefusal {
    /// The route's condition Accepted. spec: `RouteConditionAccepted`.
    pub fn accepted(&self) -> LegalCondition {
        match self {
            AttachmentRefusal::NoParent { .. }
            | AttachmentRefusal::NoMatchingListener
            | AttachmentRefusal::NotTls(TlsRouteMismatch::NoMatchingParent) => {
                legal!(Route, Accepted, False, NoMatchingParent)
            }
            // No text names a reason for `Cohosted` and `CrowdedOut`; the listeners do not take the route beside what
            // they have.
            AttachmentRefusal::NotAllowed
            | AttachmentRefusal::Cohosted
            | AttachmentRefusal::CrowdedOut
            | AttachmentRefusal::NotTls(TlsRouteMismatch::NotAllowedByListeners) => {
                legal!(Route, Accepted, False, NotAllowedByListeners)
            }
            AttachmentRefusal::NoMatchingHostname => legal!(Route, Accepted, False, NoMatchingListenerHostname),
            AttachmentRefusal::UnsupportedValue(_) | AttachmentRefusal::NotTls(TlsRouteMismatch::UnsupportedValue) => {
                legal!(Route, Accepted, False, UnsupportedValue)
            }
            AttachmentRefusal::IncompatibleFilters(_) => legal!(Route, Accepted, False, IncompatibleFilters),
            AttachmentRefusal::Conflicted => legal!(Route, Accepted, False, Conflicted),
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
    pub(super) gateways: &'a Map<ObjectKey, Arc<GatewayNode>>,
    pub(super) listener_sets: &'a Map<ObjectKey, ListenerSetOutcome>,
    pub(super) services: &'a Map<ObjectKey, Arc<ServiceNode>>,
    /// The default Gateways, by name.
    pub(super) default_gateways: Vec<ParentReference>,
}

/// What a parentRef leads to.
enum Parent<'a> {
    /// Listeners of a Gateway: its own, or those of a ListenerSet.
    Listeners { key: ObjectKey, gateway: &'a GatewayNode },
    /// Ports of a Service, in a mesh.
    Service(&'a ServiceNode),
}

impl<'a> Resolver<'a> {
    /// Resolves a route of whichever kind, as if no other were there; `None` if it is no route.
    pub(super) fn resolve_any(&self, key: &ObjectKey, object: &AnyObject) -> Option<RouteNode> {
        Some(match object {
            AnyObject::HttpRoute(route) => self.resolve(key, route),
            AnyObject::GrpcRoute(route) => self.resolve(key, route),
            AnyObject::TlsRoute(route) => self.resolve(key, route),
            AnyObject::TcpRoute(route) => self.resolve(key, route),
            AnyObject::UdpRoute(route) => self.resolve(key, route),
            _ => return None,
        })
    }

    fn resolve<S: RouteForm>(&self, key: &ObjectKey, object: &Object<S>) -> RouteNode {
        let rules = object.spec.rule_forms();
        let is_service = |parent_ref: &&ParentReference| is_service(parent_ref);
        let services = object.spec.parent_refs().iter().filter(is_service).count();
        let uses_default_gateways = object.spec.use_default_gateways() == Some(&DefaultGatewayScope::All);
        let all = services > 0 && services == object.spec.parent_refs().len() && !uses_default_gateways;
        let form = self.references(key, object, &rules, if all { Grants::NotAsked } else { Grants::Asked });
        let mesh_form = (services > 0 && !all && form.needs_grants())
            .then(|| Arc::new(self.references(key, object, &rules, Grants::NotAsked)));
        let parents = self.attach_all(&form, object.spec.parent_refs().iter(), uses_default_gateways);
        RouteNode { key: key.clone(), parents, uses_default_gateways, claimed: None, form: Arc::new(form), mesh_form }
    }

    /// Resolves the parentRefs of a route anew, of which nothing else has changed.
    pub(super) fn reattach(&self, node: &RouteNode) -> RouteNode {
        let named = node.parents.iter().filter(|parent| !parent.is_default).map(|parent| &parent.parent_ref);
        let parents = self.attach_all(&node.form, named, node.uses_default_gateways);
        RouteNode { parents, claimed: None, ..node.clone() }
    }

    fn attach_all<'r>(
        &self,
        form: &RouteReferences,
        parent_refs: impl Iterator<Item = &'r ParentReference>,
        uses_default_gateways: bool,
    ) -> Vec<ParentOutcome> {
        let attach = |parent_ref, is_default| self.attach(&form.route, parent_ref, is_default, form.refusal.as_ref());
        let mut parents: Vec<_> = parent_refs.map(|parent_ref| attach(parent_ref, false)).collect();
        if uses_default_gateways {
            // spec: GEP-3793: as if each were named; one that is named as a whole is not named twice.
            let own = &form.route.key().namespace;
            let is_named = |gateway: &&ParentReference| {
                parents.iter().any(|parent| names_all_of(&parent.parent_ref, gateway, own))
            };
            let defaults: Vec<_> = self.default_gateways.iter().filter(|gateway| !is_named(gateway)).collect();
            parents.extend(defaults.into_iter().map(|gateway| attach(gateway, true)));
        }
        parents
    }

    fn references<S: RouteForm>(
        &self,
        key: &ObjectKey,
        object: &Object<S>,
        rules: &[RuleForm<'_>],
        grants: Grants,
    ) -> RouteReferences {
        let resolve = |reference: &BackendRef| self.backends.resolve(key, &reference.object(), grants);
        let backends: Vec<Vec<_>> = rules.iter().map(|rule| rule.backend_refs.iter().map(resolve).collect()).collect();
        let filter_backends = self.filter_backends(key, rules, grants);
        let filter_problems = self.filter_problems(rules, &filter_backends);
        let route = self.compile(key, object, rules, &backends, &filter_backends);
        let refusal = refusal_of(&route, rules.len());
        RouteReferences { backends, filter_backends, filter_problems, route, refusal }
    }

    /// What is wrong with the references of filters, and where: to backends, and to filters of kinds
    /// that are not ours.
    fn filter_problems(&self, rules: &[RuleForm<'_>], backends: &[FilterBackend]) -> Vec<(String, BackendProblem)> {
        let place = |rule: usize, backend_ref: Option<usize>, filter: usize| match backend_ref {
            None => format!("spec.rules[{rule}].filters[{filter}]"),
            Some(item) => format!("spec.rules[{rule}].backendRefs[{item}].filters[{filter}]"),
        };
        let mut problems: Vec<(String, BackendProblem)> = backends
            .iter()
            .filter_map(|found| {
                let problem = found.backend.problem().filter(|problem| problem.is_of_reference())?;
                Some((place(found.rule, found.backend_ref, found.filter), problem.clone()))
            })
            .collect();
        for (rule, form) in rules.iter().enumerate() {
            for (backend_ref, filters) in form.filter_lists() {
                for (filter, wire) in filters.iter().enumerate() {
                    let unknown = wire
                        .extension_ref
                        .as_ref()
                        .filter(|found| !self.profile.has_extension_filter(&found.group, &found.kind));
                    problems.extend(unknown.map(|reference| {
                        let refusal = FilterRefusal::unknown_extension(reference);
                        (place(rule, backend_ref, filter), BackendProblem::Filter(refusal))
                    }));
                }
            }
        }
        problems
    }

    /// What the references of filters lead to.
    fn filter_backends(&self, route: &ObjectKey, rules: &[RuleForm<'_>], grants: Grants) -> Vec<FilterBackend> {
        let mut found = Vec::new();
        for (rule, form) in rules.iter().enumerate() {
            for (backend_ref, filters) in form.filter_lists() {
                for (filter, wire) in filters.iter().enumerate() {
                    let mirror = wire.request_mirror.as_ref().map(|mirror| &mirror.backend_ref);
                    let auth = wire.external_auth.as_ref().map(|auth| &auth.backend_ref);
                    if let Some(reference) = mirror.or(auth) {
                        let backend = self.backends.resolve(route, reference, grants);
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
        is_default: bool,
        refusal: Option<&AttachmentRefusal>,
    ) -> ParentOutcome {
        let (parent, found) = match self.parent(route.key(), parent_ref) {
            None => (None, Err(no_parent(route.key(), parent_ref))),
            Some(Parent::Listeners { key, gateway }) => {
                let found = self.attach_to_listeners(route, parent_ref, gateway.listeners_of(&key), gateway.key());
                (Some(key), found)
            }
            Some(Parent::Service(service)) => {
                let found = service.attach(route.key().kind, parent_ref);
                (Some(service.key().clone()), found)
            }
        };
        let result = match (refusal, &parent) {
            // spec: `HTTPPathMatch.type` and its like name the reason that must be told, whatever else is wrong.
            (Some(refusal), Some(_)) => Err(refusal.clone()),
            _ => found,
        };
        ParentOutcome { parent_ref: parent_ref.clone(), is_default, parent, result }
    }

    /// The listeners that take a route, at least one, or the reason of the one that came closest.
    fn attach_to_listeners<'l>(
        &self,
        route: &Route,
        parent_ref: &ParentReference,
        listeners: impl Iterator<Item = &'l ListenerNode>,
        gateway: &ObjectKey,
    ) -> Result<Vec<Attachment>, AttachmentRefusal> {
        let mut attached = Vec::new();
        let mut closest = AttachmentRefusal::NoMatchingListener;
        for listener in listeners.filter(|listener| is_selected(listener, parent_ref)) {
            match self.attach_to(route, listener) {
                Ok(hostnames) => {
                    attached.push(Attachment { gateway: gateway.clone(), listener: listener.key().clone(), hostnames })
                }
                Err(refusal) if closeness(&refusal) > closeness(&closest) => closest = refusal,
                Err(_) => {}
            }
        }
        if attached.is_empty() { Err(closest) } else { Ok(attached) }
    }

    /// What a parentRef leads to. A refused ListenerSet is a parent of ours, but has no listener there.
    fn parent(&self, route: &ObjectKey, parent_ref: &ParentReference) -> Option<Parent<'a>> {
        let kind = ResourceKind::find(parent_ref.group(), parent_ref.kind())?;
        let key = ObjectKey::new(kind, parent_ref.namespace(&route.namespace), parent_ref.name.as_str());
        let gateway = match kind {
            ResourceKind::Service => return self.services.get(&key).map(|service| Parent::Service(service)),
            ResourceKind::Gateway => self.gateways.get(&key)?,
            ResourceKind::ListenerSet => self.gateways.get(self.listener_sets.get(&key)?.gateway())?,
            _ => return None,
        };
        Some(Parent::Listeners { key, gateway })
    }

    /// The hosts that a route serves on a listener (`None`: every host), or why it serves none.
    fn attach_to(&self, route: &Route, listener: &ListenerNode) -> Result<Option<Vec<Hostname>>, AttachmentRefusal> {
        if route.key().kind == ResourceKind::TlsRoute && *listener.protocol() != ListenerProtocol::Tls {
            return Err(AttachmentRefusal::NotTls(self.profile.options.tls_route_mismatch));
        }
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

/// Whether a parentRef in a namespace names all that another one does which names a whole Gateway.
fn names_all_of(parent_ref: &ParentReference, gateway: &ParentReference, own: &str) -> bool {
    parent_ref.section_name.is_none()
        && parent_ref.port.is_none()
        && (parent_ref.group(), parent_ref.kind()) == (gateway.group(), gateway.kind())
        && (parent_ref.namespace(own), &parent_ref.name) == (gateway.namespace(own), &gateway.name)
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
        AttachmentRefusal::NotTls(_) => 2,
        AttachmentRefusal::NotAllowed => 3,
        AttachmentRefusal::NoMatchingHostname => 4,
        AttachmentRefusal::Cohosted | AttachmentRefusal::Conflicted | AttachmentRefusal::CrowdedOut => 5,
        AttachmentRefusal::UnsupportedValue(_) | AttachmentRefusal::IncompatibleFilters(_) => 6,
    }
}

/// Whether a parentRef names a Service, which makes the route one of a mesh there.
fn is_service(parent_ref: &ParentReference) -> bool {
    ResourceKind::find(parent_ref.group(), parent_ref.kind()) == Some(ResourceKind::Service)
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
/// `HTTPRouteRule.filters`: filters that cannot go together have a reason of their own.
fn refusal_of(route: &Route, rules: usize) -> Option<AttachmentRefusal> {
    let problems = route.problems();
    let telling = problems
        .iter()
        .find(|problem| problem.refuses_route())
        .or_else(|| problems.first().filter(|_| problems.len() == rules))?;
    let message = telling.to_string();
    Some(if telling.problem.reason() == Reason::IncompatibleFilters.as_str() {
        AttachmentRefusal::IncompatibleFilters(message)
    } else {
        AttachmentRefusal::UnsupportedValue(message)
    })
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
