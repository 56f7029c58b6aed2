//! `check`: what is found, how it is told, how it exits.

use serde_json::{Value, json};

use crate::harness::{Folder, Run, gwapi, gwapi_with_input};

const MIXED: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: c
  listeners:
  - {name: web, port: 80, protocol: HTTP, hostname: '*.example.com'}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: cart
spec:
  parentRefs: [{name: public, namespace: infra}]
  hostnames: [x.org]
  color: red
  rules:
  - backendRefs:
    - name: cart
      port: 808080
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
";

fn check(flags: &[&str], content: &str) -> Run {
    let folder = Folder::new(&[("a.yaml", content.as_bytes())]);
    let file = folder.file("a.yaml");
    let mut arguments = vec!["check", "-f", &file];
    arguments.extend(flags);
    let mut run = gwapi(&arguments);
    run.out = run.out.replace(&file, "a.yaml");
    run.err = run.err.replace(&file, "a.yaml");
    run
}

fn array(run: &Run) -> Vec<Value> {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn findings_are_told_with_the_line_they_are_on() {
    let run = check(&[], MIXED);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = "\
a.yaml
  HTTPRoute default/cart (document 1)
    error spec.rules[0].backendRefs[0].port: 808080 must be at most 65535 [number-too-large]
      20 |       port: 808080
         |             ^^^^^^
    warning spec.color: is no field there: an API server drops it [unknown-field]
      16 |   color: red
         |          ^^^
    warning spec.hostnames[0]: `x.org` matches no listener that the route names: write a hostname that one of them has [hostname-never-matches]
      15 |   hostnames: [x.org]
         |               ^^^^^
2 objects checked: 1 invalid (1 error), 2 warnings
";
    assert_eq!(run.out, expected);
    assert!(run.err.contains("passed over 1 object of other kinds: 1 apps/v1 Deployment"), "{run:?}");
}

#[test]
fn json_has_an_entry_for_each_object_of_a_known_kind() {
    let run = check(&["-o", "json", "-n", "shop"], MIXED);
    let entries = array(&run);
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["valid"], true);
    let expected = json!({
        "file": "a.yaml", "document": 1, "item": null, "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "namespace": "shop", "name": "cart", "valid": false,
        "errors": [{
            "path": "spec.rules[0].backendRefs[0].port", "type": "FieldValueInvalid", "code": "number-too-large",
            "message": "808080 must be at most 65535", "line": 20, "column": 13,
        }],
        "warnings": entries[1]["warnings"],
    });
    assert_eq!(entries[1], expected);
}

#[test]
fn malformed_objects_have_entries_and_items_of_lists_say_which_they_are() {
    let list = "\
kind: List
apiVersion: v1
items:
- apiVersion: gateway.networking.k8s.io/v1
  kind: ReferenceGrant
- {apiVersion: gateway.networking.k8s.io/v1alpha2, kind: UDPRoute, metadata: 7, spec: []}
";
    let entries = array(&check(&["-o", "json", "--channel", "experimental"], list));
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let errors = entry["errors"].as_array().unwrap().iter();
            let errors: Vec<_> =
                errors.map(|error| format!("{}:{}", error["path"].as_str().unwrap(), error["line"])).collect();
            (entry["item"].clone(), entry["name"].clone(), errors)
        })
        .collect();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(told[0], (json!(0), json!(null), texts(&["metadata.name:4", "spec:4"])));
    assert_eq!(told[1], (json!(1), json!(null), texts(&["metadata:6", "spec:6"])));
}

#[test]
fn channels_and_warnings_decide_what_is_found_and_how_it_exits() {
    let route = |fields: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\nspec: {{{fields}}}\n"
        )
    };
    let experimental = route("useDefaultGateways: Some");
    let cases: &[(&str, &[&str], i32)] = &[
        (&experimental, &["--channel", "standard"], 0),
        (&experimental, &["--channel", "standard", "--warnings", "deny"], 1),
        (&experimental, &["--channel", "standard", "--warnings", "hide"], 0),
        (&experimental, &["--channel", "experimental"], 1),
        (&experimental, &[], 1),
        (&route(""), &["--warnings", "deny"], 0),
        ("kind: [", &[], 2),
        ("- 1", &[], 2),
        ("kind: HTTPRoute", &[], 2),
        ("", &[], 0),
    ];
    for (content, flags, code) in cases {
        let run = check(flags, content);
        assert_eq!(run.code, *code, "{content} {flags:?}: {run:?}");
    }
    let hidden = check(&["--channel", "standard", "--warnings", "hide", "-o", "json"], &experimental);
    assert_eq!(array(&hidden)[0]["warnings"], json!([]));
    let broken = check(&["-o", "json"], &format!("{}---\nkind: [\n", route("rules: 7")));
    assert_eq!((broken.code, array(&broken).len()), (2, 1), "what can be read is checked all the same");
}

#[test]
fn a_kind_that_is_not_served_is_invalid_at_its_version() {
    let cases = [
        ("gateway.networking.k8s.io/v1alpha2", "TLSRoute", "standard"),
        ("gateway.networking.x-k8s.io/v1alpha1", "XMesh", "standard"),
        ("gateway.networking.k8s.io/v1alpha1", "HTTPRoute", "experimental"),
    ];
    for (api_version, kind, channel) in cases {
        let content = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let entries = array(&check(&["--channel", channel, "-o", "json"], &content));
        assert_eq!(entries[0]["errors"][0]["path"], "apiVersion", "{kind}");
        assert_eq!(entries[0]["errors"].as_array().unwrap().len(), 1, "{kind}");
    }
}

#[test]
fn sarif_names_rules_files_and_lines() {
    let log: Value =
        serde_json::from_str(&gwapi_with_input(&["check", "-f", "-", "-o", "sarif"], MIXED.as_bytes()).out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let ids: Vec<_> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].clone()).collect();
    assert_eq!(ids, ["hostname-never-matches", "number-too-large", "unknown-field"]);
    let error = &run["results"][0];
    assert_eq!((&error["ruleId"], &error["level"]), (&json!("number-too-large"), &json!("error")));
    assert_eq!(error["locations"][0]["physicalLocation"]["region"], json!({"startLine": 20, "startColumn": 13}));
}

#[test]
fn long_and_odd_lines_are_shown_in_part_and_harmlessly() {
    let long = format!(
        "{{\"apiVersion\": \"gateway.networking.k8s.io/v1\", \"kind\": \"HTTPRoute\", \"metadata\": {{\"name\": \"a\", \"annotations\": {{\"a\": \"{}\\u001b[31m\"}}}}, \"spec\": {{\"hostnames\": [\"\\u001bB\"]}}}}",
        "x".repeat(10_000)
    );
    let run = check(&[], &long);
    assert_eq!(run.code, 1);
    assert!(run.out.len() < 1_000 && !run.out.contains('\u{1b}'), "{run:?}");
}

#[test]
fn a_strict_route_leaves_out_what_an_api_server_would_refuse() {
    let folder = Folder::new(&[("a.yaml", MIXED.as_bytes())]);
    let arguments = ["route", "-f", folder.path(), "--gateway", "infra/public", "-o", "json", "http://a.example.com/"];
    let lenient = gwapi(&arguments);
    assert!(!lenient.err.contains("left out"), "{lenient:?}");
    let mut strict = arguments.to_vec();
    strict.push("--strict");
    let strict = gwapi(&strict);
    assert!(
        strict.err.contains("document 1: left out: HTTPRoute cart: spec.rules[0].backendRefs[0].port: "),
        "{strict:?}"
    );
    assert_eq!(strict.code, 0);
}
