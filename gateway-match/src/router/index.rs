//! The matches for one hostname, by what they ask of a request's target.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::Arc;

use smallvec::SmallVec;

use super::candidate::{Candidate, Known};
use super::keyed::{Keyed, hash_of, hasher};
use super::list::{Change, List};
use super::node::Node;
use super::patterns::Patterns;
use super::search::Search;
use crate::condition::Target;
use crate::options::{Options, RegexRank};
use crate::precedence::{Digest, PathRank, TargetRank};
use crate::request::{Call, Headers};

/// The matches for one hostname.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    exact: Keyed<Node>,
    /// By the prefix without a trailing slash.
    prefix: Keyed<Node>,
    /// The numbers of slashes that prefixes have, one bit each; of those that were there once too.
    depths: u64,
    patterns: Patterns,
    calls: Option<Arc<Calls>>,
    connections: Option<List>,
}

/// The matches for calls.
#[derive(Clone, Debug, Default)]
struct Calls {
    /// By `service/method`.
    both: Keyed<Node>,
    service: Keyed<Node>,
    method: Keyed<Node>,
    every: Option<Node>,
    /// What has to be tried.
    others: Option<List>,
}

/// The same for building: everything by its key.
#[derive(Default)]
struct Sorted<'c> {
    exact: BTreeMap<&'c str, Vec<Candidate>>,
    prefix: BTreeMap<&'c str, Vec<Candidate>>,
    patterns: BTreeMap<&'c str, Vec<Candidate>>,
    both: BTreeMap<String, Vec<Candidate>>,
    service: BTreeMap<&'c str, Vec<Candidate>>,
    method: BTreeMap<&'c str, Vec<Candidate>>,
    every: Vec<Candidate>,
    others: Vec<Candidate>,
    connections: Vec<Candidate>,
}

impl Index {
    /// The index of some candidates. O(n log n).
    pub(super) fn new(candidates: &[Candidate], options: &Options) -> Self {
        let mut sorted = Sorted::default();
        for candidate in candidates {
            let Some(condition) = candidate.condition() else { continue };
            let place = match condition.target() {
                Target::Exact(path) => sorted.exact.entry(path).or_default(),
                Target::Prefix(prefix) => sorted.prefix.entry(prefix).or_default(),
                Target::Pattern(pattern) => sorted.patterns.entry(pattern.as_str()).or_default(),
                Target::Call(Some(service), Some(method)) => sorted.both.entry(joined(service, method)).or_default(),
                Target::Call(Some(service), None) => sorted.service.entry(service).or_default(),
                Target::Call(None, Some(method)) => sorted.method.entry(method).or_default(),
                Target::Call(None, None) => &mut sorted.every,
                Target::OtherCall => &mut sorted.others,
                Target::Connection => &mut sorted.connections,
            };
            place.push(candidate.clone());
        }
        let depths = sorted.prefix.keys().fold(0, |depths, prefix| depths | depth_bit(prefix));
        let patterns =
            sorted.patterns.into_iter().filter_map(|(text, of)| Some((text.into(), Node::new(of, options)?)));
        let patterns = Patterns::new(patterns.collect());
        let calls = Calls {
            both: table(sorted.both, hash_of, options),
            service: table(sorted.service, hash_of, options),
            method: table(sorted.method, hash_of, options),
            every: Node::new(sorted.every, options),
            others: List::new(sorted.others, options),
        };
        Index {
            exact: table(sorted.exact, hash_of, options),
            prefix: table(sorted.prefix, hash_of_prefix, options),
            depths,
            patterns,
            calls: (!calls.is_empty()).then(|| Arc::new(calls)),
            connections: List::new(sorted.connections, options),
        }
    }

    /// Makes a change. It costs what the match's own place does, which is a few hundred entries at most
    /// beside the list or groups of its target.
    pub(super) fn change(&mut self, change: &Change, options: &Options) {
        let Some(condition) = change.candidate.condition() else { return };
        let new = |node: Option<&Node>| Node::changed(node, change, options);
        match condition.target() {
            Target::Exact(path) => self.exact.alter(hash_of(path.as_bytes()), path.as_bytes(), new),
            Target::Prefix(prefix) => {
                self.depths |= depth_bit(prefix);
                self.prefix.alter(hash_of_prefix(prefix.as_bytes()), prefix.as_bytes(), new);
            }
            Target::Pattern(pattern) => self.patterns.change(pattern, change, options),
            Target::Connection => self.connections = List::changed(self.connections.as_ref(), change, options),
            Target::Call(..) | Target::OtherCall => {
                let mut calls = self.calls.as_deref().cloned().unwrap_or_default();
                calls.change(condition.target(), change, options);
                self.calls = (!calls.is_empty()).then(|| Arc::new(calls));
            }
        }
    }

    /// Looks for the best match that takes the request, or the connection.
    ///
    /// O(length of the path) and the targets that it meets: one exact path, the prefixes that it lies
    /// under, from the longest on until none can be better, and the patterns in one pass.
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) {
        if let Some(list) = &self.connections {
            search.try_each(list.as_slice(), Known::Target);
        }
        let Some(request) = search.request else { return };
        if let (Some(calls), Some(call)) = (&self.calls, &request.call) {
            calls.search(call, request.view.path(), search);
        }
        let path = request.view.path();
        let ceiling = |path| move |host| Digest::ceiling(host, TargetRank::Http { path, method: true }, None);
        if !self.exact.is_empty()
            && !search.is_settled(ceiling(PathRank::exact()))
            && let Some(node) = self.exact.get(hash_of(path.as_bytes()), path.as_bytes())
        {
            node.search(search);
        }
        let rank = search.options.regex_rank;
        if rank != RegexRank::BelowPrefix {
            self.search_patterns(path, search);
        }
        self.search_prefixes(path, search);
        if rank == RegexRank::BelowPrefix {
            self.search_patterns(path, search);
        }
    }

    fn search_patterns<'r, H: Headers + ?Sized>(&'r self, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        if self.patterns.is_empty() {
            return;
        }
        let best = TargetRank::Http { path: PathRank::any_regex(search.options.regex_rank), method: true };
        if !search.is_settled(|host| Digest::ceiling(host, best, None)) {
            self.patterns.search(path, search);
        }
    }

    /// Tries the prefixes that a path lies under, the longest first.
    fn search_prefixes<'r, H: Headers + ?Sized>(&'r self, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        if self.prefix.is_empty() {
            return;
        }
        let mut rest = Some(path);
        while let Some(path) = rest {
            let ends;
            (ends, rest) = Ends::of(path, self.depths);
            for End { hash, length } in ends.found.into_iter().rev() {
                let target = TargetRank::Http { path: PathRank::prefix_of_length(length), method: true };
                if search.is_settled(|host| Digest::ceiling(host, target, None)) {
                    return;
                }
                let prefix = path.as_bytes().get(..length).unwrap_or_default();
                if let Some(node) = self.prefix.get(hash, prefix) {
                    node.search(search);
                }
            }
        }
    }

    /// Shows every candidate, in no order that means anything.
    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        self.exact.values().chain(self.prefix.values()).for_each(|node| node.visit(each));
        self.patterns.visit(each);
        self.connections.iter().flat_map(List::as_slice).for_each(&mut *each);
        if let Some(calls) = self.calls.as_deref() {
            let tables = [&calls.both, &calls.service, &calls.method];
            tables.iter().flat_map(|table| table.values()).chain(&calls.every).for_each(|node| node.visit(each));
            calls.others.iter().flat_map(List::as_slice).for_each(each);
        }
    }
}

impl Calls {
    fn is_empty(&self) -> bool {
        self.both.is_empty()
            && self.service.is_empty()
            && self.method.is_empty()
            && self.every.is_none()
            && self.others.is_none()
    }

    fn change(&mut self, target: Target<'_>, change: &Change, options: &Options) {
        let new = |node: Option<&Node>| Node::changed(node, change, options);
        match target {
            Target::Call(Some(service), Some(method)) => {
                let key = joined(service, method);
                self.both.alter(hash_of(key.as_bytes()), key.as_bytes(), new);
            }
            Target::Call(Some(service), None) => {
                self.service.alter(hash_of(service.as_bytes()), service.as_bytes(), new)
            }
            Target::Call(None, Some(method)) => self.method.alter(hash_of(method.as_bytes()), method.as_bytes(), new),
            Target::Call(None, None) => self.every = new(self.every.as_ref()),
            _ => self.others = List::changed(self.others.as_ref(), change, options),
        }
    }

    fn search<'r, H: Headers + ?Sized>(&'r self, call: &Call<'_>, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        let found = |table: &'r Keyed<Node>, key: Option<&str>| {
            let key = key.filter(|_| !table.is_empty())?.as_bytes();
            table.get(hash_of(key), key)
        };
        let both = call.service().and_then(|_| path.strip_prefix('/'));
        let nodes = [found(&self.both, both), found(&self.service, call.service()), found(&self.method, call.method())];
        for node in nodes.into_iter().flatten().chain(&self.every) {
            node.search(search);
        }
        if let Some(list) = &self.others {
            search.try_each(list.as_slice(), Known::Target);
        }
    }
}

fn joined(service: &str, method: &str) -> String {
    format!("{service}/{method}")
}

fn table<K: AsRef<[u8]>>(
    sorted: BTreeMap<K, Vec<Candidate>>,
    hash: fn(&[u8]) -> u64,
    options: &Options,
) -> Keyed<Node> {
    Keyed::of_hashed(sorted.into_iter().filter_map(|(key, of)| Some((key, Node::new(of, options)?))), hash)
}

/// Where a path, or some prefix of it, may end to lie under a prefix: before a slash, or at its end.
struct Ends {
    found: SmallVec<[End; MOST_ENDS]>,
}

struct End {
    /// The hash of the path until there.
    hash: u64,
    length: usize,
}

/// So many ends are found at a time: paths have any number of them, and there is no allocation.
const MOST_ENDS: usize = 24;

impl Ends {
    /// The last ends whose number of slashes some prefix has, and what is left of the path before them.
    fn of(path: &str, depths: u64) -> (Self, Option<&str>) {
        let mut ends = Ends { found: SmallVec::new() };
        let mut rest = None;
        let mut last = 0;
        let mut hasher = hasher();
        for (depth, end) in ends_of(path.as_bytes()).enumerate() {
            if depths < bit(depth) {
                // No prefix has so many slashes.
                break;
            }
            hasher.write(path.as_bytes().get(last..end).unwrap_or_default());
            last = end;
            if depths & bit(depth) == 0 {
                continue;
            }
            if ends.found.len() == MOST_ENDS {
                // Those before are found again, from the start, should nothing be found here.
                rest = ends.found.last().and_then(|end| path.get(..end.length));
                ends.found.clear();
            }
            ends.found.push(End { hash: hasher.finish(), length: end });
        }
        (ends, rest)
    }
}

/// The ends of a path: nothing at all, before each slash but the first byte, and the whole.
///
/// Their position is the number of slashes before them, if the path begins with a slash; a path that
/// does not has one end more, which is the same for the prefix that it is looked up by.
fn ends_of(path: &[u8]) -> impl Iterator<Item = usize> {
    let slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let whole = (!path.is_empty()).then_some(path.len());
    std::iter::once(0).chain(slashes).chain(whole)
}

/// The hash of a prefix, which a path that lies under it has at one of its ends.
fn hash_of_prefix(prefix: &[u8]) -> u64 {
    let mut hasher = hasher();
    let mut last = 0;
    for end in ends_of(prefix) {
        hasher.write(prefix.get(last..end).unwrap_or_default());
        last = end;
    }
    hasher.finish()
}

fn depth_bit(prefix: &str) -> u64 {
    bit(ends_of(prefix.as_bytes()).count() - 1)
}

fn bit(depth: usize) -> u64 {
    1 << depth.min(63)
}
