//! Routes in the plain form that routers are made from: no Kubernetes object, references resolved.
//!
//! [`RouteDefinition`] says what a route is; [`Route`] is the same, compiled, with the rules that
//! cannot be used set aside. A topology makes both from objects; others write definitions
//! themselves.

use std::sync::Arc;

use gateway_model::{Hostname, ObjectKey};
use smallvec::SmallVec;

use crate::condition::MatchProblem;
use crate::few::Few;
use crate::options::Profile;
use crate::precedence::{Created, SlashName};

mod backend;
mod backend_tls;
mod definition;
mod limits;
mod protocol;
mod refusal;
mod rule;
mod session;

#[cfg(feature = "topology")]
pub(crate) use backend::group_and_kind;
pub use backend::{BackendName, BackendProblem, BackendState, BackendTraffic, ResolvedBackend};
pub use backend_tls::{BackendTls, BackendTlsProblem, PeerName, TrustAnchors};
pub(crate) use definition::start_of;
pub use definition::{BackendDefinition, RouteDefinition, RuleDefinition};
pub use limits::{RouteExcess, RouteLimits, RoutePart};
pub use protocol::BackendProtocol;
pub use refusal::FilterRefusal;
pub use rule::{Backend, Pick, Rule};
pub use session::RuleSession;

/// A route, compiled. Cheap to clone; shared by every router and listener that it is attached to.
#[derive(Clone, Debug)]
pub struct Route(Arc<RouteInner>);

#[derive(Debug)]
struct RouteInner {
    key: ObjectKey,
    created: Created,
    order: i64,
    hostnames: Few<Hostname>,
    has_hostnames: bool,
    rules: Few<Arc<Rule>>,
    problems: Vec<RuleProblem>,
}

/// Why a rule cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RuleProblem {
    /// Position of the rule in its route.
    pub rule: usize,
    /// The field, from the object's root (`spec.rules[0].matches[1].path.value`).
    pub path: String,
    /// What is wrong there.
    pub problem: MatchProblem,
}

impl RuleProblem {
    /// Whether the whole route is refused rather than the one rule dropped.
    pub fn refuses_route(&self) -> bool {
        self.problem.refuses_route()
    }
}

impl Route {
    /// Compiles a route. Rules that cannot be used are dropped and their problems kept; the other
    /// rules serve. O(size of the definition) within the [`RouteLimits`], which bound the regular expressions
    /// in number and size.
    pub fn compile(definition: RouteDefinition, profile: &Profile) -> Self {
        let RouteDefinition { key, created, order, hostnames, rules } = definition;
        let has_hostnames = !hostnames.is_empty();
        let mut problems = Vec::new();
        let mut compiled: SmallVec<[_; 1]> = SmallVec::with_capacity(rules.len());
        let limit = profile.limits.rules();
        rules.iter().for_each(RuleDefinition::read_ahead);
        let mut patterns = 0;
        for (index, rule) in rules.into_iter().enumerate() {
            if index >= limit {
                let problem = RouteExcess { part: RoutePart::Rules, limit }.into();
                problems.push(RuleProblem { rule: index, path: format!("spec.rules[{index}]"), problem });
                continue;
            }
            let found = limits::patterns(&rule);
            match Rule::compile(&key, index, rule, profile, patterns) {
                Ok(rule) => {
                    patterns += found;
                    compiled.push(rule);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let hostnames = hostnames.iter().filter_map(|hostname| hostname.valid().cloned()).collect();
        Route(Arc::new(RouteInner {
            key,
            created,
            order,
            hostnames,
            has_hostnames,
            rules: compiled.into_iter().collect(),
            problems,
        }))
    }

    /// The route's identity.
    pub fn key(&self) -> &ObjectKey {
        &self.0.key
    }

    /// Its well-formed hostnames, in order; none if it has none or only malformed ones.
    pub fn hostnames(&self) -> &[Hostname] {
        &self.0.hostnames
    }

    /// Whether it has hostnames of which not one is well-formed, so that it serves no host.
    pub fn has_only_malformed_hostnames(&self) -> bool {
        self.0.has_hostnames && self.0.hostnames.is_empty()
    }

    /// The rules that can be used, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.rules.iter().map(|rule| &**rule)
    }

    /// The rules that cannot, with what is wrong with them.
    pub fn problems(&self) -> &[RuleProblem] {
        &self.0.problems
    }

    /// Whether it is the same compiled route, not only one with the same name.
    pub(crate) fn is_same(&self, other: &Route) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn shared_rules(&self) -> &[Arc<Rule>] {
        &self.0.rules
    }

    pub(crate) fn created(&self) -> Created {
        self.0.created
    }

    pub(crate) fn slash_name(&self) -> SlashName<&str> {
        SlashName::new(&self.0.key.namespace, &self.0.key.name)
    }

    pub(crate) fn order(&self) -> i64 {
        self.0.order
    }
}
