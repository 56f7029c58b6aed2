//! How backends are spoken to, and what a rule says of time, retries and sessions.

use serde_json::{Value, json};

use crate::harness::{Folder, gwapi_with_input};

const MANIFESTS: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: shop}
spec:
  gatewayClassName: c
  tls: {backend: {clientCertificateRef: {name: shown}}}
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  parentRefs: [{name: g}]
  rules:
  - matches: [{path: {value: /tls}}]
    timeouts: {request: 1m0s, backendRequest: 500ms}
    retry: {codes: [503], attempts: 2, backoff: 1s}
    sessionPersistence: {sessionName: cart, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}
    backendRefs: [{name: secured, port: 443}]
  - matches: [{path: {value: /sans}}]
    backendRefs: [{name: sans, port: 443}]
  - matches: [{path: {value: /broken}}]
    backendRefs: [{name: broken, port: 443}]
  - matches: [{path: {value: /half}}]
    backendRefs: [{name: broken, port: 443}, {name: plain, port: 80}]
  - matches: [{path: {value: /h2c}}]
    backendRefs: [{name: h2c, port: 80}]
  - matches: [{path: {value: /own}}]
    backendRefs: [{name: own, port: 80}]
  - matches: [{path: {value: /outside}}]
    backendRefs: [{group: gateway.networking.x-k8s.io, kind: XBackend, name: outside}]
  - matches: [{path: {value: /extended}}]
    filters: [{type: ExtensionRef, extensionRef: {group: example.com, kind: Limit, name: l}}]
    backendRefs: [{name: plain, port: 80}]
  - matches: [{path: {value: /asked}}]
    filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: plain, port: 80}}}]
    backendRefs: [{name: plain, port: 80}]
  - matches: [{path: {value: /sticky}}]
    backendRefs: [{name: sticky, port: 80}]
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: secured, namespace: shop}, spec: {ports: [{name: tls, port: 443}]}}
- {apiVersion: v1, kind: Service, metadata: {name: sans, namespace: shop}, spec: {ports: [{port: 443, appProtocol: HTTPS}]}}
- {apiVersion: v1, kind: Service, metadata: {name: broken, namespace: shop}, spec: {ports: [{port: 443}]}}
- {apiVersion: v1, kind: Service, metadata: {name: plain, namespace: shop}, spec: {ports: [{port: 80}]}}
- {apiVersion: v1, kind: Service, metadata: {name: sticky, namespace: shop}, spec: {ports: [{port: 80}]}}
- {apiVersion: v1, kind: Service, metadata: {name: h2c, namespace: shop}, spec: {ports: [{port: 80, appProtocol: kubernetes.io/h2c}]}}
- {apiVersion: v1, kind: Service, metadata: {name: own, namespace: shop}, spec: {ports: [{port: 80, appProtocol: example.com/own}]}}
- apiVersion: gateway.networking.k8s.io/v1
  kind: BackendTLSPolicy
  metadata: {name: secured, namespace: shop}
  spec:
    targetRefs: [{group: '', kind: Service, name: secured, sectionName: tls}]
    validation: {hostname: secured.example.com, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}
- apiVersion: gateway.networking.k8s.io/v1
  kind: BackendTLSPolicy
  metadata: {name: sans, namespace: shop}
  spec:
    targetRefs: [{group: '', kind: Service, name: sans}]
    validation:
      hostname: sans.example.com
      wellKnownCACertificates: System
      subjectAltNames: [{type: Hostname, hostname: a.example.com}, {type: URI, uri: 'spiffe://a/b'}]
- apiVersion: gateway.networking.k8s.io/v1
  kind: BackendTLSPolicy
  metadata: {name: broken, namespace: shop}
  spec:
    targetRefs: [{group: '', kind: Service, name: broken}]
    validation: {hostname: broken.example.com, caCertificateRefs: [{group: '', kind: ConfigMap, name: none}]}
- apiVersion: gateway.networking.x-k8s.io/v1alpha1
  kind: XBackend
  metadata: {name: outside, namespace: shop}
  spec:
    type: ExternalHostname
    port: {port: 443}
    protocol: HTTP2
    externalHostname: {hostname: api.example.com}
    tls: {mode: ServerOnly}
- apiVersion: gateway.networking.x-k8s.io/v1alpha1
  kind: XBackendTrafficPolicy
  metadata: {name: sticky, namespace: shop}
  spec:
    targetRefs: [{group: '', kind: Service, name: sticky}]
    sessionPersistence: {type: Header}
    retryConstraint: {budget: {percent: 30}}
"#;

/// The shared manifests with what they refer to: certificates cannot be written so shortly.
fn decide(path: &str, flags: &[&str]) -> Value {
    const CERTIFICATE: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.crt");
    const KEY: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.pkcs8.key");
    let certificates = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "shop"},
         "data": {"ca.crt": CERTIFICATE}},
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
         "metadata": {"name": "shown", "namespace": "shop"}, "stringData": {"tls.crt": CERTIFICATE, "tls.key": KEY}},
    ]});
    let files = [("shop.yaml", MANIFESTS.to_owned()), ("certificates.json", certificates.to_string())];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let folder = Folder::new(&files);
    let mut arguments = vec!["route", "-f", folder.path(), "--requests", "-", "-o", "json"];
    arguments.extend(flags);
    let request = json!({"gateway": "shop/g", "host": "example.com", "path": path});
    let run = gwapi_with_input(&arguments, request.to_string().as_bytes());
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    run.line()
}

#[test]
fn tls_to_a_backend_says_whom_to_ask_for_and_whom_to_trust() {
    let line = decide("/tls", &[]);
    assert_eq!(line["action"], "forward");
    assert_eq!(
        line["backends"][0]["tls"],
        json!({
            "hostname": "secured.example.com",
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "namespace": "shop", "name": "ca"}],
            "wellKnownCACertificates": null,
            "subjectAltNames": [],
            "clientCertificateRef": "shop/shown"
        })
    );
    let backend = &decide("/sans", &[])["backends"][0];
    assert_eq!(backend["protocol"], "tls");
    assert_eq!(
        backend["tls"],
        json!({
            "hostname": "sans.example.com",
            "caCertificateRefs": [],
            "wellKnownCACertificates": "System",
            "subjectAltNames": [{"type": "Hostname", "hostname": "a.example.com"}, {"type": "URI", "uri": "spiffe://a/b"}],
            "clientCertificateRef": "shop/shown"
        })
    );
}

#[test]
fn a_backend_whose_tls_cannot_be_had_gets_nothing() {
    let line = decide("/broken", &[]);
    let backend = &line["backends"][0];
    assert_eq!(
        json!([line["action"], line["status"], backend["valid"], backend["reason"], backend["tls"]]),
        json!(["respond", 500, false, "NoValidCACertificate", null])
    );
    let line = decide("/half", &[]);
    assert_eq!(
        json!([line["action"], line["backends"][0]["probability"], line["backends"][1]["valid"]]),
        json!(["forward", 0.5, true])
    );
}

#[test]
fn backends_speak_what_their_ports_say() {
    assert_eq!(decide("/h2c", &[])["backends"][0]["protocol"], "h2c");
    let line = decide("/own", &[]);
    let backend = &line["backends"][0];
    assert_eq!(
        json!([line["status"], backend["reason"], backend.get("protocol")]),
        json!([500, "UnsupportedProtocol", null])
    );
    let backend = &decide("/outside", &[])["backends"][0];
    assert_eq!(
        json!([
            backend["kind"],
            backend["port"],
            backend["protocol"],
            backend["externalHostname"],
            backend["tls"]["hostname"]
        ]),
        json!(["XBackend", 443, "http2", "api.example.com", "api.example.com"])
    );
}

#[test]
fn time_retries_and_sessions_are_as_written() {
    let line = decide("/tls", &[]);
    assert_eq!(line["timeouts"], json!({"request": "1m0s", "backendRequest": "500ms"}));
    assert_eq!(line["retry"], json!({"codes": [503], "attempts": 2, "backoff": "1s"}));
    assert_eq!(
        line["sessionPersistence"],
        json!({"sessionName": "cart", "type": "Cookie", "absoluteTimeout": "1h", "cookieConfig": {"lifetimeType": "Permanent"}})
    );
    let line = decide("/sticky", &[]);
    let backend = &line["backends"][0];
    assert_eq!(
        json!([line.get("timeouts"), line.get("retry"), line.get("sessionPersistence")]),
        json!([null, null, null])
    );
    assert_eq!(backend["sessionPersistence"]["type"], "Header");
    assert_eq!(
        backend["retryBudget"],
        json!({"percent": 30, "interval": "10s", "minRetries": 10, "minInterval": "1s"})
    );
}

#[test]
fn filters_of_others_are_refused_unless_they_are_said_to_be_ours() {
    let line = decide("/extended", &[]);
    assert_eq!(
        json!([line["action"], line["status"], line["refusal"]["reason"]]),
        json!(["respond", 500, "InvalidKind"])
    );
    assert_eq!(line["extensionRefs"], json!([{"group": "example.com", "kind": "Limit", "name": "l"}]));
    let line = decide("/extended", &["--filter-kind", "example.com/Limit"]);
    assert_eq!(json!([line["action"], line.get("refusal")]), json!(["forward", null]));
    let line = decide("/asked", &[]);
    assert_eq!(json!([line["externalAuth"]["protocol"], line["externalAuth"]["valid"]]), json!(["HTTP", true]));
}
