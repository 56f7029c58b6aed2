//! What all kinds of status have in common.

use gateway_model::{ResourceKind, read_objects};
use serde_json::{Value, json};

use super::*;

const OURS: &str = "example.com/ours";
const NOW: &str = "2026-02-02T00:00:00Z";

fn condition(kind: &str, time: &str) -> Value {
    json!({"type": kind, "status": "True", "reason": kind, "message": "m", "observedGeneration": 3, "lastTransitionTime": time})
}

fn conditions(types: &[&str], time: &str) -> Value {
    types.iter().map(|kind| condition(kind, time)).collect()
}

fn object(kind: ResourceKind) -> ObjectKey {
    ObjectKey::new(kind, if kind.is_namespaced() { "shop" } else { "" }, "x")
}

fn desired<S: Status>(kind: ResourceKind, status: S) -> Desired<S> {
    Desired::new(object(kind), Some(3), Controllers::from_iter([OURS]), status)
}

fn read<S: Status>(status: &Value) -> S {
    serde_json::from_value(status.clone()).unwrap()
}

/// The resources with one object of a kind, and its status.
fn cluster(kind: ResourceKind, status: &Value) -> Resources {
    // What the specs of the kinds must have; each kind reads its own.
    let spec = json!({"controllerName": OURS, "gatewayClassName": "c", "parentRef": {"name": "g"}, "listeners": [],
        "targetRefs": [], "validation": {"hostname": "a.example.com"}, "type": "ExternalHostname", "port": {"port": 443}, "from": [], "to": []});
    let mut document =
        json!({"apiVersion": crate::api_version(kind), "kind": kind.as_str(), "metadata": {"name": "x"}, "spec": spec});
    if !status.is_null() {
        document["status"] = status.clone();
    }
    read_objects(document, "shop").into_iter().map(|read| read.object.unwrap()).collect()
}

fn assert_is_stored_by<S: Status>(kinds: &[ResourceKind], status: &Value) {
    let stores = |resources: &Resources, key: &ObjectKey| S::stored(resources, key).cloned();
    for kind in ResourceKind::all().filter(|kind| kind.group().contains("gateway")) {
        let resources = cluster(kind, status);
        let expected = kinds.contains(&kind).then(|| read::<S>(status));
        assert_eq!(stores(&resources, &object(kind)), expected, "{kind:?}");
        assert_eq!(stores(&resources, &ObjectKey::new(kind, "shop", "y")), None, "{kind:?}: another object");
        assert_eq!(stores(&cluster(kind, &Value::Null), &object(kind)), None, "{kind:?}: no status");
    }
}

#[test]
fn a_status_is_found_where_objects_of_its_kinds_store_it() {
    let accepted = json!({"conditions": conditions(&["Accepted"], NOW)});
    assert_is_stored_by::<GatewayClassStatus>(&[ResourceKind::GatewayClass], &accepted);
    assert_is_stored_by::<GatewayStatus>(&[ResourceKind::Gateway], &accepted);
    assert_is_stored_by::<ListenerSetStatus>(&[ResourceKind::ListenerSet], &accepted);
    assert_is_stored_by::<XMeshStatus>(&[ResourceKind::XMesh], &accepted);
    let routes: Vec<ResourceKind> = ResourceKind::all().filter(|kind| kind.as_str().ends_with("Route")).collect();
    assert_eq!(routes.len(), 5);
    let entry = json!({"controllerName": OURS, "conditions": conditions(&["Accepted"], NOW)});
    let with = |list: &str, reference: &str| {
        let mut entry = entry.clone();
        entry[reference] = json!({"name": "g"});
        json!({list: [entry]})
    };
    assert_is_stored_by::<RouteStatus>(&routes, &with("parents", "parentRef"));
    let policies = [ResourceKind::BackendTlsPolicy, ResourceKind::XBackendTrafficPolicy];
    assert_is_stored_by::<PolicyStatus>(&policies, &with("ancestors", "ancestorRef"));
}

/// Merges, and shows the merged status and what an apply of it sends.
fn merged_and_applied<S: Status>(kind: ResourceKind, stored: &Value, wanted: &Value) -> (Value, Value) {
    let merged = merge(Some(&read::<S>(stored)), &desired(kind, read::<S>(wanted)), &Timestamp::new(NOW)).unwrap();
    assert!(refused(Some(&read::<S>(stored)), &desired(kind, read::<S>(wanted))).is_empty(), "{kind:?}");
    let applied = crate::apply_object(&object(kind), &merged);
    (serde_json::to_value(merged).unwrap(), applied["status"].clone())
}

#[test]
fn conditions_of_others_stay_in_every_kind_and_are_not_applied_for_them() {
    let before = "2026-01-01T00:00:00Z";
    let feature = json!({"name": "Gateway"});
    let stored = || conditions(&["example.com/Fast", "Accepted"], before);
    let wanted = || conditions(&["Accepted"], "");
    let listener = |conditions: Value| json!({"name": "l", "attachedRoutes": 1, "conditions": conditions});
    let (own, all) = (|| conditions(&["Accepted"], before), stored);

    let classes = merged_and_applied::<GatewayClassStatus>(
        ResourceKind::GatewayClass,
        &json!({"conditions": stored()}),
        &json!({"conditions": wanted(), "supportedFeatures": [feature]}),
    );
    let expected = |conditions: Value| json!({"conditions": conditions, "supportedFeatures": [feature]});
    assert_eq!(classes, (expected(all()), expected(own())));

    let meshes = merged_and_applied::<XMeshStatus>(
        ResourceKind::XMesh,
        &json!({"conditions": stored()}),
        &json!({"conditions": wanted(), "supportedFeatures": [feature]}),
    );
    assert_eq!(meshes, (expected(all()), expected(own())));

    let address = json!({"type": "IPAddress", "value": "192.0.2.1"});
    let gateways = merged_and_applied::<GatewayStatus>(
        ResourceKind::Gateway,
        &json!({"conditions": stored(), "listeners": [listener(stored())]}),
        &json!({"conditions": wanted(), "listeners": [listener(wanted())], "addresses": [address], "attachedListenerSets": 2}),
    );
    let expected = |conditions: Value| {
        json!({"conditions": conditions, "listeners": [listener(conditions.clone())], "addresses": [address],
               "attachedListenerSets": 2})
    };
    assert_eq!(gateways, (expected(all()), expected(own())));

    let sets = merged_and_applied::<ListenerSetStatus>(
        ResourceKind::ListenerSet,
        &json!({"conditions": stored(), "listeners": []}),
        &json!({"conditions": wanted(), "listeners": [listener(wanted())]}),
    );
    let new = || conditions(&["Accepted"], NOW);
    assert_eq!(
        sets,
        (
            json!({"conditions": all(), "listeners": [listener(new())]}),
            json!({"conditions": own(), "listeners": [listener(new())]})
        )
    );

    // Entries are an atomic list: sent as a whole.
    let entry = |reference: &str, conditions: Value| json!({reference: {"name": "g"}, "controllerName": OURS, "conditions": conditions});
    let routes = merged_and_applied::<RouteStatus>(
        ResourceKind::HttpRoute,
        &json!({"parents": []}),
        &json!({"parents": [entry("parentRef", wanted())]}),
    );
    let expected = json!({"parents": [entry("parentRef", new())]});
    assert_eq!(routes, (expected.clone(), expected));
    let policies = merged_and_applied::<PolicyStatus>(
        ResourceKind::BackendTlsPolicy,
        &json!({"ancestors": []}),
        &json!({"ancestors": [entry("ancestorRef", wanted())]}),
    );
    let expected = json!({"ancestors": [entry("ancestorRef", new())]});
    assert_eq!(policies, (expected.clone(), expected));
}

#[test]
fn nothing_is_written_over_what_saw_a_newer_generation_in_any_place() {
    let seen = |generation: i64| {
        let mut condition = condition("Accepted", "2026-01-01T00:00:00Z");
        condition["observedGeneration"] = generation.into();
        json!([condition])
    };
    fn writes<S: Status>(kind: ResourceKind, stored: &Value, wanted: &Value) -> bool {
        merge(Some(&read::<S>(stored)), &desired(kind, read::<S>(wanted)), &Timestamp::new(NOW)).is_some()
    }
    for (generation, expected) in [(2, true), (4, false)] {
        let own = |conditions: Value| json!({"conditions": conditions});
        let of_listener =
            |conditions: Value| json!({"listeners": [{"name": "l", "attachedRoutes": 0, "conditions": conditions}]});
        let entry = |list: &str, reference: &str, conditions: Value| json!({list: [{reference: {"name": "g"}, "controllerName": OURS, "conditions": conditions}]});
        let (old, new) = (seen(generation), seen(3));
        let found = [
            writes::<GatewayClassStatus>(ResourceKind::GatewayClass, &own(old.clone()), &own(new.clone())),
            writes::<XMeshStatus>(ResourceKind::XMesh, &own(old.clone()), &own(new.clone())),
            writes::<GatewayStatus>(ResourceKind::Gateway, &own(old.clone()), &own(new.clone())),
            writes::<GatewayStatus>(ResourceKind::Gateway, &of_listener(old.clone()), &of_listener(new.clone())),
            writes::<ListenerSetStatus>(ResourceKind::ListenerSet, &own(old.clone()), &own(new.clone())),
            writes::<ListenerSetStatus>(
                ResourceKind::ListenerSet,
                &of_listener(old.clone()),
                &of_listener(new.clone()),
            ),
            writes::<RouteStatus>(
                ResourceKind::HttpRoute,
                &entry("parents", "parentRef", old.clone()),
                &entry("parents", "parentRef", new.clone()),
            ),
            writes::<PolicyStatus>(
                ResourceKind::BackendTlsPolicy,
                &entry("ancestors", "ancestorRef", old),
                &entry("ancestors", "ancestorRef", new),
            ),
        ];
        assert_eq!(found, [expected; 8], "generation {generation}");
    }
}

#[test]
fn the_bounds_are_those_of_the_specification() {
    assert_eq!((MAX_PARENTS, MAX_ANCESTORS, MAX_CONDITIONS, MAX_MESSAGE), (32, 16, 8, 32_768));
}

#[test]
fn a_message_that_fits_stays_whole_and_a_longer_one_ends_before_the_character_that_does_not() {
    const MORE: &str = " ...";
    let room = MAX_MESSAGE - MORE.len();
    let cases = [
        ("x".repeat(MAX_MESSAGE), "x".repeat(MAX_MESSAGE)),
        ("x".repeat(MAX_MESSAGE + 1), "x".repeat(room) + MORE),
        ("x".to_owned() + &"ß".repeat(MAX_MESSAGE), "x".to_owned() + &"ß".repeat((room - 1) / 2) + MORE),
        ("€".repeat(MAX_MESSAGE), "€".repeat(room / 3) + MORE),
    ];
    for (message, expected) in cases {
        let mut accepted = condition("Accepted", "");
        accepted["message"] = message.into();
        let wants = desired(ResourceKind::Gateway, read::<GatewayStatus>(&json!({"conditions": [accepted]})));
        let merged = merge(None, &wants, &Timestamp::new(NOW)).unwrap();
        let found = &merged.conditions[0].message;
        assert!(*found == expected, "{} bytes, {} expected, ends {:?}", found.len(), expected.len(), found.get(room..));
    }
}

#[test]
fn a_type_that_is_stored_twice_is_kept_once() {
    let stored = json!({"conditions": [condition("Accepted", "2026-01-01T00:00:00Z"), condition("Accepted", NOW)]});
    let wanted = json!({"conditions": conditions(&["Accepted"], "")});
    let (merged, _) = merged_and_applied::<GatewayStatus>(ResourceKind::Gateway, &stored, &wanted);
    assert_eq!(merged["conditions"], conditions(&["Accepted"], "2026-01-01T00:00:00Z"));
}
