//! Bounds on what is read and what is served, by name.

use std::fmt::Write as _;

use clap::Args;
use gateway_match::{Profile, RequestLimits};
use gateway_model::yaml;

/// The largest file that is read without a word about it; the reader of documents has the same bound by default.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// The longest line of a file of requests that is read without a word about it.
const MAX_LINE: usize = 16 << 20;

/// The limits that this command has beside those of the libraries.
const OF_REQUESTS: &[&str] = &["request-bytes", "request-headers"];

/// What each limit counts.
const LIMITS: &[(&str, &str)] = &[
    ("bytes", "bytes of a file: 268435456"),
    ("documents", "documents of a file: 1000000"),
    ("depth", "mappings and lists inside each other, at most 120: 100"),
    ("nodes", "values of a document: 10000000"),
    ("alias-nodes", "values of a document that come from aliases: 1000000"),
    ("listeners", "listeners of a Gateway with its ListenerSets: no limit"),
    ("attached-routes", "routes of a listener, or of a port of a Service: no limit"),
    ("rules", "rules of a route: 1024"),
    ("matches", "matches of a rule: 1024"),
    ("conditions", "headers and query parameters of a match: 128"),
    ("filters", "filters of a rule with its backends: 512"),
    ("backends", "backends of a rule: 1024"),
    ("patterns", "regular expressions of a route: 256"),
    ("pattern-bytes", "bytes of a regular expression as written: 16384"),
    ("pattern-size", "bytes of a regular expression, compiled: 1048576"),
    ("request-bytes", "bytes of a line of requests: 16777216"),
    ("request-headers", "headers of a request: 10000"),
];

/// Bounds on what is read and what is served.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LimitArguments {
    /// Sets how much there may be of something; repeatable (--help lists the limits)
    #[arg(
        id = "limit",
        long = "limit",
        value_name = "NAME=N",
        num_args = 1,
        value_parser = parse,
        long_help = help(),
        help_heading = "Manifests"
    )]
    set: Vec<(String, usize)>,
}

impl LimitArguments {
    /// How much of a file is read.
    pub(crate) fn documents(&self) -> yaml::Limits {
        let mut limits = yaml::Limits::default().max_bytes(MAX_BYTES);
        for (name, most) in &self.set {
            limits.set(name, *most);
        }
        limits
    }

    /// How much is served.
    pub(crate) fn apply(&self, profile: &mut Profile) {
        for (name, most) in &self.set {
            profile.set_limit(name, *most);
        }
    }

    /// How much a request may have.
    pub(crate) fn requests(&self) -> RequestLimits {
        let limits = RequestLimits::default();
        self.last("request-headers").map_or(limits.clone(), |most| limits.max_headers(most))
    }

    /// How long a line of requests may be.
    pub(crate) fn line(&self) -> usize {
        self.last("request-bytes").unwrap_or(MAX_LINE)
    }

    fn last(&self, name: &str) -> Option<usize> {
        self.set.iter().rev().find(|(set, _)| set == name).map(|(_, most)| *most)
    }
}

fn is_known(name: &str) -> bool {
    OF_REQUESTS.contains(&name) || yaml::Limits::NAMES.contains(&name) || Profile::LIMITS.contains(&name)
}

fn parse(text: &str) -> Result<(String, usize), String> {
    let (name, most) = text.split_once('=').ok_or("expected NAME=N")?;
    if !is_known(name) {
        let names: Vec<&str> = LIMITS.iter().map(|(name, _)| *name).collect();
        return Err(format!("no limit is named `{name}`; there are {}", names.join(", ")));
    }
    let most = most.parse().map_err(|_| format!("`{most}` is no number"))?;
    Ok((name.to_owned(), most))
}

fn help() -> String {
    let mut help = "Sets how much there may be of something; repeatable. What is beyond a limit is told\n".to_owned();
    for (name, counts) in LIMITS {
        // Writing to a String does not fail.
        let _ = write!(help, "\n{name}=N\n    {counts}");
    }
    help.push_str("\n\nThe number behind the colon is the default.");
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_of_the_libraries_can_be_set_and_is_described() {
        let known = yaml::Limits::NAMES.iter().chain(Profile::LIMITS).chain(OF_REQUESTS);
        assert!(known.copied().eq(LIMITS.iter().map(|(name, _)| *name)));
        assert!(parse("depth").is_err() && parse("depth=deep").is_err() && parse("depth=-1").is_err());
        assert!(parse("luck=7").unwrap_err().contains("pattern-size"));
        assert_eq!(parse("depth=7"), Ok(("depth".to_owned(), 7)));
    }

    #[test]
    fn the_defaults_are_those_that_the_help_names() {
        assert_eq!(LimitArguments::default().documents(), yaml::Limits::default());
        for (name, counts) in LIMITS {
            let default = counts.rsplit_once(": ").map(|(_, default)| default).unwrap();
            let Ok(default) = default.parse::<usize>() else { continue };
            let set = LimitArguments { set: vec![((*name).to_owned(), default)] };
            assert_eq!(set.documents(), yaml::Limits::default(), "{name}");
            assert_eq!((set.requests(), set.line()), (RequestLimits::default(), MAX_LINE), "{name}");
            let mut profile = Profile::default();
            set.apply(&mut profile);
            assert_eq!(profile, Profile::default(), "{name}");
        }
    }
}
