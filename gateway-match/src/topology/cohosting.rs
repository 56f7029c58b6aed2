//! HTTPRoutes and GRPCRoutes for the same hosts of one listener.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use gateway_model::{Hostname, ObjectKey, ResourceKind};

use super::attachment::{AttachmentRefusal, RouteNode};
use super::hosts::Hosts;
use super::listener::ListenerKey;
use crate::options::GrpcCohosting;
use crate::precedence::{Created, SlashName};

/// Takes routes off listeners where routes of the other kind come first for some of their hosts.
///
/// spec: `GRPCRouteSpec.hostnames`: of an HTTPRoute and a GRPCRoute whose hostnames on a listener
/// intersect exactly one is accepted: the oldest, then the first by `{namespace}/{name}`.
/// O(n log n) in the attachments, and the labels of their hostnames.
pub(super) fn settle(routes: &mut BTreeMap<ObjectKey, RouteNode>, option: GrpcCohosting) {
    if option == GrpcCohosting::Coexist {
        return;
    }
    let mut refused: BTreeMap<ObjectKey, HashSet<ListenerKey>> = BTreeMap::new();
    for (listener, mut claims) in claims(routes) {
        let first = claims.first().map(|claim| claim.route.kind);
        if claims.iter().all(|claim| Some(claim.route.kind) == first) {
            continue;
        }
        claims.sort_by_cached_key(|claim| claim.order(option));
        let (mut http, mut grpc) = (Hosts::default(), Hosts::default());
        for claim in claims {
            let (own, other) = match claim.route.kind {
                ResourceKind::GrpcRoute => (&mut grpc, &http),
                _ => (&mut http, &grpc),
            };
            if other.meet(claim.hostnames) {
                refused.entry(claim.route.clone()).or_default().insert(listener.clone());
            } else {
                own.add(claim.hostnames);
            }
        }
    }
    for (route, listeners) in refused {
        if let Some(node) = routes.get_mut(&route) {
            node.detach(&AttachmentRefusal::Cohosted, |attachment| listeners.contains(&attachment.listener));
        }
    }
}

/// A route that wants to serve hosts on a listener.
struct Claim<'a> {
    route: &'a ObjectKey,
    created: Created,
    name: &'a SlashName,
    /// `None` is every host.
    hostnames: Option<&'a [Hostname]>,
}

impl Claim<'_> {
    /// Who comes first. The kind decides between routes of the same age and name.
    fn order(&self, option: GrpcCohosting) -> (Reverse<bool>, Created, SlashName, Reverse<bool>) {
        let grpc = self.route.kind == ResourceKind::GrpcRoute;
        (Reverse(grpc && option == GrpcCohosting::GrpcWins), self.created, self.name.clone(), Reverse(grpc))
    }
}

fn claims(routes: &BTreeMap<ObjectKey, RouteNode>) -> BTreeMap<ListenerKey, Vec<Claim<'_>>> {
    let mut claims: BTreeMap<ListenerKey, Vec<Claim<'_>>> = BTreeMap::new();
    let for_http = |kind| matches!(kind, ResourceKind::HttpRoute | ResourceKind::GrpcRoute);
    for (key, node) in routes.iter().filter(|(key, _)| for_http(key.kind)) {
        for attachment in node.attachments().filter(|attachment| attachment.gateway.kind == ResourceKind::Gateway) {
            claims.entry(attachment.listener.clone()).or_default().push(Claim {
                route: key,
                created: node.route().created(),
                name: node.route().slash_name(),
                hostnames: attachment.hostnames.as_deref(),
            });
        }
    }
    claims
}

#[cfg(test)]
#[path = "cohosting_tests.rs"]
mod tests;
