//! Made-up resources and requests, the same for the same source of choices.
//!
//! ```
//! use gateway_conformance::generate::{Case, Seed, Settings};
//!
//! let case = Case::draw(&mut Seed::new(7), &Settings::tie_heavy());
//! assert_eq!(case.documents(), Case::draw(&mut Seed::new(7), &Settings::tie_heavy()).documents());
//! ```
//!
//! Property tests draw from a [`Seed`], fuzz targets from the [`Bytes`] that the fuzzer hands in.
//! [`find`] runs a law over many cases and makes the one that breaks it small ([`shrink`]).
//!
//! Requests are expanded from the routes and then bent a little, so that most of them either hit a
//! rule or miss it narrowly; requests made up from nothing would nearly all be 404.

use std::fmt;

use gateway_model::{AnyObject, ObjectKey, ReadError, ResourceKind, Resources, read_objects};
use serde_json::{Value, json};

use crate::decide::PlainRequest;
use requests::AnyRoute;

mod backends;
mod crowd;
mod grpc;
mod listeners;
mod mesh;
mod requests;
mod routes;
mod settings;
mod shrink;
mod source;
mod streams;

pub use crowd::Crowd;
pub use settings::Settings;
pub use shrink::{Broken, find, shrink};
pub use source::{Bytes, Seed, Source};

/// A set of resources, and requests for its Gateways and, in a mesh, its Services.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The objects, in no order that means anything; no two have one key.
    pub objects: Vec<AnyObject>,
    /// The requests.
    pub requests: Vec<PlainRequest>,
}

impl Case {
    /// Draws resources and requests.
    pub fn draw(source: &mut dyn Source, settings: &Settings) -> Self {
        let gateways = listeners::gateways(source, settings);
        let sets = listeners::listener_sets(source, settings, &gateways);
        let places = listeners::places(&gateways, &sets);
        let http = routes::routes(source, settings, &places);
        let grpc = grpc::routes(source, settings, &places);
        let streams = streams::routes(source, settings, &places);
        let mut routes: Vec<AnyRoute<'_>> = http.iter().map(AnyRoute::Http).collect();
        routes.extend(grpc.iter().map(AnyRoute::Grpc));
        routes.extend(streams.tls.iter().map(AnyRoute::Tls));
        routes.extend(streams.tcp.iter().map(AnyRoute::Tcp));
        routes.extend(streams.udp.iter().map(AnyRoute::Udp));
        let requests = requests::requests(source, settings, &places, &routes);
        let mut objects = backends::objects(source, settings);
        objects.extend(gateways.into_iter().map(AnyObject::from));
        objects.extend(sets.into_iter().map(AnyObject::from));
        objects.extend(http.into_iter().map(AnyObject::from));
        objects.extend(grpc.into_iter().map(AnyObject::from));
        objects.extend(streams.tls.into_iter().map(AnyObject::from));
        objects.extend(streams.tcp.into_iter().map(AnyObject::from));
        objects.extend(streams.udp.into_iter().map(AnyObject::from));
        Case { objects, requests }
    }

    /// The objects as the set that decisions are made from.
    pub fn resources(&self) -> Resources {
        self.objects.iter().cloned().collect()
    }

    /// The Gateways.
    pub fn gateways(&self) -> Vec<ObjectKey> {
        self.keys(ResourceKind::Gateway)
    }

    /// The identities of the objects of a kind.
    pub fn keys(&self, kind: ResourceKind) -> Vec<ObjectKey> {
        self.objects.iter().map(AnyObject::key).filter(|key| key.kind == kind).collect()
    }

    /// The same case without one object.
    #[must_use]
    pub fn without(&self, key: &ObjectKey) -> Self {
        let objects = self.objects.iter().filter(|object| object.key() != *key).cloned().collect();
        Case { objects, requests: self.requests.clone() }
    }

    /// The same case with one object of another.
    #[must_use]
    pub fn with(&self, other: &Case, key: &ObjectKey) -> Self {
        let mut case = self.without(key);
        case.objects.extend(other.objects.iter().filter(|object| object.key() == *key).cloned());
        case
    }

    /// The same case with its objects in another order.
    #[must_use]
    pub fn shuffled(&self, source: &mut dyn Source) -> Self {
        let mut case = self.clone();
        for last in (1..case.objects.len()).rev() {
            case.objects.swap(last, source.below(last + 1));
        }
        case
    }

    /// The case as documents, from which [`Case::read`] makes it again.
    pub fn documents(&self) -> Value {
        json!({
            "objects": self.objects.iter().map(document).collect::<Vec<_>>(),
            "requests": self.requests,
        })
    }

    /// A case out of documents.
    ///
    /// # Errors
    ///
    /// An object or a request that cannot be read.
    pub fn read(mut documents: Value) -> Result<Self, UnreadableCase> {
        let mut list = |name: &str| match documents.get_mut(name).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let mut objects = Vec::new();
        for document in list("objects") {
            for read in read_objects(document, "default") {
                objects.push(read.object?);
            }
        }
        let requests = serde_json::from_value(Value::Array(list("requests")))?;
        Ok(Case { objects, requests })
    }
}

/// Why documents are no case.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableCase {
    /// An object cannot be read.
    #[error(transparent)]
    Object(#[from] ReadError),
    /// A request cannot be read.
    #[error("requests: {0}")]
    Request(#[from] serde_json::Error),
}

impl fmt::Display for Case {
    /// A line of JSON per object and request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.objects.iter().try_for_each(|object| writeln!(f, "{}", document(object)))?;
        self.requests.iter().try_for_each(|request| {
            writeln!(f, "{}", serde_json::to_string(request).unwrap_or_else(|_| request.to_string()))
        })
    }
}

/// An object as a document.
pub fn document(object: &AnyObject) -> Value {
    let written = match object {
        AnyObject::Gateway(object) => serde_json::to_value(&**object),
        AnyObject::GatewayClass(object) => serde_json::to_value(&**object),
        AnyObject::ListenerSet(object) => serde_json::to_value(&**object),
        AnyObject::HttpRoute(object) => serde_json::to_value(&**object),
        AnyObject::GrpcRoute(object) => serde_json::to_value(&**object),
        AnyObject::TlsRoute(object) => serde_json::to_value(&**object),
        AnyObject::TcpRoute(object) => serde_json::to_value(&**object),
        AnyObject::UdpRoute(object) => serde_json::to_value(&**object),
        AnyObject::ReferenceGrant(object) => serde_json::to_value(&**object),
        AnyObject::Namespace(object) => serde_json::to_value(&**object),
        AnyObject::Service(object) => serde_json::to_value(&**object),
        AnyObject::EndpointSlice(object) => serde_json::to_value(&**object),
        AnyObject::ServiceImport(object) => serde_json::to_value(&**object),
        // No generator makes any of the other kinds.
        other => Ok(json!({"kind": other.key().kind.as_str(), "metadata": other.metadata()})),
    };
    written.unwrap_or_else(|problem| Value::String(problem.to_string()))
}

#[cfg(test)]
mod tests;
