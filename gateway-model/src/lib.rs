//! Typed resources of the Kubernetes [Gateway API], v1.6.1: every kind, in the standard and the
//! experimental channel and in the older served versions.
//!
//! ```
//! use gateway_model::HttpRoute;
//!
//! let route: HttpRoute = serde_json::from_str(r#"{
//!     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
//!     "metadata": {"name": "cart", "namespace": "shop"},
//!     "spec": {
//!         "parentRefs": [{"name": "public"}],
//!         "rules": [{"backendRefs": [{"name": "cart", "port": 8080}]}]
//!     }
//! }"#)?;
//! assert_eq!(route.spec.rules[0].backend_refs[0].weight(), 1); // defaults are resolved on reading
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! - **One Rust type per API type**, shared by all kinds, channels and versions.
//! - **Nothing is lost or refused while reading**: string enums keep values that they do not know
//!   ([`UnknownValue`]); fields with a grammar hold the checked value or the text as written
//!   ([`Lenient`]). What is wrong becomes a reason on the object, as the specification asks.
//! - **Documents stay as they are**: reading fills in no default and writing adds no empty list.
//!   Accessors resolve defaults; [`ApplyDefaults`] fills them in for those who want that.
//! - **Grammars stand alone**: [`Hostname`] (matching, intersection, specificity) and [`Duration`]
//!   (GEP-2257) need nothing else of this crate.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `k8s` | yes | objects with metadata (`HttpRoute`, ...), the core kinds, `Resources` |
//! | `validate` | yes | [`validation`]: objects judged as an API server judges them |
//! | `schemars` | no | `validation::schema`: JSON Schemas of kinds, channels and versions |
//! | `latest` | no | `k8s`, with the newest Kubernetes that k8s-openapi knows |
//! | `yaml` | no | documents out of YAML text, typed as Kubernetes types them |
//!
//! With `k8s`, some crate of the build must choose the version of Kubernetes: enable `latest`, or a
//! version feature of k8s-openapi yourself. Without `k8s`, everything below `metadata` remains
//! (specs, rules, matches, filters, references, grammars).
//!
//! # Untrusted input
//!
//! Nothing here panics on input, and time is linear in its size. Parsers of text (serde_json, and
//! `yaml` here) bound the depth of documents.
//!
//! [Gateway API]: https://gateway-api.sigs.k8s.io/
#![forbid(unsafe_code)]

mod condition;
mod defaults;
mod duration;
mod feature;
mod filter;
mod gateway;
mod grpc_route;
mod hostname;
mod http_route;
mod key;
mod kind;
mod l4_route;
mod lenient;
#[cfg(feature = "k8s")]
mod object;
mod open_enum;
mod policy;
#[cfg(feature = "k8s")]
mod read;
mod reference;
mod reference_grant;
#[cfg(feature = "k8s")]
mod resources;
mod selector;
mod service_import;
mod status;
#[cfg(feature = "validate")]
pub mod validation;
mod wire;
#[cfg(feature = "yaml")]
pub mod yaml;

pub use condition::*;
pub use defaults::{ApplyDefaults, StatusDefault};
pub use duration::*;
pub use feature::*;
pub use filter::*;
pub use gateway::*;
pub use grpc_route::*;
pub use hostname::*;
pub use http_route::*;
pub use key::{ObjectKey, ResourceKind};
pub use kind::{Kind, NoStatus};
pub use l4_route::*;
pub use lenient::{Grammar, InvalidText, Lenient};
#[cfg(feature = "k8s")]
pub use object::*;
pub use open_enum::UnknownValue;
pub use policy::*;
#[cfg(feature = "k8s")]
pub use read::{ReadError, ReadObject, UntypedObject, read_object, read_objects, untyped_objects};
pub use reference::*;
pub use reference_grant::*;
#[cfg(feature = "k8s")]
pub use resources::{AnyObject, Resources, Stored};
pub use selector::*;
pub use service_import::*;
pub use status::*;
