//! Values by hostname: exact names, wildcards, and the value for every host.

use gateway_model::{Host, Hostname};
use smallvec::SmallVec;

use super::keyed::{Keyed, hash_of};
use super::slashes::{BLOCK, bits_of};

/// A host as it is looked up: in lower case, or nothing that a hostname could match.
#[derive(Clone, Copy)]
pub(crate) struct FoldedHost<'h>(Option<&'h [u8]>);

/// Where a host is folded that is not in lower case. No allocation, unless it is longer than any hostname.
pub(crate) type Folding = SmallVec<[u8; 256]>;

impl<'h> FoldedHost<'h> {
    /// Folds a host. O(length).
    pub(crate) fn new(host: Host<'h>, folding: &'h mut Folding) -> Self {
        let Some(name) = host.name().map(str::as_bytes) else { return Self::none() };
        if name.iter().fold(false, |found, byte| found | byte.is_ascii_uppercase()) {
            folding.extend(name.iter().map(u8::to_ascii_lowercase));
            return FoldedHost(Some(folding));
        }
        FoldedHost(Some(name))
    }

    /// What an authority has before its port, whatever it is. It is a name in lower case if it has a value of
    /// its own in some map, since hostnames are; whether it is one else is for [`Host`] to say, which takes longer.
    #[inline]
    pub(crate) fn unverified(authority: &'h str) -> Self {
        let bytes = authority.as_bytes();
        let name = if bytes.last().is_some_and(u8::is_ascii_digit) { without_port(bytes) } else { bytes };
        FoldedHost(Some(name))
    }

    /// No name at all: only values for every host.
    pub(crate) fn none() -> Self {
        FoldedHost(None)
    }

    /// Whether it is that text.
    #[inline]
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == Some(text.as_bytes())
    }
}

/// Values by hostname.
#[derive(Clone, Debug)]
pub(crate) struct HostMap<T> {
    exact: Keyed<T>,
    /// By what stands behind `*.`.
    wildcard: Keyed<T>,
    /// The numbers of labels that stand there, one bit each; of those that were there once too.
    labels: u128,
    /// Whether there is a value, or was once, that is not for every host.
    has_names: bool,
    any: Option<T>,
}

impl<T> Default for HostMap<T> {
    fn default() -> Self {
        HostMap { exact: Keyed::default(), wildcard: Keyed::default(), labels: 0, has_names: false, any: None }
    }
}

impl<T> HostMap<T> {
    /// A map of values, one for each hostname; no hostname is every host. Of two for one the first stays.
    pub(crate) fn new(values: impl IntoIterator<Item = (Option<Hostname>, T)>) -> Self {
        let (mut exact, mut wildcard, mut any) = (Vec::new(), Vec::new(), None);
        let mut labels = 0;
        for (hostname, value) in values {
            match hostname {
                None => {
                    any.get_or_insert(value);
                }
                Some(hostname) => match hostname.wildcard_suffix() {
                    Some(suffix) => {
                        labels |= label_bit(suffix.as_bytes());
                        wildcard.push((suffix.to_owned(), value));
                    }
                    None => exact.push((hostname.as_str().to_owned(), value)),
                },
            }
        }
        let has_names = !exact.is_empty() || !wildcard.is_empty();
        HostMap { exact: first_of_each(exact), wildcard: first_of_each(wildcard), labels, has_names, any }
    }

    /// The values whose hostnames match a host, from the most to the least specific: the exact
    /// name, wildcards by falling length (which is falling number of dots), every host.
    /// O(length of the host) for each number of labels that some wildcard has, no allocation.
    pub(crate) fn matching<'a, 'h>(&'a self, host: &FoldedHost<'h>) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        self.exact(host).into_iter().chain(self.inexact(host))
    }

    /// Those of them that are not for the name itself.
    pub(crate) fn inexact<'a, 'h>(&'a self, host: &FoldedHost<'h>) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        self.wildcards(host).chain(self.any())
    }

    /// The value for every host, if there is no other: so it is for the listeners of a port, nearly always.
    #[inline(always)]
    pub(crate) fn only(&self) -> Option<&T> {
        if self.has_names { None } else { self.any() }
    }

    /// The first of those.
    #[inline(always)]
    pub(crate) fn first(&self, host: &FoldedHost<'_>) -> Option<&T> {
        match self.only() {
            Some(only) => Some(only),
            None => self.first_of_many(host),
        }
    }

    #[inline(never)]
    fn first_of_many(&self, host: &FoldedHost<'_>) -> Option<&T> {
        self.exact(host).or_else(|| self.wildcards(host).next()).or(self.any())
    }

    /// The value of the name itself.
    #[inline(always)]
    pub(crate) fn exact(&self, host: &FoldedHost<'_>) -> Option<&T> {
        let name = host.0?;
        // A listener often has one host, of which is clear at once where it is: what comes next need not wait for a hash.
        if self.exact.has_one() { self.exact.only(name) } else { self.exact.get(hash_of(name), name) }
    }

    /// The values of the wildcards that take the name, the longest first.
    pub(crate) fn wildcards<'a, 'h>(&'a self, host: &FoldedHost<'h>) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        host.0.filter(|_| self.labels != 0).into_iter().flat_map(|name| {
            suffixes(name)
                .filter(|(labels, _)| self.labels & bit(*labels) != 0)
                .filter_map(|(_, suffix)| self.wildcard.get(hash_of(suffix), suffix))
        })
    }

    /// Whether something has a value that is no name itself.
    #[inline]
    pub(crate) fn has_inexact(&self) -> bool {
        self.has_wildcards() || self.any.is_some()
    }

    /// Whether some wildcard has a value.
    pub(crate) fn has_wildcards(&self) -> bool {
        self.labels != 0
    }

    /// The value of every host.
    pub(crate) fn any(&self) -> Option<&T> {
        self.any.as_ref()
    }

    /// Whether there is no value.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wildcard.is_empty() && self.any.is_none()
    }

    /// Every value, in no order that means anything.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.exact.values().chain(self.wildcard.values()).chain(self.any.as_ref())
    }
}

impl<T: Clone> HostMap<T> {
    /// Makes the value for a hostname what `change` makes of it, `None` being none. It costs what
    /// [`Keyed::alter`] does.
    pub(crate) fn alter(&mut self, hostname: Option<&Hostname>, change: impl FnOnce(Option<&T>) -> Option<T>) {
        let Some(hostname) = hostname else {
            self.any = change(self.any.as_ref());
            return;
        };
        self.has_names = true;
        let (map, key) = match hostname.wildcard_suffix() {
            Some(suffix) => {
                self.labels |= label_bit(suffix.as_bytes());
                (&mut self.wildcard, suffix.as_bytes())
            }
            None => (&mut self.exact, hostname.as_str().as_bytes()),
        };
        map.alter(hash_of(key), key, change);
    }
}

/// What stands before a colon and the digits that a text ends with.
fn without_port(authority: &[u8]) -> &[u8] {
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match authority.get(..authority.len() - digits) {
        Some([name @ .., b':']) => name,
        _ => authority,
    }
}

fn first_of_each<T>(mut values: Vec<(String, T)>) -> Keyed<T> {
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    values.dedup_by(|(later, _), (first, _)| later == first);
    Keyed::of(values)
}

fn label_bit(suffix: &[u8]) -> u128 {
    bit(1 + dots(suffix))
}

/// Hostnames have 127 labels at most.
fn bit(labels: usize) -> u128 {
    1 << labels.min(127)
}

fn dots(name: &[u8]) -> usize {
    name.iter().filter(|byte| **byte == b'.').count()
}

/// What stands behind each dot, the longest first, with its number of labels, where a wildcard can be so
/// long. A hostile host has any number of dots, and to look up what stands behind each would be quadratic.
fn suffixes(name: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    const BLOCKS: usize = Hostname::MAX_LENGTH.div_ceil(BLOCK);
    let start = name.len().saturating_sub(Hostname::MAX_LENGTH);
    let name = name.get(start..).unwrap_or_default();
    let mut blocks = [0; BLOCKS];
    let mut labels = 1;
    for (bits, block) in blocks.iter_mut().zip(name.chunks(BLOCK)) {
        *bits = bits_of::<b'.'>(block);
        labels += bits.count_ones() as usize;
    }
    let mut block = 0;
    std::iter::from_fn(move || {
        while let Some(bits) = blocks.get_mut(block) {
            if *bits == 0 {
                block += 1;
                continue;
            }
            let dot = block * BLOCK + bits.trailing_zeros() as usize;
            *bits &= *bits - 1;
            labels -= 1;
            return Some((labels, name.get(dot + 1..)?));
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_model::host_of_authority;

    const HOSTNAMES: [Option<&str>; 6] = [
        Some("a.b.example.com"),
        Some("*.b.example.com"),
        Some("*.example.com"),
        Some("*.com"),
        Some("example.com"),
        None,
    ];

    const CASES: &[(&str, &[&str])] = &[
        ("a.b.example.com", &["a.b.example.com", "*.b.example.com", "*.example.com", "*.com", ""]),
        ("A.B.Example.COM.:8080", &["a.b.example.com", "*.b.example.com", "*.example.com", "*.com", ""]),
        ("x.y.b.example.com", &["*.b.example.com", "*.example.com", "*.com", ""]),
        ("b.example.com", &["*.example.com", "*.com", ""]),
        ("example.com", &["example.com", "*.com", ""]),
        ("com", &[""]),
        ("127.0.0.1", &[""]),
        ("[::1]:80", &[""]),
        ("", &[""]),
    ];

    fn parsed(text: Option<&str>) -> Option<Hostname> {
        text.map(|text| Hostname::parse(text).unwrap())
    }

    #[test]
    fn a_host_finds_its_hostnames_from_the_most_specific_on() {
        let made = HostMap::new(HOSTNAMES.map(|text| (parsed(text), text.unwrap_or(""))));
        let mut changed = HostMap::default();
        for text in HOSTNAMES {
            changed.alter(parsed(text).as_ref(), |_| text.or(Some("")));
        }
        for (authority, expected) in CASES {
            let mut folding = Folding::new();
            let host = FoldedHost::new(host_of_authority(authority), &mut folding);
            for map in [&made, &changed] {
                assert_eq!(map.matching(&host).copied().collect::<Vec<_>>(), *expected, "{authority}");
            }
        }
        for text in HOSTNAMES {
            assert!(!changed.is_empty());
            changed.alter(parsed(text).as_ref(), |found| {
                assert_eq!(found, text.or(Some("")).as_ref());
                None
            });
        }
        assert!(changed.is_empty());
    }

    #[test]
    fn the_first_value_is_that_of_the_most_specific_hostname_from_change_to_change() {
        let mut map = HostMap::default();
        let mut folding = Folding::new();
        let host = FoldedHost::new(host_of_authority("a.b.example.com"), &mut folding);
        assert_eq!((map.first(&host), map.only()), (None, None));
        for (text, only) in [(None, true), (Some("*.com"), false), (Some("*.b.example.com"), false)] {
            map.alter(parsed(text).as_ref(), |_| Some(text));
            assert_eq!((map.first(&host), map.only()), (Some(&text), Some(&text).filter(|_| only)), "{text:?}");
        }
        map.alter(parsed(Some("*.b.example.com")).as_ref(), |_| None);
        assert_eq!(map.first(&host), Some(&Some("*.com")));
        for text in [Some("a.b.example.com"), Some("*.b.example.com")] {
            let made = HostMap::new([(None, None), (parsed(text), text)]);
            assert_eq!((made.first(&host), made.only()), (Some(&text), None));
        }
    }

    #[test]
    fn each_suffix_is_found_with_its_number_of_labels() {
        let long = "ab.".repeat(100);
        for name in ["", ".", "a", "a.b", "..", "a.bc.def.ghij", &long, &"x".repeat(300), &".".repeat(300)] {
            let kept = &name.as_bytes()[name.len().saturating_sub(Hostname::MAX_LENGTH)..];
            let ends: Vec<usize> = (0..kept.len()).filter(|at| kept[*at] == b'.').collect();
            let expected: Vec<(usize, &[u8])> =
                ends.iter().enumerate().map(|(index, at)| (ends.len() - index, &kept[at + 1..])).collect();
            assert_eq!(suffixes(name.as_bytes()).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn of_two_values_for_one_hostname_the_first_stays() {
        let twice = [Some("a.example.com"), Some("*.example.com"), None];
        let map = HostMap::new(twice.iter().chain(&twice).enumerate().map(|(index, text)| (parsed(*text), index)));
        let mut folding = Folding::new();
        let host = FoldedHost::new(host_of_authority("a.example.com"), &mut folding);
        assert_eq!(map.matching(&host).copied().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
