//! A few matches with one target of which some test headers, with what they test beside them.

use http::HeaderName;
use smallvec::SmallVec;

use super::Comparable;
use super::candidate::{Candidate, Known};
use super::keyed::{Key, SHORT_VALUE};
use super::search::Search;
use super::values::{TooMany, visit_only_value};
use crate::options::Options;
use crate::request::{Headers, RequestView};

/// Matches with one target in the order of precedence, with the exact values of headers that they ask for.
///
/// A rule has those too, but where tables do not fit the caches, the rule, its match, the name and the value lie in
/// as many places, each of which takes longer to reach than to compare all of it.
#[derive(Clone, Debug)]
pub(super) struct Tested {
    tried: SmallVec<[Tried; 2]>,
    /// Each name that some test has, once.
    names: SmallVec<[HeaderName; 2]>,
    tests: SmallVec<[Test; 3]>,
}

/// A match with what it asks for.
#[derive(Clone, Debug)]
struct Tried {
    candidate: Candidate,
    /// A bit for each test that must hold.
    tests: u64,
    /// Whether that is all that it asks for, besides its target and its method.
    is_whole: bool,
}

/// A value that a header must have.
#[derive(Clone, Debug)]
struct Test {
    /// Position of the header's name.
    name: usize,
    value: Key<SHORT_VALUE>,
}

/// What was seen of a request.
#[derive(Default)]
struct Seen {
    /// A bit for each name that was asked for.
    names: u64,
    /// A bit for each test of those that holds.
    held: u64,
}

/// So many tests have a bit.
const MOST_TESTS: usize = u64::BITS as usize;

impl Tested {
    /// The matches, which are in the order of precedence. O(tests × names).
    pub(super) fn new(candidates: impl IntoIterator<Item = Candidate>) -> Self {
        let mut tested = Tested { tried: SmallVec::new(), names: SmallVec::new(), tests: SmallVec::new() };
        for candidate in candidates {
            let (tests, is_whole) = tested.add_tests(&candidate);
            tested.tried.push(Tried { candidate, tests, is_whole });
        }
        tested
    }

    /// The bits of the tests of a match, and whether they are all that it asks for.
    fn add_tests(&mut self, candidate: &Candidate) -> (u64, bool) {
        let mut bits = 0;
        let mut is_whole = candidate.asks_for_headers_alone();
        for (name, value) in candidate.exact_headers() {
            if self.tests.len() == MOST_TESTS {
                is_whole = false;
                break;
            }
            bits |= 1 << self.tests.len();
            let name = self.position(name);
            self.tests.push(Test { name, value: Key::new(value) });
        }
        (bits, is_whole)
    }

    fn position(&mut self, name: &HeaderName) -> usize {
        if let Some(position) = self.names.iter().position(|known| known == name) {
            return position;
        }
        // A clone would lead to where the rule has it.
        let own = HeaderName::from_bytes(name.as_str().as_bytes()).unwrap_or_else(|_| name.clone());
        self.names.push(own);
        self.names.len() - 1
    }

    /// Looks for the best match that takes the request, whose target it is. A header is asked for once, unless it has
    /// several values, and those that a match tests only as far as its tests hold. O(tests, and the values compared).
    #[inline(never)]
    pub(super) fn search<'r, H: Headers + ?Sized>(&'r self, search: &mut Search<'_, 'r, '_, H>) {
        let Some(request) = search.request else { return };
        let mut seen = Seen::default();
        for tried in &self.tried {
            if search.is_no_better(&tried.candidate) {
                break;
            }
            if !search.is_below_floor(&tried.candidate) && self.takes(tried, request, &mut seen, search.options) {
                search.take(&tried.candidate);
                break;
            }
        }
    }

    /// Whether a match takes a request to its target.
    #[inline]
    fn takes<H: Headers + ?Sized>(
        &self,
        tried: &Tried,
        request: &Comparable<'_, H>,
        seen: &mut Seen,
        options: &Options,
    ) -> bool {
        tried.candidate.takes_method(request)
            && match self.hold(tried.tests, request.view, seen) {
                Ok(false) => false,
                Ok(true) if tried.is_whole => true,
                Ok(true) | Err(TooMany) => tried.candidate.takes(Some(request), Known::Target, options),
            }
    }

    /// Whether all of some tests hold.
    ///
    /// # Errors
    ///
    /// A header has several values, which may have to be joined.
    #[inline]
    fn hold<H: Headers + ?Sized>(
        &self,
        tests: u64,
        request: &RequestView<'_, H>,
        seen: &mut Seen,
    ) -> Result<bool, TooMany> {
        let mut left = tests;
        while let Some(test) = self.tests.get(left.trailing_zeros() as usize) {
            if seen.names & 1 << test.name == 0 {
                self.see(test.name, request, seen)?;
            }
            if seen.held & left & left.wrapping_neg() == 0 {
                return Ok(false);
            }
            left &= left - 1;
        }
        Ok(true)
    }

    /// Asks for a header and compares it with all that it is tested for.
    fn see<H: Headers + ?Sized>(
        &self,
        position: usize,
        request: &RequestView<'_, H>,
        seen: &mut Seen,
    ) -> Result<(), TooMany> {
        let Some(name) = self.names.get(position) else { return Ok(()) };
        let mut held = 0;
        visit_only_value(request, name, |value| {
            for (bit, test) in self.tests.iter().enumerate().filter(|(_, test)| test.name == position) {
                held |= u64::from(test.value.is(value)) << bit;
            }
        })?;
        seen.names |= 1 << position;
        seen.held |= held;
        Ok(())
    }

    /// The matches, in the order of precedence.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.tried.iter().map(|tried| &tried.candidate)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ops::ControlFlow;

    use serde_json::{Value, json};

    use super::*;
    use crate::options::{Profile, RepeatedHeader};
    use crate::request::Connection;
    use crate::route::{Route, RouteDefinition, RuleDefinition};
    use crate::router::{ListenerDefinition, Router};

    /// A router with some routes for `/t`, the first the oldest, each with one match, among others for other paths.
    fn router(profile: &Profile, matches: &[(&str, Value)]) -> Router {
        let others = ["/a", "/b", "/c", "/d"].map(|path| (path, json!({"path": {"type": "Exact", "value": path}})));
        let at_target = matches.iter().map(|(name, wire)| {
            let mut wire = wire.clone();
            wire["path"] = json!({"type": "Exact", "value": "/t"});
            (*name, wire)
        });
        let mut builder = Router::builder(profile);
        let web = builder.listener(ListenerDefinition::http("web", 80));
        for (created, (name, wire)) in (0..).zip(others.into_iter().chain(at_target)) {
            let rule = RuleDefinition::new().matching(serde_json::from_value(wire).unwrap());
            let route = Route::compile(RouteDefinition::http("ns", name).created_at(created).rule(rule), profile);
            assert!(route.problems().is_empty(), "{:?}", route.problems());
            assert!(builder.attach(&route, web));
        }
        builder.build()
    }

    fn met<H: Headers + ?Sized>(router: &Router, method: &str, target: &str, headers: &H) -> Option<String> {
        let request = RequestView::new(method, "example.com", target, headers);
        let decision = router.route(&request, &Connection::plain(80));
        decision.matched().map(|found| found.route().name.to_string())
    }

    fn headers(tests: &[(&str, &str)]) -> Value {
        let header = |(name, value): &(&str, &str)| json!({"name": name, "value": value});
        json!({"headers": tests.iter().map(header).collect::<Vec<_>>()})
    }

    #[test]
    fn the_first_of_few_matches_wins_whose_headers_are_as_asked() {
        let mut posted = headers(&[("x", "1"), ("y", "2")]);
        posted["method"] = json!("POST");
        let mut with_param = headers(&[("x", "2")]);
        with_param["queryParams"] = json!([{"name": "q", "value": "7"}]);
        let mut with_pattern = headers(&[("x", "3"), ("z", "1")]);
        with_pattern["headers"][1] = json!({"name": "z", "value": "[0-9]+", "type": "RegularExpression"});
        let long = "a value that is longer than what lies beside its match";
        let plain = ("plain", headers(&[]));
        type Asked<'c> = (&'c str, &'c str, &'c [(&'c str, &'c str)], Option<&'c str>);
        type Case<'c> = (Vec<(&'c str, Value)>, &'c [Asked<'c>]);
        let cases: [Case<'_>; 5] = [
            (
                vec![("one", headers(&[("X", "1")])), ("two", headers(&[("x", "1"), ("y", "2")])), ("posted", posted)],
                &[
                    ("GET", "/t", &[("x", "1")], Some("one")),
                    ("GET", "/t", &[("x", "1"), ("y", "2")], Some("two")),
                    ("GET", "/t", &[("x", "1"), ("y", "3")], Some("one")),
                    ("GET", "/t", &[("x", "2"), ("y", "2")], None),
                    ("GET", "/t", &[("y", "2")], None),
                    ("GET", "/t", &[], None),
                    ("POST", "/t", &[("y", "2"), ("x", "1")], Some("posted")),
                    ("POST", "/t", &[("x", "1")], Some("one")),
                    ("GET", "/", &[("x", "1")], None),
                ],
            ),
            (
                vec![plain.clone(), ("param", with_param), ("pattern", with_pattern)],
                &[
                    ("GET", "/t?q=7", &[("x", "2")], Some("param")),
                    ("GET", "/t?q=8", &[("x", "2")], Some("plain")),
                    ("GET", "/t?q=7", &[("x", "1")], Some("plain")),
                    ("GET", "/t", &[("x", "3"), ("z", "12")], Some("pattern")),
                    ("GET", "/t", &[("x", "3"), ("z", "a")], Some("plain")),
                    ("GET", "/t", &[("x", "2"), ("z", "12")], Some("plain")),
                ],
            ),
            (
                vec![("long", headers(&[("x", long)])), ("empty", headers(&[("x", "")]))],
                &[
                    ("GET", "/t", &[("x", long)], Some("long")),
                    ("GET", "/t", &[("x", "")], Some("empty")),
                    ("GET", "/t", &[("x", "a value")], None),
                ],
            ),
            (
                // Of the second's tests the latter is known to hold before the former is asked for.
                vec![("first", headers(&[("y", "1"), ("z", "1")])), ("second", headers(&[("x", "1"), ("y", "1")]))],
                &[
                    ("GET", "/t", &[("x", "2"), ("y", "1")], None),
                    ("GET", "/t", &[("x", "1"), ("y", "1")], Some("second")),
                    ("GET", "/t", &[("x", "2"), ("y", "1"), ("z", "1")], Some("first")),
                ],
            ),
            (
                vec![("host", headers(&[("Host", "example.com")])), ("other", headers(&[("Host", "other.com")]))],
                &[("GET", "/t", &[("host", "other.com")], Some("host"))],
            ),
        ];
        for (matches, requests) in &cases {
            let router = router(&Profile::default(), matches);
            for (method, target, headers, expected) in *requests {
                let found = met(&router, method, target, *headers);
                assert_eq!(found.as_deref(), *expected, "{method} {target} {headers:?} of {matches:?}");
            }
        }
    }

    #[test]
    fn a_header_with_several_values_is_judged_as_the_option_says() {
        let matches =
            [("joined", headers(&[("x", "1,2")])), ("one", headers(&[("x", "1")])), ("other", headers(&[("y", "1")]))];
        let cases: [(&[(&str, &str)], _, _); 4] = [
            (&[("x", "1"), ("x", "2")], Some("joined"), Some("one")),
            (&[("x", "2"), ("x", "1")], None, Some("one")),
            (&[("x", "2"), ("x", "3"), ("y", "1")], Some("other"), Some("other")),
            (&[("y", "1"), ("y", "2"), ("x", "1")], Some("one"), Some("one")),
        ];
        for (headers, joined, any) in cases {
            for (option, expected) in [(RepeatedHeader::CommaJoined, joined), (RepeatedHeader::Any, any)] {
                let router = router(&Profile::default().repeated_header(option), &matches);
                assert_eq!(met(&router, "GET", "/t", headers).as_deref(), expected, "{headers:?}, {option:?}");
            }
        }
    }

    #[test]
    fn of_more_tests_than_have_a_bit_each_counts() {
        let names: Vec<String> = (0..MOST_TESTS + 6).map(|number| format!("x-{number}")).collect();
        let of = |range: std::ops::Range<usize>| -> Vec<(&str, &str)> {
            names.get(range).unwrap().iter().map(|name| (name.as_str(), "1")).collect()
        };
        for (first, last) in [(0, MOST_TESTS), (0, MOST_TESTS - 1), (0, names.len()), (3, names.len())] {
            let matches = [("first", headers(&of(0..first))), ("all", headers(&of(0..last)))];
            let router = router(&Profile::default(), &matches);
            assert_eq!(met(&router, "GET", "/t", &of(0..last)).as_deref(), Some("all"), "{first} {last}");
            for wrong in [0, 1, first, last / 2, last - 1] {
                let mut request = of(0..last);
                request[wrong].1 = "2";
                let expected = (wrong >= first).then_some("first");
                assert_eq!(met(&router, "GET", "/t", &request).as_deref(), expected, "{wrong} of {last}");
            }
        }
    }

    /// Headers that note what they are asked for.
    struct Noting(RefCell<Vec<String>>);

    impl Headers for Noting {
        fn visit(&self, name: &HeaderName, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
            self.0.borrow_mut().push(name.to_string());
            if name == "x" {
                let _ = each(b"1");
            }
        }
    }

    #[test]
    fn a_header_is_asked_for_once_and_not_where_a_test_before_it_fails() {
        let matches = [
            ("none", headers(&[("y", "1"), ("x", "1"), ("w", "1")])),
            ("neither", headers(&[("x", "1"), ("z", "1")])),
            ("one", headers(&[("x", "1")])),
        ];
        let noting = Noting(RefCell::default());
        let router = router(&Profile::default(), &matches);
        assert_eq!(met(&router, "GET", "/t", &noting).as_deref(), Some("one"));
        assert_eq!(*noting.0.borrow(), ["y", "x", "z"]);
    }
}
