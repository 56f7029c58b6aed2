//! How a path is changed, for redirects and rewrites alike. spec: `HTTPPathModifier`.

use std::borrow::Cow;

use gateway_model::{PathModifier, PathModifierType};

use super::escape::escaped_path;
use super::problem::{Fault, unknown};
use super::shape::check_member;
use crate::options::FullPathQuery;
use crate::path::path_has_prefix;

/// The path with its prefix replaced; `None` if it is not under the prefix.
///
/// spec: `HTTPPathModifier.replacePrefixMatch`. What is under a prefix is the question of
/// [`path_has_prefix`]: whole segments, a trailing slash of the prefix does not count. Exactly one
/// slash stands between the replacement and what follows, however many there were on either side.
/// The specification's table, and then what it leaves out:
///
/// ```
/// use gateway_match::replace_prefix;
///
/// for (path, prefix, replacement, expected) in [
///     ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
///     ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
///     ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
///     ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
///     ("/foo", "/foo", "/xyz", "/xyz"),
///     ("/foo/", "/foo", "/xyz", "/xyz/"),
///     ("/foo/bar", "/foo", "", "/bar"),
///     ("/foo/", "/foo", "", "/"),
///     ("/foo", "/foo", "", "/"),
///     ("/foo/", "/foo", "/", "/"),
///     ("/foo", "/foo", "/", "/"),
///     // the prefix `/` is the empty one with a trailing slash
///     ("/bar", "/", "/xyz", "/xyz/bar"),
///     ("/", "/", "/xyz", "/xyz/"),
///     ("/bar", "/", "/", "/bar"),
///     // a replacement that nothing follows stays as it is
///     ("/foo", "/foo", "/xyz/", "/xyz/"),
///     ("/foo", "/foo", "xyz", "/xyz"),
///     // a path that begins with two slashes would read as a host
///     ("/foo//evil.example", "/foo", "/", "/evil.example"),
/// ] {
///     assert_eq!(replace_prefix(path, prefix, replacement).unwrap(), expected);
/// }
/// assert_eq!(replace_prefix("/foobar", "/foo", "/xyz"), None);
/// assert_eq!(replace_prefix("*", "/", "/xyz").unwrap(), "*"); // `OPTIONS *` has no path
/// ```
///
/// O(length). Copies only what changes.
pub fn replace_prefix<'a>(path: &'a str, prefix: &str, replacement: &'a str) -> Option<Cow<'a, str>> {
    if !path_has_prefix(path, prefix) {
        return None;
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let rest = path.strip_prefix(prefix)?;
    let start = if replacement.starts_with('/') { "" } else { "/" };
    if rest.is_empty() {
        return Some(match start {
            "" => Cow::Borrowed(replacement),
            slash => Cow::Owned([slash, replacement].concat()),
        });
    }
    let Some(rest) = rest.strip_prefix('/') else {
        return Some(Cow::Borrowed(path));
    };
    let rest = rest.trim_start_matches('/');
    let head = replacement.trim_end_matches('/');
    let start = if head.is_empty() { "" } else { start };
    Some(Cow::Owned([start, head, "/", rest].concat()))
}

/// A path modifier, compiled. Replacements hold only what can stand in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathChange {
    Full { path: Box<str>, query: FullPathQuery },
    Prefix { replacement: Box<str> },
}

impl PathChange {
    pub(super) fn compile(wire: &PathModifier, query: FullPathQuery) -> Result<Self, Fault> {
        check_path_modifier(&wire.r#type, wire.replace_full_path.is_some(), wire.replace_prefix_match.is_some())?;
        Ok(match &wire.replace_full_path {
            Some(path) => {
                let path = escaped_path(path);
                let path = if path.starts_with('/') { path } else { format!("/{path}") };
                PathChange::Full { path: path.into(), query }
            }
            None => PathChange::Prefix {
                replacement: escaped_path(wire.replace_prefix_match.as_deref().unwrap_or("")).into(),
            },
        })
    }

    /// The changed path. One that is not under the prefix stays as it is, and so does every path
    /// of a prefix change if the match has no prefix.
    pub(super) fn apply<'a>(&'a self, path: &'a str, matched_prefix: Option<&str>) -> Cow<'a, str> {
        match self {
            PathChange::Full { .. } if path == "*" => Cow::Borrowed(path),
            PathChange::Full { path, .. } => Cow::Borrowed(path),
            PathChange::Prefix { replacement } => matched_prefix
                .and_then(|prefix| replace_prefix(path, prefix, replacement))
                .unwrap_or(Cow::Borrowed(path)),
        }
    }

    /// Whether the request's query follows the changed path.
    pub(super) fn keeps_query(&self) -> bool {
        match self {
            PathChange::Full { query, .. } => *query == FullPathQuery::Keep,
            PathChange::Prefix { .. } => true,
        }
    }

    pub(super) fn is_prefix(&self) -> bool {
        matches!(self, PathChange::Prefix { .. })
    }
}

/// Whether a modifier has the field that its type names, and no other.
fn check_path_modifier(kind: &PathModifierType, full: bool, prefix: bool) -> Result<(), Fault> {
    if !kind.is_known() {
        return Err(unknown("type", kind));
    }
    check_member("replaceFullPath", full, *kind == PathModifierType::ReplaceFullPath, kind)?;
    check_member("replacePrefixMatch", prefix, *kind == PathModifierType::ReplacePrefixMatch, kind)
}

#[cfg(test)]
#[path = "path_modifier_tests.rs"]
mod tests;
