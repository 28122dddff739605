//! `crl_cache`: revocation lists fetched for `ssl_options.enable_crl_check`.

use crate::rule::{Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `crl_cache`: how revocation lists (RFC 5280 §5) are fetched from where certificates say, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlCache {
    /// `refresh_interval`: age at which a list is fetched anew, 1 s to 30 days, default 15 min.
    pub refresh_interval: Duration,
    /// `http_timeout` of one fetch, 1 ms to 1 h, default 15 s.
    pub http_timeout: Duration,
    /// `failure_threshold`: how long fetches of a list may fail before that is an alarm, 1 s to 30 days, default 60 s.
    pub failure_threshold: Duration,
    /// `capacity`: lists that are kept, 1 to 100,000, default 100.
    pub capacity: u32,
}

const MONTH: Duration = Duration::from_secs(30 * 86_400);

impl Default for CrlCache {
    fn default() -> Self {
        Self {
            refresh_interval: Duration::from_secs(15 * 60),
            http_timeout: Duration::from_secs(15),
            failure_threshold: Duration::from_secs(60),
            capacity: 100,
        }
    }
}

impl CrlCache {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let interval = Span::in_millis(Duration::from_secs(1)..=MONTH);
        let timeout = Span::in_millis(Duration::from_millis(1)..=Duration::from_secs(3600));
        Self {
            refresh_interval: section.value("refresh_interval", &interval, default.refresh_interval),
            http_timeout: section.value("http_timeout", &timeout, default.http_timeout),
            failure_threshold: section.value("failure_threshold", &interval, default.failure_threshold),
            capacity: section.value("capacity", &Whole(1..=100_000), default.capacity),
        }
    }
}
