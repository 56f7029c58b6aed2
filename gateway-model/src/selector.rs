//! Label selectors, as Kubernetes defines them.

#[cfg(feature = "validate")]
pub(crate) mod constraints;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::wire;

/// A condition on labels; all parts must hold, and the empty selector takes everything.
///
/// The same wire form as `metav1.LabelSelector`, kept here so that listeners exist without
/// Kubernetes types.
///
/// ```
/// use gateway_model::LabelSelector;
///
/// let selector: LabelSelector = serde_json::from_str(
///     r#"{"matchExpressions": [{"key": "team", "operator": "In", "values": ["shop", "cart"]}]}"#,
/// )?;
/// let labels = |team: &str| [("team".to_owned(), team.to_owned())].into_iter().collect();
/// assert!(selector.matches(&labels("shop")));
/// assert!(!selector.matches(&labels("bank")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must have exactly these values.
    #[serde(default, deserialize_with = "wire::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// A condition on one label. The same wire form as `metav1.LabelSelectorRequirement`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelectorRequirement {
    /// The label.
    pub key: String,
    /// How it is compared with the values.
    pub operator: LabelSelectorOperator,
    /// The values; empty for `Exists` and `DoesNotExist`.
    #[serde(default, deserialize_with = "wire::list", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

open_enum! {
    /// How a label is compared with values.
    #[derive(Default)]
    pub enum LabelSelectorOperator {
        /// The label is there with one of the values.
        In = "In",
        /// The label is not there, or with none of the values.
        NotIn = "NotIn",
        /// The label is there.
        #[default]
        Exists = "Exists",
        /// The label is not there.
        DoesNotExist = "DoesNotExist",
    }
}

impl LabelSelector {
    /// Whether labels satisfy every part.
    ///
    /// An unknown operator, and `In` or `NotIn` without values, make the selector malformed for
    /// Kubernetes; a malformed selector takes nothing. O(parts × log labels).
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.is_well_formed()
            && self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether Kubernetes would take the selector: known operators, with values exactly where
    /// they need some.
    pub fn is_well_formed(&self) -> bool {
        self.match_expressions.iter().all(|requirement| match requirement.operator {
            LabelSelectorOperator::In | LabelSelectorOperator::NotIn => !requirement.values.is_empty(),
            LabelSelectorOperator::Exists | LabelSelectorOperator::DoesNotExist => requirement.values.is_empty(),
            LabelSelectorOperator::Unknown(_) => false,
        })
    }
}

impl LabelSelectorRequirement {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            LabelSelectorOperator::In => value.is_some_and(|value| self.values.contains(value)),
            LabelSelectorOperator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            LabelSelectorOperator::Exists => value.is_some(),
            LabelSelectorOperator::DoesNotExist => value.is_none(),
            LabelSelectorOperator::Unknown(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_selector_takes_labels_that_satisfy_every_part() {
        let at_home = labels(&[("team", "shop"), ("env", "prod")]);
        let cases = [
            (r#"{}"#, true),
            (r#"{"matchLabels": {"team": "shop"}}"#, true),
            (r#"{"matchLabels": {"team": "shop", "env": "test"}}"#, false),
            (r#"{"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "shop"]}]}"#, true),
            (r#"{"matchExpressions": [{"key": "team", "operator": "In", "values": ["a"]}]}"#, false),
            (r#"{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}"#, true),
            (r#"{"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": ["a"]}]}"#, true),
            (r#"{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["shop"]}]}"#, false),
            (r#"{"matchExpressions": [{"key": "team", "operator": "Exists"}]}"#, true),
            (r#"{"matchExpressions": [{"key": "gone", "operator": "Exists"}]}"#, false),
            (r#"{"matchExpressions": [{"key": "gone", "operator": "DoesNotExist"}]}"#, true),
            (r#"{"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}"#, false),
            (
                r#"{"matchLabels": {"team": "shop"}, "matchExpressions": [{"key": "env", "operator": "In", "values": ["test"]}]}"#,
                false,
            ),
        ];
        for (selector, expected) in cases {
            let parsed: LabelSelector = serde_json::from_str(selector).unwrap();
            assert_eq!(parsed.matches(&at_home), expected, "{selector}");
        }
    }

    #[test]
    fn a_malformed_selector_takes_nothing() {
        for selector in [
            r#"{"matchExpressions": [{"key": "team", "operator": "Near", "values": ["shop"]}]}"#,
            r#"{"matchExpressions": [{"key": "team", "operator": "In"}]}"#,
            r#"{"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": []}]}"#,
            r#"{"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["shop"]}]}"#,
        ] {
            let parsed: LabelSelector = serde_json::from_str(selector).unwrap();
            assert!(!parsed.matches(&labels(&[("team", "shop")])), "{selector}");
        }
    }
}
