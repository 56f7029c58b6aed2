//! The choices that the specification leaves open.

use std::error::Error;
use std::fmt;

/// Declares the choices as one table: the enum of each, its field, its name and the names of its values.
///
/// A macro, because the enums, the fields and the table of names can be written once in no other way.
macro_rules! choices {
    ($(
        $(#[$meta:meta])*
        $option:literal $field:ident: $choice:ident {
            $(#[$first_meta:meta])* $first:ident = $first_text:literal
            $(, $(#[$value_meta:meta])* $value:ident = $value_text:literal)* $(,)?
        }
    )+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub enum $choice {
                $(#[$first_meta])*
                #[default]
                $first,
                $( $(#[$value_meta])* $value, )*
            }
        )+

        /// The choices that the specification leaves open, by default as most implementations make them.
        ///
        /// ```
        /// use gateway_oracle::{Options, RegexRank};
        ///
        /// let mut options = Options::default();
        /// options.set("regex-rank", "by-length")?;
        /// assert_eq!(options.regex_rank, RegexRank::ByLength);
        /// assert!(options.set("regex-rank", "random").is_err());
        /// # Ok::<(), gateway_oracle::OptionError>(())
        /// ```
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
        pub struct Options {
            /// Whose Gateways are served: those whose class exists and names this controller. With `None` every
            /// Gateway is served, whether its class exists or not.
            pub controller: Option<String>,
            $( $(#[$meta])* pub $field: $choice, )+
        }

        impl Options {
            /// The name of each option with its values, the default first.
            pub const TABLE: &'static [(&'static str, &'static [&'static str])] =
                &[$( ($option, &[$first_text $(, $value_text)*]) ),+];

            /// Chooses by name.
            ///
            /// # Errors
            ///
            /// The option or the value is not in [`Options::TABLE`]; nothing is changed then.
            pub fn set(&mut self, option: &str, value: &str) -> Result<(), OptionError> {
                match (option, value) {
                    $(
                        ($option, $first_text) => self.$field = $choice::$first,
                        $( ($option, $value_text) => self.$field = $choice::$value, )*
                    )+
                    _ => return Err(OptionError { option: option.to_owned(), value: value.to_owned() }),
                }
                Ok(())
            }
        }
    };
}

choices! {
    /// Where matches with a path pattern rank. spec: HTTPRouteRule.matches leaves it to implementations.
    "regex-rank" regex_rank: RegexRank {
        /// After exact paths, before all prefixes; longer patterns first.
        AbovePrefix = "above-prefix",
        /// After all prefixes; longer patterns first.
        BelowPrefix = "below-prefix",
        /// Among the prefixes, by the number of characters.
        ByLength = "by-length",
    }
    /// Which hostname of a route decides precedence. spec: HTTPRouteSpec.hostnames does not say.
    "precedence-host" precedence_host: PrecedenceHost {
        /// The one that the route names.
        Original = "original",
        /// Its intersection with the listener's.
        Intersected = "intersected",
    }
    /// Whether less specific hostnames are tried when no match of the most specific one takes the request.
    "host-fallback" host_fallback: HostFallback {
        /// They are, among the routes that the listeners in question have.
        WithinListener = "within-listener",
        /// They are not.
        None = "none",
    }
    /// Whether only the most specific listener's routes count. spec: GatewaySpec.listeners, "Listener Isolation".
    "listener-isolation" listener_isolation: ListenerIsolation {
        /// Only those.
        On = "on",
        /// Those of every listener of the port and protocol whose hostname takes the host.
        Off = "off",
    }
    /// HTTPRoutes and GRPCRoutes on one listener whose hostnames intersect. spec: GRPCRouteSpec.hostnames has exactly
    /// one of them accepted; newer pages of the project let both be.
    "grpc-cohosting" grpc_cohosting: GrpcCohosting {
        /// The older one is accepted, then the first by name.
        OldestWins = "oldest-wins",
        /// Both are; for a gRPC request GRPCRoutes come before HTTPRoutes.
        Coexist = "coexist",
        /// The GRPCRoute is accepted.
        GrpcWins = "grpc-wins",
    }
    /// HTTPS and TLS listeners on one port. spec: GatewaySpec.listeners, "Compatible Listeners", leaves it open.
    "mixed-tls" mixed_tls: MixedTls {
        /// The server name chooses the most specific of all; those with equal hostnames conflict.
        MostSpecific = "most-specific",
        /// Those whose hostnames overlap conflict.
        RejectOverlap = "reject-overlap",
        /// They conflict.
        RejectMixed = "reject-mixed",
    }
    /// Which occurrence of a repeated query parameter counts. spec: HTTPQueryParamMatch.name, undefined.
    "repeated-query" repeated_query: RepeatedQuery {
        /// The first, as the specification recommends.
        First = "first",
        /// Any of them suffices.
        Any = "any",
        /// The last.
        Last = "last",
    }
    /// How a repeated header counts. spec: HTTPHeaderMatch.name, implementation-specific.
    "repeated-header" repeated_header: RepeatedHeader {
        /// Its values are joined by a comma, those of `Cookie` by a semicolon and a space; any value of
        /// `Set-Cookie` suffices.
        CommaJoined = "comma-joined",
        /// Any of its values suffices.
        Any = "any",
    }
    /// The answer of an HTTPRoute when every weight is zero. spec: BackendRef.weight does not say.
    "zero-weights" zero_weights: ZeroWeights {
        /// 500.
        Status500 = "500",
        /// 503.
        Status503 = "503",
    }
    /// The answer of an HTTPRoute when no valid backend has an endpoint. spec: HTTPRouteRule.backendRefs, a SHOULD.
    "no-endpoints" no_endpoints: NoEndpoints {
        /// 503.
        Status503 = "503",
        /// 500.
        Status500 = "500",
    }
    /// What is done to paths before they are compared. The specification does not say.
    "path-normalization" path_normalization: PathNormalization {
        /// Nothing.
        Raw = "raw",
        /// Paths that other software may read as another path are answered with 400.
        Reject = "reject",
        /// Equivalent spellings become one. RFC 3986 sections 6.2.2 and 5.2.4.
        Rfc3986 = "rfc3986",
    }
    /// Whether runs of slashes in paths count as one slash. The specification does not say.
    "merge-slashes" merge_slashes: MergeSlashes {
        /// They do not.
        Off = "off",
        /// They do.
        On = "on",
    }
}

/// There is no such option, or it has no such value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// The option's name as given.
    pub option: String,
    /// The value as given.
    pub value: String,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Options::TABLE.iter().find(|(option, _)| *option == self.option) {
            Some((option, values)) => {
                write!(f, "option `{option}`: `{}` is none of its values: {}", self.value, values.join(", "))
            }
            None => write!(f, "there is no option `{}`", self.option),
        }
    }
}

impl Error for OptionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_table_can_be_set_and_the_first_is_the_default() {
        for (option, values) in Options::TABLE {
            for (position, value) in values.iter().enumerate() {
                let mut options = Options::default();
                options.set(option, value).unwrap();
                assert_eq!(options == Options::default(), position == 0, "{option}={value}");
            }
        }
        assert_eq!(Options::TABLE.len(), 12);
    }

    #[test]
    fn an_unknown_option_or_value_changes_nothing_and_is_named() {
        let mut options = Options::default();
        let error = options.set("zero-weights", "404").unwrap_err();
        assert_eq!(error.to_string(), "option `zero-weights`: `404` is none of its values: 500, 503");
        let error = options.set("zero", "500").unwrap_err();
        assert_eq!(error.to_string(), "there is no option `zero`");
        assert_eq!(options, Options::default());
    }
}
