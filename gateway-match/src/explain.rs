//! Why a request went where it went.

use gateway_model::{Hostname, ObjectKey};

use crate::condition::Mismatch;
use crate::decision::Decision;
use crate::precedence::{Criterion, MatchRank};
use crate::request::{Connection, Headers, RequestView};
use crate::router::hosts::Folding;
use crate::router::{Bucket, Candidate, Comparable, ListenerInfo, ListenerTable, Router, Scope};

/// The candidates for a request in the order of precedence, and what became of each.
#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    decision: Decision<'r>,
    steps: Vec<Step<'r>>,
    decided_by: Option<Criterion>,
    /// Position of the runner-up among the steps.
    second: Option<usize>,
}

/// One match that might have taken the request.
#[derive(Clone, Debug)]
pub struct Step<'r> {
    /// The listener.
    pub listener: &'r ListenerInfo,
    /// The route.
    pub route: &'r ObjectKey,
    /// Position of the rule in the route.
    pub rule: usize,
    /// Position of the match in the rule.
    pub item: usize,
    /// The effective hostname; `None` is every host.
    pub hostname: Option<&'r Hostname>,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// It took the request.
    Taken,
    /// It would have taken the request, had a match of higher precedence not done so; the
    /// criterion is the first in which it is behind.
    LowerPrecedence(Criterion),
    /// Its hostname does not match, or the option `host-fallback` rules it out.
    Hostname,
    /// A condition does not hold.
    Mismatch(Mismatch),
}

impl<'r> Explanation<'r> {
    /// The decision that is explained: what [`Router::route`] says.
    pub fn decision(&self) -> &Decision<'r> {
        &self.decision
    }

    /// The candidates of the listeners that the request reached: those whose hostname matches, in
    /// the order of precedence, then the others.
    pub fn steps(&self) -> &[Step<'r>] {
        &self.steps
    }

    /// The match that would have taken the request, had the one that did not been there. The same
    /// match under another hostname is no other match. O(1).
    pub fn runner_up(&self) -> Option<&Step<'r>> {
        self.steps.get(self.second?)
    }

    /// What decided between the match that took the request and the [runner-up](Self::runner_up);
    /// `None` if no rule took it.
    pub fn decided_by(&self) -> Option<Criterion> {
        self.decided_by
    }
}

impl<'r> Explanation<'r> {
    /// The candidates of a connection that nobody looks into explain its requests too.
    fn with_decision(mut self, decision: Decision<'r>) -> Self {
        self.decision = decision;
        self
    }
}

impl Router {
    /// Why a request goes where it goes. For people and tests: O(n log n) in the matches of the
    /// listener, and it allocates.
    ///
    /// ```
    /// # use gateway_match::*;
    /// # let profile = Profile::default();
    /// # let mut builder = Router::builder(&profile);
    /// # let web = builder.listener(ListenerDefinition::http("web", 80));
    /// let rule = |path: &str| {
    ///     let condition = serde_json::from_value(serde_json::json!({"path": {"value": path}})).unwrap();
    ///     RuleDefinition::new().matching(condition)
    /// };
    /// let definition = RouteDefinition::http("shop", "cart").rule(rule("/")).rule(rule("/cart"));
    /// builder.attach(&Route::compile(definition, &profile), web);
    /// let router = builder.build();
    ///
    /// let request = RequestView::new("GET", "shop.example.com", "/cart/7", &());
    /// let why = router.explain(&request, &Connection::plain(80));
    /// assert_eq!(why.steps()[0].rule, 1);
    /// assert_eq!(why.decided_by(), Some(Criterion::Path));
    /// ```
    pub fn explain<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
    ) -> Explanation<'_> {
        let decision = self.route(request, connection);
        let mut folding = Folding::new();
        match self.scope(request, connection, &mut folding) {
            Ok((scope, path)) => {
                let view = request.with_path(path.as_deref().unwrap_or(request.path()));
                self.explain_in(&scope, Some(&self.comparable(&view)), decision)
            }
            Err(_) => self.explain_connection(connection).with_decision(decision),
        }
    }

    /// Why a connection goes where it goes, as [`Router::connect`] decides it. The same cost.
    pub fn explain_connection(&self, connection: &Connection<'_>) -> Explanation<'_> {
        let decision = self.connect(connection);
        let mut folding = Folding::new();
        match self.connection_scope(connection, &mut folding) {
            Ok(scope) => self.explain_in(&scope, None::<&Comparable<'_, ()>>, decision),
            Err(_) => Explanation { decision, steps: Vec::new(), decided_by: None, second: None },
        }
    }

    fn explain_in<'r, H: Headers + ?Sized>(
        &'r self,
        scope: &Scope<'r, '_>,
        request: Option<&Comparable<'_, H>>,
        decision: Decision<'r>,
    ) -> Explanation<'r> {
        let is_call = request.is_some_and(Comparable::is_call);
        let options = &self.profile().options;
        let mut candidates: Vec<(bool, MatchRank<'_>, usize, &ListenerTable, &Bucket, &Candidate)> = Vec::new();
        for (order, table) in scope.tables().enumerate() {
            for bucket in table.all_buckets() {
                let takes = scope.takes(table, bucket);
                candidates.extend(bucket.candidates().into_iter().map(|candidate| {
                    let takes = takes && !self.is_below_floor(scope, candidate, is_call);
                    (takes, candidate.rank(options), order, table, bucket, candidate)
                }));
            }
        }
        candidates
            .sort_by(|a, b| (b.0, &b.1, a.2).cmp(&(a.0, &a.1, b.2)).then_with(|| a.4.hostname.cmp(&b.4.hostname)));
        let mut winner: Option<(MatchRank<'_>, &Candidate)> = None;
        let mut decided_by = None;
        let mut second = None;
        let mut steps = Vec::with_capacity(candidates.len());
        for (takes, rank, _, table, bucket, candidate) in candidates {
            let Some(listener) = self.info(table) else { continue };
            let slot = candidate.slot();
            let mismatch = candidate.condition().and_then(|condition| request?.mismatch(condition, options));
            let outcome = match (takes, mismatch, &winner) {
                (false, _, _) => StepOutcome::Hostname,
                (true, Some(mismatch), _) => StepOutcome::Mismatch(mismatch),
                (true, None, None) => {
                    winner = Some((rank, candidate));
                    StepOutcome::Taken
                }
                (true, None, Some((winning, winner))) => {
                    let criterion = winning.decided_by(&rank);
                    // The same match for another hostname or on another listener is no rival.
                    if !candidate.is_same_match(winner) {
                        decided_by.get_or_insert(criterion);
                        second.get_or_insert(steps.len());
                    }
                    StepOutcome::LowerPrecedence(criterion)
                }
            };
            steps.push(Step {
                listener,
                route: slot.rule.route(),
                rule: slot.rule.index(),
                item: candidate.item(),
                hostname: bucket.hostname.as_ref(),
                outcome,
            });
        }
        let decided_by = winner.map(|_| decided_by.unwrap_or(Criterion::OnlyMatch));
        Explanation { decision, steps, decided_by, second }
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
