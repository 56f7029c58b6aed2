//! Constraints of filters.

use serde_json::Value;

use crate::reference::constraints::{BACKEND_OBJECT_REFERENCE, LOCAL_OBJECT_REFERENCE, PORT, PRECISE_HOSTNAME};
use crate::validation::constraint::{
    Schema, boolean, field, int32, integer as any_integer, list_by, list_of, object, one_of, one_of_integers, set_of,
    text as any_text, text_of,
};
use crate::validation::pattern::{HEADER_NAME as HEADER_NAME_TEXT, HEADER_VALUE, ORIGIN, PATH_TEXT};
use crate::validation::rule::{Check, Outcome, Rule, integer, items, rule, rule_of, text};

pub(crate) const HEADER_NAME: Schema = text_of(1, 256).pattern(HEADER_NAME_TEXT);

/// spec: `HTTPRouteFilter`.
const HTTP_FILTER: Schema = object(&[
    field("type", HTTP_FILTER_TYPE).required().standard(),
    field("type", HTTP_FILTER_TYPE_EXPERIMENTAL).required().experimental(),
    field("requestHeaderModifier", HEADER_MODIFIER),
    field("responseHeaderModifier", HEADER_MODIFIER),
    field("requestMirror", REQUEST_MIRROR),
    field("requestRedirect", REQUEST_REDIRECT),
    field("urlRewrite", URL_REWRITE),
    field("cors", CORS),
    field("externalAuth", EXTERNAL_AUTH).experimental(),
    field("extensionRef", LOCAL_OBJECT_REFERENCE),
])
.rules(&[
    of_type("requestHeaderModifier", "RequestHeaderModifier"),
    only_of_type("requestHeaderModifier", "RequestHeaderModifier"),
    of_type("responseHeaderModifier", "ResponseHeaderModifier"),
    only_of_type("responseHeaderModifier", "ResponseHeaderModifier"),
    of_type("requestMirror", "RequestMirror"),
    only_of_type("requestMirror", "RequestMirror"),
    of_type("requestRedirect", "RequestRedirect"),
    only_of_type("requestRedirect", "RequestRedirect"),
    of_type("urlRewrite", "URLRewrite"),
    only_of_type("urlRewrite", "URLRewrite"),
    of_type("cors", "CORS"),
    only_of_type("cors", "CORS"),
    of_type("extensionRef", "ExtensionRef"),
    only_of_type("extensionRef", "ExtensionRef"),
    of_type("externalAuth", "ExternalAuth").experimental(),
    only_of_type("externalAuth", "ExternalAuth").experimental(),
]);

const HTTP_FILTER_TYPE: Schema = one_of(&[
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "CORS",
]);

const HTTP_FILTER_TYPE_EXPERIMENTAL: Schema = one_of(&[
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "CORS",
    "ExternalAuth",
]);

/// spec: `GRPCRouteFilter`.
const GRPC_FILTER: Schema = object(&[
    field("type", one_of(&["ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"]))
        .required(),
    field("requestHeaderModifier", HEADER_MODIFIER),
    field("responseHeaderModifier", HEADER_MODIFIER),
    field("requestMirror", REQUEST_MIRROR),
    field("extensionRef", LOCAL_OBJECT_REFERENCE),
])
.rules(&[
    of_type("requestHeaderModifier", "RequestHeaderModifier"),
    only_of_type("requestHeaderModifier", "RequestHeaderModifier"),
    of_type("responseHeaderModifier", "ResponseHeaderModifier"),
    only_of_type("responseHeaderModifier", "ResponseHeaderModifier"),
    of_type("requestMirror", "RequestMirror"),
    only_of_type("requestMirror", "RequestMirror"),
    of_type("extensionRef", "ExtensionRef"),
    only_of_type("extensionRef", "ExtensionRef"),
]);

/// A filter sets the field that its type names.
const fn of_type(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "route-filter-field-missing",
        Check::SetWhen { field, by: "type", value },
        "a filter sets the field that its `type` names: add the field, or change the type",
    )
}

/// A filter sets no field but that one.
const fn only_of_type(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "route-filter-type-mismatch",
        Check::SetOnlyWhen { field, by: "type", value },
        "a filter sets no other field than its `type` names: take the field out, or change the type",
    )
}

/// spec: `HTTPRouteRule.filters`, `HTTPBackendRef.filters`.
pub(crate) const HTTP_FILTERS: Schema = list_of(&HTTP_FILTER).max(16).rules(&[
    rule(
        "route-filters-redirect-and-rewrite",
        not_redirect_and_rewrite,
        "RequestRedirect and URLRewrite exclude each other: a redirected request reaches no backend; keep one of them",
    ),
    once("RequestHeaderModifier"),
    once("ResponseHeaderModifier"),
    once("RequestRedirect"),
    once("URLRewrite"),
    once("CORS"),
]);

/// spec: `GRPCRouteRule.filters`, `GRPCBackendRef.filters`.
pub(crate) const GRPC_FILTERS: Schema =
    list_of(&GRPC_FILTER).max(16).rules(&[once("RequestHeaderModifier"), once("ResponseHeaderModifier")]);

const fn once(value: &'static str) -> Rule {
    rule_of(
        "route-filter-repeated",
        Check::AtMostOne { by: "type", value },
        "two filters of one type that there may be only once: write one filter with both changes",
    )
}

/// spec: `HTTPHeaderFilter`.
const HEADER_MODIFIER: Schema = object(&[
    field("set", list_by(&["name"], &HEADER).max(16)),
    field("add", list_by(&["name"], &HEADER).max(16)),
    field("remove", set_of(&any_text()).max(16)),
]);

/// spec: `HTTPHeader`.
const HEADER: Schema = object(&[
    field("name", HEADER_NAME).required(),
    field("value", text_of(1, 4096)).required().standard(),
    field("value", text_of(1, 4096).pattern(HEADER_VALUE)).required().experimental(),
]);

/// spec: `HTTPRequestMirrorFilter`.
const REQUEST_MIRROR: Schema = object(&[
    field("backendRef", BACKEND_OBJECT_REFERENCE).required(),
    field("percent", int32().range(0, 100)),
    field("fraction", FRACTION),
])
.rules(&[rule(
    "mirror-percent-and-fraction",
    percent_or_fraction,
    "`percent` and `fraction` exclude each other: keep one of them",
)]);

/// spec: `Fraction`.
const FRACTION: Schema =
    object(&[field("numerator", int32().min(0)).required(), field("denominator", int32().min(1).default_integer(100))])
        .rules(&[rule(
            "fraction-above-one",
            at_most_one,
            "a fraction is at most 1: write a `numerator` no larger than the `denominator` (100 if left out)",
        )]);

/// spec: `HTTPRequestRedirectFilter`.
const REQUEST_REDIRECT: Schema = object(&[
    field("scheme", one_of(&["http", "https"])),
    field("hostname", PRECISE_HOSTNAME),
    field("path", PATH_MODIFIER),
    field("port", PORT),
    field("statusCode", one_of_integers(&[301, 302, 303, 307, 308]).default_integer(302)),
]);

/// spec: `HTTPURLRewriteFilter`.
const URL_REWRITE: Schema = object(&[field("hostname", PRECISE_HOSTNAME), field("path", PATH_MODIFIER)]);

/// spec: `HTTPPathModifier`.
const PATH_MODIFIER: Schema = object(&[
    field("type", one_of(&["ReplaceFullPath", "ReplacePrefixMatch"])).required(),
    field("replaceFullPath", any_text().max(1024)),
    field("replacePrefixMatch", any_text().max(1024)),
])
.rules(&[
    replaces("replaceFullPath", "ReplaceFullPath"),
    replaces_only("replaceFullPath", "ReplaceFullPath"),
    replaces("replacePrefixMatch", "ReplacePrefixMatch"),
    replaces_only("replacePrefixMatch", "ReplacePrefixMatch"),
]);

const fn replaces(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "path-modifier-field-missing",
        Check::SetWhen { field, by: "type", value },
        "a path modifier sets the field that its `type` names: add the field, or change the type",
    )
}

const fn replaces_only(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "path-modifier-type-mismatch",
        Check::SetOnlyWhen { field, by: "type", value },
        "a path modifier sets no other field than its `type` names: take the field out, or change the type",
    )
}

const METHODS_OR_ANY: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"];

/// spec: `HTTPCORSFilter`.
const CORS: Schema = object(&[
    field(
        "allowOrigins",
        set_of(&text_of(1, 253).pattern(ORIGIN)).max(64).rules(&[rule(
            "cors-any-origin-and-others",
            any_stands_alone,
            "`*` allows every origin: leave the others out, or leave `*` out",
        )]),
    ),
    field("allowCredentials", boolean()),
    field(
        "allowMethods",
        set_of(&one_of(METHODS_OR_ANY)).max(9).rules(&[rule(
            "cors-any-method-and-others",
            any_stands_alone,
            "`*` allows every method: leave the others out, or leave `*` out",
        )]),
    ),
    field(
        "allowHeaders",
        set_of(&HEADER_NAME).max(64).rules(&[rule(
            "cors-any-header-and-others",
            any_stands_alone,
            "`*` allows every header: leave the others out, or leave `*` out",
        )]),
    ),
    field("exposeHeaders", set_of(&HEADER_NAME).max(64)),
    field("maxAge", int32().min(1).default_integer(5)),
]);

/// spec: `HTTPExternalAuthFilter`.
const EXTERNAL_AUTH: Schema = object(&[
    field("protocol", one_of(&["HTTP", "GRPC"])).required(),
    field("backendRef", BACKEND_OBJECT_REFERENCE).required(),
    field("grpc", object(&[field("allowedHeaders", HEADER_NAMES)])),
    field(
        "http",
        object(&[
            field("path", any_text().max(1024).pattern(PATH_TEXT)),
            field("allowedHeaders", HEADER_NAMES),
            field("allowedResponseHeaders", HEADER_NAMES),
        ]),
    ),
    field("forwardBody", object(&[field("maxSize", any_integer())])),
])
.rules(&[speaks("grpc", "GRPC"), speaks_only("grpc", "GRPC"), speaks("http", "HTTP"), speaks_only("http", "HTTP")]);

/// Names of headers that are not looked at.
const HEADER_NAMES: Schema = set_of(&any_text()).max(64);

const fn speaks(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "external-auth-field-missing",
        Check::SetWhen { field, by: "protocol", value },
        "external auth sets the field that its `protocol` names: add `http: {}` or `grpc: {}`",
    )
}

const fn speaks_only(field: &'static str, value: &'static str) -> Rule {
    rule_of(
        "external-auth-protocol-mismatch",
        Check::SetOnlyWhen { field, by: "protocol", value },
        "external auth sets no other field than its `protocol` names: take the field out, or change the protocol",
    )
}

fn not_redirect_and_rewrite(filters: &Value) -> Outcome {
    let has = |wanted: &str| items(filters).any(|filter| text(filter, "type") == Some(wanted));
    (!(has("RequestRedirect") && has("URLRewrite"))).into()
}

fn any_stands_alone(values: &Value) -> Outcome {
    let has_any = items(values).any(|value| value.as_str() == Some("*"));
    (!has_any || items(values).count() <= 1).into()
}

fn percent_or_fraction(mirror: &Value) -> Outcome {
    if mirror.get("fraction").is_none() {
        return Outcome::Holds;
    }
    integer(mirror, "percent").map(|percent| percent.is_none()).into()
}

fn at_most_one(fraction: &Value) -> Outcome {
    let part = |field| integer(fraction, field).map(Option::unwrap_or_default);
    part("numerator").and_then(|numerator| Ok(numerator <= part("denominator")?)).into()
}
