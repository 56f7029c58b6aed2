//! The routes of a router: their rules with their ids, and where they are attached.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::FixedState;
use gateway_model::ObjectKey;
use smallvec::SmallVec;

use super::RuleSlot;
use super::keyed::{Item, Keyed, hash_of};
use super::table::Lane;
use crate::ids::{BackendId, RuleId};
use crate::route::{BackendName, Route, Rule};

/// The routes of a router, and the ids that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    routes: Keyed<Arc<Attached>>,
    /// How many routes there are whose rules are for calls.
    calls: usize,
    /// Each with the number of references to it.
    backends: Keyed<(BackendId, u32)>,
    next_rule: u32,
    next_backend: u32,
}

/// A route that is attached somewhere.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) route: Route,
    pub(super) slots: SmallVec<[Arc<RuleSlot>; 1]>,
    /// The listeners, by position.
    pub(super) listeners: SmallVec<[(usize, Lane); 1]>,
}

impl Registry {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<Attached>> {
        let key = bytes_of_object(key);
        self.routes.get(hash_of(&key), &key)
    }

    pub(super) fn has_calls(&self) -> bool {
        self.calls > 0
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.routes.values().flat_map(|attached| attached.slots.iter().map(|slot| (slot.id, &*slot.rule)))
    }

    /// Keeps a route, where it is attached now.
    pub(super) fn put(&mut self, attached: Attached) {
        let key = bytes_of_object(attached.route.key());
        let is_for_calls = attached.is_for_calls();
        let mut is_new = false;
        self.routes.alter(hash_of(&key), &key, |found| {
            is_new = found.is_none();
            Some(Arc::new(attached))
        });
        self.calls += usize::from(is_new && is_for_calls);
    }

    /// The rules of a route that is attached nowhere yet. They and their backends get the ids that they
    /// have in `previous`, or new ones.
    pub(super) fn number(&mut self, route: &Route, previous: &Registry) -> Attached {
        let next_rule = &mut self.next_rule;
        let mut backends = |name: &BackendName| {
            let key = bytes_of_backend(name);
            let hash = hash_of(&key);
            let known = self.backends.get(hash, &key).or_else(|| previous.backends.get(hash, &key));
            let id = known.map_or_else(|| BackendId::from(next(&mut self.next_backend)), |(id, _)| *id);
            self.backends.alter(hash, &key, |found| Some((id, found.map_or(0, |(_, references)| *references) + 1)));
            id
        };
        numbered(route, previous, next_rule, &mut backends)
    }

    /// The registry of routes and where they are attached. O(n) for n rules, backends and attachments.
    pub(super) fn of_all(attachments: &[(usize, Lane, Route)], previous: &Registry) -> (Self, Vec<Attached>) {
        let mut registry =
            Registry { next_rule: previous.next_rule, next_backend: previous.next_backend, ..Registry::default() };
        let mut ids: HashMap<Bytes, (BackendId, u32), FixedState> = HashMap::default();
        let mut positions: HashMap<&ObjectKey, usize, FixedState> = HashMap::default();
        let mut all: Vec<Attached> = Vec::new();
        for (listener, lane, route) in attachments {
            let position = *positions.entry(route.key()).or_insert_with(|| {
                let mut backends = |name: &BackendName| {
                    let key = bytes_of_backend(name);
                    let hash = hash_of(&key);
                    let (id, references) = ids.entry(key).or_insert_with_key(|key| {
                        let known = previous.backends.get(hash, key).map(|(id, _)| *id);
                        (known.unwrap_or_else(|| BackendId::from(next(&mut registry.next_backend))), 0)
                    });
                    *references += 1;
                    *id
                };
                all.push(numbered(route, previous, &mut registry.next_rule, &mut backends));
                all.len() - 1
            });
            if let Some(attached) = all.get_mut(position)
                && !attached.listeners.contains(&(*listener, *lane))
            {
                attached.listeners.push((*listener, *lane));
            }
        }
        registry.calls = all.iter().filter(|attached| attached.is_for_calls()).count();
        registry.backends = Keyed::of(ids);
        let keys: Vec<Bytes> = all.iter().map(|attached| bytes_of_object(attached.route.key())).collect();
        let items = keys.iter().zip(&all).map(|(key, attached)| {
            let value = Arc::new(attached.clone());
            Item { hash: hash_of(key), key, value }
        });
        registry.routes = Keyed::new(items.collect());
        (registry, all)
    }

    /// Takes a route out.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Attached>> {
        let attached = Arc::clone(self.get(key)?);
        let bytes = bytes_of_object(key);
        self.routes.alter(hash_of(&bytes), &bytes, |_| None);
        self.calls = self.calls.saturating_sub(usize::from(attached.is_for_calls()));
        for backend in attached.slots.iter().flat_map(|slot| slot.rule.backends()) {
            let key = bytes_of_backend(backend.name());
            self.backends.alter(hash_of(&key), &key, |found| {
                let (id, references) = found?;
                (*references > 1).then(|| (*id, references - 1))
            });
        }
        Some(attached)
    }
}

impl Attached {
    fn is_for_calls(&self) -> bool {
        self.route.key().kind == gateway_model::ResourceKind::GrpcRoute && !self.slots.is_empty()
    }
}

fn numbered(
    route: &Route,
    previous: &Registry,
    next_rule: &mut u32,
    backend_id: &mut dyn FnMut(&BackendName) -> BackendId,
) -> Attached {
    let before = previous.get(route.key());
    let slots = route.shared_rules().iter().map(|rule| {
        let known = before.and_then(|before| before.slots.iter().find(|slot| slot.rule.index() == rule.index()));
        let id = known.map_or_else(|| RuleId::from(next(next_rule)), |slot| slot.id);
        let backends = rule.backends().iter().map(|backend| backend_id(backend.name())).collect();
        Arc::new(RuleSlot { id, route: route.clone(), rule: Arc::clone(rule), backends })
    });
    Attached { route: route.clone(), slots: slots.collect(), listeners: SmallVec::new() }
}

/// Four thousand million new rules in one lineage of routers: starting over is all that is left.
fn next(counter: &mut u32) -> u32 {
    let number = *counter;
    *counter = number.wrapping_add(1);
    number
}

type Bytes = SmallVec<[u8; 64]>;

fn bytes_of_object(key: &ObjectKey) -> Bytes {
    joined([key.kind.as_str(), &key.namespace, &key.name])
}

fn bytes_of_backend(name: &BackendName) -> Bytes {
    let mut bytes = joined([&name.group, &name.kind, &name.namespace, &name.name]);
    bytes.extend(name.port.into_iter().flat_map(u16::to_be_bytes));
    bytes
}

/// Texts, with what no text has between them.
fn joined<const N: usize>(texts: [&str; N]) -> Bytes {
    let mut bytes = Bytes::new();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0xff);
    }
    bytes
}
