//! Which of several matches wins.

use std::cmp::Reverse;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::condition::{Condition, HttpCondition, Match, PathCondition, ValueCondition};
use crate::grpc::GrpcCondition;
use crate::hostname::{Effective, listener_rank, route_rank};
use crate::listener::Listener;
use crate::options::{Options, PrecedenceHost, RegexRank};
use crate::path;
use crate::route::{Route, Rule};

/// The key of a match: the least wins. The order of the fields is the order of the criteria.
///
/// spec: HTTPRouteSpec.hostnames for the first field, HTTPRouteRule.matches and GRPCRouteRule.matches for the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Precedence {
    /// Most characters in a non-wildcard hostname, then in a hostname.
    pub(crate) host: Reverse<(u8, usize)>,
    /// What the match asks.
    asked: Asked,
    /// The oldest route.
    age: Age,
    /// The route first by "{namespace}/{name}".
    name: String,
    /// The first rule in list order.
    rule: usize,
    /// The first match of that rule.
    item: usize,
    /// One match on two listeners, which happens without isolation: the more specific listener.
    listener: Reverse<(u8, usize)>,
}

/// The criteria of a kind of route. Where several kinds can take a request, those of an earlier kind come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    /// spec: GRPCRouteRule.matches.
    Grpc {
        /// Most characters in a service.
        service: Reverse<usize>,
        /// Most characters in a method.
        method: Reverse<usize>,
        /// Largest number of header matches.
        headers: Reverse<usize>,
    },
    /// spec: HTTPRouteRule.matches.
    Http {
        /// Exact path, then the prefix with most characters; patterns by option.
        path: Reverse<(u8, usize)>,
        /// Method match.
        method: Reverse<bool>,
        /// Largest number of header matches.
        headers: Reverse<usize>,
        /// Largest number of query param matches.
        query: Reverse<usize>,
    },
    /// Connections and packets: only the hostname counts.
    Stream,
}

impl Precedence {
    /// The key of a match of a route that takes hosts by `effective` on a listener, or is attached to a Service.
    pub(crate) fn of(
        route: &Route,
        rule: &Rule,
        item: &Match,
        listener: Option<&Listener>,
        effective: &Effective,
        options: &Options,
    ) -> Precedence {
        let hostname = match options.precedence_host {
            PrecedenceHost::Original => effective.original.as_deref(),
            PrecedenceHost::Intersected => effective.hostname.as_deref(),
        };
        let (age, name) = route.seniority();
        Precedence {
            host: Reverse(route_rank(hostname)),
            asked: match &item.condition {
                Condition::Grpc(condition) => Asked::grpc(condition),
                Condition::Http(condition) => Asked::http(condition, options),
                Condition::Stream => Asked::Stream,
            },
            age,
            name,
            rule: rule.position,
            item: item.position,
            listener: Reverse(listener_rank(listener.and_then(|listener| listener.hostname.as_deref()))),
        }
    }
}

impl Asked {
    fn grpc(condition: &GrpcCondition) -> Asked {
        let characters = |name: &Option<ValueCondition>| Reverse(name.as_ref().map_or(0, ValueCondition::characters));
        Asked::Grpc {
            service: characters(&condition.service),
            method: characters(&condition.method),
            headers: Reverse(condition.headers.len()),
        }
    }

    fn http(condition: &HttpCondition, options: &Options) -> Asked {
        Asked::Http {
            path: Reverse(path_rank(&condition.path, options)),
            method: Reverse(condition.method.is_some()),
            headers: Reverse(condition.headers.len()),
            query: Reverse(condition.query.len()),
        }
    }
}

/// spec: HTTPRouteRule.matches: exact path, then prefix by characters; where patterns rank is
/// implementation-specific.
fn path_rank(path: &PathCondition, options: &Options) -> (u8, usize) {
    match (path, options.regex_rank) {
        (PathCondition::Exact(_), _) => (3, 0),
        (PathCondition::Pattern(pattern), RegexRank::AbovePrefix) => (2, pattern.characters()),
        (PathCondition::Pattern(pattern), RegexRank::ByLength) => (1, pattern.characters()),
        (PathCondition::Prefix(prefix), _) => (1, path::prefix_characters(prefix)),
        (PathCondition::Pattern(pattern), RegexRank::BelowPrefix) => (0, pattern.characters()),
    }
}

/// When an object was created, in whole seconds. The least is the oldest; an object that does not say is younger
/// than all that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age {
    unknown: bool,
    seconds: i64,
}

impl Age {
    pub(crate) fn of(metadata: &ObjectMeta) -> Age {
        let seconds = metadata.creation_timestamp.as_ref().map(|time| time.0.as_second());
        Age { unknown: seconds.is_none(), seconds: seconds.unwrap_or(0) }
    }
}

#[cfg(test)]
#[path = "precedence_tests.rs"]
mod tests;
