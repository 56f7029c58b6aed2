//! Patterns that are tried step by step, without ever going back.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};
use smallvec::SmallVec;

mod reading;

use super::start::TextStart;

/// A pattern for whole texts in which the next byte always says which way it goes on.
///
/// Most patterns for paths are such: `/orders/[0-9]+/items(/.*)?`. They need no automaton, which is most of what a
/// pattern takes to compile and to keep, and they lie in one place. All others are for [`Lazy`](super::Lazy), which
/// says the same of these: a property test compares the two.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    steps: SmallVec<[Step; MOST_STEPS]>,
    /// The bytes of the texts, one behind the other.
    texts: SmallVec<[u8; 32]>,
    classes: SmallVec<[ByteSet; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A text: where its bytes begin and end.
    Text(u16, u16),
    /// Bytes of a class, as many as there are: at least and at most so many.
    Run { class: u8, least: u8, most: Option<u8> },
    /// If the next step cannot begin here, so many steps are left out.
    Maybe(u8),
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ByteSet([u64; 4]);

/// So many steps lie beside the pattern; one with more is for an automaton.
const MOST_STEPS: usize = 12;

impl Steps {
    /// The steps of a pattern that is anchored at both ends; `None` if it is not such a pattern. O(length of the pattern).
    pub(super) fn of(anchored: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = anchored.kind() else { return None };
        let is_start = |part: &&Hir| matches!(part.kind(), HirKind::Look(Look::Start));
        let is_end = |part: &&Hir| matches!(part.kind(), HirKind::Look(Look::End));
        let starts = parts.iter().take_while(is_start).count();
        let ends = parts.iter().rev().take_while(is_end).count();
        let parts = parts.get(starts..parts.len().checked_sub(ends)?)?;
        if starts == 0 || ends == 0 {
            return None;
        }
        let mut steps = Steps::default();
        parts.iter().try_for_each(|part| steps.push(part))?;
        steps.never_goes_back().then_some(steps)
    }

    /// Whether the whole text is in the pattern's language. O(length of the text).
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.rest_of(text).is_some_and(<[u8]>::is_empty)
    }

    /// Bytes that it takes, in its place and outside of it.
    pub(super) fn size(&self) -> usize {
        let texts = if self.texts.spilled() { self.texts.capacity() } else { 0 };
        let classes = if self.classes.spilled() { self.classes.capacity() * size_of::<ByteSet>() } else { 0 };
        size_of::<Self>() + texts + classes
    }

    /// How every text begins that the pattern takes.
    pub(super) fn start(&self) -> TextStart {
        let (text, behind) = match self.steps.first() {
            Some(Step::Text(from, to)) => (self.text(*from, *to), 1),
            _ => (&[][..], 0),
        };
        let next = self.next_from(behind);
        TextStart::of_text_and_next(text, self.can_end(behind), |byte| next.has(byte))
    }

    /// Whether all steps from there on can take nothing.
    fn can_end(&self, mut position: usize) -> bool {
        while let Some(step) = self.steps.get(position) {
            position += match step {
                Step::Run { least: 0, .. } => 1,
                Step::Maybe(length) => 1 + usize::from(*length),
                _ => return false,
            };
        }
        true
    }

    /// What is left of a text behind the last step.
    fn rest_of<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let mut rest = text;
        let mut beyond_ascii = false;
        let mut steps = self.steps.as_slice();
        while let Some((step, behind)) = steps.split_first() {
            steps = behind;
            match *step {
                Step::Text(from, to) => rest = rest.strip_prefix(self.text(from, to))?,
                Step::Run { class, least, most } => {
                    let class = self.class(class);
                    let most = most.map_or(usize::MAX, usize::from);
                    let length = rest.iter().take(most).take_while(|byte| class.has(**byte)).count();
                    if length < usize::from(least) {
                        return None;
                    }
                    let (run, left) = rest.split_at_checked(length)?;
                    beyond_ascii |= class.has(u8::MAX) && !run.is_ascii();
                    rest = left;
                }
                Step::Maybe(length) => {
                    if !rest.first().is_some_and(|next| self.begins_with(behind, *next)) {
                        steps = behind.get(usize::from(length)..)?;
                    }
                }
            }
        }
        // Classes are of characters: bytes that are none are in no class.
        if beyond_ascii && std::str::from_utf8(text).is_err() {
            return None;
        }
        Some(rest)
    }

    /// Whether what the first step takes, which is not nothing, can begin with a byte.
    fn begins_with(&self, steps: &[Step], byte: u8) -> bool {
        match steps.first() {
            Some(Step::Text(from, to)) => self.text(*from, *to).first() == Some(&byte),
            Some(Step::Run { class, .. }) => self.class(*class).has(byte),
            Some(Step::Maybe(_)) | None => false,
        }
    }

    fn text(&self, from: u16, to: u16) -> &[u8] {
        self.texts.get(usize::from(from)..usize::from(to)).unwrap_or_default()
    }

    fn class(&self, class: u8) -> ByteSet {
        self.classes.get(usize::from(class)).copied().unwrap_or_default()
    }

    /// Adds the steps of a part of a pattern; `None` if there are none for it.
    fn push(&mut self, part: &Hir) -> Option<()> {
        match part.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => self.push_text(&literal.0),
            HirKind::Class(class) => {
                let class = ByteSet::of(class)?;
                // One character may be several bytes.
                (!class.has(u8::MAX)).then_some(())?;
                self.push_run(class, 1, Some(1))
            }
            HirKind::Capture(capture) => self.push(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.push(part)),
            HirKind::Repetition(repetition) => self.push_repetition(repetition),
            HirKind::Look(_) | HirKind::Alternation(_) => None,
        }
    }

    fn push_text(&mut self, bytes: &[u8]) -> Option<()> {
        std::str::from_utf8(bytes).ok()?;
        let from = u16::try_from(self.texts.len()).ok()?;
        self.texts.extend_from_slice(bytes);
        self.push_step(Step::Text(from, u16::try_from(self.texts.len()).ok()?))
    }

    fn push_run(&mut self, class: ByteSet, least: u8, most: Option<u8>) -> Option<()> {
        let known = self.classes.iter().position(|known| *known == class);
        let position = known.unwrap_or_else(|| {
            self.classes.push(class);
            self.classes.len() - 1
        });
        self.push_step(Step::Run { class: u8::try_from(position).ok()?, least, most })
    }

    fn push_repetition(&mut self, repetition: &Repetition) -> Option<()> {
        let least = u8::try_from(repetition.min).ok()?;
        let most = repetition.max.map(u8::try_from).transpose().ok()?;
        let class = match without_captures(&repetition.sub).kind() {
            HirKind::Class(class) => Some(ByteSet::of(class)?),
            HirKind::Literal(literal) => match &*literal.0 {
                [byte] => Some(ByteSet::default().with(*byte, *byte)),
                _ => None,
            },
            _ => None,
        };
        if let Some(class) = class {
            let counts_characters = least > 1 || most.is_some();
            return if class.has(u8::MAX) && counts_characters { None } else { self.push_run(class, least, most) };
        }
        if (least, most) != (0, Some(1)) {
            return None;
        }
        let position = self.steps.len();
        self.push_step(Step::Maybe(0))?;
        self.push(&repetition.sub)?;
        let length = u8::try_from(self.steps.len() - position - 1).ok()?;
        *self.steps.get_mut(position)? = Step::Maybe(length);
        // Where it begins with what may be nothing, the next byte does not tell.
        match self.steps.get(position + 1)? {
            Step::Text(from, to) => (from < to).then_some(()),
            Step::Run { least, .. } => (*least > 0).then_some(()),
            Step::Maybe(_) => None,
        }
    }

    fn push_step(&mut self, step: Step) -> Option<()> {
        self.has_room().then(|| self.steps.push(step))
    }

    fn has_room(&self) -> bool {
        self.steps.len() < MOST_STEPS
    }

    /// Whether each step that can take more or less takes what no step behind it could begin with.
    fn never_goes_back(&self) -> bool {
        (0..self.steps.len()).all(|position| match self.steps.get(position) {
            Some(Step::Run { class, least, most }) => {
                *most == Some(*least) || !self.class(*class).meets(self.next_from(position + 1))
            }
            Some(Step::Maybe(length)) => {
                let (inside, behind) = (position + 1, position + 1 + usize::from(*length));
                !self.next_from(inside).meets(self.next_from(behind))
            }
            Some(Step::Text(..)) | None => true,
        })
    }

    /// What the next byte can be before a step.
    fn next_from(&self, mut position: usize) -> ByteSet {
        let mut next = ByteSet::default();
        while let Some(step) = self.steps.get(position) {
            position += 1;
            match step {
                Step::Text(from, to) => match self.text(*from, *to).first() {
                    Some(byte) => return next.with(*byte, *byte),
                    None => continue,
                },
                Step::Run { class, least, .. } => {
                    next = next.or(self.class(*class));
                    if *least > 0 {
                        return next;
                    }
                }
                Step::Maybe(length) => {
                    next = next.or(self.next_from(position));
                    position += usize::from(*length);
                }
            }
        }
        next
    }
}

fn without_captures(mut part: &Hir) -> &Hir {
    while let HirKind::Capture(capture) = part.kind() {
        part = &capture.sub;
    }
    part
}

impl ByteSet {
    /// The bytes of a class of characters that has all characters beyond ASCII or none.
    fn of(class: &Class) -> Option<Self> {
        let mut bytes = ByteSet::default();
        match class {
            Class::Unicode(class) => {
                for range in class.ranges() {
                    let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                    let is_all_beyond = start <= 0x80 && end == u32::from(char::MAX);
                    if end >= 0x80 && !is_all_beyond {
                        return None;
                    }
                    bytes = bytes.with(u8::try_from(start).ok()?, u8::try_from(end).unwrap_or(u8::MAX));
                }
            }
            Class::Bytes(class) => {
                for range in class.ranges() {
                    if range.end() >= 0x80 {
                        return None;
                    }
                    bytes = bytes.with(range.start(), range.end());
                }
            }
        }
        Some(bytes)
    }

    fn with(mut self, from: u8, to: u8) -> Self {
        for byte in from..=to {
            if let Some(word) = self.0.get_mut(usize::from(byte / 64)) {
                *word |= 1 << (byte % 64);
            }
        }
        self
    }

    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 != 0)
    }

    fn or(self, other: ByteSet) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        ByteSet([a | e, b | f, c | g, d | h])
    }

    fn inverted(self) -> Self {
        ByteSet(self.0.map(|word| !word))
    }

    fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn meets(self, other: ByteSet) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lazy::Lazy;
    use super::super::{DEFAULT_SIZE_LIMIT, anchored_tree};
    use super::*;

    fn steps(pattern: &str) -> Option<Steps> {
        Steps::of(&anchored_tree(pattern).unwrap())
    }

    #[test]
    fn patterns_in_which_the_next_byte_tells_have_steps() {
        let cases = [
            ("", true),
            ("/orders", true),
            ("/orders/[0-9]+", true),
            ("^/orders/[0-9]+$", true),
            ("/orders/[0-9]+/items-7(/.*)?", true),
            ("/v[12]/[^/]+/x", true),
            ("/([a-z]+)(/([a-z]+))?", true),
            ("/a(b(c)?)?", true),
            ("/[0-9]{3}[0-9]*", true),
            ("/x[0-9]{2,4}", true),
            ("/über/.*", true),
            (".*", true),
            ("/a+b?c*", true),
            ("/a(/b)?c", true),
            ("/([0-9]+x)?", true),
            ("/a[0-9]b[0-9]c[0-9]d[0-9]e[0-9]f[0-9]", true),
            // It would have to go back.
            (".*/x", false),
            ("/[a-z]+b", false),
            ("/a*ab", false),
            ("/[0-9]{1,3}[0-9]", false),
            ("(/a)?/b", false),
            ("/(a?)?b", false),
            ("/(a*b)?a", false),
            ("/([0-9]*x)?", false),
            ("/a*b*a", false),
            ("[ab]*(/x)?b", false),
            // Characters are counted, and they have different lengths.
            ("/.", false),
            ("/.{2,3}", false),
            ("/[^/]?", false),
            // What is not for steps, or not yet.
            ("/foo|/bar", false),
            ("/(foo|bar)", false),
            ("(/a)*", false),
            ("(/a){2}", false),
            (r"/\w+", false),
            (r"/\bx", false),
            ("/[a-ü]*", false),
            (r"/[ü-\x{10FFFF}]*", false),
            ("/a[0-9]b[0-9]c[0-9]d[0-9]e[0-9]f[0-9]g", false),
            ("(?m)^/a$", false),
            ("(?i)/k", false),
            (r"(?-u)/[\x80-\xff]+", false),
            (r"(?-u)/\xff", false),
            ("/a/[0-9]{256}", false),
            ("/a/b[0-9]c[0-9]d[0-9]e[0-9]f[0-9]g[0-9]h[0-9]", false),
        ];
        for (pattern, expected) in cases {
            assert_eq!(steps(pattern).is_some(), expected, "`{pattern}`");
        }
        assert_eq!(Steps::of(&Hir::empty()), None, "it is not anchored");
        assert_eq!(Steps::of(&Hir::concat(vec![Hir::look(Look::Start), Hir::literal(*b"a")])), None);
    }

    #[test]
    fn what_lies_outside_of_its_place_counts_for_the_size() {
        let (short, long) = ("/a", format!("/{}", "x".repeat(1_000)));
        let size = |pattern: &str| steps(pattern).unwrap().size();
        assert_eq!(size(short), size_of::<Steps>());
        assert!(size(&long) >= size_of::<Steps>() + 1_000);
        let classes = size("/[0-9]x[a-c]x[d-f]x[g-i]");
        assert!(classes >= size_of::<Steps>() + 4 * size_of::<ByteSet>(), "{classes}");
        let both = size(&format!("{long}[0-9]x[a-c]x[d-f]x[g-i]"));
        assert!(both >= size_of::<Steps>() + 1_000 + 4 * size_of::<ByteSet>(), "{both}");
    }

    #[test]
    fn bytes_that_are_no_characters_are_in_no_class() {
        let pattern = steps("/.*").unwrap();
        for (text, expected) in [(&b"/ab"[..], true), ("/ü€".as_bytes(), true), (b"/\xff", false), (b"/\n", false)] {
            assert_eq!(pattern.is_match(text), expected, "{text:?}");
        }
    }

    const PARTS: [&str; 20] = [
        "/",
        "a",
        "b",
        "ab",
        "[a-c]",
        "[0-9]+",
        "[^/]+",
        "[^/]*",
        ".*",
        ".+",
        "(/b)?",
        "(a[0-9]*)?",
        "[ab]{2,3}",
        "[ab]{2}",
        "b?",
        "a*",
        "ü",
        "(ü/)?",
        "(/[^/]+)?",
        "($|^)",
    ];
    const TEXTS: [&[u8]; 10] = [b"/", b"a", b"b", b"ab", b"1", b"22", "ü".as_bytes(), b"\xff", b"\n", b"/b"];

    proptest! {
        #[test]
        fn steps_take_what_an_automaton_takes(
            parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..6),
            texts in prop::collection::vec(prop::collection::vec(prop::sample::select(&TEXTS[..]), 0..6), 1..30),
        ) {
            let tree = anchored_tree(&parts.concat()).unwrap();
            if let Some(steps) = Steps::of(&tree) {
                let automaton = Lazy::new(std::slice::from_ref(&tree), DEFAULT_SIZE_LIMIT, DEFAULT_SIZE_LIMIT).unwrap();
                for text in texts {
                    let text = text.concat();
                    prop_assert_eq!(steps.is_match(&text), automaton.is_match(&text), "{:?} of {}", text, parts.concat());
                    prop_assert!(!automaton.is_match(&text) || steps.start().is_of(&text));
                }
            }
        }
    }
}
