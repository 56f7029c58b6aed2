//! How the time of a full resolution and report grows, and what one change costs: figures, no verdicts.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which may fail loudly")]
#![expect(clippy::indexing_slicing, reason = "figures of lists made here")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gateway_match::{Profile, Router, Topology, Update};
use gateway_model::{
    BackendRef, Gateway, GatewaySpec, HttpRoute, HttpRouteRule, HttpRouteSpec, Listener, Object, ObjectKey,
    ParentReference, ReferenceGrant, ReferenceGrantFrom, ReferenceGrantSpec, ReferenceGrantTo, ResourceKind, Resources,
    Timestamp,
};
use gateway_status::{DataPlane, Reporter, affected, merge};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointSlice};

const GATEWAYS: usize = 1_000;
const LISTENERS: i32 = 10;
/// How often a change is made, to and fro: at most, and at least where it takes long.
const TIMES: usize = 100;
const LEAST_TIMES: usize = 6;
const LONG: Duration = Duration::from_secs(2);

fn gateway(number: usize, port: i32) -> Gateway {
    let listeners = (0..LISTENERS)
        .map(|index| Listener { name: format!("l{index}"), port: port + index, ..Listener::default() })
        .collect();
    let spec = GatewaySpec { gateway_class_name: "any".to_owned(), listeners, ..GatewaySpec::default() };
    Object::new("infra", format!("g{number}"), spec)
}

/// Every tenth route sends to another namespace.
fn route(number: usize, gateways: usize, path: &str) -> HttpRoute {
    let parent = ParentReference {
        section_name: Some(format!("l{}", number / gateways % 10)),
        ..ParentReference::gateway(format!("g{}", number % gateways))
    };
    let mut backend = BackendRef::service(format!("b{}", number / 10), 80);
    if number.is_multiple_of(10) {
        backend.namespace = Some("shop".to_owned());
    }
    let matching = serde_json::from_value(serde_json::json!({"path": {"type": "PathPrefix", "value": path}})).unwrap();
    let rule = HttpRouteRule { matches: vec![matching], backend_refs: vec![backend], ..HttpRouteRule::default() };
    let spec = HttpRouteSpec { parent_refs: vec![parent], rules: vec![rule], ..HttpRouteSpec::default() };
    Object::new("infra", format!("r{number}"), spec)
}

fn service(name: &str, port: i32) -> Service {
    let port = ServicePort { port, ..ServicePort::default() };
    let spec =
        ServiceSpec { cluster_ip: Some("192.0.2.80".to_owned()), ports: Some(vec![port]), ..ServiceSpec::default() };
    let mut service = Service { spec: Some(spec), ..Service::default() };
    service.metadata.namespace = Some("infra".to_owned());
    service.metadata.name = Some(name.to_owned());
    service
}

fn slice(service: &str, ready: bool) -> EndpointSlice {
    let conditions = EndpointConditions { ready: Some(ready), ..EndpointConditions::default() };
    let endpoint = Endpoint { conditions: Some(conditions), ..Endpoint::default() };
    let mut slice = EndpointSlice { endpoints: Some(vec![endpoint]), ..EndpointSlice::default() };
    slice.metadata.namespace = Some("infra".to_owned());
    slice.metadata.name = Some(service.to_owned());
    slice.metadata.labels = Some([("kubernetes.io/service-name".to_owned(), service.to_owned())].into());
    slice
}

/// Permits references from routes of another namespace, or from those that there are.
fn grant(from: &str) -> ReferenceGrant {
    let from = ReferenceGrantFrom {
        group: "gateway.networking.k8s.io".to_owned(),
        kind: "HTTPRoute".to_owned(),
        namespace: from.to_owned(),
    };
    let to = ReferenceGrantTo { kind: "Service".to_owned(), ..ReferenceGrantTo::default() };
    Object::new("shop", "grant", ReferenceGrantSpec { from: vec![from], to: vec![to] })
}

/// Routes spread over some of a thousand Gateways, with a Service for every ten routes.
fn cluster(routes: usize, gateways: usize) -> Resources {
    let mut resources = Resources::new();
    for number in 0..GATEWAYS {
        resources.insert(gateway(number, 8000));
    }
    for number in 0..routes {
        resources.insert(route(number, gateways, "/"));
    }
    for number in 0..routes / 10 {
        let name = format!("b{number}");
        resources.insert(service(&name, 80));
        resources.insert(slice(&name, true));
    }
    resources.insert(grant("elsewhere"));
    resources
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// The statuses of what an update affects, merged into nothing: how many there are to write.
fn write(update: &Update, resources: &Resources, word: &DataPlane, now: &Timestamp) -> usize {
    let reporter = Reporter::new(resources, update.topology(), word);
    let is_written = |key: &ObjectKey| match key.kind {
        ResourceKind::Gateway => reporter.gateway(key).is_some_and(|desired| merge(None, &desired, now).is_some()),
        _ => reporter.route(key).is_some_and(|desired| merge(None, &desired, now).is_some()),
    };
    affected(update).iter().filter(|key| is_written(key)).count()
}

/// What a change costs that is made and taken back again: the middle of the times of the topology, of the
/// statuses that it affects, and of the routers; and how many those are.
fn cost<T: gateway_model::Stored>(resources: &Resources, topology: &Topology, forms: [T; 2]) -> String
where
    gateway_model::AnyObject: From<T>,
{
    let word = DataPlane::new().address("192.0.2.1");
    let now = Timestamp::new("2026-01-01T00:00:00Z");
    let (mut resources, mut topology) = (resources.clone(), topology.clone());
    let mut routers: BTreeMap<ObjectKey, Router> = BTreeMap::new();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let (mut written, mut rerouted) = (0, 0);
    let begin = Instant::now();
    for turn in 0..TIMES {
        if turn >= LEAST_TIMES && begin.elapsed() > LONG {
            break;
        }
        let object = gateway_model::AnyObject::from(forms[turn % 2].clone());
        let key = object.key();
        let (update, applied) = timed(|| {
            resources.insert_any(object);
            topology.apply(&resources, [key])
        });
        let (statuses, reported) = timed(|| write(&update, &resources, &word, &now));
        let mut routed = Duration::ZERO;
        for gateway in update.rerouted() {
            let Some(previous) = routers.remove(gateway).or_else(|| topology.router(gateway)) else { continue };
            let (next, time) = timed(|| update.router(gateway, &previous));
            routed += time;
            routers.extend(next.map(|router| (gateway.clone(), router)));
        }
        for (times, time) in times.iter_mut().zip([applied, reported, routed]) {
            times.push(time);
        }
        written = written.max(statuses);
        rerouted = rerouted.max(update.rerouted().len());
        topology = update.into_topology();
    }
    let [applied, reported, routed] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    format!("topology {applied:?}, {written} statuses {reported:?}, {rerouted} routers {routed:?}")
}

#[test]
#[ignore = "takes seconds; for its figures: --ignored --nocapture"]
fn a_full_report_takes_time_linear_in_the_routes_and_one_change_takes_microseconds() {
    let word = DataPlane::new().address("192.0.2.1");
    let now = Timestamp::new("2026-01-01T00:00:00Z");
    for (gateways, layout) in [(GATEWAYS, "spread over 1000 Gateways"), (1, "all on one Gateway")] {
        for routes in [1_000, 10_000, 100_000] {
            let (resources, insert) = timed(|| cluster(routes, gateways));
            let (topology, resolve) = timed(|| Topology::resolve(&resources, &Profile::default()));
            let (written, report) = timed(|| {
                let reporter = Reporter::new(&resources, &topology, &word);
                let gateways = reporter.gateways().filter(|desired| merge(None, desired, &now).is_some()).count();
                gateways + reporter.routes().filter(|desired| merge(None, desired, &now).is_some()).count()
            });
            assert_eq!(written, GATEWAYS + routes);
            let per_object = (resolve + report) / u32::try_from(routes + GATEWAYS * 10).unwrap();
            println!(
                "{routes} routes {layout}: insert {insert:?}, resolve {resolve:?}, report {report:?}; {per_object:?} a route or listener"
            );
            let of = [
                ("HTTPRoute", cost(&resources, &topology, [route(7, gateways, "/a"), route(7, gateways, "/b")])),
                (
                    "HTTPRoute, new parent",
                    cost(
                        &resources,
                        &topology,
                        [route(8, gateways, "/"), route(17, GATEWAYS, "/")].map(|mut route| {
                            route.metadata.name = Some("r7".to_owned());
                            route
                        }),
                    ),
                ),
                ("EndpointSlice, readiness", cost(&resources, &topology, [slice("b3", false), slice("b3", true)])),
                (
                    "EndpointSlice, still ready",
                    cost(
                        &resources,
                        &topology,
                        [slice("b3", true), {
                            let mut slice = slice("b3", true);
                            slice.endpoints.as_mut().unwrap().push(Endpoint::default());
                            slice
                        }],
                    ),
                ),
                ("Service", cost(&resources, &topology, [service("b3", 81), service("b3", 80)])),
                ("ReferenceGrant", cost(&resources, &topology, [grant("nowhere"), grant("elsewhere")])),
                (
                    "ReferenceGrant that matters to every tenth route",
                    cost(&resources, &topology, [grant("infra"), grant("elsewhere")]),
                ),
                ("Gateway, ports", cost(&resources, &topology, [gateway(0, 9000), gateway(0, 8000)])),
                (
                    "Gateway, metadata",
                    cost(
                        &resources,
                        &topology,
                        [1, 2].map(|generation| {
                            let mut gateway = gateway(0, 8000);
                            gateway.metadata.generation = Some(generation);
                            gateway
                        }),
                    ),
                ),
            ];
            for (what, cost) in of {
                println!("  one {what}: {cost}");
            }
        }
    }
}
