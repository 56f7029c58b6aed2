//! Which statuses may change when objects do.

use std::collections::BTreeSet;

use gateway_match::{Topology, Update};
use gateway_model::{AnyObject, ObjectKey, ResourceKind};

/// Whose statuses to compute again after an update of the topology: the objects of which it says
/// something else ([`Update::affected`]), and those whose status depends on more than that.
///
/// Computing these alone ([`Reporter::gateway`](crate::Reporter::gateway) and its like) and leaving all
/// others as they are equals computing all of them, while the data plane says the same. What is no
/// longer there, or no longer ours, is among them and has no status then.
///
/// O(affected × log n). Without a controllerName in the profile every change of a GatewayClass or XMesh
/// affects all objects, since whose entries are ours changes with it.
///
/// ```
/// use gateway_match::{Profile, Topology};
/// use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
/// use gateway_status::affected;
///
/// let documents = [
///     serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "public"},
///         "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}}),
///     serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
///         "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}}),
/// ];
/// let mut resources = Resources::new();
/// for read in documents.into_iter().flat_map(|document| read_objects(document, "shop")) {
///     resources.insert_any(read.object?);
/// }
/// let topology = Topology::resolve(&resources, &Profile::default());
///
/// let service = serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"}, "spec": {"ports": [{"port": 80}]}});
/// for read in read_objects(service, "shop") {
///     resources.insert_any(read.object?);
/// }
/// let update = topology.apply(&resources, [ObjectKey::new(ResourceKind::Service, "shop", "cart")]);
/// let cart = ObjectKey::new(ResourceKind::HttpRoute, "shop", "cart");
/// assert_eq!(affected(&update).into_iter().collect::<Vec<_>>(), [cart]); // its reference resolves now
/// # Ok::<(), gateway_model::ReadError>(())
/// ```
pub fn affected(update: &Update) -> BTreeSet<ObjectKey> {
    let (before, after) = (update.before(), update.topology());
    let decides_all = |key: &ObjectKey| matches!(key.kind, ResourceKind::GatewayClass | ResourceKind::XMesh);
    let mut found: BTreeSet<ObjectKey> = update.affected().iter().chain(update.recounted()).cloned().collect();
    if after.profile().controller_name().is_none() && update.changed().iter().any(decides_all) {
        found.extend(after.resources().iter_any().map(|object| object.key()));
    }
    // Generations, addresses and the like show in an object's own status alone.
    found.extend(update.changed().iter().cloned());
    let mut gateways: BTreeSet<ObjectKey> = update.affected().iter().chain(update.changed()).cloned().collect();
    for changed in update.changed() {
        // Parameters, and certificates whose time is told.
        let referrers: Vec<ObjectKey> =
            REFER.iter().flat_map(|kind| after.referrers(changed, *kind)).cloned().collect();
        gateways.extend(referrers.iter().cloned());
        found.extend(referrers);
        if class_of(before, changed) != class_of(after, changed) {
            found.extend(told_of(after, changed));
        }
    }
    // A ListenerSet's status tells of its Gateway's.
    gateways.retain(|key| key.kind == ResourceKind::Gateway);
    found.extend(gateways.iter().flat_map(|gateway| sets_of(after, gateway)));
    found.retain(|key| has_status(key.kind));
    found
}

/// The kinds of object whose statuses depend on more of what they refer to than the topology looks at.
const REFER: &[ResourceKind] =
    &[ResourceKind::GatewayClass, ResourceKind::Gateway, ResourceKind::ListenerSet, ResourceKind::XMesh];

/// The class of a Gateway, or of a ListenerSet's, whose controllerName stands in entries about it where
/// the profile names none.
fn class_of(topology: &Topology, parent: &ObjectKey) -> Option<String> {
    if topology.profile().controller_name().is_some() {
        return None;
    }
    let gateway = topology.listener_set(parent).map_or(parent, |set| set.gateway());
    match topology.resources().get_any(gateway)? {
        AnyObject::Gateway(gateway) => Some(gateway.spec.gateway_class_name.clone()),
        _ => None,
    }
}

/// The routes and policies with an entry about a Gateway or its ListenerSets, or about a ListenerSet.
fn told_of(topology: &Topology, gateway: &ObjectKey) -> BTreeSet<ObjectKey> {
    let routes_of = |parent: &ObjectKey| {
        ROUTES.iter().flat_map(|kind| topology.referrers(parent, *kind)).cloned().collect::<Vec<_>>()
    };
    let mut found: BTreeSet<ObjectKey> = routes_of(gateway).into_iter().collect();
    found.extend(sets_of(topology, gateway).flat_map(|set| routes_of(&set)));
    let policies = topology.backend_tls_policies().chain(topology.backend_traffic_policies());
    let told = policies.filter(|policy| policy.ancestors().iter().any(|ancestor| ancestor.gateway == *gateway));
    found.extend(told.map(|policy| policy.key().clone()));
    found
}

fn sets_of<'t>(topology: &'t Topology, gateway: &ObjectKey) -> impl Iterator<Item = ObjectKey> + use<'t> {
    topology.referrers(gateway, ResourceKind::ListenerSet).cloned()
}

const ROUTES: &[ResourceKind] = &[
    ResourceKind::HttpRoute,
    ResourceKind::GrpcRoute,
    ResourceKind::TlsRoute,
    ResourceKind::TcpRoute,
    ResourceKind::UdpRoute,
];

fn has_status(kind: ResourceKind) -> bool {
    let policies = [ResourceKind::BackendTlsPolicy, ResourceKind::XBackendTrafficPolicy];
    REFER.contains(&kind) || ROUTES.contains(&kind) || policies.contains(&kind)
}

#[cfg(test)]
mod tests;
