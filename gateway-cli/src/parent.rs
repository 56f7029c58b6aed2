//! The Gateways that requests are sent to.

use std::collections::HashMap;
use std::fmt;

use gateway_match::{GatewayNode, Router, Topology};
use gateway_model::{Gateway, GatewayClass, ListenerProtocol, ObjectKey, ResourceKind, Resources};

use crate::request::{Request, Scheme};

/// The Gateways that requests were sent to so far, each with the router that was built for it once.
pub(crate) struct Parents<'a> {
    resources: &'a Resources,
    topology: &'a Topology,
    /// The namespace of a name without one.
    namespace: &'a str,
    known: HashMap<String, Parent<'a>>,
}

/// A Gateway of ours.
pub(crate) struct Parent<'a> {
    pub(crate) node: &'a GatewayNode,
    pub(crate) router: Router,
    /// Whether it judges its clients' certificates on some port.
    asks_certificates: bool,
}

/// Why a request reaches no Gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParentError {
    #[error("`gateway` is missing")]
    Missing,
    #[error("`{0}` is no `namespace/name` of a Gateway")]
    Malformed(String),
    #[error("{key} does not exist{there_are}")]
    Unknown { key: ObjectKey, there_are: ThereAre },
    #[error("{key} is not ours: its class `{class}` {problem}")]
    Foreign { key: ObjectKey, class: String, problem: String },
    #[error("{key} has no listener that serves {scheme}: `port` must say which port is meant")]
    NoPort { key: ObjectKey, scheme: &'static str },
    #[error("{key} serves {scheme} on more than one port ({}): `port` must say which is meant", list(ports))]
    AmbiguousPort { key: ObjectKey, scheme: &'static str, ports: Vec<u16> },
    #[error("{key} judges its clients' certificates, which is not supported yet")]
    ClientCertificates { key: ObjectKey },
}

/// The Gateways that might have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThereAre(Vec<String>);

impl fmt::Display for ThereAre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        match self.0.as_slice() {
            [] => f.write_str("; the input has no Gateway"),
            names => {
                let more = if names.len() > SHOWN { ", ..." } else { "" };
                let names: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
                write!(f, "; the input has {}{more}", names.join(", "))
            }
        }
    }
}

impl<'a> Parents<'a> {
    pub(crate) fn new(resources: &'a Resources, topology: &'a Topology, namespace: &'a str) -> Self {
        Parents { resources, topology, namespace, known: HashMap::new() }
    }

    /// The Gateway of that name.
    pub(crate) fn find(&mut self, name: &str) -> Result<&Parent<'a>, ParentError> {
        // Looked up first, so that a known name is not copied for every request.
        if !self.known.contains_key(name) {
            let parent = self.build(name)?;
            self.known.insert(name.to_owned(), parent);
        }
        self.known.get(name).ok_or(ParentError::Missing)
    }

    fn build(&self, name: &str) -> Result<Parent<'a>, ParentError> {
        let key = self.key(name)?;
        let (Some(node), Some(router)) = (self.topology.gateway(&key), self.topology.router(&key)) else {
            return Err(self.absence(key));
        };
        let gateway = self.resources.get::<Gateway>(&key.namespace, &key.name);
        let frontend = gateway.and_then(|gateway| gateway.spec.tls.as_ref()?.frontend.as_ref());
        let asks_certificates = frontend.is_some_and(|frontend| {
            frontend.default.validation.is_some() || frontend.per_port.iter().any(|port| port.tls.validation.is_some())
        });
        Ok(Parent { node, router, asks_certificates })
    }

    fn key(&self, name: &str) -> Result<ObjectKey, ParentError> {
        let (namespace, gateway) = name.split_once('/').unwrap_or((self.namespace, name));
        if namespace.is_empty() || gateway.is_empty() || gateway.contains('/') {
            return Err(ParentError::Malformed(name.to_owned()));
        }
        Ok(ObjectKey::new(ResourceKind::Gateway, namespace, gateway))
    }

    /// Why a Gateway is not among ours.
    fn absence(&self, key: ObjectKey) -> ParentError {
        let Some(gateway) = self.resources.get::<Gateway>(&key.namespace, &key.name) else {
            let there_are = self.topology.gateways().map(|node| slash_name(node.key())).collect();
            return ParentError::Unknown { key, there_are: ThereAre(there_are) };
        };
        let class = gateway.spec.gateway_class_name.clone();
        let problem = match self.resources.get::<GatewayClass>("", &class) {
            Some(found) => format!("is of the controller `{}`", found.spec.controller_name),
            None => "is not in the input".to_owned(),
        };
        ParentError::Foreign { key, class, problem }
    }
}

impl Parent<'_> {
    /// The port that a request is sent to: its own, else the only one that serves its scheme, else
    /// the one that is usual, if it was left out where that is usual (`usual`).
    pub(crate) fn port(&self, request: &Request, usual: Option<u16>) -> Result<u16, ParentError> {
        if request.scheme == Scheme::Https && self.asks_certificates {
            return Err(ParentError::ClientCertificates { key: self.node.key().clone() });
        }
        if let Some(port) = request.port {
            return Ok(port);
        }
        let serving = self.ports(request.scheme, true);
        // What only listeners in conflict are for is refused there, rather than unknown.
        let ports = if serving.is_empty() { self.ports(request.scheme, false) } else { serving };
        let (key, scheme) = (self.node.key().clone(), request.scheme.as_str());
        match ports.as_slice() {
            [] => usual.ok_or(ParentError::NoPort { key, scheme }),
            [port] => Ok(*port),
            several => match usual.filter(|usual| several.contains(usual)) {
                Some(port) => Ok(port),
                None => Err(ParentError::AmbiguousPort { key, scheme, ports }),
            },
        }
    }

    /// The ports of the listeners for a scheme, each once, in order.
    fn ports(&self, scheme: Scheme, serving: bool) -> Vec<u16> {
        let listeners = self.node.listeners().iter().filter(|listener| match scheme {
            Scheme::Http => *listener.protocol() == ListenerProtocol::Http,
            Scheme::Https => matches!(listener.protocol(), ListenerProtocol::Https | ListenerProtocol::Tls),
        });
        let mut ports: Vec<u16> = listeners
            .filter(|listener| !serving || listener.serves().is_some())
            .filter_map(|listener| u16::try_from(listener.port()).ok())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// `namespace/name`.
pub(crate) fn slash_name(key: &ObjectKey) -> String {
    format!("{}/{}", key.namespace, key.name)
}

fn list(ports: &[u16]) -> String {
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    ports.join(", ")
}
