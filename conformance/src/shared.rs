//! Where the specification's data is: upstream's CRDs, conformance expectations, and an API
//! server's verdicts. They are read in place and are not part of this project.

use std::path::PathBuf;

/// The variable that names the folder.
pub const VARIABLE: &str = "GATEWAY_API_SHARED";

/// The folder with the specification's data, or `None` where it is not at hand.
///
/// It is what [`VARIABLE`] names, else `../shared` beside the workspace. A test that needs it and
/// gets `None` says so in a line and passes.
///
/// # Panics
///
/// If the variable is set and names no folder: somebody wanted the tests to run.
pub fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let named = PathBuf::from(named);
        assert!(named.is_dir(), "{VARIABLE} names {}, which is no folder", named.display());
        return Some(named);
    }
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let found = beside.is_dir().then_some(beside);
    if found.is_none() {
        println!("the specification's data is not here ({VARIABLE} is not set): nothing is compared with it");
    }
    found
}
