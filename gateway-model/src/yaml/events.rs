//! The parser's events, with places of the file and problems in our terms.

use granit_parser::{ErrorKind, Event as Raw, Marker, Options, Parser, StrInput, StructureStyle};

use super::error::{Failure, Problem};
use super::limits::Limits;
use super::positions::Place;
use super::scalar::Scalar;

/// A step through one document. Nodes carry their anchor's number, 0 for none.
#[derive(Debug)]
pub(super) enum Event<'a> {
    Scalar(Scalar<'a>, usize),
    Sequence(usize),
    Mapping(usize),
    /// The end of the innermost sequence or mapping.
    End,
    /// The node that an anchor's number names.
    Alias(usize),
}

/// The events of one YAML document: no recursion, and memory only for what is open (YAML bounds
/// how far a key may reach, so the parser never looks far ahead).
pub(super) struct Events<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// The byte and the line of the last event, both from the start of the text.
    last: (usize, usize),
    /// How many flow collections (`[]`, `{}`) are open, and of all collections whether they are one.
    flow: usize,
    open: Vec<bool>,
    lines_before: usize,
    depth: usize,
    documents: usize,
}

impl<'a> Events<'a> {
    /// `line` is the file's line, from 1, that the text starts on.
    pub(super) fn new(text: &'a str, line: usize, limits: &Limits) -> Self {
        let mut options = Options::default();
        options.block_scalar_eof_without_line_feed = true;
        options.flow_nesting_limit = Limits::DEEPEST + 1;
        options.block_nesting_limit = Limits::DEEPEST + 1;
        Self {
            text,
            last: (0, 0),
            flow: 0,
            open: Vec::new(),
            parser: Parser::new_from_str_with_options(text, options),
            lines_before: line.saturating_sub(1),
            depth: limits.depth,
            documents: 0,
        }
    }

    fn place(&self, marker: &Marker) -> Place {
        Place { line: marker.line() + self.lines_before, column: marker.col() + 1 }
    }

    fn enter(&mut self, style: StructureStyle) {
        let flow = style == StructureStyle::Flow;
        self.flow += usize::from(flow);
        self.open.push(flow);
    }

    /// What stands on the line before this event, back to the event before it. Every byte is looked
    /// at once.
    fn line_before(&mut self, marker: &Marker) -> &'a str {
        let Some(byte) = marker.byte_offset().filter(|byte| *byte > self.last.0) else {
            return "";
        };
        let before = self.text.get(self.last.0..byte).unwrap_or_default();
        let same_line = marker.line() == self.last.1;
        self.last = (byte, marker.line());
        if same_line { before } else { before.rsplit(['\n', '\r']).next().unwrap_or_default() }
    }

    /// Whether a tab stands among what indents a block node: at the start of the line, or behind
    /// the dash in front of it. YAML 1.2 lets some of these pass, Kubernetes' reader none.
    fn indents_by_tab(&self, before: &str) -> bool {
        self.flow == 0 && before.contains('\t') && before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?'))
    }

    /// Where the first dash of a block sequence is. The parser says it behind that dash when the
    /// sequence is not indented against its key.
    fn first_dash(&self, marker: &Marker, before: &str) -> Place {
        let place = self.place(marker);
        let dashed = before.trim_start_matches([' ', '\t', '?', ':']);
        let at_dash = marker
            .byte_offset()
            .and_then(|byte| self.text.get(byte..)?.strip_prefix('-'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
        match dashed.starts_with('-') && !at_dash {
            true => Place { column: place.column - dashed.chars().count(), ..place },
            false => place,
        }
    }

    fn failure(&self, marker: &Marker, problem: Problem) -> Failure {
        Failure::new(self.place(marker), problem)
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<(Event<'a>, Place), Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (raw, span) = match self.parser.next()? {
                Ok(event) => event,
                Err(error) => {
                    let problem = match error.kind() {
                        ErrorKind::RecursionLimitExceeded => Problem::TooDeep { limit: self.depth },
                        ErrorKind::UnknownAnchor => Problem::UnknownAlias,
                        ErrorKind::TabNotAllowed
                        | ErrorKind::TabInBlockIndentation
                        | ErrorKind::TabInIndentation
                        | ErrorKind::TabInPlainScalar
                        | ErrorKind::TabAtBlockScalarStart => Problem::Tab,
                        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
                            Problem::ControlCharacter { character: *character }
                        }
                        _ => Problem::Yaml { message: error.info() },
                    };
                    return Some(Err(self.failure(error.marker(), problem)));
                }
            };
            let before = self.line_before(&span.start);
            if self.indents_by_tab(before) {
                return Some(Err(self.failure(&span.start, Problem::Tab)));
            }
            let mut place = self.place(&span.start);
            let event = match raw {
                Raw::Scalar(text, style, anchor, tag) => {
                    Event::Scalar(Scalar::new(text, style, tag.as_deref()), anchor)
                }
                Raw::SequenceStart(style, anchor, _) => {
                    self.enter(style);
                    if style == StructureStyle::Block {
                        place = self.first_dash(&span.start, before);
                    }
                    Event::Sequence(anchor)
                }
                Raw::MappingStart(style, anchor, _) => {
                    self.enter(style);
                    Event::Mapping(anchor)
                }
                Raw::SequenceEnd | Raw::MappingEnd => {
                    self.flow -= usize::from(self.open.pop() == Some(true));
                    Event::End
                }
                Raw::Alias(anchor) => Event::Alias(anchor),
                Raw::DocumentStart(..) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        let message = "text after the end of the document".to_owned();
                        return Some(Err(self.failure(&span.start, Problem::Yaml { message })));
                    }
                    continue;
                }
                _ => continue,
            };
            return Some(Ok((event, place)));
        }
    }
}
