//! A run of cases as people read it: what failed and why, then what no case reached.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateway_model::{ObjectKey, Resources};
use serde_json::Value;

use super::condition;
use super::table::{Cell, Table};
use crate::console::{Paint, Style, printable};
use crate::test::compare::Difference;
use crate::test::coverage::{Count, Coverage, Rule};
use crate::test::{Outcome, Run, Tested};

/// How many matches of a rule are told with what they ask for.
const CONDITIONS: usize = 3;

/// The failures, a line that sums up, and the coverage.
pub(crate) fn report(run: &Run<'_>, paint: Paint) -> String {
    let mut out = String::new();
    for tested in &run.tested {
        failure(&mut out, tested, paint);
    }
    let _ = writeln!(out, "{}", verdict(run, paint));
    out.push_str(&coverage(run, paint));
    if let Some(minimum) = run.min_coverage.filter(|_| !run.is_covered()) {
        let text = format!("less than {minimum}% is reached");
        let _ = writeln!(out, "{}", paint.apply(Style::Failure, &text));
    }
    out
}

// Writing to a String does not fail.
fn failure(out: &mut String, Tested { case, outcome }: &Tested, paint: Paint) {
    // What could not be run is told on standard error.
    let Outcome::Failed { differences, summary, why, .. } = outcome else { return };
    let name = case.name.as_deref().unwrap_or_default();
    let place = format!("({}:{})", printable(&case.file), case.line);
    let _ = writeln!(
        out,
        "{} {} {}\n  {summary}\n",
        paint.apply(Style::Failure, "FAILED"),
        paint.apply(Style::Strong, &printable(name)),
        paint.apply(Style::Faint, &place)
    );
    let mut table = Table::new();
    for difference in differences {
        table.line([
            Cell::new(difference.path.as_str(), Style::Heading),
            Cell::new(format!("expected {}", shown(&difference.expected)), Style::Success),
            Cell::new(format!("came {}", shown(&difference.found)), Style::Failure),
        ]);
    }
    table.write_to(out, paint);
    let _ = writeln!(out, "\n{why}");
}

/// A difference in a line, for what is no terminal.
pub(crate) fn difference(difference: &Difference) -> String {
    let Difference { path, expected, found } = difference;
    format!("{path}: expected {}, came {}", shown(expected), shown(found))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

fn verdict(run: &Run<'_>, paint: Paint) -> String {
    let counted =
        |count: usize, word: &str, style: Style| (count > 0).then(|| paint.apply(style, &format!("{count} {word}")));
    let parts = [
        counted(run.count(Outcome::is_passed), "passed", Style::Success),
        counted(run.count(Outcome::is_failed), "failed", Style::Failure),
        counted(run.count(Outcome::is_error), "could not be run", Style::Failure),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match run.tested.len() {
        0 => "no cases".to_owned(),
        1 => format!("1 case: {}", parts.join(", ")),
        total => format!("{total} cases: {}", parts.join(", ")),
    }
}

/// How much was reached, and what was not.
pub(crate) fn coverage(run: &Run<'_>, paint: Paint) -> String {
    let coverage = &run.coverage;
    let all = coverage.all();
    let Some(percent) = all.percent() else {
        return "coverage: there is nothing to reach\n".to_owned();
    };
    let mut out = String::new();
    let part = |count: Count, what: &str| format!("{} of {} {what}", count.reached, count.total);
    let _ = writeln!(
        out,
        "coverage: {}% ({}, {}, {})",
        paint.apply(if all.reached == all.total { Style::Success } else { Style::Caution }, &percent.to_string()),
        part(coverage.listeners(), "listeners"),
        part(coverage.rules(), "rules"),
        part(coverage.matches(), "matches"),
    );
    let mut missed = Table::new();
    add_listeners(&mut missed, coverage);
    for (route, rules) in &coverage.routes {
        add_rules(&mut missed, route, rules, run.resources);
    }
    if !missed.is_empty() {
        let _ = writeln!(out, "\n  {}", paint.apply(Style::Heading, "no case reached"));
        missed.write_to(&mut out, paint);
    }
    out
}

fn add_listeners(table: &mut Table, coverage: &Coverage) {
    for ((parent, name), listener) in coverage.listeners.iter().filter(|(_, listener)| !listener.reached) {
        table.line([
            Cell::new(parent.to_string(), Style::Plain),
            Cell::new(format!("listener {name} ({})", listener.facts), Style::Plain),
        ]);
    }
}

/// The rules of a route that nobody reached, and of the others the matches, each with what it asks for.
fn add_rules(table: &mut Table, route: &ObjectKey, rules: &BTreeMap<usize, Rule>, resources: &Resources) {
    let reached = Count::of(rules.values().flat_map(|rule| rule.matches.iter().copied()));
    if reached.reached == reached.total {
        return;
    }
    table.line([
        Cell::new(route.to_string(), Style::Plain),
        Cell::new(format!("{} of {} matches reached", reached.reached, reached.total), Style::Faint),
    ]);
    for (index, rule) in rules {
        let name = rule.name.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let conditions = |items: &[usize]| {
            let shown = items.iter().take(CONDITIONS).map(|item| condition::of(resources, route, *index, *item));
            let more = (items.len() > CONDITIONS).then(|| "...".to_owned());
            shown.chain(more).collect::<Vec<_>>().join("; ")
        };
        let missed: Vec<usize> = rule.missed().collect();
        let what = match missed.as_slice() {
            [] => continue,
            _ if !rule.is_reached() => format!("  rule {index}{name}"),
            [one] => format!("  rule {index}{name}, match {one}"),
            several => format!("  rule {index}{name}, {} matches", several.len()),
        };
        table.line([Cell::new(what, Style::Plain), Cell::new(conditions(&missed), Style::Plain)]);
    }
}
