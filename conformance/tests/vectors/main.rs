//! The vectors, run against everybody who decides.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests, which may fail loudly"
)]

use std::collections::BTreeSet;

use gateway_conformance::decide::{Action, Engine, Outcome, PlainRequest, deciders, profile};
use gateway_conformance::vectors::{
    Expectation, FILES, HOSTNAMES, HostnameVectors, ROUTING, ROUTING_SCHEMA, Vector, VectorFile, gateway,
};
use gateway_model::{
    EffectiveHostnames, Host, Hostname, Lenient, ListenerSpecificity, Specificity, effective_hostnames,
    host_of_authority,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

mod filters;
mod merge;
mod schema;
mod splits;

/// The options that vectors can set: those about routing.
const OPTIONS: &[(&str, &[&str])] = gateway_oracle::Options::TABLE;

/// The vectors of a file.
fn read<T: DeserializeOwned>(text: &str) -> T {
    let file: VectorFile<T> = serde_json::from_str(text).unwrap();
    assert_eq!((file.version, file.gateway_api.as_str()), (1, "v1.6.1"));
    file.vectors
}

/// The vectors of every file about routing.
fn routing() -> Vec<Vector> {
    ROUTING.iter().flat_map(|(_, text)| read::<Vec<Vector>>(text)).collect()
}

fn hostnames() -> HostnameVectors {
    read(HOSTNAMES)
}

/// Names are unique, and of the letters that every language takes for the name of a test.
fn assert_names<'a>(names: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name), "{name} occurs twice");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
    }
}

/// What differs from the expectation, in words.
fn complaint(expect: &Expectation, found: &Outcome) -> Option<String> {
    let status = expect.status.or(expect.grpc_status.as_ref().map(|_| 200));
    let action = match (expect.rejected, status) {
        (true, _) => Action::Reject,
        (false, Some(_)) => Action::Respond,
        (false, None) => Action::Forward,
    };
    let taken = found.taken.as_ref();
    let differs = |what: &str, wanted: &dyn std::fmt::Debug| Some(format!("expected {what} {wanted:?}"));
    if found.action != action {
        return differs("action", &action);
    }
    if found.status != status || found.grpc_status != expect.grpc_status {
        return differs("status", &(expect.status, &expect.grpc_status));
    }
    if found.passed_on.as_ref().map(|service| &service.name) != expect.passed_on.as_ref() {
        return differs("passedOn", &expect.passed_on);
    }
    if expect.tls_mode.is_some() && found.tls_mode != expect.tls_mode {
        return differs("tlsMode", &expect.tls_mode);
    }
    if expect.listener.is_some() && found.listener.as_ref().map(|listener| &listener.name) != expect.listener.as_ref() {
        return differs("listener", &expect.listener);
    }
    if taken.map(|taken| &taken.route) != expect.route.as_ref() {
        return differs("route", &expect.route);
    }
    if expect.rule.is_some() && taken.map(|taken| taken.rule) != expect.rule {
        return differs("rule", &expect.rule);
    }
    if expect.item.is_some() && taken.map(|taken| taken.item) != expect.item {
        return differs("match", &expect.item);
    }
    if expect.hostname.is_some() && taken.and_then(|taken| taken.hostname.as_ref()) != expect.hostname.as_ref() {
        return differs("hostname", &expect.hostname);
    }
    None
}

/// The vector, what was answered, and why the engine answers as it does.
fn report(vector: &Vector, who: &str, found: &Outcome, engine: &Engine, complaint: &str) -> String {
    let documents: Vec<String> = vector.documents().iter().map(Value::to_string).collect();
    let explained = engine.explain(&vector.request);
    let steps: Vec<String> = explained.steps.iter().map(ToString::to_string).collect();
    format!(
        "{}: {complaint}\n  spec: {}\n  {who} says: {found}\n  request: {}\n  options: {:?}\n  manifests:\n    {}\n  engine's steps, decided by {:?}:\n    {}\n",
        vector.name,
        vector.spec,
        vector.request,
        vector.options,
        documents.join("\n    "),
        explained.decided_by,
        steps.join("\n    "),
    )
}

#[test]
fn everybody_answers_every_vector() {
    let vectors = routing();
    let mut failures = Vec::new();
    for vector in &vectors {
        let (resources, choices) = (vector.resources().unwrap(), vector.choices());
        let engine = Engine::new(&resources, &gateway(), &profile(&choices).unwrap());
        for decider in deciders(&resources, &gateway(), &choices).unwrap() {
            let found = decider.decide(&vector.request);
            if let Some(complaint) = complaint(&vector.expect, &found) {
                failures.push(report(vector, decider.name(), &found, &engine, &complaint));
            }
        }
        let explained = engine.explain(&vector.request);
        let decided_by = explained.decided_by.map(|criterion| criterion.to_string());
        if vector.expect.decided_by.is_some() && decided_by != vector.expect.decided_by {
            let complaint = format!("expected decidedBy {:?}", vector.expect.decided_by);
            failures.push(report(vector, "explanation", &explained.outcome, &engine, &complaint));
        }
    }
    assert!(failures.is_empty(), "{} failures in {} vectors\n\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

#[test]
fn the_vectors_cover_what_decides_and_every_option() {
    let vectors = routing();
    assert!(vectors.len() >= 300, "{}", vectors.len());
    assert_names(vectors.iter().map(|vector| vector.name.as_str()));
    let decided: BTreeSet<&str> = vectors.iter().filter_map(|vector| vector.expect.decided_by.as_deref()).collect();
    let criteria = [
        "age",
        "headers",
        "hostname",
        "kind",
        "matchOrder",
        "method",
        "name",
        "onlyMatch",
        "path",
        "queryParams",
        "ruleOrder",
        "service",
    ];
    assert_eq!(decided.into_iter().collect::<Vec<_>>(), criteria);
    for (name, values) in OPTIONS {
        for value in values.iter().skip(1) {
            let set = vectors.iter().any(|vector| vector.options.get(*name).is_some_and(|found| found == value));
            assert!(set, "no vector sets {name} to {value}");
        }
    }
    // What nobody expects is not compared.
    for vector in &vectors {
        let expect = &vector.expect;
        let something = expect.status.is_some()
            || expect.grpc_status.is_some()
            || expect.passed_on.is_some()
            || expect.rejected
            || expect.route.is_some();
        assert!(something, "{} expects nothing", vector.name);
        assert_eq!(expect.route.is_some(), expect.rule.is_some(), "{}: a route without a rule", vector.name);
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    let vector = r#"{"name": "n", "spec": "s", "routes": [], "request": {"host": "h"}, "expect": {"status": 404}}"#;
    serde_json::from_str::<Vector>(vector).unwrap();
    for (right, wrong) in [("\"spec\"", "\"specs\""), ("\"status\"", "\"statuscode\""), ("\"host\"", "\"hots\"")] {
        let misspelt = vector.replace(right, wrong);
        assert!(serde_json::from_str::<Vector>(&misspelt).is_err(), "{misspelt}");
    }
    let route = r#"{"name": "a/b", "hostname": []}"#;
    assert!(serde_json::from_str::<gateway_conformance::vectors::VectorRoute>(route).is_err());
}

/// What is the API's own is read leniently, so misspelt keys there are looked for here: whatever
/// is read and written again must still say the same.
#[test]
fn the_documents_have_no_key_that_the_api_does_not_know() {
    for vector in routing() {
        let documents = vector.documents();
        let written: Vec<Value> = documents
            .iter()
            .flat_map(|document| gateway_model::read_objects(document.clone(), "default"))
            .map(|read| gateway_conformance::generate::document(&read.object.unwrap()))
            .collect();
        assert_eq!(written.len(), documents.len(), "{}", vector.name);
        for (document, written) in documents.iter().zip(&written) {
            assert_same(&vector.name, document, written);
        }
    }
}

/// Whether everything of the one value is in the other; empty lists need not be.
fn assert_same(name: &str, wanted: &Value, found: &Value) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted {
                let empty =
                    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(|map| map.is_empty());
                match found.get(key) {
                    Some(found) => assert_same(name, value, found),
                    None => assert!(empty, "{name}: `{key}` is lost"),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            assert_eq!(wanted.len(), found.len(), "{name}");
            wanted.iter().zip(found).for_each(|(wanted, found)| assert_same(name, wanted, found));
        }
        _ => assert_eq!(wanted, found, "{name}"),
    }
}

#[test]
fn the_schema_of_routing_lists_every_option() {
    let schema: Value = serde_json::from_str(ROUTING_SCHEMA).unwrap();
    let options = &schema["properties"]["vectors"]["items"]["properties"]["options"]["properties"];
    for (name, values) in OPTIONS {
        let listed = options[name]["enum"].as_array().unwrap_or_else(|| panic!("{name} is not listed"));
        assert_eq!(listed.iter().map(|value| value.as_str().unwrap()).collect::<Vec<_>>(), *values, "{name}");
    }
    assert_eq!(options.as_object().unwrap().len(), OPTIONS.len());
}

#[test]
fn the_readme_says_what_is_so() {
    let readme = include_str!("../../vectors/README.md");
    for (name, values) in OPTIONS {
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        let row = format!("| `{name}` | {} | {} |", quoted[0], quoted[1..].join(", "));
        assert!(readme.contains(&row), "no row begins with {row}");
    }
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let shown: Value = serde_json::from_str(rest.split_once("```").unwrap().0).unwrap();
    let file: Value = serde_json::from_str(ROUTING[0].1).unwrap();
    for (name, _, schema, _) in FILES {
        assert!(readme.contains(&format!("| `{name}.json` |")), "{name}");
        assert!(readme.contains(&format!("| `{schema}.schema.json` |")), "{schema}");
    }
    let vectors = file["vectors"].as_array().unwrap();
    let mut stored = vectors.iter().find(|vector| vector["name"] == shown["name"]).unwrap().clone();
    stored.as_object_mut().unwrap().remove("note");
    assert_eq!(shown, stored);
}

fn hostname(text: &str) -> Hostname {
    Hostname::parse_canonical(text).unwrap_or_else(|problem| panic!("`{text}` {problem}"))
}

#[test]
fn a_hostname_field_takes_what_the_vectors_call_valid() {
    for vector in hostnames().valid {
        assert_eq!(Hostname::parse_canonical(&vector.text).is_ok(), vector.valid, "`{}`", vector.text);
        assert_eq!(Lenient::<Hostname>::read(&vector.text).valid().is_some(), vector.valid, "`{}`", vector.text);
    }
}

#[test]
fn a_hostname_takes_the_authorities_that_the_vectors_say() {
    for vector in hostnames().matches {
        let found = match host_of_authority(&vector.authority) {
            Host::Name(name) => hostname(&vector.hostname).matches(name),
            Host::Address(_) | Host::Empty | Host::Invalid => false,
        };
        assert_eq!(found, vector.matches, "{} and {}", vector.hostname, vector.authority);
    }
}

/// The same through everybody who decides: a route with the hostname takes the request or not.
#[test]
fn a_route_takes_the_authorities_that_the_vectors_say() {
    for vector in hostnames().matches {
        let case = format!(
            r#"{{"name": "n", "spec": "s", "routes": [{{"name": "a/b", "hostnames": ["{}"], "rules": [{{}}]}}],
                "request": {{"host": ""}}, "expect": {{"route": "a/b", "rule": 0}}}}"#,
            vector.hostname
        );
        let case: Vector = serde_json::from_str(&case).unwrap();
        for decider in deciders(&case.resources().unwrap(), &gateway(), &[]).unwrap() {
            let found = decider.decide(&PlainRequest::get(&vector.authority, "/"));
            let (who, taken) = (decider.name(), found.taken.is_some());
            assert_eq!(taken, vector.matches, "{who}: {} and {}: {found}", vector.hostname, vector.authority);
        }
    }
}

#[test]
fn two_hostnames_share_the_hosts_that_the_vectors_say() {
    for vector in hostnames().intersections {
        let (a, b) = (hostname(&vector.a), hostname(&vector.b));
        let shared = vector.shared.as_deref();
        assert_eq!(a.intersect(&b).map(Hostname::as_str), shared, "{a} and {b}");
        assert_eq!(b.intersect(&a).map(Hostname::as_str), shared, "{b} and {a}");
    }
}

#[test]
fn a_route_serves_the_hostnames_that_the_vectors_say() {
    for vector in hostnames().effective {
        let listener = vector.listener.as_deref().map(hostname);
        let route: Vec<Hostname> = vector.route.iter().map(|text| hostname(text)).collect();
        let found = match effective_hostnames(listener.as_ref(), &route) {
            EffectiveHostnames::Any => None,
            EffectiveHostnames::Listed(listed) => Some(listed.iter().map(ToString::to_string).collect()),
            EffectiveHostnames::Disjoint => Some(Vec::new()),
        };
        assert_eq!(found, vector.serves, "{vector:?}");
    }
}

#[test]
fn hostnames_win_in_the_order_that_the_vectors_say() {
    let vectors = hostnames();
    let parsed = |order: &[Option<String>]| -> Vec<Option<Hostname>> {
        order.iter().map(|text| text.as_deref().map(hostname)).collect()
    };
    for vector in vectors.route_precedence {
        let ranks: Vec<_> = parsed(&vector.order).iter().map(|hostname| Specificity::of(hostname.as_ref())).collect();
        assert!(ranks.is_sorted_by(|first, second| first > second), "{:?}", vector.order);
    }
    for vector in vectors.listener_precedence {
        let ranks: Vec<_> =
            parsed(&vector.order).iter().map(|hostname| ListenerSpecificity::of(hostname.as_ref())).collect();
        assert!(ranks.is_sorted_by(|first, second| first > second), "{:?}", vector.order);
    }
}
