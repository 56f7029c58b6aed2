//! The matches of one effective hostname of one listener.

use std::sync::Arc;

use gateway_model::{Hostname, Specificity};
use smallvec::SmallVec;

use super::candidate::{Candidate, Known};
use super::index::Index;
use super::list::{Change, List};
use super::search::Search;
use crate::options::Options;
use crate::precedence::{Digest, HostRank, TargetRank};
use crate::request::Headers;

/// The matches of one effective hostname of one listener, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) hostname: Option<Hostname>,
    /// How many candidates each rank of hostname has: of all, and of those that are not for calls.
    ///
    /// There is one rank, unless the hostnames of the routes themselves decide.
    hosts: SmallVec<[(HostRank, u32, u32); 1]>,
    /// How many have an order that the caller gave.
    ordered: u32,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Few, tried one after the other.
    List(List),
    Index(Arc<Index>),
}

/// So many are tried one after the other: below that, an index costs more than it saves. They lie side by
/// side, and nearly all that do not take a path are told at a glance.
const MOST_LISTED: usize = 24;
/// So many of those may ask for one and the same target, which the glance does not tell apart.
const MOST_ALIKE: usize = 3;

impl Content {
    fn new(list: List, options: &Options) -> Self {
        if is_tried(list.as_slice()) {
            Content::List(list)
        } else {
            Content::Index(Arc::new(Index::new(list.as_slice(), options)))
        }
    }
}

/// Whether it is as well to try candidates one after the other.
fn is_tried(candidates: &[Candidate]) -> bool {
    candidates.len() <= MOST_LISTED
        && candidates
            .iter()
            .all(|candidate| candidates.iter().filter(|other| candidate.has_target_of(other)).count() <= MOST_ALIKE)
}

impl Bucket {
    /// `None` if there are no candidates. O(n log n).
    pub(super) fn new(hostname: Option<Hostname>, candidates: Vec<Candidate>, options: &Options) -> Option<Self> {
        let (mut hosts, mut ordered) = (SmallVec::new(), 0);
        for candidate in &candidates {
            count(&mut hosts, candidate, true);
            ordered += u32::from(candidate.has_explicit_order());
        }
        let content = Content::new(List::new(candidates, options)?, options);
        Some(Bucket { hostname, hosts, ordered, content })
    }

    /// The bucket after some changes; `None` if nothing is left of it.
    pub(super) fn changed(
        before: Option<&Bucket>,
        hostname: Option<&Hostname>,
        changes: &[Change],
        options: &Options,
    ) -> Option<Bucket> {
        let mut bucket = match before {
            Some(before) => before.clone(),
            None => {
                let new = changes.iter().filter(|change| change.comes).map(|change| change.candidate.clone());
                return Bucket::new(hostname.cloned(), new.collect(), options);
            }
        };
        for change in changes {
            let candidate = &change.candidate;
            count(&mut bucket.hosts, candidate, change.comes);
            if candidate.has_explicit_order() {
                bucket.ordered = if change.comes { bucket.ordered + 1 } else { bucket.ordered.saturating_sub(1) };
            }
            if bucket.hosts.is_empty() {
                return None;
            }
        }
        bucket.content = match bucket.content {
            Content::List(list) => {
                let changed = |list: Option<List>, change| List::changed(list.as_ref(), change, options);
                Content::new(changes.iter().fold(Some(list), changed)?, options)
            }
            Content::Index(index) => {
                let mut index = Index::clone(&index);
                changes.iter().for_each(|change| index.change(change, options));
                Content::Index(Arc::new(index))
            }
        };
        Some(bucket)
    }

    /// Looks for the best match that takes the request, or the connection; whether a better one was found.
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) -> bool {
        search.host = self.greatest_host();
        search.is_ordered = self.ordered > 0;
        search.found = false;
        // No target is greater than that of a call with all its characters.
        let greatest = TargetRank::Grpc { service: u32::MAX, method: u32::MAX };
        if search.is_settled(|host| Digest::ceiling(host, greatest, None)) {
            return false;
        }
        match &self.content {
            Content::List(list) => search.try_each(list.as_slice(), Known::Host),
            Content::Index(index) => index.search(search),
        }
        search.found
    }

    fn greatest_host(&self) -> HostRank {
        self.hosts.iter().map(|(host, ..)| *host).max().unwrap_or(Specificity::of(None))
    }

    /// The greatest rank of a hostname among the matches that a request may meet.
    pub(super) fn best_host(&self, is_call: bool) -> Option<HostRank> {
        let met = self.hosts.iter().filter(|(_, all, for_http)| if is_call { *all > 0 } else { *for_http > 0 });
        met.map(|(host, ..)| *host).max()
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

fn count(hosts: &mut SmallVec<[(HostRank, u32, u32); 1]>, candidate: &Candidate, comes: bool) {
    let for_http = u32::from(!candidate.is_for_calls());
    match (hosts.iter().position(|(host, ..)| *host == candidate.host()), comes) {
        (None, true) => hosts.push((candidate.host(), 1, for_http)),
        (None, false) => {}
        (Some(position), _) => {
            let Some((_, all, http)) = hosts.get_mut(position) else { return };
            if comes {
                (*all, *http) = (*all + 1, *http + for_http);
                return;
            }
            (*all, *http) = (all.saturating_sub(1), http.saturating_sub(for_http));
            if *all == 0 {
                hosts.remove(position);
            }
        }
    }
}
