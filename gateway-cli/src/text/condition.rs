//! A match in words.

use gateway_model::{
    GrpcRoute, GrpcRouteMatch, HeaderMatch, HttpRoute, HttpRouteMatch, ObjectKey, PathMatchType, ResourceKind,
    Resources, ValueMatchType,
};

/// The match of a rule of a route, in words.
pub(super) fn of(resources: &Resources, route: &ObjectKey, rule: usize, item: usize) -> String {
    match route.kind {
        ResourceKind::HttpRoute => {
            let found = resources
                .get::<HttpRoute>(&route.namespace, &route.name)
                .and_then(|route| route.spec.rules.get(rule)?.matches.get(item));
            // spec: HTTPRouteRule.matches, default.
            found.map_or_else(|| in_words(&HttpRouteMatch::default()), in_words)
        }
        ResourceKind::GrpcRoute => {
            let found = resources
                .get::<GrpcRoute>(&route.namespace, &route.name)
                .and_then(|route| route.spec.rules.get(rule)?.matches.get(item));
            found.map_or_else(|| call_in_words(&GrpcRouteMatch::default()), call_in_words)
        }
        ResourceKind::UdpRoute => "every datagram".to_owned(),
        _ => "every connection".to_owned(),
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
    words.extend(condition.headers.iter().map(header_in_words));
    for param in &condition.query_params {
        words.push(format!("query {} {} {}", param.name, sign(param.value_type()), param.value));
    }
    words.join(", ")
}

fn call_in_words(condition: &GrpcRouteMatch) -> String {
    let mut words = Vec::new();
    if let Some(method) = &condition.method {
        let sign = sign(method.value_type());
        words.extend(method.service.as_ref().map(|service| format!("service {sign} {service}")));
        words.extend(method.method.as_ref().map(|method| format!("method {sign} {method}")));
    }
    if words.is_empty() {
        words.push("every call".to_owned());
    }
    words.extend(condition.headers.iter().map(header_in_words));
    words.join(", ")
}

fn header_in_words(header: &HeaderMatch) -> String {
    format!("header {} {} {}", header.name, sign(header.value_type()), header.value)
}

fn sign(value_type: ValueMatchType) -> &'static str {
    match value_type {
        ValueMatchType::Exact => "=",
        ValueMatchType::RegularExpression => "~",
        _ => "?",
    }
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
    #[test]
    fn conditions_on_calls_are_told_in_words() {
        let cases = [
            (r#"{}"#, "every call"),
            (r#"{"method": {"service": "shop.Cart"}}"#, "service = shop.Cart"),
            (
                r#"{"method": {"type": "RegularExpression", "service": ".*", "method": "A"}, "headers": [{"name": "x", "value": "1"}]}"#,
                "service ~ .*, method ~ A, header x = 1",
            ),
        ];
        for (document, expected) in cases {
            assert_eq!(call_in_words(&serde_json::from_str(document).unwrap()), expected);
        }
    }
}
