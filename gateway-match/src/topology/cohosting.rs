//! HTTPRoutes and GRPCRoutes for the same hosts of one listener.

use std::cmp::Reverse;

use gateway_model::{Hostname, ObjectKey, ResourceKind};

use super::attachment::{Attachment, RouteNode};
use super::hosts::Hosts;
use super::listener::ListenerKey;
use super::relation::{Set, of_kind};
use crate::options::GrpcCohosting;
use crate::precedence::{Created, SlashName};

/// Which of the routes that claim hosts of a listener make room for those of the other kind that come
/// first.
///
/// spec: `GRPCRouteSpec.hostnames`: of an HTTPRoute and a GRPCRoute whose hostnames on a listener
/// intersect exactly one is accepted: the oldest, then the first by `{namespace}/{name}`.
/// O(n log n) in the claims, and the labels of their hostnames; O(log n) where they are of one kind.
pub(super) fn make_room<'a>(
    listener: &ListenerKey,
    claims: &Set<ObjectKey>,
    option: GrpcCohosting,
    node: impl Fn(&ObjectKey) -> Option<&'a RouteNode>,
) -> Set<ObjectKey> {
    let mut refused = Set::new_sync();
    let has = |kind| of_kind(claims, kind).next().is_some();
    if option == GrpcCohosting::Coexist || !has(ResourceKind::HttpRoute) || !has(ResourceKind::GrpcRoute) {
        return refused;
    }
    let mut claims: Vec<Claim<'_>> = claims
        .iter()
        .filter(|route| matches!(route.kind, ResourceKind::HttpRoute | ResourceKind::GrpcRoute))
        .filter_map(&node)
        .flat_map(|node| node.claims().filter(|claim| claim.listener == *listener).map(|claim| Claim::new(node, claim)))
        .collect();
    claims.sort_by_cached_key(|claim| claim.order(option));
    let (mut http, mut grpc) = (Hosts::default(), Hosts::default());
    for claim in claims {
        let (own, other) = match claim.route.kind {
            ResourceKind::GrpcRoute => (&mut grpc, &http),
            _ => (&mut http, &grpc),
        };
        if other.meet(claim.hostnames) {
            refused.insert_mut(claim.route.clone());
        } else {
            own.add(claim.hostnames);
        }
    }
    refused
}

/// A route that wants to serve hosts on a listener.
struct Claim<'a> {
    route: &'a ObjectKey,
    created: Created,
    name: &'a SlashName,
    /// `None` is every host.
    hostnames: Option<&'a [Hostname]>,
}

impl<'a> Claim<'a> {
    fn new(node: &'a RouteNode, claim: &'a Attachment) -> Self {
        Claim {
            route: node.key(),
            created: node.route().created(),
            name: node.route().slash_name(),
            hostnames: claim.hostnames.as_deref(),
        }
    }

    /// Who comes first. The kind decides between routes of the same age and name.
    fn order(&self, option: GrpcCohosting) -> (Reverse<bool>, Created, SlashName, Reverse<bool>) {
        let grpc = self.route.kind == ResourceKind::GrpcRoute;
        (Reverse(grpc && option == GrpcCohosting::GrpcWins), self.created, self.name.clone(), Reverse(grpc))
    }
}

#[cfg(test)]
#[path = "cohosting_tests.rs"]
mod tests;
