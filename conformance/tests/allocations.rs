//! A decision allocates nothing, whatever it is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gateway_conformance::generate::{Case, Seed, Settings};
use gateway_match::{Connection, Profile, RequestView, Topology};

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
    let mut decisions = 0;
    let mut matched = 0;
    for (name, settings) in Settings::presets() {
        for seed in 0..300 {
            let case = Case::draw(&mut Seed::new(seed), &settings);
            let topology = Topology::resolve(&case.resources(), &Profile::default());
            for gateway in case.gateways() {
                let router = topology.router(&gateway).unwrap();
                for request in &case.requests {
                    let view = RequestView::new(&request.method, &request.host, &request.path, &request.headers);
                    let connection = match request.scheme {
                        gateway_conformance::decide::Scheme::Http => Connection::plain(request.port()),
                        gateway_conformance::decide::Scheme::Https => {
                            Connection::tls(request.port(), request.server_name())
                        }
                    };
                    // A regular expression keeps the working memory that its first match on a thread makes.
                    router.route(&view, &connection);
                    let (decision, asked) = allocations(|| router.route(&view, &connection));
                    assert_eq!(asked, 0, "{name} {seed}: {request}\n{decision:?}\n{:#}", case.documents());
                    if let Some(found) = decision.matched() {
                        let (_, asked) = allocations(|| (found.pick(7).position(), found.rule().pick_by(7).position()));
                        assert_eq!(asked, 0, "{name} {seed}: picking for {request}");
                        matched += 1;
                    }
                    decisions += 1;
                }
            }
        }
    }
    assert!(matched > 1_000 && matched < decisions, "{matched} of {decisions} requests are matched");
}
