//! The split: counts stay within their bound of the share at every number of picks, and the
//! stateless pick never leads to a weight of zero.
#![no_main]

use gateway_match::Split;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u32>, u64, u16)| {
    let (mut weights, random, picks) = input;
    weights.truncate(16);
    let split = Split::new(&weights);
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let live = weights.iter().filter(|weight| **weight > 0).count();
    let bound = if live <= 2 { 1.0 } else { (live as f64).log2().ceil() };
    let mut counts = vec![0_u32; weights.len()];
    for n in 0..u64::from(picks) {
        let Some(position) = split.pick(n) else {
            assert_eq!(total, 0);
            break;
        };
        counts[position] += 1;
        for (count, weight) in counts.iter().zip(&weights) {
            let share = (n + 1) as f64 * f64::from(*weight) / total as f64;
            assert!((f64::from(*count) - share).abs() <= bound + 1e-6, "{weights:?} at {n}: {counts:?}");
        }
    }
    if let Some(position) = split.pick_by(random) {
        assert!(weights[position] > 0);
    }
});
