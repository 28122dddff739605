//! Durations, sizes and rates as EMQX writes them: `1m30s`, `16KB`, `1000/s`.

use std::num::NonZeroU64;
use std::time::Duration;

/// How often something may happen: `count` times in each `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events per period.
    pub count: NonZeroU64,
    /// Length of a period, at least 1 ms.
    pub period: Duration,
}

/// What a number without a unit means. Each key of EMQX has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareUnit {
    /// It counts milliseconds.
    Milliseconds,
    /// It counts seconds.
    Seconds,
}

/// Reads `500ms`, `15s`, `1m30s`, `1.5h`, `1d`, `1w`, `1f` for a fortnight (any case, spaces between parts allowed) or a bare
/// whole number.
#[must_use]
pub fn duration(text: &str, bare: BareUnit) -> Option<Duration> {
    if let Some(number) = whole(text) {
        let scale = if bare == BareUnit::Seconds { 1000 } else { 1 };
        return number.checked_mul(scale).map(Duration::from_millis);
    }
    let mut rest = text.trim();
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let (number, after_number) = split_while(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after_unit) = split_while(after_number, |c| c.is_ascii_alphabetic());
        total_ms = total_ms.checked_add(scaled(number, unit_ms(unit)?)?)?;
        rest = after_unit.trim_start();
    }
    (!text.trim().is_empty()).then(|| Duration::from_millis(total_ms))
}

/// A number with up to nine digits behind the point, times a scale of at most a fortnight in milliseconds, rounded down.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole_part, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > 9 {
        return None;
    }
    let digits = u32::try_from(fraction.len()).ok()?;
    let fraction = whole(fraction)?.checked_mul(scale)? / 10_u64.checked_pow(digits)?;
    whole(whole_part)?.checked_mul(scale)?.checked_add(fraction)
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        "f" => 1_209_600_000,
        _ => return None,
    })
}

/// Reads `512B`, `16KB`, `1MB`, `1GB` (any case; a kilobyte is 1024 bytes, `KiB` means the same) or a bare number of bytes.
#[must_use]
pub fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split_while(text.trim(), |c| c.is_ascii_digit());
    let scale = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "kib" => 1 << 10,
        "mb" | "mib" => 1 << 20,
        "gb" | "gib" => 1_u64 << 30,
        _ => return None,
    };
    whole(number)?.checked_mul(scale)
}

/// Reads `80%` or `12.5%` as a fraction of one, or a bare number that is one: `0.8`.
#[must_use]
pub fn percent(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let is_plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    number.parse::<f64>().ok().filter(|_| is_plain).map(|number| number / scale)
}

/// Reads `1000/s`, `100/10s` or `5000/1m`.
#[must_use]
pub fn rate(text: &str) -> Option<Rate> {
    let (count, period) = text.split_once('/')?;
    let period = period.trim();
    let period = if period.starts_with(|c: char| c.is_ascii_digit()) {
        duration(period, BareUnit::Seconds)?
    } else {
        Duration::from_millis(unit_ms(period)?)
    };
    let count = NonZeroU64::new(whole(count.trim_end())?)?;
    (!period.is_zero()).then_some(Rate { count, period })
}

/// A number without sign, point or exponent.
#[must_use]
pub fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn split_while(text: &str, accept: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let ms = |text| duration(text, BareUnit::Milliseconds).map(|d| d.as_millis());
        for (text, expected) in [
            ("500ms", 500),
            ("15s", 15_000),
            ("1m30s", 90_000),
            ("1m 30S", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("1w", 604_800_000),
            ("1F", 1_209_600_000),
            ("1.5h", 5_400_000),
            ("5h30m", 19_800_000),
            ("0.25s100ms", 350),
            ("0s", 0),
            (" 250 ", 250),
        ] {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            " ",
            "s",
            "15",
            "1.5",
            "1.h",
            ".5h",
            "1.2.3s",
            "0.1234567890h",
            "-1s",
            "15x",
            "1h30",
            "s15",
            "99999999999999999999d",
            "18446744073709551615s",
        ] {
            let expected = if bad == "15" { Some(15) } else { None };
            assert_eq!(ms(bad), expected, "{bad}");
        }
        assert_eq!(duration("15", BareUnit::Seconds), Some(Duration::from_secs(15)));
        assert_eq!(duration("18446744073709551615", BareUnit::Seconds), None);
    }

    #[test]
    fn sizes() {
        for (text, expected) in
            [("0", 0), ("12", 12), ("512B", 512), ("1KB", 1024), ("1 kb", 1024), ("2MB", 2 << 20), ("3GiB", 3 << 30)]
        {
            assert_eq!(size_bytes(text), Some(expected), "{text}");
        }
        for bad in ["", "MB", "1TB", "1.5MB", "-1", "99999999999GB"] {
            assert_eq!(size_bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn percentages() {
        for (text, fraction) in [("80%", 0.8), ("12.5 %", 0.125), ("0%", 0.0), ("0.8", 0.8), ("1", 1.0)] {
            assert_eq!(percent(text), Some(fraction), "{text}");
        }
        for bad in ["", "%", "-1%", "1e3%", "NaN", "inf", "1.2.3%", "80%%"] {
            assert_eq!(percent(bad), None, "{bad}");
        }
    }

    #[test]
    fn rates() {
        for (text, count, period_ms) in [
            ("1000/s", 1000, 1000),
            ("100/10s", 100, 10_000),
            ("5 / 1m", 5, 60_000),
            ("1/500ms", 1, 500),
            ("7/3", 7, 3000),
        ] {
            let expected = Rate { count: NonZeroU64::new(count).unwrap(), period: Duration::from_millis(period_ms) };
            assert_eq!(rate(text), Some(expected), "{text}");
        }
        for bad in ["", "1000", "0/s", "1000/", "1000/0s", "x/s", "1MB/s", "-1/s"] {
            assert_eq!(rate(bad), None, "{bad}");
        }
    }
}
