use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
#[cfg(feature = "k8s")]
use crate::object::{Gateway, GatewayClass, HttpRoute, ListenerSet, XMesh};

/// The value with its defaults, which are filled in once and not again.
fn defaulted<T: ApplyDefaults + Serialize + DeserializeOwned>(value: &Value) -> Value {
    let mut value: T = serde_json::from_value(value.clone()).unwrap();
    value.apply_defaults();
    let once = serde_json::to_value(&value).unwrap();
    value.apply_defaults();
    assert_eq!(serde_json::to_value(&value).unwrap(), once, "filled in twice");
    once
}

/// The defaults are filled in, and change nothing that is there.
fn assert_defaults<T: ApplyDefaults + Serialize + DeserializeOwned>(before: Value, after: Value, said: Value) {
    assert_eq!(defaulted::<T>(&before), after, "{before}");
    assert_eq!(defaulted::<T>(&said), said, "a value that is there stays");
}

fn parent() -> Value {
    json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"})
}

fn backend(filters: Value) -> Value {
    let mut backend = json!({"group": "", "kind": "Service", "name": "b", "weight": 1});
    if filters != json!([]) {
        backend["filters"] = filters;
    }
    backend
}

#[test]
fn http_routes_have_a_rule_and_a_match_and_types() {
    let every_path = json!({"path": {"type": "PathPrefix", "value": "/"}});
    assert_defaults::<HttpRouteSpec>(
        json!({"parentRefs": [{"name": "g"}]}),
        json!({"parentRefs": [parent()], "rules": [{"matches": [every_path]}]}),
        json!({"parentRefs": [{"group": "", "kind": "Service", "name": "g"}], "rules": [{"matches": [
            {"path": {"type": "Exact", "value": "/x"}}]}]}),
    );
    let mirror = |fraction: Value| json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}, "fraction": fraction}});
    let mirrored = json!({"type": "RequestMirror", "requestMirror": {
        "backendRef": {"group": "", "kind": "Service", "name": "m"}, "fraction": {"numerator": 1, "denominator": 100}}});
    assert_defaults::<HttpRouteSpec>(
        json!({"rules": [{
            "matches": [{"path": {}, "headers": [{"name": "a", "value": "1"}], "queryParams": [{"name": "a", "value": "1"}]}],
            "filters": [mirror(json!({"numerator": 1})), {"type": "RequestRedirect", "requestRedirect": {}}, {"type": "CORS", "cors": {}},
                {"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP", "backendRef": {"name": "a"}}}],
            "backendRefs": [{"name": "b", "filters": [mirror(json!({"numerator": 1}))]}],
            "sessionPersistence": {"cookieConfig": {}}
        }]}),
        json!({"rules": [{
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}, "headers": [{"type": "Exact", "name": "a", "value": "1"}],
                "queryParams": [{"type": "Exact", "name": "a", "value": "1"}]}],
            "filters": [mirrored, {"type": "RequestRedirect", "requestRedirect": {"statusCode": 302}},
                {"type": "CORS", "cors": {"maxAge": 5}},
                {"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP", "backendRef": {"group": "", "kind": "Service", "name": "a"}}}],
            "backendRefs": [backend(json!([mirrored]))],
            "sessionPersistence": {"type": "Cookie", "cookieConfig": {"lifetimeType": "Session"}}
        }]}),
        json!({"rules": [{
            "matches": [{"path": {"type": "Exact", "value": "/x"}, "headers": [{"type": "RegularExpression", "name": "a", "value": "1"}]}],
            "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 301}}, {"type": "CORS", "cors": {"maxAge": 7}}],
            "backendRefs": [{"group": "x", "kind": "Y", "name": "b", "weight": 0}],
            "sessionPersistence": {"type": "Header"}
        }]}),
    );
}

#[test]
fn grpc_routes_have_types_and_no_rule_of_their_own() {
    assert_defaults::<GrpcRouteSpec>(
        json!({"parentRefs": [{"name": "g"}], "rules": [{
            "matches": [{"method": {"service": "a.B"}, "headers": [{"name": "a", "value": "1"}]}, {}],
            "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}}}],
            "backendRefs": [{"name": "b"}], "sessionPersistence": {}
        }]}),
        json!({"parentRefs": [parent()], "rules": [{
            "matches": [{"method": {"type": "Exact", "service": "a.B"}, "headers": [{"type": "Exact", "name": "a", "value": "1"}]}, {}],
            "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"group": "", "kind": "Service", "name": "m"}}}],
            "backendRefs": [backend(json!([]))], "sessionPersistence": {"type": "Cookie"}
        }]}),
        json!({"rules": [{"matches": [{"method": {"type": "RegularExpression", "service": "a"}}]}]}),
    );
}

#[test]
fn routes_of_connections_have_references_filled_in() {
    let before = || json!({"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [{"name": "b"}]}]});
    let after = || json!({"parentRefs": [parent()], "rules": [{"backendRefs": [backend(json!([]))]}]});
    assert_defaults::<TlsRouteSpec>(before(), after(), after());
    assert_defaults::<TcpRouteSpec>(before(), after(), after());
    assert_defaults::<UdpRouteSpec>(before(), after(), after());
}

#[test]
fn gateways_and_listener_sets_have_namespaces_modes_and_types() {
    let listener = json!({"name": "l", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "c"}]},
        "allowedRoutes": {"kinds": [{"kind": "HTTPRoute"}]}});
    let filled = json!({"name": "l", "port": 443, "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": "c"}]},
        "allowedRoutes": {"namespaces": {"from": "Same"}, "kinds": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]}});
    let said = json!({"name": "l", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"},
        "allowedRoutes": {"namespaces": {"from": "All"}}});
    let validation = |mode: Value| {
        let mut validation = json!({"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]});
        if !mode.is_null() {
            validation["mode"] = mode;
        }
        json!({"validation": validation})
    };
    let frontend = |mode: &dyn Fn() -> Value| json!({"default": validation(mode()), "perPort": [{"port": 443, "tls": validation(mode())}]});
    assert_defaults::<GatewaySpec>(
        json!({"gatewayClassName": "c", "listeners": [listener], "addresses": [{"value": "192.0.2.1"}], "allowedListeners": {},
            "tls": {"backend": {"clientCertificateRef": {"name": "c"}}, "frontend": frontend(&|| Value::Null)}}),
        json!({"gatewayClassName": "c", "listeners": [filled], "addresses": [{"type": "IPAddress", "value": "192.0.2.1"}],
            "allowedListeners": {"namespaces": {"from": "None"}},
            "tls": {"backend": {"clientCertificateRef": {"group": "", "kind": "Secret", "name": "c"}},
                "frontend": frontend(&|| json!("AllowValidOnly"))}}),
        json!({"gatewayClassName": "c", "listeners": [said], "addresses": [{"type": "Hostname", "value": "a.example.com"}],
            "allowedListeners": {"namespaces": {"from": "All"}}, "tls": {"frontend": frontend(&|| json!("AllowInsecureFallback"))}}),
    );
    assert_defaults::<ListenerSetSpec>(
        json!({"parentRef": {"name": "g"}, "listeners": [listener]}),
        json!({"parentRef": parent(), "listeners": [filled]}),
        json!({"parentRef": {"group": "x", "kind": "Y", "name": "g"}, "listeners": [said]}),
    );
}

#[test]
fn policies_for_backends_have_budgets_rates_and_types() {
    let filled = |percent: i32, interval: &str| {
        json!({"targetRefs": [], "sessionPersistence": {"type": "Cookie"}, "retryConstraint": {
            "budget": {"percent": percent, "interval": interval}, "minRetryRate": {"count": 10, "interval": "1s"}}})
    };
    let without =
        |constraint: Value| json!({"targetRefs": [], "sessionPersistence": {}, "retryConstraint": constraint});
    assert_defaults::<XBackendTrafficPolicySpec>(without(json!({})), filled(20, "10s"), filled(7, "3s"));
    assert_defaults::<XBackendTrafficPolicySpec>(
        without(json!({"budget": {"percent": 7}})),
        filled(7, "10s"),
        json!({"targetRefs": []}),
    );
    let x_backend = |reference: Value| json!({"type": "ExternalHostname", "port": {"port": 443}, "tls": {"mode": "ClientAndServer", "clientCertificateRef": reference}});
    assert_defaults::<XBackendSpec>(
        x_backend(json!({"name": "c"})),
        x_backend(json!({"group": "", "kind": "Secret", "name": "c"})),
        x_backend(json!({"group": "x", "kind": "Y", "name": "c"})),
    );
}

/// The conditions that wait for a controller.
fn waiting(types: &[&str]) -> Value {
    let condition = |kind: &&str| {
        json!({"type": kind, "status": "Unknown", "reason": "Pending", "message": "Waiting for controller",
            "lastTransitionTime": "1970-01-01T00:00:00Z"})
    };
    types.iter().map(condition).collect()
}

fn conditions_of(status: &Value) -> Value {
    status["conditions"].clone()
}

#[test]
fn statuses_without_a_condition_wait_for_a_controller() {
    let both = waiting(&["Accepted", "Programmed"]);
    assert_eq!(conditions_of(&defaulted::<GatewayStatus>(&json!({}))), both);
    assert_eq!(conditions_of(&defaulted::<ListenerSetStatus>(&json!({}))), both);
    assert_eq!(conditions_of(&defaulted::<XMeshStatus>(&json!({}))), both);
    assert_eq!(conditions_of(&defaulted::<GatewayClassStatus>(&json!({}))), waiting(&["Accepted"]));
    let said = json!({"conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "m",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
    assert_eq!(conditions_of(&defaulted::<GatewayStatus>(&said)), said["conditions"]);
    assert_eq!(conditions_of(&defaulted::<ListenerSetStatus>(&said)), said["conditions"]);
    assert_eq!(conditions_of(&defaulted::<XMeshStatus>(&said)), said["conditions"]);
    assert_eq!(conditions_of(&defaulted::<GatewayClassStatus>(&said)), said["conditions"]);
}

#[test]
fn references_within_statuses_are_filled_in() {
    let listener =
        |group: Value| json!({"name": "l", "attachedRoutes": 0, "supportedKinds": [group], "conditions": []});
    let kind = json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"});
    let status = defaulted::<GatewayStatus>(
        &json!({"addresses": [{"value": "192.0.2.1"}], "listeners": [listener(json!({"kind": "HTTPRoute"}))]}),
    );
    assert_eq!(status["addresses"][0]["type"], "IPAddress");
    assert_eq!(status["listeners"][0]["supportedKinds"][0], kind);
    let status = defaulted::<ListenerSetStatus>(&json!({"listeners": [listener(json!({"kind": "HTTPRoute"}))]}));
    assert_eq!(status["listeners"][0]["supportedKinds"][0], kind);
    let entry =
        |reference: &str| json!({reference: {"name": "g"}, "controllerName": "example.com/x", "conditions": []});
    let status = defaulted::<RouteStatus>(&json!({"parents": [entry("parentRef")]}));
    assert_eq!(status["parents"][0]["parentRef"], parent());
    let status = defaulted::<PolicyStatus>(&json!({"ancestors": [entry("ancestorRef")]}));
    assert_eq!(status["ancestors"][0]["ancestorRef"], parent());
}

#[cfg(feature = "k8s")]
#[test]
fn objects_that_no_controller_has_seen_have_the_status_that_says_so() {
    let object = |kind: &str, spec: Value| {
        let version =
            if kind == "XMesh" { "gateway.networking.x-k8s.io/v1alpha1" } else { "gateway.networking.k8s.io/v1" };
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec})
    };
    let class = object("GatewayClass", json!({"controllerName": "example.com/x"}));
    assert_eq!(conditions_of(&defaulted::<GatewayClass>(&class)["status"]), waiting(&["Accepted"]));
    let mesh = object("XMesh", json!({"controllerName": "example.com/x"}));
    assert_eq!(conditions_of(&defaulted::<XMesh>(&mesh)["status"]), waiting(&["Accepted"]));
    let both = waiting(&["Accepted", "Programmed"]);
    let gateway = defaulted::<Gateway>(&object(
        "Gateway",
        json!({"gatewayClassName": "c", "listeners": [], "addresses": [{"value": "x"}]}),
    ));
    assert_eq!(
        (conditions_of(&gateway["status"]), &gateway["spec"]["addresses"][0]["type"]),
        (both.clone(), &json!("IPAddress"))
    );
    let set = object("ListenerSet", json!({"parentRef": {"name": "g"}, "listeners": []}));
    assert_eq!(conditions_of(&defaulted::<ListenerSet>(&set)["status"]), both);
    let mut route = object("HTTPRoute", json!({}));
    assert_eq!(defaulted::<HttpRoute>(&route).get("status"), None);
    route["status"] =
        json!({"parents": [{"parentRef": {"name": "g"}, "controllerName": "example.com/x", "conditions": []}]});
    assert_eq!(defaulted::<HttpRoute>(&route)["status"]["parents"][0]["parentRef"], parent());
}
