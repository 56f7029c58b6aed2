//! Manifests: where they come from, and what is said of those that are broken.

use serde_json::json;

use crate::harness::{Folder, SHOP, gwapi, gwapi_with_input};

/// The answer to a request that the shared manifests forward.
fn answer(folder: &Folder) -> (serde_json::Value, i32, String) {
    let run = gwapi(&[
        "route",
        "-f",
        folder.path(),
        "--gateway",
        "infra/public",
        "-o",
        "json",
        "http://shop.example.com/cart",
    ]);
    (run.line()["route"].clone(), run.code, run.err)
}

#[test]
fn what_is_broken_is_told_with_its_place_and_everything_else_is_used() {
    let route = |rest: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: x\n  namespace: shop\n{rest}"
        )
        .into_bytes()
    };
    let deep_mapping: String = (0..3000).map(|level| format!("{:1$}a:\n", "", level)).collect();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("bad indentation", route("spec:\n  rules:\n   - name: a\n  - name: b\n"), &["document 0: line 9, column"]),
        ("tab", route("spec:\n\trules: []\n"), &["document 0: line 7, column 2: spec: "]),
        (
            "list for text",
            route("spec:\n  parentRefs:\n  - name: [a]\n"),
            &[
                "document 0: line 8, column 5: HTTPRoute shop/x: spec.parentRefs[0].name: ",
                "sequence",
            ],
        ),
        (
            "list for a map",
            route("spec: []\n"),
            &["document 0: line 6, column 1: HTTPRoute shop/x: spec: "],
        ),
        (
            "map for a list",
            route("spec:\n  hostnames: []\n  rules:\n    a: b\n"),
            &["document 0: line 8, column 3: HTTPRoute shop/x: spec.rules: ", "map"],
        ),
        (
            "text for a number",
            route("spec:\n  rules:\n  - backendRefs:\n    - {name: a, port: http}\n"),
            &["document 0: line 9, column 17: HTTPRoute shop/x: spec.rules[0].backendRefs[0].port: "],
        ),
        ("boolean for text", route("spec:\n  hostnames: [on]\n"), &["line 7, column 15: HTTPRoute shop/x: spec.hostnames[0]: "]),
        ("missing field", route("spec:\n  rules: [{backendRefs: [{port: 80}]}]\n"), &["HTTPRoute shop/x: spec.rules[0].backendRefs[0]: "]),
        ("duplicate key", route("spec: {rules: []}\nspec: {rules: []}\n"), &["document 0: line 7, column 1: ", "`spec`"]),
        ("second document", [SHOP.as_bytes(), b"---\nkind: [a\n"].concat(), &["document 8: line "]),
        (
            "item of a list",
            b"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: s}}\n- apiVersion: v1\n  kind: Service\n  metadata: []\n".to_vec(),
            &["document 0, item 1: line 7, column 3: Service default/(no name): metadata: "],
        ),
        ("no object", b"- a\n- b\n".to_vec(), &["document 0: line 1, column 1: ", "expected an object"]),
        ("no kind", b"apiVersion: v1\n".to_vec(), &["document 0: line 1, column 1: kind: "]),
        ("no name", b"apiVersion: v1\nkind: Service\nspec: {}\n".to_vec(), &["Service default/(no name): "]),
        (
            "old version",
            b"apiVersion: gateway.networking.k8s.io/v1alpha1\nkind: HTTPRoute\nmetadata: {name: x}\nspec: {}\n".to_vec(),
            &["HTTPRoute default/x: apiVersion: "],
        ),
        ("not UTF-8", b"apiVersion: v1\nkind: \xff\xfe\n".to_vec(), &["document 0: line 2, column 7: ", "UTF-8"]),
        ("UTF-16", b"\xff\xfea\0".to_vec(), &["UTF-16"]),
        ("deep list", b"[".repeat(1_000_000), &["document 0: line 1", "nested deeper"]),
        ("deep map", deep_mapping.into_bytes(), &["document 0: line 101", "nested deeper"]),
        ("deep JSON", b"{\"a\":".repeat(100_000), &["document 0: line 1", "nested deeper"]),
        ("garbage", (0..10_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect(), &["document 0: line 1"]),
        ("text garbage", b"{[}]:-, \n\"'#&*!|>%@".repeat(500_000), &["document 0: line "]),
    ];
    for (name, broken, expected) in cases {
        let folder = Folder::new(&[("a.yaml", SHOP.as_bytes()), ("b/broken.yaml", &broken)]);
        let (route, code, err) = answer(&folder);
        assert_eq!(route["name"], "cart", "{name}: {err}");
        assert_eq!(code, 2, "{name}: {err}");
        let place = format!("error: {}: ", folder.file("b/broken.yaml"));
        assert!(err.contains(&place), "{name}: {err}");
        for text in expected {
            assert!(err.contains(text), "{name}: {text} is missing in {err}");
        }
    }
}

#[test]
fn documents_around_a_broken_one_are_used() {
    let (before, after) = SHOP.split_once("kind: HTTPRoute").unwrap();
    let content = format!("kind: [\n---\n{before}kind: HTTPRoute{after}\n---\n{{{{\n");
    let folder = Folder::new(&[("a.yaml", content.as_bytes())]);
    let (route, code, err) = answer(&folder);
    assert_eq!((route["name"].as_str(), code), (Some("cart"), 2), "{err}");
    assert_eq!(err.matches("error: ").count(), 2, "{err}");
}

#[test]
fn an_unknown_enum_value_keeps_the_object_and_refuses_it() {
    let route = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: new, namespace: infra}
spec:
  parentRefs: [{name: public}]
  rules:
  - matches: [{path: {type: Glob, value: /cart*}}]
    backendRefs: [{name: next, port: 80}]
";
    let folder = Folder::new(&[("a.yaml", SHOP.as_bytes()), ("b.yaml", route.as_bytes())]);
    let (found, code, err) = answer(&folder);
    assert_eq!((found["name"].as_str(), code, err.as_str()), (Some("cart"), 0, ""));

    let run = gwapi(&[
        "route",
        "-f",
        folder.path(),
        "--gateway",
        "infra/public",
        "--explain",
        "http://shop.example.com/cart",
    ]);
    assert!(run.out.contains("UnsupportedValue: spec.rules[0].matches[0].path.type: `Glob`"), "{}", run.out);
}

#[test]
fn of_two_objects_with_one_name_the_later_counts_by_argument_and_then_by_path() {
    let service = |port: u16| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: cart, namespace: shop}}, spec: {{ports: [{{port: {port}}}]}}}}"
        )
    };
    let (wrong, right) = (service(1), service(8080));
    let folder = Folder::new(&[
        ("x/shop.yaml", SHOP.as_bytes()),
        ("x/z/wrong.yml", wrong.as_bytes()),
        ("y/right.json", right.as_bytes()),
        ("y/ignored.txt", wrong.as_bytes()),
    ]);
    let valid = |files: &[&str]| {
        let mut arguments = vec!["route", "--gateway", "infra/public", "-o", "json", "http://shop.example.com/cart"];
        files.iter().for_each(|file| arguments.extend(["-f", file]));
        let run = gwapi(&arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        (run.line()["backends"][0]["valid"].clone(), run.err)
    };
    let (x, y) = (folder.file("x"), folder.file("y"));

    let (found, err) = valid(&[folder.path()]);
    assert_eq!(found, true);
    let expected = format!(
        "warning: {y}/right.json: document 0: Service shop/cart takes the place of the one in {x}/z/wrong.yml, document 0"
    );
    assert!(err.contains(&expected), "{err}");
    assert_eq!(err.lines().count(), 2, "{err}");
    assert_eq!(valid(&[&y, &x]).0, false);
    assert_eq!(valid(&[&x, &y]).0, true);
}

#[test]
fn objects_without_a_namespace_are_in_the_given_one_and_other_kinds_are_counted() {
    let manifests = "
kind: List
apiVersion: v1
items:
- apiVersion: gateway.networking.k8s.io/v1
  kind: Gateway
  metadata: {name: g}
  spec: {gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}]}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: e}}
- {apiVersion: batch/v1, kind: Job, metadata: {name: j}}
";
    for (flags, gateway) in [(vec![], "default/g"), (vec!["-n", "infra"], "infra/g"), (vec!["-n", "infra"], "g")] {
        let mut arguments = vec!["route", "-f", "-", "--gateway", gateway, "-o", "json", "http://a.example.com/"];
        arguments.extend(flags);
        let run = gwapi_with_input(&arguments, manifests.as_bytes());
        assert_eq!((run.code, run.line()["status"].as_u64()), (0, Some(404)), "{run:?}");
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert!(
            run.err.contains("passed over 3 objects") && run.err.contains("2 apps/v1 Deployment, 1 batch/v1 Job"),
            "{}",
            run.err
        );
    }
}

#[test]
fn a_path_that_is_not_there_does_not_keep_the_others_from_being_read() {
    let folder = Folder::new(&[("a.yaml", SHOP.as_bytes()), ("empty/readme.md", b"")]);
    let (missing, empty) = (folder.file("missing"), folder.file("empty"));
    let run = gwapi(&[
        "route",
        "-f",
        &missing,
        "-f",
        &empty,
        "-f",
        folder.path(),
        "--gateway",
        "infra/public",
        "-o",
        "json",
        "http://shop.example.com/cart",
    ]);
    assert_eq!((run.code, run.line()["action"].as_str()), (2, Some("forward")));
    assert!(run.err.contains(&format!("error: {missing}: no such file")), "{}", run.err);
    assert!(run.err.contains(&format!("warning: {empty}: no *.yaml")), "{}", run.err);
}

#[test]
fn gateways_of_another_controller_are_not_served() {
    let class = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: any}
spec: {controllerName: example.com/ours}
";
    let with_class = Folder::new(&[("a.yaml", SHOP.as_bytes()), ("b.yaml", class.as_bytes())]);
    let without = Folder::new(&[("a.yaml", SHOP.as_bytes())]);
    let cases = [
        (&with_class, "example.com/ours", json!(null)),
        (
            &with_class,
            "example.com/theirs",
            json!("Gateway infra/public is not ours: its class `any` is of the controller `example.com/ours`"),
        ),
        (&without, "example.com/ours", json!("Gateway infra/public is not ours: its class `any` is not in the input")),
    ];
    for (folder, controller, error) in cases {
        let run = gwapi(&[
            "route",
            "-f",
            folder.path(),
            "--controller",
            controller,
            "--gateway",
            "infra/public",
            "-o",
            "json",
            "http://shop.example.com/cart",
        ]);
        assert_eq!(run.line()["error"], error);
        assert_eq!(run.code, if error.is_null() { 0 } else { 2 });
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_end() {
    let folder = Folder::new(&[("a/shop.yaml", SHOP.as_bytes())]);
    std::os::unix::fs::symlink(folder.path(), folder.file("a/back")).unwrap();
    std::os::unix::fs::symlink(folder.file("a/shop.yaml"), folder.file("again.yaml")).unwrap();
    let (route, code, err) = answer(&folder);
    assert_eq!((route["name"].as_str(), code, err.as_str()), (Some("cart"), 0, ""));
}
