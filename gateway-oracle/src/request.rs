//! What the oracle is asked.

/// A request or connection, as it arrives at a Gateway or is dialled in a mesh.
///
/// ```
/// use gateway_oracle::{Protocol, Request};
///
/// let mut request = Request::get("infra", "public", 443, "a.example.com", "/");
/// request.tls = true;
/// request.sni = Some("a.example.com".to_owned());
/// request.headers.push(("X-Env".to_owned(), b"canary".to_vec()));
///
/// let passed_on = Request::connection(Protocol::Tls, "infra", "public", 8443, Some("db.example.com"));
/// assert_eq!(passed_on.protocol, Protocol::Tls);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// Where it arrives.
    pub parent: Parent,
    /// The port that it arrives at.
    pub port: u16,
    /// What is spoken, as far as the caller knows.
    pub protocol: Protocol,
    /// Whether an HTTP request came over TLS that ends at the Gateway, if an HTTPS listener takes it.
    pub tls: bool,
    /// The server name of the TLS handshake. Not looked at for HTTP without `tls`, for TCP and UDP, and in a mesh.
    pub sni: Option<String>,
    /// The version of HTTP. Not looked at for other protocols than [`Protocol::Http`].
    pub http_version: HttpVersion,
    /// The method, with case. That of [`Protocol::Grpc`] is always `POST`.
    pub method: String,
    /// The `Host` header or `:authority` as sent, empty if there was none.
    pub authority: String,
    /// The path, with the query if there is one. That of a gRPC request is `/service/method`.
    pub path: String,
    /// The other headers in their order. An entry named `Host` is not looked at.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Where a request arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    /// At a Gateway.
    Gateway {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// In a mesh, at the frontend of a Service: what its cluster IP and DNS name stand for.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The namespace of the client.
        from: String,
    },
}

impl Default for Parent {
    /// A Gateway without a name.
    fn default() -> Self {
        Parent::Gateway { namespace: String::new(), name: String::new() }
    }
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP. It may turn out to be gRPC: see [`Request::is_grpc`].
    #[default]
    Http,
    /// gRPC, because the caller says so.
    Grpc,
    /// A TLS connection, whatever is in it.
    Tls,
    /// A TCP connection.
    Tcp,
    /// UDP packets.
    Udp,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpVersion {
    /// HTTP/1.1 or older.
    #[default]
    Http1,
    /// HTTP/2.
    Http2,
}

impl Request {
    /// A GET in plain text without headers, to a Gateway.
    pub fn get(namespace: &str, gateway: &str, port: u16, authority: &str, path: &str) -> Self {
        Request {
            method: "GET".to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            ..Request::connection(Protocol::Http, namespace, gateway, port, None)
        }
    }

    /// A gRPC request in plain text without headers, to a Gateway.
    pub fn grpc(namespace: &str, gateway: &str, port: u16, authority: &str, path: &str) -> Self {
        Request { protocol: Protocol::Grpc, ..Request::get(namespace, gateway, port, authority, path) }
    }

    /// A connection to a Gateway.
    pub fn connection(protocol: Protocol, namespace: &str, gateway: &str, port: u16, sni: Option<&str>) -> Self {
        Request {
            parent: Parent::Gateway { namespace: namespace.to_owned(), name: gateway.to_owned() },
            port,
            protocol,
            sni: sni.map(str::to_owned),
            ..Request::default()
        }
    }

    /// The same from a client in a namespace to a Service of a mesh.
    #[must_use]
    pub fn to_service(self, namespace: &str, name: &str, from: &str) -> Self {
        let parent = Parent::Service { namespace: namespace.to_owned(), name: name.to_owned(), from: from.to_owned() };
        Request { parent, ..self }
    }

    /// Whether this is a gRPC request: the caller says so, or it is a POST over HTTP/2 whose content type begins with
    /// `application/grpc`, case aside. <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Requests".
    pub fn is_grpc(&self) -> bool {
        match self.protocol {
            Protocol::Grpc => true,
            Protocol::Http => {
                self.http_version == HttpVersion::Http2 && self.method == "POST" && self.has_grpc_content()
            }
            Protocol::Tls | Protocol::Tcp | Protocol::Udp => false,
        }
    }

    /// Whether it is HTTP, gRPC included.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self.protocol, Protocol::Http | Protocol::Grpc)
    }

    /// The first content type counts.
    fn has_grpc_content(&self) -> bool {
        let content_type = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        content_type.is_some_and(|(_, value)| value.to_ascii_lowercase().starts_with(b"application/grpc"))
    }

    /// The method that conditions are compared with.
    pub(crate) fn http_method(&self) -> &str {
        if self.protocol == Protocol::Grpc { "POST" } else { &self.method }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_grpc_by_word_or_by_version_method_and_content() {
        use HttpVersion::{Http1, Http2};
        use Protocol::{Grpc, Http, Tcp, Tls, Udp};
        let cases = [
            (Http, Http2, "POST", "application/grpc", true),
            (Http, Http2, "POST", "Application/GRPC+proto", true),
            (Http, Http2, "POST", "application/grpc-web", true),
            (Http, Http2, "POST", "application/json", false),
            (Http, Http2, "POST", " application/grpc", false),
            (Http, Http2, "GET", "application/grpc", false),
            (Http, Http2, "post", "application/grpc", false),
            (Http, Http1, "POST", "application/grpc", false),
            (Grpc, Http1, "GET", "text/plain", true),
            (Tls, Http2, "POST", "application/grpc", false),
            (Tcp, Http2, "POST", "application/grpc", false),
            (Udp, Http2, "POST", "application/grpc", false),
        ];
        for (protocol, http_version, method, content_type, expected) in cases {
            let mut request = Request { protocol, http_version, ..Request::get("ns", "gw", 80, "a.com", "/") };
            request.method = method.to_owned();
            assert!(!request.is_grpc() || protocol == Grpc, "without a content type: {request:?}");
            request.headers.push(("Content-Type".to_owned(), content_type.as_bytes().to_vec()));
            request.headers.push(("content-type".to_owned(), b"application/grpc".to_vec()));
            assert_eq!(request.is_grpc(), expected, "{request:?}");
        }
    }
}
