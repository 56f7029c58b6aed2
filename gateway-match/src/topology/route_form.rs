//! What the five kinds of route share, so that everything after it is written once.

use gateway_model::{
    BackendRef, DefaultGatewayScope, GrpcRouteMatch, GrpcRouteSpec, Hostname, HttpRouteMatch, HttpRouteRetry,
    HttpRouteSpec, HttpRouteTimeouts, Kind, L4RouteRule, Lenient, ParentReference, ResourceKind, RouteFilter,
    SessionPersistence, TcpRouteSpec, TlsRouteSpec, UdpRouteSpec,
};

/// A spec of a route, of whichever kind. Sealed.
pub trait RouteForm: Kind + sealed::Sealed {
    /// The kind.
    const ROUTE_KIND: ResourceKind;

    /// What the route wants to be attached to.
    fn parent_refs(&self) -> &[ParentReference];

    /// Which default Gateways it wants to be attached to besides.
    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope>;

    /// The hosts that it is for; empty for kinds that have none.
    fn hostnames(&self) -> &[Lenient<Hostname>];

    /// Its rules, with the API's default where there are none.
    #[doc(hidden)]
    fn rule_forms(&self) -> Vec<RuleForm<'_>>;
}

/// A rule of whichever kind.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleForm<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) http_matches: &'a [HttpRouteMatch],
    pub(super) grpc_matches: &'a [GrpcRouteMatch],
    pub(super) filters: &'a [RouteFilter],
    pub(super) backend_refs: &'a [BackendRef],
    /// Whether backends may have filters of their own.
    filters_at_backends: bool,
    pub(super) timeouts: Option<&'a HttpRouteTimeouts>,
    pub(super) retry: Option<&'a HttpRouteRetry>,
    pub(super) session_persistence: Option<&'a SessionPersistence>,
}

impl<'a> RuleForm<'a> {
    /// The filters at a backend. `BackendRef` is one type for all kinds of route; where the API has
    /// no such field, what stands there means nothing. spec: `TCPRouteRule.backendRefs` and its like.
    pub(super) fn filters_at(&self, backend: &'a BackendRef) -> &'a [RouteFilter] {
        if self.filters_at_backends { &backend.filters } else { &[] }
    }

    /// The filters of the rule, and those of each of its backends with the backend's position.
    pub(super) fn filter_lists(&self) -> impl Iterator<Item = (Option<usize>, &'a [RouteFilter])> {
        let of_backends = self.backend_refs.iter().enumerate();
        std::iter::once((None, self.filters))
            .chain(of_backends.map(|(item, reference)| (Some(item), self.filters_at(reference))))
    }
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for HttpRouteSpec {}
impl sealed::Sealed for GrpcRouteSpec {}
impl sealed::Sealed for TlsRouteSpec {}
impl sealed::Sealed for TcpRouteSpec {}
impl sealed::Sealed for UdpRouteSpec {}

impl RouteForm for HttpRouteSpec {
    const ROUTE_KIND: ResourceKind = ResourceKind::HttpRoute;

    fn parent_refs(&self) -> &[ParentReference] {
        &self.parent_refs
    }

    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope> {
        self.use_default_gateways.as_ref()
    }

    fn hostnames(&self) -> &[Lenient<Hostname>] {
        &self.hostnames
    }

    fn rule_forms(&self) -> Vec<RuleForm<'_>> {
        // spec: HTTPRouteSpec.rules, default: one rule that takes every path.
        if self.rules.is_empty() {
            return vec![RuleForm::default()];
        }
        self.rules
            .iter()
            .map(|rule| RuleForm {
                name: rule.name.as_deref(),
                filters_at_backends: true,
                http_matches: &rule.matches,
                filters: &rule.filters,
                backend_refs: &rule.backend_refs,
                timeouts: rule.timeouts.as_ref(),
                retry: rule.retry.as_deref(),
                session_persistence: rule.session_persistence.as_deref(),
                ..RuleForm::default()
            })
            .collect()
    }
}

impl RouteForm for GrpcRouteSpec {
    const ROUTE_KIND: ResourceKind = ResourceKind::GrpcRoute;

    fn parent_refs(&self) -> &[ParentReference] {
        &self.parent_refs
    }

    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope> {
        self.use_default_gateways.as_ref()
    }

    fn hostnames(&self) -> &[Lenient<Hostname>] {
        &self.hostnames
    }

    fn rule_forms(&self) -> Vec<RuleForm<'_>> {
        self.rules
            .iter()
            .map(|rule| RuleForm {
                name: rule.name.as_deref(),
                filters_at_backends: true,
                grpc_matches: &rule.matches,
                filters: &rule.filters,
                backend_refs: &rule.backend_refs,
                session_persistence: rule.session_persistence.as_deref(),
                ..RuleForm::default()
            })
            .collect()
    }
}

impl RouteForm for TlsRouteSpec {
    const ROUTE_KIND: ResourceKind = ResourceKind::TlsRoute;

    fn parent_refs(&self) -> &[ParentReference] {
        &self.parent_refs
    }

    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope> {
        self.use_default_gateways.as_ref()
    }

    fn hostnames(&self) -> &[Lenient<Hostname>] {
        &self.hostnames
    }

    fn rule_forms(&self) -> Vec<RuleForm<'_>> {
        l4_rules(&self.rules)
    }
}

impl RouteForm for TcpRouteSpec {
    const ROUTE_KIND: ResourceKind = ResourceKind::TcpRoute;

    fn parent_refs(&self) -> &[ParentReference] {
        &self.parent_refs
    }

    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope> {
        self.use_default_gateways.as_ref()
    }

    fn hostnames(&self) -> &[Lenient<Hostname>] {
        &[]
    }

    fn rule_forms(&self) -> Vec<RuleForm<'_>> {
        l4_rules(&self.rules)
    }
}

impl RouteForm for UdpRouteSpec {
    const ROUTE_KIND: ResourceKind = ResourceKind::UdpRoute;

    fn parent_refs(&self) -> &[ParentReference] {
        &self.parent_refs
    }

    fn use_default_gateways(&self) -> Option<&DefaultGatewayScope> {
        self.use_default_gateways.as_ref()
    }

    fn hostnames(&self) -> &[Lenient<Hostname>] {
        &[]
    }

    fn rule_forms(&self) -> Vec<RuleForm<'_>> {
        l4_rules(&self.rules)
    }
}

/// A route without its rule, which the API refuses, takes its traffic and has no backend for it.
fn l4_rules(rules: &[L4RouteRule]) -> Vec<RuleForm<'_>> {
    if rules.is_empty() {
        return vec![RuleForm::default()];
    }
    rules
        .iter()
        .map(|rule| RuleForm { name: rule.name.as_deref(), backend_refs: &rule.backend_refs, ..RuleForm::default() })
        .collect()
}
