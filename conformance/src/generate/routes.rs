//! HTTPRoutes, and what the other kinds of route have in common with them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use gateway_model::{
    BackendRef, DefaultGatewayScope, HeaderMatch, Hostname, HttpMethod, HttpPathMatch, HttpRoute, HttpRouteMatch,
    HttpRouteRule, HttpRouteSpec, Lenient, Object, ParentReference, PathMatchType, QueryParamMatch, RouteFilter,
    RouteFilterType, ValueMatchType,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::listeners::{Place, age};
use super::{Settings, Source, mesh};

/// Names of headers; the spelling differs where the header does not.
pub(super) const HEADERS: &[&str] = &["x-a", "x-b", "X-A", "X-B", "cookie", "Host", "Set-Cookie"];
/// Names of query parameters, decoded.
pub(super) const PARAMS: &[&str] = &["p", "q", "P", "p q", "ü"];
/// Values of headers and query parameters, decoded.
pub(super) const VALUES: &[&str] = &["1", "2", "1,2", "1; 2", "a b", "", "ü", "a.example.com"];
const PATTERNS: &[&str] = &["1|2", ".*", "[12]+", "1(,2)?", "(?i)A B", "12?|1,2"];
pub(super) const BROKEN_PATTERNS: &[&str] = &["(", "a)|(?:b", "[", "a{2,1}", "(?=a)"];
/// Methods of matches and requests.
pub(super) const METHODS: &[&str] = &["GET", "POST", "PUT", "HEAD", "OPTIONS"];

/// HTTPRoutes.
pub(super) fn routes(source: &mut dyn Source, settings: &Settings, places: &[Place<'_>]) -> Vec<HttpRoute> {
    let mut drafts = Drafts::new(source, settings, &settings.routes, &["HTTP", "HTTPS"], places);
    (0..drafts.count)
        .map(|_| {
            let draft = drafts.next(source, settings);
            let mut route = Object { metadata: draft.metadata, spec: HttpRouteSpec::default(), status: None };
            route.spec.parent_refs = draft.parent_refs;
            route.spec.use_default_gateways = draft.use_default_gateways;
            let hostnames = source.within(&settings.hostnames);
            route.spec.hostnames = hostname_list(source, settings, draft.home, hostnames);
            let rules = source.within(&settings.rules);
            let mut earlier = Vec::new();
            route.spec.rules = (0..rules).map(|_| rule(source, settings, &mut earlier)).collect();
            route
        })
        .collect()
}

/// The routes of one kind, one after the other.
pub(super) struct Drafts<'a> {
    /// How many there are.
    pub(super) count: usize,
    /// The listeners that they are meant for.
    places: Vec<Place<'a>>,
    names: BTreeSet<(String, String)>,
}

/// What a route of any kind begins with.
pub(super) struct Draft<'a> {
    pub(super) metadata: ObjectMeta,
    pub(super) parent_refs: Vec<ParentReference>,
    pub(super) use_default_gateways: Option<DefaultGatewayScope>,
    /// The listener that it is meant for first; none if that is a Service.
    pub(super) home: Option<Place<'a>>,
}

impl<'a> Drafts<'a> {
    /// Routes for listeners of some protocols.
    pub(super) fn new(
        source: &mut dyn Source,
        settings: &Settings,
        count: &RangeInclusive<usize>,
        protocols: &[&str],
        places: &[Place<'a>],
    ) -> Self {
        let count = source.within(count);
        let fits = |place: &&Place<'a>| protocols.contains(&place.listener.protocol.as_str());
        let mut fitting: Vec<Place<'a>> = places.iter().filter(fits).copied().collect();
        // Where there is none of them, a Service will do, or some other listener.
        if (fitting.is_empty() && settings.meshed == 0) || source.chance(settings.restricted / 2) {
            fitting = places.to_vec();
        }
        Drafts { count, places: fitting, names: BTreeSet::new() }
    }

    pub(super) fn next(&mut self, source: &mut dyn Source, settings: &Settings) -> Draft<'a> {
        let namespace = source.word(&settings.namespaces);
        let mut name = source.word(&["a", "b", "a-b", "x", "a.b"]).to_owned();
        // With many routes names of a few letters are used up at once.
        if self.count > 16 || self.names.contains(&(namespace.to_owned(), name.clone())) {
            name = format!("{name}-{}", self.names.len());
        }
        self.names.insert((namespace.to_owned(), name.clone()));
        let mut metadata =
            ObjectMeta { name: Some(name), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() };
        age(source, settings, &mut metadata);
        let more = source.weighted(&[(8, 0), (2, 1), (1, 2)]);
        if self.places.is_empty() && settings.meshed > 0 || source.chance(settings.meshed) {
            let parent_refs = (0..=more).map(|_| mesh::parent_ref(source, settings, namespace)).collect();
            return Draft {
                metadata,
                parent_refs,
                use_default_gateways: default_scope(source, settings.defaulted),
                home: None,
            };
        }
        let home = source.one_of(&self.places).copied();
        let others: Vec<_> = (0..more).map(|_| source.one_of(&self.places).copied()).collect();
        let mut parent_refs: Vec<ParentReference> =
            std::iter::once(home).chain(others).map(|place| parent_ref(source, settings, namespace, place)).collect();
        if source.chance(settings.meshed / 4) {
            parent_refs.push(mesh::parent_ref(source, settings, namespace));
        }
        let use_default_gateways = default_scope(source, settings.defaulted);
        if use_default_gateways.is_some() && source.chance(30) {
            parent_refs.clear();
        }
        Draft { metadata, parent_refs, use_default_gateways, home }
    }
}

/// A scope of default Gateways in so many of a hundred cases, which is that of none now and then.
pub(super) fn default_scope(source: &mut dyn Source, percent: usize) -> Option<DefaultGatewayScope> {
    let scope = |source: &mut dyn Source| match source.chance(15) {
        true => DefaultGatewayScope::None,
        false => DefaultGatewayScope::All,
    };
    (percent > 0 && source.chance(percent)).then(|| scope(source))
}

/// Hostnames of a route, most of which share hosts with the listener that it is meant for.
pub(super) fn hostname_list(
    source: &mut dyn Source,
    settings: &Settings,
    home: Option<Place<'_>>,
    count: usize,
) -> Vec<Lenient<Hostname>> {
    let at_home = home.and_then(|place| place.listener.hostname.as_ref()).map(Lenient::as_str);
    (0..count).map(|_| Lenient::read(&hostname(source, settings, at_home))).collect()
}

fn parent_ref(
    source: &mut dyn Source,
    settings: &Settings,
    namespace: &str,
    place: Option<Place<'_>>,
) -> ParentReference {
    let Some(place) = place else {
        return ParentReference::gateway("g0");
    };
    let mut parent = ParentReference { name: place.name.to_owned(), ..ParentReference::default() };
    if place.kind != "Gateway" || source.chance(20) {
        parent.group = Some("gateway.networking.k8s.io".to_owned());
        parent.kind = Some(place.kind.to_owned());
    }
    if place.namespace != namespace || source.chance(20) {
        parent.namespace = Some(place.namespace.to_owned());
    }
    if source.chance(25) {
        parent.section_name = Some(place.listener.name.clone());
    }
    if source.chance(20) {
        parent.port = Some(place.listener.port);
    }
    if source.chance(settings.restricted / 2) {
        match source.below(7) {
            0 => parent.section_name = Some("l1".to_owned()),
            1 => parent.port = settings.ports.last().map(|(port, _)| *port),
            2 => parent.section_name = Some("nowhere".to_owned()),
            3 => parent.name = "nobody".to_owned(),
            4 => parent.namespace = None,
            5 => parent.kind = Some("Service".to_owned()),
            _ => parent.group = Some("core".to_owned()),
        }
    }
    parent
}

/// A hostname, mostly one that shares hosts with the listener that the route is meant for.
fn hostname(source: &mut dyn Source, settings: &Settings, listener: Option<&str>) -> String {
    if source.chance(settings.malformed) {
        return source.word(&["A.example.com", "*", "1.2.3.4", "a..b", "", "-a.example.com", "a.*.com"]).to_owned();
    }
    let mut hostname = source.text(&settings.hosts);
    for _ in 0..4 {
        let covers = |wide: &str, narrow: &str| wide.strip_prefix('*').is_some_and(|tail| narrow.ends_with(tail));
        let shared = |own: &str| own == hostname || covers(own, &hostname) || covers(&hostname, own);
        if listener.is_none_or(shared) || source.chance(settings.restricted) {
            break;
        }
        hostname = source.text(&settings.hosts);
    }
    hostname
}

fn rule(source: &mut dyn Source, settings: &Settings, earlier: &mut Vec<HttpRouteMatch>) -> HttpRouteRule {
    let matches = source.within(&settings.matches);
    let backends = source.within(&settings.backends);
    let mut next_match = || {
        let repeated = source.one_of(earlier).cloned().filter(|_| source.chance(settings.repeated));
        let next = match repeated {
            Some(mut again) => {
                again.headers.reverse();
                again
            }
            None => condition(source, settings),
        };
        earlier.push(next.clone());
        next
    };
    let mut rule = HttpRouteRule {
        matches: (0..matches).map(|_| next_match()).collect(),
        backend_refs: (0..backends).map(|_| backend_ref(source, settings)).collect(),
        ..HttpRouteRule::default()
    };
    if source.chance(settings.malformed) {
        rule.filters.push(RouteFilter { r#type: RouteFilterType::from("Teleport"), ..RouteFilter::default() });
    }
    rule
}

fn condition(source: &mut dyn Source, settings: &Settings) -> HttpRouteMatch {
    let headers = source.within(&settings.headers);
    let params = source.within(&settings.query_params);
    HttpRouteMatch {
        path: (!source.chance(15)).then(|| path(source, settings)),
        headers: (0..headers).map(|_| header(source, settings)).collect(),
        query_params: (0..params).map(|_| query_param(source, settings)).collect(),
        method: source.chance(30).then(|| method(source, settings)),
    }
}

fn path(source: &mut dyn Source, settings: &Settings) -> HttpPathMatch {
    if source.chance(settings.regexes) {
        let mut pattern = source.text(&settings.path_patterns);
        if source.chance(settings.malformed * 2) {
            pattern = source.word(BROKEN_PATTERNS).to_owned();
        }
        return HttpPathMatch { r#type: Some(PathMatchType::RegularExpression), value: Some(pattern) };
    }
    let mut path = HttpPathMatch {
        r#type: source.weighted(&[(3, Some("PathPrefix")), (3, Some("Exact")), (1, None)]).map(PathMatchType::from),
        value: (!source.chance(5)).then(|| source.text(&settings.paths)),
    };
    if source.chance(settings.malformed) {
        path.r#type = Some(PathMatchType::from(source.word(&["Glob", "exact", ""])));
    }
    if source.chance(settings.malformed) {
        path.value = Some(source.word(&["a", "", "//", "/a//"]).to_owned());
    }
    path
}

fn method(source: &mut dyn Source, settings: &Settings) -> HttpMethod {
    if source.chance(settings.malformed) {
        return HttpMethod::from(source.word(&["BREW", "get", ""]));
    }
    HttpMethod::from(source.word(METHODS))
}

pub(super) fn header(source: &mut dyn Source, settings: &Settings) -> HeaderMatch {
    let (r#type, value) = value_match(source, settings);
    let mut name = source.weighted(&[
        (9, "x-a"),
        (9, "x-b"),
        (9, "X-A"),
        (6, "X-B"),
        (1, "cookie"),
        (1, "Host"),
        (1, "Set-Cookie"),
    ]);
    if source.chance(settings.malformed) {
        name = source.word(&["x a", "", ":method"]);
    }
    HeaderMatch { r#type, name: name.to_owned(), value }
}

fn query_param(source: &mut dyn Source, settings: &Settings) -> QueryParamMatch {
    let (r#type, value) = value_match(source, settings);
    let mut name = source.weighted(&[(9, "p"), (9, "q"), (6, "P"), (2, "p q"), (1, "ü")]);
    if source.chance(settings.malformed) {
        name = "";
    }
    QueryParamMatch { r#type, name: name.to_owned(), value }
}

fn value_match(source: &mut dyn Source, settings: &Settings) -> (Option<ValueMatchType>, String) {
    if source.chance(settings.malformed) {
        return (Some(ValueMatchType::from(source.word(&["Near", "exact"]))), "1".to_owned());
    }
    if source.chance(settings.regexes) {
        let patterns = if source.chance(settings.malformed * 2) { BROKEN_PATTERNS } else { PATTERNS };
        return (Some(ValueMatchType::RegularExpression), source.word(patterns).to_owned());
    }
    let value = source.weighted(&[
        (9, "1"),
        (6, "2"),
        (2, "1,2"),
        (1, "1; 2"),
        (2, "a b"),
        (1, ""),
        (1, "ü"),
        (1, "a.example.com"),
    ]);
    (source.chance(50).then_some(ValueMatchType::Exact), value.to_owned())
}

/// A Service that is there, unless a restriction or a mistake is wanted.
pub(super) fn backend_ref(source: &mut dyn Source, settings: &Settings) -> BackendRef {
    let mut backend = BackendRef::service("ready", 80);
    if source.chance(30) {
        backend.name = source.word(super::backends::SERVICES).to_owned();
    }
    if source.chance(30) {
        backend.weight = source.one_of(&[1, 0, 9, 1_000_000]).copied();
    }
    if source.chance(settings.restricted) {
        match source.below(7) {
            0 => backend.name = "gone".to_owned(),
            1 => backend.port = Some(81),
            2 => backend.port = None,
            3 => backend.kind = Some(source.word(&["Service", "Deployment", "ServiceImport", "Gateway"]).to_owned()),
            4 => backend.group = Some(source.word(&["core", "", "apps", "multicluster.x-k8s.io"]).to_owned()),
            5 => {
                backend.group = Some("multicluster.x-k8s.io".to_owned());
                backend.kind = Some("ServiceImport".to_owned());
            }
            _ => backend.weight = Some(0),
        }
    }
    if source.chance(settings.restricted) {
        backend.namespace = Some(source.word(&settings.namespaces).to_owned());
    }
    if source.chance(settings.malformed) {
        backend.port = source.one_of(&[0, -1, 65_536 + 80]).copied();
    }
    if source.chance(settings.malformed) {
        backend.weight = Some(-1);
    }
    if source.chance(settings.malformed) {
        backend.filters.push(RouteFilter { r#type: RouteFilterType::from("Teleport"), ..RouteFilter::default() });
    }
    backend
}
