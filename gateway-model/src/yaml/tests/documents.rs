use serde_json::{Value, json};

use super::super::{DocumentError, Limits, Problem, read_documents};
use super::values;

/// Each document's number, and its value or what is wrong with it.
fn outline(text: &str) -> Vec<(usize, Result<Value, Problem>)> {
    read_documents(text.as_bytes(), &Limits::default())
        .map(|document| match document {
            Ok(document) => (document.index, Ok(document.value)),
            Err(error) => (error.index, Err(error.problem)),
        })
        .collect()
}

#[test]
fn documents_are_numbered_by_their_place_and_empty_ones_are_left_out() {
    let table: &[(&str, &[(usize, Value)])] = &[
        ("", &[]),
        ("\n\n# nothing\n", &[]),
        ("a: 1", &[(0, json!({"a": 1}))]),
        ("---\na: 1\n", &[(0, json!({"a": 1}))]),
        ("# licence\n\n---\na: 1\n---\nb: 2\n", &[(0, json!({"a": 1})), (1, json!({"b": 2}))]),
        ("a: 1\n---\n---\n# c\n---\nb: 2\n---\n", &[(0, json!({"a": 1})), (3, json!({"b": 2}))]),
        ("---\n---\na: 1", &[(1, json!({"a": 1}))]),
        ("null\n---\n~\n---\na: 1", &[(2, json!({"a": 1}))]),
        ("--- # c\na: 1\n--- {b: 2}\n--- |\n c\n", &[(0, json!({"a": 1})), (1, json!({"b": 2})), (2, json!("c\n"))]),
        ("a: 1\n...\n---\nb: 2\n...\n", &[(0, json!({"a": 1})), (1, json!({"b": 2}))]),
        ("...\na: 1\n...\nb: 2\n", &[(0, json!({"a": 1})), (1, json!({"b": 2}))]),
        ("---a: 1\n---b: 2\n", &[(0, json!({"---a": 1, "---b": 2}))]),
        ("a: |\n  ---\n  b\n---\nc: ' ---'\n", &[(0, json!({"a": "---\nb\n"})), (1, json!({"c": " ---"}))]),
        ("%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n", &[(0, json!({"a": 1})), (1, json!({"b": 2}))]),
        ("a: 1\r\n---\r\nb: 2\r\n", &[(0, json!({"a": 1})), (1, json!({"b": 2}))]),
        ("--- text\n--- 'text'\n", &[(0, json!("text")), (1, json!("text"))]),
    ];
    for (text, expected) in table {
        let expected: Vec<_> = expected.iter().map(|(index, value)| (*index, Ok(value.clone()))).collect();
        assert_eq!(outline(text), expected, "{text:?}");
    }
}

#[test]
fn a_broken_document_leaves_its_neighbours_alone() {
    for broken in ["b: [", "b: 'x", "b: \"x", "\tb: 1", "b: *x", "b: 1\nb: 2", "{\"b\": ]", "b: \u{1}", "%x"] {
        let text = format!("a: 1\n---\n{broken}\n---\nc: 3\n");
        let outline = outline(&text);
        let kinds: Vec<_> = outline.iter().map(|(index, result)| (*index, result.is_ok())).collect();
        assert_eq!(kinds, [(0, true), (1, false), (2, true)], "{broken:?}");
    }
    let bytes = b"a: 1\n---\nb: 2\nc: \xC3\xA9\xFF\n---\nd: 4";
    let documents: Vec<_> = read_documents(bytes, &Limits::default()).collect();
    assert_eq!(documents.iter().filter(|document| document.is_ok()).count(), 2);
    let expected = DocumentError { index: 1, line: 4, column: 5, path: None, problem: Problem::InvalidUtf8 };
    assert_eq!(documents[1].as_ref().unwrap_err(), &expected);
}

#[test]
fn json_after_json_is_a_document_of_its_own() {
    let (a, b) = (json!({"a": 1}), json!({"b": 2}));
    for text in [
        "{\"a\":1}{\"b\":2}",
        "{\"a\":1}\n{\"b\":2}\n",
        "---\n{\"a\":1}\n\n{\"b\":2}",
        "\u{FEFF}{\"a\":1}\n---\n{\"b\":2}",
        "# c\n{\"a\":1}\n--- # d\n\n# e\n {\"b\":2}",
        "{\"a\":1} # c\n---\n{b: 2}",
        "--- {\"a\":1}\n--- {\"b\":2,}\n",
    ] {
        assert_eq!(values(text), [a.clone(), b.clone()], "{text:?}");
    }
    assert_eq!(values("[1][2]"), [json!([1]), json!([2])]);
}

#[test]
fn a_broken_json_document_leaves_its_neighbours_alone() {
    let text = "{\"a\":1}\n{\"b\":1,\"b\":2} {\"c\":3}\n{\"d\":}\n{\"e\":5}\n";
    let oks: Vec<_> = outline(text).into_iter().map(|(index, result)| (index, result.is_ok())).collect();
    assert_eq!(oks, [(0, true), (1, false), (2, true), (3, false), (4, true)]);
    let text = "{\n  \"a\": 1,\n}{\n  \"b\": ]\n}\n{\n  \"c\": 3\n}\n";
    let oks: Vec<_> = outline(text).into_iter().map(|(index, result)| (index, result.ok())).collect();
    assert_eq!(oks, [(0, None), (1, Some(json!({"c": 3})))]);
    let text = "{\"a\":1} x\n{\"b\":2}";
    let oks: Vec<_> = outline(text).into_iter().map(|(index, result)| (index, result.ok())).collect();
    assert_eq!(oks, [(0, Some(json!({"a": 1}))), (1, None), (2, Some(json!({"b": 2})))]);
}

#[test]
fn what_looks_like_json_may_be_yaml() {
    for (text, expected) in [
        ("{a: 1}", json!({"a": 1})),
        ("{\"a\": 1, }", json!({"a": 1})),
        ("{\"a\": tru}", json!({"a": "tru"})),
        ("[a, 'b']", json!(["a", "b"])),
        ("{\"a\": 0777}", json!({"a": 511})),
        ("{\"a\": b\n  c} # d", json!({"a": "b c"})),
    ] {
        assert_eq!(values(text), [expected], "{text:?}");
    }
}

#[test]
fn json_keeps_its_numbers_and_yaml_typing_stays_out() {
    let text = "{\"a\": 80.0, \"b\": 1e3, \"c\": \"on\", \"d\": 18446744073709551615, \"e\": -1.5, \"on\": \"<<\"}";
    let value = values(text).remove(0);
    assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
    assert!(value["a"].is_f64() && value["b"].is_f64());
}

#[test]
fn the_better_of_two_complaints_is_told() {
    let told = |text: &str| outline(text).remove(0).1.unwrap_err();
    assert!(matches!(told("{\"a\": [1, 2"), Problem::Json { .. }));
    assert!(matches!(told("{a: 1, b: ["), Problem::Yaml { .. }));
    assert!(matches!(told("[a,\n b"), Problem::Yaml { .. }));
}

#[test]
fn only_utf_8_is_read() {
    let little: Vec<u8> = "\u{FEFF}a: 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "\u{FEFF}a: 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [&little[..], &big, &little[2..], &big[2..]] {
        let documents: Vec<_> = read_documents(bytes, &Limits::default()).collect();
        let expected = DocumentError { index: 0, line: 1, column: 1, path: None, problem: Problem::Utf16 };
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].as_ref().unwrap_err(), &expected);
    }
    for bytes in [&b"\xFF"[..], b"a: \xC3", b"\x80", b"{\"a\": \"\xED\xA0\x80\"}"] {
        let error = read_documents(bytes, &Limits::default()).next().unwrap().unwrap_err();
        assert_eq!(error.problem, Problem::InvalidUtf8);
    }
}

#[test]
fn byte_order_marks_start_files_and_documents() {
    let (a, b) = (json!({"a": 1}), json!({"b": 2}));
    for text in [
        "\u{FEFF}a: 1\n---\nb: 2\n",
        "\u{FEFF}---\na: 1\n---\n\u{FEFF}b: 2\n",
        "a: 1\n\u{FEFF}---\nb: 2\n",
        "\u{FEFF}# c\na: 1\n---\n\u{FEFF}{\"b\": 2}\n",
    ] {
        assert_eq!(values(text), [a.clone(), b.clone()], "{text:?}");
    }
    // Without its directives the document would be read as something else.
    let error = super::problem("%YAML 1.2\n---\n\u{FEFF}a: 1\n");
    assert!(matches!(error, Problem::Yaml { .. }), "{error:?}");
}

#[test]
fn control_characters_are_refused() {
    for (character, text) in
        [('\0', "a: b\0"), ('\u{1}', "a: '\u{1}'"), ('\u{7F}', "a: \u{7F}"), ('\u{84}', "# \u{84}\na: b")]
    {
        assert_eq!(super::problem(text), Problem::ControlCharacter { character });
    }
    assert_eq!(values("a: \"\\x01\"\n")[0], json!({"a": "\u{1}"}));
}

#[test]
fn the_iterator_ends_and_stays_ended() {
    let limits = Limits::default();
    let mut documents = read_documents(b"a: 1\n---\nb: [", &limits);
    assert!(documents.next().unwrap().is_ok());
    assert!(documents.next().unwrap().is_err());
    assert!(documents.next().is_none());
    assert!(documents.next().is_none());
}
