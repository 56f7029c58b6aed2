//! Paths: what requests have, what filters make of them, and what of both can stand in a URI.

use gateway_match::FullPathQuery;
use gateway_model::{PathModifier, PathModifierType};

use super::{perhaps, text};
use crate::generate::Source;

const PIECES: &[&str] = &[
    "/",
    "a",
    "foo",
    "/foo",
    "/bar",
    "//",
    "%2F",
    "%",
    " ",
    "é",
    "?",
    "#",
    "..",
    ".",
    "*",
    "\r\n",
    ":",
    "@",
    "\\",
    "%zz",
    "a=b",
    "&",
    "evil.example",
];

/// The path of a request, without its query.
pub(super) fn request_path(source: &mut dyn Source) -> String {
    match source.below(6) {
        0 => "*".to_owned(),
        1 => source.word(&["/", "/foo", "/foo/", "/foo/bar", "/foo//bar", "/foobar", "//foo"]).to_owned(),
        _ => format!("/{}", text(source, PIECES, 6)).replace('?', "%3F"),
    }
}

pub(super) fn query(source: &mut dyn Source) -> Option<String> {
    perhaps(source, 50, |source| text(source, PIECES, 4))
}

/// The prefix of the match that took the request, if it was one.
pub(super) fn matched_prefix(source: &mut dyn Source) -> Option<String> {
    perhaps(source, 15, |source| match source.below(4) {
        0 => format!("/{}", text(source, PIECES, 3)),
        _ => source.word(&["/", "/foo", "/foo/", "/foo/bar"]).to_owned(),
    })
}

/// A modifier, mostly well-formed.
pub(super) fn modifier(source: &mut dyn Source) -> PathModifier {
    let prefix = source.below(2) == 1;
    let replacement = match source.below(3) {
        0 => source.word(&["", "/", "/xyz", "/xyz/", "xyz", "//", "/foo"]).to_owned(),
        _ => text(source, PIECES, 4),
    };
    let (full, of_prefix) = if prefix { (None, Some(replacement)) } else { (Some(replacement), None) };
    let mut modifier = PathModifier {
        r#type: if prefix { PathModifierType::ReplacePrefixMatch } else { PathModifierType::ReplaceFullPath },
        replace_full_path: full,
        replace_prefix_match: of_prefix,
    };
    match source.below(32) {
        30 => modifier.replace_full_path = Some("/".to_owned()),
        31 => modifier.r#type = PathModifierType::from("Replace"),
        _ => {}
    }
    modifier
}

/// Whether the modifier has exactly the field that its type names. spec: `HTTPPathModifier.type`.
pub(super) fn is_usable(modifier: &PathModifier) -> bool {
    let fields = (modifier.replace_full_path.is_some(), modifier.replace_prefix_match.is_some());
    match modifier.r#type {
        PathModifierType::ReplaceFullPath => fields == (true, false),
        PathModifierType::ReplacePrefixMatch => fields == (false, true),
        _ => false,
    }
}

/// The path after a modifier, segment by segment. What a filter puts there is escaped, what the
/// request has is as it was. spec: `HTTPPathModifier`, its table.
pub(super) fn modified(modifier: &PathModifier, path: &str, matched_prefix: Option<&str>) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    if let Some(full) = &modifier.replace_full_path {
        return escaped(&rooted(full), false);
    }
    let replacement = escaped(modifier.replace_prefix_match.as_deref().unwrap_or(""), false);
    let segments = |path: &str| path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
    let (wanted, have) = match matched_prefix {
        None => return path.to_owned(),
        Some(prefix) => (segments(prefix.strip_suffix('/').unwrap_or(prefix)), segments(path)),
    };
    let Some(rest) = have.strip_prefix(wanted.as_slice()) else { return path.to_owned() };
    // Slashes that follow the prefix count as one.
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let last = rest.len().saturating_sub(1);
    let first = rest.iter().position(|segment| !segment.is_empty()).unwrap_or(last);
    match rest.get(first..) {
        Some(rest) if !rest.is_empty() => {
            let head = replacement.trim_end_matches('/');
            let head = if head.is_empty() { String::new() } else { rooted(head) };
            format!("{head}/{}", rest.join("/"))
        }
        _ => rooted(&replacement),
    }
}

/// Whether the request's query follows the path.
pub(super) fn keeps_query(modifier: Option<&PathModifier>, option: FullPathQuery) -> bool {
    modifier.is_none_or(|modifier| modifier.replace_full_path.is_none() || option == FullPathQuery::Keep)
}

fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// RFC 3986: pchar and the slash stay, in a query the question mark as well, and escapes; all else
/// is escaped byte by byte.
pub(super) fn escaped(text: &str, in_query: bool) -> String {
    let allowed = if in_query { "-._~!$&'()*+,;=:@/?" } else { "-._~!$&'()*+,;=:@/" };
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut out = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let stays = match byte {
            b'%' => is_hex(at + 1) && is_hex(at + 2),
            byte => byte.is_ascii_alphanumeric() || allowed.as_bytes().contains(byte),
        };
        out.push_str(&if stays { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    }
    out
}
