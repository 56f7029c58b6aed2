//! Filters of HTTP and gRPC rules, as the wire has them.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::reference::{BackendObjectReference, LocalObjectReference};
use crate::wire;

/// One filter of a rule or of a backend. spec: `HTTPRouteFilter`, `GRPCRouteFilter`.
///
/// One type for both kinds; gRPC knows only header modifiers, mirrors and extensions. Exactly the
/// field that `type` names is set, so all but the smallest ones are boxed: a filter is as large as its
/// smallest field needs, not as all of them together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteFilter {
    /// Which filter this is.
    pub r#type: RouteFilterType,
    /// Changes the headers of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_header_modifier: Option<HeaderModifier>,
    /// Changes the headers of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_header_modifier: Option<HeaderModifier>,
    /// Sends a copy of the request elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_mirror: Option<Box<RequestMirror>>,
    /// Answers with a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_redirect: Option<Box<RequestRedirect>>,
    /// Changes the host or path that the backend sees.
    #[serde(rename = "urlRewrite", skip_serializing_if = "Option::is_none")]
    pub url_rewrite: Option<Box<UrlRewrite>>,
    /// Answers cross-origin requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Box<Cors>>,
    /// Asks another service whether the request may pass (experimental).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_auth: Option<Box<ExternalAuth>>,
    /// A filter that the implementation defines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_ref: Option<LocalObjectReference>,
}

open_enum! {
    /// The kinds of filter. spec: `HTTPRouteFilter.type`, `GRPCRouteFilter.type`.
    #[derive(Default)]
    pub enum RouteFilterType {
        /// [`RouteFilter::request_header_modifier`].
        #[default]
        RequestHeaderModifier = "RequestHeaderModifier",
        /// [`RouteFilter::response_header_modifier`].
        ResponseHeaderModifier = "ResponseHeaderModifier",
        /// [`RouteFilter::request_mirror`].
        RequestMirror = "RequestMirror",
        /// [`RouteFilter::request_redirect`].
        RequestRedirect = "RequestRedirect",
        /// [`RouteFilter::url_rewrite`].
        UrlRewrite = "URLRewrite",
        /// [`RouteFilter::extension_ref`].
        ExtensionRef = "ExtensionRef",
        /// [`RouteFilter::cors`].
        Cors = "CORS",
        /// [`RouteFilter::external_auth`].
        ExternalAuth = "ExternalAuth",
    }
}

/// Changes to headers. spec: `HTTPHeaderFilter`.
///
/// A name must not occur twice, in one list or in two: the specification leaves the order of the
/// three actions open and declares such a filter invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderModifier {
    /// Headers that replace what is there.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<Header>,
    /// Headers whose value joins what is there, after it.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Header>,
    /// Names of headers that are taken away, compared without case.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

/// A header with its value. spec: `HTTPHeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Name, compared without case.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Where copies of requests go, and of how many. spec: `HTTPRequestMirrorFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestMirror {
    /// The backend that gets the copies.
    pub backend_ref: BackendObjectReference,
    /// Share of the requests in percent, 0 to 100. With neither this nor a fraction: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<i32>,
    /// Share of the requests as a fraction. Only one of the two may be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<Fraction>,
}

/// A fraction. spec: `Fraction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fraction {
    /// Numerator, at most the denominator.
    pub numerator: i32,
    /// Denominator, at least 1; absent means 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i32>,
}

impl Fraction {
    /// The denominator, defaulted.
    pub fn denominator(&self) -> i32 {
        self.denominator.unwrap_or(100)
    }
}

/// How the answer to a redirected request is made. spec: `HTTPRequestRedirectFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRedirect {
    /// `http` or `https`; absent means the request's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<RedirectScheme>,
    /// Host of the Location; absent means the request's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// How the path of the Location is made; absent means the request's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathModifier>,
    /// Port of the Location; absent means the well-known port of a given scheme, else the listener's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// 301, 302, 303, 307 or 308; absent means 302.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<i32>,
}

impl RequestRedirect {
    /// The status code, defaulted.
    pub fn status_code(&self) -> i32 {
        self.status_code.unwrap_or(302)
    }
}

open_enum! {
    /// Scheme of a redirect. spec: `HTTPRequestRedirectFilter.scheme`.
    pub enum RedirectScheme {
        /// Plain HTTP, well-known port 80.
        Http = "http",
        /// HTTP over TLS, well-known port 443.
        Https = "https",
    }
}

/// What the backend sees in place of the request's host and path. spec: `HTTPURLRewriteFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlRewrite {
    /// The Host that the backend sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// How the path is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathModifier>,
}

/// How a path is changed. spec: `HTTPPathModifier`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathModifier {
    /// Which of the two ways.
    pub r#type: PathModifierType,
    /// The whole new path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_full_path: Option<String>,
    /// What stands in place of the prefix that the rule matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_prefix_match: Option<String>,
}

open_enum! {
    /// Ways of changing a path. spec: `HTTPPathModifier.type`.
    #[derive(Default)]
    pub enum PathModifierType {
        /// The whole path is replaced.
        #[default]
        ReplaceFullPath = "ReplaceFullPath",
        /// The matched prefix is replaced; only for rules that match prefixes.
        ReplacePrefixMatch = "ReplacePrefixMatch",
    }
}

/// How cross-origin requests are answered. spec: `HTTPCORSFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Origins that may read the answers: `*`, or scheme, host (perhaps with a wildcard) and port.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub allow_origins: Vec<String>,
    /// Whether requests with credentials are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Methods that are allowed; `*` is all.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<CorsMethod>,
    /// Request headers that are allowed; `*` is all.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read; `*` is all.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// Seconds for which a preflight's answer may be kept; absent means 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i32>,
}

impl Cors {
    /// Seconds for which a preflight's answer may be kept, defaulted.
    pub fn max_age(&self) -> i32 {
        self.max_age.unwrap_or(5)
    }
}

open_enum! {
    /// A method in a CORS filter, or all of them. spec: `HTTPCORSFilter.allowMethods`.
    pub enum CorsMethod {
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
        /// Every method.
        Any = "*",
    }
}

/// Who is asked whether a request may pass (experimental). spec: `HTTPExternalAuthFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalAuth {
    /// How the question is asked.
    pub protocol: ExternalAuthProtocol,
    /// Who is asked.
    pub backend_ref: BackendObjectReference,
    /// Details for gRPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcAuth>,
    /// Details for HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpAuth>,
    /// Whether, and how much of, the body goes along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_body: Option<ForwardBody>,
}

open_enum! {
    /// How an external authoriser is asked. spec: `HTTPExternalAuthFilter.protocol`.
    #[derive(Default)]
    pub enum ExternalAuthProtocol {
        /// By an HTTP request.
        #[default]
        Http = "HTTP",
        /// By Envoy's gRPC protocol for external authorisation.
        Grpc = "GRPC",
    }
}

/// Details of an authoriser that speaks gRPC. spec: `GRPCAuthConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrpcAuth {
    /// Request headers that go along; empty means all.
    #[serde(
        rename = "allowedHeaders",
        default,
        deserialize_with = "wire::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub allowed_request_headers: Vec<String>,
}

/// Details of an authoriser that speaks HTTP. spec: `HTTPAuthConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpAuth {
    /// Path prefix of the question; absent means the request's path alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Request headers that go along besides the ones that always do.
    #[serde(
        rename = "allowedHeaders",
        default,
        deserialize_with = "wire::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub allowed_request_headers: Vec<String>,
    /// Headers of the answer that are copied into the request to the backend.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub allowed_response_headers: Vec<String>,
}

/// How much of the body an authoriser gets. spec: `ForwardBodyConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForwardBody {
    /// Largest body in bytes; 0 or absent means that none is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<i64>,
}
