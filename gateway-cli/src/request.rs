//! A request, and the line of JSON that it may come as.

use gateway_model::host_of_authority;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

/// A request over HTTP, and where it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// The Gateway, `namespace/name`.
    pub(crate) gateway: Option<String>,
    /// The listener's port; found out if it can be.
    pub(crate) port: Option<u16>,
    pub(crate) scheme: Scheme,
    pub(crate) method: String,
    /// The Host header or `:authority`, with its port if it has one.
    pub(crate) host: String,
    /// The path with its query.
    pub(crate) path: String,
    /// Without Host.
    pub(crate) headers: Vec<(String, String)>,
    /// What the client's TLS handshake names.
    pub(crate) sni: Option<String>,
    /// How many such requests there are.
    pub(crate) count: u64,
}

/// What a client speaks.
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

    /// The port that a URL leaves out.
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
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
    #[error("{what} are not supported yet")]
    Unsupported { what: &'static str },
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
            Ok(Value::Object(mut map)) => {
                let id = map.remove("id").unwrap_or_default();
                RequestLine { id, request: Fields(&map).request() }
            }
            Ok(_) => RequestLine { id: Value::Null, request: Err(RequestError::NotAnObject { line }) },
            Err(problem) => {
                let text = problem.to_string();
                let what = text.split(" at line ").next().unwrap_or_default();
                let problem = format!("{what} at column {}", problem.column());
                RequestLine { id: Value::Null, request: Err(RequestError::NotJson { line, problem }) }
            }
        }
    }
}

/// The keys of a line. `null` counts as absent.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn request(&self) -> Result<Request, RequestError> {
        let unsupported = |what| Err(RequestError::Unsupported { what });
        match self.text("protocol")?.unwrap_or("http") {
            "http" => {}
            "grpc" => return unsupported("gRPC requests"),
            "tls" => return unsupported("TLS connections"),
            "tcp" => return unsupported("TCP connections"),
            "udp" => return unsupported("UDP packets"),
            other => {
                return Err(wrong("protocol", format!("is `{other}`, expected http, grpc, tls, tcp or udp")));
            }
        }
        if self.get("service").is_some() {
            return unsupported("requests to a Service (mesh)");
        }
        let scheme = match self.text("scheme")?.unwrap_or("http") {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(wrong("scheme", format!("is `{other}`, expected http or https"))),
        };
        let http2 = match self.text("httpVersion")?.unwrap_or("1.1") {
            "1.1" => false,
            "2" => true,
            other => return Err(wrong("httpVersion", format!("is `{other}`, expected 1.1 or 2"))),
        };
        let method = self.text("method")?.unwrap_or("GET");
        Method::from_bytes(method.as_bytes())
            .map_err(|_| wrong("method", format!("is `{method}`, no method of HTTP")))?;
        let mut headers = self.headers()?;
        let host = take_host(&mut headers);
        let host = self.text("host")?.map(str::to_owned).or(host).unwrap_or_default();
        let request = Request {
            gateway: self.text("gateway")?.map(str::to_owned),
            port: self.port()?,
            scheme,
            method: method.to_owned(),
            path: complete_path(self.text("path")?.unwrap_or_default())
                .ok_or_else(|| wrong("path", "must start with `/`".to_owned()))?,
            sni: sni(scheme, self.text("sni")?, &host),
            host,
            headers,
            count: self.count()?,
        };
        request.refuse_grpc(http2)?;
        Ok(request)
    }

    fn get(&self, key: &'static str) -> Option<&Value> {
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
    /// A request is gRPC when it looks like it, whatever its line says.
    pub(crate) fn refuse_grpc(&self, http2: bool) -> Result<(), RequestError> {
        let is_grpc = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("content-type") && value.to_ascii_lowercase().starts_with("application/grpc")
        };
        if http2 && self.method == "POST" && self.headers.iter().any(is_grpc) {
            return Err(RequestError::Unsupported { what: "gRPC requests" });
        }
        Ok(())
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
pub(crate) fn sni(scheme: Scheme, told: Option<&str>, host: &str) -> Option<String> {
    let name = match (scheme, told) {
        (Scheme::Http, _) | (Scheme::Https, Some("")) => None,
        (Scheme::Https, Some(name)) => Some(name),
        (Scheme::Https, None) => host_of_authority(host).name(),
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
            gateway: Some("a/b".to_owned()),
            port: None,
            scheme: Scheme::Http,
            method: "GET".to_owned(),
            host: "x.example.com".to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            sni: None,
            count: 1,
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
            (r#"{"protocol": "udp", "method": "G ET"}"#, "UDP packets are not supported yet"),
            (r#"{"service": "a/b"}"#, "requests to a Service (mesh) are not supported yet"),
            (
                r#"{"httpVersion": "2", "method": "POST", "headers": [["Content-Type", "application/grpc+proto"]]}"#,
                "gRPC requests are not supported yet",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line).unwrap_err(), expected, "{line}");
        }
    }

    #[test]
    fn the_id_survives_an_error() {
        let line = RequestLine::read(br#"{"id": {"a": [1]}, "port": -1}"#, 1);
        assert_eq!(line.id, serde_json::json!({"a": [1]}));
        assert!(line.request.is_err());
    }
}
