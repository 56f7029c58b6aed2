//! Constraints of TLSRoute, TCPRoute and UDPRoute.

use serde_json::Value;

use crate::gateway::constraints::DEFAULT_GATEWAY_SCOPE;
use crate::http_route::constraints::{PARENT_REFS, RULE_NAMES};
use crate::reference::constraints::{BACKEND_REF, SECTION_NAME, WILDCARD_HOSTNAME};
use crate::validation::constraint::{Field, Schema, field, list_of, object};
use crate::validation::pattern::SUBDOMAIN;
use crate::validation::rule::{Outcome, Rule, items, rule};

/// spec: `TCPRouteSpec`, `UDPRouteSpec`.
pub(crate) const L4_ROUTE: Schema = object(&[PARENTS, field("rules", ONE_RULE).required(), DEFAULT_GATEWAYS]);

/// spec: the same in v1alpha2.
pub(crate) const L4_ROUTE_V1ALPHA2: Schema =
    object(&[PARENTS, field("rules", SEVERAL_RULES).required(), DEFAULT_GATEWAYS]);

/// spec: `TLSRouteSpec`.
pub(crate) const TLS_ROUTE: Schema = object(&[
    PARENTS,
    field("hostnames", HOSTNAMES.min(1).rules(&[NO_IP, NAMES_WELL_FORMED, WILDCARDS_WELL_FORMED])).required(),
    field("rules", ONE_RULE).required(),
    DEFAULT_GATEWAYS,
]);

/// spec: the same in v1alpha2, where hostnames may be left out and are bound by their pattern alone.
pub(crate) const TLS_ROUTE_V1ALPHA2: Schema =
    object(&[PARENTS, field("hostnames", HOSTNAMES), field("rules", SEVERAL_RULES).required(), DEFAULT_GATEWAYS]);

const PARENTS: Field = field("parentRefs", PARENT_REFS);
const DEFAULT_GATEWAYS: Field = field("useDefaultGateways", DEFAULT_GATEWAY_SCOPE).experimental();
const HOSTNAMES: Schema = list_of(&WILDCARD_HOSTNAME).max(1024);
const ONE_RULE: Schema = list_of(&L4_RULE).range(1, 1);
/// Only the experimental channel serves the version that has several.
const SEVERAL_RULES: Schema = list_of(&L4_RULE).range(1, 16).rules(&[RULE_NAMES.experimental()]);

/// spec: `TCPRouteRule`, `UDPRouteRule`, `TLSRouteRule`.
const L4_RULE: Schema =
    object(&[field("name", SECTION_NAME), field("backendRefs", list_of(&BACKEND_REF).range(1, 16)).required()]);

const NO_IP: Rule = rule(
    "tls-route-hostname-is-ip",
    |hostnames| every(hostnames, |name| !is_ip(name)),
    "clients send no IP address as server name: write a hostname",
);

const NAMES_WELL_FORMED: Rule = rule(
    "tls-route-hostname-malformed",
    |hostnames| every(hostnames, |name| name.contains('*') || SUBDOMAIN.matches(name)),
    "a hostname has lower-case letters, digits, `-` and `.`, with a letter or digit on both sides of every dot and at both ends",
);

const WILDCARDS_WELL_FORMED: Rule = rule(
    "tls-route-wildcard-malformed",
    |hostnames| {
        let holds = |name: &str| name.strip_prefix("*.").is_some_and(|rest| SUBDOMAIN.matches(rest));
        every(hostnames, |name| !name.contains('*') || holds(name))
    },
    "a wildcard stands alone in front, and a hostname follows: write `*.example.com`",
);

/// The first hostname that does not hold is named.
fn every(hostnames: &Value, holds: impl Fn(&str) -> bool) -> Outcome {
    let mut broken = items(hostnames).filter_map(Value::as_str).filter(|name| !holds(name));
    match broken.next() {
        None => Outcome::Holds,
        Some(name) => Outcome::BrokenBy(format!("`{name}`")),
    }
}

/// Whether a text is an IP address in CEL: without leading zeros, zone or an IPv4 address inside.
fn is_ip(text: &str) -> bool {
    match text.parse() {
        Ok(std::net::IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
        Ok(std::net::IpAddr::V4(_)) => true,
        Err(_) => false,
    }
}
