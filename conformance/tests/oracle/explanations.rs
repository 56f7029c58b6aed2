//! What the engine says about its own decisions.

use std::collections::BTreeSet;

use gateway_conformance::decide::{Decide, Engine, Explained, ExplainedStep, profile};
use gateway_conformance::generate::Case;
use gateway_match::{Criterion, StepOutcome, Topology};
use gateway_model::{HttpRoute, ObjectKey, PathMatchType, ResourceKind, Resources};

use crate::{engines, holds, taker};

/// The place of a candidate in the specification's order, worked out from the manifests once more,
/// by criterion. The smaller wins.
fn place(resources: &Resources, step: &ExplainedStep) -> Vec<(Criterion, String)> {
    let (namespace, name) = step.route.split_once('/').unwrap();
    let route = resources.get::<HttpRoute>(namespace, name).unwrap();
    let no_match = gateway_model::HttpRouteMatch::default();
    let condition = route.spec.rules.get(step.rule).and_then(|rule| rule.matches.get(step.item)).unwrap_or(&no_match);
    // Numbers are turned round and padded, so that the text with less in it stands for more.
    let more = |number: usize| format!("{:06}", 999_999 - number);
    let covers = |own: &str, host: &str| own == host || own.strip_prefix('*').is_some_and(|tail| host.ends_with(tail));
    let own = route
        .spec
        .hostnames
        .iter()
        .filter_map(|hostname| hostname.valid())
        .map(|hostname| hostname.as_str())
        .filter(|own| step.hostname.as_deref().is_none_or(|host| covers(own, host)))
        .map(|own| format!("{} {}", more(usize::from(!own.starts_with('*'))), more(own.len())))
        .min()
        .unwrap_or_else(|| "none".to_owned());
    let path = condition.path_value();
    let path = match condition.path_type() {
        PathMatchType::Exact => "1".to_owned(),
        PathMatchType::RegularExpression => format!("2 {}", more(path.chars().count())),
        _ => format!("3 {}", more(path.strip_suffix('/').unwrap_or(path).chars().count())),
    };
    let headers: BTreeSet<String> = condition.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect();
    let params: BTreeSet<&str> = condition.query_params.iter().map(|param| param.name.as_str()).collect();
    let age = route.metadata.creation_timestamp.as_ref().map_or("never".to_owned(), |time| time.0.to_string());
    vec![
        (Criterion::Hostname, own),
        (Criterion::Path, path),
        (Criterion::Method, more(usize::from(condition.method.is_some()))),
        (Criterion::Headers, more(headers.len())),
        (Criterion::QueryParams, more(params.len())),
        (Criterion::Age, age),
        (Criterion::Name, step.route.clone()),
        (Criterion::RuleOrder, format!("{:06}", step.rule)),
        (Criterion::MatchOrder, format!("{:06}", step.item)),
    ]
}

/// The first criterion in which two candidates differ, if the first of them is before the second.
fn decides(resources: &Resources, first: &ExplainedStep, second: &ExplainedStep) -> Result<Criterion, String> {
    let (one, other) = (place(resources, first), place(resources, second));
    match one.iter().zip(&other).find(|((_, one), (_, other))| one != other) {
        Some(((criterion, one), (_, other))) if one < other => Ok(*criterion),
        Some(((criterion, ..), _)) => {
            Err(format!("by {criterion} the second is before the first:\n    {first}\n    {second}"))
        }
        None => Ok(Criterion::OnlyMatch),
    }
}

fn is_same_match(one: &ExplainedStep, other: &ExplainedStep) -> bool {
    (&one.route, one.rule, one.item) == (&other.route, other.rule, other.item)
}

/// The laws of an explanation.
fn complaint(
    resources: &Resources,
    explained: &Explained,
    engine: &Engine,
    request: &gateway_conformance::decide::PlainRequest,
) -> Result<(), String> {
    let Explained { outcome, steps, decided_by } = explained;
    if engine.decide(request) != *outcome {
        return Err("the decision explained is another than the decision".to_owned());
    }
    let taken: Vec<&ExplainedStep> = steps.iter().filter(|step| step.outcome == StepOutcome::Taken).collect();
    match (taken.as_slice(), &outcome.taken) {
        ([], None) if decided_by.is_none() => return Ok(()),
        ([step], Some(taken)) => {
            let same = (&step.route, step.rule, step.item, &step.hostname)
                == (&taken.route, taken.rule, taken.item, &taken.hostname);
            if !same || Some(&step.listener) != outcome.listener.as_ref() {
                return Err(format!("the step that took it is not the decision: {step}"));
            }
        }
        _ => return Err(format!("{} steps took it, decided by {decided_by:?}", taken.len())),
    }
    let winner = taken[0];
    let mut before_winner = true;
    let mut rival = None;
    for (index, step) in steps.iter().enumerate() {
        if std::ptr::eq(step, winner) {
            before_winner = false;
            continue;
        }
        match &step.outcome {
            StepOutcome::Mismatch(_) => {}
            StepOutcome::LowerPrecedence(criterion) if !before_winner => {
                let found = decides(resources, winner, step)?;
                if found != *criterion {
                    return Err(format!("{criterion} is said to decide, but {found} does: {step}"));
                }
                if !is_same_match(winner, step) {
                    rival = rival.or(Some(*criterion));
                }
            }
            StepOutcome::Hostname if !before_winner => {
                if steps[index..].iter().any(|later| later.outcome != StepOutcome::Hostname) {
                    return Err("a step whose hostname matches comes after one whose does not".to_owned());
                }
                continue;
            }
            _ => return Err(format!("a step is out of place: {step}")),
        }
        if let Some(next) = steps.get(index + 1).filter(|next| next.outcome != StepOutcome::Hostname) {
            decides(resources, step, next)?;
        }
    }
    if *decided_by != Some(rival.unwrap_or(Criterion::OnlyMatch)) {
        return Err(format!("decided by {decided_by:?}, but the next match that would take it is behind by {rival:?}"));
    }
    Ok(())
}

#[test]
fn an_explanation_says_what_the_decision_says() {
    holds("explanations", 3_000, |case, _| {
        let resources = case.resources();
        for engine in engines(case) {
            for request in &case.requests {
                let explained = engine.explain(request);
                complaint(&resources, &explained, &engine, request).map_err(|complaint| {
                    let steps: Vec<String> = explained.steps.iter().map(|step| format!("    {step}\n")).collect();
                    format!("  {request}\n  {}\n  {complaint}\n{}", explained.outcome, steps.concat())
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn every_candidate_of_the_listener_is_a_step_once() {
    holds("steps", 2_100, |case, _| {
        let topology = Topology::resolve(&case.resources(), &profile(&[]).unwrap());
        for gateway in case.gateways() {
            let engine = Engine::of(topology.router(&gateway));
            for request in &case.requests {
                let explained = engine.explain(request);
                let Some(listener) =
                    explained.outcome.listener.as_ref().filter(|_| explained.outcome.status != Some(421))
                else {
                    continue;
                };
                let listener = (listener.source.clone(), listener.name.clone());
                let wanted = candidates(case, &topology, &listener);
                let found: Vec<_> = explained
                    .steps
                    .iter()
                    .map(|step| (step.route.clone(), step.rule, step.item, step.hostname.clone()))
                    .collect();
                let once: BTreeSet<_> = found.iter().cloned().collect();
                // A host that only the listener of the server name has heard of has no candidates.
                let astray =
                    found.is_empty() && explained.outcome.status == Some(404) && request.server_name().is_some();
                if once.len() != found.len() || (once != wanted && !astray) {
                    return Err(format!(
                        "  {request}\n  {}\n  steps: {found:?}\n  wanted: {wanted:?}",
                        explained.outcome
                    ));
                }
            }
        }
        Ok(())
    });
}

type Candidate = (String, usize, usize, Option<String>);

/// Every match of every rule on a listener, for each of the route's effective hostnames.
fn candidates(case: &Case, topology: &Topology, listener: &(String, String)) -> BTreeSet<Candidate> {
    let resources = case.resources();
    let mut candidates = BTreeSet::new();
    for node in topology.routes().filter(|node| node.key().kind == ResourceKind::HttpRoute) {
        let ObjectKey { namespace, name, .. } = node.key();
        let route = resources.get::<HttpRoute>(namespace, name).unwrap();
        let usable: BTreeSet<usize> = node.route().rules().map(|rule| rule.index()).collect();
        for attachment in node.attachments() {
            if (attachment.listener.source.to_string(), attachment.listener.name.to_string()) != *listener {
                continue;
            }
            let hostnames: Vec<Option<String>> = match &attachment.hostnames {
                Some(hostnames) => hostnames.iter().map(|hostname| Some(hostname.to_string())).collect(),
                None => vec![None],
            };
            for rule in &usable {
                let matches = route.spec.rules.get(*rule).map_or(1, |rule| rule.matches.len().max(1));
                for item in 0..matches {
                    candidates.extend(
                        hostnames.iter().map(|hostname| (format!("{namespace}/{name}"), *rule, item, hostname.clone())),
                    );
                }
            }
        }
    }
    candidates
}

/// The runner-up is the next in line: without the winner it takes the request.
#[test]
fn without_the_winner_the_runner_up_takes_the_request() {
    holds("the runner-up is next", 2_100, |case, _| {
        for (index, engine) in engines(case).iter().enumerate() {
            for request in &case.requests {
                let explained = engine.explain(request);
                let Some(winner) = taker(&explained.outcome) else {
                    continue;
                };
                let (namespace, name) = winner.split_once('/').unwrap();
                let key = ObjectKey::new(ResourceKind::HttpRoute, namespace, name);
                let next = explained
                    .steps
                    .iter()
                    .find(|step| matches!(step.outcome, StepOutcome::LowerPrecedence(_)) && step.route != winner);
                let after = engines(&case.without(&key))[index].decide(request);
                let found = after.taken.as_ref().map(|taken| (&taken.route, taken.rule, taken.item, &taken.hostname));
                if found != next.map(|step| (&step.route, step.rule, step.item, &step.hostname)) {
                    return Err(format!("  {request}\n  without {winner}: {after}\n  expected {next:?}"));
                }
            }
        }
        Ok(())
    });
}
