//! Generated manifests and requests: the router answers as the oracle does.
#![no_main]

use gateway_conformance::decide::deciders;
use gateway_conformance::generate::{Bytes, Case, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [preset, rest @ ..] = bytes else { return };
    let presets = Settings::presets();
    let (_, settings) = &presets[usize::from(*preset) % presets.len()];
    let case = Case::draw(&mut Bytes::new(rest), settings);
    let resources = case.resources();
    for gateway in case.gateways() {
        let deciders = deciders(&resources, &gateway, &[]).expect("no option is set");
        for request in &case.requests {
            let answers: Vec<_> = deciders.iter().map(|decider| decider.decide(request)).collect();
            assert!(answers.windows(2).all(|two| two[0] == two[1]), "{request}\n{answers:#?}\n{:#}", case.documents());
        }
    }
});
