//! Formats of texts as an API server reads them, oddities included.

use std::net::Ipv6Addr;

/// Whether a text is a point in time as the format `date-time` has it.
///
/// As strfmt of Kubernetes does it: letters in any case; whatever follows a second `t` does not
/// matter; no hour 24, no second 60, and any character for the point before a fraction.
pub(crate) fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    text.len() >= 4 && is_date(date) && is_time(time)
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(year), Some(month), Some(day)) =
        (digits(bytes.get(0..4)), digits(bytes.get(5..7)), digits(bytes.get(8..10)))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    bytes.len() == 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-') && (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let bytes = clock.as_bytes();
    let in_range = |range, last| digits(bytes.get(range)).is_some_and(|number| number <= last);
    let colons = bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    colons && in_range(0..2, 23) && in_range(3..5, 59) && in_range(6..8, 59) && is_zone(after_fraction(rest))
}

/// What follows the fraction of a second, if there is one.
fn after_fraction(text: &str) -> &str {
    let mut characters = text.chars();
    let point = characters.next();
    let rest = characters.as_str();
    let zone = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    if point.is_some_and(|point| point != '\n') && zone.len() < rest.len() && is_zone(zone) { zone } else { text }
}

fn is_zone(text: &str) -> bool {
    match text.as_bytes() {
        [b'z'] => true,
        [b'+' | b'-', hours @ .., b':', tens, ones] => {
            hours.len() == 2 && digits(Some(hours)).is_some() && digits(Some(&[*tens, *ones])).is_some()
        }
        _ => false,
    }
}

fn digits(bytes: Option<&[u8]>) -> Option<u32> {
    bytes?.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

/// Whether a text is an IP address as the formats `ipv4` and `ipv6` have it: numbers of IPv4 may
/// have leading zeros, zones and prefixes are none.
pub(crate) fn is_ip(text: &str) -> bool {
    let is_v6 = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    if is_v6(text) {
        return true;
    }
    match text.rsplit_once(':') {
        None => is_v4(text),
        Some((groups, last)) => is_v4(last) && is_v6(&format!("{groups}:0.0.0.0")),
    }
}

fn is_v4(text: &str) -> bool {
    let is_number = |part: &str| {
        let number = part.trim_start_matches('0');
        let value = if number.is_empty() { Ok(0) } else { number.parse::<u8>() };
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && value.is_ok()
    };
    text.split('.').count() == 4 && text.split('.').all(is_number)
}

/// A length of time in nanoseconds, read as CEL's `duration` reads it: signs, fractions and the
/// units `h`, `m`, `s`, `ms`, `us` and `ns`. That is more than GEP-2257 allows.
pub(crate) fn cel_duration(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let whole = without_suffix(rest, number);
        let (fraction, after) = match number.strip_prefix('.') {
            Some(digits) => {
                let after = digits.trim_start_matches(|digit: char| digit.is_ascii_digit());
                (without_suffix(digits, after), after)
            }
            None => ("", number),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let next = after.trim_start_matches(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let unit = nanoseconds(without_suffix(after, next))?;
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok().filter(|number| *number <= 1 << 63)? };
        total = total.checked_add(whole.checked_mul(unit)?)?.checked_add(share(fraction, unit))?;
        if total > 1 << 63 {
            return None;
        }
        rest = next;
    }
    match (unsigned.is_empty(), negative, i64::try_from(total)) {
        (true, ..) => None,
        (_, true, _) if total == 1 << 63 => Some(i64::MIN),
        (_, true, Ok(total)) => Some(-total),
        (_, false, Ok(total)) => Some(total),
        (.., Err(_)) => None,
    }
}

fn without_suffix<'a>(text: &'a str, suffix: &str) -> &'a str {
    text.get(..text.len() - suffix.len()).unwrap_or_default()
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// So many of a unit's nanoseconds as the digits after the point say.
fn share(digits: &str, unit: u64) -> u64 {
    let mut number: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        let next = number.checked_mul(10).and_then(|number| number.checked_add(u64::from(digit - b'0')));
        // Digits that go beyond 63 bits do not count.
        let Some(next) = next.filter(|next| *next < 1 << 63) else { break };
        number = next;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read_as_an_api_server_reads_them() {
        let good = [
            "2026-01-01T00:00:00Z",
            "2026-01-01t00:00:00z",
            "2026-02-28T23:59:59.123456+02:00",
            "2024-02-29T00:00:00-00:00",
            "0000-01-01T00:00:00Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00:00ZT?",
            "2000-02-29T00:00:00Z",
            "2026-04-30T00:00:00Z",
            "2026-12-31T00:00:00Z",
        ];
        let bad = [
            "",
            "now",
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+0200",
            "2026-02-30T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-1-01T00:00:00Z",
            "2026-01-01T00:00:00.Z",
            " 2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z ",
            "2026-01-01T00:00:00é",
            "1900-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-06-31T00:00:00Z",
            "2026-09-31T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-12-32T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026/01-01T00:00:00Z",
            "2026-01/01T00:00:00Z",
            "2026-01-011T00:00:00Z",
            "2026-01-01T00-00:00Z",
            "2026-01-01T00:00-00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:00+2:00",
            "2026-01-01T00:00:00+02:x0",
            "2026-01-01T00:00:00+x2:00",
            "2026-01-01T00:00:00+02:0x",
        ];
        for text in good {
            assert!(is_date_time(text), "{text}");
        }
        for text in bad {
            assert!(!is_date_time(text), "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_an_api_server_reads_them() {
        for text in ["1.2.3.4", "01.2.3.004", "::", "FE80::1", "::ffff:1.2.3.4", "::ffff:01.2.3.4", "1:2:3:4:5:6:7:8"] {
            assert!(is_ip(text), "{text}");
        }
        for text in
            ["", "1.2.3", "1.2.3.256", "1.2.3.4/8", "fe80::1%eth0", "1:2:3:4:5:6:7", "1.2.3.4:80", "+1.2.3.4", "1.2..4"]
        {
            assert!(!is_ip(text), "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_cel_reads_them() {
        let cases = [
            ("1s", Some(1_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("+1.5s", Some(1_500_000_000)),
            ("-1ms", Some(-1_000_000)),
            (".5s", Some(500_000_000)),
            ("1us1ns", Some(1_001)),
            ("", None),
            ("1", None),
            ("s", None),
            (".s", None),
            ("1d", None),
            ("-", None),
            ("1 s", None),
            ("9223372037s", None),
            ("2562048h", None),
            ("1S", None),
            ("9223372036854775807ns", Some(i64::MAX)),
            ("9223372036854775808ns", None),
            ("-9223372036854775808ns", Some(i64::MIN)),
            ("-9223372036854775809ns", None),
            ("9223372036854775807ns1ns", None),
            ("-9223372036854775807ns1ns", Some(i64::MIN)),
            ("18446744073709551615ns", None),
            ("0.5h", Some(1_800_000_000_000)),
            ("1.000000001s", Some(1_000_000_001)),
            ("0.92233720368547758079s", Some(922_337_203)),
            ("1m1m", Some(120_000_000_000)),
            ("1µs", Some(1_000)),
        ];
        for (text, expected) in cases {
            assert_eq!(cel_duration(text), expected, "{text}");
        }
    }
}
