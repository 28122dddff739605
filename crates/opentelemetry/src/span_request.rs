//! Spans as OTLP has them.

use crate::resource::{attribute, resource, scope};
use dunlin_telemetry::Span;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Record, Status};

/// The flag of a trace that is sampled.
const SAMPLED: u32 = 1;

/// A request with all of them.
pub(crate) fn request(spans: Vec<Span>, sender: &[(&'static str, String)]) -> ExportTraceServiceRequest {
    let spans = spans.into_iter().map(record).collect();
    let scope = ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() };
    let of_sender =
        ResourceSpans { resource: Some(resource(sender)), scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_sender] }
}

fn record(span: Span) -> Record {
    let Span { context, parent, name, began_at_ns, ended_at_ns, attributes, failure } = span;
    let failed = |message| Status { message, code: StatusCode::Error.into() };
    Record {
        trace_id: context.trace_id.to_vec(),
        span_id: context.span_id.to_vec(),
        parent_span_id: parent.map_or_else(Vec::new, |id| id.to_vec()),
        flags: SAMPLED,
        name: name.to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: began_at_ns,
        end_time_unix_nano: ended_at_ns,
        attributes: attributes.into_iter().map(|(key, value)| attribute(key, value)).collect(),
        status: failure.map(failed),
        ..Record::default()
    }
}
