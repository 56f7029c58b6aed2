//! Matches by regular expressions for the path; where they are many, they are tried in one pass over the path.

use std::cmp::Reverse;
use std::sync::Arc;

use super::candidate::Candidate;
use super::list::Change;
use super::node::Node;
use super::search::Search;
use crate::options::Options;
use crate::pattern::{Pattern, PatternSet, TextStart};
use crate::request::Headers;

/// Matches by patterns for the path.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    /// The longer pattern first, as precedence has it.
    entries: Box<[Entry]>,
    /// The patterns of the entries, where there are many.
    set: Option<Arc<PatternSet>>,
}

/// A pattern with its matches.
#[derive(Clone, Debug)]
struct Entry {
    /// The pattern's, which tells of most paths that it need not be gone to.
    start: TextStart,
    pattern: Pattern,
    node: Node,
}

/// So many are tried one after the other: to compile a few together takes longer than all the rest of a host.
const MOST_TRIED: usize = 8;

impl Patterns {
    /// O(n log n), and what the patterns take to be compiled together, which is bounded.
    pub(super) fn new(entries: Vec<(Pattern, Node)>) -> Self {
        let entries = entries.into_iter().map(|(pattern, node)| Entry::new(pattern, node)).collect();
        let mut patterns = Patterns { entries, ..Patterns::default() };
        patterns.compile();
        patterns
    }

    /// How all paths begin that some pattern takes. O(n).
    pub(super) fn start(&self) -> TextStart {
        self.entries.iter().map(|entry| entry.start).reduce(TextStart::shared).unwrap_or(TextStart::OF_NONE)
    }

    /// Makes a change. The patterns are compiled together again only if others are there than before.
    pub(super) fn change(&mut self, pattern: &Pattern, change: &Change, options: &Options) {
        let position = self.entries.iter().position(|entry| entry.pattern.as_str() == pattern.as_str());
        let old = position.and_then(|position| self.entries.get(position)).map(|entry| &entry.node);
        let new = Node::changed(old, change, options);
        match (position, new) {
            (Some(position), Some(node)) => {
                if let Some(entry) = self.entries.get_mut(position) {
                    entry.node = node;
                }
                return;
            }
            (None, None) => return,
            (Some(position), None) => {
                let others = self.entries.iter().enumerate().filter(|(index, _)| *index != position);
                self.entries = others.map(|(_, entry)| entry.clone()).collect();
            }
            (None, Some(node)) => {
                self.entries = self.entries.iter().cloned().chain([Entry::new(pattern.clone(), node)]).collect();
            }
        }
        self.compile();
    }

    fn compile(&mut self) {
        self.entries.sort_by(|a, b| {
            let (a, b) = (a.pattern.as_str(), b.pattern.as_str());
            let length = |text: &str| Reverse(text.chars().count());
            length(a).cmp(&length(b)).then_with(|| a.cmp(b))
        });
        let texts = || self.entries.iter().map(|entry| entry.pattern.as_str());
        self.set = (self.entries.len() > MOST_TRIED).then(|| Arc::new(PatternSet::new(texts())));
    }

    /// Looks for the best match whose pattern takes the path. O(length of the path), for each pattern
    /// where they are few or cannot be compiled together.
    #[inline(never)]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        let try_one = |entry: &'r Entry, search: &mut Search<'_, 'r, '_, H>| {
            if entry.start.is_of(path.as_bytes()) && entry.pattern.is_match(path.as_bytes()) {
                entry.node.search(search);
            }
        };
        let Some(set) = &self.set else {
            self.entries.iter().for_each(|entry| try_one(entry, search));
            return;
        };
        set.visit_matches(path.as_bytes(), &mut |position| {
            if let Some(entry) = self.entries.get(position) {
                entry.node.search(search);
            }
        });
        set.apart().iter().filter_map(|position| self.entries.get(*position)).for_each(|entry| try_one(entry, search));
    }

    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        self.entries.iter().for_each(|entry| entry.node.visit(each));
    }
}

impl Entry {
    fn new(pattern: Pattern, node: Node) -> Self {
        Entry { start: pattern.start(), pattern, node }
    }
}
