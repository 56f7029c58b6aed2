use super::*;

/// A certificate with its key, as tools make them; the three forms of a private key.
const RSA_CERTIFICATE: &str = include_str!("testdata/rsa.crt");
const RSA_PKCS1: &str = include_str!("testdata/rsa.pkcs1.key");
const RSA_PKCS8: &str = include_str!("testdata/rsa.pkcs8.key");
const RSA_OTHER: &str = include_str!("testdata/rsa-other.pkcs8.key");
const EC_CERTIFICATE: &str = include_str!("testdata/ec.crt");
const EC_SEC1: &str = include_str!("testdata/ec.sec1.key");
const EC_PKCS8: &str = include_str!("testdata/ec.pkcs8.key");
const EC_OTHER: &str = include_str!("testdata/ec-other.pkcs8.key");
const ED_CERTIFICATE: &str = include_str!("testdata/ed25519.crt");
const ED_PKCS8: &str = include_str!("testdata/ed25519.pkcs8.key");

fn secret(certificate: &str, key: &str) -> Secret {
    let data = [("tls.crt", certificate), ("tls.key", key)];
    Secret {
        type_: Some(TLS_SECRET.to_owned()),
        data: Some(data.map(|(name, text)| (name.to_owned(), ByteString(text.as_bytes().to_vec()))).into()),
        ..Secret::default()
    }
}

#[test]
fn a_key_fits_its_certificate_in_whichever_form_it_is_written() {
    let mismatch = Some(CertificateFault::KeyMismatch);
    let with_text = format!("subject=CN=example.com\n{RSA_CERTIFICATE}\n# the intermediate\n{EC_CERTIFICATE}");
    let dsa = "-----BEGIN DSA PRIVATE KEY-----\nMAoCAQA=\n-----END DSA PRIVATE KEY-----\n";
    let cases = [
        ("RSA, PKCS#1", RSA_CERTIFICATE, RSA_PKCS1, None),
        ("RSA, PKCS#8", RSA_CERTIFICATE, RSA_PKCS8, None),
        ("a chain with text between", &with_text, RSA_PKCS8, None),
        ("EC, SEC1", EC_CERTIFICATE, EC_SEC1, None),
        ("EC, PKCS#8", EC_CERTIFICATE, EC_PKCS8, None),
        ("Ed25519", ED_CERTIFICATE, ED_PKCS8, None),
        ("an unknown type of key", RSA_CERTIFICATE, dsa, None),
        ("another type", RSA_CERTIFICATE, EC_PKCS8, mismatch.clone()),
        ("another type the other way", EC_CERTIFICATE, RSA_PKCS1, mismatch.clone()),
        ("another type that cannot be compared", RSA_CERTIFICATE, ED_PKCS8, mismatch.clone()),
        ("another key", EC_CERTIFICATE, EC_OTHER, mismatch.clone()),
        ("another key, RSA", RSA_CERTIFICATE, RSA_OTHER, mismatch),
    ];
    for (name, certificate, key, expected) in cases {
        assert_eq!(secret_fault(&secret(certificate, key)), expected, "{name}");
    }
}

#[test]
fn what_is_no_certificate_or_no_key_is_told_with_its_place() {
    let garbage = "-----BEGIN CERTIFICATE-----\nMAoCAQA=\n-----END CERTIFICATE-----\n";
    let garbage_key = "-----BEGIN PRIVATE KEY-----\nMAoCAQA=\n-----END PRIVATE KEY-----\n";
    let mut opaque = secret(RSA_CERTIFICATE, RSA_PKCS8);
    opaque.type_ = None;
    let mut text = secret("", RSA_PKCS8);
    text.string_data = Some([("tls.crt".to_owned(), RSA_CERTIFICATE.to_owned())].into());
    let cases = [
        (secret("Hello world\n", RSA_PKCS8), Some("`tls.crt` is no PEM with a certificate")),
        (secret(RSA_PKCS8, RSA_PKCS8), Some("`tls.crt` is no PEM with a certificate")),
        (secret(garbage, RSA_PKCS8), Some("`tls.crt` holds a certificate that cannot be read")),
        (secret(RSA_CERTIFICATE, "Hello world"), Some("`tls.key` is no PEM with a private key")),
        (secret(RSA_CERTIFICATE, garbage_key), Some("`tls.key` holds a private key that cannot be read")),
        (secret(RSA_CERTIFICATE, ""), Some("has no `tls.key`")),
        (opaque, Some("is of type `Opaque`, not `kubernetes.io/tls`")),
        (text, None),
    ];
    for (secret, expected) in cases {
        assert_eq!(secret_fault(&secret).map(|fault| fault.to_string()).as_deref(), expected);
    }
}

#[test]
fn a_certificate_is_judged_by_the_time_that_is_given() {
    // EC_CERTIFICATE is good from the first of these seconds to the second.
    let (first, last) = (1_795_636_545, 4_949_236_545);
    let mut secret = secret(EC_CERTIFICATE, EC_SEC1);
    secret.metadata.name = Some("s".to_owned());
    secret.metadata.namespace = Some("shop".to_owned());
    let mut resources = Resources::new();
    resources.insert(secret);
    let key = ObjectKey::new(ResourceKind::Secret, "shop", "s");
    let expired = CertificateExpiry::Expired { secret: key.clone(), since: Timestamp::new("2126-11-01T19:55:45Z") };
    let early = CertificateExpiry::NotYetValid { secret: key.clone(), until: Timestamp::new("2026-11-25T19:55:45Z") };
    let cases =
        [(i64::MIN, Some(&early)), (first - 1, Some(&early)), (first, None), (last, None), (last + 1, Some(&expired))];
    for (now, expected) in cases {
        assert_eq!(certificate_expiry(&resources, &key, now).as_ref(), expected, "at {now}");
    }
    let gone = ObjectKey::new(ResourceKind::Secret, "shop", "gone");
    assert_eq!(certificate_expiry(&resources, &gone, last + 1), None);
    assert!(expired.to_string().ends_with("the certificate expired at 2126-11-01T19:55:45Z"), "{expired}");
}
