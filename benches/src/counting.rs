//! The heap, counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static COUNTS: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, which counts while it is told to.
///
/// Counts what every thread does: whoever counts makes sure that nobody else allocates.
#[derive(Debug)]
pub struct CountingAllocator;

/// What was allocated while something ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heap {
    /// The bytes that are in use afterwards and were not before.
    pub bytes: i64,
    /// How often memory was allocated, or an allocation made larger or smaller.
    pub allocations: u64,
}

/// Runs something and counts what it allocates; nothing, unless [`CountingAllocator`] is the global allocator.
pub fn counted<T>(run: impl FnOnce() -> T) -> (T, Heap) {
    BYTES.store(0, Ordering::Relaxed);
    ALLOCATIONS.store(0, Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let made = run();
    COUNTS.store(false, Ordering::Relaxed);
    (made, Heap { bytes: BYTES.load(Ordering::Relaxed), allocations: ALLOCATIONS.load(Ordering::Relaxed) })
}

fn count(grown: usize, shrunk: usize, allocations: u64) {
    if COUNTS.load(Ordering::Relaxed) {
        let size = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
        BYTES.fetch_add(size(grown) - size(shrunk), Ordering::Relaxed);
        ALLOCATIONS.fetch_add(allocations, Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; it only passes on what it is asked")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0, 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size(), 0);
        // SAFETY: the block came from `System`, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0, 1);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size(), 1);
        // SAFETY: the block came from `System`, with this layout.
        unsafe { System.realloc(block, layout, size) }
    }
}
