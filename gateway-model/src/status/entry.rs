//! The wire form of entries of `parents` and `ancestors`, which go back as they came.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Condition, PolicyAncestorStatus, RouteParentStatus, UnknownEntryParts, UnknownFields};
use crate::reference::ParentReference;
use crate::wire::{self, once, required};

/// A reference with the fields that are not known.
struct WireReference {
    known: ParentReference,
    unknown: UnknownFields,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum ReferenceField {
    Group,
    Kind,
    Namespace,
    Name,
    SectionName,
    Port,
    Unknown(String),
}

struct ReferenceVisitor;

impl<'de> Visitor<'de> for ReferenceVisitor {
    type Value = WireReference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct ParentReference")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireReference, A::Error> {
        let (mut group, mut kind, mut namespace) = (None, None, None);
        let (mut name, mut section_name, mut port) = (None, None, None);
        let mut unknown = UnknownFields::default();
        while let Some(field) = map.next_key()? {
            match field {
                ReferenceField::Group => once(&mut group, "group", &mut map)?,
                ReferenceField::Kind => once(&mut kind, "kind", &mut map)?,
                ReferenceField::Namespace => once(&mut namespace, "namespace", &mut map)?,
                ReferenceField::Name => once(&mut name, "name", &mut map)?,
                ReferenceField::SectionName => once(&mut section_name, "sectionName", &mut map)?,
                ReferenceField::Port => once(&mut port, "port", &mut map)?,
                ReferenceField::Unknown(name) => unknown.keep(name, &mut map)?,
            }
        }
        let known = ParentReference {
            group: group.flatten(),
            kind: kind.flatten(),
            namespace: namespace.flatten(),
            name: required(name, "name")?,
            section_name: section_name.flatten(),
            port: port.flatten(),
        };
        Ok(WireReference { known, unknown })
    }
}

impl<'de> Deserialize<'de> for WireReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReferenceVisitor)
    }
}

/// A list of conditions, or none.
struct Conditions(Option<Vec<Condition>>);

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::optional_list(deserializer).map(Conditions)
    }
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
                #[serde(field_identifier, rename_all = "camelCase")]
                enum Field {
                    #[serde(rename = $name)]
                    Reference,
                    ControllerName,
                    Conditions,
                    Unknown(String),
                }

                struct EntryVisitor;

                impl<'de> Visitor<'de> for EntryVisitor {
                    type Value = $entry;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("struct ", stringify!($entry)))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$entry, A::Error> {
                        let (mut reference, mut controller_name, mut conditions) = (None, None, None);
                        let mut fields = UnknownFields::default();
                        while let Some(field) = map.next_key()? {
                            match field {
                                Field::Reference => once(&mut reference, $name, &mut map)?,
                                Field::ControllerName => once(&mut controller_name, "controllerName", &mut map)?,
                                Field::Conditions => once(&mut conditions, "conditions", &mut map)?,
                                Field::Unknown(name) => fields.keep(name, &mut map)?,
                            }
                        }
                        let reference: WireReference = required(reference, $name)?;
                        let conditions = conditions.and_then(|Conditions(conditions)| conditions);
                        Ok($entry {
                            $reference: reference.known,
                            controller_name: required(controller_name, "controllerName")?,
                            unknown: UnknownEntryParts {
                                fields,
                                of_reference: reference.unknown,
                                has_empty_conditions: conditions.as_ref().is_some_and(Vec::is_empty),
                            },
                            conditions: conditions.unwrap_or_default(),
                        })
                    }
                }

                deserializer.deserialize_map(EntryVisitor)
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
