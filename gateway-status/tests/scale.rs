//! How the time of a full report grows, and what one changed route costs.

use std::time::{Duration, Instant};

use gateway_match::{Profile, Topology};
use gateway_model::{
    BackendRef, Gateway, GatewaySpec, HttpRoute, HttpRouteRule, HttpRouteSpec, Listener, Object, ObjectKey,
    ParentReference, ResourceKind, Resources, Timestamp,
};
use gateway_status::{DataPlane, Dependants, Reporter, merge};

const GATEWAYS: usize = 1_000;
const LISTENERS: i32 = 10;

fn cluster(routes: usize) -> Resources {
    let mut resources = Resources::new();
    for gateway in 0..GATEWAYS {
        let listeners = (0..LISTENERS)
            .map(|index| Listener { name: format!("l{index}"), port: 8000 + index, ..Listener::default() })
            .collect();
        let spec = GatewaySpec { gateway_class_name: "any".to_owned(), listeners, ..GatewaySpec::default() };
        let object: Gateway = Object::new("infra", format!("g{gateway}"), spec);
        resources.insert(object);
    }
    for route in 0..routes {
        let parent = ParentReference {
            section_name: Some(format!("l{}", route % 10)),
            ..ParentReference::gateway(format!("g{}", route % GATEWAYS))
        };
        let rule = HttpRouteRule { backend_refs: vec![BackendRef::service("backend", 80)], ..HttpRouteRule::default() };
        let spec = HttpRouteSpec { parent_refs: vec![parent], rules: vec![rule], ..HttpRouteSpec::default() };
        let object: HttpRoute = Object::new("infra", format!("r{route}"), spec);
        resources.insert(object);
    }
    resources
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

#[test]
#[ignore = "takes seconds; for its figures: --ignored --nocapture"]
fn a_full_report_takes_time_linear_in_the_routes_and_one_route_takes_microseconds() {
    let word = DataPlane::new().address("192.0.2.1");
    let now = Timestamp::new("2026-01-01T00:00:00Z");
    let mut per_route = Vec::new();
    for routes in [1_000, 10_000, 100_000] {
        let resources = cluster(routes);
        let (topology, resolve) = timed(|| Topology::resolve(&resources, &Profile::default()));
        let (written, report) = timed(|| {
            let reporter = Reporter::new(&resources, &topology, &word);
            let gateways = reporter.gateways().filter(|desired| merge(None, desired, &now).is_some()).count();
            gateways + reporter.routes().filter(|desired| merge(None, desired, &now).is_some()).count()
        });
        assert_eq!(written, GATEWAYS + routes);
        let (mut index, build) = timed(|| Dependants::new(&resources, &Profile::default()));

        let reporter = Reporter::new(&resources, &topology, &word);
        let key = ObjectKey::new(ResourceKind::HttpRoute, "infra", "r7");
        let object = resources.get_any(&key).unwrap();
        let (affected, change) = timed(|| index.change(&key, Some(&object), Some(&object)));
        assert_eq!(affected.len(), 2, "the route and its Gateway");
        let (_, one) = timed(|| {
            (reporter.route(&key).unwrap(), reporter.gateway(&ObjectKey::new(ResourceKind::Gateway, "infra", "g7")))
        });
        println!(
            "{routes} routes: resolve {resolve:?}, report and merge {report:?}, index {build:?}; \
             one route: whom it affects {change:?}, their statuses {one:?}"
        );
        per_route.push((resolve + report).as_secs_f64() / (routes + GATEWAYS * 10) as f64);
        assert!(change + one < Duration::from_millis(20), "one route: {change:?} + {one:?}");
    }
    // Linear up to logarithms and caches: the cost of one object grows by little from the least to the largest.
    let (first, last) = (per_route.first().unwrap(), per_route.last().unwrap());
    println!("per object: {per_route:?}");
    assert!(last / first < 5.0, "{per_route:?}");
}
