//! Decision lines, key by key, and what people get to see.

use serde_json::{Value, json};

use crate::harness::{Folder, SHOP, gwapi, gwapi_with_input, route_lines};

fn decide(request: Value, flags: &[&str]) -> Value {
    let mut line = json!({"id": 1, "gateway": "infra/public", "host": "shop.example.com"});
    for (key, value) in request.as_object().unwrap() {
        line[key] = value.clone();
    }
    let run = route_lines(&line.to_string(), flags);
    assert_eq!(run.code, 0, "{run:?}");
    run.line()
}

fn listener(name: &str) -> Value {
    json!({"parent": {"kind": "Gateway", "namespace": "infra", "name": "public"}, "name": name})
}

fn route(name: &str) -> Value {
    json!({"kind": "HTTPRoute", "namespace": "shop", "name": name})
}

#[test]
fn a_forwarded_request_has_every_key() {
    let request = json!({"scheme": "https", "path": "/cart/7?a=b", "host": "shop.example.com:8443", "port": 443, "headers": [["Accept", "*/*"], ["x-env", "canary"]]});
    assert_eq!(
        decide(request, &[]),
        json!({
            "id": 1,
            "action": "forward",
            "listener": listener("shop-tls"),
            "tlsMode": "Terminate",
            "route": route("cart"),
            "rule": 0,
            "ruleName": "canary",
            "match": 0,
            "hostname": "shop.example.com",
            "backends": [{
                "group": "", "kind": "Service", "namespace": "shop", "name": "next", "port": 80, "weight": 1,
                "probability": 1.0, "valid": true, "reason": null, "protocol": "http", "tls": null
            }],
            "request": {
                "method": "GET", "scheme": "https", "host": "shop.example.com:8443", "path": "/cart/7?a=b",
                "headers": [["Accept", "*/*"], ["x-env", "canary"]]
            }
        })
    );
}

#[test]
fn an_invalid_backend_keeps_its_share() {
    let line = decide(json!({"path": "/cart", "count": 1000}), &[]);
    assert_eq!(line["action"], "forward");
    assert_eq!(line["picks"], json!({"500": 100, "shop/cart:8080": 800, "shop/next:80": 100}));
    let shown: Vec<_> = line["backends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|backend| {
            [&backend["name"], &backend["probability"], &backend["valid"], &backend["reason"], &backend["protocol"]]
                .map(Clone::clone)
        })
        .collect();
    assert_eq!(
        shown,
        [
            [json!("cart"), json!(0.8), json!(true), json!(null), json!("h2c")],
            [json!("next"), json!(0.1), json!(true), json!(null), json!("http")],
            [json!("gone"), json!(0.1), json!(false), json!("BackendNotFound"), json!(null)],
        ]
    );
}

#[test]
fn the_gateway_answers_itself_where_nobody_else_can() {
    let status = |request: Value| {
        let line = decide(request, &[]);
        (line["action"].clone(), line["status"].clone(), line["listener"]["name"].clone(), line["picks"].clone())
    };
    let cases = [
        (json!({"path": "/nope"}), json!("respond"), json!(404), json!("web"), json!(null)),
        (json!({"host": "shop.example.org"}), json!("respond"), json!(404), json!(null), json!(null)),
        (json!({"host": "a b"}), json!("respond"), json!(400), json!(null), json!(null)),
        (json!({"path": "/gone", "count": 7}), json!("respond"), json!(500), json!("web"), json!({"500": 7})),
        (json!({"path": "/zero", "count": 7}), json!("respond"), json!(500), json!("web"), json!({"500": 7})),
        (json!({"path": "/nothing", "count": 7}), json!("respond"), json!(500), json!("web"), json!({"500": 7})),
        (json!({"path": "/empty", "count": 7}), json!("respond"), json!(503), json!("web"), json!({"503": 7})),
        (
            json!({"scheme": "https", "host": "other.example.com", "sni": "shop.example.com"}),
            json!("respond"),
            json!(421),
            json!("shop-tls"),
            json!(null),
        ),
        (
            json!({"scheme": "https", "host": "nope.example.com"}),
            json!("reject"),
            json!(null),
            json!(null),
            json!(null),
        ),
        (json!({"scheme": "https", "sni": ""}), json!("reject"), json!(null), json!(null), json!(null)),
        (json!({"port": 81}), json!("reject"), json!(null), json!(null), json!(null)),
    ];
    for (request, action, code, listener, picks) in cases {
        assert_eq!(status(request.clone()), (action, code, listener, picks), "{request}");
    }
}

#[test]
fn backends_are_listed_where_the_answer_is_an_error() {
    let line = decide(json!({"path": "/gone"}), &[]);
    assert_eq!((&line["backends"][0]["reason"], line.get("request")), (&json!("BackendNotFound"), None));
    let line = decide(json!({"path": "/empty"}), &[]);
    assert_eq!((&line["backends"][0]["valid"], &line["backends"][0]["ready"]), (&json!(true), &json!(false)));
    let line = decide(json!({"path": "/zero"}), &[]);
    assert_eq!((&line["backends"][0]["weight"], &line["backends"][0]["probability"]), (&json!(0), &json!(0.0)));
}

#[test]
fn filters_change_what_backends_receive() {
    let line = decide(json!({"path": "/changed", "headers": [["A", "x"], ["c", "y"]]}), &[]);
    let received = |value: &Value| value["headers"].clone();
    assert_eq!(received(&line["request"]), json!([["c", "y"], ["a", "b"]]), "after the rule's filters");
    assert_eq!(received(&line["backends"][0]["request"]), json!([["a", "b"]]), "and the backend's");
    assert_eq!(decide(json!({"path": "/cart"}), &[])["backends"][0].get("request"), None);

    let line = decide(json!({"path": "/strip-me/x?q=1"}), &[]);
    assert_eq!((&line["request"]["host"], &line["request"]["path"]), (&json!("in.example.com"), &json!("/x?q=1")));
    assert_eq!(line["responseHeaders"], json!({"add": [["x-served-by", "us"]]}));
    assert_eq!(
        line["mirrors"],
        json!([{"kind": "Service", "namespace": "shop", "name": "gone", "port": 80,
                "fraction": {"numerator": 5, "denominator": 100}, "valid": false}])
    );
}

#[test]
fn a_match_is_not_told_as_its_own_runner_up() {
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "List", "items": [
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "g"},
             "spec": {"gatewayClassName": "x", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}},
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r"},
             "spec": {"parentRefs": [{"name": "g"}], "hostnames": ["a.example.com", "*.example.com"]}}
        ]
    });
    let arguments = ["route", "-f", "-", "--gateway", "default/g", "--explain", "http://a.example.com/"];
    let run = gwapi_with_input(&arguments, route.to_string().as_bytes());
    assert!(run.out.contains("decided by  no other match takes the request"), "{}", run.out);
}

#[test]
fn redirects_and_preflights_are_answered_by_the_gateway() {
    let line = decide(json!({"path": "/moved/x?q=1", "count": 10}), &[]);
    assert_eq!(line.get("picks"), None, "no backend is picked for a redirect");
    assert_eq!((&line["action"], &line["status"]), (&json!("redirect"), &json!(302)));
    assert_eq!(line["redirect"], json!({"location": "http://new.example.com/moved/x?q=1", "status": 302}));
    assert_eq!(line.get("request"), None);

    let headers = json!([["Origin", "https://a.example.com"], ["Access-Control-Request-Method", "PUT"]]);
    let line = decide(json!({"path": "/shared", "method": "OPTIONS", "headers": headers}), &[]);
    assert_eq!(
        (&line["action"], &line["status"], &line["cors"]["preflight"]),
        (&json!("respond"), &json!(204), &json!(true))
    );
    let said = line["cors"]["headers"].as_array().unwrap();
    assert!(said.contains(&json!(["access-control-allow-origin", "https://a.example.com"])), "{said:?}");

    let line = decide(json!({"path": "/shared", "headers": [["origin", "https://a.example.com"]]}), &[]);
    assert_eq!((&line["action"], &line["cors"]["preflight"]), (&json!("forward"), &json!(false)));
    assert_eq!(decide(json!({"path": "/shared"}), &[]).get("cors"), None);
}

#[test]
fn the_trace_tells_every_candidate_in_the_order_of_precedence() {
    let line = decide(json!({"path": "/cart"}), &["--explain"]);
    let step = |name: &str, rule: u32, item: u32, result: &str| json!({"listener": listener("web"), "route": route(name), "rule": rule, "match": item, "result": result});
    let trace = line["trace"].as_array().unwrap();
    let results: Vec<_> = trace.iter().map(|step| step["result"].as_str().unwrap()).collect();
    assert_eq!(line["decidedBy"], "hostname");
    assert_eq!(trace[0], step("cart", 1, 1, "path"));
    assert!(trace.contains(&step("cart", 0, 0, "header:X-Env")), "{trace:?}");
    assert!(trace.contains(&step("cart", 1, 0, "matched")), "{trace:?}");
    let mut behind = step("wide", 0, 1, "lower precedence");
    behind["criterion"] = json!("hostname");
    assert!(trace.contains(&behind), "{trace:?}");
    assert_eq!(results.iter().filter(|result| **result == "matched").count(), 1);

    let line = decide(json!({"path": "/basket", "method": "GET"}), &["--explain"]);
    assert_eq!(line["trace"][0]["result"], "method");
    let line = decide(json!({"path": "/basket", "method": "POST"}), &["--explain"]);
    assert_eq!(line["trace"][0]["result"], "query:id");
    let line = decide(json!({"path": "/wide", "host": "a.example.com"}), &["--explain"]);
    assert_eq!(line["trace"].as_array().unwrap().last().unwrap()["result"], "hostname");
    assert_eq!(decide(json!({"path": "/cart"}), &[]).get("trace"), None);
}

#[test]
fn an_option_changes_the_decision() {
    let status = |flags: &[&str]| decide(json!({"path": "/zero"}), flags)["status"].clone();
    assert_eq!(status(&[]), 500);
    assert_eq!(status(&["--option", "zero-weights=503"]), 503);
    assert_eq!(status(&["--option", "zero-weights=503", "--option", "zero-weights=500"]), 500);
}

/// The whole answer, so that a change of it is seen by whoever makes it.
#[test]
fn people_see_the_way_of_the_request() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let run = gwapi(&[
        "route",
        "-f",
        folder.path(),
        "--gateway",
        "infra/public",
        "--explain",
        "-H",
        "Accept: */*",
        "http://shop.example.com/wide",
    ]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let expected = "\
GET http://shop.example.com/wide
-> shop/next:80

  listener    web of Gateway infra/public (HTTP, port 80, *.example.com)
  route       HTTPRoute shop/wide
  rule        0, match 0: path prefix /wide
  hostname    *.example.com
  decided by  no other match takes the request

  backend       weight  share
  shop/next:80       1   100%

  the backend receives
  GET /wide
  host: shop.example.com
  Accept: */*

  candidates, in the order of precedence
  fails: path  HTTPRoute shop/cart  rule 1  match 1  shop.example.com  POST, path = /basket, query id = 7
  fails: path  HTTPRoute shop/cart  rule 8  match 0  shop.example.com  path prefix /strip-me
  fails: path  HTTPRoute shop/cart  rule 5  match 0  shop.example.com  path prefix /nothing
  fails: path  HTTPRoute shop/cart  rule 7  match 0  shop.example.com  path prefix /changed
  fails: path  HTTPRoute shop/cart  rule 9  match 0  shop.example.com  path prefix /shared
  fails: path  HTTPRoute shop/cart  rule 4  match 0  shop.example.com  path prefix /empty
  fails: path  HTTPRoute shop/cart  rule 6  match 0  shop.example.com  path prefix /moved
  fails: path  HTTPRoute shop/cart  rule 0  match 0  shop.example.com  path prefix /cart, header X-Env = canary
  fails: path  HTTPRoute shop/cart  rule 1  match 0  shop.example.com  path prefix /cart
  fails: path  HTTPRoute shop/cart  rule 2  match 0  shop.example.com  path prefix /gone
  fails: path  HTTPRoute shop/cart  rule 3  match 0  shop.example.com  path prefix /zero
  takes it     HTTPRoute shop/wide  rule 0  match 0  *.example.com     path prefix /wide
  fails: path  HTTPRoute shop/wide  rule 0  match 1  *.example.com     path prefix /cart
";
    assert_eq!(run.out, expected);
}

#[test]
fn people_are_told_what_went_wrong() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let ask = |url: &str| gwapi(&["route", "-f", folder.path(), "--gateway", "infra/public", url]).out;
    let cases: [(&str, &[&str]); 9] = [
        ("http://shop.example.com/nope", &["404 Not Found: no rule takes the request", "--explain"]),
        (
            "http://shop.example.org/",
            &["404 Not Found: no listener on the port takes the host", "port 443  HTTPS  other.example.com"],
        ),
        (
            "http://shop.example.com/gone",
            &[
                "500 Internal Server Error: no backend of the rule can be used",
                "500, BackendNotFound: Service `shop/gone` does not exist",
            ],
        ),
        ("http://shop.example.com/empty", &["503 Service Unavailable: no backend of the rule has a ready endpoint"]),
        (
            "http://shop.example.com/cart",
            &[
                "split over 2 backends, but 10% of the requests fail",
                "the more specific hostname, before HTTPRoute shop/wide, rule 0, match 1",
            ],
        ),
        ("http://shop.example.com/changed", &["filters     request headers changed", "100%  request headers changed"]),
        ("http://shop.example.com/moved", &["302 Found: http://new.example.com/moved"]),
        (
            "http://shop.example.com/strip-me/x",
            &[
                "mirror      5% of the requests to shop/gone:80, but the reference does not resolve",
                "GET /x",
                "host: in.example.com",
            ],
        ),
        (
            "http://shop.example.com:81/",
            &["connection refused: no HTTP listener serves port 81", "listeners of the Gateway"],
        ),
    ];
    for (url, expected) in cases {
        let out = ask(url);
        for text in expected {
            assert!(out.contains(text), "{url}: {text} is missing in\n{out}");
        }
    }
}

#[test]
fn yaml_is_the_same_answer_with_a_document_for_each() {
    let lines = "{\"id\": 1, \"gateway\": \"infra/public\", \"port\": 81}\n{\"id\": 2, \"gateway\": \"infra/public\", \"port\": 81}\n";
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes()), ("requests.jsonl", lines.as_bytes())]);
    let run =
        gwapi(&["route", "-f", &folder.file("shop.yaml"), "--requests", &folder.file("requests.jsonl"), "-o", "yaml"]);
    assert_eq!(run.out, "action: reject\nid: 1\n---\naction: reject\nid: 2\n");
}

#[test]
fn nothing_in_a_manifest_or_request_moves_the_terminal() {
    let manifests = SHOP.replace("name: canary", "name: \"a\\e[31mb\"");
    let folder = Folder::new(&[("shop.yaml", manifests.as_bytes())]);
    let run = gwapi(&[
        "route",
        "-f",
        folder.path(),
        "--gateway",
        "infra/public",
        "-H",
        "x-env: canary",
        "http://shop.example.com/cart?\x1b[2J",
    ]);
    assert!(run.out.contains("a\\u{1b}[31mb") && run.out.contains("\\u{1b}[2J"), "{}", run.out);
    assert!(!run.out.contains('\x1b') && !run.err.contains('\x1b'));
}
