//! One row per key of `opentelemetry`.

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row!("opentelemetry.type", c => c.opentelemetry.metrics.enable, "false", ["generic" => "false"], ["dynatrace"]),
        row!("opentelemetry.metrics.enable", c => c.opentelemetry.metrics.enable, "false", ["true" => "true"], ["1"]),
        row!("opentelemetry.metrics.interval", c => c.opentelemetry.metrics.interval, "10s",
            ["1m" => "60s", "5000" => "5s"], ["0s", "2d"]),
        row!("opentelemetry.logs.enable", c => c.opentelemetry.logs.enable, "false", ["true" => "true"], ["1"]),
        row!("opentelemetry.logs.level", c => c.opentelemetry.logs.level, "Warning",
            ["debug" => "Debug", "error" => "Error"], ["loud"]),
        row!("opentelemetry.logs.max_queue_size", c => c.opentelemetry.logs.batches.max_queue_size, "2048",
            ["1" => "1"], ["0", "1000001"]),
        row!("opentelemetry.logs.exporting_timeout", c => c.opentelemetry.logs.batches.exporting_timeout, "30s",
            ["500ms" => "500ms"], ["0s", "2d"]),
        row!("opentelemetry.logs.scheduled_delay", c => c.opentelemetry.logs.batches.scheduled_delay, "1s",
            ["20ms" => "20ms"], ["0s"]),
        row!("opentelemetry.exporter.endpoint", c => c.opentelemetry.exporter.endpoint, "\"http://localhost:4317\"",
            ["\"http://[::1]:4318/base\"" => "\"http://[::1]:4318/base\""], ["localhost", "\"grpc://c:4317\"", "\"http://u:p@c\""]),
        row!("opentelemetry.exporter.protocol", c => c.opentelemetry.exporter.protocol, "Grpc",
            ["http_protobuf" => "HttpProtobuf", "http" => "HttpProtobuf"], ["json"]),
        row!("opentelemetry.exporter.headers", c => c.opentelemetry.exporter.headers, "[]",
            ["{ Accept = j }" => "[(\"accept\", \"j\")]"], ["5"]),
        row!("opentelemetry.exporter.ssl_options", c => c.opentelemetry.exporter.ssl.verify_peer, "false",
            ["{ verify = verify_peer }" => "true"], ["5", "{ verify = true }"]),
    ]
}
