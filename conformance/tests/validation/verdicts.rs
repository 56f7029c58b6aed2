//! The verdict agrees on every object, and every refused one is refused at the same places for the
//! same kinds of reason.

use std::path::Path;

use gateway_conformance::shared;

use crate::judged::{Judged, mutations, verdicts};

/// Verdicts that we do not share, by id, with the reason. A stale one fails.
const DISAGREEMENTS: &[(&str, &str)] = &[];

#[test]
fn verdicts_on_upstream_cases_and_examples_agree() {
    compare("upstream's cases and examples", verdicts);
}

#[test]
fn verdicts_on_mutations_agree() {
    compare("mutations", |folder| mutations(&folder.join("mutations.jsonl.gz")));
}

#[test]
fn verdicts_on_updates_agree() {
    compare("updates", |folder| mutations(&folder.join("mutations-update.jsonl.gz")));
}

fn compare(name: &str, read: impl FnOnce(&Path) -> Vec<Judged>) {
    let Some(folder) = shared::folder() else { return };
    let (mut valid, mut refused, mut problems) = (0, 0, Vec::new());
    for judged in read(&folder.join("validation")) {
        let report = judged.report();
        *if judged.valid { &mut valid } else { &mut refused } += 1;
        let shown = || report.errors.iter().map(|error| format!("{error}")).collect::<Vec<_>>().join("; ");
        let problem = if report.is_valid() != judged.valid {
            Some(format!("the server says {}, we say: {}", if judged.valid { "valid" } else { "refused" }, shown()))
        } else {
            judged.difference(&report)
        };
        let expected = DISAGREEMENTS.iter().any(|(id, _)| *id == judged.id);
        match problem {
            Some(problem) if !expected => problems.push(format!("{}: {problem}", judged.id)),
            None if expected => problems.push(format!("{}: is listed as a disagreement, and agrees", judged.id)),
            _ => {}
        }
    }
    println!("{name}: {valid} valid and {refused} refused, {} problems", problems.len());
    assert!(valid + refused > 0, "{name}: there are none");
    let shown: Vec<_> = problems.iter().take(40).map(String::as_str).collect();
    assert!(problems.is_empty(), "{name}: {} problems\n{}", problems.len(), shown.join("\n"));
}
