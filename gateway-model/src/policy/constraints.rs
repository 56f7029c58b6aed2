//! Constraints of BackendTLSPolicy, XBackendTrafficPolicy and XBackend.

use serde_json::Value;

use crate::http_route::constraints::{DURATION, SESSION_PERSISTENCE};
use crate::reference::constraints::{
    LOCAL_OBJECT_REFERENCE, POLICY_TARGET, POLICY_TARGETS_RULES, PORT, PRECISE_HOSTNAME, SECRET_REFERENCE,
    WILDCARD_HOSTNAME,
};
use crate::validation::constraint::{
    Literal, Schema, field, integer, list_by, list_of, map_of, object, one_of, text as any_text, text_of,
};
use crate::validation::format::cel_duration;
use crate::validation::pattern::{ABSOLUTE_URI, CERTIFICATE_SET};
use crate::validation::rule::{Check, Outcome, Rule, filled, items_of, rule, rule_of, text};

/// spec: `BackendTLSPolicySpec`.
pub(crate) const BACKEND_TLS_POLICY: Schema = object(&[
    field("targetRefs", list_of(&POLICY_TARGET).range(1, 16).rules(POLICY_TARGETS_RULES)).required(),
    field("validation", BACKEND_TLS_VALIDATION).required(),
    field("options", map_of(&text_of(0, 4096)).max(16)),
]);

/// spec: `BackendTLSPolicyValidation`.
const BACKEND_TLS_VALIDATION: Schema = object(&[
    field("caCertificateRefs", list_of(&LOCAL_OBJECT_REFERENCE).max(8)),
    field("wellKnownCACertificates", text_of(1, 253).pattern(CERTIFICATE_SET)),
    field("hostname", PRECISE_HOSTNAME).required(),
    field("subjectAltNames", list_of(&SUBJECT_ALT_NAME).max(5)),
])
.rules(&[
    rule(
        "backend-tls-two-certificate-sources",
        |validation| (!(has_references(validation) && has_well_known(validation))).into(),
        "`caCertificateRefs` and `wellKnownCACertificates` exclude each other: keep one of them",
    ),
    rule(
        "backend-tls-no-certificate-source",
        |validation| (has_references(validation) || has_well_known(validation)).into(),
        "certificates are needed to trust a backend: set `caCertificateRefs`, or `wellKnownCACertificates: System`",
    ),
]);

/// spec: `SubjectAltName`.
const SUBJECT_ALT_NAME: Schema = object(&[
    field("type", one_of(&["Hostname", "URI"])).required(),
    field("hostname", WILDCARD_HOSTNAME),
    field("uri", text_of(1, 253).pattern(ABSOLUTE_URI)),
])
.rules(&[
    rule(
        "subject-alt-name-hostname-missing",
        |name| (text(name, "type") != Some("Hostname") || !filled(name, "hostname").is_empty()).into(),
        "a name of type Hostname sets `hostname`: add it, or change the type",
    ),
    rule(
        "subject-alt-name-hostname-mismatch",
        |name| (text(name, "type") == Some("Hostname") || filled(name, "hostname").is_empty()).into(),
        "only a name of type Hostname sets `hostname`: take it out, or change the type",
    ),
    rule(
        "subject-alt-name-uri-missing",
        |name| (text(name, "type") != Some("URI") || !filled(name, "uri").is_empty()).into(),
        "a name of type URI sets `uri`: add it, or change the type",
    ),
    rule(
        "subject-alt-name-uri-mismatch",
        |name| (text(name, "type") == Some("URI") || filled(name, "uri").is_empty()).into(),
        "only a name of type URI sets `uri`: take it out, or change the type",
    ),
]);

/// spec: `BackendTrafficPolicySpec`.
pub(crate) const BACKEND_TRAFFIC_POLICY: Schema = object(&[
    field("targetRefs", list_by(&["group", "kind", "name"], &LOCAL_OBJECT_REFERENCE).range(1, 16)).required(),
    field("retryConstraint", object(&[field("budget", RETRY_BUDGET), field("minRetryRate", REQUEST_RATE)])),
    field("sessionPersistence", SESSION_PERSISTENCE),
]);

/// spec: `BudgetDetails`.
const RETRY_BUDGET: Schema = object(&[
    field("percent", integer().range(0, 100).default_integer(20)),
    field("interval", DURATION.default_text("10s").rules(&[BUDGET_INTERVAL])),
])
.default(Literal::Object(&[("percent", Literal::Integer(20)), ("interval", Literal::Text("10s"))]));

/// spec: `RequestRate`.
const REQUEST_RATE: Schema =
    object(&[field("count", integer().range(1, 1_000_000)), field("interval", DURATION.rules(&[RATE_INTERVAL]))])
        .default(Literal::Object(&[("count", Literal::Integer(10)), ("interval", Literal::Text("1s"))]));

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;

const BUDGET_INTERVAL: Rule = rule(
    "retry-budget-interval-out-of-range",
    |interval| compare(interval, |length| (SECOND..=HOUR).contains(&length)),
    "the interval of a budget is between 1s and 1h: write a length in between",
);

const RATE_INTERVAL: Rule = rule(
    "retry-rate-interval-out-of-range",
    |interval| compare(interval, |length| length != 0 && length <= HOUR),
    "the interval of a rate is longer than 0s and at most 1h: write a length in between",
);

/// spec: `BackendSpec`.
pub(crate) const BACKEND: Schema = object(&[
    field("type", one_of(&["ExternalHostname"])).required(),
    field("externalHostname", object(&[field("hostname", PRECISE_HOSTNAME.rules(&[NOT_IN_CLUSTER])).required()])),
    field("port", object(&[field("name", any_text().max(63).rules(&[PORT_NAME])), field("port", PORT).required()]))
        .required(),
    field("protocol", one_of(&["TCP", "HTTP", "HTTP2", "HTTP11", "H2C", "MCP"])),
    field("tls", BACKEND_TLS),
])
.rules(&[rule_of(
    "backend-hostname-mismatch",
    Check::SetExactlyWhen { field: "externalHostname", by: "type", value: "ExternalHostname" },
    "a backend of type ExternalHostname, and only that, sets `externalHostname`: add or take out the field",
)]);

const NOT_IN_CLUSTER: Rule = rule(
    "backend-hostname-in-cluster",
    |hostname| (!hostname.as_str().is_some_and(|name| name.ends_with(".cluster.local"))).into(),
    "names below `.cluster.local` are Services: refer to the Service as backend instead",
);

/// The rule of the CRD compares a result with null that is never null, so every name fails it.
const PORT_NAME: Rule = rule(
    "backend-port-name",
    |name| name.as_str().is_none_or(str::is_empty).into(),
    "API servers of v1.6 take no name of a port here, though the specification allows any DNS label: leave `name` out",
);

/// spec: `BackendTLS`.
const BACKEND_TLS: Schema = object(&[
    field("mode", one_of(&["None", "ServerOnly", "ClientAndServer"])).required(),
    field("validation", BACKEND_TLS_VALIDATION),
    field("clientCertificateRef", SECRET_REFERENCE),
])
.rules(&[rule_of(
    "backend-client-certificate-mismatch",
    Check::SetExactlyWhen { field: "clientCertificateRef", by: "mode", value: "ClientAndServer" },
    "mode ClientAndServer, and only that, sets `clientCertificateRef`: add or take out the field, or change the mode",
)]);

fn has_references(validation: &Value) -> bool {
    items_of(validation, "caCertificateRefs").next().is_some()
}

fn has_well_known(validation: &Value) -> bool {
    !filled(validation, "wellKnownCACertificates").is_empty()
}

fn compare(interval: &Value, holds: impl Fn(i64) -> bool) -> Outcome {
    let given = interval.as_str().unwrap_or("");
    match cel_duration(given) {
        Some(length) => holds(length).into(),
        None => Outcome::Unanswerable(format!("`{given}` is no duration")),
    }
}
