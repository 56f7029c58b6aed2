//! The verb `test`: whether requests go where somebody expects them to.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use gateway_match::Topology;
use gateway_model::Resources;
use serde_json::Value;

use crate::args::{TestArguments, TestFormat};
use crate::console::{self, Paint};
use crate::decision::{Answer, DecisionLine};
use crate::input::Input;
use crate::parent::Parents;
use crate::text;

pub(crate) mod cases;
pub(crate) mod compare;
pub(crate) mod coverage;
mod junit;
mod name;
mod path;
mod report;
mod shape;
mod share;

use cases::{Case, Cases, Content};
use compare::Difference;
use coverage::Coverage;

/// Runs the verb.
pub(crate) fn run(arguments: &TestArguments) -> ExitCode {
    let profile = match arguments.input.profile() {
        Ok(profile) => profile,
        Err(problem) => {
            console::error(problem);
            return console::finish(Ok(()), false);
        }
    };
    let is_stdin = |path: &std::path::PathBuf| path.as_os_str() == "-";
    if arguments.cases.iter().filter(|path| is_stdin(path)).count()
        + arguments.input.manifests.files.iter().filter(|path| is_stdin(path)).count()
        > 1
    {
        console::error("standard input can be read only once: it cannot hold the manifests and the cases");
        return console::finish(Ok(()), false);
    }
    let cases = Cases::read(&arguments.cases);
    // Cases may stand beside the manifests.
    let input = Input::read_without(&arguments.input.manifests, &cases.files);
    let topology = Topology::resolve(&input.resources, &profile);
    let mut session = Session {
        resources: &input.resources,
        topology: &topology,
        parents: Parents::new(&input.resources, &topology, &arguments.input.manifests.namespace),
        coverage: Coverage::of(&topology, &input.resources),
        paint: if arguments.output == TestFormat::Text { Paint::for_stream(&io::stdout()) } else { Paint::default() },
    };
    let tested: Vec<Tested> = cases
        .cases
        .into_iter()
        .map(|case| {
            let outcome = session.outcome(&case);
            Tested { case, outcome }
        })
        .collect();
    let paint = session.paint;
    let run =
        Run { tested, resources: &input.resources, coverage: session.coverage, min_coverage: arguments.min_coverage };
    run.tell_errors();
    let complete = cases.complete && input.complete && run.count(Outcome::is_error) == 0;
    let findings = run.count(Outcome::is_failed) + usize::from(!run.is_covered());
    console::finish_with_findings(write(&run, arguments.output, paint), complete, findings)
}

/// What cases are decided with.
struct Session<'a> {
    resources: &'a Resources,
    topology: &'a Topology,
    parents: Parents<'a>,
    coverage: Coverage,
    paint: Paint,
}

/// A run, when it is over.
pub(crate) struct Run<'a> {
    pub(crate) tested: Vec<Tested>,
    pub(crate) resources: &'a Resources,
    pub(crate) coverage: Coverage,
    pub(crate) min_coverage: Option<f64>,
}

/// A case, and what came of it.
pub(crate) struct Tested {
    pub(crate) case: Case,
    pub(crate) outcome: Outcome,
}

/// What came of a case.
pub(crate) enum Outcome {
    /// All is as expected.
    Passed { decision: Value },
    /// Something is not.
    Failed {
        decision: Value,
        differences: Vec<Difference>,
        /// The answer in a line.
        summary: String,
        /// How it came about, for people.
        why: String,
    },
    /// There is no decision.
    Error(Vec<String>),
}

impl Outcome {
    pub(crate) fn is_passed(&self) -> bool {
        matches!(self, Outcome::Passed { .. })
    }

    pub(crate) fn is_failed(&self) -> bool {
        matches!(self, Outcome::Failed { .. })
    }

    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Outcome::Error(_))
    }

    fn as_str(&self) -> &'static str {
        match self {
            Outcome::Passed { .. } => "passed",
            Outcome::Failed { .. } => "failed",
            Outcome::Error(_) => "error",
        }
    }
}

impl Run<'_> {
    pub(crate) fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.tested.iter().filter(|tested| is(&tested.outcome)).count()
    }

    /// Whether as much was reached as was asked for.
    pub(crate) fn is_covered(&self) -> bool {
        self.min_coverage.is_none_or(|minimum| self.coverage.all().is_at_least(minimum))
    }

    /// Tells on standard error which cases could not be read or decided.
    fn tell_errors(&self) {
        for Tested { case, outcome } in &self.tested {
            if let Outcome::Error(problems) = outcome {
                problems.iter().for_each(|problem| console::error(format_args!("{}: {problem}", case.file)));
            }
        }
    }
}

impl Session<'_> {
    fn outcome(&mut self, case: &Case) -> Outcome {
        let content = match &case.content {
            Ok(content) => content,
            Err(problems) => return Outcome::Error(problems.clone()),
        };
        let Content { id, request, expected, .. } = content;
        let explain = ["decidedBy", "trace"].iter().any(|key| expected.contains_key(*key));
        let answer = match Answer::find(&mut self.parents, request, None, explain) {
            Ok(answer) => answer,
            Err(problem) => {
                let name = case.name.as_deref().unwrap_or_default();
                return Outcome::Error(vec![format!("{}: case `{name}`: {problem}", case.place)]);
            }
        };
        self.coverage.reach(&answer);
        let decision = decision(id, &answer, self.topology);
        let differences = compare::differences(expected, &decision);
        if differences.is_empty() {
            return Outcome::Passed { decision };
        }
        // Only who failed is explained: that takes longer than to decide.
        match Answer::find(&mut self.parents, request, None, true) {
            Ok(answer) => {
                let context = text::Context {
                    resources: self.resources,
                    topology: self.topology,
                    paint: self.paint,
                    explain: true,
                };
                Outcome::Failed {
                    decision: self::decision(id, &answer, self.topology),
                    differences,
                    summary: text::summary(&Value::Null, &answer).trim_end().to_owned(),
                    why: text::why(&answer, &context),
                }
            }
            Err(problem) => Outcome::Error(vec![problem.to_string()]),
        }
    }
}

fn decision(id: &Value, answer: &Answer<'_>, topology: &Topology) -> Value {
    let id = Some(id).filter(|id| !id.is_null());
    // What is made of strings, numbers, lists and structs becomes JSON.
    serde_json::to_value(DecisionLine::new(id, answer, topology)).unwrap_or_default()
}

fn write(run: &Run<'_>, format: TestFormat, paint: Paint) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        TestFormat::Text => out.write_all(text::cases::report(run, paint).as_bytes())?,
        TestFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &report::to_json(run))?;
            out.write_all(b"\n")?;
        }
        TestFormat::Junit => out.write_all(junit::to_xml(run).as_bytes())?,
    }
    out.flush()
}
