use super::*;
use crate::decide::{Action, Decide, Engine, Naive, profile};
use gateway_match::{AttachmentRefusal, Criterion, Topology};
use gateway_model::{HttpRoute, ListenerSet};
use std::collections::BTreeMap;

#[test]
fn a_case_is_the_same_for_the_same_source_and_another_for_another() {
    for (name, settings) in Settings::presets() {
        let draw = |seed| Case::draw(&mut Seed::new(seed), &settings);
        assert_eq!(draw(3), draw(3), "{name}");
        assert_ne!(draw(3), draw(4), "{name}");
    }
    let bytes: Vec<u8> = (0..=255).cycle().take(2000).collect();
    let draw = |bytes: &[u8]| Case::draw(&mut Bytes::new(bytes), &Settings::hostile());
    assert_eq!(draw(&bytes), draw(&bytes));
    assert_ne!(draw(&bytes), draw(&bytes[1..]));
}

#[test]
fn a_source_that_has_run_dry_makes_a_small_plain_case() {
    let case = Case::draw(&mut Bytes::new(&[]), &Settings::hostile());
    assert_eq!(case.keys(ResourceKind::Gateway).len(), 1);
    assert_eq!(case.keys(ResourceKind::HttpRoute).len(), 1);
}

#[test]
fn a_case_is_the_same_after_writing_and_reading() {
    for (name, settings) in Settings::presets().into_iter().chain(Settings::presets_with_every_protocol()) {
        for seed in 0..50 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            let read = Case::read(case.documents()).unwrap();
            assert_eq!(read.documents(), case.documents(), "{name} {seed}");
            let keys: std::collections::BTreeSet<_> = case.objects.iter().map(AnyObject::key).collect();
            assert_eq!(keys.len(), case.objects.len(), "{name} {seed}: a key occurs twice");
        }
    }
}

/// Numbers instead of impressions: how the requests of some cases end, each at the Gateway where it
/// comes furthest, in percent.
fn shares(settings: &Settings) -> BTreeMap<String, usize> {
    let (mut counts, mut all) = (BTreeMap::new(), 0);
    for seed in 0..500 {
        let case = Case::draw(&mut Seed::new(seed), settings);
        let topology = Topology::resolve(&case.resources(), &profile(&[]).unwrap());
        let engines: Vec<_> = case.gateways().iter().map(|gateway| Engine::of(topology.router(gateway))).collect();
        for request in &case.requests {
            let outcomes = engines.iter().map(|engine| engine.decide(request));
            let best = outcomes.min_by_key(|outcome| (outcome.action, outcome.taken.is_none())).unwrap();
            let end = match (best.action, best.status) {
                (Action::Respond, Some(status)) => status.to_string(),
                (action, _) => format!("{action:?}"),
            };
            *counts.entry(end).or_insert(0) += 1;
            all += 1;
        }
    }
    counts.values_mut().for_each(|count| *count = *count * 1000 / all);
    counts
}

#[test]
fn requests_hit_rules_often_and_miss_them_in_every_way() {
    for (name, settings) in Settings::presets() {
        let shares = shares(&settings);
        let at_least: &[(&str, usize)] = match name {
            "tie_heavy" => &[("Forward", 500), ("404", 50)],
            "realistic" => &[("Forward", 400), ("404", 100), ("421", 5)],
            _ => &[("Forward", 80), ("404", 50), ("500", 50), ("503", 5), ("421", 10), ("400", 8), ("Reject", 50)],
        };
        for (end, wanted) in at_least {
            assert!(
                shares.get(*end).is_some_and(|found| found >= wanted),
                "{name}: too few end with {end}: {shares:?}"
            );
        }
    }
}

/// How the requests of some cases end by the oracle, by where they go and what they speak, in permille of these.
fn ends(settings: &Settings) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for seed in 0..500 {
        let case = Case::draw(&mut Seed::new(seed), settings);
        let resources = case.resources();
        let deciders: Vec<_> =
            case.gateways().iter().map(|gateway| Naive::new(&resources, gateway, &[]).unwrap()).collect();
        for request in &case.requests {
            let outcomes = deciders.iter().map(|decider| decider.decide(request));
            let best = outcomes.min_by_key(|outcome| (outcome.action, outcome.taken.is_none())).unwrap();
            let place = if request.service.is_some() { "mesh" } else { "gateway" };
            let end = match (best.action, best.grpc_status, best.status, best.passed_on, &best.taken) {
                (_, Some(status), ..) => status,
                (Action::Respond, _, Some(status), ..) => status.to_string(),
                (_, _, _, Some(_), _) => "passed on".to_owned(),
                (Action::Reject, _, _, _, Some(_)) => "no backend".to_owned(),
                (action, ..) => format!("{action:?}"),
            };
            *counts.entry(format!("{place} {:?}", request.protocol)).or_default().entry(end).or_default() += 1;
        }
    }
    for ends in counts.values_mut() {
        let all: usize = ends.values().sum();
        ends.values_mut().for_each(|count| *count = *count * 1000 / all);
    }
    counts
}

#[test]
fn requests_of_every_protocol_hit_and_miss_in_every_way() {
    let often: &[(&str, &[(&str, usize)])] = &[
        (
            "gateway Http",
            &[("Forward", 80), ("404", 100), ("500", 10), ("421", 2), ("UNIMPLEMENTED", 20), ("Reject", 100)],
        ),
        ("gateway Grpc", &[("Forward", 100), ("UNIMPLEMENTED", 50), ("UNAVAILABLE", 20), ("Reject", 100)]),
        ("gateway Tls", &[("Forward", 50), ("no backend", 20), ("Reject", 100)]),
        ("gateway Tcp", &[("Forward", 100), ("no backend", 20), ("Reject", 100)]),
        ("gateway Udp", &[("Forward", 100), ("no backend", 20), ("Reject", 100)]),
        ("mesh Http", &[("Forward", 100), ("404", 80), ("500", 10), ("passed on", 50), ("Reject", 50)]),
        ("mesh Grpc", &[("Forward", 100), ("UNIMPLEMENTED", 50), ("UNAVAILABLE", 30), ("passed on", 50)]),
        ("mesh Tls", &[("Forward", 100), ("no backend", 20), ("passed on", 50)]),
        ("mesh Tcp", &[("Forward", 100), ("no backend", 20), ("passed on", 50)]),
        ("mesh Udp", &[("Forward", 100), ("no backend", 20), ("passed on", 50)]),
    ];
    for (name, settings) in Settings::presets_with_every_protocol() {
        let ends = ends(&settings);
        for (asked, at_least) in often {
            let found = &ends[*asked];
            for (end, wanted) in *at_least {
                assert!(
                    found.get(*end).is_some_and(|found| found >= wanted),
                    "{name}: too few of {asked} end with {end}: {found:?}"
                );
            }
        }
    }
}

/// How often a route is refused for each reason, so that none of them goes untested.
#[test]
fn routes_are_refused_for_every_reason() {
    let mut seen: BTreeMap<(ResourceKind, &str), usize> = BTreeMap::new();
    for (_, settings) in Settings::presets_with_every_protocol() {
        for seed in 0..300 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            for route in Topology::resolve(&case.resources(), &profile(&[]).unwrap()).routes() {
                for refusal in route.parents().iter().filter_map(|parent| parent.result.as_ref().err()) {
                    let reason = match refusal {
                        AttachmentRefusal::Cohosted => "Cohosted",
                        _ => refusal.reason(),
                    };
                    *seen.entry((route.key().kind, reason)).or_default() += 1;
                }
            }
        }
    }
    use ResourceKind::{GrpcRoute, HttpRoute, TcpRoute, TlsRoute, UdpRoute};
    let everywhere = ["NoMatchingParent", "NotAllowedByListeners"];
    let wanted = [
        (HttpRoute, &["UnsupportedValue", "NoMatchingListenerHostname", "Cohosted", "Conflicted"][..]),
        (GrpcRoute, &["UnsupportedValue", "NoMatchingListenerHostname", "Cohosted"]),
        (TlsRoute, &["NoMatchingListenerHostname", "Conflicted"]),
        (TcpRoute, &["Conflicted"]),
        (UdpRoute, &[]),
    ];
    for (kind, reasons) in wanted {
        for reason in everywhere.iter().chain(reasons) {
            assert!(seen.get(&(kind, reason)).is_some_and(|times| *times >= 5), "{kind} {reason}: {seen:?}");
        }
    }
}

/// How often each criterion decides, so that none of them goes untested.
#[test]
fn every_criterion_decides_now_and_then() {
    let mut seen: BTreeMap<Criterion, usize> = BTreeMap::new();
    let coexisting = profile(&[("grpc-cohosting", "coexist")]).unwrap();
    for (_, settings) in Settings::presets().into_iter().chain(Settings::presets_with_every_protocol()) {
        for seed in 0..300 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            for gateway in case.gateways() {
                let engine = Engine::new(&case.resources(), &gateway, &coexisting);
                for request in &case.requests {
                    if let Some(criterion) = engine.explain(request).decided_by {
                        *seen.entry(criterion).or_default() += 1;
                    }
                }
            }
        }
    }
    use Criterion::{
        Age, Headers, Hostname, Kind, MatchOrder, Method, Name, OnlyMatch, Path, QueryParams, RuleOrder, Service,
    };
    let every =
        [Age, Headers, Hostname, Kind, MatchOrder, Method, Name, OnlyMatch, Path, QueryParams, RuleOrder, Service];
    for criterion in every {
        assert!(seen.get(&criterion).is_some_and(|times| *times >= 5), "{criterion} decides too seldom: {seen:?}");
    }
}

#[test]
fn the_smallest_broken_case_is_what_breaks_the_law() {
    let law = |case: &Case, _| {
        let resources = case.resources();
        let exact = resources.iter::<HttpRoute>().flat_map(|route| &route.spec.rules).flat_map(|rule| &rule.matches);
        let exact = exact.filter(|condition| condition.headers.len() > 1).count();
        if exact > 0 && resources.iter::<ListenerSet>().count() > 0 { Err(format!("{exact}")) } else { Ok(()) }
    };
    let broken = find("a set and two headers", &Settings::hostile(), 0.., law).unwrap_err();
    assert_eq!(broken.complaint, "1", "{broken}");
    assert_eq!(broken.case.objects.len(), 2, "{broken}");
    assert_eq!(broken.case.requests.len(), 0, "{broken}");
}

/// What crowds are for is there: more prefixes, and values, of a host than the 128 that lie in one piece of a table, and
/// requests that hit and miss.
#[test]
fn crowds_fill_tables_and_are_hit_and_missed() {
    let (mut prefixes, mut values, mut ends) = (0, 0, BTreeMap::new());
    for seed in 0..200 {
        let source: &mut dyn Source = &mut Seed::new(seed);
        let crowd = Crowd::draw(source);
        let case = crowd.case(source);
        let resources = case.resources();
        let on_one_host =
            resources.iter::<HttpRoute>().filter(|route| route.spec.hostnames[0].as_str() == "a.example.com");
        let matches: Vec<_> = on_one_host.flat_map(|route| &route.spec.rules).flat_map(|rule| &rule.matches).collect();
        let distinct = |texts: &mut dyn Iterator<Item = &str>| texts.collect::<std::collections::BTreeSet<_>>().len();
        prefixes = prefixes.max(distinct(
            &mut matches
                .iter()
                .filter(|wire| wire.path_type() == gateway_model::PathMatchType::PathPrefix)
                .map(|wire| wire.path_value()),
        ));
        values = values.max(distinct(&mut matches.iter().flat_map(|wire| &wire.headers).map(|header| &*header.value)));
        let engine = Engine::new(&resources, &case.gateways()[0], &profile(&[]).unwrap());
        for request in &case.requests {
            *ends.entry(engine.decide(request).taken.is_some()).or_insert(0) += 1;
        }
    }
    assert!(prefixes > 300 && values > 300, "{prefixes} prefixes, {values} values");
    assert!(ends[&true] > 500 && ends[&false] > 100, "{ends:?}");
}
