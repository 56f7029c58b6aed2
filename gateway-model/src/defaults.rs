//! The defaults that an API server fills in, field by field as the CRDs' `default:` say.
//!
//! Nothing in this workspace needs them: accessors resolve defaults on reading. They are for
//! those who show or store objects as an API server would.

use crate::filter::{RequestMirror, RouteFilter};
use crate::gateway::{
    AddressType, AllowedRoutes, FromNamespaces, FrontendTlsConfig, FrontendValidationMode, GatewayClassSpec,
    GatewaySpec, Listener, ListenerSetSpec, RouteNamespaces, TlsMode,
};
use crate::grpc_route::GrpcRouteSpec;
use crate::http_route::{
    CookieLifetimeType, HeaderMatch, HttpPathMatch, HttpRouteMatch, HttpRouteRule, HttpRouteSpec, PathMatchType,
    SessionPersistence, SessionPersistenceType, ValueMatchType,
};
use crate::l4_route::{L4RouteRule, TcpRouteSpec, TlsRouteSpec, UdpRouteSpec};
use crate::lenient::Lenient;
use crate::policy::{
    BackendTlsPolicySpec, RequestRate, RetryBudget, XBackendSpec, XBackendTrafficPolicySpec, XMeshSpec,
};
use crate::reference::{BackendObjectReference, BackendRef, GATEWAY_GROUP, ParentReference, SecretObjectReference};
use crate::reference_grant::ReferenceGrantSpec;
use crate::service_import::ServiceImportSpec;
use crate::status::{
    Condition, ConditionStatus, GatewayClassStatus, GatewayStatus, ListenerSetStatus, ListenerStatus, PolicyStatus,
    RouteParentStatus, RouteStatus, Timestamp, XBackendStatus, XMeshStatus,
};

/// Fills in what an API server would. Idempotent; a value that is there is never changed.
///
/// ```
/// use gateway_model::{ApplyDefaults, HttpRouteSpec};
///
/// let mut spec: HttpRouteSpec = serde_json::from_str(r#"{"parentRefs": [{"name": "public"}]}"#)?;
/// spec.apply_defaults();
/// assert_eq!(spec.parent_refs[0].kind.as_deref(), Some("Gateway"));
/// assert_eq!(spec.rules[0].matches[0].path_value(), "/");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait ApplyDefaults {
    /// Fills in the defaults in place. O(size of the value).
    fn apply_defaults(&mut self);
}

/// The default of a field, where it is absent.
fn default<T>(field: &mut Option<T>, value: impl Into<T>) {
    if field.is_none() {
        *field = Some(value.into());
    }
}

fn each<T: ApplyDefaults>(items: &mut [T]) {
    items.iter_mut().for_each(ApplyDefaults::apply_defaults);
}

impl<T: ApplyDefaults> ApplyDefaults for Box<T> {
    fn apply_defaults(&mut self) {
        (**self).apply_defaults();
    }
}

fn inner<T: ApplyDefaults>(field: &mut Option<T>) {
    each(field.as_mut_slice());
}

#[cfg(feature = "k8s")]
impl<S: crate::kind::Kind + ApplyDefaults> ApplyDefaults for crate::object::Object<S>
where
    S::Status: ApplyDefaults + StatusDefault,
{
    /// Defaults of the spec and the status. A Gateway, GatewayClass, ListenerSet or XMesh that no
    /// controller has seen yet gets the status that says so.
    fn apply_defaults(&mut self) {
        self.spec.apply_defaults();
        if self.status.is_none() {
            self.status = S::Status::unseen();
        }
        inner(&mut self.status);
    }
}

/// What an API server puts where a status is absent.
#[cfg_attr(not(feature = "k8s"), allow(dead_code))]
pub trait StatusDefault: Sized + sealed::Sealed {
    /// The status of an object that no controller has seen, if the CRD has a default for it.
    fn unseen() -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
}

/// The condition types that wait for a controller, per status.
macro_rules! unseen {
    ($($status:ty: $value:expr;)+) => {$(
        impl sealed::Sealed for $status {}
        impl StatusDefault for $status {
            fn unseen() -> Option<Self> {
                $value
            }
        }
    )+};
}

unseen! {
    GatewayClassStatus: Some(GatewayClassStatus { conditions: pending(&["Accepted"]), ..Self::default() });
    GatewayStatus: Some(GatewayStatus { conditions: pending(&["Accepted", "Programmed"]), ..Self::default() });
    ListenerSetStatus: Some(ListenerSetStatus { conditions: pending(&["Accepted", "Programmed"]), ..Self::default() });
    XMeshStatus: Some(XMeshStatus { conditions: pending(&["Accepted"]), ..Self::default() });
    RouteStatus: None;
    XBackendStatus: None;
    PolicyStatus: None;
    crate::kind::NoStatus: None;
}

fn pending(types: &[&str]) -> Vec<Condition> {
    types
        .iter()
        .map(|condition| Condition {
            r#type: (*condition).to_owned(),
            status: ConditionStatus::Undetermined,
            observed_generation: None,
            last_transition_time: Timestamp::new("1970-01-01T00:00:00Z"),
            reason: "Pending".to_owned(),
            message: "Waiting for controller".to_owned(),
            ..Condition::default()
        })
        .collect()
}

impl ApplyDefaults for HttpRouteSpec {
    fn apply_defaults(&mut self) {
        each(&mut self.parent_refs);
        if self.rules.is_empty() {
            self.rules.push(HttpRouteRule::default());
        }
        each(&mut self.rules);
    }
}

impl ApplyDefaults for HttpRouteRule {
    fn apply_defaults(&mut self) {
        if self.matches.is_empty() {
            self.matches.push(HttpRouteMatch::default());
        }
        each(&mut self.matches);
        each(&mut self.filters);
        each(&mut self.backend_refs);
        inner(&mut self.session_persistence);
    }
}

impl ApplyDefaults for HttpRouteMatch {
    fn apply_defaults(&mut self) {
        let path = self.path.get_or_insert_with(HttpPathMatch::default);
        default(&mut path.r#type, PathMatchType::PathPrefix);
        default(&mut path.value, "/");
        each(&mut self.headers);
        for query in &mut self.query_params {
            default(&mut query.r#type, ValueMatchType::Exact);
        }
    }
}

impl ApplyDefaults for HeaderMatch {
    fn apply_defaults(&mut self) {
        default(&mut self.r#type, ValueMatchType::Exact);
    }
}

impl ApplyDefaults for SessionPersistence {
    fn apply_defaults(&mut self) {
        default(&mut self.r#type, SessionPersistenceType::Cookie);
        if let Some(cookie) = &mut self.cookie_config {
            default(&mut cookie.lifetime_type, CookieLifetimeType::Session);
        }
    }
}

impl ApplyDefaults for GrpcRouteSpec {
    fn apply_defaults(&mut self) {
        each(&mut self.parent_refs);
        for rule in &mut self.rules {
            for condition in &mut rule.matches {
                if let Some(method) = &mut condition.method {
                    default(&mut method.r#type, ValueMatchType::Exact);
                }
                each(&mut condition.headers);
            }
            each(&mut rule.filters);
            each(&mut rule.backend_refs);
            inner(&mut rule.session_persistence);
        }
    }
}

impl ApplyDefaults for TlsRouteSpec {
    fn apply_defaults(&mut self) {
        each(&mut self.parent_refs);
        each(&mut self.rules);
    }
}

impl ApplyDefaults for TcpRouteSpec {
    fn apply_defaults(&mut self) {
        each(&mut self.parent_refs);
        each(&mut self.rules);
    }
}

impl ApplyDefaults for UdpRouteSpec {
    fn apply_defaults(&mut self) {
        each(&mut self.parent_refs);
        each(&mut self.rules);
    }
}

impl ApplyDefaults for L4RouteRule {
    fn apply_defaults(&mut self) {
        each(&mut self.backend_refs);
    }
}

impl ApplyDefaults for ParentReference {
    fn apply_defaults(&mut self) {
        default(&mut self.group, GATEWAY_GROUP);
        default(&mut self.kind, "Gateway");
    }
}

impl ApplyDefaults for BackendObjectReference {
    fn apply_defaults(&mut self) {
        default(&mut self.group, "");
        default(&mut self.kind, "Service");
    }
}

impl ApplyDefaults for BackendRef {
    fn apply_defaults(&mut self) {
        default(&mut self.group, "");
        default(&mut self.kind, "Service");
        default(&mut self.weight, 1);
        each(&mut self.filters);
    }
}

impl ApplyDefaults for SecretObjectReference {
    fn apply_defaults(&mut self) {
        default(&mut self.group, "");
        default(&mut self.kind, "Secret");
    }
}

impl ApplyDefaults for RouteFilter {
    fn apply_defaults(&mut self) {
        inner(&mut self.request_mirror);
        if let Some(redirect) = &mut self.request_redirect {
            default(&mut redirect.status_code, 302);
        }
        if let Some(cors) = &mut self.cors {
            default(&mut cors.max_age, 5);
        }
        if let Some(auth) = &mut self.external_auth {
            auth.backend_ref.apply_defaults();
        }
    }
}

impl ApplyDefaults for RequestMirror {
    fn apply_defaults(&mut self) {
        self.backend_ref.apply_defaults();
        if let Some(fraction) = &mut self.fraction {
            default(&mut fraction.denominator, 100);
        }
    }
}

impl ApplyDefaults for GatewayClassSpec {
    /// A GatewayClass has no default.
    fn apply_defaults(&mut self) {}
}

impl ApplyDefaults for XMeshSpec {
    /// A mesh has no default.
    fn apply_defaults(&mut self) {}
}

impl ApplyDefaults for ReferenceGrantSpec {
    /// A grant has no default.
    fn apply_defaults(&mut self) {}
}

impl ApplyDefaults for ServiceImportSpec {
    /// A ServiceImport has no default.
    fn apply_defaults(&mut self) {}
}

impl ApplyDefaults for GatewaySpec {
    fn apply_defaults(&mut self) {
        each(&mut self.listeners);
        for address in &mut self.addresses {
            default(&mut address.r#type, AddressType::IpAddress);
        }
        if let Some(allowed) = &mut self.allowed_listeners {
            from_namespaces(&mut allowed.namespaces, FromNamespaces::None);
        }
        let Some(tls) = &mut self.tls else { return };
        if let Some(backend) = &mut tls.backend {
            inner(&mut backend.client_certificate_ref);
        }
        if let Some(frontend) = &mut tls.frontend {
            frontend.default.apply_defaults();
            for port in &mut frontend.per_port {
                port.tls.apply_defaults();
            }
        }
    }
}

impl ApplyDefaults for FrontendTlsConfig {
    fn apply_defaults(&mut self) {
        if let Some(validation) = &mut self.validation {
            default(&mut validation.mode, FrontendValidationMode::AllowValidOnly);
        }
    }
}

impl ApplyDefaults for ListenerSetSpec {
    fn apply_defaults(&mut self) {
        default(&mut self.parent_ref.group, GATEWAY_GROUP);
        default(&mut self.parent_ref.kind, "Gateway");
        each(&mut self.listeners);
    }
}

impl ApplyDefaults for Listener {
    fn apply_defaults(&mut self) {
        let allowed = self.allowed_routes.get_or_insert_with(AllowedRoutes::default);
        from_namespaces(&mut allowed.namespaces, FromNamespaces::Same);
        for kind in &mut allowed.kinds {
            default(&mut kind.group, GATEWAY_GROUP);
        }
        if let Some(tls) = &mut self.tls {
            default(&mut tls.mode, TlsMode::Terminate);
            each(&mut tls.certificate_refs);
        }
    }
}

fn from_namespaces(namespaces: &mut Option<RouteNamespaces>, from: FromNamespaces) {
    default(&mut namespaces.get_or_insert_with(RouteNamespaces::default).from, from);
}

impl ApplyDefaults for BackendTlsPolicySpec {
    /// A BackendTLSPolicy has no default.
    fn apply_defaults(&mut self) {}
}

impl ApplyDefaults for XBackendSpec {
    fn apply_defaults(&mut self) {
        if let Some(tls) = &mut self.tls {
            inner(&mut tls.client_certificate_ref);
        }
    }
}

impl ApplyDefaults for XBackendTrafficPolicySpec {
    fn apply_defaults(&mut self) {
        inner(&mut self.session_persistence);
        let Some(constraint) = &mut self.retry_constraint else {
            return;
        };
        let budget = constraint.budget.get_or_insert_with(RetryBudget::default);
        default(&mut budget.percent, 20);
        default(&mut budget.interval, Lenient::read("10s"));
        default(&mut constraint.min_retry_rate, RequestRate { count: Some(10), interval: Some(Lenient::read("1s")) });
    }
}

impl ApplyDefaults for GatewayStatus {
    fn apply_defaults(&mut self) {
        if self.conditions.is_empty() {
            self.conditions = pending(&["Accepted", "Programmed"]);
        }
        for address in &mut self.addresses {
            default(&mut address.r#type, AddressType::IpAddress);
        }
        each(&mut self.listeners);
    }
}

impl ApplyDefaults for ListenerStatus {
    fn apply_defaults(&mut self) {
        for kind in self.supported_kinds.iter_mut().flatten() {
            default(&mut kind.group, GATEWAY_GROUP);
        }
    }
}

impl ApplyDefaults for ListenerSetStatus {
    fn apply_defaults(&mut self) {
        if self.conditions.is_empty() {
            self.conditions = pending(&["Accepted", "Programmed"]);
        }
        each(&mut self.listeners);
    }
}

impl ApplyDefaults for GatewayClassStatus {
    fn apply_defaults(&mut self) {
        if self.conditions.is_empty() {
            self.conditions = pending(&["Accepted"]);
        }
    }
}

impl ApplyDefaults for XMeshStatus {
    /// A mesh that is given a status without conditions waits for both of them, although one
    /// without a status waits for `Accepted` alone: so the CRD has it.
    fn apply_defaults(&mut self) {
        if self.conditions.is_empty() {
            self.conditions = pending(&["Accepted", "Programmed"]);
        }
    }
}

impl ApplyDefaults for RouteStatus {
    fn apply_defaults(&mut self) {
        each(&mut self.parents);
    }
}

impl ApplyDefaults for XBackendStatus {
    fn apply_defaults(&mut self) {
        each(&mut self.parents);
    }
}

impl ApplyDefaults for RouteParentStatus {
    fn apply_defaults(&mut self) {
        self.parent_ref.apply_defaults();
    }
}

impl ApplyDefaults for PolicyStatus {
    fn apply_defaults(&mut self) {
        for ancestor in &mut self.ancestors {
            ancestor.ancestor_ref.apply_defaults();
        }
    }
}

impl ApplyDefaults for crate::kind::NoStatus {
    /// Nothing to default.
    fn apply_defaults(&mut self) {}
}

#[cfg(test)]
#[path = "defaults_tests.rs"]
mod tests;
