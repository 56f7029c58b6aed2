//! Vectors of filters: where a client is sent, and what a backend receives in place of the request.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Expectation, Vector, VectorRoute};
use crate::decide::{PlainRequest, Scheme};

/// A request that a rule redirects.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RedirectVector {
    /// Its name, unique in the file.
    pub name: String,
    /// The field of the API that says so.
    pub spec: String,
    /// What is easily got wrong here.
    #[serde(default)]
    pub note: Option<String>,
    /// Options that are not left at their defaults.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Where the request arrives; absent means HTTP on port 80.
    #[serde(default)]
    pub listener: VectorListener,
    /// The rule's match, as in the API; absent means every path.
    #[serde(default, rename = "match")]
    pub condition: Option<Value>,
    /// The filter, as in the API.
    pub redirect: Value,
    /// The request.
    pub request: VectorRequest,
    /// What the client is told.
    pub expect: ExpectedRedirect,
}

/// A request that a rule rewrites.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RewriteVector {
    /// Its name, unique in the file.
    pub name: String,
    /// The field of the API that says so.
    pub spec: String,
    /// What is easily got wrong here.
    #[serde(default)]
    pub note: Option<String>,
    /// Options that are not left at their defaults.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// The rule's match, as in the API; absent means every path.
    #[serde(default, rename = "match")]
    pub condition: Option<Value>,
    /// The filter, as in the API.
    pub rewrite: Value,
    /// The request.
    pub request: VectorRequest,
    /// What the backend receives.
    pub expect: VectorRequest,
}

/// A listener in short.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorListener {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// Its port.
    pub port: u16,
}

impl Default for VectorListener {
    fn default() -> Self {
        VectorListener { protocol: "HTTP".to_owned(), port: 80 }
    }
}

/// A request in short: a GET without headers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorRequest {
    /// The Host header or `:authority`, as it is sent.
    pub host: String,
    /// The path with its query.
    pub path: String,
}

/// What a client is told that is redirected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRedirect {
    /// The status.
    pub status: u16,
    /// The Location header.
    pub location: String,
}

impl VectorListener {
    /// How clients travel to it.
    pub fn scheme(&self) -> Scheme {
        if self.protocol == "HTTPS" { Scheme::Https } else { Scheme::Http }
    }
}

impl RedirectVector {
    /// The Gateway, the route and the request that the short form stands for.
    pub fn routing(&self) -> Vector {
        let filter = json!({"type": "RequestRedirect", "requestRedirect": self.redirect});
        let listener = json!({"protocol": self.listener.protocol, "port": self.listener.port});
        let request =
            PlainRequest { port: Some(self.listener.port), scheme: self.listener.scheme(), ..self.request.plain() };
        let rule = rule(self.condition.as_ref(), &filter, &json!([]));
        vector(&self.name, &self.spec, &self.options, listener, rule, request)
    }
}

impl RewriteVector {
    /// The Gateway, the route and the request that the short form stands for.
    pub fn routing(&self) -> Vector {
        let filter = json!({"type": "URLRewrite", "urlRewrite": self.rewrite});
        let rule = rule(self.condition.as_ref(), &filter, &json!([{"name": "backend", "port": 80}]));
        vector(&self.name, &self.spec, &self.options, json!({}), rule, self.request.plain())
    }
}

impl VectorRequest {
    fn plain(&self) -> PlainRequest {
        PlainRequest { host: self.host.clone(), ..PlainRequest::get(&self.host, &self.path) }
    }
}

fn rule(condition: Option<&Value>, filter: &Value, backends: &Value) -> Value {
    let matches: Vec<&Value> = condition.into_iter().collect();
    json!({"matches": matches, "filters": [filter], "backendRefs": backends})
}

fn vector(
    name: &str,
    spec: &str,
    options: &BTreeMap<String, String>,
    listener: Value,
    rule: Value,
    request: PlainRequest,
) -> Vector {
    Vector {
        name: name.to_owned(),
        spec: spec.to_owned(),
        note: None,
        options: options.clone(),
        listeners: vec![listener],
        services: Vec::new(),
        routes: vec![VectorRoute { name: "shop/a".to_owned(), rules: vec![rule], ..VectorRoute::default() }],
        objects: Vec::new(),
        request,
        expect: Expectation { route: Some("shop/a".to_owned()), rule: Some(0), ..Expectation::default() },
    }
}
