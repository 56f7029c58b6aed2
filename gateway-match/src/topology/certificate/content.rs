//! What is in certificates and keys.

use pkcs1::der::{Decode, oid::ObjectIdentifier};
use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef};
use pkcs8::PrivateKeyInfoRef;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sec1::EcPrivateKey;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use super::{CertificateFault, has_section};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

type Certificate = CertificateInner<Raw>;

/// Whether a PEM has at least one certificate, and each can be read.
pub(super) fn chain_fault(key: &'static str, pem: &[u8]) -> Option<CertificateFault> {
    chain(key, pem).err()
}

/// Whether a chain and a private key can be read, and the key is that of the first certificate.
///
/// A key of a type that is not known here (only RSA's and elliptic curves' can be compared) is no
/// fault: a TLS library may know more.
pub(super) fn pair_fault(certificates: &[u8], key: &[u8]) -> Option<CertificateFault> {
    let leaf = match chain("tls.crt", certificates) {
        Ok(leaf) => leaf,
        Err(fault) => return Some(fault),
    };
    let unreadable = CertificateFault::Unreadable { key: "tls.key", expected: "a private key" };
    let private = match PrivateKeyDer::from_pem_slice(key) {
        Ok(private) => private,
        // Sections of another type, such as those of DSA keys and encrypted keys.
        Err(rustls_pki_types::pem::Error::NoItemsFound) if has_section(key, "PRIVATE KEY-----") => return None,
        Err(_) => return Some(CertificateFault::NotPem { key: "tls.key", expected: "a private key" }),
    };
    let public = match &private {
        PrivateKeyDer::Pkcs1(der) => RsaPrivateKeyRef::from_der(der.secret_pkcs1_der()).ok().map(rsa),
        PrivateKeyDer::Sec1(der) => EcPrivateKey::try_from(der.secret_sec1_der()).ok().map(|key| elliptic(&key, None)),
        PrivateKeyDer::Pkcs8(der) => {
            PrivateKeyInfoRef::try_from(der.secret_pkcs8_der()).ok().and_then(|key| of_pkcs8(&key))
        }
        _ => return None,
    };
    match public {
        None => Some(unreadable),
        Some(public) => (!fits(&leaf, &public)).then_some(CertificateFault::KeyMismatch),
    }
}

/// The first and the last second of the first certificate's time, since 1970.
pub(super) fn validity(certificates: &[u8]) -> Option<(i64, i64)> {
    let leaf = chain("tls.crt", certificates).ok()?;
    let validity = leaf.tbs_certificate().validity();
    let seconds = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).ok();
    Some((seconds(validity.not_before)?, seconds(validity.not_after)?))
}

/// The DNS names that the first certificate of a chain is for, in lower case. spec: RFC 5280 section 4.2.1.6.
pub(super) fn dns_names(certificates: &[u8]) -> Vec<Box<str>> {
    let Ok(leaf) = chain("tls.crt", certificates) else { return Vec::new() };
    let Ok(Some((_, SubjectAltName(names)))) = leaf.tbs_certificate().get_extension() else { return Vec::new() };
    let dns = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase().into()),
        _ => None,
    };
    names.iter().filter_map(dns).collect()
}

/// What a private key says of its public key.
enum PublicKey<'a> {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point, and the curve, as far as they are there: keys need not hold them.
    EllipticCurve {
        curve: Option<ObjectIdentifier>,
        point: Option<&'a [u8]>,
    },
    Other,
}

fn rsa(key: RsaPrivateKeyRef<'_>) -> PublicKey<'static> {
    PublicKey::Rsa { modulus: key.modulus.as_bytes().to_vec(), exponent: key.public_exponent.as_bytes().to_vec() }
}

fn elliptic<'a>(key: &EcPrivateKey<'a>, curve: Option<ObjectIdentifier>) -> PublicKey<'a> {
    let named = key.parameters.and_then(|parameters| parameters.named_curve());
    PublicKey::EllipticCurve { curve: curve.or(named), point: key.public_key }
}

fn of_pkcs8<'a>(key: &PrivateKeyInfoRef<'a>) -> Option<PublicKey<'a>> {
    let bytes = key.private_key.as_bytes();
    match key.algorithm.oid {
        RSA => RsaPrivateKeyRef::from_der(bytes).ok().map(rsa),
        ELLIPTIC_CURVE => {
            let curve = key.algorithm.parameters_oid().ok();
            EcPrivateKey::try_from(bytes).ok().map(|key| elliptic(&key, curve))
        }
        _ => Some(PublicKey::Other),
    }
}

fn fits(certificate: &Certificate, key: &PublicKey<'_>) -> bool {
    let info = certificate.tbs_certificate().subject_public_key_info();
    let bits = info.subject_public_key.raw_bytes();
    let type_of_certificate = info.algorithm.oid;
    match key {
        PublicKey::Other => type_of_certificate != RSA && type_of_certificate != ELLIPTIC_CURVE,
        PublicKey::Rsa { modulus, exponent } if type_of_certificate == RSA => RsaPublicKeyRef::from_der(bits)
            .is_ok_and(|public| public.modulus.as_bytes() == modulus && public.public_exponent.as_bytes() == exponent),
        PublicKey::EllipticCurve { curve, point } if type_of_certificate == ELLIPTIC_CURVE => {
            let curve_of_certificate = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
            let same_curve = curve.zip(curve_of_certificate).is_none_or(|(a, b): (ObjectIdentifier, _)| a == b);
            same_curve && point.is_none_or(|point| point == bits)
        }
        // Certificates for RSA-PSS hold keys that are RSA's too; other types cannot be compared.
        PublicKey::Rsa { .. } => type_of_certificate != ELLIPTIC_CURVE,
        PublicKey::EllipticCurve { .. } => type_of_certificate != RSA,
    }
}

fn chain(key: &'static str, pem: &[u8]) -> Result<Certificate, CertificateFault> {
    let mut leaf = None;
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|_| CertificateFault::NotPem { key, expected: "a certificate" })?;
        let certificate =
            Certificate::from_der(&der).map_err(|_| CertificateFault::Unreadable { key, expected: "a certificate" })?;
        leaf.get_or_insert(certificate);
    }
    leaf.ok_or(CertificateFault::NotPem { key, expected: "a certificate" })
}
