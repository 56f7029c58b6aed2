//! What the router is measured against.

mod floor;
mod scan;
mod tree;

pub use floor::{Automaton, HeaderFloor, HostFloor, TargetFloor};
pub use scan::Scan;
pub use tree::PathTree;

/// A hash map as fast as they get: `foldhash`, as `hashbrown` has it by default.
type Map<K, V> = hashbrown::HashMap<K, V, foldhash::fast::RandomState>;

/// The host of an authority, without a port.
fn host_of(authority: &str) -> &str {
    match authority.bytes().rposition(|byte| byte == b':') {
        Some(colon) => &authority[..colon],
        None => authority,
    }
}
