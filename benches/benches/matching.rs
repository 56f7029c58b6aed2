//! Nanoseconds a lookup, beside the rivals, and a pick. `cargo bench -p gateway-benches --bench matching`.
//!
//! Criterion measures one engine after another, which is good for comparing with an earlier run of the same;
//! `report` measures them in turns, which is good for comparing them with each other.
#![expect(clippy::indexing_slicing, reason = "a benchmark of tables made here may stop")]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gateway_benches::{Asked, Engine, Request, Scan, Workload, contestants, router, with_replaced};
use gateway_match::{Counter, Profile, Route, Split};

/// How many lookups are one element of a benchmark's time.
const LOOKUPS: usize = 256;

/// Beyond, a scan takes longer than anybody waits.
const LARGEST_SCAN: usize = 10_000;

/// How many routes are built, and one of them updated.
const TABLE: usize = 100_000;

fn lookups(c: &mut Criterion) {
    for workload in Workload::ALL {
        let mut group = group(c, &format!("lookup/{workload}"));
        group.throughput(Throughput::Elements(LOOKUPS as u64));
        for &size in workload.sizes() {
            let table = workload.table(size);
            let requests = table.requests(LOOKUPS, 0);
            let asked: Vec<Asked<'_>> = requests.iter().map(Request::asked).collect();
            for (engine, contestant) in contestants(&table) {
                if matches!(engine, Engine::Scan | Engine::ScanOnce) && size > LARGEST_SCAN {
                    continue;
                }
                group.bench_function(BenchmarkId::new(engine.name(), size), |b| {
                    b.iter(|| contestant.answer_all(black_box(&asked)));
                });
            }
        }
    }
}

fn tables(c: &mut Criterion) {
    let mut group = group(c, "table");
    group.sample_size(10);
    for workload in [Workload::W1, Workload::W5] {
        let table = workload.table(TABLE);
        let routes = table.routes();
        group.bench_function(BenchmarkId::new("build", workload), |b| b.iter(|| router(&routes)));
        let scanned = Scan::compile(&table);
        group.bench_function(BenchmarkId::new("build-scan", workload), |b| {
            b.iter_batched(|| scanned.clone(), Scan::build, criterion::BatchSize::PerIteration);
        });
        let built = router(&routes);
        let position = TABLE / 2;
        let other = Route::compile(table.entries()[position + 1].definition(position), &Profile::default());
        group.bench_function(BenchmarkId::new("update", workload), |b| {
            b.iter(|| with_replaced(&built, &routes, position, &other));
        });
    }
}

fn picks(c: &mut Criterion) {
    let mut group = group(c, "pick");
    for backends in [2_u32, 16] {
        let weights: Vec<u32> = (1..=backends).collect();
        let split = Split::new(&weights);
        let counter = Counter::new();
        group.bench_function(BenchmarkId::new("smooth", backends), |b| b.iter(|| split.pick(counter.next())));
        let mut random = 0_u64;
        group.bench_function(BenchmarkId::new("stateless", backends), |b| {
            b.iter(|| {
                random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
                split.pick_by(black_box(random))
            });
        });
    }
}

#[cfg(feature = "manifests")]
fn manifests(c: &mut Criterion) {
    #[derive(serde::Deserialize)]
    struct List {
        items: Vec<gateway_model::HttpRoute>,
    }

    let text = gateway_benches::manifests(1_000);
    let mut group = group(c, "manifests");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("ours", |b| {
        b.iter(|| serde_json::from_str::<List>(black_box(&text)).map(|list| list.items.len()));
    });
    group.bench_function("serde_json::Value", |b| {
        b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&text)));
    });
}

#[cfg(not(feature = "manifests"))]
fn manifests(_: &mut Criterion) {}

/// Short, since there are many.
fn group<'c>(c: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    group
}

criterion_group!(benches, lookups, tables, picks, manifests);
criterion_main!(benches);
