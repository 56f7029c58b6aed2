//! The split, pick by pick.

use gateway_match::Split;

use super::ensure;
use crate::generate::{Bytes, Source};

pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let source: &mut dyn Source = &mut source;
    let weights: Vec<u32> = (0..source.below(17)).map(|_| weight(source)).collect();
    let picks = source.below(3_000);
    let split = Split::new(&weights);
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let live = weights.iter().filter(|weight| **weight > 0).count();
    let bound = if live <= 2 { 1.0 } else { (live as f64).log2().ceil() };
    let mut counts = vec![0_u32; weights.len()];
    for n in (0_u64..).take(picks) {
        let Some(position) = split.pick(n) else {
            ensure(total == 0, || format!("{weights:?} at {n}: nobody"))?;
            break;
        };
        let count = counts.get_mut(position).ok_or_else(|| format!("{weights:?} at {n}: position {position}"))?;
        *count += 1;
        for (count, weight) in counts.iter().zip(&weights) {
            let share = (n + 1) as f64 * f64::from(*weight) / total as f64;
            ensure((f64::from(*count) - share).abs() <= bound + 1e-6, || format!("{weights:?} at {n}: {counts:?}"))?;
        }
    }
    let random = (0..8).fold(0_u64, |random, _| random << 8 | source.below(256) as u64);
    match split.pick_by(random) {
        Some(position) => ensure(weights.get(position).is_some_and(|weight| *weight > 0), || {
            format!("{weights:?} by {random}: position {position}")
        }),
        None => ensure(total == 0, || format!("{weights:?} by {random}: nobody")),
    }
}

fn weight(source: &mut dyn Source) -> u32 {
    match source.below(4) {
        0 => u32::try_from(source.below(4)).unwrap_or(0),
        1 => u32::try_from(source.below(256)).unwrap_or(0),
        2 => u32::try_from(source.below(65_536)).unwrap_or(0),
        _ => u32::MAX >> source.below(32),
    }
}
