//! The next topology out of one that is there and the objects that have changed.

use std::collections::{BTreeMap, BTreeSet};

use gateway_model::ObjectKey;

use super::attachment::RouteNode;
use super::listener::{GatewayNode, ListenerKey, ListenerNode};
use super::mesh::ServiceNode;
use super::resolution::is_route;
use super::{Topology, met, selected};
use crate::router::{ListenerDefinition, ListenerId, Router, RouterUpdate};

/// The next topology, and what is different in it.
///
/// Made by [`Topology::apply`].
#[derive(Clone, Debug)]
pub struct Update {
    pub(super) before: Topology,
    pub(super) topology: Topology,
    pub(super) changed: BTreeSet<ObjectKey>,
    pub(super) affected: BTreeSet<ObjectKey>,
    pub(super) recounted: BTreeSet<ObjectKey>,
    pub(super) rerouted: BTreeSet<ObjectKey>,
}

impl Update {
    /// The next topology.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The topology that it follows.
    pub fn before(&self) -> &Topology {
        &self.before
    }

    /// The next topology alone.
    pub fn into_topology(self) -> Topology {
        self.topology
    }

    /// The objects that were said to have changed, and did.
    pub fn changed(&self) -> &BTreeSet<ObjectKey> {
        &self.changed
    }

    /// The Gateways, ListenerSets, routes, Services and policies of which the topology says something
    /// else than before, those that came or went among them.
    ///
    /// Of all others it says the same, but for numbers of attached routes ([`Update::recounted`]). Routes
    /// may be among them that stayed as they were though what they refer to has changed.
    pub fn affected(&self) -> &BTreeSet<ObjectKey> {
        &self.affected
    }

    /// The Gateways, ListenerSets and Services with another [number of attached
    /// routes](Topology::attached_routes) on some listener or port.
    pub fn recounted(&self) -> &BTreeSet<ObjectKey> {
        &self.recounted
    }

    /// The Gateways and Services whose [routers](Topology::router) are no longer what they were: their
    /// listeners or ports are others, or some route of theirs is affected.
    pub fn rerouted(&self) -> &BTreeSet<ObjectKey> {
        &self.rerouted
    }

    /// The next router of a Gateway out of the one that it had before; `None` if it does not exist any more
    /// or is not ours. It answers as [`Topology::router`] does.
    ///
    /// `previous` is a router that the topology before made for the Gateway, or the update that led to it.
    /// Only the routes that are affected are taken off and attached again; where the listeners are others,
    /// all of it is made anew. Rules and backends keep their ids either way. O(affected routes × log n).
    ///
    /// ```
    /// # use gateway_match::{Profile, Topology};
    /// # use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
    /// # let gateway = serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
    /// #     "metadata": {"name": "public"},
    /// #     "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}});
    /// # let route = serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    /// #     "metadata": {"name": "cart"}, "spec": {"parentRefs": [{"name": "public"}]}});
    /// # let mut resources = Resources::new();
    /// # resources.insert_any(read_objects(gateway, "shop").remove(0).object?);
    /// # let topology = Topology::resolve(&resources, &Profile::default());
    /// # let public = ObjectKey::new(ResourceKind::Gateway, "shop", "public");
    /// let mut router = topology.router(&public).unwrap();
    /// # resources.insert_any(read_objects(route, "shop").remove(0).object?);
    /// # let cart = ObjectKey::new(ResourceKind::HttpRoute, "shop", "cart");
    /// let update = topology.apply(&resources, [cart]);
    /// if update.rerouted().contains(&public) {
    ///     router = update.router(&public, &router).unwrap();
    /// }
    /// assert_eq!(router.rules().count(), 1);
    /// # Ok::<(), gateway_model::ReadError>(())
    /// ```
    pub fn router(&self, gateway: &ObjectKey, previous: &Router) -> Option<Router> {
        let node = self.topology.gateway(gateway)?;
        let definitions = |node: &GatewayNode| -> Vec<(ListenerKey, ListenerDefinition)> {
            let serving = |listener: &ListenerNode| Some((listener.key().clone(), listener.definition()?));
            node.listeners().iter().filter_map(serving).collect()
        };
        let listeners = definitions(node);
        if self.before.gateway(gateway).map(definitions).as_ref() != Some(&listeners) {
            return self.topology.router_continuing(gateway, previous);
        }
        let listeners = with_ids(listeners.iter().map(|(key, _)| key), previous);
        Some(self.reroute(previous, |node, update| {
            for listener in selected(&listeners, node.attachments()) {
                update.attach(node.route(), listener);
            }
        }))
    }

    /// The next router of a Service for the clients of a namespace likewise: see [`Topology::mesh_router`].
    pub fn mesh_router(&self, service: &ObjectKey, from: &str, previous: &Router) -> Option<Router> {
        let node = self.topology.service(service)?;
        let definitions = |node: &ServiceNode| -> Vec<ListenerDefinition> {
            node.ports().iter().map(|port| node.definition(port)).collect()
        };
        let consumed = self.topology.consumed(service, from);
        if self.before.service(service).map(definitions) != Some(definitions(node))
            || self.before.consumed(service, from) != consumed
        {
            return self.topology.mesh_router_continuing(service, from, previous);
        }
        let listeners = with_ids(node.ports().iter().map(|port| &port.key), previous);
        Some(self.reroute(previous, |node, update| {
            for listener in selected(&listeners, met(node, service, from, &consumed)) {
                update.attach(node.route_in_mesh(), listener);
            }
        }))
    }

    /// A router in which the affected routes are others, attached as `attach` says.
    fn reroute(&self, previous: &Router, attach: impl Fn(&RouteNode, &mut RouterUpdate)) -> Router {
        let mut update = previous.update();
        for key in self.affected.iter().filter(|key| is_route(key.kind)) {
            update.remove(key);
            if let Some(node) = self.topology.route(key) {
                attach(node, &mut update);
            }
        }
        update.build()
    }
}

/// The listeners of a router that was made from them, in order.
fn with_ids<'k>(keys: impl Iterator<Item = &'k ListenerKey>, router: &Router) -> BTreeMap<&'k ListenerKey, ListenerId> {
    keys.zip(router.listener_ids().map(|(id, _)| id)).collect()
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
