//! Values by byte keys, found in constant time and shared between one version and the next.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::quality::FixedState;

/// Values by byte keys.
///
/// Immutable parts ([`Shard`]) of a few hundred entries each, found by the high bits of the hash: a
/// copy shares them all, and a change makes one of them anew. In a shard the low bits lead to a run
/// of entries, one on average. Runs are sorted, so that keys which were made to collide cost a
/// binary search and no more: nothing depends on a seed that nobody knows.
#[derive(Clone, Debug)]
pub(super) struct Keyed<V> {
    /// A power of two of them, or none at all.
    shards: Box<[Arc<Shard<V>>]>,
    length: usize,
}

#[derive(Debug)]
struct Shard<V> {
    /// Where the run of each slot begins, and where the last one ends.
    starts: Box<[u32]>,
    entries: Box<[Entry<V>]>,
    /// The keys of all entries, one after the other.
    keys: Box<[u8]>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    hash: u64,
    start: u32,
    length: u32,
    value: V,
}

/// A key with its hash and value, before building.
pub(super) struct Item<'k, V> {
    pub(super) hash: u64,
    pub(super) key: &'k [u8],
    pub(super) value: V,
}

/// Entries that a shard has when all are made anew, and those beyond which that is done.
const ENTRIES: usize = 128;
const MOST_ENTRIES: usize = 512;
/// The longest run in which every key is looked at.
const SHORT_RUN: usize = 8;

/// The hash of a text.
#[inline]
pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

impl<V> Default for Keyed<V> {
    fn default() -> Self {
        Keyed { shards: Box::default(), length: 0 }
    }
}

impl<V> Keyed<V> {
    /// Values by keys. Of equal keys one stays. O(n log n) at worst, O(n) for keys that nobody chose.
    pub(super) fn new(mut items: Vec<Item<'_, V>>) -> Self {
        let length = items.len();
        if length == 0 {
            return Keyed::default();
        }
        let count = length.div_ceil(ENTRIES).next_power_of_two();
        if count == 1 {
            let shard = Shard::new(items);
            return Keyed { length: shard.entries.len(), shards: Box::new([Arc::new(shard)]) };
        }
        items.sort_unstable_by_key(|item| shard_of(item.hash, count));
        let mut shards = Vec::with_capacity(count);
        let mut items = items.into_iter().peekable();
        for shard in 0..count {
            let mut own = Vec::new();
            while let Some(item) = items.next_if(|item| shard_of(item.hash, count) == shard) {
                own.push(item);
            }
            shards.push(Arc::new(Shard::new(own)));
        }
        let length = shards.iter().map(|shard| shard.entries.len()).sum();
        Keyed { shards: shards.into(), length }
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
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        let shard = self.shards.get(shard_of(hash, self.shards.len()))?;
        let run = shard.run(hash);
        if run.len() > SHORT_RUN {
            return shard.find_in_long(run, hash, key);
        }
        let is_key =
            |entry: &&Entry<V>| entry.hash == hash && entry.length as usize == key.len() && shard.key(entry) == key;
        run.iter().find(is_key).map(|entry| &entry.value)
    }

    /// Every value, in no order that means anything.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.entries.iter().map(|entry| &entry.value))
    }
}

impl<V: Clone> Keyed<V> {
    /// Makes the value of a key what `change` makes of it, `None` being none. O(one shard), and now
    /// and then O(n), when the shards have become too large.
    pub(super) fn alter(&mut self, hash: u64, key: &[u8], change: impl FnOnce(Option<&V>) -> Option<V>) {
        let index = shard_of(hash, self.shards.len());
        let Some(shard) = self.shards.get_mut(index) else {
            if let Some(value) = change(None) {
                *self = Keyed::new(vec![Item { hash, key, value }]);
            }
            return;
        };
        let before = shard.entries.len();
        let is_key = |entry: &Entry<V>| entry.hash == hash && shard.key(entry) == key;
        let old = shard.run(hash).iter().find(|entry| is_key(entry)).map(|entry| &entry.value);
        let new = change(old);
        let others = shard.entries.iter().filter(|entry| !is_key(entry)).map(|entry| Item {
            hash: entry.hash,
            key: shard.key(entry),
            value: entry.value.clone(),
        });
        let changed = Shard::new(others.chain(new.map(|value| Item { hash, key, value })).collect());
        let after = changed.entries.len();
        *shard = Arc::new(changed);
        self.length = self.length - before + after;
        if self.length > MOST_ENTRIES * self.shards.len() {
            *self = self.divided();
        }
    }

    /// The same in shards that are small again.
    fn divided(&self) -> Self {
        let items = self.shards.iter().flat_map(|shard| {
            let item = |entry: &Entry<V>| (entry.hash, shard.key(entry), entry.value.clone());
            shard.entries.iter().map(item)
        });
        Keyed::new(items.map(|(hash, key, value)| Item { hash, key, value }).collect())
    }
}

impl<V> Shard<V> {
    fn new(mut items: Vec<Item<'_, V>>) -> Self {
        let slots = items.len().next_power_of_two();
        let order = |item: &Item<'_, V>| (slot_of(item.hash, slots), item.hash, item.key.len());
        items.sort_unstable_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.key.cmp(b.key)));
        items.dedup_by(|a, b| a.hash == b.hash && a.key == b.key);
        let mut starts = Vec::with_capacity(slots + 1);
        let mut entries = Vec::with_capacity(items.len());
        let mut keys = Vec::with_capacity(items.iter().map(|item| item.key.len()).sum());
        for Item { hash, key, value } in items {
            while starts.len() <= slot_of(hash, slots) {
                starts.push(narrow(entries.len()));
            }
            entries.push(Entry { hash, start: narrow(keys.len()), length: narrow(key.len()), value });
            keys.extend_from_slice(key);
        }
        starts.resize(slots + 1, narrow(entries.len()));
        Shard { starts: starts.into(), entries: entries.into(), keys: keys.into() }
    }

    #[cold]
    fn find_in_long<'s>(&'s self, run: &'s [Entry<V>], hash: u64, key: &[u8]) -> Option<&'s V> {
        let order = |entry: &Entry<V>| {
            (entry.hash, entry.length as usize).cmp(&(hash, key.len())).then_with(|| self.key(entry).cmp(key))
        };
        run.binary_search_by(order).ok().and_then(|index| run.get(index)).map(|entry| &entry.value)
    }

    /// The entries whose hashes lead to one slot.
    #[inline]
    fn run(&self, hash: u64) -> &[Entry<V>] {
        // One less than the starts is a power of two, so that two less has all the bits of a slot.
        let slot = hash as u32 as usize & self.starts.len().wrapping_sub(2);
        let bounds = self.starts.get(slot..).and_then(<[u32]>::first_chunk::<2>);
        bounds.and_then(|[start, end]| self.entries.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    #[inline]
    fn key(&self, entry: &Entry<V>) -> &[u8] {
        let start = entry.start as usize;
        self.keys.get(start..start + entry.length as usize).unwrap_or_default()
    }
}

/// The high half of the hash leads to a shard, the low half to a slot of it. Both counts are powers of two.
fn shard_of(hash: u64, shards: usize) -> usize {
    (hash >> 32) as usize & shards.wrapping_sub(1)
}

fn slot_of(hash: u64, slots: usize) -> usize {
    hash as u32 as usize & slots.wrapping_sub(1)
}

/// Keys of a shard beyond 4 GiB are cut: nobody has them.
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
