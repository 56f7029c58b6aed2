//! Constraints of references between objects.

use std::collections::HashMap;

use serde_json::Value;

use crate::validation::constraint::{self, Schema, field, int32, object, text_of};
use crate::validation::pattern::{
    GROUP as GROUP_TEXT, HOSTNAME, KIND as KIND_TEXT, NAMESPACE as NAMESPACE_TEXT, SUBDOMAIN,
};
use crate::validation::rule::{Outcome, Rule, Unanswerable, all_different, filled, integer, items, rule, text};

pub(crate) const GROUP: Schema = constraint::text().max(253).pattern(GROUP_TEXT);
pub(crate) const KIND: Schema = text_of(1, 63).pattern(KIND_TEXT);
pub(crate) const OBJECT_NAME: Schema = text_of(1, 253);
pub(crate) const NAMESPACE: Schema = text_of(1, 63).pattern(NAMESPACE_TEXT);
pub(crate) const SECTION_NAME: Schema = text_of(1, 253).pattern(SUBDOMAIN);
pub(crate) const PORT: Schema = int32().range(1, 65_535);
/// A hostname that may be a wildcard.
pub(crate) const WILDCARD_HOSTNAME: Schema = text_of(1, 253).pattern(HOSTNAME);
pub(crate) const PRECISE_HOSTNAME: Schema = text_of(1, 253).pattern(SUBDOMAIN);

const GATEWAY_GROUP: Schema = GROUP.default_text("gateway.networking.k8s.io");
const GATEWAY_KIND: Schema = KIND.default_text("Gateway");
/// spec: `BackendObjectReference.group`, and the same of other references to core kinds.
pub(crate) const CORE_GROUP: Schema = GROUP.default_text("");

/// spec: `ParentReference`.
pub(crate) const PARENT_REFERENCE: Schema = object(&[
    field("group", GATEWAY_GROUP),
    field("kind", GATEWAY_KIND),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
    field("sectionName", SECTION_NAME),
    field("port", PORT),
]);

/// spec: `ParentGatewayReference`.
pub(crate) const PARENT_GATEWAY_REFERENCE: Schema = object(&[
    field("group", GATEWAY_GROUP),
    field("kind", GATEWAY_KIND),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
]);

/// spec: `LocalObjectReference`, `LocalParametersReference`.
pub(crate) const LOCAL_OBJECT_REFERENCE: Schema =
    object(&[field("group", GROUP).required(), field("kind", KIND).required(), field("name", OBJECT_NAME).required()]);

/// spec: `ObjectReference`, `ParametersReference`.
pub(crate) const OBJECT_REFERENCE: Schema = object(&[
    field("group", GROUP).required(),
    field("kind", KIND).required(),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
]);

/// spec: `SecretObjectReference`.
pub(crate) const SECRET_REFERENCE: Schema = object(&[
    field("group", CORE_GROUP),
    field("kind", KIND.default_text("Secret")),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
]);

/// spec: `LocalPolicyTargetReferenceWithSectionName`.
pub(crate) const POLICY_TARGET: Schema = object(&[
    field("group", GROUP).required(),
    field("kind", KIND).required(),
    field("name", OBJECT_NAME).required(),
    field("sectionName", SECTION_NAME),
]);

pub(crate) const SERVICE_KIND: Schema = KIND.default_text("Service");
pub(crate) const WEIGHT: Schema = int32().range(0, 1_000_000).default_integer(1);

pub(crate) const SERVICE_PORT: Rule = rule(
    "backend-service-port",
    service_has_port,
    "a Service as backend needs a port: set `port` to one of the Service's ports",
);

/// spec: `BackendObjectReference`.
pub(crate) const BACKEND_OBJECT_REFERENCE: Schema = object(&[
    field("group", CORE_GROUP),
    field("kind", SERVICE_KIND),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
    field("port", PORT),
])
.rules(&[SERVICE_PORT]);

/// spec: `BackendRef`.
pub(crate) const BACKEND_REF: Schema = object(&[
    field("group", CORE_GROUP),
    field("kind", SERVICE_KIND),
    field("namespace", NAMESPACE),
    field("name", OBJECT_NAME).required(),
    field("port", PORT),
    field("weight", WEIGHT),
])
.rules(&[SERVICE_PORT]);

/// A backend with filters of its own. spec: `HTTPBackendRef`, `GRPCBackendRef`.
macro_rules! backend_ref_with {
    ($filters:expr) => {
        object(&[
            field("group", $crate::reference::constraints::CORE_GROUP),
            field("kind", $crate::reference::constraints::SERVICE_KIND),
            field("namespace", $crate::reference::constraints::NAMESPACE),
            field("name", $crate::reference::constraints::OBJECT_NAME).required(),
            field("port", $crate::reference::constraints::PORT),
            field("weight", $crate::reference::constraints::WEIGHT),
            field("filters", $filters),
        ])
        .rules(&[$crate::reference::constraints::SERVICE_PORT])
    };
}
pub(crate) use backend_ref_with;

/// spec: `CommonRouteSpec.parentRefs`. The channels tell references to one parent apart by
/// different fields.
pub(crate) const PARENT_REFS_RULES: &[Rule] = &[
    rule(
        "parent-refs-section-name-missing",
        sections_named,
        "two references to one parent both need a `sectionName`: name a listener in each, or keep one",
    )
    .standard(),
    rule(
        "parent-refs-section-name-repeated",
        sections_differ,
        "two references to one parent name the same `sectionName`: name different listeners, or keep one",
    )
    .standard(),
    rule(
        "parent-refs-section-name-or-port-missing",
        sections_and_ports_named,
        "two references to one parent both need the same of `sectionName` and `port`: set them in each, or keep one",
    )
    .experimental(),
    rule(
        "parent-refs-section-name-or-port-repeated",
        sections_and_ports_differ,
        "two references to one parent name the same `sectionName` and `port`: name different ones, or keep one",
    )
    .experimental(),
];

/// spec: `BackendTLSPolicySpec.targetRefs`.
pub(crate) const POLICY_TARGETS_RULES: &[Rule] = &[
    rule(
        "policy-targets-section-name-missing",
        target_sections_named,
        "two references to one target both need a `sectionName`: name a port in each, or keep one",
    ),
    rule(
        "policy-targets-section-name-repeated",
        target_sections_differ,
        "two references to one target name the same `sectionName`: name different ports, or keep one",
    ),
];

fn service_has_port(backend: &Value) -> Outcome {
    let is_service = filled(backend, "group").is_empty() && text(backend, "kind") == Some("Service");
    if !is_service {
        return Outcome::Holds;
    }
    integer(backend, "port").map(|port| port.is_some()).into()
}

type Parent<'a> = (&'a str, &'a str, &'a str, &'a str);

fn parent(reference: &Value) -> Parent<'_> {
    let text = |field| filled(reference, field);
    (text("group"), text("kind"), text("namespace"), text("name"))
}

fn target(reference: &Value) -> Parent<'_> {
    let text = |field| filled(reference, field);
    (text("group"), text("kind"), "", text("name"))
}

/// Holds if all references to one thing agree on which fields they set. O(n).
fn alike<'a, F: PartialEq>(references: impl Iterator<Item = (Parent<'a>, F)>) -> Outcome {
    let mut first: HashMap<Parent<'a>, (usize, F)> = HashMap::new();
    for (index, (parent, fields)) in references.enumerate() {
        match first.get(&parent) {
            Some((other, known)) if *known != fields => {
                return Outcome::BrokenBy(format!("[{other}] and [{index}] differ in what they set"));
            }
            Some(_) => {}
            None => {
                first.insert(parent, (index, fields));
            }
        }
    }
    Outcome::Holds
}

fn sections_named(references: &Value) -> Outcome {
    alike(items(references).map(|one| (parent(one), filled(one, "sectionName").is_empty())))
}

fn sections_differ(references: &Value) -> Outcome {
    all_different(items(references).map(|one| (parent(one), filled(one, "sectionName"))).enumerate())
}

/// The section and the port of each; absent and 0 mean the same.
fn sections_and_ports(references: &Value) -> Result<Vec<(Parent<'_>, &str, i64)>, Unanswerable> {
    let port = |one| integer(one, "port").map(Option::unwrap_or_default);
    items(references).map(|one| Ok((parent(one), filled(one, "sectionName"), port(one)?))).collect()
}

fn sections_and_ports_named(references: &Value) -> Outcome {
    let is_set = |(parent, section, port): (_, &str, i64)| (parent, (section.is_empty(), port == 0));
    sections_and_ports(references).map(|found| alike(found.into_iter().map(is_set))).into()
}

fn sections_and_ports_differ(references: &Value) -> Outcome {
    sections_and_ports(references).map(|found| all_different(found.into_iter().enumerate())).into()
}

fn target_sections_named(references: &Value) -> Outcome {
    alike(items(references).map(|one| (target(one), filled(one, "sectionName").is_empty())))
}

fn target_sections_differ(references: &Value) -> Outcome {
    all_different(items(references).map(|one| (target(one), filled(one, "sectionName"))).enumerate())
}
