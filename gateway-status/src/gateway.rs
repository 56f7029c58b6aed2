//! What is reported of Gateways and of the ListenerSets that join them.

use gateway_match::{GatewayNode, ListenerNode, ListenerSetOutcome};
use gateway_model::{FrontendValidationMode, Gateway, GatewayStatus, ListenerSetStatus, LocalObjectReference, legal};

use crate::address::{self, Addresses};
use crate::data_plane::Programming;
use crate::listener::{is_programmed, listener_status};
use crate::reporter::Reporter;
use crate::verdict::{Verdict, conditions};

/// What a Gateway's status and those of its ListenerSets are made from.
#[derive(Debug)]
pub(crate) struct GatewayView {
    accepted: Verdict,
    programmed: Verdict,
    addresses: Addresses,
}

impl GatewayView {
    pub(crate) fn new(reporter: &Reporter<'_>, gateway: &Gateway, node: &GatewayNode) -> Self {
        let supports = |feature| reporter.topology.profile().supports(feature);
        let addresses = address::assign(node.key(), &gateway.spec.addresses, reporter.word, supports);
        let accepted = accepted(reporter, gateway, node, &addresses);
        let programmed = programmed(reporter, node, &accepted, &addresses);
        GatewayView { accepted, programmed, addresses }
    }

    /// Why no listener is programmed, whatever it is like.
    fn obstacle(&self) -> Option<&str> {
        if !self.accepted.is_true() {
            return Some("the Gateway is not accepted");
        }
        (self.addresses.missing && self.addresses.assigned.is_empty()).then_some("the Gateway has no address yet")
    }
}

/// The status of a Gateway. spec: `GatewayStatus`. O(listeners + sets).
pub(crate) fn gateway_status<'a>(reporter: &Reporter<'a>, gateway: &Gateway, node: &'a GatewayNode) -> GatewayStatus {
    let view = reporter.view(gateway, node);
    let generation = gateway.metadata.generation;
    let verdicts: Vec<Verdict> = [view.accepted.clone(), view.programmed.clone(), resolved_refs(node)]
        .into_iter()
        .chain(insecure(gateway))
        .chain(node.is_default().then(default_gateway))
        .collect();
    let accepted_sets = node.sets().filter(|set| {
        reporter.topology.listener_set(set).is_some_and(|outcome| set_accepted(outcome, node, &view).is_true())
    });
    GatewayStatus {
        addresses: view.addresses.assigned.clone(),
        conditions: conditions(&verdicts, generation),
        listeners: node
            .listeners_of(node.key())
            .map(|listener| status_of(reporter, listener, view.obstacle(), generation))
            .collect(),
        attached_listener_sets: Some(i32::try_from(accepted_sets.count()).unwrap_or(i32::MAX)),
    }
}

/// The status of a ListenerSet. spec: `ListenerSetStatus`, GEP-1713. O(listeners of the set).
pub(crate) fn listener_set_status<'a>(
    reporter: &Reporter<'a>,
    outcome: &ListenerSetOutcome,
    gateway: &Gateway,
    node: &'a GatewayNode,
    generation: Option<i64>,
) -> ListenerSetStatus {
    let view = reporter.view(gateway, node);
    let accepted = set_accepted(outcome, node, &view);
    let programmed = set_programmed(reporter, outcome, node, &view, &accepted);
    let obstacle = view.obstacle().or_else(|| (!accepted.is_true()).then_some("the ListenerSet is not accepted"));
    ListenerSetStatus {
        listeners: node
            .listeners_of(outcome.key())
            .map(|listener| status_of(reporter, listener, obstacle, generation))
            .collect(),
        conditions: conditions([&accepted, &programmed], generation),
    }
}

fn status_of(
    reporter: &Reporter<'_>,
    listener: &ListenerNode,
    obstacle: Option<&str>,
    generation: Option<i64>,
) -> gateway_model::ListenerStatus {
    let programming = reporter.word.of_listener(listener.key());
    let attached_routes = reporter.attached_routes(listener.key());
    listener_status(listener, obstacle, programming, attached_routes, &reporter.expiries(listener), generation)
}

/// spec: `GatewayConditionAccepted`; `GatewaySpec.listeners`, handling indistinct Listeners.
fn accepted(reporter: &Reporter<'_>, gateway: &Gateway, node: &GatewayNode, addresses: &Addresses) -> Verdict {
    if let Some(problem) = parameters_problem(reporter, gateway) {
        return Verdict::new(legal!(Gateway, Accepted, False, InvalidParameters), problem);
    }
    if let Some((index, kind)) = &addresses.unsupported {
        let message = format!("spec.addresses[{index}].type: `{kind}` is not supported");
        return Verdict::new(legal!(Gateway, Accepted, False, UnsupportedAddress), message);
    }
    if !node.listeners().iter().any(ListenerNode::is_valid) {
        let message = format!("no listener is valid: {}", invalid_ones(node.listeners().iter()));
        return Verdict::new(legal!(Gateway, Accepted, False, ListenersNotValid), message);
    }
    let own = || node.listeners_of(node.key());
    if node.is_rejected() {
        let message = format!("listeners conflict, and so the Gateway is refused: {}", invalid_ones(own()));
        return Verdict::new(legal!(Gateway, Accepted, False, ListenersNotValid), message);
    }
    if own().any(|listener| !listener.is_valid()) {
        let message = format!("some listeners are not valid: {}", invalid_ones(own()));
        return Verdict::new(legal!(Gateway, Accepted, True, ListenersNotValid), message);
    }
    Verdict::new(legal!(Gateway, Accepted, True, Accepted), "the Gateway is valid")
}

/// Which listeners are invalid, with the faults of those that have one.
fn invalid_ones<'a>(listeners: impl Iterator<Item = &'a ListenerNode>) -> String {
    const SHOWN: usize = 16;
    let mut invalid = listeners.filter(|listener| !listener.is_valid());
    let shown: Vec<String> = invalid
        .by_ref()
        .take(SHOWN)
        .map(|listener| match listener.fault() {
            Some(fault) => format!("`{}` ({fault})", listener.key().name),
            None => format!("`{}`", listener.key().name),
        })
        .collect();
    match invalid.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// spec: `GatewayInfrastructure.parametersRef`.
fn parameters_problem(reporter: &Reporter<'_>, gateway: &Gateway) -> Option<String> {
    let LocalObjectReference { group, kind, name } = gateway.spec.infrastructure.as_ref()?.parameters_ref.as_ref()?;
    let problem = reporter.parameters_problem(group, kind, gateway.namespace(), name)?;
    Some(format!("spec.infrastructure.parametersRef: {problem}"))
}

/// spec: `GatewayConditionProgrammed`.
fn programmed(reporter: &Reporter<'_>, node: &GatewayNode, accepted: &Verdict, addresses: &Addresses) -> Verdict {
    let invalid = legal!(Gateway, Programmed, False, Invalid);
    if !accepted.is_true() {
        return Verdict::new(invalid, "the Gateway is not accepted");
    }
    if let Some((index, _)) = addresses.unusable.first() {
        let values: Vec<String> = addresses.unusable.iter().map(|(_, value)| format!("`{value}`")).collect();
        let message = format!("spec.addresses[{index}]: cannot be used: {}", values.join(", "));
        return Verdict::new(legal!(Gateway, Programmed, False, AddressNotUsable), message);
    }
    if addresses.missing {
        let message = "no address has been assigned yet";
        return Verdict::new(legal!(Gateway, Programmed, False, AddressNotAssigned), message);
    }
    match reporter.word.of_gateway(node.key()) {
        Programming::Programmed => {}
        Programming::Pending { message } => {
            return Verdict::new(legal!(Gateway, Programmed, False, Pending), message);
        }
        Programming::NoResources { message } => {
            return Verdict::new(legal!(Gateway, Programmed, False, NoResources), message);
        }
        Programming::Failed { message } => return Verdict::new(invalid, message),
    }
    let word = |listener: &ListenerNode| reporter.word.of_listener(listener.key());
    let mut valid = node.listeners().iter().filter(|listener| listener.is_valid());
    if valid.clone().any(|listener| is_programmed(listener, word(listener))) {
        return Verdict::new(legal!(Gateway, Programmed, True, Programmed), "the data plane has the Gateway");
    }
    if valid.any(|listener| matches!(word(listener), Programming::Pending { .. })) {
        return Verdict::new(legal!(Gateway, Programmed, False, Pending), "no listener is programmed yet");
    }
    Verdict::new(invalid, "no listener can be programmed")
}

/// spec: `GatewayConditionResolvedRefs`. The Gateway's own references come first.
fn resolved_refs(node: &GatewayNode) -> Verdict {
    if let Some(Err(problem)) = node.client_certificate() {
        let legal = match problem {
            gateway_match::CertificateProblem::NotPermitted { .. } => {
                legal!(Gateway, ResolvedRefs, False, RefNotPermitted)
            }
            _ => legal!(Gateway, ResolvedRefs, False, InvalidClientCertificateRef),
        };
        return Verdict::new(legal, format!("spec.tls.backend.clientCertificateRef: {problem}"));
    }
    let unresolved: Vec<String> = node
        .listeners_of(node.key())
        .filter(|listener| !listener.problems().is_empty())
        .map(|listener| format!("`{}`", listener.key().name))
        .collect();
    if unresolved.is_empty() {
        return Verdict::new(legal!(Gateway, ResolvedRefs, True, ResolvedRefs), "every reference resolves");
    }
    let message = format!("listeners with references that do not resolve: {}", unresolved.join(", "));
    Verdict::new(legal!(Gateway, ResolvedRefs, False, ListenersNotResolved), message)
}

/// spec: GEP-3793, "Controlling which Gateways accept Defaulted Routes".
fn default_gateway() -> Verdict {
    let message = "the default scope is `All`: routes that use default Gateways are attached without naming it";
    Verdict::new(legal!(Gateway, DefaultGateway, True, DefaultGateway), message)
}

/// spec: `GatewayConditionInsecureFrontendValidationMode`.
fn insecure(gateway: &Gateway) -> Option<Verdict> {
    let frontend = gateway.spec.tls.as_ref()?.frontend.as_ref()?;
    let mode = |tls: &gateway_model::FrontendTlsConfig| tls.validation.as_ref().map(|validation| validation.mode());
    let fallback = Some(FrontendValidationMode::AllowInsecureFallback);
    let place = if mode(&frontend.default) == fallback {
        "spec.tls.frontend.default".to_owned()
    } else {
        let index = frontend.per_port.iter().position(|port| mode(&port.tls) == fallback)?;
        format!("spec.tls.frontend.perPort[{index}]")
    };
    let message = format!("{place}: clients without a valid certificate are served");
    Some(Verdict::new(legal!(Gateway, InsecureFrontendValidationMode, True, ConfigurationChanged), message))
}

/// spec: `ListenerSetConditionAccepted`.
fn set_accepted(outcome: &ListenerSetOutcome, node: &GatewayNode, view: &GatewayView) -> Verdict {
    if let Some(refusal) = outcome.refusal() {
        return Verdict::new(refusal.accepted(), refusal.to_string());
    }
    if !view.accepted.is_true() {
        return Verdict::new(legal!(ListenerSet, Accepted, False, ParentNotAccepted), "the Gateway is not accepted");
    }
    let own = || node.listeners_of(outcome.key());
    if !own().any(ListenerNode::is_valid) {
        let message = format!("no listener is valid: {}", invalid_ones(own()));
        return Verdict::new(legal!(ListenerSet, Accepted, False, ListenersNotValid), message);
    }
    if own().any(|listener| !listener.is_valid()) {
        let message = format!("some listeners are not valid: {}", invalid_ones(own()));
        return Verdict::new(legal!(ListenerSet, Accepted, True, ListenersNotValid), message);
    }
    Verdict::new(legal!(ListenerSet, Accepted, True, Accepted), "the ListenerSet joins the Gateway")
}

/// spec: `ListenerSetConditionProgrammed`.
fn set_programmed(
    reporter: &Reporter<'_>,
    outcome: &ListenerSetOutcome,
    node: &GatewayNode,
    view: &GatewayView,
    accepted: &Verdict,
) -> Verdict {
    if let Some(refusal) = outcome.refusal() {
        return Verdict::new(refusal.programmed(), refusal.to_string());
    }
    let parent = legal!(ListenerSet, Programmed, False, ParentNotProgrammed);
    if !view.accepted.is_true() {
        return Verdict::new(parent, "the Gateway is not accepted");
    }
    if !accepted.is_true() {
        let message = accepted.message.clone();
        return Verdict::new(legal!(ListenerSet, Programmed, False, ListenersNotValid), message);
    }
    if !view.programmed.is_true() {
        return Verdict::new(parent, "the Gateway is not programmed");
    }
    let mut own = node.listeners_of(outcome.key());
    if own.any(|listener| is_programmed(listener, reporter.word.of_listener(listener.key()))) {
        return Verdict::new(legal!(ListenerSet, Programmed, True, Programmed), "the data plane has the listeners");
    }
    Verdict::new(legal!(ListenerSet, Programmed, Unknown, Pending), "no listener is programmed yet")
}
