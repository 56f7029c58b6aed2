//! One match of an HTTP rule, compiled: the conditions that must all hold.

use std::ops::ControlFlow;

use gateway_model::{HeaderMatch, HttpMethod, HttpRouteMatch, PathMatchType, QueryParamMatch, ValueMatchType};
use http::HeaderName;
use http::header::{COOKIE, SET_COOKIE};
use smallvec::SmallVec;

use crate::filter::FilterProblem;
use crate::options::{Options, RepeatedHeader, RepeatedQuery};
use crate::path::path_has_prefix;
use crate::pattern::{Pattern, PatternError};
use crate::precedence::PathRank;
use crate::query;
use crate::request::{Headers, RequestView};

/// A compiled match. spec: `HTTPRouteMatch`.
#[derive(Clone, Debug)]
pub(crate) struct HttpCondition {
    path: PathCondition,
    method: Option<Box<str>>,
    headers: Box<[HeaderCondition]>,
    query_params: Box<[QueryCondition]>,
}

/// The first condition of a match that a request does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The path.
    Path,
    /// The method.
    Method,
    /// The header of that name, as the match spells it.
    Header(String),
    /// The query parameter of that name.
    QueryParam(String),
}

/// Why a match, or a rule with its filters, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchProblem {
    /// A value that this version of the API does not define. The whole route is refused.
    #[error("`{value}` is a value that is not supported")]
    UnknownValue {
        /// The value.
        value: String,
    },
    /// A regular expression that cannot be used.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A filter that cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterProblem),
    /// A header name that no request can have.
    #[error("`{name}` is no name of a header")]
    HeaderName {
        /// The name.
        name: String,
    },
}

#[derive(Clone, Debug)]
enum PathCondition {
    Exact(Box<str>),
    Prefix(Box<str>),
    Regex(Pattern),
}

#[derive(Clone, Debug)]
struct HeaderCondition {
    name: HeaderName,
    spelled: Box<str>,
    value: ValueCondition,
}

#[derive(Clone, Debug)]
struct QueryCondition {
    name: Box<str>,
    value: ValueCondition,
}

#[derive(Clone, Debug)]
enum ValueCondition {
    Exact(Box<[u8]>),
    Regex(Pattern),
}

impl MatchProblem {
    /// Whether the whole route is refused rather than the one rule dropped.
    ///
    /// The specification asks for that where an enum has a value that is not known, and for some
    /// filters (see [`FilterProblem::refuses_route`]).
    pub fn refuses_route(&self) -> bool {
        match self {
            MatchProblem::UnknownValue { .. } => true,
            MatchProblem::Filter(problem) => problem.refuses_route(),
            MatchProblem::Pattern(_) | MatchProblem::HeaderName { .. } => false,
        }
    }

    /// The reason of the route's Accepted or PartiallyInvalid condition. spec: `RouteConditionReason`.
    pub fn reason(&self) -> &'static str {
        match self {
            MatchProblem::Filter(problem) => problem.reason(),
            MatchProblem::UnknownValue { .. } | MatchProblem::Pattern(_) | MatchProblem::HeaderName { .. } => {
                "UnsupportedValue"
            }
        }
    }
}

/// A problem with the field that it is in, relative to the match.
pub(crate) type MatchFault = (String, MatchProblem);

/// The first enum value of a match that the API does not define, with its field. It refuses the
/// route wherever it stands, also in an entry that matching ignores.
/// spec: `HTTPPathMatch.type`, `HTTPRouteMatch.method`, `HTTPHeaderMatch.type`, `HTTPQueryParamMatch.type`.
pub(crate) fn unknown_value(wire: &HttpRouteMatch) -> Option<MatchFault> {
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

fn unknown_types(
    field: &str,
    types: impl Iterator<Item = (usize, ValueMatchType)>,
) -> impl Iterator<Item = MatchFault> {
    types
        .filter(|(_, kind)| !kind.is_known())
        .map(move |(index, kind)| (format!("{field}[{index}].type"), unknown(kind.as_str())))
}

impl HttpCondition {
    /// Compiles a match. Of several entries for one header (without case) or one query parameter
    /// (with case) only the first counts. spec: `HTTPHeaderMatch.name`, `HTTPQueryParamMatch.name`.
    pub(crate) fn compile(wire: &HttpRouteMatch, regex_limit: usize) -> Result<Self, MatchFault> {
        Ok(HttpCondition {
            path: PathCondition::compile(wire, regex_limit)?,
            method: wire.method.as_ref().map(compile_method).transpose()?,
            headers: compile_headers(&wire.headers, regex_limit)?,
            query_params: compile_query(&wire.query_params, regex_limit)?,
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
        self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

impl PathCondition {
    fn compile(wire: &HttpRouteMatch, regex_limit: usize) -> Result<Self, MatchFault> {
        let value = wire.path_value();
        match wire.path_type() {
            PathMatchType::Exact => Ok(PathCondition::Exact(value.into())),
            PathMatchType::PathPrefix => Ok(PathCondition::Prefix(value.into())),
            PathMatchType::RegularExpression => Pattern::compile(value, regex_limit)
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

impl ValueCondition {
    fn compile(kind: &ValueMatchType, value: &str, regex_limit: usize) -> Result<Self, (&'static str, MatchProblem)> {
        match kind {
            ValueMatchType::Exact => Ok(ValueCondition::Exact(value.as_bytes().into())),
            ValueMatchType::RegularExpression => {
                Pattern::compile(value, regex_limit).map(ValueCondition::Regex).map_err(|error| ("value", error.into()))
            }
            other => Err(("type", unknown(other.as_str()))),
        }
    }

    fn takes(&self, value: &[u8]) -> bool {
        match self {
            ValueCondition::Exact(wanted) => **wanted == *value,
            ValueCondition::Regex(pattern) => pattern.is_match(value),
        }
    }

    fn takes_encoded(&self, value: &str) -> bool {
        match self {
            ValueCondition::Exact(wanted) => query::decodes_to(value, wanted),
            ValueCondition::Regex(pattern) if !value.contains(['%', '+']) => pattern.is_match(value.as_bytes()),
            ValueCondition::Regex(pattern) => pattern.is_match(&query::decoded(value)),
        }
    }
}

impl HeaderCondition {
    fn takes<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, repeated: RepeatedHeader) -> bool {
        // Set-Cookie cannot be joined (RFC 7230 section 3.2.2).
        if repeated == RepeatedHeader::Any || self.name == SET_COOKIE {
            return self.takes_any(request);
        }
        // Crumbs of Cookie are joined in their own way (RFC 9113 section 8.2.3).
        let separator: &[u8] = if self.name == COOKIE { b"; " } else { b"," };
        match &self.value {
            ValueCondition::Exact(wanted) => self.joined_is(request, separator, wanted),
            ValueCondition::Regex(pattern) => self.joined_matches(request, separator, pattern),
        }
    }

    fn takes_any<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> bool {
        let mut taken = false;
        request.visit_header(&self.name, &mut |value| {
            taken = self.value.takes(value);
            if taken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken
    }

    /// Compares the joined values piece by piece, without joining them.
    fn joined_is<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, separator: &[u8], wanted: &[u8]) -> bool {
        let mut rest = None;
        request.visit_header(&self.name, &mut |value| {
            rest = match rest {
                None => wanted.strip_prefix(value),
                Some(rest) => strip(rest, separator).and_then(|rest| strip(rest, value)),
            };
            if rest.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// Joins the values only if there are several.
    fn joined_matches<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        separator: &[u8],
        pattern: &Pattern,
    ) -> bool {
        let mut values = 0_usize;
        let mut first_matches = false;
        request.visit_header(&self.name, &mut |value| {
            values += 1;
            if values == 1 {
                first_matches = pattern.is_match(value);
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if values < 2 {
            return first_matches;
        }
        let mut joined: SmallVec<[u8; 256]> = SmallVec::new();
        let mut first = true;
        request.visit_header(&self.name, &mut |value| {
            if !first {
                joined.extend_from_slice(separator);
            }
            first = false;
            joined.extend_from_slice(value);
            ControlFlow::Continue(())
        });
        pattern.is_match(&joined)
    }
}

fn strip<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    text.strip_prefix(prefix)
}

impl QueryCondition {
    fn takes(&self, query: Option<&str>, repeated: RepeatedQuery) -> bool {
        let mut values = query::values(query.unwrap_or(""), self.name.as_bytes());
        match repeated {
            RepeatedQuery::First => values.next().is_some_and(|value| self.value.takes_encoded(value)),
            RepeatedQuery::Last => values.last().is_some_and(|value| self.value.takes_encoded(value)),
            RepeatedQuery::Any => values.any(|value| self.value.takes_encoded(value)),
        }
    }
}

fn compile_method(method: &HttpMethod) -> Result<Box<str>, MatchFault> {
    if method.is_known() { Ok(method.as_str().into()) } else { Err(("method".to_owned(), unknown(method.as_str()))) }
}

fn compile_headers(wire: &[HeaderMatch], regex_limit: usize) -> Result<Box<[HeaderCondition]>, MatchFault> {
    let mut conditions: Vec<HeaderCondition> = Vec::with_capacity(wire.len());
    for (index, header) in wire.iter().enumerate() {
        let at = |field: &str| format!("headers[{index}].{field}");
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| (at("name"), MatchProblem::HeaderName { name: header.name.clone() }))?;
        if conditions.iter().any(|condition| condition.name == name) {
            continue;
        }
        let value = ValueCondition::compile(&header.value_type(), &header.value, regex_limit)
            .map_err(|(field, problem)| (at(field), problem))?;
        conditions.push(HeaderCondition { name, spelled: header.name.as_str().into(), value });
    }
    Ok(conditions.into())
}

fn compile_query(wire: &[QueryParamMatch], regex_limit: usize) -> Result<Box<[QueryCondition]>, MatchFault> {
    let mut conditions: Vec<QueryCondition> = Vec::with_capacity(wire.len());
    for (index, param) in wire.iter().enumerate() {
        if conditions.iter().any(|condition| *condition.name == *param.name) {
            continue;
        }
        let value = ValueCondition::compile(&param.value_type(), &param.value, regex_limit)
            .map_err(|(field, problem)| (format!("queryParams[{index}].{field}"), problem))?;
        conditions.push(QueryCondition { name: param.name.as_str().into(), value });
    }
    Ok(conditions.into())
}

fn unknown(value: &str) -> MatchProblem {
    MatchProblem::UnknownValue { value: value.to_owned() }
}

#[cfg(test)]
#[path = "condition/tests.rs"]
mod tests;
