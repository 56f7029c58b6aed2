//! The routes of listeners, laid out for looking up: by port, what is spoken, and hostname.

use std::sync::Arc;

use gateway_model::{EffectiveHostnames, Hostname, ListenerProtocol, ResourceKind, Specificity, effective_hostnames};

use super::bucket::Bucket;
use super::candidate::host_rank;
use super::definition::ListenerInfo;
use super::hosts::{FoldedHost, HostMap};
use crate::options::Options;
use crate::precedence::HostRank;
use crate::request::Transport;
use crate::route::Route;

/// What the listeners of one port serve. Listeners with the same protocol are told apart by hostname.
#[derive(Clone, Debug, Default)]
pub(super) struct PortTables {
    /// Whether requests in plain text are looked up by their host, path and headers as they were sent, with no more
    /// to be asked of the options: so they are at most ports, and the router answers them without another look.
    pub(super) is_usual: bool,
    /// The same of requests over TLS.
    pub(super) is_usual_over_tls: bool,
    pub(super) http: HostMap<Arc<ListenerTable>>,
    pub(super) https: HostMap<Arc<ListenerTable>>,
    pub(super) tls: HostMap<Arc<ListenerTable>>,
    /// The listener of a TLS connection, whatever is spoken in it.
    pub(super) server_names: HostMap<usize>,
    pub(super) tcp: Option<Arc<ListenerTable>>,
    pub(super) udp: Option<Arc<ListenerTable>>,
    /// The port of a Service that is dialled over TCP, and over UDP. The same number may be both.
    pub(super) service: Option<usize>,
    pub(super) udp_service: Option<usize>,
}

/// What is looked for in a connection: the protocol that the routes of a table are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lane {
    Http,
    Https,
    Tls,
    Tcp,
    Udp,
}

impl Lane {
    /// What a listener of a Gateway serves. spec: `Listener.protocol`.
    pub(super) fn of_protocol(protocol: &ListenerProtocol) -> Option<Self> {
        match protocol {
            ListenerProtocol::Http => Some(Lane::Http),
            ListenerProtocol::Https => Some(Lane::Https),
            ListenerProtocol::Tls => Some(Lane::Tls),
            ListenerProtocol::Tcp => Some(Lane::Tcp),
            ListenerProtocol::Udp => Some(Lane::Udp),
            _ => None,
        }
    }

    /// Where routes of a kind are looked for on a listener, if it serves them.
    pub(super) fn of_route(kind: ResourceKind, listener: &ListenerInfo) -> Option<Self> {
        let spoken = Self::of_protocol(listener.protocol())?;
        let wanted = match kind {
            ResourceKind::HttpRoute | ResourceKind::GrpcRoute => Lane::Http,
            ResourceKind::TlsRoute => Lane::Tls,
            ResourceKind::TcpRoute => Lane::Tcp,
            ResourceKind::UdpRoute => Lane::Udp,
            _ => return None,
        };
        let serves = match (listener.service(), spoken) {
            // A Service's port speaks what its routes say; only datagrams are a matter of their own.
            (Some(_), spoken) => (spoken == Lane::Udp) == (wanted == Lane::Udp),
            (None, Lane::Https) => wanted == Lane::Http,
            (None, spoken) => wanted == spoken,
        };
        let lane = if listener.service().is_none() && spoken == Lane::Https { Lane::Https } else { wanted };
        serves.then_some(lane)
    }
}

impl PortTables {
    /// The tables of the listeners of one port. Of two listeners that cannot be told apart the first stays.
    pub(super) fn new(listeners: &[ListenerInfo], tables: Vec<(usize, Lane, ListenerTable)>) -> Self {
        let mut port = PortTables::default();
        let (mut http, mut https, mut tls, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, lane, table) in tables {
            let Some(listener) = listeners.get(index) else { continue };
            let (hostname, table) = (listener.hostname().cloned(), Arc::new(table));
            if matches!(lane, Lane::Https | Lane::Tls) && listener.service().is_none() {
                names.push((hostname.clone(), index));
            }
            match lane {
                Lane::Http => http.push((hostname, table)),
                Lane::Https => https.push((hostname, table)),
                Lane::Tls => tls.push((hostname, table)),
                Lane::Tcp => {
                    port.tcp.get_or_insert(table);
                }
                Lane::Udp => {
                    port.udp.get_or_insert(table);
                }
            }
        }
        port.http = HostMap::new(http);
        port.https = HostMap::new(https);
        port.tls = HostMap::new(tls);
        port.server_names = HostMap::new(names);
        port
    }

    /// Whether a connection with that SNI is for the listener that takes a host, as far as that is clear at a glance:
    /// there is one listener for all, or the SNI is the host, as it nearly always is.
    #[inline]
    pub(super) fn is_for(&self, table: &ListenerTable, host: &FoldedHost<'_>, sni: Option<&str>) -> bool {
        let chosen = match self.server_names.only() {
            Some(only) => Some(only),
            None if sni.is_some_and(|sni| host.is(sni)) => self.server_names.first(host),
            None => None,
        };
        chosen == Some(&table.listener)
    }

    /// The Service's port that a connection dials, in a mesh.
    pub(super) fn service_of(&self, transport: Transport) -> Option<usize> {
        if transport == Transport::Udp { self.udp_service } else { self.service }
    }

    /// Whether a port of a Service is the one that connections dial.
    pub(super) fn serves(&self, index: usize) -> bool {
        self.service == Some(index) || self.udp_service == Some(index)
    }

    /// Makes it the port of a Service. Of two the first stays.
    pub(super) fn place_service(&mut self, index: usize, listener: &ListenerInfo) {
        let place =
            if *listener.protocol() == ListenerProtocol::Udp { &mut self.udp_service } else { &mut self.service };
        place.get_or_insert(index);
    }

    /// Makes the table of a listener what `change` makes of it.
    pub(super) fn alter(
        &mut self,
        index: usize,
        lane: Lane,
        listener: &ListenerInfo,
        change: impl FnOnce(ListenerTable) -> ListenerTable,
    ) {
        let is_service = listener.service().is_some();
        let change = |found: Option<&Arc<ListenerTable>>| match found {
            // Another listener serves in its place.
            Some(table) if table.listener != index => Some(Arc::clone(table)),
            None if !is_service => None,
            found => {
                let table =
                    change(found.map_or_else(|| ListenerTable::new(index), |table| ListenerTable::clone(table)));
                // spec: GEP-1294, route presence: without a route of the kind the port is as if there were none.
                (!is_service || table.routes > 0).then(|| Arc::new(table))
            }
        };
        match lane {
            Lane::Http => self.http.alter(listener.hostname(), change),
            Lane::Https => self.https.alter(listener.hostname(), change),
            Lane::Tls => self.tls.alter(listener.hostname(), change),
            Lane::Tcp => self.tcp = change(self.tcp.as_ref()),
            Lane::Udp => self.udp = change(self.udp.as_ref()),
        }
    }
}

/// The routes of one listener.
#[derive(Clone, Debug)]
pub(crate) struct ListenerTable {
    pub(super) listener: usize,
    /// How many routes are attached, those without a rule among them.
    pub(super) routes: usize,
    /// How many of them have an order that the caller gave.
    pub(super) ordered: usize,
    pub(super) buckets: HostMap<Bucket>,
}

impl ListenerTable {
    pub(super) fn new(listener: usize) -> Self {
        ListenerTable { listener, routes: 0, ordered: 0, buckets: HostMap::default() }
    }

    /// Counts a route that comes or goes.
    pub(super) fn count(&mut self, route: &Route, comes: bool) {
        let ordered = usize::from(route.order() != 0);
        let change = |count: usize, by: usize| if comes { count + by } else { count.saturating_sub(by) };
        (self.routes, self.ordered) = (change(self.routes, 1), change(self.ordered, ordered));
    }

    /// Whether orders that the caller gave may decide.
    #[inline]
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered > 0
    }

    /// Every bucket, whatever its hostname, in no order that means anything.
    pub(crate) fn all_buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.values()
    }
}

/// Shows the hostnames for which a listener serves a route, `None` being every host, and the rank of each.
pub(super) fn for_each_host<'h>(
    listener: &'h ListenerInfo,
    route: &'h Route,
    options: &Options,
    mut each: impl FnMut(Option<&'h Hostname>, HostRank),
) {
    if listener.service().is_some() {
        // spec: GEP-1294, `hostnames` field: nothing is inferred from it.
        return each(None, Specificity::of(None));
    }
    let rank = |hostname: Option<&Hostname>| host_rank(hostname, route, options.precedence_host);
    match effective_hostnames(listener.hostname(), route.hostnames()) {
        EffectiveHostnames::Disjoint => {}
        EffectiveHostnames::Any => each(None, rank(None)),
        EffectiveHostnames::Listed(hostnames) => {
            for hostname in hostnames {
                each(Some(hostname), rank(Some(hostname)));
            }
        }
    }
}
