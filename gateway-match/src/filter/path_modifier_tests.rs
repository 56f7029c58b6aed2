use gateway_model::PathModifierType;
use proptest::prelude::*;

use super::*;

#[test]
fn prefixes_are_replaced_as_the_table_says() {
    let cases = [
        // spec: HTTPPathModifier.replacePrefixMatch, the eleven rows
        ("/foo/bar", "/foo", "/xyz", Some("/xyz/bar")),
        ("/foo/bar", "/foo", "/xyz/", Some("/xyz/bar")),
        ("/foo/bar", "/foo/", "/xyz", Some("/xyz/bar")),
        ("/foo/bar", "/foo/", "/xyz/", Some("/xyz/bar")),
        ("/foo", "/foo", "/xyz", Some("/xyz")),
        ("/foo/", "/foo", "/xyz", Some("/xyz/")),
        ("/foo/bar", "/foo", "", Some("/bar")),
        ("/foo/", "/foo", "", Some("/")),
        ("/foo", "/foo", "", Some("/")),
        ("/foo/", "/foo", "/", Some("/")),
        ("/foo", "/foo", "/", Some("/")),
        // the suite
        ("/strip-prefix", "/strip-prefix", "/", Some("/")),
        ("/strip-prefix/three", "/strip-prefix", "/", Some("/three")),
        ("/prefix/one/two", "/prefix/one", "/one", Some("/one/two")),
        // the prefix `/`
        ("/test", "/", "/foo", Some("/foo/test")),
        ("/test", "/", "/foo/", Some("/foo/test")),
        ("/test", "/", "", Some("/test")),
        ("/test", "/", "/", Some("/test")),
        ("/", "/", "/", Some("/")),
        ("/", "/", "", Some("/")),
        ("/", "/", "/foo", Some("/foo/")),
        ("*", "/", "/foo", Some("*")),
        // other edges
        ("/foo", "/foo/", "/xyz", Some("/xyz")),
        ("/foo/", "/foo/", "/xyz", Some("/xyz/")),
        ("/foo", "/foo", "/xyz/", Some("/xyz/")),
        ("/foo/", "/foo", "/xyz/", Some("/xyz/")),
        ("/foo/bar/", "/foo", "/xyz", Some("/xyz/bar/")),
        ("/foo/bar", "/foo/bar", "/xyz", Some("/xyz")),
        ("/foo//bar", "/foo", "/xyz", Some("/xyz/bar")),
        ("/foo//evil.example", "/foo", "", Some("/evil.example")),
        ("/foo/bar", "/foo", "xyz", Some("/xyz/bar")),
        ("/foo/%2Fbar", "/foo", "/xyz", Some("/xyz/%2Fbar")),
        ("/foobar", "/foo", "/xyz", None),
        ("/FOO", "/foo", "/xyz", None),
        ("/", "/foo", "/xyz", None),
    ];
    for (path, prefix, replacement, expected) in cases {
        assert_eq!(
            replace_prefix(path, prefix, replacement).as_deref(),
            expected,
            "`{path}`, `{prefix}` to `{replacement}`"
        );
    }
}

#[test]
fn replacements_hold_only_what_can_stand_in_a_path() {
    let full = |path: &str| {
        let wire = PathModifier {
            r#type: PathModifierType::ReplaceFullPath,
            replace_full_path: Some(path.to_owned()),
            replace_prefix_match: None,
        };
        let change = PathChange::compile(&wire, FullPathQuery::Keep).unwrap();
        change.apply("/before", None).into_owned()
    };
    for (path, expected) in [
        ("/new", "/new"),
        ("new", "/new"),
        ("", "/"),
        ("/a b", "/a%20b"),
        ("/a?b=c#d", "/a%3Fb=c%23d"),
        ("/a\r\nSet-Cookie: b", "/a%0D%0ASet-Cookie:%20b"),
        ("/%41", "/%41"),
    ] {
        assert_eq!(full(path), expected, "{path:?}");
    }
}

#[test]
fn a_path_that_is_not_under_the_prefix_stays() {
    let wire = PathModifier {
        r#type: PathModifierType::ReplacePrefixMatch,
        replace_full_path: None,
        replace_prefix_match: Some("/xyz".to_owned()),
    };
    let change = PathChange::compile(&wire, FullPathQuery::Keep).unwrap();
    assert_eq!(change.apply("/foo", None), "/foo");
    assert_eq!(change.apply("/foo", Some("/bar")), "/foo");
    assert_eq!(change.apply("/foo", Some("/foo")), "/xyz");
}

fn segments() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-z.%]{1,3}", 0..4).prop_map(|parts| parts.iter().map(|part| format!("/{part}")).collect())
}

proptest! {
    #[test]
    fn a_prefix_and_a_rest_become_a_replacement_and_the_rest(
        prefix in segments(),
        prefix_slash in any::<bool>(),
        rest in segments(),
        rest_slash in any::<bool>(),
        replacement in segments(),
        replacement_slash in any::<bool>(),
    ) {
        let slash = |text: &str, more: bool| format!("{text}{}", if more { "/" } else { "" });
        let rest = slash(&rest, rest_slash);
        let path = format!("{prefix}{rest}");
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let rest = if prefix.is_empty() && rest.is_empty() { "/".to_owned() } else { rest };
        let prefix = if prefix.is_empty() { "/".to_owned() } else { slash(&prefix, prefix_slash) };
        let given = slash(&replacement, replacement_slash);

        let found = replace_prefix(&path, &prefix, &given).unwrap().into_owned();
        // R + rest, one slash at the seam; an empty path is `/`.
        let expected = if rest.is_empty() && !given.is_empty() { given } else { format!("{replacement}{rest}") };
        let expected = if expected.is_empty() { "/".to_owned() } else { expected };
        prop_assert_eq!(&found, &expected, "{} under {}", path, prefix);
        prop_assert!(!found.contains("//"));
    }

    #[test]
    fn what_is_matched_is_what_is_replaced(path in "[/a%.]{0,6}", prefix in "/[/a]{0,4}", replacement in "[/x]{0,4}") {
        let found = replace_prefix(&path, &prefix, &replacement);
        prop_assert_eq!(found.is_some(), path_has_prefix(&path, &prefix));
        if let (Some(found), true) = (found, path.starts_with('/')) {
            prop_assert!(found.starts_with('/'), "{}", found);
        }
    }
}
