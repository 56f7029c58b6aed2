//! Made objects, judged by us and by an independent reading of the CRDs.

use std::collections::BTreeSet;

use gateway_conformance::generate::{Seed, Source};
use gateway_conformance::shared;
use gateway_model::validation::{Validation, validate_value};
use serde_json::{Value, json};

use crate::crds::{Crd, crds};
use crate::making::Maker;
use crate::schema::{apply_defaults, prune};
use crate::server::Server;

/// How many objects are made; `GATEWAY_CASES=N` makes N times as many.
const CASES: u64 = 3_000;

/// Rules that the other implementation of CEL cannot evaluate, with what it lacks.
const NOT_EVALUATED: &[(&str, &str)] = &[("dns1123Label", "the library of named formats")];

#[test]
fn made_objects_are_judged_as_the_crds_say() {
    let Some(folder) = shared::folder() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let crds: Vec<Crd> = crds(&folder).into_iter().filter(|crd| crd.served).collect();
    let mut server = Server::default();
    let (mut valid, mut rules, mut undecided) = (0, 0, 0);
    let first = number("GATEWAY_SEED").unwrap_or(1);
    let cases = CASES * number("GATEWAY_CASES").unwrap_or(1);
    for case in first..first + cases {
        let mut seed = Seed::new(case);
        let crd = &crds[seed.below(crds.len())];
        let object = made(crd, &mut Maker { seed: &mut seed, server: &mut server });
        let report = validate_value(&object, &Validation::new(crd.channel)).unwrap();
        let mut settled = object.clone();
        settle(&mut settled, &crd.schema);
        let said = server.judge(&settled, &crd.schema);
        let decided = |(path, _): &(String, &str)| !said.undecided.contains(path);
        let ours: BTreeSet<_> =
            report.errors.iter().map(|error| (error.path.clone(), error.error_type.as_str())).filter(decided).collect();
        let theirs: BTreeSet<_> = said.findings.iter().filter(|finding| decided(finding)).cloned().collect();
        assert_eq!(ours, theirs, "GATEWAY_SEED={case}: {} {object}\nours: {:#?}", crd.name(), report.errors);
        valid += u64::from(report.is_valid());
        rules += said.rules;
        undecided += said.undecided.len();
    }
    println!(
        "{cases} objects, {valid} of them valid; {rules} rules evaluated by the other implementation, {undecided} places that it cannot decide"
    );
    for rule in server.uncompiled() {
        assert!(NOT_EVALUATED.iter().any(|(part, _)| rule.contains(part)), "cannot be compiled: {rule}");
    }
    assert!(valid * 5 > cases, "too few valid objects to learn from: {valid} of {cases}");
}

fn made(crd: &Crd, maker: &mut Maker<'_>) -> Value {
    let mut object = json!({
        "apiVersion": format!("{}/{}", crd.group, crd.version),
        "kind": crd.kind,
        "metadata": {"name": "made"},
    });
    let properties = &crd.schema["properties"];
    object["spec"] = maker.value(&properties["spec"], 0);
    if properties.get("status").is_some() && maker.seed.below(100) < 25 {
        object["status"] = maker.value(&properties["status"], 1);
    }
    for _ in 0..maker.seed.below(3) {
        let part = if object.get("status").is_some() && maker.seed.below(4) == 0 { "status" } else { "spec" };
        let schema = properties[part].clone();
        maker.mutate(&mut object[part], &schema);
    }
    object
}

/// Prunes, drops nulls and fills in defaults as an API server does before it looks.
fn settle(object: &mut Value, schema: &Value) {
    prune(object, schema);
    drop_nulls(object, schema);
    apply_defaults(object, schema);
}

/// Null is absent, where it is no item of a list.
fn drop_nulls(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (name, value) in fields {
                if let Some(schema) = crate::server::child(schema, name) {
                    drop_nulls(value, schema);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| drop_nulls(item, schema));
            }
        }
        _ => {}
    }
}
