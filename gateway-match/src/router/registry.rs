//! The routes of a router: their rules with their ids, and where they are attached.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::FixedState;
use gateway_model::ObjectKey;
use smallvec::SmallVec;

use super::keyed::{Keyed, SHORT_VALUE, hash_of};
use super::table::Lane;
use super::{RuleSlot, ahead};
use crate::few::Few;
use crate::ids::{BackendId, RuleId};
use crate::route::{BackendName, Route, Rule};

/// The routes of a router, and the ids that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    /// By the hash of its key, which a route has itself: nearly always one. Several are in the order of their keys.
    ///
    /// Shared, since a change copies a part of the table, and to copy each route there would touch its rules too.
    routes: Keyed<Few<Arc<Attached>>, SHORT_VALUE>,
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
        self.find(hash_of_object(key), key)
    }

    fn find(&self, hash: u64, key: &ObjectKey) -> Option<&Arc<Attached>> {
        let alike = self.routes.get(hash, &hash.to_ne_bytes())?;
        alike.get(position_of(alike, key).ok()?)
    }

    pub(super) fn has_calls(&self) -> bool {
        self.calls > 0
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        let attached = self.routes.values().flat_map(|alike| alike.iter());
        attached.flat_map(|attached| attached.slots.iter().map(|slot| (slot.id, &*slot.rule)))
    }

    /// Keeps a route, where it is attached now.
    pub(super) fn put(&mut self, attached: Attached) {
        let key = attached.route.key().clone();
        let hash = hash_of_object(&key);
        let is_new = self.find(hash, &key).is_none();
        self.calls += usize::from(is_new && attached.is_for_calls());
        self.replace(hash, &key, Some(Arc::new(attached)));
    }

    /// Makes what is kept of a route something else, or nothing.
    fn replace(&mut self, hash: u64, key: &ObjectKey, attached: Option<Arc<Attached>>) {
        self.routes.alter(hash, &hash.to_ne_bytes(), |alike| {
            let alike = alike.map(|alike| &**alike).unwrap_or_default();
            let (before, behind) = match position_of(alike, key) {
                Ok(position) => (alike.get(..position)?, alike.get(position + 1..)?),
                Err(position) => alike.split_at_checked(position)?,
            };
            let alike: Few<_> = before.iter().cloned().chain(attached).chain(behind.iter().cloned()).collect();
            (!alike.is_empty()).then_some(alike)
        });
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
        let mut hashes: Vec<u64> = Vec::with_capacity(attachments.len());
        for some in attachments.chunks(ahead::TOGETHER) {
            ahead::read_keys(some.iter().map(|(_, _, route)| route));
            hashes.extend(some.iter().map(|(_, _, route)| hash_of_object(route.key())));
        }
        let (firsts, collide) =
            first_of_each(&hashes, |position| attachments.get(position).map(|(_, _, route)| route.key()));
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
        let routes = hashes.into_iter().zip(all).filter_map(|(hash, one)| Some((hash, Arc::new(one?))));
        registry.routes = by_hash(routes.collect(), collide);
        registry
    }

    /// Takes a route out.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Attached>> {
        let hash = hash_of_object(key);
        let attached = Arc::clone(self.find(hash, key)?);
        self.replace(hash, key, None);
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

/// Different routes by the hash of their keys. O(n log n) if some collide, else O(n).
fn by_hash(mut routes: Vec<(u64, Arc<Attached>)>, collide: bool) -> Keyed<Few<Arc<Attached>>, SHORT_VALUE> {
    if collide {
        routes.sort_by(|(a_hash, a), (b_hash, b)| (a_hash, a.route.key()).cmp(&(b_hash, b.route.key())));
    }
    let mut routes = routes.into_iter().peekable();
    let alike = std::iter::from_fn(|| {
        let (hash, first) = routes.next()?;
        let others = std::iter::from_fn(|| routes.next_if(|(other, _)| *other == hash).map(|(_, route)| route));
        Some((hash.to_ne_bytes(), std::iter::once(first).chain(others).collect()))
    });
    Keyed::of_hashed(alike, |key| u64::from_ne_bytes(*key))
}

/// Where a route is among those whose keys have one hash, or belongs.
fn position_of(alike: &[Arc<Attached>], key: &ObjectKey) -> Result<usize, usize> {
    alike.binary_search_by(|attached| attached.route.key().cmp(key))
}

/// For each key the position of the first one that is the same, and whether the hashes of different ones are.
/// O(n log n), whatever the hashes.
fn first_of_each<K: Ord>(hashes: &[u64], key: impl Fn(usize) -> K) -> (Vec<usize>, bool) {
    let mut firsts: Vec<usize> = (0..hashes.len()).collect();
    let mut collide = false;
    let mut by_hash: Vec<(u64, usize)> = hashes.iter().copied().zip(0..).collect();
    by_hash.sort_unstable();
    for alike in by_hash.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_by_key(|(_, position)| key(*position));
        for same in alike.chunk_by(|(_, a), (_, b)| key(*a) == key(*b)) {
            let Some((_, first)) = same.first() else { continue };
            collide |= same.len() < alike.len();
            same.iter().for_each(|(_, position)| {
                if let Some(place) = firsts.get_mut(*position) {
                    *place = *first;
                }
            });
        }
    }
    (firsts, collide)
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

fn hash_of_object(key: &ObjectKey) -> u64 {
    hash_of(&joined([key.kind.as_str(), &key.namespace, &key.name]))
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
    use crate::options::Profile;
    use crate::route::RouteDefinition;

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
    fn routes_whose_keys_have_one_hash_are_each_found() {
        let attached = |name: &str| {
            let route = Route::compile(RouteDefinition::http("ns", name), &Profile::default());
            Arc::new(Attached { route, slots: Few::default(), listeners: Few::default() })
        };
        let names = ["d", "b", "a", "e", "c"];
        for hash in [hash_of, |_| 7] as [fn(&[u8]) -> u64; 2] {
            let hash = |name: &str| hash(name.as_bytes());
            let routes = names[..4].iter().map(|name| (hash(name), attached(name))).collect();
            let mut registry = Registry { routes: by_hash(routes, hash("a") == hash("b")), ..Registry::default() };
            let key = |name: &str| ObjectKey::new(gateway_model::ResourceKind::HttpRoute, "ns", name);
            let found = |registry: &Registry| {
                let found = names.map(|name| registry.find(hash(name), &key(name)).cloned());
                found.map(|found| found.map(|attached| attached.route.key().name.to_string()))
            };
            let some = |name: &str| Some(name.to_owned());
            assert_eq!(found(&registry), [some("d"), some("b"), some("a"), some("e"), None]);
            registry.replace(hash("c"), &key("c"), Some(attached("c")));
            registry.replace(hash("b"), &key("b"), None);
            registry.replace(hash("x"), &key("x"), None);
            assert_eq!(found(&registry), [some("d"), None, some("a"), some("e"), some("c")]);
            names.iter().for_each(|name| registry.replace(hash(name), &key(name), None));
            assert!(registry.routes.is_empty());
        }
    }

    #[test]
    fn each_key_is_led_to_the_first_that_is_the_same_whatever_the_hashes() {
        let names = ["a", "b", "a", "c", "b", "a", "d"];
        let hashes: [fn(&[u8]) -> u64; 2] = [hash_of, |_| 7];
        for hash in hashes {
            let hashes = names.map(|name| hash(name.as_bytes()));
            let collide = hashes[0] == hashes[1];
            assert_eq!(first_of_each(&hashes, |position| names[position]), (vec![0, 1, 0, 3, 1, 0, 6], collide));
        }
        assert_eq!(first_of_each(&[], |_| ()), (Vec::new(), false));
    }
}
