//! Requests to the routes of a table.

use std::fmt::{self, Write};

use gateway_match::{Connection, RequestView};
use gateway_model::HttpMethod;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::generate::{VALUES, WORDS};
use super::{Condition, Entry, Random};

/// A request, as a proxy holds it.
#[derive(Clone, Debug, Default)]
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

    /// Becomes one that a route takes, unless one of a higher precedence does.
    fn hit(&mut self, draft: Draft<'_>, random: &mut Random) {
        match draft.host.strip_prefix("*.") {
            Some(suffix) => write_over(&mut self.host, format_args!("{}.{suffix}", random.one_of(&WORDS))),
            None => draft.host.clone_into(&mut self.host),
        }
        draft.method.clone_into(&mut self.method);
        draft.target.clone_into(&mut self.target);
        self.is_call = draft.is_call;
        self.take_usual_headers();
        let mut lines = draft.headers;
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("names of headers are well-formed");
            self.headers.insert(name, HeaderValue::from_str(value).expect("values of headers are text"));
        }
    }

    /// Becomes one that nothing takes: to a host that nobody has, or to a path that no route of the host has.
    fn miss(&mut self, draft: Draft<'_>, random: &mut Random) {
        self.hit(draft, random);
        self.take_usual_headers();
        let (word, number) = (random.one_of(&WORDS), random.below(VALUES));
        write_over(&mut self.target, format_args!("/missing/{word}/{number}"));
        if random.percent(50) {
            let (word, number) = (random.one_of(&WORDS), random.below(VALUES));
            write_over(&mut self.host, format_args!("{word}-{number}.example.net"));
        }
    }

    fn take_usual_headers(&mut self) {
        self.headers.clear();
        self.headers.extend(usual_headers());
    }
}

/// What requests to the routes of a table are made of, one behind the other.
///
/// A route as its author wrote it lies in a dozen places, of which each request would bring some into the cache. No
/// proxy reads the manifests of others' routes between two requests, so that this would measure a cache which the
/// bench itself keeps from holding what engines look at.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts {
    text: String,
    /// Where each draft ends.
    ends: Vec<usize>,
}

/// One of them: what a request to a route has.
#[derive(Clone, Debug)]
struct Draft<'d> {
    /// The route's hostname.
    host: &'d str,
    method: &'d str,
    target: &'d str,
    is_call: bool,
    /// Names and values by turns, a line each.
    headers: std::str::Lines<'d>,
}

impl Drafts {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut drafts = Drafts::default();
        for entry in entries {
            drafts.text.push_str(&written(entry));
            drafts.ends.push(drafts.text.len());
        }
        drafts
    }

    /// Writes requests over others: drawn uniformly over the routes, so many of a hundred hitting nothing.
    pub(super) fn draw_over(&self, requests: &mut [Request], misses: usize, random: &mut Random) {
        for request in requests {
            let draft = self.at(random.below(self.ends.len()));
            if random.percent(misses) { request.miss(draft, random) } else { request.hit(draft, random) }
        }
    }

    /// A request to each route, in their order.
    pub(super) fn hits(&self) -> impl Iterator<Item = Request> {
        (0..self.ends.len()).map(|position| {
            let mut request = Request::default();
            request.hit(self.at(position), &mut Random::new(0));
            request
        })
    }

    fn at(&self, position: usize) -> Draft<'_> {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        let draft = self.text.get(start..self.ends[position]).expect("drafts end where they were written to");
        let mut lines = draft.lines();
        let mut line = || lines.next().expect("every draft has these lines");
        let (host, method, target, is_call) = (line(), line(), line(), !line().is_empty());
        Draft { host, method, target, is_call, headers: lines }
    }
}

/// The draft of a request that a route takes, as [`Drafts::at`] reads it. None of the texts has an end of line.
fn written(entry: &Entry) -> String {
    let (method, headers, params, is_call) = match &entry.condition {
        Condition::Http(condition) => {
            (condition.method.as_ref(), &condition.headers, condition.query_params.as_slice(), "")
        }
        Condition::Grpc(condition) => (None, &condition.headers, &[][..], "call"),
    };
    let mut target = entry.path.clone();
    for (position, param) in params.iter().enumerate() {
        target.push_str(if position == 0 { "?page=2&" } else { "&" });
        target.push_str(&format!("{}={}", param.name, param.value));
    }
    let mut text = format!("{}\n{}\n{target}\n{is_call}\n", entry.hostname, method.map_or("GET", HttpMethod::as_str));
    headers.iter().for_each(|header| text.push_str(&format!("{}\n{}\n", header.name, header.value)));
    text
}

fn write_over(text: &mut String, written: fmt::Arguments<'_>) {
    text.clear();
    // Writing to a text does not fail.
    let _ = text.write_fmt(written);
}

fn usual_headers() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    const USUAL: [(&str, &str); 5] = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("x-request-id", "7f3c0d0e-55a4-4d3a-9a52-3b6a4c2f9b11"),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    USUAL.into_iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
}
