use serde_json::{Value, json};

use super::*;
use crate::sample::{created, gateway, listener, object, options, resources};

/// Source and name of the listeners that serve, sorted.
fn serving(documents: &[Value]) -> Vec<String> {
    serving_with(documents, &[])
}

fn serving_with(documents: &[Value], settings: &[(&str, &str)]) -> Vec<String> {
    let parents = Parents::of(&resources(documents), &options(settings));
    let serving = parents.listeners.iter().filter(|listener| listener.serves);
    let mut names: Vec<_> = serving.map(|l| format!("{}:{}", l.name.source.name, l.name.name)).collect();
    names.sort();
    names
}

fn open_gateway(listeners: Value) -> Value {
    let mut gateway = gateway("gw", listeners);
    gateway["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    gateway
}

fn set(name: &str, listeners: Value) -> Value {
    object("ListenerSet", name, json!({"parentRef": {"name": "gw", "namespace": "ns"}, "listeners": listeners}))
}

#[test]
fn listeners_of_one_gateway_that_are_indistinct_all_lose() {
    let (a, b) = (Some("a.com"), Some("*.a.com"));
    let cases = [
        (("HTTP", a), ("HTTP", a), true),
        (("HTTP", a), ("HTTP", b), false),
        (("HTTP", None), ("HTTP", None), true),
        (("HTTP", None), ("HTTP", a), false),
        (("HTTPS", a), ("HTTPS", a), true),
        (("TLS", a), ("TLS", a), true),
        (("TLS", a), ("TLS", b), false),
        (("HTTP", a), ("HTTPS", b), true),
        (("HTTP", a), ("TLS", b), true),
        (("HTTPS", a), ("TLS", a), true),
        (("HTTPS", a), ("TLS", b), false),
        (("HTTPS", None), ("TLS", None), true),
        (("TCP", None), ("TCP", None), true),
        (("TCP", None), ("HTTP", a), true),
        (("TCP", None), ("HTTPS", a), true),
        (("TCP", None), ("TLS", a), true),
        (("UDP", None), ("UDP", None), true),
        (("UDP", None), ("TCP", None), false),
        (("UDP", None), ("HTTP", None), false),
        (("example.com/x", None), ("HTTP", None), false),
    ];
    for (one, other, in_conflict) in cases {
        let pair = json!([listener("1", 80, one.0, one.1), listener("2", 80, other.0, other.1)]);
        let expected: &[&str] = if in_conflict { &[] } else { &["gw:1", "gw:2"] };
        assert_eq!(serving(&[gateway("gw", pair)]), expected, "{one:?} {other:?}");
        let apart = json!([listener("1", 80, one.0, one.1), listener("2", 81, other.0, other.1)]);
        assert_eq!(serving(&[gateway("gw", apart)]).len(), 2, "{one:?} {other:?}");
    }
}

#[test]
fn https_beside_tls_conflicts_by_option() {
    let (any, wide, exact, other) = (None, Some("*.com"), Some("a.com"), Some("b.org"));
    // Whether they conflict with most-specific, reject-overlap and reject-mixed.
    let cases = [
        (any, any, [true, true, true]),
        (exact, exact, [true, true, true]),
        (wide, wide, [true, true, true]),
        (any, exact, [false, true, true]),
        (wide, exact, [false, true, true]),
        (exact, wide, [false, true, true]),
        (wide, other, [false, false, true]),
        (exact, other, [false, false, true]),
    ];
    for (https, tls, expected) in cases {
        for (choice, in_conflict) in ["most-specific", "reject-overlap", "reject-mixed"].iter().zip(expected) {
            let settings = [("mixed-tls", *choice)];
            let pair = json!([listener("1", 443, "HTTPS", https), listener("2", 443, "TLS", tls)]);
            let serving: &[&str] = if in_conflict { &[] } else { &["gw:1", "gw:2"] };
            assert_eq!(serving_with(&[gateway("gw", pair)], &settings), serving, "{https:?} {tls:?} {choice}");
            let apart = json!([listener("1", 443, "HTTPS", https), listener("2", 444, "TLS", tls)]);
            assert_eq!(serving_with(&[gateway("gw", apart)], &settings).len(), 2, "{https:?} {tls:?} {choice}");
        }
    }
    // An earlier source wins here too.
    let set = set("s", json!([listener("tls", 443, "TLS", exact)]));
    let documents = [open_gateway(json!([listener("https", 443, "HTTPS", wide)])), set];
    assert_eq!(serving_with(&documents, &[("mixed-tls", "reject-overlap")]), ["gw:https"]);
    assert_eq!(serving_with(&documents, &[]), ["gw:https", "s:tls"]);
}

#[test]
fn two_modes_of_tls_on_one_port_are_told_apart_by_the_server_name() {
    let with_mode = |name: &str, hostname: &str, mode: &str| {
        let mut listener = listener(name, 443, "TLS", Some(hostname));
        listener["tls"] = json!({"mode": mode});
        listener
    };
    let pair = |two: &str| json!([with_mode("1", "a.com", "Passthrough"), with_mode("2", two, "Terminate")]);
    assert_eq!(serving(&[gateway("gw", pair("*.com"))]), ["gw:1", "gw:2"]);
    assert_eq!(serving(&[gateway("gw", pair("a.com"))]), Vec::<String>::new());
}

#[test]
fn an_earlier_source_wins_and_older_sets_are_earlier() {
    let web = json!([listener("web", 80, "HTTP", Some("a.com"))]);
    let elsewhere = json!([listener("other", 81, "HTTP", None)]);
    let (new, old) = ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let cases = [
        (vec![open_gateway(web.clone()), set("s", web.clone())], vec!["gw:web"]),
        (
            vec![
                open_gateway(elsewhere.clone()),
                created(set("s1", web.clone()), new),
                created(set("s2", web.clone()), old),
            ],
            vec!["gw:other", "s2:web"],
        ),
        (
            vec![open_gateway(elsewhere.clone()), set("s1", web.clone()), created(set("s2", web.clone()), new)],
            vec!["gw:other", "s2:web"],
        ),
        // `a-b/...` is before `a/...` as text.
        (
            vec![open_gateway(elsewhere.clone()), set("a/s1", web.clone()), set("a-b/s2", web.clone())],
            vec!["gw:other", "s2:web"],
        ),
    ];
    for (documents, expected) in cases {
        assert_eq!(serving(&documents), expected);
    }
}

#[test]
fn what_lost_to_an_earlier_source_does_not_hurt_its_siblings() {
    let own = json!([listener("web", 80, "HTTP", Some("gw.com"))]);
    let mixed = json!([listener("tcp", 80, "TCP", None), listener("web", 80, "HTTP", Some("a.com"))]);
    assert_eq!(serving(&[open_gateway(own), set("s", mixed.clone())]), ["gw:web", "s:web"]);
    // What lost in its own source frees its place for later ones.
    let later = json!([listener("late", 80, "HTTP", Some("a.com"))]);
    let documents = [
        open_gateway(json!([listener("other", 81, "HTTP", None)])),
        created(set("s", mixed), "2026-01-01T00:00:00Z"),
        created(set("t", later), "2026-01-02T00:00:00Z"),
    ];
    assert_eq!(serving(&documents), ["gw:other", "t:late"]);
}

#[test]
fn sets_join_only_where_the_gateway_allows_them() {
    let web = json!([listener("web", 80, "HTTP", None)]);
    let other = json!([listener("other", 81, "HTTP", None)]);
    let cases = [
        (json!(null), "ns/s", false),
        (json!({"namespaces": {}}), "ns/s", false),
        (json!({"namespaces": {"from": "None"}}), "ns/s", false),
        (json!({"namespaces": {"from": "Same"}}), "ns/s", true),
        (json!({"namespaces": {"from": "Same"}}), "far/s", false),
        (json!({"namespaces": {"from": "All"}}), "far/s", true),
        (
            json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "far"}}}}),
            "far/s",
            true,
        ),
    ];
    for (allowed, name, joined) in cases {
        let mut parent = gateway("gw", other.clone());
        parent["spec"]["allowedListeners"] = allowed.clone();
        let found = serving(&[parent, set(name, web.clone())]);
        assert_eq!(found.contains(&"s:web".to_owned()), joined, "{allowed} {name}");
    }
    // A set of another Gateway, or of another kind of parent, is none of ours.
    for parent_ref in
        [json!({"name": "gx"}), json!({"name": "gw", "kind": "Service"}), json!({"name": "gw", "group": "x.io"})]
    {
        let set = object("ListenerSet", "s", json!({"parentRef": parent_ref, "listeners": web.clone()}));
        assert_eq!(serving(&[open_gateway(other.clone()), set]), ["gw:other"]);
    }
}

#[test]
fn a_malformed_hostname_serves_nothing() {
    let listeners = json!([listener("bad", 80, "HTTP", Some("*")), listener("good", 80, "HTTP", None)]);
    assert_eq!(serving(&[gateway("gw", listeners)]), ["gw:good"]);
}

#[test]
fn a_mode_of_tls_must_be_one_that_the_protocol_has() {
    let cases = [
        ("TLS", json!(null), true),
        ("TLS", json!({}), true),
        ("TLS", json!({"mode": "Terminate"}), true),
        ("TLS", json!({"mode": "Passthrough"}), true),
        ("TLS", json!({"mode": "Both"}), false),
        ("HTTPS", json!({}), true),
        ("HTTPS", json!({"mode": "Terminate"}), true),
        ("HTTPS", json!({"mode": "Passthrough"}), false),
        ("HTTP", json!({"mode": "Passthrough"}), true),
    ];
    for (protocol, tls, serves) in cases {
        let mut bad = listener("l", 443, protocol, None);
        bad["tls"] = tls.clone();
        let found = serving(&[gateway("gw", json!([bad]))]);
        assert_eq!(found.len(), usize::from(serves), "{protocol} {tls}");
    }
}

#[test]
fn a_malformed_listener_is_in_nobodys_way() {
    let listeners = json!([
        listener("bad", 80, "HTTPS", Some("*")),
        listener("good", 80, "HTTP", None),
        listener("none", 0, "HTTP", None),
        listener("also", 0, "HTTPS", None)
    ]);
    assert_eq!(serving(&[gateway("gw", listeners)]), ["gw:good"]);
}

#[test]
fn a_hostname_is_ignored_where_the_protocol_has_none() {
    let listeners = json!([listener("tcp", 80, "TCP", Some("*")), listener("http", 80, "HTTP", None)]);
    assert_eq!(serving(&[gateway("gw", listeners)]), Vec::<String>::new());
}

#[test]
fn only_gateways_of_the_controllers_classes_are_ours() {
    let class = |name: &str, controller: &str| {
        let mut class = object("GatewayClass", name, json!({"controllerName": controller}));
        class["metadata"] = json!({"name": name});
        class
    };
    let cases = [
        (None, None, 1),
        (Some("x.io/c"), None, 0),
        (Some("x.io/c"), Some("x.io/c"), 1),
        (Some("x.io/c"), Some("x.io/other"), 0),
        (None, Some("x.io/other"), 1),
    ];
    for (controller, of_class, expected) in cases {
        let mut documents = vec![gateway("gw", json!([]))];
        documents.extend(of_class.map(|controller| class("class", controller)));
        let options = Options { controller: controller.map(str::to_owned), ..Options::default() };
        let parents = Parents::of(&resources(&documents), &options);
        assert_eq!(parents.names.len(), expected, "{controller:?} {of_class:?}");
    }
}
