//! Rules as routers take them.

use gateway_model::RouteFilter;

use super::attachment::FilterBackend;
use super::route_form::RuleForm;
use crate::route::{BackendDefinition, FilterRefusal, ResolvedBackend, RuleDefinition};

/// A rule with what the references of its backends and filters lead to. O(size of the rule).
pub(super) fn rule_definition<'a>(
    form: &RuleForm<'_>,
    resolved: &[ResolvedBackend],
    of_filters: impl Iterator<Item = &'a FilterBackend> + Clone,
) -> RuleDefinition {
    // spec: HTTPRouteFilter.externalAuth: it MUST fail closed. A copy that cannot be sent is left out.
    let unauthorised = |backend_ref: Option<usize>, filters: &[RouteFilter]| {
        let mut found = of_filters.clone().filter(|found| found.backend_ref == backend_ref);
        let is_auth = |found: &&FilterBackend| filters.get(found.filter).is_some_and(|f| f.external_auth.is_some());
        let problem = found.find(|found| is_auth(found) && found.backend.problem().is_some())?.backend.problem()?;
        Some(FilterRefusal::ExternalAuth(Box::new(problem.clone())))
    };
    let mut rule = RuleDefinition::new();
    if let Some(refusal) = unauthorised(None, form.filters) {
        rule = rule.refuse(refusal);
    }
    if let Some(name) = form.name {
        rule = rule.name(name);
    }
    for condition in form.http_matches {
        rule = rule.matching(condition.clone());
    }
    for condition in form.grpc_matches {
        rule = rule.matching_call(condition.clone());
    }
    for filter in form.filters {
        rule = rule.filter(filter.clone());
    }
    if let Some(timeouts) = form.timeouts {
        rule = rule.timeouts(timeouts.clone());
    }
    if let Some(retry) = form.retry {
        rule = rule.retry(retry.clone());
    }
    if let Some(session) = form.session_persistence {
        rule = rule.session_persistence(session.clone());
    }
    for (item, (reference, resolved)) in form.backend_refs.iter().zip(resolved).enumerate() {
        let mut backend = BackendDefinition::resolved(resolved.clone()).weight(reference.weight());
        let filters = form.filters_at(reference);
        if let Some(refusal) = unauthorised(Some(item), filters) {
            backend = backend.refuse(refusal);
        }
        for filter in filters {
            backend = backend.filter(filter.clone());
        }
        rule = rule.backend(backend);
    }
    rule
}
