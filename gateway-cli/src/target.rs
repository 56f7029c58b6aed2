//! The one request that the arguments describe.

use crate::args::RouteArguments;
use crate::request::{Request, RequestError, Scheme, complete_path, sni, take_host};

/// A URL taken apart, as far as a request needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// Absent where the URL does not say it.
    scheme: Option<Scheme>,
    /// With its port; empty for a mere path.
    authority: String,
    port: Option<u16>,
    /// With its query, without its fragment.
    path: String,
}

/// Why a URL cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("`{url}`: the scheme is `{scheme}`, expected http or https")]
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
    let scheme = target.scheme.unwrap_or(Scheme::Http);
    let mut headers = arguments.headers.clone();
    let host = take_host(&mut headers);
    // As with other clients, -H 'Host: ...' changes the header and not what the handshake names.
    let dialled = if target.authority.is_empty() { host.as_deref().unwrap_or_default() } else { &target.authority };
    let sni = sni(scheme, arguments.sni.as_deref(), dialled);
    let host = match host {
        Some(host) => host,
        None if target.authority.is_empty() => return Err(TargetError::NoHost { url: url.to_owned() }),
        None => target.authority,
    };
    let request = Request {
        gateway: arguments.gateway.clone(),
        port: arguments.port.or(target.port),
        scheme,
        method: arguments.method.clone(),
        host,
        path: target.path,
        headers,
        sni,
        count: 1,
    };
    request.refuse_grpc(arguments.http_version == "2")?;
    Ok((request, target.scheme.map(Scheme::default_port)))
}

impl Target {
    fn parse(url: &str) -> Result<Self, TargetError> {
        let text = url.split('#').next().unwrap_or_default();
        // The host ends where the path or the query starts; `://` inside those is theirs.
        let before_path = text.split(['?']).next().unwrap_or_default();
        let (scheme, rest) = match before_path.find("://").and_then(|at| text.split_at_checked(at)) {
            Some((scheme, rest)) if !scheme.contains('/') => {
                (Some(scheme_of(url, scheme)?), rest.strip_prefix("://").unwrap_or(rest))
            }
            _ => (None, text),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(TargetError::UserInformation { url: url.to_owned() });
        }
        if authority.is_empty() && scheme.is_some() {
            return Err(TargetError::NoHost { url: url.to_owned() });
        }
        Ok(Target {
            scheme,
            port: port_of(url, authority)?,
            authority: authority.to_owned(),
            path: complete_path(path).unwrap_or_else(|| "/".to_owned()),
        })
    }
}

fn scheme_of(url: &str, scheme: &str) -> Result<Scheme, TargetError> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => Err(TargetError::Scheme { url: url.to_owned(), scheme: scheme.to_owned() }),
    }
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
            ("http://a.example.com", Some(Scheme::Http), "a.example.com", None, "/"),
            ("HTTPS://a.example.com:8443/x?y=z#w", Some(Scheme::Https), "a.example.com:8443", Some(8443), "/x?y=z"),
            ("a.example.com/x", None, "a.example.com", None, "/x"),
            ("a.example.com:81?y", None, "a.example.com:81", Some(81), "/?y"),
            ("a.example.com/?to=http://b", None, "a.example.com", None, "/?to=http://b"),
            ("a.example.com/http://b", None, "a.example.com", None, "/http://b"),
            ("/x", None, "", None, "/x"),
            ("/x?to=http://b", None, "", None, "/x?to=http://b"),
            ("http://[2001:db8::1]:80/", Some(Scheme::Http), "[2001:db8::1]:80", Some(80), "/"),
            ("[::1]", None, "[::1]", None, "/"),
            ("", None, "", None, "/"),
        ];
        for (url, scheme, authority, port, path) in cases {
            let expected = Target { scheme, authority: authority.to_owned(), port, path: path.to_owned() };
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
