//! What objects refer to, so that a change of one leads to those that it matters to.

use gateway_model::{
    AnyObject, BackendObjectReference, BackendTlsValidation, DefaultGatewayScope, FrontendTlsConfig, GATEWAY_GROUP,
    Gateway, Listener, ListenerSet, Object, ObjectKey, ParametersReference, PolicyTargetReference, ResourceKind,
    RouteFilter, XBackend, group_of,
};

use super::backend::service_of;
use super::route_form::RouteForm;

/// What an object's resolution or status depends on by reference, whether it is there or not; in order.
///
/// A reference into another namespace leads to that namespace's grants too ([`grants_of`]). What an
/// object has to do with its own namespace's labels is left out: who lives in a namespace is known.
pub(super) fn references_of(object: &AnyObject) -> Vec<ObjectKey> {
    let key = object.key();
    let mut references = References { from: &key, found: Vec::new() };
    match object {
        AnyObject::GatewayClass(class) => references.parameters(class.spec.parameters_ref.as_ref()),
        AnyObject::XMesh(mesh) => references.parameters(mesh.spec.parameters_ref.as_ref()),
        AnyObject::Gateway(gateway) => references.of_gateway(gateway),
        AnyObject::ListenerSet(set) => references.of_set(set),
        AnyObject::BackendTlsPolicy(policy) => {
            references.targets(&policy.spec.target_refs);
            references.of_validation(&policy.spec.validation);
        }
        AnyObject::XBackendTrafficPolicy(policy) => references.targets(&policy.spec.target_refs),
        AnyObject::XBackend(backend) => references.of_backend(backend),
        AnyObject::EndpointSlice(slice) => {
            if let Some(service) = service_of(&slice.metadata) {
                references.found.push(service);
            }
        }
        AnyObject::HttpRoute(route) => references.of_route(&**route),
        AnyObject::GrpcRoute(route) => references.of_route(&**route),
        AnyObject::TlsRoute(route) => references.of_route(&**route),
        AnyObject::TcpRoute(route) => references.of_route(&**route),
        AnyObject::UdpRoute(route) => references.of_route(&**route),
        _ => {}
    }
    let mut found = references.found;
    found.sort();
    found.dedup();
    found
}

/// The grants of a namespace, as one object.
pub(super) fn grants_of(namespace: &str) -> ObjectKey {
    ObjectKey::new(ResourceKind::ReferenceGrant, namespace, "")
}

/// The default Gateways, as one object, to which those themselves refer and the routes that use them.
/// spec: `GatewaySpec.defaultScope`, `CommonRouteSpec.useDefaultGateways`.
pub(super) fn default_gateways() -> ObjectKey {
    ObjectKey::new(ResourceKind::Gateway, "", "")
}

/// The Gateway that a ListenerSet names, if it names a Gateway. spec: `ListenerSetSpec.parentRef`.
pub(super) fn gateway_of(set: &ListenerSet) -> Option<ObjectKey> {
    let parent = &set.spec.parent_ref;
    (parent.group() == GATEWAY_GROUP && parent.kind() == "Gateway")
        .then(|| ObjectKey::new(ResourceKind::Gateway, parent.namespace(set.namespace()), parent.name.as_str()))
}

/// The objects that a policy targets, of kinds that decisions look at.
pub(super) fn targets_of(policy: &AnyObject) -> Vec<ObjectKey> {
    let (namespace, references) = match policy {
        AnyObject::BackendTlsPolicy(policy) => (policy.namespace(), policy.spec.target_refs.as_slice()),
        AnyObject::XBackendTrafficPolicy(policy) => (policy.namespace(), policy.spec.target_refs.as_slice()),
        _ => return Vec::new(),
    };
    let target = |reference: &PolicyTargetReference| {
        let kind = ResourceKind::find(&reference.group, &reference.kind)?;
        Some(ObjectKey::new(kind, namespace, reference.name.as_str()))
    };
    references.iter().filter_map(target).collect()
}

struct References<'a> {
    from: &'a ObjectKey,
    found: Vec<ObjectKey>,
}

impl References<'_> {
    /// A reference that may need a grant in the target's namespace.
    fn to(&mut self, group: &str, kind: &str, namespace: &str, name: &str) {
        let is_near = *self.from.namespace == *namespace;
        if let Some(kind) = ResourceKind::find(group_of(group), kind) {
            self.found.push(match is_near {
                true => ObjectKey::new(kind, self.from.namespace.clone(), name),
                false => ObjectKey::new(kind, namespace, name),
            });
        }
        if !is_near {
            self.found.push(grants_of(namespace));
        }
    }

    fn targets(&mut self, references: &[PolicyTargetReference]) {
        let own = self.from.namespace.clone();
        for reference in references {
            self.to(&reference.group, &reference.kind, &own, &reference.name);
        }
    }

    fn parameters(&mut self, reference: Option<&ParametersReference>) {
        if let Some(reference) = reference {
            self.to(&reference.group, &reference.kind, reference.namespace.as_deref().unwrap_or(""), &reference.name);
        }
    }

    fn of_gateway(&mut self, gateway: &Gateway) {
        let spec = &gateway.spec;
        self.default_gateways(spec.default_scope.as_ref());
        self.found.push(ObjectKey::new(ResourceKind::GatewayClass, "", spec.gateway_class_name.as_str()));
        self.of_listeners(&spec.listeners);
        let parameters = spec.infrastructure.as_ref().and_then(|infrastructure| infrastructure.parameters_ref.as_ref());
        if let Some(reference) = parameters {
            self.to(&reference.group, &reference.kind, gateway.namespace(), &reference.name);
        }
        let Some(tls) = &spec.tls else { return };
        if let Some(reference) = tls.backend.as_ref().and_then(|backend| backend.client_certificate_ref.as_ref()) {
            self.to(reference.group(), reference.kind(), reference.namespace(gateway.namespace()), &reference.name);
        }
        if let Some(frontend) = &tls.frontend {
            self.authorities(&frontend.default, gateway.namespace());
            frontend.per_port.iter().for_each(|port| self.authorities(&port.tls, gateway.namespace()));
        }
    }

    fn default_gateways(&mut self, scope: Option<&DefaultGatewayScope>) {
        if scope == Some(&DefaultGatewayScope::All) {
            self.found.push(default_gateways());
        }
    }

    fn authorities(&mut self, config: &FrontendTlsConfig, own: &str) {
        for reference in config.validation.iter().flat_map(|validation| &validation.ca_certificate_refs) {
            let namespace = reference.namespace.as_deref().unwrap_or(own);
            self.to(&reference.group, &reference.kind, namespace, &reference.name);
        }
    }

    fn of_set(&mut self, set: &ListenerSet) {
        self.found.extend(gateway_of(set));
        self.of_listeners(&set.spec.listeners);
    }

    fn of_listeners(&mut self, listeners: &[Listener]) {
        let own = self.from.namespace.clone();
        for reference in listeners.iter().flat_map(|listener| &listener.tls).flat_map(|tls| &tls.certificate_refs) {
            self.to(reference.group(), reference.kind(), reference.namespace(&own), &reference.name);
        }
    }

    fn of_validation(&mut self, validation: &BackendTlsValidation) {
        let own = self.from.namespace.clone();
        for reference in &validation.ca_certificate_refs {
            self.to(&reference.group, &reference.kind, &own, &reference.name);
        }
    }

    fn of_backend(&mut self, backend: &XBackend) {
        let Some(tls) = &backend.spec.tls else { return };
        if let Some(validation) = &tls.validation {
            self.of_validation(validation);
        }
        if let Some(reference) = &tls.client_certificate_ref {
            self.to(reference.group(), reference.kind(), reference.namespace(backend.namespace()), &reference.name);
        }
    }

    fn of_route<S: RouteForm>(&mut self, route: &Object<S>) {
        self.default_gateways(route.spec.use_default_gateways());
        for parent in route.spec.parent_refs() {
            if let Some(kind) = ResourceKind::find(parent.group(), parent.kind()) {
                let namespace = parent.namespace(route.namespace());
                self.found.push(match *self.from.namespace == *namespace {
                    true => ObjectKey::new(kind, self.from.namespace.clone(), parent.name.as_str()),
                    false => ObjectKey::new(kind, namespace, parent.name.as_str()),
                });
            }
        }
        for rule in route.spec.rule_forms() {
            self.of_filters(rule.filters);
            for backend in rule.backend_refs {
                self.backend(&backend.object());
                self.of_filters(rule.filters_at(backend));
            }
        }
    }

    fn of_filters(&mut self, filters: &[RouteFilter]) {
        for filter in filters {
            let mirror = filter.request_mirror.iter().map(|mirror| &mirror.backend_ref);
            let auth = filter.external_auth.iter().map(|auth| &auth.backend_ref);
            mirror.chain(auth).for_each(|reference| self.backend(reference));
        }
    }

    fn backend(&mut self, reference: &BackendObjectReference) {
        let own = self.from.namespace.clone();
        self.to(reference.group(), reference.kind(), reference.namespace(&own), &reference.name);
    }
}
