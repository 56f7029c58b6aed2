//! HTTPRoute, as the wire has it, and what other routes share with it.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use serde::{Deserialize, Serialize};

use crate::duration::Duration;
use crate::filter::RouteFilter;
use crate::hostname::Hostname;
use crate::lenient::Lenient;
use crate::open_enum::open_enum;
use crate::reference::{BackendRef, DefaultGatewayScope, ParentReference};
use crate::wire;

/// The wanted state of an HTTPRoute. spec: `HTTPRouteSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// What the route wants to be attached to.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub parent_refs: Vec<ParentReference>,
    /// Which default Gateways the route is attached to besides (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_default_gateways: Option<DefaultGatewayScope>,
    /// Hosts that the route is for; empty means every host of its listeners.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<Lenient<Hostname>>,
    /// Rules; absent means one rule that matches every path and has no backend.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<HttpRouteRule>,
}

/// What is done with requests that one of the matches takes. spec: `HTTPRouteRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteRule {
    /// Name of the rule, unique in its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Matches, of which any suffices; empty means the path prefix `/`.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<HttpRouteMatch>,
    /// What is done to every request of the rule.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<RouteFilter>,
    /// Where the requests go, by weight.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub backend_refs: Vec<BackendRef>,
    /// How long a request and a try may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<HttpRouteTimeouts>,
    /// When a request is tried again (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Box<HttpRouteRetry>>,
    /// How requests of a session stay with one backend (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_persistence: Option<Box<SessionPersistence>>,
}

/// Conditions on a request, all of which must hold. spec: `HTTPRouteMatch`.
///
/// ```
/// use gateway_model::{HttpRouteMatch, PathMatchType};
///
/// let m: HttpRouteMatch = serde_json::from_str(r#"{"headers": [{"name": "x-env", "value": "canary"}]}"#)?;
/// assert!(m.path.is_none());
/// assert_eq!(m.path_type(), PathMatchType::PathPrefix); // the specification's default
/// assert_eq!(m.path_value(), "/");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteMatch {
    /// Condition on the path; absent means the prefix `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPathMatch>,
    /// Conditions on headers. Of entries with an equivalent name only the first counts.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderMatch>,
    /// Conditions on query parameters. Of entries with the same name only the first counts.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub query_params: Vec<QueryParamMatch>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<HttpMethod>,
}

impl HttpRouteMatch {
    /// How the path is compared, defaulted.
    pub fn path_type(&self) -> PathMatchType {
        self.path.as_ref().and_then(|path| path.r#type.clone()).unwrap_or(PathMatchType::PathPrefix)
    }

    /// What the path is compared with, defaulted.
    pub fn path_value(&self) -> &str {
        self.path.as_ref().and_then(|path| path.value.as_deref()).unwrap_or("/")
    }
}

/// Condition on the path. spec: `HTTPPathMatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpPathMatch {
    /// How the path is compared; absent means by prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<PathMatchType>,
    /// What it is compared with; absent means `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

open_enum! {
    /// How a path is compared. spec: `HTTPPathMatch.type`.
    pub enum PathMatchType {
        /// Equal, case and trailing slash included.
        Exact = "Exact",
        /// By whole segments: `/foo` takes `/foo` and `/foo/bar`, not `/foobar`.
        PathPrefix = "PathPrefix",
        /// By a regular expression over the whole path.
        RegularExpression = "RegularExpression",
    }
}

/// Condition on a header. spec: `HTTPHeaderMatch`, `GRPCHeaderMatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderMatch {
    /// How the value is compared; absent means exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<ValueMatchType>,
    /// Name of the header, compared without case.
    pub name: String,
    /// What the value is compared with.
    pub value: String,
}

impl HeaderMatch {
    /// How the value is compared, defaulted.
    pub fn value_type(&self) -> ValueMatchType {
        self.r#type.clone().unwrap_or(ValueMatchType::Exact)
    }
}

/// Condition on a query parameter. spec: `HTTPQueryParamMatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryParamMatch {
    /// How the value is compared; absent means exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<ValueMatchType>,
    /// Name of the parameter, compared with case.
    pub name: String,
    /// What the value is compared with.
    pub value: String,
}

impl QueryParamMatch {
    /// How the value is compared, defaulted.
    pub fn value_type(&self) -> ValueMatchType {
        self.r#type.clone().unwrap_or(ValueMatchType::Exact)
    }
}

open_enum! {
    /// How a header, a query parameter or a gRPC method is compared.
    /// spec: `HTTPHeaderMatch.type`, `HTTPQueryParamMatch.type`, `GRPCMethodMatch.type`.
    pub enum ValueMatchType {
        /// Equal, with case.
        Exact = "Exact",
        /// By a regular expression over the whole value.
        RegularExpression = "RegularExpression",
    }
}

open_enum! {
    /// A method that a match may name. spec: `HTTPRouteMatch.method`.
    pub enum HttpMethod {
        /// GET.
        Get = "GET",
        /// HEAD.
        Head = "HEAD",
        /// POST.
        Post = "POST",
        /// PUT.
        Put = "PUT",
        /// DELETE.
        Delete = "DELETE",
        /// CONNECT.
        Connect = "CONNECT",
        /// OPTIONS.
        Options = "OPTIONS",
        /// TRACE.
        Trace = "TRACE",
        /// PATCH.
        Patch = "PATCH",
    }
}

/// Limits of time. spec: `HTTPRouteTimeouts`, GEP-1742. `0s` means no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteTimeouts {
    /// For the whole answer to the client, retries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Lenient<Duration>>,
    /// For one try at a backend; at most `request` unless that is `0s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend_request: Option<Lenient<Duration>>,
}

/// When a request is tried again (experimental). spec: `HTTPRouteRetry`, GEP-1731.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteRetry {
    /// Status codes of the backend after which it is tried again, 400 to 599.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<i64>,
    /// How often at most, at least 1; absent leaves it to the implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
    /// The least time between tries; absent leaves it to the implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Lenient<Duration>>,
}

/// How the requests of a session stay with one backend (experimental).
/// spec: `SessionPersistence`, GEP-1619.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPersistence {
    /// Name of the cookie or header; absent leaves it to the implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    /// How long a session lasts at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absolute_timeout: Option<Lenient<Duration>>,
    /// How long a session lasts without a request. v1.6 took the field away; older objects carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<Lenient<Duration>>,
    /// By cookie or by header; absent means by cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<SessionPersistenceType>,
    /// Details of the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_config: Option<CookieConfig>,
}

impl SessionPersistence {
    /// By cookie or by header, defaulted.
    pub fn session_type(&self) -> SessionPersistenceType {
        self.r#type.clone().unwrap_or(SessionPersistenceType::Cookie)
    }
}

open_enum! {
    /// What carries a session. spec: `SessionPersistence.type`.
    pub enum SessionPersistenceType {
        /// A cookie.
        Cookie = "Cookie",
        /// A header.
        Header = "Header",
    }
}

/// Details of a session's cookie. spec: `CookieConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CookieConfig {
    /// Whether the cookie outlives the browser's session; absent means that it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_type: Option<CookieLifetimeType>,
}

open_enum! {
    /// How long a session's cookie lives. spec: `CookieConfig.lifetimeType`.
    pub enum CookieLifetimeType {
        /// It has an expiry, the session's absolute timeout.
        Permanent = "Permanent",
        /// It ends with the browser's session.
        Session = "Session",
    }
}
