//! Where the slashes of a path are, found eight bytes at a time.

/// The positions of the slashes of a text from the last to the first, but for a slash that is its first byte.
///
/// Every request's path is gone through, and to look at each byte by itself took longer than to look up what
/// stands before the slashes.
pub(super) struct Slashes<'t> {
    text: &'t [u8],
    /// Where the block begins whose slashes are next.
    block: usize,
    /// A bit for each slash of it that is still to come.
    bits: u64,
}

/// Bytes of a block: one bit each.
pub(super) const BLOCK: usize = 64;

impl<'t> Slashes<'t> {
    #[inline]
    pub(super) fn new(text: &'t [u8]) -> Self {
        if text.len() <= BLOCK {
            return Slashes { text, block: 0, bits: bits_of::<b'/'>(text) & !1 };
        }
        let mut slashes = Slashes { text, block: text.len().div_ceil(BLOCK) * BLOCK, bits: 0 };
        slashes.fill();
        slashes
    }

    /// How many are still to come. O(length of the text before the block).
    #[inline]
    pub(super) fn left(&self) -> usize {
        let left = self.bits.count_ones() as usize;
        if self.block == 0 { left } else { left + self.before_the_block() }
    }

    #[cold]
    fn before_the_block(&self) -> usize {
        let before = self.text.get(1..self.block).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'/').count()
    }

    /// Goes to the last block before this one that has some.
    #[cold]
    fn fill(&mut self) {
        while self.bits == 0 && self.block > 0 {
            self.block -= BLOCK;
            let block = self.text.get(self.block..).unwrap_or_default();
            self.bits = bits_of::<b'/'>(block.get(..BLOCK).unwrap_or(block));
            if self.block == 0 {
                self.bits &= !1;
            }
        }
    }
}

impl Iterator for Slashes<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.bits == 0 {
            if self.block == 0 {
                return None;
            }
            self.fill();
        }
        let last = self.bits.checked_ilog2()?;
        self.bits ^= 1 << last;
        Some(self.block + last as usize)
    }
}

/// A bit for each byte of a block that is a certain one, the lowest for the first byte.
#[inline]
pub(super) fn bits_of<const BYTE: u8>(block: &[u8]) -> u64 {
    // The bits of each word come in from above and push those before them down. What a step makes of the last one
    // lets nobody turn the loop into one over several words at once, which takes longer for what paths have.
    let (mut rest, mut bits) = (block, 0);
    while let Some((word, behind)) = rest.split_first_chunk() {
        bits = bits >> 8 | bits_of_word::<BYTE>(u64::from_le_bytes(*word));
        rest = behind;
    }
    if !rest.is_empty() {
        // The last eight bytes, of which those are shifted out that were looked at.
        let word = match block.last_chunk() {
            Some(last) => u64::from_le_bytes(*last) >> (8 * (8 - rest.len())),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        bits = bits >> 8 | bits_of_word::<BYTE>(word);
    }
    let unused = BLOCK.saturating_sub(block.len()) / 8 * 8;
    bits.unbounded_shr(unused as u32)
}

/// The same of eight bytes, in the highest byte.
#[inline]
fn bits_of_word<const BYTE: u8>(word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    const HIGHEST: u64 = 0xff << 56;
    let differing = word ^ u64::from_le_bytes([BYTE; 8]);
    // The high bit of each byte that is zero; nothing is carried from one to the next.
    let zeros = !(((differing & LOW) + LOW) | differing | LOW);
    // Gathers the eight bits, which the product puts side by side into the highest byte.
    (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) & HIGHEST
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &[u8]) {
        let expected: Vec<usize> = (1..text.len()).rev().filter(|at| text[*at] == b'/').collect();
        let mut slashes = Slashes::new(text);
        for left in (0..expected.len()).rev() {
            assert_eq!(slashes.left(), left + 1);
            assert_eq!(slashes.next(), Some(expected[expected.len() - 1 - left]), "{text:?}");
        }
        assert_eq!((slashes.left(), slashes.next()), (0, None), "{text:?}");
    }

    #[test]
    fn slashes_are_found_at_every_position_and_beside_every_byte() {
        for length in 0..200 {
            check(&vec![b'/'; length]);
            for at in 0..length {
                let mut text = vec![b'a'; length];
                text[at] = b'/';
                check(&text);
            }
        }
        for byte in 0..=u8::MAX {
            check(&[byte, byte, b'/', byte, b'/', b'/', byte, byte, byte]);
        }
    }

    proptest! {
        #[test]
        fn slashes_of_any_text_are_found(text in prop::collection::vec(prop_oneof![Just(b'/'), any::<u8>()], 0..300)) {
            check(&text);
        }
    }
}
