use gateway_model::{Fraction, RequestMirror};
use proptest::prelude::*;

use super::*;

fn rule(numerator: i32, denominator: i32) -> MirrorRule {
    MirrorRule::compile(&RequestMirror {
        fraction: Some(Fraction { numerator, denominator: Some(denominator) }),
        ..RequestMirror::default()
    })
    .unwrap()
}

fn percent(percent: Option<i32>) -> MirrorRule {
    MirrorRule::compile(&RequestMirror { percent, ..RequestMirror::default() }).unwrap()
}

#[test]
fn the_share_is_a_percentage_a_fraction_or_everything() {
    assert_eq!(percent(Some(42)).fraction(), (42, 100));
    assert_eq!(percent(None).fraction(), (1, 1));
    assert_eq!(rule(3, 7).fraction(), (3, 7));
    let defaulted =
        RequestMirror { fraction: Some(Fraction { numerator: 5, denominator: None }), ..RequestMirror::default() };
    assert_eq!(MirrorRule::compile(&defaulted).unwrap().fraction(), (5, 100));
}

#[test]
fn nothing_and_everything_have_no_exception() {
    for n in [0, 1, 99, 100, u64::MAX - 1, u64::MAX] {
        assert!(!percent(Some(0)).mirrors(n) && !percent(Some(0)).mirrors_by(n), "{n}");
        assert!(percent(Some(100)).mirrors(n) && percent(Some(100)).mirrors_by(n), "{n}");
        assert!(percent(None).mirrors(n) && percent(None).mirrors_by(n), "{n}");
        assert!(rule(i32::MAX, i32::MAX).mirrors(n) && rule(i32::MAX, i32::MAX).mirrors_by(n), "{n}");
    }
}

#[test]
fn random_numbers_are_cut_at_the_fraction() {
    let quarter = rule(1, 4);
    assert!(quarter.mirrors_by(0));
    assert!(quarter.mirrors_by((1 << 62) - 1));
    assert!(!quarter.mirrors_by(1 << 62));
    assert!(!quarter.mirrors_by(u64::MAX));
}

#[test]
fn evenly_spread_numbers_are_copied_in_their_share() {
    const NUMBERS: u64 = 100_000;
    for (numerator, denominator) in [(0, 1), (1, 3), (1, 2), (2, 5), (37, 100), (999, 1000), (1, 1)] {
        let rule = rule(numerator, denominator);
        let copied = (0..NUMBERS).filter(|n| rule.mirrors_by(n * (u64::MAX / NUMBERS))).count() as f64;
        let expected = NUMBERS as f64 * f64::from(numerator) / f64::from(denominator);
        assert!((copied - expected).abs() <= 1.0, "{numerator}/{denominator}: {copied} of {NUMBERS}");
    }
}

fn fractions() -> impl Strategy<Value = (i32, i32)> {
    prop_oneof![1..=200i32, 1..=i32::MAX].prop_flat_map(|denominator| (0..=denominator, Just(denominator)))
}

proptest! {
    #[test]
    fn counts_stay_within_one_of_the_fraction_at_every_number((numerator, denominator) in fractions()) {
        let rule = rule(numerator, denominator);
        let mut copied = 0u64;
        for n in 0..1000u64 {
            // copied = floor(n * numerator / denominator)
            let (whole, over) = (n * numerator as u64, denominator as u64);
            prop_assert!(copied * over <= whole && whole < (copied + 1) * over, "{copied} of {n}");
            copied += u64::from(rule.mirrors(n));
        }
    }

    #[test]
    fn a_large_number_follows_the_formula((numerator, denominator) in fractions(), n in any::<u64>()) {
        let floor = |n: u128| n * numerator as u128 / denominator as u128;
        let n128 = u128::from(n);
        prop_assert_eq!(rule(numerator, denominator).mirrors(n), floor(n128 + 1) > floor(n128));
    }

    #[test]
    fn random_numbers_are_copied_monotonously((numerator, denominator) in fractions(), a in any::<u64>(), b in any::<u64>()) {
        let rule = rule(numerator, denominator);
        prop_assert!(rule.mirrors_by(a.min(b)) >= rule.mirrors_by(a.max(b)));
        // random / 2^64 < numerator / denominator
        prop_assert_eq!(rule.mirrors_by(a), u128::from(a) * (denominator as u128) < (numerator as u128) << 64);
    }
}

#[test]
fn a_mirror_names_the_backend_that_gets_the_copies() {
    let backend_ref =
        BackendObjectReference { name: "shadow".to_owned(), port: Some(80), ..BackendObjectReference::default() };
    let wire = RequestMirror { backend_ref: backend_ref.clone(), ..RequestMirror::default() };
    assert_eq!(MirrorRule::compile(&wire).unwrap().target(), &backend_ref);
}
