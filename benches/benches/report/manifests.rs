//! Reading a JSON list of HTTPRoutes, against reading it without knowing what it is.

use std::hint::black_box;

use gateway_benches::{manifests, median, seconds};
use gateway_model::{HttpRoute, read_objects};
use serde_json::Value;

use crate::figure::{Figure, note};

/// A list of objects, as an API server sends it.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only read, not used")]
struct List {
    items: Vec<HttpRoute>,
}

pub(crate) fn measure(figures: &mut Vec<Figure>) {
    const ROUNDS: usize = 41;
    let text = manifests(1_000);
    let typed = || serde_json::from_str::<List>(black_box(&text)).expect("the list is well-formed");
    let untyped = || serde_json::from_str::<Value>(black_box(&text)).expect("the list is well-formed");
    let objects = || read_objects(untyped(), "default");
    let (mut ours, mut theirs, mut any_kind) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(again(typed));
        theirs.push(again(untyped));
        any_kind.push(again(objects));
        theirs.push(again(untyped));
        ours.push(again(typed));
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    note(figures, "JSON list of 1,000 HTTPRoutes", text.len() as f64 / 1e6, "MB");
    note(figures, "reading it into our types", median(&ours), "ms");
    note(figures, "reading it into serde_json::Value", median(&theirs), "ms");
    note(figures, "reading it by `read_objects`, which finds the kinds out", median(&any_kind), "ms");
    note(figures, "our types against serde_json::Value", median(&ours) / median(&theirs), "×");
}

/// Milliseconds of the second of two runs, without what dropping the result takes.
///
/// The first leaves the heap as this reader leaves it: otherwise each would be charged with putting in order what the
/// other freed, and who makes 140 allocations an object leaves more to be put in order than who makes 50.
fn again<T>(read: impl Fn() -> T) -> f64 {
    drop(black_box(read()));
    seconds(read).0 * 1e3
}
