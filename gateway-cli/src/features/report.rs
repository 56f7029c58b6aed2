//! Conformance reports: what an implementation claims.

use std::fs::File;
use std::io;
use std::path::Path;

use gateway_model::yaml::{Limits, read_documents};
use gateway_model::{Feature, FeatureSet, GATEWAY_GROUP};
use serde_json::{Value, json};

use crate::console;
use crate::input::{STDIN, read_bounded};
use crate::limits::MAX_BYTES;

/// What is taken from a ConformanceReport. spec: GEP-1709, `conformance/apis/v1`.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Project and version of the implementation.
    pub(crate) implementation: String,
    /// Version and channel of the Gateway API that it was tested with.
    pub(crate) api: String,
    /// The core features of profiles whose core tests succeeded, and the extended ones that are
    /// listed, whatever their tests said.
    pub(crate) claimed: FeatureSet,
    /// The extended features that it says it has not got.
    pub(crate) unsupported: FeatureSet,
    names: Value,
}

/// The core features of each profile. spec: `conformance/utils/suite/profiles.go` (v1.6.1); reports
/// of v1alpha1 have the shorter names.
const PROFILES: &[(&str, &[Feature])] = &[
    ("GATEWAY-GRPC", &[Feature::Gateway, Feature::ReferenceGrant, Feature::GrpcRoute]),
    ("GATEWAY-HTTP", &[Feature::Gateway, Feature::ReferenceGrant, Feature::HttpRoute]),
    ("GATEWAY-TCP", &[Feature::Gateway, Feature::ReferenceGrant, Feature::TcpRoute]),
    ("GATEWAY-TLS", &[Feature::Gateway, Feature::ReferenceGrant, Feature::TlsRoute]),
    ("GATEWAY-UDP", &[Feature::Gateway, Feature::ReferenceGrant, Feature::UdpRoute]),
    ("HTTP", &[Feature::Gateway, Feature::ReferenceGrant, Feature::HttpRoute]),
    ("MESH", &[Feature::Mesh, Feature::HttpRoute]),
    ("MESH-GRPC", &[Feature::Mesh, Feature::GrpcRoute]),
    ("MESH-HTTP", &[Feature::Mesh, Feature::HttpRoute]),
    ("TLS", &[Feature::Gateway, Feature::ReferenceGrant, Feature::TlsRoute]),
];

impl Report {
    /// Reads a file with one report; `-` is standard input. What weakens a claim is told on
    /// standard error.
    ///
    /// # Errors
    ///
    /// A text that names the file and what is wrong there.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let (name, bytes) = match path.as_os_str() == "-" {
            true => (STDIN.to_owned(), read_bounded(io::stdin().lock(), MAX_BYTES)),
            false => (path.display().to_string(), File::open(path).and_then(|file| read_bounded(file, MAX_BYTES))),
        };
        let bytes = bytes.map_err(|problem| format!("{name}: {}", console::cause(&problem)))?;
        let mut documents = read_documents(&bytes, &Limits::default().max_bytes(MAX_BYTES));
        let document = documents.next().ok_or_else(|| format!("{name}: no document"))?;
        let document = document.map_err(|problem| format!("{name}: {problem}"))?;
        if documents.next().is_some() {
            return Err(format!("{name}: more than one document, where one report is expected"));
        }
        Report::parse(&name, &document.value).map_err(|problem| format!("{name}: {problem}"))
    }

    fn parse(file: &str, report: &Value) -> Result<Self, String> {
        // One published report lacks an apiVersion; its kind says enough.
        let group = field(report, "apiVersion").as_str().and_then(|version| version.split('/').next());
        let is_ours = group.is_none_or(|group| group == GATEWAY_GROUP);
        if !is_ours || field(report, "kind") != "ConformanceReport" {
            return Err(format!("no ConformanceReport of {GATEWAY_GROUP}"));
        }
        let implementation = field(report, "implementation");
        let join = |parts: [&Value; 2]| {
            let texts: Vec<String> = parts.into_iter().map(plain).filter(|text| !text.is_empty()).collect();
            texts.join(" ")
        };
        let names = json!({
            "file": file,
            "organization": field(implementation, "organization"),
            "project": field(implementation, "project"),
            "version": field(implementation, "version"),
            "gatewayAPIVersion": field(report, "gatewayAPIVersion"),
            "gatewayAPIChannel": field(report, "gatewayAPIChannel"),
            "date": field(report, "date"),
        });
        let mut read = Report {
            implementation: join([field(implementation, "project"), field(implementation, "version")]),
            api: join([field(report, "gatewayAPIVersion"), field(report, "gatewayAPIChannel")]),
            claimed: FeatureSet::none(),
            unsupported: FeatureSet::none(),
            names,
        };
        for (index, profile) in list(report, "profiles", "profiles")?.iter().enumerate() {
            read.add_profile(file, profile, &format!("profiles[{index}]"))?;
        }
        Ok(read)
    }

    fn add_profile(&mut self, file: &str, profile: &Value, path: &str) -> Result<(), String> {
        let name = field(profile, "name").as_str().ok_or_else(|| format!("{path}.name: expected a string"))?;
        let result = |level: &Value, path: String| -> Result<String, String> {
            let result = field(level, "result").as_str().ok_or_else(|| format!("{path}.result: expected a string"))?;
            Ok(result.to_owned())
        };
        let core = result(field(profile, "core"), format!("{path}.core"))?;
        match PROFILES.iter().find(|(known, _)| *known == name) {
            None => console::warning(format_args!("{file}: {path}.name: no profile `{name}`: its core is not known")),
            Some((_, features)) if core == "success" => self.claim(features.iter().copied()),
            Some(_) => console::warning(format_args!(
                "{file}: {path}.core.result: {core}: the core features of {name} do not count as claimed"
            )),
        }
        let extended = field(profile, "extended");
        if extended.is_null() {
            return Ok(());
        }
        // Some reports list features without a result.
        let outcome = match field(extended, "result") {
            Value::Null => "none".to_owned(),
            _ => result(extended, format!("{path}.extended"))?,
        };
        if outcome != "success" {
            console::warning(format_args!(
                "{file}: {path}.extended.result: {outcome}: the extended features of {name} are claimed, but not proven"
            ));
        }
        self.claim(names(extended, "supportedFeatures", path)?.into_iter());
        let unsupported = names(extended, "unsupportedFeatures", path)?;
        self.unsupported = self.unsupported.iter().chain(unsupported).collect();
        Ok(())
    }

    fn claim(&mut self, features: impl Iterator<Item = Feature>) {
        self.claimed = features.fold(self.claimed, FeatureSet::with);
    }

    /// Who was tested with what.
    pub(crate) fn to_json(&self) -> Value {
        self.names.clone()
    }
}

/// The features in a list. Names that v1.6.1 does not have, which older and newer reports have, say
/// nothing about those that it has.
fn names(extended: &Value, key: &str, path: &str) -> Result<Vec<Feature>, String> {
    let path = format!("{path}.extended.{key}");
    if field(extended, key).is_null() {
        return Ok(Vec::new());
    }
    let names = list(extended, key, &path)?.iter().enumerate().map(|(index, name)| {
        let name = name.as_str().ok_or_else(|| format!("{path}[{index}]: expected a string"))?;
        Ok(name.parse().ok())
    });
    Ok(names.collect::<Result<Vec<Option<Feature>>, String>>()?.into_iter().flatten().collect())
}

fn field<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn list<'a>(value: &'a Value, key: &str, path: &str) -> Result<&'a Vec<Value>, String> {
    field(value, key).as_array().ok_or_else(|| format!("{path}: expected a list"))
}

/// A value as people wrote it: a version such as `1.28` is a number to YAML.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
