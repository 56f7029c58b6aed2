use gateway_model::{
    ConditionStatus, GatewayStatusAddress, ListenerStatus, PolicyAncestorStatus, ResourceKind, RouteGroupKind,
    RouteParentStatus,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const OURS: &str = "example.com/ours";
const THEIRS: &str = "example.com/theirs";
const BEFORE: &str = "2026-01-01T00:00:00Z";
const NOW: &str = "2026-02-02T00:00:00Z";

fn now() -> Timestamp {
    Timestamp::new(NOW)
}

fn condition(kind: &str, status: &str, reason: &str, generation: i64, time: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "m", "observedGeneration": generation,
           "lastTransitionTime": time})
}

fn entry(parent: &str, controller: &str, conditions: Value) -> Value {
    json!({"parentRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": parent},
           "controllerName": controller, "conditions": conditions})
}

fn status<S: Status>(value: Value) -> S {
    serde_json::from_value(value).unwrap()
}

fn desired<S: Status>(kind: ResourceKind, controller: &str, value: Value) -> Desired<S> {
    let key = ObjectKey::new(kind, "shop", "x");
    Desired::new(key, Some(3), Controllers::from_iter([controller]), status(value))
}

fn route(parents: Value) -> Desired<RouteStatus> {
    desired(ResourceKind::HttpRoute, OURS, json!({"parents": parents}))
}

/// A condition as it is wanted: without a time.
fn wanted(kind: &str, status: &str, reason: &str) -> Value {
    condition(kind, status, reason, 3, "")
}

#[test]
fn only_what_must_change_changes() {
    let foreign = entry("a", THEIRS, json!([condition("Accepted", "False", "Odd", 1, "long ago")]));
    let own = |conditions: Value| entry("a", OURS, conditions);
    let accepted = |generation: i64, time: &str| condition("Accepted", "True", "Accepted", generation, time);
    let refused = |time: &str| condition("Accepted", "False", "NoMatchingParent", 3, time);
    let private = condition("example.com/Fast", "True", "Yes", 9, BEFORE);
    let partial = condition("PartiallyInvalid", "True", "UnsupportedValue", 3, BEFORE);
    let cases = [
        ("nothing there yet", json!([]), json!([accepted(3, "")]), Some(json!([own(json!([accepted(3, NOW)]))]))),
        (
            "the same, seen at an older generation: no transition",
            json!([foreign, own(json!([accepted(2, BEFORE)]))]),
            json!([accepted(3, "")]),
            Some(json!([foreign, own(json!([accepted(3, BEFORE)]))])),
        ),
        (
            "another status: a transition, in its place before a foreign entry",
            json!([own(json!([accepted(3, BEFORE)])), foreign]),
            json!([refused("")]),
            Some(json!([own(json!([refused(NOW)])), foreign])),
        ),
        ("the same", json!([foreign, own(json!([accepted(3, BEFORE)]))]), json!([accepted(3, "")]), None),
        (
            "a condition that nothing asks for goes, another's stays, a newer one of another's too",
            json!([own(json!([private, partial, accepted(3, BEFORE)]))]),
            json!([accepted(3, "")]),
            Some(json!([own(json!([private, accepted(3, BEFORE)]))])),
        ),
        (
            "a newer observation: the view is stale",
            json!([own(json!([condition("Accepted", "True", "Accepted", 4, BEFORE)]))]),
            json!([refused("")]),
            None,
        ),
        (
            "a newer observation of another controller does not matter",
            json!([entry("a", THEIRS, json!([accepted(9, BEFORE)]))]),
            json!([accepted(3, "")]),
            Some(json!([entry("a", THEIRS, json!([accepted(9, BEFORE)])), own(json!([accepted(3, NOW)]))])),
        ),
        (
            "twice in what is stored: once",
            json!([own(json!([accepted(3, BEFORE)])), own(json!([accepted(3, NOW)]))]),
            json!([accepted(3, "")]),
            Some(json!([own(json!([accepted(3, BEFORE)]))])),
        ),
        (
            "defaults of the reference written out or not, it is one parent",
            json!([{"parentRef": {"name": "a", "namespace": "shop"}, "controllerName": OURS, "conditions": [accepted(3, BEFORE)]}]),
            json!([accepted(3, "")]),
            Some(json!([own(json!([accepted(3, BEFORE)]))])),
        ),
    ];
    for (name, stored, conditions, expected) in cases {
        let stored: RouteStatus = status(json!({"parents": stored}));
        let merged = merge(Some(&stored), &route(json!([own(conditions)])), &now());
        let merged = merged.map(|merged| serde_json::to_value(merged).unwrap()["parents"].clone());
        assert_eq!(merged, expected, "{name}");
    }
}

#[test]
fn fields_of_later_versions_stay_in_foreign_entries_and_leave_ours() {
    let mut foreign = entry("a", THEIRS, json!([condition("Accepted", "True", "Accepted", 3, BEFORE)]));
    foreign["since"] = json!({"version": ["v9"]});
    foreign["conditions"][0]["severity"] = json!(3);
    let stored: RouteStatus = status(json!({"parents": [foreign]}));
    let merged = merge(
        Some(&stored),
        &route(json!([entry("b", OURS, json!([wanted("Accepted", "True", "Accepted")]))])),
        &now(),
    );
    assert_eq!(serde_json::to_value(merged.unwrap()).unwrap()["parents"][0], foreign);
}

#[test]
fn foreign_entries_keep_what_is_not_known_of_their_references_and_their_empty_lists() {
    let reference = json!({"name": "a", "weight": 3, "zone": {"names": ["z"], "strict": null}});
    let forms = [
        json!({"controllerName": THEIRS, "conditions": []}),
        json!({"controllerName": THEIRS}),
        json!({"controllerName": THEIRS, "since": "v9", "conditions": [condition("Accepted", "True", "Odd", 1, BEFORE)]}),
    ];
    for form in forms {
        let with = |name: &str| {
            let mut entry = form.clone();
            entry[name] = reference.clone();
            entry
        };
        let (parent, ancestor) = (with("parentRef"), with("ancestorRef"));
        let stored: RouteStatus = status(json!({"parents": [parent]}));
        let own = entry("a", OURS, json!([wanted("Accepted", "True", "Accepted")]));
        let merged = merge(Some(&stored), &route(json!([own])), &now()).unwrap();
        assert_eq!(serde_json::to_value(&merged).unwrap()["parents"][0], parent);
        let patch = crate::merge_patch(Some(&stored), &merged);
        assert_eq!(patch["status"]["parents"][0], parent, "patches replace lists as a whole");
        assert_eq!(crate::apply_object(&route(json!([])).object, &merged)["status"]["parents"][0], parent);

        let stored: PolicyStatus = status(json!({"ancestors": [ancestor]}));
        assert_eq!(serde_json::to_value(&stored).unwrap()["ancestors"][0], ancestor);
    }
}

#[test]
fn our_entries_for_parents_that_are_gone_go_and_others_stay() {
    let accepted = json!([condition("Accepted", "True", "Accepted", 3, BEFORE)]);
    let stored: RouteStatus = status(json!({"parents": [
        entry("gone", OURS, accepted.clone()), entry("gone", THEIRS, accepted.clone()), entry("a", OURS, accepted.clone()),
    ]}));
    let merged = merge(Some(&stored), &route(json!([])), &now()).unwrap();
    assert_eq!(serde_json::to_value(&merged).unwrap(), json!({"parents": [entry("gone", THEIRS, accepted)]}));
    assert_eq!(merge(Some(&merged), &route(json!([])), &now()), None);
    assert_eq!(merge(None, &route(json!([])), &now()), None, "nothing is written where nothing is to say");
}

#[test]
fn lists_are_maps_and_sets_whose_order_means_nothing() {
    let listener = |name: &str, kinds: Value, routes: i32| {
        json!({"name": name, "supportedKinds": kinds, "attachedRoutes": routes,
               "conditions": [wanted("Accepted", "True", "Accepted"), wanted("Programmed", "True", "Programmed")]})
    };
    let http = json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"});
    let grpc = json!({"kind": "GRPCRoute"});
    let wants: Desired<GatewayStatus> = desired(
        ResourceKind::Gateway,
        OURS,
        json!({"addresses": [{"type": "IPAddress", "value": "192.0.2.1"}, {"type": "Hostname", "value": "a.example.com"}],
               "conditions": [wanted("Accepted", "True", "Accepted"), wanted("Programmed", "True", "Programmed")],
               "listeners": [listener("a", json!([http, grpc]), 1), listener("b", json!([]), 0)],
               "attachedListenerSets": 0}),
    );
    let first = merge(None, &wants, &now()).unwrap();
    let mut shuffled = first.clone();
    shuffled.addresses.reverse();
    shuffled.addresses[1].r#type = None;
    shuffled.conditions.reverse();
    shuffled.listeners.reverse();
    shuffled.listeners[1].supported_kinds.as_mut().unwrap().reverse();
    shuffled.listeners[0].conditions.reverse();
    assert_eq!(merge(Some(&shuffled), &wants, &Timestamp::new("later")), None);

    // One count differs: nothing else moves.
    let mut more = wants.clone();
    more.status.listeners[0].attached_routes = 2;
    let merged = merge(Some(&shuffled), &more, &Timestamp::new("later")).unwrap();
    let mut expected = shuffled.clone();
    expected.listeners[1].attached_routes = 2;
    assert_eq!(merged, expected);

    // A listener that is gone goes, and reserved types that somebody else wrote stay.
    let mut odd = shuffled.clone();
    odd.listeners.push(ListenerStatus { name: "gone".to_owned(), ..ListenerStatus::default() });
    odd.conditions.push(Condition { r#type: "Ready".to_owned(), ..shuffled.conditions[0].clone() });
    odd.conditions
        .push(Condition { r#type: "InsecureFrontendValidationMode".to_owned(), ..shuffled.conditions[0].clone() });
    let merged = merge(Some(&odd), &wants, &Timestamp::new("later")).unwrap();
    let types: Vec<&str> = merged.conditions.iter().map(|condition| condition.r#type.as_str()).collect();
    assert_eq!((types, merged.listeners.len()), (vec!["Programmed", "Accepted", "Ready"], 2));
}

#[test]
fn a_full_list_takes_no_more_and_says_whom_it_has_no_room_for() {
    let ancestor = |name: &str, controller: &str| json!({"ancestorRef": {"name": name}, "controllerName": controller, "conditions": [wanted("Accepted", "True", "Accepted")]});
    let foreign: Vec<Value> = (0..14).map(|index| ancestor(&format!("f{index}"), THEIRS)).collect();
    let stored: PolicyStatus = status(json!({"ancestors": foreign}));
    let names = ["a", "b", "c", "d"];
    let wants: Vec<Value> = names.iter().map(|name| ancestor(name, OURS)).collect();
    let mut wants: Desired<PolicyStatus> = desired(ResourceKind::BackendTlsPolicy, OURS, json!({"ancestors": wants}));
    let shown = |status: &PolicyStatus| -> Vec<String> {
        status
            .ancestors
            .iter()
            .skip(14)
            .map(|entry| format!("{} {}", entry.ancestor_ref.name, entry.conditions[0].message))
            .collect()
    };
    let merged = merge(Some(&stored), &wants, &now()).unwrap();
    assert_eq!(shown(&merged), ["a m", "b m"]);
    let refused_names = |stored: &PolicyStatus, wants: &Desired<PolicyStatus>| -> Vec<String> {
        refused(Some(stored), wants).into_iter().map(|reference| reference.name).collect()
    };
    assert_eq!(refused_names(&stored, &wants), ["c", "d"]);
    assert_eq!(merge(Some(&merged), &wants, &now()), None);

    // What is stored keeps its place: `a` is wanted no more, so `c` takes its room and `b` stays.
    let mut fewer = wants.clone();
    fewer.status.ancestors.remove(0);
    let second = merge(Some(&merged), &fewer, &now()).unwrap();
    assert_eq!(shown(&second), ["b m", "c m"]);
    assert_eq!(refused_names(&merged, &fewer), ["d"]);

    wants.overflow = Overflow::Aggregate;
    let merged = merge(Some(&stored), &wants, &now()).unwrap();
    assert_eq!(shown(&merged), ["a m", "b m; the status has no room for c, d"]);
    assert_eq!(merge(Some(&merged), &wants, &now()), None);
}

#[test]
fn a_message_is_cut_between_characters_and_conditions_of_others_keep_their_room() {
    let long = "ß".repeat(MAX_MESSAGE);
    let mut accepted = wanted("Accepted", "True", "Accepted");
    accepted["message"] = long.into();
    let private: Vec<Value> =
        (0..7).map(|index| condition(&format!("example.com/C{index}"), "True", "Yes", 1, BEFORE)).collect();
    let stored: GatewayStatus = status(json!({"conditions": private}));
    let wants: Desired<GatewayStatus> = desired(
        ResourceKind::Gateway,
        OURS,
        json!({"conditions": [accepted, wanted("Programmed", "True", "Programmed")]}),
    );
    let merged = merge(Some(&stored), &wants, &now()).unwrap();
    assert_eq!(merged.conditions.len(), MAX_CONDITIONS);
    let message = &merged.conditions[7].message;
    assert!(message.len() <= MAX_MESSAGE && message.ends_with("ß ..."), "{} bytes", message.len());
    assert_eq!(merge(Some(&merged), &wants, &now()), None);
}

#[test]
fn kinds_without_a_list_of_kinds_and_addresses_without_a_type_are_read() {
    let kinds = Some(vec![RouteGroupKind { group: None, kind: "HTTPRoute".to_owned() }]);
    let stored = GatewayStatus {
        addresses: vec![GatewayStatusAddress { r#type: None, value: "192.0.2.1".to_owned() }],
        listeners: vec![ListenerStatus { name: "a".to_owned(), supported_kinds: None, ..ListenerStatus::default() }],
        ..GatewayStatus::default()
    };
    let mut wants = Desired::new(
        ObjectKey::new(ResourceKind::Gateway, "shop", "x"),
        None,
        Controllers::from_iter([OURS]),
        stored.clone(),
    );
    wants.status.listeners[0].supported_kinds.clone_from(&kinds);
    let merged = merge(Some(&stored), &wants, &now()).unwrap();
    assert_eq!(merged.listeners[0].supported_kinds, kinds);
}

const PARENTS: &[&str] = &["a", "b", "c", "d", "e"];

fn any_condition() -> impl Strategy<Value = Condition> {
    const KINDS: &[&str] = &["Accepted", "ResolvedRefs", "PartiallyInvalid", "example.com/Fast", "Ready"];
    (prop::sample::select(KINDS), any::<bool>(), 0..4_i64, 0..3_usize).prop_map(|(kind, holds, generation, text)| {
        Condition {
            r#type: kind.to_owned(),
            status: if holds { ConditionStatus::True } else { ConditionStatus::False },
            observed_generation: (generation > 0).then_some(generation),
            last_transition_time: Timestamp::new(format!("2026-01-0{}T00:00:00Z", text + 1)),
            reason: ["One", "Two", "Three"][text].to_owned(),
            message: ["", "m", "other"][text].to_owned(),
            ..Condition::default()
        }
    })
}

fn any_conditions() -> impl Strategy<Value = Vec<Condition>> {
    prop::collection::vec(any_condition(), 1..5).prop_map(|mut list| {
        let mut seen = BTreeSet::new();
        list.retain(|condition| seen.insert(condition.r#type.clone()));
        list
    })
}

fn any_entries(controllers: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<RouteParentStatus>> {
    let reference =
        (prop::sample::select(PARENTS), prop::option::of(0..12_i32), any::<bool>()).prop_map(|(name, port, kind)| {
            ParentReference {
                name: name.to_owned(),
                port,
                kind: kind.then(|| "Gateway".to_owned()),
                ..ParentReference::default()
            }
        });
    let entry = (reference, prop::sample::select(controllers), any_conditions()).prop_map(
        |(parent_ref, controller, conditions)| RouteParentStatus {
            parent_ref,
            controller_name: controller.to_owned(),
            conditions,
            ..RouteParentStatus::default()
        },
    );
    prop::collection::vec(entry, 0..most)
}

/// What a controller wants: only its own entries, of conditions that controllers write.
fn any_desired(controller: &'static str) -> impl Strategy<Value = Desired<RouteStatus>> {
    any_entries(if controller == OURS { &[OURS] } else { &[THEIRS] }, 40).prop_map(move |mut parents| {
        for entry in &mut parents {
            entry.conditions.retain(|condition| !matches!(condition.r#type.as_str(), "Ready" | "example.com/Fast"));
            for condition in &mut entry.conditions {
                condition.observed_generation = Some(3);
                condition.last_transition_time = Timestamp::default();
            }
        }
        let mut wants = route(json!([]));
        wants.controllers = Controllers::from_iter([controller]);
        wants.status = RouteStatus { parents };
        wants
    })
}

fn entries_of<'a>(status: &'a RouteStatus, controllers: &[&str]) -> Vec<&'a RouteParentStatus> {
    status.parents.iter().filter(|entry| controllers.contains(&entry.controller_name.as_str())).collect()
}

fn bytes(entries: &[&RouteParentStatus]) -> Vec<String> {
    entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect()
}

/// What a status says, whatever the order.
fn said(status: &RouteStatus) -> BTreeSet<String> {
    bytes(&status.parents.iter().collect::<Vec<_>>()).into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn merging_twice_is_merging_once(stored in any_entries(&[OURS, THEIRS, "x/y"], 40), wants in any_desired(OURS)) {
        let stored = RouteStatus { parents: stored };
        if let Some(merged) = merge(Some(&stored), &wants, &now()) {
            prop_assert_eq!(merge(Some(&merged), &wants, &Timestamp::new("later")), None);
        }
    }

    #[test]
    fn foreign_entries_stay_byte_for_byte_and_in_their_places(
        stored in any_entries(&[OURS, THEIRS, "x/y"], 40), wants in any_desired(OURS),
    ) {
        let stored = RouteStatus { parents: stored };
        let merged = merge(Some(&stored), &wants, &now()).unwrap_or_else(|| stored.clone());
        let foreign = [THEIRS, "x/y"];
        prop_assert_eq!(bytes(&entries_of(&merged, &foreign)), bytes(&entries_of(&stored, &foreign)));
        // A foreign entry moves up only by entries of ours that went.
        let place = |status: &RouteStatus, nth: usize| {
            status.parents.iter().enumerate().filter(|(_, entry)| entry.controller_name != OURS).nth(nth).map(|(at, _)| at)
        };
        for nth in 0..entries_of(&merged, &foreign).len() {
            prop_assert!(place(&merged, nth) <= place(&stored, nth));
        }
    }

    #[test]
    fn a_list_never_grows_beyond_its_bound(
        stored in any_entries(&[THEIRS, "x/y"], 40), wants in prop::collection::vec(any_desired(OURS), 1..4),
    ) {
        let bound = stored.len().max(MAX_PARENTS);
        let mut stored = RouteStatus { parents: stored };
        for wants in &wants {
            let distinct = merge(None, wants, &now()).unwrap_or_default().parents.len();
            let reported = refused(Some(&stored), wants).len();
            let Some(merged) = merge(Some(&stored), wants, &now()) else { continue };
            stored = merged;
            prop_assert!(stored.parents.len() <= bound, "{} entries", stored.parents.len());
            prop_assert!(entries_of(&stored, &[OURS]).len() + reported >= distinct, "what is not written is reported");
            prop_assert!(stored.parents.iter().all(|entry| entry.conditions.len() <= MAX_CONDITIONS));
        }
    }

    #[test]
    fn two_controllers_in_any_order_end_at_one_status_and_stop(
        stored in any_entries(&[OURS, THEIRS], 8), ours in any_desired(OURS), theirs in any_desired(THEIRS),
    ) {
        // Within the bound: which of the two comes first into a full list is theirs to race for.
        let trim = |mut wants: Desired<RouteStatus>| {
            wants.status.parents.truncate(12);
            wants
        };
        let (ours, theirs) = (trim(ours), trim(theirs));
        let run = |order: [&Desired<RouteStatus>; 2]| {
            let mut status = RouteStatus { parents: stored.clone() };
            let mut writes = 0;
            for wants in order.into_iter().cycle().take(8) {
                if let Some(merged) = merge(Some(&status), wants, &now()) {
                    writes += 1;
                    status = merged;
                }
            }
            (status, writes)
        };
        let (one, first) = run([&ours, &theirs]);
        let (other, second) = run([&theirs, &ours]);
        prop_assert_eq!(said(&one), said(&other));
        prop_assert!(first <= 2 && second <= 2, "{} and {} writes", first, second);
    }

    #[test]
    fn the_order_of_what_is_stored_makes_no_write(
        stored in any_entries(&[OURS, THEIRS], 12), wants in any_desired(OURS), turn in 0..12_usize,
    ) {
        let merged = merge(Some(&RouteStatus { parents: stored.clone() }), &wants, &now());
        let mut settled = merged.unwrap_or(RouteStatus { parents: stored });
        prop_assume!(merge(Some(&settled), &wants, &now()).is_none());
        prop_assume!(settled.parents.len() < MAX_PARENTS && !settled.parents.is_empty());
        let length = settled.parents.len();
        settled.parents.rotate_left(turn % length);
        settled.parents.iter_mut().for_each(|entry| entry.conditions.reverse());
        prop_assert_eq!(merge(Some(&settled), &wants, &now()), None);
    }

    #[test]
    fn times_change_only_with_statuses(stored in any_entries(&[OURS], 12), wants in any_desired(OURS)) {
        let before = RouteStatus { parents: stored };
        let Some(merged) = merge(Some(&before), &wants, &now()) else { return Ok(()) };
        for entry in &merged.parents {
            let old = before.parents.iter().find(|old| {
                old.parent_ref.name == entry.parent_ref.name && old.parent_ref.port == entry.parent_ref.port
            });
            for condition in &entry.conditions {
                let old = old.and_then(|old| old.conditions.iter().find(|old| old.r#type == condition.r#type));
                let stays = old.is_some_and(|old| old.status == condition.status);
                let expected = if stays { &old.unwrap().last_transition_time } else { &now() };
                prop_assert_eq!(&condition.last_transition_time, expected);
            }
        }
    }

    #[test]
    fn ancestors_are_bounded_too(names in prop::collection::vec(0..40_u8, 0..40)) {
        let ancestors = names.iter().map(|name| PolicyAncestorStatus {
            ancestor_ref: ParentReference::gateway(format!("g{name}")),
            controller_name: OURS.to_owned(),
            conditions: vec![gateway_model::legal!(Policy, Accepted, True, Accepted).with_message("m", Some(3))],
            ..PolicyAncestorStatus::default()
        });
        let wants: Desired<PolicyStatus> = Desired::new(
            ObjectKey::new(ResourceKind::BackendTlsPolicy, "shop", "x"),
            Some(3),
            Controllers::from_iter([OURS]),
            PolicyStatus { ancestors: ancestors.collect() },
        );
        let distinct = names.iter().collect::<BTreeSet<_>>().len();
        let merged = merge(None, &wants, &now()).unwrap_or_default();
        prop_assert_eq!(merged.ancestors.len(), distinct.min(MAX_ANCESTORS));
        prop_assert_eq!(refused(None, &wants).len(), distinct.saturating_sub(MAX_ANCESTORS));
    }
}
