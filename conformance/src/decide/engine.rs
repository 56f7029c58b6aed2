//! The engine, `gateway-match`: resources, topology, router.

use gateway_match::{
    Answer, Backend, BackendState, Connection, Criterion, Decision, ListenerInfo, Match, Profile, RequestView, Router,
    StepOutcome, Topology,
};
use gateway_model::{ListenerProtocol, ObjectKey, ResourceKind, Resources};

use super::{BackendShare, Decide, HttpVersion, ListenerName, Outcome, PlainRequest, Protocol, Scheme, Taken};

/// The engine's answers for one Gateway, and for the Services of a mesh.
#[derive(Clone, Debug)]
pub struct Engine {
    router: Option<Router>,
    /// Where the routers of Services come from.
    topology: Option<Topology>,
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
    /// The route, as in [`Taken::route`].
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
        Engine::in_topology(&Topology::resolve(resources, profile), gateway)
    }

    /// The same with a topology that is resolved already.
    pub fn in_topology(topology: &Topology, gateway: &ObjectKey) -> Self {
        Engine { router: topology.router(gateway), topology: Some(topology.clone()) }
    }

    /// The engine with a router that is made already. It knows no Services, and refuses what is sent to them.
    pub fn of(router: Option<Router>) -> Self {
        Engine { router, topology: None }
    }

    /// The Gateway's router.
    pub fn router(&self) -> Option<&Router> {
        self.router.as_ref()
    }

    /// The router of the Gateway, or of the Service that a request is sent to.
    pub fn router_for(&self, request: &PlainRequest) -> Option<Router> {
        let Some((namespace, name, from)) = request.dialled() else {
            return self.router.clone();
        };
        let service = ObjectKey::new(ResourceKind::Service, namespace, name);
        self.topology.as_ref()?.mesh_router(&service, from)
    }

    /// Why a request goes where it goes. Of connections and packets only where they go.
    pub fn explain(&self, request: &PlainRequest) -> Explained {
        let router = match self.router_for(request) {
            Some(router) if request.protocol.has_messages() => router,
            _ => return Explained { outcome: self.decide(request), steps: Vec::new(), decided_by: None },
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
        let outcome = outcome(explanation.decision(), connection(request).is_tls());
        Explained { outcome, steps, decided_by: explanation.decided_by() }
    }
}

impl Decide for Engine {
    fn name(&self) -> &str {
        "engine"
    }

    fn decide(&self, request: &PlainRequest) -> Outcome {
        let connection = connection(request);
        match (self.router_for(request), request.protocol) {
            (Some(router), Protocol::Http | Protocol::Grpc) => {
                outcome(&router.route(&view(request), &connection), connection.is_tls())
            }
            (Some(router), Protocol::Tls | Protocol::Tcp | Protocol::Udp) => {
                outcome(&router.connect(&connection), connection.is_tls())
            }
            (None, _) => Outcome::reject(None, None),
        }
    }
}

/// A request as a router sees it.
pub fn view(request: &PlainRequest) -> RequestView<'_, Vec<(String, String)>> {
    let PlainRequest { method, host, path, headers, .. } = request;
    match (request.protocol, request.http_version) {
        (Protocol::Grpc, _) => RequestView::call(host, path, headers),
        (_, HttpVersion::Http1) => RequestView::new(method, host, path, headers),
        (_, HttpVersion::Http2) => RequestView::new(method, host, path, headers).version(http::Version::HTTP_2),
    }
}

/// The connection that it comes on.
pub fn connection(request: &PlainRequest) -> Connection<'_> {
    match (request.protocol, request.scheme) {
        (Protocol::Udp, _) => Connection::udp(request.port()),
        (Protocol::Tls, _) | (Protocol::Http | Protocol::Grpc, Scheme::Https) => {
            Connection::tls(request.port(), request.server_name())
        }
        (Protocol::Tcp | Protocol::Http | Protocol::Grpc, _) => Connection::plain(request.port()),
    }
}

fn outcome(decision: &Decision<'_>, over_tls: bool) -> Outcome {
    // The port of a Service is none.
    let listener = decision.listener().filter(|listener| listener.service().is_none());
    let tls_mode = listener.filter(|listener| *listener.protocol() == ListenerProtocol::Tls);
    let tls_mode = tls_mode.and_then(ListenerInfo::tls_mode).map(|mode| mode.as_str().to_owned());
    let listener = listener.map(listener_name);
    let taken = decision.matched().map(taken);
    let outcome = match (decision, decision.answer(), taken) {
        (Decision::Direct { service, .. }, ..) => {
            Outcome::pass_on(BackendShare { name: service.to_string(), weight: 1, reason: None })
        }
        // Nothing but HTTP is understood there, and only a server name says to which listener one came.
        (Decision::Http { .. }, ..) => Outcome::reject(listener.filter(|_| over_tls), None),
        (_, None, Some(taken)) => Outcome::forward(listener, taken),
        (_, Some(Answer::Http(status)), taken) => Outcome::respond(status.as_u16(), listener, taken),
        (_, Some(Answer::Grpc(status)), taken) => Outcome::respond_grpc(status.as_str(), listener, taken),
        (_, Some(Answer::Close) | None, taken) => Outcome::reject(listener, taken),
    };
    Outcome { tls_mode, ..outcome }
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
    let kind = if key.kind == ResourceKind::HttpRoute { String::new() } else { format!("{} ", key.kind) };
    format!("{kind}{}/{}", key.namespace, key.name)
}
