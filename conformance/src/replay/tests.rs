use serde_json::{Value, json};

use super::*;

mod traffic;

/// A Gateway with a route: `/` to `web`, `/split` to `web` and `next` 3 to 1, `/changed` through a
/// filter, `/gone` to a Service that is not there.
const MANIFEST: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: shop}
spec:
  gatewayClassName: '{GATEWAY_CLASS_NAME}'
  addresses: [{value: PLACEHOLDER_USABLE_ADDRS}, {value: 10.0.0.1}, {type: test/fake-invalid-type, value: x}]
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: https, port: 443, protocol: HTTPS, hostname: '*.example.com'}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  parentRefs: [{name: g}]
  rules:
  - backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /split}}]
    backendRefs: [{name: web, port: 80, weight: 3}, {name: next, port: 80}]
  - matches: [{path: {value: /changed}}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-a]}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: x-b, value: '2'}]}}
    - {type: RequestMirror, requestMirror: {backendRef: {name: copies, port: 80}}}
    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}}
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /moved}}]
    filters: [{type: RequestRedirect, requestRedirect: {hostname: b.test, port: 8443, statusCode: 301}}]
  - matches: [{path: {value: /gone}}]
    backendRefs: [{name: gone, port: 80}]
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: next, namespace: shop}, spec: {ports: [{port: 80}]}}
";

fn cluster() -> Cluster {
    let mut cluster = Cluster::new();
    cluster.load(MANIFEST).unwrap();
    cluster
}

fn no_certificates() -> impl Certificates {
    |_: &Generated| CertifiedKey { certificate: "certificate".to_owned(), key: "key".to_owned() }
}

fn replayed(steps: Value) -> TestReport {
    replayed_in(cluster(), steps)
}

fn replayed_in(cluster: Cluster, steps: Value) -> TestReport {
    let test: Test = serde_json::from_value(json!({"test": "T", "steps": steps})).unwrap();
    replay("t", &test, cluster, &mut no_certificates())
}

/// One expectation about a request with this path, changed by a merge patch.
fn http(path: &str, change: Value) -> Value {
    let mut expected = json!({
        "is": "http", "parent": {"kind": "Gateway", "namespace": "shop", "name": "g"}, "scheme": "http", "port": 80,
        "request": {"path": path}, "backend": {"namespace": "shop", "name": "web"},
    });
    merge_patch(&mut expected, &change);
    expected
}

fn found(expected: Value) -> Option<Aspect> {
    let report = replayed(json!([{"expect": [expected]}]));
    assert_eq!((report.held + report.failures.len(), &report.broken), (1, &None), "{report:?}");
    report.failures.first().map(|(_, failure)| failure.aspect)
}

fn name(kind: &str, name: &str) -> ObjectName {
    ObjectName { kind: kind.to_owned(), namespace: Some("shop".to_owned()), name: name.to_owned() }
}

#[test]
fn an_expectation_holds_or_fails_in_the_aspect_in_which_it_differs() {
    let status = |code: u16| json!({"backend": null, "response": {"statusCodes": [code]}});
    let redirected = |location: Value, status: u16| {
        http("/moved/x", json!({"backend": null, "redirect": location, "response": {"statusCodes": [status]}}))
    };
    let cases = [
        (http("/", json!({})), None),
        (http("/", json!({"port": null})), None),
        (http("/", json!({"backend": {"name": null}})), None),
        (http("/", json!({"backend": {"name": "next"}})), Some(Aspect::Decision)),
        (http("/", json!({"backend": {"namespace": "other"}})), Some(Aspect::Decision)),
        (http("/", json!({"parent": {"name": "none"}})), Some(Aspect::Decision)),
        (http("/", json!({"port": 81})), Some(Aspect::Decision)),
        (http("/", status(404)), Some(Aspect::Admission)),
        (http("/", json!({"fails": true})), Some(Aspect::Refusal)),
        (http("/", json!({"fails": true, "port": 81})), None),
        (http("/", json!({"redirect": {"scheme": "https"}})), Some(Aspect::Redirect)),
        (http("/", json!({"mirroredTo": [{"name": "next"}]})), Some(Aspect::Decision)),
        (
            http("/changed", json!({"upstream": {"path": "/new"}, "mirroredTo": [{"name": "next"}]})),
            Some(Aspect::Mirror),
        ),
        (http("/", json!({"serverName": "a"})), Some(Aspect::BackendTls)),
        (http("/split", json!({})), Some(Aspect::Decision)),
        (http("/gone", json!({})), Some(Aspect::Decision)),
        (http("/gone", status(500)), None),
        (http("/gone", status(503)), Some(Aspect::Decision)),
        (http("/gone", json!({"backend": null, "response": {"statusCodes": [503], "anyStatusBut": [200]}})), None),
        (http("/", json!({"upstream": {"path": "/x"}})), Some(Aspect::Decision)),
        (http("/", json!({"upstream": {"headers": {"x-a": "1"}}})), Some(Aspect::Decision)),
        (http("/", json!({"request": {"headers": {"X-A": "1"}}, "upstream": {"headers": {"x-a": "1"}}})), None),
        (http("/changed/x?q", json!({"upstream": {"path": "/new/x?q"}})), None),
        (http("/changed/x", json!({"upstream": {"path": "/changed/x"}})), Some(Aspect::Forwarded)),
        (
            http(
                "/changed",
                json!({"request": {"headers": {"X-A": "1"}}, "upstream": {"path": "/new", "absentHeaders": ["x-a"]}}),
            ),
            None,
        ),
        (
            http(
                "/changed",
                json!({"request": {"headers": {"X-A": "1"}}, "upstream": {"path": "/new", "headers": {"x-a": "1"}}}),
            ),
            Some(Aspect::Forwarded),
        ),
        (
            http("/changed", json!({"upstream": {"path": "/new"}, "response": {"headers": {"x-b": "1"}}})),
            Some(Aspect::Answered),
        ),
        (
            http(
                "/changed",
                json!({"upstream": {"path": "/new"}, "backendSetsResponseHeaders": {"X-B": "1"},
                       "response": {"headers": {"x-b": "1,2"}}, "mirroredTo": [{"name": "copies"}]}),
            ),
            None,
        ),
        (redirected(json!({"scheme": "http", "host": "b.test", "port": "8443", "path": "/moved/x"}), 301), None),
        (redirected(json!({"host": "b.test", "port": "8443"}), 301), None),
        (redirected(json!({"port": "8443", "host": "c.test"}), 301), Some(Aspect::Redirect)),
        (redirected(json!({"port": "8443", "scheme": "https"}), 301), Some(Aspect::Redirect)),
        (redirected(json!({"port": "8443", "path": "/"}), 301), Some(Aspect::Redirect)),
        (redirected(json!({"port": ""}), 301), Some(Aspect::Redirect)),
        (redirected(json!({"port": "8443"}), 302), Some(Aspect::Redirect)),
        (
            http("/", json!({"backendSetsResponseHeaders": {"X-B": "a, b"}, "response": {"headers": {"x-b": "a, b"}}})),
            None,
        ),
        (http("/", json!({"scheme": "https", "port": 443, "request": {"host": "a.example.com"}})), None),
        (
            http("/", json!({"scheme": "https", "port": 443, "request": {"host": "a.example.org"}})),
            Some(Aspect::Decision),
        ),
        (
            http(
                "/",
                json!({"scheme": "https", "port": 443, "fails": true, "request": {"host": "a.example.com", "sni": "b.test"}}),
            ),
            None,
        ),
    ];
    for (expected, aspect) in cases {
        assert_eq!(found(expected.clone()), aspect, "{expected}");
    }
}

#[test]
fn shares_are_compared() {
    let weights = |path: &str, distribution: Value| {
        json!({"is": "weights", "protocol": "http", "parent": {"kind": "Gateway", "namespace": "shop", "name": "g"},
               "port": 80, "request": {"path": path}, "distribution": distribution})
    };
    for (path, distribution, holds) in [
        ("/split", json!({"web": 0.75, "next": 0.25}), true),
        ("/split", json!({"web": 0.75, "next": 0.25, "third": 0.0}), true),
        ("/split", json!({"web": 0.7, "next": 0.3}), false),
        ("/split", json!({"web": 0.75}), false),
        ("/", json!({"web": 1.0, "next": 0.01}), true),
        ("/", json!({"web": 0.995}), true),
        ("/gone", json!({"gone": 1.0}), false),
    ] {
        let aspect = found(weights(path, distribution.clone()));
        assert_eq!(aspect, (!holds).then_some(Aspect::Decision), "{path} {distribution}");
    }
}

#[test]
fn what_is_not_replayed_is_counted() {
    let other = |what: &str| json!({"is": "other", "what": what});
    let cases = [
        (http("/", json!({"cause": "backend-tls-handshake"})), Beyond::Handshakes),
        (http("/", json!({"response": {"statusCodes": [504]}})), Beyond::Delays),
        (other("the backend holds its answer for 1 s"), Beyond::Delays),
        (other("the backend answers 500 to the first request"), Beyond::Retries),
        (other("a WebSocket opened through the Gateway"), Beyond::WebSockets),
        (other("A TCP connection to the listener can be opened"), Beyond::Sockets),
        (other("A UDP datagram to the listener is answered"), Beyond::Sockets),
        (other("A request to the Pod IP of a Pod"), Beyond::PodAddresses),
        (other("within 60 s the namespace has a Pod"), Beyond::Workloads),
        (other("metadata.generation of the Gateway differs"), Beyond::Fixture),
        (other("spec.addresses holds exactly three addresses"), Beyond::Fixture),
    ];
    for (expected, beyond) in cases {
        let report = replayed(json!([{"expect": [expected, http("/", json!({}))]}]));
        assert_eq!((report.skipped, report.held), ([(beyond, 1)].into(), 1), "{expected}");
        assert_eq!(report.failures, [], "{expected}");
    }
}

#[test]
fn what_nobody_knows_how_to_replay_fails() {
    for expected in [
        json!({"is": "something-new"}),
        json!({"is": "other", "what": "something new"}),
        json!({"is": "other"}),
        json!({"is": "something-new", "what": "metadata.generation of the Gateway differs"}),
    ] {
        assert_eq!(found(expected.clone()), Some(Aspect::Unknown), "{expected}");
    }
}

#[test]
fn features_that_are_not_supported_fail() {
    let features = json!(["Gateway", "NoSuchFeature"]);
    let test = json!({"test": "T", "features": features, "steps": [{"name": "s", "requires": features}, {"requires": ["TLSRoute"]}]});
    let report = replay("t", &serde_json::from_value(test).unwrap(), cluster(), &mut no_certificates());
    assert_eq!(
        Report::new(vec![report]).problems(),
        ["t: : NoSuchFeature is not supported", "t: s: NoSuchFeature is not supported"]
    );
}

#[test]
fn steps_change_what_the_next_expectation_sees() {
    let route = json!({"kind": "HTTPRoute", "namespace": "shop", "name": "r"});
    let steps = json!([
        {"expect": [http("/", json!({}))]},
        {"patch": [{"target": route, "json": [{"op": "replace", "path": "/spec/rules/0/backendRefs/0/name", "value": "next"}]}],
         "expect": [http("/", json!({"backend": {"name": "next"}}))]},
        {"delete": [{"kind": "Service", "namespace": "shop", "name": "next"}],
         "expect": [http("/", json!({"backend": null, "response": {"statusCodes": [500]}}))]},
        {"apply": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "next", "namespace": "shop"},
                    "spec": {"ports": [{"port": 80}]}}],
         "expect": [http("/", json!({"backend": {"name": "next"}}))]},
        {"patch": [{"target": route, "merge": {"spec": {"rules": null, "hostnames": ["a.test"]}}}],
         "expect": [http("/", json!({"backend": null, "response": {"statusCodes": [404]}}))]},
    ]);
    let report = replayed(steps);
    assert_eq!((report.held, &report.failures, &report.broken), (5, &Vec::new(), &None));

    let report = replayed(json!([{"name": "n", "patch": [{"target": {"kind": "Pod", "name": "x"}, "merge": {}}]}]));
    assert_eq!(report.broken.as_deref(), Some("n: Pod /x is not there to be patched"));
}

#[test]
fn the_cluster_keeps_what_an_api_server_keeps() {
    let mut cluster = cluster();
    let get = |cluster: &Cluster, pointer: &str| cluster.get(&name("Gateway", "g")).unwrap().pointer(pointer).cloned();
    let created = get(&cluster, "/metadata/creationTimestamp");
    let route = cluster.get(&name("HTTPRoute", "r")).unwrap();
    assert_eq!(route.pointer("/metadata/creationTimestamp").cloned(), created, "one file, one moment");
    assert_eq!(get(&cluster, "/spec/gatewayClassName"), Some(CLASS.into()));
    assert_eq!(
        get(&cluster, "/spec/addresses"),
        Some(json!([{"type": "test/fake-invalid-type", "value": "x"}, {"type": "IPAddress", "value": OTHER_ADDRESS}]))
    );

    let patch = |merge: Value| Patch { target: name("Gateway", "g"), merge: Some(merge), json: Vec::new() };
    cluster.patch(&patch(json!({"metadata": {"labels": {"a": "b"}}, "status": {"conditions": []}}))).unwrap();
    assert_eq!(get(&cluster, "/metadata/generation"), Some(json!(1)), "the spec is as it was");
    cluster.patch(&patch(json!({"spec": {"listeners": []}}))).unwrap();
    assert_eq!(get(&cluster, "/metadata/generation"), Some(json!(2)));
    assert_eq!(get(&cluster, "/metadata/creationTimestamp"), created);

    cluster.apply(json!({"kind": "Gateway", "metadata": {"name": "g", "namespace": "shop"}, "spec": {}})).unwrap();
    assert_eq!(get(&cluster, "/status"), Some(json!({"conditions": []})), "applying leaves the status alone");
    cluster.apply(json!({"kind": "Gateway", "metadata": {"name": "later"}, "spec": {}})).unwrap();
    let later = ObjectName { namespace: Some("default".to_owned()), ..name("Gateway", "later") };
    let later = cluster.get(&later).unwrap().pointer("/metadata/creationTimestamp").cloned();
    assert!(later.as_ref().and_then(Value::as_str) > created.as_ref().and_then(Value::as_str));
    assert!(matches!(cluster.apply(json!({"kind": "Gateway"})), Err(ClusterError::Nameless(_))));
}

#[test]
fn generated_objects_hold_certificates() {
    let mut cluster = cluster();
    for (wanted, data) in [
        (
            json!({"kind": "Secret", "namespace": "shop", "name": "s", "keys": ["tls.crt", "tls.key"], "signedBy": null}),
            json!({"tls.crt": "Y2VydGlmaWNhdGU=", "tls.key": "a2V5"}),
        ),
        (
            json!({"kind": "ConfigMap", "namespace": "shop", "name": "s", "keys": ["ca.crt", "key.crt"]}),
            json!({"ca.crt": "certificate", "key.crt": "key"}),
        ),
    ] {
        let wanted: Generated = serde_json::from_value(wanted).unwrap();
        cluster.generate(&wanted, &mut no_certificates()).unwrap();
        assert_eq!(cluster.get(&wanted.object).unwrap()["data"], data);
    }
    let nothing: Generated =
        serde_json::from_value(json!({"kind": "Secret", "namespace": "shop", "name": "n"})).unwrap();
    cluster.generate(&nothing, &mut no_certificates()).unwrap();
    assert_eq!(cluster.get(&nothing.object), None);
    assert!(cluster.resources().is_ok());
}

#[test]
fn a_report_tells_totals_and_what_is_not_replayed_with_its_reason() {
    let well =
        TestReport { name: "well".to_owned(), held: 2, skipped: [(Beyond::Delays, 1)].into(), ..TestReport::default() };
    let failure = Failure { aspect: Aspect::Decision, reason: "why".to_owned() };
    let skipped = [(Beyond::Retries, 3), (Beyond::Delays, 1)].into();
    let ill = TestReport {
        name: "ill".to_owned(),
        held: 1,
        failures: vec![("step".to_owned(), failure)],
        skipped,
        broken: None,
    };
    let broken = TestReport { name: "broken".to_owned(), broken: Some("end".to_owned()), ..TestReport::default() };
    let report = Report::new(vec![well, ill, broken]);
    assert_eq!(report.problems(), ["ill: step: why", "broken: end"]);
    let lines = [
        "ok   well (2 of 2)".to_owned(),
        "FAIL ill (1 of 2)".to_owned(),
        "     ill: step: why".to_owned(),
        "FAIL broken (0 of 0)".to_owned(),
        "     broken: end".to_owned(),
        "3 expectations of 2 tests hold, 2 do not".to_owned(),
        format!("not replayed: 3 {} (ill)", Beyond::Retries),
        format!("not replayed: 2 {} (well, ill)", Beyond::Delays),
    ];
    assert_eq!(report.to_string().lines().collect::<Vec<_>>(), lines);
}

#[test]
fn statuses_are_written_at_each_step_and_compared_with_what_the_cluster_holds() {
    let g = json!({"kind": "Gateway", "namespace": "shop", "name": "g"});
    let r = json!({"kind": "HTTPRoute", "namespace": "shop", "name": "r"});
    let well = |kind: &str| json!({"type": kind, "status": "True", "reason": null});
    let cases = [
        (
            json!({"is": "condition", "object": g, "type": "Accepted", "status": "False", "reason": "UnsupportedAddress", "latestGeneration": true}),
            None,
        ),
        (
            json!({"is": "condition", "object": g, "type": "Accepted", "status": "False", "reason": ["Other"]}),
            Some(Aspect::Status),
        ),
        (
            json!({"is": "condition", "object": g, "type": "Odd", "status": "True", "reason": null}),
            Some(Aspect::Status),
        ),
        (json!({"is": "other", "what": "any status", "object": g, "type": "Accepted", "status": null}), None),
        (
            json!({"is": "other", "what": "any status", "object": g, "type": "Odd", "status": null}),
            Some(Aspect::Status),
        ),
        (json!({"is": "addresses", "object": g, "minimum": 1}), Some(Aspect::Status)),
        (json!({"is": "attached-routes", "object": g, "listener": "http", "count": 1}), None),
        (json!({"is": "attached-routes", "object": g, "listener": null, "count": 2}), Some(Aspect::Status)),
        (json!({"is": "attached-listener-sets", "object": g, "count": 0}), None),
        (json!({"is": "latest-generation", "object": g}), None),
        (
            json!({"is": "listeners", "object": g, "exact": true, "listeners": [
            {"name": "https", "supportedKinds": [{"kind": "HTTPRoute"}], "attachedRoutes": 1, "conditions": [well("Accepted")]},
            {"name": "http", "supportedKinds": null, "attachedRoutes": null, "conditions": []}]}),
            None,
        ),
        (
            json!({"is": "listeners", "object": g, "exact": true, "listeners": [{"name": "http", "supportedKinds": null}]}),
            Some(Aspect::Status),
        ),
        (
            json!({"is": "listeners", "object": g, "exact": false, "listeners": [{"name": "http", "supportedKinds": []}]}),
            Some(Aspect::Status),
        ),
        (
            json!({"is": "parents", "object": r, "namespaceRequired": false, "parents": [
            {"parentRef": {"kind": "Gateway", "name": "g", "namespace": "shop"}, "conditions": [well("Accepted")]}]}),
            None,
        ),
        (
            json!({"is": "parents", "object": r, "namespaceRequired": true, "parents": [
            {"parentRef": {"kind": "Gateway", "name": "g", "namespace": "shop"}, "conditions": []}]}),
            Some(Aspect::Status),
        ),
        (
            json!({"is": "route-condition", "object": r, "parent": g, "type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"}),
            None,
        ),
        (json!({"is": "no-accepted-parents", "object": r}), Some(Aspect::Status)),
        (
            json!({"is": "policy-ancestor", "object": {"kind": "BackendTLSPolicy", "namespace": "shop", "name": "p"}, "ancestor": g,
            "type": "Accepted", "status": "True", "reason": null}),
            Some(Aspect::PolicyStatus),
        ),
    ];
    for (expected, difference) in cases {
        assert_eq!(found(expected.clone()), difference, "{expected}");
    }
    // The spec changes: what was written before is no longer of the latest generation unless it is written again.
    let report = replayed(json!([
        {"expect": [{"is": "latest-generation", "object": g}]},
        {"patch": [{"target": g, "merge": {"spec": {"addresses": []}}}],
         "expect": [{"is": "latest-generation", "object": g}, {"is": "addresses", "object": g, "count": 1}]},
        {"delete": [r], "expect": [{"is": "attached-routes", "object": g, "count": 0, "listener": "http"}]},
    ]));
    assert_eq!((report.held, &report.failures), (4, &Vec::new()), "{report:?}");
}

#[test]
fn what_holds_without_a_feature_is_replayed_without_it() {
    let kinds = json!([{"kind": "HTTPRoute"}, {"kind": "GRPCRoute"}]);
    let listeners = |kinds: &Value| {
        json!({"is": "listeners", "object": {"kind": "Gateway", "namespace": "shop", "name": "g"}, "exact": false,
            "listeners": [{"name": "http", "supportedKinds": kinds, "attachedRoutes": null, "conditions": []}]})
    };
    let unless = |then: Value| json!({"is": "other", "unlessSupported": ["GRPCRoute", "HTTPRoute"], "then": [then]});
    let report =
        replayed(json!([{"expect": [unless(listeners(&json!([]))), listeners(&kinds), unless(listeners(&kinds))]}]));
    assert_eq!((report.held, report.failures.len()), (2, 1), "{report:?}");
}
