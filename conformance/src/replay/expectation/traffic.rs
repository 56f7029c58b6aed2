//! What becomes of requests, calls, connections and datagrams.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ObjectName;

/// A request, and where it is sent.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// Where it is sent.
    pub parent: Parent,
    /// The client in a mesh that sends it to a Service; one beside the Service, unless given.
    #[serde(default)]
    pub from: Option<Client>,
    /// With TLS or without.
    #[serde(default)]
    pub scheme: Scheme,
    /// To which port; the only one of the parent for that scheme, unless given.
    #[serde(default)]
    pub port: Option<u16>,
    /// The server name of a connection that no request says it of.
    #[serde(default)]
    pub sni: Option<String>,
    /// The request.
    #[serde(default)]
    pub request: Request,
}

/// Where a request is sent.
#[derive(Clone, Debug, Deserialize)]
pub struct Parent {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectName,
    /// The listener whose port is meant, if one is named.
    #[serde(default)]
    pub listener: Option<String>,
}

/// A client in a mesh.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// Its namespace.
    pub namespace: String,
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP, each request decided by itself.
    #[default]
    Http,
    /// gRPC, each call decided by itself.
    Grpc,
    /// TLS, decided by its server name.
    Tls,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// With TLS or without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Without.
    #[default]
    Http,
    /// With TLS.
    Https,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// The method; of a call that of its service.
    pub method: String,
    /// The service that is called, with its package.
    pub service: Option<String>,
    /// The host; the Gateway's address, unless given.
    pub host: Option<String>,
    /// The path with its query.
    pub path: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The server name of the TLS connection; the host, unless given.
    pub sni: Option<String>,
    /// The Secret, `namespace/name`, with the certificate that the client shows.
    pub client_cert: Option<String>,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            method: "GET".to_owned(),
            service: None,
            host: None,
            path: "/".to_owned(),
            headers: BTreeMap::new(),
            sni: None,
            client_cert: None,
        }
    }
}

/// Where an answer must send the client; what is not stated is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Location {
    /// The scheme.
    pub scheme: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The port, as text; none and the empty one are the scheme's own.
    pub port: Option<String>,
    /// The path.
    pub path: Option<String>,
}

/// A Service that must get a copy.
#[derive(Clone, Debug, Deserialize)]
pub struct MirrorExpectation {
    /// Its name.
    pub name: String,
}

/// What becomes of an HTTP request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpExpectation {
    /// The request.
    #[serde(flatten)]
    pub call: Call,
    /// What reaches the backend; the request as it is, unless given.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// Headers that the backend is told to answer with.
    #[serde(default)]
    pub backend_sets_response_headers: BTreeMap<String, String>,
    /// What is answered.
    #[serde(default)]
    pub response: Response,
    /// Where the answer sends the client.
    #[serde(default)]
    pub redirect: Option<Location>,
    /// The Service that the request must reach; none where none is named or compared.
    #[serde(default)]
    pub backend: Option<BackendExpectation>,
    /// The Services that get a copy.
    #[serde(default)]
    pub mirrored_to: Vec<MirrorExpectation>,
    /// The server name that a backend must see on a connection with TLS.
    #[serde(default)]
    pub server_name: Option<String>,
    /// Whether there must be no answer at all.
    #[serde(default)]
    pub fails: bool,
    /// What brings an error about, where the decision alone does not.
    #[serde(default)]
    pub cause: Option<String>,
}

/// What reaches a backend.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Upstream {
    /// The method, if not the request's.
    pub method: Option<String>,
    /// The host, if not the request's.
    pub host: Option<String>,
    /// The path with its query, if not the request's.
    pub path: Option<String>,
    /// Headers that must be there.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not.
    pub absent_headers: Vec<String>,
    /// The Secret of the certificate that the Gateway shows.
    pub client_cert: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Response {
    /// Any of these.
    pub status_codes: Vec<u16>,
    /// Where upstream takes any other status: none of these.
    pub any_status_but: Vec<u16>,
    /// Headers that must be there.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not.
    pub absent_headers: Vec<String>,
    /// Headers that must be there, with any of these values.
    pub valid_header_values: BTreeMap<String, Vec<String>>,
    /// Whether blanks in values do not count.
    pub ignore_whitespace: bool,
}

impl Default for Response {
    fn default() -> Self {
        Response {
            status_codes: vec![200],
            any_status_but: Vec::new(),
            headers: BTreeMap::new(),
            absent_headers: Vec::new(),
            valid_header_values: BTreeMap::new(),
            ignore_whitespace: false,
        }
    }
}

/// The Service that a request must reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BackendExpectation {
    /// Its namespace.
    pub namespace: String,
    /// Its name; any, unless given.
    #[serde(default)]
    pub name: Option<String>,
}

/// What becomes of a gRPC call.
#[derive(Clone, Debug, Deserialize)]
pub struct GrpcExpectation {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// What is answered.
    #[serde(default)]
    pub response: GrpcResponse,
    /// The Service that the call must reach; none where the gateway answers.
    #[serde(default)]
    pub backend: Option<BackendExpectation>,
}

/// What a call is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct GrpcResponse {
    /// The name of the status.
    pub code: String,
}

impl Default for GrpcResponse {
    fn default() -> Self {
        GrpcResponse { code: GrpcResponse::OK.to_owned() }
    }
}

impl GrpcResponse {
    /// The name of the status of a call that went well.
    pub const OK: &'static str = "OK";
}

/// What becomes of a connection, or of datagrams, as a whole.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamExpectation {
    /// What the client speaks.
    #[serde(rename = "is")]
    pub protocol: Protocol,
    /// Where it connects to.
    #[serde(flatten)]
    pub call: Call,
    /// The Service that it must reach; none where it is refused.
    #[serde(default)]
    pub backend: Option<BackendExpectation>,
    /// Whether it must be refused.
    #[serde(default)]
    pub fails: bool,
    /// Who ends the client's TLS connection; not compared, unless given.
    #[serde(default)]
    pub terminated: Option<Terminator>,
}

/// Who ends a client's TLS connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Terminator {
    /// The Gateway.
    Gateway,
    /// The backend: the Gateway passes the connection on as it is.
    Backend,
}

/// How many requests are spread over backends.
#[derive(Clone, Debug, Deserialize)]
pub struct WeightsExpectation {
    /// What the clients speak.
    #[serde(default)]
    pub protocol: Protocol,
    /// The request.
    #[serde(flatten)]
    pub call: Call,
    /// The share of each Service, by its name.
    pub distribution: BTreeMap<String, f64>,
}

/// That every request reaches a backend with a header whose only value depends on which it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkExpectation {
    /// The request.
    #[serde(flatten)]
    pub call: Call,
    /// The header.
    pub header: String,
    /// Its value, by the name of the Service.
    pub header_value_by_backend: BTreeMap<String, String>,
}
