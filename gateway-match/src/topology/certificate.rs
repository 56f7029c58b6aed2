//! Certificates, keys and authorities: what references to them lead to, and whether it can be used.

use std::collections::BTreeMap;

use gateway_model::{ObjectKey, ObjectReference, ResourceKind, Resources, SecretObjectReference, Timestamp, group_of};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};

use super::reference::is_permitted;

#[cfg(feature = "certificates")]
mod content;

#[cfg(all(test, feature = "certificates"))]
mod tests;

/// The type of Secrets with a certificate and its key.
const TLS_SECRET: &str = "kubernetes.io/tls";

/// What is wrong with a reference to a certificate or to a certificate authority.
///
/// spec: `ListenerTLSConfig.certificateRefs`, `GatewayBackendTLS.clientCertificateRef`,
/// `FrontendTLSValidation.caCertificateRefs`. That a reference is not permitted comes before
/// everything, so that nobody learns what another namespace holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum CertificateProblem {
    /// In another namespace, and no ReferenceGrant there permits the reference.
    #[error("no ReferenceGrant in `{namespace}` permits a reference to {kind} `{name}`")]
    NotPermitted {
        /// The target's namespace.
        namespace: String,
        /// The target's kind.
        kind: String,
        /// The target's name.
        name: String,
    },
    /// A kind that does not hold such things.
    #[error("`{kind}` of group `{group}` is no kind that holds certificates here")]
    InvalidKind {
        /// Its group.
        group: String,
        /// Its kind.
        kind: String,
    },
    /// No such object.
    #[error("{0} does not exist")]
    NotFound(ObjectKey),
    /// The object holds nothing that can be used.
    #[error("{object}: {fault}")]
    Malformed {
        /// The object.
        object: ObjectKey,
        /// What is wrong with it.
        fault: CertificateFault,
    },
}

/// What is wrong with the content of a Secret or ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// A Secret of another type than `kubernetes.io/tls`.
    #[error("is of type `{found}`, not `kubernetes.io/tls`")]
    SecretType {
        /// The type.
        found: String,
    },
    /// The key is not there, or empty.
    #[error("has no `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// The value is no PEM of what it should be.
    #[error("`{key}` is no PEM with {expected}")]
    NotPem {
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The PEM is well-formed, and what is in it is not.
    #[error("`{key}` holds {expected} that cannot be read")]
    Unreadable {
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The private key is another one than the certificate's.
    #[error("`tls.key` is not the key of the certificate in `tls.crt`")]
    KeyMismatch,
}

/// A certificate that is out of its time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateExpiry {
    /// Its time is over.
    #[error("{secret}: the certificate expired at {}", since.as_str())]
    Expired {
        /// The Secret that holds it.
        secret: ObjectKey,
        /// Its last moment.
        since: Timestamp,
    },
    /// Its time has not come.
    #[error("{secret}: the certificate is not valid before {}", until.as_str())]
    NotYetValid {
        /// The Secret that holds it.
        secret: ObjectKey,
        /// Its first moment.
        until: Timestamp,
    },
}

/// Whether the first certificate of a Secret is out of its time at a moment, given in seconds since
/// 1970-01-01T00:00:00Z.
///
/// Nothing if there is no such Secret or the certificate cannot be read ([`resolve_certificate`] tells
/// that), and nothing without the feature `certificates`. spec: RFC 5280 section 4.1.2.5: both ends of
/// the time belong to it. O(size of the Secret).
pub fn certificate_expiry(resources: &Resources, secret: &ObjectKey, now: i64) -> Option<CertificateExpiry> {
    let object = resources.get::<Secret>(&secret.namespace, &secret.name)?;
    let (first, last) = validity(secret_value(object, "tls.crt").ok()?)?;
    let time = |seconds: i64| {
        let time = k8s_openapi::jiff::Timestamp::from_second(seconds).unwrap_or_default();
        Timestamp::new(time.to_string())
    };
    if now > last {
        return Some(CertificateExpiry::Expired { secret: secret.clone(), since: time(last) });
    }
    (now < first).then(|| CertificateExpiry::NotYetValid { secret: secret.clone(), until: time(first) })
}

/// What a reference to a certificate with its key leads to: a Secret.
///
/// spec: `SecretObjectReference`, core support. Without the feature `certificates` the content is
/// only looked at as far as PEM's first and last lines. O(grants of the namespace + size of the Secret).
pub fn resolve_certificate(
    resources: &Resources,
    from: &ObjectKey,
    reference: &SecretObjectReference,
) -> Result<ObjectKey, CertificateProblem> {
    let (group, kind) = (reference.group(), reference.kind());
    let namespace = reference.namespace(&from.namespace);
    let key = locate(resources, from, ResourceKind::Secret, (group, kind), (namespace, &reference.name))?;
    let secret =
        resources.get::<Secret>(namespace, &reference.name).ok_or_else(|| CertificateProblem::NotFound(key.clone()))?;
    match secret_fault(secret) {
        None => Ok(key),
        Some(fault) => Err(CertificateProblem::Malformed { object: key, fault }),
    }
}

/// What a reference to a certificate authority leads to: a ConfigMap with a `ca.crt`.
///
/// spec: `FrontendTLSValidation.caCertificateRefs`, core support. The same cost.
pub fn resolve_authority(
    resources: &Resources,
    from: &ObjectKey,
    reference: &ObjectReference,
) -> Result<ObjectKey, CertificateProblem> {
    let namespace = reference.namespace.as_deref().unwrap_or(&from.namespace);
    let kind = (group_of(&reference.group), reference.kind.as_str());
    let key = locate(resources, from, ResourceKind::ConfigMap, kind, (namespace, &reference.name))?;
    let map = resources
        .get::<ConfigMap>(namespace, &reference.name)
        .ok_or_else(|| CertificateProblem::NotFound(key.clone()))?;
    match authority_fault(map) {
        None => Ok(key),
        Some(fault) => Err(CertificateProblem::Malformed { object: key, fault }),
    }
}

/// The DNS names that the certificate of a Secret is for; none without the feature `certificates`.
pub(super) fn certificate_names(resources: &Resources, secret: &ObjectKey) -> Vec<Box<str>> {
    let object = resources.get::<Secret>(&secret.namespace, &secret.name);
    object.and_then(|object| secret_value(object, "tls.crt").ok()).map(dns_names).unwrap_or_default()
}

/// The target's identity, if the reference is permitted and of the kind that is expected.
fn locate(
    resources: &Resources,
    from: &ObjectKey,
    expected: ResourceKind,
    (group, kind): (&str, &str),
    (namespace, name): (&str, &str),
) -> Result<ObjectKey, CertificateProblem> {
    if !is_permitted(resources, from, group, kind, (namespace, name)) {
        return Err(CertificateProblem::NotPermitted {
            namespace: namespace.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        });
    }
    if ResourceKind::find(group, kind) != Some(expected) {
        return Err(CertificateProblem::InvalidKind { group: group.to_owned(), kind: kind.to_owned() });
    }
    Ok(ObjectKey::new(expected, namespace, name))
}

fn secret_fault(secret: &Secret) -> Option<CertificateFault> {
    // An API server makes a Secret without a type `Opaque`.
    let found = secret.type_.as_deref().unwrap_or("Opaque");
    if found != TLS_SECRET {
        return Some(CertificateFault::SecretType { found: found.to_owned() });
    }
    let certificate = match secret_value(secret, "tls.crt") {
        Ok(value) => value,
        Err(fault) => return Some(fault),
    };
    match secret_value(secret, "tls.key") {
        Ok(key) => pair_fault(certificate, key),
        Err(fault) => Some(fault),
    }
}

/// A value of a Secret; `stringData`, which an API server folds into `data`, counts first.
fn secret_value<'a>(secret: &'a Secret, key: &'static str) -> Result<&'a [u8], CertificateFault> {
    let text = secret.string_data.as_ref().and_then(|data| data.get(key)).map(String::as_bytes);
    let bytes = |data: &'a BTreeMap<String, ByteString>| data.get(key).map(|value| value.0.as_slice());
    text.or_else(|| secret.data.as_ref().and_then(bytes))
        .filter(|value| !value.is_empty())
        .ok_or(CertificateFault::MissingKey { key })
}

fn authority_fault(map: &ConfigMap) -> Option<CertificateFault> {
    let key = "ca.crt";
    let text = map.data.as_ref().and_then(|data| data.get(key)).map(String::as_bytes);
    let value =
        text.or_else(|| map.binary_data.as_ref().and_then(|data| data.get(key)).map(|value| value.0.as_slice()));
    match value.filter(|value| !value.is_empty()) {
        Some(value) => chain_fault(key, value),
        None => Some(CertificateFault::MissingKey { key }),
    }
}

#[cfg(feature = "certificates")]
use content::{chain_fault, dns_names, pair_fault, validity};

#[cfg(not(feature = "certificates"))]
fn chain_fault(key: &'static str, pem: &[u8]) -> Option<CertificateFault> {
    (!has_section(pem, "CERTIFICATE-----")).then_some(CertificateFault::NotPem { key, expected: "a certificate" })
}

#[cfg(not(feature = "certificates"))]
fn pair_fault(certificate: &[u8], key: &[u8]) -> Option<CertificateFault> {
    let no_key = || CertificateFault::NotPem { key: "tls.key", expected: "a private key" };
    chain_fault("tls.crt", certificate).or_else(|| (!has_section(key, "PRIVATE KEY-----")).then(no_key))
}

#[cfg(not(feature = "certificates"))]
fn dns_names(_: &[u8]) -> Vec<Box<str>> {
    Vec::new()
}

#[cfg(not(feature = "certificates"))]
fn validity(_: &[u8]) -> Option<(i64, i64)> {
    None
}

/// Whether there are a first and a last line of a section whose label ends so.
fn has_section(pem: &[u8], label: &str) -> bool {
    let text = String::from_utf8_lossy(pem);
    let line = |marker: &str| text.lines().any(|line| line.trim().starts_with(marker) && line.trim().ends_with(label));
    line("-----BEGIN ") && line("-----END ")
}
