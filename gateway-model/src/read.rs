//! Objects out of untyped documents.

use std::fmt;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::key::ResourceKind;
use crate::object::{
    BackendTlsPolicy, Gateway, GatewayClass, GrpcRoute, HttpRoute, ListenerSet, ReferenceGrant, ServiceImport,
    TcpRoute, TlsRoute, UdpRoute, XBackend, XBackendTrafficPolicy, XMesh,
};
use crate::resources::{AnyObject, Stored};

mod field;
use field::{Field, FieldError};

/// What one document, or one item of a List, turned out to be.
#[derive(Debug)]
pub struct ReadObject {
    /// The position in the List's items; `None` for a document that is no List.
    pub item: Option<usize>,
    /// The object, or why there is none.
    pub object: Result<AnyObject, ReadError>,
}

/// Why a document is no object that decisions look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An object of a kind that no decision looks at (a Deployment). Not a mistake of the document.
    #[error("{kind} is no kind that the Gateway API looks at")]
    OtherKind {
        /// Group, version and kind, as written.
        kind: String,
    },
    /// A document that is no Kubernetes object: no map, or one without `apiVersion` or `kind`.
    #[error("{path}: {problem}")]
    NotAnObject {
        /// Where in the document.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// An object of a known kind that cannot be read.
    #[error("{object}: {path}: {problem}")]
    Malformed {
        /// Kind, namespace and name, as far as they can be read.
        object: String,
        /// The field.
        path: String,
        /// What is wrong there.
        problem: String,
    },
}

/// The objects of one document: one, or those of a `List`.
///
/// Items of a list of one kind (`HTTPRouteList`, as an API server answers) need not say what they
/// are: the list does.
///
/// Objects without a namespace, of kinds that live in one, get `namespace`. As an API server does,
/// `null` fields count as absent and whole floats (`80.0`) as integers. Nothing else is changed:
/// no default is filled in, and unknown enum values and malformed hostnames are kept. Empty
/// documents hold no object. O(size of the document).
pub fn read_objects(document: Value, namespace: &str) -> Vec<ReadObject> {
    match untyped_objects(document) {
        Ok(objects) => objects
            .into_iter()
            .map(|UntypedObject { item, value }| ReadObject { item, object: read_object(value, namespace) })
            .collect(),
        Err(problem) => vec![ReadObject { item: None, object: Err(problem) }],
    }
}

/// One document, or one item of a List, before anything is made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct UntypedObject {
    /// The position in the List's items; `None` for a document that is no List.
    pub item: Option<usize>,
    /// What stands there.
    pub value: Value,
}

/// The objects of one document as they are, for those who judge objects before they read them; see
/// [`read_objects`]. O(items).
///
/// # Errors
///
/// When the document is a `List` whose items are no list.
pub fn untyped_objects(document: Value) -> Result<Vec<UntypedObject>, ReadError> {
    match document {
        Value::Null => Ok(Vec::new()),
        Value::Object(map) if is_list(&map) => list_items(map),
        value => Ok(vec![UntypedObject { item: None, value }]),
    }
}

fn list_items(mut list: Map<String, Value>) -> Result<Vec<UntypedObject>, ReadError> {
    let items = match list.remove("items") {
        Some(Value::Array(items)) => items,
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(_) => return Err(not_an_object("items", "expected a list")),
    };
    let kind = list.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List")).unwrap_or("");
    let named = [("apiVersion", list.get("apiVersion").cloned()), ("kind", Some(kind.into()))];
    let of_one_kind = !kind.is_empty();
    let completed = items.into_iter().enumerate().map(|(item, mut value)| {
        if let Value::Object(map) = &mut value
            && of_one_kind
        {
            for (field, name) in &named {
                if map.get(*field).is_none_or(Value::is_null) {
                    map.insert((*field).to_owned(), name.clone().unwrap_or_default());
                }
            }
        }
        UntypedObject { item: Some(item), value }
    });
    Ok(completed.collect())
}

fn is_list(map: &Map<String, Value>) -> bool {
    let kind = map.get("kind").and_then(Value::as_str).unwrap_or("");
    kind.ends_with("List") && !map.contains_key("spec")
}

/// One object, typed; see [`read_objects`]. O(object).
///
/// # Errors
///
/// When it is of a kind that no decision looks at, is no object, or does not fit its type.
pub fn read_object(mut value: Value, namespace: &str) -> Result<AnyObject, ReadError> {
    let Value::Object(map) = &mut value else {
        return Err(not_an_object("(document)", "expected an object, a map with `apiVersion` and `kind`"));
    };
    let api_version = name_field(map, "apiVersion")?.to_owned();
    let kind = name_field(map, "kind")?.to_owned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let Some(resource) = ResourceKind::find(group, &kind) else {
        return Err(ReadError::OtherKind { kind: format!("{api_version} {kind}") });
    };
    let mut identity = Identity { kind: resource, namespace: namespace.to_owned(), name: None };
    if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
        let absent = |found: &Value| found.is_null() || found.as_str() == Some("");
        if resource.is_namespaced() && metadata.get("namespace").is_none_or(absent) {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
        identity.take(metadata);
    }
    let typed = match resource {
        ResourceKind::GatewayClass => typed::<GatewayClass>(value),
        ResourceKind::Gateway => typed::<Gateway>(value),
        ResourceKind::ListenerSet => typed::<ListenerSet>(value),
        ResourceKind::HttpRoute => typed::<HttpRoute>(value),
        ResourceKind::GrpcRoute => typed::<GrpcRoute>(value),
        ResourceKind::TlsRoute => typed::<TlsRoute>(value),
        ResourceKind::TcpRoute => typed::<TcpRoute>(value),
        ResourceKind::UdpRoute => typed::<UdpRoute>(value),
        ResourceKind::ReferenceGrant => typed::<ReferenceGrant>(value),
        ResourceKind::BackendTlsPolicy => typed::<BackendTlsPolicy>(value),
        ResourceKind::XBackend => typed::<XBackend>(value),
        ResourceKind::XBackendTrafficPolicy => typed::<XBackendTrafficPolicy>(value),
        ResourceKind::XMesh => typed::<XMesh>(value),
        ResourceKind::Namespace => typed::<Namespace>(value),
        ResourceKind::Service => typed::<Service>(value),
        ResourceKind::Secret => typed::<Secret>(value),
        ResourceKind::ConfigMap => typed::<ConfigMap>(value),
        ResourceKind::EndpointSlice => typed::<EndpointSlice>(value),
        ResourceKind::ServiceImport => typed::<ServiceImport>(value),
    };
    let malformed =
        |path: String, problem: String| ReadError::Malformed { object: identity.to_string(), path, problem };
    let object = typed.map_err(|(path, problem)| {
        let secret = resource == ResourceKind::Secret;
        malformed(path, if secret { without_value(&problem) } else { problem })
    })?;
    if object.metadata().name.as_deref().unwrap_or("").is_empty() {
        return Err(malformed("metadata.name".to_owned(), "an object needs a name".to_owned()));
    }
    Ok(object)
}

fn not_an_object(path: &str, problem: &str) -> ReadError {
    ReadError::NotAnObject { path: path.to_owned(), problem: problem.to_owned() }
}

fn name_field<'a>(map: &'a Map<String, Value>, field: &str) -> Result<&'a str, ReadError> {
    match map.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null) | Some(Value::String(_)) => Err(not_an_object(field, "every object needs one")),
        Some(_) => Err(not_an_object(field, "expected a string")),
    }
}

/// The typed object, or the path and the problem of the first field that does not fit.
fn typed<T: Stored + DeserializeOwned + Into<AnyObject>>(value: Value) -> Result<AnyObject, (String, String)> {
    T::deserialize(Field(value)).map(Into::into).map_err(FieldError::into_parts)
}

/// What is wrong with a field of a Secret. What stands there is shown to nobody: messages end up in logs.
fn without_value(problem: &str) -> String {
    match problem.rsplit_once(", expected ") {
        Some((_, expected)) => format!("invalid, expected {expected}"),
        None => "invalid".to_owned(),
    }
}

/// What an object is called in messages, as far as that can be read.
struct Identity {
    kind: ResourceKind,
    namespace: String,
    name: Option<String>,
}

impl Identity {
    fn take(&mut self, metadata: &Map<String, Value>) {
        let text = |field: &str| metadata.get(field).and_then(Value::as_str).map(str::to_owned);
        self.name = text("name");
        if let Some(namespace) = text("namespace") {
            self.namespace = namespace;
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("(no name)");
        let Identity { kind, namespace, .. } = self;
        if kind.is_namespaced() { write!(f, "{kind} {namespace}/{name}") } else { write!(f, "{kind} {name}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn route(spec: Value) -> Value {
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r"}, "spec": spec})
    }

    fn only(document: Value) -> Result<AnyObject, ReadError> {
        let mut read = read_objects(document, "ns");
        assert_eq!(read.len(), 1);
        read.remove(0).object
    }

    #[test]
    fn lists_are_taken_apart_and_one_bad_item_does_not_hurt_the_others() {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [
            route(json!({})), route(json!({"rules": {}})), {"apiVersion": "apps/v1", "kind": "Deployment"}, 7, null,
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "other"}},
        ]});
        let read = read_objects(list, "ns");
        let shown: Vec<_> = read
            .iter()
            .map(|read| match &read.object {
                Ok(object) => format!("{:?} {}", read.item, object.key()),
                Err(error) => format!("{:?} {error}", read.item),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "Some(0) HTTPRoute ns/r",
                "Some(1) HTTPRoute ns/r: spec.rules: invalid type: map, expected a sequence",
                "Some(2) apps/v1 Deployment is no kind that the Gateway API looks at",
                "Some(3) (document): expected an object, a map with `apiVersion` and `kind`",
                "Some(4) (document): expected an object, a map with `apiVersion` and `kind`",
                "Some(5) Service other/s",
            ]
        );
    }

    #[test]
    fn items_of_a_list_of_one_kind_need_not_say_what_they_are() {
        let list = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRouteList", "metadata": {}, "items": [
            {"metadata": {"name": "a"}, "spec": {}},
            {"apiVersion": null, "kind": "GRPCRoute", "metadata": {"name": "b"}, "spec": {}},
        ]});
        let keys: Vec<_> =
            read_objects(list, "ns").into_iter().map(|read| read.object.unwrap().key().to_string()).collect();
        assert_eq!(keys, ["HTTPRoute ns/a", "GRPCRoute ns/b"]);
        let mixed = json!({"apiVersion": "v1", "kind": "List", "items": [{"metadata": {"name": "a"}, "spec": {}}]});
        assert!(read_objects(mixed, "ns").remove(0).object.is_err());
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_path() {
        let cases = [
            (json!({"parentRefs": [{"name": 7}]}), "spec.parentRefs[0].name"),
            (json!({"rules": [{"matches": [{"path": {"type": 3}}]}]}), "spec.rules[0].matches[0].path.type"),
            (json!({"rules": [{"backendRefs": [{"name": "b", "port": "http"}]}]}), "spec.rules[0].backendRefs[0].port"),
            (json!({"rules": [{"backendRefs": [{"name": "b", "port": 80.5}]}]}), "spec.rules[0].backendRefs[0].port"),
            (
                json!({"rules": [{"backendRefs": [{"name": "b", "weight": 1e17}]}]}),
                "spec.rules[0].backendRefs[0].weight",
            ),
            (json!({"hostnames": "a.example.com"}), "spec.hostnames"),
            (json!({"rules": [{"backendRefs": [{"port": 80}]}]}), "spec.rules[0].backendRefs[0]"),
        ];
        for (spec, expected) in cases {
            match only(route(spec.clone())) {
                Err(ReadError::Malformed { object, path, .. }) => {
                    assert_eq!((object.as_str(), path.as_str()), ("HTTPRoute ns/r", expected), "{spec}");
                }
                other => panic!("{spec}: {other:?}"),
            }
        }
    }

    #[test]
    fn null_is_absent_and_whole_floats_are_integers() {
        let read = only(route(json!({
            "hostnames": null,
            "rules": [{"matches": null, "backendRefs": [{"name": "b", "port": 80.0, "weight": null}]}]
        })))
        .unwrap();
        let AnyObject::HttpRoute(read) = read else { panic!("{read:?}") };
        assert_eq!(read.spec.rules[0].backend_refs[0].port, Some(80));
        assert_eq!(read.spec.rules[0].backend_refs[0].weight(), 1);
    }

    #[test]
    fn a_namespace_that_is_null_or_empty_is_absent() {
        for namespace in [json!(null), json!("")] {
            let mut document = route(json!({}));
            document["metadata"]["namespace"] = namespace.clone();
            assert_eq!(only(document).unwrap().key().to_string(), "HTTPRoute ns/r", "{namespace}");
        }
    }

    #[test]
    fn what_a_secret_holds_is_in_no_message() {
        let cases = [
            (json!({"data": "hunter2"}), "data: invalid, expected a map"),
            (json!({"data": {"tls.key": "hunter2!"}}), "data.tls.key: invalid"),
            (json!({"data": {"tls.key": 12_345}}), "data.tls.key: invalid, expected a base64-encoded string"),
            (json!({"stringData": ["hunter2"]}), "stringData: invalid, expected a map"),
            (json!({"type": {"hunter2": "hunter2"}}), "type: invalid, expected a string"),
            (json!({"data": "hunter2, expected by nobody"}), "data: invalid, expected a map"),
        ];
        for (fields, expected) in cases {
            let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
            for (name, value) in fields.as_object().unwrap() {
                secret[name] = value.clone();
            }
            assert_eq!(only(secret).unwrap_err().to_string(), format!("Secret ns/s: {expected}"), "{fields}");
        }
    }

    #[test]
    fn an_object_without_a_name_is_refused() {
        let mut document = route(json!({}));
        document["metadata"] = json!({});
        assert!(matches!(only(document), Err(ReadError::Malformed { path, .. }) if path == "metadata.name"));
    }

    #[test]
    fn a_kind_of_another_group_is_another_kind() {
        let istio =
            json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "g"}, "spec": {}});
        assert!(matches!(only(istio), Err(ReadError::OtherKind { .. })));
        let future = json!({"apiVersion": "gateway.networking.k8s.io/v9", "kind": "Gateway", "metadata": {"name": "g"}, "spec": {}});
        assert!(matches!(only(future), Err(ReadError::Malformed { path, .. }) if path == "apiVersion"));
    }
}
