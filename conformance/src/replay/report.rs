//! What a replay found: a line per test, and totals.

use std::collections::BTreeMap;
use std::fmt;

use super::beyond::Beyond;
use super::check::Failure;

/// What the replay of one test found.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// The test's file without its ending.
    pub name: String,
    /// How many expectations hold.
    pub held: usize,
    /// Those that do not, with their step.
    pub failures: Vec<(String, Failure)>,
    /// How many are not replayed, and why.
    pub skipped: BTreeMap<Beyond, usize>,
    /// Why the replay ended before the test did, if it did.
    pub broken: Option<String>,
}

impl TestReport {
    /// Everything that should not be: failures, and why the test could not be replayed to its end.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        let broken = self.broken.iter().map(|reason| format!("{}: {reason}", self.name));
        let failures = self.failures.iter().map(|(step, failure)| format!("{}: {step}: {failure}", self.name));
        broken.chain(failures)
    }
}

/// What the replay of many tests found.
#[derive(Clone, Debug)]
pub struct Report {
    tests: Vec<TestReport>,
}

impl Report {
    /// A report about these tests.
    pub fn new(tests: Vec<TestReport>) -> Self {
        Report { tests }
    }

    /// The tests.
    pub fn tests(&self) -> &[TestReport] {
        &self.tests
    }

    /// Everything that should not be, test by test.
    pub fn problems(&self) -> Vec<String> {
        self.tests.iter().flat_map(TestReport::problems).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut held, mut failed, mut replayed) = (0, 0, 0);
        let mut skipped: BTreeMap<Beyond, (usize, Vec<&str>)> = BTreeMap::new();
        for test in &self.tests {
            let problems: Vec<String> = test.problems().collect();
            let total = test.held + test.failures.len();
            held += test.held;
            failed += problems.len();
            replayed += usize::from(total > 0);
            for (beyond, count) in &test.skipped {
                let (sum, tests) = skipped.entry(*beyond).or_default();
                *sum += count;
                tests.push(&test.name);
            }
            if total == 0 && problems.is_empty() {
                continue;
            }
            let word = if problems.is_empty() { "ok  " } else { "FAIL" };
            writeln!(f, "{word} {} ({} of {total})", test.name, test.held)?;
            for problem in problems {
                writeln!(f, "     {problem}")?;
            }
        }
        writeln!(f, "{held} expectations of {replayed} tests hold, {failed} do not")?;
        for (beyond, (count, tests)) in skipped {
            writeln!(f, "not replayed: {count} {beyond} ({})", tests.join(", "))?;
        }
        Ok(())
    }
}
