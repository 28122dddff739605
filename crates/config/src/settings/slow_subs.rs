//! `slow_subs`: whose deliveries take longest.

use crate::rule::{Flag, OneOf, Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `slow_subs`: a list of the clients and topics whose deliveries take longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowSubs {
    /// `enable`, default false.
    pub enable: bool,
    /// `threshold`: what takes longer is slow, at most a day, default 500 ms.
    pub threshold: Duration,
    /// `expire_interval`: an entry that nothing slower follows is forgotten after so long, 1 s to 30 days, default 300 s.
    pub expire_interval: Duration,
    /// `top_k_num`: entries of the list, at least 1, default 10. More than 1,000 are 1,000.
    pub top_k_num: u32,
    /// `stats_type`: from when to when, default whole.
    pub stats_type: SlowSubsStats,
}

/// From when to when a delivery is timed. It is complete when it is written at QoS 0, with PUBACK at QoS 1, with PUBCOMP at QoS 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowSubsStats {
    /// `whole`: from when the message came until the delivery is complete.
    Whole,
    /// `internal`: from when the message came until it is sent.
    Internal,
    /// `response`: from when it is sent until the delivery is complete.
    Response,
}

const STATS_TYPES: &[(&str, SlowSubsStats)] =
    &[("whole", SlowSubsStats::Whole), ("internal", SlowSubsStats::Internal), ("response", SlowSubsStats::Response)];

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);

impl Default for SlowSubs {
    fn default() -> Self {
        Self {
            enable: false,
            threshold: Duration::from_millis(500),
            expire_interval: Duration::from_secs(300),
            top_k_num: 10,
            stats_type: SlowSubsStats::Whole,
        }
    }
}

impl SlowSubs {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let (threshold, expiry) = (Span::in_millis(Duration::ZERO..=DAY), Span::in_millis(SECOND..=MONTH));
        Self {
            enable: section.value("enable", &Flag, default.enable),
            threshold: section.value("threshold", &threshold, default.threshold),
            expire_interval: section.value("expire_interval", &expiry, default.expire_interval),
            top_k_num: section.value("top_k_num", &Whole(1..=u32::MAX), default.top_k_num),
            stats_type: section.value("stats_type", &OneOf(STATS_TYPES), default.stats_type),
        }
    }
}
