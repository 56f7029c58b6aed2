//! Medians of interleaved batches.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::contest::{Contestant, Engine};
use crate::workload::{Asked, Request, Table};

/// How many requests a batch has: enough that reading the clock costs nothing, few enough that they stay in the
/// cache, as a request that was just read is.
const BATCH: usize = 256;

/// How long one engine may take for its part of a batch.
const SLICE: Duration = Duration::from_millis(5);

/// The nanoseconds a lookup of one engine, a number a batch.
#[derive(Clone, Debug, Default)]
pub struct Sample(pub Vec<f64>);

impl Sample {
    /// The median.
    pub fn median(&self) -> f64 {
        median(&self.0)
    }

    /// The quartiles around it: a quarter of the batches was faster than the first, a quarter slower than the other.
    pub fn quartiles(&self) -> (f64, f64) {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |quarter: usize| sorted.get(sorted.len() * quarter / 4).copied().unwrap_or(f64::NAN);
        (at(1), at(3))
    }
}

/// The median of some numbers, NaN of none.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// Measures engines on the same requests, batch by batch: each batch is new, and every engine answers it twice, in
/// one order and then in the other, so that what else the machine does meets all of them alike.
///
/// Batches are made until the time is up, at least ten and at most `most`. An engine that is slow answers the
/// beginning of each batch only.
pub fn interleaved(
    table: &Table,
    engines: &[(Engine, Box<dyn Contestant>)],
    most: usize,
    time: Duration,
) -> Vec<Sample> {
    let mut samples = vec![Sample::default(); engines.len()];
    let first = table.requests(BATCH, u64::MAX);
    let counts: Vec<usize> = engines.iter().map(|(_, engine)| count_in(&**engine, &first, SLICE)).collect();
    let begin = Instant::now();
    for batch in 0..most {
        if batch >= 10 && begin.elapsed() > time {
            break;
        }
        let requests = table.requests(BATCH, u64::try_from(batch).unwrap_or(0));
        let asked: Vec<Asked<'_>> = requests.iter().map(Request::asked).collect();
        let there = 0..engines.len();
        for position in there.clone().chain(there.rev()) {
            samples[position].0.push(batch_time(&*engines[position].1, &asked[..counts[position]]));
        }
    }
    samples
}

/// How many of the requests an engine answers in a time, at least four if there are so many.
fn count_in(engine: &dyn Contestant, requests: &[Request], time: Duration) -> usize {
    let begin = Instant::now();
    let mut count = 0;
    while count < requests.len() && (count < 4 || begin.elapsed() < time) {
        engine.answer_all(&[requests[count].asked()]);
        count += 1;
    }
    count
}

fn batch_time(engine: &dyn Contestant, asked: &[Asked<'_>]) -> f64 {
    let begin = Instant::now();
    black_box(engine.answer_all(black_box(asked)));
    let nanoseconds = begin.elapsed().as_nanos();
    #[expect(clippy::cast_precision_loss, reason = "batches take less than 2^53 ns")]
    let each = nanoseconds as f64 / asked.len() as f64;
    each
}

/// How long something takes, and what it makes.
pub fn seconds<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let begin = Instant::now();
    let made = black_box(run());
    (begin.elapsed().as_secs_f64(), made)
}
