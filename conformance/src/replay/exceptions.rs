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
    /// Certificates of clients.
    ClientCertificates,
}

impl Need {
    /// Whether a difference is one that its absence makes.
    pub fn covers(self, aspect: Aspect) -> bool {
        match self {
            Need::ClientCertificates => aspect == Aspect::Refusal,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
pub const EXCEPTIONS: &[Exception] = &[needs(Need::ClientCertificates, "gateway-with-clientcertificate-validation")];
