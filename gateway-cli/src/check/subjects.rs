//! The objects of the files, judged one by one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use gateway_model::validation::{OtherKind, Report, Validation, validate_value, warnings_across};
use gateway_model::yaml::{Limits, Positions, read_documents};
use gateway_model::{ResourceKind, UntypedObject, untyped_objects};
use serde_json::Value;

use super::entry::{Entry, Finding, Spot};
use crate::args::{CheckArguments, Warnings};
use crate::console;
use crate::input::{STDIN, files, read_bounded};

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
        let validation = Validation::new(arguments.channel.into());
        let shown = arguments.warnings != Warnings::Hide;
        let mut judge = Judge {
            namespace: &arguments.namespace,
            validation: if shown { validation.with_advice() } else { validation },
            limits: arguments.limits.documents(),
            sources: Vec::new(),
            subjects: Vec::new(),
            passed_over: BTreeMap::new(),
            complete: true,
        };
        for path in &arguments.files {
            judge.read_path(path);
        }
        judge.judge();
        judge.tell_passed_over();
        if shown {
            judge.compare()
        } else {
            judge.hide_warnings()
        }
        judge.place();
        let entries = judge.subjects.into_iter().map(|subject| subject.entry).collect();
        Subjects { entries, complete: judge.complete }
    }
}

struct Judge<'a> {
    namespace: &'a str,
    validation: Validation<'static>,
    limits: Limits,
    sources: Vec<Source>,
    subjects: Vec<Subject>,
    passed_over: BTreeMap<String, usize>,
    complete: bool,
}

/// A file that was read.
struct Source {
    /// The file, as it is told.
    name: String,
    bytes: Vec<u8>,
}

/// An object that was judged.
struct Subject {
    source: usize,
    object: Value,
    entry: Entry,
}

impl Judge<'_> {
    fn read_path(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            return self.keep(STDIN.to_owned(), read_bounded(io::stdin().lock(), self.limits.bytes()));
        }
        let found = files::manifests(path);
        if found.is_empty() {
            console::warning(format_args!("{}: no *.yaml, *.yml or *.json below this folder", path.display()));
        }
        for found in found {
            match found {
                Ok(file) => {
                    let bytes = File::open(&file).and_then(|file| read_bounded(file, self.limits.bytes()));
                    self.keep(file.display().to_string(), bytes);
                }
                Err((path, problem)) => {
                    self.refuse(format_args!("{}: {}", path.display(), console::cause(&problem)));
                }
            }
        }
    }

    fn keep(&mut self, name: String, bytes: io::Result<Vec<u8>>) {
        match bytes {
            Ok(bytes) => self.sources.push(Source { name, bytes }),
            Err(problem) => self.refuse(format_args!("{name}: {}", console::cause(&problem))),
        }
    }

    /// Judges each object on its own.
    fn judge(&mut self) {
        let sources = std::mem::take(&mut self.sources);
        for (number, source) in sources.iter().enumerate() {
            for document in read_documents(&source.bytes, &self.limits.clone()) {
                match document {
                    Ok(document) => self.judge_document(number, &source.name, document.index, document.value),
                    Err(problem) => self.refuse(format_args!("{}: {problem}", source.name)),
                }
            }
        }
        self.sources = sources;
    }

    fn judge_document(&mut self, source: usize, file: &str, document: usize, value: Value) {
        let objects = match untyped_objects(value) {
            Ok(objects) => objects,
            Err(problem) => return self.refuse(format_args!("{file}: document {document}: {problem}")),
        };
        for UntypedObject { item, value } in objects {
            if let Err(problem) = has_a_kind(&value) {
                let item = item.map_or(String::new(), |item| format!(", item {item}"));
                self.refuse(format_args!("{file}: document {document}{item}: {problem}"));
                continue;
            }
            match validate_value(&value, &self.validation) {
                Ok(report) => {
                    let entry = Entry { file: file.to_owned(), document, item, ..self.entry(&value, report) };
                    self.subjects.push(Subject { source, object: value, entry });
                }
                Err(OtherKind { kind }) => *self.passed_over.entry(kind).or_default() += 1,
            }
        }
    }

    fn entry(&self, object: &Value, report: Report) -> Entry {
        let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or("");
        let metadata = |field: &str| {
            let value = object.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_str);
            value.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let namespaced = ResourceKind::find(group, kind).is_none_or(ResourceKind::is_namespaced);
        Entry {
            file: String::new(),
            document: 0,
            item: None,
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespaced.then(|| metadata("namespace").unwrap_or_else(|| self.namespace.to_owned())),
            name: metadata("name"),
            errors: report.errors.into_iter().map(Finding::from).collect(),
            warnings: report.warnings.into_iter().map(Finding::from).collect(),
        }
    }

    /// Compares the objects with each other, once each says its namespace.
    fn compare(&mut self) {
        for subject in &mut self.subjects {
            if let (Some(namespace), Some(Value::Object(metadata))) =
                (&subject.entry.namespace, subject.object.get_mut("metadata"))
            {
                metadata.insert("namespace".to_owned(), namespace.as_str().into());
            }
        }
        let objects: Vec<_> = self.subjects.iter().map(|subject| &subject.object).collect();
        for (index, warning) in warnings_across(&objects) {
            if let Some(subject) = self.subjects.get_mut(index) {
                subject.entry.warnings.push(warning.into());
            }
        }
    }

    fn hide_warnings(&mut self) {
        for subject in &mut self.subjects {
            subject.entry.warnings.clear();
        }
    }

    /// Finds the findings' lines; files without any are not read again.
    fn place(&mut self) {
        let mut found: BTreeMap<(usize, usize), Vec<&mut Entry>> = BTreeMap::new();
        for subject in &mut self.subjects {
            if subject.entry.findings().next().is_some() {
                found.entry((subject.source, subject.entry.document)).or_default().push(&mut subject.entry);
            }
        }
        for (number, source) in self.sources.iter().enumerate() {
            if found.range((number, 0)..=(number, usize::MAX)).next().is_none() {
                continue;
            }
            let lines: Vec<_> = source.bytes.split(|byte| *byte == b'\n').collect();
            for document in read_documents(&source.bytes, &self.limits).flatten() {
                let Some(entries) = found.get_mut(&(number, document.index)) else { continue };
                let positions = document.positions();
                for entry in entries {
                    let item = entry.item;
                    for finding in entry.findings_mut() {
                        finding.spot = spot(&finding.path, item, &positions, &lines);
                    }
                }
            }
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

/// Where a field is, or else what is around it.
///
/// An object's value starts on a line of its own or behind its key, so of a field that holds more
/// than a line the key is shown.
fn spot(path: &str, item: Option<usize>, positions: &Positions<'_>, lines: &[&[u8]]) -> Option<Spot> {
    let path = item.map_or_else(|| path.to_owned(), |item| format!("items[{item}].{path}"));
    let found = positions.find(&path);
    let position = found.or_else(|| positions.nearest(&path))?;
    let place = match position.key {
        Some(key) if found.is_none() || key.line != position.value.line => key,
        _ => position.value,
    };
    let line = lines.get(place.line.checked_sub(1)?)?;
    let text = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
    Some(Spot { line: place.line, column: place.column, text })
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
