//! Bytes to documents, objects, topology and routers: never a panic, whatever the bytes.
#![no_main]

use gateway_match::{Connection, Profile, RequestView, Topology};
use gateway_model::yaml::{Limits, read_documents};
use gateway_model::{Resources, read_objects};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut resources = Resources::new();
    for document in read_documents(bytes, &Limits::default()).flatten() {
        for read in read_objects(document.value, "default") {
            if let Ok(object) = read.object {
                resources.insert_any(object);
            }
        }
    }
    let topology = Topology::resolve(&resources, &Profile::default());
    for gateway in topology.gateways() {
        let Some(router) = topology.router(gateway.key()) else { continue };
        for listener in router.listeners() {
            let host = listener.hostname().map_or("example.com", |hostname| hostname.as_str());
            let request = RequestView::new("GET", host, "/a?b=c", &[("x", "y")]);
            let connection = Connection::plain(listener.port());
            let why = router.explain(&request, &connection);
            assert_eq!(why.decision().status(), router.route(&request, &connection).status());
        }
    }
});
