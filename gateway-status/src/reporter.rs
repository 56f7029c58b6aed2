//! The status of every object that is ours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gateway_match::{
    CertificateExpiry, GatewayNode, ListenerKey, ListenerNode, PolicyNode, RouteNode, Topology, certificate_expiry,
};
use gateway_model::{
    Gateway, GatewayClass, GatewayClassStatus, GatewayStatus, ListenerSet, ListenerSetStatus, ObjectKey, PolicyStatus,
    ResourceKind, Resources, RouteStatus, XMesh, XMeshStatus,
};

use crate::class::{gateway_class_status, mesh_status};
use crate::data_plane::DataPlane;
use crate::gateway::{GatewayView, gateway_status, listener_set_status};
use crate::merge::{Controllers, Desired};
use crate::policy::policy_status;
use crate::route::route_status;

/// The controllerName of Gateways whose class is not known, unless one is chosen.
pub const FALLBACK_CONTROLLER: &str = "example.com/gateway-controller";

/// Reports what a conformant controller writes, from what a [`Topology`] found out and what the
/// data plane says.
///
/// Nothing is found out twice: attachment and references are the topology's, the words are the
/// specification's. One reporter serves for one view of the cluster.
///
/// ```
/// use gateway_match::{Profile, Topology};
/// use gateway_model::{Resources, Timestamp, read_objects};
/// use gateway_status::{DataPlane, Reporter, merge};
///
/// let gateway = serde_json::json!({
///     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "public"},
///     "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}
/// });
/// let mut resources = Resources::new();
/// for read in read_objects(gateway, "shop") {
///     resources.insert_any(read.object?);
/// }
/// let topology = Topology::resolve(&resources, &Profile::default());
/// let word = DataPlane::new().address("203.0.113.7");
/// let reporter = Reporter::new(&resources, &topology, &word);
///
/// let desired = reporter.gateways().next().unwrap();
/// let status = merge(None, &desired, &Timestamp::new("2026-01-01T00:00:00Z")).unwrap();
/// assert_eq!(status.addresses[0].value, "203.0.113.7");
/// assert_eq!(status.listeners[0].conditions[0].reason, "Accepted");
/// # Ok::<(), gateway_model::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reporter<'a> {
    pub(crate) resources: &'a Resources,
    pub(crate) topology: &'a Topology,
    pub(crate) word: &'a DataPlane,
    fallback: String,
    now: Option<i64>,
    parameters: BTreeSet<(String, String)>,
    controllers: OnceLock<Controllers>,
    views: Mutex<BTreeMap<&'a ObjectKey, Arc<GatewayView>>>,
}

impl<'a> Reporter<'a> {
    /// A reporter for one view of the cluster. O(1): statuses are computed when they are asked for.
    pub fn new(resources: &'a Resources, topology: &'a Topology, word: &'a DataPlane) -> Self {
        Reporter {
            resources,
            topology,
            word,
            fallback: FALLBACK_CONTROLLER.to_owned(),
            now: None,
            parameters: BTreeSet::new(),
            controllers: OnceLock::new(),
            views: Mutex::default(),
        }
    }

    /// The controllerName to write for Gateways whose class is not known, and for meshes, where the
    /// profile names none and no class does.
    pub fn fallback_controller(mut self, name: impl Into<String>) -> Self {
        self.fallback = name.into();
        self
    }

    /// The time, in seconds since 1970-01-01T00:00:00Z, by which listeners' certificates are judged.
    /// Without it none has expired.
    ///
    /// spec: `ListenerReasonInvalidCertificateRef` is for what does not exist or is malformed, and no text
    /// names a reason for a certificate out of its time. So the condition ResolvedRefs stays what it is,
    /// and its message tells. Costs O(size of the Secret) per certificate and status.
    pub fn now(mut self, seconds: i64) -> Self {
        self.now = Some(seconds);
        self
    }

    /// A kind of parameters that the implementation has and judges itself. Of other kinds only
    /// objects that are among the resources count as good ones.
    /// spec: `ParametersReference`, `LocalParametersReference`, implementation-specific.
    pub fn parameters(mut self, group: &str, kind: &str) -> Self {
        self.parameters.insert((group.to_owned(), kind.to_owned()));
        self
    }

    /// GatewayClasses that are ours.
    pub fn gateway_classes(&self) -> impl Iterator<Item = Desired<GatewayClassStatus>> + '_ {
        self.resources.iter::<GatewayClass>().filter_map(|class| self.class_of(class))
    }

    /// Gateways that are ours.
    pub fn gateways(&self) -> impl Iterator<Item = Desired<GatewayStatus>> + '_ {
        self.topology.gateways().filter_map(|node| self.gateway(node.key()))
    }

    /// ListenerSets whose Gateways are ours.
    pub fn listener_sets(&self) -> impl Iterator<Item = Desired<ListenerSetStatus>> + '_ {
        self.topology.listener_sets().filter_map(|outcome| self.listener_set(outcome.key()))
    }

    /// Routes of all five kinds; those without a parent of ours lose what we wrote before.
    pub fn routes(&self) -> impl Iterator<Item = Desired<RouteStatus>> + '_ {
        self.topology.routes().map(|node| self.route_of(node))
    }

    /// Meshes that are ours.
    pub fn meshes(&self) -> impl Iterator<Item = Desired<XMeshStatus>> + '_ {
        self.resources.iter::<XMesh>().filter_map(|mesh| self.mesh_of(mesh))
    }

    /// Policies for backends: BackendTLSPolicies, then XBackendTrafficPolicies. Those that no Gateway of
    /// ours reaches lose what we wrote before.
    pub fn policies(&self) -> impl Iterator<Item = Desired<PolicyStatus>> + '_ {
        let (tls, traffic) = (self.topology.backend_tls_policies(), self.topology.backend_traffic_policies());
        tls.chain(traffic).map(|node| self.policy_of(node))
    }

    /// A GatewayClass, if it is ours. O(1).
    pub fn gateway_class(&self, key: &ObjectKey) -> Option<Desired<GatewayClassStatus>> {
        self.resources.get::<GatewayClass>("", &key.name).and_then(|class| self.class_of(class))
    }

    fn class_of(&self, class: &GatewayClass) -> Option<Desired<GatewayClassStatus>> {
        let key = ObjectKey::new(ResourceKind::GatewayClass, "", class.name());
        let is_ours = self.is_ours(&class.spec.controller_name);
        is_ours.then(|| self.desired(key, class.metadata.generation, gateway_class_status(self, class)))
    }

    /// A Gateway, if it is ours. O(its listeners and sets).
    pub fn gateway(&self, key: &ObjectKey) -> Option<Desired<GatewayStatus>> {
        let (gateway, node) = self.gateway_and_node(key)?;
        Some(self.desired(key.clone(), gateway.metadata.generation, gateway_status(self, gateway, node)))
    }

    /// A ListenerSet, if its Gateway is ours. O(its listeners).
    pub fn listener_set(&self, key: &ObjectKey) -> Option<Desired<ListenerSetStatus>> {
        let outcome = self.topology.listener_set(key)?;
        let set = self.resources.get::<ListenerSet>(&key.namespace, &key.name)?;
        let (gateway, node) = self.gateway_and_node(outcome.gateway())?;
        let generation = set.metadata.generation;
        let status = listener_set_status(self, outcome, gateway, node, generation);
        Some(self.desired(key.clone(), generation, status))
    }

    /// A route. O(its parentRefs and backendRefs).
    pub fn route(&self, key: &ObjectKey) -> Option<Desired<RouteStatus>> {
        self.topology.route(key).map(|node| self.route_of(node))
    }

    /// A mesh, if it is ours. O(1).
    pub fn mesh(&self, key: &ObjectKey) -> Option<Desired<XMeshStatus>> {
        self.resources.get::<XMesh>("", &key.name).and_then(|mesh| self.mesh_of(mesh))
    }

    fn mesh_of(&self, mesh: &XMesh) -> Option<Desired<XMeshStatus>> {
        let key = ObjectKey::new(ResourceKind::XMesh, "", mesh.name());
        let is_ours = self.is_ours(&mesh.spec.controller_name);
        is_ours.then(|| self.desired(key, mesh.metadata.generation, mesh_status(self, mesh)))
    }

    /// A policy for backends. O(its ancestors + references).
    pub fn policy(&self, key: &ObjectKey) -> Option<Desired<PolicyStatus>> {
        self.topology.policy(key).map(|node| self.policy_of(node))
    }

    fn policy_of(&self, node: &PolicyNode) -> Desired<PolicyStatus> {
        let generation = self.generation_of(node.key());
        self.desired(node.key().clone(), generation, policy_status(self, node, generation))
    }

    fn route_of(&self, node: &RouteNode) -> Desired<RouteStatus> {
        let key = node.key();
        let generation = self.generation_of(key);
        self.desired(key.clone(), generation, route_status(self, node, generation))
    }

    fn generation_of(&self, key: &ObjectKey) -> Option<i64> {
        self.resources.get_any(key).and_then(|object| object.metadata().generation)
    }

    fn desired<S>(&self, object: ObjectKey, generation: Option<i64>, status: S) -> Desired<S> {
        let overflow = self.topology.profile().overflow();
        Desired { overflow, ..Desired::new(object, generation, self.controllers(), status) }
    }

    fn gateway_and_node(&self, key: &ObjectKey) -> Option<(&'a Gateway, &'a GatewayNode)> {
        let node = self.topology.gateway(key)?;
        Some((self.resources.get::<Gateway>(&key.namespace, &key.name)?, node))
    }

    /// What the statuses of a Gateway and of its sets have in common, computed once.
    pub(crate) fn view(&self, gateway: &Gateway, node: &'a GatewayNode) -> Arc<GatewayView> {
        let views = || self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views().get(node.key()) {
            return view.clone();
        }
        let view = Arc::new(GatewayView::new(self, gateway, node));
        views().insert(node.key(), view.clone());
        view
    }

    /// Number of routes attached to a listener, whatever becomes of the listener.
    /// spec: `ListenerStatus.attachedRoutes`: those that are accepted there.
    pub(crate) fn attached_routes(&self, listener: &ListenerKey) -> i32 {
        i32::try_from(self.topology.attached_routes(listener)).unwrap_or(i32::MAX)
    }

    /// What is to be told of the time of a listener's certificates.
    pub(crate) fn expiries(&self, listener: &ListenerNode) -> Vec<CertificateExpiry> {
        let Some(now) = self.now else { return Vec::new() };
        listener.certificates().filter_map(|secret| certificate_expiry(self.resources, secret, now)).collect()
    }

    /// The controllerName for entries about a parent.
    pub(crate) fn controller_of(&self, parent: &ObjectKey) -> Option<String> {
        let gateway = match parent.kind {
            ResourceKind::Gateway => Some(parent),
            ResourceKind::ListenerSet => Some(self.topology.listener_set(parent)?.gateway()),
            _ => None,
        };
        if let Some(name) = self.topology.profile().controller_name() {
            return Some(name.to_owned());
        }
        let class = match gateway {
            Some(key) => {
                let gateway = self.resources.get::<Gateway>(&key.namespace, &key.name)?;
                self.resources.get::<GatewayClass>("", &gateway.spec.gateway_class_name)
            }
            None => self.resources.iter::<GatewayClass>().next(),
        };
        Some(class.map_or_else(|| self.fallback.clone(), |class| class.spec.controller_name.clone()))
    }

    fn is_ours(&self, controller: &str) -> bool {
        self.topology.profile().controller_name().is_none_or(|name| name == controller)
    }

    /// Whose entries are ours: the profile's controllerName, or those of all classes and meshes.
    fn controllers(&self) -> Controllers {
        let all = || match self.topology.profile().controller_name() {
            Some(name) => Controllers::from_iter([name]),
            None => {
                let classes = self.resources.iter::<GatewayClass>().map(|class| class.spec.controller_name.as_str());
                let meshes = self.resources.iter::<XMesh>().map(|mesh| mesh.spec.controller_name.as_str());
                classes.chain(meshes).chain([self.fallback.as_str()]).collect()
            }
        };
        self.controllers.get_or_init(all).clone()
    }

    /// What is wrong with a reference to parameters, if something is.
    pub(crate) fn parameters_problem(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<String> {
        if self.parameters.contains(&(group.to_owned(), kind.to_owned())) {
            return None;
        }
        let Some(known) = ResourceKind::find(group, kind) else {
            return Some(format!("`{kind}` of group `{group}` is no kind of parameters"));
        };
        if known.is_namespaced() == namespace.is_empty() {
            let needs = if known.is_namespaced() { "needs a namespace" } else { "has no namespace" };
            return Some(format!("{kind} `{name}` {needs}"));
        }
        let key = ObjectKey::new(known, namespace, name);
        (!self.resources.contains(&key)).then(|| format!("{key} does not exist"))
    }
}
