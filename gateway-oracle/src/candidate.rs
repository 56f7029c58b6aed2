//! Matches that might win.

use crate::condition::Match;
use crate::hostname::Effective;
use crate::listener::Listener;
use crate::options::{HostFallback, Options};
use crate::precedence::Precedence;
use crate::route::{Route, Rule};

/// A match that might win.
pub(crate) struct Candidate<'a> {
    pub(crate) precedence: Precedence,
    /// The listener; none in a mesh.
    pub(crate) listener: Option<&'a Listener>,
    pub(crate) effective: &'a Effective,
    pub(crate) route: &'a Route,
    pub(crate) rule: &'a Rule,
    pub(crate) item: &'a Match,
}

/// Every match of a route that takes hosts by `effective` on a listener, or is attached to a Service.
pub(crate) fn of_route<'a>(
    route: &'a Route,
    listener: Option<&'a Listener>,
    effective: &'a Effective,
    options: &Options,
) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for rule in &route.rules {
        for item in &rule.matches {
            let precedence = Precedence::of(route, rule, item, listener, effective, options);
            candidates.push(Candidate { precedence, listener, effective, route, rule, item });
        }
    }
    candidates
}

/// spec: HTTPRouteSpec.hostnames, GRPCRouteSpec.hostnames: the most specific hostname has precedence; whether the others
/// count when none of its matches takes the request is left open.
pub(crate) fn keep_most_specific_host(candidates: &mut Vec<Candidate<'_>>, options: &Options) {
    let best = candidates.iter().map(|candidate| candidate.precedence.host).min();
    match options.host_fallback {
        HostFallback::WithinListener => {}
        HostFallback::None => candidates.retain(|candidate| Some(candidate.precedence.host) == best),
    }
}

/// The one that comes before all others.
pub(crate) fn first<'a>(mut candidates: Vec<Candidate<'a>>) -> Option<Candidate<'a>> {
    candidates.sort_by(|one, other| one.precedence.cmp(&other.precedence));
    candidates.into_iter().next()
}
