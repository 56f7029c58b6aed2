//! `features`: what manifests need, and what of it a report claims.

use serde_json::{Value, json};

use crate::harness::{Folder, Run, gwapi, gwapi_with_input};

const SHOP: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: c
  listeners:
  - {name: web, port: 8080, protocol: HTTP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs: [{name: public, namespace: infra}]
  rules:
  - matches: [{method: GET}, {method: HEAD}]
    backendRefs: [{name: cart, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: pay, namespace: shop}
spec:
  parentRefs: [{name: public, namespace: infra}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
";

const REPORT: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: ConformanceReport
date: 2026-01-31T12:00:00Z
gatewayAPIVersion: v1.6.1
gatewayAPIChannel: standard
implementation: {organization: acme, project: edge, version: 1.20, url: 'https://example.com', contact: ['@acme']}
mode: default
profiles:
- name: GATEWAY-HTTP
  summary: ''
  core: {result: success, statistics: {Passed: 1, Failed: 0, Skipped: 0}}
  extended:
    result: success
    statistics: {Passed: 1, Failed: 0, Skipped: 0}
    supportedFeatures: [GatewayPort8080, HTTPRouteFromTheFuture]
    unsupportedFeatures: [HTTPRouteMethodMatching]
- name: GATEWAY-GRPC
  summary: ''
  core: {result: partial, statistics: {Passed: 1, Failed: 0, Skipped: 1}}
";

fn features(report: Option<&str>, flags: &[&str]) -> Run {
    let folder = Folder::new(&[("m/shop.yaml", SHOP.as_bytes()), ("report.yaml", report.unwrap_or("").as_bytes())]);
    let (manifests, file) = (folder.file("m"), folder.file("report.yaml"));
    let mut arguments = vec!["features", "-f", &manifests];
    if report.is_some() {
        arguments.extend(["--report", &file]);
    }
    arguments.extend(flags);
    gwapi(&arguments)
}

#[test]
fn each_feature_has_a_line_with_the_first_place_that_needs_it() {
    let run = features(None, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let expected = "  GRPCRoute                 1 place  GRPCRoute shop/pay kind
  Gateway                  3 places  Gateway infra/public kind
  GatewayPort8080           1 place  Gateway infra/public spec.listeners[0].port
  HTTPRoute                 1 place  HTTPRoute shop/cart kind
  HTTPRouteMethodMatching  2 places  HTTPRoute shop/cart spec.rules[0].matches[0].method

5 features needed
";
    assert_eq!(run.out, expected);
    let none = gwapi_with_input(&["features", "-f", "-"], b"kind: Deployment\napiVersion: apps/v1\n");
    assert_eq!((none.code, none.out.as_str()), (0, "the manifests need no feature\n"));
}

#[test]
fn what_a_report_does_not_claim_stands_out() {
    let run = features(Some(REPORT), &[]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = "  !!  GRPCRoute                unmentioned   1 place  GRPCRoute shop/pay kind
  ok  Gateway                               3 places  Gateway infra/public kind
  ok  GatewayPort8080                        1 place  Gateway infra/public spec.listeners[0].port
  ok  HTTPRoute                              1 place  HTTPRoute shop/cart kind
  !!  HTTPRouteMethodMatching  unsupported  2 places  HTTPRoute shop/cart spec.rules[0].matches[0].method

5 features needed: edge 1.2 (Gateway API v1.6.1 standard) does not claim 2
";
    assert_eq!(run.out, expected);
    assert!(run.err.contains("profiles[1].core.result: partial"), "{run:?}");
}

#[test]
fn json_has_every_place_and_what_is_missing() {
    let run = features(Some(REPORT), &["-o", "json"]);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["missing"], json!(["GRPCRoute", "HTTPRouteMethodMatching"]));
    assert_eq!(answer["report"]["project"], "edge");
    let places: Vec<Value> = (0..2)
        .map(|index| {
            json!({
                "object": {"kind": "HTTPRoute", "namespace": "shop", "name": "cart"},
                "path": format!("spec.rules[0].matches[{index}].method"), "spec": "HTTPRouteMatch.method",
            })
        })
        .collect();
    let expected = json!({
        "feature": "HTTPRouteMethodMatching", "support": "extended", "experimental": false,
        "claimed": false, "claim": "unsupported", "needs": places,
    });
    assert_eq!(answer["features"][4], expected);
    assert_eq!(answer["features"][1]["claimed"], true);

    let unasked: Value = serde_json::from_str(&features(None, &["-o", "json"]).out).unwrap();
    assert_eq!((&unasked["features"][4]["claimed"], &unasked["missing"]), (&json!(null), &json!([])));
    assert!(features(None, &["-o", "yaml"]).out.contains("feature: HTTPRouteMethodMatching"));
}

#[test]
fn claims_decide_how_it_exits() {
    let all = "Gateway,GatewayPort8080,GRPCRoute,HTTPRoute,HTTPRouteMethodMatching";
    let succeeded = REPORT.replace("partial", "success").replace("unsupportedF", "supportedF").replacen(
        "supportedFeatures: [GatewayPort8080, HTTPRouteFromTheFuture]\n    supportedFeatures: [",
        "supportedFeatures: [GatewayPort8080, ",
        1,
    );
    let older = succeeded.replace("k8s.io/v1\n", "k8s.io/v1alpha1\n").replace("name: GATEWAY-HTTP", "name: HTTP");
    let failed = succeeded.replacen("extended:\n    result: success", "extended:\n    result: failure", 1);
    let cases: &[(Option<&str>, &[&str], i32, &str)] = &[
        (Some(&succeeded), &[], 0, ""),
        (Some(&older), &[], 0, ""),
        (Some(&failed), &[], 0, "claimed, but not proven"),
        (Some(&failed.replace("    result: failure\n", "")), &[], 0, "extended.result: none"),
        (Some(&succeeded.replace("apiVersion: gateway", "x: gateway")), &[], 0, ""),
        (Some(&succeeded.replace("apiVersion: gateway", "apiVersion: x.gateway")), &[], 2, "no ConformanceReport"),
        (Some(&succeeded.replace("GATEWAY-GRPC", "GATEWAY-QUIC")), &[], 1, "no profile `GATEWAY-QUIC`"),
        (None, &["--features", all], 0, ""),
        (None, &["--features", "Gateway,HTTPRoute"], 1, ""),
        (None, &["--features", "Gatway"], 2, "no feature is named `Gatway`"),
        (Some(REPORT), &["--features", all], 2, "cannot be used with"),
        (Some(""), &[], 2, "report.yaml: no document"),
        (Some("a: ["), &[], 2, "report.yaml: document 0"),
        (Some("a: 1\n---\nb: 1\n"), &[], 2, "more than one document"),
        (Some(SHOP.split("---").next().unwrap()), &[], 2, "no ConformanceReport"),
        (Some(&REPORT.replace("profiles:", "profile:")), &[], 2, "profiles: expected a list"),
        (
            Some(&REPORT.replace("core: {result: success", "core: {result: 7")),
            &[],
            2,
            "profiles[0].core.result: expected a string",
        ),
        (
            Some(&REPORT.replace("[HTTPRouteMethodMatching]", "[7]")),
            &[],
            2,
            "profiles[0].extended.unsupportedFeatures[0]",
        ),
        (None, &["--report", "/does/not/exist"], 2, "/does/not/exist: no such file"),
        (None, &["-f", "/does/not/exist"], 2, "/does/not/exist: no such file"),
        (None, &["-f", "-", "--report", "-"], 2, "standard input cannot hold"),
    ];
    for (report, flags, code, told) in cases {
        let run = features(*report, flags);
        assert_eq!(run.code, *code, "{report:?} {flags:?}: {run:?}");
        assert!(run.err.contains(told), "{report:?} {flags:?}: {run:?}");
    }
}

#[test]
fn a_report_on_standard_input_is_read() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let run = gwapi_with_input(&["features", "-f", folder.path(), "--report", "-"], REPORT.as_bytes());
    assert_eq!(run.code, 1, "{run:?}");
}
