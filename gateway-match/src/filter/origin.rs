//! Origins of cross-origin requests, and the patterns that allow them. spec: `CORSOrigin`.

use gateway_model::{Host, host_of_authority};

use super::problem::FilterProblem;
use super::redirect::Scheme;

/// The origins that a policy allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AllowedOrigins {
    /// Every origin, also the opaque one (`null`).
    Any,
    /// Those that match a pattern.
    Matching(Box<[OriginPattern]>),
}

impl AllowedOrigins {
    /// Whether the value of an Origin header is allowed. O(number of patterns · length).
    pub(super) fn allow(&self, origin: &str) -> bool {
        can_be_echoed(origin)
            && match self {
                AllowedOrigins::Any => true,
                AllowedOrigins::Matching(patterns) => {
                    Origin::parse(origin).is_some_and(|origin| patterns.iter().any(|pattern| pattern.matches(&origin)))
                }
            }
    }
}

/// Whether it is one value, and not the one that means every origin, to whoever reads the answer.
fn can_be_echoed(origin: &str) -> bool {
    !matches!(origin, "" | "*") && origin.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// A scheme, a host that may have a wildcard, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OriginPattern {
    scheme: Scheme,
    host: HostPattern,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// One or more labels before this text, which begins with a dot.
    Below(Box<str>),
    Exact(Box<str>),
}

impl OriginPattern {
    /// spec: `CORSOrigin`, its pattern; a port is 1 to 65535 and defaults to the scheme's.
    pub(super) fn parse(text: &str) -> Result<Self, FilterProblem> {
        Self::read(text).ok_or_else(|| FilterProblem::Origin { value: text.to_owned() })
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, authority) = split_scheme(text, |found, scheme| found == scheme)?;
        let (host, port) = split_port(authority, scheme)?;
        let host = match host.strip_prefix('*') {
            Some("") => HostPattern::Any,
            Some(below) if is_name(below.strip_prefix('.')?) => HostPattern::Below(below.into()),
            None if is_name(host) => HostPattern::Exact(host.into()),
            _ => return None,
        };
        Some(OriginPattern { scheme, host, port })
    }

    fn matches(&self, origin: &Origin<'_>) -> bool {
        self.scheme == origin.scheme
            && self.port == origin.port
            && match &self.host {
                HostPattern::Any => true,
                HostPattern::Exact(host) => host.eq_ignore_ascii_case(origin.host),
                HostPattern::Below(suffix) => {
                    let at = origin.host.len().checked_sub(suffix.len());
                    at.and_then(|at| origin.host.split_at_checked(at))
                        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(suffix))
                }
            }
    }
}

/// An origin as a browser writes it: scheme, host, and the port unless it is the scheme's own.
struct Origin<'a> {
    scheme: Scheme,
    host: &'a str,
    port: u16,
}

impl<'a> Origin<'a> {
    /// `None` for the opaque origin, for other schemes, and for what is no origin.
    ///
    /// Names and schemes are compared without case (RFC 3986 section 6.2.2.1). A trailing dot is
    /// part of the name: to a browser `https://a.example.` is another origin than without it.
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = split_scheme(text, str::eq_ignore_ascii_case)?;
        match host_of_authority(authority) {
            Host::Name(_) | Host::Address(_) => {}
            Host::Empty | Host::Invalid => return None,
        }
        let (host, port) = split_port(authority, scheme)?;
        Some(Origin { scheme, host, port })
    }
}

fn split_scheme(text: &str, same: fn(&str, &str) -> bool) -> Option<(Scheme, &str)> {
    let (found, authority) = text.split_once("://")?;
    [Scheme::Http, Scheme::Https]
        .into_iter()
        .find(|scheme| same(found, scheme.as_str()))
        .map(|scheme| (scheme, authority))
}

/// The host and the port. The colons of an IPv6 address are before its bracket.
fn split_port(authority: &str, scheme: Scheme) -> Option<(&str, u16)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
            let number = port.parse().ok().filter(|number| digits && *number > 0)?;
            Some((host, number))
        }
        _ => Some((authority, scheme.default_port())),
    }
}

fn is_name(text: &str) -> bool {
    text.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_compared_by_scheme_host_and_port() {
        let cases = [
            ("https://www.foo.com", "https://www.foo.com", true),
            ("https://www.foo.com", "HTTPS://WWW.Foo.Com", true),
            ("https://WWW.foo.com", "https://www.foo.com", true),
            ("https://www.foo.com", "http://www.foo.com", false),
            ("https://www.foo.com:80", "http://www.foo.com", false),
            ("https://www.foo.com", "https://foo.com", false),
            ("https://www.foo.com", "https://www.foo.com:443", true),
            ("https://www.foo.com:443", "https://www.foo.com", true),
            ("https://www.foo.com", "https://www.foo.com:8443", false),
            ("http://www.foo.com", "http://www.foo.com:80", true),
            ("http://www.foo.com:8080", "http://www.foo.com:8080", true),
            ("https://www.foo.com", "https://www.foo.com.", false),
            ("https://www.foo.com", "https://www.foo.com/", false),
            ("https://www.foo.com", "https://user@www.foo.com", false),
            ("https://www.foo.com", "https://www.foo.com:", false),
            ("https://*.bar.com", "https://www.bar.com", true),
            ("https://*.bar.com", "https://a.b.bar.com", true),
            ("https://*.bar.com", "https://A.BAR.com", true),
            ("https://*.bar.com", "https://bar.com", false),
            ("https://*.bar.com", "https://.bar.com", false),
            ("https://*.bar.com", "https://foobar.com", false),
            ("https://*.bar.com", "https://a.bar.com:8443", false),
            ("https://*.bar.com:8443", "https://a.bar.com:8443", true),
            ("https://*.bar.com", "https://a.bar.com.evil.com", false),
            ("https://*.bar.com", "https://evil.com#.bar.com", false),
            ("https://*.bar.com", "https://evil.com/.bar.com", false),
            ("https://*.bar.com", "https://evil.com:80@a.bar.com", false),
            ("https://*.bar.com", "null", false),
            ("https://*", "https://anything.example", true),
            ("https://*", "https://[::1]", true),
            ("https://*:8443", "https://[::1]:8443", true),
            ("https://*", "http://anything.example", false),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000", true),
            ("http://localhost", "http://localhost", true),
            ("https://*", "", false),
            ("https://*", "https://,*", false),
            ("https://*.bar.com", "https://a,b.bar.com", false),
        ];
        for (pattern, origin, expected) in cases {
            let allowed = AllowedOrigins::Matching([OriginPattern::parse(pattern).unwrap()].into());
            assert_eq!(allowed.allow(origin), expected, "`{pattern}` and `{origin}`");
        }
    }

    #[test]
    fn any_origin_takes_what_can_be_echoed() {
        for (origin, expected) in [
            ("null", true),
            ("https://a.example", true),
            ("chrome-extension://abc", true),
            ("", false),
            ("*", false),
            ("https://a.example https://b.example", false),
            ("https://a.example,https://b.example", false),
            ("a\r\nb: c", false),
        ] {
            assert_eq!(AllowedOrigins::Any.allow(origin), expected, "`{origin}`");
        }
    }

    #[test]
    fn texts_that_are_no_origin_are_refused() {
        for text in [
            "",
            "foo.com",
            "ftp://foo.com",
            "HTTPS://foo.com",
            "https://",
            "https://foo.com/",
            "https://foo.com:",
            "https://foo.com:0",
            "https://foo.com:65536",
            "https://foo.com:123456",
            "https://foo.com:+1",
            "https://*foo.com",
            "https://a.*.com",
            "https://*.",
            "https://*.*",
            "https://foo..com",
            "https://foo.com.",
            "https://[::1]",
            "https://fo_o.com",
            "null",
            "https://**",
        ] {
            assert!(OriginPattern::parse(text).is_err(), "`{text}`");
        }
    }
}
