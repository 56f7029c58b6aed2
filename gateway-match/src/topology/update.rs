//! The next topology out of one that is there and the objects that have changed.

use std::collections::BTreeSet;

use gateway_model::ObjectKey;

use super::Topology;

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
}

