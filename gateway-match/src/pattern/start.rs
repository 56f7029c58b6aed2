//! How the texts begin that a pattern takes: what tells most other texts apart at a glance.

/// The first bytes of every text that a pattern takes, and what can come behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextStart {
    /// The first bytes, [`MOST_KNOWN`] at most; in the highest byte how many bytes all texts share, which may be more.
    bytes: u64,
    /// A bit for each two bytes that can come behind those that are shared.
    next: u64,
}

/// So many bytes are compared.
const MOST_KNOWN: usize = 7;

/// Where nothing is known of what comes next.
const ANYTHING: u64 = u64::MAX;

impl TextStart {
    /// How no text begins.
    pub(crate) const OF_NONE: TextStart = TextStart { bytes: 0, next: 0 };

    /// That of all texts that begin with one.
    pub(super) fn of(text: &[u8]) -> Self {
        TextStart::followed_by(text, ANYTHING)
    }

    /// That of all texts that begin with one, and then have one of some bytes, or end.
    pub(super) fn of_text_and_next(text: &[u8], can_end: bool, is_next: impl Fn(u8) -> bool) -> Self {
        let of_bytes = (0..=u8::MAX).filter(|byte| is_next(*byte)).fold(0, |next, byte| next | bit_of(Some(byte)));
        TextStart::followed_by(text, if can_end { of_bytes | bit_of(None) } else { of_bytes })
    }

    fn followed_by(text: &[u8], next: u64) -> Self {
        match u8::try_from(text.len()) {
            Ok(length) => TextStart { bytes: first_bytes(text) & mask_of(text.len()) | u64::from(length) << 56, next },
            Err(_) => TextStart { bytes: first_bytes(text) | u64::from(u8::MAX) << 56, next: ANYTHING },
        }
    }

    /// False if no text begins like that one.
    #[inline]
    pub(crate) fn is_of(self, text: &[u8]) -> bool {
        if self.next == 0 {
            return false;
        }
        // A short text counts as one with zeros behind it: those it may begin with are compared whole later.
        let differing = (first_bytes(text) ^ self.bytes) & mask_of(self.length());
        differing == 0 && self.next & bit_of(text.get(self.length()).copied()) != 0
    }

    /// How all texts begin that begin in one of two ways.
    pub(crate) fn shared(self, other: TextStart) -> TextStart {
        if self.bytes == other.bytes {
            return TextStart { bytes: self.bytes, next: self.next | other.next };
        }
        // Bytes count from the lowest on; what differs in one bit is unknown from that byte on.
        let same = (self.bytes ^ other.bytes).trailing_zeros() as usize / 8;
        let length = same.min(self.length()).min(other.length()).min(MOST_KNOWN);
        TextStart { bytes: self.bytes & mask_of(length) | (length as u64) << 56, next: ANYTHING }
    }

    #[inline]
    fn length(self) -> usize {
        (self.bytes >> 56) as usize
    }
}

/// Ones where bytes are compared.
#[inline]
fn mask_of(length: usize) -> u64 {
    !(u64::MAX << (8 * length.min(MOST_KNOWN)))
}

/// The bit of what comes next, nothing among it.
#[inline]
fn bit_of(next: Option<u8>) -> u64 {
    1 << next.map_or(63, |byte| byte >> 1 & 63)
}

/// The first bytes of a text, zeros where it has no more, and zero in the highest byte.
#[inline]
fn first_bytes(text: &[u8]) -> u64 {
    let bytes = match text.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().rev().fold(0, |bytes, byte| bytes << 8 | u64::from(*byte)),
    };
    bytes & mask_of(MOST_KNOWN)
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT_SIZE_LIMIT, Pattern};
    use super::*;

    fn start(text: &str) -> TextStart {
        Pattern::compile(text, DEFAULT_SIZE_LIMIT).unwrap().start()
    }

    #[test]
    fn the_start_of_a_pattern_tells_texts_apart_at_a_glance() {
        let cases = [
            ("/api/v[0-9]+", "/api/v1", true),
            ("/api/v[0-9]+", "/api/vx", false),
            ("/api/v[0-9]+", "/api/v", false),
            ("/api/v[0-9]+", "/api/x", false),
            ("/a[0-9]", "/b1", false),
            ("/a[0-9]", "/", false),
            ("/a[0-9]", "", false),
            ("/orders/[0-9]+", "/order", false),
            ("/orders/[0-9]+", "/orders-and-more", false),
            ("/orders/[0-9]+", "/orders/7", true),
            ("/orders/[0-9]+", "/orders/items", false),
            ("/orders(/.*)?", "/orders", true),
            ("/orders(/.*)?", "/orders/x", true),
            ("/orders(/.*)?", "/orders-x", false),
            ("/orders", "/orders", true),
            ("/orders", "/orders/x", false),
            ("[a-c].*", "b", true),
            ("[a-c].*", "x", false),
            ("/a|/b", "/c", true),
            ("a|b", "c", true),
            // What comes behind 255 bytes is not looked at.
            (&format!("/{}", "x".repeat(300)), &format!("/{}", "x".repeat(299)), true),
            (&format!("/{}", "x".repeat(300)), "/y", false),
        ];
        for (text, input, expected) in cases {
            assert_eq!(start(text).is_of(input.as_bytes()), expected, "`{text}`, `{input}`");
        }
        for text in ["", "/", "~", "\u{7f}"] {
            assert!(!TextStart::OF_NONE.is_of(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_several_patterns_share_is_how_all_of_their_texts_begin() {
        let patterns = [
            "/api/orders/[0-9]+",
            "/api/orders/[a-c]+x?",
            "/api/order/[0-9]+",
            "/api/ord",
            "/api/x",
            "/apx",
            "",
            "x",
            "/.+",
            "/(a|b)",
        ];
        let texts =
            ["/api/orders/7", "/api/orders/b", "/api/order/7", "/api/ord", "/api/x", "/apx", "", "x", "/a", "/7"];
        for pattern in patterns {
            assert_eq!(start(pattern).shared(start(pattern)), start(pattern), "{pattern}");
            for other in patterns {
                let shared = start(pattern).shared(start(other));
                assert_eq!(shared, start(other).shared(start(pattern)));
                for text in texts.map(str::as_bytes) {
                    let is_taken = start(pattern).is_of(text) || start(other).is_of(text);
                    assert!(!is_taken || shared.is_of(text), "{pattern} and {other}, {text:?}");
                }
            }
        }
        let orders = start("/api/orders/[0-9]+").shared(start("/api/orders/[a-c]+x?"));
        assert!(orders.is_of(b"/api/orders/b") && orders.is_of(b"/api/orders/7") && !orders.is_of(b"/api/orders/x"));
        assert!(!start("/api/x").shared(start("/apx")).is_of(b"/ax"));
    }
}
