//! Lines of the log as OTLP has them.

use crate::resource::{attribute, nanos, resource, scope, text};
use crate::{LogRecord, Severity};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord as Record, ResourceLogs, ScopeLogs};

/// A request with all of them.
pub(crate) fn request(lines: Vec<LogRecord>, sender: &[(&'static str, String)]) -> ExportLogsServiceRequest {
    let log_records = lines.into_iter().map(record).collect();
    let scope = ScopeLogs { scope: Some(scope()), log_records, ..ScopeLogs::default() };
    let of_sender =
        ResourceLogs { resource: Some(resource(sender)), scope_logs: vec![scope], ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![of_sender] }
}

fn record(line: LogRecord) -> Record {
    let LogRecord { at, severity, body, attributes } = line;
    let at = nanos(at);
    Record {
        time_unix_nano: at,
        observed_time_unix_nano: at,
        severity_number: severity as i32,
        severity_text: Severity::as_str(severity).to_owned(),
        body: Some(text(body)),
        attributes: attributes.into_iter().map(|(key, value)| attribute(key, value)).collect(),
        ..Record::default()
    }
}
