//! The routes of a router: their rules with their ids, and where they are attached.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::FixedState;
use gateway_model::ObjectKey;
use smallvec::SmallVec;

use super::keyed::{Item, Keyed, hash_of};
use super::table::Lane;
use super::{RuleSlot, ahead};
use crate::few::Few;
use crate::ids::{BackendId, RuleId};
use crate::route::{BackendName, Route, Rule};

/// The routes of a router, and the ids that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    /// Shared, since a change copies a part of the table, and to copy each route there would touch its rules too.
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
    pub(super) slots: Few<Arc<RuleSlot>>,
    /// The listeners, by position.
    listeners: Few<(u32, Lane)>,
}

impl Registry {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<Attached>> {
        if self.routes.is_empty() {
            return None;
        }
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

    /// The registry of routes and where they are attached, each of which is shown. O(n log n) for n rules, backends
    /// and attachments.
    ///
    /// After the keys, all that is read of a route is read in one go: where there are many, it is in no cache the next
    /// time, and the first time only if it is [read ahead](ahead).
    pub(super) fn of_all<'r>(
        attachments: &'r [(usize, Lane, Route)],
        previous: &Registry,
        mut each: impl FnMut(&Attached, &'r Route, usize, Lane),
    ) -> Self {
        let mut registry =
            Registry { next_rule: previous.next_rule, next_backend: previous.next_backend, ..Registry::default() };
        let mut ids: HashMap<Bytes, (BackendId, u32), FixedState> = HashMap::default();
        let mut keys: Vec<(u64, Bytes)> = Vec::with_capacity(attachments.len());
        for some in attachments.chunks(ahead::TOGETHER) {
            ahead::read_keys(some.iter().map(|(_, _, route)| route));
            keys.extend(some.iter().map(|(_, _, route)| {
                let key = bytes_of_object(route.key());
                (hash_of(&key), key)
            }));
        }
        let firsts = first_of_each(&keys);
        let mut all: Vec<Option<Attached>> = Vec::with_capacity(attachments.len());
        for (some, firsts) in attachments.chunks(ahead::TOGETHER).zip(firsts.chunks(ahead::TOGETHER)) {
            ahead::read_rules(some.iter().map(|(_, _, route)| route));
            for ((listener, lane, route), first) in some.iter().zip(firsts) {
                let position = all.len();
                all.push((*first == position).then(|| {
                    let mut backends = |name: &BackendName| {
                        let (id, references) = ids.entry(bytes_of_backend(name)).or_insert_with_key(|key| {
                            let known = previous.backends.get(hash_of(key), key).map(|(id, _)| *id);
                            (known.unwrap_or_else(|| BackendId::from(next(&mut registry.next_backend))), 0)
                        });
                        *references += 1;
                        *id
                    };
                    numbered(route, previous, &mut registry.next_rule, &mut backends)
                }));
                if let (Some(Some(attached)), Some((_, _, route))) = (all.get_mut(*first), attachments.get(*first))
                    && attached.come_to(*listener, *lane)
                {
                    each(attached, route, *listener, *lane);
                }
            }
        }
        registry.calls = all.iter().flatten().filter(|attached| attached.is_for_calls()).count();
        registry.backends = Keyed::of(ids);
        let items = keys
            .iter()
            .zip(all)
            .filter_map(|((hash, key), attached)| Some(Item { hash: *hash, key, value: Arc::new(attached?) }));
        registry.routes = Keyed::new(items.collect());
        registry
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
    /// The listeners, by position, and where on each it is looked for.
    pub(super) fn listeners(&self) -> impl Iterator<Item = (usize, Lane)> {
        self.listeners.iter().map(|(listener, lane)| (*listener as usize, *lane))
    }

    /// Notes that it is attached to a listener. False if it was before.
    pub(super) fn come_to(&mut self, listener: usize, lane: Lane) -> bool {
        let place = (u32::try_from(listener).unwrap_or(u32::MAX), lane);
        let is_new = !self.listeners.contains(&place);
        if is_new {
            self.listeners.push(place);
        }
        is_new
    }

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
    Attached { route: route.clone(), slots: slots.collect(), listeners: Few::default() }
}

/// For each key the position of the first one that is the same. O(n log n), whatever the hashes.
fn first_of_each(keys: &[(u64, Bytes)]) -> Vec<usize> {
    let mut firsts: Vec<usize> = (0..keys.len()).collect();
    let mut by_hash: Vec<(u64, usize)> = keys.iter().map(|(hash, _)| *hash).zip(0..).collect();
    by_hash.sort_unstable();
    for alike in by_hash.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        let key = |position: usize| keys.get(position).map(|(_, key)| &key[..]);
        alike.sort_by(|(_, a), (_, b)| key(*a).cmp(&key(*b)));
        for same in alike.chunk_by(|(_, a), (_, b)| key(*a) == key(*b)) {
            let Some((_, first)) = same.first() else { continue };
            same.iter().for_each(|(_, position)| {
                if let Some(place) = firsts.get_mut(*position) {
                    *place = *first;
                }
            });
        }
    }
    firsts
}

/// Four thousand million new rules in one lineage of routers: starting over is all that is left.
fn next(counter: &mut u32) -> u32 {
    let number = *counter;
    *counter = number.wrapping_add(1);
    number
}

type Bytes = SmallVec<[u8; NEAR]>;

/// So long are keys that need no allocation.
const NEAR: usize = 64;

fn bytes_of_object(key: &ObjectKey) -> Bytes {
    joined([key.kind.as_str(), &key.namespace, &key.name])
}

fn bytes_of_backend(name: &BackendName) -> Bytes {
    let mut bytes = joined([&name.group, &name.kind, &name.namespace, &name.name]);
    bytes.extend(name.port.into_iter().flat_map(u16::to_be_bytes));
    bytes
}

/// Texts, with what no text has behind each.
fn joined<const N: usize>(texts: [&str; N]) -> Bytes {
    const END: u8 = 0xff;
    let length = texts.iter().map(|text| text.len() + 1).sum();
    // To add to a vector step by step takes several times as long, and every route has such a key.
    let mut near = [END; NEAR];
    if let Some(mut rest) = near.get_mut(..length) {
        for text in texts {
            let Some((own, behind)) = rest.split_at_mut_checked(text.len()) else { break };
            own.copy_from_slice(text.as_bytes());
            rest = behind.get_mut(1..).unwrap_or_default();
        }
        return Bytes::from_buf_and_len(near, length);
    }
    texts.iter().flat_map(|text| text.bytes().chain([END])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_texts_with_an_end_behind_each() {
        // With its ends a key is as long as what lies near, or longer or shorter by one.
        let lengths = [NEAR - 4, NEAR - 3, NEAR - 2, 0, 5];
        for long in lengths.map(|length| "x".repeat(length)) {
            for texts in [[&long, "", "a"], ["", "a", &long], ["a", &long, ""]] {
                let expected: Vec<u8> = texts.iter().flat_map(|text| [text.as_bytes(), &[0xff]].concat()).collect();
                assert_eq!(&*joined(texts), expected, "{texts:?}");
            }
        }
    }

    #[test]
    fn each_key_is_led_to_the_first_that_is_the_same_whatever_the_hashes() {
        let names = ["a", "b", "a", "c", "b", "a", "d"];
        let hashes: [fn(&[u8]) -> u64; 2] = [hash_of, |_| 7];
        for hash in hashes {
            let keys: Vec<_> = names.map(|name| (hash(name.as_bytes()), Bytes::from_slice(name.as_bytes()))).into();
            assert_eq!(first_of_each(&keys), [0, 1, 0, 3, 1, 0, 6]);
        }
        assert!(first_of_each(&[]).is_empty());
    }
}
