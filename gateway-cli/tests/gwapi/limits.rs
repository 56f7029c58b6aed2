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
