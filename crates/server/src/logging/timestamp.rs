//! The time of a log line.

use crate::calendar;
use dunlin_config::{LogFormatter, LogHandler, TimeOffset, TimestampFormat};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What times look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timestamp {
    /// Microseconds since 1970.
    Epoch,
    /// For people, on the clock of their wall.
    Rfc3339(TimeOffset),
}

impl Timestamp {
    pub(super) const fn of(handler: &LogHandler) -> Self {
        match (handler.timestamp_format, handler.formatter) {
            (TimestampFormat::Epoch, _) | (TimestampFormat::Auto, LogFormatter::Json) => Self::Epoch,
            (TimestampFormat::Rfc3339, _) | (TimestampFormat::Auto, LogFormatter::Text) => {
                Self::Rfc3339(handler.time_offset)
            }
        }
    }

    /// A moment as text.
    pub(super) fn text(self, moment: SystemTime) -> String {
        match self {
            Self::Epoch => moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros().to_string(),
            Self::Rfc3339(TimeOffset::Utc) => calendar::rfc3339(moment),
            Self::Rfc3339(TimeOffset::Fixed { east_secs }) => with_offset(moment, east_secs),
            Self::Rfc3339(TimeOffset::System) => with_offset(moment, system_offset_secs(moment)),
        }
    }
}

fn with_offset(moment: SystemTime, east_secs: i32) -> String {
    let distance = Duration::from_secs(u64::from(east_secs.unsigned_abs()));
    let (sign, on_the_wall) = if east_secs < 0 { ('-', moment - distance) } else { ('+', moment + distance) };
    let minutes = east_secs.unsigned_abs() / 60;
    let text = calendar::rfc3339(on_the_wall);
    format!("{}{sign}{:02}:{:02}", text.trim_end_matches('Z'), minutes / 60, minutes % 60)
}

/// What the machine says, or UTC where it says nothing.
fn system_offset_secs(moment: SystemTime) -> i32 {
    let offset = jiff::Timestamp::try_from(moment).map(|moment| jiff::tz::TimeZone::system().to_offset(moment));
    offset.map_or(0, jiff::tz::Offset::seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_clock_on_the_wall() {
        let moment = UNIX_EPOCH + Duration::new(1_709_251_199, 42_000);
        for (timestamp, text) in [
            (Timestamp::Epoch, "1709251199000042"),
            (Timestamp::Rfc3339(TimeOffset::Utc), "2024-02-29T23:59:59.000042Z"),
            (Timestamp::Rfc3339(TimeOffset::Fixed { east_secs: 5400 }), "2024-03-01T01:29:59.000042+01:30"),
            (Timestamp::Rfc3339(TimeOffset::Fixed { east_secs: -12_600 }), "2024-02-29T20:29:59.000042-03:30"),
        ] {
            assert_eq!(timestamp.text(moment), text);
        }
        let of_machine = Timestamp::Rfc3339(TimeOffset::System).text(moment);
        assert!(of_machine.contains(":59.000042") && of_machine.len() == 32, "{of_machine}");
    }

    #[test]
    fn without_a_wish_people_get_a_date_and_programs_a_number() {
        let text = LogHandler::default();
        let json = LogHandler { formatter: LogFormatter::Json, ..text };
        assert_eq!(Timestamp::of(&text), Timestamp::Rfc3339(TimeOffset::System));
        assert_eq!(Timestamp::of(&json), Timestamp::Epoch);
        let rfc3339 = LogHandler { timestamp_format: TimestampFormat::Rfc3339, time_offset: TimeOffset::Utc, ..json };
        assert_eq!(Timestamp::of(&rfc3339), Timestamp::Rfc3339(TimeOffset::Utc));
        assert_eq!(Timestamp::of(&LogHandler { timestamp_format: TimestampFormat::Epoch, ..text }), Timestamp::Epoch);
    }
}
