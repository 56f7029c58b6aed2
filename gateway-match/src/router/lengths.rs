//! Which lengths the prefixes of an index have, where those are few.

use std::ops::ControlFlow;

/// The different lengths of some prefixes, the greatest first, as long as they are few and none is great.
///
/// A path lies under a prefix if it ends, or has a slash, where the prefix ends. For a few lengths that is asked sooner
/// than the slashes of a path are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lengths(
    /// Zeros behind; `None` if they are too many or too great.
    Option<[u8; MOST]>,
);

/// So many lengths are kept.
const MOST: usize = 8;

impl Default for Lengths {
    fn default() -> Self {
        Lengths(Some([0; MOST]))
    }
}

impl Lengths {
    /// Adds the length of a prefix that is not empty.
    pub(super) fn add(&mut self, length: usize) {
        self.0 = self.0.and_then(|lengths| with(lengths, u8::try_from(length).ok()?));
    }

    /// Whether they are one, and no others were ever added.
    pub(super) fn is_one(&self) -> bool {
        matches!(self.0, Some([only, 0, ..]) if only > 0)
    }

    /// The beginning of a path that has the greatest length and ends where a segment does.
    #[inline(always)]
    pub(super) fn longest_end<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let [longest, ..] = self.0?;
        end_of(path, longest)
    }

    /// Shows the beginnings of a path that have one of the lengths and end where a segment does, the longest first,
    /// until told to stop; `None` if the lengths are not kept.
    #[inline(always)]
    pub(super) fn visit_ends(
        &self,
        path: &[u8],
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Option<ControlFlow<()>> {
        for length in self.0? {
            if length == 0 {
                break;
            }
            if let Some(prefix) = end_of(path, length)
                && each(prefix).is_break()
            {
                return Some(ControlFlow::Break(()));
            }
        }
        Some(ControlFlow::Continue(()))
    }
}

/// The beginning of a path that has a length, if a segment ends there.
#[inline(always)]
fn end_of(path: &[u8], length: u8) -> Option<&[u8]> {
    match path.split_at_checked(usize::from(length))? {
        (prefix, [] | [b'/', ..]) => Some(prefix),
        _ => None,
    }
}

/// The lengths with one more among them; `None` if they are too many then.
fn with(mut lengths: [u8; MOST], length: u8) -> Option<[u8; MOST]> {
    if lengths.contains(&length) {
        return Some(lengths);
    }
    let free = lengths.last_mut().filter(|last| **last == 0)?;
    *free = length;
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    Some(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(prefixes: &[&str]) -> Lengths {
        let mut lengths = Lengths::default();
        prefixes.iter().for_each(|prefix| lengths.add(prefix.len()));
        lengths
    }

    fn ends(lengths: Lengths, path: &str) -> Option<Vec<&str>> {
        let mut ends = Vec::new();
        let each = |end: &[u8]| {
            ends.extend(path.get(..end.len()));
            ControlFlow::Continue(())
        };
        lengths.visit_ends(path.as_bytes(), each).map(|_| ends)
    }

    #[test]
    fn a_path_ends_where_a_prefix_of_a_known_length_does() {
        let lengths = of(&["/a", "/a/b", "/b", "/a/b/c/d"]);
        let cases: &[(&str, &[&str])] = &[
            ("/a/b/c/d/e", &["/a/b/c/d", "/a/b", "/a"]),
            ("/a/b/c/d", &["/a/b/c/d", "/a/b", "/a"]),
            ("/a/b/c/dd", &["/a/b", "/a"]),
            ("/a/b", &["/a/b", "/a"]),
            ("/a/", &["/a"]),
            ("/aa", &[]),
            ("/", &[]),
            ("", &[]),
        ];
        for (path, expected) in cases {
            assert_eq!(ends(lengths, path).as_deref(), Some(*expected), "{path}");
        }
        assert_eq!(ends(Lengths::default(), "/a"), Some(Vec::new()));
    }

    #[test]
    fn one_length_is_one_until_there_is_another() {
        let long = "/a".repeat(127);
        let cases: [(&[&str], _); 6] = [
            (&[], false),
            (&["/a"], true),
            (&["/a", "/b"], true),
            (&["/a", "/bc"], false),
            (&[&long], true),
            (&[&long, &"/a".repeat(128)], false),
        ];
        for (prefixes, expected) in cases {
            assert_eq!(of(prefixes).is_one(), expected, "{prefixes:?}");
        }
    }

    #[test]
    fn the_longest_end_is_the_first_that_is_shown_if_it_has_the_greatest_length() {
        let lengths = of(&["/a", "/a/b"]);
        let cases = [("/a/b/c", Some("/a/b")), ("/a/b", Some("/a/b")), ("/a/bc", None), ("/a", None), ("", None)];
        for (path, expected) in cases {
            assert_eq!(lengths.longest_end(path.as_bytes()), expected.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn lengths_are_kept_while_they_are_few_and_fit() {
        let prefixes: Vec<String> = (1..=MOST + 1).map(|length| "/".repeat(length)).collect();
        let mut lengths = Lengths::default();
        for prefix in prefixes.iter().take(MOST).chain(prefixes.iter().take(MOST)) {
            lengths.add(prefix.len());
            assert!(ends(lengths, "/").is_some(), "{prefix}");
        }
        lengths.add(MOST + 1);
        assert_eq!(ends(lengths, "/"), None, "there is no place for one more");
        assert!(ends(of(&[&"/a".repeat(127)]), "/").is_some());
        assert_eq!(ends(of(&[&"/a".repeat(128)]), "/"), None, "it is too long");
    }
}
