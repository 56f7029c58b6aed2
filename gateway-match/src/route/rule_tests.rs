use gateway_model::{ResourceKind, RouteFilter};
use serde_json::{Value, json};

use super::*;
use crate::route::{BackendDefinition, BackendName, Route, RouteDefinition, RuleDefinition};
use crate::{Answer, GrpcStatus, Profile};

fn filter(wire: Value) -> RouteFilter {
    serde_json::from_value(wire).unwrap()
}

fn modifier(name: &str) -> RouteFilter {
    filter(json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": name, "value": "v"}]}}))
}

fn backend(name: &str) -> BackendDefinition {
    BackendDefinition::new(BackendName::service("shop", name, 80))
}

fn route(kind: ResourceKind, rules: impl IntoIterator<Item = RuleDefinition>) -> Route {
    let definition = RouteDefinition::new(ObjectKey::new(kind, "shop", "r"));
    Route::compile(rules.into_iter().fold(definition, RouteDefinition::rule), &Profile::default())
}

#[test]
fn a_rule_and_its_backends_tell_what_they_were_defined_with() {
    let budget = RetryBudget::compile(&serde_json::from_value(json!({"budget": {"percent": 7}})).unwrap()).unwrap();
    let session = SessionPolicy::compile(&serde_json::from_value(json!({"sessionName": "b"})).unwrap()).unwrap();
    let mut resolved = backend("second").resolved;
    resolved.protocol = BackendProtocol::H2c;
    let rule = RuleDefinition::new()
        .name("n")
        .filter(modifier("x-rule"))
        .timeouts(serde_json::from_value(json!({"request": "7s"})).unwrap())
        .retry(serde_json::from_value(json!({"attempts": 4})).unwrap())
        .session_persistence(serde_json::from_value(json!({"sessionName": "a"})).unwrap())
        .backend(backend("first").weight(3).filter(modifier("x-backend")))
        .backend(
            BackendDefinition::resolved(resolved).weight(5).retry_budget(budget.clone()).session_persistence(session),
        );
    let route = route(ResourceKind::HttpRoute, [RuleDefinition::new(), rule]);
    assert_eq!(route.problems(), []);
    let rule = route.rules().nth(1).unwrap();
    assert_eq!((rule.route().to_string().as_str(), rule.index(), rule.name()), ("HTTPRoute shop/r", 1, Some("n")));
    assert_eq!((rule.filters().iter().count(), rule.backends().len(), rule.refusal()), (1, 2, None));
    assert_eq!(rule.timeouts().request_as_written().map(ToString::to_string).as_deref(), Some("7s"));
    assert_eq!(rule.retry().and_then(RetryPolicy::attempts_as_written), Some(4));
    assert_eq!(rule.session_policy().and_then(SessionPolicy::name), Some("a"));
    assert_eq!((rule.split().len(), rule.split().weight(0), rule.split().weight(1)), (2, 3, 5));
    let [first, second] = rule.backends() else { panic!("{:?}", rule.backends()) };
    assert_eq!((first.name(), second.name()), (&BackendName::service("shop", "first", 80), &second.resolved().name));
    assert_eq!((first.weight(), second.weight()), (3, 5));
    assert_eq!((first.protocol(), second.protocol()), (BackendProtocol::default(), BackendProtocol::H2c));
    assert_eq!((first.retry_budget(), second.retry_budget()), (None, Some(&budget)));
    assert_eq!((first.session_policy().is_some(), second.session_policy().is_some()), (false, true));
    assert_eq!((first.filters().iter().count(), second.filters().iter().count()), (1, 0));
    assert!(first.state() == &BackendState::Ready && first.problem().is_none() && first.tls().is_none());
    let bare = route.rules().next().unwrap();
    assert_eq!((bare.retry(), bare.session_policy().is_some(), bare.timeouts().is_empty()), (None, false, true));
}

#[test]
fn a_pick_tells_whose_share_it_is() {
    let gone = BackendProblem::PortMissing { kind: "Service".to_owned(), name: "gone".to_owned() };
    let rule = RuleDefinition::new()
        .backend(backend("a").weight(0))
        .backend(backend("b"))
        .backend(backend("gone").state(BackendState::Invalid(gone)));
    let route = route(ResourceKind::HttpRoute, [rule, RuleDefinition::new().backend(backend("a").weight(0))]);
    let [first, second] = [0, 1].map(|index| route.rules().nth(index).unwrap());
    let mut positions: Vec<Option<usize>> = (0..2).map(|n| first.pick(n).position()).collect();
    positions.sort();
    assert_eq!(positions, [Some(1), Some(2)]);
    assert_eq!(second.pick(0).position(), None);
}

#[test]
fn a_refusal_hides_no_earlier_problem() {
    let refusal = |name: &str| FilterRefusal::UnknownExtension {
        group: "example.com".to_owned(),
        kind: "Thing".to_owned(),
        name: name.to_owned(),
    };
    let gone = BackendProblem::PortMissing { kind: "Service".to_owned(), name: "gone".to_owned() };
    let gone_and_refused = backend("gone").state(BackendState::Invalid(gone.clone())).refuse(refusal("x"));
    let rule = RuleDefinition::new()
        .refuse(refusal("first"))
        .refuse(refusal("second"))
        .backend(gone_and_refused)
        .backend(backend("a").refuse(refusal("x")))
        .backend(backend("b").state(BackendState::NoEndpoints).refuse(refusal("x")));
    let route = route(ResourceKind::HttpRoute, [rule]);
    let rule = route.rules().next().unwrap();
    assert_eq!(rule.refusal(), Some(&refusal("first")));
    let problems: Vec<_> = rule.backends().iter().map(Backend::problem).collect();
    let refused = BackendProblem::Filter(refusal("x"));
    assert_eq!(problems, [Some(&gone), Some(&refused), Some(&refused)]);
}

#[test]
fn what_cannot_be_sent_is_answered_in_the_terms_of_the_route() {
    let gone = || {
        let problem = BackendProblem::PortMissing { kind: "Service".to_owned(), name: "gone".to_owned() };
        backend("gone").state(BackendState::Invalid(problem))
    };
    let refusal = || FilterRefusal::UnknownExtension {
        group: "example.com".to_owned(),
        kind: "Thing".to_owned(),
        name: "x".to_owned(),
    };
    let http = |status: u16| Some(Answer::Http(StatusCode::from_u16(status).unwrap()));
    let unavailable = Some(Answer::Grpc(GrpcStatus::Unavailable));
    let cases = [
        (ResourceKind::HttpRoute, RuleDefinition::new().backend(gone()), http(500)),
        (ResourceKind::GrpcRoute, RuleDefinition::new().backend(gone()), unavailable),
        (ResourceKind::TcpRoute, RuleDefinition::new().backend(gone()), Some(Answer::Close)),
        (ResourceKind::HttpRoute, RuleDefinition::new().backend(backend("a")), None),
        (
            ResourceKind::HttpRoute,
            RuleDefinition::new().backend(backend("a").state(BackendState::NoEndpoints)),
            http(503),
        ),
        (ResourceKind::HttpRoute, RuleDefinition::new().refuse(refusal()).backend(backend("a")), http(500)),
    ];
    for (kind, rule, expected) in cases {
        let shown = format!("{kind:?} {rule:?}");
        let route = route(kind, [rule]);
        let rule = route.rules().next().unwrap();
        assert_eq!(rule.answer_for(&rule.backends()[0]), expected, "{shown}");
    }
}

#[test]
fn a_prefix_that_a_filter_replaces_must_be_one_of_every_match() {
    let replace = filter(
        json!({"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}}),
    );
    let matching = |kind: &str| serde_json::from_value(json!({"path": {"type": kind, "value": "/a"}})).unwrap();
    let prefix = || RuleDefinition::new().matching(matching("PathPrefix"));
    let both = || prefix().matching(matching("Exact"));
    let cases = [
        (prefix().filter(replace.clone()), None),
        (both(), None),
        (both().filter(replace.clone()), Some("spec.rules[0].filters[0].urlRewrite.path")),
        (
            both().backend(backend("a")).backend(backend("b").filter(replace.clone())),
            Some("spec.rules[0].backendRefs[1].filters[0].urlRewrite.path"),
        ),
    ];
    for (rule, expected) in cases {
        let route = route(ResourceKind::HttpRoute, [rule]);
        let found = route.problems().first().map(ToString::to_string);
        assert!(
            expected.map_or(found.is_none(), |path| found.as_deref().is_some_and(|text| text.starts_with(path))),
            "{expected:?}: {found:?}"
        );
    }
}

#[test]
fn connections_have_no_matches() {
    for kind in [ResourceKind::TlsRoute, ResourceKind::TcpRoute, ResourceKind::UdpRoute] {
        let condition = serde_json::from_value(json!({"path": {"value": "/a"}})).unwrap();
        let route = route(kind, [RuleDefinition::new().matching(condition), RuleDefinition::new()]);
        for rule in route.rules() {
            assert!(matches!(rule.conditions(), [Condition::Connection]), "{kind:?}: {:?}", rule.conditions());
        }
    }
}
