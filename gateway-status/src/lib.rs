//! The status of every object of the Kubernetes Gateway API, as a conformant controller writes it,
//! and the smallest correct write.
//!
//! - [`Reporter`]: what the status of each object should be, from what a [`gateway_match::Topology`]
//!   found out and what the data plane says ([`DataPlane`]).
//! - [`merge()`]: what is stored and what should be there into the status to write, or `None`.
//!   Entries and conditions of other controllers stay, and nobody is made to write in a loop.
//! - [`affected()`]: whose statuses to compute again when objects change.
//! - [`merge_patch`] and [`apply_object`]: that status as the writes that an API server takes.
//!
//! Conditions and reasons are those of [`gateway_model::LegalCondition`]: a combination that the
//! specification does not have cannot be written.
#![forbid(unsafe_code)]

mod address;
mod affected;
mod class;
mod data_plane;
mod gateway;
mod listener;
mod merge;
mod patch;
mod policy;
mod reporter;
mod route;
mod verdict;

pub use affected::affected;
pub use data_plane::{DataPlane, Programming};
pub use merge::{
    Controllers, Desired, MAX_ANCESTORS, MAX_CONDITIONS, MAX_MESSAGE, MAX_PARENTS, Status, merge, refused,
};
pub use patch::{api_version, apply_object, merge_patch};
pub use reporter::{FALLBACK_CONTROLLER, Reporter};
pub use route::{ParentReport, route_report};
pub use verdict::Verdict;

pub use gateway_match::Overflow;

#[cfg(test)]
mod tests;
