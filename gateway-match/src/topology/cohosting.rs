//! HTTPRoutes and GRPCRoutes for the same hosts of one listener.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use gateway_model::{Hostname, ObjectKey, ResourceKind};

use super::attachment::RouteNode;
use super::listener::ListenerKey;
use super::parts::{Map, Set};
use super::relation::of_kind;
use crate::options::GrpcCohosting;
use crate::precedence::{Created, SlashName};

/// Whether HTTPRoutes and GRPCRoutes can be in each other's way among the routes that claim a listener.
pub(super) fn are_rivals(claims: &Set<ObjectKey>, option: GrpcCohosting) -> bool {
    let has = |kind| of_kind(claims, kind).next().is_some();
    option != GrpcCohosting::Coexist && has(ResourceKind::HttpRoute) && has(ResourceKind::GrpcRoute)
}

/// The claims on a listener that has HTTPRoutes and GRPCRoutes, and those that stand.
///
/// spec: `GRPCRouteSpec.hostnames`: of an HTTPRoute and a GRPCRoute whose hostnames on a listener
/// intersect exactly one is accepted: the oldest, then the first by `{namespace}/{name}`. So a claim
/// stands unless it meets one of the other kind that comes first and stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rivals {
    http: Claims,
    grpc: Claims,
}

/// The claims of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
struct Claims {
    all: HostIndex,
    standing: HostIndex,
}

/// A claim: who comes first, and for which hosts.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    route: ObjectKey,
    order: Order,
    /// As [`place_of`] has them.
    hosts: Vec<String>,
}

/// Who comes first. The kind decides between routes of the same age and name.
type Order = (Reverse<bool>, Created, SlashName, Reverse<bool>);

impl Claim {
    /// The claim of a route on a listener, if it has one and can have rivals.
    pub(super) fn of(node: &RouteNode, listener: &ListenerKey, option: GrpcCohosting) -> Option<Self> {
        let key = node.key();
        let grpc = match key.kind {
            ResourceKind::GrpcRoute => true,
            ResourceKind::HttpRoute => false,
            _ => return None,
        };
        let claim = node.claims().find(|claim| claim.listener == *listener)?;
        let route = node.route();
        let first = Reverse(grpc && option == GrpcCohosting::GrpcWins);
        Some(Claim {
            route: key.clone(),
            order: (first, route.created(), SlashName::new(key.namespace.clone(), key.name.clone()), Reverse(grpc)),
            hosts: match &claim.hostnames {
                None => vec![EVERY_HOST.to_owned()],
                Some(hostnames) => hostnames.iter().map(place_of).collect(),
            },
        })
    }
}

impl Rivals {
    /// All claims of a listener, judged. O(n log n), and the labels of their hostnames.
    pub(super) fn of(claims: impl Iterator<Item = Claim>) -> (Self, Set<ObjectKey>) {
        let (mut rivals, mut refused) = (Rivals::default(), Set::default());
        let claims: BTreeMap<Order, Claim> = claims.map(|claim| (claim.order.clone(), claim)).collect();
        for claim in claims.values() {
            let stands = !rivals.others(claim).standing.has_before(claim);
            let own = rivals.own(claim);
            own.all.insert(claim);
            if stands {
                own.standing.insert(claim);
            } else {
                refused.insert(claim.route.clone());
            }
        }
        (rivals, refused)
    }

    /// Judges claims anew of which some have gone and some have come, and all that this has an effect on,
    /// one after the other in the order in which they come first.
    ///
    /// `claim_of` finds the claims that are there now. Gives up (`None`) where about as many must be judged
    /// as there are. O((changed + those that they meet) × log n).
    pub(super) fn change(
        &mut self,
        refused: &mut Set<ObjectKey>,
        (gone, come): (&[Claim], &[Claim]),
        claim_of: impl Fn(&ObjectKey) -> Option<Claim>,
        count: usize,
    ) -> Option<()> {
        let mut due: BTreeSet<(Order, ObjectKey)> = BTreeSet::new();
        let mut budget = count / 4 + 16;
        for claim in gone {
            let own = self.own(claim);
            own.all.remove(claim);
            refused.remove(&claim.route);
            if own.standing.remove(claim) {
                self.mark_met(claim, &mut due, &mut budget)?;
            }
        }
        for claim in come {
            self.own(claim).all.insert(claim);
            due.insert((claim.order.clone(), claim.route.clone()));
        }
        while let Some((_, route)) = due.pop_first() {
            let Some(claim) = claim_of(&route) else { continue };
            let stands = !self.others(&claim).standing.has_before(&claim);
            let own = self.own(&claim);
            let stood = own.standing.has(&claim);
            if stands {
                own.standing.insert(&claim);
                refused.remove(&route);
            } else {
                own.standing.remove(&claim);
                refused.insert(route);
            }
            if stands != stood {
                self.mark_met(&claim, &mut due, &mut budget)?;
            }
        }
        Some(())
    }

    /// The claims of the other kind that come after one and meet it.
    fn mark_met(&mut self, claim: &Claim, due: &mut BTreeSet<(Order, ObjectKey)>, budget: &mut usize) -> Option<()> {
        for met in self.others(claim).all.after(claim) {
            *budget = budget.checked_sub(1)?;
            due.insert(met);
        }
        Some(())
    }

    fn own(&mut self, claim: &Claim) -> &mut Claims {
        if claim.route.kind == ResourceKind::GrpcRoute { &mut self.grpc } else { &mut self.http }
    }

    fn others(&self, claim: &Claim) -> &Claims {
        if claim.route.kind == ResourceKind::GrpcRoute { &self.http } else { &self.grpc }
    }
}

/// Claims by their hosts. In the order of the keys whatever a wildcard stands for follows its domain.
#[derive(Clone, Debug, Default, PartialEq)]
struct HostIndex(Map<String, Map<Order, ObjectKey>>);

/// The key of every host.
const EVERY_HOST: &str = "";

/// The key of a hostname: its labels, the last first, each with a dot; for a wildcard a star at the end.
fn place_of(hostname: &Hostname) -> String {
    match hostname.wildcard_suffix() {
        Some(suffix) => format!("{}*", reversed(suffix)),
        None => reversed(hostname.as_str()),
    }
}

fn reversed(domain: &str) -> String {
    domain.rsplit('.').flat_map(|label| [label, "."]).collect()
}

impl HostIndex {
    fn insert(&mut self, claim: &Claim) {
        for host in &claim.hosts {
            let mut claims = self.0.get(host).cloned().unwrap_or_default();
            claims.insert(claim.order.clone(), claim.route.clone());
            self.0.insert(host.clone(), claims);
        }
    }

    /// Says whether it was there.
    fn remove(&mut self, claim: &Claim) -> bool {
        let mut found = false;
        for host in &claim.hosts {
            let Some(mut claims) = self.0.get(host).cloned() else { continue };
            found |= claims.remove(&claim.order);
            if claims.is_empty() {
                self.0.remove(host);
            } else {
                self.0.insert(host.clone(), claims);
            }
        }
        found
    }

    fn has(&self, claim: &Claim) -> bool {
        let mut hosts = claim.hosts.iter().filter_map(|host| self.0.get(host));
        hosts.any(|claims| claims.contains_key(&claim.order))
    }

    /// Whether one that comes before a claim meets it.
    fn has_before(&self, claim: &Claim) -> bool {
        self.meeting(claim).any(|claims| claims.first().is_some_and(|(order, _)| *order < claim.order))
    }

    /// Those that come after a claim and meet it.
    fn after<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = (Order, ObjectKey)> + 'a {
        self.meeting(claim)
            .flat_map(|claims| claims.starting(&claim.order))
            .filter(|(order, _)| **order != claim.order)
            .map(|(order, route)| (order.clone(), route.clone()))
    }

    /// The claims for hosts that a claim is for.
    fn meeting<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = &'a Map<Order, ObjectKey>> + 'a {
        claim.hosts.iter().flat_map(|host| {
            let domain = host.strip_suffix('*').unwrap_or(host);
            let is_wide = domain.len() != host.len() || host == EVERY_HOST;
            // The host itself, or all that a wildcard stands for, which begins with its domain.
            let within = self.0.starting::<str>(if is_wide { domain } else { host });
            let within =
                within.take_while(move |(key, _)| if is_wide { key.starts_with(domain) } else { *key == host });
            // A wildcard's own domain begins so too, and is none of its hosts.
            let within = within.filter(move |(key, _)| !is_wide || host == EVERY_HOST || *key != domain);
            let above = wildcards_above(domain).filter(move |_| host != EVERY_HOST);
            within.map(|(_, claims)| claims).chain(above.filter_map(|key| self.0.get(&key)))
        })
    }
}

/// The keys of the wildcards that stand for the hosts of a domain, but for that of the domain itself; and
/// the key of every host.
fn wildcards_above(domain: &str) -> impl Iterator<Item = String> + '_ {
    let ends = domain.char_indices().filter(|(_, c)| *c == '.').map(|(index, _)| index + 1);
    let above = ends.filter(|end| *end < domain.len()).filter_map(|end| domain.get(..end));
    above.map(|domain| format!("{domain}*")).chain([EVERY_HOST.to_owned()])
}

#[cfg(test)]
#[path = "cohosting_tests.rs"]
mod tests;
