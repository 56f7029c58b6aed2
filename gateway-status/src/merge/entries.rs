//! Entries of parents and ancestors, found by reference and controllerName.

use std::collections::{BTreeMap, BTreeSet};

use gateway_match::Overflow;
use gateway_model::{Condition, ConditionSubject, ParentReference, PolicyAncestorStatus, RouteParentStatus};

use super::{View, conditions};

/// An entry of `parents` or of `ancestors`.
pub(super) trait Entry: Clone {
    const SUBJECT: ConditionSubject;
    const MAX: usize;
    fn reference(&self) -> &ParentReference;
    fn controller(&self) -> &str;
    fn conditions(&self) -> &[Condition];
    fn conditions_mut(&mut self) -> &mut Vec<Condition>;
}

impl Entry for RouteParentStatus {
    const SUBJECT: ConditionSubject = ConditionSubject::Route;
    const MAX: usize = super::MAX_PARENTS;

    fn reference(&self) -> &ParentReference {
        &self.parent_ref
    }

    fn controller(&self) -> &str {
        &self.controller_name
    }

    fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    fn conditions_mut(&mut self) -> &mut Vec<Condition> {
        &mut self.conditions
    }
}

impl Entry for PolicyAncestorStatus {
    const SUBJECT: ConditionSubject = ConditionSubject::Policy;
    const MAX: usize = super::MAX_ANCESTORS;

    fn reference(&self) -> &ParentReference {
        &self.ancestor_ref
    }

    fn controller(&self) -> &str {
        &self.controller_name
    }

    fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    fn conditions_mut(&mut self) -> &mut Vec<Condition> {
        &mut self.conditions
    }
}

/// The conditions of our entries that are ours.
pub(super) fn ours<'a, E: Entry>(entries: &'a [E], view: &'a View<'_>) -> impl Iterator<Item = &'a Condition> + 'a {
    entries
        .iter()
        .filter(|entry| view.controllers.contains(entry.controller()))
        .flat_map(Entry::conditions)
        .filter(|condition| conditions::is_ours(E::SUBJECT, condition))
}

/// What is stored with what is wanted in its place, and what found no room; see [`merge`](super::merge).
pub(super) fn merged<E: Entry>(stored: &[E], desired: &[E], view: &View<'_>) -> (Vec<E>, Vec<ParentReference>) {
    let mut wanted: BTreeMap<Key<'_>, &E> = BTreeMap::new();
    for entry in desired {
        wanted.entry(Key::of(entry, view.namespace)).or_insert(entry);
    }
    // What stays: foreign entries, and ours that are still wanted, each once.
    let mut kept: BTreeSet<Key<'_>> = BTreeSet::new();
    let staying: Vec<(&E, Option<&E>)> = stored
        .iter()
        .filter_map(|entry| {
            if !view.controllers.contains(entry.controller()) {
                return Some((entry, None));
            }
            let key = Key::of(entry, view.namespace);
            let target = *wanted.get(&key)?;
            kept.insert(key).then_some((entry, Some(target)))
        })
        .collect();
    let mut new: Vec<&E> = Vec::new();
    for entry in desired {
        if kept.insert(Key::of(entry, view.namespace)) {
            new.push(entry);
        }
    }
    let room = E::MAX.saturating_sub(staying.len()).min(new.len());
    let (fitting, refused) = new.split_at_checked(room).unwrap_or((&new, &[]));
    let refused: Vec<ParentReference> = refused.iter().map(|entry| entry.reference().clone()).collect();

    let before = staying.into_iter().map(|(entry, target)| (Some(entry), target));
    let mut entries: Vec<(Option<&E>, Option<E>)> = before
        .chain(fitting.iter().map(|entry| (None, Some(*entry))))
        .map(|(entry, target)| (entry, target.cloned()))
        .collect();
    if view.overflow == Overflow::Aggregate
        && !refused.is_empty()
        && let Some(last) = entries.iter_mut().rev().find_map(|(_, target)| target.as_mut())
    {
        name_refused(last, &refused);
    }
    let merged = entries
        .into_iter()
        .filter_map(|(entry, target)| match (entry, target) {
            (Some(entry), None) => Some(entry.clone()),
            (entry, Some(mut target)) => {
                let stored = entry.map(Entry::conditions).unwrap_or_default();
                let list = conditions::merged(stored, target.conditions(), E::SUBJECT, view.now);
                *target.conditions_mut() = list;
                Some(target)
            }
            (None, None) => None,
        })
        .collect();
    (merged, refused)
}

/// The last entry that is ours speaks for those that found no room.
fn name_refused<E: Entry>(entry: &mut E, refused: &[ParentReference]) {
    let names: Vec<&str> = refused.iter().map(|reference| reference.name.as_str()).collect();
    if let Some(condition) = entry.conditions_mut().first_mut() {
        condition.message.push_str(&format!("; the status has no room for {}", names.join(", ")));
    }
}

/// What an entry is found by, with the defaults of the reference resolved.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    controller: &'a str,
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    section: Option<&'a str>,
    port: Option<i32>,
}

impl<'a> Key<'a> {
    fn of<E: Entry>(entry: &'a E, namespace: &'a str) -> Self {
        let reference = entry.reference();
        Key {
            controller: entry.controller(),
            group: reference.group(),
            kind: reference.kind(),
            namespace: reference.namespace(namespace),
            name: &reference.name,
            section: reference.section_name.as_deref(),
            port: reference.port,
        }
    }
}
