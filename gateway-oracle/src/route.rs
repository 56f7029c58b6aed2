//! Routes of any kind, in the form that is decided on.

use gateway_model::{
    BackendRef, DefaultGatewayScope, GrpcRoute, GrpcRouteMatch, GrpcRouteRule, GrpcRouteSpec, HttpMethod, HttpRoute,
    HttpRouteMatch, HttpRouteRule, HttpRouteSpec, L4RouteRule, Lenient, ParentReference, PathMatchType, Resources,
    RouteFilter, RouteFilterType, TcpRoute, TlsRoute, UdpRoute, ValueMatchType,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::answer::ObjectName;
use crate::condition::Match;
use crate::precedence::Age;

/// The kind of [`HttpRoute`].
pub(crate) const HTTP_ROUTE: &str = "HTTPRoute";
/// The kind of [`GrpcRoute`].
pub(crate) const GRPC_ROUTE: &str = "GRPCRoute";
/// The kind of [`TlsRoute`].
pub(crate) const TLS_ROUTE: &str = "TLSRoute";
/// The kind of [`TcpRoute`].
pub(crate) const TCP_ROUTE: &str = "TCPRoute";
/// The kind of [`UdpRoute`].
pub(crate) const UDP_ROUTE: &str = "UDPRoute";

/// A route with the rules that can be served.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) name: ObjectName,
    pub(crate) age: Age,
    pub(crate) parents: Vec<ParentReference>,
    /// Whether it is attached to default Gateways too. spec: CommonRouteSpec.useDefaultGateways.
    pub(crate) uses_defaults: bool,
    /// The well-formed hostnames; `None` if the route names none at all.
    pub(crate) hostnames: Option<Vec<String>>,
    pub(crate) rules: Vec<Rule>,
    /// Whether the route as a whole is refused for something in it that is not supported.
    pub(crate) unsupported: bool,
}

/// A rule that can be served.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The position in the route as written.
    pub(crate) position: usize,
    pub(crate) matches: Vec<Match>,
    pub(crate) backends: Vec<BackendRef>,
}

/// Every route among the objects.
pub(crate) fn all(resources: &Resources) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    let mut add = |route: Route, scope: &Option<DefaultGatewayScope>| {
        routes.push(Route { uses_defaults: *scope == Some(DefaultGatewayScope::All), ..route });
    };
    resources.iter::<HttpRoute>().for_each(|route| add(read_http(route), &route.spec.use_default_gateways));
    resources.iter::<GrpcRoute>().for_each(|route| add(read_grpc(route), &route.spec.use_default_gateways));
    resources.iter::<TlsRoute>().for_each(|route| add(read_tls(route), &route.spec.use_default_gateways));
    resources.iter::<TcpRoute>().for_each(|route| add(read_tcp(route), &route.spec.use_default_gateways));
    resources.iter::<UdpRoute>().for_each(|route| add(read_udp(route), &route.spec.use_default_gateways));
    routes
}

impl Route {
    fn new(kind: &'static str, metadata: &ObjectMeta, parents: &[ParentReference], rules: Vec<Rule>) -> Route {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Route {
            name: ObjectName::new(kind, text(&metadata.namespace), text(&metadata.name)),
            age: Age::of(metadata),
            parents: parents.to_vec(),
            uses_defaults: false,
            hostnames: None,
            unsupported: rules.is_empty(),
            rules,
        }
    }

    /// By what routes of one kind are ordered among each other: the oldest, then "{namespace}/{name}".
    pub(crate) fn seniority(&self) -> (Age, String) {
        (self.age, format!("{}/{}", self.name.namespace, self.name.name))
    }
}

fn read_http(route: &HttpRoute) -> Route {
    let written = or_default(&route.spec.rules);
    let rules = written.iter().enumerate().filter_map(|(position, rule)| read_http_rule(position, rule)).collect();
    let mut read = Route::new(HTTP_ROUTE, &route.metadata, &route.spec.parent_refs, rules);
    read.hostnames = hostnames(&route.spec.hostnames);
    read.unsupported |= http_has_unknown_value(&route.spec);
    read
}

fn read_grpc(route: &GrpcRoute) -> Route {
    let written = &route.spec.rules;
    let rules = written.iter().enumerate().filter_map(|(position, rule)| read_grpc_rule(position, rule)).collect();
    let mut read = Route::new(GRPC_ROUTE, &route.metadata, &route.spec.parent_refs, rules);
    read.hostnames = hostnames(&route.spec.hostnames);
    // spec: GRPCRouteSpec.rules is optional and has no default: such a route takes nothing.
    read.unsupported &= !written.is_empty();
    read.unsupported |= grpc_has_unknown_value(&route.spec);
    read
}

fn read_tls(route: &TlsRoute) -> Route {
    let mut read = Route::new(TLS_ROUTE, &route.metadata, &route.spec.parent_refs, first_rule(&route.spec.rules));
    read.hostnames = hostnames(&route.spec.hostnames);
    read
}

fn read_tcp(route: &TcpRoute) -> Route {
    Route::new(TCP_ROUTE, &route.metadata, &route.spec.parent_refs, first_rule(&route.spec.rules))
}

fn read_udp(route: &UdpRoute) -> Route {
    Route::new(UDP_ROUTE, &route.metadata, &route.spec.parent_refs, first_rule(&route.spec.rules))
}

/// The list, or one default item if it is empty.
///
/// spec: HTTPRouteSpec.rules: the default is one rule with a prefix match on `/`. HTTPRouteRule.matches: the default is
/// that match. GRPCRouteRule.matches: without any every gRPC request is matched.
fn or_default<T: Clone + Default>(written: &[T]) -> Vec<T> {
    if written.is_empty() { vec![T::default()] } else { written.to_vec() }
}

/// A rule, or `None` if something in it is invalid.
/// spec: Listener.allowedRoutes: invalid rules can be ignored, the others should be supported.
fn read_http_rule(position: usize, rule: &HttpRouteRule) -> Option<Rule> {
    let written: Vec<HttpRouteMatch> = or_default(&rule.matches);
    let read = written.iter().enumerate().map(|(position, written)| Match::http(position, written));
    Some(Rule { position, matches: read.collect::<Option<_>>()?, backends: rule.backend_refs.clone() })
}

/// The same for gRPC.
fn read_grpc_rule(position: usize, rule: &GrpcRouteRule) -> Option<Rule> {
    let written: Vec<GrpcRouteMatch> = or_default(&rule.matches);
    let read = written.iter().enumerate().map(|(position, written)| Match::grpc(position, written));
    Some(Rule { position, matches: read.collect::<Option<_>>()?, backends: rule.backend_refs.clone() })
}

/// The rule that counts.
/// spec: TLSRouteSpec.rules, TCPRouteSpec.rules, UDPRouteSpec.rules: there is exactly one. A route that has none all the
/// same has no backend for what it takes.
fn first_rule(rules: &[L4RouteRule]) -> Vec<Rule> {
    let backends = rules.first().map(|rule| rule.backend_refs.clone()).unwrap_or_default();
    vec![Rule { position: 0, matches: vec![Match::stream()], backends }]
}

fn hostnames(written: &[Lenient<gateway_model::Hostname>]) -> Option<Vec<String>> {
    let valid = written.iter().filter_map(Lenient::valid).map(|hostname| hostname.as_str().to_owned());
    (!written.is_empty()).then(|| valid.collect())
}

/// Whether an enum of the route has a value that the API does not define.
/// spec: HTTPPathMatch.type, HeaderMatchType, QueryParamMatchType, HTTPMethod, HTTPRouteFilter.type: such a route
/// has `Accepted` False with the reason UnsupportedValue.
fn http_has_unknown_value(spec: &HttpRouteSpec) -> bool {
    let is_unknown = |filter: &RouteFilter| matches!(filter.r#type, RouteFilterType::Unknown(_));
    spec.rules.iter().any(|rule| {
        rule.matches.iter().any(http_match_has_unknown_value)
            || rule.filters.iter().any(is_unknown)
            || rule.backend_refs.iter().flat_map(|backend| &backend.filters).any(is_unknown)
    })
}

fn http_match_has_unknown_value(written: &HttpRouteMatch) -> bool {
    matches!(written.path_type(), PathMatchType::Unknown(_))
        || matches!(written.method, Some(HttpMethod::Unknown(_)))
        || written.headers.iter().any(|header| is_unknown(&header.value_type()))
        || written.query_params.iter().any(|parameter| is_unknown(&parameter.value_type()))
}

/// The same for gRPC, which has fewer types of filter.
/// spec: GRPCMethodMatch.type, GRPCHeaderMatch.type, GRPCRouteFilter.type.
fn grpc_has_unknown_value(spec: &GrpcRouteSpec) -> bool {
    spec.rules.iter().any(|rule| {
        rule.matches.iter().any(grpc_match_has_unknown_value)
            || rule.filters.iter().any(is_no_grpc_filter)
            || rule.backend_refs.iter().flat_map(|backend| &backend.filters).any(is_no_grpc_filter)
    })
}

fn grpc_match_has_unknown_value(written: &GrpcRouteMatch) -> bool {
    written.method.as_ref().is_some_and(|method| is_unknown(&method.value_type()))
        || written.headers.iter().any(|header| is_unknown(&header.value_type()))
}

fn is_no_grpc_filter(filter: &RouteFilter) -> bool {
    use RouteFilterType::{ExtensionRef, RequestHeaderModifier, RequestMirror, ResponseHeaderModifier};
    !matches!(filter.r#type, RequestHeaderModifier | ResponseHeaderModifier | RequestMirror | ExtensionRef)
}

fn is_unknown(value_type: &ValueMatchType) -> bool {
    matches!(value_type, ValueMatchType::Unknown(_))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::{created, grpc_route, http_route, object, resources};

    fn read(spec: Value) -> Route {
        read_http(&http_route(spec))
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_dropped_alone() {
        let bad = json!({"matches": [{}, {"path": {"type": "RegularExpression", "value": "("}}]});
        let route = read(json!({"rules": [bad, {}, bad, {"matches": [{"method": "GET"}, {}]}]}));
        assert!(!route.unsupported);
        let positions: Vec<_> = route.rules.iter().map(|rule| (rule.position, rule.matches.len())).collect();
        assert_eq!(positions, [(1, 1), (3, 2)]);
        assert!(read(json!({"rules": [bad]})).unsupported);
    }

    #[test]
    fn a_route_without_rules_has_the_default_rule() {
        let route = read(json!({}));
        assert!(!route.unsupported);
        assert_eq!((route.rules.len(), route.rules[0].matches.len(), route.rules[0].backends.len()), (1, 1, 0));
    }

    #[test]
    fn an_unknown_value_refuses_the_route() {
        let filter = json!([{"type": "Teleport"}]);
        let cases = [
            json!({"matches": [{"path": {"type": "Suffix", "value": "/"}}]}),
            json!({"matches": [{"method": "BREW"}]}),
            json!({"matches": [{"headers": [{"name": "a", "value": "b", "type": "Near"}]}]}),
            json!({"matches": [{"queryParams": [{"name": "a", "value": "b", "type": "Near"}]}]}),
            json!({"filters": filter}),
            json!({"backendRefs": [{"name": "b", "filters": filter}]}),
        ];
        for rule in cases {
            assert!(read(json!({"rules": [{}, rule]})).unsupported, "{rule}");
        }
        let known = json!({"rules": [{"filters": [{"type": "CORS", "cors": {}}], "matches": [{"method": "GET"}]}]});
        assert!(!read(known).unsupported);
    }

    #[test]
    fn malformed_hostnames_are_left_out_but_the_route_still_names_some() {
        assert_eq!(read(json!({})).hostnames, None);
        assert_eq!(read(json!({"hostnames": ["*", "a.com"]})).hostnames, Some(vec!["a.com".to_owned()]));
        assert_eq!(read(json!({"hostnames": ["*"]})).hostnames, Some(vec![]));
    }

    #[test]
    fn a_grpc_route_is_read_by_the_same_rules() {
        let read = |rules: Value| read_grpc(&grpc_route(json!({"rules": rules})));
        let bad = json!({"matches": [{}, {"method": {"type": "RegularExpression", "service": "("}}]});
        let route = read(json!([bad, {}, {"matches": [{"method": {"service": "a"}}, {}]}]));
        let positions: Vec<_> = route.rules.iter().map(|rule| (rule.position, rule.matches.len())).collect();
        assert_eq!((route.unsupported, positions), (false, vec![(1, 1), (2, 2)]));
        assert!(read(json!([bad])).unsupported);
        let without_rules = read(json!([]));
        assert_eq!((without_rules.rules.len(), without_rules.unsupported), (0, false));

        let cases = [
            (json!({"matches": [{"method": {"type": "Prefix", "service": "a"}}]}), true),
            (json!({"matches": [{"method": {"type": "Prefix"}}]}), true),
            (json!({"matches": [{"headers": [{"name": "a", "value": "b", "type": "Near"}]}]}), true),
            (json!({"filters": [{"type": "Teleport"}]}), true),
            (json!({"filters": [{"type": "URLRewrite"}]}), true),
            (json!({"filters": [{"type": "RequestRedirect"}]}), true),
            (json!({"filters": [{"type": "CORS"}]}), true),
            (json!({"backendRefs": [{"name": "b", "filters": [{"type": "ExternalAuth"}]}]}), true),
            (json!({"filters": [{"type": "RequestHeaderModifier"}, {"type": "ResponseHeaderModifier"}]}), false),
            (json!({"filters": [{"type": "RequestMirror"}, {"type": "ExtensionRef"}]}), false),
        ];
        for (rule, unsupported) in cases {
            assert_eq!(read(json!([{}, rule])).unsupported, unsupported, "{rule}");
        }
    }

    #[test]
    fn of_a_stream_route_the_first_rule_counts() {
        let rule = |name: &str| json!({"backendRefs": [{"name": name}]});
        for kind in [TLS_ROUTE, TCP_ROUTE, UDP_ROUTE] {
            let two = object(kind, "two", json!({"rules": [rule("a"), rule("b")]}));
            let none = object(kind, "none", json!({"rules": []}));
            let routes = all(&resources(&[two, none]));
            let backends = |name: &str| {
                let route = routes.iter().find(|route| route.name.name == name).unwrap();
                assert_eq!((route.name.kind, route.unsupported), (kind, false));
                let backends = route.rules.iter().flat_map(|rule| &rule.backends);
                backends.map(|backend| backend.name.clone()).collect::<Vec<_>>()
            };
            assert_eq!((backends("two"), backends("none")), (vec!["a".to_owned()], vec![]), "{kind}");
        }
    }

    #[test]
    fn seniority_is_age_and_then_the_name_as_text() {
        let route = |name: &str, time: Option<&str>| {
            let route = object(TCP_ROUTE, name, json!({}));
            let route = time.map_or(route.clone(), |time| created(route, time));
            all(&resources(&[route])).remove(0).seniority()
        };
        let (old, new) = (Some("2026-01-01T00:00:00Z"), Some("2026-01-02T00:00:00Z"));
        let by_seniority = [route("z", old), route("a-b/x", new), route("a/x", new), route("a", None)];
        assert!(by_seniority.is_sorted_by(|one, other| one < other), "{by_seniority:?}");
    }
}
