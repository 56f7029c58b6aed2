//! Instructions a lookup, counted by callgrind. `cargo bench -p gateway-benches --bench instructions`.
//!
//! Needs valgrind, and `gungraun-runner` in the version that `Cargo.lock` has of `gungraun`. Every count is that of
//! 1,000 lookups, of requests drawn uniformly; building the table and a first round of the same lookups are not in it. Afterwards the counts are printed as a
//! table, those of earlier runs too where a filter left some out.
#![expect(missing_docs, reason = "the macros generate items without")]

use std::hint::black_box;

use gateway_benches::{Asked, COUNTED_LOOKUPS, Contestant, Engine, Request, Workload, instructions};
use gungraun::Callgrind;
use gungraun::prelude::*;

/// The scan is counted up to here: beyond, it only costs time.
const LARGEST_SCAN: usize = 10_000;

/// What is counted.
type Run = (Engine, Workload, usize);

/// An engine and what it is asked. The benchmark gives it back, so that its end is not counted.
struct Prepared {
    engine: Box<dyn Contestant>,
    requests: Vec<Asked<'static>>,
}

fn prepared((engine, workload, size): Run) -> Prepared {
    let table = workload.table(size);
    let requests: Vec<_> = table.requests(COUNTED_LOOKUPS, 0).leak().iter().map(Request::asked).collect();
    let engine = engine.with(&table);
    // Automata are built while they are used: what is counted is how it goes on.
    engine.answer_all(&requests);
    Prepared { engine, requests }
}

fn runs(engine: Engine, workload: Workload) -> impl Iterator<Item = Run> {
    let largest = if engine == Engine::Scan { LARGEST_SCAN } else { usize::MAX };
    workload.sizes().iter().filter(move |size| **size <= largest).map(move |size| (engine, workload, *size))
}

macro_rules! lookups {
    ($($name:ident: $engine:expr),+) => {$(
        #[library_benchmark]
        #[benches::w1(iter = runs($engine, Workload::W1), setup = prepared)]
        #[benches::w2(iter = runs($engine, Workload::W2), setup = prepared)]
        #[benches::w3(iter = runs($engine, Workload::W3), setup = prepared)]
        #[benches::w4(iter = runs($engine, Workload::W4), setup = prepared)]
        #[benches::w5(iter = runs($engine, Workload::W5), setup = prepared)]
        #[benches::w5d(iter = runs($engine, Workload::W5D), setup = prepared)]
        #[benches::w6(iter = runs($engine, Workload::W6), setup = prepared)]
        #[benches::w7(iter = runs($engine, Workload::W7), setup = prepared)]
        #[benches::w8(iter = runs($engine, Workload::W8), setup = prepared)]
        fn $name(prepared: Prepared) -> Prepared {
            black_box(prepared.engine.answer_all(&prepared.requests));
            prepared
        }
    )+};
}

lookups!(ours: Engine::Ours, scan: Engine::Scan, floor: Engine::Floor);

mod counting {
    use super::*;

    library_benchmark_group!(name = lookups, benchmarks = [ours, scan, floor]);
    main!(
        config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"]));
        library_benchmark_groups = lookups
    );

    pub(super) fn run() {
        main();
    }
}

fn main() {
    counting::run();
    let is_measured = std::env::args().any(|argument| argument == "--gungraun-run");
    if !is_measured {
        print_table();
    }
}

fn print_table() {
    println!("\nInstructions a lookup");
    for workload in Workload::ALL {
        for engine in [Engine::Ours, Engine::Scan, Engine::Floor] {
            let counts: Vec<_> = runs(engine, workload)
                .map(|(engine, workload, size)| (size, instructions(engine, workload, size)))
                .collect();
            print!("{:<4} {:<6}", workload.to_string(), engine.name());
            for (_, count) in &counts {
                print!(" {:>10}", count.map_or("-".to_owned(), |count| format!("{:.1}", count)));
            }
            let at = |wanted| counts.iter().find(|(size, _)| *size == wanted).and_then(|(_, count)| *count);
            let ratio = |large, small| Some(at(large)? / at(small)?);
            if let Some(ratio) = ratio(100_000, 100) {
                print!("   100,000 : 100 = {ratio:.2}");
            } else if let Some(ratio) = ratio(1_000, 10) {
                print!("   1,000 : 10 = {ratio:.2}");
            }
            println!();
        }
    }
}
