//! Files into [`Resources`], and what is wrong with them onto standard error.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gateway_model::validation::{Channel, Validation, validate_value};
use gateway_model::yaml::{Document, Limits, Place, Positions, read_documents};
use gateway_model::{AnyObject, ObjectKey, ReadError, Resources, read_object, untyped_objects};
use serde_json::Value;

use crate::args::FileArguments;
use crate::console;

pub(crate) mod files;

/// The name of standard input in messages.
pub(crate) const STDIN: &str = "(standard input)";

/// What the files hold.
#[derive(Debug)]
pub(crate) struct Input {
    /// The objects that can be read.
    pub(crate) resources: Resources,
    /// Whether everything could be read.
    pub(crate) complete: bool,
}

impl Input {
    /// Reads every file, in the order of the arguments and then of paths, and tells on standard
    /// error what cannot be read, what is there twice, and how much was passed over.
    pub(crate) fn read(arguments: &FileArguments) -> Self {
        Self::read_without(arguments, &HashSet::new())
    }

    /// The same without files, by their real paths, that hold something else: they are passed over
    /// in the folders where they stand.
    pub(crate) fn read_without(arguments: &FileArguments, others: &HashSet<PathBuf>) -> Self {
        let mut reader = Reader {
            namespace: &arguments.namespace,
            strict: arguments.strict,
            others,
            limits: arguments.limits.documents(),
            resources: Resources::new(),
            origins: HashMap::new(),
            files: Vec::new(),
            passed_over: BTreeMap::new(),
            complete: true,
        };
        for path in &arguments.files {
            reader.read_path(path);
        }
        reader.tell_passed_over();
        Input { resources: reader.resources, complete: reader.complete }
    }
}

struct Reader<'a> {
    namespace: &'a str,
    /// Whether objects that an API server would refuse are left out.
    strict: bool,
    /// Files that hold no manifests.
    others: &'a HashSet<PathBuf>,
    limits: Limits,
    resources: Resources,
    /// Where each object comes from, to tell when another takes its place.
    origins: HashMap<ObjectKey, Origin>,
    /// The names of the files, as they are told.
    files: Vec<String>,
    passed_over: BTreeMap<String, usize>,
    complete: bool,
}

/// A document of a file, or an item of a List in it.
#[derive(Clone, Copy, Debug)]
struct Origin {
    file: usize,
    document: usize,
    item: Option<usize>,
}

impl Reader<'_> {
    fn read_path(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            let bytes = read_bounded(io::stdin().lock(), self.limits.bytes());
            return self.read_bytes(STDIN.to_owned(), bytes);
        }
        let found = files::manifests(path);
        if found.is_empty() {
            console::warning(format_args!("{}: no *.yaml, *.yml or *.json below this folder", path.display()));
        }
        for found in found {
            match found {
                Ok(file) if file != path && self.is_other(&file) => {}
                Ok(file) => {
                    let bytes = File::open(&file).and_then(|file| read_bounded(file, self.limits.bytes()));
                    self.read_bytes(file.display().to_string(), bytes);
                }
                Err((path, problem)) => self.refuse(&format!("{}: {}", path.display(), console::cause(&problem))),
            }
        }
    }

    fn is_other(&self, file: &Path) -> bool {
        !self.others.is_empty() && fs::canonicalize(file).is_ok_and(|real| self.others.contains(&real))
    }

    fn read_bytes(&mut self, name: String, bytes: io::Result<Vec<u8>>) {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(problem) => return self.refuse(&format!("{name}: {}", console::cause(&problem))),
        };
        let file = self.files.len();
        self.files.push(name);
        let limits = self.limits.clone();
        for document in read_documents(&bytes, &limits) {
            match document {
                Ok(document) => self.read_document(file, document),
                Err(problem) => {
                    let message = format!("{}: {problem}", self.file(file));
                    self.refuse(&message);
                }
            }
        }
    }

    fn read_document(&mut self, file: usize, mut document: Document<'_>) {
        let value = std::mem::take(&mut document.value);
        let mut positions = None;
        let objects = match untyped_objects(value) {
            Ok(objects) => objects.into_iter().map(|object| (object.item, Ok(object.value))).collect(),
            Err(problem) => vec![(None, Err(problem))],
        };
        for (item, object) in objects {
            let origin = Origin { file, document: document.index, item };
            if let Ok(object) = &object
                && self.strict
                && let Some(reason) = refusal(object)
            {
                console::warning(format_args!("{}: {origin}: left out: {reason}", self.file(file)));
                continue;
            }
            match object.and_then(|object| read_object(object, self.namespace)) {
                Ok(object) => self.insert(object, origin),
                Err(ReadError::OtherKind { kind }) => {
                    *self.passed_over.entry(kind).or_default() += 1;
                }
                Err(problem) => {
                    let positions = positions.get_or_insert_with(|| document.positions());
                    let place = Located { origin, place: place_of(&problem, item, positions) };
                    let message = format!("{}: {place}: {problem}", self.file(file));
                    self.refuse(&message);
                }
            }
        }
    }

    fn insert(&mut self, object: AnyObject, origin: Origin) {
        let key = object.key();
        if let Some(earlier) = self.origins.get(&key) {
            console::warning(format_args!(
                "{}: {origin}: {key} takes the place of the one in {}, {earlier}",
                self.file(origin.file),
                self.file(earlier.file),
            ));
        }
        self.resources.insert_any(object);
        self.origins.insert(key, origin);
    }

    fn file(&self, file: usize) -> &str {
        self.files.get(file).map_or("", String::as_str)
    }

    fn refuse(&mut self, message: &str) {
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
        console::note(format_args!(
            "passed over {total} {objects} of kinds that the Gateway API does not look at: {}",
            kinds.join(", ")
        ));
    }
}

/// Why an API server would refuse an object, if it would: the first reason, and how many more.
fn refusal(object: &Value) -> Option<String> {
    let report = validate_value(object, &Validation::new(Channel::Experimental)).ok()?;
    let (first, more) = report.errors.split_first()?;
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or("");
    let name = object.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
    let more = if more.is_empty() { String::new() } else { format!(" (and {} more)", more.len()) };
    Some(format!("{} {}: {first}{more}", text("kind"), name.unwrap_or("(no name)")))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {}", self.document)?;
        self.item.map_or(Ok(()), |item| write!(f, ", item {item}"))
    }
}

/// An origin with the place of what is wrong there, in the words of the reader of documents.
struct Located {
    origin: Origin,
    place: Option<Place>,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)?;
        self.place.map_or(Ok(()), |place| write!(f, ": line {}, column {}", place.line, place.column))
    }
}

/// Where the field is that an error names, or what is around it if it is missing.
fn place_of(problem: &ReadError, item: Option<usize>, positions: &Positions<'_>) -> Option<Place> {
    let path = match problem {
        ReadError::NotAnObject { path, .. } | ReadError::Malformed { path, .. } => path.as_str(),
        _ => "",
    };
    // `(object)` stands for the object as a whole.
    let path = if path.starts_with('(') { "" } else { path };
    let path = match item {
        Some(item) if path.is_empty() => format!("items[{item}]"),
        Some(item) => format!("items[{item}].{path}"),
        None => path.to_owned(),
    };
    let position = positions.nearest(&path)?;
    Some(position.key.unwrap_or(position.value))
}

/// All bytes, or one more than is read at most: the reader of documents then says so.
pub(crate) fn read_bounded(source: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take((most as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
