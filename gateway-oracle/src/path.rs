//! Paths: how they are read, and what a prefix takes.

use crate::options::{MergeSlashes, Options, PathNormalization};
use crate::query::nibble;

/// The path of a request as it is compared, or `None` if it is refused; and the query without its `?`.
pub(crate) fn read<'a>(target: &'a str, options: &Options) -> (Option<String>, &'a str) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = if path.is_empty() { "/" } else { path };
    let path = match options.path_normalization {
        PathNormalization::Raw => Some(path.to_owned()),
        PathNormalization::Reject => Some(path.to_owned()).filter(|path| !is_ambiguous(path)),
        PathNormalization::Rfc3986 => Some(without_dot_segments(&equivalent(path))),
    };
    let path = match options.merge_slashes {
        MergeSlashes::Off => path,
        MergeSlashes::On => path.map(|path| with_single_slashes(&path)),
    };
    (path, query)
}

/// Whether a prefix takes a path.
/// spec: HTTPPathMatch.type: matching is case-sensitive and by elements split by `/`; a trailing slash of the prefix
/// is ignored. The prefix `/` takes everything, `*` of an OPTIONS request too.
pub(crate) fn prefix_takes(prefix: &str, path: &str) -> bool {
    let prefix = without_trailing_slash(prefix);
    prefix.is_empty() || path == prefix || path.starts_with(&format!("{prefix}/"))
}

/// The number of characters of a prefix that count for precedence.
pub(crate) fn prefix_characters(prefix: &str) -> usize {
    without_trailing_slash(prefix).chars().count()
}

fn without_trailing_slash(prefix: &str) -> &str {
    prefix.strip_suffix('/').unwrap_or(prefix)
}

/// Whether other software may read the path as another one.
fn is_ambiguous(path: &str) -> bool {
    let hides_a_slash = |piece: &Piece| matches!(piece, Piece::Escape(b'/' | b'\\'));
    path.contains("//")
        || pieces(path).iter().any(hides_a_slash)
        || equivalent(path).split('/').any(|segment| segment == "." || segment == "..")
}

enum Piece {
    Plain(char),
    Escape(u8),
}

/// The path as characters and whole escapes; a broken escape is characters.
fn pieces(path: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let escape = match rest.as_bytes() {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                Some(16 * nibble(*high) + nibble(*low))
            }
            _ => None,
        };
        let (piece, length) = match escape {
            Some(byte) => (Piece::Escape(byte), 3),
            None => (Piece::Plain(first), first.len_utf8()),
        };
        pieces.push(piece);
        rest = rest.get(length..).unwrap_or("");
    }
    pieces
}

/// Escapes of unreserved characters are decoded, other escapes in upper case. RFC 3986 section 6.2.2.
fn equivalent(path: &str) -> String {
    let spelled = |piece: Piece| match piece {
        Piece::Plain(c) => c.to_string(),
        Piece::Escape(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        Piece::Escape(byte) => format!("%{byte:02X}"),
    };
    pieces(path).into_iter().map(spelled).collect()
}

/// The path without `.` and `..` segments: RFC 3986 section 5.2.4 to the letter, for absolute paths.
fn without_dot_segments(path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let mut input = path.to_owned();
    let mut output = String::new();
    while !input.is_empty() {
        // Steps A and D take relative beginnings away, which an absolute path never has.
        if let Some(rest) = input.strip_prefix("/./").or(input.strip_suffix("/.").filter(|rest| rest.is_empty())) {
            // Step B.
            input = format!("/{rest}");
        } else if let Some(rest) =
            input.strip_prefix("/../").or(input.strip_suffix("/..").filter(|rest| rest.is_empty()))
        {
            // Step C.
            input = format!("/{rest}");
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            // Step E: the first segment with the slash before it.
            let end = input.match_indices('/').map(|(at, _)| at).find(|at| *at > 0).unwrap_or(input.len());
            let rest = input.split_off(end);
            output.push_str(&input);
            input = rest;
        }
    }
    output
}

fn with_single_slashes(path: &str) -> String {
    let mut merged = path.to_owned();
    while merged.contains("//") {
        merged = merged.replace("//", "/");
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(normalization: &str, merge: &str) -> Options {
        let mut options = Options::default();
        options.set("path-normalization", normalization).unwrap();
        options.set("merge-slashes", merge).unwrap();
        options
    }

    #[test]
    fn the_query_starts_at_the_first_question_mark_and_an_empty_path_is_the_root() {
        let cases = [("/a?b?c", "/a", "b?c"), ("/a", "/a", ""), ("", "/", ""), ("?x", "/", "x"), ("*", "*", "")];
        for (target, path, query) in cases {
            assert_eq!(read(target, &Options::default()), (Some(path.to_owned()), query), "{target}");
        }
    }

    #[test]
    fn a_prefix_takes_whole_segments() {
        let cases = [
            ("/", "/", true),
            ("/", "/a", true),
            ("/", "*", true),
            ("/foo", "/foo", true),
            ("/foo", "/foo/", true),
            ("/foo", "/foo/bar", true),
            ("/foo", "/foobar", false),
            ("/foo", "/Foo", false),
            ("/foo/", "/foo", true),
            ("/foo/", "/foo/bar", true),
            ("/foo/", "/foobar", false),
            ("/foo", "*", false),
            ("/aaa/bbb", "/aaa/bbbxyz", false),
            ("/aaa/bbb/", "/aaa/bbb/ccc", true),
            ("/foo//", "/foo", false),
            ("/foo//", "/foo//", true),
        ];
        for (prefix, path, expected) in cases {
            assert_eq!(prefix_takes(prefix, path), expected, "{prefix} {path}");
        }
        assert_eq!(["/", "/a", "/a/", "/a/ä"].map(prefix_characters), [0, 2, 2, 4]);
    }

    #[test]
    fn ambiguous_paths_are_refused_on_demand() {
        let cases = [
            ("/a/b", true),
            ("/a/.b/c.", true),
            ("/a/...", true),
            ("/%252F", true),
            ("/a%", true),
            ("*", true),
            ("/a//b", false),
            ("/a%2Fb", false),
            ("/a%2fb", false),
            ("/a%5cb", false),
            ("/a/./b", false),
            ("/a/..", false),
            ("/a/%2e%2E/b", false),
            ("/a/.%2e", false),
        ];
        for (path, accepted) in cases {
            assert_eq!(read(path, &options("reject", "off")).0.is_some(), accepted, "{path}");
        }
        assert!(read("/a?b//c", &options("reject", "off")).0.is_some(), "the query is no path");
        assert_eq!(read("/a//b", &options("reject", "on")).0, None, "refused before slashes are merged");
    }

    #[test]
    fn equivalent_spellings_become_one_on_demand() {
        let cases = [
            ("/%61%2d%7E", "/a-~"),
            ("/a%2fb%c3%a4", "/a%2Fb%C3%A4"),
            ("/a/./b/../c", "/a/c"),
            ("/a/%2e%2e/b", "/b"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/.", "/"),
            ("/a//../b", "/a/b"),
            ("/a//b", "/a//b"),
            ("/%zz%4%", "/%zz%4%"),
            ("/%%61", "/%a"),
            ("*", "*"),
            ("a/../b", "a/../b"),
            ("/ä%C3", "/ä%C3"),
        ];
        for (path, expected) in cases {
            assert_eq!(read(path, &options("rfc3986", "off")).0.as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn slashes_are_merged_on_demand_and_last() {
        let cases = [("raw", "//a///b/", "/a/b/"), ("raw", "/a/b", "/a/b"), ("rfc3986", "/a/x//../b", "/a/x/b")];
        for (normalization, path, expected) in cases {
            assert_eq!(read(path, &options(normalization, "on")).0.as_deref(), Some(expected), "{path}");
        }
    }
}
