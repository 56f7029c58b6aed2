//! Listeners of a router: where connections arrive, and what is spoken there.

use std::fmt;
use std::sync::Arc;

use gateway_model::{Hostname, ListenerProtocol, ObjectKey, TlsMode};

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

    /// Who ends a client's TLS connection. spec: `ListenerTLSConfig.mode`.
    pub fn tls_mode(mut self, mode: TlsMode) -> Self {
        self.tls_mode = mode;
        self
    }
}

/// A listener of the router that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub(super) usize);
