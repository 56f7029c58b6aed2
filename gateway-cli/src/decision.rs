//! What becomes of a request, and the line of JSON that says so.
//!
//! The line is a stable interface: keys may be added, none is renamed or dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gateway_match::{
    Backend, BackendName, BackendProblem, BackendState, ClientCertificate, Connection, Decision, Explanation,
    GatewayNode, GrpcStatus, ListenerInfo, Match, Mismatch, Step, StepOutcome, Topology,
};
use gateway_model::{ObjectKey, TlsMode};
use serde::Serialize;
use serde_json::Value;

use crate::connection::{BudgetLine, RefusalLine, TlsLine, protocol};
use crate::effect::{Cors, Extension, ExternalAuthLine, Mirror, Received, Redirected, ResponseHeaders};
use crate::parent::{Parent, ParentError, Parents, slash_name};
use crate::request::{Protocol, Request, RequestError};
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
    /// Whether the listener refuses the client for its certificate, or for want of one.
    pub(crate) refused: bool,
}

/// Whether the listener of a connection judges its clients' certificates and refuses this one.
/// spec: `FrontendTLSValidation`.
fn refuses_certificate(parent: &Parent<'_>, request: &Request, connection: &Connection<'_>) -> bool {
    let validation = parent.router.listener_for(connection).and_then(ListenerInfo::client_validation);
    validation.is_some_and(|validation| {
        let shown = match &request.client_cert_issuer {
            None => ClientCertificate::Absent,
            Some(issuer) if validation.authorities.iter().any(|authority| slash_name(authority) == *issuer) => {
                ClientCertificate::Valid
            }
            Some(_) => ClientCertificate::Invalid,
        };
        !validation.admits(shown)
    })
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
        let parent = parents.find(&request.to)?;
        let port = parent.port(request, usual)?;
        let connection = request.connection(port);
        let refused = refuses_certificate(parent, request, &connection);
        let view = request.view();
        let explanation = explain.then(|| match request.protocol.has_requests() {
            true => parent.router.explain(&view, &connection),
            false => parent.router.explain_connection(&connection),
        });
        let decision = match &explanation {
            _ if refused => Decision::Rejected { listener: parent.router.listener_for(&connection) },
            Some(explanation) => *explanation.decision(),
            None if request.protocol.has_requests() => parent.router.route(&view, &connection),
            None => parent.router.connect(&connection),
        };
        let with_message = || decision.matched().filter(|_| request.protocol.has_requests());
        let redirect = with_message().and_then(|found| Redirected::of(found, &view, &connection));
        let cors = with_message().and_then(|found| Cors::of(found, request));
        Ok(Answer { request, parent, port, decision, explanation, redirect, cors, refused })
    }

    pub(crate) fn action(&self) -> Action {
        let preflight = self.cors.as_ref().is_some_and(|cors| cors.preflight);
        match (self.decision.answer(), &self.redirect) {
            _ if preflight => Action::Respond,
            (_, Some(Ok(_))) => Action::Redirect,
            (_, Some(Err(()))) => Action::Respond,
            (Some(gateway_match::Answer::Close), None) => Action::Reject,
            (Some(_), None) => Action::Respond,
            // HTTP is awaited there, and this is none.
            (None, None) if matches!(self.decision, Decision::Http { .. }) => Action::Reject,
            (None, None) => Action::Forward,
        }
    }

    /// Whether the request comes as far as the split: a preflight or a redirect is answered before it.
    fn reaches_split(&self) -> bool {
        self.redirect.is_none() && !self.cors.as_ref().is_some_and(|cors| cors.preflight)
    }

    /// What a gRPC client is told.
    pub(crate) fn grpc_status(&self) -> Option<GrpcStatus> {
        self.decision.answer().and_then(gateway_match::Answer::grpc_status)
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
    grpc_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<ListenerLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_mode: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    matched: Option<MatchLine<'a>>,
    /// The Service that was dialled, where no route is for it.
    #[serde(rename = "backends", skip_serializing_if = "Option::is_none")]
    direct: Option<[BackendLine<'a>; 1]>,
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
        // A Service's port is no listener.
        let listener = decision.listener().filter(|listener| listener.service().is_none());
        let matched = decision.matched();
        let direct = match decision {
            Decision::Direct { service, .. } => Some([BackendLine::direct(service, request.protocol)]),
            _ => None,
        };
        let with_message = |action: Action| action == Action::Forward && request.protocol.has_requests();
        let filters = matched.map(|found| found.rule().filters());
        DecisionLine {
            id,
            action,
            status: answer.status(),
            grpc_status: answer.grpc_status().filter(|_| action == Action::Respond).map(GrpcStatus::as_str),
            listener: listener.map(ListenerLine::new),
            tls_mode: listener.and_then(ListenerInfo::tls_mode).map(TlsMode::as_str),
            matched: matched.map(|found| MatchLine::new(found, answer, topology)),
            request: match matched {
                _ if !with_message(action) => None,
                Some(found) => Some(received(found, request)),
                None => Some(Received::sent(request)),
            },
            direct,
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
            picks: match decision {
                _ if request.count < 2 || !answer.reaches_split() => None,
                Decision::Matched(found) => Some(picks(found, request.count)),
                Decision::Direct { service, .. } => Some(BTreeMap::from([(counted_under(service), request.count)])),
                _ => None,
            },
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
        let shown = answer.parent.node.gateway().and_then(GatewayNode::client_certificate).and_then(Result::ok);
        let filters = backend.filters();
        let name = backend.name();
        let insecure = found.tls_problem_of(backend).map(|problem| BackendProblem::Tls(problem.clone()));
        let problem = backend.problem().or(insecure.as_ref());
        // The client's own TLS goes through as it is.
        let tls = backend.tls().filter(|_| found.passes_tls() != Some(true));
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
            tls: tls.map(|tls| TlsLine::new(tls, shown)),
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

impl<'a> BackendLine<'a> {
    /// The Service itself, as if there were no mesh.
    fn direct(service: &'a BackendName, spoken: Protocol) -> Self {
        BackendLine {
            group: &service.group,
            kind: &service.kind,
            namespace: &service.namespace,
            name: &service.name,
            port: service.port,
            weight: 1,
            probability: 1.0,
            valid: true,
            reason: None,
            message: None,
            ready: None,
            protocol: Some(spoken.as_str()),
            tls: None,
            session_persistence: None,
            retry_budget: None,
            external_hostname: None,
            request: None,
            response_headers: None,
            mirrors: Vec::new(),
            extension_refs: Vec::new(),
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
        StepOutcome::Mismatch(Mismatch::Protocol) => "protocol".into(),
        other => format!("{other:?}").into(),
    }
}

/// What backends receive, their own filters aside.
pub(crate) fn received(found: &Match<'_>, request: &Request) -> Received {
    Received::sent(request).after(found.rule().filters(), found.matched_prefix())
}

/// How the splitter spreads the first `count` requests over a rule's backends; what none of them
/// gets stands under its status.
pub(crate) fn picks(found: &Match<'_>, count: u64) -> BTreeMap<String, u64> {
    let rule = found.rule();
    let mut picks = BTreeMap::new();
    let mut left = count;
    for (backend, picked) in rule.backends().iter().zip(rule.split().counts(count)) {
        if picked == 0 {
            continue;
        }
        left = left.saturating_sub(picked);
        let under = match found.answer_for(backend) {
            Some(answer) => failure(answer),
            None => counted_under(backend.name()),
        };
        *picks.entry(under).or_default() += picked;
    }
    if let Some(answer) = found.answer_without_backend().filter(|_| left > 0) {
        *picks.entry(failure(answer)).or_default() += left;
    }
    picks
}

/// The name under which requests to a backend are counted.
fn counted_under(name: &BackendName) -> String {
    let port = name.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}/{}{port}", name.namespace, name.name)
}

/// The name under which errors are counted.
fn failure(answer: gateway_match::Answer) -> String {
    match answer {
        gateway_match::Answer::Close => "reject".to_owned(),
        answer => answer.to_string(),
    }
}
