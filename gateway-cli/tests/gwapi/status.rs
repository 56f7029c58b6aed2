use serde_json::{Value, json};

use crate::harness::{Folder, Run, gwapi};

const MANIFESTS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours, generation: 2}
spec: {controllerName: example.com/ours}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra, generation: 4}
spec:
  gatewayClassName: ours
  listeners:
  - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
  - {name: secure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop, generation: 7}
spec:
  parentRefs: [{name: public, namespace: infra, sectionName: web}]
  rules: [{backendRefs: [{name: cart, port: 80}]}]
status:
  parents:
  - parentRef: {name: public, namespace: infra}
    controllerName: example.com/theirs
    since: v9
    conditions: [{type: Accepted, status: 'True', reason: Odd, message: '', lastTransitionTime: long ago, severity: 3}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: mesh, namespace: shop}
spec: {parentRefs: [{name: elsewhere}]}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {ports: [{port: 80}]}}
";

fn status(manifests: &str, flags: &[&str]) -> Run {
    let folder = Folder::new(&[("all.yaml", manifests.as_bytes())]);
    let mut arguments = vec!["status", "-f", folder.path(), "--now", "2026-02-03T04:05:06Z"];
    arguments.extend(flags);
    gwapi(&arguments)
}

fn items(run: &Run) -> Vec<Value> {
    let list: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("v1"), &json!("List")));
    list["items"].as_array().unwrap().clone()
}

#[test]
fn the_list_holds_every_object_of_ours_as_the_api_has_it() {
    let run = status(MANIFESTS, &["-o", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let items = items(&run);
    let names: Vec<&str> = items.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ours", "public", "cart"], "a route without a parent of ours has no status");
    assert_eq!(items[0]["metadata"], json!({"name": "ours", "generation": 2}));
    assert_eq!(items[1]["status"]["addresses"], json!([{"type": "IPAddress", "value": "192.0.2.1"}]));
    assert_eq!(
        items[1]["status"]["conditions"][0],
        json!({"type": "Accepted", "status": "True", "reason": "ListenersNotValid", "observedGeneration": 4,
               "lastTransitionTime": "2026-02-03T04:05:06Z", "message": "some listeners are not valid: `secure`"})
    );
    let parents = items[2]["status"]["parents"].as_array().unwrap();
    assert_eq!(
        parents[0],
        json!({"parentRef": {"name": "public", "namespace": "infra"}, "controllerName": "example.com/theirs", "since": "v9",
            "conditions": [{"type": "Accepted", "status": "True", "reason": "Odd", "message": "",
                            "lastTransitionTime": "long ago", "severity": 3}]})
    );
    assert_eq!(
        (&parents[1]["controllerName"], &parents[1]["parentRef"]),
        (
            &json!("example.com/ours"),
            &json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "infra", "sectionName": "web"})
        )
    );
}

#[test]
fn what_was_written_is_taken_back_unchanged() {
    let first = status(MANIFESTS, &["-o", "yaml"]);
    // The objects with the statuses that were just written.
    let documents: String = MANIFESTS
        .split("\n---\n")
        .zip([0, 1, 2, 9, 9])
        .map(|(document, item)| {
            let list = status(MANIFESTS, &["-o", "json"]);
            let written =
                items(&list).get(item).map(|item| format!("status: {}\n", item["status"])).unwrap_or_default();
            let spec = document.split("\nstatus:").next().unwrap();
            format!("{spec}\n{written}---\n")
        })
        .collect();
    let folder = Folder::new(&[("all.yaml", documents.as_bytes())]);
    let again = gwapi(&["status", "-f", folder.path(), "--now", "2027-01-01T00:00:00Z", "-o", "yaml"]);
    assert_eq!(again.out, first.out);
}

#[test]
fn what_is_wrong_stands_out() {
    let run = status(MANIFESTS, &[]);
    let expected = "  ok  GatewayClass ours
  !!  Gateway infra/public            192.0.2.1
          ResolvedRefs=False ListenersNotResolved: listeners with references that do not resolve: `secure`
  ok    listener web                  1 route
  !!    listener secure               0 routes
          Programmed=False Invalid: tls.certificateRefs[0]: Secret infra/gone does not exist
          ResolvedRefs=False InvalidCertificateRef: tls.certificateRefs[0]: Secret infra/gone does not exist
  ok  HTTPRoute shop/cart
  ok    at Gateway infra/public, web

3 objects: 2 places where something is wrong
";
    assert_eq!(run.out, expected);
}

#[test]
fn the_exit_code_tells_of_findings_and_of_what_cannot_be_read() {
    let well = MANIFESTS
        .replace("  - {name: secure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}\n", "");
    assert_eq!(status(&well, &[]).code, 0);
    assert_eq!(status(&well.replace("name: cart, port: 80", "name: gone, port: 80"), &[]).code, 1);
    assert_eq!(status(&format!("{well}---\n[broken"), &[]).code, 2);
    assert_eq!(status(&well, &["--controller", "example.com/nobody", "-o", "json"]).out.lines().count(), 5);
    assert_eq!(status(&well, &["--now", "yesterday"]).code, 2);
    assert_eq!(status(&well, &["--features", "Gatway"]).code, 2);
}

#[test]
fn flags_say_what_the_data_plane_has_and_what_is_supported() {
    let gateway = |run: &Run| items(run).into_iter().find(|item| item["kind"] == "Gateway").unwrap();
    let run = status(MANIFESTS, &["-o", "json", "--address", "lb.example.com", "--address", "192.0.2.7"]);
    assert_eq!(gateway(&run)["status"]["addresses"], json!([{"type": "Hostname", "value": "lb.example.com"}]));
    let run = status(MANIFESTS, &["-o", "json", "--features", "Gateway,HTTPRoute"]);
    let kinds = &gateway(&run)["status"]["listeners"][0]["supportedKinds"];
    assert_eq!(kinds, &json!([{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]));
    let class = &items(&run)[0]["status"]["supportedFeatures"];
    assert_eq!(class, &json!([{"name": "Gateway"}, {"name": "HTTPRoute"}]));
}

#[test]
fn certificates_are_judged_by_the_clock_that_is_fixed() {
    const CERTIFICATE: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.crt");
    const KEY: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/ec.pkcs8.key");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
         "metadata": {"name": "shown", "namespace": "shop"}, "stringData": {"tls.crt": CERTIFICATE, "tls.key": KEY}},
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "g", "namespace": "shop"},
         "spec": {"gatewayClassName": "any", "listeners": [
            {"name": "l", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "shown"}]}}]}},
    ]});
    for (now, expected) in [
        ("2027-01-01T00:00:00Z", "every reference resolves"),
        ("2200-01-01T00:00:00Z", "Secret shop/shown: the certificate expired at 2126-11-01T19:55:45Z"),
    ] {
        let folder = Folder::new(&[("all.json", list.to_string().as_bytes())]);
        let run = gwapi(&["status", "-f", folder.path(), "--now", now, "-o", "json"]);
        assert_eq!(run.code, 0, "no text names a reason for it: {run:?}");
        let resolved = &items(&run)[0]["status"]["listeners"][0]["conditions"][2];
        assert_eq!(resolved["status"], "True");
        let told = resolved["message"].as_str().unwrap();
        assert!(told.ends_with(expected), "{now}: {told}");
    }
}
