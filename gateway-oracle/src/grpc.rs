//! What a match of a GRPCRoute asks of a request.

use gateway_model::{GrpcMethodMatch, GrpcRouteMatch};

use crate::condition::{Named, Subject, ValueCondition, read_headers, takes_headers};
use crate::options::Options;

/// Conditions on a gRPC request, all of which must hold. spec: GRPCRouteMatch.
#[derive(Clone, Debug)]
pub(crate) struct GrpcCondition {
    pub(crate) service: Option<ValueCondition>,
    pub(crate) method: Option<ValueCondition>,
    pub(crate) headers: Vec<Named>,
}

impl GrpcCondition {
    /// A match as written, or `None` if a pattern or the name of a header is malformed.
    pub(crate) fn read(written: &GrpcRouteMatch) -> Option<GrpcCondition> {
        // spec: GRPCRouteMatch.method: without it all services and methods match.
        let method = written.method.clone().unwrap_or_default();
        Some(GrpcCondition {
            service: name_condition(&method, method.service.as_deref())?,
            method: name_condition(&method, method.method.as_deref())?,
            headers: read_headers(&written.headers)?,
        })
    }

    /// Whether every condition holds. spec: GRPCRouteMatch: multiple match types are combined by "and".
    pub(crate) fn takes(&self, subject: &Subject<'_>, options: &Options) -> bool {
        subject.request.is_grpc()
            && self.takes_names(subject.path)
            && takes_headers(&self.headers, subject.request, options)
    }

    /// spec: GRPCMethodMatch.type: service and method are both compared with case.
    fn takes_names(&self, path: &str) -> bool {
        let holds = |condition: &Option<ValueCondition>, sent: Option<&str>| {
            condition.as_ref().is_none_or(|condition| sent.is_some_and(|sent| condition.takes(sent.as_bytes())))
        };
        let (service, method) = names(path);
        holds(&self.service, service) && holds(&self.method, method)
    }
}

/// The condition on the service or the method, if there is one; `None` if it is malformed.
/// spec: GRPCMethodMatch.service, .method: left empty or omitted it matches any.
fn name_condition(written: &GrpcMethodMatch, value: Option<&str>) -> Option<Option<ValueCondition>> {
    match value {
        None | Some("") => Some(None),
        Some(value) => Some(Some(ValueCondition::read(value, &written.value_type())?)),
    }
}

/// The service and the method that a path names, neither if it names none.
///
/// gRPC over HTTP/2, "Requests": the path is `/{service}/{method}`, where the service may itself contain slashes.
fn names(path: &str) -> (Option<&str>, Option<&str>) {
    let found = path.strip_prefix('/').and_then(|names| names.rsplit_once('/'));
    found.map_or((None, None), |(service, method)| (Some(service), Some(method)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::request::Request;

    fn takes(written: &Value, request: &Request) -> bool {
        let condition = GrpcCondition::read(&serde_json::from_value(written.clone()).unwrap()).unwrap();
        let subject = Subject { request, path: &request.path, query: "" };
        condition.takes(&subject, &Options::default())
    }

    #[test]
    fn every_condition_of_a_match_must_hold() {
        let regex = "RegularExpression";
        let env = json!({"name": "X-Env", "value": "canary"});
        let cases = [
            (json!({}), "/a.B/C", true),
            (json!({}), "/", true),
            (json!({"method": {}}), "/a.B/C", true),
            (json!({"method": {"service": "", "method": ""}}), "/a.B/C", true),
            (json!({"method": {"service": "a.B"}}), "/a.B/C", true),
            (json!({"method": {"service": "a.B"}}), "/a.B/D", true),
            (json!({"method": {"service": "a.B"}}), "/a.b/C", false),
            (json!({"method": {"service": "a.B"}}), "/a.BB/C", false),
            (json!({"method": {"service": "a.B"}}), "/x.a.B/C", false),
            (json!({"method": {"service": "a.B"}}), "/a.B", false),
            (json!({"method": {"service": "a.B"}}), "/a.B/", true),
            (json!({"method": {"service": "a.B", "method": ""}}), "/a.B/C", true),
            (json!({"method": {"method": "C"}}), "/a.B/C", true),
            (json!({"method": {"method": "C"}}), "/x/C", true),
            (json!({"method": {"method": "C"}}), "/a.B/c", false),
            (json!({"method": {"method": "C"}}), "/C", false),
            (json!({"method": {"service": "", "method": "C"}}), "//C", true),
            (json!({"method": {"service": "a.B", "method": "C", "type": "Exact"}}), "/a.B/C", true),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.B/D", false),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.D/C", false),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.B/C/", false),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a/B/C", false),
            (json!({"method": {"type": regex, "service": "a\\..*"}}), "/a.B/C", true),
            (json!({"method": {"type": regex, "service": "a"}}), "/a.B/C", false),
            (json!({"method": {"type": regex, "service": ".*"}}), "/C", false),
            (json!({"method": {"type": regex, "method": "C|D"}}), "/a.B/D", true),
            (json!({"method": {"type": regex, "method": "C|D"}}), "/a.B/CD", false),
            (json!({"method": {"type": regex, "service": ".*", "method": "[A-C]"}}), "/a.B/C", true),
            (json!({"headers": [env]}), "/a.B/C", true),
            (json!({"headers": [env, {"name": "gone", "value": "x"}]}), "/a.B/C", false),
            (json!({"headers": [env, {"name": "x-env", "value": "other"}]}), "/a.B/C", true),
            (json!({"headers": [{"name": "x-env", "value": "c.*", "type": regex}]}), "/a.B/C", true),
            (json!({"headers": [env], "method": {"service": "other"}}), "/a.B/C", false),
        ];
        for (written, path, expected) in cases {
            let mut request = Request::grpc("ns", "gw", 80, "a.com", path);
            request.headers.push(("x-env".to_owned(), b"canary".to_vec()));
            assert_eq!(takes(&written, &request), expected, "{written} {path}");
        }
    }

    #[test]
    fn only_grpc_requests_are_taken() {
        assert!(!takes(&json!({}), &Request::get("ns", "gw", 80, "a.com", "/a.B/C")));
        assert!(takes(&json!({}), &Request::grpc("ns", "gw", 80, "a.com", "/a.B/C")));
    }

    #[test]
    fn a_malformed_pattern_or_header_name_spoils_the_match() {
        let cases = [
            json!({"method": {"type": "RegularExpression", "service": "("}}),
            json!({"method": {"type": "RegularExpression", "service": "a", "method": "["}}),
            json!({"headers": [{"name": "a", "type": "RegularExpression", "value": "("}]}),
            json!({"headers": [{"name": "a b", "value": "c"}]}),
        ];
        for written in cases {
            let read: GrpcRouteMatch = serde_json::from_value(written.clone()).unwrap();
            assert!(GrpcCondition::read(&read).is_none(), "{written}");
        }
    }

    #[test]
    fn values_and_patterns_have_the_characters_that_are_written() {
        let cases = [
            (json!({"service": "a.B", "method": "Cd"}), Some(3), Some(2)),
            (json!({"service": "", "method": "Cd"}), None, Some(2)),
            (json!({"type": "RegularExpression", "service": "a\\..*"}), Some(5), None),
        ];
        for (method, service_characters, method_characters) in cases {
            let read = serde_json::from_value(json!({"method": method})).unwrap();
            let condition = GrpcCondition::read(&read).unwrap();
            let characters = |condition: Option<ValueCondition>| condition.map(|condition| condition.characters());
            assert_eq!(characters(condition.service), service_characters, "{method}");
            assert_eq!(characters(condition.method), method_characters, "{method}");
        }
    }
}
