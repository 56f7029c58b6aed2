//! Which namespaces may attach.

use std::collections::BTreeMap;

use gateway_model::{
    FromNamespaces, LabelSelector, LabelSelectorOperator, LabelSelectorRequirement, Resources, RouteNamespaces,
};

/// Whether objects of the namespace `guest` may attach to an object of the namespace `home`.
///
/// spec: RouteNamespaces.from (absent: Same), ListenerNamespaces.from (absent: None).
pub(crate) fn admits(
    resources: &Resources,
    allowed: Option<&RouteNamespaces>,
    absent: FromNamespaces,
    home: &str,
    guest: &str,
) -> bool {
    let from = allowed.and_then(|allowed| allowed.from.clone()).unwrap_or(absent);
    match from {
        FromNamespaces::All => true,
        FromNamespaces::Same => home == guest,
        FromNamespaces::Selector => {
            let labels = resources.namespace_labels(guest).unwrap_or_default();
            let selector = allowed.and_then(|allowed| allowed.selector.as_ref());
            selector.is_some_and(|selector| selects(selector, &labels))
        }
        _ => false,
    }
}

/// Whether labels satisfy all parts of a selector. A malformed selector takes nothing.
/// spec: metav1.LabelSelector: matchLabels and matchExpressions are combined by "and".
fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let expressions = &selector.match_expressions;
    expressions.iter().all(is_well_formed)
        && selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && expressions.iter().all(|expression| holds(expression, labels.get(&expression.key)))
}

/// spec: metav1.LabelSelectorRequirement.values: not empty for In and NotIn, empty for the others.
fn is_well_formed(expression: &LabelSelectorRequirement) -> bool {
    match expression.operator {
        LabelSelectorOperator::In | LabelSelectorOperator::NotIn => !expression.values.is_empty(),
        LabelSelectorOperator::Exists | LabelSelectorOperator::DoesNotExist => expression.values.is_empty(),
        _ => false,
    }
}

/// spec: metav1.LabelSelectorRequirement.operator.
fn holds(expression: &LabelSelectorRequirement, value: Option<&String>) -> bool {
    let listed = value.is_some_and(|value| expression.values.contains(value));
    match expression.operator {
        LabelSelectorOperator::In => listed,
        LabelSelectorOperator::NotIn => !listed,
        LabelSelectorOperator::Exists => value.is_some(),
        LabelSelectorOperator::DoesNotExist => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample;

    fn admitted(allowed: Value, absent: FromNamespaces, guest: &str) -> bool {
        let resources = sample::resources(&[
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}}}),
        ]);
        let allowed: Option<RouteNamespaces> = serde_json::from_value(allowed).unwrap();
        admits(&resources, allowed.as_ref(), absent, "infra", guest)
    }

    #[test]
    fn namespaces_are_admitted_by_from() {
        let cases = [
            (json!(null), "infra", true, false),
            (json!(null), "shop", false, false),
            (json!({}), "infra", true, false),
            (json!({"from": "Same"}), "infra", true, true),
            (json!({"from": "Same"}), "shop", false, false),
            (json!({"from": "All"}), "shop", true, true),
            (json!({"from": "None"}), "infra", false, false),
            (json!({"from": "Some"}), "infra", false, false),
            (json!({"from": "Selector"}), "shop", false, false),
            (json!({"from": "Selector", "selector": {}}), "shop", true, true),
        ];
        for (allowed, guest, routes, sets) in cases {
            assert_eq!(admitted(allowed.clone(), FromNamespaces::Same, guest), routes, "{allowed} {guest}");
            assert_eq!(admitted(allowed.clone(), FromNamespaces::None, guest), sets, "{allowed} {guest}");
        }
    }

    #[test]
    fn a_selector_looks_at_the_labels_of_the_namespace() {
        let cases = [
            (json!({"matchLabels": {"team": "web"}}), true),
            (json!({"matchLabels": {"team": "bank"}}), false),
            (json!({"matchLabels": {"team": "web", "gone": ""}}), false),
            (json!({"matchLabels": {"kubernetes.io/metadata.name": "shop"}}), true),
            (json!({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "web"]}]}), true),
            (json!({"matchExpressions": [{"key": "gone", "operator": "In", "values": ["a"]}]}), false),
            (json!({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["web"]}]}), false),
            (json!({"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": ["web"]}]}), true),
            (json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}), false),
            (json!({"matchExpressions": [{"key": "gone", "operator": "DoesNotExist"}]}), true),
            (json!({"matchExpressions": [{"key": "gone", "operator": "NotIn"}]}), false),
            (json!({"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["web"]}]}), false),
            (json!({"matchExpressions": [{"key": "team", "operator": "Like", "values": ["web"]}]}), false),
        ];
        for (selector, expected) in cases {
            let allowed = json!({"from": "Selector", "selector": selector});
            assert_eq!(admitted(allowed, FromNamespaces::Same, "shop"), expected, "{selector}");
        }
    }
}
