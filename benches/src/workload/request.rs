//! Requests to the routes of a table.

use gateway_match::{Connection, RequestView};
use gateway_model::HeaderMatch;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::generate::{VALUES, WORDS};
use super::{Condition, Entry, Random, Table, Workload};

/// A request, as a proxy holds it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The host, in lower case and without a port.
    pub host: String,
    /// The path, with the query if there is one.
    pub target: String,
    /// The headers: those that routes ask for, among a few that every client sends.
    pub headers: HeaderMap,
    /// Whether it is a gRPC call.
    pub is_call: bool,
}

/// A request as every engine is asked: what is only there once the request has been read is there.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its head.
    pub view: RequestView<'a>,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The connection that it came on.
    pub connection: Connection<'a>,
}

impl Request {
    /// The port of the listener that all requests come to.
    pub const PORT: u16 = 80;

    /// The request as engines are asked.
    pub fn asked(&self) -> Asked<'_> {
        let view = if self.is_call {
            RequestView::call(&self.host, &self.target, &self.headers)
        } else {
            RequestView::new(&self.method, &self.host, &self.target, &self.headers)
        };
        Asked { view, headers: &self.headers, connection: Connection::plain(Self::PORT) }
    }
}

/// Requests drawn uniformly over a table. In the realistic workloads one of five hits nothing.
pub(super) fn drawn(table: &Table, count: usize, random: &mut Random) -> Vec<Request> {
    let misses = if matches!(table.workload, Workload::W5 | Workload::W5D) { 20 } else { 0 };
    (0..count)
        .map(|_| {
            let entry = &table.entries[random.below(table.entries.len())];
            if random.percent(misses) { past(entry, random) } else { to(entry, random) }
        })
        .collect()
}

/// A request that a route takes, unless one of a higher precedence does.
pub(super) fn to(entry: &Entry, random: &mut Random) -> Request {
    let host = match entry.hostname.wildcard_suffix() {
        Some(suffix) => format!("{}.{suffix}", random.one_of(&WORDS)),
        None => entry.hostname.as_str().to_owned(),
    };
    let mut request = Request {
        method: "GET".to_owned(),
        host,
        target: entry.path.clone(),
        headers: usual_headers(),
        is_call: matches!(entry.condition, Condition::Grpc(_)),
    };
    match &entry.condition {
        Condition::Http(condition) => {
            if let Some(method) = &condition.method {
                request.method = method.as_str().to_owned();
            }
            for (position, param) in condition.query_params.iter().enumerate() {
                request.target.push_str(if position == 0 { "?page=2&" } else { "&" });
                request.target.push_str(&format!("{}={}", param.name, param.value));
            }
            add_headers(&mut request, &condition.headers);
        }
        Condition::Grpc(condition) => add_headers(&mut request, &condition.headers),
    }
    request
}

/// A request that nothing takes: to a host that nobody has, or to a path that no route of the host has.
fn past(entry: &Entry, random: &mut Random) -> Request {
    let mut request = to(entry, random);
    request.headers = usual_headers();
    request.target = format!("/missing/{}/{}", random.one_of(&WORDS), random.below(VALUES));
    if random.percent(50) {
        request.host = format!("{}-{}.example.net", random.one_of(&WORDS), random.below(VALUES));
    }
    request
}

fn usual_headers() -> HeaderMap {
    const USUAL: [(&str, &str); 5] = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("x-request-id", "7f3c0d0e-55a4-4d3a-9a52-3b6a4c2f9b11"),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    USUAL.into_iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn add_headers(request: &mut Request, wanted: &[HeaderMatch]) {
    for header in wanted {
        let name = HeaderName::from_bytes(header.name.as_bytes()).expect("names of headers are well-formed");
        request.headers.insert(name, HeaderValue::from_str(&header.value).expect("values of headers are text"));
    }
}
