//! The host and the path that a backend sees in place of the request's. spec: `HTTPURLRewriteFilter`.

use std::borrow::Cow;

use gateway_model::UrlRewrite;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Uri};

use super::path_modifier::PathChange;
use super::problem::{Fault, FilterProblem};
use super::shape::precise_hostname;
use crate::options::FullPathQuery;

/// How the host and the path of a request are changed on its way to the backend.
///
/// ```
/// use gateway_match::{Filters, Profile};
///
/// let filter = serde_json::from_str(
///     r#"{"type": "URLRewrite", "urlRewrite": {
///         "hostname": "cart.internal", "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/v2"}
///     }}"#,
/// )?;
/// let filters = Filters::compile(&[filter], &Profile::default()).unwrap();
/// let rewrite = filters.rewrite().unwrap();
/// assert_eq!(rewrite.hostname(), Some("cart.internal"));
/// assert_eq!(rewrite.path_and_query("/cart/items", Some("id=7"), Some("/cart")).unwrap(), "/v2/items?id=7");
///
/// // Or all at once, on a request's head:
/// let request = http::Request::get("http://shop.example.com:8080/cart/items?id=7").body(()).unwrap();
/// let mut parts = request.into_parts().0;
/// rewrite.apply(&mut parts, Some("/cart")).unwrap();
/// assert_eq!(parts.uri, "http://cart.internal/v2/items?id=7");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewriteRule {
    host: Option<(HeaderValue, Authority)>,
    path: Option<PathChange>,
}

impl RewriteRule {
    /// What the Host header or `:authority` becomes, as a whole: the request's port goes too.
    pub fn hostname(&self) -> Option<&str> {
        self.host.as_ref().map(|(_, authority)| authority.as_str())
    }

    /// The path that the backend sees, without the query.
    ///
    /// `matched_prefix` is the prefix of the match that took the request, and `path` has the form
    /// that was matched. A path that is not under the prefix stays as it is, and so does the `*` of
    /// `OPTIONS *`. See [`replace_prefix`](crate::replace_prefix). O(length); copies only what changes.
    pub fn path<'a>(&'a self, path: &'a str, matched_prefix: Option<&str>) -> Cow<'a, str> {
        match &self.path {
            Some(change) => change.apply(path, matched_prefix),
            None => Cow::Borrowed(path),
        }
    }

    /// The path and query that the backend sees; `None` if they are those of the request.
    ///
    /// The query stays as it was sent ([`FullPathQuery`] decides where the whole path is replaced).
    /// O(length), allocates only what it returns.
    pub fn path_and_query(&self, path: &str, query: Option<&str>, matched_prefix: Option<&str>) -> Option<String> {
        let change = self.path.as_ref()?;
        let changed = change.apply(path, matched_prefix);
        let kept = query.filter(|_| change.keeps_query() || path == "*");
        if changed == path && kept == query {
            return None;
        }
        let Some(query) = kept else {
            return Some(changed.into_owned());
        };
        let mut target = String::with_capacity(changed.len() + 1 + query.len());
        target.push_str(&changed);
        target.push('?');
        target.push_str(query);
        Some(target)
    }

    /// Changes a request's head: the path and query of its target, and the host in the target and
    /// in the Host header, wherever the request has it.
    ///
    /// The target of CONNECT has no path, so only its host is changed, and it keeps no port.
    ///
    /// # Errors
    ///
    /// The new target is longer than a [`Uri`] can be (65,534 bytes), or the header map is full.
    /// The head is as it was then.
    pub fn apply(&self, parts: &mut http::request::Parts, matched_prefix: Option<&str>) -> Result<(), http::Error> {
        let uri = &parts.uri;
        let target = match uri.path_and_query() {
            Some(_) => self.path_and_query(uri.path(), uri.query(), matched_prefix),
            None => None,
        };
        let host = self.host.as_ref();
        let authority = host.filter(|_| uri.authority().is_some());
        let changed = if target.is_some() || authority.is_some() {
            let mut pieces = uri.clone().into_parts();
            if let Some(target) = target {
                pieces.path_and_query = Some(PathAndQuery::try_from(target)?);
            }
            if let Some((_, authority)) = authority {
                pieces.authority = Some(authority.clone());
            }
            Some(Uri::from_parts(pieces)?)
        } else {
            None
        };
        if let Some((value, _)) = host
            && (authority.is_none() || parts.headers.contains_key(HOST))
        {
            parts.headers.try_insert(HOST, value.clone())?;
        }
        if let Some(uri) = changed {
            parts.uri = uri;
        }
        Ok(())
    }

    pub(super) fn replaces_prefix(&self) -> bool {
        self.path.as_ref().is_some_and(PathChange::is_prefix)
    }

    pub(super) fn compile(wire: &UrlRewrite, query: FullPathQuery) -> Result<Self, Fault> {
        let host = match wire.hostname.as_deref() {
            None => None,
            Some(hostname) => {
                let invalid = || {
                    let value = hostname.to_owned();
                    ("hostname".to_owned(), FilterProblem::Hostname { value })
                };
                precise_hostname(hostname)?;
                let value = HeaderValue::from_str(hostname).map_err(|_| invalid())?;
                Some((value, Authority::try_from(hostname).map_err(|_| invalid())?))
            }
        };
        let path = match &wire.path {
            None => None,
            Some(path) => {
                Some(PathChange::compile(path, query).map_err(|(field, problem)| (format!("path.{field}"), problem))?)
            }
        };
        Ok(RewriteRule { host, path })
    }
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
