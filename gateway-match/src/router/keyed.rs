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
    entries: u32,
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
pub(super) enum Key {
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

/// How many gaps a shard has.
#[derive(Clone, Copy, Debug)]
enum Room {
    /// One to each entry, where a table is so small that it costs little: then nearly every entry lies where its hash
    /// says.
    Ample,
    /// One to four entries.
    Scarce,
}

/// Entries that a shard has when all are made anew, and those beyond which that is done.
const ENTRIES: usize = 128;
const MOST_ENTRIES: usize = 512;
/// An entry that lies further behind its place is not looked for step by step. Hashes of keys that nobody
/// chose put none there.
const MOST_BEHIND: usize = 24;

/// So many slots are looked at together where there is little room.
const NEAR: usize = 4;

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
            let shard = Shard::new(items, Room::Ample);
            return Keyed { length: shard.entries as usize, shards: Shards::One(shard) };
        }
        let mut of_shards: Vec<Vec<Item<'_, V>>> = Vec::with_capacity(count);
        of_shards.resize_with(count, || Vec::with_capacity(ENTRIES + ENTRIES / 2));
        for item in items {
            if let Some(own) = of_shards.get_mut(shard_of(item.hash, count)) {
                own.push(item);
            }
        }
        let shards: Box<[Shard<V>]> = of_shards.into_iter().map(|own| Shard::new(own, Room::Scarce)).collect();
        Keyed { length: shards.iter().map(|shard| shard.entries as usize).sum(), shards: Shards::Many(shards) }
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
    #[inline(always)]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&V> {
        match &self.shards {
            Shards::One(shard) => shard.get(Room::Ample, hash, key),
            Shards::Many(shards) => shards.get(shard_of(hash, shards.len()))?.get(Room::Scarce, hash, key),
        }
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
    /// Makes the value of a key what `change` makes of it, `None` being none. O(one shard) where a copy
    /// shares it, O(1) where none does, and now and then O(n), when the shards have become too large.
    pub(super) fn alter(&mut self, hash: u64, key: &[u8], change: impl FnOnce(Option<&V>) -> Option<V>) {
        let (found, room) = match &mut self.shards {
            Shards::One(shard) => (Some(shard), Room::Ample),
            Shards::Many(shards) => {
                let index = shard_of(hash, shards.len());
                (shards.get_mut(index), Room::Scarce)
            }
        };
        let Some(shard) = found else {
            if let Some(value) = change(None) {
                *self = Keyed::new(vec![Item { hash, key, value }]);
            }
            return;
        };
        let before = shard.entries as usize;
        let position = shard.position(hash, key);
        let old = position.and_then(|position| shard.slots.get(position)?.value.as_ref());
        match (position, change(old)) {
            (Some(position), Some(value)) => shard.replace(position, value),
            (Some(position), None) => shard.remove(position, room),
            (None, Some(value)) => shard.insert(Item { hash, key, value }, room),
            (None, None) => {}
        }
        self.length = (self.length + shard.entries as usize).saturating_sub(before);
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
    fn new(mut items: Vec<Item<'_, V>>, room: Room) -> Self {
        items.sort_unstable_by(|a, b| order(a.hash, a.key).cmp(&order(b.hash, b.key)));
        items.dedup_by(|a, b| a.hash == b.hash && a.key == b.key);
        let entries = narrow(items.len());
        let places = room.places(entries);
        let mut end = 0_usize;
        let mut furthest = 0;
        for item in &items {
            let place = place_of(item.hash, places);
            furthest = furthest.max(end.saturating_sub(place));
            end = end.max(place) + 1;
        }
        if furthest > MOST_BEHIND {
            return Shard { slots: items.into_iter().map(Slot::new).collect(), places: 0, entries };
        }
        let mut slots = Vec::with_capacity(end + room.margin());
        for item in items {
            let place = place_of(item.hash, places);
            slots.resize_with(place.max(slots.len()), Slot::gap);
            slots.push(Slot::new(item));
        }
        slots.resize_with(slots.len() + room.margin(), Slot::gap);
        Shard { slots: slots.into(), places, entries }
    }

    #[inline(always)]
    fn get(&self, room: Room, hash: u64, key: &[u8]) -> Option<&V> {
        if self.places == 0 {
            let position = self.find_by_halving(hash, key).ok()?;
            return self.slots.get(position)?.value.as_ref();
        }
        // Most lie where their hash says or a little behind. Which of those places it is in is counted rather than
        // decided: to be wrong about that costs a processor more than the rest of the look-up.
        let first = place_of(hash, self.places);
        let slot = match room {
            Room::Ample => {
                let place = first + usize::from(self.slots.get(first)?.hash < hash);
                let slot = self.slots.get(place)?;
                if slot.hash < hash { self.behind(place + 1, hash)? } else { slot }
            }
            // All of them are fetched at once, too: they may come from afar.
            Room::Scarce => {
                let near = self.slots.get(first..)?.first_chunk::<NEAR>()?;
                let lesser = near.iter().map(|slot| usize::from(slot.hash < hash)).sum::<usize>();
                match near.get(lesser) {
                    Some(slot) => slot,
                    None => self.behind(first + NEAR, hash)?,
                }
            }
        };
        if slot.is(hash, key) {
            slot.value.as_ref()
        } else if slot.hash > hash {
            None
        } else {
            self.get_among_same(hash, key)
        }
    }

    /// The first slot from a place on whose hash is not less.
    #[inline(never)]
    fn behind(&self, mut place: usize, hash: u64) -> Option<&Slot<V>> {
        // Two steps, most often: an iterator takes as long to set up.
        loop {
            let slot = self.slots.get(place)?;
            if slot.hash >= hash {
                return Some(slot);
            }
            place += 1;
        }
    }

    /// The value of a key whose hash others have too.
    #[cold]
    fn get_among_same(&self, hash: u64, key: &[u8]) -> Option<&V> {
        self.slots.get(self.position(hash, key)?)?.value.as_ref()
    }

    #[cold]
    fn find_by_halving(&self, hash: u64, key: &[u8]) -> Result<usize, usize> {
        self.slots.binary_search_by(|slot| order(slot.hash, slot.key.as_bytes()).cmp(&order(hash, key)))
    }

    /// Where the entry of a key is.
    fn position(&self, hash: u64, key: &[u8]) -> Option<usize> {
        if self.places == 0 {
            return self.find_by_halving(hash, key).ok();
        }
        let place = place_of(hash, self.places);
        let mut slots = (place..).zip(self.slots.get(place..)?).take_while(|(_, slot)| slot.hash <= hash);
        let (position, _) = slots.find(|(_, slot)| slot.value.is_some() && slot.hash == hash && slot.key.is(key))?;
        Some(position)
    }
}

impl<V: Clone> Shard<V> {
    fn items(&self) -> impl Iterator<Item = Item<'_, V>> {
        self.slots
            .iter()
            .filter_map(|slot| Some(Item { hash: slot.hash, key: slot.key.as_bytes(), value: slot.value.clone()? }))
    }

    fn replace(&mut self, position: usize, value: V) {
        if let Some(slot) = Arc::make_mut(&mut self.slots).get_mut(position) {
            slot.value = Some(value);
        }
    }

    /// Takes an entry out, and lets those behind it that are not where their hashes say come one slot forward.
    fn remove(&mut self, position: usize, room: Room) {
        // One without gaps stays one, and one that would be nearly empty takes less room anew.
        if self.places == 0 || self.entries < self.places / 4 {
            let others = self.items().zip(self.occupied()).filter(|(_, own)| *own != position);
            *self = Shard::new(others.map(|(item, _)| item).collect(), room);
            return;
        }
        let places = self.places;
        let Some(run) = Arc::make_mut(&mut self.slots).get_mut(position..) else { return };
        let is_behind = |(at, slot): &(usize, &Slot<V>)| slot.value.is_some() && place_of(slot.hash, places) < *at;
        let behind = (position..).zip(run.iter()).skip(1).take_while(is_behind).count();
        if let Some(moved) = run.get_mut(..=behind) {
            moved.rotate_left(1);
        }
        if let Some(last) = run.get_mut(behind) {
            *last = Slot::gap();
        }
        self.entries -= 1;
    }

    /// Puts in an entry that is not there yet, into a gap that is near if there is one.
    fn insert(&mut self, item: Item<'_, V>, room: Room) {
        let place = place_of(item.hash, self.places);
        let is_gap = |slot: &Slot<V>| slot.value.is_none();
        let within = self.slots.get(..self.slots.len().saturating_sub(room.margin())).unwrap_or_default();
        let near = within.iter().skip(place).take(MOST_BEHIND).position(is_gap);
        let Some(free) = near.filter(|_| room.takes(self.entries + 1, self.places)) else {
            *self = Shard::new(self.items().chain([item]).collect(), room);
            return;
        };
        let run = Arc::make_mut(&mut self.slots).get_mut(place..=place + free).unwrap_or_default();
        let own = order(item.hash, item.key);
        let lesser = run.iter().take(free).take_while(|slot| order(slot.hash, slot.key.as_bytes()) < own).count();
        if let Some(moved) = run.get_mut(lesser..) {
            moved.rotate_right(1);
        }
        if let Some(slot) = run.get_mut(lesser) {
            *slot = Slot::new(item);
            self.entries += 1;
        }
    }

    /// The slots with entries, by position.
    fn occupied(&self) -> impl Iterator<Item = usize> {
        (0..).zip(self.slots.iter()).filter(|(_, slot)| slot.value.is_some()).map(|(position, _)| position)
    }
}

impl Room {
    /// How many gaps are behind all entries, so that those are there that are looked at together with the last one.
    fn margin(self) -> usize {
        match self {
            Room::Ample => 0,
            Room::Scarce => NEAR - 1,
        }
    }

    fn places(self, entries: u32) -> u32 {
        match self {
            Room::Ample => entries * 2,
            Room::Scarce => entries + entries.div_ceil(4),
        }
    }

    /// Whether so many entries leave gaps enough for look-ups to be short.
    fn takes(self, entries: u32, places: u32) -> bool {
        match self {
            Room::Ample => entries < places - places / 3,
            Room::Scarce => entries < places - places / 10,
        }
    }
}

impl<V> Slot<V> {
    fn new(Item { hash, key, value }: Item<'_, V>) -> Self {
        Slot { hash, key: Key::new(key), value: Some(value) }
    }

    #[inline(always)]
    fn is(&self, hash: u64, key: &[u8]) -> bool {
        self.hash == hash && self.key.is(key)
    }

    fn gap() -> Self {
        Slot { hash: GAP, key: Key::new(&[]), value: None }
    }
}

impl Key {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text);
                Key::Short(length, short)
            }
            _ => Key::Long(text.into()),
        }
    }

    #[inline(always)]
    pub(super) fn is(&self, text: &[u8]) -> bool {
        match self {
            Key::Short(length, own) => {
                usize::from(*length) == text.len() && own.get(..text.len()).is_some_and(|own| are_same(own, text))
            }
            Key::Long(own) => **own == *text,
        }
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
#[inline(always)]
fn are_same(a: &[u8], b: &[u8]) -> bool {
    match a.len() {
        length if length != b.len() => false,
        16..=32 => have_same_ends::<16>(a, b),
        8..=15 => have_same_ends::<8>(a, b),
        4..=7 => have_same_ends::<4>(a, b),
        _ => a == b,
    }
}

/// Whether the first bytes are the same and the last ones are, where there are so many.
#[inline(always)]
fn have_same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<N>(), b.first_chunk::<N>(), a.last_chunk::<N>(), b.last_chunk::<N>()) {
        (Some(a_start), Some(b_start), Some(a_end), Some(b_end)) => a_start == b_start && a_end == b_end,
        _ => false,
    }
}

/// The order of entries in a shard.
fn order(hash: u64, key: &[u8]) -> (u64, usize, &[u8]) {
    (hash, key.len(), key)
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
    fn of_equal_keys_one_stays() {
        let hashes: [fn(&[u8]) -> u64; 2] = [hash_of, |_| 7];
        for count in [1, 2, 9, 129, 1_000] {
            let keys: Vec<String> = (0..count).chain(0..count).map(|number| format!("key-{number}")).collect();
            for hash in hashes {
                let mut table = table(&keys, hash);
                assert_eq!((table.length, table.values().count()), (count, count));
                for key in &keys[..count] {
                    let hash = hash(key.as_bytes());
                    assert!(table.get(hash, key.as_bytes()).is_some(), "{key} of {count}");
                    table.alter(hash, key.as_bytes(), |_| None);
                    assert_eq!(table.get(hash, key.as_bytes()), None, "{key} of {count}");
                }
                assert!(table.is_empty(), "{count}");
            }
        }
    }

    #[test]
    fn so_many_keys_that_collide_as_lie_far_behind_are_halved() {
        for (count, is_halved) in
            [(1, false), (MOST_BEHIND + 1, false), (MOST_BEHIND + 2, true), (100, true), (1_000, true)]
        {
            let keys: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            for shard in table(&keys, |_| 7).shards().iter().filter(|shard| shard.entries > 0) {
                assert_eq!(shard.places == 0, is_halved, "{count}");
            }
        }
    }

    #[test]
    fn an_entry_behind_all_others_is_found() {
        const MOST: u64 = 1_500;
        // The greater the number the greater the hash, over all places and in every shard.
        let hash: fn(&[u8]) -> u64 = |key| {
            let number = std::str::from_utf8(key).unwrap().parse::<u64>().unwrap();
            ((number * (u64::from(u32::MAX) / MOST)) << 32) | number
        };
        let keys: Vec<String> = (0..MOST).map(|number| number.to_string()).collect();
        for count in [100, 200, 450, 1_250] {
            let step = keys.len() / count;
            let (before, after) = (&keys[..keys.len() * 5 / 6], &keys[keys.len() * 5 / 6..]);
            let before: Vec<String> = before.iter().step_by(step).cloned().collect();
            let mut table = table(&before, hash);
            for (value, key) in after.iter().step_by(step).enumerate() {
                table.alter(hash(key.as_bytes()), key.as_bytes(), |_| Some(value));
                assert_eq!(table.get(hash(key.as_bytes()), key.as_bytes()), Some(&value), "{key} behind {count}");
            }
            for key in before.iter().chain(after.iter().step_by(step)) {
                assert!(table.get(hash(key.as_bytes()), key.as_bytes()).is_some(), "{key} of {count}");
            }
        }
    }

    #[test]
    fn a_table_has_so_many_gaps_as_its_size_asks_for() {
        // The entries and all slots at most: twice as many in one shard; a quarter more, and the margin, in several.
        for (count, shards, most) in [(1, 1, 2), (8, 1, 16), (128, 1, 256), (129, 2, 170), (1_000, 8, 1_282)] {
            let keys: Vec<String> = (0..count).map(|number| format!("key-{number}")).collect();
            let table = table(&keys, hash_of);
            assert_eq!(table.shards().len(), shards, "{count}");
            let places: usize = table.shards().iter().map(|shard| shard.places as usize).sum();
            assert!(count < places && places <= most, "{places} of {count}");
        }
    }

    #[test]
    fn texts_are_the_same_if_each_byte_is() {
        for length in 0..70 {
            let text: Vec<u8> = (0..length).collect();
            assert!(are_same(&text, &text.clone()));
            assert!(!are_same(&text, &[&text[..], &[0]].concat()));
            // Both ends are the same here.
            let (shorter, longer) = (vec![b'a'; text.len()], vec![b'a'; text.len() + 1]);
            assert!(!are_same(&shorter, &longer) && !are_same(&longer, &shorter), "{length}");
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!are_same(&text, &other), "{at} of {length}");
            }
        }
    }

    #[test]
    fn keys_with_the_hash_of_a_gap_come_and_go() {
        // The first has no text, as a gap has none. So many as forty leave no gaps.
        for count in [3, 40] {
            let keys: Vec<String> = (0..count).map(|number| "k".repeat(number)).collect();
            for gone in 0..count {
                let mut table = table(&keys, |_| GAP);
                for comes in [false, true] {
                    table.alter(GAP, keys[gone].as_bytes(), |found| {
                        assert_eq!(found.is_none(), comes, "{gone} of {count}");
                        comes.then_some(gone)
                    });
                    assert_eq!(table.length, count - usize::from(!comes), "{gone} of {count}");
                    for (value, key) in keys.iter().enumerate() {
                        let expected = Some(&value).filter(|_| comes || value != gone);
                        assert_eq!(table.get(GAP, key.as_bytes()), expected, "{value} beside {gone} of {count}");
                    }
                }
            }
        }
    }

    /// Hashes that lie apart, all in one place, in few places that are close, and around that of a gap.
    const HASHES: [fn(&[u8]) -> u64; 4] = [
        hash_of,
        |_| 3,
        |key| ((hash_of(key) % 5) << 60) | (hash_of(key) % 7),
        |key| if hash_of(key).is_multiple_of(8) { u64::MAX } else { hash_of(key) | 0xfff0_0000_0000_0000 },
    ];

    proptest! {
        #[test]
        fn a_table_that_is_changed_equals_one_that_is_made_and_leaves_earlier_ones_as_they_were(
            names in prop::sample::select(vec![12_u16, 150, 1_500]),
            edits in prop::collection::vec((any::<u16>(), 0..5_u8), 0..2500),
            hash in prop::sample::select(HASHES.to_vec()),
        ) {
            let check = |table: &Keyed<usize>, model: &BTreeMap<String, usize>| {
                assert_eq!(table.is_empty(), model.is_empty());
                assert_eq!(table.length, model.len());
                assert_eq!(table.values().count(), model.len());
                for name in (0..names).map(|name| name.to_string()) {
                    assert_eq!(table.get(hash(name.as_bytes()), name.as_bytes()), model.get(&name), "{name}");
                }
            };
            let mut table = Keyed::default();
            let mut model = BTreeMap::new();
            let mut earlier = (table.clone(), model.clone());
            for (step, (number, choice)) in edits.into_iter().enumerate() {
                let key = (number % names).to_string();
                let before = model.get(&key).copied();
                // More come than go in one half, and more go than come in the other.
                let stays = if step % 1_000 < 500 { choice > 1 } else { choice > 2 };
                table.alter(hash(key.as_bytes()), key.as_bytes(), |found: Option<&usize>| {
                    assert_eq!(found.copied(), before);
                    stays.then_some(step)
                });
                if stays { model.insert(key, step); } else { model.remove(&key); }
                if step % 300 == 0 {
                    check(&earlier.0, &earlier.1);
                    earlier = (table.clone(), model.clone());
                }
            }
            check(&earlier.0, &earlier.1);
            check(&table, &model);
        }

        #[test]
        fn a_changed_table_keeps_its_entries_near_their_places(
            edits in prop::collection::vec((0_u16..1_500, prop::bool::weighted(0.7)), 0..3_000),
        ) {
            let mut table = Keyed::default();
            for (number, stays) in edits {
                let key = number.to_string();
                table.alter(hash_of(key.as_bytes()), key.as_bytes(), |_| stays.then_some(number));
            }
            // A third of the places are gaps where the table is small, and a tenth where it is not.
            let gaps = if table.shards().len() == 1 { 3 } else { 10 };
            for shard in table.shards().iter().filter(|shard| shard.entries > 0) {
                prop_assert!(shard.entries < shard.places - shard.places / gaps);
                prop_assert!(shard.slots.len() <= shard.places as usize + MOST_BEHIND + 1);
                for position in shard.occupied() {
                    let place = place_of(shard.slots[position].hash, shard.places);
                    prop_assert!(place <= position && position <= place + MOST_BEHIND);
                }
            }
        }
    }
}
