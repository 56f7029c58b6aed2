//! What references to backends lead to: who that is, whether it can be used, and how to speak to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{
    BackendObjectReference, Feature, ObjectKey, ResourceKind, Resources, ServiceImport, XBackend, XBackendTlsMode,
    XBackendType,
};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::backend_policy::BackendPolicies;
use super::certificate::resolve_certificate;
use super::parts::Map;
use super::reference::{Grants, is_permitted};
use super::validation::{precise, resolve_validation};
use crate::options::{ExternalName, Profile, TlsWithoutPolicy};
use crate::route::{
    BackendName, BackendProblem, BackendProtocol, BackendState, BackendTls, BackendTlsProblem, ResolvedBackend,
    TrustAnchors, group_and_kind,
};

/// Resolves references to backends.
pub(super) struct BackendResolver<'a> {
    pub(super) resources: &'a Resources,
    pub(super) profile: &'a Profile,
    /// Which Services have EndpointSlices, and whether an endpoint of those is ready.
    pub(super) ready: &'a Map<ObjectKey, bool>,
    pub(super) policies: &'a BackendPolicies,
}

/// A port that a reference names.
struct Port<'a> {
    name: Option<&'a str>,
    app_protocol: Option<&'a str>,
    is_udp: bool,
}

impl BackendResolver<'_> {
    /// What a route's reference to a backend leads to.
    ///
    /// spec: `HTTPBackendRef` and its like, what makes a reference invalid. O(grants of the
    /// target's namespace + log n).
    pub(super) fn resolve(
        &self,
        route: &ObjectKey,
        reference: &BackendObjectReference,
        grants: Grants,
    ) -> ResolvedBackend {
        let namespace = reference.namespace(&route.namespace);
        let [group, kind] = group_and_kind(reference.group(), reference.kind());
        let is_own = namespace == &*route.namespace;
        let mut resolved = ResolvedBackend::new(BackendName {
            group,
            kind,
            namespace: if is_own { Arc::clone(&route.namespace) } else { namespace.into() },
            name: reference.name.as_str().into(),
            port: reference.port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0),
        });
        resolved.protocol = BackendProtocol::of_route(route.kind);
        if let Err(problem) = self.fill_in(route, reference, (namespace, grants), &mut resolved) {
            resolved.state = BackendState::Invalid(problem);
        }
        resolved
    }

    /// Fills in what is known of a backend, up to the first problem in the order of [`BackendProblem`].
    fn fill_in(
        &self,
        route: &ObjectKey,
        reference: &BackendObjectReference,
        (namespace, grants): (&str, Grants),
        resolved: &mut ResolvedBackend,
    ) -> Result<(), BackendProblem> {
        let (group, kind, name) = (reference.group(), reference.kind(), reference.name.as_str());
        let found = match ResourceKind::find(group, kind) {
            Some(kind @ (ResourceKind::Service | ResourceKind::ServiceImport | ResourceKind::XBackend)) => kind,
            _ => return Err(BackendProblem::InvalidKind { group: group.to_owned(), kind: kind.to_owned() }),
        };
        if grants == Grants::Asked && !is_permitted(self.resources, route, group, kind, (namespace, name)) {
            return Err(BackendProblem::NotPermitted {
                namespace: namespace.to_owned(),
                kind: kind.to_owned(),
                name: name.to_owned(),
            });
        }
        let target = ObjectKey::new(found, namespace, name);
        resolved.traffic = self.policies.traffic(&target).cloned();
        match found {
            ResourceKind::Service => self.service(route, reference, &target, resolved),
            ResourceKind::ServiceImport => self.service_import(route, reference, &target, resolved),
            _ => self.x_backend(route, reference, &target, resolved),
        }
    }

    fn service(
        &self,
        route: &ObjectKey,
        reference: &BackendObjectReference,
        target: &ObjectKey,
        resolved: &mut ResolvedBackend,
    ) -> Result<(), BackendProblem> {
        let (namespace, name) = (&*target.namespace, &*target.name);
        let service = self.resources.get::<Service>(namespace, name).ok_or_else(|| not_found(target))?;
        let spec = service.spec.as_ref();
        // spec: BackendObjectReference.kind: ExternalName Services SHOULD NOT be supported.
        let is_external_name = spec.and_then(|spec| spec.type_.as_deref()) == Some("ExternalName");
        if is_external_name && self.profile.options.external_name == ExternalName::Refuse {
            return Err(BackendProblem::ExternalName { namespace: namespace.to_owned(), name: name.to_owned() });
        }
        let ports = spec.and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
        let ports = ports.iter().map(|port| {
            let (name, app_protocol) = (port.name.as_deref(), port.app_protocol.as_deref());
            (port.port, port.protocol.as_deref(), Port { name, app_protocol, is_udp: false })
        });
        let number = required_port(reference, target)?;
        let port = match choose_port(ports, number, target, route.kind) {
            // What a name outside of the cluster listens on, the cluster does not know.
            Err(BackendProblem::PortNotFound { .. }) if is_external_name => {
                Port { name: None, app_protocol: None, is_udp: route.kind == ResourceKind::UdpRoute }
            }
            port => port?,
        };
        self.connect(route, target, &port, resolved)?;
        // Without any slice a Service counts as having endpoints, since nothing is known.
        if !is_external_name && self.ready.get(target) == Some(&false) {
            resolved.state = BackendState::NoEndpoints;
        }
        Ok(())
    }

    fn service_import(
        &self,
        route: &ObjectKey,
        reference: &BackendObjectReference,
        target: &ObjectKey,
        resolved: &mut ResolvedBackend,
    ) -> Result<(), BackendProblem> {
        let import = self.resources.get::<ServiceImport>(&target.namespace, &target.name);
        let import = import.ok_or_else(|| not_found(target))?;
        let ports = import.spec.ports.iter().map(|port| {
            let (name, app_protocol) = (port.name.as_deref(), port.app_protocol.as_deref());
            (port.port, port.protocol.as_deref(), Port { name, app_protocol, is_udp: false })
        });
        let number = required_port(reference, target)?;
        let port = choose_port(ports, number, target, route.kind)?;
        self.connect(route, target, &port, resolved)
    }

    /// Whether the profile has the feature that a protocol needs, if it needs one.
    fn supports(&self, protocol: BackendProtocol, route: ResourceKind) -> bool {
        let feature = match (protocol, route) {
            (BackendProtocol::H2c, ResourceKind::HttpRoute) => Feature::HttpRouteBackendProtocolH2c,
            (BackendProtocol::Ws | BackendProtocol::Wss, _) => Feature::HttpRouteBackendProtocolWebSocket,
            _ => return true,
        };
        self.profile.supports(feature)
    }

    /// What is spoken to a port, and how that is secured. spec: GEP-1911, GEP-1897.
    fn connect(
        &self,
        route: &ObjectKey,
        target: &ObjectKey,
        port: &Port<'_>,
        resolved: &mut ResolvedBackend,
    ) -> Result<(), BackendProblem> {
        let unsupported = || BackendProblem::UnsupportedProtocol {
            kind: target.kind.as_str().to_owned(),
            namespace: target.namespace.to_string(),
            name: target.name.to_string(),
            protocol: port.app_protocol.unwrap_or_default().to_owned(),
        };
        resolved.protocol = BackendProtocol::of_app_protocol(port.app_protocol, route.kind)
            .filter(|protocol| self.supports(*protocol, route.kind))
            .ok_or_else(unsupported)?;
        // spec: GEP-1897: only TCP has TLS.
        let policy = if port.is_udp { None } else { self.policies.tls(target, port.name) };
        match policy.cloned() {
            Some(tls) => {
                resolved.tls = Some(tls.clone());
                match tls {
                    // A TLSRoute may pass the client's own TLS through, to which a policy is nothing.
                    Err(problem) if route.kind != ResourceKind::TlsRoute => Err(BackendProblem::Tls(problem)),
                    _ => Ok(()),
                }
            }
            None if resolved.protocol.needs_tls()
                && route.kind != ResourceKind::TlsRoute
                && self.profile.options.tls_without_policy == TlsWithoutPolicy::Refuse =>
            {
                Err(unsupported())
            }
            None => Ok(()),
        }
    }

    /// spec: `BackendSpec` of XBackend, GEP-4894.
    fn x_backend(
        &self,
        route: &ObjectKey,
        reference: &BackendObjectReference,
        target: &ObjectKey,
        resolved: &mut ResolvedBackend,
    ) -> Result<(), BackendProblem> {
        let backend = self.resources.get::<XBackend>(&target.namespace, &target.name);
        let spec = &backend.ok_or_else(|| not_found(target))?.spec;
        if spec.r#type != XBackendType::ExternalHostname {
            return Err(BackendProblem::UnsupportedType {
                kind: target.kind.as_str().to_owned(),
                namespace: target.namespace.to_string(),
                name: target.name.to_string(),
                value: spec.r#type.as_str().to_owned(),
            });
        }
        let text = spec.external_hostname.as_ref().map(|external| external.hostname.as_str()).unwrap_or_default();
        // spec: ExternalHostnameBackend.hostname: no address, and no name of the cluster's own.
        let hostname = precise(text).ok().filter(|hostname| !hostname.as_str().ends_with(".cluster.local"));
        let hostname = hostname.ok_or_else(|| BackendProblem::ExternalHostname {
            namespace: target.namespace.to_string(),
            name: target.name.to_string(),
            value: text.to_owned(),
        })?;
        let port = u16::try_from(spec.port.port).ok().filter(|port| *port > 0);
        if port.is_none() || reference.port.is_some_and(|port| port != spec.port.port) {
            return Err(port_not_found(target, reference.port.unwrap_or(spec.port.port)));
        }
        resolved.name.port = port;
        resolved.external_hostname = Some(hostname.clone());
        let unsupported = || BackendProblem::UnsupportedProtocol {
            kind: target.kind.as_str().to_owned(),
            namespace: target.namespace.to_string(),
            name: target.name.to_string(),
            protocol: spec.protocol.as_ref().map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
        };
        resolved.protocol =
            BackendProtocol::of_x_backend(spec.protocol.as_ref(), route.kind).ok_or_else(unsupported)?;
        let passes_tls = route.kind == ResourceKind::TlsRoute;
        match self.x_backend_tls(target, spec, &hostname) {
            Some(Err(problem)) if !passes_tls => {
                resolved.tls = Some(Err(problem.clone()));
                Err(BackendProblem::Tls(problem))
            }
            None if resolved.protocol.needs_tls() && !passes_tls => Err(unsupported()),
            tls => {
                resolved.tls = tls.map(|tls| tls.map(Arc::new));
                Ok(())
            }
        }
    }

    /// spec: `BackendTLS`: none without it or in mode `None`. Where nothing says whom to trust, that
    /// is the system's authorities, for the external hostname.
    fn x_backend_tls(
        &self,
        target: &ObjectKey,
        spec: &gateway_model::XBackendSpec,
        hostname: &gateway_model::Hostname,
    ) -> Option<Result<BackendTls, BackendTlsProblem>> {
        let tls = spec.tls.as_ref()?;
        let shows_certificate = match &tls.mode {
            XBackendTlsMode::None => return None,
            XBackendTlsMode::ServerOnly => false,
            XBackendTlsMode::ClientAndServer => true,
            other => return Some(Err(BackendTlsProblem::UnknownMode { value: other.as_str().to_owned() })),
        };
        let judged = match &tls.validation {
            Some(validation) => resolve_validation(self.resources, self.profile, target, validation).tls,
            None => Ok(BackendTls {
                source: target.clone(),
                hostname: hostname.clone(),
                trust: TrustAnchors::WellKnown(gateway_model::WellKnownCaCertificates::System),
                names: Vec::new(),
                client_certificate: None,
                options: BTreeMap::new(),
            }),
        };
        Some(judged.and_then(|judged| {
            if !shows_certificate {
                return Ok(judged);
            }
            let reference = tls.client_certificate_ref.as_ref();
            let reference = reference.ok_or(BackendTlsProblem::NoClientCertificate)?;
            let certificate = resolve_certificate(self.resources, target, reference)
                .map_err(|problem| BackendTlsProblem::ClientCertificate(problem.to_string()))?;
            Ok(BackendTls { client_certificate: Some(certificate), ..judged })
        }))
    }
}

/// The port of that number that speaks the transport of the route. spec: GEP-1911, multiple
/// protocols on the same port: one may be there for TCP and for UDP.
fn choose_port<'a>(
    ports: impl Iterator<Item = (i32, Option<&'a str>, Port<'a>)>,
    number: i32,
    target: &ObjectKey,
    route: ResourceKind,
) -> Result<Port<'a>, BackendProblem> {
    let wanted = if route == ResourceKind::UdpRoute { "UDP" } else { "TCP" };
    let mut other = None;
    for (_, transport, port) in ports.filter(|(found, ..)| *found == number) {
        match transport.unwrap_or("TCP") {
            transport if transport == wanted => return Ok(Port { is_udp: wanted == "UDP", ..port }),
            transport => other = Some(transport),
        }
    }
    Err(match other {
        Some(transport) => BackendProblem::UnsupportedProtocol {
            kind: target.kind.as_str().to_owned(),
            namespace: target.namespace.to_string(),
            name: target.name.to_string(),
            protocol: transport.to_owned(),
        },
        None => port_not_found(target, number),
    })
}

fn required_port(reference: &BackendObjectReference, target: &ObjectKey) -> Result<i32, BackendProblem> {
    reference.port.ok_or_else(|| BackendProblem::PortMissing {
        kind: target.kind.as_str().to_owned(),
        name: target.name.to_string(),
    })
}

fn not_found(target: &ObjectKey) -> BackendProblem {
    BackendProblem::NotFound {
        kind: target.kind.as_str().to_owned(),
        namespace: target.namespace.to_string(),
        name: target.name.to_string(),
    }
}

fn port_not_found(target: &ObjectKey, port: i32) -> BackendProblem {
    BackendProblem::PortNotFound {
        kind: target.kind.as_str().to_owned(),
        namespace: target.namespace.to_string(),
        name: target.name.to_string(),
        port,
    }
}

/// Whether a Service has a ready endpoint in some of its EndpointSlices; `None` if it has no slice.
/// O(endpoints up to the first that is ready).
pub(super) fn has_ready<'a>(slices: impl Iterator<Item = &'a EndpointSlice>) -> Option<bool> {
    let mut found = None;
    for slice in slices {
        if slice.endpoints.iter().flatten().any(is_ready) {
            return Some(true);
        }
        found = Some(false);
    }
    found
}

/// An endpoint that does not say is ready (`EndpointConditions.ready`).
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

/// The Service that an EndpointSlice belongs to.
pub(super) fn service_of(slice: &ObjectMeta) -> Option<ObjectKey> {
    let name = slice.labels.as_ref()?.get("kubernetes.io/service-name")?;
    Some(ObjectKey::new(ResourceKind::Service, slice.namespace.as_deref().unwrap_or(""), name.as_str()))
}
