//! What the specification leaves open: named options with documented defaults.

use std::fmt;

mod profile;

pub use profile::Profile;

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
}
