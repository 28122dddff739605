//! What is exported, as the Collector of OpenTelemetry has it; and what happens where there is none, or a slow one.

mod collector;
mod trouble;

use dunlin_opentelemetry::{BatchSettings, ExporterSettings, LogRecord, Protocol, Severity};
use dunlin_telemetry::AttributeValue;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, SystemTime};

/// A gathering that is over at once.
fn at_once() -> BatchSettings {
    let (second, instant) = (Duration::from_secs(1), Duration::from_millis(5));
    BatchSettings { max_queue_size: 100, exporting_timeout: second * 30, scheduled_delay: instant }
}

fn settings(endpoint: String, protocol: Protocol) -> ExporterSettings {
    let resource = vec![("service.name", "test".to_owned())];
    ExporterSettings { endpoint, protocol, headers: Vec::new(), tls: None, resource, clock }
}

#[expect(clippy::disallowed_methods, reason = "a collector wants to know when something happened")]
fn clock() -> SystemTime {
    SystemTime::now()
}

fn line(body: &str) -> LogRecord {
    let attributes = vec![
        ("clientid", AttributeValue::Text("c1".to_owned())),
        ("count", AttributeValue::Whole(7)),
        ("is_new", AttributeValue::Flag(true)),
    ];
    LogRecord { at: clock(), severity: Severity::Warning, body: body.to_owned(), attributes }
}

/// Waits until something is so, of which nobody tells.
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let (_silent, pause) = sync_channel::<()>(1);
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        let _ = pause.recv_timeout(Duration::from_millis(10));
    }
    panic!("{what}: not within half a minute");
}
