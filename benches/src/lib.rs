//! What matching is measured with: tables of routes, requests to them, rivals, and the measuring.
//!
//! [`Workload`] makes tables and requests, [`contestants`] the engines that answer them: the router
//! of `gateway-match`, a linear scan per host, `matchit`, and a floor below which nobody gets.
//! Criterion, the instruction counts and the report measure the same.
#![deny(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tables are made here, and a mistake in one may stop"
)]

mod callgrind;
mod contest;
mod counting;
#[cfg(feature = "manifests")]
mod manifests;
mod measure;
mod plot;
mod rival;
mod workload;

pub use callgrind::{COUNTED_LOOKUPS, instructions};
pub use contest::{Contestant, Engine, contestants};
pub use counting::{CountingAllocator, Heap, counted};
#[cfg(feature = "manifests")]
pub use manifests::manifests;
pub use measure::{Sample, interleaved, median, seconds};
pub use plot::{Panel, Series, svg};
pub use rival::{Automaton, HeaderFloor, HostFloor, PathTree, Scan, ScannedRoute, TargetFloor};
pub use workload::{Asked, Condition, Entry, Random, Request, Table, Workload, router, with_replaced};
