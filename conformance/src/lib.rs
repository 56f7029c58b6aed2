//! The deciders of this workspace behind one trait, with generators, vectors, and the replay of
//! upstream's conformance expectations.
#![forbid(unsafe_code)]

pub mod decide;
pub mod generate;
pub mod replay;
pub mod shared;
pub mod vectors;
