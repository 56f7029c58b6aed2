//! Maps and relations that share with their clones what neither changes.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::ops::{Bound, Deref, DerefMut};

use gateway_model::{ObjectKey, ResourceKind};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

/// An ordered map whose clone costs O(1), and a change to the clone O(log n).
#[derive(Clone, PartialEq)]
pub(super) struct Map<K: Ord, V>(RedBlackTreeMapSync<K, V>);

/// An ordered set likewise.
#[derive(Clone, PartialEq)]
pub(super) struct Set<T: Ord>(RedBlackTreeSetSync<T>);

impl<K: Ord, V> Default for Map<K, V> {
    fn default() -> Self {
        Map(RedBlackTreeMapSync::new_sync())
    }
}

impl<T: Ord> Default for Set<T> {
    fn default() -> Self {
        Set(RedBlackTreeSetSync::new_sync())
    }
}

impl<K: Ord, V> Deref for Map<K, V> {
    type Target = RedBlackTreeMapSync<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K: Ord, V> DerefMut for Map<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T: Ord> Deref for Set<T> {
    type Target = RedBlackTreeSetSync<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Ord> DerefMut for Set<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

// Equal ones look alike, however the tree grew.
impl<K: Ord + Debug, V: Debug> Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

impl<T: Ord + Debug> Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter()).finish()
    }
}

/// Which objects are related to which things: by reference, or by attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Relation(Map<ObjectKey, Set<ObjectKey>>);

/// What is to go from a relation and what is to come, by the thing.
#[derive(Debug, Default)]
pub(super) struct RelationChanges(BTreeMap<ObjectKey, (Vec<ObjectKey>, Vec<ObjectKey>)>);

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
        for (thing, (removed, added)) in changes.0 {
            let mut objects = self.0.get(&thing).cloned().unwrap_or_default();
            // The map lets go of its own, so that nothing is copied which nobody else holds.
            self.0.remove_mut(&thing);
            for object in &removed {
                objects.remove_mut(object);
            }
            added.into_iter().for_each(|object| objects.insert_mut(object));
            if !objects.is_empty() {
                self.0.insert_mut(thing, objects);
            }
        }
    }
}

/// The objects of a kind; keys are ordered by kind first.
pub(super) fn of_kind(objects: &Set<ObjectKey>, kind: ResourceKind) -> impl Iterator<Item = &ObjectKey> {
    let first = ObjectKey { kind, namespace: "".into(), name: "".into() };
    objects.range((Bound::Included(first), Bound::Unbounded)).take_while(move |key| key.kind == kind)
}

/// The objects of the kind and namespace of a key, from that key on.
pub(super) fn of_kind_in(objects: &Set<ObjectKey>, first: ObjectKey) -> impl Iterator<Item = &ObjectKey> {
    let ObjectKey { kind, namespace, .. } = first.clone();
    objects
        .range((Bound::Included(first), Bound::Unbounded))
        .take_while(move |key| key.kind == kind && key.namespace == namespace)
}
