//! What kinds need, and what routes need for their parents.

use super::{Finder, Need, Row, row};
use crate::feature::Feature;
use crate::key::ResourceKind;
use crate::object::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
use crate::reference::ParentReference;
use crate::resources::{Resources, key_of};

/// The kinds that features stand for.
const KIND: &[Row<ResourceKind>] = &[
    row(Feature::BackendTlsPolicy, "", "GEP-1897", |kind| *kind == ResourceKind::BackendTlsPolicy),
    row(Feature::Gateway, "", "GatewaySpec, GatewayClassSpec", |kind| {
        matches!(kind, ResourceKind::Gateway | ResourceKind::GatewayClass)
    }),
    row(Feature::GrpcRoute, "", "GRPCRouteSpec", |kind| *kind == ResourceKind::GrpcRoute),
    row(Feature::HttpRoute, "", "HTTPRouteSpec", |kind| *kind == ResourceKind::HttpRoute),
    row(Feature::ListenerSet, "", "GEP-1713", |kind| *kind == ResourceKind::ListenerSet),
    row(Feature::Mesh, "", "GEP-3949", |kind| *kind == ResourceKind::XMesh),
    row(Feature::ReferenceGrant, "", "ReferenceGrantSpec", |kind| *kind == ResourceKind::ReferenceGrant),
    row(Feature::TcpRoute, "", "TCPRouteSpec", |kind| *kind == ResourceKind::TcpRoute),
    row(Feature::TlsRoute, "", "TLSRouteSpec", |kind| *kind == ResourceKind::TlsRoute),
    row(Feature::UdpRoute, "", "UDPRouteSpec", |kind| *kind == ResourceKind::UdpRoute),
];

/// A parent of a route, as far as features care.
struct Parent {
    route: ResourceKind,
    kind: Option<ResourceKind>,
    /// Whether it is in another namespace than the route.
    is_foreign: bool,
    has_port: bool,
    has_section: bool,
}

impl Parent {
    fn is_service(&self) -> bool {
        self.kind == Some(ResourceKind::Service)
    }

    fn has_listeners(&self) -> bool {
        matches!(self.kind, Some(ResourceKind::Gateway | ResourceKind::ListenerSet))
    }
}

const PARENT: &[Row<Parent>] = &[
    row(Feature::Gateway, "", "ParentReference.kind", |parent| parent.kind == Some(ResourceKind::Gateway)),
    row(Feature::ListenerSet, "", "ParentReference.kind, GEP-1713", |parent| {
        parent.kind == Some(ResourceKind::ListenerSet)
    }),
    row(Feature::Mesh, "", "ParentReference.kind, GEP-1294", Parent::is_service),
    row(Feature::MeshConsumerRoute, "namespace", "ParentReference.namespace, GEP-1294", |parent| {
        parent.is_service() && parent.is_foreign
    }),
    // Upstream has two names for what the port does at a Gateway. Where a section is named as well,
    // the listener is known without the port, so only the younger name's promise is needed.
    row(Feature::HttpRouteDestinationPortMatching, "port", "ParentReference.port, GEP-957", |parent| {
        parent.route == ResourceKind::HttpRoute && parent.has_listeners() && parent.has_port && !parent.has_section
    }),
    row(Feature::HttpRouteParentRefPort, "port", "ParentReference.port", |parent| {
        parent.route == ResourceKind::HttpRoute && parent.has_port
    }),
];

/// Rules with names of GRPCRoutes; HTTPRoutes have them in a table of their own.
const GRPC_RULE: &[Row<crate::GrpcRouteRule>] =
    &[row(Feature::GrpcRouteNamedRouteRule, "name", "GRPCRouteRule.name, GEP-995", |rule| rule.name.is_some())];

pub(super) fn find(resources: &Resources, found: &mut Vec<Need>) {
    for object in resources.iter_any() {
        let key = object.key();
        let kind = key.kind;
        Finder::new(key, found).part(KIND, &kind, format_args!("kind"));
    }
    resources.iter::<HttpRoute>().for_each(|route| parents(&**route, &route.spec.parent_refs, found));
    resources.iter::<GrpcRoute>().for_each(|route| parents(&**route, &route.spec.parent_refs, found));
    resources.iter::<TlsRoute>().for_each(|route| parents(&**route, &route.spec.parent_refs, found));
    resources.iter::<TcpRoute>().for_each(|route| parents(&**route, &route.spec.parent_refs, found));
    resources.iter::<UdpRoute>().for_each(|route| parents(&**route, &route.spec.parent_refs, found));
    for route in resources.iter::<GrpcRoute>() {
        let mut finder = Finder::new(key_of(&**route), found);
        for (index, rule) in route.spec.rules.iter().enumerate() {
            finder.part(GRPC_RULE, rule, format_args!("spec.rules[{index}]"));
        }
    }
}

fn parents<T: crate::Stored>(route: &T, references: &[ParentReference], found: &mut Vec<Need>) {
    let key = key_of(route);
    let namespace = key.namespace.clone();
    let mut finder = Finder::new(key, found);
    for (index, reference) in references.iter().enumerate() {
        let parent = Parent {
            route: T::RESOURCE_KIND,
            kind: kind_of(reference),
            is_foreign: reference.namespace(&namespace) != &*namespace,
            has_port: reference.port.is_some(),
            has_section: reference.section_name.is_some(),
        };
        finder.part(PARENT, &parent, format_args!("spec.parentRefs[{index}]"));
    }
}

/// The kind of a parent, if it is one that decisions look at.
pub(super) fn kind_of(reference: &ParentReference) -> Option<ResourceKind> {
    ResourceKind::find(reference.group(), reference.kind())
}
