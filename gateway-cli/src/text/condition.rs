//! A match in words.

use gateway_model::{HttpRoute, HttpRouteMatch, ObjectKey, PathMatchType, Resources, ValueMatchType};

/// The match of a rule of a route, in words.
pub(super) fn of(resources: &Resources, route: &ObjectKey, rule: usize, item: usize) -> String {
    let found = resources
        .get::<HttpRoute>(&route.namespace, &route.name)
        .and_then(|route| route.spec.rules.get(rule)?.matches.get(item));
    match found {
        Some(condition) => in_words(condition),
        // spec: HTTPRouteRule.matches, default.
        None => in_words(&HttpRouteMatch::default()),
    }
}

fn in_words(condition: &HttpRouteMatch) -> String {
    let mut words = Vec::new();
    words.extend(condition.method.as_ref().map(ToString::to_string));
    let path = condition.path_value();
    words.push(match condition.path_type() {
        PathMatchType::Exact => format!("path = {path}"),
        PathMatchType::PathPrefix if path == "/" => "every path".to_owned(),
        PathMatchType::PathPrefix => format!("path prefix {path}"),
        PathMatchType::RegularExpression => format!("path ~ {path}"),
        other => format!("path {other} {path}"),
    });
    let sign = |value_type: ValueMatchType| match value_type {
        ValueMatchType::Exact => "=",
        ValueMatchType::RegularExpression => "~",
        _ => "?",
    };
    for header in &condition.headers {
        words.push(format!("header {} {} {}", header.name, sign(header.value_type()), header.value));
    }
    for param in &condition.query_params {
        words.push(format!("query {} {} {}", param.name, sign(param.value_type()), param.value));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_in_words() {
        let cases = [
            (r#"{}"#, "every path"),
            (r#"{"path": {"value": "/a/"}}"#, "path prefix /a/"),
            (r#"{"path": {"type": "Exact", "value": "/a"}, "method": "PUT"}"#, "PUT, path = /a"),
            (r#"{"path": {"type": "RegularExpression", "value": "/[ab]"}}"#, "path ~ /[ab]"),
            (
                r#"{"headers": [{"name": "x", "value": "1"}], "queryParams": [{"name": "q", "type": "RegularExpression", "value": "."}]}"#,
                "every path, header x = 1, query q ~ .",
            ),
        ];
        for (document, expected) in cases {
            assert_eq!(in_words(&serde_json::from_str(document).unwrap()), expected);
        }
    }
}
