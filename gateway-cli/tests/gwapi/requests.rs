//! Request lines: those that are read, and those that are refused.

use serde_json::{Value, json};

use crate::harness::{Folder, SHOP, gwapi, gwapi_with_input, route_lines};

#[test]
fn every_line_has_its_answer_in_its_place() {
    let lines = r#"
{"id": 1, "gateway": "infra/public", "host": "shop.example.com", "path": "/cart"}
not json
{"id": "two", "gateway": "infra/nope"}

[]
{"id": {"three": 3}, "gateway": "infra/public", "host": "shop.example.com", "path": "/nope"}
"#;
    let run = route_lines(lines, &[]);
    let shown: Vec<_> = run
        .lines()
        .iter()
        .map(|line| (line["id"].clone(), line["action"].clone(), line["error"].is_string()))
        .collect();
    assert_eq!(
        shown,
        [
            (json!(1), json!("forward"), false),
            (json!(null), json!(null), true),
            (json!("two"), json!(null), true),
            (json!(null), json!(null), true),
            (json!({"three": 3}), json!("respond"), false),
        ]
    );
    assert_eq!(run.code, 2);
    assert!(run.err.contains("3 of 5 requests have no answer"), "{}", run.err);
}

#[test]
fn a_line_that_cannot_be_decided_says_why() {
    let cases = [
        (json!({}), "`gateway` is missing"),
        (json!({"gateway": "a/b/c"}), "`a/b/c` is no `namespace/name` of a Gateway"),
        (json!({"gateway": "/"}), "`/` is no `namespace/name` of a Gateway"),
        (
            json!({"gateway": "infra/nope"}),
            "Gateway infra/nope does not exist; the input has infra/public, infra/two-ports",
        ),
        (
            json!({"gateway": "infra/two-ports"}),
            "Gateway infra/two-ports serves http on more than one port (80, 8080): `port` must say which is meant",
        ),
        (
            json!({"gateway": "infra/two-ports", "scheme": "https"}),
            "Gateway infra/two-ports has no listener that serves https: `port` must say which port is meant",
        ),
        (
            json!({"gateway": "infra/public", "protocol": "udp"}),
            "Gateway infra/public has no listener that serves udp: `port` must say which port is meant",
        ),
        (json!({"service": "a/b/c"}), "`a/b/c` is no `namespace/name` of a Service"),
        (
            json!({"gateway": "infra/public", "protocol": "quic"}),
            "`protocol` is `quic`, expected http, grpc, tls, tcp or udp",
        ),
    ];
    for (line, expected) in cases {
        let run = route_lines(&line.to_string(), &[]);
        assert_eq!(run.line(), json!({"id": null, "error": expected}));
        assert_eq!(run.code, 2);
    }
}

#[test]
fn a_line_without_a_gateway_is_sent_to_the_given_one() {
    let run = route_lines(r#"{"host": "shop.example.com", "path": "/cart"}"#, &["--gateway", "infra/public"]);
    assert_eq!(run.line()["action"], "forward");
    assert_eq!(run.code, 0);
}

#[test]
fn hostile_lines_are_answered_or_refused_and_never_hurt_the_next() {
    let long = "x".repeat(1 << 20);
    let header = json!({"gateway": "infra/public", "host": "shop.example.com", "path": "/cart", "headers": [["x-env", long], [long, "v"]]});
    let path =
        json!({"gateway": "infra/public", "host": "shop.example.com", "path": format!("/{}", "a/".repeat(1 << 19))});
    let many: Vec<_> = (0..10_000).map(|n| json!([format!("h{n}"), "v"])).collect();
    let many = json!({"gateway": "infra/public", "host": "shop.example.com", "path": "/cart", "headers": many});
    let good = br#"{"id": "good", "gateway": "infra/public", "host": "shop.example.com", "path": "/cart"}"#;
    let lines: Vec<Vec<u8>> = vec![
        header.to_string().into_bytes(),
        path.to_string().into_bytes(),
        many.to_string().into_bytes(),
        b"\xff\xfe\xfd".to_vec(),
        b"{\"id\": \"\xff\"}".to_vec(),
        b"[".repeat(1_000_000),
        b"{\"id\":".repeat(100_000),
        b" ".repeat(17 << 20),
        b"\0\0\0".to_vec(),
        br#"{"gateway": "infra/public", "host": "\u0000\u001b[31m", "path": "/\u0000"}"#.to_vec(),
        br#"{"gateway": "infra/public", "host": "shop.example.com", "path": "/cart", "count": 18446744073709551615}"#
            .to_vec(),
        br#"{"gateway": "infra/public", "host": "shop.example.com", "path": "/cart", "count": 18446744073709551616}"#
            .to_vec(),
    ];
    for line in lines {
        let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
        let input = [&line, b"\n".as_slice(), good, b"\r\n", good].concat();
        let run = gwapi_with_input(&["route", "-f", folder.path(), "--requests", "-", "-o", "json"], &input);
        let lines = run.lines();
        assert_eq!(lines.len(), 3);
        assert!(lines[0]["error"].is_string() != lines[0]["action"].is_string());
        assert_eq!(run.code, if lines[0]["error"].is_string() { 2 } else { 0 });
        for good in &lines[1..] {
            assert_eq!((&good["id"], &good["action"]), (&json!("good"), &json!("forward")));
        }
    }
}

#[test]
fn a_url_says_where_a_request_goes() {
    // URL and flags, then host, path and listener that they lead to.
    let cases: [(&[&str], &str, &str, &str); 8] = [
        (&["http://shop.example.com/cart?id=7#top"], "shop.example.com", "/cart?id=7", "web"),
        (&["shop.example.com/cart"], "shop.example.com", "/cart", "web"),
        (&["/cart", "-H", "Host: shop.example.com"], "shop.example.com", "/cart", "web"),
        (&["http://127.0.0.1:80/cart", "-H", "host:shop.example.com"], "shop.example.com", "/cart", "web"),
        (&["http://shop.example.com:8000/cart", "--port", "80"], "shop.example.com:8000", "/cart", "web"),
        (&["https://shop.example.com/cart"], "shop.example.com", "/cart", "shop-tls"),
        (
            &["https://192.0.2.1/cart", "--sni", "shop.example.com", "-H", "Host: shop.example.com"],
            "shop.example.com",
            "/cart",
            "shop-tls",
        ),
        (&["http://shop.example.com/cart", "--http-version", "2"], "shop.example.com", "/cart", "web"),
    ];
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    for (flags, host, path, listener) in cases {
        let mut arguments = vec!["route", "-f", folder.path(), "--gateway", "infra/public", "-o", "json"];
        arguments.extend(flags);
        let run = gwapi(&arguments);
        let line = run.line();
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(
            (&line["request"]["host"], &line["request"]["path"], &line["listener"]["name"]),
            (&json!(host), &json!(path), &json!(listener))
        );
        assert_eq!(line.get("id"), None);
    }
}

#[test]
fn a_url_without_a_port_means_the_usual_one_where_several_serve() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let ask = |url: &str| {
        let run = gwapi(&["route", "-f", folder.path(), "--gateway", "infra/two-ports", "-o", "json", url]);
        (run.code, run.line())
    };
    assert_eq!(ask("http://shop.example.com/cart").1["listener"]["name"], "a");
    assert_eq!(ask("http://shop.example.com:8080/cart").1["listener"]["name"], "b");
    assert_eq!(ask("https://shop.example.com/cart").1["action"], "reject");
    let (code, line) = ask("shop.example.com/cart");
    assert_eq!(code, 2);
    assert!(line["error"].as_str().unwrap().contains("--port must say which is meant"), "{line}");
}

#[test]
fn conditions_see_method_headers_and_query() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let ask = |flags: &[&str]| {
        let mut arguments = vec!["route", "-f", folder.path(), "--gateway", "infra/public", "-o", "json"];
        arguments.extend(flags);
        let line = gwapi(&arguments).line();
        (line["rule"].clone(), line["match"].clone())
    };
    assert_eq!(ask(&["http://shop.example.com/cart", "-H", "x-env: canary"]), (json!(0), json!(0)));
    assert_eq!(ask(&["http://shop.example.com/cart", "-H", "x-env: other"]), (json!(1), json!(0)));
    assert_eq!(ask(&["http://shop.example.com/basket?id=7", "-X", "POST"]), (json!(1), json!(1)));
    assert_eq!(ask(&["http://shop.example.com/basket?id=7"]), (Value::Null, Value::Null));
}
