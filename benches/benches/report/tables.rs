//! What a table costs: to build, to change, to keep.

use gateway_benches::{Request, Scan, Workload, counted, median, router, seconds, with_replaced};
use gateway_match::{Profile, Route};

use crate::figure::{Figure, note};

const SIZE: usize = 100_000;
const ROUNDS: usize = 5;

pub(crate) fn measure(figures: &mut Vec<Figure>) {
    measure_building(figures);
    measure_updates(figures);
    measure_heap(figures);
    measure_allocations(figures);
}

/// Each route compiled by itself, which a change of another spares it; then the table of all.
///
/// What is built is what answers, from what an author wrote: both engines begin with that. Where they draw the line
/// between the two steps is their own affair: the scan lays out its candidates in the first and only sorts them in the
/// second, while ours lays out in the second what the routes of a host share.
fn measure_building(figures: &mut Vec<Figure>) {
    let table = Workload::W5.table(SIZE);
    let profile = Profile::default();
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let definitions = table.definitions();
        let compile = || definitions.into_iter().map(|definition| Route::compile(definition, &profile));
        let (compiling, routes) = seconds(|| compile().collect::<Vec<_>>());
        let (scan_compiling, scanned) = seconds(|| Scan::compile(&table));
        let (building, built) = seconds(|| router(&routes));
        let (scan_building, scan) = seconds(|| Scan::build(scanned));
        drop((built, scan));
        for (times, time) in times.iter_mut().zip([compiling, building, scan_compiling, scan_building]) {
            times.push(time * 1e3);
        }
    }
    let [compiling, building, scan_compiling, scan_building] = times.map(|times| median(&times));
    note(figures, "compiling 100,000 routes of W5", compiling, "ms");
    note(figures, "building the table of 100,000 routes of W5", building, "ms");
    note(figures, "compiling 100,000 routes of W5 for the scan", scan_compiling, "ms");
    note(figures, "building the scan of 100,000 routes of W5", scan_building, "ms");
    note(figures, "the table alone against sorting alone, W5", building / scan_building, "×");
    let whole = (compiling + building) / (scan_compiling + scan_building);
    note(figures, "build of W5 against the scan's", whole, "×");
}

/// One route replaced by another for the same host.
fn measure_updates(figures: &mut Vec<Figure>) {
    let names = [
        (
            Workload::W1,
            ["rebuild of 100,000 routes of W1", "update of one route in 100,000 of W1", "rebuild against update, W1"],
        ),
        (
            Workload::W5,
            ["rebuild of 100,000 routes of W5", "update of one route in 100,000 of W5", "rebuild against update, W5"],
        ),
    ];
    for (workload, [rebuild, update, ratio]) in names {
        let table = workload.table(SIZE);
        let routes = table.routes();
        let (mut rebuilds, mut updates) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (time, built) = seconds(|| router(&routes));
            rebuilds.push(time * 1e6);
            for position in (0..SIZE).skip(round * 17).step_by(SIZE / 5) {
                let mut definition = table.entries()[position].clone();
                definition.condition = table.entries()[(position + 1) % SIZE].condition.clone();
                let other = Route::compile(definition.definition(position), &Profile::default());
                let (time, changed) = seconds(|| with_replaced(&built, &routes, position, &other));
                updates.push(time * 1e6);
                drop(changed);
            }
        }
        note(figures, rebuild, median(&rebuilds) / 1e3, "ms");
        note(figures, update, median(&updates), "µs");
        note(figures, ratio, median(&rebuilds) / median(&updates), "×");
    }
}

/// The bytes that a router adds to the compiled routes, which whoever made it keeps; those routes; and the definitions
/// that they are made of, in whose place they come.
fn measure_heap(figures: &mut Vec<Figure>) {
    let names = [
        (Workload::W1, ["heap of the router a route, W1", "heap of a compiled route, W1", "heap of a definition, W1"]),
        (Workload::W2, ["heap of the router a route, W2", "heap of a compiled route, W2", "heap of a definition, W2"]),
        (Workload::W3, ["heap of the router a route, W3", "heap of a compiled route, W3", "heap of a definition, W3"]),
        (Workload::W4, ["heap of the router a route, W4", "heap of a compiled route, W4", "heap of a definition, W4"]),
        (Workload::W5, ["heap of the router a route, W5", "heap of a compiled route, W5", "heap of a definition, W5"]),
    ];
    for (workload, [of_router, of_route, of_definition]) in names {
        let table = workload.table(SIZE);
        let (definitions, defined) = counted(|| table.definitions());
        drop(definitions);
        let (routes, compiled) = counted(|| table.routes());
        let (built, added) = counted(|| router(&routes));
        drop(built);
        note(figures, of_router, a_route(added.bytes), "bytes");
        note(figures, of_route, a_route(compiled.bytes), "bytes");
        note(figures, of_definition, a_route(defined.bytes), "bytes");
    }
}

fn measure_allocations(figures: &mut Vec<Figure>) {
    let mut allocations = 0;
    for workload in Workload::ALL {
        let table = workload.table(1_000);
        let built = table.router();
        let requests = table.requests(1_000, 0);
        let route_all = || {
            requests
                .iter()
                .map(Request::asked)
                .filter(|asked| built.route(&asked.view, &asked.connection).matched().is_some())
                .count()
        };
        // The caches of automata are made by those who use them first.
        route_all();
        allocations += counted(route_all).1.allocations;
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    note(figures, "allocations in 9,000 lookups", allocations as f64, "");
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn a_route(bytes: i64) -> f64 {
    bytes as f64 / SIZE as f64
}
