//! Query strings: name and value pairs, decoded as they are compared.
//!
//! Pairs are parted by `&`, name and value by the first `=`; a pair without one has the empty
//! value; empty pairs do not count. `+` is a space and `%xx` a byte, as in forms; a broken escape
//! stands for itself. Nothing is copied unless a regular expression needs decoded text.

use smallvec::SmallVec;

/// A decoded value, on the stack while it is short.
pub(crate) type Decoded = SmallVec<[u8; 128]>;

/// The values of the parameter with that name, still encoded, in order. O(length of the query).
pub(crate) fn values<'q>(query: &'q str, name: &'q [u8]) -> impl Iterator<Item = &'q str> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(move |(found, _)| decodes_to(found, name))
        .map(|(_, value)| value)
}

/// Whether an encoded text stands for these bytes.
pub(crate) fn decodes_to(encoded: &str, bytes: &[u8]) -> bool {
    // A text is never shorter than what it stands for.
    encoded.len() >= bytes.len() && decode(encoded.as_bytes()).eq(bytes.iter().copied())
}

/// What an encoded text stands for.
pub(crate) fn decoded(encoded: &str) -> Decoded {
    decode(encoded.as_bytes()).collect()
}

/// The bytes that an encoded text stands for.
pub(crate) fn decode(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || match rest {
        [b'%', high, low, tail @ ..] => {
            let escaped = hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low);
            rest = if escaped.is_some() { tail } else { rest.get(1..).unwrap_or_default() };
            Some(escaped.unwrap_or(b'%'))
        }
        [byte, tail @ ..] => {
            rest = tail;
            Some(if *byte == b'+' { b' ' } else { *byte })
        }
        [] => None,
    })
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_decoded_name_and_decoded() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("a=1&b=2&a=3", "a", &["1", "3"]),
            ("a", "a", &[""]),
            ("a=", "a", &[""]),
            ("=x&&", "", &["x"]),
            ("a%62=1", "ab", &["1"]),
            ("a+b=c+d%2B", "a b", &["c d+"]),
            ("a=b=c", "a", &["b=c"]),
            ("a=%zz%4", "a", &["%zz%4"]),
            ("A=1", "a", &[]),
            ("ab=1", "a", &[]),
            ("a=%e2%82%ac", "a", &["€"]),
            ("", "a", &[]),
        ];
        for (query, name, expected) in cases {
            let found: Vec<_> = values(query, name.as_bytes()).map(decoded).collect();
            let expected: Vec<_> = expected.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(found.iter().map(|value| value.as_slice()).collect::<Vec<_>>(), expected, "{query} {name}");
        }
    }
}
