//! Nanoseconds a lookup, of every engine in every workload.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use gateway_benches::{Asked, Engine, Request, Sample, Workload, contestants, instructions, interleaved, median};

use crate::figure::{Figure, note, rounded};

/// How many turns each engine has with a table.
const ROUNDS: usize = 24;

/// What was measured of one engine with one table.
pub(crate) struct Measured {
    pub(crate) workload: Workload,
    pub(crate) size: usize,
    pub(crate) engine: Engine,
    pub(crate) nanoseconds: Sample,
    pub(crate) instructions: Option<f64>,
}

/// All of that.
pub(crate) struct Lookups(pub(crate) Vec<Measured>);

impl Lookups {
    pub(crate) fn measure(workloads: &[Workload]) -> Self {
        let mut measured = Vec::new();
        for &workload in workloads {
            for &size in workload.sizes() {
                let table = workload.table(size);
                let engines = contestants(&table);
                let samples = interleaved(&table, &engines, ROUNDS);
                print!("{workload:<4}{size:>7}");
                for ((engine, _), nanoseconds) in engines.iter().zip(samples) {
                    print!("  {} {}", engine.name(), rounded(nanoseconds.median()));
                    let instructions = instructions(*engine, workload, size);
                    measured.push(Measured { workload, size, engine: *engine, nanoseconds, instructions });
                }
                println!();
            }
        }
        Lookups(measured)
    }

    pub(crate) fn of(&self, engine: Engine, workload: Workload, size: usize) -> Option<&Measured> {
        self.0.iter().find(|found| (found.engine, found.workload, found.size) == (engine, workload, size))
    }

    /// The median, NaN if that was not measured.
    pub(crate) fn nanoseconds(&self, engine: Engine, workload: Workload, size: usize) -> f64 {
        self.of(engine, workload, size).map_or(f64::NAN, |found| found.nanoseconds.median())
    }

    /// How many times the one takes the other's time, NaN if that was not measured.
    pub(crate) fn ratio(&self, engine: Engine, other: Engine, workload: Workload, size: usize) -> f64 {
        let found = self.of(engine, workload, size).zip(self.of(other, workload, size));
        found.map_or(f64::NAN, |(own, other)| own.nanoseconds.ratio_to(&other.nanoseconds))
    }

    /// How many times the instructions of our lookup in a large table are those in a small one.
    pub(crate) fn growth(&self, workload: Workload, large: usize, small: usize) -> f64 {
        let count = |size| self.of(Engine::Ours, workload, size).and_then(|found| found.instructions);
        count(large).unwrap_or(f64::NAN) / count(small).unwrap_or(f64::NAN)
    }
}

/// Lookups in one router on one thread, and on two at the same time.
pub(crate) fn measure_threads(figures: &mut Vec<Figure>) {
    const ROUNDS: usize = 15;
    // Long enough that it does not count how long the system takes to give each thread a core of its own.
    const REPEATS: usize = 1_000;
    let table = Workload::W5.table(10_000);
    let ours = Engine::Ours.with(&table);
    let requests = table.requests(256, 0);
    let asked: Vec<Asked<'_>> = requests.iter().map(Request::asked).collect();
    let run = |threads| {
        time_on(threads, || {
            for _ in 0..REPEATS {
                black_box(ours.answer_all(black_box(&asked)));
            }
        })
    };
    let (mut one, mut scale) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (alone, together) = (run(1), run(2));
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        one.push(alone * 1e9 / (REPEATS * asked.len()) as f64);
        scale.push(2.0 * alone / together);
    }
    note(figures, "lookup, W5 of 10,000, one thread", median(&one), "ns");
    note(figures, "lookups, W5 of 10,000, two threads against one", median(&scale), "×");
}

/// The seconds until every thread has run something that they begin at the same moment.
pub(crate) fn time_on(threads: usize, run: impl Fn() + Sync) -> f64 {
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let begin = Instant::now();
                    run();
                    (begin, Instant::now())
                })
            })
            .collect();
        start.wait();
        let times: Vec<_> = running.into_iter().map(|thread| thread.join().expect("nothing panics")).collect();
        let first = times.iter().map(|time| time.0).min().expect("there is a thread");
        let last = times.iter().map(|time| time.1).max().expect("there is a thread");
        last.duration_since(first).as_secs_f64()
    })
}
