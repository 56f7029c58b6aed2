//! Many matches with one target, told apart by what else they ask for: each request meets the one that the plain
//! order of precedence puts first, also after routes have come and gone.

use std::ops::ControlFlow;

use gateway_model::{Hostname, ObjectKey};
use http::HeaderName;
use serde_json::{Value, json};

use super::*;
use crate::options::{PrecedenceHost, RegexRank, RepeatedHeader, RepeatedQuery};
use crate::route::{RouteDefinition, RuleDefinition};

/// What the routes of a crowd are made of.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    seed: u64,
    routes: usize,
    matches: usize,
    paths: &'static [(&'static str, &'static str)],
    hosts: &'static [Option<&'static str>],
    /// How many names of headers there are, and how many of them a match tests at most.
    headers: (usize, usize),
    params: (usize, usize),
    values: &'static [&'static str],
    /// Of a hundred matches so many have a method, and of as many values so many are regular expressions.
    methods: usize,
    patterns: usize,
    /// Of a hundred routes so many are for calls, and so many have an order of their own.
    calls: usize,
    ordered: usize,
}

const ONE_PATH: &[(&str, &str)] = &[("PathPrefix", "/")];
const PATHS: &[(&str, &str)] = &[
    ("PathPrefix", "/"),
    ("PathPrefix", "/a"),
    ("PathPrefix", "/a/b/"),
    ("Exact", "/a"),
    ("Exact", "/a/b"),
    ("RegularExpression", "/a.*"),
    ("RegularExpression", "/[a-z]+"),
];
const EVERY_HOST: &[Option<&str>] = &[None];
const HOSTS: &[Option<&str>] = &[None, Some("a.example.com"), Some("*.example.com"), Some("*.com")];
/// Of all lengths at which a value may be looked at in another way.
const VALUES: &[&str] =
    &["", "1", "2", "1,2", "2,1", "1; 2", "fifteen-letters", "a value of more than thirty-two bytes, all of it"];
const FEW_VALUES: &[&str] = &["1", "2"];

const PLAIN: Crowd = Crowd {
    seed: 1,
    routes: 24,
    matches: 3,
    paths: ONE_PATH,
    hosts: EVERY_HOST,
    headers: (0, 0),
    params: (0, 0),
    values: FEW_VALUES,
    methods: 0,
    patterns: 0,
    calls: 0,
    ordered: 0,
};

/// Numbers that look drawn, the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most.max(1)
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    fn percent(&mut self, of_a_hundred: usize) -> bool {
        self.below(100) < of_a_hundred
    }
}

/// A name of a header, some of which are read in a way of their own.
fn header_name(number: usize) -> String {
    match number {
        0 => "x-tenant".to_owned(),
        1 => "cookie".to_owned(),
        2 => "host".to_owned(),
        3 => "set-cookie".to_owned(),
        _ => format!("x-header-{number}"),
    }
}

fn param_name(number: usize) -> String {
    format!("q{number}")
}

impl Crowd {
    fn tests(&self, draws: &mut Draws, (names, most): (usize, usize), name: fn(usize) -> String) -> Vec<Value> {
        let count = if names == 0 { 0 } else { draws.below(most + 1) };
        let test = |_| {
            let kind = if draws.percent(self.patterns) { "RegularExpression" } else { "Exact" };
            json!({"name": name(draws.below(names)), "value": draws.of(self.values), "type": kind})
        };
        (0..count).map(test).collect()
    }

    fn route(&self, draws: &mut Draws, number: usize) -> RouteDefinition {
        let (calls, name) = (draws.percent(self.calls), format!("r{number}"));
        let mut route = if calls { RouteDefinition::grpc("ns", &name) } else { RouteDefinition::http("ns", &name) };
        if draws.percent(30) {
            route = route.created_at(draws.of(&[1, 2]));
        }
        if draws.percent(self.ordered) {
            route = route.explicit_order(draws.of(&[-1, 3]));
        }
        if let Some(hostname) = draws.of(self.hosts) {
            route = route.hostname(Hostname::parse(hostname).unwrap());
        }
        let rule = (0..self.matches).fold(RuleDefinition::new(), |rule, _| {
            let headers = self.tests(draws, self.headers, header_name);
            if calls {
                let mut method = json!({"type": "Exact"});
                if draws.percent(70) {
                    method["service"] = draws.of(&["s.V", "s.W"]).into();
                }
                if draws.percent(70) {
                    method["method"] = draws.of(&["m", "n"]).into();
                }
                return rule
                    .matching_call(serde_json::from_value(json!({"method": method, "headers": headers})).unwrap());
            }
            let (kind, value) = draws.of(self.paths);
            let params = self.tests(draws, self.params, param_name);
            let mut wire = json!({"path": {"type": kind, "value": value}, "headers": headers, "queryParams": params});
            if draws.percent(self.methods) {
                wire["method"] = draws.of(&["GET", "POST", "PUT"]).into();
            }
            rule.matching(serde_json::from_value(wire).unwrap())
        });
        route.rule(rule)
    }

    fn request(&self, draws: &mut Draws, many: bool) -> Request {
        let mut headers = Vec::new();
        let mut pairs = |names: usize, most: usize, name: fn(usize) -> String, pairs: &mut Vec<(String, String)>| {
            for _ in 0..if names == 0 { 0 } else { draws.below(most * 2 + 1) } {
                // Now and then several of one name, and one that no match asks for.
                let name = name(draws.below(names + 1));
                let name = if draws.percent(20) { name.to_ascii_uppercase() } else { name };
                for _ in 0..draws.of(&[1, 1, 1, 2, 3]) {
                    pairs.push((name.clone(), draws.of(self.values).to_owned()));
                }
            }
        };
        let most = if many { self.headers.0 } else { self.headers.1 };
        pairs(self.headers.0, most, header_name, &mut headers);
        let mut params = Vec::new();
        pairs(self.params.0, self.params.1, param_name, &mut params);
        let query: Vec<String> = params.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let calls = draws.percent(self.calls / 2);
        let path = if calls {
            draws.of(&["/s.V/m", "/s.V/n", "/s.W/m", "/s.W/x", "/x/n", "/x"]).to_owned()
        } else {
            draws.of(&["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/x/y"]).to_owned()
        };
        let target = if query.is_empty() || calls { path } else { format!("{path}?{}", query.join("&")) };
        let authority = draws.of(&["a.example.com", "b.example.com", "example.com", "a.com", "1", "A.Example.Com:80"]);
        Request { method: draws.of(&["GET", "POST", "PUT", "DELETE"]), authority, target, headers, calls }
    }
}

fn escaped(value: &str) -> String {
    value.replace('1', "%31").replace(' ', "+").replace(';', "%3B")
}

#[derive(Debug)]
struct Request {
    method: &'static str,
    authority: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    calls: bool,
}

/// Headers that can be asked for but not gone through.
struct Asked<'h>(&'h [(String, String)]);

impl Headers for Asked<'_> {
    fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
        self.0.visit(name, each);
    }
}

/// Rule and match that a request meets, and how many matches were looked at to explain it.
type Met = (Option<(ObjectKey, usize, usize)>, usize);

fn met<H: Headers + ?Sized>(router: &Router, request: &Request, headers: &H, text: &str) -> Met {
    let view = if request.calls {
        RequestView::call(request.authority, &request.target, headers)
    } else {
        RequestView::new(request.method, request.authority, &request.target, headers)
    };
    let connection = Connection::plain(80);
    let decision = router.route(&view, &connection);
    let found = decision.matched().map(|found| (found.route().clone(), found.rule().index(), found.match_index()));
    let explained = router.explain(&view, &connection);
    let tried = explained.steps().iter().find(|step| step.outcome == crate::StepOutcome::Taken);
    let tried = tried.map(|step| (step.route.clone(), step.rule, step.item));
    assert_eq!(found, tried, "{text}: {request:?}");
    (found, explained.steps().len())
}

fn profiles() -> [Profile; 3] {
    let plain = Profile::default();
    [
        plain.clone(),
        plain
            .clone()
            .repeated_header(RepeatedHeader::Any)
            .repeated_query(RepeatedQuery::Any)
            .regex_rank(RegexRank::ByLength),
        plain
            .repeated_query(RepeatedQuery::Last)
            .precedence_host(PrecedenceHost::Original)
            .regex_rank(RegexRank::BelowPrefix)
            .host_fallback(HostFallback::None),
    ]
}

fn built(profile: &Profile, routes: &[Route]) -> (Router, ListenerId) {
    let mut builder = Router::builder(profile);
    let web = builder.listener(ListenerDefinition::http("web", 80));
    for route in routes {
        assert!(builder.attach(route, web));
    }
    (builder.build(), web)
}

/// Builds a crowd at once and route by route, takes half of it away, and compares what requests meet.
fn check(crowd: &Crowd, requests: usize) {
    for (setting, profile) in profiles().iter().enumerate() {
        let draws = &mut Draws(crowd.seed);
        let routes: Vec<Route> =
            (0..crowd.routes).map(|number| Route::compile(crowd.route(draws, number), profile)).collect();
        let requests: Vec<Request> = (0..requests).map(|number| crowd.request(draws, number % 4 == 0)).collect();
        let (left, gone): (Vec<_>, Vec<_>) =
            routes.iter().cloned().enumerate().partition(|(number, _)| number % 2 == 0);
        let left: Vec<Route> = left.into_iter().map(|(_, route)| route).collect();

        let ((full, _), (half, _), (empty, web)) =
            (built(profile, &routes), built(profile, &left), built(profile, &[]));
        let mut update = empty.update();
        routes.iter().rev().for_each(|route| assert!(update.attach(route, web)));
        let grown = update.build();
        let mut update = full.update();
        gone.iter().for_each(|(_, route)| assert!(update.remove(route.key())));
        let shrunk = update.build();
        let mut update = shrunk.update();
        left.iter().for_each(|route| assert!(update.remove(route.key())));
        let emptied = update.build();

        let mut taken = 0;
        for request in &requests {
            let text = format!("{crowd:?}, setting {setting}");
            for (router, other, text, count) in [
                (&full, &grown, format!("{text}, all"), crowd.routes * crowd.matches),
                (&half, &shrunk, format!("{text}, half"), left.len() * crowd.matches),
                (&empty, &emptied, format!("{text}, none"), 0),
            ] {
                let expected = met(router, request, &request.headers, &text);
                taken += usize::from(expected.0.is_some());
                assert_eq!(expected.1, count, "{text}: {request:?}");
                assert_eq!(met(other, request, &request.headers, &text), expected, "{text}, updated: {request:?}");
                assert_eq!(met(router, request, &Asked(&request.headers), &text), expected, "{text}: {request:?}");
            }
        }
        assert!(taken * 4 > requests.len(), "{crowd:?}: only {taken} of {} met something", requests.len());
    }
}

#[test]
fn one_header_that_all_matches_test() {
    for values in [FEW_VALUES, VALUES] {
        check(&Crowd { headers: (1, 1), values, ..PLAIN }, 60);
    }
}

#[test]
fn a_method_and_nothing_else() {
    check(&Crowd { methods: 70, ..PLAIN }, 60);
}

#[test]
fn a_few_headers_and_parameters() {
    check(&Crowd { headers: (4, 2), params: (3, 2), methods: 20, patterns: 10, ..PLAIN }, 150);
    check(&Crowd { headers: (4, 2), params: (3, 2), values: VALUES, hosts: HOSTS, ..PLAIN }, 150);
    check(&Crowd { params: (2, 1), values: VALUES, ..PLAIN }, 100);
}

#[test]
fn several_paths_and_hosts_and_orders() {
    let crowd = Crowd { paths: PATHS, hosts: HOSTS, headers: (3, 1), params: (1, 1), methods: 20, ..PLAIN };
    check(&crowd, 150);
    check(&Crowd { routes: 6, matches: 1, ..crowd }, 100);
    check(&Crowd { seed: 2, ordered: 20, calls: 40, ..crowd }, 200);
    check(&Crowd { seed: 3, ordered: 100, ..crowd }, 100);
}

#[test]
fn calls_by_service_and_method() {
    check(&Crowd { headers: (2, 1), calls: 100, routes: 40, ..PLAIN }, 150);
    check(&Crowd { calls: 100, routes: 40, hosts: HOSTS, ..PLAIN }, 100);
}

#[test]
fn more_headers_than_are_asked_for_one_by_one() {
    for names in [8, 9, 40] {
        check(&Crowd { headers: (names, 2), params: (2, 1), routes: 40, methods: 10, ..PLAIN }, 120);
    }
}

#[test]
fn more_headers_than_a_request_is_looked_through_for() {
    check(&Crowd { headers: (300, 1), routes: 200, matches: 2, values: &["1"], ..PLAIN }, 40);
}

#[test]
fn more_groups_than_are_put_in_order() {
    check(&Crowd { headers: (12, 1), params: (400, 1), routes: 400, matches: 2, values: &["1"], ..PLAIN }, 30);
}

/// A route with one rule that takes what has these headers, under one path.
fn testing(profile: &Profile, name: &str, (kind, path): (&str, &str), headers: &[(&str, &str)]) -> Route {
    let headers: Vec<Value> = headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let wire = json!({"path": {"type": kind, "value": path}, "headers": headers});
    let rule = RuleDefinition::new().matching(serde_json::from_value(wire).unwrap());
    Route::compile(RouteDefinition::http("ns", name).rule(rule), profile)
}

#[test]
fn a_value_that_is_longer_than_all_before_it_is_found_as_long_as_it_is_there() {
    let profile = Profile::default();
    let long = "x".repeat(100);
    for path in [("PathPrefix", "/"), ("Exact", "/"), ("RegularExpression", "/.*")] {
        for other in [None, Some(("b", "1"))] {
            let route = |name: &str, value: &str| {
                let headers: Vec<_> = [Some(("a", value)), other].into_iter().flatten().collect();
                testing(&profile, name, path, &headers)
            };
            let short: Vec<Route> = (0..12).map(|number| route(&format!("r{number}"), &format!("v{number}"))).collect();
            let (mut router, web) = built(&profile, &short);
            let met = |router: &Router, value: &str| {
                let headers = [("a", value), ("b", "1")];
                let decision = router.route(&RequestView::new("GET", "x", "/", &headers), &Connection::plain(80));
                decision.matched().map(|found| found.route().name.to_string())
            };
            for (value, length) in [("v12-and-more", 12), (long.as_str(), 100), ("v", 1), ("", 0)] {
                assert_eq!(met(&router, value), None, "{path:?} {other:?} {length}");
                let mut update = router.update();
                update.attach(&route("more", value), web);
                router = update.build();
                assert_eq!(met(&router, value).as_deref(), Some("more"), "{path:?} {other:?} {length}");
                assert_eq!(met(&router, "v7").as_deref(), Some("r7"), "{path:?} {other:?} {length}");
            }
            let mut update = router.update();
            update.remove(route("more", "").key());
            router = update.build();
            assert_eq!(met(&router, ""), None, "{path:?} {other:?}");
            assert_eq!(met(&router, "v7").as_deref(), Some("r7"), "{path:?} {other:?}");
        }
    }
}

#[test]
fn what_tests_the_most_may_go_and_the_others_stay() {
    let profile = Profile::default();
    for path in [("PathPrefix", "/"), ("Exact", "/"), ("RegularExpression", "/.*")] {
        let tests: [&[(&str, &str)]; 7] = [
            &[("a", "1"), ("b", "1"), ("c", "1")],
            &[("a", "1"), ("b", "1")],
            &[("a", "1")],
            &[("a", "2")],
            &[("b", "1")],
            &[("c", "1")],
            &[],
        ];
        let routes: Vec<Route> = tests
            .iter()
            .enumerate()
            .map(|(number, headers)| testing(&profile, &format!("r{number}"), path, headers))
            .collect();
        let (mut router, web) = built(&profile, &routes);
        let headers = [("a", "1"), ("b", "1"), ("c", "1")];
        let met = |router: &Router| {
            let decision = router.route(&RequestView::new("GET", "x", "/", &headers), &Connection::plain(80));
            decision.matched().map(|found| found.route().name.to_string())
        };
        // The fourth takes another value, and is never met.
        for (gone, expected) in
            [(0, Some("r1")), (1, Some("r2")), (2, Some("r4")), (4, Some("r5")), (5, Some("r6")), (6, None), (3, None)]
        {
            let mut update = router.update();
            assert!(update.remove(routes[gone].key()), "{path:?} {gone}");
            router = update.build();
            assert_eq!(met(&router).as_deref(), expected, "{path:?}, without {gone}");
        }
        assert_eq!(router.rules().count(), 0);
        for (come, expected) in [(3, None), (6, Some("r6")), (5, Some("r5")), (2, Some("r2")), (0, Some("r0"))] {
            let mut update = router.update();
            assert!(update.attach(&routes[come], web), "{path:?} {come}");
            router = update.build();
            assert_eq!(met(&router).as_deref(), expected, "{path:?}, with {come}");
        }
    }
}

#[test]
fn many_patterns_are_tried_whichever_have_come_and_gone() {
    let profile = Profile::default();
    let routes: Vec<Route> = (0..14)
        .map(|number| testing(&profile, &format!("r{number}"), ("RegularExpression", &format!("/{number}x*")), &[]))
        .collect();
    let check = |router: &Router, there: &[usize]| {
        for number in 0..routes.len() {
            let target = format!("/{number}xx");
            let decision = router.route(&RequestView::new("GET", "x", &target, &()), &Connection::plain(80));
            let expected = there.contains(&number).then(|| format!("r{number}"));
            assert_eq!(
                decision.matched().map(|found| found.route().name.to_string()),
                expected,
                "{target} of {there:?}"
            );
        }
    };
    // So few that they are tried one by one, and so many that they are compiled together, with longer and shorter ones.
    for first in [4, 8, 9, 11] {
        let mut there: Vec<usize> = (1..=first).collect();
        let (mut router, web) = built(&profile, &routes[1..=first]);
        check(&router, &there);
        for changed in [12, 3, 0, 10, 13, 12, 1] {
            let mut update = router.update();
            if there.contains(&changed) {
                assert!(update.remove(routes[changed].key()));
                there.retain(|number| *number != changed);
            } else {
                assert!(update.attach(&routes[changed], web));
                there.push(changed);
            }
            router = update.build();
            check(&router, &there);
        }
    }
}

#[test]
fn the_longest_of_prefixes_of_many_lengths_is_met() {
    let profile = Profile::default();
    let segments: [&[usize]; 5] =
        [&[1, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9], &[9, 1, 8, 2, 7, 3, 66, 65, 64, 63, 62], &[2, 130], &[128, 127, 1]];
    for segments in segments {
        let prefixes: Vec<String> = segments.iter().map(|count| "/a".repeat(*count)).collect();
        let routes: Vec<Route> = prefixes
            .iter()
            .enumerate()
            .map(|(number, prefix)| testing(&profile, &format!("r{number}"), ("PathPrefix", prefix), &[]))
            .collect();
        let targets: Vec<String> = (0..140)
            .flat_map(|count| ["", "/", "b", "/b", "/bb/b", "//"].map(|end| format!("{}{end}", "/a".repeat(count))))
            .filter(|target| target.starts_with('/'))
            .collect();
        let check = |router: &Router, there: &dyn Fn(usize) -> bool, text: &str| {
            for target in &targets {
                let longest = (0..prefixes.len())
                    .filter(|number| there(*number) && crate::path_has_prefix(target, &prefixes[*number]))
                    .max_by_key(|number| prefixes[*number].len());
                let decision = router.route(&RequestView::new("GET", "x", target, &()), &Connection::plain(80));
                let met = decision.matched().map(|found| found.route().name.to_string());
                assert_eq!(met, longest.map(|number| format!("r{number}")), "{segments:?}, {text}: {target}");
            }
        };
        let ((full, _), (empty, web)) = (built(&profile, &routes), built(&profile, &[]));
        check(&full, &|_| true, "at once");
        let mut grown = empty;
        for route in &routes {
            let mut update = grown.update();
            update.attach(route, web);
            grown = update.build();
        }
        check(&grown, &|_| true, "one by one");
        let mut update = grown.update();
        routes.iter().skip(1).step_by(2).for_each(|route| assert!(update.remove(route.key())));
        check(&update.build(), &|number| number % 2 == 0, "half of them");
    }
}

#[test]
fn the_one_header_that_all_test_may_have_several_values() {
    for (option, two) in [(RepeatedHeader::CommaJoined, Some("1,2")), (RepeatedHeader::Any, Some("1"))] {
        let profile = Profile::default().repeated_header(option);
        for name in ["x-tenant", "host"] {
            let values = ["1", "2", "1,2", "3", "4", "5", "6"];
            let routes: Vec<Route> =
                values.iter().map(|value| testing(&profile, value, ("PathPrefix", "/"), &[(name, value)])).collect();
            let (router, _) = built(&profile, &routes);
            let met = |authority: &str, headers: &[(&str, &str)]| {
                let request = RequestView::new("GET", authority, "/", headers);
                let decision = router.route(&request, &Connection::plain(80));
                decision.matched().map(|found| found.route().name.to_string())
            };
            for value in values {
                let headers = [("other", "2"), (name, value)];
                let found = if name == "host" { met(value, &[]) } else { met("x", &headers) };
                assert_eq!(found.as_deref(), Some(value), "{name}: {value}, {option:?}");
            }
            assert_eq!(met("x", &[]), None, "{name}, {option:?}");
            assert_eq!(met("x", &[("other", "1")]), None, "{name}, {option:?}");
            assert_eq!(met("x", &[("x-tenant", "1,2,3")]), None, "{name}, {option:?}");
            if name == "x-tenant" {
                assert_eq!(met("x", &[("X-Tenant", "1"), (name, "2")]).as_deref(), two, "{option:?}");
                assert_eq!(met("x", &[(name, "7"), (name, "8"), (name, "9")]), None, "{option:?}");
            }
        }
    }
}

#[test]
fn a_shorter_prefix_may_come_between_one_that_does_not_hold_and_a_pattern() {
    // By length: 4 characters of the pattern, 12 and 8 of the prefixes.
    let expected =
        [(RegexRank::ByLength, "middle"), (RegexRank::AbovePrefix, "pattern"), (RegexRank::BelowPrefix, "middle")];
    for (rank, expected) in expected {
        let profile = Profile::default().regex_rank(rank);
        let routes = [
            testing(&profile, "pattern", ("RegularExpression", "/a.*"), &[]),
            testing(&profile, "long", ("PathPrefix", "/aaa/bbb/ccc"), &[("never", "sent")]),
            testing(&profile, "middle", ("PathPrefix", "/aaa/bbb"), &[]),
            testing(&profile, "short", ("PathPrefix", "/a"), &[]),
            testing(&profile, "other", ("PathPrefix", "/other"), &[]),
        ];
        let (router, _) = built(&profile, &routes);
        let request = RequestView::new("GET", "x", "/aaa/bbb/ccc", &());
        let decision = router.route(&request, &Connection::plain(80));
        assert_eq!(decision.matched().map(|found| &*found.route().name), Some(expected), "{rank:?}");
    }
}

#[test]
fn for_one_hostname_of_a_listener_the_hostnames_of_routes_decide_before_paths_if_the_option_says_so() {
    let route = |name: &str, hostname: &str, kind: &str, path: &str| {
        let wire = json!({"path": {"type": kind, "value": path}});
        RouteDefinition::http("ns", name)
            .hostname(Hostname::parse(hostname).unwrap())
            .rule(RuleDefinition::new().matching(serde_json::from_value(wire).unwrap()))
    };
    for (option, expected) in [(PrecedenceHost::Original, "named"), (PrecedenceHost::Intersected, "exact")] {
        let profile = Profile::default().precedence_host(option);
        let mut builder = Router::builder(&profile);
        let hostname = Hostname::parse("a.example.com").unwrap();
        let web = builder.listener(ListenerDefinition::http("web", 80).hostname(hostname));
        for definition in [
            route("exact", "*.com", "Exact", "/x/y"),
            route("prefix", "*.example.com", "PathPrefix", "/x/y"),
            route("pattern", "*.com", "RegularExpression", "/x/.*"),
            route("named", "a.example.com", "PathPrefix", "/x"),
            route("other", "a.example.com", "PathPrefix", "/other"),
        ] {
            builder.attach(&Route::compile(definition, &profile), web);
        }
        let router = builder.build();
        let request = RequestView::new("GET", "a.example.com", "/x/y", &());
        let decision = router.route(&request, &Connection::plain(80));
        assert_eq!(decision.matched().map(|found| &*found.route().name), Some(expected), "{option:?}");
    }
}

#[test]
fn the_last_of_many_headers_counts_as_the_first_does() {
    let profile = Profile::default();
    let name = |number: usize| format!("x-header-{number}");
    let routes: Vec<Route> = (0..300)
        .map(|number| testing(&profile, &format!("r{number}"), ("PathPrefix", "/"), &[(&name(number), "1")]))
        .collect();
    let (router, _) = built(&profile, &routes);
    for count in [1, 100, 126, 127, 128, 129, 130, 200, 300] {
        for asked in [0, count / 2, count - 1] {
            let value = |number: usize| if number == asked { "1" } else { "2" };
            let headers: Vec<(String, String)> =
                (0..count).map(|number| (name(number), value(number).to_owned())).collect();
            let request = RequestView::new("GET", "x", "/", &headers);
            let decision = router.route(&request, &Connection::plain(80));
            let met = decision.matched().map(|found| found.route().name.to_string());
            assert_eq!(met, Some(format!("r{asked}")), "{asked} of {count}");
        }
    }
}

#[test]
fn crumbs_are_joined_up_to_the_longest_value_that_some_match_asks_for() {
    let profile = Profile::default();
    let routes: Vec<Route> = ["aaa; bbb", "aaa", "bbb", "c", "d", "e"]
        .iter()
        .map(|value| testing(&profile, value, ("PathPrefix", "/"), &[("cookie", value)]))
        .collect();
    let (router, _) = built(&profile, &routes);
    let cases: [(&[&str], Option<&str>); 5] = [
        (&["aaa", "bbb"], Some("aaa; bbb")),
        (&["aaa; bbb"], Some("aaa; bbb")),
        (&["bbb"], Some("bbb")),
        (&["aaa", "bbbb"], None),
        (&["aaa", "bbb", "c"], None),
    ];
    for (crumbs, expected) in cases {
        let headers: Vec<(&str, &str)> = crumbs.iter().map(|crumb| ("cookie", *crumb)).collect();
        let request = RequestView::new("GET", "x", "/", &headers);
        let decision = router.route(&request, &Connection::plain(80));
        assert_eq!(decision.matched().map(|found| &*found.route().name), expected, "{crumbs:?}");
    }
}
