//! What is left of a route's hostnames on a listener.

use std::collections::BTreeSet;

use super::Hostname;

/// The hosts that a route serves on a listener, as far as hostnames decide.
///
/// That a route serves every host and that it serves none are different answers, so they are different variants and
/// not an empty list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectiveHostnames<'a> {
    /// Neither the listener nor the route restricts the host.
    Any,
    /// Hosts that one of these matches. Never empty, without duplicates; one may cover another.
    Listed(Vec<&'a Hostname>),
    /// Both restrict the host and no host satisfies both: the route does not attach to the listener.
    Disjoint,
}

/// Whether there is a host that a listener and a route both serve, as far as hostnames decide: whether
/// [`effective_hostnames`] are not disjoint. O(n) comparisons for n hostnames of the route, no allocation.
///
/// ```
/// use gateway_model::{Hostname, hostnames_meet};
///
/// let listener = Hostname::parse("*.example.com")?;
/// assert!(hostnames_meet(Some(&listener), &[]));
/// assert!(!hostnames_meet(Some(&listener), &[Hostname::parse("a.example.net")?]));
/// # Ok::<(), gateway_model::HostnameError>(())
/// ```
pub fn hostnames_meet<'a>(listener: Option<&'a Hostname>, route: impl IntoIterator<Item = &'a Hostname>) -> bool {
    let mut route = route.into_iter().peekable();
    let Some(listener) = listener.filter(|_| route.peek().is_some()) else { return true };
    route.any(|hostname| listener.intersect(hostname).is_some())
}

impl EffectiveHostnames<'_> {
    /// Whether a request for `host` is among them; see [`Hostname::matches`]. O(hostnames × host), no allocation.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            EffectiveHostnames::Any => true,
            EffectiveHostnames::Listed(hostnames) => hostnames.iter().any(|hostname| hostname.matches(host)),
            EffectiveHostnames::Disjoint => false,
        }
    }
}

/// The effective hostnames of a route on a listener: what DNS records and certificates are needed for, and what the
/// data plane serves.
///
/// spec: `HTTPRouteSpec.hostnames` (and the same field of GRPCRoute and TLSRoute), `Listener.hostname`.
///
/// - Without a hostname on the listener they are the route's.
/// - Without hostnames on the route they are the listener's.
/// - With both they are all [intersections](Hostname::intersect) that are not empty; hostnames of the route that do
///   not intersect are ignored.
///
/// They come in the route's order, each once. Which of them wins for a request is the matter of
/// [`Specificity`](super::Specificity); the route's own hostname behind an effective one is any that
/// [covers](Hostname::covers) it.
///
/// A route whose hostnames are all malformed is not a route without hostnames: do not hand in what is left after
/// dropping the malformed ones if that is nothing, because it would serve every host of the listener.
///
/// O(n log n) comparisons for n hostnames of the route.
///
/// ```
/// use gateway_model::{EffectiveHostnames, Hostname, effective_hostnames};
///
/// let listener = Hostname::parse("*.example.com")?;
/// let route = ["a.example.com", "example.net", "*.com"].map(|text| Hostname::parse(text).unwrap());
/// assert_eq!(
///     effective_hostnames(Some(&listener), &route),
///     EffectiveHostnames::Listed(vec![&route[0], &listener]),
/// );
/// assert_eq!(effective_hostnames(Some(&listener), &route[1..2]), EffectiveHostnames::Disjoint);
/// assert_eq!(effective_hostnames(None, &[]), EffectiveHostnames::Any);
/// # Ok::<(), gateway_model::HostnameError>(())
/// ```
pub fn effective_hostnames<'a>(
    listener: Option<&'a Hostname>,
    route: impl IntoIterator<Item = &'a Hostname>,
) -> EffectiveHostnames<'a> {
    let mut route = route.into_iter().peekable();
    if route.peek().is_none() {
        return match listener {
            None => EffectiveHostnames::Any,
            Some(hostname) => EffectiveHostnames::Listed(vec![hostname]),
        };
    }
    let mut seen = BTreeSet::new();
    // Most routes have one hostname, and most of the others few.
    let (_, most) = route.size_hint();
    let is_alone = most == Some(1);
    let listed: Vec<_> = route
        .filter_map(|hostname| match listener {
            None => Some(hostname),
            Some(listener) => listener.intersect(hostname),
        })
        .filter(|&hostname| is_alone || seen.insert(hostname))
        .collect();
    if listed.is_empty() { EffectiveHostnames::Disjoint } else { EffectiveHostnames::Listed(listed) }
}
