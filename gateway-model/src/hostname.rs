//! Hostnames of the Gateway API: their grammar, what they match, how they intersect, which of them wins.
//!
//! Every rule stands alone, for proxies as well as for those who write DNS records or request certificates from
//! the same objects:
//!
//! | question | answered by |
//! | --- | --- |
//! | which host does a `Host` header or `:authority` name? | [`host_of_authority`] |
//! | does a hostname match a host? | [`Hostname::matches`] |
//! | which hosts do two hostnames share? | [`Hostname::intersect`] |
//! | which hostnames does a route serve on a listener? | [`effective_hostnames`] |
//! | which route hostname wins? which listener? | [`Specificity`], [`ListenerSpecificity`] |
//! | is a certificate good for a hostname? | [`Hostname::covered_by_certificate_name`] |

use std::borrow::Borrow;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

mod authority;
mod certificate;
mod effective;
mod specificity;
#[cfg(test)]
mod tests;

pub use authority::{Host, host_of_authority};
pub use certificate::certificate_name_matches;
pub use effective::{EffectiveHostnames, effective_hostnames, hostnames_meet};
pub use specificity::{ListenerSpecificity, Specificity};

/// A hostname of a listener or a route: a name such as `foo.example.com`, or a wildcard such as `*.example.com`.
///
/// It holds lower case only and is never an IPv4 address. Equality, order and hash are those of the text; which of
/// two hostnames wins is another question, see [`Specificity`]. Cloning shares the text.
///
/// ```
/// use gateway_model::Hostname;
///
/// let wildcard = Hostname::parse("*.example.com")?;
/// assert!(wildcard.matches("a.example.com"));
/// assert!(wildcard.matches("A.B.Example.COM."));
/// assert!(!wildcard.matches("example.com"));
/// # Ok::<(), gateway_model::HostnameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(Arc<str>);

/// Why a text is not a hostname of the Gateway API.
///
/// Positions (`index`) count bytes from the start of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostnameError {
    /// There is no text.
    #[error("must not be empty")]
    Empty,
    /// The text is longer than [`Hostname::MAX_LENGTH`].
    #[error("must have at most {max} characters, but has {length}", max = Hostname::MAX_LENGTH)]
    TooLong {
        /// The number of characters.
        length: usize,
    },
    /// Two dots follow each other, or the name starts with a dot.
    #[error("has an empty label at index {index}")]
    EmptyLabel {
        /// Where the label should start.
        index: usize,
    },
    /// The text ends with a dot, as a fully qualified name may in a zone file.
    #[error("must not end with a dot")]
    TrailingDot,
    /// A label starts or ends with a hyphen.
    #[error("label `{label}` must start and end with a letter or a digit")]
    HyphenAtLabelEdge {
        /// The label.
        label: Box<str>,
    },
    /// A character that no hostname may have.
    #[error(
        "has `{}` at index {index}: only ASCII letters, digits, hyphens and dots are allowed",
        .character.escape_debug()
    )]
    InvalidCharacter {
        /// The character.
        character: char,
        /// Where it stands.
        index: usize,
    },
    /// A `*` that is not the whole first label.
    #[error("has `*` at index {index}: it is only allowed alone as the first label, as in `*.example.com`")]
    MisplacedWildcard {
        /// Where the `*` stands.
        index: usize,
    },
    /// The text is `*` alone. Every host is meant by leaving the hostname out.
    #[error("`*` needs a domain after it, as in `*.example.com`; leave the hostname out to match every host")]
    WildcardAlone,
    /// The text is an IPv4 address.
    #[error("must be a name, not the IP address `{address}`")]
    IpAddress {
        /// The address.
        address: Ipv4Addr,
    },
    /// The text is a hostname but for its upper case. Only [`Hostname::parse_canonical`] minds.
    #[error("has an upper-case letter at index {index}: hostnames are lower case")]
    UpperCase {
        /// Where the first upper-case letter stands.
        index: usize,
    },
}

impl Hostname {
    /// The greatest number of characters of a hostname, its wildcard included. spec: `Hostname`, maxLength.
    pub const MAX_LENGTH: usize = 253;

    /// Reads a hostname, folding ASCII upper case to lower case.
    ///
    /// spec: `Hostname` and its pattern. Accepted is what an API server accepts in that field, with two differences:
    /// upper case is folded (see [`parse_canonical`](Self::parse_canonical) for the field's own strictness), and an
    /// IPv4 address is refused although it fits the pattern, because the field's text allows no addresses. An
    /// address is what Rust's [`Ipv4Addr`] reads: four decimal numbers without leading zeros; `1.2.3` and
    /// `01.2.3.4` are names. Like the pattern, this sets no limit to the length of one label, although DNS allows 63
    /// bytes only. There is no trailing dot.
    ///
    /// O(length), one or two allocations.
    ///
    /// # Errors
    ///
    /// The first problem from the left; a length beyond the limit comes before all others.
    ///
    /// ```
    /// use gateway_model::{Hostname, HostnameError};
    ///
    /// assert_eq!(Hostname::parse("API.example.com")?.as_str(), "api.example.com");
    /// assert_eq!(Hostname::parse("*"), Err(HostnameError::WildcardAlone));
    /// assert_eq!(Hostname::parse("a.*.com"), Err(HostnameError::MisplacedWildcard { index: 2 }));
    /// let problem = Hostname::parse("10.0.0.1").unwrap_err();
    /// assert_eq!(problem.to_string(), "must be a name, not the IP address `10.0.0.1`");
    /// # Ok::<(), HostnameError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, HostnameError> {
        check(text)?;
        Ok(match first_upper_case(text) {
            None => Hostname(text.into()),
            Some(_) => Hostname(text.to_ascii_lowercase().into()),
        })
    }

    /// Reads a hostname as the wire has it: like [`parse`](Self::parse), but refuses upper case.
    ///
    /// Deserialising does the same, so what was read is written back unchanged. O(length), one allocation.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); [`HostnameError::UpperCase`] if nothing else is wrong.
    pub fn parse_canonical(text: &str) -> Result<Self, HostnameError> {
        check(text)?;
        match first_upper_case(text) {
            None => Ok(Hostname(text.into())),
            Some(index) => Err(HostnameError::UpperCase { index }),
        }
    }

    /// Whether a text is a hostname in its one spelling on the wire: whether
    /// [`parse_canonical`](Self::parse_canonical) accepts it. O(length), no allocation for canonical text.
    pub fn is_canonical(text: &str) -> bool {
        check(text).is_ok() && first_upper_case(text).is_none()
    }

    /// The hostname in lower case, the wildcard included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first label is the wildcard `*`.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard_suffix().is_some()
    }

    /// What follows `*.`, if this is a wildcard: `example.com` of `*.example.com`.
    pub fn wildcard_suffix(&self) -> Option<&str> {
        self.0.strip_prefix("*.")
    }

    /// The labels from left to right, `*` among them. Never empty, and no label is.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.split('.')
    }

    /// Whether a request for `host` (or a connection with that server name) is one for this hostname.
    ///
    /// spec: `Listener.hostname`, `HTTPRouteSpec.hostnames`. ASCII case and one trailing dot of the host do not
    /// matter. A wildcard stands for one or more whole labels, never for none: `*.example.com` matches
    /// `a.example.com` and `a.b.example.com`, but neither `example.com` nor `.example.com`.
    ///
    /// `host` is a bare name without a port, such as [`host_of_authority`] gives; an address is not a name and not
    /// recognised here. O(host), no allocation.
    ///
    /// ```
    /// # use gateway_model::Hostname;
    /// let exact = Hostname::parse("example.com")?;
    /// assert!(exact.matches("EXAMPLE.com."));
    /// assert!(!exact.matches("example.com:80")); // the port is the caller's to remove
    /// # Ok::<(), gateway_model::HostnameError>(())
    /// ```
    pub fn matches(&self, host: &str) -> bool {
        let host = without_trailing_dot(host).as_bytes();
        let Some(suffix) = self.wildcard_suffix() else {
            return host.eq_ignore_ascii_case(self.0.as_bytes());
        };
        let split = host.len().checked_sub(suffix.len()).and_then(|at| host.split_at_checked(at));
        split.is_some_and(|(wild, rest)| {
            rest.eq_ignore_ascii_case(suffix.as_bytes())
                && wild
                    .strip_suffix(b".")
                    .is_some_and(|wild| wild.split(|&byte| byte == b'.').all(|label| !label.is_empty()))
        })
    }

    /// Whether this hostname matches every host that `other` matches. True of a hostname and itself.
    ///
    /// O(length), no allocation.
    ///
    /// ```
    /// # use gateway_model::Hostname;
    /// let wide = Hostname::parse("*.example.com")?;
    /// assert!(wide.covers(&Hostname::parse("*.shop.example.com")?));
    /// assert!(!wide.covers(&Hostname::parse("example.com")?));
    /// # Ok::<(), gateway_model::HostnameError>(())
    /// ```
    pub fn covers(&self, other: &Hostname) -> bool {
        match (self.wildcard_suffix(), other.wildcard_suffix()) {
            (_, None) => self.matches(&other.0),
            (None, Some(_)) => false,
            (Some(wide), Some(narrow)) => wide == narrow || self.matches(narrow),
        }
    }

    /// The hosts that both match, as a hostname: the more specific of the two, or none if no host matches both.
    ///
    /// spec: `HTTPRouteSpec.hostnames`. Two hostnames never overlap in part: either one covers the other or they
    /// share no host, so the answer is always one of the two, and the order of the two does not matter.
    /// O(length), no allocation.
    ///
    /// ```
    /// # use gateway_model::Hostname;
    /// let listener = Hostname::parse("*.example.com")?;
    /// let wild = Hostname::parse("*.shop.example.com")?;
    /// let exact = Hostname::parse("cart.shop.example.com")?;
    /// assert_eq!(listener.intersect(&wild), Some(&wild));
    /// assert_eq!(exact.intersect(&wild), Some(&exact));
    /// assert_eq!(listener.intersect(&Hostname::parse("example.com")?), None);
    /// # Ok::<(), gateway_model::HostnameError>(())
    /// ```
    pub fn intersect<'a>(&'a self, other: &'a Hostname) -> Option<&'a Hostname> {
        if self.covers(other) {
            Some(other)
        } else if other.covers(self) {
            Some(self)
        } else {
            None
        }
    }

    /// Whether a certificate with this DNS name (a subjectAltName of type dNSName) is good for this hostname.
    ///
    /// In certificates `*` stands for exactly **one** label (RFC 6125 section 6.4.3, RFC 9525 section 6.3), so a
    /// certificate for `*.example.com` is good for `a.example.com`, but not for `a.b.example.com`.
    ///
    /// A wildcard hostname is covered by the same wildcard and by nothing else. That is as far as certificates
    /// reach: hosts more than one label below need names of their own in a certificate, although the hostname
    /// matches them. [`certificate_name_matches`] answers for one host. O(length), no allocation.
    ///
    /// ```
    /// # use gateway_model::Hostname;
    /// let hostname = Hostname::parse("a.b.example.com")?;
    /// assert!(hostname.covered_by_certificate_name("*.b.example.com"));
    /// assert!(!hostname.covered_by_certificate_name("*.example.com"));
    /// # Ok::<(), gateway_model::HostnameError>(())
    /// ```
    pub fn covered_by_certificate_name(&self, dns_name: &str) -> bool {
        // A wildcard hostname needs no rule of its own: its `*` is the one label that the certificate's `*` stands for.
        certificate_name_matches(dns_name, &self.0)
    }
}

/// spec: `Hostname`, pattern, with ASCII upper case allowed and IPv4 addresses refused.
fn check(text: &str) -> Result<(), HostnameError> {
    if text.is_empty() {
        return Err(HostnameError::Empty);
    }
    let length = text.chars().count();
    if length > Hostname::MAX_LENGTH {
        return Err(HostnameError::TooLong { length });
    }
    if text == "*" {
        return Err(HostnameError::WildcardAlone);
    }
    let name = text.strip_prefix("*.").unwrap_or(text);
    let mut index = text.len() - name.len();
    for label in name.split('.') {
        if label.is_empty() {
            let trailing = index == text.len();
            return Err(if trailing { HostnameError::TrailingDot } else { HostnameError::EmptyLabel { index } });
        }
        check_label(label, index)?;
        index += label.len() + 1;
    }
    match text.parse() {
        Ok(address) => Err(HostnameError::IpAddress { address }),
        Err(_) => Ok(()),
    }
}

fn check_label(label: &str, start: usize) -> Result<(), HostnameError> {
    for (offset, character) in label.char_indices() {
        let index = start + offset;
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => {}
            '*' => return Err(HostnameError::MisplacedWildcard { index }),
            _ => return Err(HostnameError::InvalidCharacter { character, index }),
        }
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(HostnameError::HyphenAtLabelEdge { label: label.into() });
    }
    Ok(())
}

fn first_upper_case(text: &str) -> Option<usize> {
    text.bytes().position(|byte| byte.is_ascii_uppercase())
}

/// A fully qualified name and the same name without its root dot are one host; two dots are not a root.
fn without_trailing_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

impl FromStr for Hostname {
    type Err = HostnameError;

    /// [`Hostname::parse`].
    fn from_str(text: &str) -> Result<Self, HostnameError> {
        Hostname::parse(text)
    }
}

impl TryFrom<&str> for Hostname {
    type Error = HostnameError;

    /// [`Hostname::parse`].
    fn try_from(text: &str) -> Result<Self, HostnameError> {
        Hostname::parse(text)
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Hostname {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Maps keyed by hostname answer to lower-case text.
impl Borrow<str> for Hostname {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Hostname {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hostname {
    /// [`Hostname::parse_canonical`]: refuses what the wire may not have.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Hostname;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hostname")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hostname, E> {
                Hostname::parse_canonical(text)
                    .map_err(|problem| E::custom(format_args!("hostname `{text}`: {problem}")))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
