//! What the specification leaves open: named options with documented defaults.

use std::collections::BTreeSet;
use std::fmt;

use gateway_model::{Feature, FeatureSet, WellKnownCaCertificates, group_of};

use crate::route::RouteLimits;

/// What is ours and what we chose where the specification leaves a choice.
///
/// One value goes through topology, router and status, so that all three say the same. The
/// defaults follow the specification's recommendations where it has any; [`OPTIONS`] lists them
/// all with their citations.
///
/// ```
/// use gateway_match::{Profile, RegexRank};
///
/// let mut profile = Profile::default().regex_rank(RegexRank::BelowPrefix);
/// profile.set("host-fallback", "none")?; // as a command line has it
/// # Ok::<(), gateway_match::OptionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub(crate) controller: Option<String>,
    pub(crate) features: FeatureSet,
    pub(crate) options: Options,
    pub(crate) extensions: BTreeSet<(String, String)>,
    pub(crate) ca_sets: BTreeSet<String>,
    pub(crate) listener_limit: Option<usize>,
    pub(crate) attached_route_limit: Option<usize>,
    pub(crate) limits: RouteLimits,
}

impl Default for Profile {
    fn default() -> Self {
        Profile {
            controller: None,
            features: FeatureSet::all(),
            options: Options::default(),
            extensions: BTreeSet::new(),
            ca_sets: BTreeSet::new(),
            listener_limit: None,
            attached_route_limit: None,
            limits: RouteLimits::default(),
        }
    }
}

impl Profile {
    /// A profile with the default options, to which every class and Gateway belongs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only GatewayClasses of that controllerName are ours, and the Gateways of those classes.
    ///
    /// Without it every GatewayClass is ours, and so is every Gateway, its class known or not.
    pub fn controller(mut self, name: impl Into<String>) -> Self {
        self.controller = Some(name.into());
        self
    }

    /// The controllerName that is ours, if only one is.
    pub fn controller_name(&self) -> Option<&str> {
        self.controller.as_deref()
    }

    /// The features that we support; by default all of them.
    ///
    /// spec: `GatewayClassStatus.supportedFeatures`. What needs another is refused with the reason
    /// that the specification has for it, if it has one, and served otherwise.
    pub fn features(mut self, features: FeatureSet) -> Self {
        self.features = features;
        self
    }

    /// Whether we support a feature.
    pub fn supports(&self, feature: Feature) -> bool {
        self.features.contains(feature)
    }

    /// Every feature that we support.
    pub fn supported_features(&self) -> FeatureSet {
        self.features
    }

    /// Filters of that group and kind are ours: rules may refer to them (`ExtensionRef`), and the
    /// embedder does what they ask. None is unless this says so.
    ///
    /// A reference to any other kind does not resolve, and such a filter must not be skipped: the
    /// requests of its rule are answered 500, those of its backend their share.
    /// spec: `HTTPRouteFilter.type`. Whether the object itself exists is the embedder's to see.
    ///
    /// ```
    /// use gateway_match::Profile;
    ///
    /// let profile = Profile::default().extension_filter("example.com", "RateLimit");
    /// assert!(profile.has_extension_filter("example.com", "RateLimit"));
    /// ```
    pub fn extension_filter(mut self, group: &str, kind: &str) -> Self {
        self.extensions.insert((group_of(group).to_owned(), kind.to_owned()));
        self
    }

    /// Whether filters of that group and kind are ours.
    pub fn has_extension_filter(&self, group: &str, kind: &str) -> bool {
        let group = group_of(group);
        self.extensions.iter().any(|(known_group, known_kind)| known_group == group && known_kind == kind)
    }

    /// A well-known set of CA certificates of that name is ours, besides the system's (`System`).
    ///
    /// spec: `BackendTLSPolicyValidation.wellKnownCACertificates`: a policy that asks for a set which
    /// we do not have is invalid.
    pub fn well_known_ca_certificates(mut self, name: impl Into<String>) -> Self {
        self.ca_sets.insert(name.into());
        self
    }

    /// Whether a well-known set of CA certificates is ours.
    pub fn has_well_known_ca_certificates(&self, name: &str) -> bool {
        name == WellKnownCaCertificates::System.as_str() || self.ca_sets.contains(name)
    }

    /// The most listeners that a Gateway can have, with those of the ListenerSets that join it; no limit
    /// without it.
    ///
    /// spec: `ListenerSetSpec.listeners`: implementations MAY reject listeners (TooManyListeners), and no
    /// number is named. In the order of precedence those of sets that come after the limit are refused;
    /// a Gateway's own listeners count and are never refused, nor do those count that hold no place.
    pub fn listener_limit(mut self, most: usize) -> Self {
        self.listener_limit = Some(most);
        self
    }

    /// The most routes that are attached to one listener of a Gateway or ListenerSet; and to one port of a Service, of
    /// each namespace. No limit without it: the specification knows none.
    ///
    /// The oldest routes stay, then the first by `{namespace}/{name}`; the others are not accepted by that listener
    /// ([`AttachmentRefusal::CrowdedOut`](crate::AttachmentRefusal::CrowdedOut)), and may be attached to others. When one
    /// of the first goes the next takes its place. Where there are more routes than this, a change of one costs
    /// O(n log n) in those of its listeners.
    ///
    /// ```
    /// # use gateway_match::{Profile, Topology};
    /// # use gateway_model::{Resources, read_objects};
    /// # let gateway = serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
    /// #     "metadata": {"name": "public"},
    /// #     "spec": {"gatewayClassName": "any", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}});
    /// # let route = |name: &str| serde_json::json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    /// #     "metadata": {"name": name}, "spec": {"parentRefs": [{"name": "public"}]}});
    /// # let mut resources = Resources::new();
    /// # for document in [gateway, route("a"), route("b")] {
    /// #     resources.insert_any(read_objects(document, "shop").remove(0).object?);
    /// # }
    /// let profile = Profile::default().attached_route_limit(1);
    /// let topology = Topology::resolve(&resources, &profile);
    /// let attached = topology.routes().filter(|route| route.attachments().next().is_some());
    /// assert_eq!(attached.map(|route| route.key().to_string()).collect::<Vec<_>>(), ["HTTPRoute shop/a"]);
    /// # Ok::<(), gateway_model::ReadError>(())
    /// ```
    pub fn attached_route_limit(mut self, most: usize) -> Self {
        self.attached_route_limit = Some(most);
        self
    }

    /// The names that [`Profile::set_limit`] knows.
    pub const LIMITS: &'static [&'static str] = &[
        "listeners",
        "attached-routes",
        "rules",
        "matches",
        "conditions",
        "filters",
        "backends",
        "patterns",
        "pattern-bytes",
        "pattern-size",
    ];

    /// Sets a limit by its name, as a command line has it: `listeners` ([`Profile::listener_limit`]),
    /// `attached-routes` ([`Profile::attached_route_limit`]), or what [`RouteLimits::set`] knows. False if none has that
    /// name.
    ///
    /// ```
    /// use gateway_match::Profile;
    ///
    /// let mut profile = Profile::default();
    /// assert!(Profile::LIMITS.iter().all(|name| profile.set_limit(name, 7)));
    /// assert!(!profile.set_limit("luck", 7));
    /// ```
    pub fn set_limit(&mut self, name: &str, most: usize) -> bool {
        match name {
            "listeners" => self.listener_limit = Some(most),
            "attached-routes" => self.attached_route_limit = Some(most),
            _ => return self.limits.set(name, most),
        }
        true
    }

    /// How much one route may hold: rules, matches, regular expressions and their size. Rules beyond a bound
    /// are dropped, with the reason UnsupportedValue.
    pub fn route_limits(mut self, limits: RouteLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What happens to status entries for which a list has no room: see [`Profile::status_overflow`].
    pub fn overflow(&self) -> Overflow {
        self.options.status_overflow
    }

    /// Sets an option by its name and the name of its value, as a command line has them.
    ///
    /// # Errors
    ///
    /// An unknown name, or a value that the option does not have.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        self.options.set(name, value)
    }

    /// The value of an option by its name, as [`Profile::set`] takes it.
    pub fn get(&self, name: &str) -> Option<&'static str> {
        self.options.get(name)
    }
}

/// An option of a [`Profile`], for documentation, command lines and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// Names of its values; the first is the default.
    pub values: &'static [&'static str],
    /// What it decides.
    pub decides: &'static str,
    /// Where the specification leaves it open.
    pub citation: &'static str,
}

/// Why an option could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// There is no such option.
    #[error("no option is named `{name}`")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// The option has no such value.
    #[error("option `{name}` is one of {}, not `{value}`", values.join(", "))]
    UnknownValue {
        /// The option.
        name: &'static str,
        /// The value.
        value: String,
        /// The values that it has.
        values: &'static [&'static str],
    },
}

/// Declares every option once: its type, values, setter, name and citation come from one table.
macro_rules! options {
    ($(
        $(#[doc = $doc:literal])+
        $option:ident $field:ident $name:literal, $decides:literal, $citation:literal {
            $( $(#[doc = $value_doc:literal])+ $value:ident = $value_name:literal, )+
        }
    )+) => {
        /// Every option, in one table: name, values (the default first), what it decides, citation.
        pub const OPTIONS: &[OptionInfo] = &[ $(
            OptionInfo { name: $name, values: &[ $($value_name),+ ], decides: $decides, citation: $citation },
        )+ ];

        $(
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("Left open by: ", $citation, ". Name on the command line: `", $name, "`.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $option {
                $( $(#[doc = $value_doc])+ #[doc = concat!("(`", $value_name, "`)")] $value, )+
            }

            impl $option {
                /// Every value, the default first.
                pub const ALL: &'static [$option] = &[ $( $option::$value ),+ ];

                /// The value's name, as a command line has it.
                pub fn as_str(self) -> &'static str {
                    match self { $( $option::$value => $value_name, )+ }
                }
            }

            impl Default for $option {
                fn default() -> Self {
                    let [first, ..] = [ $( $option::$value ),+ ];
                    first
                }
            }

            impl fmt::Display for $option {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.as_str())
                }
            }
        )+

        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Options { $( pub(crate) $field: $option, )+ }

        impl Options {
            fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
                match name {
                    $( $name => {
                        self.$field = $option::ALL
                            .iter()
                            .copied()
                            .find(|option| same_name(option.as_str(), value))
                            .ok_or_else(|| OptionError::UnknownValue {
                                name: $name,
                                value: value.to_owned(),
                                values: &[ $($value_name),+ ],
                            })?;
                        Ok(())
                    } )+
                    _ => Err(OptionError::UnknownName { name: name.to_owned() }),
                }
            }

            fn get(&self, name: &str) -> Option<&'static str> {
                match name { $( $name => Some(self.$field.as_str()), )+ _ => None }
            }
        }

        impl Profile {
            $(
                #[doc = concat!("Sets the option `", $name, "`: ", $decides, ".")]
                pub fn $field(mut self, value: $option) -> Self {
                    self.options.$field = value;
                    self
                }
            )+
        }
    };
}

/// `AbovePrefix`, `above_prefix` and `above-prefix` name one value.
fn same_name(name: &str, given: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
    };
    plain(name) == plain(given)
}

options! {
    /// Where a regular expression for the path ranks among the other path matches.
    RegexRank regex_rank "regex-rank",
    "where a regular expression for the path ranks",
    "HTTPRouteRule.matches: the precedence of RegularExpression is implementation-specific" {
        /// Below exact, above every prefix; the longer pattern first.
        AbovePrefix = "above-prefix",
        /// Below every prefix; the longer pattern first.
        BelowPrefix = "below-prefix",
        /// Among the prefixes, by the number of characters.
        ByLength = "by-length",
    }

    /// Whose hostname decides precedence: the route's own, or what is left of it on the listener.
    PrecedenceHost precedence_host "precedence-host",
    "whose hostname decides precedence",
    "HTTPRouteSpec.hostnames says `matching hostname` without saying which; kubernetes-sigs/gateway-api#5120" {
        /// The hostname as the route has it; a route without one comes last.
        Original = "original",
        /// The intersection of the route's hostname and the listener's.
        Intersected = "intersected",
    }

    /// What happens to a request when no rule for its most specific hostname takes it.
    HostFallback host_fallback "host-fallback",
    "whether rules for less specific hostnames are tried",
    "HTTPRouteSpec.hostnames: precedence is given to the more specific hostname; nothing says what follows a miss" {
        /// Rules for less specific hostnames of the same listener are tried.
        WithinListener = "within-listener",
        /// The request is not found (404), as with virtual hosts.
        None = "none",
    }

    /// Whether a request sees only the routes of the most specific listener that takes its host.
    ListenerIsolation listener_isolation "listener-isolation",
    "whether only the most specific listener's routes see a request",
    "GatewaySpec.listeners, general listener behavior: SHOULD; feature GatewayHTTPListenerIsolation" {
        /// Only that listener's routes.
        On = "on",
        /// The routes of every listener on the port that takes the host.
        Off = "off",
    }

    /// Whether HTTPRoutes and GRPCRoutes may share hosts of a listener.
    GrpcCohosting grpc_cohosting "grpc-cohosting",
    "whether HTTPRoutes and GRPCRoutes may share hosts of a listener",
    "GRPCRouteSpec.hostnames: exactly one MUST be accepted; the guide and the changelog of v1.6 say MAY" {
        /// Of two routes of different kinds whose hostnames on a listener intersect the oldest is
        /// accepted, then the first by `{namespace}/{name}`.
        OldestWins = "oldest-wins",
        /// Both are. A gRPC request sees the matches of both kinds: after the hostname those of
        /// GRPCRoutes come first.
        Coexist = "coexist",
        /// The GRPCRoute is accepted.
        GrpcWins = "grpc-wins",
    }

    /// Whether HTTPS and TLS listeners may share a port.
    MixedTls mixed_tls "mixed-tls",
    "whether HTTPS and TLS listeners may share a port",
    "GatewaySpec.listeners, compatible Listeners: left to implementations; kubernetes-sigs/gateway-api#5273" {
        /// They may; the most specific hostname takes the SNI. Equal hostnames conflict.
        MostSpecific = "most-specific",
        /// Unless some host is taken by both.
        RejectOverlap = "reject-overlap",
        /// They may not.
        RejectMixed = "reject-mixed",
    }

    /// Which value of a repeated query parameter is compared.
    RepeatedQuery repeated_query "repeated-query",
    "which value of a repeated query parameter is compared",
    "HTTPQueryParamMatch.name: undefined, the first is recommended" {
        /// The first.
        First = "first",
        /// Any: one that matches suffices.
        Any = "any",
        /// The last.
        Last = "last",
    }

    /// How a repeated request header is compared.
    RepeatedHeader repeated_header "repeated-header",
    "how a repeated request header is compared",
    "HTTPHeaderMatch.name: implementation-specific, with a pointer to RFC 7230 section 3.2.2" {
        /// The values joined by `,` (those of `Cookie` by `; `), as one header would have them.
        CommaJoined = "comma-joined",
        /// Any: one value that matches suffices.
        Any = "any",
    }

    /// What a rule answers whose backends all have weight zero.
    ZeroWeights zero_weights "zero-weights",
    "the answer when every weight is zero",
    "HTTPBackendRef.weight: no traffic is forwarded, the answer is open; kubernetes-sigs/gateway-api#4769" {
        /// 500.
        InternalServerError = "500",
        /// 503.
        ServiceUnavailable = "503",
    }

    /// What the share of a backend without ready endpoints is answered.
    NoEndpoints no_endpoints "no-endpoints",
    "the answer for a Service without ready endpoints",
    "HTTPRouteRule.backendRefs: SHOULD return 503" {
        /// 503.
        ServiceUnavailable = "503",
        /// 500.
        InternalServerError = "500",
    }

    /// Which form of the request's path is compared.
    PathNormalization path_normalization "path-normalization",
    "which form of the request's path is compared",
    "HTTPPathMatch.value forbids `//`, dot segments and %2F in matches; nothing is said of requests" {
        /// As it was sent.
        Raw = "raw",
        /// As it was sent; a path with dot segments, `//`, `%2F` or `%5C` is answered 400.
        Reject = "reject",
        /// After RFC 3986 section 6.2.2: dot segments removed, unreserved characters decoded,
        /// escapes in upper case.
        Rfc3986 = "rfc3986",
    }

    /// Whether neighbouring slashes of the request's path count as one.
    MergeSlashes merge_slashes "merge-slashes",
    "whether `//` in the request's path counts as `/`",
    "HTTPPathMatch.value forbids `//` in matches; nothing is said of requests" {
        /// They do not.
        Off = "off",
        /// They do.
        On = "on",
    }

    /// What happens to a header modifier that names one header more than once.
    DoubleHeaderAction double_header_action "double-header-action",
    "whether a header modifier may name one header twice",
    "HTTPHeaderFilter declares two actions on one header invalid; no rule of the CRD says so and the order is open; kubernetes-sigs/gateway-api#480" {
        /// The rule cannot be used.
        Reject = "reject",
        /// A warning; set, then add, then remove. Of one action on one header the first entry counts.
        SetAddRemove = "set-add-remove",
    }

    /// What becomes of the query when the whole path is replaced.
    FullPathQuery full_path_query "full-path-query",
    "whether ReplaceFullPath keeps the query",
    "HTTPPathModifier.replaceFullPath says nothing of the query" {
        /// It stays.
        Keep = "keep",
        /// It is dropped.
        Drop = "drop",
    }

    /// What becomes of a reference to a Service of type ExternalName.
    ExternalName external_name "external-name",
    "whether Services of type ExternalName are backends",
    "BackendObjectReference.kind: implementations SHOULD NOT support ExternalName Services (CVE-2021-25740)" {
        /// The reference is invalid: its share is answered 500.
        Refuse = "refuse",
        /// They are backends like others.
        Allow = "allow",
    }

    /// What becomes of a backend whose `appProtocol` is one over TLS (`https`, `kubernetes.io/wss`),
    /// where no BackendTLSPolicy says whom to trust.
    TlsWithoutPolicy tls_without_policy "tls-without-policy",
    "whether a backend that speaks TLS can do without a BackendTLSPolicy",
    "GEP-1911, supporting protocols: an HTTPRoute reaches kubernetes.io/wss only with a BackendTLSPolicy; of https nothing is said" {
        /// The reference is invalid (UnsupportedProtocol): its share is answered 500.
        Refuse = "refuse",
        /// It is used, and the embedder decides whom to trust. It is not spoken to in plain text.
        Embedder = "embedder",
    }

    /// What becomes of session persistence in a rule where only some backends have it.
    PartialSessions partial_sessions "partial-sessions",
    "what session persistence means in a rule where only some backends have it",
    "GEP-1619, traffic splitting: all backends, none of them, or those that have it; one MUST be chosen" {
        /// The backends that have it keep their sessions.
        Configured = "configured",
        /// Every backend of the rule; one without it like the first with it.
        All = "all",
        /// None, unless all have it.
        None = "none",
    }

    /// In which order the filters of a rule, or of a backend, act.
    ///
    /// It shows where two of them meet: a header modifier that sets `Host` and a rewrite of the
    /// hostname (the later one wins), a redirect and CORS (the earlier one answers a preflight), and
    /// what a mirror's copy, or an extension, gets to see.
    FilterOrder filter_order "filter-order",
    "the order in which filters act",
    "HTTPRouteRule.filters: SHOULD be in the order they are specified" {
        /// As they are listed.
        Listed = "listed",
        /// CORS, external authorisation, extensions, redirect, request headers, rewrite, mirrors,
        /// response headers.
        FixedPhases = "fixed-phases",
    }

    /// What a CORS preflight of an origin that is not allowed is answered.
    FailedPreflight failed_preflight "failed-preflight",
    "the answer to a CORS preflight that fails",
    "HTTPCORSFilter.allowOrigins: 204 or 200 without CORS headers, alternatively 403" {
        /// 204, without CORS headers.
        NoContent = "204",
        /// 403, without CORS headers.
        Forbidden = "403",
    }

    /// Why a TLSRoute is refused where the listener's protocol is not TLS.
    ///
    /// The other kinds of route have one reason there: NotAllowedByListeners.
    TlsRouteMismatch tls_route_mismatch "tls-route-mismatch",
    "the reason for refusing a TLSRoute on a listener of another protocol",
    "TLSRouteSpec.hostnames names UnsupportedValue, GEP-2643 NoMatchingParent; the conformance suite wants NotAllowedByListeners" {
        /// NotAllowedByListeners.
        NotAllowedByListeners = "not-allowed-by-listeners",
        /// UnsupportedValue.
        UnsupportedValue = "unsupported-value",
        /// NoMatchingParent.
        NoMatchingParent = "no-matching-parent",
    }

    /// What happens to entries of ours for which a status's `parents` or `ancestors` has no room.
    ///
    /// What is stored stays before what is new.
    Overflow status_overflow "status-overflow",
    "what happens to status entries for which a list has no room",
    "PolicyStatus.ancestors: no entry may be added to a full list, and how it is signalled is open; RouteStatus.parents says nothing" {
        /// They are left out.
        Refuse = "refuse",
        /// They are left out, and the message of the last entry that is ours names them.
        Aggregate = "aggregate",
    }

    /// What becomes of a Gateway of whose own listeners some conflict with each other.
    ConflictedListeners conflicted_listeners "conflicted-listeners",
    "whether a Gateway with listeners that conflict is accepted",
    "GatewaySpec.listeners, handling indistinct Listeners: implementations MAY accept the others" {
        /// The listeners that do not conflict serve; with none of them the Gateway is refused.
        AcceptRest = "accept-rest",
        /// The Gateway is refused (ListenersNotValid), and nothing of it serves.
        RejectGateway = "reject-gateway",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_starts_at_its_first_value_and_takes_each_of_its_values() {
        for option in OPTIONS {
            let mut profile = Profile::new();
            assert_eq!(profile.get(option.name), option.values.first().copied(), "{}", option.name);
            for value in option.values {
                profile.set(option.name, value).unwrap();
                assert_eq!(profile.get(option.name), Some(*value));
                profile.set(option.name, &value.to_ascii_uppercase().replace('-', "_")).unwrap();
            }
            let error = profile.set(option.name, "neither").unwrap_err().to_string();
            assert!(error.contains(option.name) && error.contains("neither"), "{error}");
        }
        assert!(matches!(Profile::new().set("no-such", "x"), Err(OptionError::UnknownName { .. })));
    }

    #[test]
    fn filters_of_ones_own_are_known_by_group_and_kind() {
        let profile = Profile::new().extension_filter("example.com", "RateLimit").extension_filter("core", "ConfigMap");
        let cases = [
            ("example.com", "RateLimit", true),
            ("example.com", "Other", false),
            ("example.org", "RateLimit", false),
            ("", "ConfigMap", true),
            ("core", "ConfigMap", true),
            ("example.com", "ConfigMap", false),
        ];
        for (group, kind, known) in cases {
            assert_eq!(profile.has_extension_filter(group, kind), known, "{group}/{kind}");
        }
    }

    #[test]
    fn sets_of_authorities_are_the_systems_and_those_that_are_told() {
        let profile = Profile::new().well_known_ca_certificates("example.com/Ours").listener_limit(3);
        for (name, known) in [("System", true), ("example.com/Ours", true), ("example.com/Theirs", false), ("", false)]
        {
            assert_eq!(profile.has_well_known_ca_certificates(name), known, "{name}");
        }
        assert!(!Profile::new().has_well_known_ca_certificates("example.com/Ours"));
    }

    #[test]
    fn a_profile_tells_what_it_was_set_to() {
        let features = FeatureSet::all().without(Feature::TcpRoute);
        let mut profile = Profile::new().features(features);
        assert!(profile.supported_features() == features && !profile.supports(Feature::TcpRoute));
        assert!(profile.supports(Feature::UdpRoute));
        assert_eq!(profile.overflow(), Overflow::Refuse);
        profile.set("status-overflow", "aggregate").unwrap();
        assert_eq!(profile.overflow(), Overflow::Aggregate);
    }
}
