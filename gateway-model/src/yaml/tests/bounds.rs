use serde_json::json;

use super::super::{Limits, Problem, read_documents, to_yaml};

fn problems(input: &[u8], limits: &Limits) -> Vec<Problem> {
    read_documents(input, limits).filter_map(Result::err).map(|error| error.problem).collect()
}

#[test]
fn a_file_has_so_many_bytes() {
    let limits = Limits::default().max_bytes(4);
    assert_eq!(problems(b"a: 1", &limits), []);
    assert_eq!(problems(b"a: 12", &limits), [Problem::TooManyBytes { limit: 4 }]);
    assert_eq!(read_documents(b"a: 12", &limits).count(), 1);
}

#[test]
fn a_file_has_so_many_documents() {
    let limits = Limits::default().max_documents(2);
    for text in ["a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4", "{}{}{}{}", "---\n---\n[\n---\nd: 4"] {
        let documents: Vec<_> = read_documents(text.as_bytes(), &limits).collect();
        let last = documents.last().unwrap().as_ref().unwrap_err();
        assert_eq!((last.index, &last.problem), (2, &Problem::TooManyDocuments { limit: 2 }), "{text}");
        assert!(documents.len() <= 3);
    }
    assert_eq!(problems(b"a: 1\n---\nb: 2", &limits), []);
}

#[test]
fn a_document_has_so_many_levels() {
    let limits = Limits::default().max_depth(3);
    for (fits, beyond) in [
        ("[[[1]]]", "[[[[1]]]]"),
        ("[[[x]]]", "[[[[x]]]]"),
        ("{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":{}}}}"),
        ("- - - a", "- - - - a"),
        ("a:\n  b:\n    c: d", "a:\n  b:\n    c:\n      d: e"),
        ("a: &a [[x]]\nb: *a", "a: &a [[x]]\nb: [*a]"),
    ] {
        assert_eq!(problems(fits.as_bytes(), &limits), [], "{fits}");
        assert_eq!(problems(beyond.as_bytes(), &limits), [Problem::TooDeep { limit: 3 }], "{beyond}");
    }
}

#[test]
fn the_depth_has_a_bound_of_its_own() {
    let limits = Limits::default().max_depth(usize::MAX);
    let nested = |depth: usize, open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("{a: ", "}")] {
        assert_eq!(problems(nested(Limits::DEEPEST, open, close).as_bytes(), &limits), [], "{open}");
        let limit = Limits::DEEPEST;
        for depth in [limit + 1, 2 * limit, 100_000] {
            let text = nested(depth, open, close);
            assert_eq!(problems(text.as_bytes(), &limits), [Problem::TooDeep { limit }], "{open} {depth}");
        }
    }
}

#[test]
fn a_document_has_so_many_values() {
    let limits = Limits::default().max_nodes(4);
    for (fits, beyond) in [
        ("[1, 2, 3]", "[1, 2, 3, 4]"),
        ("- a\n- b\n- c", "- a\n- b\n- c\n- d"),
        ("{\"a\": {\"b\": [1]}}", "{\"a\": {\"b\": [1, 2]}}"),
        ("a: 1\nb: 2\nc: 3", "a: 1\nb: 2\nc: 3\nd: 4"),
    ] {
        assert_eq!(problems(fits.as_bytes(), &limits), [], "{fits}");
        assert_eq!(problems(beyond.as_bytes(), &limits), [Problem::TooManyNodes { limit: 4 }], "{beyond}");
    }
    assert_eq!(problems(b"[1, 2, 3]\n---\n[1, 2, 3]", &limits), [], "each document has its own count");
}

#[test]
fn aliases_make_so_many_values() {
    let limits = Limits::default().max_alias_nodes(6);
    let limit = [Problem::TooManyAliasNodes { limit: 6 }];
    assert_eq!(problems(b"a: &a [1, 2]\nb: [*a, *a]", &limits), []);
    assert_eq!(problems(b"a: &a [1, 2]\nb: [*a, *a, *a]", &limits), limit);
    assert_eq!(problems(b"a: &a [1, 2]\nb: &b [*a]\nc: *b", &limits), limit);
    assert_eq!(problems(b"a: &a {k: 1, l: 2}\nb: {<<: [*a, *a, *a]}", &limits), limit);
    let long = format!("a: &a {}\nb: [*a, *a]", "x".repeat(64 * 3)); // each is one value and three for its text
    assert_eq!(problems(long.as_bytes(), &limits), limit);
    let key = format!("a: &a {}\nb: [{{*a : 1}}, {{*a : 1}}, {{*a : 1}}]", "x".repeat(64 * 3));
    assert_eq!(problems(key.as_bytes(), &limits), limit);
    assert_eq!(problems(b"a: &a name\nb: [{*a : 1}, {*a : 1}]", &limits), [], "short keys count as nothing");
}

#[test]
fn billions_of_laughs_end_early() {
    let mut lists = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut maps = "a0: &a0 {x: 1}\n".to_owned();
    for level in 1..90 {
        let below = format!("*a{}", level - 1);
        lists += &format!("a{level}: &a{level} [{}]\n", [&*below; 9].join(", "));
        maps += &format!("a{level}: &a{level} {{<<: [{}], y{level}: 1}}\n", [&*below; 3].join(", "));
    }
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), "*a, ".repeat(100_000));
    for bomb in [lists, maps, text] {
        let limit = 1_000_000;
        assert_eq!(problems(bomb.as_bytes(), &Limits::default()), [Problem::TooManyAliasNodes { limit }]);
    }
}

/// Nothing here may take time beyond linear: with anything quadratic the test would not end.
#[test]
fn hostile_texts_end_in_time() {
    let repeated = [
        "[",
        "{",
        "{\"a\":",
        "[\n",
        "{\n",
        "{\"a\":\n",
        "{\"a\":[\n",
        "- ",
        "-\n",
        "? ",
        ": ",
        "&a ",
        "*a ",
        "!!str ",
        "!",
        "|\n",
        ">",
        "'",
        "\"",
        "'a\n",
        "\"\\\n",
        "a: b\n",
        "a:\n\tb\n",
        "\t",
        " ",
        "\n",
        "\r",
        "#\n",
        "%a\n",
        "---\n",
        "--- [\n",
        "--- {\n",
        "...\n",
        "{} x\n",
        "{\"a\":1,}\n",
        "{\"a\":1,\"a\":2}\n",
        "{a: 1}\n",
        "[1,",
        "- [1,\n",
        "a: [b,\n",
        "<<: {a: 1}\n",
        "- &a x\n- *a\n",
        "\u{FEFF}",
        "\u{85}",
        "]",
        "}",
        ",",
        "x ",
        "x\n",
        "é",
        "0x",
        "1_",
        "\0",
    ];
    for part in repeated {
        let text = part.repeat(300_000 / part.len());
        for text in [format!("a: {text}"), format!("[{text}"), format!("- {text}"), text] {
            let documents = read_documents(text.as_bytes(), &Limits::default());
            let last = documents.filter_map(Result::ok).last();
            last.map(|document| document.positions().nearest("a[0].b"));
        }
    }
}

#[test]
fn deep_values_are_written_without_recursion() {
    let mut value = json!(1);
    for level in 0..2_000 {
        value = if level % 2 == 0 { json!([value]) } else { json!({"a": value}) };
    }
    assert!(to_yaml(&value).len() > 2_000);
}

#[test]
fn every_bound_can_be_set_by_its_name() {
    for name in Limits::NAMES {
        let mut limits = Limits::default();
        assert!(limits.set(name, 7) && limits != Limits::default(), "{name}");
    }
    assert!(!Limits::default().set("", 7));
}
