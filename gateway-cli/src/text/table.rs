//! Columns of text, each as wide as its widest cell.

use std::borrow::Cow;

use crate::console::{Paint, Style, printable};

/// A piece of text in a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
    right: bool,
    wide: bool,
}

impl Cell {
    pub(super) fn new<'a>(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Cell { text: printable(&text.into()).into_owned(), style, right: false, wide: false }
    }

    /// At the right edge of its column.
    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    fn width(&self) -> usize {
        if self.wide { 0 } else { self.text.chars().count() }
    }
}

/// Rows of cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// A row whose last cell may be wider than its column.
    pub(super) fn line(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut cells: Vec<Cell> = cells.into_iter().collect();
        if let Some(last) = cells.last_mut() {
            last.wide = true;
        }
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the rows, indented by two, without blanks at the end of a line.
    pub(super) fn write_to(&self, out: &mut String, paint: Paint) {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                match widths.get_mut(column) {
                    Some(width) => *width = (*width).max(cell.width()),
                    None => widths.push(cell.width()),
                }
            }
        }
        for row in &self.rows {
            // Blanks are only written when something follows them.
            let mut blanks = 2;
            for (cell, width) in row.iter().zip(&widths) {
                if cell.text.is_empty() {
                    blanks += width + 2;
                    continue;
                }
                let padding = width.saturating_sub(cell.width());
                let (before, after) = if cell.right { (padding, 0) } else { (0, padding) };
                out.extend(std::iter::repeat_n(' ', blanks + before));
                out.push_str(&paint.apply(cell.style, &cell.text));
                blanks = after + 2;
            }
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let cell = |text: &str| Cell::new(text.to_owned(), Style::Plain);
        let mut table = Table::new();
        table.row([cell("a"), cell("12").right(), cell("")]);
        table.row([cell("größe"), cell("3").right(), cell("x")]);
        table.row([cell(""), cell("").right(), cell("y")]);
        let mut out = String::new();
        table.write_to(&mut out, Paint::default());
        assert_eq!(out, "  a      12\n  größe   3  x\n             y\n");
    }
}
