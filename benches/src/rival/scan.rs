//! The design that others use: the candidates of a host, sorted, tried one after another.

use std::borrow::Cow;
use std::cmp::Reverse;

use gateway_model::{GrpcRouteMatch, HeaderMatch, Hostname, HttpRouteMatch, PathMatchType};
use http::HeaderName;
use regex_automata::meta;

use super::{Map, host_of};
use crate::workload::{Asked, Condition, Entry, Table};

/// A linear scan per host: hosts by hash, wildcards by walking the suffixes of the host; what matches a host is
/// sorted by precedence and tried in that order, and the first that takes the request wins.
///
/// Written for speed within its design: candidates are small and lie side by side, the path is compared first, and
/// what else a candidate asks for is only looked at where it asks. As in the engines that are built this way, each
/// candidate asks the request's header map for itself; [`Scan::remembering`] asks once a name instead.
#[derive(Debug)]
pub struct Scan {
    exact: Map<Box<str>, Bucket>,
    wildcard: Map<Box<str>, Bucket>,
    names: Vec<HeaderName>,
    remembers: bool,
}

/// A route, compiled for a [`Scan`].
#[derive(Clone, Debug)]
pub struct ScannedRoute {
    hostname: Hostname,
    rank: Rank,
    route: u32,
    path: PathTest,
    conditions: Option<Conditions>,
}

/// The routes of one hostname, the greatest rank first.
#[derive(Debug)]
struct Bucket {
    candidates: Box<[Candidate]>,
    conditions: Box<[Conditions]>,
}

#[derive(Clone, Debug)]
struct Candidate {
    path: PathTest,
    route: u32,
    /// Position of what else it asks for, [`u32::MAX`] if that is nothing.
    conditions: u32,
}

/// What else than the path a request must have.
#[derive(Clone, Debug)]
struct Conditions {
    method: Option<Box<str>>,
    headers: Box<[HeaderTest]>,
    query: Box<[(Box<str>, Box<str>)]>,
}

#[derive(Clone, Debug)]
struct HeaderTest {
    name: HeaderName,
    /// Position among the names that some candidate asks for.
    position: usize,
    value: Box<[u8]>,
}

#[derive(Clone, Debug)]
enum PathTest {
    Exact(Box<str>),
    /// Without a slash at the end.
    Prefix(Box<str>),
    Regex(Box<meta::Regex>),
    /// The whole path of a gRPC call.
    Call(Box<str>),
}

/// spec: `HTTPRouteRule.matches`, precedence. The greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    path: (u8, usize),
    method: bool,
    headers: usize,
    query: usize,
    created: Reverse<i64>,
    name: Reverse<u32>,
}

impl Scan {
    /// The scan of a table.
    pub fn new(table: &Table) -> Self {
        Self::build(Self::compile(table))
    }

    /// The scan that reads each header of a request once, however many candidates ask for it.
    pub fn remembering(table: &Table) -> Self {
        Scan { remembers: true, ..Self::new(table) }
    }

    /// The routes, each by itself.
    pub fn compile(table: &Table) -> Vec<ScannedRoute> {
        let numbered = (0_u32..).zip(table.entries());
        numbered.map(|(number, entry)| ScannedRoute::new(entry, number)).collect()
    }

    /// Sorts routes into a scan.
    pub fn build(routes: impl IntoIterator<Item = ScannedRoute>) -> Self {
        let mut names = Vec::new();
        let mut positions: Map<HeaderName, usize> = Map::default();
        let mut by_host: Map<Hostname, Vec<ScannedRoute>> = Map::default();
        for mut route in routes {
            for header in route.conditions.iter_mut().flat_map(|conditions| &mut conditions.headers) {
                header.position = *positions.entry(header.name.clone()).or_insert_with_key(|name| {
                    names.push(name.clone());
                    names.len() - 1
                });
            }
            by_host.entry(route.hostname.clone()).or_default().push(route);
        }
        let mut scan = Scan { exact: Map::default(), wildcard: Map::default(), names, remembers: false };
        for (hostname, routes) in by_host {
            match hostname.wildcard_suffix() {
                Some(suffix) => scan.wildcard.insert(suffix.into(), Bucket::new(routes)),
                None => scan.exact.insert(hostname.as_str().into(), Bucket::new(routes)),
            };
        }
        scan
    }

    /// The number of the route that takes a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        if self.remembers {
            self.search(asked, &mut Remembered { asked, values: vec![None; self.names.len()] })
        } else {
            self.search(asked, &mut Fetched(asked))
        }
    }

    fn search<'a>(&self, asked: &Asked<'a>, headers: &mut impl HeaderSource<'a>) -> Option<u32> {
        let host = folded(host_of(asked.view.authority()));
        if let Some(found) = self.exact.get(&*host).and_then(|bucket| bucket.find(asked, headers)) {
            return Some(found);
        }
        if self.wildcard.is_empty() {
            return None;
        }
        let suffixes = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
        suffixes.filter_map(|suffix| self.wildcard.get(suffix)).find_map(|bucket| bucket.find(asked, headers))
    }
}

/// Where candidates have the values of headers from.
trait HeaderSource<'a> {
    fn value(&mut self, test: &HeaderTest) -> Option<&'a [u8]>;
}

struct Fetched<'s, 'a>(&'s Asked<'a>);

impl<'a> HeaderSource<'a> for Fetched<'_, 'a> {
    fn value(&mut self, test: &HeaderTest) -> Option<&'a [u8]> {
        self.0.headers.get(&test.name).map(|value| value.as_bytes())
    }
}

struct Remembered<'s, 'a> {
    asked: &'s Asked<'a>,
    /// By position: not asked for yet, or what the request has.
    values: Vec<Option<Option<&'a [u8]>>>,
}

impl<'a> HeaderSource<'a> for Remembered<'_, 'a> {
    fn value(&mut self, test: &HeaderTest) -> Option<&'a [u8]> {
        *self.values[test.position]
            .get_or_insert_with(|| self.asked.headers.get(&test.name).map(|value| value.as_bytes()))
    }
}

impl Bucket {
    fn new(mut routes: Vec<ScannedRoute>) -> Self {
        routes.sort_unstable_by_key(|route| Reverse(route.rank));
        let mut all = Vec::new();
        let candidates = routes.into_iter().map(|ScannedRoute { route, path, conditions, .. }| {
            let position = conditions.as_ref().map_or(u32::MAX, |_| u32::try_from(all.len()).unwrap_or(u32::MAX));
            all.extend(conditions);
            Candidate { path, route, conditions: position }
        });
        Bucket { candidates: candidates.collect(), conditions: all.into() }
    }

    fn find<'a>(&self, asked: &Asked<'a>, headers: &mut impl HeaderSource<'a>) -> Option<u32> {
        let found = self.candidates.iter().find(|candidate| {
            candidate.path.takes(asked)
                && usize::try_from(candidate.conditions)
                    .ok()
                    .and_then(|position| self.conditions.get(position))
                    .is_none_or(|conditions| conditions.take(asked, headers))
        });
        found.map(|candidate| candidate.route)
    }
}

impl PathTest {
    #[inline]
    fn takes(&self, asked: &Asked<'_>) -> bool {
        let path = asked.view.path();
        match self {
            PathTest::Exact(wanted) => **wanted == *path,
            PathTest::Prefix(prefix) => {
                let rest = path.strip_prefix(&**prefix);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.is_empty())
            }
            PathTest::Regex(regex) => regex.is_match(path),
            PathTest::Call(wanted) => **wanted == *path && asked.view.is_grpc(),
        }
    }
}

impl Conditions {
    fn take<'a>(&self, asked: &Asked<'a>, headers: &mut impl HeaderSource<'a>) -> bool {
        self.method.as_deref().is_none_or(|method| method == asked.view.method())
            && self.headers.iter().all(|test| headers.value(test) == Some(&*test.value))
            && self.query.iter().all(|(name, value)| parameter(asked.view.query(), name) == Some(&**value))
    }
}

impl ScannedRoute {
    fn new(entry: &Entry, number: u32) -> Self {
        let ((path, path_rank), method, headers, query) = match &entry.condition {
            Condition::Http(wire) => (path_of(wire), wire.method.as_ref(), &wire.headers, &*wire.query_params),
            Condition::Grpc(wire) => (call_of(wire), None, &wire.headers, &[][..]),
        };
        let rank = Rank {
            path: path_rank,
            method: method.is_some(),
            headers: headers.len(),
            query: query.len(),
            created: Reverse(Entry::created(usize::try_from(number).expect("tables are small"))),
            name: Reverse(number),
        };
        let asks = method.is_some() || !headers.is_empty() || !query.is_empty();
        let conditions = asks.then(|| Conditions {
            method: method.map(|method| method.as_str().into()),
            headers: headers.iter().map(HeaderTest::new).collect(),
            query: query.iter().map(|param| (param.name.as_str().into(), param.value.as_str().into())).collect(),
        });
        ScannedRoute { hostname: entry.hostname.clone(), rank, route: number, path, conditions }
    }
}

impl HeaderTest {
    fn new(header: &HeaderMatch) -> Self {
        let name = HeaderName::from_bytes(header.name.as_bytes()).expect("names of headers are well-formed");
        HeaderTest { name, position: 0, value: header.value.as_bytes().into() }
    }
}

fn path_of(wire: &HttpRouteMatch) -> (PathTest, (u8, usize)) {
    let value = wire.path_value();
    match wire.path_type() {
        PathMatchType::Exact => (PathTest::Exact(value.into()), (3, 0)),
        PathMatchType::RegularExpression => {
            let regex = meta::Regex::new(&format!("^(?:{value})$")).expect("patterns of tables are well-formed");
            (PathTest::Regex(Box::new(regex)), (2, value.len()))
        }
        _ => {
            let prefix = value.trim_end_matches('/');
            (PathTest::Prefix(prefix.into()), (1, prefix.len()))
        }
    }
}

fn call_of(wire: &GrpcRouteMatch) -> (PathTest, (u8, usize)) {
    let wanted = wire.method.clone().unwrap_or_default();
    let path = format!("/{}/{}", wanted.service.unwrap_or_default(), wanted.method.unwrap_or_default());
    let length = path.len();
    (PathTest::Call(path.into()), (0, length))
}

fn folded(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) { host.to_ascii_lowercase().into() } else { host.into() }
}

/// The first value of a parameter. Nothing is decoded: no request here has an escape in its query.
fn parameter<'q>(query: Option<&'q str>, name: &str) -> Option<&'q str> {
    query?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}
