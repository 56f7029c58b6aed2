//! The routing of the Kubernetes [Gateway API], answered naively from the specification's sentences.
//!
//! Run it in the shadow of another engine and compare the answers:
//!
//! ```
//! use gateway_model::read_objects;
//! use gateway_oracle::{Options, Oracle, Outcome, Request};
//!
//! let documents = serde_json::json!({"kind": "List", "apiVersion": "v1", "items": [
//!     {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "public"},
//!      "spec": {"gatewayClassName": "c", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}},
//!     {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
//!      "spec": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "cart", "port": 8080}]}]}},
//! ]});
//! let resources = read_objects(documents, "shop").into_iter().filter_map(|read| read.object.ok()).collect();
//!
//! let oracle = Oracle::new(&resources, Options::default()); // once for each set of objects
//! let request = Request::get("shop", "public", 80, "shop.example.com", "/cart?id=7");
//! let answer = oracle.decide(&request); // for each request that the other engine has answered
//! assert_eq!(answer.rule, Some(0));
//! assert_eq!(answer.outcome, Outcome::Respond(500)); // there is no Service `cart`
//! assert_eq!(answer.backends[0].problem, Some("BackendNotFound"));
//! ```
//!
//! # How it decides
//!
//! It takes every match of every rule of every route that is attached, throws out those that do not take the
//! request, sorts the rest by the precedence list and takes the first. One sentence of the specification is one
//! small function that cites the field. It shares only the wire types with the engines it is compared with:
//! hostnames, paths, queries, grants, selectors and every comparison are its own, so that it inherits no bug.
//!
//! What the specification leaves open is chosen by [`Options`].
//!
//! # Cost
//!
//! [`Oracle::new`] compares every route with every listener; [`Oracle::decide`] looks at every match of every
//! route. Use it for tests and for sampled traffic, never on a hot path. Patterns are compiled once, with the
//! limits of the `regex` crate, and match in linear time.
//!
//! # Reach
//!
//! All five kinds of route on the listeners of Gateways and ListenerSets, and on Services as a mesh has them (GEP-1294).
//! Filters are not evaluated, beyond refusing a route with a type of filter that the API does not define.
//!
//! [Gateway API]: https://gateway-api.sigs.k8s.io/
#![forbid(unsafe_code)]

mod answer;
mod attachment;
mod authority;
mod backend;
mod candidate;
mod cohosting;
mod condition;
mod grpc;
mod header;
mod hostname;
mod http;
mod listener;
mod mesh;
mod namespace;
mod options;
mod oracle;
mod path;
mod pattern;
mod precedence;
mod query;
mod request;
mod route;
#[cfg(test)]
mod sample;
mod stream;

pub use answer::{Answer, BackendShare, GrpcStatus, ListenerName, ObjectName, Outcome};
pub use options::{
    GrpcCohosting, HostFallback, ListenerIsolation, MergeSlashes, MixedTls, NoEndpoints, OptionError, Options,
    PathNormalization, PrecedenceHost, RegexRank, RepeatedHeader, RepeatedQuery, ZeroWeights,
};
pub use oracle::Oracle;
pub use request::{HttpVersion, Parent, Protocol, Request};
