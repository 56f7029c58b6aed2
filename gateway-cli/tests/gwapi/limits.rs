//! Input that is more than is taken.

use crate::harness::{Folder, gwapi, route_lines};

#[test]
fn a_line_of_requests_that_is_too_long_is_told_in_its_place() {
    let long = format!("{{\"gateway\": \"infra/public\", \"path\": \"/{}\"}}", "a".repeat(16 << 20));
    let good = "{\"gateway\": \"infra/public\", \"port\": 80, \"host\": \"shop.example.com\", \"path\": \"/cart\"}";
    let run = route_lines(&format!("{long}\n{good}\n"), &[]);
    let lines = run.lines();
    assert_eq!(lines[0]["error"], "line 1 has more than 16777216 bytes");
    assert_eq!((lines[1].get("error"), lines.len(), run.code), (None, 2, 2));
}

#[test]
fn an_expression_that_would_take_gigabytes_costs_nothing() {
    let manifest = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: x, namespace: shop}}\nspec:\n  \
         parentRefs: [{{name: public, namespace: infra}}]\n  rules:\n  - matches: [{{path: {{type: RegularExpression, value: '/{}'}}}}]\n",
        r"\pL".repeat(1_000_000)
    );
    let folder = Folder::new(&[("route.yaml", manifest.as_bytes())]);
    let started = std::time::Instant::now();
    for verb in ["check", "status"] {
        let run = gwapi(&[verb, "-f", folder.path()]);
        assert!([0, 1].contains(&run.code), "{verb}: {}", run.err);
    }
    // To parse it takes minutes.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn every_limit_can_be_set_and_what_is_beyond_it_is_told() {
    let manifest = "\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec:
  gatewayClassName: any
  listeners: [{name: l, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: first}
spec:
  parentRefs: [{name: g}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: second}
spec:
  parentRefs: [{name: g}]
  rules:
  - matches:
    - {path: {type: RegularExpression, value: /a.*}, headers: [{name: x, value: z}]}
    - {path: {type: RegularExpression, value: /b.*}}
    filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}]
    backendRefs: [{name: s, port: 80}]
";
    let folder = Folder::new(&[("all.yaml", manifest.as_bytes())]);
    let cases = [
        ("bytes=100", 2, "more than 100 bytes"),
        ("documents=2", 2, "more than 2 documents"),
        ("depth=3", 2, "nested deeper than 3 levels"),
        ("nodes=4", 2, "more than 4 values"),
        ("attached-routes=1", 1, "each such listener or port has as many routes as it may have"),
        ("rules=0", 1, "more than 0 rules"),
        ("matches=1", 1, "more than 1 matches"),
        ("conditions=0", 1, "more than 0 headers and query parameters"),
        ("filters=0", 1, "more than 0 filters"),
        ("backends=0", 1, "more than 0 backends"),
        ("patterns=1", 1, "more than 1 regular expressions in the route"),
        ("pattern-bytes=3", 1, "more than 3 bytes in a regular expression"),
        ("pattern-size=10", 1, "larger than 10 bytes"),
    ];
    for (limit, code, expected) in cases {
        let run = gwapi(&["status", "-f", folder.path(), "--limit", limit, "-o", "json"]);
        assert!(run.out.contains(expected) || run.err.contains(expected), "{limit}: {run:?}");
        assert_eq!(run.code, code, "{limit}: {}", run.err);
    }
    let run = gwapi(&["check", "-f", folder.path(), "--limit", "bytes=100"]);
    assert!(run.err.contains("more than 100 bytes") && run.code == 2, "{run:?}");
    let run = gwapi(&["status", "-f", folder.path(), "--limit", "luck=1"]);
    assert!(run.err.contains("no limit is named `luck`; there are bytes, ") && run.code == 2, "{run:?}");
}

#[test]
fn a_request_beyond_a_limit_is_told_in_its_place() {
    let request = |headers: usize| {
        let headers = vec!["[\"x\", \"y\"]"; headers].join(", ");
        format!(
            "{{\"gateway\": \"infra/public\", \"port\": 80, \"host\": \"shop.example.com\", \"path\": \"/cart\", \"headers\": [{headers}]}}\n"
        )
    };
    let lines = [request(2), request(3), request(40)].concat();
    let run = route_lines(&lines, &["--limit", "request-headers=2", "--limit", "request-bytes=300"]);
    let errors: Vec<_> = run.lines().iter().map(|line| line["error"].clone()).collect();
    let expected = ["null", "\"more than 2 headers\"", "\"line 3 has more than 300 bytes\""];
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{run:?}");
    assert_eq!(run.code, 2);
}
