//! Features as people read them: what is missing stands out.

use std::fmt::Write as _;

use super::table::{Cell, Table};
use crate::console::{Paint, Style, printable};
use crate::features::{Answer, Claim, Claims, Needed};

/// Every feature with the first place that needs it, a line each.
pub(crate) fn table(answer: &Answer, paint: Paint) -> String {
    let mut table = Table::new();
    for needed in &answer.features {
        line(&mut table, needed, answer.claim(needed.feature));
    }
    let mut out = String::new();
    table.write_to(&mut out, paint);
    if !table.is_empty() {
        out.push('\n');
    }
    let (style, verdict) = verdict(answer);
    let _ = writeln!(out, "{}", paint.apply(style, &verdict));
    out
}

fn line(table: &mut Table, needed: &Needed, claim: Option<Claim>) {
    let (mark, said, style) = match claim {
        None => (None, "", Style::Strong),
        Some(Claim::Claimed) => (Some(Cell::new("ok", Style::Success)), "", Style::Strong),
        Some(Claim::Unsupported) => (Some(Cell::new("!!", Style::Failure)), "unsupported", Style::Failure),
        Some(Claim::Unmentioned) => (Some(Cell::new("!!", Style::Failure)), "unmentioned", Style::Failure),
    };
    let Some(first) = needed.needs.first() else { return };
    let places = match needed.needs.len() {
        1 => "1 place".to_owned(),
        count => format!("{count} places"),
    };
    let said = mark.is_some().then(|| Cell::new(said, style));
    let cells = [
        mark,
        Some(Cell::new(needed.feature.as_str(), style)),
        said,
        Some(Cell::new(places, Style::Faint).right()),
        Some(Cell::new(format!("{} {}", first.object, first.path), Style::Plain)),
    ];
    table.row(cells.into_iter().flatten());
}

fn verdict(answer: &Answer) -> (Style, String) {
    let needed = answer.features.len();
    let features = if needed == 1 { "1 feature".to_owned() } else { format!("{needed} features") };
    let who = match &answer.claims {
        _ if needed == 0 => return (Style::Plain, "the manifests need no feature".to_owned()),
        None => return (Style::Plain, format!("{features} needed")),
        Some(Claims::List(_)) => "--features".to_owned(),
        Some(Claims::Report(report)) => format!("{} (Gateway API {})", report.implementation, report.api),
    };
    let who = printable(&who);
    match answer.missing().count() {
        0 => (Style::Success, format!("{features} needed: {who} claims all")),
        missing => (Style::Failure, format!("{features} needed: {who} does not claim {missing}")),
    }
}
