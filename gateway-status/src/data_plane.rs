//! The data plane's word: what no resource says.

use std::collections::BTreeMap;

use gateway_match::ListenerKey;
use gateway_model::{AddressType, GatewayStatusAddress, ObjectKey};

/// How far the data plane has come with something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Programming {
    /// It has it, or will soon.
    #[default]
    Programmed,
    /// It has not taken it yet.
    Pending {
        /// What it waits for.
        message: String,
    },
    /// The infrastructure has no room for it (said of Gateways; of listeners the same as a failure).
    NoResources {
        /// What it lacks.
        message: String,
    },
    /// It cannot take it.
    Failed {
        /// Why.
        message: String,
    },
}

/// The data plane's word, by Gateway, listener, address and route.
///
/// With nothing said, whatever is accepted and resolved is programmed, and whatever address is
/// asked for can be had.
///
/// ```
/// use gateway_model::{ObjectKey, ResourceKind};
/// use gateway_status::{DataPlane, Programming};
///
/// let gateway = ObjectKey::new(ResourceKind::Gateway, "infra", "public");
/// let word = DataPlane::new()
///     .address("203.0.113.7")
///     .gateway(gateway, Programming::Pending { message: "the load balancer starts".to_owned() });
/// # let _ = word;
/// ```
#[derive(Clone, Debug, Default)]
pub struct DataPlane {
    addresses: Option<Vec<GatewayStatusAddress>>,
    addresses_of: BTreeMap<ObjectKey, Vec<GatewayStatusAddress>>,
    default_address: Option<GatewayStatusAddress>,
    gateways: BTreeMap<ObjectKey, Programming>,
    listeners: BTreeMap<ListenerKey, Programming>,
    routes: BTreeMap<ObjectKey, Programming>,
    crds: Option<Vec<Option<String>>>,
}

impl DataPlane {
    /// A data plane that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An address that every Gateway may have, besides those said before: an IP address if it
    /// parses as one, else a hostname. A Gateway that asks for none gets the first.
    pub fn address(mut self, address: &str) -> Self {
        self.addresses.get_or_insert_default().push(address_of(address));
        self
    }

    /// The addresses that one Gateway has, or may have, in place of those for every Gateway.
    pub fn addresses_of(mut self, gateway: ObjectKey, addresses: Vec<GatewayStatusAddress>) -> Self {
        self.addresses_of.insert(gateway, addresses);
        self
    }

    /// The address of a Gateway that asks for none, where no list says which there are.
    pub fn default_address(mut self, address: &str) -> Self {
        self.default_address = Some(address_of(address));
        self
    }

    /// How far it has come with a Gateway as a whole.
    pub fn gateway(mut self, gateway: ObjectKey, programming: Programming) -> Self {
        self.gateways.insert(gateway, programming);
        self
    }

    /// How far it has come with a listener.
    pub fn listener(mut self, listener: ListenerKey, programming: Programming) -> Self {
        self.listeners.insert(listener, programming);
        self
    }

    /// How far it has come with a route: one that is pending is not yet decided upon, one that
    /// failed is refused.
    pub fn route(mut self, route: ObjectKey, programming: Programming) -> Self {
        self.routes.insert(route, programming);
        self
    }

    /// The bundle version of each CRD of the Gateway API in the cluster: the annotation
    /// `gateway.networking.k8s.io/bundle-version`, `None` where it is not there.
    /// spec: `GatewayClassConditionStatusSupportedVersion`.
    pub fn crds(mut self, versions: impl IntoIterator<Item = Option<String>>) -> Self {
        self.crds = Some(versions.into_iter().collect());
        self
    }

    pub(crate) fn of_gateway(&self, gateway: &ObjectKey) -> &Programming {
        self.gateways.get(gateway).unwrap_or(&Programming::Programmed)
    }

    pub(crate) fn of_listener(&self, listener: &ListenerKey) -> &Programming {
        self.listeners.get(listener).unwrap_or(&Programming::Programmed)
    }

    pub(crate) fn of_route(&self, route: &ObjectKey) -> &Programming {
        self.routes.get(route).unwrap_or(&Programming::Programmed)
    }

    /// The addresses that a Gateway may have, if a list says which.
    pub(crate) fn available(&self, gateway: &ObjectKey) -> Option<&[GatewayStatusAddress]> {
        self.addresses_of.get(gateway).or(self.addresses.as_ref()).map(Vec::as_slice)
    }

    pub(crate) fn fallback_address(&self) -> Option<&GatewayStatusAddress> {
        self.default_address.as_ref()
    }

    pub(crate) fn bundle_versions(&self) -> Option<&[Option<String>]> {
        self.crds.as_deref()
    }
}

fn address_of(text: &str) -> GatewayStatusAddress {
    let is_ip = text.parse::<std::net::IpAddr>().is_ok();
    let kind = if is_ip { AddressType::IpAddress } else { AddressType::Hostname };
    GatewayStatusAddress { r#type: Some(kind), value: text.to_owned() }
}
