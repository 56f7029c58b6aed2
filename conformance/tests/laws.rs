//! Every law over random bytes, and over the seeds and findings of its fuzz target.
//!
//! `GATEWAY_CASES=10` runs ten times as many, `GATEWAY_SEED=N` begins at another seed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gateway_conformance::generate::{Seed, Source};
use gateway_conformance::laws::{LAWS, Law};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The inputs that the repository keeps for a law, with their names.
fn kept(law: &Law) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("corpus").join(law.name);
    let mut inputs: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.starts_with("seed-"))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_law_holds_for_what_its_target_starts_from() {
    for law in LAWS {
        let inputs = kept(law);
        assert!(!inputs.is_empty(), "{} has no seeds", law.name);
        for (name, input) in inputs {
            if let Err(broken) = law.check(&input) {
                panic!("{}: {name}: {broken}", law.name);
            }
        }
    }
}

#[test]
fn every_law_has_a_target_and_every_target_a_law() {
    let targets: BTreeSet<String> = fs::read_dir(fuzz().join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(targets, LAWS.iter().map(|law| law.name.to_owned()).collect());
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
    }
}

#[test]
fn every_law_holds_for_random_bytes() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (cases, first) = (number("GATEWAY_CASES").unwrap_or(1) * 250, number("GATEWAY_SEED").unwrap_or(1));
    for law in LAWS {
        let texts: Vec<Vec<u8>> =
            if law.reads_text { kept(law).into_iter().map(|(_, text)| text).collect() } else { Vec::new() };
        for seed in first..first + cases {
            let input = if law.reads_text { mutated(&texts, seed) } else { random(seed) };
            if let Err(broken) = law.check(&input) {
                panic!("{}, seed {seed}: {broken}", law.name);
            }
        }
    }
}

fn random(seed: u64) -> Vec<u8> {
    let mut draw = Seed::new(seed);
    let length = draw.below(2_000);
    (0..length).map(|_| u8::try_from(draw.below(256)).unwrap()).collect()
}

/// A text that is kept, with some pieces cut out, doubled or changed.
fn mutated(texts: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut draw = Seed::new(seed);
    let mut text = texts.get(draw.below(texts.len())).cloned().unwrap_or_default();
    for _ in 0..draw.below(6) {
        let from = draw.below(text.len());
        let to = (from + draw.below(12)).min(text.len());
        let piece: Vec<u8> = match draw.below(4) {
            0 => Vec::new(),
            1 => {
                text.iter().skip(from).take(to - from).chain(text.iter().skip(from).take(to - from)).copied().collect()
            }
            2 => vec![u8::try_from(draw.below(256)).unwrap()],
            _ => text.iter().skip(draw.below(text.len())).take(12).copied().collect(),
        };
        text.splice(from..to, piece);
    }
    text
}
