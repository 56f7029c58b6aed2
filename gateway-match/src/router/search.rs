//! The way through a router: what is looked for, and the best that was found so far.

use std::ops::ControlFlow;

use super::candidate::{Candidate, Known};
use super::hosts::FoldedHost;
use super::list::List;
use super::node::Node;
use super::{Bucket, Comparable, ListenerTable};
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
    pub(super) best: Option<&'r Candidate>,
    /// Whether the best was found since [`Search::enter`], and the place's greatest rank of hostname is its own.
    found: Found,
    /// The greatest rank of hostname where it looks at present.
    host: HostRank,
    /// Whether orders that callers gave decide there, so that nothing is known of a match before it is seen.
    is_ordered: bool,
}

/// The bucket of a host itself, with what it has for the very path of a request.
pub(super) type Own<'r> = (&'r Bucket, Option<&'r Node>);

/// What was found where a search looks at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Something,
    /// What no target that ranks below its own has a better one than.
    Greatest,
}

impl<'s, 'r, 'q, H: Headers + ?Sized> Search<'s, 'r, 'q, H> {
    pub(super) fn new(request: Option<&'s Comparable<'q, H>>, options: &'r Options, floor: Option<HostRank>) -> Self {
        let host = HostRank::of(None);
        Search { request, options, floor, best: None, found: Found::Nothing, host, is_ordered: false }
    }

    /// Looks in the table of a listener for the best match that takes the request, and returns the bucket
    /// where a better one was found than before. `own` is the bucket of that very host with what it has for the very
    /// path, if they are known already.
    #[inline(always)]
    pub(super) fn look_in(
        &mut self,
        table: &'r ListenerTable,
        own: Option<Own<'r>>,
        host: &FoldedHost<'_>,
    ) -> Option<&'r Bucket> {
        let own = match own {
            Some(own) => Some(own),
            None => table.buckets.exact(host).map(|bucket| (bucket, self.exact(bucket))),
        };
        if let Some((bucket, exact)) = own {
            bucket.search(exact, self);
            // What is found for less specific hostnames ranks lower.
            if self.has_found_greatest() && self.host.is_exact() && !table.is_ordered() {
                return Some(bucket);
            }
        }
        let place = own.map(|(bucket, _)| bucket).filter(|_| self.has_found());
        if table.buckets.has_inexact() { self.look_further(table, host).or(place) } else { place }
    }

    /// The same, where it need not be quick.
    #[inline(never)]
    pub(super) fn look_somewhere_in(
        &mut self,
        table: &'r ListenerTable,
        own: Option<Own<'r>>,
        host: &FoldedHost<'_>,
    ) -> Option<&'r Bucket> {
        self.look_in(table, own, host)
    }

    /// Looks for what is better under hostnames that are not the host itself.
    #[inline(never)]
    fn look_further(&mut self, table: &'r ListenerTable, host: &FoldedHost<'_>) -> Option<&'r Bucket> {
        table.buckets.inexact(host).fold(None, |place, bucket| {
            bucket.search(self.exact(bucket), self);
            if self.has_found() { Some(bucket) } else { place }
        })
    }

    /// What a bucket has for the very path of the request.
    #[inline]
    pub(super) fn exact(&self, bucket: &'r Bucket) -> Option<&'r Node> {
        bucket.exact(self.request?.view.path())
    }

    /// Begins to look in a place.
    #[inline]
    pub(super) fn enter(&mut self, host: HostRank, is_ordered: bool) {
        self.host = host;
        self.is_ordered = is_ordered;
        self.found = Found::Nothing;
    }

    /// Whether the best was found in the place that was entered last.
    #[inline]
    pub(super) fn has_found(&self) -> bool {
        self.found != Found::Nothing
    }

    /// Whether the best was found there and no target that ranks below its own has a better one there.
    #[inline]
    pub(super) fn has_found_greatest(&self) -> bool {
        self.found == Found::Greatest
    }

    /// Whether no match there up to a ceiling is better than what was found.
    #[inline]
    pub(super) fn is_settled(&self, ceiling: impl FnOnce(HostRank) -> Digest) -> bool {
        match self.best {
            Some(best) if !self.is_ordered => best.digest > ceiling(self.host),
            _ => false,
        }
    }

    /// Takes the first candidate that takes the request, if it is better than what was found. They are
    /// in the order of precedence.
    #[inline(never)]
    pub(super) fn try_each(&mut self, candidates: &'r [Candidate], known: Known) {
        for candidate in candidates {
            if self.try_one(candidate, known).is_break() {
                break;
            }
        }
    }

    /// The same of a list.
    #[inline(always)]
    pub(super) fn try_list(&mut self, list: &'r List, known: Known) {
        match list {
            List::One(candidate) => {
                let _ = self.try_one(candidate, known);
            }
            List::Several(candidates) => self.try_each(candidates, known),
        }
    }

    /// Takes a candidate if it takes the request and is better than what was found. Breaks unless a lesser
    /// one may be taken.
    #[inline(always)]
    pub(super) fn try_one(&mut self, candidate: &'r Candidate, known: Known) -> ControlFlow<()> {
        if self.is_no_better(candidate) {
            return ControlFlow::Break(());
        }
        if self.is_below_floor(candidate) || !candidate.takes(self.request, known, self.options) {
            return ControlFlow::Continue(());
        }
        self.take(candidate);
        ControlFlow::Break(())
    }

    /// Whether what was found comes before a candidate, and so before all that come behind it.
    #[inline(always)]
    pub(super) fn is_no_better(&self, candidate: &Candidate) -> bool {
        self.best.is_some_and(|best| best.compare(candidate, self.options).is_ge())
    }

    /// Whether a candidate has another rank of hostname than the only one that counts.
    #[inline(always)]
    pub(super) fn is_below_floor(&self, candidate: &Candidate) -> bool {
        self.floor.is_some_and(|floor| candidate.host() != floor)
    }

    /// Makes a candidate the best.
    #[inline(always)]
    pub(super) fn take(&mut self, candidate: &'r Candidate) {
        let is_greatest = candidate.host() == self.host && !self.is_ordered;
        self.best = Some(candidate);
        self.found = if is_greatest { Found::Greatest } else { Found::Something };
    }
}
