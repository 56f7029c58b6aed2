//! Routers out of others and what changed.

use std::sync::Arc;

use gateway_model::ObjectKey;

use super::bucket::Bucket;
use super::builder::lane_of;
use super::candidate::Candidate;
use super::definition::{ListenerId, ListenerInfo};
use super::list::Change;
use super::registry::Attached;
use super::table::{Lane, ListenerTable, PortTables, for_each_host};
use super::{Router, RouterInner};
use crate::route::Route;

/// Makes a [`Router`] from another one and the routes that changed.
///
/// All that the changes do not touch is shared, and rules and backends keep their ids; the new router
/// answers as one that was built anew. A change costs about as much whether there are ten routes or a
/// hundred thousand: parts of a few hundred entries, and what the route itself has. The listeners stay
/// as they are; where they change, a builder that [continues](crate::RouterBuilder::continuing) makes
/// the next router.
///
/// ```
/// use gateway_match::*;
///
/// let profile = Profile::default();
/// let cart = |service: &str| {
///     let backend = BackendDefinition::new(BackendName::service("shop", service, 8080));
///     Route::compile(RouteDefinition::http("shop", "cart").rule(RuleDefinition::new().backend(backend)), &profile)
/// };
/// let mut builder = Router::builder(&profile);
/// let web = builder.listener(ListenerDefinition::http("web", 80));
/// builder.attach(&cart("cart-v1"), web);
/// let before = builder.build();
///
/// let mut update = before.update();
/// update.remove(cart("cart-v1").key());
/// update.attach(&cart("cart-v2"), web);
/// let after = update.build();
///
/// let request = RequestView::new("GET", "shop.example.com", "/", &());
/// let rule_of = |router: &Router| router.route(&request, &Connection::plain(80)).matched().unwrap().rule_id();
/// assert_eq!(rule_of(&before), rule_of(&after));
/// ```
#[derive(Debug)]
pub struct RouterUpdate {
    previous: Router,
    next: RouterInner,
}

impl RouterUpdate {
    pub(super) fn new(previous: &Router) -> Self {
        RouterUpdate { previous: previous.clone(), next: RouterInner::clone(&previous.0) }
    }

    /// Takes a route off every listener. False if it was attached to none.
    pub fn remove(&mut self, route: &ObjectKey) -> bool {
        let Some(attached) = self.next.registry.remove(route) else { return false };
        for (listener, lane) in attached.listeners() {
            self.change(&attached, listener, lane, false);
        }
        true
    }

    /// Attaches a route to a listener, as [`RouterBuilder::attach`](crate::RouterBuilder::attach) does.
    ///
    /// If another version of the route is attached somewhere, that one is taken off first, from every
    /// listener.
    pub fn attach(&mut self, route: &Route, listener: ListenerId) -> bool {
        let Some(lane) = self.next.listeners.get(listener.0).and_then(|info| lane_of(route, info)) else {
            return false;
        };
        let known = self.next.registry.get(route.key()).filter(|known| known.route.is_same(route)).map(Arc::clone);
        let mut attached = match known {
            Some(known) => Attached::clone(&known),
            None => {
                self.remove(route.key());
                self.next.registry.number(route, &self.previous.0.registry)
            }
        };
        if attached.come_to(listener.0, lane) {
            self.change(&attached, listener.0, lane, true);
            self.next.registry.put(attached);
        }
        true
    }

    /// Makes the router.
    pub fn build(self) -> Router {
        Router(Arc::new(self.next))
    }

    /// Lets the matches of a route come to a listener, or go.
    fn change(&mut self, attached: &Attached, index: usize, lane: Lane, comes: bool) {
        let RouterInner { profile, listeners, ports, .. } = &mut self.next;
        let Some(info) = listeners.get(index) else { return };
        let Some(port) = port_of(ports, info) else { return };
        if info.service().is_some() && !port.serves(index) {
            return;
        }
        let options = &profile.options;
        Arc::make_mut(port).alter(index, lane, info, |mut table: ListenerTable| {
            table.count(&attached.route, comes);
            for_each_host(info, &attached.route, options, |hostname, rank| {
                let candidates =
                    attached.slots.iter().flat_map(|slot| Candidate::of_rule(slot, &slot.rule, rank, options));
                let changes: Vec<Change> = candidates.map(|(candidate, _)| Change { candidate, comes }).collect();
                table.buckets.alter(hostname, |bucket| Bucket::changed(bucket, hostname, &changes, options));
            });
            table
        });
    }
}

fn port_of<'p>(ports: &'p mut [(u16, Arc<PortTables>)], listener: &ListenerInfo) -> Option<&'p mut Arc<PortTables>> {
    ports.iter_mut().find(|(port, _)| *port == listener.port()).map(|(_, tables)| tables)
}
