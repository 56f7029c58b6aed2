//! Constraints of HTTPRoute.

use serde_json::Value;

use crate::filter::constraints::{HEADER_NAME, HTTP_FILTERS};
use crate::gateway::constraints::DEFAULT_GATEWAY_SCOPE;
use crate::reference::constraints::{
    PARENT_REFERENCE, PARENT_REFS_RULES, SECTION_NAME, WILDCARD_HOSTNAME, backend_ref_with,
};
use crate::validation::constraint::{
    Literal, Schema, field, integer, list_by, list_of, object, one_of, set_of, text as any_text, text_of,
};
use crate::validation::format::cel_duration;
use crate::validation::pattern::{DURATION as DURATION_TEXT, HEADER_VALUE, PATH_TEXT};
use crate::validation::rule::{Check, Outcome, Rule, all_different, filled, items, items_of, rule, rule_of, text};

/// spec: `HTTPRouteSpec`.
pub(crate) const HTTP_ROUTE: Schema = object(&[
    field("parentRefs", PARENT_REFS),
    field("hostnames", list_of(&WILDCARD_HOSTNAME).max(16)),
    field("rules", list_of(&HTTP_RULE).range(1, 16).default(Literal::List(&[DEFAULT_RULE])).rules(HTTP_RULES_RULES)),
    field("useDefaultGateways", DEFAULT_GATEWAY_SCOPE).experimental(),
]);

/// spec: `CommonRouteSpec.parentRefs`.
pub(crate) const PARENT_REFS: Schema = list_of(&PARENT_REFERENCE).max(32).rules(PARENT_REFS_RULES);

const DEFAULT_PATH: Literal = Literal::Object(&[("type", Literal::Text("PathPrefix")), ("value", Literal::Text("/"))]);
const DEFAULT_MATCHES: Literal = Literal::List(&[Literal::Object(&[("path", DEFAULT_PATH)])]);
const DEFAULT_RULE: Literal = Literal::Object(&[("matches", DEFAULT_MATCHES)]);

/// The rules of a route have different names, where they have some.
pub(crate) const RULE_NAMES: Rule =
    rule("rule-name-repeated", rule_names_differ, "two rules have one name: give each a name of its own, or none");

/// The most matches that all rules of a route may have together.
const MOST_MATCHES: usize = 128;

pub(crate) const TOTAL_MATCHES: Rule = rule(
    "route-too-many-matches",
    total_matches,
    "a route has at most 128 matches in all its rules together: split it into several routes",
);

const HTTP_RULES_RULES: &[Rule] = &[TOTAL_MATCHES, RULE_NAMES.experimental()];

/// spec: `HTTPRouteRule`.
const HTTP_RULE: Schema = object(&[
    field("name", SECTION_NAME),
    field("matches", list_of(&HTTP_MATCH).max(64).default(DEFAULT_MATCHES)),
    field("filters", HTTP_FILTERS),
    field("backendRefs", list_of(&HTTP_BACKEND_REF).max(16)),
    field("timeouts", TIMEOUTS),
    field("retry", RETRY).experimental(),
    field("sessionPersistence", SESSION_PERSISTENCE).experimental(),
])
.rules(&[
    rule(
        "redirect-with-backends",
        no_redirect_with_backends,
        "a redirected request reaches no backend: take `backendRefs` or the RequestRedirect filter out",
    ),
    rule(
        "redirect-prefix-needs-prefix-match",
        |rule| prefix_is_matched(rule, "requestRedirect"),
        "`replacePrefixMatch` replaces the prefix that was matched: the rule needs exactly one match, with a path of type PathPrefix",
    ),
    rule(
        "rewrite-prefix-needs-prefix-match",
        |rule| prefix_is_matched(rule, "urlRewrite"),
        "`replacePrefixMatch` replaces the prefix that was matched: the rule needs exactly one match, with a path of type PathPrefix",
    ),
    rule(
        "backend-redirect-prefix-needs-prefix-match",
        |rule| backend_prefix_is_matched(rule, "requestRedirect"),
        "`replacePrefixMatch` in a backend's filter replaces the prefix that was matched: the rule needs exactly one match, with a path of type PathPrefix",
    ),
    rule(
        "backend-rewrite-prefix-needs-prefix-match",
        |rule| backend_prefix_is_matched(rule, "urlRewrite"),
        "`replacePrefixMatch` in a backend's filter replaces the prefix that was matched: the rule needs exactly one match, with a path of type PathPrefix",
    ),
]);

/// spec: `HTTPBackendRef`.
const HTTP_BACKEND_REF: Schema = backend_ref_with!(HTTP_FILTERS);

/// spec: `HTTPRouteMatch`.
const HTTP_MATCH: Schema = object(&[
    field("path", PATH_MATCH.default(DEFAULT_PATH)),
    field("headers", list_by(&["name"], &HEADER_MATCH).max(16)),
    field("queryParams", list_by(&["name"], &QUERY_MATCH).max(16)),
    field("method", one_of(&["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])),
]);

/// spec: `HeaderMatchType`, `QueryParamMatchType`, `GRPCHeaderMatchType`.
pub(crate) const VALUE_MATCH_TYPE: Schema = one_of(&["Exact", "RegularExpression"]).default_text("Exact");

/// spec: `HTTPHeaderMatch`.
const HEADER_MATCH: Schema = object(&[
    field("type", VALUE_MATCH_TYPE),
    field("name", HEADER_NAME).required(),
    field("value", text_of(1, 4096)).required().standard(),
    field("value", text_of(1, 4096).pattern(HEADER_VALUE)).required().experimental(),
]);

/// spec: `HTTPQueryParamMatch`.
const QUERY_MATCH: Schema = object(&[
    field("type", VALUE_MATCH_TYPE),
    field("name", HEADER_NAME).required(),
    field("value", text_of(1, 1024)).required(),
]);

/// spec: `HTTPPathMatch`. All but the last rule are about paths that are compared as text.
const PATH_MATCH: Schema = object(&[
    field("type", one_of(&["Exact", "PathPrefix", "RegularExpression"]).default_text("PathPrefix")),
    field("value", any_text().max(1024).default_text("/")),
])
.rules(&[
    rule("path-not-absolute", |path| plain(path, |text| text.starts_with('/')), "a path starts with `/`: add it in front"),
    rule(
        "path-double-slash",
        |path| plain(path, |text| !text.contains("//")),
        "a path has no `//`, because proxies merge slashes: write one `/`",
    ),
    rule(
        "path-dot-segment",
        |path| plain(path, |text| !text.contains("/./")),
        "a path has no `/./`, because it means the same as `/`: write `/`",
    ),
    rule(
        "path-parent-segment",
        |path| plain(path, |text| !text.contains("/../")),
        "a path has no `/../`: write the path that it leads to",
    ),
    rule(
        "path-encoded-slash-lower-case",
        |path| plain(path, |text| !text.contains("%2f")),
        "a path has no `%2f`: write `/`, or use a regular expression",
    ),
    rule(
        "path-encoded-slash",
        |path| plain(path, |text| !text.contains("%2F")),
        "a path has no `%2F`: write `/`, or use a regular expression",
    ),
    rule(
        "path-fragment",
        |path| plain(path, |text| !text.contains('#')),
        "a path has no `#`: fragments are never sent to a server",
    ),
    rule(
        "path-parent-segment-at-end",
        |path| plain(path, |text| !text.ends_with("/..")),
        "a path does not end with `/..`: write the path that it leads to",
    ),
    rule(
        "path-dot-segment-at-end",
        |path| plain(path, |text| !text.ends_with("/.")),
        "a path does not end with `/.`: write `/`",
    ),
    rule(
        "path-malformed",
        |path| plain(path, |text| PATH_TEXT.matches(text)),
        "a path has letters, digits and any of -/._~!$&'()*+,;=:@; write any other character as `%` and two hexadecimal digits",
    ),
    rule(
        "path-type-unknown",
        |path| matches!(text(path, "type"), Some("Exact" | "PathPrefix" | "RegularExpression")).into(),
        "the type of a path is Exact, PathPrefix or RegularExpression",
    ),
]);

/// spec: GEP-2257.
pub(crate) const DURATION: Schema = any_text().pattern(DURATION_TEXT);

/// spec: `HTTPRouteTimeouts`.
const TIMEOUTS: Schema = object(&[field("request", DURATION), field("backendRequest", DURATION)]).rules(&[rule(
    "timeout-of-backend-too-long",
    backend_in_time,
    "`backendRequest` must not be longer than `request`: shorten it, or lengthen `request` (0s means no limit)",
)]);

/// spec: `HTTPRouteRetry`.
const RETRY: Schema = object(&[
    field("codes", set_of(&integer().range(400, 599))),
    field("attempts", integer().min(1)),
    field("backoff", DURATION),
]);

/// spec: `SessionPersistence`.
pub(crate) const SESSION_PERSISTENCE: Schema = object(&[
    field("sessionName", any_text().max(128)),
    field("absoluteTimeout", DURATION),
    field("type", one_of(&["Cookie", "Header"]).default_text("Cookie")),
    field("cookieConfig", object(&[field("lifetimeType", one_of(&["Permanent", "Session"]).default_text("Session"))])),
])
.rules(&[
    rule(
        "session-timeout-missing",
        |session| {
            let lifetime = session.get("cookieConfig").and_then(|cookie| text(cookie, "lifetimeType"));
            (lifetime != Some("Permanent") || session.get("absoluteTimeout").is_some()).into()
        },
        "a permanent cookie needs an end: set `absoluteTimeout`, or lifetimeType Session",
    ),
    rule_of(
        "session-cookie-config-mismatch",
        Check::SetOnlyWhen { field: "cookieConfig", by: "type", value: "Cookie" },
        "only sessions of type Cookie have a `cookieConfig`: take it out, or change the type",
    ),
]);

/// Holds for paths that are not compared as text.
fn plain(path: &Value, holds: impl Fn(&str) -> bool) -> Outcome {
    let is_plain = matches!(text(path, "type"), Some("Exact" | "PathPrefix"));
    (!is_plain || holds(filled(path, "value"))).into()
}

fn rule_names_differ(rules: &Value) -> Outcome {
    let names = items(rules).enumerate().filter_map(|(index, rule)| Some((index, text(rule, "name")?)));
    all_different(names)
}

fn total_matches(rules: &Value) -> Outcome {
    let total: usize = items(rules).map(|rule| items_of(rule, "matches").count()).sum();
    if total <= MOST_MATCHES { Outcome::Holds } else { Outcome::BrokenBy(format!("it has {total}")) }
}

fn no_redirect_with_backends(rule: &Value) -> Outcome {
    let has_backends = items_of(rule, "backendRefs").next().is_some();
    (!has_backends || items_of(rule, "filters").all(|filter| filter.get("requestRedirect").is_none())).into()
}

/// Whether exactly one filter of `holder` replaces the matched prefix.
fn replaces_prefix(holder: &Value, filter_field: &str) -> bool {
    let replaces = |filter: &&Value| {
        let path = filter.get(filter_field).and_then(|filter| filter.get("path"));
        path.is_some_and(|path| {
            text(path, "type") == Some("ReplacePrefixMatch") && path.get("replacePrefixMatch").is_some()
        })
    };
    items_of(holder, "filters").filter(replaces).count() == 1
}

fn matches_one_prefix(rule: &Value) -> bool {
    let mut matches = items_of(rule, "matches");
    let path = matches.next().and_then(|only| only.get("path"));
    matches.next().is_none() && path.is_some_and(|path| text(path, "type") == Some("PathPrefix"))
}

fn prefix_is_matched(rule: &Value, filter_field: &str) -> Outcome {
    (!replaces_prefix(rule, filter_field) || matches_one_prefix(rule)).into()
}

fn backend_prefix_is_matched(rule: &Value, filter_field: &str) -> Outcome {
    let replacing = items_of(rule, "backendRefs").filter(|backend| replaces_prefix(backend, filter_field)).count();
    (replacing != 1 || matches_one_prefix(rule)).into()
}

/// What is no duration at all cannot be compared, unless the other one decides alone.
fn backend_in_time(timeouts: &Value) -> Outcome {
    let (Some(request), Some(backend)) = (text(timeouts, "request"), text(timeouts, "backendRequest")) else {
        return Outcome::Holds;
    };
    match (cel_duration(request), cel_duration(backend)) {
        (Some(0), _) => Outcome::Holds,
        (Some(request), Some(backend)) => (backend <= request).into(),
        (None, _) => Outcome::Unanswerable(format!("`{request}` is no duration")),
        (_, None) => Outcome::Unanswerable(format!("`{backend}` is no duration")),
    }
}
