//! Values by hostname: exact names, wildcards, and the value for every host.

use std::collections::HashMap;

use gateway_model::{Host, Hostname};
use smallvec::SmallVec;

/// A host as it is looked up: in lower case, or nothing that a hostname could match.
pub(crate) struct FoldedHost(Option<SmallVec<[u8; 256]>>);

impl FoldedHost {
    /// Folds a host. Allocates only for hosts longer than any hostname.
    pub(crate) fn new(host: Host<'_>) -> Self {
        FoldedHost(host.name().map(|name| name.bytes().map(|byte| byte.to_ascii_lowercase()).collect()))
    }

    /// No name at all: only values for every host.
    pub(crate) fn none() -> Self {
        FoldedHost(None)
    }

    fn name(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

/// Values by hostname.
#[derive(Clone, Debug)]
pub(crate) struct HostMap<T> {
    exact: HashMap<Box<[u8]>, T>,
    /// By what stands behind `*.`.
    wildcard: HashMap<Box<[u8]>, T>,
    any: Option<T>,
}

impl<T> Default for HostMap<T> {
    fn default() -> Self {
        HostMap { exact: HashMap::new(), wildcard: HashMap::new(), any: None }
    }
}

impl<T> HostMap<T> {
    /// The value for a hostname, made if there is none; no hostname is every host.
    pub(crate) fn entry(&mut self, hostname: Option<&Hostname>, make: impl FnOnce() -> T) -> &mut T {
        let Some(hostname) = hostname else {
            return self.any.get_or_insert_with(make);
        };
        match hostname.wildcard_suffix() {
            Some(suffix) => self.wildcard.entry(suffix.as_bytes().into()).or_insert_with(make),
            None => self.exact.entry(hostname.as_str().as_bytes().into()).or_insert_with(make),
        }
    }

    /// The values whose hostnames match a host, from the most to the least specific: the exact
    /// name, wildcards by falling length (which is falling number of dots), every host.
    /// O(length of the host), no allocation.
    pub(crate) fn matching<'a, 'h>(&'a self, host: &'h FoldedHost) -> impl Iterator<Item = &'a T> + use<'a, 'h, T> {
        let name = host.name();
        let exact = name.and_then(|name| self.exact.get(name));
        let wildcards = name.into_iter().flat_map(suffixes).filter_map(|suffix| self.wildcard.get(suffix));
        exact.into_iter().chain(wildcards).chain(self.any.as_ref())
    }

    /// Whether there is no value.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wildcard.is_empty() && self.any.is_none()
    }

    /// Every value, in no order that means anything.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.exact.values().chain(self.wildcard.values()).chain(self.any.as_ref())
    }

    /// Every value, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.exact.values_mut().chain(self.wildcard.values_mut()).chain(self.any.as_mut())
    }
}

/// What stands behind each dot, the longest first, where a wildcard can be so long. A hostile host has
/// any number of dots, and to look up what stands behind each would be quadratic.
fn suffixes(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let start = name.len().saturating_sub(Hostname::MAX_LENGTH);
    let name = name.get(start..).unwrap_or_default();
    name.iter().enumerate().filter(|(_, byte)| **byte == b'.').filter_map(|(dot, _)| name.get(dot + 1..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_model::host_of_authority;

    #[test]
    fn a_host_finds_its_hostnames_from_the_most_specific_on() {
        let mut map = HostMap::default();
        for hostname in ["a.b.example.com", "*.b.example.com", "*.example.com", "*.com", "example.com"] {
            map.entry(Some(&Hostname::parse(hostname).unwrap()), || hostname);
        }
        map.entry(None, || "");
        let cases: &[(&str, &[&str])] = &[
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
        for (authority, expected) in cases {
            let host = FoldedHost::new(host_of_authority(authority));
            assert_eq!(map.matching(&host).copied().collect::<Vec<_>>(), *expected, "{authority}");
        }
    }
}
