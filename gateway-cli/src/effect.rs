//! What filters do to one request: what each backend receives, and what goes back.

use std::borrow::Cow;

use gateway_match::{
    Connection, CorsHeaders, Filter, Filters, HeaderAction, HeaderChanges, Match, PreflightInput, RequestView,
    ResolvedBackend, RewriteRule, Topology,
};
use gateway_model::{ExternalAuth, LocalObjectReference};
use http::HeaderName;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN};
use serde::Serialize;

use crate::request::Request;

/// A request as it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Received {
    /// What the client sent.
    pub(crate) fn sent(request: &Request) -> Self {
        Received {
            method: request.method.clone(),
            scheme: request.scheme.as_str(),
            host: request.host.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
        }
    }

    /// What is left of it after filters, given the prefix that the rule matched.
    pub(crate) fn after(mut self, filters: &Filters, matched_prefix: Option<&str>) -> Self {
        for filter in filters.acting() {
            match filter {
                Filter::RequestHeaders(changes) => changes.actions().for_each(|action| self.change(&action)),
                Filter::Rewrite(rewrite) => self.rewrite(rewrite, matched_prefix),
                _ => {}
            }
        }
        self
    }

    fn rewrite(&mut self, rewrite: &RewriteRule, matched_prefix: Option<&str>) {
        if let Some(host) = rewrite.hostname() {
            self.host = host.to_owned();
        }
        let (path, query) = match self.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.path.as_str(), None),
        };
        if let Some(path) = rewrite.path_and_query(path, query, matched_prefix) {
            self.path = path;
        }
    }

    fn change(&mut self, action: &HeaderAction<'_>) {
        let (HeaderAction::Set { name, .. } | HeaderAction::Add { name, .. } | HeaderAction::Remove { name }) = action;
        if *name == HOST {
            // Host is not among the headers, and a request cannot do without it.
            if let HeaderAction::Set { value, .. } = action {
                self.host = text(value);
            }
            return;
        }
        if !matches!(action, HeaderAction::Add { .. }) {
            self.headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name.as_str()));
        }
        if let HeaderAction::Set { value, .. } | HeaderAction::Add { value, .. } = action {
            self.headers.push((name.to_string(), text(value)));
        }
    }
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// What is done to the headers of the answer.
#[derive(Debug, Serialize)]
pub(crate) struct ResponseHeaders {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remove: Vec<String>,
}

impl ResponseHeaders {
    pub(crate) fn of(filters: &Filters) -> Option<Self> {
        let changes: &HeaderChanges = filters.response_headers()?;
        let pairs = |list: &[(HeaderName, http::HeaderValue)]| {
            list.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
        };
        Some(ResponseHeaders {
            set: pairs(changes.set()),
            add: pairs(changes.add()),
            remove: changes.remove().iter().map(ToString::to_string).collect(),
        })
    }
}

/// Where copies of the request go.
#[derive(Debug, Serialize)]
pub(crate) struct Mirror {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
    pub(crate) fraction: Fraction,
    pub(crate) valid: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Fraction {
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

impl Mirror {
    /// The mirrors among the filters of a rule, or of the backend at a position.
    pub(crate) fn all(filters: &Filters, found: &Match<'_>, item: Option<usize>, topology: &Topology) -> Vec<Self> {
        let mirrors = filters.iter().enumerate().filter_map(|(position, filter)| match filter {
            Filter::Mirror(rule) => Some((position, rule)),
            _ => None,
        });
        mirrors
            .filter_map(|(position, rule)| {
                let target = filter_backend(topology, found, item, position)?;
                let (numerator, denominator) = rule.fraction();
                Some(Mirror {
                    kind: target.name.kind.to_string(),
                    namespace: target.name.namespace.to_string(),
                    name: target.name.name.to_string(),
                    port: target.name.port,
                    fraction: Fraction { numerator, denominator },
                    valid: target.problem().is_none(),
                })
            })
            .collect()
    }
}

/// What the backend of a filter is, by the filter's place.
fn filter_backend<'a>(
    topology: &'a Topology,
    found: &Match<'_>,
    item: Option<usize>,
    filter: usize,
) -> Option<&'a ResolvedBackend> {
    let place = (found.rule().index(), item, filter);
    let all = topology.route(found.route())?.filter_backends();
    let backend = all.iter().find(|backend| (backend.rule, backend.backend_ref, backend.filter) == place)?;
    Some(&backend.backend)
}

/// Who is asked whether a request may pass.
#[derive(Debug, Serialize)]
pub(crate) struct ExternalAuthLine<'a> {
    #[serde(flatten)]
    auth: &'a ExternalAuth,
    /// Whether whoever is asked can be used.
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl<'a> ExternalAuthLine<'a> {
    pub(crate) fn of(
        filters: &'a Filters,
        found: &Match<'_>,
        item: Option<usize>,
        topology: &Topology,
    ) -> Option<Self> {
        let auth = filters.external_auth()?;
        let position = filters.iter().position(|filter| matches!(filter, Filter::ExternalAuth(_)))?;
        let problem = filter_backend(topology, found, item, position).and_then(ResolvedBackend::problem);
        Some(ExternalAuthLine { auth, valid: problem.is_none(), reason: problem.map(|problem| problem.reason()) })
    }
}

/// What the gateway says to a browser about a cross-origin request.
#[derive(Debug, Serialize)]
pub(crate) struct Cors {
    pub(crate) preflight: bool,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(skip)]
    pub(crate) status: Option<u16>,
}

impl Cors {
    /// `None` without a CORS filter, and for requests that are not cross-origin.
    pub(crate) fn of(found: &Match<'_>, request: &Request) -> Option<Self> {
        let policy = found.rule().filters().cors().filter(|_| found.rule().refusal().is_none())?;
        let first = |name: HeaderName| {
            request.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_str())).map(|(_, v)| v.as_str())
        };
        let origin = first(ORIGIN)?;
        let filters = found.rule().filters();
        let preflight = PreflightInput::detect(
            &request.method,
            Some(origin),
            first(ACCESS_CONTROL_REQUEST_METHOD),
            first(ACCESS_CONTROL_REQUEST_HEADERS),
        )
        .filter(|_| filters.answers_preflights());
        let pairs = |headers: &CorsHeaders<'_>| {
            headers.iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect()
        };
        Some(match preflight {
            Some(input) => {
                let answer = policy.preflight(&input);
                Cors { preflight: true, headers: pairs(answer.headers()), status: Some(answer.status().as_u16()) }
            }
            None => Cors { preflight: false, headers: pairs(&policy.response_headers(Some(origin))), status: None },
        })
    }
}

/// Where the client is sent.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Redirected {
    pub(crate) location: String,
    pub(crate) status: u16,
}

impl Redirected {
    /// The answer of the rule's redirect; an error if there is no host to send the client to.
    pub(crate) fn of(
        found: &Match<'_>,
        view: &RequestView<'_, Vec<(String, String)>>,
        connection: &Connection<'_>,
    ) -> Option<Result<Self, ()>> {
        let redirect = found.redirect(view, connection)?;
        Some(match redirect {
            Ok(redirect) => {
                Ok(Redirected { location: redirect.location().to_owned(), status: redirect.status().as_u16() })
            }
            Err(_) => Err(()),
        })
    }
}

/// A filter that only the implementation knows.
#[derive(Debug, Serialize)]
pub(crate) struct Extension<'a> {
    group: Cow<'a, str>,
    kind: Cow<'a, str>,
    name: Cow<'a, str>,
}

impl<'a> Extension<'a> {
    pub(crate) fn all(filters: &'a Filters) -> Vec<Self> {
        let of = |reference: &'a LocalObjectReference| Extension {
            group: reference.group.as_str().into(),
            kind: reference.kind.as_str().into(),
            name: reference.name.as_str().into(),
        };
        filters.extension_refs().map(of).collect()
    }
}

/// The kinds of filter of a list, for people.
pub(crate) fn kinds(filters: &Filters) -> Vec<&'static str> {
    let kind = |filter: &Filter| match filter {
        Filter::RequestHeaders(_) => "request headers changed",
        Filter::ResponseHeaders(_) => "response headers changed",
        Filter::Mirror(_) => "mirrored",
        Filter::Redirect(_) => "redirected",
        Filter::Rewrite(_) => "rewritten",
        Filter::Cors(_) => "CORS",
        Filter::ExternalAuth(_) => "external authorisation",
        _ => "extension",
    };
    filters.iter().map(kind).collect()
}
