//! Moments as text (RFC 3339), in whole seconds.

use jiff::Timestamp;

/// `2026-08-07T10:00:00Z`; a moment that no calendar has is the last one.
#[must_use]
pub fn moment_text(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970, of a text with any offset from UTC; parts of a second are left out. `None` where it is no such text or
/// lies before 1970.
#[must_use]
pub fn parse_moment(text: &str) -> Option<u64> {
    // Whoever reads more than RFC 3339 has would guess at what was meant.
    let looks_like_one = text.len() >= "2026-08-07T10:00:00Z".len() && !text.contains('[');
    let moment = text.parse::<Timestamp>().ok().filter(|_| looks_like_one)?;
    u64::try_from(moment.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_any_offset_and_written_in_utc() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2021-10-25T21:53:47+08:00", 1_635_170_027),
            ("2021-10-25T13:53:47.999Z", 1_635_170_027),
            ("2021-10-25t13:53:47z", 1_635_170_027),
        ] {
            assert_eq!(parse_moment(text), Some(seconds), "{text}");
        }
        assert_eq!(moment_text(1_635_170_027), "2021-10-25T13:53:47Z");
        assert_eq!(parse_moment(&moment_text(u64::MAX)).map(moment_text), Some(moment_text(u64::MAX)));
        for bad in ["", "abc", "infinity", "1635170027", "2021-10-25", "2021-10-25T13:53:47", "1969-12-31T23:59:59Z"] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
    }
}
