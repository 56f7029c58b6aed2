//! The engine, `gateway-match`: resources, topology, router.

use gateway_match::{
    Backend, BackendState, Connection, Criterion, Decision, ListenerInfo, Match, Profile, RequestView, Router,
    StepOutcome, Topology,
};
use gateway_model::{ObjectKey, Resources};

use super::{BackendShare, Decide, ListenerName, Outcome, PlainRequest, Scheme, Taken};

/// The engine's answers for one Gateway.
#[derive(Clone, Debug)]
pub struct Engine {
    router: Option<Router>,
}

/// Why the engine answers as it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The answer.
    pub outcome: Outcome,
    /// Every candidate, in the order of precedence.
    pub steps: Vec<ExplainedStep>,
    /// What decided between the match that took the request and the next one that would have.
    pub decided_by: Option<Criterion>,
}

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedStep {
    /// The listener.
    pub listener: ListenerName,
    /// `{namespace}/{name}` of the route.
    pub route: String,
    /// Position of the rule in the route.
    pub rule: usize,
    /// Position of the match in the rule.
    pub item: usize,
    /// The effective hostname; `None` is every host.
    pub hostname: Option<String>,
    /// What became of it.
    pub outcome: StepOutcome,
}

impl std::fmt::Display for ExplainedStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ExplainedStep { listener, route, rule, item, hostname, outcome } = self;
        let hostname = hostname.as_deref().unwrap_or("every host");
        write!(f, "{} {}: {route} rule {rule} match {item} for {hostname}: {outcome:?}", listener.source, listener.name)
    }
}

impl Engine {
    /// The engine for a Gateway. One that does not exist refuses every connection.
    pub fn new(resources: &Resources, gateway: &ObjectKey, profile: &Profile) -> Self {
        Engine::of(Topology::resolve(resources, profile).router(gateway))
    }

    /// The engine with a router that is made already.
    pub fn of(router: Option<Router>) -> Self {
        Engine { router }
    }

    /// The router.
    pub fn router(&self) -> Option<&Router> {
        self.router.as_ref()
    }

    /// Why a request goes where it goes.
    pub fn explain(&self, request: &PlainRequest) -> Explained {
        let Some(router) = &self.router else {
            return Explained { outcome: Outcome::reject(), steps: Vec::new(), decided_by: None };
        };
        let explanation = router.explain(&view(request), &connection(request));
        let steps = explanation
            .steps()
            .iter()
            .map(|step| ExplainedStep {
                listener: listener_name(step.listener),
                route: slash_name(step.route),
                rule: step.rule,
                item: step.item,
                hostname: step.hostname.map(|hostname| hostname.to_string()),
                outcome: step.outcome.clone(),
            })
            .collect();
        Explained { outcome: outcome(explanation.decision()), steps, decided_by: explanation.decided_by() }
    }
}

impl Decide for Engine {
    fn name(&self) -> &str {
        "engine"
    }

    fn decide(&self, request: &PlainRequest) -> Outcome {
        match &self.router {
            Some(router) => outcome(&router.route(&view(request), &connection(request))),
            None => Outcome::reject(),
        }
    }
}

fn view(request: &PlainRequest) -> RequestView<'_, Vec<(String, String)>> {
    RequestView::new(&request.method, &request.host, &request.path, &request.headers)
}

fn connection(request: &PlainRequest) -> Connection<'_> {
    match request.scheme {
        Scheme::Http => Connection::plain(request.port()),
        Scheme::Https => Connection::tls(request.port(), request.server_name()),
    }
}

fn outcome(decision: &Decision<'_>) -> Outcome {
    let listener = decision.listener().map(listener_name);
    let taken = decision.matched().map(taken);
    match (decision.status(), listener, taken) {
        (None, Some(listener), Some(taken)) => Outcome::forward(listener, taken),
        (Some(status), listener, taken) => Outcome::respond(status.as_u16(), listener, taken),
        (None, _, _) => Outcome::reject(),
    }
}

fn taken(found: &Match<'_>) -> Taken {
    Taken {
        route: slash_name(found.route()),
        rule: found.rule().index(),
        item: found.match_index(),
        hostname: found.hostname().map(|hostname| hostname.to_string()),
        backends: found.rule().backends().iter().map(share).collect(),
    }
}

fn share(backend: &Backend) -> BackendShare {
    let reason = match backend.state() {
        BackendState::Ready => None,
        BackendState::NoEndpoints => Some("NoEndpoints"),
        BackendState::Invalid(problem) => Some(problem.reason()),
    };
    BackendShare { name: backend.name().to_string(), weight: backend.weight(), reason: reason.map(str::to_owned) }
}

fn listener_name(listener: &ListenerInfo) -> ListenerName {
    ListenerName {
        source: listener.parent().map(ToString::to_string).unwrap_or_default(),
        name: listener.name().to_owned(),
    }
}

fn slash_name(key: &ObjectKey) -> String {
    format!("{}/{}", key.namespace, key.name)
}
