//! What cannot be replayed yet, test by test, with what it needs.

use std::fmt;

use super::check::Aspect;

/// A test that needs what is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The test's file without its ending.
    pub test: &'static str,
    /// What it needs.
    pub needs: Need,
}

/// What is not there yet. It covers the differences that its absence makes, and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Filters: what they change in requests and responses, redirects, mirrors, CORS.
    Filters,
    /// BackendTLSPolicy, and the certificate that a Gateway shows to backends.
    BackendTls,
    /// Certificates of clients.
    ClientCertificates,
}

impl Need {
    /// Whether a difference is one that its absence makes.
    pub fn covers(self, aspect: Aspect) -> bool {
        match self {
            Need::Filters => {
                matches!(
                    aspect,
                    Aspect::Forwarded | Aspect::Answered | Aspect::Redirect | Aspect::Mirror
                )
            }
            Need::BackendTls => matches!(aspect, Aspect::BackendTls | Aspect::Admission),
            Need::ClientCertificates => aspect == Aspect::Refusal,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Need::Filters => "filters",
            Need::BackendTls => "TLS to backends",
            Need::ClientCertificates => "certificates of clients",
        })
    }
}

const fn needs(needs: Need, test: &'static str) -> Exception {
    Exception { test, needs }
}

/// The exceptions of this version.
///
/// A test that needs several things stands here once for each. One that no longer differs in what
/// its exception covers makes the report fail, so that nothing stays here longer than it must.
pub const EXCEPTIONS: &[Exception] = &[
    needs(Need::BackendTls, "backendtlspolicy"),
    needs(Need::BackendTls, "backendtlspolicy-conflict-resolution"),
    needs(Need::BackendTls, "backendtlspolicy-invalid-ca-certificate-ref"),
    needs(Need::BackendTls, "backendtlspolicy-invalid-kind"),
    needs(Need::BackendTls, "backendtlspolicy-san"),
    needs(Need::BackendTls, "gateway-tls-backend-client-certificate"),
    needs(
        Need::ClientCertificates,
        "gateway-invalid-default-frontend-client-certificate-validation",
    ),
    needs(Need::ClientCertificates, "gateway-with-clientcertificate-validation"),
    needs(Need::Filters, "httproute-303-redirect"),
    needs(Need::Filters, "httproute-307-redirect"),
    needs(Need::Filters, "httproute-308-redirect"),
    needs(Need::Filters, "httproute-cors"),
    needs(Need::Filters, "httproute-redirect-host-and-status"),
    needs(Need::Filters, "httproute-redirect-path"),
    needs(Need::Filters, "httproute-redirect-port"),
    needs(Need::Filters, "httproute-redirect-port-and-scheme"),
    needs(Need::Filters, "httproute-redirect-scheme"),
    needs(Need::Filters, "httproute-request-header-modifier"),
    needs(Need::Filters, "httproute-request-mirror"),
    needs(Need::Filters, "httproute-request-multiple-mirrors"),
    needs(Need::Filters, "httproute-request-percentage-mirror"),
    needs(Need::Filters, "httproute-response-header-modifier"),
    needs(Need::Filters, "httproute-rewrite-host"),
    needs(Need::Filters, "httproute-rewrite-path"),
];
