//! Upstream's conformance tests, replayed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests, their helpers included")]

use std::collections::HashMap;

use gateway_conformance::replay::{Certificates, CertifiedKey, Generated, Report, Suite, Usage, replay};
use gateway_conformance::shared;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};

#[test]
fn upstream_tests_hold() {
    let Some(folder) = shared::folder() else { return };
    let suite = Suite::open(&folder.join("conformance")).unwrap();
    let mut certificates = Made::default();
    let tests = suite.tests().unwrap();
    assert!(!tests.is_empty(), "the folder has no tests");
    let reports = tests
        .iter()
        .map(|(name, test)| {
            let cluster = suite.cluster(test, &mut certificates).unwrap_or_else(|error| panic!("{name}: {error}"));
            replay(name, test, cluster, &mut certificates)
        })
        .collect();
    let report = Report::new(reports);
    println!("{report}");
    let problems = report.problems();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Certificates as the suite makes them, each once, with keys on an elliptic curve.
#[derive(Default)]
struct Made {
    by_name: HashMap<String, (CertificateParams, CertifiedKey)>,
}

impl Certificates for Made {
    fn make(&mut self, wanted: &Generated) -> CertifiedKey {
        let name = format!("{}/{}", wanted.object.namespace.as_deref().unwrap_or(""), wanted.object.name);
        if let Some((_, made)) = self.by_name.get(&name) {
            return made.clone();
        }
        let key = KeyPair::generate().unwrap();
        let params = params(wanted);
        let certificate = match &wanted.signed_by {
            None => params.self_signed(&key),
            Some(authority) => {
                let (authority_params, authority) = &self.by_name[authority];
                let authority_key = KeyPair::from_pem(&authority.key).unwrap();
                params.signed_by(&key, &Issuer::from_params(authority_params, authority_key))
            }
        };
        let made = CertifiedKey { certificate: certificate.unwrap().pem(), key: key.serialize_pem() };
        self.by_name.insert(name, (params, made.clone()));
        made
    }
}

fn params(wanted: &Generated) -> CertificateParams {
    let mut params = CertificateParams::default();
    if wanted.object.kind == "ConfigMap" {
        params.distinguished_name.push(DnType::CommonName, "gatewayapi");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
        return params;
    }
    params.distinguished_name.push(DnType::CommonName, "default");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![match wanted.usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    let dns_names = wanted.dns_names.iter().map(|name| SanType::DnsName(name.as_str().try_into().unwrap()));
    let uris = wanted.uris.iter().map(|uri| SanType::URI(uri.as_str().try_into().unwrap()));
    params.subject_alt_names = dns_names.chain(uris).collect();
    params
}
