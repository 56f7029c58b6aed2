//! A YAML document's events, made into a value.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::error::{Failure, Problem};
use super::events::{Event, Events};
use super::limits::Limits;
use super::positions::{Place, Segment, join};
use super::scalar::{Key, Scalar};

/// The value of one YAML document; `line` is the file's line, from 1, that the text starts on.
///
/// O(text + values out of aliases), both bounded by the limits. Recursion-free.
pub(super) fn value(text: &str, line: usize, limits: &Limits) -> Result<Value, Failure> {
    let mut builder = Builder::new(limits);
    let mut reached = Place { line, column: 1 };
    for event in Events::new(text, line, limits) {
        let taken = event.and_then(|(event, place)| {
            reached = place;
            builder.take(event).map_err(|problem| Failure::new(place, problem))
        });
        taken.map_err(|failure| Failure { reached: reached.max(failure.place), path: builder.path(), ..failure })?;
    }
    Ok(builder.root)
}

/// Text that an alias repeats counts as one value more for every so many bytes.
const TEXT_PER_ALIAS_NODE: usize = 64;

#[derive(Debug)]
struct Builder<'l> {
    limits: &'l Limits,
    root: Value,
    open: Vec<Open>,
    nodes: usize,
    alias_nodes: usize,
    /// Every event inside an anchored node, in order, for aliases to play again.
    tape: Vec<Recorded>,
    /// How many anchored collections are open: with none, nothing is recorded.
    recording: usize,
    anchors: HashMap<usize, Stretch>,
}

/// A sequence or mapping that has not ended.
#[derive(Debug)]
enum Open {
    Sequence {
        items: Vec<Value>,
        anchor: usize,
    },
    Mapping {
        entries: Map<String, Value>,
        /// The key whose value comes next.
        key: Option<Key>,
        /// The keys that only merges have set: the mapping itself may still set them.
        merged: BTreeSet<String>,
        /// The key that was refused, for the error's path.
        refused: Option<String>,
        anchor: usize,
    },
}

#[derive(Clone, Debug)]
enum Recorded {
    Scalar(Scalar<'static>),
    Sequence,
    Mapping,
    End,
    Alias(usize),
}

/// The part of the tape that an anchor names; without an end while its node is open.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: usize,
    end: Option<usize>,
}

impl<'l> Builder<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            root: Value::Null,
            open: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
            tape: Vec::new(),
            recording: 0,
            anchors: HashMap::new(),
        }
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), Problem> {
        match event {
            Event::Scalar(scalar, anchor) => {
                if self.records(anchor) {
                    self.record(anchor, Recorded::Scalar(scalar.clone().into_owned()));
                    self.complete(anchor);
                }
                self.scalar(scalar)
            }
            Event::Sequence(anchor) => {
                if self.records(anchor) {
                    self.record(anchor, Recorded::Sequence);
                    self.recording += usize::from(anchor != 0);
                }
                self.sequence(anchor)
            }
            Event::Mapping(anchor) => {
                if self.records(anchor) {
                    self.record(anchor, Recorded::Mapping);
                    self.recording += usize::from(anchor != 0);
                }
                self.mapping(anchor)
            }
            Event::End => {
                if self.recording > 0 {
                    self.tape.push(Recorded::End);
                }
                let anchor = self.end()?;
                if anchor != 0 {
                    self.complete(anchor);
                    self.recording = self.recording.saturating_sub(1);
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                if self.recording > 0 {
                    self.tape.push(Recorded::Alias(anchor));
                }
                self.alias(anchor)
            }
        }
    }

    fn records(&self, anchor: usize) -> bool {
        self.recording > 0 || anchor != 0
    }

    fn record(&mut self, anchor: usize, recorded: Recorded) {
        if anchor != 0 {
            self.anchors.insert(anchor, Stretch { start: self.tape.len(), end: None });
        }
        self.tape.push(recorded);
    }

    fn complete(&mut self, anchor: usize) {
        if let Some(stretch) = self.anchors.get_mut(&anchor) {
            stretch.end = Some(self.tape.len());
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { key: None, .. }))
    }

    fn count(&mut self) -> Result<(), Problem> {
        self.nodes += 1;
        let limit = self.limits.nodes;
        if self.nodes > limit { Err(Problem::TooManyNodes { limit }) } else { Ok(()) }
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<(), Problem> {
        if self.awaits_key() {
            let key = scalar.into_key()?;
            return self.key(key);
        }
        self.count()?;
        let value = scalar.into_value()?;
        self.attach(value)
    }

    fn key(&mut self, name: Key) -> Result<(), Problem> {
        if let Some(Open::Mapping { entries, key, merged, refused, .. }) = self.open.last_mut() {
            match name {
                Key::Name(name) if entries.contains_key(&name) && !merged.remove(&name) => {
                    *refused = Some(name.clone());
                    return Err(Problem::DuplicateKey { key: name });
                }
                name => *key = Some(name),
            }
        }
        Ok(())
    }

    fn sequence(&mut self, anchor: usize) -> Result<(), Problem> {
        if self.awaits_key() {
            return Err(Problem::UnsupportedKey { what: "a sequence" });
        }
        self.enter(Open::Sequence { items: Vec::new(), anchor })
    }

    fn mapping(&mut self, anchor: usize) -> Result<(), Problem> {
        if self.awaits_key() {
            return Err(Problem::UnsupportedKey { what: "a mapping" });
        }
        let (entries, merged) = (Map::new(), BTreeSet::new());
        self.enter(Open::Mapping { entries, key: None, merged, refused: None, anchor })
    }

    fn enter(&mut self, open: Open) -> Result<(), Problem> {
        self.count()?;
        if self.open.len() >= self.limits.depth {
            return Err(Problem::TooDeep { limit: self.limits.depth });
        }
        self.open.push(open);
        Ok(())
    }

    /// Ends the innermost collection; its anchor.
    fn end(&mut self) -> Result<usize, Problem> {
        let (value, anchor) = match self.open.pop() {
            Some(Open::Sequence { items, anchor }) => (Value::Array(items), anchor),
            Some(Open::Mapping { entries, anchor, .. }) => (Value::Object(entries), anchor),
            None => return Ok(0),
        };
        self.attach(value)?;
        Ok(anchor)
    }

    fn attach(&mut self, value: Value) -> Result<(), Problem> {
        match self.open.last_mut() {
            None => self.root = value,
            Some(Open::Sequence { items, .. }) => items.push(value),
            Some(Open::Mapping { entries, key, merged, .. }) => match key.take() {
                Some(Key::Name(name)) => {
                    entries.insert(name, value);
                }
                Some(Key::Merge) => {
                    if let Err(problem) = merge(value, entries, merged) {
                        *key = Some(Key::Merge);
                        return Err(problem);
                    }
                }
                None => {}
            },
        }
        Ok(())
    }

    /// Plays what an anchor recorded. Every step makes at least one value, and those are counted,
    /// so aliases of aliases of aliases end soon.
    fn alias(&mut self, anchor: usize) -> Result<(), Problem> {
        if self.awaits_key() {
            return self.alias_key(anchor);
        }
        let merging = matches!(self.open.last(), Some(Open::Mapping { key: Some(Key::Merge), .. }));
        let (start, end) = self.stretch(anchor)?;
        if merging && !matches!(self.tape.get(start), Some(Recorded::Mapping)) {
            return Err(Problem::MergeOfNoMapping);
        }
        let mut playing = vec![(start, end)];
        while let Some((next, end)) = playing.last_mut() {
            if next >= end {
                playing.pop();
                continue;
            }
            let recorded = self.tape.get(*next).cloned();
            *next += 1;
            let before = self.nodes;
            match recorded {
                Some(Recorded::Scalar(scalar)) => {
                    self.charge(scalar.text.len() / TEXT_PER_ALIAS_NODE)?;
                    self.scalar(scalar)?;
                }
                Some(Recorded::Sequence) => self.sequence(0)?,
                Some(Recorded::Mapping) => self.mapping(0)?,
                Some(Recorded::End) => {
                    self.end()?;
                }
                Some(Recorded::Alias(anchor)) if self.awaits_key() => self.alias_key(anchor)?,
                Some(Recorded::Alias(anchor)) => playing.push(self.stretch(anchor)?),
                None => {}
            }
            self.charge(self.nodes - before)?;
        }
        Ok(())
    }

    fn alias_key(&mut self, anchor: usize) -> Result<(), Problem> {
        let (start, _) = self.stretch(anchor)?;
        let name = match self.tape.get(start) {
            Some(Recorded::Scalar(scalar)) => scalar.clone().into_name()?,
            Some(Recorded::Sequence) => return Err(Problem::UnsupportedKey { what: "a sequence" }),
            _ => return Err(Problem::UnsupportedKey { what: "a mapping" }),
        };
        self.charge(name.len() / TEXT_PER_ALIAS_NODE)?;
        self.key(Key::Name(name))
    }

    fn stretch(&self, anchor: usize) -> Result<(usize, usize), Problem> {
        let stretch = self.anchors.get(&anchor).ok_or(Problem::UnknownAlias)?;
        Ok((stretch.start, stretch.end.ok_or(Problem::SelfReference)?))
    }

    fn charge(&mut self, nodes: usize) -> Result<(), Problem> {
        self.alias_nodes = self.alias_nodes.saturating_add(nodes);
        let limit = self.limits.alias_nodes;
        if self.alias_nodes > limit { Err(Problem::TooManyAliasNodes { limit }) } else { Ok(()) }
    }

    /// The path of what comes next, or was refused.
    fn path(&self) -> Option<String> {
        let segments = self.open.iter().filter_map(|open| match open {
            Open::Sequence { items, .. } => Some(Segment::Index(items.len())),
            Open::Mapping { key: Some(Key::Name(name)), .. } | Open::Mapping { refused: Some(name), .. } => {
                Some(Segment::Key(name))
            }
            Open::Mapping { key: Some(Key::Merge), .. } => Some(Segment::Key("<<")),
            Open::Mapping { .. } => None,
        });
        join(segments)
    }
}

/// Sets the entries of the mappings behind a `<<`: they replace what the mapping has so far, and
/// give way to what it sets afterwards; of several mappings, the first wins.
fn merge(value: Value, entries: &mut Map<String, Value>, merged: &mut BTreeSet<String>) -> Result<(), Problem> {
    let sources = match value {
        Value::Array(sources) => sources,
        source => vec![source],
    };
    for source in sources.into_iter().rev() {
        let Value::Object(source) = source else {
            return Err(Problem::MergeOfNoMapping);
        };
        for (name, value) in source {
            if !entries.contains_key(&name) {
                merged.insert(name.clone());
            }
            entries.insert(name, value);
        }
    }
    Ok(())
}
