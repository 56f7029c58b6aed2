//! Gateways and ListenerSets.

use gateway_model::{
    AllowedListeners, AllowedRoutes, FromNamespaces, Gateway, GatewaySpec, Hostname, Lenient, Listener,
    ListenerProtocol, ListenerSet, ListenerSetSpec, ListenerTls, Object, ParentGatewayReference, RouteGroupKind,
    RouteNamespaces, TlsMode,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use serde_json::json;

use super::routes::default_scope;
use super::{Settings, Source};

/// The namespace of every Gateway.
pub(super) const INFRA: &str = "infra";

pub(super) fn gateways(source: &mut dyn Source, settings: &Settings) -> Vec<Gateway> {
    let count = source.within(&settings.gateways);
    (0..count)
        .map(|index| {
            let spec = GatewaySpec {
                gateway_class_name: "any".to_owned(),
                listeners: listeners(source, settings, &settings.listeners),
                allowed_listeners: allowed_listeners(source, settings),
                default_scope: default_scope(source, settings.defaulted * 4),
                ..GatewaySpec::default()
            };
            Object::new(INFRA, format!("g{index}"), spec)
        })
        .collect()
}

/// ListenerSets, most of which join one of the Gateways.
pub(super) fn listener_sets(source: &mut dyn Source, settings: &Settings, gateways: &[Gateway]) -> Vec<ListenerSet> {
    let count = source.within(&settings.listener_sets);
    (0..count)
        .map(|index| {
            let gateway = source.one_of(gateways).map(|gateway| gateway.name().to_owned());
            let name = gateway.filter(|_| !source.chance(settings.restricted)).unwrap_or_else(|| "g9".to_owned());
            let mut spec = ListenerSetSpec {
                parent_ref: ParentGatewayReference { name, namespace: Some(INFRA.to_owned()), ..Default::default() },
                listeners: listeners(source, settings, &(1..=2)),
            };
            if source.chance(settings.malformed) {
                spec.parent_ref.kind = Some("Service".to_owned());
            }
            let mut namespaces = settings.namespaces.clone();
            namespaces.push(INFRA);
            let mut set = Object::new(source.word(&namespaces), format!("s{index}"), spec);
            age(source, settings, &mut set.metadata);
            set
        })
        .collect()
}

/// A time of creation, one of a few.
pub(super) fn age(source: &mut dyn Source, settings: &Settings, metadata: &mut ObjectMeta) {
    if !source.chance(settings.ageless) {
        let day = i64::try_from(source.below(settings.times)).unwrap_or(0);
        metadata.creation_timestamp = Timestamp::from_second(1_700_000_000 + day * 86_400).ok().map(Time);
    }
}

fn listeners(source: &mut dyn Source, settings: &Settings, count: &std::ops::RangeInclusive<usize>) -> Vec<Listener> {
    let count = source.within(count).max(1);
    let mut listeners: Vec<Listener> = Vec::with_capacity(count);
    for index in 0..count {
        let mut next = listener(source, settings, index);
        // Listeners that conflict serve nothing. Some are wanted, but not most of them.
        for _ in 0..6 {
            let clashes = listeners.iter().any(|listener| clash(listener, &next));
            if !clashes || source.chance(settings.restricted) {
                break;
            }
            next = listener(source, settings, index);
        }
        listeners.push(next);
    }
    listeners
}

/// Whether two listeners are not distinct, as far as a generator must know.
fn clash(one: &Listener, other: &Listener) -> bool {
    use ListenerProtocol::{Http, Https, Tcp, Tls, Udp};
    one.port == other.port
        && match (&one.protocol, &other.protocol) {
            (Http | Https, Http | Https) | (Tls, Tls) | (Https, Tls) | (Tls, Https) => one.hostname == other.hostname,
            (Udp, other) | (other, Udp) => *other == Udp,
            (Tcp, _) | (_, Tcp) => true,
            _ => one.hostname == other.hostname,
        }
}

fn listener(source: &mut dyn Source, settings: &Settings, index: usize) -> Listener {
    let (port, protocol) = source.one_of(&settings.ports).copied().unwrap_or((80, "HTTP"));
    let mut listener = Listener {
        name: format!("l{index}"),
        hostname: (!source.chance(40)).then(|| Lenient::read(&source.text(&settings.listener_hosts))),
        port,
        protocol: ListenerProtocol::from(protocol),
        tls: None,
        allowed_routes: allowed_routes(source, settings, protocol),
    };
    match listener.protocol {
        ListenerProtocol::Tls => {
            let mode =
                source.weighted(&[(2, Some("Passthrough")), (2, Some("Terminate")), (1, None)]).map(TlsMode::from);
            listener.tls = source.chance(90).then(|| ListenerTls { mode, ..ListenerTls::default() });
        }
        // These must not have one, and it does not count.
        ListenerProtocol::Tcp | ListenerProtocol::Udp if !source.chance(settings.malformed) => listener.hostname = None,
        _ => {}
    }
    if source.chance(settings.malformed) {
        listener.hostname = Some(Lenient::read(source.word(&["A.example.com", "*", "1.2.3.4", "a..b", ""])));
    }
    if source.chance(settings.malformed) {
        listener.port = source.one_of(&[0, 65_536, -1]).copied().unwrap_or(0);
    }
    if source.chance(settings.malformed) {
        let protocols = ["HTTP", "HTTPS", "TLS", "TCP", "UDP", "example.com/quic"];
        listener.protocol = ListenerProtocol::from(source.word(&protocols));
    }
    listener
}

fn allowed_routes(source: &mut dyn Source, settings: &Settings, protocol: &str) -> Option<AllowedRoutes> {
    if !source.chance(settings.restricted) {
        return all_namespaces();
    }
    if source.chance(10) {
        return None;
    }
    Some(AllowedRoutes { namespaces: namespaces(source, settings), kinds: kinds(source, protocol) })
}

/// Routes of every namespace, of the kinds that go with the protocol.
pub(super) fn all_namespaces() -> Option<AllowedRoutes> {
    let all = RouteNamespaces { from: Some(FromNamespaces::All), selector: None };
    Some(AllowedRoutes { namespaces: Some(all), kinds: Vec::new() })
}

fn allowed_listeners(source: &mut dyn Source, settings: &Settings) -> Option<AllowedListeners> {
    let all = RouteNamespaces { from: Some(FromNamespaces::All), selector: None };
    if !source.chance(settings.restricted) {
        return Some(AllowedListeners { namespaces: Some(all) });
    }
    source.chance(70).then(|| AllowedListeners { namespaces: namespaces(source, settings) })
}

fn namespaces(source: &mut dyn Source, settings: &Settings) -> Option<RouteNamespaces> {
    let from = match source.weighted(&[(3, "Same"), (3, "Selector"), (2, "All"), (1, "None"), (2, "")]) {
        "" => None,
        _ if source.chance(settings.malformed) => Some(FromNamespaces::from("Near")),
        from => Some(FromNamespaces::from(from)),
    };
    // A selector beside another `from` says nothing.
    let selector = source.chance(70).then(|| selector(source, settings)).flatten();
    source.chance(90).then_some(RouteNamespaces { from, selector })
}

fn selector(source: &mut dyn Source, settings: &Settings) -> Option<gateway_model::LabelSelector> {
    let namespace = source.word(&settings.namespaces);
    let selector = match source.below(6) {
        0 => json!({"matchLabels": {"team": "web"}}),
        1 => json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}}),
        2 => json!({}),
        3 => json!({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["web"]}]}),
        4 => json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
        _ if source.chance(settings.malformed * 5) => {
            json!({"matchExpressions": [{"key": "team", "operator": "Near"}]})
        }
        _ => json!({
            "matchLabels": {"kubernetes.io/metadata.name": namespace},
            "matchExpressions": [{"key": "team", "operator": "In", "values": ["web", "data"]}]
        }),
    };
    serde_json::from_value(selector).ok()
}

fn kinds(source: &mut dyn Source, protocol: &str) -> Vec<RouteGroupKind> {
    let own = match protocol {
        "TLS" => "TLSRoute",
        "TCP" => "TCPRoute",
        "UDP" => "UDPRoute",
        _ => "HTTPRoute",
    };
    let kind =
        |group: Option<&str>, kind: &str| RouteGroupKind { group: group.map(str::to_owned), kind: kind.to_owned() };
    match source.weighted(&[(6, 0), (2, 1), (1, 2), (1, 3), (1, 4)]) {
        1 => vec![kind(None, own)],
        2 => vec![kind(None, "GRPCRoute")],
        3 => vec![kind(Some("example.com"), own)],
        4 => vec![kind(None, "InvalidRoute"), kind(Some("gateway.networking.k8s.io"), own)],
        _ => Vec::new(),
    }
}

/// A listener with the Gateway or ListenerSet that it is of, for what refers to listeners.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) kind: &'static str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) listener: &'a Listener,
}

/// Every listener.
pub(super) fn places<'a>(gateways: &'a [Gateway], sets: &'a [ListenerSet]) -> Vec<Place<'a>> {
    let of_gateways = gateways.iter().flat_map(|gateway| {
        let place =
            |listener| Place { kind: "Gateway", namespace: gateway.namespace(), name: gateway.name(), listener };
        gateway.spec.listeners.iter().map(place)
    });
    let of_sets = sets.iter().flat_map(|set| {
        let place = |listener| Place { kind: "ListenerSet", namespace: set.namespace(), name: set.name(), listener };
        set.spec.listeners.iter().map(place)
    });
    of_gateways.chain(of_sets).collect()
}

/// The hostnames by which a request could come to a route on a listener: the narrower of each pair.
pub(super) fn hostnames_for<'a>(hostnames: &'a [Lenient<Hostname>], listener: &'a Listener) -> Vec<&'a str> {
    let own = listener.hostname.as_ref().map(Lenient::as_str);
    let routes: Vec<&str> = hostnames.iter().map(Lenient::as_str).collect();
    let narrower = |hostname: &&'a str| match own {
        Some(own) if own.len() > hostname.len() && hostname.starts_with('*') => own,
        _ => *hostname,
    };
    if routes.is_empty() { own.into_iter().collect() } else { routes.iter().map(narrower).collect() }
}
