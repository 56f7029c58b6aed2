//! Bytes that may be manifests, on every way that a verb of the command line takes them.

use std::collections::BTreeSet;

use gateway_match::{Connection, Decision, Match, OPTIONS, PreflightInput, Profile, RequestView, Router, Topology};
use gateway_model::validation::{Channel, Validation, served_versions, validate_value, warnings_across};
use gateway_model::yaml::{Limits, read_documents, to_yaml};
use gateway_model::{HttpRoute, ReadError, Resources, Timestamp, needs, read_object, untyped_objects};
use gateway_status::{DataPlane, Desired, Reporter, Status, apply_object, merge, merge_patch, refused};
use serde_json::{Value, json};

use super::ensure;

/// Nothing panics, and what is stated of single steps holds.
pub(super) fn manifests(bytes: &[u8]) -> Result<(), String> {
    // Smaller than the defaults, so that a run of many inputs stays within its memory.
    let limits = Limits::default().max_nodes(100_000).max_alias_nodes(100_000);
    let mut resources = Resources::new();
    let mut written = Vec::new();
    for document in read_documents(bytes, &limits).flatten() {
        document.positions();
        reads_back(&document.value, &limits)?;
        for object in untyped_objects(document.value).unwrap_or_default() {
            judge(&object.value);
            written.push(object.value.clone());
            match read_object(object.value, "default") {
                Ok(object) => {
                    resources.insert_any(object);
                }
                Err(ReadError::OtherKind { .. } | ReadError::NotAnObject { .. } | ReadError::Malformed { .. }) => {}
                Err(other) => return Err(other.to_string()),
            }
        }
    }
    warnings_across(&written.iter().collect::<Vec<_>>());
    needs(&resources);
    for profile in profiles() {
        let topology = Topology::resolve(&resources, &profile);
        decisions(&resources, &topology)?;
        statuses(&resources, &topology)?;
    }
    Ok(())
}

/// What is written as YAML reads back, whole floats as the integers that they are.
fn reads_back(value: &Value, limits: &Limits) -> Result<(), String> {
    let text = to_yaml(value);
    let mut read = read_documents(text.as_bytes(), limits);
    let first = read.next();
    let again = first.as_ref().and_then(|first| first.as_ref().ok()).map(|document| to_yaml(&document.value));
    ensure(again.as_ref() == Some(&text) && read.next().is_none(), || {
        format!("{value} is written as\n{text}\nwhich reads as {first:?}")
    })
    .or_else(|broken| if has_whole_float(value) { Ok(()) } else { Err(broken) })
}

fn has_whole_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|float| number.is_f64() && float.fract() == 0.0),
        Value::Array(items) => items.iter().any(has_whole_float),
        Value::Object(entries) => entries.values().any(has_whole_float),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn judge(value: &Value) {
    for channel in Channel::ALL {
        // An error is a kind that is not ours.
        let _ = validate_value(value, &Validation::new(channel).with_advice());
    }
}

/// The default options, and of each option the last value.
fn profiles() -> [Profile; 2] {
    let mut other =
        Profile::new().controller("example.com/ours").extension_filter("example.com", "Filter").listener_limit(3);
    for option in OPTIONS {
        if let Some(value) = option.values.last() {
            // Every option has the values that its table lists.
            let _ = other.set(option.name, value);
        }
    }
    [Profile::new(), other]
}

fn decisions(resources: &Resources, topology: &Topology) -> Result<(), String> {
    let paths = paths(resources);
    let routers = topology.gateways().filter_map(|gateway| topology.router(gateway.key()));
    let namespaces = ["default", "elsewhere"];
    let meshed = topology
        .services()
        .flat_map(|service| namespaces.iter().filter_map(|from| topology.mesh_router(service.key(), from)));
    for router in routers.chain(meshed.take(16)) {
        for listener in router.listeners().iter().take(8) {
            let host = listener.hostname().map_or("example.com", |hostname| hostname.as_str());
            let port = listener.port();
            for connection in [Connection::plain(port), Connection::tls(port, Some(host)), Connection::udp(port)] {
                router.listener_for(&connection);
                let why = router.explain_connection(&connection);
                same(why.decision(), &router.connect(&connection))?;
                for path in &paths {
                    answer(&router, host, path, &connection)?;
                }
            }
        }
    }
    Ok(())
}

/// Some paths that routes name, and others.
fn paths(resources: &Resources) -> Vec<String> {
    let matches =
        resources.iter::<HttpRoute>().flat_map(|route| route.spec.rules.iter().flat_map(|rule| &rule.matches));
    let named: BTreeSet<&str> = matches.filter_map(|wanted| wanted.path.as_ref()?.value.as_deref()).take(64).collect();
    let mut paths: Vec<String> = named.iter().take(6).map(|path| format!("{path}/x?a=b")).collect();
    paths.extend(["/a?b=c".to_owned(), "*".to_owned()]);
    paths
}

fn answer(router: &Router, host: &str, path: &str, connection: &Connection<'_>) -> Result<(), String> {
    let headers = [("x", "y"), ("origin", "https://a.example.com"), ("access-control-request-method", "PUT")];
    let preflight = RequestView::new("OPTIONS", host, path, &headers);
    for request in [RequestView::new("GET", host, path, &headers), preflight, RequestView::call(host, path, &headers)] {
        let decision = router.route(&request, connection);
        let why = router.explain(&request, connection);
        same(why.decision(), &decision)?;
        why.runner_up();
        if let Some(found) = decision.matched() {
            let _ = found.redirect(&request, connection);
            let _ = found.is_preflight(&request);
            carry_out(found, path);
        }
    }
    Ok(())
}

/// What a proxy does with a match: picks a backend, answers a preflight, changes the head.
fn carry_out(found: &Match<'_>, path: &str) {
    let rule = found.rule();
    for n in 0..4 {
        found.pick(n);
        rule.pick_by(n);
    }
    if let Some(cors) = rule.filters().cors() {
        let asked = PreflightInput::detect("OPTIONS", Some("https://a.example.com"), Some("PUT"), Some("x-a, x-b"));
        if let Some(asked) = asked {
            let mut headers = http::HeaderMap::new();
            let _ = cors.preflight(&asked).headers().apply(&mut headers);
        }
    }
    for position in 0..=rule.backends().len() {
        let Ok(request) = http::Request::get(path).header("host", "example.com").body(()) else { return };
        let mut head = request.into_parts().0;
        let _ = found.apply(position, &mut head);
    }
}

fn same(explained: &Decision<'_>, decision: &Decision<'_>) -> Result<(), String> {
    let shown = |decision: &Decision<'_>| {
        let found = decision.matched().map(|found| (found.rule_id(), found.match_index()));
        (found, decision.answer())
    };
    let (why, what) = (shown(explained), shown(decision));
    ensure(why == what, || format!("explained {why:?}, decided {what:?}"))
}

fn statuses(resources: &Resources, topology: &Topology) -> Result<(), String> {
    let word = DataPlane::new().address("192.0.2.1").crds([Some("v1.6.1".to_owned()), None]);
    let reporter = Reporter::new(resources, topology, &word).now(1_767_225_600).parameters("example.com", "Parameters");
    reporter.gateway_classes().try_for_each(|desired| write(resources, &desired))?;
    reporter.gateways().try_for_each(|desired| write(resources, &desired))?;
    reporter.listener_sets().try_for_each(|desired| write(resources, &desired))?;
    reporter.routes().try_for_each(|desired| write(resources, &desired))?;
    reporter.meshes().try_for_each(|desired| write(resources, &desired))?;
    reporter.policies().try_for_each(|desired| write(resources, &desired))
}

/// A status is written once, and then stays.
fn write<S: Status>(resources: &Resources, desired: &Desired<S>) -> Result<(), String> {
    let stored = S::stored(resources, &desired.object);
    refused(stored, desired);
    let Some(merged) = merge(stored, desired, &Timestamp::new("2026-01-01T00:00:00Z")) else { return Ok(()) };
    merge_patch(stored, &merged);
    apply_object(&desired.object, &merged);
    let again = merge(Some(&merged), desired, &Timestamp::new("2026-01-01T00:00:01Z"));
    ensure(again.is_none(), || format!("{} is written twice: {merged:?}, then {again:?}", desired.object))
}

/// The first byte picks a kind and a version, the rest is the spec (or, if it has one, the whole
/// object), so that a fuzzer need not find out what an object looks like.
pub(super) fn validate(bytes: &[u8]) -> Result<(), String> {
    let Some((pick, text)) = bytes.split_first() else { return Ok(()) };
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return Ok(()) };
    let served: Vec<_> = served_versions(Channel::Experimental).collect();
    let Some((kind, version)) = served.get(usize::from(*pick) % served.len().max(1)) else { return Ok(()) };
    let api_version = format!("{}/{version}", kind.group());
    let mut object = match value {
        Value::Object(object) if object.contains_key("spec") => object,
        spec => [("metadata".to_owned(), json!({"name": "a"})), ("spec".to_owned(), spec)].into_iter().collect(),
    };
    object.insert("kind".to_owned(), kind.as_str().into());
    object.insert("apiVersion".to_owned(), api_version.into());
    let object = Value::Object(object);
    for channel in Channel::ALL {
        let created = Validation::new(channel).with_advice();
        let report = validate_value(&object, &created).map_err(|problem| format!("{object}: {problem}"))?;
        for validation in [created.update(&object), created.status_update(&object)] {
            let updated = validate_value(&object, &validation).map_err(|problem| format!("{object}: {problem}"))?;
            ensure(updated.is_valid() || !report.is_valid(), || format!("{object}: {:?}", updated.errors))?;
        }
    }
    warnings_across(&[&object, &object]);
    Ok(())
}
