//! Identities of rules and backends that are compact and stay as they are across updates.

use std::fmt;

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
