//! The engine against the oracle.

use std::sync::Arc;

use gateway_match::Topology;
use gateway_model::{ObjectKey, ResourceKind};
use gateway_oracle::{ObjectName, Options, Oracle};

use super::ensure;
use crate::decide::{Choice, Decide, Engine, Naive, oracle_options, profile};
use crate::generate::{Bytes, Case, Settings, Source};

pub(super) fn http(bytes: &[u8]) -> Result<(), String> {
    holds(bytes, |settings| settings)
}

pub(super) fn grpc(bytes: &[u8]) -> Result<(), String> {
    holds(bytes, |settings| Settings {
        grpc_routes: settings.routes.clone(),
        routes: 0..=2,
        requests: 12..=12,
        // Now and then a protocol that is not the one meant.
        meshed: 1,
        ..settings
    })
}

pub(super) fn streams(bytes: &[u8]) -> Result<(), String> {
    holds(bytes, |settings| Settings {
        stream_routes: 1..=3,
        routes: 0..=2,
        listeners: settings.listeners.start() + 1..=settings.listeners.end() + 3,
        ports: vec![(443, "TLS"), (443, "TLS"), (443, "HTTPS"), (5432, "TCP"), (53, "UDP"), (80, "HTTP")],
        requests: 12..=12,
        meshed: 1,
        ..settings
    })
}

pub(super) fn mesh(bytes: &[u8]) -> Result<(), String> {
    holds(bytes, |settings| Settings { meshed: 90, ..settings.with_every_protocol() })
}

/// Whether engine and oracle agree on a case of a preset that is bent to what a law is about. The
/// bytes choose the preset, one time in four two options, and then the case.
fn holds(bytes: &[u8], bend: fn(Settings) -> Settings) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let chosen = source.below(3);
    let Some((_, settings)) = Settings::presets().into_iter().nth(chosen) else { return Ok(()) };
    let options = options(&mut source);
    let case = Case::draw(&mut source, &bend(settings));
    agree(&case, &options).and_then(|()| attach_alike(&case, &options)).map_err(|broken| format!("{broken}\n{case}"))
}

fn options(source: &mut dyn Source) -> Vec<Choice<'static>> {
    const TABLE: &[(&str, &[&str])] = Options::TABLE;
    let count = if source.chance(25) { 2 } else { 0 };
    let choice = |_| source.one_of(TABLE).map(|(name, values)| (*name, source.word(values)));
    (0..count).filter_map(choice).collect()
}

/// Whether engine and oracle answer every request alike (those to a Service, the others at every
/// Gateway), and explanations end where decisions do.
///
/// # Errors
///
/// The request, both answers and the engine's steps; or an option that does not exist.
pub fn agree(case: &Case, options: &[Choice<'_>]) -> Result<(), String> {
    let resources = case.resources();
    let profile = profile(options).map_err(|problem| problem.to_string())?;
    let topology = Topology::resolve(&resources, &profile);
    let oracle = Arc::new(Oracle::new(&resources, oracle_options(options).map_err(|problem| problem.to_string())?));
    let nowhere = ObjectKey::new(ResourceKind::Gateway, "", "");
    let (to_services, to_gateways): (Vec<_>, Vec<_>) =
        case.requests.iter().partition(|request| request.service.is_some());
    let gateways = case.gateways();
    let asked = gateways.iter().map(|gateway| (gateway, &to_gateways)).chain([(&nowhere, &to_services)]);
    for (gateway, requests) in asked {
        let engine = Engine::in_topology(&topology, gateway);
        let naive = Naive::of(Arc::clone(&oracle), gateway);
        for request in requests {
            let (found, wanted) = (engine.decide(request), naive.decide(request));
            let explained = engine.explain(request);
            ensure(found == wanted && explained.outcome == found, || {
                let steps: Vec<_> = explained.steps.iter().map(|step| format!("    {step}\n")).collect();
                format!(
                    "{gateway}, {options:?}\n  {request}\n  engine: {found}\n  explained: {}\n  oracle: {wanted}\n  the engine's steps:\n{}",
                    explained.outcome,
                    steps.concat()
                )
            })?;
        }
    }
    Ok(())
}

/// Whether engine and oracle attach every route to the same places, or refuse it for the same reason.
///
/// # Errors
///
/// The parentRef and both answers; or an option that does not exist.
pub fn attach_alike(case: &Case, options: &[Choice<'_>]) -> Result<(), String> {
    let resources = case.resources();
    let topology = Topology::resolve(&resources, &profile(options).map_err(|problem| problem.to_string())?);
    let oracle = Oracle::new(&resources, oracle_options(options).map_err(|problem| problem.to_string())?);
    for route in topology.routes() {
        let key = route.key();
        let name = ObjectName::new(key.kind.as_str(), &*key.namespace, &*key.name);
        for (position, parent) in route.parents().iter().enumerate() {
            let mut found = match &parent.result {
                Ok(attached) => Ok(attached
                    .iter()
                    .map(|attachment| format!("{} {}", attachment.listener.source, attachment.listener.name))
                    .collect::<Vec<_>>()),
                Err(refusal) => Err(refusal.reason()),
            };
            let mut wanted = oracle.attachment(&name, position).map(|listeners| {
                listeners.iter().map(|listener| format!("{} {}", listener.source, listener.name)).collect::<Vec<_>>()
            });
            found.iter_mut().chain(wanted.iter_mut()).for_each(|listeners| listeners.sort());
            ensure(found == wanted, || {
                format!("{key} parentRefs[{position}], {options:?}\n  engine: {found:?}\n  oracle: {wanted:?}")
            })?;
        }
        let more = oracle.attachment(&name, route.parents().len());
        ensure(more.is_err(), || format!("{key} has a default Gateway for the oracle alone: {more:?}, {options:?}"))?;
    }
    Ok(())
}
