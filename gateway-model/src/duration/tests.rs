use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn duration(text: &str) -> Duration {
    Duration::parse(text).unwrap_or_else(|problem| panic!("`{text}` {problem}"))
}

#[test]
fn accepted_texts_are_kept_and_have_their_length_and_standard_form() {
    for (text, millis, standard) in [
        ("0h", 0, "0s"),
        ("0s", 0, "0s"),
        ("0h0m0s", 0, "0s"),
        ("00000ms", 0, "0s"),
        ("1ms", 1, "1ms"),
        ("1m1s", 61_000, "1m1s"),
        ("1m1ms", 60_001, "1m1ms"),
        ("1h", 3_600_000, "1h"),
        ("60m", 3_600_000, "1h"),
        ("01h", 3_600_000, "1h"),
        ("00060m", 3_600_000, "1h"),
        ("1h0m", 3_600_000, "1h"),
        ("30m1800s", 3_600_000, "1h"),
        ("150m", 9_000_000, "2h30m"),
        ("7230s", 7_230_000, "2h30s"),
        ("10s30m1h", 5_410_000, "1h30m10s"),
        ("100ms200ms300ms", 600, "600ms"),
        ("1h2h20m10m", 12_600_000, "3h30m"),
        ("1h500ms", 3_600_500, "1h500ms"),
        ("99999h59m59s999ms", 359_999_999_999, "99999h59m59s999ms"),
        ("99999ms99999ms99999ms99999ms", 399_996, "6m39s996ms"),
    ] {
        let duration = duration(text);
        assert_eq!(duration.as_str(), text);
        assert_eq!(duration.to_string(), text);
        assert_eq!(duration.as_millis(), millis, "{text}");
        assert_eq!(duration.to_std(), time::Duration::from_millis(millis));
        assert_eq!(duration.is_zero(), millis == 0);
        assert_eq!(Duration::from_std(duration.to_std()).as_ref().map(Duration::as_str), Ok(standard), "{text}");
    }
}

#[test]
fn other_texts_are_refused_with_the_precise_problem() {
    use DurationError::*;
    for (text, problem) in [
        ("", Empty),
        ("0", MissingUnit { number: "0".into() }),
        ("1", MissingUnit { number: "1".into() }),
        ("1m1", MissingUnit { number: "1".into() }),
        ("h", MissingNumber { found: 'h' }),
        (" 1h", MissingNumber { found: ' ' }),
        ("٣h", MissingNumber { found: '٣' }),
        ("1d", UnknownUnit { unit: "d".into() }),
        ("1w", UnknownUnit { unit: "w".into() }),
        ("1H", UnknownUnit { unit: "H".into() }),
        ("1ns", UnknownUnit { unit: "ns".into() }),
        ("1µs", UnknownUnit { unit: "µs".into() }),
        ("1mm", UnknownUnit { unit: "mm".into() }),
        ("1hs", UnknownUnit { unit: "hs".into() }),
        ("1mss", UnknownUnit { unit: "mss".into() }),
        ("1 h", UnknownUnit { unit: " h".into() }),
        ("1h ", UnknownUnit { unit: "h ".into() }),
        ("1h\n", UnknownUnit { unit: "h\n".into() }),
        ("1h-1m", UnknownUnit { unit: "h-".into() }),
        ("1h30m10s20ms50h", TooManyComponents),
        ("1h1h1h1hx", UnknownUnit { unit: "hx".into() }),
        ("999999h", TooManyDigits { number: "999999".into() }),
        ("000001h", TooManyDigits { number: "000001".into() }),
        ("1.5h", Fraction),
        (".5h", Fraction),
        ("-15m", Sign),
        ("+15m", Sign),
    ] {
        assert_eq!(Duration::parse(text), Err(problem), "{text:?}");
    }
}

#[test]
fn formatting_follows_the_gep_and_rounds_nothing() {
    let day = time::Duration::from_secs(86_400);
    let longest = Duration::LONGEST_STANDARD;
    for (length, expected) in [
        (time::Duration::ZERO, Ok("0s")),
        (time::Duration::from_millis(500), Ok("500ms")),
        (time::Duration::from_secs(30), Ok("30s")),
        (time::Duration::from_millis(9_010_600), Ok("2h30m10s600ms")),
        (time::Duration::from_millis(7_200_600), Ok("2h600ms")),
        (10 * day, Ok("240h")),
        (longest, Ok("99999h59m59s999ms")),
        (longest + time::Duration::from_millis(1), Err(DurationError::OutOfRange)),
        (longest + time::Duration::from_nanos(1), Err(DurationError::OutOfRange)),
        (10_000 * day, Err(DurationError::OutOfRange)),
        (time::Duration::MAX, Err(DurationError::OutOfRange)),
        (time::Duration::from_micros(100), Err(DurationError::SubMillisecond)),
        (time::Duration::from_micros(500), Err(DurationError::SubMillisecond)),
        (time::Duration::new(1, 1), Err(DurationError::SubMillisecond)),
    ] {
        let formatted = Duration::try_from(length);
        assert_eq!(formatted.as_ref().map(Duration::as_str), expected.as_ref().copied(), "{length:?}");
    }
}

#[test]
fn the_grammar_goes_further_than_the_standard_form() {
    let long = duration("99999h99999h99999h99999h");
    assert_eq!(long.as_millis(), 4 * 99_999 * MILLIS_PER_HOUR);
    assert_eq!(Duration::from_std(long.to_std()), Err(DurationError::OutOfRange));
}

#[test]
fn equality_order_and_hash_are_those_of_the_length() {
    assert_eq!(duration("60m"), duration("1h"));
    assert_ne!(duration("1m"), duration("1ms"));
    assert!(duration("2s") < duration("1m"));
    assert!(duration("60m") <= duration("1h") && duration("60m") >= duration("1h"));
    let lengths: HashSet<_> = ["1h", "60m", "3600s", "1h1ms"].map(duration).into();
    assert_eq!(lengths.len(), 2);
}

#[test]
fn json_is_the_text_and_reading_is_strict() {
    assert_eq!(serde_json::to_string(&duration("1h0m")).unwrap(), r#""1h0m""#);
    assert_eq!(serde_json::from_str::<Duration>(r#""1h0m""#).unwrap().as_str(), "1h0m");
    for text in [r#""1d""#, r#""""#, r#""0""#, "0", "null", "{}"] {
        assert!(serde_json::from_str::<Duration>(text).is_err(), "{text}");
    }
    let message = serde_json::from_str::<Duration>(r#""1d""#).unwrap_err().to_string();
    assert!(message.starts_with("duration `1d`: unit `d` is none of `h`, `m`, `s` and `ms`"), "{message}");
}

#[test]
fn messages_quote_what_is_wrong() {
    for (text, message) in [
        ("999999h", "number `999999` has more than five digits"),
        ("1\n", "unit `\\n` is none of `h`, `m`, `s` and `ms`"),
        ("h", "has `h` where a number must stand"),
        ("1.5h", "must not have a fraction: `1.5h` is written `1h30m`"),
        ("1s1s1s1s1s", "must have at most four components"),
    ] {
        assert_eq!(Duration::parse(text).unwrap_err().to_string(), message);
    }
}

/// The pattern `^([0-9]{1,5}(h|m|s|ms)){1,4}$`, by trying everything.
fn fits_the_pattern(text: &str, components: usize) -> bool {
    components > 0
        && (1..=5).any(|digits| {
            text.split_at_checked(digits).is_some_and(|(number, after)| {
                number.bytes().all(|byte| byte.is_ascii_digit())
                    && ["h", "m", "s", "ms"].iter().any(|unit| {
                        after
                            .strip_prefix(unit)
                            .is_some_and(|rest| rest.is_empty() || fits_the_pattern(rest, components - 1))
                    })
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn exactly_the_pattern_is_accepted(text in "([0-9]{1,6}(h|m|s|ms|d|)){0,5}|[0-9hms.é-]{0,9}") {
        prop_assert_eq!(Duration::parse(&text).is_ok(), fits_the_pattern(&text, 4), "{:?}", text);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,16}") {
        let _ = Duration::parse(&text);
    }

    #[test]
    fn the_length_is_the_sum_of_the_components(
        components in prop::collection::vec((0u64..=99_999, 1usize..=5, 0usize..4), 1..=4)
    ) {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let written = |&(value, width, unit): &(u64, usize, usize)| format!("{value:0width$}{}", units[unit].0);
        let text: String = components.iter().map(written).collect();
        let sum: u64 = components.iter().map(|&(value, _, unit)| value * units[unit].1).sum();
        let duration = duration(&text);
        prop_assert_eq!(duration.as_millis(), sum);
        prop_assert_eq!(duration.as_str(), text);
    }

    #[test]
    fn the_standard_form_is_read_back_as_it_was_written(
        millis in prop_oneof![
            0..=359_999_999_999u64,
            0..100_000u64,
            (0..100_000u64).prop_map(|hours| hours * MILLIS_PER_HOUR),
        ]
    ) {
        let length = time::Duration::from_millis(millis);
        let written = Duration::from_std(length).unwrap();
        prop_assert_eq!(written.to_std(), length);
        let read = duration(written.as_str());
        prop_assert_eq!(read.to_std(), length);
        // Writing what was read changes nothing: the form is the standard one.
        let again = Duration::from_std(read.to_std()).unwrap();
        prop_assert_eq!(again.as_str(), written.as_str());
    }

    #[test]
    fn equality_agrees_with_order(a in 0u64..5, b in 0u64..5) {
        let (x, y) = (duration(&format!("{a}s")), duration(&format!("{}ms", b * 1_000)));
        prop_assert_eq!(x == y, x.cmp(&y) == Ordering::Equal);
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x.partial_cmp(&y), Some(x.cmp(&y)));
    }
}

#[test]
fn equal_durations_have_one_hash_and_others_mostly_another() {
    let distinct: HashSet<Duration> = ["60m", "1h", "3600s"].map(duration).into();
    assert_eq!(distinct.len(), 1);
    let hash = |text: &str| {
        let mut state = std::hash::DefaultHasher::new();
        duration(text).hash(&mut state);
        std::hash::Hasher::finish(&state)
    };
    assert_eq!(hash("60m"), hash("1h"));
    assert_ne!(hash("1m"), hash("1h"));
}

#[test]
fn a_duration_is_a_text_and_a_length() {
    let half = duration("1h30m");
    let length = time::Duration::from_secs(5400);
    assert_eq!(
        (AsRef::<str>::as_ref(&half), time::Duration::from(&half), time::Duration::from(half.clone())),
        ("1h30m", length, length)
    );
    let error = serde_json::from_str::<Duration>("7").unwrap_err().to_string();
    assert!(error.contains("a duration such as `1h30m`"), "{error}");
}
