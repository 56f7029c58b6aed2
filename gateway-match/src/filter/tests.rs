//! What compiling refuses, and where it says so.

use gateway_model::RouteFilter;
use serde_json::{Value, json};

use super::*;
use crate::options::DoubleHeaderAction;

fn wire(filters: &Value) -> Vec<RouteFilter> {
    serde_json::from_value(filters.clone()).unwrap()
}

fn compile(filters: &Value) -> Result<Filters, FilterFault> {
    Filters::compile(&wire(filters), &Profile::default())
}

fn set(name: &str) -> Value {
    json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": name, "value": "v"}]}})
}

fn redirect(fields: Value) -> Value {
    json!({"type": "RequestRedirect", "requestRedirect": fields})
}

fn rewrite(fields: Value) -> Value {
    json!({"type": "URLRewrite", "urlRewrite": fields})
}

fn mirror(fields: Value) -> Value {
    let mut all = json!({"backendRef": {"name": "shadow", "port": 80}});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"type": "RequestMirror", "requestMirror": all})
}

fn cors(fields: Value) -> Value {
    json!({"type": "CORS", "cors": fields})
}

fn auth(fields: Value) -> Value {
    json!({"type": "ExternalAuth", "externalAuth": fields})
}

fn extension(name: &str) -> Value {
    json!({"type": "ExtensionRef", "extensionRef": {"group": "example.com", "kind": "Thing", "name": name}})
}

#[test]
fn filters_that_cannot_be_used_name_the_field_and_the_problem() {
    let cases = [
        (json!([{"type": "Teleport"}]), "filters[0].type: `Teleport` is a value that is not supported"),
        (json!([set("a"), {"type": "CORS"}]), "filters[1].cors: must be set for type `CORS`"),
        (
            json!([{"type": "RequestMirror", "cors": {}}]),
            "filters[0].requestMirror: must be set for type `RequestMirror`",
        ),
        (
            json!([{"type": "CORS", "cors": {}, "extensionRef": {"group": "", "kind": "K", "name": "n"}}]),
            "filters[0].extensionRef: must not be set for type `CORS`",
        ),
        (json!([set("a"), set("b")]), "filters[1].type: type `RequestHeaderModifier` stands more than once"),
        (json!([cors(json!({})), cors(json!({}))]), "filters[1].type: type `CORS` stands more than once"),
        (
            json!([rewrite(json!({})), set("a"), redirect(json!({}))]),
            "filters[2]: a request cannot be both rewritten and redirected",
        ),
        (
            json!([redirect(json!({})), rewrite(json!({}))]),
            "filters[1]: a request cannot be both rewritten and redirected",
        ),
        (json!([set("a b")]), "filters[0].requestHeaderModifier.set[0].name: `a b` is no name of a header"),
        (
            json!([redirect(json!({"scheme": "ftp"}))]),
            "filters[0].requestRedirect.scheme: `ftp` is a value that is not supported",
        ),
        (
            json!([redirect(json!({"statusCode": 304}))]),
            "filters[0].requestRedirect.statusCode: `304` is a value that is not supported",
        ),
        (
            json!([redirect(json!({"hostname": "*.example.com"}))]),
            "filters[0].requestRedirect.hostname: `*.example.com` is no hostname in lower case",
        ),
        (
            json!([redirect(json!({"hostname": "evil.com/\r\n"}))]),
            "filters[0].requestRedirect.hostname: `evil.com/\r\n` is no hostname in lower case",
        ),
        (json!([redirect(json!({"port": 0}))]), "filters[0].requestRedirect.port: 0 is no port"),
        (json!([redirect(json!({"port": 65536}))]), "filters[0].requestRedirect.port: 65536 is no port"),
        (
            json!([redirect(json!({"path": {"type": "ReplaceRegex"}}))]),
            "filters[0].requestRedirect.path.type: `ReplaceRegex` is a value that is not supported",
        ),
        (
            json!([rewrite(json!({"path": {"type": "ReplaceFullPath"}}))]),
            "filters[0].urlRewrite.path.replaceFullPath: must be set for type `ReplaceFullPath`",
        ),
        (
            json!([rewrite(
                json!({"path": {"type": "ReplaceFullPath", "replaceFullPath": "/", "replacePrefixMatch": "/"}})
            )]),
            "filters[0].urlRewrite.path.replacePrefixMatch: must not be set for type `ReplaceFullPath`",
        ),
        (
            json!([rewrite(json!({"hostname": "Example.com"}))]),
            "filters[0].urlRewrite.hostname: `Example.com` is no hostname in lower case",
        ),
        (json!([rewrite(json!({"hostname": ""}))]), "filters[0].urlRewrite.hostname: `` is no hostname in lower case"),
        (
            json!([mirror(json!({"percent": 5, "fraction": {"numerator": 1}}))]),
            "filters[0].requestMirror: only one of percent and fraction may be set",
        ),
        (
            json!([mirror(json!({"percent": 101}))]),
            "filters[0].requestMirror.percent: 101 is no percentage from 0 to 100",
        ),
        (
            json!([mirror(json!({"percent": -1}))]),
            "filters[0].requestMirror.percent: -1 is no percentage from 0 to 100",
        ),
        (
            json!([mirror(json!({"fraction": {"numerator": 0, "denominator": 0}}))]),
            "filters[0].requestMirror.fraction: 0/0 is no fraction from 0 to 1",
        ),
        (
            json!([mirror(json!({"fraction": {"numerator": 101}}))]),
            "filters[0].requestMirror.fraction: 101/100 is no fraction from 0 to 1",
        ),
        (
            json!([cors(json!({"allowOrigins": ["https://a.example", "ftp://a.example"]}))]),
            "filters[0].cors.allowOrigins[1]: `ftp://a.example` is neither `*` nor an origin such as `https://*.example.com:8443`",
        ),
        (
            json!([cors(json!({"allowOrigins": ["https://a.example", "*"]}))]),
            "filters[0].cors.allowOrigins: `*` must stand alone",
        ),
        (json!([cors(json!({"allowMethods": ["GET", "*"]}))]), "filters[0].cors.allowMethods: `*` must stand alone"),
        (
            json!([cors(json!({"allowMethods": ["GET", "get"]}))]),
            "filters[0].cors.allowMethods[1]: `get` is a value that is not supported",
        ),
        (json!([cors(json!({"allowHeaders": ["*", "x-a"]}))]), "filters[0].cors.allowHeaders: `*` must stand alone"),
        (
            json!([cors(json!({"allowHeaders": ["x-a, x-b"]}))]),
            "filters[0].cors.allowHeaders[0]: `x-a, x-b` is no name of a header",
        ),
        (
            json!([cors(json!({"exposeHeaders": ["x-a", ""]}))]),
            "filters[0].cors.exposeHeaders[1]: `` is no name of a header",
        ),
        (json!([cors(json!({"maxAge": 0}))]), "filters[0].cors.maxAge: 0 is no number of seconds from 1 on"),
        (
            json!([auth(json!({"protocol": "SOAP", "backendRef": {"name": "a", "port": 1}}))]),
            "filters[0].externalAuth.protocol: `SOAP` is a value that is not supported",
        ),
        (
            json!([auth(json!({"protocol": "GRPC", "backendRef": {"name": "a", "port": 1}}))]),
            "filters[0].externalAuth.grpc: must be set for type `GRPC`",
        ),
        (
            json!([auth(json!({"protocol": "HTTP", "http": {}, "grpc": {}, "backendRef": {"name": "a", "port": 1}}))]),
            "filters[0].externalAuth.grpc: must not be set for type `HTTP`",
        ),
    ];
    for (filters, expected) in cases {
        let fault = compile(&filters).unwrap_err();
        assert_eq!(fault.to_string(), expected, "{filters}");
        assert_eq!(fault.problem.refuses_route(), expected.ends_with("not supported"), "{filters}");
    }
}

#[test]
fn every_kind_is_found_in_the_order_of_the_list() {
    let http = auth(json!({"protocol": "HTTP", "http": {}, "backendRef": {"name": "a", "port": 1}}));
    let respond = json!({"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["server"]}});
    let filters = compile(&json!([
        extension("first"),
        mirror(json!({"percent": 10})),
        cors(json!({"allowOrigins": ["*"]})),
        respond,
        http,
        mirror(json!({})),
        set("x-a"),
        rewrite(json!({"hostname": "a.example"})),
        extension("second"),
    ]))
    .unwrap();
    assert!(!filters.is_empty());
    assert_eq!(filters.request_headers().unwrap().set()[0].0, "x-a");
    assert_eq!(filters.response_headers().unwrap().remove()[0], "server");
    assert!(filters.redirect().is_none());
    assert_eq!(filters.rewrite().unwrap().hostname(), Some("a.example"));
    assert_eq!(filters.mirrors().map(MirrorRule::fraction).collect::<Vec<_>>(), [(10, 100), (1, 1)]);
    assert!(filters.cors().is_some());
    assert_eq!(filters.external_auth().unwrap().backend_ref.name, "a");
    let names: Vec<_> = filters.extension_refs().map(|reference| reference.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    let kinds: Vec<_> = filters.iter().map(|filter| format!("{filter:?}")).collect();
    let order = [
        "Extension",
        "Mirror",
        "Cors",
        "ResponseHeaders",
        "ExternalAuth",
        "Mirror",
        "RequestHeaders",
        "Rewrite",
        "Extension",
    ];
    assert_eq!(kinds.len(), order.len());
    for (kind, expected) in kinds.iter().zip(order) {
        assert!(kind.starts_with(expected), "{kind} is no {expected}");
    }
    assert!(Filters::default().is_empty());
    assert!(compile(&json!([])).unwrap().is_empty());
}

#[test]
fn grpc_rules_have_header_modifiers_mirrors_and_extensions_only() {
    let fine = json!([set("a"), mirror(json!({})), extension("e")]);
    assert!(Filters::compile_grpc(&wire(&fine), &Profile::default()).is_ok());
    for filter in [cors(json!({})), redirect(json!({})), rewrite(json!({}))] {
        let fault = Filters::compile_grpc(&wire(&json!([filter])), &Profile::default()).unwrap_err();
        assert_eq!(fault.path, "filters[0].type");
        assert!(fault.problem.refuses_route(), "{fault}");
    }
}

#[test]
fn replacing_a_prefix_asks_for_prefix_matches() {
    let prefix = json!({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}});
    let full = json!({"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}});
    let cases = [
        (json!([set("a"), rewrite(prefix.clone())]), Some("filters[1].urlRewrite.path")),
        (json!([redirect(prefix)]), Some("filters[0].requestRedirect.path")),
        (json!([rewrite(full.clone())]), None),
        (json!([redirect(full)]), None),
        (json!([redirect(json!({}))]), None),
        (json!([]), None),
    ];
    for (filters, expected) in cases {
        let fault = compile(&filters).unwrap().needs_prefix_match();
        assert_eq!(fault.as_ref().map(|fault| fault.path.as_str()), expected, "{filters}");
        assert!(fault.is_none_or(|fault| fault.problem.refuses_route()));
    }
}

#[test]
fn a_header_named_twice_is_refused_or_warned_of_as_the_option_says() {
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    let cases = [
        (json!({"set": [header("X-A", "1")], "add": [header("x-a", "2")]}), "add[0].name"),
        (json!({"set": [header("x-a", "1"), header("X-A", "2")]}), "set[1].name"),
        (json!({"add": [header("x-a", "1"), header("x-a", "2")]}), "add[1].name"),
        (json!({"add": [header("x-a", "1")], "remove": ["x-b", "X-A"]}), "remove[1]"),
        (json!({"remove": ["x-a", "X-a"]}), "remove[1]"),
    ];
    let lenient = Profile::default().double_header_action(DoubleHeaderAction::SetAddRemove);
    for (modifier, field) in cases {
        let filters = wire(&json!([{"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier}]));
        let fault = Filters::compile(&filters, &Profile::default()).unwrap_err();
        assert_eq!(fault.path, format!("filters[0].responseHeaderModifier.{field}"));
        assert_eq!(fault.problem, FilterProblem::DoubleHeaderAction { name: "x-a".into() });
        assert!(!fault.problem.refuses_route());
        let compiled = Filters::compile(&filters, &lenient).unwrap();
        assert_eq!(compiled.warnings(), [fault]);
    }
}

#[test]
fn only_filters_that_exclude_each_other_are_incompatible() {
    assert_eq!(FilterProblem::RewriteWithRedirect.reason(), "IncompatibleFilters");
    assert_eq!(FilterProblem::PercentAndFraction.reason(), "UnsupportedValue");
}

#[test]
fn filters_act_as_they_are_listed_or_in_fixed_phases() {
    use crate::options::FilterOrder;
    let order = |filters: &Value, option| {
        let profile = Profile::default().filter_order(option);
        let filters = Filters::compile(&wire(filters), &profile).unwrap();
        let kinds: Vec<_> = filters.acting().map(Filter::phase).collect();
        (kinds, filters.answers_preflights())
    };
    let all = json!([
        mirror(json!({})),
        rewrite(json!({"hostname": "a.example.com"})),
        set("x-a"),
        extension("e"),
        auth(json!({"protocol": "HTTP", "http": {}, "backendRef": {"name": "a", "port": 80}})),
        cors(json!({"allowOrigins": ["*"]})),
        mirror(json!({}))
    ]);
    assert_eq!(order(&all, FilterOrder::Listed), (vec![6, 5, 4, 2, 1, 0, 6], true));
    assert_eq!(order(&all, FilterOrder::FixedPhases), (vec![0, 1, 2, 4, 5, 6, 6], true));
    let both = json!([redirect(json!({"scheme": "https"})), cors(json!({"allowOrigins": ["*"]}))]);
    assert_eq!(order(&both, FilterOrder::Listed), (vec![3, 0], false));
    assert_eq!(order(&both, FilterOrder::FixedPhases), (vec![0, 3], true));
    assert_eq!(order(&json!([]), FilterOrder::FixedPhases), (vec![], false));
}

#[test]
fn compiled_filters_can_be_gone_through() {
    let filters = compile(&json!([set("x-a"), mirror(json!({})), mirror(json!({"percent": 1}))])).unwrap();
    let (by_reference, by_method): (Vec<&Filter>, Vec<&Filter>) =
        ((&filters).into_iter().collect(), filters.iter().collect());
    assert_eq!((by_reference.len(), format!("{by_reference:?}")), (3, format!("{by_method:?}")));
}
