//! Header modifiers. spec: `HTTPHeaderFilter`.

use gateway_match::{DoubleHeaderAction, Profile};
use gateway_model::{Header, HeaderModifier, RouteFilter, RouteFilterType};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{compiled, ensure, of_type, text};
use crate::generate::Source;

const NAMES: &[&str] = &["x-a", "X-A", "x-b", "Set-Cookie", "x-c", "host", "x!#", "x a", "", "é", "x:"];
const VALUES: &[&str] = &["a", "b, c", "", " a", "a\t", "a\r\nx-b: c", "é", "\"q\"", "a b", "\u{7f}"];

pub(super) fn check(source: &mut dyn Source) -> Result<(), String> {
    let header = |source: &mut dyn Source| Header { name: name(source), value: value(source) };
    let modifier = HeaderModifier {
        set: (0..source.below(4)).map(|_| header(source)).collect(),
        add: (0..source.below(4)).map(|_| header(source)).collect(),
        remove: (0..source.below(3)).map(|_| name(source)).collect(),
    };
    let option = *source.one_of(DoubleHeaderAction::ALL).unwrap_or(&DoubleHeaderAction::Reject);
    let profile = Profile::new().double_header_action(option);
    let of_request = source.below(2) == 0;
    let filter = if of_request {
        let filter = of_type(RouteFilterType::RequestHeaderModifier);
        RouteFilter { request_header_modifier: Some(modifier.clone()), ..filter }
    } else {
        let filter = of_type(RouteFilterType::ResponseHeaderModifier);
        RouteFilter { response_header_modifier: Some(modifier.clone()), ..filter }
    };
    let twice = names_one_twice(&modifier);
    let usable = is_usable(&modifier) && (option == DoubleHeaderAction::SetAddRemove || !twice);
    let Some(filters) = compiled(&filter, &profile, usable)? else { return Ok(()) };
    let changes = if of_request { filters.request_headers() } else { filters.response_headers() };
    let changes = changes.ok_or("no header modifier")?;
    ensure(filters.warnings().is_empty() != twice, || format!("{modifier:?}: {:?}", filters.warnings()))?;

    let before: Vec<(String, String)> = (0..source.below(6))
        .map(|_| (source.word(&["x-a", "x-b", "set-cookie", "x-c", "x-d"]).to_owned(), format!("{}", source.below(9))))
        .collect();
    let mut headers = HeaderMap::new();
    for (name, value) in &before {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        headers.append(name, value);
    }
    changes.apply(&mut headers).map_err(|problem| problem.to_string())?;
    let found: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let wanted = modified(&modifier, before.clone());
    ensure(by_name(&found) == by_name(&wanted), || {
        format!("{modifier:?} on {before:?}\n  found {found:?}\n  wanted {wanted:?}")
    })
}

fn name(source: &mut dyn Source) -> String {
    match source.below(16) {
        15 => text(source, NAMES, 3),
        n => NAMES.get(n).copied().unwrap_or("x-d").to_owned(),
    }
}

fn value(source: &mut dyn Source) -> String {
    match source.below(8) {
        0..5 => "a".to_owned(),
        5 => text(source, VALUES, 3),
        _ => source.word(VALUES).to_owned(),
    }
}

/// spec: `HTTPHeader`: names are tokens, values visible characters with blanks only between them.
fn is_usable(modifier: &HeaderModifier) -> bool {
    let token = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
    };
    let value = |value: &str| {
        !value.is_empty()
            && value == value.trim_matches([' ', '\t'])
            && value.chars().all(|c| c.is_ascii_graphic() || c == ' ' || c == '\t')
    };
    let mut headers = modifier.set.iter().chain(&modifier.add);
    headers.all(|header| token(&header.name) && value(&header.value)) && modifier.remove.iter().all(|name| token(name))
}

fn names(modifier: &HeaderModifier) -> Vec<String> {
    let set = modifier.set.iter().chain(&modifier.add).map(|header| &header.name);
    set.chain(&modifier.remove).map(|name| name.to_ascii_lowercase()).collect()
}

fn names_one_twice(modifier: &HeaderModifier) -> bool {
    let mut names = names(modifier);
    let all = names.len();
    names.sort();
    names.dedup();
    names.len() < all
}

/// Set, then add, then remove; of two entries of one list for one name the first counts.
fn modified(modifier: &HeaderModifier, mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let first = |list: &[Header]| {
        let mut kept: Vec<(String, String)> = Vec::new();
        for Header { name, value } in list {
            let name = name.to_ascii_lowercase();
            if !kept.iter().any(|(other, _)| *other == name) {
                kept.push((name, value.clone()));
            }
        }
        kept
    };
    for (name, value) in first(&modifier.set) {
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value));
    }
    headers.extend(first(&modifier.add));
    headers.retain(|(name, _)| !modifier.remove.iter().any(|removed| removed.eq_ignore_ascii_case(name)));
    headers
}

/// The order of names means nothing, that of one name's values does.
fn by_name(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut sorted = headers.to_vec();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}
