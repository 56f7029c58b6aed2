use gateway_model::{Hostname, ObjectKey, ResourceKind};
use serde_json::{Value, json};

use super::{Claim, Created, EVERY_HOST, HostIndex, Reverse, SlashName, place_of};
use crate::options::{GrpcCohosting, Profile};
use crate::topology::Topology;
use crate::topology::sample::{gateway, outcome_of, resources, route};

/// A route of a kind with a name, a time of creation (0: none) and hostnames, on the Gateway `g`.
fn aged(kind: &str, name: &str, created: u32, hostnames: Value) -> Value {
    let mut document = route(kind, "infra", json!({"name": "g"}), json!({"hostnames": hostnames, "rules": [{}]}));
    document["metadata"]["name"] = json!(name);
    if created > 0 {
        document["metadata"]["creationTimestamp"] = json!(format!("2026-01-01T00:00:{created:02}Z"));
    }
    document
}

fn outcomes(documents: &[Value], option: GrpcCohosting, names: &[&str]) -> Vec<String> {
    let mut all = vec![gateway(
        "g",
        json!([
            {"name": "web", "port": 80, "protocol": "HTTP", "hostname": "*.example.com"},
            {"name": "other", "port": 81, "protocol": "HTTP", "hostname": "*.example.net"}
        ]),
    )];
    all.extend(documents.iter().cloned());
    let profile = Profile::default().grpc_cohosting(option);
    let topology = Topology::resolve(&resources(&all), &profile);
    all.reverse();
    let reversed = Topology::resolve(&resources(&all), &profile);
    let of = |topology: &Topology| names.iter().map(|name| outcome_of(topology, name)).collect::<Vec<_>>();
    assert_eq!(of(&topology), of(&reversed), "the order of the objects means nothing");
    of(&topology)
}

#[test]
fn of_two_kinds_for_one_host_the_option_says_who_stays() {
    use GrpcCohosting::{Coexist, GrpcWins, OldestWins};
    let (taken, refused) = ("web", "NotAllowedByListeners");
    let a = || json!(["a.example.com"]);
    let cases = [
        // (HTTPRoute h, GRPCRoute g): age and hostnames; what becomes of h and g.
        ("the oldest", OldestWins, (1, a()), (2, a()), [taken, refused]),
        ("the oldest", OldestWins, (2, a()), (1, a()), [refused, taken]),
        ("then by name, `infra/g` before `infra/h`", OldestWins, (1, a()), (1, a()), [refused, taken]),
        ("without a time youngest", OldestWins, (5, a()), (0, a()), [taken, refused]),
        ("a wildcard meets", OldestWins, (1, json!(["*.example.com"])), (2, a()), [taken, refused]),
        ("no hostnames are those of each listener", OldestWins, (1, a()), (2, json!([])), [taken, "other"]),
        ("other hosts", OldestWins, (1, a()), (2, json!(["b.example.com"])), [taken, taken]),
        ("a wildcard below", OldestWins, (1, a()), (2, json!(["*.a.example.com"])), [taken, taken]),
        ("whatever the age", GrpcWins, (1, a()), (2, a()), [refused, taken]),
        ("both", Coexist, (1, a()), (2, a()), [taken, taken]),
    ];
    for (what, option, (h_age, h_hosts), (g_age, g_hosts), expected) in cases {
        let documents = [aged("HTTPRoute", "h", h_age, h_hosts), aged("GRPCRoute", "g", g_age, g_hosts)];
        assert_eq!(outcomes(&documents, option, &["h", "g"]), expected, "{what}: {documents:?}");
    }
}

#[test]
fn a_refused_route_refuses_nobody_and_each_listener_is_judged_alone() {
    let documents = [
        aged("HTTPRoute", "first", 1, json!(["a.example.com"])),
        aged("GRPCRoute", "second", 2, json!(["a.example.com", "b.example.com"])),
        aged("HTTPRoute", "third", 3, json!(["b.example.com"])),
        aged("GRPCRoute", "fourth", 4, json!(["a.example.com", "a.example.net"])),
        aged("HTTPRoute", "fifth", 5, json!(["a.example.com", "c.example.com"])),
    ];
    let names = ["first", "second", "third", "fourth", "fifth"];
    let found = outcomes(&documents, GrpcCohosting::OldestWins, &names);
    assert_eq!(found, ["web", "NotAllowedByListeners", "web", "other", "web"]);
}

#[test]
fn who_makes_room_is_found_out_anew_where_routes_come_and_go() {
    let a = || json!(["a.example.com"]);
    let both = || json!(["a.example.com", "b.example.com"]);
    let g = gateway("g", json!([{"name": "web", "port": 80, "protocol": "HTTP"}]));
    let all = [
        g,
        aged("HTTPRoute", "first", 1, a()),
        aged("GRPCRoute", "second", 2, both()),
        aged("HTTPRoute", "third", 3, json!(["b.example.com"])),
        aged("GRPCRoute", "fourth", 4, json!(["c.example.com"])),
        aged("HTTPRoute", "fifth", 5, json!(["*.example.com"])),
    ];
    let names = ["first", "second", "third", "fourth", "fifth"];
    let of = |topology: &Topology| -> Vec<String> {
        let there = names.iter().filter(|name| topology.routes().any(|node| *node.key().name == ***name));
        there.map(|name| format!("{name}: {}", outcome_of(topology, name))).collect()
    };
    let mut there = resources(&all);
    let mut topology = Topology::resolve(&there, &Profile::default());
    let mut seen = vec![of(&topology)];
    let younger = aged("HTTPRoute", "first", 9, a());
    let edits: [(&Value, bool); 9] = [
        (&all[1], false),
        (&all[1], true),
        (&younger, true),
        (&all[2], false),
        (&all[2], true),
        (&all[1], true),
        (&all[4], false),
        (&all[3], false),
        (&all[4], true),
    ];
    for (document, comes) in edits {
        let object = resources(std::slice::from_ref(document)).iter_any().next().unwrap();
        let key = object.key();
        if comes {
            there.insert_any(object);
        } else {
            there.remove(&key);
        }
        topology = topology.apply(&there, [key]).into_topology();
        let anew = Topology::resolve(&there, &Profile::default());
        assert_eq!(of(&topology), of(&anew), "after {document}, which comes: {comes}");
        seen.push(of(&topology));
    }
    assert_ne!(seen[0], seen[1], "what made room for the first comes back");
    assert_ne!(seen[2], seen[3], "the first makes room when it is the younger one");
}

#[test]
fn claims_meet_exactly_where_some_pair_of_hostnames_intersects() {
    let texts = ["a.b.c", "*.b.c", "*.c", "b.c", "*.a.b.c", "x.b.c", "*.x.b.c", "c.d", "*.d", "bb.c", "*.bb.c"];
    let claim = |age: i64, hosts: Vec<String>| Claim {
        route: ObjectKey::new(ResourceKind::HttpRoute, "a", "r"),
        order: (Reverse(false), Created::At(age), SlashName::new("a".into(), "r".into()), Reverse(false)),
        hosts,
    };
    let places: Vec<(Option<Hostname>, String)> = texts
        .iter()
        .map(|text| Hostname::parse(text).unwrap())
        .map(|hostname| (Some(hostname.clone()), place_of(&hostname)))
        .chain([(None, EVERY_HOST.to_owned())])
        .collect();
    for (served, place) in &places {
        let mut index = HostIndex::default();
        index.insert(&claim(1, vec![place.clone()]));
        for (wanted, other) in &places {
            let both = served.as_ref().zip(wanted.as_ref());
            let expected = both.is_none_or(|(served, wanted)| served.intersect(wanted).is_some());
            let (before, after) = (claim(0, vec![other.clone()]), claim(2, vec![other.clone()]));
            assert_eq!(index.has_before(&after), expected, "{served:?} and {wanted:?}");
            assert!(!index.has_before(&before), "what comes later is in nobody's way: {served:?} and {wanted:?}");
            assert_eq!(index.after(&before).count(), usize::from(expected), "{served:?} and {wanted:?}");
            assert_eq!(index.after(&after).count(), 0, "{served:?} and {wanted:?}");
        }
    }
}
