//! Medians of engines that take turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::contest::{Contestant, Engine};
use crate::workload::{Asked, Request, Table};

/// How many requests a batch has: enough that reading the clock costs nothing, few enough that they stay in the
/// cache, as a request that was just read is.
const BATCH: usize = 64;

/// How long the turn of an engine is.
const TURN: Duration = Duration::from_millis(10);

/// How long of that it answers unmeasured, until the caches have what they have where it runs alone.
const WARM_UP: Duration = Duration::from_micros(2_500);

/// The nanoseconds a lookup of one engine: its turns, in each of which there is a number a batch.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<Vec<f64>>);

impl Sample {
    /// The median of all batches.
    pub fn median(&self) -> f64 {
        median(&self.batches())
    }

    /// The quartiles around it: a quarter of the batches was faster than the first, a quarter slower than the other.
    pub fn quartiles(&self) -> (f64, f64) {
        let mut sorted = self.batches();
        sorted.sort_by(f64::total_cmp);
        let at = |quarter: usize| sorted.get(sorted.len() * quarter / 4).copied().unwrap_or(f64::NAN);
        (at(1), at(3))
    }

    /// How many times the time of another engine it is: the median of that in each round.
    ///
    /// A shared machine runs at one speed for some seconds and then at another. Both engines meet that in a round, while
    /// of two medians over all rounds one may be of the one speed and the other of the other.
    pub fn ratio_to(&self, other: &Sample) -> f64 {
        let rounds = self.0.iter().zip(&other.0);
        median(&rounds.map(|(own, others)| median(own) / median(others)).collect::<Vec<_>>())
    }

    fn batches(&self) -> Vec<f64> {
        self.0.concat()
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

/// Measures engines in turns, so that what else the machine does meets all of them alike.
///
/// Within its turn an engine is alone, as it is in a proxy: it answers batch after batch of new requests, each of
/// which is read before the clock runs. They are written where those before them were, as a proxy uses its buffers
/// again: an allocator hands out what was given back longest ago, so that new ones would come to lie all over the heap
/// and drive out of the caches what engines look at. Who comes behind whom changes from round to round. An engine that
/// is slow answers the beginning of each batch only.
pub fn interleaved(table: &Table, engines: &[(Engine, Box<dyn Contestant>)], rounds: usize) -> Vec<Sample> {
    let mut samples = vec![Sample::default(); engines.len()];
    let first = table.requests(BATCH, u64::MAX);
    let counts: Vec<usize> = engines.iter().map(|(_, engine)| count_in(&**engine, &first, TURN / 4)).collect();
    for round in 0..rounds {
        for position in order(round, engines.len()) {
            let seed = u64::try_from(round).unwrap_or(0) << 32;
            samples[position].0.push(turn(table, &*engines[position].1, counts[position], seed));
        }
    }
    samples
}

/// The order of a round: everybody comes first once, and in every other turn of that the order is the reverse.
fn order(round: usize, engines: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..engines).collect();
    order.rotate_left(round % engines);
    if round / engines % 2 == 1 {
        order.reverse();
    }
    order
}

/// The nanoseconds a lookup of each batch of a turn, at least one.
fn turn(table: &Table, engine: &dyn Contestant, count: usize, seed: u64) -> Vec<f64> {
    let begin = Instant::now();
    let mut times = Vec::new();
    let mut requests = vec![Request::default(); count];
    for batch in seed.. {
        table.draw_over(&mut requests, batch);
        let asked: Vec<Asked<'_>> = requests.iter().map(Request::asked).collect();
        read(&asked);
        let is_warm = begin.elapsed() >= WARM_UP;
        let time = batch_time(engine, &asked);
        if is_warm {
            times.push(time);
            if begin.elapsed() >= TURN {
                break;
            }
        }
    }
    times
}

/// Reads every byte of requests that a decision may look at: a proxy has just parsed them.
fn read(asked: &[Asked<'_>]) {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>();
    for request in asked {
        let texts = [request.view.method(), request.view.authority(), request.view.path()];
        let texts = texts.into_iter().chain(request.view.query()).map(str::as_bytes);
        let headers = request.headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        black_box(texts.chain(headers).map(sum).sum::<usize>());
    }
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
