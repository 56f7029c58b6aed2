//! The candidates for a request, and what became of each.

use std::fmt::Write as _;

use gateway_match::{Criterion, Step, StepOutcome};

use super::table::{Cell, Table};
use super::{Context, condition, host_text};
use crate::console::Style;
use crate::decision::{Answer, result};

/// How many candidates are shown whose hostname does not match: enough to see a misspelled one.
const OTHER_HOSTS: usize = 10;

/// Writes the candidates in the order of precedence; of those that fail, and of those that are behind
/// the one that takes the request, `most`.
pub(super) fn write(out: &mut String, answer: &Answer<'_>, context: &Context<'_>, most: usize) {
    let paint = context.paint;
    let steps = answer.explanation.as_ref().map(|explanation| explanation.steps()).unwrap_or_default();
    let listener = steps.first().map(|step| step.listener);
    let several_listeners = steps.iter().any(|step| Some(step.listener) != listener);
    let _ = writeln!(out, "\n  {}", paint.apply(Style::Heading, "candidates, in the order of precedence"));
    let mut table = Table::new();
    let (mut other_hosts, mut failing, mut behind) = (0_usize, 0_usize, 0_usize);
    for step in steps {
        let (count, most) = match step.outcome {
            StepOutcome::Hostname => (&mut other_hosts, OTHER_HOSTS),
            StepOutcome::LowerPrecedence(_) => (&mut behind, most),
            StepOutcome::Mismatch(_) => (&mut failing, most),
            _ => (&mut 0, most),
        };
        *count += 1;
        if *count > most {
            continue;
        }
        let (style, mark) = mark(&step.outcome);
        let faint = if style == Style::Success { Style::Strong } else { Style::Plain };
        let mut row = vec![
            Cell::new(mark, style),
            Cell::new(step.route.to_string(), faint),
            Cell::new(format!("rule {}", step.rule), faint),
            Cell::new(format!("match {}", step.item), faint),
            Cell::new(host_text(step.hostname.map(|hostname| hostname.as_str())), faint),
            Cell::new(words(step, context), faint),
        ];
        if several_listeners {
            row.insert(1, Cell::new(step.listener.name(), faint));
        }
        table.row(row);
    }
    if table.is_empty() {
        let _ = writeln!(out, "  none: no HTTPRoute is attached to the listener");
    }
    table.write_to(out, paint);
    if other_hosts > OTHER_HOSTS {
        let _ =
            writeln!(out, "  ... and {} more for other hostnames (-o json has them all)", other_hosts - OTHER_HOSTS);
    }
    for (count, what) in [(failing, "that fail"), (behind, "that are behind")] {
        if count > most {
            let _ = writeln!(out, "  ... and {} more {what} (-o json has them all)", count - most);
        }
    }
}

fn words(step: &Step<'_>, context: &Context<'_>) -> String {
    condition::of(context.resources, step.route, step.rule, step.item)
}

/// What became of a candidate, in a word or three.
fn mark(outcome: &StepOutcome) -> (Style, String) {
    match outcome {
        StepOutcome::Taken => (Style::Success, "takes it".to_owned()),
        StepOutcome::LowerPrecedence(criterion) => (Style::Heading, format!("behind: {}", short(*criterion))),
        StepOutcome::Hostname => (Style::Faint, "fails: hostname".to_owned()),
        other => (Style::Caution, format!("fails: {}", result(other).replacen(':', " ", 1))),
    }
}

fn short(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::QueryParams => "query",
        Criterion::RuleOrder => "rule order",
        Criterion::MatchOrder => "match order",
        Criterion::ExplicitOrder => "order",
        other => other.as_str(),
    }
}
