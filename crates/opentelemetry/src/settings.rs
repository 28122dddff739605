//! Where a collector is, and what it gets.

use dunlin_telemetry::MetricFamily;
use rustls::ClientConfig;
use std::fmt;
use std::time::{Duration, SystemTime};

/// Tells the time of day.
pub type Clock = fn() -> SystemTime;

/// How the collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, over HTTP/2.
    Grpc,
    /// One `POST` of Protobuf for each batch, over HTTP/1.1.
    HttpProtobuf,
}

/// TLS to a collector.
#[derive(Clone, Debug)]
pub struct CollectorTls {
    /// How it is spoken; without protocols of ALPN, which are added.
    pub config: ClientConfig,
    /// The name that its certificate has to have, where that is not the host.
    pub server_name: Option<String>,
}

/// Where the collector is.
#[derive(Clone)]
pub struct ExporterSettings {
    /// `http://` or `https://`, host and port. gRPC has no path; over HTTP `/v1/metrics` and so on are added to it.
    pub endpoint: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Sent with every request: names in lower case.
    pub headers: Vec<(String, String)>,
    /// For `https://`.
    pub tls: Option<CollectorTls>,
    /// Who sends: attributes of the resource, such as `service.name`.
    pub resource: Vec<(&'static str, String)>,
    /// The time of day.
    pub clock: Clock,
}

/// Without headers, which are secrets.
impl fmt::Debug for ExporterSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ExporterSettings");
        shown.field("endpoint", &self.endpoint).field("protocol", &self.protocol).finish_non_exhaustive()
    }
}

/// How lines or spans are gathered before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSettings {
    /// So many wait at most; at least 1.
    pub max_queue_size: usize,
    /// How long it is tried to send a batch before it is dropped.
    pub exporting_timeout: Duration,
    /// What there is, is sent after so long, and earlier once the queue is half full.
    pub scheduled_delay: Duration,
}

/// Numbers that are sent again and again.
pub struct MetricSource {
    /// How often.
    pub interval: Duration,
    /// When counters were 0.
    pub started_at: SystemTime,
    /// Reads them. Names are those of OpenTelemetry: `messages.received`.
    pub read: Box<dyn Fn() -> Vec<MetricFamily> + Send>,
}

/// What the collector gets; `None` is not sent.
#[derive(Default)]
pub struct Signals {
    /// Numbers.
    pub metrics: Option<MetricSource>,
    /// Lines of the log.
    pub logs: Option<BatchSettings>,
    /// Spans.
    pub traces: Option<BatchSettings>,
}
