use serde_json::{Value, json};

use super::*;
use crate::options::Options;
use crate::oracle::Oracle;
use crate::sample::{gateway, object, resources, route};

/// The names of the listeners that the first parentRef attaches the HTTPRoute `r` to, or the reason.
fn attached(documents: &[Value], namespace: &str) -> Result<Vec<String>, &'static str> {
    let oracle = Oracle::new(&resources(documents), Options::default());
    let listeners = oracle.attachment(&ObjectName::http_route(namespace, "r"), 0)?;
    let mut names: Vec<String> = listeners.into_iter().map(|listener| listener.name).collect();
    names.sort();
    Ok(names)
}

fn names(names: &[&str]) -> Result<Vec<String>, &'static str> {
    Ok(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_parent_ref_selects_listeners_by_name_and_port() {
    let listeners = json!([
        {"name": "a", "port": 80, "protocol": "HTTP", "hostname": "a.com"},
        {"name": "b", "port": 80, "protocol": "HTTP", "hostname": "b.com"},
        {"name": "c", "port": 8080, "protocol": "HTTP"},
    ]);
    let nowhere = || Err(NO_MATCHING_PARENT);
    let cases = [
        (json!({"name": "gw"}), names(&["a", "b", "c"])),
        (json!({"name": "gw", "sectionName": "b"}), names(&["b"])),
        (json!({"name": "gw", "port": 80}), names(&["a", "b"])),
        (json!({"name": "gw", "port": 80, "sectionName": "a"}), names(&["a"])),
        (json!({"name": "gw", "port": 8080, "sectionName": "a"}), nowhere()),
        (json!({"name": "gw", "sectionName": "x"}), nowhere()),
        (json!({"name": "gw", "port": 81}), nowhere()),
        (json!({"name": "gx"}), nowhere()),
        (json!({"name": "gw", "namespace": "far"}), nowhere()),
        (json!({"name": "gw", "kind": "Service"}), nowhere()),
        (json!({"name": "gw", "group": ""}), nowhere()),
        (json!({"name": "gw", "kind": "ListenerSet"}), nowhere()),
    ];
    for (parent_ref, expected) in cases {
        let route = route("r", json!({"parentRefs": [parent_ref]}));
        assert_eq!(attached(&[gateway("gw", listeners.clone()), route], "ns"), expected, "{parent_ref}");
    }
}

#[test]
fn a_listener_admits_kinds_and_namespaces() {
    let refused = || Err(NOT_ALLOWED_BY_LISTENERS);
    let cases = [
        ("HTTP", json!(null), "ns", names(&["l"])),
        ("HTTPS", json!(null), "ns", names(&["l"])),
        ("TLS", json!(null), "ns", refused()),
        ("TCP", json!(null), "ns", refused()),
        ("UDP", json!(null), "ns", refused()),
        ("example.com/x", json!(null), "ns", refused()),
        ("TLS", json!({"kinds": [{"kind": "HTTPRoute"}]}), "ns", refused()),
        ("HTTP", json!({"kinds": [{"kind": "GRPCRoute"}]}), "ns", refused()),
        ("HTTP", json!({"kinds": [{"kind": "GRPCRoute"}, {"kind": "HTTPRoute"}]}), "ns", names(&["l"])),
        ("HTTP", json!({"kinds": [{"kind": "HTTPRoute", "group": "x.io"}]}), "ns", refused()),
        ("HTTP", json!(null), "far", refused()),
        ("HTTP", json!({"namespaces": {"from": "All"}}), "far", names(&["l"])),
        ("HTTP", json!({"namespaces": {"from": "None"}}), "ns", refused()),
    ];
    for (protocol, allowed, namespace, expected) in cases {
        let listeners = json!([{"name": "l", "port": 80, "protocol": protocol, "allowedRoutes": allowed}]);
        let documents = [gateway("gw", listeners), route(&format!("{namespace}/r"), json!({}))];
        assert_eq!(attached(&documents, namespace), expected, "{protocol} {allowed} {namespace}");
    }
}

#[test]
fn a_listener_and_a_route_must_share_a_hostname() {
    let apart = || Err(NO_MATCHING_LISTENER_HOSTNAME);
    let cases = [
        (json!(null), json!([]), names(&["l"])),
        (json!("*.a.com"), json!([]), names(&["l"])),
        (json!("*.a.com"), json!(["b.com", "x.a.com"]), names(&["l"])),
        (json!("*.a.com"), json!(["a.com"]), apart()),
        (json!(null), json!(["*"]), apart()),
        (json!(null), json!(["*", "a.com"]), names(&["l"])),
        (json!("*"), json!(["a.com"]), Err(NOT_ALLOWED_BY_LISTENERS)),
        (json!("*"), json!([]), Err(NOT_ALLOWED_BY_LISTENERS)),
    ];
    for (listener, hostnames, expected) in cases {
        let listeners = json!([{"name": "l", "port": 80, "protocol": "HTTP", "hostname": listener}]);
        let documents = [gateway("gw", listeners), route("r", json!({"hostnames": hostnames}))];
        assert_eq!(attached(&documents, "ns"), expected, "{listener} {hostnames}");
    }
}

#[test]
fn a_refused_route_is_attached_nowhere() {
    let listeners = json!([{"name": "l", "port": 80, "protocol": "HTTP"}]);
    let unknown = json!({"rules": [{"matches": [{"method": "BREW"}]}]});
    assert_eq!(attached(&[gateway("gw", listeners), route("r", unknown.clone())], "ns"), Err(UNSUPPORTED_VALUE));
    assert_eq!(attached(&[route("r", unknown)], "ns"), Err(NO_MATCHING_PARENT));
}

#[test]
fn a_route_is_attached_to_listeners_that_do_not_serve() {
    let listeners = json!([
        {"name": "a", "port": 80, "protocol": "HTTP"}, {"name": "b", "port": 80, "protocol": "HTTP"},
        {"name": "c", "port": 0, "protocol": "HTTP"}, {"name": "d", "port": 81, "protocol": "HTTP", "hostname": "*"},
        {"name": "e", "port": 443, "protocol": "HTTPS", "tls": {"mode": "Passthrough"}},
    ]);
    let route = route("r", json!({}));
    assert_eq!(attached(&[gateway("gw", listeners), route], "ns"), names(&["a", "b", "c", "e"]));
}

#[test]
fn gateways_and_listener_sets_are_separate_parents() {
    let mut parent = gateway("gw", json!([{"name": "own", "port": 80, "protocol": "HTTP"}]));
    parent["spec"]["allowedListeners"] = json!({"namespaces": {"from": "All"}});
    let set = |gateway: &str| {
        object(
            "ListenerSet",
            "team/set",
            json!({
                "parentRef": {"name": gateway, "namespace": "ns"},
                "listeners": [{"name": "extra", "port": 81, "protocol": "HTTP"}],
            }),
        )
    };
    let to_set = json!({"kind": "ListenerSet", "name": "set", "namespace": "team"});
    let to_gateway = json!({"name": "gw", "namespace": "ns"});
    let cases = [
        // `Same` is the namespace of the set.
        (to_set.clone(), "gw", "team", names(&["extra"])),
        (to_set.clone(), "gw", "ns", Err(NOT_ALLOWED_BY_LISTENERS)),
        (to_set, "gx", "team", Err(NO_MATCHING_PARENT)),
        (to_gateway.clone(), "gw", "ns", names(&["own"])),
        (json!({"name": "gw", "sectionName": "extra"}), "gw", "ns", Err(NO_MATCHING_PARENT)),
    ];
    for (parent_ref, set_parent, namespace, expected) in cases {
        let route = route(&format!("{namespace}/r"), json!({"parentRefs": [parent_ref]}));
        let documents = [parent.clone(), set(set_parent), route];
        assert_eq!(attached(&documents, namespace), expected, "{parent_ref} {set_parent} {namespace}");
    }
    parent["spec"]["allowedListeners"] = json!(null);
    let route = route("team/r", json!({"parentRefs": [{"kind": "ListenerSet", "name": "set"}]}));
    assert_eq!(attached(&[parent, set("gw"), route], "team"), Err(NO_MATCHING_PARENT));
}

#[test]
fn a_route_is_attached_to_a_listener_of_a_set_that_lost_to_the_gateway() {
    let web = json!([{"name": "web", "port": 80, "protocol": "HTTP"}]);
    let mut parent = gateway("gw", web.clone());
    parent["spec"]["allowedListeners"] = json!({"namespaces": {"from": "Same"}});
    let set = object("ListenerSet", "set", json!({"parentRef": {"name": "gw"}, "listeners": web}));
    let route = route("r", json!({"parentRefs": [{"kind": "ListenerSet", "name": "set", "sectionName": "web"}]}));
    assert_eq!(attached(&[parent, set, route], "ns"), names(&["web"]));
}
