//! What the oracle is asked.

/// A request, as it arrives at a Gateway.
///
/// ```
/// use gateway_oracle::Request;
///
/// let mut request = Request::get("infra", "public", 443, "a.example.com", "/");
/// request.tls = true;
/// request.sni = Some("a.example.com".to_owned());
/// request.headers.push(("X-Env".to_owned(), b"canary".to_vec()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// Namespace and name of the Gateway that it arrives at.
    pub parent: (String, String),
    /// The port that it arrives at.
    pub port: u16,
    /// Whether it came over TLS that ends at the Gateway.
    pub tls: bool,
    /// The server name of the TLS handshake. Not looked at without `tls`.
    pub sni: Option<String>,
    /// The method, with case.
    pub method: String,
    /// The `Host` header or `:authority` as sent, empty if there was none.
    pub authority: String,
    /// The path, with the query if there is one.
    pub path: String,
    /// The other headers in their order. An entry named `Host` is not looked at.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    /// A GET in plain text without headers.
    pub fn get(namespace: &str, gateway: &str, port: u16, authority: &str, path: &str) -> Self {
        Request {
            parent: (namespace.to_owned(), gateway.to_owned()),
            port,
            method: "GET".to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            ..Request::default()
        }
    }
}
