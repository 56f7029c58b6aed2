//! The counts that the benchmark `instructions` left behind.

use std::fs;
use std::path::PathBuf;

use crate::contest::Engine;
use crate::workload::Workload;

/// How many lookups a count is the sum of.
pub const COUNTED_LOOKUPS: usize = 1_000;

/// The instructions of a lookup as they were last counted, if they were.
pub fn instructions(engine: Engine, workload: Workload, size: usize) -> Option<f64> {
    let position = workload.sizes().iter().position(|found| *found == size)?;
    let id = format!("{}.{}_{position}", engine.name(), workload.to_string().to_lowercase());
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
    let counts = target.join("gungraun/gateway-benches/instructions/counting/lookups").join(&id);
    let text = fs::read_to_string(counts.join(format!("callgrind.{id}.out"))).ok()?;
    let total: f64 = text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let each = total / COUNTED_LOOKUPS as f64;
    Some(each)
}
