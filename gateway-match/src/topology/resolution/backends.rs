//! Backends: their endpoints, and the policies for them.

use std::collections::{BTreeSet, HashMap};

use gateway_model::{BackendTlsPolicySpec, Object, ObjectKey, ResourceKind, Stored, XBackendTrafficPolicySpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Resolution;
use crate::topology::State;
use crate::topology::backend::has_ready;
use crate::topology::backend_policy::{BackendPolicies, BackendPolicy, PolicySet};
use crate::topology::referrers::targets_of;

/// How many more or fewer routes lead from each Gateway to a backend.
pub(super) type ReachChanges = HashMap<ObjectKey, HashMap<ObjectKey, isize>>;

impl Resolution<'_> {
    /// Whether Services have endpoints that are ready. Where that is as before, nothing comes of it.
    pub(super) fn resolve_endpoints(&mut self) {
        for service in std::mem::take(&mut self.endpoints) {
            let State { resources, referrers, ready, .. } = &mut self.next;
            let slices = referrers.of_kind(&service, ResourceKind::EndpointSlice);
            let slices = slices.filter_map(|key| resources.get::<EndpointSlice>(&key.namespace, &key.name));
            let found = has_ready(slices.map(|slice| &**slice));
            if found == ready.get(&service).copied() {
                continue;
            }
            match found {
                Some(is_ready) => ready.insert(service.clone(), is_ready),
                None => drop(ready.remove(&service)),
            }
            self.mark_routes_of(&service);
        }
    }

    /// The policies, but for their ancestors, and the routes to backends for which they say something else.
    pub(super) fn resolve_policies(&mut self) {
        self.resolve_policies_of::<BackendTlsPolicySpec>(|policies| &mut policies.tls);
        self.resolve_policies_of::<XBackendTrafficPolicySpec>(|policies| &mut policies.traffic);
    }

    fn resolve_policies_of<S: BackendPolicy>(&mut self, set: impl Fn(&mut BackendPolicies) -> &mut PolicySet<S>)
    where
        Object<S>: Stored,
    {
        let State { resources, profile, referrers, policies, .. } = &mut self.next;
        let (wanting, mut targets) = set(policies).claim(&self.targets, resources, referrers);
        self.policies.extend(wanting);
        for key in self.policies.iter().filter(|key| key.kind == S::POLICY_KIND) {
            if set(policies).resolve(key, resources, profile) {
                targets.extend(resources.get_any(key).iter().flat_map(targets_of));
            }
        }
        targets.iter().for_each(|target| self.mark_routes_of(target));
    }

    /// Which Gateways reach which backends, and the policies that are told of there.
    pub(super) fn reach(&mut self, changes: ReachChanges) {
        let State { policies, referrers, reach, .. } = &mut self.next;
        for (target, changes) in changes {
            let mut gateways = reach.get(&target).cloned().unwrap_or_default();
            reach.remove(&target);
            let mut is_news = false;
            for (gateway, change) in changes.into_iter().filter(|(_, change)| *change != 0) {
                let before = gateways.get(&gateway).copied().unwrap_or(0);
                let after = before.saturating_add_signed(change);
                is_news |= (before == 0) != (after == 0);
                if after == 0 {
                    gateways.remove(&gateway);
                } else {
                    gateways.insert(gateway, after);
                }
            }
            if !gateways.is_empty() {
                reach.insert(target.clone(), gateways);
            }
            if is_news {
                for kind in [ResourceKind::BackendTlsPolicy, ResourceKind::XBackendTrafficPolicy] {
                    self.policies.extend(referrers.of_kind(&target, kind).cloned());
                }
            }
        }
        for key in &self.policies {
            policies.tls.find_ancestors(key, reach);
            policies.traffic.find_ancestors(key, reach);
        }
    }

    /// Tells which policies came out otherwise than before.
    pub(super) fn compare_policies(&mut self) {
        let (before, after) = (&self.before.policies, &self.next.policies);
        let is_other = |key: &&ObjectKey| before.node(key) != after.node(key);
        let others: BTreeSet<ObjectKey> = self.policies.iter().filter(is_other).cloned().collect();
        self.affected.extend(others);
    }
}
