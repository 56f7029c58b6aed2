//! What is reported of routes, of whichever kind.

use gateway_match::RouteNode;
use gateway_model::{ConditionStatus, ObjectKey, ParentReference};

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
}

/// A condition without what depends on time and generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, in one word of the specification's.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

/// What is reported of a route, an entry per parentRef in the order of the spec.
///
/// spec: `RouteConditionType`, Accepted and ResolvedRefs. O(parentRefs + backendRefs).
pub fn route_report(route: &RouteNode) -> Vec<ParentReport> {
    let resolved_refs = resolved_refs(route);
    route
        .parents()
        .iter()
        .map(|outcome| ParentReport {
            parent_ref: with_group_and_kind(&outcome.parent_ref),
            parent: outcome.parent.clone(),
            accepted: match &outcome.result {
                Ok(attached) => {
                    verdict(ConditionStatus::True, "Accepted", format!("attached to {}", listeners(attached.len())))
                }
                Err(refusal) => verdict(ConditionStatus::False, refusal.reason(), refusal.to_string()),
            },
            resolved_refs: resolved_refs.clone(),
        })
        .collect()
}

/// The first unresolved reference in the order of [`gateway_match::BackendProblem`] gives the reason.
fn resolved_refs(route: &RouteNode) -> Verdict {
    match route.unresolved().min_by_key(|(rule, item, problem)| (*problem, *rule, *item)) {
        None => verdict(ConditionStatus::True, "ResolvedRefs", "every reference resolves".to_owned()),
        Some((rule, item, problem)) => verdict(
            ConditionStatus::False,
            problem.reason(),
            format!("spec.rules[{rule}].backendRefs[{item}]: {problem}"),
        ),
    }
}

fn verdict(status: ConditionStatus, reason: &'static str, message: String) -> Verdict {
    Verdict { status, reason, message }
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

#[cfg(test)]
mod tests {
    use gateway_match::{Profile, Topology};
    use gateway_model::{Resources, read_objects};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refused_route_still_reports_its_references_and_the_first_problem_in_rank_is_told() {
        let api = "gateway.networking.k8s.io/v1";
        let documents = [
            json!({"apiVersion": api, "kind": "Gateway", "metadata": {"name": "g"}, "spec": {"gatewayClassName": "any",
                "listeners": [{"name": "a", "port": 80, "protocol": "HTTP", "hostname": "a.example.com"}]}}),
            json!({"apiVersion": api, "kind": "HTTPRoute", "metadata": {"name": "r"}, "spec": {
                "parentRefs": [{"name": "g"}, {"name": "g", "sectionName": "b"}], "hostnames": ["b.example.com"],
                "rules": [{"backendRefs": [{"name": "gone", "port": 80}, {"name": "s", "namespace": "bank", "port": 80}]}]}}),
        ];
        let resources: Resources =
            documents.into_iter().flat_map(|d| read_objects(d, "shop")).map(|read| read.object.unwrap()).collect();
        let topology = Topology::resolve(&resources, &Profile::default());
        let report = route_report(topology.routes().next().unwrap());
        let shown: Vec<_> = report
            .iter()
            .map(|entry| (entry.accepted.reason, entry.resolved_refs.reason, entry.resolved_refs.message.as_str()))
            .collect();
        let message = "spec.rules[0].backendRefs[1]: no ReferenceGrant in `bank` permits a reference to Service `s`";
        assert_eq!(
            shown,
            [
                ("NoMatchingListenerHostname", "RefNotPermitted", message),
                ("NoMatchingParent", "RefNotPermitted", message)
            ]
        );
        assert_eq!(report[0].parent_ref.kind.as_deref(), Some("Gateway"));
        assert_eq!(report[0].parent.as_ref().map(ToString::to_string).as_deref(), Some("Gateway shop/g"));
    }
}
