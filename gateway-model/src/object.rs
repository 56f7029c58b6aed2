//! Objects: a spec with its metadata and status.

use std::fmt;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::gateway::{GatewayClassSpec, GatewaySpec, ListenerSetSpec};
use crate::grpc_route::GrpcRouteSpec;
use crate::http_route::HttpRouteSpec;
use crate::kind::Kind;
use crate::l4_route::{TcpRouteSpec, TlsRouteSpec, UdpRouteSpec};
use crate::policy::{BackendTlsPolicySpec, XBackendSpec, XBackendTrafficPolicySpec, XMeshSpec};
use crate::reference_grant::ReferenceGrantSpec;
use crate::service_import::ServiceImportSpec;
use crate::wire::check_text;

/// An object of the Gateway API: metadata, spec and status.
///
/// Use it through its aliases ([`HttpRoute`], [`Gateway`], ...). It implements
/// `k8s_openapi::{Resource, Metadata}`, which is all that `kube::Api<HttpRoute>` needs.
///
/// Reading accepts an absent `apiVersion` and `kind` (items of a list have none), refuses those of
/// another kind, and takes every version that v1.6.1 serves. Writing always emits both, in the
/// newest version. No default is filled in and no empty list is added.
///
/// ```
/// use gateway_model::HttpRoute;
///
/// let route: HttpRoute = serde_json::from_str(r#"{
///     "apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "HTTPRoute",
///     "metadata": {"name": "shop", "namespace": "web"},
///     "spec": {"hostnames": ["shop.example.com"], "parentRefs": [{"name": "public"}]}
/// }"#)?;
/// assert_eq!(route.spec.hostnames[0].as_str(), "shop.example.com");
/// assert_eq!(route.spec.parent_refs[0].kind(), "Gateway");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<S: Kind> {
    /// Name, namespace, labels, age.
    pub metadata: ObjectMeta,
    /// The wanted state.
    pub spec: S,
    /// What controllers observed, if any has.
    pub status: Option<S::Status>,
}

/// A class of Gateways, and the controller that serves them.
pub type GatewayClass = Object<GatewayClassSpec>;
/// Listeners at some addresses.
pub type Gateway = Object<GatewaySpec>;
/// Listeners that join a Gateway's.
pub type ListenerSet = Object<ListenerSetSpec>;
/// Rules for HTTP requests.
pub type HttpRoute = Object<HttpRouteSpec>;
/// Rules for gRPC calls.
pub type GrpcRoute = Object<GrpcRouteSpec>;
/// Where TLS connections go, by SNI.
pub type TlsRoute = Object<TlsRouteSpec>;
/// Where TCP connections go.
pub type TcpRoute = Object<TcpRouteSpec>;
/// Where UDP packets go.
pub type UdpRoute = Object<UdpRouteSpec>;
/// References from other namespaces that are welcome.
pub type ReferenceGrant = Object<ReferenceGrantSpec>;
/// TLS from Gateways to backends.
pub type BackendTlsPolicy = Object<BackendTlsPolicySpec>;
/// A destination that is no Service (experimental).
pub type XBackend = Object<XBackendSpec>;
/// Retries and sessions of a backend (experimental).
pub type XBackendTrafficPolicy = Object<XBackendTrafficPolicySpec>;
/// A mesh, and the controller that serves it (experimental).
pub type XMesh = Object<XMeshSpec>;
/// A Service of several clusters (of the multi-cluster API), as a backend or parent.
pub type ServiceImport = Object<ServiceImportSpec>;

impl<S: Kind> Object<S> {
    /// An object with a name, in a namespace unless the kind has none.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, spec: S) -> Self {
        let metadata = ObjectMeta {
            name: Some(name.into()),
            namespace: S::NAMESPACED.then(|| namespace.into()),
            ..ObjectMeta::default()
        };
        Object { metadata, spec, status: None }
    }

    /// The name, empty if the metadata has none.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or("")
    }

    /// The namespace, empty if the metadata has none.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or("")
    }
}

impl<S: Kind> k8s_openapi::Resource for Object<S> {
    const API_VERSION: &'static str = S::API_VERSION;
    const GROUP: &'static str = S::GROUP;
    const KIND: &'static str = S::KIND;
    const VERSION: &'static str = S::VERSION;
    const URL_PATH_SEGMENT: &'static str = S::PLURAL;
    type Scope = S::Scope;
}

impl<S: Kind> k8s_openapi::Metadata for Object<S> {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl<S: Kind> Serialize for Object<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let fields = 4 + usize::from(self.status.is_some());
        let mut object = serializer.serialize_struct(S::KIND, fields)?;
        object.serialize_field("apiVersion", S::API_VERSION)?;
        object.serialize_field("kind", S::KIND)?;
        object.serialize_field("metadata", &self.metadata)?;
        object.serialize_field("spec", &self.spec)?;
        if let Some(status) = &self.status {
            object.serialize_field("status", status)?;
        }
        object.end()
    }
}

impl<'de, S: Kind> Deserialize<'de> for Object<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];
        deserializer.deserialize_struct(S::KIND, FIELDS, ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<S>(PhantomData<S>);

/// The fields of an object; unknown ones are passed over, as `#[serde(field_identifier)]` derives it.
#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ApiVersion,
    Kind,
    Metadata,
    Spec,
    Status,
    #[serde(other)]
    Unknown,
}

impl<'de, S: Kind> Visitor<'de> for ObjectVisitor<S> {
    type Value = Object<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of kind {}", S::KIND)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<S>, A::Error> {
        let (mut metadata, mut spec, mut status) = (None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::ApiVersion => {
                    map.next_value::<ApiVersionOf<S>>()?;
                }
                Field::Kind => {
                    map.next_value::<KindOf<S>>()?;
                }
                Field::Metadata => metadata = map.next_value()?,
                Field::Spec => spec = Some(map.next_value()?),
                // A status-like field in a kind without one is an unknown field.
                Field::Status if !S::HAS_STATUS => {
                    map.next_value::<IgnoredAny>()?;
                }
                Field::Status => status = map.next_value()?,
                Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Object {
            metadata: metadata.unwrap_or_default(),
            spec: spec.ok_or_else(|| A::Error::missing_field("spec"))?,
            status,
        })
    }
}

/// An `apiVersion` that is one of the kind's, or absent.
struct ApiVersionOf<S>(PhantomData<S>);

impl<'de, S: Kind> Deserialize<'de> for ApiVersionOf<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let check = |found: &str| {
            let known = found
                .split_once('/')
                .is_some_and(|(group, version)| group == S::GROUP && S::VERSIONS.contains(&version));
            if known || found.is_empty() {
                return Ok(());
            }
            Err(format!(
                "`{found}` does not serve {kind}: expected `{group}` in {versions}",
                kind = S::KIND,
                group = S::GROUP,
                versions = S::VERSIONS.join(", "),
            ))
        };
        check_text(deserializer, check).map(|()| ApiVersionOf(PhantomData))
    }
}

/// A `kind` that is the expected one, or absent.
struct KindOf<S>(PhantomData<S>);

impl<'de, S: Kind> Deserialize<'de> for KindOf<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let check = |found: &str| {
            let known = found == S::KIND || found.is_empty();
            if known { Ok(()) } else { Err(format!("`{found}` is another kind, expected `{}`", S::KIND)) }
        };
        check_text(deserializer, check).map(|()| KindOf(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn reading_takes_absent_names_and_refuses_others() {
        let spec = json!({"parentRefs": [{"name": "g"}]});
        let cases = [
            (json!({"spec": spec}), true),
            (json!({"apiVersion": null, "kind": null, "spec": spec}), true),
            (json!({"kind": "HTTPRoute", "spec": spec, "apiVersion": "gateway.networking.k8s.io/v1"}), true),
            (json!({"spec": spec, "apiVersion": "gateway.networking.k8s.io/v1beta1"}), true),
            (json!({"spec": spec, "kind": "GRPCRoute"}), false),
            (json!({"spec": spec, "apiVersion": "gateway.networking.k8s.io/v1alpha2"}), false),
            (json!({"spec": spec, "apiVersion": "gateway.networking.x-k8s.io/v1"}), false),
            (json!({"spec": spec, "apiVersion": "v1"}), false),
            (json!({"metadata": {"name": "x"}}), false),
        ];
        for (document, readable) in cases {
            let read = serde_json::from_value::<HttpRoute>(document.clone());
            assert_eq!(read.is_ok(), readable, "{document}: {read:?}");
        }
    }

    #[test]
    fn writing_emits_both_names_in_the_newest_version() {
        let grant: ReferenceGrant = serde_json::from_value(json!({
            "apiVersion": "gateway.networking.k8s.io/v1beta1", "metadata": {"name": "g", "namespace": "n"},
            "spec": {"from": [], "to": []}, "status": {"anything": 1}
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(&grant).unwrap(),
            json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "ReferenceGrant",
                   "metadata": {"name": "g", "namespace": "n"}, "spec": {"from": [], "to": []}})
        );
    }

    #[test]
    fn unknown_enum_values_and_malformed_fields_survive() {
        let document: Value = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "r", "namespace": "n"},
            "spec": {
                "hostnames": ["OK.example.com", "not a host", "*.example.com"],
                "rules": [{
                    "matches": [{"path": {"type": "Glob", "value": "/*"}, "method": "BREW"}],
                    "filters": [{"type": "Teleport"}],
                    "timeouts": {"request": "soon"}
                }]
            }
        });
        let route: HttpRoute = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(serde_json::to_value(&route).unwrap(), document);
        assert_eq!(route.spec.hostnames.iter().filter_map(|h| h.valid()).count(), 1);
    }

    #[test]
    fn lists_take_memory_for_as_many_items_as_they_have() {
        for (rules, most) in [(0, 0), (1, 1), (2, 2), (3, 4), (5, 8)] {
            let document = json!({"spec": {"rules": vec![json!({}); rules]}}).to_string();
            let route: HttpRoute = serde_json::from_str(&document).unwrap();
            assert_eq!((route.spec.rules.len(), route.spec.rules.capacity()), (rules, most), "{document}");
        }
        assert!(size_of::<crate::RouteFilter>() <= 320, "{}", size_of::<crate::RouteFilter>());
    }

    #[test]
    fn parts_of_a_status_are_maps_with_each_field_once_and_no_other_is_lost() {
        let condition = r#"{"type":"A","status":"True","lastTransitionTime":"t","reason":"R","message":"m"}"#;
        let entry = |reference: &str, rest: &str| {
            format!(
                r#"{{"spec":{{}},"status":{{"parents":[{{"parentRef":{reference},"controllerName":"c/d"{rest}}}]}}}}"#
            )
        };
        let read = |text: &str| serde_json::from_str::<HttpRoute>(text);
        let whole = entry(
            r#"{"name":"g","port":80,"new":{"a":[1]}}"#,
            &format!(r#","newer":null,"conditions":[{}]"#, condition.replace("{", r#"{"newest":1.5,"#)),
        );
        let route = read(&whole).unwrap();
        let written = serde_json::to_value(&route).unwrap();
        let expected: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(written["status"], expected["status"], "{whole}");

        let wrong = [
            (entry(r#"["g"]"#, ""), "invalid type: sequence"),
            (entry(r#"{"name":"g"}"#, r#","conditions":[["A"]]"#), "invalid type: sequence"),
            (entry(r#"{"name":"g","name":"h"}"#, ""), "duplicate field `name`"),
            (entry(r#"{"name":"g"}"#, r#","controllerName":"e/f""#), "duplicate field `controllerName`"),
            (entry(r#"{"port":80}"#, ""), "missing field `name`"),
            (entry(r#"{"name":"g"}"#, r#","conditions":[{}]"#), "missing field `type`"),
            (entry(r#"{"name":7}"#, ""), "invalid type: integer `7`, expected a string"),
        ];
        for (text, expected) in wrong {
            let problem = read(&text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }
}
