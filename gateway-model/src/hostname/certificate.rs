//! Names in certificates, whose wildcard is not the Gateway API's.

use std::net::IpAddr;

use super::without_trailing_dot;

/// Whether a certificate with this DNS name (a subjectAltName of type dNSName) is good for `host`.
///
/// RFC 6125 section 6.4.3 and RFC 9525 section 6.3: a `*` that is the whole first label stands for exactly one
/// label; any other `*` is a plain character. ASCII case and one trailing dot of the host do not matter. An IP
/// address is never matched, since certificates name addresses in another field. O(length), no allocation.
///
/// ```
/// use gateway_model::certificate_name_matches;
///
/// assert!(certificate_name_matches("*.example.com", "A.example.com"));
/// assert!(!certificate_name_matches("*.example.com", "a.b.example.com"));
/// assert!(!certificate_name_matches("*.example.com", "example.com"));
/// ```
pub fn certificate_name_matches(dns_name: &str, host: &str) -> bool {
    let host = without_trailing_dot(host);
    if host.is_empty() || host.parse::<IpAddr>().is_ok() {
        return false;
    }
    match dns_name.strip_prefix("*.") {
        None => dns_name.eq_ignore_ascii_case(host),
        Some(parent) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && !rest.is_empty() && rest.eq_ignore_ascii_case(parent)),
    }
}
