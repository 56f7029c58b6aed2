//! The engine against the oracle, and laws that need none, over generated cases.
//!
//! A case is a set of resources with six requests, or twelve where there is every protocol. Each test
//! says how many it runs; together they are more than 40,000. `GATEWAY_CASES=10` runs ten times as many, `GATEWAY_SEED=N` begins at
//! another seed. A failure prints the seed, the case made small, and both answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, which may fail loudly"
)]

use gateway_conformance::decide::{Choice, Decide, Engine, Outcome, is_about_routing, profile};
use gateway_conformance::generate::{Case, Seed, Settings, Source, find};
use gateway_conformance::laws::{agree, attach_alike};
use gateway_match::{OPTIONS, Topology};
use gateway_model::ResourceKind;

/// Runs a law over so many cases, shared among the presets.
fn holds(law_name: &str, cases: u64, law: impl Fn(&Case, u64) -> Result<(), String>) {
    holds_for(Settings::presets(), law_name, cases, law);
}

fn holds_for(
    presets: [(&str, Settings); 3],
    law_name: &str,
    cases: u64,
    law: impl Fn(&Case, u64) -> Result<(), String>,
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = cases * number("GATEWAY_CASES").unwrap_or(1);
    let first = number("GATEWAY_SEED").unwrap_or(1);
    for (preset, settings) in presets {
        let seeds = first..first + cases / 3;
        if let Err(broken) = find(law_name, &settings, seeds, &law) {
            panic!("{preset}: {broken}");
        }
    }
}

#[test]
fn engine_and_oracle_agree_on_every_protocol() {
    holds_for(Settings::presets_with_every_protocol(), "every protocol", 4_500, |case, _| agree(case, &[]));
}

#[test]
fn engine_and_oracle_agree_with_default_options() {
    holds("default options", 9_000, |case, _| agree(case, &[]));
}

#[test]
fn engine_and_oracle_agree_with_each_value_of_each_option() {
    for option in OPTIONS.iter().filter(|option| is_about_routing(option.name)) {
        for value in option.values.iter().skip(1) {
            let law = |case: &Case, _: u64| agree(case, &[(option.name, value)]);
            holds("one option", 360, law);
            holds_for(Settings::presets_with_every_protocol(), "one option, every protocol", 240, law);
        }
    }
}

#[test]
fn engine_and_oracle_agree_with_random_pairs_of_options() {
    const TABLE: &[(&str, &[&str])] = gateway_oracle::Options::TABLE;
    let law = |case: &Case, seed: u64| {
        let mut draw = Seed::new(seed ^ 0x5eed);
        let choices: Vec<Choice<'_>> = (0..2)
            .map(|_| {
                let (name, values) = TABLE[draw.below(TABLE.len())];
                (name, values[draw.below(values.len())])
            })
            .collect();
        agree(case, &choices)
    };
    holds("two options", 3_000, law);
    holds_for(Settings::presets_with_every_protocol(), "two options, every protocol", 1_500, law);
}

/// Options that the oracle has not: it looks at HTTP routing alone, not at filters,
/// nor at how backends are spoken to, nor at statuses.
const NOT_ABOUT_ROUTING: &[&str] = &[
    "double-header-action",
    "full-path-query",
    "external-name",
    "tls-without-policy",
    "partial-sessions",
    "filter-order",
    "failed-preflight",
    "tls-route-mismatch",
    "status-overflow",
    "conflicted-listeners",
];

#[test]
fn engine_and_oracle_have_the_same_options_with_the_same_defaults() {
    let options = || OPTIONS.iter().map(|option| (option.name, option.values));
    let shared: Vec<_> = options().filter(|(name, _)| is_about_routing(name)).collect();
    assert_eq!(shared, gateway_oracle::Options::TABLE);
    let engines: Vec<_> = options().map(|(name, _)| name).filter(|name| !is_about_routing(name)).collect();
    assert_eq!(engines, NOT_ABOUT_ROUTING);
}

#[test]
fn attachments_and_the_reasons_of_refusal_are_the_oracles() {
    holds("attachments", 2_100, |case, _| attach_alike(case, &[]));
    let every = Settings::presets_with_every_protocol;
    holds_for(every(), "attachments of every kind", 2_100, |case, _| attach_alike(case, &[]));
    for option in OPTIONS.iter().filter(|option| ["grpc-cohosting", "mixed-tls"].contains(&option.name)) {
        for value in option.values.iter().skip(1) {
            let law = |case: &Case, _: u64| attach_alike(case, &[(option.name, value)]);
            holds_for(every(), "attachments with an option", 600, law);
        }
    }
}

#[test]
fn the_order_of_the_objects_changes_nothing() {
    let law = |case: &Case, seed: u64| {
        let (engines, shuffled) = (engines(case), engines(&case.shuffled(&mut Seed::new(seed ^ 0x5eed))));
        for (engine, shuffled) in engines.iter().zip(&shuffled) {
            for request in &case.requests {
                let (one, other) = (engine.explain(request), shuffled.explain(request));
                if one != other {
                    return Err(format!("  {request}\n  {}\n  {}\n{one:#?}\n{other:#?}", one.outcome, other.outcome));
                }
            }
        }
        Ok(())
    };
    holds("order of objects", 2_100, law);
    holds_for(Settings::presets_with_every_protocol(), "order of objects of every kind", 900, law);
}

/// The same one level below: listeners and routes are handed to the builder in another order.
#[test]
fn the_order_of_building_changes_nothing() {
    holds("order of building", 2_100, |case, seed| {
        let topology = Topology::resolve(&case.resources(), &profile(&[]).unwrap());
        for gateway in case.gateways() {
            let engine = Engine::of(topology.router(&gateway));
            let shuffled = Engine::of(Some(built_by_hand(&topology, &gateway, &mut Seed::new(seed ^ 0x5eed))));
            for request in &case.requests {
                let (one, other) = (engine.explain(request), shuffled.explain(request));
                if one != other {
                    return Err(format!("  {request}\n  {}\n  {}\n{one:#?}\n{other:#?}", one.outcome, other.outcome));
                }
            }
        }
        Ok(())
    });
}

fn built_by_hand(topology: &Topology, gateway: &gateway_model::ObjectKey, draw: &mut Seed) -> gateway_match::Router {
    let mut builder = gateway_match::Router::builder(topology.profile());
    let node = topology.gateway(gateway).unwrap();
    let mut serving: Vec<_> = node.listeners().iter().filter(|listener| listener.serves().is_some()).collect();
    shuffle(&mut serving, draw);
    let mut pairs = Vec::new();
    for listener in serving {
        let (port, hostname) = listener.serves().unwrap();
        let key = listener.key();
        let mut definition = gateway_match::ListenerDefinition::new(&key.name, port, listener.protocol().clone());
        definition = definition.parent(key.source.clone());
        if let Some(hostname) = hostname {
            definition = definition.hostname(hostname.clone());
        }
        let id = builder.listener(definition);
        for route in topology.routes() {
            if route.attachments().any(|at| at.gateway == *gateway && at.listener == *key) {
                pairs.push((id, route));
            }
        }
    }
    shuffle(&mut pairs, draw);
    for (listener, route) in pairs {
        assert!(builder.attach(route.route(), listener), "{} was attached before", route.key());
    }
    builder.build()
}

fn shuffle<T>(items: &mut [T], draw: &mut Seed) {
    for last in (1..items.len()).rev() {
        items.swap(last, draw.below(last + 1));
    }
}

/// The engine for each Gateway, with default options.
fn engines(case: &Case) -> Vec<Engine> {
    let topology = Topology::resolve(&case.resources(), &profile(&[]).unwrap());
    let mut gateways = case.gateways();
    gateways.sort();
    gateways.iter().map(|gateway| Engine::in_topology(&topology, gateway)).collect()
}

/// `{namespace}/{name}` of the route that takes a request.
fn taker(outcome: &Outcome) -> Option<&str> {
    outcome.taken.as_ref().map(|taken| taken.route.as_str())
}

/// Precedence is an order: who wins among many wins among fewer.
#[test]
fn a_route_that_did_not_win_can_go_without_a_change() {
    holds("losers are irrelevant", 2_100, |case, seed| {
        let routes = case.keys(ResourceKind::HttpRoute);
        let Some(removed) = routes.get(Seed::new(seed ^ 0x5eed).below(routes.len())) else {
            return Ok(());
        };
        let name = format!("{}/{}", removed.namespace, removed.name);
        for (before, after) in engines(case).iter().zip(&engines(&case.without(removed))) {
            for request in &case.requests {
                let (before, after) = (before.decide(request), after.decide(request));
                if taker(&before) != Some(&name) && before != after {
                    return Err(format!("without {removed}\n  {request}\n  before: {before}\n  after: {after}"));
                }
            }
        }
        Ok(())
    });
}

mod explanations;
mod identities;
