//! What a backend speaks.

use std::fmt;

use gateway_model::{ResourceKind, XBackendProtocol};

/// What is spoken to a backend, inside of TLS if there is TLS.
///
/// spec: GEP-1911 (`appProtocol` of the Service's port, with the names of KEP-3726), GEP-4894
/// (`XBackend.protocol`). Where neither says, it follows from the route's kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BackendProtocol {
    /// HTTP, in the version that the embedder prefers or negotiates.
    #[default]
    Http,
    /// HTTP/1.1 and no other version.
    Http11,
    /// HTTP/2 as ALPN negotiates it, over TLS.
    Http2,
    /// HTTP/2 with prior knowledge, in plain text.
    H2c,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// TLS: HTTP within it for HTTP and gRPC routes, whatever the client sends for TLS routes.
    Tls,
    /// Bytes.
    Tcp,
    /// Datagrams.
    Udp,
    /// Model Context Protocol, over HTTP.
    Mcp,
}

impl BackendProtocol {
    /// The name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            BackendProtocol::Http => "http",
            BackendProtocol::Http11 => "http11",
            BackendProtocol::Http2 => "http2",
            BackendProtocol::H2c => "h2c",
            BackendProtocol::Ws => "ws",
            BackendProtocol::Wss => "wss",
            BackendProtocol::Tls => "tls",
            BackendProtocol::Tcp => "tcp",
            BackendProtocol::Udp => "udp",
            BackendProtocol::Mcp => "mcp",
        }
    }

    /// Whether it is nothing without TLS.
    pub fn needs_tls(self) -> bool {
        matches!(self, BackendProtocol::Http2 | BackendProtocol::Wss | BackendProtocol::Tls)
    }

    /// What a kind of route speaks to a backend that does not say what it wants.
    pub fn of_route(kind: ResourceKind) -> Self {
        match kind {
            ResourceKind::GrpcRoute => BackendProtocol::H2c,
            ResourceKind::TlsRoute => BackendProtocol::Tls,
            ResourceKind::TcpRoute => BackendProtocol::Tcp,
            ResourceKind::UdpRoute => BackendProtocol::Udp,
            _ => BackendProtocol::Http,
        }
    }

    /// What a kind of route speaks to a port with an `appProtocol`; `None` if it cannot.
    ///
    /// The names of KEP-3726, those of the IANA registry in any case, and what people write in
    /// their place: `h2c`, `http2` and `grpc` are HTTP/2 in plain text. Routes below HTTP carry
    /// bytes, and whatever is in them is not theirs to speak.
    pub fn of_app_protocol(app_protocol: Option<&str>, kind: ResourceKind) -> Option<Self> {
        let of_route = Self::of_route(kind);
        let Some(name) = app_protocol.filter(|name| !name.is_empty()) else { return Some(of_route) };
        let is_grpc = kind == ResourceKind::GrpcRoute;
        if !is_grpc && kind != ResourceKind::HttpRoute {
            return Some(of_route);
        }
        let (_, found, carries_grpc) =
            APP_PROTOCOLS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)).copied()?;
        match (is_grpc, found) {
            (true, _) if !carries_grpc => None,
            // gRPC is HTTP/2, of which a port that says `http` is capable.
            (true, BackendProtocol::Http) => Some(BackendProtocol::H2c),
            _ => Some(found),
        }
    }

    /// What a kind of route speaks to an XBackend; `None` if it cannot. spec: `BackendSpec.protocol`.
    pub fn of_x_backend(protocol: Option<&XBackendProtocol>, kind: ResourceKind) -> Option<Self> {
        let of_route = Self::of_route(kind);
        let Some(protocol) = protocol else { return Some(of_route) };
        let found = match protocol {
            XBackendProtocol::Http => BackendProtocol::Http,
            XBackendProtocol::Http11 => BackendProtocol::Http11,
            XBackendProtocol::Http2 => BackendProtocol::Http2,
            XBackendProtocol::H2c => BackendProtocol::H2c,
            XBackendProtocol::Mcp => BackendProtocol::Mcp,
            XBackendProtocol::Tcp => BackendProtocol::Tcp,
            _ => return None,
        };
        match kind {
            ResourceKind::HttpRoute => (found != BackendProtocol::Tcp).then_some(found),
            ResourceKind::GrpcRoute => match found {
                BackendProtocol::Http | BackendProtocol::H2c => Some(BackendProtocol::H2c),
                BackendProtocol::Http2 => Some(found),
                _ => None,
            },
            ResourceKind::UdpRoute => None,
            _ => Some(of_route),
        }
    }
}

impl fmt::Display for BackendProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names of `appProtocol`, what they mean, and whether gRPC goes over it.
const APP_PROTOCOLS: &[(&str, BackendProtocol, bool)] = &[
    ("kubernetes.io/h2c", BackendProtocol::H2c, true),
    ("kubernetes.io/ws", BackendProtocol::Ws, false),
    ("kubernetes.io/wss", BackendProtocol::Wss, false),
    ("http", BackendProtocol::Http, true),
    ("https", BackendProtocol::Tls, true),
    ("h2c", BackendProtocol::H2c, true),
    ("http2", BackendProtocol::H2c, true),
    ("grpc", BackendProtocol::H2c, true),
    ("ws", BackendProtocol::Ws, false),
    ("wss", BackendProtocol::Wss, false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_protocols_are_spoken_by_the_routes_that_can() {
        use BackendProtocol::{H2c, Http, Tcp, Tls, Udp, Ws, Wss};
        use ResourceKind::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
        let cases = [
            (None, HttpRoute, Some(Http)),
            (None, GrpcRoute, Some(H2c)),
            (None, TlsRoute, Some(Tls)),
            (None, TcpRoute, Some(Tcp)),
            (None, UdpRoute, Some(Udp)),
            (Some(""), GrpcRoute, Some(H2c)),
            (Some("http"), HttpRoute, Some(Http)),
            (Some("http"), GrpcRoute, Some(H2c)),
            (Some("HTTPS"), HttpRoute, Some(Tls)),
            (Some("https"), GrpcRoute, Some(Tls)),
            (Some("kubernetes.io/h2c"), HttpRoute, Some(H2c)),
            (Some("kubernetes.io/h2c"), GrpcRoute, Some(H2c)),
            (Some("grpc"), HttpRoute, Some(H2c)),
            (Some("kubernetes.io/ws"), HttpRoute, Some(Ws)),
            (Some("kubernetes.io/ws"), GrpcRoute, None),
            (Some("kubernetes.io/wss"), HttpRoute, Some(Wss)),
            (Some("kubernetes.io/wss"), TlsRoute, Some(Tls)),
            (Some("kubernetes.io/quic"), HttpRoute, None),
            (Some("example.com/own"), HttpRoute, None),
            (Some("redis"), HttpRoute, None),
            (Some("redis"), TcpRoute, Some(Tcp)),
        ];
        for (name, kind, expected) in cases {
            assert_eq!(BackendProtocol::of_app_protocol(name, kind), expected, "{name:?} {kind}");
        }
    }

    #[test]
    fn protocols_of_x_backends_are_spoken_by_the_routes_that_can() {
        use BackendProtocol::{H2c, Http, Http2, Http11, Mcp, Tcp, Tls};
        use ResourceKind::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
        let cases = [
            (None, HttpRoute, Some(Http)),
            (None, GrpcRoute, Some(H2c)),
            (Some("HTTP"), HttpRoute, Some(Http)),
            (Some("HTTP11"), HttpRoute, Some(Http11)),
            (Some("HTTP11"), GrpcRoute, None),
            (Some("HTTP2"), GrpcRoute, Some(Http2)),
            (Some("H2C"), HttpRoute, Some(H2c)),
            (Some("MCP"), HttpRoute, Some(Mcp)),
            (Some("MCP"), GrpcRoute, None),
            (Some("TCP"), HttpRoute, None),
            (Some("TCP"), TcpRoute, Some(Tcp)),
            (Some("HTTP"), TlsRoute, Some(Tls)),
            (Some("TCP"), UdpRoute, None),
            (Some("SMTP"), TcpRoute, None),
        ];
        for (name, kind, expected) in cases {
            let protocol = name.map(XBackendProtocol::from);
            assert_eq!(BackendProtocol::of_x_backend(protocol.as_ref(), kind), expected, "{name:?} {kind}");
        }
    }
}
