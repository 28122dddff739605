//! `conn_congestion`: an alarm for clients that read too slowly.

use crate::rule::{Flag, Span};
use crate::section::Section;
use std::time::Duration;

/// `conn_congestion`: the alarm `conn_congestion/<clientid>/<username>` while a client reads so slowly that its socket is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnCongestion {
    /// `enable_alarm`, default false.
    pub enable_alarm: bool,
    /// `min_alarm_sustain_duration`: how long an alarm lasts at least, 1 s to 1 day, default 1 min.
    pub min_alarm_sustain_duration: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for ConnCongestion {
    fn default() -> Self {
        Self { enable_alarm: false, min_alarm_sustain_duration: Duration::from_secs(60) }
    }
}

impl ConnCongestion {
    /// Reads it over `default`.
    pub(crate) fn read(section: &mut Section<'_>, default: Self) -> Self {
        let span = Span::in_millis(Duration::from_secs(1)..=DAY);
        let sustained = section.value("min_alarm_sustain_duration", &span, default.min_alarm_sustain_duration);
        Self {
            enable_alarm: section.value("enable_alarm", &Flag, default.enable_alarm),
            min_alarm_sustain_duration: sustained,
        }
    }
}
