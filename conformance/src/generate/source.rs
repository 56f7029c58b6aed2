//! Where choices come from.

/// A source of choices. The smallest choice is the plainest: generators put what is ordinary
/// first, so a source that has run dry, and answers 0, makes small and plain things.
pub trait Source {
    /// A number below `n`; 0 if there is none.
    fn below(&mut self, n: usize) -> usize;
}

/// Choices from a seed: well spread, endless, the same on every machine.
///
/// The generator is SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Seed {
    state: u64,
}

impl Seed {
    /// Choices from this seed.
    pub fn new(seed: u64) -> Self {
        Seed { state: seed }
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Source for Seed {
    fn below(&mut self, n: usize) -> usize {
        let number = self.next_number();
        u64::try_from(n).ok().and_then(|n| number.checked_rem(n)).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }
}

/// Choices from bytes, as a fuzzer hands them in: one byte per choice, two where one is too few.
///
/// When the bytes are used up every choice is 0.
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// Choices from these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Bytes { rest: bytes }
    }

    fn byte(&mut self) -> usize {
        match self.rest {
            [first, rest @ ..] => {
                self.rest = rest;
                usize::from(*first)
            }
            [] => 0,
        }
    }
}

impl Source for Bytes<'_> {
    fn below(&mut self, n: usize) -> usize {
        let number = match n {
            0 | 1 => 0,
            2..=256 => self.byte(),
            _ => self.byte() << 8 | self.byte(),
        };
        number.checked_rem(n).unwrap_or(0)
    }
}

/// Choices of whatever a generator needs.
impl dyn Source + '_ {
    /// True in so many of a hundred cases; false when the source has run dry.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100_usize.saturating_sub(percent)
    }

    /// A number within bounds.
    pub(crate) fn within(&mut self, bounds: &std::ops::RangeInclusive<usize>) -> usize {
        let spread = bounds.end().saturating_sub(*bounds.start());
        bounds.start() + self.below(spread.saturating_add(1))
    }

    /// One of some values, if there are any.
    pub(crate) fn one_of<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len()))
    }

    /// One of some words; the empty one if there are none.
    pub(crate) fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        self.one_of(words).copied().unwrap_or("")
    }

    /// One of some texts; the empty one if there are none.
    pub(crate) fn text(&mut self, texts: &[String]) -> String {
        self.one_of(texts).cloned().unwrap_or_default()
    }

    /// Which of some choices, each as likely as its weight says.
    pub(crate) fn weighted<T: Copy + Default>(&mut self, choices: &[(usize, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *choice,
            }
        }
        T::default()
    }
}
