//! Places that routes claim: listeners of Gateways, and ports of Services.

use gateway_model::ObjectKey;

use super::cohosting::Rivals;
use super::parts::Set;

/// The routes that a listener or port would take if each were alone, and those that make room there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) claims: Set<ObjectKey>,
    /// Those of the claims that make room for others.
    pub(super) refused: Set<ObjectKey>,
    /// How those were found, where HTTPRoutes and GRPCRoutes meet.
    pub(super) rivals: Option<Rivals>,
}

impl Place {
    /// How many routes are attached there.
    pub(super) fn attached(&self) -> usize {
        self.claims.size() - self.refused.size()
    }
}
