//! Identities of rules and backends that are compact and stay as they are across updates.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use gateway_model::ObjectKey;

use crate::route::BackendName;

/// The identity of a rule, dense and stable: an index for data of the embedder's own.
///
/// A router that is built to [continue](crate::RouterBuilder::continuing) another gives a rule that both have (the
/// same route, the same position) the same id, and never gives a new rule the id of one that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(u32);

/// The identity of a backend, dense and stable: an index for data of the embedder's own, such as
/// connection pools. One backend has one id, whichever rules refer to it. As stable as [`RuleId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(u32);

macro_rules! id {
    ($id:ident) => {
        impl $id {
            /// The id as an index.
            pub fn index(self) -> usize {
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<u32> for $id {
            fn from(number: u32) -> Self {
                $id(number)
            }
        }
    };
}

id!(RuleId);
id!(BackendId);

/// Ids given so far, and what they were given to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    pub(crate) rules: Given<(ObjectKey, usize), RuleId>,
    pub(crate) backends: Given<BackendName, BackendId>,
}

/// Ids of one sort: those of the previous router, and those of the one that is being built.
///
/// Only what the new router has is kept, so that the table does not grow with what is gone.
#[derive(Clone, Debug)]
pub(crate) struct Given<K, I> {
    previous: Arc<HashMap<K, I>>,
    current: HashMap<K, I>,
    next: u32,
}

impl<K, I> Default for Given<K, I> {
    fn default() -> Self {
        Given { previous: Arc::default(), current: HashMap::new(), next: 0 }
    }
}

impl<K: Clone + Eq + std::hash::Hash, I: Copy + From<u32>> Given<K, I> {
    /// The id of something: the one that it has, or a new one.
    pub(crate) fn id(&mut self, key: &K) -> I {
        if let Some(id) = self.current.get(key) {
            return *id;
        }
        let id = self.previous.get(key).copied().unwrap_or_else(|| {
            let id = I::from(self.next);
            // Four thousand million new rules in one lineage of routers: starting over is all that is left.
            self.next = self.next.wrapping_add(1);
            id
        });
        self.current.insert(key.clone(), id);
        id
    }

    /// What the next router starts from.
    pub(crate) fn continued(&self) -> Self {
        Given { previous: Arc::new(self.current.clone()), current: HashMap::new(), next: self.next }
    }
}

impl Ids {
    pub(crate) fn continued(&self) -> Self {
        Ids { rules: self.rules.continued(), backends: self.backends.continued() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_and_is_never_given_again() {
        let mut first: Given<&str, RuleId> = Given::default();
        let (a, b) = (first.id(&"a"), first.id(&"b"));
        assert_ne!(a, b);
        assert_eq!(first.id(&"a"), a);

        let mut second = first.continued();
        assert_eq!(second.id(&"b"), b);
        let c = second.id(&"c");
        assert!(c != a && c != b);

        let mut third = second.continued();
        let returned = third.id(&"a");
        assert!(returned != a && returned != b && returned != c, "a was gone: its data may be too");
    }
}
