//! The conditions that a conformant controller of the Kubernetes Gateway API writes.
//!
//! For now the two conditions of routes that attachment and references decide: [`route_report`].
//! Everything is derived from what [`gateway_match::Topology`] found out; nothing is found out twice.
//!
//! ```
//! use gateway_match::{Profile, Topology};
//! use gateway_model::{ConditionStatus, Resources, read_objects};
//! use gateway_status::route_report;
//!
//! let route = serde_json::json!({
//!     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "cart"},
//!     "spec": {"parentRefs": [{"name": "public"}]}
//! });
//! let mut resources = Resources::new();
//! for read in read_objects(route, "shop") {
//!     resources.insert_any(read.object?);
//! }
//! let topology = Topology::resolve(&resources, &Profile::default());
//! let report = route_report(topology.routes().next().unwrap());
//! assert_eq!(report[0].accepted.status, ConditionStatus::False);
//! assert_eq!(report[0].accepted.reason, "NoMatchingParent");
//! # Ok::<(), gateway_model::ReadError>(())
//! ```
#![forbid(unsafe_code)]

mod route;

pub use route::{ParentReport, Verdict, route_report};
