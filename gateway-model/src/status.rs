//! Statuses of all kinds, as the wire has them.
//!
//! Unlike specs, statuses belong to several writers: texts are kept exactly as they were written
//! (timestamps included), so that a foreign entry goes back byte for byte.

mod condition;
#[cfg(feature = "validate")]
pub(crate) mod constraints;
mod entry;

use serde::de::MapAccess;
use serde::{Deserialize, Serialize};

use crate::gateway::AddressType;
use crate::open_enum::open_enum;
use crate::reference::{ParentReference, RouteGroupKind};
use crate::wire;

/// One observation about an object. The same wire form as `metav1.Condition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is observed (`Accepted`, `Programmed`, or with a domain prefix an implementation's own).
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The generation of the object that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When `status` changed last, RFC 3339 as written.
    pub last_transition_time: Timestamp,
    /// Why, in one word.
    pub reason: String,
    /// Why, for people.
    pub message: String,
    /// Fields that this version of the crate does not know.
    #[cfg_attr(feature = "k8s", serde(flatten))]
    #[cfg_attr(not(feature = "k8s"), serde(skip))]
    pub unknown: UnknownFields,
}

/// Fields of a status that this version of the crate does not know, as they were read.
///
/// Entries of other controllers go back as they came, also those that a later version of the API
/// gave more fields. Without the feature `k8s` there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "k8s", derive(Serialize, Deserialize), serde(transparent))]
pub struct UnknownFields(#[cfg(feature = "k8s")] std::collections::BTreeMap<String, serde_json::Value>);

impl UnknownFields {
    /// Keeps a field whose name was just read.
    #[cfg(feature = "k8s")]
    fn keep<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        self.0.insert(name, map.next_value()?);
        Ok(())
    }

    /// Passes over a field whose name was just read: without serde_json there is nothing to keep it in.
    #[cfg(not(feature = "k8s"))]
    fn keep<'de, A: MapAccess<'de>>(&mut self, _: String, map: &mut A) -> Result<(), A::Error> {
        map.next_value::<serde::de::IgnoredAny>().map(|_| ())
    }
}

/// What an entry of `parents` or `ancestors` holds beyond its fields, as it was read.
///
/// Like [`UnknownFields`], for the entry and for its reference; and whether a list of conditions without
/// any was written, or no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownEntryParts {
    fields: UnknownFields,
    of_reference: UnknownFields,
    has_empty_conditions: bool,
}

open_enum! {
    /// Whether a condition holds.
    #[derive(Default)]
    pub enum ConditionStatus {
        /// It does.
        True = "True",
        /// It does not.
        False = "False",
        /// It cannot be told (yet). Named by the specification, not an unread value.
        #[default]
        Undetermined = "Unknown",
    }
}

/// A point in time as the wire has it, RFC 3339, kept as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Takes a text as it is; RFC 3339 is the caller's promise.
    pub fn new(text: impl Into<String>) -> Self {
        Timestamp(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was observed of a route. spec: `RouteStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteStatus {
    /// An entry per parent and controller, at most 32.
    #[serde(default, deserialize_with = "wire::list")]
    pub parents: Vec<RouteParentStatus>,
}

/// What one controller observed of a route at one parent. spec: `RouteParentStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteParentStatus {
    /// The parentRef of the spec that this is about.
    pub parent_ref: ParentReference,
    /// Who observed it.
    pub controller_name: String,
    /// What was observed, at most 8.
    pub conditions: Vec<Condition>,
    /// What this version of the crate does not know, there and in the reference.
    pub unknown: UnknownEntryParts,
}

/// What was observed of an XBackend (experimental). spec: `BackendStatus`.
///
/// Like [`RouteStatus`], but a status without entries has no list at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XBackendStatus {
    /// An entry per parent and controller, at most 32.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<RouteParentStatus>,
}

/// What was observed of a GatewayClass. spec: `GatewayClassStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayClassStatus {
    /// What was observed.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Features that the class supports, sorted by name.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub supported_features: Vec<SupportedFeature>,
}

/// What was observed of an XMesh (experimental). spec: `MeshStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XMeshStatus {
    /// What was observed.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Features that the mesh supports, sorted by name.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub supported_features: Vec<SupportedFeature>,
}

/// A feature by upstream's name. spec: `SupportedFeature`.
///
/// Written as an object; before v1.3 it was a bare string, which is read too.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SupportedFeature {
    /// The name (`HTTPRouteQueryParamMatching`).
    pub name: String,
}

impl<'de> Deserialize<'de> for SupportedFeature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Object { name: String },
            Text(String),
        }
        let (Either::Object { name } | Either::Text(name)) = Either::deserialize(deserializer)?;
        Ok(SupportedFeature { name })
    }
}

/// What was observed of a Gateway. spec: `GatewayStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatus {
    /// Addresses that the Gateway has.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<GatewayStatusAddress>,
    /// What was observed of the Gateway as a whole.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What was observed of each of its own listeners.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<ListenerStatus>,
    /// Number of accepted ListenerSets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_listener_sets: Option<i32>,
}

/// An address that a Gateway has. spec: `GatewayStatusAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatusAddress {
    /// What kind of address; absent means an IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<AddressType>,
    /// The address.
    pub value: String,
}

/// What was observed of a listener. spec: `ListenerStatus`, `ListenerEntryStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerStatus {
    /// Name of the listener.
    pub name: String,
    /// Kinds of route that it takes. CRDs before v1.4 require the list, even empty: absent and
    /// empty are kept apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_kinds: Option<Vec<RouteGroupKind>>,
    /// Number of routes attached.
    #[serde(default)]
    pub attached_routes: i32,
    /// What was observed.
    #[serde(default, deserialize_with = "wire::list")]
    pub conditions: Vec<Condition>,
}

/// What was observed of a ListenerSet. spec: `ListenerSetStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerSetStatus {
    /// What was observed of the set as a whole.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What was observed of each listener.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<ListenerStatus>,
}

/// What was observed of a policy. spec: `PolicyStatus`, GEP-713.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// An entry per ancestor and controller, at most 16.
    #[serde(default, deserialize_with = "wire::list")]
    pub ancestors: Vec<PolicyAncestorStatus>,
}

/// What one controller observed of a policy for one ancestor. spec: `PolicyAncestorStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyAncestorStatus {
    /// The ancestor (usually a Gateway) for which the policy takes effect.
    pub ancestor_ref: ParentReference,
    /// Who observed it.
    pub controller_name: String,
    /// What was observed, at most 8.
    pub conditions: Vec<Condition>,
    /// What this version of the crate does not know, there and in the reference.
    pub unknown: UnknownEntryParts,
}
