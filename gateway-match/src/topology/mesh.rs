//! Services as parents: what clients in a mesh dial, and which routes decide for whom. spec: GEP-1294.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_model::{ListenerProtocol, ObjectKey, ParentReference, ResourceKind};
use k8s_openapi::api::core::v1::Service;

use super::attachment::{Attachment, AttachmentRefusal};
use super::listener::ListenerKey;
use super::parts::Set;
use super::place::Place;
use super::relation::of_kind_in;
use crate::route::BackendName;
use crate::router::ListenerDefinition;

/// A Service that routes may be attached to, and its ports.
///
/// Headless Services and those that are names of external hosts are none: nothing tells what is
/// sent to them from what is sent elsewhere. spec: GEP-1294, allowed service types.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceNode {
    key: ObjectKey,
    ports: Vec<ServicePort>,
    pub(super) consumers: BTreeSet<Arc<str>>,
}

/// A port of a Service that clients dial.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServicePort {
    /// Its identity among the places that routes are attached to, by number and protocol (`80/TCP`).
    pub key: ListenerKey,
    /// Its number.
    pub number: u16,
    /// Its name, by which a `sectionName` selects it.
    pub name: Option<Arc<str>>,
    /// Whether it takes datagrams.
    pub udp: bool,
}

impl ServiceNode {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// Its ports, in the order of the spec.
    pub fn ports(&self) -> &[ServicePort] {
        &self.ports
    }

    /// The namespaces other than its own with routes for it: their clients need a
    /// [router](super::Topology::mesh_router) of their own.
    pub fn consumers(&self) -> impl Iterator<Item = &str> {
        self.consumers.iter().map(|namespace| &**namespace)
    }

    /// The ports that a parentRef selects for routes of a kind, at least one.
    ///
    /// spec: `ParentReference.port` and `ParentReference.sectionName`, for Services; without them every port.
    pub(super) fn attach(
        &self,
        kind: ResourceKind,
        parent_ref: &ParentReference,
    ) -> Result<Vec<Attachment>, AttachmentRefusal> {
        let selected = self.ports.iter().filter(|port| {
            port.udp == (kind == ResourceKind::UdpRoute)
                && parent_ref.port.is_none_or(|number| number == i32::from(port.number))
                && parent_ref.section_name.as_deref().is_none_or(|section| port.name.as_deref() == Some(section))
        });
        let attached: Vec<Attachment> = selected
            .map(|port| Attachment { gateway: self.key.clone(), listener: port.key.clone(), hostnames: None })
            .collect();
        if attached.is_empty() { Err(AttachmentRefusal::NoMatchingListener) } else { Ok(attached) }
    }

    /// What a router listens to for a port.
    pub(super) fn definition(&self, port: &ServicePort) -> ListenerDefinition {
        let protocol = if port.udp { ListenerProtocol::Udp } else { ListenerProtocol::Tcp };
        let service = BackendName::service(&self.key.namespace, &self.key.name, port.number);
        ListenerDefinition::service_port(&port.key.name, service, port.number, protocol).parent(self.key.clone())
    }
}

/// A Service as a parent, if it can be one, with the consumers that it has.
pub(super) fn service_node(service: &Service, consumers: BTreeSet<Arc<str>>) -> Option<ServiceNode> {
    let spec = service.spec.as_ref()?;
    if spec.type_.as_deref() == Some("ExternalName") || spec.cluster_ip.as_deref() == Some("None") {
        return None;
    }
    let metadata = &service.metadata;
    let key = ObjectKey::new(
        ResourceKind::Service,
        metadata.namespace.as_deref().unwrap_or(""),
        metadata.name.as_deref().unwrap_or(""),
    );
    let port = |port: &k8s_openapi::api::core::v1::ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let number = u16::try_from(port.port).ok().filter(|number| *number > 0)?;
        Some(ServicePort {
            key: ListenerKey { source: key.clone(), name: format!("{number}/{protocol}").into() },
            number,
            name: port.name.as_deref().map(Into::into),
            udp: match protocol {
                "TCP" => false,
                "UDP" => true,
                // No kind of route is for SCTP.
                _ => return None,
            },
        })
    };
    let ports = spec.ports.iter().flatten().filter_map(port).collect();
    Some(ServiceNode { key, ports, consumers })
}

/// Which of the routes that claim a port of a Service make room for others there, after those of some
/// namespaces have changed: `before` is what it was, and what made room.
///
/// spec: GEP-1294, route types: the most specific kind applies, whatever is older; UDPRoutes are a
/// matter of their own. Routes of different namespaces never meet: those of the Service's own are
/// for everybody, those of another for the clients there alone. O(changed × log n), and all routes of a
/// namespace where its most specific kind has changed.
pub(super) fn make_room(before: &Place, claims: &Set<ObjectKey>, changed: &BTreeSet<ObjectKey>) -> Set<ObjectKey> {
    let mut refused = before.refused.clone();
    let namespaces: BTreeSet<&Arc<str>> = changed.iter().map(|route| &route.namespace).collect();
    for namespace in namespaces {
        let highest = most_specific(claims, namespace);
        let mut judge = |route: &ObjectKey| {
            if claims.contains(route) && specificity(route.kind) < highest {
                refused.insert(route.clone());
            } else {
                refused.remove(route);
            }
        };
        changed.iter().filter(|route| route.namespace == *namespace).for_each(&mut judge);
        if most_specific(&before.claims, namespace) != highest {
            KINDS.iter().flat_map(|kind| in_namespace(claims, *kind, namespace)).for_each(&mut judge);
        }
    }
    refused
}

/// The kinds of route that a Service can have, on whichever port.
const KINDS: &[ResourceKind] = &[
    ResourceKind::HttpRoute,
    ResourceKind::GrpcRoute,
    ResourceKind::TlsRoute,
    ResourceKind::TcpRoute,
    ResourceKind::UdpRoute,
];

/// How specific the most specific routes of a namespace are among some.
fn most_specific(claims: &Set<ObjectKey>, namespace: &Arc<str>) -> u8 {
    let kinds = KINDS.iter().filter(|kind| in_namespace(claims, **kind, namespace).next().is_some());
    kinds.map(|kind| specificity(*kind)).max().unwrap_or_default()
}

fn in_namespace<'a>(
    routes: &'a Set<ObjectKey>,
    kind: ResourceKind,
    namespace: &Arc<str>,
) -> impl Iterator<Item = &'a ObjectKey> + use<'a> {
    of_kind_in(routes, ObjectKey { kind, namespace: namespace.clone(), name: "".into() })
}

/// Whether a namespace has routes among those that claim a place.
pub(super) fn has_routes(place: &Place, namespace: &Arc<str>) -> bool {
    KINDS.iter().any(|kind| in_namespace(&place.claims, *kind, namespace).next().is_some())
}

/// How specific a kind of route is. UDPRoutes stand alone on their ports.
fn specificity(kind: ResourceKind) -> u8 {
    match kind {
        ResourceKind::GrpcRoute => 4,
        ResourceKind::HttpRoute => 3,
        ResourceKind::TlsRoute => 2,
        _ => 1,
    }
}

#[cfg(test)]
#[path = "mesh_tests.rs"]
mod tests;
