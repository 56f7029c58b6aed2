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
        ours.push(seconds(typed).0 * 1e3);
        theirs.push(seconds(untyped).0 * 1e3);
        any_kind.push(seconds(objects).0 * 1e3);
        theirs.push(seconds(untyped).0 * 1e3);
        ours.push(seconds(typed).0 * 1e3);
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    note(figures, "JSON list of 1,000 HTTPRoutes", text.len() as f64 / 1e6, "MB");
    note(figures, "reading it into our types", median(&ours), "ms");
    note(figures, "reading it into serde_json::Value", median(&theirs), "ms");
    note(figures, "reading it by `read_objects`, which finds the kinds out", median(&any_kind), "ms");
    note(figures, "our types against serde_json::Value", median(&ours) / median(&theirs), "×");
}
