//! What goes into a decision: a borrowed view of a request, and the facts of its connection.

use std::ops::ControlFlow;

use http::HeaderName;
use http::header::HOST;

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
}

impl Headers for () {
    fn visit(&self, _: &HeaderName, _: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {}
}

impl Headers for http::HeaderMap {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        for value in self.get_all(name) {
            if each(value.as_bytes()).is_break() {
                return;
            }
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        for (found, value) in self {
            if found.as_ref().eq_ignore_ascii_case(name.as_str()) && each(value.as_ref()).is_break() {
                return;
            }
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        self.as_slice().visit(name, each);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        self.as_slice().visit(name, each);
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
        RequestView { method, authority, path, query, headers }
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
    /// header. A Host header that is no text reads as the empty one.
    pub fn from_parts(parts: &'a http::request::Parts) -> Self {
        let authority = match parts.uri.authority() {
            Some(authority) => authority.as_str(),
            None => parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or(""),
        };
        RequestView {
            method: parts.method.as_str(),
            authority,
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
        }
    }
}

/// The facts of the connection on which a request came.
///
/// ```
/// use gateway_match::Connection;
///
/// let plain = Connection::plain(80);
/// let tls = Connection::tls(443, Some("shop.example.com"));
/// assert!(!plain.is_tls() && tls.is_tls());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    port: u16,
    tls: bool,
    sni: Option<&'a str>,
}

impl<'a> Connection<'a> {
    /// A connection in plain text to that port of the listener (not of the client).
    pub fn plain(port: u16) -> Self {
        Connection { port, tls: false, sni: None }
    }

    /// A TLS connection to that port, with the name that the client sent in its ClientHello.
    pub fn tls(port: u16, sni: Option<&'a str>) -> Self {
        Connection { port, tls: true, sni }
    }

    /// The port of the listener.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is a TLS connection.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The name that the client sent in its ClientHello, if any.
    pub fn sni(&self) -> Option<&'a str> {
        self.sni
    }
}
