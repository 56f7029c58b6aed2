//! Gateways, ListenerSets and Services: what routes may be attached to.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_model::{Feature, Gateway, GatewayClass, ListenerSet, ObjectKey, ResourceKind};
use k8s_openapi::api::core::v1::Service;

use super::{Resolution, is_route};
use crate::topology::State;
use crate::topology::listener::{ListenerNode, resolve_gateway};
use crate::topology::mesh::service_node;
use crate::topology::referrers::default_gateways;

impl Resolution<'_> {
    /// Gateways with their ListenerSets, and then who of those takes other routes.
    pub(super) fn resolve_gateways(&mut self) {
        let State { resources, profile, referrers, gateways, listener_sets, .. } = &mut self.next;
        let mut sets = self.sets.clone();
        for set in &self.sets {
            listener_sets.remove(set);
        }
        for key in &self.gateways {
            let naming: Vec<ObjectKey> = referrers.of_kind(key, ResourceKind::ListenerSet).cloned().collect();
            let gateway = our_gateway(resources, profile.controller_name(), key);
            // spec: GEP-1713 is a feature; without it ListenerSets are nobody's.
            let joining = naming.iter().filter(|_| gateway.is_some() && profile.supports(Feature::ListenerSet));
            let objects = joining.filter_map(|set| resources.get::<ListenerSet>(&set.namespace, &set.name).cloned());
            for set in &naming {
                listener_sets.remove(set);
            }
            match gateway {
                None => drop(gateways.remove(key)),
                Some(gateway) => {
                    let (node, outcomes) = resolve_gateway(key, gateway, objects, resources, profile);
                    outcomes.into_iter().for_each(|outcome| listener_sets.insert(outcome.key().clone(), outcome));
                    if gateways.get(key).is_none_or(|before| **before != node) {
                        gateways.insert(key.clone(), Arc::new(node));
                    }
                }
            }
            sets.extend(naming);
        }
        if !self.everything {
            self.compare_gateways(&sets);
        }
    }

    /// Tells what came out otherwise than before, and marks the routes to which that matters.
    fn compare_gateways(&mut self, sets: &BTreeSet<ObjectKey>) {
        for key in self.gateways.iter().chain(sets) {
            let (before, after) = (source(self.before, key), source(&self.next, key));
            let is_other = match key.kind {
                ResourceKind::Gateway => self.before.gateways.get(key) != self.next.gateways.get(key),
                _ => before != after || self.before.listener_sets.get(key) != self.next.listener_sets.get(key),
            };
            if is_other {
                self.affected.insert(key.clone());
            }
            if is_other && key.kind == ResourceKind::Gateway {
                self.rerouted.insert(key.clone());
            }
            let takes_the_same = takes_the_same(before, after);
            if !takes_the_same {
                self.parentage.extend(routes_of(&self.next, key));
            }
            let is_default = |state: &State| state.gateways.get(key).is_some_and(|gateway| gateway.is_default());
            let (was_default, is_default) = (is_default(self.before), is_default(&self.next));
            if was_default != is_default || is_default && !takes_the_same {
                self.parentage.extend(routes_of(&self.next, &default_gateways()));
            }
        }
    }

    /// Services as parents. Who consumes them is found out with the routes.
    pub(super) fn resolve_services(&mut self) {
        let State { resources, services, .. } = &mut self.next;
        for key in &self.services {
            let before = services.get(key);
            let consumers = before.map(|node| node.consumers.clone()).unwrap_or_default();
            let node = resources.get::<Service>(&key.namespace, &key.name);
            let node = node.and_then(|service| service_node(service, consumers));
            if before.map(|before| &**before) == node.as_ref() {
                continue;
            }
            match node {
                Some(node) => services.insert(key.clone(), Arc::new(node)),
                None => drop(services.remove(key)),
            }
            self.affected.insert(key.clone());
            self.rerouted.insert(key.clone());
        }
    }
}

/// The routes that refer to a parent.
fn routes_of(state: &State, parent: &ObjectKey) -> impl Iterator<Item = ObjectKey> {
    state.referrers.of(parent).filter(|referrer| is_route(referrer.kind)).cloned()
}

/// A Gateway, if it belongs to the controller.
///
/// With a controllerName, one whose class exists and names it; without, every one.
fn our_gateway<'r>(
    resources: &'r gateway_model::Resources,
    controller: Option<&str>,
    key: &ObjectKey,
) -> Option<&'r Gateway> {
    let gateway = resources.get::<Gateway>(&key.namespace, &key.name)?;
    let is_ours = controller.is_none_or(|controller| {
        let class = resources.get::<GatewayClass>("", &gateway.spec.gateway_class_name);
        class.is_some_and(|class| class.spec.controller_name == controller)
    });
    is_ours.then_some(&**gateway)
}

/// The listeners that a parentRef to a Gateway or ListenerSet finds, and the Gateway that serves them.
type Source<'s> = Option<(&'s ObjectKey, &'s [ListenerNode])>;

fn source<'s>(state: &'s State, key: &ObjectKey) -> Source<'s> {
    let gateway = match key.kind {
        ResourceKind::Gateway => state.gateways.get(key)?,
        _ => state.gateways.get(state.listener_sets.get(key)?.gateway())?,
    };
    Some((gateway.key(), gateway.slice_of(key)))
}

fn takes_the_same(before: Source<'_>, after: Source<'_>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some((gateway, listeners)), Some((other, others))) => {
            gateway == other
                && listeners.len() == others.len()
                && listeners.iter().zip(others).all(|(listener, other)| listener.takes_the_same(other))
        }
        _ => false,
    }
}
