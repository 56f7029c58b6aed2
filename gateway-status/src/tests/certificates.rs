//! Listeners whose certificates are for the same names.

use gateway_match::{Profile, Topology};
use gateway_model::{ObjectKey, ResourceKind, read_objects};
use serde_json::{Value, json};

use super::{gateway, gateway_lines, resources, short};
use crate::{DataPlane, Reporter, affected};

const NAMES_KEY: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/names.pkcs8.key");
/// For `*.example.com`, `shop.example.org` and an address.
const WILDCARD_NAME: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/wildcard-name.crt");
/// For `FOO.example.com`.
const ONE_NAME: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/one-name.crt");
/// For `a.b.example.com`.
const DEEP_NAME: &str = include_str!("../../../gateway-match/src/topology/certificate/testdata/deep-name.crt");
/// For `*.example.org`.
const OTHER_WILDCARD: &str =
    include_str!("../../../gateway-match/src/topology/certificate/testdata/other-wildcard-name.crt");

fn certificate(name: &str, certificate: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": certificate, "tls.key": NAMES_KEY}})
}

/// An HTTPS listener with certificates out of Secrets.
fn certified(name: &str, port: i32, host: &str, secrets: &[&str]) -> Value {
    let references: Vec<Value> = secrets.iter().map(|secret| json!({"name": secret})).collect();
    json!({"name": name, "port": port, "protocol": "HTTPS", "hostname": host, "tls": {"certificateRefs": references}})
}

#[test]
fn listeners_with_certificates_for_the_same_names_are_marked_rather_than_for_their_hosts() {
    let passthrough = json!({"name": "b", "port": 443, "protocol": "TLS", "hostname": "b.com", "tls": {"mode": "Passthrough",
        "certificateRefs": [{"name": "wildcard"}]}});
    let cases = [
        (
            "a name and its wildcard",
            vec![certified("a", 443, "a.com", &["one"]), certified("b", 443, "b.com", &["wildcard"])],
            &["a Certificates", "b Certificates"][..],
        ),
        (
            "the same certificate",
            vec![certified("a", 443, "a.com", &["wildcard"]), certified("b", 443, "b.com", &["wildcard"])],
            &["a Certificates", "b Certificates"],
        ),
        (
            "the second of several",
            vec![
                certified("a", 443, "a.com", &["deep", "other"]),
                certified("b", 443, "b.com", &["wildcard"]),
                certified("c", 443, "c.com", &["one"]),
                certified("d", 443, "d.com", &["deep"]),
                certified("e", 443, "e.com", &["none"]),
            ],
            &["a Certificates", "b Certificates", "c Certificates", "d Certificates"],
        ),
        (
            "a wildcard is one label",
            vec![certified("a", 443, "a.com", &["one"]), certified("b", 443, "b.com", &["deep"])],
            &[],
        ),
        (
            "another port",
            vec![certified("a", 443, "a.com", &["one"]), certified("b", 444, "b.com", &["wildcard"])],
            &[],
        ),
        (
            "within one listener",
            vec![certified("a", 443, "a.com", &["one", "wildcard"]), certified("b", 443, "b.com", &["deep"])],
            &[],
        ),
        (
            "hosts too",
            vec![
                certified("a", 443, "*.com", &["one"]),
                certified("b", 443, "b.com", &["wildcard"]),
                certified("c", 443, "c.com", &["deep"]),
            ],
            &["a Certificates", "b Certificates", "c Hostnames"],
        ),
        ("one passes connections on", vec![certified("a", 443, "a.com", &["one"]), passthrough], &[]),
        (
            "one serves nothing",
            vec![certified("a", 443, "a.com", &["one"]), certified("b", 443, "b..com", &["wildcard"])],
            &[],
        ),
        (
            "one cannot use its certificate",
            vec![certified("a", 443, "a.com", &["one"]), certified("b", 443, "b.com", &["gone"])],
            &[],
        ),
    ];
    let secrets = [("one", ONE_NAME), ("wildcard", WILDCARD_NAME), ("deep", DEEP_NAME), ("other", OTHER_WILDCARD)];
    for (name, listeners, expected) in cases {
        let mut documents = vec![gateway(json!(listeners))];
        documents.extend(secrets.iter().map(|(name, text)| certificate(name, text)));
        let lines = gateway_lines(&documents, &Profile::default(), &DataPlane::new());
        let marked: Vec<String> = lines[1..]
            .iter()
            .filter_map(|line| Some((line.split(' ').next()?, line.split_once("+OverlappingTLSConfig:Overlapping")?.1)))
            .map(|(listener, what)| format!("{listener} {what}"))
            .collect();
        assert_eq!(marked, expected, "{name}: {lines:?}");
    }
}

#[test]
fn a_certificate_for_other_names_changes_what_listeners_say() {
    let listeners = [certified("a", 443, "a.com", &["s"]), certified("b", 443, "b.com", &["wildcard"])];
    let documents = [gateway(json!(listeners)), certificate("s", DEEP_NAME), certificate("wildcard", WILDCARD_NAME)];
    let mut resources = resources(&documents);
    let topology = Topology::resolve(&resources, &Profile::default());
    let secret = ObjectKey::new(ResourceKind::Secret, "shop", "s");
    let [read] = &*read_objects(certificate("s", ONE_NAME), "shop") else { panic!("one object") };
    resources.insert_any(read.object.clone().unwrap());
    let update = topology.apply(&resources, [secret]);
    let gateway = ObjectKey::new(ResourceKind::Gateway, "shop", "g");
    assert!(affected(&update).contains(&gateway));
    let word = DataPlane::new();
    let status = Reporter::new(&resources, update.topology(), &word).gateway(&gateway).unwrap().status;
    for listener in &status.listeners {
        assert_eq!(short(&listener.conditions)[3..], ["+OverlappingTLSConfig:OverlappingCertificates"]);
    }
}
