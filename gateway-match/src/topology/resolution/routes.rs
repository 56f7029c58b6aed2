//! Routes: what each claims, who makes room for whom, and what is attached in the end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gateway_model::{ObjectKey, ParentReference, ResourceKind};

use super::Resolution;
use super::backends::ReachChanges;
use crate::route::BackendProblem;
use crate::topology::attachment::{Attachment, Resolver, RouteNode};
use crate::topology::backend::BackendResolver;
use crate::topology::cohosting::{Claim, Rivals, are_rivals};
use crate::topology::listener::ListenerKey;
use crate::topology::parts::Set;
use crate::topology::place::Place;
use crate::topology::referrers::default_gateways;
use crate::topology::relation::RelationChanges;
use crate::topology::{State, mesh};

/// What has changed about the routes that claim a place.
#[derive(Default)]
struct PlaceChange {
    gone: Vec<ObjectKey>,
    come: Vec<ObjectKey>,
    /// Those that claim other hosts there, or are of another age.
    other: Vec<ObjectKey>,
    /// Those that were resolved anew and claim the same.
    same: Vec<ObjectKey>,
}

impl PlaceChange {
    /// Whether what the claims are about is as it was.
    fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.come.is_empty() && self.other.is_empty()
    }

    fn into_all(self) -> impl Iterator<Item = ObjectKey> {
        [self.gone, self.come, self.other, self.same].into_iter().flatten()
    }
}

impl Resolution<'_> {
    /// Resolves routes, each as if no other were there. Gives those that are not what they were.
    pub(super) fn resolve_routes(&mut self) -> Vec<ObjectKey> {
        let State { resources, profile, referrers, gateways, listener_sets, services, ready, policies, routes, .. } =
            &mut self.next;
        let default_gateways = referrers.of_kind(&default_gateways(), ResourceKind::Gateway);
        // Those of other controllers are no business of ours.
        let ours = default_gateways.filter(|key| gateways.get(key).is_some_and(|gateway| gateway.is_default()));
        let default_gateways = ours.map(ParentReference::gateway_in_full).collect();
        let resolver = Resolver {
            resources,
            backends: BackendResolver { resources, profile, ready, policies },
            profile,
            gateways,
            listener_sets,
            services,
            default_gateways,
        };
        let mut replaced = Vec::with_capacity(self.routes.len());
        for key in std::mem::take(&mut self.routes) {
            self.parentage.remove(&key);
            let node = resources.get_any(&key).and_then(|object| resolver.resolve_any(&key, &object));
            match node {
                Some(node) => routes.insert(key.clone(), Arc::new(node)),
                None => drop(routes.remove(&key)),
            }
            replaced.push(key);
        }
        for key in std::mem::take(&mut self.parentage) {
            let Some(before) = routes.get(&key) else { continue };
            let node = resolver.reattach(before);
            if !node.claims_as(before) {
                routes.insert(key.clone(), Arc::new(node));
                replaced.push(key);
            }
        }
        replaced
    }

    /// Lets routes make room for each other where some have changed, and takes note of what is
    /// attached then.
    pub(super) fn settle(&mut self, replaced: Vec<ObjectKey>) {
        let mut unsettled = BTreeSet::new();
        let mut consumers = BTreeSet::new();
        for (listener, change) in self.place_changes(&replaced) {
            if listener.source.kind == ResourceKind::Service {
                let namespaces = change.gone.iter().chain(&change.come).map(|route| route.namespace.clone());
                let foreign = namespaces.filter(|namespace| *namespace != listener.source.namespace);
                consumers.extend(foreign.map(|namespace| (listener.source.clone(), namespace)));
            }
            unsettled.extend(self.settle_place(listener, change));
        }
        for key in &unsettled {
            let State { places, routes, .. } = &mut self.next;
            let Some(mut node) = routes.get(key).map(|node| RouteNode::clone(node)) else { continue };
            node.settle(|claim| places.get(&claim.listener)?.refusal(&claim.listener, key));
            routes.insert(key.clone(), Arc::new(node));
        }
        unsettled.extend(replaced);
        self.attach(&unsettled);
        self.find_consumers(consumers);
    }

    fn place_changes(&self, replaced: &[ObjectKey]) -> HashMap<ListenerKey, PlaceChange> {
        let mut changes: HashMap<ListenerKey, PlaceChange> = HashMap::new();
        for key in replaced {
            let (before, after) = (self.before.routes.get(key), self.next.routes.get(key));
            let (old, new) = (claims(before), claims(after));
            let is_as_old = || {
                let age = |node: Option<&Arc<RouteNode>>| node.map(|node| node.route().created());
                age(before) == age(after)
            };
            for claim in &old {
                let kept = new.iter().find(|other| other.listener == claim.listener);
                let change = changes.entry(claim.listener.clone()).or_default();
                match kept {
                    None => change.gone.push(key.clone()),
                    Some(kept) if kept.hostnames == claim.hostnames && is_as_old() => change.same.push(key.clone()),
                    Some(_) => change.other.push(key.clone()),
                }
            }
            for claim in new.iter().filter(|claim| !old.iter().any(|other| other.listener == claim.listener)) {
                changes.entry(claim.listener.clone()).or_default().come.push(key.clone());
            }
        }
        changes
    }

    /// Who makes room on one listener or port. Gives the routes of which that must be told.
    fn settle_place(&mut self, listener: ListenerKey, change: PlaceChange) -> Vec<ObjectKey> {
        let before = self.next.places.get(&listener).cloned().unwrap_or_default();
        self.next.places.remove(&listener);
        let mut claims = before.claims.clone();
        for route in &change.gone {
            claims.remove(route);
        }
        change.come.iter().for_each(|route| claims.insert(route.clone()));
        let mut place = match listener.source.kind {
            ResourceKind::Service => {
                let changed = change.gone.iter().chain(&change.come).cloned().collect();
                let refused = mesh::make_room(&before, &claims, &changed);
                Place { claims, refused, ..Place::default() }
            }
            _ if change.is_empty() => before.clone(),
            _ => self.cohost(&listener, &before, claims, &change),
        };
        if let Some(limit) = self.next.profile.attached_route_limit {
            place.crowd(&listener, limit, &self.next.routes);
        }
        let mut unsettled: Vec<ObjectKey> =
            change.into_all().filter(|route| place.refusal(&listener, route).is_some()).collect();
        unsettled.extend(place.differences(&before).cloned());
        if place.attached() != before.attached() && !self.everything {
            self.recounted.insert(listener.source.clone());
        }
        if !place.claims.is_empty() {
            self.next.places.insert(listener, place);
        }
        unsettled
    }

    /// Who makes room on the listener of a Gateway.
    fn cohost(&self, listener: &ListenerKey, before: &Place, claims: Set<ObjectKey>, change: &PlaceChange) -> Place {
        let option = self.next.profile.options.grpc_cohosting;
        if !are_rivals(&claims, option) {
            return Place { claims, ..Place::default() };
        }
        let claim_in = |state: &State, route: &ObjectKey| Claim::of(state.routes.get(route)?, listener, option);
        let claim_of = |route: &ObjectKey| claim_in(&self.next, route);
        if let Some(mut rivals) = before.rivals.clone() {
            let mut refused = before.refused.clone();
            let gone: Vec<Claim> =
                change.gone.iter().chain(&change.other).filter_map(|route| claim_in(self.before, route)).collect();
            let come: Vec<Claim> = change.come.iter().chain(&change.other).filter_map(claim_of).collect();
            if rivals.change(&mut refused, (&gone, &come), claim_of, claims.size()).is_some() {
                return Place { claims, refused, rivals: Some(rivals), ..Place::default() };
            }
        }
        let (rivals, refused) = Rivals::of(claims.iter().filter_map(claim_of));
        Place { claims, refused, rivals: Some(rivals), ..Place::default() }
    }

    /// Which routes are attached to which parents, which Gateways reach which backends through them,
    /// and what of that is news.
    fn attach(&mut self, routes: &BTreeSet<ObjectKey>) {
        let mut attached = RelationChanges::default();
        let mut reach = ReachChanges::new();
        for key in routes {
            let (before, after) = (self.before.routes.get(key), self.next.routes.get(key));
            if let (Some(before), Some(after)) = (before, after)
                && after.is_still(before)
            {
                continue;
            }
            let (old, new) = (parents(before), parents(after));
            for parent in old.iter().filter(|parent| !new.contains(parent)) {
                attached.remove((*parent).clone(), key.clone());
            }
            for parent in new.iter().filter(|parent| !old.contains(parent)) {
                attached.add((*parent).clone(), key.clone());
            }
            for (node, parents, change) in [(before, &old, -1), (after, &new, 1)] {
                let gateways = parents.iter().filter(|parent| parent.kind == ResourceKind::Gateway);
                if let Some(node) = node.filter(|_| gateways.clone().next().is_some()) {
                    for target in reached(node) {
                        let gateways_of_target = reach.entry(target).or_default();
                        gateways
                            .clone()
                            .for_each(|gateway| *gateways_of_target.entry((*gateway).clone()).or_default() += change);
                    }
                }
            }
            if !self.everything {
                self.rerouted.extend(old.into_iter().chain(new).cloned());
                self.affected.insert(key.clone());
            }
        }
        self.next.attached.change(attached);
        self.reach(reach);
    }

    /// Which namespaces have routes for Services of others.
    fn find_consumers(&mut self, candidates: BTreeSet<(ObjectKey, Arc<str>)>) {
        let State { places, services, .. } = &mut self.next;
        for (service, namespace) in candidates {
            let Some(node) = services.get(&service) else { continue };
            let claimed = node.ports().iter().filter_map(|port| places.get(&port.key));
            let is_consumer = claimed.into_iter().any(|place| mesh::has_routes(place, &namespace));
            if is_consumer == node.consumers.contains(&namespace) {
                continue;
            }
            let mut node = (**node).clone();
            if is_consumer {
                node.consumers.insert(namespace);
            } else {
                node.consumers.remove(&namespace);
            }
            services.insert(service.clone(), Arc::new(node));
            self.affected.insert(service.clone());
            self.rerouted.insert(service);
        }
    }
}

/// The claims of a route, one for each listener. Two parentRefs may select one listener.
fn claims(node: Option<&Arc<RouteNode>>) -> Vec<&Attachment> {
    let mut claims: Vec<&Attachment> = node.into_iter().flat_map(|node| node.claims()).collect();
    if claims.len() > 1 {
        claims.sort_by(|a, b| a.listener.cmp(&b.listener));
        claims.dedup_by(|a, b| a.listener == b.listener);
    }
    claims
}

/// The parents that a route is attached to, each once.
fn parents(node: Option<&Arc<RouteNode>>) -> Vec<&ObjectKey> {
    let attachments = node.into_iter().flat_map(|node| node.attachments());
    in_order(attachments.map(|attachment| &attachment.gateway).collect())
}

/// The backends that a route reaches. References that are not permitted reach nothing, so that nobody
/// learns what another namespace holds.
fn reached(node: &RouteNode) -> Vec<ObjectKey> {
    let backends = node.backends().iter().flatten();
    let of_filters = node.filter_backends().iter().map(|found| &found.backend);
    let reached = backends
        .chain(of_filters)
        .filter(|backend| {
            !matches!(backend.problem(), Some(BackendProblem::InvalidKind { .. } | BackendProblem::NotPermitted { .. }))
        })
        .filter_map(|backend| {
            let kind = ResourceKind::find(&backend.name.group, &backend.name.kind)?;
            Some(ObjectKey::new(kind, backend.name.namespace.clone(), backend.name.name.clone()))
        })
        .collect();
    in_order(reached)
}

/// Each once, in order.
fn in_order<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}
