//! The one request that the arguments describe.

use crate::args::RouteArguments;
use crate::request::{Destination, Protocol, Request, RequestError, Scheme, complete_path, sni, take_host};

/// A URL taken apart, as far as a request needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// Absent where the URL does not say it.
    spoken: Option<Spoken>,
    /// With its port; empty for a mere path.
    authority: String,
    port: Option<u16>,
    /// With its query, without its fragment.
    path: String,
}

/// What the scheme of a URL says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spoken {
    protocol: Protocol,
    scheme: Scheme,
    /// The port that such a URL leaves out, if any is usual.
    usual: Option<u16>,
}

/// The schemes that are understood.
const SCHEMES: [(&str, Spoken); 7] = [
    ("http", Spoken { protocol: Protocol::Http, scheme: Scheme::Http, usual: Some(80) }),
    ("https", Spoken { protocol: Protocol::Http, scheme: Scheme::Https, usual: Some(443) }),
    ("grpc", Spoken { protocol: Protocol::Grpc, scheme: Scheme::Http, usual: None }),
    ("grpcs", Spoken { protocol: Protocol::Grpc, scheme: Scheme::Https, usual: None }),
    ("tls", Spoken { protocol: Protocol::Tls, scheme: Scheme::Https, usual: None }),
    ("tcp", Spoken { protocol: Protocol::Tcp, scheme: Scheme::Http, usual: None }),
    ("udp", Spoken { protocol: Protocol::Udp, scheme: Scheme::Http, usual: None }),
];

/// Why a URL cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("`{url}`: the scheme is `{scheme}`, expected http, https, grpc, grpcs, tls, tcp or udp")]
    Scheme { url: String, scheme: String },
    #[error("`{url}`: `{port}` is no port")]
    Port { url: String, port: String },
    #[error("`{url}` has no host: give one with -H 'Host: ...'")]
    NoHost { url: String },
    #[error("`{url}`: the user name belongs into an Authorization header")]
    UserInformation { url: String },
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// The request, and the port that its URL implies if it names a scheme but no port.
pub(crate) fn request(arguments: &RouteArguments, url: &str) -> Result<(Request, Option<u16>), TargetError> {
    let target = Target::parse(url)?;
    let spoken = target.spoken.unwrap_or(SCHEMES[0].1);
    let to = match &arguments.service {
        Some(name) => Destination::Service { name: name.clone(), from: arguments.from.clone() },
        None => Destination::Gateway(arguments.gateway.clone()),
    };
    let mut headers = arguments.headers.clone();
    let named = take_host(&mut headers);
    if spoken.protocol.has_requests() && named.is_none() && target.authority.is_empty() {
        return Err(TargetError::NoHost { url: url.to_owned() });
    }
    let mut request = Request {
        port: arguments.port.or(target.port),
        scheme: spoken.scheme,
        method: arguments.method.clone(),
        // As with other clients, -H 'Host: ...' changes the header and not what the handshake names.
        host: if target.authority.is_empty() { named.clone().unwrap_or_default() } else { target.authority },
        path: target.path,
        headers,
        http2: arguments.http_version == "2",
        client_cert_issuer: arguments.client_cert_issuer.clone(),
        ..Request::new(spoken.protocol, to)
    };
    request.sni = sni(&request, arguments.sni.as_deref());
    if let Some(host) = named {
        request.host = host;
    }
    if spoken.protocol == Protocol::Grpc {
        request.make_call();
    }
    Ok((request, target.spoken.and_then(|spoken| spoken.usual)))
}

impl Target {
    fn parse(url: &str) -> Result<Self, TargetError> {
        let text = url.split('#').next().unwrap_or_default();
        // The host ends where the path or the query starts; `://` inside those is theirs.
        let before_path = text.split(['?']).next().unwrap_or_default();
        let (spoken, rest) = match before_path.find("://").and_then(|at| text.split_at_checked(at)) {
            Some((scheme, rest)) if !scheme.contains('/') => {
                (Some(spoken_of(url, scheme)?), rest.strip_prefix("://").unwrap_or(rest))
            }
            _ => (None, text),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(TargetError::UserInformation { url: url.to_owned() });
        }
        // `tcp://:5432` names no host, nor need it.
        if authority.is_empty() && spoken.is_some_and(|spoken| spoken.protocol.has_requests()) {
            return Err(TargetError::NoHost { url: url.to_owned() });
        }
        Ok(Target {
            spoken,
            port: port_of(url, authority)?,
            authority: authority.to_owned(),
            path: complete_path(path).unwrap_or_else(|| "/".to_owned()),
        })
    }
}

fn spoken_of(url: &str, scheme: &str) -> Result<Spoken, TargetError> {
    let found = SCHEMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme));
    found
        .map(|(_, spoken)| spoken)
        .ok_or_else(|| TargetError::Scheme { url: url.to_owned(), scheme: scheme.to_owned() })
}

/// The port of an authority, if it has one that is not empty.
fn port_of(url: &str, authority: &str) -> Result<Option<u16>, TargetError> {
    // The colons of an IPv6 address stand inside its brackets.
    let after_address = authority.rsplit(']').next().unwrap_or_default();
    match after_address.split_once(':') {
        None | Some((_, "")) => Ok(None),
        Some((_, port)) => match port.parse() {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(TargetError::Port { url: url.to_owned(), port: port.to_owned() }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let cases = [
            ("http://a.example.com", Some("http"), "a.example.com", None, "/"),
            ("HTTPS://a.example.com:8443/x?y=z#w", Some("https"), "a.example.com:8443", Some(8443), "/x?y=z"),
            ("a.example.com/x", None, "a.example.com", None, "/x"),
            ("a.example.com:81?y", None, "a.example.com:81", Some(81), "/?y"),
            ("a.example.com/?to=http://b", None, "a.example.com", None, "/?to=http://b"),
            ("a.example.com/http://b", None, "a.example.com", None, "/http://b"),
            ("/x", None, "", None, "/x"),
            ("/x?to=http://b", None, "", None, "/x?to=http://b"),
            ("http://[2001:db8::1]:80/", Some("http"), "[2001:db8::1]:80", Some(80), "/"),
            ("[::1]", None, "[::1]", None, "/"),
            ("tcp://:5432", Some("tcp"), ":5432", Some(5432), "/"),
            ("GRPC://a/b.C/D", Some("grpc"), "a", None, "/b.C/D"),
            ("", None, "", None, "/"),
        ];
        for (url, scheme, authority, port, path) in cases {
            let expected = Target {
                spoken: scheme.map(|name| spoken_of(url, name).unwrap()),
                authority: authority.to_owned(),
                port,
                path: path.to_owned(),
            };
            assert_eq!(Target::parse(url), Ok(expected), "{url}");
        }
        for url in [
            "ftp://a",
            "http://",
            "http:///x",
            "http://a:0/",
            "http://a:x/",
            "http://a:99999/",
            "http://u:p@a/",
            "u@a/x",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
