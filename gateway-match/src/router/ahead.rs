//! What lies apart, read ahead of its use.
//!
//! Where routes are many, most of what a build reads of them is in no cache, and each thing says where the next is: a
//! route leads to a rule, that to a match, that to a path. Read one route after the other, a build waits for memory a
//! dozen times a route, which takes longer than all that it does. Here the same step is taken for several routes in a
//! row, which does not wait for one before it asks for the next. Nothing is done with what is read.

use std::hint::black_box;

use super::candidate::Placed;
use crate::condition::Target;
use crate::route::{BackendName, Route, start_of};

/// So many routes are read ahead together: enough that one waits for all as long as for one, few enough that they are
/// still in the nearest cache when they are used.
pub(super) const TOGETHER: usize = 16;

/// Reads what says which routes they are.
pub(super) fn read_keys<'r>(routes: impl Iterator<Item = &'r Route> + Clone) {
    read(routes.clone().map(|route| route.key().name.len()));
    read(routes.map(|route| start_of(&route.key().namespace) + start_of(&route.key().name)));
}

/// Reads their hostnames, rules, matches and backends.
pub(super) fn read_rules<'r>(routes: impl Iterator<Item = &'r Route> + Clone) {
    let rules = routes.clone().flat_map(Route::shared_rules);
    let conditions = rules.clone().flat_map(|rule| rule.conditions());
    let backends = rules.clone().flat_map(|rule| rule.backends());
    read(routes.clone().map(|route| route.key().name.len() + usize::from(route.order() == 0)));
    read(routes.clone().map(|route| route.shared_rules().len() + route.hostnames().len()));
    read(routes.flat_map(|route| route.hostnames()).map(|hostname| start_of(hostname.as_str())));
    read(rules.map(|rule| rule.backends().len() + rule.conditions().len()));
    read(conditions.map(|condition| condition.header_count() as usize + start_of_target(&condition.target())));
    read(backends.clone().map(|backend| backend.name().name.len()));
    let texts = |name: &BackendName| [&name.group, &name.kind, &name.namespace, &name.name].map(|text| start_of(text));
    read(backends.flat_map(|backend| texts(backend.name())));
}

/// Reads what matches ask for.
pub(super) fn read_conditions(candidates: &[Placed<'_>]) {
    read(candidates.iter().map(|(_, target)| start_of_target(target)));
    let headers = candidates.iter().flat_map(|(candidate, _)| candidate.exact_headers());
    read(headers.map(|(name, value)| start_of(name.as_str()) + value.first().map_or(0, |byte| usize::from(*byte))));
}

fn read(values: impl Iterator<Item = usize>) {
    black_box(values.fold(0, usize::wrapping_add));
}

fn start_of_target(target: &Target<'_>) -> usize {
    match target {
        Target::Exact(path) | Target::Prefix(path) => start_of(path),
        Target::Pattern(pattern) => start_of(pattern.as_str()),
        Target::Call(service, method) => service.map_or(0, start_of) + method.map_or(0, start_of),
        Target::OtherCall | Target::Connection => 0,
    }
}
