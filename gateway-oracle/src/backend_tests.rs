use serde_json::{Value, json};

use super::*;
use crate::sample::{object, resources, service};

fn share_of(documents: &[Value], backend: &Value) -> BackendShare {
    let backend: BackendRef = serde_json::from_value(backend.clone()).unwrap();
    share(&resources(documents), &ObjectName::http_route("ns", "r"), &backend, Grants::Needed)
}

#[test]
fn a_backend_must_be_of_a_known_kind_and_exist_with_its_port() {
    let import = json!({
        "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceImport",
        "metadata": {"name": "i"}, "spec": {"ports": [{"port": 80}]}
    });
    let documents = [service("s"), import];
    let multicluster = "multicluster.x-k8s.io";
    let cases = [
        (json!({"name": "s", "port": 80}), None),
        (json!({"name": "s", "port": 80, "group": "core", "kind": "Service"}), None),
        (json!({"name": "i", "port": 80, "group": multicluster, "kind": "ServiceImport"}), None),
        (json!({"name": "s", "port": 81}), Some("BackendNotFound")),
        (json!({"name": "s"}), Some("BackendNotFound")),
        (json!({"name": "gone", "port": 80}), Some("BackendNotFound")),
        (json!({"name": "i", "port": 81, "group": multicluster, "kind": "ServiceImport"}), Some("BackendNotFound")),
        (json!({"name": "s", "port": 80, "kind": "Bucket"}), Some("InvalidKind")),
        (json!({"name": "s", "port": 80, "group": "x.io"}), Some("InvalidKind")),
        (json!({"name": "i", "port": 80, "kind": "ServiceImport"}), Some("InvalidKind")),
        (json!({"name": "s", "port": 80, "namespace": "far", "kind": "Bucket"}), Some("InvalidKind")),
        (json!({"name": "s", "port": 80, "namespace": "far"}), Some("RefNotPermitted")),
        (json!({"name": "gone", "port": 80, "namespace": "far"}), Some("RefNotPermitted")),
    ];
    for (backend, problem) in cases {
        let share = share_of(&documents, &backend);
        assert_eq!((share.problem, share.ready), (problem, problem.is_none()), "{backend}");
    }
}

#[test]
fn a_port_must_be_for_the_transport_of_the_route() {
    let port = |number: i32, protocol: &str| json!({"port": number, "protocol": protocol});
    let ports =
        json!([{"port": 80}, port(53, "UDP"), port(90, "TCP"), port(54, "UDP"), port(54, "TCP"), port(7, "SCTP")]);
    let mut dns = service("dns");
    dns["spec"]["ports"] = ports.clone();
    let import = json!({
        "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceImport",
        "metadata": {"namespace": "ns", "name": "dns"}, "spec": {"ports": ports}
    });
    let resources = resources(&[dns, import]);
    let wrong = Some("UnsupportedProtocol");
    let cases = [(80, None, wrong), (53, wrong, None), (90, None, wrong), (54, None, None), (7, wrong, wrong)];
    for (port, over_tcp, over_udp) in cases {
        for target in [json!({}), json!({"group": "multicluster.x-k8s.io", "kind": "ServiceImport"})] {
            let mut backend = target;
            backend["name"] = json!("dns");
            backend["port"] = json!(port);
            let backend: BackendRef = serde_json::from_value(backend).unwrap();
            for kind in ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"] {
                let share = share(&resources, &ObjectName::new(kind, "ns", "r"), &backend, Grants::Needed);
                let expected = if kind == "UDPRoute" { over_udp } else { over_tcp };
                assert_eq!((share.problem, share.ready), (expected, expected.is_none()), "{kind} {port} {backend:?}");
            }
        }
    }
}

#[test]
fn a_share_has_the_defaults_resolved() {
    let share = share_of(&[], &json!({"name": "s", "group": "core"}));
    assert_eq!(
        (share.namespace.as_str(), share.kind.as_str(), share.group.as_str(), share.port, share.weight),
        ("ns", "Service", "", None, 1)
    );
    assert_eq!(share_of(&[], &json!({"name": "s", "weight": 0})).weight, 0);
}

#[test]
fn a_reference_across_namespaces_needs_a_grant_there() {
    let from = json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "ns"});
    let grpc = json!({"group": "gateway.networking.k8s.io", "kind": "GRPCRoute", "namespace": "ns"});
    let other = json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "other"});
    let to = json!({"group": "", "kind": "Service"});
    let grant = |from: Value, to: Value| object("ReferenceGrant", "far/g", json!({"from": from, "to": to}));
    let cases = [
        (vec![grant(json!([from]), json!([to]))], true),
        (vec![grant(json!([from]), json!([{"group": "core", "kind": "Service", "name": "s"}]))], true),
        (vec![grant(json!([from]), json!([{"group": "", "kind": "Service", "name": "t"}]))], false),
        (vec![grant(json!([from]), json!([{"group": "", "kind": "Service", "name": "t"}, to]))], true),
        (vec![grant(json!([from]), json!([{"group": "", "kind": "Secret"}]))], false),
        (vec![grant(json!([from]), json!([{"group": "x.io", "kind": "Service"}]))], false),
        (vec![grant(json!([grpc]), json!([to]))], false),
        (vec![grant(json!([other]), json!([to]))], false),
        (vec![grant(json!([grpc, other, from]), json!([to]))], true),
        (vec![object("ReferenceGrant", "ns/g", json!({"from": [from], "to": [to]}))], false),
        (
            vec![
                grant(json!([other]), json!([to])),
                object("ReferenceGrant", "far/h", json!({"from": [from], "to": [to]})),
            ],
            true,
        ),
    ];
    for (mut documents, granted) in cases {
        let shown = json!(documents);
        documents.push(service("far/s"));
        let share = share_of(&documents, &json!({"name": "s", "port": 80, "namespace": "far"}));
        assert_eq!(share.problem, (!granted).then_some("RefNotPermitted"), "{shown}");
    }
}

#[test]
fn a_service_is_ready_while_one_endpoint_is_or_nobody_knows() {
    let slice = |name: &str, namespace: &str, service: &str, endpoints: Value| {
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
            "endpoints": endpoints
        })
    };
    let endpoint = |ready: Value| json!({"addresses": ["10.0.0.1"], "conditions": {"ready": ready}});
    let no = || json!([endpoint(json!(false))]);
    let cases = [
        (vec![], true),
        (vec![slice("a", "ns", "s", json!([endpoint(json!(true))]))], true),
        (vec![slice("a", "ns", "s", json!([{"addresses": ["10.0.0.1"]}]))], true),
        (vec![slice("a", "ns", "s", json!([endpoint(json!(null))]))], true),
        (vec![slice("a", "ns", "s", no())], false),
        (vec![slice("a", "ns", "s", json!([]))], false),
        (vec![slice("a", "ns", "s", no()), slice("b", "ns", "s", json!([endpoint(json!(true))]))], true),
        (vec![slice("a", "ns", "t", no())], true),
        (vec![slice("a", "far", "s", no())], true),
    ];
    for (mut documents, ready) in cases {
        let shown = json!(documents);
        documents.push(service("s"));
        assert_eq!(share_of(&documents, &json!({"name": "s", "port": 80})).ready, ready, "{shown}");
    }
}

#[test]
fn the_outcome_follows_from_weights_and_states() {
    let (good, empty, bad) = ((None, true), (None, false), (Some("BackendNotFound"), false));
    let mut other = Options::default();
    other.set("zero-weights", "503").unwrap();
    other.set("no-endpoints", "500").unwrap();
    let respond = Outcome::Respond;
    type Weighted = (u32, (Option<&'static str>, bool));
    let cases: [(&[Weighted], Outcome, Outcome); 10] = [
        (&[], respond(500), respond(500)),
        (&[(0, good)], respond(500), respond(503)),
        (&[(0, bad), (0, empty)], respond(500), respond(503)),
        (&[(1, good)], Outcome::Forward, Outcome::Forward),
        (&[(99, bad), (1, good)], Outcome::Forward, Outcome::Forward),
        (&[(1, bad), (0, good)], respond(500), respond(500)),
        (&[(1, empty)], respond(503), respond(500)),
        (&[(1, empty), (0, bad)], respond(503), respond(500)),
        (&[(1, empty), (1, bad)], respond(500), respond(500)),
        (&[(1, empty), (1, good)], Outcome::Forward, Outcome::Forward),
    ];
    for (backends, expected, with_other_options) in cases {
        let shares: Vec<_> = backends
            .iter()
            .map(|(weight, (problem, ready))| BackendShare {
                weight: *weight,
                problem: *problem,
                ready: *ready,
                ..share_of(&[], &json!({"name": "s"}))
            })
            .collect();
        assert_eq!(outcome(&shares, Failure::Http, &Options::default()), expected, "{backends:?}");
        assert_eq!(outcome(&shares, Failure::Http, &other), with_other_options, "{backends:?}");
    }
}
