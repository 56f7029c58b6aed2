//! Rules between fields, kind by kind: what breaks each, and what stands right beside that.

use serde_json::{Value, json};

use super::constraint::Channel;
use super::{Validation, validate_value};

/// The spec of a kind with the errors that it has: their paths below `spec`, and their codes.
type Case = (Value, &'static [&'static str]);

fn check(kind: &str, version: &str, cases: &[Case]) {
    for (spec, expected) in cases {
        let group = if kind.starts_with('X') { "gateway.networking.x-k8s.io" } else { "gateway.networking.k8s.io" };
        let object =
            json!({"apiVersion": format!("{group}/{version}"), "kind": kind, "metadata": {"name": "x"}, "spec": spec});
        let report = validate_value(&object, &Validation::new(Channel::Experimental)).unwrap();
        let path = |path: &str| path.strip_prefix("spec.").unwrap_or(path).to_owned();
        let found: Vec<_> = report.errors.iter().map(|error| format!("{} {}", path(&error.path), error.code)).collect();
        assert_eq!(found, *expected, "{kind}: {spec}");
        assert_eq!(report.is_valid(), expected.is_empty(), "{kind}: {spec}");
    }
}

#[test]
fn a_backend_is_trusted_by_one_source_of_certificates() {
    let policy = |rest: Value| {
        let mut validation = json!({"hostname": "a.example.com"});
        validation.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"targetRefs": [{"group": "", "kind": "Service", "name": "s"}], "validation": validation})
    };
    let refs = json!([{"group": "", "kind": "ConfigMap", "name": "ca"}]);
    let san = |name: Value| policy(json!({"wellKnownCACertificates": "System", "subjectAltNames": [name]}));
    check(
        "BackendTLSPolicy",
        "v1",
        &[
            (policy(json!({"wellKnownCACertificates": "System"})), &[]),
            (policy(json!({"caCertificateRefs": refs})), &[]),
            (policy(json!({})), &["validation backend-tls-no-certificate-source"]),
            (
                policy(json!({"caCertificateRefs": refs, "wellKnownCACertificates": "System"})),
                &["validation backend-tls-two-certificate-sources"],
            ),
            (san(json!({"type": "Hostname", "hostname": "*.example.com"})), &[]),
            (san(json!({"type": "URI", "uri": "spiffe://example.com/a"})), &[]),
            (san(json!({"type": "Hostname"})), &["validation.subjectAltNames[0] subject-alt-name-hostname-missing"]),
            (san(json!({"type": "URI"})), &["validation.subjectAltNames[0] subject-alt-name-uri-missing"]),
            (
                san(json!({"type": "URI", "uri": "spiffe://example.com/a", "hostname": "a.example.com"})),
                &["validation.subjectAltNames[0] subject-alt-name-hostname-mismatch"],
            ),
            (
                san(json!({"type": "Hostname", "uri": "spiffe://example.com/a", "hostname": "a.example.com"})),
                &["validation.subjectAltNames[0] subject-alt-name-uri-mismatch"],
            ),
        ],
    );
}

#[test]
fn intervals_of_retries_have_bounds() {
    let budget = |interval: &str| json!({"budget": {"interval": interval}});
    let rate = |interval: &str| json!({"minRetryRate": {"interval": interval}});
    let percent = |percent: Value| json!({"budget": {"percent": percent}});
    let beyond_budget: &[&str] = &["retryConstraint.budget.interval retry-budget-interval-out-of-range"];
    let beyond_rate: &[&str] = &["retryConstraint.minRetryRate.interval retry-rate-interval-out-of-range"];
    let policy = |constraint: Value| json!({"targetRefs": [{"group": "", "kind": "Service", "name": "s"}], "retryConstraint": constraint});
    let cases: Vec<Case> = vec![
        (budget("1s"), &[]),
        (budget("1h"), &[]),
        (budget("999ms"), beyond_budget),
        (budget("1h1ms"), beyond_budget),
        (rate("1ms"), &[]),
        (rate("1h"), &[]),
        (rate("0s"), beyond_rate),
        (rate("1h1ms"), beyond_rate),
        (percent(json!(100.0)), &[]),
        (percent(json!(101.0)), &["retryConstraint.budget.percent number-too-large"]),
        (
            percent(json!(9_007_199_254_740_992.0)),
            &["retryConstraint.budget.percent wrong-type", "retryConstraint.budget.percent number-too-large"],
        ),
        (
            percent(json!(9_223_372_036_854_775_808.0)),
            &[
                "retryConstraint.budget.percent wrong-type",
                "retryConstraint.budget.percent integer-out-of-range",
                "retryConstraint.budget.percent number-too-large",
            ],
        ),
        (percent(json!(-1.0)), &["retryConstraint.budget.percent number-too-small"]),
    ];
    let cases: Vec<Case> = cases.into_iter().map(|(constraint, expected)| (policy(constraint), expected)).collect();
    check("XBackendTrafficPolicy", "v1alpha1", &cases);
}

#[test]
fn filters_of_a_route_go_together() {
    let filters = |filters: Value| json!({"rules": [{"filters": filters}]});
    let redirect = json!({"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example.com"}});
    let rewrite = json!({"type": "URLRewrite", "urlRewrite": {"hostname": "a.example.com"}});
    let cors = |cors: Value| filters(json!([{"type": "CORS", "cors": cors}]));
    let mirror = |part: Value| {
        let mut mirror = json!({"backendRef": {"name": "s", "port": 80}});
        mirror.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        filters(json!([{"type": "RequestMirror", "requestMirror": mirror}]))
    };
    check(
        "HTTPRoute",
        "v1",
        &[
            (filters(json!([redirect])), &[]),
            (filters(json!([rewrite])), &[]),
            (filters(json!([redirect, rewrite])), &["rules[0].filters route-filters-redirect-and-rewrite"]),
            (filters(json!([redirect, redirect])), &["rules[0].filters route-filter-repeated"]),
            (filters(json!([{"type": "URLRewrite"}])), &["rules[0].filters[0] route-filter-field-missing"]),
            (
                filters(
                    json!([{"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example.com"}, "urlRewrite": {}}]),
                ),
                &["rules[0].filters[0] route-filter-type-mismatch"],
            ),
            (cors(json!({"allowOrigins": ["*"]})), &[]),
            (cors(json!({"allowOrigins": ["https://a.example.com", "https://b.example.com"]})), &[]),
            (
                cors(json!({"allowOrigins": ["*", "https://a.example.com"]})),
                &["rules[0].filters[0].cors.allowOrigins cors-any-origin-and-others"],
            ),
            (mirror(json!({"percent": 10})), &[]),
            (mirror(json!({"fraction": {"numerator": 1, "denominator": 1}})), &[]),
            (
                mirror(json!({"fraction": {"numerator": 2, "denominator": 1}})),
                &["rules[0].filters[0].requestMirror.fraction fraction-above-one"],
            ),
            (
                mirror(json!({"percent": 10, "fraction": {"numerator": 1}})),
                &["rules[0].filters[0].requestMirror mirror-percent-and-fraction"],
            ),
        ],
    );
}

#[test]
fn hostnames_of_a_tls_route_are_names() {
    let route =
        |hostname: &str| json!({"hostnames": [hostname], "rules": [{"backendRefs": [{"name": "s", "port": 80}]}]});
    check(
        "TLSRoute",
        "v1",
        &[
            (route("a.example.com"), &[]),
            (route("*.example.com"), &[]),
            (route("10.0.0.1"), &["hostnames tls-route-hostname-is-ip"]),
            (route("a*.example.com"), &["hostnames[0] text-malformed", "hostnames tls-route-wildcard-malformed"]),
        ],
    );
}

#[test]
fn addresses_fit_their_type() {
    let gateway = |addresses: Value| json!({"gatewayClassName": "c", "addresses": addresses, "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]});
    let no_ip: &[&str] = &["addresses[0] address-type-mismatch", "addresses[0].value ip-address-malformed"];
    check(
        "Gateway",
        "v1",
        &[
            (gateway(json!([{"value": "10.0.0.1"}, {"type": "IPAddress", "value": "::1"}])), &[]),
            (gateway(json!([{"type": "Hostname", "value": "a.example.com"}])), &[]),
            (gateway(json!([{"type": "IPAddress"}])), &[]),
            (gateway(json!([{"value": "a.example.com"}])), no_ip),
            (gateway(json!([{"type": "IPAddress", "value": "10.0.0.1:80"}])), no_ip),
            (
                gateway(json!([{"type": "Hostname", "value": "A.example.com"}])),
                &["addresses[0] address-hostname-malformed"],
            ),
            (gateway(json!(["10.0.0.1"])), &["addresses[0] address-type-mismatch", "addresses[0] wrong-type"]),
            (gateway(json!([{"value": "10.0.0.1"}, {"value": "10.0.0.1"}])), &["addresses addresses-ip-repeated"]),
        ],
    );
}

#[test]
fn a_prefix_is_replaced_where_one_is_matched() {
    let modifier = |field: &str, kind: &str, modified: Value| json!([{"type": kind, field: {"path": modified}}]);
    let prefix = json!({"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"});
    let full = json!({"type": "ReplaceFullPath", "replaceFullPath": "/b"});
    let rewrite = |path: &Value| modifier("urlRewrite", "URLRewrite", path.clone());
    let redirect = |path: &Value| modifier("requestRedirect", "RequestRedirect", path.clone());
    let matched = |kind: &str| json!([{"path": {"type": kind, "value": "/a"}}]);
    let rule = |matches: Value, filters: Value| json!({"rules": [{"matches": matches, "filters": filters}]});
    let two = json!([{"path": {"value": "/a"}}, {"path": {"value": "/b"}}]);
    let of_backend = |matches: Value, filters: Value| json!({"rules": [{"matches": matches, "backendRefs": [{"name": "s", "port": 80, "filters": filters}]}]});
    check(
        "HTTPRoute",
        "v1",
        &[
            (rule(matched("PathPrefix"), rewrite(&prefix)), &[]),
            (rule(matched("Exact"), rewrite(&full)), &[]),
            (rule(two.clone(), rewrite(&full)), &[]),
            (rule(matched("Exact"), rewrite(&prefix)), &["rules[0] rewrite-prefix-needs-prefix-match"]),
            (rule(two, rewrite(&prefix)), &["rules[0] rewrite-prefix-needs-prefix-match"]),
            (rule(matched("PathPrefix"), redirect(&prefix)), &[]),
            (rule(matched("Exact"), redirect(&prefix)), &["rules[0] redirect-prefix-needs-prefix-match"]),
            (of_backend(matched("PathPrefix"), rewrite(&prefix)), &[]),
            (of_backend(matched("Exact"), rewrite(&full)), &[]),
            (of_backend(matched("Exact"), rewrite(&prefix)), &["rules[0] backend-rewrite-prefix-needs-prefix-match"]),
            (of_backend(matched("Exact"), redirect(&prefix)), &["rules[0] backend-redirect-prefix-needs-prefix-match"]),
        ],
    );
}

#[test]
fn listeners_have_the_tls_that_their_protocol_asks_for() {
    let gateway = |protocol: &str, rest: Value| {
        let mut listener = json!({"name": "a", "port": 443, "protocol": protocol});
        listener.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"gatewayClassName": "c", "listeners": [listener]})
    };
    let tls = |mode: &str| json!({"tls": {"mode": mode, "certificateRefs": [{"name": "s"}]}});
    check(
        "Gateway",
        "v1",
        &[
            (gateway("HTTPS", tls("Terminate")), &[]),
            (gateway("HTTPS", tls("Passthrough")), &["listeners listener-https-mode"]),
            (gateway("TLS", tls("Passthrough")), &[]),
            (gateway("TLS", tls("Terminate")), &[]),
            (gateway("TLS", json!({})), &["listeners listener-tls-mode-missing"]),
            (gateway("HTTPS", json!({"tls": {"options": {"a/b": "c"}}})), &[]),
            (gateway("HTTPS", json!({"tls": {}})), &["listeners[0].tls tls-certificates-missing"]),
            (gateway("TCP", json!({"hostname": "a.example.com"})), &["listeners listener-hostname-forbidden"]),
            (gateway("HTTP", json!({"hostname": "a.example.com"})), &[]),
        ],
    );
}

#[test]
fn a_backend_sets_the_field_of_its_type() {
    let backend = |rest: Value| {
        let mut backend = json!({"type": "ExternalHostname", "port": {"port": 80}});
        backend.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        backend
    };
    let cases: Vec<Case> = vec![
        (backend(json!({"externalHostname": {"hostname": "a.example.com"}})), &[]),
        (backend(json!({})), &["spec backend-hostname-mismatch"]),
        (
            backend(json!({"externalHostname": {"hostname": "a.svc.cluster.local"}})),
            &["externalHostname.hostname backend-hostname-in-cluster"],
        ),
    ];
    check("XBackend", "v1alpha1", &cases);
}

#[test]
fn messages_name_what_does_not_go_together() {
    let listener = json!({"name": "a", "port": 80, "protocol": "HTTP"});
    let cases = [
        (
            "Gateway",
            json!({"gatewayClassName": "c", "listeners": [listener, listener]}),
            "another item has the same `name`: write one item",
        ),
        (
            "HTTPRoute",
            json!({"rules": [{"filters": [{"type": "URLRewrite"}]}]}),
            "(`type` is `URLRewrite` and `urlRewrite` is not set)",
        ),
        (
            "Gateway",
            json!({"gatewayClassName": "c", "listeners": [{"name": "a", "port": 4_294_967_296_i64, "protocol": "HTTP"}]}),
            "4294967296 must be a whole number of 32 bits",
        ),
    ];
    for (kind, spec, expected) in cases {
        let object = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec});
        let report = validate_value(&object, &Validation::new(Channel::Standard)).unwrap();
        let message = &report.errors[0].message;
        assert!(message.ends_with(expected), "{kind}: {message}");
    }
}
