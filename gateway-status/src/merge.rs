//! What is stored and what should be there into the smallest correct write, or none.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_match::Overflow;
use gateway_model::{
    Condition, GatewayClassStatus, GatewayStatus, ListenerSetStatus, ObjectKey, ParentReference, PolicyStatus,
    Resources, RouteStatus, Timestamp, XMeshStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod conditions;
mod entries;
mod status;

#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod tests;

/// The largest number of entries of one route's status. spec: `RouteStatus.parents`.
pub const MAX_PARENTS: usize = 32;
/// The largest number of entries of one policy's status. spec: `PolicyStatus.ancestors`.
pub const MAX_ANCESTORS: usize = 16;
/// The largest number of conditions in one place. spec: `RouteParentStatus.conditions` and its like.
pub const MAX_CONDITIONS: usize = 8;
/// The largest size of a message, in bytes. spec: `metav1.Condition.message`.
pub const MAX_MESSAGE: usize = 32 * 1024;

/// What a status should hold of ours, computed from one view of the cluster.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Desired<S> {
    /// The object.
    pub object: ObjectKey,
    /// The generation of the object that was looked at.
    pub generation: Option<i64>,
    /// Whose entries are ours.
    pub controllers: Controllers,
    /// Our part of the status. Times of transition are empty: they depend on what is stored.
    pub status: S,
    /// What happens to entries for which a list has no room. spec: `PolicyStatus.ancestors`: none may be
    /// added, and what they would have said must be signalled elsewhere: [`refused`] tells which they are.
    pub overflow: Overflow,
}

/// The controllerNames that are ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controllers(Arc<BTreeSet<String>>);

impl Controllers {
    /// Whether entries of that controllerName are ours.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

impl<T: Into<String>> FromIterator<T> for Controllers {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Controllers(Arc::new(names.into_iter().map(Into::into).collect()))
    }
}

impl<S> Desired<S> {
    /// What should be there, of an object without anything stored yet.
    pub fn new(object: ObjectKey, generation: Option<i64>, controllers: Controllers, status: S) -> Self {
        Desired { object, generation, controllers, status, overflow: Overflow::default() }
    }
}

/// A status that can be merged. Sealed: the kinds are the specification's.
pub trait Status:
    Clone + std::fmt::Debug + Default + PartialEq + Serialize + DeserializeOwned + sealed::Sealed
{
    /// The status that is stored for an object, if it is of such a kind and has one.
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self>;
}

mod sealed {
    use super::{Condition, ParentReference, View};

    pub trait Sealed: Sized {
        /// The conditions that controllers of the view are responsible for.
        #[expect(private_interfaces, reason = "nobody outside can name or call it")]
        fn ours<'a>(&'a self, view: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a>;

        /// The merged status, and the references of entries that found no room.
        #[expect(private_interfaces, reason = "nobody outside can name or call it")]
        fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>);

        /// Our part alone, for a server-side apply; lists that are applied as a whole stay whole.
        fn owned(&self) -> Self;
    }
}

/// From where a status is written.
struct View<'a> {
    controllers: &'a Controllers,
    namespace: &'a str,
    now: &'a Timestamp,
    overflow: Overflow,
}

/// The status to write, or `None` if what is stored says the same already.
///
/// - Entries are found by reference and controllerName. Those of other controllers stay as they are,
///   in their places; ours that nothing asks for any more go; new ones come last.
/// - Conditions are found by type. Types with a domain before their names, and those that the
///   specification deprecates or reserves, are not ours: they stay.
/// - `lastTransitionTime` is `now` where a status changes or a condition is new, and stays otherwise;
///   reason, message and observedGeneration change without it.
/// - Where a condition of ours has seen a newer generation than `desired` has, nothing is written:
///   the view is stale, and what replaces it is on its way.
/// - Orders of lists mean nothing, and stay as they are stored.
/// - Limits hold: see [`Overflow`]. Conditions of others come before ours where there is room for
///   eight only, and long messages are cut.
///
/// Two controllers that merge in turn end at one status and stop writing, and merging twice is
/// merging once.
///
/// ```
/// use gateway_model::{ObjectKey, ParentReference, ResourceKind, RouteParentStatus, RouteStatus, Timestamp, legal};
/// use gateway_status::{Controllers, Desired, merge};
///
/// let accepted = legal!(Route, Accepted, True, Accepted).with_message("attached to 1 listener", Some(1));
/// let desired = Desired::new(
///     ObjectKey::new(ResourceKind::HttpRoute, "shop", "cart"),
///     Some(1),
///     Controllers::from_iter(["example.com/ours"]),
///     RouteStatus { parents: vec![RouteParentStatus {
///         parent_ref: ParentReference::gateway("public"),
///         controller_name: "example.com/ours".to_owned(),
///         conditions: vec![accepted],
///         ..RouteParentStatus::default()
///     }] },
/// );
/// let written = merge(None, &desired, &Timestamp::new("2026-01-01T00:00:00Z")).unwrap();
/// assert_eq!(written.parents[0].conditions[0].last_transition_time.as_str(), "2026-01-01T00:00:00Z");
/// assert_eq!(merge(Some(&written), &desired, &Timestamp::new("2026-01-02T00:00:00Z")), None);
/// ```
///
/// O(entries × conditions), in the number of entries n log n.
pub fn merge<S: Status>(stored: Option<&S>, desired: &Desired<S>, now: &Timestamp) -> Option<S> {
    let view = desired.view(now);
    let nothing = S::default();
    let before = stored.unwrap_or(&nothing);
    let is_stale = |condition: &Condition| {
        desired.generation.zip(condition.observed_generation).is_some_and(|(ours, theirs)| theirs > ours)
    };
    if before.ours(&view).any(is_stale) {
        return None;
    }
    let (merged, _) = before.merged(&desired.status, &view);
    (stored != Some(&merged) && !(stored.is_none() && merged == nothing)).then_some(merged)
}

/// The references of entries that `merge` leaves out, because the list is full.
///
/// spec: `PolicyStatus.ancestors`: the policy, or route, must not take effect for those, which is to
/// be said on the objects that the references lead to.
pub fn refused<S: Status>(stored: Option<&S>, desired: &Desired<S>) -> Vec<ParentReference> {
    let now = Timestamp::default();
    stored.unwrap_or(&S::default()).merged(&desired.status, &desired.view(&now)).1
}

/// Our part of a status that [`merge`] made: what a server-side apply sends.
pub(crate) fn owned<S: Status>(status: &S) -> S {
    status.owned()
}

impl<S> Desired<S> {
    fn view<'a>(&'a self, now: &'a Timestamp) -> View<'a> {
        View { controllers: &self.controllers, namespace: &self.object.namespace, now, overflow: self.overflow }
    }
}

impl Status for GatewayClassStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::GatewayClassSpec>(resources, object)
    }
}

impl Status for GatewayStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::GatewaySpec>(resources, object)
    }
}

impl Status for ListenerSetStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::ListenerSetSpec>(resources, object)
    }
}

impl Status for XMeshStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::XMeshSpec>(resources, object)
    }
}

impl Status for RouteStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::HttpRouteSpec>(resources, object)
            .or_else(|| status::of::<gateway_model::GrpcRouteSpec>(resources, object))
            .or_else(|| status::of::<gateway_model::TlsRouteSpec>(resources, object))
            .or_else(|| status::of::<gateway_model::TcpRouteSpec>(resources, object))
            .or_else(|| status::of::<gateway_model::UdpRouteSpec>(resources, object))
    }
}

impl Status for PolicyStatus {
    fn stored<'a>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a Self> {
        status::of::<gateway_model::BackendTlsPolicySpec>(resources, object)
            .or_else(|| status::of::<gateway_model::XBackendTrafficPolicySpec>(resources, object))
    }
}
