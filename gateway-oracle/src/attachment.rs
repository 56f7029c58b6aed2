//! What a route is attached to.

use gateway_model::{FromNamespaces, GATEWAY_GROUP, ListenerProtocol, ParentReference, Resources};

use crate::answer::{ListenerName, ObjectName};
use crate::hostname::{self, Effective};
use crate::listener::{Listener, Parents};
use crate::mesh::{self, ServicePort};
use crate::namespace;
use crate::route::Route;

/// spec: RouteReasonNoMatchingParent.
pub(crate) const NO_MATCHING_PARENT: &str = "NoMatchingParent";
/// spec: RouteReasonNotAllowedByListeners.
pub(crate) const NOT_ALLOWED_BY_LISTENERS: &str = "NotAllowedByListeners";
/// spec: RouteReasonNoMatchingListenerHostname.
pub(crate) const NO_MATCHING_LISTENER_HOSTNAME: &str = "NoMatchingListenerHostname";
/// spec: GEP-1294, "Route types": of several kinds of route on one port of a Service only one applies.
pub(crate) const CONFLICTED: &str = "Conflicted";
/// spec: RouteReasonUnsupportedValue.
pub(crate) const UNSUPPORTED_VALUE: &str = "UnsupportedValue";

/// A route on a listener.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) listener: Listener,
    /// By which hostnames the route takes hosts there; at least one.
    pub(crate) effective: Vec<Effective>,
}

/// Where a route is attached.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Listener(Box<Attachment>),
    Port(ServicePort),
}

impl Place {
    pub(crate) fn attachment(&self) -> Option<&Attachment> {
        match self {
            Place::Listener(attachment) => Some(attachment),
            Place::Port(_) => None,
        }
    }

    pub(crate) fn port(&self) -> Option<&ServicePort> {
        match self {
            Place::Listener(_) => None,
            Place::Port(port) => Some(port),
        }
    }

    /// As an answer names it.
    pub(crate) fn name(&self) -> ListenerName {
        match self {
            Place::Listener(attachment) => attachment.listener.name.clone(),
            Place::Port(port) => port.place(),
        }
    }
}

/// The parentRefs that a route would have for the default Gateways that it uses.
/// spec: GEP-3793: it is as if each were named; one that is named already, with all its listeners, needs no more.
pub(crate) fn defaults(parents: &Parents, route: &Route) -> Vec<ParentReference> {
    let is_named = |gateway: &ObjectName| {
        route.parents.iter().any(|parent_ref| {
            let meant = self::parent(parents, route, parent_ref);
            meant == Some(gateway) && parent_ref.section_name.is_none() && parent_ref.port.is_none()
        })
    };
    let used = parents.defaults.iter().filter(|gateway| route.uses_defaults && !is_named(gateway));
    let named = used.map(|gateway| ParentReference {
        namespace: Some(gateway.namespace.clone()),
        name: gateway.name.clone(),
        ..ParentReference::default()
    });
    named.collect()
}

/// The places that a parentRef attaches a route to, at least one, or why there is none.
pub(crate) fn attach(
    resources: &Resources,
    parents: &Parents,
    route: &Route,
    parent_ref: &ParentReference,
) -> Result<Vec<Place>, &'static str> {
    if mesh::is_meant(parent_ref) {
        let ports = mesh::attach(resources, route, parent_ref)?;
        return Ok(ports.into_iter().map(Place::Port).collect());
    }
    let attachments = attach_to_listeners(resources, parents, route, parent_ref)?;
    Ok(attachments.into_iter().map(|attachment| Place::Listener(Box::new(attachment))).collect())
}

/// The reasons in their order: there is no such parent, the route itself is refused, the parent has no such
/// listener, none of them admits the route, none of those shares a hostname with it.
fn attach_to_listeners(
    resources: &Resources,
    parents: &Parents,
    route: &Route,
    parent_ref: &ParentReference,
) -> Result<Vec<Attachment>, &'static str> {
    let parent = parent(parents, route, parent_ref).ok_or(NO_MATCHING_PARENT)?;
    if route.unsupported {
        return Err(UNSUPPORTED_VALUE);
    }
    let mut listeners: Vec<&Listener> = parents.listeners.iter().collect();
    // spec: ParentReference: a Gateway's name reaches only its own listeners, a ListenerSet's only its own (GEP-1713).
    listeners.retain(|listener| listener.name.source == *parent);
    listeners.retain(|listener| is_meant(parent_ref, listener));
    if listeners.is_empty() {
        return Err(NO_MATCHING_PARENT);
    }
    listeners.retain(|listener| admits(resources, listener, route));
    if listeners.is_empty() {
        return Err(NOT_ALLOWED_BY_LISTENERS);
    }
    let mut attached: Vec<Attachment> = listeners.into_iter().map(|listener| on(listener, route)).collect();
    attached.retain(|attachment| !attachment.effective.is_empty());
    if attached.is_empty() {
        return Err(NO_MATCHING_LISTENER_HOSTNAME);
    }
    Ok(attached)
}

/// spec: ParentReference.group, .kind, .namespace, .name.
fn parent<'a>(parents: &'a Parents, route: &Route, parent_ref: &ParentReference) -> Option<&'a ObjectName> {
    let namespace = parent_ref.namespace(&route.name.namespace);
    parents.names.iter().find(|parent| {
        parent_ref.group() == GATEWAY_GROUP
            && parent_ref.kind() == parent.kind
            && namespace == parent.namespace
            && parent_ref.name == parent.name
    })
}

/// spec: ParentReference.sectionName and .port: what is given must agree, both if both are given.
fn is_meant(parent_ref: &ParentReference, listener: &Listener) -> bool {
    parent_ref.section_name.as_ref().is_none_or(|name| *name == listener.name.name)
        && parent_ref.port.is_none_or(|port| port == listener.port)
}

/// Whether a listener takes routes of the kind and namespace.
/// spec: ListenerStatus.attachedRoutes: based solely on AllowedRoutes and ParentRefs; whether the listener is accepted
/// itself does not matter. With a hostname that is none it has none in common with any route.
fn admits(resources: &Resources, listener: &Listener, route: &Route) -> bool {
    !listener.malformed_hostname
        && admits_kind(listener, route.name.kind)
        && admits_namespace(resources, listener, route)
}

/// spec: AllowedRoutes.kinds: when unspecified or empty, the kinds are determined by the protocol; a kind that the
/// protocol cannot serve is never allowed.
fn admits_kind(listener: &Listener, kind: &str) -> bool {
    let kinds = &listener.allowed.kinds;
    kinds_of(&listener.protocol).contains(&kind)
        && (kinds.is_empty() || kinds.iter().any(|allowed| allowed.group() == GATEWAY_GROUP && allowed.kind == kind))
}

/// spec: Listener.protocol, the kinds of route that each serves.
fn kinds_of(protocol: &ListenerProtocol) -> &'static [&'static str] {
    match protocol {
        ListenerProtocol::Http | ListenerProtocol::Https => &["HTTPRoute", "GRPCRoute"],
        ListenerProtocol::Tls => &["TLSRoute"],
        ListenerProtocol::Tcp => &["TCPRoute"],
        ListenerProtocol::Udp => &["UDPRoute"],
        _ => &[],
    }
}

/// spec: AllowedRoutes.namespaces: by default the namespace of the Gateway, or of the ListenerSet that has the
/// listener.
fn admits_namespace(resources: &Resources, listener: &Listener, route: &Route) -> bool {
    let allowed = listener.allowed.namespaces.as_ref();
    let home = &listener.name.source.namespace;
    namespace::admits(resources, allowed, FromNamespaces::Same, home, &route.name.namespace)
}

/// The route on a listener, perhaps without a hostname in common.
fn on(listener: &Listener, route: &Route) -> Attachment {
    Attachment {
        listener: listener.clone(),
        effective: hostname::effective(listener.hostname.as_deref(), route.hostnames.as_deref()),
    }
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
