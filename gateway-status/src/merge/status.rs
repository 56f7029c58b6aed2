//! The statuses of the kinds, each by its fields.

use std::collections::BTreeMap;

use gateway_model::{
    Condition, ConditionSubject, GatewayClassStatus, GatewayStatus, GatewayStatusAddress, Kind, ListenerSetStatus,
    ListenerStatus, Object, ObjectKey, ParentReference, PolicyStatus, ResourceKind, Resources, RouteGroupKind,
    RouteStatus, Stored, XMeshStatus,
};

use super::sealed::Sealed;
use super::{View, conditions, entries};

/// The status of an object, if its kind is that of the spec.
pub(super) fn of<'a, S: Kind>(resources: &'a Resources, object: &ObjectKey) -> Option<&'a S::Status>
where
    Object<S>: Stored,
{
    let kind: ResourceKind = <Object<S> as Stored>::RESOURCE_KIND;
    (object.kind == kind)
        .then(|| resources.get::<Object<S>>(&object.namespace, &object.name))
        .flatten()
        .and_then(|object| object.status.as_ref())
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for GatewayClassStatus {
    fn ours<'a>(&'a self, _: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        Box::new(written(&self.conditions, ConditionSubject::GatewayClass))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let merged = GatewayClassStatus {
            conditions: merge(&self.conditions, &desired.conditions, ConditionSubject::GatewayClass, view),
            supported_features: same_set(&self.supported_features, &desired.supported_features, Clone::clone),
        };
        (merged, Vec::new())
    }

    fn owned(&self) -> Self {
        GatewayClassStatus { conditions: own(&self.conditions, ConditionSubject::GatewayClass), ..self.clone() }
    }
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for XMeshStatus {
    fn ours<'a>(&'a self, _: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        Box::new(written(&self.conditions, ConditionSubject::Mesh))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let merged = XMeshStatus {
            conditions: merge(&self.conditions, &desired.conditions, ConditionSubject::Mesh, view),
            supported_features: same_set(&self.supported_features, &desired.supported_features, Clone::clone),
        };
        (merged, Vec::new())
    }

    fn owned(&self) -> Self {
        XMeshStatus { conditions: own(&self.conditions, ConditionSubject::Mesh), ..self.clone() }
    }
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for GatewayStatus {
    fn ours<'a>(&'a self, _: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        let listeners = self.listeners.iter().flat_map(|l| written(&l.conditions, ConditionSubject::Listener));
        Box::new(written(&self.conditions, ConditionSubject::Gateway).chain(listeners))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let address = |address: &GatewayStatusAddress| {
            (
                address.r#type.clone().map(|kind| kind.to_string()).unwrap_or_else(|| "IPAddress".to_owned()),
                address.value.clone(),
            )
        };
        let merged = GatewayStatus {
            addresses: same_set(&self.addresses, &desired.addresses, address),
            conditions: merge(&self.conditions, &desired.conditions, ConditionSubject::Gateway, view),
            listeners: listeners(&self.listeners, &desired.listeners, ConditionSubject::Listener, view),
            attached_listener_sets: desired.attached_listener_sets,
        };
        (merged, Vec::new())
    }

    fn owned(&self) -> Self {
        GatewayStatus {
            conditions: own(&self.conditions, ConditionSubject::Gateway),
            listeners: own_listeners(&self.listeners, ConditionSubject::Listener),
            ..self.clone()
        }
    }
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for ListenerSetStatus {
    fn ours<'a>(&'a self, _: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        let listeners = self.listeners.iter().flat_map(|l| written(&l.conditions, ConditionSubject::ListenerEntry));
        Box::new(written(&self.conditions, ConditionSubject::ListenerSet).chain(listeners))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let merged = ListenerSetStatus {
            conditions: merge(&self.conditions, &desired.conditions, ConditionSubject::ListenerSet, view),
            listeners: listeners(&self.listeners, &desired.listeners, ConditionSubject::ListenerEntry, view),
        };
        (merged, Vec::new())
    }

    fn owned(&self) -> Self {
        ListenerSetStatus {
            conditions: own(&self.conditions, ConditionSubject::ListenerSet),
            listeners: own_listeners(&self.listeners, ConditionSubject::ListenerEntry),
        }
    }
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for RouteStatus {
    fn ours<'a>(&'a self, view: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        Box::new(entries::ours(&self.parents, view))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let (parents, refused) = entries::merged(&self.parents, &desired.parents, view);
        (RouteStatus { parents }, refused)
    }

    fn owned(&self) -> Self {
        self.clone()
    }
}

#[expect(private_interfaces, reason = "nobody outside can name or call it")]
impl Sealed for PolicyStatus {
    fn ours<'a>(&'a self, view: &'a View<'_>) -> Box<dyn Iterator<Item = &'a Condition> + 'a> {
        Box::new(entries::ours(&self.ancestors, view))
    }

    fn merged(&self, desired: &Self, view: &View<'_>) -> (Self, Vec<ParentReference>) {
        let (ancestors, refused) = entries::merged(&self.ancestors, &desired.ancestors, view);
        (PolicyStatus { ancestors }, refused)
    }

    fn owned(&self) -> Self {
        self.clone()
    }
}

fn written(list: &[Condition], subject: ConditionSubject) -> impl Iterator<Item = &Condition> {
    list.iter().filter(move |condition| conditions::is_ours(subject, condition))
}

fn own(list: &[Condition], subject: ConditionSubject) -> Vec<Condition> {
    written(list, subject).cloned().collect()
}

fn own_listeners(list: &[ListenerStatus], subject: ConditionSubject) -> Vec<ListenerStatus> {
    list.iter()
        .map(|listener| ListenerStatus { conditions: own(&listener.conditions, subject), ..listener.clone() })
        .collect()
}

fn merge(stored: &[Condition], desired: &[Condition], subject: ConditionSubject, view: &View<'_>) -> Vec<Condition> {
    conditions::merged(stored, desired, subject, view.now)
}

/// Listeners, found by name. All of them are ours: who serves the Gateway serves them.
fn listeners(
    stored: &[ListenerStatus],
    desired: &[ListenerStatus],
    subject: ConditionSubject,
    view: &View<'_>,
) -> Vec<ListenerStatus> {
    let mut wanted: BTreeMap<&str, &ListenerStatus> =
        desired.iter().rev().map(|listener| (listener.name.as_str(), listener)).collect();
    let nothing = ListenerStatus::default();
    let update = |before: &ListenerStatus, wanted: &ListenerStatus| ListenerStatus {
        name: wanted.name.clone(),
        supported_kinds: same_kinds(before.supported_kinds.as_deref(), wanted.supported_kinds.as_deref()),
        attached_routes: wanted.attached_routes,
        conditions: merge(&before.conditions, &wanted.conditions, subject, view),
    };
    let mut merged: Vec<ListenerStatus> =
        stored.iter().filter_map(|before| Some(update(before, wanted.remove(before.name.as_str())?))).collect();
    for listener in desired {
        if let Some(listener) = wanted.remove(listener.name.as_str()) {
            merged.push(update(&nothing, listener));
        }
    }
    merged
}

fn same_kinds(stored: Option<&[RouteGroupKind]>, wanted: Option<&[RouteGroupKind]>) -> Option<Vec<RouteGroupKind>> {
    let kind = |kind: &RouteGroupKind| (kind.group().to_owned(), kind.kind.clone());
    match (stored, wanted) {
        (Some(stored), Some(wanted)) => Some(same_set(stored, wanted, kind)),
        (_, wanted) => wanted.map(<[_]>::to_vec),
    }
}

/// What is stored if it holds the same, in whatever order; else what is wanted.
fn same_set<T: Clone, K: Ord>(stored: &[T], wanted: &[T], key: impl Fn(&T) -> K) -> Vec<T> {
    let sorted = |list: &[T]| {
        let mut keys: Vec<K> = list.iter().map(&key).collect();
        keys.sort();
        keys
    };
    if sorted(stored) == sorted(wanted) { stored.to_vec() } else { wanted.to_vec() }
}
