//! What the router is measured against.

mod floor;
mod scan;
mod tree;

pub use floor::{Automaton, HeaderFloor, HostFloor, TargetFloor};
pub use scan::{Scan, ScannedRoute};
pub use tree::PathTree;

/// A hash map as fast as they get: `foldhash`, as `hashbrown` has it by default.
type Map<K, V> = hashbrown::HashMap<K, V, foldhash::fast::RandomState>;

/// The host of an authority, without a port, which has five digits at most.
fn host_of(authority: &str) -> &str {
    let end = authority.len().saturating_sub(6);
    match authority.as_bytes()[end..].iter().position(|byte| *byte == b':') {
        Some(colon) => authority.get(..end + colon).unwrap_or(authority),
        None => authority,
    }
}
