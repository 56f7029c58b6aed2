//! How a backend is spoken to, as the decision line says it.

use gateway_match::{Backend, BackendProblem, BackendTls, FilterRefusal, PeerName, RetryBudget, TrustAnchors};
use gateway_model::ObjectKey;
use serde::Serialize;

use crate::parent::slash_name;

/// What a backend speaks; `None` where the reference leads to none.
pub(crate) fn protocol(backend: &Backend) -> Option<&'static str> {
    match backend.problem() {
        None | Some(BackendProblem::Tls(_) | BackendProblem::Filter(_)) => Some(backend.protocol().as_str()),
        Some(_) => None,
    }
}

/// TLS towards a backend.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TlsLine<'a> {
    /// The server name of the handshake.
    pub(crate) hostname: &'a str,
    ca_certificate_refs: Vec<CertificateRef<'a>>,
    #[serde(rename = "wellKnownCACertificates")]
    well_known_ca_certificates: Option<&'a str>,
    subject_alt_names: Vec<NameLine<'a>>,
    /// The Secret with the certificate that the backend is shown.
    client_certificate_ref: Option<String>,
}

#[derive(Debug, Serialize)]
struct CertificateRef<'a> {
    group: &'static str,
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum NameLine<'a> {
    Hostname {
        hostname: &'a str,
    },
    #[serde(rename = "URI")]
    Uri {
        uri: &'a str,
    },
}

impl<'a> TlsLine<'a> {
    /// `shown` is the certificate that the Gateway shows, if it has one.
    pub(crate) fn new(tls: &'a BackendTls, shown: Option<&ObjectKey>) -> Self {
        let (anchors, well_known) = match tls.trust() {
            TrustAnchors::ConfigMaps(keys) => (keys.as_slice(), None),
            TrustAnchors::WellKnown(set) => (&[] as &[ObjectKey], Some(set.as_str())),
        };
        TlsLine {
            hostname: tls.hostname().as_str(),
            ca_certificate_refs: anchors.iter().map(CertificateRef::new).collect(),
            well_known_ca_certificates: well_known,
            subject_alt_names: tls.subject_alt_names().iter().map(NameLine::new).collect(),
            client_certificate_ref: tls.client_certificate().or(shown).map(slash_name),
        }
    }
}

impl<'a> CertificateRef<'a> {
    fn new(key: &'a ObjectKey) -> Self {
        CertificateRef { group: key.kind.group(), kind: key.kind.as_str(), namespace: &key.namespace, name: &key.name }
    }
}

impl<'a> NameLine<'a> {
    fn new(name: &'a PeerName) -> Self {
        match name {
            PeerName::Hostname(hostname) => NameLine::Hostname { hostname: hostname.as_str() },
            PeerName::Uri(uri) => NameLine::Uri { uri },
        }
    }
}

/// How many of the requests to a backend may be retries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetLine {
    percent: u8,
    interval: String,
    min_retries: u32,
    min_interval: String,
}

impl BudgetLine {
    pub(crate) fn new(budget: &RetryBudget) -> Self {
        let text = |length| gateway_model::Duration::from_std(length).map(|d| d.to_string()).unwrap_or_default();
        BudgetLine {
            percent: budget.percent(),
            interval: text(budget.interval()),
            min_retries: budget.min_retries(),
            min_interval: text(budget.min_interval()),
        }
    }
}

/// Why every request of a rule is answered 500.
#[derive(Debug, Serialize)]
pub(crate) struct RefusalLine {
    reason: &'static str,
    message: String,
}

impl RefusalLine {
    pub(crate) fn new(refusal: &FilterRefusal) -> Self {
        RefusalLine { reason: refusal.reason(), message: refusal.to_string() }
    }
}
