//! BackendTLSPolicy, XBackendTrafficPolicy, XBackend and XMesh, as the wire has them.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::duration::Duration;
use crate::hostname::Hostname;
use crate::http_route::SessionPersistence;
use crate::lenient::Lenient;
use crate::open_enum::open_enum;
use crate::reference::{LocalObjectReference, ParametersReference, PolicyTargetReference, SecretObjectReference};
use crate::wire;

/// The wanted state of a BackendTLSPolicy: TLS from the Gateway to a backend.
/// spec: `BackendTLSPolicySpec`, GEP-1897.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendTlsPolicySpec {
    /// The backends, in the policy's own namespace.
    #[serde(default, deserialize_with = "wire::list")]
    pub target_refs: Vec<PolicyTargetReference>,
    /// How their certificates are judged.
    pub validation: BackendTlsValidation,
    /// Implementation-specific options.
    #[serde(default, deserialize_with = "wire::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// How a backend's certificate is judged. spec: `BackendTLSPolicyValidation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendTlsValidation {
    /// CA certificates (ConfigMaps with a `ca.crt`) in the policy's own namespace.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub ca_certificate_refs: Vec<LocalObjectReference>,
    /// A set of CA certificates that the implementation has. Either this or the references.
    #[serde(rename = "wellKnownCACertificates", skip_serializing_if = "Option::is_none")]
    pub well_known_ca_certificates: Option<WellKnownCaCertificates>,
    /// The SNI; also the name in the certificate unless `subjectAltNames` says otherwise.
    pub hostname: Lenient<Hostname>,
    /// Names of which the certificate must have one, in place of `hostname`.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub subject_alt_names: Vec<SubjectAltName>,
}

open_enum! {
    /// Sets of CA certificates that implementations have.
    /// spec: `BackendTLSPolicyValidation.wellKnownCACertificates`.
    pub enum WellKnownCaCertificates {
        /// The system's.
        System = "System",
    }
}

/// A name in a certificate. spec: `SubjectAltName`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectAltName {
    /// What kind of name.
    pub r#type: SubjectAltNameType,
    /// A DNS name, perhaps with a wildcard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Lenient<Hostname>>,
    /// An absolute URI, as SPIFFE has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

open_enum! {
    /// Kinds of name in a certificate. spec: `SubjectAltName.type`.
    #[derive(Default)]
    pub enum SubjectAltNameType {
        /// A DNS name.
        #[default]
        Hostname = "Hostname",
        /// A URI.
        Uri = "URI",
    }
}

/// The wanted state of an XBackendTrafficPolicy (experimental). spec: `BackendTrafficPolicySpec`, GEP-3388.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XBackendTrafficPolicySpec {
    /// The backends, in the policy's own namespace.
    #[serde(default, deserialize_with = "wire::list")]
    pub target_refs: Vec<PolicyTargetReference>,
    /// How many of the requests to the backend may be retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_constraint: Option<RetryConstraint>,
    /// How requests of a session stay with one endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_persistence: Option<SessionPersistence>,
}

/// How many requests may be retries. spec: `RetryConstraint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConstraint {
    /// The share of retries; absent means 20 percent over ten seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudget>,
    /// Retries that are always allowed; absent means ten a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_retry_rate: Option<RequestRate>,
}

/// A share of retries over an interval. spec: `BudgetDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryBudget {
    /// Percent, 0 to 100; absent means 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<i64>,
    /// Over which time; absent means ten seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Lenient<Duration>>,
}

/// A number of requests in an interval. spec: `RequestRate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRate {
    /// How many, 1 to 1,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// In which time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Lenient<Duration>>,
}

/// The wanted state of an XBackend (experimental): a destination that is no Service.
/// spec: `BackendSpec`, GEP-4894.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XBackendSpec {
    /// What kind of destination.
    pub r#type: XBackendType,
    /// The destination's port.
    pub port: XBackendPort,
    /// What it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<XBackendProtocol>,
    /// A host outside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_hostname: Option<ExternalHostname>,
    /// TLS towards it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<XBackendTls>,
}

open_enum! {
    /// Kinds of destination. spec: `BackendSpec.type`.
    #[derive(Default)]
    pub enum XBackendType {
        /// A DNS name outside the cluster.
        #[default]
        ExternalHostname = "ExternalHostname",
    }
}

/// The port of an XBackend. spec: `BackendPort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XBackendPort {
    /// Name of the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of the port, 1 to 65535.
    pub port: i32,
}

open_enum! {
    /// What an XBackend speaks. spec: `BackendSpec.protocol`.
    pub enum XBackendProtocol {
        /// Bytes.
        Tcp = "TCP",
        /// HTTP, whichever version.
        Http = "HTTP",
        /// HTTP/2 over TLS.
        Http2 = "HTTP2",
        /// HTTP/1.1.
        Http11 = "HTTP11",
        /// HTTP/2 in plain text.
        H2c = "H2C",
        /// Model Context Protocol.
        Mcp = "MCP",
    }
}

/// A host outside the cluster. spec: `ExternalHostnameBackend`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalHostname {
    /// The DNS name.
    pub hostname: String,
}

/// TLS towards an XBackend. spec: `BackendTLS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XBackendTls {
    /// Which side shows a certificate.
    pub mode: XBackendTlsMode,
    /// The certificate that the Gateway shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_ref: Option<SecretObjectReference>,
    /// How the backend's certificate is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<BackendTlsValidation>,
}

open_enum! {
    /// Which side of a TLS connection to an XBackend shows a certificate. spec: `BackendTLS.mode`.
    #[derive(Default)]
    pub enum XBackendTlsMode {
        /// No TLS.
        #[default]
        None = "None",
        /// The backend.
        ServerOnly = "ServerOnly",
        /// Both.
        ClientAndServer = "ClientAndServer",
    }
}

/// The wanted state of an XMesh (experimental). spec: `MeshSpec`, GEP-3949.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XMeshSpec {
    /// The controller whose mesh this is, a domain and a path. Immutable.
    pub controller_name: String,
    /// Where the implementation's own parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_ref: Option<ParametersReference>,
    /// A text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
