//! Which hostname wins. Two rules of the spec: one counts characters, the other dots.

use super::Hostname;

/// How specific a hostname of a **route** is. Greater is more specific and wins.
///
/// spec: `HTTPRouteSpec.hostnames`, precedence among routes: an exact hostname before every wildcard, then the
/// hostname with more characters (a wildcard's `*.` counts). A route without hostnames comes last.
///
/// Among hostnames that match one host this order and that of [`ListenerSpecificity`] agree, because such wildcards
/// are suffixes of each other; across hosts they differ.
///
/// ```
/// use gateway_model::{Hostname, Specificity};
///
/// let hostnames = ["*.b.example.com", "*.example.com", "a.b.example.com"].map(|text| Hostname::parse(text).unwrap());
/// let best = hostnames.iter().max_by_key(|hostname| Specificity::of(Some(*hostname)));
/// assert_eq!(best, Some(&hostnames[2]));
/// assert!(Specificity::of(None) < Specificity::of(Some(&hostnames[1])));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity(
    /// The class, and the characters in the low byte: one number to compare.
    u16,
);

/// How specific a **listener** is by its hostname. Greater is more specific and is asked first.
///
/// spec: `GatewaySpec.listeners`, "Listeners that are distinct only by Hostname": exact hostnames before wildcards
/// before none; among wildcards more dots to the right of the `*` come first. Exact hostnames are all equal here,
/// since different ones never match the same host.
///
/// ```
/// use gateway_model::{Hostname, ListenerSpecificity, Specificity};
///
/// let long = Hostname::parse("*.extraordinarily-long.example")?;
/// let deep = Hostname::parse("*.a.b.c")?;
/// assert!(ListenerSpecificity::of(Some(&deep)) > ListenerSpecificity::of(Some(&long))); // more dots
/// assert!(Specificity::of(Some(&deep)) < Specificity::of(Some(&long))); // fewer characters
/// # Ok::<(), gateway_model::HostnameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerSpecificity {
    class: Class,
    dots: u8,
}

/// The order of the variants is the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Class {
    NoHostname,
    Wildcard,
    Exact,
}

impl Specificity {
    /// The rank of a route's hostname, or of a route that has none. O(1).
    #[inline]
    pub fn of(hostname: Option<&Hostname>) -> Self {
        let characters = hostname.map_or(0, |hostname| narrow(hostname.0.len()));
        Specificity(u16::from(Class::of(hostname) as u8) << 8 | u16::from(characters))
    }

    /// Whether it is the rank of an exact hostname: no other that takes the same host ranks higher.
    #[inline]
    pub fn is_exact(self) -> bool {
        self.0 >> 8 == u16::from(Class::Exact as u8)
    }

    /// The rank as a number below 1024, which is in the same order: for keys that hold it beside others.
    #[inline]
    pub fn rank(self) -> u16 {
        self.0
    }
}

impl ListenerSpecificity {
    /// The rank of a listener's hostname, or of a listener that has none. O(length).
    pub fn of(hostname: Option<&Hostname>) -> Self {
        let wildcard = hostname.filter(|hostname| hostname.is_wildcard());
        let dots = wildcard.map_or(0, |hostname| hostname.0.bytes().filter(|&byte| byte == b'.').count());
        ListenerSpecificity { class: Class::of(hostname), dots: narrow(dots) }
    }
}

impl Class {
    fn of(hostname: Option<&Hostname>) -> Self {
        match hostname {
            None => Class::NoHostname,
            Some(hostname) if hostname.is_wildcard() => Class::Wildcard,
            Some(_) => Class::Exact,
        }
    }
}

/// A count within a hostname, of which there are at most [`Hostname::MAX_LENGTH`].
fn narrow(count: usize) -> u8 {
    const { assert!(Hostname::MAX_LENGTH <= u8::MAX as usize) };
    u8::try_from(count).unwrap_or(u8::MAX)
}
