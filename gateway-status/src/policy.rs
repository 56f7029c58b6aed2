//! What is reported of policies for backends.

use gateway_match::PolicyNode;
use gateway_model::{ParentReference, PolicyAncestorStatus, PolicyStatus, ResourceKind, Truth};

use crate::reporter::Reporter;
use crate::verdict::{Verdict, conditions};

/// The status of a policy: an entry for each Gateway of ours that reaches one of its targets.
///
/// spec: `PolicyStatus`, GEP-713. O(ancestors + references).
pub(crate) fn policy_status(reporter: &Reporter<'_>, policy: &PolicyNode, generation: Option<i64>) -> PolicyStatus {
    let resolved_refs = resolved_refs(policy);
    let ancestors = policy.ancestors().iter().filter_map(|ancestor| {
        let message = match &ancestor.result {
            Ok(()) => "the policy takes effect".to_owned(),
            Err(refusal) => refusal.to_string(),
        };
        let accepted = Verdict::new(ancestor.accepted(), message);
        Some(PolicyAncestorStatus {
            ancestor_ref: ParentReference::gateway_in_full(&ancestor.gateway),
            controller_name: reporter.controller_of(&ancestor.gateway)?,
            conditions: conditions(std::iter::once(&accepted).chain(&resolved_refs), generation),
            ..PolicyAncestorStatus::default()
        })
    });
    PolicyStatus { ancestors: ancestors.collect() }
}

/// spec: `BackendTLSPolicyConditionResolvedRefs`; other policies refer to nothing but their targets.
fn resolved_refs(policy: &PolicyNode) -> Option<Verdict> {
    if policy.key().kind != ResourceKind::BackendTlsPolicy {
        return None;
    }
    let legal = policy.resolved_refs();
    let message = if legal.truth() == Truth::True {
        "every reference resolves".to_owned()
    } else {
        let unresolved = policy.unresolved().iter();
        let messages: Vec<String> = unresolved
            .map(|(index, problem)| format!("spec.validation.caCertificateRefs[{index}]: {problem}"))
            .collect();
        messages.join("; ")
    };
    Some(Verdict::new(legal, message))
}
