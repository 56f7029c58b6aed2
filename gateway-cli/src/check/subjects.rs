//! The objects of the files, judged one by one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use gateway_model::validation::{OtherKind, Report, Validation, validate_value};
use gateway_model::yaml::{Document, Limits, Positions, read_documents};
use gateway_model::{ResourceKind, UntypedObject, untyped_objects};
use serde_json::Value;

use super::entry::{Entry, Finding, Spot};
use crate::args::{CheckArguments, Warnings};
use crate::console;
use crate::input::{MAX_BYTES, STDIN, files, read_bounded};

/// What was judged.
#[derive(Debug)]
pub(super) struct Subjects {
    /// An entry for each object of a kind of the Gateway API, in the order of the files.
    pub(super) entries: Vec<Entry>,
    /// Whether everything could be read.
    pub(super) complete: bool,
}

impl Subjects {
    /// Reads and judges every object; what cannot be read is told on standard error.
    pub(super) fn read(arguments: &CheckArguments) -> Self {
        let mut judge = Judge {
            arguments,
            validation: Validation::new(arguments.channel.into()),
            limits: Limits::default().max_bytes(MAX_BYTES),
            entries: Vec::new(),
            passed_over: BTreeMap::new(),
            complete: true,
        };
        for path in &arguments.files {
            judge.read_path(path);
        }
        judge.tell_passed_over();
        Subjects { entries: judge.entries, complete: judge.complete }
    }
}

struct Judge<'a> {
    arguments: &'a CheckArguments,
    validation: Validation<'static>,
    limits: Limits,
    entries: Vec<Entry>,
    passed_over: BTreeMap<String, usize>,
    complete: bool,
}

impl Judge<'_> {
    fn read_path(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            return self.read_bytes(STDIN, read_bounded(io::stdin().lock()));
        }
        let found = files::manifests(path);
        if found.is_empty() {
            console::warning(format_args!("{}: no *.yaml, *.yml or *.json below this folder", path.display()));
        }
        for found in found {
            match found {
                Ok(file) => {
                    let bytes = File::open(&file).and_then(read_bounded);
                    self.read_bytes(&file.display().to_string(), bytes);
                }
                Err((path, problem)) => {
                    self.refuse(format_args!("{}: {}", path.display(), console::cause(&problem)));
                }
            }
        }
    }

    fn read_bytes(&mut self, file: &str, bytes: io::Result<Vec<u8>>) {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(problem) => return self.refuse(format_args!("{file}: {}", console::cause(&problem))),
        };
        let limits = self.limits.clone();
        let mut source = Source { file, bytes: &bytes, lines: None };
        for document in read_documents(&bytes, &limits) {
            match document {
                Ok(document) => self.read_document(&mut source, document),
                Err(problem) => self.refuse(format_args!("{file}: {problem}")),
            }
        }
    }

    fn read_document(&mut self, source: &mut Source<'_>, mut document: Document<'_>) {
        let value = std::mem::take(&mut document.value);
        let objects = match untyped_objects(value) {
            Ok(objects) => objects,
            Err(problem) => {
                return self.refuse(format_args!("{}: document {}: {problem}", source.file, document.index));
            }
        };
        let mut positions = None;
        for UntypedObject { item, value } in objects {
            if let Err(problem) = has_a_kind(&value) {
                let item = item.map_or(String::new(), |item| format!(", item {item}"));
                self.refuse(format_args!("{}: document {}{item}: {problem}", source.file, document.index));
                continue;
            }
            match validate_value(&value, &self.validation) {
                Ok(report) => {
                    let entry = self.entry(source, &document, item, &value, report, &mut positions);
                    self.entries.push(entry);
                }
                Err(OtherKind { kind }) => *self.passed_over.entry(kind).or_default() += 1,
            }
        }
    }

    fn entry<'d>(
        &self,
        source: &mut Source<'_>,
        document: &Document<'d>,
        item: Option<usize>,
        value: &Value,
        report: Report,
        positions: &mut Option<Positions<'d>>,
    ) -> Entry {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or("");
        let metadata = |field: &str| {
            let value = value.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_str);
            value.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let namespaced = ResourceKind::find(group, kind).is_none_or(ResourceKind::is_namespaced);
        let namespace = namespaced.then(|| metadata("namespace").unwrap_or_else(|| self.arguments.namespace.clone()));
        let mut spot = |path: &str| {
            let path = match item {
                Some(item) => format!("items[{item}].{path}"),
                None => path.to_owned(),
            };
            source.spot(positions.get_or_insert_with(|| document.positions()), &path)
        };
        let errors = report.errors.into_iter().map(|error| Finding {
            spot: spot(&error.path),
            path: error.path,
            error_type: Some(error.error_type.as_str()),
            code: error.code,
            message: error.message,
        });
        let errors = errors.collect();
        let shown = self.arguments.warnings != Warnings::Hide;
        let warnings = report.warnings.into_iter().filter(|_| shown).map(|warning| Finding {
            spot: spot(&warning.path),
            path: warning.path,
            error_type: None,
            code: warning.code,
            message: warning.message,
        });
        Entry {
            warnings: warnings.collect(),
            errors,
            file: source.file.to_owned(),
            document: document.index,
            item,
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace,
            name: metadata("name"),
        }
    }

    fn refuse(&mut self, message: impl std::fmt::Display) {
        console::error(message);
        self.complete = false;
    }

    fn tell_passed_over(&self) {
        let total: usize = self.passed_over.values().sum();
        if total == 0 {
            return;
        }
        let kinds: Vec<_> = self.passed_over.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let objects = if total == 1 { "object" } else { "objects" };
        console::note(format_args!("passed over {total} {objects} of other kinds: {}", kinds.join(", ")));
    }
}

/// What every object has, whatever its kind.
fn has_a_kind(value: &Value) -> Result<(), &'static str> {
    let has = |field: &str| value.get(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match value {
        Value::Object(_) if !has("apiVersion") => Err("apiVersion: every object needs one, a text"),
        Value::Object(_) if !has("kind") => Err("kind: every object needs one, a text"),
        Value::Object(_) => Ok(()),
        _ => Err("expected an object, a map with `apiVersion` and `kind`"),
    }
}

/// A file that is being read.
struct Source<'b> {
    file: &'b str,
    bytes: &'b [u8],
    /// Made when the first finding is placed.
    lines: Option<Vec<&'b [u8]>>,
}

impl Source<'_> {
    /// Where a field is, or else what is around it.
    ///
    /// An object's value starts on a line of its own or behind its key, so of a field that holds
    /// more than a line the key is shown.
    fn spot(&mut self, positions: &Positions<'_>, path: &str) -> Option<Spot> {
        let position = positions.nearest(path)?;
        let place = match position.key {
            Some(key) if positions.find(path).is_none() || key.line != position.value.line => key,
            _ => position.value,
        };
        let bytes = self.bytes;
        let lines = self.lines.get_or_insert_with(|| bytes.split(|byte| *byte == b'\n').collect());
        let line = lines.get(place.line.checked_sub(1)?)?;
        let text = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        Some(Spot { line: place.line, column: place.column, text })
    }
}
