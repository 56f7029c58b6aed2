//! GRPCRoutes.

use gateway_model::{
    GrpcMethodMatch, GrpcRoute, GrpcRouteMatch, GrpcRouteRule, GrpcRouteSpec, Object, RouteFilter, RouteFilterType,
    ValueMatchType,
};

use super::listeners::Place;
use super::routes::{BROKEN_PATTERNS, Drafts, backend_ref, header, hostname_list};
use super::{Settings, Source};

/// Names of services, some of one length.
pub(super) const SERVICES: &[&str] = &["a.B", "a.Bc", "c.D", "a.b", "a"];
/// Names of methods, some of one length.
pub(super) const METHODS: &[&str] = &["Get", "GetAll", "Set", "get"];
const SERVICE_PATTERNS: &[&str] = &["a\\..*", ".*", "a.B", "[ac]\\.[BD]", "a|a.B"];
const METHOD_PATTERNS: &[&str] = &["[GS]et", ".*", "Get|Set", "Get(All)?", "(?i)get"];

pub(super) fn routes(source: &mut dyn Source, settings: &Settings, places: &[Place<'_>]) -> Vec<GrpcRoute> {
    if *settings.grpc_routes.end() == 0 {
        return Vec::new();
    }
    let mut drafts = Drafts::new(source, settings, &settings.grpc_routes, &["HTTP", "HTTPS"], places);
    (0..drafts.count)
        .map(|_| {
            let draft = drafts.next(source, settings);
            let mut route = Object { metadata: draft.metadata, spec: GrpcRouteSpec::default(), status: None };
            route.spec.parent_refs = draft.parent_refs;
            route.spec.use_default_gateways = draft.use_default_gateways;
            let hostnames = source.within(&settings.hostnames);
            route.spec.hostnames = hostname_list(source, settings, draft.home, hostnames);
            let rules = source.within(&settings.rules);
            let mut earlier = Vec::new();
            route.spec.rules = (0..rules).map(|_| rule(source, settings, &mut earlier)).collect();
            route
        })
        .collect()
}

fn rule(source: &mut dyn Source, settings: &Settings, earlier: &mut Vec<GrpcRouteMatch>) -> GrpcRouteRule {
    let matches = source.within(&settings.matches);
    let backends = source.within(&settings.backends);
    let mut next_match = || {
        let repeated = source.one_of(earlier).cloned().filter(|_| source.chance(settings.repeated));
        let next = repeated.unwrap_or_else(|| condition(source, settings));
        earlier.push(next.clone());
        next
    };
    let mut rule = GrpcRouteRule {
        matches: (0..matches).map(|_| next_match()).collect(),
        backend_refs: (0..backends).map(|_| backend_ref(source, settings)).collect(),
        ..GrpcRouteRule::default()
    };
    if source.chance(settings.malformed) {
        let unknown = RouteFilterType::from(source.word(&["Teleport", "URLRewrite", "CORS"]));
        rule.filters.push(RouteFilter { r#type: unknown, ..RouteFilter::default() });
    }
    rule
}

fn condition(source: &mut dyn Source, settings: &Settings) -> GrpcRouteMatch {
    let headers = source.within(&settings.headers);
    GrpcRouteMatch {
        method: (!source.chance(15)).then(|| method(source, settings)),
        headers: (0..headers).map(|_| header(source, settings)).collect(),
    }
}

fn method(source: &mut dyn Source, settings: &Settings) -> GrpcMethodMatch {
    let is_pattern = source.chance(settings.regexes);
    let (services, methods) = if is_pattern { (SERVICE_PATTERNS, METHOD_PATTERNS) } else { (SERVICES, METHODS) };
    let mut name = |names: &[&str], of_ten: usize| match source.below(10) {
        0 => Some(String::new()),
        choice if choice < of_ten => Some(source.word(names).to_owned()),
        _ => None,
    };
    let mut method = GrpcMethodMatch { service: name(services, 9), method: name(methods, 7), r#type: None };
    if is_pattern {
        method.r#type = Some(ValueMatchType::RegularExpression);
        if source.chance(settings.malformed * 2) {
            method.service = Some(source.word(BROKEN_PATTERNS).to_owned());
        }
    } else if source.chance(50) {
        method.r#type = Some(ValueMatchType::Exact);
    }
    if source.chance(settings.malformed) {
        method.r#type = Some(ValueMatchType::from(source.word(&["Prefix", "exact"])));
    }
    method
}

/// A path that a condition takes, or narrowly does not.
pub(super) fn path(source: &mut dyn Source, settings: &Settings, condition: &GrpcRouteMatch) -> String {
    let wanted = condition.method.clone().unwrap_or_default();
    let is_pattern = wanted.r#type == Some(ValueMatchType::RegularExpression);
    let mut name = |wanted: Option<String>, names: &[&str]| match wanted.filter(|name| !name.is_empty()) {
        Some(name) if !is_pattern && !source.chance(settings.bent) => name,
        _ => source.word(names).to_owned(),
    };
    let (service, method) = (name(wanted.service, SERVICES), name(wanted.method, METHODS));
    if !source.chance(settings.bent) {
        return format!("/{service}/{method}");
    }
    match source.below(8) {
        0 => format!("/{service}"),
        1 => format!("/{service}/"),
        2 => format!("/{service}/{method}/"),
        3 => format!("/x/{service}/{method}"),
        4 => format!("//{method}"),
        5 => format!("/{service}/{method}?x=1"),
        6 => format!("/{}/{method}", service.to_ascii_uppercase()),
        _ => "/".to_owned(),
    }
}
