//! References from one namespace to another, and the grants that permit them.

use gateway_model::{ObjectKey, ReferenceGrant, Resources};

/// Whether an object may refer to another.
///
/// Within one namespace always; else when a ReferenceGrant in the target's namespace says so, for
/// the referrer's own kind. spec: `ReferenceGrantSpec`. O(grants of the target's namespace).
pub(super) fn is_permitted(
    resources: &Resources,
    from: &ObjectKey,
    to_group: &str,
    to_kind: &str,
    to: (&str, &str),
) -> bool {
    let (namespace, name) = to;
    *from.namespace == *namespace
        || resources.in_namespace::<ReferenceGrant>(namespace).any(|grant| {
            grant.spec.permits((from.kind.group(), from.kind.as_str(), &from.namespace), (to_group, to_kind, name))
        })
}

/// Whether references into other namespaces need a ReferenceGrant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grants {
    /// They do: what a Gateway serves.
    Asked,
    /// They do not: what clients in a mesh reach anyway. spec: GEP-1294, namespace boundaries.
    NotAsked,
}
