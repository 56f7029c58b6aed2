//! A reverse proxy that serves a Gateway out of manifests: the whole embedding of the router.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_match::{
    Answer, Connection, Counter, Decision, Match, Pick, PreflightInput, Profile, RequestView, Router, RuleId, Topology,
};
use gateway_model::yaml::{Limits, read_documents};
use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
use http::header::{CONTENT_TYPE, LOCATION, ORIGIN};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// The body of an answer: the backend's, or none.
pub type Body = BoxBody<Bytes, hyper::Error>;

/// Why a proxy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A document of the manifest cannot be read.
    #[error("document {index}: {problem}")]
    Manifest {
        /// Its position in the file.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// The manifest has no such Gateway.
    #[error("the manifest has no Gateway `{0}`")]
    NoGateway(String),
}

/// A Gateway, ready to serve.
pub struct Proxy {
    router: Router,
    /// The splitter's state stays beside the router, by rule: a new router would go on with it.
    counters: HashMap<RuleId, Counter>,
    /// Where the backends are, by `namespace/name:port`.
    endpoints: HashMap<String, SocketAddr>,
    client: Client<HttpConnector, Incoming>,
}

impl Proxy {
    /// Reads manifests and resolves a Gateway (`namespace/name`) of them.
    pub fn new(manifest: &[u8], gateway: &str, endpoints: HashMap<String, SocketAddr>) -> Result<Self, SetupError> {
        let router = router(manifest, gateway)?;
        let counters = router.rules().map(|(id, _)| (id, Counter::new())).collect();
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Proxy { router, counters, endpoints, client })
    }

    /// Serves connections that reach the Gateway's listeners on a port.
    ///
    /// `port` is the listener's port as the Gateway has it, whichever port the socket has.
    pub async fn serve(self: Arc<Self>, socket: TcpListener, port: u16) -> std::io::Result<()> {
        loop {
            let (stream, _) = socket.accept().await?;
            let proxy = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let proxy = Arc::clone(&proxy);
                    async move { Ok::<_, std::convert::Infallible>(proxy.answer(request, port).await) }
                });
                // A client that goes away is no error of the proxy's.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>, port: u16) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        let connection = Connection::plain(port);
        let decision = self.router.route(&RequestView::from_parts(&head), &connection);
        let found = match &decision {
            Decision::Matched(found) => found,
            other => return answer_with(other.answer().unwrap_or(Answer::Http(StatusCode::NOT_FOUND))),
        };
        if let Some(answer) = own_answer(found, &head, &connection) {
            return answer;
        }
        let cors = found.rule().filters().cors();
        let origin = head.headers.get(ORIGIN).cloned();
        let pick = self.counters.get(&found.rule_id()).map_or(0, Counter::next);
        let (position, backend) = match found.pick(pick) {
            Pick::Backend { position, backend } => (position, backend),
            Pick::Respond { answer, .. } => return answer_with(answer),
        };
        let Some(endpoint) = self.endpoints.get(&backend.name().to_string()) else {
            return respond(StatusCode::SERVICE_UNAVAILABLE);
        };
        if found.apply(position, &mut head).and_then(|()| send_to(&mut head, *endpoint)).is_err() {
            return respond(StatusCode::BAD_REQUEST);
        }
        let Ok(response) = self.client.request(Request::from_parts(head, body)).await else {
            return respond(StatusCode::BAD_GATEWAY);
        };
        let mut response = response.map(BodyExt::boxed);
        let of_response = [backend.filters().response_headers(), found.rule().filters().response_headers()];
        let changed = of_response.into_iter().flatten().try_for_each(|changes| changes.apply(response.headers_mut()));
        let origin = origin.as_ref().and_then(|origin| origin.to_str().ok());
        let shared = cors.map_or(Ok(()), |policy| policy.response_headers(origin).apply(response.headers_mut()));
        if changed.and(shared).is_err() { respond(StatusCode::BAD_GATEWAY) } else { response }
    }
}

/// What no backend sees: a CORS preflight, or a request that the rule redirects.
fn own_answer(found: &Match<'_>, head: &Parts, connection: &Connection<'_>) -> Option<Response<Body>> {
    if let Some((policy, input)) = found.rule().filters().cors().zip(PreflightInput::from_parts(head)) {
        let answer = policy.preflight(&input);
        let mut response = respond(answer.status());
        answer.headers().apply(response.headers_mut()).ok()?;
        return Some(response);
    }
    Some(match found.redirect(&RequestView::from_parts(head), connection)? {
        Ok(redirect) => {
            let mut response = respond(redirect.status());
            response.headers_mut().insert(LOCATION, redirect.into_header());
            response
        }
        Err(_) => respond(StatusCode::BAD_REQUEST),
    })
}

fn router(manifest: &[u8], gateway: &str) -> Result<Router, SetupError> {
    let problem = |index, problem: String| SetupError::Manifest { index, problem };
    let mut resources = Resources::new();
    for document in read_documents(manifest, &Limits::default()) {
        let document = document.map_err(|error| problem(error.index, error.to_string()))?;
        for read in read_objects(document.value, "default") {
            resources.insert_any(read.object.map_err(|error| problem(document.index, error.to_string()))?);
        }
    }
    let (namespace, name) = gateway.split_once('/').unwrap_or(("default", gateway));
    let key = ObjectKey::new(ResourceKind::Gateway, namespace, name);
    let topology = Topology::resolve(&resources, &Profile::default());
    topology.router(&key).ok_or_else(|| SetupError::NoGateway(gateway.to_owned()))
}

/// Turns the target to a backend's address. The Host header stays as it is.
fn send_to(head: &mut Parts, endpoint: SocketAddr) -> Result<(), http::Error> {
    let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let authority: Authority = endpoint.to_string().parse()?;
    head.uri = Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path).build()?;
    Ok(())
}

/// What the gateway answers itself; gRPC tells its failures in a header.
fn answer_with(answer: Answer) -> Response<Body> {
    let mut response = respond(answer.status().unwrap_or(StatusCode::BAD_GATEWAY));
    if let Some(status) = answer.grpc_status() {
        response.headers_mut().insert("grpc-status", HeaderValue::from(u16::from(status.code())));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    }
    response
}

fn respond(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
}
