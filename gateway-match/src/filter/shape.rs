//! Which fields of a filter are there, which filters stand together, and grammars that filters share.

use gateway_model::{ExternalAuth, ExternalAuthProtocol, RouteFilter, RouteFilterType};

use super::problem::{Fault, FilterProblem, unknown};

/// What a gRPC rule may have. spec: `GRPCRouteFilter.type`.
pub(crate) const GRPC_TYPES: &[RouteFilterType] = &[
    RouteFilterType::RequestHeaderModifier,
    RouteFilterType::ResponseHeaderModifier,
    RouteFilterType::RequestMirror,
    RouteFilterType::ExtensionRef,
];

/// A known type, its own field, and no other.
pub(super) fn check_shape(filter: &RouteFilter, types: &[RouteFilterType]) -> Result<(), Fault> {
    if !types.contains(&filter.r#type) {
        return Err(unknown("type", &filter.r#type));
    }
    let fields = [
        (RouteFilterType::RequestHeaderModifier, "requestHeaderModifier", filter.request_header_modifier.is_some()),
        (RouteFilterType::ResponseHeaderModifier, "responseHeaderModifier", filter.response_header_modifier.is_some()),
        (RouteFilterType::RequestMirror, "requestMirror", filter.request_mirror.is_some()),
        (RouteFilterType::RequestRedirect, "requestRedirect", filter.request_redirect.is_some()),
        (RouteFilterType::UrlRewrite, "urlRewrite", filter.url_rewrite.is_some()),
        (RouteFilterType::Cors, "cors", filter.cors.is_some()),
        (RouteFilterType::ExternalAuth, "externalAuth", filter.external_auth.is_some()),
        (RouteFilterType::ExtensionRef, "extensionRef", filter.extension_ref.is_some()),
    ];
    for (kind, field, is_set) in fields {
        check_member(field, is_set, kind == filter.r#type, &filter.r#type)?;
    }
    Ok(())
}

/// A field of a union must be there exactly when the union's type names it.
pub(super) fn check_member(field: &str, is_set: bool, is_named: bool, kind: &impl ToString) -> Result<(), Fault> {
    let kind = || kind.to_string();
    match (is_set, is_named) {
        (false, true) => Err((field.to_owned(), FilterProblem::Missing { kind: kind() })),
        (true, false) => Err((field.to_owned(), FilterProblem::Surplus { kind: kind() })),
        _ => Ok(()),
    }
}

/// What may stand beside what, the filters before it given.
///
/// spec: `HTTPRouteRule.filters`: a filter that does not say otherwise stands once, and only
/// mirrors and extensions say otherwise; URLRewrite and RequestRedirect exclude each other.
pub(super) fn check_company(filter: &RouteFilter, before: &[RouteFilter]) -> Result<(), Fault> {
    let stands = |kind: &RouteFilterType| before.iter().any(|other| other.r#type == *kind);
    let repeatable = matches!(filter.r#type, RouteFilterType::RequestMirror | RouteFilterType::ExtensionRef);
    if !repeatable && stands(&filter.r#type) {
        let kind = filter.r#type.clone();
        return Err(("type".to_owned(), FilterProblem::Repeated { kind }));
    }
    let excluded = match filter.r#type {
        RouteFilterType::UrlRewrite => stands(&RouteFilterType::RequestRedirect),
        RouteFilterType::RequestRedirect => stands(&RouteFilterType::UrlRewrite),
        _ => false,
    };
    if excluded {
        return Err((String::new(), FilterProblem::RewriteWithRedirect));
    }
    Ok(())
}

pub(super) fn check_external_auth(auth: &ExternalAuth) -> Result<(), Fault> {
    let protocol = &auth.protocol;
    if !protocol.is_known() {
        return Err(unknown("protocol", protocol));
    }
    check_member("grpc", auth.grpc.is_some(), *protocol == ExternalAuthProtocol::Grpc, protocol)?;
    check_member("http", auth.http.is_some(), *protocol == ExternalAuthProtocol::Http, protocol)
}

/// A host that a Location or a Host header can name. spec: `PreciseHostname`, its pattern.
pub(super) fn precise_hostname(text: &str) -> Result<&str, Fault> {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if text.len() <= 253 && text.split('.').all(is_label) {
        Ok(text)
    } else {
        let value = text.to_owned();
        Err(("hostname".to_owned(), FilterProblem::Hostname { value }))
    }
}
