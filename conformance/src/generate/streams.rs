//! TLSRoutes, TCPRoutes and UDPRoutes.

use gateway_model::{
    BackendRef, L4RouteRule, Object, TcpRoute, TcpRouteSpec, TlsRoute, TlsRouteSpec, UdpRoute, UdpRouteSpec,
};

use super::listeners::Place;
use super::routes::{Draft, Drafts, backend_ref, hostname_list};
use super::{Settings, Source};

/// Routes of the three kinds.
#[derive(Default)]
pub(super) struct Streams {
    pub(super) tls: Vec<TlsRoute>,
    pub(super) tcp: Vec<TcpRoute>,
    pub(super) udp: Vec<UdpRoute>,
}

pub(super) fn routes(source: &mut dyn Source, settings: &Settings, places: &[Place<'_>]) -> Streams {
    if *settings.stream_routes.end() == 0 {
        return Streams::default();
    }
    let tls = settings.stream_routes.start() + 1..=settings.stream_routes.end() + 2;
    let mut drafts = Drafts::new(source, settings, &tls, &["TLS"], places);
    let tls = (0..drafts.count).map(|_| {
        let draft = drafts.next(source, settings);
        let hostnames = source.within(&settings.hostnames).max(usize::from(!source.chance(settings.restricted)));
        let spec = TlsRouteSpec {
            parent_refs: draft.parent_refs,
            use_default_gateways: draft.use_default_gateways,
            hostnames: hostname_list(source, settings, draft.home, hostnames),
            rules: rules(source, settings),
        };
        Object { metadata: draft.metadata, spec, status: None }
    });
    let tls = tls.collect();
    let mut drafts = Drafts::new(source, settings, &settings.stream_routes, &["TCP"], places);
    let tcp = (0..drafts.count).map(|_| {
        let draft = drafts.next(source, settings);
        let rules = rules(source, settings);
        let Draft { metadata, parent_refs, use_default_gateways, .. } = draft;
        Object { metadata, spec: TcpRouteSpec { parent_refs, use_default_gateways, rules }, status: None }
    });
    let tcp = tcp.collect();
    let mut drafts = Drafts::new(source, settings, &settings.stream_routes, &["UDP"], places);
    let udp = (0..drafts.count).map(|_| {
        let draft = drafts.next(source, settings);
        let mut rules = rules(source, settings);
        for backend in rules.iter_mut().flat_map(|rule| &mut rule.backend_refs) {
            // The other port of a Service is for UDP.
            backend.port =
                backend.port.map(|port| if port == 80 && !source.chance(settings.restricted) { 53 } else { port });
        }
        let Draft { metadata, parent_refs, use_default_gateways, .. } = draft;
        Object { metadata, spec: UdpRouteSpec { parent_refs, use_default_gateways, rules }, status: None }
    });
    Streams { tls, tcp, udp: udp.collect() }
}

/// The one rule; none or one more where a mistake is wanted.
fn rules(source: &mut dyn Source, settings: &Settings) -> Vec<L4RouteRule> {
    let count = if source.chance(settings.malformed) { source.weighted(&[(1, 0), (1, 2)]) } else { 1 };
    (0..count)
        .map(|_| {
            let backends = source.within(&settings.backends);
            // Their backends have no filters.
            let backend_ref = |_| BackendRef { filters: Vec::new(), ..backend_ref(source, settings) };
            L4RouteRule { backend_refs: (0..backends).map(backend_ref).collect(), ..L4RouteRule::default() }
        })
        .collect()
}
