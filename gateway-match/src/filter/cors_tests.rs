use proptest::prelude::*;
use serde_json::json;

use super::*;

fn policy(wire: serde_json::Value) -> CorsPolicy {
    with_option(wire, FailedPreflight::NoContent)
}

fn with_option(wire: serde_json::Value, failed: FailedPreflight) -> CorsPolicy {
    CorsPolicy::compile(&serde_json::from_value(wire).unwrap(), failed).unwrap()
}

fn preflight<'a>(origin: &'a str, method: &'a str, headers: Option<&'a str>) -> PreflightInput<'a> {
    PreflightInput::detect("OPTIONS", Some(origin), Some(method), headers).unwrap()
}

fn list<'a>(headers: &CorsHeaders<'a>) -> Vec<(String, &'a str)> {
    headers.iter().map(|(name, value)| (name.to_string(), value)).collect()
}

fn named(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

#[test]
fn a_preflight_is_answered_with_what_the_policy_lists() {
    let policy = policy(json!({
        "allowOrigins": ["https://www.foo.com", "https://*.bar.com"], "allowMethods": ["GET", "OPTIONS"],
        "allowHeaders": ["X-Header-1", "x-header-2"], "exposeHeaders": ["x-header-3", "x-header-4"],
        "allowCredentials": true, "maxAge": 3600,
    }));
    for origin in ["https://www.foo.com", "https://xpto.www.bar.com"] {
        let answer = policy.preflight(&preflight(origin, "GET", Some("x-header-1, x-header-2")));
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let expected = [
            ("vary", "Origin"),
            ("access-control-allow-origin", origin),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-header-3, x-header-4"),
            ("access-control-allow-methods", "GET, OPTIONS"),
            ("access-control-allow-headers", "X-Header-1, x-header-2"),
            ("access-control-max-age", "3600"),
        ];
        assert_eq!(list(answer.headers()), named(&expected));
    }
    // What is not allowed is the browser's to find out.
    let answer = policy.preflight(&preflight("https://www.foo.com", "DELETE", Some("x-other")));
    assert_eq!(answer.headers().get("Access-Control-Allow-Methods"), Some("GET, OPTIONS"));
}

#[test]
fn a_preflight_that_fails_has_no_headers_and_the_status_of_the_option() {
    for (failed, status) in [(FailedPreflight::NoContent, 204), (FailedPreflight::Forbidden, 403)] {
        for origins in [json!(["https://www.foo.com"]), json!([])] {
            let policy = with_option(json!({"allowOrigins": origins, "allowMethods": ["*"]}), failed);
            let answer = policy.preflight(&preflight("https://foobar.com", "GET", None));
            assert_eq!(answer.status(), status);
            assert!(answer.headers().is_empty());
        }
    }
}

#[test]
fn wildcards_echo_what_is_asked_for_and_never_are_a_star_with_credentials() {
    let any = |credentials: bool| {
        policy(json!({
            "allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"], "exposeHeaders": ["*"],
            "allowCredentials": credentials,
        }))
    };
    let asked = preflight("https://other.foo.com", "PUT", Some("x-header-1, x-header-2"));
    let expected = [
        ("vary", "Origin"),
        ("access-control-allow-origin", "https://other.foo.com"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Access-Control-Request-Method"),
        ("access-control-allow-methods", "PUT"),
        ("vary", "Access-Control-Request-Headers"),
        ("access-control-allow-headers", "x-header-1, x-header-2"),
        ("access-control-max-age", "5"),
    ];
    assert_eq!(list(any(true).preflight(&asked).headers()), named(&expected));
    let without = any(false);
    let answer = without.preflight(&asked);
    assert_eq!(answer.headers().get("access-control-allow-credentials"), None);
    assert_eq!(answer.headers().get("access-control-allow-origin"), Some("https://other.foo.com"));
    assert_eq!(answer.headers().get("access-control-expose-headers"), Some("*"));

    for (credentials, requested, expected) in [
        (true, None, None),
        (false, None, Some("*")),
        (true, Some("*"), None),
        (false, Some("*"), Some("*")),
        (false, Some("x-a\r\nset-cookie: b"), None),
        (true, Some("x-a,,x-b"), None),
        (true, Some(""), None),
    ] {
        let policy = any(credentials);
        let answer = policy.preflight(&preflight("https://a.example", "PUT", requested));
        assert_eq!(answer.headers().get("access-control-allow-headers"), expected, "{credentials} {requested:?}");
    }
    let star = any(true);
    let answer = star.preflight(&preflight("*", "PUT", None));
    assert_eq!(answer.headers().get("access-control-allow-origin"), None);
    assert_eq!(star.response_headers(Some("*")).get("access-control-allow-origin"), None);
    let answer = star.preflight(&preflight("https://a.example", "*", None));
    assert_eq!(answer.headers().get("access-control-allow-methods"), None);
    for method in ["", "A B", "A\r\n"] {
        let answer = star.preflight(&preflight("https://a.example", method, None));
        assert_eq!(answer.headers().get("access-control-allow-methods"), None, "{method:?}");
    }
}

#[test]
fn exposed_headers_lose_their_star_where_credentials_are_allowed() {
    for (credentials, names, expected) in [
        (true, json!(["*"]), None),
        (true, json!(["x-a", "*", "x-b"]), Some("x-a, x-b")),
        (false, json!(["x-a", "*"]), Some("x-a, *")),
        (false, json!([]), None),
    ] {
        let policy = policy(json!({"allowOrigins": ["*"], "allowCredentials": credentials, "exposeHeaders": names}));
        let headers = policy.response_headers(Some("https://a.example"));
        assert_eq!(headers.get("access-control-expose-headers"), expected, "{names}");
    }
}

#[test]
fn only_options_with_an_origin_and_a_requested_method_is_a_preflight() {
    let cases = [
        ("OPTIONS", Some("https://a.example"), Some("GET"), true),
        ("OPTIONS", Some("https://a.example"), None, false),
        ("OPTIONS", None, Some("GET"), false),
        ("GET", Some("https://a.example"), Some("GET"), false),
        ("options", Some("https://a.example"), Some("GET"), false),
    ];
    for (method, origin, requested, expected) in cases {
        assert_eq!(PreflightInput::detect(method, origin, requested, None).is_some(), expected);
        let mut request = http::Request::builder().method(method).uri("/");
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        if let Some(requested) = requested {
            request = request.header("Access-Control-Request-Method", requested);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        assert_eq!(PreflightInput::from_parts(&parts).is_some(), expected);
    }
}

#[test]
fn other_requests_get_no_more_than_the_origin_may_have() {
    let listed =
        policy(json!({"allowOrigins": ["https://www.foo.com"], "allowMethods": ["PUT"], "exposeHeaders": ["x-a"]}));
    let allowed = [
        ("vary", "Origin"),
        ("access-control-allow-origin", "https://www.foo.com"),
        ("access-control-expose-headers", "x-a"),
    ];
    assert_eq!(list(&listed.response_headers(Some("https://www.foo.com"))), named(&allowed));
    for origin in [None, Some("https://foobar.com"), Some("null"), Some("")] {
        assert_eq!(list(&listed.response_headers(origin)), named(&[("vary", "Origin")]), "{origin:?}");
    }
}

#[test]
fn a_policy_has_the_last_word_on_an_answer() {
    let policy = policy(json!({"allowOrigins": ["https://www.foo.com"]}));
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.append(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(VARY, HeaderValue::from_static("Accept, ORIGIN"));
    policy.response_headers(Some("https://evil.example")).apply(&mut headers).unwrap();
    assert_eq!(headers.len(), 1);
    assert_eq!(headers[VARY], "Accept, ORIGIN");

    headers.insert(VARY, HeaderValue::from_static("Accept"));
    policy.response_headers(Some("https://www.foo.com")).apply(&mut headers).unwrap();
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://www.foo.com");
    assert_eq!(headers.get_all(VARY).iter().collect::<Vec<_>>(), ["Accept", "Origin"]);
}

/// What a browser does, by the steps of the Fetch standard.
mod browser {
    use http::HeaderMap;

    pub(super) struct Request<'a> {
        pub(super) origin: &'a str,
        pub(super) method: &'a str,
        /// Names of headers that are not safelisted.
        pub(super) unsafe_headers: &'a [&'a str],
        /// The credentials mode is "include".
        pub(super) include: bool,
    }

    fn safelisted_method(method: &str) -> bool {
        ["GET", "HEAD", "POST"].contains(&method)
    }

    /// Fetch, "HTTP fetch": whether a preflight comes first.
    pub(super) fn asks_first(request: &Request<'_>) -> bool {
        !safelisted_method(request.method) || !request.unsafe_headers.is_empty()
    }

    /// Fetch, "CORS-unsafe request-header names": lower case, sorted, joined by commas alone.
    pub(super) fn requested_headers(request: &Request<'_>) -> Option<String> {
        let mut names: Vec<_> = request.unsafe_headers.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        (!names.is_empty()).then(|| names.join(","))
    }

    /// Fetch, "get, decode, and split" without quoted strings.
    fn values(headers: &HeaderMap, name: &str) -> Option<Vec<String>> {
        let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.to_str().unwrap()).collect();
        (!lines.is_empty()).then(|| lines.join(", ").split(',').map(|value| value.trim().to_owned()).collect())
    }

    fn get(headers: &HeaderMap, name: &str) -> Option<String> {
        let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.to_str().unwrap()).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// Fetch, "CORS check".
    pub(super) fn cors_check(request: &Request<'_>, answer: &HeaderMap) -> bool {
        let Some(origin) = get(answer, "access-control-allow-origin") else {
            return false;
        };
        if !request.include && origin == "*" {
            return true;
        }
        if request.origin != origin {
            return false;
        }
        if !request.include {
            return true;
        }
        get(answer, "access-control-allow-credentials").as_deref() == Some("true")
    }

    /// Fetch, "CORS-preflight fetch", from the answer on.
    pub(super) fn preflight_passes(request: &Request<'_>, status: u16, answer: &HeaderMap) -> bool {
        if !cors_check(request, answer) || !(200..=299).contains(&status) {
            return false;
        }
        let methods = values(answer, "access-control-allow-methods").unwrap_or_default();
        let names = values(answer, "access-control-allow-headers").unwrap_or_default();
        let star = |list: &[String]| !request.include && list.iter().any(|entry| entry == "*");
        let has = |name: &str| names.iter().any(|listed| listed.eq_ignore_ascii_case(name));
        if !methods.iter().any(|method| method == request.method)
            && !safelisted_method(request.method)
            && !star(&methods)
        {
            return false;
        }
        // The one CORS non-wildcard request-header name.
        let authorization = request.unsafe_headers.iter().find(|name| name.eq_ignore_ascii_case("authorization"));
        if authorization.is_some_and(|name| !has(name)) {
            return false;
        }
        request.unsafe_headers.iter().all(|name| has(name) || star(&names))
    }

    /// Fetch, "CORS-exposed header-name list", safelisted names aside.
    pub(super) fn can_read(request: &Request<'_>, answer: &HeaderMap, name: &str) -> bool {
        let exposed = values(answer, "access-control-expose-headers").unwrap_or_default();
        if !request.include && exposed.iter().any(|entry| entry == "*") {
            return true;
        }
        exposed.iter().any(|listed| listed.eq_ignore_ascii_case(name))
    }
}

/// What a policy means, by the words of the specification.
mod meaning {
    use gateway_model::Cors;

    fn origin_parts(text: &str) -> Option<(String, String, String)> {
        let (scheme, rest) = text.split_once("://")?;
        let default = if scheme == "https" { "443" } else { "80" };
        let (host, port) = rest.split_once(':').unwrap_or((rest, default));
        Some((scheme.to_owned(), host.to_ascii_lowercase(), port.to_owned()))
    }

    pub(super) fn allows_origin(policy: &Cors, origin: &str) -> bool {
        policy.allow_origins.iter().any(|pattern| {
            if pattern == "*" {
                return true;
            }
            let (Some((scheme, host, port)), Some((wanted, pattern, on))) =
                (origin_parts(origin), origin_parts(pattern))
            else {
                return false;
            };
            let same = match pattern.split_once('*') {
                None => host == pattern,
                Some((_, end)) => host.len() > end.len() && host.ends_with(end),
            };
            scheme == wanted && port == on && same
        })
    }

    pub(super) fn allows_credentials(policy: &Cors) -> bool {
        policy.allow_credentials == Some(true)
    }

    pub(super) fn allows_method(policy: &Cors, method: &str) -> bool {
        ["GET", "HEAD", "POST"].contains(&method)
            || policy.allow_methods.iter().any(|allowed| allowed.as_str() == method || allowed.as_str() == "*")
    }

    pub(super) fn allows_header(policy: &Cors, name: &str) -> bool {
        policy.allow_headers.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(name))
    }

    pub(super) fn exposes(policy: &Cors, name: &str) -> bool {
        policy
            .expose_headers
            .iter()
            .any(|exposed| exposed.eq_ignore_ascii_case(name) || (exposed == "*" && !allows_credentials(policy)))
    }
}

fn some_of(entries: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        1 => Just(vec!["*"]),
        3 => prop::sample::subsequence(entries, 0..=entries.len()),
    ]
}

fn policies() -> impl Strategy<Value = Cors> {
    const PATTERNS: &[&str] = &[
        "https://a.example",
        "https://A.example",
        "https://*.a.example",
        "http://a.example:80",
        "https://*:8443",
        "http://*",
        "https://a.example:8443",
    ];
    (
        some_of(PATTERNS),
        prop::option::of(any::<bool>()),
        some_of(&["GET", "PUT", "DELETE", "PATCH"]),
        some_of(&["X-A", "x-b", "Authorization"]),
        some_of(&["X-R", "x-s"]),
    )
        .prop_map(|(origins, credentials, methods, headers, exposed)| {
            let mut wire = json!({
                "allowOrigins": origins, "allowMethods": methods, "allowHeaders": headers, "exposeHeaders": exposed,
            });
            if let Some(credentials) = credentials {
                wire["allowCredentials"] = credentials.into();
            }
            serde_json::from_value(wire).unwrap()
        })
}

fn answer_map(headers: &CorsHeaders<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    headers.apply(&mut map).unwrap();
    map
}

#[test]
fn a_second_is_an_age() {
    let policy = policy(json!({"allowOrigins": ["https://a.b"], "maxAge": 1}));
    let answer = policy.preflight(&preflight("https://a.b", "GET", None));
    assert_eq!(answer.headers().get("access-control-max-age"), Some("1"));
}

#[test]
fn an_answer_without_headers_is_empty() {
    let policy = policy(json!({"allowOrigins": ["https://a.b"]}));
    let headers = policy.response_headers(Some("https://a.b"));
    assert!(headers.iter().count() > 0 && !headers.is_empty(), "{headers:?}");
    assert!(CorsHeaders::default().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_browser_accepts_exactly_what_the_policy_allows(
        wire in policies(),
        forbidden in any::<bool>(),
        origin in prop::sample::select(vec![
            "https://a.example", "https://b.a.example", "https://c.b.a.example", "http://a.example", "null",
            "https://a.example:8443", "https://evil-a.example", "http://a.example:8080", "https://a.example.evil",
        ]),
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"]),
        names in prop::sample::subsequence(vec!["x-a", "X-B", "authorization", "x-c"], 0..=4),
        include in any::<bool>(),
    ) {
        let failed = if forbidden { FailedPreflight::Forbidden } else { FailedPreflight::NoContent };
        let policy = CorsPolicy::compile(&wire, failed).unwrap();
        let request = browser::Request { origin, method, unsafe_headers: &names, include };

        let may_read = meaning::allows_origin(&wire, origin) && (!include || meaning::allows_credentials(&wire));
        let may_send = may_read
            && meaning::allows_method(&wire, method)
            && names.iter().all(|name| meaning::allows_header(&wire, name));

        let asked = browser::requested_headers(&request);
        let asked = preflight(origin, method, asked.as_deref());
        let answer = policy.preflight(&asked);
        let headers = answer_map(answer.headers());
        prop_assert_eq!(
            browser::preflight_passes(&request, answer.status().as_u16(), &headers),
            may_send,
            "preflight answered {:?}", headers
        );

        let actual = answer_map(&policy.response_headers(Some(origin)));
        let accepted = (!browser::asks_first(&request) || may_send) && browser::cors_check(&request, &actual);
        prop_assert_eq!(accepted, may_read && (!browser::asks_first(&request) || may_send), "answered {:?}", actual);
        prop_assert_eq!(&actual[VARY], "Origin");

        if accepted {
            for name in ["x-r", "X-S", "x-t"] {
                prop_assert_eq!(browser::can_read(&request, &actual, name), meaning::exposes(&wire, name), "{}", name);
            }
        }
        if meaning::allows_credentials(&wire) {
            for map in [&headers, &actual] {
                for name in CorsPolicy::governed_headers() {
                    prop_assert!(map.get(&name).is_none_or(|value| value != "*"), "{}", name);
                }
            }
        }
    }

    #[test]
    fn nothing_hostile_gets_into_an_answer(origin in any::<String>(), method in any::<String>(), asked in any::<String>()) {
        let wire = serde_json::from_value(json!({"allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"]}));
        let policy = CorsPolicy::compile(&wire.unwrap(), FailedPreflight::NoContent).unwrap();
        let input = preflight(&origin, &method, Some(&asked));
        for (_, value) in policy.preflight(&input).headers().iter() {
            prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t'), "{:?}", value);
        }
    }
}
