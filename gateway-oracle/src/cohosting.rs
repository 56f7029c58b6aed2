//! HTTPRoutes and GRPCRoutes on one listener.

use crate::attachment::{Attachment, NOT_ALLOWED_BY_LISTENERS, Place};
use crate::hostname;
use crate::listener::Listener;
use crate::options::{GrpcCohosting, Options};
use crate::oracle::AttachedRoute;
use crate::route::{GRPC_ROUTE, HTTP_ROUTE};

/// Detaches the routes that are not accepted beside a route of the other kind.
///
/// spec: GRPCRouteSpec.hostnames: of an HTTPRoute and a GRPCRoute on one listener whose hostnames there intersect exactly
/// one is accepted. The routes of a listener come in order, and each is accepted unless an accepted one is in its way.
/// No reason is named: the listener does not take the route.
pub(crate) fn settle(routes: &mut [AttachedRoute], listeners: &[Listener], options: &Options) {
    if options.grpc_cohosting == GrpcCohosting::Coexist {
        return;
    }
    let mut in_order: Vec<usize> = (0..routes.len()).collect();
    in_order.sort_by_key(|at| routes.get(*at).map(|attached| turn(attached, options)));
    for listener in listeners {
        let mut accepted: Vec<usize> = Vec::new();
        for at in &in_order {
            let is_in_the_way = |earlier: &&usize| {
                let pair = routes.get(**earlier).zip(routes.get(*at));
                pair.is_some_and(|(earlier, later)| exclude_each_other(earlier, later, listener))
            };
            if accepted.iter().any(|earlier| is_in_the_way(&earlier)) {
                if let Some(route) = routes.get_mut(*at) {
                    detach(route, listener);
                }
            } else {
                accepted.push(*at);
            }
        }
    }
}

/// When a route's turn comes: the oldest, then by name, then GRPCRoutes before HTTPRoutes; or GRPCRoutes before all.
fn turn(attached: &AttachedRoute, options: &Options) -> impl Ord + use<> {
    let is_http = attached.route.name.kind != GRPC_ROUTE;
    (options.grpc_cohosting == GrpcCohosting::GrpcWins && is_http, attached.route.seniority(), is_http)
}

/// Whether two routes are of the two kinds and have a host in common on a listener.
fn exclude_each_other(one: &AttachedRoute, other: &AttachedRoute, listener: &Listener) -> bool {
    let kinds = [one.route.name.kind, other.route.name.kind];
    let hostnames = |attached: &AttachedRoute| -> Vec<Option<String>> {
        let there = attached.places().filter_map(Place::attachment).filter(|at| at.listener.name == listener.name);
        there.flat_map(|at| at.effective.iter().map(|effective| effective.hostname.clone())).collect()
    };
    (kinds == [HTTP_ROUTE, GRPC_ROUTE] || kinds == [GRPC_ROUTE, HTTP_ROUTE])
        && hostnames(one)
            .iter()
            .any(|own| hostnames(other).iter().any(|its| hostname::shared(own.as_deref(), its.as_deref()).is_some()))
}

fn detach(attached: &mut AttachedRoute, listener: &Listener) {
    let is_there = |at: &Attachment| at.listener.name == listener.name;
    attached.leave(NOT_ALLOWED_BY_LISTENERS, |place| place.attachment().is_some_and(is_there));
}

#[cfg(test)]
#[path = "cohosting_tests.rs"]
mod tests;
