//! TLS listeners on one port whose hosts overlap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateway_model::ListenerProtocol;

use super::{ListenerKey, ListenerNode};

/// Marks every TLS listener whose hosts overlap with another's on its port.
///
/// spec: `ListenerConditionOverlappingTLSConfig`: all that are involved, and no others. Listeners
/// that serve nothing are not involved. O(listeners × labels of a hostname).
pub(super) fn mark(listeners: &mut [ListenerNode]) {
    let mut by_port: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (index, listener) in listeners.iter().enumerate() {
        let speaks_tls = matches!(listener.protocol, ListenerProtocol::Https | ListenerProtocol::Tls);
        if speaks_tls && listener.fault.is_none() {
            by_port.entry(listener.port).or_default().push(index);
        }
    }
    for indices in by_port.into_values().filter(|indices| indices.len() > 1) {
        let pairs = overlaps(listeners, &indices);
        let keys: Vec<(usize, ListenerKey)> =
            pairs.into_iter().filter_map(|(index, other)| Some((index, listeners.get(other)?.key.clone()))).collect();
        for (index, key) in keys {
            if let Some(listener) = listeners.get_mut(index) {
                listener.overlap = Some(key);
            }
        }
    }
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

/// The domain without its first label.
fn parent(domain: &str) -> Option<&str> {
    domain.split_once('.').map(|(_, rest)| rest)
}
