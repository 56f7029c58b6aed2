//! Regular expressions of matches: the whole text, in linear time, under a size limit.

use std::fmt;
use std::sync::Arc;

use regex_automata::meta;
use regex_syntax::hir::{Hir, Look, literal};

mod lazy;
mod set;
mod start;
mod steps;

use lazy::Lazy;
pub(crate) use set::PatternSet;
pub(crate) use start::TextStart;
use steps::Steps;

/// Largest compiled size of one expression, in bytes, in tests.
#[cfg(test)]
pub(crate) const DEFAULT_SIZE_LIMIT: usize = 1 << 20;

/// A regular expression that takes a text only as a whole.
///
/// The dialect is that of the `regex` crate (no back-references, no look-around), so matching is
/// linear in the text. spec: `HTTPPathMatch.type`, `HTTPHeaderMatch.type`,
/// `HTTPQueryParamMatch.type`: dialect and anchoring are implementation-specific.
///
/// The pattern is parsed alone and its syntax tree is anchored at both ends. Wrapping its text in
/// `^(?:...)$` would let `a)|(?:b` through, and comparing the span of a match with the text would
/// refuse `/foobar` to `/foo|/foobar`.
///
/// Cloning shares what was compiled.
#[derive(Clone)]
pub(crate) struct Pattern(Arc<Compiled>);

struct Compiled {
    engine: Engine,
    start: TextStart,
    text: Box<str>,
}

/// What a pattern is tried with.
enum Engine {
    /// For what never goes back, as most patterns for paths do.
    Steps(Steps),
    /// With what every text that it takes begins with.
    Lazy(Box<[u8]>, Box<Lazy>),
    /// For what a deterministic automaton cannot tell by the next byte.
    Regex(Box<[u8]>, meta::Regex),
}

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is no regular expression of this dialect.
    #[error("`{pattern}` is no regular expression: {problem}")]
    Syntax {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Compiled, it would be larger than the limit.
    #[error("`{pattern}` is larger than {limit} bytes when compiled")]
    TooLarge {
        /// The pattern.
        pattern: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Pattern {
    /// Compiles a pattern. Time and memory are bounded by the limit.
    pub(crate) fn compile(text: &str, size_limit: usize) -> Result<Self, PatternError> {
        let compiled = |engine, start| Pattern(Arc::new(Compiled { engine, start, text: text.into() }));
        let of_steps = |steps: Steps| {
            if steps.size() > size_limit {
                return Err(PatternError::TooLarge { pattern: text.to_owned(), limit: size_limit });
            }
            let start = steps.start();
            Ok(compiled(Engine::Steps(steps), start))
        };
        if let Some(steps) = Steps::read(text) {
            return of_steps(steps);
        }
        let syntax = |problem: String| PatternError::Syntax { pattern: text.to_owned(), problem };
        let anchored = anchored_tree(text).map_err(syntax)?;
        if let Some(steps) = Steps::of(&anchored) {
            return of_steps(steps);
        }
        let start = literal_start(&anchored);
        let glance = TextStart::of(&start);
        Ok(compiled(Engine::of_tree(text, &anchored, start, size_limit)?, glance))
    }

    /// Whether the whole text is in the pattern's language. O(length of the text).
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match &self.0.engine {
            Engine::Steps(steps) => steps.is_match(text),
            Engine::Lazy(start, lazy) => text.starts_with(start) && lazy.is_match(text),
            Engine::Regex(start, regex) => text.starts_with(start) && regex.is_match(text),
        }
    }

    /// How every text that it takes begins.
    pub(crate) fn start(&self) -> TextStart {
        self.0.start
    }

    /// The pattern as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }
}

impl Engine {
    fn of_tree(text: &str, anchored: &Hir, start: Box<[u8]>, size_limit: usize) -> Result<Self, PatternError> {
        if let Some(lazy) = Lazy::new(std::slice::from_ref(anchored), size_limit, size_limit) {
            return Ok(Engine::Lazy(start, Box::new(lazy)));
        }
        // Only this says what is wrong with a pattern that cannot be compiled.
        let config =
            meta::Config::new().utf8_empty(false).nfa_size_limit(Some(size_limit)).hybrid_cache_capacity(size_limit);
        let regex = meta::Builder::new().configure(config).build_from_hir(anchored);
        regex.map(|regex| Engine::Regex(start, regex)).map_err(|error| match error.size_limit() {
            Some(limit) => PatternError::TooLarge { pattern: text.to_owned(), limit },
            None => PatternError::Syntax { pattern: text.to_owned(), problem: error.to_string() },
        })
    }
}

/// The syntax tree of a pattern that takes texts only as a whole, or what is wrong with the pattern.
fn anchored_tree(text: &str) -> Result<Hir, String> {
    let mut parser = regex_syntax::ParserBuilder::new().utf8(false).build();
    let tree = parser.parse(text).map_err(|error| one_line(&error))?;
    Ok(Hir::concat(vec![Hir::look(Look::Start), tree, Hir::look(Look::End)]))
}

/// What every text in the language of a tree begins with.
fn literal_start(tree: &Hir) -> Box<[u8]> {
    let starts = literal::Extractor::new().extract(tree);
    starts.longest_common_prefix().unwrap_or_default().into()
}

/// The parser's message without the picture that it draws below the pattern.
fn one_line(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string().replace('\n', " "),
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_a_text_only_as_a_whole() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("/foo|/foobar", &["/foo", "/foobar"], &["/foob", "/x/foo", "/foobarx", ""]),
            ("a|b", &["a", "b"], &["ab", "ac", "xa"]),
            ("/v[0-9]+(/.*)?", &["/v1", "/v22/x"], &["/v", "/vx", "x/v1"]),
            ("(?i)x-Y", &["X-y"], &["X-yz"]),
            ("(?m)^a$", &["a"], &["a\nb", "b\na"]),
            ("", &[""], &["a"]),
            (".*", &["", "anything/at?all"], &["two\nlines"]),
            ("/a(/b)?c", &["/ac", "/a/bc"], &["/a/b", "/a/c", "/a"]),
            ("/a([0-9]*x)?", &["/a", "/ax", "/a7x"], &["/a7"]),
            (r"b?[\x{80}-\x{10FFFF}]*", &["", "b", "ü", "bü"], &["x", "bb"]),
            (r"/v1\b[a-z/]*", &["/v1", "/v1/x"], &["/v1x", "/v2"]),
        ];
        for (text, taken, refused) in cases {
            let pattern = Pattern::compile(text, DEFAULT_SIZE_LIMIT).unwrap();
            for input in *taken {
                assert!(pattern.is_match(input.as_bytes()), "`{text}` must take `{input}`");
                assert!(pattern.start().is_of(input.as_bytes()), "`{text}`: the start of `{input}`");
            }
            for input in *refused {
                assert!(!pattern.is_match(input.as_bytes()), "`{text}` must refuse `{input}`");
            }
        }
    }

    #[test]
    fn a_pattern_cannot_leave_its_brackets() {
        for text in ["a)|(?:b", "(", "[", "a{2,1}", r"(a)\1", "(?=a)", "*"] {
            let error = Pattern::compile(text, DEFAULT_SIZE_LIMIT).unwrap_err();
            assert!(matches!(error, PatternError::Syntax { .. }), "`{text}`: {error}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_hostile_pattern_is_refused_by_its_size() {
        for text in ["(a{1000}){1000}", r"\w{500}{500}"] {
            let error = Pattern::compile(text, DEFAULT_SIZE_LIMIT).unwrap_err();
            assert!(matches!(error, PatternError::TooLarge { .. }), "`{text}`: {error}");
        }
    }

    #[test]
    fn the_limit_of_size_is_for_patterns_without_an_automaton_too() {
        for (text, limit) in [("/orders/[0-9]+", 100), (&*format!("/{}", "x".repeat(5_000)), 5_000), ("/a|/b", 10)] {
            let error = Pattern::compile(text, limit).unwrap_err();
            assert_eq!(error, PatternError::TooLarge { pattern: text.to_owned(), limit });
            assert!(Pattern::compile(text, 10_000).is_ok(), "{text:.20}");
        }
        let size = Steps::read("/orders").unwrap().size();
        assert!(Pattern::compile("/orders", size).is_ok() && Pattern::compile("/orders", size - 1).is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_compared_all_the_same() {
        let pattern = Pattern::compile(r"(?-u)[\x80-\xff]+", DEFAULT_SIZE_LIMIT).unwrap();
        assert!(pattern.is_match(b"\xff\x80"));
        assert!(!Pattern::compile(".+", DEFAULT_SIZE_LIMIT).unwrap().is_match(b"\xff"));
    }
}
