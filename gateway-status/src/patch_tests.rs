use gateway_model::{
    BackendTlsPolicySpec, GatewayClassSpec, GatewaySpec, GrpcRouteSpec, HttpRouteSpec, Kind, ListenerSetSpec,
    ReferenceGrantSpec, ServiceImportSpec, TcpRouteSpec, TlsRouteSpec, UdpRouteSpec, XBackendSpec,
    XBackendTrafficPolicySpec, XMeshSpec,
};
use gateway_model::{GatewayStatus, GatewayStatusAddress, ListenerStatus};

use super::*;

#[test]
fn every_kind_is_written_in_the_version_of_its_group() {
    fn of<K: Kind>() -> (&'static str, &'static str) {
        (K::KIND, K::API_VERSION)
    }
    let mut expected = vec![
        of::<GatewayClassSpec>(),
        of::<GatewaySpec>(),
        of::<ListenerSetSpec>(),
        of::<HttpRouteSpec>(),
        of::<GrpcRouteSpec>(),
        of::<TlsRouteSpec>(),
        of::<TcpRouteSpec>(),
        of::<UdpRouteSpec>(),
        of::<ReferenceGrantSpec>(),
        of::<BackendTlsPolicySpec>(),
        of::<XBackendSpec>(),
        of::<XBackendTrafficPolicySpec>(),
        of::<XMeshSpec>(),
    ];
    expected.extend([("Namespace", "v1"), ("Service", "v1"), ("Secret", "v1"), ("ConfigMap", "v1")]);
    expected.extend([("EndpointSlice", "discovery.k8s.io/v1"), of::<ServiceImportSpec>()]);
    let found: Vec<(&str, String)> = ResourceKind::all().map(|kind| (kind.as_str(), api_version(kind))).collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(kind, version)| (*kind, version.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_apply_names_its_object() {
    let status = GatewayStatus::default();
    let cases = [
        (ObjectKey::new(ResourceKind::Gateway, "shop", "public"), json!({"name": "public", "namespace": "shop"})),
        (ObjectKey::new(ResourceKind::GatewayClass, "", "any"), json!({"name": "any"})),
    ];
    for (key, metadata) in cases {
        let object = apply_object(&key, &status);
        let expected = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": key.kind.as_str(),
            "metadata": metadata, "status": to_value(&status)});
        assert_eq!(object, expected);
    }
}

#[test]
fn a_patch_tells_what_differs_and_takes_away_what_is_gone() {
    let full = GatewayStatus {
        addresses: vec![GatewayStatusAddress { r#type: None, value: "192.0.2.1".to_owned() }],
        listeners: vec![ListenerStatus { name: "a".to_owned(), ..ListenerStatus::default() }],
        attached_listener_sets: Some(1),
        ..GatewayStatus::default()
    };
    let counted = GatewayStatus { attached_listener_sets: Some(2), ..full.clone() };
    let bare = GatewayStatus { listeners: full.listeners.clone(), ..GatewayStatus::default() };
    let cases = [
        (Some(&full), &full, json!({})),
        (Some(&full), &counted, json!({"attachedListenerSets": 2})),
        (Some(&full), &bare, json!({"attachedListenerSets": null, "addresses": null})),
        (None, &full, to_value(&full)),
    ];
    for (stored, merged, expected) in cases {
        assert_eq!(merge_patch(stored, merged), json!({"status": expected}), "{stored:?}");
    }
}

#[test]
fn a_difference_goes_into_objects_and_not_into_lists() {
    let cases = [
        (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1, "c": 3}}), json!({"a": {"c": 3}})),
        (json!({"a": {"b": 1}}), json!({"a": {}}), json!({"a": {"b": null}})),
        (json!({"a": [1, 2]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!({"a": 1, "b": 2}), json!({"a": 1, "c": 3}), json!({"b": null, "c": 3})),
        (json!({"a": {"b": 1}}), json!({"a": {"b": 1}}), json!({})),
        (json!(1), json!({"a": 1}), json!({"a": 1})),
    ];
    for (before, after, expected) in cases {
        assert_eq!(difference(&before, &after), expected, "{before} to {after}");
    }
}
