//! Answers to cross-origin requests. spec: `HTTPCORSFilter`; what browsers make of them is the
//! Fetch standard, sections "CORS protocol" and "HTTP-network-or-cache fetch".

use gateway_model::{Cors, CorsMethod};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, MaxSizeReached, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use smallvec::SmallVec;

use super::origin::{AllowedOrigins, OriginPattern};
use super::problem::{Fault, FilterProblem, unknown};
use crate::options::FailedPreflight;

/// Which cross-origin requests are allowed, and the headers that tell a browser so.
///
/// - The gateway answers preflights itself; see [`CorsPolicy::preflight`].
/// - An allowed origin is always echoed, also where every origin is allowed. So one form of the
///   answer serves requests with and without credentials, and it varies by origin.
/// - Where all methods or all request headers are allowed, those that the preflight asks for are
///   echoed: a browser reads `*` literally when credentials are involved, and never as
///   `Authorization`.
/// - `*` among the exposed headers is left out where credentials are allowed, as it must be.
///
/// ```
/// use gateway_match::{Filters, PreflightInput, Profile};
///
/// let filter = serde_json::from_str(
///     r#"{"type": "CORS", "cors": {"allowOrigins": ["https://*.example.com"], "allowMethods": ["PUT"]}}"#,
/// )?;
/// let filters = Filters::compile(&[filter], &Profile::default()).unwrap();
/// let cors = filters.cors().unwrap();
///
/// let preflight = PreflightInput::detect("OPTIONS", Some("https://shop.example.com"), Some("PUT"), None).unwrap();
/// let answer = cors.preflight(&preflight);
/// assert_eq!(answer.status(), 204);
/// assert_eq!(answer.headers().get("access-control-allow-origin"), Some("https://shop.example.com"));
///
/// let actual = cors.response_headers(Some("https://elsewhere.example"));
/// assert_eq!(actual.get("access-control-allow-origin"), None); // the browser keeps the answer to itself
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsPolicy {
    origins: AllowedOrigins,
    credentials: bool,
    methods: Allowance,
    headers: Allowance,
    expose: Option<Box<str>>,
    max_age: Box<str>,
    failed: FailedPreflight,
}

/// What a preflight's answer says of methods or of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowance {
    /// Nothing: only what needs no allowance passes.
    Nothing,
    /// What was asked for.
    Echo,
    /// This list.
    List(Box<str>),
}

/// What a preflight asks. Fetch, "CORS-preflight fetch".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreflightInput<'a> {
    origin: &'a str,
    method: &'a str,
    headers: Option<&'a str>,
}

impl<'a> PreflightInput<'a> {
    /// The preflight that a request is: an OPTIONS with `Origin` and
    /// `Access-Control-Request-Method`. Other requests go to the backend, other OPTIONS too.
    ///
    /// The last three are the values of `Origin`, `Access-Control-Request-Method` and
    /// `Access-Control-Request-Headers`.
    pub fn detect(
        method: &str,
        origin: Option<&'a str>,
        requested_method: Option<&'a str>,
        requested_headers: Option<&'a str>,
    ) -> Option<Self> {
        (method == Method::OPTIONS.as_str()).then_some(())?;
        Some(PreflightInput { origin: origin?, method: requested_method?, headers: requested_headers })
    }

    /// The same from a request's head. A value that is no text reads as the empty one, which no
    /// policy allows; of a header with several values the first counts.
    pub fn from_parts(parts: &'a http::request::Parts) -> Option<Self> {
        let value = |name: HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap_or(""));
        Self::detect(
            parts.method.as_str(),
            value(ORIGIN),
            value(ACCESS_CONTROL_REQUEST_METHOD),
            value(ACCESS_CONTROL_REQUEST_HEADERS),
        )
    }
}

/// The gateway's own answer to a preflight. It has no body.
#[derive(Clone, Debug)]
pub struct PreflightAnswer<'a> {
    status: StatusCode,
    headers: CorsHeaders<'a>,
}

impl<'a> PreflightAnswer<'a> {
    /// 204, or 403 for one that fails if [`FailedPreflight`] says so.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers; none for a preflight that fails.
    pub fn headers(&self) -> &CorsHeaders<'a> {
        &self.headers
    }
}

/// Headers for the answer to a cross-origin request, borrowed from the policy and the request.
#[derive(Clone, Debug, Default)]
pub struct CorsHeaders<'a> {
    list: SmallVec<[(HeaderName, &'a str); 9]>,
}

impl<'a> CorsHeaders<'a> {
    /// The headers, in order. `Vary` may occur several times, all others once at most.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &'a str)> {
        self.list.iter().map(|(name, value)| (name, *value))
    }

    /// The value of a header, its name compared without case; the first one for `Vary`.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|(found, _)| found.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts the headers on an answer. The policy has the last word: what a backend says itself of
    /// cross-origin requests ([`CorsPolicy::governed_headers`]) goes, while its `Vary` stays.
    ///
    /// # Errors
    ///
    /// The map is full (32,768 entries); what the backend said has gone.
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
        for name in CorsPolicy::governed_headers() {
            headers.remove(name);
        }
        for (name, value) in self.iter() {
            // What is echoed has been checked, so every value can stand in a header.
            let Ok(value) = HeaderValue::from_str(value) else {
                continue;
            };
            if *name != VARY {
                headers.try_insert(name, value)?;
            } else if !varies_by(headers, &value) {
                headers.try_append(name, value)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, name: HeaderName, value: &'a str) {
        self.list.push((name, value));
    }
}

impl CorsPolicy {
    /// The answer to a preflight, which no backend sees. O(number of origins + length), no allocation.
    ///
    /// It depends on the origin alone whether a preflight fails ([`FailedPreflight`]). Whether the
    /// method and the headers are allowed is what the answer tells the browser, which decides.
    pub fn preflight<'a>(&'a self, input: &PreflightInput<'a>) -> PreflightAnswer<'a> {
        if !self.origins.allow(input.origin) {
            return PreflightAnswer {
                status: match self.failed {
                    FailedPreflight::NoContent => StatusCode::NO_CONTENT,
                    FailedPreflight::Forbidden => StatusCode::FORBIDDEN,
                },
                headers: CorsHeaders::default(),
            };
        }
        let mut headers = CorsHeaders::default();
        headers.push(VARY, "Origin");
        self.allow_origin(input.origin, &mut headers);
        match &self.methods {
            Allowance::Nothing => {}
            Allowance::List(list) => headers.push(ACCESS_CONTROL_ALLOW_METHODS, list),
            Allowance::Echo => {
                headers.push(VARY, "Access-Control-Request-Method");
                if self.may_echo(input.method) {
                    headers.push(ACCESS_CONTROL_ALLOW_METHODS, input.method);
                }
            }
        }
        match &self.headers {
            Allowance::Nothing => {}
            Allowance::List(list) => headers.push(ACCESS_CONTROL_ALLOW_HEADERS, list),
            Allowance::Echo => {
                headers.push(VARY, "Access-Control-Request-Headers");
                match input.headers {
                    Some(asked) if names_in(asked).all(|name| self.may_echo(name)) => {
                        headers.push(ACCESS_CONTROL_ALLOW_HEADERS, asked);
                    }
                    None if !self.credentials => headers.push(ACCESS_CONTROL_ALLOW_HEADERS, "*"),
                    _ => {}
                }
            }
        }
        headers.push(ACCESS_CONTROL_MAX_AGE, &self.max_age);
        PreflightAnswer { status: StatusCode::NO_CONTENT, headers }
    }

    /// The headers for the answer to a request that is no preflight, given its `Origin`.
    /// O(number of origins + length), no allocation.
    ///
    /// An answer varies by origin, whatever the origin: a cache must not give the answer for one
    /// to another. There is nothing else for an origin that is not allowed.
    pub fn response_headers<'a>(&'a self, origin: Option<&'a str>) -> CorsHeaders<'a> {
        let mut headers = CorsHeaders::default();
        headers.push(VARY, "Origin");
        if let Some(origin) = origin.filter(|origin| self.origins.allow(origin)) {
            self.allow_origin(origin, &mut headers);
        }
        headers
    }

    /// The headers of answers that are the policy's to set. A backend's own must not pass.
    pub fn governed_headers() -> [HeaderName; 6] {
        [
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            ACCESS_CONTROL_MAX_AGE,
        ]
    }

    /// What answers to preflights and to other requests have in common.
    fn allow_origin<'a>(&'a self, origin: &'a str, headers: &mut CorsHeaders<'a>) {
        headers.push(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.push(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if let Some(expose) = &self.expose {
            headers.push(ACCESS_CONTROL_EXPOSE_HEADERS, expose);
        }
    }

    /// Whether what a preflight asks for can stand in its answer: never `*` with credentials.
    fn may_echo(&self, asked: &str) -> bool {
        is_token(asked) && !(self.credentials && asked == "*")
    }

    pub(super) fn compile(wire: &Cors, failed: FailedPreflight) -> Result<Self, Fault> {
        let credentials = wire.allow_credentials.unwrap_or(false);
        let any_origin = stands_alone("allowOrigins", wire.allow_origins.iter().map(String::as_str))?;
        let origins = if any_origin {
            AllowedOrigins::Any
        } else {
            let patterns = wire.allow_origins.iter().enumerate().map(|(index, text)| {
                OriginPattern::parse(text).map_err(|problem| (format!("allowOrigins[{index}]"), problem))
            });
            AllowedOrigins::Matching(patterns.collect::<Result<_, _>>()?)
        };
        if let Some(index) = wire.allow_methods.iter().position(|method| !method.is_known()) {
            let value = wire.allow_methods.get(index).map_or("", CorsMethod::as_str);
            return Err(unknown(&format!("allowMethods[{index}]"), &value));
        }
        check_names("allowHeaders", &wire.allow_headers)?;
        check_names("exposeHeaders", &wire.expose_headers)?;
        if wire.max_age() < 1 {
            let seconds = wire.max_age();
            return Err(("maxAge".to_owned(), FilterProblem::MaxAge { seconds }));
        }
        let methods: Vec<&str> = wire.allow_methods.iter().map(CorsMethod::as_str).collect();
        let headers: Vec<&str> = wire.allow_headers.iter().map(String::as_str).collect();
        // Where credentials are allowed a browser would read it as a header of that name.
        let exposed = wire.expose_headers.iter().map(String::as_str);
        let exposed: Vec<&str> = exposed.filter(|name| !(credentials && *name == "*")).collect();
        Ok(CorsPolicy {
            origins,
            credentials,
            methods: Allowance::compile("allowMethods", &methods)?,
            headers: Allowance::compile("allowHeaders", &headers)?,
            expose: (!exposed.is_empty()).then(|| exposed.join(", ").into()),
            max_age: wire.max_age().to_string().into(),
            failed,
        })
    }
}

impl Allowance {
    fn compile(field: &str, entries: &[&str]) -> Result<Self, Fault> {
        if stands_alone(field, entries.iter().copied())? {
            Ok(Allowance::Echo)
        } else if entries.is_empty() {
            Ok(Allowance::Nothing)
        } else {
            Ok(Allowance::List(entries.join(", ").into()))
        }
    }
}

/// Whether the list is `*`. spec: `HTTPCORSFilter`: `*` has no company in these lists.
fn stands_alone<'a>(field: &str, entries: impl ExactSizeIterator<Item = &'a str>) -> Result<bool, Fault> {
    let length = entries.len();
    match entries.into_iter().any(|entry| entry == "*") {
        true if length > 1 => Err((field.to_owned(), FilterProblem::WildcardNotAlone)),
        wildcard => Ok(wildcard),
    }
}

fn check_names(field: &str, names: &[String]) -> Result<(), Fault> {
    match names.iter().enumerate().find(|(_, name)| !is_token(name)) {
        None => Ok(()),
        Some((index, name)) => {
            let name = name.clone();
            Err((format!("{field}[{index}]"), FilterProblem::HeaderName { name }))
        }
    }
}

/// Whether an answer says already that it varies by that header, or by everything.
fn varies_by(headers: &HeaderMap, name: &HeaderValue) -> bool {
    headers.get_all(VARY).iter().any(|vary| {
        vary.as_bytes()
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .any(|found| found == b"*" || found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Names of headers, parted by commas and perhaps spaces. Fetch sends no empty ones.
fn names_in(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(|name| name.trim_matches([' ', '\t']))
}

#[cfg(test)]
#[path = "cors_tests.rs"]
mod tests;
