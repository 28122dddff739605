//! What is different in `opentelemetry`: all of it counts at once.

use super::Effect::Live;
use super::{Differing, differing};
use crate::settings::{
    EndToEndTracing, ExportBatches, Exporter, OpenTelemetry, OpenTelemetryLogs, OpenTelemetryMetrics,
    OpenTelemetryTraces,
};

pub(super) fn changes(old: &OpenTelemetry, new: &OpenTelemetry) -> Differing {
    let OpenTelemetry { metrics, logs, traces, exporter } = new;
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
    keys.extend(changes_of_traces(&old.traces, traces));
    keys.extend(differing!(Exporter, &old.exporter, exporter, {
        endpoint: "exporter.endpoint" => Live,
        protocol: "exporter.protocol" => Live,
        headers: "exporter.headers" => Live,
        ssl: "exporter.ssl_options" => Live,
    }));
    keys
}

fn changes_of_traces(old: &OpenTelemetryTraces, new: &OpenTelemetryTraces) -> Differing {
    let mut keys = differing!(OpenTelemetryTraces, old, new, {
        enable: "traces.enable" => Live,
        batches: "traces" => Live,
        mode: "traces.filter.trace_mode" => Live,
        trace_all: "traces.filter.trace_all" => Live,
        end_to_end: "traces" => Live,
    });
    keys.retain(|(key, _)| *key != "traces");
    keys.extend(differing!(ExportBatches, &old.batches, &new.batches, {
        max_queue_size: "traces.max_queue_size" => Live,
        exporting_timeout: "traces.exporting_timeout" => Live,
        scheduled_delay: "traces.scheduled_delay" => Live,
    }));
    keys.extend(differing!(EndToEndTracing, &old.end_to_end, &new.end_to_end, {
        cluster_identifier: "traces.filter.e2e_tracing_options.cluster_identifier" => Live,
        sample_ratio: "traces.filter.e2e_tracing_options.sample_ratio" => Live,
        client_connect_disconnect: "traces.filter.e2e_tracing_options.client_connect_disconnect" => Live,
        client_subscribe_unsubscribe: "traces.filter.e2e_tracing_options.client_subscribe_unsubscribe" => Live,
        client_messaging: "traces.filter.e2e_tracing_options.client_messaging" => Live,
        follow_traceparent: "traces.filter.e2e_tracing_options.follow_traceparent" => Live,
        client_ids_max: "traces.filter.e2e_tracing_options.clientid_match_rules_max" => Live,
        topics_max: "traces.filter.e2e_tracing_options.topic_match_rules_max" => Live,
    }));
    keys
}
