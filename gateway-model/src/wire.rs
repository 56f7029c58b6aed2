//! Reading rules that many fields share.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A list field: absent and `null` are the empty list, as the API server treats them.
///
/// Most lists of the API hold one item or two, and items are large: memory is taken for as many as there are, not
/// for the four that a growing vector starts with.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(optional_list(deserializer)?.unwrap_or_default())
}

/// A list field in which absent and `null` are no list. Memory as for [`list`].
pub(crate) fn optional_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    struct OptionalList<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OptionalList<T> {
        type Value = Option<Vec<T>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_seq(self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            const MOST_AT_ONCE: usize = 16;
            let mut items = Vec::with_capacity(sequence.size_hint().map_or(0, |hint| hint.min(MOST_AT_ONCE)));
            while let Some(item) = sequence.next_element()? {
                if items.len() == items.capacity() {
                    items.reserve_exact(items.len().max(1));
                }
                items.push(item);
            }
            Ok(Some(items))
        }
    }

    deserializer.deserialize_option(OptionalList(PhantomData))
}

/// A map field: absent and `null` are the empty map, as the API server treats them.
pub(crate) fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::<BTreeMap<String, String>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads the value of a field that a struct has once, as derived structs do.
pub(crate) fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *field = Some(map.next_value()?);
    Ok(())
}

/// The value of a field that a struct must have, as derived structs do.
pub(crate) fn required<T, E: Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
    field.ok_or_else(|| E::missing_field(name))
}

/// A string, turned into `T` without an allocation where the input can lend it.
pub(crate) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expecting: &'static str,
    from: impl Fn(&str) -> T,
) -> Result<T, D::Error> {
    struct Text<F, T>(F, &'static str, PhantomData<T>);

    impl<F: Fn(&str) -> T, T> Visitor<'_> for Text<F, T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            Ok((self.0)(text))
        }
    }

    deserializer.deserialize_str(Text(from, expecting, PhantomData))
}

/// Checks a string, absent and `null` being the empty one, without an allocation where the input can lend it.
#[cfg(feature = "k8s")]
pub(crate) fn check_text<'de, D: Deserializer<'de>, P: fmt::Display>(
    deserializer: D,
    check: impl Fn(&str) -> Result<(), P>,
) -> Result<(), D::Error> {
    struct Checked<F>(F);

    impl<'de, P: fmt::Display, F: Fn(&str) -> Result<(), P>> Visitor<'de> for Checked<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_unit<E: Error>(self) -> Result<(), E> {
            self.visit_str("")
        }

        fn visit_none<E: Error>(self) -> Result<(), E> {
            self.visit_str("")
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_str(self)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
            (self.0)(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_option(Checked(check))
}
