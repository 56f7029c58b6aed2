//! Sets of hosts, and whether they meet.

use std::collections::HashSet;

use gateway_model::Hostname;

/// The hosts that some hostnames stand for.
#[derive(Default)]
pub(super) struct Hosts {
    every: bool,
    any: bool,
    exact: HashSet<String>,
    /// What stands behind `*.`.
    wildcard: HashSet<String>,
    /// Every domain that one of them lies below.
    above: HashSet<String>,
}

impl Hosts {
    /// Adds the hosts of hostnames; `None` is every host.
    pub(super) fn add(&mut self, hostnames: Option<&[Hostname]>) {
        self.any = true;
        let Some(hostnames) = hostnames else {
            self.every = true;
            return;
        };
        for hostname in hostnames {
            match hostname.wildcard_suffix() {
                Some(suffix) => {
                    self.wildcard.insert(suffix.to_owned());
                    // `*.a.b` lies below `a.b` itself too: every host of it does.
                    self.above.insert(suffix.to_owned());
                    self.above.extend(domains_above(suffix).map(str::to_owned));
                }
                None => {
                    self.exact.insert(hostname.as_str().to_owned());
                    self.above.extend(domains_above(hostname.as_str()).map(str::to_owned));
                }
            }
        }
    }

    /// Whether some host is served by both. O(labels of the hostnames).
    pub(super) fn meet(&self, hostnames: Option<&[Hostname]>) -> bool {
        let Some(hostnames) = hostnames else { return self.any };
        self.every
            || hostnames.iter().any(|hostname| match hostname.wildcard_suffix() {
                Some(suffix) => {
                    self.above.contains(suffix) || domains_above(suffix).any(|domain| self.wildcard.contains(domain))
                }
                None => {
                    self.exact.contains(hostname.as_str())
                        || domains_above(hostname.as_str()).any(|domain| self.wildcard.contains(domain))
                }
            })
    }
}

/// The domains that a name lies below, the longest first.
fn domains_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest)).skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_meet_exactly_where_some_pair_of_hostnames_intersects() {
        let texts = ["a.b.c", "*.b.c", "*.c", "b.c", "*.a.b.c", "x.b.c", "*.x.b.c", "c.d", "*.d"];
        let hostnames: Vec<Hostname> = texts.iter().map(|text| Hostname::parse(text).unwrap()).collect();
        for served in &hostnames {
            let mut hosts = Hosts::default();
            hosts.add(Some(std::slice::from_ref(served)));
            assert!(hosts.meet(None));
            for wanted in &hostnames {
                let expected = served.intersect(wanted).is_some();
                assert_eq!(hosts.meet(Some(std::slice::from_ref(wanted))), expected, "{served} and {wanted}");
            }
        }
        let mut every = Hosts::default();
        assert!(!every.meet(None), "nobody is there");
        every.add(None);
        assert!(every.meet(Some(&hostnames[..1])));
    }
}
