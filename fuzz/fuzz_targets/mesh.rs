//! The law `mesh`: see `gateway_conformance::laws::LAWS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gateway_fuzz::check("mesh", bytes));
