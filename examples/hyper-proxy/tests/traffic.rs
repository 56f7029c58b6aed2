//! Real requests through the proxy to real backends.
#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use example_hyper_proxy::Proxy;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

const CANARY: &[u8] = include_bytes!("../../manifests/canary/shop.yaml");
const FILTERS: &[u8] = include_bytes!("../../manifests/filters/api.yaml");
const GRANTS: &[u8] = include_bytes!("../../manifests/grants/pay.yaml");

/// A backend that answers with its name, the host and the path that it saw.
async fn backend(name: &'static str) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let service = service_fn(move |request: Request<Incoming>| async move {
                let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or("").to_owned();
                let seen = format!("{name} {host} {}", request.uri());
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(seen))))
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

/// A client of a proxy for a manifest.
struct Site {
    address: SocketAddr,
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
}

impl Site {
    async fn new(manifest: &[u8], gateway: &str, backends: &[(&str, &'static str)]) -> Self {
        let mut endpoints = HashMap::new();
        for (reference, name) in backends {
            endpoints.insert((*reference).to_owned(), backend(name).await);
        }
        let proxy = Arc::new(Proxy::new(manifest, gateway, endpoints).unwrap());
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(proxy.serve(socket, 80));
        Site { address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    async fn send(&self, method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address)).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.request(request.body(Full::default()).unwrap()).await.unwrap()
    }

    async fn get(&self, host: &str, path: &str) -> (StatusCode, String) {
        let response = self.send("GET", host, path, &[]).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn requests_reach_the_backends_of_their_rules_by_weight() {
    let site = Site::new(
        CANARY,
        "shop/public",
        &[("shop/cart-v1:8080", "v1"), ("shop/cart-v2:8080", "v2"), ("shop/storefront:8080", "front")],
    )
    .await;
    let mut next = 0;
    for _ in 0..40 {
        let (status, body) = site.get("shop.example.com", "/cart/7?size=l").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.ends_with(" shop.example.com /cart/7?size=l"), "{body}");
        next += usize::from(body.starts_with("v2 "));
    }
    assert_eq!(next, 4, "exactly one in ten, over any multiple of ten");
    assert_eq!(site.get("SHOP.example.com:80", "/cartoon").await.1, "front SHOP.example.com:80 /cartoon");
    assert_eq!(site.get("other.example.com", "/cart").await.0, StatusCode::NOT_FOUND);
    assert_eq!(site.get("example.org", "/").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_share_of_a_backend_that_is_not_permitted_is_answered_500() {
    let site = Site::new(GRANTS, "infra/edge", &[("bank/charge:8443", "charge"), ("bank/ledger:8443", "ledger")]).await;
    let mut answers = HashMap::new();
    for _ in 0..8 {
        let (status, body) = site.get("pay.example.com", "/charge").await;
        assert!(!body.starts_with("ledger"), "nothing permits a reference to it");
        *answers.entry(status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(answers, HashMap::from([(200, 6), (500, 2)]));
}

#[tokio::test]
async fn filters_change_requests_and_answer_them() {
    let site = Site::new(FILTERS, "shop/public", &[("shop/api:8080", "api")]).await;
    let (status, body) = site.get("shop.example.com", "/api/v1/items?all").await;
    assert_eq!((status.as_u16(), body.as_str()), (200, "api api.internal.example.com /v1/items?all"));
    let answer = site.send("GET", "shop.example.com", "/api", &[]).await;
    assert_eq!(answer.headers()["x-served-by"], "gateway");

    let answer = site.send("GET", "shop.example.com", "/old/page?q=1", &[]).await;
    assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(answer.headers()["location"], "https://shop.example.com/new/page?q=1");

    let asking = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    let answer = site.send("OPTIONS", "shop.example.com", "/api", &asking).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example.com");
}

#[test]
fn a_manifest_that_cannot_be_served_is_an_error() {
    let error = |manifest: &[u8], gateway| match Proxy::new(manifest, gateway, HashMap::new()) {
        Ok(_) => panic!("must not be served"),
        Err(error) => error.to_string(),
    };
    assert_eq!(error(CANARY, "shop/none"), "the manifest has no Gateway `shop/none`");
    assert!(error(b"kind: [", "shop/public").starts_with("document 0: "));
}
