//! `gwapi`: what the Kubernetes Gateway API makes of manifests, without a cluster.
//!
//! Thin on purpose: arguments in [`args`] and [`limits`], files in [`input`], objects judged in [`check`], requests in [`request`] and
//! [`target`], what filters do to them in [`effect`], and what comes out in [`decision`] and [`status`] (for programs) and
//! [`text`] (for people); features that are needed and claimed in [`features`]; expectations of decisions in [`mod@test`]. What the API means is decided in the library crates.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

mod args;
mod check;
mod connection;
mod console;
mod decision;
mod effect;
mod features;
mod input;
mod limits;
mod parent;
mod request;
mod route;
mod setting;
mod status;
mod target;
mod test;
mod text;

use args::{Arguments, Verb};

fn main() -> ExitCode {
    match Arguments::parse().verb {
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Route(arguments) => route::run(&arguments),
        Verb::Status(arguments) => status::run(&arguments),
        Verb::Features(arguments) => features::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Completions { shell } => console::finish(args::write_completions(shell), true),
    }
}
