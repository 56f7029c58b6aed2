//! Routers out of listeners and the routes attached to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::quality::FixedState;
use gateway_model::{Hostname, hostnames_meet};

use super::ahead;
use super::bucket::Bucket;
use super::candidate::{Candidate, Placed};
use super::definition::{ListenerDefinition, ListenerId, ListenerInfo};
use super::hosts::HostMap;
use super::registry::Registry;
use super::table::{Lane, ListenerTable, PortTables, for_each_host};
use super::usual::looks_up_as_sent;
use super::{Router, RouterInner};
use crate::options::Profile;
use crate::route::Route;

/// Makes a [`Router`] from listeners and the routes attached to them.
///
/// The router depends on what was given, not on the order in which it was given.
#[derive(Debug)]
pub struct RouterBuilder {
    profile: Profile,
    previous: Option<Router>,
    listeners: Vec<ListenerInfo>,
    attached: Vec<(usize, Lane, Route)>,
}

impl RouterBuilder {
    pub(super) fn new(profile: &Profile) -> Self {
        RouterBuilder { profile: profile.clone(), previous: None, listeners: Vec::new(), attached: Vec::new() }
    }

    /// Rules and backends that another router has keep the ids that they have there.
    pub fn continuing(mut self, previous: &Router) -> Self {
        self.previous = Some(previous.clone());
        self
    }

    /// Adds a listener. Of two that share port, protocol and hostname, which the specification calls
    /// conflicted, the first serves; so it does of two ports of Services with one number.
    pub fn listener(&mut self, definition: ListenerDefinition) -> ListenerId {
        self.listeners.push(ListenerInfo { definition });
        ListenerId(self.listeners.len() - 1)
    }

    /// Attaches a route to a listener. False, and nothing is attached, if the listener does not
    /// serve routes of that kind, or the hostnames of the two do not intersect.
    /// spec: `Listener.protocol`, `HTTPRouteSpec.hostnames`.
    pub fn attach(&mut self, route: &Route, listener: ListenerId) -> bool {
        let Some(lane) = self.listeners.get(listener.0).and_then(|info| lane_of(route, info)) else { return false };
        self.attached.push((listener.0, lane, route.clone()));
        true
    }

    /// Makes the router. O(n log n) for n pairs of a match and an effective hostname.
    pub fn build(self) -> Router {
        let RouterBuilder { profile, previous, listeners, attached } = self;
        let none = Registry::default();
        let previous = previous.as_ref().map_or(&none, |previous| &previous.0.registry);
        let mut ports: BTreeMap<u16, PortTables> = BTreeMap::new();
        for (index, info) in listeners.iter().enumerate().filter(|(_, info)| info.service().is_some()) {
            ports.entry(info.port()).or_default().place_service(index, info);
        }
        let mut tables: BTreeMap<(usize, Lane), (ListenerTable, Candidates<'_>)> = BTreeMap::new();
        for (index, info) in listeners.iter().enumerate() {
            // A listener without routes is there all the same: other listeners do not serve its hosts.
            if let Some(lane) = Lane::of_protocol(info.protocol()).filter(|_| info.service().is_none()) {
                tables.insert((index, lane), (ListenerTable::new(index), Candidates::default()));
            }
        }
        let registry = Registry::of_all(&attached, previous, |attached, route, index, lane| {
            let Some(info) = listeners.get(index) else { return };
            if info.service().is_some() && !ports.get(&info.port()).is_some_and(|port| port.serves(index)) {
                return;
            }
            let (table, candidates) =
                tables.entry((index, lane)).or_insert_with(|| (ListenerTable::new(index), Candidates::default()));
            table.count(&attached.route, true);
            for_each_host(info, route, &profile.options, |hostname, rank| {
                let key = hostname.map(Hostname::as_str);
                let (_, of_host) = candidates.entry(key).or_insert_with(|| (hostname, Vec::new()));
                for (slot, rule) in attached.slots.iter().zip(route.shared_rules()) {
                    of_host.extend(Candidate::of_rule(slot, rule, rank, &profile.options));
                }
            });
        });
        let mut of_ports: BTreeMap<u16, Vec<(usize, Lane, ListenerTable)>> = BTreeMap::new();
        for ((index, lane), (mut table, candidates)) in tables {
            let Some(info) = listeners.get(index) else { continue };
            let buckets = candidates.into_values().filter_map(|(hostname, candidates)| {
                ahead::read_conditions(&candidates);
                let hostname = hostname.cloned();
                Some((hostname.clone(), Bucket::new(hostname, candidates, &profile.options)?))
            });
            table.buckets = HostMap::new(buckets);
            of_ports.entry(info.port()).or_default().push((index, lane, table));
        }
        for (port, tables) in of_ports {
            let port = ports.entry(port).or_default();
            let (service, udp_service) = (port.service, port.udp_service);
            *port = PortTables { service, udp_service, ..PortTables::new(&listeners, tables) };
            // That stays so, since updates leave listeners as they are.
            let is_usual = looks_up_as_sent(&profile.options) && service.is_none();
            port.is_usual = is_usual && !port.http.is_empty();
            port.is_usual_over_tls = is_usual && !port.https.is_empty();
        }
        Router(Arc::new(RouterInner {
            profile: Arc::new(profile),
            listeners: listeners.into(),
            ports: ports.into_iter().map(|(port, tables)| (port, Arc::new(tables))).collect(),
            registry,
        }))
    }
}

/// The matches of a listener by the text of the effective hostname. To compare with a hostname would mean to go to the
/// route that has it.
type Candidates<'c> = HashMap<Option<&'c str>, (Option<&'c Hostname>, Vec<Placed<'c>>), FixedState>;

/// Where the rules of a route are looked for on a listener, if it serves the route.
/// spec: `Listener.protocol`, `HTTPRouteSpec.hostnames`.
pub(super) fn lane_of(route: &Route, listener: &ListenerInfo) -> Option<Lane> {
    let lane = Lane::of_route(route.key().kind, listener)?;
    let meets = listener.service().is_some()
        || (!route.has_only_malformed_hostnames() && hostnames_meet(listener.hostname(), route.hostnames()));
    meets.then_some(lane)
}
