//! Reads the steps of a pattern off its text, where that is of the usual kind.

use smallvec::SmallVec;

use super::{ByteSet, Step, Steps};

impl Steps {
    /// The steps of a pattern that has nothing but characters of ASCII, classes of a few ranges, `.`, `*`, `+`, `?`
    /// and groups; `None` for every other, and where there are no [steps](Steps::of).
    ///
    /// The same as by the parser of all expressions, which takes a hundred times as long: more than all else of
    /// compiling a route. A property test compares the two. O(length of the pattern).
    pub(in crate::pattern) fn read(pattern: &str) -> Option<Self> {
        if !pattern.is_ascii() {
            return None;
        }
        let text = pattern.strip_prefix('^').unwrap_or(pattern);
        let text = text.strip_suffix('$').unwrap_or(text);
        let mut reader = Reader { rest: text.as_bytes(), steps: Steps::default(), pending: SmallVec::new() };
        reader.read_sequence(MOST_NESTED)?;
        let Reader { rest, steps, .. } = reader;
        (rest.is_empty() && steps.never_goes_back()).then_some(steps)
    }
}

struct Reader<'t> {
    rest: &'t [u8],
    steps: Steps,
    /// The end of a text that may go on.
    pending: SmallVec<[u8; 32]>,
}

/// What one character of a text can be.
enum Atom {
    Byte(u8),
    Class(ByteSet),
}

/// So deep groups are read.
const MOST_NESTED: usize = 4;

impl Reader<'_> {
    /// Reads up to the end of the group, or of the pattern.
    fn read_sequence(&mut self, depth: usize) -> Option<()> {
        loop {
            match self.rest.first() {
                None | Some(b')') => return self.end_text(),
                Some(b'(') => self.read_group(depth)?,
                Some(_) => self.read_atom()?,
            }
        }
    }

    fn read_group(&mut self, depth: usize) -> Option<()> {
        self.end_text()?;
        let position = self.steps.steps.len();
        let depth = depth.checked_sub(1)?;
        self.rest = self.rest.strip_prefix(b"(")?;
        self.read_sequence(depth)?;
        self.rest = self.rest.strip_prefix(b")")?;
        let quantifier = self.read_quantifier()?;
        let inside = self.steps.steps.get(position..)?;
        let (first, others) = inside.split_first()?;
        match quantifier {
            None => return Some(()),
            Some((0, Some(1))) => {}
            Some(_) => return None,
        }
        let is_one_character = match first {
            Step::Text(from, to) => to - from == 1,
            Step::Run { least, most, .. } => (*least, *most) == (1, Some(1)),
            Step::Maybe(_) => return None,
        };
        // Where the group is one character, it is a run to the parser, not a group.
        if is_one_character && others.is_empty() || matches!(first, Step::Run { least: 0, .. }) {
            return None;
        }
        let length = u8::try_from(inside.len()).ok()?;
        self.steps.has_room().then(|| self.steps.steps.insert(position, Step::Maybe(length)))
    }

    fn read_atom(&mut self) -> Option<()> {
        let atom = self.atom()?;
        match (atom, self.read_quantifier()?) {
            (Atom::Byte(byte), None) => {
                self.pending.push(byte);
                Some(())
            }
            (Atom::Byte(byte), Some((least, most))) => {
                self.end_text()?;
                self.steps.push_run(ByteSet::default().with(byte, byte), least, most)
            }
            (Atom::Class(class), quantifier) => {
                self.end_text()?;
                let (least, most) = quantifier.unwrap_or((1, Some(1)));
                // One character may be several bytes, so that they cannot be counted.
                if class.has(u8::MAX) && most.is_some() {
                    return None;
                }
                self.steps.push_run(class, least, most)
            }
        }
    }

    fn atom(&mut self) -> Option<Atom> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        match byte {
            b'.' => Some(Atom::Class(ByteSet::default().with(b'\n', b'\n').inverted())),
            b'[' => self.class().map(Atom::Class),
            b'\\' => {
                let (escaped, rest) = self.rest.split_first()?;
                self.rest = rest;
                matches!(escaped, b'.' | b'-' | b'+' | b'*' | b'?' | b'$' | b'(' | b')').then_some(Atom::Byte(*escaped))
            }
            b'|' | b'*' | b'+' | b'?' | b'{' | b'}' | b']' | b'^' | b'$' => None,
            byte => Some(Atom::Byte(*byte)),
        }
    }

    /// A class of at least two characters, behind its bracket.
    fn class(&mut self) -> Option<ByteSet> {
        let is_inverted = self.rest.first() == Some(&b'^');
        self.rest = self.rest.get(usize::from(is_inverted)..)?;
        let mut class = ByteSet::default();
        let mut characters = 0_u32;
        loop {
            let (from, to, length) = match self.rest {
                [b']', ..] => break,
                [b'-', b']', ..] if characters > 0 => (b'-', b'-', 1),
                [from, b'-', to, ..] if is_in_class(*from) && is_in_class(*to) => (*from, *to, 3),
                [_, b'-', next, ..] if *next != b']' => return None,
                [byte, ..] if is_in_class(*byte) => (*byte, *byte, 1),
                _ => return None,
            };
            class = class.with(from, to);
            characters += u32::from(to.checked_sub(from)?) + 1;
            self.rest = self.rest.get(length..)?;
        }
        self.rest = self.rest.strip_prefix(b"]")?;
        match (is_inverted, characters) {
            (true, 1..) => Some(class.inverted()),
            // One character is a text to the parser, however often it is named.
            (false, 2..) if class.count() > 1 => Some(class),
            _ => None,
        }
    }

    /// How often what was read may stand there; the inner `None` if nothing is said.
    fn read_quantifier(&mut self) -> Option<Option<(u8, Option<u8>)>> {
        let quantifier = match self.rest.first() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => return None,
            _ => return Some(None),
        };
        self.rest = self.rest.get(1..)?;
        let is_followed = matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{'));
        (!is_followed).then_some(Some(quantifier))
    }

    fn end_text(&mut self) -> Option<()> {
        if self.pending.is_empty() {
            return Some(());
        }
        let text = std::mem::take(&mut self.pending);
        self.steps.push_text(&text)
    }
}

/// Whether a byte stands for itself in a class, whatever is beside it.
fn is_in_class(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::anchored_tree;
    use super::*;

    #[test]
    fn usual_patterns_are_read() {
        let patterns = [
            "",
            "/orders",
            "^/orders/[0-9]+$",
            "/orders/[0-9]+/items-7(/.*)?",
            r"/v[12]/[^/]+/x\.json",
            "/([a-z]+)(/([a-z0-9_-]+))?",
            "/a(b(cd)?)?",
            "/a+b?c*",
            ".*",
        ];
        for pattern in patterns {
            let read = Steps::read(pattern);
            assert!(read.is_some(), "`{pattern}`");
            assert_eq!(read, Steps::of(&anchored_tree(pattern).unwrap()), "`{pattern}`");
        }
        let deep = "(".repeat(100_000);
        for other in [
            "/x(a)?",
            "/x([ab])?",
            "/x([0-9]*a)?",
            r"[\da]",
            "[a&&b]",
            "[aa]",
            "/über",
            "a{2}",
            "a|b",
            "a**",
            "(a",
            "a)",
            "[a",
            "[z-a]",
            "(?i)a",
            r"\d",
            r"a\",
            "*",
            "()",
            "[]",
            &deep,
        ] {
            assert_eq!(Steps::read(other), None, "`{other:.20}`");
        }
    }

    const PARTS: [&str; 37] = [
        "/", "a", "b", "-", "$", "^", ".", "*", "+", "?", "(", ")", "(/", ")?", "[", "]", "[^", "{", "}", "{2}", "|",
        r"\.", r"\d", r"\$", "&&", "~", "[a-c]", "[0-9]+", "[^/]+", "[a-]", "[-a]", "[--a]", "[a]", "[aa]", "[^a]*",
        "[a-b-c]", "\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4 * ProptestConfig::default().cases))]
        #[test]
        fn what_is_read_is_what_the_parser_of_all_expressions_reads(
            parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..8),
        ) {
            let pattern = parts.concat();
            if let Some(steps) = Steps::read(&pattern) {
                let tree = anchored_tree(&pattern);
                prop_assert!(tree.is_ok(), "`{}` is none", pattern);
                prop_assert_eq!(Some(steps), Steps::of(&tree.unwrap()), "`{}`", pattern);
            }
        }
    }
}
