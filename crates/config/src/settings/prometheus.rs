//! `prometheus`: what may be scraped, and by whom; and the gateway that numbers are pushed to.

use super::back_end::{headers, is_https, url};
use crate::redaction::url_without_secrets;
use crate::rule::{Flag, Span, filled_text};
use crate::section::Section;
use std::fmt;
use std::time::Duration;

/// `prometheus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prometheus {
    /// `enable_basic_auth`: whoever scrapes `/api/v5/prometheus/…` needs an API key or a token, default false.
    pub enable_basic_auth: bool,
    /// `latency_buckets`: the bounds of histograms, 1 ms to 1 day, ascending, 1 to [`Self::LATENCY_BUCKETS_MAX`] of them, default
    /// 10 ms, 100 ms, 1 s, 5 s and 30 s.
    pub latency_buckets: Vec<Duration>,
    /// `push_gateway`.
    pub push_gateway: PushGateway,
}

/// `push_gateway`: a Pushgateway of Prometheus that gets the numbers of the node, for nodes that nobody can scrape.
#[derive(Clone, PartialEq, Eq)]
pub struct PushGateway {
    /// `enable`, default false.
    pub enable: bool,
    /// `url`: where it is, default `http://127.0.0.1:9091`.
    pub url: String,
    /// `interval`: how often it gets them, 1 s to 1 day, default 15 s.
    pub interval: Duration,
    /// `job_name`: what stands behind `/metrics/job/` in the path. `${name}` and `${host}` are the two parts of the node's name;
    /// default `${name}/instance/${name}~${host}`.
    pub job_name: String,
    /// `headers` that are sent too: names in lower case, ordered. Default empty.
    pub headers: Vec<(String, String)>,
}

const DAY: Duration = Duration::from_secs(86_400);

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

/// Keys of EMQX 5.0 to 5.3.
const OLD_KEYS: [(&str, &str); 5] = [
    ("push_gateway_server", ": write `push_gateway { enable = true, url = … }`"),
    ("interval", ": write `push_gateway.interval`"),
    ("headers", ": write `push_gateway.headers`"),
    ("job_name", ": write `push_gateway.job_name`"),
    ("enable", ": whoever scrapes is answered anyway; what is pushed switches `push_gateway.enable` on"),
];

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            enable_basic_auth: false,
            latency_buckets: [10, 100, 1_000, 5_000, 30_000].map(Duration::from_millis).to_vec(),
            push_gateway: PushGateway::default(),
        }
    }
}

impl Default for PushGateway {
    fn default() -> Self {
        Self {
            enable: false,
            url: "http://127.0.0.1:9091".to_owned(),
            interval: Duration::from_secs(15),
            job_name: "${name}/instance/${name}~${host}".to_owned(),
            headers: Vec::new(),
        }
    }
}

/// Without what may be a secret.
impl fmt::Debug for PushGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { enable, url, interval, job_name, headers } = self;
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("PushGateway");
        shown.field("enable", enable).field("url", &url_without_secrets(url)).field("interval", interval);
        shown.field("job_name", job_name).field("headers", &names).finish()
    }
}

impl Prometheus {
    /// How many bounds histograms may have.
    pub const LATENCY_BUCKETS_MAX: usize = 32;

    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let (origin, bound) = (section.origin_of("latency_buckets"), Span::in_millis(Duration::from_millis(1)..=DAY));
        let read = Self {
            enable_basic_auth: section.value("enable_basic_auth", &Flag, default.enable_basic_auth),
            latency_buckets: section.texts("latency_buckets", &bound, default.latency_buckets),
            push_gateway: section.child("push_gateway", PushGateway::read),
        };
        let count = read.latency_buckets.len();
        if !(1..=Self::LATENCY_BUCKETS_MAX).contains(&count) || !read.latency_buckets.is_sorted_by(|a, b| a < b) {
            section.conflict(
                "latency_buckets",
                &origin,
                format!("must be 1 to {} spans, each longer than the one before", Self::LATENCY_BUCKETS_MAX),
            );
        }
        section.without_counterpart(WITHOUT_COUNTERPART);
        for (key, instead) in OLD_KEYS {
            section.without_effect(key, instead);
        }
        read
    }
}

impl PushGateway {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Some versions of EMQX have POST or PUT here; a Pushgateway replaces less by POST.
        section.ignored(&["method"]);
        let url_origin = section.origin_of("url");
        let read = Self {
            enable: section.value("enable", &Flag, default.enable),
            url: section.value("url", &url(), default.url),
            interval: section.value("interval", &Span::in_millis(Duration::from_secs(1)..=DAY), default.interval),
            job_name: section.value("job_name", &filled_text(), default.job_name),
            headers: headers(section),
        };
        if is_https(&read.url) {
            section.conflict("url", &url_origin, "begins with `https://`; a gateway is reached over `http://`");
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn a_gateway_has_no_tls_and_old_keys_have_new_names() {
        let error = load("prometheus.push_gateway.url = \"https://g\"", "dunlin.conf", []).unwrap_err().to_string();
        assert!(
            error.starts_with("dunlin.conf:1: `prometheus.push_gateway.url`") && error.contains("http://"),
            "{error}"
        );
        let old = load("prometheus { push_gateway_server = \"http://g\", interval = 15s }", "dunlin.conf", []).unwrap();
        let warnings: Vec<_> = old.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.len() == 2 && warnings.iter().all(|line| line.contains("push_gateway")), "{warnings:?}");
    }
}
