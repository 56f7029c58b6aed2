//! Rewrites. spec: `HTTPURLRewriteFilter`.

use gateway_match::{FullPathQuery, Profile, RewriteRule};
use gateway_model::{RouteFilter, RouteFilterType, UrlRewrite};
use http::header::HOST;

use super::{compiled, ensure, hostname, is_precise_hostname, of_type, paths, perhaps};
use crate::generate::Source;

pub(super) fn check(source: &mut dyn Source) -> Result<(), String> {
    let rewrite = UrlRewrite { hostname: perhaps(source, 40, hostname), path: perhaps(source, 20, paths::modifier) };
    let option = *source.one_of(FullPathQuery::ALL).unwrap_or(&FullPathQuery::Keep);
    let usable = rewrite.hostname.as_deref().is_none_or(is_precise_hostname)
        && rewrite.path.as_ref().is_none_or(paths::is_usable);
    let filter = RouteFilter { url_rewrite: Some(Box::new(rewrite.clone())), ..of_type(RouteFilterType::UrlRewrite) };
    let Some(filters) = compiled(&filter, &Profile::new().full_path_query(option), usable)? else { return Ok(()) };
    let rule = filters.rewrite().ok_or("no rewrite")?;
    let (path, query, prefix) = (paths::request_path(source), paths::query(source), paths::matched_prefix(source));
    let wanted_path = match &rewrite.path {
        Some(modifier) => paths::modified(modifier, &path, prefix.as_deref()),
        None => path.clone(),
    };
    let kept = query.as_deref().filter(|_| path == "*" || paths::keeps_query(rewrite.path.as_ref(), option));
    let target =
        |path: &str, query: Option<&str>| format!("{path}{}", query.map_or(String::new(), |query| format!("?{query}")));
    let (before, after) = (target(&path, query.as_deref()), target(&wanted_path, kept));

    let found_path = rule.path(&path, prefix.as_deref());
    let found = rule.path_and_query(&path, query.as_deref(), prefix.as_deref());
    ensure(
        found_path == wanted_path
            && found.as_deref().unwrap_or(&before) == after
            && rule.hostname() == rewrite.hostname.as_deref(),
        || {
            format!(
                "{rewrite:?}, {option:?}: {before} under {prefix:?}\n  found {found_path}, {found:?}\n  wanted {after}"
            )
        },
    )?;
    let in_target = source.below(2) == 1;
    applied(rule, &rewrite, in_target, &before, &after, prefix.as_deref())
}

/// The same on the head of a request, if such a head can be, with the host in the target or in a header.
fn applied(
    rule: &RewriteRule,
    rewrite: &UrlRewrite,
    in_target: bool,
    before: &str,
    after: &str,
    prefix: Option<&str>,
) -> Result<(), String> {
    let request = if in_target && before != "*" {
        http::Request::get(format!("http://shop.example.com:8080{before}"))
    } else {
        http::Request::get(before).header(HOST, "shop.example.com:8080")
    };
    let Ok(request) = request.body(()) else { return Ok(()) };
    let mut head = request.into_parts().0;
    // The parser drops fragments, and with them a part of the target.
    if head.uri.path_and_query().is_none_or(|target| target.as_str() != before) {
        return Ok(());
    }
    rule.apply(&mut head, prefix).map_err(|problem| format!("{rewrite:?} on {before}: {problem}"))?;
    let wanted_host = rewrite.hostname.as_deref().unwrap_or("shop.example.com:8080");
    let host = match head.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => head.headers.get(HOST).and_then(|host| host.to_str().ok()),
    };
    let target = head.uri.path_and_query().map_or("", |target| target.as_str());
    ensure(target == after && host == Some(wanted_host), || {
        format!("{rewrite:?} on {before}\n  found {target} at {host:?}\n  wanted {after} at {wanted_host}")
    })
}
