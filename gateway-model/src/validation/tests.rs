//! What validation promises, by table. The comparison with an API server is in `conformance/`.

use serde_json::{Value, json};

use super::constraint::{Channel, Schema, Shape};
use super::kinds::KINDS;
use super::{ErrorType, Report, Validation, served_versions, structural_schema, validate_value, warnings_across};
use crate::key::ResourceKind;

fn object(kind: &str, version: &str, spec: Value) -> Value {
    json!({"apiVersion": format!("gateway.networking.k8s.io/{version}"), "kind": kind, "metadata": {"name": "x"}, "spec": spec})
}

fn judge(object: &Value, validation: &Validation<'_>) -> Report {
    validate_value(object, validation).unwrap_or_else(|error| panic!("{object}: {error}"))
}

/// Paths and codes of the errors.
fn told(report: &Report) -> Vec<String> {
    report.errors.iter().map(|error| format!("{} {}", error.path, error.code)).collect()
}

fn warned(report: &Report) -> Vec<String> {
    report.warnings.iter().map(|warning| format!("{} {}", warning.path, warning.code)).collect()
}

fn standard(object: &Value) -> Report {
    judge(object, &Validation::new(Channel::Standard))
}

#[test]
fn single_values_are_judged_as_the_server_tells_them() {
    let listener = |fields: Value| {
        let mut listener = json!({"name": "a", "port": 80, "protocol": "HTTP"});
        listener.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        object("Gateway", "v1", json!({"gatewayClassName": "c", "listeners": [listener]}))
    };
    let options = |count: usize| -> Value { (0..count).map(|n| (format!("a/{n}"), json!("b"))).collect() };
    let cases: &[(Value, &[&str])] = &[
        (json!({}), &[]),
        (json!({"port": 80.5}), &["port wrong-type", "port integer-out-of-range"]),
        (json!({"port": 0}), &["port number-too-small"]),
        (json!({"port": 65536}), &["port number-too-large"]),
        (json!({"port": 4_294_967_296_i64}), &["port integer-out-of-range", "port number-too-large"]),
        (json!({"port": "80"}), &["port wrong-type"]),
        (json!({"port": null}), &["port required"]),
        // The schema takes it, and the rules that read it do not.
        (json!({"port": 80.0}), &[" listener-repeated"]),
        (json!({"name": ""}), &["name text-too-short"]),
        (json!({"name": "A"}), &["name text-malformed"]),
        (json!({"name": "ä".repeat(254)}), &["name text-too-long"]),
        (json!({"name": "ä".repeat(253)}), &["name text-malformed"]),
        (json!({"hostname": null, "tls": null}), &[]),
        (json!({"tls": {"mode": "terminate"}}), &["tls.mode unsupported-value"]),
        (json!({"tls": {"mode": 7}}), &["tls.mode wrong-type", "tls.mode unsupported-value"]),
        (json!({"tls": []}), &["tls wrong-type"]),
        (json!({"tls": {"options": {"a/b": 1}}}), &["tls.options.a/b wrong-type"]),
        (json!({"protocol": "TLS", "tls": {"mode": "Passthrough", "options": options(16)}}), &[]),
        (json!({"tls": {"options": options(17)}}), &["tls.options map-too-many"]),
        (
            json!({"port": 0, "tls": {}}),
            &["port number-too-small", " listener-tls-forbidden", "tls tls-certificates-missing"],
        ),
        // Everything is told where nothing is in the way.
        (json!({"tls": {}}), &[" listener-tls-forbidden", "tls tls-certificates-missing"]),
        (json!({"allowedRoutes": {"namespaces": {"from": null}}}), &[]),
    ];
    for (fields, expected) in cases {
        let report = standard(&listener(fields.clone()));
        let expected: Vec<_> = expected
            .iter()
            .map(|expected| match expected.strip_prefix(' ') {
                Some(code) => format!("spec.listeners {code}"),
                None => format!("spec.listeners[0].{expected}"),
            })
            .collect();
        assert_eq!(told(&report), expected, "{fields}");
    }
}

#[test]
fn items_that_repeat_another_are_told_once_at_their_second_place() {
    let header = |name: Value| json!({"name": name, "value": "v"});
    let route = |headers: Value, remove: Value| {
        object(
            "HTTPRoute",
            "v1",
            json!({"rules": [{
                "matches": [{"headers": headers}],
                "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": remove}}]
            }]}),
        )
    };
    let (headers, remove) =
        ("spec.rules[0].matches[0].headers", "spec.rules[0].filters[0].requestHeaderModifier.remove");
    let cases = [
        (json!([header(json!("a")), header(json!("A"))]), json!(["a", "A"]), vec![]),
        (
            json!([header(json!("a")), header(json!("b")), header(json!("a")), header(json!("a"))]),
            json!(["x", "x", "x"]),
            vec![format!("{headers}[2] list-duplicate"), format!("{remove}[1] list-duplicate")],
        ),
        (
            json!([{"value": "v"}, {"value": "w"}]),
            json!([]),
            vec![
                format!("{headers}[0].name required"),
                format!("{headers}[1].name required"),
                format!("{headers}[1] list-duplicate"),
            ],
        ),
        (
            json!([null, 7]),
            json!([]),
            vec![
                format!("{headers}[0] wrong-type"),
                format!("{headers}[1] wrong-type"),
                format!("{headers}[1] list-item-not-an-object"),
            ],
        ),
    ];
    for (given, removed, mut expected) in cases {
        let mut told = told(&standard(&route(given.clone(), removed)));
        told.sort();
        expected.sort();
        assert_eq!(told, expected, "{given}");
    }
}

#[test]
fn the_schema_is_that_of_the_version_and_the_channel() {
    let tls =
        |version: &str| object("TLSRoute", version, json!({"rules": [{"backendRefs": [{"name": "b", "port": 1}]}]}));
    let http = object(
        "HTTPRoute",
        "v1",
        json!({"useDefaultGateways": "None", "x": 1, "rules": [{"retry": {"attempts": 0}, "é": 2}]}),
    );
    let backend =
        json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": "XBackend", "metadata": {"name": "x"}});
    let cases = [
        (&tls("v1"), Channel::Standard, vec!["spec.hostnames required"], vec![]),
        (&tls("v1alpha2"), Channel::Standard, vec!["apiVersion version-not-served"], vec![]),
        (&tls("v1alpha2"), Channel::Experimental, vec![], vec!["apiVersion version-deprecated"]),
        (&tls("v7"), Channel::Experimental, vec!["apiVersion version-not-served"], vec![]),
        (
            &http,
            Channel::Standard,
            vec![],
            vec![
                "spec.rules[0].retry unknown-field",
                "spec.rules[0].é unknown-field",
                "spec.useDefaultGateways unknown-field",
                "spec.x unknown-field",
            ],
        ),
        (
            &http,
            Channel::Experimental,
            vec!["spec.rules[0].retry.attempts number-too-small"],
            vec!["spec.rules[0].é unknown-field", "spec.x unknown-field"],
        ),
        (&backend, Channel::Standard, vec!["apiVersion version-not-served"], vec![]),
        (&backend, Channel::Experimental, vec!["spec required"], vec![]),
    ];
    for (object, channel, errors, warnings) in cases {
        let report = judge(object, &Validation::new(channel));
        assert_eq!(told(&report), errors, "{object} {channel}");
        let mut given = warned(&report);
        given.sort();
        assert_eq!(given, warnings, "{object} {channel}");
    }
    let other = json!({"apiVersion": "v1", "kind": "Service"});
    assert_eq!(validate_value(&other, &Validation::default()).unwrap_err().kind, "v1 Service");
    assert!(validate_value(&json!([]), &Validation::default()).is_err());
}

#[test]
fn updates_keep_what_is_immutable_and_are_not_judged_for_what_they_leave_alone() {
    let class = |controller: &str, description: &str| {
        object("GatewayClass", "v1", json!({"controllerName": controller, "description": description}))
    };
    let long = "x".repeat(65);
    let cases = [
        (class("a.b/c", ""), class("a.b/c", "new"), vec![]),
        (class("a.b/c", ""), class("a.b/d", ""), vec!["spec.controllerName controller-name-immutable"]),
        (class("a.b/c", &long), class("a.b/c", &long), vec![]),
        (class("a.b/c", &long), class("a.b/d", &long), vec!["spec.controllerName controller-name-immutable"]),
        (class("a.b/c", "y"), class("a.b/d", &long), vec!["spec.description text-too-long"]),
    ];
    for (old, new, expected) in &cases {
        let report = judge(new, &Validation::new(Channel::Standard).update(old));
        assert_eq!(told(&report), *expected, "{new}");
    }
    let gateway = |listeners: Value| object("Gateway", "v1", json!({"gatewayClassName": "c", "listeners": listeners}));
    let (a, b) =
        (json!({"name": "a", "port": 0, "protocol": "HTTP"}), json!({"name": "b", "port": 0, "protocol": "UDP"}));
    let old = gateway(json!([a]));
    let report = judge(&gateway(json!([b, a])), &Validation::new(Channel::Standard).update(&old));
    assert_eq!(told(&report), ["spec.listeners[0].port number-too-small"], "items correspond by their keys");
    // A rule that a Gateway breaks since before it was known.
    let old = gateway(json!([{"name": "a", "port": 80, "protocol": "HTTP", "tls": {"mode": "Passthrough"}}]));
    let broken = judge(&old, &Validation::new(Channel::Standard));
    let mut new = old.clone();
    new["spec"]["gatewayClassName"] = json!("d");
    let report = judge(&new, &Validation::new(Channel::Standard).update(&old));
    assert_eq!((told(&broken).len(), told(&report)), (1, vec![]), "the listeners are as they were");
    new["spec"]["listeners"][0]["port"] = json!(81);
    let report = judge(&new, &Validation::new(Channel::Standard).update(&old));
    assert_eq!(told(&report), told(&broken), "the listeners are others");
    let with = |field: &str, value: Value| {
        gateway(json!([{"name": "a", "port": 80, "protocol": "HTTP", "tls": {"mode": "Passthrough", field: value}}]))
    };
    let (old, new) = (with("options", json!({"a/b": "c"})), with("certificateRefs", json!([{"name": "s"}])));
    let report = judge(&new, &Validation::new(Channel::Standard).update(&old));
    assert_eq!(told(&report), ["spec.listeners listener-tls-forbidden"], "one field has come and another gone");
    let mut renamed = old.clone();
    renamed["metadata"]["name"] = json!("y");
    let report = judge(&renamed, &Validation::new(Channel::Standard).update(&old));
    assert_eq!(told(&report), ["metadata.name metadata-immutable"]);
}

#[test]
fn an_update_of_the_status_is_judged_by_the_status_alone() {
    let route = |spec: Value, status: Value| {
        let mut route = object("HTTPRoute", "v1", spec);
        route["status"] = status;
        route
    };
    let old = route(json!({}), json!(null));
    let new = route(
        json!({"rules": 7}),
        json!({"parents": [{"parentRef": {"name": "g"}, "controllerName": "a.b/c", "conditions": []}]}),
    );
    let report = judge(&new, &Validation::new(Channel::Standard).status_update(&old));
    assert_eq!(told(&report), ["status.parents[0].conditions list-too-short"]);
    let valid = route(json!({}), json!({"parents": []}));
    let report = judge(&new, &Validation::new(Channel::Standard).status_update(&valid));
    assert_eq!(told(&report), ["status.parents[0].conditions list-too-short"], "there was a status before");
    let report = judge(&new, &Validation::new(Channel::Standard).status_update(&new));
    assert!(report.is_valid(), "the status is as it was: {report:?}");
    // An API server looks at the format of a text alone, and takes a list for a point in time.
    let at = |time: Value| {
        let condition = json!({"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": time});
        route(
            json!({}),
            json!({"parents": [{"parentRef": {"name": "g"}, "controllerName": "a.b/c", "conditions": [condition]}]}),
        )
    };
    let path = "status.parents[0].conditions[0].lastTransitionTime";
    for (time, expected) in [
        (json!("2026-01-31T12:00:00Z"), vec![]),
        (json!([]), vec![]),
        (json!("yesterday"), vec![format!("{path} date-time-malformed")]),
        (json!(7), vec![format!("{path} wrong-type")]),
    ] {
        let report = judge(&at(time.clone()), &Validation::new(Channel::Standard).status_update(&old));
        assert_eq!(told(&report), expected, "{time}");
    }
}

#[test]
fn rules_look_into_the_lists_of_an_http_routes_rules() {
    let redirect = json!([{"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example.com"}}]);
    let backends = json!([{"name": "s", "port": 80}]);
    let matches = |count: usize| json!({"matches": (0..count).map(|n| json!({"path": {"value": format!("/{n}")}})).collect::<Vec<_>>()});
    let cases = [
        (json!([{"filters": redirect}]), vec![]),
        (json!([{"filters": redirect, "backendRefs": backends}]), vec!["spec.rules[0] redirect-with-backends"]),
        (json!([matches(64), matches(64)]), vec![]),
        (json!([matches(64), matches(64), matches(1)]), vec!["spec.rules route-too-many-matches"]),
    ];
    for (rules, expected) in cases {
        let report = standard(&object("HTTPRoute", "v1", json!({"rules": rules})));
        assert_eq!(told(&report), expected, "{rules}");
    }
}

#[test]
fn an_error_of_a_rule_shows_the_value_where_it_is_no_object_and_no_list() {
    let class = |controller: &str| object("GatewayClass", "v1", json!({"controllerName": controller}));
    let old = class("a.b/c");
    let report = judge(&class("a.b/d"), &Validation::new(Channel::Standard).update(&old));
    assert_eq!(report.errors[0].value, Some(json!("a.b/d")));
    let tls = json!({"mode": "Terminate"});
    let listeners = json!([{"name": "a", "port": 443, "protocol": "HTTPS", "tls": tls}]);
    let report = standard(&object("Gateway", "v1", json!({"gatewayClassName": "c", "listeners": listeners})));
    let found: Vec<_> = report.errors.iter().map(|error| (&*error.path, &error.value)).collect();
    assert_eq!(found, [("spec.listeners[0].tls", &None)], "an object");
    let listeners =
        json!([{"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 80, "protocol": "HTTP"}]);
    let report = standard(&object("Gateway", "v1", json!({"gatewayClassName": "c", "listeners": listeners})));
    let found: Vec<_> = report.errors.iter().map(|error| (&*error.path, &error.value)).collect();
    assert_eq!(found, [("spec.listeners", &None)], "a list");
}

#[test]
fn errors_and_channels_have_the_names_of_the_api() {
    let names = [
        (ErrorType::Invalid, "FieldValueInvalid"),
        (ErrorType::Required, "FieldValueRequired"),
        (ErrorType::NotSupported, "FieldValueNotSupported"),
        (ErrorType::TooLong, "FieldValueTooLong"),
        (ErrorType::TooMany, "FieldValueTooMany"),
        (ErrorType::TypeInvalid, "FieldValueTypeInvalid"),
        (ErrorType::Duplicate, "FieldValueDuplicate"),
        (ErrorType::Forbidden, "FieldValueForbidden"),
    ];
    for (error, name) in names {
        assert_eq!(error.to_string(), name);
    }
    assert_eq!(Channel::ALL.map(|channel| channel.to_string()), ["standard", "experimental"]);
}

#[test]
fn each_version_that_a_channel_serves_has_a_schema() {
    for channel in Channel::ALL {
        for (kind, version) in served_versions(channel) {
            assert!(structural_schema(kind, version, channel).is_some(), "{kind} {version}, {channel}");
        }
    }
    let of = |channel, wanted| {
        let served = served_versions(channel).filter(move |(kind, _)| *kind == wanted);
        served.map(|(_, version)| version).collect::<Vec<_>>()
    };
    assert_eq!(of(Channel::Standard, ResourceKind::HttpRoute), ["v1", "v1beta1"]);
    assert_eq!(of(Channel::Standard, ResourceKind::XMesh), [""; 0]);
    assert_eq!(of(Channel::Experimental, ResourceKind::XMesh), ["v1alpha1"]);
}

#[test]
fn metadata_is_judged_as_for_any_kind() {
    let long = "x".repeat(254);
    let cases: &[(Value, &[&str])] = &[
        (json!({"name": "a.b-c", "labels": {"a.b/c": "", "D_e": "f.g"}, "annotations": {"A.B/c": "anything"}}), &[]),
        (json!({"generateName": "a-"}), &[]),
        (json!({}), &["name metadata-name-required"]),
        (json!({"name": "A"}), &["name metadata-name-malformed"]),
        (json!({"name": long}), &["name metadata-name-malformed"]),
        (json!({"name": "a", "generateName": "-"}), &["generateName metadata-name-malformed"]),
        (json!({"name": "a", "namespace": "a.b"}), &["namespace metadata-namespace-malformed"]),
        (json!({"name": "a", "labels": {"a/b/c": "v"}}), &["labels metadata-label-malformed"]),
        (json!({"name": "a", "labels": {"a": "-"}}), &["labels metadata-label-malformed"]),
        (json!({"name": "a", "labels": {"a": 1}}), &["labels wrong-type"]),
        (json!({"name": "a", "annotations": {"a b": "v"}}), &["annotations metadata-annotation-malformed"]),
        (
            json!({"name": "a", "annotations": {"a": "v".repeat(1 << 18)}}),
            &["annotations metadata-annotations-too-long"],
        ),
        (json!({"name": "a", "finalizers": ["-"]}), &["finalizers metadata-finalizer-malformed"]),
        (
            json!({"name": "a", "finalizers": ["orphan", "foregroundDeletion"]}),
            &["finalizers metadata-finalizer-malformed"],
        ),
        (
            json!({"name": "a", "ownerReferences": [{"apiVersion": "a/b/c", "kind": "K", "name": "n", "uid": ""}]}),
            &["ownerReferences.apiVersion metadata-owner-malformed", "ownerReferences.uid metadata-owner-malformed"],
        ),
        (json!([]), &["= wrong-type"]),
    ];
    for (metadata, expected) in cases {
        let mut grant = object("HTTPRoute", "v1", json!({}));
        grant["metadata"] = metadata.clone();
        let expected: Vec<_> =
            expected.iter().map(|expected| format!("metadata.{expected}").replace(".= ", " ")).collect();
        assert_eq!(told(&standard(&grant)), expected, "{metadata}");
    }
}

#[test]
fn advice_is_given_where_it_is_asked_for() {
    let filter = |modifier: Value| json!({"rules": [{"filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": modifier}]}]});
    let header = |name: &str| json!({"name": name, "value": "v"});
    let modifier = "spec.rules[0].filters[0].requestHeaderModifier";
    let listener = |fields: Value| json!({"gatewayClassName": "c", "listeners": [fields]});
    let of_match = |matched: Value| json!({"rules": [{"matches": [matched]}]});
    let cors = |cors: Value| json!({"rules": [{"filters": [{"type": "CORS", "cors": cors}]}]});
    let cases = [
        (
            "HTTPRoute",
            filter(json!({"set": [header("a")], "add": [header("A")]})),
            vec![format!("{modifier}.add[0].name header-modified-twice")],
        ),
        (
            "HTTPRoute",
            filter(json!({"set": [header("a")], "remove": ["b", "a"]})),
            vec![format!("{modifier}.remove[1] header-modified-twice")],
        ),
        ("HTTPRoute", filter(json!({"set": [header("a")], "add": [header("b")]})), vec![]),
        (
            "Gateway",
            listener(json!({"name": "a", "port": 443, "protocol": "HTTPS"})),
            vec!["spec.listeners[0] listener-https-without-tls".to_owned()],
        ),
        (
            "Gateway",
            listener(json!({"name": "a", "port": 80, "protocol": "HTTP", "hostname": "1.2.3.4"})),
            vec!["spec.listeners[0].hostname hostname-is-ip".to_owned()],
        ),
        (
            "Gateway",
            listener(
                json!({"name": "a", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector"}}}),
            ),
            vec!["spec.listeners[0].allowedRoutes.namespaces namespaces-selector-missing".to_owned()],
        ),
        ("HTTPRoute", json!({"hostnames": ["::1x", "10.0.0.1"]}), vec!["spec.hostnames[1] hostname-is-ip".to_owned()]),
        (
            "HTTPRoute",
            of_match(json!({"path": {"type": "RegularExpression", "value": "/(a"}})),
            vec!["spec.rules[0].matches[0].path.value regex-invalid".to_owned()],
        ),
        (
            "HTTPRoute",
            of_match(json!({"headers": [{"type": "RegularExpression", "name": "a", "value": "(?i)b"}]})),
            vec!["spec.rules[0].matches[0].headers[0].value regex-not-portable".to_owned()],
        ),
        (
            "HTTPRoute",
            of_match(json!({"headers": [header("a"), header("A")]})),
            vec!["spec.rules[0].matches[0].headers[1].name header-match-repeated".to_owned()],
        ),
        (
            "Gateway",
            listener(json!({"name": "a", "port": 80, "protocol": "HTTP",
                "allowedRoutes": {"namespaces": {"from": "Same", "selector": {"matchLabels": {"a": "b"}}}}})),
            vec!["spec.listeners[0].allowedRoutes.namespaces.selector namespaces-selector-ignored".to_owned()],
        ),
        (
            "Gateway",
            listener(json!({"name": "a", "port": 80, "protocol": "HTTP",
                "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}}})),
            vec![],
        ),
        (
            "HTTPRoute",
            cors(json!({"allowOrigins": ["*"], "allowCredentials": true})),
            vec!["spec.rules[0].filters[0].cors.allowCredentials cors-credentials-for-any-origin".to_owned()],
        ),
        ("HTTPRoute", cors(json!({"allowOrigins": ["*"], "allowCredentials": false})), vec![]),
        ("HTTPRoute", cors(json!({"allowOrigins": ["https://a.example.com"], "allowCredentials": true})), vec![]),
        ("HTTPRoute", json!({"rules": [{"backendRefs": [{"group": "core", "kind": "Widget", "name": "b"}]}]}), vec![]),
        (
            "HTTPRoute",
            json!({"rules": [{"backendRefs": [{"group": "core", "kind": "Service", "name": "b"}]}]}),
            vec!["spec.rules[0].backendRefs[0].group core-group-named".to_owned()],
        ),
    ];
    for (kind, spec, expected) in cases {
        let object = object(kind, "v1", spec);
        let validation = Validation::new(Channel::Standard);
        assert_eq!(warned(&judge(&object, &validation.with_advice())), expected, "{object}");
        assert!(judge(&object, &validation).warnings.is_empty(), "{object}");
    }
}

#[test]
fn routes_are_warned_of_what_their_parents_cannot_match() {
    let gateway = object(
        "Gateway",
        "v1",
        json!({"gatewayClassName": "c", "listeners": [
            {"name": "web", "port": 80, "protocol": "HTTP", "hostname": "*.example.com"},
            {"name": "tcp", "port": 81, "protocol": "TCP"},
            {"name": "tls", "port": 443, "protocol": "TLS", "hostname": "tls.example.org"},
        ]}),
    );
    let route = |parent: Value, hostnames: Value| {
        object("HTTPRoute", "v1", json!({"parentRefs": [parent], "hostnames": hostnames}))
    };
    let tls_route =
        |hostname: &str| object("TLSRoute", "v1", json!({"parentRefs": [{"name": "x"}], "hostnames": [hostname]}));
    let mut of_another_namespace = route(json!({"name": "x"}), json!(["x.org"]));
    of_another_namespace["metadata"]["namespace"] = json!("teams");
    let cases: &[(Value, &[&str])] = &[
        (
            route(json!({"name": "x"}), json!(["a.example.com", "*.com", "x.org"])),
            &["spec.hostnames[2] hostname-never-matches"],
        ),
        (route(json!({"name": "x", "port": 80}), json!(["x.org"])), &["spec.hostnames[0] hostname-never-matches"]),
        (route(json!({"name": "x", "sectionName": "web"}), json!(["x.example.com"])), &[]),
        (
            route(json!({"name": "x", "sectionName": "w"}), json!(["x.org"])),
            &["spec.parentRefs[0].sectionName parent-ref-section-unknown"],
        ),
        (route(json!({"name": "elsewhere"}), json!(["x.org"])), &[]),
        (route(json!({"name": "x", "namespace": "other"}), json!(["x.org"])), &[]),
        (
            route(json!({"name": "x", "namespace": "default"}), json!(["x.org"])),
            &["spec.hostnames[0] hostname-never-matches"],
        ),
        (route(json!({"name": "x"}), json!([])), &[]),
        (of_another_namespace, &[]),
        (tls_route("x.org"), &["spec.hostnames[0] hostname-never-matches"]),
        (tls_route("a.example.com"), &["spec.hostnames[0] hostname-never-matches"]),
        (tls_route("tls.example.org"), &[]),
    ];
    for (route, expected) in cases {
        let warnings = warnings_across(&[&gateway, route]);
        let warned: Vec<_> = warnings
            .iter()
            .map(|(index, warning)| {
                assert_eq!(*index, 1, "{route}");
                format!("{} {}", warning.path, warning.code)
            })
            .collect();
        assert_eq!(warned, *expected, "{route}");
    }
}

/// Every schema of the tables, with its place.
fn each_schema(see: &mut impl FnMut(&str, &Schema)) {
    fn visit(place: &str, schema: &Schema, see: &mut impl FnMut(&str, &Schema)) {
        see(place, schema);
        match &schema.shape {
            Shape::List(list) => visit(&format!("{place}[]"), list.items, see),
            Shape::Map(map) => visit(&format!("{place}{{}}"), map.values, see),
            Shape::Object(object) => {
                for field in object.fields {
                    visit(&format!("{place}.{}", field.name), &field.schema, see);
                }
            }
            _ => {}
        }
    }
    for table in KINDS {
        for version in table.versions {
            visit(&format!("{}/{} spec", table.kind, version.name), &version.spec, see);
        }
        if let Some(status) = &table.status {
            visit(&format!("{} status", table.kind), status, see);
        }
    }
}

#[test]
fn codes_are_kebab_case_and_messages_are_sentences_on_one_line() {
    let mut rules = 0;
    each_schema(&mut |place, schema| {
        for rule in schema.rules {
            let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(rule.code.split('-').all(word), "{place}: {}", rule.code);
            assert!(!rule.message.contains('\n') && !rule.message.ends_with('.'), "{place}: {}", rule.message);
            rules += 1;
        }
    });
    assert!(rules > 0);
}

#[test]
fn every_field_is_in_a_channel_once() {
    each_schema(&mut |place, schema| {
        let Shape::Object(object) = &schema.shape else { return };
        for channel in Channel::ALL {
            let mut names: Vec<_> = object.fields(channel).map(|field| field.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{place}: {names:?}");
        }
    });
}

#[test]
fn versions_are_those_that_are_read() {
    for table in KINDS {
        let versions: Vec<_> = table.versions.iter().map(|version| version.name).collect();
        assert!(
            !versions.is_empty() && table.versions.iter().all(|version| !version.channels.is_empty()),
            "{}",
            table.kind
        );
        // The newest version stands first, and is not deprecated.
        assert!(!table.versions[0].deprecated, "{versions:?}");
    }
}

#[test]
fn fields_beside_the_parts_of_an_object_are_unknown() {
    let mut route = object("HTTPRoute", "v1", json!({}));
    route["status"] = json!({"parents": []});
    assert!(standard(&route).warnings.is_empty());
    route["extra"] = json!(1);
    assert_eq!(warned(&standard(&route)), ["extra unknown-field"]);
    let grant =
        json!({"from": [{"group": "", "kind": "Service", "namespace": "a"}], "to": [{"group": "", "kind": "Service"}]});
    let mut grant = object("ReferenceGrant", "v1beta1", grant);
    grant["status"] = json!({});
    assert_eq!(warned(&standard(&grant)), ["status unknown-field"], "the kind has no status");
}

#[cfg(feature = "k8s")]
#[test]
fn a_typed_object_is_judged_as_its_document_is() {
    let report = super::validate(&crate::HttpRoute::default(), &Validation::new(Channel::Standard)).unwrap();
    assert_eq!(told(&report), ["metadata.name metadata-name-required"]);
}
