//! What a replay found: a line per test, and totals.

use std::collections::BTreeMap;
use std::fmt;

use super::check::Failure;
use super::exceptions::{EXCEPTIONS, Exception, Need};

/// What the replay of one test found.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// The test's file without its ending.
    pub name: String,
    /// How many expectations hold.
    pub held: usize,
    /// Those that do not, with their step.
    pub failures: Vec<(String, Failure)>,
    /// How many are not replayed, by what they are about.
    pub skipped: BTreeMap<String, usize>,
    /// Why the replay ended before the test did, if it did.
    pub broken: Option<String>,
}

/// What the replay of many tests found.
#[derive(Clone, Debug)]
pub struct Report {
    tests: Vec<TestReport>,
    exceptions: Vec<Exception>,
}

impl Report {
    /// A report with the [exceptions](EXCEPTIONS) of this version.
    pub fn new(tests: Vec<TestReport>) -> Self {
        Self::with_exceptions(tests, EXCEPTIONS)
    }

    /// A report with other exceptions.
    pub fn with_exceptions(tests: Vec<TestReport>, exceptions: &[Exception]) -> Self {
        Report { tests, exceptions: exceptions.to_vec() }
    }

    /// The tests.
    pub fn tests(&self) -> &[TestReport] {
        &self.tests
    }

    /// Everything that should not be: failures that no exception covers, tests that could not be
    /// replayed, and exceptions that nothing needs any more. An exception for a test that is not
    /// among these is left alone.
    pub fn problems(&self) -> Vec<String> {
        let unexpected = self.tests.iter().flat_map(|test| self.unexpected(test));
        let stale = self.exceptions.iter().filter(|exception| self.is_stale(exception)).map(|exception| {
            format!("stale exception: {} does not need {} (any more)", exception.test, exception.needs)
        });
        unexpected.chain(stale).collect()
    }

    fn unexpected(&self, test: &TestReport) -> Vec<String> {
        let needs = self.needs(test);
        let broken = test.broken.iter().map(|reason| format!("{}: {reason}", test.name));
        let failures = test
            .failures
            .iter()
            .filter(|(_, failure)| !needs.iter().any(|need| need.covers(failure.aspect)))
            .map(|(step, failure)| format!("{}: {step}: {failure}", test.name));
        broken.chain(failures).collect()
    }

    fn needs(&self, test: &TestReport) -> Vec<Need> {
        self.exceptions
            .iter()
            .filter(|exception| exception.test == test.name)
            .map(|exception| exception.needs)
            .collect()
    }

    fn is_stale(&self, exception: &Exception) -> bool {
        self.tests.iter().filter(|test| test.name == exception.test).any(|test| {
            test.broken.is_none() && !test.failures.iter().any(|(_, failure)| exception.needs.covers(failure.aspect))
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut held, mut excepted, mut failed) = (0, 0, 0);
        let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
        for test in &self.tests {
            let unexpected = self.unexpected(test);
            let total = test.held + test.failures.len();
            held += test.held;
            failed += unexpected.len();
            excepted += test.failures.len().saturating_sub(unexpected.len());
            for (about, count) in &test.skipped {
                *skipped.entry(about).or_default() += count;
            }
            if total == 0 && unexpected.is_empty() {
                continue;
            }
            let word = if unexpected.is_empty() { "ok  " } else { "FAIL" };
            write!(f, "{word} {} ({} of {total}", test.name, test.held)?;
            for need in self.needs(test) {
                write!(f, "; needs {need}")?;
            }
            writeln!(f, ")")?;
            for problem in unexpected {
                writeln!(f, "     {problem}")?;
            }
        }
        let replayed = self.tests.iter().filter(|test| test.held + test.failures.len() > 0).count();
        writeln!(
            f,
            "{held} expectations of {replayed} tests hold, {failed} do not, {excepted} need what is not there yet"
        )?;
        write!(f, "not replayed here:")?;
        for (position, (about, count)) in skipped.iter().enumerate() {
            write!(f, "{} {about} {count}", if position == 0 { "" } else { "," })?;
        }
        writeln!(f)
    }
}
