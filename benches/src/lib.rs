//! Tables of routes to measure lookups in.
#![forbid(unsafe_code)]

use gateway_match::{
    BackendDefinition, BackendName, ListenerDefinition, Profile, Route, RouteDefinition, Router, RuleDefinition,
};
use gateway_model::{HeaderMatch, Hostname, HostnameError, HttpPathMatch, HttpRouteMatch, PathMatchType};

/// A host of every table.
pub const HOST: &str = "shop.example.com";

/// `size` exact paths (`/p/0`, `/p/1`, ...) on one host.
///
/// # Errors
///
/// None that occurs: the hostname is well-formed.
pub fn exact_paths(size: usize) -> Result<Router, HostnameError> {
    table(size, |number| HttpRouteMatch {
        path: Some(HttpPathMatch { r#type: Some(PathMatchType::Exact), value: Some(format!("/p/{number}")) }),
        ..HttpRouteMatch::default()
    })
}

/// One path and `size` exact values (`0`, `1`, ...) of the header `x-tenant`.
///
/// # Errors
///
/// None that occurs: the hostname is well-formed.
pub fn header_values(size: usize) -> Result<Router, HostnameError> {
    table(size, |number| HttpRouteMatch {
        headers: vec![HeaderMatch { name: "x-tenant".to_owned(), value: number.to_string(), ..HeaderMatch::default() }],
        ..HttpRouteMatch::default()
    })
}

fn table(size: usize, condition: impl Fn(usize) -> HttpRouteMatch) -> Result<Router, HostnameError> {
    let profile = Profile::default();
    let hostname = Hostname::parse(HOST)?;
    let mut builder = Router::builder(&profile);
    let web = builder.listener(ListenerDefinition::http("web", 80));
    for number in 0..size {
        let backend = BackendDefinition::new(BackendName::service("shop", "backend", 80));
        let rule = RuleDefinition::new().matching(condition(number)).backend(backend);
        let definition = RouteDefinition::http("shop", &format!("r{number}")).hostname(hostname.clone()).rule(rule);
        builder.attach(&Route::compile(definition, &profile), web);
    }
    Ok(builder.build())
}
