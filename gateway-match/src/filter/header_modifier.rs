//! Changes to the headers of a request or a response. spec: `HTTPHeaderFilter`.

use std::collections::HashSet;

use gateway_model::{Header, HeaderModifier};
use http::header::MaxSizeReached;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::problem::{Fault, FilterProblem};
use crate::options::DoubleHeaderAction;

/// What a header modifier changes, in the order in which it is done: set, add, remove.
///
/// The order matters to no valid filter, because such a filter names each header once (see
/// [`DoubleHeaderAction`]). Several modifiers, a rule's and then a backend's, act one after the other.
///
/// ```
/// use gateway_match::{Filters, HeaderAction, Profile};
///
/// let filter = serde_json::from_str(
///     r#"{"type": "ResponseHeaderModifier", "responseHeaderModifier": {
///         "set": [{"name": "Server", "value": "gateway"}], "remove": ["X-Powered-By"]
///     }}"#,
/// )?;
/// let filters = Filters::compile(&[filter], &Profile::default()).unwrap();
///
/// // For a proxy that keeps headers in its own way:
/// for action in filters.response_headers().unwrap().actions() {
///     match action {
///         HeaderAction::Set { name, value } => assert_eq!((name.as_str(), value.as_bytes()), ("server", &b"gateway"[..])),
///         HeaderAction::Add { .. } => unreachable!(),
///         HeaderAction::Remove { name } => assert_eq!(name, "x-powered-by"),
///     }
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    set: Box<[(HeaderName, HeaderValue)]>,
    add: Box<[(HeaderName, HeaderValue)]>,
    remove: Box<[HeaderName]>,
}

/// One thing to do with the headers of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderAction<'a> {
    /// This value takes the place of all that the header has.
    Set {
        /// The header.
        name: &'a HeaderName,
        /// Its one value.
        value: &'a HeaderValue,
    },
    /// This value joins those that the header has, after them.
    Add {
        /// The header.
        name: &'a HeaderName,
        /// The value that joins.
        value: &'a HeaderValue,
    },
    /// All values of the header go.
    Remove {
        /// The header.
        name: &'a HeaderName,
    },
}

impl HeaderChanges {
    /// Applies the changes.
    ///
    /// A value that is added becomes another value of the header, after those that are there, as
    /// a line of its own would; joined by a comma, which is the same by RFC 9110 section 5.3, it
    /// reads `existing,new`. A header is removed whole, and removing one that is absent is fine.
    ///
    /// O(number of changes). Values are shared with the filter, not copied.
    ///
    /// # Errors
    ///
    /// The map is full (32,768 entries). The changes before that have been made.
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
        for action in self.actions() {
            match action {
                HeaderAction::Set { name, value } => {
                    headers.try_insert(name, value.clone())?;
                }
                HeaderAction::Add { name, value } => {
                    headers.try_append(name, value.clone())?;
                }
                HeaderAction::Remove { name } => {
                    headers.remove(name);
                }
            }
        }
        Ok(())
    }

    /// The changes one by one, in the order in which they are to be made.
    pub fn actions(&self) -> impl Iterator<Item = HeaderAction<'_>> {
        let set = self.set.iter().map(|(name, value)| HeaderAction::Set { name, value });
        let add = self.add.iter().map(|(name, value)| HeaderAction::Add { name, value });
        let remove = self.remove.iter().map(|name| HeaderAction::Remove { name });
        set.chain(add).chain(remove)
    }

    /// The headers that get a value in place of those that they have.
    pub fn set(&self) -> &[(HeaderName, HeaderValue)] {
        &self.set
    }

    /// The headers that get a value beside those that they have.
    pub fn add(&self) -> &[(HeaderName, HeaderValue)] {
        &self.add
    }

    /// The headers that are taken away.
    pub fn remove(&self) -> &[HeaderName] {
        &self.remove
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }

    /// spec: `HTTPHeaderFilter`. O(number of entries).
    ///
    /// Where a second naming of a header is no fault, it is a warning, and of several entries in
    /// one list the first counts. spec: `HTTPHeader.name`.
    pub(super) fn compile(
        wire: &HeaderModifier,
        double: DoubleHeaderAction,
        warnings: &mut Vec<Fault>,
    ) -> Result<Self, Fault> {
        let mut named = HashSet::new();
        let mut note = |name: &HeaderName, field: String| {
            if named.insert(name.clone()) {
                return Ok(());
            }
            let name = name.as_str().to_owned();
            let fault = (field, FilterProblem::DoubleHeaderAction { name });
            match double {
                DoubleHeaderAction::Reject => Err(fault),
                DoubleHeaderAction::SetAddRemove => {
                    warnings.push(fault);
                    Ok(())
                }
            }
        };
        let set = compile_headers("set", &wire.set, &mut note)?;
        let add = compile_headers("add", &wire.add, &mut note)?;
        let mut remove = Vec::with_capacity(wire.remove.len());
        for (index, text) in wire.remove.iter().enumerate() {
            let field = format!("remove[{index}]");
            let name = compile_name(text, &field)?;
            note(&name, field)?;
            remove.push(name);
        }
        Ok(HeaderChanges { set, add, remove: remove.into() })
    }
}

fn compile_headers(
    list: &str,
    wire: &[Header],
    note: &mut impl FnMut(&HeaderName, String) -> Result<(), Fault>,
) -> Result<Box<[(HeaderName, HeaderValue)]>, Fault> {
    let mut seen = HashSet::new();
    let mut compiled = Vec::with_capacity(wire.len());
    for (index, header) in wire.iter().enumerate() {
        let field = format!("{list}[{index}].name");
        let name = compile_name(&header.name, &field)?;
        note(&name, field)?;
        let value = compile_value(&header.value).ok_or_else(|| {
            let value = header.value.clone();
            (format!("{list}[{index}].value"), FilterProblem::HeaderValue { value })
        })?;
        if seen.insert(name.clone()) {
            compiled.push((name, value));
        }
    }
    Ok(compiled.into())
}

fn compile_name(text: &str, field: &str) -> Result<HeaderName, Fault> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| {
        let name = text.to_owned();
        (field.to_owned(), FilterProblem::HeaderName { name })
    })
}

/// What can be sent as a value. HTTP/2 calls a message malformed that has one with white space at
/// an end (RFC 9113 section 8.2.1). That inner white space is single is left to validation.
fn compile_value(text: &str) -> Option<HeaderValue> {
    let edge = |c: char| matches!(c, ' ' | '\t');
    let value = HeaderValue::from_str(text).ok()?;
    (!text.is_empty() && text.is_ascii() && !text.starts_with(edge) && !text.ends_with(edge)).then_some(value)
}

#[cfg(test)]
#[path = "header_modifier_tests.rs"]
mod tests;
