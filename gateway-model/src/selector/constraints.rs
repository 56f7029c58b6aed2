//! Constraints of label selectors. What an API server asks of selectors elsewhere (operators,
//! syntax of labels) it does not ask of those in custom resources.

use crate::validation::constraint::{Schema, field, list_of, map_of, object, text};

/// spec: `metav1.LabelSelector`.
pub(crate) const LABEL_SELECTOR: Schema = object(&[
    field(
        "matchExpressions",
        list_of(&object(&[
            field("key", text()).required(),
            field("operator", text()).required(),
            field("values", list_of(&text())),
        ])),
    ),
    field("matchLabels", map_of(&text())),
])
.atomic();
