//! Tables that are large, against the oracle and, edited, against a rebuild.

use super::routing::agree;
use super::update::edits_agree;
use crate::generate::{Bytes, Crowd, Seed, Source};

/// The bytes choose what routes are made of, edits, and a seed from which the routes themselves are drawn: there are
/// more of those than a fuzzer's bytes could choose one by one.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let source: &mut dyn Source = &mut source;
    let crowd = Crowd::draw(source);
    let edits = source.below(5);
    let picks: Vec<(usize, usize)> = (0..edits).map(|_| (source.below(4), source.below(256))).collect();
    let mut seed = Seed::new(u64::try_from(source.below(65_536)).unwrap_or(0));
    let (now, later) = (crowd.case(&mut seed), crowd.changes(&mut seed));
    agree(&now, &[])
        .and_then(|()| edits_agree(&now, &later, picks))
        .map_err(|broken| format!("{broken}\n{crowd:?}\n{now}\nand\n{later}"))
}
