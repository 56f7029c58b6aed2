//! A file's bytes, cut into its documents without looking inside them.
//!
//! A broken document must not take its neighbours down, so the cut comes first and needs nothing
//! but line starts. That is safe: no scalar of YAML can hold a line that starts with a document
//! marker, and no string of JSON can hold a line break.

/// One document's bytes, markers and directives included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// From the directives or comments before the marker, to the next marker.
    pub(super) bytes: &'a [u8],
    /// What follows the `---` (or everything, without one); a suffix of `bytes`.
    pub(super) body: &'a [u8],
    /// The file's line, from 1, that `bytes` starts on.
    pub(super) line: usize,
    /// Whether there are directives (`%YAML`) before the marker.
    pub(super) directives: bool,
    /// Whether there is more than blanks and comments after the marker.
    pub(super) content: bool,
}

/// The chunks of a file, in order.
#[derive(Clone, Debug)]
pub(super) struct Chunks<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { rest: input, line: 1 }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let mut chunk = Chunk { bytes: self.rest, body: self.rest, line: self.line, directives: false, content: false };
        let mut marker = false;
        let mut uncut = None;
        while !self.rest.is_empty() {
            let (line, after) = split_line(self.rest);
            let begun = marker || chunk.content;
            match classify(line) {
                Line::Start { .. } if begun => break,
                Line::Start { body } => {
                    marker = true;
                    chunk.body = self.rest.get(body..).unwrap_or_default();
                    chunk.content = line.get(body..).is_some_and(is_content);
                }
                Line::End { trailing } if begun => {
                    // The marker itself says nothing more; what stands behind it is an error.
                    uncut = Some(if trailing { after.len() } else { self.rest.len() });
                    self.rest = after;
                    self.line += 1;
                    break;
                }
                Line::End { .. } => {
                    chunk = Chunk { bytes: after, body: after, line: self.line + 1, directives: false, content: false };
                }
                Line::Directive if !begun => chunk.directives = true,
                Line::Directive | Line::Content => chunk.content = true,
                Line::Blank => {}
            }
            self.rest = after;
            self.line += 1;
        }
        // Directives without a document are no YAML; the parser shall say so.
        chunk.content |= chunk.directives && !marker;
        let uncut = uncut.unwrap_or(self.rest.len());
        let cut = |bytes: &'a [u8]| bytes.get(..bytes.len().saturating_sub(uncut)).unwrap_or_default();
        (marker || chunk.content).then(|| Chunk { bytes: cut(chunk.bytes), body: cut(chunk.body), ..chunk })
    }
}

enum Line {
    Blank,
    Directive,
    /// `---`; `body` bytes of the line belong to the marker.
    Start {
        body: usize,
    },
    /// `...`, and whether more than blanks and comments follow.
    End {
        trailing: bool,
    },
    Content,
}

fn classify(line: &[u8]) -> Line {
    let text = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let before = line.len() - text.len();
    if let Some(rest) = text.strip_prefix(b"---") {
        if is_blank_start(rest) {
            return Line::Start { body: before + 3 };
        }
    } else if let Some(rest) = text.strip_prefix(b"...")
        && is_blank_start(rest)
    {
        return Line::End { trailing: is_content(rest) };
    } else if text.starts_with(b"%") {
        return Line::Directive;
    }
    if is_content(text) { Line::Content } else { Line::Blank }
}

fn is_blank_start(rest: &[u8]) -> bool {
    matches!(rest.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Whether a line, or what follows a marker, holds more than blanks and a comment.
fn is_content(line: &[u8]) -> bool {
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).is_some_and(|byte| *byte != b'#')
}

/// The first line with its break (`\n`, `\r\n` or `\r`), and the rest.
pub(super) fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(bytes.len(), |at| {
        let crlf = bytes.get(at..at + 2) == Some(b"\r\n");
        at + 1 + usize::from(crlf)
    });
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
