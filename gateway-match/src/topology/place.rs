//! Places that routes claim: listeners of Gateways, and ports of Services.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{ObjectKey, ResourceKind};

use super::attachment::{AttachmentRefusal, RouteNode};
use super::cohosting::Rivals;
use super::listener::ListenerKey;
use super::parts::{Map, Set};
use crate::precedence::{Created, SlashName};

/// Who comes first. The kind decides between routes of the same age and name.
type Order<'r> = (Created, SlashName<&'r str>, ResourceKind);

/// The routes that a listener or port would take if each were alone, and those that make room there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) claims: Set<ObjectKey>,
    /// Those of the claims that make room for others.
    pub(super) refused: Set<ObjectKey>,
    /// How those were found, where HTTPRoutes and GRPCRoutes meet.
    pub(super) rivals: Option<Rivals>,
    /// Those of the others that come after as many as there may be.
    pub(super) crowded_out: Set<ObjectKey>,
}

impl Place {
    /// How many routes are attached there.
    pub(super) fn attached(&self) -> usize {
        self.claims.size() - self.refused.size() - self.crowded_out.size()
    }

    /// Keeps as many routes as there may be, the oldest, then the first by `{namespace}/{name}`.
    ///
    /// Who makes room for another kind of route has been found out before, and does so for a route that is crowded out
    /// as well: the limit decides who is served, not what goes together. Of a Service each namespace's routes are
    /// counted by themselves, since those of different namespaces never meet. Nothing where there are few enough, else
    /// O(n log n).
    pub(super) fn crowd(&mut self, listener: &ListenerKey, limit: usize, routes: &Map<ObjectKey, Arc<RouteNode>>) {
        self.crowded_out = Set::default();
        if self.claims.size() - self.refused.size() <= limit {
            return;
        }
        let mut groups: BTreeMap<Option<&str>, BTreeMap<Order<'_>, &ObjectKey>> = BTreeMap::new();
        for route in self.claims.iter().filter(|route| !self.refused.contains(route)) {
            let Some(node) = routes.get(route) else { continue };
            let of_service = listener.source.kind == ResourceKind::Service;
            let order = (node.route().created(), node.route().slash_name(), route.kind);
            groups.entry(of_service.then_some(&*route.namespace)).or_default().insert(order, route);
        }
        let beyond: Vec<&ObjectKey> =
            groups.into_values().flat_map(|routes| routes.into_values().skip(limit)).collect();
        let mut crowded_out = Set::default();
        beyond.into_iter().for_each(|route| crowded_out.insert(route.clone()));
        self.crowded_out = crowded_out;
    }

    /// Why a route that claims it is not attached, if it is not.
    pub(super) fn refusal(&self, listener: &ListenerKey, route: &ObjectKey) -> Option<AttachmentRefusal> {
        if self.crowded_out.contains(route) {
            return Some(AttachmentRefusal::CrowdedOut);
        }
        let of_service = listener.source.kind == ResourceKind::Service;
        let refusal = if of_service { AttachmentRefusal::Conflicted } else { AttachmentRefusal::Cohosted };
        self.refused.contains(route).then_some(refusal)
    }

    /// The routes that claim it and are attached now or before but not both times.
    pub(super) fn differences<'a>(&'a self, before: &'a Place) -> impl Iterator<Item = &'a ObjectKey> {
        let sets = [
            (&self.refused, &before.refused),
            (&before.refused, &self.refused),
            (&self.crowded_out, &before.crowded_out),
            (&before.crowded_out, &self.crowded_out),
        ];
        let others = sets.into_iter().filter(|(set, other)| !set.ptr_eq(other));
        others.flat_map(|(set, other)| set.iter().filter(|route| !other.contains(route)))
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
