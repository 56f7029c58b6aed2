//! Files of cases: requests, and what is expected of the decisions on them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use gateway_model::yaml::{Document, Limits, Place, Positions, read_documents};
use serde_json::{Map, Value};

use super::path::Path;
use super::shape::{self, DECISION, Problem};
use crate::console;
use crate::input::{STDIN, files, read_bounded};
use crate::limits::MAX_BYTES;
use crate::request::{KEYS, Request, RequestError, RequestLine};

/// A request, and what is expected of the decision on it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) file: String,
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// The same in the words of the reader of documents.
    pub(crate) place: String,
    /// Absent where the case cannot be read so far.
    pub(crate) name: Option<String>,
    /// What is wrong with it, if it cannot be read.
    pub(crate) content: Result<Content, Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) id: Value,
    pub(crate) request: Request,
    /// The keys that the request was made from.
    pub(crate) asked: Map<String, Value>,
    pub(crate) expected: Map<String, Value>,
}

/// The files of a run.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    pub(crate) cases: Vec<Case>,
    /// The files that were read, by their real paths.
    pub(crate) files: HashSet<PathBuf>,
    /// Whether every file could be opened and holds a case.
    pub(crate) complete: bool,
}

/// The keys of a case.
const CASE: &[&str] = &["name", "request", "expect"];
/// The keys of a document with several cases.
const SUITE: &[&str] = &["defaults", "cases"];
const DEFAULTS: &[&str] = &["request"];
/// How much of what is wrong with one case is told.
const MOST_PROBLEMS: usize = 20;

impl Cases {
    /// Reads every file, in the order of the arguments and then of paths. What cannot be opened is
    /// told on standard error; what cannot be read of a file is a case with an error.
    pub(crate) fn read(paths: &[PathBuf]) -> Self {
        let mut all = Cases { complete: true, ..Cases::default() };
        for path in paths {
            if path.as_os_str() == "-" {
                all.read_bytes(STDIN.to_owned(), read_bounded(io::stdin().lock(), MAX_BYTES));
                continue;
            }
            let found = files::manifests(path);
            if found.is_empty() {
                all.refuse(&format!("{}: no *.yaml, *.yml or *.json below this folder", path.display()));
            }
            for found in found {
                match found {
                    Ok(file) => {
                        all.files.extend(fs::canonicalize(&file));
                        all.read_bytes(
                            file.display().to_string(),
                            File::open(&file).and_then(|file| read_bounded(file, MAX_BYTES)),
                        );
                    }
                    Err((path, problem)) => all.refuse(&format!("{}: {}", path.display(), console::cause(&problem))),
                }
            }
        }
        all
    }

    fn refuse(&mut self, message: &str) {
        console::error(message);
        self.complete = false;
    }

    fn read_bytes(&mut self, file: String, bytes: io::Result<Vec<u8>>) {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(problem) => return self.refuse(&format!("{file}: {}", console::cause(&problem))),
        };
        let before = self.cases.len();
        for document in read_documents(&bytes, &Limits::default().max_bytes(MAX_BYTES)) {
            match document {
                Ok(document) => {
                    let mut reader = Reader::new(&file, &document);
                    reader.document(&document.value);
                    self.cases.append(&mut reader.cases);
                }
                Err(problem) => self.cases.push(Case {
                    file: file.clone(),
                    line: problem.line,
                    place: format!("document {}: line {}, column {}", problem.index, problem.line, problem.column),
                    name: None,
                    content: Err(vec![problem.to_string()]),
                }),
            }
        }
        if self.cases.len() == before {
            self.refuse(&format!("{file}: no case"));
        }
    }
}

/// Reads one document.
struct Reader<'a> {
    file: &'a str,
    document: usize,
    positions: Positions<'a>,
    defaults: Map<String, Value>,
    cases: Vec<Case>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, document: &Document<'a>) -> Self {
        let positions = document.positions();
        Reader { file, document: document.index, positions, defaults: Map::new(), cases: Vec::new() }
    }

    /// A list of cases, a mapping with `cases`, or a case.
    fn document(&mut self, document: &Value) {
        match document {
            Value::Array(cases) => self.list(cases, &Path::default()),
            Value::Object(map) if SUITE.iter().any(|key| map.contains_key(*key)) => self.suite(map),
            case => self.case(case, &self.spot(Path::default())),
        }
    }

    fn suite(&mut self, map: &Map<String, Value>) {
        let whole = Path::default();
        let mut problems = unknown_keys(map, SUITE, &whole);
        match map.get("defaults") {
            None => {}
            Some(Value::Object(defaults)) => {
                let path = Path::default().key("defaults");
                problems.extend(unknown_keys(defaults, DEFAULTS, &path));
                if let Some(request) = defaults.get("request") {
                    self.defaults = keys_of_request(request, &path.key("request"), &mut problems);
                }
            }
            Some(_) => problems.push(problem(Path::default().key("defaults"), "must be a mapping")),
        }
        match map.get("cases") {
            // What is wrong with the defaults is wrong with every case.
            Some(Value::Array(cases)) if problems.is_empty() => {
                return self.list(cases, &Path::default().key("cases"));
            }
            Some(Value::Array(_)) => {}
            Some(_) => problems.push(problem(Path::default().key("cases"), "must be a list")),
            None => problems.push(problem(Path::default(), "`cases` is missing")),
        }
        self.refuse(&self.spot(whole), None, &problems);
    }

    fn list(&mut self, cases: &[Value], path: &Path) {
        // All at once: to look for each would take as long as all of them.
        let mut places = path.places_of_items(&self.positions).into_iter();
        for (index, case) in cases.iter().enumerate() {
            let spot = Spot { path: path.clone().index(index), item: Some(index), place: places.next() };
            self.case(case, &spot);
        }
    }

    fn case(&mut self, case: &Value, spot: &Spot) {
        let path = &spot.path;
        let Value::Object(map) = case else {
            let problem = problem(path.clone(), "must be a mapping with `name`, `request` and `expect`");
            return self.refuse(spot, None, &[problem]);
        };
        let mut problems = unknown_keys(map, CASE, path);
        let name = match map.get("name") {
            Some(Value::String(name)) => Some(name.clone()),
            Some(_) => {
                problems.push(problem(path.clone().key("name"), "must be a string: put it in quotes"));
                None
            }
            None => {
                problems.push(problem(path.clone(), "`name` is missing"));
                None
            }
        };
        let expected = match map.get("expect") {
            Some(Value::Object(expected)) if expected.is_empty() => {
                problems.push(problem(path.clone().key("expect"), "says nothing, so that nothing is tested"));
                Map::new()
            }
            Some(Value::Object(expected)) => {
                problems.extend(shape::problems(DECISION, expected, path.clone().key("expect")));
                expected.clone()
            }
            Some(_) => {
                problems.push(problem(path.clone().key("expect"), "must be a mapping with keys of a decision"));
                Map::new()
            }
            None => {
                problems.push(problem(path.clone(), "`expect` is missing"));
                Map::new()
            }
        };
        let asked = self.asked(map.get("request"), path, &mut problems);
        let RequestLine { id, request } = RequestLine::of(&asked);
        match request {
            Ok(request) if problems.is_empty() => {
                self.push(spot, name, Ok(Content { id, request, asked, expected }));
            }
            Ok(_) => self.refuse(spot, name, &problems),
            Err(error) => {
                problems.push(problem(self.place_of(&error, map.get("request"), path), &error.to_string()));
                self.refuse(spot, name, &problems);
            }
        }
    }

    /// The keys of a request with the defaults for those that it leaves out.
    fn asked(&self, request: Option<&Value>, path: &Path, problems: &mut Vec<Problem>) -> Map<String, Value> {
        let mut asked = self.defaults.clone();
        if let Some(request) = request {
            let own = keys_of_request(request, &path.clone().key("request"), problems);
            // Who names a Service means no Gateway, and the other way round.
            if own.contains_key("service") {
                asked.remove("gateway");
            }
            if own.contains_key("gateway") {
                asked.remove("service");
                asked.remove("from");
            }
            asked.extend(own);
        }
        asked
    }

    /// Where the key stands that an error names: in the case, or in the defaults.
    fn place_of(&self, error: &RequestError, request: Option<&Value>, path: &Path) -> Path {
        let path = path.clone().key("request");
        match error {
            RequestError::Key { key, .. } if request.is_some_and(|request| request.get(key).is_some()) => path.key(key),
            RequestError::Key { key, .. } if self.defaults.contains_key(*key) => {
                Path::default().key("defaults").key("request").key(key)
            }
            _ => path,
        }
    }

    fn spot(&self, path: Path) -> Spot {
        let place = path.place(&self.positions);
        Spot { path, item: None, place }
    }

    fn refuse(&mut self, spot: &Spot, name: Option<String>, problems: &[Problem]) {
        let shown = problems.iter().take(MOST_PROBLEMS);
        let mut told: Vec<String> = shown.map(|problem| self.told(problem, spot, name.as_deref())).collect();
        if problems.len() > MOST_PROBLEMS {
            let place = self.written(spot.item, spot.place);
            told.push(format!("{place}: and {} more", problems.len() - MOST_PROBLEMS));
        }
        self.push(spot, name, Err(told));
    }

    fn push(&mut self, spot: &Spot, name: Option<String>, content: Result<Content, Vec<String>>) {
        let line = spot.place.map_or(0, |place| place.line);
        let place = self.written(spot.item, spot.place);
        self.cases.push(Case { file: self.file.to_owned(), line, place, name, content });
    }

    /// A problem with its place.
    fn told(&self, problem: &Problem, spot: &Spot, name: Option<&str>) -> String {
        let place = self.written(spot.item, problem.path.place(&self.positions));
        let name = name.map(|name| format!("case `{name}`: ")).unwrap_or_default();
        let inside = problem.path.below(&spot.path).unwrap_or_else(|| problem.path.clone());
        let field = if inside.is_empty() { String::new() } else { format!("{inside}: ") };
        format!("{place}: {name}{field}{}", problem.text)
    }

    /// A place in the words of the reader of documents.
    fn written(&self, item: Option<usize>, place: Option<Place>) -> String {
        let item = item.map(|item| format!(", item {item}")).unwrap_or_default();
        let place = place.map(|place| format!(": line {}, column {}", place.line, place.column)).unwrap_or_default();
        format!("document {}{item}{place}", self.document)
    }
}

/// Where a case stands.
struct Spot {
    path: Path,
    /// Its position in a list.
    item: Option<usize>,
    place: Option<Place>,
}

fn problem(path: Path, text: &str) -> Problem {
    Problem { path, text: text.to_owned() }
}

fn unknown_keys(map: &Map<String, Value>, known: &'static [&'static str], path: &Path) -> Vec<Problem> {
    let unknown = map.keys().filter(|key| !known.contains(&key.as_str()));
    unknown.map(|key| problem(path.clone().key(key), &shape::unknown(key, known.iter().copied()))).collect()
}

/// The keys of a request line; headers may be a mapping, the version of HTTP a number.
fn keys_of_request(request: &Value, path: &Path, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let Value::Object(map) = request else {
        problems.push(problem(path.clone(), "must be a mapping with keys of a request"));
        return Map::new();
    };
    problems.extend(unknown_keys(map, KEYS, path));
    let mut map = map.clone();
    if let Some(version @ Value::Number(_)) = map.get_mut("httpVersion") {
        *version = version.to_string().into();
    }
    if let Some(headers) = map.get_mut("headers")
        && let Value::Object(named) = headers
    {
        *headers = pairs(named, &path.clone().key("headers"), problems);
    }
    map
}

/// Headers by name as pairs: `name: value`, or `name: [value, value]`.
fn pairs(named: &Map<String, Value>, path: &Path, problems: &mut Vec<Problem>) -> Value {
    let mut pairs = Vec::new();
    for (name, value) in named {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            match value {
                Value::String(value) => pairs.push(Value::from(vec![name.as_str(), value.as_str()])),
                _ => problems.push(problem(path.clone().key(name), "must be a string: put it in quotes")),
            }
        }
    }
    pairs.into()
}
