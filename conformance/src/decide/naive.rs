//! The oracle, `gateway-oracle`: everything filtered, sorted, the first taken.

use std::sync::Arc;

use gateway_match::OptionError;
use gateway_model::{ObjectKey, Resources};
use gateway_oracle as oracle;
use gateway_oracle::Oracle;

use super::{
    BackendShare, Choice, Decide, HttpVersion, ListenerName, Outcome, PlainRequest, Protocol, Scheme, Taken, profile,
};

/// The oracle's answers for one Gateway.
#[derive(Clone)]
pub struct Naive {
    oracle: Arc<Oracle>,
    gateway: (String, String),
}

impl Naive {
    /// The oracle for a Gateway. One that does not exist refuses every connection.
    ///
    /// # Errors
    ///
    /// An option or a value that does not exist.
    pub fn new(resources: &Resources, gateway: &ObjectKey, options: &[Choice<'_>]) -> Result<Self, OptionError> {
        Ok(Naive::of(Arc::new(Oracle::new(resources, oracle_options(options)?)), gateway))
    }

    /// The same with an oracle that is made already; one serves every Gateway.
    pub fn of(oracle: Arc<Oracle>, gateway: &ObjectKey) -> Self {
        Naive { oracle, gateway: (gateway.namespace.to_string(), gateway.name.to_string()) }
    }
}

impl Decide for Naive {
    fn name(&self) -> &str {
        "oracle"
    }

    fn decide(&self, request: &PlainRequest) -> Outcome {
        let (namespace, name) = &self.gateway;
        let gateway = || oracle::Parent::Gateway { namespace: namespace.clone(), name: name.clone() };
        let service = |(namespace, name, from): (&str, &str, &str)| oracle::Parent::Service {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            from: from.to_owned(),
        };
        let asked = oracle::Request {
            parent: request.dialled().map_or_else(gateway, service),
            port: request.port(),
            protocol: protocol(request.protocol),
            http_version: match request.http_version {
                HttpVersion::Http1 => oracle::HttpVersion::Http1,
                HttpVersion::Http2 => oracle::HttpVersion::Http2,
            },
            tls: request.scheme == Scheme::Https,
            sni: request.server_name().map(str::to_owned),
            method: request.method.clone(),
            authority: request.host.clone(),
            path: request.path.clone(),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect(),
        };
        outcome(self.oracle.decide(&asked))
    }
}

fn protocol(protocol: Protocol) -> oracle::Protocol {
    match protocol {
        Protocol::Http => oracle::Protocol::Http,
        Protocol::Grpc => oracle::Protocol::Grpc,
        Protocol::Tls => oracle::Protocol::Tls,
        Protocol::Tcp => oracle::Protocol::Tcp,
        Protocol::Udp => oracle::Protocol::Udp,
    }
}

/// The oracle's form of options. The engine judges whether they exist; those that the oracle does
/// not have, because it does not look at filters, are passed over.
///
/// # Errors
///
/// An option or a value that does not exist.
pub fn oracle_options(choices: &[Choice<'_>]) -> Result<oracle::Options, OptionError> {
    profile(choices)?;
    let mut options = oracle::Options::default();
    for (name, value) in choices.iter().filter(|(name, _)| is_about_routing(name)) {
        options.set(name, value).map_err(|_| OptionError::UnknownName { name: format!("{name}={value}") })?;
    }
    Ok(options)
}

/// Whether an option changes which match takes a request, or what is answered without a backend:
/// whether the oracle has it.
pub fn is_about_routing(name: &str) -> bool {
    oracle::Options::TABLE.iter().any(|(known, _)| *known == name)
}

fn outcome(answer: oracle::Answer) -> Outcome {
    let oracle::Answer { outcome, listener, tls_mode, route, rule, item, hostname, backends } = answer;
    let listener = listener.map(|listener| ListenerName { source: listener.source.to_string(), name: listener.name });
    let mut backends: Vec<BackendShare> = backends.into_iter().map(share).collect();
    let taken = route.zip(rule).zip(item).map(|((route, rule), item)| Taken {
        route: route_name(&route),
        rule,
        item,
        hostname,
        backends: std::mem::take(&mut backends),
    });
    let tls_mode = tls_mode.map(|mode| mode.as_str().to_owned());
    let outcome = match (outcome, taken) {
        (oracle::Outcome::Forward, Some(taken)) => Outcome::forward(listener, taken),
        (oracle::Outcome::Forward, None) => backends.pop().map_or(Outcome::reject(None, None), Outcome::pass_on),
        (oracle::Outcome::Respond(status), taken) => Outcome::respond(status, listener, taken),
        (oracle::Outcome::RespondGrpc(status), taken) => Outcome::respond_grpc(status.as_str(), listener, taken),
        (oracle::Outcome::Reject, taken) => Outcome::reject(listener, taken),
    };
    Outcome { tls_mode, ..outcome }
}

fn route_name(route: &oracle::ObjectName) -> String {
    let kind = if route.kind == "HTTPRoute" { String::new() } else { format!("{} ", route.kind) };
    format!("{kind}{}/{}", route.namespace, route.name)
}

fn share(backend: oracle::BackendShare) -> BackendShare {
    let kind = if backend.kind == "Service" { String::new() } else { format!("{} ", backend.kind) };
    // A number that is no port is none.
    let port = backend.port.filter(|port| (1..=65_535).contains(port)).map(|port| format!(":{port}"));
    BackendShare {
        name: format!("{kind}{}/{}{}", backend.namespace, backend.name, port.unwrap_or_default()),
        weight: backend.weight,
        reason: match (backend.problem, backend.ready) {
            (Some(problem), _) => Some(problem.to_owned()),
            (None, false) => Some("NoEndpoints".to_owned()),
            (None, true) => None,
        },
    }
}
