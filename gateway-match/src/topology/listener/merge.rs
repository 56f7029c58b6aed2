//! The listeners of a Gateway and of its sets as one list, with the conflicts among them.

use std::collections::BTreeMap;
use std::ops::Range;

use gateway_model::{Feature, Hostname, ListenerProtocol, ListenerSet, ObjectKey, TlsMode};

use super::resolve::ListenerResolver;
use super::{ListenerFault, ListenerNode};
use crate::options::MixedTls;
use crate::precedence::{Created, SlashName};
use crate::topology::hosts::Hosts;
use crate::topology::{created, listener_set_key};

/// The effective listeners, and which of them each source has.
///
/// spec: GEP-1713: the Gateway's come first, then those of the oldest set, then by `namespace/name`.
/// A listener that conflicts with one of an earlier source loses to it and drops out. Within one
/// source no winner may be picked: all that conflict lose (`GatewaySpec.listeners`, handling
/// indistinct Listeners). Those of sets that come after the limit drop out last.
pub(super) fn merge_listeners(
    resolver: &ListenerResolver<'_>,
    mut sets: Vec<&ListenerSet>,
) -> (Vec<ListenerNode>, BTreeMap<ObjectKey, Range<usize>>) {
    sets.sort_by_cached_key(|set| {
        (created(*set).map_or(Created::Unknown, Created::At), SlashName::new(set.namespace(), set.name()))
    });
    let own = (resolver.key.clone(), resolver.gateway.spec.listeners.as_slice());
    let of_sets = sets.into_iter().map(|set| (listener_set_key(set), set.spec.listeners.as_slice()));
    let sharing = Sharing {
        mixes_modes: resolver.profile.supports(Feature::TlsRouteModeMixed),
        mixed_tls: resolver.profile.options.mixed_tls,
    };
    let mut merged: Vec<ListenerNode> = Vec::new();
    let mut sources = BTreeMap::new();
    let mut holders = Holders::default();
    let limit = resolver.profile.listener_limit.unwrap_or(usize::MAX);
    let mut held = 0_usize;
    for (source, listeners) in std::iter::once(own).chain(of_sets) {
        let start = merged.len();
        let mut nodes: Vec<ListenerNode> =
            listeners.iter().map(|listener| resolver.resolve(&source, listener)).collect();
        let mut own = Holders::default();
        for node in nodes.iter_mut().filter(|node| may_conflict(node)) {
            lose(node, holders.conflict(node, false, sharing));
        }
        nodes.iter().filter(|node| may_conflict(node)).for_each(|node| own.add(node));
        for node in nodes.iter_mut().filter(|node| may_conflict(node)) {
            lose(node, own.conflict(node, true, sharing));
        }
        for node in nodes.iter_mut().filter(|node| may_conflict(node)) {
            if held >= limit && source != *resolver.key {
                node.fault = Some(ListenerFault::TooMany);
            } else {
                held += 1;
                holders.add(node);
            }
        }
        merged.extend(nodes);
        sources.insert(source, start..merged.len());
    }
    (merged, sources)
}

/// Whether a listener holds its place: one that is wrong in itself does not, but for one that lacks
/// an authority, which can be mended without the listener.
fn may_conflict(node: &ListenerNode) -> bool {
    matches!(node.fault, None | Some(ListenerFault::NoAuthority))
}

fn lose(node: &mut ListenerNode, conflict: Option<ListenerFault>) {
    // spec: the conformance suite wants no supported kind where the modes of TLS conflict.
    if conflict == Some(ListenerFault::TlsModeConflict) {
        node.kinds.clear();
    }
    if conflict.is_some() {
        node.fault = conflict;
    }
}

/// What may share a port beyond what every implementation must tell apart.
#[derive(Clone, Copy)]
struct Sharing {
    /// TLS listeners of both modes.
    mixes_modes: bool,
    /// HTTPS beside TLS.
    mixed_tls: MixedTls,
}

/// Who holds which port, protocol and hostname: how many listeners of each.
#[derive(Default)]
struct Holders {
    by_protocol: BTreeMap<(i32, ListenerProtocol), usize>,
    by_mode: BTreeMap<(i32, TlsMode), usize>,
    by_hostname: BTreeMap<(i32, ListenerProtocol, Option<Hostname>), usize>,
    hosts: BTreeMap<(i32, ListenerProtocol), Hosts>,
}

impl Holders {
    fn add(&mut self, node: &ListenerNode) {
        let (port, protocol, hostname) = place(node);
        *self.by_protocol.entry((port, protocol.clone())).or_default() += 1;
        if let Some(mode) = tls_mode(node) {
            *self.by_mode.entry((port, mode)).or_default() += 1;
        }
        let hosts = self.hosts.entry((port, protocol.clone())).or_default();
        hosts.add(hostname.as_ref().map(std::slice::from_ref));
        *self.by_hostname.entry((port, protocol, hostname)).or_default() += 1;
    }

    /// Whether a listener conflicts with one of the holders, of which it may be one itself.
    ///
    /// spec: `GatewaySpec.listeners`, distinct Listeners; GEP-2643 to 2645. HTTP, HTTPS and TLS
    /// share a port with their like by hostname; TCP and UDP do not share it with their like; TCP
    /// shares it with none of the others, plain HTTP not with HTTPS or TLS; HTTPS and TLS share it
    /// unless their hostnames are equal (an SNI could not tell them apart), or as [`MixedTls`] says.
    /// TLS listeners of both modes share it where `TLSRouteModeMixed` is supported.
    fn conflict(&self, node: &ListenerNode, itself: bool, sharing: Sharing) -> Option<ListenerFault> {
        use ListenerProtocol::{Http, Https, Tcp, Tls, Udp};
        let (port, protocol, hostname) = place(node);
        let held = |other: &ListenerProtocol| self.by_protocol.get(&(port, other.clone())).copied().unwrap_or(0);
        let held_with_hostname = |other: &ListenerProtocol| {
            self.by_hostname.get(&(port, other.clone(), hostname.clone())).copied().unwrap_or(0)
        };
        let meets = |other: &ListenerProtocol| match sharing.mixed_tls {
            MixedTls::MostSpecific => held_with_hostname(other) > 0,
            MixedTls::RejectOverlap => self
                .hosts
                .get(&(port, other.clone()))
                .is_some_and(|hosts| hosts.meet(hostname.as_ref().map(std::slice::from_ref))),
            MixedTls::RejectMixed => held(other) > 0,
        };
        let itself = usize::from(itself);
        let protocol_conflict = match &protocol {
            Tcp => held(&Tcp) > itself || [Http, Https, Tls].iter().any(|other| held(other) > 0),
            Udp => held(&Udp) > itself,
            Http => [Tcp, Https, Tls].iter().any(|other| held(other) > 0),
            Https => held(&Tcp) > 0 || held(&Http) > 0 || meets(&Tls),
            Tls => held(&Tcp) > 0 || held(&Http) > 0 || meets(&Https),
            _ => false,
        };
        if protocol_conflict {
            return Some(ListenerFault::ProtocolConflict);
        }
        if !sharing.mixes_modes
            && let Some(mode) = tls_mode(node)
            && TlsMode::KNOWN.iter().any(|other| *other != mode && self.by_mode.contains_key(&(port, other.clone())))
        {
            return Some(ListenerFault::TlsModeConflict);
        }
        (held_with_hostname(&protocol) > itself).then_some(ListenerFault::HostnameConflict)
    }
}

/// The mode of a TLS listener; HTTPS listeners have but one.
fn tls_mode(node: &ListenerNode) -> Option<TlsMode> {
    node.tls_mode.clone().filter(|_| node.protocol == ListenerProtocol::Tls)
}

fn place(node: &ListenerNode) -> (i32, ListenerProtocol, Option<Hostname>) {
    (node.port, node.protocol.clone(), node.hostname.as_ref().and_then(|hostname| hostname.valid().cloned()))
}
