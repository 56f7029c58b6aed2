use gateway_model::{Header, HeaderModifier};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

fn headers(list: &[(&str, &str)]) -> Vec<Header> {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: (*value).to_owned() };
    list.iter().map(header).collect()
}

fn modifier(set: &[(&str, &str)], add: &[(&str, &str)], remove: &[&str]) -> HeaderModifier {
    HeaderModifier {
        set: headers(set),
        add: headers(add),
        remove: remove.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn compiled(wire: &HeaderModifier, double: DoubleHeaderAction) -> HeaderChanges {
    HeaderChanges::compile(wire, double, &mut Vec::new()).unwrap()
}

fn map(list: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in list {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    map
}

/// All headers, sorted by name; the values of one in order.
fn sorted(map: &HeaderMap) -> Vec<(String, String)> {
    let mut list: Vec<_> =
        map.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

#[test]
fn headers_are_set_added_and_removed() {
    type List = &'static [(&'static str, &'static str)];
    let cases: &[(List, HeaderModifier, List)] = &[
        (&[("my-header", "foo")], modifier(&[("My-Header", "bar")], &[], &[]), &[("my-header", "bar")]),
        (&[], modifier(&[("x", "1")], &[], &[]), &[("x", "1")]),
        (&[("x", "1"), ("x", "2")], modifier(&[("X", "3")], &[], &[]), &[("x", "3")]),
        (&[("x", "1")], modifier(&[], &[("X", "2,3")], &[]), &[("x", "1"), ("x", "2,3")]),
        (&[], modifier(&[], &[("x", "1")], &[]), &[("x", "1")]),
        (&[("x", "1"), ("x", "2"), ("y", "3")], modifier(&[], &[], &["X", "z"]), &[("y", "3")]),
        (&[("x", "1")], modifier(&[], &[], &[]), &[("x", "1")]),
    ];
    for (before, wire, after) in cases {
        let mut headers = map(before);
        compiled(wire, DoubleHeaderAction::Reject).apply(&mut headers).unwrap();
        assert_eq!(sorted(&headers), sorted(&map(after)), "{wire:?}");
    }
}

#[test]
fn a_joined_value_comes_after_the_existing_one() {
    let mut headers = map(&[("my-header", "foo")]);
    let wire = modifier(&[], &[("my-header", "bar,baz")], &[]);
    compiled(&wire, DoubleHeaderAction::Reject).apply(&mut headers).unwrap();
    let joined: Vec<_> = headers.get_all("my-header").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(joined.join(","), "foo,bar,baz");
}

#[test]
fn a_header_named_twice_is_set_then_added_then_removed_if_the_option_says_so() {
    let cases = [
        (modifier(&[("x", "1")], &[("X", "2")], &[]), vec![("x", "1"), ("x", "2")]),
        (modifier(&[("x", "1")], &[("x", "2")], &["x"]), vec![]),
        (modifier(&[("x", "1"), ("X", "2")], &[], &[]), vec![("x", "1")]),
        (modifier(&[], &[("x", "1"), ("x", "2")], &[]), vec![("x", "0"), ("x", "1")]),
    ];
    for (wire, after) in cases {
        let mut headers = map(&[("x", "0")]);
        compiled(&wire, DoubleHeaderAction::SetAddRemove).apply(&mut headers).unwrap();
        assert_eq!(sorted(&headers), sorted(&map(&after)), "{wire:?}");
    }
}

#[test]
fn values_that_cannot_be_sent_are_refused() {
    let cases = [
        ("plain", true),
        ("two words", true),
        ("tab\there", true),
        ("two  spaces", true),
        ("", false),
        (" lead", false),
        ("trail\t", false),
        ("line\r\nbreak: 1", false),
        ("nul\0", false),
        ("del\u{7f}", false),
        ("é", false),
    ];
    for (value, fine) in cases {
        let found =
            HeaderChanges::compile(&modifier(&[], &[("x", value)], &[]), DoubleHeaderAction::Reject, &mut Vec::new());
        match found {
            Ok(_) => assert!(fine, "{value:?}"),
            Err((field, problem)) => {
                assert!(!fine, "{value:?}");
                assert_eq!(field, "add[0].value");
                assert_eq!(problem, FilterProblem::HeaderValue { value: value.to_owned() });
            }
        }
    }
    for name in ["", "a b", "a:", ":path", "é", "a\r\n"] {
        for wire in [modifier(&[(name, "v")], &[], &[]), modifier(&[], &[], &[name])] {
            let found = HeaderChanges::compile(&wire, DoubleHeaderAction::Reject, &mut Vec::new());
            let (_, problem) = found.unwrap_err();
            assert_eq!(problem, FilterProblem::HeaderName { name: name.to_owned() });
        }
    }
}

#[test]
fn a_map_that_is_full_is_an_error_not_a_panic() {
    let mut headers = HeaderMap::new();
    for number in 0..u32::MAX {
        let name = HeaderName::from_bytes(format!("x-{number}").as_bytes()).unwrap();
        if headers.try_append(name, HeaderValue::from_static("v")).is_err() {
            break;
        }
    }
    let change = compiled(&modifier(&[], &[("new", "v")], &[]), DoubleHeaderAction::Reject);
    assert!(change.apply(&mut headers).is_err());
}

/// The same on a plain list of lines, by the words of the specification.
fn naive(lines: &[(String, String)], wire: &HeaderModifier) -> Vec<(String, String)> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut lines = lines.to_vec();
    let first_of = |list: &[Header], at: usize| !list[..at].iter().any(|other| same(&other.name, &list[at].name));
    for (at, header) in wire.set.iter().enumerate() {
        if first_of(&wire.set, at) {
            lines.retain(|(name, _)| !same(name, &header.name));
            lines.push((header.name.to_ascii_lowercase(), header.value.clone()));
        }
    }
    for (at, header) in wire.add.iter().enumerate() {
        if first_of(&wire.add, at) {
            lines.push((header.name.to_ascii_lowercase(), header.value.clone()));
        }
    }
    for removed in &wire.remove {
        lines.retain(|(name, _)| !same(name, removed));
    }
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "A", "b", "B", "c", "Cookie", "cookie"]).prop_map(str::to_owned)
}

fn header() -> impl Strategy<Value = Header> {
    (name(), "[0-9]{1,2}").prop_map(|(name, value)| Header { name, value })
}

fn modifiers() -> impl Strategy<Value = HeaderModifier> {
    let list = || prop::collection::vec(header(), 0..4);
    (list(), list(), prop::collection::vec(name(), 0..3)).prop_map(|(set, add, remove)| HeaderModifier {
        set,
        add,
        remove,
    })
}

proptest! {
    #[test]
    fn changes_equal_the_naive_model(
        lines in prop::collection::vec((name(), "[0-9]{1,2}"), 0..6),
        route in modifiers(),
        backend in modifiers(),
    ) {
        let pairs: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut headers = map(&pairs);
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let expected = naive(&naive(&lines, &route), &backend);
        for wire in [&route, &backend] {
            compiled(wire, DoubleHeaderAction::SetAddRemove).apply(&mut headers).unwrap();
        }
        prop_assert_eq!(sorted(&headers), expected);
    }

    #[test]
    fn a_filter_is_refused_exactly_when_it_names_a_header_twice(wire in modifiers()) {
        let mut names: Vec<_> = wire.set.iter().chain(&wire.add).map(|header| &header.name)
            .chain(&wire.remove).map(|name| name.to_ascii_lowercase()).collect();
        let total = names.len();
        names.sort();
        names.dedup();
        let mut warnings = Vec::new();
        prop_assert!(HeaderChanges::compile(&wire, DoubleHeaderAction::SetAddRemove, &mut warnings).is_ok());
        prop_assert_eq!(warnings.len(), total - names.len());
        let refused = HeaderChanges::compile(&wire, DoubleHeaderAction::Reject, &mut Vec::new());
        prop_assert_eq!(refused.err(), warnings.into_iter().next());
    }
}

#[test]
fn changes_tell_their_parts_and_whether_there_are_any() {
    let cases = [
        (modifier(&[], &[], &[]), (0, 0, 0)),
        (modifier(&[("a", "1")], &[], &[]), (1, 0, 0)),
        (modifier(&[], &[("a", "1"), ("b", "2")], &[]), (0, 2, 0)),
        (modifier(&[], &[], &["a"]), (0, 0, 1)),
    ];
    for (wire, expected) in cases {
        let changes = compiled(&wire, DoubleHeaderAction::default());
        assert_eq!((changes.set().len(), changes.add().len(), changes.remove().len()), expected, "{wire:?}");
        assert_eq!(changes.is_empty(), expected == (0, 0, 0), "{wire:?}");
    }
}
