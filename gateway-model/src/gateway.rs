//! GatewayClass, Gateway and ListenerSet, as the wire has them.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hostname::Hostname;
use crate::lenient::Lenient;
use crate::open_enum::open_enum;
use crate::reference::{
    DefaultGatewayScope, GATEWAY_GROUP, LocalObjectReference, ObjectReference, ParametersReference, RouteGroupKind,
    SecretObjectReference,
};
use crate::selector::LabelSelector;
use crate::wire;

/// The wanted state of a GatewayClass. spec: `GatewayClassSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayClassSpec {
    /// The controller whose class this is, a domain and a path (`example.com/gateway`). Immutable.
    pub controller_name: String,
    /// Where the implementation's own parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_ref: Option<ParametersReference>,
    /// A text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The wanted state of a Gateway. spec: `GatewaySpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewaySpec {
    /// Name of the GatewayClass.
    pub gateway_class_name: String,
    /// The Gateway's own listeners.
    #[serde(default, deserialize_with = "wire::list")]
    pub listeners: Vec<Listener>,
    /// Addresses asked for; empty leaves them to the implementation.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<GatewayAddress>,
    /// What is put on the infrastructure that serves the Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure: Option<GatewayInfrastructure>,
    /// Which ListenerSets may add listeners; absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_listeners: Option<AllowedListeners>,
    /// TLS towards clients and backends, for all listeners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<GatewayTls>,
    /// Whether the Gateway is a default Gateway (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<DefaultGatewayScope>,
}

/// The wanted state of a ListenerSet: listeners that join a Gateway's. spec: `ListenerSetSpec`, GEP-1713.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerSetSpec {
    /// The Gateway.
    pub parent_ref: ParentGatewayReference,
    /// The listeners.
    #[serde(default, deserialize_with = "wire::list")]
    pub listeners: Vec<Listener>,
}

/// The Gateway that a ListenerSet joins. spec: `ParentGatewayReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentGatewayReference {
    /// API group; absent means the Gateway API's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind; absent means `Gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name of the Gateway.
    pub name: String,
    /// Namespace of the Gateway; absent means the ListenerSet's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl ParentGatewayReference {
    /// The group, defaulted.
    pub fn group(&self) -> &str {
        self.group.as_deref().unwrap_or(GATEWAY_GROUP)
    }

    /// The kind, defaulted.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Gateway")
    }

    /// The namespace, given the ListenerSet's.
    pub fn namespace<'a>(&'a self, referrer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(referrer)
    }
}

/// A listener of a Gateway or ListenerSet. spec: `Listener`, `ListenerEntry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Name, unique in its Gateway or ListenerSet.
    pub name: String,
    /// Host that it takes; absent means every host. Not used by TCP and UDP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Lenient<Hostname>>,
    /// Port, 1 to 65535.
    pub port: i32,
    /// What clients speak.
    pub protocol: ListenerProtocol,
    /// TLS towards clients, for HTTPS and TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ListenerTls>,
    /// Which routes may attach; absent means those of the same namespace and the protocol's kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_routes: Option<AllowedRoutes>,
}

open_enum! {
    /// What clients speak on a listener. spec: `Listener.protocol`.
    ///
    /// Implementations may add their own with a domain prefix (`example.com/quic`): those are
    /// [`ListenerProtocol::Unknown`].
    #[derive(Default)]
    pub enum ListenerProtocol {
        /// HTTP in plain text.
        #[default]
        Http = "HTTP",
        /// HTTP over TLS.
        Https = "HTTPS",
        /// TLS, terminated or passed through.
        Tls = "TLS",
        /// TCP.
        Tcp = "TCP",
        /// UDP.
        Udp = "UDP",
    }
}

/// TLS towards clients of one listener. spec: `ListenerTLSConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerTls {
    /// Who ends the TLS connection; absent means the Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<TlsMode>,
    /// The certificates with their keys.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub certificate_refs: Vec<SecretObjectReference>,
    /// Implementation-specific options.
    #[serde(default, deserialize_with = "wire::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

impl ListenerTls {
    /// Who ends the TLS connection, defaulted.
    pub fn mode(&self) -> TlsMode {
        self.mode.clone().unwrap_or(TlsMode::Terminate)
    }
}

open_enum! {
    /// Who ends a client's TLS connection. spec: `ListenerTLSConfig.mode`.
    pub enum TlsMode {
        /// The Gateway.
        Terminate = "Terminate",
        /// The backend.
        Passthrough = "Passthrough",
    }
}

/// Which routes may attach to a listener. spec: `AllowedRoutes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedRoutes {
    /// Of which namespaces; absent means the listener's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<RouteNamespaces>,
    /// Of which kinds; empty means those that the protocol serves.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<RouteGroupKind>,
}

/// Namespaces whose routes, or ListenerSets, may attach. spec: `RouteNamespaces`, `ListenerNamespaces`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteNamespaces {
    /// Which; absent means `Same` for routes and `None` for ListenerSets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<FromNamespaces>,
    /// Labels of the namespaces, for `Selector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

open_enum! {
    /// Which namespaces. spec: `RouteNamespaces.from`, `ListenerNamespaces.from`.
    pub enum FromNamespaces {
        /// Every namespace.
        All = "All",
        /// Namespaces with certain labels.
        Selector = "Selector",
        /// The namespace of the Gateway or ListenerSet.
        Same = "Same",
        /// No namespace.
        None = "None",
    }
}

/// Which ListenerSets may join a Gateway. spec: `AllowedListeners`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedListeners {
    /// Of which namespaces; absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<RouteNamespaces>,
}

/// An address asked for. spec: `GatewaySpecAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayAddress {
    /// What kind of address; absent means an IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<AddressType>,
    /// The address; absent asks for any of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl GatewayAddress {
    /// What kind of address, defaulted.
    pub fn address_type(&self) -> AddressType {
        self.r#type.clone().unwrap_or(AddressType::IpAddress)
    }
}

open_enum! {
    /// Kinds of address. spec: `GatewaySpecAddress.type`, `GatewayStatusAddress.type`.
    pub enum AddressType {
        /// An IPv4 or IPv6 address.
        IpAddress = "IPAddress",
        /// A DNS name.
        Hostname = "Hostname",
        /// A named address that the implementation knows; deprecated upstream.
        NamedAddress = "NamedAddress",
    }
}

/// What is put on the infrastructure that serves a Gateway. spec: `GatewayInfrastructure`, GEP-1867.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayInfrastructure {
    /// Labels for everything made for the Gateway.
    #[serde(default, deserialize_with = "wire::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations for everything made for the Gateway.
    #[serde(default, deserialize_with = "wire::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Where the implementation's own parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_ref: Option<LocalObjectReference>,
}

/// TLS of a Gateway towards clients and backends. spec: `GatewayTLSConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayTls {
    /// Towards backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<GatewayBackendTls>,
    /// Towards clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontend: Option<FrontendTls>,
}

/// TLS of a Gateway towards backends. spec: `GatewayBackendTLS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayBackendTls {
    /// The certificate that the Gateway shows to backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_ref: Option<SecretObjectReference>,
}

/// How a Gateway judges clients' certificates. spec: `FrontendTLSConfig`, GEP-91.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTls {
    /// For every HTTPS port without an entry of its own.
    pub default: FrontendTlsConfig,
    /// For single ports.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub per_port: Vec<FrontendTlsPort>,
}

/// How clients' certificates are judged on one port. spec: `TLSPortConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTlsPort {
    /// The port, 1 to 65535.
    pub port: i32,
    /// How they are judged there.
    pub tls: FrontendTlsConfig,
}

/// How clients' certificates are judged. spec: `TLSConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTlsConfig {
    /// Against what; absent means that none is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<FrontendTlsValidation>,
}

/// What clients' certificates are judged against. spec: `FrontendTLSValidation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTlsValidation {
    /// CA certificates (ConfigMaps with a `ca.crt`), at least one.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub ca_certificate_refs: Vec<ObjectReference>,
    /// What happens without a valid certificate; absent means that the connection is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<FrontendValidationMode>,
}

impl FrontendTlsValidation {
    /// What happens without a valid certificate, defaulted.
    pub fn mode(&self) -> FrontendValidationMode {
        self.mode.clone().unwrap_or(FrontendValidationMode::AllowValidOnly)
    }
}

open_enum! {
    /// What happens to a client without a valid certificate. spec: `FrontendTLSValidation.mode`.
    pub enum FrontendValidationMode {
        /// The connection is refused.
        AllowValidOnly = "AllowValidOnly",
        /// The connection is served all the same.
        AllowInsecureFallback = "AllowInsecureFallback",
    }
}
