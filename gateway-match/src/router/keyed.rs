//! Values by byte keys, found in constant time and shared between one version and the next.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;

/// Values by byte keys.
///
/// Immutable parts ([`Shard`]) of a few hundred entries each, found by bits of the hash: a
/// copy shares them all, and a change makes one of them anew. Within a shard an entry lies where its
/// hash says or a little behind, its key and its value in one place: where tables do not fit the
/// caches, what a look-up costs is the places that it has to go to.
///
/// Keys of up to `SHORT` bytes lie there.
#[derive(Clone, Debug)]
pub(super) struct Keyed<V, const SHORT: usize = SHORT_TEXT> {
    shards: Shards<V, SHORT>,
    length: usize,
}

#[derive(Clone, Debug)]
enum Shards<V, const SHORT: usize> {
    One(Shard<V, SHORT>),
    /// A power of two of them, or none at all.
    Many(Box<[Shard<V, SHORT>]>),
}

/// Entries sorted by hash, length and text of the key, with gaps.
///
/// Keys that were made to collide lie one behind the other. Where there are many of those, a shard has
/// no gaps and is searched by halving: they cost that and no more, and nothing depends on a seed that
/// nobody knows.
#[derive(Clone, Debug)]
struct Shard<V, const SHORT: usize> {
    slots: Arc<[Slot<V, SHORT>]>,
    /// So many places entries have by their hashes; there are some more slots, for those that are
    /// behind the last place. None of a shard without gaps.
    places: u32,
    entries: u32,
}

/// The hash lies between the end of the value and the beginning of the key: a look-up needs these three, and no more of
/// most slots, so that it goes to a line of the cache or two.
#[derive(Clone, Debug)]
#[repr(C)]
struct Slot<V, const SHORT: usize> {
    /// `None` in a gap.
    value: Option<V>,
    hash: u64,
    key: Key<SHORT>,
}

/// A key, which lies beside its value unless it is long.
#[derive(Clone, Debug)]
pub(super) enum Key<const SHORT: usize> {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

/// Bytes of a hostname, a path or a call that fit beside a value.
pub(super) const SHORT_TEXT: usize = 30;
/// Bytes of what a header or a query parameter is compared with that fit there. Those are shorter, and many lie in one
/// table: with these an entry for one match takes 64 bytes.
pub(super) const SHORT_VALUE: usize = 22;

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
    /// says. One entry alone needs none.
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

/// An odd number whose bits look random: those of the golden ratio.
const MIXING: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of a text.
///
/// The faster variant of `foldhash`, whose upper bits are nearly alike for some rows of texts that differ in a number
/// alone. To multiply it spreads them as well as the last step of the better variant does, for which every look-up would
/// wait longer.
#[inline]
pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish().wrapping_mul(MIXING)
}

impl<V, const SHORT: usize> Default for Keyed<V, SHORT> {
    fn default() -> Self {
        Keyed { shards: Shards::Many(Box::default()), length: 0 }
    }
}

impl<V, const SHORT: usize> Keyed<V, SHORT> {
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
        let shards: Box<[Shard<V, SHORT>]> = of_shards.into_iter().map(|own| Shard::new(own, Room::Scarce)).collect();
        Keyed { length: shards.iter().map(|shard| shard.entries as usize).sum(), shards: Shards::Many(shards) }
    }

    /// Values by keys.
    pub(super) fn of<K: AsRef<[u8]>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::of_hashed(values, |key| hash_of(key.as_ref()))
    }

    /// Values by keys whose hashes are known.
    pub(super) fn of_hashed<K: AsRef<[u8]>>(
        values: impl IntoIterator<Item = (K, V)>,
        hash: impl Fn(&K) -> u64,
    ) -> Self {
        let (keys, values): (Vec<K>, Vec<V>) = values.into_iter().unzip();
        let values = keys.iter().zip(values);
        Self::new(values.map(|(key, value)| Item { hash: hash(key), key: key.as_ref(), value }).collect())
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

    /// Whether it has one entry, or had, which is found [without a hash](Keyed::only).
    #[inline(always)]
    pub(super) fn has_one(&self) -> bool {
        matches!(&self.shards, Shards::One(shard) if shard.places == 1)
    }

    /// The value of a key in a table that [has one entry](Keyed::has_one). O(length of the key).
    #[inline(always)]
    pub(super) fn only(&self, key: &[u8]) -> Option<&V> {
        let slot = self.shards().first()?.slots.first()?;
        if slot.key.is(key) { slot.value.as_ref() } else { None }
    }

    /// The value of a table that [has one entry](Keyed::has_one), unless that is gone.
    pub(super) fn sole_value(&self) -> Option<&V> {
        if self.has_one() { self.values().next() } else { None }
    }

    /// Every value, in no order that means anything.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards().iter().flat_map(|shard| shard.slots.iter().filter_map(|slot| slot.value.as_ref()))
    }

    fn shards(&self) -> &[Shard<V, SHORT>] {
        match &self.shards {
            Shards::One(shard) => std::slice::from_ref(shard),
            Shards::Many(shards) => shards,
        }
    }
}

impl<V: Clone, const SHORT: usize> Keyed<V, SHORT> {
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

impl<V, const SHORT: usize> Shard<V, SHORT> {
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
        let mut items = items.into_iter().peekable();
        let slots = (0..end + room.margin())
            .map(|at| items.next_if(|item| place_of(item.hash, places) <= at).map_or_else(Slot::gap, Slot::new));
        Shard { slots: slots.collect(), places, entries }
    }

    #[inline(always)]
    fn get(&self, room: Room, hash: u64, key: &[u8]) -> Option<&V> {
        // Most lie where their hash says or a little behind. Which of those places it is in is counted rather than
        // decided: to be wrong about that costs a processor more than the rest of the look-up.
        let first = place_of(hash, self.places);
        let place = match room {
            Room::Ample => first + usize::from(self.slots.get(first)?.hash < hash),
            // All of them are fetched at once, too: from afar that takes as long as to fetch one.
            Room::Scarce => {
                let near = self.slots.get(first..first + NEAR)?;
                first + near.iter().map(|slot| usize::from(slot.hash < hash)).sum::<usize>()
            }
        };
        let slot = self.slots.get(place)?;
        if slot.hash == hash {
            if slot.key.is(key) { slot.value.as_ref() } else { self.get_among_same(hash, key) }
        } else if slot.hash > hash {
            None
        } else {
            self.get_behind(place + 1, hash, key)
        }
    }

    /// The value of a key that is in no place before one.
    #[inline(never)]
    fn get_behind(&self, mut place: usize, hash: u64, key: &[u8]) -> Option<&V> {
        if self.places == 0 {
            return self.get_among_same(hash, key);
        }
        // Two steps, most often: an iterator takes as long to set up.
        loop {
            let slot = self.slots.get(place)?;
            if slot.hash >= hash {
                return if slot.hash > hash {
                    None
                } else if slot.key.is(key) {
                    slot.value.as_ref()
                } else {
                    self.get_among_same(hash, key)
                };
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

impl<V: Clone, const SHORT: usize> Shard<V, SHORT> {
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
        let is_behind =
            |(at, slot): &(usize, &Slot<V, SHORT>)| slot.value.is_some() && place_of(slot.hash, places) < *at;
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
        let is_gap = |slot: &Slot<V, SHORT>| slot.value.is_none();
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
            Room::Ample if entries == 1 => 1,
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

impl<V, const SHORT: usize> Slot<V, SHORT> {
    fn new(Item { hash, key, value }: Item<'_, V>) -> Self {
        Slot { hash, key: Key::new(key), value: Some(value) }
    }

    fn gap() -> Self {
        Slot { hash: GAP, key: Key::new(&[]), value: None }
    }
}

impl<const SHORT: usize> Key<SHORT> {
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
            Key::Short(length, own) => usize::from(*length) == text.len() && begins_with(own, text),
            Key::Long(own) => own.len() == text.len() && are_same(own, text),
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

/// Whether some bytes begin with a text. One of a usual length is compared without a call, by both its ends, which
/// overlap.
#[inline(always)]
fn begins_with<const SHORT: usize>(bytes: &[u8; SHORT], text: &[u8]) -> bool {
    match text.len() {
        length if (16..=SHORT).contains(&length) => has_ends::<16>(bytes, text, |ends| {
            let [a, b, c, d] = ends.map(u128::from_ne_bytes);
            (a ^ b) | (c ^ d) == 0
        }),
        8..=15 => has_ends::<8>(bytes, text, |ends| {
            let [a, b, c, d] = ends.map(u64::from_ne_bytes);
            (a ^ b) | (c ^ d) == 0
        }),
        4..=7 => has_ends::<4>(bytes, text, |ends| {
            let [a, b, c, d] = ends.map(u32::from_ne_bytes);
            (a ^ b) | (c ^ d) == 0
        }),
        _ => bytes.starts_with(text),
    }
}

/// Whether two texts of one length, which is greater, are the same. Those of a usual length are compared without a call,
/// too.
#[inline(always)]
fn are_same(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<32>(), b.first_chunk::<32>(), a.last_chunk::<32>(), b.last_chunk::<32>()) {
        (Some(a_start), Some(b_start), Some(a_end), Some(b_end)) if a.len() <= 64 => {
            a_start == b_start && a_end == b_end
        }
        _ => a == b,
    }
}

/// Whether the first bytes of a text are those, and its last ones those that lie where it ends. At once: to decide about
/// each takes longer.
#[inline(always)]
fn has_ends<const N: usize>(bytes: &[u8], text: &[u8], are_same: impl FnOnce([[u8; N]; 4]) -> bool) -> bool {
    let Some(bytes) = bytes.get(..text.len()) else { return false };
    match (bytes.first_chunk::<N>(), text.first_chunk::<N>(), bytes.last_chunk::<N>(), text.last_chunk::<N>()) {
        (Some(a), Some(b), Some(c), Some(d)) => are_same([*a, *b, *c, *d]),
        _ => false,
    }
}

/// The order of entries in a shard.
fn order(hash: u64, key: &[u8]) -> (u64, usize, &[u8]) {
    (hash, key.len(), key)
}

/// Bits in the middle of the hash lead to a shard, of which there is a power of two: those below are mixed less.
#[inline]
fn shard_of(hash: u64, shards: usize) -> usize {
    (hash >> 32) as usize & shards.wrapping_sub(1)
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
#[path = "keyed_tests.rs"]
mod tests;
