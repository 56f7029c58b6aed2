//! The features of the API by upstream's names, in which implementations say what they support.

#[cfg(feature = "k8s")]
mod need;

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "k8s")]
pub use need::{Need, needs};

/// Whether every conformant implementation supports a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeatureSupport {
    /// All that support the kind do.
    Core,
    /// Those that say so.
    Extended,
}

macro_rules! features {
    ($( $(#[doc = $doc:literal])+ $feature:ident = $name:literal, $base:ident, $support:ident, $channel:ident; )+) => {
        /// A feature, by the name that upstream gives it: what a GatewayClass lists in
        /// `status.supportedFeatures` and what conformance reports claim.
        ///
        /// The 58 names that v1.6.1 defines (`pkg/features`), in the order of their texts, which is the
        /// order that `GatewayClassStatus.supportedFeatures` asks for.
        ///
        /// ```
        /// use gateway_model::Feature;
        ///
        /// let feature: Feature = "HTTPRouteQueryParamMatching".parse()?;
        /// assert_eq!(feature.base(), Feature::HttpRoute);
        /// assert!(!feature.is_experimental());
        /// # Ok::<(), gateway_model::UnknownFeature>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature { $( $(#[doc = $doc])+ $feature, )+ }

        const ROWS: &[Row] = &[ $( Row {
            name: $name,
            base: Feature::$base,
            support: FeatureSupport::$support,
            channel: Channel::$channel,
        } ),+ ];

        impl Feature {
            /// Every feature, in the order of the names.
            pub const ALL: &'static [Feature] = &[ $( Feature::$feature ),+ ];
        }
    };
}

struct Row {
    name: &'static str,
    base: Feature,
    support: FeatureSupport,
    channel: Channel,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Standard,
    Experimental,
}

features! {
    /// BackendTLSPolicy: TLS towards backends.
    BackendTlsPolicy = "BackendTLSPolicy", BackendTlsPolicy, Core, Standard;
    /// `validation.subjectAltNames` of a BackendTLSPolicy.
    BackendTlsPolicySanValidation = "BackendTLSPolicySANValidation", BackendTlsPolicy, Extended, Standard;
    /// GRPCRoute.
    GrpcRoute = "GRPCRoute", GrpcRoute, Core, Standard;
    /// Names of a GRPCRoute's rules.
    GrpcRouteNamedRouteRule = "GRPCRouteNamedRouteRule", GrpcRoute, Extended, Standard;
    /// Gateway.
    Gateway = "Gateway", Gateway, Core, Standard;
    /// An address without a value: any of its type will do.
    GatewayAddressEmpty = "GatewayAddressEmpty", Gateway, Extended, Standard;
    /// `spec.tls.backend.clientCertificateRef`: the certificate shown to backends.
    GatewayBackendClientCertificate = "GatewayBackendClientCertificate", Gateway, Extended, Standard;
    /// `spec.tls.frontend`: clients' certificates are judged.
    GatewayFrontendClientCertificateValidation = "GatewayFrontendClientCertificateValidation", Gateway, Extended, Standard;
    /// The mode `AllowInsecureFallback` there.
    GatewayFrontendClientCertificateValidationInsecureFallback = "GatewayFrontendClientCertificateValidationInsecureFallback", Gateway, Extended, Standard;
    /// A request sees only the routes of the most specific listener that takes its host.
    GatewayHttpListenerIsolation = "GatewayHTTPListenerIsolation", Gateway, Extended, Standard;
    /// A request on a TLS connection made for another listener's host is answered 421.
    GatewayHttpsListenerDetectMisdirectedRequests = "GatewayHTTPSListenerDetectMisdirectedRequests", Gateway, Extended, Standard;
    /// Labels and annotations of `spec.infrastructure` reach what is made for the Gateway.
    GatewayInfrastructurePropagation = "GatewayInfrastructurePropagation", Gateway, Extended, Standard;
    /// Listeners on port 8080.
    GatewayPort8080 = "GatewayPort8080", Gateway, Extended, Standard;
    /// Addresses with a value in `spec.addresses`.
    GatewayStaticAddresses = "GatewayStaticAddresses", Gateway, Extended, Standard;
    /// HTTPRoute.
    HttpRoute = "HTTPRoute", HttpRoute, Core, Standard;
    /// Redirects with status 303.
    HttpRoute303RedirectStatusCode = "HTTPRoute303RedirectStatusCode", HttpRoute, Extended, Standard;
    /// Redirects with status 307.
    HttpRoute307RedirectStatusCode = "HTTPRoute307RedirectStatusCode", HttpRoute, Extended, Standard;
    /// Redirects with status 308.
    HttpRoute308RedirectStatusCode = "HTTPRoute308RedirectStatusCode", HttpRoute, Extended, Standard;
    /// Backends whose `appProtocol` is `kubernetes.io/h2c`.
    HttpRouteBackendProtocolH2c = "HTTPRouteBackendProtocolH2C", HttpRoute, Extended, Standard;
    /// Backends whose `appProtocol` is `kubernetes.io/ws`.
    HttpRouteBackendProtocolWebSocket = "HTTPRouteBackendProtocolWebSocket", HttpRoute, Extended, Standard;
    /// The filter RequestHeaderModifier in a backendRef.
    HttpRouteBackendRequestHeaderModification = "HTTPRouteBackendRequestHeaderModification", HttpRoute, Extended, Standard;
    /// `timeouts.backendRequest`.
    HttpRouteBackendTimeout = "HTTPRouteBackendTimeout", HttpRoute, Extended, Standard;
    /// The filter CORS.
    HttpRouteCors = "HTTPRouteCORS", HttpRoute, Extended, Standard;
    /// `parentRefs[].port` as the port that a request came to.
    HttpRouteDestinationPortMatching = "HTTPRouteDestinationPortMatching", HttpRoute, Extended, Experimental;
    /// `urlRewrite.hostname`.
    HttpRouteHostRewrite = "HTTPRouteHostRewrite", HttpRoute, Extended, Standard;
    /// `matches[].method`.
    HttpRouteMethodMatching = "HTTPRouteMethodMatching", HttpRoute, Extended, Standard;
    /// Names of an HTTPRoute's rules.
    HttpRouteNamedRouteRule = "HTTPRouteNamedRouteRule", HttpRoute, Extended, Standard;
    /// `parentRefs[].port`.
    HttpRouteParentRefPort = "HTTPRouteParentRefPort", HttpRoute, Extended, Standard;
    /// `requestRedirect.path`.
    HttpRoutePathRedirect = "HTTPRoutePathRedirect", HttpRoute, Extended, Standard;
    /// `urlRewrite.path`.
    HttpRoutePathRewrite = "HTTPRoutePathRewrite", HttpRoute, Extended, Standard;
    /// `requestRedirect.port`.
    HttpRoutePortRedirect = "HTTPRoutePortRedirect", HttpRoute, Extended, Standard;
    /// `matches[].queryParams`.
    HttpRouteQueryParamMatching = "HTTPRouteQueryParamMatching", HttpRoute, Extended, Standard;
    /// The filter RequestMirror.
    HttpRouteRequestMirror = "HTTPRouteRequestMirror", HttpRoute, Extended, Standard;
    /// Several RequestMirror filters in one rule.
    HttpRouteRequestMultipleMirrors = "HTTPRouteRequestMultipleMirrors", HttpRoute, Extended, Standard;
    /// `requestMirror.percent` and `requestMirror.fraction`.
    HttpRouteRequestPercentageMirror = "HTTPRouteRequestPercentageMirror", HttpRoute, Extended, Standard;
    /// `timeouts.request`.
    HttpRouteRequestTimeout = "HTTPRouteRequestTimeout", HttpRoute, Extended, Standard;
    /// The filter ResponseHeaderModifier.
    HttpRouteResponseHeaderModification = "HTTPRouteResponseHeaderModification", HttpRoute, Extended, Standard;
    /// `retry`.
    HttpRouteRetry = "HTTPRouteRetry", HttpRoute, Extended, Experimental;
    /// A try that takes too long is repeated.
    HttpRouteRetryBackendTimeout = "HTTPRouteRetryBackendTimeout", HttpRoute, Extended, Experimental;
    /// A try without a connection is repeated.
    HttpRouteRetryConnectionError = "HTTPRouteRetryConnectionError", HttpRoute, Extended, Experimental;
    /// `requestRedirect.scheme`.
    HttpRouteSchemeRedirect = "HTTPRouteSchemeRedirect", HttpRoute, Extended, Standard;
    /// ListenerSet: listeners that join a Gateway's.
    ListenerSet = "ListenerSet", Gateway, Extended, Standard;
    /// Routes whose parent is a Service.
    Mesh = "Mesh", Mesh, Core, Standard;
    /// Traffic is told by the Service's cluster IP alone.
    MeshClusterIpMatching = "MeshClusterIPMatching", Mesh, Extended, Standard;
    /// Routes in another namespace than the Service that is their parent.
    MeshConsumerRoute = "MeshConsumerRoute", Mesh, Extended, Standard;
    /// In a mesh: the filter RequestHeaderModifier in a backendRef.
    MeshHttpRouteBackendRequestHeaderModification = "MeshHTTPRouteBackendRequestHeaderModification", Mesh, Extended, Standard;
    /// In a mesh: names of an HTTPRoute's rules.
    MeshHttpRouteNamedRouteRule = "MeshHTTPRouteNamedRouteRule", Mesh, Extended, Standard;
    /// In a mesh: `matches[].queryParams`.
    MeshHttpRouteQueryParamMatching = "MeshHTTPRouteQueryParamMatching", Mesh, Extended, Standard;
    /// In a mesh: `requestRedirect.path`.
    MeshHttpRouteRedirectPath = "MeshHTTPRouteRedirectPath", Mesh, Extended, Standard;
    /// In a mesh: `requestRedirect.port`.
    MeshHttpRouteRedirectPort = "MeshHTTPRouteRedirectPort", Mesh, Extended, Standard;
    /// In a mesh: `urlRewrite.path`.
    MeshHttpRouteRewritePath = "MeshHTTPRouteRewritePath", Mesh, Extended, Standard;
    /// In a mesh: `requestRedirect.scheme`.
    MeshHttpRouteSchemeRedirect = "MeshHTTPRouteSchemeRedirect", Mesh, Extended, Standard;
    /// ReferenceGrant.
    ReferenceGrant = "ReferenceGrant", ReferenceGrant, Core, Standard;
    /// TCPRoute.
    TcpRoute = "TCPRoute", TcpRoute, Extended, Standard;
    /// TLSRoute.
    TlsRoute = "TLSRoute", TlsRoute, Core, Standard;
    /// Listeners of both TLS modes on one port.
    TlsRouteModeMixed = "TLSRouteModeMixed", TlsRoute, Extended, Experimental;
    /// TLSRoutes on a listener that terminates TLS.
    TlsRouteModeTerminate = "TLSRouteModeTerminate", TlsRoute, Extended, Standard;
    /// UDPRoute.
    UdpRoute = "UDPRoute", UdpRoute, Core, Standard;
}

impl Feature {
    /// The name.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The feature without which this one means nothing: that of the kind (`HTTPRoute`), or `Mesh`.
    pub fn base(self) -> Feature {
        self.row().base
    }

    /// Whether every implementation of its base supports it.
    pub fn support(self) -> FeatureSupport {
        self.row().support
    }

    /// Whether it needs the experimental channel.
    pub fn is_experimental(self) -> bool {
        self.row().channel == Channel::Experimental
    }

    /// Why no manifest shows a need for the feature; `None` for the features that `needs` finds.
    pub fn without_trace(self) -> Option<&'static str> {
        // spec: `pkg/features/mesh.go` (v1.6.1), SupportMeshClusterIPMatching.
        (self == Feature::MeshClusterIpMatching).then_some(
            "whether clients reach a Service by its cluster IP or otherwise is up to them: no manifest says it",
        )
    }

    fn row(self) -> &'static Row {
        // The table has a row for each variant in their order, so the fallback is never taken.
        const FALLBACK: &Row =
            &Row { name: "", base: Feature::Gateway, support: FeatureSupport::Core, channel: Channel::Standard };
        ROWS.get(self as usize).unwrap_or(FALLBACK)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is not among v1.6.1's features.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no feature is named `{name}`")]
pub struct UnknownFeature {
    /// The name.
    pub name: String,
}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, UnknownFeature> {
        ROWS.binary_search_by(|row| row.name.cmp(name))
            .ok()
            .and_then(|index| Feature::ALL.get(index).copied())
            .ok_or_else(|| UnknownFeature { name: name.to_owned() })
    }
}

/// A set of features. Two words in size; every question is O(1).
///
/// ```
/// use gateway_model::{Feature, FeatureSet};
///
/// let set: FeatureSet = "HTTPRoute,Gateway".parse()?;
/// assert!(set.contains(Feature::Gateway) && !set.contains(Feature::Mesh));
/// assert_eq!(set.to_string(), "Gateway,HTTPRoute"); // by name
/// assert!(FeatureSet::all().without(Feature::TlsRouteModeMixed).contains(Feature::TlsRoute));
/// # Ok::<(), gateway_model::UnknownFeature>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FeatureSet(u128);

impl FeatureSet {
    /// No feature.
    pub const fn none() -> Self {
        FeatureSet(0)
    }

    /// Every feature.
    pub const fn all() -> Self {
        FeatureSet((1 << Feature::ALL.len()) - 1)
    }

    /// The set with one more.
    pub const fn with(self, feature: Feature) -> Self {
        FeatureSet(self.0 | bit(feature))
    }

    /// The set without one.
    pub const fn without(self, feature: Feature) -> Self {
        FeatureSet(self.0 & !bit(feature))
    }

    /// Whether a feature is in the set.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & bit(feature) != 0
    }

    /// Whether no feature is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The features, in the order of the names.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |feature| self.contains(*feature))
    }
}

const fn bit(feature: Feature) -> u128 {
    1 << feature as u32
}

impl FromIterator<Feature> for FeatureSet {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        features.into_iter().fold(FeatureSet::none(), FeatureSet::with)
    }
}

impl fmt::Display for FeatureSet {
    /// The names with commas between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, feature) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            f.write_str(feature.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for FeatureSet {
    type Err = UnknownFeature;

    /// Names with commas between them; spaces around a name and empty names do not count.
    fn from_str(list: &str) -> Result<Self, UnknownFeature> {
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Feature::from_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_feature_in_the_order_of_names() {
        assert_eq!(ROWS.len(), Feature::ALL.len());
        assert!(ROWS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for (index, feature) in Feature::ALL.iter().enumerate() {
            assert_eq!(*feature as usize, index, "{feature}");
            assert_eq!(feature.as_str().parse(), Ok(*feature));
            assert_eq!(feature.base().base(), feature.base(), "{feature}");
        }
        assert!("httproute".parse::<Feature>().is_err());
    }

    #[test]
    fn a_feature_tells_its_channel() {
        assert!(Feature::HttpRouteRetry.is_experimental());
        assert!(!Feature::HttpRoute.is_experimental() && !Feature::Gateway.is_experimental());
    }

    #[test]
    fn a_set_is_read_from_a_list_and_written_by_name() {
        let set: FeatureSet = " TLSRoute,,Gateway , Gateway".parse().unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Feature::Gateway, Feature::TlsRoute]);
        assert_eq!(FeatureSet::all().to_string().parse(), Ok(FeatureSet::all()));
        assert_eq!(FeatureSet::all().iter().count(), Feature::ALL.len());
        assert_eq!("".parse(), Ok(FeatureSet::none()));
        let (one, none) = (FeatureSet::none().with(Feature::Gateway), FeatureSet::none());
        assert_eq!((set.without(Feature::TlsRoute), one.without(Feature::Gateway)), (one, none));
        assert_eq!(one.without(Feature::TlsRoute), one, "it was not there");
        assert!(none.is_empty() && !one.is_empty());
        assert_eq!("Gateway,Gatway".parse::<FeatureSet>().unwrap_err().to_string(), "no feature is named `Gatway`");
    }
}
