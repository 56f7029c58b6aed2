//! The engines that answer the requests of a workload.

use std::hint::black_box;

use gateway_match::Router;

use crate::rival::{Automaton, HeaderFloor, HostFloor, PathTree, Scan, TargetFloor};
use crate::workload::{Asked, Table, Workload, route_number};

/// An engine with the routes of a table.
pub trait Contestant: Send + Sync {
    /// Answers every request, one after another; returns how many hit.
    fn answer_all(&self, requests: &[Asked<'_>]) -> usize;

    /// The number of the route that takes a request.
    fn route_of(&self, request: &Asked<'_>) -> Option<u32>;
}

/// An engine of which there is one for tables of some workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// The router of `gateway-match`.
    Ours,
    /// A linear scan per host.
    Scan,
    /// The same, which fetches each header of a request once.
    ScanOnce,
    /// `matchit`, where the path alone tells.
    Matchit,
    /// The least that it can cost.
    Floor,
}

impl Engine {
    /// The engines that compete in a workload.
    pub fn of(workload: Workload) -> &'static [Engine] {
        match workload {
            Workload::W1 | Workload::W3 => &[Engine::Ours, Engine::Scan, Engine::Matchit, Engine::Floor],
            Workload::W4 | Workload::W5D | Workload::W8 => {
                &[Engine::Ours, Engine::Scan, Engine::ScanOnce, Engine::Floor]
            }
            Workload::W2 | Workload::W5 | Workload::W6 | Workload::W7 => &[Engine::Ours, Engine::Scan, Engine::Floor],
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Ours => "ours",
            Engine::Scan => "scan",
            Engine::ScanOnce => "scan-once",
            Engine::Matchit => "matchit",
            Engine::Floor => "floor",
        }
    }

    /// The engine with the routes of a table.
    pub fn with(self, table: &Table) -> Box<dyn Contestant> {
        match self {
            Engine::Ours => Box::new(Ours(table.router())),
            Engine::Scan => Box::new(Scan::new(table)),
            Engine::ScanOnce => Box::new(Scan::remembering(table)),
            Engine::Matchit => Box::new(PathTree::new(table)),
            Engine::Floor => match table.workload() {
                Workload::W1 | Workload::W3 | Workload::W7 => Box::new(TargetFloor::new(table)),
                Workload::W2 | Workload::W5 | Workload::W5D | Workload::W8 => Box::new(HostFloor::new(table)),
                Workload::W4 => Box::new(HeaderFloor::new(table)),
                Workload::W6 => Box::new(Automaton::new(table)),
            },
        }
    }
}

/// The engines that compete in a table's workload, each with its routes.
pub fn contestants(table: &Table) -> Vec<(Engine, Box<dyn Contestant>)> {
    Engine::of(table.workload()).iter().map(|engine| (*engine, engine.with(table))).collect()
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
