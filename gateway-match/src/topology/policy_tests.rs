use gateway_model::{ObjectKey, ResourceKind, Resources, read_objects};
use serde_json::{Value, json};

use super::*;
use crate::options::Profile;
use crate::route::{BackendState, TrustAnchors};

const CA: &str = include_str!("certificate/testdata/ec.crt");

fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "shop", "name": name}, "spec": spec})
}

fn gateway_object(kind: &str, name: &str, spec: Value) -> Value {
    object("gateway.networking.k8s.io/v1", kind, name, spec)
}

fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": name}, "data": data})
}

fn policy(name: &str, targets: Value, validation: Value) -> Value {
    gateway_object("BackendTLSPolicy", name, json!({"targetRefs": targets, "validation": validation}))
}

fn created(mut policy: Value, second: u32) -> Value {
    policy["metadata"]["creationTimestamp"] = format!("2026-01-01T00:00:{second:02}Z").into();
    policy
}

/// A Gateway with a route to the ports of the Service `s`, ConfigMaps, and a Service that no route names.
fn cluster() -> Vec<Value> {
    let backend = |port: i32| json!({"name": "s", "port": port});
    vec![
        gateway_object(
            "Gateway",
            "g",
            json!({"gatewayClassName": "c", "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}]}),
        ),
        gateway_object(
            "HTTPRoute",
            "r",
            json!({"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [
                backend(443), backend(8443), {"name": "gone", "port": 80}, {"name": "datagrams", "port": 53},
            ]}]}),
        ),
        object(
            "v1",
            "Service",
            "s",
            json!({"ports": [{"name": "one", "port": 443}, {"name": "two", "port": 8443},
                {"name": "dns", "port": 53, "protocol": "UDP"}]}),
        ),
        object("v1", "Service", "idle", json!({"ports": [{"name": "one", "port": 443}]})),
        object("v1", "Service", "datagrams", json!({"ports": [{"port": 53, "protocol": "UDP"}]})),
        config_map("ca", json!({"ca.crt": CA})),
        config_map("keyless", json!({})),
        config_map("empty", json!({"ca.crt": ""})),
        config_map("nonsense", json!({"ca.crt": "certificate"})),
    ]
}

fn resolve(more: &[Value]) -> Topology {
    let resources: Resources = cluster()
        .iter()
        .chain(more)
        .flat_map(|document| read_objects(document.clone(), "shop"))
        .map(|read| read.object.unwrap())
        .collect();
    Topology::resolve(&resources, &Profile::default())
}

fn to_ca(hostname: &str) -> Value {
    json!({"hostname": hostname, "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]})
}

fn service(name: &str, section: Option<&str>) -> Value {
    json!([{"group": "", "kind": "Service", "name": name, "sectionName": section}])
}

/// The hostname for a backend's handshake, `plain`, or the reason for which it is not spoken to.
fn spoken(topology: &Topology, item: usize) -> String {
    let route = topology.routes().next().unwrap();
    let backend = &route.backends()[0][item];
    match (&backend.state, &backend.tls) {
        (BackendState::Invalid(problem), _) => problem.reason().to_owned(),
        (_, Some(Ok(tls))) => tls.hostname().to_string(),
        (_, None) => "plain".to_owned(),
        (state, tls) => panic!("{state:?} with {tls:?}"),
    }
}

/// What a policy has to say at its ancestors.
fn told(topology: &Topology, name: &str) -> Vec<(String, &'static str, &'static str)> {
    let node = topology.backend_tls_policies().find(|node| &*node.key().name == name).unwrap();
    let resolved = node.resolved_refs().reason().as_str();
    node.ancestors()
        .iter()
        .map(|ancestor| (ancestor.gateway.name.to_string(), ancestor.accepted().reason().as_str(), resolved))
        .collect()
}

#[test]
fn the_oldest_then_the_first_by_name_has_the_target_and_a_section_beats_the_whole() {
    type Policy = (&'static str, Option<u32>, Option<&'static str>);
    // Policies by name, age and section; who has the two ports; what each is told.
    let cases: [(&[Policy], [&str; 2], &[&str]); 7] = [
        (&[("a", None, None)], ["a", "a"], &["Accepted"]),
        (&[("b", None, None), ("a", None, None)], ["a", "a"], &["Conflicted", "Accepted"]),
        (&[("b", Some(1), None), ("a", Some(2), None)], ["b", "b"], &["Accepted", "Conflicted"]),
        (&[("b", Some(1), None), ("a", None, None)], ["b", "b"], &["Accepted", "Conflicted"]),
        (&[("b", Some(1), None), ("a", Some(2), Some("one"))], ["a", "b"], &["Accepted", "Accepted"]),
        (&[("a", None, Some("one")), ("b", None, Some("two"))], ["a", "b"], &["Accepted", "Accepted"]),
        (&[("a", None, Some("one")), ("b", None, Some("one"))], ["a", "plain"], &["Accepted", "Conflicted"]),
    ];
    for (policies, expected, reasons) in cases {
        let objects: Vec<Value> = policies
            .iter()
            .map(|(name, age, section)| {
                let policy = policy(name, service("s", *section), to_ca(name));
                age.map_or(policy.clone(), |age| created(policy, age))
            })
            .collect();
        for reversed in [false, true] {
            let mut objects = objects.clone();
            if reversed {
                objects.reverse();
            }
            let topology = resolve(&objects);
            assert_eq!([spoken(&topology, 0), spoken(&topology, 1)], expected, "{policies:?}");
            for ((name, ..), reason) in policies.iter().zip(reasons) {
                let expected = [("g".to_owned(), *reason, "ResolvedRefs")];
                assert_eq!(told(&topology, name), expected, "{name} of {policies:?}");
            }
        }
    }
}

#[test]
fn what_does_not_resolve_is_told_and_nothing_is_sent_in_plain_text() {
    let reference = |kind: &str, name: &str| json!({"group": "", "kind": kind, "name": name});
    let refs = |refs: Value| json!({"hostname": "a.example.com", "caCertificateRefs": refs});
    let known = |set: &str| json!({"hostname": "a.example.com", "wellKnownCACertificates": set});
    let with = |field: &str, value: Value| {
        let mut validation = to_ca("a.example.com");
        validation[field] = value;
        validation
    };
    let ca = || reference("ConfigMap", "ca");
    let lost = |name: &str| refs(json!([reference("ConfigMap", name)]));
    let cases = [
        (refs(json!([ca()])), "a.example.com", "Accepted", "ResolvedRefs"),
        (known("System"), "a.example.com", "Accepted", "ResolvedRefs"),
        (known("example.com/ours"), "Invalid", "Invalid", "ResolvedRefs"),
        (refs(json!([])), "Invalid", "Invalid", "ResolvedRefs"),
        (with("wellKnownCACertificates", json!("System")), "Invalid", "Invalid", "ResolvedRefs"),
        (with("wellKnownCACertificates", json!("")), "a.example.com", "Accepted", "ResolvedRefs"),
        (with("hostname", json!("*.example.com")), "Invalid", "Invalid", "ResolvedRefs"),
        (with("hostname", json!("A.example.com")), "Invalid", "Invalid", "ResolvedRefs"),
        (lost("none"), "NoValidCACertificate", "NoValidCACertificate", "InvalidCACertificateRef"),
        (lost("keyless"), "NoValidCACertificate", "NoValidCACertificate", "InvalidCACertificateRef"),
        (lost("empty"), "NoValidCACertificate", "NoValidCACertificate", "InvalidCACertificateRef"),
        (lost("nonsense"), "NoValidCACertificate", "NoValidCACertificate", "InvalidCACertificateRef"),
        (refs(json!([reference("Secret", "ca")])), "NoValidCACertificate", "NoValidCACertificate", "InvalidKind"),
        // One that resolves suffices, and the other is told all the same.
        (refs(json!([reference("ConfigMap", "none"), ca()])), "a.example.com", "Accepted", "InvalidCACertificateRef"),
        (
            with("subjectAltNames", json!([{"type": "Hostname", "hostname": "*.example.com"}])),
            "a.example.com",
            "Accepted",
            "ResolvedRefs",
        ),
        (
            with("subjectAltNames", json!([{"type": "URI", "uri": "spiffe://a/b"}])),
            "a.example.com",
            "Accepted",
            "ResolvedRefs",
        ),
        (
            with("subjectAltNames", json!([{"type": "Hostname", "uri": "spiffe://a/b"}])),
            "Invalid",
            "Invalid",
            "ResolvedRefs",
        ),
        (with("subjectAltNames", json!([{"type": "URI", "uri": "a/b"}])), "Invalid", "Invalid", "ResolvedRefs"),
        (with("subjectAltNames", json!([{"type": "URI", "uri": "://a"}])), "Invalid", "Invalid", "ResolvedRefs"),
        (with("subjectAltNames", json!([{"type": "URI", "uri": "a/b://c"}])), "Invalid", "Invalid", "ResolvedRefs"),
        (with("subjectAltNames", json!([{"type": "URI", "uri": "mailto:a"}])), "Invalid", "Invalid", "ResolvedRefs"),
        (with("subjectAltNames", json!([{"type": "Email", "uri": "a@b"}])), "Invalid", "Invalid", "ResolvedRefs"),
    ];
    for (validation, expected, accepted, resolved) in cases {
        let topology = resolve(&[policy("p", service("s", None), validation.clone())]);
        assert_eq!(spoken(&topology, 0), expected, "{validation}");
        assert_eq!(told(&topology, "p"), [("g".to_owned(), accepted, resolved)], "{validation}");
        // The route's own references are good, whatever the policy is.
        let problems: Vec<_> = topology.routes().next().unwrap().unresolved().map(|(_, item, _)| item).collect();
        assert_eq!(problems, [2, 3], "{validation}");
    }
}

#[test]
fn a_policy_that_loses_or_is_broken_leaves_the_target_to_the_one_that_has_it() {
    let broken =
        json!({"hostname": "b.example.com", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "none"}]});
    let topology = resolve(&[
        created(policy("old", service("s", None), broken), 1),
        created(policy("new", service("s", None), to_ca("new")), 2),
    ]);
    assert_eq!(spoken(&topology, 0), "NoValidCACertificate", "the older has the target, good or not");
    assert_eq!(told(&topology, "new")[0].1, "Conflicted");
    assert_eq!(told(&topology, "old")[0].1, "NoValidCACertificate");
}

#[test]
fn targets_that_are_none_are_told_where_a_gateway_reaches_them() {
    let cases = [
        (service("gone", None), vec!["TargetNotFound"]),
        (service("s", Some("three")), vec!["TargetNotFound"]),
        (service("s", Some("dns")), vec!["Invalid"]),
        (service("datagrams", None), vec!["Invalid"]),
        // No route leads there, so that no Gateway has anything to say.
        (service("idle", None), vec![]),
        (json!([{"group": "", "kind": "Secret", "name": "s"}]), vec![]),
        (json!([{"group": "example.com", "kind": "Service", "name": "s"}]), vec![]),
        (json!([{"group": "core", "kind": "Service", "name": "s"}]), vec!["Accepted"]),
        (
            json!([{"group": "", "kind": "Service", "name": "s"}, {"group": "", "kind": "Service", "name": "idle"}]),
            vec!["Accepted"],
        ),
        (
            json!([{"group": "", "kind": "Service", "name": "idle"}, {"group": "", "kind": "Service", "name": "gone"}]),
            vec!["TargetNotFound"],
        ),
    ];
    for (targets, expected) in cases {
        let topology = resolve(&[policy("p", targets.clone(), to_ca("a.example.com"))]);
        let reasons: Vec<_> = told(&topology, "p").into_iter().map(|(_, accepted, _)| accepted).collect();
        assert_eq!(reasons, expected, "{targets}");
    }
}

#[test]
fn every_gateway_that_reaches_the_target_is_an_ancestor_once() {
    let gateway = |name: &str| {
        gateway_object(
            "Gateway",
            name,
            json!({"gatewayClassName": "c", "listeners": [
                {"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 81, "protocol": "HTTP"}]}),
        )
    };
    let mirroring = gateway_object(
        "HTTPRoute",
        "mirrors",
        json!({"parentRefs": [{"name": "h"}], "rules": [{"filters": [{"type": "RequestMirror",
            "requestMirror": {"backendRef": {"name": "s", "port": 443}}}]}]}),
    );
    let refused = gateway_object(
        "HTTPRoute",
        "refused",
        json!({"parentRefs": [{"name": "i", "sectionName": "none"}], "rules": [{"backendRefs": [{"name": "s", "port": 443}]}]}),
    );
    let twice = gateway_object(
        "HTTPRoute",
        "twice",
        json!({"parentRefs": [{"name": "j"}, {"name": "j", "sectionName": "a"}],
            "rules": [{"backendRefs": [{"name": "s", "port": 443}]}, {"backendRefs": [{"name": "s", "port": 8443}]}]}),
    );
    let mut objects: Vec<Value> = ["h", "i", "j"].into_iter().map(gateway).collect();
    objects.extend([mirroring, refused, twice, policy("p", service("s", None), to_ca("a.example.com"))]);
    let topology = resolve(&objects);
    let gateways: Vec<_> = told(&topology, "p").into_iter().map(|(gateway, ..)| gateway).collect();
    assert_eq!(gateways, ["g", "h", "j"]);
    let mirrors = topology.route(&ObjectKey::new(ResourceKind::HttpRoute, "shop", "mirrors")).unwrap();
    assert!(mirrors.filter_backends()[0].backend.tls.is_some(), "copies are secured too");
}

#[test]
fn a_reference_that_is_not_permitted_reaches_nothing() {
    let mut gateway = gateway_object(
        "Gateway",
        "g",
        json!({"gatewayClassName": "c", "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}]}),
    );
    let mut route = gateway_object(
        "HTTPRoute",
        "far",
        json!({"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [{"name": "idle", "namespace": "shop", "port": 443}]}]}),
    );
    gateway["metadata"]["namespace"] = "far".into();
    route["metadata"]["namespace"] = "far".into();
    let topology = resolve(&[gateway, route, policy("p", service("idle", None), to_ca("a.example.com"))]);
    assert_eq!(told(&topology, "p"), []);
}

#[test]
fn the_certificates_and_options_of_a_policy_come_with_the_backend() {
    let mut policy = policy("p", service("s", Some("one")), to_ca("a.example.com"));
    policy["spec"]["options"] = json!({"example.com/version": "1.3"});
    let topology = resolve(&[policy]);
    let tls = topology.routes().next().unwrap().backends()[0][0].tls.clone().unwrap().unwrap();
    assert_eq!(tls.trust(), &TrustAnchors::ConfigMaps(vec![ObjectKey::new(ResourceKind::ConfigMap, "shop", "ca")]));
    assert_eq!(tls.options().get("example.com/version").map(String::as_str), Some("1.3"));
    assert_eq!(&*tls.source().name, "p");
}

#[test]
fn traffic_policies_are_for_whole_backends_and_broken_ones_are_as_if_not_there() {
    let traffic = |name: &str, spec: Value| {
        let mut spec = spec;
        spec["targetRefs"] = json!([{"group": "", "kind": "Service", "name": "s", "sectionName": "one"}]);
        object("gateway.networking.x-k8s.io/v1alpha1", "XBackendTrafficPolicy", name, spec)
    };
    let session = |name: &str| json!({"sessionPersistence": {"sessionName": name}});
    let cases = [
        (vec![("a", session("x"))], Some("x"), vec!["Accepted"]),
        (vec![("b", session("x")), ("a", session("y"))], Some("y"), vec!["Accepted", "Conflicted"]),
        (vec![("a", json!({"sessionPersistence": {"type": "Cloud"}}))], None, vec!["Invalid"]),
        (vec![("a", json!({"retryConstraint": {"budget": {"percent": 200}}}))], None, vec!["Invalid"]),
        (vec![("a", json!({"retryConstraint": {}}))], None, vec!["Accepted"]),
    ];
    for (policies, expected, reasons) in cases {
        let objects: Vec<Value> = policies.iter().map(|(name, spec)| traffic(name, spec.clone())).collect();
        let topology = resolve(&objects);
        let route = topology.routes().next().unwrap();
        for backend in &route.backends()[0][..2] {
            let session = backend.traffic.as_ref().and_then(|traffic| traffic.session_persistence.as_ref());
            assert_eq!(session.and_then(|session| session.name()), expected, "{policies:?}");
        }
        let told: Vec<_> = topology
            .backend_traffic_policies()
            .flat_map(|node| node.ancestors())
            .map(|ancestor| ancestor.accepted().reason().as_str())
            .collect();
        assert_eq!(told, reasons, "{policies:?}");
    }
}
