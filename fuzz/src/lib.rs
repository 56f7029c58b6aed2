//! What all fuzz targets have in common: each runs the law of its name.

use gateway_conformance::laws::Law;

/// Runs a law, and fails with what it says.
///
/// # Panics
///
/// The law does not hold, or there is none of that name.
pub fn check(name: &str, bytes: &[u8]) {
    let law = Law::find(name).unwrap_or_else(|| panic!("no law is named `{name}`"));
    if let Err(broken) = law.check(bytes) {
        panic!("{name}: {broken}");
    }
}
