//! Validation against an API server's own verdicts, and against the CRDs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, their helpers included"
)]

mod crds;
mod judged;
mod made;
mod making;
#[path = "../documents/schema.rs"]
mod schema;
mod schemas;
mod server;
mod verdicts;
