//! Findings for people: grouped by file and object, each with its line.

use std::fmt::Write as _;

use super::entry::{Entry, Finding, Spot};
use crate::console::{Paint, Style, printable};

/// The most of a line that is shown, in characters.
const WIDEST: usize = 110;

/// All findings, and a line that sums up.
pub(super) fn report(entries: &[Entry], paint: Paint) -> String {
    let mut out = String::new();
    let mut file = None;
    for entry in entries.iter().filter(|entry| entry.findings().next().is_some()) {
        if file != Some(&entry.file) {
            file = Some(&entry.file);
            line(&mut out, &paint.apply(Style::Strong, &printable(&entry.file)));
        }
        object(&mut out, entry, paint);
    }
    summary(&mut out, entries, paint);
    out
}

// Writing to a String does not fail.
fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}

fn object(out: &mut String, entry: &Entry, paint: Paint) {
    let name = entry.name.as_deref().unwrap_or("(no name)");
    let name = match &entry.namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    };
    let item = entry.item.map_or(String::new(), |item| format!(", item {item}"));
    let place = paint.apply(Style::Faint, &format!("(document {}{item})", entry.document));
    let title = printable(&format!("{} {name}", entry.kind)).into_owned();
    line(out, &format!("  {} {place}", paint.apply(Style::Heading, &title)));
    for error in &entry.errors {
        finding(out, error, paint.apply(Style::Failure, "error"), Style::Failure, paint);
    }
    for warning in &entry.warnings {
        finding(out, warning, paint.apply(Style::Caution, "warning"), Style::Caution, paint);
    }
}

fn finding(out: &mut String, finding: &Finding, label: String, style: Style, paint: Paint) {
    let code = paint.apply(Style::Faint, &format!("[{}]", finding.code));
    let path = paint.apply(Style::Strong, &printable(&finding.path));
    line(out, &format!("    {label} {path}: {} {code}", printable(&finding.message)));
    if let Some(spot) = &finding.spot {
        excerpt(out, spot, style, paint);
    }
}

/// The line with a mark below the field. Of a long line, the part around the field.
fn excerpt(out: &mut String, spot: &Spot, style: Style, paint: Paint) {
    let characters: Vec<char> = spot.text.replace('\t', " ").chars().collect();
    let column = spot.column.saturating_sub(1).min(characters.len());
    let first = if characters.len() <= WIDEST { 0 } else { column.saturating_sub(WIDEST / 3) };
    let shown: String = characters.iter().skip(first).take(WIDEST).collect();
    let number = spot.line.to_string();
    let bar = paint.apply(Style::Faint, "|");
    line(out, &format!("      {} {bar} {}", paint.apply(Style::Faint, &number), printable(&shown)));
    let inside = |character: &&char| !character.is_whitespace() && !matches!(character, ',' | '}' | ']');
    let width =
        characters.iter().skip(column).take_while(inside).count().clamp(1, WIDEST - (column - first).min(WIDEST - 1));
    let mark = paint.apply(style, &"^".repeat(width));
    line(out, &format!("      {} {bar} {}{mark}", " ".repeat(number.len()), " ".repeat(column - first)));
}

fn summary(out: &mut String, entries: &[Entry], paint: Paint) {
    let errors: usize = entries.iter().map(|entry| entry.errors.len()).sum();
    let warnings: usize = entries.iter().map(|entry| entry.warnings.len()).sum();
    let invalid = entries.iter().filter(|entry| !entry.is_valid()).count();
    let checked = format!("{} checked", counted(entries.len(), "object"));
    let verdict = match invalid {
        // Nothing was judged, perhaps because nothing could be read.
        0 if entries.is_empty() => "nothing to judge".to_owned(),
        0 => paint.apply(Style::Success, "all valid"),
        invalid => paint.apply(Style::Failure, &format!("{invalid} invalid ({})", counted(errors, "error"))),
    };
    let warnings = match warnings {
        0 => String::new(),
        warnings => format!(", {}", paint.apply(Style::Caution, &counted(warnings, "warning"))),
    };
    line(out, &format!("{checked}: {verdict}{warnings}"));
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
