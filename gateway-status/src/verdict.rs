//! A condition before it meets what is stored.

use gateway_model::{Condition, ConditionSubject, LegalCondition, Truth};

/// A condition with its message, without what depends on time and generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Type, status and reason, which go together.
    pub legal: LegalCondition,
    /// Why, for people.
    pub message: String,
}

impl Verdict {
    /// A condition with a message.
    pub fn new(legal: LegalCondition, message: impl Into<String>) -> Self {
        Verdict { legal, message: message.into() }
    }

    /// Whether the condition is true.
    pub fn is_true(&self) -> bool {
        self.legal.truth() == Truth::True
    }

    /// As the wire has it, without a time.
    pub fn condition(&self, generation: Option<i64>) -> Condition {
        self.legal.with_message(self.message.clone(), generation)
    }

    /// The same of another subject. Whatever is said of a Gateway's listener can be said of a
    /// ListenerSet's, so the fallback is never taken.
    pub(crate) fn about(self, subject: ConditionSubject) -> Self {
        Verdict { legal: self.legal.about(subject).unwrap_or(self.legal), message: self.message }
    }
}

pub(crate) fn conditions<'a>(
    verdicts: impl IntoIterator<Item = &'a Verdict>,
    generation: Option<i64>,
) -> Vec<Condition> {
    verdicts.into_iter().map(|verdict| verdict.condition(generation)).collect()
}
