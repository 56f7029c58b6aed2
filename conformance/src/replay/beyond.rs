//! What a replay of decisions cannot show, and why.

use std::fmt;

use super::expectation::{Expect, HttpExpectation};

/// Why an expectation is not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beyond {
    /// A backend counts the requests that it gets.
    Retries,
    /// A backend lets the gateway wait.
    Delays,
    /// A backend is not who it must be.
    Handshakes,
    /// Frames travel over a connection.
    WebSockets,
    /// A socket opens, or answers.
    Sockets,
    /// A client dials a Pod past every Service.
    PodAddresses,
    /// An implementation makes objects for its Gateways.
    Workloads,
    /// The API server, or the suite, has done its part.
    Fixture,
}

/// How the sentence begins in which the data say such a thing.
const SENTENCES: [(&str, Beyond); 9] = [
    ("the backend answers ", Beyond::Retries),
    ("the backend holds its answer ", Beyond::Delays),
    ("a WebSocket ", Beyond::WebSockets),
    ("A TCP connection ", Beyond::Sockets),
    ("A UDP datagram ", Beyond::Sockets),
    ("A request to the Pod IP ", Beyond::PodAddresses),
    ("within 60 s the namespace has ", Beyond::Workloads),
    ("metadata.generation ", Beyond::Fixture),
    ("spec.addresses holds ", Beyond::Fixture),
];

impl Beyond {
    /// Why an expectation is not replayed; `None` if it is.
    pub fn of(expect: &Expect) -> Option<Self> {
        match expect {
            Expect::Http(expected) => Self::of_request(expected),
            Expect::Other(expected) if expected.is == "other" => {
                let sentence = expected.value.get("what").and_then(|what| what.as_str()).unwrap_or_default();
                SENTENCES.iter().find(|(start, _)| sentence.starts_with(start)).map(|(_, beyond)| *beyond)
            }
            _ => None,
        }
    }

    /// Errors that come about after the request was forwarded, as was right.
    fn of_request(expected: &HttpExpectation) -> Option<Self> {
        if expected.cause.as_deref() == Some("backend-tls-handshake") {
            return Some(Beyond::Handshakes);
        }
        expected.response.status_codes.iter().any(|code| matches!(code, 408 | 504)).then_some(Beyond::Delays)
    }
}

impl fmt::Display for Beyond {
    /// What it is about, and what it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Beyond::Retries => "retries: a running backend counts them",
            Beyond::Delays => "timeouts: a running backend answers late",
            Beyond::Handshakes => {
                "handshakes with backends: the request is forwarded, and a running backend is refused"
            }
            Beyond::WebSockets => "WebSockets: frames need a running backend",
            Beyond::Sockets => "sockets: that one opens or answers is no decision, and where it leads is replayed",
            Beyond::PodAddresses => "addresses of Pods: what is not dialled at a Service is not the mesh router's",
            Beyond::Workloads => "workloads: what runs a Gateway is the implementation's to make",
            Beyond::Fixture => "fixtures: the API server or the suite writes these fields, not an implementation",
        })
    }
}
