//! The routes of listeners, laid out for looking up: by port, what is spoken, and hostname.

use std::cmp::Reverse;

use gateway_model::{EffectiveHostnames, Hostname, ListenerProtocol, ResourceKind, Specificity, effective_hostnames};

use super::definition::ListenerInfo;
use super::hosts::HostMap;
use crate::options::{PrecedenceHost, Profile};
use crate::precedence::{HostRank, MatchRank, TargetRank};
use crate::request::Transport;
use crate::route::Route;

/// What the listeners of one port serve. Listeners with the same protocol are told apart by hostname.
#[derive(Clone, Debug, Default)]
pub(super) struct PortTables {
    pub(super) http: HostMap<ListenerTable>,
    pub(super) https: HostMap<ListenerTable>,
    pub(super) tls: HostMap<ListenerTable>,
    /// The listener of a TLS connection, whatever is spoken in it.
    pub(super) server_names: HostMap<usize>,
    pub(super) tcp: Option<ListenerTable>,
    pub(super) udp: Option<ListenerTable>,
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
    /// The Service's port that a connection dials, in a mesh.
    pub(super) fn service_of(&self, transport: Transport) -> Option<usize> {
        if transport == Transport::Udp { self.udp_service } else { self.service }
    }

    /// Makes it the port of a Service. Of two the first stays.
    pub(super) fn place_service(&mut self, index: usize, listener: &ListenerInfo) {
        let place =
            if *listener.protocol() == ListenerProtocol::Udp { &mut self.udp_service } else { &mut self.service };
        place.get_or_insert(index);
    }

    /// Puts a table in its place. Of two listeners that cannot be told apart the first stays.
    pub(super) fn place(&mut self, lane: Lane, listener: &ListenerInfo, table: ListenerTable) {
        let index = table.listener;
        match lane {
            Lane::Http => {
                self.http.entry(listener.hostname(), || table);
            }
            Lane::Https => {
                self.https.entry(listener.hostname(), || table);
            }
            Lane::Tls => {
                self.tls.entry(listener.hostname(), || table);
            }
            Lane::Tcp => {
                self.tcp.get_or_insert(table);
            }
            Lane::Udp => {
                self.udp.get_or_insert(table);
            }
        }
        if matches!(lane, Lane::Https | Lane::Tls) {
            self.server_names.entry(listener.hostname(), || index);
        }
    }
}

/// The routes of one listener.
#[derive(Clone, Debug)]
pub(crate) struct ListenerTable {
    pub(super) listener: usize,
    pub(super) buckets: HostMap<Bucket>,
}

/// The matches of one effective hostname of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) hostname: Option<Hostname>,
    /// The greatest rank first.
    pub(crate) candidates: Vec<Candidate>,
    /// The greatest rank of a hostname among them, and among those that are not for gRPC calls.
    best_host: Option<HostRank>,
    best_host_for_http: Option<HostRank>,
}

/// One match of one rule for one effective hostname.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) rank: MatchRank,
    pub(crate) slot: usize,
    pub(crate) item: usize,
}

impl ListenerTable {
    pub(super) fn new(listener: usize) -> Self {
        ListenerTable { listener, buckets: HostMap::default() }
    }

    /// Adds the matches of a route, whose rules begin at a slot.
    pub(super) fn attach(&mut self, listener: &ListenerInfo, route: &Route, first_slot: usize, profile: &Profile) {
        if listener.service().is_some() {
            // spec: GEP-1294, `hostnames` field: nothing is inferred from it.
            return self.add(None, Specificity::of(None), route, first_slot, profile);
        }
        let rank = |hostname: Option<&Hostname>| host_rank(hostname, route, profile.options.precedence_host);
        match effective_hostnames(listener.hostname(), route.hostnames()) {
            EffectiveHostnames::Disjoint => {}
            EffectiveHostnames::Any => self.add(None, rank(None), route, first_slot, profile),
            EffectiveHostnames::Listed(hostnames) => {
                for hostname in hostnames {
                    self.add(Some(hostname), rank(Some(hostname)), route, first_slot, profile);
                }
            }
        }
    }

    fn add(
        &mut self,
        hostname: Option<&Hostname>,
        host: HostRank,
        route: &Route,
        first_slot: usize,
        profile: &Profile,
    ) {
        let bucket = self.buckets.entry(hostname, || Bucket {
            hostname: hostname.cloned(),
            candidates: Vec::new(),
            best_host: None,
            best_host_for_http: None,
        });
        for (offset, rule) in route.shared_rules().iter().enumerate() {
            for (item, condition) in rule.conditions().iter().enumerate() {
                let rank = MatchRank {
                    explicit: route.order(),
                    host,
                    target: condition.target_rank(&profile.options),
                    headers: condition.header_count(),
                    query_params: condition.query_count(),
                    age: Reverse(route.created()),
                    name: Reverse(route.slash_name().clone()),
                    rule: Reverse(position(rule.index())),
                    item: Reverse(position(item)),
                };
                bucket.candidates.push(Candidate { rank, slot: first_slot + offset, item });
            }
        }
    }

    /// Puts the matches in their order, once all are there.
    pub(super) fn settle(&mut self) {
        self.buckets.values_mut().for_each(Bucket::settle);
    }

    /// Every bucket, whatever its hostname, in no order that means anything.
    pub(crate) fn all_buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.values()
    }
}

impl Bucket {
    /// The greatest rank of a hostname among the matches that a request may meet.
    pub(super) fn best_host(&self, is_call: bool) -> Option<HostRank> {
        if is_call { self.best_host } else { self.best_host_for_http }
    }

    fn settle(&mut self) {
        self.candidates.sort_by(|a, b| b.rank.cmp(&a.rank));
        let ranks = || self.candidates.iter().map(|candidate| &candidate.rank);
        self.best_host = ranks().map(|rank| rank.host).max();
        let for_calls = |rank: &&MatchRank| matches!(rank.target, TargetRank::Grpc { .. });
        self.best_host_for_http = ranks().filter(|rank| !for_calls(rank)).map(|rank| rank.host).max();
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
