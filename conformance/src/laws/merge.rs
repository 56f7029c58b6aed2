//! Merging statuses, as JSON before and after.

use gateway_match::Overflow;
use gateway_model::{
    ConditionInfo, ConditionStatus, ConditionSubject, GatewayClassStatus, GatewayStatus, LegalCondition,
    ListenerSetStatus, ObjectKey, PolicyStatus, ResourceKind, RouteStatus, Timestamp, XMeshStatus,
};
use gateway_status::{
    Controllers, Desired, MAX_ANCESTORS, MAX_CONDITIONS, MAX_MESSAGE, MAX_PARENTS, Status, merge, merge_patch, refused,
};
use serde_json::{Map, Value, json};

use super::ensure;
use crate::generate::{Bytes, Source};

const OURS: &str = "example.com/ours";
const THEIRS: &str = "example.com/theirs";
const NOW: &str = "2026-02-02T00:00:00Z";

pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut source = Bytes::new(bytes);
    let source: &mut dyn Source = &mut source;
    match source.below(6) {
        0 => entries::<RouteStatus>(source, ("parents", "parentRef"), ConditionSubject::Route, MAX_PARENTS),
        1 => entries::<PolicyStatus>(source, ("ancestors", "ancestorRef"), ConditionSubject::Policy, MAX_ANCESTORS),
        2 => whole::<GatewayStatus>(source, ConditionSubject::Gateway, Some(ConditionSubject::Listener)),
        3 => whole::<ListenerSetStatus>(source, ConditionSubject::ListenerSet, Some(ConditionSubject::ListenerEntry)),
        4 => whole::<GatewayClassStatus>(source, ConditionSubject::GatewayClass, None),
        _ => whole::<XMeshStatus>(source, ConditionSubject::Mesh, None),
    }
}

/// Statuses with entries of several controllers.
fn entries<S: Status>(
    source: &mut dyn Source,
    (list, reference): (&str, &str),
    subject: ConditionSubject,
    most: usize,
) -> Result<(), String> {
    let drawn = |source: &mut dyn Source, controllers: &[&str], conditions: Conditions| {
        let count = source.below(40);
        let entries = (0..count).map(|_| entry(source, reference, controllers, subject, conditions));
        json!({list: entries.collect::<Vec<_>>()})
    };
    let stored = drawn(source, &[OURS, THEIRS, "x/y"], Conditions::Stored);
    let overflow = *source.one_of(Overflow::ALL).unwrap_or(&Overflow::Refuse);
    let ours: Desired<S> = desired(drawn(source, &[OURS], Conditions::Desired), &[OURS], overflow)?;
    let theirs: Desired<S> = desired(drawn(source, &[THEIRS], Conditions::Desired), &[THEIRS], overflow)?;

    let before: S = read(&stored)?;
    ensure(written(&before) == stored, || format!("{stored} is written as {}", written(&before)))?;
    let merged = holds(&before, &ours, subject)?;
    let of = |status: &Value, are_ours: bool| -> Vec<Value> {
        let entries = status.get(list).and_then(Value::as_array).into_iter().flatten();
        entries.filter(|entry| (text(entry, "controllerName") == OURS) == are_ours).cloned().collect()
    };
    let after = written(&merged);
    ensure(of(&after, false) == of(&stored, false), || format!("foreign entries of {stored} became {after}"))?;
    let (length, bound) =
        (of(&after, true).len() + of(&after, false).len(), of(&stored, true).len() + of(&stored, false).len());
    ensure(length <= most.max(bound), || format!("{length} entries"))?;
    let wants = read::<S>(&stored).map(|before| refused(Some(&before), &ours).len())?;
    ensure(
        wants + of(&after, true).len() >= distinct(&of(&written(&ours.status), true), reference) || merged == before,
        || format!("{wants} refused of {}", written(&ours.status)),
    )?;
    settles(before, &ours, &theirs)
}

/// Statuses that one controller writes, beside conditions of others.
fn whole<S: Status>(
    source: &mut dyn Source,
    subject: ConditionSubject,
    listener: Option<ConditionSubject>,
) -> Result<(), String> {
    let drawn = |source: &mut dyn Source, conditions: Conditions| {
        let mut status = json!({"conditions": list(source, subject, conditions)});
        match listener {
            Some(listener) => {
                let listeners = (0..source.below(4)).map(|_| {
                    let mut one = json!({"name": source.word(&["a", "b", "c"]), "attachedRoutes": source.below(3),
                                         "conditions": list(source, listener, conditions)});
                    if source.chance(60) {
                        set(&mut one, "supportedKinds", json!([{"kind": source.word(&["HTTPRoute", "GRPCRoute"])}]));
                    }
                    one
                });
                let listeners: Vec<_> = listeners.collect();
                set(&mut status, "listeners", json!(listeners));
            }
            None => {
                let names: Vec<_> =
                    (0..source.below(4)).map(|_| json!({"name": source.word(&["A", "B", "C"])})).collect();
                set(&mut status, "supportedFeatures", json!(names));
            }
        }
        if subject == ConditionSubject::Gateway {
            let addresses: Vec<_> =
                (0..source.below(3)).map(|_| json!({"value": source.word(&["192.0.2.1", "a"])})).collect();
            set(&mut status, "addresses", json!(addresses));
        }
        status
    };
    let before: S = read(&drawn(source, Conditions::Stored))?;
    let ours: Desired<S> = desired(drawn(source, Conditions::Desired), &[OURS], Overflow::default())?;
    holds(&before, &ours, subject).map(drop)
}

/// What holds for every status: once is enough, times move with statuses, bounds hold, the patch leads
/// there. Gives what is stored then.
fn holds<S: Status>(before: &S, desired: &Desired<S>, subject: ConditionSubject) -> Result<S, String> {
    let said = || format!("{} and {}", written(before), written(&desired.status));
    let Some(merged) = merge(Some(before), desired, &Timestamp::new(NOW)) else { return Ok(before.clone()) };
    let after = written(&merged);
    let again = merge(Some(&merged), desired, &Timestamp::new("later"));
    ensure(again.is_none(), || format!("{}: {after}, then {again:?}", said()))?;
    let patched = patched(json!({"status": written(before)}), merge_patch(Some(before), &merged));
    ensure(patched == json!({"status": after}), || format!("{}: the patch leads to {patched}, not {after}", said()))?;
    conditions_of(&after, subject).into_iter().try_for_each(|(subject, list)| {
        let foreign = list.iter().filter(|condition| !is_ours(subject, condition)).count();
        let long =
            list.iter().any(|condition| is_ours(subject, condition) && text(condition, "message").len() > MAX_MESSAGE);
        let timeless = list
            .iter()
            .any(|condition| is_ours(subject, condition) && text(condition, "lastTransitionTime").is_empty());
        ensure(list.len() <= MAX_CONDITIONS.max(foreign) && !long && !timeless, || format!("{}: {list:?}", said()))
    })?;
    Ok(merged)
}

/// Two controllers that write in turn stop.
fn settles<S: Status>(stored: S, ours: &Desired<S>, theirs: &Desired<S>) -> Result<(), String> {
    let mut status = stored;
    let mut idle = 0;
    for desired in [ours, theirs].into_iter().cycle().take(8) {
        match merge(Some(&status), desired, &Timestamp::new(NOW)) {
            Some(merged) => (status, idle) = (merged, 0),
            None => idle += 1,
        }
    }
    ensure(idle >= 2, || format!("{} and {} never stop", written(&ours.status), written(&theirs.status)))
}

/// What a list of conditions is drawn for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conditions {
    /// Whatever somebody wrote.
    Stored,
    /// What a controller wants: its own types, each once, without times.
    Desired,
}

fn list(source: &mut dyn Source, subject: ConditionSubject, which: Conditions) -> Vec<Value> {
    let legal: Vec<LegalCondition> = LegalCondition::all().filter(|legal| legal.subject() == subject).collect();
    let mut list: Vec<Value> = Vec::new();
    for _ in 0..source.below(11) {
        let Some(legal) = source.one_of(&legal) else { continue };
        let foreign = ["example.com/Fast", "Odd", "Ready", "a", "b", "c", "d", "e"];
        let kind = match which {
            Conditions::Stored if source.chance(40) => source.word(&foreign),
            _ => legal.condition().as_str(),
        };
        // Long ones are rare, since they are slow.
        let message = match source.below(128) {
            126 => "é".repeat(MAX_MESSAGE / 2 + source.below(4)),
            127 => "m".repeat(MAX_MESSAGE + source.below(3)),
            n => "m".repeat(n % 3),
        };
        let mut condition = json!({"type": kind, "status": ConditionStatus::from(legal.truth()).as_str(), "reason": legal.reason().as_str(), "message": message});
        match which {
            Conditions::Stored => {
                set(
                    &mut condition,
                    "lastTransitionTime",
                    json!(source.word(&["2026-01-01T00:00:00Z", "long ago", ""])),
                );
                if source.chance(80) {
                    set(&mut condition, "observedGeneration", json!(source.weighted(&[(8, 3), (4, 2), (1, 4)])));
                }
                if source.chance(10) {
                    set(&mut condition, "severity", json!({"level": [source.below(4)]}));
                }
            }
            Conditions::Desired => {
                let wanted = ConditionInfo::find(subject, kind).is_some_and(ConditionInfo::is_written);
                if !wanted || list.iter().any(|other| text(other, "type") == kind) {
                    continue;
                }
                set(&mut condition, "lastTransitionTime", json!(""));
                set(&mut condition, "observedGeneration", json!(3));
            }
        }
        list.push(condition);
    }
    list
}

fn entry(
    source: &mut dyn Source,
    reference: &str,
    controllers: &[&str],
    subject: ConditionSubject,
    which: Conditions,
) -> Value {
    let mut named = json!({"name": source.word(&["a", "b", "c", "d"])});
    if source.chance(50) {
        set(&mut named, "port", json!(source.below(16)));
    }
    if source.chance(20) {
        set(&mut named, "namespace", json!(source.word(&["shop", "other"])));
    }
    if source.chance(20) {
        set(&mut named, "sectionName", json!(source.word(&["web", ""])));
    }
    if which == Conditions::Stored && source.chance(5) {
        set(&mut named, "since", json!({"v": ["9"]}));
    }
    let mut entry = json!({reference: named, "controllerName": source.word(controllers)});
    // `conditions` may be left out, or empty.
    if which == Conditions::Desired || source.chance(90) {
        let conditions = list(source, subject, which);
        if which == Conditions::Stored || !conditions.is_empty() {
            set(&mut entry, "conditions", json!(conditions));
        }
    }
    if which == Conditions::Stored && source.chance(5) {
        set(&mut entry, "since", json!(7));
    }
    entry
}

fn desired<S: Status>(status: Value, controllers: &[&str], overflow: Overflow) -> Result<Desired<S>, String> {
    let object = ObjectKey::new(ResourceKind::HttpRoute, "shop", "x");
    let mut desired =
        Desired::new(object, Some(3), Controllers::from_iter(controllers.iter().copied()), read(&status)?);
    desired.overflow = overflow;
    Ok(desired)
}

fn read<S: Status>(status: &Value) -> Result<S, String> {
    S::deserialize(status).map_err(|problem| format!("{status}: {problem}"))
}

fn written<S: Status>(status: &S) -> Value {
    serde_json::to_value(status).unwrap_or_default()
}

/// The lists of conditions that are ours to bound, with what they are about.
fn conditions_of(status: &Value, subject: ConditionSubject) -> Vec<(ConditionSubject, Vec<Value>)> {
    let inner = match subject {
        ConditionSubject::Gateway => ConditionSubject::Listener,
        ConditionSubject::ListenerSet => ConditionSubject::ListenerEntry,
        other => other,
    };
    let list = |value: &Value| value.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let lists = ["parents", "ancestors", "listeners"].into_iter().filter_map(|name| status.get(name)?.as_array());
    let mut all = vec![(subject, list(status))];
    let is_foreign = |entry: &&Value| entry.get("controllerName").is_some_and(|name| name != OURS);
    all.extend(lists.flatten().filter(|entry| !is_foreign(entry)).map(|entry| (inner, list(entry))));
    all
}

/// A condition of a type that controllers write there.
fn is_ours(subject: ConditionSubject, condition: &Value) -> bool {
    ConditionInfo::find(subject, text(condition, "type")).is_some_and(ConditionInfo::is_written)
}

/// RFC 7386.
fn patched(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            let before = target.remove(&name).unwrap_or_default();
            target.insert(name, patched(before, value));
        }
    }
    target.into()
}

/// How many parents the entries are about.
fn distinct(entries: &[Value], reference: &str) -> usize {
    let key = |entry: &Value| {
        let named = entry.get(reference).cloned().unwrap_or_default();
        let namespace = named.get("namespace").and_then(Value::as_str).unwrap_or("shop").to_owned();
        let rest =
            ["name", "port", "sectionName"].map(|field| named.get(field).cloned().unwrap_or_default().to_string());
        (namespace, rest)
    };
    entries.iter().map(key).collect::<std::collections::BTreeSet<_>>().len()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn set(value: &mut Value, field: &str, to: Value) {
    if let Value::Object(map) = value {
        map.insert(field.to_owned(), to);
    }
}
