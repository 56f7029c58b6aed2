//! Nanoseconds a pick among weighted backends.

use std::hint::black_box;

use gateway_benches::{median, seconds};
use gateway_match::{Counter, Split};

use crate::figure::{Figure, note};
use crate::lookups::time_on;

const ROUNDS: usize = 31;
const PICKS: u64 = 100_000;

pub(crate) fn measure(figures: &mut Vec<Figure>) {
    let few = Split::new(&[9, 1]);
    let many = Split::new(&(1..=16).collect::<Vec<_>>());
    let runs: [(&'static str, &dyn Fn()); 6] = [
        ("smooth pick of 2", &|| smooth(&few)),
        ("smooth pick of 16", &|| smooth(&many)),
        ("stateless pick of 2", &|| stateless(|random| few.pick_random(random))),
        ("stateless pick of 16", &|| stateless(|random| many.pick_random(random))),
        ("stateless pick of 2 that moves few when weights change", &|| stateless(|random| few.pick_by(random))),
        ("stateless pick of 16 that moves few when weights change", &|| stateless(|random| many.pick_by(random))),
    ];
    let mut times = runs.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for position in (0..runs.len()).chain((0..runs.len()).rev()) {
            times[position].push(a_pick(seconds(runs[position].1).0));
        }
    }
    for ((name, _), times) in runs.iter().zip(&times) {
        note(figures, name, median(times), "ns");
    }
    measure_threads(&many, figures);
}

/// One counter that two threads share, and one for each.
fn measure_threads(split: &Split, figures: &mut Vec<Figure>) {
    let mut times = [const { Vec::new() }; 3];
    let mut scales = Vec::new();
    for _ in 0..ROUNDS {
        let counter = Counter::new();
        let shared = || {
            for _ in 0..PICKS {
                black_box(split.pick(counter.next()));
            }
        };
        let (alone, together) = (time_on(1, shared), time_on(2, shared));
        let own = time_on(2, || smooth(split));
        times[0].push(a_pick(alone));
        times[1].push(a_pick(together) / 2.0);
        times[2].push(a_pick(own) / 2.0);
        scales.push(2.0 * alone / own);
    }
    note(figures, "pick of 16 with a shared splitter, one thread", median(&times[0]), "ns");
    note(figures, "pick of 16 with a shared splitter, two threads", median(&times[1]), "ns");
    note(figures, "pick of 16 with a splitter a thread, two threads", median(&times[2]), "ns");
    note(figures, "picks with a splitter a thread, two threads against one", median(&scales), "×");
}

fn smooth(split: &Split) {
    let counter = Counter::new();
    for _ in 0..PICKS {
        black_box(split.pick(counter.next()));
    }
}

fn stateless(pick: impl Fn(u64) -> Option<usize>) {
    let mut random = 0_u64;
    for _ in 0..PICKS {
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        black_box(pick(black_box(random)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn a_pick(seconds: f64) -> f64 {
    seconds * 1e9 / PICKS as f64
}
