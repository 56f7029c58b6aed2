//! A request, and the line of JSON that it may come as.

use gateway_match::{Connection, RequestExcess, RequestLimits, RequestView};
use gateway_model::host_of_authority;
use http::{HeaderName, HeaderValue, Method, Version};
use serde_json::{Map, Value};

/// A request, call, connection or datagram, and where it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) to: Destination,
    /// The listener's or the Service's port; found out if it can be.
    pub(crate) port: Option<u16>,
    pub(crate) protocol: Protocol,
    pub(crate) scheme: Scheme,
    pub(crate) method: String,
    /// The Host header or `:authority`, with its port if it has one.
    pub(crate) host: String,
    /// The path with its query.
    pub(crate) path: String,
    /// Without Host.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) http2: bool,
    /// What the client's TLS handshake names.
    pub(crate) sni: Option<String>,
    /// The ConfigMap, `namespace/name`, with the authority that signed the client's certificate.
    pub(crate) client_cert_issuer: Option<String>,
    /// How many such requests there are.
    pub(crate) count: u64,
}

/// Where a request is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Destination {
    /// A Gateway, `namespace/name`; nothing was said without one.
    Gateway(Option<String>),
    /// A Service, by a client in a mesh.
    Service {
        /// `namespace/name`.
        name: String,
        /// The client's namespace; without one it is the Service's.
        from: Option<String>,
    },
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Grpc,
    Tls,
    Tcp,
    Udp,
}

impl Protocol {
    const ALL: [Protocol; 5] = [Protocol::Http, Protocol::Grpc, Protocol::Tls, Protocol::Tcp, Protocol::Udp];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Protocol::Http => "http",
            Protocol::Grpc => "grpc",
            Protocol::Tls => "tls",
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == name)
    }

    /// Whether each request is decided by itself, rather than the connection as a whole.
    pub(crate) fn has_requests(self) -> bool {
        matches!(self, Protocol::Http | Protocol::Grpc)
    }
}

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// Why there is no request in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("line {line}: not JSON: {problem}")]
    NotJson { line: usize, problem: String },
    #[error("line {line}: not a JSON object")]
    NotAnObject { line: usize },
    #[error("line {line} has more than {limit} bytes")]
    TooLong { line: usize, limit: usize },
    #[error("`{key}` {problem}")]
    Key { key: &'static str, problem: String },
    #[error(transparent)]
    Excess(#[from] RequestExcess),
}

/// What a line says: the caller's id for it, and the request.
pub(crate) struct RequestLine {
    /// `null` where the line has none, or cannot be read at all.
    pub(crate) id: Value,
    pub(crate) request: Result<Request, RequestError>,
}

impl RequestLine {
    /// Reads a line; `line` is its number from 1. Keys that are not known are passed over.
    pub(crate) fn read(text: &[u8], line: usize) -> Self {
        match serde_json::from_slice::<Value>(text) {
            Ok(Value::Object(map)) => RequestLine::of(&map),
            Ok(_) => RequestLine { id: Value::Null, request: Err(RequestError::NotAnObject { line }) },
            Err(problem) => {
                let text = problem.to_string();
                let what = text.split(" at line ").next().unwrap_or_default();
                let problem = format!("{what} at column {}", problem.column());
                RequestLine { id: Value::Null, request: Err(RequestError::NotJson { line, problem }) }
            }
        }
    }

    /// The same, without a request that has more than it may have.
    pub(crate) fn within(self, limits: &RequestLimits) -> Self {
        let request = self.request.and_then(|request| match limits.check(&request.view()) {
            Ok(()) => Ok(request),
            Err(excess) => Err(excess.into()),
        });
        RequestLine { request, ..self }
    }

    /// What the keys of a line say.
    pub(crate) fn of(keys: &Map<String, Value>) -> Self {
        RequestLine { id: keys.get("id").cloned().unwrap_or_default(), request: Fields(keys).request() }
    }
}

/// The keys that a line may have.
pub(crate) const KEYS: &[&str] = &[
    "id",
    "gateway",
    "service",
    "from",
    "port",
    "protocol",
    "scheme",
    "method",
    "host",
    "path",
    "headers",
    "sni",
    "httpVersion",
    "clientCertIssuer",
    "service_name",
    "method_name",
    "count",
];

/// The keys of a line. `null` counts as absent.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn request(&self) -> Result<Request, RequestError> {
        let protocol = self.text("protocol")?.unwrap_or("http");
        let protocol = Protocol::find(protocol)
            .ok_or_else(|| wrong("protocol", format!("is `{protocol}`, expected http, grpc, tls, tcp or udp")))?;
        let to = match self.text("service")? {
            Some(_) if self.get("gateway").is_some() => {
                return Err(wrong("service", "and `gateway` exclude each other".to_owned()));
            }
            Some(name) => Destination::Service { name: name.to_owned(), from: self.text("from")?.map(str::to_owned) },
            None => Destination::Gateway(self.text("gateway")?.map(str::to_owned)),
        };
        let mut request = Request { port: self.port()?, count: self.count()?, ..Request::new(protocol, to) };
        if matches!(protocol, Protocol::Http | Protocol::Grpc | Protocol::Tls) {
            request.client_cert_issuer = self.text("clientCertIssuer")?.map(str::to_owned);
            request.host = self.text("host")?.unwrap_or_default().to_owned();
        }
        if protocol.has_requests() {
            self.add_message(&mut request)?;
        }
        if matches!(protocol, Protocol::Http | Protocol::Grpc | Protocol::Tls) {
            request.sni = sni(&request, self.text("sni")?);
        }
        Ok(request)
    }

    /// What only HTTP has: scheme, method, path, headers.
    fn add_message(&self, request: &mut Request) -> Result<(), RequestError> {
        request.scheme = match self.text("scheme")?.unwrap_or("http") {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(wrong("scheme", format!("is `{other}`, expected http or https"))),
        };
        request.http2 = match self.text("httpVersion")?.unwrap_or("1.1") {
            "1.1" => false,
            "2" => true,
            other => return Err(wrong("httpVersion", format!("is `{other}`, expected 1.1 or 2"))),
        };
        request.headers = self.headers()?;
        let host = take_host(&mut request.headers);
        if self.get("host").is_none() {
            request.host = host.unwrap_or_default();
        }
        let path = self.text("path")?.unwrap_or_default();
        request.path = complete_path(path).ok_or_else(|| wrong("path", "must start with `/`".to_owned()))?;
        if request.protocol == Protocol::Grpc {
            request.make_call();
            if path.is_empty() {
                let part = |key| Ok::<_, RequestError>(self.text(key)?.unwrap_or_default());
                request.path = format!("/{}/{}", part("service_name")?, part("method_name")?);
            }
            return Ok(());
        }
        let method = self.text("method")?.unwrap_or("GET");
        Method::from_bytes(method.as_bytes())
            .map_err(|_| wrong("method", format!("is `{method}`, no method of HTTP")))?;
        method.clone_into(&mut request.method);
        Ok(())
    }

    fn get(&self, key: &'static str) -> Option<&Value> {
        debug_assert!(KEYS.contains(&key), "{key} is not listed");
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn text(&self, key: &'static str) -> Result<Option<&str>, RequestError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(key, "must be a string".to_owned())),
        }
    }

    fn port(&self) -> Result<Option<u16>, RequestError> {
        self.get("port")
            .map(|value| {
                let port = value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
                port.ok_or_else(|| wrong("port", "must be a number from 1 to 65535".to_owned()))
            })
            .transpose()
    }

    fn count(&self) -> Result<u64, RequestError> {
        match self.get("count") {
            None => Ok(1),
            Some(value) => value.as_u64().ok_or_else(|| wrong("count", "must be a whole number".to_owned())),
        }
    }

    fn headers(&self) -> Result<Vec<(String, String)>, RequestError> {
        let Some(value) = self.get("headers") else {
            return Ok(Vec::new());
        };
        let shape = || wrong("headers", "must be a list of [name, value]".to_owned());
        let header = |entry: &Value| {
            let Some([Value::String(name), Value::String(value)]) = entry.as_array().map(Vec::as_slice) else {
                return Err(shape());
            };
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(wrong("headers", format!("has `{name}`, which is no name of a header")));
            }
            if HeaderValue::from_str(value).is_err() {
                return Err(wrong("headers", format!("has a value of `{name}` with control characters")));
            }
            Ok((name.clone(), value.clone()))
        };
        value.as_array().ok_or_else(shape)?.iter().map(header).collect()
    }
}

impl Request {
    /// A request for `/` without a host.
    pub(crate) fn new(protocol: Protocol, to: Destination) -> Self {
        Request {
            to,
            port: None,
            protocol,
            scheme: Scheme::Http,
            method: "GET".to_owned(),
            host: String::new(),
            path: "/".to_owned(),
            headers: Vec::new(),
            http2: false,
            sni: None,
            client_cert_issuer: None,
            count: 1,
        }
    }

    /// gRPC is a POST in HTTP/2.
    pub(crate) fn make_call(&mut self) {
        self.protocol = Protocol::Grpc;
        "POST".clone_into(&mut self.method);
        self.http2 = true;
    }

    /// What the router is asked about it, at a port.
    pub(crate) fn connection(&self, port: u16) -> Connection<'_> {
        match (self.protocol, self.scheme) {
            (Protocol::Udp, _) => Connection::udp(port),
            (Protocol::Tls, _) | (Protocol::Http | Protocol::Grpc, Scheme::Https) => {
                Connection::tls(port, self.sni.as_deref())
            }
            (Protocol::Tcp, _) | (Protocol::Http | Protocol::Grpc, Scheme::Http) => Connection::plain(port),
        }
    }

    /// The message itself, where one is decided.
    pub(crate) fn view(&self) -> RequestView<'_, Vec<(String, String)>> {
        match self.protocol {
            Protocol::Grpc => RequestView::call(&self.host, &self.path, &self.headers),
            _ => RequestView::new(&self.method, &self.host, &self.path, &self.headers).version(if self.http2 {
                Version::HTTP_2
            } else {
                Version::HTTP_11
            }),
        }
    }
}

/// Takes Host out of the headers: it is the request's host and never among them. The last one counts.
pub(crate) fn take_host(headers: &mut Vec<(String, String)>) -> Option<String> {
    let mut host = None;
    headers.retain(|(name, value)| {
        let is_host = name.eq_ignore_ascii_case("host");
        if is_host {
            host = Some(value.clone());
        }
        !is_host
    });
    host
}

/// The path as a client sends it, or `None` for what is no path.
pub(crate) fn complete_path(path: &str) -> Option<String> {
    match path.chars().next() {
        None => Some("/".to_owned()),
        Some('/') => Some(path.to_owned()),
        Some('?') => Some(format!("/{path}")),
        // `OPTIONS *`, RFC 9112 section 3.2.4.
        _ => (path == "*").then(|| path.to_owned()),
    }
}

/// What a client's TLS handshake names: what it was told to, else the host if that is a name.
pub(crate) fn sni(request: &Request, told: Option<&str>) -> Option<String> {
    let speaks_tls = request.protocol == Protocol::Tls || request.scheme == Scheme::Https;
    let name = match told {
        _ if !speaks_tls => None,
        Some("") => None,
        Some(name) => Some(name),
        None => host_of_authority(&request.host).name(),
    };
    name.map(str::to_owned)
}

fn wrong(key: &'static str, problem: String) -> RequestError {
    RequestError::Key { key, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Request, String> {
        RequestLine::read(line.as_bytes(), 7).request.map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_line_leaves_out_has_a_default() {
        let request = read(r#"{"gateway": "a/b", "host": "x.example.com"}"#).unwrap();
        let expected = Request {
            host: "x.example.com".to_owned(),
            ..Request::new(Protocol::Http, Destination::Gateway(Some("a/b".to_owned())))
        };
        assert_eq!(request, expected);
        assert_eq!(
            read(r#"{"gateway": "a/b", "host": "x.example.com", "port": null, "headers": null}"#).unwrap(),
            expected
        );
    }

    #[test]
    fn the_handshake_names_the_host_unless_told_otherwise() {
        let cases = [
            (r#"{"scheme": "https", "host": "a.example.com:8443"}"#, Some("a.example.com")),
            (r#"{"scheme": "https", "host": "192.0.2.1"}"#, None),
            (r#"{"scheme": "https", "host": "a.example.com", "sni": ""}"#, None),
            (r#"{"scheme": "https", "host": "a.example.com", "sni": "b.example.com"}"#, Some("b.example.com")),
            (r#"{"scheme": "http", "host": "a.example.com", "sni": "b.example.com"}"#, None),
            (r#"{"protocol": "tls", "host": "a.example.com"}"#, Some("a.example.com")),
            (r#"{"protocol": "tls", "host": "a.example.com", "sni": ""}"#, None),
            (r#"{"protocol": "tcp", "host": "a.example.com", "sni": "b"}"#, None),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line).unwrap().sni.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn host_is_never_among_the_headers() {
        let request = read(r#"{"headers": [["HOST", "a"], ["x", "1"]]}"#).unwrap();
        assert_eq!((request.host.as_str(), request.headers.len()), ("a", 1));
        let request = read(r#"{"host": "b", "headers": [["Host", "a"]]}"#).unwrap();
        assert_eq!((request.host.as_str(), request.headers.len()), ("b", 0));
    }

    #[test]
    fn nonsense_is_told_by_its_key() {
        let cases = [
            ("{", "line 7: not JSON: EOF while parsing an object at column 1"),
            ("[1]", "line 7: not a JSON object"),
            (r#"{"port": 0}"#, "`port` must be a number from 1 to 65535"),
            (r#"{"port": 70000}"#, "`port` must be a number from 1 to 65535"),
            (r#"{"port": "80"}"#, "`port` must be a number from 1 to 65535"),
            (r#"{"method": "G ET"}"#, "`method` is `G ET`, no method of HTTP"),
            (r#"{"path": "cart"}"#, "`path` must start with `/`"),
            (r#"{"host": 7}"#, "`host` must be a string"),
            (r#"{"headers": {"a": "b"}}"#, "`headers` must be a list of [name, value]"),
            (r#"{"headers": [["a"]]}"#, "`headers` must be a list of [name, value]"),
            (r#"{"headers": [["a b", "c"]]}"#, "`headers` has `a b`, which is no name of a header"),
            (r#"{"headers": [["a", "b\nc: d"]]}"#, "`headers` has a value of `a` with control characters"),
            (r#"{"count": -1}"#, "`count` must be a whole number"),
            (r#"{"scheme": "ftp"}"#, "`scheme` is `ftp`, expected http or https"),
            (r#"{"httpVersion": "3"}"#, "`httpVersion` is `3`, expected 1.1 or 2"),
            (r#"{"protocol": "quic"}"#, "`protocol` is `quic`, expected http, grpc, tls, tcp or udp"),
            (r#"{"service": 7}"#, "`service` must be a string"),
            (r#"{"service": "a/b", "gateway": "a/b"}"#, "`service` and `gateway` exclude each other"),
            (r#"{"protocol": "grpc", "path": "a.B/C"}"#, "`path` must start with `/`"),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line).unwrap_err(), expected, "{line}");
        }
    }

    #[test]
    fn keys_that_a_protocol_does_not_use_are_passed_over() {
        let cases = [
            r#"{"protocol": "udp", "method": "G ET", "path": "x", "headers": 7, "sni": 7, "scheme": "ftp"}"#,
            r#"{"protocol": "tcp", "httpVersion": "9", "host": 7, "clientCertIssuer": 7}"#,
            r#"{"protocol": "tls", "path": "x", "method": "G ET", "headers": [1]}"#,
        ];
        for line in cases {
            let request = read(line).unwrap();
            assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/"), "{line}");
        }
    }

    #[test]
    fn a_call_is_named_by_its_path_or_by_service_and_method() {
        let cases = [
            (r#"{"protocol": "grpc", "path": "/a.B/C", "method": "GET"}"#, "/a.B/C"),
            (r#"{"protocol": "grpc", "service_name": "a.B", "method_name": "C"}"#, "/a.B/C"),
            (r#"{"protocol": "grpc", "service_name": "a.B"}"#, "/a.B/"),
            (r#"{"protocol": "grpc", "path": "/x/y", "service_name": "a.B", "method_name": "C"}"#, "/x/y"),
        ];
        for (line, path) in cases {
            let request = read(line).unwrap();
            assert_eq!((request.path.as_str(), request.method.as_str(), request.http2), (path, "POST", true), "{line}");
            assert!(request.view().is_grpc(), "{line}");
        }
        let plain =
            r#"{"httpVersion": "2", "method": "POST", "headers": [["Content-Type", "application/grpc+proto"]]}"#;
        assert!(read(plain).unwrap().view().is_grpc());
    }

    #[test]
    fn a_client_of_a_service_has_a_namespace() {
        let of = |line: &str| read(line).unwrap().to;
        let service =
            |from: Option<&str>| Destination::Service { name: "a/b".to_owned(), from: from.map(str::to_owned) };
        assert_eq!(of(r#"{"service": "a/b", "from": "c"}"#), service(Some("c")));
        assert_eq!(of(r#"{"service": "a/b"}"#), service(None));
    }

    #[test]
    fn the_id_survives_an_error() {
        let line = RequestLine::read(br#"{"id": {"a": [1]}, "port": -1}"#, 1);
        assert_eq!(line.id, serde_json::json!({"a": [1]}));
        assert!(line.request.is_err());
    }
}
