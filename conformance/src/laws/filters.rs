//! Filters against models written from the descriptions of their fields, one filter at a time.

use gateway_match::{FilterFault, Filters, Profile};
use gateway_model::{RouteFilter, RouteFilterType};

use super::ensure;
use crate::generate::{Bytes, Source};

mod cors;
mod headers;
mod paths;
mod redirect;
mod rewrite;

pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let source: &mut dyn Source = &mut source;
    let law = source.below(4);
    // Several requests and filters out of one input: most are small.
    (0..4).try_for_each(|_| match law {
        0 => redirect::check(source),
        1 => rewrite::check(source),
        2 => headers::check(source),
        _ => cors::check(source),
    })
}

/// The one filter compiled, where the model says that it can be; `None` where both say that it cannot.
fn compiled(filter: &RouteFilter, profile: &Profile, usable: bool) -> Result<Option<Filters>, String> {
    match Filters::compile(std::slice::from_ref(filter), profile) {
        Ok(filters) if usable => Ok(Some(filters)),
        Err(FilterFault { path, problem, .. }) if usable => Err(format!("{filter:?} is refused: {path}: {problem}")),
        Ok(_) => Err(format!("{filter:?} is not refused")),
        Err(_) => Ok(None),
    }
}

/// A filter of a type, its own field still to be set.
fn of_type(r#type: RouteFilterType) -> RouteFilter {
    RouteFilter { r#type, ..RouteFilter::default() }
}

/// A text of so many pieces at most, and now and then a byte of the source's own.
fn text(source: &mut dyn Source, pieces: &[&str], most: usize) -> String {
    let mut text = String::new();
    for _ in 0..source.below(most + 1) {
        match source.below(16) {
            15 => text.push(u8::try_from(source.below(256)).map_or('?', char::from)),
            _ => text.push_str(source.word(pieces)),
        }
    }
    text
}

/// A value, or `None` in so many of a hundred cases.
fn perhaps<T>(source: &mut dyn Source, percent: usize, make: impl FnOnce(&mut dyn Source) -> T) -> Option<T> {
    if source.chance(percent) { None } else { Some(make(source)) }
}

/// Hosts that a filter may name, and others.
fn hostname(source: &mut dyn Source) -> String {
    match source.below(8) {
        0 => text(source, &["a", "-", ".", "example.com", "A", "*", "1", "_", ""], 6),
        1 => source.word(&["", "a..b", "-a.com", "*.example.com", "A.example.com", "a_b.com"]).to_owned(),
        2 => format!("{}.com", "a".repeat(240 + source.below(16))),
        _ => source.word(&["example.org", "a.example.com", "localhost", "127.0.0.1", "xn--a"]).to_owned(),
    }
}

/// spec: `PreciseHostname`: labels of lower-case letters, digits and inner hyphens, 253 characters.
fn is_precise_hostname(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label = |label: &str| {
        label.starts_with(alphanumeric)
            && label.ends_with(alphanumeric)
            && label.chars().all(|c| alphanumeric(c) || c == '-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether nothing in a text can end a header or stand in none.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
