//! The deciders of this workspace behind one trait, with generators, vectors, and the replay of
//! upstream's conformance expectations.
#![forbid(unsafe_code)]

pub mod decide;
pub mod generate;
pub mod laws;
pub mod replay;
pub mod shared;
pub mod vectors;

/// The README's Rust, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
