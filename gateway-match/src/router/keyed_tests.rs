use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::list::List;
use super::super::node::Node;
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
    // The entries and all places at most: twice as many in one shard; in several a quarter more, rounded up in each.
    for (count, shards, most) in [(2, 1, 4), (8, 1, 16), (128, 1, 256), (129, 2, 163), (1_000, 8, 1_258)] {
        let keys: Vec<String> = (0..count).map(|number| format!("key-{number}")).collect();
        let table = table(&keys, hash_of);
        assert_eq!(table.shards().len(), shards, "{count}");
        let places: usize = table.shards().iter().map(|shard| shard.places as usize).sum();
        assert!(count < places && places <= most, "{places} of {count}");
    }
}

#[test]
fn texts_that_differ_in_a_number_lie_as_near_their_places_as_random_ones() {
    // Without the mixing some of these lie twenty times as far behind.
    type Family = (&'static str, fn(usize) -> String);
    let families: [Family; 10] = [
        ("numbers", |number| number.to_string()),
        ("short paths", |number| format!("/p{number}")),
        ("long paths", |number| format!("/tenants/{number}/orders/current")),
        ("users", |number| format!("/api/v1/users/{:05}", number * 10)),
        ("users by hexadecimal", |number| format!("/api/v1/users/{:05x}", number * 16)),
        ("hundreds", |number| format!("/{:08}", number * 100)),
        ("hosts", |number| format!("host-{:03}.example.com", number * 10)),
        ("starts", |number| format!("{number:06}-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        ("ends", |number| format!("aaaaaaaaaaaaaaaaaaaaaaaa{number:03}")),
        ("letters", |number| "ab".repeat(number % 97) + &"c".repeat(number / 97)),
    ];
    for (family, text) in families {
        // Random hashes lie 0.5 and 1.5 places behind on the average.
        for (count, most) in [(50_u32, 1.0), (128, 1.0), (1_000, 2.5), (20_000, 1.8)] {
            let keys: Vec<String> = (0..count as usize).map(text).collect();
            let table = table(&keys, hash_of);
            let behind = table.shards().iter().flat_map(|shard| {
                shard.occupied().map(|position| position - place_of(shard.slots[position].hash, shard.places))
            });
            let mean = f64::from(u32::try_from(behind.sum::<usize>()).unwrap()) / f64::from(count);
            assert!(mean < most, "{mean} behind, of {count} {family}");
            let shards = u32::try_from(table.shards().len()).unwrap();
            for shard in table.shards() {
                assert!(shard.places > 0, "halved, of {count} {family}");
                assert!(shard.entries < count / shards * 8 / 5 + 1, "{} of {count} {family} in one", shard.entries);
            }
        }
    }
}

#[test]
fn a_key_is_a_text_if_each_byte_is() {
    check_keys::<SHORT_TEXT>();
    check_keys::<SHORT_VALUE>();
}

#[test]
fn an_entry_for_one_match_is_small() {
    assert_eq!(size_of::<Slot<List, SHORT_VALUE>>(), 64);
    assert_eq!(size_of::<Slot<Node, SHORT_TEXT>>(), 72);
}

fn check_keys<const SHORT: usize>() {
    for length in 0..70 {
        let text: Vec<u8> = (0..length).collect();
        let key: Key<SHORT> = Key::new(&text);
        assert_eq!(matches!(key, Key::Short(..)), text.len() <= SHORT);
        assert!(key.is(&text));
        assert!(!key.is(&[&text[..], &[0]].concat()));
        // Both ends are the same here.
        let (shorter, longer) = (vec![b'a'; text.len()], vec![b'a'; text.len() + 1]);
        let is = |own: &[u8], other: &[u8]| Key::<SHORT>::new(own).is(other);
        assert!(!is(&shorter, &longer) && !is(&longer, &shorter), "{length}");
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[at] ^= 1 << bit;
                assert!(!key.is(&other), "{at} of {length}");
            }
        }
    }
}

#[test]
fn an_entry_alone_is_found_without_a_hash() {
    for text in ["", "a", "a.example.com", "a-host-with-a-name-that-has-no-room-beside-a-value.example.com"] {
        let key = text.as_bytes();
        let mut made = table(&[text.to_owned()], hash_of);
        let mut changed: Keyed<_> = Keyed::default();
        changed.alter(hash_of(key), key, |_| Some(0));
        for one in [&made, &changed] {
            assert!(one.has_one(), "{text}");
            assert_eq!((one.only(key), one.get(hash_of(key), key)), (Some(&0), Some(&0)), "{text}");
            for other in ["b", "b.example.com", &format!("{text}a")].map(str::as_bytes) {
                assert_eq!((one.only(other), one.get(hash_of(other), other)), (None, None), "{text}");
            }
        }
        made.alter(hash_of(key), key, |_| None);
        assert!(made.is_empty());
        assert_eq!((made.only(key), made.get(hash_of(key), key)), (None, None), "{text}");
        changed.alter(hash_of(b"other"), b"other", |_| Some(1));
        assert!(!changed.has_one());
        assert_eq!(
            (changed.get(hash_of(key), key), changed.get(hash_of(b"other"), b"other")),
            (Some(&0), Some(&1)),
            "{text}"
        );
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
        let mut table: Keyed<_> = Keyed::default();
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
        let mut table: Keyed<_> = Keyed::default();
        for (number, stays) in edits {
            let key = number.to_string();
            table.alter(hash_of(key.as_bytes()), key.as_bytes(), |_| stays.then_some(number));
        }
        // A third of the places are gaps where the table is small, and a tenth where it is not.
        let gaps = if table.shards().len() == 1 { 3 } else { 10 };
        // One entry alone needs none.
        for shard in table.shards().iter().filter(|shard| shard.entries > 0 && shard.places > 1) {
            prop_assert!(shard.entries < shard.places - shard.places / gaps);
            prop_assert!(shard.slots.len() <= shard.places as usize + MOST_BEHIND + 1);
            for position in shard.occupied() {
                let place = place_of(shard.slots[position].hash, shard.places);
                prop_assert!(place <= position && position <= place + MOST_BEHIND);
            }
        }
    }
}
