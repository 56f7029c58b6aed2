//! The matches for one hostname, by what they ask of a request's target.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::candidate::{Candidate, Known, Placed};
use super::groups::AtOnce;
use super::keyed::{Item, Keyed, hash_of};
use super::lengths::Lengths;
use super::list::{Change, List};
use super::node::Node;
use super::patterns::Patterns;
use super::ranks::Ranks;
use super::search::Search;
use super::slashes::Slashes;
use crate::condition::Target;
use crate::options::{Options, RegexRank};
use crate::pattern::{Pattern, TextStart};
use crate::precedence::{Digest, HostRank, PathRank, TargetRank};
use crate::request::{Call, Headers, RequestView};

/// The matches for one hostname.
///
/// Where tables do not fit the caches, what a look-up costs is the lines that it has to read. So the fields lie in
/// the order in which they are asked for: the first line tells what need not be looked for, the second where to look.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Index {
    /// The greatest rank of a hostname.
    host: HostRank,
    /// Whether orders that callers gave decide.
    is_ordered: bool,
    only: Only,
    prefix_lengths: Lengths,
    longest_prefix: u32,
    /// The numbers of slashes that prefixes have, one bit each; of those that were there once too.
    depths: u64,
    /// How all paths begin that some pattern takes.
    pattern_start: TextStart,
    exact_sieve: Sieve,
    prefix_sieve: Sieve,
    calls: Option<Arc<Calls>>,
    exact: Keyed<Node>,
    /// By the prefix without a trailing slash; what takes every path is not among them.
    prefix: Keyed<Node>,
    wide_prefix_sieve: WideSieve,
    /// The matches whose prefix is `/`.
    every_path: Option<Node>,
    patterns: Patterns,
    connections: Option<Arc<List>>,
    ranks: Ranks,
}

/// Which target all matches have, if that is one and nothing but the value of one header tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    /// No such one.
    None,
    /// One prefix that is not `/`, and there never was one of another length.
    Prefix,
    EveryPath,
}

/// What tells of most texts that are not in a table that they are not: a bit for each hash, many of which share one;
/// of those that were there once too.
#[derive(Clone, Copy, Debug, Default)]
struct Sieve(u64);

/// The same for so many texts that a few bits let all through: some bits for each, in a power of two of words. Without a
/// word it lets all through. It stays as wide as it was made: what changes add is let through, and is sieved less well.
#[derive(Clone, Debug, Default)]
struct WideSieve(Arc<[u64]>);

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

/// The same for building: everything with its key.
#[derive(Default)]
struct Sorted<'c> {
    exact: Vec<Item<'c, Candidate>>,
    prefix: Vec<Item<'c, Candidate>>,
    every_path: Vec<Candidate>,
    patterns: BTreeMap<&'c str, (&'c Pattern, Vec<Candidate>)>,
    both: Vec<(String, Candidate)>,
    service: Vec<Item<'c, Candidate>>,
    method: Vec<Item<'c, Candidate>>,
    every: Vec<Candidate>,
    others: Vec<Candidate>,
    connections: Vec<Candidate>,
}

impl Index {
    /// The index of some candidates. O(n log n).
    pub(super) fn new(candidates: Vec<Placed<'_>>, options: &Options) -> Self {
        let mut ranks = Ranks::default();
        let most = candidates.len();
        let mut sorted =
            Sorted { exact: Vec::with_capacity(most), prefix: Vec::with_capacity(most), ..Sorted::default() };
        for (own, target) in candidates {
            ranks.count(&own, true);
            match target {
                Target::Exact(path) => sorted.exact.push(item(path.as_bytes(), own)),
                Target::Prefix("") => sorted.every_path.push(own),
                Target::Prefix(prefix) => sorted.prefix.push(item(prefix.as_bytes(), own)),
                Target::Pattern(pattern) => {
                    sorted.patterns.entry(pattern.as_str()).or_insert_with(|| (pattern, Vec::new())).1.push(own);
                }
                Target::Call(Some(service), Some(method)) => sorted.both.push((joined(service, method), own)),
                Target::Call(Some(service), None) => sorted.service.push(item(service.as_bytes(), own)),
                Target::Call(None, Some(method)) => sorted.method.push(item(method.as_bytes(), own)),
                Target::Call(None, None) => sorted.every.push(own),
                Target::OtherCall => sorted.others.push(own),
                Target::Connection => sorted.connections.push(own),
            }
        }
        let patterns =
            sorted.patterns.into_values().filter_map(|(pattern, of)| Some((pattern.clone(), Node::new(of, options)?)));
        let patterns = Patterns::new(patterns.collect());
        let both = sorted.both.iter().map(|(call, candidate)| item(call.as_bytes(), candidate.clone()));
        let calls = Calls {
            both: table(both.collect(), options),
            service: table(sorted.service, options),
            method: table(sorted.method, options),
            every: Node::new(sorted.every, options),
            others: List::new(sorted.others, options),
        };
        let mut index = Index {
            host: ranks.greatest_host(),
            is_ordered: ranks.is_ordered(),
            only: Only::None,
            prefix_lengths: Lengths::default(),
            longest_prefix: 0,
            depths: 0,
            pattern_start: patterns.start(),
            exact_sieve: Sieve::default(),
            prefix_sieve: Sieve::default(),
            calls: (!calls.is_empty()).then(|| Arc::new(calls)),
            exact: Keyed::default(),
            prefix: Keyed::default(),
            wide_prefix_sieve: WideSieve::of(sorted.prefix.iter().map(|item| item.hash)),
            every_path: Node::new(sorted.every_path, options),
            patterns,
            connections: List::new(sorted.connections, options).map(Arc::new),
            ranks,
        };
        sorted.exact.iter().for_each(|item| index.exact_sieve.add(item.hash));
        sorted.prefix.iter().for_each(|item| index.note_prefix(item.hash, item.key));
        index.exact = table(sorted.exact, options);
        index.prefix = table(sorted.prefix, options);
        index.only = index.only_target();
        index
    }

    /// Makes a change. It costs what the match's own place does, which is a few hundred entries at most
    /// beside the list or groups of its target; a prefix that comes to many costs a [copy](WideSieve::add) of their sieve.
    pub(super) fn change(&mut self, change: &Change, options: &Options) {
        let Some(condition) = change.candidate.condition() else { return };
        self.ranks.count(&change.candidate, change.comes);
        (self.host, self.is_ordered) = (self.ranks.greatest_host(), self.ranks.is_ordered());
        let new = |node: Option<&Node>| Node::changed(node, change, options);
        match condition.target() {
            Target::Exact(path) => {
                let hash = hash_of(path.as_bytes());
                self.exact_sieve.add(hash);
                self.exact.alter(hash, path.as_bytes(), new);
            }
            Target::Prefix("") => self.every_path = new(self.every_path.as_ref()),
            Target::Prefix(prefix) => {
                let hash = hash_of(prefix.as_bytes());
                self.note_prefix(hash, prefix.as_bytes());
                self.wide_prefix_sieve.add(hash);
                self.prefix.alter(hash, prefix.as_bytes(), new);
            }
            Target::Pattern(pattern) => {
                self.patterns.change(pattern, change, options);
                self.pattern_start = self.patterns.start();
            }
            Target::Connection => {
                self.connections = List::changed(self.connections.as_deref(), change, options).map(Arc::new);
            }
            Target::Call(..) | Target::OtherCall => {
                let mut calls = self.calls.as_deref().cloned().unwrap_or_default();
                calls.change(condition.target(), change, options);
                self.calls = (!calls.is_empty()).then(|| Arc::new(calls));
            }
        }
        self.only = self.only_target();
    }

    /// What `only` is with the matches as they are. O(1).
    fn only_target(&self) -> Only {
        if !self.exact.is_empty() || self.calls.is_some() || self.pattern_start != TextStart::OF_NONE {
            return Only::None;
        }
        let (only, node) = match &self.every_path {
            Some(node) if self.prefix.is_empty() => (Only::EveryPath, Some(node)),
            None if self.prefix_lengths.is_one() => (Only::Prefix, self.prefix.sole_value()),
            _ => return Only::None,
        };
        match node {
            Some(Node::Groups(groups)) if groups.has_only_header() => only,
            _ => Only::None,
        }
    }

    /// Notes what is looked for before prefixes are.
    fn note_prefix(&mut self, hash: u64, prefix: &[u8]) {
        self.prefix_sieve.add(hash);
        self.prefix_lengths.add(prefix.len());
        self.depths |= bit(depth_of(prefix));
        self.longest_prefix = self.longest_prefix.max(u32::try_from(prefix.len()).unwrap_or(u32::MAX));
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    pub(super) fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// Whether some match is for calls.
    #[inline]
    pub(super) fn has_calls(&self) -> bool {
        self.calls.is_some()
    }

    /// The matches for that very path.
    #[inline(always)]
    pub(super) fn exact(&self, path: &str) -> Option<&Node> {
        if self.exact_sieve.is_empty() {
            return None;
        }
        let path = path.as_bytes();
        let hash = hash_of(path);
        if self.exact_sieve.lets_through(hash) { self.exact.get(hash, path) } else { None }
    }

    /// Whether all matches have one target, which is no exact path, and the value of one header tells them apart.
    #[inline(always)]
    pub(super) fn has_only_header(&self) -> bool {
        self.only != Only::None
    }

    /// What is clear without a search of a request, where [one header tells](Index::has_only_header).
    #[inline(always)]
    pub(super) fn at_once<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> AtOnce<'_> {
        match self.node_of_only(request.path()) {
            None => AtOnce::Nothing,
            Some(Node::Groups(groups)) => groups.at_once(request),
            Some(_) => AtOnce::Unclear,
        }
    }

    /// The matches of the only target, if a path is under it.
    #[inline(always)]
    fn node_of_only(&self, path: &str) -> Option<&Node> {
        if self.only == Only::EveryPath {
            return self.every_path.as_ref();
        }
        self.prefix.only(self.prefix_lengths.longest_end(path.as_bytes())?)
    }

    /// Looks for the best match that takes the request, or the connection.
    ///
    /// O(length of the path) and the targets that it meets: one exact path, the prefixes that it lies
    /// under, from the longest on until none can be better, and the patterns in one pass. `exact` is what there is
    /// [for the very path](Index::exact).
    #[inline(always)]
    pub(super) fn search<'r, H: Headers + ?Sized>(
        &'r self,
        exact: Option<&'r Node>,
        search: &mut Search<'_, 'r, '_, H>,
    ) {
        search.enter(self.host, self.is_ordered);
        // No target is greater than that of a call with all its characters.
        let greatest = TargetRank::Grpc { service: u32::MAX, method: u32::MAX };
        if search.is_settled(|host| Digest::ceiling(host, greatest, None)) {
            return;
        }
        let Some(request) = search.request else {
            self.connections.iter().for_each(|list| search.try_each(list.as_slice(), Known::Target));
            return;
        };
        let path = request.view.path();
        if let (Some(calls), Some(call)) = (&self.calls, &request.call) {
            calls.search(call, path, search);
            // All calls rank above all else.
            if search.has_found_greatest() {
                return;
            }
        }
        if let Some(node) = exact
            && !search.is_settled(|host| ceiling(host, PathRank::exact()))
        {
            node.search(search);
            if search.has_found_greatest() {
                return;
            }
        }
        let rank = search.options.regex_rank;
        if rank != RegexRank::BelowPrefix {
            self.search_patterns(path, search);
            if rank == RegexRank::AbovePrefix && search.has_found_greatest() {
                return;
            }
        }
        self.search_prefixes(path.as_bytes(), search);
        if rank == RegexRank::BelowPrefix && !search.has_found_greatest() {
            self.search_patterns(path, search);
        }
    }

    #[inline]
    fn search_patterns<'r, H: Headers + ?Sized>(&'r self, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        if self.pattern_start.is_of(path.as_bytes())
            && !search.is_settled(|host| ceiling(host, PathRank::any_regex(search.options.regex_rank)))
        {
            self.patterns.search(path, search);
        }
    }

    /// Tries the prefixes that a path lies under, the longest first.
    #[inline(always)]
    fn search_prefixes<'r, H: Headers + ?Sized>(&'r self, path: &[u8], search: &mut Search<'_, 'r, '_, H>) {
        let found = self.prefix_lengths.visit_ends(path, |prefix| self.search_prefix(prefix, search));
        let found = found.unwrap_or_else(|| self.search_prefixes_by_slashes(path, search));
        if let Some(node) = &self.every_path
            && found.is_continue()
            && !search.is_settled(|host| ceiling(host, PathRank::prefix_of_length(0)))
        {
            node.search(search);
        }
    }

    /// The same but for what takes every path, where prefixes have many lengths.
    #[inline(never)]
    fn search_prefixes_by_slashes<'r, H: Headers + ?Sized>(
        &'r self,
        path: &[u8],
        search: &mut Search<'_, 'r, '_, H>,
    ) -> ControlFlow<()> {
        let longest = self.longest_prefix as usize;
        visit_ends(path, longest, self.depths, |prefix| self.search_prefix(prefix, search))
    }

    /// Breaks if what is shorter cannot be better.
    #[inline(always)]
    fn search_prefix<'r, H: Headers + ?Sized>(
        &'r self,
        prefix: &[u8],
        search: &mut Search<'_, 'r, '_, H>,
    ) -> ControlFlow<()> {
        let hash = hash_of(prefix);
        if !self.prefix_sieve.lets_through(hash) || !self.wide_prefix_sieve.lets_through(hash) {
            return ControlFlow::Continue(());
        }
        let Some(node) = self.prefix.get(hash, prefix) else { return ControlFlow::Continue(()) };
        if search.is_settled(|host| ceiling(host, PathRank::prefix_of_length(prefix.len()))) {
            return ControlFlow::Break(());
        }
        node.search(search);
        // Where patterns rank by their length, the greatest that was found may be one.
        if search.has_found_greatest() && search.options.regex_rank != RegexRank::ByLength {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Shows every candidate, in no order that means anything.
    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        let paths = self.exact.values().chain(self.prefix.values()).chain(&self.every_path);
        paths.for_each(|node| node.visit(each));
        self.patterns.visit(each);
        self.connections.iter().flat_map(|list| list.as_slice()).for_each(&mut *each);
        if let Some(calls) = self.calls.as_deref() {
            let tables = [&calls.both, &calls.service, &calls.method];
            tables.iter().flat_map(|table| table.values()).chain(&calls.every).for_each(|node| node.visit(each));
            calls.others.iter().flat_map(List::as_slice).for_each(each);
        }
    }
}

impl Sieve {
    fn add(&mut self, hash: u64) {
        self.0 |= Self::bit(hash);
    }

    #[inline]
    fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline]
    fn lets_through(self, hash: u64) -> bool {
        self.0 & Self::bit(hash) != 0
    }

    #[inline]
    fn bit(hash: u64) -> u64 {
        1 << (hash & 63)
    }
}

impl WideSieve {
    /// So many bits there are for a text, or up to twice as many: of texts that are not there one in eight is let through,
    /// or one in sixteen.
    const BITS: usize = 8;
    /// A table of so many texts is in a cache, where a look-up that finds nothing takes no longer than this.
    const MOST_WITHOUT: usize = 128;

    /// The sieve of texts with these hashes.
    fn of(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        if hashes.len() <= Self::MOST_WITHOUT {
            return WideSieve::default();
        }
        let words = (hashes.len() * Self::BITS / u64::BITS as usize).next_power_of_two();
        let mut sieve = WideSieve(vec![0; words].into());
        hashes.for_each(|hash| sieve.add(hash));
        sieve
    }

    /// O(1), unless the text would not be let through and a copy shares the words, which are copied: a byte or two for
    /// each text.
    fn add(&mut self, hash: u64) {
        if self.lets_through(hash) {
            return;
        }
        let word = self.word(hash);
        if let Some(word) = Arc::make_mut(&mut self.0).get_mut(word) {
            *word |= Sieve::bit(hash);
        }
    }

    #[inline]
    fn lets_through(&self, hash: u64) -> bool {
        self.0.get(self.word(hash)).is_none_or(|word| word & Sieve::bit(hash) != 0)
    }

    #[inline]
    fn word(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.0.len().wrapping_sub(1)
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

    #[inline(never)]
    fn search<'r, H: Headers + ?Sized>(&'r self, call: &Call<'_>, path: &str, search: &mut Search<'_, 'r, '_, H>) {
        let found = |table: &'r Keyed<Node>, key: Option<&str>| {
            let key = key.filter(|_| !table.is_empty())?.as_bytes();
            table.get(hash_of(key), key)
        };
        let both = call.service().and_then(|_| path.strip_prefix('/'));
        if let Some(list) = &self.others {
            search.try_each(list.as_slice(), Known::Target);
        }
        if let Some(node) = found(&self.both, both) {
            node.search(search);
            // What asks for less ranks lower; only what has to be tried might not.
            if search.has_found_greatest() && self.others.is_none() {
                return;
            }
        }
        let nodes = [found(&self.service, call.service()), found(&self.method, call.method())];
        for node in nodes.into_iter().flatten().chain(&self.every) {
            node.search(search);
        }
    }
}

/// What no match exceeds whose path has that rank.
fn ceiling(host: HostRank, path: PathRank) -> Digest {
    Digest::ceiling(host, TargetRank::Http { path, method: true }, None)
}

fn joined(service: &str, method: &str) -> String {
    format!("{service}/{method}")
}

fn item<V>(key: &[u8], value: V) -> Item<'_, V> {
    Item { hash: hash_of(key), key, value }
}

/// The nodes of candidates by their keys. Those with one key lie side by side when they are sorted by its hash.
fn table(mut items: Vec<Item<'_, Candidate>>, options: &Options) -> Keyed<Node> {
    items.sort_unstable_by(|a, b| a.hash.cmp(&b.hash).then_with(|| a.key.cmp(b.key)));
    let mut nodes = Vec::with_capacity(items.len());
    let mut items = items.into_iter().peekable();
    while let Some(Item { hash, key, value }) = items.next() {
        let mut all = Vec::new();
        while let Some(same) = items.next_if(|next| next.hash == hash && next.key == key) {
            all.push(same.value);
        }
        let node = if all.is_empty() {
            Some(Node::of_one(value))
        } else {
            all.push(value);
            Node::new(all, options)
        };
        nodes.extend(node.map(|value| Item { hash, key, value }));
    }
    Keyed::new(nodes)
}

/// Shows what a path may lie under, the longest first, until told to stop: itself, what stands before each slash, and
/// nothing at all; of those no longer than that, and with a number of slashes that is among the depths.
///
/// O(length) in all. To hash each of them is quadratic in the length of the longest prefix, which the API
/// bounds, and is only done where prefixes have so many depths.
#[inline(always)]
fn visit_ends(
    path: &[u8],
    longest: usize,
    depths: u64,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // A slash behind the longest prefix may end it.
    let mut slashes = Slashes::new(path.get(..=longest).unwrap_or(path));
    let mut end = if path.len() <= longest { path.len() } else { slashes.next().unwrap_or(0) };
    let mut depth = if end == 0 { 0 } else { 1 + slashes.left() };
    loop {
        if depths & bit(depth) != 0
            && let Some(prefix) = path.get(..end)
        {
            each(prefix)?;
        }
        if end == 0 {
            return ControlFlow::Continue(());
        }
        end = slashes.next().unwrap_or(0);
        depth = depth.saturating_sub(1);
    }
}

/// How many ends are before that of a path: nothing at all, and that before each slash but the first byte.
fn depth_of(path: &[u8]) -> usize {
    if path.is_empty() { 0 } else { 1 + Slashes::new(path).left() }
}

fn bit(depth: usize) -> u64 {
    1 << depth.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::few::Few;
    use crate::options::Profile;
    use crate::path_has_prefix;
    use crate::route::{Route, RouteDefinition, RuleDefinition};
    use crate::router::{RuleId, RuleSlot};

    #[test]
    fn texts_with_one_hash_have_places_of_their_own() {
        // Whatever stands before these bytes, the hash of no more than sixteen is the same.
        let end = 0x3f84_d5b5_b547_0917_u64.to_ne_bytes();
        let [a, b, c] = [b"/a", b"/b", b"/c"].map(|start| [&start[..], &end].concat());
        assert_eq!((hash_of(&a), hash_of(&b)), (hash_of(&c), hash_of(&c)), "other bytes are needed with another hash");
        let profile = Profile::default();
        let route = Route::compile(RouteDefinition::http("ns", "r").rule(RuleDefinition::new()), &profile);
        let rule = &route.shared_rules()[0];
        let slot =
            RuleSlot { id: RuleId::from(0), route: route.clone(), rule: Arc::clone(rule), backends: Few::default() };
        let host = gateway_model::Specificity::of(None);
        let candidate = Candidate::of_rule(&Arc::new(slot), rule, host, &profile.options).next().unwrap().0;
        let of =
            |keys: &[&[u8]]| table(keys.iter().map(|key| item(key, candidate.clone())).collect(), &profile.options);
        let found = of(&[&a, &b, &a]);
        let has = [&a, &b, &c].map(|key| found.get(hash_of(key), key).is_some());
        assert_eq!((has, found.values().count()), ([true, true, false], 2));
    }

    #[test]
    fn a_wide_sieve_lets_through_what_is_there_and_little_else() {
        let hashes = |texts: std::ops::Range<u32>| texts.map(|text| hash_of(text.to_string().as_bytes()));
        for count in [0, 1, WideSieve::MOST_WITHOUT as u32, WideSieve::MOST_WITHOUT as u32 + 1, 1_000, 30_000] {
            let mut sieve = WideSieve::of(hashes(0..count).collect::<Vec<_>>().into_iter());
            assert!(hashes(0..count).all(|hash| sieve.lets_through(hash)), "{count}");
            let through = hashes(100_000..110_000).filter(|hash| sieve.lets_through(*hash)).count();
            let most = if count as usize <= WideSieve::MOST_WITHOUT { 10_000 } else { 1_500 };
            assert!(through <= most, "{through} of 10,000 beside {count}");
            let before = sieve.clone();
            hashes(100_000..100_100).for_each(|hash| sieve.add(hash));
            assert!(hashes(100_000..100_100).chain(hashes(0..count)).all(|hash| sieve.lets_through(hash)), "{count}");
            let through = hashes(100_000..110_000).filter(|hash| before.lets_through(*hash)).count();
            assert!(through <= most, "{through} of 10,000 beside {count}, whatever becomes of a copy");
        }
    }

    fn ends_of(path: &str, longest: usize, depths: u64) -> Vec<&str> {
        let mut ends = Vec::new();
        let found = visit_ends(path.as_bytes(), longest, depths, |end| {
            ends.extend(path.get(..end.len()));
            ControlFlow::Continue(())
        });
        assert!(found.is_continue());
        ends
    }

    #[test]
    fn the_ends_of_a_path_are_the_prefixes_that_it_lies_under() {
        let texts =
            ["", "/", "/a", "/a/", "/a/b", "/a//", "/a//b", "//", "//x", "a", "a/b", "a/", "*", "/ab", "/a/b/c/d"];
        let all = u64::MAX;
        for path in texts {
            let ends = ends_of(path, 1000, all);
            assert!(ends.windows(2).all(|pair| pair[0].len() > pair[1].len()), "{path}: {ends:?}");
            for prefix in texts {
                // As prefixes are stored, without the slash that does not count.
                let stored = prefix.strip_suffix('/').unwrap_or(prefix);
                let expected = path_has_prefix(path, prefix);
                assert_eq!(ends.contains(&stored), expected, "`{path}` under `{prefix}`");
                let depths = bit(depth_of(stored.as_bytes()));
                for longest in [stored.len(), stored.len() + 1, 1000] {
                    let found = ends_of(path, longest, depths).contains(&stored);
                    assert_eq!(found, expected, "`{path}` under `{prefix}`, up to {longest}");
                }
            }
        }
    }
}
