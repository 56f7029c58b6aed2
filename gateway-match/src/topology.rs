//! What the resources mean together: parents, their listeners, the routes attached to them, and
//! every reference that resolves or does not, with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_model::{BackendObjectReference, ListenerSet, ObjectKey, ResourceKind, Resources};

use crate::options::Profile;
use crate::route::ResolvedBackend;
use crate::router::{ListenerId, Router, RouterBuilder};

mod attachment;
mod backend;
mod backend_policy;
mod certificate;
mod cohosting;
mod hosts;
mod listener;
mod mesh;
mod parts;
mod place;
mod policy;
mod reference;
mod referrers;
mod relation;
mod resolution;
mod route_form;
mod rule_definition;
mod update;
mod validation;

use backend::BackendResolver;
use backend_policy::BackendPolicies;
use parts::Map;
use place::Place;
use policy::Reach;
use reference::Grants;
use relation::Relation;

pub use attachment::{Attachment, AttachmentRefusal, FilterBackend, ParentOutcome, RouteNode};
pub use certificate::{
    CertificateExpiry, CertificateFault, CertificateProblem, certificate_expiry, resolve_authority, resolve_certificate,
};
pub use listener::{
    GatewayNode, ListenerFault, ListenerKey, ListenerNode, ListenerProblem, ListenerSetOutcome, ListenerSetRefusal,
};
pub use mesh::{ServiceNode, ServicePort};
pub use policy::{PolicyAncestor, PolicyNode, PolicyRefusal, PolicyTarget};
pub use route_form::RouteForm;
pub use update::Update;

/// The meaning of a set of resources for one controller.
///
/// A value: cheap to clone, immutable. It depends on the resources and the profile alone, not on
/// the order in which the resources came.
///
/// ```
/// use gateway_match::{Profile, RequestView, Connection, Topology};
/// use gateway_model::{ObjectKey, Resources, ResourceKind, read_objects};
///
/// let documents = [
///     serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "public"},
///         "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}}),
///     serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
///         "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}}),
/// ];
/// let mut resources = Resources::new();
/// for document in documents {
///     for read in read_objects(document, "shop") {
///         resources.insert_any(read.object?);
///     }
/// }
///
/// let topology = Topology::resolve(&resources, &Profile::default());
/// let gateway = ObjectKey::new(ResourceKind::Gateway, "shop", "public");
/// let router = topology.router(&gateway).unwrap();
/// let decision = router.route(&RequestView::new("GET", "example.com", "/", &()), &Connection::plain(80));
/// assert_eq!(decision.status().map(|status| status.as_u16()), Some(500)); // there is no Service `cart`
/// # Ok::<(), gateway_model::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Topology(Arc<State>);

/// What a topology knows. A clone shares everything, and a change of it what the change does not touch.
#[derive(Clone, Debug)]
struct State {
    profile: Arc<Profile>,
    resources: Resources,
    gateways: Map<ObjectKey, Arc<GatewayNode>>,
    listener_sets: Map<ObjectKey, ListenerSetOutcome>,
    services: Map<ObjectKey, Arc<ServiceNode>>,
    /// Which Services have EndpointSlices, and whether an endpoint of those is ready.
    ready: Map<ObjectKey, bool>,
    policies: BackendPolicies,
    routes: Map<ObjectKey, Arc<RouteNode>>,
    /// Listeners and ports that some route claims.
    places: Map<ListenerKey, Place>,
    /// The routes attached to each Gateway and Service.
    attached: Relation,
    reach: Reach,
    /// From each object, there or not, to those that refer to it.
    referrers: Relation,
}

impl State {
    fn nothing(profile: &Profile) -> Self {
        State {
            profile: Arc::new(profile.clone()),
            resources: Resources::new(),
            gateways: Map::default(),
            listener_sets: Map::default(),
            services: Map::default(),
            ready: Map::default(),
            policies: BackendPolicies::default(),
            routes: Map::default(),
            places: Map::default(),
            attached: Relation::default(),
            reach: Reach::default(),
            referrers: Relation::default(),
        }
    }
}

impl Topology {
    /// Resolves everything. O(n log n) in the size of the resources, times the listeners that a
    /// route's parentRef selects.
    pub fn resolve(resources: &Resources, profile: &Profile) -> Self {
        resolution::resolve(resources, profile)
    }

    /// The topology after some objects have changed: the same as [`Topology::resolve`] makes of the new
    /// resources and the same profile, at the cost of what changes.
    ///
    /// `resources` are those with the changes made, all else as it was; `changed` names the objects that
    /// were added, replaced or removed. The next topology shares with this one whatever is untouched.
    ///
    /// O(log n) for each of: the changed objects and their references; the Gateways that they have to do
    /// with, with all listeners of those; the routes that refer to a backend of which something else is
    /// to be said (its Service, its policies, whether it has endpoints); the routes that name a parent
    /// which takes other routes than before; of HTTPRoutes and GRPCRoutes on one listener those that meet
    /// where one comes or goes, unless they may [coexist](crate::GrpcCohosting). An EndpointSlice that
    /// leaves its Service ready or not ready as it was costs nothing more. What is shared is kept in parts
    /// of 64 entries, of which the list is copied: some microseconds for a hundred thousand routes.
    ///
    /// ```
    /// use gateway_match::{Profile, Topology};
    /// use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
    ///
    /// let gateway = serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
    ///     "metadata": {"name": "public"},
    ///     "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}});
    /// let route = serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    ///     "metadata": {"name": "cart"}, "spec": {"parentRefs": [{"name": "public"}]}});
    /// let mut resources = Resources::new();
    /// for read in read_objects(gateway, "shop") {
    ///     resources.insert_any(read.object?);
    /// }
    /// let before = Topology::resolve(&resources, &Profile::default());
    ///
    /// for read in read_objects(route, "shop") {
    ///     resources.insert_any(read.object?);
    /// }
    /// let cart = ObjectKey::new(ResourceKind::HttpRoute, "shop", "cart");
    /// let update = before.apply(&resources, [cart.clone()]);
    /// assert!(update.topology().route(&cart).is_some());
    /// assert_eq!(update.affected().iter().collect::<Vec<_>>(), [&cart]);
    /// assert!(update.rerouted().iter().any(|gateway| gateway.to_string() == "Gateway shop/public"));
    /// # Ok::<(), gateway_model::ReadError>(())
    /// ```
    pub fn apply(&self, resources: &Resources, changed: impl IntoIterator<Item = ObjectKey>) -> Update {
        resolution::apply(self, resources, changed.into_iter())
    }

    /// The resources that it was made from.
    pub fn resources(&self) -> &Resources {
        &self.0.resources
    }

    /// The profile that it was made with.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The Gateways that are ours, by namespace and name.
    pub fn gateways(&self) -> impl Iterator<Item = &GatewayNode> {
        self.0.gateways.values().map(|node| &**node)
    }

    /// A Gateway, if it exists and is ours. O(log n).
    pub fn gateway(&self, key: &ObjectKey) -> Option<&GatewayNode> {
        self.0.gateways.get(key).map(|node| &**node)
    }

    /// What became of a ListenerSet whose Gateway is ours. O(log n).
    pub fn listener_set(&self, key: &ObjectKey) -> Option<&ListenerSetOutcome> {
        self.0.listener_sets.get(key)
    }

    /// The ListenerSets whose Gateways are ours, by namespace and name.
    pub fn listener_sets(&self) -> impl Iterator<Item = &ListenerSetOutcome> {
        self.0.listener_sets.values()
    }

    /// The routes, by kind, namespace and name.
    pub fn routes(&self) -> impl Iterator<Item = &RouteNode> {
        self.0.routes.values().map(|node| &**node)
    }

    /// A route. O(log n).
    pub fn route(&self, key: &ObjectKey) -> Option<&RouteNode> {
        self.0.routes.get(key).map(|node| &**node)
    }

    /// The Services that can be parents of routes, by namespace and name.
    pub fn services(&self) -> impl Iterator<Item = &ServiceNode> {
        self.0.services.values().map(|node| &**node)
    }

    /// A Service that can be a parent. O(log n).
    pub fn service(&self, key: &ObjectKey) -> Option<&ServiceNode> {
        self.0.services.get(key).map(|node| &**node)
    }

    /// The routes attached to a Gateway (with the ListenerSets that join it) or to a Service, by kind,
    /// namespace and name.
    pub fn attached(&self, parent: &ObjectKey) -> impl Iterator<Item = &RouteNode> {
        self.0.attached.of(parent).filter_map(|key| self.route(key))
    }

    /// How many routes are attached to a listener, or to a port of a Service. O(log n).
    /// spec: `ListenerStatus.attachedRoutes`: whatever becomes of the listener itself.
    pub fn attached_routes(&self, listener: &ListenerKey) -> usize {
        self.0.places.get(listener).map_or(0, Place::attached)
    }

    /// The objects of a kind that refer to an object, there or not: by a reference to a parent, a backend,
    /// a certificate, an authority, a target, a class or parameters. O(log n + found).
    pub fn referrers<'t>(
        &'t self,
        object: &ObjectKey,
        kind: ResourceKind,
    ) -> impl Iterator<Item = &'t ObjectKey> + use<'t> {
        self.0.referrers.of_kind(object, kind)
    }

    /// The BackendTLSPolicies, by namespace and name, with what each Gateway that reaches their
    /// targets has to say. spec: `BackendTLSPolicy`, GEP-1897.
    pub fn backend_tls_policies(&self) -> impl Iterator<Item = &PolicyNode> {
        self.0.policies.tls.nodes()
    }

    /// The XBackendTrafficPolicies likewise. spec: `XBackendTrafficPolicy`, GEP-3388.
    pub fn backend_traffic_policies(&self) -> impl Iterator<Item = &PolicyNode> {
        self.0.policies.traffic.nodes()
    }

    /// A policy of either kind. O(log n).
    pub fn policy(&self, key: &ObjectKey) -> Option<&PolicyNode> {
        self.0.policies.node(key)
    }

    /// What a route's reference to a backend leads to: for references of filters that the topology
    /// did not come across itself ([`RouteNode::filter_backends`]). The resources must be those that
    /// it was made from. O(grants and EndpointSlices of the target's namespace).
    pub fn resolve_backend(
        &self,
        resources: &Resources,
        route: &ObjectKey,
        reference: &BackendObjectReference,
    ) -> ResolvedBackend {
        let State { profile, ready, policies, .. } = &*self.0;
        let resolver = BackendResolver { resources, profile, ready, policies };
        resolver.resolve(route, reference, Grants::Asked)
    }

    /// The data plane's view of a Gateway with the ListenerSets that join it; `None` if it does
    /// not exist or is not ours. O(n log n) in what is attached.
    pub fn router(&self, gateway: &ObjectKey) -> Option<Router> {
        self.build(gateway, Router::builder(&self.0.profile))
    }

    /// The same, where rules and backends keep the ids that they have in an earlier router.
    pub fn router_continuing(&self, gateway: &ObjectKey, previous: &Router) -> Option<Router> {
        self.build(gateway, Router::builder(&self.0.profile).continuing(previous))
    }

    /// What clients of a namespace meet when they dial a Service; `None` if there is no such Service
    /// that could be a parent. spec: GEP-1294.
    ///
    /// On each port where their own namespace has routes for the Service (consumer routes) those
    /// decide alone, else the routes of the Service's namespace (producer routes). Where there are
    /// none the Service itself is reached ([`Decision::Direct`](crate::Decision::Direct)). Namespaces
    /// without [consumer routes](ServiceNode::consumers) share one view.
    ///
    /// ```
    /// use gateway_match::{Connection, Decision, Profile, RequestView, Topology};
    /// use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
    ///
    /// let documents = [
    ///     serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"},
    ///         "spec": {"clusterIP": "10.0.0.7", "ports": [{"port": 80}]}}),
    ///     serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
    ///         "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "cart"}],
    ///                  "rules": [{"matches": [{"path": {"value": "/v2"}}], "backendRefs": [{"name": "cart", "port": 80}]}]}}),
    /// ];
    /// let mut resources = Resources::new();
    /// for read in documents.into_iter().flat_map(|document| read_objects(document, "shop")) {
    ///     resources.insert_any(read.object?);
    /// }
    /// let topology = Topology::resolve(&resources, &Profile::default());
    /// let cart = ObjectKey::new(ResourceKind::Service, "shop", "cart");
    /// let router = topology.mesh_router(&cart, "web").unwrap();
    /// let ask = |path| router.route(&RequestView::new("GET", "whoever", path, &()), &Connection::plain(80));
    /// assert!(ask("/v2/items").matched().is_some());
    /// assert_eq!(ask("/v1/items").status().unwrap(), 404); // a route replaces what the Service did without it
    /// # Ok::<(), gateway_model::ReadError>(())
    /// ```
    pub fn mesh_router(&self, service: &ObjectKey, from: &str) -> Option<Router> {
        self.build_for_clients(service, from, Router::builder(&self.0.profile))
    }

    /// The same, where rules and backends keep the ids that they have in an earlier router.
    pub fn mesh_router_continuing(&self, service: &ObjectKey, from: &str, previous: &Router) -> Option<Router> {
        self.build_for_clients(service, from, Router::builder(&self.0.profile).continuing(previous))
    }

    fn build(&self, gateway: &ObjectKey, mut builder: RouterBuilder) -> Option<Router> {
        let node = self.0.gateways.get(gateway)?;
        let listeners = node
            .listeners()
            .iter()
            .filter_map(|listener| Some((listener.key(), builder.listener(listener.definition()?))))
            .collect();
        for route in self.attached(gateway) {
            for listener in selected(&listeners, route.attachments()) {
                builder.attach(route.route(), listener);
            }
        }
        Some(builder.build())
    }

    fn build_for_clients(&self, service: &ObjectKey, from: &str, mut builder: RouterBuilder) -> Option<Router> {
        let node = self.0.services.get(service)?;
        let listeners: BTreeMap<&ListenerKey, ListenerId> =
            node.ports().iter().map(|port| (&port.key, builder.listener(node.definition(port)))).collect();
        let consumed = self.consumed(service, from);
        for route in self.attached(service) {
            for listener in selected(&listeners, met(route, service, from, &consumed)) {
                builder.attach(route.route_in_mesh(), listener);
            }
        }
        Some(builder.build())
    }

    /// The ports of a Service on which the routes of a namespace decide for its own clients.
    fn consumed(&self, service: &ObjectKey, from: &str) -> BTreeSet<&ListenerKey> {
        let ports = self.service(service).map(ServiceNode::ports).unwrap_or_default();
        let namespace: Arc<str> = from.into();
        let is_consumed = |port: &&ServicePort| {
            let place = self.0.places.get(&port.key);
            from != &*service.namespace && place.is_some_and(|place| mesh::has_routes(place, &namespace))
        };
        ports.iter().filter(is_consumed).map(|port| &port.key).collect()
    }
}

/// The attachments of a route that clients of a namespace meet at a Service: of their own namespace's
/// routes where those decide, else of those of the Service's.
fn met<'a>(
    route: &'a RouteNode,
    service: &'a ObjectKey,
    from: &'a str,
    consumed: &'a BTreeSet<&ListenerKey>,
) -> impl Iterator<Item = &'a Attachment> {
    let is_consumer = &*route.key().namespace == from && from != &*service.namespace;
    let is_producer = route.key().namespace == service.namespace;
    let of_service = route.attachments().filter(|attachment| attachment.gateway == *service);
    of_service.filter(move |attachment| match consumed.contains(&attachment.listener) {
        true => is_consumer,
        false => is_producer,
    })
}

/// The listeners of a router that attachments lead to. Two parentRefs may select one listener; it serves
/// the route once.
fn selected<'a>(
    listeners: &BTreeMap<&ListenerKey, ListenerId>,
    attachments: impl Iterator<Item = &'a Attachment>,
) -> BTreeSet<ListenerId> {
    attachments.filter_map(|attachment| listeners.get(&attachment.listener).copied()).collect()
}

/// When an object was created, in whole seconds, as an API server counts.
fn created<K: gateway_model::Kind>(object: &gateway_model::Object<K>) -> Option<i64> {
    object.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second())
}

fn listener_set_key(set: &ListenerSet) -> ObjectKey {
    ObjectKey::new(ResourceKind::ListenerSet, set.namespace(), set.name())
}

#[cfg(test)]
mod sample;
#[cfg(test)]
#[path = "topology/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "topology/backend_tests.rs"]
mod backend_tests;

#[cfg(test)]
#[path = "topology/policy_tests.rs"]
mod policy_tests;

#[cfg(test)]
#[path = "topology/contents_tests.rs"]
mod contents_tests;
