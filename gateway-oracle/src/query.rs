//! Query parameters of a request.

/// The decoded names and values of a query, in order.
pub(crate) fn parameters(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// Plus signs are spaces and `%XX` is a byte; a broken escape stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return bytes,
            [b'+', after @ ..] => {
                bytes.push(b' ');
                after
            }
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(16 * nibble(*high) + nibble(*low));
                after
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
}

/// The value of a hexadecimal digit.
pub(crate) fn nibble(digit: u8) -> u8 {
    let value = char::from(digit).to_digit(16).unwrap_or(0);
    u8::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_and_decoded() {
        let cases: [(&str, &[(&str, &str)]); 9] = [
            ("", &[]),
            ("&&", &[]),
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            ("a", &[("a", "")]),
            ("a=b=c", &[("a", "b=c")]),
            ("=x", &[("", "x")]),
            ("a+b=%41%2b+c", &[("a b", "A+ c")]),
            ("a=%4&b=%&c=%zz%4a", &[("a", "%4"), ("b", "%"), ("c", "%zzJ")]),
            ("a%3Db=%26", &[("a=b", "&")]),
        ];
        for (query, expected) in cases {
            let found: Vec<_> = parameters(query)
                .into_iter()
                .map(|(name, value)| (String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()))
                .collect();
            let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(found, expected, "{query}");
        }
        assert_eq!(parameters("a=%ff"), [(b"a".to_vec(), vec![0xff])]);
    }
}
