//! What is promised of the cost, and what was measured.

use std::fmt::Write;

use gateway_benches::{Engine, Workload};

use crate::figure::{Figure, rounded, value};
use crate::lookups::Lookups;

/// A promise and its measure.
pub(crate) struct Demand {
    pub(crate) what: String,
    pub(crate) bound: Bound,
    pub(crate) measured: f64,
}

/// A bound of a number.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Demand {
    pub(crate) fn verdict(&self) -> &'static str {
        let holds = match self.bound {
            _ if self.measured.is_nan() => return "not measured",
            Bound::AtMost(bound) => self.measured <= bound,
            Bound::AtLeast(bound) => self.measured >= bound,
        };
        if holds { "yes" } else { "**no**" }
    }
}

pub(crate) fn all(lookups: &Lookups, figures: &[Figure]) -> Vec<Demand> {
    let mut demands = Vec::new();
    let mut demand = |what: String, bound, measured| demands.push(Demand { what, bound, measured });
    let growths = [
        (Workload::W1, 100_000, 100, 1.1),
        (Workload::W2, 100_000, 100, 1.1),
        (Workload::W3, 100_000, 100, 1.1),
        (Workload::W4, 100_000, 100, 1.1),
        (Workload::W5, 100_000, 100, 1.35),
        (Workload::W5D, 100_000, 100, 1.5),
        (Workload::W6, 1_000, 10, 1.2),
        (Workload::W7, 100_000, 100, 1.1),
    ];
    for (workload, large, small, bound) in growths {
        let what = format!("{workload}: instructions at {} against {}", grouped(large), grouped(small));
        demand(what, Bound::AtMost(bound), lookups.growth(workload, large, small));
    }
    let floors = [(Workload::W1, 1.5), (Workload::W2, 2.2), (Workload::W4, 2.0), (Workload::W6, 1.5)];
    for (workload, bound) in floors {
        for &size in workload.sizes() {
            let what = format!("{workload}: time against the floor at {}", grouped(size));
            demand(what, Bound::AtMost(bound), lookups.ratio(Engine::Ours, Engine::Floor, workload, size));
        }
    }
    for (workload, at_ten) in [(Workload::W1, 0.9), (Workload::W3, 1.1)] {
        for &size in workload.sizes().iter().filter(|size| **size != 100) {
            let what = format!("{workload}: time against `matchit` at {}", grouped(size));
            let bound = if size == 10 { at_ten } else { 0.5 };
            demand(what, Bound::AtMost(bound), lookups.ratio(Engine::Ours, Engine::Matchit, workload, size));
        }
    }
    let scans = [
        (Workload::W4, 10_000, 1_000.0),
        (Workload::W5, 10_000, 1.4),
        (Workload::W5D, 10_000, 6.0),
        (Workload::W6, 1_000, 30.0),
    ];
    for (workload, size, bound) in scans {
        let what = format!("{workload}: times faster than the scan at {}", grouped(size));
        demand(what, Bound::AtLeast(bound), lookups.ratio(Engine::Scan, Engine::Ours, workload, size));
    }
    for workload in Workload::ALL {
        let what = format!("{workload}: time against the scan at 10");
        demand(what, Bound::AtMost(1.1), lookups.ratio(Engine::Ours, Engine::Scan, workload, 10));
    }
    for &size in Workload::W8.sizes() {
        let what = format!("W8: time against the scan at {}", grouped(size));
        demand(what, Bound::AtMost(1.0), lookups.ratio(Engine::Ours, Engine::Scan, Workload::W8, size));
    }
    let sets =
        lookups.nanoseconds(Engine::Ours, Workload::W8, 1_000) / lookups.nanoseconds(Engine::Ours, Workload::W8, 10);
    demand("W8: time of 100 sets against one".to_owned(), Bound::AtMost(100.0), sets);
    for (name, bound) in [
        ("build of W5 against the scan's", Bound::AtMost(1.4)),
        ("heap of the router a route, W1", Bound::AtMost(300.0)),
        ("heap of the router a route, W2", Bound::AtMost(300.0)),
        ("heap of the router a route, W3", Bound::AtMost(300.0)),
        ("heap of the router a route, W4", Bound::AtMost(300.0)),
        ("heap of the router a route, W5", Bound::AtMost(700.0)),
        ("rebuild against update, W5", Bound::AtLeast(5_000.0)),
        ("rebuild against update, W1", Bound::AtLeast(50.0)),
        ("picks with a splitter a thread, two threads against one", Bound::AtLeast(1.6)),
        ("our types against serde_json::Value", Bound::AtMost(0.75)),
        ("allocations in 9,000 lookups", Bound::AtMost(0.0)),
    ] {
        demand(name.to_owned(), bound, value(figures, name));
    }
    demands
}

pub(crate) fn table(demands: &[Demand]) -> String {
    let mut table = String::from("| | bound | measured | holds |\n| --- | --- | --- | --- |\n");
    for demand in demands {
        let bound = match demand.bound {
            Bound::AtMost(bound) => format!("at most {}", rounded(bound)),
            Bound::AtLeast(bound) => format!("at least {}", rounded(bound)),
        };
        // Writing to a text does not fail.
        let _ = writeln!(table, "| {} | {bound} | {} | {} |", demand.what, rounded(demand.measured), demand.verdict());
    }
    table
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}
