//! One number that was measured.

/// A number with what it is and what it is counted in.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

/// Notes a number, and prints it.
pub(crate) fn note(figures: &mut Vec<Figure>, name: &'static str, value: f64, unit: &'static str) {
    println!("{name}: {} {unit}", rounded(value));
    figures.push(Figure { name, value, unit });
}

/// The number of that name, NaN if there is none.
pub(crate) fn value(figures: &[Figure], name: &str) -> f64 {
    figures.iter().find(|figure| figure.name == name).map_or(f64::NAN, |figure| figure.value)
}

/// Three digits, or all before the point.
pub(crate) fn rounded(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.2e}"),
    }
}
