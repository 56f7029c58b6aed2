//! What matching is measured with: tables of routes, requests to them, rivals, and the measuring.
//!
//! [`Workload`] makes tables and requests, [`contestants`] the engines that answer them: the router
//! of `gateway-match`, a linear scan per host, `matchit`, and a floor below which nobody gets.
//! Criterion, the instruction counts and the report measure the same.
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tables are made here, and a mistake in one may stop"
)]

mod contest;
mod measure;
mod rival;
mod workload;

pub use contest::{Contestant, Engine, contestants};
pub use measure::{Sample, interleaved, median};
pub use rival::{Automaton, HeaderFloor, HostFloor, PathTree, Scan, TargetFloor};
pub use workload::{Asked, Condition, Entry, Random, Request, Table, Workload, router};
