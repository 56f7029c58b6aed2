//! TLS towards a backend: whom to ask for, and whom to trust.

use std::collections::BTreeMap;

use gateway_model::{Hostname, LegalCondition, ObjectKey, WellKnownCaCertificates, certificate_name_matches, legal};

/// How a connection to a backend is secured. spec: `BackendTLSPolicyValidation`, `BackendTLS`.
///
/// All of it resolved and checked: what does not resolve is no `BackendTls`, and such a backend is
/// not spoken to at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendTls {
    pub(crate) source: ObjectKey,
    pub(crate) hostname: Hostname,
    pub(crate) trust: TrustAnchors,
    pub(crate) names: Vec<PeerName>,
    pub(crate) client_certificate: Option<ObjectKey>,
    pub(crate) options: BTreeMap<String, String>,
}

/// Whose signature on a backend's certificate counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustAnchors {
    /// The CA certificates under `ca.crt` in these ConfigMaps: those that resolve, at least one.
    ConfigMaps(Vec<ObjectKey>),
    /// A set that the implementation has: the system's, or one of its own
    /// ([`Profile::well_known_ca_certificates`](crate::Profile::well_known_ca_certificates)).
    WellKnown(WellKnownCaCertificates),
}

/// A name that a backend's certificate may have. spec: `SubjectAltName`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerName {
    /// A DNS name, perhaps with a wildcard.
    Hostname(Hostname),
    /// A URI, as SPIFFE has them.
    Uri(String),
}

impl BackendTls {
    /// What asks for TLS: a BackendTLSPolicy, or an XBackend.
    pub fn source(&self) -> &ObjectKey {
        &self.source
    }

    /// The server name of the handshake. spec: `BackendTLSPolicyValidation.hostname`.
    pub fn hostname(&self) -> &Hostname {
        &self.hostname
    }

    /// Whose signature counts.
    pub fn trust(&self) -> &TrustAnchors {
        &self.trust
    }

    /// The names of which the certificate must have one; where there are none, that is the hostname.
    pub fn subject_alt_names(&self) -> &[PeerName] {
        &self.names
    }

    /// The certificate that this backend is shown, a Secret, if it is shown one of its own. Else it
    /// is the Gateway's, if that has one. spec: `BackendTLS.clientCertificateRef`,
    /// `GatewayBackendTLS.clientCertificateRef`.
    pub fn client_certificate(&self) -> Option<&ObjectKey> {
        self.client_certificate.as_ref()
    }

    /// Options that implementations define. spec: `BackendTLSPolicySpec.options`.
    pub fn options(&self) -> &BTreeMap<String, String> {
        &self.options
    }

    /// Whether a certificate with these names (DNS and URI of subjectAltName) is the backend's, its
    /// signature aside. O(names × expected names).
    ///
    /// spec: `BackendTLSPolicyValidation.subjectAltNames`: with them they alone decide; without them
    /// the hostname does. A certificate's wildcard stands for one label.
    pub fn accepts_names(&self, dns_names: &[&str], uris: &[&str]) -> bool {
        let has_host = |host: &Hostname| match host.wildcard_suffix() {
            None => dns_names.iter().any(|name| certificate_name_matches(name, host.as_str())),
            // A wildcard that is asked for is the certificate's own, or covers one of its names.
            Some(_) => dns_names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(host.as_str()) || certificate_name_matches(host.as_str(), name)),
        };
        if self.names.is_empty() {
            return has_host(&self.hostname);
        }
        self.names.iter().any(|name| match name {
            PeerName::Hostname(host) => has_host(host),
            PeerName::Uri(uri) => uris.contains(&uri.as_str()),
        })
    }
}

/// Why the TLS that is asked for cannot be had. Such a backend answers its share with 500: nothing
/// goes to it in plain text. spec: `BackendTLSPolicyValidation`, GEP-1897.
///
/// Of several problems the first in this order is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum BackendTlsProblem {
    /// Neither CA certificates nor a well-known set, or both.
    #[error("exactly one of caCertificateRefs and wellKnownCACertificates must be set")]
    TrustUnclear,
    /// A well-known set of certificates that we do not have.
    #[error("`{value}` is no set of CA certificates that we have")]
    UnknownCaSet {
        /// Its name.
        value: String,
    },
    /// A hostname that is none, or has a wildcard.
    #[error("`{value}` is no hostname without wildcard")]
    Hostname {
        /// The text.
        value: String,
    },
    /// An expected name that is none.
    #[error("subjectAltNames[{index}] `{value}` is no {kind}")]
    SubjectAltName {
        /// Its position.
        index: usize,
        /// Its type.
        kind: String,
        /// The text.
        value: String,
    },
    /// A mode of TLS that is not known.
    #[error("`{value}` is no mode of TLS that we support")]
    UnknownMode {
        /// The mode.
        value: String,
    },
    /// Not one reference to CA certificates resolves.
    #[error("no CA certificate can be had: {first}")]
    NoValidCaCertificate {
        /// What is wrong with the first of them.
        first: String,
    },
    /// Both sides are to show a certificate, and nothing says which one is ours.
    #[error("mode ClientAndServer needs clientCertificateRef")]
    NoClientCertificate,
    /// The certificate to be shown does not resolve.
    #[error("client certificate: {0}")]
    ClientCertificate(String),
}

impl BackendTlsProblem {
    /// The policy's condition Accepted.
    /// spec: `PolicyConditionReason`, `BackendTLSPolicyReasonNoValidCACertificate`.
    pub fn accepted(&self) -> LegalCondition {
        match self {
            BackendTlsProblem::NoValidCaCertificate { .. } => legal!(Policy, Accepted, False, NoValidCaCertificate),
            BackendTlsProblem::TrustUnclear
            | BackendTlsProblem::UnknownCaSet { .. }
            | BackendTlsProblem::Hostname { .. }
            | BackendTlsProblem::SubjectAltName { .. }
            | BackendTlsProblem::UnknownMode { .. }
            | BackendTlsProblem::NoClientCertificate
            | BackendTlsProblem::ClientCertificate(_) => legal!(Policy, Accepted, False, Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_model::ResourceKind;

    #[test]
    fn subject_alt_names_decide_in_place_of_the_hostname() {
        let host = |text: &str| Hostname::parse(text).unwrap();
        let dns = |text: &str| PeerName::Hostname(host(text));
        let uri = |text: &str| PeerName::Uri(text.to_owned());
        type Case<'a> = (&'a [PeerName], &'a [&'a str], &'a [&'a str], bool);
        let cases: [Case<'_>; 11] = [
            (&[], &["abc.example.com"], &[], true),
            (&[], &["*.example.com", "x"], &[], true),
            (&[], &["*.com"], &[], false),
            (&[], &["other.example.com"], &["spiffe://a/b"], false),
            (&[dns("other.example.com")], &["abc.example.com"], &[], false),
            (&[dns("other.example.com"), dns("abc.example.com")], &["ABC.example.com"], &[], true),
            (&[dns("*.example.com")], &["x.example.com"], &[], true),
            (&[dns("*.example.com")], &["x.y.example.com"], &[], false),
            (&[uri("spiffe://a/b")], &["abc.example.com"], &["spiffe://a/b"], true),
            (&[uri("spiffe://a/b")], &["abc.example.com"], &["spiffe://a/B"], false),
            (&[uri("spiffe://a/b"), dns("z.example.com")], &["z.example.com"], &[], true),
        ];
        for (names, dns_names, uris, expected) in cases {
            let tls = BackendTls {
                source: ObjectKey::new(ResourceKind::BackendTlsPolicy, "shop", "p"),
                hostname: host("abc.example.com"),
                trust: TrustAnchors::WellKnown(WellKnownCaCertificates::System),
                names: names.to_vec(),
                client_certificate: None,
                options: BTreeMap::new(),
            };
            assert_eq!(tls.accepts_names(dns_names, uris), expected, "{names:?} {dns_names:?} {uris:?}");
        }
    }
}
