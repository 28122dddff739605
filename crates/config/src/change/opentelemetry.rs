//! What is different in `opentelemetry`: all of it counts at once.

use super::Effect::Live;
use super::{Differing, differing};
use crate::settings::{ExportBatches, Exporter, OpenTelemetry, OpenTelemetryLogs, OpenTelemetryMetrics};

pub(super) fn changes(old: &OpenTelemetry, new: &OpenTelemetry) -> Differing {
    let OpenTelemetry { metrics, logs, exporter } = new;
    let mut keys = differing!(OpenTelemetryMetrics, &old.metrics, metrics, {
        enable: "metrics.enable" => Live,
        interval: "metrics.interval" => Live,
    });
    keys.extend(differing!(OpenTelemetryLogs, &old.logs, logs, {
        enable: "logs.enable" => Live,
        level: "logs.level" => Live,
        batches: "logs" => Live,
    }));
    keys.retain(|(key, _)| *key != "logs");
    keys.extend(differing!(ExportBatches, &old.logs.batches, &logs.batches, {
        max_queue_size: "logs.max_queue_size" => Live,
        exporting_timeout: "logs.exporting_timeout" => Live,
        scheduled_delay: "logs.scheduled_delay" => Live,
    }));
    keys.extend(differing!(Exporter, &old.exporter, exporter, {
        endpoint: "exporter.endpoint" => Live,
        protocol: "exporter.protocol" => Live,
        headers: "exporter.headers" => Live,
        ssl: "exporter.ssl_options" => Live,
    }));
    keys
}
