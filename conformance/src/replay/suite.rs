//! The folder with upstream's tests, and the replay of one.

use std::io;
use std::path::{Path, PathBuf};

use gateway_match::{Profile, Topology};
use gateway_model::{Feature, FeatureSet, ObjectKey, ResourceKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::beyond::Beyond;
use super::check::{Aspect, Failure, Front, check_grpc, check_http, check_marks, check_stream, check_weights};
use super::cluster::{CONTROLLER, Certificates, Cluster, ClusterError};
use super::expectation::{Call, Expect, Generated, Step, Test};
use super::report::TestReport;
use super::status::check_status;

/// The folder with upstream's tests as data: expectations, manifests, and what all tests share.
#[derive(Clone, Debug)]
pub struct Suite {
    folder: PathBuf,
    generated: Vec<Generated>,
}

/// Why a file of the suite cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct SuiteError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: SuiteProblem,
}

/// What is wrong with a file of the suite.
#[derive(Debug, thiserror::Error)]
pub enum SuiteProblem {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not what it should be.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Its objects make no cluster.
    #[error("{0}")]
    Cluster(#[from] ClusterError),
}

#[derive(Deserialize)]
struct Shared {
    setup: Setup,
}

#[derive(Deserialize)]
struct Setup {
    generated: Vec<Generated>,
}

impl Suite {
    /// Opens the folder.
    ///
    /// # Errors
    ///
    /// What all tests share cannot be read.
    pub fn open(folder: &Path) -> Result<Self, SuiteError> {
        let shared: Shared = read_json(&folder.join("common.json"))?;
        Ok(Suite { folder: folder.to_owned(), generated: shared.setup.generated })
    }

    /// The tests with the names of their files, by name.
    ///
    /// # Errors
    ///
    /// A test that cannot be read.
    pub fn tests(&self) -> Result<Vec<(String, Test)>, SuiteError> {
        let folder = self.folder.join("expectations");
        let entries = std::fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> =
            at(&folder, entries)?.into_iter().map(|entry| entry.path()).filter(|path| is_json(path)).collect();
        paths.sort();
        paths
            .iter()
            .map(|path| {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                Ok((name, read_json(path)?))
            })
            .collect()
    }

    /// The cluster as a test finds it.
    ///
    /// # Errors
    ///
    /// A manifest that cannot be read.
    pub fn cluster(&self, test: &Test, certificates: &mut dyn Certificates) -> Result<Cluster, SuiteError> {
        let mut cluster = Cluster::new();
        for manifest in std::iter::once(test.base.manifest()).chain(test.manifests.iter().map(String::as_str)) {
            let path = self.folder.join("manifests").join(manifest);
            let text = at(&path, std::fs::read_to_string(&path))?;
            at(&path, cluster.load(&text))?;
        }
        for wanted in &self.generated {
            at(&self.folder, cluster.generate(wanted, certificates))?;
        }
        Ok(cluster)
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn at<T, E: Into<SuiteProblem>>(path: &Path, result: Result<T, E>) -> Result<T, SuiteError> {
    result.map_err(|problem| SuiteError { path: path.to_owned(), problem: problem.into() })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, SuiteError> {
    let text = at(path, std::fs::read_to_string(path))?;
    at(path, serde_json::from_str(&text))
}

/// Replays a test in the cluster as the test finds it.
pub fn replay(name: &str, test: &Test, mut cluster: Cluster, certificates: &mut dyn Certificates) -> TestReport {
    let profile = Profile::new().controller(CONTROLLER);
    let mut report = TestReport { name: name.to_owned(), ..TestReport::default() };
    report.failures.extend(unsupported(&profile, &test.features, ""));
    for step in &test.steps {
        report.failures.extend(unsupported(&profile, &step.requires, &step.name));
        if let Err(problem) = replay_step(step, &mut cluster, &profile, certificates, &mut report) {
            report.broken = Some(format!("{}: {problem}", step.name));
            break;
        }
    }
    report
}

/// The features that are not supported, as failures: every test counts for this library.
fn unsupported(profile: &Profile, features: &[String], step: &str) -> impl Iterator<Item = (String, Failure)> {
    features
        .iter()
        .filter(|name| !name.parse().is_ok_and(|feature: Feature| profile.supports(feature)))
        .map(|name| Failure { aspect: Aspect::Feature, reason: format!("{name} is not supported") })
        .map(|failure| (step.to_owned(), failure))
}

fn replay_step(
    step: &Step,
    cluster: &mut Cluster,
    profile: &Profile,
    certificates: &mut dyn Certificates,
    report: &mut TestReport,
) -> Result<(), ClusterError> {
    for object in &step.apply {
        cluster.apply(object.clone())?;
    }
    for patch in &step.patch {
        cluster.patch(patch)?;
    }
    for name in &step.delete {
        cluster.delete(name);
    }
    for wanted in &step.secrets {
        cluster.generate(wanted, certificates)?;
    }
    cluster.write_statuses(profile)?;
    check_expectations(&step.name, &step.expect, cluster, profile, report)
}

fn check_expectations(
    step: &str,
    expectations: &[Expect],
    cluster: &Cluster,
    profile: &Profile,
    report: &mut TestReport,
) -> Result<(), ClusterError> {
    let mut topology = None;
    for expect in expectations {
        if let Expect::Unless { features, then } = expect {
            let (mut without, profile) = (cluster.clone(), without(profile, features));
            without.write_statuses(&profile)?;
            check_expectations(step, then, &without, &profile, report)?;
            continue;
        }
        if let Some(beyond) = Beyond::of(expect) {
            *report.skipped.entry(beyond).or_default() += 1;
            continue;
        }
        let topology = match &topology {
            Some(topology) => topology,
            None => &*topology.insert(Topology::resolve(&cluster.resources()?, profile)),
        };
        match checked(expect, topology, cluster) {
            Ok(()) => report.held += 1,
            Err(failure) => report.failures.push((step.to_owned(), failure)),
        }
    }
    Ok(())
}

/// The profile without features that it might support.
fn without(profile: &Profile, features: &[String]) -> Profile {
    let supported = features
        .iter()
        .filter_map(|name| name.parse().ok())
        .fold(profile.supported_features(), |set: FeatureSet, feature| set.without(feature));
    profile.clone().features(supported)
}

fn checked(expect: &Expect, topology: &Topology, cluster: &Cluster) -> Result<(), Failure> {
    match expect {
        Expect::Http(expected) => check_http(expected, &front(topology, cluster, &expected.call)?),
        Expect::Grpc(expected) => check_grpc(expected, &front(topology, cluster, &expected.call)?),
        Expect::Stream(expected) => check_stream(expected, &front(topology, cluster, &expected.call)?),
        Expect::Weights(expected) => check_weights(expected, &front(topology, cluster, &expected.call)?),
        Expect::Mark(expected) => check_marks(expected, &front(topology, cluster, &expected.call)?),
        Expect::Status(expected) => check_status(expected, cluster),
        Expect::Unless { .. } => Ok(()),
        Expect::Other(expected) => {
            let reason = format!("nobody knows how to replay this, or why not: {}", expected.value);
            Err(Failure { aspect: Aspect::Unknown, reason })
        }
    }
}

/// The parent that a client dials.
fn front<'a>(topology: &'a Topology, cluster: &'a Cluster, call: &Call) -> Result<Front<'a>, Failure> {
    let object = &call.parent.object;
    let namespace = object.namespace.as_deref().unwrap_or("");
    let key = |kind| ObjectKey::new(kind, namespace, object.name.as_str());
    let (router, shown) = match object.kind.as_str() {
        "Gateway" => {
            let gateway = key(ResourceKind::Gateway);
            let shown = topology.gateway(&gateway).and_then(|node| node.client_certificate()?.ok());
            (topology.router(&gateway), shown)
        }
        "Service" => {
            let from = call.from.as_ref().map_or(namespace, |client| client.namespace.as_str());
            (topology.mesh_router(&key(ResourceKind::Service), from), None)
        }
        _ => (None, None),
    };
    let absent = || Failure { aspect: Aspect::Decision, reason: format!("{object} is nothing that clients dial") };
    let authority = call.request.client_cert.as_deref().and_then(|name| cluster.authority_of(name));
    Ok(Front { shown, authority, ..Front::new(router.ok_or_else(absent)?) })
}
