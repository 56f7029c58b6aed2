use std::f64::consts::LN_2;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// ⌈log₂ k⌉ for the k backends that have a weight: the depth of the tree.
fn depth(weights: &[u32]) -> u32 {
    let k = weights.iter().filter(|&&weight| weight > 0).count();
    k.next_power_of_two().ilog2()
}

/// How far `counts` are from the shares of `n` picks at worst, as a multiple of 1 / sum.
fn worst_error(weights: &[u32], n: u64, counts: &[u64]) -> u128 {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let errors = weights
        .iter()
        .zip(counts)
        .map(|(&weight, &count)| (u128::from(count) * sum).abs_diff(u128::from(n) * u128::from(weight)));
    errors.max().unwrap_or(0)
}

/// Picks `0..picks` one by one and compares every count with its share after each.
fn assert_bound_at_every_pick(weights: &[u32], picks: u64) {
    let split = Split::new(weights);
    let weights: Vec<i64> = weights.iter().map(|&weight| i64::from(weight)).collect();
    let sum: i64 = weights.iter().sum();
    let bound = i64::from(depth(&split.weights)) * sum;
    // Each count times the sum, less its exact share times the sum.
    let mut errors = vec![0_i64; weights.len()];
    for n in 0..picks {
        let picked = split.pick(n).unwrap();
        assert!(weights[picked] > 0, "{weights:?}: pick {n} goes to weight 0");
        errors[picked] += sum;
        let mut worst = 0;
        for (error, weight) in errors.iter_mut().zip(&weights) {
            *error -= weight;
            worst = worst.max(error.abs());
        }
        assert!(2 * worst <= bound, "{weights:?}: off by {worst} / {sum} after pick {n}");
    }
}

/// The deterministic stand-in for a caller's random numbers.
fn random_numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |n: u64| mix(seed.wrapping_add(n.wrapping_mul(STEP))))
}

fn random_weights(seed: u64, k: usize, at_most: u32) -> Vec<u32> {
    random_numbers(seed).map(|number| (number % (u64::from(at_most) + 1)) as u32).take(k).collect()
}

fn any_weight() -> impl Strategy<Value = u32> {
    prop_oneof![
        1 => Just(0),
        3 => 1..10_u32,
        3 => 0..=1_000_000_u32,
        1 => any::<u32>(),
        1 => Just(u32::MAX),
    ]
}

#[test]
fn picks_interleave_with_the_heavier_first() {
    let cases: &[(&[u32], &[usize])] = &[
        (&[1, 1], &[0, 1, 0, 1]),
        (&[1, 2], &[1, 0, 1, 1, 0, 1]),
        (&[9, 1], &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        (&[1, 9], &[1, 1, 1, 1, 0, 1, 1, 1, 1, 1]),
        (&[3, 0, 2], &[0, 2, 0, 2, 0]),
        (&[1, 1, 1, 1], &[0, 2, 1, 3]),
        (&[1, 0, 1, 1, 7], &[4, 4, 0, 4, 3, 4, 4, 2, 4, 4]),
    ];
    for (weights, expected) in cases {
        let split = Split::new(weights);
        let picks: Vec<_> = (0..expected.len() as u64).filter_map(|n| split.pick(n)).collect();
        assert_eq!(&picks, expected, "{weights:?}");
    }
}

#[test]
fn a_million_picks_stay_within_the_bound_at_every_one() {
    let mut vectors = vec![
        vec![999_999, 1],
        vec![1, 999_999],
        vec![500_000, 499_999],
        vec![1_000_000; 16],
        (1..=16).collect(),
        (0..16).map(|i| 1 << i).collect(),
        vec![1_000_000, 0, 1, 0, 999_983, 0, 3],
    ];
    for (seed, k) in [(1, 2), (2, 3), (3, 5), (4, 9), (5, 16)] {
        vectors.push(random_weights(seed, k, 1_000_000));
    }
    vectors.push(random_weights(6, 16, 5));
    for weights in &vectors {
        assert_bound_at_every_pick(weights, 1_000_000);
    }
}

#[test]
fn counts_are_exact_after_every_period() {
    for weights in [vec![9, 1], vec![6, 4, 0, 2], vec![7], vec![70, 20, 10], random_weights(7, 16, 30)] {
        let split = Split::new(&weights);
        let divisor = split.total() / split.period();
        let mut counts = vec![0_u64; weights.len()];
        for round in 1..=5 {
            for n in (round - 1) * split.period()..round * split.period() {
                counts[split.pick(n).unwrap()] += 1;
            }
            let exact = weights.iter().map(|&weight| round * u64::from(weight) / divisor);
            assert!(counts.iter().copied().eq(exact), "{weights:?}: {counts:?}");
        }
    }
}

#[test]
fn weights_of_zero_are_never_picked() {
    let weights = [0, 5, 0, 0, 1, 1_000_000, 0];
    let split = Split::new(&weights);
    for (n, random) in (0..100_000).zip(random_numbers(8)) {
        assert!(weights[split.pick(n).unwrap()] > 0);
        assert!(weights[split.pick_by(random).unwrap()] > 0);
    }
}

#[test]
fn positions_are_told_wherever_they_are_and_however_long_the_period_is() {
    for position in [0, 1, 255, 256, 300] {
        for (weight, other) in [(1, 1), (254, 1), (255, 1), (256, 1), (99, 1), (1, 999)] {
            let mut weights = vec![0; 302];
            (weights[position], weights[301]) = (weight, other);
            let split = Split::new(&weights);
            let period = u64::from(weight + other);
            for n in (0..period).chain([5 * period, u64::MAX]) {
                let before = split.counts(n);
                let after = split.counts(n.wrapping_add(1));
                let picked = split.pick(n);
                let grown = (n < u64::MAX).then(|| (0..302).find(|at| after[*at] > before[*at]));
                assert!(
                    grown.is_none_or(|grown| grown == picked),
                    "{weight}:{other} at {position}, pick {n}: {picked:?}"
                );
                assert!(picked == Some(position) || picked == Some(301), "{weight}:{other} at {position}, pick {n}");
            }
        }
    }
}

#[test]
fn a_single_backend_with_a_weight_gets_everything() {
    for (weights, position) in [(&[1][..], 0), (&[1_000_000], 0), (&[u32::MAX], 0), (&[0, 0, 4], 2)] {
        let split = Split::new(weights);
        assert_eq!(split.period(), 1);
        for n in [0, 1, 2, 1_000_003, u64::MAX] {
            assert_eq!(split.pick(n), Some(position), "{weights:?}");
            assert_eq!(split.pick_by(n), Some(position), "{weights:?}");
            assert_eq!(split.counts(n)[position], n, "{weights:?}");
        }
    }
}

#[test]
fn nothing_is_picked_when_no_backend_has_a_weight() {
    for weights in [&[][..], &[0], &[0, 0, 0]] {
        let split = Split::new(weights);
        for n in [0, 1, u64::MAX] {
            assert_eq!(split.pick(n), None);
            assert_eq!(split.pick_by(n), None);
            assert_eq!(split.counts(n), vec![0; weights.len()]);
        }
        assert_eq!((split.total(), split.period()), (0, 0));
        assert_eq!(split.share(0), 0.0);
    }
    assert!(Split::default().is_empty());
}

#[test]
fn a_common_divisor_changes_nothing() {
    let (plain, scaled) = (Split::new(&[2, 1, 3]), Split::new(&[200, 100, 300]));
    assert_eq!((plain.period(), scaled.period()), (6, 6));
    for n in 0..20 {
        assert_eq!(plain.pick(n), scaled.pick(n));
    }
}

#[test]
fn weights_and_shares_are_by_position() {
    let split = Split::new(&[6, 0, 2]);
    assert_eq!((split.len(), split.total(), split.period()), (3, 8, 4));
    for (position, weight, share) in [(0, 6, 0.75), (1, 0, 0.0), (2, 2, 0.25), (3, 0, 0.0)] {
        assert_eq!(split.weight(position), weight);
        assert_eq!(split.share(position), share);
    }
    assert!(!Split::new(&[0]).is_empty());
}

#[test]
fn the_largest_weights_do_not_overflow() {
    let equal = Split::new(&[u32::MAX; 16]);
    assert_eq!((equal.total(), equal.period()), (16 * u64::from(u32::MAX), 16));
    assert_eq!(equal.counts(u64::MAX).iter().sum::<u64>(), u64::MAX);

    let mut weights = [u32::MAX; 16];
    weights[3] -= 1;
    weights[9] = 1;
    let split = Split::new(&weights);
    assert_eq!(split.period(), split.total());
    for n in [0, 1, split.period() - 1, split.period(), u64::MAX / 2, u64::MAX - 1] {
        let (before, after) = (split.counts(n), split.counts(n + 1));
        let picked = split.pick(n).unwrap();
        assert_eq!(after[picked], before[picked] + 1);
        assert!(split.pick_by(n).is_some());
    }
    assert!(split.pick(u64::MAX).is_some());
}

#[test]
fn divisions_are_right_on_both_sides_of_the_narrow_ones() {
    let limit = u64::from(u32::MAX);
    for sum in [2, 3, limit - 1, limit, limit + 1, limit + 2, 16 * limit] {
        for left in [1, sum / 3, sum / 2, sum - 1] {
            if left == 0 {
                continue;
            }
            let rounded = |m: u64| (u128::from(m) * u128::from(left) * 2 + u128::from(sum)) / (2 * u128::from(sum));
            for m in [0, 1, sum / 3, sum / 2, sum - 1] {
                let (had, goes_left) = Node { left, sum: Divisor::new(sum) }.left_side(m);
                assert_eq!(u128::from(had), rounded(m), "{m} {left} {sum}");
                assert_eq!(goes_left, rounded(m + 1) > rounded(m), "{m} {left} {sum}");
            }
        }
    }
}

proptest! {
    #[test]
    fn multiplying_by_the_reciprocal_divides(number in 1..u64::MAX, small in 1..100_u64, dividend: u64) {
        for number in [number, number >> 32 | 1, small, dividend.max(1), u64::MAX] {
            for dividend in [dividend, dividend >> 20, u64::MAX, number - 1, number] {
                let expected = (dividend / number, dividend % number);
                prop_assert_eq!(Divisor::new(number).divide(dividend), expected, "{} / {}", dividend, number);
            }
        }
    }

    #[test]
    fn each_backend_has_its_share_of_all_random_numbers(weights in vec(prop_oneof![Just(0), 1..1_000_000_u32], 0..17)) {
        let split = Split::new(&weights);
        let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let mut before = 0_u128;
        for (position, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0) {
            let through = before + u128::from(*weight);
            // The first number that is for the backend, and the last.
            let bound = |part: u128| ((part << 64).div_ceil(sum)) as u64;
            prop_assert_eq!(split.pick_random(bound(before)), Some(position));
            prop_assert_eq!(split.pick_random(bound(through).wrapping_sub(1)), Some(position));
            before = through;
        }
        prop_assert_eq!(split.pick_random(0).is_some(), sum > 0);
    }
}

#[test]
fn threads_that_share_a_counter_split_exactly() {
    fn shared<T: Send + Sync>(_: &T) {}
    let weights = [50, 30, 0, 19, 1];
    let (split, counter) = (Split::new(&weights), Counter::new());
    shared(&split);
    shared(&counter);
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut counts = [0; 5];
                    for _ in 0..12_500 {
                        counts[split.pick(counter.next()).unwrap()] += 1;
                    }
                    counts
                })
            })
            .collect();
        threads.into_iter().fold([0; 5], |mut sum, thread| {
            for (sum, count) in sum.iter_mut().zip(thread.join().unwrap()) {
                *sum += count;
            }
            sum
        })
    });
    assert_eq!(counts, weights.map(|weight| weight * 1_000));
    assert_eq!(counter.get(), 100_000);
}

#[test]
fn a_counter_hands_out_each_number_once_and_wraps() {
    let counter = Counter::starting_at(u64::MAX - 1);
    let numbers: Vec<_> = (0..4).map(|_| counter.next()).collect();
    assert_eq!(numbers, [u64::MAX - 1, u64::MAX, 0, 1]);
    assert_eq!(counter.get(), 2);
    assert_eq!(Counter::default().next(), 0);
}

#[test]
fn a_counter_carried_over_updates_favours_no_backend() {
    // One request between any two updates: with the weights as they were, and with new ones.
    for (variation, tolerance) in [(1, 0), (16, 100)] {
        let counter = Counter::new();
        let mut counts = [0_u64; 3];
        for update in 0..9_999 {
            let weights: Vec<_> =
                random_numbers(update).map(|number| 100 + (number % variation) as u32).take(3).collect();
            counts[Split::new(&weights).pick(counter.next()).unwrap()] += 1;
        }
        for count in counts {
            assert!(count.abs_diff(3_333) <= tolerance, "{counts:?}");
        }
    }
}

#[test]
fn as_many_keys_as_weights_are_asked_for() {
    let error = Split::with_keys(&[1, 2], &[7]).unwrap_err();
    assert_eq!(error, SplitError::KeyCount { weights: 2, keys: 1 });
    assert_eq!(error.to_string(), "a split of 2 weights was given 1 keys");
}

/// Numbers within 4.5 standard deviations of the expected ones; the draws are fixed, so this
/// passes always or never.
fn assert_shares(split: &Split, draws: usize, numbers: impl Iterator<Item = u64>) {
    let mut counts = vec![0_u32; split.len()];
    for random in numbers.take(draws) {
        counts[split.pick_by(random).unwrap()] += 1;
    }
    for (position, &count) in counts.iter().enumerate() {
        let share = split.share(position);
        let expected = share * draws as f64;
        let deviation = (expected * (1.0 - share)).sqrt();
        assert!(
            (f64::from(count) - expected).abs() <= 4.5 * deviation,
            "{count} of {draws} for a share of {share}: {expected} ± {deviation}"
        );
    }
}

#[test]
fn stateless_picks_follow_the_weights() {
    for (seed, weights) in [
        vec![1, 1],
        vec![9, 1],
        vec![1_000, 1],
        vec![1, 0, 99],
        vec![1_000_000, 1, 10, 100, 1_000, 10_000, 100_000],
        vec![u32::MAX, u32::MAX / 2, 1 << 30],
        (1..=16).collect(),
        vec![3; 100],
    ]
    .into_iter()
    .enumerate()
    {
        let split = Split::new(&weights);
        let draws = 4_000_000 / split.len();
        assert_shares(&split, draws, random_numbers(seed as u64));
    }
}

#[test]
fn stateless_picks_follow_the_weights_over_ten_million_draws() {
    assert_shares(&Split::new(&[7, 3]), 10_000_000, random_numbers(9));
}

#[test]
fn stateless_picks_survive_poor_random_numbers() {
    let split = Split::with_keys(&[5, 3, 2], &[0, 1, 2]).unwrap();
    assert_shares(&split, 500_000, 0..);
    assert_shares(&split, 500_000, (0..).map(|n| n << 40));
}

#[test]
fn one_key_twice_is_two_backends() {
    for keys in [[7, 7, 7], [7, 8, 7]] {
        let split = Split::with_keys(&[1, 2, 1], &keys).unwrap();
        assert_shares(&split, 500_000, random_numbers(10));
    }
}

/// A client stays where it is across releases and between proxies of different versions. These
/// values may change only with a note in the changelog.
#[test]
fn stateless_picks_are_stable_across_platforms_and_releases() {
    let split = Split::with_keys(&[5, 0, 3, 1, 1], &[40, 41, 42, 42, 43]).unwrap();
    let picks: Vec<_> = random_numbers(11).take(24).map(|random| split.pick_by(random).unwrap()).collect();
    assert_eq!(picks, [0, 3, 2, 3, 0, 0, 2, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 2, 2, 2, 2, 0, 2, 0]);
    assert_eq!(unit_wait(fold(1)), 365_084_551_800_464_998);
    assert_eq!(unit_wait(fold(0x0123_4567_89ab_cdef)), 18_715_296_508_257_617);
}

#[test]
fn waiting_times_are_logarithms() {
    // Hashes of every magnitude, both ends of every chord and what lies between.
    let magnitudes = (1..64).map(|bits| (1 << bits) + 1);
    let ends = (1..64).flat_map(|i: u64| [(i << 58) - 1, (i << 58) + 1]);
    let middles = (0..64).map(|i: u64| (i << 58) + (1 << 57) + 1);
    for hash in magnitudes.chain(ends).chain(middles).chain(random_numbers(12).take(10_000)) {
        let f = (hash >> 7) as f64 / 2_f64.powi(57);
        let exact = f64::from(hash.trailing_zeros()) - (-f / 2.0).ln_1p() / LN_2;
        let wait = unit_wait(hash) as f64 / 2_f64.powi(57);
        // The last bit of the result, and of f below it.
        let tolerance = 1.75e-5 * exact + 2_f64.powi(-57);
        assert!((wait - exact).abs() <= tolerance, "{hash:#x}: {wait} instead of {exact}");
    }
    assert_eq!(unit_wait(0), 64 << 57);
    assert!(unit_wait(u64::MAX) <= 1 << 57);
}

#[test]
fn waiting_times_grow_with_the_fraction() {
    let odd = |hash: u64| unit_wait(hash | 1);
    let mut hashes: Vec<u64> = random_numbers(13).take(20_000).collect();
    hashes.extend((1..64).flat_map(|i: u64| [(i << 58) - 1, i << 58]));
    hashes.sort_unstable();
    for pair in hashes.windows(2) {
        assert!(odd(pair[0]) <= odd(pair[1]), "{pair:x?}");
    }
}

proptest! {
    #[test]
    fn counts_are_within_the_bound_anywhere(
        weights in vec(any_weight(), 0..40),
        n in prop_oneof![0..100_000_u64, any::<u64>(), u64::MAX - 1_000..=u64::MAX],
    ) {
        let split = Split::new(&weights);
        let counts = split.counts(n);
        let picks = if split.total() == 0 { 0 } else { n };
        prop_assert_eq!(counts.iter().sum::<u64>(), picks);
        let sum = u128::from(split.total());
        prop_assert!(2 * worst_error(&weights, picks, &counts) <= u128::from(depth(&weights)) * sum);
    }

    #[test]
    fn pick_is_what_counts_grow_by(
        weights in vec(any_weight(), 1..40),
        start in prop_oneof![Just(0), any::<u64>(), Just(u64::MAX - 60)],
    ) {
        let split = Split::new(&weights);
        let mut counts = split.counts(start);
        for n in (start..u64::MAX).take(50) {
            if let Some(picked) = split.pick(n) {
                counts[picked] += 1;
            }
            prop_assert_eq!(&counts, &split.counts(n + 1));
        }
    }

    #[test]
    fn any_run_of_picks_is_within_twice_the_bound(
        weights in vec(any_weight(), 1..20),
        start in any::<u64>(),
        length in 0..1_000_000_u64,
    ) {
        let split = Split::new(&weights);
        prop_assume!(split.total() > 0);
        let start = start.min(u64::MAX - length);
        let (before, after) = (split.counts(start), split.counts(start + length));
        let run: Vec<u64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
        let sum = u128::from(split.total());
        prop_assert!(worst_error(&weights, length, &run) <= u128::from(depth(&weights)) * sum);
    }

    #[test]
    fn small_weights_stay_within_the_bound_at_every_pick(weights in vec(0..8_u32, 1..20)) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        assert_bound_at_every_pick(&weights, 300);
    }

    #[test]
    fn a_changed_weight_moves_only_its_own_share(
        weights in vec(any_weight(), 1..17),
        changed in any::<prop::sample::Index>(),
        weight in any_weight(),
        seed in any::<u64>(),
    ) {
        let changed = changed.index(weights.len());
        let mut other = weights.clone();
        other[changed] = weight;
        // Let `more` be the one where the backend weighs more.
        let (more, less) = if weight > weights[changed] { (other, weights) } else { (weights, other) };
        let (more, less) = (Split::new(&more), Split::new(&less));
        for random in random_numbers(seed).take(300) {
            let pick = more.pick_by(random);
            prop_assert!(pick == less.pick_by(random) || pick == Some(changed));
        }
    }

    #[test]
    fn an_inserted_backend_moves_only_what_it_takes(
        backends in prop::collection::btree_map(any::<u64>(), any_weight(), 2..17),
        inserted in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let (mut keys, mut weights): (Vec<_>, Vec<_>) = backends.into_iter().unzip();
        let with = Split::with_keys(&weights, &keys).unwrap();
        let inserted = inserted.index(keys.len());
        keys.remove(inserted);
        weights.remove(inserted);
        let without = Split::with_keys(&weights, &keys).unwrap();
        for random in random_numbers(seed).take(300) {
            let new = with.pick_by(random);
            let old = without.pick_by(random).map(|old| old + usize::from(old >= inserted));
            prop_assert!(new == old || new == Some(inserted));
        }
    }

    #[test]
    fn the_order_of_the_list_does_not_matter_to_keys(
        backends in prop::collection::btree_map(0..1_000_u64, any_weight(), 1..17)
            .prop_map(|backends| backends.into_iter().collect::<Vec<_>>()),
        shuffled in any::<u64>(),
        seed in any::<u64>(),
    ) {
        let split = |backends: &[(u64, u32)]| {
            let (keys, weights): (Vec<_>, Vec<_>) = backends.iter().copied().unzip();
            Split::with_keys(&weights, &keys).unwrap()
        };
        let mut other = backends.clone();
        other.sort_by_key(|&(key, _)| mix(key ^ shuffled));
        let (one, two) = (split(&backends), split(&other));
        for random in random_numbers(seed).take(100) {
            let key = |list: &[(u64, u32)], pick: Option<usize>| pick.map(|position| list[position].0);
            prop_assert_eq!(key(&backends, one.pick_by(random)), key(&other, two.pick_by(random)));
        }
    }
}
