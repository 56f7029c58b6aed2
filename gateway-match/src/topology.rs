//! What the resources mean together: parents, their listeners, the routes attached to them, and
//! every reference that resolves or does not, with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_model::{
    BackendObjectReference, Gateway, GatewayClass, GrpcRoute, HttpRoute, ListenerSet, ObjectKey, ResourceKind,
    Resources, TcpRoute, TlsRoute, UdpRoute,
};

use crate::options::Profile;
use crate::route::{BackendProblem, ResolvedBackend, Route};
use crate::router::{ListenerId, Router, RouterBuilder};

mod attachment;
mod backend;
mod backend_policy;
mod certificate;
mod cohosting;
mod hosts;
mod listener;
mod mesh;
mod policy;
mod reference;
mod route_form;
mod validation;

use backend::{BackendResolver, Endpoints};
use backend_policy::BackendPolicies;
use policy::Reach;
use reference::Grants;

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
pub struct Topology(Arc<TopologyInner>);

#[derive(Debug)]
struct TopologyInner {
    profile: Profile,
    gateways: BTreeMap<ObjectKey, GatewayNode>,
    listener_sets: BTreeMap<ObjectKey, ListenerSetOutcome>,
    services: BTreeMap<ObjectKey, ServiceNode>,
    routes: BTreeMap<ObjectKey, RouteNode>,
    /// The routes attached to each Gateway and Service.
    attached: BTreeMap<ObjectKey, Vec<ObjectKey>>,
    policies: BackendPolicies,
}

impl Topology {
    /// Resolves everything. O(n log n) in the size of the resources, times the listeners that a
    /// route's parentRef selects.
    pub fn resolve(resources: &Resources, profile: &Profile) -> Self {
        let (gateways, listener_sets) = listener::resolve_all(resources, profile);
        let mut services = mesh::services(resources);
        let mut policies = BackendPolicies::resolve(resources, profile);
        let resolver = attachment::Resolver {
            resources,
            backends: BackendResolver {
                resources,
                profile,
                endpoints: Endpoints::of_all(resources),
                policies: &policies,
            },
            profile,
            gateways: &gateways,
            listener_sets: &listener_sets,
            services: &services,
        };
        let mut routes: BTreeMap<_, _> = std::iter::empty()
            .chain(resources.iter::<HttpRoute>().map(|route| resolver.resolve(&**route)))
            .chain(resources.iter::<GrpcRoute>().map(|route| resolver.resolve(&**route)))
            .chain(resources.iter::<TlsRoute>().map(|route| resolver.resolve(&**route)))
            .chain(resources.iter::<TcpRoute>().map(|route| resolver.resolve(&**route)))
            .chain(resources.iter::<UdpRoute>().map(|route| resolver.resolve(&**route)))
            .map(|node| (node.key().clone(), node))
            .collect();
        cohosting::settle(&mut routes, profile.options.grpc_cohosting);
        mesh::settle(&mut routes, &mut services);
        policies.find_ancestors(&reach(routes.values()));
        let attached = attached(&routes);
        let profile = profile.clone();
        Topology(Arc::new(TopologyInner { profile, gateways, listener_sets, services, routes, attached, policies }))
    }

    /// The profile that it was made with.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The Gateways that are ours, by namespace and name.
    pub fn gateways(&self) -> impl Iterator<Item = &GatewayNode> {
        self.0.gateways.values()
    }

    /// A Gateway, if it exists and is ours. O(log n).
    pub fn gateway(&self, key: &ObjectKey) -> Option<&GatewayNode> {
        self.0.gateways.get(key)
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
        self.0.routes.values()
    }

    /// A route. O(log n).
    pub fn route(&self, key: &ObjectKey) -> Option<&RouteNode> {
        self.0.routes.get(key)
    }

    /// The Services that can be parents of routes, by namespace and name.
    pub fn services(&self) -> impl Iterator<Item = &ServiceNode> {
        self.0.services.values()
    }

    /// A Service that can be a parent. O(log n).
    pub fn service(&self, key: &ObjectKey) -> Option<&ServiceNode> {
        self.0.services.get(key)
    }

    /// The routes attached to a Gateway (with the ListenerSets that join it) or to a Service.
    pub fn attached(&self, parent: &ObjectKey) -> impl Iterator<Item = &RouteNode> {
        let keys = self.0.attached.get(parent).map(Vec::as_slice).unwrap_or_default();
        keys.iter().filter_map(|key| self.0.routes.get(key))
    }

    /// The BackendTLSPolicies, by namespace and name, with what each Gateway that reaches their
    /// targets has to say. spec: `BackendTLSPolicy`, GEP-1897.
    pub fn backend_tls_policies(&self) -> &[PolicyNode] {
        self.0.policies.tls_nodes()
    }

    /// The XBackendTrafficPolicies likewise. spec: `XBackendTrafficPolicy`, GEP-3388.
    pub fn backend_traffic_policies(&self) -> &[PolicyNode] {
        self.0.policies.traffic_nodes()
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
        let namespace = reference.namespace(&route.namespace);
        let resolver = BackendResolver {
            resources,
            profile: &self.0.profile,
            endpoints: Endpoints::in_namespace(resources, namespace),
            policies: &self.0.policies,
        };
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
            attach(&mut builder, &listeners, route.route(), route.attachments());
        }
        Some(builder.build())
    }

    fn build_for_clients(&self, service: &ObjectKey, from: &str, mut builder: RouterBuilder) -> Option<Router> {
        let node = self.0.services.get(service)?;
        let listeners: BTreeMap<&ListenerKey, ListenerId> =
            node.ports().iter().map(|port| (&port.key, builder.listener(node.definition(port)))).collect();
        let is_consumer = |route: &RouteNode| &*route.key().namespace == from && from != &*service.namespace;
        let consumed: BTreeSet<&ListenerKey> = self
            .attached(service)
            .filter(|route| is_consumer(route))
            .flat_map(|route| route.attachments().filter(|attachment| attachment.gateway == *service))
            .map(|attachment| &attachment.listener)
            .collect();
        for route in self.attached(service) {
            let is_producer = route.key().namespace == service.namespace;
            let applies = |attachment: &&Attachment| {
                attachment.gateway == *service
                    && if consumed.contains(&attachment.listener) { is_consumer(route) } else { is_producer }
            };
            attach(&mut builder, &listeners, route.route_in_mesh(), route.attachments().filter(applies));
        }
        Some(builder.build())
    }
}

/// Attaches a route where its attachments say. Two parentRefs may select one listener; it serves the
/// route once.
fn attach<'a>(
    builder: &mut RouterBuilder,
    listeners: &BTreeMap<&ListenerKey, ListenerId>,
    route: &Route,
    attachments: impl Iterator<Item = &'a Attachment>,
) {
    let selected: BTreeSet<ListenerId> =
        attachments.filter_map(|attachment| listeners.get(&attachment.listener).copied()).collect();
    for listener in selected {
        builder.attach(route, listener);
    }
}

/// The routes attached to each Gateway and Service, each once.
fn attached(routes: &BTreeMap<ObjectKey, RouteNode>) -> BTreeMap<ObjectKey, Vec<ObjectKey>> {
    let mut attached: BTreeMap<ObjectKey, Vec<ObjectKey>> = BTreeMap::new();
    for (key, node) in routes {
        let parents: BTreeSet<&ObjectKey> = node.attachments().map(|attachment| &attachment.gateway).collect();
        for parent in parents {
            attached.entry(parent.clone()).or_default().push(key.clone());
        }
    }
    attached
}

/// Which Gateways have a route to which backends. References that are not permitted reach nothing,
/// so that nobody learns what another namespace holds. O(n log n).
fn reach<'a>(routes: impl Iterator<Item = &'a RouteNode>) -> Reach {
    let mut reach = Reach::new();
    for route in routes {
        let gateways: BTreeSet<&ObjectKey> = route
            .attachments()
            .map(|attachment| &attachment.gateway)
            .filter(|parent| parent.kind == ResourceKind::Gateway)
            .collect();
        if gateways.is_empty() {
            continue;
        }
        let backends = route.backends().iter().flatten();
        for backend in backends.chain(route.filter_backends().iter().map(|found| &found.backend)) {
            let is_reached = !matches!(
                backend.problem(),
                Some(BackendProblem::InvalidKind { .. } | BackendProblem::NotPermitted { .. })
            );
            let kind = ResourceKind::find(&backend.name.group, &backend.name.kind).filter(|_| is_reached);
            if let Some(kind) = kind {
                let target = ObjectKey::new(kind, &*backend.name.namespace, &*backend.name.name);
                reach.entry(target).or_default().extend(gateways.iter().map(|gateway| (*gateway).clone()));
            }
        }
    }
    reach
}

/// The Gateways that belong to the controller.
///
/// With a controllerName, those whose class exists and names it; without, all of them.
fn our_gateways<'a>(resources: &'a Resources, profile: &'a Profile) -> impl Iterator<Item = &'a Arc<Gateway>> {
    resources.iter::<Gateway>().filter(|gateway| match profile.controller_name() {
        None => true,
        Some(controller) => resources
            .get::<GatewayClass>("", &gateway.spec.gateway_class_name)
            .is_some_and(|class| class.spec.controller_name == controller),
    })
}

/// When an object was created, in whole seconds, as an API server counts.
fn created<K: gateway_model::Kind>(object: &gateway_model::Object<K>) -> Option<i64> {
    object.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second())
}

fn gateway_key(gateway: &Gateway) -> ObjectKey {
    ObjectKey::new(ResourceKind::Gateway, gateway.namespace(), gateway.name())
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
