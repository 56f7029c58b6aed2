use super::super::{Document, Limits, Place, Position, Segment, read_documents};

fn document(text: &str) -> Document<'_> {
    read_documents(text.as_bytes(), &Limits::default()).last().unwrap().unwrap()
}

fn position(key: Option<(usize, usize)>, value: (usize, usize)) -> Position {
    let place = |(line, column)| Place { line, column };
    Position { key: key.map(place), value: place(value) }
}

#[test]
fn fields_stand_where_the_file_has_them() {
    let yaml = "\
# comment
kind: Gateway
---
metadata: {name: é x, labels: {\"a.b/c\": d}}
spec:
  rules:
  - matches:
    - path: {type: Exact}
    -   'headers':
        - name: |
            text
    name: &anchor last
  extra: *anchor
  empty:
";
    let json = "\n\n {\"metadata\": {\"name\": \"é\\\"\", \"labels\":\t{\"a.b/c\": \"d\"}},\r\n\
                 \"spec\" : {\n  \"rules\": [\n{\"matches\" : [ {}, {\"headers\": [ 1, [ ], 3.5 ]}]}\n]\n}\n}";
    let table = [
        (yaml, "", None, (4, 1)),
        (yaml, "metadata", Some((4, 1)), (4, 11)),
        (yaml, "metadata.name", Some((4, 12)), (4, 18)),
        (yaml, "metadata.labels", Some((4, 23)), (4, 31)),
        (yaml, "metadata.labels.a.b/c", Some((4, 32)), (4, 41)),
        (yaml, "metadata.labels[a.b/c]", Some((4, 32)), (4, 41)),
        (yaml, "spec.rules", Some((6, 3)), (7, 3)),
        (yaml, "spec.rules[0]", None, (7, 5)),
        (yaml, "spec.rules[0].matches[0].path.type", Some((8, 14)), (8, 20)),
        (yaml, "spec.rules[0].matches[1]", None, (9, 9)),
        (yaml, "spec.rules[0].matches[1].headers[0].name", Some((10, 11)), (11, 13)),
        (yaml, "spec.rules[0].name", Some((12, 5)), (12, 19)),
        (yaml, "spec.extra", Some((13, 3)), (13, 10)),
        (json, "", None, (3, 2)),
        (json, "metadata.name", Some((3, 16)), (3, 24)),
        (json, "metadata.labels.a.b/c", Some((3, 42)), (3, 51)),
        (json, "spec", Some((4, 1)), (4, 10)),
        (json, "spec.rules[0].matches[1].headers", Some((6, 21)), (6, 32)),
        (json, "spec.rules[0].matches[1].headers[2]", None, (6, 42)),
    ];
    for (text, path, key, value) in table {
        assert_eq!(document(text).position(path), Some(position(key, value)), "{path}");
    }
}

#[test]
fn items_of_a_list_are_found_all_at_once() {
    let yaml = "a: &a [1, {b: [2, 3]}, 4]\nb: *a\nc: 7\n";
    let places = |path: &[Segment<'_>]| -> Vec<(usize, usize)> {
        document(yaml).positions().items(path).map(|item| (item.value.line, item.value.column)).collect()
    };
    let (a, b) = (Segment::Key("a"), Segment::Key("b"));
    assert_eq!(places(&[a]), [(1, 8), (1, 11), (1, 24)]);
    assert_eq!(places(&[b]), places(&[a]), "through an alias");
    assert_eq!(places(&[a, Segment::Index(1), b]), [(1, 16), (1, 19)]);
    assert!(
        places(&[Segment::Key("c")]).is_empty() && places(&[]).is_empty() && places(&[Segment::Key("d")]).is_empty()
    );
}

#[test]
fn a_missing_field_is_pointed_at_through_what_is_there() {
    let text = "spec:\n  rules:\n  - name: a\n    b.c: d\n";
    let document = document(text);
    let positions = document.positions();
    for (path, nearest) in [
        ("spec.rules[0].matches[3].path", (3, 5)),
        ("spec.rules[7]", (3, 3)),
        ("spec.hostnames[0]", (2, 3)),
        ("status", (1, 1)),
        ("spec.rules[0].b.x", (3, 5)),
        ("spec.rules[0].name.x", (3, 11)),
        ("spec.rules[x", (3, 3)),
    ] {
        assert_eq!(positions.find(path), None, "{path}");
        let place = positions.nearest(path).unwrap().value;
        assert_eq!((place.line, place.column), nearest, "{path}");
    }
    assert_eq!(positions.nearest("spec.rules[0].b.c"), positions.find("spec.rules[0].b.c"));
    assert!(positions.find("spec.rules[0].b.c").is_some());
}

#[test]
fn keys_with_dots_are_told_apart_by_segments() {
    let document = document("a:\n  b:\n    c: 1\n  b.c: 2\na.b: {d: 3}\n");
    let positions = document.positions();
    let line = |path: &[Segment<'_>]| positions.at(path).map(|position| position.value.line);
    use Segment::Key;
    assert_eq!(line(&[Key("a"), Key("b"), Key("c")]), Some(3));
    assert_eq!(line(&[Key("a"), Key("b.c")]), Some(4));
    assert_eq!(line(&[Key("a.b"), Key("d")]), Some(5));
    assert_eq!(line(&[Key("a"), Segment::Index(0)]), None);
    assert_eq!(line(&[]), Some(1));
    let find = |path| positions.find(path).map(|position: Position| position.value.line);
    assert_eq!(find("a.b.c"), Some(3), "the shortest keys first");
    assert_eq!(find("a.b.d"), Some(5), "but all are tried");
    assert_eq!(find("a[b.c]"), Some(4));
    let nearest = |path| positions.nearest(path).map(|position| position.value.line);
    assert_eq!(nearest("a.b.x"), Some(3), "of two that are equally near, the one with the shortest keys");
}

#[test]
fn aliases_and_merges_lead_to_what_they_stand_for() {
    let text = "\
a: &a
  x: {k: 1}
  z: 2
b: *a
c:
  <<: *a
  z: 3
d:
  <<: [{w: 4}, *a]
";
    let document = document(text);
    let positions = document.positions();
    for (path, key, value) in [
        ("b", Some((4, 1)), (4, 4)),
        ("b.x", Some((2, 3)), (2, 6)),
        ("b.x.k", Some((2, 7)), (2, 10)),
        ("c.x.k", Some((2, 7)), (2, 10)),
        ("c.z", Some((7, 3)), (7, 6)),
        ("d.w", Some((9, 9)), (9, 12)),
        ("d.z", Some((3, 3)), (3, 6)),
    ] {
        assert_eq!(positions.find(path), Some(position(key, value)), "{path}");
    }
    assert_eq!(positions.find("c.w"), None);
}

#[test]
fn an_alias_can_be_a_key() {
    let document = document("a: &k name\nb: {*k : 1}\n");
    assert_eq!(document.value, serde_json::json!({"a": "name", "b": {"name": 1}}));
    assert_eq!(document.position("b.name"), Some(position(Some((2, 5)), (2, 10))));
}

#[test]
fn columns_count_characters_and_byte_order_marks_count_nothing() {
    for text in ["\u{FEFF}é: ü", "---\n\u{FEFF}é: ü", "\u{FEFF}{\"é\": \"ü\"}"] {
        let position = document(text).position("é").unwrap();
        let (first, column) = if text.contains('{') { (2, 7) } else { (1, 4) };
        assert_eq!((position.key.unwrap().column, position.value.column), (first, column), "{text:?}");
    }
}

#[test]
fn every_document_of_a_file_has_the_lines_of_the_file() {
    let text = "a: 1\n--- {b: 2}\n---\n\n{\"c\": 3}\n {\"d\":\n4}\n...\ne: 5\n";
    let places: Vec<_> = read_documents(text.as_bytes(), &Limits::default())
        .map(|document| document.unwrap())
        .map(|document| {
            let key = document.value.as_object().unwrap().keys().next().unwrap().clone();
            let position = document.position(&key).unwrap();
            (position.key.unwrap().line, position.value.line)
        })
        .collect();
    assert_eq!(places, [(1, 1), (2, 2), (5, 5), (6, 7), (9, 9)]);
    let after_an_end = document("# nothing\n...\na: 1\n").position("a").unwrap();
    assert_eq!(after_an_end, position(Some((3, 1)), (3, 4)));
}
