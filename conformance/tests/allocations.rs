//! A decision allocates nothing, whatever it is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use gateway_conformance::decide::{Engine, connection, view};
use gateway_conformance::generate::{Case, Seed, Settings};
use gateway_match::{Profile, Topology};

/// The system's allocator, which counts what each thread asks of it.
struct Counting;

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches a plain cell of the thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = ASKED.with(Cell::get);
    let done = work();
    (done, ASKED.with(Cell::get) - before)
}

#[test]
fn a_decision_allocates_nothing() {
    assert!(allocations(|| vec![1_u8]).1 > 0, "the allocator counts");
    let mut matched: BTreeMap<String, u32> = BTreeMap::new();
    let mut decisions = 0;
    for (name, settings) in Settings::presets().into_iter().chain(Settings::presets_with_every_protocol()) {
        for seed in 0..200 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            let topology = Topology::resolve(&case.resources(), &Profile::default());
            for gateway in case.gateways() {
                let engine = Engine::in_topology(&topology, &gateway);
                for request in &case.requests {
                    let Some(router) = engine.router_for(request) else { continue };
                    let (view, connection) = (view(request), connection(request));
                    let decide = || match request.protocol.has_messages() {
                        true => router.route(&view, &connection),
                        false => router.connect(&connection),
                    };
                    // A regular expression keeps the working memory that its first match on a thread makes.
                    decide();
                    let (decision, asked) = allocations(decide);
                    assert_eq!(asked, 0, "{name} {seed}: {request}\n{decision:?}\n{:#}", case.documents());
                    let (_, asked) = allocations(|| router.listener_for(&connection));
                    assert_eq!(asked, 0, "{name} {seed}: the listener for {request}");
                    if let Some(found) = decision.matched() {
                        let (_, asked) = allocations(|| (found.pick(7).position(), found.rule().pick_by(7).position()));
                        assert_eq!(asked, 0, "{name} {seed}: picking for {request}");
                        *matched.entry(found.route().kind.to_string()).or_default() += 1;
                    }
                    decisions += 1;
                }
            }
        }
    }
    let all: u32 = matched.values().sum();
    assert!(all > 1_000 && all < decisions, "{all} of {decisions} requests are matched");
    assert!(matched.len() == 5 && matched.values().all(|count| *count > 20), "routes of every kind: {matched:?}");
}
