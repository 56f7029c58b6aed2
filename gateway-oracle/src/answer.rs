//! What the oracle answers.

use std::fmt;

use gateway_model::TlsMode;

use crate::mesh::ServicePort;

/// Kind, namespace and name of an object; the field order is not the specification's order of routes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The kind, as documents have it: `HTTPRoute`, `Gateway`, `ListenerSet`, `Service`.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// The name of an object of any kind.
    pub fn new(kind: &'static str, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        ObjectName { kind, namespace: namespace.into(), name: name.into() }
    }

    /// The name of an HTTPRoute.
    pub fn http_route(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        ObjectName::new("HTTPRoute", namespace, name)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// A listener: the Gateway or ListenerSet that has it, and its name there. As an attachment in a mesh, a port of a
/// Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerName {
    /// The Gateway or ListenerSet, or the Service.
    pub source: ObjectName,
    /// The listener's name in it, or the number and transport of the Service's port: `80/TCP`.
    pub name: String,
}

impl fmt::Display for ListenerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} listener {}", self.source, self.name)
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// At least one backend can take it; [`Answer::backends`] has the shares.
    Forward,
    /// Every such request is answered with this status code.
    Respond(u16),
    /// Every such request is answered with this status of gRPC. The status code of HTTP is 200 then.
    RespondGrpc(GrpcStatus),
    /// Connections are refused or reset, packets are dropped: nobody listens there, no listener takes it, or no
    /// backend can.
    Reject,
}

/// A status of gRPC that a gateway answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrpcStatus {
    /// `UNIMPLEMENTED`: no match takes the request.
    Unimplemented,
    /// `UNAVAILABLE`: no backend can take it.
    Unavailable,
}

impl GrpcStatus {
    /// The status as gRPC names it.
    pub fn as_str(self) -> &'static str {
        match self {
            GrpcStatus::Unimplemented => "UNIMPLEMENTED",
            GrpcStatus::Unavailable => "UNAVAILABLE",
        }
    }
}

/// The answer to a request, with how it came about.
///
/// Fields are empty when the decision fell before they were known: a 404 of a listener has the listener and no
/// route; a 404 because no listener takes the host has neither. In a mesh there is no listener, and what is forwarded
/// without a route goes to the Service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What happens.
    pub outcome: Outcome,
    /// The listener that took the request; when the server name of the connection chose one and the request went
    /// astray (404, 421), the one chosen by the server name.
    pub listener: Option<ListenerName>,
    /// Who ends the client's TLS connection, if a TLS listener took it.
    pub tls_mode: Option<TlsMode>,
    /// The route that won.
    pub route: Option<ObjectName>,
    /// The position of the winning rule in the route, from 0, as written.
    pub rule: Option<usize>,
    /// The position of the winning match in the rule, from 0; 0 for a rule without matches.
    pub item: Option<usize>,
    /// The effective hostname by which the route took the host; `None` also when neither the listener nor the
    /// route names one.
    pub hostname: Option<String>,
    /// The backends of the winning rule in its order.
    pub backends: Vec<BackendShare>,
}

impl Answer {
    pub(crate) fn early(outcome: Outcome, listener: Option<&ListenerName>) -> Self {
        Answer {
            outcome,
            listener: listener.cloned(),
            tls_mode: None,
            route: None,
            rule: None,
            item: None,
            hostname: None,
            backends: Vec::new(),
        }
    }

    /// To a Service whose routes do not concern the request, as if there were no mesh.
    pub(crate) fn passed_on(port: &ServicePort) -> Self {
        let service = BackendShare {
            namespace: port.service.namespace.clone(),
            name: port.service.name.clone(),
            kind: "Service".to_owned(),
            group: String::new(),
            port: Some(port.number),
            weight: 1,
            problem: None,
            // Nothing is done about a Service without endpoints either.
            ready: true,
        };
        Answer { backends: vec![service], ..Answer::early(Outcome::Forward, None) }
    }
}

/// A backend of the winning rule, with its share and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendShare {
    /// The namespace, defaulted to the route's.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The kind, defaulted.
    pub kind: String,
    /// The API group, defaulted; the core group is the empty string.
    pub group: String,
    /// The port, if the reference has one.
    pub port: Option<i32>,
    /// The weight, defaulted. A share is the weight over the sum of weights, invalid backends included.
    pub weight: u32,
    /// Why the reference is invalid, if it is: `InvalidKind`, `RefNotPermitted`, `BackendNotFound` or
    /// `UnsupportedProtocol`.
    pub problem: Option<&'static str>,
    /// Whether the reference is valid and there is an endpoint that takes requests, as far as is known. For TLS, TCP and
    /// UDP a backend that is not ready is as bad as an invalid one.
    pub ready: bool,
}
