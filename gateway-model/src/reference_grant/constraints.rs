//! Constraints of ReferenceGrant.

use crate::reference::constraints::{GROUP, KIND, NAMESPACE, OBJECT_NAME};
use crate::validation::constraint::{Schema, field, list_of, object};

/// spec: `ReferenceGrantSpec`.
pub(crate) const REFERENCE_GRANT: Schema = object(&[
    field(
        "from",
        list_of(&object(&[
            field("group", GROUP).required(),
            field("kind", KIND).required(),
            field("namespace", NAMESPACE).required(),
        ]))
        .range(1, 16),
    )
    .required(),
    field(
        "to",
        list_of(&object(&[
            field("group", GROUP).required(),
            field("kind", KIND).required(),
            field("name", OBJECT_NAME),
        ]))
        .range(1, 16),
    )
    .required(),
]);
