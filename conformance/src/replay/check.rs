//! Whether a router does what an expectation says, and if not, why.

use std::collections::BTreeMap;
use std::fmt;

use gateway_match::{Backend, BackendState, Connection, Counter, Decision, Match, Pick, RequestView, Router};
use gateway_model::{Host, ListenerProtocol, ObjectKey, host_of_authority};

use super::cluster::ADDRESS;
use super::effect::{self, Head};
use super::expectation::{BackendExpectation, Call, HttpExpectation, Response, Scheme, WeightsExpectation};

/// How many requests are picked where shares are compared.
pub const PICKS: u32 = 20_000;
/// How far a share may be off.
pub const TOLERANCE: f64 = 0.01;

/// What an expectation was found to differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Which rule, which backends, which status.
    Decision,
    /// A request is forwarded that must be answered with an error.
    Admission,
    /// What the backend receives, where a filter may change it.
    Forwarded,
    /// What the client receives, where a filter may change it.
    Answered,
    /// A redirect.
    Redirect,
    /// A copy of the request.
    Mirror,
    /// TLS to the backend.
    BackendTls,
    /// A connection that must be refused.
    Refusal,
    /// What a status says, but for those of policies.
    Status,
    /// What the status of a policy says.
    PolicyStatus,
}

/// Why an expectation does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it differs in.
    pub aspect: Aspect,
    /// How.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

fn fail(aspect: Aspect, reason: impl Into<String>) -> Result<(), Failure> {
    Err(Failure { aspect, reason: reason.into() })
}

/// Whether an HTTP request becomes what it must. `shown` is the certificate that the Gateway shows to
/// backends, if it has one.
///
/// # Errors
///
/// The first difference, decisions first.
pub fn check_http(expected: &HttpExpectation, router: &Router, shown: Option<&ObjectKey>) -> Result<(), Failure> {
    let sent = Sent::new(&expected.call, router)?;
    let decision = sent.decide(router);
    if expected.fails {
        return match decision {
            Decision::Rejected { .. } => Ok(()),
            _ => fail(Aspect::Refusal, format!("not refused: {}", Shown(&decision))),
        };
    }
    if let Some(wanted) = &expected.redirect {
        let Some(found) = decision.matched() else {
            return fail(Aspect::Decision, format!("no redirect: {}", Shown(&decision)));
        };
        return effect::check_redirect(found, &sent.view(), &sent.connection(), (wanted, &expected.response))
            .or_else(|reason| fail(Aspect::Redirect, reason));
    }
    if !expected.response.status_codes.iter().any(|code| matches!(code, 200 | 204)) {
        return check_error(&expected.response, &decision);
    }
    let found = match &expected.backend {
        Some(backend) => forwarded(&decision, backend)?,
        None => match (decision.matched(), decision.status()) {
            (_, Some(status)) if expected.response.status_codes.contains(&status.as_u16()) => return Ok(()),
            (Some(found), None) => found,
            _ => return fail(Aspect::Decision, Shown(&decision).to_string()),
        },
    };
    live(found).try_for_each(|(_, backend)| check_backend_tls(expected, backend, shown))?;
    // What no filter can have changed must be as it was sent: then the decision itself is wrong.
    let is_filtered =
        !found.rule().filters().is_empty() || live(found).any(|(_, backend)| !backend.filters().is_empty());
    let aspect = |filtered| if is_filtered { filtered } else { Aspect::Decision };
    let head = sent.head()?;
    for (position, backend) in live(found) {
        if expected.backend.is_some() {
            let mut seen = head.clone();
            found
                .apply(position, &mut seen)
                .map_err(|error| error.to_string())
                .and_then(|()| effect::check_upstream(expected, &head, &seen))
                .or_else(|reason| fail(aspect(Aspect::Forwarded), reason))?;
        }
        let answered = effect::answer(found, Some(backend), &head, &expected.backend_sets_response_headers);
        effect::check_response(&expected.response, &answered)
            .or_else(|reason| fail(aspect(Aspect::Answered), reason))?;
    }
    let copied: Vec<&str> = found.rule().filters().mirrors().map(|mirror| mirror.target().name.as_str()).collect();
    match expected.mirrored_to.iter().find(|target| !copied.contains(&target.name.as_str())) {
        Some(target) => fail(aspect(Aspect::Mirror), format!("not mirrored to {}", target.name)),
        None => Ok(()),
    }
}

/// Whether requests are spread as they must be, by the real splitter and counter.
///
/// # Errors
///
/// The first Service with another share.
pub fn check_weights(expected: &WeightsExpectation, router: &Router) -> Result<(), Failure> {
    let decision = Sent::new(&expected.call, router)?.decide(router);
    let Some(found) = decision.matched() else {
        return fail(Aspect::Decision, Shown(&decision).to_string());
    };
    let counter = Counter::new();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..PICKS {
        let name = match found.pick(counter.next()) {
            Pick::Backend { backend, .. } => backend.name().name.to_string(),
            Pick::Respond { answer, .. } => answer.to_string(),
        };
        *counts.entry(name).or_default() += 1;
    }
    let strange = counts.keys().find(|name| !expected.distribution.contains_key(*name));
    if let Some(name) = strange {
        return fail(Aspect::Decision, format!("{name} got a share, but has none"));
    }
    for (name, share) in &expected.distribution {
        let count = counts.get(name).copied().unwrap_or(0);
        let got = f64::from(count) / f64::from(PICKS);
        // No share is no request at all, not merely few.
        if (got - share).abs() > TOLERANCE || (*share == 0.0 && count > 0) {
            return fail(Aspect::Decision, format!("{name} got {got:.3}, not {share:.3}"));
        }
    }
    Ok(())
}

/// A request as the suite's client sends it.
struct Sent<'e> {
    call: &'e Call,
    host: &'e str,
    headers: Vec<(&'e str, &'e str)>,
    port: u16,
}

impl<'e> Sent<'e> {
    fn new(call: &'e Call, router: &Router) -> Result<Self, Failure> {
        let port = port_of(call, router)?;
        let request = &call.request;
        Ok(Sent {
            call,
            host: request.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(ADDRESS),
            headers: request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            port,
        })
    }

    fn decide<'r>(&self, router: &'r Router) -> Decision<'r> {
        router.route(&self.view(), &self.connection())
    }

    fn view(&self) -> RequestView<'_, Vec<(&'e str, &'e str)>> {
        let request = &self.call.request;
        RequestView::new(&request.method, self.host, &request.path, &self.headers)
    }

    fn connection(&self) -> Connection<'_> {
        match self.call.scheme {
            Scheme::Http => Connection::plain(self.port),
            Scheme::Https => Connection::tls(self.port, self.server_name()),
        }
    }

    fn head(&self) -> Result<Head, Failure> {
        let request = &self.call.request;
        effect::head(&request.method, self.host, &request.path, &self.headers)
            .map_err(|error| Failure { aspect: Aspect::Decision, reason: error.to_string() })
    }

    /// The SNI: the one given, else the host without its port where that is a name.
    fn server_name(&self) -> Option<&str> {
        let given = self.call.request.sni.as_deref().filter(|sni| !sni.is_empty());
        given.or_else(|| match host_of_authority(self.host) {
            Host::Name(name) => Some(name),
            _ => None,
        })
    }
}

/// The port that is given, that of the listener which is named, or the only one for the scheme.
fn port_of(call: &Call, router: &Router) -> Result<u16, Failure> {
    if let Some(port) = call.port {
        return Ok(port);
    }
    let protocols: &[ListenerProtocol] = match call.scheme {
        Scheme::Http => &[ListenerProtocol::Http],
        Scheme::Https => &[ListenerProtocol::Https, ListenerProtocol::Tls],
    };
    let named = call.parent.listener.as_deref();
    let mut ports: Vec<u16> = router
        .listeners()
        .iter()
        .filter(|listener| match named {
            Some(name) => listener.name() == name,
            None => protocols.contains(listener.protocol()),
        })
        .map(|listener| listener.port())
        .collect();
    ports.sort_unstable();
    ports.dedup();
    match ports.as_slice() {
        [port] => Ok(*port),
        _ => {
            Err(Failure { aspect: Aspect::Decision, reason: format!("no port is given, and {ports:?} could be meant") })
        }
    }
}

/// The backends that get requests, usable or not.
fn live<'r>(found: &Match<'r>) -> impl Iterator<Item = (usize, &'r Backend)> {
    found.rule().backends().iter().enumerate().filter(|(_, backend)| backend.weight() > 0)
}

/// An answer that is neither success nor redirect: nothing but the status is compared.
fn check_error(response: &Response, decision: &Decision<'_>) -> Result<(), Failure> {
    let Some(status) = decision.status().map(|status| status.as_u16()) else {
        let aspect = if decision.matched().is_some() { Aspect::Admission } else { Aspect::Decision };
        return fail(aspect, format!("{}, expected {:?}", Shown(decision), response.status_codes));
    };
    let any = &response.any_status_but;
    if response.status_codes.contains(&status) || (!any.is_empty() && !any.contains(&status)) {
        return Ok(());
    }
    fail(Aspect::Decision, format!("{}, expected {:?}", Shown(decision), response.status_codes))
}

/// The match, if every request of it reaches the Service that it must.
fn forwarded<'d, 'r>(decision: &'d Decision<'r>, expected: &BackendExpectation) -> Result<&'d Match<'r>, Failure> {
    let wrong = || Failure {
        aspect: Aspect::Decision,
        reason: format!(
            "{}, expected {}/{}",
            Shown(decision),
            expected.namespace,
            expected.name.as_deref().unwrap_or("*")
        ),
    };
    let found = decision.matched().filter(|_| decision.status().is_none()).ok_or_else(wrong)?;
    let reaches = |backend: &Backend| {
        *backend.name().namespace == expected.namespace
            && expected.name.as_deref().is_none_or(|name| *backend.name().name == *name)
            && *backend.state() == BackendState::Ready
    };
    if live(found).all(|(_, backend)| reaches(backend)) { Ok(found) } else { Err(wrong()) }
}

/// What the connection to the backend must be.
fn check_backend_tls(expected: &HttpExpectation, backend: &Backend, shown: Option<&ObjectKey>) -> Result<(), Failure> {
    let seen = backend.tls().map(|tls| tls.hostname().as_str());
    if expected.server_name.is_some() && seen != expected.server_name.as_deref() {
        return fail(Aspect::BackendTls, format!("{} sees {seen:?} of {:?}", backend.name(), expected.server_name));
    }
    let wanted = expected.upstream.as_ref().and_then(|upstream| upstream.client_cert.as_deref());
    let own = backend.tls().map(|tls| tls.client_certificate().or(shown));
    let seen = own.flatten().map(|key| format!("{}/{}", key.namespace, key.name));
    if wanted.is_some() && seen.as_deref() != wanted {
        return fail(
            Aspect::BackendTls,
            format!("{} sees {seen:?}, not the certificate of {wanted:?}", backend.name()),
        );
    }
    Ok(())
}

/// A decision in a few words.
struct Shown<'a, 'r>(&'a Decision<'r>);

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(found) = self.0.matched() {
            write!(f, "{} rule {}", found.route(), found.rule().index())?;
            for (_, backend) in live(found) {
                write!(f, " {}", backend.name())?;
                if let Some(problem) = backend.problem() {
                    write!(f, " ({problem})")?;
                }
            }
        }
        match (self.0, self.0.status()) {
            (Decision::Rejected { .. }, _) => f.write_str("refused"),
            (Decision::Matched(_), Some(status)) => write!(f, " answers {}", status.as_u16()),
            (_, Some(status)) => write!(f, "answered {}", status.as_u16()),
            (_, None) => Ok(()),
        }
    }
}
