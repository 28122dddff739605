//! The numbers of a node under the names by which EMQX's OpenTelemetry export has them: those of counters and gauges, with dots.

use super::machine::Machine;
use dunlin_broker::Readings;
use dunlin_telemetry::{FamilyKind, MetricFamily, MetricPoint};

/// Counters that EMQX exports under another name than its own.
const OTHER_NAMES: [(&str, &str); 2] = [
    ("messages.dropped.await_pubrel_timeout", "messages.dropped.expired"),
    ("packets.connect.received", "packets.connect"),
];

/// All of a node.
pub(super) fn of_node(readings: &Readings, machine: &Machine) -> Vec<MetricFamily> {
    let gauge = |name: &str, help: &str, value: f64| MetricFamily::single(name, FamilyKind::Gauge, help, value);
    let mut families = Vec::new();
    for held in readings.gauges() {
        for (end, value, what) in [("count", held.count, "now"), ("max", held.max, "at most so far")] {
            let help = format!("{}: how many there are {what}.", held.name);
            families.push(gauge(&format!("{}.{end}", held.name), &help, value as f64));
        }
    }
    families.extend(readings.metrics().into_iter().map(|(name, value)| {
        let other = OTHER_NAMES.iter().find(|(of, _)| *of == name).map(|(_, other)| *other);
        let help = format!("The counter {name}.");
        MetricFamily::single(other.unwrap_or(name), FamilyKind::Counter, help, value as f64)
    }));
    families.push(MetricFamily {
        name: "client.disconnected.reason".to_owned(),
        kind: FamilyKind::Counter,
        help: "Connections that ended, by reason.".to_owned(),
        points: readings
            .disconnects()
            .into_iter()
            .map(|(reason, count)| MetricPoint {
                labels: vec![("reason", reason.to_string())],
                value: (count as f64).into(),
            })
            .collect(),
    });
    families.extend(super::families::of_messages(readings).map(renamed));
    let (busy, memory) = (machine.processor_busy, machine.memory);
    families.extend([
        gauge("cpu.use", "Percent of the processors' time that is used.", (busy * 1e4).round() / 100.0),
        gauge("cpu.idle", "Percent of the processors' time that is not.", ((1.0 - busy) * 1e4).round() / 100.0),
        gauge("total.memory", "Bytes of memory there are.", memory.map_or(0.0, |memory| memory.total as f64)),
        gauge("used.memory", "Bytes of memory in use.", memory.map_or(0.0, |memory| memory.used as f64)),
        gauge("max.fds", "Files that the node may have open.", readings.descriptors().1 as f64),
        gauge("node.running", "Nodes that run.", 1.0),
        gauge("node.stopped", "Nodes that do not.", 0.0),
        gauge("dunlin.alarms.active", "Alarms that last.", readings.alarms().len() as f64),
    ]);
    families
}

/// A family of the text format under a name with dots.
pub(super) fn renamed(family: MetricFamily) -> MetricFamily {
    MetricFamily { name: family.name.replace('_', "."), ..family }
}
