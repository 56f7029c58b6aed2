//! Text that is put into a URI: what cannot stand there is percent-encoded. RFC 3986 section 2.1.

/// Which part of a URI a text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UriPart {
    /// Segments and the slashes between them. RFC 3986 section 3.3.
    Path,
    /// A query. RFC 3986 section 3.4.
    Query,
}

/// Appends a text, with everything encoded that cannot stand in that part of a URI.
///
/// Escapes that are there stay as they are; a `%` without two hexadecimal digits is encoded. What
/// comes out is printable ASCII, so no text can end the header that it is put into. O(length).
pub(super) fn push_escaped(out: &mut String, text: &str, part: UriPart) {
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let stays = match tail {
            [high, low, ..] if *byte == b'%' => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
            _ => may_stand(*byte, part),
        };
        if stays {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push(hex_digit(byte >> 4));
            out.push(hex_digit(byte & 0xf));
        }
        rest = tail;
    }
}

/// The text as it can stand in a path.
pub(super) fn escaped_path(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, text, UriPart::Path);
    escaped
}

fn may_stand(byte: u8, part: UriPart) -> bool {
    byte.is_ascii_alphanumeric()
        || match byte {
            // unreserved and sub-delims
            b'-' | b'.' | b'_' | b'~' => true,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            // the rest of pchar, and the slash
            b':' | b'@' | b'/' => true,
            b'?' => part == UriPart::Query,
            _ => false,
        }
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_stand_is_encoded() {
        let cases = [
            ("/a/b.c~d", UriPart::Path, "/a/b.c~d"),
            ("/a%20b%2f", UriPart::Path, "/a%20b%2f"),
            ("/100%", UriPart::Path, "/100%25"),
            ("/%4", UriPart::Path, "/%254"),
            ("/%zz", UriPart::Path, "/%25zz"),
            ("/%%41", UriPart::Path, "/%25%41"),
            ("/a b", UriPart::Path, "/a%20b"),
            ("/a?b#c", UriPart::Path, "/a%3Fb%23c"),
            ("a?b#c", UriPart::Query, "a?b%23c"),
            ("/\r\nSet-Cookie: a", UriPart::Path, "/%0D%0ASet-Cookie:%20a"),
            ("/é\u{7f}", UriPart::Path, "/%C3%A9%7F"),
            ("/\\\"<>^`{|}[]", UriPart::Path, "/%5C%22%3C%3E%5E%60%7B%7C%7D%5B%5D"),
            ("!$&'()*+,;=:@", UriPart::Path, "!$&'()*+,;=:@"),
        ];
        for (text, part, expected) in cases {
            let mut out = String::new();
            push_escaped(&mut out, text, part);
            assert_eq!(out, expected, "{text:?}");
        }
    }
}
