use serde_json::{Value, json};

use super::super::Problem;
use super::{problem, value};

/// Every rule of typing, in the form `v: TEXT`. Compare go-yaml v2's `resolve.go` and
/// sigs.k8s.io/yaml's conversion to JSON.
#[test]
fn plain_scalars_are_typed_by_their_text() {
    let null = Value::Null;
    let table: &[(&str, Value)] = &[
        // null
        ("", null.clone()),
        ("~", null.clone()),
        ("null", null.clone()),
        ("Null", null.clone()),
        ("NULL", null.clone()),
        ("nULL", json!("nULL")),
        ("nil", json!("nil")),
        // integers
        ("0", json!(0)),
        ("-0", json!(0)),
        ("12", json!(12)),
        ("+12", json!(12)),
        ("-12", json!(-12)),
        ("1_000", json!(1000)),
        ("1__0_", json!(10)),
        ("_1", json!("_1")),
        ("--1", json!("--1")),
        ("+-1", json!("+-1")),
        ("-", json!([null])),
        ("+", json!("+")),
        ("0x1F", json!(31)),
        ("0X1f", json!(31)),
        ("-0x10", json!(-16)),
        ("0x_0A_74_AE", json!(685_230)),
        ("0x", json!("0x")),
        ("0xg", json!("0xg")),
        ("0x-1", json!("0x-1")),
        ("0777", json!(511)),
        ("-0777", json!(-511)),
        ("0o777", json!(511)),
        ("0O17", json!(15)),
        ("0o8", json!("0o8")),
        ("00", json!(0)),
        ("0b1010_0111", json!(167)),
        ("-0b101010", json!(-42)),
        ("0b2", json!("0b2")),
        ("08", json!(8)), // no octal: a decimal float, and whole
        ("0_7", json!(7)),
        ("9223372036854775807", json!(i64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
        ("18446744073709551615", json!(u64::MAX)),
        ("18446744073709551616", json!(18_446_744_073_709_551_616.0_f64)),
        ("+18446744073709551615", json!(18_446_744_073_709_551_615.0_f64)),
        ("-9223372036854775809", json!(i64::MIN)), // a float, and whole
        ("0xFFFFFFFFFFFFFFFF", json!(u64::MAX)),
        ("0xFFFFFFFFFFFFFFFFF", json!("0xFFFFFFFFFFFFFFFFF")),
        // floats
        ("1.5", json!(1.5)),
        ("-1.5", json!(-1.5)),
        (".5", json!(0.5)),
        ("-.5", json!(-0.5)),
        ("+.5", json!(0.5)),
        (".5e3", json!(500)),
        (".1_5", json!(0.15)),
        (".1_", json!(".1_")),
        ("._1", json!("._1")),
        (".", json!(".")),
        ("1.", json!(1)),
        ("1.e-1", json!(0.1)),
        ("1e3", json!(1000)),
        ("12e03", json!(12_000)),
        ("1E-3", json!(0.001)),
        ("6.8523015e+5", json!(685_230.15)),
        ("685.230_15e+03", json!(685_230.15)),
        ("80.0", json!(80)),
        ("-0.0", json!(0)),
        ("1e18", json!(1_000_000_000_000_000_000_i64)),
        ("1e19", json!(1e19)),
        ("1e", json!("1e")),
        ("1e+", json!("1e+")),
        ("e3", json!("e3")),
        ("1e400", json!("1e400")),
        ("1.2.3", json!("1.2.3")),
        ("inf", json!("inf")),
        ("NaN", json!("NaN")),
        ("+.nan", json!("+.nan")),
        ("infinity", json!("infinity")),
        // neither of YAML 1.1's other numbers
        ("1:30", json!("1:30")),
        ("190:20:30.15", json!("190:20:30.15")),
        ("2001-12-14", json!("2001-12-14")),
        ("2001-12-14t21:59:43.10-05:00", json!("2001-12-14t21:59:43.10-05:00")),
        ("10s", json!("10s")),
        ("10.0.0.1", json!("10.0.0.1")),
        ("50cent_of_dollar", json!("50cent_of_dollar")),
        ("=", json!("=")),
        ("<<", json!("<<")),
        // never typed
        ("'12'", json!("12")),
        ("\"true\"", json!("true")),
        ("''", json!("")),
        ("'~'", json!("~")),
        ("|\n 12", json!("12")),
        (">-\n true\n", json!("true")),
        ("\"\\u00e9\\x41\\ud83d\\ude00\\/\"", json!("éA😀/")),
    ];
    for (text, expected) in table {
        let document = if *text == "-" { "v:\n-".to_owned() } else { format!("v: {text}") };
        assert_eq!(value(&document)["v"], *expected, "{text:?}");
        if !text.contains('\n') && !text.is_empty() && *text != "-" {
            let flow = format!("[{text} ,y]"); // the last word keeps it from being JSON
            assert_eq!(value(&flow)[0], *expected, "{flow:?}");
        }
    }
}

#[test]
fn booleans_are_yaml_1_1s_in_three_cases() {
    for (yes, no) in [("y", "n"), ("yes", "no"), ("true", "false"), ("on", "off")] {
        for (text, expected) in [(yes, true), (no, false)] {
            let (head, tail) = text.split_at(1);
            let title = format!("{}{tail}", head.to_uppercase());
            for spelling in [text.to_owned(), title, text.to_uppercase()] {
                assert_eq!(value(&format!("v: {spelling}"))["v"], json!(expected), "{spelling}");
            }
        }
    }
    for text in ["yEs", "tRUE", "oN", "nO", "Yess", "truE", "of"] {
        assert_eq!(value(&format!("v: {text}"))["v"], json!(text));
    }
}

#[test]
fn what_json_cannot_hold_is_an_error_that_names_the_field() {
    for text in [".inf", ".Inf", "-.INF", "+.inf", ".nan", ".NaN", ".NAN", "!!float .inf"] {
        let document = format!("a:\n- b: {text}");
        let error = super::errors(&document).remove(0);
        let shown = text.trim_start_matches("!!float ").to_owned();
        assert_eq!(error.problem, Problem::NotRepresentable { text: shown.clone() });
        assert_eq!(error.path.as_deref(), Some("a[0].b"));
        assert_eq!(
            error.to_string().split_once(": a").unwrap().1,
            format!("[0].b: `{shown}` is no number that JSON can hold")
        );
    }
}

#[test]
fn tags_decide_over_the_text() {
    let table: &[(&str, Value)] = &[
        ("!!str 12", json!("12")),
        ("!!str", json!("")),
        ("!!str ~", json!("~")),
        ("!!str true", json!("true")),
        ("!!int '12'", json!(12)),
        ("!!int 0x10", json!(16)),
        ("!!float 1", json!(1)),
        ("!!float '1.5'", json!(1.5)),
        ("!!bool 'on'", json!(true)),
        ("!!null ''", Value::Null),
        ("!!null", Value::Null),
        ("!!binary aGVsbG8=", json!("hello")),
        ("!!binary |\n  aGVs\n  bG8=\n", json!("hello")),
        ("!!binary ''", json!("")),
        ("!!binary /w==", json!("\u{FFFD}")),
        ("!!timestamp 2001-01-01", json!("2001-01-01")),
        ("! 12", json!("12")),
        ("!mine 12", json!("12")),
        ("!mine", json!("")),
        ("!<tag:yaml.org,2002:int> '7'", json!(7)),
        ("!!map {a: 1}", json!({"a": 1})),
        ("!mine [1]", json!([1])),
        ("!!set {a: 1}", json!({"a": 1})),
    ];
    for (text, expected) in table {
        assert_eq!(value(&format!("v: {text}"))["v"], *expected, "{text:?}");
    }
    assert_eq!(value("%TAG !y! tag:yaml.org,2002:\n---\nv: !y!int '1'"), json!({"v": 1}));
}

#[test]
fn a_value_that_does_not_fit_its_tag_is_an_error() {
    let table = [
        ("!!int x", "x", "!!int"),
        ("!!int 1.5", "1.5", "!!int"),
        ("!!int", "", "!!int"),
        ("!!float x", "x", "!!float"),
        ("!!bool 1", "1", "!!bool"),
        ("!!null x", "x", "!!null"),
    ];
    for (text, shown, tag) in table {
        assert_eq!(problem(&format!("v: {text}")), Problem::TagMismatch { text: shown.to_owned(), tag });
    }
    for text in ["a", "a===", "=aaa", "aa=a", "aGVsbG8", "aGVs=bG8=", "a!==", "===="] {
        assert_eq!(problem(&format!("v: !!binary '{text}'")), Problem::InvalidBinary, "{text}");
    }
}

#[test]
fn keys_become_the_text_of_their_value() {
    let table = [
        ("1", "1"),
        ("0x10", "16"),
        ("-0777", "-511"),
        ("true", "true"),
        ("on", "true"),
        ("y", "true"),
        ("NO", "false"),
        ("'on'", "on"),
        ("1.5", "1.5"),
        ("1.0", "1"),
        ("100000.0", "100000"),
        ("1e6", "1e+06"),
        ("1e21", "1e+21"),
        ("123456789.5", "1.2345679e+08"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        (".inf", ".inf"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("1e300", ".inf"),
        ("2001-01-01", "2001-01-01"),
        ("'<<'", "<<"),
        ("!!str 1", "1"),
        ("!!int '1'", "1"),
        ("!!binary aGk=", "hi"),
        ("\"\"", ""),
    ];
    for (text, key) in table {
        assert_eq!(value(&format!("? {text}\n: v")), json!({key: "v"}), "{text}");
    }
}

#[test]
fn some_keys_have_no_text() {
    let table = [
        ("~: v", "null"),
        ("? \n: v", "null"),
        (": v", "null"),
        ("? [a]\n: v", "a sequence"),
        ("? - a\n: v", "a sequence"),
        ("{a: b}: v", "a mapping"),
        ("x: &x [a]\n*x : v", "a sequence"),
        ("x: &x {a: b}\n*x : v", "a mapping"),
        ("9223372036854775808: v", "an integer beyond 64 bits with sign"),
    ];
    for (text, what) in table {
        assert_eq!(problem(text), Problem::UnsupportedKey { what }, "{text}");
    }
}
