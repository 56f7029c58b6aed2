//! The addresses that a Gateway asks for, and those it gets.

use gateway_model::{AddressType, Feature, GatewayAddress, GatewayStatusAddress, ObjectKey};

use crate::data_plane::DataPlane;

/// What became of a Gateway's addresses. spec: `GatewaySpec.addresses`.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Those it has.
    pub(crate) assigned: Vec<GatewayStatusAddress>,
    /// A type that is not supported, with its place.
    pub(crate) unsupported: Option<(usize, AddressType)>,
    /// Those it asks for and cannot have, with their places.
    pub(crate) unusable: Vec<(usize, String)>,
    /// Whether some address is still to be found: of those asked for by type alone, or the only one.
    pub(crate) missing: bool,
}

/// What becomes of the addresses that a Gateway asks for.
pub(crate) fn assign(
    gateway: &ObjectKey,
    asked: &[GatewayAddress],
    word: &DataPlane,
    supports: impl Fn(Feature) -> bool,
) -> Addresses {
    let available = word.available(gateway);
    let mut outcome = Addresses::default();
    if asked.is_empty() {
        match available {
            Some(list) => outcome.assigned.extend(list.first().cloned()),
            None => outcome.assigned.extend(word.fallback_address().cloned()),
        }
        outcome.missing = available.is_some() && outcome.assigned.is_empty();
        return outcome;
    }
    for (index, address) in asked.iter().enumerate() {
        let kind = address.address_type();
        let known = |kind: &AddressType| available.into_iter().flatten().any(|one| type_of(one) == *kind);
        if !kind.is_known() && !known(&kind) {
            outcome.unsupported.get_or_insert((index, kind));
            continue;
        }
        let value = address.value.as_deref().filter(|value| !value.is_empty());
        let found = match value {
            None if !supports(Feature::GatewayAddressEmpty) => None,
            None => any_of(&kind, &outcome.assigned, available, word),
            Some(value) => {
                let usable = supports(Feature::GatewayStaticAddresses)
                    && is_well_formed(&kind, value)
                    && available.is_none_or(|list| list.iter().any(|one| type_of(one) == kind && one.value == value));
                usable.then(|| GatewayStatusAddress { r#type: Some(kind), value: value.to_owned() })
            }
        };
        match (found, value) {
            (Some(found), _) => outcome.assigned.push(found),
            (None, Some(value)) => outcome.unusable.push((index, value.to_owned())),
            (None, None) => outcome.missing = true,
        }
    }
    if outcome.unsupported.is_some() {
        outcome.assigned.clear();
    }
    outcome
}

/// An address of a type that the Gateway has not got yet.
fn any_of(
    kind: &AddressType,
    assigned: &[GatewayStatusAddress],
    available: Option<&[GatewayStatusAddress]>,
    word: &DataPlane,
) -> Option<GatewayStatusAddress> {
    let fits = |one: &&GatewayStatusAddress| type_of(one) == *kind && !assigned.contains(one);
    match available {
        Some(list) => list.iter().find(fits).cloned(),
        None => word.fallback_address().filter(fits).cloned(),
    }
}

fn type_of(address: &GatewayStatusAddress) -> AddressType {
    address.r#type.clone().unwrap_or(AddressType::IpAddress)
}

fn is_well_formed(kind: &AddressType, value: &str) -> bool {
    *kind != AddressType::IpAddress || value.parse::<std::net::IpAddr>().is_ok()
}
