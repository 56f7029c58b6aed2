//! Listeners of a router: where connections arrive, and what is spoken there.

use std::fmt;
use std::sync::Arc;

use gateway_model::{FrontendValidationMode, Hostname, ListenerProtocol, ObjectKey, TlsMode};

use crate::route::BackendName;

/// A listener of a router, or the port of a Service whose clients it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerInfo {
    pub(super) definition: ListenerDefinition,
}

impl ListenerInfo {
    /// Its name, unique in its Gateway or ListenerSet; of a Service's port its name or number.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The Gateway, ListenerSet or Service that it is of, if the builder was told.
    pub fn parent(&self) -> Option<&ObjectKey> {
        self.definition.parent.as_ref()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.definition.port
    }

    /// What clients speak. Of a Service's port: TCP or UDP.
    pub fn protocol(&self) -> &ListenerProtocol {
        &self.definition.protocol
    }

    /// The host that it takes; `None` takes every host.
    pub fn hostname(&self) -> Option<&Hostname> {
        self.definition.hostname.as_ref()
    }

    /// Who ends a client's TLS connection; `None` where clients speak no TLS.
    /// spec: `ListenerTLSConfig.mode`.
    pub fn tls_mode(&self) -> Option<&TlsMode> {
        let speaks_tls = matches!(self.definition.protocol, ListenerProtocol::Https | ListenerProtocol::Tls);
        speaks_tls.then_some(&self.definition.tls_mode)
    }

    /// The Secrets with the certificates that the Gateway may show there, where it ends TLS.
    /// spec: `ListenerTLSConfig.certificateRefs`. Those of the [listener of a
    /// connection](crate::Router::listener_for) are for its SNI.
    pub fn certificates(&self) -> &[ObjectKey] {
        &self.definition.certificates
    }

    /// How the certificates of clients are judged, if they are asked for one.
    pub fn client_validation(&self) -> Option<&ClientValidation> {
        self.definition.client_validation.as_ref()
    }

    /// The Service's port that clients dialled, in a mesh.
    pub fn service(&self) -> Option<&BackendName> {
        self.definition.service.as_ref()
    }
}

impl fmt::Display for ListenerInfo {
    /// The parent and the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent() {
            write!(f, "{parent} ")?;
        }
        write!(f, "{} {}", if self.service().is_some() { "port" } else { "listener" }, self.name())
    }
}

/// How the certificates of a listener's clients are judged. spec: `FrontendTLSValidation`, GEP-91.
///
/// ```
/// use gateway_match::{ClientCertificate, ClientValidation};
/// use gateway_model::FrontendValidationMode;
///
/// let mut validation = ClientValidation::default();
/// assert!(!validation.admits(ClientCertificate::Absent));
/// validation.mode = FrontendValidationMode::AllowInsecureFallback;
/// assert!(validation.admits(ClientCertificate::Invalid));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientValidation {
    /// The ConfigMaps with the authorities that can be used.
    pub authorities: Vec<ObjectKey>,
    /// What happens without a valid certificate.
    pub mode: FrontendValidationMode,
}

/// What a client showed in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientCertificate {
    /// No certificate.
    Absent,
    /// One that none of the [authorities](ClientValidation::authorities) vouches for.
    Invalid,
    /// One that one of the authorities vouches for.
    Valid,
}

impl Default for ClientValidation {
    /// No authority, and clients must have a valid certificate: nobody gets in.
    fn default() -> Self {
        ClientValidation { authorities: Vec::new(), mode: FrontendValidationMode::AllowValidOnly }
    }
}

impl ClientValidation {
    /// Whether a client may come in; if not, the handshake fails.
    /// spec: `FrontendTLSValidation.mode`; an unknown mode admits valid certificates only.
    pub fn admits(&self, certificate: ClientCertificate) -> bool {
        certificate == ClientCertificate::Valid || self.mode == FrontendValidationMode::AllowInsecureFallback
    }
}

/// A listener before building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerDefinition {
    pub(super) name: Arc<str>,
    pub(super) parent: Option<ObjectKey>,
    pub(super) port: u16,
    pub(super) protocol: ListenerProtocol,
    pub(super) hostname: Option<Hostname>,
    pub(super) tls_mode: TlsMode,
    pub(super) service: Option<BackendName>,
    pub(super) certificates: Vec<ObjectKey>,
    pub(super) client_validation: Option<ClientValidation>,
}

impl ListenerDefinition {
    /// A listener for plain HTTP and every host.
    pub fn http(name: &str, port: u16) -> Self {
        Self::new(name, port, ListenerProtocol::Http)
    }

    /// A listener for HTTP over TLS and every host.
    pub fn https(name: &str, port: u16) -> Self {
        Self::new(name, port, ListenerProtocol::Https)
    }

    /// A listener for a protocol and every host. TLS is terminated unless told otherwise.
    pub fn new(name: &str, port: u16, protocol: ListenerProtocol) -> Self {
        ListenerDefinition {
            name: name.into(),
            parent: None,
            port,
            protocol,
            hostname: None,
            tls_mode: TlsMode::Terminate,
            service: None,
            certificates: Vec::new(),
            client_validation: None,
        }
    }

    /// A port of a Service that clients in a mesh dial. Whichever routes are attached to it decide
    /// what is looked for in a connection; their hostnames mean nothing there. What no route is for
    /// goes to the Service itself. spec: GEP-1294, route presence, `hostnames` field.
    ///
    /// `protocol` is that of the Service's port, TCP or UDP.
    pub fn service_port(name: &str, service: BackendName, port: u16, protocol: ListenerProtocol) -> Self {
        ListenerDefinition { service: Some(service), ..Self::new(name, port, protocol) }
    }

    /// The host that it takes.
    pub fn hostname(mut self, hostname: Hostname) -> Self {
        self.hostname = Some(hostname);
        self
    }

    /// The Gateway, ListenerSet or Service that it is of.
    pub fn parent(mut self, parent: ObjectKey) -> Self {
        self.parent = Some(parent);
        self
    }

    /// The Secrets with its certificates, in order.
    pub fn certificates(mut self, certificates: Vec<ObjectKey>) -> Self {
        self.certificates = certificates;
        self
    }

    /// How the certificates of clients are judged.
    pub fn client_validation(mut self, validation: ClientValidation) -> Self {
        self.client_validation = Some(validation);
        self
    }

    /// Who ends a client's TLS connection. spec: `ListenerTLSConfig.mode`.
    pub fn tls_mode(mut self, mode: TlsMode) -> Self {
        self.tls_mode = mode;
        self
    }
}

/// A listener of the router that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub(super) usize);
