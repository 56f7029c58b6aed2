//! The values of a request that a group of matches is looked up by.

use std::ops::ControlFlow;

use http::HeaderName;
use smallvec::SmallVec;

use super::groups::{Groups, Tested};
use super::keyed::hash_of;
use crate::condition::joined_by;
use crate::options::{Options, RepeatedQuery};
use crate::query;
use crate::request::{Headers, RequestView};

/// One part of a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'n> {
    Method,
    Header(&'n HeaderName),
    Param(&'n str),
}

/// A part by its position among the names that are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Method,
    Header(usize),
    Param(usize),
}

impl Part<'_> {
    /// Its place among names, which are sorted.
    pub(super) fn place(self, headers: &[Tested<HeaderName>], params: &[Tested<Box<str>>]) -> Option<Place> {
        match self {
            Part::Method => Some(Place::Method),
            Part::Header(name) => {
                headers.binary_search_by(|tested| tested.name.as_str().cmp(name.as_str())).ok().map(Place::Header)
            }
            Part::Param(name) => params.binary_search_by(|tested| (*tested.name).cmp(name)).ok().map(Place::Param),
        }
    }
}

/// Shows the value of a header, if it has one.
///
/// # Errors
///
/// It has several, which may have to be joined; the first was shown.
#[inline(always)]
pub(super) fn visit_only_value<H: Headers + ?Sized>(
    request: &RequestView<'_, H>,
    name: &HeaderName,
    mut each: impl FnMut(&[u8]),
) -> Result<(), TooMany> {
    let mut values = 0_usize;
    request.visit_header(name, &mut |value| {
        values += 1;
        if values > 1 {
            return ControlFlow::Break(());
        }
        each(value);
        ControlFlow::Continue(())
    });
    if values > 1 { Err(TooMany) } else { Ok(()) }
}

/// The values of a key, each behind its length; one alone is as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Encoded(SmallVec<[u8; 32]>);

impl Encoded {
    pub(super) fn of(values: &[&[u8]]) -> Self {
        if let [value] = values {
            return Encoded(SmallVec::from_slice(value));
        }
        let mut bytes = SmallVec::new();
        for value in values {
            bytes.extend_from_slice(&length_of(value));
            bytes.extend_from_slice(value);
        }
        Encoded(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the greatest lengths of the parts those of this key, where it has greater ones.
    pub(super) fn widen(&self, longest: &mut [usize]) {
        let mut rest = self.as_bytes();
        if let [longest] = longest {
            *longest = (*longest).max(rest.len());
            return;
        }
        for longest in longest {
            let Some((length, value)) = rest.split_first_chunk() else { return };
            let length = u32::from_le_bytes(*length) as usize;
            *longest = (*longest).max(length);
            rest = value.get(length..).unwrap_or_default();
        }
    }
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn length_of(value: &[u8]) -> [u8; LENGTH] {
    u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// Bytes of a length.
const LENGTH: usize = 4;

/// More values, or combinations of them, than were asked for.
pub(super) struct TooMany;

/// What was read of a request. Each name is asked for once, and only those that some group tests.
///
/// Values that no match asks for, since they are longer than all that are, are not copied.
pub(super) struct Values<'v, 'q, H: ?Sized> {
    groups: &'v Groups,
    request: &'v RequestView<'q, H>,
    options: &'v Options,
    /// Values behind their lengths, as they stand in a key.
    bytes: SmallVec<[u8; MOST_BYTES]>,
    /// Where each value begins and ends there.
    spans: SmallVec<[Span; MOST_READ]>,
    read: SmallVec<[Read; MOST_READ]>,
    present: SmallVec<[u32; MOST_PRESENT]>,
}

/// So much is remembered without an allocation. A match has 33 parts at most, by the bounds of the API.
const MOST_READ: usize = 40;
const MOST_BYTES: usize = 512;
const MOST_PRESENT: usize = 128;

type Span = std::ops::Range<usize>;

/// The values of one name: which of the spans.
#[derive(Clone, Copy)]
struct Read {
    place: Place,
    first: usize,
    end: usize,
}

impl<'v, 'q, H: Headers + ?Sized> Values<'v, 'q, H> {
    pub(super) fn new(groups: &'v Groups, request: &'v RequestView<'q, H>, options: &'v Options) -> Self {
        Values {
            groups,
            request,
            options,
            bytes: SmallVec::new(),
            spans: SmallVec::new(),
            read: SmallVec::new(),
            present: SmallVec::new(),
        }
    }

    pub(super) fn method(&self) -> &'q [u8] {
        self.request.method().as_bytes()
    }

    /// Finds which of the tested headers the request has, if its headers can be gone through and are not
    /// too many. O(headers of the request).
    pub(super) fn find_present(&mut self) -> bool {
        let Some(by_name) = &self.groups.by_name else { return false };
        let present = &mut self.present;
        let mut too_many = false;
        let mut take = |name: &[u8]| {
            if let Some(position) = by_name.positions.get(hash_of(name), name)
                && !present.contains(position)
            {
                too_many |= present.len() == MOST_PRESENT;
                if !too_many {
                    present.push(*position);
                }
            }
        };
        // The authority is read as the header of that name.
        take(http::header::HOST.as_str().as_bytes());
        let gone_through = self.request.headers().visit_names(&mut |name| {
            let name = name.as_bytes();
            if name.len() > by_name.longest_name {
                return;
            }
            if name.iter().any(u8::is_ascii_uppercase) {
                let lower: SmallVec<[u8; 64]> = name.iter().map(u8::to_ascii_lowercase).collect();
                take(&lower);
            } else {
                take(name);
            }
        });
        gone_through && !too_many
    }

    /// The positions of the headers that were found.
    pub(super) fn present(&self) -> &[u32] {
        &self.present
    }

    /// Shows every key that the request has at these places: one, unless a name has several values that
    /// are each compared by themselves.
    pub(super) fn visit_keys(
        &mut self,
        places: &[Place],
        most: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), TooMany> {
        if self.read.len() + places.len() > MOST_READ || self.bytes.len() > MOST_BYTES / 2 {
            // It is quicker to read again than to allocate.
            self.bytes.clear();
            self.spans.clear();
            self.read.clear();
        }
        let mut reads: SmallVec<[Read; MOST_READ]> = SmallVec::new();
        let mut combinations = 1_usize;
        for place in places {
            let read = self.read(*place);
            combinations = combinations.saturating_mul(read.end - read.first);
            if combinations == 0 {
                return Ok(());
            }
            reads.push(read);
        }
        if combinations > most {
            return Err(TooMany);
        }
        if let [read] = reads.as_slice() {
            (read.first..read.end).for_each(|span| each(self.value(span).get(LENGTH..).unwrap_or_default()));
            return Ok(());
        }
        let mut key: SmallVec<[u8; MOST_BYTES]> = SmallVec::new();
        for combination in 0..combinations {
            key.clear();
            let mut rest = combination;
            for read in &reads {
                let values = read.end - read.first;
                key.extend_from_slice(self.value(read.first + rest % values));
                rest /= values;
            }
            each(&key);
        }
        Ok(())
    }

    /// A value behind its length.
    fn value(&self, span: usize) -> &[u8] {
        self.spans.get(span).and_then(|span| self.bytes.get(span.clone())).unwrap_or_default()
    }

    fn read(&mut self, place: Place) -> Read {
        if let Some(read) = self.read.iter().find(|read| read.place == place) {
            return *read;
        }
        let first = self.spans.len();
        match place {
            Place::Method => self.push(self.request.method().bytes()),
            Place::Header(position) => {
                if let Some(tested) = self.groups.headers.get(position) {
                    self.read_header(tested);
                }
            }
            Place::Param(position) => {
                if let Some(tested) = self.groups.params.get(position) {
                    self.read_param(tested);
                }
            }
        }
        let read = Read { place, first, end: self.spans.len() };
        self.read.push(read);
        read
    }

    fn push(&mut self, value: impl Iterator<Item = u8>) {
        let start = self.bytes.len();
        self.bytes.extend([0; LENGTH]);
        self.bytes.extend(value);
        self.close(start);
    }

    /// Ends a value that begins there.
    fn close(&mut self, start: usize) {
        let length = length_of(self.bytes.get(start + LENGTH..).unwrap_or_default());
        if let Some(place) = self.bytes.get_mut(start..start + LENGTH) {
            place.copy_from_slice(&length);
        }
        self.spans.push(start..self.bytes.len());
    }

    fn read_header(&mut self, tested: &Tested<HeaderName>) {
        match joined_by(&tested.name, self.options.repeated_header) {
            Some(separator) => self.read_joined(tested, separator),
            None => {
                let request = self.request;
                request.visit_header(&tested.name, &mut |value| {
                    if value.len() <= tested.longest {
                        let start = self.bytes.len();
                        self.bytes.extend_from_slice(&[0; LENGTH]);
                        self.bytes.extend_from_slice(value);
                        self.close(start);
                    }
                    ControlFlow::Continue(())
                });
            }
        }
    }

    fn read_joined(&mut self, tested: &Tested<HeaderName>, separator: &[u8]) {
        let start = self.bytes.len();
        let (bytes, mut values, mut fits) = (&mut self.bytes, 0_usize, true);
        self.request.visit_header(&tested.name, &mut |value| {
            let before = if values == 0 { [].as_slice() } else { separator };
            values += 1;
            if values == 1 {
                bytes.extend_from_slice(&[0; LENGTH]);
            }
            fits = bytes.len() - start - LENGTH + before.len() + value.len() <= tested.longest;
            if fits {
                bytes.extend_from_slice(before);
                bytes.extend_from_slice(value);
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if values > 0 && fits {
            self.close(start);
        } else {
            self.bytes.truncate(start);
        }
    }

    fn read_param(&mut self, tested: &Tested<Box<str>>) {
        let mut values = query::values(self.request.query().unwrap_or(""), tested.name.as_bytes());
        match self.options.repeated_query {
            RepeatedQuery::First => values.next().into_iter().for_each(|value| self.push_param(value, tested)),
            RepeatedQuery::Last => values.last().into_iter().for_each(|value| self.push_param(value, tested)),
            RepeatedQuery::Any => values.for_each(|value| self.push_param(value, tested)),
        }
    }

    fn push_param(&mut self, encoded: &str, tested: &Tested<Box<str>>) {
        let start = self.bytes.len();
        self.push(query::decode(encoded.as_bytes()).take(tested.longest + 1));
        let length = self.bytes.len() - start - LENGTH;
        if length > tested.longest {
            self.spans.pop();
            self.bytes.truncate(start);
        }
    }
}
