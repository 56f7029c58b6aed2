//! Calls, connections, datagrams, meshes and certificates of clients: each kind of expectation fails
//! where the decision is another one.

use rcgen::{CertificateParams, KeyPair};

use super::*;

/// Beside the other objects: a Gateway with a listener for each protocol, Gateways that judge their
/// clients, and Services that are dialled in a mesh.
const MANIFEST: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: shop}
spec:
  gatewayClassName: '{GATEWAY_CLASS_NAME}'
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: passed, port: 443, protocol: TLS, hostname: passed.test, tls: {mode: Passthrough}}
  - {name: ended, port: 443, protocol: TLS, hostname: ended.test, tls: {mode: Terminate, certificateRefs: [{name: server}]}}
  - {name: tcp, port: 5432, protocol: TCP}
  - {name: tcp-split, port: 5433, protocol: TCP}
  - {name: tcp-gone, port: 5434, protocol: TCP}
  - {name: udp, port: 53, protocol: UDP}
  - {name: udp-split, port: 54, protocol: UDP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls, namespace: shop}
spec:
  parentRefs: [{name: front}, {kind: Service, group: '', name: called}]
  hostnames: [calls.test]
  rules:
  - matches: [{method: {service: shop.Cart, method: Add}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{method: {service: shop.Cart, method: Add}, headers: [{name: env, value: canary}]}]
    backendRefs: [{name: next, port: 80}]
  - matches: [{method: {service: shop.Cart, method: Split}}]
    backendRefs: [{name: web, port: 80, weight: 3}, {name: next, port: 80}]
  - matches: [{method: {service: shop.Cart, method: Gone}}]
    backendRefs: [{name: gone, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: marked, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: [marked.test]
  rules:
  - backendRefs:
    - name: web
      port: 80
      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: mark, value: of-web}]}}]
    - name: next
      port: 80
      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: mark, value: of-next}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: tls, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: ['*.test']
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: tcp, namespace: shop}
spec: {parentRefs: [{name: front, sectionName: tcp}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: tcp-split, namespace: shop}
spec:
  parentRefs: [{name: front, sectionName: tcp-split}]
  rules: [{backendRefs: [{name: web, port: 80, weight: 3}, {name: next, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: tcp-gone, namespace: shop}
spec: {parentRefs: [{name: front, sectionName: tcp-gone}], rules: [{backendRefs: [{name: gone, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: UDPRoute
metadata: {name: udp, namespace: shop}
spec: {parentRefs: [{name: front, sectionName: udp}], rules: [{backendRefs: [{name: names, port: 53}]}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: UDPRoute
metadata: {name: udp-split, namespace: shop}
spec:
  parentRefs: [{name: front, sectionName: udp-split}]
  rules: [{backendRefs: [{name: names, port: 53, weight: 3}, {name: more-names, port: 53}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: strict, namespace: shop}
spec:
  gatewayClassName: '{GATEWAY_CLASS_NAME}'
  tls: {frontend: {default: {validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}}}
  listeners:
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: server}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: lenient, namespace: shop}
spec:
  gatewayClassName: '{GATEWAY_CLASS_NAME}'
  tls:
    frontend:
      default: {validation: {mode: AllowInsecureFallback, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}
  listeners:
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: server}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: judged, namespace: shop}
spec: {parentRefs: [{name: strict}, {name: lenient}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: producer, namespace: shop}
spec:
  parentRefs: [{kind: Service, group: '', name: dialled}]
  rules: [{matches: [{path: {value: /in}}], backendRefs: [{name: web, port: 80, weight: 3}, {name: next, port: 80, weight: 0}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: consumer, namespace: away}
spec:
  parentRefs: [{kind: Service, group: '', name: dialled, namespace: shop}]
  rules: [{backendRefs: [{name: near, port: 80}]}]
---
{apiVersion: v1, kind: Service, metadata: {name: called, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: dialled, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: alone, namespace: shop}, spec: {ports: [{port: 80}, {port: 53, protocol: UDP}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless, namespace: shop}, spec: {clusterIP: None, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: names, namespace: shop}, spec: {ports: [{port: 53, protocol: UDP}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: more-names, namespace: shop}, spec: {ports: [{port: 53, protocol: UDP}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: near, namespace: away}, spec: {ports: [{port: 80}]}}
";

/// Both manifests, a certificate for the Gateways, one authority that clients must know, and another.
fn cluster() -> Cluster {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
    let made = CertifiedKey { certificate, key: key.serialize_pem() };
    let mut cluster = super::cluster();
    cluster.load(MANIFEST).unwrap();
    for wanted in [
        json!({"kind": "Secret", "namespace": "shop", "name": "server", "keys": ["tls.crt", "tls.key"]}),
        json!({"kind": "ConfigMap", "namespace": "shop", "name": "ca", "keys": ["ca.crt"]}),
        json!({"kind": "Secret", "namespace": "shop", "name": "known", "hosts": [], "signedBy": "shop/ca"}),
        json!({"kind": "Secret", "namespace": "shop", "name": "unknown", "hosts": [], "signedBy": "shop/other-ca"}),
        json!({"kind": "Secret", "namespace": "shop", "name": "own", "hosts": []}),
    ] {
        let wanted: Generated = serde_json::from_value(wanted).unwrap();
        cluster.generate(&wanted, &mut |_: &Generated| made.clone()).unwrap();
    }
    cluster
}

/// An expectation, changed by merge patches.
fn expecting(base: Value, changes: &[Value]) -> Value {
    let mut expected = base;
    for change in changes {
        merge_patch(&mut expected, change);
    }
    expected
}

fn assert_found(cases: impl IntoIterator<Item = (Value, Option<Aspect>)>) {
    let cluster = cluster();
    let mut wrong = Vec::new();
    for (expected, aspect) in cases {
        let report = replayed_in(cluster.clone(), json!([{"expect": [expected]}]));
        let found = report.failures.first().map(|(_, failure)| failure.aspect);
        let is_told = report.held + report.failures.len() == 1 && report.broken.is_none();
        if !is_told || found != aspect {
            wrong.push(format!("{expected}: not {aspect:?}: {report:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn front() -> Value {
    json!({"kind": "Gateway", "namespace": "shop", "name": "front"})
}

fn to(name: &str) -> Value {
    json!({"backend": {"namespace": "shop", "name": name}})
}

#[test]
fn a_call_must_reach_its_backend_or_be_answered_with_its_status() {
    let call = |method: &str, changes: &[Value]| {
        let base = json!({"is": "grpc", "parent": front(),
            "request": {"service": "shop.Cart", "method": method, "host": "calls.test"}});
        expecting(base, changes)
    };
    let code = |code: &str| json!({"response": {"code": code}});
    let canary = json!({"request": {"headers": {"env": "canary"}}});
    let elsewhere = json!({"request": {"host": "other.test"}});
    assert_found([
        (call("Add", &[to("web")]), None),
        (call("Add", &[code("OK")]), None),
        (call("Add", &[to("web"), json!({"port": 80})]), None),
        (call("Add", &[to("web"), json!({"port": 81})]), Some(Aspect::Decision)),
        (call("Add", &[to("next")]), Some(Aspect::Decision)),
        (call("Add", &[json!({"backend": {"namespace": "away"}})]), Some(Aspect::Decision)),
        (call("Add", &[canary.clone(), to("next")]), None),
        (call("Add", &[canary, to("web")]), Some(Aspect::Decision)),
        (call("Add", &[code("UNIMPLEMENTED")]), Some(Aspect::Admission)),
        (call("Add", &[elsewhere.clone(), code("UNIMPLEMENTED")]), None),
        (call("Add", &[elsewhere, to("web")]), Some(Aspect::Decision)),
        (call("Take", &[code("UNIMPLEMENTED")]), None),
        (call("Take", &[code("UNAVAILABLE")]), Some(Aspect::Decision)),
        (call("Take", &[code("OK")]), Some(Aspect::Decision)),
        (call("Gone", &[code("UNAVAILABLE")]), None),
        (call("Gone", &[code("UNIMPLEMENTED")]), Some(Aspect::Decision)),
        (call("Gone", &[to("gone")]), Some(Aspect::Decision)),
    ]);
}

#[test]
fn a_connection_must_reach_its_backend_or_be_refused() {
    let stream =
        |is: &str, port: u16, changes: &[Value]| expecting(json!({"is": is, "parent": front(), "port": port}), changes);
    let sni = |sni: &str| json!({"sni": sni});
    let ends = |who: &str| json!({"terminated": who});
    let refused = || json!({"fails": true});
    let named = |listener: &str| json!({"port": null, "parent": {"listener": listener}});
    assert_found([
        (stream("tls", 443, &[sni("passed.test"), to("web"), ends("backend")]), None),
        (stream("tls", 443, &[sni("passed.test"), to("web"), ends("gateway")]), Some(Aspect::Decision)),
        (stream("tls", 443, &[sni("ended.test"), to("web"), ends("gateway")]), None),
        (stream("tls", 443, &[sni("ended.test"), to("web"), ends("backend")]), Some(Aspect::Decision)),
        (stream("tls", 443, &[json!({"request": {"sni": "ended.test"}}), to("web"), ends("gateway")]), None),
        (stream("tls", 443, &[sni("passed.test"), to("web"), json!({"port": null})]), None),
        (stream("tls", 443, &[sni("passed.test"), to("next")]), Some(Aspect::Decision)),
        (stream("tls", 443, &[sni("passed.test"), to("web"), refused()]), Some(Aspect::Refusal)),
        (stream("tls", 443, &[sni("passed.test")]), Some(Aspect::Refusal)),
        (stream("tls", 443, &[sni("other.test"), refused()]), None),
        (stream("tls", 443, &[sni("other.test"), to("web")]), Some(Aspect::Decision)),
        (stream("tls", 443, &[refused()]), None),
        (stream("tcp", 5432, &[to("web")]), None),
        (stream("tcp", 5432, &[to("web"), named("tcp")]), None),
        (stream("tcp", 5432, &[to("web"), named("tcp-split")]), Some(Aspect::Decision)),
        (stream("tcp", 5432, &[to("next")]), Some(Aspect::Decision)),
        (stream("tcp", 5432, &[refused()]), Some(Aspect::Refusal)),
        (stream("tcp", 5433, &[to("web")]), Some(Aspect::Decision)),
        (stream("tcp", 5434, &[refused()]), None),
        (stream("tcp", 5434, &[to("gone")]), Some(Aspect::Decision)),
        (stream("tcp", 5435, &[refused()]), None),
        (stream("tcp", 80, &[refused()]), Some(Aspect::Refusal)),
        (stream("tcp", 80, &[to("web")]), Some(Aspect::Decision)),
        (stream("udp", 53, &[to("names")]), None),
        (stream("udp", 53, &[to("more-names")]), Some(Aspect::Decision)),
        (stream("udp", 53, &[]), Some(Aspect::Refusal)),
        (stream("udp", 5432, &[refused()]), None),
        (stream("udp", 5432, &[to("web")]), Some(Aspect::Decision)),
    ]);
}

#[test]
fn shares_are_compared_whatever_is_spoken() {
    let weights = |protocol: &str, change: Value, distribution: Value| {
        let base = json!({"is": "weights", "protocol": protocol, "parent": front(), "distribution": distribution});
        expecting(base, &[change])
    };
    let split = || json!({"request": {"service": "shop.Cart", "method": "Split", "host": "calls.test"}});
    let service = |name: &str, request: Value| json!({"parent": {"kind": "Service", "name": name}, "port": 80, "request": request});
    let held = |right: Value, wrong: Value| [(right, None), (wrong, Some(Aspect::Decision))];
    let to_web = json!({"web": 0.75, "next": 0.25});
    let to_names = json!({"names": 0.75, "more-names": 0.25});
    for (protocol, change, right, wrong) in [
        ("grpc", split(), to_web.clone(), json!({"web": 0.25, "next": 0.75})),
        ("grpc", split(), json!({"web": 0.75, "next": 0.25, "gone": 0.0}), json!({"web": 1.0})),
        ("tcp", json!({"port": 5433}), to_web.clone(), json!({"web": 0.7, "next": 0.3})),
        ("tcp", json!({"port": 5434}), json!({"closed": 1.0}), json!({"gone": 1.0})),
        ("udp", json!({"port": 54}), to_names, json!({"names": 1.0, "more-names": 0.0})),
        ("grpc", service("called", split()["request"].clone()), to_web, json!({"called": 1.0})),
        ("http", service("dialled", json!({"path": "/in"})), json!({"web": 1.0, "next": 0.0}), json!({"dialled": 1.0})),
        ("http", service("alone", json!({})), json!({"alone": 1.0}), json!({"web": 1.0})),
        ("tcp", service("alone", json!({})), json!({"alone": 1.0}), json!({"web": 1.0})),
    ] {
        assert_found(held(weights(protocol, change.clone(), right), weights(protocol, change, wrong)));
    }
    // Nothing is spread of what goes nowhere.
    assert_found([(weights("tcp", json!({"port": 1}), json!({})), Some(Aspect::Decision))]);
}

#[test]
fn in_a_mesh_the_dialled_service_and_the_client_decide() {
    let dial = |name: &str, changes: &[Value]| {
        let base = json!({"is": "http", "parent": {"kind": "Service", "namespace": "shop", "name": name}, "port": 80,
            "request": {"host": "web", "path": "/in"}});
        expecting(base, changes)
    };
    let from = |namespace: &str| json!({"from": {"namespace": namespace, "name": "client"}});
    let near = || json!({"backend": {"namespace": "away", "name": "near"}});
    let status = |code: u16| json!({"response": {"statusCodes": [code]}});
    let outside = || json!({"request": {"path": "/out"}});
    assert_found([
        (dial("dialled", &[from("shop"), to("web")]), None),
        (dial("dialled", &[to("web")]), None),
        (dial("dialled", &[from("third"), to("web")]), None),
        (dial("dialled", &[from("away"), near()]), None),
        (dial("dialled", &[from("away"), to("web")]), Some(Aspect::Decision)),
        (dial("dialled", &[from("shop"), near()]), Some(Aspect::Decision)),
        (dial("dialled", &[from("shop"), to("dialled")]), Some(Aspect::Decision)),
        (dial("dialled", &[outside(), status(404)]), None),
        (dial("dialled", &[outside(), to("dialled")]), Some(Aspect::Decision)),
        (dial("dialled", &[json!({"port": null}), to("web")]), None),
        (dial("dialled", &[json!({"port": 81, "fails": true})]), None),
        (dial("alone", &[to("alone")]), None),
        (dial("alone", &[json!({"backend": {"namespace": "shop"}})]), None),
        (dial("alone", &[json!({"port": null}), to("alone")]), None),
        (dial("alone", &[to("web")]), Some(Aspect::Decision)),
        (dial("alone", &[json!({"backend": {"namespace": "away"}})]), Some(Aspect::Decision)),
        (dial("alone", &[status(404)]), Some(Aspect::Admission)),
        (dial("alone", &[json!({"fails": true})]), Some(Aspect::Refusal)),
        (dial("alone", &[json!({"redirect": {"scheme": "https"}})]), Some(Aspect::Decision)),
        (dial("alone", &[to("alone"), json!({"upstream": {"path": "/"}})]), Some(Aspect::Decision)),
        (dial("alone", &[to("alone"), json!({"response": {"headers": {"x-b": "2"}}})]), Some(Aspect::Decision)),
        (dial("alone", &[to("alone"), json!({"response": {"absentHeaders": ["x-b"]}})]), None),
        (dial("alone", &[to("alone"), json!({"mirroredTo": [{"name": "web"}]})]), Some(Aspect::Decision)),
        (dial("alone", &[to("alone"), json!({"serverName": "a"})]), Some(Aspect::BackendTls)),
        (dial("called", &[json!({"is": "grpc"}), to("web"), cart("Add")]), None),
        (dial("called", &[json!({"is": "grpc"}), to("next"), cart("Add")]), Some(Aspect::Decision)),
        (dial("called", &[json!({"is": "grpc", "response": {"code": "UNIMPLEMENTED"}}), cart("Take")]), None),
        (dial("alone", &[json!({"is": "grpc"}), to("alone"), cart("Add")]), None),
        (dial("alone", &[json!({"is": "grpc"}), cart("Add")]), None),
        (
            dial("alone", &[json!({"is": "grpc", "response": {"code": "UNAVAILABLE"}}), cart("Add")]),
            Some(Aspect::Admission),
        ),
        (dial("alone", &[json!({"is": "tcp"}), to("alone")]), None),
        (dial("alone", &[json!({"is": "tcp"}), to("web")]), Some(Aspect::Decision)),
        (dial("alone", &[json!({"is": "udp", "port": null}), to("alone")]), None),
        (dial("headless", &[to("headless")]), Some(Aspect::Decision)),
        (dial("absent", &[to("absent")]), Some(Aspect::Decision)),
        (dial("alone", &[json!({"parent": {"kind": "Pod"}}), to("alone")]), Some(Aspect::Decision)),
    ]);
}

fn cart(method: &str) -> Value {
    json!({"request": {"service": "shop.Cart", "method": method}})
}

#[test]
fn certificates_of_clients_are_judged_before_a_request() {
    let request = |gateway: &str, certificate: Option<&str>, change: Value| {
        let parent = json!({"kind": "Gateway", "namespace": "shop", "name": gateway});
        let base = json!({"is": "http", "parent": parent, "scheme": "https", "port": 443,
            "request": {"host": "a.test", "clientCert": certificate}});
        expecting(base, &[change])
    };
    let refused = || json!({"fails": true});
    for (gateway, certificate, is_admitted) in [
        ("strict", Some("shop/known"), true),
        ("strict", Some("shop/unknown"), false),
        ("strict", Some("shop/own"), false),
        ("strict", Some("shop/absent"), false),
        ("strict", None, false),
        ("lenient", Some("shop/known"), true),
        ("lenient", Some("shop/unknown"), true),
        ("lenient", None, true),
    ] {
        let (passes, fails) = if is_admitted { (None, Some(Aspect::Refusal)) } else { (Some(Aspect::Decision), None) };
        assert_found([
            (request(gateway, certificate, to("web")), passes),
            (request(gateway, certificate, refused()), fails),
        ]);
    }
}

#[test]
fn each_backend_must_see_the_mark_that_is_its_own() {
    let marks = |request: Value, marks: Value| json!({"is": "other", "parent": front(), "request": request, "header": "Mark", "headerValueByBackend": marks});
    let host = || json!({"host": "marked.test"});
    let both = || json!({"web": "of-web", "next": "of-next"});
    assert_found([
        (marks(host(), both()), None),
        (marks(host(), json!({"web": "of-web", "next": "of-web"})), Some(Aspect::Forwarded)),
        (marks(host(), json!({"web": "of-web"})), Some(Aspect::Forwarded)),
        // The second backend adds to what is there: two values.
        (marks(json!({"host": "marked.test", "headers": {"mark": "x"}}), both()), Some(Aspect::Forwarded)),
        (marks(json!({"host": "other.test"}), both()), Some(Aspect::Decision)),
    ]);
}
