//! Nanoseconds a pick among weighted backends.

use std::hint::black_box;

use gateway_benches::{median, seconds};
use gateway_match::{Counter, Split};

use crate::figure::{Figure, note};
use crate::lookups::time_on;

const ROUNDS: usize = 31;
const PICKS: u64 = 100_000;
/// More where threads begin at one moment: it takes the system some milliseconds to give each a core of its own.
const PICKS_OF_A_THREAD: u64 = 16_000_000;
const ROUNDS_OF_THREADS: usize = 15;

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
            times[position].push(a_pick(seconds(runs[position].1).0, PICKS));
        }
    }
    for ((name, _), times) in runs.iter().zip(&times) {
        note(figures, name, median(times), "ns");
    }
    measure_threads(&many, figures);
}

/// One counter that two threads share, and a number that each keeps for itself.
fn measure_threads(split: &Split, figures: &mut Vec<Figure>) {
    let mut times = [const { Vec::new() }; 4];
    let mut scales = Vec::new();
    let own = || {
        for n in 0..PICKS_OF_A_THREAD {
            black_box(split.pick(black_box(n)));
        }
    };
    for _ in 0..ROUNDS_OF_THREADS {
        let counter = Counter::new();
        let shared = || {
            for _ in 0..PICKS_OF_A_THREAD {
                black_box(split.pick(counter.next()));
            }
        };
        let runs = [time_on(1, shared), time_on(2, shared), time_on(1, own), time_on(2, own)];
        for ((times, run), threads) in times.iter_mut().zip(runs).zip([1.0, 2.0, 1.0, 2.0]) {
            times.push(a_pick(run, PICKS_OF_A_THREAD) / threads);
        }
        scales.push(2.0 * runs[2] / runs[3]);
    }
    let names = [
        "pick of 16 with a shared splitter, one thread",
        "pick of 16 with a shared splitter, two threads",
        "pick of 16 with a splitter a thread, one thread",
        "pick of 16 with a splitter a thread, two threads",
    ];
    for (name, times) in names.into_iter().zip(&times) {
        note(figures, name, median(times), "ns");
    }
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
fn a_pick(seconds: f64, picks: u64) -> f64 {
    seconds * 1e9 / picks as f64
}
