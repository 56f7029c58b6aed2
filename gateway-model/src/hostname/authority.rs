//! The host that a request names.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::without_trailing_dot;

/// The host of a request's authority, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host<'a> {
    /// A name without its port and its trailing dot, in the request's own case. No label of it is empty.
    Name(&'a str),
    /// An IPv4 or IPv6 address, the latter without its brackets. No [`Hostname`](super::Hostname) means it: only
    /// listeners and routes without a hostname serve it.
    Address(&'a str),
    /// There is no text, which HTTP/1.1 asks for when the target has no authority. Only listeners and routes
    /// without a hostname serve it.
    Empty,
    /// The text is no authority of an HTTP request. RFC 9112 section 3.2 answers 400.
    Invalid,
}

impl<'a> Host<'a> {
    /// The name to ask hostnames about, if the request has one.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Host::Name(name) => Some(name),
            Host::Address(_) | Host::Empty | Host::Invalid => None,
        }
    }
}

/// The host that the text of a `Host` header or of `:authority` names.
///
/// The spec asks to ignore the port (`HTTPRouteSpec.hostnames`); the syntax is that of RFC 9110 section 7.2 and
/// RFC 3986 section 3.2:
///
/// - A port is any number of digits after a colon, none included; it is dropped, whatever its value.
/// - One trailing dot of the name is dropped. A name with an empty label is invalid.
/// - An IPv6 address stands in brackets, without a zone. An IPv4 address is four decimal numbers without leading
///   zeros; other spellings (`127.1`, `0x7f.0.0.1`) are names.
/// - User information (`user@host`) makes the text invalid: RFC 9113 section 8.3.1 forbids it.
/// - Percent-encoding makes it invalid too. `%61.example.com` and `a.example.com` are one host by RFC 3986, so
///   matching the text as it stands could lead such a request past the route that was meant for it.
/// - White space, control characters and everything beyond ASCII are invalid.
///
/// Case is kept, since [`Hostname::matches`](super::Hostname::matches) does not mind it. A name may hold characters
/// that no hostname has, such as `_`; a wildcard may match it. O(length), no allocation, never panics.
///
/// ```
/// use gateway_model::{Host, host_of_authority};
///
/// assert_eq!(host_of_authority("Shop.example.com.:8080"), Host::Name("Shop.example.com"));
/// assert_eq!(host_of_authority("[::1]:80"), Host::Address("::1"));
/// assert_eq!(host_of_authority("user@example.com"), Host::Invalid);
/// ```
pub fn host_of_authority(authority: &str) -> Host<'_> {
    if authority.is_empty() {
        return Host::Empty;
    }
    if let Some(bracketed) = authority.strip_prefix('[') {
        return match bracketed.split_once(']') {
            Some((address, after)) if is_port(after) && address.parse::<Ipv6Addr>().is_ok() => Host::Address(address),
            _ => Host::Invalid,
        };
    }
    let (host, after) = match authority.find(':').and_then(|at| authority.split_at_checked(at)) {
        Some(parts) => parts,
        None => (authority, ""),
    };
    let name = without_trailing_dot(host);
    if !is_port(after) || !is_name(name) {
        Host::Invalid
    } else if name.parse::<Ipv4Addr>().is_ok() {
        Host::Address(name)
    } else {
        Host::Name(name)
    }
}

/// Whether what follows the host is nothing, or a colon and a port.
fn is_port(after: &str) -> bool {
    after.is_empty() || after.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One or more labels, none of them empty.
fn is_name(text: &str) -> bool {
    let mut label_is_empty = true;
    for byte in text.bytes() {
        if byte == b'.' {
            if label_is_empty {
                return false;
            }
            label_is_empty = true;
        } else if is_name_byte(byte) {
            label_is_empty = false;
        } else {
            return false;
        }
    }
    !label_is_empty
}

/// RFC 3986 section 2: unreserved and sub-delims, without the dot.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}
