//! The tokens of a JSON text that is known to be valid, with their places.

use std::borrow::Cow;

use super::positions::Place;

#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Key(Cow<'a, str>),
    Scalar,
    Sequence,
    Mapping,
    /// The end of the innermost sequence or mapping.
    End,
}

/// O(text) in all, no recursion. A text that is no JSON gives some tokens, and ends.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    place: Place,
    /// For each open collection whether it is a mapping.
    open: Vec<bool>,
    key_next: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, place: Place) -> Self {
        Self { rest: text, place, open: Vec::new(), key_next: false }
    }

    /// Passes over so many bytes; what they are.
    fn pass(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.place = self.place.after(passed);
        self.rest = rest;
        passed
    }

    fn value_ends(&mut self) {
        self.key_next = self.open.last() == Some(&true);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (Token<'a>, Place);

    fn next(&mut self) -> Option<Self::Item> {
        let between = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':');
        let blanks = self.rest.bytes().position(|byte| !between(byte))?;
        self.pass(blanks);
        let place = self.place;
        let token = match self.rest.as_bytes().first()? {
            b'{' | b'[' => {
                let mapping = self.pass(1) == "{";
                self.open.push(mapping);
                self.key_next = mapping;
                if mapping { Token::Mapping } else { Token::Sequence }
            }
            b'}' | b']' => {
                self.pass(1);
                self.open.pop();
                self.value_ends();
                Token::End
            }
            b'"' => {
                let text = self.pass(string_length(self.rest));
                if self.key_next {
                    self.key_next = false;
                    Token::Key(content(text))
                } else {
                    self.value_ends();
                    Token::Scalar
                }
            }
            _ => {
                let ends = |byte: u8| between(byte) || matches!(byte, b']' | b'}');
                let length = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
                self.pass(length);
                self.value_ends();
                Token::Scalar
            }
        };
        Some((token, place))
    }
}

/// The bytes of the string at the start of a text, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = true; // the opening quote ends nothing
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn content(quoted: &str) -> Cow<'_, str> {
    let plain = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    if plain.contains('\\') {
        Cow::Owned(serde_json::from_str(quoted).unwrap_or_default())
    } else {
        Cow::Borrowed(plain)
    }
}
