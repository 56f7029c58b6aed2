//! Lists as an API server sends them, over kube's client with a service in place of a cluster.

use std::convert::Infallible;

use gateway_match::{Connection, Profile, RequestView};
use gateway_model::{ObjectKey, ResourceKind};
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

/// What a cluster answers. Items of a list have neither `apiVersion` nor `kind`.
fn list(path: &str) -> Value {
    let (kind, items) = match path {
        "/apis/gateway.networking.k8s.io/v1/gateways" => (
            "GatewayList",
            json!([{"metadata": {"name": "public", "namespace": "shop"},
                    "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}}]),
        ),
        "/apis/gateway.networking.k8s.io/v1/httproutes" => (
            "HTTPRouteList",
            json!([{"metadata": {"name": "cart", "namespace": "shop"},
                    "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}}]),
        ),
        "/api/v1/services" => (
            "ServiceList",
            json!([{"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}}]),
        ),
        _ => ("NamespaceList", json!([])),
    };
    let api_version = if path.starts_with("/apis/") { "gateway.networking.k8s.io/v1" } else { "v1" };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"resourceVersion": "1"}, "items": items})
}

#[tokio::test]
async fn lists_of_a_cluster_become_a_router() {
    let service = tower::service_fn(|request: Request<Body>| async move {
        let body = serde_json::to_vec(&list(request.uri().path())).unwrap();
        Ok::<_, Infallible>(Response::new(Body::from(body)))
    });
    let client = kube::Client::new(service, "default");
    let topology = example_kube_api::topology(client, &Profile::default()).await.unwrap();
    let router = topology.router(&ObjectKey::new(ResourceKind::Gateway, "shop", "public")).unwrap();
    let decision = router.route(&RequestView::new("GET", "example.com", "/", &()), &Connection::plain(80));
    let found = decision.matched().expect("the route is attached");
    assert_eq!(found.route().to_string(), "HTTPRoute shop/cart");
    assert_eq!(decision.status(), None, "the Service exists");
}
