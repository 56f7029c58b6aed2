//! Constraints of GRPCRoute.

use serde_json::Value;

use crate::filter::constraints::{GRPC_FILTERS, HEADER_NAME};
use crate::gateway::constraints::DEFAULT_GATEWAY_SCOPE;
use crate::http_route::constraints::{PARENT_REFS, RULE_NAMES, SESSION_PERSISTENCE, TOTAL_MATCHES, VALUE_MATCH_TYPE};
use crate::reference::constraints::{SECTION_NAME, WILDCARD_HOSTNAME, backend_ref_with};
use crate::validation::constraint::{Schema, field, list_by, list_of, object, text as any_text, text_of};
use crate::validation::pattern::{GRPC_METHOD, GRPC_SERVICE, Pattern};
use crate::validation::rule::{Outcome, rule, text};

/// spec: `GRPCRouteSpec`.
pub(crate) const GRPC_ROUTE: Schema = object(&[
    field("parentRefs", PARENT_REFS),
    field("hostnames", list_of(&WILDCARD_HOSTNAME).max(16)),
    field("rules", list_of(&GRPC_RULE).max(16).rules(&[TOTAL_MATCHES, RULE_NAMES.experimental()])),
    field("useDefaultGateways", DEFAULT_GATEWAY_SCOPE).experimental(),
]);

/// spec: `GRPCRouteRule`.
const GRPC_RULE: Schema = object(&[
    field("name", SECTION_NAME),
    field("matches", list_of(&GRPC_MATCH).max(64)),
    field("filters", GRPC_FILTERS),
    field("backendRefs", list_of(&backend_ref_with!(GRPC_FILTERS)).max(16)),
    field("sessionPersistence", SESSION_PERSISTENCE).experimental(),
]);

/// spec: `GRPCRouteMatch`.
const GRPC_MATCH: Schema =
    object(&[field("method", METHOD_MATCH), field("headers", list_by(&["name"], &HEADER_MATCH).max(16))]);

/// spec: `GRPCHeaderMatch`.
const HEADER_MATCH: Schema = object(&[
    field("type", VALUE_MATCH_TYPE),
    field("name", HEADER_NAME).required(),
    field("value", text_of(1, 4096)).required(),
]);

/// spec: `GRPCMethodMatch`.
const METHOD_MATCH: Schema = object(&[
    field("type", VALUE_MATCH_TYPE),
    field("service", any_text().max(1024)),
    field("method", any_text().max(1024)),
])
.rules(&[
    rule(
        "grpc-method-empty",
        |method| (method.get("service").is_some() || method.get("method").is_some()).into(),
        "a match by method names a `service`, a `method` or both: set one, or leave the match out",
    ),
    rule(
        "grpc-service-malformed",
        |method| exact(method, "service", GRPC_SERVICE),
        "an exact service is its full name, such as `shop.v1.Cart`: write that, or use a regular expression",
    ),
    rule(
        "grpc-method-malformed",
        |method| exact(method, "method", GRPC_METHOD),
        "an exact method is one name, such as `AddItem`: write that, or use a regular expression",
    ),
]);

fn exact(method: &Value, field: &str, pattern: &Pattern) -> Outcome {
    let is_exact = matches!(text(method, "type"), None | Some("Exact"));
    (!is_exact || text(method, field).is_none_or(|given| pattern.matches(given))).into()
}
