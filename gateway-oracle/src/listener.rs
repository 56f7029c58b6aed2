//! The listeners of all Gateways: their own and those of the ListenerSets that join them.

use gateway_model::{
    AllowedRoutes, DefaultGatewayScope, FromNamespaces, GATEWAY_GROUP, Gateway, GatewayClass, Lenient,
    Listener as ListenerSpec, ListenerProtocol, ListenerSet, Resources, TlsMode,
};

use crate::answer::{ListenerName, ObjectName};
use crate::authority::Host;
use crate::hostname::{self, listener_rank};
use crate::namespace;
use crate::options::{MixedTls, Options};
use crate::precedence::Age;

/// A listener of a Gateway.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) name: ListenerName,
    /// The Gateway that it listens at: its source, or what its source joins.
    pub(crate) gateway: ObjectName,
    pub(crate) port: i32,
    pub(crate) protocol: ListenerProtocol,
    /// As written, malformed or not.
    pub(crate) hostname: Option<String>,
    /// Who ends the connections of a TLS listener.
    pub(crate) tls_mode: Option<TlsMode>,
    pub(crate) allowed: AllowedRoutes,
    /// Whether it takes traffic: no other listener is in conflict with it, its hostname is well formed and its port is
    /// one. Routes are attached to it in any case.
    pub(crate) serves: bool,
    /// Whether there is a hostname that is none.
    pub(crate) malformed_hostname: bool,
    /// Whether the hostname, the port or the mode of TLS is none of the API's. Such a listener is in nobody's way.
    pub(crate) malformed: bool,
}

/// What routes can have as parents, and the listeners there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parents {
    /// Our Gateways, and the ListenerSets that name one of them.
    pub(crate) names: Vec<ObjectName>,
    pub(crate) listeners: Vec<Listener>,
    /// Our default Gateways. spec: GatewaySpec.defaultScope.
    pub(crate) defaults: Vec<ObjectName>,
}

impl Parents {
    /// The parents among the objects.
    pub(crate) fn of(resources: &Resources, options: &Options) -> Parents {
        let mut parents = Parents::default();
        for gateway in resources.iter::<Gateway>().filter(|gateway| is_ours(resources, gateway, options)) {
            parents.add(resources, gateway, options);
        }
        parents
    }

    fn add(&mut self, resources: &Resources, gateway: &Gateway, options: &Options) {
        let gateway_name = ObjectName::new("Gateway", gateway.namespace(), gateway.name());
        // spec: GEP-1713: the listeners of a set that may not join are not the Gateway's, but it is a parent of ours.
        let (allowed, refused): (Vec<_>, Vec<_>) =
            sets_of(resources, gateway).into_iter().partition(|set| joins(resources, gateway, set));

        let mut accepted = Vec::new();
        let mut lost = Vec::new();
        let own = (gateway_name.clone(), &gateway.spec.listeners);
        let joined = allowed.iter().map(|set| (set_name(set), &set.spec.listeners));
        self.names.push(gateway_name.clone());
        if gateway.spec.default_scope == Some(DefaultGatewayScope::All) {
            self.defaults.push(gateway_name.clone());
        }
        for (source, specs) in std::iter::once(own).chain(joined) {
            let listeners = specs.iter().map(|spec| listener(&source, &gateway_name, spec)).collect();
            judge(listeners, &mut accepted, &mut lost, options);
        }
        self.names.extend(allowed.iter().chain(&refused).map(|set| set_name(set)));
        for mut listener in accepted {
            listener.serves = !listener.malformed;
            self.listeners.push(listener);
        }
        self.listeners.extend(lost);
    }
}

fn set_name(set: &ListenerSet) -> ObjectName {
    ObjectName::new("ListenerSet", set.namespace(), set.name())
}

fn listener(source: &ObjectName, gateway: &ObjectName, spec: &ListenerSpec) -> Listener {
    let hostname = spec.hostname.as_ref().filter(|_| matches_hostnames(&spec.protocol));
    Listener {
        name: ListenerName { source: source.clone(), name: spec.name.clone() },
        gateway: gateway.clone(),
        port: spec.port,
        protocol: spec.protocol.clone(),
        hostname: hostname.map(|hostname| hostname.as_str().to_owned()),
        tls_mode: tls_mode(spec),
        allowed: spec.allowed_routes.clone().unwrap_or_default(),
        serves: false,
        malformed_hostname: matches!(hostname, Some(Lenient::Invalid(_))),
        // spec: Hostname; Listener.port: 1 to 65535.
        malformed: matches!(hostname, Some(Lenient::Invalid(_)))
            || !(1..=65_535).contains(&spec.port)
            || !has_known_mode(spec),
    }
}

/// spec: ListenerTLSConfig.mode: Terminate by default.
fn tls_mode(spec: &ListenerSpec) -> Option<TlsMode> {
    let mode = || spec.tls.as_ref().map_or(TlsMode::Terminate, |tls| tls.mode());
    (spec.protocol == ListenerProtocol::Tls).then(mode)
}

/// spec: ListenerTLSConfig.mode: an enum; GatewaySpec.listeners: for HTTPS it must be Terminate.
fn has_known_mode(spec: &ListenerSpec) -> bool {
    let mode = spec.tls.as_ref().map_or(TlsMode::Terminate, |tls| tls.mode());
    match spec.protocol {
        ListenerProtocol::Https => mode == TlsMode::Terminate,
        ListenerProtocol::Tls => matches!(mode, TlsMode::Terminate | TlsMode::Passthrough),
        _ => true,
    }
}

/// spec: Listener.hostname: ignored for protocols that do not require matching by hostname.
fn matches_hostnames(protocol: &ListenerProtocol) -> bool {
    matches!(protocol, ListenerProtocol::Http | ListenerProtocol::Https | ListenerProtocol::Tls)
}

/// spec: GatewayClassSpec.controllerName: the controller that manages Gateways of the class.
fn is_ours(resources: &Resources, gateway: &Gateway, options: &Options) -> bool {
    let Some(controller) = &options.controller else {
        return true;
    };
    let class = resources.get::<GatewayClass>("", &gateway.spec.gateway_class_name);
    class.is_some_and(|class| class.spec.controller_name == *controller)
}

/// The ListenerSets that name a Gateway.
/// spec: ListenerSetSpec.listeners, precedence: oldest first, then by "{namespace}/{name}".
fn sets_of<'a>(resources: &'a Resources, gateway: &Gateway) -> Vec<&'a ListenerSet> {
    let mut sets: Vec<&ListenerSet> = resources.iter::<ListenerSet>().map(|set| &**set).collect();
    sets.retain(|set| names(set, gateway));
    sets.sort_by_key(|set| (Age::of(&set.metadata), format!("{}/{}", set.namespace(), set.name())));
    sets
}

/// spec: ListenerSetSpec.parentRef.
fn names(set: &ListenerSet, gateway: &Gateway) -> bool {
    let parent = &set.spec.parent_ref;
    parent.group() == GATEWAY_GROUP
        && parent.kind() == "Gateway"
        && parent.namespace(set.namespace()) == gateway.namespace()
        && parent.name == gateway.name()
}

/// spec: GatewaySpec.allowedListeners: the default is to allow no ListenerSets.
fn joins(resources: &Resources, gateway: &Gateway, set: &ListenerSet) -> bool {
    let allowed = gateway.spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
    namespace::admits(resources, allowed, FromNamespaces::None, gateway.namespace(), set.namespace())
}

/// Sorts the listeners of one source into those that are accepted and those that lost.
///
/// spec: ListenerSetSpec.listeners: an earlier source wins. GatewaySpec.listeners, "Handling indistinct Listeners":
/// within one source nobody wins. What lost to an earlier source is not there any more for its own.
fn judge(listeners: Vec<Listener>, accepted: &mut Vec<Listener>, lost: &mut Vec<Listener>, options: &Options) {
    let conflict = |one: &Listener, other: &Listener| conflict(one, other, options);
    let (beaten, left): (Vec<_>, Vec<_>) =
        listeners.into_iter().partition(|listener| accepted.iter().any(|earlier| conflict(earlier, listener)));
    lost.extend(beaten);
    let indistinct: Vec<bool> = left
        .iter()
        .enumerate()
        .map(|(at, one)| left.iter().enumerate().any(|(other_at, other)| other_at != at && conflict(one, other)))
        .collect();
    for (listener, indistinct) in left.into_iter().zip(indistinct) {
        if indistinct { lost.push(listener) } else { accepted.push(listener) }
    }
}

/// Whether two listeners cannot be told apart.
/// spec: GatewaySpec.listeners, "Distinct Listeners"; GEP-2643 for HTTP beside TLS.
fn conflict(one: &Listener, other: &Listener, options: &Options) -> bool {
    use ListenerProtocol::{Http, Https, Tcp, Tls, Udp};
    let same_hostname = one.hostname == other.hostname;
    !one.malformed
        && !other.malformed
        && one.port == other.port
        && match (&one.protocol, &other.protocol) {
            (Http, Http) | (Https, Https) | (Tls, Tls) => same_hostname,
            (Tcp, Tcp) | (Udp, Udp) => true,
            (Tcp, Http | Https | Tls) | (Http | Https | Tls, Tcp) => true,
            (Http, Https | Tls) | (Https | Tls, Http) => true,
            (Https, Tls) | (Tls, Https) => match options.mixed_tls {
                MixedTls::MostSpecific => same_hostname,
                MixedTls::RejectOverlap => {
                    hostname::shared(one.hostname.as_deref(), other.hostname.as_deref()).is_some()
                }
                MixedTls::RejectMixed => true,
            },
            _ => false,
        }
}

/// spec: GatewaySpec.listeners, "Listeners that are distinct only by Hostname": the most specific one.
pub(crate) fn most_specific<'a>(listening: &[&'a Listener], host: &Host) -> Option<&'a Listener> {
    let taking = taking(listening, host);
    taking.into_iter().max_by_key(|listener| listener_rank(listener.hostname.as_deref()))
}

/// The listeners that take a host.
pub(crate) fn taking<'a>(listening: &[&'a Listener], host: &Host) -> Vec<&'a Listener> {
    let takes = |listener: &&&Listener| hostname::takes(listener.hostname.as_deref(), host);
    listening.iter().filter(takes).copied().collect()
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
