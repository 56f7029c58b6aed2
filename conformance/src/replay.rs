//! Upstream's conformance tests, replayed in this process.
//!
//! The tests are data: manifests, changes, and what must be answered then. A [`Cluster`] holds the
//! objects as an API server would; they become `Resources`, a `Topology`, and a `Router` per Gateway
//! and per Service that is dialled in a mesh. Every expectation about a request, a call or a
//! connection is compared with the router's decision. At each step the statuses are computed, merged
//! into what is stored, and written as patches, and expectations about statuses are compared with
//! what the cluster then holds.
//! What needs more than decisions is counted with the reason ([`Beyond`]); everything else must hold.

mod beyond;
mod check;
mod cluster;
mod effect;
mod expectation;
mod patch;
mod report;
mod status;
mod suite;

pub use beyond::Beyond;
pub use check::{
    Aspect, Failure, Front, PICKS, TOLERANCE, check_grpc, check_http, check_marks, check_stream, check_weights,
};
pub use cluster::*;
pub use expectation::*;
pub use patch::{NoSuchPlace, Operation, json_patch, merge_patch};
pub use report::{Report, TestReport};
pub use status::*;
pub use suite::{Suite, SuiteError, SuiteProblem, replay};

#[cfg(test)]
mod tests;
