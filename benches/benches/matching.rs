//! Nanoseconds a lookup and a pick. `cargo bench -p gateway-benches`.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark of tables made here may stop")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gateway_benches::{HOST, exact_paths, header_values};
use gateway_match::{Connection, Counter, RequestView, Router, Split};

const SIZES: [usize; 3] = [10, 1_000, 10_000];

fn lookups(c: &mut Criterion) {
    let mut group = c.benchmark_group("lookup");
    group.throughput(Throughput::Elements(1));
    for size in SIZES {
        let paths = exact_paths(size).expect("the hostname is well-formed");
        let requests: Vec<String> = (0..size).map(|number| format!("/p/{number}")).collect();
        let mut turn = 0;
        group.bench_function(BenchmarkId::new("exact-paths", size), |b| {
            b.iter(|| {
                turn = (turn + 7) % size;
                hits(&paths, &requests[turn], "")
            });
        });
        let values = header_values(size).expect("the hostname is well-formed");
        let tenants: Vec<String> = (0..size).map(|number| number.to_string()).collect();
        group.bench_function(BenchmarkId::new("header-values", size), |b| {
            b.iter(|| {
                turn = (turn + 7) % size;
                hits(&values, "/", &tenants[turn])
            });
        });
    }
    group.finish();
}

fn hits(router: &Router, path: &str, tenant: &str) -> bool {
    let headers = [("x-tenant", tenant)];
    let request = RequestView::new("GET", HOST, black_box(path), &headers);
    black_box(router.route(&request, &Connection::plain(80))).matched().is_some()
}

fn picks(c: &mut Criterion) {
    let mut group = c.benchmark_group("pick");
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
    group.finish();
}

criterion_group!(benches, lookups, picks);
criterion_main!(benches);
