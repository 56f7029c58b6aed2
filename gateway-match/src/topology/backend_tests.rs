use gateway_model::{Resources, read_objects};
use serde_json::{Value, json};

use super::*;
use crate::answer::Answer;
use crate::options::{ExternalName, Profile, TlsWithoutPolicy};
use crate::request::Connection;
use crate::route::{BackendState, Pick};

const API: &str = "gateway.networking.k8s.io/v1";
const API_X: &str = "gateway.networking.x-k8s.io/v1alpha1";
const CERTIFICATE: &str = include_str!("certificate/testdata/ec.crt");
const KEY: &str = include_str!("certificate/testdata/ec.pkcs8.key");

fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "shop", "name": name}, "spec": spec})
}

fn route(kind: &str, reference: &Value) -> Value {
    let spec = json!({"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [reference]}]});
    object(API, kind, "r", spec)
}

fn resolve(documents: &[Value], profile: &Profile) -> Topology {
    let resources: Resources = documents
        .iter()
        .flat_map(|document| read_objects(document.clone(), "shop"))
        .map(|read| read.object.unwrap())
        .collect();
    Topology::resolve(&resources, profile)
}

fn first(topology: &Topology) -> crate::ResolvedBackend {
    topology.routes().next().unwrap().backends()[0][0].clone()
}

/// The protocol with ` tls` where there is TLS, or the reason for which the backend is invalid.
fn spoken(backend: &crate::ResolvedBackend) -> String {
    match &backend.state {
        BackendState::Invalid(problem) => problem.reason().to_owned(),
        BackendState::NoEndpoints => "no endpoints".to_owned(),
        BackendState::Ready => match &backend.tls {
            None => backend.protocol.to_string(),
            Some(Ok(tls)) => format!("{} tls {}", backend.protocol, tls.hostname()),
            Some(Err(problem)) => format!("{} {problem}", backend.protocol),
        },
    }
}

fn policy(name: &str) -> Value {
    let target = json!([{"group": "", "kind": "Service", "name": name}]);
    let validation = json!({"hostname": "a.example.com", "wellKnownCACertificates": "System"});
    object(API, "BackendTLSPolicy", "p", json!({"targetRefs": target, "validation": validation}))
}

#[test]
fn routes_speak_what_the_port_asks_for_or_say_that_they_cannot() {
    let cases = [
        ("HTTPRoute", json!({}), false, "http"),
        ("GRPCRoute", json!({}), false, "h2c"),
        ("HTTPRoute", json!({"appProtocol": "kubernetes.io/h2c"}), false, "h2c"),
        ("HTTPRoute", json!({"appProtocol": "kubernetes.io/ws"}), false, "ws"),
        ("GRPCRoute", json!({"appProtocol": "kubernetes.io/ws"}), false, "UnsupportedProtocol"),
        ("HTTPRoute", json!({"appProtocol": "example.com/own"}), false, "UnsupportedProtocol"),
        ("HTTPRoute", json!({"appProtocol": "kubernetes.io/wss"}), false, "UnsupportedProtocol"),
        ("HTTPRoute", json!({"appProtocol": "kubernetes.io/wss"}), true, "wss tls a.example.com"),
        ("HTTPRoute", json!({"appProtocol": "HTTPS"}), false, "UnsupportedProtocol"),
        ("HTTPRoute", json!({"appProtocol": "HTTPS"}), true, "tls tls a.example.com"),
        ("HTTPRoute", json!({}), true, "http tls a.example.com"),
        ("HTTPRoute", json!({"protocol": "UDP"}), false, "UnsupportedProtocol"),
        ("HTTPRoute", json!({"protocol": "SCTP"}), false, "UnsupportedProtocol"),
        ("TLSRoute", json!({"appProtocol": "https"}), false, "tls"),
        ("TCPRoute", json!({"appProtocol": "redis"}), false, "tcp"),
        ("TCPRoute", json!({}), true, "tcp tls a.example.com"),
        ("TCPRoute", json!({"protocol": "UDP"}), false, "UnsupportedProtocol"),
        ("UDPRoute", json!({"protocol": "UDP"}), false, "udp"),
        ("UDPRoute", json!({"protocol": "UDP"}), true, "udp"),
        ("UDPRoute", json!({}), false, "UnsupportedProtocol"),
    ];
    for (kind, mut port, secured, expected) in cases {
        port["port"] = 80.into();
        for (target_kind, api_version) in [("Service", "v1"), ("ServiceImport", "multicluster.x-k8s.io/v1alpha1")] {
            let reference = json!({"name": "s", "port": 80, "kind": target_kind,
                "group": api_version.split_once('/').map_or("", |(group, _)| group)});
            let mut secures = policy("s");
            secures["spec"]["targetRefs"][0]["kind"] = target_kind.into();
            secures["spec"]["targetRefs"][0]["group"] = reference["group"].clone();
            let mut documents =
                vec![object(api_version, target_kind, "s", json!({"ports": [port]})), route(kind, &reference)];
            documents.extend(secured.then_some(secures));
            let topology = resolve(&documents, &Profile::default());
            assert_eq!(spoken(&first(&topology)), expected, "{kind} to {target_kind} {port}, policy: {secured}");
        }
    }
}

#[test]
fn protocols_of_features_that_we_do_not_support_are_not_spoken() {
    use gateway_model::{Feature, FeatureSet};
    for (protocol, feature) in [
        ("kubernetes.io/h2c", Feature::HttpRouteBackendProtocolH2c),
        ("kubernetes.io/ws", Feature::HttpRouteBackendProtocolWebSocket),
    ] {
        let service = object("v1", "Service", "s", json!({"ports": [{"port": 80, "appProtocol": protocol}]}));
        let documents = [service, route("HTTPRoute", &json!({"name": "s", "port": 80}))];
        let others: FeatureSet = Feature::ALL.iter().copied().filter(|other| *other != feature).collect();
        let topology = resolve(&documents, &Profile::default().features(others));
        assert_eq!(spoken(&first(&topology)), "UnsupportedProtocol", "{protocol}");
    }
}

#[test]
fn one_number_may_be_a_port_of_two_transports() {
    let service = object(
        "v1",
        "Service",
        "s",
        json!({"ports": [{"name": "u", "port": 53, "protocol": "UDP"}, {"name": "t", "port": 53, "protocol": "TCP"}]}),
    );
    let reference = json!({"name": "s", "port": 53});
    for (kind, expected) in [("HTTPRoute", "http"), ("TCPRoute", "tcp"), ("UDPRoute", "udp")] {
        let topology = resolve(&[service.clone(), route(kind, &reference)], &Profile::default());
        assert_eq!(spoken(&first(&topology)), expected, "{kind}");
    }
}

#[test]
fn a_policy_that_cannot_be_kept_stops_every_route_but_those_that_may_pass_tls_through() {
    let mut broken = policy("s");
    broken["spec"]["validation"]["wellKnownCACertificates"] = "example.com/none".into();
    let service = object("v1", "Service", "s", json!({"ports": [{"port": 80}]}));
    for (kind, expected) in
        [("HTTPRoute", "Invalid"), ("GRPCRoute", "Invalid"), ("TCPRoute", "Invalid"), ("TLSRoute", "ready")]
    {
        let topology = resolve(
            &[service.clone(), broken.clone(), route(kind, &json!({"name": "s", "port": 80}))],
            &Profile::default(),
        );
        let rule = topology.routes().next().unwrap().route().rules().next().unwrap();
        let backend = &rule.backends()[0];
        assert_eq!(backend.problem().map_or("ready", |problem| problem.reason()), expected, "{kind}");
        assert!(backend.tls().is_none() && backend.tls_problem().is_some(), "{kind}");
    }
}

#[test]
fn tls_that_cannot_be_had_matters_only_where_the_gateway_ends_the_clients() {
    let mut broken = policy("s");
    broken["spec"]["validation"]["wellKnownCACertificates"] = "example.com/none".into();
    let service = object("v1", "Service", "s", json!({"ports": [{"port": 80}]}));
    let listeners = json!([
        {"name": "ends", "port": 443, "protocol": "TLS", "tls": {"mode": "Terminate"}},
        {"name": "passes", "port": 444, "protocol": "TLS", "tls": {"mode": "Passthrough"}}
    ]);
    let gateway = object(API, "Gateway", "g", json!({"gatewayClassName": "any", "listeners": listeners}));
    let mut r = route("TLSRoute", &json!({"name": "s", "port": 80}));
    r["spec"]["parentRefs"] = json!([{"name": "g"}]);
    r["spec"]["hostnames"] = json!(["a.example.com"]);
    let topology = resolve(&[service, broken, gateway, r], &Profile::default());
    let router = topology.router(topology.gateways().next().unwrap().key()).unwrap();
    for (port, expected) in [(443, Some(Answer::Close)), (444, None)] {
        let decision = router.connect(&Connection::tls(port, Some("a.example.com")));
        assert_eq!(decision.answer(), expected, "port {port}");
        let found = decision.matched().unwrap();
        assert_eq!(matches!(found.pick(0), Pick::Backend { .. }), expected.is_none(), "port {port}");
        assert_eq!(found.passes_tls(), Some(expected.is_none()));
    }
}

#[test]
fn external_names_are_refused_unless_an_option_allows_them() {
    let service = object("v1", "Service", "s", json!({"type": "ExternalName", "externalName": "example.com"}));
    let documents = [service, route("HTTPRoute", &json!({"name": "s", "port": 80}))];
    for (option, expected) in [(ExternalName::Refuse, "InvalidKind"), (ExternalName::Allow, "http")] {
        let topology = resolve(&documents, &Profile::default().external_name(option));
        assert_eq!(spoken(&first(&topology)), expected, "{option}");
    }
}

#[test]
fn tls_without_a_policy_is_refused_unless_an_option_leaves_it_to_the_embedder() {
    let cases = [
        (TlsWithoutPolicy::Refuse, "https", "UnsupportedProtocol"),
        (TlsWithoutPolicy::Refuse, "kubernetes.io/wss", "UnsupportedProtocol"),
        (TlsWithoutPolicy::Embedder, "https", "tls"),
        (TlsWithoutPolicy::Embedder, "kubernetes.io/wss", "wss"),
    ];
    for (option, protocol, expected) in cases {
        let service = object("v1", "Service", "s", json!({"ports": [{"port": 80, "appProtocol": protocol}]}));
        let documents = [service, route("HTTPRoute", &json!({"name": "s", "port": 80}))];
        let topology = resolve(&documents, &Profile::default().tls_without_policy(option));
        assert_eq!(spoken(&first(&topology)), expected, "{option} {protocol}");
    }
}

#[test]
fn an_x_backend_is_a_destination_of_its_own() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": "shop", "name": "own"}, "stringData": {"tls.crt": CERTIFICATE, "tls.key": KEY}});
    let validation = json!({"hostname": "sni.example.com", "wellKnownCACertificates": "System"});
    let own = json!({"name": "own"});
    let cases = [
        (json!({}), json!(null), "http"),
        (json!({}), json!(443), "http"),
        (json!({}), json!(80), "BackendNotFound"),
        (json!({"port": {"port": 0}}), json!(null), "BackendNotFound"),
        (json!({"protocol": "H2C"}), json!(null), "h2c"),
        (json!({"protocol": "MCP"}), json!(null), "mcp"),
        (json!({"protocol": "TCP"}), json!(null), "UnsupportedProtocol"),
        (json!({"protocol": "HTTP2"}), json!(null), "UnsupportedProtocol"),
        (json!({"protocol": "HTTP2", "tls": {"mode": "ServerOnly"}}), json!(null), "http2 tls api.example.com"),
        (json!({"type": "EndpointSelector"}), json!(null), "InvalidKind"),
        (json!({"externalHostname": null}), json!(null), "BackendNotFound"),
        (json!({"externalHostname": {"hostname": "s.shop.svc.cluster.local"}}), json!(null), "BackendNotFound"),
        (json!({"externalHostname": {"hostname": "10.0.0.1"}}), json!(null), "BackendNotFound"),
        (json!({"tls": {"mode": "None"}}), json!(null), "http"),
        (json!({"tls": {"mode": "ServerOnly"}}), json!(null), "http tls api.example.com"),
        (json!({"tls": {"mode": "ServerOnly", "validation": validation}}), json!(null), "http tls sni.example.com"),
        (json!({"tls": {"mode": "ServerOnly", "validation": {"hostname": "a.b"}}}), json!(null), "Invalid"),
        (json!({"tls": {"mode": "Quantum"}}), json!(null), "Invalid"),
        (json!({"tls": {"mode": "ClientAndServer"}}), json!(null), "Invalid"),
        (json!({"tls": {"mode": "ClientAndServer", "clientCertificateRef": {"name": "none"}}}), json!(null), "Invalid"),
        (
            json!({"tls": {"mode": "ClientAndServer", "clientCertificateRef": own}}),
            json!(null),
            "http tls api.example.com",
        ),
    ];
    for (change, port, expected) in cases {
        let mut spec = json!({"type": "ExternalHostname", "port": {"port": 443}, "externalHostname": {"hostname": "api.example.com"}});
        for (field, value) in change.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let reference = json!({"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "x", "port": port});
        let documents = [object(API_X, "XBackend", "x", spec), secret.clone(), route("HTTPRoute", &reference)];
        let topology = resolve(&documents, &Profile::default());
        let backend = first(&topology);
        assert_eq!(spoken(&backend), expected, "{change} {port}");
        if backend.problem().is_none() {
            assert_eq!(backend.name.port, Some(443), "its own port, named or not");
            assert_eq!(backend.external_hostname.as_ref().map(|host| host.as_str()), Some("api.example.com"));
            let shown = backend.tls.and_then(Result::ok).and_then(|tls| tls.client_certificate().cloned());
            assert_eq!(shown.is_some(), change.pointer("/tls/clientCertificateRef").is_some(), "{change}");
        }
    }
}

#[test]
fn a_filter_that_cannot_do_its_work_refuses_its_share_and_no_more() {
    use crate::{Connection, RequestView};
    let gateway = object(
        API,
        "Gateway",
        "g",
        json!({"gatewayClassName": "c", "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}]}),
    );
    let service = object("v1", "Service", "s", json!({"ports": [{"port": 80}]}));
    let extension =
        json!({"type": "ExtensionRef", "extensionRef": {"group": "example.com", "kind": "Limit", "name": "x"}});
    let auth = |name: &str| json!({"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP", "http": {}, "backendRef": {"name": name, "port": 80}}});
    let redirect = json!({"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}});
    let mirror = json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "gone", "port": 80}}});
    let to = |filters: Value| json!({"name": "s", "port": 80, "filters": filters});
    let known = || Profile::default().extension_filter("example.com", "Limit");
    let cases = [
        (json!([extension]), json!([to(json!([]))]), Profile::default(), Some(500), 2),
        (json!([extension]), json!([to(json!([]))]), known(), None, 0),
        (json!([extension, redirect]), json!([]), Profile::default(), Some(500), 2),
        (json!([redirect]), json!([]), Profile::default(), Some(302), 2),
        (json!([]), json!([to(json!([extension])), to(json!([]))]), Profile::default(), None, 1),
        (json!([]), json!([to(json!([extension])), to(json!([]))]), known(), None, 0),
        (json!([]), json!([to(json!([extension]))]), Profile::default(), Some(500), 2),
        (json!([auth("s")]), json!([to(json!([]))]), Profile::default(), None, 0),
        (json!([auth("gone")]), json!([to(json!([]))]), Profile::default(), Some(500), 2),
        (json!([]), json!([to(json!([auth("gone")])), to(json!([]))]), Profile::default(), None, 1),
        (json!([mirror]), json!([to(json!([]))]), Profile::default(), None, 0),
    ];
    for (filters, backends, profile, status, refused) in cases {
        // The second rule takes nothing of the first, whatever becomes of that.
        let rules = json!([
            {"matches": [{"path": {"value": "/a"}}], "filters": filters, "backendRefs": backends},
            {"backendRefs": [{"name": "s", "port": 80}]},
        ]);
        let r = object(API, "HTTPRoute", "r", json!({"parentRefs": [{"name": "g"}], "rules": rules}));
        let topology = resolve(&[gateway.clone(), service.clone(), r], &profile);
        let router = topology.router(topology.gateways().next().unwrap().key()).unwrap();
        let request = RequestView::new("GET", "example.com", "/a", &());
        let decision = router.route(&request, &Connection::plain(80));
        let found = decision.matched().unwrap();
        assert_eq!(found.rule().index(), 0, "{filters} {backends}");
        assert_eq!(decision.status().map(|status| status.as_u16()), status, "{filters} {backends}");
        assert_eq!(found.redirect(&request, &Connection::plain(80)).is_some(), status == Some(302), "{filters}");
        let outcome = &topology.routes().next().unwrap().parents()[0];
        let told = topology.routes().next().unwrap().unresolved_filters_at(outcome).count();
        let broken = filters.to_string().contains("gone") || backends.to_string().contains("gone");
        let strange = profile == Profile::default() && format!("{filters}{backends}").contains("Limit");
        assert_eq!(told, usize::from(broken) + usize::from(strange), "{filters} {backends}");
        let picks = (0..2).filter(|n| matches!(found.pick(*n), crate::Pick::Respond { .. })).count();
        assert_eq!(picks, refused, "{filters} {backends}");
    }
}
