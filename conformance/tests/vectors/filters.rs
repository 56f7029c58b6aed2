//! The vectors of redirects and rewrites, run through the engine and through models as plain as the
//! specification's sentences.

use std::collections::BTreeSet;

use gateway_conformance::decide::{connection, profile, view};
use gateway_conformance::vectors::{
    ExpectedRedirect, REDIRECTS, REWRITES, RedirectVector, RewriteVector, Vector, VectorRequest, gateway,
};
use gateway_match::{Match, Router, Topology};
use serde_json::Value;

use crate::{assert_names, read};

fn redirects() -> Vec<RedirectVector> {
    read(REDIRECTS)
}

fn rewrites() -> Vec<RewriteVector> {
    read(REWRITES)
}

/// The router of a vector's Gateway.
fn router(vector: &Vector) -> Router {
    let (resources, profile) = (vector.resources().unwrap(), profile(&vector.choices()).unwrap());
    Topology::resolve(&resources, &profile).router(&gateway()).unwrap()
}

/// The match that takes a vector's request.
fn taken<'r>(router: &'r Router, vector: &Vector) -> Match<'r> {
    let decision = router.route(&view(&vector.request), &connection(&vector.request));
    *decision.matched().unwrap_or_else(|| panic!("{}: {decision:?}", vector.name))
}

#[test]
fn clients_are_sent_where_the_vectors_say() {
    for vector in redirects() {
        let routing = vector.routing();
        let router = router(&routing);
        let found = taken(&router, &routing);
        let redirect = found.redirect(&view(&routing.request), &connection(&routing.request)).unwrap().unwrap();
        let found = ExpectedRedirect { status: redirect.status().as_u16(), location: redirect.location().to_owned() };
        assert_eq!(found, vector.expect, "{}, {}", vector.name, vector.spec);
    }
}

#[test]
fn backends_receive_what_the_vectors_say() {
    for vector in rewrites() {
        let routing = vector.routing();
        let router = router(&routing);
        let found = taken(&router, &routing);
        let rewrite = found.rule().filters().rewrite().unwrap();
        let (path, query) = split_query(&vector.request.path);
        let rewritten = VectorRequest {
            host: rewrite.hostname().unwrap_or(&vector.request.host).to_owned(),
            path: rewrite
                .path_and_query(path, query, found.matched_prefix())
                .unwrap_or_else(|| vector.request.path.clone()),
        };
        assert_eq!(rewritten, vector.expect, "{}, {}", vector.name, vector.spec);

        // The same on a request's head.
        let request = http::Request::get(&vector.request.path).header("host", &vector.request.host);
        let mut head = request.body(()).unwrap().into_parts().0;
        rewrite.apply(&mut head, found.matched_prefix()).unwrap();
        assert_eq!(head.uri.to_string(), vector.expect.path, "{}", vector.name);
        assert_eq!(head.headers["host"], vector.expect.host, "{}", vector.name);
    }
}

#[test]
fn plain_models_agree_with_the_vectors() {
    for vector in redirects() {
        assert_eq!(redirected(&vector), vector.expect, "{}", vector.name);
    }
    for vector in rewrites() {
        let host = vector.rewrite["hostname"].as_str().unwrap_or(&vector.request.host).to_owned();
        let drops_query = vector.options.get("full-path-query").is_some_and(|value| value == "drop");
        let path = modified(&vector.rewrite["path"], vector.condition.as_ref(), &vector.request.path, drops_query);
        assert_eq!(VectorRequest { host, path }, vector.expect, "{}", vector.name);
    }
}

/// The answer of `HTTPRequestRedirectFilter`, sentence by sentence.
fn redirected(vector: &RedirectVector) -> ExpectedRedirect {
    let filter = &vector.redirect;
    let spoken = if vector.listener.protocol == "HTTPS" { "https" } else { "http" };
    let scheme = filter["scheme"].as_str().unwrap_or(spoken);
    let well_known = if scheme == "https" { 443 } else { 80 };
    let port = match (filter["port"].as_u64(), filter["scheme"].as_str()) {
        (Some(port), _) => port,
        (None, Some(_)) => well_known,
        (None, None) => vector.listener.port.into(),
    };
    let sent = &vector.request.host;
    // The colons of an IPv6 address stand inside its brackets.
    let after_address = sent.rfind(']').unwrap_or(0);
    let own = sent.rfind(':').filter(|colon| *colon > after_address).map_or(sent.as_str(), |colon| &sent[..colon]);
    let host = filter["hostname"].as_str().unwrap_or(own);
    let shown = if port == well_known { String::new() } else { format!(":{port}") };
    let drops_query = vector.options.get("full-path-query").is_some_and(|value| value == "drop");
    let path = modified(&filter["path"], vector.condition.as_ref(), &vector.request.path, drops_query);
    ExpectedRedirect {
        status: filter["statusCode"].as_u64().unwrap_or(302).try_into().unwrap(),
        location: format!("{scheme}://{host}{shown}{path}"),
    }
}

/// The path of `HTTPPathModifier` with the query, by segments.
fn modified(modifier: &Value, condition: Option<&Value>, target: &str, drops_query: bool) -> String {
    let (path, query) = split_query(target);
    let kept = query.map(|query| format!("?{query}")).unwrap_or_default();
    match modifier["type"].as_str() {
        None => target.to_owned(),
        Some("ReplaceFullPath") if drops_query => modifier["replaceFullPath"].as_str().unwrap().to_owned(),
        Some("ReplaceFullPath") => format!("{}{kept}", modifier["replaceFullPath"].as_str().unwrap()),
        Some("ReplacePrefixMatch") => {
            let prefix = condition.map_or("/", |condition| condition["path"]["value"].as_str().unwrap());
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            let matched = prefix.split('/').filter(|segment| !segment.is_empty()).count();
            let mut whole: Vec<&str> = modifier["replacePrefixMatch"].as_str().unwrap().split('/').skip(1).collect();
            let rest = &segments[matched..];
            if whole.last() == Some(&"") && !rest.is_empty() {
                whole.pop();
            }
            whole.extend(rest);
            format!("/{}{kept}", whole.join("/"))
        }
        Some(other) => panic!("{other}"),
    }
}

fn split_query(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}

#[test]
fn the_vectors_cover_every_field_of_the_filters() {
    let (redirects, rewrites) = (redirects(), rewrites());
    assert!(redirects.len() >= 40 && rewrites.len() >= 30, "{} and {}", redirects.len(), rewrites.len());
    assert_names(redirects.iter().map(|vector| vector.name.as_str()));
    assert_names(rewrites.iter().map(|vector| vector.name.as_str()));
    let codes: BTreeSet<u16> = redirects.iter().map(|vector| vector.expect.status).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [301, 302, 303, 307, 308]);
    // Each row of the port's table, with the well-known port and with another.
    let rows: BTreeSet<(bool, bool, bool)> = redirects
        .iter()
        .map(|vector| {
            let authority = vector.expect.location.split('/').nth(2).unwrap();
            let shows_port = authority.rsplit(']').next().unwrap().contains(':');
            (vector.redirect["port"].is_null(), vector.redirect["scheme"].is_null(), shows_port)
        })
        .collect();
    // With a scheme and without a port there is never one to show.
    assert_eq!(rows.len(), 7, "{rows:?}");
    let modifiers = |filters: &mut dyn Iterator<Item = &Value>| -> BTreeSet<String> {
        filters.filter_map(|filter| Some(filter["path"]["type"].as_str()?.to_owned())).collect()
    };
    for found in [
        modifiers(&mut redirects.iter().map(|vector| &vector.redirect)),
        modifiers(&mut rewrites.iter().map(|vector| &vector.rewrite)),
    ] {
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["ReplaceFullPath", "ReplacePrefixMatch"]);
    }
}
