use super::*;
use crate::filter::{Cors, Fraction, RequestRedirect};
use crate::gateway::ParentGatewayReference;

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
fn references_have_the_defaults_of_what_they_lead_to() {
    use serde_json::json;
    let bare = || json!({"name": "x"});
    let full = || json!({"group": "example.com", "kind": "Thing", "name": "x", "namespace": "bank"});
    let core = || json!({"group": "core", "kind": "Thing", "name": "x"});
    macro_rules! told {
        ($kind:ty, $value:expr) => {{
            let reference: $kind = read($value);
            [reference.group(), reference.kind(), reference.namespace("shop")].map(str::to_owned)
        }};
    }
    let gateway = ["gateway.networking.k8s.io", "Gateway", "shop"];
    assert_eq!(told!(ParentReference, bare()), gateway);
    assert_eq!(told!(ParentGatewayReference, bare()), gateway);
    assert_eq!(told!(BackendObjectReference, bare()), ["", "Service", "shop"]);
    assert_eq!(told!(BackendRef, bare()), ["", "Service", "shop"]);
    assert_eq!(told!(SecretObjectReference, bare()), ["", "Secret", "shop"]);
    for found in [
        told!(ParentReference, full()),
        told!(ParentGatewayReference, full()),
        told!(BackendObjectReference, full()),
        told!(BackendRef, full()),
        told!(SecretObjectReference, full()),
    ] {
        assert_eq!(found, ["example.com", "Thing", "bank"]);
    }
    for found in
        [told!(BackendObjectReference, core()), told!(BackendRef, core()), told!(SecretObjectReference, core())]
    {
        assert_eq!(found, ["", "Thing", "shop"]);
    }
    let group = |value| read::<RouteGroupKind>(value).group().to_owned();
    assert_eq!(group(json!({"kind": "HTTPRoute"})), GATEWAY_GROUP);
    assert_eq!(group(json!({"group": "example.com", "kind": "HTTPRoute"})), "example.com");
}

#[test]
fn references_are_made_from_their_parts() {
    let parent = ParentReference::gateway("g");
    assert_eq!((parent.name.as_str(), parent.group, parent.namespace), ("g", None, None));
    let backend = BackendRef { namespace: Some("bank".to_owned()), weight: Some(7), ..BackendRef::service("b", 80) };
    assert_eq!((backend.name.as_str(), backend.port, backend.weight()), ("b", Some(80), 7));
    let expected = BackendObjectReference {
        name: "b".to_owned(),
        namespace: Some("bank".to_owned()),
        port: Some(80),
        ..BackendObjectReference::default()
    };
    assert_eq!(backend.object(), expected);
    let weights =
        [None, Some(0), Some(3), Some(-3)].map(|weight| BackendRef { weight, ..BackendRef::default() }.weight());
    assert_eq!(weights, [1, 0, 3, 0]);
}

#[test]
fn numbers_that_are_left_out_have_their_defaults() {
    let fraction = |denominator| Fraction { numerator: 1, denominator }.denominator();
    assert_eq!([fraction(None), fraction(Some(7))], [100, 7]);
    let status = |status_code| RequestRedirect { status_code, ..RequestRedirect::default() }.status_code();
    assert_eq!([status(None), status(Some(301))], [302, 301]);
    let age = |max_age| Cors { max_age, ..Cors::default() }.max_age();
    assert_eq!([age(None), age(Some(7))], [5, 7]);
}
