//! Services as parents: which routes are attached to which ports, and whom they concern. spec: GEP-1294.

use gateway_model::{ParentReference, Resources};
use k8s_openapi::api::core::v1::Service;

use crate::answer::{ListenerName, ObjectName};
use crate::attachment::{CONFLICTED, NO_MATCHING_PARENT, Place, UNSUPPORTED_VALUE};
use crate::oracle::AttachedRoute;
use crate::request::Protocol;
use crate::route::{GRPC_ROUTE, HTTP_ROUTE, Route, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE};

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServicePort {
    pub(crate) service: ObjectName,
    pub(crate) number: i32,
    pub(crate) transport: Transport,
    /// The name of the port, which a parentRef knows as a section.
    name: Option<String>,
}

/// What the port's `protocol` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Udp,
    Other,
}

impl Transport {
    /// What a protocol runs on.
    pub(crate) fn of(protocol: Protocol) -> Transport {
        match protocol {
            Protocol::Http | Protocol::Grpc | Protocol::Tls | Protocol::Tcp => Transport::Tcp,
            Protocol::Udp => Transport::Udp,
        }
    }
}

impl ServicePort {
    /// As an answer names it.
    pub(crate) fn place(&self) -> ListenerName {
        let transport = match self.transport {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
            Transport::Other => "other",
        };
        ListenerName { source: self.service.clone(), name: format!("{}/{transport}", self.number) }
    }
}

/// Whether a parentRef means a Service. spec: ParentReference.group and .kind.
pub(crate) fn is_meant(parent_ref: &ParentReference) -> bool {
    (parent_ref.group(), parent_ref.kind()) == ("", "Service")
}

/// The ports that a parentRef attaches a route to, at least one, or why there is none.
pub(crate) fn attach(
    resources: &Resources,
    route: &Route,
    parent_ref: &ParentReference,
) -> Result<Vec<ServicePort>, &'static str> {
    let namespace = parent_ref.namespace(&route.name.namespace);
    let service = resources.get::<Service>(namespace, &parent_ref.name).ok_or(NO_MATCHING_PARENT)?;
    if !has_frontend(service) {
        return Err(NO_MATCHING_PARENT);
    }
    if route.unsupported {
        return Err(UNSUPPORTED_VALUE);
    }
    let mut ports = ports_of(service, namespace, &parent_ref.name);
    // UDP is another protocol than that of the other kinds of route.
    ports.retain(|port| port.transport == if is_udp(route) { Transport::Udp } else { Transport::Tcp });
    // spec: GEP-1294, "Ports": with a port only that one, without one all; ParentReference.sectionName: a port's name.
    ports.retain(|port| parent_ref.port.is_none_or(|number| number == port.number));
    ports.retain(|port| parent_ref.section_name.is_none() || parent_ref.section_name == port.name);
    if ports.is_empty() { Err(NO_MATCHING_PARENT) } else { Ok(ports) }
}

/// The port that a client dials, if the Service has it and a frontend.
pub(crate) fn dialled(
    resources: &Resources,
    namespace: &str,
    name: &str,
    number: u16,
    protocol: Protocol,
) -> Option<ServicePort> {
    let service = resources.get::<Service>(namespace, name).filter(|service| has_frontend(service))?;
    let ports = ports_of(service, namespace, name);
    let is_dialled = |port: &ServicePort| port.number == i32::from(number) && port.transport == Transport::of(protocol);
    ports.into_iter().find(is_dialled)
}

fn ports_of(service: &Service, namespace: &str, name: &str) -> Vec<ServicePort> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or(&[]);
    let port = |port: &k8s_openapi::api::core::v1::ServicePort| ServicePort {
        service: ObjectName::new("Service", namespace, name),
        number: port.port,
        transport: match port.protocol.as_deref() {
            None | Some("" | "TCP") => Transport::Tcp,
            Some("UDP") => Transport::Udp,
            Some(_) => Transport::Other,
        },
        name: port.name.clone(),
    };
    ports.iter().map(port).collect()
}

/// spec: GEP-1294, "Allowed service types": headless Services have no frontend, ExternalName is not safe.
fn has_frontend(service: &Service) -> bool {
    service
        .spec
        .as_ref()
        .is_none_or(|spec| spec.type_.as_deref() != Some("ExternalName") && spec.cluster_ip.as_deref() != Some("None"))
}

fn is_udp(route: &Route) -> bool {
    route.name.kind == UDP_ROUTE
}

/// Detaches the routes whose kind does not apply to a port because a more specific kind does.
///
/// spec: GEP-1294, "Route types". The routes of one namespace are judged by themselves: "Namespace boundaries" keeps those
/// of an unrelated one from changing the traffic between two others.
pub(crate) fn settle(routes: &mut [AttachedRoute]) {
    type Taken = (ServicePort, String, usize);
    let taken = |attached: &AttachedRoute| -> Vec<Taken> {
        let Some(rank) = rank(&attached.route) else { return Vec::new() };
        let ports = attached.places().filter_map(Place::port).cloned();
        ports.map(|port| (port, attached.route.name.namespace.clone(), rank)).collect()
    };
    let taken: Vec<Taken> = routes.iter().flat_map(taken).collect();
    for attached in routes {
        let Some(own) = rank(&attached.route) else { continue };
        let namespace = attached.route.name.namespace.clone();
        let applies_another = |port: &ServicePort| {
            taken.iter().any(|(its, there, rank)| its == port && *there == namespace && *rank < own)
        };
        attached.leave(CONFLICTED, |place| place.port().is_some_and(applies_another));
    }
}

/// spec: GEP-1294, "Route types": the first of these; UDPRoutes are orthogonal.
fn rank(route: &Route) -> Option<usize> {
    [GRPC_ROUTE, HTTP_ROUTE, TLS_ROUTE, TCP_ROUTE].iter().position(|kind| *kind == route.name.kind)
}

/// The routes that concern a client in the namespace `from` which dials a port.
///
/// spec: GEP-1294, "Namespace boundaries" and "Multiple routes for a Service": from a namespace with consumer routes those
/// are used, from all others the producer's; the two are not merged.
pub(crate) fn concerned<'a>(routes: &'a [AttachedRoute], port: &ServicePort, from: &str) -> Vec<&'a Route> {
    let of_namespace = |namespace: &str| -> Vec<&'a Route> {
        let attached = routes.iter().filter(|attached| attached.route.name.namespace == namespace);
        attached.filter(|attached| attached.has_port(port)).map(|attached| &attached.route).collect()
    };
    let consumer = of_namespace(from);
    if consumer.is_empty() { of_namespace(&port.service.namespace) } else { consumer }
}

#[cfg(test)]
#[path = "mesh_tests.rs"]
mod tests;
