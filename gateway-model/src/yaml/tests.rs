//! What documents say, how broken ones are told, and that reading and writing agree.

use serde_json::Value;

use super::{DocumentError, Limits, Problem, read_documents};

mod bounds;
mod documents;
mod mutations;
mod places;
mod round_trips;
mod structure;
mod typing;

/// The values of all documents; none may be broken.
fn values(text: &str) -> Vec<Value> {
    let documents = read_documents(text.as_bytes(), &Limits::default());
    documents.map(|document| document.unwrap_or_else(|error| panic!("{text:?}: {error}")).value).collect()
}

/// The value of the only document.
fn value(text: &str) -> Value {
    let mut values = values(text);
    assert_eq!(values.len(), 1, "{text:?}");
    values.remove(0)
}

/// What is wrong with the broken documents.
fn errors(text: &str) -> Vec<DocumentError> {
    read_documents(text.as_bytes(), &Limits::default()).filter_map(Result::err).collect()
}

/// What is wrong with the only document.
fn problem(text: &str) -> Problem {
    let mut errors = errors(text);
    assert_eq!(errors.len(), 1, "{text:?}: {errors:?}");
    errors.remove(0).problem
}
