//! Filters of rules and backends, compiled once: what they change, as data and as pure functions.
//!
//! [`Filters`] is a list in the order in which the route names them. Each kind of filter is a type
//! of its own that answers for one request: [`HeaderChanges`], [`RedirectRule`], [`RewriteRule`],
//! [`MirrorRule`], [`CorsPolicy`]. External authorisation and extensions are data for the embedder.

use gateway_model::{ExternalAuth, LocalObjectReference, RouteFilter, RouteFilterType};

use crate::options::{FilterOrder, Options, Profile};

mod cors;
mod escape;
mod header_modifier;
mod mirror;
mod origin;
mod path_modifier;
mod problem;
mod redirect;
mod rewrite;
mod shape;
#[cfg(test)]
mod tests;

pub use cors::{CorsHeaders, CorsPolicy, PreflightAnswer, PreflightInput};
pub use header_modifier::{HeaderAction, HeaderChanges};
pub use mirror::MirrorRule;
pub use path_modifier::replace_prefix;
pub use problem::{FilterFault, FilterProblem};
pub use redirect::{Redirect, RedirectInput, RedirectRule, Scheme};
pub use rewrite::RewriteRule;

use problem::{Fault, unknown};
pub(crate) use shape::GRPC_TYPES;
use shape::{check_company, check_external_auth, check_shape};

/// The filters of a rule or of a backend, compiled, in the order in which they are listed.
///
/// spec: `HTTPRouteRule.filters`, `HTTPBackendRef.filters`, `GRPCRouteRule.filters`,
/// `GRPCBackendRef.filters`. A rule's filters act on every request of the rule, a backend's on
/// those that go to it, after the rule's.
///
/// Questions are O(number of filters) (the API admits 16) and allocate nothing.
///
/// ```
/// use gateway_match::{Filters, Profile};
/// use gateway_model::RouteFilter;
///
/// let wire: Vec<RouteFilter> = serde_json::from_str(
///     r#"[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "X-Env", "value": "b"}]}}]"#,
/// )?;
/// let filters = Filters::compile(&wire, &Profile::default()).unwrap();
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("x-env", http::HeaderValue::from_static("a"));
/// filters.request_headers().unwrap().apply(&mut headers).unwrap();
/// assert_eq!(headers.get_all("x-env").iter().collect::<Vec<_>>(), ["a", "b"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filters {
    list: Box<[Filter]>,
    warnings: Box<[FilterFault]>,
    order: FilterOrder,
}

/// One filter, compiled. spec: `HTTPRouteFilter`, `GRPCRouteFilter`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Filter {
    /// Changes the headers of the request.
    RequestHeaders(HeaderChanges),
    /// Changes the headers of the response.
    ResponseHeaders(HeaderChanges),
    /// Sends a copy of some requests elsewhere.
    Mirror(MirrorRule),
    /// Answers with a redirect.
    Redirect(RedirectRule),
    /// Changes the host or the path that the backend sees.
    Rewrite(RewriteRule),
    /// Answers cross-origin requests.
    Cors(CorsPolicy),
    /// Asks another service whether the request may pass. Where that fails, the request must fail.
    ExternalAuth(ExternalAuth),
    /// A filter of the embedder's. One that the embedder does not know must not be skipped:
    /// requests that it would have acted on get an error. spec: `HTTPRouteFilter.type`.
    Extension(LocalObjectReference),
}

impl Filters {
    /// Compiles the filters of an HTTP rule or backend. O(size of the filters).
    ///
    /// # Errors
    ///
    /// The first filter that cannot be used. The rule that has it cannot be used then, since a
    /// filter must not be skipped.
    pub fn compile(wire: &[RouteFilter], profile: &Profile) -> Result<Self, FilterFault> {
        Self::with_options(wire, RouteFilterType::KNOWN, &profile.options)
    }

    /// Compiles the filters of a gRPC rule or backend: header modifiers, mirrors and extensions
    /// only. spec: `GRPCRouteFilter.type`.
    ///
    /// # Errors
    ///
    /// As [`Filters::compile`]; a type that only HTTP rules have is an unknown value.
    pub fn compile_grpc(wire: &[RouteFilter], profile: &Profile) -> Result<Self, FilterFault> {
        Self::with_options(wire, GRPC_TYPES, &profile.options)
    }

    pub(crate) fn with_options(
        wire: &[RouteFilter],
        types: &[RouteFilterType],
        options: &Options,
    ) -> Result<Self, FilterFault> {
        let mut warnings = Vec::new();
        let mut list = Vec::with_capacity(wire.len());
        for (index, filter) in wire.iter().enumerate() {
            let at = |(field, problem): Fault| FilterFault {
                path: match field.as_str() {
                    "" => format!("filters[{index}]"),
                    field => format!("filters[{index}].{field}"),
                },
                problem,
            };
            check_shape(filter, types).map_err(at)?;
            check_company(filter, wire.get(..index).unwrap_or_default()).map_err(at)?;
            let mut warned = Vec::new();
            list.push(Filter::compile(filter, options, &mut warned).map_err(at)?);
            warnings.extend(warned.into_iter().map(at));
        }
        Ok(Filters { list: list.into(), warnings: warnings.into(), order: options.filter_order })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in the order in which they are listed.
    pub fn iter(&self) -> std::slice::Iter<'_, Filter> {
        self.list.iter()
    }

    /// All of them, in the order in which they act ([`FilterOrder`]). O(n), or O(n × 8) in phases.
    pub fn acting(&self) -> impl Iterator<Item = &Filter> {
        let (phases, in_phases) = match self.order {
            FilterOrder::Listed => (1, false),
            FilterOrder::FixedPhases => (PHASES, true),
        };
        (0..phases).flat_map(move |phase| self.iter().filter(move |filter| !in_phases || filter.phase() == phase))
    }

    /// Whether the gateway answers a preflight itself: there is a CORS filter, and no redirect acts
    /// before it.
    pub fn answers_preflights(&self) -> bool {
        let first = self.acting().find(|filter| matches!(filter, Filter::Cors(_) | Filter::Redirect(_)));
        matches!(first, Some(Filter::Cors(_)))
    }

    /// What is dubious but works by an option ([`DoubleHeaderAction`](crate::DoubleHeaderAction)).
    pub fn warnings(&self) -> &[FilterFault] {
        &self.warnings
    }

    /// What to do with the headers of the request.
    pub fn request_headers(&self) -> Option<&HeaderChanges> {
        self.iter().find_map(|filter| match filter {
            Filter::RequestHeaders(changes) => Some(changes),
            _ => None,
        })
    }

    /// What to do with the headers of the response.
    pub fn response_headers(&self) -> Option<&HeaderChanges> {
        self.iter().find_map(|filter| match filter {
            Filter::ResponseHeaders(changes) => Some(changes),
            _ => None,
        })
    }

    /// The redirect that answers the request; no backend sees it then.
    pub fn redirect(&self) -> Option<&RedirectRule> {
        self.iter().find_map(|filter| match filter {
            Filter::Redirect(rule) => Some(rule),
            _ => None,
        })
    }

    /// What the backend sees in place of the request's host and path.
    pub fn rewrite(&self) -> Option<&RewriteRule> {
        self.iter().find_map(|filter| match filter {
            Filter::Rewrite(rule) => Some(rule),
            _ => None,
        })
    }

    /// Where copies of the request go, in order.
    pub fn mirrors(&self) -> impl Iterator<Item = &MirrorRule> {
        self.iter().filter_map(|filter| match filter {
            Filter::Mirror(rule) => Some(rule),
            _ => None,
        })
    }

    /// How cross-origin requests are answered.
    pub fn cors(&self) -> Option<&CorsPolicy> {
        self.iter().find_map(|filter| match filter {
            Filter::Cors(policy) => Some(policy),
            _ => None,
        })
    }

    /// Who is asked whether the request may pass.
    pub fn external_auth(&self) -> Option<&ExternalAuth> {
        self.iter().find_map(|filter| match filter {
            Filter::ExternalAuth(auth) => Some(auth),
            _ => None,
        })
    }

    /// The filters of the embedder's, in order. See [`Filter::Extension`].
    pub fn extension_refs(&self) -> impl Iterator<Item = &LocalObjectReference> {
        self.iter().filter_map(|filter| match filter {
            Filter::Extension(reference) => Some(reference),
            _ => None,
        })
    }

    /// The fault to report if some match of the rule is no PathPrefix; `None` if that is no matter.
    ///
    /// spec: `HTTPPathModifier.replacePrefixMatch` is compatible with PathPrefix only, and a rule
    /// without matches has one (`/`).
    pub fn needs_prefix_match(&self) -> Option<FilterFault> {
        self.iter().enumerate().find_map(|(index, filter)| {
            let field = match filter {
                Filter::Redirect(rule) if rule.replaces_prefix() => "requestRedirect",
                Filter::Rewrite(rule) if rule.replaces_prefix() => "urlRewrite",
                _ => return None,
            };
            Some(FilterFault { path: format!("filters[{index}].{field}.path"), problem: FilterProblem::NoPrefixMatch })
        })
    }
}

impl<'f> IntoIterator for &'f Filters {
    type Item = &'f Filter;
    type IntoIter = std::slice::Iter<'f, Filter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How many phases there are where filters act in fixed ones.
const PHASES: u8 = 8;

impl Filter {
    /// Where the filter acts, where the order is fixed.
    fn phase(&self) -> u8 {
        match self {
            Filter::Cors(_) => 0,
            Filter::ExternalAuth(_) => 1,
            Filter::Extension(_) => 2,
            Filter::Redirect(_) => 3,
            Filter::RequestHeaders(_) => 4,
            Filter::Rewrite(_) => 5,
            Filter::Mirror(_) => 6,
            Filter::ResponseHeaders(_) => 7,
        }
    }

    fn compile(wire: &RouteFilter, options: &Options, warnings: &mut Vec<Fault>) -> Result<Self, Fault> {
        let missing = || unknown("type", &wire.r#type);
        let below = |field: &'static str| {
            move |(rest, problem): Fault| match rest.as_str() {
                "" => (field.to_owned(), problem),
                rest => (format!("{field}.{rest}"), problem),
            }
        };
        match &wire.r#type {
            RouteFilterType::RequestHeaderModifier | RouteFilterType::ResponseHeaderModifier => {
                let request = wire.r#type == RouteFilterType::RequestHeaderModifier;
                let (field, wire) = if request {
                    ("requestHeaderModifier", &wire.request_header_modifier)
                } else {
                    ("responseHeaderModifier", &wire.response_header_modifier)
                };
                let mut warned = Vec::new();
                let changes = HeaderChanges::compile(
                    wire.as_ref().ok_or_else(missing)?,
                    options.double_header_action,
                    &mut warned,
                )
                .map_err(below(field))?;
                warnings.extend(warned.into_iter().map(below(field)));
                Ok(if request { Filter::RequestHeaders(changes) } else { Filter::ResponseHeaders(changes) })
            }
            RouteFilterType::RequestMirror => MirrorRule::compile(wire.request_mirror.as_ref().ok_or_else(missing)?)
                .map(Filter::Mirror)
                .map_err(below("requestMirror")),
            RouteFilterType::RequestRedirect => {
                RedirectRule::compile(wire.request_redirect.as_ref().ok_or_else(missing)?, options.full_path_query)
                    .map(Filter::Redirect)
                    .map_err(below("requestRedirect"))
            }
            RouteFilterType::UrlRewrite => {
                RewriteRule::compile(wire.url_rewrite.as_ref().ok_or_else(missing)?, options.full_path_query)
                    .map(Filter::Rewrite)
                    .map_err(below("urlRewrite"))
            }
            RouteFilterType::Cors => {
                CorsPolicy::compile(wire.cors.as_ref().ok_or_else(missing)?, options.failed_preflight)
                    .map(Filter::Cors)
                    .map_err(below("cors"))
            }
            RouteFilterType::ExternalAuth => {
                let auth = wire.external_auth.as_deref().ok_or_else(missing)?;
                check_external_auth(auth).map_err(below("externalAuth"))?;
                Ok(Filter::ExternalAuth(auth.clone()))
            }
            RouteFilterType::ExtensionRef => {
                let reference = wire.extension_ref.as_ref().ok_or_else(missing)?;
                Ok(Filter::Extension(reference.clone()))
            }
            _ => Err(missing()),
        }
    }
}
