//! Filters that cannot do their work, and must not be skipped.

use gateway_model::{LegalCondition, LocalObjectReference, legal};

use super::backend::BackendProblem;

/// Why the requests that a filter acts on are answered 500: the filter cannot do its work, and it
/// must not be skipped. spec: `HTTPRouteFilter.type`, `HTTPRouteFilter.externalAuth`.
///
/// A rule with such a filter still takes its requests, so that none of them goes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum FilterRefusal {
    /// A filter of a kind that is not ours ([`Profile::extension_filter`](crate::Profile::extension_filter)).
    #[error("no filter is of kind `{kind}` of group `{group}`: `{name}` cannot be applied")]
    UnknownExtension {
        /// The filter's group.
        group: String,
        /// The filter's kind.
        kind: String,
        /// The filter's name.
        name: String,
    },
    /// Whoever would be asked whether the request may pass cannot be: authorisation fails closed.
    #[error("external authorisation: {0}")]
    ExternalAuth(Box<BackendProblem>),
}

impl FilterRefusal {
    /// The route's condition ResolvedRefs. spec: `RouteConditionResolvedRefs`.
    pub fn resolved_refs(&self) -> LegalCondition {
        match self {
            FilterRefusal::UnknownExtension { .. } => legal!(Route, ResolvedRefs, False, InvalidKind),
            FilterRefusal::ExternalAuth(problem) => problem.resolved_refs(),
        }
    }

    /// The reason in short: see [`BackendProblem::reason`].
    pub fn reason(&self) -> &'static str {
        match self {
            FilterRefusal::UnknownExtension { .. } => self.resolved_refs().reason().as_str(),
            FilterRefusal::ExternalAuth(problem) => problem.reason(),
        }
    }

    pub(crate) fn unknown_extension(reference: &LocalObjectReference) -> Self {
        FilterRefusal::UnknownExtension {
            group: reference.group.clone(),
            kind: reference.kind.clone(),
            name: reference.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_reason_of_what_is_behind_it() {
        let extension = FilterRefusal::UnknownExtension {
            group: "example.com".to_owned(),
            kind: "Thing".to_owned(),
            name: "x".to_owned(),
        };
        let problem = BackendProblem::PortMissing { kind: "Service".to_owned(), name: "auth".to_owned() };
        assert_eq!(extension.reason(), "InvalidKind");
        assert_eq!(FilterRefusal::ExternalAuth(Box::new(problem.clone())).reason(), problem.reason());
        assert!(!problem.reason().is_empty());
    }
}
