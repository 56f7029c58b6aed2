//! Routers out of listeners and the routes attached to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gateway_model::{EffectiveHostnames, ObjectKey, ResourceKind, effective_hostnames};

use super::definition::{ListenerDefinition, ListenerId, ListenerInfo};
use super::table::{Lane, ListenerTable, PortTables};
use super::{Router, RouterInner, RuleSlot};
use crate::ids::Ids;
use crate::options::Profile;
use crate::route::Route;

/// Makes a [`Router`] from listeners and the routes attached to them.
///
/// The router depends on what was given, not on the order in which it was given.
#[derive(Debug)]
pub struct RouterBuilder {
    profile: Profile,
    ids: Ids,
    listeners: Vec<ListenerInfo>,
    attached: Vec<(usize, Lane, Route)>,
}

impl RouterBuilder {
    pub(super) fn new(profile: &Profile) -> Self {
        RouterBuilder { profile: profile.clone(), ids: Ids::default(), listeners: Vec::new(), attached: Vec::new() }
    }

    /// Rules and backends that another router has keep the ids that they have there.
    pub fn continuing(mut self, previous: &Router) -> Self {
        self.ids = previous.0.ids.continued();
        self
    }

    /// Adds a listener. Of two that share port, protocol and hostname, which the specification calls
    /// conflicted, the first serves.
    pub fn listener(&mut self, definition: ListenerDefinition) -> ListenerId {
        self.listeners.push(ListenerInfo { definition });
        ListenerId(self.listeners.len() - 1)
    }

    /// Attaches a route to a listener. False, and nothing is attached, if the listener does not
    /// serve routes of that kind, or the hostnames of the two do not intersect.
    /// spec: `Listener.protocol`, `HTTPRouteSpec.hostnames`.
    pub fn attach(&mut self, route: &Route, listener: ListenerId) -> bool {
        let Some(info) = self.listeners.get(listener.0) else { return false };
        let Some(lane) = Lane::of_route(route.key().kind, info) else { return false };
        let meets = info.service().is_some()
            || (!route.has_only_malformed_hostnames()
                && effective_hostnames(info.hostname(), route.hostnames()) != EffectiveHostnames::Disjoint);
        if meets {
            self.attached.push((listener.0, lane, route.clone()));
        }
        meets
    }

    /// Makes the router. O(n log n) for n pairs of a match and an effective hostname.
    pub fn build(self) -> Router {
        let RouterBuilder { profile, mut ids, listeners, attached } = self;
        let mut tables: BTreeMap<(usize, Lane), ListenerTable> = BTreeMap::new();
        for (index, info) in listeners.iter().enumerate() {
            // A listener without routes is there all the same: other listeners do not serve its hosts.
            if let Some(lane) = Lane::of_protocol(info.protocol()).filter(|_| info.service().is_none()) {
                tables.insert((index, lane), ListenerTable::new(index));
            }
        }
        let mut slots = Slots::default();
        for (index, lane, route) in attached {
            let Some(info) = listeners.get(index) else { continue };
            let table = tables.entry((index, lane)).or_insert_with(|| ListenerTable::new(index));
            table.attach(info, &route, slots.of(&route, &mut ids), &profile);
        }
        let mut ports: HashMap<u16, PortTables> = HashMap::new();
        for (index, info) in listeners.iter().enumerate().filter(|(_, info)| info.service().is_some()) {
            ports.entry(info.port()).or_default().place_service(index, info);
        }
        for ((index, lane), mut table) in tables {
            let Some(info) = listeners.get(index) else { continue };
            table.settle();
            ports.entry(info.port()).or_default().place(lane, info, table);
        }
        let slots = slots.slots;
        let has_calls = slots.iter().any(|slot| slot.rule.route().kind == ResourceKind::GrpcRoute);
        Router(Arc::new(RouterInner { profile, listeners, ports, slots, has_calls, ids }))
    }
}

/// The rules of a router, each once, however many listeners its route is attached to.
#[derive(Default)]
struct Slots {
    slots: Vec<RuleSlot>,
    first: HashMap<ObjectKey, usize>,
}

impl Slots {
    /// The position of the route's first rule; the others follow.
    fn of(&mut self, route: &Route, ids: &mut Ids) -> usize {
        if let Some(first) = self.first.get(route.key()) {
            return *first;
        }
        let first = self.slots.len();
        for rule in route.shared_rules() {
            self.slots.push(RuleSlot {
                id: ids.rules.id(&(route.key().clone(), rule.index())),
                rule: Arc::clone(rule),
                backends: rule.backends().iter().map(|backend| ids.backends.id(backend.name())).collect(),
            });
        }
        self.first.insert(route.key().clone(), first);
        first
    }
}
