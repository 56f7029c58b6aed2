//! Resolving: everything, or what some changed objects have an effect on.
//!
//! There is one way for both. Each changed object marks what is to be resolved anew; what comes out
//! otherwise than before marks more of what comes after it: parents, then backends and policies, then
//! routes, then who makes room for whom, then what is told of policies. A topology from scratch is one
//! where nothing was there before and everything has changed.

use std::collections::BTreeSet;

use gateway_model::{
    AnyObject, GrpcRoute, HttpRoute, ListenerSet, ObjectKey, ResourceKind, Resources, Stored, TcpRoute, TlsRoute,
    UdpRoute,
};

use super::backend::service_of;
use super::referrers::{gateway_of, grants_of, references_of, targets_of};
use super::relation::RelationChanges;
use super::update::Update;
use super::{State, Topology};
use crate::options::Profile;

mod backends;
mod parents;
mod routes;

/// Resolves everything. O(n log n).
pub(super) fn resolve(resources: &Resources, profile: &Profile) -> Topology {
    let nothing = State::nothing(profile);
    let mut resolution = Resolution::new(&nothing, resources, true);
    let objects: Vec<(ObjectKey, AnyObject)> = resources.iter_any().map(|object| (object.key(), object)).collect();
    resolution.mark_all(objects.iter().map(|(key, object)| (key, None, Some(object))));
    resolution.run();
    Topology(resolution.next.into())
}

/// Resolves what a change of some objects has an effect on.
pub(super) fn apply(before: &Topology, resources: &Resources, changed: impl Iterator<Item = ObjectKey>) -> Update {
    let mut resolution = Resolution::new(&before.0, resources, false);
    let keys: BTreeSet<ObjectKey> = changed.collect();
    let objects: Vec<_> = keys
        .into_iter()
        .map(|key| (before.0.resources.get_any(&key), resources.get_any(&key), key))
        .filter(|(old, new, _)| old != new)
        .collect();
    resolution.mark_all(objects.iter().map(|(old, new, key)| (key, old.as_ref(), new.as_ref())));
    resolution.run();
    let Resolution { next, affected, recounted, rerouted, .. } = resolution;
    let changed = objects.into_iter().map(|(.., key)| key).collect();
    Update { before: before.clone(), topology: Topology(next.into()), changed, affected, recounted, rerouted }
}

/// What is to be resolved anew, and what came out.
struct Resolution<'a> {
    before: &'a State,
    next: State,
    /// Whether nothing was there before, so that all is marked by itself and nothing by anything else.
    everything: bool,
    gateways: BTreeSet<ObjectKey>,
    /// ListenerSets, whose Gateways are marked too.
    sets: BTreeSet<ObjectKey>,
    services: BTreeSet<ObjectKey>,
    /// Services whose endpoints have changed.
    endpoints: BTreeSet<ObjectKey>,
    /// XBackends whose routes are marked.
    backends: BTreeSet<ObjectKey>,
    /// What policies apply to.
    targets: BTreeSet<ObjectKey>,
    policies: BTreeSet<ObjectKey>,
    routes: BTreeSet<ObjectKey>,
    /// Routes of which only the parentRefs are to be resolved anew.
    parentage: BTreeSet<ObjectKey>,
    affected: BTreeSet<ObjectKey>,
    recounted: BTreeSet<ObjectKey>,
    rerouted: BTreeSet<ObjectKey>,
}

/// An object, as it was and as it is.
type Changed<'o> = (&'o ObjectKey, Option<&'o AnyObject>, Option<&'o AnyObject>);

impl<'a> Resolution<'a> {
    fn new(before: &'a State, resources: &Resources, everything: bool) -> Self {
        Resolution {
            before,
            next: State { resources: resources.clone(), ..before.clone() },
            everything,
            gateways: BTreeSet::new(),
            sets: BTreeSet::new(),
            services: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            backends: BTreeSet::new(),
            targets: BTreeSet::new(),
            policies: BTreeSet::new(),
            routes: BTreeSet::new(),
            parentage: BTreeSet::new(),
            affected: BTreeSet::new(),
            recounted: BTreeSet::new(),
            rerouted: BTreeSet::new(),
        }
    }

    fn run(&mut self) {
        self.resolve_gateways();
        self.resolve_services();
        self.resolve_endpoints();
        self.resolve_policies();
        let replaced = self.resolve_routes();
        self.settle(replaced);
        self.compare_policies();
    }

    /// Marks what each object has an effect on. What refers to it is looked up as it is after all the
    /// changes: what no longer refers to it has changed itself.
    fn mark_all<'o>(&mut self, objects: impl Iterator<Item = Changed<'o>> + Clone) {
        let mut changes = RelationChanges::default();
        for (key, old, new) in objects.clone() {
            let (old, new) = (old.map(references_of).unwrap_or_default(), new.map(references_of).unwrap_or_default());
            for target in old.iter().filter(|target| new.binary_search(target).is_err()) {
                changes.remove(target.clone(), key.clone());
            }
            for target in new.into_iter().filter(|target| old.binary_search(target).is_err()) {
                changes.add(target, key.clone());
            }
        }
        self.next.referrers.change(changes);
        objects.for_each(|object| self.mark(object));
    }

    fn mark(&mut self, (key, old, new): Changed<'_>) {
        match key.kind {
            // Without a controllerName every Gateway is ours, whatever its class.
            ResourceKind::GatewayClass if self.next.profile.controller_name().is_some() => self.mark_referrers(key),
            ResourceKind::Gateway => drop(self.gateways.insert(key.clone())),
            ResourceKind::ListenerSet => [old, new].into_iter().flatten().for_each(|set| self.mark_set(key, set)),
            kind if is_route(kind) => drop(self.routes.insert(key.clone())),
            ResourceKind::ReferenceGrant => {
                [old, new].into_iter().flatten().for_each(|grant| self.mark_granted(key, grant))
            }
            ResourceKind::BackendTlsPolicy | ResourceKind::XBackendTrafficPolicy => {
                self.policies.insert(key.clone());
                self.targets.extend([old, new].into_iter().flatten().flat_map(targets_of));
            }
            ResourceKind::Service if !is_same_service(old, new) => {
                self.services.insert(key.clone());
                self.targets.insert(key.clone());
                self.mark_referrers(key);
            }
            ResourceKind::ServiceImport | ResourceKind::XBackend => {
                self.targets.insert(key.clone());
                self.mark_referrers(key);
            }
            ResourceKind::EndpointSlice => {
                self.endpoints
                    .extend([old, new].into_iter().flatten().filter_map(|slice| service_of(slice.metadata())));
            }
            ResourceKind::Namespace if !labels(old).eq(labels(new)) => self.mark_inhabitants(&key.name),
            ResourceKind::Secret | ResourceKind::ConfigMap => self.mark_referrers(key),
            _ => {}
        }
    }

    fn mark_set(&mut self, key: &ObjectKey, set: &AnyObject) {
        if let AnyObject::ListenerSet(set) = set {
            self.sets.insert(key.clone());
            self.gateways.extend(gateway_of(set));
        }
    }

    /// Everything that refers to an object.
    fn mark_referrers(&mut self, target: &ObjectKey) {
        if !self.everything {
            let referrers: Vec<ObjectKey> = self.next.referrers.of(target).cloned().collect();
            referrers.into_iter().for_each(|referrer| self.mark_referrer(referrer));
        }
    }

    fn mark_referrer(&mut self, key: ObjectKey) {
        match key.kind {
            ResourceKind::Gateway => drop(self.gateways.insert(key)),
            ResourceKind::ListenerSet => {
                if let Some(set) = self.next.resources.get_any(&key) {
                    self.mark_set(&key, &set);
                }
            }
            kind if is_route(kind) => drop(self.routes.insert(key)),
            ResourceKind::BackendTlsPolicy | ResourceKind::XBackendTrafficPolicy => drop(self.policies.insert(key)),
            ResourceKind::XBackend if self.backends.insert(key.clone()) => self.mark_referrers(&key),
            _ => {}
        }
    }

    /// Everything that a grant speaks of: of those that refer into its namespace, the kinds and
    /// namespaces that it permits.
    fn mark_granted(&mut self, grant: &ObjectKey, object: &AnyObject) {
        let AnyObject::ReferenceGrant(object) = object else { return };
        if self.everything {
            return;
        }
        let grants = grants_of(&grant.namespace);
        for from in &object.spec.from {
            let Some(kind) = ResourceKind::find(&from.group, &from.kind) else { continue };
            let referrers = self.next.referrers.of_kind_in(&grants, kind, &from.namespace);
            let referrers: Vec<ObjectKey> = referrers.cloned().collect();
            referrers.into_iter().for_each(|referrer| self.mark_referrer(referrer));
        }
    }

    /// Everything in a namespace that listeners may select by its labels.
    fn mark_inhabitants(&mut self, namespace: &str) {
        if self.everything {
            return;
        }
        let resources = self.next.resources.clone();
        for set in resources.in_namespace::<ListenerSet>(namespace) {
            self.mark_set(&super::listener_set_key(set), &AnyObject::ListenerSet(set.clone()));
        }
        self.parentage.extend(keys_in::<HttpRoute>(&resources, namespace));
        self.parentage.extend(keys_in::<GrpcRoute>(&resources, namespace));
        self.parentage.extend(keys_in::<TlsRoute>(&resources, namespace));
        self.parentage.extend(keys_in::<TcpRoute>(&resources, namespace));
        self.parentage.extend(keys_in::<UdpRoute>(&resources, namespace));
    }

    /// The routes that refer to a backend, or to what they call one.
    fn mark_routes_of(&mut self, backend: &ObjectKey) {
        if !self.everything {
            let referrers = self.next.referrers.of(backend).filter(|referrer| is_route(referrer.kind));
            self.routes.extend(referrers.cloned());
        }
    }
}

fn keys_in<'a, T: Stored>(
    resources: &'a Resources,
    namespace: &'a str,
) -> impl Iterator<Item = ObjectKey> + use<'a, T> {
    let names = resources.in_namespace::<T>(namespace).map(|object| object.metadata().name.as_deref().unwrap_or(""));
    names.map(move |name| ObjectKey::new(T::RESOURCE_KIND, namespace, name))
}

pub(super) fn is_route(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::HttpRoute
            | ResourceKind::GrpcRoute
            | ResourceKind::TlsRoute
            | ResourceKind::TcpRoute
            | ResourceKind::UdpRoute
    )
}

/// Whether of a Service nothing has changed but its status and metadata, which decide nothing.
fn is_same_service(old: Option<&AnyObject>, new: Option<&AnyObject>) -> bool {
    match (old, new) {
        (Some(AnyObject::Service(old)), Some(AnyObject::Service(new))) => old.spec == new.spec,
        _ => false,
    }
}

fn labels(namespace: Option<&AnyObject>) -> impl Iterator<Item = (&String, &String)> {
    namespace.into_iter().flat_map(|object| &object.metadata().labels).flatten()
}
