//! Which kinds there are, in which versions and channels, and what their objects are made of.

use super::constraint::{Channel, Schema};
use crate::gateway::constraints::{GATEWAY, GATEWAY_CLASS, LISTENER_SET};
use crate::grpc_route::constraints::GRPC_ROUTE;
use crate::http_route::constraints::HTTP_ROUTE;
use crate::key::ResourceKind;
use crate::l4_route::constraints::{L4_ROUTE, L4_ROUTE_V1ALPHA2, TLS_ROUTE, TLS_ROUTE_V1ALPHA2};
use crate::policy::constraints::{BACKEND, BACKEND_TLS_POLICY, BACKEND_TRAFFIC_POLICY};
use crate::reference_grant::constraints::REFERENCE_GRANT;
use crate::status::constraints::{
    BACKEND_STATUS, GATEWAY_CLASS_STATUS, GATEWAY_STATUS, LISTENER_SET_STATUS, MESH_STATUS, POLICY_STATUS, ROUTE_STATUS,
};

/// A kind with its versions, the newest first.
#[derive(Debug)]
pub(crate) struct KindTable {
    pub(crate) kind: ResourceKind,
    pub(crate) status: Option<Schema>,
    pub(crate) versions: &'static [Version],
}

/// A version of a kind that some channel serves.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) name: &'static str,
    /// The channels that serve it.
    pub(crate) channels: &'static [Channel],
    /// Whether another version is to be written in its place.
    pub(crate) deprecated: bool,
    pub(crate) spec: Schema,
}

const BOTH: &[Channel] = &Channel::ALL;
const EXPERIMENTAL: &[Channel] = &[Channel::Experimental];

const fn version(name: &'static str, channels: &'static [Channel], spec: Schema) -> Version {
    Version { name, channels, deprecated: false, spec }
}

/// A version that an API server warns of; only one channel still serves them.
const fn deprecated(name: &'static str, spec: Schema) -> Version {
    Version { name, channels: EXPERIMENTAL, deprecated: true, spec }
}

/// All kinds of Gateway API v1.6.1.
pub(crate) static KINDS: &[KindTable] = &[
    KindTable {
        kind: ResourceKind::GatewayClass,
        status: Some(GATEWAY_CLASS_STATUS),
        versions: &[version("v1", BOTH, GATEWAY_CLASS), version("v1beta1", BOTH, GATEWAY_CLASS)],
    },
    KindTable {
        kind: ResourceKind::Gateway,
        status: Some(GATEWAY_STATUS),
        versions: &[version("v1", BOTH, GATEWAY), version("v1beta1", BOTH, GATEWAY)],
    },
    KindTable {
        kind: ResourceKind::ListenerSet,
        status: Some(LISTENER_SET_STATUS),
        versions: &[version("v1", BOTH, LISTENER_SET)],
    },
    KindTable {
        kind: ResourceKind::HttpRoute,
        status: Some(ROUTE_STATUS),
        versions: &[version("v1", BOTH, HTTP_ROUTE), version("v1beta1", BOTH, HTTP_ROUTE)],
    },
    KindTable {
        kind: ResourceKind::GrpcRoute,
        status: Some(ROUTE_STATUS),
        versions: &[version("v1", BOTH, GRPC_ROUTE)],
    },
    KindTable {
        kind: ResourceKind::TlsRoute,
        status: Some(ROUTE_STATUS),
        versions: &[
            version("v1", BOTH, TLS_ROUTE),
            deprecated("v1alpha3", TLS_ROUTE),
            deprecated("v1alpha2", TLS_ROUTE_V1ALPHA2),
        ],
    },
    KindTable {
        kind: ResourceKind::TcpRoute,
        status: Some(ROUTE_STATUS),
        versions: &[version("v1", BOTH, L4_ROUTE), deprecated("v1alpha2", L4_ROUTE_V1ALPHA2)],
    },
    KindTable {
        kind: ResourceKind::UdpRoute,
        status: Some(ROUTE_STATUS),
        versions: &[version("v1", BOTH, L4_ROUTE), deprecated("v1alpha2", L4_ROUTE_V1ALPHA2)],
    },
    KindTable {
        kind: ResourceKind::ReferenceGrant,
        status: None,
        versions: &[version("v1", BOTH, REFERENCE_GRANT), version("v1beta1", BOTH, REFERENCE_GRANT)],
    },
    KindTable {
        kind: ResourceKind::BackendTlsPolicy,
        status: Some(POLICY_STATUS),
        versions: &[version("v1", BOTH, BACKEND_TLS_POLICY), deprecated("v1alpha3", BACKEND_TLS_POLICY)],
    },
    KindTable {
        kind: ResourceKind::XBackend,
        status: Some(BACKEND_STATUS),
        versions: &[version("v1alpha1", EXPERIMENTAL, BACKEND)],
    },
    KindTable {
        kind: ResourceKind::XBackendTrafficPolicy,
        status: Some(POLICY_STATUS),
        versions: &[version("v1alpha1", EXPERIMENTAL, BACKEND_TRAFFIC_POLICY)],
    },
    KindTable {
        kind: ResourceKind::XMesh,
        status: Some(MESH_STATUS),
        versions: &[version("v1alpha1", EXPERIMENTAL, GATEWAY_CLASS)],
    },
];

/// The table of a kind, unless it is none of the Gateway API's.
pub(crate) fn table(kind: ResourceKind) -> Option<&'static KindTable> {
    KINDS.iter().find(|table| table.kind == kind)
}

impl KindTable {
    /// A version, if the channel serves it.
    pub(crate) fn served(&self, version: &str, channel: Channel) -> Option<&'static Version> {
        self.versions.iter().find(|known| known.name == version && known.channels.contains(&channel))
    }
}
