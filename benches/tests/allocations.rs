//! A lookup allocates nothing. One test alone in its process, since the allocator counts for all.

use gateway_benches::{CountingAllocator, Request, Workload, counted};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_lookup_allocates_nothing() {
    // The counting itself must work, or nothing below could fail.
    let (kept, heap) = counted(|| vec![0_u8; 100]);
    assert_eq!((kept.len(), heap.bytes, heap.allocations), (100, 100, 1));

    for workload in Workload::ALL {
        for size in [10, 300] {
            let table = workload.table(size);
            let router = table.router();
            let requests = table.requests(200, 0);
            let route_all = || {
                let asked = requests.iter().map(Request::asked);
                asked.filter(|asked| router.route(&asked.view, &asked.connection).matched().is_some()).count()
            };
            // Automata make their caches when they are first used.
            let hits = route_all();
            let (again, heap) = counted(route_all);
            assert_eq!((again, heap.allocations), (hits, 0), "{workload} of {size} routes");
        }
    }
}
