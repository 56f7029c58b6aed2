//! A controller in miniature: it watches what decisions look at, keeps a router for each of its
//! Gateways fresh, and writes statuses, each with the smallest patch or not at all.
//!
//! [`run`] is all of it; its parts are public so that they can be tested without a cluster.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::stream::{self, BoxStream, Stream, StreamExt};
use gateway_match::{Profile, Router, Topology};
use gateway_model::*;
use gateway_status::{DataPlane, Desired, Reporter, Status, affected, api_version, merge, merge_patch};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::jiff;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Error};
use serde::de::DeserializeOwned;

/// How many kinds are watched.
const KINDS: usize = 15;
/// How long changes are gathered before they are acted upon.
const QUIET: Duration = Duration::from_millis(50);

/// What happened to the objects that are watched.
#[derive(Debug)]
pub enum Change {
    /// An object is there, new or changed.
    Put(AnyObject),
    /// An object is gone.
    Remove(ObjectKey),
    /// These are all the objects of a kind.
    Listed(ResourceKind, BTreeSet<ObjectKey>),
}

/// The state of the controller: what it has seen, and what it made of it.
pub struct Controller {
    client: Client,
    word: DataPlane,
    resources: Resources,
    /// The objects that have changed since the topology was made.
    changed: BTreeSet<ObjectKey>,
    topology: Topology,
    routers: BTreeMap<ObjectKey, Router>,
    /// The objects whose statuses are to be computed and written.
    due: BTreeSet<ObjectKey>,
}

impl Controller {
    /// A controller that has seen nothing yet. `word` is what its data plane says.
    pub fn new(client: Client, profile: Profile, word: DataPlane) -> Self {
        let resources = Resources::new();
        let topology = Topology::resolve(&resources, &profile);
        let (changed, routers, due) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Controller { client, word, resources, changed, topology, routers, due }
    }

    /// The routers of our Gateways, for the data plane.
    pub fn routers(&self) -> &BTreeMap<ObjectKey, Router> {
        &self.routers
    }

    /// Takes note of a change.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Put(object) => {
                self.changed.insert(object.key());
                self.resources.insert_any(object);
            }
            Change::Remove(key) => {
                self.resources.remove(&key);
                self.changed.insert(key);
            }
            Change::Listed(kind, keys) => {
                let known: Vec<ObjectKey> = self.resources.iter_any().map(|object| object.key()).collect();
                for key in known.into_iter().filter(|key| key.kind == kind && !keys.contains(key)) {
                    self.apply(Change::Remove(key));
                }
            }
        }
    }

    /// Makes routers and statuses of what was seen since the last time, and writes the statuses that
    /// differ. Says how many were written. The cost is that of what the changes affect.
    ///
    /// # Errors
    ///
    /// A write that failed, a conflict among them: what changed comes as a change, and the next
    /// call tries again.
    pub async fn reconcile(&mut self, now: &Timestamp) -> Result<usize, Error> {
        let update = self.topology.apply(&self.resources, std::mem::take(&mut self.changed));
        self.due.extend(affected(&update));
        let topology = update.topology();
        for gateway in update.rerouted().iter().filter(|parent| parent.kind == ResourceKind::Gateway) {
            let router = match self.routers.remove(gateway) {
                Some(previous) => update.router(gateway, &previous),
                None => topology.router(gateway),
            };
            self.routers.extend(router.map(|router| (gateway.clone(), router)));
        }
        self.topology = update.into_topology();

        let reporter = Reporter::new(&self.resources, &self.topology, &self.word);
        let writer = Writer { client: &self.client, resources: &self.resources, now };
        let mut written = 0;
        while let Some(key) = self.due.first() {
            written += match key.kind {
                ResourceKind::GatewayClass => writer.write(reporter.gateway_class(key)).await?,
                ResourceKind::Gateway => writer.write(reporter.gateway(key)).await?,
                ResourceKind::ListenerSet => writer.write(reporter.listener_set(key)).await?,
                ResourceKind::BackendTlsPolicy => writer.write(reporter.policy(key)).await?,
                _ => writer.write(reporter.route(key)).await?,
            };
            self.due.pop_first();
        }
        Ok(written)
    }
}

/// Writes statuses.
struct Writer<'a> {
    client: &'a Client,
    resources: &'a Resources,
    now: &'a Timestamp,
}

impl Writer<'_> {
    /// Writes a status if it differs from what is stored. The patch holds the resourceVersion that
    /// was seen, so that nobody's write in between is lost.
    async fn write<S: Status>(&self, desired: Option<Desired<S>>) -> Result<usize, Error> {
        let Some(desired) = desired else { return Ok(0) };
        let key = &desired.object;
        let stored = S::stored(self.resources, key);
        let Some(merged) = merge(stored, &desired, self.now) else { return Ok(0) };
        let mut patch = merge_patch(stored, &merged);
        let version = self.resources.get_any(key).and_then(|object| object.metadata().resource_version.clone());
        if let (Some(version), Some(patch)) = (version, patch.as_object_mut()) {
            patch.insert("metadata".to_owned(), serde_json::json!({"resourceVersion": version}));
        }
        let group_version = api_version(key.kind);
        let (group, version) = group_version.split_once('/').unwrap_or(("", &group_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, key.kind.as_str()));
        let api: Api<DynamicObject> = if key.kind.is_namespaced() {
            Api::namespaced_with(self.client.clone(), &key.namespace, &resource)
        } else {
            Api::all_with(self.client.clone(), &resource)
        };
        api.patch_status(&key.name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(1)
    }
}

/// Everything that happens to the objects that decisions look at.
pub fn changes(client: &Client) -> impl Stream<Item = Result<Change, watcher::Error>> + use<> {
    stream::select_all([
        watch::<GatewayClass>(client),
        watch::<Gateway>(client),
        watch::<ListenerSet>(client),
        watch::<HttpRoute>(client),
        watch::<GrpcRoute>(client),
        watch::<TlsRoute>(client),
        watch::<TcpRoute>(client),
        watch::<UdpRoute>(client),
        watch::<BackendTlsPolicy>(client),
        watch::<ReferenceGrant>(client),
        watch::<Namespace>(client),
        watch::<Service>(client),
        watch::<EndpointSlice>(client),
        watch::<Secret>(client),
        watch::<ConfigMap>(client),
    ])
}

/// What happens to the objects of one kind.
fn watch<T>(client: &Client) -> BoxStream<'static, Result<Change, watcher::Error>>
where
    T: Stored + Into<AnyObject> + kube::Resource<DynamicType = ()> + DeserializeOwned + Debug + Send + Sync,
{
    let api: Api<T> = Api::all(client.clone());
    let mut listed = BTreeSet::new();
    watcher(api, watcher::Config::default())
        .filter_map(move |event| {
            let change = event.map(|event| match event {
                Event::Apply(object) => Some(Change::Put(object.into())),
                Event::Delete(object) => Some(Change::Remove(object.into().key())),
                Event::Init => {
                    listed.clear();
                    None
                }
                Event::InitApply(object) => {
                    let object = object.into();
                    listed.insert(object.key());
                    Some(Change::Put(object))
                }
                Event::InitDone => Some(Change::Listed(T::RESOURCE_KIND, std::mem::take(&mut listed))),
            });
            std::future::ready(change.transpose())
        })
        .boxed()
}

/// Watches and writes until the stream of changes ends.
///
/// Nothing is written before every kind has been listed once: half a cluster would be reported as
/// full of references that do not resolve.
///
/// # Errors
///
/// None that ends it: a watch or a write that fails is told to `tell` and tried again.
pub async fn run(mut controller: Controller, mut tell: impl FnMut(&dyn std::error::Error)) {
    let mut changes = Box::pin(changes(&controller.client));
    let mut listed = BTreeSet::new();
    let mut due = false;
    loop {
        let next = tokio::time::timeout(QUIET, changes.next());
        match next.await {
            Ok(None) => return,
            Ok(Some(Ok(change))) => {
                if let Change::Listed(kind, _) = &change {
                    listed.insert(*kind);
                }
                controller.apply(change);
                due = true;
            }
            Ok(Some(Err(problem))) => tell(&problem),
            // Nothing happened for a while: what was gathered is acted upon.
            Err(_) if due && listed.len() == KINDS => match controller.reconcile(&now()).await {
                Ok(_) => due = false,
                Err(problem) => tell(&problem),
            },
            Err(_) => {}
        }
    }
}

/// The time, as statuses have it.
fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    Timestamp::new(time.unwrap_or_default().to_string())
}
