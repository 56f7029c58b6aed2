//! Constraints of GatewayClass, Gateway and ListenerSet.

use serde_json::Value;

use crate::reference::constraints::{
    GROUP, KIND, LOCAL_OBJECT_REFERENCE, OBJECT_NAME, OBJECT_REFERENCE, PARENT_GATEWAY_REFERENCE, PORT,
    SECRET_REFERENCE, SECTION_NAME, WILDCARD_HOSTNAME,
};
use crate::selector::constraints::LABEL_SELECTOR;
use crate::status::constraints::CONTROLLER_NAME;
use crate::validation::constraint::{
    AddressUnion, Literal, Schema, field, list_by, list_of, map_of, object, one_of, text as any_text, text_of,
};
use crate::validation::pattern::{
    ADDRESS_TYPE as ADDRESS_TYPE_TEXT, HOSTNAME, LABEL_KEY, LABEL_VALUE, PROTOCOL as PROTOCOL_TEXT,
};
use crate::validation::rule::{
    Check, Outcome, Rule, all_different, filled, integer, items, items_of, rule, rule_of, text,
};

/// spec: `GatewayClassSpec`, `MeshSpec`.
pub(crate) const GATEWAY_CLASS: Schema = object(&[
    field(
        "controllerName",
        CONTROLLER_NAME.rules(&[rule_of(
            "controller-name-immutable",
            Check::Transition(|new, old| (new == old).into()),
            "the controller cannot be changed: make a new object for another controller",
        )]),
    )
    .required(),
    field("parametersRef", OBJECT_REFERENCE),
    field("description", any_text().max(64)),
]);

/// spec: `GatewaySpec`.
pub(crate) const GATEWAY: Schema = object(&[
    field("gatewayClassName", OBJECT_NAME).required(),
    field("listeners", list_by(&["name"], &LISTENER).range(1, 64).rules(LISTENERS_RULES)).required(),
    field("addresses", list_of(&ADDRESS).max(16).rules(ADDRESSES_RULES)),
    field("infrastructure", INFRASTRUCTURE),
    field("allowedListeners", ALLOWED_LISTENERS),
    field("tls", GATEWAY_TLS),
    field("defaultScope", DEFAULT_GATEWAY_SCOPE).experimental(),
]);

/// spec: `ListenerSetSpec`.
pub(crate) const LISTENER_SET: Schema = object(&[
    field("parentRef", PARENT_GATEWAY_REFERENCE).required(),
    field("listeners", list_by(&["name"], &LISTENER).range(1, 64).rules(LISTENERS_RULES)).required(),
]);

/// spec: `GatewayDefaultScope`.
pub(crate) const DEFAULT_GATEWAY_SCOPE: Schema = one_of(&["All", "None"]);

/// spec: `Listener`, `ListenerEntry`.
const LISTENER: Schema = object(&[
    field("name", SECTION_NAME).required(),
    field("hostname", WILDCARD_HOSTNAME),
    field("port", PORT).required(),
    field("protocol", text_of(1, 255).pattern(PROTOCOL_TEXT)).required(),
    field("tls", LISTENER_TLS),
    field("allowedRoutes", ALLOWED_ROUTES),
]);

/// spec: `ListenerTLSConfig`.
const LISTENER_TLS: Schema = object(&[
    field("mode", one_of(&["Terminate", "Passthrough"]).default_text("Terminate")),
    field("certificateRefs", list_of(&SECRET_REFERENCE).max(64)),
    field("options", map_of(&text_of(0, 4096)).max(16)),
])
.rules(&[rule(
    "tls-certificates-missing",
    certificates_given,
    "a listener that terminates TLS needs certificates: set `certificateRefs` (or `options`), or `mode: Passthrough`",
)]);

const FROM_SAME: Literal = Literal::Object(&[("from", Literal::Text("Same"))]);
const FROM_NONE: Literal = Literal::Object(&[("from", Literal::Text("None"))]);

/// spec: `AllowedRoutes`.
const ALLOWED_ROUTES: Schema = object(&[
    field(
        "namespaces",
        object(&[
            field("from", one_of(&["All", "Selector", "Same"]).default_text("Same")),
            field("selector", LABEL_SELECTOR),
        ])
        .default(FROM_SAME),
    ),
    field("kinds", list_of(&ROUTE_GROUP_KIND).max(8)),
])
.default(Literal::Object(&[("namespaces", FROM_SAME)]));

/// spec: `RouteGroupKind`.
pub(crate) const ROUTE_GROUP_KIND: Schema =
    object(&[field("group", GROUP.default_text("gateway.networking.k8s.io")), field("kind", KIND).required()]);

/// spec: `AllowedListeners`.
const ALLOWED_LISTENERS: Schema = object(&[field(
    "namespaces",
    object(&[
        field("from", one_of(&["All", "Selector", "Same", "None"]).default_text("None")),
        field("selector", LABEL_SELECTOR),
    ])
    .default(FROM_NONE),
)]);

/// spec: `GatewayTLSConfig`.
const GATEWAY_TLS: Schema = object(&[
    field("backend", object(&[field("clientCertificateRef", SECRET_REFERENCE)])),
    field(
        "frontend",
        object(&[
            field("default", FRONTEND_TLS).required(),
            field(
                "perPort",
                list_by(&["port"], &object(&[field("port", PORT).required(), field("tls", FRONTEND_TLS).required()]))
                    .max(64)
                    .rules(&[rule(
                        "frontend-tls-port-repeated",
                        ports_differ,
                        "a port has more than one TLS configuration: write one entry per port",
                    )]),
            ),
        ]),
    ),
]);

/// spec: `TLSConfig`.
const FRONTEND_TLS: Schema = object(&[field(
    "validation",
    object(&[
        field("caCertificateRefs", list_of(&OBJECT_REFERENCE).range(1, 16)).required(),
        field("mode", one_of(&["AllowValidOnly", "AllowInsecureFallback"]).default_text("AllowValidOnly")),
    ]),
)]);

/// spec: `GatewayInfrastructure`.
const INFRASTRUCTURE: Schema = object(&[
    field("labels", map_of(&text_of(0, 63).pattern(LABEL_VALUE)).max(8).rules(LABELS_RULES)),
    field("annotations", map_of(&text_of(0, 4096)).max(16).rules(ANNOTATIONS_RULES)),
    field("parametersRef", LOCAL_OBJECT_REFERENCE),
]);

const LABELS_RULES: &[Rule] = &[
    rule(
        "infrastructure-label-key-malformed",
        keys_well_formed,
        "a key of a label is a name of up to 63 letters, digits, `-`, `_` and `.`, with a domain and `/` in front if need be",
    ),
    rule(
        "infrastructure-label-prefix-too-long",
        key_prefixes_short,
        "the domain in front of a label's name must have fewer than 253 characters",
    ),
];

const ANNOTATIONS_RULES: &[Rule] = &[
    rule(
        "infrastructure-annotation-key-malformed",
        keys_well_formed,
        "a key of an annotation is a name of up to 63 letters, digits, `-`, `_` and `.`, with a domain and `/` in front if need be",
    ),
    rule(
        "infrastructure-annotation-prefix-too-long",
        key_prefixes_short,
        "the domain in front of an annotation's name must have fewer than 253 characters",
    ),
];

pub(crate) const ADDRESS_TYPE: Schema = text_of(1, 253).pattern(ADDRESS_TYPE_TEXT).default_text("IPAddress");
pub(crate) const ADDRESS_UNION: AddressUnion = AddressUnion { by: "type", is: "IPAddress", value: "value" };

/// spec: `GatewaySpecAddress`.
const ADDRESS: Schema = object(&[field("type", ADDRESS_TYPE), field("value", any_text().max(253))])
    .address_union(ADDRESS_UNION)
    .rules(&[rule(
        "address-hostname-malformed",
        |address| {
            let value = text(address, "value");
            (text(address, "type") != Some("Hostname") || value.is_none_or(|value| HOSTNAME.matches(value))).into()
        },
        "an address of type `Hostname` must be a hostname in lower case, without port; leave `value` out for any",
    )]);

const ADDRESSES_RULES: &[Rule] = &[
    rule(
        "addresses-ip-repeated",
        |addresses| values_differ(addresses, "IPAddress"),
        "an IP address is asked for twice: write it once",
    ),
    rule(
        "addresses-hostname-repeated",
        |addresses| values_differ(addresses, "Hostname"),
        "a hostname is asked for twice: write it once",
    ),
];

/// Of the listeners of a Gateway and of a ListenerSet alike.
const LISTENERS_RULES: &[Rule] = &[
    rule(
        "listener-tls-forbidden",
        |listeners| each(listeners, |one| !is_any(one, &["HTTP", "TCP", "UDP"]) || one.get("tls").is_none()),
        "listeners of protocol HTTP, TCP and UDP have no TLS: leave `tls` out, or write HTTPS or TLS",
    ),
    rule(
        "listener-https-mode",
        |listeners| each(listeners, |one| !is_any(one, &["HTTPS"]) || one.get("tls").is_none_or(terminates)),
        "a listener of protocol HTTPS terminates TLS: write `mode: Terminate`, or protocol TLS to pass it through",
    ),
    rule(
        "listener-tls-mode-missing",
        |listeners| each(listeners, |one| !is_any(one, &["TLS"]) || one.get("tls").is_some_and(has_mode)),
        "a listener of protocol TLS needs `tls` with a `mode`: write Terminate or Passthrough",
    ),
    rule(
        "listener-hostname-forbidden",
        |listeners| each(listeners, |one| !is_any(one, &["TCP", "UDP"]) || filled(one, "hostname").is_empty()),
        "listeners of protocol TCP and UDP see no hostname: leave `hostname` out",
    ),
    rule(
        "listener-name-repeated",
        |listeners| all_different(items(listeners).map(|one| text(one, "name")).enumerate()),
        "two listeners have one name: give each a name of its own",
    ),
    rule(
        "listener-repeated",
        listeners_differ,
        "two listeners have one port, protocol and hostname: change one of the three, or keep one listener",
    ),
];

/// The first listener that does not hold is named.
fn each(listeners: &Value, holds: impl Fn(&Value) -> bool) -> Outcome {
    match items(listeners).position(|listener| !holds(listener)) {
        None => Outcome::Holds,
        Some(index) => Outcome::BrokenBy(format!("listener [{index}]")),
    }
}

fn is_any(listener: &Value, protocols: &[&str]) -> bool {
    text(listener, "protocol").is_some_and(|protocol| protocols.contains(&protocol))
}

fn terminates(tls: &Value) -> bool {
    matches!(text(tls, "mode"), Some("" | "Terminate"))
}

fn has_mode(tls: &Value) -> bool {
    !filled(tls, "mode").is_empty()
}

/// An absent hostname is one of its own, an empty one another.
fn listeners_differ(listeners: &Value) -> Outcome {
    let key = |one| Ok((integer(one, "port")?, text(one, "protocol"), text(one, "hostname")));
    let keys: Result<Vec<_>, _> = items(listeners).map(key).collect();
    keys.map(|keys| all_different(keys.into_iter().enumerate())).into()
}

fn ports_differ(entries: &Value) -> Outcome {
    let ports: Result<Vec<_>, _> = items(entries).map(|one| integer(one, "port")).collect();
    ports.map(|ports| all_different(ports.into_iter().enumerate())).into()
}

fn certificates_given(tls: &Value) -> Outcome {
    let has_options = tls.get("options").and_then(Value::as_object).is_some_and(|options| !options.is_empty());
    (text(tls, "mode") != Some("Terminate") || items_of(tls, "certificateRefs").next().is_some() || has_options).into()
}

fn values_differ(addresses: &Value, kind: &str) -> Outcome {
    let of_kind = items(addresses).enumerate().filter(|(_, address)| text(address, "type") == Some(kind));
    all_different(of_kind.filter_map(|(index, address)| Some((index, text(address, "value")?))))
}

fn keys(map: &Value) -> impl Iterator<Item = &String> {
    map.as_object().into_iter().flat_map(|entries| entries.keys())
}

fn keys_well_formed(map: &Value) -> Outcome {
    match keys(map).find(|key| !LABEL_KEY.matches(key)) {
        None => Outcome::Holds,
        Some(key) => Outcome::BrokenBy(format!("key `{key}`")),
    }
}

fn key_prefixes_short(map: &Value) -> Outcome {
    let prefix = |key: &str| key.split('/').next().unwrap_or("").chars().count();
    keys(map).all(|key| prefix(key) < 253).into()
}
