//! One question, many who answer it: what is done with a request.
//!
//! [`PlainRequest`] and [`Outcome`] are plain data, so that an engine, an oracle and a file of
//! vectors can be compared without knowing each other's types. [`Engine`] is `gateway-match`,
//! [`Naive`] is `gateway-oracle`; anything else that implements [`Decide`] can be put beside them.

use std::fmt;

use gateway_match::{OptionError, Profile};
use gateway_model::{Host, ObjectKey, Resources, host_of_authority};
use serde::{Deserialize, Serialize};

mod engine;
mod naive;

pub use engine::{Engine, Explained, ExplainedStep, connection, view};
pub use naive::{Naive, is_about_routing, oracle_options};

/// Answers requests to one Gateway, and in a mesh those to the Services that they name.
pub trait Decide {
    /// Who answers, for messages.
    fn name(&self) -> &str;

    /// What is done with a request.
    fn decide(&self, request: &PlainRequest) -> Outcome;
}

/// Everybody who answers requests to one Gateway, with the same options.
///
/// # Errors
///
/// An option or a value that does not exist.
pub fn deciders(
    resources: &Resources,
    gateway: &ObjectKey,
    options: &[Choice<'_>],
) -> Result<Vec<Box<dyn Decide>>, OptionError> {
    Ok(vec![
        Box::new(Engine::new(resources, gateway, &profile(options)?)),
        Box::new(Naive::new(resources, gateway, options)?),
    ])
}

/// An option and its value, by the names that `gateway_match::OPTIONS` lists.
pub type Choice<'a> = (&'a str, &'a str);

/// The engine's form of options.
///
/// # Errors
///
/// An option or a value that does not exist.
pub fn profile(options: &[Choice<'_>]) -> Result<Profile, OptionError> {
    let mut profile = Profile::new();
    for (name, value) in options {
        profile.set(name, value)?;
    }
    Ok(profile)
}

/// A request and the connection on which it came, or only a connection, as data.
///
/// ```
/// use gateway_conformance::decide::PlainRequest;
///
/// let request: PlainRequest = serde_json::from_str(r#"{"scheme": "https", "host": "a.example.com:8443"}"#)?;
/// assert_eq!((request.method.as_str(), request.path.as_str(), request.port()), ("GET", "/", 443));
/// assert_eq!(request.server_name(), Some("a.example.com"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlainRequest {
    /// In a mesh, the Service that the client dials, as `namespace/name`; absent means a Gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// In a mesh, the namespace of the client; absent means that of the Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The listener's port, or the Service's; absent means 80, or 443 for https and tls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What is spoken, as far as the client says.
    #[serde(default, skip_serializing_if = "Protocol::is_http")]
    pub protocol: Protocol,
    /// The version of HTTP.
    #[serde(default, skip_serializing_if = "HttpVersion::is_http1")]
    pub http_version: HttpVersion,
    /// Plain text or TLS.
    #[serde(default, skip_serializing_if = "Scheme::is_http")]
    pub scheme: Scheme,
    /// The name in the client's ClientHello. Absent means the host when that is a name; empty means
    /// that there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// The method; absent means GET.
    #[serde(default = "get", skip_serializing_if = "is_get")]
    pub method: String,
    /// The Host header or `:authority`, as it is sent.
    #[serde(default)]
    pub host: String,
    /// The path with its query; absent means `/`.
    #[serde(default = "slash")]
    pub path: String,
    /// The other headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain text.
    #[default]
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    fn is_http(&self) -> bool {
        *self == Scheme::Http
    }
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP. A POST over HTTP/2 with a content type of gRPC is gRPC all the same.
    #[default]
    Http,
    /// gRPC: a POST over HTTP/2, whatever else the request says.
    Grpc,
    /// A TLS connection, whatever is in it.
    Tls,
    /// A TCP connection.
    Tcp,
    /// UDP packets.
    Udp,
}

impl Protocol {
    /// Whether each request is decided by itself, rather than the connection as a whole.
    pub fn has_messages(self) -> bool {
        matches!(self, Protocol::Http | Protocol::Grpc)
    }

    fn is_http(&self) -> bool {
        *self == Protocol::Http
    }
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2.
    #[serde(rename = "2")]
    Http2,
}

impl HttpVersion {
    fn is_http1(&self) -> bool {
        *self == HttpVersion::Http1
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn is_get(method: &str) -> bool {
    method == "GET"
}

fn slash() -> String {
    "/".to_owned()
}

impl PlainRequest {
    /// A GET in plain text to port 80.
    pub fn get(host: impl Into<String>, path: impl Into<String>) -> Self {
        PlainRequest { method: get(), host: host.into(), path: path.into(), ..PlainRequest::default() }
    }

    /// The listener's port, or the Service's, defaulted.
    pub fn port(&self) -> u16 {
        let secure = self.scheme == Scheme::Https || self.protocol == Protocol::Tls;
        self.port.unwrap_or(if secure { 443 } else { 80 })
    }

    /// The name that the client sends in its ClientHello, defaulted; none in plain text.
    pub fn server_name(&self) -> Option<&str> {
        let secure = match self.protocol {
            Protocol::Http | Protocol::Grpc => self.scheme == Scheme::Https,
            Protocol::Tls => true,
            Protocol::Tcp | Protocol::Udp => false,
        };
        match &self.sni {
            _ if !secure => None,
            Some(sni) => Some(sni.as_str()).filter(|sni| !sni.is_empty()),
            None => match host_of_authority(&self.host) {
                Host::Name(name) => Some(name),
                Host::Address(_) | Host::Empty | Host::Invalid => None,
            },
        }
    }

    /// Namespace and name of the Service that the client dials in a mesh, and the namespace of the client.
    pub fn dialled(&self) -> Option<(&str, &str, &str)> {
        let (namespace, name) = self.service.as_deref()?.split_once('/')?;
        Some((namespace, name, self.from.as_deref().unwrap_or(namespace)))
    }

    /// The path without the query, and the query without its `?`. An empty path is `/`.
    pub fn path_and_query(&self) -> (&str, Option<&str>) {
        let (path, query) = match self.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.path.as_str(), None),
        };
        (if path.is_empty() { "/" } else { path }, query)
    }
}

impl fmt::Display for PlainRequest {
    /// `GET http://a.example.com/x port 80, x-env: canary`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme.is_http() { "http" } else { "https" };
        match self.protocol {
            Protocol::Http => write!(f, "{} {scheme}://{}{}", self.method, self.host, self.path)?,
            Protocol::Grpc => write!(f, "gRPC {scheme}://{}{}", self.host, self.path)?,
            Protocol::Tls => f.write_str("TLS")?,
            Protocol::Tcp => f.write_str("TCP")?,
            Protocol::Udp => f.write_str("UDP")?,
        }
        write!(f, " port {}", self.port())?;
        if let Some((namespace, name, from)) = self.dialled() {
            write!(f, " of Service {namespace}/{name} from {from}")?;
        }
        if self.protocol == Protocol::Tls || (self.protocol <= Protocol::Grpc && !self.scheme.is_http()) {
            write!(f, " sni {:?}", self.server_name().unwrap_or(""))?;
        }
        if self.protocol == Protocol::Http && self.http_version == HttpVersion::Http2 {
            f.write_str(" HTTP/2")?;
        }
        self.headers.iter().try_for_each(|(name, value)| write!(f, ", {name}: {value}"))
    }
}

/// What is done with a request, as data.
///
/// Names in place of ids and references, so that outcomes of different deciders can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What is done.
    pub action: Action,
    /// The status that the gateway answers itself, for [`Action::Respond`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The status of gRPC that the gateway answers itself, beside 200 of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc_status: Option<String>,
    /// The listener that the request reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<ListenerName>,
    /// `Terminate` or `Passthrough`, if that is a TLS listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_mode: Option<String>,
    /// The match that took it.
    #[serde(flatten)]
    pub taken: Option<Taken>,
    /// In a mesh, the Service to which it goes because no route concerns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_on: Option<BackendShare>,
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It goes to the backends of a rule, or some share of it does.
    Forward,
    /// The gateway answers itself.
    Respond,
    /// The connection is refused.
    Reject,
}

/// A listener: where it is written, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ListenerName {
    /// `Gateway infra/public` or `ListenerSet shop/extra`.
    pub source: String,
    /// Its name.
    pub name: String,
}

/// The match that took a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Taken {
    /// `{namespace}/{name}` of the route, with the kind before it unless that is HTTPRoute.
    pub route: String,
    /// Position of the rule in the route.
    pub rule: usize,
    /// Position of the match in the rule; 0 for a rule without matches.
    #[serde(rename = "match")]
    pub item: usize,
    /// The effective hostname; `None` is every host.
    pub hostname: Option<String>,
    /// The rule's backends, in order.
    pub backends: Vec<BackendShare>,
}

/// A backend of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BackendShare {
    /// `namespace/name:port`, with the kind before it unless that is Service.
    pub name: String,
    /// Its weight.
    pub weight: u32,
    /// Why requests that it would get are answered by the gateway: the reason of the route's
    /// condition, or `NoEndpoints`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Outcome {
    /// An outcome of which nothing else is known yet.
    fn new(action: Action, listener: Option<ListenerName>, taken: Option<Taken>) -> Self {
        Outcome { action, status: None, grpc_status: None, listener, tls_mode: None, taken, passed_on: None }
    }

    /// A refused connection.
    pub fn reject(listener: Option<ListenerName>, taken: Option<Taken>) -> Self {
        Outcome::new(Action::Reject, listener, taken)
    }

    /// The gateway's own answer.
    pub fn respond(status: u16, listener: Option<ListenerName>, taken: Option<Taken>) -> Self {
        Outcome { status: Some(status), ..Outcome::new(Action::Respond, listener, taken) }
    }

    /// The gateway's own answer to a gRPC request.
    pub fn respond_grpc(status: &str, listener: Option<ListenerName>, taken: Option<Taken>) -> Self {
        Outcome { grpc_status: Some(status.to_owned()), ..Outcome::respond(200, listener, taken) }
    }

    /// To the backends of the match; in a mesh there is no listener.
    pub fn forward(listener: Option<ListenerName>, taken: Taken) -> Self {
        Outcome::new(Action::Forward, listener, Some(taken))
    }

    /// In a mesh, to the Service itself.
    pub fn pass_on(service: BackendShare) -> Self {
        Outcome { passed_on: Some(service), ..Outcome::new(Action::Forward, None, None) }
    }
}

impl fmt::Display for Outcome {
    /// `forward: Gateway infra/public web, shop/cart rule 0 match 1 for *.example.com, 1 x shop/cart:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.action, &self.grpc_status, self.status) {
            (Action::Forward, _, _) => f.write_str("forward")?,
            (Action::Respond, Some(status), _) => write!(f, "respond {status}")?,
            (Action::Respond, None, status) => write!(f, "respond {}", status.unwrap_or(0))?,
            (Action::Reject, _, _) => f.write_str("reject")?,
        }
        if let Some(listener) = &self.listener {
            write!(f, ": {} {}", listener.source, listener.name)?;
        }
        if let Some(mode) = &self.tls_mode {
            write!(f, " ({mode})")?;
        }
        if let Some(service) = &self.passed_on {
            write!(f, " to {} x {}", service.weight, service.name)?;
        }
        let Some(taken) = &self.taken else { return Ok(()) };
        let hostname = taken.hostname.as_deref().unwrap_or("every host");
        write!(f, ", {} rule {} match {} for {hostname}", taken.route, taken.rule, taken.item)?;
        taken.backends.iter().try_for_each(|backend| {
            write!(f, ", {} x {}", backend.weight, backend.name)?;
            backend.reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_leaves_out_is_filled_in() {
        let request: PlainRequest = serde_json::from_str(r#"{"host": "a.example.com"}"#).unwrap();
        assert_eq!(request, PlainRequest::get("a.example.com", "/"));
        assert_eq!((request.port(), request.server_name()), (80, None));
        assert!(serde_json::from_str::<PlainRequest>(r#"{"hots": "a.example.com"}"#).is_err());

        let cases = [
            (r#"{"scheme": "https", "host": "a.example.com:8443"}"#, Some("a.example.com")),
            (r#"{"scheme": "https", "host": "127.0.0.1"}"#, None),
            (r#"{"scheme": "https", "host": "a.example.com", "sni": ""}"#, None),
            (r#"{"scheme": "https", "host": "a.example.com", "sni": "b.example.com"}"#, Some("b.example.com")),
        ];
        for (text, expected) in cases {
            let request: PlainRequest = serde_json::from_str(text).unwrap();
            assert_eq!((request.port(), request.server_name()), (443, expected), "{text}");
        }
    }

    #[test]
    fn a_protocol_decides_what_is_filled_in() {
        let cases = [
            (r#"{"protocol": "grpc", "host": "a.com"}"#, 80, None),
            (r#"{"protocol": "grpc", "host": "a.com", "scheme": "https"}"#, 443, Some("a.com")),
            (r#"{"protocol": "tls", "sni": "a.com"}"#, 443, Some("a.com")),
            (r#"{"protocol": "tls", "host": "a.com"}"#, 443, Some("a.com")),
            (r#"{"protocol": "tls", "host": "a.com", "sni": ""}"#, 443, None),
            (r#"{"protocol": "tcp", "sni": "a.com"}"#, 80, None),
            (r#"{"protocol": "udp", "sni": "a.com", "port": 53}"#, 53, None),
        ];
        for (text, port, server_name) in cases {
            let request: PlainRequest = serde_json::from_str(text).unwrap();
            assert_eq!((request.port(), request.server_name()), (port, server_name), "{text}");
        }
        let request: PlainRequest = serde_json::from_str(r#"{"service": "shop/cart", "httpVersion": "2"}"#).unwrap();
        assert_eq!(request.dialled(), Some(("shop", "cart", "shop")));
        assert_eq!(request.http_version, HttpVersion::Http2);
    }

    #[test]
    fn a_request_is_the_same_after_writing_and_reading() {
        let request = PlainRequest {
            service: Some("shop/cart".to_owned()),
            from: Some("bank".to_owned()),
            protocol: Protocol::Grpc,
            http_version: HttpVersion::Http2,
            port: Some(8443),
            scheme: Scheme::Https,
            sni: Some(String::new()),
            method: "PATCH".to_owned(),
            host: "[::1]:1".to_owned(),
            path: "/a?b=%20".to_owned(),
            headers: vec![("A".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
        };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<PlainRequest>(&text).unwrap(), request, "{text}");
    }
}
