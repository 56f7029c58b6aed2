//! The tables of routes that lookups are measured in, and requests to them.

mod generate;
mod random;
mod request;

use std::fmt;

use gateway_match::{
    BackendDefinition, BackendName, ListenerDefinition, Profile, Route, RouteDefinition, Router, RuleDefinition,
};
use gateway_model::{GrpcRouteMatch, Hostname, HttpRouteMatch};

pub use random::Random;
use request::Drafts;
pub use request::{Asked, Request};

/// A shape of table, as large as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Workload {
    /// Exact paths on one host.
    W1,
    /// Hosts, each with the prefix `/`.
    W2,
    /// Prefixes of 1 to 6 segments on one host, nested.
    W3,
    /// One path, and exact values of one header.
    W4,
    /// Realistic: 20 routes a host, one host in ten a wildcard; 60 % prefixes, 25 % exact paths, 5 % regular
    /// expressions, the rest told by headers alone; 20 % with 1 or 2 headers, 10 % with a method, 5 % with a query
    /// parameter. Four requests of five hit.
    W5,
    /// The same with 1,000 routes a host.
    W5D,
    /// Paths by regular expression on one host.
    W6,
    /// Pairs of a gRPC service and a method.
    W7,
    /// Sets of 1 to 3 headers of different names, each with ten values: the worst case for tables by tested names.
    W8,
}

/// A table of one workload.
#[derive(Clone, Debug)]
pub struct Table {
    workload: Workload,
    entries: Vec<Entry>,
    drafts: Drafts,
}

/// A route with one rule and one match.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its hostname.
    pub hostname: Hostname,
    /// What it takes.
    pub condition: Condition,
    /// The path of requests that it takes.
    pub path: String,
}

/// What a route takes.
#[derive(Clone, Debug)]
pub enum Condition {
    /// An HTTPRoute's match.
    Http(HttpRouteMatch),
    /// A GRPCRoute's match.
    Grpc(GrpcRouteMatch),
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 9] = [
        Workload::W1,
        Workload::W2,
        Workload::W3,
        Workload::W4,
        Workload::W5,
        Workload::W5D,
        Workload::W6,
        Workload::W7,
        Workload::W8,
    ];

    /// In how many routes it is measured.
    pub fn sizes(self) -> &'static [usize] {
        const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
        match self {
            Workload::W6 | Workload::W8 => &SIZES[..3],
            _ => &SIZES,
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Workload::W1 => "exact paths on one host",
            Workload::W2 => "hosts with one prefix",
            Workload::W3 => "nested prefixes on one host",
            Workload::W4 => "values of one header on one path",
            Workload::W5 => "realistic, 20 routes a host",
            Workload::W5D => "realistic, 1,000 routes a host",
            Workload::W6 => "regular expressions on one host",
            Workload::W7 => "gRPC services and methods",
            Workload::W8 => "sets of different headers",
        }
    }

    /// The table of so many routes. The same each time.
    pub fn table(self, size: usize) -> Table {
        let entries = generate::entries(self, size);
        Table { workload: self, drafts: Drafts::of(&entries), entries }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Table {
    /// Which workload it is of.
    pub fn workload(&self) -> Workload {
        self.workload
    }

    /// The routes, by number.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The routes as a router takes them.
    pub fn definitions(&self) -> Vec<RouteDefinition> {
        self.entries.iter().enumerate().map(|(number, entry)| entry.definition(number)).collect()
    }

    /// The routes, compiled.
    pub fn routes(&self) -> Vec<Route> {
        let profile = Profile::default();
        self.definitions().into_iter().map(|definition| Route::compile(definition, &profile)).collect()
    }

    /// The router of the table. Route number `n` is given as the `n`th.
    pub fn router(&self) -> Router {
        router(&self.routes())
    }

    /// So many requests, drawn uniformly over the table; which ones, the seed says. In the realistic workloads one of
    /// five hits nothing.
    pub fn requests(&self, count: usize, seed: u64) -> Vec<Request> {
        let mut requests = vec![Request::default(); count];
        self.draw_over(&mut requests, seed);
        requests
    }

    /// Makes requests into others, which are [drawn likewise](Table::requests), where they lie.
    pub fn draw_over(&self, requests: &mut [Request], seed: u64) {
        let misses = if matches!(self.workload, Workload::W5 | Workload::W5D) { 20 } else { 0 };
        self.drafts.draw_over(requests, misses, &mut Random::new(seed));
    }

    /// One request to each route, in their order.
    pub fn hits(&self) -> impl Iterator<Item = Request> {
        self.drafts.hits()
    }
}

/// The router of routes that are attached to one listener for every host at [`Request::PORT`].
pub fn router(routes: &[Route]) -> Router {
    let mut builder = Router::builder(&Profile::default());
    let web = builder.listener(ListenerDefinition::http("web", Request::PORT));
    for route in routes {
        builder.attach(route, web);
    }
    builder.build()
}

/// The next router, of which the route at a position is replaced by another.
pub fn with_replaced(router: &Router, routes: &[Route], position: usize, other: &Route) -> Router {
    let mut update = router.update();
    update.remove(routes[position].key());
    for (listener, _) in router.listener_ids() {
        update.attach(other, listener);
    }
    update.build()
}

impl Entry {
    /// The route as a router takes it. Four routes share a moment of creation, so that names decide too.
    pub fn definition(&self, number: usize) -> RouteDefinition {
        let backend = BackendDefinition::new(BackendName::service("shop", &format!("backend-{}", number % 100), 80));
        let rule = RuleDefinition::new().backend(backend);
        let name = route_name(number);
        let (route, rule) = match &self.condition {
            Condition::Http(condition) => (RouteDefinition::http("shop", &name), rule.matching(condition.clone())),
            Condition::Grpc(condition) => (RouteDefinition::grpc("shop", &name), rule.matching_call(condition.clone())),
        };
        route.created_at(Self::created(number)).hostname(self.hostname.clone()).rule(rule)
    }

    /// When the route of that number was made, in seconds since 1970.
    pub(crate) fn created(number: usize) -> i64 {
        1_700_000_000 + i64::try_from(number / 4).expect("tables are small")
    }
}

/// Of the same length, so that names as text have the order of numbers.
fn route_name(number: usize) -> String {
    format!("r{number:06}")
}

/// The number of the route of that name.
pub(crate) fn route_number(name: &str) -> Option<u32> {
    name.strip_prefix('r')?.parse().ok()
}
