//! The command line.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use gateway_match::{OPTIONS, OptionError, Profile};
use gateway_model::{FeatureSet, UnknownFeature};
use http::{HeaderName, HeaderValue, Method};
use k8s_openapi::jiff;

use crate::limits::LimitArguments;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (Gateway API v1.6.1)");

const EXIT_CODES: &str = "\
Exit codes:
  0  all well: every object is valid, every request got an answer, whatever the answer
  1  findings (check: an invalid object; status: something is not accepted, resolved or programmed;
     features: a feature that is not claimed; test: a case that fails, or too little coverage)
  2  the command could not run, or some input could not be read (the rest is answered all the same)";

const CHECK_EXAMPLES: &str = "\
Examples:
  gwapi check -f manifests/
  gwapi check -f manifests/ --channel standard --warnings deny
  helm template . | gwapi check -f -
  gwapi check -f manifests/ -o sarif > findings.sarif

Exit codes:
  0  every object is valid
  1  an object is invalid, or with --warnings deny has warnings
  2  some input could not be read (the rest is checked all the same)";

const ROUTE_EXAMPLES: &str = "\
Examples:
  gwapi route -f manifests/ --gateway infra/public http://shop.example.com/cart
  gwapi route -f manifests/ --gateway infra/public --explain \\
      -X POST -H 'x-env: canary' https://shop.example.com/cart?id=7
  kubectl get gateways,httproutes,services -A -o yaml |
      gwapi route -f - --gateway infra/public shop.example.com/
  gwapi route -f manifests/ --requests requests.jsonl -o json

A request line; every key but `gateway` may be left out:
  {\"id\": 1, \"gateway\": \"infra/public\", \"port\": 443, \"scheme\": \"https\",
   \"method\": \"GET\", \"host\": \"shop.example.com\", \"path\": \"/cart?id=7\",
   \"headers\": [[\"x-env\", \"canary\"]], \"sni\": \"\", \"httpVersion\": \"2\", \"count\": 9}
With `count`, the answer's `picks` says how that many requests are spread.

Exit codes:
  0  every request got an answer, whatever the answer
  2  a request or some input could not be read (the others are answered)";

const STATUS_EXAMPLES: &str = "\
Examples:
  gwapi status -f manifests/
  gwapi status -f manifests/ --controller example.com/gateway --address 203.0.113.7 -o yaml
  kubectl get gatewayclasses,gateways,httproutes,services,secrets -A -o yaml | gwapi status -f -

Exit codes:
  0  all is accepted, resolved and programmed
  1  something is not
  2  some input could not be read (the rest is answered all the same)";

const FEATURES_EXAMPLES: &str = "\
Examples:
  gwapi features -f manifests/
  gwapi features -f manifests/ --report experimental-v1.8.0-default-report.yaml
  gwapi features -f manifests/ --features HTTPRoute,Gateway,HTTPRouteMethodMatching -o json

A report claims the core features of a profile whose core tests succeeded, and the extended ones that it
lists. Reports are in conformance/reports of kubernetes-sigs/gateway-api. MeshClusterIPMatching is never
listed: no manifest says whether clients need it.

Exit codes:
  0  every feature that the manifests need is claimed, or nothing says what is
  1  a feature is not claimed
  2  some input could not be read (the rest is answered all the same), or the report could not";

const TEST_EXAMPLES: &str = "\
Examples:
  gwapi test -f manifests/ cases.yaml
  gwapi test -f manifests/ cases/ --min-coverage 80 -o junit > report.xml

A file of cases; a list of cases or a single one in a document will do as well:
  defaults:
    request: {gateway: infra/public, host: shop.example.com}
  cases:
  - name: one cart in ten is the new one
    request: {path: /cart, headers: {x-env: prod}}
    expect: {route: shop/cart, backends: {cart-v1: 0.9, cart-v2: 0.1}}
  - name: old pages have moved
    request: {path: /old/page}
    expect: {status: 301, redirect: 'https://shop.example.com/new/page', mirrors: []}

A request has the keys of a line of `gwapi route --requests`, an expectation those of its answers
(-o json); what an expectation leaves out may be as it is.
  null           there is none, as is [] for a list
  route          namespace/name, perhaps with the kind before it; or some of its keys
  listener       its name; or {name: ..., parent: namespace/name}
  backends       name: share, for all that have one (0.33 is a third, as are 33% and 1/3); a name is
                 name, namespace/name or namespace/name:port; or a list of backends with some keys of each
  redirect       the location; or some of {location: ..., status: ...}
  headers        name: value for some of them (null: absent); or all of them as [[name, value], ...]
  mirrors        name: share, or a list of names, for all of them; or a list with some keys of each
  decidedBy      what decided between the match and the next one

Coverage is the part that was reached of the listeners that serve, the rules of attached routes, and
the matches of these rules, all counted together; a rule without matches has one. What a case reaches
counts, whether it passes or not.

-o json is one object:
  cases     name, file, line, result (passed, failed, error), request, and: decision, as of gwapi route;
            differences (path, expected, actual) and answer, in words; or error
  summary   total, passed, failed, errors
  coverage  percent, minimum, sufficient, total and byKind.listeners, rules, matches (reached, of),
            listeners (parent, name, reached), routes (route, rules: rule, ruleName, reached, matches)

Exit codes:
  0  every case passes, and coverage is as asked for
  1  a case fails, or coverage is below --min-coverage
  2  a case or some input could not be read (the others are run all the same)";

/// What the Kubernetes Gateway API makes of your manifests, without a cluster.
#[derive(Debug, Parser)]
#[command(name = "gwapi", version = VERSION, after_help = EXIT_CODES, max_term_width = 110, styles = STYLES)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Cyan.on_default().bold())
    .usage(AnsiColor::Cyan.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::White.on_default());

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Whether an API server would take the objects, and what they say that is not meant
    Check(CheckArguments),
    /// Which listener, route, rule and backend takes a request, and why
    Route(Box<RouteArguments>),
    /// What a conformant controller writes into the status of every object
    Status(Box<StatusArguments>),
    /// Which of the API's features the manifests need, and which of them an implementation lacks
    Features(FeaturesArguments),
    /// Whether requests go where they are expected to, and which rules no expectation is about
    Test(TestArguments),
    /// Prints a script that completes gwapi's arguments in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The manifests.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manifests")]
pub(crate) struct FileArguments {
    /// A file, a folder (every *.yaml, *.yml and *.json below it) or `-` for standard input; repeatable
    ///
    /// YAML with any number of documents, JSON, and `kind: List`. Of two objects with one name the later
    /// counts. Kinds that the Gateway API does not look at are passed over.
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true, num_args = 1)]
    pub(crate) files: Vec<PathBuf>,

    /// The namespace of objects that do not say theirs
    #[arg(short = 'n', long, value_name = "NS", default_value = "default")]
    pub(crate) namespace: String,

    /// Leaves out the objects that an API server would refuse, and names them on standard error
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

/// The manifests, and how they are understood.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manifests")]
pub(crate) struct InputArguments {
    #[command(flatten)]
    pub(crate) manifests: FileArguments,

    /// The controllerName that is ours: other controllers' Gateways are not served [default: all are ours]
    #[arg(long, value_name = "NAME")]
    pub(crate) controller: Option<String>,

    /// The features that we support, by upstream's names with commas between them [default: all]
    #[arg(long, value_name = "LIST", value_parser = parse_features)]
    pub(crate) features: Option<FeatureSet>,

    /// A kind of filter that is ours (`ExtensionRef`), as GROUP/KIND; repeatable. Rules with others answer 500
    #[arg(long, value_name = "GROUP/KIND", num_args = 1, value_parser = parse_filter_kind)]
    pub(crate) filter_kind: Vec<(String, String)>,

    /// Decides a point that the specification leaves open; repeatable (--help lists them)
    #[arg(long = "option", value_name = "NAME=VALUE", num_args = 1, value_parser = parse_option, long_help = option_help())]
    pub(crate) options: Vec<(String, String)>,
}

impl InputArguments {
    /// What is ours, and what was chosen where the specification leaves a choice.
    pub(crate) fn profile(&self) -> Result<Profile, OptionError> {
        let mut profile = Profile::new();
        if let Some(name) = &self.controller {
            profile = profile.controller(name);
        }
        if let Some(features) = self.features {
            profile = profile.features(features);
        }
        for (group, kind) in &self.filter_kind {
            profile = profile.extension_filter(group, kind);
        }
        for (name, value) in &self.options {
            profile.set(name, value)?;
        }
        self.manifests.limits.apply(&mut profile);
        Ok(profile)
    }
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One object in one line for each answer
    Json,
    /// One document for each answer
    Yaml,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArguments {
    /// A file, a folder (every *.yaml, *.yml and *.json below it) or `-` for standard input; repeatable
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true, num_args = 1)]
    pub(crate) files: Vec<PathBuf>,

    /// The namespace of objects that do not say theirs
    #[arg(short = 'n', long, value_name = "NS", default_value = "default")]
    pub(crate) namespace: String,

    /// The CRDs that the API server has; fields of the other channel are unknown to it
    #[arg(long, value_name = "standard|experimental", default_value = "experimental", hide_possible_values = true)]
    pub(crate) channel: ChannelName,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    /// What warnings do: `show` them, `deny` them (exit code 1), or `hide` them
    #[arg(long, value_name = "show|deny|hide", default_value = "show", hide_possible_values = true)]
    pub(crate) warnings: Warnings,

    /// How the findings are written; sarif is for code scanning
    #[arg(short = 'o', long, value_name = "text|json|yaml|sarif", default_value = "text", hide_possible_values = true)]
    pub(crate) output: CheckFormat,
}

/// A set of CRDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChannelName {
    /// Stable fields and kinds
    Standard,
    /// Those and the experimental ones
    Experimental,
}

/// What warnings do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Warnings {
    /// They are written
    Show,
    /// They are written, and count like errors
    Deny,
    /// They are not written
    Hide,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Text,
    /// One array with an entry for each object
    Json,
    /// The same as YAML
    Yaml,
    /// For code scanning
    Sarif,
}

#[derive(Debug, Args)]
#[command(after_help = ROUTE_EXAMPLES)]
#[command(group = ArgGroup::new("what").args(["url", "requests"]).required(true))]
#[command(group = ArgGroup::new("parent").args(["gateway", "service"]))]
pub(crate) struct RouteArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// The request's URL: `http://host/path`, `https://host:port/path`, `host/path`, or `/path` with -H 'Host: ...';
    /// `grpc://host/pkg.Service/Method` or grpcs for a call, `tls://host`, `tcp://:port` or `udp://:port` for a connection
    #[arg(value_name = "URL", requires = "parent")]
    pub(crate) url: Option<String>,

    /// The Gateway that the request is sent to (in a file of requests: for lines that name none)
    #[arg(long, value_name = "NS/NAME", help_heading = "Request")]
    pub(crate) gateway: Option<String>,

    /// The Service that a client in a mesh dials, in place of a Gateway
    #[arg(long, value_name = "NS/NAME", help_heading = "Request")]
    pub(crate) service: Option<String>,

    /// The client's namespace, for --service [default: the Service's]
    #[arg(long, value_name = "NS", requires = "service", help_heading = "Request")]
    pub(crate) from: Option<String>,

    /// The listener's port [default: the URL's; else the only one that serves the scheme]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Request", conflicts_with = "requests")]
    pub(crate) port: Option<u16>,

    /// The method
    #[arg(short = 'X', long, value_parser = parse_method, default_value = "GET", hide_default_value = true, help_heading = "Request", conflicts_with = "requests")]
    pub(crate) method: String,

    /// A header; repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", num_args = 1, value_parser = parse_header, help_heading = "Request", conflicts_with = "requests")]
    pub(crate) headers: Vec<(String, String)>,

    /// The server name of the TLS handshake, "" for none [default: the URL's host]
    #[arg(long, value_name = "HOST", help_heading = "Request", conflicts_with = "requests")]
    pub(crate) sni: Option<String>,

    /// The ConfigMap with the authority that signed the client's certificate [default: the client shows none]
    #[arg(long, value_name = "NS/NAME", help_heading = "Request", conflicts_with = "requests")]
    pub(crate) client_cert_issuer: Option<String>,

    /// The version of HTTP
    #[arg(long, value_name = "VERSION", value_parser = ["1.1", "2"], default_value = "1.1", help_heading = "Request", conflicts_with = "requests")]
    pub(crate) http_version: String,

    /// Many requests: a file with one JSON object in a line, or `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "url", help_heading = "Request")]
    pub(crate) requests: Option<PathBuf>,

    /// Shows every candidate in the order of precedence, and why those that did not take the request did not
    #[arg(long, help_heading = "Answer")]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArguments {
    /// How the answer is written
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "text",
        hide_possible_values = true,
        value_name = "text|json|yaml",
        help_heading = "Answer"
    )]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
#[command(after_help = STATUS_EXAMPLES)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// An address that the data plane has; repeatable [default: any that is asked for, else 192.0.2.1]
    ///
    /// A Gateway that asks for none is given the first; one that it asks for can be had if it is among them.
    #[arg(long = "address", value_name = "ADDRESS", num_args = 1, value_parser = clap::builder::NonEmptyStringValueParser::new(), help_heading = "Data plane")]
    pub(crate) addresses: Vec<String>,

    /// The time of transitions, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Answer")]
    pub(crate) now: Option<jiff::Timestamp>,

    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
#[command(after_help = FEATURES_EXAMPLES)]
pub(crate) struct FeaturesArguments {
    #[command(flatten)]
    pub(crate) manifests: FileArguments,

    /// A published conformance report of an implementation: what it does not claim is missing
    #[arg(long, value_name = "REPORT.yaml", help_heading = "Claims")]
    pub(crate) report: Option<PathBuf>,

    /// The features that are claimed, in place of a report: upstream's names with commas between them
    #[arg(long, value_name = "LIST", value_parser = parse_features, conflicts_with = "report", help_heading = "Claims")]
    pub(crate) features: Option<FeatureSet>,

    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
#[command(after_help = TEST_EXAMPLES)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Files of cases, folders (every *.yaml, *.yml and *.json below them) or `-` for standard input
    #[arg(value_name = "CASES", required = true, help_heading = "Cases")]
    pub(crate) cases: Vec<PathBuf>,

    /// The least part of listeners, rules and matches, in percent, that must be reached
    #[arg(long, value_name = "N", value_parser = parse_percent, help_heading = "Cases")]
    pub(crate) min_coverage: Option<f64>,

    /// How the answer is written; junit is for CI systems
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "text",
        hide_possible_values = true,
        value_name = "text|json|junit",
        help_heading = "Answer"
    )]
    pub(crate) output: TestFormat,
}

/// How a run of cases is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// One object
    Json,
    /// XML that CI systems read
    Junit,
}

/// Writes the script with which a shell completes gwapi's arguments.
pub(crate) fn write_completions(shell: Shell) -> io::Result<()> {
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "gwapi", &mut script);
    io::stdout().lock().write_all(&script)
}

fn parse_features(text: &str) -> Result<FeatureSet, UnknownFeature> {
    text.parse()
}

fn parse_option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Profile::new().set(name, value).map_err(|error| match error {
        OptionError::UnknownName { .. } => {
            let names: Vec<_> = OPTIONS.iter().map(|option| option.name).collect();
            format!("{error}; there are {}", names.join(", "))
        }
        error => error.to_string(),
    })?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_filter_kind(text: &str) -> Result<(String, String), String> {
    let (group, kind) = text.rsplit_once('/').filter(|(_, kind)| !kind.is_empty()).ok_or("expected GROUP/KIND")?;
    Ok((group.to_owned(), kind.to_owned()))
}

fn option_help() -> String {
    let mut help = "Decides a point that the specification leaves open; repeatable\n".to_owned();
    for option in OPTIONS {
        // Writing to a String does not fail.
        let _ = write!(help, "\n{}={}\n    {}", option.name, option.values.join("|"), option.decides);
    }
    help.push_str("\n\nThe first value is the default.");
    help
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').unwrap_or(text).parse().ok();
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

fn parse_time(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| "expected a time such as 2026-01-31T12:00:00Z".to_owned())
}

fn parse_method(text: &str) -> Result<String, String> {
    match Method::from_bytes(text.as_bytes()) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("no method of HTTP".to_owned()),
    }
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `name: value`")?;
    let (name, value) = (name.trim(), value.trim());
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
    HeaderValue::from_str(value).map_err(|_| "the value has control characters".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_unknown_option_is_told_the_names_and_values_there_are() {
        assert!(parse_option("regexrank").is_err());
        assert!(parse_option("nonsense=1").unwrap_err().contains("regex-rank"));
        assert!(parse_option("regex-rank=sideways").unwrap_err().contains("below-prefix"));
        assert_eq!(parse_option("regex-rank=below-prefix"), Ok(("regex-rank".to_owned(), "below-prefix".to_owned())));
    }
}
