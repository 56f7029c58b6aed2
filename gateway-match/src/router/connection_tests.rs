//! Connections, and the listeners and ports of Services that they are for.

use gateway_model::{ObjectKey, ResourceKind};

use super::tests::{answer, host, router};
use super::*;
use crate::route::{BackendName, Route, RouteDefinition, RuleDefinition};

/// A router with listeners of every protocol, and what a connection becomes there.
fn connected(connection: Connection<'_>) -> String {
    use gateway_model::ListenerProtocol::{Https, Tcp, Tls, Udp};
    let profile = Profile::default();
    let mut builder = Router::builder(&profile);
    let named = |name: &str, port, protocol, hostname: &str| {
        let definition = ListenerDefinition::new(name, port, protocol);
        if hostname.is_empty() { definition } else { definition.hostname(host(hostname)) }
    };
    let listeners = [
        named("https", 443, Https, "www.example.com"),
        named("wild", 443, Tls, "*.example.com"),
        named("deep", 443, Tls, "*.b.example.com"),
        named("web", 80, gateway_model::ListenerProtocol::Http, ""),
        named("every", 8443, Tls, ""),
        named("tcp", 5432, Tcp, ""),
        named("udp", 53, Udp, ""),
    ];
    let ids: Vec<ListenerId> = listeners.into_iter().map(|definition| builder.listener(definition)).collect();
    let every = RuleDefinition::new;
    let tls = |name: &str, hosts: &[&str]| {
        hosts.iter().fold(RouteDefinition::tls("ns", name), |route, text| route.hostname(host(text)))
    };
    for definition in [
        tls("narrow", &["a.example.com"]).rule(every()),
        tls("broad", &["*.example.com"]).created_at(1).rule(every()),
        tls("late", &["*.example.com"]).created_at(2).rule(every()),
        tls("none", &[]).created_at(3).rule(every()),
        RouteDefinition::tcp("ns", "tcp-late").created_at(2).rule(every()),
        RouteDefinition::tcp("ns", "tcp-first").created_at(1).rule(every()).rule(every()),
        RouteDefinition::udp("ns", "udp").rule(every()),
        RouteDefinition::http("ns", "http").rule(every()),
    ] {
        let route = Route::compile(definition, &profile);
        // `deep` has no route of its own.
        ids.iter().enumerate().filter(|(index, _)| *index != 2).for_each(|(_, id)| {
            builder.attach(&route, *id);
        });
    }
    let router = builder.build();
    let listener = router.listener_for(&connection).map_or("nobody", ListenerInfo::name);
    let what = match router.connect(&connection) {
        Decision::Matched(found) => format!("{}#{}", found.route().name, found.rule().index()),
        Decision::Http { .. } => "HTTP".to_owned(),
        Decision::Rejected { .. } => "rejected".to_owned(),
        other => format!("{other:?}"),
    };
    format!("{listener}: {what}")
}

#[test]
fn a_connection_goes_to_the_listener_of_its_sni_and_the_best_route_there() {
    let tls = |sni| Connection::tls(443, Some(sni));
    let cases = [
        (tls("a.example.com"), "wild: narrow#0"),
        (tls("A.Example.Com."), "wild: narrow#0"),
        (tls("x.example.com"), "wild: broad#0"),
        (tls("www.example.com"), "https: HTTP"),
        // The most specific listener has no route, and no other takes its hosts.
        (tls("x.b.example.com"), "deep: rejected"),
        (tls("example.com"), "nobody: rejected"),
        (tls("a.example.com:443"), "nobody: rejected"),
        (Connection::tls(443, None), "nobody: rejected"),
        (Connection::tls(8443, None), "every: none#0"),
        (Connection::tls(8443, Some("a.example.com")), "every: narrow#0"),
        (Connection::tls(8443, Some("other.example.net")), "every: none#0"),
        (Connection::plain(5432), "tcp: tcp-first#0"),
        (Connection::tls(5432, Some("a.example.com")), "nobody: tcp-first#0"),
        (Connection::udp(53), "udp: udp#0"),
        (Connection::plain(53), "nobody: rejected"),
        (Connection::udp(5432), "nobody: rejected"),
        (Connection::plain(80), "nobody: HTTP"),
        (Connection::tls(80, None), "nobody: rejected"),
        (Connection::plain(443), "nobody: rejected"),
    ];
    for (connection, expected) in cases {
        assert_eq!(connected(connection), expected, "{connection:?}");
    }
}

#[test]
fn a_request_comes_after_its_connection() {
    let route = || RouteDefinition::http("ns", "r").rule(RuleDefinition::new());
    let profile = Profile::default();
    let mut builder = Router::builder(&profile);
    let https = builder.listener(ListenerDefinition::https("https", 443).hostname(host("www.example.com")));
    builder.listener(
        ListenerDefinition::new("tls", 443, gateway_model::ListenerProtocol::Tls).hostname(host("tls.example.com")),
    );
    builder.attach(&Route::compile(route(), &profile), https);
    let router = builder.build();
    let cases = [
        (Some("www.example.com"), "www.example.com", "r#0.0"),
        (Some("www.example.com"), "user@x", "400"),
        // The TLS listener is no other listener of the protocol: not 421.
        (Some("www.example.com"), "tls.example.com", "404"),
        (Some("tls.example.com"), "www.example.com", "rejected"),
        (Some("other.example.com"), "user@x", "rejected"),
        (None, "www.example.com", "rejected"),
    ];
    for (sni, authority, expected) in cases {
        assert_eq!(answer(&router, authority, "/", Connection::tls(443, sni)), expected, "{sni:?} {authority}");
    }
}

#[test]
fn a_listener_tells_what_it_was_defined_as() {
    use gateway_model::{FrontendValidationMode, ListenerProtocol, TlsMode};
    let key = |kind, name: &str| ObjectKey::new(kind, "ns", name);
    let certificates = vec![key(ResourceKind::Secret, "first"), key(ResourceKind::Secret, "second")];
    let validation = ClientValidation {
        authorities: vec![key(ResourceKind::ConfigMap, "authority")],
        mode: FrontendValidationMode::AllowInsecureFallback,
    };
    let mut builder = Router::builder(&Profile::default());
    let full = builder.listener(
        ListenerDefinition::new("full", 443, ListenerProtocol::Tls)
            .hostname(host("a.example.com"))
            .parent(key(ResourceKind::Gateway, "g"))
            .tls_mode(TlsMode::Passthrough)
            .certificates(certificates.clone())
            .client_validation(validation.clone()),
    );
    builder.listener(ListenerDefinition::http("bare", 80));
    builder.listener(ListenerDefinition::https("secure", 8443));
    let service = BackendName::service("ns", "s", 81);
    let port = ListenerDefinition::service_port("81/TCP", service.clone(), 81, ListenerProtocol::Tcp);
    builder.listener(port.parent(key(ResourceKind::Service, "s")));
    let router = builder.build();

    let [info, bare, secure, port] = router.listeners() else { panic!("{:?}", router.listeners()) };
    assert_eq!((info.name(), info.port(), info.protocol()), ("full", 443, &ListenerProtocol::Tls));
    assert_eq!(info.hostname(), Some(&host("a.example.com")));
    assert_eq!(info.parent(), Some(&key(ResourceKind::Gateway, "g")));
    assert_eq!(info.tls_mode(), Some(&TlsMode::Passthrough));
    assert_eq!(info.certificates(), certificates);
    assert_eq!(info.client_validation(), Some(&validation));
    assert_eq!(info.service(), None);
    assert_eq!((bare.parent(), bare.hostname(), bare.tls_mode(), bare.client_validation()), (None, None, None, None));
    assert_eq!((bare.name(), bare.certificates()), ("bare", [].as_slice()));
    assert_eq!(secure.tls_mode(), Some(&TlsMode::Terminate));
    assert_eq!((port.service(), port.tls_mode()), (Some(&service), None));
    assert_eq!([info, port].map(ToString::to_string), ["Gateway ns/g listener full", "Service ns/s port 81/TCP"]);
    let ids: Vec<_> = router.listener_ids().map(|(id, listener)| (id, listener.name())).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[0], (full, "full"));
    assert_eq!(ids[3].1, "81/TCP");
}

#[test]
fn a_client_comes_in_by_its_certificate_and_what_the_listener_asks_for() {
    use ClientCertificate::{Absent, Invalid, Valid};
    use gateway_model::FrontendValidationMode::{AllowInsecureFallback, AllowValidOnly};
    let cases = [(AllowValidOnly, [false, false, true]), (AllowInsecureFallback, [true; 3])];
    for (mode, expected) in cases {
        let validation = ClientValidation { mode: mode.clone(), ..ClientValidation::default() };
        assert_eq!([Absent, Invalid, Valid].map(|shown| validation.admits(shown)), expected, "{mode:?}");
    }
}

/// A router for the port of a Service over TCP and UDP with the routes of these kinds, and what becomes of a
/// connection.
fn dialled(kinds: &[&str], connection: Connection<'_>) -> String {
    use gateway_model::ListenerProtocol::{Tcp, Udp};
    let profile = Profile::default();
    let mut builder = Router::builder(&profile);
    let service = || BackendName::service("ns", "s", 80);
    let ports = [("80/UDP", Udp), ("80/TCP", Tcp), ("again", Tcp), ("again", Udp)]
        .map(|(name, protocol)| builder.listener(ListenerDefinition::service_port(name, service(), 80, protocol)));
    for kind in kinds {
        let definition = match *kind {
            "HTTP" => RouteDefinition::http("ns", kind),
            "TLS" => RouteDefinition::tls("ns", kind).hostname(host("other.example.com")),
            "TCP" => RouteDefinition::tcp("ns", kind),
            _ => RouteDefinition::udp("ns", kind),
        };
        let route = Route::compile(definition.rule(RuleDefinition::new()), &profile);
        ports.iter().for_each(|port| {
            builder.attach(&route, *port);
        });
    }
    let router = builder.build();
    match router.connect(&connection) {
        Decision::Matched(found) => format!("{} by {}", found.listener().name(), found.route().name),
        Decision::Http { listener } => {
            let request = RequestView::new("GET", "x", "/", &());
            let found = router.route(&request, &connection);
            let found = found.matched().map_or("nothing".to_owned(), |found| found.route().name.to_string());
            format!("{} as {found}", listener.map_or("none", ListenerInfo::name))
        }
        Decision::Direct { listener, .. } => format!("{} directly", listener.name()),
        other => format!("{} refused", other.listener().map_or("none", ListenerInfo::name)),
    }
}

#[test]
fn a_connection_to_a_service_is_for_the_routes_of_its_transport() {
    let (plain, tls, udp) = (Connection::plain(80), Connection::tls(80, Some("a.example.com")), Connection::udp(80));
    let cases: [(&[&str], [&str; 3]); 6] = [
        (&[], ["80/TCP directly", "80/TCP directly", "80/UDP directly"]),
        (&["HTTP"], ["80/TCP as HTTP", "80/TCP as HTTP", "80/UDP directly"]),
        (&["TLS"], ["80/TCP refused", "80/TCP by TLS", "80/UDP directly"]),
        (&["TCP"], ["80/TCP by TCP", "80/TCP by TCP", "80/UDP directly"]),
        (&["UDP"], ["80/TCP directly", "80/TCP directly", "80/UDP by UDP"]),
        (&["TCP", "TLS", "HTTP", "UDP"], ["80/TCP as HTTP", "80/TCP as HTTP", "80/UDP by UDP"]),
    ];
    for (kinds, expected) in cases {
        assert_eq!([plain, tls, udp].map(|connection| dialled(kinds, connection)), expected, "{kinds:?}");
    }
}

#[test]
fn a_plain_connection_names_its_listener_if_there_is_but_one() {
    let names = |hostnames: &[Option<&str>]| {
        let listeners: Vec<_> = hostnames.iter().map(|hostname| ("web", 80, false, *hostname)).collect();
        let router = router(&Profile::default(), &listeners, vec![]);
        match router.connect(&Connection::plain(80)) {
            Decision::Http { listener } => listener.map(|listener| listener.name().to_owned()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(names(&[None]).as_deref(), Some("web"));
    assert_eq!(names(&[Some("a.example.com")]).as_deref(), Some("web"));
    assert_eq!(names(&[None, Some("a.example.com")]), None);
}

#[test]
fn of_two_ports_of_services_with_one_number_the_first_serves() {
    use gateway_model::ListenerProtocol::Tcp;
    let profile = Profile::default();
    let mut builder = Router::builder(&profile);
    let [first, second] = ["first", "second"].map(|name| {
        let service = BackendName::service("ns", name, 80);
        builder.listener(ListenerDefinition::service_port(name, service, 80, Tcp))
    });
    let route = Route::compile(RouteDefinition::http("ns", "r").rule(RuleDefinition::new()), &profile);
    let shown = |router: &Router| match router.connect(&Connection::plain(80)) {
        Decision::Direct { listener, .. } => format!("{} directly", listener.name()),
        Decision::Http { listener } => format!("{} as HTTP", listener.unwrap().name()),
        other => format!("{other:?}"),
    };
    let before = {
        let mut empty = Router::builder(&profile);
        for name in ["first", "second"] {
            let service = BackendName::service("ns", name, 80);
            empty.listener(ListenerDefinition::service_port(name, service, 80, Tcp));
        }
        empty.build()
    };
    assert!(builder.attach(&route, second), "it is served by nobody, which is not for the route to know");
    assert_eq!(shown(&builder.build()), "first directly");

    let mut update = before.update();
    assert!(update.attach(&route, second));
    let updated = update.build();
    assert_eq!(shown(&updated), "first directly");
    let mut update = updated.update();
    assert!(update.attach(&route, first));
    assert_eq!(shown(&update.build()), "first as HTTP");
}

#[test]
fn of_two_listeners_that_cannot_be_told_apart_the_first_serves() {
    let profile = Profile::default();
    let route = Route::compile(RouteDefinition::http("ns", "r").rule(RuleDefinition::new()), &profile);
    for hostname in [None, Some("a.example.com"), Some("*.example.com")] {
        let listener = |name| match hostname {
            Some(hostname) => ListenerDefinition::http(name, 80).hostname(host(hostname)),
            None => ListenerDefinition::http(name, 80),
        };
        let built = |attached: &[usize]| {
            let mut builder = Router::builder(&profile);
            let ids = ["first", "second"].map(|name| builder.listener(listener(name)));
            attached.iter().for_each(|position| assert!(builder.attach(&route, ids[*position])));
            (builder.build(), ids)
        };
        let shown = |router: &Router| {
            let request = RequestView::new("GET", "a.example.com", "/", &());
            let decision = router.route(&request, &Connection::plain(80));
            (decision.listener().unwrap().name().to_owned(), decision.matched().is_some())
        };
        let updated = |attached: &[usize]| {
            let (empty, ids) = built(&[]);
            let mut update = empty.update();
            attached.iter().for_each(|position| assert!(update.attach(&route, ids[*position])));
            update.build()
        };
        for (attached, found) in [([].as_slice(), false), (&[1], false), (&[0], true), (&[1, 0], true)] {
            assert_eq!(shown(&built(attached).0), ("first".to_owned(), found), "{hostname:?} {attached:?}");
            assert_eq!(shown(&updated(attached)), ("first".to_owned(), found), "{hostname:?} {attached:?}, updated");
        }
    }
}

#[test]
fn a_request_on_a_port_where_nobody_looks_into_connections_goes_where_its_connection_goes() {
    use gateway_model::ListenerProtocol::Tcp;
    let profile = Profile::default();
    let mut builder = Router::builder(&profile);
    let database = builder.listener(ListenerDefinition::new("database", 5432, Tcp));
    builder.listener(ListenerDefinition::new("idle", 5433, Tcp));
    let route = RouteDefinition::tcp("ns", "tcp").rule(RuleDefinition::new());
    builder.attach(&Route::compile(route, &profile), database);
    let router = builder.build();
    for (port, expected) in [(5432, "tcp#0.0"), (5433, "rejected"), (5434, "rejected")] {
        assert_eq!(answer(&router, "a.example.com", "/", Connection::plain(port)), expected, "{port}");
        assert_eq!(answer(&router, "user@x", "/", Connection::plain(port)), expected, "{port}");
    }
}
