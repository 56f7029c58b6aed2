//! The vectors of weights, run through everybody who decides, and pick by pick.

use gateway_conformance::decide::{Action, deciders};
use gateway_conformance::vectors::{SPLITS, SplitVector, gateway};
use gateway_match::Split;

use crate::{assert_names, read};

fn splits() -> Vec<SplitVector> {
    read(SPLITS)
}

fn weights(vector: &SplitVector) -> Vec<u32> {
    vector.backends.iter().map(|backend| backend.weight.unwrap_or(1)).collect()
}

#[test]
fn everybody_gives_the_shares_that_the_vectors_say() {
    for vector in splits() {
        let routing = vector.routing();
        let expected = vector.expect.fractions().unwrap();
        for decider in deciders(&routing.resources().unwrap(), &gateway(), &routing.choices()).unwrap() {
            let found = decider.decide(&routing.request);
            let who = format!("{}, {}: {found}", vector.name, decider.name());
            let action = if vector.expect.status.is_some() { Action::Respond } else { Action::Forward };
            assert_eq!((found.action, found.status), (action, vector.expect.status), "{who}");
            let backends = &found.taken.as_ref().unwrap().backends;
            assert_eq!(backends.len(), expected.len(), "{who}");
            let sum: u64 = backends.iter().map(|backend| u64::from(backend.weight)).sum();
            for ((backend, (numerator, denominator)), stated) in backends.iter().zip(&expected).zip(&vector.backends) {
                assert_eq!(backend.reason.is_none(), stated.valid, "{who}");
                assert_eq!(u64::from(backend.weight) * denominator, numerator * sum, "{who}");
            }
        }
        let split = Split::new(&weights(&vector));
        for (position, (numerator, denominator)) in expected.iter().enumerate() {
            let share = *numerator as f64 / *denominator as f64;
            assert!((split.share(position) - share).abs() < 1e-12, "{}: backend {position}", vector.name);
        }
    }
}

#[test]
fn requests_come_as_evenly_as_the_vectors_say() {
    for vector in splits() {
        let weights = weights(&vector);
        let split = Split::new(&weights);
        let Some(bound) = &vector.expect.at_every else {
            assert_eq!(split.pick(0), None, "{}: nobody may get a request", vector.name);
            continue;
        };
        let shares = vector.expect.fractions().unwrap();
        let mut counts = vec![0_u64; weights.len()];
        for request in 0..bound.up_to {
            counts[split.pick(request).unwrap()] += 1;
            let sent = request + 1;
            for (position, (count, (numerator, denominator))) in counts.iter().zip(&shares).enumerate() {
                let (got, due) = (count * denominator, sent * numerator);
                assert!(
                    got.abs_diff(due) <= bound.within * denominator,
                    "{}: backend {position} has {count} of {sent}",
                    vector.name
                );
            }
            // Who picks by chance gives nothing either where no share is.
            let random = split.pick_by(request.wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
            assert_ne!(shares[random].0, 0, "{}: backend {random}", vector.name);
        }
        assert_eq!(split.counts(bound.up_to), counts, "{}", vector.name);
    }
}

#[test]
fn the_vectors_cover_what_weights_can_be() {
    let vectors = splits();
    assert!(vectors.len() >= 20, "{}", vectors.len());
    assert_names(vectors.iter().map(|vector| vector.name.as_str()));
    let any = |is: &dyn Fn(&SplitVector) -> bool| vectors.iter().any(is);
    assert!(any(&|vector| vector.backends.is_empty()));
    assert!(any(&|vector| vector.backends.len() == 16));
    assert!(any(&|vector| weights(vector).iter().sum::<u32>() == 0 && vector.backends.len() > 1));
    assert!(any(&|vector| weights(vector).contains(&1_000_000)));
    assert!(any(&|vector| vector.backends.iter().any(|backend| backend.weight.is_none())));
    assert!(any(&|vector| vector.backends.iter().any(|backend| !backend.valid) && vector.expect.status.is_none()));
}
