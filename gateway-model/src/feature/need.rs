//! Which features manifests need, and where.
//!
//! What needs a feature is said once, as a row of a table: those of HTTPRoutes in `http_route`, of
//! parents and kinds in `route`, of Gateways in `gateway`, of listeners in `listener`.

mod gateway;
mod http_route;
mod listener;
mod route;
#[cfg(test)]
mod tests;

use std::fmt;

use super::Feature;
use crate::key::ObjectKey;
use crate::resources::Resources;

/// A place in an object that needs a feature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Need {
    /// The feature.
    pub feature: Feature,
    /// The object.
    pub object: ObjectKey,
    /// The field that needs it (`spec.rules[0].matches[1].method`); `kind` where the whole object does.
    pub path: String,
    /// Where the specification says so: a field, a GEP, or upstream's definition of the feature.
    pub spec: &'static str,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.feature, self.object, self.path)
    }
}

/// Every place that needs a feature, by feature and object, and in an object as it is written.
///
/// A place counts once for each feature. Whether the objects are valid, accepted or ours is not
/// asked: it is what they say that counts.
///
/// - A feature's base is needed by the objects of its kind, and by routes that name such a parent.
/// - What a route asks for counts in a mesh if a parent is a Service, and at a Gateway if one is not
///   or there is none. Features that have a name of their own in a mesh are told by that one there.
/// - What a backend speaks counts when an HTTPRoute refers to it, at the Service's `appProtocol`.
/// - How listeners share a port counts among those of a Gateway and of the ListenerSets that name it.
/// - [`Feature::without_trace`] tells of the features that are never found.
///
/// O(n log n) in the number of objects and their parts.
///
/// ```
/// use gateway_model::{Feature, HttpRoute, Resources, needs};
///
/// let route: HttpRoute = serde_json::from_str(r#"{
///     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
///     "metadata": {"name": "cart", "namespace": "shop"},
///     "spec": {"rules": [{"matches": [{"method": "GET"}]}]}
/// }"#)?;
/// let found = needs(&[route].into_iter().collect::<Resources>());
/// let texts: Vec<String> = found.iter().map(|need| need.to_string()).collect();
/// assert_eq!(texts, [
///     "HTTPRoute: HTTPRoute shop/cart kind",
///     "HTTPRouteMethodMatching: HTTPRoute shop/cart spec.rules[0].matches[0].method",
/// ]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn needs(resources: &Resources) -> Vec<Need> {
    let mut found = Vec::new();
    route::find(resources, &mut found);
    http_route::find(resources, &mut found);
    gateway::find(resources, &mut found);
    listener::find(resources, &mut found);
    // Stable: what is found in one object stays in the order of the document.
    found.sort_by(|a, b| (a.feature, &a.object).cmp(&(b.feature, &b.object)));
    found.dedup();
    found
}

/// A row of a table: what in a part of an object needs a feature.
struct Row<T> {
    feature: Feature,
    /// The field, from the part on; empty for the part itself.
    field: &'static str,
    spec: &'static str,
    needed: fn(&T) -> bool,
}

const fn row<T>(feature: Feature, field: &'static str, spec: &'static str, needed: fn(&T) -> bool) -> Row<T> {
    Row { feature, field, spec, needed }
}

/// What one object needs.
struct Finder<'a> {
    object: ObjectKey,
    /// By which names its needs are told.
    names: &'a [fn(Feature) -> Feature],
    found: &'a mut Vec<Need>,
}

impl<'a> Finder<'a> {
    fn new(object: ObjectKey, found: &'a mut Vec<Need>) -> Self {
        Finder { object, names: &[|feature| feature], found }
    }

    /// Looks at a part by the rows for such parts.
    fn part<T>(&mut self, rows: &[Row<T>], part: &T, path: fmt::Arguments<'_>) {
        for row in rows.iter().filter(|row| (row.needed)(part)) {
            for name in self.names {
                self.found.push(Need {
                    feature: name(row.feature),
                    object: self.object.clone(),
                    path: match row.field {
                        "" => path.to_string(),
                        field => format!("{path}.{field}"),
                    },
                    spec: row.spec,
                });
            }
        }
    }
}
