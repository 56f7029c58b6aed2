//! Matches with one target in groups by what they test, each a table by the values.
//!
//! Of N matches for one path that test the header `x-tenant` a request meets one, found by hash. This is
//! known as tuple space search.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderName;
use smallvec::SmallVec;

use super::candidate::{Candidate, Known};
use super::keyed::{Keyed, SHORT_VALUE, hash_of};
use super::list::{Change, List};
use super::search::Search;
use super::values::{Encoded, Part, Place, TooMany, Values, visit_only_value};
use crate::options::Options;
use crate::precedence::{Digest, TargetRank};
use crate::request::{Headers, RequestView};

/// The matches with one target, at least one.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    /// Those that can have the greatest rank first.
    groups: Box<[Group]>,
    /// The names that the groups test.
    pub(super) headers: Box<[Tested<HeaderName>]>,
    pub(super) params: Box<[Tested<Box<str>>]>,
    /// Where groups are many, those that a request can meet are found by the names of its headers.
    pub(super) by_name: Option<ByName>,
}

/// What is clear of a request without a search.
#[derive(Clone, Copy, Debug)]
pub(super) enum AtOnce<'r> {
    /// A match takes it, and, where orders that callers gave do not decide, before all others.
    Taken(&'r Candidate),
    /// None takes it.
    Nothing,
    Unclear,
}

/// A name and the length of the longest value that it is compared with.
#[derive(Clone, Debug)]
pub(super) struct Tested<N> {
    pub(super) name: N,
    pub(super) longest: usize,
}

/// Groups by a header that a request must have to meet them.
#[derive(Clone, Debug)]
pub(super) struct ByName {
    /// The positions of headers by name.
    pub(super) positions: Keyed<u32>,
    pub(super) longest_name: usize,
    /// For each header the groups that are looked at if a request has it.
    headed: Box<[Box<[u32]>]>,
    /// The groups that test no header.
    headless: Box<[u32]>,
}

/// The matches that test the same things.
#[derive(Clone, Debug)]
struct Group {
    signature: Arc<Signature>,
    /// The length of the longest value of each part of the signature.
    longest: Box<[usize]>,
    /// The places of the parts among the names of all groups.
    places: SmallVec<[Place; 2]>,
    table: Keyed<List, SHORT_VALUE>,
}

/// What a match tests: the parts of its key. Matches with one signature differ in rank only by hostname,
/// age and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    target: TargetRank,
    header_count: u32,
    query_count: u32,
    method: bool,
    headers: Box<[Name<HeaderName>]>,
    params: Box<[Box<str>]>,
}

/// The same, borrowed from a match. To copy the name of a header takes an allocation that stays with the match.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SignatureRef<'c> {
    target: TargetRank,
    header_count: u32,
    query_count: u32,
    method: bool,
    headers: SmallVec<[Name<&'c HeaderName>; 4]>,
    params: SmallVec<[&'c str; 4]>,
}

/// The name of a header, or a reference to one: they have no order of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name<N>(N);

impl<N: AsRef<str> + Eq> Ord for Name<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_ref().cmp(other.0.as_ref())
    }
}

impl<N: AsRef<str> + Eq> PartialOrd for Name<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// So many names are asked for one by one: beyond that the request's own headers are gone through.
const MOST_NAMES_ASKED_FOR: usize = 8;
/// So many groups are put in their order without an allocation.
const MOST_MET: usize = 256;
/// So many combinations of the values of repeated names are looked up; with more, each match of the group is tried.
const MOST_COMBINATIONS: usize = 64;

impl Groups {
    /// `None` if there are no candidates. O(n log n).
    pub(super) fn new(candidates: Vec<Candidate>, options: &Options) -> Option<Self> {
        let mut groups: BTreeMap<SignatureRef<'_>, Vec<(Encoded, Candidate)>> = BTreeMap::new();
        for candidate in &candidates {
            let (signature, key) = SignatureRef::of(candidate, options);
            groups.entry(signature).or_default().push((key, candidate.clone()));
        }
        let group =
            |(signature, candidates): (SignatureRef<'_>, _)| Group::new(signature.to_owned(), candidates, options);
        Self::framed(groups.into_iter().map(group).collect())
    }

    /// The groups after a change; `None` if nothing is left. O(groups), besides what the group itself costs.
    pub(super) fn changed(&self, change: &Change, options: &Options) -> Option<Self> {
        let (signature, key) = SignatureRef::of(&change.candidate, options);
        let position = self.groups.iter().position(|group| signature.is(&group.signature));
        let Some(group) = position.and_then(|position| self.groups.get(position)) else {
            if !change.comes {
                return Some(self.clone());
            }
            let group = Group::new(signature.to_owned(), vec![(key, change.candidate.clone())], options);
            return Self::framed(self.groups.iter().cloned().chain([group]).collect());
        };
        let changed = group.changed(&key, change, options);
        let is_framed = changed.longest == group.longest && !changed.table.is_empty();
        let others = self.groups.iter().enumerate().filter(|(index, _)| Some(*index) != position);
        if !is_framed {
            let left = Some(changed).filter(|changed| !changed.table.is_empty());
            return Self::framed(others.map(|(_, group)| group.clone()).chain(left).collect());
        }
        let mut groups = self.clone();
        if let Some(place) = position.and_then(|position| groups.groups.get_mut(position)) {
            *place = changed;
        }
        Some(groups)
    }

    /// Puts groups in their order and finds out which names they test. O(groups × log).
    fn framed(mut groups: Vec<Group>) -> Option<Self> {
        if groups.is_empty() {
            return None;
        }
        // The order of the fields is that of precedence; what follows them decides nothing.
        groups.sort_by(|a, b| b.signature.cmp(&a.signature));
        let mut headers: BTreeMap<Name<HeaderName>, usize> = BTreeMap::new();
        let mut params: BTreeMap<Box<str>, usize> = BTreeMap::new();
        for group in &groups {
            for (part, longest) in group.signature.parts().zip(&group.longest) {
                let known = match part {
                    Part::Method => continue,
                    Part::Header(name) => headers.entry(Name(name.clone())).or_default(),
                    Part::Param(name) => params.entry(name.into()).or_default(),
                };
                *known = (*known).max(*longest);
            }
        }
        let headers: Box<[_]> = headers.into_iter().map(|(name, longest)| Tested { name: name.0, longest }).collect();
        let params: Box<[_]> = params.into_iter().map(|(name, longest)| Tested { name, longest }).collect();
        for group in &mut groups {
            group.places = group.signature.parts().filter_map(|part| part.place(&headers, &params)).collect();
        }
        let by_name = (headers.len() > MOST_NAMES_ASKED_FOR).then(|| ByName::new(&headers, &groups));
        Some(Groups { groups: groups.into(), headers, params, by_name })
    }

    /// Looks for the best match that takes the request.
    #[inline]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) {
        let Some(request) = search.request else { return };
        match self.list_of_only_header(request.view) {
            Some(Ok(list)) => list.into_iter().for_each(|list| search.try_list(list, Known::Values)),
            Some(Err(TooMany)) | None => self.search_by_values(request.view, search),
        }
    }

    /// Whether nothing is tested but one header.
    pub(super) fn has_only_header(&self) -> bool {
        matches!(&*self.groups, [group] if matches!(&*group.places, [Place::Header(_)]))
    }

    /// What is clear without a search of a request, where [one header tells](Groups::has_only_header): who asks for its
    /// value, since all others ask for another.
    #[inline(always)]
    pub(super) fn at_once<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> AtOnce<'_> {
        match self.list_of_only_header(request) {
            Some(Ok(Some(List::One(candidate)))) if candidate.is_taken_at_once(Known::Values) => {
                AtOnce::Taken(candidate)
            }
            Some(Ok(None)) => AtOnce::Nothing,
            _ => AtOnce::Unclear,
        }
    }

    /// The matches for the value of the header, if nothing is tested but one.
    #[inline]
    fn list_of_only_header<H: Headers + ?Sized>(
        &self,
        request: &RequestView<'_, H>,
    ) -> Option<Result<Option<&List>, TooMany>> {
        let [group] = &*self.groups else { return None };
        let [Place::Header(position)] = &*group.places else { return None };
        Some(group.list_of_header(self.headers.get(*position)?, request))
    }

    #[inline(never)]
    fn search_by_values<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        search: &mut Search<'_, 'r, '_, H>,
    ) {
        let mut values = Values::new(self, request, search.options);
        if let Some(by_name) = &self.by_name
            && values.find_present()
            && let Some(met) = by_name.met(values.present())
        {
            let met = met.iter().filter_map(|index| self.groups.get(*index as usize));
            return Self::search_each(met, &mut values, search);
        }
        Self::search_each(self.groups.iter(), &mut values, search);
    }

    fn search_each<'r, H: Headers + ?Sized>(
        groups: impl Iterator<Item = &'r Group>,
        values: &mut Values<'_, '_, H>,
        search: &mut Search<'_, 'r, '_, H>,
    ) {
        for group in groups {
            if search.is_settled(|host| group.signature.ceiling(host)) {
                break;
            }
            group.search(values, search);
        }
    }

    pub(super) fn visit<'r>(&'r self, each: &mut dyn FnMut(&'r Candidate)) {
        let lists = self.groups.iter().flat_map(|group| group.table.values());
        lists.flat_map(List::as_slice).for_each(each);
    }
}

impl ByName {
    /// The groups that a request with these headers can meet, in their order; `None` if they are so many
    /// that all may as well be looked at.
    fn met(&self, present: &[u32]) -> Option<SmallVec<[u32; MOST_MET]>> {
        let mut met = SmallVec::new();
        let headed = present.iter().filter_map(|position| self.headed.get(*position as usize));
        for groups in headed.chain([&self.headless]) {
            if met.len() + groups.len() > MOST_MET {
                return None;
            }
            met.extend_from_slice(groups);
        }
        met.sort_unstable();
        Some(met)
    }

    fn new(headers: &[Tested<HeaderName>], groups: &[Group]) -> Self {
        let names = || headers.iter().map(|tested| tested.name.as_str().as_bytes());
        let mut shared_by = vec![0_usize; headers.len()];
        for position in groups.iter().flat_map(Group::headers) {
            if let Some(count) = shared_by.get_mut(position) {
                *count += 1;
            }
        }
        let mut headed = vec![Vec::new(); headers.len()];
        let mut headless = Vec::new();
        for (index, group) in (0..).zip(groups) {
            // By the header that it shares with the fewest others.
            let rarest = group.headers().min_by_key(|position| shared_by.get(*position).copied());
            rarest.and_then(|position| headed.get_mut(position)).unwrap_or(&mut headless).push(index);
        }
        ByName {
            positions: Keyed::of(names().zip(0..)),
            longest_name: names().map(<[u8]>::len).max().unwrap_or(0),
            headed: headed.into_iter().map(Vec::into_boxed_slice).collect(),
            headless: headless.into(),
        }
    }
}

impl Group {
    fn new(signature: Signature, mut candidates: Vec<(Encoded, Candidate)>, options: &Options) -> Self {
        let mut longest = vec![0; signature.parts().count()];
        for (key, _) in &candidates {
            key.widen(&mut longest);
        }
        candidates.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut lists: Vec<(Encoded, Vec<Candidate>)> = Vec::new();
        for (key, candidate) in candidates {
            match lists.last_mut() {
                Some((last, list)) if *last == key => list.push(candidate),
                _ => lists.push((key, vec![candidate])),
            }
        }
        let lists = lists.into_iter().filter_map(|(key, list)| Some((key, List::new(list, options)?)));
        let table = Keyed::of(lists.collect::<Vec<_>>());
        Group { signature: Arc::new(signature), longest: longest.into(), places: SmallVec::new(), table }
    }

    fn changed(&self, key: &Encoded, change: &Change, options: &Options) -> Self {
        let mut changed = self.clone();
        if change.comes {
            key.widen(&mut changed.longest);
        }
        let key = key.as_bytes();
        changed.table.alter(hash_of(key), key, |list| List::changed(list, change, options));
        changed
    }

    /// The positions of the headers that it tests.
    fn headers(&self) -> impl Iterator<Item = usize> {
        self.places.iter().filter_map(|place| match place {
            Place::Header(position) => Some(*position),
            Place::Method | Place::Param(_) => None,
        })
    }

    /// Looks for the best match that takes the request, by the values that it has where this group tests some.
    fn search<'r, H: Headers + ?Sized>(&'r self, values: &mut Values<'_, '_, H>, search: &mut Search<'_, 'r, '_, H>) {
        let mut look_up = |key: &[u8]| {
            if let Some(list) = self.table.get(hash_of(key), key) {
                search.try_list(list, Known::Values);
            }
        };
        match &*self.places {
            [] => return look_up(&[]),
            [Place::Method] => return look_up(values.method()),
            places => {
                if values.visit_keys(places, MOST_COMBINATIONS, &mut look_up).is_ok() {
                    return;
                }
            }
        }
        for list in self.table.values() {
            search.try_each(list.as_slice(), Known::Target);
        }
    }

    /// The matches for the value of the only header that it tests.
    ///
    /// # Errors
    ///
    /// The header has several values, which may have to be joined.
    fn list_of_header<H: Headers + ?Sized>(
        &self,
        tested: &Tested<HeaderName>,
        request: &RequestView<'_, H>,
    ) -> Result<Option<&List>, TooMany> {
        let mut list = None;
        visit_only_value(request, &tested.name, |value| {
            if value.len() <= tested.longest {
                list = self.table.get(hash_of(value), value);
            }
        })?;
        Ok(list)
    }
}

impl<'c> SignatureRef<'c> {
    /// What a candidate tests, and the values that it asks for.
    fn of(candidate: &'c Candidate, options: &Options) -> (Self, Encoded) {
        let Some(condition) = candidate.condition() else { return (Self::of_nothing(), Encoded::default()) };
        let tests = condition.tests();
        let mut headers: SmallVec<[_; 4]> =
            candidate.exact_headers().map(|(name, value)| (Name(name), value)).collect();
        headers.sort();
        let mut params: SmallVec<[_; 4]> =
            tests.params.iter().filter_map(|param| Some((param.name(), param.exact()?))).collect();
        params.sort();
        let values = tests.method.map(str::as_bytes).into_iter();
        let values =
            values.chain(headers.iter().map(|(_, value)| *value)).chain(params.iter().map(|(_, value)| *value));
        let key = Encoded::of(&values.collect::<SmallVec<[&[u8]; 8]>>());
        let signature = SignatureRef {
            target: condition.target_rank(options),
            header_count: condition.header_count(),
            query_count: condition.query_count(),
            method: tests.method.is_some(),
            headers: headers.into_iter().map(|(name, _)| name).collect(),
            params: params.into_iter().map(|(name, _)| name).collect(),
        };
        (signature, key)
    }

    fn of_nothing() -> Self {
        SignatureRef {
            target: TargetRank::Connection,
            header_count: 0,
            query_count: 0,
            method: false,
            headers: SmallVec::new(),
            params: SmallVec::new(),
        }
    }

    fn is(&self, signature: &Signature) -> bool {
        self.target == signature.target
            && (self.header_count, self.query_count) == (signature.header_count, signature.query_count)
            && self.method == signature.method
            && self.headers.iter().map(|name| name.0).eq(signature.headers.iter().map(|name| &name.0))
            && self.params.iter().copied().eq(signature.params.iter().map(|name| &**name))
    }

    fn to_owned(&self) -> Signature {
        Signature {
            target: self.target,
            header_count: self.header_count,
            query_count: self.query_count,
            method: self.method,
            headers: self.headers.iter().map(|name| Name(name.0.clone())).collect(),
            params: self.params.iter().map(|name| (*name).into()).collect(),
        }
    }
}

impl Signature {
    /// The parts of a key, in their order.
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let method = self.method.then_some(Part::Method);
        let headers = self.headers.iter().map(|name| Part::Header(&name.0));
        method.into_iter().chain(headers).chain(self.params.iter().map(|name| Part::Param(name)))
    }

    fn ceiling(&self, host: crate::precedence::HostRank) -> Digest {
        Digest::ceiling(host, self.target, Some((self.header_count, self.query_count)))
    }
}
