//! One listener at a time: what it is able to serve, and what its references lead to.

use gateway_model::{
    Feature, FrontendTlsConfig, FrontendValidationMode, Gateway, Lenient, Listener, ListenerProtocol, ListenerTls,
    ObjectKey, ResourceKind, Resources, TlsMode,
};

use super::{ListenerFault, ListenerKey, ListenerNode, ListenerProblem};
use crate::options::Profile;
use crate::router::ClientValidation;
use crate::topology::certificate::{CertificateProblem, certificate_names, resolve_authority, resolve_certificate};

/// Resolves listeners of one Gateway, its own and those of the sets that join it.
pub(super) struct ListenerResolver<'a> {
    pub(super) resources: &'a Resources,
    pub(super) profile: &'a Profile,
    pub(super) gateway: &'a Gateway,
    pub(super) key: &'a ObjectKey,
}

impl ListenerResolver<'_> {
    /// A listener by itself, before any conflict.
    pub(super) fn resolve(&self, source: &ObjectKey, listener: &Listener) -> ListenerNode {
        let protocol = &listener.protocol;
        let speaks_hostnames =
            matches!(protocol, ListenerProtocol::Http | ListenerProtocol::Https | ListenerProtocol::Tls);
        let tls_mode = tls_mode(listener);
        let mut problems = Vec::new();
        let served = kinds_of(protocol, tls_mode.as_ref(), self.profile);
        let kinds = allowed_kinds(listener, &served, &mut problems);
        let ends_tls = tls_mode == Some(TlsMode::Terminate);
        let certificates = if ends_tls { self.certificates(source, listener, &mut problems) } else { Vec::new() };
        let mut certificate_names: Vec<Box<str>> = certificates
            .iter()
            .filter_map(|certificate| certificate.as_ref().ok())
            .flat_map(|secret| certificate_names(self.resources, secret))
            .collect();
        certificate_names.sort_unstable();
        certificate_names.dedup();
        let has_options = listener.tls.as_ref().is_some_and(|tls| !tls.options.is_empty());
        let client_validation = self.client_validation(listener, &mut problems);
        problems.sort();
        let mut node = ListenerNode {
            key: ListenerKey { source: source.clone(), name: listener.name.as_str().into() },
            port: listener.port,
            protocol: protocol.clone(),
            // spec: Listener.hostname, ignored for protocols without hostname-based matching.
            hostname: listener.hostname.clone().filter(|_| speaks_hostnames),
            lacks_certificate: ends_tls && certificates.is_empty() && !has_options,
            tls_mode,
            allowed: listener.allowed_routes.clone().unwrap_or_default(),
            kinds,
            certificates,
            certificate_names,
            client_validation,
            problems,
            overlap: None,
            certificate_overlap: None,
            fault: None,
            rejected: false,
        };
        node.fault = self.fault(&node);
        node
    }

    fn fault(&self, node: &ListenerNode) -> Option<ListenerFault> {
        if !self.speaks(&node.protocol) {
            return Some(ListenerFault::Protocol(node.protocol.clone()));
        }
        if matches!(node.hostname, Some(Lenient::Invalid(_))) {
            return Some(ListenerFault::Hostname);
        }
        if !(1..=65535).contains(&node.port) {
            return Some(ListenerFault::Port);
        }
        if let Some(mode) = node.tls_mode.as_ref().filter(|mode| !self.has_mode(&node.protocol, mode)) {
            return Some(ListenerFault::TlsMode { mode: mode.clone(), protocol: node.protocol.clone() });
        }
        let validation = node.client_validation.as_ref()?;
        if !self.has_validation_mode(&validation.mode) {
            return Some(ListenerFault::ClientValidationMode(validation.mode.clone()));
        }
        validation.authorities.is_empty().then_some(ListenerFault::NoAuthority)
    }

    /// spec: `ProtocolType`: what is not supported is refused.
    fn speaks(&self, protocol: &ListenerProtocol) -> bool {
        match protocol {
            ListenerProtocol::Http | ListenerProtocol::Https => true,
            ListenerProtocol::Tls => self.profile.supports(Feature::TlsRoute),
            ListenerProtocol::Tcp => self.profile.supports(Feature::TcpRoute),
            ListenerProtocol::Udp => self.profile.supports(Feature::UdpRoute),
            _ => false,
        }
    }

    /// spec: `ListenerTLSConfig.mode`: HTTPS is always ended by the Gateway; ending TLS for TLSRoutes
    /// is a feature of its own.
    fn has_mode(&self, protocol: &ListenerProtocol, mode: &TlsMode) -> bool {
        match (protocol, mode) {
            (ListenerProtocol::Https, mode) => *mode == TlsMode::Terminate,
            (_, TlsMode::Terminate) => self.profile.supports(Feature::TlsRouteModeTerminate),
            (_, mode) => *mode == TlsMode::Passthrough,
        }
    }

    fn has_validation_mode(&self, mode: &FrontendValidationMode) -> bool {
        match mode {
            FrontendValidationMode::AllowValidOnly => true,
            FrontendValidationMode::AllowInsecureFallback => {
                self.profile.supports(Feature::GatewayFrontendClientCertificateValidationInsecureFallback)
            }
            _ => false,
        }
    }

    fn certificates(
        &self,
        source: &ObjectKey,
        listener: &Listener,
        problems: &mut Vec<ListenerProblem>,
    ) -> Vec<Result<ObjectKey, CertificateProblem>> {
        let references = listener.tls.as_ref().map(|tls| tls.certificate_refs.as_slice()).unwrap_or_default();
        let resolved: Vec<_> =
            references.iter().map(|reference| resolve_certificate(self.resources, source, reference)).collect();
        problems.extend(resolved.iter().enumerate().filter_map(|(index, result)| {
            let problem = result.as_ref().err()?.clone();
            let path = format!("tls.certificateRefs[{index}]");
            Some(match problem {
                CertificateProblem::NotPermitted { .. } => ListenerProblem::NotPermitted { path, problem },
                problem => ListenerProblem::Certificate { path, problem },
            })
        }));
        resolved
    }

    /// How clients' certificates are judged on a listener.
    ///
    /// spec: `FrontendTLSConfig`: HTTPS listeners only; an entry for the port takes the place of the
    /// default as a whole.
    fn client_validation(&self, listener: &Listener, problems: &mut Vec<ListenerProblem>) -> Option<ClientValidation> {
        if listener.protocol != ListenerProtocol::Https
            || !self.profile.supports(Feature::GatewayFrontendClientCertificateValidation)
        {
            return None;
        }
        let frontend = self.gateway.spec.tls.as_ref()?.frontend.as_ref()?;
        let own = frontend.per_port.iter().enumerate().find(|(_, entry)| entry.port == listener.port);
        let (place, config): (String, &FrontendTlsConfig) = match own {
            Some((index, entry)) => (format!("spec.tls.frontend.perPort[{index}].tls"), &entry.tls),
            None => ("spec.tls.frontend.default".to_owned(), &frontend.default),
        };
        let validation = config.validation.as_ref()?;
        let mut authorities = Vec::new();
        for (index, reference) in validation.ca_certificate_refs.iter().enumerate() {
            let path = format!("{place}.validation.caCertificateRefs[{index}]");
            match resolve_authority(self.resources, self.key, reference) {
                Ok(authority) => authorities.push(authority),
                Err(problem @ CertificateProblem::NotPermitted { .. }) => {
                    problems.push(ListenerProblem::NotPermitted { path, problem });
                }
                Err(problem @ CertificateProblem::InvalidKind { .. }) => {
                    problems.push(ListenerProblem::AuthorityKind { path, problem });
                }
                Err(problem) => problems.push(ListenerProblem::Authority { path, problem }),
            }
        }
        Some(ClientValidation { authorities, mode: validation.mode() })
    }
}

/// Who ends TLS connections; `None` for protocols without TLS.
fn tls_mode(listener: &Listener) -> Option<TlsMode> {
    matches!(listener.protocol, ListenerProtocol::Https | ListenerProtocol::Tls)
        .then(|| listener.tls.as_ref().map_or(TlsMode::Terminate, ListenerTls::mode))
}

/// The kinds of route that a protocol can serve, as far as they are supported.
/// spec: `Listener.protocol`, `AllowedRoutes.kinds`.
fn kinds_of(protocol: &ListenerProtocol, mode: Option<&TlsMode>, profile: &Profile) -> Vec<ResourceKind> {
    let kinds: &[(ResourceKind, Feature)] = match protocol {
        ListenerProtocol::Http | ListenerProtocol::Https => {
            &[(ResourceKind::HttpRoute, Feature::HttpRoute), (ResourceKind::GrpcRoute, Feature::GrpcRoute)]
        }
        ListenerProtocol::Tls if mode == Some(&TlsMode::Terminate) => {
            &[(ResourceKind::TlsRoute, Feature::TlsRouteModeTerminate)]
        }
        ListenerProtocol::Tls => &[(ResourceKind::TlsRoute, Feature::TlsRoute)],
        ListenerProtocol::Tcp => &[(ResourceKind::TcpRoute, Feature::TcpRoute)],
        ListenerProtocol::Udp => &[(ResourceKind::UdpRoute, Feature::UdpRoute)],
        _ => &[],
    };
    kinds.iter().filter(|(_, feature)| profile.supports(*feature)).map(|(kind, _)| *kind).collect()
}

/// The kinds that are served and listed; those that are listed and not served are problems.
/// spec: `ListenerStatus.supportedKinds`.
fn allowed_kinds(
    listener: &Listener,
    served: &[ResourceKind],
    problems: &mut Vec<ListenerProblem>,
) -> Vec<ResourceKind> {
    let listed = listener.allowed_routes.as_ref().map(|allowed| allowed.kinds.as_slice()).unwrap_or_default();
    if listed.is_empty() {
        return served.to_vec();
    }
    let find = |group: &str, name: &str| served.iter().find(|kind| kind.group() == group && kind.as_str() == name);
    problems.extend(listed.iter().enumerate().filter(|(_, kind)| find(kind.group(), &kind.kind).is_none()).map(
        |(index, kind)| ListenerProblem::RouteKind { index, kind: kind.clone(), protocol: listener.protocol.clone() },
    ));
    let is_listed =
        |kind: &&ResourceKind| listed.iter().any(|entry| entry.group() == kind.group() && entry.kind == kind.as_str());
    served.iter().filter(is_listed).copied().collect()
}
