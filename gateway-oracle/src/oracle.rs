//! The answers: from the place where a request arrives to the function that decides.

use gateway_model::{ListenerProtocol, Resources};

use crate::answer::{Answer, ListenerName, ObjectName, Outcome};
use crate::attachment::{self, Attachment, NO_MATCHING_PARENT, Place};
use crate::backend::{self, Failure, Grants};
use crate::candidate::Candidate;
use crate::cohosting;
use crate::http;
use crate::listener::{Listener, Parents};
use crate::mesh::{self, ServicePort};
use crate::options::Options;
use crate::request::{Parent, Protocol, Request};
use crate::route::{self, GRPC_ROUTE, HTTP_ROUTE, Route};
use crate::stream;

/// Answers for one set of objects and one choice of options.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Clone, Debug)]
pub struct Oracle {
    pub(crate) resources: Resources,
    pub(crate) options: Options,
    pub(crate) parents: Parents,
    pub(crate) routes: Vec<AttachedRoute>,
}

/// A route with what became of each of its parentRefs, and of each default Gateway.
#[derive(Clone, Debug)]
pub(crate) struct AttachedRoute {
    pub(crate) route: Route,
    attachments: Vec<Result<Vec<Place>, &'static str>>,
}

impl Oracle {
    /// Finds out which routes are attached where. The objects are shared, not copied; later changes to `resources`
    /// are not seen. O(routes × (listeners + routes)) and the compilation of every pattern.
    pub fn new(resources: &Resources, options: Options) -> Oracle {
        let parents = Parents::of(resources, &options);
        let attached = |mut route: Route| {
            route.parents.extend(attachment::defaults(&parents, &route));
            let parent_refs = route.parents.iter();
            let attachments = parent_refs.map(|to| attachment::attach(resources, &parents, &route, to)).collect();
            AttachedRoute { route, attachments }
        };
        let mut routes: Vec<AttachedRoute> = route::all(resources).into_iter().map(attached).collect();
        cohosting::settle(&mut routes, &parents.listeners, &options);
        mesh::settle(&mut routes);
        Oracle { resources: resources.clone(), options, parents, routes }
    }

    /// What one parentRef of a route, counted from 0, attaches it to: listeners, whether they serve or not, or ports of
    /// a Service. The default Gateways that it uses and does not name count as parentRefs behind its own, by namespace
    /// and name.
    ///
    /// Of several reasons against it the first of this list is named; a route or parentRef that does not exist
    /// counts as one without a parent.
    ///
    /// # Errors
    ///
    /// The reason, one of the specification's for the condition `Accepted`: `NoMatchingParent` if the parent is no
    /// Gateway of ours, ListenerSet of one or Service with a frontend; `UnsupportedValue` if the route is refused as a
    /// whole; `NoMatchingParent` if the parent has no listener of that name and port, also if it is a ListenerSet that
    /// may not join, or the Service has no such port; `NotAllowedByListeners`, also if the hostnames of the listeners are
    /// malformed; `NoMatchingListenerHostname`; `NotAllowedByListeners` if routes of another kind have the hostnames
    /// of each listener already; `Conflicted` if a more specific kind of route applies to each port of the Service.
    pub fn attachment(&self, route: &ObjectName, parent_ref: usize) -> Result<Vec<ListenerName>, &'static str> {
        let attached = self.routes.iter().find(|attached| attached.route.name == *route);
        match attached.and_then(|attached| attached.attachments.get(parent_ref)) {
            Some(Ok(places)) => Ok(places.iter().map(Place::name).collect()),
            Some(Err(reason)) => Err(reason),
            None => Err(NO_MATCHING_PARENT),
        }
    }

    /// What happens to a request or connection. Looks at every match of every route.
    pub fn decide(&self, request: &Request) -> Answer {
        match (&request.parent, request.protocol) {
            (Parent::Gateway { namespace, name }, protocol) => {
                let gateway = ObjectName::new("Gateway", namespace, name);
                match protocol {
                    Protocol::Http | Protocol::Grpc => http::decide(self, &gateway, request),
                    Protocol::Tls | Protocol::Tcp | Protocol::Udp => stream::decide(self, &gateway, request),
                }
            }
            (Parent::Service { namespace, name, from }, protocol) => {
                match mesh::dialled(&self.resources, namespace, name, request.port, protocol) {
                    Some(port) => self.decide_in_mesh(request, &port, from),
                    None => Answer::early(Outcome::Reject, None),
                }
            }
        }
    }

    /// What happens to what a client in the namespace `from` sends to a Service.
    fn decide_in_mesh(&self, request: &Request, port: &ServicePort, from: &str) -> Answer {
        let routes = mesh::concerned(&self.routes, port, from);
        match routes.first().map(|route| route.name.kind) {
            // spec: GEP-1294, "Route presence": without routes everything works as without the API.
            None => Answer::passed_on(port),
            Some(GRPC_ROUTE | HTTP_ROUTE) => http::decide_among(self, &routes, request),
            Some(kind) => stream::decide_among(self, &routes, kind, request),
        }
    }

    /// The listeners of a Gateway at a port that take one of some protocols.
    /// spec: Listener.port, .protocol.
    pub(crate) fn listening(&self, gateway: &ObjectName, port: u16, protocols: &[ListenerProtocol]) -> Vec<&Listener> {
        let mut listening: Vec<&Listener> = self.parents.listeners.iter().filter(|listener| listener.serves).collect();
        listening.retain(|listener| listener.gateway == *gateway && listener.port == i32::from(port));
        listening.retain(|listener| protocols.contains(&listener.protocol));
        listening
    }

    /// Every route with where it is attached to listeners.
    pub(crate) fn on_listeners(&self) -> impl Iterator<Item = (&Route, &Attachment)> {
        self.routes.iter().flat_map(|attached| {
            let attachments = attached.places().filter_map(Place::attachment);
            attachments.map(move |attachment| (&attached.route, attachment))
        })
    }

    /// The answer of the match that won.
    pub(crate) fn answer(&self, winner: &Candidate<'_>, failure: Failure, grants: Grants) -> Answer {
        let route = &winner.route.name;
        let backends: Vec<_> =
            winner.rule.backends.iter().map(|to| backend::share(&self.resources, route, to, grants)).collect();
        Answer {
            outcome: backend::outcome(&backends, failure, &self.options),
            listener: winner.listener.map(|listener| listener.name.clone()),
            tls_mode: winner.listener.and_then(|listener| listener.tls_mode.clone()),
            route: Some(route.clone()),
            rule: Some(winner.rule.position),
            item: Some(winner.item.position),
            hostname: winner.effective.hostname.clone(),
            backends,
        }
    }
}

impl AttachedRoute {
    /// Every place that the route is attached to.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.attachments.iter().flatten().flatten()
    }

    pub(crate) fn has_port(&self, port: &ServicePort) -> bool {
        self.places().filter_map(Place::port).any(|place| place == port)
    }

    /// Detaches the route from some places; the reason is that of a parentRef which has none left.
    pub(crate) fn leave(&mut self, reason: &'static str, is_left: impl Fn(&Place) -> bool) {
        for attachments in &mut self.attachments {
            if let Ok(places) = attachments {
                places.retain(|place| !is_left(place));
                if places.is_empty() {
                    *attachments = Err(reason);
                }
            }
        }
    }
}
