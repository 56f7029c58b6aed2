//! Which of several matches takes a request: the specification's order as a key.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::sync::Arc;

use crate::options::RegexRank;

/// The rank of one match of one rule for requests to one hostname. The greater rank wins.
///
/// The order of the fields is the rule; nothing else decides.
/// spec: `HTTPRouteSpec.hostnames` (first field), `HTTPRouteRule.matches` and
/// `GRPCRouteRule.matches` (the rest), precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MatchRank<'r> {
    /// An order that the caller gives, before everything; 0 unless it does.
    pub(crate) explicit: i64,
    pub(crate) host: HostRank,
    pub(crate) target: TargetRank,
    pub(crate) headers: u32,
    pub(crate) query_params: u32,
    pub(crate) age: Reverse<Created>,
    pub(crate) name: Reverse<SlashName<&'r str>>,
    pub(crate) rule: Reverse<u32>,
    pub(crate) item: Reverse<u32>,
}

/// The rank of what a match asks of a request's target.
///
/// Where rules of both kinds see a gRPC request ([`GrpcCohosting::Coexist`](crate::GrpcCohosting)),
/// those that were written for it come first: the order of the variants is the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TargetRank {
    /// Connections have no target.
    Connection,
    /// spec: `HTTPRouteRule.matches`: the path, then whether there is a method.
    Http { path: PathRank, method: bool },
    /// spec: `GRPCRouteRule.matches`: characters of the service, then of the method.
    Grpc { service: u32, method: u32 },
}

/// The beginning of a [`MatchRank`] as one number, up to what routes differ in whose matches ask for the same: a lesser
/// digest is a lesser rank. Equal digests tell nothing.
///
/// Ranks are compared at every step of a look-up, and neither ages nor names decide there, but where a request has what
/// two matches ask for that ask for different things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn of(rank: &MatchRank<'_>) -> Self {
        let mut digits = Digits::new(rank.explicit.signum() + 1);
        if rank.explicit == 0 {
            digits.push_place(rank.host, rank.target);
            digits.push(rank.headers.into(), COUNT_BITS);
            digits.push(rank.query_params.into(), COUNT_BITS);
        }
        digits.followed_by(false)
    }

    /// What no match exceeds that has no explicit order and at most that rank of host, target and, if
    /// given, numbers of headers and query parameters.
    pub(crate) fn ceiling(host: HostRank, target: TargetRank, counts: Option<(u32, u32)>) -> Self {
        let mut digits = Digits::new(1);
        digits.push_place(host, target);
        if let Some((headers, query_params)) = counts {
            digits.push(headers.into(), COUNT_BITS);
            digits.push(query_params.into(), COUNT_BITS);
        }
        digits.followed_by(true)
    }
}

/// The digits of a [`Digest`], from the most significant on.
struct Digits {
    value: u64,
    /// Bits that have none yet.
    free: u32,
    /// A digit was too large for its place, so that what follows it means nothing.
    overflown: bool,
}

const COUNT_BITS: u32 = 8;

impl Digits {
    fn new(first: i64) -> Self {
        let mut digits = Digits { value: 0, free: u64::BITS, overflown: false };
        digits.push(first.cast_unsigned(), 2);
        digits
    }

    fn push(&mut self, digit: u64, bits: u32) {
        if self.overflown {
            return;
        }
        let most = (1 << bits) - 1;
        // All that are too large are alike, and so is the largest that is not.
        self.overflown = digit >= most;
        self.free -= bits;
        self.value |= digit.min(most) << self.free;
    }

    fn push_place(&mut self, host: HostRank, target: TargetRank) {
        self.push(host.rank().into(), 10);
        match target {
            TargetRank::Connection => self.push(0, 2),
            TargetRank::Http { path, method } => {
                self.push(1, 2);
                self.push(path.class.into(), 3);
                self.push(path.characters.into(), 24);
                self.push(method.into(), 2);
            }
            TargetRank::Grpc { service, method } => {
                self.push(2, 2);
                self.push(service.into(), 16);
                self.push(method.into(), 16);
            }
        }
    }

    /// The number, with the remaining bits all the same.
    fn followed_by(self, ones: bool) -> Digest {
        let rest = 1_u64.unbounded_shl(self.free).wrapping_sub(1);
        Digest(if ones { self.value | rest } else { self.value })
    }
}

/// What decided between the match that took a request and the next one that would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Criterion {
    /// An order that the caller gave.
    ExplicitOrder,
    /// The more specific hostname.
    Hostname,
    /// A gRPC rule before an HTTP rule.
    Kind,
    /// Exact before prefix, the longer prefix before the shorter.
    Path,
    /// The longer gRPC service before the shorter.
    Service,
    /// A match with a method before one without; of gRPC rules the longer method before the shorter.
    Method,
    /// The larger number of headers.
    Headers,
    /// The larger number of query parameters.
    QueryParams,
    /// The older route.
    Age,
    /// The route first in the alphabet by `{namespace}/{name}`.
    Name,
    /// The rule that comes first in its route.
    RuleOrder,
    /// The match that comes first in its rule.
    MatchOrder,
    /// Nothing: no other match takes the request.
    OnlyMatch,
}

impl Criterion {
    /// The criterion's name, in the case of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Criterion::ExplicitOrder => "explicitOrder",
            Criterion::Hostname => "hostname",
            Criterion::Kind => "kind",
            Criterion::Path => "path",
            Criterion::Service => "service",
            Criterion::Method => "method",
            Criterion::Headers => "headers",
            Criterion::QueryParams => "queryParams",
            Criterion::Age => "age",
            Criterion::Name => "name",
            Criterion::RuleOrder => "ruleOrder",
            Criterion::MatchOrder => "matchOrder",
            Criterion::OnlyMatch => "onlyMatch",
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl MatchRank<'_> {
    /// The first criterion in which two ranks differ.
    pub(crate) fn decided_by(&self, other: &MatchRank<'_>) -> Criterion {
        // Destructured, so that a new field cannot be forgotten here.
        let MatchRank { explicit, host, target, headers, query_params, age, name, rule, item } = self;
        [
            (*explicit != other.explicit, Criterion::ExplicitOrder),
            (*host != other.host, Criterion::Hostname),
            (*target != other.target, target.decided_by(&other.target)),
            (*headers != other.headers, Criterion::Headers),
            (*query_params != other.query_params, Criterion::QueryParams),
            (*age != other.age, Criterion::Age),
            (*name != other.name, Criterion::Name),
            (*rule != other.rule, Criterion::RuleOrder),
            (*item != other.item, Criterion::MatchOrder),
        ]
        .into_iter()
        .find_map(|(differs, criterion)| differs.then_some(criterion))
        .unwrap_or(Criterion::OnlyMatch)
    }
}

impl TargetRank {
    fn decided_by(&self, other: &TargetRank) -> Criterion {
        match (self, other) {
            (TargetRank::Http { path, .. }, TargetRank::Http { path: other, .. }) if path != other => Criterion::Path,
            (TargetRank::Grpc { service, .. }, TargetRank::Grpc { service: other, .. }) if service != other => {
                Criterion::Service
            }
            (TargetRank::Http { .. }, TargetRank::Http { .. }) | (TargetRank::Grpc { .. }, TargetRank::Grpc { .. }) => {
                Criterion::Method
            }
            _ => Criterion::Kind,
        }
    }
}

/// The rank of a route's hostname: exact, then the longest wildcard, then none.
/// spec: `HTTPRouteSpec.hostnames`, which counts characters (listeners count dots).
pub(crate) type HostRank = gateway_model::Specificity;

/// The rank of a condition on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathRank {
    class: u8,
    characters: u32,
}

impl PathRank {
    /// Exact: above everything. Exact conditions that take the same path are equal.
    pub(crate) fn exact() -> Self {
        PathRank { class: 3, characters: 0 }
    }

    /// A prefix, by its number of characters; a trailing slash, which matching ignores, does not count.
    pub(crate) fn prefix(prefix: &str) -> Self {
        PathRank { class: 1, characters: characters(prefix.strip_suffix('/').unwrap_or(prefix)) }
    }

    /// What no prefix of that many bytes exceeds.
    pub(crate) fn prefix_of_length(bytes: usize) -> Self {
        PathRank { class: 1, characters: u32::try_from(bytes).unwrap_or(u32::MAX) }
    }

    /// What no regular expression exceeds that ranks where the option puts it.
    pub(crate) fn any_regex(rank: RegexRank) -> Self {
        PathRank { characters: u32::MAX, ..Self::regex("", rank) }
    }

    /// A regular expression, where the option puts it.
    pub(crate) fn regex(pattern: &str, rank: RegexRank) -> Self {
        let class = match rank {
            RegexRank::AbovePrefix => 2,
            RegexRank::ByLength => 1,
            RegexRank::BelowPrefix => 0,
        };
        PathRank { class, characters: characters(pattern) }
    }
}

fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// When a route was created, in seconds since 1970; a route without a time counts as younger than
/// all that have one, and as old as its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Created {
    At(i64),
    Unknown,
}

/// A name that sorts as the text `{namespace}/{name}` does, which is how the specification sorts routes: `a-b/x` comes
/// before `a/x`, since `-` comes before `/`. A pair of the two would sort the other way.
///
/// The text itself is not made: every route would have one, and few are compared.
#[derive(Clone, Debug)]
pub(crate) struct SlashName<T = Arc<str>> {
    namespace: T,
    name: T,
}

impl<T: AsRef<str>> SlashName<T> {
    pub(crate) fn new(namespace: T, name: T) -> Self {
        SlashName { namespace, name }
    }
}

impl<T: AsRef<str>> Ord for SlashName<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let [(own_namespace, own_name), (namespace, name)] =
            [self, other].map(|both| (both.namespace.as_ref(), both.name.as_ref()));
        if own_namespace == namespace {
            return own_name.cmp(name);
        }
        let text = |namespace, name| [namespace, "/", name].into_iter().flat_map(str::bytes);
        text(own_namespace, own_name).cmp(text(namespace, name))
    }
}

impl<T: AsRef<str>> PartialOrd for SlashName<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: AsRef<str>> PartialEq for SlashName<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: AsRef<str>> Eq for SlashName<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_does_not_lengthen_a_prefix() {
        assert_eq!(PathRank::prefix("/foo/"), PathRank::prefix("/foo"));
        assert!(PathRank::prefix("/foo") > PathRank::prefix("/"));
        assert!(PathRank::exact() > PathRank::prefix(&"/x".repeat(500)));
    }

    #[test]
    fn a_digest_never_contradicts_the_rank_and_a_ceiling_is_never_exceeded() {
        let hosts = [None, Some("*.example.com"), Some("a.example.com")]
            .map(|text| HostRank::of(text.map(|text| gateway_model::Hostname::parse(text).unwrap()).as_ref()));
        let http = |path, method| TargetRank::Http { path, method };
        let grpc = |service, method| TargetRank::Grpc { service, method };
        let long = "/".repeat(1 << 24);
        let targets = [
            TargetRank::Connection,
            http(PathRank::prefix("/"), false),
            http(PathRank::prefix("/a"), true),
            http(PathRank::prefix(&long), true),
            http(PathRank::prefix(&format!("{long}//")), false),
            http(PathRank::regex("/.*", RegexRank::AbovePrefix), false),
            http(PathRank::exact(), true),
            grpc(0, 0),
            grpc(3, 70_000),
            grpc(3, u32::MAX),
            grpc(70_000, 1),
        ];
        let ages = [Created::At(i64::MIN), Created::At(-1), Created::At(7), Created::At(i64::MAX), Created::Unknown];
        let name = SlashName::new("a", "b");
        let mut ranks = Vec::new();
        for explicit in [i64::MIN, -1, 0, 1, 9] {
            for host in hosts {
                for target in targets {
                    for (headers, query_params) in [(0, 0), (0, 1), (1, 0), (255, 0), (300, 7)] {
                        for age in ages {
                            ranks.push(MatchRank {
                                explicit,
                                host,
                                target,
                                headers,
                                query_params,
                                age: Reverse(age),
                                name: Reverse(name.clone()),
                                rule: Reverse(0),
                                item: Reverse(0),
                            });
                        }
                    }
                }
            }
        }
        ranks.sort();
        for pair in ranks.windows(2) {
            assert!(Digest::of(&pair[0]) <= Digest::of(&pair[1]), "{pair:#?}");
        }
        for rank in ranks.iter().filter(|rank| rank.explicit <= 0) {
            let counts = (rank.headers, rank.query_params);
            for counts in [None, Some(counts)] {
                assert!(Digest::of(rank) <= Digest::ceiling(rank.host, rank.target, counts), "{rank:#?}");
            }
        }
        let with = |headers, query_params| {
            let has =
                |rank: &&MatchRank<'_>| (rank.explicit, rank.headers, rank.query_params) == (0, headers, query_params);
            Digest::of(ranks.iter().find(has).unwrap())
        };
        assert!(with(1, 0) > with(0, 1) && with(0, 1) > with(0, 0));
    }

    #[test]
    fn the_option_places_a_regular_expression() {
        let (long, short) = (PathRank::prefix("/aaaaaaaa"), PathRank::prefix("/a"));
        let at = |rank| PathRank::regex("/b.*", rank);
        assert!(at(RegexRank::AbovePrefix) > long && at(RegexRank::AbovePrefix) < PathRank::exact());
        assert!(at(RegexRank::BelowPrefix) < PathRank::prefix("/"));
        assert!(at(RegexRank::ByLength) < long && at(RegexRank::ByLength) > short);
    }

    #[test]
    fn names_are_sorted_as_text() {
        assert!(SlashName::new("a-b", "x") < SlashName::new("a", "x"));
        assert!(SlashName::new("a", "x") < SlashName::new("b", "a"));
        // Nothing keeps a slash out of the names of a definition.
        let names = ["", "a", "a-b", "a/", "a/b", "b", "/"];
        let pairs: Vec<_> = names.into_iter().flat_map(|namespace| names.map(|name| (namespace, name))).collect();
        for (a, b) in pairs.iter().flat_map(|a| pairs.iter().map(move |b| (a, b))) {
            let text = |(namespace, name): &(&str, &str)| format!("{namespace}/{name}");
            let [own, other] = [a, b].map(|(namespace, name)| SlashName::new(*namespace, *name));
            assert_eq!(own.cmp(&other), text(a).cmp(&text(b)), "{a:?} {b:?}");
            assert_eq!(own == other, text(a) == text(b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_route_without_a_time_is_younger_than_every_other() {
        assert!(Created::At(i64::MAX) < Created::Unknown);
        assert!(Created::At(1) < Created::At(2));
    }
}
