//! Headers of a request.

use crate::options::{Options, RepeatedHeader};
use crate::request::Request;

/// The values of a header of which one must satisfy a condition; none if the request does not have it.
/// spec: HTTPHeaderMatch.name: names are compared without case; how a repeated header is represented is
/// implementation-specific, with special handling for `Set-Cookie`.
pub(crate) fn values(request: &Request, name: &str, options: &Options) -> Vec<Vec<u8>> {
    if name.eq_ignore_ascii_case("host") {
        return host_header(request);
    }
    let sent = request.headers.iter().filter(|(sent, _)| sent.eq_ignore_ascii_case(name));
    let sent: Vec<Vec<u8>> = sent.map(|(_, value)| value.clone()).collect();
    match options.repeated_header {
        _ if sent.is_empty() || name.eq_ignore_ascii_case("set-cookie") => sent,
        RepeatedHeader::Any => sent,
        // RFC 9113 section 8.2.3.
        RepeatedHeader::CommaJoined if name.eq_ignore_ascii_case("cookie") => vec![sent.join(&b"; "[..])],
        RepeatedHeader::CommaJoined => vec![sent.join(&b","[..])],
    }
}

/// The `Host` header is the authority as sent.
fn host_header(request: &Request) -> Vec<Vec<u8>> {
    let sent = Some(request.authority.as_bytes().to_vec());
    sent.filter(|authority| !authority.is_empty()).into_iter().collect()
}

/// Whether a text is a header's name. RFC 9110 section 5.6.2.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_header_is_joined_or_any() {
        let mut request = Request::get("ns", "gw", 80, "A.com:80", "/");
        for (name, value) in [
            ("X-A", "1"),
            ("x-a", "2 "),
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
            ("set-cookie", "c"),
            ("Set-Cookie", "d"),
            ("Host", "never"),
            ("one", "1,2"),
        ] {
            request.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        let cases: [(&str, &str, &[&str]); 11] = [
            ("comma-joined", "X-a", &["1,2 "]),
            ("any", "X-a", &["1", "2 "]),
            ("comma-joined", "COOKIE", &["a=1; b=2"]),
            ("any", "COOKIE", &["a=1", "b=2"]),
            ("comma-joined", "Set-cookie", &["c", "d"]),
            ("any", "Set-cookie", &["c", "d"]),
            ("comma-joined", "one", &["1,2"]),
            ("any", "one", &["1,2"]),
            ("comma-joined", "HOST", &["A.com:80"]),
            ("comma-joined", "gone", &[]),
            ("any", "gone", &[]),
        ];
        for (choice, name, expected) in cases {
            let mut options = Options::default();
            options.set("repeated-header", choice).unwrap();
            let expected: Vec<_> = expected.iter().map(|value| value.as_bytes().to_vec()).collect();
            assert_eq!(values(&request, name, &options), expected, "{choice} {name}");
        }
        request.authority.clear();
        assert!(values(&request, "host", &Options::default()).is_empty());
    }

    #[test]
    fn a_name_is_a_token() {
        assert!(["x-a", "X_b", "!#$%&'*+-.^_`|~9"].into_iter().all(is_name));
        assert!(!["", "x a", "x:", "ä", "x\n", ":path", "a/b", "(a)"].into_iter().any(is_name));
    }
}
