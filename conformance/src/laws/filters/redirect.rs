//! Redirects. spec: `HTTPRequestRedirectFilter`.

use std::net::{Ipv4Addr, Ipv6Addr};

use gateway_match::{FullPathQuery, Profile, RedirectInput, Scheme};
use gateway_model::{RedirectScheme, RequestRedirect, RouteFilter, RouteFilterType};

use super::{compiled, ensure, hostname, is_precise_hostname, is_printable, of_type, paths, perhaps, text};
use crate::generate::Source;

pub(super) fn check(source: &mut dyn Source) -> Result<(), String> {
    let redirect = redirect(source);
    let option = *source.one_of(FullPathQuery::ALL).unwrap_or(&FullPathQuery::Keep);
    let profile = Profile::new().full_path_query(option);
    let filter =
        RouteFilter { request_redirect: Some(Box::new(redirect.clone())), ..of_type(RouteFilterType::RequestRedirect) };
    let Some(filters) = compiled(&filter, &profile, is_usable(&redirect))? else { return Ok(()) };
    let rule = filters.redirect().ok_or("no redirect")?;
    let (authority, path, query, prefix) =
        (authority(source), paths::request_path(source), paths::query(source), paths::matched_prefix(source));
    let input = RedirectInput {
        scheme: if source.below(2) == 1 { Scheme::Https } else { Scheme::Http },
        authority: &authority,
        path: &path,
        query: query.as_deref(),
        matched_prefix: prefix.as_deref(),
        listener_port: source.weighted(&[(2, 80), (2, 443), (1, 8080), (1, 65_535)]),
    };
    let answer = rule.location(&input);
    let found = answer.as_ref().map(|answer| (i32::from(answer.status().as_u16()), answer.location().to_owned()));
    let wanted = location(&redirect, option, &input);
    ensure(found == wanted, || format!("{redirect:?}, {option:?}, {input:?}\n  found {found:?}\n  wanted {wanted:?}"))?;
    ensure(found.is_none_or(|(_, location)| is_printable(&location)), || format!("{input:?}: {answer:?}"))
}

fn redirect(source: &mut dyn Source) -> RequestRedirect {
    RequestRedirect {
        scheme: perhaps(source, 40, |source| match source.below(16) {
            15 => RedirectScheme::from("ftp"),
            n if n % 2 == 0 => RedirectScheme::Http,
            _ => RedirectScheme::Https,
        }),
        hostname: perhaps(source, 50, hostname),
        path: perhaps(source, 40, paths::modifier),
        port: perhaps(source, 50, |source| {
            source.weighted(&[(4, 80), (4, 443), (4, 8080), (1, 0), (1, -1), (1, 65_536), (1, 65_535)])
        }),
        status_code: perhaps(source, 30, |source| {
            source.weighted(&[(2, 301), (2, 302), (1, 303), (1, 307), (1, 308), (1, 304), (1, 0)])
        }),
    }
}

fn is_usable(redirect: &RequestRedirect) -> bool {
    let known = matches!(redirect.scheme, None | Some(RedirectScheme::Http | RedirectScheme::Https));
    let named = redirect.hostname.as_deref().is_none_or(|name| name.is_empty() || is_precise_hostname(name));
    let port = redirect.port.is_none_or(|port| (1..=65_535).contains(&port));
    let status = redirect.status_code.is_none_or(|status| [301, 302, 303, 307, 308].contains(&status));
    known && named && port && status && redirect.path.as_ref().is_none_or(paths::is_usable)
}

/// The status, and scheme, host, port, path and query one after the other.
fn location(redirect: &RequestRedirect, option: FullPathQuery, input: &RedirectInput<'_>) -> Option<(i32, String)> {
    let scheme = match &redirect.scheme {
        Some(scheme) => scheme.as_str(),
        None => input.scheme.as_str(),
    };
    let host = match redirect.hostname.as_deref() {
        Some(host) if !host.is_empty() => host.to_owned(),
        _ => host_of(input.authority)?,
    };
    let port = match (redirect.port, &redirect.scheme) {
        (Some(port), _) => port,
        (None, Some(RedirectScheme::Http)) => 80,
        (None, Some(_)) => 443,
        (None, None) => i32::from(input.listener_port),
    };
    let port = match (scheme, port) {
        ("http", 80) | ("https", 443) => String::new(),
        (_, port) => format!(":{port}"),
    };
    let path = match &redirect.path {
        Some(modifier) => paths::modified(modifier, input.path, input.matched_prefix),
        None => input.path.to_owned(),
    };
    let path = if path == "*" { "/".to_owned() } else { paths::escaped(&path, false) };
    let query = input.query.filter(|_| paths::keeps_query(redirect.path.as_ref(), option));
    let query = query.map_or(String::new(), |query| format!("?{}", paths::escaped(query, true)));
    Some((redirect.status_code.unwrap_or(302), format!("{scheme}://{host}{port}{path}{query}")))
}

fn authority(source: &mut dyn Source) -> String {
    match source.below(4) {
        0 => text(
            source,
            &["a", "A.example.com", ".", ":", "80", "@", "[", "]", "::1", "%61", "_", " ", "é", "127.0.0.1", "\n"],
            5,
        ),
        1 => {
            source.word(&["[::1]:80", "[::1]", "192.0.2.1:8080", "a.example.com.:80", "a.example.com:", ""]).to_owned()
        }
        _ => source.word(&["a.example.com", "A.Example.com:8080", "shop.example.com:443"]).to_owned(),
    }
}

/// RFC 9110 section 7.2: a name or an address and perhaps a port, which goes, as one last dot does.
fn host_of(authority: &str) -> Option<String> {
    let digits = |port: &str| port.chars().all(|c| c.is_ascii_digit());
    let (host, port) = match (authority.starts_with('['), authority.rfind(']')) {
        (true, Some(end)) => (authority.get(..=end)?, authority.get(end + 1..)?),
        _ => (authority.split(':').next()?, authority.get(authority.find(':').unwrap_or(authority.len())..)?),
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(digits) {
        return None;
    }
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|_| host.to_owned());
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let stands = |c: char| c.is_ascii_alphanumeric() || "-_~!$&'()*+,;=".contains(c);
    let is_name = name.split('.').all(|label| !label.is_empty() && label.chars().all(stands));
    (is_name || name.parse::<Ipv4Addr>().is_ok()).then(|| name.to_owned())
}
