//! The least that a lookup can cost: one hash of what tells the routes of a workload apart.
//!
//! A floor knows one workload's shape and nothing of precedence.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use http::HeaderName;
use regex_automata::{Anchored, Input, meta};

use super::{Map, host_of};
use crate::workload::{Asked, Condition, Table};

/// The host, looked up whole.
#[derive(Debug)]
pub struct HostFloor(Map<Box<str>, u32>);

/// Host and path, looked up whole with one hash.
#[derive(Debug)]
pub struct TargetFloor(Pairs);

/// Host and one header, looked up whole with one hash.
#[derive(Debug)]
pub struct HeaderFloor {
    name: HeaderName,
    pairs: Pairs,
}

/// One automaton of every pattern. The host is not looked at.
#[derive(Debug)]
pub struct Automaton(meta::Regex);

impl HostFloor {
    /// The floor of a table's hosts; a wildcard stands for the host of requests to it.
    pub fn new(table: &Table) -> Self {
        HostFloor((0..).zip(table.hits()).map(|(number, request)| (request.host.into(), number)).collect())
    }

    /// The route, or one of several, for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        self.0.get(host_of(asked.view.authority())).copied()
    }
}

impl TargetFloor {
    /// The floor of the paths that are asked of a table.
    pub fn new(table: &Table) -> Self {
        TargetFloor(Pairs::new(table.hits().map(|request| (request.host, request.target))))
    }

    /// The route for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        self.0.get(host_of(asked.view.authority()), asked.view.path())
    }
}

impl HeaderFloor {
    /// The floor of a table of which every route names the same header.
    pub fn new(table: &Table) -> Self {
        let header = table.entries().iter().find_map(|entry| match &entry.condition {
            Condition::Http(condition) => condition.headers.first(),
            Condition::Grpc(_) => None,
        });
        let name = header.map_or("x-tenant", |header| &header.name);
        let name = HeaderName::from_bytes(name.as_bytes()).expect("names of headers are well-formed");
        let pairs = Pairs::new(table.hits().map(|request| {
            let value = request.headers[&name].to_str().expect("values of headers are text").to_owned();
            (request.host, value)
        }));
        HeaderFloor { name, pairs }
    }

    /// The route for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        let value = asked.headers.get(&self.name)?;
        self.pairs.get_bytes(host_of(asked.view.authority()).as_bytes(), value.as_bytes())
    }
}

impl Automaton {
    /// The automaton of a table of patterns, each anchored at both ends.
    pub fn new(table: &Table) -> Self {
        let patterns = table.entries().iter().filter_map(|entry| match &entry.condition {
            Condition::Http(condition) => Some(format!("^(?:{})$", condition.path_value())),
            Condition::Grpc(_) => None,
        });
        // The cache that it gets by default is too small for a thousand patterns: it falls back to what is slow.
        let config = meta::Config::new().hybrid_cache_capacity(CACHE);
        let built = meta::Builder::new().configure(config).build_many(&patterns.collect::<Vec<_>>());
        Automaton(built.expect("patterns of tables are well-formed"))
    }

    /// The route for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        let input = Input::new(asked.view.path()).anchored(Anchored::Yes);
        self.0.search_half(&input).map(|found| found.pattern().as_u32())
    }
}

/// The bytes that the states of an automaton may take.
const CACHE: usize = 1 << 25;

/// Numbers by pairs of a host and another text. Pairs of one host share it.
#[derive(Debug)]
struct Pairs {
    state: RandomState,
    table: HashTable<(Arc<str>, Box<str>, u32)>,
}

impl Pairs {
    fn new(pairs: impl Iterator<Item = (String, String)>) -> Self {
        let state = RandomState::default();
        let mut table: HashTable<(Arc<str>, Box<str>, u32)> = HashTable::new();
        let mut hosts: Map<String, Arc<str>> = Map::default();
        for (number, (host, text)) in (0..).zip(pairs) {
            let host = Arc::clone(hosts.entry(host).or_insert_with_key(|host| host.as_str().into()));
            let hash = hash_of(&state, host.as_bytes(), text.as_bytes());
            let rehash =
                |(host, text, _): &(Arc<str>, Box<str>, u32)| hash_of(&state, host.as_bytes(), text.as_bytes());
            table.insert_unique(hash, (host, text.into(), number), rehash);
        }
        Pairs { state, table }
    }

    fn get(&self, host: &str, text: &str) -> Option<u32> {
        self.get_bytes(host.as_bytes(), text.as_bytes())
    }

    fn get_bytes(&self, host: &[u8], text: &[u8]) -> Option<u32> {
        let hash = hash_of(&self.state, host, text);
        let equal = |found: &(Arc<str>, Box<str>, u32)| found.1.as_bytes() == text && found.0.as_bytes() == host;
        self.table.find(hash, equal).map(|(_, _, number)| *number)
    }
}

fn hash_of(state: &RandomState, host: &[u8], text: &[u8]) -> u64 {
    state.hash_one(Texts(host, text))
}

struct Texts<'t>(&'t [u8], &'t [u8]);

impl Hash for Texts<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(self.0);
        state.write(self.1);
    }
}
