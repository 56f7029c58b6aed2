//! String enums of the API that keep values they do not know.
//!
//! The specification adds enum values in minor releases and asks implementations to survive
//! values they do not know: they become a reason on the object, never a failure to read it.

use std::fmt;

/// The text of an enum value that this version of the crate does not know.
///
/// Only reading makes one, and reading prefers the known values, so a known value has exactly one
/// spelling: there is no way to hold `Unknown("Exact")` where `Exact` exists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(text: &str) -> Self {
        UnknownValue(text.into())
    }

    /// The value as the document spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares an open enum: its known values as a table of variant and wire text.
///
/// A macro, because a variant list cannot be written once in any other way: the type, its texts
/// and the list of known values all come from the same table.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this version of the API does not define, as written.
            Unknown($crate::UnknownValue),
        }

        impl $name {
            /// Every value that this version of the API defines, in the specification's order.
            pub const KNOWN: &'static [$name] = &[ $( $name::$variant ),+ ];

            /// The value as the wire has it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( $name::$variant => $text, )+
                    $name::Unknown(value) => value.as_str(),
                }
            }

            /// Whether this version of the API defines the value.
            pub fn is_known(&self) -> bool {
                !matches!(self, $name::Unknown(_))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => $name::$variant, )+
                    _ => $name::Unknown($crate::UnknownValue::new(text)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::text(deserializer, concat!("a string (", stringify!($name), ")"), |text| $name::from(text))
            }
        }
    };
}
pub(crate) use open_enum;
