use http::HeaderMap;

use super::*;

fn names(headers: &(impl Headers + ?Sized)) -> Option<Vec<String>> {
    let mut found = Vec::new();
    headers.visit_names(&mut |name| found.push(name.to_ascii_lowercase())).then_some(found)
}

fn values(headers: &(impl Headers + ?Sized), name: &'static str) -> Vec<String> {
    let mut found = Vec::new();
    headers.visit(&HeaderName::from_static(name), &mut |value| {
        found.push(String::from_utf8(value.to_vec()).unwrap());
        if value == b"stop" { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found
}

/// Headers whose names nobody can list.
struct Opaque;

impl Headers for Opaque {
    fn visit(&self, _: &HeaderName, _: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {}
}

#[test]
fn headers_show_their_values_in_order_and_their_names_wherever_they_are_kept() {
    let list = [("X-A", "1"), ("x-b", "2"), ("x-A", "stop"), ("x-a", "4")];
    let mut map = HeaderMap::new();
    for (name, value) in list {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let expected = ["x-a", "x-b", "x-a", "x-a"];
    assert_eq!(names(&list), Some(expected.map(str::to_owned).to_vec()));
    assert_eq!(names(&list[..]), names(&list));
    assert_eq!(names(&list.to_vec()), names(&list));
    let mut of_map = names(&map).unwrap();
    of_map.sort();
    of_map.dedup();
    assert_eq!(of_map, ["x-a", "x-b"]);
    assert_eq!(names(&()), Some(Vec::new()));
    assert_eq!(names(&Opaque), None);
    for found in [values(&list, "x-a"), values(&list[..], "x-a"), values(&list.to_vec(), "x-a"), values(&map, "x-a")] {
        assert_eq!(found, ["1", "stop"]);
    }
    assert_eq!(values(&list, "x-c"), Vec::<String>::new());
    assert_eq!(values(&(), "x-a"), Vec::<String>::new());
}

#[test]
fn a_map_shows_each_of_its_headers_however_many_there_are() {
    for count in 0..=2 * FEW {
        // Names of one length, and one that the protocol knows.
        let name = |number: usize| if number == 3 { "accept".to_owned() } else { format!("x-{number:02}") };
        let names: Vec<String> = (0..count).map(name).collect();
        let mut map = HeaderMap::new();
        for name in &names {
            map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), name.parse().unwrap());
        }
        let shown = |map: &HeaderMap, name: &str| {
            let mut shown = Vec::new();
            map.visit(&HeaderName::from_bytes(name.as_bytes()).unwrap(), &mut |value| {
                shown.push(String::from_utf8_lossy(value).into_owned());
                ControlFlow::Continue(())
            });
            shown
        };
        for own in &names {
            assert_eq!(shown(&map, own), [own.as_str()], "of {count}");
        }
        for other in ["x-99", "x", "host", "x-000", "accept-encoding"] {
            assert_eq!(shown(&map, other), [""; 0], "{other} of {count}");
        }
        // Once a name is repeated, all are shown with all their values.
        if let Some(first) = names.first() {
            map.append(HeaderName::from_bytes(first.as_bytes()).unwrap(), "again".parse().unwrap());
            assert_eq!(shown(&map, first), [first.as_str(), "again"], "of {count}");
            assert_eq!(names.iter().map(|own| shown(&map, own).len()).sum::<usize>(), count + 1);
        }
    }
}

#[test]
fn a_connection_tells_what_is_known_of_it() {
    let cases = [
        (Connection::plain(80), 80, Transport::Plain, false, None),
        (Connection::tls(443, Some("a.example.com")), 443, Transport::Tls, true, Some("a.example.com")),
        (Connection::tls(443, None), 443, Transport::Tls, true, None),
        (Connection::udp(53), 53, Transport::Udp, false, None),
    ];
    for (connection, port, transport, is_tls, sni) in cases {
        let found = (connection.port(), connection.transport(), connection.is_tls(), connection.sni());
        assert_eq!(found, (port, transport, is_tls, sni));
    }
}

#[test]
fn a_call_is_a_request_by_post_in_the_second_version() {
    let call = RequestView::call("h", "/a.B/C", &());
    assert!(call.is_grpc());
    assert_eq!((call.method(), call.version, call.path()), ("POST", Version::HTTP_2, "/a.B/C"));
    let request = RequestView::new("POST", "h", "/a.B/C", &());
    assert!(!request.is_grpc());
    assert_eq!(request.version, Version::HTTP_11);
}
