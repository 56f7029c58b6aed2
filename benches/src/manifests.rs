//! Manifests to read.

use crate::workload::{Condition, Workload};

/// A list of so many HTTPRoutes in JSON, as `kubectl get httproutes -o json` prints it.
pub fn manifests(count: usize) -> String {
    let items: Vec<String> =
        (0..).zip(Workload::W5.table(count).entries()).map(|(number, entry)| item(number, entry)).collect();
    format!(r#"{{"apiVersion":"v1","items":[{}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#, items.join(","))
}

fn item(number: usize, entry: &crate::workload::Entry) -> String {
    let Condition::Http(condition) = &entry.condition else { return String::new() };
    let condition = serde_json::to_string(condition).expect("a match can be written");
    let hostname = entry.hostname.as_str();
    format!(
        r#"{{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{{"annotations":{{"example.com/owner":"team-{team}"}},"creationTimestamp":"2026-03-01T10:{minute:02}:00Z","generation":3,"labels":{{"app.kubernetes.io/name":"app-{number}","app.kubernetes.io/part-of":"shop"}},"name":"route-{number}","namespace":"team-{team}","resourceVersion":"{version}","uid":"6b1f0d3c-5f5e-4b6a-9d35-{number:012}"}},"spec":{{"hostnames":["{hostname}"],"parentRefs":[{{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"public","namespace":"infra","sectionName":"https"}}],"rules":[{{"backendRefs":[{{"group":"","kind":"Service","name":"app-{number}","port":8080,"weight":9}},{{"group":"","kind":"Service","name":"app-{number}-canary","port":8080,"weight":1}}],"filters":[{{"requestHeaderModifier":{{"set":[{{"name":"x-team","value":"{team}"}}]}},"type":"RequestHeaderModifier"}}],"matches":[{condition}],"timeouts":{{"request":"10s"}}}}]}},"status":{{"parents":[{{"conditions":[{{"lastTransitionTime":"2026-03-01T10:00:01Z","message":"the route is attached","observedGeneration":3,"reason":"Accepted","status":"True","type":"Accepted"}},{{"lastTransitionTime":"2026-03-01T10:00:01Z","message":"every reference resolves","observedGeneration":3,"reason":"ResolvedRefs","status":"True","type":"ResolvedRefs"}}],"controllerName":"example.com/gateway-controller","parentRef":{{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"public","namespace":"infra","sectionName":"https"}}}}]}}}}"#,
        team = number % 40,
        minute = number % 60,
        version = 100_000 + number * 7,
    )
}
