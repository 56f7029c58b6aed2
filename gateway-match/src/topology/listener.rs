//! The listeners of Gateways and of the ListenerSets that join them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{
    AllowedRoutes, FromNamespaces, GATEWAY_GROUP, Gateway, Hostname, Lenient, Listener, ListenerProtocol, ListenerSet,
    ObjectKey, ResourceKind, Resources, RouteNamespaces,
};

use super::{created, gateway_key, listener_set_key, our_gateways};
use crate::options::Profile;
use crate::precedence::{Created, SlashName};

/// A Gateway that is ours, with its listeners and those of the ListenerSets that join it.
#[derive(Clone, Debug)]
pub struct GatewayNode {
    key: ObjectKey,
    listeners: Vec<ListenerNode>,
}

impl GatewayNode {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The listeners, those that cannot serve included: the Gateway's own first, then those of
    /// each ListenerSet in the order of precedence (oldest first, then by `namespace/name`).
    /// spec: GEP-1713, listener precedence.
    pub fn listeners(&self) -> &[ListenerNode] {
        &self.listeners
    }

    /// The listeners of one source: the Gateway itself, or a ListenerSet.
    pub fn listeners_of<'a>(&'a self, source: &'a ObjectKey) -> impl Iterator<Item = &'a ListenerNode> + 'a {
        self.listeners.iter().filter(move |listener| listener.key.source == *source)
    }
}

/// The identity of a listener: where it is written, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerKey {
    /// The Gateway or ListenerSet.
    pub source: ObjectKey,
    /// The name, unique there.
    pub name: Arc<str>,
}

/// A listener, resolved.
#[derive(Clone, Debug)]
pub struct ListenerNode {
    key: ListenerKey,
    port: i32,
    protocol: ListenerProtocol,
    hostname: Option<Lenient<Hostname>>,
    allowed: AllowedRoutes,
    fault: Option<ListenerFault>,
}

/// Why a listener serves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ListenerFault {
    /// Its hostname does not follow the grammar.
    #[error("the hostname is malformed")]
    Hostname,
    /// Its port is no port.
    #[error("the port is not between 1 and 65535")]
    Port,
    /// Another listener has the same port, protocol and hostname.
    #[error("another listener has the same port, protocol and hostname")]
    HostnameConflict,
    /// Another listener speaks a protocol on the same port that cannot be told from this one's.
    #[error("another listener on the port speaks a protocol that cannot be told from this one's")]
    ProtocolConflict,
}

impl ListenerNode {
    /// Its identity.
    pub fn key(&self) -> &ListenerKey {
        &self.key
    }

    /// Its port as written, 1 to 65535 unless [`ListenerFault::Port`].
    pub fn port(&self) -> i32 {
        self.port
    }

    /// What clients speak.
    pub fn protocol(&self) -> &ListenerProtocol {
        &self.protocol
    }

    /// Its hostname as written.
    pub fn hostname(&self) -> Option<&Lenient<Hostname>> {
        self.hostname.as_ref()
    }

    /// Why it serves nothing, if it does not.
    pub fn fault(&self) -> Option<ListenerFault> {
        self.fault
    }

    /// Its port and hostname, if it serves.
    pub fn serves(&self) -> Option<(u16, Option<&Hostname>)> {
        if self.fault.is_some() {
            return None;
        }
        let hostname = self.hostname.as_ref().map(Lenient::valid);
        match hostname {
            Some(None) => None,
            Some(Some(hostname)) => Some((u16::try_from(self.port).ok()?, Some(hostname))),
            None => Some((u16::try_from(self.port).ok()?, None)),
        }
    }

    /// The kinds of route that it takes: those that its protocol serves and `allowedRoutes.kinds`
    /// lists. spec: `AllowedRoutes.kinds`.
    pub fn route_kinds(&self) -> impl Iterator<Item = ResourceKind> + '_ {
        let listed = &self.allowed.kinds;
        kinds_of_protocol(&self.protocol).iter().copied().filter(move |kind| {
            listed.is_empty() || listed.iter().any(|entry| entry.group() == kind.group() && entry.kind == kind.as_str())
        })
    }

    /// Whether routes of a namespace may attach. spec: `AllowedRoutes.namespaces`.
    pub fn takes_namespace(&self, namespace: &str, resources: &Resources) -> bool {
        takes_namespace(
            self.allowed.namespaces.as_ref(),
            FromNamespaces::Same,
            &self.key.source.namespace,
            namespace,
            resources,
        )
    }
}

/// The kinds of route that a protocol can serve. spec: `Listener.protocol`, `AllowedRoutes.kinds`.
fn kinds_of_protocol(protocol: &ListenerProtocol) -> &'static [ResourceKind] {
    match protocol {
        ListenerProtocol::Http | ListenerProtocol::Https => &[ResourceKind::HttpRoute, ResourceKind::GrpcRoute],
        ListenerProtocol::Tls => &[ResourceKind::TlsRoute],
        ListenerProtocol::Tcp => &[ResourceKind::TcpRoute],
        ListenerProtocol::Udp => &[ResourceKind::UdpRoute],
        _ => &[],
    }
}

/// Whether objects of one namespace are welcome in another.
/// spec: `RouteNamespaces` (default `Same`), `ListenerNamespaces` (default `None`).
fn takes_namespace(
    namespaces: Option<&RouteNamespaces>,
    default: FromNamespaces,
    own: &str,
    namespace: &str,
    resources: &Resources,
) -> bool {
    match namespaces.and_then(|namespaces| namespaces.from.clone()).unwrap_or(default) {
        FromNamespaces::All => true,
        FromNamespaces::Same => own == namespace,
        FromNamespaces::Selector => namespaces
            .and_then(|namespaces| namespaces.selector.as_ref())
            .zip(resources.namespace_labels(namespace))
            .is_some_and(|(selector, labels)| selector.matches(&labels)),
        _ => false,
    }
}

/// What became of a ListenerSet whose Gateway is ours.
#[derive(Clone, Debug)]
pub struct ListenerSetOutcome {
    key: ObjectKey,
    gateway: ObjectKey,
    refusal: Option<ListenerSetRefusal>,
}

impl ListenerSetOutcome {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The Gateway that it names.
    pub fn gateway(&self) -> &ObjectKey {
        &self.gateway
    }

    /// Why its listeners do not join the Gateway, if they do not.
    pub fn refusal(&self) -> Option<ListenerSetRefusal> {
        self.refusal
    }
}

/// Why a ListenerSet does not join its Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ListenerSetRefusal {
    /// The Gateway does not allow ListenerSets of that namespace. spec: `GatewaySpec.allowedListeners`.
    #[error("the Gateway does not allow ListenerSets of this namespace")]
    NotAllowed,
}

/// All Gateways and ListenerSets that are ours.
pub(super) fn resolve_all(
    resources: &Resources,
    profile: &Profile,
) -> (BTreeMap<ObjectKey, GatewayNode>, BTreeMap<ObjectKey, ListenerSetOutcome>) {
    let mut joining: BTreeMap<ObjectKey, Vec<&ListenerSet>> = BTreeMap::new();
    let mut outcomes = BTreeMap::new();
    let ours: BTreeMap<ObjectKey, &Arc<Gateway>> =
        our_gateways(resources, profile).map(|gateway| (gateway_key(gateway), gateway)).collect();
    for set in resources.iter::<ListenerSet>() {
        let parent = &set.spec.parent_ref;
        if parent.group() != GATEWAY_GROUP || parent.kind() != "Gateway" {
            continue;
        }
        let key = ObjectKey::new(ResourceKind::Gateway, parent.namespace(set.namespace()), parent.name.as_str());
        let Some(gateway) = ours.get(&key) else { continue };
        let allowed = gateway.spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
        let welcome = takes_namespace(allowed, FromNamespaces::None, gateway.namespace(), set.namespace(), resources);
        let outcome = ListenerSetOutcome {
            key: listener_set_key(set),
            gateway: key.clone(),
            refusal: (!welcome).then_some(ListenerSetRefusal::NotAllowed),
        };
        outcomes.insert(outcome.key.clone(), outcome);
        if welcome {
            joining.entry(key).or_default().push(set);
        }
    }
    let gateways = ours
        .into_iter()
        .map(|(key, gateway)| {
            let sets = joining.remove(&key).unwrap_or_default();
            (key.clone(), GatewayNode { listeners: merge_listeners(&key, gateway, sets), key })
        })
        .collect();
    (gateways, outcomes)
}

/// The listeners of a Gateway and of the sets that join it, with the conflicts among them.
///
/// spec: GEP-1713: the Gateway's come first, then those of the oldest set, then by `namespace/name`.
/// A listener that conflicts with one of an earlier source loses to it and drops out. Within one
/// source no winner may be picked: all that conflict lose (`GatewaySpec.listeners`, handling
/// indistinct Listeners).
fn merge_listeners(key: &ObjectKey, gateway: &Gateway, mut sets: Vec<&ListenerSet>) -> Vec<ListenerNode> {
    sets.sort_by_cached_key(|set| {
        (created(set).map_or(Created::Unknown, Created::At), SlashName::new(set.namespace(), set.name()))
    });
    let sources = std::iter::once((key.clone(), gateway.spec.listeners.as_slice()))
        .chain(sets.into_iter().map(|set| (listener_set_key(set), set.spec.listeners.as_slice())));
    let mut merged: Vec<ListenerNode> = Vec::new();
    let mut holders = Holders::default();
    for (source, listeners) in sources {
        let mut nodes: Vec<ListenerNode> = listeners.iter().map(|listener| resolve(&source, listener)).collect();
        for node in nodes.iter_mut().filter(|node| node.fault.is_none()) {
            node.fault = holders.conflict(node, false);
        }
        let mut own = Holders::default();
        nodes.iter().filter(|node| node.fault.is_none()).for_each(|node| own.add(node));
        for node in nodes.iter_mut().filter(|node| node.fault.is_none()) {
            node.fault = own.conflict(node, true);
        }
        nodes.iter().filter(|node| node.fault.is_none()).for_each(|node| holders.add(node));
        merged.extend(nodes);
    }
    merged
}

fn resolve(source: &ObjectKey, listener: &Listener) -> ListenerNode {
    let speaks_hostnames =
        matches!(listener.protocol, ListenerProtocol::Http | ListenerProtocol::Https | ListenerProtocol::Tls);
    // spec: Listener.hostname, ignored for protocols without hostname-based matching.
    let hostname = listener.hostname.clone().filter(|_| speaks_hostnames);
    let fault = match (&hostname, listener.port) {
        (Some(Lenient::Invalid(_)), _) => Some(ListenerFault::Hostname),
        (_, 1..=65535) => None,
        _ => Some(ListenerFault::Port),
    };
    ListenerNode {
        key: ListenerKey { source: source.clone(), name: listener.name.as_str().into() },
        port: listener.port,
        protocol: listener.protocol.clone(),
        hostname,
        allowed: listener.allowed_routes.clone().unwrap_or_default(),
        fault,
    }
}

/// Who holds which port, protocol and hostname: how many listeners of each.
#[derive(Default)]
struct Holders {
    by_protocol: BTreeMap<(i32, ListenerProtocol), usize>,
    by_hostname: BTreeMap<(i32, ListenerProtocol, Option<Hostname>), usize>,
}

impl Holders {
    fn add(&mut self, node: &ListenerNode) {
        let (port, protocol, hostname) = place(node);
        *self.by_protocol.entry((port, protocol.clone())).or_default() += 1;
        *self.by_hostname.entry((port, protocol, hostname)).or_default() += 1;
    }

    /// Whether a listener conflicts with one of the holders, of which it may be one itself.
    ///
    /// spec: `GatewaySpec.listeners`, distinct Listeners; GEP-2643 to 2645. HTTP, HTTPS and TLS
    /// share a port with their like by hostname; TCP and UDP do not share it with their like; TCP
    /// shares it with none of the others, plain HTTP not with HTTPS or TLS; HTTPS and TLS share it
    /// unless their hostnames are equal (an SNI could not tell them apart).
    fn conflict(&self, node: &ListenerNode, itself: bool) -> Option<ListenerFault> {
        use ListenerProtocol::{Http, Https, Tcp, Tls, Udp};
        let (port, protocol, hostname) = place(node);
        let held = |other: &ListenerProtocol| self.by_protocol.get(&(port, other.clone())).copied().unwrap_or(0);
        let held_with_hostname = |other: &ListenerProtocol| {
            self.by_hostname.get(&(port, other.clone(), hostname.clone())).copied().unwrap_or(0)
        };
        let itself = usize::from(itself);
        let protocol_conflict = match &protocol {
            Tcp => held(&Tcp) > itself || [Http, Https, Tls].iter().any(|other| held(other) > 0),
            Udp => held(&Udp) > itself,
            Http => [Tcp, Https, Tls].iter().any(|other| held(other) > 0),
            Https => held(&Tcp) > 0 || held(&Http) > 0 || held_with_hostname(&Tls) > 0,
            Tls => held(&Tcp) > 0 || held(&Http) > 0 || held_with_hostname(&Https) > 0,
            _ => false,
        };
        if protocol_conflict {
            return Some(ListenerFault::ProtocolConflict);
        }
        (held_with_hostname(&protocol) > itself).then_some(ListenerFault::HostnameConflict)
    }
}

fn place(node: &ListenerNode) -> (i32, ListenerProtocol, Option<Hostname>) {
    (node.port, node.protocol.clone(), node.hostname.as_ref().and_then(|hostname| hostname.valid().cloned()))
}
