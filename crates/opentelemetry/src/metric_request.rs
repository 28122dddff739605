//! Numbers as OTLP has them.

use crate::resource::{attribute, nanos, resource, scope};
use dunlin_telemetry::{AttributeValue, FamilyKind, MetricFamily, MetricPoint, MetricValue};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
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
    let points = family.points.into_iter();
    let data = match family.kind {
        FamilyKind::Counter => Data::Sum(Sum {
            data_points: points.filter_map(|point| number(point, span)).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
        FamilyKind::Gauge => {
            Data::Gauge(Gauge { data_points: points.filter_map(|point| number(point, span)).collect() })
        }
        FamilyKind::Histogram => Data::Histogram(Histogram {
            data_points: points.filter_map(|point| histogram(point, span)).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        }),
    };
    Metric { name: family.name, description: family.help, unit, data: Some(data), ..Metric::default() }
}

fn attributes(labels: Vec<(&'static str, String)>) -> Vec<KeyValue> {
    labels.into_iter().map(|(label, content)| attribute(label, AttributeValue::Text(content))).collect()
}

fn number(point: MetricPoint, span: Span) -> Option<NumberDataPoint> {
    let number = point.number()?;
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    let value = if is_whole { Value::AsInt(number as i64) } else { Value::AsDouble(number) };
    Some(NumberDataPoint {
        attributes: attributes(point.labels),
        start_time_unix_nano: nanos(span.started_at),
        time_unix_nano: nanos(span.now),
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn histogram(point: MetricPoint, span: Span) -> Option<HistogramDataPoint> {
    let MetricValue::Histogram(histogram) = point.value else { return None };
    Some(HistogramDataPoint {
        attributes: attributes(point.labels),
        start_time_unix_nano: nanos(span.started_at),
        time_unix_nano: nanos(span.now),
        count: histogram.count(),
        sum: Some(histogram.sum as f64),
        explicit_bounds: histogram.bounds.iter().map(|bound| *bound as f64).collect(),
        bucket_counts: histogram.counts,
        ..HistogramDataPoint::default()
    })
}

/// In words of UCUM.
fn unit(name: &str) -> &'static str {
    match name {
        "bytes.received" | "bytes.sent" | "total.memory" | "used.memory" => "By",
        "cpu.use" | "cpu.idle" => "%",
        "uptime.ms" => "ms",
        name if name.ends_with(".latency") => "ms",
        _ => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn histograms_keep_their_bounds() {
        let mut counted = dunlin_telemetry::Histogram::new([10, 100].into());
        (counted.counts, counted.sum) = (vec![2, 0, 1], 300);
        let family = MetricFamily {
            kind: FamilyKind::Histogram,
            points: vec![MetricPoint { labels: vec![("qos", "1".into())], value: MetricValue::Histogram(counted) }],
            ..MetricFamily::single("dunlin.delivery.latency", FamilyKind::Gauge, "how long", 0.0)
        };
        let metric = metric(family, Span { started_at: UNIX_EPOCH, now: UNIX_EPOCH + Duration::from_secs(1) });
        assert_eq!(metric.unit, "ms");
        let Some(Data::Histogram(histogram)) = &metric.data else { panic!("a histogram") };
        let point = &histogram.data_points[0];
        assert_eq!((point.count, point.sum), (3, Some(300.0)));
        assert_eq!((&point.explicit_bounds[..], &point.bucket_counts[..]), (&[10.0, 100.0][..], &[2, 0, 1][..]));
    }

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
