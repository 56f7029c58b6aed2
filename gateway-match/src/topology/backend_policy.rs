//! BackendTLSPolicy and XBackendTrafficPolicy, resolved, and what they say of one backend.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use gateway_model::{
    BackendTlsPolicySpec, Kind, Object, ObjectKey, PolicyTargetReference, ResourceKind, Resources, Stored,
    XBackendTrafficPolicySpec,
};

use super::certificate::CertificateProblem;
use super::created;
use super::parts::Map;
use super::policy::{Claimant, Claims, PolicyNode, PolicyRefusal, PolicyTarget, Reach, Targeting, claim, judge};
use super::relation::Relation;
use super::validation::{ResolvedValidation, resolve_validation};
use crate::options::Profile;
use crate::retry_budget::RetryBudget;
use crate::route::{BackendTls, BackendTlsProblem, BackendTraffic};
use crate::session::SessionPolicy;

/// The policies for backends.
#[derive(Clone, Debug, Default)]
pub(super) struct BackendPolicies {
    pub(super) tls: PolicySet<BackendTlsPolicySpec>,
    pub(super) traffic: PolicySet<XBackendTrafficPolicySpec>,
}

impl BackendPolicies {
    /// The TLS that a policy asks for on a port of a backend. O(log policies).
    pub(super) fn tls(
        &self,
        target: &ObjectKey,
        port_name: Option<&str>,
    ) -> Option<&Result<Arc<BackendTls>, BackendTlsProblem>> {
        self.tls.effect(self.tls.claims.of_port(target, port_name)?)
    }

    pub(super) fn node(&self, key: &ObjectKey) -> Option<&PolicyNode> {
        match key.kind {
            ResourceKind::BackendTlsPolicy => self.tls.node(key),
            _ => self.traffic.node(key),
        }
    }

    /// What a policy says of the traffic to a backend. O(log policies).
    pub(super) fn traffic(&self, target: &ObjectKey) -> Option<&Arc<BackendTraffic>> {
        self.traffic.effect(self.traffic.claims.of_port(target, None)?)?.as_ref()
    }
}

/// A kind of policy for backends.
pub(super) trait BackendPolicy: Kind {
    /// The kind.
    const POLICY_KIND: ResourceKind;
    /// What it may target.
    const TARGETING: Targeting;
    /// What it does to the backends that it has.
    type Effect: Clone + Debug + PartialEq;

    fn target_refs(&self) -> &[PolicyTargetReference];

    fn resolve(&self, key: &ObjectKey, resources: &Resources, profile: &Profile) -> Resolved<Self::Effect>;
}

/// What a policy comes to, whatever it targets.
pub(super) struct Resolved<E> {
    effect: E,
    invalid: Option<PolicyRefusal>,
    unresolved: Vec<(usize, CertificateProblem)>,
}

/// The policies of one kind, what each does, and who has what.
#[derive(Clone, Debug)]
pub(super) struct PolicySet<S: BackendPolicy> {
    entries: Map<ObjectKey, Arc<Entry<S>>>,
    claims: Claims,
}

#[derive(Debug)]
struct Entry<S: BackendPolicy> {
    node: PolicyNode,
    effect: S::Effect,
}

impl<S: BackendPolicy> Default for PolicySet<S> {
    fn default() -> Self {
        PolicySet { entries: Map::default(), claims: Claims::default() }
    }
}

impl<S: BackendPolicy> PolicySet<S>
where
    Object<S>: Stored,
{
    pub(super) fn nodes(&self) -> impl Iterator<Item = &PolicyNode> {
        self.entries.values().map(|entry| &entry.node)
    }

    pub(super) fn node(&self, key: &ObjectKey) -> Option<&PolicyNode> {
        self.entries.get(key).map(|entry| &entry.node)
    }

    fn effect(&self, key: &ObjectKey) -> Option<&S::Effect> {
        self.entries.get(key).map(|entry| &entry.effect)
    }

    /// Gives targets to their policies anew. Says which policies want them, and which of the targets
    /// have other policies now. O(policies with the targets × log n).
    pub(super) fn claim(
        &mut self,
        targets: &BTreeSet<ObjectKey>,
        resources: &Resources,
        referrers: &Relation,
    ) -> (BTreeSet<ObjectKey>, Vec<ObjectKey>) {
        let (mut wanting, mut changed) = (BTreeSet::new(), Vec::new());
        for target in targets {
            let policies =
                referrers.of_kind(target, S::POLICY_KIND).filter_map(|key| Some((key, get::<S>(resources, key)?)));
            let claimants: Vec<Claimant<'_>> = policies
                .map(|(key, policy)| Claimant {
                    key: key.clone(),
                    created: created(policy),
                    references: policy.spec.target_refs(),
                })
                .collect();
            wanting.extend(claimants.iter().map(|claimant| claimant.key.clone()));
            if self.claims.set(target, claim(resources, target, claimants, &S::TARGETING)) {
                changed.push(target.clone());
            }
        }
        (wanting, changed)
    }

    /// Resolves a policy anew, but for its ancestors, after its targets are given away. Says whether it
    /// does something else now to the backends that it has. O(its references).
    pub(super) fn resolve(&mut self, key: &ObjectKey, resources: &Resources, profile: &Profile) -> bool {
        let Some(policy) = get::<S>(resources, key) else {
            return self.entries.remove(key);
        };
        let Resolved { effect, invalid, unresolved } = policy.spec.resolve(key, resources, profile);
        let judge = |reference: &PolicyTargetReference| PolicyTarget {
            reference: reference.clone(),
            result: judge(resources, key, reference, &S::TARGETING, &self.claims),
        };
        let targets = policy.spec.target_refs().iter().map(judge).collect();
        let before = self.entries.get(key);
        let ancestors = before.map(|entry| entry.node.ancestors.clone()).unwrap_or_default();
        let is_news = before.is_none_or(|before| before.effect != effect);
        let node = PolicyNode { key: key.clone(), targets, invalid, unresolved, ancestors };
        self.entries.insert(key.clone(), Arc::new(Entry { node, effect }));
        is_news
    }

    /// Fills in what is to be told at which Gateway. O(targets × Gateways that reach them).
    pub(super) fn find_ancestors(&mut self, key: &ObjectKey, reach: &Reach) {
        let Some(Entry { node, effect }) = self.entries.get(key).map(|entry| &**entry) else { return };
        let mut node = node.clone();
        node.find_ancestors(reach);
        let effect = effect.clone();
        self.entries.insert(key.clone(), Arc::new(Entry { node, effect }));
    }
}

fn get<'a, S: BackendPolicy>(resources: &'a Resources, key: &ObjectKey) -> Option<&'a Object<S>>
where
    Object<S>: Stored,
{
    resources.get::<Object<S>>(&key.namespace, &key.name).map(|policy| &**policy)
}

impl BackendPolicy for BackendTlsPolicySpec {
    const POLICY_KIND: ResourceKind = ResourceKind::BackendTlsPolicy;
    /// spec: `BackendTLSPolicySpec.targetRefs`: Services; ServiceImports are Services of several clusters.
    const TARGETING: Targeting =
        Targeting { kinds: &[ResourceKind::Service, ResourceKind::ServiceImport], by_section: true };
    type Effect = Result<Arc<BackendTls>, BackendTlsProblem>;

    fn target_refs(&self) -> &[PolicyTargetReference] {
        &self.target_refs
    }

    fn resolve(&self, key: &ObjectKey, resources: &Resources, profile: &Profile) -> Resolved<Self::Effect> {
        let ResolvedValidation { tls, unresolved } = resolve_validation(resources, profile, key, &self.validation);
        let effect = tls.map(|tls| Arc::new(BackendTls { options: self.options.clone(), ..tls }));
        let invalid = effect.as_ref().err().cloned().map(PolicyRefusal::Tls);
        Resolved { effect, invalid, unresolved }
    }
}

impl BackendPolicy for XBackendTrafficPolicySpec {
    const POLICY_KIND: ResourceKind = ResourceKind::XBackendTrafficPolicy;
    /// spec: `BackendTrafficPolicySpec.targetRefs`: whatever is a backend, and no single port of it.
    const TARGETING: Targeting = Targeting {
        kinds: &[ResourceKind::Service, ResourceKind::ServiceImport, ResourceKind::XBackend],
        by_section: false,
    };
    type Effect = Option<Arc<BackendTraffic>>;

    fn target_refs(&self) -> &[PolicyTargetReference] {
        &self.target_refs
    }

    fn resolve(&self, key: &ObjectKey, _: &Resources, _: &Profile) -> Resolved<Self::Effect> {
        let traffic = traffic_of(key, self);
        let invalid = traffic.as_ref().err().cloned();
        Resolved { effect: traffic.ok().map(Arc::new), invalid, unresolved: Vec::new() }
    }
}

fn traffic_of(key: &ObjectKey, spec: &XBackendTrafficPolicySpec) -> Result<BackendTraffic, PolicyRefusal> {
    let budget = spec.retry_constraint.as_ref().map(RetryBudget::compile).transpose();
    let session = spec.session_persistence.as_ref().map(SessionPolicy::compile).transpose();
    Ok(BackendTraffic {
        source: key.clone(),
        retry_budget: budget.map_err(|error| PolicyRefusal::setting("retryConstraint", error))?,
        session_persistence: session.map_err(|error| PolicyRefusal::setting("sessionPersistence", error))?,
    })
}
