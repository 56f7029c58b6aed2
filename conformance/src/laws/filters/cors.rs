//! Cross-origin requests. spec: `HTTPCORSFilter`, `CORSOrigin`.

use gateway_match::{CorsHeaders, CorsPolicy, FailedPreflight, PreflightInput, Profile};
use gateway_model::{Cors, CorsMethod, RouteFilter, RouteFilterType};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{compiled, ensure, of_type, perhaps, text};
use crate::generate::Source;

const ORIGINS: &[&str] = &[
    "https://a.example.com",
    "https://*.example.com",
    "http://a.example.com:8080",
    "https://*",
    "*",
    "http://*:8080",
    "https://a.example.com:443",
    "https://A.example.com",
    "ftp://a.example.com",
    "https://",
    "a.example.com",
    "https://*example.com",
    "https://a.example.com/",
    "null",
];

const ASKED: &[&str] = &[
    "https://a.example.com",
    "https://A.Example.com",
    "https://b.a.example.com",
    "https://example.com",
    "http://a.example.com:8080",
    "https://a.example.com:443",
    "https://a.example.com:8443",
    "null",
    "https://evil.com#.example.com",
    "https://evil.com/.example.com",
    "https://user@a.example.com",
    "https://a.example.com.",
    "https://[::1]",
    "",
];

const PIECES: &[&str] =
    &["https://", "http://", "*", ".", "a", "example.com", ":", "80", "443", "/", "@", "-", "#", "\r\n", ",", " "];
const NAMES: &[&str] = &["x-a", "X-B", "*", "content-type", "", "x a", "é", "authorization"];

pub(super) fn check(source: &mut dyn Source) -> Result<(), String> {
    let cors = cors(source);
    let option = *source.one_of(FailedPreflight::ALL).unwrap_or(&FailedPreflight::NoContent);
    let filter = RouteFilter { cors: Some(Box::new(cors.clone())), ..of_type(RouteFilterType::Cors) };
    let Some(filters) = compiled(&filter, &Profile::new().failed_preflight(option), is_usable(&cors))? else {
        return Ok(());
    };
    let policy = filters.cors().ok_or("no policy")?;
    let origin = match source.below(3) {
        0 => text(source, PIECES, 6),
        _ => source.word(ASKED).to_owned(),
    };
    let method = source.word(&["PUT", "GET", "*", "P UT", ""]).to_owned();
    let headers = perhaps(source, 30, |source| {
        let names: Vec<&str> = (0..source.below(4)).map(|_| source.word(NAMES)).collect();
        names.join(source.word(&[",", ", ", ",\t", ";"]))
    });
    let asked = PreflightInput::detect("OPTIONS", Some(&origin), Some(&method), headers.as_deref());
    let answer = policy.preflight(&asked.ok_or("no preflight")?);
    let wanted = preflight(&cors, &origin, &method, headers.as_deref());
    let wanted_status = if wanted.is_none() && option == FailedPreflight::Forbidden { 403 } else { 204 };
    let said = || format!("{cors:?} asked by {origin:?}, {method:?}, {headers:?}");
    same(answer.headers(), &wanted.clone().unwrap_or_default(), said)?;
    ensure(answer.status().as_u16() == wanted_status, || format!("{}: {}", said(), answer.status()))?;
    safe(&cors, answer.headers(), &origin)?;

    let actual = policy.response_headers(Some(&origin));
    let mut wanted = vec![("vary".to_owned(), "Origin".to_owned())];
    if is_allowed(&cors, &origin) {
        wanted.extend(of_origin(&cors, &origin));
    }
    same(&actual, &wanted, said)?;
    safe(&cors, &actual, &origin)?;
    has_the_last_word(&actual)
}

fn cors(source: &mut dyn Source) -> Cors {
    let origin = |source: &mut dyn Source| match source.below(8) {
        7 => text(source, PIECES, 5),
        _ => source.word(ORIGINS).to_owned(),
    };
    let methods = [CorsMethod::Get, CorsMethod::Put, CorsMethod::Any, CorsMethod::Delete, CorsMethod::from("BREW")];
    let names = |source: &mut dyn Source| (0..source.below(3)).map(|_| source.word(NAMES).to_owned()).collect();
    Cors {
        allow_origins: (0..source.below(3)).map(|_| origin(source)).collect(),
        allow_credentials: perhaps(source, 40, |source| source.below(2) == 1),
        allow_methods: (0..source.below(3)).filter_map(|_| source.one_of(&methods).cloned()).collect(),
        allow_headers: names(source),
        expose_headers: names(source),
        max_age: perhaps(source, 50, |source| source.weighted(&[(4, 5), (4, 86_400), (1, 0), (1, -1), (1, i32::MAX)])),
    }
}

fn is_usable(cors: &Cors) -> bool {
    let alone = |list: &[&str]| list.len() < 2 || !list.contains(&"*");
    let origins: Vec<&str> = cors.allow_origins.iter().map(String::as_str).collect();
    let methods: Vec<&str> = cors.allow_methods.iter().map(CorsMethod::as_str).collect();
    let headers: Vec<&str> = cors.allow_headers.iter().map(String::as_str).collect();
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"];
    alone(&origins)
        && alone(&methods)
        && alone(&headers)
        && (origins == ["*"] || origins.iter().all(|origin| pattern(origin).is_some()))
        && methods.iter().all(|method| known.contains(method))
        && cors.allow_headers.iter().chain(&cors.expose_headers).all(|name| is_token(name))
        && cors.max_age.is_none_or(|age| age >= 1)
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Scheme, host and port of an allowed origin. spec: `CORSOrigin`: a host is labels of letters, digits
/// and hyphens, of which a `*` may stand for the first ones, or for all.
fn pattern(text: &str) -> Option<(&str, &str, u32)> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme))?;
    let (host, port) = with_port(scheme, rest)?;
    let name = |host: &str| {
        host.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    };
    let good = host == "*" || name(host.strip_prefix("*.").unwrap_or(host));
    good.then_some((scheme, host, port))
}

/// The host and the port, which is 1 to 65535 and the scheme's unless it is written.
fn with_port<'a>(scheme: &str, authority: &'a str) -> Option<(&'a str, u32)> {
    let Some((host, port)) = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) else {
        return Some((authority, if scheme == "http" { 80 } else { 443 }));
    };
    let number: u32 = port.parse().ok().filter(|_| port.chars().all(|c| c.is_ascii_digit()) && port.len() <= 5)?;
    (1..=65_535).contains(&number).then_some((host, number))
}

fn is_allowed(cors: &Cors, origin: &str) -> bool {
    if origin == "*" || origin.is_empty() || !origin.chars().all(|c| c.is_ascii_graphic() && c != ',') {
        return false;
    }
    if cors.allow_origins == ["*"] {
        return true;
    }
    let origin = origin.to_ascii_lowercase();
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let Some((host, port)) = with_port(scheme, rest) else { return false };
    is_host(host)
        && cors.allow_origins.iter().map(|allowed| allowed.to_ascii_lowercase()).any(|allowed| {
            pattern(&allowed).is_some_and(|(wanted_scheme, wanted, wanted_port)| {
                let same_host = match wanted.strip_prefix('*') {
                    None => host == wanted,
                    Some("") => true,
                    Some(below) => host.len() > below.len() && host.ends_with(below),
                };
                scheme == wanted_scheme && port == wanted_port && same_host
            })
        })
}

/// What can stand as a host in a URI: an address in brackets, or labels with one dot after them at most.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let stands = |c: char| c.is_ascii_alphanumeric() || "-_~!$&'()*+,;=".contains(c);
    let name = host.strip_suffix('.').unwrap_or(host);
    name.split('.').all(|label| !label.is_empty() && label.chars().all(stands))
}

/// The headers of the answer to a preflight, if its origin is allowed.
fn preflight(cors: &Cors, origin: &str, method: &str, headers: Option<&str>) -> Option<Vec<(String, String)>> {
    if !is_allowed(cors, origin) {
        return None;
    }
    let credentials = cors.allow_credentials == Some(true);
    let mut list = vec![("vary".to_owned(), "Origin".to_owned())];
    list.extend(of_origin(cors, origin));
    let name = |name: &str| format!("access-control-{name}");
    let echoes = |asked: &str| is_token(asked) && !(credentials && asked == "*");
    let methods: Vec<&str> = cors.allow_methods.iter().map(CorsMethod::as_str).collect();
    if methods == ["*"] {
        list.push(("vary".to_owned(), "Access-Control-Request-Method".to_owned()));
        list.extend(echoes(method).then(|| (name("allow-methods"), method.to_owned())));
    } else if !methods.is_empty() {
        list.push((name("allow-methods"), methods.join(", ")));
    }
    if cors.allow_headers == ["*"] {
        list.push(("vary".to_owned(), "Access-Control-Request-Headers".to_owned()));
        match headers {
            None if !credentials => list.push((name("allow-headers"), "*".to_owned())),
            Some(asked) if asked.split(',').all(|one| echoes(one.trim_matches([' ', '\t']))) => {
                list.push((name("allow-headers"), asked.to_owned()));
            }
            _ => {}
        }
    } else if !cors.allow_headers.is_empty() {
        list.push((name("allow-headers"), cors.allow_headers.join(", ")));
    }
    list.push((name("max-age"), cors.max_age.unwrap_or(5).to_string()));
    Some(list)
}

/// What every answer to an allowed origin has.
fn of_origin(cors: &Cors, origin: &str) -> Vec<(String, String)> {
    let credentials = cors.allow_credentials == Some(true);
    let exposed = cors.expose_headers.iter().map(String::as_str).filter(|name| !(credentials && *name == "*"));
    let exposed: Vec<&str> = exposed.collect();
    let mut list = vec![("access-control-allow-origin".to_owned(), origin.to_owned())];
    if credentials {
        list.push(("access-control-allow-credentials".to_owned(), "true".to_owned()));
    }
    if !exposed.is_empty() {
        list.push(("access-control-expose-headers".to_owned(), exposed.join(", ")));
    }
    list
}

fn same(found: &CorsHeaders<'_>, wanted: &[(String, String)], said: impl Fn() -> String) -> Result<(), String> {
    let mut found: Vec<_> = found.iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect();
    let mut wanted = wanted.to_vec();
    found.sort();
    wanted.sort();
    ensure(found == wanted, || format!("{}\n  found {found:?}\n  wanted {wanted:?}", said()))
}

/// What must never be, whatever the model says: a star where credentials are allowed, another origin
/// than the one that asked, two values of one header, a value that is none.
fn safe(cors: &Cors, headers: &CorsHeaders<'_>, origin: &str) -> Result<(), String> {
    let mut names: Vec<&HeaderName> = headers.iter().map(|(name, _)| name).filter(|name| *name != "vary").collect();
    let all = names.len();
    names.sort_by_key(|name| name.as_str());
    names.dedup();
    let starred = headers.iter().any(|(_, value)| value.split(',').any(|one| one.trim() == "*"));
    let allowed = headers.get("access-control-allow-origin");
    let sound = headers.iter().all(|(_, value)| HeaderValue::from_str(value).is_ok());
    let good = names.len() == all
        && !(cors.allow_credentials == Some(true) && starred)
        && allowed.is_none_or(|allowed| allowed == origin)
        && sound;
    ensure(good, || format!("{cors:?}, {origin:?}: {headers:?}"))
}

/// What a backend says of cross-origin requests does not pass, and its `Vary` does.
fn has_the_last_word(headers: &CorsHeaders<'_>) -> Result<(), String> {
    let mut answer = HeaderMap::new();
    for name in CorsPolicy::governed_headers() {
        answer.insert(name, HeaderValue::from_static("backend"));
    }
    answer.insert("vary", HeaderValue::from_static("Accept"));
    headers.apply(&mut answer).map_err(|problem| problem.to_string())?;
    let leaks =
        CorsPolicy::governed_headers().iter().any(|name| answer.get_all(name).iter().any(|value| value == "backend"));
    let varies = answer.get_all("vary").iter().any(|value| value == "Accept");
    ensure(!leaks && varies, || format!("{headers:?} on {answer:?}"))
}
