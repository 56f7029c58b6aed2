//! Validation against an API server's own verdicts, and against the CRDs.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, their helpers included"
)]

mod crds;
mod judged;
mod schemas;
mod verdicts;
