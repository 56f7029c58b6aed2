use serde_json::{Value, json};

use super::*;

fn read(written: &Value) -> Option<HttpCondition> {
    HttpCondition::read(&serde_json::from_value(written.clone()).unwrap())
}

fn takes(written: &Value, request: &Request, options: &Options) -> bool {
    let (path, query) = path::read(&request.path, options);
    let path = path.unwrap();
    read(written).unwrap().takes(&Subject { request, path: &path, query }, options)
}

fn request(path: &str) -> Request {
    let mut request = Request::get("ns", "gw", 80, "a.com", path);
    request.headers.push(("X-Env".to_owned(), b"canary".to_vec()));
    request.headers.push(("Raw".to_owned(), b"\xff".to_vec()));
    request
}

#[test]
fn every_condition_of_a_match_must_hold() {
    let canary = json!({"name": "x-env", "value": "canary"});
    let cases = [
        (json!({}), "/any?thing", true),
        (json!({"path": {"value": "/foo"}}), "/foo/bar", true),
        (json!({"path": {"value": "/foo"}}), "/foobar", false),
        (json!({"path": {"type": "Exact", "value": "/foo"}}), "/foo", true),
        (json!({"path": {"type": "Exact", "value": "/foo"}}), "/foo/", false),
        (json!({"path": {"type": "Exact", "value": "/foo"}}), "/foo?x", true),
        (json!({"path": {"type": "RegularExpression", "value": "/fo+"}}), "/foooo", true),
        (json!({"path": {"type": "RegularExpression", "value": "/fo+"}}), "/foo/x", false),
        (json!({"method": "GET"}), "/", true),
        (json!({"method": "POST"}), "/", false),
        (json!({"headers": [canary]}), "/", true),
        (json!({"headers": [{"name": "X-ENV", "value": "Canary"}]}), "/", false),
        (json!({"headers": [{"name": "X-ENV", "type": "RegularExpression", "value": "can.*"}]}), "/", true),
        (json!({"headers": [{"name": "X-ENV", "type": "RegularExpression", "value": "can"}]}), "/", false),
        (json!({"headers": [{"name": "gone", "type": "RegularExpression", "value": ".*"}]}), "/", false),
        (json!({"headers": [{"name": "raw", "type": "RegularExpression", "value": ".*"}]}), "/", false),
        (json!({"headers": [{"name": "host", "value": "a.com"}]}), "/", true),
        (json!({"headers": [canary, {"name": "gone", "value": "x"}]}), "/", false),
        (json!({"queryParams": [{"name": "a", "value": "1"}]}), "/?b=2&a=1", true),
        (json!({"queryParams": [{"name": "A", "value": "1"}]}), "/?a=1", false),
        (json!({"queryParams": [{"name": "a", "value": ""}]}), "/?a", true),
        (json!({"queryParams": [{"name": "a", "value": ""}]}), "/", false),
        (json!({"queryParams": [{"name": "a b", "value": "c d"}]}), "/?a+b=c%20d", true),
        (json!({"queryParams": [{"name": "a", "type": "RegularExpression", "value": "[0-9]+"}]}), "/?a=42", true),
        (json!({"path": {"value": "/x"}, "headers": [canary]}), "/", false),
        (json!({"method": "GET", "headers": [canary], "queryParams": [{"name": "a", "value": "1"}]}), "/?a=1", true),
    ];
    for (written, path, expected) in cases {
        assert_eq!(takes(&written, &request(path), &Options::default()), expected, "{written} {path}");
    }
}

#[test]
fn of_entries_with_an_equivalent_name_only_the_first_counts() {
    let written = json!({
        "headers": [{"name": "x-env", "value": "canary"}, {"name": "X-Env", "value": "other"}],
        "queryParams": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}, {"name": "A", "value": "3"}],
    });
    let read = read(&written).unwrap();
    assert_eq!((read.headers.len(), read.query.len()), (1, 2));
    assert!(takes(&written, &request("/?a=1&A=3"), &Options::default()));
}

#[test]
fn a_repeated_query_parameter_counts_by_option() {
    let written = json!({"queryParams": [{"name": "a", "value": "1"}]});
    let cases = [("first", [true, false, false]), ("any", [true, true, true]), ("last", [false, false, true])];
    for (choice, expected) in cases {
        let mut options = Options::default();
        options.set("repeated-query", choice).unwrap();
        for (path, expected) in ["/?a=1&a=2&a=3", "/?a=2&a=1&a=3", "/?a=2&a=3&a=1"].iter().zip(expected) {
            assert_eq!(takes(&written, &request(path), &options), expected, "{choice} {path}");
        }
    }
}

#[test]
fn a_malformed_pattern_or_header_name_spoils_the_match() {
    let cases = [
        json!({"path": {"type": "RegularExpression", "value": "("}}),
        json!({"headers": [{"name": "a", "type": "RegularExpression", "value": "("}]}),
        json!({"queryParams": [{"name": "a", "type": "RegularExpression", "value": "("}]}),
        json!({"headers": [{"name": "a b", "value": "c"}]}),
        json!({"headers": [{"name": "", "value": "c"}]}),
    ];
    for written in cases {
        assert!(read(&written).is_none(), "{written}");
    }
    let ignored =
        json!({"headers": [{"name": "a", "value": "b"}, {"name": "A", "type": "RegularExpression", "value": "("}]});
    assert!(read(&ignored).is_some(), "an entry that does not count cannot spoil anything");
}
