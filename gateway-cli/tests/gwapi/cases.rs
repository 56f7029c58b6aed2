//! `test`: expectations that hold, that do not, and that cannot be read; what no case reached.

use serde_json::{Value, json};

use crate::harness::{Folder, Run, SHOP, gwapi, gwapi_with_input};

const PROTOCOLS: &str = include_str!("data/protocols.yaml");

/// Runs cases over the shop's manifests.
fn test(cases: &str, flags: &[&str]) -> Run {
    run_over(SHOP, cases, flags)
}

fn run_over(manifests: &str, cases: &str, flags: &[&str]) -> Run {
    let folder = Folder::new(&[("m/all.yaml", manifests.as_bytes()), ("cases.yaml", cases.as_bytes())]);
    let (manifests, file) = (folder.file("m"), folder.file("cases.yaml"));
    let mut arguments = vec!["test", "-f", &manifests, &file];
    arguments.extend(flags);
    let mut run = gwapi(&arguments);
    // The folder has another name each time.
    run.out = run.out.replace(&file, "cases.yaml");
    run.err = run.err.replace(&file, "cases.yaml");
    run
}

/// A case for the shop's Gateway, by request and expectation.
fn case(request: &Value, expect: &Value) -> Value {
    let mut asked = json!({"gateway": "infra/public", "host": "shop.example.com", "port": 80});
    asked.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    json!({"name": "n", "request": asked, "expect": expect})
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"))
}

/// Each case with the paths of its differences.
fn differences(manifests: &str, cases: &[Value]) -> Vec<Vec<String>> {
    let run = run_over(manifests, &json!(cases).to_string(), &["-o", "json"]);
    assert!(run.err.is_empty(), "{run:?}");
    let paths = |case: &Value| {
        let differences = case["differences"].as_array();
        differences.into_iter().flatten().map(|difference| difference["path"].as_str().unwrap().to_owned()).collect()
    };
    json_of(&run)["cases"].as_array().unwrap().iter().map(paths).collect()
}

#[test]
fn whatever_is_decided_may_be_expected() {
    let requests = [
        json!({"path": "/cart", "count": 10}),
        json!({"path": "/cart", "headers": [["x-env", "canary"]]}),
        json!({"path": "/nope"}),
        json!({"path": "/gone"}),
        json!({"path": "/empty"}),
        json!({"path": "/nothing", "count": 3}),
        json!({"path": "/moved"}),
        json!({"path": "/changed", "headers": [["c", "1"], ["C", "2"]]}),
        json!({"path": "/strip-me/x?y=z"}),
        json!({"path": "/shared", "headers": [["origin", "https://a.example.com"]]}),
        json!({"path": "/shared", "method": "OPTIONS",
               "headers": [["origin", "https://a.example.com"], ["access-control-request-method", "PUT"]]}),
        json!({"host": "a b"}),
        json!({"scheme": "https", "port": 443, "sni": "shop.example.com", "host": "other.example.com"}),
        json!({"port": 81}),
    ];
    expect_what_is_decided(SHOP, &requests.map(|request| case(&request, &json!({}))["request"].clone()));
    let all = "infra/all";
    let requests = [
        json!({"gateway": all, "protocol": "grpc", "host": "grpc.example.com", "path": "/shop.Cart/Add", "count": 4}),
        json!({"gateway": all, "protocol": "grpc", "host": "grpc.example.com", "path": "/shop.Gone/Get"}),
        json!({"gateway": all, "protocol": "tls", "sni": "vault.example.com"}),
        json!({"gateway": all, "protocol": "tcp", "count": 10}),
        json!({"gateway": all, "protocol": "udp"}),
        json!({"gateway": all, "scheme": "https", "host": "www.example.com", "clientCertIssuer": "infra/clients"}),
        json!({"service": "infra/app", "from": "team", "host": "x", "path": "/v2"}),
        json!({"service": "infra/plain", "port": 81, "host": "x", "count": 5}),
    ];
    expect_what_is_decided(PROTOCOLS, &requests);
}

/// Decisions as `route` tells them, with their traces, are expectations that hold.
fn expect_what_is_decided(manifests: &str, requests: &[Value]) {
    let folder = Folder::new(&[("all.yaml", manifests.as_bytes())]);
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let arguments = ["route", "-f", folder.path(), "--requests", "-", "--explain", "-o", "json"];
    let decided = gwapi_with_input(&arguments, lines.as_bytes());
    assert_eq!(decided.code, 0, "{decided:?}");
    let cases: Vec<Value> = requests
        .iter()
        .zip(decided.lines())
        .map(|(request, mut decision)| {
            assert_eq!(decision.as_object_mut().unwrap().remove("id"), Some(Value::Null));
            json!({"name": "n", "request": request, "expect": decision})
        })
        .collect();
    let run = run_over(manifests, &json!(cases).to_string(), &["-o", "json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert_eq!(json_of(&run)["summary"]["passed"], cases.len());
}

#[test]
fn short_forms_say_what_the_long_ones_say() {
    let cart = json!({"path": "/cart"});
    let moved = json!({"path": "/moved"});
    let changed = json!({"path": "/changed", "headers": {"c": ["1", "2"], "d": "3"}});
    let stripped = json!({"path": "/strip-me/x"});
    let counted = json!({"path": "/cart", "count": 10});
    // A request, what is expected of the decision, and where that does not hold.
    let cases: &[(&Value, Value, &[&str])] = &[
        (&cart, json!({"route": "shop/cart"}), &[]),
        (&cart, json!({"route": "cart"}), &[]),
        (&cart, json!({"route": "HTTPRoute shop/cart"}), &[]),
        (&cart, json!({"route": {"name": "cart"}}), &[]),
        (&cart, json!({"route": "GRPCRoute shop/cart"}), &["route"]),
        (&cart, json!({"route": "bank/cart"}), &["route"]),
        (&cart, json!({"route": {"name": "cart", "namespace": "bank"}}), &["route.namespace"]),
        (&cart, json!({"route": null}), &["route"]),
        (&cart, json!({"listener": "web"}), &[]),
        (&cart, json!({"listener": {"name": "web", "parent": "infra/public"}}), &[]),
        (&cart, json!({"listener": {"parent": {"kind": "ListenerSet"}}}), &["listener.parent.kind"]),
        (&cart, json!({"listener": "shop-tls"}), &["listener"]),
        (&cart, json!({"backends": {"cart": 0.8, "next": 0.1, "gone": 0.1}}), &[]),
        (&cart, json!({"backends": {"shop/cart:8080": "80%", "Service shop/next": "1/10", "gone:80": 0.1}}), &[]),
        (&cart, json!({"backends": {"cart": 0.8}}), &["backends.shop/next:80", "backends.shop/gone:80"]),
        (&cart, json!({"backends": {"cart": 0.8, "next": 0.1, "gone": 0.1, "other": 0}}), &["backends.other"]),
        (&cart, json!({"backends": {"cart": 0.8, "next": 0.1, "gone": 0.1, "other": null}}), &[]),
        (
            &cart,
            json!({"backends": {"cart:80": 0.8, "next": 0.1, "gone": 0.1}}),
            &["backends.cart:80", "backends.shop/cart:8080"],
        ),
        (&cart, json!({"backends": {"cart": 0.79, "next": 0.11, "gone": 0.1}}), &["backends.cart", "backends.next"]),
        (&cart, json!({"backends": [{"name": "cart", "probability": 0.8}, {"weight": 1}, {"valid": false}]}), &[]),
        (&cart, json!({"backends": [{"name": "cart"}, {"valid": false}, {"valid": false}]}), &["backends[1].valid"]),
        (&cart, json!({"backends": [{"name": "cart"}]}), &["backends"]),
        (&cart, json!({"backends": []}), &["backends"]),
        (&json!({"path": "/zero"}), json!({"backends": {}, "status": 500}), &[]),
        (&json!({"path": "/zero"}), json!({"backends": {"cart": 0}}), &[]),
        (&json!({"path": "/nothing"}), json!({"backends": []}), &[]),
        (&counted, json!({"picks": {"cart": 8, "next": 1, "500": 1}}), &[]),
        (&counted, json!({"picks": {"shop/cart:8080": 9, "next": 1}}), &["picks.shop/cart:8080", "picks.500"]),
        (&moved, json!({"redirect": "http://new.example.com/moved"}), &[]),
        (&moved, json!({"redirect": {"status": 302}}), &[]),
        (&moved, json!({"redirect": {"status": 301, "location": "/"}}), &["redirect.location", "redirect.status"]),
        (&moved, json!({"redirect": null}), &["redirect"]),
        (&cart, json!({"redirect": null, "mirrors": [], "cors": null, "status": null, "decidedBy": "hostname"}), &[]),
        (&cart, json!({"decidedBy": "path"}), &["decidedBy"]),
        (&cart, json!({"hostname": "shop.example.com", "ruleName": null, "rule": 1, "match": 0}), &[]),
        (&cart, json!({"hostname": null}), &["hostname"]),
        (&changed, json!({"request": {"headers": {"A": "b", "d": "3", "x": null}}}), &[]),
        (&changed, json!({"request": {"headers": {"C": "1, 2"}}}), &[]),
        (&changed, json!({"request": {"headers": {"c": ["1", "2"]}}}), &[]),
        (
            &changed,
            json!({"request": {"headers": {"c": null, "a": "c", "x": ""}}}),
            &["request.headers.a", "request.headers.c", "request.headers.x"],
        ),
        (&changed, json!({"request": {"headers": [["c", "1"], ["c", "2"], ["d", "3"], ["A", "b"]]}}), &[]),
        (&changed, json!({"request": {"headers": [["a", "b"]]}}), &["request.headers"]),
        (&changed, json!({"request": {"headers": []}}), &["request.headers"]),
        (&changed, json!({"backends": [{"request": {"headers": {"c": null, "a": "b"}}}]}), &[]),
        (&stripped, json!({"request": {"host": "in.example.com", "path": "/x"}}), &[]),
        (&stripped, json!({"request": {"path": "/"}}), &["request.path"]),
        (&stripped, json!({"responseHeaders": {"add": {"X-Served-By": "us"}, "remove": [], "set": null}}), &[]),
        (&stripped, json!({"responseHeaders": {"add": {"x-served-by": null}}}), &["responseHeaders.add.x-served-by"]),
        (&stripped, json!({"mirrors": ["gone"]}), &[]),
        (&stripped, json!({"mirrors": {"shop/gone:80": "5%"}}), &[]),
        (&stripped, json!({"mirrors": {"gone": 0.06}}), &["mirrors.gone"]),
        (&stripped, json!({"mirrors": [{"name": "gone", "valid": false, "fraction": {"numerator": 5}}]}), &[]),
        (&stripped, json!({"mirrors": ["next"]}), &["mirrors[0]"]),
        (&stripped, json!({"mirrors": ["gone", "next"]}), &["mirrors"]),
        (&stripped, json!({"mirrors": []}), &["mirrors"]),
        (&stripped, json!({"mirrors": null}), &["mirrors"]),
        (&cart, json!({"mirrors": ["gone"]}), &["mirrors"]),
    ];
    let all: Vec<Value> = cases.iter().map(|(request, expect, _)| case(request, expect)).collect();
    for (found, (request, expect, expected)) in differences(SHOP, &all).iter().zip(cases) {
        assert_eq!(found, expected, "{request} {expect}");
    }
}

#[test]
fn what_came_is_told_in_the_form_in_which_it_was_expected() {
    let cases = [
        (json!({"route": null}), "route", json!("HTTPRoute shop/cart")),
        (json!({"route": {"name": "x"}}), "route.name", json!("cart")),
        (json!({"listener": "x"}), "listener", json!("web")),
        (json!({"backends": []}), "backends", json!(["shop/cart:8080", "shop/next:80", "shop/gone:80"])),
        (json!({"backends": null}), "backends", json!(["shop/cart:8080", "shop/next:80", "shop/gone:80"])),
        (json!({"mirrors": ["x"]}), "mirrors", Value::Null),
        (json!({"request": {"headers": {"x": "y"}}}), "request.headers.x", Value::Null),
    ];
    let all: Vec<Value> = cases.iter().map(|(expect, ..)| case(&json!({"path": "/cart"}), expect)).collect();
    let answer = json_of(&test(&json!(all).to_string(), &["-o", "json"]));
    for (found, (expect, path, came)) in answer["cases"].as_array().unwrap().iter().zip(&cases) {
        let differences = found["differences"].as_array().unwrap();
        assert_eq!(differences.len(), 1, "{expect}: {differences:?}");
        assert_eq!((&differences[0]["path"], &differences[0]["actual"]), (&json!(path), came), "{expect}");
    }
}

#[test]
fn every_protocol_and_a_mesh_can_be_tested() {
    let cases = "
cases:
- name: calls
  request: {gateway: infra/all, protocol: grpc, host: grpc.example.com, service_name: shop.Cart, method_name: Add}
  expect: {route: GRPCRoute infra/cart, backends: {app: 0.75, gone: 0.25}, grpcStatus: null}
- name: calls that nobody takes
  request: {gateway: infra/all, protocol: grpc, host: grpc.example.com, path: /x.Y/Z}
  expect: {grpcStatus: UNIMPLEMENTED, status: 200}
- name: TLS
  request: {gateway: infra/all, protocol: tls, sni: vault.example.com}
  expect: {tlsMode: Passthrough, listener: pass, route: TLSRoute vault}
- name: TCP
  request: {gateway: infra/all, protocol: tcp, count: 4}
  expect: {picks: {app: 2, reject: 2}}
- name: UDP
  request: {gateway: infra/all, protocol: udp}
  expect: {action: reject, route: UDPRoute names}
- name: a consumer in the mesh
  request: {service: infra/app, from: team, path: /v2}
  expect: {route: team/consumed, listener: null}
- name: a refused certificate
  request: {gateway: infra/all, scheme: https, host: www.example.com}
  expect: {action: reject, listener: secure}
";
    let run = run_over(PROTOCOLS, cases, &["--min-coverage", "60"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let expected = "7 cases: 7 passed
coverage: 71.4% (5 of 5 listeners, 5 of 8 rules, 5 of 8 matches)

  no case reached
  HTTPRoute infra/produced  0 of 1 matches reached
    rule 0                  path prefix /v1
  HTTPRoute infra/www       0 of 1 matches reached
    rule 0                  every path
  GRPCRoute infra/cart      1 of 2 matches reached
    rule 1                  service = shop.Gone
";
    assert_eq!(run.out, expected);
}

/// The whole answer, so that a change of it is seen by whoever makes it.
#[test]
fn a_failure_says_what_was_expected_what_came_and_why() {
    let cases = "\
- name: the wide route takes all carts
  request:
    gateway: infra/public
    port: 80
    host: shop.example.com
    path: /cart
  expect:
    route: shop/wide
    decidedBy: path
    backends: {next: 1}
";
    let run = test(cases, &[]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let expected = "FAILED the wide route takes all carts (cases.yaml:1)
  GET http://shop.example.com/cart -> split over 2 backends, but 10% of the requests fail (HTTPRoute shop/cart, rule 1)

  route                    expected `shop/wide`  came `HTTPRoute shop/cart`
  backends.next            expected 1            came 0.1
  backends.shop/cart:8080  expected nothing      came 0.8
  backends.shop/gone:80    expected nothing      came 0.1
  decidedBy                expected `path`       came `hostname`

  listener    web of Gateway infra/public (HTTP, port 80, *.example.com)
  route       HTTPRoute shop/cart
  rule        1, match 0: path prefix /cart
  hostname    shop.example.com
  decided by  the more specific hostname, before HTTPRoute shop/wide, rule 0, match 1

  backend         weight  share
  shop/cart:8080       8    80%  speaks h2c
  shop/next:80         1    10%
  shop/gone:80         1    10%  500, BackendNotFound: Service `shop/gone` does not exist

  candidates, in the order of precedence
";
    assert!(run.out.starts_with(expected), "{}", run.out);
    for candidate in [
        "takes it             HTTPRoute shop/cart  rule 1  match 0  shop.example.com  path prefix /cart\n",
        "behind: hostname     HTTPRoute shop/wide  rule 0  match 1  *.example.com     path prefix /cart\n",
        "... and 1 more that fail (-o json has them all)\n",
    ] {
        assert!(run.out.contains(candidate), "{}", run.out);
    }
    assert!(run.out.contains("\n1 case: 1 failed\ncoverage: "), "{}", run.out);
}

#[test]
fn what_no_case_reached_is_told_by_route() {
    let cases = "
- name: carts
  request: {gateway: infra/public, port: 80, host: shop.example.com, path: /cart}
  expect: {route: shop/cart}
- name: hosts that nobody knows
  request: {gateway: infra/two-ports, port: 8080, host: nobody.example.org}
  expect: {status: 404}
";
    let run = test(cases, &["--min-coverage", "20"]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = "2 cases: 2 passed
coverage: 13.7% (2 of 5 listeners, 1 of 11 rules, 1 of 13 matches)

  no case reached
  Gateway infra/public     listener other-tls (HTTPS, port 443, other.example.com)
  Gateway infra/public     listener shop-tls (HTTPS, port 443, shop.example.com)
  Gateway infra/two-ports  listener a (HTTP, port 80, every host)
  HTTPRoute shop/cart      1 of 11 matches reached
    rule 0 `canary`        path prefix /cart, header X-Env = canary
    rule 1, match 1        POST, path = /basket, query id = 7
    rule 2                 path prefix /gone
";
    assert!(run.out.starts_with(expected), "{}", run.out);
    let end = "
  HTTPRoute shop/wide      0 of 2 matches reached
    rule 0                 path prefix /wide; path prefix /cart
less than 20% is reached
";
    assert!(run.out.ends_with(end), "{}", run.out);
    for (minimum, code) in [("0", 0), ("13", 0), ("13.79", 0), ("13.8", 1), ("100", 1), ("101", 2), ("x", 2)] {
        assert_eq!(test(cases, &["--min-coverage", minimum]).code, code, "{minimum}");
    }
    // Of nothing, nothing is reached.
    let none = "- {name: x, request: {service: d/s, port: 80}, expect: {action: forward}}";
    let service = "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: d}, spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}}";
    let run = run_over(service, none, &["--min-coverage", "1"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("coverage: there is nothing to reach\n"), "{}", run.out);
    assert_eq!(run_over(service, none, &[]).code, 0);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_the_others_run() {
    let good =
        "- {name: good, request: {gateway: infra/public, port: 80, host: shop.example.com}, expect: {status: 404}}";
    // A document, and what is said of it.
    let cases = [
        ("- 7", "document 1, item 0: line 4, column 3: must be a mapping with `name`, `request` and `expect`"),
        ("7", "document 1: line 4, column 1: must be a mapping with `name`, `request` and `expect`"),
        ("[a", "document 1: line 4, column"),
        ("defaults: {}", "document 1: line 4, column 1: `cases` is missing"),
        ("cases: 7", "document 1: line 4, column 1: cases: must be a list"),
        ("{cases: [], default: {}}", "line 4, column 13: default: no such key; did you mean `defaults`?"),
        (
            "defaults: {requests: {}}\ncases: []",
            "line 4, column 12: defaults.requests: no such key; did you mean `request`?",
        ),
        (
            "defaults: {request: {pth: /}}\ncases: []",
            "line 4, column 22: defaults.request.pth: no such key; did you mean `path`?",
        ),
        (
            "- {name: x, expect: {status: 404}, xpect: {}}",
            "line 4, column 36: case `x`: xpect: no such key; did you mean `expect`?",
        ),
        ("- {expect: {status: 404}}", "document 1, item 0: line 4, column 3: `name` is missing"),
        ("- {name: 7, expect: {status: 404}}", "line 4, column 4: name: must be a string: put it in quotes"),
        ("- {name: x}", "case `x`: `expect` is missing"),
        ("- {name: x, expect: {}}", "case `x`: expect: says nothing, so that nothing is tested"),
        ("- {name: x, expect: 7}", "expect: must be a mapping with keys of a decision"),
        (
            "- name: x\n  expect:\n    routte: a",
            "line 6, column 5: case `x`: expect.routte: no such key; did you mean `route`?",
        ),
        ("- {name: x, expect: {zzz: 1}}", "expect.zzz: no such key; there are id, action, status"),
        ("- {name: x, expect: {route: {nam: a}}}", "expect.route.nam: no such key; did you mean `name`?"),
        ("- {name: x, expect: {backends: [{nam: a}]}}", "expect.backends[0].nam: no such key; did you mean `name`?"),
        ("- {name: x, expect: {backends: {a/b/c: 1}}}", "expect.backends.a/b/c: must be `name`"),
        ("- {name: x, expect: {backends: {a: 2}}}", "expect.backends.a: must be a part of one"),
        ("- {name: x, expect: {backends: a}}", "expect.backends: must be a mapping from names to shares"),
        ("- {name: x, expect: {status: '404'}}", "expect.status: must be a whole number"),
        ("- {name: x, expect: {hostname: on}}", "expect.hostname: must be a string: put it in quotes"),
        (
            "- {name: x, expect: {request: {headers: {a: 1}}}}",
            "expect.request.headers.a: must be a string: put it in quotes",
        ),
        ("- {name: x, expect: {request: {headers: [a]}}}", "expect.request.headers[0]: must be a pair of strings"),
        ("- {name: x, expect: {request: {headers: {}}}}", "expect.request.headers: says nothing; `[]` expects"),
        ("- {name: x, expect: {timeouts: {}}}", "expect.timeouts: says nothing; `null` expects that there is none"),
        (
            "- {name: x, request: {pth: /}, expect: {status: 404}}",
            "line 4, column 23: case `x`: request.pth: no such key; did you mean `path`?",
        ),
        (
            "- {name: x, request: {port: a}, expect: {status: 404}}",
            "line 4, column 23: case `x`: request.port: `port` must be a number",
        ),
        (
            "- {name: x, request: {headers: {a: 1}}, expect: {status: 404}}",
            "request.headers.a: must be a string: put it in quotes",
        ),
        ("- {name: x, request: 7, expect: {status: 404}}", "request: must be a mapping with keys of a request"),
        (
            "defaults: {request: {path: x}}\ncases: [{name: x, expect: {status: 404}}]",
            "line 4, column 22: case `x`: defaults.request.path: `path` must start with `/`",
        ),
        ("- {name: x, expect: {status: 404}}", "document 1, item 0: line 4, column 3: case `x`: `gateway` is missing"),
        (
            "- {name: x, request: {gateway: infra/nope}, expect: {status: 404}}",
            "case `x`: Gateway infra/nope does not exist",
        ),
        ("- {name: x, name: y}", "key `name` is set twice"),
    ];
    for (document, told) in cases {
        let run = test(&format!("# Two documents.\n{good}\n---\n{document}\n---\n{good}\n"), &["-o", "json"]);
        assert_eq!(run.code, 2, "{document}: {run:?}");
        assert!(run.err.starts_with("error: cases.yaml: document 1"), "{document}: {}", run.err);
        assert!(run.err.contains(told), "{document}: {}", run.err);
        let answer = json_of(&run);
        let summary = json!({"total": 3, "passed": 2, "failed": 0, "errors": 1});
        assert_eq!(answer["summary"], summary, "{document}");
        let line = if document.contains("\ncases: [{") { 5 } else { 4 };
        assert_eq!(
            (&answer["cases"][1]["result"], &answer["cases"][1]["line"]),
            (&json!("error"), &json!(line)),
            "{document}"
        );
    }
    for empty in ["", "# nothing\n", "[]", "cases: []"] {
        let run = test(empty, &[]);
        assert_eq!((run.code, run.err.as_str()), (2, "error: cases.yaml: no case\n"), "{empty}");
    }
}

#[test]
fn defaults_fill_what_requests_leave_out() {
    let cases = "
defaults:
  request: {gateway: infra/public, port: 80, host: shop.example.com, headers: {x-env: canary}}
cases:
- {name: as it is, request: {path: /cart}, expect: {ruleName: canary}}
- {name: one key, request: {path: /cart, headers: []}, expect: {rule: 1}}
- {name: no request at all, expect: {status: 404}}
- {name: nothing, request: {path: /cart, host: null, headers: null}, expect: {status: 404, route: null}}
- {name: in the mesh, request: {service: shop/next, path: /}, expect: {listener: null, backends: {shop/next: 1}}}
---
name: other documents have none of it
request: {gateway: infra/two-ports, httpVersion: 2, port: 80, host: shop.example.com, path: /cart}
expect: {rule: 1, listener: {name: a}}
";
    let with_address = SHOP.replace(
        "{name: next, namespace: shop}, spec: {ports",
        "{name: next, namespace: shop}, spec: {clusterIP: 10.0.0.1, ports",
    );
    let run = run_over(&with_address, cases, &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
}

#[test]
fn cases_may_stand_in_folders_and_beside_the_manifests() {
    let case = "- {name: x, request: {gateway: infra/public, port: 80, host: shop.example.com}, expect: {status: 404}}";
    let folder = Folder::new(&[
        ("shop.yaml", SHOP.as_bytes()),
        ("cases/a.yaml", case.as_bytes()),
        (
            "cases/b.json",
            br#"{"name": "n", "request": {"gateway": "infra/public", "port": 81}, "expect": {"action": "reject"}}"#,
        ),
    ]);
    let run = gwapi(&["test", "-f", folder.path(), &folder.file("cases")]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.starts_with("2 cases: 2 passed\n"), "{}", run.out);

    let run = gwapi_with_input(&["test", "-f", &folder.file("shop.yaml"), "-"], case.as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    let shop = folder.file("shop.yaml");
    let refused: [(&[&str], &str); 5] = [
        (&["-f", "-", "-"], "standard input can be read only once"),
        (&["-f", &shop, "-", "-"], "standard input can be read only once"),
        (&["-f", &shop, "/does/not/exist"], "/does/not/exist: no such file"),
        (&["-f", "/does/not/exist", "-"], "/does/not/exist: no such file"),
        (&["-f", &shop], "required arguments"),
    ];
    for (arguments, told) in refused {
        let run = gwapi_with_input(&[&["test"], arguments].concat(), case.as_bytes());
        assert_eq!(run.code, 2, "{arguments:?}: {run:?}");
        assert!(run.err.contains(told), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn options_and_strictness_are_those_of_the_other_verbs() {
    let zero = "- {name: x, request: {gateway: infra/public, port: 80, host: shop.example.com, path: /zero}, expect: {status: 503}}";
    assert_eq!(test(zero, &[]).code, 1);
    assert_eq!(test(zero, &["--option", "zero-weights=503"]).code, 0);
    assert_eq!(test(zero, &["--controller", "example.com/other"]).code, 2);
    assert_eq!(test(zero, &["--option", "zero-weights=1"]).code, 2);
}

#[test]
fn json_says_everything_in_stable_keys() {
    let cases = "
- {name: good, request: {gateway: infra/public, port: 80, host: shop.example.com, path: /cart}, expect: {rule: 1}}
- {name: bad, request: {gateway: infra/public, port: 80, host: shop.example.com, path: /moved}, expect: {redirect: null}}
- {name: broken, request: {port: 0}, expect: {rule: 1}}
";
    let run = test(cases, &["-o", "json", "--min-coverage", "50"]);
    assert_eq!(run.code, 2, "{run:?}");
    let answer = json_of(&run);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&answer), ["cases", "coverage", "summary"]);
    let [good, bad, broken] = answer["cases"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(keys(good), ["decision", "file", "line", "name", "request", "result"]);
    assert_eq!((&good["name"], &good["line"], &good["result"]), (&json!("good"), &json!(2), &json!("passed")));
    assert_eq!(good["request"]["path"], "/cart");
    assert_eq!(good["decision"]["rule"], 1);
    assert_eq!(keys(bad), ["answer", "decision", "differences", "file", "line", "name", "request", "result"]);
    assert_eq!(bad["result"], "failed");
    let expected = json!([{"path": "redirect", "expected": null, "actual": "http://new.example.com/moved"}]);
    assert_eq!(bad["differences"], expected);
    assert!(bad["decision"]["trace"].is_array(), "why it came is told");
    assert_eq!(keys(broken), ["error", "file", "line", "name", "request", "result"]);
    let coverage = &answer["coverage"];
    assert_eq!(keys(coverage), ["byKind", "listeners", "minimum", "percent", "routes", "sufficient", "total"]);
    assert_eq!(coverage["byKind"]["rules"], json!({"reached": 2, "of": 11}));
    assert_eq!((&coverage["minimum"], &coverage["sufficient"]), (&json!(50.0), &json!(false)));
    let route = &coverage["routes"][0];
    assert_eq!(route["route"], json!({"kind": "HTTPRoute", "namespace": "shop", "name": "cart"}));
    assert_eq!(route["rules"][1], json!({"rule": 1, "ruleName": null, "reached": true, "matches": [true, false]}));
    let listener =
        json!({"parent": {"kind": "Gateway", "namespace": "infra", "name": "public"}, "name": "web", "reached": true});
    assert!(coverage["listeners"].as_array().unwrap().contains(&listener), "{coverage}");
}

#[test]
fn junit_stays_well_formed_whatever_the_names() {
    let hostile = "a<b>&\"'c]]>\u{1b}[31m\u{0}\u{FFFE}\n\t<!--ö🦀";
    let request = json!({"gateway": "infra/public", "port": 80, "host": hostile, "path": "/<&>"});
    let cases = json!([
        {"name": hostile, "request": request, "expect": {"status": 404}},
        {"name": hostile, "request": request, "expect": {"redirect": hostile, "request": {"headers": {hostile: "x"}}}},
        {"name": hostile, "request": request, "expect": {hostile: 1}},
    ]);
    let run = test(&cases.to_string(), &["-o", "junit", "--min-coverage", "100"]);
    let names = elements(&run.out);
    let count = |name: &str| names.iter().filter(|found| *found == name).count();
    assert_eq!(["testsuites", "testsuite", "testcase", "failure", "error"].map(count), [1, 2, 4, 3, 1], "{}", run.out);
    assert!(
        run.out.contains("<testsuites name=\"gwapi test\" tests=\"4\" failures=\"3\" errors=\"1\">"),
        "{}",
        run.out
    );
    let name = "name=\"a&lt;b&gt;&amp;&quot;'c]]&gt;\\u{1b}[31m\\u{0}\\u{fffe}&#10;&#9;&lt;!--ö🦀\"";
    assert_eq!(run.out.matches(name).count(), 3, "{}", run.out);
}

/// The names of the elements of a document, each of which must be closed, with nothing in attributes
/// and text that XML forbids there.
fn elements(xml: &str) -> Vec<String> {
    let is_legal = |c: char| matches!(c, '\n' | '\t' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    assert!(xml.chars().all(is_legal), "{xml:?}");
    let text_is_escaped = |text: &str| {
        assert!(!text.contains('<'), "{text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            let number = name.strip_prefix('#').is_some_and(|digits| digits.parse::<u32>().is_ok());
            assert!(number || ["amp", "lt", "gt", "quot"].contains(&name), "&{entity}");
        }
    };
    let (mut open, mut names) = (Vec::new(), Vec::new());
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
    while let Some((text, after)) = rest.split_once('<') {
        text_is_escaped(text);
        assert!(!open.is_empty() || text.trim().is_empty(), "text outside of the root: {text}");
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        let attributes = tag.strip_prefix(name.as_str()).unwrap().trim_end_matches('/');
        for (position, part) in attributes.split('"').enumerate() {
            text_is_escaped(part);
            let is_name = part.trim().strip_suffix('=').is_some_and(|key| key.bytes().all(|b| b.is_ascii_lowercase()));
            assert!(position % 2 == 1 || is_name || part.trim().is_empty(), "{tag}");
        }
        names.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    names
}

#[test]
fn hostile_files_are_refused_and_never_hurt_the_next() {
    let good = "{name: x, request: {gateway: infra/public, port: 80, host: shop.example.com}, expect: {status: 404}}";
    let long = "x".repeat(1 << 20);
    let wide: Vec<String> = (0..10_000).map(|key| format!("k{key}: 1")).collect();
    let hostile = [
        "[".repeat(100_000),
        "- ".repeat(10_000),
        "{cases: ".repeat(1000),
        "cases: &a [*a, *a]".to_owned(),
        "<<: 1".to_owned(),
        format!("{{name: {long}, request: {{gateway: {long}}}, expect: {{{long}: 1}}}}"),
        format!("{{name: x, expect: {{{}}}}}", wide.join(", ")),
        "{name: x, expect: {backends: {a: 1e999, b: .nan, c: -0, d: '1/4294967296', e: '%', f: '99999999999999999999%'}}}".to_owned(),
        "{name: x, expect: {trace: [[]], picks: {'': -1}, mirrors: [1, {}], listener: [], route: {}, redirect: 7}}".to_owned(),
    ];
    for text in hostile {
        let run = test(&format!("{text}\n---\n{good}\n"), &["-o", "json"]);
        let shown: String = text.chars().take(60).collect();
        assert_eq!(run.code, 2, "{shown}");
        assert!(run.err.lines().count() <= 21, "{shown}: not everything is told");
        assert_eq!(json_of(&run)["summary"]["passed"], 1, "{shown}");
    }
    // These say nothing of where a document ends.
    for bytes in [&b"\xff\xfe\x00"[..], b"\x00\x01"] {
        let folder = Folder::new(&[("cases.yaml", bytes), ("shop.yaml", SHOP.as_bytes())]);
        let run = gwapi(&["test", "-f", &folder.file("shop.yaml"), &folder.file("cases.yaml")]);
        assert_eq!(run.code, 2, "{bytes:?}: {run:?}");
    }
}

#[test]
fn nothing_of_a_case_reaches_the_terminal_as_a_command() {
    let hostile = "\u{1b}[31m\u{202E}";
    let cases = json!([
        {"name": hostile, "request": {"gateway": "infra/public", "port": 80, "host": hostile}, "expect": {"redirect": hostile}},
        {"name": hostile, "expect": {hostile: 1}},
    ]);
    let run = test(&cases.to_string(), &[]);
    assert!(!run.out.contains(['\u{1b}', '\u{202E}']) && !run.err.contains(['\u{1b}', '\u{202E}']), "{run:?}");
}

/// The README shows a file that there is.
#[test]
fn the_readme_shows_a_file_of_cases() {
    let readme = include_str!("../../../README.md");
    let shown = readme.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    assert_eq!(shown, include_str!("../../../examples/cases/canary.yaml"));
}

/// What the README and the manifests' own README promise.
#[test]
fn the_examples_pass_and_reach_everything() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let mut tested = 0;
    for entry in std::fs::read_dir(format!("{root}/cases")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let manifests = format!("{root}/manifests/{name}");
        let run = gwapi(&["test", "-f", &manifests, file.to_str().unwrap(), "--min-coverage", "100"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{name}: {}", run.out);
        tested += 1;
    }
    assert_eq!(tested, 5, "a file for each folder of manifests");
}
