//! What filters make of a request and its answer, compared with what must come of it.

use std::collections::BTreeMap;

use gateway_match::{Backend, Connection, HeaderChanges, Match, PreflightInput, RequestView};
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::expectation::{HttpExpectation, Location, Response, Upstream};

/// The head of a request, as filters change it.
pub(super) type Head = http::request::Parts;

/// The head that the suite's client sends.
pub(super) fn head(method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> Result<Head, http::Error> {
    let mut request = Request::builder().method(method).uri(path).header(HOST, host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.body(())?.into_parts().0)
}

/// Whether the Location of the rule's redirect names what it must.
pub(super) fn check_redirect(
    found: &Match<'_>,
    view: &RequestView<'_, Vec<(&str, &str)>>,
    connection: &Connection<'_>,
    expected: (&Location, &Response),
) -> Result<(), String> {
    let (wanted, response) = expected;
    let Some(Ok(redirect)) = found.redirect(view, connection) else {
        return Err("no redirect".to_owned());
    };
    if !response.status_codes.contains(&redirect.status().as_u16()) {
        return Err(format!("redirected with {}", redirect.status()));
    }
    let location: Uri = redirect.location().parse().map_err(|_| format!("`{}` is no URI", redirect.location()))?;
    let differs = |what: &str| Err(format!("{what} of `{location}` is not as in {wanted:?}"));
    // The address of the Gateway stands for whichever it has.
    let host = wanted.host.as_deref().filter(|host| !host.is_empty() && !host.starts_with('{'));
    if host.is_some_and(|host| location.host() != Some(host)) {
        return differs("the host");
    }
    if wanted.scheme.as_deref().is_some_and(|scheme| location.scheme_str() != Some(scheme)) {
        return differs("the scheme");
    }
    let path = wanted.path.as_deref().map(|path| path.split('?').next().unwrap_or(path));
    if path.is_some_and(|path| location.path() != path) {
        return differs("the path");
    }
    let usual = if location.scheme_str() == Some("https") { 443 } else { 80 };
    let port = wanted.port.as_deref().and_then(|port| port.parse().ok()).unwrap_or(usual);
    if location.port_u16().unwrap_or(usual) != port {
        return differs("the port");
    }
    Ok(())
}

/// Whether a backend receives what it must.
pub(super) fn check_upstream(expected: &HttpExpectation, sent: &Head, seen: &Head) -> Result<(), String> {
    let nothing = Upstream::default();
    let upstream = expected.upstream.as_ref().unwrap_or(&nothing);
    let path = |head: &Head| head.uri.path_and_query().map(|path| path.to_string()).unwrap_or_default();
    let host = |head: &Head| text(&head.headers, HOST.as_str()).unwrap_or_default();
    let as_sent = |stated: &Option<String>, sent: String| stated.clone().unwrap_or(sent);
    for (what, wanted, found) in [
        ("path", as_sent(&upstream.path, path(sent)), path(seen)),
        ("host", as_sent(&upstream.host, host(sent)), host(seen)),
        ("method", as_sent(&upstream.method, sent.method.to_string()), seen.method.to_string()),
    ] {
        if wanted != found {
            return Err(format!("the backend sees {what} `{found}`, not `{wanted}`"));
        }
    }
    let stated = expected.upstream.as_ref().map(|upstream| &upstream.headers);
    for (name, wanted) in stated.unwrap_or(&expected.call.request.headers) {
        if text(&seen.headers, name).as_ref() != Some(wanted) {
            return Err(format!("the backend sees {name}: {:?}, not {wanted:?}", text(&seen.headers, name)));
        }
    }
    match upstream.absent_headers.iter().find(|name| text(&seen.headers, name).is_some()) {
        Some(name) => Err(format!("the backend sees {name}")),
        None => Ok(()),
    }
}

/// The headers of an answer as the backend sets them.
pub(super) fn set_by_backend(set: &BTreeMap<String, String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in set {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    headers
}

/// The headers that the client receives of an answer for which the backend sets some.
pub(super) fn answer(found: &Match<'_>, backend: &Backend, sent: &Head, set: &BTreeMap<String, String>) -> HeaderMap {
    let mut headers = set_by_backend(set);
    let of_backend = backend.filters().response_headers();
    let changes: [Option<&HeaderChanges>; 2] = [of_backend, found.rule().filters().response_headers()];
    for changes in changes.into_iter().flatten() {
        let applied = changes.apply(&mut headers);
        debug_assert!(applied.is_ok(), "a handful of headers fills no map");
    }
    if let Some(policy) = found.rule().filters().cors() {
        let origin = sent.headers.get(http::header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let preflight = PreflightInput::from_parts(sent).map(|input| policy.preflight(&input));
        let said = match &preflight {
            Some(answer) => answer.headers().clone(),
            None => policy.response_headers(origin),
        };
        let applied = said.apply(&mut headers);
        debug_assert!(applied.is_ok(), "a handful of headers fills no map");
    }
    headers
}

/// Whether the client receives the headers that it must.
pub(super) fn check_response(expected: &Response, answered: &HeaderMap) -> Result<(), String> {
    let squeezed = |value: String| {
        if expected.ignore_whitespace { value.replace(' ', "") } else { value }
    };
    let seen = |name: &str| text(answered, name).map(squeezed);
    for (name, wanted) in &expected.headers {
        if seen(name).unwrap_or_default() != squeezed(wanted.clone()) {
            return Err(format!("the client sees {name}: {:?}, not {wanted:?}", seen(name)));
        }
    }
    for (name, wanted) in &expected.valid_header_values {
        let value = seen(name).unwrap_or_default();
        if !wanted.iter().any(|wanted| squeezed(wanted.clone()) == value) {
            return Err(format!("the client sees {name}: {value:?}, not one of {wanted:?}"));
        }
    }
    match expected.absent_headers.iter().find(|name| seen(name).is_some()) {
        Some(name) => Err(format!("the client sees {name}")),
        None => Ok(()),
    }
}

/// A header's values, joined as one would write them in one line.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}
