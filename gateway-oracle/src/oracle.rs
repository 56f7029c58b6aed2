//! The decision itself.

use gateway_model::{ListenerProtocol, Resources};

use crate::answer::{Answer, ListenerName, ObjectName, Outcome};
use crate::attachment::{self, Attachment, NO_MATCHING_PARENT};
use crate::authority::{Host, host_of, host_of_server_name};
use crate::backend;
use crate::condition::{Match, Subject};
use crate::hostname::{self, Effective, listener_rank};
use crate::listener::{Listener, Parents};
use crate::options::{HostFallback, ListenerIsolation, Options};
use crate::path;
use crate::precedence::Precedence;
use crate::request::Request;
use crate::route::{self, Route, Rule};

/// Answers for one set of objects and one choice of options.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Clone, Debug)]
pub struct Oracle {
    resources: Resources,
    options: Options,
    parents: Parents,
    routes: Vec<AttachedRoute>,
}

/// A route with what became of each of its parentRefs.
#[derive(Clone, Debug)]
struct AttachedRoute {
    route: Route,
    attachments: Vec<Result<Vec<Attachment>, &'static str>>,
}

/// A match that might win.
struct Candidate<'a> {
    precedence: Precedence,
    listener: &'a Listener,
    effective: &'a Effective,
    route: &'a Route,
    rule: &'a Rule,
    item: &'a Match,
}

impl Oracle {
    /// Finds out which routes are attached where. The objects are shared, not copied; later changes to `resources`
    /// are not seen. O(routes × listeners) and the compilation of every pattern.
    pub fn new(resources: &Resources, options: Options) -> Oracle {
        let parents = Parents::of(resources, &options);
        let attached = |route: Route| {
            let parent_refs = route.parents.iter();
            let attachments = parent_refs.map(|to| attachment::attach(resources, &parents, &route, to)).collect();
            AttachedRoute { route, attachments }
        };
        let routes = route::all(resources).into_iter().map(attached).collect();
        Oracle { resources: resources.clone(), options, parents, routes }
    }

    /// The listeners that one parentRef of a route, counted from 0, attaches it to.
    ///
    /// Of several reasons against it the first of this list is named; a route or parentRef that does not exist
    /// counts as one without a parent.
    ///
    /// # Errors
    ///
    /// The reason, one of the specification's for the condition `Accepted`: `NoMatchingParent` if the parent is no
    /// Gateway of ours or ListenerSet of one; `UnsupportedValue` if the route is refused as a whole;
    /// `NoMatchingParent` if the parent has no listener of that name and port, also if it is a ListenerSet that may
    /// not join; `NotAllowedByListeners`, also if the listeners lost a conflict or are malformed;
    /// `NoMatchingListenerHostname`.
    pub fn attachment(&self, route: &ObjectName, parent_ref: usize) -> Result<Vec<ListenerName>, &'static str> {
        let attached = self.routes.iter().find(|attached| attached.route.name == *route);
        match attached.and_then(|attached| attached.attachments.get(parent_ref)) {
            Some(Ok(attachments)) => Ok(attachments.iter().map(|at| at.listener.name.clone()).collect()),
            Some(Err(reason)) => Err(reason),
            None => Err(NO_MATCHING_PARENT),
        }
    }

    /// What happens to a request. Looks at every match of every route.
    pub fn decide(&self, request: &Request) -> Answer {
        let listening = self.listening(request);
        if listening.is_empty() {
            return Answer::early(Outcome::Reject, None);
        }
        let host = host_of(&request.authority);
        if host == Host::Invalid {
            // RFC 9112 section 3.2.
            return Answer::early(Outcome::Respond(400), None);
        }
        let (path, query) = path::read(&request.path, &self.options);
        let Some(path) = path else {
            return Answer::early(Outcome::Respond(400), None);
        };
        let listener = match choose_listener(&listening, request, &host) {
            Ok(listener) => listener,
            Err(answer) => return *answer,
        };

        let subject = Subject { request, path: &path, query };
        let mut candidates = self.candidates(&self.consulted(&listening, listener, &host), &host);
        self.keep_most_specific_host(&mut candidates);
        candidates.retain(|candidate| candidate.item.takes(&subject, &self.options));
        candidates.sort_by(|one, other| one.precedence.cmp(&other.precedence));
        match candidates.first() {
            Some(winner) => self.answer(winner),
            // spec: HTTPRouteRule.matches: without a matching rule, 404.
            None => Answer::early(Outcome::Respond(404), Some(&listener.name)),
        }
    }

    /// The listeners that take connections of the request's kind at its port.
    /// spec: Listener.port, .protocol.
    fn listening(&self, request: &Request) -> Vec<&Listener> {
        let protocol = if request.tls { ListenerProtocol::Https } else { ListenerProtocol::Http };
        let (namespace, name) = &request.parent;
        let gateway = ObjectName::new("Gateway", namespace, name);
        let mut listening: Vec<&Listener> = self.parents.listeners.iter().filter(|listener| listener.serves).collect();
        listening.retain(|listener| listener.gateway == gateway);
        listening.retain(|listener| listener.port == i32::from(request.port) && listener.protocol == protocol);
        listening
    }

    /// The listeners whose routes count.
    /// spec: GatewaySpec.listeners, "Listener Isolation".
    fn consulted<'a>(&self, listening: &[&'a Listener], chosen: &'a Listener, host: &Host) -> Vec<&'a Listener> {
        match self.options.listener_isolation {
            ListenerIsolation::On => vec![chosen],
            ListenerIsolation::Off => taking(listening, host),
        }
    }

    /// Every match of every route on those listeners whose effective hostname takes the host.
    fn candidates<'a>(&'a self, listeners: &[&'a Listener], host: &Host) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::new();
        for AttachedRoute { route, attachments } in &self.routes {
            for Attachment { listener, effective } in attachments.iter().flatten().flatten() {
                if !listeners.iter().any(|consulted| consulted.name == listener.name) {
                    continue;
                }
                for effective in effective {
                    if !hostname::takes(effective.hostname.as_deref(), host) {
                        continue;
                    }
                    for rule in &route.rules {
                        for item in &rule.matches {
                            let precedence = Precedence::of(route, rule, item, listener, effective, &self.options);
                            candidates.push(Candidate { precedence, listener, effective, route, rule, item });
                        }
                    }
                }
            }
        }
        candidates
    }

    /// spec: HTTPRouteSpec.hostnames: the most specific hostname has precedence; whether the others count when none
    /// of its matches takes the request is left open.
    fn keep_most_specific_host(&self, candidates: &mut Vec<Candidate<'_>>) {
        let best = candidates.iter().map(|candidate| candidate.precedence.host).min();
        match self.options.host_fallback {
            HostFallback::WithinListener => {}
            HostFallback::None => candidates.retain(|candidate| Some(candidate.precedence.host) == best),
        }
    }

    fn answer(&self, winner: &Candidate<'_>) -> Answer {
        let route = &winner.route.name;
        let backends: Vec<_> =
            winner.rule.backends.iter().map(|to| backend::share(&self.resources, route, to)).collect();
        Answer {
            outcome: backend::outcome(&backends, &self.options),
            listener: Some(winner.listener.name.clone()),
            route: Some(route.clone()),
            rule: Some(winner.rule.position),
            item: Some(winner.item.position),
            hostname: winner.effective.hostname.clone(),
            backends,
        }
    }
}

/// The listener that takes a request, or the answer if none does.
/// spec: Listener.hostname: HTTP by the host; HTTPS by the server name, with 421 for a host that another listener of
/// the port and protocol takes better, and 404 for one that none takes.
fn choose_listener<'a>(
    listening: &[&'a Listener],
    request: &Request,
    host: &Host,
) -> Result<&'a Listener, Box<Answer>> {
    let by_host = most_specific(listening, host);
    if !request.tls {
        return by_host.ok_or_else(|| Box::new(Answer::early(Outcome::Respond(404), None)));
    }
    let server_name = host_of_server_name(request.sni.as_deref());
    let Some(connected) = most_specific(listening, &server_name) else {
        return Err(Box::new(Answer::early(Outcome::Reject, None)));
    };
    match by_host {
        None => Err(Box::new(Answer::early(Outcome::Respond(404), Some(&connected.name)))),
        Some(other) if other.name != connected.name => {
            Err(Box::new(Answer::early(Outcome::Respond(421), Some(&connected.name))))
        }
        Some(_) => Ok(connected),
    }
}

/// spec: GatewaySpec.listeners, "Listeners that are distinct only by Hostname": the most specific one.
fn most_specific<'a>(listening: &[&'a Listener], host: &Host) -> Option<&'a Listener> {
    let taking = taking(listening, host);
    taking.into_iter().max_by_key(|listener| listener_rank(listener.hostname.as_deref()))
}

fn taking<'a>(listening: &[&'a Listener], host: &Host) -> Vec<&'a Listener> {
    let takes = |listener: &&&Listener| hostname::takes(listener.hostname.as_deref(), host);
    listening.iter().filter(takes).copied().collect()
}

#[cfg(test)]
#[path = "oracle_tests.rs"]
mod tests;
