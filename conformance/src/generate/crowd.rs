//! Hundreds of matches for a few hosts: what tables, sieves and groups of matches are for.

use std::ops::Range;

use gateway_model::{
    AnyObject, BackendRef, Gateway, GatewaySpec, GrpcMethodMatch, GrpcRoute, GrpcRouteMatch, GrpcRouteRule,
    GrpcRouteSpec, HeaderMatch, HttpMethod, HttpPathMatch, HttpRoute, HttpRouteMatch, HttpRouteRule, HttpRouteSpec,
    Lenient, Listener, ListenerProtocol, Object, ParentReference, PathMatchType, QueryParamMatch, ValueMatchType,
};

use super::{Case, Settings, Source, backends, listeners};
use crate::decide::{PlainRequest, Protocol};

const NAMESPACE: &str = "shop";
const HOSTS: &[&str] = &["a.example.com", "*.example.com", "b.example.com", "*.com"];
const HEADERS: &[&str] = &["x-tenant", "x-env", "cookie"];
const PARAMS: &[&str] = &["version", "lang"];
const METHODS: &[&str] = &["GET", "POST", "DELETE"];

/// How many requests there are at most.
const REQUESTS: usize = 12;

/// What the routes of a crowd are made of. Where there are few different things matches contend with each other, where
/// there are many they fill tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    routes: usize,
    /// Matches of a route at most.
    matches: usize,
    are_calls: bool,
    /// Of the hostnames that there are, so many are used.
    hosts: usize,
    listener: Option<&'static str>,
    /// How often a match asks for a prefix, for the very path, for a pattern and for nothing of the path.
    kinds: [(usize, Option<Kind>); 4],
    /// How many different paths there are, and how many segments one has at most.
    paths: usize,
    depth: usize,
    /// How many names of headers and of query parameters are used, and how many different values each has.
    headers: usize,
    params: usize,
    values: usize,
    /// Percentages of matches with a header, of those that have another one, of matches with a parameter and with a
    /// method, and of values that are patterns.
    with_header: usize,
    with_second: usize,
    with_param: usize,
    with_method: usize,
    patterns: usize,
}

/// What there is much of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Some of everything, for a few hosts.
    #[default]
    Mixed,
    /// Paths of mostly one kind, of one host.
    ManyPaths,
    /// Values of headers at one path, as tenants are told apart.
    ManyValues,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Pattern,
}

impl Crowd {
    /// Draws what it is made of, with a dozen choices.
    pub fn draw(source: &mut dyn Source) -> Self {
        let form = source.weighted(&[(3, Form::Mixed), (3, Form::ManyPaths), (2, Form::ManyValues)]);
        let main = source.below(4);
        let mut weight = |position, kind| {
            let weight = match form {
                Form::Mixed => source.weighted(&[(2, 1), (1, 0), (1, 9)]),
                _ if position == main => 30,
                _ => source.weighted(&[(2, 0), (1, 1)]),
            };
            (weight, kind)
        };
        let kinds = [
            weight(0, Some(Kind::Prefix)),
            weight(1, Some(Kind::Exact)),
            weight(2, Some(Kind::Pattern)),
            weight(3, None),
        ];
        let mut chance = || match form {
            Form::ManyValues => source.weighted(&[(4, 0), (1, 10), (1, 50)]),
            _ => source.weighted(&[(3, 0), (1, 10), (1, 50), (2, 100)]),
        };
        let [with_header, with_second, with_param, with_method] = [chance(), chance(), chance(), chance()];
        let number = |source: &mut dyn Source| source.weighted(&[(2, 1), (1, 3), (1, 12), (2, 70), (1, 600)]);
        Crowd {
            routes: if form == Form::Mixed { source.weighted(&[(2, 3), (2, 12), (2, 40), (1, 100)]) } else { 160 },
            matches: source.weighted(&[(2, 1), (2, 3), (2, 5)]),
            are_calls: source.chance(15),
            hosts: if form == Form::Mixed {
                source.weighted(&[(1, 1), (1, 2), (2, 4)])
            } else {
                source.weighted(&[(4, 1), (1, 2)])
            },
            listener: source.weighted(&[(3, None), (1, Some("*.example.com")), (1, Some("a.example.com"))]),
            kinds,
            paths: match form {
                Form::Mixed => number(source),
                Form::ManyPaths => source.weighted(&[(4, 600), (1, 70)]),
                Form::ManyValues => source.weighted(&[(4, 1), (1, 3)]),
            },
            depth: source.weighted(&[(1, 1), (2, 3), (2, 9)]),
            headers: source.weighted(&[(3, 1), (1, 2), (1, 3)]),
            params: source.weighted(&[(2, 1), (1, 2)]),
            values: if form == Form::ManyValues { 600 } else { number(source) },
            with_header: if form == Form::ManyValues { 100 } else { with_header },
            with_second,
            with_param,
            with_method,
            patterns: source.weighted(&[(4, 0), (1, 10)]),
        }
    }

    /// A Gateway with such routes, the Services that they refer to, and requests, which are spread over the routes.
    pub fn case(&self, source: &mut dyn Source) -> Case {
        self.with_routes(source, 0..self.routes)
    }

    /// The same with a few routes, half of which have names of the [many](Crowd::case), and a request to each. Paths of
    /// every kind are among them, so that what was alike need not stay so.
    pub fn changes(&self, source: &mut dyn Source) -> Case {
        let first = self.routes.saturating_sub(REQUESTS / 2);
        let kinds = self.kinds.map(|(_, kind)| (1, kind));
        Crowd { kinds, ..self.clone() }.with_routes(source, first..first + REQUESTS)
    }

    fn with_routes(&self, source: &mut dyn Source, numbers: Range<usize>) -> Case {
        let mut objects: Vec<AnyObject> = vec![self.gateway().into(), backends::service(NAMESPACE, "ready").into()];
        let mut requests = Vec::new();
        let step = numbers.len().div_ceil(REQUESTS);
        for number in numbers {
            let (object, request) = if self.are_calls { self.calls(source, number) } else { self.http(source, number) };
            objects.push(object);
            requests.extend(request.filter(|_| number % step == 0));
        }
        Case { objects, requests }
    }

    fn gateway(&self) -> Gateway {
        let listener = Listener {
            name: "web".to_owned(),
            hostname: self.listener.map(Lenient::read),
            port: 80,
            protocol: ListenerProtocol::Http,
            tls: None,
            allowed_routes: listeners::all_namespaces(),
        };
        let spec =
            GatewaySpec { gateway_class_name: "any".to_owned(), listeners: vec![listener], ..GatewaySpec::default() };
        Object::new(listeners::INFRA, "g0", spec)
    }

    /// A route, and a request that one of its matches takes, or narrowly does not.
    fn http(&self, source: &mut dyn Source, number: usize) -> (AnyObject, Option<PlainRequest>) {
        let matches: Vec<HttpRouteMatch> = (0..=source.below(self.matches)).map(|_| self.condition(source)).collect();
        let hostname = self.hostname(source);
        let request = source.one_of(&matches).cloned().map(|condition| self.request(source, hostname, &condition));
        let rules = |matches: &[HttpRouteMatch]| HttpRouteRule {
            matches: matches.to_vec(),
            backend_refs: vec![BackendRef::service("ready", 80)],
            ..HttpRouteRule::default()
        };
        let spec = HttpRouteSpec {
            parent_refs: vec![parent()],
            hostnames: vec![Lenient::read(hostname)],
            rules: matches.chunks(2).map(rules).collect(),
            ..HttpRouteSpec::default()
        };
        let route: HttpRoute = named(source, number, spec);
        (route.into(), request)
    }

    fn calls(&self, source: &mut dyn Source, number: usize) -> (AnyObject, Option<PlainRequest>) {
        let matches: Vec<GrpcRouteMatch> = (0..=source.below(self.matches)).map(|_| self.call(source)).collect();
        let hostname = self.hostname(source);
        let request = source.one_of(&matches).cloned().map(|condition| {
            let wanted = condition.method.unwrap_or_default();
            let (service, method) = self.method(source);
            let path = format!("/{}/{}", wanted.service.unwrap_or(service), wanted.method.unwrap_or(method));
            let mut request = PlainRequest::get(host(source, hostname), &path);
            request.protocol = Protocol::Grpc;
            self.send(source, &condition.headers, &mut request);
            request
        });
        let rules = |matches: &[GrpcRouteMatch]| GrpcRouteRule {
            matches: matches.to_vec(),
            backend_refs: vec![BackendRef::service("ready", 80)],
            ..GrpcRouteRule::default()
        };
        let spec = GrpcRouteSpec {
            parent_refs: vec![parent()],
            hostnames: vec![Lenient::read(hostname)],
            rules: matches.chunks(2).map(rules).collect(),
            ..GrpcRouteSpec::default()
        };
        let route: GrpcRoute = named(source, number, spec);
        (route.into(), request)
    }

    fn hostname(&self, source: &mut dyn Source) -> &'static str {
        source.word(HOSTS.get(..self.hosts).unwrap_or(HOSTS))
    }

    fn condition(&self, source: &mut dyn Source) -> HttpRouteMatch {
        let path = source.weighted(&self.kinds).map(|kind| {
            let number = source.below(self.paths);
            let (kind, value) = match kind {
                Kind::Exact => (PathMatchType::Exact, self.path(number)),
                Kind::Prefix if source.chance(10) => (PathMatchType::PathPrefix, format!("{}/", self.path(number))),
                Kind::Prefix => (PathMatchType::PathPrefix, self.path(number)),
                Kind::Pattern => (PathMatchType::RegularExpression, format!("{}/[0-9]+", self.path(number))),
            };
            HttpPathMatch { r#type: Some(kind), value: Some(value) }
        });
        let params = if source.chance(self.with_param) { 1 } else { 0 };
        HttpRouteMatch {
            path,
            headers: self.headers(source),
            query_params: (0..params).map(|_| self.param(source)).collect(),
            method: source.chance(self.with_method).then(|| HttpMethod::from(source.word(METHODS))),
        }
    }

    fn call(&self, source: &mut dyn Source) -> GrpcRouteMatch {
        let (service, method) = self.method(source);
        let method = match source.weighted(&self.kinds) {
            Some(Kind::Exact) => Some((Some(service), Some(method))),
            Some(Kind::Prefix) => Some((Some(service), None)),
            Some(Kind::Pattern) => Some((None, Some(method))),
            None => None,
        };
        let method = method.map(|(service, method)| GrpcMethodMatch { r#type: None, service, method });
        GrpcRouteMatch { method, headers: self.headers(source) }
    }

    fn method(&self, source: &mut dyn Source) -> (String, String) {
        let number = source.below(self.paths);
        (format!("shop.S{}", number / self.depth), format!("M{}", number % self.depth))
    }

    /// A path by its number. As many as are as deep as can be in a row lie one in another; every seventh of those has a
    /// segment that is longer than what lies beside a value.
    fn path(&self, number: usize) -> String {
        let family = number / self.depth;
        let mut path = format!("/p{family}");
        if family % 7 == 3 {
            path.push_str("-with-a-name-of-more-than-thirty-bytes");
        }
        for depth in 0..number % self.depth {
            path.push_str(if depth % 2 == 0 { "/a" } else { "/bc" });
        }
        path
    }

    fn headers(&self, source: &mut dyn Source) -> Vec<HeaderMatch> {
        if !source.chance(self.with_header) {
            return Vec::new();
        }
        let count = if source.chance(self.with_second) { 2 } else { 1 };
        let names = HEADERS.get(..self.headers).unwrap_or(HEADERS);
        (0..count)
            .map(|_| {
                let (r#type, value) = self.wanted(source);
                HeaderMatch { r#type, name: source.word(names).to_owned(), value }
            })
            .collect()
    }

    fn param(&self, source: &mut dyn Source) -> QueryParamMatch {
        let (r#type, value) = self.wanted(source);
        QueryParamMatch { r#type, name: source.word(PARAMS.get(..self.params).unwrap_or(PARAMS)).to_owned(), value }
    }

    fn wanted(&self, source: &mut dyn Source) -> (Option<ValueMatchType>, String) {
        if source.chance(self.patterns) {
            return (Some(ValueMatchType::RegularExpression), format!("v.*{}", source.below(10)));
        }
        (None, self.value(source))
    }

    /// A value, one in thirty-two of which is longer than what lies beside a match.
    fn value(&self, source: &mut dyn Source) -> String {
        let number = source.below(self.values);
        if number % 32 == 31 { format!("value-that-is-too-long-{number}") } else { format!("v{number}") }
    }

    fn request(&self, source: &mut dyn Source, hostname: &str, condition: &HttpRouteMatch) -> PlainRequest {
        let mut path = match condition.path_type() {
            PathMatchType::RegularExpression => condition.path_value().replace("[0-9]+", "42"),
            PathMatchType::PathPrefix => {
                let below = source.weighted(&[(3, ""), (2, "/x/y"), (1, "/"), (1, "x")]);
                format!("{}{below}", condition.path_value().trim_end_matches('/'))
            }
            _ => condition.path_value().to_owned(),
        };
        if path.is_empty() || source.chance(15) {
            let number = source.below(self.paths);
            path = format!("{}{}", self.path(number), source.word(&["", "/", "/a/42", "//"]));
        }
        let mut mark = '?';
        for param in &condition.query_params {
            if source.chance(90) {
                path.extend([mark]);
                path.push_str(&format!("{}={}", param.name, answer(&param.value)));
                mark = '&';
            }
        }
        let mut request = PlainRequest::get(host(source, hostname), &path);
        if let Some(method) = condition.method.as_ref().filter(|_| source.chance(90)) {
            method.as_str().clone_into(&mut request.method);
        }
        self.send(source, &condition.headers, &mut request);
        request
    }

    /// Adds the headers that are wanted, or nearly so.
    fn send(&self, source: &mut dyn Source, wanted: &[HeaderMatch], request: &mut PlainRequest) {
        for header in wanted {
            if source.chance(90) {
                request.headers.push((header.name.clone(), answer(&header.value)));
            }
        }
        if source.chance(25) {
            let name = source.word(HEADERS).to_owned();
            let at = source.below(request.headers.len() + 1);
            request.headers.insert(at, (name, self.value(source)));
        }
    }
}

/// A value that a test of [`Crowd::wanted`] takes.
fn answer(wanted: &str) -> String {
    wanted.replace(".*", "-")
}

fn host(source: &mut dyn Source, hostname: &str) -> String {
    match hostname.strip_prefix('*') {
        Some(suffix) => format!("{}{suffix}", source.word(&["a", "c", "x.y"])),
        None => hostname.to_owned(),
    }
}

/// A route of some age.
fn named<S: gateway_model::Kind>(source: &mut dyn Source, number: usize, spec: S) -> Object<S> {
    let mut route = Object::new(NAMESPACE, format!("r{number}"), spec);
    listeners::age(source, &Settings::tie_heavy(), &mut route.metadata);
    route
}

fn parent() -> ParentReference {
    ParentReference { namespace: Some(listeners::INFRA.to_owned()), ..ParentReference::gateway("g0") }
}
