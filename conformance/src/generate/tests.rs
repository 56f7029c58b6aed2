use super::*;
use crate::decide::{Action, Decide, Engine, profile};
use gateway_model::{HttpRoute, ListenerSet};

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
    assert_eq!(case.keys(ResourceKind::HttpRoute).len(), 0);
}

#[test]
fn a_case_is_the_same_after_writing_and_reading() {
    for (name, settings) in Settings::presets() {
        for seed in 0..50 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            let read = Case::read(case.documents()).unwrap();
            assert_eq!(read.documents(), case.documents(), "{name} {seed}");
            let keys: std::collections::BTreeSet<_> = case.objects.iter().map(AnyObject::key).collect();
            assert_eq!(keys.len(), case.objects.len(), "{name} {seed}: a key occurs twice");
        }
    }
}

/// Numbers instead of impressions: what share of the requests ends how.
#[test]
fn requests_hit_rules_often_and_miss_them_in_every_way() {
    let share = |settings: &Settings, wanted: fn(Action, Option<u16>) -> bool| {
        let (mut all, mut found) = (0, 0);
        for seed in 0..200 {
            let case = Case::draw(&mut Seed::new(seed), settings);
            for gateway in case.gateways() {
                let engine = Engine::new(&case.resources(), &gateway, &profile(&[]).unwrap());
                for outcome in case.requests.iter().map(|request| engine.decide(request)) {
                    all += 1;
                    found += usize::from(wanted(outcome.action, outcome.status));
                }
            }
        }
        found * 100 / all
    };
    for (name, settings, at_least) in
        [("tie_heavy", Settings::tie_heavy(), 50), ("realistic", Settings::realistic(), 25), ("hostile", Settings::hostile(), 8)]
    {
        let forwarded = share(&settings, |action, _| action == Action::Forward);
        assert!(forwarded >= at_least, "{name}: only {forwarded} % of the requests are forwarded");
    }
    let hostile = Settings::hostile();
    for status in [400, 404, 421, 500, 503] {
        let found = (0..400).any(|seed| {
            let case = Case::draw(&mut Seed::new(seed), &hostile);
            case.gateways().iter().any(|gateway| {
                let engine = Engine::new(&case.resources(), gateway, &profile(&[]).unwrap());
                case.requests.iter().any(|request| engine.decide(request).status == Some(status))
            })
        });
        assert!(found, "nothing is answered {status}");
    }
    assert!(share(&hostile, |action, _| action == Action::Reject) > 0);
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
