//! What HTTPRoutes need, but for their parents.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Service, ServicePort};

use super::route::kind_of;
use super::{Finder, Need, Row, row};
use crate::feature::Feature;
use crate::filter::{RequestMirror, RequestRedirect, RouteFilter, RouteFilterType, UrlRewrite};
use crate::http_route::{HttpRouteMatch, HttpRouteRule, HttpRouteTimeouts};
use crate::key::{ObjectKey, ResourceKind};
use crate::object::HttpRoute;
use crate::reference::BackendRef;
use crate::resources::{Resources, key_of};

const RULE: &[Row<HttpRouteRule>] = &[
    row(Feature::HttpRouteNamedRouteRule, "name", "HTTPRouteRule.name, GEP-995", |rule| rule.name.is_some()),
    row(Feature::HttpRouteRequestTimeout, "timeouts.request", "HTTPRouteTimeouts.request, GEP-1742", |rule| {
        timeouts(rule).is_some_and(|timeouts| timeouts.request.is_some())
    }),
    row(Feature::HttpRouteBackendTimeout, "timeouts.backendRequest", "HTTPRouteTimeouts.backendRequest", |rule| {
        timeouts(rule).is_some_and(|timeouts| timeouts.backend_request.is_some())
    }),
    row(Feature::HttpRouteRetry, "retry", "HTTPRouteRule.retry, GEP-1731", |rule| rule.retry.is_some()),
    // No field asks for these two, so what is asked is whether the rule relies on them: a try that
    // is given up is retried, and without codes nothing but broken connections is.
    row(Feature::HttpRouteRetryBackendTimeout, "retry", "HTTPRouteRetry, GEP-1731", |rule| {
        rule.retry.is_some() && timeouts(rule).is_some_and(|timeouts| timeouts.backend_request.is_some())
    }),
    row(Feature::HttpRouteRetryConnectionError, "retry", "HTTPRouteRetry, GEP-1731", |rule| {
        rule.retry.as_ref().is_some_and(|retry| retry.codes.is_empty())
    }),
];

fn timeouts(rule: &HttpRouteRule) -> Option<&HttpRouteTimeouts> {
    rule.timeouts.as_ref()
}

const MATCH: &[Row<HttpRouteMatch>] = &[
    row(Feature::HttpRouteMethodMatching, "method", "HTTPRouteMatch.method", |part| part.method.is_some()),
    row(Feature::HttpRouteQueryParamMatching, "queryParams", "HTTPRouteMatch.queryParams", |part| {
        !part.query_params.is_empty()
    }),
];

/// Filters of a rule, and of a backend.
const FILTER: &[Row<RouteFilter>] = &[
    row(
        Feature::HttpRouteResponseHeaderModification,
        "responseHeaderModifier",
        "HTTPRouteFilter.responseHeaderModifier",
        |filter| filter.r#type == RouteFilterType::ResponseHeaderModifier,
    ),
    row(Feature::HttpRouteCors, "cors", "HTTPRouteFilter.cors, GEP-1767", |filter| {
        filter.r#type == RouteFilterType::Cors
    }),
    row(Feature::HttpRouteRequestMirror, "requestMirror", "HTTPRouteFilter.requestMirror", is_mirror),
    row(Feature::HttpRouteRequestPercentageMirror, "requestMirror.percent", "GEP-3171", |filter| {
        mirror(filter).is_some_and(|mirror| mirror.percent.is_some())
    }),
    row(Feature::HttpRouteRequestPercentageMirror, "requestMirror.fraction", "GEP-3171", |filter| {
        mirror(filter).is_some_and(|mirror| mirror.fraction.is_some())
    }),
    row(Feature::HttpRouteSchemeRedirect, "requestRedirect.scheme", "HTTPRequestRedirectFilter.scheme", |filter| {
        redirect(filter).is_some_and(|redirect| redirect.scheme.is_some())
    }),
    row(Feature::HttpRoutePathRedirect, "requestRedirect.path", "HTTPRequestRedirectFilter.path", |filter| {
        redirect(filter).is_some_and(|redirect| redirect.path.is_some())
    }),
    row(Feature::HttpRoutePortRedirect, "requestRedirect.port", "HTTPRequestRedirectFilter.port", |filter| {
        redirect(filter).is_some_and(|redirect| redirect.port.is_some())
    }),
    row(Feature::HttpRoute303RedirectStatusCode, STATUS_CODE, STATUS_CODE_SPEC, |filter| has_status(filter, 303)),
    row(Feature::HttpRoute307RedirectStatusCode, STATUS_CODE, STATUS_CODE_SPEC, |filter| has_status(filter, 307)),
    row(Feature::HttpRoute308RedirectStatusCode, STATUS_CODE, STATUS_CODE_SPEC, |filter| has_status(filter, 308)),
    row(Feature::HttpRouteHostRewrite, "urlRewrite.hostname", "HTTPURLRewriteFilter.hostname", |filter| {
        rewrite(filter).is_some_and(|rewrite| rewrite.hostname.is_some())
    }),
    row(Feature::HttpRoutePathRewrite, "urlRewrite.path", "HTTPURLRewriteFilter.path", |filter| {
        rewrite(filter).is_some_and(|rewrite| rewrite.path.is_some())
    }),
];

const STATUS_CODE: &str = "requestRedirect.statusCode";
const STATUS_CODE_SPEC: &str = "HTTPRequestRedirectFilter.statusCode";

fn is_mirror(filter: &RouteFilter) -> bool {
    filter.r#type == RouteFilterType::RequestMirror
}

fn mirror(filter: &RouteFilter) -> Option<&RequestMirror> {
    filter.request_mirror.as_deref()
}

fn redirect(filter: &RouteFilter) -> Option<&RequestRedirect> {
    filter.request_redirect.as_deref()
}

fn rewrite(filter: &RouteFilter) -> Option<&UrlRewrite> {
    filter.url_rewrite.as_deref()
}

fn has_status(filter: &RouteFilter, status: i32) -> bool {
    redirect(filter).and_then(|redirect| redirect.status_code) == Some(status)
}

/// Filters of a backend alone.
const BACKEND_FILTER: &[Row<RouteFilter>] = &[row(
    Feature::HttpRouteBackendRequestHeaderModification,
    "requestHeaderModifier",
    "HTTPBackendRef.filters",
    |filter| filter.r#type == RouteFilterType::RequestHeaderModifier,
)];

/// A mirror, by how many others the same request meets before it.
const MIRROR: &[Row<usize>] =
    &[row(Feature::HttpRouteRequestMultipleMirrors, "requestMirror", "HTTPRouteFilter.requestMirror", |earlier| {
        *earlier > 0
    })];

/// A port of a Service that an HTTPRoute refers to.
const SERVICE_PORT: &[Row<ServicePort>] = &[
    row(Feature::HttpRouteBackendProtocolH2c, "appProtocol", "GEP-1911", |port| speaks(port, "kubernetes.io/h2c")),
    row(Feature::HttpRouteBackendProtocolWebSocket, "appProtocol", "GEP-1911", |port| {
        speaks(port, "kubernetes.io/ws") || speaks(port, "kubernetes.io/wss")
    }),
];

fn speaks(port: &ServicePort, protocol: &str) -> bool {
    port.app_protocol.as_deref() == Some(protocol)
}

/// The features that have a name of their own in a mesh. The others have but one name, by which
/// upstream's tests of meshes ask for them.
const IN_A_MESH: &[(Feature, Feature)] = &[
    (Feature::HttpRouteBackendRequestHeaderModification, Feature::MeshHttpRouteBackendRequestHeaderModification),
    (Feature::HttpRouteNamedRouteRule, Feature::MeshHttpRouteNamedRouteRule),
    (Feature::HttpRoutePathRedirect, Feature::MeshHttpRouteRedirectPath),
    (Feature::HttpRoutePathRewrite, Feature::MeshHttpRouteRewritePath),
    (Feature::HttpRoutePortRedirect, Feature::MeshHttpRouteRedirectPort),
    (Feature::HttpRouteQueryParamMatching, Feature::MeshHttpRouteQueryParamMatching),
    (Feature::HttpRouteSchemeRedirect, Feature::MeshHttpRouteSchemeRedirect),
];

fn in_a_mesh(feature: Feature) -> Feature {
    IN_A_MESH.iter().find(|(elsewhere, _)| *elsewhere == feature).map_or(feature, |(_, in_a_mesh)| *in_a_mesh)
}

fn at_a_gateway(feature: Feature) -> Feature {
    feature
}

pub(super) fn find(resources: &Resources, found: &mut Vec<Need>) {
    let mut backends = BTreeSet::new();
    for route in resources.iter::<HttpRoute>() {
        let is_service = |reference| kind_of(reference) == Some(ResourceKind::Service);
        let references = &route.spec.parent_refs;
        let names: &[fn(Feature) -> Feature] = match references.iter().filter(|parent| is_service(parent)).count() {
            0 => &[at_a_gateway],
            count if count == references.len() => &[in_a_mesh],
            _ => &[at_a_gateway, in_a_mesh],
        };
        let mut finder = Finder { object: key_of(&**route), names, found };
        for (index, rule) in route.spec.rules.iter().enumerate() {
            find_in_rule(&mut finder, rule, index);
            let services = rule.backend_refs.iter().filter_map(|backend| service_port(backend, route.namespace()));
            backends.extend(services);
        }
    }
    find_in_services(resources, &backends, found);
}

fn find_in_rule(finder: &mut Finder<'_>, rule: &HttpRouteRule, index: usize) {
    let path = format!("spec.rules[{index}]");
    finder.part(RULE, rule, format_args!("{path}"));
    for (index, part) in rule.matches.iter().enumerate() {
        finder.part(MATCH, part, format_args!("{path}.matches[{index}]"));
    }
    let mirrors = find_in_filters(finder, &rule.filters, &path, 0);
    for (index, backend) in rule.backend_refs.iter().enumerate() {
        let path = format!("{path}.backendRefs[{index}]");
        find_in_filters(finder, &backend.filters, &path, mirrors);
        for (index, filter) in backend.filters.iter().enumerate() {
            finder.part(BACKEND_FILTER, filter, format_args!("{path}.filters[{index}]"));
        }
    }
}

/// Gives back how many mirrors a request has met after these filters.
fn find_in_filters(finder: &mut Finder<'_>, filters: &[RouteFilter], path: &str, mut mirrors: usize) -> usize {
    for (index, filter) in filters.iter().enumerate() {
        finder.part(FILTER, filter, format_args!("{path}.filters[{index}]"));
        if is_mirror(filter) {
            finder.part(MIRROR, &mirrors, format_args!("{path}.filters[{index}]"));
            mirrors += 1;
        }
    }
    mirrors
}

/// Namespace, name and port of a backend that is a Service.
fn service_port<'a>(backend: &'a BackendRef, namespace: &'a str) -> Option<(&'a str, &'a str, i32)> {
    let is_service = ResourceKind::find(backend.group(), backend.kind()) == Some(ResourceKind::Service);
    is_service.then_some((backend.namespace(namespace), backend.name.as_str(), backend.port?))
}

fn find_in_services(resources: &Resources, backends: &BTreeSet<(&str, &str, i32)>, found: &mut Vec<Need>) {
    for (namespace, name, number) in backends {
        let Some(service) = resources.get::<Service>(namespace, name) else { continue };
        let mut finder = Finder::new(ObjectKey::new(ResourceKind::Service, *namespace, *name), found);
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten()).enumerate();
        for (index, port) in ports.filter(|(_, port)| port.port == *number) {
            finder.part(SERVICE_PORT, port, format_args!("spec.ports[{index}]"));
        }
    }
}
