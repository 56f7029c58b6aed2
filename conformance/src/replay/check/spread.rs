//! Whether requests are spread over backends as they must be.

use std::collections::BTreeMap;

use gateway_match::{Counter, Decision, Pick};

use super::{Aspect, Failure, Front, Sent, Shown, fail, live};
use crate::replay::expectation::{MarkExpectation, Protocol, WeightsExpectation};

/// How many requests are picked where shares are compared.
pub const PICKS: u32 = 20_000;
/// How far a share may be off.
pub const TOLERANCE: f64 = 0.01;

/// Whether requests are spread as they must be, by the real splitter and counter.
///
/// # Errors
///
/// The first Service with another share.
pub fn check_weights(expected: &WeightsExpectation, front: &Front<'_>) -> Result<(), Failure> {
    let decision = Sent::new(expected.protocol, &expected.call, &front.router)?.decide(front);
    let counter = Counter::new();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..PICKS {
        let name = match &decision {
            Decision::Matched(found) => match found.pick(counter.next()) {
                Pick::Backend { backend, .. } => backend.name().name.to_string(),
                Pick::Respond { answer, .. } => answer.to_string(),
            },
            Decision::Direct { service, .. } => service.name.to_string(),
            _ => return fail(Aspect::Decision, Shown(&decision).to_string()),
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

/// Whether each backend sees requests with the one value of a header that is its own.
///
/// # Errors
///
/// The first backend that sees something else.
pub fn check_marks(expected: &MarkExpectation, front: &Front<'_>) -> Result<(), Failure> {
    let sent = Sent::new(Protocol::Http, &expected.call, &front.router)?;
    let decision = sent.decide(front);
    let Some(found) = decision.matched().filter(|_| decision.answer().is_none()) else {
        return fail(Aspect::Decision, Shown(&decision).to_string());
    };
    for (position, backend) in live(found) {
        let mut head = sent.head()?;
        found
            .apply(position, &mut head)
            .map_err(|error| Failure { aspect: Aspect::Forwarded, reason: error.to_string() })?;
        let seen: Vec<_> = head.headers.get_all(&expected.header).iter().map(|value| value.as_bytes()).collect();
        let wanted = expected.header_value_by_backend.get(&*backend.name().name);
        if wanted.is_none_or(|wanted| seen != [wanted.as_bytes()]) {
            let reason =
                format!("{} sees {} values of {}, not {wanted:?}", backend.name(), seen.len(), expected.header);
            return fail(Aspect::Forwarded, reason);
        }
    }
    Ok(())
}
