//! Constraints of statuses.

use crate::gateway::constraints::{ADDRESS_TYPE, ADDRESS_UNION, ROUTE_GROUP_KIND};
use crate::reference::constraints::{PARENT_REFERENCE, SECTION_NAME};
use crate::validation::constraint::{
    Literal, Schema, date_time, field, int32, int64, list_by, list_of, object, one_of, text, text_of,
};
use crate::validation::pattern::{CONDITION_REASON, CONDITION_TYPE, CONTROLLER};
use crate::validation::rule::{filled, rule, text as text_of_field};

pub(crate) const CONTROLLER_NAME: Schema = text_of(1, 253).pattern(CONTROLLER);

/// spec: `metav1.Condition`.
const CONDITION: Schema = object(&[
    field("type", text().max(316).pattern(CONDITION_TYPE)).required(),
    field("status", one_of(&["True", "False", "Unknown"])).required(),
    field("observedGeneration", int64().min(0)),
    field("lastTransitionTime", date_time()).required(),
    field("reason", text_of(1, 1024).pattern(CONDITION_REASON)).required(),
    field("message", text().max(32_768)).required(),
]);

const CONDITIONS: Schema = list_by(&["type"], &CONDITION).max(8);

/// A condition before any controller has looked.
macro_rules! pending {
    ($condition:literal) => {
        Literal::Object(&[
            ("type", Literal::Text($condition)),
            ("status", Literal::Text("Unknown")),
            ("reason", Literal::Text("Pending")),
            ("message", Literal::Text("Waiting for controller")),
            ("lastTransitionTime", Literal::Text("1970-01-01T00:00:00Z")),
        ])
    };
}

const ACCEPTED: Literal = Literal::List(&[pending!("Accepted")]);
const ACCEPTED_AND_PROGRAMMED: Literal = Literal::List(&[pending!("Accepted"), pending!("Programmed")]);
const STATUS_ACCEPTED: Literal = Literal::Object(&[("conditions", ACCEPTED)]);
const STATUS_ACCEPTED_AND_PROGRAMMED: Literal = Literal::Object(&[("conditions", ACCEPTED_AND_PROGRAMMED)]);

const SUPPORTED_FEATURES: Schema = list_by(&["name"], &object(&[field("name", text()).required()])).max(64);

/// spec: `GatewayClassStatus`.
pub(crate) const GATEWAY_CLASS_STATUS: Schema =
    object(&[field("conditions", CONDITIONS.default(ACCEPTED)), field("supportedFeatures", SUPPORTED_FEATURES)])
        .default(STATUS_ACCEPTED);

/// spec: `MeshStatus`. The default of an absent list of conditions is not that of an absent status.
pub(crate) const MESH_STATUS: Schema = object(&[
    field("conditions", CONDITIONS.default(ACCEPTED_AND_PROGRAMMED)),
    field("supportedFeatures", SUPPORTED_FEATURES),
])
.default(STATUS_ACCEPTED);

/// spec: `ListenerStatus`, `ListenerEntryStatus`.
const LISTENER_STATUS: Schema = object(&[
    field("name", SECTION_NAME).required(),
    field("supportedKinds", list_of(&ROUTE_GROUP_KIND).max(8)),
    field("attachedRoutes", int32()).required(),
    field("conditions", CONDITIONS).required(),
]);

/// spec: `GatewayStatusAddress`.
const STATUS_ADDRESS: Schema = object(&[field("type", ADDRESS_TYPE), field("value", text_of(1, 253)).required()])
    .address_union(ADDRESS_UNION)
    .rules(&[rule(
        "status-address-hostname-malformed",
        |address| {
            let value = filled(address, "value");
            (text_of_field(address, "type") != Some("Hostname") || crate::validation::pattern::HOSTNAME.matches(value))
                .into()
        },
        "an address of type `Hostname` must be a hostname in lower case, without port",
    )]);

/// spec: `GatewayStatus`.
pub(crate) const GATEWAY_STATUS: Schema = object(&[
    field("addresses", list_of(&STATUS_ADDRESS).max(16)),
    field("attachedListenerSets", int32()),
    field("conditions", CONDITIONS.default(ACCEPTED_AND_PROGRAMMED)),
    field("listeners", list_by(&["name"], &LISTENER_STATUS).max(64)),
])
.default(STATUS_ACCEPTED_AND_PROGRAMMED);

/// spec: `ListenerSetStatus`.
pub(crate) const LISTENER_SET_STATUS: Schema = object(&[
    field("conditions", CONDITIONS.default(ACCEPTED_AND_PROGRAMMED)),
    field("listeners", list_by(&["name"], &LISTENER_STATUS).max(64)),
])
.default(STATUS_ACCEPTED_AND_PROGRAMMED);

/// spec: `RouteStatus`.
pub(crate) const ROUTE_STATUS: Schema = object(&[field(
    "parents",
    list_of(&object(&[
        field("parentRef", PARENT_REFERENCE).required(),
        field("controllerName", CONTROLLER_NAME).required(),
        field("conditions", CONDITIONS.min(1)).required(),
    ]))
    .max(32),
)
.required()]);

/// spec: `PolicyStatus`.
pub(crate) const POLICY_STATUS: Schema = object(&[field(
    "ancestors",
    list_of(&object(&[
        field("ancestorRef", PARENT_REFERENCE).required(),
        field("controllerName", CONTROLLER_NAME).required(),
        field("conditions", CONDITIONS.min(1)).required(),
    ]))
    .max(16),
)
.required()]);

/// spec: `XBackendStatus`. Conditions are neither required nor bounded here.
pub(crate) const BACKEND_STATUS: Schema = object(&[field(
    "parents",
    list_of(&object(&[
        field("parentRef", PARENT_REFERENCE).required(),
        field("controllerName", CONTROLLER_NAME).required(),
        field("conditions", list_by(&["type"], &CONDITION)),
    ]))
    .max(32),
)]);
