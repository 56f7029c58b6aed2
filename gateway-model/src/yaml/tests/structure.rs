use serde_json::json;

use super::super::Problem;
use super::{errors, problem, value};

#[test]
fn block_and_flow_styles_say_the_same() {
    let expected = json!({"a": [{"b": "c d", "e": null}, ["f", "g"]], "h": "i\nj\n", "k": "l m"});
    for text in [
        "a:\n- b: c d\n  e:\n- - f\n  - g\nh: |\n  i\n  j\nk: >-\n  l\n  m\n",
        "a:\n  -\n    b: c\n      d\n    e: ~\n  - [f, g,]\nh: \"i\\nj\\n\"\nk: 'l\n  m'\n",
        "{a: [{b: c d, e}, [f, g]], h: \"i\\n\\\n  j\\n\", k: l m}",
        "? a\n:\n  - ? b\n    : c d\n    ? e\n  - - f\n    - g\n? h\n: |\n i\n j\n? k\n: l m\n",
        "a:\r\n- b: c d # comment\r\n  e:\r\n- [f,\r\n  g]\r\nh: |\r\n  i\r\n  j\r\nk: l m\r\n",
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn block_scalars_keep_or_drop_their_last_breaks() {
    for (text, expected) in [
        ("v: |\n  a\n\n", "a\n"),
        ("v: |-\n  a\n\n", "a"),
        ("v: |+\n  a\n\n", "a\n\n"),
        ("v: |2\n   a\n", " a\n"),
        ("v: |\n  a", "a"), // no break to keep
        ("v: >\n  a\n  b\n\n  c\n   d\n", "a b\nc\n d\n"),
        ("v: |\n  \ta\n", "\ta\n"),
    ] {
        assert_eq!(value(text)["v"], json!(expected), "{text:?}");
    }
}

#[test]
fn aliases_stand_for_what_their_anchor_names() {
    let text = "a: &a [1, &b {c: d}]\ne: *a\nf: *b\ng: &h on\n*h : i\n";
    let list = json!([1, {"c": "d"}]);
    assert_eq!(value(text), json!({"a": list, "e": list, "f": {"c": "d"}, "g": true, "true": "i"}));
    assert_eq!(value("- &a 1\n- &a 2\n- *a\n"), json!([1, 2, 2]), "the latest anchor of a name counts");
    assert_eq!(value("- &a x\n- &b [*a, *a]\n- &c [*b, *b]\n- *c")[3], json!([["x", "x"], ["x", "x"]]));
    assert_eq!(value("- &a\n- *a"), json!([null, null]));
    assert_eq!(value("&a k: &b v\n*b : *a"), json!({"k": "v", "v": "k"}), "keys can have anchors");
    assert_eq!(value("- &k x\n- &m {*k : *k}\n- *m"), json!(["x", {"x": "x"}, {"x": "x"}]));
}

#[test]
fn an_alias_needs_a_finished_anchor_before_it() {
    assert_eq!(problem("a: *a"), Problem::UnknownAlias);
    assert_eq!(problem("a: *a\nb: &a 1"), Problem::UnknownAlias);
    assert_eq!(problem("&a [*a]"), Problem::SelfReference);
    assert_eq!(problem("a: &a\n  b: *a"), Problem::SelfReference);
    assert_eq!(problem("&a {<<: *a}"), Problem::SelfReference);
    assert_eq!(problem("&a {? *a : b}"), Problem::SelfReference);
    let error = errors("a: &x 1\n---\nb: *x\n").remove(0); // anchors end with their document
    assert_eq!((error.index, error.problem), (1, Problem::UnknownAlias));
}

#[test]
fn merges_take_effect_where_they_stand() {
    let base = "b: &b {x: 1, w: 2}\nc: &c {x: 3, z: 4}\n";
    for (text, expected) in [
        ("d: {<<: *b}", json!({"x": 1, "w": 2})),
        ("d: {<<: *b, x: 9}", json!({"x": 9, "w": 2})),
        ("d: {x: 9, <<: *b}", json!({"x": 1, "w": 2})), // as go-yaml v2 has it
        ("d: {<<: [*b, *c]}", json!({"x": 1, "w": 2, "z": 4})),
        ("d: {<<: [*c, {x: 5, v: 6}]}", json!({"x": 3, "z": 4, "v": 6})),
        ("d: {<<: *b, <<: *c}", json!({"x": 3, "w": 2, "z": 4})),
        ("d: {<<: {x: 5}}", json!({"x": 5})),
        ("d: {!!merge <<: *b}", json!({"x": 1, "w": 2})),
        ("d: {'<<': 1}", json!({"<<": 1})),
        ("d: {<<: []}", json!({})),
    ] {
        assert_eq!(value(&format!("{base}{text}"))["d"], expected, "{text}");
    }
    let nested = "a: &a {x: 1}\nb: &b {<<: *a, w: 2}\nc: {<<: *b, z: 3}";
    assert_eq!(value(nested)["c"], json!({"x": 1, "w": 2, "z": 3}));
}

#[test]
fn a_merge_takes_mappings_only() {
    for text in ["<<: 1", "<<: [1]", "<<:", "a: &a [{b: c}]\nd: {<<: *a}", "a: &a x\nd: {<<: *a}", "<<: [[{a: b}]]"] {
        assert_eq!(problem(text), Problem::MergeOfNoMapping, "{text}");
    }
}

#[test]
fn a_key_twice_is_an_error_with_key_path_and_line() {
    for (text, key, path, line, column) in [
        ("a: 1\nb: 2\na: 3\n", "a", "a", 3, 1),
        ("a:\n- b:\n    c: 1\n    d: 2\n    c: 1\n", "c", "a[0].b.c", 5, 5),
        ("{a: {b: 1, b: 2}}", "b", "a.b", 1, 12),
        ("1: a\n'1': b", "1", "1", 2, 1),
        ("on: a\nyes: b", "true", "true", 2, 1),
        ("{\"a\": {\n  \"b\": 1,\n  \"b\": 1}}", "b", "a.b", 3, 3),
        ("[{\"\\u00e9\": 1, \"é\": 2}]", "é", "[0].é", 1, 16),
        ("b: &b {x: 1}\nd: {x: 1, <<: *b, x: 2}", "x", "d.x", 2, 19),
    ] {
        let error = errors(text).remove(0);
        assert_eq!(error.problem, Problem::DuplicateKey { key: key.to_owned() }, "{text}");
        assert_eq!((error.path.as_deref(), error.line, error.column), (Some(path), line, column), "{text}");
    }
    let error = errors("a: 1\n---\nb:\n  c: 1\n  c: 2\n").remove(0);
    assert_eq!(error.to_string(), "document 1: line 5, column 3: b.c: key `c` is set twice");
}

#[test]
fn tabs_cannot_indent() {
    for text in [
        "a:\n\tb: 1\n",
        "a:\n  b: 1\n\tc: 2\n",
        "\ta: 1\n",
        "a:\n\t- b\n",
        "a:\n  - b\n \t- c\n",
        "- \ta: 1\n",
        "-\ta\n",
        "a: |\n\tb\n",
        "a: b\n\tc\n",
        "a: {\n\tb: c}\n",
        "a:\n  b: c\n\t# d\n",
    ] {
        assert_eq!(problem(text), Problem::Tab, "{text:?}");
    }
    for (text, expected) in [
        ("a:\tb\nc:  \td\t# e\n", json!({"a": "b", "c": "d"})),
        ("a:\n\t\n  b: c\n", json!({"a": {"b": "c"}})),
        ("{\n\ta: b,\n\t'c': d,\n}", json!({"a": "b", "c": "d"})),
        ("{\n\t\"a\": \"b\"\n}", json!({"a": "b"})),
        ("a: \"b\n\tc\"\n", json!({"a": "b c"})),
    ] {
        assert_eq!(value(text), expected, "{text:?}");
    }
}

#[test]
fn syntax_errors_have_a_place_and_a_path() {
    for (text, path, line, column) in [
        ("a: b: c", None, 1, 5),
        ("a:\n  b: [1, 2\nc: d\n", Some("a.b[1]"), 3, 2),
        ("a:\n- 'b\n", Some("a[0]"), 2, 3),
        ("a: @b", Some("a"), 1, 4),
        ("a: b\n- c\n", None, 2, 3),
        ("{\"a\": [1, 2}", Some("a[2]"), 1, 12),
        ("{\"a\": [1, 2", Some("a[2]"), 1, 12),
        ("{a: b, c: [d}", None, 1, 11),
    ] {
        let error = errors(text).remove(0);
        assert!(matches!(error.problem, Problem::Yaml { .. } | Problem::Json { .. }), "{text}: {error}");
        assert_eq!((error.path.as_deref(), error.line, error.column), (path, line, column), "{text}: {error}");
    }
}
