//! The matching of the Kubernetes Gateway API: which route attaches to which listener, which rule
//! takes which request by the specification's precedence, and how requests are split by weight.
//!
//! ```
//! use gateway_match::*;
//!
//! let profile = Profile::default();
//! let canary = serde_json::from_str(r#"{"headers": [{"name": "x-env", "value": "canary"}]}"#)?;
//! let route = RouteDefinition::http("shop", "cart")
//!     .rule(RuleDefinition::new().backend(BackendDefinition::new(BackendName::service("shop", "cart", 80))))
//!     .rule(RuleDefinition::new().matching(canary).backend(BackendDefinition::new(BackendName::service("shop", "next", 80))));
//!
//! let mut builder = Router::builder(&profile);
//! let web = builder.listener(ListenerDefinition::http("web", 80));
//! builder.attach(&Route::compile(route, &profile), web);
//! let router = builder.build();
//!
//! let request = RequestView::new("GET", "shop.example.com", "/cart", &[("X-Env", "canary")]);
//! let decision = router.route(&request, &Connection::plain(80));
//! assert_eq!(decision.matched().unwrap().rule().index(), 1); // one header beats none
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Order of precedence
//!
//! The specification's, per match: the most specific hostname; then an exact path before the
//! longest prefix; a match with a method; the larger number of headers; the larger number of query
//! parameters; the oldest route; `{namespace}/{name}` as text; the order of rules and matches.
//! What it leaves open is an option of the [`Profile`]; [`OPTIONS`] lists them.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `topology` | yes | listeners, routes and references out of Kubernetes objects |
//! | `latest` | no | `topology`, with the newest Kubernetes that k8s-openapi knows |
//!
//! Without `topology` no Kubernetes type is compiled: routers are built from definitions.
//!
//! # Untrusted input
//!
//! Routes are half-trusted: their regular expressions are linear-time and limited in size, and a
//! rule that cannot be used never takes its neighbours down. Requests are hostile: nothing panics
//! on one, and time is linear in its size.
#![forbid(unsafe_code)]

mod answer;
mod condition;
mod decision;
mod explain;
mod few;
mod filter;
mod ids;
mod options;
mod path;
mod pattern;
mod precedence;
mod query;
mod request;
mod retry;
mod retry_budget;
mod route;
mod router;
mod session;
mod setting;
mod split;
mod timeouts;
#[cfg(feature = "topology")]
mod topology;

pub use answer::{Answer, GrpcStatus};
pub use condition::{MatchProblem, Mismatch};
pub use decision::{BadRequest, Decision, Match};
pub use explain::{Explanation, Step, StepOutcome};
pub use filter::*;
pub use ids::{BackendId, RuleId};
pub use options::*;
pub use path::path_has_prefix;
pub use pattern::PatternError;
pub use precedence::Criterion;
pub use request::{Connection, Headers, RequestExcess, RequestLimits, RequestView, Transport};
pub use retry::{DEFAULT_BACKOFF, DEFAULT_RETRIES, RetryPolicy, RetryVerdict, TryOutcome};
pub use retry_budget::{RetryBudget, RetryUse};
pub use route::{
    Backend, BackendDefinition, BackendName, BackendProblem, BackendProtocol, BackendState, BackendTls,
    BackendTlsProblem, BackendTraffic, FilterRefusal, PeerName, Pick, ResolvedBackend, Route, RouteDefinition,
    RouteExcess, RouteLimits, RoutePart, Rule, RuleDefinition, RuleProblem, RuleSession, TrustAnchors,
};
pub use router::{
    ClientCertificate, ClientValidation, ListenerDefinition, ListenerId, ListenerInfo, Router, RouterBuilder,
    RouterUpdate,
};
pub use session::{SessionCarrier, SessionEnd, SessionPolicy, SessionToken};
pub use setting::{SettingError, SettingProblem};
pub use split::*;
pub use timeouts::{Limit, Timeouts};
#[cfg(feature = "topology")]
pub use topology::*;
