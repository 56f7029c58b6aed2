//! The matches that a router chooses from, each with its place in the order of precedence.

use std::cmp::{Ordering, Reverse};
use std::num::NonZeroU8;
use std::sync::Arc;

use gateway_model::{Hostname, HttpMethod, Specificity};
use http::HeaderName;

use super::{Comparable, RuleSlot};
use crate::condition::{Condition, Target};
use crate::ids::RuleId;
use crate::options::{Options, PrecedenceHost};
use crate::precedence::{Digest, HostRank, MatchRank, TargetRank};
use crate::request::{Headers, RequestView};
use crate::route::{Route, Rule};

/// One match of one rule for one effective hostname.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(super) digest: Digest,
    slot: Arc<RuleSlot>,
    /// The slot's, which a look-up that asks for no more need not go to.
    rule: RuleId,
    item: u32,
    host: HostRank,
    asks: Asks,
    /// What must be known for it to take a request, and for no other match to come before it unless orders decide;
    /// [`Asks::Patterns`] if that may not do.
    at_once: Asks,
    /// Which of the [methods](HttpMethod::KNOWN) it asks for, if it asks for one: it lies here, since to read what
    /// else a match asks for takes some steps.
    method: Option<NonZeroU8>,
    /// Whether an order that the caller gave comes before everything else.
    has_order: bool,
    /// Whether it takes gRPC calls alone.
    is_for_calls: bool,
}

/// How much a match asks for besides its method. What asks for little is not looked at when that is known to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asks {
    /// Nothing: it takes everything that reaches it.
    Nothing,
    /// Its [target](Target), and nothing else.
    Target,
    /// Exact values too.
    Values,
    /// And regular expressions beyond its target.
    Patterns,
}

/// What of a match is known to hold before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Nothing but that it is for the request's host.
    Host,
    /// That it is for the request's target.
    Target,
    /// That all exact values are as asked.
    Values,
}

impl Known {
    /// How much of what a match asks for it answers.
    #[inline]
    fn answers(self) -> Asks {
        match self {
            Known::Host => Asks::Nothing,
            Known::Target => Asks::Target,
            Known::Values => Asks::Values,
        }
    }
}

impl Asks {
    fn of(condition: &Condition) -> Self {
        match (condition.target(), condition.tests()) {
            (Target::OtherCall, _) => Asks::Patterns,
            (_, tests) if tests.has_patterns() => Asks::Patterns,
            (_, tests) if !tests.is_of_method_alone() => Asks::Values,
            (Target::Prefix("") | Target::Connection, _) => Asks::Nothing,
            _ => Asks::Target,
        }
    }
}

/// A candidate with what it asks of a request's target, which says where it is put.
///
/// To read that again from a candidate means to go to its rule, which costs more than all else of building a table
/// where rules are many.
pub(super) type Placed<'c> = (Candidate, Target<'c>);

impl Candidate {
    /// The matches of a rule for an effective hostname of a listener; `None` is every host. `rule` is that of the slot.
    pub(super) fn of_rule<'a, 'c>(
        slot: &'a Arc<RuleSlot>,
        rule: &'c Rule,
        host: HostRank,
        options: &'a Options,
    ) -> impl Iterator<Item = Placed<'c>> + use<'a, 'c> {
        rule.conditions().iter().enumerate().map(move |(item, condition)| {
            let asks = Asks::of(condition);
            let method = condition.tests().method.and_then(number_of_method);
            // An exact hostname is the greatest of those that can have a request's host.
            let at_once = if host.is_exact() && method.is_none() { asks } else { Asks::Patterns };
            let mut candidate = Candidate {
                digest: Digest::default(),
                slot: Arc::clone(slot),
                rule: slot.id,
                item: position(item),
                host,
                asks,
                at_once,
                method,
                has_order: slot.route.order() != 0,
                is_for_calls: matches!(condition, Condition::Grpc(_)),
            };
            candidate.digest = Digest::of(&candidate.rank(options));
            (candidate, condition.target())
        })
    }

    /// The same as it was [placed](Placed).
    pub(super) fn placed(&self) -> Option<Placed<'_>> {
        Some((self.clone(), self.condition()?.target()))
    }

    /// The whole rank. For the order of two whose digests do not tell, and for explanations.
    pub(crate) fn rank(&self, options: &Options) -> MatchRank<'_> {
        let route = &self.slot.route;
        let condition = self.condition();
        MatchRank {
            explicit: route.order(),
            host: self.host,
            target: condition.map_or(TargetRank::Connection, |condition| condition.target_rank(options)),
            headers: condition.map_or(0, Condition::header_count),
            query_params: condition.map_or(0, Condition::query_count),
            age: Reverse(route.created()),
            name: Reverse(route.slash_name()),
            rule: Reverse(position(self.slot.rule.index())),
            item: Reverse(self.item),
        }
    }

    pub(crate) fn slot(&self) -> &RuleSlot {
        &self.slot
    }

    /// The rule's id. Nothing else is gone to.
    pub(crate) fn rule(&self) -> RuleId {
        self.rule
    }

    /// Position of the match in its rule.
    pub(crate) fn item(&self) -> usize {
        self.item as usize
    }

    pub(crate) fn condition(&self) -> Option<&Condition> {
        self.slot.rule.conditions().get(self.item as usize)
    }

    /// The rank of the hostname that decides precedence.
    pub(crate) fn host(&self) -> HostRank {
        self.host
    }

    /// Whether it takes a request, or a connection (`None`), of which that much is known.
    #[inline(always)]
    pub(super) fn takes<H: Headers + ?Sized>(
        &self,
        request: Option<&Comparable<'_, H>>,
        known: Known,
        options: &Options,
    ) -> bool {
        (known == Known::Values || self.method.is_none() || request.is_some_and(|request| self.takes_method(request)))
            && (self.asks <= known.answers()
                || request.is_some_and(|request| self.is_satisfied(request, known, options)))
    }

    /// Whether a request has the method that it asks for, if it asks for one.
    #[inline(always)]
    pub(super) fn takes_method<H: Headers + ?Sized>(&self, request: &Comparable<'_, H>) -> bool {
        self.method.is_none_or(|method| has_method(request.view, method))
    }

    /// The values that it asks headers for, by name; those that regular expressions ask for are not among them. Its
    /// rule is gone to only where there may be some.
    pub(super) fn exact_headers(&self) -> impl Iterator<Item = (&HeaderName, &[u8])> {
        let condition = (self.asks >= Asks::Values).then(|| self.condition()).flatten();
        let headers = condition.map(|condition| condition.tests().headers).unwrap_or_default();
        headers.iter().filter_map(|header| Some((header.name(), header.exact()?)))
    }

    /// Whether it asks for exact values of headers and for nothing else, besides its target and its method.
    pub(super) fn asks_for_headers_alone(&self) -> bool {
        self.asks == Asks::Values && self.condition().is_some_and(|condition| condition.tests().params.is_empty())
    }

    /// Whether it takes whatever that much, or more, is known of, and before all other matches for the same target or
    /// a lesser one, where orders that callers gave do not decide.
    #[inline(always)]
    pub(super) fn is_taken_at_once(&self, known: Known) -> bool {
        self.at_once <= known.answers()
    }

    #[inline(never)]
    fn is_satisfied<H: Headers + ?Sized>(&self, request: &Comparable<'_, H>, known: Known, options: &Options) -> bool {
        self.condition().is_some_and(|condition| match known {
            Known::Host => condition.is_satisfied(request.view, request.call.as_ref(), options),
            _ => condition.takes_rest(request.view, request.call.as_ref(), options),
        })
    }

    pub(super) fn is_for_calls(&self) -> bool {
        self.is_for_calls
    }

    #[inline]
    pub(super) fn has_order(&self) -> bool {
        self.has_order
    }

    /// Whether both are the same match of the same rule, for whatever hostnames.
    pub(crate) fn is_same_match(&self, other: &Candidate) -> bool {
        self.item == other.item && (Arc::ptr_eq(&self.slot, &other.slot) || self.slot.id == other.slot.id)
    }

    /// The order of precedence; the greater comes first. `options` are those of the router.
    #[inline]
    pub(super) fn compare(&self, other: &Candidate, options: &Options) -> Ordering {
        self.digest.cmp(&other.digest).then_with(|| self.compare_whole(other, options))
    }

    #[cold]
    fn compare_whole(&self, other: &Candidate, options: &Options) -> Ordering {
        self.rank(options).cmp(&other.rank(options))
    }
}

/// Whose hostname decides: the intersection, or the route's own that stands behind it, of several
/// the most specific. spec: `HTTPRouteSpec.hostnames`, precedence; see [`PrecedenceHost`].
pub(crate) fn host_rank(effective: Option<&Hostname>, route: &Route, option: PrecedenceHost) -> HostRank {
    match option {
        PrecedenceHost::Intersected => Specificity::of(effective),
        PrecedenceHost::Original => route
            .hostnames()
            .iter()
            .filter(|original| effective.is_none_or(|effective| original.covers(effective)))
            .map(|original| Specificity::of(Some(original)))
            .max()
            .unwrap_or(Specificity::of(None)),
    }
}

/// The number of a method that the API defines, from one on.
fn number_of_method(method: &str) -> Option<NonZeroU8> {
    let position = HttpMethod::KNOWN.iter().position(|known| known.as_str() == method)?;
    u8::try_from(position + 1).ok().and_then(NonZeroU8::new)
}

#[inline]
fn has_method<H: Headers + ?Sized>(request: &RequestView<'_, H>, number: NonZeroU8) -> bool {
    let method = HttpMethod::KNOWN.get(usize::from(number.get()) - 1);
    method.is_some_and(|method| method.as_str() == request.method())
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::node::Node;
    use super::*;

    #[test]
    fn what_lies_in_tables_is_small() {
        assert_eq!(size_of::<Candidate>(), 32);
        assert_eq!(size_of::<Option<Node>>(), 32);
    }
}
