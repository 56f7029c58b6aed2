//! Requests at ports where they are looked up as they were sent, as at nearly all: most are answered without a search.

use std::sync::Arc;

use super::groups::AtOnce;
use super::hosts::{FoldedHost, Folding, HostMap};
use super::index::Index;
use super::search::{Own, Search};
use super::table::{ListenerTable, PortTables};
use super::{Bucket, Candidate, Router, named_host};
use crate::decision::{Decision, Match};
use crate::options::{HostFallback, ListenerIsolation, MergeSlashes, Options, PathNormalization};
use crate::request::{Connection, Headers, RequestView};

impl Router {
    /// [`Router::route`] over TLS, at a usual port.
    #[inline(never)]
    pub(super) fn route_over_tls<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        connection: &Connection<'_>,
        port: &'r PortTables,
    ) -> Decision<'r> {
        let is_for = |table: &ListenerTable, host: &FoldedHost<'_>| port.is_for(table, host, connection.sni());
        let with_options = || self.route_with_options(request, connection);
        self.route_known_host(request, &port.https, is_for, with_options)
    }

    /// [`Router::route`] where the host has matches of its own, if the connection is for the listener that takes it;
    /// `otherwise` decides where it is not so.
    #[inline(always)]
    pub(super) fn route_known_host<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        map: &'r HostMap<Arc<ListenerTable>>,
        is_for: impl FnOnce(&ListenerTable, &FoldedHost<'_>) -> bool,
        otherwise: impl FnOnce() -> Decision<'r>,
    ) -> Decision<'r> {
        let host = FoldedHost::unverified(request.authority());
        let Some((table, own)) = known_host(map, &host) else { return otherwise() };
        if !is_for(table, &host) {
            return otherwise();
        }
        if let Some(index) = own.index_of_only_header() {
            return self.route_by_only_header(request, table, (own, index), &host);
        }
        let (exact, at_once) = own.look_up(request.path());
        if let Some(candidate) = at_once
            && !table.is_ordered()
            && let Some(listener) = self.info(table)
        {
            return Decision::Matched(Match::new(listener, candidate, own.hostname.as_ref()));
        }
        self.route_within(request, table, (own, exact), &host)
    }

    /// The same where one header tells the matches of the host apart, as it does tenants.
    #[inline(never)]
    fn route_by_only_header<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        table: &'r ListenerTable,
        (own, index): (&'r Bucket, &'r Index),
        host: &FoldedHost<'_>,
    ) -> Decision<'r> {
        match index.at_once(request) {
            AtOnce::Taken(candidate) if !table.is_ordered() => {
                self.decision(request, table, Some(own), Some(candidate))
            }
            AtOnce::Nothing if !table.buckets.has_inexact() => self.decision(request, table, None, None),
            _ => self.route_within(request, table, (own, None), host),
        }
    }

    /// The same where it is not clear without a search which comes first.
    #[inline(never)]
    fn route_within<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        table: &'r ListenerTable,
        own: Own<'r>,
        host: &FoldedHost<'_>,
    ) -> Decision<'r> {
        let comparable = self.comparable(request);
        let mut search = Search::new(Some(&comparable), &self.0.profile.options, None);
        let place = search.look_in(table, Some(own), host);
        self.decision(request, table, place, search.best)
    }

    /// The same where the host is no known one.
    #[inline(never)]
    pub(super) fn route_by_parsed_host<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        map: &'r HostMap<Arc<ListenerTable>>,
    ) -> Decision<'r> {
        let mut folding = Folding::new();
        let host = match named_host(request.authority(), &mut folding) {
            Ok(host) => host,
            Err(problem) => return Decision::BadRequest(problem),
        };
        let Some(table) = map.first(&host) else {
            return Decision::NotFound { listener: None, grpc: request.is_grpc() };
        };
        let comparable = self.comparable(request);
        let mut search = Search::new(Some(&comparable), &self.0.profile.options, None);
        let place = search.look_somewhere_in(table, None, &host);
        self.decision(request, table, place, search.best)
    }

    /// What was found in the table of a listener.
    #[inline(always)]
    fn decision<'r, H: Headers + ?Sized>(
        &'r self,
        request: &RequestView<'_, H>,
        table: &ListenerTable,
        place: Option<&'r Bucket>,
        best: Option<&'r Candidate>,
    ) -> Decision<'r> {
        match (self.info(table), place.zip(best)) {
            (None, _) => Decision::Rejected { listener: None },
            (Some(listener), Some((bucket, candidate))) => {
                Decision::Matched(Match::new(listener, candidate, bucket.hostname.as_ref()))
            }
            (listener, None) => Decision::NotFound { listener, grpc: request.is_grpc() },
        }
    }
}

/// Whether the options leave paths as they are, and every request to one listener and all its hostnames.
pub(super) fn looks_up_as_sent(options: &Options) -> bool {
    options.path_normalization == PathNormalization::Raw
        && options.merge_slashes == MergeSlashes::Off
        && options.listener_isolation == ListenerIsolation::On
        && options.host_fallback == HostFallback::WithinListener
}

/// The table and the bucket that have by name what stands before the port of an authority. Such a host is well-formed,
/// so that it need not be parsed, which takes longer than all the rest.
#[inline(always)]
pub(super) fn known_host<'r>(
    map: &'r HostMap<Arc<ListenerTable>>,
    unverified: &FoldedHost<'_>,
) -> Option<(&'r Arc<ListenerTable>, &'r Bucket)> {
    // A listener that is found by a wildcard or for every host is the right one only if the name is one, which
    // the bucket then tells.
    let table = map.first(unverified)?;
    Some((table, table.buckets.exact(unverified)?))
}
