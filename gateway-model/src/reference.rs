//! References from one object to another, as the wire has them.
//!
//! Accessors resolve the specification's defaults (group, kind, namespace, weight), so readers
//! need not care whether an API server has filled them in. The core group is the empty string:
//! `core`, which some tools write, means the same (see [`group_of`]).

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use serde::{Deserialize, Serialize};

use crate::filter::RouteFilter;
use crate::key::ObjectKey;
use crate::open_enum::open_enum;
use crate::wire;

/// The API group of the Gateway API itself.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The API group of the Gateway API's experimental kinds with an `X` before their names.
pub const GATEWAY_X_GROUP: &str = "gateway.networking.x-k8s.io";
/// The API group of multi-cluster Services (ServiceImport).
pub const MULTICLUSTER_GROUP: &str = "multicluster.x-k8s.io";

/// The group as compared: `core` and the empty string are one group.
///
/// ```
/// assert_eq!(gateway_model::group_of("core"), "");
/// assert_eq!(gateway_model::group_of("gateway.networking.k8s.io"), "gateway.networking.k8s.io");
/// ```
pub fn group_of(group: &str) -> &str {
    if group == "core" { "" } else { group }
}

/// What a route, or a ListenerSet, wants to be attached to. spec: `ParentReference`.
///
/// `port` and `sectionName` narrow the reference down to listeners (of a Gateway or ListenerSet)
/// or to a port (of a Service); with both, a listener must satisfy both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentReference {
    /// API group of the parent; absent means the Gateway API's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind of the parent; absent means `Gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Namespace of the parent; absent means the namespace of the object that refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name of the parent.
    pub name: String,
    /// Name of the listener (Gateway, ListenerSet) or of the Service port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
    /// Port of the listeners (Gateway, ListenerSet) or of the Service. 1 to 65535.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

impl ParentReference {
    /// A reference to a Gateway in the referrer's own namespace.
    pub fn gateway(name: impl Into<String>) -> Self {
        ParentReference { name: name.into(), ..Self::default() }
    }

    /// A reference to a Gateway as a whole, with group, kind and namespace told: how controllers name one in a status,
    /// which means the same from every namespace. spec: `PolicyAncestorStatus.ancestorRef`, `RouteParentStatus.parentRef`.
    pub fn gateway_in_full(gateway: &ObjectKey) -> Self {
        ParentReference {
            group: Some(GATEWAY_GROUP.to_owned()),
            kind: Some(gateway.kind.as_str().to_owned()),
            namespace: Some(gateway.namespace.to_string()),
            name: gateway.name.to_string(),
            ..Self::default()
        }
    }

    /// The parent's group, defaulted, with the core group as the empty string.
    pub fn group(&self) -> &str {
        self.group.as_deref().map_or(GATEWAY_GROUP, group_of)
    }

    /// The parent's kind, defaulted.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Gateway")
    }

    /// The parent's namespace, given the referrer's.
    pub fn namespace<'a>(&'a self, referrer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(referrer)
    }
}

/// A reference to a backend without a weight: mirrors, external authorisation.
/// spec: `BackendObjectReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendObjectReference {
    /// API group of the backend; absent means the core group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind of the backend; absent means `Service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name of the backend.
    pub name: String,
    /// Namespace of the backend; absent means the route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Port of the backend, 1 to 65535; a Service needs one (its port, not the target port).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

impl BackendObjectReference {
    /// The backend's group, defaulted, with the core group as the empty string.
    pub fn group(&self) -> &str {
        self.group.as_deref().map_or("", group_of)
    }

    /// The backend's kind, defaulted.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Service")
    }

    /// The backend's namespace, given the route's.
    pub fn namespace<'a>(&'a self, referrer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(referrer)
    }
}

/// A backend of a rule with its weight. spec: `BackendRef`, `HTTPBackendRef`, `GRPCBackendRef`.
///
/// One type for all five route kinds; only HTTP and gRPC rules have filters at a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendRef {
    /// API group of the backend; absent means the core group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind of the backend; absent means `Service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name of the backend.
    pub name: String,
    /// Namespace of the backend; absent means the route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Port of the backend, 1 to 65535; a Service needs one (its port, not the target port).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// Share of the rule's requests, 0 to 1,000,000, relative to the sum; absent means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// What is done only to requests that go to this backend.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<RouteFilter>,
}

impl BackendRef {
    /// A reference to a port of a Service in the route's own namespace.
    pub fn service(name: impl Into<String>, port: u16) -> Self {
        BackendRef { name: name.into(), port: Some(port.into()), ..Self::default() }
    }

    /// The backend's group, defaulted, with the core group as the empty string.
    pub fn group(&self) -> &str {
        self.group.as_deref().map_or("", group_of)
    }

    /// The backend's kind, defaulted.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Service")
    }

    /// The backend's namespace, given the route's.
    pub fn namespace<'a>(&'a self, referrer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(referrer)
    }

    /// The weight, defaulted to 1; a negative one, which the API server refuses, counts as 0.
    pub fn weight(&self) -> u32 {
        self.weight.map_or(1, |weight| u32::try_from(weight).unwrap_or(0))
    }

    /// The reference alone, as filters name their backends.
    pub fn object(&self) -> BackendObjectReference {
        BackendObjectReference {
            group: self.group.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            port: self.port,
        }
    }
}

/// A reference to a Secret, in any namespace that grants it. spec: `SecretObjectReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretObjectReference {
    /// API group; absent means the core group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind; absent means `Secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name of the object.
    pub name: String,
    /// Namespace of the object; absent means the referrer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl SecretObjectReference {
    /// The group, defaulted, with the core group as the empty string.
    pub fn group(&self) -> &str {
        self.group.as_deref().map_or("", group_of)
    }

    /// The kind, defaulted.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("Secret")
    }

    /// The namespace, given the referrer's.
    pub fn namespace<'a>(&'a self, referrer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(referrer)
    }
}

/// A reference to an object of any kind, in any namespace that grants it. spec: `ObjectReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// API group; the core group is the empty string.
    pub group: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace of the object; absent means the referrer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A reference to an object in the referrer's own namespace. spec: `LocalObjectReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalObjectReference {
    /// API group; the core group is the empty string.
    pub group: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
}

/// Where the parameters of a GatewayClass or mesh are. spec: `ParametersReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParametersReference {
    /// API group; the core group is the empty string.
    pub group: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace, for namespaced kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// What a policy applies to, in its own namespace, perhaps only one section of it.
/// spec: `LocalPolicyTargetReference`, `LocalPolicyTargetReferenceWithSectionName`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyTargetReference {
    /// API group; the core group is the empty string.
    pub group: String,
    /// Kind of the target.
    pub kind: String,
    /// Name of the target.
    pub name: String,
    /// The section of the target (a port's name for a Service); absent means all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
}

/// A kind of route that a listener takes. spec: `RouteGroupKind`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteGroupKind {
    /// API group; absent means the Gateway API's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind of the route.
    pub kind: String,
}

impl RouteGroupKind {
    /// The group, defaulted.
    pub fn group(&self) -> &str {
        self.group.as_deref().map_or(GATEWAY_GROUP, group_of)
    }
}

open_enum! {
    /// Which of the cluster's default Gateways a route is attached to besides its parentRefs, and of which routes a
    /// Gateway is a default one (experimental). spec: `CommonRouteSpec.useDefaultGateways`,
    /// `GatewaySpec.defaultScope`; GEP-3793.
    pub enum DefaultGatewayScope {
        /// Every default Gateway.
        All = "All",
        /// No default Gateway.
        None = "None",
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
