//! Documents out of YAML and JSON text, read as Kubernetes reads them.
//!
//! ```
//! use gateway_model::yaml::{Limits, read_documents};
//!
//! let file = b"\
//! kind: Gateway
//! spec:
//!   listeners:
//!   - {name: web, port: 0x50, hostname: on}
//! ---
//! kind: [HTTPRoute
//! ---
//! {\"kind\": \"Service\"}
//! ";
//! let documents: Vec<_> = read_documents(file, &Limits::default()).collect();
//!
//! let gateway = documents[0].as_ref().unwrap();
//! assert_eq!(gateway.value["spec"]["listeners"][0]["port"], 80);
//! assert_eq!(gateway.value["spec"]["listeners"][0]["hostname"], true); // typed before any schema is known
//! let port = gateway.position("spec.listeners[0].port").unwrap();
//! assert_eq!((port.value.line, port.value.column), (4, 23));
//!
//! let broken = documents[1].as_ref().unwrap_err();
//! assert_eq!((broken.index, broken.path.as_deref()), (1, Some("kind[0]")));
//! assert_eq!(documents[2].as_ref().unwrap().value["kind"], "Service");
//! ```
//!
//! # What is read
//!
//! - **Typing** is YAML 1.1's, as go-yaml v2 behind sigs.k8s.io/yaml does it: plain scalars get
//!   their type from their text (`y`, `yes`, `on` are booleans, `0777` is octal, `1e3` is 1000),
//!   quoted ones are strings. Whole floats in YAML are integers (`80.0` is 80); in JSON numbers
//!   stay as they are. Dates are strings. Infinities and not-a-number are errors.
//! - **Tags**: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null` and `!!binary` are honoured on
//!   scalars, and a value that does not fit is an error. A scalar with any other tag is a string;
//!   tags of mappings and sequences are passed over.
//! - **Keys** become text: `1` is `"1"`, `0x10` is `"16"`, `on` is `"true"`. Null, mappings and
//!   sequences are no keys. A key twice in one mapping is an error, in JSON as well.
//! - **Merges** (`<<`) take effect where they stand: they replace entries above them, and entries
//!   below them replace theirs. Of a sequence of mappings, the first that has a key wins.
//! - **Aliases** stand for what their anchor names; what they expand to is bounded.
//! - **JSON** that follows JSON without a `---` between them is a document of its own.
//! - **Encoding**: UTF-8, with or without a byte order mark.
//!
//! `kind: List` is not taken apart here.
//!
//! # Cost and untrusted input
//!
//! Reading is linear in the input plus what aliases expand to, both bounded by [`Limits`], and
//! nothing panics. Documents are read one at a time, as the iterator is asked for them. Places of
//! fields are not kept: a document keeps the text that it came from, and [`Document::positions`]
//! goes through it once more.
//!
//! # Writing
//!
//! [`to_yaml`] writes a value so that [`read_documents`] reads it back.

mod build;
mod error;
mod events;
mod json;
mod limits;
mod positions;
mod scalar;
mod stream;
mod tokens;
mod write;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use error::{DocumentError, Problem};
pub use limits::Limits;
pub use positions::{Place, Position, Positions, Segment};
pub use write::to_yaml;

use error::Failure;
use json::Outcome;
use stream::{BYTE_ORDER_MARK, Chunk, Chunks};

/// The documents of one file's bytes, in order; the broken ones as errors in their place.
///
/// Files are cut at document markers before anything else, so a broken document leaves those
/// around it readable. Nothing is read before the iterator is asked for it.
pub fn read_documents<'a>(input: &'a [u8], limits: &Limits) -> Documents<'a> {
    Documents {
        input,
        limits: limits.clone(),
        chunks: Chunks::new(input),
        json: None,
        next_index: 0,
        state: State::Start,
    }
}

/// One document of a file. Made by [`read_documents`].
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The document's number in the file, from 0.
    ///
    /// Every document counts, the broken and the empty ones too, though empty ones (nothing but
    /// comments, or `null`) are not handed out. Comments before the first `---` are no document.
    pub index: usize,
    /// What the document says. Never `null`.
    pub value: Value,
    source: Source<'a>,
}

/// The text of a document, for its positions.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    Yaml { text: &'a str, line: usize },
    Json { text: &'a str, start: Place },
}

impl<'a> Document<'a> {
    /// Where a field stands in the file, by its path as error messages write it
    /// (`spec.rules[0].matches[1].path`); see [`Positions::find`].
    ///
    /// O(document): who asks for several fields takes [`positions`](Self::positions) once.
    pub fn position(&self, path: &str) -> Option<Position> {
        self.positions().find(path)
    }

    /// Where all fields stand in the file. O(document), in time and memory.
    pub fn positions(&self) -> Positions<'a> {
        match self.source {
            Source::Yaml { text, line } => positions::in_yaml(text, line),
            Source::Json { text, start } => positions::in_json(text, start),
        }
    }
}

/// The documents of one file. Made by [`read_documents`].
#[derive(Clone, Debug)]
pub struct Documents<'a> {
    input: &'a [u8],
    limits: Limits,
    chunks: Chunks<'a>,
    json: Option<JsonText<'a>>,
    next_index: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Reading,
    Done,
}

/// JSON that is not read yet.
#[derive(Clone, Debug)]
struct JsonText<'a> {
    text: &'a str,
    start: Place,
    /// The whole document as YAML, in case it turns out to be that.
    yaml: Option<YamlText<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct YamlText<'a> {
    text: &'a str,
    line: usize,
}

impl<'a> Iterator for Documents<'a> {
    type Item = Result<Document<'a>, DocumentError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.state {
            State::Done => return None,
            State::Start => {
                self.state = State::Reading;
                if let Some(problem) = self.unreadable() {
                    return self.stop(1, problem);
                }
            }
            State::Reading => {}
        }
        loop {
            let json = self.json.take();
            let chunk = if json.is_none() { Some(self.chunks.next()?) } else { None };
            let limit = self.limits.documents;
            if self.next_index >= limit {
                let line = json.map(|json| json.start.line).or(chunk.map(|chunk| chunk.line)).unwrap_or(1);
                return self.stop(line, Problem::TooManyDocuments { limit });
            }
            let index = self.next_index;
            self.next_index += 1;
            let result = match (json, chunk) {
                (Some(json), _) => self.read_json(json),
                (None, Some(chunk)) if chunk.content => self.read_chunk(chunk),
                (None, _) => continue,
            };
            match result {
                Ok((Value::Null, _)) => {}
                Ok((value, source)) => return Some(Ok(Document { index, value, source })),
                Err(failure) => return Some(Err(failure.in_document(index))),
            }
        }
    }
}

impl std::iter::FusedIterator for Documents<'_> {}

type Read<'a> = Result<(Value, Source<'a>), Failure>;

impl<'a> Documents<'a> {
    /// Why nothing of the file can be read.
    fn unreadable(&self) -> Option<Problem> {
        let limit = self.limits.bytes;
        match self.input {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => Some(Problem::Utf16),
            input => (input.len() > limit).then_some(Problem::TooManyBytes { limit }),
        }
    }

    fn stop(&mut self, line: usize, problem: Problem) -> Option<Result<Document<'a>, DocumentError>> {
        self.state = State::Done;
        Some(Err(Failure::new(Place { line, column: 1 }, problem).in_document(self.next_index)))
    }

    fn read_chunk(&mut self, chunk: Chunk<'a>) -> Read<'a> {
        let bytes = chunk.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(chunk.bytes);
        let start = Place { line: chunk.line, column: 1 };
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).and_then(|bytes| str::from_utf8(bytes).ok());
                return Err(Failure::new(start.after(valid.unwrap_or_default()), Problem::InvalidUtf8));
            }
        };
        let (before, body) = text.split_at_checked(text.len().saturating_sub(chunk.body.len())).unwrap_or(("", text));
        let content = after_comments(body.strip_prefix('\u{FEFF}').unwrap_or(body));
        let skipped = without_suffix(body, content);
        let place = start.after(before).after(skipped);
        // Files put together may have a byte order mark behind the marker.
        let yaml = match content.strip_prefix('\u{FEFF}') {
            Some(text) if !chunk.directives => YamlText { text, line: place.line },
            _ => YamlText { text, line: chunk.line },
        };
        let json = content.strip_prefix('\u{FEFF}').unwrap_or(content);
        if chunk.directives || !json.starts_with(['{', '[']) {
            return read_yaml(yaml, &self.limits);
        }
        self.read_json(JsonText { text: json, start: place, yaml: Some(yaml) })
    }

    fn read_json(&mut self, json: JsonText<'a>) -> Read<'a> {
        match json::read(json.text, &self.limits) {
            Outcome::Value { value, end } => {
                let (text, rest) = json.text.split_at_checked(end).unwrap_or((json.text, ""));
                let next = after_comments(rest);
                let alone = next.is_empty() || next.starts_with(['{', '[']);
                if let Some(yaml) = json.yaml.filter(|_| !alone)
                    && let Ok(read) = read_yaml(yaml, &self.limits)
                {
                    return Ok(read);
                }
                self.continue_json(&json, json.text.len() - next.len());
                Ok((value, Source::Json { text, start: json.start }))
            }
            Outcome::Refused { problem, path, at, end } => {
                // Without an end there is nothing behind it: what follows is part of the value.
                if let Some(end) = end {
                    self.continue_json(&json, end);
                }
                Err(json.failure(at, path, problem))
            }
            Outcome::Invalid { problem, path, at } => {
                let failure = json.failure(at, path, problem);
                let yaml = json.yaml.map(|yaml| read_yaml(yaml, &self.limits));
                if let Some(Ok(read)) = yaml {
                    return Ok(read);
                }
                self.resume_json(&json, at);
                // Of two complaints, the better one is from whom understood more of the text. Words
                // without quotes say that this was never meant as JSON.
                let word = |character: char| character.is_alphanumeric() || character == '\'';
                let foreign = json.text.get(at..).is_some_and(|rest| rest.starts_with(word));
                match yaml {
                    Some(Err(yaml)) if foreign || !yaml.is_syntax() || yaml.reached >= failure.reached => Err(yaml),
                    _ => Err(failure),
                }
            }
        }
    }

    /// Takes what follows the byte `end` as the next document, if there is anything.
    fn continue_json(&mut self, json: &JsonText<'a>, end: usize) {
        let (before, rest) = json.text.split_at_checked(end).unwrap_or((json.text, ""));
        let text = after_comments(rest);
        let blanks = without_suffix(rest, text);
        if !text.is_empty() {
            self.json = Some(JsonText { text, start: json.start.after(before).after(blanks), yaml: None });
        }
    }

    /// Takes the next line that starts with `{`, at or after the byte `at`, as the next document.
    fn resume_json(&mut self, json: &JsonText<'a>, at: usize) {
        let broken = at.max(1);
        let mut lines = json.text.match_indices("\n{").map(|(at, _)| at + 1);
        if let Some(next) = lines.find(|line| *line >= broken) {
            self.continue_json(json, next);
        }
    }
}

impl JsonText<'_> {
    fn failure(&self, at: usize, path: Option<String>, problem: Problem) -> Failure {
        let before = self.text.split_at_checked(at).map_or("", |(before, _)| before);
        Failure::new(self.start.after(before), problem).with_path(path)
    }
}

fn read_yaml<'a>(yaml: YamlText<'a>, limits: &Limits) -> Read<'a> {
    let value = build::value(yaml.text, yaml.line, limits)?;
    Ok((value, Source::Yaml { text: yaml.text, line: yaml.line }))
}

const JSON_BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The text without the blanks and the lines of comment that it starts with.
fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches(JSON_BLANKS);
    while rest.starts_with('#') {
        rest = rest.split_once(['\n', '\r']).map_or("", |(_, rest)| rest).trim_start_matches(JSON_BLANKS);
    }
    rest
}

/// What a text has before a suffix of its own, without comparing the two.
fn without_suffix<'a>(text: &'a str, suffix: &str) -> &'a str {
    text.get(..text.len().saturating_sub(suffix.len())).unwrap_or_default()
}
