use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Limits, Segment, read_documents, to_yaml};
use super::value;

/// Strings that readers of YAML like to take for something else, and plain ones.
fn text() -> impl Strategy<Value = String> {
    let traps = prop::sample::select(vec![
        "",
        " ",
        "~",
        "null",
        "yes",
        "NO",
        "on",
        "y",
        "N",
        "true",
        "1",
        "-1",
        "0777",
        "0o7",
        "0x1",
        "1_0",
        "1e3",
        ".5",
        "1.",
        ".inf",
        "-.INF",
        ".nan",
        "1:30",
        "2001-01-01",
        "12e03",
        "<<",
        "=",
        "-",
        "- a",
        "?",
        ":",
        "a: b",
        "a:",
        ":a",
        "a #b",
        "#a",
        "---",
        "--- a",
        "...",
        "'",
        "\"",
        "\\",
        "\n",
        "a\n",
        "a\nb",
        "a\n\nb\n\n",
        " a\nb",
        "a\n b\n",
        "\ta",
        "a\tb",
        "a\n\tb",
        "a\r\nb",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "[a]",
        "{a}",
        "a,b",
        "%a",
        "@a",
        "`a`",
        "\u{0}",
        "\u{7F}",
        "\u{85}",
        "\u{A0}",
        "\u{2028}",
        "\u{FEFF}",
        "\u{FFFE}",
        "é",
        "😀",
        "10.0.0.1",
        "10s",
        "a/b",
        "/",
        "*.example.com",
        "a b ",
        " a",
        "a\n ",
        "0",
        "+1",
        "++1",
        "1a",
        "2001-1-1 0:0:0",
        "08",
        "a\n#b",
        "x\n---\ny",
        "a: b\nc: d",
        "--",
        "..",
        ".",
        "_",
        "__1",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => traps, 1 => "[ -~]{0,12}", 1 => "[a-z0-9:#\n\t \"'-]{0,10}", 1 => any::<String>()]
}

/// Whole floats are left out: YAML makes integers of them.
fn number() -> impl Strategy<Value = Value> {
    let fraction = any::<f64>().prop_filter("no whole number", |float| float.is_finite() && float.fract() != 0.0);
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        fraction.prop_map(Value::from),
        (1e19_f64..1e300).prop_map(Value::from),
    ]
    // serde_json reads some floats one bit off.
    .prop_filter("a number that serde_json itself reads back", |number| {
        serde_json::from_str::<Value>(&number.to_string()).is_ok_and(|read| read == *number)
    })
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        text().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// What one document reads as; the empty document, which is not handed out, is null.
fn read(text: &str) -> Value {
    let mut values = super::values(text);
    assert!(values.len() <= 1, "{text}");
    values.pop().unwrap_or(Value::Null)
}

/// Every path of a value.
fn paths<'v>(value: &'v Value, path: &[Segment<'v>], into: &mut Vec<Vec<Segment<'v>>>) {
    into.push(path.to_vec());
    let step = |segment| [path, &[segment]].concat();
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| paths(value, &step(Segment::Key(key)), into)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| paths(item, &step(Segment::Index(index)), into));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn written_yaml_reads_back(value in json_value()) {
        let written = to_yaml(&value);
        prop_assert_eq!(read(&written), value.clone(), "{}", written);
        prop_assert_eq!(to_yaml(&read(&written)), written);
    }

    #[test]
    fn written_json_reads_back(value in json_value()) {
        let value = json!([value]); // a document of JSON starts with a bracket
        prop_assert_eq!(read(&serde_json::to_string(&value).unwrap()), value.clone());
        prop_assert_eq!(read(&serde_json::to_string_pretty(&value).unwrap()), value);
    }

    #[test]
    fn json_is_yaml(value in json_value()) {
        // In a sequence that is no JSON, the same text goes through the other reader.
        let text = format!("- {}\n", serde_json::to_string_pretty(&value).unwrap().replace('\n', "\n  "));
        if text.contains(is_no_yaml) {
            return Ok(());
        }
        if let Some(Ok(document)) = read_documents(text.as_bytes(), &Limits::default()).next() {
            prop_assert_eq!(&document.value[0], &value, "{}", text);
        } else {
            // Keys beyond a line or 1024 characters are YAML's own bound.
            prop_assert!(text.len() > 1024, "{}", text);
        }
    }

    #[test]
    fn every_field_has_its_position(value in json_value()) {
        for text in [to_yaml(&value), serde_json::to_string_pretty(&value).unwrap()] {
            let Some(Ok(document)) = read_documents(text.as_bytes(), &Limits::default()).next() else {
                continue; // null
            };
            let positions = document.positions();
            let mut all = Vec::new();
            paths(&value, &[], &mut all);
            for path in all {
                let position = positions.at(&path);
                prop_assert!(position.is_some(), "{:?} in {}", path, text);
                let place = position.unwrap().value;
                let line = text.split('\n').nth(place.line - 1).unwrap_or("");
                prop_assert!(place.column <= line.chars().count() + 1, "{:?} at {:?} in {}", path, place, text);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for document in read_documents(&bytes, &Limits::default()) {
            let _ = document.map(|document| document.positions());
        }
    }

    #[test]
    fn random_yaml_never_panics(text in "[ \n\t:{}\\[\\],\"'&*!|>#?%@`a1~.\\-<\u{FEFF}é]{0,80}") {
        for document in read_documents(text.as_bytes(), &Limits::default()) {
            match document {
                Ok(document) => {
                    let positions = document.positions();
                    let mut all = Vec::new();
                    paths(&document.value, &[], &mut all);
                    for path in all {
                        prop_assert!(positions.at(&path).is_some(), "{:?} of {} in {:?}", path, document.value, text);
                    }
                }
                Err(error) => {
                    let lines = text.split('\n').count() + text.matches('\r').count();
                    prop_assert!(error.line >= 1 && error.column >= 1 && error.line <= lines + 1);
                }
            }
        }
    }
}

/// What JSON holds as it is, and YAML only escaped.
fn is_no_yaml(character: char) -> bool {
    matches!(character, '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

#[test]
fn written_yaml_looks_like_kubectls() {
    let value = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "metadata": {"annotations": {}, "name": "a", "labels": {"on": "yes", "n": "1", "x.y/z": ""}},
        "spec": {
            "addresses": ["10.0.0.1", "::1", "1:30"],
            "hostnames": ["*.example.com", "a.example.com"],
            "rules": [
                {"matches": [{"path": {"value": "/a b"}}], "timeouts": {"request": "10s"}},
                [1, [true, null], [], {}],
            ],
            "script": "line one\n  line two\n",
            "message": "it's: \"quoted\"",
        },
    });
    let expected = r#"apiVersion: gateway.networking.k8s.io/v1
metadata:
  annotations: {}
  labels:
    "n": "1"
    "on": "yes"
    x.y/z: ""
  name: a
spec:
  addresses:
  - 10.0.0.1
  - "::1"
  - "1:30"
  hostnames:
  - "*.example.com"
  - a.example.com
  message: "it's: \"quoted\""
  rules:
  - matches:
    - path:
        value: /a b
    timeouts:
      request: 10s
  - - 1
    - - true
      - null
    - []
    - {}
  script: |
    line one
      line two
"#;
    assert_eq!(to_yaml(&value), expected);
    assert_eq!(read(expected), value);
}

#[test]
fn roots_of_every_type_are_written() {
    for (value, text) in [
        (json!(null), "null\n"),
        (json!(true), "true\n"),
        (json!(-1.5), "-1.5\n"),
        (json!("a\nb"), "\"a\\nb\"\n"),
        (json!([]), "[]\n"),
        (json!({}), "{}\n"),
        (json!([[1]]), "- - 1\n"),
    ] {
        assert_eq!(to_yaml(&value), text);
        assert_eq!(read(text), value);
    }
}

#[test]
fn whole_floats_come_back_as_integers() {
    assert_eq!(to_yaml(&json!({"a": 80.0})), "a: 80.0\n");
    assert_eq!(value("a: 80.0\n"), json!({"a": 80}));
}

#[test]
fn keys_beyond_the_look_ahead_are_written_explicitly() {
    for key in ["k".repeat(999), "k".repeat(2_000), "\n".repeat(600), "é".repeat(1_100)] {
        for inside in [json!(1), json!([1, {"a": 2}]), json!({"a": {"b": 1}, "c": [1]}), json!("a\nb\n")] {
            let value = json!([{key.clone(): inside.clone(), "z": {key.clone(): inside}}]);
            assert_eq!(read(&to_yaml(&value)), value);
        }
    }
    // With a pair of quotes, if it needs one, a key has 1000 bytes at most.
    for (key, expected) in [("k".repeat(1_000), false), ("k".repeat(1_001), true), (" ".repeat(998), false)] {
        assert_eq!(to_yaml(&json!({key.clone(): 1})).starts_with("? "), expected, "{} bytes", key.len());
    }
}
