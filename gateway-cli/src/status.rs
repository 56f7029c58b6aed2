//! The verb `status`: what a conformant controller writes.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use gateway_match::Topology;
use gateway_model::yaml::to_yaml;
use gateway_model::{
    Condition, ConditionType, GatewayClassStatus, GatewayStatus, ListenerSetStatus, ListenerStatus, ObjectKey,
    ParentReference, PolicyStatus, Resources, RouteStatus, Timestamp, XMeshStatus,
};
use gateway_status::{Controllers, DataPlane, Desired, Reporter, Status, api_version, merge};
use k8s_openapi::jiff;
use serde_json::{Map, Value, json};

use crate::args::{Format, StatusArguments};
use crate::console::{self, Paint};
use crate::input::Input;
use crate::text::status as text;

/// The controllerName for Gateways whose class is not in the input, and for meshes.
const FALLBACK_CONTROLLER: &str = "example.com/gwapi";
/// The address of a Gateway that asks for none, where no flag says which there are (RFC 5737).
const FALLBACK_ADDRESS: &str = "192.0.2.1";

/// Runs the verb.
pub(crate) fn run(arguments: &StatusArguments) -> ExitCode {
    let profile = match arguments.input.profile() {
        Ok(profile) => profile,
        Err(problem) => {
            console::error(problem);
            return console::finish(Ok(()), false);
        }
    };
    let input = Input::read(&arguments.input.manifests);
    let topology = Topology::resolve(&input.resources, &profile);
    let word = arguments
        .addresses
        .iter()
        .fold(DataPlane::new().default_address(FALLBACK_ADDRESS), |word, address| word.address(address));
    let now = arguments.now.unwrap_or_else(clock);
    let reporter =
        Reporter::new(&input.resources, &topology, &word).fallback_controller(FALLBACK_CONTROLLER).now(now.as_second());
    let now = Timestamp::new(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());

    let items = items(&reporter, &input.resources, &now);
    let findings = items.iter().flat_map(|item| &item.places).filter(|place| place.findings().next().is_some()).count();
    console::finish_with_findings(write(&items, arguments.answer.output, findings), input.complete, findings)
}

/// The time, in whole seconds as statuses have it.
fn clock() -> jiff::Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_default()
}

/// An object with the status that it should have.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) object: ObjectKey,
    generation: Option<i64>,
    status: Value,
    pub(crate) places: Vec<Place>,
}

/// A part of a status with conditions of ours: the object itself, a listener, a parent.
#[derive(Debug)]
pub(crate) struct Place {
    /// Which part; empty for the object itself.
    pub(crate) name: String,
    /// What there is to tell beside the conditions.
    pub(crate) facts: String,
    pub(crate) conditions: Vec<Condition>,
}

impl Place {
    fn new(name: impl Into<String>, facts: impl Into<String>, conditions: &[Condition]) -> Self {
        Place { name: name.into(), facts: facts.into(), conditions: conditions.to_vec() }
    }

    /// The conditions that say that something is wrong.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(|condition| {
            let is_true = condition.status.as_str() == "True";
            match condition.r#type.parse() {
                Ok(ConditionType::Accepted | ConditionType::ResolvedRefs | ConditionType::Programmed) => !is_true,
                Ok(ConditionType::Conflicted | ConditionType::PartiallyInvalid) => is_true,
                _ => false,
            }
        })
    }

    /// The conditions that are worth a look, though nothing is wrong.
    pub(crate) fn cautions(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(|condition| {
            let is_true = condition.status.as_str() == "True";
            match condition.r#type.parse() {
                Ok(ConditionType::OverlappingTlsConfig | ConditionType::InsecureFrontendValidationMode) => is_true,
                Ok(ConditionType::SupportedVersion) => !is_true,
                _ => false,
            }
        })
    }
}

/// Every object of ours that has a status, by kind, namespace and name.
fn items(reporter: &Reporter<'_>, resources: &Resources, now: &Timestamp) -> Vec<Item> {
    let one = Merger { resources, now };
    let mut items: Vec<Item> = std::iter::empty()
        .chain(reporter.gateway_classes().filter_map(|desired| one.merge(&desired)))
        .chain(reporter.gateways().filter_map(|desired| one.merge(&desired)))
        .chain(reporter.listener_sets().filter_map(|desired| one.merge(&desired)))
        .chain(reporter.routes().filter_map(|desired| one.merge(&desired)))
        .chain(reporter.policies().filter_map(|desired| one.merge(&desired)))
        .chain(reporter.meshes().filter_map(|desired| one.merge(&desired)))
        .collect();
    items.sort_by(|a, b| a.object.cmp(&b.object));
    items
}

struct Merger<'a> {
    resources: &'a Resources,
    now: &'a Timestamp,
}

impl Merger<'_> {
    /// The status of an object; nothing if nothing of it is ours, now or before.
    fn merge<S: Status + Places>(&self, desired: &Desired<S>) -> Option<Item> {
        let stored = S::stored(self.resources, &desired.object);
        let merged = match (merge(stored, desired, self.now), stored) {
            (Some(merged), _) => merged,
            (None, Some(stored)) if desired.status != S::default() => stored.clone(),
            (None, _) => return None,
        };
        Some(Item {
            object: desired.object.clone(),
            generation: desired.generation,
            places: merged.places(&desired.controllers),
            status: serde_json::to_value(&merged).unwrap_or_default(),
        })
    }
}

/// A status in its parts.
trait Places {
    fn places(&self, ours: &Controllers) -> Vec<Place>;
}

impl Places for GatewayClassStatus {
    fn places(&self, _: &Controllers) -> Vec<Place> {
        vec![Place::new("", "", &self.conditions)]
    }
}

impl Places for XMeshStatus {
    fn places(&self, _: &Controllers) -> Vec<Place> {
        vec![Place::new("", "", &self.conditions)]
    }
}

impl Places for GatewayStatus {
    fn places(&self, _: &Controllers) -> Vec<Place> {
        let addresses: Vec<&str> = self.addresses.iter().map(|address| address.value.as_str()).collect();
        let own = Place::new("", addresses.join(" "), &self.conditions);
        std::iter::once(own).chain(self.listeners.iter().map(listener)).collect()
    }
}

impl Places for ListenerSetStatus {
    fn places(&self, _: &Controllers) -> Vec<Place> {
        std::iter::once(Place::new("", "", &self.conditions)).chain(self.listeners.iter().map(listener)).collect()
    }
}

impl Places for RouteStatus {
    fn places(&self, ours: &Controllers) -> Vec<Place> {
        let ours = self.parents.iter().filter(|entry| ours.contains(&entry.controller_name));
        ours.map(|entry| Place::new(reference(&entry.parent_ref), "", &entry.conditions)).collect()
    }
}

impl Places for PolicyStatus {
    fn places(&self, ours: &Controllers) -> Vec<Place> {
        let ours = self.ancestors.iter().filter(|entry| ours.contains(&entry.controller_name));
        ours.map(|entry| Place::new(reference(&entry.ancestor_ref), "", &entry.conditions)).collect()
    }
}

fn listener(status: &ListenerStatus) -> Place {
    let routes = match status.attached_routes {
        1 => "1 route".to_owned(),
        count => format!("{count} routes"),
    };
    Place::new(format!("listener {}", status.name), routes, &status.conditions)
}

/// A reference, as short as it is clear.
fn reference(reference: &ParentReference) -> String {
    let mut text = format!("at {} ", reference.kind());
    if let Some(namespace) = &reference.namespace {
        text.push_str(&format!("{namespace}/"));
    }
    text.push_str(&reference.name);
    if let Some(section) = &reference.section_name {
        text.push_str(&format!(", {section}"));
    }
    if let Some(port) = reference.port {
        text.push_str(&format!(", port {port}"));
    }
    text
}

fn write(items: &[Item], format: Format, findings: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match format {
        Format::Text => out.write_all(text::table(items, findings, Paint::for_stream(&io::stdout())).as_bytes())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &list(items))?;
            out.write_all(b"\n")?;
        }
        Format::Yaml => out.write_all(to_yaml(&list(items)).as_bytes())?,
    }
    out.flush()
}

/// The objects as a `List`, each with its name and status.
fn list(items: &[Item]) -> Value {
    let items: Vec<Value> = items.iter().map(object).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn object(item: &Item) -> Value {
    let key = &item.object;
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), (*key.name).into());
    if key.kind.is_namespaced() {
        metadata.insert("namespace".to_owned(), (*key.namespace).into());
    }
    if let Some(generation) = item.generation {
        metadata.insert("generation".to_owned(), generation.into());
    }
    json!({"apiVersion": api_version(key.kind), "kind": key.kind.as_str(), "metadata": metadata, "status": item.status})
}
