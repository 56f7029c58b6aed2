//! Automata whose states are made as texts need them.

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input, MatchKind, PatternID};
use regex_syntax::hir::Hir;

/// A deterministic automaton of one or more patterns that take texts as a whole, made as texts need it.
///
/// Of what a pattern takes to compile, most is for finding where in a text a match is, and where it ends; nothing of
/// that is needed to try a whole text from its start.
pub(super) struct Lazy {
    automaton: DFA,
    /// One for each thread that asks at a time.
    caches: Pool<Cache, MakeCache>,
}

type MakeCache = Box<dyn Fn() -> Cache + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>;

impl Lazy {
    /// The automaton of patterns that are anchored at both ends. `None` if they are larger together than the limit
    /// (in bytes, before states are made), or if one needs more than the next byte to tell, as what a word is to
    /// Unicode does. What is made as needed takes about that much of memory a thread, at most.
    pub(super) fn new(trees: &[Hir], size_limit: usize, cache_size: usize) -> Option<Self> {
        Self::of_nfa(nfa_of(trees, size_limit)?, cache_size)
    }

    /// The same of an automaton that is not deterministic.
    pub(super) fn of_nfa(nfa: thompson::NFA, cache_size: usize) -> Option<Self> {
        let config =
            Config::new().match_kind(MatchKind::All).cache_capacity(cache_size).skip_cache_capacity_check(true);
        let automaton = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let for_caches = automaton.clone();
        let make: MakeCache = Box::new(move || for_caches.create_cache());
        Some(Lazy { automaton, caches: Pool::new(make) })
    }

    /// Whether some pattern takes the whole text. O(length of the text).
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut taken = false;
        self.visit_matches(text, &mut |_| taken = true);
        taken
    }

    /// Shows each pattern that takes the whole text, in no order that means anything. O(length of the text).
    pub(super) fn visit_matches(&self, text: &[u8], each: &mut dyn FnMut(PatternID)) {
        let mut cache = self.caches.get();
        let (automaton, cache) = (&self.automaton, &mut *cache);
        let input = Input::new(text).anchored(Anchored::Yes);
        // The cache is cleared when it is full, which never fails.
        let Ok(mut state) = automaton.start_state_forward(cache, &input) else { return };
        for byte in text {
            let Ok(next) = automaton.next_state(cache, state, *byte) else { return };
            state = next;
            if state.is_dead() {
                return;
            }
        }
        let Ok(state) = automaton.next_eoi_state(cache, state) else { return };
        if state.is_match() {
            (0..automaton.match_len(cache, state)).for_each(|index| each(automaton.match_pattern(cache, state, index)));
        }
    }
}

/// The automaton of patterns before it is deterministic; `None` if it is larger than that many bytes, or if what a
/// pattern looks for cannot be told by the next byte.
pub(super) fn nfa_of(trees: &[Hir], size_limit: usize) -> Option<thompson::NFA> {
    if trees.iter().any(|tree| tree.properties().look_set().contains_word_unicode()) {
        return None;
    }
    let config = thompson::Config::new()
        .utf8(false)
        .which_captures(thompson::WhichCaptures::None)
        .nfa_size_limit(Some(size_limit));
    thompson::Compiler::new().configure(config).build_many_from_hir(trees).ok()
}
