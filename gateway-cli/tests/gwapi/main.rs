//! The binary, from outside: what it answers, what it says of broken input, how it exits.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

mod answers;
mod backends;
mod cases;
mod check;
mod features;
mod harness;
mod input;
mod limits;
mod protocols;
mod requests;
mod shell;
mod status;
