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
    entries: Box<[(Pattern, Node)]>,
    /// The patterns of the entries, where there are many.
    set: Option<Arc<PatternSet>>,
}

/// So many are tried one after the other: to compile a few together takes longer than all the rest of a host.
const MOST_TRIED: usize = 8;

impl Patterns {
    /// O(n log n), and what the patterns take to be compiled together, which is bounded.
    pub(super) fn new(entries: Vec<(Pattern, Node)>) -> Self {
        let mut patterns = Patterns { entries: entries.into(), ..Patterns::default() };
        patterns.compile();
        patterns
    }

    /// How all paths begin that some pattern takes. O(n).
    pub(super) fn start(&self) -> TextStart {
        self.entries.iter().map(|(pattern, _)| pattern.start()).reduce(TextStart::shared).unwrap_or(TextStart::OF_NONE)
    }

    /// Makes a change. The patterns are compiled together again only if others are there than before.
    pub(super) fn change(&mut self, pattern: &Pattern, change: &Change, options: &Options) {
        let position = self.entries.iter().position(|(known, _)| known.as_str() == pattern.as_str());
        let old = position.and_then(|position| self.entries.get(position)).map(|(_, node)| node);
        let new = Node::changed(old, change, options);
        match (position, new) {
            (Some(position), Some(node)) => {
                if let Some((_, place)) = self.entries.get_mut(position) {
                    *place = node;
                }
                return;
            }
            (None, None) => return,
            (Some(position), None) => {
                let others = self.entries.iter().enumerate().filter(|(index, _)| *index != position);
                self.entries = others.map(|(_, entry)| entry.clone()).collect();
            }
            (None, Some(node)) => {
                self.entries = self.entries.iter().cloned().chain([(pattern.clone(), node)]).collect();
            }
        }
        self.compile();
    }

    fn compile(&mut self) {
        self.entries.sort_by(|(a, _), (b, _)| {
            let length = |pattern: &Pattern| Reverse(pattern.as_str().chars().count());
            length(a).cmp(&length(b)).then_with(|| a.as_str().cmp(b.as_str()))
        });
        let texts = || self.entries.iter().map(|(pattern, _)| pattern.as_str());
        self.set = (self.entries.len() > MOST_TRIED).then(|| Arc::new(PatternSet::new(texts())));
    }

    /// Looks for the best match whose pattern takes the path. O(length of the path), for each pattern
    /// where they are few or cannot be compiled together.
    #[inline(never)]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        let try_one = |(pattern, node): &'r (Pattern, Node), search: &mut Search<'_, 'r, '_, H>| {
            if pattern.is_match(path.as_bytes()) {
                node.search(search);
            }
        };
        let Some(set) = &self.set else {
            self.entries.iter().for_each(|entry| try_one(entry, search));
            return;
        };
        set.visit_matches(path.as_bytes(), &mut |position| {
            if let Some((_, node)) = self.entries.get(position) {
                node.search(search);
            }
        });
        set.apart().iter().filter_map(|position| self.entries.get(*position)).for_each(|entry| try_one(entry, search));
    }

    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        self.entries.iter().for_each(|(_, node)| node.visit(each));
    }
}
