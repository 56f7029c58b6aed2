//! Writes the seeds of the fuzz targets whose inputs are choices: `cargo run -p gateway-conformance --example seeds`.
//!
//! The same bytes each time, from small to large, with random choices at first and the plainest ones at the
//! end. Seeds that are text are written by hand.

use std::path::Path;
use std::{fs, io};

use gateway_conformance::generate::Seed;
use gateway_conformance::laws::LAWS;

const LENGTHS: [usize; 8] = [16, 48, 96, 192, 320, 512, 768, 1024];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for law in LAWS.iter().filter(|law| !law.reads_text) {
        let folder = corpus.join(law.name);
        fs::create_dir_all(&folder)?;
        for (number, length) in (0_u8..).zip(LENGTHS) {
            let mut draw = Seed::new(u64::from(number) + 1);
            // The first byte picks the preset or the kind; each has its turn.
            let rest = (1..length).map(|_| draw.next_number().to_le_bytes()[0]);
            let bytes: Vec<u8> = std::iter::once(number).chain(rest).collect();
            fs::write(folder.join(format!("seed-{number}")), bytes)?;
        }
    }
    Ok(())
}
