//! Policies that apply to backends: which one has which target, and what to say of each.
//!
//! Direct policies (GEP-713): a target has one policy of a kind, the oldest. Written once for
//! BackendTLSPolicy and XBackendTrafficPolicy.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{
    LegalCondition, ObjectKey, PolicyTargetReference, ResourceKind, Resources, ServiceImport, XBackend, legal,
};
use k8s_openapi::api::core::v1::Service;

use super::certificate::CertificateProblem;
use super::parts::Map;
use crate::precedence::{Created, SlashName};
use crate::route::BackendTlsProblem;
use crate::setting::SettingError;

/// A policy for backends, resolved: what it targets, and what each Gateway that reaches a target
/// has to say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyNode {
    pub(super) key: ObjectKey,
    pub(super) targets: Vec<PolicyTarget>,
    pub(super) invalid: Option<PolicyRefusal>,
    pub(super) unresolved: Vec<(usize, CertificateProblem)>,
    pub(super) ancestors: Vec<PolicyAncestor>,
}

impl PolicyNode {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// What it targets, in the order of the spec, and whether it has each target.
    pub fn targets(&self) -> &[PolicyTarget] {
        &self.targets
    }

    /// What is wrong with the policy itself, whatever it targets. The backends that it has answer
    /// their share with 500 then, if it is a BackendTLSPolicy; else it is as if it were not there.
    pub fn invalid(&self) -> Option<&PolicyRefusal> {
        self.invalid.as_ref()
    }

    /// The references to CA certificates that lead nowhere, with their positions.
    pub fn unresolved(&self) -> &[(usize, CertificateProblem)] {
        &self.unresolved
    }

    /// The condition ResolvedRefs. Of several references that lead nowhere the reason is that of the
    /// first in the order of [`CertificateProblem`]. spec: `BackendTLSPolicyConditionResolvedRefs`.
    pub fn resolved_refs(&self) -> LegalCondition {
        match self.unresolved.iter().map(|(_, problem)| problem).min() {
            None => legal!(Policy, ResolvedRefs, True, ResolvedRefs),
            Some(CertificateProblem::InvalidKind { .. }) => legal!(Policy, ResolvedRefs, False, InvalidKind),
            Some(_) => legal!(Policy, ResolvedRefs, False, InvalidCaCertificateRef),
        }
    }

    /// The Gateways of ours with a route to one of its targets, each once, by namespace and name,
    /// with the outcome to be told there. spec: `PolicyAncestorStatus`.
    ///
    /// A policy that is refused has them all the same.
    pub fn ancestors(&self) -> &[PolicyAncestor] {
        &self.ancestors
    }
}

/// A target of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTarget {
    /// The target as written.
    pub reference: PolicyTargetReference,
    /// Whether the policy has it, or why not.
    pub result: Result<(), PolicyRefusal>,
}

/// A Gateway that reaches a target of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyAncestor {
    /// The Gateway.
    pub gateway: ObjectKey,
    /// Whether the policy is accepted there; if not, the first reason in the order of
    /// [`PolicyRefusal`] among the targets that the Gateway reaches.
    pub result: Result<(), PolicyRefusal>,
}

impl PolicyAncestor {
    /// The condition Accepted that the policy has there. spec: `PolicyConditionAccepted`.
    pub fn accepted(&self) -> LegalCondition {
        match &self.result {
            Ok(()) => legal!(Policy, Accepted, True, Accepted),
            Err(refusal) => refusal.accepted(),
        }
    }
}

/// Why a policy is not accepted. spec: `PolicyConditionReason`.
///
/// Of several reasons the first in this order is told. A conflict comes before what is wrong with
/// the policy itself, of which ResolvedRefs tells too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum PolicyRefusal {
    /// Another policy has the target, since it is older, or comes first in the alphabet.
    #[error("{by} has the same target and comes first")]
    Conflicted {
        /// The policy that has it.
        by: ObjectKey,
    },
    /// TLS as it is asked for cannot be had.
    #[error("{0}")]
    Tls(BackendTlsProblem),
    /// A setting that cannot be.
    #[error("{path}: {problem}")]
    Setting {
        /// The field, from the object's root.
        path: String,
        /// What is wrong there.
        problem: crate::setting::SettingProblem,
    },
    /// The target is a UDP port, on which there is no such thing as TLS. spec: GEP-1897.
    #[error("{target} is a UDP port")]
    UdpPort {
        /// The Service, and the port's name where the policy has it.
        target: String,
    },
    /// There is no such object, no such section in it, or it is of a kind that the policy is not for.
    #[error("{target} is nothing that the policy could apply to")]
    TargetNotFound {
        /// The target.
        target: String,
    },
}

impl PolicyRefusal {
    /// The policy's condition Accepted. spec: `PolicyConditionAccepted`.
    pub fn accepted(&self) -> LegalCondition {
        match self {
            PolicyRefusal::Conflicted { .. } => legal!(Policy, Accepted, False, Conflicted),
            PolicyRefusal::Tls(problem) => problem.accepted(),
            PolicyRefusal::Setting { .. } | PolicyRefusal::UdpPort { .. } => legal!(Policy, Accepted, False, Invalid),
            PolicyRefusal::TargetNotFound { .. } => legal!(Policy, Accepted, False, TargetNotFound),
        }
    }

    /// The reason of the policy's Accepted condition.
    pub fn reason(&self) -> &'static str {
        self.accepted().reason().as_str()
    }

    pub(super) fn setting(field: &str, error: SettingError) -> Self {
        PolicyRefusal::Setting { path: format!("spec.{field}.{}", error.path), problem: error.problem }
    }
}

/// The ports of something that a policy can target.
pub(super) struct TargetPorts {
    /// Name, and whether it is UDP.
    pub(super) ports: Vec<(Option<String>, bool)>,
}

/// The ports of a Service, ServiceImport or XBackend; `None` if it does not exist.
pub(super) fn target_ports(resources: &Resources, target: &ObjectKey) -> Option<TargetPorts> {
    let (namespace, name) = (&*target.namespace, &*target.name);
    let is_udp = |protocol: Option<&str>| protocol == Some("UDP");
    let ports = match target.kind {
        ResourceKind::Service => {
            let service = resources.get::<Service>(namespace, name)?;
            let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
            ports.iter().map(|port| (port.name.clone(), is_udp(port.protocol.as_deref()))).collect()
        }
        ResourceKind::ServiceImport => {
            let ports = &resources.get::<ServiceImport>(namespace, name)?.spec.ports;
            ports.iter().map(|port| (port.name.clone(), is_udp(port.protocol.as_deref()))).collect()
        }
        ResourceKind::XBackend => {
            vec![(resources.get::<XBackend>(namespace, name)?.spec.port.name.clone(), false)]
        }
        _ => return None,
    };
    Some(TargetPorts { ports })
}

/// Which policy has each section of a target; `None` is the target as a whole.
pub(super) type Sections = BTreeMap<Option<String>, ObjectKey>;

/// Which policy has which target, or which section of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims(Map<ObjectKey, Arc<Sections>>);

impl Claims {
    /// The policy that has a port of a target: that of the port's own section before that of the
    /// whole target. spec: `LocalPolicyTargetReferenceWithSectionName`. O(log policies).
    pub(super) fn of_port(&self, target: &ObjectKey, port: Option<&str>) -> Option<&ObjectKey> {
        let sections = self.0.get(target)?;
        let own = port.and_then(|port| sections.get(&Some(port.to_owned())));
        own.or_else(|| sections.get(&None))
    }

    /// The policy that has a section of a target, or all of it.
    fn of_section(&self, target: &ObjectKey, section: Option<&str>) -> Option<&ObjectKey> {
        self.0.get(target)?.get(&section.map(str::to_owned))
    }

    /// Says who has a target now, and whether that is news.
    pub(super) fn set(&mut self, target: &ObjectKey, sections: Sections) -> bool {
        let before = self.0.get(target);
        if before.map_or(sections.is_empty(), |before| **before == sections) {
            return false;
        }
        if sections.is_empty() {
            self.0.remove(target);
        } else {
            self.0.insert(target.clone(), Arc::new(sections));
        }
        true
    }
}

/// What a kind of policy may target.
pub(super) struct Targeting {
    pub(super) kinds: &'static [ResourceKind],
    /// Whether a target may be narrowed down to a section, and UDP ports are none.
    pub(super) by_section: bool,
}

impl Targeting {
    /// The section that a reference names, where sections count.
    fn section<'a>(&self, reference: &'a PolicyTargetReference) -> Option<&'a str> {
        reference.section_name.as_deref().filter(|section| !section.is_empty() && self.by_section)
    }
}

/// A policy with what decides over it: who it is, how old, and what it wants.
pub(super) struct Claimant<'a> {
    pub(super) key: ObjectKey,
    pub(super) created: Option<i64>,
    pub(super) references: &'a [PolicyTargetReference],
}

/// Gives a target to its policies: to the oldest, then to the first in the alphabet by
/// `{namespace}/{name}`, whether or not the policy is good for anything.
///
/// spec: `BackendTLSPolicySpec.targetRefs`, precedence; GEP-713, conflict resolution.
/// O(n log n) for n policies with the target.
pub(super) fn claim(
    resources: &Resources,
    target: &ObjectKey,
    mut claimants: Vec<Claimant<'_>>,
    targeting: &Targeting,
) -> Sections {
    let mut sections = Sections::new();
    let ports = target_ports(resources, target).filter(|_| targeting.kinds.contains(&target.kind));
    let Some(TargetPorts { ports }) = ports else { return sections };
    claimants.sort_by_cached_key(|claimant| {
        let age = claimant.created.map_or(Created::Unknown, Created::At);
        (age, SlashName::new(claimant.key.namespace.clone(), claimant.key.name.clone()))
    });
    for claimant in &claimants {
        for reference in claimant.references {
            let section = targeting.section(reference);
            let has_section = section.is_none() || ports.iter().any(|(name, _)| name.as_deref() == section);
            if has_section && object_of(reference, &claimant.key.namespace).as_ref() == Some(target) {
                sections.entry(section.map(str::to_owned)).or_insert_with(|| claimant.key.clone());
            }
        }
    }
    sections
}

/// Whether a policy has a target that it names, or why not.
pub(super) fn judge(
    resources: &Resources,
    policy: &ObjectKey,
    reference: &PolicyTargetReference,
    targeting: &Targeting,
    claims: &Claims,
) -> Result<(), PolicyRefusal> {
    let namespace = &*policy.namespace;
    let section = targeting.section(reference);
    let shown = || {
        let section = section.map(|section| format!(", section `{section}`")).unwrap_or_default();
        format!("{} `{namespace}/{}`{section}", reference.kind, reference.name)
    };
    let not_found = || PolicyRefusal::TargetNotFound { target: shown() };
    let target = object_of(reference, namespace).filter(|target| targeting.kinds.contains(&target.kind));
    let target = target.ok_or_else(not_found)?;
    let TargetPorts { ports } = target_ports(resources, &target).ok_or_else(not_found)?;
    if section.is_some() && !ports.iter().any(|(name, _)| name.as_deref() == section) {
        return Err(not_found());
    }
    if let Some(by) = claims.of_section(&target, section).filter(|holder| *holder != policy) {
        return Err(PolicyRefusal::Conflicted { by: by.clone() });
    }
    // spec: GEP-1897: explicitly a UDP port, by its section or because there is no other.
    let mut covered = ports.iter().filter(|(name, _)| section.is_none() || name.as_deref() == section);
    if targeting.by_section && !ports.is_empty() && covered.all(|(_, is_udp)| *is_udp) {
        return Err(PolicyRefusal::UdpPort { target: shown() });
    }
    Ok(())
}

/// The object that a reference names, if its kind is one that decisions look at.
pub(super) fn object_of(reference: &PolicyTargetReference, namespace: &str) -> Option<ObjectKey> {
    let kind = ResourceKind::find(&reference.group, &reference.kind)?;
    Some(ObjectKey::new(kind, namespace, reference.name.as_str()))
}

/// Which Gateways reach which backends, and through how many routes.
pub(super) type Reach = Map<ObjectKey, Map<ObjectKey, usize>>;

impl PolicyNode {
    /// Fills in the Gateways that reach one of the targets, with what is to be told at each.
    pub(super) fn find_ancestors(&mut self, reach: &Reach) {
        let mut found: BTreeMap<&ObjectKey, Option<&PolicyRefusal>> = BTreeMap::new();
        for target in &self.targets {
            let Some(object) = object_of(&target.reference, &self.key.namespace) else { continue };
            let refusal = [target.result.as_ref().err(), self.invalid.as_ref()].into_iter().flatten().min();
            for gateway in reach.get(&object).into_iter().flat_map(|gateways| gateways.keys()) {
                let told = found.entry(gateway).or_default();
                *told = [*told, refusal].into_iter().flatten().min();
            }
        }
        self.ancestors = found
            .into_iter()
            .map(|(gateway, refusal)| PolicyAncestor {
                gateway: gateway.clone(),
                result: refusal.map_or(Ok(()), |refusal| Err(refusal.clone())),
            })
            .collect();
    }
}
