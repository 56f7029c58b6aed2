use std::cmp::Ordering;
use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn hostname(text: &str) -> Hostname {
    Hostname::parse(text).unwrap_or_else(|problem| panic!("`{text}` {problem}"))
}

fn hostnames(texts: &[&str]) -> Vec<Hostname> {
    texts.iter().map(|text| hostname(text)).collect()
}

#[test]
fn what_an_api_server_accepts_is_accepted() {
    let long_label = format!("{}.com", "a".repeat(64));
    let longest = format!("*.{}", ["a".repeat(62), "b".repeat(62), "c".repeat(62), "d".repeat(62)].join("."));
    assert_eq!(longest.len(), Hostname::MAX_LENGTH);
    for text in [
        "a",
        "0",
        "localhost",
        "example.com",
        "*.com",
        "*.example.com",
        "*.1.2.3.4",
        "a-b.c--d.e",
        "xn--bcher-kva.example",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        long_label.as_str(),
        longest.as_str(),
    ] {
        assert_eq!(Hostname::parse(text).as_ref().map(Hostname::as_str), Ok(text));
        assert_eq!(Hostname::parse_canonical(text), Hostname::parse(text));
        assert!(Hostname::is_canonical(text), "{text}");
    }
}

#[test]
fn a_malformed_hostname_is_refused_with_the_precise_problem() {
    use HostnameError::*;
    let label = |label: &str| HyphenAtLabelEdge { label: label.into() };
    let character = |character, index| InvalidCharacter { character, index };
    for (text, problem) in [
        ("", Empty),
        (".", EmptyLabel { index: 0 }),
        (".com", EmptyLabel { index: 0 }),
        ("a..b", EmptyLabel { index: 2 }),
        ("*..b", EmptyLabel { index: 2 }),
        ("a..", EmptyLabel { index: 2 }),
        ("a.", TrailingDot),
        ("*.", TrailingDot),
        ("*", WildcardAlone),
        ("**", MisplacedWildcard { index: 0 }),
        ("*a.com", MisplacedWildcard { index: 0 }),
        ("a*.com", MisplacedWildcard { index: 1 }),
        ("*.*.com", MisplacedWildcard { index: 2 }),
        ("a.*", MisplacedWildcard { index: 2 }),
        ("-", label("-")),
        ("-a.com", label("-a")),
        ("a.b-.com", label("b-")),
        ("*.-a", label("-a")),
        ("a_b.com", character('_', 1)),
        ("a.com:80", character(':', 5)),
        ("http://a", character(':', 4)),
        ("a b", character(' ', 1)),
        ("a\n", character('\n', 1)),
        ("é.com", character('é', 0)),
        ("bücher.é", character('ü', 1)),
        ("İ.com", character('İ', 0)),
        ("::1", character(':', 0)),
        ("-_", character('_', 1)),
    ] {
        assert_eq!(Hostname::parse(text), Err(problem.clone()), "{text:?}");
        assert_eq!(Hostname::parse_canonical(text), Err(problem), "{text:?}");
        assert!(!Hostname::is_canonical(text), "{text:?}");
    }
}

#[test]
fn length_is_counted_in_characters_and_comes_first() {
    assert_eq!(Hostname::parse(&"a".repeat(253)).map(|_| ()), Ok(()));
    assert_eq!(Hostname::parse(&"a".repeat(254)), Err(HostnameError::TooLong { length: 254 }));
    assert_eq!(Hostname::parse(&"_".repeat(300)), Err(HostnameError::TooLong { length: 300 }));
    let two_bytes_each = "é".repeat(253);
    assert_eq!(Hostname::parse(&two_bytes_each), Err(HostnameError::InvalidCharacter { character: 'é', index: 0 }));
}

#[test]
fn ip_addresses_are_not_allowed() {
    for text in ["1.2.3.4", "0.0.0.0", "255.255.255.255"] {
        assert_eq!(Hostname::parse(text), Err(HostnameError::IpAddress { address: text.parse().unwrap() }));
        assert!(!Hostname::is_canonical(text));
    }
}

#[test]
fn upper_case_is_folded_by_parse_and_refused_on_the_wire() {
    assert_eq!(Hostname::parse("*.Example.COM"), Ok(hostname("*.example.com")));
    assert_eq!("A".parse::<Hostname>(), Ok(hostname("a")));
    assert_eq!(Hostname::parse_canonical("*.exAmple.COM"), Err(HostnameError::UpperCase { index: 4 }));
    assert!(!Hostname::is_canonical("A"));
    // Upper case is the last thing to complain about.
    assert_eq!(Hostname::parse_canonical("A."), Err(HostnameError::TrailingDot));
}

#[test]
fn messages_say_what_to_do_in_lower_case() {
    for (text, message) in [
        ("", "must not be empty"),
        ("a..b", "has an empty label at index 2"),
        ("a.", "must not end with a dot"),
        ("-a", "label `-a` must start and end with a letter or a digit"),
        ("a\tb", "has `\\t` at index 1: only ASCII letters, digits, hyphens and dots are allowed"),
        ("a.*", "has `*` at index 2: it is only allowed alone as the first label, as in `*.example.com`"),
        ("*", "`*` needs a domain after it, as in `*.example.com`; leave the hostname out to match every host"),
        ("1.2.3.4", "must be a name, not the IP address `1.2.3.4`"),
        ("aB", "has an upper-case letter at index 1: hostnames are lower case"),
    ] {
        assert_eq!(Hostname::parse_canonical(text).unwrap_err().to_string(), message);
    }
    let long = Hostname::parse(&"a".repeat(300)).unwrap_err();
    assert_eq!(long.to_string(), "must have at most 253 characters, but has 300");
}

#[test]
fn the_parts_of_a_hostname() {
    for (text, suffix, labels) in [
        ("localhost", None, vec!["localhost"]),
        ("a.example.com", None, vec!["a", "example", "com"]),
        ("*.example.com", Some("example.com"), vec!["*", "example", "com"]),
        ("*.com", Some("com"), vec!["*", "com"]),
    ] {
        let hostname = hostname(text);
        assert_eq!(hostname.wildcard_suffix(), suffix);
        assert_eq!(hostname.is_wildcard(), suffix.is_some());
        assert_eq!(hostname.labels().collect::<Vec<_>>(), labels);
        assert_eq!(hostname.to_string(), text);
        assert_eq!(format!("[{hostname:>15}]"), format!("[{text:>15}]"));
    }
}

#[test]
fn json_is_the_text_and_reading_is_strict() {
    let wildcard = hostname("*.example.com");
    assert_eq!(serde_json::to_string(&wildcard).unwrap(), r#""*.example.com""#);
    assert_eq!(serde_json::from_str::<Hostname>(r#""*.example.com""#).unwrap(), wildcard);
    assert_eq!(serde_json::from_str::<Hostname>(r#""*.\u0065xample.com""#).unwrap(), wildcard);
    for text in [r#""Example.com""#, r#""a.""#, r#""10.0.0.1""#, r#""""#, "null", "1", "[]"] {
        assert!(serde_json::from_str::<Hostname>(text).is_err(), "{text}");
    }
    let message = serde_json::from_str::<Hostname>(r#""a..b""#).unwrap_err().to_string();
    assert!(message.starts_with("hostname `a..b`: has an empty label at index 2"), "{message}");
}

#[test]
fn maps_are_asked_by_text() {
    let map = HashMap::from([(hostname("A.example.com"), 1)]);
    assert_eq!(map.get("a.example.com"), Some(&1));
    assert_eq!(map.get("b.example.com"), None);
}

#[test]
fn a_hostname_matches_as_the_spec_says() {
    for (text, host, expected) in [
        ("example.com", "example.com", true),
        ("example.com", "EXAMPLE.com", true),
        ("example.com", "example.com.", true),
        ("example.com", "example.com..", false),
        ("example.com", ".example.com", false),
        ("example.com", "a.example.com", false),
        ("example.com", "example.co", false),
        ("example.com", "", false),
        ("example.com", ".", false),
        ("*.example.com", "test.example.com", true),
        ("*.example.com", "foo.test.example.com", true),
        ("*.example.com", "Test.Example.Com.", true),
        ("*.example.com", "my_service.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", ".example.com", false),
        ("*.example.com", "..example.com", false),
        ("*.example.com", "a..example.com", false),
        ("*.example.com", ".a.example.com", false),
        ("*.example.com", "a..b.example.com", false),
        ("*.example.com", "aexample.com", false),
        ("*.example.com", "a.example.com..", false),
        ("*.example.com", "a.example.com.evil", false),
        ("*.example.com", "", false),
        ("*.com", "example.com", true),
        ("*.com", "com", false),
        ("*.com", "é.com", true),
        ("*.com", "éééé", false),
    ] {
        assert_eq!(hostname(text).matches(host), expected, "{text} {host:?}");
    }
}

#[test]
fn hostnames_intersect_in_the_more_specific_one() {
    for (a, b, expected) in [
        ("a.com", "a.com", Some("a.com")),
        ("a.com", "b.com", None),
        ("*.a.com", "*.a.com", Some("*.a.com")),
        ("*.com", "*.a.com", Some("*.a.com")),
        ("*.com", "*.b.a.com", Some("*.b.a.com")),
        ("*.a.com", "*.b.com", None),
        ("*.a.com", "*.aa.com", None),
        ("*.a.com", "x.a.com", Some("x.a.com")),
        ("*.a.com", "y.x.a.com", Some("y.x.a.com")),
        ("*.a.com", "a.com", None),
        ("*.a.com", "xa.com", None),
        ("*.a.com", "x.a.net", None),
    ] {
        let (a, b) = (hostname(a), hostname(b));
        assert_eq!(a.intersect(&b).map(Hostname::as_str), expected, "{a} {b}");
        assert_eq!(b.intersect(&a).map(Hostname::as_str), expected, "{b} {a}");
    }
}

#[test]
fn a_hostname_covers_what_it_matches_wholly() {
    for (wide, narrow, expected) in [
        ("*.com", "*.a.com", true),
        ("*.a.com", "*.com", false),
        ("*.com", "*.com", true),
        ("*.com", "a.com", true),
        ("a.com", "*.a.com", false),
        ("*.a.com", "a.com", false),
        ("a.com", "a.com", true),
    ] {
        assert_eq!(hostname(wide).covers(&hostname(narrow)), expected, "{wide} {narrow}");
    }
}

#[test]
fn effective_hostnames_of_a_route_on_a_listener() {
    let any: Option<&[&str]> = None;
    for (listener, route, expected) in [
        (None, vec![], any),
        (None, vec!["b.com", "a.com", "b.com"], Some(&["b.com", "a.com"][..])),
        (Some("a.com"), vec![], Some(&["a.com"])),
        (Some("test.example.com"), vec!["*.example.com"], Some(&["test.example.com"])),
        (Some("test.example.com"), vec!["example.com"], Some(&[])),
        // Several of the route's hostnames may meet in one.
        (Some("test.example.com"), vec!["*.com", "*.example.com", "test.example.com"], Some(&["test.example.com"])),
        (Some("*.example.com"), vec!["test.example.com", "test.example.net"], Some(&["test.example.com"])),
        (
            Some("*.example.com"),
            vec!["z.example.com", "*.com", "*.b.example.com", "*.example.com", "c.b.example.com"],
            Some(&["z.example.com", "*.example.com", "*.b.example.com", "c.b.example.com"]),
        ),
        (Some("*.example.com"), vec!["example.com", "*.example.net"], Some(&[])),
    ] {
        let listener = listener.map(hostname);
        let route = hostnames(&route);
        let context = format!("{listener:?} {route:?}");
        assert_eq!(hostnames_meet(listener.as_ref(), &route), expected != Some(&[]), "{context}");
        match (effective_hostnames(listener.as_ref(), &route), expected) {
            (EffectiveHostnames::Any, None) | (EffectiveHostnames::Disjoint, Some([])) => {}
            (EffectiveHostnames::Listed(listed), Some(expected)) => {
                assert_eq!(listed.iter().map(|hostname| hostname.as_str()).collect::<Vec<_>>(), expected, "{context}");
            }
            (other, _) => panic!("{context}: {other:?}"),
        }
    }
}

#[test]
fn a_certificate_wildcard_covers_exactly_one_label() {
    for (hostname_text, dns_name, expected) in [
        ("a.example.com", "a.example.com", true),
        ("a.example.com", "A.EXAMPLE.COM", true),
        ("a.example.com", "*.example.com", true),
        ("a.example.com", "*.Example.com", true),
        ("a.example.com", "*.com", false),
        ("a.example.com", "*.a.example.com", false),
        ("a.example.com", "*", false),
        ("a.example.com", "a*.example.com", false),
        ("a.example.com", "a.*.com", false),
        ("a.example.com", "", false),
        ("example.com", "*.example.com", false),
        ("localhost", "*.", false),
        ("localhost", "localhost", true),
        ("*.example.com", "*.example.com", true),
        ("*.example.com", "*.EXAMPLE.com", true),
        ("*.example.com", "example.com", false),
        ("*.b.example.com", "*.example.com", false),
        ("*.example.com", "*.com", false),
    ] {
        let covered = hostname(hostname_text).covered_by_certificate_name(dns_name);
        assert_eq!(covered, expected, "{hostname_text} {dns_name}");
    }
}

#[test]
fn a_certificate_name_matches_hosts_as_clients_write_them() {
    for (dns_name, host, expected) in [
        ("*.example.com", "a.example.com.", true),
        ("*.example.com", ".example.com", false),
        ("*.example.com", "b.a.example.com", false),
        ("*.3.4.5", "2.3.4.5", false),
        ("1.2.3.4", "1.2.3.4", false),
        ("::1", "::1", false),
        ("", "", false),
        ("", ".", false),
        ("*.", "a..", false),
    ] {
        assert_eq!(certificate_name_matches(dns_name, host), expected, "{dns_name:?} {host:?}");
    }
}

#[test]
fn route_hostnames_rank_by_class_then_characters() {
    let ascending = ["*.a.b", "*.bb.c", "*.extraordinarily-long.example", "a", "z.b", "a.b.c.d"];
    let ranks: Vec<_> = ascending.iter().map(|text| Specificity::of(Some(&hostname(text)))).collect();
    assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
    assert!(Specificity::of(None) < ranks[0]);
    assert_eq!(Specificity::of(Some(&hostname("ab.c"))), Specificity::of(Some(&hostname("a.bc"))));
}

#[test]
fn listeners_rank_by_class_then_dots_right_of_the_wildcard() {
    let ascending = ["*.extraordinarily-long", "*.long-as-well.example", "*.a.b.c", "localhost"];
    let ranks: Vec<_> = ascending.iter().map(|text| ListenerSpecificity::of(Some(&hostname(text)))).collect();
    assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
    assert!(ListenerSpecificity::of(None) < ranks[0]);
    for (a, b) in [("*.a.b", "*.long.longer"), ("a", "a.b.c")] {
        let rank = |text| ListenerSpecificity::of(Some(&hostname(text)));
        assert_eq!(rank(a), rank(b), "{a} {b}");
    }
}

#[test]
fn the_host_of_an_authority() {
    use Host::*;
    for (authority, expected) in [
        ("", Empty),
        ("example.com", Name("example.com")),
        ("Example.COM", Name("Example.COM")),
        ("example.com:8080", Name("example.com")),
        ("example.com:", Name("example.com")),
        ("example.com:99999999999999999999", Name("example.com")),
        ("example.com.", Name("example.com")),
        ("example.com.:80", Name("example.com")),
        ("example.com..", Invalid),
        ("example.com..:80", Invalid),
        (".", Invalid),
        (".:80", Invalid),
        (".example.com", Invalid),
        ("a..b", Invalid),
        (":80", Invalid),
        (":", Invalid),
        ("example.com:http", Invalid),
        ("example.com:+80", Invalid),
        ("example.com:80:80", Invalid),
        ("example.com:80 ", Invalid),
        ("localhost:1", Name("localhost")),
        ("my_service.local", Name("my_service.local")),
        ("a!$&'()*+,;=~b", Name("a!$&'()*+,;=~b")),
        ("user@example.com", Invalid),
        ("user:password@example.com:80", Invalid),
        ("http://example.com", Invalid),
        ("example.com/", Invalid),
        ("example.com?a", Invalid),
        ("example.com#a", Invalid),
        ("example.com\\", Invalid),
        ("%65xample.com", Invalid),
        (" example.com", Invalid),
        ("example.com\0", Invalid),
        ("a\r\nb", Invalid),
        ("bücher.example", Invalid),
        ("10.0.0.1", Address("10.0.0.1")),
        ("10.0.0.1:80", Address("10.0.0.1")),
        ("10.0.0.1.", Address("10.0.0.1")),
        ("10.0.0.256", Name("10.0.0.256")),
        ("010.0.0.1", Name("010.0.0.1")),
        ("127.1", Name("127.1")),
        ("[::1]", Address("::1")),
        ("[::1]:80", Address("::1")),
        ("[::1]:", Address("::1")),
        ("[::ffff:10.0.0.1]:80", Address("::ffff:10.0.0.1")),
        ("[::1]80", Invalid),
        ("[::1].", Invalid),
        ("[::1]:a", Invalid),
        ("[::1", Invalid),
        ("::1]", Invalid),
        ("::1", Invalid),
        ("[]", Invalid),
        ("[", Invalid),
        ("]", Invalid),
        ("[[::1]]", Invalid),
        ("[fe80::1%25eth0]", Invalid),
        ("[v1.a]", Invalid),
        ("[example.com]", Invalid),
        ("[10.0.0.1]", Invalid),
    ] {
        assert_eq!(host_of_authority(authority), expected, "{authority:?}");
        let name = if let Name(name) = expected { Some(name) } else { None };
        assert_eq!(host_of_authority(authority).name(), name);
    }
}

/// The field's pattern and limits, read as a machine over characters: may the next one follow?
fn fits_the_pattern(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let mut previous = '.';
    for character in text.chars() {
        let fits = match character {
            'a'..='z' | '0'..='9' => true,
            '-' => previous != '.',
            '.' => previous != '.' && previous != '-',
            _ => false,
        };
        if !fits {
            return false;
        }
        previous = character;
    }
    previous != '.' && previous != '-'
}

/// What a hostname matches, told in labels.
fn naive_matches(hostname: &str, host: &str) -> bool {
    let lower = host.to_ascii_lowercase();
    let lower = lower.strip_suffix('.').unwrap_or(&lower);
    let host: Vec<&str> = lower.split('.').collect();
    let labels: Vec<&str> = hostname.split('.').collect();
    if labels[0] != "*" {
        return host == labels;
    }
    let suffix = &labels[1..];
    host.len() > suffix.len() && host.ends_with(suffix) && host.iter().all(|label| !label.is_empty())
}

fn any_hostname() -> impl Strategy<Value = Hostname> {
    let label = prop_oneof![Just("a"), Just("b"), Just("ab")];
    (any::<bool>(), prop::collection::vec(label, 1..4)).prop_map(|(wildcard, labels)| {
        let name = labels.join(".");
        hostname(&if wildcard { format!("*.{name}") } else { name })
    })
}

/// Hosts near the hostnames above: mostly names, now and then an empty label, upper case, a dot at the end.
fn any_host() -> impl Strategy<Value = String> {
    let label = prop_oneof![4 => Just("a"), 4 => Just("b"), 2 => Just("ab"), 1 => Just("A"), 1 => Just("")];
    let near = (prop::collection::vec(label, 1..5), prop_oneof![4 => Just(""), 1 => Just(".")])
        .prop_map(|(labels, end)| labels.join(".") + end);
    prop_oneof![3 => near, 1 => "[abA.]{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn canonical_texts_are_those_of_the_pattern_without_addresses(text in "(\\*\\.)?[a1B_.*-]{0,9}") {
        let expected = fits_the_pattern(&text) && text.parse::<Ipv4Addr>().is_err();
        prop_assert_eq!(Hostname::is_canonical(&text), expected);
        prop_assert_eq!(Hostname::parse_canonical(&text).is_ok(), expected);
        prop_assert_eq!(Hostname::parse(&text).is_ok(), Hostname::is_canonical(&text.to_ascii_lowercase()));
    }

    #[test]
    fn parsing_never_panics_and_positions_are_real(text in "\\PC{0,12}|(\\*\\.)?[aé.*-]{0,9}") {
        match Hostname::parse(&text) {
            Err(HostnameError::InvalidCharacter { character, index }) => {
                prop_assert!(text.get(index..).unwrap().starts_with(character));
            }
            Err(HostnameError::MisplacedWildcard { index }) => {
                prop_assert!(text.get(index..).unwrap().starts_with('*'));
            }
            Err(HostnameError::EmptyLabel { index }) => {
                let rest = text.get(index..).unwrap();
                prop_assert!(rest.starts_with('.') || rest.is_empty());
            }
            _ => {}
        }
    }

    #[test]
    fn printing_and_parsing_is_the_identity(hostname in any_hostname()) {
        let text = hostname.to_string();
        prop_assert_eq!(Hostname::parse(&text), Ok(hostname.clone()));
        prop_assert_eq!(Hostname::parse(&text.to_ascii_uppercase()), Ok(hostname.clone()));
        let json = serde_json::to_string(&hostname).unwrap();
        prop_assert_eq!(serde_json::from_str::<Hostname>(&json).unwrap(), hostname);
    }

    #[test]
    fn matching_agrees_with_labels(hostname in any_hostname(), host in any_host()) {
        prop_assert_eq!(hostname.matches(&host), naive_matches(hostname.as_str(), &host));
    }

    #[test]
    fn matching_bears_any_host(hostname in any_hostname(), host in "\\PC{0,12}|[é.ab]{0,8}") {
        prop_assert_eq!(hostname.matches(&host), naive_matches(hostname.as_str(), &host));
    }

    #[test]
    fn intersection_commutes_and_is_idempotent(a in any_hostname(), b in any_hostname(), c in any_hostname()) {
        prop_assert_eq!(a.intersect(&b), b.intersect(&a));
        prop_assert_eq!(a.intersect(&a), Some(&a));
        let left = a.intersect(&b).and_then(|ab| ab.intersect(&c));
        let right = b.intersect(&c).and_then(|bc| a.intersect(bc));
        prop_assert_eq!(left, right);
        if let Some(both) = a.intersect(&b) {
            prop_assert!(a.covers(both) && b.covers(both));
            prop_assert!(both == &a || both == &b);
        }
    }

    #[test]
    fn an_intersection_matches_what_both_match(a in any_hostname(), b in any_hostname(), host in any_host()) {
        let both = a.matches(&host) && b.matches(&host);
        prop_assert_eq!(a.intersect(&b).is_some_and(|shared| shared.matches(&host)), both);
    }

    #[test]
    fn covering_is_matching_all_that_the_other_matches(a in any_hostname(), b in any_hostname(), host in any_host()) {
        // A label that no hostname here has stands for every host of a wildcard.
        let fresh = b.wildcard_suffix().map_or(b.to_string(), |suffix| format!("fresh.{suffix}"));
        prop_assert_eq!(a.covers(&b), naive_matches(a.as_str(), &fresh));
        if a.covers(&b) && b.matches(&host) {
            prop_assert!(a.matches(&host));
        }
    }

    #[test]
    fn effective_hostnames_match_what_listener_and_route_match(
        listener in prop::option::of(any_hostname()),
        route in prop::collection::vec(any_hostname(), 0..5),
        host in any_host(),
    ) {
        let effective = effective_hostnames(listener.as_ref(), &route);
        let by_listener = listener.as_ref().is_none_or(|listener| listener.matches(&host));
        let by_route = route.is_empty() || route.iter().any(|hostname| hostname.matches(&host));
        prop_assert_eq!(effective.matches(&host), by_listener && by_route);
        if let EffectiveHostnames::Listed(listed) = effective {
            prop_assert!(!listed.is_empty());
            let mut unique = listed.clone();
            unique.sort();
            unique.dedup();
            prop_assert_eq!(unique.len(), listed.len());
        }
    }

    #[test]
    fn among_matching_hostnames_both_orders_and_covering_agree(a in any_hostname(), b in any_hostname()) {
        if let Some(both) = a.intersect(&b) {
            for hostname in [&a, &b] {
                let expected = if hostname == both { Ordering::Equal } else { Ordering::Less };
                let (this, best) = (Some(hostname), Some(both));
                prop_assert_eq!(Specificity::of(this).cmp(&Specificity::of(best)), expected);
                prop_assert_eq!(ListenerSpecificity::of(this).cmp(&ListenerSpecificity::of(best)), expected);
            }
        }
    }

    #[test]
    fn a_certificate_name_is_never_wider_than_the_same_hostname(name in any_hostname(), host in any_host()) {
        if certificate_name_matches(name.as_str(), &host) {
            prop_assert!(name.matches(&host));
        } else if name.matches(&host) {
            let labels = host.strip_suffix('.').unwrap_or(&host).split('.').count();
            prop_assert!(labels > name.labels().count(), "only deeper hosts are beyond a certificate");
        }
        prop_assert!(name.covered_by_certificate_name(name.as_str()));
    }

    #[test]
    fn a_host_is_found_whatever_is_around_it(
        name in "[a-c0-9A-C_-]{1,3}(\\.[a-c0-9]{1,3}){0,3}",
        port in "(:[0-9]{0,6})?",
        dot in "\\.?",
    ) {
        let authority = format!("{name}{dot}{port}");
        let expected = if name.parse::<Ipv4Addr>().is_ok() { Host::Address(&name) } else { Host::Name(&name) };
        prop_assert_eq!(host_of_authority(&authority), expected);
    }

    #[test]
    fn finding_the_host_never_panics_and_is_idempotent(authority in "\\PC{0,12}|[a1.:@é\\[\\]%]{0,10}") {
        if let Host::Name(name) = host_of_authority(&authority) {
            prop_assert_eq!(host_of_authority(name), Host::Name(name));
            prop_assert!(authority.starts_with(name));
            prop_assert!(name.split('.').all(|label| !label.is_empty()));
        }
    }
}

#[test]
fn the_rank_as_a_number_is_in_the_order_of_ranks() {
    let hostnames =
        [None, Some("*.b"), Some("*.example.com"), Some("a"), Some("b.example.com"), Some("long.example.com")];
    let ranks = hostnames.map(|text| {
        let hostname = text.map(|text| Hostname::parse(text).unwrap());
        Specificity::of(hostname.as_ref())
    });
    for pair in ranks.windows(2) {
        assert!(pair[0] < pair[1] && pair[0].rank() < pair[1].rank(), "{pair:?}");
    }
    assert_eq!(ranks.map(Specificity::rank), [0, 0x103, 0x10d, 0x201, 0x20d, 0x210]);
    assert_eq!(ranks.map(Specificity::is_exact), [false, false, false, true, true, true]);
}

#[test]
fn a_hostname_is_a_text_and_nothing_else() {
    let hostname = Hostname::parse("a.example.com").unwrap();
    assert_eq!(AsRef::<str>::as_ref(&hostname), "a.example.com");
    let error = serde_json::from_str::<Hostname>("7").unwrap_err().to_string();
    assert!(error.contains("expected a hostname"), "{error}");
}

#[test]
fn effective_hostnames_take_the_hosts_of_any_of_them() {
    let hostnames = ["a.example.com", "*.example.org"].map(|text| Hostname::parse(text).unwrap());
    let cases = [
        (EffectiveHostnames::Any, [true, true, true]),
        (EffectiveHostnames::Disjoint, [false, false, false]),
        (EffectiveHostnames::Listed(hostnames.iter().collect()), [true, true, false]),
    ];
    for (effective, expected) in cases {
        assert_eq!(
            ["a.example.com", "b.example.org", "b.example.com"].map(|host| effective.matches(host)),
            expected,
            "{effective:?}"
        );
    }
}
