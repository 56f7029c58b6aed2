//! Requests and routes that are made to take long, each beside a request of a usual kind.
//!
//! Keys that collide are measured where they can be made, in the tests of the tables: a run of them is searched by
//! halving, whatever the hash.

use std::hint::black_box;

use gateway_benches::{median, router, seconds};
use gateway_match::{
    Connection, Decision, Headers, Profile, RequestView, Route, RouteDefinition, Router, RuleDefinition,
};
use gateway_model::{HeaderMatch, Hostname, HttpPathMatch, HttpRouteMatch, PathMatchType};

use crate::figure::{Figure, note};

const ROUNDS: usize = 31;
const LOOKUPS: usize = 1_000;

pub(crate) fn measure(figures: &mut Vec<Figure>) {
    let names = |count: usize| (0..count).map(|number| format!("x-{number}")).collect::<Vec<_>>();

    // Every wildcard that a host can have, and a host with one more label than each.
    let labels: Vec<Hostname> =
        (1..=100).filter_map(|count| Hostname::parse(&format!("*{}", ".a".repeat(count))).ok()).collect();
    let wildcards = built(labels.into_iter().map(|hostname| (Some(hostname), prefix("/x", &[]))));
    let long = format!("b{}", ".a".repeat(100));
    note_lookup(figures, "100 wildcards, a host of two labels", &wildcards, "b.a", "/y", &());
    note_lookup(
        figures,
        "100 wildcards, a host of 101 labels which none takes in the end",
        &wildcards,
        &long,
        "/y",
        &(),
    );

    // Prefixes nested as deep as they can be, none of which takes the request in the end.
    let nested = built((1..=100).map(|depth| (None, prefix(&"/a".repeat(depth), &[("x-0", "1")]))));
    note_lookup(figures, "100 nested prefixes, a path of two segments", &nested, "a.b", "/a/b", &());
    note_lookup(figures, "100 nested prefixes, a path of 4,000 segments", &nested, "a.b", &"/a".repeat(4_000), &());

    // A path at which other engines try every way to divide it.
    let backtracking = built((0..20).map(|number| (None, pattern(&format!("(/a*)*(a|aa)+b{number}")))));
    note_lookup(
        figures,
        "20 patterns that backtrack, a path of 30 bytes",
        &backtracking,
        "a.b",
        &format!("/{}", "a".repeat(29)),
        &(),
    );
    note_lookup(
        figures,
        "20 patterns that backtrack, a path of 3,000 bytes",
        &backtracking,
        "a.b",
        &format!("/{}", "a".repeat(2_999)),
        &(),
    );

    // As many sets of headers as there are names, and a request that has a value of each, but a wrong one.
    let sets = built(names(1_000).iter().map(|name| (None, prefix("/", &[(name, "1")]))));
    let (few, many) = (headers(&names(4)), headers(&names(100)));
    note_lookup(figures, "1,000 sets of headers, a request with 4 of them", &sets, "a.b", "/", &few);
    note_lookup(figures, "1,000 sets of headers, a request with 100 of them", &sets, "a.b", "/", &many);
}

fn note_lookup<H: Headers>(
    figures: &mut Vec<Figure>,
    name: &'static str,
    router: &Router,
    host: &str,
    target: &str,
    headers: &H,
) {
    let request = RequestView::new("GET", host, target, headers);
    let connection = Connection::plain(gateway_benches::Request::PORT);
    assert!(!matches!(router.route(&request, &connection), Decision::Matched(_)), "{name}");
    let times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (time, ()) = seconds(|| {
                for _ in 0..LOOKUPS {
                    black_box(router.route(black_box(&request), &connection));
                }
            });
            time
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let nanoseconds = median(&times) * 1e9 / LOOKUPS as f64;
    note(figures, name, nanoseconds, "ns");
}

fn built(matches: impl Iterator<Item = (Option<Hostname>, HttpRouteMatch)>) -> Router {
    let profile = Profile::default();
    let compile = |(number, (hostname, condition)): (usize, (Option<Hostname>, HttpRouteMatch))| {
        let route = RouteDefinition::http("hostile", &format!("r{number}"));
        let route = hostname.into_iter().fold(route, RouteDefinition::hostname);
        let route = Route::compile(route.rule(RuleDefinition::new().matching(condition)), &profile);
        assert!(route.problems().is_empty(), "{:?}", route.problems());
        route
    };
    router(&matches.enumerate().map(compile).collect::<Vec<_>>())
}

fn prefix(value: &str, headers: &[(&str, &str)]) -> HttpRouteMatch {
    let header =
        |(name, value): &(&str, &str)| HeaderMatch { name: (*name).into(), value: (*value).into(), r#type: None };
    HttpRouteMatch { headers: headers.iter().map(header).collect(), ..path(PathMatchType::PathPrefix, value) }
}

fn pattern(text: &str) -> HttpRouteMatch {
    path(PathMatchType::RegularExpression, text)
}

fn path(kind: PathMatchType, value: &str) -> HttpRouteMatch {
    let path = HttpPathMatch { r#type: Some(kind), value: Some(value.to_owned()) };
    HttpRouteMatch { path: Some(path), ..HttpRouteMatch::default() }
}

fn headers(names: &[String]) -> Vec<(String, String)> {
    names.iter().map(|name| (name.clone(), "wrong".to_owned())).collect()
}
