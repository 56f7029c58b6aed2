//! Regular expressions over whole values. spec: the RegularExpression types, implementation-specific.

use regex::{Regex, RegexBuilder};

/// A pattern that must take all of a value.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    characters: usize,
    whole: Regex,
}

impl Pattern {
    /// A pattern that is well formed by itself, whatever is put around it afterwards.
    pub(crate) fn compile(pattern: &str) -> Option<Pattern> {
        Regex::new(pattern).ok()?;
        // In verbose mode a pattern may end in a comment, which would take in the closing bracket; a line break
        // ends the comment. Without verbose mode the line break would be part of the pattern.
        let whole = anchored(&format!(r"\A(?:{pattern})\z")).or_else(|| anchored(&format!("\\A(?:{pattern}\n)\\z")))?;
        Some(Pattern { characters: pattern.chars().count(), whole })
    }

    /// The number of characters of the pattern's text.
    pub(crate) fn characters(&self) -> usize {
        self.characters
    }

    /// Whether the pattern takes all of the value. A value that is no text is taken by no pattern.
    pub(crate) fn takes(&self, value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok_and(|text| self.whole.is_match(text))
    }
}

/// More generous limits than those for the pattern alone, so that the anchors never make it too large.
fn anchored(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(32 << 20).nest_limit(1000).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_whole_values_only() {
        let cases = [
            ("/foo|/foobar", "/foobar", true),
            ("/foo|/foobar", "/foob", false),
            ("a", "ba", false),
            ("^a$", "a", true),
            ("", "", true),
            ("", "a", false),
            ("(?m)a$", "a\nb", false),
            ("a", "a\n", false),
            ("(?i)abc", "ABC", true),
            ("(?x) a b # comment", "ab", true),
            ("(?x) a # ) comment", "a", true),
            ("(?x) a # comment", "a # comment", false),
            ("a#b", "a#b", true),
            (r"[a-z]\d+", "x42", true),
        ];
        for (pattern, value, expected) in cases {
            assert_eq!(Pattern::compile(pattern).unwrap().takes(value.as_bytes()), expected, "{pattern} {value}");
        }
        assert!(!Pattern::compile(".*").unwrap().takes(b"\xff"));
    }

    #[test]
    fn a_pattern_that_is_only_well_formed_between_anchors_is_malformed() {
        for pattern in ["a)|(?:b", "(", "[", "*", "a{2", "\\", "(?<"] {
            assert!(Pattern::compile(pattern).is_none(), "{pattern}");
        }
    }
}
