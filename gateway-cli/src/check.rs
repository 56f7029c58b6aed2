//! The verb `check`: whether an API server would take the objects.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use gateway_model::validation::Channel;
use gateway_model::yaml::to_yaml;
use serde_json::Value;

use crate::args::{ChannelName, CheckArguments, CheckFormat, Warnings};
use crate::console::{self, Paint};

mod entry;
mod sarif;
mod subjects;
mod text;

use entry::Entry;
use subjects::Subjects;

/// Exit code when an object is invalid, or has warnings that are denied.
const FINDINGS: u8 = 1;

/// Runs the verb.
pub(crate) fn run(arguments: &CheckArguments) -> ExitCode {
    let subjects = Subjects::read(arguments);
    let written = write(&subjects.entries, arguments);
    let warned =
        arguments.warnings == Warnings::Deny && subjects.entries.iter().any(|entry| !entry.warnings.is_empty());
    let found = warned || subjects.entries.iter().any(|entry| !entry.is_valid());
    if subjects.complete && found && written.is_ok() {
        return ExitCode::from(FINDINGS);
    }
    console::finish(written, subjects.complete)
}

fn write(entries: &[Entry], arguments: &CheckArguments) -> io::Result<()> {
    let stdout = io::stdout();
    let paint = Paint::for_stream(&stdout);
    let mut out = BufWriter::new(stdout.lock());
    match arguments.output {
        CheckFormat::Text => out.write_all(text::report(entries, paint).as_bytes())?,
        CheckFormat::Json => {
            let values: Vec<_> = entries.iter().map(Entry::to_json).collect();
            writeln!(out, "[")?;
            for (index, value) in values.iter().enumerate() {
                let comma = if index + 1 < values.len() { "," } else { "" };
                writeln!(out, "{value}{comma}")?;
            }
            writeln!(out, "]")?;
        }
        CheckFormat::Yaml => {
            let values: Value = entries.iter().map(Entry::to_json).collect();
            out.write_all(to_yaml(&values).as_bytes())?;
        }
        CheckFormat::Sarif => writeln!(out, "{:#}", sarif::log(entries))?,
    }
    out.flush()
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Self {
        match name {
            ChannelName::Standard => Channel::Standard,
            ChannelName::Experimental => Channel::Experimental,
        }
    }
}
