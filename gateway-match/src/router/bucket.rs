//! The matches of one effective hostname of one listener.

use std::sync::Arc;

use gateway_model::Hostname;

use super::candidate::{Candidate, Known, Placed};
use super::index::Index;
use super::list::{Change, List};
use super::node::Node;
use super::ranks::Ranks;
use super::search::Search;
use crate::options::Options;
use crate::precedence::HostRank;
use crate::request::Headers;

/// The matches of one effective hostname of one listener, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) hostname: Option<Hostname>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Few, tried one after the other.
    List(List),
    Index(Arc<Index>),
}

/// So many are tried one after the other: below that, an index costs more than it saves.
const MOST_LISTED: usize = 3;

impl Bucket {
    /// `None` if there are no candidates. O(n log n).
    pub(super) fn new(hostname: Option<Hostname>, candidates: Vec<Placed<'_>>, options: &Options) -> Option<Self> {
        let content = if candidates.len() <= MOST_LISTED {
            let candidates = candidates.into_iter().map(|(candidate, _)| candidate);
            Content::List(List::new(candidates.collect(), options)?)
        } else {
            Content::Index(Arc::new(Index::new(candidates, options)))
        };
        Some(Bucket { hostname, content })
    }

    /// The bucket after some changes; `None` if nothing is left of it.
    pub(super) fn changed(
        before: Option<&Bucket>,
        hostname: Option<&Hostname>,
        changes: &[Change],
        options: &Options,
    ) -> Option<Bucket> {
        let content = match before.map(|before| &before.content) {
            Some(Content::Index(index)) => {
                let mut index = Index::clone(index);
                changes.iter().for_each(|change| index.change(change, options));
                if index.is_empty() {
                    return None;
                }
                Content::Index(Arc::new(index))
            }
            before => {
                let list = match before {
                    Some(Content::List(list)) => Some(list.clone()),
                    _ => None,
                };
                let changed = |list: Option<List>, change| List::changed(list.as_ref(), change, options);
                let list = changes.iter().fold(list, changed)?;
                if list.as_slice().len() > MOST_LISTED {
                    let candidates = list.as_slice().iter().filter_map(Candidate::placed);
                    return Bucket::new(hostname.cloned(), candidates.collect(), options);
                }
                Content::List(list)
            }
        };
        Some(Bucket { hostname: hostname.cloned(), content })
    }

    /// What it has for the very path of a request, where that is kept apart.
    #[inline(always)]
    pub(super) fn exact(&self, path: &str) -> Option<&Node> {
        match &self.content {
            Content::List(_) => None,
            Content::Index(index) => index.exact(path),
        }
    }

    /// What it [has for the very path](Bucket::exact) of a request, and the match that takes the request whatever else
    /// it has, and, where orders that callers gave do not decide, before all others here, if that is clear without a
    /// search.
    #[inline(always)]
    pub(super) fn look_up(&self, path: &str) -> (Option<&Node>, Option<&Candidate>) {
        match &self.content {
            Content::List(List::One(candidate)) => {
                (None, Some(candidate).filter(|candidate| candidate.is_taken_at_once(Known::Host)))
            }
            Content::List(List::Several(_)) => (None, None),
            Content::Index(index) => match index.exact(path) {
                Some(node @ Node::List(List::One(candidate)))
                    if !index.has_calls() && candidate.is_taken_at_once(Known::Target) =>
                {
                    (Some(node), Some(candidate))
                }
                exact => (exact, None),
            },
        }
    }

    /// Its index, if that [tells all its matches apart by one header](Index::has_only_header).
    #[inline(always)]
    pub(super) fn index_of_only_header(&self) -> Option<&Index> {
        match &self.content {
            Content::Index(index) if index.has_only_header() => Some(index),
            _ => None,
        }
    }

    /// Looks for the best match that takes the request, or the connection; [`Search::has_found`] tells
    /// whether a better one was found. `exact` is what there is [for the very path](Bucket::exact).
    #[inline(always)]
    pub(super) fn search<'r, H: Headers + ?Sized>(
        &'r self,
        exact: Option<&'r Node>,
        search: &mut Search<'_, 'r, '_, H>,
    ) {
        match &self.content {
            Content::List(List::One(candidate)) => {
                search.enter(candidate.host(), candidate.has_order());
                let _ = search.try_one(candidate, Known::Host);
            }
            Content::List(List::Several(candidates)) => search_each(candidates, search),
            Content::Index(index) => index.search(exact, search),
        }
    }

    /// The greatest rank of a hostname among the matches that a request may meet.
    pub(super) fn best_host(&self, is_call: bool) -> Option<HostRank> {
        match &self.content {
            Content::List(list) => Ranks::of(list.as_slice()).best_host(is_call),
            Content::Index(index) => index.ranks().best_host(is_call),
        }
    }

    /// Every candidate, in no order that means anything. O(n).
    pub(crate) fn candidates(&self) -> Vec<&Candidate> {
        let mut candidates = Vec::new();
        match &self.content {
            Content::List(list) => candidates.extend(list.as_slice()),
            Content::Index(index) => index.visit(&mut |candidate| candidates.push(candidate)),
        }
        candidates
    }
}

#[inline(never)]
fn search_each<'r, H: Headers + ?Sized>(candidates: &'r [Candidate], search: &mut Search<'_, 'r, '_, H>) {
    let host = candidates.iter().map(Candidate::host).max().unwrap_or(HostRank::of(None));
    search.enter(host, candidates.iter().any(Candidate::has_order));
    search.try_each(candidates, Known::Host);
}
