//! The design that others use: the candidates of a host, sorted, tried one after another.

use std::borrow::Cow;
use std::cmp::Reverse;

use gateway_model::{GrpcRouteMatch, HeaderMatch, HttpRouteMatch, PathMatchType};
use http::HeaderName;
use regex_automata::meta;

use super::{Map, host_of};
use crate::workload::{Asked, Condition, Entry, Table};

/// A linear scan per host: hosts by hash, wildcards by walking the suffixes of the host; what matches a host is
/// sorted by precedence and tried in that order, and the first that takes the request wins.
///
/// Written for speed within its design: candidates lie side by side, are tested from the cheapest condition to the
/// dearest, and compare nothing that the request does not have. As in the engines that are built this way, each
/// candidate asks the request's header map for itself; [`Scan::remembering`] asks once a name instead.
#[derive(Debug)]
pub struct Scan {
    exact: Map<Box<str>, Vec<Candidate>>,
    wildcard: Map<Box<str>, Vec<Candidate>>,
    names: Vec<HeaderName>,
    remembers: bool,
}

/// A route, compiled for a [`Scan`].
#[derive(Clone, Debug)]
pub struct Compiled {
    candidate: Candidate,
    names: Vec<HeaderName>,
    hostname: gateway_model::Hostname,
}

#[derive(Clone, Debug)]
struct Candidate {
    rank: Rank,
    path: PathTest,
    method: Option<Box<str>>,
    headers: Box<[HeaderTest]>,
    query: Box<[(Box<str>, Box<str>)]>,
    route: u32,
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
    Regex(meta::Regex),
    Call {
        service: Box<str>,
        method: Box<str>,
    },
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
    pub fn compile(table: &Table) -> Vec<Compiled> {
        let numbered = (0_u32..).zip(table.entries());
        numbered.map(|(number, entry)| Compiled::new(entry, number)).collect()
    }

    /// Sorts routes into a scan.
    pub fn build(routes: impl IntoIterator<Item = Compiled>) -> Self {
        let mut scan = Scan { exact: Map::default(), wildcard: Map::default(), names: Vec::new(), remembers: false };
        let mut positions: Map<HeaderName, usize> = Map::default();
        for Compiled { mut candidate, names, hostname } in routes {
            for (header, name) in candidate.headers.iter_mut().zip(names) {
                header.position = *positions.entry(name).or_insert_with_key(|name| {
                    scan.names.push(name.clone());
                    scan.names.len() - 1
                });
            }
            let bucket = match hostname.wildcard_suffix() {
                Some(suffix) => scan.wildcard.entry(suffix.into()).or_default(),
                None => scan.exact.entry(hostname.as_str().into()).or_default(),
            };
            bucket.push(candidate);
        }
        for bucket in scan.exact.values_mut().chain(scan.wildcard.values_mut()) {
            bucket.sort_unstable_by_key(|candidate| Reverse(candidate.rank));
            bucket.shrink_to_fit();
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
        let call = asked.view.is_grpc().then(|| asked.view.path().strip_prefix('/')?.rsplit_once('/')).flatten();
        let mut in_bucket = |bucket: &Vec<Candidate>| {
            let found = bucket.iter().find(|candidate| candidate.takes(asked, call, headers));
            found.map(|candidate| candidate.route)
        };
        if let Some(found) = self.exact.get(&*host).and_then(&mut in_bucket) {
            return Some(found);
        }
        if self.wildcard.is_empty() {
            return None;
        }
        let suffixes = host.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(dot, _)| &host[dot + 1..]);
        suffixes.filter_map(|suffix| self.wildcard.get(suffix)).find_map(in_bucket)
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

impl Candidate {
    fn takes<'a>(&self, asked: &Asked<'a>, call: Option<(&str, &str)>, headers: &mut impl HeaderSource<'a>) -> bool {
        let path = asked.view.path();
        let takes_path = match &self.path {
            PathTest::Exact(wanted) => **wanted == *path,
            PathTest::Prefix(prefix) => {
                path.strip_prefix(&**prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || prefix.is_empty()
            }
            PathTest::Regex(regex) => regex.is_match(path),
            PathTest::Call { service, method } => {
                call.is_some_and(|called| called.0 == &**service && called.1 == &**method)
            }
        };
        takes_path
            && self.method.as_deref().is_none_or(|method| method == asked.view.method())
            && self.headers.iter().all(|test| headers.value(test) == Some(&*test.value))
            && self.query.iter().all(|(name, value)| parameter(asked.view.query(), name) == Some(&**value))
    }
}

impl Compiled {
    fn new(entry: &Entry, number: u32) -> Self {
        let (path, method, headers, query) = match &entry.condition {
            Condition::Http(wire) => (path_of(wire), wire.method.as_ref(), &wire.headers, &*wire.query_params),
            Condition::Grpc(wire) => (call_of(wire), None, &wire.headers, &[][..]),
        };
        let names: Vec<HeaderName> = headers.iter().map(name_of).collect();
        let tests = headers.iter().zip(&names).map(|(header, name)| HeaderTest {
            name: name.clone(),
            position: 0,
            value: header.value.as_bytes().into(),
        });
        let (test, path) = path;
        let rank = Rank {
            path,
            method: method.is_some(),
            headers: headers.len(),
            query: query.len(),
            created: Reverse(Entry::created(usize::try_from(number).expect("tables are small"))),
            name: Reverse(number),
        };
        let candidate = Candidate {
            rank,
            path: test,
            method: method.map(|method| method.as_str().into()),
            headers: tests.collect(),
            query: query.iter().map(|param| (param.name.as_str().into(), param.value.as_str().into())).collect(),
            route: number,
        };
        Compiled { candidate, names, hostname: entry.hostname.clone() }
    }
}

fn path_of(wire: &HttpRouteMatch) -> (PathTest, (u8, usize)) {
    let value = wire.path_value();
    match wire.path_type() {
        PathMatchType::Exact => (PathTest::Exact(value.into()), (3, 0)),
        PathMatchType::RegularExpression => {
            let regex = meta::Regex::new(&format!("^(?:{value})$")).expect("patterns of tables are well-formed");
            (PathTest::Regex(regex), (2, value.len()))
        }
        _ => {
            let prefix = value.trim_end_matches('/');
            (PathTest::Prefix(prefix.into()), (1, prefix.len()))
        }
    }
}

fn call_of(wire: &GrpcRouteMatch) -> (PathTest, (u8, usize)) {
    let wanted = wire.method.clone().unwrap_or_default();
    let (service, method) = (wanted.service.unwrap_or_default(), wanted.method.unwrap_or_default());
    let length = service.len() + method.len();
    (PathTest::Call { service: service.into(), method: method.into() }, (0, length))
}

fn name_of(header: &HeaderMatch) -> HeaderName {
    HeaderName::from_bytes(header.name.as_bytes()).expect("names of headers are well-formed")
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
