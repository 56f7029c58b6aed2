//! What is reported of routes, of whichever kind.

use gateway_match::{ParentOutcome, RouteNode};
use gateway_model::{ObjectKey, ParentReference, RouteParentStatus, RouteStatus, legal};

use crate::data_plane::Programming;
use crate::reporter::Reporter;
use crate::verdict::{Verdict, conditions};

/// What is reported of a route at one parent. spec: `RouteParentStatus`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParentReport {
    /// The parentRef as written, with group and kind filled in, as the specification asks of statuses.
    pub parent_ref: ParentReference,
    /// The parent, if it exists and is ours. There is nothing to write for one that is not.
    pub parent: Option<ObjectKey>,
    /// The condition `Accepted`.
    pub accepted: Verdict,
    /// The condition `ResolvedRefs`. A refused route has it too.
    pub resolved_refs: Verdict,
    /// The condition `PartiallyInvalid`, if it holds.
    pub partially_invalid: Option<Verdict>,
}

/// What is reported of a route, an entry per parentRef in the order of the spec.
///
/// spec: `RouteConditionType`. O(parentRefs + backendRefs).
pub fn route_report(route: &RouteNode) -> Vec<ParentReport> {
    report(route, &Programming::Programmed)
}

/// The status of a route: an entry for each parent that is ours.
pub(crate) fn route_status(reporter: &Reporter<'_>, route: &RouteNode, generation: Option<i64>) -> RouteStatus {
    let entries = report(route, reporter.word.of_route(route.key()));
    let parents = entries
        .into_iter()
        .filter_map(|entry| {
            let controller_name = reporter.controller_of(entry.parent.as_ref()?)?;
            let verdicts = [Some(&entry.accepted), Some(&entry.resolved_refs), entry.partially_invalid.as_ref()]
                .into_iter()
                .flatten();
            Some(RouteParentStatus {
                conditions: conditions(verdicts, generation),
                parent_ref: entry.parent_ref,
                controller_name,
                ..RouteParentStatus::default()
            })
        })
        .collect();
    RouteStatus { parents }
}

fn report(route: &RouteNode, programming: &Programming) -> Vec<ParentReport> {
    let partially_invalid = partially_invalid(route);
    route
        .parents()
        .iter()
        .map(|outcome| {
            let accepted = accepted(outcome, programming);
            ParentReport {
                parent_ref: with_group_and_kind(&outcome.parent_ref),
                parent: outcome.parent.clone(),
                // spec: `RouteConditionPartiallyInvalid`: never of a route that is not accepted.
                partially_invalid: partially_invalid.clone().filter(|_| accepted.is_true()),
                accepted,
                resolved_refs: resolved_refs(route, outcome),
            }
        })
        .collect()
}

fn accepted(outcome: &ParentOutcome, programming: &Programming) -> Verdict {
    match (&outcome.result, programming) {
        (Err(refusal), _) => Verdict::new(refusal.accepted(), refusal.to_string()),
        (Ok(_), Programming::Pending { message }) => Verdict::new(legal!(Route, Accepted, Unknown, Pending), message),
        (Ok(_), Programming::Failed { message } | Programming::NoResources { message }) => {
            Verdict::new(legal!(Route, Accepted, False, UnsupportedValue), message)
        }
        (Ok(attached), _) => {
            Verdict::new(legal!(Route, Accepted, True, Accepted), format!("attached to {}", listeners(attached.len())))
        }
    }
}

/// The first unresolved reference in the order of [`gateway_match::BackendProblem`] gives the reason.
fn resolved_refs(route: &RouteNode, outcome: &ParentOutcome) -> Verdict {
    let of_rules = route.unresolved_at(outcome).min_by_key(|(rule, item, problem)| (*problem, *rule, *item));
    let of_rules = of_rules.map(|(rule, item, problem)| (problem, format!("spec.rules[{rule}].backendRefs[{item}]")));
    let of_filters = route.unresolved_filters_at(outcome).map(|(path, problem)| (problem, path.to_owned()));
    match of_rules.into_iter().chain(of_filters).min_by_key(|(problem, _)| *problem) {
        None => Verdict::new(legal!(Route, ResolvedRefs, True, ResolvedRefs), "every reference resolves"),
        Some((problem, path)) => Verdict::new(problem.resolved_refs(), format!("{path}: {problem}")),
    }
}

/// spec: `RouteConditionPartiallyInvalid`, with the prefix that the first approach asks for.
fn partially_invalid(route: &RouteNode) -> Option<Verdict> {
    let problems = route.route().problems();
    if problems.is_empty() {
        return None;
    }
    let dropped: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let message = format!("Dropped Rule: {}", dropped.join("; "));
    Some(Verdict::new(legal!(Route, PartiallyInvalid, True, UnsupportedValue), message))
}

fn listeners(count: usize) -> String {
    if count == 1 { "1 listener".to_owned() } else { format!("{count} listeners") }
}

fn with_group_and_kind(parent_ref: &ParentReference) -> ParentReference {
    ParentReference {
        group: Some(parent_ref.group().to_owned()),
        kind: Some(parent_ref.kind().to_owned()),
        ..parent_ref.clone()
    }
}
