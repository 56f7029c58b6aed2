//! The verb `features`: what the manifests need of an implementation, and what one does not claim.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use gateway_model::yaml::to_yaml;
use gateway_model::{Feature, FeatureSet, FeatureSupport, Need, needs};
use serde_json::{Map, Value, json};

use crate::args::{FeaturesArguments, Format};
use crate::console::{self, Paint};
use crate::input::Input;
use crate::text::features as text;

mod report;

use report::Report;

/// Runs the verb.
pub(crate) fn run(arguments: &FeaturesArguments) -> ExitCode {
    let claims = match claims(arguments) {
        Ok(claims) => claims,
        Err(problem) => {
            console::error(problem);
            return console::finish(Ok(()), false);
        }
    };
    let input = Input::read(&arguments.manifests);
    let answer = Answer { features: by_feature(needs(&input.resources)), claims };
    let missing = answer.missing().count();
    console::finish_with_findings(write(&answer, arguments.answer.output), input.complete, missing)
}

/// The features that the manifests need, and what is known of who should have them.
pub(crate) struct Answer {
    pub(crate) features: Vec<Needed>,
    pub(crate) claims: Option<Claims>,
}

/// A feature with every place that needs it: at least one.
pub(crate) struct Needed {
    pub(crate) feature: Feature,
    pub(crate) needs: Vec<Need>,
}

/// What an implementation says of itself.
pub(crate) enum Claims {
    /// In a conformance report.
    Report(Report),
    /// On the command line.
    List(FeatureSet),
}

/// What an implementation says of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Claimed,
    /// It says that it has not got it.
    Unsupported,
    /// It says nothing: its report may be older than the feature, or of other profiles.
    Unmentioned,
}

impl Claims {
    fn of(&self, feature: Feature) -> Claim {
        let (claimed, unsupported) = match self {
            Claims::Report(report) => (report.claimed, report.unsupported),
            Claims::List(list) => (*list, FeatureSet::none()),
        };
        match (claimed.contains(feature), unsupported.contains(feature)) {
            (true, _) => Claim::Claimed,
            (false, true) => Claim::Unsupported,
            (false, false) => Claim::Unmentioned,
        }
    }
}

impl Answer {
    /// What is said of a feature; nothing if nobody was asked.
    pub(crate) fn claim(&self, feature: Feature) -> Option<Claim> {
        self.claims.as_ref().map(|claims| claims.of(feature))
    }

    pub(crate) fn missing(&self) -> impl Iterator<Item = &Needed> {
        self.features.iter().filter(|needed| self.claim(needed.feature).is_some_and(|claim| claim != Claim::Claimed))
    }
}

fn claims(arguments: &FeaturesArguments) -> Result<Option<Claims>, String> {
    if let Some(list) = arguments.features {
        return Ok(Some(Claims::List(list)));
    }
    let Some(path) = &arguments.report else { return Ok(None) };
    if path.as_os_str() == "-" && arguments.manifests.files.contains(path) {
        return Err("standard input cannot hold the manifests and the report".to_owned());
    }
    Report::read(path).map(Claims::Report).map(Some)
}

/// Needs come by feature.
fn by_feature(needs: Vec<Need>) -> Vec<Needed> {
    let mut features: Vec<Needed> = Vec::new();
    for need in needs {
        match features.last_mut().filter(|last| last.feature == need.feature) {
            Some(last) => last.needs.push(need),
            None => features.push(Needed { feature: need.feature, needs: vec![need] }),
        }
    }
    features
}

fn write(answer: &Answer, format: Format) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Text => out.write_all(text::table(answer, Paint::for_stream(&io::stdout())).as_bytes())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &to_json(answer))?;
            out.write_all(b"\n")?;
        }
        Format::Yaml => out.write_all(to_yaml(&to_json(answer)).as_bytes())?,
    }
    out.flush()
}

fn to_json(answer: &Answer) -> Value {
    let features: Vec<Value> = answer.features.iter().map(|needed| feature(needed, answer)).collect();
    let missing: Vec<&str> = answer.missing().map(|needed| needed.feature.as_str()).collect();
    let mut whole = Map::new();
    whole.insert("features".to_owned(), features.into());
    whole.insert("missing".to_owned(), missing.into());
    if let Some(Claims::Report(report)) = &answer.claims {
        whole.insert("report".to_owned(), report.to_json());
    }
    whole.into()
}

fn feature(needed: &Needed, answer: &Answer) -> Value {
    let feature = needed.feature;
    let claim = answer.claim(feature);
    json!({
        "feature": feature.as_str(),
        "support": match feature.support() {
            FeatureSupport::Core => "core",
            FeatureSupport::Extended => "extended",
        },
        "experimental": feature.is_experimental(),
        "claimed": claim.map(|claim| claim == Claim::Claimed),
        "claim": claim.map(|claim| match claim {
            Claim::Claimed => "claimed",
            Claim::Unsupported => "unsupported",
            Claim::Unmentioned => "unmentioned",
        }),
        "needs": needed.needs.iter().map(need).collect::<Vec<_>>(),
    })
}

fn need(need: &Need) -> Value {
    let key = &need.object;
    let namespace = key.kind.is_namespaced().then_some(&*key.namespace);
    json!({
        "object": {"kind": key.kind.as_str(), "namespace": namespace, "name": &*key.name},
        "path": need.path,
        "spec": need.spec,
    })
}
