//! What listeners need, alone and for those that share their port.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finder, Need, Row, row};
use crate::feature::Feature;
use crate::gateway::{Listener, ListenerProtocol, TlsMode};
use crate::hostname::Hostname;
use crate::key::{ObjectKey, ResourceKind};
use crate::object::{Gateway, ListenerSet};
use crate::reference::GATEWAY_GROUP;
use crate::resources::{Resources, key_of};

const LISTENER: &[Row<Listener>] = &[
    row(Feature::GatewayPort8080, "port", "pkg/features/gateway.go, SupportGatewayPort8080", |listener| {
        listener.port == 8080
    }),
    row(Feature::TlsRouteModeTerminate, "tls.mode", "ListenerTLSConfig.mode", |listener| {
        tls_mode(listener) == Some(TlsMode::Terminate) && takes_tls_routes(listener)
    }),
];

/// The mode of a listener for streams; HTTPS listeners have but one.
fn tls_mode(listener: &Listener) -> Option<TlsMode> {
    let tls = listener.tls.as_ref().filter(|_| listener.protocol == ListenerProtocol::Tls)?;
    Some(tls.mode())
}

fn takes_tls_routes(listener: &Listener) -> bool {
    let kinds = listener.allowed_routes.as_ref().map_or(&[][..], |allowed| &allowed.kinds);
    let is_tls_route = |group: &str, kind: &str| ResourceKind::find(group, kind) == Some(ResourceKind::TlsRoute);
    kinds.is_empty()
        || kinds.iter().any(|kind| is_tls_route(kind.group.as_deref().unwrap_or(GATEWAY_GROUP), &kind.kind))
}

/// A listener, as those see it that share its port.
struct Neighbour {
    protocol: ListenerProtocol,
    /// Whether another listener of the protocol has a hostname that takes in more than this one's.
    is_covered: bool,
    /// Whether it shares a certificate with a listener of another hostname.
    shares_certificate: bool,
    mode: Option<TlsMode>,
    /// Whether a listener of the other mode is there.
    is_mixed: bool,
}

const NEIGHBOUR: &[Row<Neighbour>] = &[
    // A request for the more specific host would otherwise also find the routes of the other.
    row(Feature::GatewayHttpListenerIsolation, "hostname", "GatewaySpec.listeners, Listener Isolation", |listener| {
        matches!(listener.protocol, ListenerProtocol::Http | ListenerProtocol::Https) && listener.is_covered
    }),
    // A client uses a connection again for another host if the certificate is good for both: that
    // is so where a hostname takes in the other, and where listeners show the same certificate.
    // Names that other certificates share are not seen: that would take the Secrets' contents.
    row(
        Feature::GatewayHttpsListenerDetectMisdirectedRequests,
        "hostname",
        "Listener.hostname, GEP-3567",
        |listener| listener.protocol == ListenerProtocol::Https && listener.is_covered,
    ),
    row(
        Feature::GatewayHttpsListenerDetectMisdirectedRequests,
        "tls.certificateRefs",
        "Listener.hostname, GEP-3567",
        |listener| listener.protocol == ListenerProtocol::Https && listener.shares_certificate,
    ),
    row(Feature::TlsRouteModeMixed, "tls.mode", "pkg/features/tlsroute.go, SupportTLSRouteModeMixed", |listener| {
        listener.mode == Some(TlsMode::Terminate) && listener.is_mixed
    }),
];

pub(super) fn find(resources: &Resources, found: &mut Vec<Need>) {
    for listeners in by_gateway(resources).values() {
        let port = Ports::of(listeners);
        for place in listeners {
            let mut finder = Finder::new(place.object.clone(), found);
            let index = place.index;
            finder.part(LISTENER, place.listener, format_args!("spec.listeners[{index}]"));
            finder.part(NEIGHBOUR, &port.neighbour(place), format_args!("spec.listeners[{index}]"));
        }
    }
}

struct Place<'a> {
    object: ObjectKey,
    index: usize,
    listener: &'a Listener,
}

impl<'a> Place<'a> {
    fn port(&self) -> (i32, &'a ListenerProtocol) {
        (self.listener.port, &self.listener.protocol)
    }

    /// The hostname, which is absent for every host; nothing if it is malformed.
    fn hostname(&self) -> Option<Option<&'a Hostname>> {
        match &self.listener.hostname {
            None => Some(None),
            Some(hostname) => hostname.valid().map(Some),
        }
    }

    /// Namespace and name of the certificates.
    fn certificates(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let references = self.listener.tls.iter().flat_map(|tls| &tls.certificate_refs);
        references.map(|reference| (reference.namespace(&self.object.namespace), reference.name.as_str()))
    }
}

/// The listeners of every Gateway, its own and those of ListenerSets, whether or not they are let in.
fn by_gateway<'a>(resources: &'a Resources) -> BTreeMap<ObjectKey, Vec<Place<'a>>> {
    let mut gateways: BTreeMap<ObjectKey, Vec<Place<'a>>> = BTreeMap::new();
    let mut add = |gateway, object: ObjectKey, listeners: &'a [Listener]| {
        let places = listeners.iter().enumerate();
        let places = places.map(|(index, listener)| Place { object: object.clone(), index, listener });
        gateways.entry(gateway).or_default().extend(places);
    };
    for gateway in resources.iter::<Gateway>() {
        add(key_of(&**gateway), key_of(&**gateway), &gateway.spec.listeners);
    }
    for set in resources.iter::<ListenerSet>() {
        let parent = &set.spec.parent_ref;
        let gateway = ObjectKey::new(ResourceKind::Gateway, parent.namespace(set.namespace()), parent.name.as_str());
        add(gateway, key_of(&**set), &set.spec.listeners);
    }
    gateways
}

/// What the listeners of a Gateway have on each port.
#[derive(Default)]
struct Ports<'a> {
    hostnames: BTreeMap<(i32, &'a ListenerProtocol), BTreeSet<&'a str>>,
    certificates: BTreeMap<(i32, &'a ListenerProtocol, &'a str, &'a str), BTreeSet<&'a str>>,
    modes: BTreeMap<i32, Vec<TlsMode>>,
}

impl<'a> Ports<'a> {
    fn of(places: &'a [Place<'a>]) -> Self {
        let mut ports = Ports::default();
        for place in places {
            let (port, protocol) = place.port();
            if let Some(mode) = tls_mode(place.listener) {
                let modes = ports.modes.entry(port).or_default();
                if !modes.contains(&mode) {
                    modes.push(mode);
                }
            }
            let Some(hostname) = place.hostname() else { continue };
            let hostname = hostname.map_or("", Hostname::as_str);
            ports.hostnames.entry(place.port()).or_default().insert(hostname);
            for (namespace, name) in place.certificates() {
                ports.certificates.entry((port, protocol, namespace, name)).or_default().insert(hostname);
            }
        }
        ports
    }

    fn neighbour(&self, place: &'a Place<'a>) -> Neighbour {
        let (port, protocol) = place.port();
        let mode = tls_mode(place.listener);
        Neighbour {
            protocol: protocol.clone(),
            is_covered: self.covers(place),
            shares_certificate: place.certificates().any(|(namespace, name)| {
                let hostnames = self.certificates.get(&(port, protocol, namespace, name));
                hostnames.is_some_and(|hostnames| hostnames.len() > 1)
            }),
            is_mixed: self
                .modes
                .get(&port)
                .is_some_and(|modes| modes.contains(&TlsMode::Terminate) && modes.contains(&TlsMode::Passthrough)),
            mode,
        }
    }

    /// Whether a listener's hostname is within another's: of two hostnames that have a host in
    /// common, one always is. O(labels · log listeners).
    fn covers(&self, place: &Place<'_>) -> bool {
        let Some(Some(hostname)) = place.hostname() else { return false };
        let Some(others) = self.hostnames.get(&place.port()) else { return false };
        let own = hostname.as_str();
        let mut rest = own;
        let mut wider = std::iter::from_fn(|| {
            rest = rest.split_once('.')?.1;
            Some(format!("*.{rest}"))
        });
        others.contains("") || wider.any(|wildcard| wildcard != own && others.contains(wildcard.as_str()))
    }
}
