//! What Gateways and BackendTLSPolicies need, but for listeners.

use super::{Finder, Need, Row, row};
use crate::feature::Feature;
use crate::gateway::{
    FromNamespaces, FrontendTls, FrontendTlsConfig, FrontendValidationMode, GatewayAddress, GatewaySpec,
};
use crate::object::{BackendTlsPolicy, Gateway};
use crate::policy::BackendTlsPolicySpec;
use crate::resources::{Resources, key_of};

const GATEWAY: &[Row<GatewaySpec>] = &[
    row(Feature::GatewayInfrastructurePropagation, "infrastructure.labels", "GatewayInfrastructure.labels", |spec| {
        spec.infrastructure.as_ref().is_some_and(|infrastructure| !infrastructure.labels.is_empty())
    }),
    row(
        Feature::GatewayInfrastructurePropagation,
        "infrastructure.annotations",
        "GatewayInfrastructure.annotations",
        |spec| spec.infrastructure.as_ref().is_some_and(|infrastructure| !infrastructure.annotations.is_empty()),
    ),
    // Who lets ListenerSets in counts on them, although none may be among the manifests.
    row(Feature::ListenerSet, "allowedListeners", "GatewaySpec.allowedListeners, GEP-1713", |spec| {
        let namespaces = spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
        namespaces.and_then(|namespaces| namespaces.from.as_ref()).is_some_and(|from| *from != FromNamespaces::None)
    }),
    row(
        Feature::GatewayBackendClientCertificate,
        "tls.backend.clientCertificateRef",
        "GatewayBackendTLS.clientCertificateRef, GEP-3155",
        |spec| {
            let backend = spec.tls.as_ref().and_then(|tls| tls.backend.as_ref());
            backend.is_some_and(|backend| backend.client_certificate_ref.is_some())
        },
    ),
];

const ADDRESS: &[Row<GatewayAddress>] = &[
    row(Feature::GatewayAddressEmpty, "", "GatewaySpecAddress.value", |address| !has_value(address)),
    row(Feature::GatewayStaticAddresses, "value", "GatewaySpecAddress.value", has_value),
];

fn has_value(address: &GatewayAddress) -> bool {
    address.value.as_deref().is_some_and(|value| !value.is_empty())
}

/// How clients' certificates are judged, for all ports or for one.
const FRONTEND: &[Row<FrontendTlsConfig>] = &[
    row(Feature::GatewayFrontendClientCertificateValidation, "validation", "TLSConfig.validation, GEP-91", |config| {
        config.validation.is_some()
    }),
    row(
        Feature::GatewayFrontendClientCertificateValidationInsecureFallback,
        "validation.mode",
        "FrontendTLSValidation.mode, GEP-91",
        |config| {
            let mode = config.validation.as_ref().and_then(|validation| validation.mode.as_ref());
            mode == Some(&FrontendValidationMode::AllowInsecureFallback)
        },
    ),
];

const BACKEND_TLS_POLICY: &[Row<BackendTlsPolicySpec>] = &[row(
    Feature::BackendTlsPolicySanValidation,
    "validation.subjectAltNames",
    "BackendTLSPolicyValidation.subjectAltNames",
    |spec| !spec.validation.subject_alt_names.is_empty(),
)];

pub(super) fn find(resources: &Resources, found: &mut Vec<Need>) {
    for gateway in resources.iter::<Gateway>() {
        let mut finder = Finder::new(key_of(&**gateway), found);
        finder.part(GATEWAY, &gateway.spec, format_args!("spec"));
        for (index, address) in gateway.spec.addresses.iter().enumerate() {
            finder.part(ADDRESS, address, format_args!("spec.addresses[{index}]"));
        }
        if let Some(frontend) = gateway.spec.tls.as_ref().and_then(|tls| tls.frontend.as_ref()) {
            find_in_frontend(&mut finder, frontend);
        }
    }
    for policy in resources.iter::<BackendTlsPolicy>() {
        Finder::new(key_of(&**policy), found).part(BACKEND_TLS_POLICY, &policy.spec, format_args!("spec"));
    }
}

fn find_in_frontend(finder: &mut Finder<'_>, frontend: &FrontendTls) {
    finder.part(FRONTEND, &frontend.default, format_args!("spec.tls.frontend.default"));
    for (index, port) in frontend.per_port.iter().enumerate() {
        finder.part(FRONTEND, &port.tls, format_args!("spec.tls.frontend.perPort[{index}].tls"));
    }
}
