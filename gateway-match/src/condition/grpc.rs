//! One match of a gRPC rule, compiled.

use gateway_model::{GrpcRouteMatch, HeaderMatch};

use super::header::{HeaderCondition, compile_headers};
use super::value::ValueCondition;
use super::{MatchFault, Mismatch, Target, Tests, unknown, unknown_types};
use crate::options::Options;
use crate::precedence::TargetRank;
use crate::request::{Call, Headers, RequestView};

/// A compiled match. spec: `GRPCRouteMatch`.
#[derive(Clone, Debug)]
pub(crate) struct GrpcCondition {
    service: Option<ValueCondition>,
    method: Option<ValueCondition>,
    headers: Box<[HeaderCondition]>,
}

/// The first enum value of a match that the API does not define, with its field.
/// spec: `GRPCMethodMatch.type`, `GRPCHeaderMatch.type`.
pub(super) fn unknown_value(wire: &GrpcRouteMatch) -> Option<MatchFault> {
    let method = wire.method.as_ref().map(|method| method.value_type()).filter(|kind| !kind.is_known());
    method
        .map(|kind| ("method.type".to_owned(), unknown(kind.as_str())))
        .or_else(|| unknown_types("headers", wire.headers.iter().map(HeaderMatch::value_type).enumerate()).next())
}

impl GrpcCondition {
    /// Compiles a match. A service or method that is the empty text takes every one.
    /// spec: `GRPCMethodMatch.service`, `GRPCMethodMatch.method`.
    pub(crate) fn compile(wire: GrpcRouteMatch, regex_limit: usize) -> Result<Self, MatchFault> {
        let method = wire.method.unwrap_or_default();
        let kind = method.value_type();
        let part = |field: &str, value: Option<String>| {
            let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
            ValueCondition::compile(&kind, value, regex_limit).map(Some).map_err(|(at, problem)| {
                // The type is shared by both, the text is in a field of its own.
                (if at == "type" { "method.type".to_owned() } else { format!("method.{field}") }, problem)
            })
        };
        Ok(GrpcCondition {
            service: part("service", method.service)?,
            method: part("method", method.method)?,
            headers: compile_headers(wire.headers, regex_limit)?,
        })
    }

    /// spec: `GRPCRouteRule.matches`, precedence: characters of the service, then of the method.
    pub(super) fn target_rank(&self) -> TargetRank {
        let characters = |part: &Option<ValueCondition>| part.as_ref().map_or(0, ValueCondition::characters);
        TargetRank::Grpc { service: characters(&self.service), method: characters(&self.method) }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match (text(&self.service), text(&self.method)) {
            // No request has such a method, and the two would not be told apart where they are joined by a slash.
            (_, Some(Some(method))) if method.contains('/') => Target::OtherCall,
            (Some(service), Some(method)) => Target::Call(service, method),
            _ => Target::OtherCall,
        }
    }

    pub(super) fn tests(&self) -> Tests<'_> {
        Tests { headers: &self.headers, ..Tests::default() }
    }

    pub(super) fn header_count(&self) -> u32 {
        u32::try_from(self.headers.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_satisfied<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        call: &Call<'_>,
        options: &Options,
    ) -> bool {
        self.takes_call(call) && self.headers.iter().all(|header| header.takes(request, options.repeated_header))
    }

    pub(super) fn mismatch<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        call: &Call<'_>,
        options: &Options,
    ) -> Option<Mismatch> {
        if !self.takes_call(call) {
            return Some(Mismatch::Method);
        }
        self.headers
            .iter()
            .find(|header| !header.takes(request, options.repeated_header))
            .map(|header| Mismatch::Header(header.spelled.to_string()))
    }

    fn takes_call(&self, call: &Call<'_>) -> bool {
        let takes = |part: &Option<ValueCondition>, name: Option<&str>| {
            part.as_ref().is_none_or(|part| name.is_some_and(|name| part.takes(name.as_bytes())))
        };
        takes(&self.service, call.service()) && takes(&self.method, call.method())
    }
}

/// The text that a part must be, if any; `None` unless a text says.
fn text(part: &Option<ValueCondition>) -> Option<Option<&str>> {
    match part {
        None => Some(None),
        Some(value) => value.exact().and_then(|bytes| std::str::from_utf8(bytes).ok()).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn compile(wire: Value) -> Result<GrpcCondition, MatchFault> {
        GrpcCondition::compile(serde_json::from_value(wire).unwrap(), 1 << 20)
    }

    #[test]
    fn service_and_method_are_each_optional_and_the_first_that_fails_is_told() {
        let (method, header) = (Some(Mismatch::Method), Some(Mismatch::Header("Env".into())));
        let cases = [
            (json!({}), "/a.B/C", None),
            (json!({}), "/no-call", None),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.B/C", None),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.B/c", method.clone()),
            (json!({"method": {"service": "a.B", "method": "C"}}), "/a.b/C", method.clone()),
            (json!({"method": {"service": "a.B"}}), "/a.B/Any", None),
            (json!({"method": {"service": "a.B", "method": ""}}), "/a.B/Any", None),
            (json!({"method": {"method": "C"}}), "/x.Y/C", None),
            (json!({"method": {"method": "C"}}), "/x.Y/CC", method.clone()),
            (json!({"method": {"service": "a.B"}}), "/a.B", method.clone()),
            (json!({"method": {"service": "a.B"}}), "/", method.clone()),
            (json!({"method": {"type": "RegularExpression", "service": "a[.].*"}}), "/a.B/C", None),
            (json!({"method": {"type": "RegularExpression", "service": "a"}}), "/a.B/C", method.clone()),
            (json!({"method": {"type": "RegularExpression", "method": "Get.+"}}), "/a.B/GetX", None),
            (json!({"headers": [{"name": "Env", "value": "x"}]}), "/a.B/C", None),
            (json!({"headers": [{"name": "Env", "value": "y"}]}), "/a.B/C", header),
            (json!({"method": {"method": "D"}, "headers": [{"name": "Env", "value": "y"}]}), "/a.B/C", method),
        ];
        let headers = [("env", "x")];
        for (wire, path, expected) in cases {
            let request = RequestView::new("POST", "a.example.com", path, &headers);
            let condition = compile(wire.clone()).unwrap();
            let call = Call::of_path(path);
            let found = condition.mismatch(&request, &call, &Options::default());
            assert_eq!(found, expected, "{wire} {path}");
            assert_eq!(condition.is_satisfied(&request, &call, &Options::default()), found.is_none(), "{wire} {path}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_field() {
        let cases = [
            (
                json!({"method": {"type": "Glob", "service": "a"}}),
                "method.type: `Glob` is a value that is not supported",
            ),
            (
                json!({"method": {"type": "RegularExpression", "method": "("}}),
                "method.method: `(` is no regular expression: unclosed group",
            ),
            (json!({"headers": [{"name": "a b", "value": ""}]}), "headers[0].name: `a b` is no name of a header"),
        ];
        for (wire, expected) in cases {
            let (field, problem) = compile(wire.clone()).unwrap_err();
            assert_eq!(format!("{field}: {problem}"), expected, "{wire}");
        }
        let unknown = |wire: Value| unknown_value(&serde_json::from_value(wire).unwrap()).map(|(field, _)| field);
        assert_eq!(unknown(json!({"method": {"type": "Glob"}})).as_deref(), Some("method.type"));
        assert_eq!(
            unknown(json!({"headers": [{"name": "a", "value": "", "type": "Near"}]})).as_deref(),
            Some("headers[0].type")
        );
        assert_eq!(unknown(json!({"method": {"service": "a"}})), None);
    }
}
