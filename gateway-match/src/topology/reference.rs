//! References from routes to backends, and the grants that permit them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::{BackendObjectReference, ObjectKey, ReferenceGrant, ResourceKind, Resources, ServiceImport};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use crate::route::{BackendName, BackendProblem, BackendState};

/// Whether an object may refer to another.
///
/// Within one namespace always; else when a ReferenceGrant in the target's namespace says so, for
/// the referrer's own kind. spec: `ReferenceGrantSpec`. O(grants of the target's namespace).
pub(super) fn is_permitted(
    resources: &Resources,
    from: &ObjectKey,
    to_group: &str,
    to_kind: &str,
    to: (&str, &str),
) -> bool {
    let (namespace, name) = to;
    *from.namespace == *namespace
        || resources.in_namespace::<ReferenceGrant>(namespace).any(|grant| {
            grant.spec.permits((from.kind.group(), from.kind.as_str(), &from.namespace), (to_group, to_kind, name))
        })
}

/// What a route's reference to a backend leads to: who that is, and whether it can be used.
///
/// spec: `HTTPBackendRef` and its like, what makes a reference invalid. The topology has asked this
/// for the backendRefs of rules; ask it for those of filters (mirrors, external authorisation).
/// O(grants and EndpointSlices of the target's namespace).
pub fn resolve_backend(
    resources: &Resources,
    route: &ObjectKey,
    reference: &BackendObjectReference,
) -> (BackendName, BackendState) {
    let namespace = reference.namespace(&route.namespace);
    resolve_with(resources, &Endpoints::in_namespace(resources, namespace), route, reference, Grants::Asked)
}

/// Whether references into other namespaces need a ReferenceGrant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grants {
    /// They do: what a Gateway serves.
    Asked,
    /// They do not: what clients in a mesh reach anyway. spec: GEP-1294, namespace boundaries.
    NotAsked,
}

/// The same, where the EndpointSlices have been gone through before.
pub(super) fn resolve_with(
    resources: &Resources,
    endpoints: &Endpoints<'_>,
    route: &ObjectKey,
    reference: &BackendObjectReference,
    grants: Grants,
) -> (BackendName, BackendState) {
    let namespace = reference.namespace(&route.namespace);
    let name = BackendName {
        group: reference.group().into(),
        kind: reference.kind().into(),
        namespace: namespace.into(),
        name: reference.name.as_str().into(),
        port: reference.port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0),
    };
    let state = match backend_state(resources, endpoints, route, reference, (namespace, grants)) {
        Ok(true) => BackendState::Ready,
        Ok(false) => BackendState::NoEndpoints,
        Err(problem) => BackendState::Invalid(problem),
    };
    (name, state)
}

/// Which Services have EndpointSlices, and whether an endpoint of those is ready.
pub(super) struct Endpoints<'a>(BTreeMap<(&'a str, &'a str), bool>);

impl<'a> Endpoints<'a> {
    /// Of every Service. O(endpoints).
    pub(super) fn of_all(resources: &'a Resources) -> Self {
        Self::of(resources.iter::<EndpointSlice>())
    }

    fn in_namespace(resources: &'a Resources, namespace: &'a str) -> Self {
        Self::of(resources.in_namespace::<EndpointSlice>(namespace))
    }

    fn of(slices: impl Iterator<Item = &'a Arc<EndpointSlice>>) -> Self {
        let mut ready = BTreeMap::new();
        for slice in slices {
            let Some(service) = service_of(&slice.metadata.labels) else { continue };
            let namespace = slice.metadata.namespace.as_deref().unwrap_or("");
            *ready.entry((namespace, service)).or_default() |= slice.endpoints.iter().flatten().any(is_ready);
        }
        Endpoints(ready)
    }

    /// Whether a Service has a ready endpoint. Without any slice it counts as having one, since
    /// nothing is known.
    fn has_ready(&self, namespace: &str, service: &str) -> bool {
        self.0.get(&(namespace, service)).copied().unwrap_or(true)
    }
}

/// An endpoint that does not say is ready (`EndpointConditions.ready`).
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

/// Whether something is ready behind a reference, or the first problem with it in the order of
/// [`BackendProblem`].
fn backend_state(
    resources: &Resources,
    endpoints: &Endpoints<'_>,
    route: &ObjectKey,
    reference: &BackendObjectReference,
    (namespace, grants): (&str, Grants),
) -> Result<bool, BackendProblem> {
    let (group, kind, name) = (reference.group(), reference.kind(), reference.name.as_str());
    let resource = match ResourceKind::find(group, kind) {
        Some(kind @ (ResourceKind::Service | ResourceKind::ServiceImport)) => kind,
        _ => {
            return Err(BackendProblem::InvalidKind { group: group.to_owned(), kind: kind.to_owned() });
        }
    };
    if grants == Grants::Asked && !is_permitted(resources, route, group, kind, (namespace, name)) {
        return Err(BackendProblem::NotPermitted {
            namespace: namespace.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        });
    }
    let ports = match resource {
        ResourceKind::Service => resources.get::<Service>(namespace, name).map(|service| service_ports(service)),
        _ => resources
            .get::<ServiceImport>(namespace, name)
            .map(|import| import.spec.ports.iter().map(|port| port.port).collect()),
    };
    let ports = ports.ok_or_else(|| BackendProblem::NotFound {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })?;
    let port =
        reference.port.ok_or_else(|| BackendProblem::PortMissing { kind: kind.to_owned(), name: name.to_owned() })?;
    if !ports.contains(&port) {
        return Err(BackendProblem::PortNotFound {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            port,
        });
    }
    Ok(resource != ResourceKind::Service || endpoints.has_ready(namespace, name))
}

fn service_ports(service: &Service) -> Vec<i32> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    ports.iter().map(|port| port.port).collect()
}

fn service_of(labels: &Option<BTreeMap<String, String>>) -> Option<&str> {
    labels.as_ref()?.get("kubernetes.io/service-name").map(String::as_str)
}
