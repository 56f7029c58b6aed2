//! Every protocol, at a Gateway and in a mesh.

use serde_json::{Value, json};

use crate::harness::{Folder, Run, gwapi_with_input};

const PROTOCOLS: &str = include_str!("data/protocols.yaml");

/// Runs `route` with a line of requests, or with arguments.
fn route(lines: &[Value], arguments: &[&str]) -> Run {
    let folder = Folder::new(&[("protocols.yaml", PROTOCOLS.as_bytes())]);
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut all = vec!["route", "-f", folder.path()];
    if !lines.is_empty() {
        all.extend(["--requests", "-", "-o", "json"]);
    }
    all.extend(arguments);
    gwapi_with_input(&all, lines.as_bytes())
}

/// What of a decision a case states.
fn stated(decision: &Value, expected: &Value) -> Value {
    match (decision, expected) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .map(|(key, value)| (key.clone(), stated(found.get(key).unwrap_or(&Value::Null), value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            found.iter().zip(wanted).map(|(found, wanted)| stated(found, wanted)).collect()
        }
        (other, _) => other.clone(),
    }
}

#[test]
fn each_protocol_has_its_answer_in_its_own_terms() {
    let all = "infra/all";
    let call = |path: &str| json!({"gateway": all, "protocol": "grpc", "host": "grpc.example.com", "path": path});
    let cases = [
        (
            call("/shop.Cart/Add"),
            json!({"action": "forward", "status": null, "listener": {"name": "web"}, "tlsMode": null,
                   "route": {"kind": "GRPCRoute", "name": "cart"}, "rule": 0, "hostname": "grpc.example.com",
                   "backends": [{"name": "app", "probability": 0.75, "valid": true},
                                {"name": "gone", "probability": 0.25, "valid": false, "reason": "BackendNotFound"}],
                   "request": {"method": "POST", "path": "/shop.Cart/Add"}}),
        ),
        (call("/shop.Gone/Get"), json!({"action": "respond", "status": 200, "grpcStatus": "UNAVAILABLE"})),
        (
            call("/shop.Other/Get"),
            json!({"action": "respond", "status": 200, "grpcStatus": "UNIMPLEMENTED", "route": null}),
        ),
        (
            json!({"gateway": all, "port": 80, "host": "grpc.example.com", "path": "/shop.Cart/Add", "method": "POST"}),
            json!({"action": "respond", "status": 404, "grpcStatus": null}),
        ),
        (
            json!({"gateway": all, "port": 80, "host": "grpc.example.com", "path": "/shop.Cart/Add", "method": "POST",
                   "httpVersion": "2", "headers": [["Content-Type", "application/grpc"]]}),
            json!({"action": "forward", "route": {"kind": "GRPCRoute"}}),
        ),
        (
            json!({"gateway": all, "protocol": "tls", "sni": "vault.example.com"}),
            json!({"action": "forward", "tlsMode": "Passthrough", "listener": {"name": "pass"}, "request": null,
                   "route": {"kind": "TLSRoute", "name": "vault"}, "backends": [{"name": "app"}]}),
        ),
        (
            json!({"gateway": all, "protocol": "tls", "sni": "other.example.com"}),
            json!({"action": "reject", "listener": {"name": "pass"}}),
        ),
        (
            json!({"gateway": all, "protocol": "tls", "sni": "www.example.com"}),
            json!({"action": "reject", "status": null}),
        ),
        (json!({"gateway": all, "protocol": "tls", "sni": ""}), json!({"action": "reject", "listener": null})),
        (
            json!({"gateway": all, "protocol": "tcp", "count": 100}),
            json!({"action": "forward", "route": {"kind": "TCPRoute"}, "picks": {"infra/app:80": 50, "reject": 50}}),
        ),
        (
            json!({"gateway": all, "protocol": "udp"}),
            json!({"action": "reject", "route": {"kind": "UDPRoute"}, "backends": [{"valid": false}]}),
        ),
        (json!({"gateway": all, "protocol": "udp", "port": 80}), json!({"action": "reject", "route": null})),
    ];
    let lines: Vec<Value> = cases.iter().map(|(line, _)| line.clone()).collect();
    let run = route(&lines, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    for (decision, (line, expected)) in run.lines().iter().zip(&cases) {
        assert_eq!(stated(decision, expected), *expected, "{line}\n{decision}");
    }
}

#[test]
fn a_client_in_a_mesh_meets_the_routes_of_its_namespace_or_the_services_own() {
    let ask = |from: Value, path: &str| json!({"service": "infra/app", "from": from, "host": "whoever", "path": path});
    let cases = [
        (ask(json!("other"), "/v1"), json!({"action": "forward", "route": {"name": "produced"}, "listener": null})),
        (ask(Value::Null, "/v1"), json!({"action": "forward", "route": {"name": "produced"}})),
        (ask(json!("other"), "/v2"), json!({"action": "respond", "status": 404})),
        (
            ask(json!("team"), "/v2"),
            json!({"action": "forward", "route": {"name": "consumed"}, "backends": [{"valid": true}]}),
        ),
        (ask(json!("team"), "/v1"), json!({"action": "respond", "status": 404})),
        (
            json!({"service": "infra/plain", "port": 81, "host": "x", "count": 5}),
            json!({"action": "forward", "route": null, "request": {"host": "x"}, "picks": {"infra/plain:81": 5}, "backends": [
                {"kind": "Service", "namespace": "infra", "name": "plain", "port": 81, "probability": 1.0, "valid": true}]}),
        ),
        (json!({"service": "infra/plain", "port": 82}), json!({"action": "reject"})),
        (
            json!({"service": "infra/plain"}),
            json!({"error": "Service infra/plain serves http on more than one port (80, 81): `port` must say which is meant"}),
        ),
        (
            json!({"service": "infra/gone"}),
            json!({"error": "Service infra/gone does not exist; the input has infra/app, infra/plain"}),
        ),
    ];
    let lines: Vec<Value> = cases.iter().map(|(line, _)| line.clone()).collect();
    let run = route(&lines, &[]);
    assert_eq!(run.code, 2, "two lines have no answer");
    for (decision, (line, expected)) in run.lines().iter().zip(&cases) {
        assert_eq!(stated(decision, expected), *expected, "{line}\n{decision}");
    }
}

#[test]
fn a_listener_that_judges_certificates_refuses_those_that_it_does_not_trust() {
    let ask = |issuer: Value| json!({"gateway": "infra/all", "scheme": "https", "host": "www.example.com", "clientCertIssuer": issuer});
    let run = route(&[ask(json!("infra/clients")), ask(json!("infra/others")), ask(Value::Null)], &[]);
    let found: Vec<Value> = run.lines().iter().map(|line| json!([line["action"], line["listener"]["name"]])).collect();
    assert_eq!(found, [json!(["forward", "secure"]), json!(["reject", "secure"]), json!(["reject", "secure"])]);
}

#[test]
fn people_ask_with_urls() {
    let gateway = &["--gateway", "infra/all"][..];
    let cases = [
        (gateway, "grpc://grpc.example.com/shop.Cart/Add", "GRPCRoute infra/cart"),
        (gateway, "grpc://grpc.example.com/shop.Other/Get", "UNIMPLEMENTED: no rule takes the request"),
        (gateway, "grpc://grpc.example.com/shop.Gone/Get", "UNAVAILABLE: no backend of the rule can be used"),
        (gateway, "tls://vault.example.com", "TLSRoute infra/vault"),
        (gateway, "tls://other.example.com", "no TLSRoute on port 443 takes the SNI other.example.com"),
        (gateway, "tcp://:5432", "TCPRoute infra/database"),
        (gateway, "udp://:53", "connection closed: no backend of the rule can be used"),
        (gateway, "https://www.example.com/", "the listener asks for a certificate, and the client shows none"),
        (&["--service", "infra/app", "--from", "team"], "/v2", "HTTPRoute team/consumed"),
        (&["--service", "infra/plain", "--port", "81"], "http://x/", "infra/plain:81: no route is for it"),
    ];
    for (parent, url, expected) in cases {
        let mut arguments = parent.to_vec();
        // A mere path has no host of its own.
        let flags =
            if url.starts_with('/') { &["--explain", "-H", "Host: grpc.example.com"][..] } else { &["--explain"] };
        arguments.extend(flags);
        arguments.push(url);
        let run = route(&[], &arguments);
        assert_eq!(run.code, 0, "{url}: {}", run.err);
        assert!(run.out.contains(expected), "{url}: expected `{expected}` in\n{}", run.out);
    }
}
