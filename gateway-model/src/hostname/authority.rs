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
    let Some((name, _)) = leading_name(authority).filter(|(_, after)| is_port(after)) else {
        return Host::Invalid;
    };
    // An address ends with a digit.
    if name.ends_with(|last: char| last.is_ascii_digit()) && name.parse::<Ipv4Addr>().is_ok() {
        Host::Address(name)
    } else {
        Host::Name(name)
    }
}

/// The name that a text begins with, without its trailing dot, and what follows. `None` if it begins with none, or a
/// label of it is empty.
fn leading_name(text: &str) -> Option<(&str, &str)> {
    let mut end = text.len();
    let mut label_is_empty = true;
    for (index, byte) in text.bytes().enumerate() {
        match class_of(byte) {
            ByteClass::Name => label_is_empty = false,
            ByteClass::Dot if label_is_empty => return None,
            ByteClass::Dot => label_is_empty = true,
            ByteClass::Other => {
                end = index;
                break;
            }
        }
    }
    let (name, after) = text.split_at_checked(end)?;
    let name = without_trailing_dot(name);
    (!name.is_empty()).then_some((name, after))
}

/// Whether what follows the host is nothing, or a colon and a port.
fn is_port(after: &str) -> bool {
    after.is_empty() || after.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What a byte is in the host of an authority.
#[derive(Clone, Copy)]
enum ByteClass {
    /// RFC 3986 section 2: unreserved and sub-delims, without the dot.
    Name,
    Dot,
    Other,
}

/// By table, since every request's host is gone through.
fn class_of(byte: u8) -> ByteClass {
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would report a bad index")]
    const CLASSES: [ByteClass; 256] = {
        let mut classes = [ByteClass::Other; 256];
        let mut byte = 0_u8;
        loop {
            if byte == b'.' {
                classes[byte as usize] = ByteClass::Dot;
            } else if is_name_byte(byte) {
                classes[byte as usize] = ByteClass::Name;
            }
            if byte == u8::MAX {
                break classes;
            }
            byte += 1;
        }
    };
    CLASSES.get(usize::from(byte)).copied().unwrap_or(ByteClass::Other)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}
