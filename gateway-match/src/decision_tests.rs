use serde_json::{Value, json};

use crate::{
    BackendDefinition, BackendName, Connection, FilterOrder, ListenerDefinition, Profile, RequestView, Route,
    RouteDefinition, Router, RuleDefinition,
};

/// The Host that the backend sees, and whether a preflight is answered as one.
fn seen(filters: &Value, order: FilterOrder) -> (String, bool) {
    let profile = Profile::default().filter_order(order);
    let filters: Vec<_> = serde_json::from_value(filters.clone()).unwrap();
    let backend = BackendDefinition::new(BackendName::service("shop", "s", 80));
    let rule = filters.into_iter().fold(RuleDefinition::new().backend(backend), RuleDefinition::filter);
    let route = Route::compile(RouteDefinition::http("shop", "r").rule(rule), &profile);
    let mut builder = Router::builder(&profile);
    let web = builder.listener(ListenerDefinition::http("web", 80));
    assert!(builder.attach(&route, web));
    let router = builder.build();
    let parts = http::Request::options("/")
        .header("host", "shop.example.com")
        .header("origin", "https://a.example.com")
        .header("access-control-request-method", "GET")
        .body(())
        .unwrap()
        .into_parts()
        .0;
    let view = RequestView::from_parts(&parts);
    let decision = router.route(&view, &Connection::plain(80));
    let found = decision.matched().unwrap();
    let mut changed = parts.clone();
    found.apply(0, &mut changed).unwrap();
    (changed.headers["host"].to_str().unwrap().to_owned(), found.is_preflight(&view))
}

#[test]
fn where_two_filters_meet_the_option_says_which_comes_first() {
    use FilterOrder::{FixedPhases, Listed};
    let set =
        json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "Host", "value": "set"}]}});
    let rewrite = json!({"type": "URLRewrite", "urlRewrite": {"hostname": "rewritten"}});
    let redirect = json!({"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}});
    let cors = json!({"type": "CORS", "cors": {"allowOrigins": ["*"]}});
    let cases = [
        (json!([set, rewrite]), Listed, "rewritten", false),
        (json!([rewrite, set]), Listed, "set", false),
        (json!([set, rewrite]), FixedPhases, "rewritten", false),
        (json!([rewrite, set]), FixedPhases, "rewritten", false),
        (json!([cors, redirect]), Listed, "shop.example.com", true),
        (json!([redirect, cors]), Listed, "shop.example.com", false),
        (json!([cors, redirect]), FixedPhases, "shop.example.com", true),
        (json!([redirect, cors]), FixedPhases, "shop.example.com", true),
    ];
    for (filters, order, host, preflight) in cases {
        assert_eq!(seen(&filters, order), (host.to_owned(), preflight), "{filters} {order}");
    }
}
