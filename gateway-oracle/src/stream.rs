//! The decision for TLS and TCP connections and for UDP packets.

use gateway_model::ListenerProtocol;

use crate::answer::{Answer, ObjectName, Outcome};
use crate::authority::{Host, host_of_server_name};
use crate::backend::{Failure, Grants};
use crate::candidate;
use crate::hostname::{self, Effective};
use crate::listener::{Listener, most_specific};
use crate::oracle::Oracle;
use crate::request::{Protocol, Request};
use crate::route::{Route, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE};

/// What happens to a connection or to packets at a Gateway.
pub(crate) fn decide(oracle: &Oracle, gateway: &ObjectName, request: &Request) -> Answer {
    // Only TLS connections say for which host they are.
    let host = match request.protocol {
        Protocol::Tls => host_of_server_name(request.sni.as_deref()),
        _ => Host::Empty,
    };
    match listener(oracle, gateway, request, &host) {
        // A server name that an HTTPS listener has is not for TLSRoutes.
        Some(listener) if listener.protocol != ListenerProtocol::Https => decide_on(oracle, listener, &host),
        other => refused(other),
    }
}

/// The listener that takes a connection or packets.
///
/// spec: GatewaySpec.listeners, "Listeners that are distinct only by Hostname", and GEP-2643: the most specific hostname
/// that takes the server name, be it of an HTTPS or a TLS listener. A TCP listener takes every connection, whatever is
/// spoken over it.
fn listener<'a>(oracle: &'a Oracle, gateway: &ObjectName, request: &Request, host: &Host) -> Option<&'a Listener> {
    use ListenerProtocol::{Https, Tcp, Tls, Udp};
    let at = |protocols: &[ListenerProtocol]| oracle.listening(gateway, request.port, protocols);
    let by_server_name = at(&[Https, Tls]);
    let listening = match request.protocol {
        Protocol::Udp => at(&[Udp]),
        Protocol::Tls if !by_server_name.is_empty() => by_server_name,
        _ => at(&[Tcp]),
    };
    most_specific(&listening, host)
}

/// What the routes of a listener do with a connection for a host, or with packets.
fn decide_on(oracle: &Oracle, listener: &Listener, host: &Host) -> Answer {
    let mut candidates = Vec::new();
    for (route, attachment) in oracle.on_listeners().filter(|(_, at)| at.listener.name == listener.name) {
        for effective in &attachment.effective {
            if hostname::takes(effective.hostname.as_deref(), host) {
                candidates.extend(candidate::of_route(route, Some(&attachment.listener), effective, &oracle.options));
            }
        }
    }
    // spec: TLSRoute does not say which of several routes takes a server name: as for HTTPRoutes, the most specific
    // hostname, then the oldest route, then the name. TCPRoutes and UDPRoutes have no hostnames: the oldest takes all.
    match candidate::first(candidates) {
        Some(winner) => oracle.answer(&winner, Failure::Stream, Grants::Needed),
        None => refused(Some(listener)),
    }
}

/// Nobody takes it, or the listener does for which nothing of it is.
pub(crate) fn refused(listener: Option<&Listener>) -> Answer {
    Answer {
        tls_mode: listener.and_then(|listener| listener.tls_mode.clone()),
        ..Answer::early(Outcome::Reject, listener.map(|listener| &listener.name))
    }
}

/// What happens in a mesh, where these routes of one kind concern a connection.
/// spec: GEP-1294, "`hostnames` field": they do not count.
pub(crate) fn decide_among(oracle: &Oracle, routes: &[&Route], kind: &str, request: &Request) -> Answer {
    let takes = match kind {
        TLS_ROUTE => request.protocol == Protocol::Tls || (request.is_http() && request.tls),
        // Whatever is sent over it, it is a connection.
        TCP_ROUTE => request.protocol != Protocol::Udp,
        UDP_ROUTE => request.protocol == Protocol::Udp,
        _ => false,
    };
    let every_host = Effective::default();
    let candidates =
        routes.iter().flat_map(|route| candidate::of_route(route, None, &every_host, &oracle.options)).collect();
    match candidate::first(candidates) {
        Some(winner) if takes => oracle.answer(&winner, Failure::Stream, Grants::Unneeded),
        _ => Answer::early(Outcome::Reject, None),
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
