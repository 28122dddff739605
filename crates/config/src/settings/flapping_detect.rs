//! `flapping_detect`: clients that come and go all the time are kept out for a while.

use crate::rule::{Flag, Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `flapping_detect`, also of a zone: a client id that connects `max_count` times within `window_time` is banned for `ban_time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlappingDetect {
    /// `enable`, default false.
    pub enable: bool,
    /// `window_time`: time in which connections are counted, 1 s to 1 day, default 1 min.
    pub window_time: Duration,
    /// `max_count`: connections in that time from which on a client flaps, at least 1, default 15.
    pub max_count: u32,
    /// `ban_time`: how long it is banned, 1 s to 100 years, default 5 min.
    pub ban_time: Duration,
}

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Default for FlappingDetect {
    fn default() -> Self {
        Self {
            enable: false,
            window_time: Duration::from_secs(60),
            max_count: 15,
            ban_time: Duration::from_secs(5 * 60),
        }
    }
}

impl FlappingDetect {
    /// Reads it over `default`.
    pub(crate) fn read(section: &mut Section<'_>, default: Self) -> Self {
        Self {
            enable: section.value("enable", &Flag, default.enable),
            window_time: section.value("window_time", &Span::in_millis(SECOND..=DAY), default.window_time),
            max_count: section.value("max_count", &Whole(1..=u32::MAX), default.max_count),
            ban_time: section.value("ban_time", &Span::in_millis(SECOND..=CENTURY), default.ban_time),
        }
    }
}
