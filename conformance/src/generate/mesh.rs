//! Services as parents.

use gateway_model::ParentReference;
use k8s_openapi::api::core::v1::Service;

use super::backends::SERVICES;
use super::{Settings, Source};

/// The ports of every Service, with their names.
pub(super) const PORTS: &[(i32, &str)] = &[(80, "http"), (9090, "metrics"), (53, "dns")];

/// A Service of the namespace, for a producer, or of another one, for a consumer.
pub(super) fn parent_ref(source: &mut dyn Source, settings: &Settings, namespace: &str) -> ParentReference {
    let mut parent = ParentReference {
        group: Some(source.weighted(&[(4, ""), (1, "core")]).to_owned()),
        kind: Some("Service".to_owned()),
        // Few of them, so that routes meet.
        name: source.weighted(&[(6, "ready"), (2, "none-ready"), (1, "unsaid")]).to_owned(),
        ..ParentReference::default()
    };
    let home = if source.chance(50) { source.word(&settings.namespaces) } else { namespace };
    if home != namespace || source.chance(20) {
        parent.namespace = Some(home.to_owned());
    }
    let (port, name) = source.weighted(&[(4, (80, "http")), (1, (9090, "metrics")), (1, (53, "dns"))]);
    if source.chance(30) {
        parent.port = Some(port);
    }
    if source.chance(15) {
        parent.section_name = Some(name.to_owned());
    }
    if source.chance(settings.restricted / 2) {
        match source.below(5) {
            0 => parent.name = "gone".to_owned(),
            1 => parent.port = Some(81),
            2 => parent.section_name = Some("nowhere".to_owned()),
            3 => parent.group = None,
            _ => parent.kind = Some("ServiceImport".to_owned()),
        }
    }
    parent
}

/// A Service, now and then one that has no frontend.
pub(super) fn frontend(source: &mut dyn Source, settings: &Settings, mut service: Service) -> Service {
    if settings.meshed == 0 {
        return service;
    }
    if let Some(spec) = service.spec.as_mut().filter(|_| source.chance(settings.restricted / 3)) {
        spec.cluster_ip = Some("None".to_owned());
    }
    service
}

/// A Service with its namespace, and the namespace of a client: those of a parentRef, or any.
pub(super) fn dialled(
    source: &mut dyn Source,
    settings: &Settings,
    route: Option<(&str, &[ParentReference])>,
) -> (String, String) {
    let meant = route.and_then(|(namespace, parent_refs)| {
        let services: Vec<&ParentReference> = parent_refs.iter().filter(|parent| parent.kind() == "Service").collect();
        source.one_of(&services).map(|parent| (namespace, parent.namespace(namespace), parent.name.as_str()))
    });
    match meant.filter(|_| !source.chance(settings.bent / 2)) {
        Some((own, home, name)) => {
            let any = source.word(&settings.namespaces);
            let from = source.weighted(&[(6, own), (2, home), (2, any), (1, "elsewhere")]);
            (format!("{home}/{name}"), from.to_owned())
        }
        None => {
            let service = format!("{}/{}", source.word(&settings.namespaces), source.word(SERVICES));
            (service, source.word(&settings.namespaces).to_owned())
        }
    }
}
