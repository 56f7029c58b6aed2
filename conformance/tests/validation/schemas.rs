//! The tables of constraints ask for what the CRDs ask for: no more, no less.

use std::collections::{BTreeMap, BTreeSet};

use gateway_conformance::shared;
use gateway_model::validation::{Channel, schema, served_versions, structural_schema};
use gateway_model::{HttpRouteSpec, ResourceKind, TlsRouteSpec};
use serde_json::Value;

use crate::crds::{Crd, constraints, crds, rule_counts};
use crate::judged::{Judged, mutations, verdicts};

/// Where our schemas differ from the CRDs, with the reason. A stale one fails.
const DIFFERENCES: &[(&str, &str)] = &[];

#[test]
fn schemas_are_those_of_the_crds() {
    let Some(folder) = shared::folder() else { return };
    let (mut served, mut compared, mut differences) = (0, 0, Vec::new());
    for crd in crds(&folder).into_iter().filter(|crd| crd.served) {
        let ours = ours(&crd).unwrap_or_else(|| panic!("{} has no schema", crd.name()));
        let (theirs, ours) = (constraints(&crd.schema), constraints(&ours));
        served += 1;
        compared += theirs.len();
        for place in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            if theirs.get(place) != ours.get(place) {
                let (path, constraint) = place;
                let difference = format!("{} {path} {constraint}", crd.name());
                differences.push(format!("{difference}: {:?}, ours {:?}", theirs.get(place), ours.get(place)));
            }
        }
    }
    println!("{served} schemas with {compared} constraints (types included), {} differences", differences.len());
    let unexplained = |difference: &&String| !DIFFERENCES.iter().any(|(known, _)| difference.starts_with(known));
    let unexplained: Vec<_> = differences.iter().filter(unexplained).take(40).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    for (known, _) in DIFFERENCES {
        assert!(differences.iter().any(|difference| difference.starts_with(known)), "{known} is no difference");
    }
}

#[test]
fn kinds_are_served_in_the_versions_of_the_crds() {
    let Some(folder) = shared::folder() else { return };
    for channel in Channel::ALL {
        let of_channel = crds(&folder).into_iter().filter(|crd| crd.channel == channel && crd.served);
        let theirs: BTreeSet<_> = of_channel.map(|crd| (kind(&crd), crd.version.clone(), crd.namespaced)).collect();
        let ours: BTreeSet<_> =
            served_versions(channel).map(|(kind, version)| (kind, version.to_owned(), kind.is_namespaced())).collect();
        assert_eq!(ours, theirs, "{channel}");
    }
}

#[test]
fn schemas_come_by_the_type_of_the_spec() {
    let http = schema::<HttpRouteSpec>(Channel::Standard, "v1").unwrap();
    assert_eq!(Some(http.to_value()), structural_schema(ResourceKind::HttpRoute, "v1", Channel::Standard));
    assert!(schema::<TlsRouteSpec>(Channel::Standard, "v1alpha2").is_none());
    assert!(schema::<TlsRouteSpec>(Channel::Experimental, "v1alpha2").is_some());
}

/// Every constraint of the inventory is one of ours, by place and name; rules are counted by place
/// here, and told apart by the server's verdicts in the next test.
#[test]
fn every_constraint_of_the_inventory_is_enforced() {
    let Some(folder) = shared::folder() else { return };
    let text = std::fs::read_to_string(folder.join("validation/inventory.json")).unwrap();
    let inventory: Value = serde_json::from_str(&text).unwrap();
    let (mut enforced, mut rules, mut unserved) = (0, 0, 0);
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for crd in crds(&folder) {
        let listed = &inventory["channels"][crd.channel.as_str()][&crd.kind][&crd.version];
        let listed = listed["constraints"].as_array().unwrap();
        let Some(ours) = ours(&crd) else {
            assert!(!crd.served, "{}", crd.name());
            unserved += listed.len();
            continue;
        };
        let (constraints, counts) = (constraints(&ours), rule_counts(&ours));
        let mut listed_rules: BTreeMap<String, usize> = BTreeMap::new();
        for constraint in listed {
            let text = |field: &str| constraint[field].as_str().unwrap().to_owned();
            let (path, name) = (text("path"), text("constraint"));
            *by_name.entry(name.clone()).or_default() += 1;
            if name == "x-kubernetes-validations" {
                *listed_rules.entry(path).or_default() += 1;
                rules += 1;
            } else {
                let ours = constraints.get(&(path.clone(), name.clone()));
                assert_eq!(ours, Some(&constraint["value"]), "{} {path} {name}", crd.name());
                enforced += 1;
            }
        }
        assert_eq!(counts, listed_rules, "{}", crd.name());
    }
    println!(
        "{} constraints: {enforced} of single values, {rules} rules; {unserved} of unserved versions",
        enforced + rules
    );
    println!("{by_name:?}");
    assert!(enforced > 0 && rules > 0);
}

/// The rules of the CRDs that no verdict can tell apart, with the reason. A stale one fails.
const NEVER_TOLD: &[(&str, &str)] =
    &[("type must be one of ['Exact'", "the enum of the field refuses first, and blocks the rules")];

/// Each rule of the CRDs is one of ours: where the server tells some rules at a place and we tell
/// some, those not known yet pair off once one of each is left.
#[test]
fn every_rule_of_the_crds_has_a_code_of_ours() {
    let Some(folder) = shared::folder() else { return };
    let data = folder.join("validation");
    let mut judged = verdicts(&data);
    let files = ["mutations.jsonl.gz", "mutations-update.jsonl.gz"];
    judged.extend(files.iter().flat_map(|file| mutations(&data.join(file))));
    let observed: Vec<_> = judged.iter().flat_map(told_together).collect();
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    loop {
        let before = known.len();
        for (texts, codes) in &observed {
            let (mut texts, mut codes) = (texts.clone(), codes.clone());
            texts.retain(|text| match known.get(text.as_str()) {
                None => true,
                Some(code) => {
                    let at = codes.iter().position(|ours| ours == code);
                    codes.remove(at.unwrap_or_else(|| panic!("{text}: {code} is not told with it")));
                    false
                }
            });
            if let ([text], [code]) = (texts.as_slice(), codes.as_slice()) {
                let text = observed.iter().flat_map(|(texts, _)| texts).find(|known| *known == text).unwrap();
                known.insert(text, code);
            }
        }
        if known.len() == before {
            break;
        }
    }
    let mut texts = BTreeSet::new();
    for crd in crds(&folder).iter().filter(|crd| crd.served) {
        crate::crds::visit("", &crd.schema, &mut |_, schema| {
            let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
            texts.extend(rules.map(|rule| rule["message"].as_str().unwrap().to_owned()));
        });
    }
    let codes: BTreeSet<_> = known.values().collect();
    println!("{} of {} texts of rules are told, with {} codes", known.len(), texts.len(), codes.len());
    for text in texts {
        let never = NEVER_TOLD.iter().any(|(start, _)| text.starts_with(start));
        assert_eq!(known.contains_key(text.as_str()), !never, "{text}");
    }
}

/// The texts of the rules that the server tells at a place, and the codes of ours there.
fn told_together(judged: &Judged) -> Vec<(Vec<String>, Vec<&'static str>)> {
    let report = judged.report();
    let rules: Vec<_> = judged.errors.iter().filter(|error| error.stage == "cel").collect();
    let places: BTreeSet<_> = rules.iter().map(|error| error.field.as_str()).collect();
    let at = |place: &str| {
        let text = |detail: &str| detail.rsplit("evaluating rule: ").next().unwrap().to_owned();
        let texts = rules.iter().filter(|error| error.field == place).map(|error| text(&error.detail)).collect();
        let ours = report.errors.iter().filter(|ours| ours.path == place && is_rule(ours.code));
        (texts, ours.map(|ours| ours.code).collect())
    };
    places.into_iter().map(at).collect()
}

/// Whether a code is that of a rule between fields.
fn is_rule(code: &str) -> bool {
    let structural = [
        "required",
        "wrong-type",
        "unsupported-value",
        "list-duplicate",
        "list-item-not-an-object",
        "address-type-mismatch",
        "ip-address-malformed",
        "date-time-malformed",
        "integer-out-of-range",
    ];
    let bounds = ["text-", "number-", "list-too-", "map-", "metadata-"];
    !structural.contains(&code) && !bounds.iter().any(|prefix| code.starts_with(prefix))
}

fn kind(crd: &Crd) -> ResourceKind {
    ResourceKind::find(&crd.group, &crd.kind).unwrap_or_else(|| panic!("{} is no kind of ours", crd.kind))
}

fn ours(crd: &Crd) -> Option<Value> {
    structural_schema(kind(crd), &crd.version, crd.channel)
}
