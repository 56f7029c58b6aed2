//! What a client sends, and to whom.

use gateway_match::{ClientCertificate, ClientValidation, Connection, Decision, ListenerInfo, RequestView, Router};
use gateway_model::{Host, ListenerProtocol, ObjectKey, host_of_authority};

use super::{Aspect, Failure};
use crate::replay::cluster::ADDRESS;
use crate::replay::effect::{self, Head};
use crate::replay::expectation::{Call, Protocol, Scheme};

/// The parent that a client dials, and what is known of the certificates that are shown there.
#[derive(Clone, Debug)]
pub struct Front<'a> {
    /// The router of the Gateway, or of the Service for clients of a namespace.
    pub router: Router,
    /// The certificate that the Gateway shows to backends, if it has one.
    pub shown: Option<&'a ObjectKey>,
    /// The ConfigMap, `namespace/name`, of the authority that signed the client's certificate;
    /// `None` for one that nobody else signed, and where the client has none.
    pub authority: Option<&'a str>,
}

impl Front<'_> {
    /// A front where nobody shows a certificate.
    pub fn new(router: Router) -> Self {
        Front { router, shown: None, authority: None }
    }
}

/// What the suite's client sends.
pub(super) struct Sent<'e> {
    call: &'e Call,
    protocol: Protocol,
    host: &'e str,
    method: &'e str,
    path: String,
    headers: Vec<(&'e str, &'e str)>,
    port: u16,
}

impl<'e> Sent<'e> {
    pub(super) fn new(protocol: Protocol, call: &'e Call, router: &Router) -> Result<Self, Failure> {
        let request = &call.request;
        let (method, path) = match protocol {
            Protocol::Grpc => {
                ("POST", format!("/{}/{}", request.service.as_deref().unwrap_or_default(), request.method))
            }
            _ => (request.method.as_str(), request.path.clone()),
        };
        Ok(Sent {
            call,
            protocol,
            host: request.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(ADDRESS),
            method,
            path,
            headers: request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            port: port_of(protocol, call, router)?,
        })
    }

    /// What becomes of it: nothing if its certificate is refused in the handshake.
    pub(super) fn decide<'r>(&self, front: &'r Front<'_>) -> Decision<'r> {
        let (router, connection) = (&front.router, self.connection());
        let listener = router.listener_for(&connection);
        let validation = listener.and_then(ListenerInfo::client_validation);
        if validation.is_some_and(|validation| !validation.admits(self.certificate(validation, front.authority))) {
            return Decision::Rejected { listener };
        }
        match self.protocol {
            Protocol::Http | Protocol::Grpc => router.route(&self.view(), &connection),
            Protocol::Tls | Protocol::Tcp | Protocol::Udp => router.connect(&connection),
        }
    }

    fn certificate(&self, validation: &ClientValidation, authority: Option<&str>) -> ClientCertificate {
        let vouches = |key: &ObjectKey| authority == Some(format!("{}/{}", key.namespace, key.name).as_str());
        match &self.call.request.client_cert {
            None => ClientCertificate::Absent,
            Some(_) if validation.authorities.iter().any(vouches) => ClientCertificate::Valid,
            Some(_) => ClientCertificate::Invalid,
        }
    }

    pub(super) fn view(&self) -> RequestView<'_, Vec<(&'e str, &'e str)>> {
        match self.protocol {
            Protocol::Grpc => RequestView::call(self.host, &self.path, &self.headers),
            _ => RequestView::new(self.method, self.host, &self.path, &self.headers),
        }
    }

    pub(super) fn connection(&self) -> Connection<'_> {
        match (self.protocol, self.call.scheme) {
            (Protocol::Udp, _) => Connection::udp(self.port),
            (Protocol::Tls, _) => Connection::tls(self.port, self.call.sni.as_deref().or(self.named())),
            (Protocol::Http | Protocol::Grpc, Scheme::Https) => Connection::tls(self.port, self.server_name()),
            (Protocol::Tcp, _) | (Protocol::Http | Protocol::Grpc, Scheme::Http) => Connection::plain(self.port),
        }
    }

    pub(super) fn head(&self) -> Result<Head, Failure> {
        effect::head(self.method, self.host, &self.path, &self.headers)
            .map_err(|error| Failure { aspect: Aspect::Decision, reason: error.to_string() })
    }

    /// The SNI: the one given, else the host without its port where that is a name.
    fn server_name(&self) -> Option<&str> {
        self.named().or_else(|| match host_of_authority(self.host) {
            Host::Name(name) => Some(name),
            _ => None,
        })
    }

    fn named(&self) -> Option<&str> {
        self.call.request.sni.as_deref().filter(|sni| !sni.is_empty())
    }
}

/// The port that is given, that of the listener which is named, or the only one for the protocol.
fn port_of(protocol: Protocol, call: &Call, router: &Router) -> Result<u16, Failure> {
    if let Some(port) = call.port {
        return Ok(port);
    }
    let named = call.parent.listener.as_deref();
    let mut ports: Vec<u16> = router
        .listeners()
        .iter()
        .filter(|listener| {
            named.map_or_else(|| serves(listener, protocol, call.scheme), |name| listener.name() == name)
        })
        .map(ListenerInfo::port)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    match ports.as_slice() {
        [port] => Ok(*port),
        _ => {
            Err(Failure { aspect: Aspect::Decision, reason: format!("no port is given, and {ports:?} could be meant") })
        }
    }
}

/// Whether a listener, or the port of a Service, is for what a client speaks.
fn serves(listener: &ListenerInfo, protocol: Protocol, scheme: Scheme) -> bool {
    let of_service = listener.service().is_some();
    let protocols: &[ListenerProtocol] = match (protocol, scheme) {
        (Protocol::Udp, _) => &[ListenerProtocol::Udp],
        _ if of_service => &[ListenerProtocol::Tcp],
        (Protocol::Http | Protocol::Grpc, Scheme::Http) => &[ListenerProtocol::Http],
        (Protocol::Http | Protocol::Grpc, Scheme::Https) => &[ListenerProtocol::Https, ListenerProtocol::Tls],
        (Protocol::Tls, _) => &[ListenerProtocol::Tls],
        (Protocol::Tcp, _) => &[ListenerProtocol::Tcp],
    };
    protocols.contains(listener.protocol())
}
