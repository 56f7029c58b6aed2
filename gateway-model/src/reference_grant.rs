//! ReferenceGrant, as the wire has it.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use serde::{Deserialize, Serialize};

use crate::reference::group_of;
use crate::wire;

/// Which references from other namespaces are welcome in the grant's own.
/// spec: `ReferenceGrantSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceGrantSpec {
    /// Who may refer: any of these.
    #[serde(default, deserialize_with = "wire::list")]
    pub from: Vec<ReferenceGrantFrom>,
    /// To what: any of these.
    #[serde(default, deserialize_with = "wire::list")]
    pub to: Vec<ReferenceGrantTo>,
}

/// Who may refer. spec: `ReferenceGrantFrom`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceGrantFrom {
    /// API group of the referrer; the core group is the empty string.
    pub group: String,
    /// Kind of the referrer, its own: a grant for HTTPRoutes says nothing about GRPCRoutes.
    pub kind: String,
    /// Namespace of the referrer.
    pub namespace: String,
}

/// What may be referred to. spec: `ReferenceGrantTo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceGrantTo {
    /// API group of the target; the core group is the empty string.
    pub group: String,
    /// Kind of the target.
    pub kind: String,
    /// Name of the target; absent means every one of the kind in the grant's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ReferenceGrantSpec {
    /// Whether an object may refer to a target in the grant's namespace.
    ///
    /// `from` is the referrer's group, kind and namespace; `to` the target's group, kind and name.
    /// spec: `ReferenceGrantSpec.from`, `.to`: entries of each are combined by "or". O(entries).
    pub fn permits(&self, from: (&str, &str, &str), to: (&str, &str, &str)) -> bool {
        let (from_group, from_kind, from_namespace) = from;
        let (to_group, to_kind, to_name) = to;
        self.from.iter().any(|entry| {
            group_of(&entry.group) == group_of(from_group)
                && entry.kind == from_kind
                && entry.namespace == from_namespace
        }) && self.to.iter().any(|entry| {
            group_of(&entry.group) == group_of(to_group)
                && entry.kind == to_kind
                // An empty name is what a client without omitempty writes for "absent".
                && entry.name.as_deref().is_none_or(|name| name.is_empty() || name == to_name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::GATEWAY_GROUP;

    #[test]
    fn every_from_and_every_to_counts_and_the_kind_is_the_referrers_own() {
        let grant: ReferenceGrantSpec = serde_json::from_str(
            r#"{"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "a"},
                         {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "b"}],
                "to": [{"group": "", "kind": "Secret", "name": "one"}, {"group": "core", "kind": "Service"}]}"#,
        )
        .unwrap();
        let cases = [
            (("HTTPRoute", "a"), ("", "Service", "any"), true),
            (("Gateway", "b"), ("", "Secret", "one"), true),
            (("Gateway", "b"), ("core", "Secret", "one"), true),
            (("Gateway", "b"), ("", "Secret", "two"), false),
            (("GRPCRoute", "a"), ("", "Service", "any"), false),
            (("HTTPRoute", "b"), ("", "Service", "any"), false),
            (("HTTPRoute", "a"), ("multicluster.x-k8s.io", "Service", "any"), false),
        ];
        for ((kind, namespace), to, expected) in cases {
            assert_eq!(
                grant.permits((GATEWAY_GROUP, kind, namespace), to),
                expected,
                "{kind} in {namespace} to {to:?}"
            );
        }
    }
}
