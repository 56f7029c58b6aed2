//! The controller against a cluster in memory, over kube's client with a service in place of an
//! API server.
#![expect(clippy::unwrap_used, reason = "these are tests, their helpers included")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use example_kube_controller::{Controller, changes};
use futures::StreamExt;
use gateway_match::{Connection, Profile, RequestView};
use gateway_model::{ObjectKey, ResourceKind, Timestamp};
use gateway_status::DataPlane;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

const GATEWAYS: &str = "/apis/gateway.networking.k8s.io/v1/gateways";
const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/httproutes";

/// The items of a list.
fn items(path: &str) -> Value {
    let metadata = |name: &str| json!({"name": name, "namespace": "shop", "generation": 3, "resourceVersion": "41"});
    match path {
        "/apis/gateway.networking.k8s.io/v1/gatewayclasses" => json!([
            {"metadata": {"name": "ours", "resourceVersion": "40"}, "spec": {"controllerName": "example.com/ours"}},
            {"metadata": {"name": "theirs"}, "spec": {"controllerName": "example.com/theirs"}},
        ]),
        GATEWAYS => json!([
            {"metadata": metadata("public"), "spec": {"gatewayClassName": "ours",
                "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}},
            {"metadata": metadata("other"), "spec": {"gatewayClassName": "theirs",
                "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}},
        ]),
        ROUTES => json!([{"metadata": metadata("cart"), "spec": {
            "parentRefs": [{"name": "public"}, {"name": "other"}],
            "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]}, "status": {"parents": [
                {"parentRef": {"name": "other"}, "controllerName": "example.com/theirs", "conditions": []}]}}]),
        "/api/v1/services" => {
            json!([{"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}}])
        }
        _ => json!([]),
    }
}

type Patches = Arc<Mutex<Vec<(String, Value)>>>;

/// An API server that answers lists and takes patches; its watches say nothing.
fn client(patches: Patches) -> kube::Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let patches = patches.clone();
        async move {
            let path = request.uri().path().to_owned();
            let watches = request.uri().query().is_some_and(|query| query.contains("watch=true"));
            let body = if request.method() == Method::PATCH {
                let bytes = request.into_body().collect().await.unwrap().to_bytes();
                patches.lock().unwrap().push((path, serde_json::from_slice(&bytes).unwrap()));
                json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Any", "metadata": {"name": "any"}})
            } else if watches {
                return Ok::<_, Infallible>(Response::new(Body::empty()));
            } else {
                json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "41"}, "items": items(&path)})
            };
            Ok(Response::new(Body::from(serde_json::to_vec(&body).unwrap())))
        }
    });
    kube::Client::new(service, "default")
}

#[tokio::test]
async fn what_is_listed_becomes_routers_and_patches_and_a_second_round_writes_nothing() {
    let patches = Patches::default();
    let client = client(patches.clone());
    let profile = Profile::default().controller("example.com/ours");
    let mut controller = Controller::new(client.clone(), profile, DataPlane::new().address("192.0.2.1"));
    let mut seen = Box::pin(changes(&client));
    // Every kind is listed once: 15 ends of lists, and an object each in between.
    let mut listed = 0;
    while listed < 15 {
        let change = seen.next().await.unwrap().unwrap();
        listed += usize::from(matches!(change, example_kube_controller::Change::Listed(..)));
        controller.apply(change);
    }
    let written = controller.reconcile(&Timestamp::new("2026-01-01T00:00:00Z")).await.unwrap();

    let router = controller.routers().get(&ObjectKey::new(ResourceKind::Gateway, "shop", "public")).unwrap();
    assert_eq!(controller.routers().len(), 1, "only ours");
    let decision = router.route(&RequestView::new("GET", "example.com", "/", &()), &Connection::plain(80));
    assert_eq!(decision.matched().unwrap().route().to_string(), "HTTPRoute shop/cart");

    let mut sent = std::mem::take(&mut *patches.lock().unwrap());
    sent.sort_by(|a, b| a.0.cmp(&b.0));
    let paths: Vec<&str> = sent.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/apis/gateway.networking.k8s.io/v1/gatewayclasses/ours/status",
            "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/public/status",
            "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/cart/status",
        ]
    );
    assert_eq!(written, 3);
    let route = &sent[2].1;
    assert_eq!(route["metadata"]["resourceVersion"], "41");
    let parents = route["status"]["parents"].as_array().unwrap();
    let theirs = json!({"parentRef": {"name": "other"}, "controllerName": "example.com/theirs", "conditions": []});
    assert_eq!(parents[0], theirs, "as it came");
    assert_eq!(parents[1]["controllerName"], "example.com/ours");
    assert_eq!(parents[1]["conditions"][0]["observedGeneration"], 3);
    assert_eq!(sent[1].1["status"]["addresses"][0]["value"], "192.0.2.1");

    // The cluster's answer comes back as changes: what was written is stored now.
    for (path, patch) in sent {
        let (list, kind) = match path.as_str() {
            path if path.contains("/gateways/") => (GATEWAYS, "Gateway"),
            path if path.contains("/httproutes/") => (ROUTES, "HTTPRoute"),
            _ => ("/apis/gateway.networking.k8s.io/v1/gatewayclasses", "GatewayClass"),
        };
        let mut object = items(list)[0].clone();
        object["apiVersion"] = json!("gateway.networking.k8s.io/v1");
        object["kind"] = json!(kind);
        object["status"] = patch["status"].clone();
        let read = gateway_model::read_objects(object, "default").remove(0);
        controller.apply(example_kube_controller::Change::Put(read.object.unwrap()));
    }
    assert_eq!(controller.reconcile(&Timestamp::new("2026-01-02T00:00:00Z")).await.unwrap(), 0);
    assert!(patches.lock().unwrap().is_empty());
}
