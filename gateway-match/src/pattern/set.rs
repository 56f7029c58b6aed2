//! Many patterns in one automaton.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::anchored_tree;
use super::lazy::{Lazy, nfa_of};

/// Many patterns, tried in one pass over a text.
///
/// Compiled into one deterministic automaton while that stays small; else into one that is made as texts
/// need it, within a bound. Patterns that no such automaton can have stand [apart](PatternSet::apart).
pub(crate) struct PatternSet {
    automaton: Determined,
    /// Positions of the patterns of the automaton.
    positions: Box<[usize]>,
    apart: Box<[usize]>,
}

enum Determined {
    Ahead(dense::DFA<Vec<u32>>),
    AsNeeded(Lazy),
    /// No pattern can be tried with the others.
    Not,
}

/// Bytes of an automaton at least, for each pattern, and at most, before it is made as needed.
const LEAST_BYTES: usize = 1 << 20;
const BYTES_A_PATTERN: usize = 8 << 10;
const MOST_BYTES: usize = 16 << 20;
/// Bytes of the automaton that both are made from; patterns that are larger together are tried apart.
const MOST_NFA_BYTES: usize = 64 << 20;
/// Bytes of what is made as needed, for each thread that asks.
const CACHE_BYTES: usize = 4 << 20;

impl PatternSet {
    /// A set of patterns, each of which compiles by itself. Time and memory are bounded, however many they are.
    pub(crate) fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Self {
        let (mut trees, mut positions, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        for (position, pattern) in patterns.enumerate() {
            match anchored_tree(pattern) {
                // What a word is to Unicode takes more than the next byte to tell.
                Ok(tree) if !tree.properties().look_set().contains_word_unicode() => {
                    trees.push(tree);
                    positions.push(position);
                }
                _ => apart.push(position),
            }
        }
        let automaton = determined(&trees, MOST_NFA_BYTES);
        if matches!(automaton, Determined::Not) {
            apart.append(&mut positions);
        }
        PatternSet { automaton, positions: positions.into(), apart: apart.into() }
    }

    /// The positions of the patterns that have to be tried by themselves.
    pub(crate) fn apart(&self) -> &[usize] {
        &self.apart
    }

    /// Shows the position of each pattern that takes the whole text, of those not apart, in no order
    /// that means anything. O(length of the text).
    pub(crate) fn visit_matches(&self, text: &[u8], each: &mut dyn FnMut(usize)) {
        let mut tell = |pattern: regex_automata::PatternID| {
            if let Some(position) = self.positions.get(pattern.as_usize()) {
                each(*position);
            }
        };
        match &self.automaton {
            Determined::Ahead(automaton) => visit_ahead(automaton, text, &mut tell),
            Determined::AsNeeded(lazy) => lazy.visit_matches(text, &mut tell),
            Determined::Not => {}
        }
    }
}

fn determined(trees: &[Hir], nfa_limit: usize) -> Determined {
    let Some(nfa) = nfa_of(trees, nfa_limit) else { return Determined::Not };
    let limit = trees.len().saturating_mul(BYTES_A_PATTERN).clamp(LEAST_BYTES, MOST_BYTES);
    // All matches, not the first: which one comes first is for precedence to say.
    let ahead = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(limit))
        .determinize_size_limit(Some(limit));
    if let Ok(automaton) = dense::Builder::new().configure(ahead).build_from_nfa(&nfa) {
        return Determined::Ahead(automaton);
    }
    Lazy::of_nfa(nfa, CACHE_BYTES).map_or(Determined::Not, Determined::AsNeeded)
}

fn visit_ahead(automaton: &dense::DFA<Vec<u32>>, text: &[u8], each: &mut dyn FnMut(regex_automata::PatternID)) {
    let Ok(mut state) = automaton.start_state_forward(&Input::new(text).anchored(Anchored::Yes)) else { return };
    for byte in text {
        state = automaton.next_state(state, *byte);
        if automaton.is_special_state(state) && automaton.is_dead_state(state) {
            return;
        }
    }
    state = automaton.next_eoi_state(state);
    if automaton.is_match_state(state) {
        (0..automaton.match_len(state)).for_each(|index| each(automaton.match_pattern(state, index)));
    }
}

impl std::fmt::Debug for PatternSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatternSet").field("positions", &self.positions).field("apart", &self.apart).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT_SIZE_LIMIT, Pattern};
    use super::*;

    const TEXTS: [&str; 12] = [
        "",
        "/",
        "/a",
        "/ab",
        "/a/b",
        "/v1/items/7",
        "/v22/items",
        "/über",
        "/über/x",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaab",
        "/foo",
        "/foobar",
    ];

    fn check(patterns: &[&str]) -> PatternSet {
        let set = PatternSet::new(patterns.iter().copied());
        for text in TEXTS {
            let mut found = Vec::new();
            set.visit_matches(text.as_bytes(), &mut |position| found.push(position));
            found.sort_unstable();
            let takes = |position: &usize| {
                Pattern::compile(patterns[*position], DEFAULT_SIZE_LIMIT).unwrap().is_match(text.as_bytes())
            };
            let expected: Vec<usize> =
                (0..patterns.len()).filter(|position| !set.apart().contains(position) && takes(position)).collect();
            assert_eq!(found, expected, "`{text}` of {patterns:?}");
        }
        set
    }

    #[test]
    fn a_set_takes_what_each_of_its_patterns_takes() {
        let set = check(&[
            "/foo|/foobar",
            "/a.*",
            "",
            ".*",
            "/v[0-9]+(/.*)?",
            "/[^/]+",
            "(?i)/A",
            "/über(/x)?",
            "(?m)^/a$",
            "a)|(?:b",
            r"/\w+",
            r"/ab?",
        ]);
        assert_eq!(set.apart(), [9], "it is no pattern");
        assert!(matches!(set.automaton, Determined::Ahead(_)));
        let words = check(&[r"/\bab\b", r"/(?-u:\b)a", "/a"]);
        assert_eq!(words.apart(), [0], "Unicode's words are for other automata");
        // In a state that almost every byte leaves as it is.
        check(&["(?-u)/[^/]+"]);
        check(&[]);
    }

    #[test]
    fn patterns_that_would_blow_up_together_are_compiled_as_needed() {
        let patterns: Vec<String> = (10..30).map(|number| format!(".*a.{{{number}}}b?")).collect();
        let set = check(&patterns.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(matches!(set.automaton, Determined::AsNeeded(_)));
        let long = "a".repeat(100_000);
        let mut found = 0;
        set.visit_matches(long.as_bytes(), &mut |_| found += 1);
        assert_eq!(found, patterns.len());
    }

    #[test]
    fn patterns_that_are_too_large_together_stand_apart() {
        let trees: Vec<Hir> = (0..20).map(|number| anchored_tree(&format!(r"/{number}/\w{{20}}")).unwrap()).collect();
        assert!(matches!(determined(&trees, 1 << 16), Determined::Not));
        assert!(!matches!(determined(&trees, MOST_NFA_BYTES), Determined::Not));
    }
}
