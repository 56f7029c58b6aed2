//! The law `crowd`: see `gateway_conformance::laws::LAWS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gateway_fuzz::check("crowd", bytes));
