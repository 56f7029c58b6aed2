//! What is reported of listeners, of Gateways and of ListenerSets alike.

use gateway_match::{CertificateExpiry, ListenerFault, ListenerKey, ListenerNode};
use gateway_model::{ConditionSubject, LegalCondition, ListenerStatus, ResourceKind, RouteGroupKind, legal};

use crate::data_plane::Programming;
use crate::verdict::{Verdict, conditions};

/// What is reported of a listener whose source can be programmed, or why not.
pub(crate) fn listener_status(
    listener: &ListenerNode,
    obstacle: Option<&str>,
    programming: &Programming,
    attached_routes: i32,
    expiries: &[CertificateExpiry],
    generation: Option<i64>,
) -> ListenerStatus {
    let subject = match listener.key().source.kind {
        ResourceKind::ListenerSet => ConditionSubject::ListenerEntry,
        _ => ConditionSubject::Listener,
    };
    let verdicts = [
        Some(accepted(listener)),
        Some(programmed(listener, obstacle, programming)),
        Some(with_expiries(resolved_refs(listener), expiries)),
        listener.fault().and_then(|fault| Some(Verdict::new(fault.conflicted()?, fault.to_string()))),
        overlapping(listener),
    ];
    let verdicts: Vec<Verdict> = verdicts.into_iter().flatten().map(|verdict| verdict.about(subject)).collect();
    ListenerStatus {
        name: listener.key().name.to_string(),
        supported_kinds: Some(listener.route_kinds().map(group_kind).collect()),
        attached_routes,
        conditions: conditions(&verdicts, generation),
    }
}

/// Whether a data plane is given the listener. spec: `ListenerConditionProgrammed`.
pub(crate) fn is_programmed(listener: &ListenerNode, programming: &Programming) -> bool {
    listener.is_valid() && *programming == Programming::Programmed
}

fn accepted(listener: &ListenerNode) -> Verdict {
    match listener.fault() {
        Some(fault) => Verdict::new(fault.accepted(), fault.to_string()),
        None => Verdict::new(legal!(Listener, Accepted, True, Accepted), "the listener is valid"),
    }
}

fn resolved_refs(listener: &ListenerNode) -> Verdict {
    // The problems are sorted by the rank that decides which reason is told; the message tells all.
    match listener.problems() {
        [] => Verdict::new(legal!(Listener, ResolvedRefs, True, ResolvedRefs), "every reference resolves"),
        [first, ..] => {
            let messages: Vec<String> = listener.problems().iter().map(ToString::to_string).collect();
            Verdict::new(first.resolved_refs(), messages.join("; "))
        }
    }
}

/// The same, with what is to be told of certificates out of their time.
fn with_expiries(mut verdict: Verdict, expiries: &[CertificateExpiry]) -> Verdict {
    expiries.iter().for_each(|expiry| verdict.message.push_str(&format!("; {expiry}")));
    verdict
}

fn programmed(listener: &ListenerNode, obstacle: Option<&str>, programming: &Programming) -> Verdict {
    let invalid = legal!(Listener, Programmed, False, Invalid);
    if let Some(fault) = listener.fault() {
        return Verdict::new(lost(fault).unwrap_or(invalid), fault.to_string());
    }
    if listener.lacks_certificate() {
        // spec: the guide for implementers, TLS extensions.
        let message = "the listener is to end TLS connections and names no certificate";
        return Verdict::new(legal!(Listener, Programmed, False, InvalidTlsConfig), message);
    }
    if !listener.is_valid() {
        return Verdict::new(invalid, resolved_refs(listener).message);
    }
    if let Some(obstacle) = obstacle {
        return Verdict::new(invalid, obstacle);
    }
    match programming {
        Programming::Programmed => {
            Verdict::new(legal!(Listener, Programmed, True, Programmed), "the data plane has the listener")
        }
        Programming::Pending { message } => Verdict::new(legal!(Listener, Programmed, False, Pending), message),
        Programming::NoResources { message } | Programming::Failed { message } => Verdict::new(invalid, message),
    }
}

/// What the conformance suite wants to be told of listeners that lost a conflict.
fn lost(fault: &ListenerFault) -> Option<LegalCondition> {
    match fault {
        ListenerFault::HostnameConflict => Some(legal!(Listener, Programmed, False, HostnameConflict)),
        ListenerFault::ProtocolConflict | ListenerFault::TlsModeConflict => {
            Some(legal!(Listener, Programmed, False, ProtocolConflict))
        }
        _ => None,
    }
}

/// spec: `ListenerConditionOverlappingTLSConfig`: where both overlap, the certificates are what is said.
fn overlapping(listener: &ListenerNode) -> Option<Verdict> {
    let of_certificates = |other: &ListenerKey| {
        Verdict::new(
            legal!(Listener, OverlappingTlsConfig, True, OverlappingCertificates),
            format!("listener `{}` on the same port has a certificate for some of the same names", other.name),
        )
    };
    let of_hostnames = |other: &ListenerKey| {
        Verdict::new(
            legal!(Listener, OverlappingTlsConfig, True, OverlappingHostnames),
            format!("listener `{}` ends TLS on the same port for some of the same hosts", other.name),
        )
    };
    listener.certificate_overlap().map(of_certificates).or_else(|| listener.overlap().map(of_hostnames))
}

fn group_kind(kind: ResourceKind) -> RouteGroupKind {
    RouteGroupKind { group: Some(kind.group().to_owned()), kind: kind.as_str().to_owned() }
}
