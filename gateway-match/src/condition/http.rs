//! One match of an HTTP rule, compiled.

use gateway_model::{HeaderMatch, HttpMethod, HttpRouteMatch, PathMatchType, QueryParamMatch};

use super::header::{HeaderCondition, compile_headers};
use super::value::ValueCondition;
use super::{MatchFault, Mismatch, Target, Tests, unknown, unknown_types};
use crate::options::{Options, RepeatedQuery};
use crate::path::path_has_prefix;
use crate::pattern::Pattern;
use crate::precedence::PathRank;
use crate::query;
use crate::request::{Headers, RequestView};

/// A compiled match. spec: `HTTPRouteMatch`.
#[derive(Clone, Debug)]
pub(crate) struct HttpCondition {
    path: PathCondition,
    /// One of those that the API defines.
    method: Option<&'static str>,
    headers: Box<[HeaderCondition]>,
    query_params: Box<[QueryCondition]>,
}

#[derive(Clone, Debug)]
enum PathCondition {
    Exact(Box<str>),
    Prefix(Box<str>),
    Regex(Pattern),
}

#[derive(Clone, Debug)]
pub(crate) struct QueryCondition {
    name: Box<str>,
    value: ValueCondition,
}

/// The first enum value of a match that the API does not define, with its field. It refuses the
/// route wherever it stands, also in an entry that matching ignores.
/// spec: `HTTPPathMatch.type`, `HTTPRouteMatch.method`, `HTTPHeaderMatch.type`, `HTTPQueryParamMatch.type`.
pub(super) fn unknown_value(wire: &HttpRouteMatch) -> Option<MatchFault> {
    let path = wire.path_type();
    let headers = wire.headers.iter().map(HeaderMatch::value_type).enumerate();
    let params = wire.query_params.iter().map(QueryParamMatch::value_type).enumerate();
    std::iter::empty()
        .chain((!path.is_known()).then(|| ("path.type".to_owned(), unknown(path.as_str()))))
        .chain(wire.method.as_ref().and_then(|method| compile_method(method).err()))
        .chain(unknown_types("headers", headers))
        .chain(unknown_types("queryParams", params))
        .next()
}

impl HttpCondition {
    /// Compiles a match. Of several entries for one header (without case) or one query parameter
    /// (with case) only the first counts. spec: `HTTPHeaderMatch.name`, `HTTPQueryParamMatch.name`.
    pub(crate) fn compile(wire: HttpRouteMatch, regex_limit: usize) -> Result<Self, MatchFault> {
        let kind = wire.path_type();
        Ok(HttpCondition {
            path: PathCondition::compile(&kind, wire.path.and_then(|path| path.value), regex_limit)?,
            method: wire.method.as_ref().map(compile_method).transpose()?,
            headers: compile_headers(wire.headers, regex_limit)?,
            query_params: compile_query(wire.query_params, regex_limit)?,
        })
    }

    /// The rank of the condition on the path.
    pub(crate) fn path_rank(&self, options: &Options) -> PathRank {
        match &self.path {
            PathCondition::Exact(_) => PathRank::exact(),
            PathCondition::Prefix(prefix) => PathRank::prefix(prefix),
            PathCondition::Regex(pattern) => PathRank::regex(pattern.as_str(), options.regex_rank),
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match &self.path {
            PathCondition::Exact(path) => Target::Exact(path),
            PathCondition::Prefix(prefix) => Target::Prefix(prefix.strip_suffix('/').unwrap_or(prefix)),
            PathCondition::Regex(pattern) => Target::Pattern(pattern),
        }
    }

    pub(super) fn tests(&self) -> Tests<'_> {
        Tests { method: self.method, headers: &self.headers, params: &self.query_params }
    }

    /// The prefix that the path must lie under, if the condition on the path is one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match &self.path {
            PathCondition::Prefix(prefix) => Some(prefix),
            PathCondition::Exact(_) | PathCondition::Regex(_) => None,
        }
    }

    pub(crate) fn has_method(&self) -> bool {
        self.method.is_some()
    }

    /// Number of headers that count.
    pub(crate) fn header_count(&self) -> u32 {
        u32::try_from(self.headers.len()).unwrap_or(u32::MAX)
    }

    /// Number of query parameters that count.
    pub(crate) fn query_count(&self) -> u32 {
        u32::try_from(self.query_params.len()).unwrap_or(u32::MAX)
    }

    /// Whether a request satisfies every condition.
    /// O(length of the path, and of the headers and query where a condition names some).
    pub(crate) fn is_satisfied<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, options: &Options) -> bool {
        self.path.takes(request.path())
            && self.takes_method(request.method())
            && self.headers.iter().all(|header| header.takes(request, options.repeated_header))
            && self.query_params.iter().all(|param| param.takes(request.query(), options.repeated_query))
    }

    /// The first condition that a request does not satisfy, for explanations.
    pub(crate) fn mismatch<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        options: &Options,
    ) -> Option<Mismatch> {
        if !self.path.takes(request.path()) {
            return Some(Mismatch::Path);
        }
        if !self.takes_method(request.method()) {
            return Some(Mismatch::Method);
        }
        let header = self.headers.iter().find(|header| !header.takes(request, options.repeated_header));
        if let Some(header) = header {
            return Some(Mismatch::Header(header.spelled.to_string()));
        }
        self.query_params
            .iter()
            .find(|param| !param.takes(request.query(), options.repeated_query))
            .map(|param| Mismatch::QueryParam(param.name.to_string()))
    }

    fn takes_method(&self, method: &str) -> bool {
        self.method.is_none_or(|wanted| wanted == method)
    }
}

impl PathCondition {
    fn compile(kind: &PathMatchType, value: Option<String>, regex_limit: usize) -> Result<Self, MatchFault> {
        let value = value.map_or_else(|| "/".into(), String::into_boxed_str);
        match kind {
            PathMatchType::Exact => Ok(PathCondition::Exact(value)),
            PathMatchType::PathPrefix => Ok(PathCondition::Prefix(value)),
            PathMatchType::RegularExpression => Pattern::compile(&value, regex_limit)
                .map(PathCondition::Regex)
                .map_err(|error| ("path.value".to_owned(), error.into())),
            other => Err(("path.type".to_owned(), unknown(other.as_str()))),
        }
    }

    fn takes(&self, path: &str) -> bool {
        match self {
            PathCondition::Exact(wanted) => **wanted == *path,
            PathCondition::Prefix(prefix) => path_has_prefix(path, prefix),
            PathCondition::Regex(pattern) => pattern.is_match(path.as_bytes()),
        }
    }
}

impl QueryCondition {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The value that it must have, unless a regular expression says.
    pub(crate) fn exact(&self) -> Option<&[u8]> {
        self.value.exact()
    }

    pub(super) fn takes(&self, query: Option<&str>, repeated: RepeatedQuery) -> bool {
        let mut values = query::values(query.unwrap_or(""), self.name.as_bytes());
        match repeated {
            RepeatedQuery::First => values.next().is_some_and(|value| self.value.takes_encoded(value)),
            RepeatedQuery::Last => values.last().is_some_and(|value| self.value.takes_encoded(value)),
            RepeatedQuery::Any => values.any(|value| self.value.takes_encoded(value)),
        }
    }
}

fn compile_method(method: &HttpMethod) -> Result<&'static str, MatchFault> {
    let known = HttpMethod::KNOWN.iter().find(|known| *known == method);
    known.map(HttpMethod::as_str).ok_or_else(|| ("method".to_owned(), unknown(method.as_str())))
}

fn compile_query(wire: Vec<QueryParamMatch>, regex_limit: usize) -> Result<Box<[QueryCondition]>, MatchFault> {
    let mut conditions: Vec<QueryCondition> = Vec::with_capacity(wire.len());
    for (index, param) in wire.into_iter().enumerate() {
        if conditions.iter().any(|condition| *condition.name == *param.name) {
            continue;
        }
        let value = ValueCondition::compile(&param.value_type(), param.value, regex_limit)
            .map_err(|(field, problem)| (format!("queryParams[{index}].{field}"), problem))?;
        conditions.push(QueryCondition { name: param.name.into(), value });
    }
    Ok(conditions.into())
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
