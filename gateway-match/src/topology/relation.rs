//! Relations between objects.

use std::collections::HashMap;

use gateway_model::{ObjectKey, ResourceKind};

use super::parts::{Map, Set};

/// Which objects are related to which things: by reference, or by attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Relation(Map<ObjectKey, Set<ObjectKey>>);

/// What is to go from a relation and what is to come, by the thing.
#[derive(Debug, Default)]
pub(super) struct RelationChanges(HashMap<ObjectKey, (Vec<ObjectKey>, Vec<ObjectKey>)>);

impl RelationChanges {
    pub(super) fn remove(&mut self, of: ObjectKey, object: ObjectKey) {
        self.0.entry(of).or_default().0.push(object);
    }

    pub(super) fn add(&mut self, of: ObjectKey, object: ObjectKey) {
        self.0.entry(of).or_default().1.push(object);
    }
}

impl Relation {
    /// What is related to a thing, in order.
    pub(super) fn of(&self, thing: &ObjectKey) -> impl Iterator<Item = &ObjectKey> + use<'_> {
        self.0.get(thing).into_iter().flat_map(|objects| objects.iter())
    }

    /// Those of a kind. O(log n + found).
    pub(super) fn of_kind(&self, thing: &ObjectKey, kind: ResourceKind) -> impl Iterator<Item = &ObjectKey> + use<'_> {
        self.0.get(thing).into_iter().flat_map(move |objects| of_kind(objects, kind))
    }

    /// Those of a kind in a namespace. O(log n + found).
    pub(super) fn of_kind_in(
        &self,
        thing: &ObjectKey,
        kind: ResourceKind,
        namespace: &str,
    ) -> impl Iterator<Item = &ObjectKey> + use<'_> {
        let first = ObjectKey::new(kind, namespace, "");
        self.0.get(thing).into_iter().flat_map(move |objects| of_kind_in(objects, first.clone()))
    }

    /// Makes changes. O(changes × log n).
    pub(super) fn change(&mut self, changes: RelationChanges) {
        let mut changes: Vec<_> = changes.0.into_iter().collect();
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (thing, (removed, added)) in changes {
            let mut objects = self.0.get(&thing).cloned().unwrap_or_default();
            // The map lets go of its own, so that nothing is copied which nobody else holds.
            self.0.remove(&thing);
            for object in &removed {
                objects.remove(object);
            }
            added.into_iter().for_each(|object| objects.insert(object));
            if !objects.is_empty() {
                self.0.insert(thing, objects);
            }
        }
    }
}

/// The objects of a kind; keys are ordered by kind first.
pub(super) fn of_kind(objects: &Set<ObjectKey>, kind: ResourceKind) -> impl Iterator<Item = &ObjectKey> {
    let first = ObjectKey { kind, namespace: "".into(), name: "".into() };
    objects.starting(&first).take_while(move |key| key.kind == kind)
}

/// The objects of the kind and namespace of a key, from that key on.
pub(super) fn of_kind_in(objects: &Set<ObjectKey>, first: ObjectKey) -> impl Iterator<Item = &ObjectKey> {
    let ObjectKey { kind, namespace, .. } = first.clone();
    objects.starting(&first).take_while(move |key| key.kind == kind && key.namespace == namespace)
}
