//! What can be wrong with a document, and where.

use std::fmt::{self, Write as _};

use super::positions::Place;

/// Why one document of a file cannot be read, and where in the file.
///
/// `Display` gives one line, lower case, with the place first:
/// `` document 1: line 7, column 3: spec.rules[0]: key `name` is set twice ``.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentError {
    /// The document's number in the file, from 0. See [`Document::index`](super::Document::index).
    pub index: usize,
    /// The line in the file, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The field, as far as it is known (`spec.rules[0]`); none for the document as a whole.
    pub path: Option<String>,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = OneLine(f);
        write!(line, "document {}: line {}, column {}: ", self.index, self.line, self.column)?;
        if let Some(path) = &self.path {
            write!(line, "{path}: ")?;
        }
        write!(line, "{}", self.problem)
    }
}

/// Keys and values may hold line breaks and worse; messages must not.
struct OneLine<'f, 'b>(&'f mut fmt::Formatter<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            control if control.is_control() => write!(self.0, "{}", control.escape_default()),
            other => self.0.write_char(other),
        })
    }
}

impl std::error::Error for DocumentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is larger than [`Limits::max_bytes`](super::Limits::max_bytes).
    #[error("the input has more than {limit} bytes")]
    TooManyBytes {
        /// The bound.
        limit: usize,
    },
    /// The file holds more than [`Limits::max_documents`](super::Limits::max_documents).
    #[error("the input has more than {limit} documents")]
    TooManyDocuments {
        /// The bound.
        limit: usize,
    },
    /// Mappings and sequences inside each other beyond [`Limits::max_depth`](super::Limits::max_depth).
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// More values than [`Limits::max_nodes`](super::Limits::max_nodes).
    #[error("the document has more than {limit} values")]
    TooManyNodes {
        /// The bound.
        limit: usize,
    },
    /// Aliases that expand to more values than [`Limits::max_alias_nodes`](super::Limits::max_alias_nodes).
    #[error("the document's aliases expand to more than {limit} values")]
    TooManyAliasNodes {
        /// The bound.
        limit: usize,
    },
    /// UTF-16 text; only UTF-8 is read.
    #[error("the input is UTF-16, not UTF-8")]
    Utf16,
    /// Bytes that are no UTF-8.
    #[error("the text is not valid UTF-8")]
    InvalidUtf8,
    /// A control character other than tab and line breaks.
    #[error("control character U+{:04X} is not allowed", u32::from(*character))]
    ControlCharacter {
        /// The character.
        character: char,
    },
    /// A tab where YAML's block structure needs spaces.
    #[error("a tab cannot indent")]
    Tab,
    /// Text that is neither YAML nor JSON.
    #[error("invalid YAML: {message}")]
    Yaml {
        /// What the parser says.
        message: String,
    },
    /// Text that starts as JSON and then is no JSON (and no YAML either).
    #[error("invalid JSON: {message}")]
    Json {
        /// What the parser says.
        message: String,
    },
    /// A key twice in one mapping.
    #[error("key `{key}` is set twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that JSON has no text for: null, a mapping, a sequence, an integer beyond 64 bits
    /// with sign.
    #[error("{what} cannot be a key")]
    UnsupportedKey {
        /// What stands in the key's place.
        what: &'static str,
    },
    /// An infinity or not-a-number, which JSON cannot hold.
    #[error("`{text}` is no number that JSON can hold")]
    NotRepresentable {
        /// The value as written.
        text: String,
    },
    /// A value that does not fit the tag in front of it.
    #[error("`{text}` does not fit its tag `{tag}`")]
    TagMismatch {
        /// The value as written, up to 60 characters of it.
        text: String,
        /// The tag, in its short form (`!!int`).
        tag: &'static str,
    },
    /// A `!!binary` value that is no base64.
    #[error("a `!!binary` value must be base64")]
    InvalidBinary,
    /// `<<` with a value that is neither a mapping nor a sequence of mappings.
    #[error("`<<` takes a mapping or a sequence of mappings")]
    MergeOfNoMapping,
    /// An alias for which no anchor came before.
    #[error("alias without an anchor before it")]
    UnknownAlias,
    /// An alias inside the very value that its anchor names.
    #[error("alias inside the value that it stands for")]
    SelfReference,
}

/// A failure inside one document, before the document's number is known.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) place: Place,
    pub(super) path: Option<String>,
    pub(super) problem: Problem,
    /// How far the text made sense; at least to `place`.
    pub(super) reached: Place,
}

impl Failure {
    pub(super) fn new(place: Place, problem: Problem) -> Self {
        Self { place, path: None, problem, reached: place }
    }

    pub(super) fn with_path(self, path: Option<String>) -> Self {
        Self { path, ..self }
    }

    /// Whether the text has no structure at all, as against one that we do not take.
    pub(super) fn is_syntax(&self) -> bool {
        matches!(self.problem, Problem::Yaml { .. } | Problem::Json { .. })
    }

    pub(super) fn in_document(self, index: usize) -> DocumentError {
        let Place { line, column } = self.place;
        DocumentError { index, line, column, path: self.path, problem: self.problem }
    }
}
