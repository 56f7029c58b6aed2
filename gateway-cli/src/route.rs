//! The verb `route`: which listener, route, rule and backend takes a request.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use gateway_match::Topology;
use gateway_model::Resources;
use gateway_model::yaml::to_yaml;
use serde::Serialize;
use serde_json::Value;

use crate::args::{Format, RouteArguments};
use crate::console::{self, Paint};
use crate::decision::{Answer, DecisionLine, ErrorLine};
use crate::input::{self, Input};
use crate::parent::Parents;
use crate::request::{Destination, Request, RequestError, RequestLine};
use crate::{target, text};

/// Runs the verb.
pub(crate) fn run(arguments: &RouteArguments) -> ExitCode {
    let profile = match arguments.input.profile() {
        Ok(profile) => profile,
        Err(problem) => {
            console::error(problem);
            return console::finish(Ok(()), false);
        }
    };
    if arguments.requests.as_deref().is_some_and(is_stdin)
        && arguments.input.manifests.files.iter().any(|file| is_stdin(file))
    {
        console::error("standard input cannot hold the manifests and the requests");
        return console::finish(Ok(()), false);
    }
    let input = Input::read(&arguments.input.manifests);
    let topology = Topology::resolve(&input.resources, &profile);
    let mut session = Session {
        arguments,
        resources: &input.resources,
        topology: &topology,
        parents: Parents::new(&input.resources, &topology, &arguments.input.manifests.namespace),
        out: Output::new(),
        complete: input.complete,
    };
    let written = match (&arguments.requests, &arguments.url) {
        (Some(file), _) => session.answer_file(file),
        (None, Some(url)) => session.answer_one(url),
        (None, None) => Ok(()),
    };
    let written = written.and_then(|()| session.out.flush());
    console::finish(written, session.complete)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file's name, as messages have it.
fn shown(path: &Path) -> String {
    if is_stdin(path) { input::STDIN.to_owned() } else { path.display().to_string() }
}

/// A run: what requests are decided with, and where the answers go.
struct Session<'a> {
    arguments: &'a RouteArguments,
    resources: &'a Resources,
    topology: &'a Topology,
    parents: Parents<'a>,
    out: Output,
    /// Whether everything so far could be read.
    complete: bool,
}

impl Session<'_> {
    /// Answers the one request that the arguments describe.
    fn answer_one(&mut self, url: &str) -> io::Result<()> {
        let format = self.arguments.answer.output;
        let explain = self.arguments.explain || format == Format::Text;
        let target = target::request(self.arguments, url);
        let answer = match &target {
            Ok((request, usual)) => Answer::find(&mut self.parents, request, *usual, explain),
            Err(problem) => Err(problem.clone().into()),
        };
        match answer {
            Ok(answer) if format == Format::Text => {
                let context = text::Context {
                    resources: self.resources,
                    topology: self.topology,
                    paint: Paint::for_stream(&io::stdout()),
                    explain: self.arguments.explain,
                };
                self.out.text(&text::answer(&answer, &context))
            }
            Ok(answer) => self.out.object(format, &DecisionLine::new(None, &answer, self.topology)),
            Err(problem) => {
                self.complete = false;
                // Here the keys of a request line are flags.
                let problem = problem.to_string().replace("`port`", "--port").replace("`gateway`", "--gateway");
                console::error(&problem);
                match format {
                    Format::Text => Ok(()),
                    _ => self.out.object(format, &ErrorLine { id: None, error: problem }),
                }
            }
        }
    }

    /// Answers every line of a file, in order.
    fn answer_file(&mut self, file: &Path) -> io::Result<()> {
        let limits = &self.arguments.input.manifests.limits;
        let (longest, most) = (limits.line(), limits.requests());
        let mut lines = match Lines::open(file, longest) {
            Ok(lines) => lines,
            Err(problem) => return self.refuse_file(file, &problem),
        };
        let mut refused = 0_usize;
        loop {
            match lines.next() {
                Ok(Some(line)) => refused += usize::from(!self.answer_line(line.within(&most))?),
                Ok(None) => break,
                Err(problem) => return self.refuse_file(file, &problem),
            }
            // Somebody who waits for an answer before asking again gets it.
            if lines.is_drained() {
                self.out.flush()?;
            }
        }
        if refused > 0 {
            self.complete = false;
            console::error(format_args!("{}: {refused} of {} requests have no answer", shown(file), lines.read));
        }
        Ok(())
    }

    /// Answers a line; false if there is no answer.
    fn answer_line(&mut self, line: RequestLine) -> io::Result<bool> {
        let RequestLine { id, mut request } = line;
        if let Ok(Request { to: to @ Destination::Gateway(None), .. }) = &mut request {
            *to = match &self.arguments.service {
                Some(name) => Destination::Service { name: name.clone(), from: self.arguments.from.clone() },
                None => Destination::Gateway(self.arguments.gateway.clone()),
            };
        }
        let format = self.arguments.answer.output;
        let answer = match &request {
            Ok(request) => Answer::find(&mut self.parents, request, None, self.arguments.explain),
            Err(problem) => Err(problem.clone().into()),
        };
        match (answer, format) {
            (Ok(answer), Format::Text) => self.out.text(&text::summary(&id, &answer))?,
            (Ok(answer), _) => self.out.object(format, &DecisionLine::new(Some(&id), &answer, self.topology))?,
            (Err(problem), Format::Text) => {
                self.out.text(&text::failure(&id, &problem))?;
                return Ok(false);
            }
            (Err(problem), _) => {
                self.out.object(format, &ErrorLine { id: Some(&id), error: problem.to_string() })?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn refuse_file(&mut self, file: &Path, problem: &io::Error) -> io::Result<()> {
        self.complete = false;
        console::error(format_args!("{}: {}", shown(file), console::cause(problem)));
        Ok(())
    }
}

/// Standard output, buffered.
struct Output {
    out: BufWriter<io::StdoutLock<'static>>,
    objects: usize,
}

impl Output {
    fn new() -> Self {
        Output { out: BufWriter::with_capacity(1 << 16, io::stdout().lock()), objects: 0 }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Writes an object: one line of JSON, or a document of YAML.
    fn object(&mut self, format: Format, object: &impl Serialize) -> io::Result<()> {
        self.objects += 1;
        if format == Format::Yaml {
            let separator = if self.objects > 1 { "---\n" } else { "" };
            let text = to_yaml(&serde_json::to_value(object)?);
            return write!(self.out, "{separator}{text}");
        }
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The lines of a file of requests.
struct Lines {
    source: BufReader<Box<dyn Read>>,
    /// The number of the current line, from 1.
    number: usize,
    /// How many lines were not blank.
    read: usize,
    text: Vec<u8>,
    /// How many bytes a line may have.
    longest: usize,
}

impl Lines {
    fn open(file: &Path, longest: usize) -> io::Result<Self> {
        let source: Box<dyn Read> =
            if is_stdin(file) { Box::new(io::stdin().lock()) } else { Box::new(File::open(file)?) };
        Ok(Lines { source: BufReader::with_capacity(1 << 16, source), number: 0, read: 0, text: Vec::new(), longest })
    }

    /// The next line that is not blank; `None` at the end.
    fn next(&mut self) -> io::Result<Option<RequestLine>> {
        loop {
            self.text.clear();
            self.number += 1;
            let limit = (self.longest as u64).saturating_add(1);
            if self.source.by_ref().take(limit).read_until(b'\n', &mut self.text)? == 0 {
                return Ok(None);
            }
            if self.text.len() > self.longest {
                self.source.skip_until(b'\n')?;
                self.read += 1;
                let problem = RequestError::TooLong { line: self.number, limit: self.longest };
                return Ok(Some(RequestLine { id: Value::Null, request: Err(problem) }));
            }
            if !self.text.trim_ascii().is_empty() {
                self.read += 1;
                return Ok(Some(RequestLine::read(&self.text, self.number)));
            }
        }
    }

    /// Whether nothing is left that was read ahead, so that the next line may take its time.
    fn is_drained(&self) -> bool {
        self.source.buffer().is_empty()
    }
}
