//! The kinds of the Gateway API: names, groups, versions.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::gateway::{GatewayClassSpec, GatewaySpec, ListenerSetSpec};
use crate::grpc_route::GrpcRouteSpec;
use crate::http_route::HttpRouteSpec;
use crate::l4_route::{TcpRouteSpec, TlsRouteSpec, UdpRouteSpec};
use crate::policy::{BackendTlsPolicySpec, XBackendSpec, XBackendTrafficPolicySpec, XMeshSpec};
use crate::reference::{GATEWAY_GROUP, GATEWAY_X_GROUP, MULTICLUSTER_GROUP};
use crate::reference_grant::ReferenceGrantSpec;
use crate::service_import::ServiceImportSpec;
use crate::status::{
    GatewayClassStatus, GatewayStatus, ListenerSetStatus, PolicyStatus, RouteStatus, XBackendStatus, XMeshStatus,
};

/// A kind of the Gateway API (or ServiceImport), named by the type of its spec. Sealed.
///
/// Everything that differs between the kinds as objects stands here; all else is written once for
/// all of them.
pub trait Kind: Clone + std::fmt::Debug + PartialEq + Default + Serialize + DeserializeOwned + sealed::Sealed {
    /// API group.
    const GROUP: &'static str;
    /// Name of the kind (`HTTPRoute`).
    const KIND: &'static str;
    /// Name in URLs (`httproutes`).
    const PLURAL: &'static str;
    /// Version that is written.
    const VERSION: &'static str;
    /// Group and version that are written.
    const API_VERSION: &'static str;
    /// Versions that are read: those that v1.6.1 serves in any channel, the newest first.
    const VERSIONS: &'static [&'static str];
    /// Whether its objects live in a namespace.
    const NAMESPACED: bool;
    /// Whether it has a status; ReferenceGrant has none.
    const HAS_STATUS: bool;
    /// Its status; [`NoStatus`] where it has none.
    type Status: Clone + std::fmt::Debug + PartialEq + Default + Serialize + DeserializeOwned;
    /// The same as `NAMESPACED`, as k8s-openapi says it.
    #[cfg(feature = "k8s")]
    type Scope: k8s_openapi::ResourceScope;
}

/// The status of a kind that has none: a value of it is never made by reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct NoStatus;

mod sealed {
    pub trait Sealed {}
}

macro_rules! kinds {
    ($( $spec:ident, $status:ty, $kind:literal, $plural:literal, $group:expr, $api_version:literal, [$version:literal $(, $older:literal)*], $namespaced:literal, $scope:ident, $has_status:literal; )+) => {
        $(
            impl sealed::Sealed for $spec {}
            impl Kind for $spec {
                const GROUP: &'static str = $group;
                const KIND: &'static str = $kind;
                const PLURAL: &'static str = $plural;
                const VERSION: &'static str = $version;
                const API_VERSION: &'static str = $api_version;
                const VERSIONS: &'static [&'static str] = &[$version $(, $older)*];
                const NAMESPACED: bool = $namespaced;
                const HAS_STATUS: bool = $has_status;
                type Status = $status;
                #[cfg(feature = "k8s")]
                type Scope = k8s_openapi::$scope;
            }
        )+

        #[cfg(test)]
        pub(crate) const API_VERSIONS: &[(&str, &str, &str)] = &[$( ($group, $version, $api_version) ),+];
    };
}

kinds! {
    GatewayClassSpec, GatewayClassStatus, "GatewayClass", "gatewayclasses", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1beta1"], false, ClusterResourceScope, true;
    GatewaySpec, GatewayStatus, "Gateway", "gateways", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1beta1"], true, NamespaceResourceScope, true;
    ListenerSetSpec, ListenerSetStatus, "ListenerSet", "listenersets", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1"], true, NamespaceResourceScope, true;
    HttpRouteSpec, RouteStatus, "HTTPRoute", "httproutes", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1beta1"], true, NamespaceResourceScope, true;
    GrpcRouteSpec, RouteStatus, "GRPCRoute", "grpcroutes", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1"], true, NamespaceResourceScope, true;
    TlsRouteSpec, RouteStatus, "TLSRoute", "tlsroutes", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1alpha3", "v1alpha2"], true, NamespaceResourceScope, true;
    TcpRouteSpec, RouteStatus, "TCPRoute", "tcproutes", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1alpha2"], true, NamespaceResourceScope, true;
    UdpRouteSpec, RouteStatus, "UDPRoute", "udproutes", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1alpha2"], true, NamespaceResourceScope, true;
    ReferenceGrantSpec, NoStatus, "ReferenceGrant", "referencegrants", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1beta1"], true, NamespaceResourceScope, false;
    BackendTlsPolicySpec, PolicyStatus, "BackendTLSPolicy", "backendtlspolicies", GATEWAY_GROUP, "gateway.networking.k8s.io/v1", ["v1", "v1alpha3"], true, NamespaceResourceScope, true;
    XBackendSpec, XBackendStatus, "XBackend", "xbackends", GATEWAY_X_GROUP, "gateway.networking.x-k8s.io/v1alpha1", ["v1alpha1"], true, NamespaceResourceScope, true;
    XBackendTrafficPolicySpec, PolicyStatus, "XBackendTrafficPolicy", "xbackendtrafficpolicies", GATEWAY_X_GROUP, "gateway.networking.x-k8s.io/v1alpha1", ["v1alpha1"], true, NamespaceResourceScope, true;
    XMeshSpec, XMeshStatus, "XMesh", "xmeshes", GATEWAY_X_GROUP, "gateway.networking.x-k8s.io/v1alpha1", ["v1alpha1"], false, ClusterResourceScope, true;
    ServiceImportSpec, NoStatus, "ServiceImport", "serviceimports", MULTICLUSTER_GROUP, "multicluster.x-k8s.io/v1alpha1", ["v1alpha1", "v1beta1"], true, NamespaceResourceScope, false;
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_api_version_is_group_and_version() {
        for (group, version, api_version) in super::API_VERSIONS {
            assert_eq!(format!("{group}/{version}"), *api_version);
        }
    }
}
