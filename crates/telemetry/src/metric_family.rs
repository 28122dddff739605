//! Numbers as Prometheus reads them: its text format, version 0.0.4.

use std::fmt::Write;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl FamilyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
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
    /// The number. Whole ones are exact up to 2^53.
    pub value: f64,
}

impl MetricFamily {
    /// A family of one number without labels.
    #[must_use]
    pub fn single(name: impl Into<String>, kind: FamilyKind, help: impl Into<String>, value: f64) -> Self {
        let points = vec![MetricPoint { labels: Vec::new(), value }];
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
            text.push_str(name);
            for (index, (label, content)) in labels.iter().enumerate() {
                let before = if index == 0 { '{' } else { ',' };
                let content = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(text, "{before}{label}=\"{content}\"");
            }
            text.push_str(if labels.is_empty() { " " } else { "} " });
            let _ = writeln!(text, "{value}");
        }
    }
    text
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
            points: vec![MetricPoint { labels: vec![("reason", "\"x\\\n".into())], value: 2.5 }],
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
}
