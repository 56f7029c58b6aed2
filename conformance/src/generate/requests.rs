//! Requests, expanded from routes and bent a little.

use gateway_model::{
    GrpcRoute, HeaderMatch, Hostname, HttpRoute, HttpRouteMatch, Lenient, ListenerProtocol, ParentReference,
    PathMatchType, TcpRoute, TlsRoute, UdpRoute, ValueMatchType,
};

use super::listeners::{Place, hostnames_for};
use super::routes::{HEADERS, METHODS, PARAMS, VALUES};
use super::{Settings, Source, grpc, mesh};
use crate::decide::{HttpVersion, PlainRequest, Protocol, Scheme};

/// Authorities that are no plain name.
const ODD_HOSTS: &[&str] = &[
    "",
    "192.0.2.1",
    "[::1]:80",
    "user@a.example.com",
    "%61.example.com",
    "a..example.com",
    ".example.com",
    "a b",
    ".",
    "a.example.com..",
    "[::1",
    "a.example.com:x",
    "ü.example.com",
    "_a.example.com",
    "*.example.com",
    "127.1",
];

/// Paths that two servers might read differently.
const ODD_PATHS: &[&str] = &[
    "*",
    "",
    "//",
    "//a",
    "/a//b",
    "/./a",
    "/a/../b",
    "/a/..",
    "/a%2Fb",
    "/a%2fb",
    "/%61",
    "/a%",
    "/a/%2e%2e/b",
    "/a;x",
    "/A",
    "/a\\b",
    "/a%5Cb",
    "/ü",
];

/// A route of any kind.
#[derive(Clone, Copy)]
pub(super) enum AnyRoute<'a> {
    Http(&'a HttpRoute),
    Grpc(&'a GrpcRoute),
    Tls(&'a TlsRoute),
    Tcp(&'a TcpRoute),
    Udp(&'a UdpRoute),
}

impl<'a> AnyRoute<'a> {
    fn namespace(self) -> &'a str {
        match self {
            AnyRoute::Http(route) => route.namespace(),
            AnyRoute::Grpc(route) => route.namespace(),
            AnyRoute::Tls(route) => route.namespace(),
            AnyRoute::Tcp(route) => route.namespace(),
            AnyRoute::Udp(route) => route.namespace(),
        }
    }

    fn parent_refs(self) -> &'a [ParentReference] {
        match self {
            AnyRoute::Http(route) => &route.spec.parent_refs,
            AnyRoute::Grpc(route) => &route.spec.parent_refs,
            AnyRoute::Tls(route) => &route.spec.parent_refs,
            AnyRoute::Tcp(route) => &route.spec.parent_refs,
            AnyRoute::Udp(route) => &route.spec.parent_refs,
        }
    }

    fn hostnames(self) -> &'a [Lenient<Hostname>] {
        match self {
            AnyRoute::Http(route) => &route.spec.hostnames,
            AnyRoute::Grpc(route) => &route.spec.hostnames,
            AnyRoute::Tls(route) => &route.spec.hostnames,
            AnyRoute::Tcp(_) | AnyRoute::Udp(_) => &[],
        }
    }
}

pub(super) fn requests(
    source: &mut dyn Source,
    settings: &Settings,
    places: &[Place<'_>],
    routes: &[AnyRoute<'_>],
) -> Vec<PlainRequest> {
    let count = source.within(&settings.requests);
    (0..count).map(|_| request(source, settings, places, routes)).collect()
}

fn request(
    source: &mut dyn Source,
    settings: &Settings,
    places: &[Place<'_>],
    routes: &[AnyRoute<'_>],
) -> PlainRequest {
    let route = source.one_of(routes).copied();
    let place = place(source, settings, places, route);
    let hostnames = route.zip(place).map(|(route, place)| hostnames_for(route.hostnames(), place.listener));
    let hostnames = hostnames.unwrap_or_default();
    let mut request = match route {
        Some(AnyRoute::Grpc(route)) => call(source, settings, place, &hostnames, route),
        Some(AnyRoute::Tls(_)) => stream(source, settings, Protocol::Tls, place, &hostnames),
        Some(AnyRoute::Tcp(_)) => stream(source, settings, Protocol::Tcp, place, &hostnames),
        Some(AnyRoute::Udp(_)) => stream(source, settings, Protocol::Udp, place, &hostnames),
        Some(AnyRoute::Http(route)) => http(source, settings, place, &hostnames, Some(route)),
        None => http(source, settings, place, &hostnames, None),
    };
    if settings.meshed > 0 {
        bend_protocol(source, settings, &mut request);
        dial(source, settings, route, &mut request);
    }
    request
}

/// An HTTP request that a match of a route takes, or narrowly does not.
fn http(
    source: &mut dyn Source,
    settings: &Settings,
    place: Option<Place<'_>>,
    hostnames: &[&str],
    route: Option<&HttpRoute>,
) -> PlainRequest {
    let condition = route
        .and_then(|route| source.one_of(&route.spec.rules))
        .and_then(|rule| source.one_of(&rule.matches))
        .cloned()
        .unwrap_or_default();
    let mut request = PlainRequest::get("", "");
    connect(source, settings, place, &mut request);
    name_host(source, settings, hostnames, &mut request);
    request.method = match &condition.method {
        Some(method) if !source.chance(settings.bent) => method.as_str().to_owned(),
        _ => source.word(METHODS).to_owned(),
    };
    if source.chance(settings.bent / 8) {
        request.method = request.method.to_ascii_lowercase();
    }
    request.path = path(source, settings, &condition);
    headers(source, settings, &condition.headers, &mut request);
    let query = query(source, settings, &condition);
    if let Some(query) = query {
        request.path.push('?');
        request.path.push_str(&query);
    }
    request
}

/// A gRPC request that a match of a route takes, or narrowly does not: it says that it is gRPC, or looks like it.
fn call(
    source: &mut dyn Source,
    settings: &Settings,
    place: Option<Place<'_>>,
    hostnames: &[&str],
    route: &GrpcRoute,
) -> PlainRequest {
    let condition =
        source.one_of(&route.spec.rules).and_then(|rule| source.one_of(&rule.matches)).cloned().unwrap_or_default();
    let mut request = PlainRequest::get("", "");
    connect(source, settings, place, &mut request);
    name_host(source, settings, hostnames, &mut request);
    request.path = grpc::path(source, settings, &condition);
    headers(source, settings, &condition.headers, &mut request);
    if source.chance(60) {
        request.protocol = Protocol::Grpc;
        return request;
    }
    request.http_version = HttpVersion::Http2;
    request.method = "POST".to_owned();
    let mut content_type =
        source.weighted(&[(4, "application/grpc"), (2, "application/grpc+proto"), (1, "Application/gRPC")]);
    if source.chance(settings.bent) {
        match source.below(4) {
            0 => request.http_version = HttpVersion::Http1,
            1 => request.method = source.word(METHODS).to_owned(),
            2 => content_type = source.word(&["application/json", "application/grp", "", "x-application/grpc"]),
            _ => request.headers.push(("Content-Type".to_owned(), "text/plain".to_owned())),
        }
    }
    request.headers.push(("content-type".to_owned(), content_type.to_owned()));
    request
}

/// A connection that a listener takes, or narrowly does not.
fn stream(
    source: &mut dyn Source,
    settings: &Settings,
    protocol: Protocol,
    place: Option<Place<'_>>,
    hostnames: &[&str],
) -> PlainRequest {
    let mut request = PlainRequest { protocol, ..PlainRequest::get("", "/") };
    connect(source, settings, place, &mut request);
    request.scheme = Scheme::Http;
    if protocol == Protocol::Tls {
        let sni = server_name(source, settings, hostnames).unwrap_or_else(|| host(source, settings, hostnames));
        request.sni = Some(sni);
    }
    request
}

fn name_host(source: &mut dyn Source, settings: &Settings, hostnames: &[&str], request: &mut PlainRequest) {
    request.host = host(source, settings, hostnames);
    if request.scheme == Scheme::Https {
        request.sni = server_name(source, settings, hostnames);
    }
}

/// Now and then something else is spoken than what the route is for.
fn bend_protocol(source: &mut dyn Source, settings: &Settings, request: &mut PlainRequest) {
    if !source.chance(settings.bent / 2) {
        return;
    }
    use Protocol::{Grpc, Http, Tcp, Tls, Udp};
    request.protocol = source.one_of(&[Http, Grpc, Tls, Tcp, Udp]).copied().unwrap_or(Http);
    if request.protocol == Tls && request.sni.is_none() {
        request.sni = Some(request.host.clone());
    }
}

/// Routes of Services are asked in a mesh, and some others too.
fn dial(source: &mut dyn Source, settings: &Settings, route: Option<AnyRoute<'_>>, request: &mut PlainRequest) {
    let refers = |route: AnyRoute<'_>| route.parent_refs().iter().any(|parent| parent.kind() == "Service");
    let has_gateway = |route: AnyRoute<'_>| route.parent_refs().iter().any(|parent| parent.kind() != "Service");
    let wanted = match route {
        Some(route) if refers(route) => !has_gateway(route) || source.chance(50),
        _ => false,
    };
    if !wanted && !source.chance(settings.bent / 4) {
        return;
    }
    let parent_refs = route.map(|route| (route.namespace(), route.parent_refs()));
    let (service, from) = mesh::dialled(source, settings, parent_refs);
    request.service = Some(service);
    request.from = Some(from);
    let usual = if request.protocol == Protocol::Udp { 53 } else { 80 };
    let named = parent_refs.into_iter().flat_map(|(_, parent_refs)| parent_refs).find_map(|parent| parent.port);
    let mut port = named.unwrap_or(usual);
    if source.chance(settings.bent) {
        port = source.one_of(mesh::PORTS).map_or(81, |(port, _)| *port);
    }
    request.port = u16::try_from(port).ok().filter(|port| *port > 0);
}

/// A listener, mostly one that the route refers to.
fn place<'a>(
    source: &mut dyn Source,
    settings: &Settings,
    places: &[Place<'a>],
    route: Option<AnyRoute<'_>>,
) -> Option<Place<'a>> {
    let any = source.one_of(places).copied();
    let meant = |place: &&Place<'_>| {
        route.into_iter().flat_map(AnyRoute::parent_refs).any(|parent| {
            parent.kind() == place.kind
                && parent.name == place.name
                && parent.section_name.as_ref().is_none_or(|name| *name == place.listener.name)
                && parent.port.is_none_or(|port| port == place.listener.port)
        })
    };
    let meant: Vec<Place<'a>> = places.iter().filter(meant).copied().collect();
    source.one_of(&meant).copied().filter(|_| !source.chance(settings.bent)).or(any)
}

/// The port and protocol of a listener.
fn connect(source: &mut dyn Source, settings: &Settings, place: Option<Place<'_>>, request: &mut PlainRequest) {
    let (port, https) = match place {
        Some(place) => (place.listener.port, place.listener.protocol == ListenerProtocol::Https),
        None => (80, false),
    };
    // Nobody connects to port 0.
    request.port = u16::try_from(port).ok().filter(|port| *port > 0);
    request.scheme = if https { Scheme::Https } else { Scheme::Http };
    if source.chance(settings.bent / 8) {
        request.scheme = if https { Scheme::Http } else { Scheme::Https };
    }
    if source.chance(settings.bent / 8) {
        request.port = source.one_of(&settings.ports).and_then(|(port, _)| u16::try_from(*port).ok());
    }
}

/// A host that one of some hostnames takes, or narrowly does not. The route's come before the
/// listener's.
fn host(source: &mut dyn Source, settings: &Settings, hostnames: &[&str]) -> String {
    let mut host = match source.one_of(hostnames) {
        Some(hostname) if !source.chance(settings.bent / 2) => instance(source, hostname),
        _ => {
            let hostname = source.text(&settings.hosts);
            instance(source, &hostname)
        }
    };
    if !source.chance(settings.bent) {
        return host;
    }
    match source.below(9) {
        0 => host.push_str(":8443"),
        1 => host.push('.'),
        2 => host = host.to_ascii_uppercase(),
        3 => host.push_str(".:80"),
        4 => host.insert_str(0, "x."),
        5 => host = host.split_once('.').map(|(_, rest)| rest.to_owned()).unwrap_or(host),
        6 => host.insert(0, 'x'),
        7 => host.push(':'),
        _ => host = source.word(ODD_HOSTS).to_owned(),
    }
    host
}

/// A host of a hostname: what a wildcard stands for is one or two labels.
fn instance(source: &mut dyn Source, hostname: &str) -> String {
    match hostname.strip_prefix("*.") {
        Some(suffix) => format!("{}.{suffix}", source.weighted(&[(6, "a"), (2, "x"), (2, "b.a"), (1, "x.y")])),
        None => hostname.to_owned(),
    }
}

/// The name in the ClientHello: that of the host (absent), none (empty), or another.
fn server_name(source: &mut dyn Source, settings: &Settings, hostnames: &[&str]) -> Option<String> {
    if !source.chance(settings.bent * 3) {
        return None;
    }
    Some(match source.below(4) {
        0 => String::new(),
        1 => "nowhere.example".to_owned(),
        2 => {
            let hostname = source.text(&settings.listener_hosts);
            instance(source, &hostname)
        }
        _ => host(source, settings, hostnames),
    })
}

fn path(source: &mut dyn Source, settings: &Settings, condition: &HttpRouteMatch) -> String {
    let mut path = match condition.path_type() {
        PathMatchType::Exact => condition.path_value().to_owned(),
        PathMatchType::PathPrefix => {
            let below = source.weighted(&[(4, ""), (2, "/b"), (1, "/"), (1, "/b/c")]);
            format!("{}{below}", condition.path_value().trim_end_matches('/'))
        }
        _ => source.text(&settings.paths),
    };
    if source.chance(settings.bent) {
        match source.below(7) {
            0 => path.push('/'),
            1 => path = path.strip_suffix('/').map(str::to_owned).unwrap_or(path),
            2 => path.push('b'),
            3 => path = path.to_ascii_uppercase(),
            4 => path = path.replacen('a', "%61", 1),
            5 => path.insert_str(path.find('/').unwrap_or(0), "/a/.."),
            _ => path = source.word(ODD_PATHS).to_owned(),
        }
    }
    path.replace('?', "")
}

fn headers(source: &mut dyn Source, settings: &Settings, wanted: &[HeaderMatch], request: &mut PlainRequest) {
    for header in wanted {
        // Host is the authority, and a request has no header without a name.
        if header.name.is_empty() || header.name.contains([' ', ':']) || header.name.eq_ignore_ascii_case("host") {
            continue;
        }
        let value = value(source, settings, header.r#type.as_ref(), &header.value);
        let name = if source.chance(30) { header.name.to_ascii_uppercase() } else { header.name.clone() };
        let times = if source.chance(settings.bent) { source.weighted(&[(1, 0), (1, 2)]) } else { 1 };
        for _ in 0..times {
            request.headers.push((name.clone(), value.clone()));
        }
    }
    if source.chance(settings.bent) {
        let name = source.word(HEADERS);
        if !name.eq_ignore_ascii_case("host") {
            let at = source.below(request.headers.len() + 1);
            request.headers.insert(at, (name.to_owned(), source.word(VALUES).to_owned()));
        }
    }
}

fn query(source: &mut dyn Source, settings: &Settings, condition: &HttpRouteMatch) -> Option<String> {
    let mut pairs: Vec<String> = Vec::new();
    for param in &condition.query_params {
        let value = value(source, settings, param.r#type.as_ref(), &param.value);
        let times = if source.chance(settings.bent) { source.weighted(&[(1, 0), (1, 2)]) } else { 1 };
        for _ in 0..times {
            pairs.push(format!("{}={}", encoded(source, &param.name), encoded(source, &value)));
        }
    }
    if source.chance(settings.bent) {
        let at = source.below(pairs.len() + 1);
        let pair = match source.below(6) {
            0 => source.word(&["", "p", "=", "=1", "p==", "p=%", "p=%zz", "%70=1", "?", "p=1?2", "P=1;q=2"]).to_owned(),
            _ => {
                let (name, value) = (source.word(PARAMS), source.word(VALUES));
                format!("{}={}", encoded(source, name), encoded(source, value))
            }
        };
        pairs.insert(at, pair);
    }
    if pairs.is_empty() && !source.chance(settings.bent / 4) {
        return None;
    }
    Some(pairs.join("&"))
}

fn value(source: &mut dyn Source, settings: &Settings, kind: Option<&ValueMatchType>, value: &str) -> String {
    let plain = kind.is_none_or(|kind| *kind == ValueMatchType::Exact);
    if plain && !source.chance(settings.bent / 2) { value.to_owned() } else { source.word(VALUES).to_owned() }
}

/// A text as a query may have it: what must be escaped is, and now and then what need not be.
fn encoded(source: &mut dyn Source, text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~,;".contains(&byte);
        match byte {
            b' ' if source.chance(50) => encoded.push('+'),
            _ if plain && !source.chance(10) => encoded.push(char::from(byte)),
            _ if source.chance(50) => encoded.push_str(&format!("%{byte:02x}")),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
