//! Values by byte keys, found in constant time and shared between one version and the next.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::quality::FixedState;

/// Values by byte keys.
///
/// Immutable parts ([`Shard`]) of a few hundred entries each, found by the low bits of the hash: a
/// copy shares them all, and a change makes one of them anew. Within a shard an entry lies where its
/// hash says or a little behind, its key and its value in one place: where tables do not fit the
/// caches, what a look-up costs is the places that it has to go to.
#[derive(Clone, Debug)]
pub(super) struct Keyed<V> {
    shards: Shards<V>,
    length: usize,
}

#[derive(Clone, Debug)]
enum Shards<V> {
    One(Shard<V>),
    /// A power of two of them, or none at all.
    Many(Box<[Shard<V>]>),
}

/// Entries sorted by hash, length and text of the key, with gaps.
///
/// Keys that were made to collide lie one behind the other. Where there are many of those, a shard has
/// no gaps and is searched by halving: they cost that and no more, and nothing depends on a seed that
/// nobody knows.
#[derive(Clone, Debug)]
struct Shard<V> {
    slots: Arc<[Slot<V>]>,
    /// So many places entries have by their hashes; there are some more slots, for those that are
    /// behind the last place. None of a shard without gaps.
    places: u32,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    hash: u64,
    key: Key,
    /// `None` in a gap.
    value: Option<V>,
}

/// A key, which lies beside its value unless it is long.
#[derive(Clone, Debug)]
enum Key {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

/// Bytes of a key that fit beside its value.
const SHORT: usize = 30;

/// A key with its hash and value, before building.
pub(super) struct Item<'k, V> {
    pub(super) hash: u64,
    pub(super) key: &'k [u8],
    pub(super) value: V,
}

/// Entries that a shard has when all are made anew, and those beyond which that is done.
const ENTRIES: usize = 128;
const MOST_ENTRIES: usize = 512;
/// An entry that lies further behind its place is not looked for step by step. Hashes of keys that nobody
/// chose put none there.
const MOST_BEHIND: usize = 24;

/// The hash of a gap: no entry is behind one that is where its hash says. An entry with that hash is told by its value.
const GAP: u64 = u64::MAX;

/// The hash of a text.
#[inline]
pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

impl<V> Default for Keyed<V> {
    fn default() -> Self {
        Keyed { shards: Shards::Many(Box::default()), length: 0 }
    }
}

impl<V> Keyed<V> {
    /// Values by keys. Of equal keys one stays. O(n log n) at worst, O(n) for keys that nobody chose.
    pub(super) fn new(items: Vec<Item<'_, V>>) -> Self {
        let length = items.len();
        if length == 0 {
            return Keyed::default();
        }
        let count = length.div_ceil(ENTRIES).next_power_of_two();
        if count == 1 {
            let (shard, length) = Shard::new(items);
            return Keyed { shards: Shards::One(shard), length };
        }
        let mut of_shards: Vec<Vec<Item<'_, V>>> = Vec::with_capacity(count);
        of_shards.resize_with(count, || Vec::with_capacity(ENTRIES + ENTRIES / 2));
        for item in items {
            if let Some(own) = of_shards.get_mut(shard_of(item.hash, count)) {
                own.push(item);
            }
        }
        let mut length = 0;
        let shards = of_shards.into_iter().map(|own| {
            let (shard, entries) = Shard::new(own);
            length += entries;
            shard
        });
        Keyed { shards: Shards::Many(shards.collect()), length }
    }

    /// Values by keys.
    pub(super) fn of<K: AsRef<[u8]>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        let (keys, values): (Vec<K>, Vec<V>) = values.into_iter().unzip();
        let keys = keys.iter().map(AsRef::as_ref);
        Self::new(keys.zip(values).map(|(key, value)| Item { hash: hash_of(key), key, value }).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The value of a key. O(length of the key), O(log n) times that if all keys collide.
    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        let shard = match &self.shards {
            Shards::One(shard) => shard,
            Shards::Many(shards) => shards.get(shard_of(hash, shards.len()))?,
        };
        shard.get(hash, key)
    }

    /// Every value, in no order that means anything.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards().iter().flat_map(|shard| shard.slots.iter().filter_map(|slot| slot.value.as_ref()))
    }

    fn shards(&self) -> &[Shard<V>] {
        match &self.shards {
            Shards::One(shard) => std::slice::from_ref(shard),
            Shards::Many(shards) => shards,
        }
    }
}

impl<V: Clone> Keyed<V> {
    /// Makes the value of a key what `change` makes of it, `None` being none. O(one shard), and now
    /// and then O(n), when the shards have become too large.
    pub(super) fn alter(&mut self, hash: u64, key: &[u8], change: impl FnOnce(Option<&V>) -> Option<V>) {
        let found = match &mut self.shards {
            Shards::One(shard) => Some(shard),
            Shards::Many(shards) => {
                let index = shard_of(hash, shards.len());
                shards.get_mut(index)
            }
        };
        let Some(shard) = found else {
            if let Some(value) = change(None) {
                *self = Keyed::new(vec![Item { hash, key, value }]);
            }
            return;
        };
        let old = shard.get(hash, key);
        let (before, is_new) = (usize::from(old.is_some()), old.is_none());
        let new = change(old);
        let after = usize::from(new.is_some());
        let others = shard.items().filter(|item| is_new || item.hash != hash || item.key != key);
        let items = others.chain(new.map(|value| Item { hash, key, value })).collect();
        *shard = Shard::new(items).0;
        self.length = (self.length + after).saturating_sub(before);
        if self.length > MOST_ENTRIES * self.shards().len() {
            *self = self.divided();
        }
    }

    /// The same in shards that are small again.
    fn divided(&self) -> Self {
        Keyed::new(self.shards().iter().flat_map(Shard::items).collect())
    }
}

impl<V> Shard<V> {
    /// A shard, and how many entries it has.
    fn new(mut items: Vec<Item<'_, V>>) -> (Self, usize) {
        let order = |item: &Item<'_, V>| (item.hash, item.key.len());
        items.sort_unstable_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.key.cmp(b.key)));
        items.dedup_by(|a, b| a.hash == b.hash && a.key == b.key);
        let length = items.len();
        let places = narrow(length + length.div_ceil(4));
        let mut end = 0_usize;
        let mut furthest = 0;
        for item in &items {
            let place = place_of(item.hash, places);
            furthest = furthest.max(end.saturating_sub(place));
            end = end.max(place) + 1;
        }
        let slot = |Item { hash, key, value }: Item<'_, V>| Slot { hash, key: Key::new(key), value: Some(value) };
        if furthest > MOST_BEHIND {
            return (Shard { slots: items.into_iter().map(slot).collect(), places: 0 }, length);
        }
        let mut slots = Vec::with_capacity(end);
        for item in items {
            let place = place_of(item.hash, places);
            slots.resize_with(place.max(slots.len()), || Slot { hash: GAP, key: Key::new(&[]), value: None });
            slots.push(slot(item));
        }
        (Shard { slots: slots.into(), places }, length)
    }

    #[inline(always)]
    fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        if self.places == 0 {
            return self.find_by_halving(hash, key);
        }
        // Most lie where their hash says, or right behind.
        let mut slots = self.slots.get(place_of(hash, self.places)..)?.iter();
        loop {
            let slot = slots.next()?;
            if slot.hash < hash {
                continue;
            }
            if slot.hash > hash {
                return None;
            }
            if slot.key.is(key) {
                return slot.value.as_ref();
            }
        }
    }

    #[cold]
    fn find_by_halving(&self, hash: u64, key: &[u8]) -> Option<&V> {
        let order = |slot: &Slot<V>| {
            let own = slot.key.as_bytes();
            (slot.hash, own.len()).cmp(&(hash, key.len())).then_with(|| own.cmp(key))
        };
        self.slots.binary_search_by(order).ok().and_then(|index| self.slots.get(index)?.value.as_ref())
    }
}

impl<V: Clone> Shard<V> {
    fn items(&self) -> impl Iterator<Item = Item<'_, V>> {
        self.slots
            .iter()
            .filter_map(|slot| Some(Item { hash: slot.hash, key: slot.key.as_bytes(), value: slot.value.clone()? }))
    }
}

impl Key {
    fn new(text: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text);
                Key::Short(length, short)
            }
            _ => Key::Long(text.into()),
        }
    }

    #[inline]
    fn is(&self, text: &[u8]) -> bool {
        are_same(self.as_bytes(), text)
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        match self {
            Key::Short(length, text) => text.get(..usize::from(*length)).unwrap_or_default(),
            Key::Long(text) => text,
        }
    }
}

/// Whether two texts are the same. Those of a usual length are compared without a call, by both their ends,
/// which overlap.
#[inline]
fn are_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match (ends::<16>(a, b), ends::<8>(a, b)) {
        ((Some(a_start), Some(b_start), Some(a_end), Some(b_end)), _) if a.len() <= 32 => {
            a_start == b_start && a_end == b_end
        }
        ((None, ..), (Some(a_start), Some(b_start), Some(a_end), Some(b_end))) => a_start == b_start && a_end == b_end,
        _ => a == b,
    }
}

type Ends<'t, const N: usize> = (Option<&'t [u8; N]>, Option<&'t [u8; N]>, Option<&'t [u8; N]>, Option<&'t [u8; N]>);

#[inline]
fn ends<'t, const N: usize>(a: &'t [u8], b: &'t [u8]) -> Ends<'t, N> {
    (a.first_chunk(), b.first_chunk(), a.last_chunk(), b.last_chunk())
}

/// The low bits of the hash lead to a shard, of which there is a power of two.
#[inline]
fn shard_of(hash: u64, shards: usize) -> usize {
    hash as usize & shards.wrapping_sub(1)
}

/// The high bits lead to a place in it, the greater to no lesser one.
#[inline]
fn place_of(hash: u64, places: u32) -> usize {
    (((hash >> 32) * u64::from(places)) >> 32) as usize
}

/// Shards are small.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn table(keys: &[String], hash: fn(&[u8]) -> u64) -> Keyed<usize> {
        let item = |(value, key): (usize, &String)| (hash(key.as_bytes()), key.clone(), value);
        let items: Vec<_> = keys.iter().enumerate().map(item).collect();
        Keyed::new(
            items.iter().map(|(hash, key, value)| Item { hash: *hash, key: key.as_bytes(), value: *value }).collect(),
        )
    }

    #[test]
    fn every_key_is_found_and_no_other_whatever_the_hash() {
        let hashes: [fn(&[u8]) -> u64; 3] = [hash_of, |_| 7, |key| key.len() as u64];
        for hash in hashes {
            for count in [0, 1, 2, 9, 128, 129, 2_000] {
                let keys: Vec<String> = (0..count).map(|number| format!("key-{number}")).collect();
                let table = table(&keys, hash);
                for (value, key) in keys.iter().enumerate() {
                    assert_eq!(table.get(hash(key.as_bytes()), key.as_bytes()), Some(&value), "{key} of {count}");
                }
                for other in ["", "key-", "key-x", "kez-1", "key-10000"] {
                    assert_eq!(table.get(hash(other.as_bytes()), other.as_bytes()), None, "{other} of {count}");
                }
                assert_eq!(table.values().count(), count);
            }
        }
    }

    #[test]
    fn texts_are_the_same_if_each_byte_is() {
        for length in 0..70 {
            let text: Vec<u8> = (0..length).collect();
            assert!(are_same(&text, &text.clone()));
            assert!(!are_same(&text, &[&text[..], &[0]].concat()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!are_same(&text, &other), "{at} of {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_table_that_is_changed_equals_one_that_is_made(
            edits in prop::collection::vec((0_u16..1500, any::<bool>()), 0..2500),
            collide in any::<bool>(),
        ) {
            let hash = |key: &[u8]| if collide { 3 } else { hash_of(key) };
            let mut table = Keyed::default();
            let mut model = BTreeMap::new();
            let earlier = table.clone();
            for (step, (number, stays)) in edits.into_iter().enumerate() {
                let key = number.to_string();
                let before = model.get(&key).copied();
                table.alter(hash(key.as_bytes()), key.as_bytes(), |found: Option<&usize>| {
                    assert_eq!(found.copied(), before);
                    stays.then_some(step)
                });
                if stays { model.insert(key, step); } else { model.remove(&key); }
            }
            prop_assert!(earlier.is_empty());
            prop_assert_eq!(table.is_empty(), model.is_empty());
            prop_assert_eq!(table.values().count(), model.len());
            for (key, value) in &model {
                prop_assert_eq!(table.get(hash(key.as_bytes()), key.as_bytes()), Some(value));
            }
        }
    }
}
