//! What is answered without a search, against the long way to it.

use gateway_model::HttpRouteMatch;
use serde_json::{Value, json};

use super::tests::{Lines, Listener, condition, host, path, router};
use super::*;
use crate::request::Headers;
use crate::route::{Route, RouteDefinition, RuleDefinition};

/// What a router answers, which is what it finds the long way. `setting` tells what it was made of.
fn checked<'r, H: Headers + std::fmt::Debug + ?Sized>(
    router: &'r Router,
    request: &RequestView<'_, H>,
    connection: &Connection<'_>,
    setting: &str,
) -> Decision<'r> {
    let (found, expected) = (router.route(request, connection), router.route_with_options(request, connection));
    let shown = |decision: &Decision<'_>| format!("{decision:?}");
    assert_eq!(shown(&found), shown(&expected), "{request:?}, {connection:?}, {setting}");
    found
}

#[test]
fn what_is_answered_at_once_is_what_the_long_way_finds() {
    let exact = |path: &str| condition(json!({"path": {"type": "Exact", "value": path}}));
    let asking = |path: &str| condition(json!({"path": {"type": "Exact", "value": path}, "method": "POST"}));
    let with_param = |path: &str| {
        let params = json!([{"name": "p", "value": "1"}]);
        condition(json!({"path": {"type": "Exact", "value": path}, "queryParams": params}))
    };
    let of = |name: &str, hostname: &str, matches: Vec<HttpRouteMatch>| {
        let rules = matches.into_iter().map(|own| RuleDefinition::new().matching(own));
        let route = RouteDefinition::http("ns", name).hostname(host(hostname));
        rules.fold(route, RouteDefinition::rule)
    };
    let routes = || {
        vec![
            of("one", "one.example.com", vec![path("/")]),
            of("some", "some.example.com", vec![exact("/a"), asking("/b"), path("/a"), path("/c"), exact("/a/b")]),
            of("twice", "some.example.com", vec![exact("/a/b"), exact("/d"), with_param("/e"), path("/")]),
            of("wild", "*.example.com", vec![exact("/a"), path("/")]),
            of("deep", "a.deep.example.com", vec![path("/a"), exact("/a")]),
        ]
    };
    let ordered = || vec![of("first", "*.example.com", vec![exact("/d"), path("/c")]).explicit_order(1)];
    let listeners: [&[Listener<'_>]; 3] = [
        &[("plain", 80, false, None), ("secure", 443, true, None)],
        &[
            ("plain", 80, false, Some("*.example.com")),
            ("one", 443, true, Some("one.example.com")),
            ("wild", 443, true, Some("*.example.com")),
            ("deep", 443, true, Some("*.deep.example.com")),
        ],
        &[("secure", 443, true, Some("*.example.com")), ("rest", 443, true, None), ("plain", 443, false, None)],
    ];
    let hosts = [
        "one.example.com",
        "one.example.com:8443",
        "some.example.com",
        "SOME.example.com",
        "a.deep.example.com",
        "b.deep.example.com",
        "other.example.com",
        "example.net",
        "192.0.2.1",
        "",
        "@",
    ];
    let mut matched = 0;
    for (listeners, routes) in listeners.iter().flat_map(|all| [(all, routes()), (all, [routes(), ordered()].concat())])
    {
        let router = router(&Profile::default(), listeners, routes);
        for authority in hosts {
            let names = hosts.map(Some).into_iter().chain([None]);
            let connections = names.map(|sni| Connection::tls(443, sni)).chain([80, 443].map(Connection::plain));
            for (connection, target) in
                connections.flat_map(|own| ["/a", "/a/b", "/b", "/c", "/d", "/e", "/e?p=1", "/"].map(|to| (own, to)))
            {
                for method in ["GET", "POST"] {
                    let request = RequestView::new(method, authority, target, &());
                    let found = checked(&router, &request, &connection, &format!("{listeners:?}"));
                    matched += usize::from(found.matched().is_some());
                }
            }
        }
    }
    assert!(matched > 1000, "{matched}");
}

/// A route whose only rule has a match for each tenant, by the header `x-tenant`, under a prefix.
fn tenants(name: &str, hostname: &str, prefix: &str, tenants: &[&str]) -> RouteDefinition {
    let of = |tenant: &&str| {
        condition(json!({"path": {"value": prefix}, "headers": [{"name": "X-Tenant", "value": *tenant}]}))
    };
    let rule = tenants.iter().map(of).fold(RuleDefinition::new(), RuleDefinition::matching);
    RouteDefinition::http("ns", name).hostname(host(hostname)).rule(rule)
}

#[test]
fn where_one_header_tells_it_is_answered_as_the_long_way_has_it() {
    const SIX: &[&str] = &["a", "b", "c", "d", "c,d", "a tenant whose name is longer than what lies near"];
    let on = |name: &str, hostname: &str, wire: Value| {
        RouteDefinition::http("ns", name).hostname(host(hostname)).rule(RuleDefinition::new().matching(condition(wire)))
    };
    let tenant = |value: &str| json!([{"name": "x-tenant", "value": value}]);
    let routes = || {
        vec![
            tenants("all", "all.example.com", "/", SIX),
            tenants("api", "api.example.com", "/api", SIX),
            tenants("again", "again.example.com", "/api/", SIX),
            tenants("other", "again.example.com", "/api", &["c", "f"]),
            tenants("of-method", "method.example.com", "/", SIX),
            on("post", "method.example.com", json!({"method": "POST", "headers": tenant("a")})),
            tenants("and-more", "more.example.com", "/", SIX),
            on(
                "more",
                "more.example.com",
                json!({"headers": [
                    {"name": "x-tenant", "value": "a"}, {"name": "x-more", "value": ".+", "type": "RegularExpression"},
                ]}),
            ),
            tenants("and-none", "none.example.com", "/", SIX),
            on("none", "none.example.com", json!({"headers": [{"name": "x-more", "value": "1"}]})),
            SIX.iter().fold(
                RouteDefinition::http("ns", "all-more").hostname(host("all-more.example.com")),
                |route, own| {
                    route.rule(RuleDefinition::new().matching(condition(json!({"headers": [
                    {"name": "x-tenant", "value": own}, {"name": "x-more", "value": ".+", "type": "RegularExpression"},
                ]}))))
                },
            ),
            tenants("and-calls", "calls.example.com", "/", SIX),
            RouteDefinition::grpc("ns", "calls").hostname(host("calls.example.com")).rule(
                RuleDefinition::new()
                    .matching_call(serde_json::from_value(json!({"method": {"service": "api"}})).unwrap()),
            ),
            tenants("and-exact", "exact.example.com", "/api", SIX),
            on("exact", "exact.example.com", json!({"path": {"type": "Exact", "value": "/api/x"}})),
            tenants("and-pattern", "pattern.example.com", "/api", SIX),
            on("pattern", "pattern.example.com", json!({"path": {"type": "RegularExpression", "value": "/a.*/x"}})),
            tenants("and-every", "every.example.com", "/api", SIX),
            on("every", "every.example.com", json!({})),
            tenants("and-long", "long.example.com", "/api", SIX),
            on("long", "long.example.com", json!({"path": {"value": "/long".repeat(60)}, "headers": tenant("a")})),
            tenants("and-shorter", "shorter.example.com", "/api", SIX),
            on("shorter", "shorter.example.com", json!({"path": {"value": "/ap"}, "headers": tenant("a")})),
        ]
    };
    let wild = || vec![on("wild", "*.example.com", json!({"path": {"value": "/api"}}))];
    let ordered = || {
        vec![
            tenants("first", "all.example.com", "/", &["b", "g"]).explicit_order(1),
            on("wild-first", "*.example.com", json!({"path": {"value": "/api/x"}})).explicit_order(1),
        ]
    };
    let first = || [wild(), ordered()].concat();
    const HEADERS: [Lines; 9] = [
        &[],
        &[("x-tenant", "a")],
        &[("X-Tenant", "b"), ("x-more", "1")],
        &[("x-more", "1"), ("x-tenant", "a")],
        &[("x-tenant", "a tenant whose name is longer than what lies near")],
        &[("x-tenant", "a tenant whose name is longer than what all have there")],
        &[("x-tenant", "c"), ("x-tenant", "d")],
        &[("x-tenant", "f")],
        &[("x-tenant", "")],
    ];
    const HOSTS: [&str; 14] = [
        "all.example.com",
        "api.example.com",
        "again.example.com",
        "method.example.com",
        "more.example.com",
        "none.example.com",
        "all-more.example.com",
        "calls.example.com",
        "exact.example.com",
        "pattern.example.com",
        "every.example.com",
        "long.example.com",
        "shorter.example.com",
        "other.example.com",
    ];
    let listeners: [&[Listener<'_>]; 2] = [&[("web", 80, false, None)], &[("wild", 80, false, Some("*.example.com"))]];
    let (mut matched, mut missed) = (0, 0);
    for (listeners, more) in
        listeners.iter().flat_map(|own| [vec![], wild(), ordered(), first()].map(|more| (own, more)))
    {
        let routes = [routes(), more].concat();
        let router = router(&Profile::default(), listeners, routes);
        for (host, target) in HOSTS.iter().flat_map(|host| {
            ["/", "/api", "/api/", "/api/x", "/apix", "/ap", "/ap/x", ""].map(|target| (*host, target))
        }) {
            for (method, headers) in HEADERS.iter().flat_map(|headers| ["GET", "POST"].map(|own| (own, *headers))) {
                let requests =
                    [RequestView::new(method, host, target, headers), RequestView::call(host, target, headers)];
                for request in requests {
                    let found = checked(&router, &request, &Connection::plain(80), &format!("{listeners:?}"));
                    matched += usize::from(found.matched().is_some());
                    missed += usize::from(matches!(found, Decision::NotFound { .. }));
                }
            }
        }
    }
    assert!(matched > 1000 && missed > 1000, "{matched} {missed}");
}

#[test]
fn one_header_tells_only_as_long_as_nothing_else_does() {
    let definitions = [
        tenants("api", "a.example.com", "/api", &["a", "b", "c", "d", "e"]),
        tenants("longer", "a.example.com", "/api/v1", &["a", "f"]),
        tenants("alike", "a.example.com", "/ap1", &["a"]),
        tenants("every", "a.example.com", "/", &["a", "g", "i", "j", "k"]),
        RouteDefinition::http("ns", "plain").hostname(host("a.example.com")).rule(RuleDefinition::new()),
        tenants("same", "a.example.com", "/api", &["b"]),
    ];
    let profile = Profile::default();
    let routes = definitions.map(|definition| Route::compile(definition, &profile));
    let mut builder = Router::builder(&profile);
    let web = builder.listener(ListenerDefinition::http("web", 80));
    builder.attach(&routes[0], web);
    let start = builder.build();
    let check = |router: &Router, step: &str| {
        for target in ["/api", "/api/v1", "/api/v1/x", "/ap1", "/ap1/x", "/", "/x"] {
            for tenant in ["a", "b", "f", "g", "h"] {
                let headers = [("x-tenant", tenant)];
                let request = RequestView::new("GET", "a.example.com", target, &headers);
                checked(router, &request, &Connection::plain(80), step);
            }
        }
    };
    check(&start, "at first");
    for (position, other) in routes.iter().enumerate().skip(1) {
        let mut update = start.update();
        update.attach(other, web);
        let with = update.build();
        check(&with, &format!("with {position}"));
        let mut update = with.update();
        update.remove(other.key());
        let again = update.build();
        check(&again, &format!("without {position}"));
        let mut update = with.update();
        update.remove(routes[0].key());
        let alone = update.build();
        check(&alone, &format!("with {position} alone"));
        let mut update = alone.update();
        update.attach(&routes[0], web);
        check(&update.build(), &format!("with {position} before"));
    }
}
