//! The data plane's view of one parent: which rule takes which request, call or connection.

use std::borrow::Cow;
use std::sync::Arc;

use gateway_model::{Host, host_of_authority};

use crate::condition::{Condition, Mismatch};
use crate::decision::{BadRequest, Decision, Match};
use crate::few::Few;
use crate::ids::{BackendId, RuleId};
use crate::options::{HostFallback, ListenerIsolation, Options, Profile};
use crate::path::comparable_path;
use crate::precedence::HostRank;
use crate::request::{Call, Connection, Headers, RequestView, Transport};
use crate::route::{Route, Rule};

mod ahead;
mod bucket;
mod builder;
mod candidate;
mod definition;
mod groups;
pub(crate) mod hosts;
mod index;
mod keyed;
mod lengths;
mod list;
mod node;
mod patterns;
mod ranks;
mod registry;
mod search;
mod slashes;
mod table;
mod tested;
mod update;
mod usual;
mod values;

pub(crate) use bucket::Bucket;
pub use builder::RouterBuilder;
pub(crate) use candidate::Candidate;
pub use definition::{ClientCertificate, ClientValidation, ListenerDefinition, ListenerId, ListenerInfo};
use hosts::{FoldedHost, Folding, HostMap};
use registry::Registry;
use search::Search;
pub(crate) use table::ListenerTable;
use table::PortTables;
pub use update::RouterUpdate;
use usual::known_host;

/// Answers for one parent which rule takes which request, call or connection.
///
/// Three questions: [`Router::listener_for`] whom a new connection is for, [`Router::connect`] what
/// is done with it as a whole (TLSRoute, TCPRoute, UDPRoute), and [`Router::route`] what is done with
/// each request on it, if HTTP is spoken (HTTPRoute, GRPCRoute).
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

#[derive(Clone, Debug)]
struct RouterInner {
    profile: Arc<Profile>,
    listeners: Arc<[ListenerInfo]>,
    ports: Box<[(u16, Arc<PortTables>)]>,
    registry: Registry,
}

/// A rule with the ids that this router gives it.
#[derive(Debug)]
pub(crate) struct RuleSlot {
    pub(crate) id: RuleId,
    pub(crate) route: Route,
    pub(crate) rule: Arc<Rule>,
    pub(crate) backends: Few<BackendId>,
}

/// Where a request or connection is looked for: the listeners whose routes see it, and under which host.
pub(crate) struct Scope<'r, 'h> {
    host: FoldedHost<'h>,
    /// The listener that it is for.
    table: &'r ListenerTable,
    /// Every listener that could take it, if the chosen one does not stand alone.
    beside: Option<&'r HostMap<Arc<ListenerTable>>>,
    /// The bucket of that very host in the table, if it is known already.
    own: Option<&'r Bucket>,
    pub(crate) listener: &'r ListenerInfo,
}

/// A request as rules are compared with it.
pub(crate) struct Comparable<'q, H: ?Sized> {
    view: &'q RequestView<'q, H>,
    call: Option<Call<'q>>,
}

impl Router {
    /// Begins a router.
    pub fn builder(profile: &Profile) -> RouterBuilder {
        RouterBuilder::new(profile)
    }

    /// Which rule takes a request. spec: `HTTPRouteRule.matches`, `GRPCRouteRule.matches`,
    /// `GatewaySpec.listeners`.
    ///
    /// The listener is chosen by port, protocol and hostname; of the matches of its routes that take the
    /// request the one comes first that the specification's order of precedence puts first. GRPCRoutes
    /// see gRPC requests only ([`RequestView::is_grpc`]), HTTPRoutes see all.
    ///
    /// O(length of the host, the path and the values that some match tests), whether there are ten routes
    /// or a hundred thousand; matches that test a value by a regular expression are tried one by one.
    /// Allocates nothing, unless the path must be rewritten to be compared, a repeated header meets a
    /// regular expression, or tested values are longer than 256 bytes together.
    pub fn route<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
    ) -> Decision<'_> {
        if let Some(port) = self.port(connection) {
            match connection.transport() {
                Transport::Plain if port.is_usual => {
                    let by_parsed_host = || self.route_by_parsed_host(request, &port.http);
                    return self.route_known_host(request, &port.http, |_, _| true, by_parsed_host);
                }
                Transport::Tls if port.is_usual_over_tls => return self.route_over_tls(request, connection, port),
                Transport::Plain | Transport::Tls | Transport::Udp => {}
            }
        }
        self.route_with_options(request, connection)
    }

    /// The same for every request, connection and option.
    #[inline(never)]
    fn route_with_options<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
    ) -> Decision<'_> {
        let mut folding = Folding::new();
        let (scope, path) = match self.scope(request, connection, &mut folding) {
            Ok(found) => found,
            Err(decision) => return decision,
        };
        let changed;
        let view = match path {
            None => request,
            Some(ref path) => {
                changed = request.with_path(path);
                &changed
            }
        };
        match self.best(&scope, Some(&self.comparable(view))) {
            Some(found) => Decision::Matched(found),
            None => Decision::NotFound { listener: Some(scope.listener), grpc: request.is_grpc() },
        }
    }

    /// What is done with a new connection, or with datagrams, as a whole. spec: `TLSRouteSpec`,
    /// `TCPRouteSpec`, `UDPRouteSpec`.
    ///
    /// A TLS connection is for the listener whose hostname takes its SNI best, be it an HTTPS or a
    /// TLS one. Of several routes the one with the most specific hostname takes the connection, then
    /// the oldest. [`Decision::Http`] means that HTTP is spoken: [`Router::route`] decides each
    /// request. O(length of the SNI), no allocation.
    ///
    /// ```
    /// use gateway_match::*;
    /// use gateway_model::{Hostname, ListenerProtocol, TlsMode};
    ///
    /// let profile = Profile::default();
    /// let mut builder = Router::builder(&profile);
    /// let listener = ListenerDefinition::new("secure", 443, ListenerProtocol::Tls).tls_mode(TlsMode::Passthrough);
    /// let secure = builder.listener(listener);
    /// let bank = BackendDefinition::new(BackendName::service("bank", "vault", 8443));
    /// let route = RouteDefinition::tls("bank", "vault")
    ///     .hostname(Hostname::parse("vault.example.com")?)
    ///     .rule(RuleDefinition::new().backend(bank));
    /// builder.attach(&Route::compile(route, &profile), secure);
    /// let router = builder.build();
    ///
    /// let known = router.connect(&Connection::tls(443, Some("vault.example.com")));
    /// assert_eq!(&*known.matched().unwrap().route().name, "vault");
    /// let other = router.connect(&Connection::tls(443, Some("www.example.com")));
    /// assert!(matches!(other, Decision::Rejected { .. }));
    /// # Ok::<(), gateway_model::HostnameError>(())
    /// ```
    pub fn connect(&self, connection: &Connection<'_>) -> Decision<'_> {
        let mut folding = Folding::new();
        let scope = match self.connection_scope(connection, &mut folding) {
            Ok(scope) => scope,
            Err(decision) => return decision,
        };
        match self.best(&scope, None::<&Comparable<'_, ()>>) {
            Some(found) => Decision::Matched(found),
            None => Decision::Rejected { listener: Some(scope.listener) },
        }
    }

    /// Whom a new connection is for: of a TLS connection the listener that its SNI chooses, whose
    /// certificate is shown and whose clients' certificates are judged. `None` for plain HTTP, where
    /// the Host of each request chooses, and where nobody listens. O(length of the SNI), no allocation.
    pub fn listener_for(&self, connection: &Connection<'_>) -> Option<&ListenerInfo> {
        let port = self.port(connection)?;
        let index = match connection.transport() {
            Transport::Udp => port.udp.as_ref().map(|table| table.listener),
            Transport::Plain => port.tcp.as_ref().map(|table| table.listener),
            Transport::Tls => port.server_names.first(&server_name(connection.sni(), &mut Folding::new())).copied(),
        };
        self.0.listeners.get(index.or(port.service_of(connection.transport()))?)
    }

    /// The listeners.
    pub fn listeners(&self) -> &[ListenerInfo] {
        &self.0.listeners
    }

    /// The listeners with their ids, by which an [update](Router::update) attaches routes to them.
    pub fn listener_ids(&self) -> impl Iterator<Item = (ListenerId, &ListenerInfo)> {
        self.0.listeners.iter().enumerate().map(|(index, listener)| (ListenerId(index), listener))
    }

    /// The rules, with their ids; in no order that means anything.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.0.registry.rules()
    }

    /// Begins the next router: this one with some routes changed. Costs nothing that grows with the
    /// number of routes.
    pub fn update(&self) -> RouterUpdate {
        RouterUpdate::new(self)
    }

    /// The profile that it was made with.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    #[inline]
    fn port(&self, connection: &Connection<'_>) -> Option<&PortTables> {
        let ports = &self.0.ports;
        // There are few, nearly always.
        let entry = match &**ports {
            [entry] => Some(entry).filter(|(port, _)| *port == connection.port()),
            ports => {
                ports.binary_search_by_key(&connection.port(), |(port, _)| *port).ok().and_then(|at| ports.get(at))
            }
        };
        entry.map(|(_, tables)| &**tables)
    }

    /// Where a route for a whole connection is looked for, or the answer if that is nowhere.
    pub(crate) fn connection_scope<'r, 'h>(
        &'r self,
        connection: &Connection<'h>,
        folding: &'h mut Folding,
    ) -> Result<Scope<'r, 'h>, Decision<'r>> {
        let port = self.port(connection).ok_or(Decision::Rejected { listener: None })?;
        if let Some(service) = port.service_of(connection.transport()) {
            return self.service_scope(port, service, connection);
        }
        match connection.transport() {
            Transport::Udp => self.table_scope(FoldedHost::none(), port.udp.as_ref()),
            Transport::Plain if !port.http.is_empty() => Err(Decision::Http { listener: self.http_listener(port) }),
            Transport::Tls if !port.server_names.is_empty() => self.tls_scope(port, connection.sni(), folding),
            // What is inside of it is nobody's business: a TCP connection like any other.
            Transport::Plain | Transport::Tls => self.table_scope(FoldedHost::none(), port.tcp.as_ref()),
        }
    }

    /// Where a TLS connection leads by its SNI.
    fn tls_scope<'r, 'h>(
        &'r self,
        port: &'r PortTables,
        sni: Option<&'h str>,
        folding: &'h mut Folding,
    ) -> Result<Scope<'r, 'h>, Decision<'r>> {
        let sni = server_name(sni, folding);
        let chosen = *port.server_names.first(&sni).ok_or(Decision::Rejected { listener: None })?;
        let table = port.tls.matching(&sni).find(|table| table.listener == chosen);
        match table {
            Some(_) => self.table_scope(sni, table),
            None => Err(Decision::Http { listener: self.0.listeners.get(chosen) }),
        }
    }

    /// Where a connection to a Service leads, by the kind of the routes that are there.
    /// spec: GEP-1294, route presence: they replace what the Service would do without them.
    fn service_scope<'r, 'h>(
        &'r self,
        port: &'r PortTables,
        service: usize,
        connection: &Connection<'h>,
    ) -> Result<Scope<'r, 'h>, Decision<'r>> {
        let listener = self.0.listeners.get(service);
        let none = FoldedHost::none;
        match connection.transport() {
            Transport::Udp if port.udp.is_some() => self.table_scope(none(), port.udp.as_ref()),
            Transport::Udp => Err(self.direct(listener)),
            Transport::Plain | Transport::Tls if !port.http.is_empty() => Err(Decision::Http { listener }),
            Transport::Plain if !port.tls.is_empty() => Err(Decision::Rejected { listener }),
            Transport::Tls if !port.tls.is_empty() => self.table_scope(none(), port.tls.values().next()),
            Transport::Plain | Transport::Tls if port.tcp.is_some() => self.table_scope(none(), port.tcp.as_ref()),
            Transport::Plain | Transport::Tls => Err(self.direct(listener)),
        }
    }

    /// The one table of a listener, if there is one.
    fn table_scope<'r, 'h>(
        &'r self,
        host: FoldedHost<'h>,
        table: Option<&'r Arc<ListenerTable>>,
    ) -> Result<Scope<'r, 'h>, Decision<'r>> {
        let table = table.ok_or(Decision::Rejected { listener: None })?;
        let listener = self.info(table).ok_or(Decision::Rejected { listener: None })?;
        Ok(Scope { host, table, beside: None, own: None, listener })
    }

    /// To the Service that was dialled. spec: GEP-1294, route presence.
    fn direct<'r>(&self, listener: Option<&'r ListenerInfo>) -> Decision<'r> {
        match listener.and_then(|listener| Some((listener, listener.service()?))) {
            Some((listener, service)) => Decision::Direct { listener, service },
            None => Decision::Rejected { listener },
        }
    }

    /// The listener of a plain HTTP connection where there is only one that it can be.
    fn http_listener(&self, port: &PortTables) -> Option<&ListenerInfo> {
        let mut tables = port.http.values();
        let only = tables.next().filter(|_| tables.next().is_none())?;
        self.info(only)
    }

    /// Where a request is looked for, and the path to compare if it is not the request's own; or the answer
    /// if that is nowhere.
    ///
    /// spec: `Listener.hostname` (HTTPS: the listener is chosen by SNI), `GatewaySpec.listeners` (no
    /// listener: 404, for gRPC UNIMPLEMENTED).
    pub(crate) fn scope<'r, 'q, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'q, H>,
        connection: &Connection<'_>,
        folding: &'q mut Folding,
    ) -> Result<(Scope<'r, 'q>, Option<String>), Decision<'r>> {
        let rejected = Decision::Rejected { listener: None };
        let port = self.port(connection).ok_or(rejected)?;
        let dialled = port.service_of(connection.transport()).is_some();
        let (map, server_names) = match connection.transport() {
            // spec: GEP-1294: in a mesh the Service that was dialled decides, not the Host.
            Transport::Plain | Transport::Tls if dialled => (&port.http, None),
            Transport::Plain => (&port.http, None),
            Transport::Tls => (&port.https, Some(&port.server_names).filter(|names| !names.is_empty())),
            Transport::Udp => return Err(rejected),
        };
        // A connection is refused before a request is read from it.
        let chosen = server_names.map(|names| self.https_listener(port, names, connection.sni())).transpose()?;
        if map.is_empty() {
            // A connection that nobody looks into, whatever the client speaks in it.
            return Err(self.connect(connection));
        }
        let unverified = FoldedHost::unverified(request.authority());
        let (host, table, own) = match known_host(map, &unverified).filter(|_| !dialled) {
            Some((table, own)) => (unverified, Some(table), Some(own)),
            None => {
                let named = named_host(request.authority(), folding).map_err(Decision::BadRequest)?;
                let host = if dialled { FoldedHost::none() } else { named };
                (host, map.first(&host), None)
            }
        };
        let options = &self.0.profile.options;
        let path = match comparable_path(request.path(), options.path_normalization, options.merge_slashes) {
            Ok(Cow::Borrowed(_)) => None,
            Ok(Cow::Owned(path)) => Some(path),
            Err(_) => return Err(Decision::BadRequest(BadRequest::Path)),
        };
        let table = match (table, chosen) {
            // spec: `Listener.hostname`: a Host that belongs to another listener of the port and
            // protocol is misdirected, one that belongs to none is not found.
            (Some(table), Some(chosen)) if table.listener != chosen => {
                return Err(Decision::Misdirected { listener: self.0.listeners.get(chosen) });
            }
            (Some(table), _) => table,
            (None, chosen) => {
                let listener = chosen.and_then(|chosen| self.0.listeners.get(chosen));
                return Err(Decision::NotFound { listener, grpc: request.is_grpc() });
            }
        };
        let listener = self.info(table).ok_or(rejected)?;
        let beside = (options.listener_isolation == ListenerIsolation::Off).then_some(map);
        Ok((Scope { host, table, beside, own, listener }, path))
    }

    /// The HTTPS listener that an SNI chooses among the listeners of a port.
    fn https_listener<'r>(
        &'r self,
        port: &PortTables,
        server_names: &HostMap<usize>,
        sni: Option<&str>,
    ) -> Result<usize, Decision<'r>> {
        let mut folding = Folding::new();
        let sni = server_name(sni, &mut folding);
        let chosen = *server_names.first(&sni).ok_or(Decision::Rejected { listener: None })?;
        if port.https.matching(&sni).any(|table| table.listener == chosen) {
            return Ok(chosen);
        }
        // A TLS listener: no HTTP is spoken there that anybody here sees.
        Err(Decision::Rejected { listener: self.0.listeners.get(chosen) })
    }

    /// A request in the form that rules are compared with.
    #[inline]
    pub(crate) fn comparable<'a, H: Headers + ?Sized>(&self, view: &'a RequestView<'a, H>) -> Comparable<'a, H> {
        // The content type is only looked at where some rule is for calls.
        if self.0.registry.has_calls() {
            Comparable { view, call: view.called() }
        } else {
            Comparable { view, call: None }
        }
    }

    /// The match of the highest precedence that takes a request (`None`: a connection).
    fn best<'r, H: Headers + ?Sized>(
        &'r self,
        scope: &Scope<'r, '_>,
        request: Option<&Comparable<'_, H>>,
    ) -> Option<Match<'r>> {
        let options = &self.0.profile.options;
        let floor = match options.host_fallback {
            HostFallback::WithinListener => None,
            HostFallback::None => self.host_floor(scope, request.is_some_and(Comparable::is_call)),
        };
        let mut search = Search::new(request, options, floor);
        let (table, bucket) = match scope.beside {
            None => {
                let own = scope.own.map(|bucket| (bucket, search.exact(bucket)));
                search.look_somewhere_in(scope.table, own, &scope.host).map(|bucket| (scope.table, bucket))
            }
            Some(beside) => beside.matching(&scope.host).fold(None, |place, table| {
                search.look_somewhere_in(table, None, &scope.host).map(|bucket| (&**table, bucket)).or(place)
            }),
        }?;
        let listener = if scope.beside.is_some() { self.info(table)? } else { scope.listener };
        search.best.map(|candidate| Match::new(listener, candidate, bucket.hostname.as_ref()))
    }

    /// The rank of the most specific hostname, if requests that its rules do not take go nowhere else.
    /// Rules for gRPC calls count for those alone.
    fn host_floor(&self, scope: &Scope<'_, '_>, is_call: bool) -> Option<HostRank> {
        match self.0.profile.options.host_fallback {
            HostFallback::WithinListener => None,
            HostFallback::None => scope.buckets().filter_map(|(_, bucket)| bucket.best_host(is_call)).max(),
        }
    }

    pub(crate) fn is_below_floor(&self, scope: &Scope<'_, '_>, candidate: &Candidate, is_call: bool) -> bool {
        self.host_floor(scope, is_call).is_some_and(|floor| candidate.host() != floor)
    }

    #[inline]
    pub(crate) fn info(&self, table: &ListenerTable) -> Option<&ListenerInfo> {
        self.0.listeners.get(table.listener)
    }
}

/// An SNI as it is looked up. RFC 6066 section 3: a server name is a host name alone; one with a
/// port is none.
fn server_name<'h>(sni: Option<&'h str>, folding: &'h mut Folding) -> FoldedHost<'h> {
    match sni.filter(|sni| !sni.contains(':')) {
        Some(sni) => FoldedHost::new(host_of_authority(sni), folding),
        None => FoldedHost::none(),
    }
}

/// The host that an authority names. RFC 9112 section 3.2: what is no authority is answered 400.
fn named_host<'h>(authority: &'h str, folding: &'h mut Folding) -> Result<FoldedHost<'h>, BadRequest> {
    match host_of_authority(authority) {
        Host::Invalid => Err(BadRequest::Authority),
        host => Ok(FoldedHost::new(host, folding)),
    }
}

impl<'r> Scope<'r, '_> {
    /// The tables whose routes see the request, from the most specific listener on.
    pub(crate) fn tables<'s>(&'s self) -> impl Iterator<Item = &'r ListenerTable> + use<'r, 's> {
        let only = self.beside.is_none().then_some(self.table);
        only.into_iter().chain(self.beside.into_iter().flat_map(|map| map.matching(&self.host)).map(|table| &**table))
    }

    /// The buckets whose hostnames match the request, from the most specific listener and hostname on.
    fn buckets<'s>(&'s self) -> impl Iterator<Item = (&'r ListenerTable, &'r Bucket)> + use<'r, 's> {
        self.tables().flat_map(|table| table.buckets.matching(&self.host).map(move |bucket| (table, bucket)))
    }

    /// Whether a bucket's hostname matches the request.
    pub(crate) fn takes(&self, table: &ListenerTable, bucket: &Bucket) -> bool {
        table.buckets.matching(&self.host).any(|found| std::ptr::eq(found, bucket))
    }
}

impl<H: Headers + ?Sized> Comparable<'_, H> {
    /// Whether it is a gRPC request for which some rule is.
    pub(crate) fn is_call(&self) -> bool {
        self.call.is_some()
    }

    /// The first condition of a match that the request does not satisfy.
    pub(crate) fn mismatch(&self, condition: &Condition, options: &Options) -> Option<Mismatch> {
        condition.mismatch(self.view, self.call.as_ref(), options)
    }
}

#[cfg(test)]
#[path = "router/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "router/connection_tests.rs"]
mod connection_tests;

#[cfg(test)]
#[path = "router/update_tests.rs"]
mod update_tests;

#[cfg(test)]
#[path = "router/hostile_tests.rs"]
mod hostile_tests;

#[cfg(test)]
#[path = "router/crowded_tests.rs"]
mod crowded_tests;

#[cfg(test)]
#[path = "router/usual_tests.rs"]
mod usual_tests;
