//! The names of conditions and reasons.

use std::fmt;
use std::str::FromStr;

/// Declares a closed list of names: the enum, its texts and `ALL` come from one table.
macro_rules! names {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$variant_meta])* #[doc = concat!("(`", $text, "`)")] $variant, )+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[ $( $name::$variant ),+ ];

            /// The name, as the wire has it.
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $text, )+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text { $( $text => Ok($name::$variant), )+ _ => Err(UnknownName { name: text.to_owned() }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// A name that v1.6.1 does not define.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Gateway API has no condition or reason named `{name}`")]
pub struct UnknownName {
    /// The name.
    pub name: String,
}

names! {
    /// What a condition observes. spec: `GatewayConditionType` and its like.
    ///
    /// Implementations may have their own, with a domain before the name.
    pub enum ConditionType {
        /// Valid, and taken up by the controller.
        Accepted = "Accepted",
        /// The CRDs are of a version that is known.
        SupportedVersion = "SupportedVersion",
        /// The data plane has the configuration, or will soon.
        Programmed = "Programmed",
        /// Every reference resolves.
        ResolvedRefs = "ResolvedRefs",
        /// Routes that use default Gateways are attached to it. spec: GEP-3793.
        DefaultGateway = "DefaultGateway",
        /// Clients without a valid certificate are served.
        InsecureFrontendValidationMode = "InsecureFrontendValidationMode",
        /// Deprecated: `Accepted`.
        Scheduled = "Scheduled",
        /// Reserved for future use.
        Ready = "Ready",
        /// Not to be told from another listener.
        Conflicted = "Conflicted",
        /// Another listener ends TLS for the same hosts.
        OverlappingTlsConfig = "OverlappingTLSConfig",
        /// Deprecated: the opposite of `Accepted`.
        Detached = "Detached",
        /// Some rules cannot be used.
        PartiallyInvalid = "PartiallyInvalid",
    }
}

names! {
    /// Why a condition holds or does not, in one word. spec: `GatewayConditionReason` and its like.
    ///
    /// What each means for which condition stands in [`LegalCondition::meaning`](super::LegalCondition::meaning).
    pub enum Reason {
        Accepted = "Accepted",
        AddressNotAssigned = "AddressNotAssigned",
        AddressNotUsable = "AddressNotUsable",
        Attached = "Attached",
        BackendNotFound = "BackendNotFound",
        ConfigurationChanged = "ConfigurationChanged",
        Conflicted = "Conflicted",
        DefaultGateway = "DefaultGateway",
        HostnameConflict = "HostnameConflict",
        IncompatibleFilters = "IncompatibleFilters",
        Invalid = "Invalid",
        InvalidCaCertificateKind = "InvalidCACertificateKind",
        InvalidCaCertificateRef = "InvalidCACertificateRef",
        InvalidCertificateRef = "InvalidCertificateRef",
        InvalidClientCertificateRef = "InvalidClientCertificateRef",
        InvalidKind = "InvalidKind",
        InvalidParameters = "InvalidParameters",
        InvalidRouteKinds = "InvalidRouteKinds",
        InvalidTlsConfig = "InvalidTLSConfig",
        ListenerConflict = "ListenerConflict",
        ListenersNotReady = "ListenersNotReady",
        ListenersNotResolved = "ListenersNotResolved",
        ListenersNotValid = "ListenersNotValid",
        NoConflicts = "NoConflicts",
        NoMatchingListenerHostname = "NoMatchingListenerHostname",
        NoMatchingParent = "NoMatchingParent",
        NoResources = "NoResources",
        NoValidCaCertificate = "NoValidCACertificate",
        NotAllowed = "NotAllowed",
        NotAllowedByListeners = "NotAllowedByListeners",
        NotReconciled = "NotReconciled",
        OverlappingCertificates = "OverlappingCertificates",
        OverlappingHostnames = "OverlappingHostnames",
        ParentNotAccepted = "ParentNotAccepted",
        ParentNotProgrammed = "ParentNotProgrammed",
        Pending = "Pending",
        PortUnavailable = "PortUnavailable",
        Programmed = "Programmed",
        ProtocolConflict = "ProtocolConflict",
        Ready = "Ready",
        RefNotPermitted = "RefNotPermitted",
        ResolvedRefs = "ResolvedRefs",
        Scheduled = "Scheduled",
        SupportedVersion = "SupportedVersion",
        TargetNotFound = "TargetNotFound",
        TooManyListeners = "TooManyListeners",
        Unsupported = "Unsupported",
        UnsupportedAddress = "UnsupportedAddress",
        UnsupportedProtocol = "UnsupportedProtocol",
        UnsupportedValue = "UnsupportedValue",
        UnsupportedVersion = "UnsupportedVersion",
        Waiting = "Waiting",
    }
}
