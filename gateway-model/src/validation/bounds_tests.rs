//! What stands at a bound, and one beyond it.

use serde_json::{Value, json};

use super::constraint::Channel;
use super::metadata::Metadata;
use super::structure::shown;
use super::{Report, Validation, validate_value};

fn judge(object: &Value) -> Report {
    validate_value(object, &Validation::new(Channel::Standard)).unwrap()
}

fn route(metadata: Value) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": {}})
}

fn codes(report: &Report) -> Vec<String> {
    report.errors.iter().map(|error| format!("{} {}", error.path, error.code)).collect()
}

fn named(rest: Value) -> Value {
    let mut metadata = json!({"name": "a"});
    metadata.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    route(metadata)
}

#[test]
fn metadata_may_be_as_long_as_its_bounds() {
    let label = |length: usize| "l".repeat(length);
    let name = |length: usize| "n".repeat(length);
    let annotated = |bytes: usize| named(json!({"annotations": {"a": "v".repeat(bytes - 1)}}));
    let cases = [
        (route(json!({"name": name(253)})), None),
        (route(json!({"name": name(254)})), Some("metadata.name metadata-name-malformed")),
        (named(json!({"namespace": label(63)})), None),
        (named(json!({"namespace": label(64)})), Some("metadata.namespace metadata-namespace-malformed")),
        (named(json!({"labels": {"a": label(63)}})), None),
        (named(json!({"labels": {"a": label(64)}})), Some("metadata.labels metadata-label-malformed")),
        (named(json!({"labels": {label(63): ""}})), None),
        (named(json!({"labels": {label(64): ""}})), Some("metadata.labels metadata-label-malformed")),
        (named(json!({"labels": {format!("{}/a", name(253)): ""}})), None),
        (named(json!({"labels": {format!("{}/a", name(254)): ""}})), Some("metadata.labels metadata-label-malformed")),
        (named(json!({"labels": {"/a": ""}})), Some("metadata.labels metadata-label-malformed")),
        (named(json!({"labels": {"a/": ""}})), Some("metadata.labels metadata-label-malformed")),
        (annotated(256 * 1024), None),
        (annotated(256 * 1024 + 1), Some("metadata.annotations metadata-annotations-too-long")),
    ];
    for (object, expected) in cases {
        let found = codes(&judge(&object));
        let shown: String = object["metadata"].to_string().chars().take(120).collect();
        assert_eq!(found.first().map(String::as_str), expected, "{shown}: {found:?}");
    }
}

#[test]
fn a_name_is_made_from_as_much_of_its_prefix_as_there_is_room_for() {
    // The prefix is cut between characters, and what is left must be a name.
    let cases = [
        ("a".repeat(300), vec!["metadata.generateName metadata-name-malformed"]),
        ("a".repeat(58), vec![]),
        ("a".repeat(57) + "ä", vec!["metadata.generateName metadata-name-malformed"]),
    ];
    for (prefix, expected) in cases {
        let found = codes(&judge(&route(json!({"generateName": prefix}))));
        assert_eq!(found, expected, "{prefix}");
    }
}

#[test]
fn owners_are_no_events_and_one_of_them_controls() {
    let owner = |rest: Value| {
        let mut owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "n", "uid": "u"});
        owner.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        owner
    };
    let controller = || owner(json!({"controller": true}));
    let malformed = "metadata.ownerReferences metadata-owner-malformed";
    let cases = [
        (json!([owner(json!({}))]), vec![]),
        (json!([owner(json!({"apiVersion": "v1", "kind": "Event"}))]), vec![malformed]),
        (json!([owner(json!({"apiVersion": "v1", "kind": "Pod"}))]), vec![]),
        (json!([owner(json!({"apiVersion": "events.k8s.io/v1", "kind": "Event"}))]), vec![]),
        (json!([controller()]), vec![]),
        (json!([controller(), owner(json!({"controller": false}))]), vec![]),
        (json!([controller(), controller()]), vec![malformed]),
        (json!([controller(), controller(), controller()]), vec![malformed; 2]),
    ];
    for (owners, expected) in cases {
        let found = codes(&judge(&named(json!({"ownerReferences": owners}))));
        assert_eq!(found, expected, "{owners}");
    }
}

#[test]
fn finalizers_that_exclude_each_other_are_told_together_alone() {
    for (finalizers, expected) in [
        (json!(["orphan"]), 0),
        (json!(["foregroundDeletion"]), 0),
        (json!(["orphan", "foregroundDeletion"]), 1),
        (json!(["orphan", "example.com/x"]), 0),
    ] {
        let found = codes(&judge(&named(json!({"finalizers": finalizers}))));
        assert_eq!(found.len(), expected, "{finalizers}: {found:?}");
    }
}

#[test]
fn an_update_leaves_alone_what_it_does_not_say() {
    let told = |old: Value, new: Value| {
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        Metadata { namespaced: true, errors: &mut errors, warnings: &mut warnings }.check(Some(&new), Some(&old));
        errors.into_iter().map(|error| format!("{} {}", error.path, error.code)).collect::<Vec<_>>()
    };
    let with = |rest: Value| named(rest)["metadata"].clone();
    let deleted =
        |finalizers: Value| with(json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers}));
    let cases = [
        (with(json!({"uid": "1"})), with(json!({"uid": "1"})), vec![]),
        (with(json!({"uid": "1"})), with(json!({"uid": "2"})), vec!["metadata.uid metadata-immutable"]),
        (with(json!({"uid": "1"})), with(json!({"uid": ""})), vec![]),
        (with(json!({"uid": "1"})), with(json!({"uid": null})), vec![]),
        (with(json!({"uid": "1"})), with(json!({})), vec![]),
        (deleted(json!(["a/b"])), deleted(json!(["a/b"])), vec![]),
        (deleted(json!(["a/b"])), deleted(json!([])), vec![]),
        (deleted(json!(["a/b"])), deleted(json!(["a/b", "a/c"])), vec!["metadata.finalizers metadata-finalizer-added"]),
        (with(json!({"finalizers": []})), with(json!({"finalizers": ["a/b"]})), vec![]),
        (
            with(json!({"finalizers": [], "deletionTimestamp": null})),
            with(json!({"finalizers": ["a/b"], "deletionTimestamp": null})),
            vec![],
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(old.clone(), new.clone()), expected, "{old} to {new}");
    }
}

#[test]
fn numbers_pass_for_whole_ones_as_an_api_server_has_it() {
    let port = |port: Value| {
        let listener = json!({"name": "a", "port": port, "protocol": "HTTP"});
        let spec = json!({"gatewayClassName": "c", "listeners": [listener]});
        let report = judge(
            &json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "x"}, "spec": spec}),
        );
        report.errors.iter().filter(|error| error.path.ends_with("port")).map(|error| error.code).collect::<Vec<_>>()
    };
    let cases: [(Value, &[&str]); 16] = [
        (json!(1), &[]),
        (json!(1.0), &[]),
        (json!(0.0), &["number-too-small"]),
        (json!(65_535.0), &[]),
        (json!(2_147_483_647.0), &["number-too-large"]),
        (json!(2_147_483_648.0), &["integer-out-of-range", "number-too-large"]),
        (json!(65_535), &[]),
        (json!(0), &["number-too-small"]),
        (json!(65_536), &["number-too-large"]),
        (json!(80.0), &[]),
        (json!(80.5), &["wrong-type", "integer-out-of-range"]),
        // Close above a whole number passes for one, and does not fit.
        (json!(8_080.000_001), &["integer-out-of-range"]),
        (json!(8_080.001), &["wrong-type", "integer-out-of-range"]),
        (json!(8_079.999_999), &["wrong-type", "integer-out-of-range"]),
        (json!(2_147_483_648_i64), &["integer-out-of-range", "number-too-large"]),
        (json!(1e300), &["wrong-type", "integer-out-of-range", "number-too-large"]),
    ];
    for (given, expected) in cases {
        assert_eq!(port(given.clone()), expected, "{given}");
    }
}

#[test]
fn messages_show_what_is_there_and_cut_what_is_long() {
    let cases = [
        ("a", "a".to_owned()),
        ("", String::new()),
        ("a\nb\u{1b}", "a\\nb\\u{1b}".to_owned()),
        (&"ä".repeat(80), "ä".repeat(80)),
        (&"ä".repeat(81), "ä".repeat(80) + "…"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
    let wrong = |hostname: Value| {
        let object = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"},
            "spec": {"hostnames": [hostname]}});
        judge(&object).errors[0].message.clone()
    };
    let cases = [
        (json!(true), "must be a text, not true: put it in quotes"),
        (json!(7), "must be a text, not 7: put it in quotes"),
        (json!(null), "must be a text, not null"),
        (json!([]), "must be a text, not a list"),
        (json!({}), "must be a text, not an object"),
    ];
    for (given, expected) in cases {
        assert_eq!(wrong(given.clone()), expected, "{given}");
    }
    let object = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"},
        "spec": {"rules": "all"}});
    assert_eq!(judge(&object).errors[0].message, "must be a list, not `all`");
}

#[test]
fn versions_that_are_deprecated_are_told_with_the_newest() {
    let object = json!({"apiVersion": "gateway.networking.k8s.io/v1alpha2", "kind": "TLSRoute", "metadata": {"name": "x"},
        "spec": {"hostnames": ["a.example.com"], "rules": [{"backendRefs": [{"name": "b", "port": 80}]}]}});
    let report = validate_value(&object, &Validation::new(Channel::Experimental)).unwrap();
    let warning = report.warnings.iter().find(|warning| warning.code == "version-deprecated");
    assert!(
        warning.is_some_and(|warning| warning.message.contains("gateway.networking.k8s.io/v1")),
        "{:?}",
        report.warnings
    );
}
