//! Conditions on headers, which HTTP and gRPC rules share.

use std::ops::ControlFlow;

use gateway_model::HeaderMatch;
use http::HeaderName;
use http::header::{COOKIE, SET_COOKIE};
use smallvec::SmallVec;

use super::value::ValueCondition;
use super::{MatchFault, MatchProblem};
use crate::options::RepeatedHeader;
use crate::pattern::Pattern;
use crate::request::{Headers, RequestView};

/// A condition on a header. spec: `HTTPHeaderMatch`, `GRPCHeaderMatch`.
#[derive(Clone, Debug)]
pub(crate) struct HeaderCondition {
    name: HeaderName,
    pub(super) spelled: Box<str>,
    value: ValueCondition,
}

impl HeaderCondition {
    pub(crate) fn name(&self) -> &HeaderName {
        &self.name
    }

    /// The value that it must have, unless a regular expression says.
    pub(crate) fn exact(&self) -> Option<&[u8]> {
        self.value.exact()
    }

    pub(super) fn takes<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, repeated: RepeatedHeader) -> bool {
        let Some(separator) = joined_by(&self.name, repeated) else { return self.takes_any(request) };
        match &self.value {
            ValueCondition::Exact(wanted) => self.joined_is(request, separator, wanted),
            ValueCondition::Regex(pattern) => self.joined_matches(request, separator, pattern),
        }
    }

    fn takes_any<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> bool {
        let mut taken = false;
        request.visit_header(&self.name, &mut |value| {
            taken = self.value.takes(value);
            if taken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken
    }

    /// Compares the joined values piece by piece, without joining them.
    fn joined_is<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>, separator: &[u8], wanted: &[u8]) -> bool {
        let mut rest = None;
        request.visit_header(&self.name, &mut |value| {
            rest = match rest {
                None => wanted.strip_prefix(value),
                Some(rest) => strip(rest, separator).and_then(|rest| strip(rest, value)),
            };
            if rest.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// Joins the values only if there are several.
    fn joined_matches<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
        separator: &[u8],
        pattern: &Pattern,
    ) -> bool {
        let mut values = 0_usize;
        let mut first_matches = false;
        request.visit_header(&self.name, &mut |value| {
            values += 1;
            if values == 1 {
                first_matches = pattern.is_match(value);
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if values < 2 {
            return first_matches;
        }
        let mut joined: SmallVec<[u8; 256]> = SmallVec::new();
        let mut first = true;
        request.visit_header(&self.name, &mut |value| {
            if !first {
                joined.extend_from_slice(separator);
            }
            first = false;
            joined.extend_from_slice(value);
            ControlFlow::Continue(())
        });
        pattern.is_match(&joined)
    }
}

/// What joins the values of a repeated header; `None` if each is compared by itself.
pub(crate) fn joined_by(name: &HeaderName, repeated: RepeatedHeader) -> Option<&'static [u8]> {
    match repeated {
        RepeatedHeader::Any => None,
        // It cannot be joined (RFC 7230 section 3.2.2).
        RepeatedHeader::CommaJoined if *name == SET_COOKIE => None,
        // Its crumbs are joined in their own way (RFC 9113 section 8.2.3).
        RepeatedHeader::CommaJoined if *name == COOKIE => Some(b"; "),
        RepeatedHeader::CommaJoined => Some(b","),
    }
}

fn strip<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    text.strip_prefix(prefix)
}

/// Compiles conditions on headers. Of several entries for one name (without case) only the first
/// counts. spec: `HTTPHeaderMatch.name`, `GRPCHeaderMatch.name`.
pub(super) fn compile_headers(
    wire: Vec<HeaderMatch>,
    regex_limit: usize,
) -> Result<Box<[HeaderCondition]>, MatchFault> {
    let mut conditions: Vec<HeaderCondition> = Vec::with_capacity(wire.len());
    for (index, header) in wire.into_iter().enumerate() {
        let at = |field: &str| format!("headers[{index}].{field}");
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| (at("name"), MatchProblem::HeaderName { name: header.name.clone() }))?;
        if conditions.iter().any(|condition| condition.name == name) {
            continue;
        }
        let value = ValueCondition::compile(&header.value_type(), header.value, regex_limit)
            .map_err(|(field, problem)| (at(field), problem))?;
        conditions.push(HeaderCondition { name, spelled: header.name.into(), value });
    }
    Ok(conditions.into())
}
