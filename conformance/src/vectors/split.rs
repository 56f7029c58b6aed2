//! Vectors of weights: which share of the requests each backend of a rule gets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Expectation, Vector, VectorRoute};
use crate::decide::PlainRequest;

/// The backends of a rule, and the share of each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SplitVector {
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
    /// The backends, in their order.
    pub backends: Vec<VectorBackend>,
    /// What they get.
    pub expect: ExpectedSplit,
}

/// A backend in short.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorBackend {
    /// Its weight; absent means that the reference has none.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Whether the Service exists.
    #[serde(default = "exists")]
    pub valid: bool,
}

fn exists() -> bool {
    true
}

/// What the backends get.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedSplit {
    /// The share of each backend, in their order: `0`, `1` or a fraction, `1/3`.
    pub shares: Vec<String>,
    /// The gateway's answer to all requests, where no backend can take one.
    #[serde(default)]
    pub status: Option<u16>,
    /// How evenly requests come, for who splits them by counting.
    #[serde(default)]
    pub at_every: Option<AtEvery>,
}

/// A bound that holds after each of many requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AtEvery {
    /// The number of requests.
    pub up_to: u64,
    /// By how many requests at most a backend has more or less than its share.
    pub within: u64,
}

impl ExpectedSplit {
    /// The shares as numerators and denominators; `None` if one is neither.
    pub fn fractions(&self) -> Option<Vec<(u64, u64)>> {
        let fraction = |text: &String| match text.split_once('/') {
            Some((numerator, denominator)) => Some((numerator.parse().ok()?, denominator.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        };
        self.shares.iter().map(fraction).collect()
    }
}

impl SplitVector {
    /// The Gateway, the route and a request that the short form stands for: backend `n` is the Service `bn`.
    pub fn routing(&self) -> Vector {
        let references: Vec<Value> = self
            .backends
            .iter()
            .enumerate()
            .map(|(position, backend)| {
                let mut reference = json!({"name": format!("b{position}"), "port": 80});
                if let (Some(weight), Some(reference)) = (backend.weight, reference.as_object_mut()) {
                    reference.insert("weight".to_owned(), weight.into());
                }
                reference
            })
            .collect();
        let services = self.backends.iter().enumerate().filter(|(_, backend)| backend.valid);
        Vector {
            name: self.name.clone(),
            spec: self.spec.clone(),
            note: None,
            options: self.options.clone(),
            listeners: Vec::new(),
            services: services.map(|(position, _)| format!("shop/b{position}")).collect(),
            routes: vec![VectorRoute {
                name: "shop/a".to_owned(),
                rules: vec![json!({"backendRefs": references})],
                ..VectorRoute::default()
            }],
            objects: Vec::new(),
            request: PlainRequest::get("shop.example.com", "/"),
            expect: Expectation {
                route: Some("shop/a".to_owned()),
                rule: Some(0),
                status: self.expect.status,
                ..Expectation::default()
            },
        }
    }
}
