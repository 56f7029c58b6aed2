//! One value for all that is ours to choose.

use std::collections::BTreeSet;

use gateway_model::{Feature, FeatureSet, WellKnownCaCertificates, group_of};

use super::{OptionError, Options, Overflow};
use crate::route::RouteLimits;

/// What is ours and what we chose where the specification leaves a choice.
///
/// One value goes through topology, router and status, so that all three say the same. The
/// defaults follow the specification's recommendations where it has any; [`OPTIONS`](crate::OPTIONS) lists them
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

#[cfg(test)]
mod tests {
    use super::*;

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
