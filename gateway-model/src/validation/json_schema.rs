//! The schemas of kinds as `schemars` has them.

use schemars::Schema;

use super::{Channel, structural_schema};
use crate::key::ResourceKind;
use crate::kind::Kind;

/// The JSON Schema of a kind's objects in a version, if the channel serves it; see
/// [`structural_schema`].
///
/// The kind is named by the type of its spec. O(schema).
///
/// ```
/// use gateway_model::HttpRouteSpec;
/// use gateway_model::validation::{Channel, schema};
///
/// let schema = schema::<HttpRouteSpec>(Channel::Standard, "v1").unwrap();
/// assert_eq!(schema.pointer("/properties/spec/properties/rules/maxItems").unwrap(), 16);
/// ```
pub fn schema<T: Kind>(channel: Channel, version: &str) -> Option<Schema> {
    let kind = ResourceKind::find(T::GROUP, T::KIND)?;
    Schema::try_from(structural_schema(kind, version, channel)?).ok()
}
