//! Patterns of texts: each is written once, compiled once when it is first needed, and says in
//! words what it wants.

use std::sync::OnceLock;

use regex_automata::meta::Regex;

/// A pattern that a text must match somewhere; most are anchored at both ends.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// As the CRDs have it.
    pub(crate) text: &'static str,
    /// What a text must be, for `must be ...`.
    pub(crate) wanted: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    const fn new(text: &'static str, wanted: &'static str) -> Self {
        Pattern { text, wanted, compiled: OnceLock::new() }
    }

    /// Whether the text has a match. O(text).
    pub(crate) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.text).ok());
        // Every pattern of this file compiles, as a test shows.
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $text:expr, $wanted:literal;)+) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: &Pattern = {
                static PATTERN: Pattern = Pattern::new($text, $wanted);
                &PATTERN
            };
        )+

        #[cfg(test)]
        const ALL: &[&Pattern] = &[$($name),+];
    };
}

/// Labels of letters, digits and `-`, joined by dots.
macro_rules! subdomain {
    () => {
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    };
}

patterns! {
    SUBDOMAIN = concat!("^", subdomain!(), "$"),
        "lower-case letters, digits, `-` and `.`, with a letter or digit on both sides of every dot and at both ends";
    GROUP = concat!("^$|^", subdomain!(), "$"),
        "empty (the core group) or a domain name such as `gateway.networking.k8s.io`";
    KIND = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
        "the name of a kind: letters, digits and `-`, starting with a letter";
    NAMESPACE = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "the name of a namespace: lower-case letters, digits and `-`, with a letter or digit at both ends";
    HOSTNAME = concat!(r"^(\*\.)?", subdomain!(), "$"),
        "a hostname in lower case without scheme, port or path; `*.` may stand in front";
    CONTROLLER = concat!("^", subdomain!(), r"\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"),
        "a domain and a path, such as `example.com/gateway-controller`";
    ADDRESS_TYPE = concat!(r"^Hostname|IPAddress|NamedAddress|", subdomain!(), r"\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"),
        "`IPAddress`, `Hostname`, `NamedAddress` or a domain and a path, such as `example.com/elastic-ip`";
    PROTOCOL = concat!(r"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|", subdomain!(), r"\/[A-Za-z0-9]+$"),
        "the name of a protocol, such as `HTTPS`, or with a domain in front `example.com/bar`";
    LABEL_VALUE = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
        "empty, or letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";
    LABEL_KEY = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
        "a name of at most 63 letters, digits, `-`, `_` and `.`; a domain and `/` may stand in front";
    CONDITION_TYPE = concat!("^(", subdomain!(), r"/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"),
        "the name of a condition, such as `Accepted`; a domain and `/` may stand in front";
    CONDITION_REASON = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        "one word in camel case, such as `NoMatchingParent`";
    HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$",
        "the name of a header: letters, digits and any of !#$%&'*+-.^_`|~";
    HEADER_VALUE = r"^[!-~]+([\t ]?[!-~]+)*$",
        "printable ASCII, with no more than one blank or tab between two characters and none at the ends";
    DURATION = "^([0-9]{1,5}(h|m|s|ms)){1,4}$",
        "a duration such as `10s`, `500ms` or `1h30m`: up to four numbers of up to five digits, each with a unit";
    PATH_TEXT = r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$",
        "letters, digits and any of -/._~!$&'()*+,;=:@; any other character as `%` and two hexadecimal digits";
    ORIGIN = r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)",
        "`*`, or a scheme and a host without path, such as `https://*.example.com:8443`";
    CERTIFICATE_SET = concat!("^(System|(", subdomain!(), r"/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$"),
        "`System`, or a name with a domain in front, such as `example.com/my-cas`";
    ABSOLUTE_URI = r"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?",
        "a URI with scheme and host, such as `spiffe://example.com/ns/shop`";
    GRPC_SERVICE = r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$",
        "the full name of a service, such as `shop.v1.Cart`";
    GRPC_METHOD = "^[A-Za-z_][A-Za-z_0-9]*$",
        "the name of a method, such as `AddItem`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in ALL {
            assert!(Regex::new(pattern.text).is_ok(), "{}", pattern.text);
        }
    }

    #[test]
    fn patterns_are_found_anywhere_unless_they_say_otherwise() {
        let cases = [
            (ADDRESS_TYPE, "HostnameX", true),
            (ADDRESS_TYPE, "my IPAddress", true),
            (ADDRESS_TYPE, "Host", false),
            (PROTOCOL, "!example.com/a", true),
            (PROTOCOL, "HTTPS!", false),
            (HOSTNAME, "*.example.com", true),
            (HOSTNAME, "*.example.com\n", false),
            (HEADER_VALUE, "a  b", false),
            (GRPC_SERVICE, "Shop.V1", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(pattern.matches(text), expected, "{text} against {}", pattern.text);
        }
    }
}
