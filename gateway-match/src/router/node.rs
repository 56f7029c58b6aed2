//! The matches with one target, such as one path, told apart by what else they ask for.

use std::sync::Arc;

use super::candidate::{Candidate, Known};
use super::groups::Groups;
use super::list::{Change, List};
use super::search::Search;
use crate::options::Options;
use crate::request::Headers;

/// The matches with one target.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Few of them, tried one after the other.
    List(List),
    /// More, found by the values that they ask for.
    Groups(Arc<Groups>),
}

/// So many are tried one after the other: below that, a look-up by value costs more than it saves.
const MOST_LISTED: usize = 4;

impl Node {
    /// `None` if there are no candidates. O(n log n).
    pub(super) fn new(candidates: Vec<Candidate>, options: &Options) -> Option<Self> {
        if candidates.len() > MOST_LISTED {
            return Groups::new(candidates, options).map(|groups| Node::Groups(Arc::new(groups)));
        }
        List::new(candidates, options).map(Node::List)
    }

    /// The node after a change; `None` if nothing is left of it.
    pub(super) fn changed(before: Option<&Node>, change: &Change, options: &Options) -> Option<Node> {
        match before {
            None => List::changed(None, change, options).map(Node::List),
            Some(Node::List(list)) => {
                let list = List::changed(Some(list), change, options)?;
                if list.as_slice().len() > MOST_LISTED {
                    return Node::new(list.as_slice().to_vec(), options);
                }
                Some(Node::List(list))
            }
            Some(Node::Groups(groups)) => groups.changed(change, options).map(|groups| Node::Groups(Arc::new(groups))),
        }
    }

    /// Looks for the best match that takes the request, whose target it is.
    #[inline(always)]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) {
        match self {
            Node::List(list) => search.try_list(list, Known::Target),
            Node::Groups(groups) => groups.search(search),
        }
    }

    /// Shows every candidate, in no order that means anything.
    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        match self {
            Node::List(list) => list.as_slice().iter().for_each(each),
            Node::Groups(groups) => groups.visit(each),
        }
    }
}
