//! Identities: kinds, and objects by kind, namespace and name.

use std::fmt;
use std::sync::Arc;

use crate::reference::{GATEWAY_GROUP, GATEWAY_X_GROUP, MULTICLUSTER_GROUP, group_of};

/// The kinds that decisions look at: the Gateway API's and the few of others that it refers to.
///
/// The order of the variants is the order of the kinds in sorted output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// `GatewayClass`.
    GatewayClass,
    /// `Gateway`.
    Gateway,
    /// `ListenerSet`.
    ListenerSet,
    /// `HTTPRoute`.
    HttpRoute,
    /// `GRPCRoute`.
    GrpcRoute,
    /// `TLSRoute`.
    TlsRoute,
    /// `TCPRoute`.
    TcpRoute,
    /// `UDPRoute`.
    UdpRoute,
    /// `ReferenceGrant`.
    ReferenceGrant,
    /// `BackendTLSPolicy`.
    BackendTlsPolicy,
    /// `XBackend`.
    XBackend,
    /// `XBackendTrafficPolicy`.
    XBackendTrafficPolicy,
    /// `XMesh`.
    XMesh,
    /// `Namespace` of the core group.
    Namespace,
    /// `Service` of the core group.
    Service,
    /// `Secret` of the core group.
    Secret,
    /// `ConfigMap` of the core group.
    ConfigMap,
    /// `EndpointSlice` of `discovery.k8s.io`.
    EndpointSlice,
    /// `ServiceImport` of the multi-cluster API.
    ServiceImport,
}

/// Group, name and whether objects live in a namespace, for each kind.
const KINDS: &[(ResourceKind, &str, &str, bool)] = &[
    (ResourceKind::GatewayClass, GATEWAY_GROUP, "GatewayClass", false),
    (ResourceKind::Gateway, GATEWAY_GROUP, "Gateway", true),
    (ResourceKind::ListenerSet, GATEWAY_GROUP, "ListenerSet", true),
    (ResourceKind::HttpRoute, GATEWAY_GROUP, "HTTPRoute", true),
    (ResourceKind::GrpcRoute, GATEWAY_GROUP, "GRPCRoute", true),
    (ResourceKind::TlsRoute, GATEWAY_GROUP, "TLSRoute", true),
    (ResourceKind::TcpRoute, GATEWAY_GROUP, "TCPRoute", true),
    (ResourceKind::UdpRoute, GATEWAY_GROUP, "UDPRoute", true),
    (ResourceKind::ReferenceGrant, GATEWAY_GROUP, "ReferenceGrant", true),
    (ResourceKind::BackendTlsPolicy, GATEWAY_GROUP, "BackendTLSPolicy", true),
    (ResourceKind::XBackend, GATEWAY_X_GROUP, "XBackend", true),
    (ResourceKind::XBackendTrafficPolicy, GATEWAY_X_GROUP, "XBackendTrafficPolicy", true),
    (ResourceKind::XMesh, GATEWAY_X_GROUP, "XMesh", false),
    (ResourceKind::Namespace, "", "Namespace", false),
    (ResourceKind::Service, "", "Service", true),
    (ResourceKind::Secret, "", "Secret", true),
    (ResourceKind::ConfigMap, "", "ConfigMap", true),
    (ResourceKind::EndpointSlice, "discovery.k8s.io", "EndpointSlice", true),
    (ResourceKind::ServiceImport, MULTICLUSTER_GROUP, "ServiceImport", true),
];

impl ResourceKind {
    /// Every kind, in order.
    pub fn all() -> impl Iterator<Item = ResourceKind> {
        KINDS.iter().map(|row| row.0)
    }

    /// The kind of that group and name; the core group may be written as `core`.
    ///
    /// ```
    /// use gateway_model::ResourceKind;
    ///
    /// assert_eq!(ResourceKind::find("core", "Service"), Some(ResourceKind::Service));
    /// assert_eq!(ResourceKind::find("apps", "Deployment"), None);
    /// ```
    pub fn find(group: &str, kind: &str) -> Option<ResourceKind> {
        let group = group_of(group);
        KINDS.iter().find(|row| row.1 == group && row.2 == kind).map(|row| row.0)
    }

    /// The API group, the empty string for the core group.
    pub fn group(self) -> &'static str {
        self.row().1
    }

    /// The kind's name, as documents have it.
    pub fn as_str(self) -> &'static str {
        self.row().2
    }

    /// Whether objects of the kind live in a namespace.
    pub fn is_namespaced(self) -> bool {
        self.row().3
    }

    fn row(self) -> &'static (ResourceKind, &'static str, &'static str, bool) {
        // The table has a row for each variant in the order of the variants (tested), so the
        // fallback is never taken.
        const FALLBACK: &(ResourceKind, &str, &str, bool) = &(ResourceKind::GatewayClass, "", "", false);
        KINDS.get(self as usize).unwrap_or(FALLBACK)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The identity of an object: its kind, namespace and name.
///
/// Cheap to clone. The namespace is empty for kinds without one.
///
/// ```
/// use gateway_model::{ObjectKey, ResourceKind};
///
/// let key = ObjectKey::new(ResourceKind::HttpRoute, "shop", "cart");
/// assert_eq!(key.to_string(), "HTTPRoute shop/cart");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The kind.
    pub kind: ResourceKind,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The key of an object.
    pub fn new(kind: ResourceKind, namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        let namespace = if kind.is_namespaced() { namespace.into() } else { "".into() };
        ObjectKey { kind, namespace, name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_kind_in_order() {
        for (index, row) in KINDS.iter().enumerate() {
            assert_eq!(row.0 as usize, index, "{}", row.2);
            assert_eq!(ResourceKind::find(row.1, row.2), Some(row.0));
        }
        assert_eq!(KINDS.len(), ResourceKind::ServiceImport as usize + 1);
        assert!(ResourceKind::all().eq(KINDS.iter().map(|row| row.0)));
    }
}
