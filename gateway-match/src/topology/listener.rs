//! The listeners of Gateways and of the ListenerSets that join them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use gateway_model::{
    AllowedRoutes, DefaultGatewayScope, FromNamespaces, FrontendValidationMode, Gateway, Hostname, LegalCondition,
    Lenient, ListenerProtocol, ListenerSet, ObjectKey, ResourceKind, Resources, RouteGroupKind, RouteNamespaces,
    TlsMode, legal,
};

use super::certificate::{CertificateProblem, resolve_certificate};
use super::listener_set_key;
use crate::options::{ConflictedListeners, Profile};
use crate::router::{ClientValidation, ListenerDefinition};

mod merge;
mod overlap;
mod resolve;

/// A Gateway that is ours, with its listeners and those of the ListenerSets that join it.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayNode {
    key: ObjectKey,
    listeners: Vec<ListenerNode>,
    /// Which of the listeners each source has.
    sources: BTreeMap<ObjectKey, Range<usize>>,
    client_certificate: Option<Result<ObjectKey, CertificateProblem>>,
    rejected: bool,
    is_default: bool,
}

impl GatewayNode {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The listeners, those that cannot serve included: the Gateway's own first, then those of
    /// each ListenerSet in the order of precedence (oldest first, then by `namespace/name`).
    /// spec: GEP-1713, listener precedence.
    pub fn listeners(&self) -> &[ListenerNode] {
        &self.listeners
    }

    /// The listeners of one source: the Gateway itself, or a ListenerSet. O(log sources).
    pub fn listeners_of<'a>(&'a self, source: &ObjectKey) -> impl Iterator<Item = &'a ListenerNode> + use<'a> {
        self.slice_of(source).iter()
    }

    pub(super) fn slice_of(&self, source: &ObjectKey) -> &[ListenerNode] {
        let range = self.sources.get(source).cloned().unwrap_or_default();
        self.listeners.get(range).unwrap_or_default()
    }

    /// The ListenerSets that join it, by namespace and name.
    pub fn sets(&self) -> impl Iterator<Item = &ObjectKey> {
        self.sources.keys().filter(|source| **source != self.key)
    }

    /// Whether the Gateway is refused as a whole because some of its own listeners conflict with each
    /// other: see [`ConflictedListeners`]. Nothing of it serves then, nor do the ListenerSets.
    pub fn is_rejected(&self) -> bool {
        self.rejected
    }

    /// Whether routes that use default Gateways are attached to it without naming it (experimental).
    /// spec: `GatewaySpec.defaultScope`; GEP-3793.
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// The Secret with the certificate that the Gateway shows to backends, or what is wrong with the
    /// reference; `None` if it has none. spec: `GatewayBackendTLS.clientCertificateRef`.
    pub fn client_certificate(&self) -> Option<Result<&ObjectKey, &CertificateProblem>> {
        self.client_certificate.as_ref().map(Result::as_ref)
    }
}

/// The identity of a listener: where it is written, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerKey {
    /// The Gateway or ListenerSet.
    pub source: ObjectKey,
    /// The name, unique there.
    pub name: Arc<str>,
}

/// A listener, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerNode {
    key: ListenerKey,
    port: i32,
    protocol: ListenerProtocol,
    hostname: Option<Lenient<Hostname>>,
    tls_mode: Option<TlsMode>,
    allowed: AllowedRoutes,
    kinds: Vec<ResourceKind>,
    certificates: Vec<Result<ObjectKey, CertificateProblem>>,
    /// The DNS names that those are for, sorted.
    certificate_names: Vec<Box<str>>,
    lacks_certificate: bool,
    client_validation: Option<ClientValidation>,
    problems: Vec<ListenerProblem>,
    overlap: Option<ListenerKey>,
    certificate_overlap: Option<ListenerKey>,
    fault: Option<ListenerFault>,
    /// Whether its Gateway is refused as a whole.
    rejected: bool,
}

/// Why a listener serves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ListenerFault {
    /// What clients speak there is not supported.
    #[error("protocol `{0}` is not supported")]
    Protocol(ListenerProtocol),
    /// Its hostname does not follow the grammar.
    #[error("the hostname is malformed")]
    Hostname,
    /// Its port is no port.
    #[error("the port is not between 1 and 65535")]
    Port,
    /// Its TLS mode is not known, not supported, or not one that the protocol has.
    #[error("TLS mode `{mode}` is not supported for protocol `{protocol}`")]
    TlsMode {
        /// The mode.
        mode: TlsMode,
        /// The protocol.
        protocol: ListenerProtocol,
    },
    /// The mode of judging clients' certificates is not known or not supported.
    #[error("mode `{0}` of validating client certificates is not supported")]
    ClientValidationMode(FrontendValidationMode),
    /// Clients' certificates are to be judged, and no authority can be used.
    #[error("no certificate authority can be used to validate client certificates")]
    NoAuthority,
    /// Another listener has the same port, protocol and hostname.
    #[error("another listener has the same port, protocol and hostname")]
    HostnameConflict,
    /// Another listener speaks a protocol on the same port that cannot be told from this one's.
    #[error("another listener on the port speaks a protocol that cannot be told from this one's")]
    ProtocolConflict,
    /// Another listener of the port has the other TLS mode, and the two cannot be mixed.
    #[error("another listener on the port has the other TLS mode, and the two are not supported on one port")]
    TlsModeConflict,
    /// The Gateway has as many listeners as it can have ([`Profile::listener_limit`]) without this one,
    /// which is of a ListenerSet.
    #[error("the Gateway has as many listeners as it can have without this one")]
    TooMany,
}

impl ListenerFault {
    /// The listener's condition Accepted. spec: `ListenerConditionAccepted`; what the conformance
    /// suite expects of conflicts.
    pub fn accepted(&self) -> LegalCondition {
        match self {
            ListenerFault::Protocol(_) => legal!(Listener, Accepted, False, UnsupportedProtocol),
            ListenerFault::Hostname | ListenerFault::TlsMode { .. } | ListenerFault::ClientValidationMode(_) => {
                legal!(Listener, Accepted, False, UnsupportedValue)
            }
            ListenerFault::Port => legal!(Listener, Accepted, False, PortUnavailable),
            ListenerFault::NoAuthority => legal!(Listener, Accepted, False, NoValidCaCertificate),
            ListenerFault::HostnameConflict => legal!(Listener, Accepted, False, HostnameConflict),
            ListenerFault::ProtocolConflict | ListenerFault::TlsModeConflict => {
                legal!(Listener, Accepted, False, ProtocolConflict)
            }
            // A reason of ListenerSets alone.
            ListenerFault::TooMany => legal!(ListenerEntry, Accepted, False, TooManyListeners),
        }
    }

    /// The listener's condition Conflicted, if the fault is a conflict. spec: `ListenerConditionConflicted`.
    pub fn conflicted(&self) -> Option<LegalCondition> {
        match self {
            ListenerFault::HostnameConflict => Some(legal!(Listener, Conflicted, True, HostnameConflict)),
            ListenerFault::ProtocolConflict | ListenerFault::TlsModeConflict => {
                Some(legal!(Listener, Conflicted, True, ProtocolConflict))
            }
            _ => None,
        }
    }
}

/// What does not resolve in a listener, ranked: of several problems the first in this order is told.
///
/// spec: `ListenerConditionResolvedRefs`. Paths are relative to the listener, or to the Gateway's
/// spec for what stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ListenerProblem {
    /// A reference that is not permitted.
    #[error("{path}: {problem}")]
    NotPermitted {
        /// The field.
        path: String,
        /// What is wrong there.
        problem: CertificateProblem,
    },
    /// A certificate that cannot be used.
    #[error("{path}: {problem}")]
    Certificate {
        /// The field.
        path: String,
        /// What is wrong there.
        problem: CertificateProblem,
    },
    /// An authority of a kind that is not supported.
    #[error("{path}: {problem}")]
    AuthorityKind {
        /// The field.
        path: String,
        /// What is wrong there.
        problem: CertificateProblem,
    },
    /// An authority that cannot be used.
    #[error("{path}: {problem}")]
    Authority {
        /// The field.
        path: String,
        /// What is wrong there.
        problem: CertificateProblem,
    },
    /// A kind of route that the listener cannot take.
    #[error("allowedRoutes.kinds[{index}]: protocol `{protocol}` does not take `{}` of group `{}`", kind.kind, kind.group())]
    RouteKind {
        /// Its position.
        index: usize,
        /// The kind.
        kind: RouteGroupKind,
        /// The listener's protocol.
        protocol: ListenerProtocol,
    },
}

impl ListenerProblem {
    /// The listener's condition ResolvedRefs. spec: `ListenerConditionResolvedRefs`.
    pub fn resolved_refs(&self) -> LegalCondition {
        match self {
            ListenerProblem::NotPermitted { .. } => legal!(Listener, ResolvedRefs, False, RefNotPermitted),
            ListenerProblem::Certificate { .. } => legal!(Listener, ResolvedRefs, False, InvalidCertificateRef),
            ListenerProblem::AuthorityKind { .. } => legal!(Listener, ResolvedRefs, False, InvalidCaCertificateKind),
            ListenerProblem::Authority { .. } => legal!(Listener, ResolvedRefs, False, InvalidCaCertificateRef),
            ListenerProblem::RouteKind { .. } => legal!(Listener, ResolvedRefs, False, InvalidRouteKinds),
        }
    }
}

impl ListenerNode {
    /// Its identity.
    pub fn key(&self) -> &ListenerKey {
        &self.key
    }

    /// Its port as written, 1 to 65535 unless [`ListenerFault::Port`].
    pub fn port(&self) -> i32 {
        self.port
    }

    /// What clients speak.
    pub fn protocol(&self) -> &ListenerProtocol {
        &self.protocol
    }

    /// Its hostname as written; `None` for protocols without hostnames too.
    pub fn hostname(&self) -> Option<&Lenient<Hostname>> {
        self.hostname.as_ref()
    }

    /// Who ends TLS connections, for HTTPS and TLS.
    pub fn tls_mode(&self) -> Option<&TlsMode> {
        self.tls_mode.as_ref()
    }

    /// Why it serves nothing, if it does not.
    pub fn fault(&self) -> Option<&ListenerFault> {
        self.fault.as_ref()
    }

    fn is_conflicted(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.conflicted().is_some())
    }

    /// What does not resolve, in the order of the rank that decides which is told.
    pub fn problems(&self) -> &[ListenerProblem] {
        &self.problems
    }

    /// The Secrets with its certificates that can be used, in the order of the spec.
    pub fn certificates(&self) -> impl Iterator<Item = &ObjectKey> {
        self.certificates.iter().filter_map(|certificate| certificate.as_ref().ok())
    }

    /// Whether it is to end TLS connections and names no certificate to do it with, nor options
    /// that might. spec: the guide for implementers, TLS.
    pub fn lacks_certificate(&self) -> bool {
        self.lacks_certificate
    }

    /// How the certificates of clients are judged, if they are asked for one.
    pub fn client_validation(&self) -> Option<&ClientValidation> {
        self.client_validation.as_ref()
    }

    /// Another TLS listener on the port whose hosts overlap with this one's.
    /// spec: `ListenerConditionOverlappingTLSConfig`.
    pub fn overlap(&self) -> Option<&ListenerKey> {
        self.overlap.as_ref()
    }

    /// Another TLS listener on the port with a certificate for some of the same DNS names as one of this listener's: a
    /// client may send requests for this one's hosts on a connection that was made to the other.
    ///
    /// `None` without the feature `certificates`. spec: `ListenerConditionOverlappingTLSConfig`, which controllers may
    /// set for certificates too.
    pub fn certificate_overlap(&self) -> Option<&ListenerKey> {
        self.certificate_overlap.as_ref()
    }

    /// Whether a data plane can be given it: it has no fault, good certificates if it needs any, and
    /// some kind of route to take. spec: the conformance suite counts no other as valid.
    pub fn is_valid(&self) -> bool {
        let certified = !self.lacks_certificate && self.certificates.iter().all(Result::is_ok);
        self.fault.is_none() && certified && !self.kinds.is_empty()
    }

    /// The host whose routes it takes (`None`: every host); nothing if its hostname is malformed.
    ///
    /// Whether it serves them is another matter. spec: `ListenerStatus.attachedRoutes`: the status of
    /// the listener does not count.
    pub fn host(&self) -> Option<Option<&Hostname>> {
        match self.hostname.as_ref().map(Lenient::valid) {
            Some(None) => None,
            Some(hostname) => Some(hostname),
            None => Some(None),
        }
    }

    /// Whether it takes the same routes as another listener would in its place.
    pub(super) fn takes_the_same(&self, other: &ListenerNode) -> bool {
        let taken = |node: &ListenerNode| (node.key.clone(), node.port, node.protocol.clone(), node.hostname.clone());
        taken(self) == taken(other) && self.kinds == other.kinds && self.allowed == other.allowed
    }

    /// Its port and hostname, if it serves.
    pub fn serves(&self) -> Option<(u16, Option<&Hostname>)> {
        if self.fault.is_some() || self.rejected {
            return None;
        }
        Some((u16::try_from(self.port).ok()?, self.host()?))
    }

    /// What a router listens to for it, if it serves.
    pub(super) fn definition(&self) -> Option<ListenerDefinition> {
        let (port, hostname) = self.serves()?;
        let mut definition = ListenerDefinition::new(&self.key.name, port, self.protocol.clone())
            .parent(self.key.source.clone())
            .certificates(self.certificates().cloned().collect());
        if let Some(hostname) = hostname {
            definition = definition.hostname(hostname.clone());
        }
        if let Some(mode) = &self.tls_mode {
            definition = definition.tls_mode(mode.clone());
        }
        if let Some(validation) = &self.client_validation {
            definition = definition.client_validation(validation.clone());
        }
        Some(definition)
    }

    /// The kinds of route that it takes: those that its protocol serves and `allowedRoutes.kinds`
    /// lists. spec: `AllowedRoutes.kinds`, `ListenerStatus.supportedKinds`.
    pub fn route_kinds(&self) -> impl Iterator<Item = ResourceKind> + '_ {
        self.kinds.iter().copied()
    }

    /// Whether routes of a namespace may attach. spec: `AllowedRoutes.namespaces`.
    pub fn takes_namespace(&self, namespace: &str, resources: &Resources) -> bool {
        takes_namespace(
            self.allowed.namespaces.as_ref(),
            FromNamespaces::Same,
            &self.key.source.namespace,
            namespace,
            resources,
        )
    }
}

/// Whether objects of one namespace are welcome in another.
/// spec: `RouteNamespaces` (default `Same`), `ListenerNamespaces` (default `None`).
fn takes_namespace(
    namespaces: Option<&RouteNamespaces>,
    default: FromNamespaces,
    own: &str,
    namespace: &str,
    resources: &Resources,
) -> bool {
    match namespaces.and_then(|namespaces| namespaces.from.clone()).unwrap_or(default) {
        FromNamespaces::All => true,
        FromNamespaces::Same => own == namespace,
        FromNamespaces::Selector => namespaces
            .and_then(|namespaces| namespaces.selector.as_ref())
            .zip(resources.namespace_labels(namespace))
            .is_some_and(|(selector, labels)| selector.matches(&labels)),
        _ => false,
    }
}

/// What became of a ListenerSet whose Gateway is ours.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerSetOutcome {
    key: ObjectKey,
    gateway: ObjectKey,
    refusal: Option<ListenerSetRefusal>,
}

impl ListenerSetOutcome {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The Gateway that it names.
    pub fn gateway(&self) -> &ObjectKey {
        &self.gateway
    }

    /// Why its listeners do not join the Gateway, if they do not.
    pub fn refusal(&self) -> Option<ListenerSetRefusal> {
        self.refusal
    }
}

/// Why a ListenerSet does not join its Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ListenerSetRefusal {
    /// The Gateway does not allow ListenerSets of that namespace. spec: `GatewaySpec.allowedListeners`.
    #[error("the Gateway does not allow ListenerSets of this namespace")]
    NotAllowed,
}

impl ListenerSetRefusal {
    /// The set's condition Accepted. spec: `ListenerSetConditionAccepted`.
    pub fn accepted(self) -> LegalCondition {
        match self {
            ListenerSetRefusal::NotAllowed => legal!(ListenerSet, Accepted, False, NotAllowed),
        }
    }

    /// The set's condition Programmed, as the conformance suite expects it.
    pub fn programmed(self) -> LegalCondition {
        match self {
            ListenerSetRefusal::NotAllowed => legal!(ListenerSet, Programmed, False, NotAllowed),
        }
    }
}

/// A Gateway that is ours, with what becomes of the ListenerSets that name it. O(listeners + sets).
pub(super) fn resolve_gateway(
    key: &ObjectKey,
    gateway: &Gateway,
    sets: impl Iterator<Item = Arc<ListenerSet>>,
    resources: &Resources,
    profile: &Profile,
) -> (GatewayNode, Vec<ListenerSetOutcome>) {
    let (mut joining, mut outcomes) = (Vec::new(), Vec::new());
    for set in sets {
        let allowed = gateway.spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
        let welcome = takes_namespace(allowed, FromNamespaces::None, gateway.namespace(), set.namespace(), resources);
        outcomes.push(ListenerSetOutcome {
            key: listener_set_key(&set),
            gateway: key.clone(),
            refusal: (!welcome).then_some(ListenerSetRefusal::NotAllowed),
        });
        if welcome {
            joining.push(set);
        }
    }
    let joining = joining.iter().map(|set| &**set).collect();
    (gateway_node(key.clone(), gateway, joining, resources, profile), outcomes)
}

fn gateway_node(
    key: ObjectKey,
    gateway: &Gateway,
    sets: Vec<&ListenerSet>,
    resources: &Resources,
    profile: &Profile,
) -> GatewayNode {
    let resolver = resolve::ListenerResolver { resources, profile, gateway, key: &key };
    let (mut listeners, sources) = merge::merge_listeners(&resolver, sets);
    overlap::mark(&mut listeners);
    let backend = gateway.spec.tls.as_ref().and_then(|tls| tls.backend.as_ref());
    let reference = backend.and_then(|backend| backend.client_certificate_ref.as_ref());
    let client_certificate = reference.map(|reference| resolve_certificate(resources, &key, reference));
    let is_default = gateway.spec.default_scope == Some(DefaultGatewayScope::All);
    let mut node = GatewayNode { key, listeners, sources, client_certificate, rejected: false, is_default };
    if profile.options.conflicted_listeners == ConflictedListeners::RejectGateway
        && node.listeners_of(&node.key).any(ListenerNode::is_conflicted)
    {
        node.rejected = true;
        node.listeners.iter_mut().for_each(|listener| listener.rejected = true);
    }
    node
}
