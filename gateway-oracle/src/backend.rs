//! Where the requests of a rule go.

use gateway_model::{BackendRef, GATEWAY_GROUP, MULTICLUSTER_GROUP, ReferenceGrant, Resources, ServiceImport};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use crate::answer::{BackendShare, GrpcStatus, ObjectName, Outcome};
use crate::options::{NoEndpoints, Options, ZeroWeights};
use crate::route::UDP_ROUTE;

/// How a rule that cannot forward says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By a status code.
    Http,
    /// By a status of gRPC.
    Grpc,
    /// By refusing connections and dropping packets.
    Stream,
}

/// Whether a reference to another namespace needs a grant there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grants {
    /// spec: BackendObjectReference.namespace: for Gateways it does.
    Needed,
    /// spec: GEP-1294, "Namespace boundaries": for Services as parents, producer and consumer routes do without.
    Unneeded,
}

/// What happens to the requests of a rule with these backends.
pub(crate) fn outcome(backends: &[BackendShare], failure: Failure, options: &Options) -> Outcome {
    if backends.iter().any(|backend| backend.weight > 0 && backend.ready) {
        return Outcome::Forward;
    }
    match failure {
        Failure::Http => Outcome::Respond(http_failure(backends, options)),
        // spec: GRPCRouteRule.backendRefs: UNAVAILABLE for what goes to an invalid backend.
        Failure::Grpc => Outcome::RespondGrpc(GrpcStatus::Unavailable),
        // spec: TLSRouteRule.backendRefs, TCPRouteRule.backendRefs, UDPRouteRule.backendRefs: what refers to nothing, or
        // to a Service without endpoints, is rejected.
        Failure::Stream => Outcome::Reject,
    }
}

/// The status code when no backend with a weight is ready.
fn http_failure(backends: &[BackendShare], options: &Options) -> u16 {
    let weighted = || backends.iter().filter(|backend| backend.weight > 0);
    if backends.is_empty() {
        // spec: HTTPRouteRule.backendRefs omitted: 500.
        500
    } else if weighted().next().is_none() {
        // spec: BackendRef.weight says nothing on all zero.
        match options.zero_weights {
            ZeroWeights::Status500 => 500,
            ZeroWeights::Status503 => 503,
        }
    } else if weighted().any(|backend| backend.problem.is_some()) {
        // spec: HTTPRouteRule.backendRefs: 500 for what goes to an invalid backend.
        500
    } else {
        // spec: HTTPRouteRule.backendRefs: SHOULD 503 for a Service without ready endpoints.
        match options.no_endpoints {
            NoEndpoints::Status503 => 503,
            NoEndpoints::Status500 => 500,
        }
    }
}

/// A backend of a route with its share and its state. Invalid ones keep their weight.
pub(crate) fn share(resources: &Resources, route: &ObjectName, backend: &BackendRef, grants: Grants) -> BackendShare {
    let namespace = backend.namespace(&route.namespace);
    let problem = problem(resources, route, backend, grants);
    BackendShare {
        namespace: namespace.to_owned(),
        name: backend.name.clone(),
        kind: backend.kind().to_owned(),
        group: backend.group().to_owned(),
        port: backend.port,
        weight: backend.weight(),
        problem,
        ready: problem.is_none() && has_endpoints(resources, backend, namespace),
    }
}

/// Why a reference is invalid. A missing grant must not reveal whether the target exists, so it comes first.
fn problem(resources: &Resources, route: &ObjectName, backend: &BackendRef, grants: Grants) -> Option<&'static str> {
    let namespace = backend.namespace(&route.namespace);
    let needs_grant = grants == Grants::Needed && namespace != route.namespace;
    if !is_known_kind(backend) {
        Some("InvalidKind")
    } else if needs_grant && !is_granted(resources, route, backend, namespace) {
        Some("RefNotPermitted")
    } else if !exists(resources, backend, namespace) {
        Some("BackendNotFound")
    } else if !speaks(resources, route, backend, namespace) {
        Some("UnsupportedProtocol")
    } else {
        None
    }
}

/// spec: HTTPRouteRule.backendRefs: Services and ServiceImports.
fn is_known_kind(backend: &BackendRef) -> bool {
    is_service(backend) || is_service_import(backend)
}

fn is_service(backend: &BackendRef) -> bool {
    (backend.group(), backend.kind()) == ("", "Service")
}

fn is_service_import(backend: &BackendRef) -> bool {
    (backend.group(), backend.kind()) == (MULTICLUSTER_GROUP, "ServiceImport")
}

/// spec: ReferenceGrantSpec.from and .to: any entry of each, in any grant of the target's namespace.
fn is_granted(resources: &Resources, route: &ObjectName, backend: &BackendRef, namespace: &str) -> bool {
    let grants = resources.iter::<ReferenceGrant>().filter(|grant| grant.namespace() == namespace);
    grants.into_iter().any(|grant| {
        grant
            .spec
            .from
            .iter()
            .any(|from| from.group == GATEWAY_GROUP && from.kind == route.kind && from.namespace == route.namespace)
            && grant.spec.to.iter().any(|to| {
                let name = to.name.as_deref().filter(|name| !name.is_empty());
                (to.group == backend.group() || (to.group == "core" && backend.group().is_empty()))
                    && to.kind == backend.kind()
                    && name.is_none_or(|name| name == backend.name)
            })
    })
}

/// spec: BackendObjectReference.port: a Service needs one, and has to have it.
fn exists(resources: &Resources, backend: &BackendRef, namespace: &str) -> bool {
    !transports(resources, backend, namespace).is_empty()
}

/// spec: GEP-1911, "Supporting Protocols": a backend that a route cannot send to with the port's protocol is invalid.
fn speaks(resources: &Resources, route: &ObjectName, backend: &BackendRef, namespace: &str) -> bool {
    let wanted = if route.kind == UDP_ROUTE { "UDP" } else { "TCP" };
    transports(resources, backend, namespace).iter().any(|transport| transport == wanted)
}

/// What the ports with the number of a reference are for; one number may be there for TCP and for UDP.
fn transports(resources: &Resources, backend: &BackendRef, namespace: &str) -> Vec<String> {
    let ports: Vec<(i32, Option<String>)> = if is_service(backend) {
        let service = resources.get::<Service>(namespace, &backend.name);
        let ports = service.and_then(|service| service.spec.as_ref()?.ports.as_ref());
        ports.into_iter().flatten().map(|port| (port.port, port.protocol.clone())).collect()
    } else {
        let import = resources.get::<ServiceImport>(namespace, &backend.name);
        let ports = import.into_iter().flat_map(|import| &import.spec.ports);
        ports.map(|port| (port.port, port.protocol.clone())).collect()
    };
    let meant = ports.into_iter().filter(|(number, _)| backend.port == Some(*number));
    meant.map(|(_, transport)| transport.unwrap_or_else(|| "TCP".to_owned())).collect()
}

/// Whether an endpoint is ready, as far as EndpointSlices tell: a Service without any slice may have endpoints that
/// nobody told us about.
fn has_endpoints(resources: &Resources, backend: &BackendRef, namespace: &str) -> bool {
    let belongs = |slice: &EndpointSlice| {
        let labels = slice.metadata.labels.as_ref();
        let service = labels.and_then(|labels| labels.get("kubernetes.io/service-name"));
        slice.metadata.namespace.as_deref().unwrap_or("") == namespace && service == Some(&backend.name)
    };
    let slices: Vec<_> = resources.iter::<EndpointSlice>().filter(|slice| belongs(slice)).collect();
    !is_service(backend) || slices.is_empty() || slices.iter().any(|slice| slice.endpoints.list().iter().any(is_ready))
}

/// spec: discovery.k8s.io EndpointConditions.ready: absent means ready.
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

/// The endpoints of a slice, which are optional in some versions of Kubernetes only.
trait Endpoints {
    fn list(&self) -> &[Endpoint];
}

impl Endpoints for Vec<Endpoint> {
    fn list(&self) -> &[Endpoint] {
        self
    }
}

impl Endpoints for Option<Vec<Endpoint>> {
    fn list(&self) -> &[Endpoint] {
        self.as_deref().unwrap_or(&[])
    }
}

#[cfg(test)]
#[path = "backend_tests.rs"]
mod tests;
