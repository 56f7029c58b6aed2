//! Routes of any kind, in the form that is decided on.

use gateway_model::{
    BackendRef, HttpMethod, HttpRoute, HttpRouteMatch, HttpRouteRule, HttpRouteSpec, Lenient, ParentReference,
    PathMatchType, Resources, RouteFilter, RouteFilterType, ValueMatchType,
};

use crate::answer::ObjectName;
use crate::condition::Match;
use crate::precedence::Age;

/// A route with the rules that can be served.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) name: ObjectName,
    pub(crate) age: Age,
    pub(crate) parents: Vec<ParentReference>,
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
    // A further kind of route is one more list here.
    resources.iter::<HttpRoute>().map(|route| read_http(route)).collect()
}

fn read_http(route: &HttpRoute) -> Route {
    let written = rules_or_default(&route.spec);
    let rules: Vec<Rule> =
        written.iter().enumerate().filter_map(|(position, rule)| read_rule(position, rule)).collect();
    Route {
        name: ObjectName::http_route(route.namespace(), route.name()),
        age: Age::of(&route.metadata),
        parents: route.spec.parent_refs.clone(),
        hostnames: hostnames(&route.spec.hostnames),
        unsupported: rules.is_empty() || has_unknown_value(&route.spec),
        rules,
    }
}

/// spec: HTTPRouteSpec.rules, default: one rule with a prefix match on `/`.
fn rules_or_default(spec: &HttpRouteSpec) -> Vec<HttpRouteRule> {
    if spec.rules.is_empty() { vec![HttpRouteRule::default()] } else { spec.rules.clone() }
}

/// A rule, or `None` if something in it is invalid.
/// spec: Listener.allowedRoutes: invalid rules can be ignored, the others should be supported.
fn read_rule(position: usize, rule: &HttpRouteRule) -> Option<Rule> {
    let written = matches_or_default(rule);
    let read = written.iter().enumerate().map(|(position, written)| Match::read(position, written));
    Some(Rule { position, matches: read.collect::<Option<_>>()?, backends: rule.backend_refs.clone() })
}

/// spec: HTTPRouteRule.matches: the default is a prefix path match on `/`.
fn matches_or_default(rule: &HttpRouteRule) -> Vec<HttpRouteMatch> {
    if rule.matches.is_empty() { vec![HttpRouteMatch::default()] } else { rule.matches.clone() }
}

fn hostnames(written: &[Lenient<gateway_model::Hostname>]) -> Option<Vec<String>> {
    let valid = written.iter().filter_map(Lenient::valid).map(|hostname| hostname.as_str().to_owned());
    (!written.is_empty()).then(|| valid.collect())
}

/// Whether an enum of the route has a value that the API does not define.
/// spec: HTTPPathMatch.type, HeaderMatchType, QueryParamMatchType, HTTPMethod, HTTPRouteFilter.type: such a route
/// has `Accepted` False with the reason UnsupportedValue.
fn has_unknown_value(spec: &HttpRouteSpec) -> bool {
    spec.rules.iter().any(|rule| {
        rule.matches.iter().any(match_has_unknown_value)
            || rule.filters.iter().any(is_unknown_filter)
            || rule.backend_refs.iter().flat_map(|backend| &backend.filters).any(is_unknown_filter)
    })
}

fn match_has_unknown_value(written: &HttpRouteMatch) -> bool {
    let is_unknown = |value_type: ValueMatchType| matches!(value_type, ValueMatchType::Unknown(_));
    matches!(written.path_type(), PathMatchType::Unknown(_))
        || matches!(written.method, Some(HttpMethod::Unknown(_)))
        || written.headers.iter().any(|header| is_unknown(header.value_type()))
        || written.query_params.iter().any(|parameter| is_unknown(parameter.value_type()))
}

fn is_unknown_filter(filter: &RouteFilter) -> bool {
    matches!(filter.r#type, RouteFilterType::Unknown(_))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::http_route;

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
}
