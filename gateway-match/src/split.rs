//! Which backend of a rule gets this request: the split by weight.
//!
//! Spec: `HTTPRoute`, `spec.rules[].backendRefs[].weight`, and the same field of the four other
//! route kinds. A backend gets weight / (sum of all weights in the rule) of the requests, and
//! nothing at all when its weight is 0.
//!
//! Three ways to pick, all pure functions of a [`Split`] and one number:
//!
//! | | [`Split::pick`] | [`Split::pick_by`] | [`Split::pick_random`] |
//! |-|-|-|-|
//! | the number | which pick this is, from a [`Counter`] | a hash of the client, or random | random |
//! | the shares | exact, with a bound at every moment | right on average | right on average |
//! | state | one number per rule, kept by the caller | none | none |
//! | after a change of weights | starts on a new sequence | only the necessary share moves | nothing stays |
//! | cost for k backends | O(log k) | O(k) | O(log k) |
//!
//! Whether a backend is usable plays no part here: an invalid one keeps its weight, and the caller
//! answers its share with an error.

use std::hint::select_unpredictable;
use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

/// The weights of one rule's backends, ready for picking.
///
/// Built once per rule; picking then neither allocates nor changes anything. Backends are named by
/// their position in the list that the split was made from. The API allows 16 backends with
/// weights up to 1,000,000; any `u32` and any length do here (entries past position 2³² − 2 are
/// ignored, they would take 16 GiB of weights).
///
/// ```
/// use gateway_match::{Counter, Split};
///
/// let split = Split::new(&[9, 1]);
/// let counter = Counter::new();
/// let picks: Vec<_> = (0..10).filter_map(|_| split.pick(counter.next())).collect();
/// assert_eq!(picks, [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
/// ```
///
/// # The law of `pick`
///
/// Let S be [`period`](Split::period), the sum of the weights over their greatest common divisor,
/// and k the number of backends with a weight. After the picks `0..n`, for every n, each backend's
/// count is within ⌈log₂ k⌉ / 2 of n × weight / sum: within half a pick for two backends, within
/// two picks for sixteen. When n is a multiple of S the counts are exact. Hence any run of
/// consecutive picks, wherever it begins, is within ⌈log₂ k⌉ of the shares.
///
/// Why: the backends are the leaves of a balanced binary tree. At a node whose left side weighs a
/// out of t, the left side has had round(m × a / t) of the node's first m picks, which is off by
/// half a pick at most; pick m goes left when that count grows with it. A node that itself got too
/// many or too few hands a share of its error down, so errors add up to at most one half per
/// level. At multiples of S nothing is rounded at the root, nor by induction below it.
///
/// # The law of `pick_by`
///
/// Every backend draws a waiting time from the caller's number and its own key, exponentially
/// distributed with its weight as the rate, and the shortest one wins; that is weighted rendezvous
/// hashing. Over uniform numbers the chance to win is weight / sum, to a relative error below
/// 2 × 10⁻⁵ for the API's weights. A backend's time depends on nothing but the number, its own key
/// and its own weight. So a raised weight moves requests only *to* that backend, a lowered one only
/// *away from* it, and removing a backend (or setting its weight to 0) moves no request but its
/// own. All arithmetic is on integers: the answer is the same on every platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// As given, zeros included.
    weights: SmallVec<[u32; 4]>,
    total: u64,
    /// The entries with a weight, in the order of the list.
    leaves: SmallVec<[Leaf; 2]>,
    /// The nodes of the tree above them, each where its right side begins, less one.
    nodes: Box<[Node]>,
    /// What the numbers of picks are counted modulo.
    round: Divisor,
    /// The positions of a whole period, where that is [short](MOST_KEPT): to look one up is quicker than the tree.
    sequence: Box<[u8]>,
    /// The same entries in the order of their keys, so that the order of the list decides nothing,
    /// not even a tie.
    contenders: SmallVec<[Contender; 2]>,
}

/// The sequence of a period is kept up to this length, which that of percentages does not exceed.
const MOST_KEPT: u64 = 256;

/// Why there is no [`Split`] for these weights and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// Every weight needs exactly one key.
    #[error("a split of {weights} weights was given {keys} keys")]
    KeyCount {
        /// How many weights were given.
        weights: usize,
        /// How many keys were given.
        keys: usize,
    },
}

impl Split {
    /// The split of these weights, where [`pick_by`](Split::pick_by) knows a backend by its
    /// position.
    ///
    /// Enough for [`pick`](Split::pick), and for `pick_by` on lists that never change their order;
    /// otherwise see [`with_keys`](Split::with_keys). O(k log k).
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        Self::build(weights, 0..)
    }

    /// The split of these weights, where [`pick_by`](Split::pick_by) knows a backend by its key:
    /// a hash of what the backend *is* (kind, namespace, name, port), so that a request stays where
    /// it is when another backend is inserted before its own.
    ///
    /// The keys need no good distribution, only to be distinct. A key that occurs again (one
    /// Service listed twice) stands for a backend of its own: the second of that key, the third,
    /// and so on in the order of the list. [`pick`](Split::pick) ignores keys. O(k log k).
    ///
    /// ```
    /// use gateway_match::Split;
    ///
    /// let (cart, search, fresh) = (0xca27, 0x5ea2, 0xf2e5);
    /// let before = Split::with_keys(&[3, 1], &[cart, search])?;
    /// let after = Split::with_keys(&[1, 3, 1], &[fresh, cart, search])?;
    /// for client in (0..1000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
    ///     match (before.pick_by(client), after.pick_by(client)) {
    ///         (_, Some(0)) => {} // one of those that the new backend took over
    ///         (old, new) => assert_eq!(old.map(|position| position + 1), new),
    ///     }
    /// }
    /// # Ok::<(), gateway_match::SplitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SplitError::KeyCount`] unless there are as many keys as weights.
    pub fn with_keys(weights: &[u32], keys: &[u64]) -> Result<Self, SplitError> {
        if weights.len() != keys.len() {
            return Err(SplitError::KeyCount { weights: weights.len(), keys: keys.len() });
        }
        Ok(Self::build(weights, keys.iter().copied()))
    }

    /// The backend of pick number `n`, counted from 0; `None` when no backend has a weight.
    ///
    /// Pure: the same `n` gives the same backend, in whatever order the numbers are asked for. How
    /// evenly the picks are spread is stated [above](Split#the-law-of-pick). The first pick goes to
    /// the heavier side of the list, and of two backends to the heavier one, the first on a tie.
    ///
    /// Two multiplications and a look-up where the [`period`](Split::period) is at most 256, as that of percentages is;
    /// else O(log k) for k backends with a weight: two multiplications for each doubling of k and two more.
    /// No allocation. Divisions, of 128 bits, are only done where the period exceeds `u32`, as it does for no
    /// weights that the API allows.
    #[must_use]
    pub fn pick(&self, n: u64) -> Option<usize> {
        let m = if self.leaves.len() > 1 { self.round.divide(n).1 } else { 0 };
        match usize::try_from(m).ok().and_then(|m| self.sequence.get(m)) {
            Some(position) => Some(usize::from(*position)),
            None => self.pick_in_tree(m),
        }
    }

    /// The backend of a pick below the period.
    fn pick_in_tree(&self, mut m: u64) -> Option<usize> {
        let (mut low, mut high) = (0, self.leaves.len());
        while high - low > 1 {
            let middle = low.midpoint(high);
            let (had, goes_left) = self.nodes.get(middle - 1)?.left_side(m);
            if goes_left {
                (high, m) = (middle, had);
            } else {
                (low, m) = (middle, m - had);
            }
        }
        self.leaves.get(low).map(Leaf::position)
    }

    /// How many of the picks `0..n` each backend gets, by position; all 0 when no backend has a
    /// weight.
    ///
    /// What `n` calls of [`pick`](Split::pick) would add up to, in O(length of the list) whatever
    /// `n` is. The picks `m..n` are the difference of two such lists.
    ///
    /// ```
    /// use gateway_match::Split;
    ///
    /// let split = Split::new(&[70, 0, 30]);
    /// assert_eq!(split.counts(1_000_001), [700_001, 0, 300_000]);
    /// ```
    #[must_use]
    pub fn counts(&self, n: u64) -> Vec<u64> {
        let mut counts = vec![0; self.weights.len()];
        let period = self.period();
        if period == 0 {
            return counts;
        }
        let (rounds, rest) = self.round.divide(n);
        // At most one range waits per level of the tree.
        let mut waiting: SmallVec<[_; 8]> = SmallVec::new();
        waiting.push((0, self.leaves.len(), 0, period, rest));
        while let Some((low, high, before, through, m)) = waiting.pop() {
            if high - low > 1 {
                let middle = low.midpoint(high);
                if let Some(node) = self.nodes.get(middle - 1) {
                    let ((had, _), divide) = (node.left_side(m), before + node.left);
                    waiting.push((middle, high, divide, through, m - had));
                    waiting.push((low, middle, before, divide, had));
                }
            } else if let Some(leaf) = self.leaves.get(low)
                && let Some(count) = counts.get_mut(leaf.position())
            {
                *count = rounds * (through - before) + m;
            }
        }
        counts
    }

    /// The backend for a number of the caller's that is uniform over `u64`: a random number, or a
    /// hash of whatever should stay together (a session, a client); `None` when no backend has a
    /// weight.
    ///
    /// The same number gives the same backend, and a change of the weights moves only the requests
    /// that it must, as stated [above](Split#the-law-of-pick_by). The number is mixed with each
    /// key, so one that also serves elsewhere (to choose an endpoint within the backend) does no
    /// harm.
    ///
    /// O(k) for k backends with a weight: four multiplications and a look-up in a table of 1 KiB for
    /// each, no division, no branch that depends on the number, no allocation.
    #[must_use]
    pub fn pick_by(&self, random: u64) -> Option<usize> {
        let mut winner = self.contenders.first()?.position;
        if self.contenders.len() > 1 {
            // A hash of 32 bits or a running number does no harm, though it is not what was asked for.
            let random = mix(random);
            let mut shortest = u64::MAX;
            for contender in &self.contenders {
                let wait = high_half(unit_wait(fold(random ^ contender.key)), contender.slowness);
                // Which way this goes is random by design, so a branch would be mispredicted.
                let shorter = wait < shortest;
                shortest = select_unpredictable(shorter, wait, shortest);
                winner = select_unpredictable(shorter, contender.position, winner);
            }
        }
        Some(winner as usize)
    }

    /// The backend for a number of the caller's that is uniform over `u64`, with nothing kept from one change of
    /// the weights to the next; `None` when no backend has a weight.
    ///
    /// For callers who only want the shares to be right on average, and quickly: weight / sum, to within
    /// [`period`](Split::period) / 2⁶⁴. Where a session or a client should stay with its backend,
    /// [`pick_by`](Split::pick_by) moves fewer of them when weights change.
    ///
    /// O(log k) for k backends with a weight: one multiplication and a binary search, no allocation.
    ///
    /// ```
    /// use gateway_match::Split;
    ///
    /// let split = Split::new(&[1, 0, 3]);
    /// let quarters = [0, u64::MAX / 4 + 1, u64::MAX / 2 + 1, u64::MAX];
    /// assert_eq!(quarters.map(|random| split.pick_random(random)), [Some(0), Some(2), Some(2), Some(2)]);
    /// ```
    #[must_use]
    pub fn pick_random(&self, random: u64) -> Option<usize> {
        let ticket = high_half(random, self.period());
        self.leaves.get(self.leaves.partition_point(|leaf| leaf.through <= ticket)).map(Leaf::position)
    }

    /// The share of the backend at `position`, weight / sum: 0 for weight 0, for all when every
    /// weight is 0, and past the end of the list.
    #[must_use]
    pub fn share(&self, position: usize) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        f64::from(self.weight(position)) / self.total as f64
    }

    /// The weight of the backend at `position`, as given; 0 past the end of the list.
    #[must_use]
    pub fn weight(&self, position: usize) -> u32 {
        self.weights.get(position).copied().unwrap_or(0)
    }

    /// The sum of all weights. 0 means that there is nothing to pick.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// After how many picks the sequence of [`pick`](Split::pick) repeats and the counts are
    /// exact: the sum of the weights over their greatest common divisor; 0 when there is nothing
    /// to pick.
    #[must_use]
    pub fn period(&self) -> u64 {
        self.leaves.last().map_or(0, |leaf| leaf.through)
    }

    /// How many backends the list has, those with weight 0 included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether the list has no backend. One whose weights are all 0 is not empty, see
    /// [`total`](Split::total).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    fn build(weights: &[u32], keys: impl Iterator<Item = u64>) -> Self {
        let entries = || (0..u32::MAX).zip(weights.iter().copied());
        let divisor = entries().fold(0, |divisor, (_, weight)| gcd(divisor, weight));

        // Fewer than 2³² weights below 2³² each: no sum of them overflows.
        let mut through = 0;
        let leaves: SmallVec<[Leaf; 2]> = entries()
            .filter(|&(_, weight)| weight > 0)
            .map(|(position, weight)| {
                through += u64::from(weight / divisor);
                Leaf { through, position }
            })
            .collect();
        let nodes = nodes_above(&leaves);

        let mut keyed: SmallVec<[(u64, u32, u32); 4]> =
            keys.zip(entries()).map(|(key, (position, weight))| (key, position, weight)).collect();
        keyed.sort_unstable();
        let mut last = None;
        let mut contenders: SmallVec<[Contender; 2]> = SmallVec::new();
        for (key, position, weight) in keyed {
            let occurrence = match last {
                Some((same, occurrence)) if same == key => occurrence + 1,
                _ => 0_u64,
            };
            last = Some((key, occurrence));
            // An entry of weight 0 counts as an occurrence: its weight may come back.
            if weight > 0 {
                contenders.push(Contender {
                    key: mix(mix(key.wrapping_add(STEP)).wrapping_add(occurrence)),
                    slowness: u64::MAX / u64::from(weight),
                    position,
                });
            }
        }

        let mut split = Self {
            weights: entries().map(|(_, weight)| weight).collect(),
            total: through * u64::from(divisor),
            leaves,
            nodes,
            round: Divisor::new(through),
            sequence: Box::default(),
            contenders,
        };
        split.sequence = split.short_sequence().unwrap_or_default();
        split
    }

    /// The positions of a whole period, if it is short and there is a choice.
    fn short_sequence(&self) -> Option<Box<[u8]>> {
        if self.leaves.len() < 2 || self.period() > MOST_KEPT {
            return None;
        }
        (0..self.period()).map(|m| u8::try_from(self.pick_in_tree(m)?).ok()).collect()
    }
}

/// The number of the next pick: the one piece of state that [`Split::pick`] needs.
///
/// Kept by the caller beside the router, one per rule and keyed by the rule's identity, so that it
/// outlives both. Sharing it between threads is the point: each number is handed out once, so
/// the threads' picks *together* are the sequence of the split, exact in total. Threads that shall
/// not wait for each other keep a number each, for which a `u64` or a `Cell` will do: then the picks
/// of each are exact, and those of t threads together within t times the bound.
///
/// **When the weights change** the counter stays as it is, and the new split's sequence is joined
/// in the middle: from there to the next change, each backend's count is within ⌈log₂ k⌉ of its
/// share. A counter that restarted at every update would send the first request after each to the
/// same backend, and on a quiet route with frequent updates perhaps every request. An update that
/// leaves the weights alone changes nothing. Across many changes errors usually cancel, but nothing
/// bounds their sum: weights that alternate in step with the requests can favour a backend.
///
/// **At 2⁶⁴ picks** (584 years at a billion a second) it continues at 0: one more place where a
/// sequence is joined in the middle, nothing worse.
///
/// ```
/// use gateway_match::{Counter, Split};
///
/// let counter = Counter::new();
/// let (before, after) = (Split::new(&[1, 1]), Split::new(&[1, 3]));
/// assert_eq!(before.pick(counter.next()), Some(0));
/// assert_eq!(after.pick(counter.next()), Some(0));
/// assert_eq!(after.pick(counter.next()), Some(1));
/// ```
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// A counter whose first number is 0.
    #[must_use]
    pub const fn new() -> Self {
        Self::starting_at(0)
    }

    /// A counter whose first number is `n`: one that goes on where another stopped, or one of many
    /// proxies, which should not all give their first request to the same backend.
    #[must_use]
    pub const fn starting_at(n: u64) -> Self {
        Self(AtomicU64::new(n))
    }

    /// The number of this pick. One relaxed atomic addition: nothing but the number itself is
    /// ordered between threads.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// The number that the next pick will get, without taking it.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A leaf of the tree. The tree itself is implicit: a node is a range of leaves, halved until one
/// is left, and its weight is a difference of two sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leaf {
    /// The sum of the weights up to and including this one, each over the common divisor.
    through: u64,
    position: u32,
}

impl Leaf {
    fn position(&self) -> usize {
        self.position as usize
    }
}

/// A node of the tree: two sides of it have a weight each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Node {
    /// The weight of the left side.
    left: u64,
    /// That of both.
    sum: Divisor,
}

impl Node {
    /// Of the first `m` picks at a node, how many went left, and whether pick `m` does, if the left
    /// side weighs `left` out of `sum`, with 0 < `left` < `sum` and `m` < `sum`.
    #[inline]
    fn left_side(&self, m: u64) -> (u64, bool) {
        let sum = self.sum.number;
        // round(m × left / sum) grows with the next m when the remainder is within `left` of the top.
        let (had, remainder) = if sum <= u64::from(u32::MAX) {
            // Below (sum − 1)² + sum / 2, hence below 2⁶⁴.
            self.sum.divide(m * self.left + sum / 2)
        } else {
            let (m, left, sum) = (u128::from(m), u128::from(self.left), u128::from(sum));
            let rounded = m * left + sum / 2;
            ((rounded / sum) as u64, (rounded % sum) as u64)
        };
        (had, remainder >= sum - self.left)
    }
}

/// The nodes of the tree above some leaves.
fn nodes_above(leaves: &[Leaf]) -> Box<[Node]> {
    let through = |end: usize| end.checked_sub(1).and_then(|last| leaves.get(last)).map_or(0, |leaf| leaf.through);
    let mut nodes = vec![Node::default(); leaves.len().saturating_sub(1)];
    // At most one range waits per level of the tree.
    let mut waiting: SmallVec<[(usize, usize); 8]> = SmallVec::new();
    waiting.push((0, leaves.len()));
    while let Some((low, high)) = waiting.pop() {
        if high - low > 1 {
            let middle = low.midpoint(high);
            let before = through(low);
            if let Some(node) = nodes.get_mut(middle - 1) {
                *node = Node { left: through(middle) - before, sum: Divisor::new(through(high) - before) };
            }
            waiting.push((middle, high));
            waiting.push((low, middle));
        }
    }
    nodes.into()
}

/// A number to divide by again and again, which multiplication does quicker; threads that share a core
/// share its one unit for divisions too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Divisor {
    number: u64,
    /// 2⁶⁴ − 1 over it, rounded down.
    reciprocal: u64,
}

impl Divisor {
    fn new(number: u64) -> Self {
        Divisor { number, reciprocal: u64::MAX.checked_div(number).unwrap_or(0) }
    }

    /// The quotient and the remainder; of zero, zero and all.
    ///
    /// The reciprocal is less than one below 2⁶⁴ / number, so that the product is less than one below the
    /// quotient, and rounded down it is the quotient or one less.
    #[inline]
    fn divide(self, dividend: u64) -> (u64, u64) {
        let quotient = high_half(dividend, self.reciprocal);
        let remainder = dividend - quotient * self.number;
        if remainder >= self.number && self.number > 0 {
            (quotient + 1, remainder - self.number)
        } else {
            (quotient, remainder)
        }
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// What a backend with a weight brings to [`Split::pick_by`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Contender {
    /// Mixed, and different for each occurrence of one key.
    key: u64,
    /// 2⁶⁴ over the weight, rounded down: a larger weight never gives a larger value, which is all
    /// that "moves only to it" needs.
    slowness: u64,
    position: u32,
}

/// 2⁶⁴ over the golden ratio. Keeps small keys from entering [`mix`] as small numbers, and 0 as 0.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A bijection of `u64` in which every bit of the result depends on every bit of `x`: the output
/// function of the SplitMix64 generator.
const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A hash of `x` that costs one multiplication: x times its own variation, both halves of the
/// product together (the output function of the wyrand generator).
fn fold(x: u64) -> u64 {
    let product = u128::from(x) * u128::from(x ^ STEP);
    (product >> 64) as u64 ^ product as u64
}

const fn high_half(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

/// The waiting time −log₂(u) of a backend with weight 1, in units of 2⁻⁵⁷, where u is uniform in
/// (0, 1] when `hash` is uniform. Relative error below 2⁻¹⁵·⁸, however short the time.
///
/// The whole part of such a time and its fraction are independent: the first is the number of
/// tails before the first heads, the second is −log₂(1 − f/2) for an f uniform in [0, 1). So the
/// low bits of the hash are the coins, and its upper 57 bits are f. (They overlap only after seven
/// tails, and then in the lowest bits of f.) The logarithm is f times a function that is nearly
/// straight, which is interpolated; that keeps the *relative* error small near 0, where the light
/// backends win.
fn unit_wait(hash: u64) -> u64 {
    #[expect(clippy::indexing_slicing, reason = "six bits index a table of 64 entries")]
    let (start, rise) = SLOPES[(hash >> 58) as usize];
    let slope = start + rise * (hash >> 32);
    (u64::from(hash.trailing_zeros()) << 57) + high_half(hash >> 7, slope)
}

/// The chords of −log₂(1 − f/2) / f over the 64ths of [0, 1]: the value at f = 0 in units of 2⁻⁶⁴,
/// and the rise per unit of f in units of 2⁻³².
static SLOPES: [(u64, u64); 64] = slopes();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would report a bad index")]
const fn slopes() -> [(u64, u64); 64] {
    let mut slopes = [(0, 0); 64];
    // In units of 2⁻³²; the limit at f = 0 is 1 / (2 ln 2).
    let mut from: u64 = 3_098_164_009;
    let mut i = 0;
    while i < 64 {
        let f = i as u64 + 1;
        // −log₂(1 − f/128) is log₂ of 128 / (128 − f).
        let log = log2((128 << 63) / (128 - f as u128));
        let to = ((log as u128 * 64 / f as u128) >> 31) as u64;
        let rise = (to - from) * 64;
        // The chord at f = i / 64 is `from`; i / 64 of its rise goes back to f = 0.
        slopes[i] = ((from << 32) - ((rise * i as u64) << 26), rise);
        from = to;
        i += 1;
    }
    slopes
}

/// log₂ of `x` in [1, 2], both in units of 2⁻⁶³, right to about 48 bits: the square of x is
/// beyond 2 exactly when the next binary digit of its logarithm is 1.
const fn log2(mut x: u128) -> u64 {
    const ONE: u128 = 1 << 63;
    let mut log: u64 = 0;
    if x >= 2 * ONE {
        return 1 << 63;
    }
    let mut digit = 62;
    while digit >= 15 {
        x = (x * x) >> 63;
        if x >= 2 * ONE {
            x >>= 1;
            log |= 1 << digit;
        }
        digit -= 1;
    }
    log
}

#[cfg(test)]
mod tests;
