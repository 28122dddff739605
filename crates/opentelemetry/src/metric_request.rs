//! Numbers as OTLP has them.

use crate::resource::{attribute, nanos, resource, scope};
use dunlin_telemetry::{AttributeValue, FamilyKind, MetricFamily, MetricPoint};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use std::time::SystemTime;

/// When numbers were read, and when counters were 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) started_at: SystemTime,
    pub(crate) now: SystemTime,
}

/// A request with all of them.
pub(crate) fn request(
    families: Vec<MetricFamily>,
    sender: &[(&'static str, String)],
    span: Span,
) -> ExportMetricsServiceRequest {
    let metrics = families.into_iter().map(|family| metric(family, span)).collect();
    let scope = ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() };
    let of_sender =
        ResourceMetrics { resource: Some(resource(sender)), scope_metrics: vec![scope], ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![of_sender] }
}

fn metric(family: MetricFamily, span: Span) -> Metric {
    let unit = unit(&family.name).to_owned();
    let points = family.points.into_iter().map(|point| number(point, span));
    let data = match family.kind {
        FamilyKind::Counter => Data::Sum(Sum {
            data_points: points.collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
        FamilyKind::Gauge => Data::Gauge(Gauge { data_points: points.collect() }),
    };
    Metric { name: family.name, description: family.help, unit, data: Some(data), ..Metric::default() }
}

fn number(point: MetricPoint, span: Span) -> NumberDataPoint {
    let is_whole = point.value.fract() == 0.0 && point.value.abs() < 9e15;
    let value = if is_whole { Value::AsInt(point.value as i64) } else { Value::AsDouble(point.value) };
    let labels = point.labels.into_iter();
    NumberDataPoint {
        attributes: labels.map(|(label, content)| attribute(label, AttributeValue::Text(content))).collect(),
        start_time_unix_nano: nanos(span.started_at),
        time_unix_nano: nanos(span.now),
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

/// In words of UCUM.
fn unit(name: &str) -> &'static str {
    match name {
        "bytes.received" | "bytes.sent" | "total.memory" | "used.memory" => "By",
        "cpu.use" | "cpu.idle" => "%",
        "uptime.ms" => "ms",
        _ => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn counters_are_sums_and_gauges_are_gauges() {
        let mut of_topic = MetricFamily::single("cpu.use", FamilyKind::Gauge, "how busy", 1.5);
        of_topic.points[0].labels.push(("core", "0".to_owned()));
        let families = vec![MetricFamily::single("bytes.sent", FamilyKind::Counter, "bytes", 7.0), of_topic];
        let span = Span { started_at: UNIX_EPOCH, now: UNIX_EPOCH + Duration::from_secs(1) };
        let request = request(families, &[("service.name", "n".to_owned())], span);
        let of_sender = &request.resource_metrics[0];
        assert_eq!(of_sender.resource.as_ref().unwrap().attributes[0].key, "service.name");
        let [bytes, cpu] = &of_sender.scope_metrics[0].metrics[..] else { panic!("two metrics") };
        assert_eq!((bytes.name.as_str(), bytes.unit.as_str(), cpu.unit.as_str()), ("bytes.sent", "By", "%"));
        let Some(Data::Sum(sum)) = &bytes.data else { panic!("a sum") };
        assert!(sum.is_monotonic);
        assert_eq!(
            (sum.data_points[0].time_unix_nano, &sum.data_points[0].value),
            (1_000_000_000, &Some(Value::AsInt(7)))
        );
        let Some(Data::Gauge(gauge)) = &cpu.data else { panic!("a gauge") };
        assert_eq!(gauge.data_points[0].value, Some(Value::AsDouble(1.5)));
        assert_eq!(gauge.data_points[0].attributes[0].key, "core");
    }
}
