//! What is known of the matches of a hostname without a look at each.

use gateway_model::Specificity;
use smallvec::SmallVec;

use super::candidate::Candidate;
use crate::precedence::HostRank;

/// The ranks of hostname that some matches have, and whether orders decide among them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks {
    /// How many candidates each rank has: of all, and of those that are not for calls.
    ///
    /// There is one rank, unless the hostnames of the routes themselves decide.
    hosts: SmallVec<[(HostRank, u32, u32); 1]>,
    /// How many have an order that the caller gave.
    ordered: u32,
    greatest: Option<HostRank>,
}

impl Ranks {
    /// O(n).
    pub(super) fn of(candidates: &[Candidate]) -> Self {
        let mut ranks = Ranks::default();
        candidates.iter().for_each(|candidate| ranks.count(candidate, true));
        ranks
    }

    /// Counts a candidate that comes or goes.
    pub(super) fn count(&mut self, candidate: &Candidate, comes: bool) {
        self.count_host(candidate, comes);
        self.greatest = self.hosts.iter().map(|(host, ..)| *host).max();
    }

    fn count_host(&mut self, candidate: &Candidate, comes: bool) {
        if candidate.has_order() {
            self.ordered = if comes { self.ordered + 1 } else { self.ordered.saturating_sub(1) };
        }
        let for_http = u32::from(!candidate.is_for_calls());
        match (self.hosts.iter().position(|(host, ..)| *host == candidate.host()), comes) {
            (None, true) => self.hosts.push((candidate.host(), 1, for_http)),
            (None, false) => {}
            (Some(position), _) => {
                let Some((_, all, http)) = self.hosts.get_mut(position) else { return };
                if comes {
                    (*all, *http) = (*all + 1, *http + for_http);
                    return;
                }
                (*all, *http) = (all.saturating_sub(1), http.saturating_sub(for_http));
                if *all == 0 {
                    self.hosts.remove(position);
                }
            }
        }
    }

    /// Whether none is left.
    pub(super) fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Whether some have an order that the caller gave.
    #[inline]
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered > 0
    }

    /// The greatest rank of a hostname.
    #[inline]
    pub(super) fn greatest_host(&self) -> HostRank {
        self.greatest.unwrap_or(Specificity::of(None))
    }

    /// The greatest rank of a hostname among the matches that a request may meet.
    pub(super) fn best_host(&self, is_call: bool) -> Option<HostRank> {
        let met = self.hosts.iter().filter(|(_, all, for_http)| if is_call { *all > 0 } else { *for_http > 0 });
        met.map(|(host, ..)| *host).max()
    }
}
