//! The wire form of entries of `parents` and `ancestors`, which go back as they came.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Condition, PolicyAncestorStatus, RouteParentStatus, UnknownEntryParts, UnknownFields};
use crate::reference::ParentReference;

/// A reference with the fields that are not known.
#[derive(Deserialize)]
struct WireReference {
    #[serde(flatten)]
    known: ParentReference,
    #[cfg_attr(feature = "k8s", serde(flatten))]
    #[cfg_attr(not(feature = "k8s"), serde(skip))]
    unknown: UnknownFields,
}

#[derive(Serialize)]
struct BorrowedReference<'a> {
    #[serde(flatten)]
    known: &'a ParentReference,
    #[cfg_attr(feature = "k8s", serde(flatten))]
    #[cfg_attr(not(feature = "k8s"), serde(skip), expect(dead_code, reason = "without `k8s` there are none"))]
    unknown: &'a UnknownFields,
}

/// Reads and writes a kind of entry, whose reference has a name of its own.
macro_rules! entry {
    ($entry:ident, $reference:ident, $name:literal) => {
        impl<'de> Deserialize<'de> for $entry {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Wire {
                    #[serde(rename = $name)]
                    reference: WireReference,
                    controller_name: String,
                    #[serde(default)]
                    conditions: Option<Vec<Condition>>,
                    #[cfg_attr(feature = "k8s", serde(flatten))]
                    #[cfg_attr(not(feature = "k8s"), serde(skip))]
                    unknown: UnknownFields,
                }
                let Wire { reference, controller_name, conditions, unknown } = Wire::deserialize(deserializer)?;
                Ok($entry {
                    $reference: reference.known,
                    controller_name,
                    unknown: UnknownEntryParts {
                        fields: unknown,
                        of_reference: reference.unknown,
                        has_empty_conditions: conditions.as_ref().is_some_and(Vec::is_empty),
                    },
                    conditions: conditions.unwrap_or_default(),
                })
            }
        }

        impl Serialize for $entry {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(Serialize)]
                #[serde(rename_all = "camelCase")]
                struct Wire<'a> {
                    #[serde(rename = $name)]
                    reference: BorrowedReference<'a>,
                    controller_name: &'a str,
                    #[serde(skip_serializing_if = "Option::is_none")]
                    conditions: Option<&'a [Condition]>,
                    #[cfg_attr(feature = "k8s", serde(flatten))]
                    #[cfg_attr(
                        not(feature = "k8s"),
                        serde(skip),
                        expect(dead_code, reason = "without `k8s` there are none")
                    )]
                    unknown: &'a UnknownFields,
                }
                let is_written = !self.conditions.is_empty() || self.unknown.has_empty_conditions;
                let wire = Wire {
                    reference: BorrowedReference { known: &self.$reference, unknown: &self.unknown.of_reference },
                    controller_name: &self.controller_name,
                    conditions: is_written.then_some(self.conditions.as_slice()),
                    unknown: &self.unknown.fields,
                };
                wire.serialize(serializer)
            }
        }
    };
}

entry!(RouteParentStatus, parent_ref, "parentRef");
entry!(PolicyAncestorStatus, ancestor_ref, "ancestorRef");
