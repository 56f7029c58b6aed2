use gateway_model::{ObjectKey, Resources, read_objects};
use serde_json::{Value, json};

use super::super::sample::*;
use crate::{Profile, Topology};

fn named(kind: &str, namespace: &str, name: &str, created: Option<&str>, spec: Value) -> Value {
    let mut route = object(API, kind, namespace, name, spec);
    route["metadata"]["creationTimestamp"] = json!(created);
    route
}

fn of_gateway(name: &str, created: Option<&str>) -> Value {
    named("HTTPRoute", "infra", name, created, json!({"parentRefs": [{"name": "g"}]}))
}

/// Each route with the listeners that it is attached to, or the reason.
fn shown(topology: &Topology) -> Vec<String> {
    let outcome = |node: &crate::RouteNode| match &node.parents()[0].result {
        Ok(attached) => attached.iter().map(|a| a.listener.name.to_string()).collect::<Vec<_>>().join(" "),
        Err(refusal) => format!("{}: {refusal}", refusal.reason()),
    };
    topology.routes().map(|node| format!("{} {}", node.key().name, outcome(node))).collect()
}

const CROWDED: &str =
    "NotAllowedByListeners: each such listener or port has as many routes as it may have, all of which come first";

fn key(document: &Value) -> ObjectKey {
    read_objects(document.clone(), "default").remove(0).object.unwrap().key()
}

#[test]
fn the_oldest_routes_stay_and_the_next_takes_the_place_of_one_that_goes() {
    let routes = [
        of_gateway("a", None),
        of_gateway("b", Some("2026-02-01T00:00:00Z")),
        of_gateway("c", Some("2026-01-01T00:00:00Z")),
        of_gateway("d", Some("2026-01-01T00:00:00Z")),
    ];
    let g = gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP"}]));
    let mut documents = vec![g];
    documents.extend(routes.iter().cloned());
    let cases = [
        (None, ["a l", "b l", "c l", "d l"].map(str::to_owned)),
        (Some(4), ["a l", "b l", "c l", "d l"].map(str::to_owned)),
        (Some(3), [format!("a {CROWDED}"), "b l".into(), "c l".into(), "d l".into()]),
        (Some(2), [format!("a {CROWDED}"), format!("b {CROWDED}"), "c l".into(), "d l".into()]),
        (Some(1), [format!("a {CROWDED}"), format!("b {CROWDED}"), "c l".into(), format!("d {CROWDED}")]),
        (Some(0), ["a", "b", "c", "d"].map(|name| format!("{name} {CROWDED}"))),
    ];
    let profile =
        |limit: Option<usize>| limit.map_or_else(Profile::default, |n| Profile::default().attached_route_limit(n));
    for (limit, expected) in cases {
        let topology = Topology::resolve(&resources(&documents), &profile(limit));
        assert_eq!(shown(&topology), expected, "{limit:?}");
        let listener = topology.gateways().next().unwrap().listeners()[0].key().clone();
        assert_eq!(topology.attached_routes(&listener), limit.unwrap_or(4).min(4), "{limit:?}");
        let router = topology.router(&key(&documents[0])).unwrap();
        assert_eq!(router.rules().count(), limit.unwrap_or(4).min(4), "{limit:?}");
    }

    // The first goes, and comes back younger than all others.
    let mut resources: Resources = resources(&documents);
    let before = Topology::resolve(&resources, &profile(Some(2)));
    resources.remove(&key(&routes[2]));
    let update = before.apply(&resources, [key(&routes[2])]);
    assert_eq!(shown(update.topology()), [format!("a {CROWDED}"), "b l".to_owned(), "d l".to_owned()]);
    assert!(update.affected().contains(&key(&routes[1])), "{:?}", update.affected());
    let young = read_objects(of_gateway("c", Some("2026-03-01T00:00:00Z")), "default").remove(0).object.unwrap();
    resources.insert_any(young);
    let update = update.topology().apply(&resources, [key(&routes[2])]);
    let expected = [format!("a {CROWDED}"), "b l".to_owned(), format!("c {CROWDED}"), "d l".to_owned()];
    assert_eq!(shown(update.topology()), expected);
}

#[test]
fn each_listener_counts_its_own_routes() {
    let listeners =
        json!([{"name": "l", "port": 80, "protocol": "HTTP"}, {"name": "m", "port": 81, "protocol": "HTTP"}]);
    let at = |section: &str| json!({"parentRefs": [{"name": "g", "sectionName": section}]});
    let documents = [
        gateway("g", listeners),
        named("HTTPRoute", "infra", "a", None, at("l")),
        of_gateway("b", None),
        named("HTTPRoute", "infra", "c", None, at("m")),
        // Of the same age and name.
        named("GRPCRoute", "infra", "c", None, at("m")),
    ];
    let mut profile = Profile::default().attached_route_limit(1);
    profile.set("grpc-cohosting", crate::GrpcCohosting::Coexist.as_str()).unwrap();
    let topology = Topology::resolve(&resources(&documents), &profile);
    let expected = ["a l".to_owned(), "b m".to_owned(), format!("c {CROWDED}"), format!("c {CROWDED}")];
    assert_eq!(shown(&topology), expected);
}

#[test]
fn routes_of_another_namespace_do_not_crowd_out_those_of_the_service() {
    let parent = json!({"parentRefs": [{"group": "", "kind": "Service", "name": "s", "namespace": "shop"}]});
    let route =
        |namespace: &str, name: &str, created: &str| named("HTTPRoute", namespace, name, Some(created), parent.clone());
    let documents = [
        service("shop", "s"),
        route("bank", "a", "2026-01-01T00:00:00Z"),
        route("bank", "b", "2026-01-02T00:00:00Z"),
        route("shop", "c", "2026-01-03T00:00:00Z"),
        route("shop", "d", "2026-01-04T00:00:00Z"),
    ];
    let topology = Topology::resolve(&resources(&documents), &Profile::default().attached_route_limit(1));
    let expected = ["a 80/TCP".to_owned(), format!("b {CROWDED}"), "c 80/TCP".to_owned(), format!("d {CROWDED}")];
    assert_eq!(shown(&topology), expected);
}

#[test]
fn a_route_that_is_crowded_out_still_keeps_those_of_the_other_kind_away() {
    let parent = json!({"parentRefs": [{"name": "g"}], "hostnames": ["a.example.com"]});
    let documents = [
        gateway("g", json!([{"name": "l", "port": 80, "protocol": "HTTP"}])),
        named("HTTPRoute", "infra", "a", Some("2026-01-01T00:00:00Z"), parent.clone()),
        named("HTTPRoute", "infra", "b", Some("2026-01-02T00:00:00Z"), parent.clone()),
        named("GRPCRoute", "infra", "c", Some("2026-01-03T00:00:00Z"), parent),
    ];
    let mut profile = Profile::default().attached_route_limit(1);
    profile.set("grpc-cohosting", crate::GrpcCohosting::OldestWins.as_str()).unwrap();
    let topology = Topology::resolve(&resources(&documents), &profile);
    let refusals: Vec<_> = topology.routes().map(|node| node.parents()[0].result.as_ref().err().cloned()).collect();
    assert_eq!(
        refusals,
        [None, Some(crate::AttachmentRefusal::CrowdedOut), Some(crate::AttachmentRefusal::Cohosted)],
        "{:?}",
        shown(&topology)
    );
}
