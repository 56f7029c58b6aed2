//! Answers that send a client elsewhere. spec: `HTTPRequestRedirectFilter`.

use std::borrow::Cow;

use gateway_model::{Host, RedirectScheme, RequestRedirect, host_of_authority};
use http::{HeaderValue, StatusCode};

use super::escape::{UriPart, push_escaped};
use super::path_modifier::PathChange;
use super::problem::{Fault, FilterProblem, unknown};
use super::shape::precise_hostname;
use crate::options::FullPathQuery;

/// How the Location of a redirect is made from a request.
///
/// The port follows the specification's table, never the request's Host header:
///
/// | `port` | `scheme` | port of the Location |
/// | --- | --- | --- |
/// | given | any | that one |
/// | absent | given | 80 for `http`, 443 for `https` |
/// | absent | absent | the listener's |
///
/// and it is left out when it is the Location's scheme's own.
///
/// ```
/// use gateway_match::{Filters, Profile, RedirectInput, Scheme};
///
/// let filter = serde_json::from_str(r#"{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}"#)?;
/// let filters = Filters::compile(&[filter], &Profile::default()).unwrap();
/// let redirect = filters.redirect().unwrap().location(&RedirectInput {
///     scheme: Scheme::Http,
///     authority: "shop.example.com:8080",
///     path: "/cart",
///     query: Some("id=7"),
///     matched_prefix: Some("/"),
///     listener_port: 8080,
/// });
/// let redirect = redirect.unwrap();
/// assert_eq!(redirect.status(), 302);
/// assert_eq!(redirect.location(), "https://shop.example.com/cart?id=7");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectRule {
    scheme: Option<Scheme>,
    hostname: Option<Box<str>>,
    port: Option<u16>,
    path: Option<PathChange>,
    status: StatusCode,
}

/// The scheme of a request or of a Location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as URIs have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// Its well-known port.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// What a redirect is made from: the request, and how it came to its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectInput<'a> {
    /// The scheme that the client used, which is that of the listener.
    pub scheme: Scheme,
    /// The Host header or `:authority`, as it was sent.
    pub authority: &'a str,
    /// The path, without the query, in the form that was matched.
    pub path: &'a str,
    /// The query, without its `?`.
    pub query: Option<&'a str>,
    /// The prefix of the match that took the request, if it has one.
    pub matched_prefix: Option<&'a str>,
    /// The port of the listener; in a mesh, of the Service.
    pub listener_port: u16,
}

/// The answer to a request that is redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    status: StatusCode,
    location: HeaderValue,
}

impl Redirect {
    /// 301, 302, 303, 307 or 308.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The absolute URI that the client is sent to. Printable ASCII only.
    pub fn location(&self) -> &str {
        self.location.to_str().unwrap_or_default()
    }

    /// The value of the Location header.
    pub fn into_header(self) -> HeaderValue {
        self.location
    }
}

impl RedirectRule {
    /// The answer to a request. O(length), one allocation.
    ///
    /// The Location is always absolute. Its host is the filter's, else the request's without port
    /// and trailing dot, in the request's case. The query stays ([`FullPathQuery`] decides where
    /// the whole path is replaced). What cannot stand in a URI is percent-encoded, escapes that
    /// are there stay. `OPTIONS *` leads to `/`.
    ///
    /// `None` if neither the filter nor the request names a host, as only HTTP/1.0 allows, or the
    /// request's authority is none. RFC 9112 section 3.2 answers 400.
    pub fn location(&self, input: &RedirectInput<'_>) -> Option<Redirect> {
        let scheme = self.scheme.unwrap_or(input.scheme);
        let host = self.host(input.authority)?;
        let port = self.location_port(input.listener_port);
        let path = match &self.path {
            Some(change) => change.apply(input.path, input.matched_prefix),
            None => Cow::Borrowed(input.path),
        };
        let path = if path.starts_with('/') { &*path } else { "/" };
        let query = input.query.filter(|_| self.path.as_ref().is_none_or(PathChange::keeps_query));

        // Scheme, port and separators take at most 17 bytes.
        let length = 17 + host.len() + path.len() + query.map_or(0, str::len);
        let mut location = String::with_capacity(length);
        location.push_str(scheme.as_str());
        location.push_str("://");
        location.push_str(&host);
        if port != scheme.default_port() {
            push_port(&mut location, port);
        }
        push_escaped(&mut location, path, UriPart::Path);
        if let Some(query) = query {
            location.push('?');
            push_escaped(&mut location, query, UriPart::Query);
        }
        Some(Redirect { status: self.status, location: HeaderValue::try_from(location).ok()? })
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn replaces_prefix(&self) -> bool {
        self.path.as_ref().is_some_and(PathChange::is_prefix)
    }

    fn host<'a>(&'a self, authority: &'a str) -> Option<Cow<'a, str>> {
        if let Some(hostname) = &self.hostname {
            return Some(Cow::Borrowed(hostname));
        }
        match host_of_authority(authority) {
            Host::Address(address) if address.contains(':') => Some(Cow::Owned(format!("[{address}]"))),
            Host::Address(host) | Host::Name(host) => Some(Cow::Borrowed(host)),
            Host::Empty | Host::Invalid => None,
        }
    }

    /// spec: `HTTPRequestRedirectFilter.port`.
    fn location_port(&self, listener_port: u16) -> u16 {
        match (self.port, self.scheme) {
            (Some(port), _) => port,
            (None, Some(scheme)) => scheme.default_port(),
            (None, None) => listener_port,
        }
    }

    pub(super) fn compile(wire: &RequestRedirect, query: FullPathQuery) -> Result<Self, Fault> {
        let scheme = match &wire.scheme {
            None => None,
            Some(RedirectScheme::Http) => Some(Scheme::Http),
            Some(RedirectScheme::Https) => Some(Scheme::Https),
            Some(other) => return Err(unknown("scheme", other)),
        };
        // The specification treats an empty hostname as an absent one.
        let hostname = match wire.hostname.as_deref() {
            None | Some("") => None,
            Some(hostname) => Some(precise_hostname(hostname)?.into()),
        };
        let port = match wire.port {
            None => None,
            Some(port) => match u16::try_from(port) {
                Ok(number @ 1..) => Some(number),
                _ => return Err(("port".to_owned(), FilterProblem::Port { port })),
            },
        };
        let path = match &wire.path {
            None => None,
            Some(path) => {
                Some(PathChange::compile(path, query).map_err(|(field, problem)| (format!("path.{field}"), problem))?)
            }
        };
        let status = match wire.status_code() {
            301 => StatusCode::MOVED_PERMANENTLY,
            302 => StatusCode::FOUND,
            303 => StatusCode::SEE_OTHER,
            307 => StatusCode::TEMPORARY_REDIRECT,
            308 => StatusCode::PERMANENT_REDIRECT,
            other => return Err(unknown("statusCode", &other)),
        };
        Ok(RedirectRule { scheme, hostname, port, path, status })
    }
}

/// Appends `:` and the digits, without a string of their own.
fn push_port(out: &mut String, port: u16) {
    use std::fmt::Write as _;
    // Writing to a String does not fail.
    let _ = write!(out, ":{port}");
}

#[cfg(test)]
#[path = "redirect_tests.rs"]
mod tests;
