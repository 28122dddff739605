//! `prometheus`: what may be scraped, and by whom.

use crate::rule::Flag;
use crate::section::Section;

/// `prometheus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prometheus {
    /// `enable_basic_auth`: whoever scrapes `/api/v5/prometheus/…` needs an API key or a token, default false.
    pub enable_basic_auth: bool,
}

/// What tells of the inside of Erlang.
const WITHOUT_COUNTERPART: &[&str] = &[
    "collectors",
    "mnesia_collector",
    "vm_dist_collector",
    "vm_memory_collector",
    "vm_msacc_collector",
    "vm_statistics_collector",
    "vm_system_info_collector",
];

/// Pushing to a gateway.
const NOT_SUPPORTED: &[&str] =
    &["push_gateway", "push_gateway_server", "enable", "headers", "interval", "job_name", "latency_buckets"];

impl Prometheus {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let read = Self { enable_basic_auth: section.value("enable_basic_auth", &Flag, false) };
        section.without_counterpart(WITHOUT_COUNTERPART);
        section.not_supported(NOT_SUPPORTED);
        read
    }
}
