//! Routers that are exchanged while they route: every decision is the oracle's for the objects it was made on.
//!
//! One thread edits, a thousand times, and puts the next routers in place of the last. Two others route all the while, never
//! waiting for anything. The edits are the same for the same `GATEWAY_SEED`; how often each request is decided is not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, which may fail loudly")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;

use gateway_conformance::decide::{Decide, Engine, Naive, Outcome, PlainRequest};
use gateway_conformance::generate::{Case, Seed, Settings, Source};
use gateway_match::{Profile, Router, Topology, Update};
use gateway_model::{AnyObject, ObjectKey, ResourceKind, Resources};
use gateway_oracle::{Options, Oracle};

/// How many edits are made.
const EDITS: usize = 1_000;
/// How many requests are asked again and again.
const REQUESTS: usize = 20;
/// How many threads route.
const THREADS: usize = 2;
/// How many decisions each of them has made on a version before the next takes its place.
const AT_LEAST: u64 = (REQUESTS / THREADS) as u64;

/// Whose router answers: a Gateway's, or a Service's for the clients of a namespace.
type Parent = (ObjectKey, Option<String>);

/// A request, and the Gateway that it is sent to unless it dials a Service.
struct Question {
    gateway: ObjectKey,
    request: PlainRequest,
}

impl Question {
    fn parent(&self) -> Parent {
        match self.request.dialled() {
            Some((namespace, name, from)) => {
                (ObjectKey::new(ResourceKind::Service, namespace, name), Some(from.to_owned()))
            }
            None => (self.gateway.clone(), None),
        }
    }
}

/// What routes between two edits.
struct Version {
    number: usize,
    engines: BTreeMap<Parent, Engine>,
}

impl Version {
    fn decide(&self, question: &Question) -> Outcome {
        // The router is that of the Service already.
        let request = PlainRequest { service: None, ..question.request.clone() };
        self.engines.get(&question.parent()).unwrap().decide(&request)
    }
}

/// What the questions were answered on a version, by one thread, and how often.
#[derive(Default)]
struct Answers {
    outcomes: BTreeMap<usize, Outcome>,
    decisions: u64,
}

/// The cluster that is edited, with the routers that follow.
struct Cluster {
    resources: Resources,
    topology: Topology,
    routers: BTreeMap<Parent, Option<Router>>,
}

impl Cluster {
    fn new(resources: Resources, parents: impl Iterator<Item = Parent>) -> Self {
        let topology = Topology::resolve(&resources, &Profile::default());
        let routers = parents.map(|parent| (parent.clone(), made_anew(&topology, &parent))).collect();
        Cluster { resources, topology, routers }
    }

    /// One object comes, is replaced by another or goes.
    fn edit(&mut self, source: &mut dyn Source, pool: &[AnyObject]) {
        let mut object = &pool[source.below(pool.len())];
        while self.resources.get_any(&object.key()).as_ref() == Some(object) && source.below(3) > 0 {
            object = &pool[source.below(pool.len())];
        }
        let key = object.key();
        if self.resources.get_any(&key).as_ref() == Some(object) {
            self.resources.remove(&key);
        } else {
            self.resources.insert_any(object.clone());
        }
        let update = self.topology.apply(&self.resources, [key]);
        for (parent, router) in &mut self.routers {
            if router.is_none() || update.rerouted().contains(&parent.0) {
                *router = followed(&update, parent, router.as_ref());
            }
        }
        self.topology = update.into_topology();
    }

    fn version(&self, number: usize) -> Arc<Version> {
        let engine = |(parent, router): (&Parent, &Option<Router>)| (parent.clone(), Engine::of(router.clone()));
        Arc::new(Version { number, engines: self.routers.iter().map(engine).collect() })
    }
}

fn made_anew(topology: &Topology, (parent, from): &Parent) -> Option<Router> {
    match from {
        None => topology.router(parent),
        Some(from) => topology.mesh_router(parent, from),
    }
}

fn followed(update: &Update, parent: &Parent, previous: Option<&Router>) -> Option<Router> {
    match (previous, &parent.1) {
        (None, _) => made_anew(update.topology(), parent),
        (Some(previous), None) => update.router(&parent.0, previous),
        (Some(previous), Some(from)) => update.mesh_router(&parent.0, from, previous),
    }
}

/// Routes until told to stop, on whichever version is there, and keeps what each question was answered on each.
fn route(
    questions: &[Question],
    first: usize,
    current: &RwLock<Arc<Version>>,
    progress: &AtomicU64,
    stop: &AtomicBool,
) -> Vec<Answers> {
    let mut answers: Vec<Answers> = Vec::new();
    let mut next = first;
    while !stop.load(Ordering::Acquire) {
        let version = Arc::clone(&current.read().unwrap());
        let outcome = version.decide(&questions[next]);
        if answers.len() <= version.number {
            answers.resize_with(version.number + 1, Answers::default);
        }
        let of_version = &mut answers[version.number];
        let earlier = of_version.outcomes.entry(next).or_insert_with(|| outcome.clone());
        let request = &questions[next].request;
        assert_eq!(*earlier, outcome, "version {} answers twice, and differently: {request}", version.number);
        of_version.decisions += 1;
        if of_version.decisions >= AT_LEAST {
            // How many versions this thread has routed on often enough.
            progress.store(version.number as u64 + 1, Ordering::Release);
        }
        next = (next + 1) % questions.len();
    }
    answers
}

/// The objects of each version, and what each thread answered on it.
fn live(cluster: &mut Cluster, source: &mut dyn Source, pool: &[AnyObject], questions: &[Question]) -> Lived {
    let mut objects = vec![cluster.resources.clone()];
    let current = RwLock::new(cluster.version(0));
    let (progress, stop) = ([const { AtomicU64::new(0) }; THREADS], AtomicBool::new(false));
    let answers = thread::scope(|scope| {
        let threads: Vec<_> = progress
            .iter()
            .enumerate()
            .map(|(index, progress)| {
                let (current, stop) = (&current, &stop);
                scope.spawn(move || route(questions, index * questions.len() / THREADS, current, progress, stop))
            })
            .collect();
        for number in 1..=EDITS + 1 {
            // Not a matter of time: each thread has routed on the version before the next one comes.
            for (thread, progress) in threads.iter().zip(&progress) {
                while progress.load(Ordering::Acquire) < number as u64 && !thread.is_finished() {
                    thread::yield_now();
                }
            }
            if number <= EDITS {
                cluster.edit(source, pool);
                objects.push(cluster.resources.clone());
                *current.write().unwrap() = cluster.version(number);
            }
        }
        stop.store(true, Ordering::Release);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    Lived { objects, answers }
}

struct Lived {
    objects: Vec<Resources>,
    answers: Vec<Vec<Answers>>,
}

#[test]
fn every_decision_made_while_routers_are_exchanged_is_the_oracles() {
    let seed = std::env::var("GATEWAY_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let source: &mut dyn Source = &mut Seed::new(seed);
    // Many routes for few hosts and paths of one Gateway, so that an edit changes what some request is answered.
    let settings = Settings { routes: 6..=10, ..Settings::tie_heavy() };
    let settings = Settings { stream_routes: 1..=2, requests: 40..=40, ..settings.with_every_protocol() };
    let draws: Vec<Case> = (0..3).map(|_| Case::draw(source, &settings)).collect();
    let pool: Vec<AnyObject> = draws.iter().flat_map(|case| case.objects.iter().cloned()).collect();
    let mut gateways: Vec<ObjectKey> = draws.iter().flat_map(Case::gateways).collect();
    gateways.sort();
    gateways.dedup();
    // Mostly what some route takes when all is there.
    let all = Arc::new(Oracle::new(&pool.iter().cloned().collect(), Options::default()));
    let asked = draws.iter().flat_map(|case| &case.requests);
    let asked = asked.flat_map(|request| gateways.iter().map(move |gateway| (gateway, request)));
    let asked = asked.map(|(gateway, request)| Question { gateway: gateway.clone(), request: request.clone() });
    let is_taken =
        |question: &Question| Naive::of(Arc::clone(&all), &question.gateway).decide(&question.request).taken.is_some();
    let (taken, others): (Vec<Question>, Vec<Question>) = asked.partition(is_taken);
    let every = |questions: Vec<Question>, count: usize| {
        let step = questions.len() / count;
        questions.into_iter().step_by(step.max(1)).take(count)
    };
    let questions: Vec<Question> = every(taken, REQUESTS - 4).chain(every(others, 4)).collect();
    assert_eq!(questions.len(), REQUESTS);
    let mut cluster = Cluster::new(draws[0].resources(), questions.iter().map(Question::parent));
    let lived = live(&mut cluster, source, &pool, &questions);

    let (mut decisions, mut changes, mut taken) = (0, 0, 0);
    let mut last: BTreeMap<usize, Outcome> = BTreeMap::new();
    for (number, resources) in lived.objects.iter().enumerate() {
        let oracle = Arc::new(Oracle::new(resources, Options::default()));
        for (thread, versions) in lived.answers.iter().enumerate() {
            let answers = &versions[number];
            assert!(answers.decisions >= AT_LEAST, "thread {thread} hardly routed on version {number}");
            decisions += answers.decisions;
        }
        for (index, question) in questions.iter().enumerate() {
            let wanted = Naive::of(Arc::clone(&oracle), &question.gateway).decide(&question.request);
            for found in lived.answers.iter().filter_map(|versions| versions[number].outcomes.get(&index)) {
                let request = &question.request;
                assert_eq!(
                    *found, wanted,
                    "seed {seed}, version {number}, {} {request}\n  routed: {found}\n  oracle: {wanted}",
                    question.gateway
                );
            }
            taken += u64::from(wanted.taken.is_some());
            changes += u64::from(last.insert(index, wanted.clone()).is_some_and(|before| before != wanted));
        }
    }
    println!("{decisions} decisions on {} versions, {changes} changes of an answer", lived.objects.len());
    assert!(changes > EDITS as u64 / 2, "the edits changed only {changes} answers: they are no test");
    assert!(taken > EDITS as u64, "only {taken} questions met a route: they are no test");
}
