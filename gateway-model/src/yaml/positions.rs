//! Where in a file the fields of a document stand.

use std::borrow::Cow;
use std::collections::HashMap;

use super::events::{Event, Events};
use super::limits::Limits;
use super::scalar::{Key, Scalar};
use super::stream::split_line;
use super::tokens::{Token, Tokens};

/// A character of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The start of its key; none for an item of a sequence and for a whole document.
    pub key: Option<Place>,
    /// The start of its value; of a block scalar (`|`), that of its text. Where an alias gives the
    /// value, that is the alias; what is inside such a value stands where its anchor is.
    pub value: Place,
}

/// One step of a field path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segment<'a> {
    /// A mapping's key.
    Key(&'a str),
    /// A sequence's item, from 0.
    Index(usize),
}

/// The positions of all fields of one document.
///
/// Made by [`Document::positions`](super::Document::positions). Looking up costs O(siblings on the
/// way), independent of the size of the rest.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    /// In the order of the text: a node's children come after it, before its next sibling.
    nodes: Vec<Node<'a>>,
}

#[derive(Clone, Debug)]
struct Node<'a> {
    position: Position,
    name: Name<'a>,
    /// The number of the node after this one and all that is inside it.
    end: usize,
    /// The anchored node that an alias stands for.
    alias: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Name<'a> {
    Root,
    Key(Cow<'a, str>),
    Merge,
    Item(usize),
}

impl<'a> Positions<'a> {
    /// The position of a field named by its path as error messages write it:
    /// `spec.rules[0].matches[1].path`. The empty path is the document itself.
    ///
    /// Keys that hold dots are found as they are (`metadata.annotations.example.com/a`) and in
    /// brackets (`metadata.annotations[example.com/a]`).
    pub fn find(&self, path: &str) -> Option<Position> {
        self.search(path).0
    }

    /// The position of the field, or else of the innermost one around it that the document has:
    /// what to point at when the path's field is missing.
    pub fn nearest(&self, path: &str) -> Option<Position> {
        let (found, nearest) = self.search(path);
        found.or(nearest)
    }

    /// The position of a field named step by step, without any ambiguity.
    pub fn at(&self, path: &[Segment<'_>]) -> Option<Position> {
        self.nodes.get(self.node(path)?).map(|node| node.position)
    }

    fn node(&self, path: &[Segment<'_>]) -> Option<usize> {
        path.iter().try_fold(0, |node, segment| match segment {
            Segment::Key(name) => self.entry(node, name),
            Segment::Index(index) => self.item(node, *index),
        })
    }

    /// The positions of the items of a sequence that is named step by step, in order; none if it is no
    /// sequence. O(items) for all of them, where looking up each takes O(items) again.
    pub fn items(&self, path: &[Segment<'_>]) -> impl Iterator<Item = Position> {
        let sequence = self.node(path);
        let items = sequence.into_iter().flat_map(|node| self.inside(node));
        items.filter(|(_, child)| matches!(child.name, Name::Item(_))).map(|(_, child)| child.position)
    }

    /// The field itself, or else the innermost existing one around it. A text can be cut into keys
    /// in several ways, but a node has only one path, so no node is looked at twice.
    fn search(&self, path: &str) -> (Option<Position>, Option<Position>) {
        let mut nearest: Option<(usize, Position)> = None;
        let mut pending = vec![(0, path)];
        while let Some((node, rest)) = pending.pop() {
            let Some(position) = self.nodes.get(node).map(|node| node.position) else {
                break;
            };
            if rest.is_empty() {
                return (Some(position), None);
            }
            if nearest.is_none_or(|(left, _)| rest.len() < left) {
                nearest = Some((rest.len(), position));
            }
            if let Some((step, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
                let item = step.parse().ok().and_then(|index| self.item(node, index));
                pending.extend(item.or_else(|| self.entry(node, step)).map(|next| (next, after)));
                continue;
            }
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            let cuts = rest.match_indices(['.', '[']).map(|(at, _)| at).chain([rest.len()]);
            let steps = cuts.filter_map(|at| rest.split_at_checked(at));
            let mut next: Vec<_> = steps.filter_map(|(name, after)| Some((self.entry(node, name)?, after))).collect();
            next.reverse(); // the shortest key on top, to be tried first
            pending.append(&mut next);
        }
        (None, nearest.map(|(_, position)| position))
    }

    /// What is directly inside a node, with numbers.
    fn inside(&self, node: usize) -> impl Iterator<Item = (usize, &Node<'a>)> {
        let node = self.nodes.get(node).and_then(|node| node.alias).unwrap_or(node);
        let end = self.nodes.get(node).map_or(0, |node| node.end);
        let mut next = node + 1;
        std::iter::from_fn(move || {
            let child = (next, self.nodes.get(next).filter(|_| next < end)?);
            next = child.1.end;
            Some(child)
        })
    }

    fn item(&self, node: usize, index: usize) -> Option<usize> {
        self.inside(node).find(|(_, child)| child.name == Name::Item(index)).map(|(child, _)| child)
    }

    /// The node that gives a key its value: of the mapping's own entries and those that it merges,
    /// the last. The recursion follows merges, which the depth limit bounds.
    fn entry(&self, node: usize, name: &str) -> Option<usize> {
        let mut found = None;
        for (child, inside) in self.inside(node) {
            match &inside.name {
                Name::Key(key) if key == name => found = Some(child),
                Name::Merge => {
                    let sources = || self.inside(child).filter(|(_, source)| matches!(source.name, Name::Item(_)));
                    let merged = self.entry(child, name);
                    found = merged.or_else(|| sources().find_map(|(source, _)| self.entry(source, name))).or(found);
                }
                _ => {}
            }
        }
        found
    }
}

/// The path that the segments make, as error messages write it; none without segments.
pub(super) fn join<'s>(segments: impl IntoIterator<Item = Segment<'s>>) -> Option<String> {
    let mut path = String::new();
    for segment in segments {
        match segment {
            Segment::Key(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Segment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    (!path.is_empty()).then_some(path)
}

impl Place {
    /// The place after a text that starts here.
    pub(super) fn after(self, text: &str) -> Place {
        let (mut place, mut rest) = (self, text.as_bytes());
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            if line.ends_with(b"\n") || line.ends_with(b"\r") {
                place = Place { line: place.line + 1, column: 1 };
            } else {
                place.column += line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
            }
            rest = after;
        }
        place
    }
}

/// Puts a document's nodes together, in the order of its text.
#[derive(Debug, Default)]
struct Indexer<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<Open<'a>>,
}

/// A collection that has not ended.
#[derive(Debug)]
struct Open<'a> {
    node: usize,
    shape: Shape<'a>,
}

#[derive(Debug)]
enum Shape<'a> {
    /// With the number of the next item.
    Sequence(usize),
    /// With the key whose value comes next.
    Mapping(Option<(Name<'a>, Place)>),
}

impl<'a> Indexer<'a> {
    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { shape: Shape::Mapping(None), .. }))
    }

    fn key(&mut self, name: Name<'a>, place: Place) {
        if let Some(Open { shape: Shape::Mapping(key), .. }) = self.open.last_mut() {
            *key = Some((name, place));
        }
    }

    /// The new node's number.
    fn node(&mut self, value: Place, alias: Option<usize>) -> usize {
        let (name, key) = match self.open.last_mut().map(|open| &mut open.shape) {
            None => (Name::Root, None),
            Some(Shape::Sequence(next)) => {
                *next += 1;
                (Name::Item(*next - 1), None)
            }
            Some(Shape::Mapping(key)) => key.take().map_or((Name::Root, None), |(name, place)| (name, Some(place))),
        };
        let number = self.nodes.len();
        self.nodes.push(Node { position: Position { key, value }, name, end: number + 1, alias });
        number
    }

    fn enter(&mut self, value: Place, shape: Shape<'a>) -> usize {
        let node = self.node(value, None);
        self.open.push(Open { node, shape });
        node
    }

    fn leave(&mut self) {
        let end = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(|open| self.nodes.get_mut(open.node)) {
            node.end = end;
        }
    }

    fn finish(self) -> Positions<'a> {
        Positions { nodes: self.nodes }
    }
}

/// The positions in a JSON text that has been read before and starts at `start`. O(text).
pub(super) fn in_json(text: &str, start: Place) -> Positions<'_> {
    let mut indexer = Indexer::default();
    for (token, place) in Tokens::new(text, start) {
        match token {
            Token::Key(name) => indexer.key(Name::Key(name), place),
            Token::Scalar => {
                indexer.node(place, None);
            }
            Token::Sequence => {
                indexer.enter(place, Shape::Sequence(0));
            }
            Token::Mapping => {
                indexer.enter(place, Shape::Mapping(None));
            }
            Token::End => indexer.leave(),
        }
    }
    indexer.finish()
}

/// The positions in a YAML text that has been read before and starts on `line`. O(text).
pub(super) fn in_yaml(text: &str, line: usize) -> Positions<'_> {
    let mut indexer = Indexer::default();
    let mut anchored = HashMap::new();
    let mut names = HashMap::new();
    for (event, place) in Events::new(text, line, &Limits::default()).map_while(Result::ok) {
        match event {
            Event::Scalar(scalar, anchor) => {
                if anchor != 0 {
                    names.insert(anchor, scalar.clone());
                }
                if indexer.awaits_key() {
                    indexer.key(name(scalar), place);
                } else {
                    let node = indexer.node(place, None);
                    anchored.insert(anchor, node);
                }
            }
            Event::Sequence(anchor) => {
                let node = indexer.enter(place, Shape::Sequence(0));
                anchored.insert(anchor, node);
            }
            Event::Mapping(anchor) => {
                let node = indexer.enter(place, Shape::Mapping(None));
                anchored.insert(anchor, node);
            }
            Event::End => indexer.leave(),
            Event::Alias(anchor) if indexer.awaits_key() => {
                let name = names.get(&anchor).cloned().and_then(|scalar| scalar.into_name().ok());
                indexer.key(name.map_or(Name::Root, |name| Name::Key(Cow::Owned(name))), place);
            }
            Event::Alias(anchor) => {
                indexer.node(place, anchored.get(&anchor).copied());
            }
        }
    }
    indexer.finish()
}

fn name(scalar: Scalar<'_>) -> Name<'static> {
    match scalar.into_key() {
        Ok(Key::Name(name)) => Name::Key(Cow::Owned(name)),
        Ok(Key::Merge) => Name::Merge,
        Err(_) => Name::Root,
    }
}
