//! Ordered maps and sets that share with their clones what neither changes.

use std::borrow::Borrow;
use std::fmt::{self, Debug};
use std::sync::Arc;

/// The most entries of a part: what a change of a shared map copies, beside the list of parts.
const PART: usize = 64;

/// Neighbouring entries.
type Part<K, V> = Arc<Vec<(K, V)>>;

/// An ordered map in parts. A clone costs O(1), a look-up O(log n).
///
/// A change copies one part and the list of parts where a clone shares them, a sixty-fourth of the size, and
/// nothing where none does. Entries that come in order are put at the end: O(1) each.
#[derive(Clone)]
pub(super) struct Map<K, V> {
    parts: Arc<Vec<Part<K, V>>>,
    size: usize,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map { parts: Arc::default(), size: 0 }
    }
}

impl<K, V> Map<K, V> {
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(key, value)| (key, value))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    pub(super) fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Whether the two are one map, not changed since one was cloned.
    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parts, &other.parts)
    }
}

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    /// The part where a key is or would be, and its position there.
    fn locate<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        let begins_before = |part: &Arc<Vec<(K, V)>>| part.first().is_some_and(|(first, _)| first.borrow() <= key);
        let index = self.parts.partition_point(begins_before).saturating_sub(1);
        let part = self.parts.get(index).map(|part| part.as_slice()).unwrap_or_default();
        (index, part.binary_search_by(|(other, _)| other.borrow().cmp(key)))
    }

    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (part, position) = self.locate(key);
        self.parts.get(part)?.get(position.ok()?).map(|(_, value)| value)
    }

    pub(super) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.locate(key).1.is_ok()
    }

    /// The entries from a key on, with that of the key.
    pub(super) fn starting<Q: Ord + ?Sized>(&self, key: &Q) -> impl Iterator<Item = (&K, &V)> + use<'_, Q, K, V>
    where
        K: Borrow<Q>,
    {
        let (part, Ok(position) | Err(position)) = self.locate(key);
        self.parts.iter().skip(part).flat_map(|part| part.iter()).skip(position).map(|(key, value)| (key, value))
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        let last = self.parts.last().and_then(|part| part.last());
        if last.is_none_or(|(last, _)| *last < key) {
            self.push(key, value);
            return;
        }
        let (index, position) = self.locate(&key);
        let parts = Arc::make_mut(&mut self.parts);
        let Some(part) = parts.get_mut(index).map(Arc::make_mut) else { return };
        match position {
            Ok(position) => {
                if let Some(entry) = part.get_mut(position) {
                    entry.1 = value;
                }
            }
            Err(position) => {
                part.insert(position, (key, value));
                self.size += 1;
                if part.len() > PART {
                    let rest = part.split_off(PART / 2);
                    parts.insert(index + 1, Arc::new(rest));
                }
            }
        }
    }

    /// An entry behind all others.
    fn push(&mut self, key: K, value: V) {
        let parts = Arc::make_mut(&mut self.parts);
        self.size += 1;
        match parts.last_mut().filter(|part| part.len() < PART) {
            Some(part) => Arc::make_mut(part).push((key, value)),
            None => parts.push(Arc::new(vec![(key, value)])),
        }
    }

    /// Says whether it was there.
    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let (index, Ok(position)) = self.locate(key) else { return false };
        let parts = Arc::make_mut(&mut self.parts);
        let Some(part) = parts.get_mut(index) else { return false };
        let left = Arc::make_mut(part);
        left.remove(position);
        self.size -= 1;
        if left.is_empty() {
            parts.remove(index);
        } else if left.len() < PART / 4 {
            join(parts, index);
            index.checked_sub(1).into_iter().for_each(|before| join(parts, before));
        }
        true
    }
}

/// Joins a part with the next if they are small, so that there are never many more parts than the entries
/// need.
fn join<T: Clone>(parts: &mut Vec<Arc<Vec<T>>>, index: usize) {
    let size = |index: usize| parts.get(index).map_or(PART, |part| part.len());
    if size(index) + size(index + 1) > PART / 2 {
        return;
    }
    let next = parts.remove(index + 1);
    if let Some(part) = parts.get_mut(index) {
        Arc::make_mut(part).extend(next.iter().cloned());
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.size == other.size && (self.ptr_eq(other) || self.iter().eq(other.iter()))
    }
}

// Equal ones look alike, however they came about.
impl<K: Debug, V: Debug> Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// An ordered set likewise.
#[derive(Clone, PartialEq)]
pub(super) struct Set<T>(Map<T, ()>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Set(Map::default())
    }
}

impl<T> Set<T> {
    pub(super) fn size(&self) -> usize {
        self.0.size()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }

    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl<T: Ord + Clone> Set<T> {
    pub(super) fn contains(&self, item: &T) -> bool {
        self.0.contains_key(item)
    }

    /// The items from one on, with that one.
    pub(super) fn starting(&self, item: &T) -> impl Iterator<Item = &T> + use<'_, T> {
        self.0.starting(item).map(|(item, ())| item)
    }

    pub(super) fn insert(&mut self, item: T) {
        self.0.insert(item, ());
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, item: &T) -> bool {
        self.0.remove(item)
    }
}

impl<T: Debug> Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_map_in_parts_is_the_map_that_it_stands_for_and_its_clones_stay(
            edits in prop::collection::vec((0..700_u32, prop::bool::weighted(0.6)), 0..3000),
            first in 0..700_u32,
        ) {
            let (mut map, mut plain) = (Map::default(), BTreeMap::new());
            let mut kept = Vec::new();
            for (index, (key, comes)) in edits.into_iter().enumerate() {
                if comes {
                    map.insert(key, index);
                    plain.insert(key, index);
                } else {
                    prop_assert_eq!(map.remove(&key), plain.remove(&key).is_some(), "{}", key);
                }
                if index % 500 == 0 {
                    kept.push((map.clone(), plain.clone()));
                }
            }
            kept.push((map, plain));
            for (map, plain) in &kept {
                prop_assert!(map.iter().eq(plain.iter()), "{:?} and {:?}", map, plain);
                prop_assert_eq!(map.size(), plain.len());
                prop_assert_eq!(map.first(), plain.first_key_value());
                prop_assert!(map.starting(&first).eq(plain.range(first..)), "{:?} from {}", map, first);
                prop_assert_eq!(map.get(&first), plain.get(&first));
                prop_assert!(map.parts.len() <= map.size() / 8 + 2, "{} parts of {}", map.parts.len(), map.size());
            }
        }
    }

    #[test]
    fn entries_that_come_in_order_fill_their_parts() {
        let mut map = Map::default();
        (0..PART * 10).for_each(|key| map.insert(key, ()));
        assert_eq!(map.parts.len(), 10);
    }

    #[test]
    fn equal_maps_are_equal_however_they_came_about() {
        let made = |keys: &[u32]| {
            let mut map = Map::default();
            keys.iter().for_each(|key| map.insert(*key, key % 2));
            map
        };
        let (up, down) = (made(&[1, 2, 3]), made(&[3, 2, 1]));
        assert!(up == down && up == up.clone() && !up.ptr_eq(&down) && up.ptr_eq(&up.clone()));
        assert!(up != made(&[1, 2]) && up != made(&[1, 2, 4]) && up != Map::default());
        assert!(Map::<u32, u32>::default().is_empty() && !up.is_empty());
    }

    #[test]
    fn a_set_says_what_is_in_it() {
        let mut set = Set::default();
        assert!(set.is_empty() && !set.remove(&1));
        set.insert(1);
        let kept = set.clone();
        assert!(!set.is_empty() && set.contains(&1) && set.ptr_eq(&kept));
        assert!(set.remove(&1) && !set.remove(&1) && set.is_empty() && !set.ptr_eq(&kept));
        assert!(kept.contains(&1) && kept.size() == 1);
    }

    #[test]
    fn parts_are_as_large_as_they_may_be_and_small_neighbours_are_joined() {
        let sizes = |map: &Map<u32, ()>| map.parts.iter().map(|part| part.len()).collect::<Vec<_>>();
        let full = PART as u32;
        let mut map = Map::default();
        // Even keys, so that odd ones come between them.
        (0..full).for_each(|key| map.insert(key * 2, ()));
        assert_eq!(sizes(&map), [PART]);
        map.insert(1, ());
        assert_eq!(sizes(&map), [PART / 2, PART / 2 + 1], "one too many");
        for key in 0..full / 4 {
            map.remove(&(key * 2));
        }
        assert_eq!(sizes(&map), [PART / 4, PART / 2 + 1], "a quarter is no small part");
        for key in (0..full / 4 + 1).map(|key| full - 2 + key * 2) {
            map.remove(&key);
        }
        assert_eq!(sizes(&map), [PART / 4, PART / 4]);
        for (more, joined) in [(1, vec![PART / 2]), (2, vec![PART / 4 + 2, PART / 4 - 1])] {
            let mut map = map.clone();
            (0..more).for_each(|key| map.insert(full / 2 + 1 + key * 2, ()));
            map.remove(&(full * 2 - 2));
            assert_eq!(sizes(&map), joined, "a half is what small neighbours may make");
        }
    }
}
