//! Ids stay with what stays, and are never given again.

use std::collections::{BTreeMap, BTreeSet};

use gateway_conformance::generate::{Case, Seed, Source};
use gateway_match::{Router, Topology};
use gateway_model::{ObjectKey, ResourceKind};

use crate::holds;

/// The ids of one router: rules by route and position, backends by name.
#[derive(Default)]
struct Ids {
    rules: BTreeMap<(ObjectKey, usize), usize>,
    backends: BTreeMap<String, usize>,
}

impl Ids {
    fn of(router: &Router, case: &Case) -> Result<Self, String> {
        let mut ids = Ids::default();
        for (id, rule) in router.rules() {
            if ids.rules.insert((rule.route().clone(), rule.index()), id.index()).is_some() {
                return Err(format!("{} rule {} has two ids", rule.route(), rule.index()));
            }
        }
        for request in &case.requests {
            let view = gateway_match::RequestView::new(&request.method, &request.host, &request.path, &request.headers);
            let decision = router.route(&view, &gateway_match::Connection::plain(request.port()));
            let Some(found) = decision.matched() else { continue };
            if ids.rules.get(&(found.route().clone(), found.rule().index())) != Some(&found.rule_id().index()) {
                return Err(format!("{} rule {} has another id in a decision", found.route(), found.rule().index()));
            }
            for (position, backend) in found.rule().backends().iter().enumerate() {
                let id = found.backend_id(position).ok_or("a backend without an id")?.index();
                let before = ids.backends.insert(format!("{:?}", backend.name()), id);
                if before.is_some_and(|before| before != id) {
                    return Err(format!("{} has two ids", backend.name()));
                }
            }
        }
        Ok(ids)
    }
}

/// Compares what stayed and what is new with the ids that were ever given.
fn follows<K: Ord + std::fmt::Debug>(
    before: &BTreeMap<K, usize>,
    after: &BTreeMap<K, usize>,
    ever: &mut BTreeSet<usize>,
) -> Result<(), String> {
    let given: BTreeSet<usize> = after.values().copied().collect();
    if given.len() != after.len() {
        return Err(format!("one id is given twice: {after:?}"));
    }
    for (key, id) in after {
        match before.get(key) {
            Some(before) if before != id => return Err(format!("{key:?} had {before} and has {id}")),
            Some(_) => {}
            None if !ever.insert(*id) => return Err(format!("{key:?} has {id}, which was something else's")),
            None => {}
        }
    }
    Ok(())
}

#[test]
fn ids_stay_with_what_stays_and_are_never_given_again() {
    holds("ids of rules", 1_500, |case, seed| {
        let mut draw = Seed::new(seed ^ 0x5eed);
        let Some(gateway) = case.gateways().into_iter().next() else {
            return Ok(());
        };
        let routes = case.keys(ResourceKind::HttpRoute);
        let mut now = case.clone();
        let router = |case: &Case, previous: Option<&Router>| {
            let topology = Topology::resolve(&case.resources(), &Default::default());
            match previous {
                Some(previous) => topology.router_continuing(&gateway, previous),
                None => topology.router(&gateway),
            }
        };
        let mut previous = router(&now, None).ok_or("no router")?;
        let mut before = Ids::of(&previous, &now)?;
        let mut ever: BTreeSet<usize> = before.rules.values().copied().collect();
        for _ in 0..4 {
            let Some(changed) = routes.get(draw.below(routes.len())) else {
                return Ok(());
            };
            now = match now.objects.iter().any(|object| object.key() == *changed) {
                true => now.without(changed),
                false => now.with(case, changed),
            };
            previous = router(&now, Some(&previous)).ok_or("no router")?;
            let after = Ids::of(&previous, &now)?;
            follows(&before.rules, &after.rules, &mut ever)
                .map_err(|complaint| format!("after {changed}: {complaint}"))?;
            before = after;
        }
        Ok(())
    });
}

/// Backends show their ids only in decisions, so all that can be asked is that those seen before
/// and after are the same, and that no two have one.
#[test]
fn ids_of_backends_stay() {
    holds("ids of backends", 900, |case, seed| {
        let Some(gateway) = case.gateways().into_iter().next() else {
            return Ok(());
        };
        let routes = case.keys(ResourceKind::HttpRoute);
        let Some(removed) = routes.get(Seed::new(seed ^ 0x5eed).below(routes.len())) else {
            return Ok(());
        };
        let first = Topology::resolve(&case.resources(), &Default::default()).router(&gateway).ok_or("no router")?;
        let fewer = case.without(removed);
        let topology = Topology::resolve(&fewer.resources(), &Default::default());
        let second = topology.router_continuing(&gateway, &first).ok_or("no router")?;
        let (before, after) = (Ids::of(&first, case)?, Ids::of(&second, &fewer)?);
        for (name, id) in &after.backends {
            if before.backends.get(name).is_some_and(|before| before != id) {
                return Err(format!("{name} has another id without {removed}"));
            }
        }
        // A backend seen only now must not have the id of one seen only before.
        let seen: BTreeMap<usize, &String> = before.backends.iter().map(|(name, id)| (*id, name)).collect();
        match after.backends.iter().find(|(name, id)| seen.get(id).is_some_and(|before| before != name)) {
            Some((name, id)) => Err(format!("{name} has {id}, which was something else's")),
            None => Ok(()),
        }
    });
}
