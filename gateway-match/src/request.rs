//! What goes into a decision: a borrowed view of a request, and the facts of its connection.

use std::ops::ControlFlow;

use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Version};

mod limits;

pub use limits::{RequestExcess, RequestLimits};

/// The headers of a request, wherever the embedder keeps them.
///
/// Implemented for [`http::HeaderMap`], for slices of name and value, and for `()` (no headers),
/// so that nobody builds a `HeaderMap` for a decision. Only headers that some rule names are ever
/// asked for.
pub trait Headers {
    /// Shows every value of a header, in order, until told to stop.
    ///
    /// `name` is in lower case; names of requests are compared without case.
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>);

    /// Shows the name of every header, in any case and as often as it likes; false if that cannot be done.
    ///
    /// Where rules name many headers it is quicker to go through those of the request than to ask for
    /// each. Answers are the same without it.
    fn visit_names(&self, each: &mut dyn FnMut(&str)) -> bool {
        let _ = each;
        false
    }

    /// How many values there are, of all headers together; `None` if that cannot be told in O(1).
    ///
    /// Only [`RequestLimits`] asks.
    fn count(&self) -> Option<usize> {
        None
    }
}

impl Headers for () {
    fn visit(&self, _: &HeaderName, _: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {}

    fn visit_names(&self, _: &mut dyn FnMut(&str)) -> bool {
        true
    }

    fn count(&self) -> Option<usize> {
        Some(0)
    }
}

impl Headers for http::HeaderMap {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        // Where no name is repeated, as in most requests, there is no list of values to go through. To compare a name
        // with a few others takes less than to hash it.
        if self.len() == self.keys_len() {
            let value = if self.len() <= FEW { only_value(self, name) } else { self.get(name) };
            if let Some(value) = value {
                let _ = each(value.as_bytes());
            }
            return;
        }
        for value in self.get_all(name) {
            if each(value.as_bytes()).is_break() {
                return;
            }
        }
    }

    fn visit_names(&self, each: &mut dyn FnMut(&str)) -> bool {
        self.keys().for_each(|name| each(name.as_str()));
        true
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// So many headers are gone through.
const FEW: usize = 8;

/// The value of a header in a map of few names, none of which is repeated.
fn only_value<'m>(map: &'m http::HeaderMap, name: &HeaderName) -> Option<&'m HeaderValue> {
    map.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        for (found, value) in self {
            if found.as_ref().eq_ignore_ascii_case(name.as_str()) && each(value.as_ref()).is_break() {
                return;
            }
        }
    }

    fn visit_names(&self, each: &mut dyn FnMut(&str)) -> bool {
        self.iter().for_each(|(name, _)| each(name.as_ref()));
        true
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        self.as_slice().visit(name, each);
    }

    fn visit_names(&self, each: &mut dyn FnMut(&str)) -> bool {
        self.as_slice().visit_names(each)
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        self.as_slice().visit(name, each);
    }

    fn visit_names(&self, each: &mut dyn FnMut(&str)) -> bool {
        self.as_slice().visit_names(each)
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// A borrowed view of an HTTP request: all that a decision looks at.
///
/// ```
/// use gateway_match::RequestView;
///
/// // From what a proxy has at hand:
/// let headers = [("x-env", "canary")];
/// let request = RequestView::new("GET", "shop.example.com:8080", "/cart?id=7", &headers);
/// assert_eq!(request.path(), "/cart");
/// assert_eq!(request.query(), Some("id=7"));
///
/// // Or from the `http` crate, as hyper has it:
/// let parts = http::Request::get("http://shop.example.com/cart").body(())?.into_parts().0;
/// assert_eq!(RequestView::from_parts(&parts).authority(), "shop.example.com");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug)]
pub struct RequestView<'a, H: ?Sized = http::HeaderMap> {
    method: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    headers: &'a H,
    version: Version,
    grpc: bool,
}

// Not derived: a view is a handful of references, whatever the headers are.
impl<H: ?Sized> Clone for RequestView<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for RequestView<'_, H> {}

impl<'a, H: Headers + ?Sized> RequestView<'a, H> {
    /// A view from plain parts: the method, the Host header or `:authority` (a port may be there),
    /// the path with its query, the headers.
    pub fn new(method: &'a str, authority: &'a str, path_and_query: &'a str, headers: &'a H) -> Self {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        // HTTP/1.1 targets in absolute form may have no path at all.
        let path = if path.is_empty() { "/" } else { path };
        RequestView { method, authority, path, query, headers, version: Version::HTTP_11, grpc: false }
    }

    /// A gRPC call from plain parts: the `:authority`, the service with its package, the method, the
    /// headers. `path` is the request's path, `/{service}/{method}`.
    ///
    /// ```
    /// use gateway_match::RequestView;
    ///
    /// let call = RequestView::call("shop.example.com", "/shop.Cart/Add", &());
    /// assert!(call.is_grpc());
    /// ```
    pub fn call(authority: &'a str, path: &'a str, headers: &'a H) -> Self {
        RequestView { version: Version::HTTP_2, grpc: true, ..Self::new("POST", authority, path, headers) }
    }

    /// The version of HTTP that the request came in; 1.1 unless told.
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Whether it is a gRPC request: it was made as a [call](Self::call), or it is a POST in HTTP/2
    /// whose content type begins with `application/grpc`. Only such requests are for GRPCRoutes.
    pub fn is_grpc(&self) -> bool {
        self.grpc || (self.version == Version::HTTP_2 && self.method == "POST" && self.has_grpc_content())
    }

    /// spec: the protocol of gRPC over HTTP/2, `Content-Type`.
    fn has_grpc_content(&self) -> bool {
        let mut found = false;
        self.visit_header(&CONTENT_TYPE, &mut |value| {
            found = value.get(..GRPC_CONTENT.len()).is_some_and(|start| start.eq_ignore_ascii_case(GRPC_CONTENT));
            ControlFlow::Break(())
        });
        found
    }

    /// What it calls, if it is a gRPC request.
    #[inline(never)]
    pub(crate) fn called(&self) -> Option<Call<'a>> {
        self.is_grpc().then(|| Call::of_path(self.path))
    }

    /// The method.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// The Host header or `:authority`, as it was sent.
    pub fn authority(&self) -> &'a str {
        self.authority
    }

    /// The path, without the query.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The query, without its `?`; `None` if there is no `?`.
    pub fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// The headers, without `Host`.
    pub(crate) fn headers(&self) -> &'a H {
        self.headers
    }

    /// Shows every value of a header until told to stop. `Host` is the authority.
    pub(crate) fn visit_header(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        if *name == HOST {
            if !self.authority.is_empty() {
                let _ = each(self.authority.as_bytes());
            }
        } else {
            self.headers.visit(name, each);
        }
    }

    /// The same request with another path: the form of it that rules are compared with.
    pub(crate) fn with_path<'b>(&'b self, path: &'b str) -> RequestView<'b, H> {
        RequestView { path, ..*self }
    }
}

impl<'a> RequestView<'a> {
    /// A view of a request's head. The authority is that of the target (HTTP/2, and HTTP/1.1 in
    /// absolute form, where RFC 9112 section 3.2.2 puts it before the Host header), else the Host
    /// header. One that is no text is no authority, and neither are two of them, which RFC 9112
    /// section 3.2 has answered 400: whoever else reads the request might heed the other one.
    pub fn from_parts(parts: &'a http::request::Parts) -> Self {
        let mut hosts = parts.headers.get_all(HOST).iter();
        let authority = match (parts.uri.authority(), hosts.next(), hosts.next()) {
            (_, Some(_), Some(_)) => NO_AUTHORITY,
            (Some(authority), ..) => authority.as_str(),
            (None, Some(host), None) => host.to_str().unwrap_or(NO_AUTHORITY),
            (None, None, _) => "",
        };
        RequestView {
            method: parts.method.as_str(),
            authority,
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            version: parts.version,
            grpc: false,
        }
    }
}

/// A text that is no authority.
const NO_AUTHORITY: &str = "@";

/// How the content type of every gRPC request begins.
const GRPC_CONTENT: &[u8] = b"application/grpc";

/// The service and method that a gRPC request calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a>(Option<(&'a str, &'a str)>);

impl<'a> Call<'a> {
    /// Out of `/{service}/{method}`. A path of another form calls nothing that has a name: only
    /// rules that take every call take it.
    pub(crate) fn of_path(path: &'a str) -> Self {
        Call(path.strip_prefix('/').and_then(|path| path.rsplit_once('/')))
    }

    pub(crate) fn service(&self) -> Option<&'a str> {
        self.0.map(|(service, _)| service)
    }

    pub(crate) fn method(&self) -> Option<&'a str> {
        self.0.map(|(_, method)| method)
    }
}

/// The facts of a connection: those of the one on which a request came, or of a new one.
///
/// ```
/// use gateway_match::{Connection, Transport};
///
/// let plain = Connection::plain(80);
/// let tls = Connection::tls(443, Some("shop.example.com"));
/// assert!(!plain.is_tls() && tls.is_tls());
/// assert_eq!(Connection::udp(53).transport(), Transport::Udp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    port: u16,
    transport: Transport,
    sni: Option<&'a str>,
}

/// What is known of the bytes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Bytes over TCP, or the plain text of HTTP.
    Plain,
    /// TLS over TCP.
    Tls,
    /// Datagrams.
    Udp,
}

impl<'a> Connection<'a> {
    /// A connection in plain text to that port of the listener (not of the client).
    pub fn plain(port: u16) -> Self {
        Connection { port, transport: Transport::Plain, sni: None }
    }

    /// A TLS connection to that port, with the name that the client sent in its ClientHello.
    pub fn tls(port: u16, sni: Option<&'a str>) -> Self {
        Connection { port, transport: Transport::Tls, sni }
    }

    /// Datagrams to that port.
    pub fn udp(port: u16) -> Self {
        Connection { port, transport: Transport::Udp, sni: None }
    }

    /// The port of the listener.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What is known of its bytes.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Whether it is a TLS connection.
    pub fn is_tls(&self) -> bool {
        self.transport == Transport::Tls
    }

    /// The name that the client sent in its ClientHello, if any.
    pub fn sni(&self) -> Option<&'a str> {
        self.sni
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
