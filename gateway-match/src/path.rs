//! Conditions on the path, and the form of the path that they are compared with.

use std::borrow::Cow;

use crate::options::{MergeSlashes, PathNormalization};
use crate::query::hex;

/// Whether a path lies under a prefix, by whole segments. spec: `PathMatchType`, PathPrefix.
///
/// A trailing slash of the prefix does not count: `/foo/` takes `/foo`. The prefix `/` takes every
/// path, also those that do not begin with a slash (`OPTIONS *`).
///
/// ```
/// use gateway_match::path_has_prefix;
///
/// assert!(path_has_prefix("/foo/bar", "/foo"));
/// assert!(path_has_prefix("/foo", "/foo/"));
/// assert!(!path_has_prefix("/foobar", "/foo"));
/// ```
pub fn path_has_prefix(path: &str, prefix: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    prefix.is_empty() || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Why a path is refused before any rule sees it. See [`PathNormalization::Reject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AmbiguousPath;

/// The form of a path that rules are compared with. Copies only a path that must change.
/// O(length).
#[inline]
pub(crate) fn comparable_path(
    path: &str,
    normalization: PathNormalization,
    slashes: MergeSlashes,
) -> Result<Cow<'_, str>, AmbiguousPath> {
    if normalization == PathNormalization::Raw && slashes == MergeSlashes::Off {
        return Ok(Cow::Borrowed(path));
    }
    normal_path(path, normalization, slashes)
}

fn normal_path(
    path: &str,
    normalization: PathNormalization,
    slashes: MergeSlashes,
) -> Result<Cow<'_, str>, AmbiguousPath> {
    let mut path = match normalization {
        PathNormalization::Raw => Cow::Borrowed(path),
        PathNormalization::Reject if is_ambiguous(path) => return Err(AmbiguousPath),
        PathNormalization::Reject => Cow::Borrowed(path),
        PathNormalization::Rfc3986 if !path.contains('%') && !has_dot_segment(path) => Cow::Borrowed(path),
        PathNormalization::Rfc3986 => Cow::Owned(without_dot_segments(&with_normal_escapes(path))),
    };
    if slashes == MergeSlashes::On && path.contains("//") {
        path = Cow::Owned(with_single_slashes(&path));
    }
    Ok(path)
}

/// Whether two servers might read a path differently: dot segments, empty segments, escaped slashes.
fn is_ambiguous(path: &str) -> bool {
    let escaped_slash = path
        .as_bytes()
        .windows(3)
        .any(|window| matches!(window, [b'%', b'2', b'f' | b'F'] | [b'%', b'5', b'c' | b'C']));
    escaped_slash || path.contains("//") || has_dot_segment(&with_normal_escapes(path))
}

fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| segment == "." || segment == "..")
}

/// Unreserved characters decoded, other escapes in upper case. spec: RFC 3986 section 6.2.2.
fn with_normal_escapes(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        let byte = match after.as_bytes() {
            [high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte.map(char::from) {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') => normal.push(c),
            Some(c) => {
                normal.push_str(&format!("%{:02X}", u32::from(c)));
            }
            None => {
                normal.push('%');
                rest = after;
                continue;
            }
        }
        rest = after.get(2..).unwrap_or("");
    }
    normal.push_str(rest);
    Cow::Owned(normal)
}

/// spec: RFC 3986 section 5.2.4, for absolute paths.
fn without_dot_segments(path: &str) -> String {
    let Some(absolute) = path.strip_prefix('/') else {
        return path.to_owned();
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = absolute.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => {
                kept.push(other);
                continue;
            }
        }
        if last {
            // What a dot segment leaves at the end is a directory.
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

fn with_single_slashes(path: &str) -> String {
    let mut single = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !single.ends_with('/') {
            single.push(c);
        }
    }
    single
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_takes_whole_segments() {
        let cases = [
            ("/", "/", true),
            ("/", "/anything", true),
            ("/", "*", true),
            ("/foo", "/foo", true),
            ("/foo", "/foo/", true),
            ("/foo", "/foo/bar", true),
            ("/foo", "/foobar", false),
            ("/foo/", "/foo", true),
            ("/foo/", "/foo/bar", true),
            ("/foo/", "/foobar", false),
            ("/foo", "/FOO", false),
            ("/foo", "/", false),
            ("/foo/bar", "/foo", false),
            ("/foo", "/fo%6f", false),
        ];
        for (prefix, path, expected) in cases {
            assert_eq!(path_has_prefix(path, prefix), expected, "prefix `{prefix}`, path `{path}`");
        }
    }

    #[test]
    fn paths_are_normalized_as_the_option_says() {
        use PathNormalization::{Raw, Reject, Rfc3986};
        let cases = [
            (Raw, "/a/../b//%2e", Some("/a/../b//%2e")),
            (Reject, "/a/b", Some("/a/b")),
            (Reject, "/a/%41", Some("/a/%41")),
            (Reject, "/a/..b/.c", Some("/a/..b/.c")),
            (Reject, "/a/../b", None),
            (Reject, "/a/%2e%2E/b", None),
            (Reject, "/a//b", None),
            (Reject, "/a%2fb", None),
            (Reject, "/a%5Cb", None),
            (Reject, "/.", None),
            (Rfc3986, "/a/../b", Some("/b")),
            (Rfc3986, "/a/./b/.", Some("/a/b/")),
            (Rfc3986, "/../..", Some("/")),
            (Rfc3986, "/a/%2e%2e/b", Some("/b")),
            (Rfc3986, "/%7euser%2f", Some("/~user%2F")),
            (Rfc3986, "/a%", Some("/a%")),
            (Rfc3986, "/a%zz%4", Some("/a%zz%4")),
            (Rfc3986, "/a//b", Some("/a//b")),
            (Rfc3986, "/a/b/..", Some("/a/")),
            (Rfc3986, "*", Some("*")),
            (Rfc3986, "/%e2%82%ac", Some("/%E2%82%AC")),
        ];
        for (normalization, path, expected) in cases {
            let found = comparable_path(path, normalization, MergeSlashes::Off).ok();
            assert_eq!(found.as_deref(), expected, "{normalization} `{path}`");
        }
        assert_eq!(comparable_path("//a///b/", Raw, MergeSlashes::On).as_deref(), Ok("/a/b/"));
        assert!(matches!(comparable_path("/a/b", Rfc3986, MergeSlashes::On), Ok(Cow::Borrowed(_))));
    }
}
