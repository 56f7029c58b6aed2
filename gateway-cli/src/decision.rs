//! What becomes of a request, and the line of JSON that says so.
//!
//! The line is a stable interface: keys may be added, none is renamed or dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gateway_match::{
    Backend, BackendState, Connection, Decision, Explanation, ListenerInfo, Match, Mismatch, RequestView, Rule, Step,
    StepOutcome, Topology,
};
use gateway_model::{ListenerProtocol, ObjectKey};
use serde::Serialize;
use serde_json::Value;

use crate::connection::{BudgetLine, RefusalLine, TlsLine, protocol};
use crate::effect::{Cors, Extension, ExternalAuthLine, Mirror, Received, Redirected, ResponseHeaders};
use crate::parent::{Parent, ParentError, Parents};
use crate::request::{Request, RequestError, Scheme};
use crate::setting::{RetryLine, SessionLine, TimeoutsLine};
use crate::target::TargetError;

/// A decision, with what it was about.
pub(crate) struct Answer<'a> {
    pub(crate) request: &'a Request,
    pub(crate) parent: &'a Parent<'a>,
    /// The listener's port.
    pub(crate) port: u16,
    pub(crate) decision: Decision<'a>,
    /// The candidates, where they are asked for.
    pub(crate) explanation: Option<Explanation<'a>>,
    /// Where the client is sent, if the rule redirects; an error if there is no host for it.
    pub(crate) redirect: Option<Result<Redirected, ()>>,
    /// What is said of a cross-origin request, if the rule says something.
    pub(crate) cors: Option<Cors>,
}

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Parent(#[from] ParentError),
}

impl<'a> Answer<'a> {
    /// Decides a request. `usual` is the port that a URL of its scheme leaves out.
    pub(crate) fn find(
        parents: &'a mut Parents<'_>,
        request: &'a Request,
        usual: Option<u16>,
        explain: bool,
    ) -> Result<Self, AnswerError> {
        let parent = parents.find(request.gateway.as_deref().ok_or(ParentError::Missing)?)?;
        let port = parent.port(request, usual)?;
        let connection = match request.scheme {
            Scheme::Http => Connection::plain(port),
            Scheme::Https => Connection::tls(port, request.sni.as_deref()),
        };
        let view = RequestView::new(&request.method, &request.host, &request.path, &request.headers);
        let explanation = explain.then(|| parent.router.explain(&view, &connection));
        let decision = match &explanation {
            Some(explanation) => *explanation.decision(),
            None => parent.router.route(&view, &connection),
        };
        let redirect = decision.matched().and_then(|found| Redirected::of(found, &view, &connection));
        let cors = decision.matched().and_then(|found| Cors::of(found, request));
        Ok(Answer { request, parent, port, decision, explanation, redirect, cors })
    }

    pub(crate) fn action(&self) -> Action {
        let preflight = self.cors.as_ref().is_some_and(|cors| cors.preflight);
        match (&self.decision, &self.redirect, self.status()) {
            (Decision::Rejected { .. }, _, _) => Action::Reject,
            (_, Some(Ok(_)), _) if !preflight => Action::Redirect,
            (_, _, Some(_)) => Action::Respond,
            (_, _, None) => Action::Forward,
        }
    }

    /// Whether the request comes as far as the split: a preflight or a redirect is answered before it.
    fn reaches_split(&self) -> bool {
        self.redirect.is_none() && !self.cors.as_ref().is_some_and(|cors| cors.preflight)
    }

    /// What the gateway answers itself: a preflight before all else, then a redirect.
    pub(crate) fn status(&self) -> Option<u16> {
        let preflight = self.cors.as_ref().and_then(|cors| cors.status);
        let redirect = self.redirect.as_ref().map(|redirect| redirect.as_ref().map_or(400, |found| found.status));
        preflight.or(redirect).or_else(|| self.decision.status().map(|status| status.as_u16()))
    }
}

/// What the gateway does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// It hands the request to a backend.
    Forward,
    /// It sends the client elsewhere.
    Redirect,
    /// It answers itself.
    Respond,
    /// It refuses the connection.
    Reject,
}

/// A line about a request without a decision.
#[derive(Serialize)]
pub(crate) struct ErrorLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a Value>,
    pub(crate) error: String,
}

/// A line about a decision. Keys that do not apply are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<ListenerLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_mode: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    matched: Option<MatchLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Received>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<&'a Redirected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_headers: Option<ResponseHeaders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<&'a Cors>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mirrors: Vec<Mirror>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeouts: Option<TimeoutsLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<RetryLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_persistence: Option<SessionLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_auth: Option<ExternalAuthLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension_refs: Vec<Extension<'a>>,
    /// Why the rule's requests are answered 500, where a filter cannot do its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalLine>,
    /// How many of `count` requests each backend gets, and how many each status.
    #[serde(skip_serializing_if = "Option::is_none")]
    picks: Option<BTreeMap<String, u64>>,
    /// What decided between the match that took the request and the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<StepLine<'a>>>,
}

#[derive(Serialize)]
struct ListenerLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<KeyLine<'a>>,
    name: &'a str,
}

#[derive(Serialize)]
struct KeyLine<'a> {
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MatchLine<'a> {
    route: KeyLine<'a>,
    rule: usize,
    rule_name: Option<&'a str>,
    r#match: usize,
    /// The effective hostname; `null` is every host.
    hostname: Option<&'a str>,
    backends: Vec<BackendLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackendLine<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    port: Option<u16>,
    weight: u32,
    probability: f64,
    /// Whether the reference resolves.
    valid: bool,
    /// The reason of the route's ResolvedRefs condition if it does not.
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Only where nothing is ready behind a valid reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    /// What the backend speaks, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'static str>,
    tls: Option<TlsLine<'a>>,
    /// How its sessions stay with it, where the rule itself does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_persistence: Option<SessionLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_budget: Option<BudgetLine>,
    /// The host outside of the cluster, for an XBackend.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_hostname: Option<&'a str>,
    /// What this backend receives, where its own filters change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Received>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_headers: Option<ResponseHeaders>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mirrors: Vec<Mirror>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension_refs: Vec<Extension<'a>>,
}

#[derive(Serialize)]
struct StepLine<'a> {
    listener: ListenerLine<'a>,
    route: KeyLine<'a>,
    rule: usize,
    r#match: usize,
    result: Cow<'static, str>,
    /// In what the candidate is behind the one that took the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    criterion: Option<&'static str>,
}

impl<'a> DecisionLine<'a> {
    pub(crate) fn new(id: Option<&'a Value>, answer: &'a Answer<'a>, topology: &'a Topology) -> Self {
        let Answer { request, decision, explanation, .. } = answer;
        let action = answer.action();
        let listener = decision.listener();
        let terminates = listener.is_some_and(|listener| *listener.protocol() == ListenerProtocol::Https);
        let matched = decision.matched();
        let filters = matched.map(|found| found.rule().filters());
        DecisionLine {
            id,
            action,
            status: answer.status(),
            listener: listener.map(ListenerLine::new),
            tls_mode: terminates.then_some("Terminate"),
            matched: matched.map(|found| MatchLine::new(found, answer, topology)),
            request: matched.filter(|_| action == Action::Forward).map(|found| received(found, request)),
            redirect: answer.redirect.as_ref().and_then(|redirect| redirect.as_ref().ok()),
            response_headers: filters.and_then(ResponseHeaders::of),
            cors: answer.cors.as_ref(),
            mirrors: matched
                .filter(|_| action == Action::Forward)
                .map(|found| Mirror::all(found.rule().filters(), found, None, topology))
                .unwrap_or_default(),
            timeouts: matched.and_then(|found| TimeoutsLine::new(found.rule().timeouts())),
            retry: matched.and_then(|found| found.rule().retry().map(RetryLine::new)),
            session_persistence: matched.and_then(|found| {
                found.rule().session_policy()?;
                found.rule().session(0).as_ref().map(SessionLine::new)
            }),
            external_auth: matched
                .and_then(|found| ExternalAuthLine::of(found.rule().filters(), found, None, topology)),
            extension_refs: filters.map(Extension::all).unwrap_or_default(),
            refusal: matched.and_then(|found| found.rule().refusal().map(RefusalLine::new)),
            picks: matched
                .filter(|_| request.count > 1 && answer.reaches_split())
                .map(|found| picks(found.rule(), request.count)),
            decided_by: explanation.as_ref().and_then(Explanation::decided_by).map(|criterion| criterion.as_str()),
            trace: explanation.as_ref().map(|explanation| explanation.steps().iter().map(StepLine::new).collect()),
        }
    }
}

impl<'a> ListenerLine<'a> {
    fn new(listener: &'a ListenerInfo) -> Self {
        ListenerLine { parent: listener.parent().map(KeyLine::new), name: listener.name() }
    }
}

impl<'a> KeyLine<'a> {
    fn new(key: &'a ObjectKey) -> Self {
        KeyLine { kind: key.kind.as_str(), namespace: &key.namespace, name: &key.name }
    }
}

impl<'a> MatchLine<'a> {
    fn new(found: &Match<'a>, answer: &'a Answer<'a>, topology: &'a Topology) -> Self {
        let rule = found.rule();
        let backends = rule.backends().iter().enumerate();
        MatchLine {
            route: KeyLine::new(found.route()),
            rule: rule.index(),
            rule_name: rule.name(),
            r#match: found.match_index(),
            hostname: found.hostname().map(|hostname| hostname.as_str()),
            backends: backends
                .map(|(item, backend)| BackendLine::new(found, item, backend, answer, topology))
                .collect(),
        }
    }
}

impl<'a> BackendLine<'a> {
    fn new(
        found: &Match<'a>,
        item: usize,
        backend: &'a Backend,
        answer: &'a Answer<'a>,
        topology: &'a Topology,
    ) -> Self {
        let request = answer.request;
        let rule = found.rule();
        let shown = answer.parent.node.client_certificate().and_then(Result::ok);
        let filters = backend.filters();
        let name = backend.name();
        let problem = backend.problem();
        BackendLine {
            group: &name.group,
            kind: &name.kind,
            namespace: &name.namespace,
            name: &name.name,
            port: name.port,
            weight: backend.weight(),
            probability: rule.split().share(item),
            valid: problem.is_none(),
            reason: problem.map(|problem| problem.reason()),
            message: problem.map(ToString::to_string),
            ready: (*backend.state() == BackendState::NoEndpoints).then_some(false),
            protocol: protocol(backend),
            tls: backend.tls().map(|tls| TlsLine::new(tls, shown)),
            session_persistence: rule
                .session(item)
                .filter(|_| rule.session_policy().is_none())
                .as_ref()
                .map(SessionLine::new),
            retry_budget: backend.retry_budget().map(BudgetLine::new),
            external_hostname: backend.resolved().external_hostname.as_ref().map(|host| host.as_str()),
            request: (!filters.is_empty()).then(|| received(found, request).after(filters, found.matched_prefix())),
            response_headers: ResponseHeaders::of(filters),
            mirrors: Mirror::all(filters, found, Some(item), topology),
            extension_refs: Extension::all(filters),
        }
    }
}

impl<'a> StepLine<'a> {
    fn new(step: &'a Step<'a>) -> Self {
        let criterion = match &step.outcome {
            StepOutcome::LowerPrecedence(criterion) => Some(criterion.as_str()),
            _ => None,
        };
        StepLine {
            listener: ListenerLine::new(step.listener),
            route: KeyLine::new(step.route),
            rule: step.rule,
            r#match: step.item,
            result: result(&step.outcome),
            criterion,
        }
    }
}

/// What became of a candidate, as the trace says it.
pub(crate) fn result(outcome: &StepOutcome) -> Cow<'static, str> {
    match outcome {
        StepOutcome::Taken => "matched".into(),
        StepOutcome::LowerPrecedence(_) => "lower precedence".into(),
        StepOutcome::Hostname => "hostname".into(),
        StepOutcome::Mismatch(Mismatch::Path) => "path".into(),
        StepOutcome::Mismatch(Mismatch::Method) => "method".into(),
        StepOutcome::Mismatch(Mismatch::Header(name)) => format!("header:{name}").into(),
        StepOutcome::Mismatch(Mismatch::QueryParam(name)) => format!("query:{name}").into(),
        other => format!("{other:?}").into(),
    }
}

/// What backends receive, their own filters aside.
pub(crate) fn received(found: &Match<'_>, request: &Request) -> Received {
    Received::sent(request).after(found.rule().filters(), found.matched_prefix())
}

/// How the splitter spreads the first `count` requests over a rule's backends; what none of them
/// gets stands under its status.
pub(crate) fn picks(rule: &Rule, count: u64) -> BTreeMap<String, u64> {
    let mut picks = BTreeMap::new();
    let mut left = count;
    for (backend, picked) in rule.backends().iter().zip(rule.split().counts(count)) {
        if picked == 0 {
            continue;
        }
        left = left.saturating_sub(picked);
        let under = match rule.answer_for(backend) {
            Some(answer) => answer.to_string(),
            None => {
                let name = backend.name();
                let port = name.port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{}/{}{port}", name.namespace, name.name)
            }
        };
        *picks.entry(under).or_default() += picked;
    }
    if let Some(answer) = rule.answer_without_backend().filter(|_| left > 0) {
        *picks.entry(answer.to_string()).or_default() += left;
    }
    picks
}
