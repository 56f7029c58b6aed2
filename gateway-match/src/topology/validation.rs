//! How a backend's certificate is judged, resolved: for BackendTLSPolicies and for XBackends.

use std::collections::BTreeMap;

use gateway_model::{
    BackendTlsValidation, Hostname, LocalObjectReference, ObjectKey, ObjectReference, Resources, SubjectAltName,
    SubjectAltNameType, WellKnownCaCertificates,
};

use super::certificate::{CertificateProblem, resolve_authority};
use crate::options::Profile;
use crate::route::{BackendTls, BackendTlsProblem, PeerName, TrustAnchors};

/// A validation, resolved: the TLS that it asks for, and the references in it that lead nowhere.
pub(super) struct ResolvedValidation {
    pub(super) tls: Result<BackendTls, BackendTlsProblem>,
    /// With their positions among `caCertificateRefs`.
    pub(super) unresolved: Vec<(usize, CertificateProblem)>,
}

/// Resolves how a backend's certificate is judged, for a policy or XBackend.
///
/// spec: `BackendTLSPolicyValidation`. Where some references to CA certificates resolve, those count.
pub(super) fn resolve_validation(
    resources: &Resources,
    profile: &Profile,
    source: &ObjectKey,
    validation: &BackendTlsValidation,
) -> ResolvedValidation {
    let mut anchors = Vec::new();
    let mut unresolved = Vec::new();
    for (index, reference) in validation.ca_certificate_refs.iter().enumerate() {
        match ca_certificate(resources, source, reference) {
            Ok(key) => anchors.push(key),
            Err(problem) => unresolved.push((index, problem)),
        }
    }
    let trust = match (&validation.well_known_ca_certificates, unresolved.first()) {
        (Some(set), None) if anchors.is_empty() && !set.as_str().is_empty() => well_known(profile, set),
        (Some(set), _) if !set.as_str().is_empty() => Err(BackendTlsProblem::TrustUnclear),
        _ if !anchors.is_empty() => Ok(TrustAnchors::ConfigMaps(anchors)),
        (_, Some((_, first))) => Err(BackendTlsProblem::NoValidCaCertificate { first: first.to_string() }),
        (_, None) => Err(BackendTlsProblem::TrustUnclear),
    };
    let tls = trust.and_then(|trust| {
        Ok(BackendTls {
            source: source.clone(),
            hostname: precise(validation.hostname.as_str())?,
            trust,
            names: peer_names(&validation.subject_alt_names)?,
            client_certificate: None,
            options: BTreeMap::new(),
        })
    });
    ResolvedValidation { tls, unresolved }
}

fn ca_certificate(
    resources: &Resources,
    source: &ObjectKey,
    LocalObjectReference { group, kind, name }: &LocalObjectReference,
) -> Result<ObjectKey, CertificateProblem> {
    let reference = ObjectReference { group: group.clone(), kind: kind.clone(), name: name.clone(), namespace: None };
    resolve_authority(resources, source, &reference)
}

fn well_known(profile: &Profile, set: &WellKnownCaCertificates) -> Result<TrustAnchors, BackendTlsProblem> {
    if profile.has_well_known_ca_certificates(set.as_str()) {
        Ok(TrustAnchors::WellKnown(set.clone()))
    } else {
        Err(BackendTlsProblem::UnknownCaSet { value: set.as_str().to_owned() })
    }
}

/// A hostname without wildcard. spec: `PreciseHostname`.
pub(super) fn precise(text: &str) -> Result<Hostname, BackendTlsProblem> {
    let hostname = Hostname::parse_canonical(text).ok().filter(|hostname| !hostname.is_wildcard());
    hostname.ok_or_else(|| BackendTlsProblem::Hostname { value: text.to_owned() })
}

fn peer_names(wire: &[SubjectAltName]) -> Result<Vec<PeerName>, BackendTlsProblem> {
    wire.iter()
        .enumerate()
        .map(|(index, name)| {
            let hostname = name.hostname.as_ref().map(|hostname| hostname.as_str()).unwrap_or_default();
            let uri = name.uri.as_deref().unwrap_or_default();
            let (text, found) = match name.r#type {
                SubjectAltNameType::Hostname => {
                    (hostname, Hostname::parse_canonical(hostname).ok().map(PeerName::Hostname))
                }
                SubjectAltNameType::Uri => (uri, is_uri(uri).then(|| PeerName::Uri(uri.to_owned()))),
                _ => (if uri.is_empty() { hostname } else { uri }, None),
            };
            found.ok_or_else(|| BackendTlsProblem::SubjectAltName {
                index,
                kind: name.r#type.as_str().to_owned(),
                value: text.to_owned(),
            })
        })
        .collect()
}

/// A scheme and something after it. spec: `AbsoluteURI`.
fn is_uri(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(scheme, rest)| !scheme.is_empty() && !scheme.contains(['/', '?', '#']) && rest.starts_with("//"))
}
