use serde_json::{Value, json};

use super::*;
use crate::options::Profile;
use crate::route::{BackendDefinition, BackendName, Route, RouteDefinition};

fn rule(matches: Value) -> RuleDefinition {
    let matches: Vec<_> = serde_json::from_value(matches).unwrap();
    matches.into_iter().fold(RuleDefinition::new(), RuleDefinition::matching)
}

fn pattern(text: &str) -> Value {
    json!({"path": {"type": "RegularExpression", "value": text}})
}

fn service() -> BackendDefinition {
    BackendDefinition::new(BackendName::service("shop", "cart", 80))
}

#[test]
fn each_bound_drops_the_rule_that_goes_beyond_it_and_no_other() {
    let headers = |count: usize| {
        let headers: Vec<_> = (0..count).map(|n| json!({"name": format!("x-{n}"), "value": "a"})).collect();
        json!([{"headers": headers, "queryParams": [{"name": "q", "value": "a"}]}])
    };
    let filtered = |count: usize| {
        let mirror = || json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "copy", "port": 80}}});
        (0..count).fold(RuleDefinition::new(), |rule, _| rule.filter(serde_json::from_value(mirror()).unwrap()))
    };
    let served = |count: usize| (0..count).fold(RuleDefinition::new(), |rule, _| rule.backend(service()));
    let limits = RouteLimits::default;
    let cases = [
        (limits().max_matches(2), rule(json!([{}, {}])), rule(json!([{}, {}, {}])), "matches: more than 2 matches"),
        (
            limits().max_conditions(3),
            rule(headers(2)),
            rule(headers(3)),
            "matches[0]: more than 3 headers and query parameters",
        ),
        (limits().max_filters(1), filtered(1), filtered(2), "filters: more than 1 filters"),
        (limits().max_backends(1), served(1), served(2), "backendRefs: more than 1 backends"),
        (
            limits().max_patterns(1),
            rule(json!([{}, pattern("/a+")])),
            rule(json!([pattern("/a+"), pattern("/b+")])),
            "matches[1]: more than 1 regular expressions in the route",
        ),
        (
            limits().max_pattern_bytes(3),
            rule(json!([pattern("/a+")])),
            rule(json!([pattern("/a+b")])),
            "matches[0]: more than 3 bytes in a regular expression",
        ),
        (
            limits().max_pattern_size(20_000),
            rule(json!([pattern("/a+")])),
            rule(json!([pattern("/[a-z]{500}")])),
            "matches[0].path.value: `/[a-z]{500}` is larger than 20000 bytes when compiled",
        ),
    ];
    for (limits, within, beyond, expected) in cases {
        let profile = Profile::default().route_limits(limits);
        let route = |rule| Route::compile(RouteDefinition::http("shop", "cart").rule(rule), &profile);
        assert!(route(within).problems().is_empty(), "{expected}");
        let both = RouteDefinition::http("shop", "cart").rule(beyond).rule(RuleDefinition::new());
        let both = Route::compile(both, &profile);
        let problems: Vec<_> = both.problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems, [format!("spec.rules[0].{expected}")]);
        assert!(both.problems().iter().all(|problem| !problem.refuses_route()));
        assert_eq!(both.rules().map(crate::Rule::index).collect::<Vec<_>>(), [1], "{expected}");
    }
}

#[test]
fn rules_beyond_the_bound_are_dropped_each_with_its_problem() {
    let profile = Profile::default().route_limits(RouteLimits::default().max_rules(2));
    let route = (0..4).fold(RouteDefinition::http("shop", "cart"), |route, _| route.rule(RuleDefinition::new()));
    let route = Route::compile(route, &profile);
    let problems: Vec<_> = route.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["spec.rules[2]: more than 2 rules", "spec.rules[3]: more than 2 rules"]);
    assert_eq!(route.rules().count(), 2);
}

#[test]
fn regular_expressions_count_across_the_rules_of_a_route() {
    let profile = Profile::default().route_limits(RouteLimits::default().max_patterns(2));
    let patterns = json!([{
        "method": {"type": "RegularExpression", "service": "a+", "method": "b+"}
    }]);
    let grpc: Vec<_> = serde_json::from_value(patterns).unwrap();
    let grpc = grpc.into_iter().fold(RuleDefinition::new(), RuleDefinition::matching_call);
    let header = || rule(json!([{"headers": [{"name": "a", "type": "RegularExpression", "value": "a+"}]}]));
    let calls = RouteDefinition::grpc("shop", "cart").rule(grpc);
    assert!(Route::compile(calls, &profile).problems().is_empty());
    let mixed =
        RouteDefinition::http("shop", "cart").rule(header()).rule(header()).rule(rule(json!([{}]))).rule(header());
    let mixed = Route::compile(mixed, &profile);
    assert_eq!(mixed.rules().map(crate::Rule::index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(mixed.problems()[0].problem, RouteExcess { part: RoutePart::Patterns, limit: 2 }.into());
    assert_eq!(mixed.problems()[0].problem.reason(), "UnsupportedValue");
}

#[test]
fn whatever_the_api_admits_is_within_the_bounds_but_for_the_number_of_regular_expressions() {
    let values: Vec<_> = (0..16).map(|n| json!({"name": format!("n{n}"), "value": "a"})).collect();
    let matches: Vec<_> = (0..64).map(|_| json!({"headers": values, "queryParams": values})).collect();
    let full = (0..16).fold(rule(json!(matches)), |rule, _| rule.backend(service()));
    let route = (0..16).fold(RouteDefinition::http("shop", "cart"), |route, _| route.rule(full.clone()));
    assert_eq!(Route::compile(route, &Profile::default()).problems(), []);
    // The longest value that a header match may have is no longer than an expression may be.
    let longest = rule(json!([{"headers": [{"name": "a", "type": "RegularExpression", "value": "é".repeat(4096)}]}]));
    assert_eq!(Route::compile(RouteDefinition::http("shop", "cart").rule(longest), &Profile::default()).problems(), []);
}

#[test]
fn every_place_of_a_regular_expression_counts_and_no_other_type_of_match_does() {
    let http = |wire: Value| WireMatch::Http(serde_json::from_value(wire).unwrap());
    let call = |wire: Value| WireMatch::Grpc(serde_json::from_value(wire).unwrap());
    let value = |kind: &str| json!([{"name": "a", "type": kind, "value": "v"}]);
    let method = |kind: &str| json!({"method": {"type": kind, "service": "s", "method": "m"}});
    let cases: [(WireMatch, &[&str]); 9] = [
        (http(json!({})), &[]),
        (
            http(
                json!({"path": {"type": "Exact", "value": "/"}, "headers": value("Exact"), "queryParams": value("Exact")}),
            ),
            &[],
        ),
        (http(json!({"path": {"type": "RegularExpression", "value": "p"}})), &["p"]),
        (http(json!({"headers": value("RegularExpression")})), &["v"]),
        (http(json!({"queryParams": value("RegularExpression")})), &["v"]),
        (call(json!({})), &[]),
        (call(method("Exact")), &[]),
        (call(method("RegularExpression")), &["s", "m"]),
        (call(json!({"headers": value("RegularExpression")})), &["v"]),
    ];
    for (wire, expected) in cases {
        assert_eq!(*texts_of_patterns(&wire), *expected, "{wire:?}");
    }
    let two = rule(json!([pattern("/a+"), pattern("/b+")]));
    assert_eq!((patterns(&two), patterns(&RuleDefinition::new())), (2, 0));
}

#[test]
fn headers_and_query_parameters_are_counted_together() {
    let matching = json!([{"headers": [{"name": "a", "value": "v"}, {"name": "b", "value": "v"}, {"name": "c", "value": "v"}],
        "queryParams": [{"name": "a", "value": "v"}, {"name": "b", "value": "v"}, {"name": "c", "value": "v"}]}]);
    for (most, fits) in [(5, false), (6, true)] {
        let profile = Profile::default().route_limits(RouteLimits::default().max_conditions(most));
        let route = Route::compile(RouteDefinition::http("shop", "cart").rule(rule(matching.clone())), &profile);
        assert_eq!(route.problems().is_empty(), fits, "{most}");
    }
}

#[test]
fn filters_of_a_rule_and_of_its_backends_are_counted_together() {
    let mirror = || {
        let wire = json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "copy", "port": 80}}});
        serde_json::from_value(wire).unwrap()
    };
    for (most, fits) in [(2, false), (3, true)] {
        let profile = Profile::default().route_limits(RouteLimits::default().max_filters(most));
        let backend = || service().filter(mirror());
        let rule = RuleDefinition::new().filter(mirror()).backend(backend()).backend(backend());
        let route = Route::compile(RouteDefinition::http("shop", "cart").rule(rule), &profile);
        assert_eq!(route.problems().is_empty(), fits, "{most}: {:?}", route.problems());
    }
}
