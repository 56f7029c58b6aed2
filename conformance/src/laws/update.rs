//! Edits of a cluster, one after the other: what is continued equals what is made anew.

use std::collections::{BTreeMap, BTreeSet};

use gateway_match::{ListenerId, Profile, Router, RuleId, Topology, Update};
use gateway_model::{AnyObject, ObjectKey, ResourceKind, Resources};
use gateway_status::{DataPlane, Reporter, affected};

use super::ensure;
use crate::decide::Engine;
use crate::generate::{Bytes, Case, Settings, Source};

/// The bytes choose a preset, two cases (what there is, and what may come), and edits.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let source: &mut dyn Source = &mut source;
    let chosen = source.below(3);
    let Some((_, settings)) = Settings::presets_with_every_protocol().into_iter().nth(chosen) else { return Ok(()) };
    let edits = 1 + source.below(8);
    let picks: Vec<(usize, usize)> = (0..edits).map(|_| (source.below(4), source.below(256))).collect();
    let (now, later) = (Case::draw(source, &settings), Case::draw(source, &settings));
    edits_agree(&now, &later, picks).map_err(|broken| format!("{broken}\n{now}\nand\n{later}"))
}

/// Edits of the first case that take from both, each chosen by two numbers.
pub(super) fn edits_agree(now: &Case, later: &Case, picks: Vec<(usize, usize)>) -> Result<(), String> {
    let mut cluster = Cluster::new(now);
    let mut steps = Vec::new();
    for (kind, which) in picks {
        let edit = Edit::pick(kind, which, &cluster, now, later);
        steps.push(edit.key.to_string());
        let requests = now.requests.iter().chain(&later.requests);
        cluster
            .apply(edit)
            .and_then(|()| cluster.agrees_with_a_rebuild(requests))
            .map_err(|broken| format!("after edits of {}: {broken}", steps.join(", ")))?;
    }
    Ok(())
}

/// One object is now so, or is gone.
struct Edit {
    key: ObjectKey,
    object: Option<AnyObject>,
}

impl Edit {
    fn pick(kind: usize, which: usize, cluster: &Cluster, now: &Case, later: &Case) -> Self {
        let from = |objects: &[AnyObject]| objects.get(which.checked_rem(objects.len()).unwrap_or(0)).cloned();
        let there = cluster.objects.keys().nth(which.checked_rem(cluster.objects.len()).unwrap_or(0)).cloned();
        match (kind, there) {
            (1, Some(key)) => Edit { key, object: None },
            // What was there at first comes back.
            (2, Some(key)) => Edit { object: now.objects.iter().find(|object| object.key() == key).cloned(), key },
            (_, there) => {
                let object = from(&later.objects);
                let key = object.as_ref().map(AnyObject::key).or(there);
                Edit { key: key.unwrap_or_else(|| ObjectKey::new(ResourceKind::Gateway, "", "")), object }
            }
        }
    }
}

/// What there is, with all that was made of it step by step, and beside it the plain list.
struct Cluster {
    objects: BTreeMap<ObjectKey, AnyObject>,
    resources: Resources,
    topology: Topology,
    routers: BTreeMap<ObjectKey, Router>,
    /// The same, edited rather than built, as long as the listeners stay.
    edited: BTreeMap<ObjectKey, Router>,
    statuses: BTreeMap<ObjectKey, String>,
    profile: Profile,
}

impl Cluster {
    fn new(case: &Case) -> Self {
        let resources = case.resources();
        let profile = Profile::default();
        let topology = Topology::resolve(&resources, &profile);
        let routers: BTreeMap<ObjectKey, Router> = topology
            .gateways()
            .filter_map(|gateway| Some((gateway.key().clone(), topology.router(gateway.key())?)))
            .collect();
        let statuses = report(&resources, &topology);
        let objects = case.objects.iter().map(|object| (object.key(), object.clone())).collect();
        Cluster { objects, resources, topology, edited: routers.clone(), routers, statuses, profile }
    }

    fn apply(&mut self, edit: Edit) -> Result<(), String> {
        let Edit { key, object } = edit;
        let (before, found) = match object {
            Some(object) => (self.objects.insert(key.clone(), object.clone()), self.resources.insert_any(object)),
            None => (self.objects.remove(&key), self.resources.remove(&key)),
        };
        ensure(before == found, || format!("{key} was {before:?}, not {found:?}"))?;
        let update = self.topology.apply(&self.resources, [key]);
        for gateway in update.rerouted().iter().filter(|key| key.kind == ResourceKind::Gateway) {
            let previous = (self.routers.remove(gateway), self.edited.remove(gateway));
            let router = match &previous.0 {
                Some(previous) => update.topology().router_continuing(gateway, previous),
                None => update.topology().router(gateway),
            };
            let Some(router) = router else { continue };
            if let Some(previous) = &previous.0 {
                keeps_ids(previous, &router)?;
            }
            let edited = previous.1.and_then(|previous| edited(&update, gateway, &previous, &router));
            self.edited.insert(gateway.clone(), edited.unwrap_or_else(|| router.clone()));
            self.routers.insert(gateway.clone(), router);
        }
        let (word, affected) = (DataPlane::new(), affected(&update));
        self.topology = update.into_topology();
        let reporter = Reporter::new(&self.resources, &self.topology, &word);
        self.statuses.retain(|key, _| !affected.contains(key));
        self.statuses.extend(
            affected.into_iter().filter_map(|key| Some((status(&reporter, &key)?, key))).map(|(text, key)| (key, text)),
        );
        Ok(())
    }

    fn agrees_with_a_rebuild<'a>(
        &self,
        requests: impl Iterator<Item = &'a crate::decide::PlainRequest>,
    ) -> Result<(), String> {
        let resources: Resources = self.objects.values().cloned().collect();
        let topology = Topology::resolve(&resources, &self.profile);
        let gateways: Vec<&ObjectKey> = topology.gateways().map(|gateway| gateway.key()).collect();
        ensure(self.routers.keys().eq(gateways.iter().copied()), || {
            format!("{:?} for {gateways:?}", self.routers.keys())
        })?;
        let (to_services, to_gateways): (Vec<_>, Vec<_>) = requests.partition(|request| request.service.is_some());
        for gateway in &gateways {
            let engine = Engine::of(self.routers.get(*gateway).cloned());
            let rebuilt = Engine::in_topology(&topology, gateway);
            let rules = |engine: &Engine| {
                let rules = engine.router().into_iter().flat_map(Router::rules);
                let mut rules: Vec<_> = rules.map(|(_, rule)| (rule.route().clone(), rule.index())).collect();
                rules.sort();
                rules
            };
            ensure(rules(&engine) == rules(&rebuilt), || format!("{gateway} has other rules"))?;
            let edited = Engine::of(self.edited.get(*gateway).cloned());
            ensure(rules(&edited) == rules(&rebuilt), || format!("{gateway}, edited, has other rules"))?;
            for request in &to_gateways {
                alike(gateway, request, &engine, &rebuilt)?;
                alike(gateway, request, &edited, &rebuilt)?;
            }
        }
        let nowhere = ObjectKey::new(ResourceKind::Gateway, "", "");
        let (engine, rebuilt) =
            (Engine::in_topology(&self.topology, &nowhere), Engine::in_topology(&topology, &nowhere));
        for request in &to_services {
            alike(&nowhere, request, &engine, &rebuilt)?;
        }
        let (found, wanted) = (&self.statuses, report(&resources, &topology));
        ensure(*found == wanted, || {
            let other = |key: &&ObjectKey| found.get(*key) != wanted.get(*key);
            let keys: BTreeSet<&ObjectKey> = found.keys().chain(wanted.keys()).filter(other).collect();
            let lines =
                keys.iter().map(|key| format!("{key}\n  {:?}\n  not {:?}\n", found.get(*key), wanted.get(*key)));
            format!("statuses of {}", lines.collect::<String>())
        })
    }
}

fn alike(
    gateway: &ObjectKey,
    request: &crate::decide::PlainRequest,
    engine: &Engine,
    rebuilt: &Engine,
) -> Result<(), String> {
    let (found, wanted) = (engine.explain(request), rebuilt.explain(request));
    ensure(found == wanted, || {
        format!("{gateway}, {request}\n  edited: {}\n  rebuilt: {}", found.outcome, wanted.outcome)
    })
}

/// The router after an update, edited route by route; `None` if its listeners are others.
fn edited(update: &Update, gateway: &ObjectKey, previous: &Router, next: &Router) -> Option<Router> {
    if format!("{:?}", previous.listeners()) != format!("{:?}", next.listeners()) {
        return None;
    }
    let ids: BTreeMap<(Option<&ObjectKey>, &str), ListenerId> =
        previous.listener_ids().map(|(id, listener)| ((listener.parent(), listener.name()), id)).collect();
    let mut edit = previous.update();
    for route in update.before().attached(gateway).filter(|route| update.affected().contains(route.key())) {
        edit.remove(route.key());
    }
    for route in update.topology().attached(gateway).filter(|route| update.affected().contains(route.key())) {
        for attachment in route.attachments().filter(|attachment| attachment.gateway == *gateway) {
            let listener = &attachment.listener;
            if let Some(id) = ids.get(&(Some(&listener.source), &*listener.name)) {
                edit.attach(route.route(), *id);
            }
        }
    }
    Some(edit.build())
}

/// A rule that both routers have keeps its id, no id stands for two rules, and none is taken over.
fn keeps_ids(previous: &Router, next: &Router) -> Result<(), String> {
    let ids = |router: &Router| -> BTreeMap<(ObjectKey, usize), RuleId> {
        router.rules().map(|(id, rule)| ((rule.route().clone(), rule.index()), id)).collect()
    };
    let (before, after) = (ids(previous), ids(next));
    let owners: BTreeMap<RuleId, &(ObjectKey, usize)> = before.iter().map(|(rule, id)| (*id, rule)).collect();
    for (rule, id) in &after {
        let (kept, owner) = (before.get(rule), owners.get(id));
        ensure(kept.is_none_or(|kept| kept == id) && owner.is_none_or(|owner| *owner == rule), || {
            format!("rule {} of {} had id {kept:?} and has {id}, which was that of {owner:?}", rule.1, rule.0)
        })?;
    }
    let distinct: BTreeSet<&RuleId> = after.values().collect();
    ensure(distinct.len() == after.len(), || format!("{} rules have {} ids", after.len(), distinct.len()))
}

/// Every status, as text.
fn report(resources: &Resources, topology: &Topology) -> BTreeMap<ObjectKey, String> {
    let word = DataPlane::new();
    let reporter = Reporter::new(resources, topology, &word);
    resources.iter_any().filter_map(|object| Some((object.key(), status(&reporter, &object.key())?))).collect()
}

fn status(reporter: &Reporter<'_>, key: &ObjectKey) -> Option<String> {
    match key.kind {
        ResourceKind::Gateway => reporter.gateway(key).map(|desired| format!("{:?}", desired.status)),
        ResourceKind::ListenerSet => reporter.listener_set(key).map(|desired| format!("{:?}", desired.status)),
        _ => reporter.route(key).map(|desired| format!("{:?}", desired.status)),
    }
}
