//! The data plane's view of one parent: which rule takes which request.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use gateway_model::{
    EffectiveHostnames, Host, Hostname, ListenerProtocol, ObjectKey, Specificity, effective_hostnames,
    host_of_authority,
};

use crate::decision::{BadRequest, Decision, Match};
use crate::ids::{BackendId, Ids, RuleId};
use crate::options::{HostFallback, ListenerIsolation, PrecedenceHost, Profile};
use crate::path::comparable_path;
use crate::precedence::{HostRank, MatchRank};
use crate::request::{Connection, Headers, RequestView};
use crate::route::{Route, Rule};

pub(crate) mod hosts;
use hosts::{FoldedHost, HostMap};

/// Answers for one parent which rule takes which request.
///
/// Immutable, `Send` and `Sync`, and cheap to clone: a proxy swaps routers atomically. Made from a
/// topology, or by a [`RouterBuilder`] without any Kubernetes object.
///
/// ```
/// use gateway_match::{
///     BackendDefinition, BackendName, Connection, Decision, ListenerDefinition, Pick, Profile, RequestView, Route,
///     RouteDefinition, Router, RuleDefinition,
/// };
///
/// let profile = Profile::default();
/// let cart = BackendName::service("shop", "cart", 8080);
/// let definition = RouteDefinition::http("shop", "cart")
///     .rule(RuleDefinition::new().backend(BackendDefinition::new(cart)));
///
/// let mut builder = Router::builder(&profile);
/// let web = builder.listener(ListenerDefinition::http("web", 80));
/// builder.attach(&Route::compile(definition, &profile), web);
/// let router = builder.build();
///
/// let request = RequestView::new("GET", "shop.example.com", "/cart", &());
/// let Decision::Matched(found) = router.route(&request, &Connection::plain(80)) else { panic!() };
/// let Pick::Backend { backend, .. } = found.rule().pick(0) else { panic!() };
/// assert_eq!(backend.name().to_string(), "shop/cart:8080");
/// ```
#[derive(Clone, Debug)]
pub struct Router(Arc<RouterInner>);

#[derive(Debug)]
struct RouterInner {
    profile: Profile,
    listeners: Vec<ListenerInfo>,
    ports: HashMap<PortKey, HostMap<ListenerTable>>,
    slots: Vec<RuleSlot>,
    ids: Ids,
}

/// Listeners that share these are told apart by hostname alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct PortKey {
    port: u16,
    tls: bool,
}

/// The routes of one listener.
#[derive(Clone, Debug)]
pub(crate) struct ListenerTable {
    listener: usize,
    buckets: HostMap<Bucket>,
}

/// The matches of one effective hostname of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) hostname: Option<Hostname>,
    /// The greatest rank first.
    pub(crate) candidates: Vec<Candidate>,
    /// The greatest rank of a hostname among them.
    best_host: HostRank,
}

/// One match of one rule for one effective hostname.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) rank: MatchRank,
    pub(crate) slot: usize,
    pub(crate) item: usize,
}

/// A rule with the ids that this router gives it.
#[derive(Debug)]
pub(crate) struct RuleSlot {
    pub(crate) id: RuleId,
    pub(crate) rule: Arc<Rule>,
    pub(crate) backends: Box<[BackendId]>,
}

/// A listener of a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerInfo {
    definition: ListenerDefinition,
}

impl ListenerInfo {
    /// Its name, unique in its Gateway or ListenerSet.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The Gateway or ListenerSet that it is of, if the builder was told.
    pub fn parent(&self) -> Option<&ObjectKey> {
        self.definition.parent.as_ref()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.definition.port
    }

    /// What clients speak.
    pub fn protocol(&self) -> &ListenerProtocol {
        &self.definition.protocol
    }

    /// The host that it takes; `None` takes every host.
    pub fn hostname(&self) -> Option<&Hostname> {
        self.definition.hostname.as_ref()
    }
}

impl fmt::Display for ListenerInfo {
    /// The parent and the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent() {
            write!(f, "{parent} ")?;
        }
        write!(f, "listener {}", self.name())
    }
}

/// A listener before building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerDefinition {
    name: Arc<str>,
    parent: Option<ObjectKey>,
    port: u16,
    protocol: ListenerProtocol,
    hostname: Option<Hostname>,
}

impl ListenerDefinition {
    /// A listener for plain HTTP and every host.
    pub fn http(name: &str, port: u16) -> Self {
        Self::new(name, port, ListenerProtocol::Http)
    }

    /// A listener for HTTP over TLS and every host.
    pub fn https(name: &str, port: u16) -> Self {
        Self::new(name, port, ListenerProtocol::Https)
    }

    /// A listener for a protocol and every host.
    pub fn new(name: &str, port: u16, protocol: ListenerProtocol) -> Self {
        ListenerDefinition { name: name.into(), parent: None, port, protocol, hostname: None }
    }

    /// The host that it takes.
    pub fn hostname(mut self, hostname: Hostname) -> Self {
        self.hostname = Some(hostname);
        self
    }

    /// The Gateway or ListenerSet that it is of.
    pub fn parent(mut self, parent: ObjectKey) -> Self {
        self.parent = Some(parent);
        self
    }
}

/// A listener of the router that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(usize);

/// Makes a [`Router`] from listeners and the routes attached to them.
///
/// The router depends on what was given, not on the order in which it was given.
#[derive(Debug)]
pub struct RouterBuilder {
    profile: Profile,
    ids: Ids,
    listeners: Vec<ListenerInfo>,
    attached: Vec<(usize, Route)>,
}

impl RouterBuilder {
    /// Rules and backends that another router has keep the ids that they have there.
    pub fn continuing(mut self, previous: &Router) -> Self {
        self.ids = previous.0.ids.continued();
        self
    }

    /// Adds a listener. Of two HTTP or two HTTPS listeners with one port and one hostname, which
    /// the specification calls conflicted, the first serves.
    pub fn listener(&mut self, definition: ListenerDefinition) -> ListenerId {
        self.listeners.push(ListenerInfo { definition });
        ListenerId(self.listeners.len() - 1)
    }

    /// Attaches a route to a listener. False, and nothing is attached, if the hostnames of the two
    /// do not intersect. spec: `HTTPRouteSpec.hostnames`.
    pub fn attach(&mut self, route: &Route, listener: ListenerId) -> bool {
        let intersects = self.listeners.get(listener.0).is_some_and(|info| {
            !route.has_only_malformed_hostnames()
                && effective_hostnames(info.hostname(), route.hostnames()) != EffectiveHostnames::Disjoint
        });
        if intersects {
            self.attached.push((listener.0, route.clone()));
        }
        intersects
    }

    /// Makes the router. O(n log n) for n pairs of a match and an effective hostname.
    pub fn build(self) -> Router {
        let RouterBuilder { profile, mut ids, listeners, attached } = self;
        let mut ports: HashMap<PortKey, HostMap<ListenerTable>> = HashMap::new();
        let mut tables: Vec<Option<ListenerTable>> = listeners.iter().map(|_| None).collect();
        let mut slots = Slots::default();
        for (listener, route) in attached {
            let Some(info) = listeners.get(listener) else { continue };
            let Some(table) = tables.get_mut(listener) else {
                continue;
            };
            let table = table.get_or_insert_with(|| ListenerTable { listener, buckets: HostMap::default() });
            table.attach(info, &route, slots.of(&route, &mut ids), &profile);
        }
        for (listener, (info, table)) in listeners.iter().zip(tables).enumerate() {
            let Some(key) = PortKey::of(info) else { continue };
            let mut table = table.unwrap_or_else(|| ListenerTable { listener, buckets: HostMap::default() });
            table.buckets.values_mut().for_each(Bucket::settle);
            ports.entry(key).or_default().entry(info.hostname(), || table);
        }
        Router(Arc::new(RouterInner { profile, listeners, ports, slots: slots.slots, ids }))
    }
}

impl PortKey {
    /// Where HTTP requests reach a listener, if they do.
    fn of(listener: &ListenerInfo) -> Option<Self> {
        let tls = match listener.protocol() {
            ListenerProtocol::Http => false,
            ListenerProtocol::Https => true,
            _ => return None,
        };
        Some(PortKey { port: listener.port(), tls })
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

impl ListenerTable {
    fn attach(&mut self, listener: &ListenerInfo, route: &Route, first_slot: usize, profile: &Profile) {
        match effective_hostnames(listener.hostname(), route.hostnames()) {
            EffectiveHostnames::Disjoint => {}
            EffectiveHostnames::Any => self.add(None, route, first_slot, profile),
            EffectiveHostnames::Listed(hostnames) => {
                for hostname in hostnames {
                    self.add(Some(hostname), route, first_slot, profile);
                }
            }
        }
    }

    fn add(&mut self, hostname: Option<&Hostname>, route: &Route, first_slot: usize, profile: &Profile) {
        let host = host_rank(hostname, route, profile.options.precedence_host);
        let bucket = self.buckets.entry(hostname, || Bucket {
            hostname: hostname.cloned(),
            candidates: Vec::new(),
            best_host: host,
        });
        for (offset, rule) in route.shared_rules().iter().enumerate() {
            for (item, condition) in rule.conditions().iter().enumerate() {
                let rank = MatchRank {
                    explicit: route.order(),
                    host,
                    path: condition.path_rank(&profile.options),
                    method: condition.has_method(),
                    headers: condition.header_count(),
                    query_params: condition.query_count(),
                    age: std::cmp::Reverse(route.created()),
                    name: std::cmp::Reverse(route.slash_name().clone()),
                    rule: std::cmp::Reverse(position(rule.index())),
                    item: std::cmp::Reverse(position(item)),
                };
                bucket.candidates.push(Candidate { rank, slot: first_slot + offset, item });
            }
        }
    }
}

/// Whose hostname decides: the intersection, or the route's own that stands behind it, of several
/// the most specific. spec: `HTTPRouteSpec.hostnames`, precedence; see [`PrecedenceHost`].
fn host_rank(effective: Option<&Hostname>, route: &Route, option: PrecedenceHost) -> HostRank {
    match option {
        PrecedenceHost::Intersected => Specificity::of(effective),
        PrecedenceHost::Original => route
            .hostnames()
            .iter()
            .filter(|original| effective.is_none_or(|effective| original.covers(effective)))
            .map(|original| Specificity::of(Some(original)))
            .max()
            .unwrap_or(Specificity::of(None)),
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Bucket {
    fn settle(&mut self) {
        self.candidates.sort_by(|a, b| b.rank.cmp(&a.rank));
        self.best_host =
            self.candidates.iter().map(|candidate| candidate.rank.host).max().unwrap_or(Specificity::of(None));
    }
}

/// Where a request is looked for: a path to compare, and the listeners whose routes see it.
pub(crate) struct Scope<'r, 'q> {
    pub(crate) path: std::borrow::Cow<'q, str>,
    host: FoldedHost,
    port: &'r HostMap<ListenerTable>,
    /// The one listener, with isolation.
    only: Option<&'r ListenerTable>,
    pub(crate) listener: &'r ListenerInfo,
}

impl Router {
    /// Begins a router.
    pub fn builder(profile: &Profile) -> RouterBuilder {
        RouterBuilder { profile: profile.clone(), ids: Ids::default(), listeners: Vec::new(), attached: Vec::new() }
    }

    /// Which rule takes a request. spec: `HTTPRouteRule.matches`, `GatewaySpec.listeners`.
    ///
    /// The listener is chosen by port, protocol and hostname; then the matches of its routes are
    /// tried in the specification's order of precedence. Allocates nothing, unless the path must
    /// be rewritten to be compared or a repeated header meets a regular expression.
    pub fn route<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
    ) -> Decision<'_> {
        let scope = match self.scope(request, connection) {
            Ok(scope) => scope,
            Err(decision) => return decision,
        };
        let request = request.with_path(&scope.path);
        let options = &self.0.profile.options;
        let floor = self.host_floor(&scope);
        let mut best: Option<(&ListenerTable, &Bucket, &Candidate)> = None;
        for (table, bucket) in scope.buckets() {
            for candidate in &bucket.candidates {
                if best.is_some_and(|(_, _, found)| found.rank >= candidate.rank) {
                    break;
                }
                if floor.is_some_and(|floor| candidate.rank.host != floor) {
                    continue;
                }
                let condition = self.slot(candidate).and_then(|slot| slot.rule.conditions().get(candidate.item));
                if condition.is_some_and(|condition| condition.is_satisfied(&request, options)) {
                    best = Some((table, bucket, candidate));
                    break;
                }
            }
        }
        match best.and_then(|(table, bucket, candidate)| self.matched(table, bucket, candidate)) {
            Some(found) => Decision::Matched(found),
            None => Decision::NotFound { listener: Some(scope.listener) },
        }
    }

    /// The listeners.
    pub fn listeners(&self) -> &[ListenerInfo] {
        &self.0.listeners
    }

    /// The rules, with their ids; in no order that means anything.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.0.slots.iter().map(|slot| (slot.id, &*slot.rule))
    }

    /// The profile that it was made with.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Where a request is looked for, or the answer if that is nowhere.
    ///
    /// spec: `Listener.hostname` (HTTPS: the listener is chosen by SNI; a Host that belongs to
    /// another listener is misdirected), `GatewaySpec.listeners` (no listener: 404).
    pub(crate) fn scope<'r, 'q, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'q, H>,
        connection: &Connection<'_>,
    ) -> Result<Scope<'r, 'q>, Decision<'r>> {
        let key = PortKey { port: connection.port(), tls: connection.is_tls() };
        let port = self.0.ports.get(&key).ok_or(Decision::Rejected)?;
        let parsed = host_of_authority(request.authority());
        if parsed == Host::Invalid {
            return Err(Decision::BadRequest(BadRequest::Authority));
        }
        let options = &self.0.profile.options;
        let path = comparable_path(request.path(), options.path_normalization, options.merge_slashes)
            .map_err(|_| Decision::BadRequest(BadRequest::Path))?;
        let host = FoldedHost::new(parsed);
        let by_host = port.matching(&host).next();
        if connection.is_tls() {
            // RFC 6066 section 3: a server name is a host name alone; one with a port is none.
            let sni = connection
                .sni()
                .filter(|sni| !sni.contains(':'))
                .map_or(FoldedHost::none(), |sni| FoldedHost::new(host_of_authority(sni)));
            let by_sni = port.matching(&sni).next().ok_or(Decision::Rejected)?;
            match by_host {
                Some(table) if table.listener != by_sni.listener => {
                    return Err(Decision::Misdirected { listener: self.info(by_sni) });
                }
                None => {
                    return Err(Decision::NotFound { listener: self.info(by_sni) });
                }
                Some(_) => {}
            }
        }
        let table = by_host.ok_or(Decision::NotFound { listener: None })?;
        let listener = self.info(table).ok_or(Decision::Rejected)?;
        let only = (options.listener_isolation == ListenerIsolation::On).then_some(table);
        Ok(Scope { path, host, port, only, listener })
    }

    /// The rank of the most specific hostname, if requests that its rules do not take go nowhere else.
    fn host_floor(&self, scope: &Scope<'_, '_>) -> Option<HostRank> {
        match self.0.profile.options.host_fallback {
            HostFallback::WithinListener => None,
            HostFallback::None => scope.buckets().map(|(_, bucket)| bucket.best_host).max(),
        }
    }

    pub(crate) fn is_below_floor(&self, scope: &Scope<'_, '_>, candidate: &Candidate) -> bool {
        self.host_floor(scope).is_some_and(|floor| candidate.rank.host != floor)
    }

    pub(crate) fn slot(&self, candidate: &Candidate) -> Option<&RuleSlot> {
        self.0.slots.get(candidate.slot)
    }

    pub(crate) fn info(&self, table: &ListenerTable) -> Option<&ListenerInfo> {
        self.0.listeners.get(table.listener)
    }

    fn matched<'r>(&'r self, table: &ListenerTable, bucket: &'r Bucket, candidate: &Candidate) -> Option<Match<'r>> {
        Some(Match::new(self.info(table)?, self.slot(candidate)?, bucket.hostname.as_ref(), candidate.item))
    }
}

impl<'r, 'q> Scope<'r, 'q> {
    /// The tables whose routes see the request, from the most specific listener on.
    pub(crate) fn tables<'s>(&'s self) -> impl Iterator<Item = &'r ListenerTable> + use<'r, 'q, 's> {
        let all = self.only.is_none().then(|| self.port.matching(&self.host)).into_iter().flatten();
        self.only.into_iter().chain(all)
    }

    /// The buckets whose hostnames match the request, from the most specific listener and hostname on.
    fn buckets<'s>(&'s self) -> impl Iterator<Item = (&'r ListenerTable, &'r Bucket)> + use<'r, 'q, 's> {
        self.tables().flat_map(|table| table.buckets.matching(&self.host).map(move |bucket| (table, bucket)))
    }

    /// Whether a bucket's hostname matches the request.
    pub(crate) fn takes(&self, table: &ListenerTable, bucket: &Bucket) -> bool {
        table.buckets.matching(&self.host).any(|found| std::ptr::eq(found, bucket))
    }
}

impl ListenerTable {
    /// Every bucket, whatever its hostname, in no order that means anything.
    pub(crate) fn all_buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.values()
    }
}

#[cfg(test)]
#[path = "router/tests.rs"]
mod tests;
