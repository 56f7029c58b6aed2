//! How much one route may hold.

use gateway_model::{HeaderMatch, PathMatchType, QueryParamMatch, ValueMatchType};
use smallvec::SmallVec;

use super::definition::RuleDefinition;
use crate::condition::WireMatch;

/// Bounds on what one route may hold, for those whose routes no API server has judged.
///
/// Wider than what the API admits, so that no valid object meets them, with one exception: the API has no
/// bound on regular expressions, of which a valid route may have thousands. A rule beyond a bound is dropped
/// like any rule that cannot be used, with [`RouteExcess`] as its problem; its neighbours serve.
///
/// | bound | default | counts |
/// | --- | --- | --- |
/// | [`max_rules`](Self::max_rules) | 1,024 | rules of a route |
/// | [`max_matches`](Self::max_matches) | 1,024 | matches of a rule |
/// | [`max_conditions`](Self::max_conditions) | 128 | headers and query parameters of a match |
/// | [`max_filters`](Self::max_filters) | 512 | filters of a rule with those of its backends |
/// | [`max_backends`](Self::max_backends) | 1,024 | backends of a rule |
/// | [`max_patterns`](Self::max_patterns) | 256 | regular expressions of a route |
/// | [`max_pattern_bytes`](Self::max_pattern_bytes) | 16 KiB | the text of one regular expression |
/// | [`max_pattern_size`](Self::max_pattern_size) | 1 MiB | one regular expression, compiled |
///
/// ```
/// use gateway_match::{Profile, Route, RouteDefinition, RouteLimits, RuleDefinition};
///
/// let profile = Profile::default().route_limits(RouteLimits::default().max_rules(1));
/// let definition = RouteDefinition::http("shop", "cart").rule(RuleDefinition::new()).rule(RuleDefinition::new());
/// let route = Route::compile(definition, &profile);
/// assert_eq!(route.rules().count(), 1);
/// assert_eq!(route.problems()[0].to_string(), "spec.rules[1]: more than 1 rules");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLimits {
    rules: usize,
    matches: usize,
    conditions: usize,
    filters: usize,
    backends: usize,
    patterns: usize,
    pattern_bytes: usize,
    pattern_size: usize,
}

/// What a route has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} {part}")]
pub struct RouteExcess {
    /// Of what.
    pub part: RoutePart,
    /// How much there may be.
    pub limit: usize,
}

/// What [`RouteLimits`] bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RoutePart {
    /// Rules of a route.
    Rules,
    /// Matches of a rule.
    Matches,
    /// Headers and query parameters of a match.
    Conditions,
    /// Filters of a rule with those of its backends.
    Filters,
    /// Backends of a rule.
    Backends,
    /// Regular expressions of a route.
    Patterns,
    /// Bytes of a regular expression as written.
    PatternBytes,
}

impl std::fmt::Display for RoutePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RoutePart::Rules => "rules",
            RoutePart::Matches => "matches",
            RoutePart::Conditions => "headers and query parameters",
            RoutePart::Filters => "filters",
            RoutePart::Backends => "backends",
            RoutePart::Patterns => "regular expressions in the route",
            RoutePart::PatternBytes => "bytes in a regular expression",
        })
    }
}

impl Default for RouteLimits {
    fn default() -> Self {
        RouteLimits {
            rules: 1_024,
            matches: 1_024,
            conditions: 128,
            filters: 512,
            backends: 1_024,
            patterns: 256,
            pattern_bytes: 16 << 10,
            pattern_size: 1 << 20,
        }
    }
}

impl RouteLimits {
    /// Sets a bound by its name, as a command line has it: that of its method, without `max` and with hyphens. False if
    /// no bound has that name.
    ///
    /// ```
    /// use gateway_match::RouteLimits;
    ///
    /// let mut limits = RouteLimits::default();
    /// assert!(limits.set("pattern-bytes", 100) && !limits.set("patience", 100));
    /// assert_eq!(limits, RouteLimits::default().max_pattern_bytes(100));
    /// ```
    pub fn set(&mut self, name: &str, most: usize) -> bool {
        let bound = match name {
            "rules" => &mut self.rules,
            "matches" => &mut self.matches,
            "conditions" => &mut self.conditions,
            "filters" => &mut self.filters,
            "backends" => &mut self.backends,
            "patterns" => &mut self.patterns,
            "pattern-bytes" => &mut self.pattern_bytes,
            "pattern-size" => &mut self.pattern_size,
            _ => return false,
        };
        *bound = most;
        true
    }

    /// The rules that a route may have; 1,024 by default. Those that come after are dropped.
    #[must_use]
    pub fn max_rules(mut self, rules: usize) -> Self {
        self.rules = rules;
        self
    }

    /// The matches that a rule may have; 1,024 by default.
    #[must_use]
    pub fn max_matches(mut self, matches: usize) -> Self {
        self.matches = matches;
        self
    }

    /// The headers and query parameters that a match may have; 128 by default.
    #[must_use]
    pub fn max_conditions(mut self, conditions: usize) -> Self {
        self.conditions = conditions;
        self
    }

    /// The filters that a rule may have, with those of its backends; 512 by default.
    #[must_use]
    pub fn max_filters(mut self, filters: usize) -> Self {
        self.filters = filters;
        self
    }

    /// The backends that a rule may have; 1,024 by default.
    #[must_use]
    pub fn max_backends(mut self, backends: usize) -> Self {
        self.backends = backends;
        self
    }

    /// The regular expressions that a route may have; 256 by default. The rule that has one more, and those
    /// with expressions after it, are dropped.
    #[must_use]
    pub fn max_patterns(mut self, patterns: usize) -> Self {
        self.patterns = patterns;
        self
    }

    /// The bytes that a regular expression may be written in; 16 KiB by default. What it takes to parse one is
    /// proportional to them, with a factor that Unicode classes (`\pL`) make large.
    #[must_use]
    pub fn max_pattern_bytes(mut self, bytes: usize) -> Self {
        self.pattern_bytes = bytes;
        self
    }

    /// The bytes that a regular expression may need when it is compiled; 1 MiB by default. Each thread that
    /// matches with it may need as many again, for its cache. A larger one is
    /// [`PatternError::TooLarge`](crate::PatternError::TooLarge). Expressions in which the next byte always says which
    /// way it goes on (`/orders/[0-9]+(/.*)?`) take a few hundred bytes.
    #[must_use]
    pub fn max_pattern_size(mut self, bytes: usize) -> Self {
        self.pattern_size = bytes;
        self
    }

    pub(super) fn pattern_size(&self) -> usize {
        self.pattern_size
    }

    pub(super) fn rules(&self) -> usize {
        self.rules
    }

    /// What a rule has too much of, with the field, `patterns` expressions in the rules before it given.
    /// O(matches and their conditions), up to the bounds.
    pub(super) fn excess(&self, rule: &RuleDefinition, patterns: usize) -> Option<(String, RouteExcess)> {
        let over = |count: usize, part: RoutePart, limit: usize| (count > limit).then_some(RouteExcess { part, limit });
        let at = |path: &str| {
            let path = path.to_owned();
            move |excess| (path, excess)
        };
        if let Some(excess) = over(rule.matches.len(), RoutePart::Matches, self.matches) {
            return Some(at("matches")(excess));
        }
        if let Some(excess) = over(rule.backends.len(), RoutePart::Backends, self.backends) {
            return Some(at("backendRefs")(excess));
        }
        let filters = rule.backends.iter().fold(rule.filters.len(), |sum, backend| sum + backend.filters.len());
        if let Some(excess) = over(filters, RoutePart::Filters, self.filters) {
            return Some(at("filters")(excess));
        }
        let mut patterns = patterns;
        rule.matches.iter().enumerate().find_map(|(item, wire)| {
            let conditions = over(conditions(wire), RoutePart::Conditions, self.conditions);
            let excess = conditions.or_else(|| {
                let mut texts = texts_of_patterns(wire);
                patterns += texts.len();
                texts.sort_by_key(|text| text.len());
                let longest = texts.last().map_or(0, |text| text.len());
                over(longest, RoutePart::PatternBytes, self.pattern_bytes)
                    .or_else(|| over(patterns, RoutePart::Patterns, self.patterns))
            });
            excess.map(|excess| (format!("matches[{item}]"), excess))
        })
    }
}

/// How many regular expressions a rule has.
pub(super) fn patterns(rule: &RuleDefinition) -> usize {
    rule.matches.iter().map(|wire| texts_of_patterns(wire).len()).sum()
}

fn conditions(wire: &WireMatch) -> usize {
    match wire {
        WireMatch::Http(wire) => wire.headers.len() + wire.query_params.len(),
        WireMatch::Grpc(wire) => wire.headers.len(),
    }
}

fn texts_of_patterns(wire: &WireMatch) -> SmallVec<[&str; 4]> {
    let of_header = |header: &'_ HeaderMatch| header.value_type() == ValueMatchType::RegularExpression;
    let of_param = |param: &'_ QueryParamMatch| param.value_type() == ValueMatchType::RegularExpression;
    match wire {
        WireMatch::Http(wire) => {
            let path = (wire.path_type() == PathMatchType::RegularExpression).then(|| wire.path_value());
            let headers = wire.headers.iter().filter(|header| of_header(header)).map(|header| header.value.as_str());
            let params = wire.query_params.iter().filter(|param| of_param(param)).map(|param| param.value.as_str());
            path.into_iter().chain(headers).chain(params).collect()
        }
        WireMatch::Grpc(wire) => {
            let method = wire.method.iter().filter(|method| method.value_type() == ValueMatchType::RegularExpression);
            let method = method.flat_map(|method| method.service.iter().chain(&method.method)).map(String::as_str);
            let headers = wire.headers.iter().filter(|header| of_header(header)).map(|header| header.value.as_str());
            method.chain(headers).collect()
        }
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
