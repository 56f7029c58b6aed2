use serde_json::{Value, json};

use super::needs;
use crate::feature::{Feature, FeatureSet};
use crate::read::read_objects;
use crate::resources::Resources;

fn object(kind: &str, name: &str, spec: Value) -> Value {
    let api_version = match kind {
        "Service" => "v1",
        "XMesh" => "gateway.networking.x-k8s.io/v1alpha1",
        _ => "gateway.networking.k8s.io/v1",
    };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn gateway(spec: Value) -> Value {
    object("Gateway", "g", spec)
}

fn listeners(listeners: Value) -> Value {
    gateway(json!({"gatewayClassName": "c", "listeners": listeners}))
}

/// An HTTPRoute of a Gateway with one rule.
fn rule(rule: Value) -> Value {
    object("HTTPRoute", "r", json!({"parentRefs": [{"name": "g"}], "rules": [rule]}))
}

fn filter(filter: Value) -> Value {
    rule(json!({"filters": [filter]}))
}

fn redirect(redirect: Value) -> Value {
    filter(json!({"type": "RequestRedirect", "requestRedirect": redirect}))
}

fn rewrite(rewrite: Value) -> Value {
    filter(json!({"type": "URLRewrite", "urlRewrite": rewrite}))
}

fn mirror(more: Value) -> Value {
    let mut mirror = json!({"backendRef": {"name": "m", "port": 80}});
    mirror.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"type": "RequestMirror", "requestMirror": mirror})
}

fn parent(kind: &str, reference: Value) -> Value {
    object(kind, "r", json!({"parentRefs": [reference], "rules": [{}]}))
}

/// The same rule on a route whose parent is a Service.
fn mesh(rule: Value) -> Value {
    object("HTTPRoute", "r", json!({"parentRefs": [{"group": "", "kind": "Service", "name": "s"}], "rules": [rule]}))
}

fn speaking(protocol: &str) -> [Value; 2] {
    let ports = json!([{"port": 80}, {"port": 81, "appProtocol": protocol}]);
    [object("Service", "s", json!({"ports": ports})), rule(json!({"backendRefs": [{"name": "s", "port": 81}]}))]
}

fn read(objects: &[Value]) -> Resources {
    objects
        .iter()
        .flat_map(|object| read_objects(object.clone(), "shop"))
        .map(|read| read.object.unwrap_or_else(|problem| panic!("{problem}: {objects:?}")))
        .collect()
}

/// Object and path of each place that needs a feature.
fn places(objects: &[Value], feature: Feature) -> Vec<String> {
    let found = needs(&read(objects)).into_iter().filter(|need| need.feature == feature);
    found.map(|need| format!("{} {}", need.object, need.path)).collect()
}

/// The least that needs each feature, and the place that does.
fn examples() -> Vec<(Feature, Vec<Value>, &'static str)> {
    use Feature::*;
    let one = |feature, object, place| (feature, vec![object], place);
    let tls = |mode: &str, host: &str| json!({"name": host, "hostname": host, "port": 443, "protocol": "TLS", "tls": {"mode": mode}});
    let http =
        |host: Option<&str>| json!({"name": host.unwrap_or("all"), "hostname": host, "port": 80, "protocol": "HTTP"});
    let https = |host: &str| {
        let tls = json!({"certificateRefs": [{"name": "shared"}]});
        json!({"name": host, "hostname": host, "port": 443, "protocol": "HTTPS", "tls": tls})
    };
    let header = json!({"set": [{"name": "a", "value": "b"}]});
    let to_header = json!({"backendRefs": [
        {"name": "s", "port": 80, "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": header}]}
    ]});
    let query = json!({"matches": [{"queryParams": [{"name": "q", "value": "1"}]}]});
    let path = json!({"type": "ReplaceFullPath", "replaceFullPath": "/"});
    let redirect_rule =
        |redirect: Value| json!({"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]});
    let rewrite_path = json!({"filters": [{"type": "URLRewrite", "urlRewrite": {"path": path}}]});
    let policy = |validation: Value| {
        let target = json!([{"group": "", "kind": "Service", "name": "s"}]);
        object("BackendTLSPolicy", "p", json!({"targetRefs": target, "validation": validation}))
    };
    let names = json!({"hostname": "a.example", "subjectAltNames": [{"type": "Hostname", "hostname": "b.example"}]});
    let frontend = |mode: &str| {
        let validation = json!({"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}], "mode": mode});
        gateway(json!({"gatewayClassName": "c", "listeners": [], "tls": {"frontend": {
            "default": {}, "perPort": [{"port": 443, "tls": {"validation": validation}}]
        }}}))
    };
    vec![
        one(BackendTlsPolicy, policy(json!({"hostname": "a.example"})), "BackendTLSPolicy shop/p kind"),
        one(BackendTlsPolicySanValidation, policy(names), "BackendTLSPolicy shop/p spec.validation.subjectAltNames"),
        one(GrpcRoute, object("GRPCRoute", "r", json!({})), "GRPCRoute shop/r kind"),
        one(
            GrpcRouteNamedRouteRule,
            object("GRPCRoute", "r", json!({"rules": [{}, {"name": "second"}]})),
            "GRPCRoute shop/r spec.rules[1].name",
        ),
        one(
            Gateway,
            object("TCPRoute", "r", json!({"parentRefs": [{"name": "g"}], "rules": []})),
            "TCPRoute shop/r spec.parentRefs[0]",
        ),
        one(
            GatewayAddressEmpty,
            gateway(json!({"gatewayClassName": "c", "listeners": [], "addresses": [{"type": "IPAddress"}]})),
            "Gateway shop/g spec.addresses[0]",
        ),
        one(
            GatewayStaticAddresses,
            gateway(json!({"gatewayClassName": "c", "listeners": [], "addresses": [{}, {"value": "192.0.2.1"}]})),
            "Gateway shop/g spec.addresses[1].value",
        ),
        one(
            GatewayBackendClientCertificate,
            gateway(
                json!({"gatewayClassName": "c", "listeners": [], "tls": {"backend": {"clientCertificateRef": {"name": "s"}}}}),
            ),
            "Gateway shop/g spec.tls.backend.clientCertificateRef",
        ),
        one(
            GatewayFrontendClientCertificateValidation,
            frontend("AllowValidOnly"),
            "Gateway shop/g spec.tls.frontend.perPort[0].tls.validation",
        ),
        one(
            GatewayFrontendClientCertificateValidationInsecureFallback,
            frontend("AllowInsecureFallback"),
            "Gateway shop/g spec.tls.frontend.perPort[0].tls.validation.mode",
        ),
        one(
            GatewayHttpListenerIsolation,
            listeners(json!([http(Some("*.a.example")), http(Some("x.y.a.example"))])),
            "Gateway shop/g spec.listeners[1].hostname",
        ),
        (
            GatewayHttpListenerIsolation,
            vec![
                object(
                    "ListenerSet",
                    "more",
                    json!({"parentRef": {"name": "g"}, "listeners": [http(Some("*.a.example"))]}),
                ),
                listeners(json!([http(None)])),
            ],
            "ListenerSet shop/more spec.listeners[0].hostname",
        ),
        one(
            GatewayHttpsListenerDetectMisdirectedRequests,
            listeners(json!([
                {"name": "a", "hostname": "*.a.example", "port": 443, "protocol": "HTTPS"},
                {"name": "b", "hostname": "*.b.a.example", "port": 443, "protocol": "HTTPS"},
            ])),
            "Gateway shop/g spec.listeners[1].hostname",
        ),
        one(
            GatewayHttpsListenerDetectMisdirectedRequests,
            listeners(json!([{"name": "p", "port": 80, "protocol": "HTTP"}, https("a.example"), https("b.example")])),
            "Gateway shop/g spec.listeners[1].tls.certificateRefs, Gateway shop/g spec.listeners[2].tls.certificateRefs",
        ),
        one(
            GatewayInfrastructurePropagation,
            gateway(
                json!({"gatewayClassName": "c", "listeners": [], "infrastructure": {"labels": {"a": "b"}, "annotations": {"a": "b"}}}),
            ),
            "Gateway shop/g spec.infrastructure.labels, Gateway shop/g spec.infrastructure.annotations",
        ),
        one(
            GatewayPort8080,
            object(
                "ListenerSet",
                "more",
                json!({"parentRef": {"name": "g"}, "listeners": [{"name": "l", "port": 8080, "protocol": "HTTP"}]}),
            ),
            "ListenerSet shop/more spec.listeners[0].port",
        ),
        one(HttpRoute, object("HTTPRoute", "r", json!({})), "HTTPRoute shop/r kind"),
        one(
            HttpRoute303RedirectStatusCode,
            redirect(json!({"statusCode": 303})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.statusCode",
        ),
        one(
            HttpRoute307RedirectStatusCode,
            redirect(json!({"statusCode": 307})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.statusCode",
        ),
        one(
            HttpRoute308RedirectStatusCode,
            redirect(json!({"statusCode": 308})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.statusCode",
        ),
        (HttpRouteBackendProtocolH2c, speaking("kubernetes.io/h2c").into(), "Service shop/s spec.ports[1].appProtocol"),
        (
            HttpRouteBackendProtocolWebSocket,
            speaking("kubernetes.io/ws").into(),
            "Service shop/s spec.ports[1].appProtocol",
        ),
        (
            HttpRouteBackendProtocolWebSocket,
            speaking("kubernetes.io/wss").into(),
            "Service shop/s spec.ports[1].appProtocol",
        ),
        one(
            HttpRouteBackendRequestHeaderModification,
            rule(to_header.clone()),
            "HTTPRoute shop/r spec.rules[0].backendRefs[0].filters[0].requestHeaderModifier",
        ),
        one(
            HttpRouteBackendTimeout,
            rule(json!({"timeouts": {"backendRequest": "1s"}})),
            "HTTPRoute shop/r spec.rules[0].timeouts.backendRequest",
        ),
        one(
            HttpRouteCors,
            filter(json!({"type": "CORS", "cors": {"allowOrigins": ["*"]}})),
            "HTTPRoute shop/r spec.rules[0].filters[0].cors",
        ),
        one(
            HttpRouteDestinationPortMatching,
            parent("HTTPRoute", json!({"name": "g", "port": 80})),
            "HTTPRoute shop/r spec.parentRefs[0].port",
        ),
        one(
            HttpRouteHostRewrite,
            rewrite(json!({"hostname": "a.example"})),
            "HTTPRoute shop/r spec.rules[0].filters[0].urlRewrite.hostname",
        ),
        one(
            HttpRouteMethodMatching,
            rule(json!({"matches": [{}, {"method": "GET"}]})),
            "HTTPRoute shop/r spec.rules[0].matches[1].method",
        ),
        one(HttpRouteNamedRouteRule, rule(json!({"name": "n"})), "HTTPRoute shop/r spec.rules[0].name"),
        one(
            HttpRouteParentRefPort,
            parent("HTTPRoute", json!({"name": "g", "port": 80, "sectionName": "web"})),
            "HTTPRoute shop/r spec.parentRefs[0].port",
        ),
        one(
            HttpRoutePathRedirect,
            redirect(json!({"path": path})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.path",
        ),
        one(
            HttpRoutePathRewrite,
            rewrite(json!({"path": path})),
            "HTTPRoute shop/r spec.rules[0].filters[0].urlRewrite.path",
        ),
        one(
            HttpRoutePortRedirect,
            redirect(json!({"port": 8443})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.port",
        ),
        one(HttpRouteQueryParamMatching, rule(query.clone()), "HTTPRoute shop/r spec.rules[0].matches[0].queryParams"),
        one(
            HttpRouteRequestMirror,
            filter(mirror(json!({}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestMirror",
        ),
        one(
            HttpRouteRequestMultipleMirrors,
            rule(json!({"filters": [mirror(json!({})), mirror(json!({}))]})),
            "HTTPRoute shop/r spec.rules[0].filters[1].requestMirror",
        ),
        one(
            HttpRouteRequestMultipleMirrors,
            rule(
                json!({"filters": [mirror(json!({}))], "backendRefs": [{"name": "s", "port": 80, "filters": [mirror(json!({}))]}]}),
            ),
            "HTTPRoute shop/r spec.rules[0].backendRefs[0].filters[0].requestMirror",
        ),
        one(
            HttpRouteRequestPercentageMirror,
            filter(mirror(json!({"percent": 5}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestMirror.percent",
        ),
        one(
            HttpRouteRequestPercentageMirror,
            filter(mirror(json!({"fraction": {"numerator": 5}}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestMirror.fraction",
        ),
        one(
            HttpRouteRequestTimeout,
            rule(json!({"timeouts": {"request": "1s"}})),
            "HTTPRoute shop/r spec.rules[0].timeouts.request",
        ),
        one(
            HttpRouteResponseHeaderModification,
            filter(json!({"type": "ResponseHeaderModifier", "responseHeaderModifier": header})),
            "HTTPRoute shop/r spec.rules[0].filters[0].responseHeaderModifier",
        ),
        one(HttpRouteRetry, rule(json!({"retry": {"codes": [500]}})), "HTTPRoute shop/r spec.rules[0].retry"),
        one(
            HttpRouteRetryBackendTimeout,
            rule(json!({"retry": {"codes": [500]}, "timeouts": {"backendRequest": "1s"}})),
            "HTTPRoute shop/r spec.rules[0].retry",
        ),
        one(
            HttpRouteRetryConnectionError,
            rule(json!({"retry": {"attempts": 2}})),
            "HTTPRoute shop/r spec.rules[0].retry",
        ),
        one(
            HttpRouteSchemeRedirect,
            redirect(json!({"scheme": "https"})),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.scheme",
        ),
        one(
            ListenerSet,
            object("ListenerSet", "more", json!({"parentRef": {"name": "g"}, "listeners": []})),
            "ListenerSet shop/more kind",
        ),
        one(
            ListenerSet,
            parent("TLSRoute", json!({"kind": "ListenerSet", "name": "more"})),
            "TLSRoute shop/r spec.parentRefs[0]",
        ),
        one(
            ListenerSet,
            gateway(
                json!({"gatewayClassName": "c", "listeners": [], "allowedListeners": {"namespaces": {"from": "Same"}}}),
            ),
            "Gateway shop/g spec.allowedListeners",
        ),
        one(
            Mesh,
            parent("GRPCRoute", json!({"group": "core", "kind": "Service", "name": "s"})),
            "GRPCRoute shop/r spec.parentRefs[0]",
        ),
        one(Mesh, object("XMesh", "m", json!({"controllerName": "example.com/mesh"})), "XMesh m kind"),
        one(
            MeshConsumerRoute,
            parent("HTTPRoute", json!({"group": "", "kind": "Service", "name": "s", "namespace": "other"})),
            "HTTPRoute shop/r spec.parentRefs[0].namespace",
        ),
        one(
            MeshHttpRouteBackendRequestHeaderModification,
            mesh(to_header),
            "HTTPRoute shop/r spec.rules[0].backendRefs[0].filters[0].requestHeaderModifier",
        ),
        one(MeshHttpRouteNamedRouteRule, mesh(json!({"name": "n"})), "HTTPRoute shop/r spec.rules[0].name"),
        one(MeshHttpRouteQueryParamMatching, mesh(query), "HTTPRoute shop/r spec.rules[0].matches[0].queryParams"),
        one(
            MeshHttpRouteRedirectPath,
            mesh(redirect_rule(json!({"path": path}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.path",
        ),
        one(
            MeshHttpRouteRedirectPort,
            mesh(redirect_rule(json!({"port": 81}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.port",
        ),
        one(MeshHttpRouteRewritePath, mesh(rewrite_path), "HTTPRoute shop/r spec.rules[0].filters[0].urlRewrite.path"),
        one(
            MeshHttpRouteSchemeRedirect,
            mesh(redirect_rule(json!({"scheme": "https"}))),
            "HTTPRoute shop/r spec.rules[0].filters[0].requestRedirect.scheme",
        ),
        one(
            ReferenceGrant,
            object(
                "ReferenceGrant",
                "x",
                json!({"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "b"}], "to": [{"group": "", "kind": "Service"}]}),
            ),
            "ReferenceGrant shop/x kind",
        ),
        one(TcpRoute, object("TCPRoute", "r", json!({"rules": []})), "TCPRoute shop/r kind"),
        one(TlsRoute, object("TLSRoute", "r", json!({"rules": []})), "TLSRoute shop/r kind"),
        one(
            TlsRouteModeMixed,
            listeners(json!([tls("Passthrough", "a.example"), tls("Terminate", "b.example")])),
            "Gateway shop/g spec.listeners[1].tls.mode",
        ),
        one(
            TlsRouteModeTerminate,
            listeners(
                json!([{"name": "t", "port": 443, "protocol": "TLS", "tls": {"certificateRefs": [{"name": "c"}]}}]),
            ),
            "Gateway shop/g spec.listeners[0].tls.mode",
        ),
        one(UdpRoute, object("UDPRoute", "r", json!({"rules": []})), "UDPRoute shop/r kind"),
    ]
}

#[test]
fn every_feature_is_found_where_it_is_needed_or_is_explained() {
    let examples = examples();
    for (feature, objects, expected) in &examples {
        assert_eq!(places(objects, *feature).join(", "), *expected, "{feature}: {objects:?}");
    }
    let found: FeatureSet = examples.iter().map(|(feature, ..)| *feature).collect();
    for feature in Feature::ALL {
        assert_ne!(found.contains(*feature), feature.without_trace().is_some(), "{feature}");
    }
}

#[test]
fn what_every_implementation_does_needs_no_more_than_its_base() {
    let cases: &[(Vec<Value>, &[Feature])] = &[
        (
            vec![rule(json!({
                "matches": [{"path": {"type": "Exact", "value": "/a"}, "headers": [{"name": "a", "value": "b"}]}],
                "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["a"]}}],
                "backendRefs": [{"name": "s", "port": 80, "weight": 2}],
            }))],
            &[Feature::Gateway, Feature::HttpRoute],
        ),
        (vec![redirect(json!({"hostname": "a.example", "statusCode": 301}))], &[Feature::Gateway, Feature::HttpRoute]),
        (vec![mesh(json!({}))], &[Feature::HttpRoute, Feature::Mesh]),
        // At a Service a port has one name only.
        (
            vec![parent("HTTPRoute", json!({"group": "", "kind": "Service", "name": "s", "port": 80}))],
            &[Feature::HttpRoute, Feature::HttpRouteParentRefPort, Feature::Mesh],
        ),
        (vec![parent("TCPRoute", json!({"name": "g", "port": 80}))], &[Feature::Gateway, Feature::TcpRoute]),
        // Hostnames that have no host in common, ports apart, one name on two protocols.
        (
            vec![listeners(json!([
                {"name": "a", "hostname": "*.a.example", "port": 80, "protocol": "HTTP"},
                {"name": "b", "hostname": "a.example", "port": 80, "protocol": "HTTP"},
                {"name": "c", "hostname": "x.a.example", "port": 81, "protocol": "HTTP"},
                {"name": "d", "hostname": "x.a.example", "port": 443, "protocol": "HTTPS"},
                {"name": "e", "hostname": "*.a.example", "port": 80, "protocol": "HTTP"},
                {"name": "f", "hostname": "no_name", "port": 80, "protocol": "HTTP"},
                {"name": "g", "port": 444, "protocol": "TLS", "tls": {"mode": "Terminate"}, "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}},
                {"name": "h", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"}},
            ]))],
            &[Feature::Gateway],
        ),
        // Nobody refers to the port that speaks it, and for calls every backend does.
        (
            vec![
                object("Service", "s", json!({"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]})),
                object("GRPCRoute", "r", json!({"rules": [{"backendRefs": [{"name": "s", "port": 80}]}]})),
            ],
            &[Feature::GrpcRoute],
        ),
        // Each request meets one of the mirrors.
        (
            vec![rule(json!({"backendRefs": [
                {"name": "s", "port": 80, "filters": [mirror(json!({}))]},
                {"name": "t", "port": 80, "filters": [mirror(json!({}))]},
            ]}))],
            &[Feature::Gateway, Feature::HttpRoute, Feature::HttpRouteRequestMirror],
        ),
        (
            vec![gateway(
                json!({"gatewayClassName": "c", "listeners": [], "allowedListeners": {"namespaces": {"from": "None"}}}),
            )],
            &[Feature::Gateway],
        ),
        (vec![], &[]),
    ];
    for (objects, expected) in cases {
        let found: FeatureSet = needs(&read(objects)).into_iter().map(|need| need.feature).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), *expected, "{objects:?}");
    }
}

#[test]
fn a_route_of_both_worlds_needs_both_names_and_one_place_counts_once() {
    let route = object(
        "HTTPRoute",
        "r",
        json!({
            "parentRefs": [{"name": "g"}, {"group": "", "kind": "Service", "name": "s"}],
            "rules": [{"name": "n", "matches": [{"method": "GET"}]}],
        }),
    );
    let found: Vec<_> = needs(&read(&[route])).iter().map(|need| need.to_string()).collect();
    let expected = [
        "Gateway: HTTPRoute shop/r spec.parentRefs[0]",
        "HTTPRoute: HTTPRoute shop/r kind",
        "HTTPRouteMethodMatching: HTTPRoute shop/r spec.rules[0].matches[0].method",
        "HTTPRouteNamedRouteRule: HTTPRoute shop/r spec.rules[0].name",
        "Mesh: HTTPRoute shop/r spec.parentRefs[1]",
        "MeshHTTPRouteNamedRouteRule: HTTPRoute shop/r spec.rules[0].name",
    ];
    assert_eq!(found, expected);
}
