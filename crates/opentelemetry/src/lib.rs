//! OpenTelemetry: numbers, log lines and spans go to a collector, in its protocol OTLP, over gRPC or HTTP.
//!
//! An [`Exporter`] is a thread. Who has a line or a span puts it into a [`Queue`] and goes on: a queue is bounded, and what does not
//! fit is dropped and counted. A collector that is slow or gone costs memory for one full queue and nothing else.

mod batches;
mod collector;
mod complaint;
mod counts;
mod exporter;
mod grpc;
mod log_record;
mod log_request;
mod metric_request;
mod metrics;
mod queue;
mod quiet_executor;
mod resource;
mod send_error;
mod settings;
mod signal;
mod span_request;

pub use counts::ExportCounts;
pub use exporter::{Exporter, StartExporterError};
pub use log_record::{LogRecord, Severity};
pub use queue::Queue;
pub use settings::{BatchSettings, Clock, CollectorTls, ExporterSettings, MetricSource, Protocol, Signals};
pub use signal::Signal;
