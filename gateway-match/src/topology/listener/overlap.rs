//! TLS listeners on one port whose hosts or certificates overlap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateway_model::{ListenerProtocol, certificate_name_matches};

use super::{ListenerKey, ListenerNode};

/// Marks every TLS listener whose hosts overlap with another's on its port, and every one that has a certificate for
/// names that another's is for.
///
/// spec: `ListenerConditionOverlappingTLSConfig`: all that are involved, and no others. Listeners
/// that serve nothing are not involved. O(listeners × labels of a hostname + names of certificates).
pub(super) fn mark(listeners: &mut [ListenerNode]) {
    let mut by_port: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (index, listener) in listeners.iter().enumerate() {
        let speaks_tls = matches!(listener.protocol, ListenerProtocol::Https | ListenerProtocol::Tls);
        if speaks_tls && listener.fault.is_none() {
            by_port.entry(listener.port).or_default().push(index);
        }
    }
    for indices in by_port.into_values().filter(|indices| indices.len() > 1) {
        for (index, other) in keyed(listeners, overlaps(listeners, &indices)) {
            if let Some(listener) = listeners.get_mut(index) {
                listener.overlap = Some(other);
            }
        }
        for (index, other) in keyed(listeners, certificate_overlaps(listeners, &indices)) {
            if let Some(listener) = listeners.get_mut(index) {
                listener.certificate_overlap = Some(other);
            }
        }
    }
}

fn keyed(listeners: &[ListenerNode], pairs: BTreeMap<usize, usize>) -> Vec<(usize, ListenerKey)> {
    pairs.into_iter().filter_map(|(index, other)| Some((index, listeners.get(other)?.key.clone()))).collect()
}

/// For each listener that overlaps with others, one of those.
fn overlaps(listeners: &[ListenerNode], indices: &[usize]) -> BTreeMap<usize, usize> {
    let host = |index: usize| {
        listeners.get(index).and_then(|listener| listener.hostname.as_ref()).map(|hostname| hostname.as_str())
    };
    let mut found = BTreeMap::new();
    let mut pair = |a: usize, b: usize| {
        found.entry(a).or_insert(b);
        found.entry(b).or_insert(a);
    };
    // A listener without a hostname overlaps with all the others.
    if let Some(every) = indices.iter().copied().find(|index| host(*index).is_none()) {
        indices.iter().copied().filter(|index| *index != every).for_each(|index| pair(every, index));
        return found;
    }
    let mut holders: HashMap<&str, usize> = HashMap::new();
    let mut seen = BTreeSet::new();
    for index in indices.iter().copied() {
        let Some(text) = host(index).filter(|text| seen.insert(*text)) else { continue };
        holders.insert(text, index);
    }
    for index in indices.iter().copied() {
        let Some(text) = host(index) else { continue };
        let plain = text.strip_prefix("*.").unwrap_or(text);
        let mut rest = if text.starts_with("*.") { parent(plain) } else { parent(text) };
        while let Some(domain) = rest {
            if let Some(wildcard) = holders.get(format!("*.{domain}").as_str()) {
                pair(index, *wildcard);
            }
            rest = parent(domain);
        }
    }
    found
}

/// For each listener that has certificates for names of others', one of those.
///
/// What a wildcard in a certificate is good for, [`certificate_name_matches`] says; here is only found which wildcard
/// that may be.
fn certificate_overlaps(listeners: &[ListenerNode], indices: &[usize]) -> BTreeMap<usize, usize> {
    // In the order of the names, so that it is the same one each time.
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in indices.iter().copied() {
        for name in listeners.get(index).into_iter().flat_map(|listener| &listener.certificate_names) {
            holders.entry(name).or_default().push(index);
        }
    }
    let mut found = BTreeMap::new();
    let mut pair = |a: usize, b: usize| {
        found.entry(a).or_insert(b);
        found.entry(b).or_insert(a);
    };
    for (name, own) in &holders {
        if let Some((first, others)) = own.split_first() {
            others.iter().for_each(|other| pair(*first, *other));
        }
        // Those that have the same wildcard are paired with each other, so that one of them will do.
        let wildcard = parent(name).map(|domain| format!("*.{domain}"));
        let wildcard = wildcard.filter(|wildcard| certificate_name_matches(wildcard, name));
        let of_wildcard = wildcard.and_then(|wildcard| holders.get(wildcard.as_str()));
        for index in own {
            if let Some(other) = of_wildcard.and_then(|holders| holders.iter().find(|other| *other != index)) {
                pair(*index, *other);
            }
        }
    }
    found
}

/// The domain without its first label.
fn parent(domain: &str) -> Option<&str> {
    domain.split_once('.').map(|(_, rest)| rest)
}
