//! The matches with one target, such as one path, told apart by what else they ask for.

use std::sync::Arc;

use super::candidate::{Candidate, Known};
use super::groups::Groups;
use super::list::{Change, List};
use super::search::Search;
use super::tested::Tested;
use crate::options::Options;
use crate::request::Headers;

/// The matches with one target.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Few of them, tried one after the other.
    List(List),
    /// The same where some test headers.
    Tested(Arc<Tested>),
    /// More, found by the values that they ask for.
    Groups(Arc<Groups>),
}

/// So many are tried one after the other: below that, a look-up by value costs more than it saves.
const MOST_LISTED: usize = 4;

impl Node {
    /// `None` if there are no candidates. O(n log n).
    pub(super) fn new(mut candidates: Vec<Candidate>, options: &Options) -> Option<Self> {
        if candidates.len() > MOST_LISTED {
            return Groups::new(candidates, options).map(|groups| Node::Groups(Arc::new(groups)));
        }
        if candidates.iter().any(|candidate| candidate.exact_headers().next().is_some()) {
            candidates.sort_by(|a, b| b.compare(a, options));
            return Some(Node::Tested(Arc::new(Tested::new(candidates))));
        }
        List::new(candidates, options).map(Node::List)
    }

    /// The node of one candidate.
    pub(super) fn of_one(candidate: Candidate) -> Self {
        if candidate.exact_headers().next().is_some() {
            return Node::Tested(Arc::new(Tested::new([candidate])));
        }
        Node::List(List::One(candidate))
    }

    /// The node after a change; `None` if nothing is left of it.
    pub(super) fn changed(before: Option<&Node>, change: &Change, options: &Options) -> Option<Node> {
        let mut candidates = match before {
            None => Vec::new(),
            Some(Node::List(list)) => list.as_slice().to_vec(),
            Some(Node::Tested(tested)) => tested.candidates().cloned().collect(),
            Some(Node::Groups(groups)) => {
                return groups.changed(change, options).map(|groups| Node::Groups(Arc::new(groups)));
            }
        };
        if change.comes {
            candidates.push(change.candidate.clone());
        } else {
            candidates.retain(|candidate| !candidate.is_same_match(&change.candidate));
        }
        Node::new(candidates, options)
    }

    /// Looks for the best match that takes the request, whose target it is.
    #[inline(always)]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) {
        match self {
            Node::List(list) => search.try_list(list, Known::Target),
            Node::Tested(tested) => tested.search(search),
            Node::Groups(groups) => groups.search(search),
        }
    }

    /// Shows every candidate, in no order that means anything.
    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        match self {
            Node::List(list) => list.as_slice().iter().for_each(each),
            Node::Tested(tested) => tested.candidates().for_each(each),
            Node::Groups(groups) => groups.visit(each),
        }
    }
}
