use gateway_model::{Hostname, HttpRouteMatch, ObjectKey, ResourceKind};
use serde_json::{Value, json};

use super::*;
use crate::answer::Answer;
use crate::options::PathNormalization;
use crate::precedence::Criterion;
use crate::route::{
    BackendDefinition, BackendName, BackendProblem, BackendState, Pick, Route, RouteDefinition, RuleDefinition,
};

/// Headers of a request.
pub(super) type Lines = &'static [(&'static str, &'static str)];

pub(super) fn condition(wire: Value) -> HttpRouteMatch {
    serde_json::from_value(wire).unwrap()
}

pub(super) fn path(value: &str) -> HttpRouteMatch {
    condition(json!({"path": {"value": value}}))
}

pub(super) fn host(text: &str) -> Hostname {
    Hostname::parse(text).unwrap()
}

/// A listener: `(name, port, tls, hostname)`.
pub(super) type Listener<'l> = (&'l str, u16, bool, Option<&'l str>);

/// A router for listeners and routes attached wherever hostnames allow.
pub(super) fn router(profile: &Profile, listeners: &[Listener<'_>], routes: Vec<RouteDefinition>) -> Router {
    let mut builder = Router::builder(profile);
    let ids: Vec<_> = listeners
        .iter()
        .map(|(name, port, tls, hostname)| {
            let definition =
                if *tls { ListenerDefinition::https(name, *port) } else { ListenerDefinition::http(name, *port) };
            builder.listener(match hostname {
                Some(hostname) => definition.hostname(host(hostname)),
                None => definition,
            })
        })
        .collect();
    for route in routes {
        let route = Route::compile(route, profile);
        for id in &ids {
            builder.attach(&route, *id);
        }
    }
    builder.build()
}

/// What becomes of a request: the route's name with rule and match, or the status, or a refusal.
pub(super) fn answer(router: &Router, authority: &str, target: &str, connection: Connection<'_>) -> String {
    let request = RequestView::new("GET", authority, target, &());
    match router.route(&request, &connection) {
        Decision::Matched(found) => {
            format!("{}#{}.{}", found.route().name, found.rule().index(), found.match_index())
        }
        Decision::Rejected { .. } => "rejected".to_owned(),
        other => other.status().unwrap().as_u16().to_string(),
    }
}

#[test]
fn the_listener_is_chosen_by_port_protocol_and_hostname() {
    let route = |name: &str, hostname: &str| {
        RouteDefinition::http("ns", name).hostname(host(hostname)).rule(RuleDefinition::new())
    };
    let router = router(
        &Profile::default(),
        &[
            ("all", 80, false, None),
            ("wild", 80, false, Some("*.example.com")),
            ("deep", 80, false, Some("*.b.example.com")),
            ("exact", 80, false, Some("a.b.example.com")),
            ("other-port", 81, false, Some("a.example.com")),
        ],
        vec![route("one", "a.b.example.com"), route("two", "x.example.com"), route("three", "example.net")],
    );
    let plain = Connection::plain;
    let listener = |authority, port| {
        let request = RequestView::new("GET", authority, "/", &());
        router.route(&request, &plain(port)).listener().map(|listener| listener.name().to_owned())
    };
    let cases = [
        ("a.b.example.com", 80, Some("exact"), "one#0.0"),
        ("A.B.Example.Com.:80", 80, Some("exact"), "one#0.0"),
        ("c.b.example.com", 80, Some("deep"), "404"),
        ("x.example.com", 80, Some("wild"), "two#0.0"),
        ("example.com", 80, Some("all"), "404"),
        ("example.net", 80, Some("all"), "three#0.0"),
        ("10.0.0.1", 80, Some("all"), "404"),
        ("", 80, Some("all"), "404"),
        ("b.example.com", 81, None, "404"),
        ("a.example.com", 82, None, "rejected"),
        ("user@a.example.com", 80, None, "400"),
    ];
    for (authority, port, expected, outcome) in cases {
        assert_eq!(listener(authority, port).as_deref(), expected, "{authority} on {port}");
        assert_eq!(answer(&router, authority, "/", plain(port)), outcome, "{authority} on {port}");
    }
    assert_eq!(answer(&router, "a.b.example.com", "/", Connection::tls(80, None)), "rejected");
}

#[test]
fn a_host_of_another_listener_is_misdirected_on_a_tls_connection() {
    let everywhere = RouteDefinition::http("ns", "r").rule(RuleDefinition::new());
    let listeners: &[(&str, u16, bool, Option<&str>)] = &[
        ("exact", 443, true, Some("a.example.com")),
        ("wild", 443, true, Some("*.example.com")),
        ("net", 443, true, Some("example.net")),
    ];
    let closed = router(&Profile::default(), listeners, vec![everywhere.clone()]);
    let open = router(&Profile::default(), &[listeners, &[("all", 443, true, None)]].concat(), vec![everywhere]);
    // SNI, Host, without and with a listener for every host.
    let cases = [
        (Some("a.example.com"), "a.example.com", "r#0.0", "r#0.0"),
        (Some("A.EXAMPLE.com"), "a.example.com:443", "r#0.0", "r#0.0"),
        (Some("x.example.com"), "y.example.com", "r#0.0", "r#0.0"),
        (Some("x.example.com"), "a.example.com", "421", "421"),
        (Some("a.example.com"), "x.example.com", "421", "421"),
        (Some("a.example.com"), "example.net", "421", "421"),
        (Some("a.example.com"), "unknown.org", "404", "421"),
        (Some("unknown.org"), "unknown.org", "rejected", "r#0.0"),
        (Some("unknown.org"), "a.example.com", "rejected", "421"),
        (Some("a.example.com:443"), "a.example.com", "rejected", "421"),
        (None, "a.example.com", "rejected", "421"),
        (None, "unknown.org", "rejected", "r#0.0"),
    ];
    for (sni, authority, without, with) in cases {
        let connection = Connection::tls(443, sni);
        assert_eq!(answer(&closed, authority, "/", connection), without, "{sni:?} {authority}, closed");
        assert_eq!(answer(&open, authority, "/", connection), with, "{sni:?} {authority}, open");
    }
}

#[test]
fn rules_of_less_specific_hostnames_are_tried_unless_the_option_says_no() {
    let only = |name: &str, hostname: Option<&str>, prefix: &str| {
        let route = RouteDefinition::http("ns", name).rule(RuleDefinition::new().matching(path(prefix)));
        match hostname {
            Some(hostname) => route.hostname(host(hostname)),
            None => route,
        }
    };
    let routes = vec![
        only("exact", Some("a.b.example.com"), "/1"),
        only("deep", Some("*.b.example.com"), "/2"),
        only("wild", Some("*.example.com"), "/3"),
        only("none", None, "/"),
    ];
    let listeners = &[("web", 80, false, None)];
    let falling = router(&Profile::default(), listeners, routes.clone());
    let strict = router(&Profile::default().host_fallback(HostFallback::None), listeners, routes);
    for (target, expected) in [("/1", "exact#0.0"), ("/2", "deep#0.0"), ("/3", "wild#0.0"), ("/4", "none#0.0")] {
        assert_eq!(answer(&falling, "a.b.example.com", target, Connection::plain(80)), expected);
        let expected = if target == "/1" { expected } else { "404" };
        assert_eq!(answer(&strict, "a.b.example.com", target, Connection::plain(80)), expected);
    }
}

#[test]
fn without_isolation_the_routes_of_every_listener_that_takes_the_host_see_a_request() {
    let profile = Profile::default().listener_isolation(ListenerIsolation::Off);
    let mut builder = Router::builder(&profile);
    let wild = builder.listener(ListenerDefinition::http("wild", 80).hostname(host("*.example.com")));
    let exact = builder.listener(ListenerDefinition::http("exact", 80).hostname(host("a.example.com")));
    let rule = |prefix: &str| RuleDefinition::new().matching(path(prefix));
    builder.attach(&Route::compile(RouteDefinition::http("ns", "w").rule(rule("/w")), &profile), wild);
    let both = Route::compile(RouteDefinition::http("ns", "b").rule(rule("/b")), &profile);
    builder.attach(&both, wild);
    builder.attach(&both, exact);
    let router = builder.build();
    assert_eq!(answer(&router, "a.example.com", "/w", Connection::plain(80)), "w#0.0");
    let request = RequestView::new("GET", "a.example.com", "/b", &());
    let decision = router.route(&request, &Connection::plain(80));
    assert_eq!(decision.listener().unwrap().name(), "exact", "of equal matches the more specific listener's counts");
}

#[test]
fn the_explanation_names_the_criterion_that_decided() {
    let rule = |wire: Value| RuleDefinition::new().matching(condition(wire));
    let headers = |n: usize| (0..n).map(|i| json!({"name": format!("h{i}"), "value": "v"})).collect::<Vec<_>>();
    let queries = |n: usize| (0..n).map(|i| json!({"name": format!("q{i}"), "value": "v"})).collect::<Vec<_>>();
    let cases = [
        (
            json!({"path": {"type": "Exact", "value": "/a/b"}}),
            json!({"path": {"value": "/a/b"}, "headers": headers(2)}),
            Criterion::Path,
        ),
        (json!({"method": "GET"}), json!({"headers": headers(2)}), Criterion::Method),
        (json!({"headers": headers(1)}), json!({"queryParams": queries(3)}), Criterion::Headers),
        (json!({"queryParams": queries(2)}), json!({"queryParams": queries(1)}), Criterion::QueryParams),
        (json!({"path": {"value": "/a/"}}), json!({"path": {"value": "/"}}), Criterion::Path),
    ];
    let all: Vec<(String, &str)> = (0..3).map(|i| (format!("h{i}"), "v")).collect();
    for (winner, loser, expected) in cases {
        let shown = format!("{winner} before {loser}");
        let router = router(
            &Profile::default(),
            &[("web", 80, false, None)],
            vec![RouteDefinition::http("ns", "r").rule(rule(loser)).rule(rule(winner))],
        );
        let request = RequestView::new("GET", "example.com", "/a/b?q0=v&q1=v&q2=v", &all);
        let why = router.explain(&request, &Connection::plain(80));
        assert_eq!(why.decision().matched().unwrap().rule().index(), 1, "{shown}");
        assert_eq!(why.decided_by(), Some(expected), "{shown}");
    }
}

#[test]
fn age_name_and_order_break_ties() {
    let route = |namespace: &str, name: &str, created: Option<i64>| {
        let route = RouteDefinition::http(namespace, name).rule(RuleDefinition::new()).rule(RuleDefinition::new());
        match created {
            Some(seconds) => route.created_at(seconds),
            None => route,
        }
    };
    let cases = [
        (vec![route("a", "x", Some(5)), route("z", "old", Some(4))], "old#0.0", Criterion::RuleOrder),
        (vec![route("a", "x", None), route("z", "dated", Some(9))], "dated#0.0", Criterion::RuleOrder),
        (vec![route("a", "x", Some(1)), route("a-b", "y", Some(1))], "y#0.0", Criterion::RuleOrder),
        (vec![route("a", "b", None), route("a", "a", None)], "a#0.0", Criterion::RuleOrder),
    ];
    for (routes, expected, next) in cases {
        for routes in [routes.clone(), routes.into_iter().rev().collect()] {
            let router = router(&Profile::default(), &[("web", 80, false, None)], routes);
            assert_eq!(answer(&router, "example.com", "/", Connection::plain(80)), expected);
            let why = router.explain(&RequestView::new("GET", "example.com", "/", &()), &Connection::plain(80));
            assert_eq!(why.decided_by(), Some(next), "the runner-up is the second rule of the same route");
        }
    }
}

#[test]
fn the_same_match_for_another_hostname_is_no_rival() {
    let route = RouteDefinition::http("ns", "r")
        .hostname(host("a.example.com"))
        .hostname(host("*.example.com"))
        .rule(RuleDefinition::new());
    let router = router(&Profile::default(), &[("web", 80, false, None)], vec![route]);
    let request = RequestView::new("GET", "a.example.com", "/", &());
    let why = router.explain(&request, &Connection::plain(80));
    assert_eq!(why.steps().len(), 2);
    assert_eq!(why.decided_by(), Some(Criterion::OnlyMatch));
    assert!(why.runner_up().is_none());
}

#[test]
fn an_explicit_order_decides_before_everything() {
    let exact = condition(json!({"path": {"type": "Exact", "value": "/"}}));
    let routes = vec![
        RouteDefinition::http("ns", "specific")
            .hostname(host("example.com"))
            .rule(RuleDefinition::new().matching(exact)),
        RouteDefinition::http("ns", "first").explicit_order(1).rule(RuleDefinition::new()),
    ];
    let router = router(&Profile::default(), &[("web", 80, false, None)], routes);
    let why = router.explain(&RequestView::new("GET", "example.com", "/", &()), &Connection::plain(80));
    assert_eq!(&*why.decision().matched().unwrap().route().name, "first");
    assert_eq!(why.decided_by(), Some(Criterion::ExplicitOrder));
}

#[test]
fn an_order_under_another_hostname_counts_beside_a_match_that_takes_everything() {
    for (kind, others) in [("PathPrefix", 0), ("Exact", 5)] {
        for (order, expected) in [(1, "other"), (0, "own"), (-1, "own")] {
            let own = RouteDefinition::http("ns", "own").hostname(host("example.com"));
            let own = (0..others).fold(own, |route, number| {
                route.rule(RuleDefinition::new().matching(path(&format!("/other/{number}"))))
            });
            let everything = condition(json!({"path": {"type": kind, "value": "/"}}));
            let own = own.rule(RuleDefinition::new().matching(everything));
            let other = RouteDefinition::http("ns", "other").explicit_order(order).rule(RuleDefinition::new());
            let router = router(&Profile::default(), &[("web", 80, false, None)], vec![own, other]);
            let request = RequestView::new("GET", "example.com", "/", &());
            let decision = router.route(&request, &Connection::plain(80));
            assert_eq!(decision.matched().map(|found| &*found.route().name), Some(expected), "{kind}, order {order}");
        }
    }
}

#[test]
fn the_share_of_a_backend_that_cannot_be_used_is_answered_with_its_status() {
    let backend =
        |weight, state| BackendDefinition::new(BackendName::service("ns", "s", 80)).weight(weight).state(state);
    let missing = || BackendState::Invalid(BackendProblem::PortMissing { kind: "Service".into(), name: "s".into() });
    let status = |backends: Vec<BackendDefinition>| {
        let rule = backends.into_iter().fold(RuleDefinition::new(), RuleDefinition::backend);
        let route = Route::compile(RouteDefinition::http("ns", "r").rule(rule), &Profile::default());
        route.rules().next().unwrap().answer_without_backend().and_then(Answer::status).map(|status| status.as_u16())
    };
    use BackendState::{NoEndpoints, Ready};
    assert_eq!(status(vec![]), Some(500));
    assert_eq!(status(vec![backend(0, Ready)]), Some(500));
    assert_eq!(status(vec![backend(1, missing()), backend(0, Ready)]), Some(500));
    assert_eq!(status(vec![backend(1, missing()), backend(1, NoEndpoints)]), Some(500));
    assert_eq!(status(vec![backend(1, NoEndpoints), backend(0, missing())]), Some(503));
    assert_eq!(status(vec![backend(1, missing()), backend(1, Ready)]), None);

    let rule = RuleDefinition::new()
        .backend(backend(1, missing()))
        .backend(backend(2, Ready))
        .backend(backend(1, NoEndpoints));
    let route = Route::compile(RouteDefinition::http("ns", "r").rule(rule), &Profile::default());
    let rule = route.rules().next().unwrap();
    let mut answers = [0; 3];
    for n in 0..400 {
        match rule.pick(n) {
            Pick::Backend { position, .. } => answers[position] += 1,
            Pick::Respond { answer, position } => {
                let position = position.unwrap();
                assert_eq!(answer.status().unwrap().as_u16(), [500, 0, 503][position]);
                answers[position] += 1;
            }
        }
    }
    assert_eq!(answers, [100, 200, 100]);
}

#[test]
fn a_rule_that_cannot_be_used_leaves_its_neighbours_alone() {
    let broken =
        RuleDefinition::new().matching(condition(json!({"path": {"type": "RegularExpression", "value": "("}})));
    let route = RouteDefinition::http("ns", "r").rule(broken).rule(RuleDefinition::new().matching(path("/a")));
    let compiled = Route::compile(route.clone(), &Profile::default());
    assert_eq!(
        compiled.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["spec.rules[0].matches[0].path.value: `(` is no regular expression: unclosed group"]
    );
    let router = router(&Profile::default(), &[("web", 80, false, None)], vec![route]);
    assert_eq!(answer(&router, "example.com", "/a", Connection::plain(80)), "r#1.0");
    assert_eq!(answer(&router, "example.com", "/b", Connection::plain(80)), "404");
}

#[test]
fn a_route_with_only_malformed_hostnames_serves_no_host() {
    let route =
        RouteDefinition::http("ns", "r").hostname(gateway_model::Lenient::read("No_Host")).rule(RuleDefinition::new());
    let router = router(&Profile::default(), &[("web", 80, false, None)], vec![route]);
    assert_eq!(answer(&router, "example.com", "/", Connection::plain(80)), "404");
}

#[test]
fn paths_are_compared_in_the_form_that_the_option_says() {
    let routes = || vec![RouteDefinition::http("ns", "r").rule(RuleDefinition::new().matching(path("/admin")))];
    let with = |option| router(&Profile::default().path_normalization(option), &[("web", 80, false, None)], routes());
    let ask = |option, target| answer(&with(option), "example.com", target, Connection::plain(80));
    assert_eq!(ask(PathNormalization::Raw, "/x/../admin"), "404");
    assert_eq!(ask(PathNormalization::Rfc3986, "/x/../admin"), "r#0.0");
    assert_eq!(ask(PathNormalization::Reject, "/x/../admin"), "400");
    assert_eq!(ask(PathNormalization::Reject, "/admin/x"), "r#0.0");
}

#[test]
fn ids_stay_with_rules_and_backends_across_routers() {
    let route = |name: &str, backend: &str| {
        let backend = BackendDefinition::new(BackendName::service("ns", backend, 80));
        Route::compile(
            RouteDefinition::http("ns", name).rule(RuleDefinition::new().backend(backend)),
            &Profile::default(),
        )
    };
    let build = |previous: Option<&Router>, routes: &[&Route]| {
        let mut builder = Router::builder(&Profile::default());
        if let Some(previous) = previous {
            builder = builder.continuing(previous);
        }
        let web = builder.listener(ListenerDefinition::http("web", 80));
        for route in routes {
            builder.attach(route, web);
        }
        builder.build()
    };
    let id = |router: &Router, name: &str| {
        let key = ObjectKey::new(ResourceKind::HttpRoute, "ns", name);
        router.rules().find(|(_, rule)| *rule.route() == key).map(|(id, _)| id).unwrap()
    };
    let (a, b, c) = (route("a", "x"), route("b", "x"), route("c", "y"));
    let first = build(None, &[&a, &b]);
    let second = build(Some(&first), &[&c, &b]);
    assert_eq!(id(&first, "b"), id(&second, "b"));
    assert_ne!(id(&first, "a"), id(&second, "c"), "an id that is gone is not given again");

    let backend = |router: &Router| {
        let request = RequestView::new("GET", "example.com", "/", &());
        router.route(&request, &Connection::plain(80)).matched().and_then(|found| found.backend_id(0)).unwrap()
    };
    assert_eq!(backend(&first), backend(&second), "a and b refer to one backend");
}

#[test]
fn a_backend_has_an_id_of_its_own_as_long_as_some_route_refers_to_it() {
    let service = BackendName::service;
    let backends = [
        service("ns", "x", 80),
        service("ns", "x", 81),
        service("ns", "y", 80),
        service("other", "x", 80),
        BackendName { kind: "Other".into(), ..service("ns", "x", 80) },
        BackendName { group: "example.com".into(), ..service("ns", "x", 80) },
        BackendName { port: None, ..service("ns", "x", 80) },
    ];
    // Each for a path of its own, and twice for the same backend.
    let route = |number: usize, backend: &BackendName| {
        let rule = RuleDefinition::new()
            .matching(path(&format!("/{number}")))
            .backend(BackendDefinition::new(backend.clone()))
            .backend(BackendDefinition::new(backend.clone()));
        Route::compile(RouteDefinition::http("ns", &format!("r{number}")).rule(rule), &Profile::default())
    };
    let id = |router: &Router, number: usize| {
        let target = format!("/{number}");
        let request = RequestView::new("GET", "example.com", &target, &());
        let decision = router.route(&request, &Connection::plain(80));
        let found = decision.matched().unwrap();
        assert_eq!(found.backend_id(0), found.backend_id(1));
        assert_eq!(found.backend_id(2), None);
        found.backend_id(0).unwrap()
    };
    let build = |previous: Option<&Router>, routes: &[Route]| {
        let mut builder = Router::builder(&Profile::default());
        if let Some(previous) = previous {
            builder = builder.continuing(previous);
        }
        let web = builder.listener(ListenerDefinition::http("web", 80));
        routes.iter().for_each(|route| assert!(builder.attach(route, web)));
        (builder.build(), web)
    };
    let change = |router: &Router, gone: &[usize], come: &[Route], web: ListenerId| {
        let mut update = router.update();
        for number in gone {
            assert!(update.remove(&ObjectKey::new(ResourceKind::HttpRoute, "ns", format!("r{number}"))));
        }
        come.iter().for_each(|route| assert!(update.attach(route, web)));
        update.build()
    };
    let all: Vec<Route> = backends.iter().enumerate().map(|(number, backend)| route(number, backend)).collect();
    let (empty, web) = build(None, &[]);
    for (router, how) in [(build(None, &all).0, "built"), (change(&empty, &[], &all, web), "grown")] {
        let ids: std::collections::BTreeSet<_> = (0..all.len()).map(|number| id(&router, number)).collect();
        assert_eq!(ids.len(), all.len(), "{how}: each its own");

        let shared = change(&router, &[], &[route(10, &backends[0])], web);
        assert_eq!(id(&shared, 10), id(&router, 0), "{how}");
        let less = change(&shared, &[0], &[], web);
        let again = change(&less, &[], &[route(11, &backends[0])], web);
        assert_eq!(id(&again, 11), id(&router, 0), "{how}: another route still refers to it");
        let (rebuilt, _) = build(Some(&less), &[route(12, &backends[0]), route(13, &service("ns", "new", 80))]);
        assert_eq!(id(&rebuilt, 12), id(&router, 0), "{how}");
        assert!(!ids.contains(&id(&rebuilt, 13)), "{how}: an id that is gone is not given again");
        let none = change(&less, &[10], &[], web);
        let late = change(&none, &[], &[route(14, &backends[0])], web);
        assert_ne!(id(&late, 14), id(&router, 0), "{how}: no route referred to it");
        assert!(!ids.contains(&id(&late, 14)), "{how}");
    }
}

#[test]
fn routers_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Router>();
    shared::<Decision<'static>>();
}

#[test]
fn grpc_routes_see_calls_alone_by_service_then_method_then_headers() {
    let call = |service: &str, method: &str, headers: Value| -> gateway_model::GrpcRouteMatch {
        serde_json::from_value(json!({"method": {"service": service, "method": method}, "headers": headers})).unwrap()
    };
    let rule = |matches| RuleDefinition::new().matching_call(matches);
    let route = RouteDefinition::grpc("ns", "r")
        .rule(rule(call("", "GetItem", json!([]))))
        .rule(rule(call("shop.Cart", "", json!([]))))
        .rule(rule(call("shop.Cart", "Add", json!([]))))
        .rule(rule(call("shop.Cart", "Add", json!([{"name": "env", "value": "x"}]))));
    let router = router(&Profile::default(), &[("web", 80, false, None)], vec![route]);
    let env: Lines = &[("env", "x")];
    let cases: [(&str, Lines, &str, Option<Criterion>); 7] = [
        ("/shop.Cart/Add", env, "3", Some(Criterion::Headers)),
        ("/shop.Cart/Add", &[], "2", Some(Criterion::Method)),
        ("/shop.Cart/GetItem", &[], "1", Some(Criterion::Service)),
        ("/shop.Other/GetItem", &[], "0", Some(Criterion::OnlyMatch)),
        ("/shop.Other/Get", &[], "UNIMPLEMENTED", None),
        ("/shop.Cart", &[], "UNIMPLEMENTED", None),
        ("/GetItem", &[], "UNIMPLEMENTED", None),
    ];
    for (path, headers, expected, decided_by) in cases {
        let request = RequestView::call("a.example.com", path, headers);
        let why = router.explain(&request, &Connection::plain(80));
        let found = match why.decision() {
            Decision::Matched(found) => found.rule().index().to_string(),
            other => other.answer().unwrap().to_string(),
        };
        assert_eq!((found.as_str(), why.decided_by()), (expected, decided_by), "{path} {headers:?}");
    }
    let http = RequestView::new("POST", "a.example.com", "/shop.Cart/Add", env);
    assert_eq!(router.route(&http, &Connection::plain(80)).status().unwrap(), 404, "no gRPC request");
}

#[test]
fn a_request_is_grpc_by_version_method_and_content_type() {
    use http::Version;
    let grpc: Lines = &[("Content-Type", "application/grpc+proto")];
    let cases: [(&str, Version, Lines, bool); 7] = [
        ("POST", Version::HTTP_2, grpc, true),
        ("POST", Version::HTTP_2, &[("content-type", "Application/gRPC")], true),
        ("POST", Version::HTTP_11, grpc, false),
        ("GET", Version::HTTP_2, grpc, false),
        ("POST", Version::HTTP_2, &[("content-type", "application/json")], false),
        ("POST", Version::HTTP_2, &[("content-type", "application/gr")], false),
        ("POST", Version::HTTP_2, &[], false),
    ];
    for (method, version, headers, expected) in cases {
        let request = RequestView::new(method, "a.example.com", "/a.B/C", headers).version(version);
        assert_eq!(request.is_grpc(), expected, "{method} {version:?} {headers:?}");
    }
}

#[test]
fn coexisting_kinds_are_ranked_by_host_then_kind() {
    let http = |name: &str, hosts: &str| {
        RouteDefinition::http("ns", name).hostname(host(hosts)).rule(RuleDefinition::new().matching(path("/a.B/C")))
    };
    let grpc =
        |name: &str, hosts: &str| RouteDefinition::grpc("ns", name).hostname(host(hosts)).rule(RuleDefinition::new());
    let routes = vec![
        http("http", "a.example.com"),
        grpc("grpc", "a.example.com"),
        http("exact", "b.example.com"),
        grpc("wild", "*.example.com"),
    ];
    let router = router(&Profile::default(), &[("web", 80, false, None)], routes);
    let ask = |authority: &str, path: &str, grpc: bool| {
        let request = RequestView::new("POST", authority, path, &());
        let call = RequestView::call(authority, path, &());
        match router.route(if grpc { &call } else { &request }, &Connection::plain(80)) {
            Decision::Matched(found) => found.route().name.to_string(),
            other => other.answer().unwrap().to_string(),
        }
    };
    let cases = [
        ("a.example.com", "/a.B/C", true, "grpc"),
        ("a.example.com", "/a.B/C", false, "http"),
        ("b.example.com", "/a.B/C", true, "exact"),
        ("b.example.com", "/a.B/D", true, "wild"),
        ("b.example.com", "/a.B/D", false, "404"),
        ("c.example.com", "/a.B/C", false, "404"),
    ];
    for (authority, path, grpc, expected) in cases {
        assert_eq!(ask(authority, path, grpc), expected, "{authority} {path}, gRPC: {grpc}");
    }
}

#[test]
fn a_call_to_an_exact_path_goes_to_what_is_for_calls_however_many_rules_there_are() {
    let exact = condition(json!({"path": {"type": "Exact", "value": "/a.B/C"}}));
    let of_service: gateway_model::GrpcRouteMatch =
        serde_json::from_value(json!({"method": {"service": "a.B"}})).unwrap();
    for others in 0..6 {
        let http = (0..others)
            .fold(RouteDefinition::http("ns", "http").hostname(host("a.example.com")), |route, number| {
                route.rule(RuleDefinition::new().matching(path(&format!("/other/{number}"))))
            });
        let http = http.rule(RuleDefinition::new().matching(exact.clone()));
        let grpc = RouteDefinition::grpc("ns", "grpc").hostname(host("a.example.com"));
        let grpc = grpc.rule(RuleDefinition::new().matching_call(of_service.clone()));
        let router = router(&Profile::default(), &[("web", 80, false, None)], vec![http, grpc]);
        let met = |request: &RequestView<'_, ()>| {
            router.route(request, &Connection::plain(80)).matched().map(|found| found.route().name.to_string())
        };
        let asked = [
            met(&RequestView::call("a.example.com", "/a.B/C", &())),
            met(&RequestView::new("POST", "a.example.com", "/a.B/C", &())),
        ];
        assert_eq!(asked.each_ref().map(Option::as_deref), [Some("grpc"), Some("http")], "beside {others}");
    }
}

#[test]
fn calls_without_a_backend_are_unavailable_and_connections_are_closed() {
    let missing = BackendState::Invalid(BackendProblem::PortMissing { kind: "Service".into(), name: "s".into() });
    let states = [vec![], vec![missing], vec![BackendState::NoEndpoints]];
    let cases = [
        (RouteDefinition::http("ns", "r"), ["500", "500", "503"]),
        (RouteDefinition::grpc("ns", "r"), ["UNAVAILABLE"; 3]),
        (RouteDefinition::tls("ns", "r"), ["closed"; 3]),
        (RouteDefinition::tcp("ns", "r"), ["closed"; 3]),
        (RouteDefinition::udp("ns", "r"), ["closed"; 3]),
    ];
    for (definition, expected) in cases {
        for (states, expected) in states.iter().zip(expected) {
            let rule = states.iter().fold(RuleDefinition::new(), |rule, state| {
                rule.backend(BackendDefinition::new(BackendName::service("ns", "s", 80)).state(state.clone()))
            });
            let route = Route::compile(definition.clone().rule(rule), &Profile::default());
            let rule = route.rules().next().unwrap();
            assert_eq!(rule.answer_without_backend().unwrap().to_string(), expected, "{definition:?}");
            let Pick::Respond { answer, .. } = rule.pick(0) else { panic!("a backend for {definition:?}") };
            assert_eq!(answer.to_string(), expected, "{definition:?}");
        }
    }
}

#[test]
fn without_fallback_calls_and_other_requests_have_a_most_specific_hostname_each() {
    let routes = || {
        vec![
            RouteDefinition::grpc("ns", "calls").hostname(host("a.example.com")).rule(
                RuleDefinition::new()
                    .matching_call(serde_json::from_value(json!({"method": {"service": "s.V"}})).unwrap()),
            ),
            RouteDefinition::http("ns", "all").rule(RuleDefinition::new()),
        ]
    };
    for (option, calls) in [(HostFallback::WithinListener, "all"), (HostFallback::None, "none")] {
        let router = router(&Profile::default().host_fallback(option), &[("web", 80, false, None)], routes());
        let met = |request: &RequestView<'_, ()>| {
            let connection = Connection::plain(80);
            let name = |decision: &Decision<'_>| {
                decision.matched().map_or("none".to_owned(), |found| found.route().name.to_string())
            };
            let found = name(&router.route(request, &connection));
            assert_eq!(name(router.explain(request, &connection).decision()), found);
            found
        };
        assert_eq!(met(&RequestView::call("a.example.com", "/s.V/m", &())), "calls");
        assert_eq!(met(&RequestView::call("a.example.com", "/s.W/m", &())), calls, "the calls' hostname decides");
        assert_eq!(met(&RequestView::new("POST", "a.example.com", "/s.W/m", &())), "all", "it is no hostname of its");
    }
}

#[test]
fn the_item_is_the_position_of_the_match_in_its_rule() {
    let rule = RuleDefinition::new().matching(path("/a")).matching(path("/b")).matching(path("/c"));
    let router = router(
        &Profile::default(),
        &[("web", 80, false, None)],
        vec![RouteDefinition::http("ns", "r").rule(RuleDefinition::new().matching(path("/d"))).rule(rule)],
    );
    for (target, expected) in [("/a", "r#1.0"), ("/b", "r#1.1"), ("/c", "r#1.2"), ("/d", "r#0.0")] {
        assert_eq!(answer(&router, "x", target, Connection::plain(80)), expected);
    }
}

#[test]
fn of_two_matches_of_one_rule_that_are_alike_the_order_decides() {
    let rule = RuleDefinition::new().matching(path("/a")).matching(path("/a"));
    let routes = vec![RouteDefinition::http("ns", "r").rule(rule)];
    let router = router(&Profile::default(), &[("web", 80, false, None)], routes);
    let why = router.explain(&RequestView::new("GET", "x", "/a", &()), &Connection::plain(80));
    assert_eq!(why.decided_by(), Some(Criterion::MatchOrder));
    assert_eq!(why.runner_up().map(|step| step.item), Some(1));
}

#[test]
fn a_method_with_a_slash_is_no_part_of_a_service() {
    let call = |service: &str, method: &str| {
        RuleDefinition::new()
            .matching_call(serde_json::from_value(json!({"method": {"service": service, "method": method}})).unwrap())
    };
    let others = (0..6)
        .fold(RouteDefinition::grpc("ns", "others"), |route, number| route.rule(call(&format!("other{number}"), "m")));
    let routes = vec![RouteDefinition::grpc("ns", "slash").rule(call("s", "b/c")), others];
    let router = router(&Profile::default(), &[("web", 80, false, None)], routes);
    for (path, expected) in [("/s/b/c", None), ("/s/b", None), ("/other1/m", Some("others"))] {
        let request = RequestView::call("a.example.com", path, &());
        let decision = router.route(&request, &Connection::plain(80));
        assert_eq!(decision.matched().map(|found| &*found.route().name), expected, "{path}");
    }
}

#[test]
fn without_isolation_a_longer_pattern_of_another_listener_is_the_greater_one() {
    use crate::options::{PrecedenceHost, RegexRank};
    let pattern = |value: &str| {
        RuleDefinition::new().matching(condition(json!({"path": {"type": "RegularExpression", "value": value}})))
    };
    let route = |name: &str, patterns: &[&str]| {
        let none = RouteDefinition::http("ns", name).hostname(host("*.com"));
        patterns.iter().fold(none, |route, text| route.rule(pattern(text)))
    };
    for rank in [RegexRank::AbovePrefix, RegexRank::BelowPrefix, RegexRank::ByLength] {
        let profile = Profile::default()
            .listener_isolation(ListenerIsolation::Off)
            .precedence_host(PrecedenceHost::Original)
            .regex_rank(rank);
        let mut builder = Router::builder(&profile);
        let exact = builder.listener(ListenerDefinition::http("exact", 80).hostname(host("a.example.com")));
        let every = builder.listener(ListenerDefinition::http("every", 80));
        builder.attach(&Route::compile(route("short", &["/a.*"]), &profile), exact);
        builder.attach(&Route::compile(route("long", &["/a[a-z]*", "/x", "/y", "/z", "/w"]), &profile), every);
        let router = builder.build();
        assert_eq!(answer(&router, "a.example.com", "/aa", Connection::plain(80)), "long#0.0", "{rank:?}");
    }
}
