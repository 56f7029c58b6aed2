//! A topology that follows its resources change by change, against one that is made anew each time.
//!
//! `GATEWAY_CASES=10` makes ten times as many histories, `GATEWAY_SEED=N` begins at another seed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, which may fail loudly")]

use std::collections::BTreeMap;

use gateway_conformance::decide::{Decide, Engine, PlainRequest};
use gateway_conformance::generate::{Case, Seed, Settings, Source};
use gateway_match::{OPTIONS, Profile, Router, Topology, Update};
use gateway_model::{AnyObject, Feature, ObjectKey, Resources, read_objects};
use serde_json::{Value, json};

const API: &str = "gateway.networking.k8s.io/v1";
const X_API: &str = "gateway.networking.x-k8s.io/v1alpha1";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";

/// What generators do not make, under names that what they make refers to, or that refer to it.
fn more_objects(namespaces: &[&str]) -> Vec<AnyObject> {
    let object = |api: &str, kind: &str, namespace: &str, name: &str, spec: Value| json!({"apiVersion": api, "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec});
    let mut documents = Vec::new();
    for controller in ["example.com/ours", "example.com/theirs"] {
        documents.push(object(API, "GatewayClass", "", "any", json!({"controllerName": controller})));
        documents.push(object(X_API, "XMesh", "", "mesh", json!({"controllerName": controller})));
    }
    let near = json!([{"name": "cert"}]);
    let far = json!([{"name": "cert", "namespace": namespaces.first()}]);
    for (name, certificates) in [("g0", &near), ("g0", &far), ("g1", &far), ("s0", &near), ("s1", &far)] {
        let listeners = json!([
            {"name": "l0", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": certificates}, "allowedRoutes": {"namespaces": {"from": "All"}}},
            {"name": "l1", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "web"}}}}},
        ]);
        if name.starts_with('g') {
            let authority = json!({"group": "", "kind": "ConfigMap", "name": "ca", "namespace": namespaces.first()});
            let tls = json!({"backend": {"clientCertificateRef": {"name": "cert"}},
                "frontend": {"default": {"validation": {"caCertificateRefs": [authority]}}}});
            let allowed = json!({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "web"}}}});
            documents.push(object(
                API,
                "Gateway",
                "infra",
                name,
                json!({
                "gatewayClassName": "any", "listeners": listeners, "tls": tls, "allowedListeners": allowed}),
            ));
        } else {
            let parent = json!({"name": "g0", "namespace": "infra"});
            let spec = json!({"parentRef": parent, "listeners": listeners});
            documents
                .extend(namespaces.iter().map(|namespace| object(API, "ListenerSet", namespace, name, spec.clone())));
        }
    }
    for namespace in namespaces.iter().chain(&["infra"]) {
        documents.push(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": "cert", "namespace": namespace}, "stringData": {"tls.crt": CERTIFICATE, "tls.key": KEY}}));
        documents.push(json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "cert", "namespace": namespace}}));
        for data in [json!({"ca.crt": CERTIFICATE}), json!({})] {
            documents.push(json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "ca", "namespace": namespace}, "data": data}));
        }
    }
    for namespace in namespaces {
        documents.push(object(
            API,
            "ReferenceGrant",
            namespace,
            "more",
            json!({
            "from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "infra"},
                     {"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "namespace": namespaces.last()}],
            "to": [{"group": "", "kind": "Secret"}, {"group": "", "kind": "ConfigMap"}]}),
        ));
        for (name, age, section, authority) in [
            ("p", 1, None, "ca"),
            ("q", 1, None, "ca"),
            ("q", 2, Some("http"), "ca"),
            ("r", 0, None, "gone"),
            ("r", 3, Some("dns"), "ca"),
        ] {
            let mut policy = object(
                API,
                "BackendTLSPolicy",
                namespace,
                name,
                json!({
                "targetRefs": [{"group": "", "kind": "Service", "name": "ready", "sectionName": section},
                               {"group": "multicluster.x-k8s.io", "kind": "ServiceImport", "name": "ready"}],
                "validation": {"hostname": "b.example.com", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authority}]}}),
            );
            policy["metadata"]["creationTimestamp"] = json!(format!("2026-01-01T00:00:0{age}Z"));
            documents.push(policy);
        }
        for (name, percent) in [("p", 20), ("q", 30), ("q", 300)] {
            documents.push(object(
                X_API,
                "XBackendTrafficPolicy",
                namespace,
                name,
                json!({
                "targetRefs": [{"group": "", "kind": "Service", "name": "ready"},
                               {"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "out"}],
                "retryConstraint": {"budget": {"percent": percent}}}),
            ));
        }
        for (mode, certificates) in [("ServerOnly", &near), ("ClientAndServer", &near), ("ClientAndServer", &far)] {
            documents.push(object(X_API, "XBackend", namespace, "out", json!({
                "type": "ExternalHostname", "externalHostname": {"hostname": "out.example.com"}, "port": {"port": 443},
                "tls": {"mode": mode, "clientCertificateRef": certificates[0], "validation": {"hostname": "out.example.com",
                    "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}}})));
        }
        for kind in ["HTTPRoute", "GRPCRoute", "TLSRoute"] {
            for home in [namespaces.first(), namespaces.last()] {
                let out = json!({"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "out", "namespace": home});
                let parents = json!([{"name": "g0", "namespace": "infra"}, {"kind": "ListenerSet", "name": "s0"},
                    {"group": "", "kind": "Service", "name": "ready"}]);
                let rules = json!([{"backendRefs": [out, {"name": "ready", "port": 80}]}]);
                documents.push(object(API, kind, namespace, "out", json!({"parentRefs": parents, "rules": rules})));
            }
        }
    }
    let read = |document: Value| read_objects(document, "default").remove(0).object.unwrap();
    documents.into_iter().map(read).collect()
}

/// A profile with some options set, some features off, perhaps a controllerName or a limit of listeners.
fn profile(source: &mut dyn Source) -> Profile {
    let mut profile = Profile::default();
    for option in OPTIONS {
        if source.below(3) == 0 {
            let value = option.values[source.below(option.values.len())];
            profile.set(option.name, value).unwrap();
        }
    }
    if source.below(4) == 0 {
        profile = profile.controller("example.com/ours");
    }
    if source.below(6) == 0 {
        profile = profile.listener_limit(source.below(4));
    }
    if source.below(4) == 0 {
        profile = profile.attached_route_limit(source.below(4));
    }
    let mut features = profile.supported_features();
    for feature in [Feature::ListenerSet, Feature::TlsRoute, Feature::GrpcRoute, Feature::TlsRouteModeTerminate] {
        if source.below(12) == 0 {
            features = features.without(feature);
        }
    }
    profile.features(features)
}

/// What a topology says of each object.
fn nodes(topology: &Topology) -> BTreeMap<ObjectKey, String> {
    let policies = topology.backend_tls_policies().chain(topology.backend_traffic_policies());
    let of_gateways = topology.gateways().map(|node| (node.key().clone(), format!("{node:?}")));
    of_gateways
        .chain(topology.listener_sets().map(|outcome| {
            let gateway = topology.gateway(outcome.gateway()).unwrap();
            let listeners: Vec<_> = gateway.listeners_of(outcome.key()).collect();
            (outcome.key().clone(), format!("{outcome:?} {listeners:?}"))
        }))
        .chain(topology.routes().map(|node| (node.key().clone(), format!("{node:?}"))))
        .chain(topology.services().map(|node| (node.key().clone(), format!("{node:?}"))))
        .chain(policies.map(|node| (node.key().clone(), format!("{node:?}"))))
        .collect()
}

/// The place where two texts begin to differ.
fn difference(found: &str, wanted: &str) -> String {
    let same = found.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| -> String {
        let from = text.char_indices().map(|(index, _)| index).take_while(|index| index + 600 < same).last();
        text.chars().skip(from.unwrap_or(0)).take(1200).collect()
    };
    format!("updated:  {}\nresolved: {}", around(found), around(wanted))
}

/// Whether an update says what there is to say: of whatever it does not name nothing has changed.
fn is_told(
    update: &Update,
    before: &BTreeMap<ObjectKey, String>,
    after: &BTreeMap<ObjectKey, String>,
) -> Result<(), String> {
    for key in before.keys().chain(after.keys()) {
        if before.get(key) != after.get(key) && !update.affected().contains(key) {
            return Err(format!("{key} is not among those affected"));
        }
    }
    for topology in [update.before(), update.topology()] {
        let places = topology.routes().flat_map(|route| route.attachments()).map(|attachment| &attachment.listener);
        for listener in places {
            let counts = (update.before().attached_routes(listener), update.topology().attached_routes(listener));
            if counts.0 != counts.1 && !update.recounted().contains(&listener.source) {
                return Err(format!("{listener:?} is not among those recounted"));
            }
        }
        for route in topology.routes().filter(|route| update.affected().contains(route.key())) {
            let parents = route.attachments().map(|attachment| &attachment.gateway);
            if let Some(parent) = parents.into_iter().find(|parent| !update.rerouted().contains(parent)) {
                return Err(format!("{parent} of {} is not among those rerouted", route.key()));
            }
        }
    }
    Ok(())
}

/// Routers that follow the updates: of each Gateway, and of each Service for the clients of each namespace.
#[derive(Default)]
struct Routers(BTreeMap<(ObjectKey, Option<String>), Router>);

impl Routers {
    /// Makes the next of each router that an update names, and those that are missing.
    fn follow(&mut self, update: &Update, clients: &[&str]) {
        let topology = update.topology();
        let gateways = topology.gateways().map(|node| (node.key().clone(), None));
        let services = topology
            .services()
            .flat_map(|node| clients.iter().map(|from| (node.key().clone(), Some((*from).to_owned()))));
        let mut next = BTreeMap::new();
        for (parent, from) in gateways.chain(services) {
            let router = match (self.0.remove(&(parent.clone(), from.clone())), &from) {
                (Some(router), _) if !update.rerouted().contains(&parent) => Some(router),
                (Some(router), None) => update.router(&parent, &router),
                (Some(router), Some(from)) => update.mesh_router(&parent, from, &router),
                (None, None) => topology.router(&parent),
                (None, Some(from)) => topology.mesh_router(&parent, from),
            };
            next.insert((parent, from), router.unwrap());
        }
        self.0 = next;
    }

    /// Whether each answers as one that is made anew.
    fn agree(&self, topology: &Topology, requests: &[PlainRequest]) -> Result<(), String> {
        for ((parent, from), router) in &self.0 {
            let fresh = match from {
                None => topology.router(parent),
                Some(from) => topology.mesh_router(parent, from),
            };
            let (followed, fresh) = (Engine::of(Some(router.clone())), Engine::of(fresh));
            for request in requests {
                // The router is that of the Service already.
                let request = PlainRequest { service: None, ..request.clone() };
                let (found, wanted) = (followed.decide(&request), fresh.decide(&request));
                if found != wanted {
                    let of = format!("{parent} for clients of {from:?}\n  {request}");
                    return Err(format!("{of}\n  followed: {found}\n  anew: {wanted}"));
                }
            }
        }
        Ok(())
    }
}

/// A history of changes: after each the topology that follows equals one that is made anew.
fn follows(settings: &Settings, seed: u64) -> Result<(), String> {
    let source: &mut dyn Source = &mut Seed::new(seed);
    let profile = profile(source);
    let draws: Vec<Case> = (0..3).map(|_| Case::draw(source, settings)).collect();
    let mut pool: Vec<AnyObject> = draws.iter().flat_map(|case| case.objects.iter().cloned()).collect();
    // The cases have more objects than there are of the others, which matter as much.
    let more = more_objects(&settings.namespaces);
    let mut resources: Resources = draws.first().unwrap().resources();
    for object in &more {
        if source.below(3) == 0 {
            resources.insert_any(object.clone());
        }
    }
    pool.extend(more.iter().cycle().take(pool.len().max(more.len())).cloned());
    let mut topology = Topology::resolve(&resources, &profile);
    let mut known = nodes(&topology);
    let requests: Vec<PlainRequest> = draws.iter().flat_map(|case| case.requests.iter().cloned()).collect();
    let mut clients = settings.namespaces.clone();
    clients.push("elsewhere");
    let mut routers = Routers::default();
    routers.follow(&topology.apply(&resources, []), &clients);
    for step in 0..16 {
        let mut changed = Vec::new();
        for _ in 0..=source.below(4) / 2 {
            let object = &pool[source.below(pool.len())];
            changed.push(object.key());
            match resources.get_any(&object.key()) {
                Some(_) if source.below(3) == 0 => drop(resources.remove(&object.key())),
                _ => drop(resources.insert_any(object.clone())),
            }
        }
        let update = topology.apply(&resources, changed.iter().cloned());
        let fresh = Topology::resolve(&resources, &profile);
        let told = nodes(update.topology());
        let context = |problem: String| format!("step {step}, changed {changed:?}, {profile:?}\n{problem}");
        for (key, wanted) in nodes(&fresh) {
            let found = told.get(&key).map(String::as_str).unwrap_or_default();
            if found != wanted {
                return Err(context(format!("{key}\n{}", difference(found, &wanted))));
            }
        }
        let (found, wanted) = (format!("{:?}", update.topology()), format!("{fresh:?}"));
        if found != wanted {
            return Err(context(difference(&found, &wanted)));
        }
        is_told(&update, &known, &told).map_err(context)?;
        routers.follow(&update, &clients);
        routers.agree(&fresh, &requests).map_err(context)?;
        topology = update.into_topology();
        known = told;
    }
    Ok(())
}

#[test]
fn an_update_equals_resolving_anew_and_tells_all_that_changed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("GATEWAY_SEED").unwrap_or(1);
    for (preset, settings) in Settings::presets_with_every_protocol() {
        for seed in first..first + 40 * number("GATEWAY_CASES").unwrap_or(1) {
            if let Err(problem) = follows(&settings, seed) {
                panic!("{preset}, seed {seed}: {problem}");
            }
        }
    }
}
