//! TLSRoute, TCPRoute and UDPRoute, as the wire has them.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use serde::{Deserialize, Serialize};

use crate::hostname::Hostname;
use crate::lenient::Lenient;
use crate::reference::{BackendRef, DefaultGatewayScope, ParentReference};
use crate::wire;

/// The wanted state of a TLSRoute. spec: `TLSRouteSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsRouteSpec {
    /// What the route wants to be attached to.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub parent_refs: Vec<ParentReference>,
    /// Which default Gateways the route is attached to besides (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_default_gateways: Option<DefaultGatewayScope>,
    /// SNIs that the route is for. Versions before `v1` may leave them out, for every SNI.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<Lenient<Hostname>>,
    /// The rule: exactly one.
    #[serde(default, deserialize_with = "wire::list")]
    pub rules: Vec<L4RouteRule>,
}

/// The wanted state of a TCPRoute. spec: `TCPRouteSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TcpRouteSpec {
    /// What the route wants to be attached to.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub parent_refs: Vec<ParentReference>,
    /// Which default Gateways the route is attached to besides (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_default_gateways: Option<DefaultGatewayScope>,
    /// The rule: exactly one.
    #[serde(default, deserialize_with = "wire::list")]
    pub rules: Vec<L4RouteRule>,
}

/// The wanted state of a UDPRoute. spec: `UDPRouteSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UdpRouteSpec {
    /// What the route wants to be attached to.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub parent_refs: Vec<ParentReference>,
    /// Which default Gateways the route is attached to besides (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_default_gateways: Option<DefaultGatewayScope>,
    /// The rule: exactly one.
    #[serde(default, deserialize_with = "wire::list")]
    pub rules: Vec<L4RouteRule>,
}

/// Where the connections or packets go. spec: `TLSRouteRule`, `TCPRouteRule`, `UDPRouteRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L4RouteRule {
    /// Name of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The backends, by weight.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub backend_refs: Vec<BackendRef>,
}
