use gateway_model::Hostname;
use serde_json::json;

use super::*;
use crate::{ListenerDefinition, Profile, Route, RouteDefinition, RuleDefinition};

#[test]
fn the_runner_up_is_the_next_match_that_would_have_taken_the_request() {
    let matching =
        |path: &str| RuleDefinition::new().matching(serde_json::from_value(json!({"path": {"value": path}})).unwrap());
    let route = RouteDefinition::http("shop", "cart")
        .hostname(Hostname::parse("a.example.com").unwrap())
        .rule(matching("/"))
        .rule(matching("/a/b"))
        .rule(matching("/other"));
    let mut builder = Router::builder(&Profile::default());
    let listener = builder.listener(ListenerDefinition::http("web", 80));
    builder.attach(&Route::compile(route, &Profile::default()), listener);
    let router = builder.build();
    let why = |path| router.explain(&RequestView::new("GET", "a.example.com", path, &()), &Connection::plain(80));
    let explained = why("/a/b");
    assert_eq!(explained.decided_by(), Some(Criterion::Path));
    assert_eq!(explained.runner_up().map(|step| step.rule), Some(0));
    assert!(why("/a").runner_up().is_none());
    assert_eq!(why("/a").decided_by(), Some(Criterion::OnlyMatch));
    let matched =
        why("/a/b").decision().matched().map(|found| (found.hostname().map(ToString::to_string), found.rule().index()));
    assert_eq!(matched, Some((Some("a.example.com".to_owned()), 1)));
}

#[test]
fn criteria_have_the_names_of_the_wire() {
    let cases = [
        (Criterion::ExplicitOrder, "explicitOrder"),
        (Criterion::Hostname, "hostname"),
        (Criterion::Kind, "kind"),
        (Criterion::Path, "path"),
        (Criterion::Service, "service"),
        (Criterion::Method, "method"),
        (Criterion::Headers, "headers"),
        (Criterion::QueryParams, "queryParams"),
        (Criterion::Age, "age"),
        (Criterion::Name, "name"),
        (Criterion::RuleOrder, "ruleOrder"),
        (Criterion::MatchOrder, "matchOrder"),
        (Criterion::OnlyMatch, "onlyMatch"),
    ];
    for (criterion, name) in cases {
        assert_eq!((criterion.as_str(), criterion.to_string().as_str()), (name, name));
    }
}
