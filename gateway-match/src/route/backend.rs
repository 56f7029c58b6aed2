//! Who a backend is, and whether it can be used.

use std::fmt;
use std::sync::{Arc, LazyLock};

use gateway_model::{Hostname, LegalCondition, ObjectKey, legal};

use super::backend_tls::{BackendTls, BackendTlsProblem};
use super::protocol::BackendProtocol;
use super::refusal::FilterRefusal;
use crate::retry_budget::RetryBudget;
use crate::session::SessionPolicy;

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
        let [group, kind] = &*SERVICE;
        BackendName {
            group: Arc::clone(group),
            kind: Arc::clone(kind),
            namespace: namespace.into(),
            name: name.into(),
            port: Some(port),
        }
    }
}

/// Group and kind of nearly all backends, which share them.
static SERVICE: LazyLock<[Arc<str>; 2]> = LazyLock::new(|| ["".into(), "Service".into()]);

/// The group and the kind of a backend.
#[cfg(feature = "topology")]
pub(crate) fn group_and_kind(group: &str, kind: &str) -> [Arc<str>; 2] {
    if [group, kind] == SERVICE.each_ref().map(|text| &**text) {
        return SERVICE.clone();
    }
    [group.into(), kind.into()]
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

/// A backend, resolved: who it is, whether it can be used, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedBackend {
    /// Who it is. An XBackend's port is its own, whether the reference says it or not.
    pub name: BackendName,
    /// Whether it can be used.
    pub state: BackendState,
    /// What is spoken to it.
    pub protocol: BackendProtocol,
    /// How the connection is secured, if TLS is asked for; or why that cannot be.
    pub tls: Option<Result<Arc<BackendTls>, BackendTlsProblem>>,
    /// What an XBackendTrafficPolicy says of it.
    pub traffic: Option<Arc<BackendTraffic>>,
    /// The host that it is outside of the cluster, for an XBackend.
    pub external_hostname: Option<Hostname>,
}

impl ResolvedBackend {
    /// A backend that can be used, speaks HTTP, and of which nothing else is known.
    pub fn new(name: BackendName) -> Self {
        ResolvedBackend {
            name,
            state: BackendState::Ready,
            protocol: BackendProtocol::default(),
            tls: None,
            traffic: None,
            external_hostname: None,
        }
    }

    /// What is wrong with the reference, if something is.
    pub fn problem(&self) -> Option<&BackendProblem> {
        match &self.state {
            BackendState::Invalid(problem) => Some(problem),
            BackendState::Ready | BackendState::NoEndpoints => None,
        }
    }

    /// Notes that one of its filters cannot do its work, unless it cannot be used anyway.
    pub(super) fn refuse(&mut self, refusal: FilterRefusal) {
        if !matches!(self.state, BackendState::Invalid(_)) {
            self.state = BackendState::Invalid(BackendProblem::Filter(refusal));
        }
    }
}

/// What an XBackendTrafficPolicy says of a backend. spec: `BackendTrafficPolicySpec`, GEP-3388.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendTraffic {
    /// The policy.
    pub source: ObjectKey,
    /// How many of the requests to it may be retries.
    pub retry_budget: Option<RetryBudget>,
    /// How the requests of a session stay with it, where the rule does not say.
    pub session_persistence: Option<SessionPolicy>,
}

/// Why a backend cannot be used: mostly what is wrong with the reference. spec: `HTTPBackendRef`, what makes one invalid.
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
    /// The route cannot speak what the backend speaks. spec: GEP-1911.
    #[error("no route of this kind speaks `{protocol}` to {kind} `{namespace}/{name}`")]
    UnsupportedProtocol {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
        /// What it speaks: its `appProtocol`, or the transport of its port.
        protocol: String,
    },
    /// A type of the kind that is not supported.
    #[error("{kind} `{namespace}/{name}` is of type `{value}`, which is not supported")]
    UnsupportedType {
        /// The target's kind.
        kind: String,
        /// The target's namespace.
        namespace: String,
        /// The target's name.
        name: String,
        /// The type.
        value: String,
    },
    /// A Service that is a name outside of the cluster ([`ExternalName`](crate::ExternalName)).
    #[error("Service `{namespace}/{name}` is of type ExternalName")]
    ExternalName {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
    },
    /// An XBackend whose host is none, or in the cluster.
    #[error("XBackend `{namespace}/{name}`: `{value}` is no host outside of the cluster")]
    ExternalHostname {
        /// The XBackend's namespace.
        namespace: String,
        /// The XBackend's name.
        name: String,
        /// The host as written.
        value: String,
    },
    /// The reference is good, but the TLS that is asked for cannot be had, and nothing goes there in
    /// plain text.
    #[error("TLS: {0}")]
    Tls(BackendTlsProblem),
    /// The reference is good, but a filter of it cannot do its work.
    #[error("{0}")]
    Filter(FilterRefusal),
}

impl BackendProblem {
    /// Whether it is the reference that is wrong, so that the route's ResolvedRefs condition is false.
    /// Where it is a policy for the backend, the policy's conditions tell.
    pub fn is_of_reference(&self) -> bool {
        !matches!(self, BackendProblem::Tls(_))
    }

    /// The route's condition ResolvedRefs. spec: `RouteConditionResolvedRefs`.
    pub fn resolved_refs(&self) -> LegalCondition {
        match self {
            BackendProblem::InvalidKind { .. }
            | BackendProblem::UnsupportedType { .. }
            | BackendProblem::ExternalName { .. } => legal!(Route, ResolvedRefs, False, InvalidKind),
            BackendProblem::NotPermitted { .. } => legal!(Route, ResolvedRefs, False, RefNotPermitted),
            BackendProblem::UnsupportedProtocol { .. } => legal!(Route, ResolvedRefs, False, UnsupportedProtocol),
            BackendProblem::Tls(_) => legal!(Route, ResolvedRefs, True, ResolvedRefs),
            BackendProblem::Filter(refusal) => refusal.resolved_refs(),
            BackendProblem::ExternalHostname { .. }
            | BackendProblem::NotFound { .. }
            | BackendProblem::PortMissing { .. }
            | BackendProblem::PortNotFound { .. } => legal!(Route, ResolvedRefs, False, BackendNotFound),
        }
    }

    /// The reason of the route's ResolvedRefs condition (`RouteConditionReason`); for a problem of
    /// TLS, which is no reference's, that of the policy's Accepted condition.
    pub fn reason(&self) -> &'static str {
        match self {
            BackendProblem::Tls(problem) => problem.accepted().reason().as_str(),
            BackendProblem::Filter(refusal) => refusal.reason(),
            other => other.resolved_refs().reason().as_str(),
        }
    }
}
