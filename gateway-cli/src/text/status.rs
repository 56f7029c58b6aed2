//! Statuses as people read them: what is wrong stands out.

use std::fmt::Write as _;

use super::table::{Cell, Table};
use crate::console::{Paint, Style};
use crate::status::{Item, Place};
use gateway_model::Condition;

/// Every object with its parts, a line each, and under it what is wrong with it.
pub(crate) fn table(items: &[Item], findings: usize, paint: Paint) -> String {
    let mut table = Table::new();
    for item in items {
        let object = item.object.to_string();
        let whole = item.places.iter().find(|place| place.name.is_empty());
        match whole {
            Some(place) => part(&mut table, Cell::new(object, Style::Strong), place),
            None => table.row([mark(item.places.iter().all(is_well)), Cell::new(object, Style::Strong)]),
        }
        for place in item.places.iter().filter(|place| !place.name.is_empty()) {
            part(&mut table, Cell::new(format!("  {}", place.name), Style::Plain), place);
        }
    }
    let mut out = String::new();
    table.write_to(&mut out, paint);
    let (style, verdict) = match findings {
        // Nothing was judged, perhaps because nothing could be read.
        0 if items.is_empty() => (Style::Plain, "nothing to report".to_owned()),
        0 => (Style::Success, "all is accepted, resolved and programmed".to_owned()),
        1 => (Style::Failure, "1 place where something is wrong".to_owned()),
        count => (Style::Failure, format!("{count} places where something is wrong")),
    };
    let objects = if items.len() == 1 { "1 object".to_owned() } else { format!("{} objects", items.len()) };
    let _ = writeln!(out, "\n{objects}: {}", paint.apply(style, &verdict));
    out
}

fn part(table: &mut Table, name: Cell, place: &Place) {
    table.row([mark(is_well(place)), name, Cell::new(place.facts.as_str(), Style::Faint)]);
    place.findings().for_each(|condition| told(table, condition, Style::Failure));
    place.cautions().for_each(|condition| told(table, condition, Style::Caution));
}

fn told(table: &mut Table, condition: &Condition, style: Style) {
    let Condition { r#type, status, reason, message, .. } = condition;
    let text = format!("    {type}={} {reason}: {message}", status.as_str());
    table.line([Cell::new("", Style::Plain), Cell::new(text, style)]);
}

fn is_well(place: &Place) -> bool {
    place.findings().next().is_none()
}

fn mark(well: bool) -> Cell {
    if well { Cell::new("ok", Style::Success) } else { Cell::new("!!", Style::Failure) }
}
