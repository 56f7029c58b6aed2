//! Who a backend is, and whether it can be used.

use std::fmt;
use std::sync::Arc;

use gateway_model::{LegalCondition, legal};

/// Who a backend is: the reference with its defaults resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName {
    /// API group, the empty string for the core group.
    pub group: Arc<str>,
    /// Kind (`Service`).
    pub kind: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Port, if the reference has one that can be a port.
    pub port: Option<u16>,
}

impl BackendName {
    /// A port of a Service.
    pub fn service(namespace: &str, name: &str, port: u16) -> Self {
        BackendName {
            group: "".into(),
            kind: "Service".into(),
            namespace: namespace.into(),
            name: name.into(),
            port: Some(port),
        }
    }
}

impl fmt::Display for BackendName {
    /// `namespace/name:port`, with the kind before it unless that is Service.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if &*self.kind != "Service" {
            write!(f, "{} ", self.kind)?;
        }
        write!(f, "{}/{}", self.namespace, self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Whether a backend can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendState {
    /// It can.
    Ready,
    /// The reference is good, but nothing is ready behind it: its share is answered 503, or 500
    /// ([`NoEndpoints`](crate::NoEndpoints)).
    NoEndpoints,
    /// The reference is not good: its share is answered 500.
    Invalid(BackendProblem),
}

/// What is wrong with a reference to a backend. spec: `HTTPBackendRef`, what makes one invalid.
///
/// Ranked: of several problems the first in this order is told. That a reference is not permitted
/// comes before whether its target exists, so that nobody learns what another namespace holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum BackendProblem {
    /// A kind that backends cannot have here.
    #[error("`{kind}` of group `{group}` is no kind of backend")]
    InvalidKind {
        /// Its group.
        group: String,
        /// Its kind.
        kind: String,
    },
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
    /// No such object.
    #[error("{kind} `{namespace}/{name}` does not exist")]
    NotFound {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
    },
    /// A Service without a port in the reference.
    #[error("a reference to {kind} `{name}` needs a port")]
    PortMissing {
        /// The target's kind.
        kind: String,
        /// The target's name.
        name: String,
    },
    /// The object does not have that port.
    #[error("{kind} `{namespace}/{name}` has no port {port}")]
    PortNotFound {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
        /// The port.
        port: i32,
    },
}

impl BackendProblem {
    /// The route's condition ResolvedRefs. spec: `RouteConditionResolvedRefs`.
    pub fn resolved_refs(&self) -> LegalCondition {
        match self {
            BackendProblem::InvalidKind { .. } => legal!(Route, ResolvedRefs, False, InvalidKind),
            BackendProblem::NotPermitted { .. } => legal!(Route, ResolvedRefs, False, RefNotPermitted),
            BackendProblem::NotFound { .. }
            | BackendProblem::PortMissing { .. }
            | BackendProblem::PortNotFound { .. } => legal!(Route, ResolvedRefs, False, BackendNotFound),
        }
    }

    /// The reason of the route's ResolvedRefs condition. spec: `RouteConditionReason`.
    pub fn reason(&self) -> &'static str {
        self.resolved_refs().reason().as_str()
    }
}
