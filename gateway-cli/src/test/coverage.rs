//! What of the manifests the cases reached.

use std::collections::BTreeMap;

use gateway_match::{ListenerInfo, Router, Topology};
use gateway_model::{GrpcRoute, HttpRoute, ObjectKey, ResourceKind, Resources};

use crate::decision::Answer;

/// Everything that requests can reach, and what of it they did.
///
/// That are the listeners that serve, and the rules of the routes that are attached, each with its
/// matches: what would have to be reached to be sure of all of it. A rule counts once, on however
/// many listeners it is, and so does a match.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) listeners: BTreeMap<(ObjectKey, String), Listener>,
    /// By route, then by position in the route.
    pub(crate) routes: BTreeMap<ObjectKey, BTreeMap<usize, Rule>>,
}

#[derive(Debug)]
pub(crate) struct Listener {
    /// Protocol, port and host, for people.
    pub(crate) facts: String,
    pub(crate) reached: bool,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Option<String>,
    /// Whether each match was reached; a rule without matches has one.
    pub(crate) matches: Vec<bool>,
}

impl Rule {
    pub(crate) fn is_reached(&self) -> bool {
        self.matches.contains(&true)
    }

    /// Positions of the matches that no request reached.
    pub(crate) fn missed(&self) -> impl Iterator<Item = usize> {
        self.matches.iter().enumerate().filter(|(_, reached)| !**reached).map(|(item, _)| item)
    }
}

/// How many there are, and how many of them were reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) reached: usize,
    pub(crate) total: usize,
}

impl Count {
    pub(crate) fn of(all: impl Iterator<Item = bool>) -> Self {
        all.fold(Count::default(), |count, reached| Count {
            reached: count.reached + usize::from(reached),
            total: count.total + 1,
        })
    }

    fn and(self, other: Count) -> Count {
        Count { reached: self.reached + other.reached, total: self.total + other.total }
    }

    /// To a tenth, rounded down, so that only all is 100; `None` if there is nothing to reach.
    pub(crate) fn percent(self) -> Option<f64> {
        let tenths = (self.reached * 1000).checked_div(self.total)?;
        Some(tenths as f64 / 10.0)
    }

    /// Whether it is so many percent; of nothing, no percentage is reached but 0.
    pub(crate) fn is_at_least(self, percent: f64) -> bool {
        percent <= 0.0 || (self.total > 0 && self.reached as f64 * 100.0 >= percent * self.total as f64)
    }
}

impl Coverage {
    /// What there is to reach: O(all routers), built once each.
    pub(crate) fn of(topology: &Topology, resources: &Resources) -> Self {
        let mut coverage = Coverage::default();
        for gateway in topology.gateways() {
            if let Some(router) = topology.router(gateway.key()) {
                coverage.add_listeners(router.listeners());
                coverage.add_rules(&router, resources);
            }
        }
        for service in topology.services().filter(|service| topology.attached(service.key()).next().is_some()) {
            let own = std::iter::once(&*service.key().namespace);
            for namespace in own.chain(service.consumers()) {
                if let Some(router) = topology.mesh_router(service.key(), namespace) {
                    coverage.add_rules(&router, resources);
                }
            }
        }
        coverage
    }

    fn add_listeners(&mut self, listeners: &[ListenerInfo]) {
        for listener in listeners {
            if let Some(key) = key_of(listener) {
                let host = listener.hostname().map_or("every host", |hostname| hostname.as_str());
                let facts = format!("{}, port {}, {host}", listener.protocol(), listener.port());
                self.listeners.insert(key, Listener { facts, reached: false });
            }
        }
    }

    fn add_rules(&mut self, router: &Router, resources: &Resources) {
        for (_, rule) in router.rules() {
            let route = rule.route();
            let rules = self.routes.entry(route.clone()).or_default();
            rules.entry(rule.index()).or_insert_with(|| Rule {
                name: rule.name().map(str::to_owned),
                matches: vec![false; matches(resources, route, rule.index())],
            });
        }
    }

    /// Notes what a request reached, whatever was expected of it.
    pub(crate) fn reach(&mut self, answer: &Answer<'_>) {
        let listener = answer.decision.listener().and_then(key_of);
        if let Some(listener) = listener.and_then(|key| self.listeners.get_mut(&key)) {
            listener.reached = true;
        }
        let Some(found) = answer.decision.matched() else { return };
        let rule = self.routes.get_mut(found.route()).and_then(|rules| rules.get_mut(&found.rule().index()));
        if let Some(reached) = rule.and_then(|rule| rule.matches.get_mut(found.match_index())) {
            *reached = true;
        }
    }

    pub(crate) fn listeners(&self) -> Count {
        Count::of(self.listeners.values().map(|listener| listener.reached))
    }

    pub(crate) fn rules(&self) -> Count {
        Count::of(self.routes.values().flat_map(BTreeMap::values).map(Rule::is_reached))
    }

    pub(crate) fn matches(&self) -> Count {
        Count::of(self.routes.values().flat_map(BTreeMap::values).flat_map(|rule| rule.matches.iter().copied()))
    }

    /// Listeners, rules and matches together.
    pub(crate) fn all(&self) -> Count {
        self.listeners().and(self.rules()).and(self.matches())
    }
}

/// A Service's port is no listener.
fn key_of(listener: &ListenerInfo) -> Option<(ObjectKey, String)> {
    let parent = listener.parent().filter(|_| listener.service().is_none())?;
    Some((parent.clone(), listener.name().to_owned()))
}

/// How many matches a rule has. spec: `HTTPRouteRule.matches`, default.
fn matches(resources: &Resources, route: &ObjectKey, rule: usize) -> usize {
    let (namespace, name) = (&*route.namespace, &*route.name);
    let written = match route.kind {
        ResourceKind::HttpRoute => resources
            .get::<HttpRoute>(namespace, name)
            .and_then(|route| Some(route.spec.rules.get(rule)?.matches.len())),
        ResourceKind::GrpcRoute => resources
            .get::<GrpcRoute>(namespace, name)
            .and_then(|route| Some(route.spec.rules.get(rule)?.matches.len())),
        _ => None,
    };
    written.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_percent() {
        let count = |reached, total| Count { reached, total };
        assert_eq!(count(999, 1000).percent(), Some(99.9));
        assert_eq!(count(9999, 10_000).percent(), Some(99.9));
        assert_eq!(count(2, 3).percent(), Some(66.6));
        assert_eq!(count(3, 3).percent(), Some(100.0));
        assert_eq!(count(0, 0).percent(), None);
        assert!(count(4, 5).is_at_least(80.0) && !count(4, 5).is_at_least(80.1));
        assert!(!count(9999, 10_000).is_at_least(100.0));
        assert!(count(0, 0).is_at_least(0.0) && !count(0, 0).is_at_least(1.0));
    }
}
