//! What a request might have been expected to reach, but is not there to take it: listeners that do
//! not serve, routes that are not attached, rules that were dropped.

use std::fmt::Write as _;

use gateway_match::{GatewayNode, ParentOutcome, RouteNode};
use gateway_model::ResourceKind;

use super::table::{Cell, Table};
use super::{Context, host_text};
use crate::console::Style;
use crate::decision::Answer;
use crate::parent::slash_name;
use crate::request::Protocol;

/// Writes what of the Gateway does not serve; every listener if the request reached none.
pub(super) fn write(out: &mut String, answer: &Answer<'_>, context: &Context<'_>) {
    let nowhere = answer.decision.listener().is_none();
    let title = if nowhere { "listeners of the Gateway" } else { "listeners that serve nothing" };
    section(out, title, &listeners(answer, nowhere), context);
    if !context.explain {
        return;
    }
    section(out, "routes that are not attached", &unattached(answer, context), context);
    section(out, "rules that are dropped", &dropped(answer, context), context);
}

fn section(out: &mut String, title: &str, table: &Table, context: &Context<'_>) {
    if !table.is_empty() {
        let _ = writeln!(out, "\n  {}", context.paint.apply(Style::Heading, title));
        table.write_to(out, context.paint);
    }
}

/// The listeners that serve nothing, or (`all`) every listener.
fn listeners(answer: &Answer<'_>, all: bool) -> Table {
    let mut table = Table::new();
    for listener in answer.parent.node.gateway().map(GatewayNode::listeners).unwrap_or_default() {
        let fault = listener.fault();
        if fault.is_none() && !all {
            continue;
        }
        let source = &listener.key().source;
        table.row([
            Cell::new(format!("{} {}", source.kind, slash_name(source)), Style::Plain),
            Cell::new(&*listener.key().name, Style::Plain),
            Cell::new(format!("port {}", listener.port()), Style::Plain),
            Cell::new(listener.protocol().as_str(), Style::Plain),
            Cell::new(host_text(listener.hostname().map(|hostname| hostname.as_str())), Style::Plain),
            Cell::new(fault.map(|fault| format!("serves nothing: {fault}")).unwrap_or_default(), Style::Failure),
        ]);
    }
    table
}

/// The routes that name the parent, or a ListenerSet that joins it, and are not attached there.
fn unattached(answer: &Answer<'_>, context: &Context<'_>) -> Table {
    let mut table = Table::new();
    for (route, outcome) in parents(answer, context) {
        let Err(refusal) = &outcome.result else { continue };
        let section = outcome.parent_ref.section_name.as_deref();
        table.row([
            Cell::new(route.key().to_string(), Style::Plain),
            Cell::new(section.map(|section| format!("to {section}")).unwrap_or_default(), Style::Plain),
            Cell::new(format!("{}: {refusal}", refusal.reason()), Style::Failure),
        ]);
    }
    table
}

fn dropped(answer: &Answer<'_>, context: &Context<'_>) -> Table {
    let mut table = Table::new();
    let mut last = None;
    for (route, _) in parents(answer, context) {
        // A route may name the Gateway more than once.
        if last.replace(route.key()) == Some(route.key()) {
            continue;
        }
        for problem in route.route().problems() {
            table.row([
                Cell::new(route.key().to_string(), Style::Plain),
                Cell::new(format!("rule {}", problem.rule), Style::Plain),
                Cell::new(problem.to_string(), Style::Failure),
            ]);
        }
    }
    table
}

/// The parentRefs of routes that could take the request, which lead to the parent.
fn parents<'a>(
    answer: &'a Answer<'_>,
    context: &'a Context<'_>,
) -> impl Iterator<Item = (&'a RouteNode, &'a ParentOutcome)> {
    let gateway = answer.parent.node.key();
    let kinds: &[ResourceKind] = match answer.request.protocol {
        Protocol::Http => &[ResourceKind::HttpRoute],
        Protocol::Grpc => &[ResourceKind::GrpcRoute, ResourceKind::HttpRoute],
        Protocol::Tls => &[ResourceKind::TlsRoute],
        Protocol::Tcp => &[ResourceKind::TcpRoute],
        Protocol::Udp => &[ResourceKind::UdpRoute],
    };
    let routes = context.topology.routes().filter(|route| kinds.contains(&route.key().kind));
    routes.flat_map(|route| route.parents().iter().map(move |outcome| (route, outcome))).filter(move |(_, outcome)| {
        outcome.parent.as_ref().is_some_and(|parent| {
            let set = context.topology.listener_set(parent);
            parent == gateway || set.is_some_and(|set| set.gateway() == gateway)
        })
    })
}
