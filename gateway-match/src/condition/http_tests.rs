use gateway_model::HttpRouteMatch;
use serde_json::{Value, json};

use super::*;
use crate::options::RepeatedHeader;

fn compile(wire: Value) -> Result<HttpCondition, MatchFault> {
    let wire: HttpRouteMatch = serde_json::from_value(wire).unwrap();
    HttpCondition::compile(wire, 1 << 20)
}

type Lines = &'static [(&'static str, &'static str)];

/// Asks with the given request; the authority is `shop.example.com:8080`.
fn mismatch(wire: &Value, method: &str, target: &str, headers: Lines, options: &Options) -> Option<Mismatch> {
    let condition = compile(wire.clone()).unwrap();
    let view = RequestView::new(method, "shop.example.com:8080", target, headers);
    let mismatch = condition.mismatch(&view, options);
    assert_eq!(mismatch.is_none(), condition.is_satisfied(&view, options), "{wire} {method} {target} {headers:?}");
    mismatch
}

#[test]
fn every_condition_must_hold_and_the_first_that_does_not_is_told() {
    let wire = json!({
        "path": {"type": "Exact", "value": "/cart"}, "method": "POST",
        "headers": [{"name": "X-Env", "value": "canary"}], "queryParams": [{"name": "id", "value": "7"}]
    });
    let canary: Lines = &[("x-env", "canary")];
    let cases: &[(&str, &str, Lines, Option<Mismatch>)] = &[
        ("POST", "/cart?id=7", canary, None),
        ("POST", "/cart/?id=7", canary, Some(Mismatch::Path)),
        ("post", "/cart?id=7", canary, Some(Mismatch::Method)),
        ("GET", "/cart?id=7", &[], Some(Mismatch::Method)),
        ("POST", "/cart?id=7", &[("x-env", "Canary")], Some(Mismatch::Header("X-Env".into()))),
        ("POST", "/cart?ID=7", canary, Some(Mismatch::QueryParam("id".into()))),
        ("POST", "/cart", canary, Some(Mismatch::QueryParam("id".into()))),
    ];
    for (method, target, headers, expected) in cases {
        let found = mismatch(&wire, method, target, headers, &Options::default());
        assert_eq!(found, *expected, "{method} {target} {headers:?}");
    }
}

#[test]
fn only_the_first_entry_of_a_name_counts() {
    let wire = json!({
        "headers": [{"name": "a", "value": "1"}, {"name": "A", "value": "2"}, {"name": "b", "value": "3"}],
        "queryParams": [{"name": "q", "value": "1"}, {"name": "q", "value": "2"}, {"name": "Q", "value": "3"}]
    });
    let condition = compile(wire.clone()).unwrap();
    assert_eq!((condition.header_count(), condition.query_count()), (2, 2));
    assert_eq!(mismatch(&wire, "GET", "/?q=1&Q=3", &[("a", "1"), ("b", "3")], &Options::default()), None);
}

#[test]
fn a_later_entry_of_a_name_is_not_even_compiled() {
    let wire =
        json!({"headers": [{"name": "a", "value": "1"}, {"name": "A", "type": "RegularExpression", "value": "("}]});
    assert!(compile(wire).is_ok());
}

#[test]
fn repeated_headers_are_joined_or_taken_one_by_one() {
    let exact = |value: &str| json!({"headers": [{"name": "h", "value": value}]});
    let regex = |value: &str| json!({"headers": [{"name": "h", "type": "RegularExpression", "value": value}]});
    let two: Lines = &[("h", "a"), ("other", "x"), ("H", "b")];
    let any = Options { repeated_header: RepeatedHeader::Any, ..Options::default() };
    let cases = [
        (exact("a,b"), two, true, false),
        (exact("a"), two, false, true),
        (exact("b"), two, false, true),
        (exact("a, b"), two, false, false),
        (exact("a,b,"), two, false, false),
        (exact("a,"), two, false, false),
        (regex("a,b"), two, true, false),
        (regex("[ab]"), two, false, true),
        (exact(""), &[("h", "")], true, true),
        (exact(""), &[], false, false),
        (regex(".*"), &[], false, false),
        (exact(","), &[("h", ""), ("h", "")], true, false),
        (exact("a"), &[("h", "a")], true, true),
    ];
    for (wire, headers, joined, one_by_one) in cases {
        let found = |options: &Options| mismatch(&wire, "GET", "/", headers, options).is_none();
        assert_eq!(found(&Options::default()), joined, "{wire} {headers:?}, joined");
        assert_eq!(found(&any), one_by_one, "{wire} {headers:?}, one by one");
    }
}

#[test]
fn crumbs_of_cookies_are_joined_in_their_own_way_and_set_cookie_is_not_joined() {
    let cookie = json!({"headers": [{"name": "Cookie", "value": "a=1; b=2"}]});
    assert_eq!(mismatch(&cookie, "GET", "/", &[("cookie", "a=1"), ("cookie", "b=2")], &Options::default()), None);
    let set_cookie = json!({"headers": [{"name": "Set-Cookie", "value": "b=2"}]});
    let two: Lines = &[("set-cookie", "a=1"), ("set-cookie", "b=2")];
    assert_eq!(mismatch(&set_cookie, "GET", "/", two, &Options::default()), None);
}

#[test]
fn a_match_on_host_sees_the_authority() {
    let wire = json!({"headers": [{"name": "Host", "value": "shop.example.com:8080"}]});
    assert_eq!(mismatch(&wire, "GET", "/", &[("host", "another")], &Options::default()), None);
}

#[test]
fn repeated_query_parameters_are_told_apart_by_the_option() {
    let wire = json!({"queryParams": [{"name": "q", "value": "a b"}]});
    let cases = [
        ("/?q=a+b&q=x", [true, true, false]),
        ("/?q=x&q=a%20b", [false, true, true]),
        ("/?q=x&q=a+b&q=y", [false, true, false]),
        ("/?q=x", [false, false, false]),
        ("/", [false, false, false]),
        ("/?%71=a+b", [true, true, true]),
    ];
    for (target, expected) in cases {
        let options = [RepeatedQuery::First, RepeatedQuery::Any, RepeatedQuery::Last];
        let found = options.map(|repeated_query| {
            mismatch(&wire, "GET", target, &[], &Options { repeated_query, ..Options::default() }).is_none()
        });
        assert_eq!(found, expected, "{target}: first, any, last");
    }
    let regex = json!({"queryParams": [{"name": "q", "type": "RegularExpression", "value": "a b?"}]});
    assert_eq!(mismatch(&regex, "GET", "/?q=a%20", &[], &Options::default()), None);
}

#[test]
fn what_cannot_be_used_is_told_with_its_field() {
    let cases = [
        (json!({"path": {"type": "Glob"}}), "path.type: `Glob` is a value that is not supported"),
        (json!({"method": "BREW"}), "method: `BREW` is a value that is not supported"),
        (
            json!({"headers": [{"name": "a", "value": ""}, {"name": "b", "type": "Near", "value": ""}]}),
            "headers[1].type: `Near` is a value that is not supported",
        ),
        (
            json!({"queryParams": [{"name": "a", "type": "RegularExpression", "value": "["}]}),
            "queryParams[0].value: `[` is no regular expression: unclosed character class",
        ),
        (json!({"headers": [{"name": "a b", "value": ""}]}), "headers[0].name: `a b` is no name of a header"),
        (
            json!({"path": {"type": "RegularExpression", "value": "a)|(?:b"}}),
            "path.value: `a)|(?:b` is no regular expression: unopened group",
        ),
    ];
    for (wire, expected) in cases {
        let (field, problem) = compile(wire.clone()).unwrap_err();
        assert_eq!(format!("{field}: {problem}"), expected, "{wire}");
    }
}
