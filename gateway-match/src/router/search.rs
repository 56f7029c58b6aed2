//! The way through a router: what is looked for, and the best that was found so far.

use super::Comparable;
use super::candidate::{Candidate, Known};
use crate::options::Options;
use crate::precedence::{Digest, HostRank};
use crate::request::Headers;

/// A search for the match of the highest precedence.
pub(super) struct Search<'s, 'r, 'q, H: ?Sized> {
    /// `None` looks for what takes a connection.
    pub(super) request: Option<&'s Comparable<'q, H>>,
    pub(super) options: &'r Options,
    /// The only rank of hostname that counts, if there is such a one.
    pub(super) floor: Option<HostRank>,
    /// The greatest rank of hostname where it looks at present.
    pub(super) host: HostRank,
    /// Whether orders that callers gave decide there, so that nothing is known of a match before it is seen.
    pub(super) is_ordered: bool,
    pub(super) best: Option<&'r Candidate>,
    /// Whether the best was found where it looks at present.
    pub(super) found: bool,
}

impl<'r, H: Headers + ?Sized> Search<'_, 'r, '_, H> {
    /// Whether no match up to a ceiling is better than what was found.
    #[inline]
    pub(super) fn is_settled(&self, ceiling: impl FnOnce(HostRank) -> Digest) -> bool {
        match self.best {
            Some(best) if !self.is_ordered => best.digest > ceiling(self.host),
            _ => false,
        }
    }

    /// Whether the best was found since then, and has the greatest rank of hostname where it looks at present:
    /// no target that ranks below its own has a better one there.
    pub(super) fn is_new_and_of_greatest_host(&self, before: Option<&Candidate>) -> bool {
        !self.is_ordered
            && self
                .best
                .is_some_and(|best| best.host() == self.host && before.is_none_or(|before| !std::ptr::eq(best, before)))
    }

    /// Takes the first candidate that takes the request, if it is better than what was found. They are
    /// in the order of precedence.
    #[inline]
    pub(super) fn try_each(&mut self, candidates: &'r [Candidate], known: Known) {
        for candidate in candidates {
            if self.best.is_some_and(|best| best.compare(candidate, self.options).is_ge()) {
                break;
            }
            if self.floor.is_some_and(|floor| candidate.host() != floor) {
                continue;
            }
            if candidate.takes(self.request, known, self.options) {
                self.best = Some(candidate);
                self.found = true;
                break;
            }
        }
    }
}
