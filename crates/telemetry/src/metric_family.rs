//! Numbers as Prometheus reads them: its text format, version 0.0.4.

use crate::Histogram;
use std::fmt::Write;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How values are spread, which only grows.
    Histogram,
}

impl FamilyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Numbers of one name, told apart by labels.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFamily {
    /// `emqx_messages_received`: letters, digits and underscores.
    pub name: String,
    /// What kind they are.
    pub kind: FamilyKind,
    /// What they are, for people.
    pub help: String,
    /// The numbers.
    pub points: Vec<MetricPoint>,
}

/// One number of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// Names and values.
    pub labels: Vec<(&'static str, String)>,
    /// What there is under them.
    pub value: MetricValue,
}

/// A number, or many.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// The number. Whole ones are exact up to 2^53.
    Number(f64),
    /// Of a family of the kind [`FamilyKind::Histogram`].
    Histogram(Histogram),
}

impl From<f64> for MetricValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl MetricPoint {
    /// The number; `None` where there are many.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self.value {
            MetricValue::Number(number) => Some(number),
            MetricValue::Histogram(_) => None,
        }
    }
}

impl MetricFamily {
    /// A family of one number without labels.
    #[must_use]
    pub fn single(name: impl Into<String>, kind: FamilyKind, help: impl Into<String>, value: f64) -> Self {
        let points = vec![MetricPoint { labels: Vec::new(), value: value.into() }];
        Self { name: name.into(), kind, help: help.into(), points }
    }

    /// Puts another label in front of those that each number has.
    pub fn add_label(&mut self, name: &'static str, value: &str) {
        for point in &mut self.points {
            point.labels.insert(0, (name, value.to_owned()));
        }
    }
}

/// Families in the text format. One without numbers is left out.
#[must_use]
pub fn render_families(families: &[MetricFamily]) -> String {
    let mut text = String::with_capacity(families.len() * 128);
    for family in families.iter().filter(|family| !family.points.is_empty()) {
        let MetricFamily { name, kind, help, points } = family;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {}", help.replace('\\', "\\\\").replace('\n', "\\n"));
        let _ = writeln!(text, "# TYPE {name} {}", kind.as_str());
        for MetricPoint { labels, value } in points {
            match value {
                MetricValue::Number(number) => write_line(&mut text, name, labels, None, number),
                MetricValue::Histogram(histogram) => write_histogram(&mut text, name, labels, histogram),
            }
        }
    }
    text
}

fn write_histogram(text: &mut String, name: &str, labels: &[(&'static str, String)], histogram: &Histogram) {
    let (bucket, count) = (format!("{name}_bucket"), histogram.count());
    for (bound, so_far) in histogram.cumulative() {
        write_line(text, &bucket, labels, Some(("le", &bound.to_string())), &so_far);
    }
    write_line(text, &bucket, labels, Some(("le", "+Inf")), &count);
    write_line(text, &format!("{name}_sum"), labels, None, &histogram.sum);
    write_line(text, &format!("{name}_count"), labels, None, &count);
}

/// `name{label="content"} value`
fn write_line(
    text: &mut String,
    name: &str,
    labels: &[(&'static str, String)],
    last_label: Option<(&str, &str)>,
    value: &dyn std::fmt::Display,
) {
    text.push_str(name);
    let labels = labels.iter().map(|(label, content)| (*label, content.as_str())).chain(last_label);
    let mut before = '{';
    for (label, content) in labels {
        let content = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        // Writing to a text cannot fail.
        let _ = write!(text, "{before}{label}=\"{content}\"");
        before = ',';
    }
    let _ = writeln!(text, "{} {value}", if before == ',' { "}" } else { "" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_prometheus_reads_them() {
        let mut labelled = MetricFamily {
            name: "ended".into(),
            kind: FamilyKind::Counter,
            help: "a \\ and\nb".into(),
            points: vec![MetricPoint { labels: vec![("reason", "\"x\\\n".into())], value: 2.5.into() }],
        };
        labelled.add_label("node", "n@h");
        let empty = MetricFamily { points: Vec::new(), ..labelled.clone() };
        let families =
            [MetricFamily::single("up", FamilyKind::Gauge, "whether it is", 9_007_199_254_740_992.0), empty, labelled];
        assert_eq!(
            render_families(&families),
            "# HELP up whether it is\n# TYPE up gauge\nup 9007199254740992\n# HELP ended a \\\\ and\\nb\n\
             # TYPE ended counter\nended{node=\"n@h\",reason=\"\\\"x\\\\\\n\"} 2.5\n"
        );
    }

    #[test]
    fn a_histogram_is_written_with_its_sum_and_count() {
        let mut histogram = Histogram::new([10, 1000].into());
        (histogram.counts, histogram.sum) = (vec![2, 1, 4], 9_000);
        let family = MetricFamily {
            name: "latency".into(),
            kind: FamilyKind::Histogram,
            help: "h".into(),
            points: vec![MetricPoint { labels: vec![("qos", "1".into())], value: MetricValue::Histogram(histogram) }],
        };
        assert_eq!(
            render_families(&[family]),
            "# HELP latency h\n# TYPE latency histogram\nlatency_bucket{qos=\"1\",le=\"10\"} 2\n\
             latency_bucket{qos=\"1\",le=\"1000\"} 3\nlatency_bucket{qos=\"1\",le=\"+Inf\"} 7\n\
             latency_sum{qos=\"1\"} 9000\nlatency_count{qos=\"1\"} 7\n"
        );
    }
}
