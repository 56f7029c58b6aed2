//! The host that a request names. RFC 9110 section 7.2, RFC 3986 section 3.2.

use std::net::Ipv6Addr;

/// The host of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name in lower case, without a port and a trailing dot.
    Name(String),
    /// An IPv4 or IPv6 address.
    Address,
    /// There is no text.
    Empty,
    /// The text is no authority.
    Invalid,
}

/// The host of a `Host` header or `:authority`.
/// spec: HTTPRouteSpec.hostnames: any port of the Host header is ignored.
pub(crate) fn host_of(authority: &str) -> Host {
    if authority.is_empty() {
        return Host::Empty;
    }
    let (host, port) = split_port(authority);
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Host::Invalid;
    }
    bare_host(host)
}

/// The host that a TLS server name is, which has no port: anything but a name counts as none.
pub(crate) fn host_of_server_name(sni: Option<&str>) -> Host {
    match bare_host(sni.unwrap_or("")) {
        Host::Name(name) => Host::Name(name),
        Host::Address | Host::Empty | Host::Invalid => Host::Empty,
    }
}

/// The text up to the colon of the port, and the port without it.
fn split_port(authority: &str) -> (&str, &str) {
    // A colon inside the brackets belongs to the address.
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    }
}

fn bare_host(host: &str) -> Host {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return if address.parse::<Ipv6Addr>().is_ok() { Host::Address } else { Host::Invalid };
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if is_ipv4(&name) {
        return Host::Address;
    }
    if name.split('.').all(is_label) { Host::Name(name) } else { Host::Invalid }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_~!$&'()*+,;=".contains(c))
}

/// Four decimal numbers from 0 to 255 without leading zeros.
fn is_ipv4(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    numbers.len() == 4 && numbers.iter().all(|number| (0..=255).any(|n: u16| n.to_string() == *number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_remains_without_port_and_trailing_dot() {
        let name = |text: &str| Host::Name(text.to_owned());
        let cases = [
            ("a.example.com", name("a.example.com")),
            ("A.Example.COM", name("a.example.com")),
            ("a.example.com:8080", name("a.example.com")),
            ("a.example.com:", name("a.example.com")),
            ("a.example.com.", name("a.example.com")),
            ("a.example.com.:80", name("a.example.com")),
            ("a_b~!$&'()*+,;=.com", name("a_b~!$&'()*+,;=.com")),
            ("*.example.com", name("*.example.com")),
            ("1.2.3", name("1.2.3")),
            ("256.2.3.4", name("256.2.3.4")),
            ("01.2.3.4", name("01.2.3.4")),
            ("1.2.3.4", Host::Address),
            ("1.2.3.4.:80", Host::Address),
            ("[::1]", Host::Address),
            ("[::1]:80", Host::Address),
            ("", Host::Empty),
        ];
        for (authority, expected) in cases {
            assert_eq!(host_of(authority), expected, "{authority}");
        }
    }

    #[test]
    fn what_is_no_authority_is_invalid() {
        for authority in [
            ":80",
            ".",
            ".:80",
            "a..b",
            ".a",
            "a.b..",
            "user@a",
            "user:pw@a",
            "a:b",
            "a:80:80",
            "a:8 0",
            "a b",
            "a/b",
            "%61.com",
            "ä.com",
            "a\t",
            "[::1",
            "::1",
            "[::1]a",
            "[::1]:a",
            "[fe80::1%25eth0]",
            "[a]",
            "[]",
            "[::1].",
            "a\\b",
            "a?b",
            "a:+80",
        ] {
            assert_eq!(host_of(authority), Host::Invalid, "{authority}");
        }
    }

    #[test]
    fn a_server_name_that_is_no_name_counts_as_none() {
        let name = Host::Name("a.b".to_owned());
        let cases = [
            (None, Host::Empty),
            (Some(""), Host::Empty),
            (Some("A.b"), name.clone()),
            (Some("a.b."), name),
            (Some("1.2.3.4"), Host::Empty),
            (Some("[::1]"), Host::Empty),
            (Some("a..b"), Host::Empty),
            (Some("a b"), Host::Empty),
            (Some("a.b:443"), Host::Empty),
        ];
        for (sni, expected) in cases {
            assert_eq!(host_of_server_name(sni), expected, "{sni:?}");
        }
    }
}
