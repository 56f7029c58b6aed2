//! The vectors of statuses, merged; and what holds for all of them.

use gateway_conformance::vectors::{MERGE, MergeVector};
use gateway_model::{GatewayClassStatus, GatewayStatus, ObjectKey, PolicyStatus, ResourceKind, RouteStatus, Timestamp};
use gateway_status::{Controllers, Desired, Status, merge, refused};
use serde_json::{Value, json};

use crate::{assert_names, read};

fn vectors() -> Vec<MergeVector> {
    read(MERGE)
}

/// What is written over what is stored, and what finds no room.
fn merged(vector: &MergeVector, stored: &Value) -> (Value, Value) {
    match vector.kind.as_str() {
        "HTTPRoute" => merged_as::<RouteStatus>(ResourceKind::HttpRoute, vector, stored),
        "BackendTLSPolicy" => merged_as::<PolicyStatus>(ResourceKind::BackendTlsPolicy, vector, stored),
        "Gateway" => merged_as::<GatewayStatus>(ResourceKind::Gateway, vector, stored),
        "GatewayClass" => merged_as::<GatewayClassStatus>(ResourceKind::GatewayClass, vector, stored),
        other => panic!("{}: kind {other}", vector.name),
    }
}

fn merged_as<S: Status>(kind: ResourceKind, vector: &MergeVector, stored: &Value) -> (Value, Value) {
    let stored: Option<S> = serde_json::from_value(stored.clone()).unwrap();
    let status: S = serde_json::from_value(with_empty_times(&vector.desired)).unwrap();
    let namespace = if kind == ResourceKind::GatewayClass { "" } else { "shop" };
    let controllers = Controllers::from_iter(vector.controllers.iter().cloned());
    let desired = Desired::new(ObjectKey::new(kind, namespace, "x"), Some(vector.generation), controllers, status);
    let written = merge(stored.as_ref(), &desired, &Timestamp::new(&vector.now));
    (serde_json::to_value(written).unwrap(), serde_json::to_value(refused(stored.as_ref(), &desired)).unwrap())
}

/// A status as it is read: each condition has a time, which is empty before merging.
fn with_empty_times(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut map: serde_json::Map<_, _> =
                map.iter().map(|(key, value)| (key.clone(), with_empty_times(value))).collect();
            if map.contains_key("reason") {
                map.insert("lastTransitionTime".to_owned(), "".into());
            }
            map.into()
        }
        Value::Array(items) => items.iter().map(with_empty_times).collect(),
        other => other.clone(),
    }
}

#[test]
fn what_the_vectors_say_is_written() {
    let mut failures = Vec::new();
    for vector in vectors() {
        let found = merged(&vector, &vector.stored);
        let expected = (vector.written.clone(), json!(vector.refused));
        if found != expected {
            let MergeVector { name, spec, .. } = &vector;
            let ((written, refused), (wanted, left)) = (found, expected);
            failures.push(format!(
                "{name}, {spec}:\n  expected {wanted}, without {left}\n  written  {written}, without {refused}"
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_written_is_not_written_again() {
    for vector in vectors().iter().filter(|vector| !vector.written.is_null()) {
        assert_eq!(merged(vector, &vector.written).0, Value::Null, "{}", vector.name);
    }
}

#[test]
fn a_plain_model_agrees_with_the_vectors() {
    for vector in vectors() {
        let (list, reference, most) = match vector.kind.as_str() {
            "HTTPRoute" => ("parents", "parentRef", 32),
            "BackendTLSPolicy" => ("ancestors", "ancestorRef", 16),
            _ => continue,
        };
        let entries = |status: &Value| status[list].as_array().cloned().unwrap_or_default();
        let (stored, desired) = (entries(&vector.stored), entries(&vector.desired));
        let written = match modelled(&vector, &stored, &desired, reference, most) {
            Some(written) if written != stored => json!({ list: written }),
            _ => Value::Null,
        };
        assert_eq!(written, vector.written, "{}", vector.name);
    }
}

/// The entries that are there afterwards, sentence by sentence; `None` for who has seen too little.
fn modelled(
    vector: &MergeVector,
    stored: &[Value],
    desired: &[Value],
    reference: &str,
    most: usize,
) -> Option<Vec<Value>> {
    let is_ours = |entry: &Value| vector.controllers.iter().any(|ours| entry["controllerName"] == **ours);
    let key = |entry: &Value| -> Vec<Value> {
        let part = |name: &str, default: &str| {
            let value = &entry[reference][name];
            if value.is_null() { json!(default) } else { value.clone() }
        };
        let group = part("group", "gateway.networking.k8s.io");
        let parts = [group, part("kind", "Gateway"), part("namespace", "shop"), part("name", "")];
        let rest = [part("sectionName", ""), part("port", ""), entry["controllerName"].clone()];
        parts.into_iter().chain(rest).collect()
    };
    let conditions = |entry: &Value| entry["conditions"].as_array().cloned().unwrap_or_default();
    let is_private = |condition: &Value| condition["type"].as_str().unwrap().contains('/');
    let seen = |entry: &Value| {
        let own = conditions(entry).into_iter().filter(|condition| !is_private(condition));
        own.filter_map(|condition| condition["observedGeneration"].as_i64()).max()
    };
    if stored.iter().filter(|entry| is_ours(entry)).filter_map(seen).any(|seen| seen > vector.generation) {
        return None;
    }
    let update = |before: &[Value], wanted: &Value| -> Value {
        let of = |list: &[Value], kind: &Value| list.iter().find(|condition| condition["type"] == *kind).cloned();
        let wanted_conditions = conditions(wanted);
        let timed = |condition: &Value| {
            let earlier = of(before, &condition["type"]).filter(|earlier| earlier["status"] == condition["status"]);
            let mut condition = condition.clone();
            condition["lastTransitionTime"] =
                earlier.map_or(json!(vector.now), |earlier| earlier["lastTransitionTime"].clone());
            condition
        };
        let mut list: Vec<Value> = Vec::new();
        for condition in before {
            match of(&wanted_conditions, &condition["type"]) {
                Some(wanted) => list.push(timed(&wanted)),
                None if is_private(condition) => list.push(condition.clone()),
                None => {}
            }
        }
        list.extend(wanted_conditions.iter().filter(|wanted| of(before, &wanted["type"]).is_none()).map(timed));
        let mut entry = wanted.clone();
        entry["conditions"] = list.into();
        entry
    };
    let mut after: Vec<Value> = Vec::new();
    for entry in stored {
        let wanted = desired.iter().find(|wanted| key(wanted) == key(entry));
        match wanted {
            _ if !is_ours(entry) => after.push(entry.clone()),
            Some(wanted) if !after.iter().any(|there| key(there) == key(entry)) => {
                after.push(update(&conditions(entry), wanted));
            }
            _ => {}
        }
    }
    for wanted in desired {
        if after.len() < most && !after.iter().any(|there| key(there) == key(wanted)) {
            after.push(update(&[], wanted));
        }
    }
    Some(after)
}

/// Laws that hold for whatever is written, so that a slip in a vector does not become an expectation.
#[test]
fn the_vectors_keep_the_laws_of_statuses() {
    for vector in vectors().iter().filter(|vector| !vector.written.is_null()) {
        let name = &vector.name;
        for (list, most) in [("parents", 32), ("ancestors", 16)] {
            let entries = |status: &Value| status[list].as_array().cloned().unwrap_or_default();
            let foreign = |status: &Value| -> Vec<Value> {
                let is_foreign =
                    |entry: &Value| !vector.controllers.iter().any(|ours| entry["controllerName"] == **ours);
                entries(status).into_iter().filter(is_foreign).collect()
            };
            assert_eq!(foreign(&vector.stored), foreign(&vector.written), "{name}: foreign entries");
            assert!(entries(&vector.written).len() <= most, "{name}: {list}");
        }
        // Times are those that were stored, or now.
        let known = vector.stored.to_string();
        for time in times(&vector.written) {
            assert!(time == vector.now || known.contains(&time), "{name}: {time}");
        }
        assert!(times(&vector.desired).is_empty(), "{name}: what is desired has no times");
    }
}

/// All times of transitions in a status.
fn times(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("lastTransitionTime").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(times)).collect()
        }
        Value::Array(items) => items.iter().flat_map(times).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_vectors_cover_what_merging_is_about() {
    let vectors = vectors();
    assert!(vectors.len() >= 30, "{}", vectors.len());
    assert_names(vectors.iter().map(|vector| vector.name.as_str()));
    let counted = |is: &dyn Fn(&MergeVector) -> bool| vectors.iter().filter(|vector| is(vector)).count();
    assert!(counted(&|vector| vector.written.is_null()) >= 10, "what needs no write");
    assert!(counted(&|vector| !vector.refused.is_empty()) >= 4, "limits");
    assert!(counted(&|vector| vector.stored.is_null()) >= 3, "nothing stored");
    for kind in ["HTTPRoute", "BackendTLSPolicy", "Gateway", "GatewayClass"] {
        assert!(counted(&|vector| vector.kind == kind) >= 3, "{kind}");
    }
}
