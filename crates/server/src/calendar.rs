//! Moments as text, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 86_400;

/// The moment this is called. For messages and names of files; nothing is measured with it.
#[expect(clippy::disallowed_methods, reason = "operators want to know when something happened")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// The same in milliseconds since 1970.
pub(crate) fn now_millis() -> u64 {
    u64::try_from(now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// `2026-08-07T10:00:00.000000Z`. What lies before 1970 is shown as its beginning.
pub(crate) fn rfc3339(moment: SystemTime) -> String {
    let Parts { year, month, day, hour, minute, second, micros } = parts(moment);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// `2026.08.07.10.00.00.000`: sorts by age, and can be part of a file's name.
pub(crate) fn file_stamp(moment: SystemTime) -> String {
    let Parts { year, month, day, hour, minute, second, micros } = parts(moment);
    format!("{year:04}.{month:02}.{day:02}.{hour:02}.{minute:02}.{second:02}.{:03}", micros / 1000)
}

/// `1 hours, 2 minutes, 3 seconds`, as EMQX has it: units that are zero at the beginning are left out.
pub(crate) fn uptime(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [
        (seconds / SECONDS_PER_DAY, "days"),
        (seconds / 3600 % 24, "hours"),
        (seconds / 60 % 60, "minutes"),
        (seconds % 60, "seconds"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let texts: Vec<_> = units[first..].iter().map(|(count, unit)| format!("{count} {unit}")).collect();
    texts.join(", ")
}

struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    micros: u32,
}

fn parts(moment: SystemTime) -> Parts {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (mut days, second_of_day) = (since.as_secs() / SECONDS_PER_DAY, since.as_secs() % SECONDS_PER_DAY);
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    Parts {
        year,
        month,
        day: days + 1,
        hour: second_of_day / 3600,
        minute: second_of_day / 60 % 60,
        second: second_of_day % 60,
        micros: since.subsec_micros(),
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000007Z"),
            (951_782_399, "2000-02-28T23:59:59.000007Z"),
            (951_782_400, "2000-02-29T00:00:00.000007Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000007Z"),
            (1_798_761_599, "2026-12-31T23:59:59.000007Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::new(seconds, 7_000)), text);
        }
        assert_eq!(file_stamp(UNIX_EPOCH + Duration::from_millis(1_709_251_199_042)), "2024.02.29.23.59.59.042");
    }

    #[test]
    fn uptime_has_the_words_that_scripts_know() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (59, "59 seconds"),
            (3723, "1 hours, 2 minutes, 3 seconds"),
            (86_400, "1 days, 0 hours, 0 minutes, 0 seconds"),
        ] {
            assert_eq!(uptime(Duration::from_secs(seconds)), text);
        }
    }
}
