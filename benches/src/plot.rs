//! Curves on logarithmic axes, as SVG that is readable on light and on dark pages.

use std::fmt::Write;

/// One pair of axes.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What stands above it.
    pub title: String,
    /// The curves.
    pub series: Vec<Series>,
}

/// One curve. Curves of one name have one colour in all panels.
#[derive(Clone, Debug)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Pairs of numbers above 0.
    pub points: Vec<(f64, f64)>,
}

const COLUMNS: usize = 3;
const PANEL: (f64, f64) = (300.0, 230.0);
/// Left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (46.0, 30.0, 14.0, 34.0);
const HEAD: f64 = 66.0;

const STYLE: &str = "\
svg { background: #ffffff; font-family: system-ui, sans-serif; font-size: 11px; fill: #24292f }
.title { font-size: 16px; font-weight: 600 } .panel { font-size: 12px; font-weight: 600 } .quiet { fill: #57606a }
.grid { stroke: #d8dee4; stroke-width: 1 } .axis { stroke: #8c959f; stroke-width: 1 }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round }
.c0 { stroke: #0969da } .c1 { stroke: #cf222e } .c2 { stroke: #bc4c00 } .c3 { stroke: #8250df } .c4 { stroke: #57606a; stroke-dasharray: 5 4 }
.d0 { fill: #0969da } .d1 { fill: #cf222e } .d2 { fill: #bc4c00 } .d3 { fill: #8250df } .d4 { fill: #57606a }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #2a313c } .axis { stroke: #656c76 }
.c0 { stroke: #58a6ff } .c1 { stroke: #ff7b72 } .c2 { stroke: #ffa657 } .c3 { stroke: #d2a8ff } .c4 { stroke: #9198a1 }
.d0 { fill: #58a6ff } .d1 { fill: #ff7b72 } .d2 { fill: #ffa657 } .d3 { fill: #d2a8ff } .d4 { fill: #9198a1 }
}";

/// Panels in rows of three below a title and a legend of the names, which say the order of colours.
pub fn svg(title: &str, axes: &str, names: &[&str], panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(COLUMNS);
    let (width, height) = (PANEL.0 * number(COLUMNS), HEAD + PANEL.1 * number(rows));
    let mut drawing = Drawing { text: String::new(), names };
    drawing.line(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">"#
    ));
    drawing.line(&format!("<style>{STYLE}</style>"));
    drawing.line(&format!(r#"<text class="title" x="12" y="24">{title}</text>"#));
    drawing.line(&format!(r#"<text class="quiet" x="{}" y="24" text-anchor="end">{axes}</text>"#, width - 14.0));
    drawing.legend();
    for (position, panel) in panels.iter().enumerate() {
        let left = PANEL.0 * number(position % COLUMNS);
        let top = HEAD + PANEL.1 * number(position / COLUMNS);
        drawing.panel(panel, left, top);
    }
    drawing.line("</svg>");
    drawing.text
}

struct Drawing<'n> {
    text: String,
    names: &'n [&'n str],
}

/// A range of whole powers of ten, and where it lies.
#[derive(Clone, Copy)]
struct Axis {
    first: i32,
    last: i32,
    start: f64,
    end: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let logs: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::log10).collect();
        let least = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (first, last) = if logs.is_empty() { (0, 1) } else { (power(least.floor()), power(most.ceil())) };
        Axis { first, last: last.max(first + 1), start, end }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.start + share * (self.end - self.start)
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, String)> + use<> {
        let axis = *self;
        (self.first..=self.last).map(move |power| (axis.at(10_f64.powi(power)), tick_text(power)))
    }
}

impl Drawing<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn legend(&mut self) {
        let mut left = 12.0;
        for (colour, name) in self.names.iter().enumerate() {
            self.line(&format!(r#"<path class="curve c{colour}" d="M{left} 46h26"/>"#));
            self.line(&format!(r#"<text x="{}" y="50">{name}</text>"#, left + 32.0));
            left += 32.0 + 7.0 * number(name.len()) + 24.0;
        }
    }

    fn panel(&mut self, panel: &Panel, left: f64, top: f64) {
        let points = || panel.series.iter().flat_map(|series| series.points.iter());
        let across = Axis::over(points().map(|point| point.0), left + MARGIN.0, left + PANEL.0 - MARGIN.2);
        let up = Axis::over(points().map(|point| point.1), top + PANEL.1 - MARGIN.3, top + MARGIN.1);
        self.line(&format!(r#"<text class="panel" x="{}" y="{}">{}</text>"#, across.start, top + 18.0, panel.title));
        for (y, label) in up.ticks() {
            self.line(&format!(r#"<path class="grid" d="M{:.1} {y:.1}H{:.1}"/>"#, across.start, across.end));
            let (x, y) = (across.start - 6.0, y + 4.0);
            self.line(&format!(r#"<text class="quiet" x="{x:.1}" y="{y:.1}" text-anchor="end">{label}</text>"#));
        }
        for (x, label) in across.ticks() {
            self.line(&format!(r#"<path class="axis" d="M{x:.1} {:.1}v4"/>"#, up.start));
            let y = up.start + 17.0;
            self.line(&format!(r#"<text class="quiet" x="{x:.1}" y="{y:.1}" text-anchor="middle">{label}</text>"#));
        }
        self.line(&format!(r#"<path class="axis" d="M{:.1} {:.1}H{:.1}"/>"#, across.start, up.start, across.end));
        // The first name is drawn last, above the others.
        for series in panel.series.iter().rev() {
            self.curve(series, across, up);
        }
    }

    fn curve(&mut self, series: &Series, across: Axis, up: Axis) {
        let colour = self.names.iter().position(|name| *name == series.name).unwrap_or(0);
        let mut path = String::new();
        for (position, (x, y)) in series.points.iter().enumerate() {
            let step = if position == 0 { 'M' } else { 'L' };
            // Writing to a text does not fail.
            let _ = write!(path, "{step}{:.1} {:.1}", across.at(*x), up.at(*y));
        }
        self.line(&format!(r#"<path class="curve c{colour}" d="{path}"/>"#));
        for (x, y) in &series.points {
            self.line(&format!(
                r#"<circle class="d{colour}" cx="{:.1}" cy="{:.1}" r="2.6"/>"#,
                across.at(*x),
                up.at(*y)
            ));
        }
    }
}

fn tick_text(power: i32) -> String {
    match power {
        0..=2 => 10_i32.pow(power.unsigned_abs()).to_string(),
        3..=5 => format!("{}k", 10_i32.pow((power - 3).unsigned_abs())),
        6..=8 => format!("{}M", 10_i32.pow((power - 6).unsigned_abs())),
        _ => format!("1e{power}"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "logarithms are small")]
fn power(logarithm: f64) -> i32 {
    logarithm as i32
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_lies_between_its_axes() {
        let series = Series { name: "ours".to_owned(), points: vec![(10.0, 20.0), (100_000.0, 30.0)] };
        let drawn = svg("t", "a", &["ours"], &[Panel { title: "p".to_owned(), series: vec![series] }]);
        assert!(drawn.contains(r#"class="curve c0" d="M46.0 "#), "{drawn}");
        assert!(drawn.contains("L286.0 "), "{drawn}");
        assert_eq!(drawn.matches("<circle").count(), 2, "{drawn}");
        let ticks = ["10", "100", "1k", "10k", "100k"].map(|text| format!(">{text}</text>"));
        assert!(ticks.iter().all(|tick| drawn.contains(tick)), "{drawn}");
    }
}
