//! What a match asks of a request.

use gateway_model::{GrpcRouteMatch, HeaderMatch, HttpRouteMatch, PathMatchType, QueryParamMatch, ValueMatchType};

use crate::grpc::GrpcCondition;
use crate::header;
use crate::options::{Options, RepeatedQuery};
use crate::path;
use crate::pattern::Pattern;
use crate::query;
use crate::request::Request;

/// A match of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// The position in the rule as written.
    pub(crate) position: usize,
    pub(crate) condition: Condition,
}

/// What a match of one of the kinds of route asks.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Http(HttpCondition),
    Grpc(GrpcCondition),
    /// TLSRoutes, TCPRoutes and UDPRoutes have no matches: they ask nothing.
    Stream,
}

impl Match {
    /// A match of an HTTPRoute, or `None` if a pattern or the name of a header is malformed.
    pub(crate) fn http(position: usize, written: &HttpRouteMatch) -> Option<Match> {
        Some(Match { position, condition: Condition::Http(HttpCondition::read(written)?) })
    }

    /// A match of a GRPCRoute, or `None` if a pattern or the name of a header is malformed.
    pub(crate) fn grpc(position: usize, written: &GrpcRouteMatch) -> Option<Match> {
        Some(Match { position, condition: Condition::Grpc(GrpcCondition::read(written)?) })
    }

    /// The one match of a rule that asks nothing.
    pub(crate) fn stream() -> Match {
        Match { position: 0, condition: Condition::Stream }
    }

    /// Whether it takes an HTTP or gRPC request.
    pub(crate) fn takes(&self, subject: &Subject<'_>, options: &Options) -> bool {
        match &self.condition {
            Condition::Http(condition) => condition.takes(subject, options),
            Condition::Grpc(condition) => condition.takes(subject, options),
            Condition::Stream => false,
        }
    }
}

/// Conditions on a request, all of which must hold. spec: HTTPRouteMatch.
#[derive(Clone, Debug)]
pub(crate) struct HttpCondition {
    pub(crate) path: PathCondition,
    pub(crate) method: Option<String>,
    pub(crate) headers: Vec<Named>,
    pub(crate) query: Vec<Named>,
}

#[derive(Clone, Debug)]
pub(crate) enum PathCondition {
    Exact(String),
    Prefix(String),
    Pattern(Pattern),
}

/// A condition on the header or query parameter of a name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    name: String,
    value: ValueCondition,
}

#[derive(Clone, Debug)]
pub(crate) enum ValueCondition {
    Exact(String),
    Pattern(Pattern),
}

/// What is compared of a request.
pub(crate) struct Subject<'a> {
    pub(crate) request: &'a Request,
    /// The path, normalized.
    pub(crate) path: &'a str,
    /// The query without its `?`.
    pub(crate) query: &'a str,
}

impl HttpCondition {
    fn read(written: &HttpRouteMatch) -> Option<HttpCondition> {
        let mut query = Vec::new();
        for parameter in first_parameters(&written.query_params) {
            query.push(named(&parameter.name, &parameter.value, &parameter.value_type())?);
        }
        Some(HttpCondition {
            path: path_condition(written)?,
            method: written.method.as_ref().map(|method| method.as_str().to_owned()),
            headers: read_headers(&written.headers)?,
            query,
        })
    }

    /// Whether every condition holds. spec: HTTPRouteMatch: multiple match types are combined by "and".
    fn takes(&self, subject: &Subject<'_>, options: &Options) -> bool {
        self.takes_path(subject.path)
            && self.takes_method(subject.request.http_method())
            && takes_headers(&self.headers, subject.request, options)
            && self.query.iter().all(|parameter| takes_query(parameter, subject.query, options))
    }

    /// spec: HTTPPathMatch.type.
    fn takes_path(&self, path: &str) -> bool {
        match &self.path {
            PathCondition::Exact(exact) => path == exact,
            PathCondition::Prefix(prefix) => path::prefix_takes(prefix, path),
            PathCondition::Pattern(pattern) => pattern.takes(path.as_bytes()),
        }
    }

    /// spec: HTTPRouteMatch.method.
    fn takes_method(&self, method: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

/// The conditions on headers, or `None` if a pattern or a name is malformed. spec: HTTPHeaderMatch, GRPCHeaderMatch.
pub(crate) fn read_headers(written: &[HeaderMatch]) -> Option<Vec<Named>> {
    let mut headers = Vec::new();
    for header in first_headers(written) {
        if !header::is_name(&header.name) {
            return None;
        }
        headers.push(named(&header.name, &header.value, &header.value_type())?);
    }
    Some(headers)
}

/// spec: HTTPHeaderMatch, GRPCHeaderMatch: the request must have every header, with such a value.
pub(crate) fn takes_headers(headers: &[Named], request: &Request, options: &Options) -> bool {
    headers.iter().all(|header| {
        let sent = header::values(request, &header.name, options);
        sent.iter().any(|value| header.value.takes(value))
    })
}

/// spec: HTTPQueryParamMatch: the request must have the parameter, with such a value; which value counts when it is
/// repeated is undefined.
fn takes_query(parameter: &Named, query: &str, options: &Options) -> bool {
    let sent = query::parameters(query).into_iter().filter(|(name, _)| *name == parameter.name.as_bytes());
    let mut values = sent.map(|(_, value)| value);
    match options.repeated_query {
        RepeatedQuery::First => values.next().is_some_and(|value| parameter.value.takes(&value)),
        RepeatedQuery::Any => values.any(|value| parameter.value.takes(&value)),
        RepeatedQuery::Last => values.next_back().is_some_and(|value| parameter.value.takes(&value)),
    }
}

impl ValueCondition {
    /// A condition as written, or `None` if the pattern is malformed or the type unknown.
    pub(crate) fn read(value: &str, value_type: &ValueMatchType) -> Option<ValueCondition> {
        match value_type {
            ValueMatchType::Exact => Some(ValueCondition::Exact(value.to_owned())),
            ValueMatchType::RegularExpression => Pattern::compile(value).map(ValueCondition::Pattern),
            _ => None,
        }
    }

    /// The number of characters of the value or pattern as written.
    pub(crate) fn characters(&self) -> usize {
        match self {
            ValueCondition::Exact(exact) => exact.chars().count(),
            ValueCondition::Pattern(pattern) => pattern.characters(),
        }
    }

    pub(crate) fn takes(&self, value: &[u8]) -> bool {
        match self {
            ValueCondition::Exact(exact) => exact.as_bytes() == value,
            ValueCondition::Pattern(pattern) => pattern.takes(value),
        }
    }
}

/// spec: HTTPHeaderMatch.name, GRPCHeaderMatch.name: of entries with an equivalent name, case aside, only the first is considered.
fn first_headers(entries: &[HeaderMatch]) -> Vec<&HeaderMatch> {
    let mut first: Vec<&HeaderMatch> = Vec::new();
    for entry in entries {
        if !first.iter().any(|earlier| earlier.name.eq_ignore_ascii_case(&entry.name)) {
            first.push(entry);
        }
    }
    first
}

/// spec: HTTPQueryParamMatch.name: of entries with the same name, only the first is considered.
fn first_parameters(entries: &[QueryParamMatch]) -> Vec<&QueryParamMatch> {
    let mut first: Vec<&QueryParamMatch> = Vec::new();
    for entry in entries {
        if !first.iter().any(|earlier| earlier.name == entry.name) {
            first.push(entry);
        }
    }
    first
}

/// spec: HTTPRouteMatch.path: a prefix match on `/` by default.
fn path_condition(written: &HttpRouteMatch) -> Option<PathCondition> {
    let value = written.path_value();
    match written.path_type() {
        PathMatchType::Exact => Some(PathCondition::Exact(value.to_owned())),
        PathMatchType::PathPrefix => Some(PathCondition::Prefix(value.to_owned())),
        PathMatchType::RegularExpression => Pattern::compile(value).map(PathCondition::Pattern),
        _ => None,
    }
}

fn named(name: &str, value: &str, value_type: &ValueMatchType) -> Option<Named> {
    Some(Named { name: name.to_owned(), value: ValueCondition::read(value, value_type)? })
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
