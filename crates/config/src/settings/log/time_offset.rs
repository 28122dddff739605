//! `time_offset`: how far the clock on the wall is from UTC.

use crate::rule::{Parsed, Shown, Written};
use dunlin_hocon::Value;

/// `time_offset` of a log handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeOffset {
    /// `system`: that of the machine at the moment of the line.
    System,
    /// `utc`, or `Z`.
    Utc,
    /// `+02:00`, `-03:30`: in seconds, positive to the east of Greenwich, less than a day.
    Fixed {
        /// Seconds.
        east_secs: i32,
    },
}

impl Written for TimeOffset {
    fn written(&self) -> Value {
        Value::Text(match self {
            Self::System => "system".into(),
            Self::Utc => "utc".into(),
            Self::Fixed { east_secs } => {
                let (sign, minutes) = (if *east_secs < 0 { '-' } else { '+' }, east_secs.unsigned_abs() / 60);
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        })
    }
}

pub(super) fn time_offset() -> impl Shown<Value = TimeOffset> {
    Parsed::new(parse, "`system`, `utc` or an offset such as `+02:00` or `-03:30`")
}

fn parse(text: &str) -> Option<TimeOffset> {
    match text {
        "system" => return Some(TimeOffset::System),
        "utc" | "Z" | "z" => return Some(TimeOffset::Utc),
        _ => {}
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(TimeOffset::Fixed { east_secs: sign * (hours * 3600 + minutes * 60) })
}
