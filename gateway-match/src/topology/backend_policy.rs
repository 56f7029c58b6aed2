//! BackendTLSPolicy and XBackendTrafficPolicy, resolved, and what they say of one backend.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{
    BackendTlsPolicy, ObjectKey, ResourceKind, Resources, XBackendTrafficPolicy, XBackendTrafficPolicySpec,
};

use super::policy::{Claims, PolicyNode, PolicyRefusal, Reach, Targeting, claim};
use super::validation::{ResolvedValidation, resolve_validation};
use crate::options::Profile;
use crate::retry_budget::RetryBudget;
use crate::route::{BackendTls, BackendTlsProblem, BackendTraffic};
use crate::session::SessionPolicy;

/// spec: `BackendTLSPolicySpec.targetRefs`: Services; ServiceImports are Services of several clusters.
const TLS_TARGETS: Targeting =
    Targeting { kinds: &[ResourceKind::Service, ResourceKind::ServiceImport], by_section: true };
/// spec: `BackendTrafficPolicySpec.targetRefs`: whatever is a backend, and no single port of it.
const TRAFFIC_TARGETS: Targeting = Targeting {
    kinds: &[ResourceKind::Service, ResourceKind::ServiceImport, ResourceKind::XBackend],
    by_section: false,
};

/// The policies for backends.
#[derive(Debug, Default)]
pub(super) struct BackendPolicies {
    tls: PolicySet<Result<Arc<BackendTls>, BackendTlsProblem>>,
    traffic: PolicySet<Option<Arc<BackendTraffic>>>,
}

/// The policies of one kind, what each does, and who has what.
#[derive(Debug)]
struct PolicySet<E> {
    nodes: Vec<PolicyNode>,
    effects: Vec<E>,
    claims: Claims,
}

impl<E> Default for PolicySet<E> {
    fn default() -> Self {
        PolicySet { nodes: Vec::new(), effects: Vec::new(), claims: Claims::default() }
    }
}

impl BackendPolicies {
    /// Resolves every policy. O(n log n) in targets, and linear in the certificates' texts.
    pub(super) fn resolve(resources: &Resources, profile: &Profile) -> Self {
        BackendPolicies { tls: resolve_tls(resources, profile), traffic: resolve_traffic(resources) }
    }

    /// The TLS that a policy asks for on a port of a backend. O(log policies).
    pub(super) fn tls(
        &self,
        target: &ObjectKey,
        port_name: Option<&str>,
    ) -> Option<&Result<Arc<BackendTls>, BackendTlsProblem>> {
        self.tls.effects.get(self.tls.claims.of_port(target, port_name)?)
    }

    /// What a policy says of the traffic to a backend. O(log policies).
    pub(super) fn traffic(&self, target: &ObjectKey) -> Option<&Arc<BackendTraffic>> {
        self.traffic.effects.get(self.traffic.claims.of_port(target, None)?)?.as_ref()
    }

    /// Fills in what is to be told at which Gateway.
    pub(super) fn find_ancestors(&mut self, reach: &Reach) {
        for node in self.tls.nodes.iter_mut().chain(&mut self.traffic.nodes) {
            node.find_ancestors(reach);
        }
    }

    pub(super) fn tls_nodes(&self) -> &[PolicyNode] {
        &self.tls.nodes
    }

    pub(super) fn traffic_nodes(&self) -> &[PolicyNode] {
        &self.traffic.nodes
    }
}

fn resolve_tls(resources: &Resources, profile: &Profile) -> PolicySet<Result<Arc<BackendTls>, BackendTlsProblem>> {
    let policies: Vec<&BackendTlsPolicy> = resources.iter::<BackendTlsPolicy>().map(|policy| &**policy).collect();
    let targeted = policies.iter().map(|policy| (*policy, policy.spec.target_refs.as_slice()));
    let (claimed, claims) = claim(resources, targeted, ResourceKind::BackendTlsPolicy, &TLS_TARGETS);
    let mut targets: BTreeMap<usize, _> = claimed.into_iter().collect();
    let (mut nodes, mut effects) = (Vec::new(), Vec::new());
    for (index, policy) in policies.iter().enumerate() {
        let key = ObjectKey::new(ResourceKind::BackendTlsPolicy, policy.namespace(), policy.name());
        let validation = &policy.spec.validation;
        let ResolvedValidation { tls, unresolved } = resolve_validation(resources, profile, &key, validation);
        let tls = tls.map(|tls| Arc::new(BackendTls { options: policy.spec.options.clone(), ..tls }));
        nodes.push(PolicyNode {
            key,
            targets: targets.remove(&index).unwrap_or_default(),
            invalid: tls.as_ref().err().cloned().map(PolicyRefusal::Tls),
            unresolved,
            ancestors: Vec::new(),
        });
        effects.push(tls);
    }
    PolicySet { nodes, effects, claims }
}

fn resolve_traffic(resources: &Resources) -> PolicySet<Option<Arc<BackendTraffic>>> {
    let policies: Vec<&XBackendTrafficPolicy> =
        resources.iter::<XBackendTrafficPolicy>().map(|policy| &**policy).collect();
    let targeted = policies.iter().map(|policy| (*policy, policy.spec.target_refs.as_slice()));
    let (claimed, claims) = claim(resources, targeted, ResourceKind::XBackendTrafficPolicy, &TRAFFIC_TARGETS);
    let mut targets: BTreeMap<usize, _> = claimed.into_iter().collect();
    let (mut nodes, mut effects) = (Vec::new(), Vec::new());
    for (index, policy) in policies.iter().enumerate() {
        let key = ObjectKey::new(ResourceKind::XBackendTrafficPolicy, policy.namespace(), policy.name());
        let traffic = traffic_of(&key, &policy.spec);
        nodes.push(PolicyNode {
            key,
            targets: targets.remove(&index).unwrap_or_default(),
            invalid: traffic.as_ref().err().cloned(),
            unresolved: Vec::new(),
            ancestors: Vec::new(),
        });
        effects.push(traffic.ok().map(Arc::new));
    }
    PolicySet { nodes, effects, claims }
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
