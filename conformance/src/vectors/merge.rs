//! Vectors of statuses: what is stored and what should be there into what is written.

use serde::Deserialize;
use serde_json::Value;

/// A status that a controller merges into the one that is stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MergeVector {
    /// Its name, unique in the file.
    pub name: String,
    /// The field of the API that says so.
    pub spec: String,
    /// What is easily got wrong here.
    #[serde(default)]
    pub note: Option<String>,
    /// The kind of the object, which is in the namespace `shop` if kinds of its sort are in one.
    pub kind: String,
    /// The generation of the object that the controller has seen.
    pub generation: i64,
    /// The controllerNames that are ours.
    pub controllers: Vec<String>,
    /// The time of transitions.
    pub now: String,
    /// The status that is stored; `null` if there is none.
    pub stored: Value,
    /// Our part of the status, without times of transition.
    pub desired: Value,
    /// The whole status to write; `null` if there is nothing to write.
    pub written: Value,
    /// The references of our entries that find no room.
    #[serde(default)]
    pub refused: Vec<Value>,
}
