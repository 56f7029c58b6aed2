use gateway_match::{ListenerKey, Profile, Topology};
use gateway_model::{
    Condition, ConditionSubject, Feature, FeatureSet, LegalCondition, ObjectKey, ResourceKind, Resources, RouteStatus,
    Timestamp, Truth, read_objects,
};
use serde_json::{Value, json};

use crate::{DataPlane, FALLBACK_CONTROLLER, Programming, Reporter, Status, merge, refused};

#[cfg(feature = "certificates")]
mod certificates;
mod entries;

const API: &str = "gateway.networking.k8s.io/v1";

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": API, "kind": kind, "metadata": {"name": name, "generation": 7}, "spec": spec})
}

fn gateway(listeners: Value) -> Value {
    object("Gateway", "g", json!({"gatewayClassName": "any", "listeners": listeners}))
}

fn with(mut object: Value, path: &str, value: Value) -> Value {
    let (parent, field) = path.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[field] = value;
    object
}

fn http(name: &str) -> Value {
    json!({"name": name, "port": 80, "protocol": "HTTP"})
}

fn resources(documents: &[Value]) -> Resources {
    documents.iter().flat_map(|d| read_objects(d.clone(), "shop")).map(|read| read.object.unwrap()).collect()
}

fn short(conditions: &[Condition]) -> Vec<String> {
    let mark = |condition: &Condition| match condition.status.as_str() {
        "True" => "+",
        "False" => "-",
        _ => "?",
    };
    conditions.iter().map(|condition| format!("{}{}:{}", mark(condition), condition.r#type, condition.reason)).collect()
}

/// The status of the Gateway `g` and of its listeners, each as a line.
fn gateway_lines(documents: &[Value], profile: &Profile, word: &DataPlane) -> Vec<String> {
    let resources = resources(documents);
    let topology = Topology::resolve(&resources, profile);
    let reporter = Reporter::new(&resources, &topology, word);
    let status = reporter.gateway(&ObjectKey::new(ResourceKind::Gateway, "shop", "g")).unwrap().status;
    let addresses: Vec<&str> = status.addresses.iter().map(|address| address.value.as_str()).collect();
    let own = format!("{} {}", short(&status.conditions).join(" "), addresses.join(","));
    let listeners = status.listeners.iter().map(|listener| {
        let kinds: Vec<&str> = listener.supported_kinds.iter().flatten().map(|kind| kind.kind.as_str()).collect();
        format!(
            "{} {} [{}] {}",
            listener.name,
            listener.attached_routes,
            kinds.join(","),
            short(&listener.conditions).join(" ")
        )
    });
    std::iter::once(own.trim_end().to_owned()).chain(listeners).collect()
}

const WELL: &str = "+Accepted:Accepted +Programmed:Programmed +ResolvedRefs:ResolvedRefs";

#[test]
fn a_listener_says_what_it_cannot_serve() {
    let tls =
        |mode: &str| json!({"name": "l", "port": 443, "protocol": "TLS", "tls": {"mode": mode, "certificateRefs": []}});
    let without = |feature: Feature| Profile::default().features(FeatureSet::all().without(feature));
    let kinds = |kinds: Value| json!({"name": "l", "port": 80, "protocol": "HTTP", "allowedRoutes": {"kinds": kinds}});
    let default = Profile::default();
    let refused = "-Programmed:Invalid +ResolvedRefs:ResolvedRefs";
    let cases = [
        (http("l"), &default, format!("l 0 [HTTPRoute,GRPCRoute] {WELL}")),
        (
            json!({"name": "l", "port": 80, "protocol": "SCTP"}),
            &default,
            format!("l 0 [] -Accepted:UnsupportedProtocol {refused}"),
        ),
        (
            json!({"name": "l", "port": 80, "protocol": "TCP"}),
            &without(Feature::TcpRoute),
            format!("l 0 [] -Accepted:UnsupportedProtocol {refused}"),
        ),
        (
            json!({"name": "l", "port": 0, "protocol": "HTTP"}),
            &default,
            format!("l 0 [HTTPRoute,GRPCRoute] -Accepted:PortUnavailable {refused}"),
        ),
        (
            json!({"name": "l", "port": 80, "protocol": "HTTP", "hostname": "No_Host"}),
            &default,
            format!("l 0 [HTTPRoute,GRPCRoute] -Accepted:UnsupportedValue {refused}"),
        ),
        (tls("Passthrough"), &default, format!("l 0 [TLSRoute] {WELL}")),
        (
            tls("Terminate"),
            &default,
            "l 0 [TLSRoute] +Accepted:Accepted -Programmed:InvalidTLSConfig +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (
            tls("Terminate"),
            &without(Feature::TlsRouteModeTerminate),
            format!("l 0 [] -Accepted:UnsupportedValue {refused}"),
        ),
        (tls("Sideways"), &default, format!("l 0 [TLSRoute] -Accepted:UnsupportedValue {refused}")),
        (
            json!({"name": "l", "port": 443, "protocol": "HTTPS", "tls": {"mode": "Passthrough"}}),
            &default,
            format!("l 0 [HTTPRoute,GRPCRoute] -Accepted:UnsupportedValue {refused}"),
        ),
        (
            json!({"name": "l", "port": 443, "protocol": "HTTPS"}),
            &default,
            "l 0 [HTTPRoute,GRPCRoute] +Accepted:Accepted -Programmed:InvalidTLSConfig +ResolvedRefs:ResolvedRefs"
                .to_owned(),
        ),
        (
            json!({"name": "l", "port": 443, "protocol": "HTTPS", "tls": {"options": {"example.com/cert": "x"}}}),
            &default,
            format!("l 0 [HTTPRoute,GRPCRoute] {WELL}"),
        ),
        (
            kinds(json!([{"kind": "TCPRoute"}, {"kind": "GRPCRoute"}])),
            &default,
            "l 0 [GRPCRoute] +Accepted:Accepted +Programmed:Programmed -ResolvedRefs:InvalidRouteKinds".to_owned(),
        ),
        (
            kinds(json!([{"kind": "HTTPRoute", "group": "example.com"}])),
            &default,
            "l 0 [] +Accepted:Accepted -Programmed:Invalid -ResolvedRefs:InvalidRouteKinds".to_owned(),
        ),
    ];
    for (listener, profile, expected) in cases {
        let lines = gateway_lines(&[gateway(json!([listener]))], profile, &DataPlane::new());
        assert_eq!(lines[1], expected, "{listener}");
    }
}

#[test]
fn a_gateway_is_accepted_while_some_listener_is_valid() {
    let bad = json!({"name": "bad", "port": 81, "protocol": "SCTP"});
    let lost = |name: &str| json!({"name": name, "port": 80, "protocol": "HTTP", "hostname": "a.example.com"});
    let cases = [
        (json!([http("a")]), WELL.to_owned()),
        (
            json!([http("a"), bad]),
            "+Accepted:ListenersNotValid +Programmed:Programmed +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (json!([bad]), "-Accepted:ListenersNotValid -Programmed:Invalid +ResolvedRefs:ResolvedRefs".to_owned()),
        (json!([]), "-Accepted:ListenersNotValid -Programmed:Invalid +ResolvedRefs:ResolvedRefs".to_owned()),
        (
            json!([lost("a"), lost("b")]),
            "-Accepted:ListenersNotValid -Programmed:Invalid +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (
            json!([lost("a"), lost("b"), http("c")]),
            "+Accepted:ListenersNotValid +Programmed:Programmed +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (
            json!([{"name": "tls", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "gone"}]}}]),
            "-Accepted:ListenersNotValid -Programmed:Invalid -ResolvedRefs:ListenersNotResolved".to_owned(),
        ),
    ];
    for (listeners, expected) in cases {
        let lines = gateway_lines(&[gateway(listeners.clone())], &Profile::default(), &DataPlane::new());
        assert_eq!(lines[0], expected, "{listeners}");
    }
}

#[test]
fn both_modes_of_tls_on_one_port_conflict_where_they_cannot_be_mixed() {
    let tls = |name: &str, mode: &str, host: &str| {
        json!({"name": name, "port": 443, "protocol": "TLS", "hostname": host,
               "tls": {"mode": mode, "options": {"example.com/cert": "x"}}})
    };
    let listeners = json!([tls("t", "Terminate", "a.example.com"), tls("p", "Passthrough", "b.example.com")]);
    let mixed = gateway_lines(&[gateway(listeners.clone())], &Profile::default(), &DataPlane::new());
    assert_eq!(mixed[1..], [format!("t 0 [TLSRoute] {WELL}"), format!("p 0 [TLSRoute] {WELL}")]);
    let profile = Profile::default().features(FeatureSet::all().without(Feature::TlsRouteModeMixed));
    let lines = gateway_lines(&[gateway(listeners)], &profile, &DataPlane::new());
    let lost = "-Accepted:ProtocolConflict -Programmed:ProtocolConflict +ResolvedRefs:ResolvedRefs +Conflicted:ProtocolConflict";
    assert_eq!(lines[1..], [format!("t 0 [] {lost}"), format!("p 0 [] {lost}")]);
}

#[test]
fn overlapping_tls_listeners_are_marked_and_no_others() {
    let https = |name: &str, port: i32, host: Option<&str>| json!({"name": name, "port": port, "protocol": "HTTPS", "hostname": host, "tls": {"options": {"example.com/cert": "x"}}});
    let cases: [(Vec<Value>, &[&str]); 4] = [
        (
            vec![
                https("a", 443, Some("foo.example.com")),
                https("b", 443, Some("foo.example.org")),
                https("c", 443, Some("*.example.com")),
                https("d", 444, Some("*.example.org")),
            ],
            &["a", "c"],
        ),
        (vec![https("a", 443, None), https("b", 443, Some("b.com")), https("c", 443, Some("c.com"))], &["a", "b", "c"]),
        (
            vec![
                https("a", 443, Some("*.com")),
                https("b", 443, Some("*.b.com")),
                https("c", 443, Some("x.y.b.com")),
                https("d", 443, Some("com")),
            ],
            &["a", "b", "c"],
        ),
        (vec![https("a", 443, Some("a.com")), https("b", 443, Some("a.com"))], &[]),
    ];
    for (listeners, expected) in cases {
        let lines = gateway_lines(&[gateway(json!(listeners))], &Profile::default(), &DataPlane::new());
        let marked: Vec<&str> = lines[1..]
            .iter()
            .filter(|line| line.contains("+OverlappingTLSConfig:OverlappingHostnames"))
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(marked, expected, "{listeners:?}");
    }
}

#[test]
fn client_validation_fails_where_no_authority_is_left() {
    let listener = |port: i32| json!([{"name": "l", "port": port, "protocol": "HTTPS", "tls": {"options": {"example.com/cert": "x"}}}]);
    let authority = |name: &str, kind: &str, namespace: Option<&str>| json!({"group": "", "kind": kind, "name": name, "namespace": namespace});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"},
        "data": {"ca.crt": include_str!("../../gateway-match/src/topology/certificate/testdata/rsa.crt")}});
    let empty = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "empty"}, "data": {"ca.crt": ""}});
    let gone = authority("gone", "ConfigMap", None);
    let good = authority("ca", "ConfigMap", None);
    let refused = |reason: &str| format!("-Accepted:NoValidCACertificate -Programmed:Invalid -ResolvedRefs:{reason}");
    let cases = [
        (json!([good]), WELL.to_owned()),
        (json!([gone]), refused("InvalidCACertificateRef")),
        (json!([authority("empty", "ConfigMap", None)]), refused("InvalidCACertificateRef")),
        (json!([authority("ca", "Service", None)]), refused("InvalidCACertificateKind")),
        (json!([authority("ca", "ConfigMap", Some("bank")), gone]), refused("RefNotPermitted")),
        (
            json!([gone, good]),
            "+Accepted:Accepted +Programmed:Programmed -ResolvedRefs:InvalidCACertificateRef".to_owned(),
        ),
    ];
    for (references, expected) in cases {
        let frontend = json!({"frontend": {"default": {"validation": {"caCertificateRefs": references}},
            "perPort": [{"port": 8443, "tls": {}}]}});
        let line = |port: i32| {
            let g = with(gateway(listener(port)), "/spec/tls", frontend.clone());
            gateway_lines(&[g, map.clone(), empty.clone()], &Profile::default(), &DataPlane::new())[1].clone()
        };
        assert_eq!(line(443), format!("l 0 [HTTPRoute,GRPCRoute] {expected}"), "{references}");
        assert_eq!(line(8443), format!("l 0 [HTTPRoute,GRPCRoute] {WELL}"), "an entry of the port's own: {references}");
    }
    let fallback = json!({"frontend": {"default": {"validation": {"caCertificateRefs": [good], "mode": "AllowInsecureFallback"}}}});
    let g = with(gateway(listener(443)), "/spec/tls", fallback);
    let lines = gateway_lines(&[g, map], &Profile::default(), &DataPlane::new());
    assert_eq!(lines[0], format!("{WELL} +InsecureFrontendValidationMode:ConfigurationChanged"));
}

#[test]
fn a_default_gateway_says_that_it_is_one_and_is_a_parent_of_the_routes_that_use_it() {
    let listeners = json!([{"name": "l", "port": 80, "protocol": "HTTP"}]);
    for (scope, expected) in [("All", format!("{WELL} +DefaultGateway:DefaultGateway")), ("None", WELL.to_owned())] {
        let g = with(gateway(listeners.clone()), "/spec/defaultScope", scope.into());
        let r = object("HTTPRoute", "r", json!({"useDefaultGateways": "All", "rules": [{}]}));
        let documents = [g, r];
        let lines = gateway_lines(&documents, &Profile::default(), &DataPlane::new());
        assert_eq!(lines[0], expected);
        let resources = resources(&documents);
        let (topology, word) = (Topology::resolve(&resources, &Profile::default()), DataPlane::new());
        let reporter = Reporter::new(&resources, &topology, &word);
        let status = reporter.route(&ObjectKey::new(ResourceKind::HttpRoute, "shop", "r")).unwrap().status;
        let parents = status.parents;
        assert_eq!(lines[1].starts_with("l 1"), scope == "All", "{lines:?}");
        let named: Vec<_> = parents.iter().map(|entry| serde_json::to_value(&entry.parent_ref).unwrap()).collect();
        let named_in_full =
            json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "shop", "name": "g"});
        assert_eq!(named, if scope == "All" { vec![named_in_full] } else { vec![] }, "{scope}");
        assert!(
            parents.iter().all(|entry| entry.conditions.iter().all(|condition| condition.status.as_str() == "True"))
        );
    }
}

#[test]
fn addresses_are_assigned_or_it_is_said_why_not() {
    let one = DataPlane::new().address("192.0.2.1").address("lb.example.com");
    let silent = DataPlane::new().default_address("192.0.2.9");
    let ip = |value: &str| json!([{"value": value}]);
    let unusable = "+Accepted:Accepted -Programmed:AddressNotUsable +ResolvedRefs:ResolvedRefs";
    let cases = [
        (json!([]), &one, format!("{WELL} 192.0.2.1")),
        (json!([]), &silent, format!("{WELL} 192.0.2.9")),
        (json!([]), &DataPlane::new(), WELL.to_owned()),
        (ip("192.0.2.1"), &one, format!("{WELL} 192.0.2.1")),
        (ip("192.0.2.2"), &one, unusable.to_owned()),
        (ip("192.0.2.2"), &silent, format!("{WELL} 192.0.2.2")),
        (ip("lb.example.com"), &silent, unusable.to_owned()),
        (json!([{"type": "Hostname", "value": "lb.example.com"}]), &one, format!("{WELL} lb.example.com")),
        (json!([{"type": "Hostname"}]), &one, format!("{WELL} lb.example.com")),
        (
            json!([{"type": "Hostname"}]),
            &silent,
            "+Accepted:Accepted -Programmed:AddressNotAssigned +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (
            json!([{"type": "example.com/name", "value": "x"}, {"value": "192.0.2.1"}]),
            &one,
            "-Accepted:UnsupportedAddress -Programmed:Invalid +ResolvedRefs:ResolvedRefs".to_owned(),
        ),
        (json!([{"value": "192.0.2.1"}, {"value": "192.0.2.2"}]), &one, format!("{unusable} 192.0.2.1")),
    ];
    for (addresses, word, expected) in cases {
        let g = with(gateway(json!([http("a")])), "/spec/addresses", addresses.clone());
        assert_eq!(gateway_lines(&[g], &Profile::default(), word)[0], expected, "{addresses}");
    }
}

#[test]
fn the_data_planes_word_counts() {
    let g = || ObjectKey::new(ResourceKind::Gateway, "shop", "g");
    let listener = |name: &str| ListenerKey { source: g(), name: name.into() };
    let message = || "wait".to_owned();
    let pending = || Programming::Pending { message: message() };
    let not = |reason: &str| format!("+Accepted:Accepted -Programmed:{reason} +ResolvedRefs:ResolvedRefs");
    let cases = [
        (DataPlane::new().gateway(g(), pending()), not("Pending"), WELL.to_owned()),
        (
            DataPlane::new().gateway(g(), Programming::NoResources { message: message() }),
            not("NoResources"),
            WELL.to_owned(),
        ),
        (DataPlane::new().gateway(g(), Programming::Failed { message: message() }), not("Invalid"), WELL.to_owned()),
        (DataPlane::new().listener(listener("a"), pending()), not("Pending"), not("Pending")),
        (
            DataPlane::new().listener(listener("a"), Programming::Failed { message: message() }),
            not("Invalid"),
            not("Invalid"),
        ),
        (DataPlane::new().addresses_of(g(), Vec::new()), not("AddressNotAssigned"), not("Invalid")),
    ];
    for (word, whole, part) in cases {
        let lines = gateway_lines(&[gateway(json!([http("a")]))], &Profile::default(), &word);
        assert_eq!(lines, [whole, format!("a 0 [HTTPRoute,GRPCRoute] {part}")], "{word:?}");
    }
}

#[test]
fn parameters_must_be_there() {
    let reference =
        |kind: &str, name: &str, group: &str| json!({"parametersRef": {"group": group, "kind": kind, "name": name}});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "there"}});
    for (reference, accepted) in [
        (reference("ConfigMap", "there", ""), true),
        (reference("ConfigMap", "gone", ""), false),
        (reference("Tuning", "there", "example.com"), false),
    ] {
        let g = with(gateway(json!([http("a")])), "/spec/infrastructure", reference.clone());
        let line = gateway_lines(&[g, map.clone()], &Profile::default(), &DataPlane::new()).swap_remove(0);
        let expected = if accepted { "+Accepted:Accepted" } else { "-Accepted:InvalidParameters" };
        assert!(line.starts_with(expected), "{reference}: {line}");
    }
    let class = object(
        "GatewayClass",
        "c",
        json!({"controllerName": "example.com/x",
        "parametersRef": {"group": "example.com", "kind": "Tuning", "name": "t"}}),
    );
    let resources = resources(&[class]);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new().crds([Some("v1.6.1".to_owned()), None]);
    let strict = Reporter::new(&resources, &topology, &word);
    let status = strict.gateway_classes().next().unwrap().status;
    assert_eq!(short(&status.conditions), ["-Accepted:InvalidParameters", "-SupportedVersion:UnsupportedVersion"]);
    let word = DataPlane::new().crds([Some("v1.6.1".to_owned())]);
    let lenient = Reporter::new(&resources, &topology, &word).parameters("example.com", "Tuning");
    let status = lenient.gateway_classes().next().unwrap().status;
    assert_eq!(short(&status.conditions), ["+Accepted:Accepted", "+SupportedVersion:SupportedVersion"]);
    assert!(status.supported_features.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert!(!status.supported_features.iter().any(|feature| feature.name.starts_with("Mesh")));
}

#[test]
fn a_listener_set_says_whether_it_joins() {
    let set =
        |listeners: Value| object("ListenerSet", "s", json!({"parentRef": {"name": "g"}, "listeners": listeners}));
    let allowing = |allowed: &str, listeners: Value| {
        with(gateway(listeners), "/spec/allowedListeners", json!({"namespaces": {"from": allowed}}))
    };
    let extra = json!([{"name": "extra", "port": 80, "protocol": "HTTP", "hostname": "x.com"}]);
    let lost = json!([{"name": "lost", "port": 80, "protocol": "HTTP"}]);
    let both = json!([extra[0], lost[0]]);
    let cases = [
        (allowing("Same", json!([http("a")])), extra.clone(), "+Accepted:Accepted +Programmed:Programmed", 1),
        (allowing("None", json!([http("a")])), extra.clone(), "-Accepted:NotAllowed -Programmed:NotAllowed", 0),
        (gateway(json!([http("a")])), extra.clone(), "-Accepted:NotAllowed -Programmed:NotAllowed", 0),
        (allowing("Same", json!([http("a")])), lost, "-Accepted:ListenersNotValid -Programmed:ListenersNotValid", 0),
        (allowing("Same", json!([http("a")])), both, "+Accepted:ListenersNotValid +Programmed:Programmed", 1),
        (
            with(allowing("Same", json!([http("a")])), "/spec/addresses", json!([{"type": "x/y", "value": "z"}])),
            extra.clone(),
            "-Accepted:ParentNotAccepted -Programmed:ParentNotProgrammed",
            0,
        ),
        (
            with(allowing("Same", json!([http("a")])), "/spec/addresses", json!([{"value": "z"}])),
            extra,
            "+Accepted:Accepted -Programmed:ParentNotProgrammed",
            1,
        ),
    ];
    for (g, listeners, expected, attached) in cases {
        let resources = resources(&[g.clone(), set(listeners.clone())]);
        let topology = Topology::resolve(&resources, &Profile::default());
        let word = DataPlane::new();
        let reporter = Reporter::new(&resources, &topology, &word);
        let status = reporter.listener_sets().next().unwrap().status;
        assert_eq!(short(&status.conditions).join(" "), expected, "{g} {listeners}");
        assert_eq!(reporter.gateways().next().unwrap().status.attached_listener_sets, Some(attached));
    }
}

#[test]
fn a_route_says_of_each_parent_what_became_of_it() {
    let class = object("GatewayClass", "any", json!({"controllerName": "example.com/x"}));
    let g = gateway(json!([{"name": "a", "port": 80, "protocol": "HTTP", "hostname": "a.example.com"}]));
    let other = with(gateway(json!([http("a")])), "/metadata/name", json!("h"));
    let other = with(other, "/spec/gatewayClassName", json!("unknown"));
    let route = object(
        "HTTPRoute",
        "r",
        json!({"parentRefs": [{"name": "g"}, {"name": "g", "sectionName": "b"}, {"name": "h"}, {"name": "nobody"}],
               "hostnames": ["b.example.com"],
               "rules": [{"matches": [{"path": {"type": "RegularExpression", "value": "("}}]}, {"backendRefs": [{"name": "gone", "port": 80}]}]}),
    );
    let resources = resources(&[class, g, other, route]);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let reporter = Reporter::new(&resources, &topology, &word);
    let status = reporter.routes().next().unwrap().status;
    let shown: Vec<String> = status
        .parents
        .iter()
        .map(|entry| {
            assert!(entry.parent_ref.kind.as_deref() == Some("Gateway") && entry.parent_ref.group.is_some());
            format!("{} {} {}", entry.parent_ref.name, entry.controller_name, short(&entry.conditions).join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "g example.com/x -Accepted:NoMatchingListenerHostname -ResolvedRefs:BackendNotFound".to_owned(),
            "g example.com/x -Accepted:NoMatchingParent -ResolvedRefs:BackendNotFound".to_owned(),
            format!(
                "h {FALLBACK_CONTROLLER} +Accepted:Accepted -ResolvedRefs:BackendNotFound +PartiallyInvalid:UnsupportedValue"
            ),
        ]
    );
    let message = &status.parents[2].conditions[2].message;
    assert!(message.starts_with("Dropped Rule: spec.rules[0]"), "{message}");
    for (programming, expected) in [
        (Programming::Pending { message: String::new() }, "?Accepted:Pending"),
        (Programming::Failed { message: String::new() }, "-Accepted:UnsupportedValue"),
    ] {
        let word = DataPlane::new().route(ObjectKey::new(ResourceKind::HttpRoute, "shop", "r"), programming);
        let status = Reporter::new(&resources, &topology, &word).routes().next().unwrap().status;
        assert_eq!(short(&status.parents[2].conditions), [expected, "-ResolvedRefs:BackendNotFound"]);
    }
}

#[test]
fn a_certificate_out_of_its_time_is_told_in_the_message_alone() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "kubernetes.io/tls",
    "stringData": {
        "tls.crt": include_str!("../../gateway-match/src/topology/certificate/testdata/ec.crt"),
        "tls.key": include_str!("../../gateway-match/src/topology/certificate/testdata/ec.sec1.key")
    }});
    let listener = json!({"name": "l", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "s"}]}});
    let resources = resources(&[gateway(json!([listener])), secret]);
    let topology = Topology::resolve(&resources, &Profile::default());
    let word = DataPlane::new();
    let well = "every reference resolves";
    let cases = [
        (None, well.to_owned()),
        (Some(1_800_000_000), well.to_owned()),
        (Some(0), format!("{well}; Secret shop/s: the certificate is not valid before 2026-11-25T19:55:45Z")),
        (Some(5_000_000_000), format!("{well}; Secret shop/s: the certificate expired at 2126-11-01T19:55:45Z")),
    ];
    for (now, expected) in cases {
        let reporter = Reporter::new(&resources, &topology, &word);
        let reporter = match now {
            Some(seconds) => reporter.now(seconds),
            None => reporter,
        };
        let status = reporter.gateways().next().unwrap().status;
        assert_eq!(short(&status.listeners[0].conditions).join(" "), WELL, "{now:?}");
        let told = &status.listeners[0].conditions[2].message;
        if cfg!(feature = "certificates") {
            assert_eq!(*told, expected, "{now:?}");
        } else {
            assert_eq!(told, well);
        }
    }
}

#[test]
fn an_option_says_whether_a_gateway_with_conflicts_is_accepted() {
    let clash = json!([http("a"), http("b"), {"name": "c", "port": 81, "protocol": "HTTP"}]);
    let lost = "0 [HTTPRoute,GRPCRoute] -Accepted:HostnameConflict -Programmed:HostnameConflict \
                +ResolvedRefs:ResolvedRefs +Conflicted:HostnameConflict";
    let cases = [
        ("accept-rest", "+Accepted:ListenersNotValid +Programmed:Programmed +ResolvedRefs:ResolvedRefs", WELL, 1),
        (
            "reject-gateway",
            "-Accepted:ListenersNotValid -Programmed:Invalid +ResolvedRefs:ResolvedRefs",
            "+Accepted:Accepted -Programmed:Invalid +ResolvedRefs:ResolvedRefs",
            0,
        ),
    ];
    for (option, own, rest, sets) in cases {
        let mut profile = Profile::default();
        profile.set("conflicted-listeners", option).unwrap();
        let g = with(gateway(clash.clone()), "/spec/allowedListeners", json!({"namespaces": {"from": "Same"}}));
        let set = json!([{"name": "extra", "port": 82, "protocol": "HTTP"}]);
        let set = object("ListenerSet", "s", json!({"parentRef": {"name": "g"}, "listeners": set}));
        let documents = [g, set];
        let lines = gateway_lines(&documents, &profile, &DataPlane::new());
        let third = format!("c 0 [HTTPRoute,GRPCRoute] {rest}");
        assert_eq!(lines, [own.to_owned(), format!("a {lost}"), format!("b {lost}"), third], "{option}");
        let resources = resources(&documents);
        let topology = Topology::resolve(&resources, &profile);
        let word = DataPlane::new();
        let reporter = Reporter::new(&resources, &topology, &word);
        assert_eq!(reporter.gateways().next().unwrap().status.attached_listener_sets, Some(sets), "{option}");
        let of_set = short(&reporter.listener_sets().next().unwrap().status.conditions);
        let expected = if sets == 1 { "+Accepted:Accepted" } else { "-Accepted:ParentNotAccepted" };
        assert_eq!(of_set[0], expected, "{option}");
    }
}

#[test]
fn a_listener_set_says_which_of_its_listeners_are_too_many() {
    let g = with(gateway(json!([http("a")])), "/spec/allowedListeners", json!({"namespaces": {"from": "Same"}}));
    let entry = |name: &str, port: i32| json!({"name": name, "port": port, "protocol": "HTTP"});
    let set = json!({"parentRef": {"name": "g"}, "listeners": [entry("b", 81), entry("c", 82)]});
    let resources = resources(&[g, object("ListenerSet", "s", set)]);
    let refused = "-Accepted:TooManyListeners -Programmed:Invalid +ResolvedRefs:ResolvedRefs";
    let cases = [
        (3, "+Accepted:Accepted +Programmed:Programmed", WELL, WELL),
        (2, "+Accepted:ListenersNotValid +Programmed:Programmed", WELL, refused),
        (1, "-Accepted:ListenersNotValid -Programmed:ListenersNotValid", refused, refused),
    ];
    for (limit, own, first, second) in cases {
        let topology = Topology::resolve(&resources, &Profile::default().listener_limit(limit));
        let word = DataPlane::new();
        let status = Reporter::new(&resources, &topology, &word).listener_sets().next().unwrap().status;
        assert_eq!(short(&status.conditions).join(" "), own, "{limit}");
        let found: Vec<String> =
            status.listeners.iter().map(|listener| short(&listener.conditions).join(" ")).collect();
        assert_eq!(found, [first, second], "{limit}");
    }
}

#[test]
fn an_option_says_what_becomes_of_entries_without_room() {
    let entry = |index: usize| json!({"parentRef": {"name": format!("p{index}")}, "controllerName": "example.com/theirs", "conditions": []});
    let foreign: Vec<Value> = (0..crate::MAX_PARENTS - 1).map(entry).collect();
    let mut route = object("HTTPRoute", "r", json!({"parentRefs": [{"name": "g"}, {"name": "g", "port": 80}]}));
    route["status"] = json!({"parents": foreign});
    let resources = resources(&[gateway(json!([http("a")])), route]);
    for (option, expected) in
        [("refuse", "attached to 1 listener"), ("aggregate", "attached to 1 listener; the status has no room for g")]
    {
        let mut profile = Profile::default();
        profile.set("status-overflow", option).unwrap();
        let topology = Topology::resolve(&resources, &profile);
        let word = DataPlane::new();
        let desired = Reporter::new(&resources, &topology, &word).routes().next().unwrap();
        let stored = RouteStatus::stored(&resources, &desired.object);
        let merged = merge(stored, &desired, &Timestamp::new("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(merged.parents.len(), crate::MAX_PARENTS, "{option}");
        assert_eq!(merged.parents.last().unwrap().conditions[0].message, expected, "{option}");
        assert_eq!(refused(stored, &desired).len(), 1, "{option}");
    }
}

#[test]
fn filters_that_exclude_each_other_refuse_a_route_that_has_no_other_rule() {
    let both = json!({"filters": [
        {"type": "URLRewrite", "urlRewrite": {"hostname": "a.example.com"}},
        {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
    ]});
    let resolved = "+ResolvedRefs:ResolvedRefs";
    let cases = [
        (json!([both]), vec!["-Accepted:IncompatibleFilters", resolved]),
        (json!([both, {}]), vec!["+Accepted:Accepted", resolved, "+PartiallyInvalid:UnsupportedValue"]),
    ];
    for (rules, expected) in cases {
        let route = object("HTTPRoute", "r", json!({"parentRefs": [{"name": "g"}], "rules": rules}));
        let resources = resources(&[gateway(json!([http("a")])), route]);
        let topology = Topology::resolve(&resources, &Profile::default());
        let word = DataPlane::new();
        let status = Reporter::new(&resources, &topology, &word).routes().next().unwrap().status;
        let conditions = &status.parents[0].conditions;
        assert_eq!(short(conditions), expected, "{rules}");
        let told = &conditions[if expected.len() == 2 { 0 } else { 2 }].message;
        assert!(told.contains("spec.rules[0].filters"), "{told}");
    }
}

#[test]
fn a_mesh_says_that_it_is_served() {
    let mesh = json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": "XMesh", "metadata": {"name": "m"},
        "spec": {"controllerName": "example.com/x"}});
    let resources = resources(&[mesh]);
    let ours = Profile::default().controller("example.com/x");
    let theirs = Profile::default().controller("example.com/y");
    let word = DataPlane::new();
    let topology = Topology::resolve(&resources, &theirs);
    assert_eq!(Reporter::new(&resources, &topology, &word).meshes().count(), 0);
    let topology = Topology::resolve(&resources, &ours);
    let status = Reporter::new(&resources, &topology, &word).meshes().next().unwrap().status;
    assert_eq!(short(&status.conditions), ["+Accepted:Accepted"]);
    assert!(status.supported_features.iter().all(|feature| feature.name.starts_with("Mesh")));
    assert_eq!(status.supported_features.len(), 10);
}

#[test]
fn what_can_be_said_of_a_gateways_listener_can_be_said_of_a_sets() {
    for legal in LegalCondition::all().filter(|legal| legal.subject() == ConditionSubject::Listener) {
        let there = legal.about(ConditionSubject::ListenerEntry);
        assert!(there.is_some() || legal.condition().as_str() == "Detached", "{legal:?}");
        assert!(there.is_none_or(|there| there.truth() == legal.truth() || legal.truth() == Truth::Unknown));
    }
}

#[test]
fn a_policy_has_an_entry_for_each_gateway_that_reaches_its_target() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}, "spec": {"ports": [{"name": "web", "port": 80}]}});
    let route = object(
        "HTTPRoute",
        "r",
        json!({"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [{"name": "b", "port": 80}]}]}),
    );
    let policy = |name: &str, authority: &str| {
        object(
            "BackendTLSPolicy",
            name,
            json!({"targetRefs": [{"group": "", "kind": "Service", "name": "b"}],
            "validation": {"hostname": "b.example.com", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authority}]}}),
        )
    };
    let traffic = json!({"apiVersion": "gateway.networking.x-k8s.io/v1alpha1", "kind": "XBackendTrafficPolicy", "metadata": {"name": "t"},
        "spec": {"targetRefs": [{"group": "", "kind": "Service", "name": "b"}]}});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"},
        "data": {"ca.crt": include_str!("../../gateway-match/src/topology/certificate/testdata/rsa.crt")}});
    let lines = |documents: &[Value]| -> Vec<String> {
        let resources = resources(documents);
        let topology = Topology::resolve(&resources, &Profile::default());
        let word = DataPlane::new();
        let reporter = Reporter::new(&resources, &topology, &word);
        let shown = reporter.policies().flat_map(|desired| {
            let name = desired.object.name.to_string();
            let entries = desired.status.ancestors.into_iter();
            entries
                .map(move |entry| format!("{name} {} {}", entry.ancestor_ref.name, short(&entry.conditions).join(" ")))
                .collect::<Vec<_>>()
        });
        shown.collect()
    };
    let g = gateway(json!([http("a")]));
    let all = [g.clone(), service.clone(), route, map, policy("p", "ca"), policy("q", "ca"), traffic];
    assert_eq!(
        lines(&all),
        [
            "p g +Accepted:Accepted +ResolvedRefs:ResolvedRefs",
            "q g -Accepted:Conflicted +ResolvedRefs:ResolvedRefs",
            "t g +Accepted:Accepted",
        ]
    );
    let mut broken = all.to_vec();
    broken[4] = policy("p", "gone");
    assert_eq!(lines(&broken)[0], "p g -Accepted:NoValidCACertificate -ResolvedRefs:InvalidCACertificateRef");
    assert!(lines(&[g, service, policy("p", "ca")]).is_empty(), "nobody reaches the target");
}
