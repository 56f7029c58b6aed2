//! What routes and the listeners they name say of each other.

use std::collections::HashMap;

use serde_json::Value;

use crate::hostname::Hostname;
use crate::key::ResourceKind;
use crate::validation::finding::Warning;

const NEVER_MATCHES: &str = "hostname-never-matches";
const NO_SUCH_SECTION: &str = "parent-ref-section-unknown";

/// What is wrong between the objects of a set: the object's position, and a warning about it.
///
/// spec: `CommonRouteSpec.parentRefs`, `HTTPRouteSpec.hostnames`. Parents that are not in the set
/// are taken to be right. O(objects + routes' hostnames × their listeners).
pub(in crate::validation) fn across(objects: &[&Value]) -> Vec<(usize, Warning)> {
    let parents: HashMap<_, _> = objects.iter().filter_map(|object| parent(object)).collect();
    let routes = objects.iter().enumerate();
    routes
        .flat_map(|(index, object)| check(object, &parents).into_iter().map(move |warning| (index, warning)))
        .collect()
}

/// Kind, namespace and name.
type Key<'a> = (&'a str, &'a str, &'a str);

struct Listener<'a> {
    name: &'a str,
    port: Option<&'a Value>,
    protocol: &'a str,
    hostname: Option<&'a str>,
}

fn parent(object: &Value) -> Option<(Key<'_>, Vec<Listener<'_>>)> {
    let kind = kind(object).filter(|kind| matches!(kind, ResourceKind::Gateway | ResourceKind::ListenerSet))?;
    let listeners = object.get("spec")?.get("listeners")?.as_array()?;
    let listeners = listeners.iter().map(|listener| Listener {
        name: text(listener, "name"),
        port: listener.get("port"),
        protocol: text(listener, "protocol"),
        hostname: listener.get("hostname").and_then(Value::as_str).filter(|name| !name.is_empty()),
    });
    Some(((kind.as_str(), metadata(object, "namespace"), metadata(object, "name")), listeners.collect()))
}

fn check(route: &Value, parents: &HashMap<Key<'_>, Vec<Listener<'_>>>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (Some(protocols), Some(spec)) = (kind(route).and_then(protocols), route.get("spec")) else { return warnings };
    let references = spec.get("parentRefs").and_then(Value::as_array).into_iter().flatten();
    let mut reachable: Option<Vec<&Listener<'_>>> = Some(Vec::new());
    for (index, reference) in references.enumerate() {
        let or = |field, default| match text(reference, field) {
            "" => default,
            given => given,
        };
        let key = (or("kind", "Gateway"), or("namespace", metadata(route, "namespace")), text(reference, "name"));
        let Some(listeners) = parents.get(&key) else {
            reachable = None;
            continue;
        };
        let section = text(reference, "sectionName");
        if !section.is_empty() && !listeners.iter().any(|listener| listener.name == section) {
            let message =
                format!("{} {} has no listener `{section}`: write the name of one, or leave it out", key.0, key.2);
            let path = format!("spec.parentRefs[{index}].sectionName");
            warnings.push(Warning { path, code: NO_SUCH_SECTION, message });
        }
        let named = listeners.iter().filter(|listener| {
            (section.is_empty() || listener.name == section)
                && reference.get("port").is_none_or(|port| listener.port == Some(port))
                && protocols.contains(&listener.protocol)
        });
        if let Some(reachable) = &mut reachable {
            reachable.extend(named);
        }
    }
    // A parent that is not here may match anything, and with no listener at all another rule is broken.
    let Some(reachable) = reachable.filter(|reachable| !reachable.is_empty()) else { return warnings };
    let hostnames = spec.get("hostnames").and_then(Value::as_array).into_iter().flatten();
    for (index, hostname) in hostnames.enumerate() {
        let Some(hostname) = hostname.as_str().and_then(|text| Hostname::parse(text).ok()) else { continue };
        let matches = |listener: &&Listener<'_>| match listener.hostname.map(Hostname::parse) {
            None | Some(Err(_)) => true,
            Some(Ok(of_listener)) => hostname.intersect(&of_listener).is_some(),
        };
        if !reachable.iter().any(matches) {
            let message =
                format!("`{hostname}` matches no listener that the route names: write a hostname that one of them has");
            warnings.push(Warning { path: format!("spec.hostnames[{index}]"), code: NEVER_MATCHES, message });
        }
    }
    warnings
}

/// The protocols of the listeners that look at a route's hostnames.
fn protocols(kind: ResourceKind) -> Option<&'static [&'static str]> {
    match kind {
        ResourceKind::HttpRoute | ResourceKind::GrpcRoute => Some(&["HTTP", "HTTPS"]),
        ResourceKind::TlsRoute => Some(&["TLS"]),
        _ => None,
    }
}

fn kind(object: &Value) -> Option<ResourceKind> {
    let group = text(object, "apiVersion").split_once('/')?.0;
    ResourceKind::find(group, text(object, "kind"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

/// A field of the metadata; the namespace is `default` where none is written.
fn metadata<'a>(object: &'a Value, field: &str) -> &'a str {
    let given = object.get("metadata").map_or("", |metadata| text(metadata, field));
    if given.is_empty() && field == "namespace" { "default" } else { given }
}
