//! The decision for HTTP and gRPC requests.

use gateway_model::ListenerProtocol;

use crate::answer::{Answer, GrpcStatus, ListenerName, ObjectName, Outcome};
use crate::authority::{Host, host_of, host_of_server_name};
use crate::backend::{Failure, Grants};
use crate::candidate::{self, Candidate};
use crate::condition::Subject;
use crate::hostname::{self, Effective};
use crate::listener::{Listener, most_specific, taking};
use crate::options::ListenerIsolation;
use crate::oracle::Oracle;
use crate::path;
use crate::request::Request;
use crate::route::{GRPC_ROUTE, Route};
use crate::stream;

/// What happens to a request at a Gateway.
pub(crate) fn decide(oracle: &Oracle, gateway: &ObjectName, request: &Request) -> Answer {
    // A connection is refused before a request is read from it.
    let connected = match connected(oracle, gateway, request) {
        Ok(connected) => connected,
        Err(answer) => return *answer,
    };
    let protocol = if request.tls { ListenerProtocol::Https } else { ListenerProtocol::Http };
    let listening = oracle.listening(gateway, request.port, &[protocol]);
    if listening.is_empty() {
        // Whatever is sent over it, it is a connection.
        return stream::decide(oracle, gateway, request);
    }
    let (host, path, query) = match read(oracle, request) {
        Ok(read) => read,
        Err(answer) => return *answer,
    };
    let listener = match choose_listener(&listening, connected, request, &host) {
        Ok(listener) => listener,
        Err(answer) => return *answer,
    };
    let consulted = consulted(oracle, &listening, listener, &host);
    let subject = Subject { request, path: &path, query };
    match winner(oracle, candidates(oracle, &consulted, &host), &subject) {
        Some(winner) => oracle.answer(&winner, failure(winner.route), Grants::Needed),
        None => no_match(request, Some(&listener.name)),
    }
}

/// What happens to a request in a mesh, where these routes of one kind concern it.
/// spec: GEP-1294, "`hostnames` field": they do not count; what was dialled has decided.
pub(crate) fn decide_among(oracle: &Oracle, routes: &[&Route], request: &Request) -> Answer {
    if !request.is_http() {
        return Answer::early(Outcome::Reject, None);
    }
    let (_, path, query) = match read(oracle, request) {
        Ok(read) => read,
        Err(answer) => return *answer,
    };
    let every_host = Effective::default();
    let candidates: Vec<_> =
        routes.iter().flat_map(|route| candidate::of_route(route, None, &every_host, &oracle.options)).collect();
    let subject = Subject { request, path: &path, query };
    match winner(oracle, candidates, &subject) {
        Some(winner) => oracle.answer(&winner, failure(winner.route), Grants::Unneeded),
        None => no_match(request, None),
    }
}

/// The host, the path as it is compared and the query, or the answer if one of them is no such thing.
fn read<'a>(oracle: &Oracle, request: &'a Request) -> Result<(Host, String, &'a str), Box<Answer>> {
    let bad_request = || Box::new(Answer::early(Outcome::Respond(400), None));
    let host = host_of(&request.authority);
    if host == Host::Invalid {
        // RFC 9112 section 3.2.
        return Err(bad_request());
    }
    let (path, query) = path::read(&request.path, &oracle.options);
    Ok((host, path.ok_or_else(bad_request)?, query))
}

/// The HTTPS listener that ends the TLS connection of a request, if one at the port does.
/// spec: Listener.hostname, "HTTPS" and "TLS": both kinds of listener are chosen by the server name. What a TLS listener
/// takes is no HTTP request for the Gateway.
fn connected<'a>(
    oracle: &'a Oracle,
    gateway: &ObjectName,
    request: &Request,
) -> Result<Option<&'a Listener>, Box<Answer>> {
    let listening = oracle.listening(gateway, request.port, &[ListenerProtocol::Https, ListenerProtocol::Tls]);
    if !request.tls || listening.is_empty() {
        return Ok(None);
    }
    match most_specific(&listening, &host_of_server_name(request.sni.as_deref())) {
        Some(connected) if connected.protocol == ListenerProtocol::Https => Ok(Some(connected)),
        other => Err(Box::new(stream::refused(other))),
    }
}

/// The listener that takes a request, or the answer if none does.
/// spec: Listener.hostname: HTTP by the host; HTTPS by the server name, with 421 for a host that another listener of
/// the port and protocol takes better, and 404 for one that none takes.
fn choose_listener<'a>(
    listening: &[&'a Listener],
    connected: Option<&'a Listener>,
    request: &Request,
    host: &Host,
) -> Result<&'a Listener, Box<Answer>> {
    match (most_specific(listening, host), connected) {
        (Some(by_host), None) => Ok(by_host),
        (Some(by_host), Some(connected)) if by_host.name == connected.name => Ok(connected),
        (Some(_), Some(connected)) => Err(Box::new(Answer::early(Outcome::Respond(421), Some(&connected.name)))),
        (None, connected) => Err(Box::new(no_match(request, connected.map(|listener| &listener.name)))),
    }
}

/// The listeners whose routes count.
/// spec: GatewaySpec.listeners, "Listener Isolation".
fn consulted<'a>(oracle: &Oracle, listening: &[&'a Listener], chosen: &'a Listener, host: &Host) -> Vec<&'a Listener> {
    match oracle.options.listener_isolation {
        ListenerIsolation::On => vec![chosen],
        ListenerIsolation::Off => taking(listening, host),
    }
}

/// Every match of every route on those listeners whose effective hostname takes the host.
fn candidates<'a>(oracle: &'a Oracle, listeners: &[&'a Listener], host: &Host) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for (route, attachment) in oracle.on_listeners() {
        if !listeners.iter().any(|consulted| consulted.name == attachment.listener.name) {
            continue;
        }
        for effective in &attachment.effective {
            if hostname::takes(effective.hostname.as_deref(), host) {
                candidates.extend(candidate::of_route(route, Some(&attachment.listener), effective, &oracle.options));
            }
        }
    }
    candidates
}

/// The first of the candidates that take the request.
fn winner<'a>(oracle: &Oracle, mut candidates: Vec<Candidate<'a>>, subject: &Subject<'_>) -> Option<Candidate<'a>> {
    // spec: GRPCRoute: for gRPC requests. HTTPRoutes take them as what they are, requests over HTTP/2.
    candidates.retain(|candidate| candidate.route.name.kind != GRPC_ROUTE || subject.request.is_grpc());
    candidate::keep_most_specific_host(&mut candidates, &oracle.options);
    candidates.retain(|candidate| candidate.item.takes(subject, &oracle.options));
    candidate::first(candidates)
}

/// spec: HTTPRouteRule.matches: without a matching rule, 404. GatewaySpec.listeners, "General Listener behavior": for gRPC
/// Unimplemented.
fn no_match(request: &Request, listener: Option<&ListenerName>) -> Answer {
    let outcome = match request.is_grpc() {
        true => Outcome::RespondGrpc(GrpcStatus::Unimplemented),
        false => Outcome::Respond(404),
    };
    Answer::early(outcome, listener)
}

/// The route that takes a request says how its rules fail.
fn failure(route: &Route) -> Failure {
    if route.name.kind == GRPC_ROUTE { Failure::Grpc } else { Failure::Http }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
