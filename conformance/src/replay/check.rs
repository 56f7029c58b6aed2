//! Whether a router does what an expectation says, and if not, why.

use std::fmt;

use gateway_match::{Backend, BackendName, BackendState, Decision, Match};
use gateway_model::ObjectKey;

use super::effect;
use super::expectation::{BackendExpectation, HttpExpectation, Protocol, Response};

mod sent;
mod spread;
mod stream;

pub use sent::Front;
use sent::Sent;
pub use spread::{PICKS, TOLERANCE, check_marks, check_weights};
pub use stream::{check_grpc, check_stream};

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
    /// A feature that a test needs and that is not supported.
    Feature,
    /// Something of which nobody knows how it is replayed, or why it is not.
    Unknown,
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

/// Whether an HTTP request becomes what it must.
///
/// # Errors
///
/// The first difference, decisions first.
pub fn check_http(expected: &HttpExpectation, front: &Front<'_>) -> Result<(), Failure> {
    let sent = Sent::new(Protocol::Http, &expected.call, &front.router)?;
    let decision = sent.decide(front);
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
        Some(backend) => match reached(&decision, backend)? {
            Some(found) => found,
            None => return check_unchanged(expected, &sent),
        },
        None => match (decision.matched(), decision.status()) {
            (_, Some(status)) if expected.response.status_codes.contains(&status.as_u16()) => return Ok(()),
            (Some(found), None) => found,
            _ => return fail(Aspect::Decision, Shown(&decision).to_string()),
        },
    };
    live(found).try_for_each(|(_, backend)| check_backend_tls(expected, backend, front.shown))?;
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
        let answered = effect::answer(found, backend, &head, &expected.backend_sets_response_headers);
        effect::check_response(&expected.response, &answered)
            .or_else(|reason| fail(aspect(Aspect::Answered), reason))?;
    }
    let copied: Vec<&str> = found.rule().filters().mirrors().map(|mirror| mirror.target().name.as_str()).collect();
    match expected.mirrored_to.iter().find(|target| !copied.contains(&target.name.as_str())) {
        Some(target) => fail(aspect(Aspect::Mirror), format!("not mirrored to {}", target.name)),
        None => Ok(()),
    }
}

/// The backends that get requests, usable or not.
fn live<'r>(found: &Match<'r>) -> impl Iterator<Item = (usize, &'r Backend)> {
    found.rule().backends().iter().enumerate().filter(|(_, backend)| backend.weight() > 0)
}

/// Whether it goes to some backend.
fn is_forwarded(decision: &Decision<'_>) -> bool {
    matches!(decision, Decision::Matched(_) | Decision::Direct { .. }) && decision.answer().is_none()
}

/// An answer that is neither success nor redirect: nothing but the status is compared.
fn check_error(response: &Response, decision: &Decision<'_>) -> Result<(), Failure> {
    let Some(status) = decision.status().map(|status| status.as_u16()) else {
        let aspect = if is_forwarded(decision) { Aspect::Admission } else { Aspect::Decision };
        return fail(aspect, format!("{}, expected {:?}", Shown(decision), response.status_codes));
    };
    let any = &response.any_status_but;
    if response.status_codes.contains(&status) || (!any.is_empty() && !any.contains(&status)) {
        return Ok(());
    }
    fail(Aspect::Decision, format!("{}, expected {:?}", Shown(decision), response.status_codes))
}

/// The match, if every request of it reaches the Service that it must; `None` if that is the Service
/// itself that was dialled, for which nobody has a route.
fn reached<'d, 'r>(
    decision: &'d Decision<'r>,
    expected: &BackendExpectation,
) -> Result<Option<&'d Match<'r>>, Failure> {
    let wrong = || Failure {
        aspect: Aspect::Decision,
        reason: format!(
            "{}, expected {}/{}",
            Shown(decision),
            expected.namespace,
            expected.name.as_deref().unwrap_or("*")
        ),
    };
    let is_meant = |name: &BackendName| {
        *name.namespace == expected.namespace && expected.name.as_deref().is_none_or(|wanted| *name.name == *wanted)
    };
    match decision {
        Decision::Direct { service, .. } if is_meant(service) => Ok(None),
        Decision::Matched(found) if decision.answer().is_none() => {
            let reaches = |backend: &Backend| is_meant(backend.name()) && *backend.state() == BackendState::Ready;
            if live(found).all(|(_, backend)| reaches(backend)) { Ok(Some(found)) } else { Err(wrong()) }
        }
        _ => Err(wrong()),
    }
}

/// A request that reaches the Service as it was sent, past every rule.
fn check_unchanged(expected: &HttpExpectation, sent: &Sent<'_>) -> Result<(), Failure> {
    let head = sent.head()?;
    effect::check_upstream(expected, &head, &head)
        .and_then(|()| {
            let answered = effect::set_by_backend(&expected.backend_sets_response_headers);
            effect::check_response(&expected.response, &answered)
        })
        .or_else(|reason| fail(Aspect::Decision, reason))?;
    match expected.mirrored_to.first() {
        Some(target) => fail(Aspect::Decision, format!("not mirrored to {}", target.name)),
        None if expected.server_name.is_some() => fail(Aspect::BackendTls, "the Service sees no TLS of the gateway's"),
        None => Ok(()),
    }
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
        match (self.0, self.0.answer()) {
            (Decision::Rejected { .. }, _) => f.write_str("refused"),
            (Decision::Direct { service, .. }, _) => write!(f, "{service} itself"),
            (Decision::Http { .. }, _) => f.write_str("HTTP is awaited"),
            (Decision::Matched(_), Some(answer)) => write!(f, " answers {answer}"),
            (_, Some(answer)) => write!(f, "answered {answer}"),
            (_, None) => Ok(()),
        }
    }
}
