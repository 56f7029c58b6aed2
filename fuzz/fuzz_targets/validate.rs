//! Raw JSON to validation: never a panic, and what may be created may be updated to itself.
//!
//! The first byte picks a kind and a version, the rest is the spec (or, if it has one, the whole
//! object), so that the fuzzer need not find out what an object looks like.
#![no_main]

use gateway_model::validation::{Channel, Validation, served_versions, validate_value, warnings_across};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Some((pick, text)) = bytes.split_first() else { return };
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return };
    let served: Vec<_> = served_versions(Channel::Experimental).collect();
    let (kind, version) = served[usize::from(*pick) % served.len()];
    let object = match value.get("spec") {
        Some(_) => {
            let mut object = value;
            object["kind"] = kind.as_str().into();
            object["apiVersion"] = format!("{}/{version}", kind.group()).into();
            object
        }
        None => json!({
            "apiVersion": format!("{}/{version}", kind.group()), "kind": kind.as_str(),
            "metadata": {"name": "a"}, "spec": value,
        }),
    };
    for channel in Channel::ALL {
        let created = Validation::new(channel).with_advice();
        let report = validate_value(&object, &created).expect("a kind of the Gateway API");
        for validation in [created.update(&object), created.status_update(&object)] {
            let updated = validate_value(&object, &validation).expect("a kind of the Gateway API");
            assert!(updated.is_valid() || !report.is_valid(), "{:?}", updated.errors);
        }
    }
    warnings_across(&[&object, &object]);
});
