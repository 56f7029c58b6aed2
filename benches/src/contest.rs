//! The engines that answer the requests of a workload.

use std::hint::black_box;

use gateway_match::Router;

use crate::rival::{Automaton, HeaderFloor, HostFloor, PathTree, Scan, TargetFloor};
use crate::workload::{Asked, Table, Workload, route_number};

/// An engine with the routes of a table.
pub trait Contestant {
    /// Answers every request, one after another; returns how many hit.
    fn answer_all(&self, requests: &[Asked<'_>]) -> usize;

    /// The number of the route that takes a request.
    fn route_of(&self, request: &Asked<'_>) -> Option<u32>;
}

/// The engines for a table, by name: `ours`, `scan`, `matchit` where only the path tells, and the `floor`.
pub fn contestants(table: &Table) -> Vec<(&'static str, Box<dyn Contestant>)> {
    let mut engines: Vec<(&'static str, Box<dyn Contestant>)> =
        vec![("ours", Box::new(Ours(table.router()))), ("scan", Box::new(Scan::new(table)))];
    if matches!(table.workload(), Workload::W4 | Workload::W5D | Workload::W8) {
        engines.push(("scan-once", Box::new(Scan::remembering(table))));
    }
    if matches!(table.workload(), Workload::W1 | Workload::W3) {
        engines.push(("matchit", Box::new(PathTree::new(table))));
    }
    engines.push(("floor", floor(table)));
    engines
}

fn floor(table: &Table) -> Box<dyn Contestant> {
    match table.workload() {
        Workload::W1 | Workload::W3 | Workload::W7 => Box::new(TargetFloor::new(table)),
        Workload::W2 | Workload::W5 | Workload::W5D | Workload::W8 => Box::new(HostFloor::new(table)),
        Workload::W4 => Box::new(HeaderFloor::new(table)),
        Workload::W6 => Box::new(Automaton::new(table)),
    }
}

struct Ours(Router);

impl Contestant for Ours {
    #[inline(never)]
    fn answer_all(&self, requests: &[Asked<'_>]) -> usize {
        let found = |asked: &Asked<'_>| {
            let decision = self.0.route(&asked.view, &asked.connection);
            decision.matched().map(|found| found.rule_id())
        };
        requests.iter().filter(|asked| black_box(found(black_box(asked))).is_some()).count()
    }

    fn route_of(&self, request: &Asked<'_>) -> Option<u32> {
        let decision = self.0.route(&request.view, &request.connection);
        decision.matched().and_then(|found| route_number(&found.route().name))
    }
}

macro_rules! contestant {
    ($($engine:ty),+) => {$(
        impl Contestant for $engine {
            #[inline(never)]
            fn answer_all(&self, requests: &[Asked<'_>]) -> usize {
                requests.iter().filter(|asked| black_box(self.find(black_box(asked))).is_some()).count()
            }

            fn route_of(&self, request: &Asked<'_>) -> Option<u32> {
                self.find(request)
            }
        }
    )+};
}

contestant!(Scan, PathTree, HostFloor, TargetFloor, HeaderFloor, Automaton);
