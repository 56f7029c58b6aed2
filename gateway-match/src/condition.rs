//! One match of a rule, compiled: the conditions that must all hold.

use gateway_model::{GrpcRouteMatch, HttpRouteMatch, ValueMatchType};

use crate::filter::FilterProblem;
use crate::options::Options;
use crate::pattern::{Pattern, PatternError};
use crate::precedence::TargetRank;
use crate::request::{Call, Headers, RequestView};
use crate::route::RouteExcess;
use crate::setting::SettingProblem;

mod grpc;
mod header;
mod http;
mod value;

use grpc::GrpcCondition;
pub(crate) use header::{HeaderCondition, joined_by};
use http::HttpCondition;
pub(crate) use http::QueryCondition;

/// A match of a rule as the wire has it, of whichever kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WireMatch {
    Http(HttpRouteMatch),
    Grpc(GrpcRouteMatch),
}

/// A compiled match.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Http(HttpCondition),
    Grpc(GrpcCondition),
    /// Rules of TLSRoutes, TCPRoutes and UDPRoutes take every connection that reaches them.
    Connection,
}

/// What a match asks of a request's target: by this it is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'c> {
    /// The whole path.
    Exact(&'c str),
    /// What the path lies under, without a trailing slash.
    Prefix(&'c str),
    /// A regular expression for the path.
    Pattern(&'c Pattern),
    /// A service and a method, `None` being every one.
    Call(Option<&'c str>, Option<&'c str>),
    /// A call in a way that needs the whole [condition](Condition::is_satisfied) to be asked.
    OtherCall,
    /// None: it takes connections.
    Connection,
}

/// What a match asks for beyond its target.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tests<'c> {
    pub(crate) method: Option<&'c str>,
    pub(crate) headers: &'c [HeaderCondition],
    pub(crate) params: &'c [QueryCondition],
}

/// The first condition of a match that a request does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The path.
    Path,
    /// The method; of a gRPC rule the service or the method.
    Method,
    /// The header of that name, as the match spells it.
    Header(String),
    /// The query parameter of that name.
    QueryParam(String),
    /// The rule takes gRPC requests only, and this is none.
    Protocol,
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
    /// A timeout, retry or session that cannot be.
    #[error(transparent)]
    Setting(#[from] SettingProblem),
    /// More than there may be.
    #[error(transparent)]
    Excess(#[from] RouteExcess),
    /// A header name that no request can have.
    #[error("`{name}` is no name of a header")]
    HeaderName {
        /// The name.
        name: String,
    },
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
            MatchProblem::Pattern(_)
            | MatchProblem::HeaderName { .. }
            | MatchProblem::Setting(_)
            | MatchProblem::Excess(_) => false,
        }
    }

    /// The reason of the route's Accepted or PartiallyInvalid condition. spec: `RouteConditionReason`.
    pub fn reason(&self) -> &'static str {
        match self {
            MatchProblem::Filter(problem) => problem.reason(),
            MatchProblem::Setting(problem) => problem.reason(),
            MatchProblem::UnknownValue { .. }
            | MatchProblem::Pattern(_)
            | MatchProblem::HeaderName { .. }
            | MatchProblem::Excess(_) => "UnsupportedValue",
        }
    }
}

/// A problem with the field that it is in, relative to the match.
pub(crate) type MatchFault = (String, MatchProblem);

impl WireMatch {
    /// The first enum value that the API does not define, with its field. It refuses the route
    /// wherever it stands, also in an entry that matching ignores.
    pub(crate) fn unknown_value(&self) -> Option<MatchFault> {
        match self {
            WireMatch::Http(wire) => http::unknown_value(wire),
            WireMatch::Grpc(wire) => grpc::unknown_value(wire),
        }
    }
}

impl Condition {
    pub(crate) fn compile(wire: WireMatch, regex_limit: usize) -> Result<Self, MatchFault> {
        match wire {
            WireMatch::Http(wire) => HttpCondition::compile(wire, regex_limit).map(Condition::Http),
            WireMatch::Grpc(wire) => GrpcCondition::compile(wire, regex_limit).map(Condition::Grpc),
        }
    }

    /// The rank of what it asks of a request's target. spec: `HTTPRouteRule.matches`, `GRPCRouteRule.matches`.
    pub(crate) fn target_rank(&self, options: &Options) -> TargetRank {
        match self {
            Condition::Http(condition) => {
                TargetRank::Http { path: condition.path_rank(options), method: condition.has_method() }
            }
            Condition::Grpc(condition) => condition.target_rank(),
            Condition::Connection => TargetRank::Connection,
        }
    }

    /// Number of headers that count.
    pub(crate) fn header_count(&self) -> u32 {
        match self {
            Condition::Http(condition) => condition.header_count(),
            Condition::Grpc(condition) => condition.header_count(),
            Condition::Connection => 0,
        }
    }

    /// Number of query parameters that count.
    pub(crate) fn query_count(&self) -> u32 {
        match self {
            Condition::Http(condition) => condition.query_count(),
            Condition::Grpc(_) | Condition::Connection => 0,
        }
    }

    /// The prefix that the path must lie under, if the condition on the path is one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match self {
            Condition::Http(condition) => condition.prefix(),
            Condition::Grpc(_) | Condition::Connection => None,
        }
    }

    /// What it asks of a request's target.
    pub(crate) fn target(&self) -> Target<'_> {
        match self {
            Condition::Http(condition) => condition.target(),
            Condition::Grpc(condition) => condition.target(),
            Condition::Connection => Target::Connection,
        }
    }

    /// What it asks for beyond its target.
    pub(crate) fn tests(&self) -> Tests<'_> {
        match self {
            Condition::Http(condition) => condition.tests(),
            Condition::Grpc(condition) => condition.tests(),
            Condition::Connection => Tests::default(),
        }
    }

    /// Whether a request to its target satisfies all else.
    pub(crate) fn takes_rest<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        call: Option<&Call<'_>>,
        options: &Options,
    ) -> bool {
        match self {
            Condition::Http(condition) => condition.tests().hold(request, options),
            Condition::Grpc(condition) if matches!(condition.target(), Target::OtherCall) => {
                call.is_some_and(|call| condition.is_satisfied(request, call, options))
            }
            Condition::Grpc(condition) => condition.tests().hold(request, options),
            Condition::Connection => true,
        }
    }

    /// Whether a request satisfies every condition; `call` is what it calls, if it is a gRPC request.
    /// O(length of the path, and of the headers and query where a condition names some).
    pub(crate) fn is_satisfied<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        call: Option<&Call<'_>>,
        options: &Options,
    ) -> bool {
        match self {
            Condition::Http(condition) => condition.is_satisfied(request, options),
            Condition::Grpc(condition) => call.is_some_and(|call| condition.is_satisfied(request, call, options)),
            Condition::Connection => true,
        }
    }

    /// The first condition that a request does not satisfy, for explanations.
    pub(crate) fn mismatch<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        call: Option<&Call<'_>>,
        options: &Options,
    ) -> Option<Mismatch> {
        match self {
            Condition::Http(condition) => condition.mismatch(request, options),
            Condition::Grpc(condition) => match call {
                Some(call) => condition.mismatch(request, call, options),
                None => Some(Mismatch::Protocol),
            },
            Condition::Connection => None,
        }
    }
}

impl Tests<'_> {
    /// Whether nothing is tested but the method.
    pub(crate) fn is_of_method_alone(&self) -> bool {
        self.headers.is_empty() && self.params.is_empty()
    }

    /// Whether a regular expression is among them.
    pub(crate) fn has_patterns(&self) -> bool {
        self.headers.iter().any(|header| header.exact().is_none())
            || self.params.iter().any(|param| param.exact().is_none())
    }

    fn hold<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, options: &Options) -> bool {
        self.method.is_none_or(|method| method == request.method())
            && self.headers.iter().all(|header| header.takes(request, options.repeated_header))
            && self.params.iter().all(|param| param.takes(request.query(), options.repeated_query))
    }
}

fn unknown_types(
    field: &str,
    types: impl Iterator<Item = (usize, ValueMatchType)>,
) -> impl Iterator<Item = MatchFault> {
    types
        .filter(|(_, kind)| !kind.is_known())
        .map(move |(index, kind)| (format!("{field}[{index}].type"), unknown(kind.as_str())))
}

fn unknown(value: &str) -> MatchProblem {
    MatchProblem::UnknownValue { value: value.to_owned() }
}
