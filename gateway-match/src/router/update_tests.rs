//! A router that was changed answers as one that was built anew, and both as the plain order of precedence.

use std::collections::BTreeMap;

use gateway_model::{GrpcRouteMatch, Hostname, HttpRouteMatch, ListenerProtocol, ObjectKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::options::{PrecedenceHost, RegexRank, RepeatedHeader, RepeatedQuery};
use crate::route::{BackendDefinition, BackendName, RouteDefinition, RuleDefinition};

const HOSTS: [Option<&str>; 5] =
    [None, Some("a.example.com"), Some("b.example.com"), Some("*.example.com"), Some("*.com")];
const PATHS: [&str; 8] = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/x", "/s.V/m"];
const PATTERNS: [&str; 6] = ["/a.*", "/[a-z]+", "/a/(b|c)", ".*", r"/\bab\b", "/x|/ab"];
const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "cookie", "set-cookie", "host"];
const VALUES: [&str; 4] = ["1", "2", "1,2", "a.example.com"];

/// Draws numbers out of a list, and zeros when it is at its end.
struct Draws<'a>(std::slice::Iter<'a, u8>);

impl Draws<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % count
    }

    fn of<T: Copy, const N: usize>(&mut self, values: [T; N]) -> T {
        values[self.below(N)]
    }

    fn tests(&mut self) -> Vec<Value> {
        let count = self.of([0, 0, 1, 1, 2]);
        let test = |draws: &mut Self| {
            let kind = draws.of(["Exact", "Exact", "Exact", "RegularExpression"]);
            json!({"name": draws.of(NAMES), "value": draws.of(VALUES), "type": kind})
        };
        (0..count).map(|_| test(self)).collect()
    }

    fn http(&mut self) -> HttpRouteMatch {
        let (kind, value) = match self.below(4) {
            0 => ("Exact", self.of(PATHS)),
            1 => ("RegularExpression", self.of(PATTERNS)),
            _ => ("PathPrefix", self.of(PATHS)),
        };
        let mut wire = json!({"path": {"type": kind, "value": value}, "headers": self.tests()});
        if self.below(3) == 0 {
            wire["method"] = json!(self.of(["GET", "POST"]));
        }
        if self.below(3) == 0 {
            wire["queryParams"] = json!(self.tests());
        }
        serde_json::from_value(wire).unwrap()
    }

    fn grpc(&mut self) -> GrpcRouteMatch {
        let mut method = serde_json::Map::new();
        method.insert("type".into(), self.of(["Exact", "Exact", "RegularExpression"]).into());
        if self.below(2) == 0 {
            method.insert("service".into(), self.of(["s.V", "s", "a"]).into());
        }
        if self.below(2) == 0 {
            method.insert("method".into(), self.of(["m", "n", "b/c"]).into());
        }
        serde_json::from_value(json!({"method": method, "headers": self.tests()})).unwrap()
    }

    fn route(&mut self, number: usize) -> RouteDefinition {
        let calls = self.below(4) == 0;
        let name = format!("r{number}");
        let mut route = if calls { RouteDefinition::grpc("ns", &name) } else { RouteDefinition::http("ns", &name) };
        if self.below(3) == 0 {
            route = route.created_at(self.of([1, 2]));
        }
        if self.below(12) == 0 {
            route = route.explicit_order(self.of([-1, 5]));
        }
        for _ in 0..self.below(3) {
            if let Some(hostname) = self.of(HOSTS) {
                route = route.hostname(Hostname::parse(hostname).unwrap());
            }
        }
        for _ in 0..=self.below(2) {
            let mut rule = RuleDefinition::new();
            for _ in 0..self.below(4) {
                rule = if calls { rule.matching_call(self.grpc()) } else { rule.matching(self.http()) };
            }
            let backend = BackendName::service("ns", self.of(["one", "two", "three"]), 80);
            route = route.rule(rule.backend(BackendDefinition::new(backend)));
        }
        route
    }

    fn profile(&mut self) -> Profile {
        Profile::default()
            .regex_rank(self.of([RegexRank::AbovePrefix, RegexRank::BelowPrefix, RegexRank::ByLength]))
            .precedence_host(self.of([PrecedenceHost::Original, PrecedenceHost::Intersected]))
            .host_fallback(self.of([HostFallback::WithinListener, HostFallback::None]))
            .listener_isolation(self.of([ListenerIsolation::On, ListenerIsolation::Off]))
            .repeated_header(self.of([RepeatedHeader::CommaJoined, RepeatedHeader::Any]))
            .repeated_query(self.of([RepeatedQuery::First, RepeatedQuery::Last, RepeatedQuery::Any]))
    }
}

fn listeners(builder: &mut RouterBuilder) -> Vec<ListenerId> {
    let hostname = Hostname::parse("*.example.com").unwrap();
    [
        ListenerDefinition::http("all", 80),
        ListenerDefinition::http("some", 80).hostname(hostname.clone()),
        ListenerDefinition::https("secure", 443).hostname(hostname),
        ListenerDefinition::service_port("80/TCP", BackendName::service("ns", "one", 81), 81, ListenerProtocol::Tcp),
    ]
    .map(|definition| builder.listener(definition))
    .to_vec()
}

/// What a request meets: found by the router, and by trying every match in the order of precedence.
fn check(router: &Router, text: &str) {
    let headers: [&[(&str, &str)]; 6] = [
        &[],
        &[("a", "1")],
        &[("A", "1"), ("a", "2"), ("B", "2")],
        &[("b", "1"), ("c", "2"), ("d", "1"), ("e", "1"), ("f", "2"), ("x", "1")],
        &[("cookie", "1"), ("cookie", "2"), ("set-cookie", "2"), ("set-cookie", "1"), ("g", "1,2")],
        &[("h", "1"), ("i", "2"), ("a", "2"), ("a", "1"), ("b", "2"), ("b", "1")],
    ];
    for authority in ["a.example.com", "b.example.com", "x.example.com", "a.com", "other"] {
        for target in ["/", "/a", "/a/b?a=1", "/a/b/c/d?a=2&a=1&b=1%2C2", "/ab", "/x/", "/s.V/m", "/s.V/n?c=1"] {
            for headers in headers {
                for (method, calls, port) in
                    [("GET", false, 80), ("POST", true, 80), ("POST", false, 443), ("GET", true, 81)]
                {
                    let view = if calls {
                        RequestView::call(authority, target.split('?').next().unwrap(), headers)
                    } else {
                        RequestView::new(method, authority, target, headers)
                    };
                    let connection =
                        if port == 443 { Connection::tls(443, Some(authority)) } else { Connection::plain(port) };
                    let found = router.route(&view, &connection);
                    let found =
                        found.matched().map(|found| (found.route().clone(), found.rule().index(), found.match_index()));
                    let explained = router.explain(&view, &connection);
                    let tried = explained.steps().iter().find(|step| step.outcome == crate::StepOutcome::Taken);
                    let tried = tried.map(|step| (step.route.clone(), step.rule, step.item));
                    assert_eq!(
                        found, tried,
                        "{text}: {method} {authority}{target} {headers:?} port {port}, calls {calls}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn an_update_equals_a_rebuild(
        draws in prop::collection::vec(any::<u8>(), 2000..6000),
        edits in prop::collection::vec((0_usize..24, 0_u8..4, 0_u8..15), 10..40),
    ) {
        let mut draws = Draws(draws.iter());
        let profile = draws.profile();
        let mut builder = Router::builder(&profile);
        let ids = listeners(&mut builder);
        let mut router = builder.build();
        let mut attached: BTreeMap<ObjectKey, (Route, Vec<ListenerId>)> = BTreeMap::new();
        let mut rule_ids: BTreeMap<(ObjectKey, usize), RuleId> = BTreeMap::new();
        for (step, (number, kind, at)) in edits.into_iter().enumerate() {
            let earlier = router.clone();
            let mut update = router.update();
            let key = Route::compile(draws.route(number), &profile).key().clone();
            if kind == 0 {
                update.remove(&key);
                attached.remove(&key);
            } else {
                let route = Route::compile(draws.route(number), &profile);
                let key = route.key().clone();
                if draws.below(2) == 0 {
                    update.remove(&key);
                }
                let mut places = Vec::new();
                for (bit, id) in ids.iter().enumerate().filter(|(bit, _)| at & 1 << bit != 0) {
                    if update.attach(&route, *id) {
                        places.push(*id);
                    } else if bit < 3 {
                        prop_assert_ne!(route.hostnames(), &[]);
                    }
                }
                // A version that is attached nowhere leaves the one before alone.
                if places.is_empty() {
                    update.remove(&key);
                }
                attached.insert(key, (route, places));
            }
            router = update.build();
            let mut builder = Router::builder(&profile).continuing(&earlier);
            listeners(&mut builder);
            for (route, places) in attached.values() {
                places.iter().for_each(|id| { builder.attach(route, *id); });
            }
            let rebuilt = builder.build();
            let rules = |router: &Router| {
                let mut rules: Vec<_> = router.rules().map(|(id, rule)| (rule.route().clone(), rule.index(), id)).collect();
                rules.sort();
                rules
            };
            let names = |rules: &[(ObjectKey, usize, RuleId)]| rules.iter().map(|(key, rule, _)| (key.clone(), *rule)).collect::<Vec<_>>();
            let (updated_rules, rebuilt_rules) = (rules(&router), rules(&rebuilt));
            prop_assert_eq!(names(&updated_rules), names(&rebuilt_rules));
            for (key, rule, id) in updated_rules {
                if rules(&earlier).iter().any(|(old, index, _)| *old == key && *index == rule) {
                    prop_assert_eq!(rule_ids.get(&(key.clone(), rule)).copied(), Some(id), "{} {}", key, rule);
                } else {
                    prop_assert!(rule_ids.values().all(|other| *other != id), "{id} was given before");
                }
                rule_ids.insert((key, rule), id);
            }
            if step % 4 == 0 {
                check(&rebuilt, "rebuilt");
                check(&router, "updated");
            }
            for authority in ["a.example.com", "x.example.com", "a.com"] {
                for target in ["/", "/a/b", "/ab", "/s.V/m"] {
                    for headers in [[].as_slice(), [("a", "1")].as_slice()] {
                        let request = RequestView::call(authority, target, headers);
                        let answer = |router: &Router| {
                            let decision = router.route(&request, &Connection::plain(80));
                            decision.matched().map(|found| (found.route().clone(), found.rule().index(), found.match_index(), found.hostname().cloned(), found.listener().clone()))
                        };
                        prop_assert_eq!(answer(&router), answer(&rebuilt), "{} {} {:?}", authority, target, headers);
                    }
                }
            }
        }
    }
}

#[test]
fn a_route_without_a_rule_holds_the_port_of_a_service_after_an_update_too() {
    let profile = Profile::default();
    let route = |name: &str, rules: usize| {
        let cart = || BackendDefinition::new(BackendName::service("shop", "cart", 80));
        let none = RouteDefinition::grpc("shop", name);
        let definition = (0..rules).fold(none, |route, _| route.rule(RuleDefinition::new().backend(cart())));
        Route::compile(definition, &profile)
    };
    let (nothing, all) = (route("nothing", 0), route("all", 1));
    let built = |routes: &[&Route]| {
        let mut builder = Router::builder(&profile);
        let service = BackendName::service("shop", "cart", 80);
        let port = builder.listener(ListenerDefinition::service_port("80/TCP", service, 80, ListenerProtocol::Tcp));
        for route in routes {
            builder.attach(route, port);
        }
        (builder.build(), port)
    };
    let answer = |router: &Router| format!("{:?}", router.connect(&Connection::plain(80)));
    let (empty, port) = built(&[]);
    let expected = answer(&built(&[&nothing]).0);
    assert_ne!(answer(&empty), expected, "the Service itself is no longer reached");

    let mut update = empty.update();
    update.attach(&nothing, port);
    let held = update.build();
    assert_eq!(answer(&held), expected);

    let mut update = built(&[&nothing, &all]).0.update();
    update.remove(all.key());
    assert_eq!(answer(&update.build()), expected, "the other route has gone");

    let mut update = held.update();
    update.remove(nothing.key());
    assert_eq!(answer(&update.build()), answer(&empty));
}

#[test]
fn prefixes_come_and_go_among_few_and_many() {
    let profile = Profile::default();
    let route = |number: usize| {
        let wire = json!({"path": {"type": "PathPrefix", "value": format!("/p{number}")}});
        let rule = RuleDefinition::new().matching(serde_json::from_value(wire).unwrap());
        let hostname = Hostname::parse("a.example.com").unwrap();
        let definition = RouteDefinition::http("ns", &format!("r{number}")).hostname(hostname).rule(rule);
        Route::compile(definition, &profile)
    };
    let found = |router: &Router, number: usize| {
        let path = format!("/p{number}/x");
        let request = RequestView::new("GET", "a.example.com", &path, &());
        let decision = router.route(&request, &Connection::plain(80));
        decision.matched().map(|found| found.route().name.to_string())
    };
    for count in [0, 4, 100, 128, 129, 600] {
        let mut builder = Router::builder(&profile);
        let web = builder.listener(ListenerDefinition::http("web", 80));
        (0..count).for_each(|number| assert!(builder.attach(&route(number), web)));
        let mut router = builder.build();
        let first = router.clone();
        for number in count..count + 60 {
            let mut update = router.update();
            update.attach(&route(number), web);
            if number % 3 == 0 {
                update.remove(route(number / 3).key());
            }
            router = update.build();
        }
        let gone: Vec<usize> = (count..count + 60).filter(|number| number % 3 == 0).map(|number| number / 3).collect();
        for number in 0..count + 70 {
            let expected = (number < count + 60 && !gone.contains(&number)).then(|| format!("r{number}"));
            assert_eq!(found(&router, number), expected, "/p{number} of {count} and 60 more");
            let expected = (number < count).then(|| format!("r{number}"));
            assert_eq!(found(&first, number), expected, "/p{number} of {count}");
        }
    }
}
