//! What statuses must say, and whether they do.
//!
//! Checked on the objects as an API server would hold them, since that is where upstream's suite
//! looks.

use gateway_model::GATEWAY_GROUP;
use serde::Deserialize;
use serde_json::Value;

use super::check::{Aspect, Failure};
use super::cluster::{CONTROLLER, Cluster, OTHER_ADDRESS, UNUSABLE_ADDRESS};
use super::expectation::{ObjectName, Parent};

/// What a status must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum StatusExpectation {
    /// A condition of the object itself.
    Condition {
        /// The object.
        object: ObjectName,
        /// The condition.
        #[serde(flatten)]
        condition: ConditionExpectation,
    },
    /// Listeners of a Gateway or ListenerSet.
    Listeners {
        /// The object.
        object: ObjectName,
        /// Whether there must be no others.
        #[serde(default)]
        exact: bool,
        /// The listeners.
        listeners: Vec<ListenerExpectation>,
    },
    /// Entries of a route's parents.
    Parents {
        /// The route.
        object: ObjectName,
        /// Whether a reference must say its namespace.
        #[serde(default)]
        namespace_required: bool,
        /// The entries.
        parents: Vec<ParentExpectation>,
    },
    /// A condition in some entry for a parent.
    RouteCondition {
        /// The route.
        object: ObjectName,
        /// The parent.
        parent: Parent,
        /// The condition.
        #[serde(flatten)]
        condition: ConditionExpectation,
    },
    /// No parent takes the route.
    NoAcceptedParents {
        /// The route.
        object: ObjectName,
    },
    /// How many routes listeners have.
    AttachedRoutes {
        /// The Gateway or ListenerSet.
        object: ObjectName,
        /// One listener; every one, unless given.
        #[serde(default)]
        listener: Option<String>,
        /// How many.
        count: u64,
    },
    /// How many ListenerSets a Gateway has.
    AttachedListenerSets {
        /// The Gateway.
        object: ObjectName,
        /// How many.
        count: u64,
    },
    /// A condition in some entry for an ancestor.
    PolicyAncestor {
        /// The policy.
        object: ObjectName,
        /// The ancestor.
        ancestor: ObjectName,
        /// The condition.
        #[serde(flatten)]
        condition: ConditionExpectation,
    },
    /// The addresses of a Gateway.
    Addresses {
        /// The Gateway.
        object: ObjectName,
        /// How many at least.
        #[serde(default)]
        minimum: Option<usize>,
        /// How many exactly.
        #[serde(default)]
        count: Option<usize>,
        /// Some that must be there.
        #[serde(default)]
        contains: Vec<String>,
        /// Some that must not.
        #[serde(default)]
        absent: Vec<String>,
    },
    /// Every condition is of the object's latest generation.
    LatestGeneration {
        /// The object.
        object: ObjectName,
    },
}

/// A condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionExpectation {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its status; whatever it is, if there is none.
    #[serde(default)]
    pub status: Option<String>,
    /// Its reason, any of these; whatever it is, if there is none.
    #[serde(default)]
    pub reason: Reasons,
    /// Whether all conditions there must be of the latest generation.
    #[serde(default)]
    pub latest_generation: bool,
}

/// Reasons, any of which will do; none allows all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Reasons {
    /// Whatever it is.
    #[default]
    Any,
    /// This one.
    One(String),
    /// One of these.
    Some(Vec<String>),
}

impl Reasons {
    fn allow(&self, reason: &str) -> bool {
        match self {
            Reasons::Any => true,
            // Upstream takes an empty reason for any.
            Reasons::One(one) => one.is_empty() || one == reason,
            Reasons::Some(some) => some.iter().any(|one| one == reason),
        }
    }
}

/// A listener's status; what is not stated is not compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerExpectation {
    /// Its name.
    pub name: String,
    /// Kinds of route that must be there; an empty list must be empty.
    #[serde(default)]
    pub supported_kinds: Option<Vec<Value>>,
    /// How many routes it has.
    #[serde(default)]
    pub attached_routes: Option<u64>,
    /// Conditions that must be there.
    #[serde(default)]
    pub conditions: Vec<ConditionExpectation>,
}

/// An entry of a route's parents.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentExpectation {
    /// The reference.
    pub parent_ref: Value,
    /// Conditions that must be there.
    #[serde(default)]
    pub conditions: Vec<ConditionExpectation>,
}

impl StatusExpectation {
    /// The kinds of expectation that this is about.
    pub const KINDS: &'static [&'static str] = &[
        "condition",
        "listeners",
        "parents",
        "route-condition",
        "no-accepted-parents",
        "attached-routes",
        "attached-listener-sets",
        "policy-ancestor",
        "addresses",
        "latest-generation",
    ];

    fn object(&self) -> &ObjectName {
        match self {
            StatusExpectation::Condition { object, .. }
            | StatusExpectation::Listeners { object, .. }
            | StatusExpectation::Parents { object, .. }
            | StatusExpectation::RouteCondition { object, .. }
            | StatusExpectation::NoAcceptedParents { object }
            | StatusExpectation::AttachedRoutes { object, .. }
            | StatusExpectation::AttachedListenerSets { object, .. }
            | StatusExpectation::PolicyAncestor { object, .. }
            | StatusExpectation::Addresses { object, .. }
            | StatusExpectation::LatestGeneration { object } => object,
        }
    }
}

/// Whether the status of an object says what it must.
///
/// # Errors
///
/// The first difference.
pub fn check_status(expected: &StatusExpectation, cluster: &Cluster) -> Result<(), Failure> {
    let name = expected.object();
    let aspect = if name.kind.ends_with("Policy") { Aspect::PolicyStatus } else { Aspect::Status };
    let object = cluster.get(name).ok_or_else(|| format!("{name} is not there"));
    object
        .and_then(|object| Status { object, status: object.get("status").unwrap_or(&Value::Null) }.check(expected))
        .map_err(|reason| Failure { aspect, reason: format!("{name}: {reason}") })
}

struct Status<'a> {
    object: &'a Value,
    status: &'a Value,
}

impl Status<'_> {
    fn check(&self, expected: &StatusExpectation) -> Result<(), String> {
        match expected {
            StatusExpectation::Condition { condition, .. } => self.has(list(self.status, "conditions"), condition),
            StatusExpectation::Listeners { exact, listeners, .. } => self.listeners(*exact, listeners),
            StatusExpectation::Parents { namespace_required, parents, .. } => {
                parents.iter().try_for_each(|parent| self.parent(parent, *namespace_required))
            }
            StatusExpectation::RouteCondition { parent, condition, .. } => {
                self.in_some(list(self.status, "parents"), "parentRef", &parent.object, condition)
            }
            StatusExpectation::PolicyAncestor { ancestor, condition, .. } => {
                self.in_some(list(self.status, "ancestors"), "ancestorRef", ancestor, condition)
            }
            StatusExpectation::NoAcceptedParents { .. } => self.no_accepted_parents(),
            StatusExpectation::AttachedRoutes { listener, count, .. } => {
                self.attached_routes(listener.as_deref(), *count)
            }
            StatusExpectation::AttachedListenerSets { count, .. } => {
                let found = self.status.get("attachedListenerSets").and_then(Value::as_u64).unwrap_or(0);
                equal("attachedListenerSets", &found, count)
            }
            StatusExpectation::Addresses { minimum, count, contains, absent, .. } => {
                self.addresses(minimum.unwrap_or(1), *count, contains, absent)
            }
            StatusExpectation::LatestGeneration { .. } => self.latest(self.all_conditions()),
        }
    }

    fn generation(&self) -> i64 {
        self.object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(1)
    }

    fn all_conditions(&self) -> Vec<&Value> {
        let places = ["listeners", "parents", "ancestors"].iter().flat_map(|field| list(self.status, field));
        list(self.status, "conditions").iter().chain(places.flat_map(|place| list(place, "conditions"))).collect()
    }

    fn latest<'a>(&self, conditions: impl IntoIterator<Item = &'a Value>) -> Result<(), String> {
        let mut conditions = conditions.into_iter().peekable();
        if conditions.peek().is_none() {
            return Err("no conditions at all".to_owned());
        }
        conditions.try_for_each(|condition| {
            let seen = condition.get("observedGeneration").and_then(Value::as_i64);
            equal(&format!("observedGeneration of {}", text(condition, "type")), &seen, &Some(self.generation()))
        })
    }

    fn has(&self, conditions: &[Value], expected: &ConditionExpectation) -> Result<(), String> {
        let types = || conditions.iter().map(|condition| text(condition, "type")).collect::<Vec<_>>();
        let found = conditions
            .iter()
            .find(|condition| text(condition, "type") == expected.kind)
            .ok_or_else(|| format!("no condition {} in {:?}", expected.kind, types()))?;
        if let Some(status) = &expected.status {
            equal(&expected.kind, &text(found, "status"), &status.as_str())?;
        }
        if !expected.reason.allow(text(found, "reason")) {
            return Err(format!("{} has reason {}, not {:?}", expected.kind, text(found, "reason"), expected.reason));
        }
        if expected.latest_generation { self.latest(conditions) } else { Ok(()) }
    }

    fn in_some(
        &self,
        entries: &[Value],
        field: &str,
        target: &ObjectName,
        expected: &ConditionExpectation,
    ) -> Result<(), String> {
        let own = self.object.pointer("/metadata/namespace").and_then(Value::as_str);
        let about = |entry: &&Value| {
            let reference = &entry[field];
            let namespace = reference.get("namespace").and_then(Value::as_str).or(own);
            text(reference, "name") == target.name && namespace == target.namespace.as_deref()
        };
        let mut reason = format!("no entry for {target}");
        for entry in entries.iter().filter(about) {
            match self.has(list(entry, "conditions"), expected) {
                Ok(()) => return Ok(()),
                Err(difference) => reason = difference,
            }
        }
        Err(reason)
    }

    fn listeners(&self, exact: bool, expected: &[ListenerExpectation]) -> Result<(), String> {
        let found = list(self.status, "listeners");
        if exact {
            let mut names: Vec<&str> = found.iter().map(|listener| text(listener, "name")).collect();
            let mut wanted: Vec<&str> = expected.iter().map(|listener| listener.name.as_str()).collect();
            names.sort_unstable();
            wanted.sort_unstable();
            equal("listeners", &names, &wanted)?;
        }
        expected.iter().try_for_each(|expected| {
            let listener = found
                .iter()
                .find(|listener| text(listener, "name") == expected.name)
                .ok_or_else(|| format!("no status of listener {}", expected.name))?;
            self.listener(listener, expected).map_err(|reason| format!("listener {}: {reason}", expected.name))
        })
    }

    fn listener(&self, listener: &Value, expected: &ListenerExpectation) -> Result<(), String> {
        if let Some(count) = expected.attached_routes {
            equal("attachedRoutes", &listener.get("attachedRoutes").and_then(Value::as_u64), &Some(count))?;
        }
        if let Some(wanted) = &expected.supported_kinds {
            let kind = |kind: &Value| {
                let group = kind.get("group").and_then(Value::as_str).unwrap_or(GATEWAY_GROUP).to_owned();
                (group, text(kind, "kind").to_owned())
            };
            let found: Vec<_> = list(listener, "supportedKinds").iter().map(kind).collect();
            let wanted: Vec<_> = wanted.iter().map(kind).collect();
            // Upstream compares an empty list exactly, and looks for each kind of any other.
            if (wanted.is_empty() && !found.is_empty()) || wanted.iter().any(|kind| !found.contains(kind)) {
                return Err(format!("supportedKinds are {found:?}, not {wanted:?}"));
            }
        }
        expected.conditions.iter().try_for_each(|expected| self.has(list(listener, "conditions"), expected))
    }

    fn parent(&self, expected: &ParentExpectation, namespace_required: bool) -> Result<(), String> {
        let wanted = &expected.parent_ref;
        let field = |reference: &Value, field: &str, default: &str| {
            reference.get(field).and_then(Value::as_str).unwrap_or(default).to_owned()
        };
        let about = |entry: &&Value| {
            let reference = &entry["parentRef"];
            let namespace = reference.get("namespace");
            text(entry, "controllerName") == CONTROLLER
                // A status says group and kind, whatever the spec says.
                && field(reference, "group", "(none)") == field(wanted, "group", GATEWAY_GROUP)
                && field(reference, "kind", "(none)") == field(wanted, "kind", "Gateway")
                && text(reference, "name") == text(wanted, "name")
                && (namespace == wanted.get("namespace") || (!namespace_required && namespace.is_none()))
        };
        let mut reason = format!("no entry for parent {}", text(wanted, "name"));
        for entry in list(self.status, "parents").iter().filter(about) {
            let conditions = list(entry, "conditions");
            match expected.conditions.iter().try_for_each(|expected| self.has(conditions, expected)) {
                Ok(()) => return Ok(()),
                Err(difference) => reason = format!("parent {}: {difference}", text(wanted, "name")),
            }
        }
        Err(reason)
    }

    /// No entry at all, or one that is refused.
    fn no_accepted_parents(&self) -> Result<(), String> {
        let refused = |entry: &Value| {
            list(entry, "conditions")
                .iter()
                .any(|condition| text(condition, "type") == "Accepted" && text(condition, "status") == "False")
        };
        match list(self.status, "parents") {
            [] => Ok(()),
            [only] if refused(only) => Ok(()),
            _ => Err("some parent takes the route".to_owned()),
        }
    }

    fn attached_routes(&self, listener: Option<&str>, count: u64) -> Result<(), String> {
        let listeners = list(self.status, "listeners");
        if listeners.is_empty() {
            return if count == 0 { Ok(()) } else { Err("no status of any listener".to_owned()) };
        }
        listeners.iter().filter(|status| listener.is_none_or(|name| text(status, "name") == name)).try_for_each(
            |status| {
                let found = status.get("attachedRoutes").and_then(Value::as_u64);
                equal(&format!("attachedRoutes of {}", text(status, "name")), &found, &Some(count))
            },
        )
    }

    fn addresses(
        &self,
        minimum: usize,
        count: Option<usize>,
        contains: &[String],
        absent: &[String],
    ) -> Result<(), String> {
        let addresses = list(self.status, "addresses");
        let found: Vec<&str> = addresses
            .iter()
            .filter(|address| !text(address, "type").is_empty())
            .map(|address| text(address, "value"))
            .collect();
        let named = |value: &String| match value.as_str() {
            "PLACEHOLDER_USABLE_ADDRS" => OTHER_ADDRESS.to_owned(),
            "PLACEHOLDER_UNUSABLE_ADDRS" => UNUSABLE_ADDRESS.to_owned(),
            value => value.to_owned(),
        };
        let wrong = found.len() < minimum
            || count.is_some_and(|count| found.len() != count)
            || contains.iter().any(|value| !found.contains(&named(value).as_str()))
            || absent.iter().any(|value| found.contains(&named(value).as_str()));
        if wrong { Err(format!("the addresses are {found:?}")) } else { Ok(()) }
    }
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} is {found:?}, not {wanted:?}")) }
}
