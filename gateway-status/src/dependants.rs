//! Which statuses may change when an object does.

use std::collections::{BTreeMap, BTreeSet};

use gateway_match::{Profile, RouteForm};
use gateway_model::{
    AnyObject, BackendObjectReference, FrontendTlsConfig, Gateway, GatewayClass, Listener, ListenerSet, Object,
    ObjectKey, ParametersReference, PolicyTargetReference, ResourceKind, Resources, RouteFilter, XMesh, group_of,
};

/// An index from each object to those whose statuses depend on it.
///
/// A controller keeps one beside its resources: [`Dependants::change`] on every change says whose
/// statuses to compute again ([`Reporter::gateway`](crate::Reporter::gateway) and its like). All
/// others stay as they are: the result equals computing all of them.
///
/// ```
/// use gateway_match::Profile;
/// use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
/// use gateway_status::Dependants;
///
/// let route = serde_json::json!({
///     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
///     "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}
/// });
/// let mut resources = Resources::new();
/// for read in read_objects(route, "shop") {
///     resources.insert_any(read.object?);
/// }
/// let mut index = Dependants::new(&resources, &Profile::default());
/// let service = ObjectKey::new(ResourceKind::Service, "shop", "cart"); // not there yet, and then it is
/// let affected = index.change(&service, None, None);
/// assert!(affected.iter().any(|object| object.to_string() == "HTTPRoute shop/cart"));
/// # Ok::<(), gateway_model::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dependants {
    /// From each object, there or not, to those that refer to it.
    referrers: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// What each of them refers to.
    references: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// Whether entries of every class's and mesh's controller are ours.
    all_controllers: bool,
}

impl Dependants {
    /// The index of a set of objects. O(references × log n).
    pub fn new(resources: &Resources, profile: &Profile) -> Self {
        let mut index = Dependants {
            referrers: BTreeMap::new(),
            references: BTreeMap::new(),
            all_controllers: profile.controller_name().is_none(),
        };
        for object in resources.iter_any() {
            index.insert(&object.key(), references_of(&object));
        }
        index
    }

    /// Takes note that an object is now so, or is gone, and says whose statuses may change.
    ///
    /// `before` and `after` are what it was and is, `None` where it was not or is not there. The
    /// object itself is among those affected, if it has a status. O(log n + affected).
    pub fn change(
        &mut self,
        key: &ObjectKey,
        before: Option<&AnyObject>,
        after: Option<&AnyObject>,
    ) -> BTreeSet<ObjectKey> {
        let mut affected = self.affected(key);
        if before.is_some() {
            self.remove(key);
        }
        if let Some(after) = after {
            self.insert(key, references_of(after));
        }
        affected.extend(self.affected(key));
        affected
    }

    /// Whose statuses depend on an object, as the index is now.
    pub fn affected(&self, key: &ObjectKey) -> BTreeSet<ObjectKey> {
        let mut found = Affected { index: self, objects: BTreeSet::new() };
        match key.kind {
            ResourceKind::GatewayClass | ResourceKind::XMesh if self.all_controllers => {
                // Whose entries are ours changes with them, so that any status may.
                found.objects.extend(self.references.keys().cloned());
            }
            ResourceKind::GatewayClass => {
                found.objects.insert(key.clone());
                self.referrers_of(key).for_each(|gateway| found.gateway(gateway));
            }
            ResourceKind::Gateway => found.gateway(key),
            ResourceKind::ListenerSet => found.listener_set(key),
            kind if is_route(kind) => found.route(key),
            kind if POLICIES.contains(&kind) => found.policy(key),
            // Whether endpoints are ready shows in no status.
            ResourceKind::EndpointSlice => {}
            ResourceKind::ReferenceGrant => found.referrers(&grants_of(&key.namespace)),
            _ => {
                found.objects.insert(key.clone());
                found.referrers(key);
            }
        }
        found.objects.retain(|object| has_status(object.kind));
        found.objects
    }

    fn referrers_of(&self, key: &ObjectKey) -> impl Iterator<Item = &ObjectKey> {
        self.referrers.get(key).into_iter().flatten()
    }

    /// Those of a kind; keys are ordered by kind first.
    fn of_kind(&self, key: &ObjectKey, kind: ResourceKind) -> impl Iterator<Item = &ObjectKey> {
        let first = ObjectKey { kind, namespace: "".into(), name: "".into() };
        let referrers = self.referrers.get(key).into_iter();
        referrers.flat_map(move |keys| keys.range(first.clone()..)).take_while(move |key| key.kind == kind)
    }

    fn references_of(&self, key: &ObjectKey) -> impl Iterator<Item = &ObjectKey> {
        self.references.get(key).into_iter().flatten()
    }

    fn insert(&mut self, key: &ObjectKey, references: BTreeSet<ObjectKey>) {
        for target in &references {
            self.referrers.entry(target.clone()).or_default().insert(key.clone());
        }
        self.references.insert(key.clone(), references);
    }

    fn remove(&mut self, key: &ObjectKey) {
        for target in self.references.remove(key).into_iter().flatten() {
            if let Some(referrers) = self.referrers.get_mut(&target) {
                referrers.remove(key);
                if referrers.is_empty() {
                    self.referrers.remove(&target);
                }
            }
        }
    }
}

/// What is found to be affected by a change.
struct Affected<'a> {
    index: &'a Dependants,
    objects: BTreeSet<ObjectKey>,
}

impl Affected<'_> {
    /// A Gateway: with it go its ListenerSets, since they are judged together, and the routes of both.
    fn gateway(&mut self, gateway: &ObjectKey) {
        if !self.objects.insert(gateway.clone()) {
            return;
        }
        let index = self.index;
        for referrer in index.referrers_of(gateway) {
            match referrer.kind {
                ResourceKind::ListenerSet => {
                    self.objects.insert(referrer.clone());
                    index.referrers_of(referrer).for_each(|route| self.route(route));
                }
                _ => self.route(referrer),
            }
        }
    }

    /// A ListenerSet: its Gateway, and the routes that name it even where there is no such Gateway.
    fn listener_set(&mut self, set: &ObjectKey) {
        self.objects.insert(set.clone());
        let index = self.index;
        index
            .references_of(set)
            .filter(|target| target.kind == ResourceKind::Gateway)
            .for_each(|gateway| self.gateway(gateway));
        index.referrers_of(set).for_each(|route| self.route(route));
    }

    /// A route whose attachments may change: its parents count the routes that they have, and routes
    /// that share a parent may have to make room.
    fn route(&mut self, route: &ObjectKey) {
        self.objects.insert(route.clone());
        let index = self.index;
        for parent in index.references_of(route) {
            // Policies are told of at the Gateways that reach their targets through routes.
            self.of_kinds(parent, POLICIES);
            match parent.kind {
                ResourceKind::XMesh => self.of_kinds(parent, ROUTES),
                ResourceKind::Gateway => self.hosts(parent, route.kind),
                ResourceKind::ListenerSet => {
                    self.objects.insert(parent.clone());
                    let gateways = index.references_of(parent).filter(|target| target.kind == ResourceKind::Gateway);
                    gateways.for_each(|gateway| self.hosts(gateway, route.kind));
                }
                _ => {}
            }
        }
    }

    /// A Gateway that a route may be attached to, and those with which the route shares its hosts.
    ///
    /// HTTPRoutes and GRPCRoutes for one host displace each other, and what is displaced displaces
    /// nothing, so that all of them go together; where there is one kind only, each stands alone.
    fn hosts(&mut self, gateway: &ObjectKey, kind: ResourceKind) {
        const SHARING: &[ResourceKind] = &[ResourceKind::HttpRoute, ResourceKind::GrpcRoute];
        self.objects.insert(gateway.clone());
        let index = self.index;
        let sets = || index.referrers_of(gateway).take_while(|key| key.kind == ResourceKind::ListenerSet);
        let places = || std::iter::once(gateway).chain(sets());
        let has = |kind: &ResourceKind| places().any(|place| index.of_kind(place, *kind).next().is_some());
        if SHARING.contains(&kind) && SHARING.iter().all(has) {
            self.objects.extend(sets().cloned());
            for route in places().flat_map(|place| SHARING.iter().flat_map(|kind| index.of_kind(place, *kind))) {
                self.objects.insert(route.clone());
                // What a displaced route no longer reaches its policies are no longer told of.
                index.references_of(route).for_each(|target| self.of_kinds(target, POLICIES));
            }
        }
    }

    fn of_kinds(&mut self, parent: &ObjectKey, kinds: &[ResourceKind]) {
        for kind in kinds {
            self.objects.extend(self.index.of_kind(parent, *kind).cloned());
        }
    }

    /// A policy: of those with one target only one has it, and what it asks for is a matter of the
    /// routes to the target.
    fn policy(&mut self, policy: &ObjectKey) {
        self.objects.insert(policy.clone());
        let index = self.index;
        for target in index.references_of(policy) {
            self.of_kinds(target, POLICIES);
            self.of_kinds(target, ROUTES);
        }
    }

    /// Everything that refers to an object.
    fn referrers(&mut self, target: &ObjectKey) {
        let index = self.index;
        for referrer in index.referrers_of(target) {
            match referrer.kind {
                ResourceKind::Gateway => self.gateway(referrer),
                ResourceKind::ListenerSet => self.listener_set(referrer),
                kind if is_route(kind) => self.route(referrer),
                kind if POLICIES.contains(&kind) => self.policy(referrer),
                _ => drop(self.objects.insert(referrer.clone())),
            }
        }
    }
}

const ROUTES: &[ResourceKind] = &[
    ResourceKind::HttpRoute,
    ResourceKind::GrpcRoute,
    ResourceKind::TlsRoute,
    ResourceKind::TcpRoute,
    ResourceKind::UdpRoute,
];

const POLICIES: &[ResourceKind] = &[ResourceKind::BackendTlsPolicy, ResourceKind::XBackendTrafficPolicy];

fn is_route(kind: ResourceKind) -> bool {
    ROUTES.contains(&kind)
}

fn has_status(kind: ResourceKind) -> bool {
    is_route(kind)
        || POLICIES.contains(&kind)
        || matches!(
            kind,
            ResourceKind::GatewayClass | ResourceKind::Gateway | ResourceKind::ListenerSet | ResourceKind::XMesh
        )
}

/// The grants of a namespace, as one object.
fn grants_of(namespace: &str) -> ObjectKey {
    ObjectKey::new(ResourceKind::ReferenceGrant, namespace, "")
}

/// A Service as a parent of routes, which its being a backend of theirs says nothing about. No mesh
/// has a namespace, so that nothing else has this key.
fn as_parent(service: &ObjectKey) -> ObjectKey {
    ObjectKey { kind: ResourceKind::XMesh, ..service.clone() }
}

/// What an object's status depends on by reference.
fn references_of(object: &AnyObject) -> BTreeSet<ObjectKey> {
    let key = object.key();
    let mut references = References { from: &key, found: BTreeSet::new() };
    match object {
        AnyObject::GatewayClass(class) => references.of_class(class),
        AnyObject::XMesh(mesh) => references.of_mesh(mesh),
        AnyObject::Gateway(gateway) => references.of_gateway(gateway),
        AnyObject::ListenerSet(set) => references.of_set(set),
        AnyObject::BackendTlsPolicy(policy) => {
            references.targets(&policy.spec.target_refs);
            for reference in &policy.spec.validation.ca_certificate_refs {
                references.to(&reference.group, &reference.kind, policy.namespace(), &reference.name);
            }
        }
        AnyObject::XBackendTrafficPolicy(policy) => references.targets(&policy.spec.target_refs),
        AnyObject::HttpRoute(route) => {
            let filters = route.spec.rules.iter().flat_map(|rule| rule.filters.iter());
            references.of_filters(filters);
            for rule in &route.spec.rules {
                references.of_filters(rule.backend_refs.iter().flat_map(|backend| &backend.filters));
                rule.backend_refs.iter().for_each(|backend| references.backend(&backend.object()));
            }
            references.of_route(route);
        }
        AnyObject::GrpcRoute(route) => {
            for rule in &route.spec.rules {
                references.of_filters(rule.filters.iter().chain(rule.backend_refs.iter().flat_map(|b| &b.filters)));
                rule.backend_refs.iter().for_each(|backend| references.backend(&backend.object()));
            }
            references.of_route(route);
        }
        AnyObject::TlsRoute(route) => {
            let backends = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            backends.for_each(|backend| references.backend(&backend.object()));
            references.of_route(route);
        }
        AnyObject::TcpRoute(route) => {
            let backends = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            backends.for_each(|backend| references.backend(&backend.object()));
            references.of_route(route);
        }
        AnyObject::UdpRoute(route) => {
            let backends = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
            backends.for_each(|backend| references.backend(&backend.object()));
            references.of_route(route);
        }
        _ => {}
    }
    references.found
}

struct References<'a> {
    from: &'a ObjectKey,
    found: BTreeSet<ObjectKey>,
}

impl References<'_> {
    /// A reference that may need a grant in the target's namespace.
    fn to(&mut self, group: &str, kind: &str, namespace: &str, name: &str) {
        if let Some(kind) = ResourceKind::find(group_of(group), kind) {
            self.found.insert(ObjectKey::new(kind, namespace, name));
        }
        if *self.from.namespace != *namespace {
            self.found.insert(grants_of(namespace));
        }
    }

    /// Its own namespace's labels, which selectors look at.
    fn own_namespace(&mut self) {
        self.found.insert(ObjectKey::new(ResourceKind::Namespace, "", self.from.namespace.clone()));
    }

    fn targets(&mut self, references: &[PolicyTargetReference]) {
        let own = self.from.namespace.clone();
        for reference in references {
            self.to(&reference.group, &reference.kind, &own, &reference.name);
        }
    }

    fn of_class(&mut self, class: &GatewayClass) {
        self.parameters(class.spec.parameters_ref.as_ref());
    }

    fn of_mesh(&mut self, mesh: &XMesh) {
        self.parameters(mesh.spec.parameters_ref.as_ref());
    }

    fn parameters(&mut self, reference: Option<&ParametersReference>) {
        if let Some(reference) = reference {
            self.to(&reference.group, &reference.kind, reference.namespace.as_deref().unwrap_or(""), &reference.name);
        }
    }

    fn of_gateway(&mut self, gateway: &Gateway) {
        let spec = &gateway.spec;
        self.found.insert(ObjectKey::new(ResourceKind::GatewayClass, "", spec.gateway_class_name.as_str()));
        self.of_listeners(&spec.listeners);
        let parameters = spec.infrastructure.as_ref().and_then(|infrastructure| infrastructure.parameters_ref.as_ref());
        if let Some(reference) = parameters {
            self.to(&reference.group, &reference.kind, gateway.namespace(), &reference.name);
        }
        let Some(tls) = &spec.tls else { return };
        if let Some(reference) = tls.backend.as_ref().and_then(|backend| backend.client_certificate_ref.as_ref()) {
            self.to(reference.group(), reference.kind(), reference.namespace(gateway.namespace()), &reference.name);
        }
        if let Some(frontend) = &tls.frontend {
            self.authorities(&frontend.default, gateway.namespace());
            frontend.per_port.iter().for_each(|port| self.authorities(&port.tls, gateway.namespace()));
        }
    }

    fn authorities(&mut self, config: &FrontendTlsConfig, own: &str) {
        for reference in config.validation.iter().flat_map(|validation| &validation.ca_certificate_refs) {
            let namespace = reference.namespace.as_deref().unwrap_or(own);
            self.to(&reference.group, &reference.kind, namespace, &reference.name);
        }
    }

    fn of_set(&mut self, set: &ListenerSet) {
        let parent = &set.spec.parent_ref;
        self.found.insert(ObjectKey::new(
            ResourceKind::Gateway,
            parent.namespace(set.namespace()),
            parent.name.as_str(),
        ));
        self.own_namespace();
        self.of_listeners(&set.spec.listeners);
    }

    fn of_listeners(&mut self, listeners: &[Listener]) {
        let own = self.from.namespace.clone();
        for reference in listeners.iter().flat_map(|listener| &listener.tls).flat_map(|tls| &tls.certificate_refs) {
            self.to(reference.group(), reference.kind(), reference.namespace(&own), &reference.name);
        }
    }

    fn of_route<S: RouteForm>(&mut self, route: &Object<S>) {
        self.own_namespace();
        for parent in route.spec.parent_refs() {
            if let Some(kind) = ResourceKind::find(parent.group(), parent.kind()) {
                let key = ObjectKey::new(kind, parent.namespace(route.namespace()), parent.name.as_str());
                if kind == ResourceKind::Service {
                    self.found.insert(as_parent(&key));
                }
                self.found.insert(key);
            }
        }
    }

    fn of_filters<'f>(&mut self, filters: impl Iterator<Item = &'f RouteFilter>) {
        for filter in filters {
            if let Some(mirror) = &filter.request_mirror {
                self.backend(&mirror.backend_ref);
            }
            if let Some(auth) = &filter.external_auth {
                self.backend(&auth.backend_ref);
            }
        }
    }

    fn backend(&mut self, reference: &BackendObjectReference) {
        let own = self.from.namespace.clone();
        self.to(reference.group(), reference.kind(), reference.namespace(&own), &reference.name);
    }
}

#[cfg(test)]
mod tests;
