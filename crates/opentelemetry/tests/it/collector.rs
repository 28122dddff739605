//! The Collector takes what is exported, over gRPC and HTTP, with TLS and without.

use crate::{at_once, clock, line, settings, wait_until};
use dunlin_model::TraceContext;
use dunlin_opentelemetry::{
    CollectorTls, ExportCounts, Exporter, ExporterSettings, MetricSource, Protocol, Signal, Signals,
};
use dunlin_real_servers::{Certificates, CollectorServer};
use dunlin_telemetry::{AttributeValue, FamilyKind, MetricFamily, Span};
use std::sync::Arc;
use std::time::Duration;

fn numbers() -> MetricSource {
    let read = || {
        vec![
            MetricFamily::single("messages.received", FamilyKind::Counter, "how many", 42.0),
            MetricFamily::single("cpu.use", FamilyKind::Gauge, "how busy", 1.5),
        ]
    };
    MetricSource { interval: Duration::from_millis(50), started_at: clock(), read: Box::new(read) }
}

fn span() -> Span {
    Span {
        context: TraceContext { trace_id: [1; 16], span_id: [2; 8], is_sampled: true },
        parent: Some([3; 8]),
        name: "process_message",
        began_at_ns: 1_000,
        ended_at_ns: 2_000,
        attributes: vec![("message.topic", AttributeValue::Text("t".to_owned()))],
        failure: Some("quota exceeded".to_owned()),
    }
}

fn takes_all(collector: &CollectorServer, settings: ExporterSettings) {
    let counts = Arc::new(ExportCounts::default());
    let signals = Signals { metrics: Some(numbers()), logs: Some(at_once()), traces: Some(at_once()) };
    let exporter = Exporter::start(settings, signals, &counts).expect("it starts");
    exporter.logs().expect("lines are exported").push(line("hello"));
    exporter.spans().expect("spans are exported").push(span());
    let wanted = [
        "\"traceId\":\"01010101010101010101010101010101\",\"spanId\":\"0202020202020202\"",
        "\"parentSpanId\":\"0303030303030303\"",
        "\"name\":\"process_message\"",
        "\"startTimeUnixNano\":\"1000\",\"endTimeUnixNano\":\"2000\"",
        "\"status\":{\"message\":\"quota exceeded\",\"code\":2}",
        "\"key\":\"service.name\",\"value\":{\"stringValue\":\"test\"}",
        "\"name\":\"messages.received\",\"description\":\"how many\",\"unit\":\"1\",\"sum\"",
        "\"asInt\":\"42\"",
        "\"isMonotonic\":true",
        "\"name\":\"cpu.use\",\"description\":\"how busy\",\"unit\":\"%\",\"gauge\"",
        "\"asDouble\":1.5",
        "\"severityNumber\":13,\"severityText\":\"warning\",\"body\":{\"stringValue\":\"hello\"}",
        "{\"key\":\"clientid\",\"value\":{\"stringValue\":\"c1\"}}",
        "{\"key\":\"count\",\"value\":{\"intValue\":\"7\"}}",
        "{\"key\":\"is_new\",\"value\":{\"boolValue\":true}}",
    ];
    for text in wanted {
        collector.wait_until(text, |received| received.contains(text).then_some(()));
    }
    wait_until("it is counted", || counts.exported(Signal::Logs) == 1 && counts.exported(Signal::Metrics) >= 2);
    assert_eq!(counts.dropped(Signal::Logs), 0);
    exporter.logs().expect("lines are exported").push(line("the last"));
    exporter.stop(Duration::from_secs(10));
    collector.wait_until("what was left at the end", |received| received.contains("the last").then_some(()));
    assert_eq!(counts.exported(Signal::Logs), 2);
}

#[test]
fn over_grpc() {
    let Some(collector) = CollectorServer::start() else { return };
    let endpoint = format!("http://127.0.0.1:{}", collector.grpc_port());
    takes_all(&collector, settings(endpoint, Protocol::Grpc));
}

#[test]
fn over_http() {
    let Some(collector) = CollectorServer::start() else { return };
    let endpoint = format!("http://127.0.0.1:{}/", collector.http_port());
    takes_all(&collector, settings(endpoint, Protocol::HttpProtobuf));
}

#[test]
fn over_tls() {
    let certificates = Certificates::for_host("localhost");
    let Some(collector) = CollectorServer::start_tls(&certificates) else { return };
    for (protocol, port) in [(Protocol::Grpc, collector.grpc_port()), (Protocol::HttpProtobuf, collector.http_port())] {
        let tls = Some(CollectorTls {
            config: (*certificates.trusting()).clone(),
            server_name: Some("localhost".to_owned()),
        });
        let plain = settings(format!("https://127.0.0.1:{port}"), protocol);
        takes_all(&collector, ExporterSettings { tls, ..plain });
    }
}
