//! Regular expressions: whether they are some, and whether all implementations read them alike.

use regex_automata::util::syntax;

/// The longest text that is looked at, in bytes. The API admits 4,096 characters; parsing takes memory that is
/// proportional to the text with a large factor, since `\pL` alone stands for hundreds of ranges.
const LONGEST: usize = 16 << 10;

/// Whether a text is a regular expression. One that is longer than any that the API admits is not judged.
///
/// # Errors
///
/// What is wrong, in one line.
pub(super) fn parse(pattern: &str) -> Result<(), String> {
    if pattern.len() > LONGEST {
        return Ok(());
    }
    let Err(problem) = syntax::parse(pattern) else { return Ok(()) };
    // The parser draws a picture; its last line says what is wrong.
    let text = problem.to_string();
    let last = text.lines().last().unwrap_or("").trim();
    Err(last.strip_prefix("error: ").unwrap_or(last).to_owned())
}

/// The first part of a regular expression that is outside of what every implementation reads the
/// same way: POSIX extended syntax on printable ASCII, with `\d`, `\w`, `\W` and `\s`. O(pattern).
///
/// spec: GEP-4359.
pub(super) fn unportable(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    let mut after_repetition = false;
    while let Some(character) = rest.next() {
        let repeats = !in_class && matches!(character, '*' | '+' | '?' | '}');
        if !(character.is_ascii_graphic() || matches!(character, ' ' | '\t')) {
            return Some(character.escape_default().to_string());
        }
        match character {
            '\\' => {
                let escaped = rest.next()?;
                let portable = matches!(escaped, 'd' | 'w' | 'W' | 's') || escaped.is_ascii_punctuation();
                if !portable {
                    return Some(format!("\\{escaped}"));
                }
            }
            '(' if !in_class && rest.peek() == Some(&'?') => return Some("(?".to_owned()),
            // What follows a repetition makes it lazy or possessive.
            '?' | '+' if repeats && after_repetition => return Some(format!("repetition followed by {character}")),
            '[' if !in_class => {
                in_class = true;
                rest.next_if_eq(&'^');
                // Here it is a character of the class.
                rest.next_if_eq(&']');
            }
            '[' if rest.peek() == Some(&':') => {
                // A named class, up to its `:]`.
                for inner in rest.by_ref() {
                    if inner == ']' {
                        break;
                    }
                }
            }
            ']' => in_class = false,
            _ => {}
        }
        after_repetition = repeats && !after_repetition;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_expression_is_named() {
        assert_eq!(parse("^/a/[0-9]+$"), Ok(()));
        assert_eq!(parse("(a"), Err("unclosed group".to_owned()));
        assert!(parse("(?=a)").is_err_and(|problem| problem.contains("look-around")));
    }

    #[test]
    fn what_is_longer_than_any_expression_may_be_is_not_parsed() {
        assert!(parse(&"(".repeat(LONGEST)).is_err());
        // As many classes as this would take half a gigabyte.
        assert_eq!(parse(&r"\pL(".repeat(100_000)), Ok(()));
    }

    #[test]
    fn what_only_some_implementations_read_is_named() {
        let portable = [
            "",
            "/a/[0-9]+",
            r"^/v\d+/(items|carts)$",
            r"[]a]",
            "[^]]",
            "[[:alpha:]]+",
            r"a\.b\*",
            "a{2,3}",
            "[?+*]",
            "[(?]",
            "[[:alpha:](?]",
            "[[(?]",
            "a[b](c)",
            "[a+]?",
            "a+b?c*",
        ];
        let cases = [
            ("(?i)a", "(?"),
            ("(?:a)", "(?"),
            (r"\bfoo", r"\b"),
            (r"a\D", r"\D"),
            (r"\p{Greek}", r"\p"),
            ("a+?", "repetition followed by ?"),
            ("a*+", "repetition followed by +"),
            ("a{2}?", "repetition followed by ?"),
            ("ä", r"\u{e4}"),
            (r"\x41", r"\x"),
            ("[[:alpha:]](?i)", "(?"),
            ("[[a](?i)", "(?"),
            ("[a](?i)", "(?"),
            ("[]](?i)", "(?"),
            ("[^]](?i)", "(?"),
        ];
        for pattern in portable {
            assert_eq!(unportable(pattern), None, "{pattern}");
        }
        for (pattern, part) in cases {
            assert_eq!(unportable(pattern).as_deref(), Some(part), "{pattern}");
        }
    }
}
