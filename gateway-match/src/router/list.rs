//! Candidates in the order of precedence, among which one is looked for by trying them.

use std::sync::Arc;

use super::candidate::Candidate;
use crate::options::Options;

/// Candidates in the order of precedence, at least one.
#[derive(Clone, Debug)]
pub(super) enum List {
    One(Candidate),
    Several(Arc<[Candidate]>),
}

/// A candidate that comes or goes.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) candidate: Candidate,
    pub(super) comes: bool,
}

impl List {
    /// The list of some candidates; `None` if there is none. O(n log n).
    pub(super) fn new(mut candidates: Vec<Candidate>, options: &Options) -> Option<Self> {
        if candidates.len() > 1 {
            candidates.sort_by(|a, b| b.compare(a, options));
            return Some(List::Several(candidates.into()));
        }
        candidates.pop().map(List::One)
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Candidate] {
        match self {
            List::One(candidate) => std::slice::from_ref(candidate),
            List::Several(candidates) => candidates,
        }
    }

    /// The list after a change; `None` if nothing is left of it. O(n).
    pub(super) fn changed(before: Option<&List>, change: &Change, options: &Options) -> Option<List> {
        let candidates = before.map(List::as_slice).unwrap_or_default();
        if change.comes {
            let at = candidates.partition_point(|other| other.compare(&change.candidate, options).is_ge());
            let (greater, lesser) = candidates.split_at_checked(at).unwrap_or((candidates, &[]));
            return Some(match before {
                None => List::One(change.candidate.clone()),
                Some(_) => {
                    let all = greater.iter().chain(std::iter::once(&change.candidate)).chain(lesser);
                    List::Several(all.cloned().collect())
                }
            });
        }
        let is_left = |other: &&Candidate| !other.is_same_match(&change.candidate);
        let mut left = candidates.iter().filter(is_left);
        match (left.next(), left.next()) {
            (None, _) => None,
            (Some(only), None) => Some(List::One(only.clone())),
            (Some(_), Some(_)) => Some(List::Several(candidates.iter().filter(is_left).cloned().collect())),
        }
    }
}
