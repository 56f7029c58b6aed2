//! What routes refer to: namespaces, Services with their endpoints, grants.

use gateway_model::{AnyObject, ReferenceGrant, ServiceImport, read_objects};
use k8s_openapi::api::core::v1::{Namespace, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;

use super::listeners::INFRA;
use super::{Settings, Source, mesh};

/// Names of Services: `ready` has no EndpointSlice, so it counts as ready; of the others the
/// endpoints say what the name says.
pub(super) const SERVICES: &[&str] = &["ready", "some-ready", "none-ready", "unsaid", "no-endpoint"];

pub(super) fn objects(source: &mut dyn Source, settings: &Settings) -> Vec<AnyObject> {
    let mut objects = Vec::new();
    for name in settings.namespaces.iter().chain(&[INFRA]) {
        if let Some(team) = source.weighted(&[(2, None), (2, Some("web")), (1, Some("data")), (1, Some("other"))]) {
            objects.push(AnyObject::from(namespace(name, team)));
        }
    }
    for namespace in &settings.namespaces {
        for name in SERVICES {
            if !source.chance(settings.restricted / 3) {
                objects.push(mesh::frontend(source, settings, service(namespace, name)).into());
            }
            objects.extend(slices(namespace, name));
        }
        if source.chance(settings.restricted) {
            objects.push(import(namespace).into());
        }
        let grants = if source.chance(settings.restricted) { source.weighted(&[(2, 1), (1, 2)]) } else { 0 };
        objects.extend((0..grants).filter_map(|index| grant(source, settings, namespace, index)).map(AnyObject::from));
    }
    objects
}

fn metadata(namespace: &str, name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() }
}

fn namespace(name: &str, team: &str) -> Namespace {
    let labels = Some([("team".to_owned(), team.to_owned())].into());
    let metadata = ObjectMeta { name: Some(name.to_owned()), labels, ..ObjectMeta::default() };
    Namespace { metadata, ..Namespace::default() }
}

pub(super) fn service(namespace: &str, name: &str) -> Service {
    let port = |name: &str, port| ServicePort { name: Some(name.to_owned()), port, ..ServicePort::default() };
    let dns = ServicePort { protocol: Some("UDP".to_owned()), ..port("dns", 53) };
    let ports = Some(vec![port("http", 80), port("metrics", 9090), dns]);
    let spec = ServiceSpec { ports, ..ServiceSpec::default() };
    Service { metadata: metadata(namespace, name), spec: Some(spec), ..Service::default() }
}

fn slices(namespace: &str, service: &str) -> Vec<AnyObject> {
    let ready: &[&[Option<bool>]] = match service {
        "some-ready" => &[&[Some(false)], &[Some(false), Some(true)]],
        "none-ready" => &[&[Some(false), Some(false)], &[]],
        "unsaid" => &[&[Some(false), None]],
        "no-endpoint" => &[&[]],
        _ => &[],
    };
    let slice = |(index, ready): (usize, &&[Option<bool>])| {
        let endpoint = |ready: &Option<bool>| Endpoint {
            addresses: vec!["192.0.2.1".to_owned()],
            conditions: ready.map(|ready| EndpointConditions { ready: Some(ready), ..EndpointConditions::default() }),
            ..Endpoint::default()
        };
        let mut metadata = metadata(namespace, &format!("{service}-{index}"));
        metadata.labels = Some([("kubernetes.io/service-name".to_owned(), service.to_owned())].into());
        AnyObject::from(EndpointSlice {
            address_type: "IPv4".to_owned(),
            metadata,
            endpoints: Some(ready.iter().map(endpoint).collect()),
            ..EndpointSlice::default()
        })
    };
    ready.iter().enumerate().map(slice).collect()
}

fn import(namespace: &str) -> ServiceImport {
    let spec = serde_json::from_value(json!({"type": "ClusterSetIP", "ports": [{"port": 80}]}));
    ServiceImport { metadata: metadata(namespace, "ready"), spec: spec.unwrap_or_default(), status: None }
}

fn grant(source: &mut dyn Source, settings: &Settings, namespace: &str, index: usize) -> Option<ReferenceGrant> {
    let others = 4 * settings.stream_routes.end().min(&1);
    let from_kind = source.weighted(&[
        (4, "HTTPRoute"),
        (1 + others, "GRPCRoute"),
        (1, "Gateway"),
        (others / 2, "TLSRoute"),
        (others / 2, "TCPRoute"),
        (others / 2, "UDPRoute"),
    ]);
    let from_namespace = source.word(&settings.namespaces);
    let to_group = source.weighted(&[(3, ""), (1, "core"), (1, "multicluster.x-k8s.io")]);
    let to_kind = source.weighted(&[(4, "Service"), (1, "ServiceImport"), (1, "Secret")]);
    let mut to = json!({"group": to_group, "kind": to_kind});
    if let (Some(to), true) = (to.as_object_mut(), source.chance(40)) {
        to.insert("name".to_owned(), source.word(SERVICES).into());
    }
    let from = json!({"group": "gateway.networking.k8s.io", "kind": from_kind, "namespace": from_namespace});
    let (mut from, mut to) = (vec![from], vec![to]);
    if source.chance(25) {
        from.push(json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": source.word(&settings.namespaces)}));
        to.push(json!({"group": "", "kind": "Secret", "name": "ready"}));
    }
    let document = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ReferenceGrant",
        "metadata": {"name": format!("grant-{index}"), "namespace": namespace}, "spec": {"from": from, "to": to}
    });
    match read_objects(document, namespace).pop()?.object.ok()? {
        AnyObject::ReferenceGrant(grant) => Some((*grant).clone()),
        _ => None,
    }
}
