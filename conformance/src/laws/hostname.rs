//! Hostnames: two that are written, and an authority that a request names.

use gateway_model::{Host, Hostname, host_of_authority};

use super::ensure;

/// The lines are two hostnames and an authority.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n').map(String::from_utf8_lossy);
    let mut line = || lines.next().unwrap_or_default();
    let (a, b, authority) = (line(), line(), line());
    let host = match host_of_authority(&authority) {
        Host::Name(host) => {
            ensure(authority.contains(host), || format!("`{host}` is not in `{authority}`"))?;
            Some(host)
        }
        _ => None,
    };
    let (Ok(a), Ok(b)) = (Hostname::parse(&a), Hostname::parse(&b)) else { return Ok(()) };
    ensure(Hostname::parse(a.as_str()).as_ref() == Ok(&a), || format!("`{a}` does not parse as itself"))?;
    let both = a.intersect(&b);
    ensure(both == b.intersect(&a), || format!("{a} and {b} do not commute"))?;
    let Some(host) = host else { return Ok(()) };
    let taken = both.is_some_and(|both| both.matches(host));
    ensure(taken == (a.matches(host) && b.matches(host)), || format!("{a}, {b}, {host}: {taken}"))
}
