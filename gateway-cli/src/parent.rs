//! The Gateways, and in a mesh the Services, that requests are sent to.

use std::collections::HashMap;
use std::fmt;

use gateway_match::{GatewayNode, Router, ServiceNode, Topology};
use gateway_model::{Gateway, GatewayClass, ListenerProtocol, ObjectKey, ResourceKind, Resources};

use crate::request::{Destination, Protocol, Request, Scheme};

/// The parents that requests were sent to so far, each with the router that was built for it once.
pub(crate) struct Parents<'a> {
    resources: &'a Resources,
    topology: &'a Topology,
    /// The namespace of a name without one.
    namespace: &'a str,
    known: HashMap<Destination, Parent<'a>>,
}

/// A Gateway of ours, or a Service as clients of a namespace meet it.
pub(crate) struct Parent<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) router: Router,
}

/// What a parent is.
#[derive(Clone, Copy)]
pub(crate) enum Node<'a> {
    Gateway(&'a GatewayNode),
    Service(&'a ServiceNode),
}

impl<'a> Node<'a> {
    pub(crate) fn key(self) -> &'a ObjectKey {
        match self {
            Node::Gateway(gateway) => gateway.key(),
            Node::Service(service) => service.key(),
        }
    }

    pub(crate) fn gateway(self) -> Option<&'a GatewayNode> {
        match self {
            Node::Gateway(gateway) => Some(gateway),
            Node::Service(_) => None,
        }
    }
}

/// Why a request reaches no parent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParentError {
    #[error("`gateway` is missing")]
    Missing,
    #[error("`{name}` is no `namespace/name` of a {kind}")]
    Malformed { kind: ResourceKind, name: String },
    #[error("{key} does not exist{there_are}")]
    Unknown { key: ObjectKey, there_are: ThereAre },
    #[error("{key} has no address of its own that a client could dial")]
    NotDialled { key: ObjectKey },
    #[error("{key} is not ours: its class `{class}` {problem}")]
    Foreign { key: ObjectKey, class: String, problem: String },
    #[error("{key} has no {place} that serves {protocol}: `port` must say which port is meant")]
    NoPort { key: ObjectKey, place: &'static str, protocol: &'static str },
    #[error("{key} serves {protocol} on more than one port ({}): `port` must say which is meant", list(ports))]
    AmbiguousPort { key: ObjectKey, protocol: &'static str, ports: Vec<u16> },
}

/// The kind, and those of it that might have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThereAre(ResourceKind, Vec<String>);

impl fmt::Display for ThereAre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        match self.1.as_slice() {
            [] => write!(f, "; the input has no {}", self.0),
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

    /// The parent that a request is sent to.
    pub(crate) fn find(&mut self, to: &Destination) -> Result<&Parent<'a>, ParentError> {
        // Looked up first, so that a known name is not copied for every request.
        if !self.known.contains_key(to) {
            let parent = self.build(to)?;
            self.known.insert(to.clone(), parent);
        }
        self.known.get(to).ok_or(ParentError::Missing)
    }

    fn build(&self, to: &Destination) -> Result<Parent<'a>, ParentError> {
        match to {
            Destination::Gateway(None) => Err(ParentError::Missing),
            Destination::Gateway(Some(name)) => self.gateway(self.key(ResourceKind::Gateway, name)?),
            Destination::Service { name, from } => {
                self.service(self.key(ResourceKind::Service, name)?, from.as_deref())
            }
        }
    }

    fn gateway(&self, key: ObjectKey) -> Result<Parent<'a>, ParentError> {
        match (self.topology.gateway(&key), self.topology.router(&key)) {
            (Some(node), Some(router)) => Ok(Parent { node: Node::Gateway(node), router }),
            _ => Err(self.absence(key)),
        }
    }

    fn service(&self, key: ObjectKey, from: Option<&str>) -> Result<Parent<'a>, ParentError> {
        let from = from.unwrap_or(&key.namespace);
        if let (Some(node), Some(router)) = (self.topology.service(&key), self.topology.mesh_router(&key, from)) {
            return Ok(Parent { node: Node::Service(node), router });
        }
        if self.resources.contains(&key) {
            return Err(ParentError::NotDialled { key });
        }
        let there_are = self.topology.services().map(|node| slash_name(node.key())).collect();
        Err(ParentError::Unknown { key, there_are: ThereAre(ResourceKind::Service, there_are) })
    }

    fn key(&self, kind: ResourceKind, name: &str) -> Result<ObjectKey, ParentError> {
        let (namespace, object) = name.split_once('/').unwrap_or((self.namespace, name));
        if namespace.is_empty() || object.is_empty() || object.contains('/') {
            return Err(ParentError::Malformed { kind, name: name.to_owned() });
        }
        Ok(ObjectKey::new(kind, namespace, object))
    }

    /// Why a Gateway is not among ours.
    fn absence(&self, key: ObjectKey) -> ParentError {
        let Some(gateway) = self.resources.get::<Gateway>(&key.namespace, &key.name) else {
            let there_are = self.topology.gateways().map(|node| slash_name(node.key())).collect();
            return ParentError::Unknown { key, there_are: ThereAre(ResourceKind::Gateway, there_are) };
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
    /// The port that a request is sent to: its own, else the only one that serves its protocol, else
    /// the one that is usual, if it was left out where that is usual (`usual`).
    pub(crate) fn port(&self, request: &Request, usual: Option<u16>) -> Result<u16, ParentError> {
        if let Some(port) = request.port {
            return Ok(port);
        }
        let serving = self.ports(request, true);
        // What only listeners in conflict are for is refused there, rather than unknown.
        let ports = if serving.is_empty() { self.ports(request, false) } else { serving };
        let protocol = match request.protocol {
            Protocol::Http | Protocol::Grpc => request.scheme.as_str(),
            other => other.as_str(),
        };
        let key = self.node.key().clone();
        match ports.as_slice() {
            [] => {
                let place = if self.node.gateway().is_some() { "listener" } else { "port" };
                usual.ok_or(ParentError::NoPort { key, place, protocol })
            }
            [port] => Ok(*port),
            several => match usual.filter(|usual| several.contains(usual)) {
                Some(port) => Ok(port),
                None => Err(ParentError::AmbiguousPort { key, protocol, ports }),
            },
        }
    }

    /// The ports that serve a request's protocol, each once, in order.
    fn ports(&self, request: &Request, serving: bool) -> Vec<u16> {
        let mut ports: Vec<u16> = match self.node {
            Node::Gateway(gateway) => gateway
                .listeners()
                .iter()
                .filter(|listener| speaks(listener.protocol(), request))
                .filter(|listener| !serving || listener.serves().is_some())
                .filter_map(|listener| u16::try_from(listener.port()).ok())
                .collect(),
            Node::Service(service) => {
                let udp = request.protocol == Protocol::Udp;
                service.ports().iter().filter(|port| port.udp == udp).map(|port| port.number).collect()
            }
        };
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// Whether a listener is for what a client speaks.
fn speaks(protocol: &ListenerProtocol, request: &Request) -> bool {
    use ListenerProtocol::{Http, Https, Tcp, Tls, Udp};
    match (request.protocol, request.scheme) {
        (Protocol::Http | Protocol::Grpc, Scheme::Http) => *protocol == Http,
        (Protocol::Http | Protocol::Grpc, Scheme::Https) => matches!(protocol, Https | Tls),
        (Protocol::Tls, _) => *protocol == Tls,
        (Protocol::Tcp, _) => *protocol == Tcp,
        (Protocol::Udp, _) => *protocol == Udp,
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
