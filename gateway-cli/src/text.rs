//! Answers as people read them.

use std::fmt::Write as _;

use gateway_match::{BadRequest, Criterion, Decision, Explanation, ListenerInfo, Match, Rule, Topology};
use gateway_model::Resources;
use http::StatusCode;
use serde_json::Value;

use crate::connection::protocol;
use crate::console::{Paint, Style, printable};
use crate::decision::{self, Action, Answer, AnswerError};
use crate::effect::{self, Mirror};
use crate::request::{Protocol, Scheme};

mod candidates;
pub(crate) mod cases;
mod condition;
pub(crate) mod features;
mod neighbours;
pub(crate) mod status;
mod table;

use table::{Cell, Table};

/// What an answer is told with.
pub(crate) struct Context<'a> {
    pub(crate) resources: &'a Resources,
    pub(crate) topology: &'a Topology,
    pub(crate) paint: Paint,
    /// Whether the candidates are shown.
    pub(crate) explain: bool,
}

/// Everything about one answer.
pub(crate) fn answer(answer: &Answer<'_>, context: &Context<'_>) -> String {
    let mut out = String::new();
    headline(&mut out, answer, context.paint);
    facts(answer, context).write_to(&mut out, context.paint);
    if let Some(found) = answer.decision.matched() {
        backends(&mut out, found, context);
        if answer.action() == Action::Forward && answer.request.protocol.has_requests() {
            received(&mut out, answer, context.paint);
        }
    }
    let reached = answer.decision.listener().is_some();
    if reached && context.explain {
        candidates::write(&mut out, answer, context, usize::MAX);
    }
    if !reached || context.explain {
        neighbours::write(&mut out, answer, context);
    }
    if answer.decision.matched().is_none() && !context.explain {
        let hint = "  --explain shows the candidates, and which routes are not attached";
        let _ = writeln!(out, "\n{}", context.paint.apply(Style::Faint, hint));
    }
    out
}

/// How many candidates of a sort are shown for one of many requests.
const CANDIDATES: usize = 10;

/// How a decision came about: its listener, route and rule, the backends, and the candidates.
pub(crate) fn why(answer: &Answer<'_>, context: &Context<'_>) -> String {
    let mut out = String::new();
    facts(answer, context).write_to(&mut out, context.paint);
    if let Some(found) = answer.decision.matched() {
        backends(&mut out, found, context);
    }
    if answer.decision.listener().is_some() {
        candidates::write(&mut out, answer, context, CANDIDATES);
    }
    neighbours::write(&mut out, answer, context);
    out
}

/// One line about an answer.
pub(crate) fn summary(id: &Value, answer: &Answer<'_>) -> String {
    let mut out = format!("{}{} -> ", label(id), asked(answer));
    out.push_str(&outcome(answer).1);
    if let Some(found) = answer.decision.matched() {
        let _ = write!(out, " ({}, rule {})", printable(&found.route().to_string()), rule_name(found.rule()));
    }
    out.push('\n');
    out
}

/// One line about a request without an answer.
pub(crate) fn failure(id: &Value, problem: &AnswerError) -> String {
    format!("{}error: {}\n", label(id), printable(&problem.to_string()))
}

fn label(id: &Value) -> String {
    match id {
        Value::Null => String::new(),
        Value::String(text) => format!("{}: ", printable(text)),
        other => format!("{}: ", printable(&other.to_string())),
    }
}

fn headline(out: &mut String, answer: &Answer<'_>, paint: Paint) {
    let asked = asked(answer);
    let (style, outcome) = outcome(answer);
    let _ = writeln!(
        out,
        "{}\n{} {}\n",
        paint.apply(Style::Strong, &asked),
        paint.apply(style, "->"),
        paint.apply(style, &outcome)
    );
}

/// What the client does.
fn asked(answer: &Answer<'_>) -> String {
    let request = answer.request;
    let (host, path) = (printable(&request.host), printable(&request.path));
    match request.protocol {
        Protocol::Http => format!("{} {}://{host}{path}", printable(&request.method), request.scheme.as_str()),
        Protocol::Grpc => format!("gRPC {}://{host}{path}", request.scheme.as_str()),
        Protocol::Tls => format!("TLS connection to port {}", answer.port),
        Protocol::Tcp => format!("TCP connection to port {}", answer.port),
        Protocol::Udp => format!("UDP datagrams to port {}", answer.port),
    }
}

/// What becomes of the request, in one line.
fn outcome(answer: &Answer<'_>) -> (Style, String) {
    if let Some(Ok(redirect)) = &answer.redirect
        && answer.action() == Action::Redirect
    {
        let status = StatusCode::from_u16(redirect.status).map(status_line).unwrap_or_default();
        return (Style::Success, format!("{status}: {}", printable(&redirect.location)));
    }
    let status = match answer.grpc_status() {
        Some(status) => Some(status.to_string()),
        None => answer.status().and_then(|status| StatusCode::from_u16(status).ok()).map(status_line),
    };
    let because = |reason: &str| match &status {
        Some(status) => format!("{status}: {reason}"),
        None => reason.to_owned(),
    };
    match &answer.decision {
        Decision::Matched(_) if answer.cors.as_ref().is_some_and(|cors| cors.preflight) => {
            (Style::Success, because("the gateway answers the CORS preflight itself"))
        }
        Decision::Matched(_) if matches!(answer.redirect, Some(Err(()))) => {
            (Style::Caution, because("there is no host to redirect to"))
        }
        Decision::Matched(found) if answer.action() == Action::Reject => {
            (Style::Failure, format!("connection closed: {}", no_backend(found.rule())))
        }
        Decision::Matched(found) if status.is_some() => (Style::Failure, because(no_backend(found.rule()))),
        Decision::Matched(found) => forwarded(found.rule()),
        Decision::NotFound { listener: Some(_), .. } => (Style::Caution, because("no rule takes the request")),
        Decision::NotFound { listener: None, .. } => {
            (Style::Caution, because("no listener on the port takes the host"))
        }
        Decision::Misdirected { .. } => {
            (Style::Caution, because("the connection was for one listener, the host belongs to another"))
        }
        Decision::BadRequest(BadRequest::Authority) => (Style::Caution, because("the host is malformed")),
        Decision::BadRequest(BadRequest::Path) => {
            (Style::Caution, because("the path can be read in two ways (option path-normalization)"))
        }
        Decision::BadRequest(_) => (Style::Caution, because("the request is malformed")),
        Decision::Rejected { .. } | Decision::Http { .. } => {
            (Style::Failure, format!("connection refused: {}", refusal(answer)))
        }
        Decision::Direct { service, .. } => {
            (Style::Success, format!("{}: no route is for it", printable(&service.to_string())))
        }
        _ => (Style::Caution, status.unwrap_or_default()),
    }
}

fn refusal(answer: &Answer<'_>) -> String {
    let port = answer.port;
    let request = answer.request;
    if answer.refused {
        return match &request.client_cert_issuer {
            Some(_) => "the listener does not trust who signed the client's certificate".to_owned(),
            None => "the listener asks for a certificate, and the client shows none".to_owned(),
        };
    }
    if answer.parent.node.gateway().is_none() {
        return format!("{} serves no {} on port {port}", answer.parent.node.key(), request.protocol.as_str());
    }
    let what = match (request.protocol, request.scheme) {
        (Protocol::Http | Protocol::Grpc, Scheme::Http) => return format!("no HTTP listener serves port {port}"),
        (Protocol::Tcp, _) => return format!("no TCPRoute serves port {port}"),
        (Protocol::Udp, _) => return format!("no UDPRoute serves port {port}"),
        (Protocol::Http | Protocol::Grpc, Scheme::Https) => "HTTPS listener",
        (Protocol::Tls, _) => "TLSRoute",
    };
    match request.sni.as_deref() {
        Some(sni) => format!("no {what} on port {port} takes the SNI {}", printable(sni)),
        None => format!("no {what} on port {port} takes a connection without SNI"),
    }
}

fn forwarded(rule: &Rule) -> (Style, String) {
    let weighted: Vec<_> = rule.backends().iter().enumerate().filter(|(_, backend)| backend.weight() > 0).collect();
    let failing: f64 = weighted
        .iter()
        .filter(|(_, backend)| rule.answer_for(backend).is_some())
        .map(|(item, _)| rule.split().share(*item))
        .sum();
    let good: Vec<_> = weighted.iter().filter(|(_, backend)| rule.answer_for(backend).is_none()).collect();
    let mut text = match good.as_slice() {
        [(_, backend)] => printable(&backend.name().to_string()).into_owned(),
        several => format!("split over {} backends", several.len()),
    };
    if failing > 0.0 {
        let _ = write!(text, ", but {} of the requests fail", percent(failing));
        return (Style::Caution, text);
    }
    (Style::Success, text)
}

fn no_backend(rule: &Rule) -> &'static str {
    let mut weighted = rule.backends().iter().filter(|backend| backend.weight() > 0).peekable();
    if rule.refusal().is_some() {
        "a filter of the rule cannot do its work"
    } else if rule.backends().is_empty() {
        "the rule has no backends"
    } else if weighted.peek().is_none() {
        "every backend has weight 0"
    } else if weighted.any(|backend| backend.problem().is_some()) {
        "no backend of the rule can be used"
    } else {
        "no backend of the rule has a ready endpoint"
    }
}

fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

/// The listener, route, rule and match, and what decided.
fn facts(answer: &Answer<'_>, context: &Context<'_>) -> Table {
    let mut table = Table::new();
    let mut fact = |name: &str, value: String, style: Style| {
        table.row([Cell::new(name, Style::Heading), Cell::new(value, style)]);
    };
    match answer.decision.listener() {
        Some(listener) => fact("listener", listener_text(listener), Style::Plain),
        None => {
            let name = if answer.parent.node.gateway().is_some() { "gateway" } else { "service" };
            fact(name, format!("{}, port {}", answer.parent.node.key(), answer.port), Style::Plain);
        }
    }
    if let Some(sni) = &answer.request.sni {
        fact("sni", sni.clone(), Style::Plain);
    }
    let Some(found) = answer.decision.matched() else {
        return table;
    };
    let rule = found.rule();
    fact("route", found.route().to_string(), Style::Plain);
    let item = found.match_index();
    let condition = condition::of(context.resources, found.route(), rule.index(), item);
    fact("rule", format!("{}, match {item}: {condition}", rule_name(rule)), Style::Plain);
    fact("hostname", host_text(found.hostname().map(|hostname| hostname.as_str())), Style::Plain);
    if let Some(explanation) = &answer.explanation {
        fact("decided by", decided(explanation), Style::Plain);
    }
    let filters = effect::kinds(rule.filters());
    if !filters.is_empty() {
        fact("filters", filters.join(", "), Style::Plain);
    }
    for mirror in Mirror::all(rule.filters(), found, None, context.topology) {
        fact("mirror", mirror_text(&mirror), if mirror.valid { Style::Plain } else { Style::Failure });
    }
    for (name, value) in answer.cors.iter().flat_map(|cors| &cors.headers) {
        fact("answers", format!("{name}: {value}"), Style::Plain);
    }
    table
}

fn listener_text(listener: &ListenerInfo) -> String {
    let of = listener.parent().map(|parent| format!(" of {parent}")).unwrap_or_default();
    let host = host_text(listener.hostname().map(|hostname| hostname.as_str()));
    format!("{}{of} ({}, port {}, {host})", listener.name(), listener.protocol(), listener.port())
}

fn host_text(hostname: Option<&str>) -> String {
    hostname.unwrap_or("every host").to_owned()
}

fn rule_name(rule: &Rule) -> String {
    match rule.name() {
        Some(name) => format!("{} `{}`", rule.index(), printable(name)),
        None => rule.index().to_string(),
    }
}

/// What decided, with the runner-up.
fn decided(explanation: &Explanation<'_>) -> String {
    let Some(criterion) = explanation.decided_by() else {
        return "nothing".to_owned();
    };
    let Some(second) = explanation.runner_up() else {
        return "no other match takes the request".to_owned();
    };
    format!("{}, before {}, rule {}, match {}", advantage(criterion), second.route, second.rule, second.item)
}

/// What a match has before another that it wins against.
fn advantage(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Hostname => "the more specific hostname",
        Criterion::Kind => "a rule for gRPC",
        Criterion::Path => "the more specific path",
        Criterion::Service => "the longer service",
        Criterion::Method => "the more specific condition on the method",
        Criterion::Headers => "more conditions on headers",
        Criterion::QueryParams => "more conditions on query parameters",
        Criterion::Age => "the older route",
        Criterion::Name => "the first name in the alphabet",
        Criterion::RuleOrder => "the first rule in the route",
        Criterion::MatchOrder => "the first match in the rule",
        other => other.as_str(),
    }
}

fn backends(out: &mut String, found: &Match<'_>, context: &Context<'_>) {
    let rule = found.rule();
    if rule.backends().is_empty() {
        return;
    }
    let mut table = Table::new();
    let head = |text: &str| Cell::new(text, Style::Heading);
    table.row([head("backend"), head("weight").right(), head("share").right(), head("")]);
    for (item, backend) in rule.backends().iter().enumerate() {
        let mut remarks = Vec::new();
        let answer = rule.answer_for(backend);
        if let Some(answer) = answer {
            remarks.push(match backend.problem() {
                Some(problem) => format!("{answer}, {}: {problem}", problem.reason()),
                None => format!("{answer}, no endpoint is ready"),
            });
        }
        if let Some(protocol) = protocol(backend).filter(|protocol| *protocol != "http") {
            remarks.push(format!("speaks {protocol}"));
        }
        if let Some(tls) = backend.tls() {
            remarks.push(format!("TLS as {}", tls.hostname()));
        }
        remarks.extend(effect::kinds(backend.filters()).into_iter().map(str::to_owned));
        let style = if answer.is_some() { Style::Failure } else { Style::Plain };
        let faint = if backend.weight() == 0 { Style::Faint } else { style };
        table.row([
            Cell::new(backend.name().to_string(), faint),
            Cell::new(backend.weight().to_string(), faint).right(),
            Cell::new(percent(rule.split().share(item)), faint).right(),
            Cell::new(remarks.join("; "), style),
        ]);
    }
    out.push('\n');
    table.write_to(out, context.paint);
}

fn mirror_text(mirror: &Mirror) -> String {
    let port = mirror.port.map(|port| format!(":{port}")).unwrap_or_default();
    let share = f64::from(mirror.fraction.numerator) / f64::from(mirror.fraction.denominator);
    let broken = if mirror.valid { "" } else { ", but the reference does not resolve" };
    format!("{} of the requests to {}/{}{port}{broken}", percent(share), mirror.namespace, mirror.name)
}

/// A share, to a hundredth of a percent.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        return "<0.01%".to_owned();
    }
    let text = format!("{percent:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What the backend receives.
fn received(out: &mut String, answer: &Answer<'_>, paint: Paint) {
    let Some(found) = answer.decision.matched() else { return };
    let request = decision::received(found, answer.request);
    let _ = writeln!(out, "\n  {}", paint.apply(Style::Heading, "the backend receives"));
    let _ = writeln!(out, "  {} {}", printable(&request.method), printable(&request.path));
    let _ = writeln!(out, "  host: {}", printable(&request.host));
    for (name, value) in &request.headers {
        let _ = writeln!(out, "  {}: {}", printable(name), printable(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_short() {
        let cases = [
            (0.0, "0%"),
            (1.0, "100%"),
            (0.5, "50%"),
            (1.0 / 3.0, "33.33%"),
            (0.1, "10%"),
            (1e-6, "<0.01%"),
            (0.999_99, "100%"),
        ];
        for (share, expected) in cases {
            assert_eq!(percent(share), expected);
        }
    }
}
